//! The one door to GitHub's API: typed calls about one repository, counted and bounded.
//!
//! Reading and saying are kept apart from deciding: nothing here knows what a verdict is. Every list is read to
//! its end or said to be cut. A token that may not write is told from GitHub not answering, because the first is
//! an ordinary way to run and the second is not. `call` sends, `query` asks about
//! many things at once, `wire` holds what GitHub answers, `run` knows the workflow's run.

mod activity;
mod blob;
mod call;
mod comment;
mod commit;
mod deployment;
mod identity;
mod issue;
mod label;
mod object;
mod opened;
mod permission;
mod pull;
mod query;
mod queue;
mod repository;
pub mod run;
mod standing;
mod status;
mod survey;
mod wire;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;

pub use activity::{Move, Origin};
pub use blob::Batch;
pub use call::GitHubError;
pub use comment::Comment;
pub use commit::{Belonging, Between, Led};
pub use deployment::Deployment;
pub use identity::{Identity, is_bot};
pub use issue::{Fate, Issue, Listed};
pub use label::{Actor, History, Labelled, Since};
pub use object::Entry;
pub use permission::{Membership, Role};
pub use pull::{Compared, Pull};
pub use queue::{Queue, Queued};
pub use run::{Action, Address, Event, MergeGroup, PullRequest, Push, Run, RunError};
pub use standing::STANDINGS;
pub use status::{Dated, State, Status};
pub use survey::SURVEYED;

use crate::git;
use crate::http;
use call::{Answer, Call, Line, Next};

/// Entries of one page of a list.
const PAGE: usize = 100;

/// The most pages of one list that are read.
const MAX_PAGES: usize = 50;

/// How many calls the token has left, as GitHub last said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Calls that are left of this hour's.
    pub remaining: u64,
    /// When they are renewed, by the server's clock.
    pub resets_at: Option<Timestamp>,
}

/// GitHub's API for one repository.
pub struct GitHub {
    /// The way there.
    line: Line,
    /// `/repos/owner/name`.
    root: String,
    /// In whose name the token acts, as far as that is known.
    known: identity::Known,
    /// The token acts for an installation of an app, which may not ask who it is.
    is_installation: bool,
    /// Small files that were read, by id.
    blobs: RefCell<BTreeMap<String, Vec<u8>>>,
    /// Files that were asked for together, by id: what GitHub did not send whole is not asked for so again.
    asked: RefCell<BTreeSet<String>>,
    /// Roles and memberships of people.
    heard: permission::Heard,
    /// What changed between commits, as far as it was read ahead.
    surveyed: RefCell<survey::Surveyed>,
    /// What was asked about many things at once and not answered.
    unanswered: RefCell<BTreeSet<String>>,
}

impl GitHub {
    /// Prepares to call; nothing is sent yet. All waiting together takes at most the deadline of the limits.
    ///
    /// # Errors
    /// When the address, the repository or the token cannot be used.
    pub fn connect(
        http: Rc<http::Client>,
        address: &Address,
        limits: http::Limits,
    ) -> Result<Self, GitHubError> {
        let plain = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        match address.repository.split_once('/') {
            Some((owner, name)) if plain(owner) && plain(name) => {}
            _ => {
                return Err(GitHubError::Address(format!(
                    "`{}` is no repository of the form `owner/name`",
                    address.repository
                )));
            }
        }
        let is_installation = address.token.as_ref().is_some_and(|token| token.expose().starts_with("ghs_"));
        Ok(Self {
            line: Line::open(http, address, limits)?,
            root: format!("/repos/{}", address.repository),
            known: identity::Known::default(),
            is_installation,
            blobs: RefCell::default(),
            asked: RefCell::default(),
            heard: permission::Heard::default(),
            surveyed: RefCell::default(),
            unanswered: RefCell::default(),
        })
    }

    /// Grants time from now on, where less than that is left, and a try whatever was spent or refused before: for
    /// closing what was opened.
    pub fn grant(&self, time: Duration) {
        self.line.grant(time);
    }

    /// Bounds the time of what is asked in `asking`.
    pub fn within<T>(&self, time: Duration, asking: impl FnOnce() -> T) -> T {
        self.line.within(time, asking)
    }

    /// Calls sent so far, repetitions included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.line.calls()
    }

    /// How many calls the token has left, as the newest answer says; none where the server does not count them, as
    /// GitHub Enterprise Server by default.
    #[must_use]
    pub const fn remaining(&self) -> Option<Quota> {
        self.line.quota()
    }

    /// The time by GitHub's own clock when it first answered, in seconds since the epoch; none before, or where it does not
    /// say. Its statuses and comments are dated by it, and the clock of a runner may be wrong.
    #[must_use]
    pub const fn met(&self) -> Option<i64> {
        self.line.met()
    }

    /// Whether GitHub limits the rate of calls, and nothing may be sent before it allows. A grant tries all the same.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.line.is_limited()
    }

    /// Who owns the repository, and its name.
    fn place(&self) -> (&str, &str) {
        let place = self.root.strip_prefix("/repos/").unwrap_or_default();
        place.split_once('/').unwrap_or((place, ""))
    }

    /// All entries of a list, page by page; false when it goes on after the last page that is read.
    fn list<T: DeserializeOwned>(
        &self,
        below: &str,
        what: &str,
        pages: usize,
    ) -> Result<(Vec<T>, bool), GitHubError> {
        let mut all = Vec::new();
        let is_whole = self.pages(below, what, pages, |answer| {
            all.extend(answer.json::<Vec<T>>(what)?);
            Ok(true)
        })?;
        Ok((all, is_whole))
    }

    /// Reads a list page by page, as its links lead, until `read` has enough and answers false. False when it goes on
    /// after the last page that is read.
    fn pages(
        &self,
        below: &str,
        what: &str,
        pages: usize,
        mut read: impl FnMut(&Answer) -> Result<bool, GitHubError>,
    ) -> Result<bool, GitHubError> {
        let joint = if below.contains('?') { '&' } else { '?' };
        let mut path = format!("{}{below}{joint}per_page={PAGE}&page=1", self.root);
        for _ in 0..pages {
            let answer = self.line.send(Call::get(&path, what))?;
            if !read(&answer)? {
                return Ok(true);
            }
            path = match answer.next {
                Next::Nowhere => return Ok(true),
                Next::Path(next) => next,
                Next::Elsewhere => {
                    let why =
                        "its list goes on at another address, and the token goes nowhere else".to_owned();
                    return Err(GitHubError::Unreachable { what: what.to_owned(), why });
                }
            };
        }
        Ok(false)
    }
}

/// An id that GitHub sent, if it is a full one.
fn full_id(id: String, what: &str) -> Result<String, GitHubError> {
    if git::is_full_id(&id) {
        return Ok(id);
    }
    Err(GitHubError::Unreachable { what: what.to_owned(), why: "it answered without a commit id".to_owned() })
}
