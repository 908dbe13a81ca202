//! The recorded histories of the example and of the cases, and the generator that made them.
//!
//! A committed history is data that nobody can review line by line; this is how it came about. The test compares
//! every committed file's inflated text with what the generator makes, so neither can change alone.
//! `SLOGATE_WRITE_EXAMPLES=1 cargo test --test history` writes the files anew.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends with the first surprise, and reads files and its environment itself"
)]

use std::env;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

#[path = "history/dice.rs"]
mod dice;
#[path = "history/small.rs"]
mod small;
#[path = "history/traffic.rs"]
mod traffic;
#[path = "history/webshop.rs"]
mod webshop;

/// Makes a recording.
type Recorder = fn() -> String;

/// Every committed history: its path from the root of the project, and what makes it.
const HISTORIES: [(&str, Recorder); 6] = [
    ("examples/webshop/history.om.gz", webshop::recording),
    ("tests/cases/check-proceeds/repo/history.om", small::healthy),
    ("tests/cases/check-freezes-when-spent/repo/history.om", small::spent),
    ("tests/cases/check-unknown-when-history-is-short/repo/history.om", small::young),
    ("tests/cases/check-hovers/repo/history.om.gz", small::hovering),
    ("tests/cases/check-ragged/repo/history.om.gz", small::ragged),
];

/// The largest that a committed history may be, in bytes.
const LARGEST: usize = 500_000;

#[test]
fn committed_histories_are_what_the_generator_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let writing = env::var_os("SLOGATE_WRITE_EXAMPLES").is_some();
    for (path, recording) in HISTORIES {
        let text = recording();
        let file = root.join(path);
        if writing {
            fs::create_dir_all(file.parent().expect("a directory")).expect("the directory can be made");
            fs::write(&file, packed(path, &text)).expect("the history can be written");
        }
        let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(bytes.len() <= LARGEST, "{path} has {} bytes, and {LARGEST} are allowed", bytes.len());
        // Not `assert_eq`: nobody wants to read a hundred thousand lines of difference.
        let committed = unpacked(path, &bytes);
        let differs = committed.lines().zip(text.lines()).find(|(left, right)| left != right);
        assert!(committed == text, "{path} is not what the generator makes; first difference: {differs:?}");
    }
}

/// The bytes of a history as they are committed.
fn packed(path: &str, text: &str) -> Vec<u8> {
    if !is_packed(path) {
        return text.as_bytes().to_vec();
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// The text of a committed history.
fn unpacked(path: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    let read = if is_packed(path) {
        GzDecoder::new(bytes).read_to_string(&mut text)
    } else {
        (&mut &*bytes).read_to_string(&mut text)
    };
    read.unwrap_or_else(|error| panic!("{path}: {error}"));
    text
}

/// Is the history stored with gzip?
fn is_packed(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "gz")
}
