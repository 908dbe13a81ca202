//! An answer as it came: its status, what its headers say of limits and of further pages, and its body.

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::GitHubError;

/// The longest tag of an answer that is sent back, in bytes.
const LONGEST_TAG: usize = 200;

/// Where a list goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::github) enum Next {
    /// It does not.
    #[default]
    Nowhere,
    /// At this path below the API's address, with its query.
    Path(String),
    /// At another address, where no token goes.
    Elsewhere,
}

/// Whether GitHub limits the rate of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// It does not.
    None,
    /// It does, and asks to wait this many seconds, if it says how many.
    Wait(Option<u64>),
}

/// An answer, whatever its status.
pub(in crate::github) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// `retry-after` in seconds.
    pub(super) retry_after: Option<u64>,
    /// `x-ratelimit-remaining`, where it counts ordinary calls.
    pub(super) remaining: Option<u64>,
    /// `x-ratelimit-reset`, in seconds since the epoch.
    pub(super) resets_at: Option<u64>,
    /// `date`: the server's own clock.
    pub(super) date: Option<Timestamp>,
    /// `etag`.
    pub(super) tag: Option<String>,
    /// Where the list goes on.
    pub(in crate::github) next: Next,
    /// The body.
    pub(in crate::github) body: Vec<u8>,
}

impl Answer {
    /// Reads status and headers; the body follows. `base` is the API's address.
    pub(super) fn read(status: u16, headers: &HeaderMap, base: &reqwest::Url) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let number = |name: &str| header(name).and_then(|value| value.trim().parse::<u64>().ok());
        // Searches and GraphQL are counted apart.
        let is_ordinary = header("x-ratelimit-resource").is_none_or(|resource| resource == "core");
        let date = header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        Self {
            status,
            retry_after: number("retry-after"),
            remaining: number("x-ratelimit-remaining").filter(|_| is_ordinary),
            resets_at: number("x-ratelimit-reset").filter(|_| is_ordinary),
            date: date.map(|date| date.timestamp()),
            tag: header("etag").filter(|tag| tag.len() <= LONGEST_TAG).map(str::to_owned),
            next: header("link").and_then(next_link).map_or(Next::Nowhere, |link| below(link, base)),
            body: Vec::new(),
        }
    }

    /// The body as JSON.
    pub(in crate::github) fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T, GitHubError> {
        serde_json::from_slice(&self.body).map_err(|error| GitHubError::Unreachable {
            what: what.to_owned(),
            why: format!("its answer is not what the API promises: {error}"),
        })
    }

    /// What GitHub says in words: the message of an error and its details.
    pub(super) fn message(&self) -> String {
        let value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let Some(message) = value.get("message").and_then(Value::as_str) else {
            return "its answer is no JSON".to_owned();
        };
        let details: Vec<&str> = value
            .get("errors")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|error| error.get("message").and_then(Value::as_str).or_else(|| error.as_str()))
            .collect();
        let words = if details.is_empty() { message.to_owned() } else { details.join("; ") };
        words.chars().filter(|character| !character.is_control()).take(200).collect()
    }

    /// Whether GitHub limits the rate of calls, and for how long: what it asks for, else until the hour's calls are
    /// renewed (<https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>).
    pub(super) fn limit(&self) -> Limit {
        let is_used_up = self.remaining == Some(0);
        let said = || {
            let message = self.message().to_lowercase();
            message.contains("rate limit") || message.contains("abuse detection")
        };
        match self.status {
            403 if self.message().contains("not accessible by") => Limit::None,
            403 if self.retry_after.is_none() && !is_used_up && !said() => Limit::None,
            403 | 429 => Limit::Wait(self.retry_after.or(if is_used_up { self.resets_in() } else { None })),
            _ => Limit::None,
        }
    }

    /// Seconds until the hour's calls are renewed, at least 1, by the server's own clock: this machine's may be wrong.
    fn resets_in(&self) -> Option<u64> {
        let now = u64::try_from(self.date?.as_second()).ok()?;
        Some(self.resets_at?.saturating_sub(now).max(1))
    }

    /// The instant so many seconds after this answer.
    pub(super) fn after(&self, seconds: u64) -> Option<Timestamp> {
        Timestamp::from_second(self.date?.as_second().checked_add(i64::try_from(seconds).ok()?)?).ok()
    }
}

/// The address that a `link` header (RFC 8288) gives the relation `next`.
fn next_link(header: &str) -> Option<&str> {
    header.split('<').skip(1).find_map(|part| {
        let (address, parameters) = part.split_once('>')?;
        let mut parameters = parameters.split([';', ',']).map(str::trim);
        parameters.any(|parameter| matches!(parameter, "rel=\"next\"" | "rel=next")).then_some(address)
    })
}

/// An address as a path below the API's own.
fn below(link: &str, base: &reqwest::Url) -> Next {
    let root = base.path().trim_end_matches('/');
    let path = base.join(link).ok().filter(|link| link.origin() == base.origin()).and_then(|link| {
        let path = link.path().strip_prefix(root).filter(|path| path.starts_with('/'))?;
        Some(link.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
    });
    path.map_or(Next::Elsewhere, Next::Path)
}

#[cfg(test)]
impl Answer {
    /// An answer without headers.
    pub(super) fn plain(status: u16, body: &str) -> Self {
        let base = reqwest::Url::parse("https://host").expect("an address");
        Self { body: body.as_bytes().to_vec(), ..Self::read(status, &HeaderMap::new(), &base) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_from_a_refusal_and_says_how_long() {
        let limited = Answer::plain(403, r#"{"message":"You have exceeded a secondary rate limit."}"#);
        assert_eq!(limited.limit(), Limit::Wait(None));
        assert_eq!(Answer { retry_after: Some(7), ..limited }.limit(), Limit::Wait(Some(7)));
        let at = |resets_at, date: &str| Answer {
            remaining: Some(0),
            resets_at: Some(resets_at),
            date: date.parse().ok(),
            ..Answer::plain(429, "{}")
        };
        assert_eq!(at(1_700_000_090, "2023-11-14T22:13:20Z").limit(), Limit::Wait(Some(90)));
        assert_eq!(at(1_600_000_000, "2023-11-14T22:13:20Z").limit(), Limit::Wait(Some(1)));
        assert_eq!(at(1_700_000_090, "").limit(), Limit::Wait(None));
        // GitHub's own order: what it asks for goes before the renewal.
        let both = Answer { retry_after: Some(7), ..at(1_700_000_090, "2023-11-14T22:13:20Z") };
        assert_eq!(both.limit(), Limit::Wait(Some(7)));
        assert_eq!(Answer::plain(403, "{}").limit(), Limit::None);
    }

    #[test]
    fn what_github_says_is_shortened_and_on_one_line() {
        let long =
            format!(r#"{{"message":"Validation Failed","errors":[{{"message":"a\n{}"}}]}}"#, "b".repeat(500));
        let message = Answer::plain(422, &long).message();
        assert_eq!(message.chars().count(), 200);
        assert!(!message.contains('\n'));
        assert_eq!(Answer::plain(502, "<html>").message(), "its answer is no JSON");
    }

    #[test]
    fn the_next_page_is_where_the_link_says() {
        let first = "<https://h/a?page=1>; rel=\"prev\", <https://h/a?after=x%2Cy&page=3>; rel=\"next\"";
        assert_eq!(next_link(first), Some("https://h/a?after=x%2Cy&page=3"));
        assert_eq!(next_link("<https://h/a>; rel=next"), Some("https://h/a"));
        for none in
            ["", "<https://h/a>; rel=\"last\"", "https://h/a; rel=\"next\"", "<https://h/a; rel=\"next\""]
        {
            assert_eq!(next_link(none), None, "{none}");
        }
    }

    #[test]
    fn a_link_leads_nowhere_but_below_the_api() {
        let base = reqwest::Url::parse("https://ghes.example/api/v3").expect("an address");
        let path = |text: &str| Next::Path(text.to_owned());
        assert_eq!(
            below("https://ghes.example/api/v3/repositories/1?page=2", &base),
            path("/repositories/1?page=2")
        );
        assert_eq!(below("https://GHES.example:443/api/v3/x", &base), path("/x"));
        for elsewhere in [
            "https://evil.example/api/v3/x",
            "http://ghes.example/api/v3/x",
            "https://ghes.example:444/api/v3/x",
            "https://ghes.example/api/v3evil/x",
            "https://ghes.example/api/v3/../x",
            "https://ghes.example@evil.example/api/v3/x",
            "//evil.example/api/v3/x",
            "nothing",
        ] {
            assert_eq!(below(elsewhere, &base), Next::Elsewhere, "{elsewhere}");
        }
    }
}
