//! Commits: what lies between two of them, the pull requests that each belongs to, and who wrote those of one.
//!
//! GitHub says of a commit that is on the default branch which merged pull request brought it, and of any other which
//! pull requests have it. What a merge queue makes of a pull request that it squashes or rebases belongs to none until
//! it is merged; `queue` knows whose it is.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::call::{GitHubError, encode};
use super::label::WireLabel;
use super::wire::{WireObject, WireSide, WireUser};
use super::{GitHub, full_id};

/// The most pages of commits between two that are read.
const PAGES: usize = 3;

/// The most commits of a pull request that GitHub lists.
const LISTED: usize = 250;

/// A commit between two others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Between {
    /// Its full id.
    pub id: String,
    /// The full ids of its parents, in their order.
    pub parents: Vec<String>,
}

/// The commits that lead from where two histories part to the second of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Led {
    /// The full id of the commit where the histories part.
    pub fork: String,
    /// The commits, in no order that matters.
    pub commits: Vec<Between>,
    /// False when there are more of them.
    pub is_whole: bool,
}

/// A pull request that a commit belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Belonging {
    /// Its number.
    pub number: u64,
    /// The full id of its head.
    pub head: String,
    /// The branch that it goes or went into.
    pub base: String,
    /// It is open.
    pub is_open: bool,
    /// It was merged.
    pub is_merged: bool,
    /// Who opened it.
    pub author: Option<String>,
    /// The names of its labels.
    pub labels: Vec<String>,
}

/// A comparison as GitHub sends it.
#[derive(Deserialize)]
struct WireLed {
    /// The commit where the two histories part.
    merge_base_commit: WireObject,
    /// The commits.
    commits: Vec<WireCommit>,
}

/// A commit as GitHub sends it.
#[derive(Deserialize)]
struct WireCommit {
    /// Its id.
    sha: String,
    /// Its parents.
    parents: Vec<WireObject>,
}

/// A pull request that a commit belongs to, as GitHub sends it.
#[derive(Deserialize)]
struct WireBelonging {
    /// Its number.
    number: u64,
    /// `open` or `closed`.
    state: String,
    /// When it was merged; null where it was not.
    merged_at: Option<IgnoredAny>,
    /// Its head.
    head: WireObject,
    /// Its base.
    base: WireSide,
    /// Who opened it.
    user: Option<WireUser>,
    /// Its labels.
    labels: Vec<WireLabel>,
}

/// A commit of a pull request as GitHub sends it.
#[derive(Deserialize)]
struct WireWritten {
    /// Whose account wrote it, where that is known.
    author: Option<WireWriter>,
    /// Whose account committed it, where that is known.
    committer: Option<WireWriter>,
}

/// An account as GitHub sends it with a commit; an empty mapping where there is none.
#[derive(Deserialize)]
struct WireWriter {
    /// The login.
    login: Option<String>,
}

impl GitHub {
    /// The logins of those who wrote or committed what a pull request brings, as far as GitHub knows accounts by the
    /// addresses in its commits; none where there may be more commits than GitHub lists.
    ///
    /// # Errors
    /// When there is no such pull request, or GitHub does not answer.
    pub fn writers(&self, number: u64) -> Result<Option<BTreeSet<String>>, GitHubError> {
        let what = format!("read who wrote the commits of pull request {number}");
        let (commits, is_whole) =
            self.list::<WireWritten>(&format!("/pulls/{number}/commits"), &what, PAGES)?;
        if !is_whole || commits.len() >= LISTED {
            return Ok(None);
        }
        let writers = commits.into_iter().flat_map(|commit| [commit.author, commit.committer]);
        Ok(Some(writers.flatten().filter_map(|writer| writer.login).collect()))
    }

    /// The commits that lead from where the histories of two commits part to the second of them; at most 300, by 3 calls.
    ///
    /// # Errors
    /// When they have no common history or are not there, or when GitHub does not answer.
    pub fn led(&self, old: &str, new: &str) -> Result<Led, GitHubError> {
        let what = "list the commits that ship together";
        let below = format!("/compare/{}...{}", encode(old, b""), encode(new, b""));
        let (mut fork, mut commits) = (String::new(), Vec::new());
        let is_whole = self.pages(&below, what, PAGES, |answer| {
            let found: WireLed = answer.json(what)?;
            fork = full_id(found.merge_base_commit.sha, what)?;
            for commit in found.commits {
                let parents: Result<Vec<String>, GitHubError> =
                    commit.parents.into_iter().map(|parent| full_id(parent.sha, what)).collect();
                commits.push(Between { id: full_id(commit.sha, what)?, parents: parents? });
            }
            Ok(true)
        })?;
        Ok(Led { fork, commits, is_whole })
    }

    /// The pull requests that a commit belongs to; false beside them when there are more than 100.
    ///
    /// # Errors
    /// When the token may not read pull requests, or GitHub does not answer.
    pub fn belongings(&self, commit: &str) -> Result<(Vec<Belonging>, bool), GitHubError> {
        let what = "find the pull requests of a commit";
        let below = format!("/commits/{}/pulls", encode(commit, b""));
        let (found, is_whole) = self.list::<WireBelonging>(&below, what, 1)?;
        let belonging = |wire: WireBelonging| {
            Ok(Belonging {
                number: wire.number,
                head: full_id(wire.head.sha, what)?,
                base: wire.base.name,
                is_open: wire.state == "open",
                is_merged: wire.merged_at.is_some(),
                author: wire.user.map(|user| user.login),
                labels: wire.labels.into_iter().map(|label| label.name).collect(),
            })
        };
        let found: Result<Vec<Belonging>, GitHubError> = found.into_iter().map(belonging).collect();
        Ok((found?, is_whole))
    }
}
