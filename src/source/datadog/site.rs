//! Where Datadog is asked: one of its sites, or an address that is written out.

use crate::diagnostic;
use crate::http::{Address, HttpError};

/// The sites, each a Datadog of its own (`docs.datadoghq.com/getting_started/site`).
const SITES: [&str; 9] = [
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "datadoghq.eu",
    "uk1.datadoghq.com",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "ddog-gov.com",
    "us2.ddog-gov.com",
];

/// Why Datadog cannot be asked there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// No site of Datadog, and no address.
    #[error("`{site}` is no site of Datadog: {help}")]
    Unknown {
        /// What was given.
        site: String,
        /// What it may be.
        help: String,
    },
    /// No address that can be asked.
    #[error(transparent)]
    Address(#[from] HttpError),
    /// The keys would be sent where they can be read on the way.
    #[error(
        "`{0}` would get Datadog's keys unencrypted; use `https://`, or `http://` on this machine only (127.0.0.1, localhost)"
    )]
    Unsafe(String),
    /// A user's name in an address that is asked with keys.
    #[error("`{0}` has a user's name in it; Datadog is asked with keys alone")]
    Userinfo(String),
}

/// The address of a site's API: `datadoghq.eu` is asked at `https://api.datadoghq.eu`.
pub(super) fn address(site: &str) -> Result<Address, SiteError> {
    if site.contains("://") {
        let address = Address::parse(site)?;
        if address.has_userinfo() {
            return Err(SiteError::Userinfo(address.to_string()));
        }
        if !address.is_safe_for_secrets() {
            return Err(SiteError::Unsafe(address.to_string()));
        }
        return Ok(address);
    }
    // What people see in their browser is the site's `app`.
    let name = site.strip_prefix("app.").unwrap_or(site).to_ascii_lowercase();
    if SITES.contains(&name.as_str()) {
        return Ok(Address::parse(&format!("https://api.{name}"))?);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let site: String = site.chars().take(60).map(|c| if plain(c) { c } else { '?' }).collect();
    let help = diagnostic::suggestion(&name, SITES);
    Err(SiteError::Unknown { site, help })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_asked_at_its_api() {
        for (site, at) in [
            ("datadoghq.com", "https://api.datadoghq.com"),
            ("app.datadoghq.eu", "https://api.datadoghq.eu"),
            ("US5.datadoghq.com", "https://api.us5.datadoghq.com"),
            ("https://proxy.example/datadog/", "https://proxy.example/datadog"),
            ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ] {
            assert_eq!(address(site).expect(site).to_string(), at);
        }
    }

    #[test]
    fn keys_go_to_no_other_host_and_never_in_the_clear() {
        for (site, words) in [
            ("datadoghq.co", "did you mean `datadoghq.com`"),
            ("evil.example", "is no site of Datadog"),
            ("datadoghq.com.evil.example", "is no site of Datadog"),
            ("http://proxy.example", "unencrypted"),
            ("https://me:pw@proxy.example", "a user's name"),
            ("ftp://proxy.example", "must begin with"),
        ] {
            let error = address(site).expect_err(site).to_string();
            assert!(error.contains(words) && !error.contains("pw"), "{error}");
        }
    }
}
