//! The action's steps, run as the runner runs them: how it gets slogate, and what it makes of how slogate ended.
//!
//! The second step is a gate's last word: it must succeed when the commit status stands and fail when nothing does.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::string_slice,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::fs;
use std::process::Command;

use serde_json::Value;

#[path = "action/expression.rs"]
mod expression;
#[path = "action/gate.rs"]
mod gate;
#[path = "action/installed.rs"]
mod installed;
#[path = "action/obtain.rs"]
mod obtain;
#[path = "action/recipe.rs"]
mod recipe;
#[path = "harness/program.rs"]
mod program;
#[path = "action/runner.rs"]
mod runner;
#[path = "action/server.rs"]
mod server;
#[path = "stub/stub.rs"]
mod stub;

/// The action.
fn action() -> Value {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/action.yml")).expect("the action");
    serde_yaml::from_str(&text).expect("action.yml is YAML")
}

/// How the step of the action ends, and what the program was called with.
fn step(code: u8, posted: Option<bool>, inputs: &[(&str, &str)]) -> (Option<i32>, String) {
    let action = action();
    let script = action["runs"]["steps"][1]["run"].as_str().expect("a script");
    assert!(!script.contains("${{"), "inputs reach a script by the environment only");
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name).display().to_string();
    let said = posted.map_or(String::new(), |posted| {
        format!("printf 'verdict=freeze\\nposted={posted}\\ncomment-url=\\n' >> \"$GITHUB_OUTPUT\"\n")
    });
    let text = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"{}\"\nenv >> \"{0}\"\n{said}exit {code}\n",
        path("called")
    );
    program::write(&dir.path().join("slogate"), &text);
    fs::write(path("output"), "").expect("a file");
    let mut command = Command::new("bash");
    command
        .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script])
        .env("GITHUB_OUTPUT", path("output"));
    command
        .env("RUNNER_TEMP", dir.path())
        .env("SLOGATE_BINARY", path("slogate"))
        .env("SLOGATE_RUN", "check")
        .env("SLOGATE_FAIL_STEP", "false");
    let datadog = ["DATADOG_SITE", "DATADOG_API_KEY", "DATADOG_APP_KEY"];
    let plain = ["DIR", "ENVIRONMENT", "ROLLOUT", "GITHUB_TOKEN", "PROMETHEUS_TOKEN", "OBSERVATIONS_TOKEN"];
    let verbs = ["AT", "BRANCHES", "CALLS", "DEADLINE", "WEBHOOK_URL", "WEBHOOK_SECRET"];
    for name in plain.iter().chain(&datadog).chain(&verbs) {
        command.env(format!("SLOGATE_{name}"), "");
    }
    for name in ["ORGANIZATION", "ORGANIZATION_SHA256", "PROMETHEUS_URL", "OBSERVATIONS_URL"] {
        command.env(format!("SLOGATE_{name}"), "none");
    }
    command.envs(inputs.iter().copied());
    let ended = command.output().expect("bash").status.code();
    (ended, fs::read_to_string(path("called")).unwrap_or_default())
}

#[test]
fn the_step_succeeds_once_the_status_stands() {
    for (code, ended) in [(0, 0), (1, 0), (2, 2), (3, 0), (4, 0), (5, 5)] {
        assert_eq!(step(code, Some(true), &[]).0, Some(ended), "exit {code}");
    }
}

#[test]
fn without_a_status_the_step_is_the_gate() {
    for code in 0..=5 {
        assert_eq!(step(code, Some(false), &[]).0, Some(i32::from(code)), "exit {code}, not posted");
        assert_eq!(step(code, None, &[]).0, Some(i32::from(code)), "exit {code}, silent");
    }
}

#[test]
fn a_step_that_is_to_fail_keeps_the_exit_code() {
    assert_eq!(step(1, Some(true), &[("SLOGATE_FAIL_STEP", "true")]).0, Some(1));
    assert_eq!(step(0, Some(true), &[("SLOGATE_FAIL_STEP", "true")]).0, Some(0));
    assert_eq!(step(0, Some(true), &[("SLOGATE_FAIL_STEP", "yes")]).0, Some(2));
}

#[test]
fn a_step_that_deploys_or_judges_no_change_is_its_own_gate() {
    for (inputs, words) in [
        ([("SLOGATE_AT", "deploy"), ("SLOGATE_CALLS", "")], "check\n--post\n--at=deploy\n--\n.\n"),
        ([("SLOGATE_RUN", "sweep"), ("SLOGATE_CALLS", "90")], "sweep\n--calls=90\n--\n.\n"),
        ([("SLOGATE_RUN", "sweep"), ("SLOGATE_BRANCHES", "main a/*")], "sweep\n--branches=main a/*\n--\n.\n"),
        ([("SLOGATE_RUN", "sweep"), ("SLOGATE_DEADLINE", "300")], "sweep\n--deadline=300\n--\n.\n"),
        ([("SLOGATE_RUN", "act"), ("SLOGATE_WEBHOOK_URL", "https://w")], "act\n--\n.\n"),
    ] {
        for code in 0..=5 {
            let (ended, called) = step(code, Some(true), &inputs);
            assert_eq!(ended, Some(i32::from(code)), "{inputs:?}");
            assert!(called.starts_with(words), "{called}");
            assert_eq!(called.contains("WEBHOOK_URL="), inputs[0].1 == "act", "{called}");
        }
    }
    for (run, input) in [
        ("validate", "DIR"),
        ("check", "CALLS"),
        ("act", "CALLS"),
        ("act", "ROLLOUT"),
        ("act", "BRANCHES"),
        ("sweep", "AT"),
    ] {
        let named = format!("SLOGATE_{input}");
        let ended = step(0, Some(true), &[("SLOGATE_RUN", run), (&named, "9")]);
        assert_eq!(ended, (Some(2), String::new()), "{run} with {input}");
    }
}

#[test]
fn inputs_are_values_whatever_they_hold() {
    let inputs = [
        ("SLOGATE_ENVIRONMENT", "a b; $(touch x)"),
        ("SLOGATE_ROLLOUT", "full $(touch y)"),
        ("SLOGATE_DIR", "--help"),
        ("SLOGATE_PROMETHEUS_URL", "http://p"),
        ("SLOGATE_DATADOG_SITE", "datadoghq.eu"),
    ];
    let (_, called) = step(0, Some(true), &inputs);
    let words = "check\n--post\n--environment=a b; $(touch x)\n--rollout=full $(touch y)\n--\n--help\n";
    assert!(called.starts_with(words), "{called}");
    assert!(
        called.contains("SLOGATE_PROMETHEUS_URL=http://p\n") && !called.contains("SLOGATE_PROMETHEUS_TOKEN=")
    );
    assert!(called.contains("SLOGATE_DATADOG_SITE=datadoghq.eu\n") && !called.contains("SLOGATE_DATADOG_A"));
    let left = [("SLOGATE_OBSERVATIONS_URL", "https://o"), ("SLOGATE_OBSERVATIONS_TOKEN", "a b; $(touch z)")];
    let (_, called) = step(0, Some(true), &left);
    assert!(
        called.contains("SLOGATE_OBSERVATIONS_URL=https://o\n")
            && called.contains("SLOGATE_OBSERVATIONS_TOKEN=a b; $(touch z)\n"),
        "{called}"
    );
    let (_, plain) = step(0, Some(true), &[]);
    assert!(
        plain.starts_with("check\n--post\n--\n.\n") && !plain.contains("SLOGATE_OBSERVATIONS_"),
        "{plain}"
    );
}

#[test]
fn an_address_that_came_out_empty_is_not_no_address() {
    let called = |inputs: &[(&str, &str)]| step(0, Some(true), inputs).1;
    assert!(!called(&[]).contains("SLOGATE_PROMETHEUS_URL="));
    for name in ["SLOGATE_PROMETHEUS_URL", "SLOGATE_OBSERVATIONS_URL"] {
        assert!(called(&[(name, "")]).contains(&format!("\n{name}=\n")));
    }
}

#[test]
fn a_layer_that_came_out_empty_is_not_no_layer() {
    let called = |inputs: &[(&str, &str)]| step(0, Some(true), inputs).1;
    let plain = called(&[]);
    assert!(!plain.contains("SLOGATE_ORGANIZATION=") && !plain.contains("--organization"), "{plain}");
    assert!(called(&[("SLOGATE_ORGANIZATION", "")]).contains("\nSLOGATE_ORGANIZATION=\n"));
    let given = called(&[("SLOGATE_ORGANIZATION", "sha256: x\nlayer"), ("SLOGATE_ORGANIZATION_SHA256", "")]);
    assert!(given.contains("SLOGATE_ORGANIZATION=sha256: x\nlayer\n"), "{given}");
    assert!(given.starts_with("check\n--post\n--organization-sha256=\n--\n.\n"), "{given}");
}
