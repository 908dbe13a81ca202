//! The stand-in for GitHub as a case describes it, and the run of a workflow around it.
//!
//! The repository's commits are read from the checkout, which stands for the repository on GitHub: a run on
//! `pull_request_target` has nothing of it on disk, so its commands run in an empty directory.

mod shipped;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use git2::{Delta, ObjectType, Oid, Repository, TreeWalkMode, TreeWalkResult};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checkout::Checkout;
use crate::request::{Request, Stub};
use crate::stub::openapi;
use crate::stub::world::{ChangedFile, Deployment, File, Happened, Issue, Status};
use crate::stub::{Fault, FaultKind, Recorded, Stub as Server, World};

/// The repository's name on GitHub.
const REPOSITORY: &str = "acme/shop";

/// The pull request's number.
const NUMBER: u64 = 7;

/// The address under which transcripts show the API.
const SHOWN: &str = "https://api.github.example";

/// What a case says of GitHub.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that may be so of GitHub")]
struct Known {
    /// The event that starts the run.
    event: String,
    /// The commits are on disk, as after `actions/checkout`.
    checkout: bool,
    /// The change comes from a fork.
    fork: bool,
    /// The pull request is closed by now.
    closed: bool,
    /// The pull request is merged by now.
    merged: bool,
    /// What the event's payload says instead: laid over what it would say. `$BASE` and `$HEAD` stand for commits, and
    /// what is `$NONE` is not there.
    payload: toml::Table,
    /// The API lies below this path, as on GitHub Enterprise Server.
    api: String,
    /// What the token may do.
    token: Token,
    /// Comments that are there already.
    comments: Vec<Said>,
    /// Issues that are there already.
    issues: Vec<Filed>,
    /// What is odd about issues.
    oddities: Vec<Oddity>,
    /// The labels of the pull request.
    labels: Vec<String>,
    /// What happened to it, in the order of time.
    timeline: Vec<Change>,
    /// People's roles; one that the organisation made with its base, as `lead/write`.
    roles: BTreeMap<String, String>,
    /// The organisation's teams and who is in them.
    teams: BTreeMap<String, Vec<String>>,
    /// The token may read the organisation's members.
    sees_teams: bool,
    /// Other open pull requests. With any of them, the change on disk is none.
    pulls: Vec<Opened>,
    /// The number of the workflow's run.
    run: u64,
    /// What was deployed already, the oldest first.
    deployments: Vec<Deployed>,
    /// What ships together, the oldest first.
    shipped: Vec<shipped::Shipped>,
    /// Requests that fail.
    faults: Vec<Failing>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            event: "pull_request_target".to_owned(),
            checkout: false,
            fork: false,
            closed: false,
            merged: false,
            payload: toml::Table::new(),
            api: String::new(),
            token: Token::Ordinary,
            comments: Vec::new(),
            issues: Vec::new(),
            oddities: Vec::new(),
            labels: Vec::new(),
            timeline: Vec::new(),
            roles: BTreeMap::new(),
            teams: BTreeMap::new(),
            sees_teams: false,
            pulls: Vec::new(),
            run: 12,
            deployments: Vec::new(),
            shipped: Vec::new(),
            faults: Vec::new(),
        }
    }
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Token {
    /// Write comments and commit statuses.
    Ordinary,
    /// Write comments.
    WithoutStatuses,
    /// Write comments and commit statuses, and not read deployments.
    WithoutDeployments,
    /// Read, as a token on a fork's pull request.
    ReadOnly,
    /// What an ordinary one may, in the name of an app of one's own.
    App,
    /// The same, while GitHub does not say in whose name.
    NamelessApp,
    /// Nothing: GitHub does not know it.
    Invalid,
}

/// A pull request that is open beside the change on disk.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that may be so of a pull request")]
struct Opened {
    /// Its number.
    number: u64,
    /// The branch that it would be merged into.
    #[serde(default = "main")]
    base: String,
    /// The files that it changes.
    files: Vec<String>,
    /// It comes from a fork.
    #[serde(default)]
    fork: bool,
    /// It is a draft.
    #[serde(default)]
    draft: bool,
    /// Its conversation is locked.
    #[serde(default)]
    locked: bool,
    /// It is closed once it was listed.
    #[serde(default)]
    closes: bool,
    /// It gets another head once it was listed.
    #[serde(default)]
    moves: bool,
    /// Its labels, and who set each.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// What its status says.
    status: Option<Stands>,
    /// What we have commented.
    comment: Option<String>,
}

/// The branch that changes are merged into where nothing else is said.
fn main() -> String {
    "main".to_owned()
}

/// A status that stands there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stands {
    /// `success`, `failure`, `error`, `pending`.
    state: String,
    /// In words.
    description: String,
    /// How many seconds ago the run began that posted it; a run that is still to begin is negative.
    ago: Option<i64>,
}

/// A comment that is there already.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// Who wrote it.
    author: String,
    /// What it says.
    body: String,
}

/// A deployment that is there already.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deployed {
    /// The commit; `$BASE` and `$HEAD` stand for those of the case.
    commit: String,
    /// The environment.
    environment: String,
    /// When it was asked for, in RFC 3339.
    at: String,
    /// What became of it, in order.
    states: Vec<String>,
}

/// An issue that is there already, or several alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filed {
    /// Its number; those of further ones follow.
    number: u64,
    /// How many there are.
    #[serde(default = "one")]
    count: u64,
    /// Who opened it.
    #[serde(default = "ourselves")]
    author: String,
    /// What it says; `$N` stands for the place among those alike, from 1.
    body: String,
    /// Its labels.
    #[serde(default)]
    labels: Vec<String>,
    /// When it was opened, in RFC 3339.
    at: String,
    /// When it was closed, where it is.
    closed: Option<String>,
}

/// What is odd about issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Oddity {
    /// The repository has none.
    Disabled,
    /// Labels that a token asks for are dropped.
    Unlabelled,
    /// Another run opens the same one at the same time.
    Raced,
    /// A person writes in an issue after it was listed.
    Edited,
}

/// One.
const fn one() -> u64 {
    1
}

/// Who a workflow's token is.
fn ourselves() -> String {
    "github-actions[bot]".to_owned()
}

/// What happened to the pull request: one of these.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// A label that was set.
    set: Option<String>,
    /// A label that was taken off.
    removed: Option<String>,
    /// So many reviews and comments.
    #[serde(default)]
    others: usize,
    /// Commits were pushed.
    #[serde(default)]
    pushed: bool,
    /// Who did it; nobody where the account is gone.
    by: Option<String>,
}

/// Requests that fail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failing {
    /// `GET`, `POST`, `PATCH`.
    method: String,
    /// A part of the path.
    path: String,
    /// How many are let through first.
    #[serde(default)]
    after: usize,
    /// How many fail then.
    #[serde(default = "always")]
    times: usize,
    /// How.
    how: How,
}

/// More often than any run asks.
const fn always() -> usize {
    1_000
}

/// How a request fails.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// 502.
    Server,
    /// 403: too many calls in a short time; wait a second.
    Secondary,
    /// 403: the hour's calls are used up.
    Primary,
    /// 404.
    Missing,
    /// 403: the token may not.
    Forbidden,
    /// 422.
    Invalid,
    /// A page for people, with status 200.
    Html,
    /// 301 to another host.
    Redirect,
    /// The connection ends.
    Cut,
    /// It is done, and answered with 502.
    DoneThenServer,
}

/// A run of a workflow, with GitHub behind it.
pub struct Run {
    /// GitHub.
    server: Server,
    /// How many of its requests have been shown.
    shown: usize,
    /// The runner's directory: payload, outputs, summary and workspace.
    runner: TempDir,
    /// What started the run.
    event: String,
    /// The commit that the run belongs to.
    sha: String,
    /// The run's number.
    number: u64,
    /// The commits are on disk.
    checkout: Option<PathBuf>,
}

/// Starts a GitHub that knows what the table says, and the checkout's commits.
pub fn start(known: &toml::Table, checkout: &Checkout) -> Result<Run, String> {
    let known: Known = known.clone().try_into().map_err(|error| format!("[github]: {error}"))?;
    let missing = || "a case with [github] has [git], and a change or pull requests".to_owned();
    let head = checkout.head.as_ref().or(checkout.base.as_ref().filter(|_| !known.pulls.is_empty()));
    let (base, head) = checkout.base.as_ref().zip(head).ok_or_else(missing)?;
    let world = world(&known, &checkout.whole(), base, head).map_err(|error| format!("git: {error}"))?;
    let server = Server::start(world);
    let runner = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut payload = payload(&known, base, head);
    let laid = json!(known.payload).to_string().replace("$BASE", base).replace("$HEAD", head);
    lay_over(&mut payload, serde_json::from_str(&laid).map_err(|error| error.to_string())?);
    let written = fs::create_dir(runner.path().join("workspace"))
        .and_then(|()| fs::write(runner.path().join("event.json"), payload.to_string()));
    written.map_err(|error| error.to_string())?;
    let on_disk = known.checkout.then(|| checkout.path());
    let sha = match known.event.as_str() {
        "merge_group" | "push" | "deployment" => head,
        _ => base,
    };
    Ok(Run {
        server,
        shown: 0,
        runner,
        sha: sha.clone(),
        number: known.run,
        event: known.event,
        checkout: on_disk,
    })
}

impl Run {
    /// Where the run's commands run.
    pub fn directory(&self) -> PathBuf {
        self.checkout.clone().unwrap_or_else(|| self.path().join("workspace"))
    }

    /// The runner's directory.
    fn path(&self) -> PathBuf {
        self.runner.path().canonicalize().unwrap_or_else(|_| self.runner.path().to_owned())
    }
}

impl Stub for Run {
    fn environment(&self) -> Vec<(String, String)> {
        let file = |name: &str| self.path().join(name).display().to_string();
        let variables = [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_API_URL", self.server.url().to_owned()),
            ("GITHUB_SERVER_URL", "https://github.example".to_owned()),
            ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
            ("GITHUB_EVENT_NAME", self.event.clone()),
            ("GITHUB_EVENT_PATH", file("event.json")),
            ("GITHUB_SHA", self.sha.clone()),
            ("GITHUB_STEP_SUMMARY", file("summary.md")),
            ("GITHUB_OUTPUT", file("output")),
            ("GITHUB_RUN_ID", "1001".to_owned()),
            ("GITHUB_RUN_NUMBER", self.number.to_string()),
            ("GITHUB_RUN_ATTEMPT", "1".to_owned()),
            ("GITHUB_TOKEN", "ghs_s3cret".to_owned()),
            ("RUNNER_TEMP", self.path().display().to_string()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    fn requests(&mut self) -> Vec<Request> {
        let all = self.server.requests();
        let new = all.get(self.shown..).unwrap_or_default().iter().map(request).collect();
        self.shown = all.len();
        // The next command is of the next run.
        self.number += 1;
        new
    }

    fn left(&mut self) -> Vec<(String, String)> {
        let mut left = Vec::new();
        for (title, name) in [("step summary", "summary.md"), ("outputs", "output")] {
            let path = self.path().join(name);
            if let Ok(text) = fs::read_to_string(&path) {
                left.push((title.to_owned(), text));
                // What the next command leaves is its own.
                drop(fs::remove_file(&path));
            }
        }
        left
    }

    fn redactions(&self) -> Vec<(String, String)> {
        let runner = self.path().display().to_string();
        vec![(self.server.url().to_owned(), SHOWN.to_owned()), (runner, "/runner".to_owned())]
    }
}

/// A request as a transcript shows it: the fields of its body, texts as they are read.
fn request(recorded: &Recorded) -> Request {
    let mut lines = Vec::new();
    for (name, value) in recorded.body.as_ref().and_then(Value::as_object).into_iter().flatten() {
        match value.as_str().map(|text| text.lines().collect::<Vec<_>>()) {
            Some(texts) if texts.len() > 1 => {
                lines.push(format!("{name}:"));
                lines.extend(texts.into_iter().map(|line| format!("  {line}")));
            }
            Some(texts) => lines.push(format!("{name}: {}", texts.concat())),
            None => lines.push(format!("{name}: {value}")),
        }
    }
    // A transcript has no such line, so a request that GitHub does not describe fails its case.
    let problems = openapi::problems(recorded).into_iter();
    lines.extend(problems.map(|problem| format!("not in GitHub's description: {problem}")));
    let line = recorded.line();
    let target = line.split_once(' ').map_or(line.as_str(), |(_, target)| target);
    let target = match recorded.status {
        200..300 => target.to_owned(),
        status => format!("{target} -> {status}"),
    };
    Request { method: recorded.method.clone(), target, lines }
}

/// The payload of the event.
fn payload(known: &Known, base: &str, head: &str) -> Value {
    let repository = json!({ "full_name": REPOSITORY, "default_branch": "main" });
    match known.event.as_str() {
        "merge_group" => json!({
            "action": "checks_requested",
            "merge_group": {
                "head_sha": head,
                "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{base}"),
                "base_sha": base,
                "base_ref": "refs/heads/main",
            },
            "repository": repository,
        }),
        "push" => json!({
            "ref": "refs/heads/main",
            "before": base,
            "after": head,
            "forced": false,
            "repository": repository,
        }),
        "schedule" => json!({ "schedule": "*/15 * * * *", "repository": repository }),
        "workflow_dispatch" => json!({ "inputs": null, "ref": "refs/heads/main", "repository": repository }),
        "deployment" => json!({
            "action": "created",
            "deployment": { "id": 41, "sha": head, "ref": "main", "environment": "production" },
            "repository": repository,
        }),
        _ => json!({
            "action": "synchronize",
            "number": NUMBER,
            "pull_request": pull(known, base, head),
            "repository": repository,
        }),
    }
}

/// Lays a value over another; objects are laid over field by field.
fn lay_over(under: &mut Value, over: Value) {
    let (Value::Object(fields), Value::Object(under)) = (&over, &mut *under) else {
        *under = over;
        return;
    };
    for (name, value) in fields {
        if value == "$NONE" {
            under.remove(name);
        } else {
            lay_over(under.entry(name).or_insert(Value::Null), value.clone());
        }
    }
}

/// The pull request of a payload.
fn pull(known: &Known, base: &str, head: &str) -> Value {
    let home = if known.fork { "mallory/shop" } else { REPOSITORY };
    json!({
        "number": NUMBER,
        "title": "hotfix: not a class",
        "user": { "login": "mona" },
        "head": { "ref": "hotfix/not-a-class", "sha": head, "repo": { "full_name": home } },
        "base": { "ref": "main", "sha": base, "repo": { "full_name": REPOSITORY } },
    })
}

/// The state of GitHub before the run.
fn world(known: &Known, repository: &Path, base: &str, head: &str) -> Result<World, git2::Error> {
    let repository = Repository::open(repository)?;
    let mut world = World::new(REPOSITORY);
    world.base_path.clone_from(&known.api);
    if matches!(known.token, Token::App | Token::NamelessApp) {
        "acme-gate[bot]".clone_into(&mut world.actor);
    }
    world.may_ask_viewer = known.token != Token::NamelessApp;
    world.may_comment = known.token != Token::ReadOnly;
    world.may_post_statuses = !matches!(known.token, Token::ReadOnly | Token::WithoutStatuses);
    world.token_is_invalid = known.token == Token::Invalid;
    for branch in repository.branches(Some(git2::BranchType::Local))? {
        let (branch, id) = (branch?.0, |branch: &git2::Branch<'_>| branch.get().target());
        if let (Ok(Some(name)), Some(id)) = (branch.name(), id(&branch)) {
            world.branches.insert(name.to_owned(), id.to_string());
            world.commit(&id.to_string(), files(&repository, &id.to_string())?);
        }
    }
    world.branches.insert("main".to_owned(), base.to_owned());
    for commit in [base, head] {
        world.commit(commit, files(&repository, commit)?);
    }
    let changed = changed(&repository, base, head)?;
    world.compares.insert((base.to_owned(), head.to_owned()), changed.clone());
    // Backwards nothing came since: the histories part at the base itself.
    world.compares.insert((head.to_owned(), base.to_owned()), Vec::new());
    world.parted.insert((head.to_owned(), base.to_owned()), base.to_owned());
    if known.pulls.is_empty() {
        world.pull(NUMBER, "main", head, changed);
    }
    for pull in &known.pulls {
        open(&mut world, pull);
    }
    if let Some(pull) = world.pulls.get_mut(&NUMBER) {
        pull.closed = known.closed;
    }
    world.merged.extend(known.merged.then_some(NUMBER));
    world.may_read_deployments = known.token != Token::WithoutDeployments;
    world.deployments = known.deployments.iter().map(|one| deployment(one, base, head)).collect();
    for said in &known.comments {
        world.comment(NUMBER, &said.author, &said.body);
    }
    world.may_write_issues = known.token != Token::ReadOnly;
    world.issues_are_disabled = known.oddities.contains(&Oddity::Disabled);
    world.may_label = !known.oddities.contains(&Oddity::Unlabelled);
    let is_edited = known.oddities.contains(&Oddity::Edited);
    world.written_meanwhile = is_edited.then(|| "\nWritten meanwhile.\n".to_owned());
    world.racing_issue = known.oddities.contains(&Oddity::Raced);
    for opened in &known.issues {
        world.issues.extend((0..opened.count).map(|place| issue(opened, place)));
    }
    if let Some(pull) = world.pulls.get_mut(&NUMBER) {
        pull.labels.clone_from(&known.labels);
    }
    for Change { set, removed, others, pushed, by } in &known.timeline {
        let set = set.iter().map(|label| Happened::Labelled { label: label.clone(), by: by.clone() });
        let off = removed.iter().map(|label| Happened::Unlabelled { label: label.clone(), by: by.clone() });
        let push = pushed.then_some(Happened::Pushed);
        let all = set.chain(off).chain(push).chain(std::iter::repeat_n(Happened::Other, *others));
        world.timeline.extend(all.map(|happened| (NUMBER, happened)));
    }
    known.roles.iter().for_each(|(login, role)| world.role(login, role));
    for (team, members) in &known.teams {
        let active = |login: &String| (login.clone(), "active".to_owned());
        world.teams.insert(team.clone(), members.iter().map(active).collect());
    }
    shipped::lay(&mut world, &known.shipped, known.event == "merge_group", base, head);
    world.may_see_teams = known.sees_teams;
    world.faults = known.faults.iter().map(fault).collect();
    Ok(world)
}

/// An issue in the stub's words, and its place among those alike.
fn issue(opened: &Filed, place: u64) -> Issue {
    Issue {
        number: opened.number + place,
        author: opened.author.clone(),
        title: "an issue".to_owned(),
        body: opened.body.replace("$N", &(place + 1).to_string()),
        labels: opened.labels.clone(),
        is_open: opened.closed.is_none(),
        created_at: opened.at.clone(),
        updated_at: opened.closed.clone().unwrap_or_else(|| opened.at.clone()),
        closed_at: opened.closed.clone(),
    }
}

/// Opens a pull request, whose head is a commit that nobody has on disk.
fn open(world: &mut World, pull: &Opened) {
    let number = pull.number;
    let head = format!("{number:040x}");
    world.pull(number, &pull.base, &head, pull.files.iter().map(ChangedFile::at).collect());
    world.pulls.entry(number).and_modify(|opened| opened.locked = pull.locked);
    pull.labels.iter().for_each(|(label, by)| world.label(number, label, by));
    if pull.fork {
        world.forks.insert(number);
    }
    if pull.draft {
        world.drafts.insert(number);
    }
    if pull.closes {
        world.closing.insert(number);
    }
    if pull.moves {
        world.moving.insert(number, format!("{number:039x}f"));
    }
    if let Some(stands) = &pull.status {
        let page = format!("https://github.com/acme/shop/pull/{number}");
        let now = jiff::Timestamp::now().as_second();
        world.statuses.push(Status {
            commit: head.clone(),
            context: format!("slogate: production → {}", pull.base),
            state: stands.state.clone(),
            description: Some(stands.description.clone()),
            target: stands.ago.map(|ago| format!("{page}?run=900.1&at={}#issuecomment-1", now - ago)),
            created: jiff::Timestamp::now().to_string(),
            creator: "github-actions[bot]".to_owned(),
        });
    }
    if let Some(text) = &pull.comment {
        let marker = format!("<!-- slogate:v1 key=production→{} head={head} run=900.1 -->", pull.base);
        world.comment(number, "github-actions[bot]", &format!("{marker}\n{text}"));
    }
}

/// A deployment in the stub's words.
fn deployment(one: &Deployed, base: &str, head: &str) -> Deployment {
    Deployment {
        commit: one.commit.replace("$BASE", base).replace("$HEAD", head),
        environment: one.environment.clone(),
        at: one.at.clone(),
        states: one.states.clone(),
    }
}

/// The files of a commit.
fn files(repository: &Repository, commit: &str) -> Result<BTreeMap<String, File>, git2::Error> {
    let tree = repository.find_commit(Oid::from_str(commit)?)?.tree()?;
    let mut files = BTreeMap::new();
    tree.walk(TreeWalkMode::PreOrder, |directory, entry| {
        if entry.kind() == Some(ObjectType::Blob)
            && let Ok(blob) = repository.find_blob(entry.id())
        {
            let path = format!("{directory}{}", String::from_utf8_lossy(entry.name_bytes()));
            let mode = if entry.filemode() == 0o120_000 { "120000" } else { "100644" };
            files.insert(path, File { mode, bytes: blob.content().to_vec() });
        }
        TreeWalkResult::Ok
    })?;
    Ok(files)
}

/// What changed between two commits.
fn changed(repository: &Repository, base: &str, head: &str) -> Result<Vec<ChangedFile>, git2::Error> {
    let tree = |commit: &str| repository.find_commit(Oid::from_str(commit)?)?.tree();
    let diff = repository.diff_tree_to_tree(Some(&tree(base)?), Some(&tree(head)?), None)?;
    let changed = diff.deltas().filter_map(|delta| {
        let side = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
        Some(ChangedFile::at(side.path()?.to_string_lossy()))
    });
    Ok(changed.collect())
}

/// A fault in the stub's words.
fn fault(failing: &Failing) -> Fault {
    // The stub keeps what a test says literally; a case is read once in the life of the process.
    let kept = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let kind = match failing.how {
        How::Server => FaultKind::Server(502),
        How::Secondary => FaultKind::Secondary(Some(1)),
        How::Primary => FaultKind::Primary(3_000),
        How::Missing => FaultKind::Missing,
        How::Forbidden => FaultKind::Forbidden,
        How::Invalid => FaultKind::Invalid,
        How::Html => FaultKind::Html,
        How::Redirect => FaultKind::Redirect,
        How::Cut => FaultKind::Cut,
        How::DoneThenServer => FaultKind::DoneThenServer,
    };
    Fault {
        method: kept(&failing.method),
        path: kept(&failing.path),
        after: failing.after,
        times: failing.times,
        kind,
    }
}
