//! How somebody identifies themselves to a server: a token, a user with a password, headers of their own.
//!
//! All of it comes from the environment and none of it is shown, except the header that names a tenant, which is no
//! secret. A secret is only sent where it cannot be read on the way (`Address`).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use reqwest::RequestBuilder;
use reqwest::header::{HeaderName, HeaderValue};

use super::{Certificates, Secret};

/// The header that names a tenant of Mimir, Cortex or Loki: it is no secret.
const TENANT: &str = "x-scope-orgid";

/// Headers that belong to the request itself.
const RESERVED: [&str; 7] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "accept",
    "accept-encoding",
];

/// What is sent with every request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Who asks; none for nobody in particular.
    authorization: Option<Authorization>,
    /// Further headers, by their names in lower case.
    headers: Vec<(String, Secret)>,
    /// What the connection is proved by.
    certificates: Certificates,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Authorization {
    /// Whoever has a token.
    Bearer(Secret),
    /// A user with a password.
    Basic(String, Secret),
}

impl Credentials {
    /// Credentials from variables of the environment with this prefix: `…_TOKEN`, or `…_USER` with `…_PASSWORD`, and
    /// `…_HEADERS` with a line for each header.
    ///
    /// # Errors
    /// When they contradict each other, or a line is no header. No value is in the message.
    pub fn read<'a>(prefix: &str, variable: impl Fn(&str) -> Option<&'a str>) -> Result<Self, String> {
        let [token, user, password, lines] =
            ["TOKEN", "USER", "PASSWORD", "HEADERS"].map(|name| format!("{prefix}_{name}"));
        let authorization = match (variable(&token), variable(&user), variable(&password)) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                return Err(format!(
                    "`{token}` and `{user}` are both set: give a token, or a user and a password"
                ));
            }
            (Some(token), None, None) => Some(Authorization::Bearer(Secret::new(token))),
            (None, Some(user), Some(password)) => {
                Some(Authorization::Basic(user.to_owned(), Secret::new(password)))
            }
            (None, Some(_), None) => return Err(format!("`{user}` is set without `{password}`")),
            (None, None, Some(_)) => return Err(format!("`{password}` is set without `{user}`")),
            (None, None, None) => None,
        };
        let mut credentials = Self { authorization, ..Self::default() };
        for (index, line) in variable(&lines).unwrap_or_default().lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let refused = |why: &str| format!("line {} of `{lines}` {why}", index + 1);
            let header = line.split_once(':').map(|(name, value)| (name.trim().to_lowercase(), value.trim()));
            let header = header.filter(|(name, value)| {
                let fits =
                    HeaderValue::from_str(value).is_ok() && HeaderName::from_bytes(name.as_bytes()).is_ok();
                fits && !value.is_empty()
            });
            let Some((name, value)) = header else {
                return Err(refused("is no header: write `Name: value`, a line each"));
            };
            if RESERVED.contains(&name.as_str()) {
                return Err(refused(&format!("sets `{name}`, which belongs to the request itself")));
            }
            let is_said = name == "authorization" && credentials.authorization.is_some();
            if is_said || credentials.headers.iter().any(|(known, _)| *known == name) {
                return Err(refused(&format!("sets `{name}`, which is set already")));
            }
            credentials.headers.push((name, Secret::new(value)));
        }
        Ok(credentials)
    }

    /// Credentials of a token alone.
    #[must_use]
    pub fn bearer(token: Secret) -> Self {
        Self { authorization: Some(Authorization::Bearer(token)), ..Self::default() }
    }

    /// The same over connections that certificates prove.
    #[must_use]
    pub fn over(self, certificates: Certificates) -> Self {
        Self { certificates, ..self }
    }

    /// What the connection is proved by.
    #[must_use]
    pub const fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Credentials of headers alone, by their names in lower case.
    ///
    /// # Errors
    /// When a value cannot stand in a header. It is not in the message.
    pub fn headers(headers: impl IntoIterator<Item = (&'static str, Secret)>) -> Result<Self, String> {
        let checked = headers.into_iter().map(|(name, value)| {
            let fits = HeaderValue::from_str(value.expose()).is_ok();
            if fits {
                Ok((name.to_owned(), value))
            } else {
                Err(format!("`{name}` cannot be sent: it is no header"))
            }
        });
        Ok(Self { headers: checked.collect::<Result<_, String>>()?, ..Self::default() })
    }

    /// True when they say who asks.
    #[must_use]
    pub fn authorizes(&self) -> bool {
        self.authorization.is_some() || self.headers.iter().any(|(name, _)| name == "authorization")
    }

    /// Every text that must neither be read on the way nor be shown.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let own = self.authorization.as_ref().map(|authorization| match authorization {
            Authorization::Bearer(secret) | Authorization::Basic(_, secret) => secret,
        });
        let headers = self.headers.iter().filter(|(name, _)| name != TENANT).map(|(_, value)| value);
        own.into_iter().chain(headers)
    }

    /// Every secret in each form in which a server may repeat it: as it is, and in Base64, alone or behind the user's
    /// name.
    #[must_use]
    pub fn spellings(&self) -> Vec<String> {
        let pair = match &self.authorization {
            Some(Authorization::Basic(user, password)) => Some(format!("{user}:{}", password.expose())),
            Some(Authorization::Bearer(_)) | None => None,
        };
        let plain = self.secrets().map(|secret| secret.expose().to_owned());
        let plain: Vec<String> = plain.chain(pair).filter(|text| !text.is_empty()).collect();
        let forms = |text: &String| {
            let coded = [STANDARD_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(text)];
            coded.into_iter().chain([text.clone()])
        };
        plain.iter().flat_map(forms).collect()
    }

    /// Puts them into a request.
    pub(super) fn sent(&self, request: RequestBuilder) -> RequestBuilder {
        let request = match &self.authorization {
            None => request,
            Some(Authorization::Bearer(token)) => request.bearer_auth(token.expose()),
            Some(Authorization::Basic(user, password)) => request.basic_auth(user, Some(password.expose())),
        };
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The credentials of some variables that begin with `P_`.
    fn read(variables: &[(&str, &'static str)]) -> Result<Credentials, String> {
        let find = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| name.strip_prefix("P_") == Some(known))
                .map(|(_, value)| *value)
        };
        Credentials::read("P", find)
    }

    #[test]
    fn secrets_are_all_but_the_tenant() {
        let credentials = read(&[
            ("USER", "ola"),
            ("PASSWORD", "pw"),
            ("HEADERS", "X-Scope-OrgID: team-a\n\n  x-key :  k:1 \n"),
        ])
        .expect("credentials");
        let secrets: Vec<&str> = credentials.secrets().map(Secret::expose).collect();
        assert_eq!(secrets, ["pw", "k:1"]);
        assert!(credentials.authorizes());
        assert!(!format!("{credentials:?}").contains("pw"));
        // `ola:pw` in Base64 is what a server is sent, and may repeat.
        assert!(credentials.spellings().iter().any(|text| text == "b2xhOnB3"));
        assert!(!read(&[("HEADERS", "X-Scope-OrgID: a")]).expect("credentials").authorizes());
        assert!(read(&[("HEADERS", "Authorization: Bearer x")]).expect("credentials").authorizes());
        assert_eq!(read(&[]), Ok(Credentials::default()));
    }

    #[test]
    fn what_contradicts_itself_is_refused_without_a_value() {
        for (variables, words) in [
            (&[("TOKEN", "hunter2"), ("USER", "hunter2")][..], "are both set"),
            (&[("USER", "hunter2")], "`P_USER` is set without `P_PASSWORD`"),
            (&[("PASSWORD", "hunter2")], "`P_PASSWORD` is set without `P_USER`"),
            (&[("HEADERS", "hunter2")], "line 1 of `P_HEADERS` is no header"),
            (&[("HEADERS", "x: \u{7}hunter2")], "is no header"),
            (&[("HEADERS", "x y: hunter2")], "is no header"),
            (&[("HEADERS", "x:")], "is no header"),
            (&[("HEADERS", "a: 1\nA: hunter2")], "line 2 of `P_HEADERS` sets `a`, which is set already"),
            (&[("HEADERS", "Host: hunter2")], "belongs to the request itself"),
            (&[("TOKEN", "hunter2"), ("HEADERS", "Authorization: hunter2")], "is set already"),
        ] {
            let error = read(variables).expect_err(words);
            assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
        }
    }
}
