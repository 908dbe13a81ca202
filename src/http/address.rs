//! Addresses of servers as people give them: checked before anything is sent, and shown without secrets.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use super::{Credentials, Get, HttpError, Put};

/// The longest address that is asked by GET; proxies and servers cut longer ones.
const LONGEST: usize = 4_000;

/// Why an address or a token cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No address that can be asked.
    #[error(transparent)]
    Address(#[from] HttpError),
    /// A secret would be sent where it can be read on the way.
    #[error(
        "`{0}` would get a token, a password or a header unencrypted; use `https://`, or `http://` on this machine only (127.0.0.1, localhost)"
    )]
    Unsafe(String),
    /// Two ways to identify oneself at once.
    #[error("`{0}` has a user's name in the address and a token or a user beside it; give one of them")]
    TwoSecrets(String),
    /// Certificates for a connection that has none.
    #[error("`{0}` is not encrypted, and certificates for it are set; use `https://`, or unset them")]
    Unencrypted(String),
}

/// The base address of an HTTP API. It prints without userinfo and without a slash at its end.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is not `http` or `https`, has no host, or has a query or a fragment, to which nothing can be added.
    pub fn parse(text: &str) -> Result<Self, HttpError> {
        let refused = |reason: &str| HttpError::Address { url: redact(text), reason: reason.to_owned() };
        let scheme = "it must begin with `http://` or `https://`";
        // `prom.example:9090` has a scheme for whoever reads it by the letter, and lacks one for whoever wrote it.
        let lacks_scheme = !text.contains("://") && Url::parse(&format!("http://{text}")).is_ok();
        if lacks_scheme {
            return Err(refused(&format!("{scheme}, so put one of them in front of it")));
        }
        let url = Url::parse(text).map_err(|error| {
            if text.contains("://") { refused(&error.to_string()) } else { refused(scheme) }
        })?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(refused(scheme));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it must end with its path, without `?` and `#`"));
        }
        Ok(Self(url))
    }

    /// Reads an address to which these credentials are sent.
    ///
    /// # Errors
    /// When it cannot be asked, or a secret would travel unencrypted.
    pub fn for_credentials(text: &str, credentials: &Credentials) -> Result<Self, AddressError> {
        let address = Self::parse(text)?;
        if credentials.authorizes() && address.has_userinfo() {
            return Err(AddressError::TwoSecrets(address.to_string()));
        }
        if !credentials.certificates().is_empty() && !address.is_encrypted() {
            return Err(AddressError::Unencrypted(address.to_string()));
        }
        let has_secret = credentials.secrets().next().is_some() || address.has_userinfo();
        if has_secret && !address.is_safe_for_secrets() {
            return Err(AddressError::Unsafe(address.to_string()));
        }
        Ok(address)
    }

    /// True when a secret that is sent there cannot be read on the way: `https`, or this very machine.
    #[must_use]
    pub fn is_safe_for_secrets(&self) -> bool {
        self.is_encrypted() || is_here(&self.0)
    }

    /// True when what is sent there is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The server's name, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// True when a user's name or a password stands in it.
    #[must_use]
    pub fn has_userinfo(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }

    /// A question to the address itself, by GET.
    #[must_use]
    pub fn ask_itself(&self, question: &[(&str, String)], credentials: Credentials, cap: usize) -> Get {
        let mut url = self.0.clone();
        url.query_pairs_mut().extend_pairs(question);
        Get { url: url.into(), credentials, form: None, cap, is_divisible: false }
    }

    /// What is to lie at the address from now on, by PUT.
    #[must_use]
    pub fn put(&self, media: &'static str, body: Vec<u8>, credentials: Credentials) -> Put {
        Put { url: self.0.clone().into(), credentials, media, body }
    }

    /// A question to a path below the address: by GET, or by POST when it would be too long for an address.
    #[must_use]
    pub fn ask(
        &self,
        path: &str,
        question: Vec<(String, String)>,
        credentials: Credentials,
        cap: usize,
    ) -> Get {
        let mut url = self.0.clone();
        let below = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&below);
        let plain = url.to_string();
        url.query_pairs_mut().extend_pairs(&question);
        if url.as_str().len() <= LONGEST {
            Get { url: url.into(), credentials, form: None, cap, is_divisible: false }
        } else {
            Get { url: plain, credentials, form: Some(question), cap, is_divisible: false }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(redact(self.0.as_str()).trim_end_matches('/'))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// True for an address of this very machine, which no proxy stands before.
pub(super) fn is_local(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| is_here(&url))
}

/// True when the host is this very machine.
fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let ip: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || ip.is_some_and(|ip| ip.is_loopback())
}

/// An address without userinfo, query and fragment; a text that is no address is not repeated at all.
#[must_use]
pub fn redact(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return "***".to_owned() };
    if !url.has_host() {
        return "***".to_owned();
    }
    let plain = url.set_username("").is_ok() && url.set_password(None).is_ok();
    url.set_query(None);
    url.set_fragment(None);
    if plain { url.to_string() } else { "***".to_owned() }
}

/// A form as it is sent, percent-encoded.
pub(super) fn encode(form: &[(String, String)]) -> String {
    let Ok(mut url) = Url::parse("http://form.invalid/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(form);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_userinfo_query_and_fragment() {
        assert_eq!(redact("https://me:pw@prom.example:9090/a?q=1#x"), "https://prom.example:9090/a");
        assert_eq!(redact("me:pw@prom.example"), "***");
        assert_eq!(redact("no address, me:pw@host"), "***");
        let address = Address::parse("https://me:pw@prom.example/x/").expect("an address");
        assert_eq!(
            format!("{address} {address:?}"),
            "https://prom.example/x Address(https://prom.example/x)"
        );
        assert!(address.has_userinfo());
    }

    #[test]
    fn what_cannot_be_asked_is_refused_without_repeating_secrets() {
        for text in ["ftp://me:pw@h/", "prom:9090", "", "http://", "http://me:pw@h/?token=pw", "http://h/#pw"]
        {
            let error = Address::parse(text).expect_err("no address").to_string();
            assert!(error.contains("not an address that can be asked") && !error.contains("pw"), "{error}");
        }
    }

    #[test]
    fn an_address_without_its_scheme_is_told_what_it_lacks() {
        let why = |text: &str| Address::parse(text).expect_err("no address").to_string();
        for text in
            ["prom:9090", "prom.example:9090/prefix", "prom.example", "127.0.0.1:9090", "me:pw@prom.example"]
        {
            let error = why(text);
            assert!(error.ends_with("`https://`, so put one of them in front of it"), "{text}: {error}");
            assert!(!error.contains("pw"), "{error}");
        }
        for text in ["", "ftp://prom.example", "no address"] {
            assert!(
                why(text).ends_with("it must begin with `http://` or `https://`"),
                "{text}: {}",
                why(text)
            );
        }
    }

    #[test]
    fn secrets_go_over_https_or_to_this_machine() {
        let safe = |text: &str| Address::parse(text).expect("an address").is_safe_for_secrets();
        assert!(
            ["https://h/", "http://localhost:9/", "http://127.8.0.1/", "http://[::1]:9/"]
                .map(safe)
                .iter()
                .all(|s| *s)
        );
        assert!(!["http://h/", "http://10.0.0.1/", "http://localhost.evil/"].map(safe).iter().any(|s| *s));
    }

    #[test]
    fn a_long_question_is_posted() {
        let address = Address::parse("http://h/prefix/").expect("an address");
        let short = address.ask("api", vec![("q".to_owned(), "a b&c".to_owned())], Credentials::default(), 1);
        assert_eq!((short.url.as_str(), short.form.is_none()), ("http://h/prefix/api?q=a+b%26c", true));
        let long = address.ask("api", vec![("q".to_owned(), "x".repeat(5_000))], Credentials::default(), 1);
        assert_eq!((long.url.as_str(), long.form.is_some()), ("http://h/prefix/api", true));
    }
}
