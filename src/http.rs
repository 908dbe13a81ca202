//! The one HTTP client and its runtime, with a synchronous face.
//!
//! Promises: one deadline for the whole run, one policy of tries (only what is safe to repeat), no redirect is
//! ever followed, bodies are capped after decompression, and neither a token nor the userinfo of an address
//! gets into a message. Messages name the limits and not the time that was measured, so that two runs that
//! fail alike read alike. What an answer means is left to whoever asked.

use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use jiff::fmt::rfc2822;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, redirect};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use address::encode;
pub use address::{Address, redact};

mod address;
#[cfg(test)]
pub(crate) mod stub;

/// How many requests of one call are under way at a time.
const CONCURRENT: usize = 8;

/// The wait before the second try; it doubles with every further one, and is jittered by half.
const BACKOFF: Duration = Duration::from_millis(200);

/// A text that is never shown: a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a token.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The token itself, for a header and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// How long and how often is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole run, from the client's creation.
    pub deadline: Duration,
    /// One try, from connecting to the last byte.
    pub attempt: Duration,
    /// Tries of one request, at least 1.
    pub tries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(60), attempt: Duration::from_secs(15), tries: 3 }
    }
}

/// A request that only reads, and that may therefore be repeated.
#[derive(Debug, Clone)]
pub struct Get {
    /// The whole address, its query included.
    pub url: String,
    /// Sent as `Authorization: Bearer`.
    pub bearer: Option<Secret>,
    /// When it is there, the request is a POST of this form: for questions too long for an address.
    pub form: Option<Vec<(String, String)>>,
    /// The most bytes of a body, after decompression.
    pub cap: usize,
}

/// An answer, whatever its status; redirects are errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The media type as it was sent.
    pub content_type: Option<String>,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// How many tries it took.
    pub tries: u32,
}

/// Why there is no answer. Addresses in it have neither userinfo nor query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The client itself cannot be built.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
    /// No address that can be asked.
    #[error("`{url}` is not an address that can be asked: {reason}")]
    Address {
        /// The address, redacted.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing answered, or the answer broke off.
    #[error("`{url}`: {reason} ({})", effort(*tries, *within))]
    Unreachable {
        /// The address, redacted.
        url: String,
        /// What happened at the last try.
        reason: String,
        /// How many tries there were.
        tries: u32,
        /// How long each was allowed to take.
        within: Duration,
    },
    /// The answer sends elsewhere.
    #[error("`{url}` answered {status} and redirects to `{target}`; redirects are not followed")]
    Redirect {
        /// The address, redacted.
        url: String,
        /// The status.
        status: u16,
        /// The host that it leads to.
        target: String,
    },
    /// The body is larger than what was asked for can be.
    #[error("`{url}` answered with more than {cap} bytes")]
    TooLarge {
        /// The address, redacted.
        url: String,
        /// The most bytes that are read.
        cap: usize,
    },
}

/// `3 tries of at most 10s`.
fn effort(tries: u32, within: Duration) -> String {
    format!("{tries} {} of at most {}", if tries == 1 { "try" } else { "tries" }, span(within))
}

/// A length of time in seconds, or in milliseconds below one.
fn span(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{}ms", time.as_millis())
    } else {
        format!("{}s", time.as_secs())
    }
}

/// The client, and the runtime on which it works.
#[derive(Debug)]
pub struct Client {
    /// Drives every request; current-thread, so nothing runs while nobody waits.
    runtime: Runtime,
    /// Connections, TLS and proxies.
    inner: reqwest::Client,
    /// How long and how often.
    limits: Limits,
    /// When the run is over.
    ends: Instant,
}

impl Client {
    /// A client whose deadline starts to run now.
    ///
    /// # Errors
    /// When the runtime or TLS cannot be set up: no certificates of authorities on this machine.
    pub fn new(limits: Limits) -> Result<Self, HttpError> {
        // Somebody else in the process may have installed a provider already: that one serves as well.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| HttpError::Setup(error.to_string()))?;
        let inner = reqwest::Client::builder()
            .user_agent(concat!("slogate/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(limits.attempt)
            .timeout(limits.attempt)
            .build()
            .map_err(|error| HttpError::Setup(cause(&error)))?;
        Ok(Self { runtime, inner, limits, ends: Instant::now() + limits.deadline })
    }

    /// The client for those who speak a protocol of their own over it: no redirects, one TLS stack, the timeout
    /// of one try. Tries and the deadline are theirs.
    #[must_use]
    pub fn reqwest(&self) -> reqwest::Client {
        self.inner.clone()
    }

    /// Waits for a future. It must not be called from within one.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// What is left until the deadline.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// Asks everything, eight at a time, and answers in order.
    #[must_use]
    pub fn get_all(&self, gets: Vec<Get>) -> Vec<Result<Response, HttpError>> {
        let lost = |get: &Get| HttpError::Unreachable {
            url: redact(&get.url),
            reason: "the request was lost".to_owned(),
            tries: 1,
            within: self.limits.attempt,
        };
        let mut answers: Vec<_> = gets.iter().map(|get| Err(lost(get))).collect();
        self.runtime.block_on(async {
            let mut waiting = gets.into_iter().enumerate();
            let mut running = JoinSet::new();
            loop {
                while running.len() < CONCURRENT
                    && let Some((index, get)) = waiting.next()
                {
                    let asking = Asking { client: self.inner.clone(), limits: self.limits, ends: self.ends };
                    running.spawn(async move { (index, asking.fetch(&get).await) });
                }
                let Some(joined) = running.join_next().await else { break };
                if let Ok((index, answer)) = joined
                    && let Some(slot) = answers.get_mut(index)
                {
                    *slot = answer;
                }
            }
        });
        answers
    }
}

/// What one request needs of the client.
struct Asking {
    /// Connections.
    client: reqwest::Client,
    /// How long and how often.
    limits: Limits,
    /// When the run is over.
    ends: Instant,
}

/// What came of one try.
enum Try {
    /// An answer, and how long it asks to wait before the next.
    Answered(Response, Option<Duration>),
    /// No answer, and the next try may do better.
    Failed(String),
    /// No answer, and the next try would do no better.
    Refused(HttpError),
}

impl Asking {
    /// Tries until there is an answer, the tries are spent or the deadline is near.
    async fn fetch(&self, get: &Get) -> Result<Response, HttpError> {
        let failed = |reason: String, tries: u32| HttpError::Unreachable {
            url: redact(&get.url),
            reason,
            tries,
            within: self.limits.attempt,
        };
        let mut tries = 0;
        loop {
            let left = self.ends.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(failed(self.late(), tries));
            }
            tries += 1;
            let (outcome, wait) = match self.attempt(get, left).await {
                Try::Refused(error) => return Err(error),
                Try::Failed(reason) => (Err(failed(reason, tries)), None),
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
    async fn attempt(&self, get: &Get, left: Duration) -> Try {
        let timeout = self.limits.attempt.min(left);
        let reason = |error: &reqwest::Error| {
            if error.is_timeout() && left < self.limits.attempt {
                self.late()
            } else if error.is_timeout() {
                format!("no answer within {}", span(timeout))
            } else if error.is_connect() {
                format!("cannot connect: {}", cause(error))
            } else {
                format!("the answer broke off: {}", cause(error))
            }
        };
        let request = match &get.form {
            None => self.client.get(&get.url),
            Some(form) => self
                .client
                .post(&get.url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(encode(form)),
        };
        let request = request.header(ACCEPT, "application/json").timeout(timeout);
        let request = match &get.bearer {
            None => request,
            Some(token) => request.bearer_auth(token.expose()),
        };
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_builder() => {
                return Try::Refused(HttpError::Address { url: redact(&get.url), reason: cause(&error) });
            }
            Err(error) => return Try::Failed(reason(&error)),
        };
        if answer.status().is_redirection() {
            return Try::Refused(redirected(&answer, &get.url));
        }
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) if body.len() + chunk.len() > get.cap => {
                    return Try::Refused(HttpError::TooLarge { url: redact(&get.url), cap: get.cap });
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(error) => return Try::Failed(reason(&error)),
            }
        }
        let response = Response {
            status: answer.status().as_u16(),
            content_type: header(answer.headers(), &CONTENT_TYPE).map(str::to_owned),
            body,
            tries: 0,
        };
        Try::Answered(response, retry_after(answer.headers()))
    }
}

/// The innermost cause of an error: the outer ones only say that something failed.
fn cause(error: &reqwest::Error) -> String {
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

/// How long the answer asks to wait: seconds, or a date that is compared with the answer's own date, so that
/// the clocks of two machines need not agree.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = header(headers, &RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let until = rfc2822::parse(value).ok()?.timestamp();
    let sent = rfc2822::parse(header(headers, &DATE)?).ok()?.timestamp();
    Some(Duration::from_secs(u64::try_from(until.as_second() - sent.as_second()).unwrap_or(0)))
}

/// The wait after the given number of tries: doubled each time, and between half and one and a half of that, so
/// that many runs that failed together do not come back together.
fn backoff(tries: u32) -> Duration {
    let base = BACKOFF.saturating_mul(1_u32.checked_shl(tries.saturating_sub(1).min(6)).unwrap_or(1));
    let random = RandomState::new().hash_one(tries) % 1_000;
    let share = u32::try_from(random).unwrap_or(0) + 500;
    base.saturating_mul(share) / 1_000
}

#[cfg(test)]
mod tests {
    use super::stub::{Answer, Stub};
    use super::*;

    fn client(attempt: u64, tries: u32) -> Client {
        let attempt = Duration::from_millis(attempt);
        Client::new(Limits { deadline: Duration::from_secs(20), attempt, tries }).expect("a client")
    }

    fn get(url: &str) -> Get {
        Get { url: url.to_owned(), bearer: None, form: None, cap: 100_000 }
    }

    fn one(client: &Client, get: Get) -> Result<Response, HttpError> {
        client.get_all(vec![get]).pop().expect("one answer")
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** *** Some(***)");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn what_is_transient_is_tried_again() {
        let stub = Stub::start(|index, _| match index {
            0 => Answer::Whole("503 Busy\r\nRetry-After: 0", String::new()),
            1 => Answer::Close,
            _ => Answer::Whole("200 OK\r\nContent-Type: text/plain", "yes".to_owned()),
        });
        let answer = one(&client(5_000, 3), get(&stub.url)).expect("an answer");
        assert_eq!((answer.status, answer.tries, answer.body), (200, 3, b"yes".to_vec()));
        assert_eq!(answer.content_type.as_deref(), Some("text/plain"));
    }

    #[test]
    fn what_is_final_is_asked_once() {
        let stub = Stub::start(|_, _| Answer::Whole("422 No", "{}".to_owned()));
        assert_eq!(one(&client(5_000, 3), get(&stub.url)).expect("an answer").tries, 1);
        assert_eq!(stub.requests().len(), 1);
    }

    #[test]
    fn the_last_transient_answer_is_the_answer() {
        let stub = Stub::start(|_, _| Answer::Whole("502 Bad\r\nRetry-After: 0", "no".to_owned()));
        let answer = one(&client(5_000, 2), get(&stub.url)).expect("an answer");
        assert_eq!((answer.status, answer.tries), (502, 2));
    }

    #[test]
    fn a_wait_beyond_the_deadline_is_not_waited() {
        let stub = Stub::start(|_, _| Answer::Whole("429 Slow\r\nRetry-After: 3600", String::new()));
        assert_eq!(one(&client(5_000, 9), get(&stub.url)).expect("an answer").tries, 1);
    }

    #[test]
    fn no_redirect_is_followed_and_its_target_is_named_without_credentials() {
        let stub = Stub::start(|_, _| {
            Answer::Whole("301 Moved\r\nLocation: https://me:pw@evil.example:81/x?token=1", String::new())
        });
        let get = Get { bearer: Some(Secret::new("hunter2")), ..get(&stub.url) };
        let error = one(&client(5_000, 3), get).expect_err("a redirect").to_string();
        assert!(error.contains("redirects to `evil.example:81`"), "{error}");
        assert!(!error.contains("pw") && !error.contains("hunter2") && !error.contains("token"), "{error}");
        assert_eq!(stub.requests().len(), 1);
    }

    #[test]
    fn a_body_without_end_is_cut() {
        let stub = Stub::start(|_, _| Answer::Endless);
        let error = one(&client(5_000, 3), get(&stub.url)).expect_err("no end");
        assert!(error.to_string().ends_with("answered with more than 100000 bytes"), "{error}");
    }

    #[test]
    fn a_server_that_hangs_or_is_not_there_is_named_without_userinfo() {
        let stub = Stub::start(|_, _| Answer::Hang);
        let url = stub.url.replace("http://", "http://me:pw@");
        let error = one(&client(150, 2), get(&url)).expect_err("nothing").to_string();
        assert_eq!(error, format!("`{}/`: no answer within 150ms (2 tries of at most 150ms)", stub.url));
        let error =
            one(&client(5_000, 2), get("http://me:pw@127.0.0.1:9/")).expect_err("nothing").to_string();
        assert!(error.starts_with("`http://127.0.0.1:9/`: cannot connect: Connection refused"), "{error}");
        assert!(error.ends_with("(2 tries of at most 5s)"), "{error}");
        let error = one(&client(5_000, 2), get("http://me:pw@:1:2/")).expect_err("no address").to_string();
        assert!(error.contains("is not an address") && !error.contains("pw"), "{error}");
    }

    #[test]
    fn the_deadline_holds_for_all_tries_together() {
        let stub = Stub::start(|_, _| Answer::Hang);
        let limits =
            Limits { deadline: Duration::from_millis(300), attempt: Duration::from_secs(9), tries: 9 };
        let client = Client::new(limits).expect("a client");
        let begun = Instant::now();
        let answers = client.get_all(vec![get(&stub.url), get(&stub.url)]);
        assert!(begun.elapsed() < Duration::from_secs(2));
        for answer in answers {
            let error = answer.expect_err("late").to_string();
            assert!(error.contains("no answer before the deadline of 300ms"), "{error}");
        }
    }

    #[test]
    fn forms_are_posted_and_tokens_sent() {
        let stub = Stub::start(|_, _| Answer::Whole("200 OK", String::new()));
        let form = Some(vec![("query".to_owned(), "a{b=\"1&2\"}".to_owned())]);
        let get = Get { form, bearer: Some(Secret::new("hunter2")), ..get(&stub.url) };
        one(&client(5_000, 1), get).expect("an answer");
        let request = stub.requests().remove(0);
        assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("authorization: Bearer hunter2\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\nquery=a%7Bb%3D%221%262%22%7D"), "{request}");
    }

    #[test]
    fn answers_come_in_the_order_of_the_questions() {
        let stub = Stub::start(|_, request| {
            let path = request.split(' ').nth(1).unwrap_or_default();
            Answer::Whole("200 OK", path.to_owned())
        });
        let gets: Vec<Get> = (0..20).map(|index| get(&format!("{}/{index}", stub.url))).collect();
        for (index, answer) in client(5_000, 1).get_all(gets).into_iter().enumerate() {
            assert_eq!(answer.expect("an answer").body, format!("/{index}").into_bytes());
        }
    }

    #[test]
    fn a_date_to_retry_after_is_compared_with_the_answers_own() {
        let headers = |pairs: &[(HeaderName, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value")));
            pairs.collect::<HeaderMap>()
        };
        let date = (DATE, "Wed, 21 Oct 2015 07:28:00 GMT");
        let after = (RETRY_AFTER, "Wed, 21 Oct 2015 07:28:07 GMT");
        assert_eq!(retry_after(&headers(&[date, after.clone()])), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers(&[after])), None);
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "2")])), Some(Duration::from_secs(2)));
    }
}
