//! A server for tests that answers each request with whatever bytes a test wants, or with none.
//!
//! It speaks just enough HTTP to read a request with its body; that it can break the protocol is its purpose.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A whole answer: status line and headers, body. `Content-Length` is added.
    Whole(&'static str, String),
    /// Nothing, for longer than any test waits.
    Hang,
    /// A JSON answer without end.
    Endless,
    /// The connection is closed without a word.
    Close,
}

/// A running server; it ends with the test's process.
#[derive(Debug)]
pub(crate) struct Stub {
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// Every request, headers and body, in the order of arrival.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// Starts a server that answers the n-th request (from 0), given its text.
    pub(crate) fn start(answer: impl Fn(usize, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { url, requests }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panicked").clone()
    }
}

/// Reads one request and answers it.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, answer: &dyn Fn(usize, &str) -> Answer) {
    let Some(request) = read(&mut stream) else { return };
    let index = {
        let mut seen = seen.lock().expect("no test panicked");
        seen.push(request.clone());
        seen.len() - 1
    };
    match answer(index, &request) {
        Answer::Whole(head, body) => {
            let length = body.len();
            let text =
                format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            let _ = stream.write_all(text.as_bytes());
        }
        Answer::Hang => std::thread::sleep(Duration::from_secs(60)),
        Answer::Endless => {
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"data\":\"");
            while stream.write_all(&[b'x'; 8_192]).is_ok() {}
        }
        Answer::Close => {}
    }
}

/// The request's text, its body included.
fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
    }
}
