//! The one HTTP client and its runtime, with a synchronous face.
//!
//! Promises: one deadline for the whole run, one policy of tries (only what is safe to repeat), no redirect is
//! ever followed, bodies are capped after decompression, and neither a token nor the userinfo of an address
//! gets into a message. Messages name the limits and not the time that was measured, so that two runs that
//! fail alike read alike. What an answer means is left to whoever asked.

use std::cell::{OnceCell, RefCell};
use std::future::Future;
use std::time::{Duration, Instant};

use reqwest::redirect;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use attempt::{Asking, Sent, cause};

pub use address::{Address, AddressError, redact};
pub use certificates::Certificates;
pub use credentials::Credentials;
pub use interruption::before_an_interruption;

mod address;
mod attempt;
mod certificates;
mod credentials;
mod interruption;
#[cfg(test)]
pub(crate) mod stub;

/// How many requests of one call are under way at a time.
const CONCURRENT: usize = 8;

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
#[derive(Clone)]
pub struct Get {
    /// The whole address, its query included.
    pub url: String,
    /// Who asks.
    pub credentials: Credentials,
    /// When it is there, the request is a POST of this form: for questions too long for an address.
    pub form: Option<Vec<(String, String)>>,
    /// The most bytes of a body, after decompression.
    pub cap: usize,
    /// It can be asked in parts: without a whole answer in time it is not tried again, because a part may have one.
    pub is_divisible: bool,
}

impl std::fmt::Debug for Get {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Get({})", redact(&self.url))
    }
}

/// A request that lays something at an address, whole: done twice it is the same, so that it may be repeated.
#[derive(Clone)]
pub struct Put {
    /// The whole address.
    pub url: String,
    /// Who brings it.
    pub credentials: Credentials,
    /// The media type of what is brought.
    pub media: &'static str,
    /// What is brought.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Put {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Put({})", redact(&self.url))
    }
}

/// A request that tells something. It has a key by which the receiver knows it again, so that it may be repeated.
#[derive(Clone)]
pub struct Post {
    /// The whole address.
    pub url: String,
    /// Who tells it, the key among the headers.
    pub credentials: Credentials,
    /// What is told, as JSON.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Post(***)")
    }
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
        /// The server was there, and no whole answer came in time.
        is_late: bool,
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
    /// The same for this very machine, built when it is first asked: no proxy reads what stays here.
    local: OnceCell<reqwest::Client>,
    /// The same with certificates for one server, for this very machine or not, built when they are first needed.
    certified: RefCell<Vec<(Certificates, bool, reqwest::Client)>>,
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
        provide();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| HttpError::Setup(error.to_string()))?;
        let inner = built(builder(limits))?;
        let (local, certified) = (OnceCell::new(), RefCell::default());
        Ok(Self { runtime, inner, local, certified, limits, ends: Instant::now() + limits.deadline })
    }

    /// The client for those who speak a protocol of their own over it: no redirects, one TLS stack, the timeout
    /// of one try. Tries and the deadline are theirs.
    #[must_use]
    pub fn reqwest(&self) -> reqwest::Client {
        self.inner.clone()
    }

    /// The client for a request.
    fn towards(&self, sent: Sent<'_>) -> Result<reqwest::Client, HttpError> {
        let is_local = address::is_local(sent.url());
        let certificates = sent.credentials().certificates();
        if !certificates.is_empty() {
            return self.certified(certificates, is_local);
        }
        if !is_local {
            return Ok(self.inner.clone());
        }
        if let Some(local) = self.local.get() {
            return Ok(local.clone());
        }
        let local = built(builder(self.limits).no_proxy())?;
        Ok(self.local.get_or_init(|| local).clone())
    }

    /// The client with certificates for one server.
    fn certified(&self, certificates: &Certificates, is_local: bool) -> Result<reqwest::Client, HttpError> {
        let mut known = self.certified.borrow_mut();
        let same = known.iter().find(|(its, local, _)| its == certificates && *local == is_local);
        if let Some((_, _, client)) = same {
            return Ok(client.clone());
        }
        let builder = if is_local { builder(self.limits).no_proxy() } else { builder(self.limits) };
        let client = built(certificates.put_into(builder).map_err(|error| HttpError::Setup(cause(&error)))?)?;
        known.push((certificates.clone(), is_local, client.clone()));
        Ok(client)
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

    /// Lays something at an address.
    ///
    /// # Errors
    /// When nothing answered, or the answer sends elsewhere.
    pub fn put(&self, put: &Put) -> Result<Response, HttpError> {
        let client = self.towards(Sent::Put(put))?;
        let asking = Asking { client, limits: self.limits, ends: self.ends };
        self.runtime.block_on(asking.fetch(Sent::Put(put)))
    }

    /// Tells something to an address.
    ///
    /// # Errors
    /// When nothing answered, or the answer sends elsewhere.
    pub fn post(&self, post: &Post) -> Result<Response, HttpError> {
        let client = self.towards(Sent::Post(post))?;
        let asking = Asking { client, limits: self.limits, ends: self.ends };
        self.runtime.block_on(asking.fetch(Sent::Post(post)))
    }

    /// Asks everything, eight at a time, and answers in order.
    #[must_use]
    pub fn get_all(&self, gets: Vec<Get>) -> Vec<Result<Response, HttpError>> {
        self.read_all(gets, |_, answer| answer)
    }

    /// Asks everything, eight at a time; what is read of each answer comes in order. An answer is read as soon as it is
    /// there and then let go, so that no more than eight of them are held at once.
    #[must_use]
    pub fn read_all<T>(
        &self,
        gets: Vec<Get>,
        mut read: impl FnMut(usize, Result<Response, HttpError>) -> T,
    ) -> Vec<T> {
        let urls: Vec<String> = gets.iter().map(|get| redact(&get.url)).collect();
        let mut readings: Vec<Option<T>> = urls.iter().map(|_| None).collect();
        self.runtime.block_on(async {
            let mut waiting = gets.into_iter().enumerate();
            let mut running = JoinSet::new();
            loop {
                while running.len() < CONCURRENT
                    && let Some((index, get)) = waiting.next()
                {
                    let client = match self.towards(Sent::Get(&get)) {
                        Ok(client) => client,
                        Err(error) => {
                            if let Some(slot) = readings.get_mut(index) {
                                *slot = Some(read(index, Err(error)));
                            }
                            continue;
                        }
                    };
                    let asking = Asking { client, limits: self.limits, ends: self.ends };
                    running.spawn(async move { (index, asking.fetch(Sent::Get(&get)).await) });
                }
                let Some(joined) = running.join_next().await else { break };
                if let Ok((index, answer)) = joined
                    && let Some(slot) = readings.get_mut(index)
                {
                    *slot = Some(read(index, answer));
                }
            }
        });
        let mut lost = |(index, url): (usize, String)| {
            let reason = "the request was lost".to_owned();
            let within = self.limits.attempt;
            read(index, Err(HttpError::Unreachable { url, reason, tries: 1, within, is_late: false }))
        };
        let urls = urls.into_iter().enumerate();
        readings.into_iter().zip(urls).map(|(reading, url)| reading.unwrap_or_else(|| lost(url))).collect()
    }
}

/// Says which library does the cryptography. Somebody else in the process may have said so already: that one serves as
/// well.
fn provide() {
    let _installed = rustls::crypto::ring::default_provider().install_default();
}

/// What every client has in common.
fn builder(limits: Limits) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("slogate/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(limits.attempt)
        .timeout(limits.attempt)
}

/// A client that was built.
fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, HttpError> {
    builder.build().map_err(|error| HttpError::Setup(cause(&error)))
}

#[cfg(test)]
mod tests;
