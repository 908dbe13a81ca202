//! What happened to the branch that a pull request's head is, as GitHub itself wrote it down.
//!
//! The date of a commit is its author's to write, and a timeline places commits by it. When a branch began to lead to a
//! commit is written by GitHub alone. A fork is asked for by its id: names can be given away while a run asks, and ids
//! cannot.

use jiff::Timestamp;
use serde::Deserialize;

use super::call::{Call, GitHubError, encode};
use super::wire::WireHead;
use super::{GitHub, PAGE};

/// The branch that is or was the head of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its name.
    pub branch: String,
    /// The id of the fork that it is in; none where it is in this repository.
    pub fork: Option<u64>,
    /// When its pull request was merged: what happens to the branch later happens to something else.
    pub until: Option<Timestamp>,
}

/// One thing that happened to a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The full id of the commit that it led to before; zeros where it was not there.
    pub before: String,
    /// The full id of the commit that it led to since; zeros where it went away.
    pub after: String,
    /// When, by GitHub's clock.
    pub at: Timestamp,
}

/// An activity as GitHub sends it.
#[derive(Deserialize)]
struct WireMove {
    /// The branch, in full.
    #[serde(rename = "ref")]
    reference: String,
    /// The commit before.
    before: String,
    /// The commit after.
    after: String,
    /// When.
    timestamp: Timestamp,
}

impl GitHub {
    /// What happened to a branch while it was the head of its pull request, the newest first, of the newest 100 things
    /// that happened to it at all. GitHub may be late with the newest.
    ///
    /// # Errors
    /// When the token may not read the repository, which may be a fork, when GitHub keeps no such list, or does not answer.
    pub fn moves(&self, origin: &Origin) -> Result<Vec<Move>, GitHubError> {
        let what = "read when the head branch was pushed";
        let root = origin.fork.map_or_else(|| self.root.clone(), |id| format!("/repositories/{id}"));
        let reference = format!("refs/heads/{}", origin.branch);
        let path = format!("{root}/activity?ref={}&per_page={PAGE}", encode(&reference, b"/"));
        let found: Vec<WireMove> = self.line.send(Call::get(&path, what))?.json(what)?;
        let own = found.into_iter().filter(|wire| wire.reference == reference);
        let own = own.map(|wire| Move { before: wire.before, after: wire.after, at: wire.timestamp });
        Ok(own.filter(|one| origin.until.is_none_or(|until| one.at <= until)).collect())
    }

    /// Where a head comes from; none where its repository is gone.
    pub(super) fn origin(&self, head: &WireHead, until: Option<Timestamp>) -> Option<Origin> {
        let home = head.home.as_ref()?;
        let is_here =
            self.root.strip_prefix("/repos/").is_some_and(|own| own.eq_ignore_ascii_case(&home.full_name));
        let fork = if is_here { None } else { Some(home.id?) };
        Some(Origin { branch: head.name.clone(), fork, until })
    }
}
