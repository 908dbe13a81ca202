//! How the action gets slogate: released, from the tool cache, built from its source, or not at all.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::server::{Answer, Server};
use super::{action, program};

/// What stands for a binary, and its SHA-256 (`printf '#!/bin/sh\nexit 0\n' | sha256sum`).
const RELEASED: (&str, &str) =
    ("#!/bin/sh\nexit 0\n", "306c6ca7407560340797866e077e053627ad409277d1b9da58106fce4cf717cb");

/// What the script needs of a runner, besides what fetches and compares.
const TOOLS: [&str; 9] = ["bash", "chmod", "curl", "cut", "dirname", "mkdir", "mktemp", "mv", "rm"];

/// A runner with the action on it.
struct Runner {
    directory: tempfile::TempDir,
    server: Server,
    os: &'static str,
    arch: &'static str,
    binary: String,
}

/// How the step ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    path: Option<String>,
    said: String,
    asked: Vec<String>,
}

impl Runner {
    /// A runner of Linux on x86-64 whose action is a release, with all tools.
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let server = Server::start(&directory.path().join("authority.pem"), |port| {
            let at = |path: &str| format!("https://localhost:{port}{path}");
            vec![
                ("/v1/slogate-1-x86_64-unknown-linux-musl", Answer::Elsewhere(at("/store"))),
                ("/v1/slogate-1-aarch64-unknown-linux-musl", Answer::File(RELEASED.0)),
                ("/v1/slogate-1-x86_64-apple-darwin", Answer::File(RELEASED.0)),
                ("/v1/slogate-1-aarch64-apple-darwin", Answer::File(RELEASED.0)),
                ("/store", Answer::File(RELEASED.0)),
                ("/other/slogate-1-x86_64-unknown-linux-musl", Answer::File("#!/bin/sh\necho proceed\n")),
                (
                    "/plain/slogate-1-x86_64-unknown-linux-musl",
                    Answer::Elsewhere(at("/store").replace("https:", "http:")),
                ),
                (
                    "/round/slogate-1-x86_64-unknown-linux-musl",
                    Answer::Elsewhere(at("/round/slogate-1-x86_64-unknown-linux-musl")),
                ),
            ]
        });
        let runner = Self { directory, server, os: "Linux", arch: "X64", binary: String::new() };
        for below in ["repository/action", "tools", "workspace", "temp"] {
            fs::create_dir_all(runner.at(below)).expect("a directory");
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("action/obtain");
        fs::copy(script, runner.at("repository/action/obtain")).expect("the script");
        for tool in TOOLS.iter().chain(&["sha256sum"]) {
            symlink(found(tool), runner.at("tools").join(tool)).expect("a link");
        }
        // It makes what it is asked to make, and says where it was started.
        runner.tool(
            "cargo",
            "pwd -P >&2; for root; do :; done; mkdir -p \"$root/bin\"; echo >\"$root/bin/slogate\"",
        );
        runner.release("v1");
        runner
    }

    /// A place of the runner.
    fn at(&self, below: &str) -> PathBuf {
        self.directory.path().join(below)
    }

    /// Puts a tool there that is a line of shell.
    fn tool(&self, name: &str, line: &str) {
        program::write(&self.at("tools").join(name), &format!("#!/bin/bash\n{line}\n"));
    }

    /// Takes a tool away.
    fn without(&self, tool: &str) {
        fs::remove_file(self.at("tools").join(tool)).expect("a tool");
    }

    /// Writes the list of binaries, which lie below a path of the server.
    fn release(&self, below: &str) {
        let targets = [
            "x86_64-unknown-linux-musl",
            "aarch64-unknown-linux-musl",
            "x86_64-apple-darwin",
            "aarch64-apple-darwin",
        ];
        let lines = targets.map(|target| {
            format!("{}  {}\n", RELEASED.1, self.server.address(&format!("/{below}/slogate-1-{target}")))
        });
        self.list(&format!("# of a test\n{}", lines.concat()));
    }

    /// Writes a list of binaries.
    fn list(&self, text: &str) {
        fs::write(self.at("repository/action/binaries"), text).expect("a list");
    }

    /// Where the tool cache keeps the binary.
    fn cached(&self) -> PathBuf {
        self.at("cache/slogate").join(RELEASED.1).join("slogate")
    }

    /// Runs the first step of the action.
    fn run(&self) -> Ended {
        let action = action();
        let step = &action["runs"]["steps"][0];
        assert_eq!(step["env"]["SLOGATE_BINARY"], "${{ inputs.binary }}");
        assert_eq!(action["runs"]["steps"][1]["env"]["SLOGATE_BINARY"], "${{ steps.program.outputs.path }}");
        assert_eq!((&step["id"], &step["shell"]), (&"program".into(), &"bash".into()));
        fs::write(self.at("output"), "").expect("a file");
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c"])
            .arg(step["run"].as_str().expect("a script"))
            .current_dir(self.at("workspace"))
            .env_clear()
            .env("PATH", self.at("tools"))
            .env("GITHUB_ACTION_PATH", self.at("repository"))
            .env("GITHUB_OUTPUT", self.at("output"))
            .env("RUNNER_OS", self.os)
            .env("RUNNER_ARCH", self.arch)
            .env("RUNNER_TEMP", self.at("temp"))
            .env("RUNNER_TOOL_CACHE", self.at("cache"))
            .env("CURL_CA_BUNDLE", self.at("authority.pem"))
            .env("SLOGATE_BINARY", &self.binary)
            .output()
            .expect("bash");
        let written = fs::read_to_string(self.at("output")).expect("the output");
        let parts = [output.stdout, output.stderr].map(|part| String::from_utf8_lossy(&part).into_owned());
        Ended {
            code: output.status.code(),
            path: written.strip_prefix("path=").map(|path| path.trim_end_matches('\n').to_owned()),
            said: parts.concat(),
            asked: self.server.asked(),
        }
    }

    /// Asserts that the step built slogate, beside itself and not where a checkout may lie.
    fn built(&self, ended: &Ended) {
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.path.as_deref(), self.at("temp/slogate/bin/slogate").to_str(), "{ended:?}");
        let beside = self.at("repository").canonicalize().expect("a path");
        assert!(ended.said.contains(&format!("{}\n", beside.display())), "{ended:?}");
    }

    /// Asserts that the released binary was found in the tool cache, after these requests.
    fn released(&self, ended: &Ended, asked: &[&str]) {
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.path.as_deref(), self.cached().to_str(), "{ended:?}");
        assert_eq!(fs::read_to_string(self.cached()).expect("a binary"), RELEASED.0);
        assert!(Command::new(self.cached()).status().expect("it runs").success());
        assert_eq!(ended.asked, asked, "{ended:?}");
    }

    /// Asserts that the step failed, saying so, and gave no path.
    fn failed(ended: &Ended, saying: &str) {
        assert_eq!((ended.code, ended.path.as_deref()), (Some(2), None), "{ended:?}");
        assert!(ended.said.contains(&format!("::error::{saying}")), "{ended:?}");
    }
}

/// Where a tool of this machine is.
fn found(tool: &str) -> PathBuf {
    let paths = std::env::var_os("PATH").expect("a path");
    std::env::split_paths(&paths)
        .map(|directory| directory.join(tool))
        .find(|place| place.is_file())
        .unwrap_or_else(|| panic!("there is no {tool}"))
}

#[test]
fn a_release_is_fetched_once_and_kept() {
    let runner = Runner::new();
    runner.released(&runner.run(), &["/v1/slogate-1-x86_64-unknown-linux-musl", "/store"]);
    runner.released(&runner.run(), &[]);
    let kept = fs::read_dir(runner.cached().parent().expect("a directory")).expect("a directory");
    assert_eq!(kept.count(), 1, "nothing half-done is left");
}

#[test]
fn each_platform_gets_its_own() {
    for (os, arch, target) in [
        ("Linux", "ARM64", "aarch64-unknown-linux-musl"),
        ("macOS", "X64", "x86_64-apple-darwin"),
        ("macOS", "ARM64", "aarch64-apple-darwin"),
    ] {
        let runner = Runner { os, arch, ..Runner::new() };
        runner.released(&runner.run(), &[&format!("/v1/slogate-1-{target}")]);
    }
}

#[test]
fn what_is_not_the_released_binary_never_runs() {
    let runner = Runner::new();
    runner.release("other");
    let ended = runner.run();
    Runner::failed(&ended, &runner.server.address("/other/slogate-1-x86_64-unknown-linux-musl"));
    assert!(ended.said.contains("is not the released slogate"), "{ended:?}");
    assert!(!runner.cached().exists(), "it is not kept either");
}

#[test]
fn a_cache_that_somebody_wrote_to_is_not_believed() {
    let runner = Runner::new();
    fs::create_dir_all(runner.cached().parent().expect("a directory")).expect("a directory");
    fs::write(runner.cached(), "#!/bin/sh\necho proceed\n").expect("a file");
    let ended = runner.run();
    assert!(ended.said.contains("::warning::the slogate in the tool cache"), "{ended:?}");
    runner.released(&ended, &["/v1/slogate-1-x86_64-unknown-linux-musl", "/store"]);
}

#[test]
fn what_cannot_be_fetched_is_built() {
    for (below, asked) in [
        ("missing", vec!["/missing/slogate-1-x86_64-unknown-linux-musl"]),
        // Nobody listens to it: a redirect that leaves encryption is not followed.
        ("plain", vec!["/plain/slogate-1-x86_64-unknown-linux-musl"]),
        ("round", vec!["/round/slogate-1-x86_64-unknown-linux-musl"; 6]),
    ] {
        let runner = Runner::new();
        runner.release(below);
        let ended = runner.run();
        runner.built(&ended);
        assert_eq!(ended.asked, asked, "{ended:?}");
        assert!(ended.said.contains("::warning::https://localhost"), "{ended:?}");
    }
    let runner = Runner::new();
    runner.list(&format!("{}  http://localhost:1/slogate-1-x86_64-unknown-linux-musl\n", RELEASED.1));
    runner.built(&runner.run());
    let runner = Runner::new();
    Server::start(&runner.at("authority.pem"), |_| Vec::new());
    let ended = runner.run();
    runner.built(&ended);
    assert_eq!(ended.asked, ["!"], "a server that nobody vouches for is asked for nothing");
}

#[test]
fn a_platform_or_commit_without_binaries_is_built() {
    for (os, arch) in [("Linux", "X86"), ("Linux", "ARM"), ("Windows", "X64")] {
        let runner = Runner { os, arch, ..Runner::new() };
        let ended = runner.run();
        runner.built(&ended);
        assert!(ended.said.contains("there is no binary of slogate for"), "{ended:?}");
    }
    let runner = Runner::new();
    runner.list(include_str!("../../action/binaries"));
    let ended = runner.run();
    runner.built(&ended);
    assert!(ended.said.contains("this commit of slogate is no release"), "{ended:?}");
    assert!(ended.asked.is_empty());
}

#[test]
fn a_list_without_a_digest_is_no_list() {
    let runner = Runner::new();
    runner.list(&format!("-  {}\n", runner.server.address("/v1/slogate-1-x86_64-unknown-linux-musl")));
    Runner::failed(&runner.run(), "the list of binaries names no SHA-256");
}

#[test]
fn without_a_build_there_is_no_program() {
    let runner = Runner::new();
    runner.release("missing");
    runner.tool("cargo", "exit 101");
    Runner::failed(&runner.run(), "slogate could not be built from its source");
    runner.without("cargo");
    Runner::failed(&runner.run(), "there is no binary of slogate to run and no cargo");
}

#[test]
fn a_runner_may_lack_tools() {
    let runner = Runner::new();
    runner.without("sha256sum");
    let ended = runner.run();
    runner.built(&ended);
    assert!(ended.asked.is_empty(), "what cannot be compared is not fetched");
    symlink(found("shasum"), runner.at("tools/shasum")).expect("a link");
    symlink(found("perl"), runner.at("tools/perl")).expect("a link");
    runner.released(&runner.run(), &["/v1/slogate-1-x86_64-unknown-linux-musl", "/store"]);
    let runner = Runner::new();
    runner.without("curl");
    runner.built(&runner.run());
}

#[test]
fn a_program_that_is_given_is_taken_and_nothing_else_is_asked() {
    let mut runner = Runner::new();
    runner.binary = runner.at("tools/cargo").display().to_string();
    let ended = runner.run();
    assert_eq!((ended.code, ended.path.as_deref()), (Some(0), Some(runner.binary.as_str())), "{ended:?}");
    assert!(ended.asked.is_empty());
    for wrong in ["/nothing", "/tmp", "$(touch x)", "--help"] {
        runner.binary = wrong.to_owned();
        Runner::failed(&runner.run(), "the input binary names no program");
    }
    runner.tool("two\nverdict=proceed", "true");
    runner.binary = runner.at("tools/two\nverdict=proceed").display().to_string();
    Runner::failed(&runner.run(), "the input binary has more than one line");
    assert_eq!(fs::read_dir(runner.at("workspace")).expect("a directory").count(), 0, "nothing was run");
}
