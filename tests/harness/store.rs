//! A stand-in file server: answers GET with a file of the directory that commands run in, PUT by keeping what it is
//! given, and POST with nothing, as a webhook does.
//!
//! Transcripts show of what was put there the text that was signed, cut to what a reader can take in.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use base64::Engine as _;
use jsonschema::Validator;
use serde_json::Value;
use tiny_http::{Header, Method, Response, Server};

use crate::case::Store;
use crate::request::{Request, Stub};

/// What a webhook is sent, as it is documented.
static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = include_str!("../../schemas/webhook.v1.json");
    jsonschema::validator_for(&serde_json::from_str(schema).expect("JSON")).expect("a schema")
});

/// The address under which transcripts show it.
const SHOWN: &str = "http://store.example";

/// The most lines of a text that are shown, and the most characters of a line.
const LINES: (usize, usize) = (12, 150);

/// A listening server.
pub struct Shelf {
    /// `http://127.0.0.1:PORT`.
    url: String,
    /// What it was asked.
    asked: Arc<Mutex<Vec<Request>>>,
    /// The server, to be told that it is over.
    server: Arc<Server>,
}

impl Shelf {
    /// Starts to listen; files are looked for in `directory`.
    pub fn start(store: Store, directory: &Path) -> Result<Self, String> {
        let server = Arc::new(Server::http("127.0.0.1:0").map_err(|error| error.to_string())?);
        let address = server.server_addr().to_ip().ok_or("a server without an address")?;
        let asked: Arc<Mutex<Vec<Request>>> = Arc::default();
        let shelf =
            Self { url: format!("http://{address}"), asked: Arc::clone(&asked), server: Arc::clone(&server) };
        let directory = directory.to_owned();
        thread::spawn(move || serve(&server, &store, &directory, &asked));
        Ok(shelf)
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Answers until it is over.
fn serve(server: &Server, store: &Store, directory: &Path, asked: &Mutex<Vec<Request>>) {
    let mut kept: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut statuses = store.statuses.iter().copied();
    for mut incoming in server.incoming_requests() {
        let mut body = Vec::new();
        incoming.as_reader().read_to_end(&mut body).expect("a request that was sent");
        asked.lock().expect("nobody panics with it").push(request(&incoming, &body));
        let path = incoming.url().split('?').next().unwrap_or_default().trim_start_matches('/').to_owned();
        let planned = statuses.next().filter(|status| *status != 200);
        let (status, text) = match (planned, incoming.method()) {
            (Some(status), _) => (status, Vec::new()),
            (None, Method::Put) => {
                kept.insert(path.clone(), body);
                (204, Vec::new())
            }
            (None, Method::Post) => (204, Vec::new()),
            (None, _) => match kept.get(&path).cloned().or_else(|| fs::read(directory.join(&path)).ok()) {
                Some(text) => (200, text),
                None => (404, Vec::new()),
            },
        };
        let is_page = Path::new(&path).extension().is_some_and(|extension| extension == "html");
        let media = if is_page { "text/html" } else { "application/json" };
        let header = Header::from_bytes("content-type", media).expect("a header");
        let again = Header::from_bytes("retry-after", "0").expect("a header");
        let answer =
            Response::from_data(text).with_status_code(status).with_header(header).with_header(again);
        // Who asked may have gone.
        drop(incoming.respond(answer));
    }
}

/// A request as a transcript shows it.
fn request(incoming: &tiny_http::Request, body: &[u8]) -> Request {
    let mut lines: Vec<String> = incoming
        .headers()
        .iter()
        .map(|header| (header.field.as_str().as_str().to_lowercase(), header.value.as_str()))
        .filter(|(name, _)| {
            ["authorization", "content-type", "idempotency-key"].contains(&name.as_str())
                || name.starts_with("x-")
        })
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    match serde_json::from_slice::<Value>(body) {
        Ok(told) if *incoming.method() == Method::Post => {
            let pretty = serde_json::to_string_pretty(&told).expect("JSON");
            lines.extend(pretty.lines().map(str::to_owned));
            lines.extend(SCHEMA.iter_errors(&told).map(|error| format!("breaks its schema: {error}")));
        }
        _ => lines.extend(shown(body)),
    }
    let target = incoming.url().replace("%3A", ":");
    Request { method: incoming.method().to_string(), target, lines }
}

/// What was put there: of an envelope who signed what.
fn shown(body: &[u8]) -> Vec<String> {
    let Ok(document) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let mut lines = Vec::new();
    let mut text = String::from_utf8_lossy(body).into_owned();
    let at = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if let Some(payload) = document.get("payload").and_then(Value::as_str) {
        lines.push(format!("{}, signed by {}", at("/payloadType"), at("/signatures/0/keyid")));
        let payload = base64::engine::general_purpose::STANDARD.decode(payload).expect("Base64");
        text = String::from_utf8(payload).expect("a text");
    }
    let cut = |line: &str| line.chars().take(LINES.1).collect::<String>();
    lines.extend(text.lines().take(LINES.0).map(cut));
    lines
}

impl Stub for Shelf {
    fn environment(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn requests(&mut self) -> Vec<Request> {
        std::mem::take(&mut *self.asked.lock().expect("nobody panics with it"))
    }

    fn redactions(&self) -> Vec<(String, String)> {
        let bare = |url: &str| url.trim_start_matches("http://").to_owned();
        vec![(self.url.clone(), SHOWN.to_owned()), (bare(&self.url), bare(SHOWN))]
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.server.unblock();
    }
}
