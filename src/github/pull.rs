//! Pull requests: where they stand now, and what they change.
//!
//! GitHub lists at most so many files of a comparison. Where it lists fewer than changed, that is said, and never
//! taken for the whole.

use std::collections::BTreeSet;

use super::call::{Call, GitHubError, encode};
use super::wire::{WireCompare, WireFile, WirePull};
use super::{GitHub, MAX_PAGES, Origin, PAGE, full_id};
use crate::git::{self, Changed};

/// The most changed files that a comparison names.
const COMPARE_FILES: usize = 300;

/// A pull request as GitHub knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// The full id of its head commit.
    pub head: String,
    /// The branch that its head is; none where its repository is gone.
    pub origin: Option<Origin>,
    /// The branch that it would be merged into.
    pub base: String,
    /// False when it is closed, merged or not.
    pub is_open: bool,
    /// How many files it changes.
    pub changed_files: usize,
    /// When it changed last, as GitHub writes it; none where GitHub does not say.
    pub updated: Option<String>,
    /// It is merged.
    pub is_merged: bool,
    /// Who opened it; none where GitHub does not say.
    pub author: Option<String>,
    /// The names of its labels.
    pub labels: Vec<String>,
}

/// What changed between two commits, as far as GitHub says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// Everything that changed.
    Complete(Changed),
    /// More changed than GitHub lists: every service must count. Why, as a sentence.
    Truncated(String),
}

impl GitHub {
    /// A pull request as it is now.
    ///
    /// # Errors
    /// When there is none of that number, or GitHub does not answer.
    pub fn pull(&self, number: u64) -> Result<Pull, GitHubError> {
        let what = format!("read pull request {number}");
        let found: WirePull =
            self.line.send(Call::get(&format!("{}/pulls/{number}", self.root), &what))?.json(&what)?;
        let origin = self.origin(&found.head, found.merged_at);
        let head = full_id(found.head.sha, &what)?;
        let is_open = found.state == "open";
        Ok(Pull {
            number,
            head,
            origin,
            base: found.base.name,
            is_open,
            changed_files: found.changed_files,
            updated: found.updated_at,
            is_merged: found.merged_at.is_some(),
            author: found.user.map(|user| user.login),
            labels: found.labels.into_iter().map(|label| label.name).collect(),
        })
    }

    /// What differs between two commits, seen from `prefix`, wherever their histories part: what came since and what
    /// was dropped.
    ///
    /// # Errors
    /// When the commits have no common history or are not there, or when GitHub does not answer.
    pub fn differing(&self, old: &str, new: &str, prefix: &str) -> Result<Compared, GitHubError> {
        let came = match self.changed(old, new, None, prefix)? {
            Compared::Complete(came) if came.fork.as_deref() == Some(old) => {
                return Ok(Compared::Complete(came));
            }
            Compared::Complete(came) => came,
            truncated @ Compared::Truncated(_) => return Ok(truncated),
        };
        // A comparison begins where the histories part, so that what went since is seen only from the other side.
        match self.changed(new, old, None, prefix)? {
            Compared::Complete(dropped) => {
                let paths: BTreeSet<String> = came.paths.into_iter().chain(dropped.paths).collect();
                Ok(Compared::Complete(Changed { paths: paths.into_iter().collect(), fork: None }))
            }
            truncated @ Compared::Truncated(_) => Ok(truncated),
        }
    }

    /// What changed between the merge base of two commits and the second of them, seen from `prefix`. A comparison
    /// names 300 files; of a pull request, which is named with the branch that it goes into, the list of its files is read
    /// where that is not enough.
    ///
    /// # Errors
    /// When the commits have no common history or are not there, or when GitHub does not answer.
    pub fn changed(
        &self,
        base: &str,
        head: &str,
        pull: Option<(u64, &str)>,
        prefix: &str,
    ) -> Result<Compared, GitHubError> {
        if let Some(paths) = self.surveyed_paths(base, head) {
            return Ok(Compared::Complete(Changed::seen_from(prefix, paths)));
        }
        let what = "compare the change with its base";
        let range = format!("{}...{}", encode(base, b""), encode(head, b""));
        let mut files: Vec<WireFile> = Vec::new();
        let (mut fork, mut is_first) = (None, true);
        // Pages are pages of commits. GitHub lists the files on the first of them; a server that spreads them over
        // several is read to its last page with files.
        let is_whole = self.pages(&format!("/compare/{range}"), what, MAX_PAGES, |answer| {
            let found: WireCompare = answer.json(what)?;
            if is_first && found.files.is_none() {
                let why = "it answered without the changed files".to_owned();
                return Err(GitHubError::Unreachable { what: what.to_owned(), why });
            }
            is_first = false;
            let listed = found.files.unwrap_or_default();
            let more = !listed.is_empty();
            fork = found.merge_base_commit.map(|commit| commit.sha).filter(|id| git::is_full_id(id));
            files.extend(listed);
            Ok(more)
        })?;
        if !is_whole {
            return Ok(Compared::Truncated(format!(
                "the comparison goes on after {} commits",
                PAGE * MAX_PAGES
            )));
        }
        if files.len() < COMPARE_FILES {
            return Ok(Compared::Complete(Changed { fork, ..seen_from(prefix, &files) }));
        }
        let Some((number, branch)) = pull else {
            return Ok(Compared::Truncated(format!("more than {COMPARE_FILES} files changed")));
        };
        Ok(match self.files(number, (head, branch), &files)? {
            Ok(files) => Compared::Complete(Changed { fork, ..seen_from(prefix, &files) }),
            Err(why) => Compared::Truncated(why),
        })
    }

    /// The changed files of a pull request of this head and branch, among which are those that were compared; why they are
    /// not known, as a sentence. They are listed page by page as they are at that moment, of whatever head and base it has
    /// then.
    fn files(
        &self,
        number: u64,
        (head, branch): (&str, &str),
        compared: &[WireFile],
    ) -> Result<Result<Vec<WireFile>, String>, GitHubError> {
        let before = self.pull(number)?;
        let (files, complete) =
            self.list::<WireFile>(&format!("/pulls/{number}/files"), "list the changed files", 30)?;
        let pull = self.pull(number)?;
        let listed: BTreeSet<&str> = files.iter().map(|file| file.filename.as_str()).collect();
        let is_same = before == pull
            && (pull.head.as_str(), pull.base.as_str()) == (head, branch)
            && compared.iter().all(|file| listed.contains(file.filename.as_str()));
        if !is_same {
            return Ok(Err("the pull request moved while its files were listed".to_owned()));
        }
        if !complete || files.len() < pull.changed_files {
            let all = pull.changed_files.max(files.len());
            return Ok(Err(format!("{all} files changed, and GitHub lists {} of them", files.len())));
        }
        Ok(Ok(files))
    }
}

/// The changed files as they are seen from a directory; a moved file counts with both paths.
fn seen_from(prefix: &str, files: &[WireFile]) -> Changed {
    let all = files.iter().flat_map(|file| [Some(&file.filename), file.previous_filename.as_ref()]);
    Changed::seen_from(prefix, all.flatten().cloned())
}
