//! A stateful stand-in for GitHub's API on a loopback port.
//!
//! It keeps what is written to it, answers the way GitHub does (its error bodies, its pages, its rights), fails
//! where it is told to, and records every request in order. `world` is its state, `routes` its answers, `openapi`
//! and `graphql` judge the recorded requests by GitHub's own descriptions. Load it with `#[path = "stub/stub.rs"] mod stub;`.
#![allow(dead_code, unused_imports, reason = "each test crate uses its own part of the stub")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a stub that is used wrongly should stop its test"
)]

pub mod gate;
pub mod graphql;
pub mod openapi;
pub mod routes;
pub mod world;

use std::fmt;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

pub use gate::{Fate, Gate, Moment};
pub use world::{Fault, FaultKind, World};

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// `GET`, `POST`, `PATCH`, `DELETE`.
    pub method: String,
    /// The path below the API's address, as it was sent.
    pub path: String,
    /// The query's names and values, decoded, in order.
    pub query: Vec<(String, String)>,
    /// `authorization`, as it was sent.
    pub authorization: Option<String>,
    /// `accept`.
    pub accept: Option<String>,
    /// `x-github-api-version`.
    pub version: Option<String>,
    /// `user-agent`.
    pub agent: Option<String>,
    /// `host`: where it was sent.
    pub host: Option<String>,
    /// `if-none-match`: the tag of an answer that the sender has.
    pub tag: Option<String>,
    /// The body, when it is JSON.
    pub body: Option<Value>,
    /// The status that it was answered with.
    pub status: u16,
}

impl Recorded {
    /// A request that never arrived, to be judged.
    pub fn new(method: &str, path: &str, query: &str, body: Option<Value>) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs.map(|(name, value)| (decode(name), decode(value))).collect(),
            authorization: None,
            accept: None,
            version: None,
            agent: None,
            host: None,
            tag: None,
            body,
            status: 0,
        }
    }

    /// Method, path and query on one line, as a transcript shows it.
    pub fn line(&self) -> String {
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{} {}{mark}{}", self.method, self.path, query.join("&"))
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.line(), self.status)
    }
}

/// A running stand-in; it ends when it is dropped.
pub struct Stub {
    server: Arc<tiny_http::Server>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    base: String,
}

/// What the server's threads share with the test.
struct Shared {
    world: Mutex<World>,
    requests: Mutex<Vec<Recorded>>,
    gate: Gate,
}

impl Stub {
    /// Starts on a free loopback port.
    pub fn start(world: World) -> Self {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").expect("a free port"));
        let address = server.server_addr().to_ip().expect("an address");
        let base = format!("http://{address}{}", world.base_path);
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            requests: Mutex::new(Vec::new()),
            gate: Gate::default(),
        });
        let (listener, state) = (Arc::clone(&server), Arc::clone(&shared));
        let thread = std::thread::spawn(move || {
            while let Ok(request) = listener.recv() {
                // A request that hangs must not keep others from being answered.
                let state = Arc::clone(&state);
                std::thread::spawn(move || serve(&state, request));
            }
        });
        Self { server, shared, thread: Some(thread), base }
    }

    /// The value for `GITHUB_API_URL`.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// Its state, to read or to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where requests can be held.
    pub fn gate(&self) -> &Gate {
        &self.shared.gate
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every request since the last call, in order, as lines.
    pub fn take_lines(&self) -> Vec<String> {
        let mut requests = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.drain(..).map(|request| request.line()).collect()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // Whatever a test is about, no question may be one that GitHub would refuse.
        if !std::thread::panicking() {
            let problems: Vec<String> = self.requests().iter().flat_map(graphql::problems).collect();
            assert!(problems.is_empty(), "{}", problems.join("\n"));
        }
    }
}

/// What is sent back.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// Bytes of some type.
    pub fn bytes(kind: &str, body: Vec<u8>) -> Self {
        Self { status: 200, headers: vec![("content-type".to_owned(), kind.to_owned())], body }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Answers one request and records it.
fn serve(shared: &Shared, mut request: tiny_http::Request) {
    let mut body = Vec::new();
    let _ = request.as_reader().read_to_end(&mut body);
    let header = |name: &str| {
        let found =
            request.headers().iter().find(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name));
        found.map(|header| header.value.as_str().to_owned())
    };
    let url = request.url().to_owned();
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let sent = serde_json::from_slice(&body).ok();
    let mut recorded = Recorded {
        authorization: header("authorization"),
        accept: header("accept"),
        version: header("x-github-api-version"),
        agent: header("user-agent"),
        host: header("host"),
        tag: header("if-none-match"),
        ..Recorded::new(request.method().as_str(), path, query, sent)
    };
    let moment = shared.gate.passed();
    if moment == Some(Moment::Before) && shared.gate.wait() == Fate::Drop {
        return;
    }
    let (index, reply, pause, now) = {
        let mut world = shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(below) = recorded.path.strip_prefix(&world.base_path).map(str::to_owned) {
            recorded.path = below;
        } else if recorded.path == format!("/api{}", routes::GRAPHQL) && world.base_path == "/api/v3" {
            routes::GRAPHQL.clone_into(&mut recorded.path);
        }
        let (reply, pause) = routes::answer(&mut world, &recorded);
        recorded.status = reply.as_ref().map_or(0, |reply| reply.status);
        let mut requests = shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(recorded);
        (requests.len(), reply, pause, world.now())
    };
    std::thread::sleep(pause);
    if moment == Some(Moment::After) {
        shared.gate.wait();
    }
    // Without a reply the answer breaks off. The connection itself belongs to the server, so what comes is no HTTP.
    let Some(reply) = reply else {
        let mut writer = request.into_writer();
        let _ = writer.write_all(b"broken\r\n\r\n").and_then(|()| writer.flush());
        return;
    };
    let mut response = tiny_http::Response::from_data(reply.body).with_status_code(reply.status);
    response.add_header(pair("x-github-request-id", &format!("STUB:{index}")));
    // Limits are renewed by a date that stands still; all else is dated like the statuses that were taken.
    let date = match reply.status {
        200..400 => now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        _ => "Sat, 21 Nov 2026 12:00:00 GMT".to_owned(),
    };
    response.add_header(pair("date", &date));
    for (name, value) in &reply.headers {
        response.add_header(pair(name, value));
    }
    let _ = request.respond(response);
}

/// A header.
fn pair(name: &str, value: &str) -> tiny_http::Header {
    tiny_http::Header::from_bytes(name.as_bytes(), value.as_bytes()).expect("a header")
}

/// A part of an address without its percent signs.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let code = (byte == b'%').then(|| [rest.next(), rest.next()]);
        match code {
            Some([Some(high), Some(low)]) => {
                let hex = String::from_utf8_lossy(&[high, low]).into_owned();
                bytes.push(u8::from_str_radix(&hex, 16).expect("two digits after a percent sign"));
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How long a request without an end hangs: longer than any client of a test waits.
pub const FOREVER: Duration = Duration::from_secs(30);
