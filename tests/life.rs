//! One life of a pull request, from its opening to the deploy and beyond, with the real binary against the stand-in for
//! GitHub: what the required status says at every step, that one comment says the same, and that nothing is left pending.
//!
//! Time passes by the recording that the tip of the branch has: it is judged at its own end, and each later one is the
//! same story, longer. The outage at its beginning spends the budget, leaves the period a day later, and comes back.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a life stops at the first thing that is not as it should be"
)]

#[path = "harness/run.rs"]
mod run;
#[path = "stub/stub.rs"]
mod stub;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use run::{Finished, REPOSITORY, Run};
use serde_json::{Value, json};
use stub::openapi::Description;
use stub::world::{ChangedFile, Deployment, Happened, Pull, files_below};
use stub::{Stub, World};

/// The pull request.
const NUMBER: u64 = 7;

/// Its commits, one after the other, and what a merge queue makes of the last.
const FIRST: &str = "a100000000000000000000000000000000000000";
const SECOND: &str = "a200000000000000000000000000000000000000";
const QUEUED: &str = "a300000000000000000000000000000000000000";

/// The commit that was deployed before all of this.
const DEPLOYED: &str = "d100000000000000000000000000000000000000";

/// The name of the status that the branch requires.
const REQUIRED: &str = "slogate: production → main";

/// The life as it stands.
struct Life {
    /// GitHub.
    stub: Stub,
    /// Runs so far.
    runs: u64,
}

/// A count of requests of the shop, each half hour of so many hours: an outage in the third hour from the beginning, and
/// one after two and a half days.
fn recording(hours: u64) -> String {
    const BEGIN: u64 = 1_795_089_600;
    let mut text = "# TYPE http_requests counter\n".to_owned();
    for code in ["200", "500"] {
        let mut count = 0;
        for step in 0..=2 * hours {
            let outage = (60..=61).contains(&step) || (150..=151).contains(&step);
            let bad = if outage { 150 } else { 0 };
            count += if code == "500" { bad } else { 500 - bad };
            let at = BEGIN + step * 1_800;
            let labels = format!("service=\"shop\",env=\"prod\",code=\"{code}\"");
            writeln!(text, "http_requests_total{{{labels}}} {count} {at}").expect("a string grows");
        }
    }
    text + "# EOF\n"
}

/// The tip of a branch after so many hours.
fn tip(branch: &str, hours: u64) -> String {
    let letter = if branch == "main" { 'b' } else { 'c' };
    format!("{letter}{hours:039}")
}

impl Life {
    /// A shop whose budget is whole, and a change of its code.
    fn new() -> Self {
        let mut world = World::new(REPOSITORY);
        world.pull(NUMBER, "main", FIRST, vec![ChangedFile::at("services/shop/app.rs")]);
        for commit in [SECOND, QUEUED, DEPLOYED] {
            world.commits.insert(commit.to_owned(), BTreeMap::new());
        }
        world.role("mona", "admin");
        world.role("ola", "maintain");
        let states = vec!["success".to_owned()];
        let at = "2026-11-01T10:00:00Z".to_owned();
        let environment = "production".to_owned();
        world.deployments.push(Deployment { commit: DEPLOYED.to_owned(), environment, at, states });
        let life = Self { stub: Stub::start(world), runs: 1_000 };
        life.passes("main", 26);
        life.passes("release", 26);
        life
    }

    /// Time passes: the branch has a recording of so many hours.
    fn passes(&self, branch: &str, hours: u64) {
        let mut world = self.stub.world();
        let repo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check-proceeds/repo");
        let mut files = files_below(&repo);
        files.get_mut("history.om").expect("a recording").bytes = recording(hours).into_bytes();
        let commit = tip(branch, hours);
        world.commit(&commit, files);
        world.branches.insert(branch.to_owned(), commit.clone());
        let changed = vec![ChangedFile::at("services/shop/app.rs")];
        for (base, head) in [(commit.as_str(), QUEUED), (DEPLOYED, QUEUED)] {
            world.compares.insert((base.to_owned(), head.to_owned()), changed.clone());
        }
    }

    /// A run of a workflow.
    fn run(&mut self, arguments: &[&str], event: &str, payload: &Value) -> Finished {
        self.runs += 1;
        Run { arguments, event, payload, sha: QUEUED }.start(&self.stub, self.runs).finish()
    }

    /// What happened to the pull request is judged.
    fn happens(&mut self, action: &str) -> Finished {
        self.edited(action, &json!({}))
    }

    /// The pull request goes into another branch.
    fn goes_into(&mut self, branch: &str) -> Finished {
        let mut from = String::new();
        self.pull(|pull| from = std::mem::replace(&mut pull.base, branch.to_owned()));
        self.edited("edited", &json!({ "base": { "ref": { "from": from }, "sha": { "from": "b" } } }))
    }

    /// What happened to the pull request is judged, and what was edited.
    fn edited(&mut self, action: &str, changes: &Value) -> Finished {
        let side =
            |name: &str, sha: &str| json!({ "ref": name, "sha": sha, "repo": { "full_name": REPOSITORY } });
        let payload = {
            let world = self.stub.world();
            let pull = world.pulls.get(&NUMBER).expect("a pull request");
            let base = world.branches.get(&pull.base).expect("a branch");
            json!({
                "action": action,
                "changes": changes,
                "number": NUMBER,
                "pull_request": {
                    "number": NUMBER,
                    "title": "A change",
                    "user": { "login": pull.author },
                    "head": side("change", &pull.head),
                    "base": side(&pull.base, base),
                },
                "repository": { "full_name": REPOSITORY, "default_branch": "main" },
            })
        };
        self.run(&["check", "--environment", "production", "--post"], "pull_request_target", &payload)
    }

    /// The scheduled sweep.
    fn sweeps(&mut self) -> Finished {
        let payload = json!({ "schedule": "*/15 * * * *", "repository": { "full_name": REPOSITORY } });
        self.run(&["sweep"], "schedule", &payload)
    }

    /// The merge queue asks.
    fn queues(&mut self) -> Finished {
        let base = self.stub.world().branches.get("main").expect("a branch").clone();
        let payload = json!({
            "action": "checks_requested",
            "merge_group": {
                "head_sha": QUEUED,
                "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{base}"),
                "base_sha": base,
                "base_ref": "refs/heads/main",
            },
            "repository": { "full_name": REPOSITORY, "default_branch": "main" },
        });
        self.run(&["check", "--environment", "production", "--post"], "merge_group", &payload)
    }

    /// The deploy of what was merged asks.
    fn deploys(&mut self) -> Finished {
        let payload = json!({
            "action": "created",
            "deployment": { "id": 41, "sha": QUEUED, "ref": "main", "environment": "production" },
            "repository": { "full_name": REPOSITORY, "default_branch": "main" },
        });
        let arguments = ["check", "--environment", "production", "--at", "deploy", "--post"];
        self.run(&arguments, "deployment", &payload)
    }

    /// Something about the pull request changes.
    fn pull(&self, change: impl FnOnce(&mut Pull)) {
        change(self.stub.world().pulls.get_mut(&NUMBER).expect("a pull request"));
    }

    /// Somebody takes the label off.
    fn unlabelled(&self, by: &str) {
        self.pull(|pull| pull.labels.clear());
        let happened = Happened::Unlabelled { label: "hotfix".to_owned(), by: Some(by.to_owned()) };
        self.stub.world().timeline.push((NUMBER, happened));
    }

    /// What the required status of a commit said, the oldest first.
    fn states(&self, commit: &str) -> Vec<String> {
        let world = self.stub.world();
        let of = world.statuses.iter().filter(|one| one.commit == commit && one.context == REQUIRED);
        of.map(|one| one.state.clone()).collect()
    }

    /// The run ended so, the status of that commit and name says so, and the one comment begins so; nothing is pending.
    #[track_caller]
    fn shows(&self, ended: &Finished, exit: Option<i32>, status: (&str, &str, &str, &str), comment: &str) {
        assert_eq!(ended.exit, exit, "{}", ended.said);
        let world = self.stub.world();
        let mut latest = BTreeMap::new();
        for one in &world.statuses {
            let text = one.description.as_deref().unwrap_or_default();
            latest.insert((one.commit.as_str(), one.context.as_str()), (one.state.as_str(), text));
        }
        let (commit, context, state, text) = status;
        assert_eq!(latest.get(&(commit, context)), Some(&(state, text)), "{}", ended.said);
        assert!(latest.values().all(|(state, _)| *state != "pending"), "{latest:#?}");
        let bodies: Vec<&str> = world.comments.iter().map(|comment| comment.body.as_str()).collect();
        assert_eq!(bodies.len(), 1, "{bodies:#?}");
        let pull = world.pulls.get(&NUMBER).expect("a pull request");
        let marker = format!("<!-- slogate:v1 key=production→{} head={} run=", pull.base, pull.head);
        let (first, below) = bodies.first().and_then(|body| body.split_once('\n')).expect("two lines");
        assert!(first.starts_with(&marker) && below.starts_with(comment), "{first}\n{below}");
    }
}

/// The comment of a verdict.
const PROCEED: &str =
    "**✅ Proceed: shop → production.** 100 % of the tightest budget is left (shop availability).";
const FREEZE: &str = "**❄️ Freeze: shop → production.**";
const INFORM: &str = "**ℹ️ Inform: shop → production.**";

/// The text of a status.
const GREEN: &str = "proceed: shop availability, 100 % left";
const RED: &str = "freeze: exhausted, shop availability -25 % left, thaws 21 Nov 18:00 UTC";

/// The whole life; answers every request that was made.
fn live() -> Vec<stub::Recorded> {
    let mut life = Life::new();
    // It is opened, and proceeds; the status was pending first.
    let ended = life.happens("opened");
    life.shows(&ended, Some(0), (FIRST, REQUIRED, "success", GREEN), PROCEED);
    assert_eq!(life.states(FIRST), ["pending", "success"]);
    // The budget is spent: a sweep finds the stale green, without a pending status in between.
    life.passes("main", 32);
    let ended = life.sweeps();
    life.shows(&ended, Some(0), (FIRST, REQUIRED, "failure", RED), FREEZE);
    assert_eq!(life.states(FIRST), ["pending", "success", "failure"]);
    // The author may set labels and is not the second person that the class asks for.
    for (by, exit, state, text, comment) in [
        ("mona", Some(1), "failure", RED, FREEZE),
        (
            "ola",
            Some(0),
            "success",
            "inform: exhausted excepts hotfix, shop availability -25 % left, thaws 21 Nov 18:00 UTC",
            INFORM,
        ),
    ] {
        life.stub.world().label(NUMBER, "hotfix", by);
        let ended = life.happens("labeled");
        life.shows(&ended, exit, (FIRST, REQUIRED, state, text), comment);
        life.unlabelled(by);
        let ended = life.happens("unlabeled");
        life.shows(&ended, Some(1), (FIRST, REQUIRED, "failure", RED), FREEZE);
    }
    // A push: the new head is judged, and what the old one was told stays.
    let before = life.states(FIRST);
    life.pull(|pull| SECOND.clone_into(&mut pull.head));
    let ended = life.happens("synchronize");
    life.shows(&ended, Some(1), (SECOND, REQUIRED, "failure", RED), FREEZE);
    assert_eq!(
        (life.states(FIRST), life.states(SECOND)),
        (before, vec!["pending".to_owned(), "failure".to_owned()])
    );
    // Another base has another status, and the one comment is about it; what the first base was told stands no more.
    let ended = life.goes_into("release");
    life.shows(&ended, Some(0), (SECOND, "slogate: production → release", "success", GREEN), PROCEED);
    assert_eq!(life.states(SECOND), ["pending", "failure", "error"]);
    let ended = life.goes_into("main");
    life.shows(&ended, Some(1), (SECOND, REQUIRED, "failure", RED), FREEZE);
    // The merge queue is held up by the same freeze.
    let ended = life.queues();
    life.shows(&ended, Some(1), (QUEUED, REQUIRED, "failure", RED), FREEZE);
    // A day later the outage has left the period.
    life.passes("main", 56);
    let ended = life.sweeps();
    let thawed = "☀️ **Thawed: shop → production**, 21 Nov 20:00 UTC, after 1 day.";
    life.shows(&ended, Some(0), (SECOND, REQUIRED, "success", GREEN), thawed);
    let ended = life.queues();
    life.shows(&ended, Some(0), (QUEUED, REQUIRED, "success", GREEN), thawed);
    let ended = life.deploys();
    life.shows(&ended, Some(0), (QUEUED, "slogate: deploy to production", "success", GREEN), thawed);
    // It burns again, while others still wait.
    life.passes("main", 77);
    let again = RED.replace("21 Nov 18:00", "23 Nov 15:00");
    let ended = life.sweeps();
    life.shows(&ended, Some(0), (SECOND, REQUIRED, "failure", &again), FREEZE);
    let ended = life.deploys();
    life.shows(&ended, Some(1), (QUEUED, "slogate: deploy to production", "failure", &again), FREEZE);
    // No merge waits for the status of a deploy, and none is won or lost by it.
    assert_eq!(life.states(QUEUED).last().map(String::as_str), Some("success"));
    life.stub.requests()
}

/// A green of better days is no green of the days when a pull request comes back.
#[test]
fn no_green_waits_for_who_comes_back() {
    let mut life = Life::new();
    life.happens("opened");
    assert_eq!(life.states(FIRST), ["pending", "success"]);
    life.pull(|pull| pull.closed = true);
    let ended = life.happens("closed");
    assert_eq!((ended.exit, life.states(FIRST).pop().as_deref()), (Some(0), Some("error")), "{}", ended.said);
    life.pull(|pull| pull.closed = false);
    life.happens("reopened");
    assert_eq!(life.states(FIRST).pop().as_deref(), Some("success"));
    // Into another branch: main's green goes, also where the gate is for main alone.
    let ended = life.goes_into("release");
    assert_eq!((ended.exit, life.states(FIRST).pop().as_deref()), (Some(0), Some("error")), "{}", ended.said);
    life.goes_into("main");
    assert_eq!(life.states(FIRST).pop().as_deref(), Some("success"));
    // Another open pull request of the same commit into the same branch keeps what it was told.
    life.stub.world().pull(8, "main", FIRST, vec![ChangedFile::at("services/shop/app.rs")]);
    life.stub.world().belongings.insert(FIRST.to_owned(), vec![NUMBER, 8]);
    life.pull(|pull| pull.closed = true);
    life.happens("closed");
    assert_eq!(life.states(FIRST).pop().as_deref(), Some("success"));
    // A merge leaves everything as it was.
    life.stub.world().belongings.clear();
    life.stub.world().merged.insert(NUMBER);
    let before = life.states(FIRST);
    let ended = life.happens("closed");
    assert_eq!((ended.exit, life.states(FIRST)), (Some(0), before), "{}", ended.said);
}

/// Whoever edits titles spends neither calls nor statuses; whoever runs such a run once more wants a verdict.
#[test]
fn words_are_judged_by_nobody() {
    let mut life = Life::new();
    let ended = life.edited("edited", &json!({ "title": { "from": "x" } }));
    assert_eq!((ended.exit, life.stub.requests().len()), (Some(0), 0), "{}", ended.said);
}

/// A runner whose clock is behind does not take the past for the future.
#[test]
fn a_slow_clock_leaves_no_green() {
    let mut life = Life::new();
    life.passes("main", 32);
    let created = {
        let mut world = life.stub.world();
        world.ahead = 3_000;
        world.now()
    };
    let at = created.as_second() - 60;
    life.stub.world().statuses.push(stub::world::Status {
        commit: FIRST.to_owned(),
        context: REQUIRED.to_owned(),
        state: "success".to_owned(),
        description: Some(GREEN.to_owned()),
        target: Some(format!("https://github.example/acme/shop/actions/runs/900?run=900.1&at={at}")),
        created: created.to_string(),
        creator: "github-actions[bot]".to_owned(),
    });
    let ended = life.happens("synchronize");
    assert_eq!(
        (ended.exit, life.states(FIRST).pop().as_deref()),
        (Some(1), Some("failure")),
        "{}",
        ended.said
    );
}

#[test]
fn the_required_status_is_right_at_every_step_of_a_life() {
    live();
}

#[test]
#[ignore = "needs GitHub's API description; tests/run fetches it"]
fn every_request_of_a_life_is_one_that_github_describes() {
    let named = std::env::vars().find(|(name, _)| name == "SLOGATE_GITHUB_OPENAPI");
    let path = named.map(|(_, path)| PathBuf::from(path)).expect("SLOGATE_GITHUB_OPENAPI names the file");
    let description = Description::read(&path);
    let problems: Vec<String> = live().iter().flat_map(|request| description.problems(request)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
