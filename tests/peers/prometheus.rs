//! A real Prometheus, filled with a recorded history. Debian's package brings `prometheus` and `promtool`.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;

use super::server::Server;

/// Fills one with a recording, starts it, and waits until it answers.
pub fn filled(recording: &Path) -> Server {
    let mut server = started(recording, None);
    server.wait(|server| server.get("/-/ready").is_ok());
    server
}

/// The same, which is encrypted as a file of its own says, and is ready for those whom it knows.
pub fn encrypted(recording: &Path, web: &Path) -> Server {
    let mut server = started(recording, Some(web));
    // It listens before it has read its blocks, and cannot be asked; its log says when it has.
    server.wait(|server| server.log().contains("Server is ready to receive web requests"));
    server
}

/// Fills one and starts it.
fn started(recording: &Path, web: Option<&Path>) -> Server {
    let directory = tempfile::tempdir().expect("a directory for its data");
    import(recording, directory.path());
    let configuration = directory.path().join("prometheus.yml");
    fs::write(&configuration, "global: {}\n").expect("its configuration can be written");
    Server::start("prometheus", directory, |address, directory| {
        let mut arguments = vec![
            format!("--config.file={}", directory.join("prometheus.yml").display()),
            format!("--storage.tsdb.path={}", directory.join("data").display()),
            // The default of 15 days would delete the blocks at the start.
            "--storage.tsdb.retention.time=10y".to_owned(),
            format!("--web.listen-address={address}"),
        ];
        arguments.extend(web.map(|file| format!("--web.config.file={}", file.display())));
        arguments
    })
}

/// Writes a recording into the data directory as blocks.
fn import(recording: &Path, directory: &Path) {
    let inflated = directory.join("history.om");
    let zipped = recording.extension().is_some_and(|extension| extension == "gz");
    if zipped {
        let source = File::open(recording).expect("the recording can be read");
        let mut target = File::create(&inflated).expect("scratch space");
        io::copy(&mut GzDecoder::new(source), &mut target).expect("the recording can be inflated");
    }
    let output = Command::new("promtool")
        // Blocks of a month instead of two hours: a minute becomes two seconds.
        .args(["tsdb", "create-blocks-from", "--max-block-duration=720h", "-q", "openmetrics"])
        .arg(if zipped { &inflated } else { recording })
        .arg(directory.join("data"))
        .output()
        .expect("`promtool` can be started: tests/run installs it");
    assert!(output.status.success(), "promtool: {}", String::from_utf8_lossy(&output.stderr));
}
