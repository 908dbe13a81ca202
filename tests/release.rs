//! The scripts of a release, run in a clone of a small repository, with a `gh` that holds one draft.
//!
//! What matters is what they refuse: a tag names no binary whose provenance did not hold, and a draft goes out only when
//! the tagged commit differs from what was built by nothing but the list of digests.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[path = "harness/program.rs"]
mod program;

/// The scripts, and what they change.
const FILES: [&str; 9] = [
    "release/propose",
    "release/seal",
    "release/publish",
    "release/verify",
    "release/list",
    "action/binaries",
    "Cargo.toml",
    "Cargo.lock",
    "CHANGELOG.md",
];

/// What binaries are built for.
const TARGETS: [&str; 4] = [
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "aarch64-unknown-linux-musl",
    "x86_64-unknown-linux-musl",
];

/// `gh`, as far as it is asked: it hands out the draft, vouches for what was built from one commit, and keeps its calls.
const GH: &str = r#"#!/usr/bin/env bash
set -eu
printf '%s\n' "$*" >>"$DRAFT.calls"
case "$1 $2" in
  "release download") while [ $# -gt 0 ]; do [ "$1" = --dir ] && cp "$DRAFT"/* "$2"; shift; done ;;
  "attestation verify") [[ "$*" == *"--source-digest $(cat "$DRAFT.commit") "* ]] && grep -q '^built$' "$3" ;;
  "release edit") ;;
  *) exit 1 ;;
esac
"#;

/// What git has tags signed by, as far as it looks.
const SIGN: &str = "#!/bin/sh\ncat >/dev/null\nprintf '\\n[GNUPG:] SIG_CREATED \\n' >&2\necho signed\n";

/// A clone of a repository with its origin, and a draft.
struct Clone {
    directory: tempfile::TempDir,
}

impl Clone {
    /// A clone whose only commit has the scripts of this project.
    fn new() -> Self {
        let clone = Self { directory: tempfile::tempdir().expect("a directory") };
        for below in ["clone/release", "clone/action", "tools", "draft"] {
            fs::create_dir_all(clone.at(below)).expect("a directory");
        }
        for file in FILES {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            fs::copy(from, clone.at("clone").join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
        program::write(&clone.at("tools/gh"), GH);
        program::write(&clone.at("tools/sign"), SIGN);
        let settings = format!(
            "[user]\nname = n\nemail = n@example.com\n[gpg]\nprogram = {}\n[commit]\ngpgsign = false\n",
            clone.at("tools/sign").display()
        );
        fs::write(clone.at("settings"), settings).expect("settings");
        clone.git(&["init", "--quiet", "--bare", clone.at("origin").to_str().expect("a path")]);
        clone.git(&["init", "--quiet", "--initial-branch=main"]);
        clone.git(&["remote", "add", "origin", clone.at("origin").to_str().expect("a path")]);
        clone.commit("begin");
        clone
    }

    /// A place beside the clone.
    fn at(&self, below: &str) -> PathBuf {
        self.directory.path().join(below)
    }

    /// A file of the clone.
    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.at("clone").join(file)).expect("a file")
    }

    /// Runs a command in the clone, with a program that signs whatever git asks it to.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let paths = std::env::var("PATH").expect("a path");
        Command::new(program)
            .args(arguments)
            .current_dir(self.at("clone"))
            .env_clear()
            .env("PATH", format!("{}:{paths}", self.at("tools").display()))
            .env("HOME", self.directory.path())
            .env("GIT_CONFIG_GLOBAL", self.at("settings"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("DRAFT", self.at("draft"))
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    /// What git says.
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.run("git", arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Commits everything.
    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Runs a script of a release; true when it succeeds, with all that it said.
    fn release(&self, step: &str) -> (bool, String) {
        let output = self.run("bash", &[&format!("release/{step}"), "7.8.9"]);
        let said = [output.stdout, output.stderr].map(|part| String::from_utf8_lossy(&part).into_owned());
        (output.status.success(), said.concat())
    }

    /// Does what the workflow does on the branch: a draft of binaries that were built from its commit.
    fn draft(&self) {
        for target in TARGETS {
            fs::write(self.at("draft").join(format!("slogate-7.8.9-{target}")), format!("{target}\nbuilt\n"))
                .expect("a binary");
        }
        fs::write(self.at("draft.commit"), self.git(&["rev-parse", "release/7.8.9"])).expect("a commit");
    }

    /// What `gh` was asked for.
    fn calls(&self) -> String {
        fs::read_to_string(self.at("draft.calls")).unwrap_or_default()
    }

    /// A clone whose release was proposed and drafted.
    fn drafted() -> Self {
        let clone = Self::new();
        let (done, said) = clone.release("propose");
        assert!(done, "{said}");
        clone.draft();
        clone
    }
}

#[test]
fn a_proposal_is_one_commit_on_a_branch_of_its_own() {
    let clone = Clone::drafted();
    assert_eq!(clone.git(&["log", "-1", "--format=%s", "origin/release/7.8.9"]), "Release 7.8.9");
    let changed = clone.git(&["diff", "--numstat", "main", "release/7.8.9"]);
    assert_eq!(changed, "2\t0\tCHANGELOG.md\n1\t1\tCargo.lock\n1\t1\tCargo.toml");
    let manifest: toml::Value = toml::from_str(&clone.text("Cargo.toml")).expect("a manifest");
    assert_eq!(manifest["package"]["version"].as_str(), Some("7.8.9"));
    let lock: toml::Value = toml::from_str(&clone.text("Cargo.lock")).expect("a lock");
    let ours = lock["package"]
        .as_array()
        .expect("packages")
        .iter()
        .find(|of| of["name"].as_str() == Some("slogate"));
    assert_eq!(ours.expect("this package")["version"].as_str(), Some("7.8.9"));
    assert!(
        clone.text("CHANGELOG.md").contains("\n## Unreleased\n\n## 7.8.9 - 20"),
        "{}",
        clone.text("CHANGELOG.md")
    );
}

#[test]
fn a_proposal_needs_a_clean_tree() {
    let clone = Clone::new();
    fs::write(clone.at("clone/Cargo.toml"), "other").expect("a file");
    let (done, said) = clone.release("propose");
    assert!(!done && said.contains("changes that are not committed"), "{said}");
    assert_eq!(clone.git(&["branch", "--list"]), "* main");
}

#[test]
fn a_tag_adds_the_digests_of_what_was_built_and_nothing_else() {
    let clone = Clone::drafted();
    let (done, said) = clone.release("seal");
    assert!(done, "{said}");
    assert_eq!(clone.git(&["rev-parse", "v7.8.9^{commit}^"]), clone.git(&["rev-parse", "release/7.8.9"]));
    assert_eq!(clone.git(&["diff", "--name-only", "release/7.8.9", "v7.8.9"]), "action/binaries");
    let list = clone.git(&["show", "v7.8.9:action/binaries"]);
    assert_eq!(list.lines().count(), 5, "{list}");
    // `printf 'x86_64-unknown-linux-musl\nbuilt\n' | sha256sum`
    let ours = "c63cd2e24367fe0416a2fc931da17502d7bbc0f371dee7aa0133258258bf9b53";
    let line = format!(
        "{ours}  https://github.com/slogate/slogate/releases/download/v7.8.9/slogate-7.8.9-x86_64-unknown-linux-musl"
    );
    assert!(list.lines().any(|of| of == line), "{list}");
    assert_eq!(clone.calls().matches("attestation verify").count(), 4, "{}", clone.calls());
    assert!(clone.calls().contains("--signer-workflow slogate/slogate/.github/workflows/release.yml"));
    assert!(clone.git(&["ls-remote", "--tags", "origin"]).contains("refs/tags/v7.8.9"));
    assert_eq!(
        clone.git(&["show", "release/7.8.9:action/binaries"]).lines().count(),
        1,
        "the branch has no digests"
    );

    clone.git(&["switch", "--quiet", "--detach", "v7.8.9"]);
    let (done, said) = clone.release("publish");
    assert!(done, "{said}");
    let pin = format!("`uses: slogate/slogate@{} # v7.8.9`", clone.git(&["rev-parse", "HEAD"]));
    let calls = clone.calls();
    let published = calls.contains("release edit v7.8.9 --repo slogate/slogate --draft=false --notes");
    assert!(published && calls.contains(&pin), "{calls}");
}

#[test]
fn no_tag_names_what_nobody_vouches_for() {
    const BINARY: &str = "draft/slogate-7.8.9-x86_64-apple-darwin";
    let other: fn(&Clone) = |clone| fs::write(clone.at(BINARY), "other\n").expect("a binary");
    let missing: fn(&Clone) = |clone| fs::remove_file(clone.at(BINARY)).expect("a binary");
    let elsewhere: fn(&Clone) =
        |clone| fs::write(clone.at("draft.commit"), clone.git(&["rev-parse", "main"])).expect("a commit");
    for spoil in [other, missing, elsewhere] {
        let clone = Clone::drafted();
        spoil(&clone);
        let (done, said) = clone.release("seal");
        assert!(!done, "{said}");
        assert_eq!(clone.git(&["tag", "--list"]), "", "{said}");
    }
    let clone = Clone::drafted();
    fs::write(clone.at("clone/action/obtain"), "more").expect("a file");
    assert!(!clone.release("seal").0, "a tree that is not clean");
    clone.commit("Do more");
    assert!(!clone.release("seal").0, "what was not built");
}

#[test]
fn a_draft_stays_one_where_the_tag_says_something_else() {
    let more: fn(&Clone) = |clone| {
        fs::write(clone.at("clone/Cargo.toml"), "other").expect("a file");
        clone.commit("Do more");
    };
    let amended: fn(&Clone) = |clone| {
        fs::write(clone.at("clone/Cargo.toml"), "other").expect("a file");
        clone.git(&["commit", "--quiet", "--all", "--amend", "--message", "Name the binaries"]);
    };
    let swapped: fn(&Clone) = |clone| {
        let list = clone.text("action/binaries").replace("  https", "0  https");
        fs::write(clone.at("clone/action/binaries"), list).expect("a list");
        clone.git(&["commit", "--quiet", "--all", "--amend", "--message", "Name the binaries"]);
    };
    for spoil in [more, amended, swapped] {
        let clone = Clone::drafted();
        let (done, said) = clone.release("seal");
        assert!(done, "{said}");
        clone.git(&["switch", "--quiet", "--detach", "v7.8.9"]);
        spoil(&clone);
        let (done, said) = clone.release("publish");
        assert!(!done, "{said}");
        assert!(!clone.calls().contains("release edit"), "{}", clone.calls());
    }
}
