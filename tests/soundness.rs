//! The corpus: policies with one seeded defect each, which `slogate validate` must find, and sound ones of different
//! style, in which it must find nothing.
//!
//! A policy under `tests/soundness/defects/` begins with a line `// CODE at line N` for each problem that is in it; a
//! directory there is a case of several files. What is not found is written down in `tests/soundness/misses.txt`, and a
//! miss that is found after all must be taken out there. Each policy is validated alone, in a repository that is made of
//! `slogate.yaml` and `slos/`; the ready-made policies count as sound, too, and stand in their own. The outcome is told
//! as a table, whether the test passes or not.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends with the first surprise, and reads its files itself"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The fewest seeded defects of a corpus that means something.
const FEWEST_DEFECTS: usize = 100;
/// The fewest sound policies.
const FEWEST_SOUND: usize = 20;

/// A problem: its code, and the line at which it is.
type Problem = (String, usize);

/// One policy of the corpus, or several that stand together.
struct Case {
    /// What it is called.
    name: String,
    /// Its files.
    files: Vec<PathBuf>,
    /// The problems that are in it.
    seeded: BTreeSet<Problem>,
}

/// The project's files.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files and directories in a directory, sorted.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries
}

/// The problems that a file's first lines name.
fn seeded(file: &Path) -> BTreeSet<Problem> {
    let text = fs::read_to_string(file).expect("a policy is text");
    let named = |line: &str| {
        let (code, at) = line.strip_prefix("// ")?.split_once(" at line ")?;
        Some((code.to_owned(), at.parse().ok()?))
    };
    text.lines().map_while(named).collect()
}

/// The cases in a directory.
fn cases(directory: &Path) -> Vec<Case> {
    let case = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let files = if path.is_dir() { entries(&path) } else { vec![path] };
        let seeded = files.iter().flat_map(|file| seeded(file)).collect();
        Case { name, files, seeded }
    };
    entries(directory).into_iter().map(case).collect()
}

/// The problems that `slogate validate` finds in the policies of a repository, each with its file.
fn validated(repository: &Path) -> Vec<(String, Problem)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    let output = command.args(["validate", "--format", "json"]).arg(repository).env_clear().output();
    let output = output.expect("the binary can be started");
    let problems: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{}: {error}: {}", repository.display(), String::from_utf8_lossy(&output.stderr))
    });
    let problems = problems.as_array().expect("a list");
    let of_policy = |problem: &&Value| problem["file"].as_str().is_some_and(|file| file.ends_with("rhai"));
    let problem = |problem: &Value| {
        let line = problem["line"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line");
        let text = |key: &str| problem[key].as_str().expect("a text").to_owned();
        (text("file"), (text("code"), line))
    };
    problems.iter().filter(of_policy).map(problem).collect()
}

/// The problems that are found in a case, which stands alone in the repository of the corpus.
fn found_in(case: &Case) -> BTreeSet<Problem> {
    let directory = tempfile::tempdir().expect("a directory");
    let corpus = root().join("tests/soundness");
    for part in ["slos", "policies"] {
        fs::create_dir(directory.path().join(part)).expect("a directory");
    }
    fs::copy(corpus.join("slogate.yaml"), directory.path().join("slogate.yaml")).expect("settings");
    let copy = |file: &Path, part: &str| {
        let to = directory.path().join(part).join(file.file_name().expect("a name"));
        fs::copy(file, to).expect("a file");
    };
    for file in entries(&corpus.join("slos")) {
        copy(&file, "slos");
    }
    for file in &case.files {
        copy(file, "policies");
    }
    validated(directory.path()).into_iter().map(|(_, problem)| problem).collect()
}

/// Problems in a line.
fn listed(problems: impl IntoIterator<Item = Problem>) -> String {
    let listed: Vec<String> =
        problems.into_iter().map(|(code, line)| format!("{code} at line {line}")).collect();
    listed.join(", ")
}

/// The defects that are known not to be found.
fn known_misses() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("tests/soundness/misses.txt")).expect("the list of misses");
    let names = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(':').next());
    names.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_seeded_defect_is_found_and_nothing_else() {
    let defects = cases(&root().join("tests/soundness/defects"));
    let sound = cases(&root().join("tests/soundness/sound"));
    let known = known_misses();
    let mut table = String::from("\n  seeded defects\n");
    let (mut wrong, mut missed, mut alarms) = (Vec::new(), BTreeSet::new(), 0);
    for case in &defects {
        assert!(!case.seeded.is_empty(), "{} says which problem is in it", case.name);
        let found = found_in(case);
        let (lost, more): (BTreeSet<_>, BTreeSet<_>) = (
            case.seeded.difference(&found).cloned().collect(),
            found.difference(&case.seeded).cloned().collect(),
        );
        let word = if lost.is_empty() { "found" } else { "missed" };
        let _ = writeln!(table, "  {word:<7} {:<40} {}", case.name, listed(case.seeded.clone()));
        if !lost.is_empty() {
            missed.insert(case.name.clone());
        }
        if !more.is_empty() {
            alarms += 1;
            wrong.push(format!("{}: also found {}", case.name, listed(more)));
        }
    }
    let ready = ready_made();
    let outcomes = sound.iter().map(|case| (case.name.clone(), found_in(case))).chain(ready);
    table.push_str("\n  sound policies\n");
    let mut count = 0;
    for (name, found) in outcomes {
        count += 1;
        let word = if found.is_empty() { "quiet" } else { "alarm" };
        let _ = writeln!(table, "  {word:<7} {name:<40} {}", listed(found.clone()));
        if !found.is_empty() {
            alarms += 1;
            wrong.push(format!("{name}: found {}", listed(found)));
        }
    }
    let total = defects.len();
    let _ = writeln!(
        table,
        "\n  {} of {total} defects found, {} missed, {alarms} false alarms in {} policies",
        total - missed.len(),
        missed.len(),
        total + count
    );
    // Not captured, so that the numbers stand in every log.
    let _ = std::io::stderr().write_all(table.as_bytes());
    wrong.extend(missed.difference(&known).map(|name| format!("{name}: missed")));
    wrong.extend(
        known.difference(&missed).map(|name| format!("{name}: is listed as a miss, and is found or gone")),
    );
    assert!(wrong.is_empty(), "the corpus differs:\n  {}", wrong.join("\n  "));
    assert!(total >= FEWEST_DEFECTS && count >= FEWEST_SOUND, "{total} defects, {count} sound policies");
}

/// The problems of each ready-made policy, which stand together in a repository of their own.
fn ready_made() -> Vec<(String, BTreeSet<Problem>)> {
    let directory = root().join("policies");
    let problems = validated(&directory);
    let policies = entries(&directory).into_iter().filter(|path| path.extension() == Some("rhai".as_ref()));
    let policy = |path: PathBuf| {
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        let found = problems.iter().filter(|(of, _)| *of == file).map(|(_, problem)| problem.clone());
        (file.clone(), found.collect())
    };
    policies.map(policy).collect()
}
