//! What is run, on what, and what people see afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stub::world::{ChangedFile, World, files_below};
use crate::stub::{Recorded, Stub};

/// The repository's name on GitHub.
const REPOSITORY: &str = "acme/shop";

/// The pull request's number.
const NUMBER: u64 = 7;

/// The commit of the change.
pub const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The bot that a workflow's token writes as.
const BOT: &str = "github-actions[bot]";

/// After how long a run counts as hanging: twice the deadline and what is granted for closing.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the base branch makes of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// The budget is left.
    Proceeds,
    /// The budget is spent.
    Freezes,
    /// Nothing was recorded.
    Unknown,
    /// The policy does not parse.
    Invalid,
}

impl Law {
    /// The tip of the base branch.
    const fn commit(self) -> &'static str {
        match self {
            Self::Proceeds => "1111111111111111111111111111111111111111",
            Self::Freezes => "2222222222222222222222222222222222222222",
            Self::Unknown => "3333333333333333333333333333333333333333",
            Self::Invalid => "4444444444444444444444444444444444444444",
        }
    }
}

/// A verb, the event that starts it, and what is there before.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// What it shows.
    pub name: &'static str,
    /// The command line after `slogate`.
    pub arguments: &'static [&'static str],
    /// The event that starts the run.
    pub event: &'static str,
    /// Its payload.
    pub payload: fn() -> Value,
    /// What judges the change.
    pub law: Law,
    /// What judged it when the run before spoke; none when it is the first.
    pub before: Option<Law>,
    /// Comments of other people that are there: so many, and one that imitates ours.
    pub talk: usize,
}

/// The payload of an event of a pull request.
pub fn pull_request() -> Value {
    let side =
        |name: &str, sha: &str| json!({ "ref": name, "sha": sha, "repo": { "full_name": REPOSITORY } });
    json!({
        "action": "synchronize",
        "number": NUMBER,
        "pull_request": {
            "number": NUMBER,
            "title": "A change",
            "user": { "login": "mona" },
            "head": side("change", HEAD),
            "base": side("main", Law::Proceeds.commit()),
        },
        "repository": { "full_name": REPOSITORY, "default_branch": "main" },
    })
}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// Its exit; none when a signal ended it.
    pub exit: Option<i32>,
    /// What it said on both streams.
    pub said: String,
}

/// What people see of the verdict, without the figures that change from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The latest status of each commit and context: state and description.
    pub statuses: BTreeMap<(String, String), (String, String)>,
    /// Comments of ours, in order.
    pub comments: Vec<String>,
    /// Comments of others, in order.
    pub others: Vec<String>,
}

impl Standing {
    /// What is to be seen now.
    pub fn of(world: &World) -> Self {
        let figures = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "").replace("ago", "");
        let statuses = world.statuses.iter().map(|status| {
            let said = status.description.as_deref().unwrap_or_default();
            ((status.commit.clone(), status.context.clone()), (status.state.clone(), figures(said)))
        });
        let by = |ours: bool| {
            let found = world.comments.iter().filter(move |comment| (comment.author == BOT) == ours);
            found.map(|comment| figures(&comment.body)).collect()
        };
        Self { statuses: statuses.collect(), comments: by(true), others: by(false) }
    }

    /// The states of all statuses.
    pub fn states(&self) -> Vec<&str> {
        self.statuses.values().map(|(state, _)| state.as_str()).collect()
    }
}

impl Scenario {
    /// GitHub before the run.
    pub fn world(&self) -> World {
        let mut world = World::new(REPOSITORY);
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
        for law in [Law::Proceeds, Law::Freezes, Law::Unknown, Law::Invalid] {
            let case = if law == Law::Freezes { "check-freezes-when-spent" } else { "check-proceeds" };
            let mut files = files_below(&cases.join(case).join("repo"));
            let broken = match law {
                Law::Unknown => Some(("history.om", "# EOF\n")),
                Law::Invalid => Some(("policies/shop.rhai", "policy(#{\n")),
                Law::Proceeds | Law::Freezes => None,
            };
            if let Some((path, text)) = broken {
                files.get_mut(path).expect("the file is there").bytes = text.as_bytes().to_vec();
            }
            world.commit(law.commit(), files);
        }
        world.pull(NUMBER, "main", HEAD, vec![ChangedFile::at("services/shop/app.rs")]);
        for _ in 0..self.talk {
            world.comment(NUMBER, "mona", "talk");
        }
        if self.talk > 0 {
            let planted = format!("<!-- slogate:v1 key=production→main head={HEAD} run=9999.1 -->\nProceed");
            world.comment(NUMBER, "mallory", &planted);
        }
        if let Some(law) = self.before {
            let stub = Stub::start(Self::judged_by(world, law));
            let finished = self.run(&stub, 1);
            assert!(finished.exit.is_some_and(|exit| exit < 5), "{}: {finished:?}", self.name);
            world = stub.world().clone();
            world.seen = 0;
        }
        Self::judged_by(world, self.law)
    }

    /// GitHub where the base branch says something else.
    pub fn judged_by(mut world: World, law: Law) -> World {
        world.branches.insert("main".to_owned(), law.commit().to_owned());
        world
    }

    /// Runs it to its end.
    pub fn run(&self, stub: &Stub, id: u64) -> Finished {
        self.start(stub, id).finish()
    }

    /// Starts a run.
    pub fn start(&self, stub: &Stub, id: u64) -> Running {
        let runner = tempfile::tempdir().expect("a directory");
        let path = |name: &str| runner.path().join(name);
        fs::write(path("event.json"), (self.payload)().to_string()).expect("a file");
        let said = fs::File::create(path("said")).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
        command.args(self.arguments).env_clear().current_dir(runner.path()).stdin(Stdio::null());
        command.stderr(said.try_clone().expect("a file")).stdout(said);
        for (name, value) in [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", stub.url()),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", REPOSITORY),
            ("GITHUB_EVENT_NAME", self.event),
            ("GITHUB_RUN_ID", &id.to_string()),
            ("GITHUB_RUN_NUMBER", &id.to_string()),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_TOKEN", "ghs_s3cret"),
        ] {
            command.env(name, value);
        }
        command.env("GITHUB_EVENT_PATH", path("event.json"));
        command.env("GITHUB_STEP_SUMMARY", path("summary.md")).env("GITHUB_OUTPUT", path("output"));
        let child = command.spawn().expect("the binary can be started");
        Running { child, runner }
    }
}

/// A run that is under way.
pub struct Running {
    /// The process.
    pub child: Child,
    /// The runner's directory.
    runner: TempDir,
}

impl Running {
    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                self.child.kill().expect("it can be ended");
                panic!("the run hangs");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let said = fs::read(self.runner.path().join("said")).expect("a file");
        Finished { exit: status.code(), said: String::from_utf8_lossy(&said).into_owned() }
    }

    /// Ends it as it stands, without a chance to clean up.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be ended");
        self.child.wait().expect("it can be waited for");
    }
}

/// The requests of a run at which something may happen: of files that are read one after the other only the first.
pub fn steps(requests: &[Recorded]) -> Vec<(usize, String)> {
    let mut files = 0;
    let each = requests.iter().enumerate().filter(|(_, request)| {
        let is_file = request.path.contains("/git/blobs/");
        files += usize::from(is_file);
        !is_file || files == 1
    });
    each.map(|(number, request)| (number, request.line())).collect()
}
