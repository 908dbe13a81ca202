//! Files that are meant to hang, to exhaust or to confuse whoever reads them: each is told at its line, all in one run,
//! in bounded memory; and what only looks unusual is read like anything else.
//!
//! The large ones are made here, in a directory of their own, because no repository should hold them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends with the first surprise, and reads its files itself"
)]

use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The memory that a run may map, in KiB: a small part of what the files below would take if they were believed.
const MEMORY: usize = 1_500_000;

/// After how long a run counts as hanging; it takes a second or two.
const PATIENCE: Duration = Duration::from_secs(300);

/// Settings with one service.
const SETTINGS: &str = "version: 1\nservices: { shop: { team: shop, paths: [\"shop/**\"] } }\n\
                        environments: { production: {} }\n\
                        changes: { hotfix: { label: hotfix, granted_by: maintain } }\nlints: { unsaid: off }\n";

/// A repository whose files are all honest: settings and a policy.
fn repository() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["slos", "policies"] {
        fs::create_dir(directory.path().join(name)).expect("a directory");
    }
    fs::write(directory.path().join("slogate.yaml"), SETTINGS).expect("a file");
    let policy =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check-proceeds/repo/policies/shop.rhai");
    fs::copy(policy, directory.path().join("policies/shop.rhai")).expect("a policy");
    directory
}

/// An SLO of the shop.
fn slo(name: &str) -> String {
    let metric =
        |query: &str| format!("{{ metricSource: {{ type: Prometheus, spec: {{ query: {query} }} }} }}");
    format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{ name: {name} }}\nspec:\n  service: shop\n  indicator:\n    \
         metadata: {{ name: {name}-sli }}\n    spec:\n      ratioMetric:\n        counter: true\n        \
         good: {}\n        total: {}\n  timeWindow: [{{ duration: 28d, isRolling: true }}]\n  \
         budgetingMethod: Occurrences\n  objectives: [{{ target: 0.99 }}]\n",
        metric("good_total"),
        metric("all_total"),
    )
}

/// What a run says: its exit, standard output and standard error.
fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let limit = format!("ulimit -v {MEMORY} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limit, env!("CARGO_BIN_EXE_slogate")]).args(arguments);
    command.env_clear().current_dir(directory);
    let [out, err] = ["stdout", "stderr"].map(|name| directory.join(name));
    let file = |path: &PathBuf| fs::File::create(path).expect("a file");
    command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err));
    let mut child = command.spawn().expect("the binary can be started");
    let begun = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            break status.code();
        }
        if begun.elapsed() > PATIENCE {
            child.kill().expect("it can be ended");
            panic!("`slogate {}` hangs", arguments.join(" "));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let text = |path: PathBuf| String::from_utf8_lossy(&fs::read(path).expect("a file")).into_owned();
    (code, text(out), text(err))
}

/// The problems that `validate` finds.
fn problems(directory: &Path) -> Vec<Value> {
    let (code, out, err) = run(directory, &["validate", "--format", "json"]);
    assert_eq!(code, Some(3), "{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
}

/// A text of a problem.
fn said<'a>(problem: &'a Value, key: &str) -> &'a str {
    problem.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Lines of `name: &name [*before, …]`, of which each is nine times the one before.
fn bomb() -> String {
    let levels: Vec<String> = (1..12)
        .map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", ")))
        .collect();
    format!("a0: &a0 [x, x, x, x, x, x, x, x, x]\n{}", levels.concat())
}

/// A text that is refused: the file's name, the text, its code and words of its message, and the line and column.
type Refused = (&'static str, Vec<u8>, &'static str, &'static str, u64, u64);

/// Texts that are refused.
fn refused() -> Vec<Refused> {
    let utf16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let yaml = "yaml-syntax";
    vec![
        ("bomb", bomb().into_bytes(), yaml, "anchors keep more than 100000 values", 5, 9),
        ("flow", "[".repeat(100_000).into_bytes(), yaml, "nested more than 64 levels deep", 1, 65),
        (
            "closed",
            ["["; 100_000].iter().chain(&["]"; 100_000]).copied().collect::<String>().into_bytes(),
            yaml,
            "nested more than 64 levels deep",
            1,
            65,
        ),
        ("maps", "{a: ".repeat(100_000).into_bytes(), yaml, "nested more than 64 levels deep", 1, 257),
        ("dashes", "- ".repeat(100_000).into_bytes(), yaml, "nested more than 64 levels deep", 1, 129),
        ("questions", "? ".repeat(100_000).into_bytes(), yaml, "nested more than 64 levels deep", 1, 129),
        (
            "block",
            (0..1_400).map(|depth| " ".repeat(depth) + "a:\n").collect::<String>().into_bytes(),
            yaml,
            "nested more than 64 levels deep",
            65,
            65,
        ),
        ("values", "---\na: 1\n".repeat(500_000).into_bytes(), yaml, "more than 1000000 values", 666_668, 4),
        ("keys", "a: 1\n".repeat(100_000).into_bytes(), "duplicate", "the key `a` stands here twice", 2, 1),
        ("tab", b"a:\n\tb: 1\n".to_vec(), yaml, "tabs", 2, 2),
        ("nul", b"a: x\xc3\xa4\0y\n".to_vec(), yaml, "a control character", 1, 6),
        ("latin", b"\xef\xbb\xbf# caf\xc3\xa9\r\na: caf\xe9\r\n".to_vec(), "encoding", "not UTF-8", 2, 7),
        ("utf16", utf16(&slo("utf16")), "encoding", "not UTF-8", 1, 1),
        ("gzip", vec![0x1f, 0x8b, 8, 0, 0, 0], "encoding", "not UTF-8", 1, 2),
        ("self", b"a: &a [*a]\n".to_vec(), yaml, "inside of what it repeats", 1, 8),
        ("tag", b"a: !!python/object:os.system x\n".to_vec(), yaml, "is not read", 1, 4),
        ("quote", format!("a: \"{}", "x".repeat(1 << 20)).into_bytes(), yaml, "unclosed quote", 1, 4),
    ]
}

#[test]
fn every_hostile_text_is_told_at_its_line_and_all_in_one_run() {
    let directory = repository();
    let files = refused();
    for (name, text, ..) in &files {
        fs::write(directory.path().join(format!("slos/{name}.yaml")), text).expect("a file");
    }
    fs::write(directory.path().join("slos/honest.yaml"), slo("honest")).expect("a file");
    let found = problems(directory.path());
    let mut missed = Vec::new();
    for (name, _, code, words, line, column) in &files {
        let file = format!("slos/{name}.yaml");
        let problem = found.iter().find(|problem| said(problem, "file") == file);
        let told = problem.is_some_and(|problem| {
            said(problem, "code") == *code
                && said(problem, "message").contains(words)
                && problem.get("line").and_then(Value::as_u64) == Some(*line)
                && problem.get("column").and_then(Value::as_u64) == Some(*column)
                && !said(problem, "help").is_empty()
        });
        if !told {
            missed.push(format!("{name}: {problem:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(found.iter().all(|problem| said(problem, "file") != "slos/honest.yaml"), "{found:?}");
    let (code, out, err) = run(directory.path(), &["validate"]);
    assert_eq!(code, Some(3));
    assert!(out.starts_with("1 SLO, "), "{out}");
    assert!(err.len() < 200_000, "{} bytes are told", err.len());
}

#[test]
fn what_is_no_plain_file_is_refused_and_never_waited_for() {
    let directory = repository();
    let at = |path: &str| directory.path().join(path);
    let link = |to: &str, path: &str| std::os::unix::fs::symlink(to, at(path)).expect("a link");
    fs::write(at("slos/honest.yaml"), slo("honest")).expect("a file");
    fs::File::create(at("slos/huge.yaml")).and_then(|file| file.set_len(1 << 30)).expect("a sparse file");
    fs::File::create(at("slos/large.yaml")).and_then(|file| file.set_len(20 << 20)).expect("a sparse file");
    fs::create_dir(at("slos/directory.yaml")).expect("a directory");
    link("loop.yaml", "slos/loop.yaml");
    link("/etc/hostname", "slos/outside.yaml");
    link("/dev/zero", "slos/device.yaml");
    link("..", "slos/upwards");
    let pipe = Command::new("mkfifo").arg(at("slos/pipe.yaml")).status().expect("mkfifo");
    assert!(pipe.success());
    let mut name = at("slos").into_os_string().into_vec();
    name.extend(b"/caf\xe9.yaml");
    fs::write(PathBuf::from(std::ffi::OsString::from_vec(name)), slo("cafe")).expect("a file");
    let found = problems(directory.path());
    let told: Vec<&str> = found.iter().map(|problem| said(problem, "message")).collect();
    for wanted in [
        "`slos/huge.yaml` is larger than 64 MiB (1073741824 bytes)",
        "`slos/large.yaml` is larger than 16 MiB",
        "`slos/loop.yaml` is, or lies behind, a symbolic link, which is not followed",
        "`slos/outside.yaml` is, or lies behind, a symbolic link, which is not followed",
        "`slos/device.yaml` is, or lies behind, a symbolic link, which is not followed",
        "`slos/pipe.yaml` is no plain file",
        "`slos/upwards` is a symbolic link, which is not followed: nothing behind it is read",
        "the name of the file `slos/caf\u{fffd}.yaml` is not UTF-8",
    ] {
        assert!(told.contains(&wanted), "{wanted}: {told:#?}");
    }
    assert_eq!(told.len(), 8, "{told:#?}");
}

#[test]
fn what_only_looks_unusual_is_read() {
    let directory = repository();
    let files = [
        ("crlf", slo("crlf").replace('\n', "\r\n")),
        ("bom", format!("\u{feff}{}", slo("bom"))),
        ("indented", slo("indented").replace('\n', "\n  ").replace("apiVersion", "  apiVersion")),
        ("comments", "# nothing\n".repeat(100_000)),
        ("empty", String::new()),
        ("long", format!("{}# {}\n", slo("long"), "x".repeat(1 << 20))),
        ("many", (0..5_000).map(|number| "---\n".to_owned() + &slo(&format!("many-{number}"))).collect()),
    ];
    for (name, text) in &files {
        fs::write(directory.path().join(format!("slos/{name}.yaml")), text).expect("a file");
    }
    let (code, out, err) = run(directory.path(), &["validate"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("5004 SLOs, "), "{out}{err}");
}

#[test]
fn a_problem_behind_unusual_characters_stands_where_an_editor_shows_it() {
    let directory = repository();
    let text = "\u{feff}apiVersion: openslo/v1\r\nkind: Service\r\nmetadata:\r\n  # zwölf 漢字 🦀\r\n  \
                {\tname: shop,\tdisplayName: \"漢🦀é\",\tunknown: x }\r\nspec: {}\r\n";
    fs::write(directory.path().join("slos/a.yaml"), text).expect("a file");
    fs::write(directory.path().join("slos/honest.yaml"), slo("honest")).expect("a file");
    let found = problems(directory.path());
    let [problem] = found.as_slice() else { panic!("{found:?}") };
    let line = text.lines().nth(4).expect("a fifth line");
    let (before, _) = line.split_once("unknown").expect("the word");
    let column = u64::try_from(before.chars().count() + 1).expect("a column");
    assert_eq!(
        (
            said(problem, "code"),
            problem.get("line").and_then(Value::as_u64),
            problem.get("column").and_then(Value::as_u64)
        ),
        ("unknown-key", Some(5), Some(column))
    );
    let (_, _, err) = run(directory.path(), &["validate"]);
    assert!(err.contains(&format!("slos/a.yaml:5:{column}")), "{err}");
}

#[test]
fn settings_policies_tests_observations_and_histories_are_bounded_too() {
    for file in ["slogate.yaml", "policies/shop.rhai", "policies/shop.test.yaml", "seen.json", "history.om"] {
        for size in [10 << 20, 1_u64 << 30] {
            let directory = repository();
            let at = |path: &str| directory.path().join(path);
            fs::write(at("slos/honest.yaml"), slo("honest")).expect("a file");
            let mut arguments = vec!["validate"];
            match file {
                "policies/shop.test.yaml" => arguments = vec!["test"],
                "seen.json" => {
                    arguments = vec!["check", "--environment", "production", "--observations", "seen.json"];
                }
                "history.om" => {
                    let settings = format!("{SETTINGS}source: {{ snapshot: history.om }}\n");
                    fs::write(at("slogate.yaml"), settings).expect("a file");
                    arguments = vec!["check", "--environment", "production"];
                }
                _ => {}
            }
            fs::File::create(at(file)).and_then(|file| file.set_len(size)).expect("a sparse file");
            let (code, out, err) = run(directory.path(), &arguments);
            assert_eq!(code, Some(3), "{file} of {size} bytes: {out}{err}");
            assert!(err.contains(file), "{file} of {size} bytes: {err}");
        }
    }
}

#[test]
fn a_commit_is_as_bounded_as_a_work_tree() {
    let directory = repository();
    let repository = git2::Repository::init(directory.path()).expect("a repository");
    let blob = |text: &[u8]| repository.blob(text).expect("a blob");
    let tree = |entries: &[(&str, git2::Oid, i32)]| {
        let mut builder = repository.treebuilder(None).expect("a builder");
        for (name, id, mode) in entries {
            builder.insert(name, *id, *mode).expect("an entry");
        }
        builder.write().expect("a tree")
    };
    let commit = |branch: &str, root: git2::Oid| {
        let who = git2::Signature::new("t", "t@example", &git2::Time::new(0, 0)).expect("a person");
        let root = repository.find_tree(root).expect("a tree");
        let name = format!("refs/heads/{branch}");
        repository.commit(Some(&name), &who, &who, "a commit", &root, &[]).expect("a commit");
    };
    let settings = blob(SETTINGS.as_bytes());
    let large = blob(&vec![b' '; 65 << 20]);
    let slos = tree(&[("large.yaml", large, 0o100_644), ("link.yaml", blob(b"large.yaml"), 0o120_000)]);
    commit("large", tree(&[("slogate.yaml", settings, 0o100_644), ("slos", slos, 0o040_000)]));
    // Ten directories of ten directories, and so on: ten thousand million files in a few kilobytes.
    let names: Vec<String> = (0..10).map(|number| format!("d{number}")).collect();
    let mut id = blob(b"");
    for level in 0..10 {
        let mode = if level == 0 { 0o100_644 } else { 0o040_000 };
        id = tree(&names.iter().map(|name| (name.as_str(), id, mode)).collect::<Vec<_>>());
    }
    commit("bomb", tree(&[("slogate.yaml", settings, 0o100_644), ("slos", id, 0o040_000)]));
    let mut id = tree(&[("a.yaml", settings, 0o100_644)]);
    for _ in 0..10_000 {
        id = tree(&[("d", id, 0o040_000)]);
    }
    commit("deep", tree(&[("slogate.yaml", settings, 0o100_644), ("slos", id, 0o040_000)]));
    for (branch, wanted) in [
        ("large", "`slos/large.yaml` has 68157440 bytes, and at most 67108864 are read"),
        ("large", "`slos/link.yaml` is a symbolic link, which is not followed"),
        ("bomb", "the commit has more than 2000000 files"),
        ("deep", "directories of the commit are nested more than 256 levels deep"),
    ] {
        let (code, out, err) = run(directory.path(), &["validate", "--base", branch]);
        let err: Vec<&str> = err.split_whitespace().collect();
        assert!(code == Some(3) && err.join(" ").contains(wanted), "{branch}: {code:?} {out}{err:?}");
    }
}

#[test]
fn whatever_stands_at_the_head_the_verdict_is_the_bases_and_comes_in_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let repository = git2::Repository::init(directory.path()).expect("a repository");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/webshop");
    let blob = |text: &[u8]| repository.blob(text).expect("a blob");
    let file = |path: &str| blob(&fs::read(example.join(path)).expect("a file of the example"));
    let tree = |entries: &[(&str, git2::Oid, i32)]| {
        let mut builder = repository.treebuilder(None).expect("a builder");
        for (name, id, mode) in entries {
            builder.insert(name, *id, *mode).expect("an entry");
        }
        builder.write().expect("a tree")
    };
    let names = ["checkout-availability.yaml", "checkout-latency.yaml", "search-availability.yaml"];
    let slos = names.map(|name| (name, file(&format!("slos/{name}")), 0o100_644));
    let (slos, discovery) = (tree(&slos), file("policies/discovery.rhai"));
    let (settings, history) = (file("slogate.yaml"), file("history.om.gz"));
    let root = |policies: (git2::Oid, i32)| {
        let (policies, mode) = policies;
        let entries = [("slogate.yaml", settings, 0o100_644), ("history.om.gz", history, 0o100_644)];
        tree(&[entries[0], entries[1], ("slos", slos, 0o040_000), ("policies", policies, mode)])
    };
    let policy = |id: git2::Oid, mode: i32| {
        let own = [("discovery.rhai", discovery, 0o100_644), ("payments.rhai", id, mode)];
        root((tree(&own), 0o040_000))
    };
    let commit = |branch: &str, root: git2::Oid, parents: &[&git2::Commit<'_>]| {
        let who = git2::Signature::new("t", "t@example", &git2::Time::new(0, 0)).expect("a person");
        let root = repository.find_tree(root).expect("a tree");
        let name = format!("refs/heads/{branch}");
        repository.commit(Some(&name), &who, &who, "a commit", &root, parents).expect("a commit")
    };
    let text = fs::read_to_string(example.join("policies/payments.rhai")).expect("a policy");
    let base = commit("main", policy(blob(text.as_bytes()), 0o100_644), &[]);
    let base = repository.find_commit(base).expect("the base");
    let text = text.replace("2.1.0", "2.2.0");
    let large = format!("{text}// {}", "x".repeat(1 << 20));
    // Each is asked at every point of weeks of history, of every SLO, and uses nearly all that it may.
    let clause = |number: usize| {
        let work = "let x = 0; while x < 100 { x += 1; }";
        format!(
            "clause(\"c{number}\", \"t\").when(|budget| {{ {work} budget.remaining > percent({number}) && \
             budget.remaining < percent({number}) }}).thaws(|budget| {{ {work} budget.remaining > percent(500) }})\
             .then(postmortem());\n"
        )
    };
    let endless: String = (0..100).map(clause).collect();
    let heads = [
        ("link", policy(blob(b"discovery.rhai"), 0o120_000), "`policies/payments.rhai` is a symbolic link"),
        ("large", policy(blob(large.as_bytes()), 0o100_644), "the policy is longer than 256 KiB"),
        (
            "slow",
            policy(blob(format!("{text}{endless}").as_bytes()), 0o100_644),
            "its policies take more than 10 s",
        ),
        ("submodule", root((base.id(), 0o160_000)), "no policy was found"),
    ];
    for (branch, root, wanted) in heads {
        commit(branch, root, &[&base]);
        let arguments = ["check", "--environment", "production", "--base", "main", "--head", branch];
        let begun = Instant::now();
        let (code, out, err) = run(directory.path(), &[&arguments[..], &["--format", "json"]].concat());
        assert_eq!(code, Some(1), "{branch}: {out}{err}");
        let report: Value = serde_json::from_str(&out).expect("a report");
        let proposed = report.pointer("/proposed").expect("what is proposed").to_string();
        assert!(proposed.contains(wanted), "{branch} after {:?}: {proposed}", begun.elapsed());
    }
}
