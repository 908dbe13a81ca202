//! Which text is the law: the tree that everything that decides is read from, and the change that is judged.
//!
//! With a base it is the tip of that branch, as git objects where they are here and through GitHub's API where they
//! are not. A base that cannot be resolved ends the run; the work tree never stands in for it.

use std::path::Path;
use std::rc::Rc;

use crate::change::Commit;
use crate::command::judge::{Case, Stop};
use crate::command::means;
use crate::command::passage::Since;
use crate::diagnostic::{Code, Diagnostic};
use crate::git::{Changed, GitError, Repository};
use crate::github::{Compared, GitHub, GitHubError, PullRequest};
use crate::tree::{ApiTree, ChangedTree, GitTree, MAX_FILE, Tree, TreeError, WorkTree};

/// The tree that decides, and the change.
pub struct Ground {
    /// What is read.
    pub tree: Rc<dyn Tree>,
    /// The tip of the base branch; none when the work tree is judged.
    pub base: Option<Commit>,
    /// The full id of the commit that is about to ship.
    pub head: Option<String>,
    /// Where the text can be looked at, up to the slash before a path.
    pub permalink: Option<String>,
    /// What a reader must know of it.
    pub notes: Vec<String>,
    /// The local clone, when there is one.
    repository: Option<Rc<Repository>>,
    /// GitHub's API, when it can be asked.
    github: Option<Rc<GitHub>>,
    /// The judged directory inside the repository, empty or with a slash at its end.
    pub prefix: String,
    /// Since when the judged commit changed.
    since: Since,
}

/// What there is of a file on a branch.
pub enum OnBranch {
    /// The full id of the branch's tip, and what the file holds there.
    File(String, Vec<u8>),
    /// The branch lacks the file.
    NoFile,
    /// There is no such branch.
    NoBranch,
    /// The clone lacks the branch, which the remote may have.
    NotHere,
}

/// What changed, as far as it can be seen.
pub struct Seen {
    /// The paths; none when there are too many to be listed.
    pub paths: Option<Vec<String>>,
    /// The full id of the commit where the change began, where it is known.
    pub fork: Option<String>,
    /// Why they are not listed, where they are not.
    pub notes: Vec<String>,
}

impl Ground {
    /// `the work tree`, or `app/ of main @ 3f2c1a9`.
    #[must_use]
    pub fn describe(&self) -> String {
        let within = if self.prefix.is_empty() { String::new() } else { format!("{} of ", self.prefix) };
        match &self.base {
            None => format!("{within}the work tree"),
            Some(base) => format!("{within}{} @ {}", base.name, base.id.get(..7).unwrap_or(&base.id)),
        }
    }

    /// A file of a branch: as GitHub has it now where it can be asked, else as it is in the clone around `root`.
    ///
    /// # Errors
    /// When neither can say.
    pub fn on_branch(&self, branch: &str, path: &str, root: &Path) -> Result<OnBranch, TreeError> {
        let found = |read: Option<Vec<u8>>, tip: String| {
            read.map_or(OnBranch::NoFile, |bytes| OnBranch::File(tip, bytes))
        };
        if let Some(github) = &self.github {
            let tip = match github.tip(branch) {
                Ok(tip) => tip,
                Err(GitHubError::NotFound(_)) => return Ok(OnBranch::NoBranch),
                Err(error) => return Err(error.into()),
            };
            let here = self.repository.as_ref().filter(|repository| repository.has(&tip));
            let read = match here {
                Some(repository) => repository.read_from_root(&tip, path, MAX_FILE)?,
                None => ApiTree::new(Rc::clone(github), tip.clone(), "").read(path)?,
            };
            return Ok(found(read, tip));
        }
        let Some(repository) = Repository::open(root)? else {
            return Err(TreeError::Refused("there is no clone here, and GitHub is not asked".to_owned()));
        };
        let Some(tip) = repository.tip_of(branch)? else { return Ok(OnBranch::NotHere) };
        Ok(found(repository.read_from_root(&tip, path, MAX_FILE)?, tip))
    }

    /// When the base's commit was made, in seconds since the epoch; none without a base, or where the clone cannot say.
    #[must_use]
    pub fn committed_at(&self) -> Option<i64> {
        self.repository.as_ref()?.committed_at(&self.base.as_ref()?.id).ok()
    }

    /// The tree where this ground's history and another's part, the work tree standing on `HEAD`; none where the clone
    /// cannot say.
    #[must_use]
    pub fn forked(&self, other: &Self) -> Option<Box<dyn Tree>> {
        let repository = self.repository.as_ref()?;
        let head = match &other.base {
            Some(base) => base.id.clone(),
            None => repository.resolve("HEAD").ok()?,
        };
        let id = repository.forked(&self.base.as_ref()?.id, &head).ok()?;
        Some(Box::new(GitTree::new(Rc::clone(repository), id)))
    }

    /// The ground that stands there once the change is merged: what it touches as it is at its head. It judges nothing.
    ///
    /// # Errors
    /// When the head is not known, or cannot be listed.
    pub fn proposed(&self, head: &str, changed: &[String]) -> Result<Self, TreeError> {
        let Some(at_head) = self.at(head) else {
            return Err(TreeError::Refused(format!("commit `{head}` is not in this clone")));
        };
        let tree = ChangedTree::lay(Rc::clone(&self.tree), at_head, changed)?;
        let base = Commit { name: "the change".to_owned(), id: head.to_owned() };
        Ok(Self { base: Some(base), prefix: self.prefix.clone(), ..of_files(Box::new(tree)) })
    }

    /// The tree from which the change began, where that is known and not the base's tip.
    #[must_use]
    pub fn before(&self, seen: &Seen) -> Option<Rc<dyn Tree>> {
        let fork =
            seen.fork.as_ref().filter(|fork| self.base.as_ref().is_some_and(|base| base.id != **fork))?;
        self.at(fork).map(Rc::from)
    }

    /// The files of a commit, as git objects where they are here, else through GitHub's API.
    fn at(&self, commit: &str) -> Option<Box<dyn Tree>> {
        match (self.repository.as_ref().filter(|repository| repository.has(commit)), &self.github) {
            (Some(repository), _) => Some(Box::new(GitTree::new(Rc::clone(repository), commit))),
            (None, Some(github)) => Some(Box::new(ApiTree::new(Rc::clone(github), commit, &self.prefix))),
            (None, None) => None,
        }
    }

    /// The paths that differ between the commit that was there before and the head.
    fn differing(&self, before: &str, head: &str) -> Result<Seen, Stop> {
        if before == head {
            return Ok(seen(Changed::default()));
        }
        let here = self.repository.as_ref().filter(|here| here.has(before) && here.has(head));
        if let Some(changed) = here.and_then(|repository| repository.differing(before, head).ok()) {
            return Ok(seen(changed));
        }
        let short = before.get(..7).unwrap_or(before);
        let Some(github) = &self.github else {
            let why = format!("every service counts, because commit `{short}` is not in this clone");
            return Ok(unlisted(why));
        };
        match github.differing(before, head, &self.prefix) {
            Ok(Compared::Complete(changed)) => Ok(seen(changed)),
            Ok(Compared::Truncated(why)) => Ok(unlisted(format!("every service counts, because {why}"))),
            Err(GitHubError::NotFound(_)) => Ok(unlisted(format!(
                "every service counts, because nothing leads from commit `{short}` to the judged one any more"
            ))),
            Err(error) => Err(Stop::Unknown(format!("cannot see what changed: {error}"))),
        }
    }

    /// Reads ahead what pull requests change, where neither the clone nor GitHub has said so yet.
    pub fn survey<'a>(&self, pulls: impl Iterator<Item = &'a PullRequest>) {
        if let (Some(base), Some(github)) = (&self.base, &self.github) {
            github.survey(&base.id, pulls.filter(|pull| !self.is_surveyed(pull)));
        }
    }

    /// Whether it takes no call to see what a pull request changes.
    #[must_use]
    pub fn is_surveyed(&self, pull: &PullRequest) -> bool {
        let head = &pull.head_sha;
        let is_here = self.repository.as_ref().is_some_and(|repository| repository.has(head));
        let known = self.base.as_ref().zip(self.github.as_ref());
        is_here || known.is_some_and(|(base, github)| github.is_surveyed(&base.id, head))
    }

    /// The paths that differ since what was deployed last, where the head goes on from that. Whoever may write deployments
    /// can name any commit, and by one beside the head nobody knows what is there.
    fn deployed(&self, before: &str, head: &str) -> Result<Seen, Stop> {
        let here = self.repository.as_ref().and_then(|repository| repository.forked(before, head).ok());
        let seen = match here {
            Some(fork) => Seen { fork: Some(fork), ..self.differing(before, head)? },
            None => self.differing(before, head)?,
        };
        if seen.paths.is_none() || before == head || seen.fork.as_deref() == Some(before) {
            return Ok(seen);
        }
        let short = before.get(..7).unwrap_or(before);
        Ok(unlisted(format!(
            "every service counts, because commit `{short}`, which was deployed last, is not behind the judged one"
        )))
    }

    /// The paths that a change touches, of the pull request of that number where it is one: from the merge base of the
    /// two commits to the head.
    ///
    /// # Errors
    /// When neither the clone nor GitHub can say.
    pub fn changed(&self, head: Option<&str>, number: Option<u64>) -> Result<Seen, Stop> {
        let (Some(base), Some(head)) = (&self.base, head) else {
            return Ok(Seen { paths: None, fork: None, notes: Vec::new() });
        };
        match &self.since {
            Since::Fork => {}
            Since::Commit(before) => return self.differing(before, head),
            Since::Deployed(before) => return self.deployed(before, head),
            Since::Unknown(why) => return Ok(unlisted(why.clone())),
        }
        let here = self.repository.as_ref().map(|repository| repository.changed(&base.id, head));
        let why = match here {
            Some(Ok(changed)) => return Ok(seen(changed)),
            Some(Err(error)) => error.to_string(),
            None => "there is no clone here".to_owned(),
        };
        let Some(github) = &self.github else {
            let message = format!("cannot see what changed between `{}` and `{head}`: {why}", base.name);
            let help = "fetch the whole history (`fetch-depth: 0`), or name services with --service";
            return Err(Diagnostic::error(Code::NoCommit, message).help(help).into());
        };
        let pull = number.map(|number| (number, base.name.as_str()));
        match github.changed(&base.id, head, pull, &self.prefix) {
            Ok(Compared::Complete(changed)) => Ok(seen(changed)),
            Ok(Compared::Truncated(why)) => Ok(unlisted(format!("every service counts, because {why}"))),
            Err(error) => Err(Stop::Unknown(format!("cannot see what changed: {error}"))),
        }
    }
}

/// Changed paths that are all known.
fn seen(changed: Changed) -> Seen {
    Seen { paths: Some(changed.paths), fork: changed.fork, notes: Vec::new() }
}

/// What changed is not all known; why, as a sentence.
fn unlisted(why: String) -> Seen {
    Seen { paths: None, fork: None, notes: vec![why] }
}

/// Finds the ground that a case is judged on.
///
/// # Errors
/// When the base or the head cannot be resolved.
pub fn find(case: &Case<'_>) -> Result<Ground, Stop> {
    if let Some(passage) = case.passage.filter(|_| case.github.is_some()) {
        let branch = passage.law.clone().map_err(Stop::Unknown)?;
        let ground = at_tip(case, &branch, passage.head.clone())?;
        let head = ground.head.clone().or_else(|| ground.base.as_ref().map(|base| base.id.clone()));
        return Ok(Ground { head, since: passage.since.clone(), notes: passage.notes.clone(), ..ground });
    }
    let Some(name) = &case.base else {
        present(case.means.root(), &case.means.dir)?;
        let notes = vec!["read from the work tree, because no --base was given".to_owned()];
        return Ok(work_tree(case.means.root(), notes));
    };
    let head = case.head.as_deref().unwrap_or("HEAD");
    let repository = open(case)?;
    let base = Commit { name: name.clone(), id: resolve(case, repository.as_ref(), name)? };
    let head = resolve(case, repository.as_ref(), head)?;
    based(case, base, Some(head))
}

/// The ground of the tip of a branch as GitHub has it now.
///
/// # Errors
/// When GitHub cannot be asked, or there is no such branch.
pub fn at_tip(case: &Case<'_>, branch: &str, head: Option<String>) -> Result<Ground, Stop> {
    let Some(github) = &case.github else { return Err(nowhere(branch, "GitHub is not asked")) };
    let tip = match github.tip(branch) {
        Ok(tip) => tip,
        Err(error @ GitHubError::NotFound(_)) => return Err(nowhere(branch, &error.to_string())),
        Err(error) => {
            return Err(Stop::Unknown(format!(
                "the tip of the base branch `{branch}` could not be read: {error}"
            )));
        }
    };
    based(case, Commit { name: branch.to_owned(), id: tip }, head)
}

/// The ground of a verb that judges no change: the tip of a branch in the clone here, or the work tree.
///
/// # Errors
/// When there is no such directory, or the base cannot be resolved.
pub fn read(root: &Path, named: &Path, base: Option<&str>) -> Result<Ground, Stop> {
    present(root, named)?;
    let Some(name) = base else { return Ok(work_tree(root, Vec::new())) };
    let unreadable = |error: GitError| -> Stop {
        Diagnostic::error(Code::NoCommit, error.to_string()).help("look at the clone").into()
    };
    let Some(repository) = Repository::open(root).map_err(unreadable)? else {
        return Err(nowhere(name, &GitError::UnknownName(name.to_owned()).to_string()));
    };
    let id = repository.resolve(name).map_err(|error| nowhere(name, &error.to_string()))?;
    let repository = Rc::new(repository);
    let prefix = repository.prefix().to_owned();
    Ok(Ground {
        tree: Rc::new(GitTree::new(Rc::clone(&repository), id.clone())),
        base: Some(Commit { name: name.to_owned(), id }),
        head: None,
        permalink: None,
        notes: Vec::new(),
        repository: Some(repository),
        github: None,
        prefix,
        since: Since::Fork,
    })
}

/// Where a directory lies in the repository around it: empty, or with a slash at its end; empty without a repository.
pub fn prefix(root: &Path) -> String {
    Repository::open(root)
        .ok()
        .flatten()
        .map_or_else(String::new, |repository| repository.prefix().to_owned())
}

/// Refuses a directory that is none; `named` is what the command line calls it.
///
/// # Errors
/// When it is none.
pub fn present(root: &Path, named: &Path) -> Result<(), Stop> {
    if root.is_dir() {
        return Ok(());
    }
    let kind = if root.exists() { "is no directory" } else { "is not there" };
    Err(Stop::Usage(format!("`{}` {kind}", named.display())))
}

/// The ground of a work tree.
fn work_tree(root: &Path, notes: Vec<String>) -> Ground {
    Ground { notes, ..of_files(Box::new(WorkTree::new(root))) }
}

/// The ground of files that are, or would be, in the work tree.
pub fn of_files(tree: Box<dyn Tree>) -> Ground {
    of_tree(Rc::from(tree))
}

/// The ground of a tree alone: neither a commit nor a change is known of it.
pub fn of_tree(tree: Rc<dyn Tree>) -> Ground {
    Ground {
        tree,
        base: None,
        head: None,
        permalink: None,
        notes: Vec::new(),
        repository: None,
        github: None,
        prefix: String::new(),
        since: Since::Fork,
    }
}

/// The clone around the judged directory, when there is one.
fn open(case: &Case<'_>) -> Result<Option<Repository>, Stop> {
    match Repository::open(case.means.root()) {
        Ok(repository) => Ok(repository),
        // Without a clone that can be read, GitHub can still be asked.
        Err(_) if case.github.is_some() => Ok(None),
        Err(error) => {
            Err(Diagnostic::error(Code::NoCommit, error.to_string()).help("look at the clone").into())
        }
    }
}

/// The full id that a name stands for, here or on GitHub.
fn resolve(case: &Case<'_>, repository: Option<&Repository>, name: &str) -> Result<String, Stop> {
    let here = match repository {
        Some(repository) => repository.resolve(name),
        None => Err(GitError::UnknownName(name.to_owned())),
    };
    let why = match here {
        Ok(id) => return Ok(id),
        Err(error) => error.to_string(),
    };
    if let Some(github) = &case.github {
        return match github.resolve(name) {
            Ok(id) => Ok(id),
            Err(GitHubError::NotFound(_)) => Err(nowhere(name, &why)),
            Err(error) => Err(Stop::Unknown(format!("`{name}` could not be resolved: {error}"))),
        };
    }
    Err(nowhere(name, &why))
}

/// A name that stands for no commit.
fn nowhere(name: &str, why: &str) -> Stop {
    let help = "name a branch, tag or commit that is in this clone, or fetch it; the work tree never stands in for it";
    let message = format!("cannot resolve `{name}`: {why}");
    Diagnostic::error(Code::NoCommit, message).help(help).into()
}

/// The ground of a base that is known by its id: git objects where they are here, else GitHub's API.
fn based(case: &Case<'_>, base: Commit, head: Option<String>) -> Result<Ground, Stop> {
    let clone = open(case)?.map(Rc::new);
    // The clone knows which directory of the repository this is, whether or not it has the commit.
    let prefix = match (&clone, means::prefix(&case.means.dir)) {
        (Some(clone), _) => clone.prefix().to_owned(),
        (None, Some(prefix)) => prefix,
        (None, None) => {
            return Err(Stop::Usage("without a clone, DIR is a directory of the repository".to_owned()));
        }
    };
    let repository = clone.filter(|clone| clone.has(&base.id));
    let github = case.github.clone();
    let permalink = case.blob.as_ref().map(|blob| format!("{blob}/{}/{prefix}", base.id));
    let tree: Rc<dyn Tree> = match (&repository, &github) {
        (Some(repository), _) => Rc::new(GitTree::new(Rc::clone(repository), base.id.clone())),
        (None, Some(github)) => Rc::new(ApiTree::new(Rc::clone(github), base.id.clone(), &prefix)),
        (None, None) => return Err(nowhere(&base.name, "the commit is not in this clone")),
    };
    Ok(Ground {
        tree,
        base: Some(base),
        head,
        permalink,
        notes: Vec::new(),
        repository,
        github,
        prefix,
        since: Since::Fork,
    })
}
