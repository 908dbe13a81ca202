//! One call to GitHub's API: sent, repeated where that is safe, bounded, counted, and read as a typed answer.
//!
//! The client's own retries are off, because they would post a comment twice. What changes nothing when it is
//! repeated is repeated here, after the wait that GitHub asked for, as long as the patience of the run lasts.
//! A redirect is never followed: the token would follow it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::run::Address;
use crate::http;

/// The largest JSON answer that is read, in bytes. GitHub cuts a tree at 7 MB.
const MAX_JSON: u64 = 32 * 1024 * 1024;

/// What GitHub asks to wait at least when it limits calls without saying how long.
const UNSAID: Duration = Duration::from_secs(60);

/// The first pause after a failure; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// Why GitHub could not answer, or would not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// The address or the token cannot be used at all.
    #[error("{0}")]
    Address(String),
    /// The token may not do this.
    #[error("the token may not {0}")]
    NotAllowed(String),
    /// The token is not valid.
    #[error("github refused the token (401) to {0}")]
    Unauthorized(String),
    /// There is no such thing, or the token may not see it.
    #[error("github knows nothing to {0} (404)")]
    NotFound(String),
    /// Too many calls.
    #[error("github limits the rate of calls and did not let us {what}{}", match wait {
        Some(seconds) => format!("; it asks to wait {seconds} s"),
        None => String::new(),
    })]
    RateLimited {
        /// What was tried.
        what: String,
        /// Seconds that GitHub asks to wait, when it says so.
        wait: Option<u64>,
    },
    /// GitHub understood and declined.
    #[error("github would not {what} ({status}): {message}")]
    Rejected {
        /// What was tried.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What GitHub said.
        message: String,
    },
    /// No answer, or none that makes sense.
    #[error("github could not be asked to {what}: {why}")]
    Unreachable {
        /// What was tried.
        what: String,
        /// What happened.
        why: String,
    },
}

/// What is asked of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Reads.
    Get,
    /// Creates; what it creates would be there twice if it were sent twice.
    Create,
    /// Creates something that says the same when it is said twice.
    Assert,
    /// Changes.
    Update,
    /// Deletes.
    Delete,
}

impl Verb {
    /// True when sending it twice does no more than sending it once.
    const fn may_repeat(self) -> bool {
        !matches!(self, Self::Create)
    }
}

/// How an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// GitHub's JSON.
    Json,
    /// A file's bytes as they are.
    Raw,
    /// A commit's full id as text.
    Id,
}

/// One call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// What is asked.
    pub(super) verb: Verb,
    /// The path below the API's address, with its query.
    pub(super) path: &'a str,
    /// What for, as the end of `github could not be asked to …`.
    pub(super) what: &'a str,
    /// The body.
    pub(super) body: Option<&'a Value>,
    /// How the answer is asked for.
    pub(super) form: Form,
    /// The largest answer that is read, in bytes.
    pub(super) limit: u64,
}

impl<'a> Call<'a> {
    /// A read of JSON.
    pub(super) const fn get(path: &'a str, what: &'a str) -> Self {
        Self { verb: Verb::Get, path, what, body: None, form: Form::Json, limit: MAX_JSON }
    }

    /// The same with another verb and a body.
    pub(super) const fn sending(self, verb: Verb, body: &'a Value) -> Self {
        Self { verb, body: Some(body), ..self }
    }
}

/// An answer, whatever its status.
pub(super) struct Answer {
    /// The HTTP status.
    status: u16,
    /// `retry-after` in seconds.
    retry_after: Option<u64>,
    /// `x-ratelimit-remaining` is 0.
    used_up: bool,
    /// Seconds until `x-ratelimit-reset`, by the server's own clock.
    resets_in: Option<u64>,
    /// `link` names a next page.
    pub(super) has_next: bool,
    /// The number of the last page, where `link` names it.
    pub(super) last_page: Option<usize>,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T, GitHubError> {
        serde_json::from_slice(&self.body).map_err(|error| GitHubError::Unreachable {
            what: what.to_owned(),
            why: format!("its answer is not what the API promises: {error}"),
        })
    }

    /// What GitHub says in words: the message of an error and its details.
    fn message(&self) -> String {
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

    /// Whether GitHub limits the rate of calls, and for how long.
    fn limit(&self) -> Limit {
        let secondary = || {
            let message = self.message().to_lowercase();
            message.contains("rate limit") || message.contains("abuse detection")
        };
        match self.status {
            403 if self.retry_after.is_none() && !self.used_up && !secondary() => Limit::None,
            403 | 429 => Limit::Wait(self.retry_after.or(if self.used_up { self.resets_in } else { None })),
            _ => Limit::None,
        }
    }
}

/// Whether GitHub limits the rate of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// It does not.
    None,
    /// It does, and asks to wait this many seconds, if it says how many.
    Wait(Option<u64>),
}

/// The way to one API with one token.
pub(super) struct Line {
    /// The runtime.
    http: Rc<http::Client>,
    /// The API's client.
    api: Octocrab,
    /// The API's address without a slash at its end.
    base: String,
    /// How often a call is tried.
    limits: http::Limits,
    /// Calls sent so far, repetitions included.
    calls: Cell<u64>,
    /// When everything must be answered.
    ends: Cell<Instant>,
}

impl Line {
    /// Opens the way.
    pub(super) fn open(
        http: Rc<http::Client>,
        address: &Address,
        limits: http::Limits,
    ) -> Result<Self, GitHubError> {
        let invalid = |why: String| GitHubError::Address(why);
        let base = address.api.trim_end_matches('/').to_owned();
        let url = reqwest::Url::parse(&base)
            .map_err(|error| invalid(format!("`GITHUB_API_URL` is no address: {error}")))?;
        let secret = address.token.is_some();
        if secret && !http::Address::parse(&base).is_ok_and(|address| address.is_safe_for_secrets()) {
            return Err(invalid(
                "`GITHUB_API_URL` is not https, and a token would travel unencrypted".to_owned(),
            ));
        }
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain {
            return Err(invalid("`GITHUB_API_URL` is no plain http or https address".to_owned()));
        }
        let mut builder = Octocrab::builder()
            .base_uri(base.as_str())
            .map_err(|error| invalid(format!("`GITHUB_API_URL` is no address: {error}")))?
            .add_retry_config(RetryConfig::None);
        if let Some(token) = &address.token {
            if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(invalid("the github token holds characters that no token has".to_owned()));
            }
            builder = builder.personal_token(token.expose());
        }
        let client = http.reqwest();
        // The client starts a task of its own, so it is built inside of the runtime.
        let api = http
            .block_on(async { builder.build_with_reqwest(client) })
            .map_err(|error| invalid(format!("no client for github could be made: {error}")))?;
        let ends = Cell::new(Instant::now() + limits.deadline);
        Ok(Self { http, api, base, limits, calls: Cell::new(0), ends })
    }

    /// Calls sent so far, repetitions included.
    pub(super) fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// Grants time from now on, where less than that is left.
    pub(super) fn grant(&self, time: Duration) {
        self.ends.set(self.ends.get().max(Instant::now() + time));
    }

    /// Bounds the time of what is asked in `asking`.
    pub(super) fn within<T>(&self, time: Duration, asking: impl FnOnce() -> T) -> T {
        let ends = self.ends.get();
        self.ends.set(ends.min(Instant::now() + time));
        let answer = asking();
        self.ends.set(ends);
        answer
    }

    /// Sends one call and returns its answer if it is a success.
    pub(super) fn send(&self, call: Call<'_>) -> Result<Answer, GitHubError> {
        let mut pause = PAUSE;
        for attempt in 1.. {
            self.calls.set(self.calls.get() + 1);
            let last = attempt >= self.limits.tries.max(1);
            let left = self.ends.get().saturating_duration_since(Instant::now());
            let exchange = async { tokio::time::timeout(left, self.exchange(call)).await };
            let late = || Err("no answer before the deadline of the run".to_owned());
            let wait = match self.http.block_on(exchange).unwrap_or_else(|_| late()) {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                Ok(answer) => {
                    let failure = failure(call, &answer);
                    match answer.limit() {
                        // A call that was limited was not carried out, so even a creation may be sent again.
                        Limit::Wait(asked) if !last => (asked.map_or(UNSAID, Duration::from_secs), failure),
                        Limit::None if answer.status >= 500 && call.verb.may_repeat() && !last => {
                            (pause, failure)
                        }
                        Limit::None | Limit::Wait(_) => return Err(failure),
                    }
                }
                Err(why) => {
                    let failure = GitHubError::Unreachable { what: call.what.to_owned(), why };
                    if last || !call.verb.may_repeat() {
                        return Err(failure);
                    }
                    (pause, failure)
                }
            };
            let (wait, failure) = wait;
            if wait >= self.ends.get().saturating_duration_since(Instant::now()) {
                return Err(failure);
            }
            std::thread::sleep(wait);
            pause *= 2;
        }
        Err(GitHubError::Unreachable { what: call.what.to_owned(), why: "it was never tried".to_owned() })
    }

    /// Sends one call once.
    async fn exchange(&self, call: Call<'_>) -> Result<Answer, String> {
        let uri = format!("{}{}", self.base, call.path);
        let mut headers = reqwest::header::HeaderMap::new();
        let accept = match call.form {
            Form::Json => "application/vnd.github+json",
            Form::Raw => "application/vnd.github.raw+json",
            Form::Id => "application/vnd.github.sha",
        };
        headers.insert(reqwest::header::ACCEPT, reqwest::header::HeaderValue::from_static(accept));
        let sent = match call.verb {
            Verb::Get => self.api._get_with_headers(uri, Some(headers)).await,
            Verb::Create | Verb::Assert => self.api._post(uri, call.body).await,
            Verb::Update => self.api._patch(uri, call.body).await,
            Verb::Delete => self.api._delete(uri, None::<&()>).await,
        };
        let response = sent.map_err(|error| chain(&error))?;
        let mut response = reqwest::Response::from(response.map(reqwest::Body::wrap));
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let number = |name: &str| header(name).and_then(|value| value.trim().parse::<u64>().ok());
        let mut answer = Answer {
            status: response.status().as_u16(),
            retry_after: number("retry-after"),
            used_up: number("x-ratelimit-remaining") == Some(0),
            resets_in: number("x-ratelimit-reset").zip(header("date")).and_then(|(at, date)| until(at, date)),
            has_next: header("link").is_some_and(|link| link.contains("rel=\"next\"")),
            last_page: header("link").and_then(last_page),
            body: Vec::new(),
        };
        let limit = usize::try_from(call.limit).unwrap_or(usize::MAX);
        while let Some(chunk) = response.chunk().await.map_err(|error| chain(&error))? {
            if answer.body.len().saturating_add(chunk.len()) > limit {
                return Err(format!("its answer is larger than {limit} bytes"));
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

/// The number of the last page that a `link` header names.
fn last_page(link: &str) -> Option<usize> {
    let last = link.split(',').find(|one| one.contains("rel=\"last\""))?;
    let query = last.split_once('?')?.1.split_once('>')?.0;
    query.split('&').find_map(|pair| pair.strip_prefix("page="))?.parse().ok()
}

/// What an answer that is no success means.
fn failure(call: Call<'_>, answer: &Answer) -> GitHubError {
    let what = call.what.to_owned();
    if let Limit::Wait(wait) = answer.limit() {
        return GitHubError::RateLimited { what, wait };
    }
    let message = answer.message();
    match answer.status {
        // A write that is not allowed is answered as if there were nothing there to write to.
        404 if matches!(call.verb, Verb::Create | Verb::Assert) => GitHubError::NotAllowed(what),
        403 if message.contains("not accessible by") => GitHubError::NotAllowed(what),
        401 => GitHubError::Unauthorized(what),
        404 | 410 => GitHubError::NotFound(what),
        status @ 300..=399 => GitHubError::Unreachable {
            what,
            why: format!("it answered with a redirect ({status}), and the token does not follow redirects"),
        },
        status if status >= 500 => {
            GitHubError::Unreachable { what, why: format!("it answered {status}: {message}") }
        }
        status => GitHubError::Rejected { what, status, message },
    }
}

/// Seconds from the server's `date` to an instant, at least 1.
fn until(at: u64, date: &str) -> Option<u64> {
    let now = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second();
    u64::try_from(i64::try_from(at).ok()?.saturating_sub(now)).ok().map(|seconds| seconds.max(1)).or(Some(1))
}

/// An error and its causes on one line, without repetition. Our errors hold no token: it is in no address.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !text.is_empty() && !words.iter().any(|said| said.contains(&text)) {
            words.push(text);
        }
        next = error.source();
    }
    words.join(": ").replace(['\n', '\r'], " ")
}

/// A part of a path or of a query, with everything escaped that could end it; a slash stays where `keep` says.
pub(super) fn encode(text: &str, keep: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            safe.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(safe, "%{byte:02X}");
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            retry_after: None,
            used_up: false,
            resets_in: None,
            has_next: false,
            last_page: None,
            body: body.as_bytes().to_vec(),
        }
    }

    fn fails(verb: Verb, answer: &Answer) -> GitHubError {
        failure(Call { verb, ..Call::get("/x", "do it") }, answer)
    }

    #[test]
    fn a_token_without_the_right_is_told_from_other_refusals() {
        let integration = answer(403, r#"{"message":"Resource not accessible by integration"}"#);
        assert_eq!(fails(Verb::Create, &integration), GitHubError::NotAllowed("do it".to_owned()));
        assert_eq!(fails(Verb::Assert, &answer(404, "{}")), GitHubError::NotAllowed("do it".to_owned()));
        assert_eq!(fails(Verb::Update, &answer(404, "{}")), GitHubError::NotFound("do it".to_owned()));
        assert_eq!(fails(Verb::Get, &answer(404, "{}")), GitHubError::NotFound("do it".to_owned()));
        let locked = answer(403, r#"{"message":"Unable to create comment because issue is locked."}"#);
        assert!(matches!(fails(Verb::Create, &locked), GitHubError::Rejected { .. }));
    }

    #[test]
    fn a_limit_is_told_from_a_refusal_and_says_how_long() {
        let mut limited = answer(403, r#"{"message":"You have exceeded a secondary rate limit."}"#);
        assert_eq!(limited.limit(), Limit::Wait(None));
        limited.retry_after = Some(7);
        assert_eq!(limited.limit(), Limit::Wait(Some(7)));
        let mut primary = answer(429, "{}");
        primary.used_up = true;
        primary.resets_in = Some(90);
        assert_eq!(primary.limit(), Limit::Wait(Some(90)));
        assert_eq!(answer(403, "{}").limit(), Limit::None);
        assert_eq!(until(1_700_000_010, "Tue, 14 Nov 2023 22:13:20 GMT"), Some(10));
        assert_eq!(until(1_600_000_000, "Tue, 14 Nov 2023 22:13:20 GMT"), Some(1));
    }

    #[test]
    fn what_github_says_is_shortened_and_on_one_line() {
        let long =
            format!(r#"{{"message":"Validation Failed","errors":[{{"message":"a\n{}"}}]}}"#, "b".repeat(500));
        let message = answer(422, &long).message();
        assert_eq!(message.chars().count(), 200);
        assert!(!message.contains('\n'));
        assert_eq!(answer(502, "<html>").message(), "its answer is no JSON");
    }

    #[test]
    fn no_name_can_end_a_path() {
        assert_eq!(encode("feature/ü?a=1#b", b"/"), "feature/%C3%BC%3Fa%3D1%23b");
        assert_eq!(encode("a/../b", b""), "a%2F..%2Fb");
    }
}
