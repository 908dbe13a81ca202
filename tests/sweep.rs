//! Sweeps over many pull requests, with the real binary against the stand-in of GitHub: how many calls they take, that a
//! second one writes nothing, that a few small ones reach everybody, and that what fails on the way is repaired.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first thing that is not as it should be"
)]

#[path = "stub/stub.rs"]
mod stub;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use stub::openapi::Description;
use stub::world::{ChangedFile, Status, files_below};
use stub::{Fault, FaultKind, Stub, World};

const BASE: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const CONTEXT: &str = "slogate: production → main";
const GREEN: &str = "proceed: no service with an SLO is touched";
const FROZEN: &str = "freeze: exhausted, checkout availability -20 % left, thaws 28 Nov 09:00 UTC";

/// What a sweep printed and how it ended.
struct Swept {
    report: Value,
    exit: i32,
}

/// The webshop with so many pull requests, every third of which touches the service that is frozen; all were told so.
fn world(count: u64) -> World {
    let mut world = World::new("acme/shop");
    world.branches.insert("main".to_owned(), BASE.to_owned());
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/webshop");
    world.commit(BASE, files_below(&shop));
    for number in 1..=count {
        let frozen = number.is_multiple_of(3);
        let file = if frozen { "services/checkout/a.rs" } else { "docs/a.md" };
        world.pull(number, "main", &head(number), vec![ChangedFile::at(file)]);
        let (state, text) = if frozen { ("failure", FROZEN) } else { ("success", GREEN) };
        stands(&mut world, number, state, text);
    }
    world
}

/// The head of a pull request.
fn head(number: u64) -> String {
    format!("{number:040x}")
}

/// Gives a pull request a status of a run a moment ago.
fn stands(world: &mut World, number: u64, state: &str, text: &str) {
    let now = jiff::Timestamp::now().as_second();
    world.statuses.push(Status {
        commit: head(number),
        context: CONTEXT.to_owned(),
        state: state.to_owned(),
        description: Some(text.to_owned()),
        target: Some(format!(
            "https://github.com/acme/shop/pull/{number}?run=9.1&at={}#issuecomment-1",
            now - 60
        )),
        created: jiff::Timestamp::now().to_string(),
        creator: "github-actions[bot]".to_owned(),
    });
}

/// Sweeps as the run of that number.
fn sweep(stub: &Stub, run: u64, arguments: &[&str]) -> Swept {
    let directory = tempfile::tempdir().expect("a directory");
    let event = directory.path().join("event.json");
    let payload = r#"{"schedule":"*/15 * * * *","repository":{"full_name":"acme/shop"}}"#;
    slogate::tree::write_file(&event, payload.as_bytes()).expect("it is written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.args(["sweep", "--format", "json"]).args(arguments).current_dir(directory.path()).env_clear();
    for (name, value) in [
        ("GITHUB_EVENT_NAME", "schedule"),
        ("GITHUB_EVENT_PATH", event.to_str().expect("a path")),
        ("GITHUB_API_URL", stub.url()),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_TOKEN", "ghs_secret"),
        ("GITHUB_RUN_ID", &(1_000 + run).to_string()),
        ("GITHUB_RUN_NUMBER", &run.to_string()),
    ] {
        command.env(name, value);
    }
    let output = command.output().expect("the binary can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Where not even the list of pull requests came, only the reason is printed.
    let report = serde_json::from_str(&text).unwrap_or_default();
    Swept { report, exit: output.status.code().expect("an exit") }
}

/// The numbers of the pull requests of which that was done.
fn done(swept: &Swept, what: &str) -> Vec<u64> {
    let lines = swept.report["pull_requests"].as_array().expect("a list");
    let found = lines.iter().filter(|line| line["done"] == what);
    found.map(|line| line["number"].as_u64().expect("a number")).collect()
}

/// The newest status of a pull request.
fn state(stub: &Stub, number: u64) -> String {
    let world = stub.world();
    let found = world.statuses.iter().rev().find(|status| status.commit == head(number));
    found.map(|status| status.state.clone()).expect("a status")
}

/// Writes among requests.
fn writes(stub: &Stub) -> usize {
    stub.requests().iter().filter(|request| request.method != "GET").count()
}

/// The most calls that any pull request took: those that name it or its head.
fn most_calls(stub: &Stub, numbers: std::ops::RangeInclusive<u64>) -> usize {
    let requests = stub.requests();
    let of = |number: u64| {
        let (head, issue) = (head(number), format!("/issues/{number}/"));
        requests
            .iter()
            .filter(|request| request.path.contains(&head) || request.path.contains(&issue))
            .count()
    };
    numbers.map(of).max().unwrap_or_default()
}

#[test]
fn three_hundred_pull_requests_are_judged_by_one_evaluation_and_few_calls() {
    let mut world = world(300);
    // Three greens that the budget no longer carries, and one red that has thawed.
    for number in [3, 150, 300] {
        stands(&mut world, number, "success", GREEN);
    }
    stands(&mut world, 4, "failure", FROZEN);
    let stub = Stub::start(world);
    let first = sweep(&stub, 0, &["--calls", "1000"]);
    assert_eq!((first.exit, done(&first, "told")), (0, vec![3, 4, 150, 300]));
    assert_eq!(done(&first, "kept").len(), 296);
    assert_eq!(
        [3, 4, 150, 300].map(|number| state(&stub, number)),
        ["failure", "success", "failure", "failure"]
    );
    assert!(most_calls(&stub, 1..=300) <= 6 + 1, "a patched comment names no pull request");
    // Pages, the law and its files once, what changed and the status of each, and what was said.
    let calls = first.report["calls"].as_u64().expect("calls");
    assert!(calls <= 2 * 3 + 10 + 2 * 300 + 4 * 4, "{calls} calls");
    assert!(
        stub.requests()
            .iter()
            .all(|request| request.body.as_ref().is_none_or(|body| body["state"] != "pending"))
    );
    let before = writes(&stub);
    let second = sweep(&stub, 1, &["--calls", "1000"]);
    assert_eq!((second.exit, done(&second, "kept").len()), (0, 300));
    assert_eq!(writes(&stub), before, "a sweep that changes nothing writes nothing");
}

#[test]
fn small_sweeps_one_after_the_other_reach_everybody() {
    let mut world = world(40);
    for number in [3, 21, 39] {
        stands(&mut world, number, "success", GREEN);
    }
    let stub = Stub::start(world);
    let mut reached = BTreeSet::new();
    // Each surely gets through five.
    for run in 100..108 {
        let swept = sweep(&stub, run, &["--calls", "60"]);
        assert!(swept.report["calls"].as_u64() <= Some(60), "{}", swept.report["calls"]);
        assert_eq!(swept.exit, 5, "not everybody is reached by one, and that is told");
        reached.extend(done(&swept, "kept").into_iter().chain(done(&swept, "told")));
    }
    assert_eq!(reached.len(), 40, "{reached:?}");
    assert_eq!([3, 21, 39].map(|number| state(&stub, number)), ["failure"; 3]);
}

#[test]
fn what_fails_at_any_call_is_repaired_by_the_next_sweep() {
    for kind in [FaultKind::Server(500), FaultKind::DoneThenServer, FaultKind::Html] {
        for (method, path) in [
            ("GET", "pulls"),
            ("GET", "ref"),
            ("GET", "compare"),
            ("GET", "status"),
            ("GET", "comments"),
            ("POST", "comments"),
            ("POST", "statuses"),
        ] {
            let mut world = world(3);
            stands(&mut world, 3, "success", GREEN);
            world.faults = vec![Fault::next(method, path, 3, kind.clone())];
            let stub = Stub::start(world);
            let first = sweep(&stub, 0, &["--deadline", "5"]);
            assert!([0, 5].contains(&first.exit), "{method} {path} {kind:?}: {}", first.exit);
            stub.world().faults.clear();
            let second = sweep(&stub, 1, &[]);
            assert_eq!(second.exit, 0, "{method} {path} {kind:?}: {}", second.report);
            assert_eq!(state(&stub, 3), "failure", "{method} {path} {kind:?}");
            let comments = stub.world().comments.len();
            assert_eq!(comments, 1, "{method} {path} {kind:?}");
        }
    }
}

#[test]
fn what_a_sweep_prints_satisfies_its_schema() {
    let mut world = world(3);
    stands(&mut world, 3, "success", GREEN);
    world.pull(4, "gone", &head(4), vec![]);
    world.faults = vec![Fault::next("GET", "0002/status", 9, FaultKind::Html)];
    let stub = Stub::start(world);
    let swept = sweep(&stub, 0, &["--calls", "40"]);
    let schema: Value = serde_json::from_str(include_str!("../schemas/sweep.v1.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let broken: Vec<String> = validator.iter_errors(&swept.report).map(|error| error.to_string()).collect();
    assert!(broken.is_empty(), "{broken:?}: {}", swept.report);
    assert!(!done(&swept, "failed").is_empty() && !done(&swept, "told").is_empty(), "{}", swept.report);
}

#[test]
#[ignore = "needs GitHub's API description; tests/run fetches it"]
fn every_request_of_a_sweep_is_one_that_github_describes() {
    let named = std::env::vars().find(|(name, _)| name == "SLOGATE_GITHUB_OPENAPI");
    let path = named.map(|(_, path)| PathBuf::from(path)).expect("SLOGATE_GITHUB_OPENAPI names the file");
    let mut world = world(120);
    stands(&mut world, 3, "success", GREEN);
    let stub = Stub::start(world);
    sweep(&stub, 0, &[]);
    let description = Description::read(&path);
    let problems: Vec<String> =
        stub.requests().iter().flat_map(|request| description.problems(request)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
