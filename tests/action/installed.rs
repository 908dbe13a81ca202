//! The workflow that a team installs, event by event: which of its jobs run, with which rights, and what stands on GitHub
//! when they have. It is the webshop's, which has what `init` writes but for the address of a Prometheus.

use std::fs;

use serde_json::{Value, json};

use super::action;
use super::expression::{Standing, filled, holds};
use super::runner::{Ended, Runner};

/// The workflow of the example.
pub fn workflow() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/webshop/.github/workflows/slogate.yml");
    serde_yaml::from_str(&fs::read_to_string(path).expect("the workflow")).expect("it is YAML")
}

/// Runs the jobs of a workflow that an event starts, with the token that GitHub gives each. What a job does besides asking
/// slogate is not done: whether it would be follows from how the action ended.
pub fn run(workflow: &Value, runner: &Runner<'_>) -> Vec<(String, Ended)> {
    let (name, payload) = &runner.event;
    let listens = workflow["on"].get(*name).unwrap_or_else(|| panic!("nothing listens to `{name}`"));
    if let Some(types) = listens.get("types").and_then(Value::as_array) {
        assert!(types.contains(&payload["action"]), "nothing listens to {} of `{name}`", payload["action"]);
    }
    // The webshop has its history in the repository: where a workflow names a server, it names none.
    let vars = json!({ "SLOGATE_PROMETHEUS_URL": "none" });
    let contexts = json!({ "github": runner.github(), "vars": vars, "secrets": {} });
    let jobs = workflow["jobs"].as_object().expect("jobs");
    let started = jobs.iter().filter(|(_, job)| holds(job["if"].as_str(), &contexts, Standing::Succeeding));
    let mut ended = Vec::new();
    for (name, job) in started {
        grant(runner, &job["permissions"]);
        let step = &job["steps"][0];
        assert!(step["uses"].as_str().is_some_and(|used| used.starts_with("slogate/slogate@")));
        let given = step["with"].as_object().expect("inputs").iter();
        let mut with: Vec<(&str, String)> = given
            .map(|(name, value)| (name.as_str(), filled(value.as_str().expect("a text"), &contexts)))
            .collect();
        with.push(("binary", env!("CARGO_BIN_EXE_slogate").to_owned()));
        let with: Vec<(&str, &str)> = with.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ended.push((name.clone(), runner.run(&action(), &with)));
    }
    ended
}

/// Gives the token the rights of a job.
fn grant(runner: &Runner<'_>, permissions: &Value) {
    let writes = |scope: &str| permissions[scope] == "write";
    assert!(permissions["contents"] == "read", "without it nothing is read");
    let mut world = runner.stub.world();
    world.may_comment = writes("pull-requests") || writes("issues");
    world.may_post_statuses = writes("statuses");
    world.may_write_issues = writes("issues");
    world.may_read_deployments = permissions["deployments"] == "read";
}
