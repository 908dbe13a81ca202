//! What a case says of GitHub in its table `[github]`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::shipped::Shipped;

/// What a case says of GitHub.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that may be so of GitHub")]
pub(super) struct Known {
    /// The event that starts the run.
    pub(super) event: String,
    /// The commits are on disk, as after `actions/checkout`.
    pub(super) checkout: bool,
    /// The change comes from a fork.
    pub(super) fork: bool,
    /// The pull request is closed by now.
    pub(super) closed: bool,
    /// The pull request is merged by now.
    pub(super) merged: bool,
    /// What the event's payload says instead: laid over what it would say. `$BASE` and `$HEAD` stand for commits, and
    /// what is `$NONE` is not there.
    pub(super) payload: toml::Table,
    /// The API lies below this path, as on GitHub Enterprise Server.
    pub(super) api: String,
    /// What the token may do.
    pub(super) token: Token,
    /// Comments that are there already.
    pub(super) comments: Vec<Said>,
    /// Issues that are there already.
    pub(super) issues: Vec<Filed>,
    /// What is odd about issues.
    pub(super) oddities: Vec<Oddity>,
    /// The labels of the pull request.
    pub(super) labels: Vec<String>,
    /// What happened to it, in the order of time.
    pub(super) timeline: Vec<Change>,
    /// What the head branch was moved to, the oldest first; without it, what happened to the pull request says when it was
    /// pushed.
    pub(super) moves: Vec<Move>,
    /// The token may not read forks.
    pub(super) hides_forks: bool,
    /// People's roles; one that the organisation made with its base, as `lead/write`.
    pub(super) roles: BTreeMap<String, String>,
    /// The organisation's teams and who is in them.
    pub(super) teams: BTreeMap<String, Vec<String>>,
    /// The token may read the organisation's members.
    pub(super) sees_teams: bool,
    /// Other open pull requests. With any of them, the change on disk is none.
    pub(super) pulls: Vec<Opened>,
    /// The number of the workflow's run.
    pub(super) run: u64,
    /// What was deployed already, the oldest first.
    pub(super) deployments: Vec<Deployed>,
    /// What ships together, the oldest first.
    pub(super) shipped: Vec<Shipped>,
    /// Requests that fail.
    pub(super) faults: Vec<Failing>,
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
            moves: Vec::new(),
            hides_forks: false,
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
pub(super) enum Token {
    /// Write comments and commit statuses.
    Ordinary,
    /// Write comments.
    WithoutStatuses,
    /// Write comments and commit statuses, and not read deployments.
    WithoutDeployments,
    /// Read, as a token on a fork's pull request.
    ReadOnly,
    /// What an ordinary one may, in the name of an app of one's own, which reads merge queues too.
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
pub(super) struct Opened {
    /// Its number.
    pub(super) number: u64,
    /// The branch that it would be merged into.
    #[serde(default = "main")]
    pub(super) base: String,
    /// The files that it changes.
    pub(super) files: Vec<String>,
    /// It comes from a fork.
    #[serde(default)]
    pub(super) fork: bool,
    /// It is a draft.
    #[serde(default)]
    pub(super) draft: bool,
    /// Its conversation is locked.
    #[serde(default)]
    pub(super) locked: bool,
    /// It is closed once it was listed.
    #[serde(default)]
    pub(super) closes: bool,
    /// It gets another head once it was listed.
    #[serde(default)]
    pub(super) moves: bool,
    /// Its labels, and who set each.
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    /// What its status says.
    pub(super) status: Option<Stands>,
    /// What we have commented.
    pub(super) comment: Option<String>,
}

/// The branch that changes are merged into where nothing else is said.
fn main() -> String {
    "main".to_owned()
}

/// A status that stands there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stands {
    /// `success`, `failure`, `error`, `pending`.
    pub(super) state: String,
    /// In words.
    pub(super) description: String,
    /// How many seconds ago the run began that posted it; a run that is still to begin is negative.
    pub(super) ago: Option<i64>,
}

/// A comment that is there already.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    /// Who wrote it.
    pub(super) author: String,
    /// What it says.
    pub(super) body: String,
}

/// A deployment that is there already.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deployed {
    /// The commit; `$BASE` and `$HEAD` stand for those of the case.
    pub(super) commit: String,
    /// The environment.
    pub(super) environment: String,
    /// When it was asked for, in RFC 3339.
    pub(super) at: String,
    /// What became of it, in order.
    pub(super) states: Vec<String>,
}

/// An issue that is there already, or several alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filed {
    /// Its number; those of further ones follow.
    pub(super) number: u64,
    /// How many there are.
    #[serde(default = "one")]
    pub(super) count: u64,
    /// Who opened it.
    #[serde(default = "ourselves")]
    pub(super) author: String,
    /// What it says; `$N` stands for the place among those alike, from 1.
    pub(super) body: String,
    /// Its labels.
    #[serde(default)]
    pub(super) labels: Vec<String>,
    /// When it was opened, in RFC 3339.
    pub(super) at: String,
    /// When it was closed, where it is.
    pub(super) closed: Option<String>,
}

/// What is odd about issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Oddity {
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
pub(super) struct Change {
    /// A label that was set.
    pub(super) set: Option<String>,
    /// A label that was taken off.
    pub(super) removed: Option<String>,
    /// So many reviews and comments.
    #[serde(default)]
    pub(super) others: usize,
    /// Commits were pushed.
    #[serde(default)]
    pub(super) pushed: bool,
    /// Who did it; nobody where the account is gone.
    pub(super) by: Option<String>,
}

/// What the head branch was moved to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    /// The commit; `$BASE` and `$HEAD` stand for those of the case.
    pub(super) to: String,
    /// When, in RFC 3339; what is first in the timeline happened on 2026-11-01, and what follows a minute later each.
    pub(super) at: String,
}

/// Requests that fail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failing {
    /// `GET`, `POST`, `PATCH`.
    pub(super) method: String,
    /// A part of the path.
    pub(super) path: String,
    /// How many are let through first.
    #[serde(default)]
    pub(super) after: usize,
    /// How many fail then.
    #[serde(default = "always")]
    pub(super) times: usize,
    /// How.
    pub(super) how: How,
}

/// More often than any run asks.
const fn always() -> usize {
    1_000
}

/// How a request fails.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum How {
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
