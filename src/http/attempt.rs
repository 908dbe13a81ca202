//! One request: tries, the waits between them, and what each try came to.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use jiff::fmt::rfc2822;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};

use super::address::{encode, redact};
use super::{Credentials, Get, HttpError, Limits, Post, Put, Response, span};

/// The wait before the second try; it doubles with every further one, and is jittered by half.
const BACKOFF: Duration = Duration::from_millis(200);

/// The most bytes of an answer to what was brought: a word or two.
const RECEIPT: usize = 64 * 1024;

/// What is sent: each of them may be sent again.
#[derive(Clone, Copy)]
pub(super) enum Sent<'a> {
    /// A question.
    Get(&'a Get),
    /// Something that is brought.
    Put(&'a Put),
    /// Something that is told.
    Post(&'a Post),
}

impl<'a> Sent<'a> {
    /// The address.
    pub(super) fn url(self) -> &'a str {
        match self {
            Self::Get(get) => &get.url,
            Self::Put(put) => &put.url,
            Self::Post(post) => &post.url,
        }
    }

    /// Who sends it.
    pub(super) const fn credentials(self) -> &'a Credentials {
        match self {
            Self::Get(get) => &get.credentials,
            Self::Put(put) => &put.credentials,
            Self::Post(post) => &post.credentials,
        }
    }

    /// True when it may as well be asked in two questions.
    const fn is_divisible(self) -> bool {
        match self {
            Self::Get(get) => get.is_divisible,
            Self::Put(_) | Self::Post(_) => false,
        }
    }

    /// The most bytes of the answer.
    const fn cap(self) -> usize {
        match self {
            Self::Get(get) => get.cap,
            Self::Put(_) | Self::Post(_) => RECEIPT,
        }
    }

    /// The request, without who sends it.
    fn request(self, client: &reqwest::Client) -> reqwest::RequestBuilder {
        match self {
            Self::Get(Get { form: None, url, .. }) => client.get(url),
            Self::Get(Get { form: Some(form), url, .. }) => {
                client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(encode(form))
            }
            Self::Put(put) => client.put(&put.url).header(CONTENT_TYPE, put.media).body(put.body.clone()),
            Self::Post(post) => {
                client.post(&post.url).header(CONTENT_TYPE, "application/json").body(post.body.clone())
            }
        }
    }
}

/// What one request needs of the client.
pub(super) struct Asking {
    /// Connections.
    pub(super) client: reqwest::Client,
    /// How long and how often.
    pub(super) limits: Limits,
    /// When the run is over.
    pub(super) ends: Instant,
}

/// What came of one try.
enum Try {
    /// An answer, and how long it asks to wait before the next.
    Answered(Response, Option<Duration>),
    /// No answer, and the next try may do better.
    Failed(String),
    /// No whole answer in time.
    Late(String),
    /// No answer, and the next try would do no better.
    Refused(HttpError),
}

impl Asking {
    /// Tries until there is an answer, the tries are spent or the deadline is near.
    pub(super) async fn fetch(&self, sent: Sent<'_>) -> Result<Response, HttpError> {
        let failed = |reason: String, tries: u32, is_late: bool| HttpError::Unreachable {
            url: redact(sent.url()),
            reason,
            tries,
            within: self.limits.attempt,
            is_late,
        };
        let mut tries = 0;
        loop {
            let left = self.ends.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(failed(self.late(), tries, true));
            }
            tries += 1;
            let (outcome, wait) = match self.attempt(sent, left).await {
                Try::Refused(error) => return Err(error),
                Try::Late(reason) if sent.is_divisible() => return Err(failed(reason, tries, true)),
                Try::Late(reason) => (Err(failed(reason, tries, true)), None),
                Try::Failed(reason) => (Err(failed(reason, tries, false)), None),
                Try::Answered(response, wait) => {
                    let response = Response { tries, ..response };
                    if !is_transient(response.status) {
                        return Ok(response);
                    }
                    (Ok(response), wait)
                }
            };
            let wait = wait.unwrap_or_else(|| backoff(tries));
            let left = self.ends.saturating_duration_since(Instant::now());
            if tries >= self.limits.tries || wait >= left {
                return outcome;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// The words for the end of the run.
    fn late(&self) -> String {
        format!("no answer before the deadline of {}", span(self.limits.deadline))
    }

    /// One try.
    async fn attempt(&self, sent: Sent<'_>, left: Duration) -> Try {
        let timeout = self.limits.attempt.min(left);
        let failed = |error: &reqwest::Error| {
            let reason = if error.is_timeout() && left < self.limits.attempt {
                self.late()
            } else if error.is_timeout() {
                format!("no answer within {}", span(timeout))
            } else if error.is_connect() {
                format!("cannot connect: {}", cause(error))
            } else {
                format!("the answer broke off: {}", cause(error))
            };
            // Where nobody answers the call, a smaller question is not answered either.
            if error.is_timeout() && !error.is_connect() { Try::Late(reason) } else { Try::Failed(reason) }
        };
        let request = sent.request(&self.client).header(ACCEPT, "application/json").timeout(timeout);
        let request = sent.credentials().sent(request);
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_builder() => {
                return Try::Refused(HttpError::Address { url: redact(sent.url()), reason: cause(&error) });
            }
            Err(error) => return failed(&error),
        };
        if answer.status().is_redirection() {
            return Try::Refused(redirected(&answer, sent.url()));
        }
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) if body.len() + chunk.len() > sent.cap() => {
                    return Try::Refused(HttpError::TooLarge { url: redact(sent.url()), cap: sent.cap() });
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(error) => return failed(&error),
            }
        }
        let response = Response {
            status: answer.status().as_u16(),
            content_type: header(answer.headers(), &CONTENT_TYPE).map(str::to_owned),
            body,
            tries: 0,
        };
        let headers = answer.headers();
        let wait = retry_after(headers).or_else(|| lifted(response.status, headers));
        Try::Answered(response, wait)
    }
}

/// The innermost cause of an error: the outer ones only say that something failed.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    // The outermost error is the only one that writes the address, userinfo and all.
    if std::error::Error::source(error).is_none() {
        "the request failed".to_owned()
    } else {
        inner.to_string()
    }
}

/// The error for an answer that sends elsewhere.
fn redirected(answer: &reqwest::Response, url: &str) -> HttpError {
    let target = header(answer.headers(), &LOCATION)
        .and_then(|location| answer.url().join(location).ok())
        .and_then(|target| {
            let host = target.host_str()?;
            Some(target.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
        })
        .unwrap_or_else(|| "nowhere".to_owned());
    HttpError::Redirect { url: redact(url), status: answer.status().as_u16(), target }
}

/// A header's text.
fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// True for the statuses after which the same request may succeed.
fn is_transient(status: u16) -> bool {
    [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ]
    .iter()
    .any(|transient| transient.as_u16() == status)
}

/// When a limit of requests is lifted, in seconds from now, as Datadog says it. Others write an instant under this name.
const RESET: &str = "x-ratelimit-reset";

/// The longest time until a limit is lifted; a larger number is an instant.
const LONGEST_RESET: u32 = 86_400;

/// How long the answer asks to wait: seconds, or a date that is compared with the answer's own date, so that
/// the clocks of two machines need not agree.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = header(headers, &RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let until = rfc2822::parse(value).ok()?.timestamp();
    let sent = rfc2822::parse(header(headers, &DATE)?).ok()?.timestamp();
    Some(Duration::from_secs(u64::try_from(until.as_second() - sent.as_second()).unwrap_or(0)))
}

/// How long a limit of requests holds that was reached.
pub(super) fn lifted(status: u16, headers: &HeaderMap) -> Option<Duration> {
    let seconds: u32 = headers.get(RESET)?.to_str().ok()?.trim().parse().ok()?;
    let reached = status == StatusCode::TOO_MANY_REQUESTS.as_u16() && seconds <= LONGEST_RESET;
    reached.then(|| Duration::from_secs(u64::from(seconds)))
}

/// The wait after the given number of tries: doubled each time, and between half and one and a half of that, so
/// that many runs that failed together do not come back together.
fn backoff(tries: u32) -> Duration {
    let base = BACKOFF.saturating_mul(1_u32.checked_shl(tries.saturating_sub(1).min(6)).unwrap_or(1));
    let random = RandomState::new().hash_one(tries) % 1_000;
    let share = u32::try_from(random).unwrap_or(0) + 500;
    base.saturating_mul(share) / 1_000
}
