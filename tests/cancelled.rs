//! A run whose process comes to no end of its own: cancelled, or killed. Its commit status is closed all the same.
#![cfg(unix)]
#![expect(clippy::expect_used, reason = "a scenario stops at the first thing that is not as it should be")]

#[path = "stub/stub.rs"]
mod stub;

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::json;
use stub::world::{ChangedFile, files};
use stub::{Fault, FaultKind, Stub, World};

const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const BASE: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// A pull request whose base branch GitHub never lists.
fn hanging() -> Stub {
    let mut world = World::new("acme/shop");
    world.branches.insert("main".to_owned(), BASE.to_owned());
    world.commit(BASE, files([("slogate.yaml", "version: 1\n")]));
    world.pull(7, "main", HEAD, vec![ChangedFile::at("a")]);
    world.faults = vec![Fault::next("GET", "/git/trees/", 100, FaultKind::Hang)];
    Stub::start(world)
}

/// The program as a step of run 5 starts it.
fn step(stub: &Stub, directory: &Path, arguments: &[&str]) -> Command {
    let side =
        |name: &str, sha: &str| json!({ "ref": name, "sha": sha, "repo": { "full_name": "acme/shop" } });
    let payload =
        json!({ "pull_request": { "number": 7, "head": side("x", HEAD), "base": side("main", BASE) } });
    let event = directory.join("event.json");
    std::fs::write(&event, payload.to_string()).expect("a payload");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.args(["check", "--post"]).args(arguments).current_dir(directory).env_clear();
    command.env("GITHUB_EVENT_NAME", "pull_request_target").env("GITHUB_EVENT_PATH", event);
    command.env("GITHUB_API_URL", stub.url()).env("GITHUB_REPOSITORY", "acme/shop");
    command.env("GITHUB_RUN_ID", "5").env("GITHUB_RUN_ATTEMPT", "1").env("GITHUB_TOKEN", "ghs_x");
    command
}

/// The states of the statuses, and what the newest says.
fn statuses(stub: &Stub) -> (Vec<String>, Option<String>) {
    let statuses = &stub.world().statuses;
    let states = statuses.iter().map(|status| status.state.clone()).collect();
    (states, statuses.last().and_then(|status| status.description.clone()))
}

/// Starts a check, and waits until its status is pending and it hangs.
fn started(stub: &Stub, directory: &Path) -> Child {
    let mut child = step(stub, directory, &[]).spawn().expect("it starts");
    while !stub.requests().iter().any(|request| request.path.contains("/git/trees/")) {
        assert_eq!(child.try_wait().expect("it can be waited for"), None, "it never asked for the tree");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
    assert!(sent.expect("kill is there").success());
}

#[test]
fn a_cancelled_run_closes_its_status() {
    for name in ["INT", "TERM"] {
        let (stub, directory) = (hanging(), tempfile::tempdir().expect("a directory"));
        let mut child = started(&stub, directory.path());
        signal(&child, name);
        assert_eq!(child.wait().expect("it ends").code(), Some(130), "{name}");
        let said = "cancelled before it could decide; run this check again".to_owned();
        assert_eq!(statuses(&stub), (vec!["pending".to_owned(), "error".to_owned()], Some(said)), "{name}");
    }
}

#[test]
fn what_a_killed_run_left_pending_is_closed_by_its_last_step_alone() {
    let (stub, directory) = (hanging(), tempfile::tempdir().expect("a directory"));
    let mut child = started(&stub, directory.path());
    signal(&child, "KILL");
    assert_eq!(child.wait().expect("it ends").code(), None);
    assert_eq!(statuses(&stub).0, ["pending"]);
    let closes = |run: &str| {
        let mut command = step(&stub, directory.path(), &["--close"]);
        assert_eq!(command.env("GITHUB_RUN_ID", run).status().expect("it runs").code(), Some(0));
        statuses(&stub)
    };
    assert_eq!(closes("6").0, ["pending"], "another run's status is none of ours");
    let said = "ended before it could decide; run this check again".to_owned();
    let twice = (vec!["pending".to_owned(), "error".to_owned()], Some(said));
    assert_eq!(closes("5"), twice);
    assert_eq!(closes("5"), twice, "what is closed stays as it is");
}
