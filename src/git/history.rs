//! What became of some files: the commits that changed them, newest first, along the first parents.
//!
//! A branch that was merged counts at its merge, because that is when its text came into force. The walk is bounded by
//! time and by number, and says where it ended early.

use super::{Changed, GitError, Repository, broken};

/// The most commits that are walked over.
const MOST: usize = 20_000;

/// How many commits in a row must lie before an instant until it counts as reached: a date is whatever its author says.
const OLD_IN_A_ROW: usize = 50;

/// The most commits that are kept.
const MOST_KEPT: usize = 200;

/// A commit that changed some of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its full id.
    pub id: String,
    /// The full id of its first parent; none for a first commit.
    pub parent: Option<String>,
    /// When it was committed, in seconds since the epoch; never before its parent, whatever it says.
    pub at: i64,
    /// The paths that it changed and that concern whoever asked.
    pub changed: Vec<String>,
}

/// Why a walk ended before the instant that it was to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The clone has no older commit.
    Shallow,
    /// There are too many.
    Long,
}

/// The commits that changed some files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Newest first.
    pub steps: Vec<Step>,
    /// Why it does not reach back as far as it was to, and the instant that it reaches back to.
    pub cut: Option<(Cut, i64)>,
}

impl Repository {
    /// The paths that differ between two commits, wherever their histories part: a shallow clone can say, too.
    ///
    /// # Errors
    /// When a commit is not here, or cannot be read.
    pub fn differing(&self, old: &str, new: &str) -> Result<Changed, GitError> {
        let paths = self.differ(Some(&self.commit(old)?), &self.commit(new)?)?;
        Ok(Changed { paths, fork: None })
    }

    /// The commits since an instant that changed a path that `concerns`, from a commit's full id backwards.
    ///
    /// # Errors
    /// When the commit is not here, or a commit or tree cannot be read.
    pub fn history(
        &self,
        tip: &str,
        since: i64,
        concerns: impl Fn(&str) -> bool,
    ) -> Result<History, GitError> {
        let mut history = History::default();
        let mut commit = self.commit(tip)?;
        let mut old = 0;
        for walked in 0.. {
            let own = commit.time().seconds();
            if walked == MOST || history.steps.len() == MOST_KEPT {
                history.cut = Some((Cut::Long, own));
                break;
            }
            let parent = match commit.parent(0) {
                Ok(parent) => Some(parent),
                Err(error) if error.code() != git2::ErrorCode::NotFound => {
                    return Err(broken(&format!("read the parent of `{}`", commit.id()), &error));
                }
                // Without its parent nobody can say what a commit changed.
                Err(_) if self.is_shallow() => {
                    history.cut = (own >= since).then_some((Cut::Shallow, own));
                    break;
                }
                Err(_) => None,
            };
            let at = parent.as_ref().map_or(own, |parent| own.max(parent.time().seconds()));
            old = if at < since { old + 1 } else { 0 };
            if old == OLD_IN_A_ROW {
                break;
            }
            let mut changed = self.differ(parent.as_ref(), &commit)?;
            changed.retain(|path| concerns(path));
            if !changed.is_empty() && at >= since {
                let parent = parent.as_ref().map(|parent| parent.id().to_string());
                history.steps.push(Step { id: commit.id().to_string(), parent, at, changed });
            }
            match parent {
                Some(parent) => commit = parent,
                None => break,
            }
        }
        Ok(history)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::repository;
    use super::*;

    #[test]
    fn the_commits_that_changed_a_file_come_newest_first() {
        let (_dir, repository, first, second) = repository();
        let ids = |since: i64, path: &'static str| {
            let history = repository.history(&second, since, |changed| changed == path).expect("a history");
            assert_eq!(history.cut, None);
            assert!(history.steps.iter().all(|step| step.changed == [path]));
            history.steps.into_iter().map(|step| step.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(0, "../README.md"), [second.clone(), first.clone()]);
        assert_eq!(ids(0, "slogate.yaml"), [first]);
        assert_eq!(ids(0, "slos/b.yaml"), std::slice::from_ref(&second));
        assert_eq!(ids(1, "slos/b.yaml"), Vec::<String>::new(), "everything is older");
    }

    #[test]
    fn a_commit_dated_long_ago_hides_nothing_and_is_no_older_than_its_parent() {
        let (dir, repository, _, second) = repository();
        let git = git2::Repository::open(dir.path()).expect("a repository");
        let commit = |parent: &str, at: i64, text: &str| {
            let parent = git.find_commit(git2::Oid::from_str(parent).expect("an id")).expect("a commit");
            let blob = git.blob(text.as_bytes()).expect("a blob");
            let mut tree = git.treebuilder(Some(&parent.tree().expect("a tree"))).expect("a tree");
            tree.insert("README.md", blob, 0o100_644).expect("an entry");
            let tree = git.find_tree(tree.write().expect("a tree")).expect("a tree");
            let who = git2::Signature::new("t", "t@example", &git2::Time::new(at, 0)).expect("a person");
            git.commit(None, &who, &who, "", &tree, &[&parent]).expect("a commit").to_string()
        };
        let honest = commit(&second, 1_000, "three");
        let dated = commit(&honest, 5, "four");
        let history = repository.history(&dated, 500, |path| path == "../README.md").expect("a history");
        let steps: Vec<(&str, i64)> = history.steps.iter().map(|step| (step.id.as_str(), step.at)).collect();
        assert_eq!(steps, [(dated.as_str(), 1_000), (honest.as_str(), 1_000)]);
    }

    #[test]
    fn a_shallow_clone_says_where_its_history_ends() {
        let (dir, _, first, second) = repository();
        std::fs::write(dir.path().join(".git/shallow"), format!("{second}\n")).expect("a file");
        let (start, rest) = first.split_at(2);
        std::fs::remove_file(dir.path().join(".git/objects").join(start).join(rest)).expect("it was there");
        let shallow = Repository::open(dir.path()).expect("it opens").expect("it is there");
        let history = shallow.history(&second, 0, |_| true).expect("a history");
        assert_eq!(history, History { steps: Vec::new(), cut: Some((Cut::Shallow, 0)) });
    }
}
