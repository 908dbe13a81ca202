//! One call to GitHub's API: sent, repeated where that is safe, bounded, counted, and read as a typed answer.
//!
//! The client's own retries are off, because they would post a comment twice. What changes nothing when it is
//! repeated is repeated here, after the wait that GitHub asked for, as long as the patience of the run lasts.
//! A redirect is never followed: the token would follow it. `patience` knows how long and how often, `memory` what was
//! answered before, `answer` what an answer says, `failure` what went wrong.

mod answer;
mod failure;
mod memory;
mod patience;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, IF_NONE_MATCH};
use serde_json::Value;

pub(super) use answer::{Answer, Next};
pub use failure::GitHubError;

use super::Quota;
use super::run::Address;
use crate::http;
use answer::Limit;
use failure::failure;
use memory::Memory;
use patience::Patience;

/// The largest JSON answer that is read, in bytes. GitHub cuts a tree at 7 MB.
const MAX_JSON: u64 = 32 * 1024 * 1024;

/// The path of GitHub's other API, which has an address of its own on GitHub Enterprise Server.
pub(super) const GRAPHQL: &str = "/graphql";

/// What is asked of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Reads.
    Get,
    /// Reads what a body asks for.
    Ask,
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
    /// True when it changes nothing.
    const fn reads(self) -> bool {
        matches!(self, Self::Get | Self::Ask)
    }

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

/// The way to one API with one token.
pub(super) struct Line {
    /// The runtime.
    http: Rc<http::Client>,
    /// The API's client.
    api: Octocrab,
    /// The client of GraphQL with its address, where that does not lie below the API's.
    beside: Option<(Octocrab, String)>,
    /// The API's address without a slash at its end.
    base: String,
    /// The same, parsed.
    url: reqwest::Url,
    /// How long and how often is tried.
    patience: Patience,
    /// What was answered before.
    memory: Memory,
    /// Calls sent so far, repetitions included.
    calls: Cell<u64>,
    /// What the newest answer says of the calls that are left.
    quota: Cell<Option<Quota>>,
    /// The server's clock at its first answer, in seconds since the epoch.
    met: Cell<Option<i64>>,
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
        if let Some(token) = &address.token
            && !token.expose().bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(invalid("the github token holds characters that no token has".to_owned()));
        }
        let open = |base: &str| {
            let mut builder = Octocrab::builder()
                .base_uri(base)
                .map_err(|error| invalid(format!("`GITHUB_API_URL` is no address: {error}")))?
                .add_retry_config(RetryConfig::None);
            if let Some(token) = &address.token {
                builder = builder.personal_token(token.expose());
            }
            let client = http.reqwest();
            // The client starts a task of its own, so it is built inside of the runtime.
            http.block_on(async { builder.build_with_reqwest(client) })
                .map_err(|error| invalid(format!("no client for github could be made: {error}")))
        };
        let api = open(&base)?;
        // The client puts the path of its base before every other, so GraphQL beside it has a client of its own.
        let beside = match base.strip_suffix("/v3") {
            Some(beside) => Some((open(beside)?, beside.to_owned())),
            None => None,
        };
        let (patience, memory) = (Patience::new(limits), Memory::default());
        Ok(Self {
            http,
            api,
            beside,
            base,
            url,
            patience,
            memory,
            calls: Cell::new(0),
            quota: Cell::new(None),
            met: Cell::new(None),
        })
    }

    /// Calls sent so far, repetitions included.
    pub(super) fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// What the newest answer says of the calls that are left; none where the server does not count.
    pub(super) const fn quota(&self) -> Option<Quota> {
        self.quota.get()
    }

    /// The server's clock at its first answer, in seconds since the epoch.
    pub(super) const fn met(&self) -> Option<i64> {
        self.met.get()
    }

    /// Whether GitHub limits the rate of calls, and nothing may be sent before it allows.
    pub(super) const fn is_limited(&self) -> bool {
        self.patience.is_limited()
    }

    /// Grants time from now on, where less than that is left, and a try whatever was spent or refused before.
    pub(super) fn grant(&self, time: Duration) {
        self.patience.grant(time);
    }

    /// Bounds the time of what is asked in `asking`.
    pub(super) fn within<T>(&self, time: Duration, asking: impl FnOnce() -> T) -> T {
        self.patience.within(time, asking)
    }

    /// Sends one call and returns its answer if it is a success.
    pub(super) fn send(&self, call: Call<'_>) -> Result<Answer, GitHubError> {
        let mut tries = 0;
        loop {
            self.patience.admit(call)?;
            tries += 1;
            self.calls.set(self.calls.get() + 1);
            let tag = self.memory.tag(call);
            let exchange = self.exchange(call, tag.as_deref());
            let time = self.patience.time(call, tries);
            let bounded = async { tokio::time::timeout(time, exchange).await };
            let late = || Err("no answer in the time that the run has, which `--deadline` sets".to_owned());
            let (failure, wait) = match self.http.block_on(bounded).unwrap_or_else(|_| late()) {
                Ok(answer) if answer.status / 100 == 2 || (answer.status == 304 && tag.is_some()) => {
                    self.patience.earn();
                    return Ok(self.memory.settle(call, answer));
                }
                Ok(answer) => match answer.limit() {
                    // A call that was limited was not carried out, so even a creation may be sent again.
                    Limit::Wait(asked) => {
                        (failure(call, &answer), self.patience.limited(asked, tries, &answer))
                    }
                    Limit::None if answer.status >= 500 && call.verb.may_repeat() => {
                        let asked = answer.retry_after.map_or(Duration::ZERO, Duration::from_secs);
                        (failure(call, &answer), Patience::pause(tries).max(asked))
                    }
                    Limit::None => return Err(failure(call, &answer)),
                },
                Err(why) => {
                    let failure = GitHubError::Unreachable { what: call.what.to_owned(), why };
                    if !call.verb.may_repeat() {
                        return Err(failure);
                    }
                    (failure, Patience::pause(tries))
                }
            };
            if !self.patience.allows(tries, wait) {
                return Err(failure);
            }
        }
    }

    /// Sends one call once.
    async fn exchange(&self, call: Call<'_>, tag: Option<&str>) -> Result<Answer, String> {
        let beside = self.beside.as_ref().filter(|_| call.path == GRAPHQL);
        let (api, base) = beside.map_or((&self.api, &self.base), |(api, base)| (api, base));
        let uri = format!("{base}{}", call.path);
        let mut headers = HeaderMap::new();
        let accept = match call.form {
            Form::Json => "application/vnd.github+json",
            Form::Raw => "application/vnd.github.raw+json",
            Form::Id => "application/vnd.github.sha",
        };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
            headers.insert(IF_NONE_MATCH, tag);
        }
        let sent = match call.verb {
            Verb::Get => api._get_with_headers(uri, Some(headers)).await,
            Verb::Ask | Verb::Create | Verb::Assert => api._post(uri, call.body).await,
            Verb::Update => api._patch(uri, call.body).await,
            Verb::Delete => api._delete(uri, None::<&()>).await,
        };
        let response = sent.map_err(|error| chain(&error))?;
        let mut response = reqwest::Response::from(response.map(reqwest::Body::wrap));
        let mut answer = Answer::read(response.status().as_u16(), response.headers(), &self.url);
        if let (None, Some(date), 2) = (self.met.get(), answer.date, answer.status / 100) {
            self.met.set(Some(date.as_second()));
        }
        if let Some(remaining) = answer.remaining {
            let resets_at =
                answer.resets_at.and_then(|at| Timestamp::from_second(i64::try_from(at).ok()?).ok());
            self.quota.set(Some(Quota { remaining, resets_at }));
        }
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

/// What the layers between us and the network call an error: nothing that helps anybody.
const LAYERS: [&str; 4] =
    ["Service Error: ", "Reqwest Error: ", "client error (Connect): ", "error sending request: "];

/// An error and its causes on one line, without repetition. Our errors hold no token: it is in no address.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let mut text = error.to_string();
        while let Some(layer) = LAYERS.iter().find(|layer| text.starts_with(**layer)) {
            text.drain(..layer.len());
        }
        let is_layer = LAYERS.iter().any(|layer| layer.trim_end_matches(": ") == text);
        if !text.is_empty() && !is_layer && !words.iter().any(|said| said.contains(&text)) {
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

    #[test]
    fn no_name_can_end_a_path() {
        assert_eq!(encode("feature/ü?a=1#b", b"/"), "feature/%C3%BC%3Fa%3D1%23b");
        assert_eq!(encode("a/../b", b""), "a%2F..%2Fb");
    }
}
