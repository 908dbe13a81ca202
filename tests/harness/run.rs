//! A run of a workflow: the binary with the environment that GitHub Actions gives it, against the stand-in for GitHub.
#![allow(dead_code, reason = "each test crate uses its own part")]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::stub::Stub;

/// The repository's name on GitHub.
pub const REPOSITORY: &str = "acme/shop";

/// After how long a run counts as hanging: longer than any deadline that one is given, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(900);

/// What a run is started with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The command line after `slogate`.
    pub arguments: &'a [&'a str],
    /// The event that starts it.
    pub event: &'a str,
    /// Its payload.
    pub payload: &'a Value,
    /// The commit that the run belongs to.
    pub sha: &'a str,
}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// Its exit; none when a signal ended it.
    pub exit: Option<i32>,
    /// What it said on both streams.
    pub said: String,
}

impl Run<'_> {
    /// Starts it as the run of that id.
    pub fn start(&self, stub: &Stub, id: u64) -> Running {
        let runner = tempfile::tempdir().expect("a directory");
        let path = |name: &str| runner.path().join(name);
        fs::write(path("event.json"), self.payload.to_string()).expect("a file");
        let said = fs::File::create(path("said")).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
        command.args(self.arguments).env_clear().current_dir(runner.path()).stdin(Stdio::null());
        command.stderr(said.try_clone().expect("a file")).stdout(said);
        for (name, value) in [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", stub.url()),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", REPOSITORY),
            ("GITHUB_EVENT_NAME", self.event),
            ("GITHUB_SHA", self.sha),
            ("GITHUB_RUN_ID", &id.to_string()),
            ("GITHUB_RUN_NUMBER", &id.to_string()),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_TOKEN", "ghs_s3cret"),
        ] {
            command.env(name, value);
        }
        command.env("GITHUB_EVENT_PATH", path("event.json"));
        command.env("GITHUB_STEP_SUMMARY", path("summary.md")).env("GITHUB_OUTPUT", path("output"));
        let child = command.spawn().expect("the binary can be started");
        Running { child, runner }
    }
}

/// A run that is under way.
pub struct Running {
    /// The process.
    pub child: Child,
    /// The runner's directory.
    runner: TempDir,
}

impl Running {
    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                self.child.kill().expect("it can be ended");
                panic!("the run hangs");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let said = fs::read(self.runner.path().join("said")).expect("a file");
        Finished { exit: status.code(), said: String::from_utf8_lossy(&said).into_owned() }
    }

    /// Ends it as it stands, without a chance to clean up.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be ended");
        self.child.wait().expect("it can be waited for");
    }
}
