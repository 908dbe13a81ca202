//! The whole action with slogate itself before a stand-in for GitHub: what stands there when the steps have run.

use std::path::Path;

use serde_json::{Value, json};

use super::runner::{Conclusion, Ended, Runner, TOKEN, Trouble};
use super::stub::world::{ChangedFile, files_below};
use super::stub::{Fault, FaultKind, Stub, World};
use super::{action, installed};

pub const REPOSITORY: &str = "acme/shop";
pub const BASE: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const EASED: &str = "cccccccccccccccccccccccccccccccccccccccc";
const GROUP: &str = "dddddddddddddddddddddddddddddddddddddddd";
const CONTEXT: &str = "slogate: production → main";
pub const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The webshop on GitHub, with a pull request that changes a service.
pub fn shop(service: &str) -> World {
    let mut world = World::new(REPOSITORY);
    world.branches.insert("main".to_owned(), BASE.to_owned());
    world.commit(BASE, files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/webshop")));
    world.pull(7, "main", HEAD, vec![ChangedFile::at(format!("services/{service}/main.rs"))]);
    world
}

/// The shop with something changed.
fn with(service: &str, change: impl FnOnce(&mut World)) -> Stub {
    let mut world = shop(service);
    change(&mut world);
    Stub::start(world)
}

/// A payload of `pull_request_target`.
fn pull_request() -> Value {
    json!({
        "action": "synchronize",
        "number": 7,
        "pull_request": {
            "number": 7,
            "user": { "login": "mona" },
            "head": { "ref": "feature", "sha": HEAD, "repo": { "full_name": REPOSITORY } },
            "base": { "ref": "main", "sha": BASE, "repo": { "full_name": REPOSITORY } },
        },
        "repository": { "full_name": REPOSITORY, "default_branch": "main" },
    })
}

/// A run on the pull request.
fn runner(stub: &Stub) -> Runner<'_> {
    Runner { stub, event: ("pull_request_target", pull_request()), run: 1_001, trouble: None }
}

/// Runs the action with the slogate of this build, for production.
fn run(runner: &Runner<'_>, with: &[(&str, &str)]) -> Ended {
    let always = [("binary", env!("CARGO_BIN_EXE_slogate")), ("environment", "production")];
    let ended = runner.run(&action(), &[&always, with].concat());
    assert!(!ended.log.contains(TOKEN) && !ended.summary.contains(TOKEN), "{ended:?}");
    ended
}

/// State and description of the status that stands.
fn status(stub: &Stub) -> (String, String) {
    let world = stub.world();
    let status = world.statuses.last().expect("a status");
    assert_eq!((status.context.as_str(), status.commit.as_str()), (CONTEXT, HEAD));
    (status.state.clone(), status.description.clone().unwrap_or_default())
}

/// What the outputs say.
pub fn outputs<'a>(ended: &'a Ended, names: &[&str]) -> Vec<&'a str> {
    names.iter().map(|name| ended.outputs[*name].as_str()).collect()
}

#[test]
fn a_freeze_stands_and_the_job_is_green() {
    let stub = Stub::start(shop("checkout"));
    let ended = run(&runner(&stub), &[]);
    assert!(ended.succeeded(), "{ended:?}");
    let (state, description) = status(&stub);
    assert!(state == "failure" && description.starts_with("freeze: exhausted"), "{state} {description}");
    assert_eq!(outputs(&ended, &["verdict", "exit"]), ["freeze", "1"]);
    let url = "https://github.com/acme/shop/pull/7#issuecomment-1000";
    assert_eq!(ended.outputs["comment-url"], url);
    assert!(
        Path::new(&ended.outputs["report"]).starts_with(ended.place.path().canonicalize().expect("a path"))
    );
    let report = std::fs::read(&ended.outputs["report"]).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("it is JSON");
    assert_eq!(report["verdict"]["effect"], "freeze");
    assert!(
        ended.summary.contains("Freeze: checkout") && ended.log.contains("::error title=slogate::freeze")
    );
    assert_eq!(stub.world().comments.len(), 1);
}

#[test]
fn a_change_of_another_service_proceeds() {
    let stub = Stub::start(shop("search"));
    let ended = run(&runner(&stub), &[("fail-step", "true")]);
    assert!(ended.succeeded(), "{ended:?}");
    assert_eq!((status(&stub).0.as_str(), outputs(&ended, &["exit"])), ("success", vec!["0"]));
}

#[test]
fn the_workflow_that_a_team_installs_judges_a_pull_request_whatever_is_done_to_it() {
    let workflow = installed::workflow();
    for done in ["opened", "reopened", "synchronize", "edited", "labeled", "unlabeled"] {
        let stub = Stub::start(shop("checkout"));
        let mut runner = runner(&stub);
        runner.event.1["action"] = Value::from(done);
        let ended = installed::run(&workflow, &runner);
        let [(job, ended)] = ended.as_slice() else { panic!("one job runs: {ended:?}") };
        assert!(job == "check" && ended.succeeded(), "{ended:?}");
        assert_eq!(status(&stub).0, "failure");
        assert_eq!(stub.world().comments.len(), 1);
    }
}

/// A run that a clock started.
fn scheduled(stub: &Stub) -> Runner<'_> {
    let repository = json!({ "full_name": REPOSITORY, "default_branch": "main" });
    let payload = json!({ "schedule": "11,41 * * * *", "repository": repository });
    Runner { event: ("schedule", payload), run: 1_002, ..runner(stub) }
}

/// Merges a policy that freezes nothing yet.
fn ease(stub: &Stub) {
    let mut world = stub.world();
    let mut files = world.commits[BASE].clone();
    let policy = files.get_mut("policies/payments.rhai").expect("a policy");
    let text = String::from_utf8(policy.bytes.clone()).expect("text");
    policy.bytes = text.replace("remaining <= 0)", "remaining <= percent(-50))").into_bytes();
    assert_ne!(policy.bytes, text.into_bytes());
    world.commit(EASED, files);
    world.branches.insert("main".to_owned(), EASED.to_owned());
}

#[test]
fn the_workflow_that_a_team_installs_sweeps_by_the_clock() {
    let (workflow, stub) = (installed::workflow(), Stub::start(shop("checkout")));
    installed::run(&workflow, &runner(&stub));
    assert_eq!(status(&stub).0, "failure");
    ease(&stub);
    let ended = installed::run(&workflow, &scheduled(&stub));
    let [(job, ended)] = ended.as_slice() else { panic!("one job runs: {ended:?}") };
    assert!(job == "sweep" && ended.succeeded(), "{ended:?}");
    assert_eq!(status(&stub).0, "success");
    let pending = stub.world().statuses.iter().filter(|status| status.state == "pending").count();
    assert_eq!(pending, 1, "a sweep closes no gate while it looks");
    assert_eq!(stub.world().comments.len(), 1);
}

#[test]
fn the_workflow_that_a_team_installs_judges_a_merge_group() {
    let stub = with("checkout", |world| {
        world.commit(GROUP, world.commits[BASE].clone());
        world
            .compares
            .insert((BASE.to_owned(), GROUP.to_owned()), vec![ChangedFile::at("services/checkout/main.rs")]);
    });
    let group = json!({ "head_sha": GROUP, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7", "base_sha": BASE, "base_ref": "refs/heads/main" });
    let repository = json!({ "full_name": REPOSITORY, "default_branch": "main" });
    let payload = json!({ "action": "checks_requested", "merge_group": group, "repository": repository });
    let runner = Runner { event: ("merge_group", payload), ..runner(&stub) };
    let ended = installed::run(&installed::workflow(), &runner);
    let [(job, ended)] = ended.as_slice() else { panic!("one job runs: {ended:?}") };
    assert!(job == "check" && ended.succeeded(), "{ended:?}");
    let world = stub.world();
    let stands = world.statuses.last().expect("a status");
    assert_eq!(
        (stands.commit.as_str(), stands.context.as_str(), stands.state.as_str()),
        (GROUP, CONTEXT, "failure")
    );
    assert!(world.comments.is_empty());
}

#[test]
fn a_step_that_is_to_fail_fails_on_a_freeze() {
    let stub = Stub::start(shop("checkout"));
    let ended = run(&runner(&stub), &[("fail-step", "true")]);
    assert_eq!(ended.step("Run slogate"), Conclusion::Failure);
    assert_eq!((status(&stub).0.as_str(), outputs(&ended, &["exit"])), ("failure", vec!["1"]));
}

#[test]
fn a_law_that_is_wrong_and_a_world_that_is_silent_are_errors_that_stand() {
    let wrong = with("search", |world| {
        let files = world.commits.get_mut(BASE).expect("the base");
        files.get_mut("policies/payments.rhai").expect("a policy").bytes = b"policy(".to_vec();
    });
    let ended = run(&runner(&wrong), &[]);
    assert!(ended.succeeded(), "{ended:?}");
    assert_eq!((status(&wrong).0.as_str(), outputs(&ended, &["exit"])), ("error", vec!["3"]));
    let silent = Stub::start(shop("search"));
    let ended = run(&runner(&silent), &[("prometheus", "http://127.0.0.1:9")]);
    assert!(ended.succeeded(), "{ended:?}");
    assert_eq!(
        (status(&silent).0.as_str(), outputs(&ended, &["verdict", "exit"])),
        ("error", vec!["unknown", "4"])
    );
}

#[test]
fn an_address_that_came_out_empty_is_an_error_that_stands() {
    let stub = Stub::start(shop("search"));
    let ended = run(&runner(&stub), &[("prometheus", "")]);
    assert_eq!(status(&stub).0, "error");
    assert_eq!((ended.step("Run slogate"), ended.outputs["exit"].as_str()), (Conclusion::Success, "4"));
}

#[test]
fn without_rights_the_job_is_the_gate() {
    for (service, succeeds) in [("checkout", false), ("search", true)] {
        let stub = Stub::start(shop(service).read_only());
        let ended = run(&runner(&stub), &[]);
        assert_eq!(ended.succeeded(), succeeds, "{ended:?}");
        let world = stub.world();
        assert!(world.statuses.is_empty() && world.comments.is_empty());
        assert!(ended.summary.contains("checkout") || succeeds, "{ended:?}");
        assert_eq!(ended.log.matches("the token may not").count(), 1, "{ended:?}");
    }
}

#[test]
fn the_binary_that_is_none_ends_the_run_before_anything_is_said() {
    let stub = Stub::start(shop("search"));
    let ended = runner(&stub).run(&action(), &[("binary", "no/such/program")]);
    assert_eq!(ended.step("Get slogate"), Conclusion::Failure);
    assert_eq!(ended.step("Run slogate"), Conclusion::Skipped);
    assert!(stub.requests().is_empty() && ended.outputs["verdict"].is_empty());
}

#[test]
fn a_run_that_is_cancelled_is_heard_of_at_once() {
    let stub =
        with("search", |world| world.faults = vec![Fault::next("GET", "/git/ref/", 1, FaultKind::Hang)]);
    let runner = Runner { trouble: Some(("/git/ref/", Trouble::Cancelled)), ..runner(&stub) };
    let ended = run(&runner, &[]);
    assert_eq!(ended.step("Run slogate"), Conclusion::Cancelled);
    assert_eq!(ended.signals, ["-INT"], "slogate itself was told");
    let (state, description) = status(&stub);
    assert!(state == "error" && description.starts_with("cancelled"), "{state}: {description}");
}

#[test]
fn a_step_that_is_killed_passes_for_nothing() {
    let stub =
        with("search", |world| world.faults = vec![Fault::next("GET", "/git/ref/", 1, FaultKind::Hang)]);
    let runner = Runner { trouble: Some(("/git/ref/", Trouble::Killed)), ..runner(&stub) };
    let ended = run(&runner, &[]);
    assert_eq!(ended.step("Run slogate"), Conclusion::Failure);
    assert_eq!(ended.step("Close what was left open"), Conclusion::Success);
    assert!(!ended.succeeded() && status(&stub).0 == "error", "{ended:?}");
}
