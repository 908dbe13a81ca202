//! The recipes of the README for jobs beside the gate, run as they are printed.

use std::fs;

use serde_json::{Value, json};

use super::gate::{BASE, HEAD, REPOSITORY, outputs, shop};
use super::installed;
use super::runner::{Conclusion, Runner};
use super::stub::Stub;
use super::stub::world::Deployment;

/// The workflow of the README that has these words.
fn recipe(words: &str) -> Value {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("the README");
    let blocks = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let mut found = blocks.filter(|block| block.starts_with("on: ") && block.contains(words));
    let block = found.next().unwrap_or_else(|| panic!("no workflow has `{words}`"));
    assert!(found.next().is_none(), "one workflow has `{words}`");
    serde_yaml::from_str(block).expect("it is YAML")
}

fn runner<'a>(stub: &'a Stub, event: &'static str, payload: Value) -> Runner<'a> {
    Runner { stub, event: (event, payload), run: 1_001, trouble: None }
}

#[test]
fn a_job_that_deploys_asks_first_and_its_step_is_the_gate() {
    for (service, conclusion, state) in
        [("checkout", Conclusion::Failure, "failure"), ("search", Conclusion::Success, "success")]
    {
        let mut world = shop(service);
        world.deployments = vec![Deployment {
            commit: BASE.to_owned(),
            environment: "production".to_owned(),
            at: "2026-11-20T10:00:00Z".to_owned(),
            states: vec!["success".to_owned()],
        }];
        let stub = Stub::start(world);
        let repository = json!({ "full_name": REPOSITORY, "default_branch": "main" });
        let payload =
            json!({ "ref": "refs/heads/main", "before": BASE, "after": HEAD, "repository": repository });
        let ended = installed::run(&recipe("at: deploy"), &runner(&stub, "push", payload));
        let [(job, ended)] = ended.as_slice() else { panic!("one job runs: {ended:?}") };
        assert_eq!((job.as_str(), ended.step("Run slogate")), ("deploy", conclusion), "{ended:?}");
        let world = stub.world();
        let stands = world.statuses.last().expect("a status");
        assert_eq!((stands.commit.as_str(), stands.state.as_str()), (HEAD, state), "{ended:?}");
        assert_eq!(stands.context, "slogate: deploy to production");
        assert_eq!(outputs(ended, &["exit"]), [if state == "failure" { "1" } else { "0" }]);
        assert!(world.comments.is_empty());
    }
}

#[test]
fn a_job_that_acts_opens_each_issue_once() {
    let stub = Stub::start(shop("checkout"));
    let repository = json!({ "full_name": REPOSITORY, "default_branch": "main" });
    let mut opened = Vec::new();
    for _ in 0..2 {
        let payload = json!({ "schedule": "23 5 * * *", "repository": repository });
        let ended = installed::run(&recipe("run: act"), &runner(&stub, "schedule", payload));
        let [(job, ended)] = ended.as_slice() else { panic!("one job runs: {ended:?}") };
        assert!(job == "act" && ended.succeeded(), "{ended:?}");
        assert_eq!(outputs(ended, &["exit"]), ["0"]);
        let world = stub.world();
        assert!(world.statuses.is_empty() && world.comments.is_empty(), "{ended:?}");
        opened.push(world.issues.len());
    }
    assert!(opened[0] > 0 && opened[0] == opened[1], "{opened:?}");
}
