//! What the stand-in knows: commits and their files, pull requests, comments, statuses, the token's rights, and
//! which requests are to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// As git writes it: `100644`, `120000` for a link, `160000` for a submodule.
    pub mode: &'static str,
    pub bytes: Vec<u8>,
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    pub path: String,
    /// Where it was before it was moved.
    pub previous: Option<String>,
}

impl ChangedFile {
    /// A file that was changed in its place.
    pub fn at(path: impl Into<String>) -> Self {
        Self { path: path.into(), previous: None }
    }

    /// A file that was moved.
    pub fn moved(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { path: to.into(), previous: Some(from.into()) }
    }
}

/// A pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    pub head: String,
    pub base: String,
    pub files: Vec<ChangedFile>,
    /// Closed, merged or not.
    pub closed: bool,
    /// Conversations that were locked take no comments.
    pub locked: bool,
    /// Who opened it.
    pub author: String,
    pub labels: Vec<String>,
    /// How often it was changed.
    pub changes: u64,
}

/// What happens to a pull request while a run reads what it changes.
#[derive(Debug, Clone)]
pub enum Race {
    /// It goes into another branch once a comparison was read, and changes these files then.
    Retargeted(String, Vec<ChangedFile>),
    /// It has another head, which changes these files, while they are listed, and the same as before thereafter.
    PushedTwice(Vec<ChangedFile>),
}

/// A commit on the way from one to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub id: String,
    pub parents: Vec<String>,
}

/// An entry of a merge queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub pull: u64,
    /// The commit that its own follow; none until the queue has made them.
    pub base: Option<String>,
    /// The last of its commits.
    pub head: Option<String>,
}

/// What happened to a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A label was set; by nobody where the account is gone.
    Labelled { label: String, by: Option<String> },
    /// An app set a label in somebody's name.
    LabelledThroughApp { label: String, by: String },
    /// A label was taken off.
    Unlabelled { label: String, by: Option<String> },
    /// A commit was pushed.
    Pushed,
    /// The head was replaced.
    Replaced,
    /// The base is another branch.
    Retargeted,
    /// GitHub pointed it at another branch, because its own was merged and deleted.
    Rebased,
    /// Its base branch was moved to another commit by force.
    Undermined,
    /// A review or a comment.
    Other,
}

/// What a head branch was moved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The commit that it leads to since; zeros where it went away.
    pub after: String,
    /// In RFC 3339.
    pub at: String,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub id: u64,
    pub issue: u64,
    pub author: String,
    pub body: String,
    /// When its text was taken, in RFC 3339.
    pub updated: String,
    /// Somebody hid it, as outdated.
    pub minimized: bool,
}

/// A deployment.
#[derive(Debug, Clone)]
pub struct Deployment {
    pub commit: String,
    pub environment: String,
    /// When it was asked for, in RFC 3339.
    pub at: String,
    /// What became of it, in order.
    pub states: Vec<String>,
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub number: u64,
    pub author: String,
    pub title: String,
    pub body: String,
    pub labels: Vec<String>,
    pub is_open: bool,
    /// In RFC 3339, like the others.
    pub created_at: String,
    pub updated_at: String,
    pub closed_at: Option<String>,
}

/// A commit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub commit: String,
    pub context: String,
    pub state: String,
    pub description: Option<String>,
    pub target: Option<String>,
    /// When it was taken, in RFC 3339.
    pub created: String,
    /// Who posted it.
    pub creator: String,
}

/// What a request is answered with instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// A status of GitHub's own trouble: 500, 502, 503.
    Server(u16),
    /// 403: too many calls in a short time, with the seconds to wait if it says so.
    Secondary(Option<u64>),
    /// 403: the hour's calls are used up, until so many seconds after the server's date.
    Primary(u64),
    /// 403: the token may not.
    Forbidden,
    /// 429: too many calls, with the seconds to wait if it says so.
    TooMany(Option<u64>),
    /// 401: the token is none.
    Unauthorized,
    /// 404: there is no such thing, or the token may not see it.
    Missing,
    /// 422: what was sent is refused.
    Invalid,
    /// 200 with a page of HTML, as a proxy's login does.
    Html,
    /// 301 to another host.
    Redirect,
    /// No answer.
    Hang,
    /// The answer breaks off at once.
    Cut,
    /// What was asked is done, and the answer is a 502.
    DoneThenServer,
    /// What was asked is done, and the answer breaks off at once.
    DoneThenCut,
}

/// Which requests fail, and how.
#[derive(Debug, Clone)]
pub struct Fault {
    pub method: &'static str,
    /// Part of the path.
    pub path: &'static str,
    /// How many such requests are let through first.
    pub after: usize,
    /// How many fail then.
    pub times: usize,
    pub kind: FaultKind,
}

impl Fault {
    /// The next so many requests of that kind fail.
    pub fn next(method: &'static str, path: &'static str, times: usize, kind: FaultKind) -> Self {
        Self { method, path, after: 0, times, kind }
    }
}

/// Requests that fail by their order, whatever they ask.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// How many requests are answered first.
    pub at: usize,
    /// How many fail then.
    pub times: usize,
    pub kind: FaultKind,
}

/// The state.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one right of a token")]
pub struct World {
    /// `owner/name`.
    pub repository: String,
    /// Empty, or `/api/v3` as on GitHub Enterprise Server.
    pub base_path: String,
    /// In whose name the token writes.
    pub actor: String,
    /// Whether the token may ask who it is; a workflow's own may not.
    pub may_ask_who: bool,
    /// Whether GraphQL answers it who it is, as it does every token.
    pub may_ask_viewer: bool,
    pub may_comment: bool,
    pub may_post_statuses: bool,
    /// The token is none: everything is 401.
    pub token_is_invalid: bool,
    /// The branch that everything starts from.
    pub default_branch: String,
    /// The repository has no issues.
    pub issues_are_disabled: bool,
    pub may_write_issues: bool,
    /// Whether labels that a token asks for are set; else they are dropped without a word.
    pub may_label: bool,
    pub issues: Vec<Issue>,
    /// An issue that another run opens just after ours: the same under another number.
    pub racing_issue: bool,
    /// What a person writes below an issue before it is read by its number, once.
    pub written_meanwhile: Option<String>,
    /// Tips of branches.
    pub branches: BTreeMap<String, String>,
    /// Files of commits.
    pub commits: BTreeMap<String, BTreeMap<String, File>>,
    pub pulls: BTreeMap<u64, Pull>,
    /// Pull requests from another repository.
    pub forks: BTreeSet<u64>,
    /// Pull requests that are drafts.
    pub drafts: BTreeSet<u64>,
    /// Pull requests that are closed once the first of several pages was read.
    pub vanishing: BTreeSet<u64>,
    /// Pull requests that are closed once they were listed.
    pub closing: BTreeSet<u64>,
    /// Pull requests whose head is another commit once they were listed.
    pub moving: BTreeMap<u64, String>,
    /// Changed files between two commits, where no pull request with that head says so.
    pub compares: BTreeMap<(String, String), Vec<ChangedFile>>,
    /// Where the histories of two commits part, where that is not the first of them.
    pub parted: BTreeMap<(String, String), String>,
    /// The commits that lead from one commit to another, each with its parents; else one that follows where they part.
    pub led: BTreeMap<(String, String), Vec<Step>>,
    /// The pull requests that commits belong to.
    pub belongings: BTreeMap<String, Vec<u64>>,
    /// Pull requests that were merged.
    pub merged: BTreeSet<u64>,
    /// The merge queues of branches that have one, those that are merged next first.
    pub queues: BTreeMap<String, Vec<Entry>>,
    /// The kind and the message of an error with which a question for a merge queue is answered; a workflow's own token may
    /// read none.
    pub queue_error: Option<(&'static str, &'static str)>,
    /// Comparisons have further pages of commits, without files.
    pub compare_goes_on: bool,
    /// What happens to pull requests while a run reads what they change.
    pub races: BTreeMap<u64, Race>,
    /// How many seconds GitHub's clock is ahead of the runner's.
    pub ahead: i64,
    /// How many entries of a recursive tree are listed before it is cut.
    pub tree_limit: usize,
    /// Who wrote the commits of pull requests; else whoever opened them wrote one.
    pub writers: BTreeMap<u64, Vec<String>>,
    /// What happened to pull requests, in the order of time.
    pub timeline: Vec<(u64, Happened)>,
    /// What happened to the head branches of pull requests, the oldest first; without it the head was pushed when the
    /// timeline says so.
    pub moves: BTreeMap<u64, Vec<Moved>>,
    /// Whether the token may not read forks.
    pub hides_forks: bool,
    /// People's roles: the name and the base of each.
    pub roles: BTreeMap<String, (String, String)>,
    /// Teams of the organisation: the state of each membership.
    pub teams: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the token may read the organisation's members; a workflow's own may not.
    pub may_see_teams: bool,
    pub comments: Vec<Comment>,
    pub statuses: Vec<Status>,
    /// The oldest first.
    pub deployments: Vec<Deployment>,
    pub may_read_deployments: bool,
    pub faults: Vec<Fault>,
    pub trouble: Option<Trouble>,
    /// Requests so far.
    pub seen: usize,
    /// Calls that the token has left this hour.
    pub remaining: u64,
    /// GraphQL sends other texts than the files have.
    pub is_mangled: bool,
    /// Points of GraphQL that the token has left this hour.
    pub points: u64,
    /// Pull requests whose files GraphQL does not list, for an error of its own.
    pub unlisted: BTreeSet<u64>,
    /// What pull requests list still, although their base has moved since: commits that it has by now, and all files.
    pub outdated: BTreeMap<u64, (Vec<String>, Vec<ChangedFile>)>,
    /// Where the next pages of lists are said to be, if not here.
    pub pages_elsewhere: Option<String>,
    /// A comment that another run writes just after ours: author and body.
    pub racing_comment: Option<(String, String)>,
    /// The id of the next comment.
    pub next_id: u64,
}

impl World {
    /// A repository with a workflow's ordinary token and nothing in it.
    pub fn new(repository: &str) -> Self {
        Self {
            repository: repository.to_owned(),
            base_path: String::new(),
            actor: "github-actions[bot]".to_owned(),
            may_ask_who: false,
            may_ask_viewer: true,
            may_comment: true,
            may_post_statuses: true,
            token_is_invalid: false,
            default_branch: "main".to_owned(),
            issues_are_disabled: false,
            may_write_issues: true,
            may_label: true,
            issues: Vec::new(),
            racing_issue: false,
            written_meanwhile: None,
            branches: BTreeMap::new(),
            commits: BTreeMap::new(),
            pulls: BTreeMap::new(),
            forks: BTreeSet::new(),
            drafts: BTreeSet::new(),
            vanishing: BTreeSet::new(),
            closing: BTreeSet::new(),
            moving: BTreeMap::new(),
            compares: BTreeMap::new(),
            parted: BTreeMap::new(),
            led: BTreeMap::new(),
            belongings: BTreeMap::new(),
            merged: BTreeSet::new(),
            queues: BTreeMap::new(),
            queue_error: Some(("FORBIDDEN", "Resource not accessible by integration")),
            compare_goes_on: false,
            races: BTreeMap::new(),
            ahead: 0,
            tree_limit: 100_000,
            writers: BTreeMap::new(),
            timeline: Vec::new(),
            moves: BTreeMap::new(),
            hides_forks: false,
            roles: BTreeMap::new(),
            teams: BTreeMap::new(),
            may_see_teams: false,
            comments: Vec::new(),
            statuses: Vec::new(),
            deployments: Vec::new(),
            may_read_deployments: true,
            faults: Vec::new(),
            trouble: None,
            seen: 0,
            remaining: 5_000,
            is_mangled: false,
            points: 1_000,
            unlisted: BTreeSet::new(),
            outdated: BTreeMap::new(),
            pages_elsewhere: None,
            racing_comment: None,
            next_id: 1_000,
        }
    }

    /// The token may read and not write, as a fork's.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.may_comment = false;
        self.may_post_statuses = false;
        self
    }

    /// Adds a commit under an id, for instance that of a commit of a real repository.
    pub fn commit(&mut self, id: &str, files: BTreeMap<String, File>) {
        self.commits.insert(id.to_owned(), files);
    }

    /// Adds a pull request whose head is a commit.
    pub fn pull(&mut self, number: u64, base: &str, head: &str, files: Vec<ChangedFile>) {
        self.commits.entry(head.to_owned()).or_default();
        let (author, labels) = ("mona".to_owned(), Vec::new());
        let pull = Pull {
            head: head.to_owned(),
            base: base.to_owned(),
            files,
            closed: false,
            locked: false,
            author,
            labels,
            changes: 0,
        };
        self.pulls.insert(number, pull);
    }

    /// Sets a label on a pull request, as somebody.
    pub fn label(&mut self, pull: u64, label: &str, by: &str) {
        self.pulls.get_mut(&pull).expect("a pull request").labels.push(label.to_owned());
        let happened = Happened::Labelled { label: label.to_owned(), by: Some(by.to_owned()) };
        self.timeline.push((pull, happened));
    }

    /// Gives somebody a role; one that the organisation made is written with its base, as `lead/write`.
    pub fn role(&mut self, login: &str, role: &str) {
        let (name, base) = role.split_once('/').unwrap_or_else(|| {
            let base = match role {
                "maintain" => "write",
                "triage" => "read",
                other => other,
            };
            (role, base)
        });
        self.roles.insert(login.to_owned(), (name.to_owned(), base.to_owned()));
    }

    /// Adds a comment that somebody wrote.
    pub fn comment(&mut self, issue: u64, author: &str, body: &str) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.comments.push(Comment {
            id,
            issue,
            author: author.to_owned(),
            body: body.to_owned(),
            updated: jiff::Timestamp::now().to_string(),
            minimized: false,
        });
        id
    }

    /// GitHub's clock.
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now().saturating_add(jiff::SignedDuration::from_secs(self.ahead)).expect("a time")
    }

    /// The fault of a request, counted down.
    pub fn fault(&mut self, method: &str, path: &str) -> Option<FaultKind> {
        let number = self.seen;
        self.seen += 1;
        if let Some(trouble) = &self.trouble
            && (trouble.at..trouble.at.saturating_add(trouble.times)).contains(&number)
        {
            return Some(trouble.kind.clone());
        }
        for fault in &mut self.faults {
            if fault.method != method || !path.contains(fault.path) || fault.times == 0 {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.times -= 1;
            return Some(fault.kind.clone());
        }
        None
    }
}

/// Plain files from texts.
pub fn files<const N: usize>(texts: [(&str, &str); N]) -> BTreeMap<String, File> {
    let file = |text: &str| File { mode: "100644", bytes: text.as_bytes().to_vec() };
    texts.into_iter().map(|(path, text)| (path.to_owned(), file(text))).collect()
}

/// The plain files below a directory.
pub fn files_below(root: &Path) -> BTreeMap<String, File> {
    fn walk(root: &Path, above: &str, files: &mut BTreeMap<String, File>) {
        for entry in std::fs::read_dir(root.join(above)).expect("a directory") {
            let entry = entry.expect("an entry");
            let path = format!("{above}{}", entry.file_name().to_string_lossy());
            if entry.file_name() == ".git" {
                continue;
            }
            if entry.file_type().expect("a type").is_dir() {
                walk(root, &format!("{path}/"), files);
            } else {
                let bytes = std::fs::read(entry.path()).expect("a file");
                files.insert(path, File { mode: "100644", bytes });
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(root, "", &mut files);
    files
}
