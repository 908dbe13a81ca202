//! The README's first policy in five minutes, taken from the README and run.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends with the first surprise, and reads its files itself"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The README.
fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a README")
}

/// The fenced blocks of a language, in order.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
}

/// The repository that a reader has after the four steps.
fn repository() -> tempfile::TempDir {
    let text = readme();
    let directory = tempfile::tempdir().expect("a directory");
    let yaml = blocks(&text, "yaml");
    let files = [
        ("slogate.yaml", yaml.first()),
        ("slos/checkout.yaml", yaml.get(1)),
        ("policies/payments.rhai", blocks(&text, "rhai").first()),
        (".github/workflows/slogate.yml", yaml.get(2)),
    ]
    .map(|(path, block)| (path, block.cloned().unwrap_or_else(|| panic!("the README shows `{path}`"))));
    for (path, block) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, block).expect("a file");
    }
    directory
}

fn check(directory: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.arg("check").arg(directory).env_clear().env("COLUMNS", "110");
    command.output().expect("the binary runs")
}

#[test]
fn what_the_readme_says_to_write_is_valid_and_stops_nobody() {
    let directory = repository();
    let output = check(directory.path());
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert_eq!(err, "", "nothing is wrong in it");
    assert!(out.contains("INFORM") && out.contains("exhausted") && out.contains("--prometheus"), "{out}");
}

#[test]
fn the_tests_that_the_readme_shows_pass_on_the_policy_that_it_shows() {
    let directory = repository();
    let blocks = blocks(&readme(), "yaml");
    let tests = blocks.iter().find(|block| block.contains("\ncases:\n")).expect("the README shows tests");
    fs::write(directory.path().join("policies/payments.test.yaml"), tests).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    let output = command.arg("test").arg(directory.path()).env_clear().output().expect("the binary runs");
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("3 passed, 0 failed"), "{out}");
}

#[test]
fn the_settings_of_slos_that_the_readme_shows_make_a_default_of_the_slo_that_it_shows() {
    let directory = repository();
    let blocks = blocks(&readme(), "yaml");
    let shown = blocks.iter().find(|block| block.contains("third_parties:")).expect("the README shows them");
    let settings =
        format!("version: 1\nenvironments: {{ production: {{ match: {{ env: prod }} }} }}\n{shown}");
    fs::write(directory.path().join("slogate.yaml"), settings).expect("a file");
    // The policy is for a team and excepts a class, which these settings do not have.
    let policy = fs::read_to_string(directory.path().join("policies/payments.rhai")).expect("a policy");
    let policy =
        policy.replace("team: \"payments\"", "services: [\"checkout\"]").replace(".except([\"hotfix\"])", "");
    fs::write(directory.path().join("policies/payments.rhai"), policy).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    let output = command.arg("slos").arg(directory.path()).env_clear().output().expect("the binary runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(out.contains("checkout-availability/POST /orders"), "{out}{err}");
}

#[test]
fn the_readme_shows_the_problem_that_a_misspelt_fact_is() {
    let directory = repository();
    let path = directory.path().join("policies/payments.rhai");
    let policy = fs::read_to_string(&path).expect("a policy");
    fs::write(&path, policy.replacen("remaining <= 0", "remaning <= 0", 1)).expect("a file");
    let output = check(directory.path());
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    let shown = blocks(&readme(), "text");
    let shown = shown.iter().find(|block| block.contains("remaning")).expect("the README shows it");
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        lines(shown.trim_end()),
        lines(said.trim_end()),
        "the README shows something else than\n{said}"
    );
}
