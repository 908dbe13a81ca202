//! A real `VictoriaMetrics`, filled with a recorded history. Debian's package brings `victoria-metrics`.

use std::fmt::Write as _;
use std::path::Path;

use super::server::Server;

/// Starts one, fills it with a recording through its import API, and waits until it answers with it.
pub fn filled(recording: &Path) -> Server {
    let directory = tempfile::tempdir().expect("a directory for its data");
    let mut server = Server::start("victoria-metrics", directory, |address, directory| {
        vec![
            format!("-httpListenAddr={address}"),
            format!("-storageDataPath={}", directory.join("data").display()),
            // The default of a month would drop older samples as they come in.
            "-retentionPeriod=100y".to_owned(),
            "-loggerLevel=WARN".to_owned(),
        ]
    });
    server.wait(|server| server.get("/health").is_ok());
    let text = super::recording::text(recording).expect("the recording can be read");
    let mut body = String::with_capacity(text.len() + text.len() / 8);
    for sample in text.lines().filter(|line| !line.starts_with('#')) {
        // It takes milliseconds where OpenMetrics has seconds.
        writeln!(body, "{sample}000").expect("a string grows");
    }
    let length = u64::try_from(body.len()).expect("it is not that long");
    let mut bytes = body.as_bytes();
    server.post("/api/v1/import/prometheus", length, &mut bytes).expect("it takes the history in");
    // Samples are not seen before they are written.
    server.get("/internal/force_flush").expect("it writes what it took in");
    server
}
