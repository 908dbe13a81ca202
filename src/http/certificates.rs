//! What a connection is proved by, where that is not the system's own: the authorities that vouch for a server, and
//! the certificate that says who asks.
//!
//! Both are PEM. A server with authorities of its own is believed on their word alone, as in a Prometheus's `ca_file`:
//! whoever names an authority of their own does not mean the hundred others too.

use reqwest::{Certificate, ClientBuilder, Identity};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Secret;
use super::attempt::cause;

/// Certificates for one server; none of either kind are the system's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificates {
    /// The authorities' certificates.
    authorities: Option<String>,
    /// The certificate of who asks with those that vouch for it, and its private key.
    identity: Option<(String, Secret)>,
}

impl Certificates {
    /// Certificates from variables of the environment with this prefix: `…_CLIENT_CERT` with `…_CLIENT_KEY`, and `…_CA`.
    /// Each is PEM itself, or the path of a file that is, which `file` reads.
    ///
    /// # Errors
    /// When one of a pair is missing, a file cannot be read, or a text holds no certificate or key. No value is in the
    /// message.
    pub fn read<'a>(
        prefix: &str,
        variable: impl Fn(&str) -> Option<&'a str>,
        file: impl Fn(&str) -> Result<String, ()>,
    ) -> Result<Self, String> {
        let [certificate, key, ca] =
            ["CLIENT_CERT", "CLIENT_KEY", "CA"].map(|name| format!("{prefix}_{name}"));
        let text = |name: &str| {
            let Some(value) = variable(name) else { return Ok(None) };
            if value.contains("-----BEGIN") {
                return Ok(Some(value.to_owned()));
            }
            // What is neither may be a key, in a form of its own or in the wrong variable: it is not repeated, and a file
            // that is not found says its path.
            let read = file(value)
                .map_err(|()| format!("`{name}` is neither PEM nor the path of a file that can be read"));
            read.map(Some)
        };
        let authorities = text(&ca)?;
        if let Some(authorities) = &authorities {
            hold_certificates(authorities, &ca)?;
        }
        let identity = match (text(&certificate)?, text(&key)?) {
            (None, None) => None,
            (Some(_), None) => return Err(format!("`{certificate}` is set without `{key}`")),
            (None, Some(_)) => return Err(format!("`{key}` is set without `{certificate}`")),
            (Some(chain), Some(private)) => {
                hold_certificates(&chain, &certificate)?;
                PrivateKeyDer::from_pem_slice(private.as_bytes()).map_err(|_| {
                    format!("`{key}` holds no private key in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted)")
                })?;
                Some((chain, Secret::new(private)))
            }
        };
        let read = Self { authorities, identity };
        if read.is_empty() {
            return Ok(read);
        }
        super::provide();
        // That a key belongs to its certificate is only known where they are used.
        let tried = read.put_into(ClientBuilder::new()).and_then(ClientBuilder::build);
        tried.map_err(|error| {
            format!("`{certificate}`, `{key}` or `{ca}` cannot be used: {}", cause(&error))
        })?;
        Ok(read)
    }

    /// True when nothing differs from the system's own.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.authorities.is_none() && self.identity.is_none()
    }

    /// Builds them into a client.
    pub(super) fn put_into(&self, builder: ClientBuilder) -> Result<ClientBuilder, reqwest::Error> {
        let builder = match &self.authorities {
            Some(authorities) => {
                builder.tls_certs_only(Certificate::from_pem_bundle(authorities.as_bytes())?)
            }
            None => builder,
        };
        Ok(match &self.identity {
            Some((chain, key)) => {
                builder.identity(Identity::from_pem(format!("{chain}\n{}", key.expose()).as_bytes())?)
            }
            None => builder,
        })
    }
}

/// That a text holds certificates, and only such that can be read.
fn hold_certificates(text: &str, name: &str) -> Result<(), String> {
    let all: Result<Vec<CertificateDer<'_>>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(()),
        Ok(_) | Err(_) => Err(format!("`{name}` holds no certificate in PEM")),
    }
}

#[cfg(test)]
mod tests;
