//! Programs that a test writes and lets somebody run.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program. A child does it: while this process holds a file that can be written, a child that another test starts
/// at that moment holds it too, and nobody can run it ("text file busy").
pub fn write(place: &Path, text: &str) {
    let mut child = Command::new("sh")
        .args(["-c", "cat >\"$0\" && chmod 755 \"$0\""])
        .arg(place)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell");
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("it reads");
    assert!(child.wait().expect("it ends").success(), "{} can be written", place.display());
}
