//! A checkout: the repository of a case, laid out in a directory of its own that goes away with it.
//!
//! The commits have a fixed author and fixed dates, so their ids depend on the files alone. What lies in `uncommitted/`
//! is laid over them in the end.

use std::fs;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{IndexAddOption, Oid, Repository, RepositoryInitOptions, Signature, Time};
use tempfile::TempDir;

use crate::case::{Case, Git};

/// When the base was committed where the case does not say: 2026-11-20T09:00:00Z. The change follows an hour later.
const COMMITTED: i64 = 1_795_165_200;

/// A case's files on disk.
pub struct Checkout {
    /// Where commands run.
    directory: TempDir,
    /// The commit of the base, if there is git.
    pub base: Option<String>,
    /// The commit of the change, if there is one.
    pub head: Option<String>,
    /// The repository as it was before its clone was made shallow.
    whole: Option<TempDir>,
}

impl Checkout {
    /// Lays the files of a case out.
    pub fn of(case: &Case, source: &Path) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let root = directory.path().join(&case.place);
        fs::create_dir_all(&root).map_err(|error| error.to_string())?;
        if let Some(under) = &case.repo {
            lay(&source.join(under), &root)?;
            for path in &case.remove {
                let path = root.join(path);
                let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.map_err(|error| format!("{}: {error}", path.display()))?;
            }
        }
        if source.join("repo").is_dir() {
            lay(&source.join("repo"), &root)?;
        }
        let mut checkout = Self { directory, base: None, head: None, whole: None };
        if let Some(git) = &case.git {
            checkout.commit(git, &source.join("head"), &root).map_err(|error| format!("git: {error}"))?;
            observe(&checkout.path(), &source.join("observed")).map_err(|error| format!("git: {error}"))?;
        }
        if source.join("uncommitted").is_dir() {
            lay(&source.join("uncommitted"), &root)?;
        }
        Ok(checkout)
    }

    /// Where commands run.
    pub fn path(&self) -> PathBuf {
        self.directory.path().canonicalize().unwrap_or_else(|_| self.directory.path().to_owned())
    }

    /// The repository with all its commits, as GitHub has it.
    pub fn whole(&self) -> PathBuf {
        self.whole.as_ref().map_or_else(|| self.path(), |whole| whole.path().to_owned())
    }

    /// Makes the commits: what lies there on the base branch, and the change on top of it.
    fn commit(&mut self, git: &Git, change: &Path, root: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let mut options = RepositoryInitOptions::new();
        let repository = Repository::init_opts(self.path(), options.initial_head(&git.base))?;
        let committed = match &git.committed {
            Some(at) => at.parse::<jiff::Timestamp>()?.as_second(),
            None => COMMITTED,
        };
        let base = commit_all(&repository, "The base", committed, &[])?;
        self.base = Some(base.to_string());
        if !change.is_dir() && git.delete.is_empty() {
            return Ok(());
        }
        let parent = repository.find_commit(base)?;
        repository.branch(&git.head, &parent, true)?;
        repository.set_head(&format!("refs/heads/{}", git.head))?;
        if change.is_dir() {
            lay(change, root)?;
        }
        for path in &git.delete {
            fs::remove_file(root.join(path))?;
        }
        let head = commit_all(&repository, "The change", committed + 3_600, &[base])?;
        self.head = Some(head.to_string());
        repository.checkout_head(Some(CheckoutBuilder::new().force()))?;
        if git.shallow {
            let whole = tempfile::tempdir()?;
            lay(&self.path(), whole.path())?;
            self.whole = Some(whole);
            repository.find_branch(&git.base, git2::BranchType::Local)?.delete()?;
            fs::write(repository.path().join("shallow"), format!("{head}\n"))?;
            fs::remove_file(repository.path().join(object(&base.to_string())))?;
        }
        Ok(())
    }
}

/// Commits the files of a directory to the branch of observations, alone and without history.
fn observe(repository: &Path, files: &Path) -> Result<(), Box<dyn std::error::Error>> {
    if !files.is_dir() {
        return Ok(());
    }
    let repository = Repository::open(repository)?;
    let mut tree = repository.treebuilder(None)?;
    for entry in fs::read_dir(files)? {
        let entry = entry?;
        tree.insert(
            entry.file_name().to_string_lossy().as_ref(),
            repository.blob_path(&entry.path())?,
            0o100_644,
        )?;
    }
    let tree = repository.find_tree(tree.write()?)?;
    let author = Signature::new("Ola", "ola@shop.example", &Time::new(COMMITTED, 0))?;
    repository.commit(Some("refs/heads/slogate-observations"), &author, &author, "Observe", &tree, &[])?;
    Ok(())
}

/// Where a loose object lies in a repository's directory.
fn object(id: &str) -> String {
    let (directory, file) = id.split_at(2);
    format!("objects/{directory}/{file}")
}

/// Commits everything that lies in the work tree.
fn commit_all(
    repository: &Repository,
    message: &str,
    seconds: i64,
    parents: &[Oid],
) -> Result<Oid, git2::Error> {
    let mut index = repository.index()?;
    index.add_all(["."], IndexAddOption::FORCE, None)?;
    index.update_all(["."], None)?;
    index.write()?;
    let tree = repository.find_tree(index.write_tree()?)?;
    let author = Signature::new("Ola", "ola@shop.example", &Time::new(seconds, 0))?;
    let parents = parents.iter().map(|id| repository.find_commit(*id)).collect::<Result<Vec<_>, _>>()?;
    let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
    repository.commit(Some("HEAD"), &author, &author, message, &tree, &parents)
}

/// Copies a directory's files over those that are there; links stay links.
fn lay(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            lay(&source, &target)?;
        } else if kind.is_symlink() {
            #[cfg(unix)]
            std::os::unix::fs::symlink(fs::read_link(&source).map_err(failed)?, &target).map_err(failed)?;
        } else {
            fs::copy(&source, &target).map_err(failed)?;
        }
    }
    Ok(())
}
