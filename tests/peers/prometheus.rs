//! A real Prometheus, filled with a recorded history, on a loopback port of its own.
//!
//! Debian's package brings `prometheus` and `promtool`. The instance keeps its data in a directory that goes away
//! with it and is ended by its own process id.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::Value;
use tempfile::TempDir;

/// The longest that it may take to become ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Prometheus.
pub struct Prometheus {
    /// The process.
    child: Child,
    /// `127.0.0.1:PORT`.
    address: String,
    /// Configuration, data and log; removed when this is dropped.
    directory: TempDir,
}

impl Prometheus {
    /// Fills one with a recording, starts it, and waits until it answers.
    pub fn filled(recording: &Path) -> Self {
        let directory = tempfile::tempdir().expect("a directory for its data");
        let data = directory.path().join("data");
        import(recording, directory.path(), &data);
        let configuration = directory.path().join("prometheus.yml");
        fs::write(&configuration, "global: {}\n").expect("its configuration can be written");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = port.expect("a free port").to_string();
        let log = File::create(directory.path().join("log")).expect("its log can be written");
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", configuration.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            // The default of 15 days would delete the blocks at the start.
            .arg("--storage.tsdb.retention.time=10y")
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("`prometheus` can be started: tests/run installs it");
        let mut prometheus = Self { child, address, directory };
        prometheus.wait();
        prometheus
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
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

    /// Waits until it is ready.
    fn wait(&mut self) {
        let begun = Instant::now();
        while self.get("/-/ready").is_err() {
            let log = || fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            if let Some(status) = self.child.try_wait().expect("its state can be asked") {
                panic!("prometheus ended with {status}: {}", log());
            }
            assert!(begun.elapsed() < PATIENCE, "prometheus is not ready after {PATIENCE:?}: {}", log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The body of a GET that is answered with 200.
    fn get(&self, target: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {target} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let fine = head.split_whitespace().nth(1) == Some("200");
        if fine { Ok(body.to_owned()) } else { Err(io::Error::other(answer)) }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing left to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Writes a recording into a data directory as blocks.
fn import(recording: &Path, scratch: &Path, data: &Path) {
    let text = scratch.join("history.om");
    let mut source = File::open(recording).expect("the recording can be read");
    let mut target = File::create(&text).expect("scratch space");
    if recording.extension().is_some_and(|extension| extension == "gz") {
        io::copy(&mut GzDecoder::new(source), &mut target).expect("the recording can be inflated");
    } else {
        io::copy(&mut source, &mut target).expect("the recording can be copied");
    }
    let output = Command::new("promtool")
        // Blocks of a month instead of two hours: a minute becomes two seconds.
        .args(["tsdb", "create-blocks-from", "--max-block-duration=720h", "-q", "openmetrics"])
        .args([&text, data])
        .output()
        .expect("`promtool` can be started: tests/run installs it");
    assert!(output.status.success(), "promtool: {}", String::from_utf8_lossy(&output.stderr));
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
