//! A branch that holds one file and nothing else: where observers leave what they saw.
//!
//! It has no history: each commit takes the place of the one before, so that a repository does not grow with every
//! observation. Neither the work tree nor `HEAD` nor the index is touched, and a branch that holds anything else is left
//! as it is. Paths are those of the branch, wherever the judged directory lies.

use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{BranchType, FileMode, Signature, Time};

use super::{GitError, Listed, Repository, broken};

/// In whose name commits are made.
const AUTHOR: (&str, &str) = ("slogate observe", "noreply@slogate.dev");

impl Repository {
    /// The full id of the tip of a branch of this name: the one here or the one known from `origin`, whichever was
    /// committed later; none where there is neither.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn tip_of(&self, branch: &str) -> Result<Option<String>, GitError> {
        let mut newest: Option<(i64, String)> = None;
        for (name, kind) in
            [(branch.to_owned(), BranchType::Local), (format!("origin/{branch}"), BranchType::Remote)]
        {
            let what = format!("find the branch `{name}`");
            let commit = match self.inner.find_branch(&name, kind) {
                Ok(found) => found.get().peel_to_commit().map_err(|error| broken(&what, &error))?,
                Err(error) if error.code() == git2::ErrorCode::NotFound => continue,
                Err(error) => return Err(broken(&what, &error)),
            };
            let at = commit.time().seconds();
            if newest.as_ref().is_none_or(|(known, _)| at > *known) {
                newest = Some((at, commit.id().to_string()));
            }
        }
        Ok(newest.map(|(_, id)| id))
    }

    /// The bytes of a file of a commit, by its path from the root; none when there is no such file.
    ///
    /// # Errors
    /// When it is a link, a directory or a submodule, is larger than `limit` bytes, or cannot be read.
    pub fn read_from_root(&self, commit: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, GitError> {
        let what = format!("read `{path}` of `{commit}`");
        let tree = self.commit(commit)?.tree().map_err(|error| broken(&what, &error))?;
        match tree.get_path(Path::new(path)) {
            Ok(entry) => self.blob(Listed { id: entry.id(), mode: entry.filemode() }, path, limit).map(Some),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(broken(&what, &error)),
        }
    }

    /// Makes a branch hold this file alone, as of an instant in seconds since the epoch; answers the commit's full id.
    ///
    /// # Errors
    /// When the branch is checked out, holds other files, or cannot be written.
    pub fn leave(&self, branch: &str, path: &str, bytes: &[u8], at: i64) -> Result<String, GitError> {
        self.free(branch, path)?;
        let written = || {
            let blob = self.inner.blob(bytes)?;
            let empty = self.inner.find_tree(self.inner.treebuilder(None)?.write()?)?;
            let tree = TreeUpdateBuilder::new()
                .upsert(path, blob, FileMode::Blob)
                .create_updated(&self.inner, &empty)?;
            let author = Signature::new(AUTHOR.0, AUTHOR.1, &Time::new(at, 0))?;
            let tree = self.inner.find_tree(tree)?;
            let message = format!("Observe up to {}\n", instant(at));
            let commit = self.inner.commit(None, &author, &author, &message, &tree, &[])?;
            self.inner.reference(&format!("refs/heads/{branch}"), commit, true, "slogate observe")?;
            Ok(commit.to_string())
        };
        written().map_err(|error: git2::Error| broken(&format!("write the branch `{branch}`"), &error))
    }

    /// That a branch may be written: it is not there, or holds nothing but the file, and nobody works on it.
    ///
    /// # Errors
    /// When it may not, or cannot be looked at.
    pub fn free(&self, branch: &str, path: &str) -> Result<(), GitError> {
        let what = format!("look at the branch `{branch}`");
        let found = match self.inner.find_branch(branch, BranchType::Local) {
            Ok(found) => Some(found),
            Err(error) if error.code() == git2::ErrorCode::NotFound => None,
            Err(error) => return Err(broken(&what, &error)),
        };
        let unborn = self.inner.find_reference("HEAD").is_ok_and(|head| {
            head.symbolic_target().is_ok_and(|target| target == Some(&format!("refs/heads/{branch}")))
        });
        if unborn || found.as_ref().is_some_and(git2::Branch::is_head) {
            return Err(GitError::Refused(format!("`{branch}` is checked out, and is never written")));
        }
        let Some(tip) = self.tip_of(branch)? else { return Ok(()) };
        let tree = self.commit(&tip)?.tree().map_err(|error| broken(&what, &error))?;
        let mut files = std::collections::BTreeMap::new();
        self.walk(&tree, "", 0, &mut files)?;
        match files.keys().find(|file| *file != path) {
            None => Ok(()),
            Some(other) => Err(GitError::Refused(format!(
                "`{branch}` holds `{other}` besides: a branch of observations holds nothing else, and this one is left as it is"
            ))),
        }
    }
}

/// An instant in words.
fn instant(at: i64) -> String {
    jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::tests::repository;

    #[test]
    fn a_branch_holds_the_file_alone_and_has_no_history() {
        let (dir, repository, _, second) = repository();
        let git = git2::Repository::open(dir.path()).expect("it opens");
        let seen = || -> Vec<(Vec<u8>, git2::Status)> {
            let statuses = git.statuses(None).expect("statuses");
            statuses.iter().map(|one| (one.path_bytes().to_vec(), one.status())).collect()
        };
        let before = seen();
        assert_eq!(repository.tip_of("seen"), Ok(None));
        let first = repository.leave("seen", "a/o.json", b"one", 100).expect("written");
        let next = repository.leave("seen", "a/o.json", b"two", 200).expect("written");
        assert_eq!(repository.tip_of("seen"), Ok(Some(next.clone())));
        assert_eq!(repository.read_from_root(&next, "a/o.json", 10), Ok(Some(b"two".to_vec())));
        assert_eq!(repository.read_from_root(&first, "a/o.json", 10), Ok(Some(b"one".to_vec())));
        assert_eq!(repository.read_from_root(&next, "README.md", 10), Ok(None));
        assert!(repository.read_from_root(&next, "a/o.json", 2).is_err());
        let tip = git.find_commit(git2::Oid::from_str(&next).expect("an id")).expect("a commit");
        assert_eq!((tip.parent_count(), tip.tree().expect("a tree").len()), (0, 1));
        let head = git.head().expect("a head").peel_to_commit().expect("a commit").id().to_string();
        assert_eq!(head, second);
        assert_eq!(seen(), before, "index and work tree are as they were");
    }

    #[test]
    fn a_branch_of_others_is_left_as_it_is() {
        let (dir, repository, first, second) = repository();
        let git = git2::Repository::open(dir.path()).expect("it opens");
        let head = git.head().expect("a head").shorthand().expect("a name").to_owned();
        let refused =
            |branch: &str| repository.leave(branch, "o.json", b"x", 1).expect_err("refused").to_string();
        assert!(refused(&head).contains("is checked out"));
        git.branch("work", &git.find_commit(git2::Oid::from_str(&first).expect("an id")).expect("it"), false)
            .expect("a branch");
        assert!(refused("work").contains("besides"));
        assert_eq!(repository.tip_of("work"), Ok(Some(first)));
        let second = git2::Oid::from_str(&second).expect("an id");
        git.reference("refs/remotes/origin/theirs", second, false, "").expect("a branch");
        assert!(refused("theirs").contains("besides"), "what only the remote has is somebody's, too");
    }
}
