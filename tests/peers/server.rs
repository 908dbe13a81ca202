//! A server that speaks Prometheus's API, as a process on a loopback port of its own.
//!
//! It keeps its data in a directory that goes away with it and is ended by its own process id.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The longest that it may take to become ready, or to answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// The way to a server.
#[derive(Debug, Clone)]
pub struct Line {
    /// `127.0.0.1:PORT`.
    address: String,
}

/// A running server.
pub struct Server {
    /// The program, as it is told.
    pub name: &'static str,
    /// The process.
    child: Child,
    /// Where it listens.
    line: Line,
    /// Configuration, data and log; removed when this is dropped.
    directory: TempDir,
}

impl Server {
    /// Starts a program, with the arguments that it gets for an address and its directory.
    pub fn start(
        name: &'static str,
        directory: TempDir,
        arguments: impl Fn(&str, &Path) -> Vec<String>,
    ) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = port.expect("a free port").to_string();
        let log = File::create(directory.path().join("log")).expect("its log can be written");
        let child = Command::new(name)
            .args(arguments(&address, directory.path()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("`{name}` cannot be started, which tests/run installs: {error}"));
        Self { name, child, line: Line { address }, directory }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.line.address)
    }

    /// The way to it.
    pub fn line(&self) -> Line {
        self.line.clone()
    }

    /// What an instant query answers: the value of its single result; none when there is no result.
    pub fn single(&self, query: &str, instant: i64) -> Option<f64> {
        let target = format!("/api/v1/query?time={instant}&query={}", escaped(query));
        let answer = self.get(&target).expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let results = answer["data"]["result"].as_array().expect("results");
        assert!(results.len() < 2, "{query}: {results:?}");
        let value = results.first()?["value"][1].as_str()?;
        Some(value.parse().expect("a number"))
    }

    /// Waits until something holds of it, such as that it listens.
    pub fn wait(&mut self, until: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !until(self) {
            if let Some(status) = self.child.try_wait().expect("its state can be asked") {
                panic!("{} ended with {status}: {}", self.name, self.log());
            }
            assert!(begun.elapsed() < PATIENCE, "{} is not ready: {}", self.name, self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// The body of a GET that is answered with 200.
    pub fn get(&self, target: &str) -> io::Result<String> {
        self.line.get(target)
    }

    /// The body of what a POST of so many bytes is answered with.
    pub fn post(&self, target: &str, length: u64, body: &mut impl Read) -> io::Result<String> {
        self.line.post(target, length, body)
    }
}

impl Line {
    /// The body of a GET that is answered with 200.
    pub fn get(&self, target: &str) -> io::Result<String> {
        self.send(&format!("GET {target} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address), &mut io::empty())
    }

    /// The body of what a POST of so many bytes is answered with.
    pub fn post(&self, target: &str, length: u64, body: &mut impl Read) -> io::Result<String> {
        let address = &self.address;
        let head = format!("POST {target} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n");
        self.send(&head, body)
    }

    /// Sends a request and reads what it is answered with.
    fn send(&self, head: &str, body: &mut impl Read) -> io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(head.as_bytes())?;
        io::copy(body, &mut stream)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let fine = head.split_whitespace().nth(1).is_some_and(|status| status.starts_with('2'));
        if fine { Ok(body.to_owned()) } else { Err(io::Error::other(answer)) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing left to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A percent-encoded word.
fn escaped(word: &str) -> String {
    let mut text = String::new();
    for byte in word.bytes() {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string grows");
        }
    }
    text
}
