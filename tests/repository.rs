//! What must be true of the tree: the order of the modules, the doors to other people's crates, the sizes and names
//! of files, and that everything which is written down twice says the same.
//!
//! Each rule is one test, and each failure names the files and lines that break it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends with the first surprise, and reads its files itself"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use slogate::diagnostic::Code;
use slogate::policy::vocabulary::{FACTS, FUNCTIONS, Fact, Function, Role};

/// The most lines that a file of the product may have.
const CEILING: usize = 500;

/// The most lines that a function of the product may have, from `fn` to its closing brace.
const LONGEST: usize = 60;

/// Names that say nothing.
const BANNED: [&str; 6] = ["utils", "helpers", "common", "misc", "imp", "mod"];

/// Crates of other people, and where alone they may be named.
const DOORS: [(&str, &[&str]); 15] = [
    ("rhai", &["src/policy.rs", "src/policy/"]),
    ("serde_yaml", &["src/document.rs", "src/document/"]),
    ("jsonschema", &["src/document.rs", "src/document/"]),
    ("git2", &["src/git.rs", "src/git/"]),
    ("octocrab", &["src/github.rs", "src/github/"]),
    ("clap", &["src/cli.rs", "src/cli/", "src/command.rs"]),
    ("reqwest", &["src/http.rs", "src/http/", "src/github.rs", "src/github/"]),
    ("tokio", &["src/http.rs", "src/http/", "src/github.rs", "src/github/"]),
    ("promql_parser", &["src/source/promql.rs", "src/source/promql/"]),
    ("regex", &["src/settings/convention.rs", "src/source/promql/bounds.rs"]),
    ("miette", &["src/report/problem.rs"]),
    ("ring", &["src/signature.rs", "src/signature/"]),
    ("base64", &["src/signature.rs", "src/signature/", "src/http/credentials.rs"]),
    ("rrule", &["src/adjustment/recurrence.rs"]),
    ("terminal_size", &["src/main.rs"]),
];

/// Inputs of the action that are no flags: what it takes to get the binary and to speak for the workflow.
const INPUTS_OF_THE_ACTION: [&str; 11] = [
    "run",
    "webhook-url",
    "webhook-secret",
    "binary",
    "github-token",
    "prometheus-token",
    "observations-token",
    "datadog-api-key",
    "datadog-app-key",
    "fail-step",
    "dir",
];

/// The schema that each kind of file in an example must satisfy.
const SCHEMAS: [(&str, &str); 3] = [
    ("slogate.yaml", "schemas/settings.v1.json"),
    ("slos/", "schemas/openslo.v1.json"),
    ("policies/", "schemas/policy-test.v1.json"),
];

/// The root of the project.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `directory`, relative to the root, sorted; build products and the repository's own data are left out.
fn files(directory: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(directory)];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).expect("the directory can be listed") {
            let entry = entry.expect("the directory can be listed");
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() && !["target", ".git", ".cache", "node_modules"].contains(&name.as_str()) {
                waiting.push(entry.path());
            } else if kind.is_file() && name != ".git" {
                let path = entry.path();
                let relative = path.strip_prefix(root()).expect("below the root");
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The files below `directory` that end in `ending`.
fn ending(directory: &str, ending: &str) -> Vec<String> {
    let mut found = files(directory);
    found.retain(|path| path.ends_with(ending));
    found
}

/// A file's text.
fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails with all broken places, if there are any.
fn none(what: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{what}:\n  {}", broken.join("\n  "));
}

/// The words that stand after each `before` in a line of code; comments say what they like.
fn words_after<'a>(line: &'a str, before: &str) -> Vec<&'a str> {
    if line.trim_start().starts_with("//") {
        return Vec::new();
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(before)
        .filter(|(at, _)| !line.get(..*at).unwrap_or_default().ends_with(is_part))
        .flat_map(|(at, _)| {
            let rest = line.get(at + before.len()..).unwrap_or_default();
            let inside = rest.strip_prefix('{').map(|list| list.split('}').next().unwrap_or_default());
            let parts: Vec<&str> = inside.map_or_else(|| vec![rest], |list| list.split(',').collect());
            parts.into_iter().map(move |part| {
                let part = part.trim_start();
                part.split(|c| !is_part(c)).next().unwrap_or_default()
            })
        })
        .collect()
}

/// True where a line of code names a crate: `use name`, `name::`.
fn names(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    let code = line.split("//").next().unwrap_or_default();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.match_indices(&format!("{name}::"))
        .any(|(at, _)| !code.get(..at).unwrap_or_default().ends_with(is_part))
        || code.trim_end().trim_end_matches(';') == format!("use {name}")
}

#[test]
fn a_module_uses_only_modules_declared_before_it() {
    let library = text("src/lib.rs");
    let order: Vec<&str> =
        library.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(order.len() > 10, "the modules of src/lib.rs were not found: {order:?}");
    let mut broken = Vec::new();
    for path in ending("src", ".rs") {
        let inside = path.trim_start_matches("src/");
        let module = inside.split(['/', '.']).next().unwrap_or_default();
        let Some(place) = order.iter().position(|name| *name == module) else { continue };
        for (number, line) in text(&path).lines().enumerate() {
            for used in words_after(line, "crate::") {
                let allowed = used == module || order[..place].contains(&used);
                if order.contains(&used) && !allowed {
                    broken.push(format!("{path}:{}: `{module}` uses `{used}`", number + 1));
                }
            }
        }
    }
    none("modules that use one declared after them", &broken);
}

#[test]
fn every_foreign_crate_stays_behind_its_door() {
    let mut broken = Vec::new();
    for path in ending("src", ".rs") {
        for (name, doors) in DOORS {
            let inside =
                doors.iter().any(|door| &path == door || (door.ends_with('/') && path.starts_with(door)));
            if inside {
                continue;
            }
            for (number, line) in text(&path).lines().enumerate().filter(|(_, line)| names(line, name)) {
                broken.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none("crates that are named outside of their door", &broken);
}

#[test]
fn no_file_of_the_product_is_above_the_ceiling() {
    let sizes = ending("src", ".rs").into_iter().map(|path| (text(&path).lines().count(), path));
    let broken: Vec<String> =
        sizes.filter(|(lines, _)| *lines > CEILING).map(|(lines, path)| format!("{path}: {lines}")).collect();
    none("files above the ceiling", &broken);
}

/// Every function of a text by its first line, and how many lines it has; rustfmt sets its closing brace below its `fn`.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_head = |line: &str| {
        let is_before = |word: &&str| word.starts_with("pub") || ["const", "async", "unsafe"].contains(word);
        line.split_whitespace().find(|word| !is_before(word)) == Some("fn")
    };
    let heads = lines.iter().enumerate().filter(|(_, line)| is_head(line));
    heads
        .filter_map(|(start, head)| {
            let indent = head.get(..head.len() - head.trim_start().len())?;
            let rest = lines.get(start..)?;
            let end = rest.iter().position(|line| {
                let below = line.strip_prefix(indent).unwrap_or_default();
                below == "}" || below.starts_with(')') && below.ends_with(';')
            });
            let is_whole = head.ends_with(['}', ';']);
            Some((start + 1, if is_whole { 1 } else { end? + 1 }))
        })
        .collect()
}

#[test]
fn functions_are_measured_by_their_braces() {
    let text = "trait A {\n    fn a();\n    fn b(\n        x: u8,\n    );\n}\npub(super) const fn c() {\n    if d {\n    }\n}\n\
                // fn e\nfn f() {}\n";
    assert_eq!(functions(text), [(2, 1), (3, 3), (7, 4), (12, 1)]);
}

#[test]
fn no_function_of_the_product_is_longer_than_a_page() {
    let mut broken = Vec::new();
    for path in ending("src", ".rs") {
        let all = functions(&text(&path)).into_iter();
        broken.extend(
            all.filter(|(_, lines)| *lines > LONGEST)
                .map(|(start, lines)| format!("{path}:{start}: {lines}")),
        );
    }
    none("functions above the limit", &broken);
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let mut broken = ending("src", ".rs");
    broken.extend(ending("tests", ".rs"));
    broken.retain(|path| {
        let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        BANNED.contains(&stem)
    });
    none("names that say nothing", &broken);
}

#[test]
fn every_file_says_first_what_it_is() {
    let mut broken = ending("src", ".rs");
    broken.extend(ending("tests", ".rs"));
    broken.retain(|path| !text(path).starts_with("//! "));
    none("files that do not open with `//!`", &broken);
}

#[test]
fn every_case_is_whole() {
    let mut broken = Vec::new();
    let cases: BTreeSet<String> =
        files("tests/cases").iter().filter_map(|path| path.split('/').nth(2).map(str::to_owned)).collect();
    for case in cases {
        for part in ["case.toml", "transcript.snap"] {
            if !root().join("tests/cases").join(&case).join(part).is_file() {
                broken.push(format!("{case} has no {part}"));
            }
        }
    }
    broken.extend(ending("tests", ".snap.new"));
    none("cases that lack a part, or were not read after they changed", &broken);
}

#[test]
fn settings_may_say_every_annotation_and_level_every_lint() {
    let schema: Value = serde_json::from_str(&text("schemas/settings.v1.json")).expect("JSON");
    let keys = |definition: &str| -> BTreeSet<String> {
        let properties = schema["$defs"][definition]["properties"].as_object().expect("properties");
        properties.keys().cloned().collect()
    };
    assert_eq!(keys("annotations"), slogate::catalog::annotations().map(str::to_owned).collect());
    assert_eq!(keys("lints"), slogate::lint::LINTS.iter().map(|(code, _)| code.to_string()).collect());
    for (code, level) in slogate::lint::LINTS {
        assert_eq!(
            schema["$defs"]["lints"]["properties"][code.as_str()]["default"],
            level.as_str(),
            "{code}"
        );
    }
}

#[test]
fn every_diagnostic_code_is_shown_by_a_case() {
    let transcripts: Vec<String> =
        ending("tests/cases", "transcript.snap").iter().map(|path| text(path)).collect();
    let shown = |code: &str| {
        let bracketed = format!("[{code}]");
        let quoted = format!("\"{code}\"");
        let mut lines = transcripts.iter().flat_map(|transcript| transcript.lines());
        lines.any(|line| line.trim() == code || line.contains(&bracketed) || line.contains(&quoted))
    };
    let broken: Vec<String> =
        Code::ALL.iter().map(|code| code.as_str()).filter(|code| !shown(code)).map(str::to_owned).collect();
    none("diagnostic codes that no transcript shows", &broken);
}

/// What the binary prints on standard output.
fn printed(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    let output = command.args(arguments).current_dir(root()).env_clear().output();
    String::from_utf8(output.expect("the binary can be started").stdout).expect("text")
}

#[test]
fn the_readme_shows_the_exits_that_the_help_shows() {
    let readme = text("README.md");
    let between = readme.split("<!-- exits -->").nth(1).and_then(|rest| rest.split("<!-- /exits -->").next());
    let between = between.expect("README.md has the table between `<!-- exits -->` and `<!-- /exits -->`");
    let table = |text: &str| -> Vec<String> {
        let lines = text.lines().skip_while(|line| line.trim() != "Exit codes:").skip(1);
        let rows = lines.take_while(|line| line.starts_with("  "));
        rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let help = table(&printed(&["check", "--help"]));
    assert_eq!(help.len(), 6, "`slogate check --help` ends with the exit codes");
    assert_eq!(table(between), help);
}

#[test]
fn the_readme_names_facts_and_functions_that_there_are() {
    let readme = text("README.md");
    let said = readme.split("## What a policy may say").nth(1).and_then(|rest| rest.split("## ").next());
    let said = said.expect("README.md says what a policy may say");
    let facts: Vec<&str> = FACTS.iter().map(Fact::name).collect();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let read = |rest: &str| rest.split(|c| !is_part(c)).next().unwrap_or_default().to_owned();
    // The misspelling is shown on purpose.
    let read = said.split("`budget.").skip(1).map(read).filter(|name| name != "remaning");
    let unknown: Vec<String> = read.filter(|name| !facts.contains(&name.as_str())).collect();
    none("facts that the README names and the language does not have", &unknown);
    let makes = |function: &&Function| matches!(function.role, Role::Makes(_));
    let consequences = FUNCTIONS.iter().filter(makes);
    let missing: Vec<&str> = consequences
        .map(|function| function.name)
        .filter(|name| !said.contains(&format!("`{name}")))
        .collect();
    none(
        "consequences that the README does not name",
        &missing.into_iter().map(str::to_owned).collect::<Vec<_>>(),
    );
}

#[test]
fn the_reference_of_the_policy_language_is_up_to_date() {
    let path = "policies/README.md";
    let written = fs::read_to_string(root().join(path)).unwrap_or_default();
    let wanted = slogate::report::reference::render(&written);
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") && written != wanted {
        fs::write(root().join(path), &wanted).expect("the reference can be written");
    }
    let written = text(path);
    let line = written.lines().zip(wanted.lines()).position(|(is, should)| is != should);
    let line = line.unwrap_or_else(|| written.lines().count().min(wanted.lines().count())) + 1;
    assert!(
        written == wanted,
        "{path} is not up to date from line {line} on: `INSTA_UPDATE=always cargo test --test repository` writes it"
    );
}

#[test]
fn every_input_of_the_action_is_a_flag() {
    let action: Value = serde_yaml::from_str(&text("action.yml")).expect("action.yml is YAML");
    let help = ["check", "sweep", "act"].map(|verb| printed(&[verb, "--help"])).concat();
    let flags: BTreeSet<&str> = help
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter_map(|word| word.strip_prefix("--"))
        .collect();
    let inputs = action["inputs"].as_object().expect("inputs");
    let broken: Vec<String> = inputs
        .keys()
        .filter(|name| !flags.contains(name.as_str()) && !INPUTS_OF_THE_ACTION.contains(&name.as_str()))
        .cloned()
        .collect();
    none("inputs of action.yml that are no flags of what it runs", &broken);
}

#[test]
fn every_ready_made_policy_has_its_tests_and_says_whose_it_is() {
    let policies = ending("policies", ".rhai");
    assert!(policies.len() >= 10, "the ready-made policies were not found: {policies:?}");
    let listed = text("policies/README.md");
    let mut broken = Vec::new();
    for path in policies {
        let name = Path::new(&path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let tests = path.replace(".rhai", ".test.yaml");
        if !root().join(&tests).is_file() || !text(&tests).contains("- stretches:") {
            broken.push(format!("{tests} replays no history"));
        }
        let comment: String = text(&path).lines().take_while(|line| line.starts_with("//")).collect();
        if !comment.contains("Whose: ") || !(comment.contains("Changed: ") || comment.contains("Change: ")) {
            broken.push(format!("{path} does not say whose it is and what was changed"));
        }
        if !listed.contains(&format!("[`{name}`]({name}.rhai)")) {
            broken.push(format!("policies/README.md does not list {name}"));
        }
        if !text("README.md").contains(&format!("| `{name}` |")) {
            broken.push(format!("README.md does not list {name}"));
        }
    }
    none("ready-made policies that lack something", &broken);
}

#[test]
fn every_schema_is_one() {
    let schemas = ending("schemas", ".json");
    assert!(!schemas.is_empty(), "there are schemas");
    let mut broken = Vec::new();
    for path in schemas {
        let schema: Value =
            serde_json::from_str(&text(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        if let Err(error) = jsonschema::meta::validate(&schema) {
            broken.push(format!("{path}: {error} at {}", error.instance_path()));
        }
    }
    none("schemas that are none", &broken);
}

/// What of `document` breaks the schema in the file `schema`.
fn violations(document: &Value, schema: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(&text(schema)).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    validator.iter_errors(document).map(|error| format!("{error} at {}", error.instance_path())).collect()
}

#[test]
fn every_example_satisfies_the_schemas() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for path in ending("examples", ".yaml") {
        let inside = path.splitn(3, '/').nth(2).unwrap_or_default();
        let Some((_, schema)) = SCHEMAS.iter().find(|(start, _)| inside.starts_with(start)) else { continue };
        let document: Value =
            serde_yaml::from_str(&text(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        broken.extend(violations(&document, schema).iter().map(|violation| format!("{path}: {violation}")));
        checked += 1;
    }
    assert!(checked >= 4, "only {checked} files of examples have a schema");
    none("examples that break a schema", &broken);
}

#[test]
fn the_report_satisfies_its_schema() {
    for arguments in [
        ["check", "examples/webshop", "--environment", "production", "--format", "json"].as_slice(),
        ["check", "tests/cases/check-unknown-when-history-is-short/repo", "--format", "json"].as_slice(),
        ["check", "tests/cases/check-adjusts-for-planned-downtime/repo", "--format", "json"].as_slice(),
    ] {
        let out = printed(arguments);
        let report: Value =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{out}"));
        none(&format!("{arguments:?} breaks the schema"), &violations(&report, "schemas/report.v1.json"));
    }
}

#[test]
fn the_listing_of_slos_satisfies_its_schema() {
    for directory in [
        "examples/webshop",
        "tests/cases/slos-lists-what-is-in-force/repo",
        "tests/cases/check-adjusts-for-planned-downtime/repo",
        "tests/cases/check-refuses-wrong-annotations/repo",
    ] {
        let out = printed(&["slos", directory, "--format", "json", "--now", "2026-11-21T12:00:00Z"]);
        let listing: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}\n{out}"));
        none(&format!("{directory} breaks the schema"), &violations(&listing, "schemas/slos.v1.json"));
        let listed = |key: &str| listing[key].as_array().is_some_and(|list| !list.is_empty());
        assert!(listed("services") || listed("problems"), "{out}");
    }
}

#[test]
fn what_is_shown_of_budgets_satisfies_its_schema() {
    let planned: &[&str] = &["--downtime", "45m", "--at", "2026-12-01T13:00Z"];
    let young: &[&str] = &["--observations", "tests/cases/check-warns-on-an-estimate/repo/young.json"];
    for (directory, more, listed) in [
        ("examples/webshop", &[][..], "budgets"),
        ("examples/webshop", planned, "budgets"),
        ("examples/webshop", young, "budgets"),
        ("tests/cases/check-refuses-wrong-annotations/repo", &[], "problems"),
    ] {
        let out = printed(&[&["budget", directory, "--format", "json"], more].concat());
        let shown: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}\n{out}"));
        none(&format!("{directory} breaks the schema"), &violations(&shown, "schemas/budgets.v1.json"));
        assert!(shown[listed].as_array().is_some_and(|list| !list.is_empty()), "{out}");
    }
}

#[test]
fn the_account_of_what_was_carried_out_satisfies_its_schema() {
    let out = printed(&["act", "examples/webshop", "--dry-run", "--format", "json"]);
    let account: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}\n{out}"));
    none("it breaks the schema", &violations(&account, "schemas/act.v1.json"));
    assert!(account["steps"].as_array().is_some_and(|steps| steps.len() == 2), "{out}");
}

/// The webshop with the freeze of one policy at half of the budget, so that its tests fail.
fn a_policy_that_fails_its_tests() -> tempfile::TempDir {
    let shop = tempfile::tempdir().expect("a directory");
    for path in files("examples/webshop") {
        let target = shop.path().join(path.trim_start_matches("examples/webshop/"));
        fs::create_dir_all(target.parent().expect("a parent")).expect("a directory");
        fs::copy(root().join(&path), target).expect("a file");
    }
    let policy = shop.path().join("policies/payments.rhai");
    let written = fs::read_to_string(&policy).expect("the policy");
    let changed = written.replace("remaining <= 0)", "remaining <= percent(50))");
    assert_ne!(written, changed);
    fs::write(policy, changed).expect("a file");
    shop
}

#[test]
fn the_outcome_of_tests_satisfies_its_schema() {
    let failing = a_policy_that_fails_its_tests();
    let failing = failing.path().to_str().expect("a path");
    for (directory, fails) in [("examples/webshop", false), (failing, true)] {
        for more in [["--coverage", "--min=100"].as_slice(), ["--filter=pay"].as_slice(), [].as_slice()] {
            let out = printed(&[["test", directory, "--format=json"].as_slice(), more].concat());
            let outcome: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}\n{out}"));
            none(
                &format!("{directory} breaks the schema"),
                &violations(&outcome, "schemas/test-report.v1.json"),
            );
            assert_eq!(outcome["failed"].as_u64().is_some_and(|failed| failed > 0), fails, "{out}");
        }
    }
    let nothing = tempfile::tempdir().expect("a directory");
    let out = printed(&["test", nothing.path().to_str().expect("a path"), "--format=json"]);
    let outcome: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}\n{out}"));
    none("what is wrong breaks the schema", &violations(&outcome, "schemas/test-report.v1.json"));
    assert_eq!(outcome["problems"][0]["severity"], "error", "{out}");
}

#[test]
fn the_workflow_that_init_writes_gives_the_action_what_it_asks_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let out = printed(&["init", "--dry-run", directory.path().to_str().expect("a path")]);
    let workflow = out.split("==> .github/workflows/slogate.yml <==").nth(1).expect("the last file");
    let workflow: Value = serde_yaml::from_str(workflow).expect("a workflow is YAML");
    let action: Value = serde_yaml::from_str(&text("action.yml")).expect("action.yml is YAML");
    let example: Value = serde_yaml::from_str(&text("examples/webshop/.github/workflows/slogate.yml"))
        .expect("a workflow is YAML");
    let jobs = workflow["jobs"].as_object().expect("jobs");
    for (name, job) in jobs {
        let given = job["steps"][0]["with"].as_object().expect("inputs");
        let broken: Vec<String> =
            given.keys().filter(|name| action["inputs"].get(name).is_none()).cloned().collect();
        none("inputs that the action does not have", &broken);
        assert_eq!(job["steps"].as_array().map(Vec::len), Some(1), "nothing is checked out");
        for key in ["if", "permissions", "timeout-minutes"] {
            assert_eq!(job[key], example["jobs"][name][key], "{name}: {key}");
        }
    }
    assert_eq!(example["jobs"].as_object().map(serde_json::Map::len), Some(jobs.len()));
    for key in ["on", "permissions", "concurrency"] {
        assert_eq!(workflow[key], example[key], "{key}");
    }
}

#[test]
fn every_action_is_pinned_by_hash() {
    let mut workflows: Vec<String> = [".yml", ".yaml"].iter().flat_map(|end| ending(".", end)).collect();
    workflows.retain(|path| path.contains(".github/") || path.ends_with("action.yml"));
    assert!(!workflows.is_empty(), "there are workflows");
    let mut broken = Vec::new();
    for path in workflows {
        for (number, line) in text(&path).lines().enumerate() {
            let Some(used) = line.trim().trim_start_matches("- ").strip_prefix("uses:") else { continue };
            let (used, comment) = used.split_once('#').unwrap_or((used, ""));
            let used = used.trim();
            let hash = used.split_once('@').map_or("", |(_, hash)| hash);
            let release =
                comment.trim().strip_prefix('v').is_some_and(|version| version.split('.').count() == 3);
            // The hash of slogate is for whoever pins it to fill in.
            let named = release || hash.chars().all(|c| c == '0');
            let pinned = named && hash.len() == 40 && hash.chars().all(|c| c.is_ascii_hexdigit());
            if !pinned && !used.starts_with("./") {
                broken.push(format!("{path}:{}: {used}", number + 1));
            }
        }
    }
    none("actions that are not pinned by the hash of a commit with its version beside it", &broken);
}

#[test]
fn nothing_names_the_machine_it_was_made_on() {
    // Put together here, so that this file does not find itself.
    let places = ["work", "root", "farm", "home"].map(|place| format!("/{place}/"));
    let mut broken = Vec::new();
    for path in files(".") {
        let Ok(bytes) = fs::read(root().join(&path)) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        for (number, line) in text.lines().enumerate() {
            if places.iter().any(|place| names_place(line, place)) {
                broken.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none("places of one machine", &broken);
}

/// True where an absolute path begins with `place`; a part of a longer path or an address does not.
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default().chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || "._-$}*".contains(c)))
    })
}

#[test]
fn every_dependency_comes_from_the_public_registry() {
    let lock = text("Cargo.lock");
    let broken: Vec<String> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("source = "))
        .filter(|source| *source != "\"registry+https://github.com/rust-lang/crates.io-index\"")
        .map(str::to_owned)
        .collect();
    none("dependencies from elsewhere", &broken);
}

#[test]
fn every_example_is_a_whole_repository() {
    let mut broken = Vec::new();
    for entry in fs::read_dir(root().join("examples")).expect("the examples can be listed") {
        let example: PathBuf = entry.expect("the examples can be listed").path();
        if !example.is_dir() {
            continue;
        }
        for part in ["slogate.yaml", "slos", "policies", ".github/workflows/slogate.yml"] {
            if !example.join(part).exists() {
                broken.push(format!("{} has no {part}", example.display()));
            }
        }
    }
    none("examples that lack a part", &broken);
}
