//! What is run, on what, and what people see afterwards.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::run::{Finished, REPOSITORY, Run, Running};
use crate::stub::world::{ChangedFile, Deployment, World, files_below};
use crate::stub::{Recorded, Stub};

/// The pull request's number.
const NUMBER: u64 = 7;

/// The commit of the change.
pub const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The bot that a workflow's token writes as.
const BOT: &str = "github-actions[bot]";

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

/// How long a run may take until it knows enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Longer than any machine takes: what it comes to depends on no clock.
    Ample,
    /// So short that a call that hangs is soon given up; whatever a slow machine does not come to may be unknown.
    Short,
}

/// The commit that a merge queue made of the change.
const QUEUED: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

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

/// The payload of a merge queue's question.
pub fn merge_group() -> Value {
    json!({
        "action": "checks_requested",
        "merge_group": {
            "head_sha": QUEUED,
            "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{}", Law::Proceeds.commit()),
            "base_sha": Law::Proceeds.commit(),
            "base_ref": "refs/heads/main",
        },
        "repository": { "full_name": REPOSITORY, "default_branch": "main" },
    })
}

/// The payload of a deploy.
pub fn deployment() -> Value {
    json!({
        "action": "created",
        "deployment": { "id": 41, "sha": HEAD, "ref": "main", "environment": "production" },
        "repository": { "full_name": REPOSITORY, "default_branch": "main" },
    })
}

/// The payload of a schedule.
pub fn schedule() -> Value {
    json!({ "schedule": "*/15 * * * *", "repository": { "full_name": REPOSITORY } })
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
    /// Open issues, by their titles: title, text and labels.
    pub issues: Vec<(String, String, Vec<String>)>,
    /// The titles of closed ones.
    pub closed: Vec<String>,
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
        let (open, closed): (Vec<_>, Vec<_>) = world.issues.iter().partition(|issue| issue.is_open);
        let closed = closed.into_iter().map(|issue| issue.title.clone()).collect();
        let issues =
            open.into_iter().map(|issue| (issue.title.clone(), issue.body.clone(), issue.labels.clone()));
        let mut issues: Vec<_> = issues.collect();
        issues.sort();
        Self { statuses: statuses.collect(), comments: by(true), others: by(false), issues, closed }
    }

    /// True where we said something twice.
    pub fn is_doubled(&self) -> bool {
        let titles: Vec<&String> = self.issues.iter().map(|(title, ..)| title).collect();
        self.comments.len() > 1 || titles.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
    }

    /// Whether each of our comments says that the change is frozen, whatever it remembers besides.
    pub fn freezes(&self) -> Vec<bool> {
        self.comments.iter().map(|body| body.contains("**❄️ Freeze")).collect()
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
            let policy = &mut files.get_mut("policies/shop.rhai").expect("the file is there").bytes;
            policy.pop_if(|last| *last == b'\n');
            policy.pop_if(|last| *last == b';');
            policy.extend_from_slice(b"\n    .then(action_item(\"Repair it\"))\n    .then(postmortem());\n");
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
        world.deployments.push(Deployment {
            commit: Law::Proceeds.commit().to_owned(),
            environment: "production".to_owned(),
            at: "2026-11-20T10:00:00Z".to_owned(),
            states: vec!["success".to_owned()],
        });
        let changed = vec![ChangedFile::at("services/shop/app.rs")];
        world.pull(NUMBER, "main", HEAD, changed.clone());
        world.commits.insert(QUEUED.to_owned(), BTreeMap::new());
        for base in [Law::Proceeds, Law::Freezes, Law::Unknown, Law::Invalid] {
            world.compares.insert((base.commit().to_owned(), QUEUED.to_owned()), changed.clone());
        }
        for _ in 0..self.talk {
            world.comment(NUMBER, "mona", "talk");
        }
        if self.talk > 0 {
            let planted = format!("<!-- slogate:v1 key=production→main head={HEAD} run=9999.1 -->\nProceed");
            world.comment(NUMBER, "mallory", &planted);
        }
        if let Some(law) = self.before {
            let stub = Stub::start(Self::judged_by(world, law));
            let finished = self.run(&stub, 1, Time::Ample);
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
    pub fn run(&self, stub: &Stub, id: u64, time: Time) -> Finished {
        self.start(stub, id, time).finish()
    }

    /// Starts a run.
    pub fn start(&self, stub: &Stub, id: u64, time: Time) -> Running {
        let seconds = if time == Time::Ample { "600" } else { "4" };
        let arguments = [self.arguments, &["--deadline", seconds]].concat();
        let Self { event, .. } = *self;
        Run { arguments: &arguments, event, payload: &(self.payload)(), sha: HEAD }.start(stub, id)
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
