//! The text of a repository at one commit, behind one face: git objects, GitHub's API, or the work tree.
//!
//! Everything that decides is read through a `Tree`. Paths are relative to the judged directory, with forward
//! slashes; links, submodules and files above the size limit are refused, never followed.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::git::{self, GitError, Listed, Repository};
use crate::github::GitHubError;

mod api;
mod changed;
mod place;

pub use api::ApiTree;
pub use changed::ChangedTree;
pub use place::{holds, repository_of, seen_from};

/// The largest file that is read, in bytes. A snapshot of a large repository fits.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;

/// The mode of a symbolic link, as git writes it.
const LINK: i32 = 0o120_000;

/// Why a tree could not answer.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The file or commit is not as it must be; what a person wrote is wrong.
    #[error("{0}")]
    Refused(String),
    /// The world did not answer.
    #[error("{0}")]
    Unreachable(String),
}

impl From<GitError> for TreeError {
    fn from(error: GitError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<GitHubError> for TreeError {
    fn from(error: GitHubError) -> Self {
        match error {
            GitHubError::NotFound(_) | GitHubError::Address(_) => Self::Refused(error.to_string()),
            GitHubError::NotAllowed(_)
            | GitHubError::Unauthorized(_)
            | GitHubError::RateLimited { .. }
            | GitHubError::Rejected { .. }
            | GitHubError::Unreachable { .. } => {
                let help = error.help().map_or_else(String::new, |help| format!("; {help}"));
                Self::Unreachable(format!("{error}{help}"))
            }
        }
    }
}

/// The files of a repository at one commit.
pub trait Tree {
    /// The commit's full id; none for a work tree.
    fn commit(&self) -> Option<&str>;

    /// Every file's path, sorted.
    ///
    /// # Errors
    /// When the tree cannot be listed.
    fn paths(&self) -> Result<Vec<String>, TreeError>;

    /// A file's bytes; none when there is no such file.
    ///
    /// # Errors
    /// When it cannot be read, is a link, or is larger than `MAX_FILE`.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError>;

    /// True where a listed path is known to be a symbolic link.
    fn is_link(&self, _path: &str) -> bool {
        false
    }

    /// Says which files will be read, in that order, so that what is far away can be fetched together.
    fn expect(&self, _paths: &[String]) {}
}

/// The files that lie in a directory now, committed or not.
#[derive(Debug, Clone)]
pub struct WorkTree {
    /// The directory.
    root: PathBuf,
}

impl WorkTree {
    /// The files below a directory.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Adds what lies below a directory and is none; links are named and not followed, and what is no file (a pipe, a
    /// device) is named so that it can be refused.
    fn walk(&self, above: &str, depth: usize, paths: &mut Vec<String>) -> Result<(), TreeError> {
        let place = || if above.is_empty() { "the judged directory" } else { above };
        let failed =
            |error: &std::io::Error| TreeError::Refused(format!("`{}` cannot be listed: {error}", place()));
        if depth > git::MAX_DEPTH {
            let message = format!("directories are nested more than {} levels deep", git::MAX_DEPTH);
            return Err(TreeError::Refused(message));
        }
        for entry in std::fs::read_dir(self.root.join(above)).map_err(|error| failed(&error))? {
            let entry = entry.map_err(|error| failed(&error))?;
            let kind = entry.file_type().map_err(|error| failed(&error))?;
            let name = entry.file_name();
            if name == ".git" {
                continue;
            }
            let path = format!("{above}{}", name.to_string_lossy());
            if kind.is_dir() {
                self.walk(&format!("{path}/"), depth + 1, paths)?;
            } else {
                paths.push(path);
            }
            if paths.len() > git::MAX_FILES {
                let message = format!("the judged directory has more than {} files", git::MAX_FILES);
                return Err(TreeError::Refused(message));
            }
        }
        Ok(())
    }
}

impl Tree for WorkTree {
    fn commit(&self) -> Option<&str> {
        None
    }

    fn paths(&self) -> Result<Vec<String>, TreeError> {
        let mut paths = Vec::new();
        self.walk("", 0, &mut paths)?;
        paths.sort();
        Ok(paths)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        let failed = |error: &std::io::Error| TreeError::Refused(format!("`{path}` cannot be read: {error}"));
        let Some(parts) = parts(path) else { return Err(outside(path)) };
        // Every step is looked at by itself, so that no link on the way leads out of the directory.
        let mut place = self.root.clone();
        let mut found = None;
        for part in parts {
            place.push(part);
            match std::fs::symlink_metadata(&place) {
                Ok(meta) if meta.is_symlink() => {
                    return Err(TreeError::Refused(format!(
                        "`{path}` is, or lies behind, a symbolic link, which is not followed"
                    )));
                }
                Ok(meta) => found = Some(meta),
                Err(error) if is_absence(&error) => return Ok(None),
                Err(error) => return Err(failed(&error)),
            }
        }
        match found {
            Some(meta) if meta.is_file() => {}
            _ => return Err(TreeError::Refused(format!("`{path}` is no plain file"))),
        }
        contents(&place, path).map(Some)
    }

    fn is_link(&self, path: &str) -> bool {
        let place =
            parts(path).map(|parts| parts.iter().fold(self.root.clone(), |place, part| place.join(part)));
        place.and_then(|place| std::fs::symlink_metadata(place).ok()).is_some_and(|meta| meta.is_symlink())
    }
}

/// Writes a file whole or not at all: beside its place first, so that nobody ever reads half of it.
///
/// # Errors
/// When it cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = path.to_owned().into_os_string();
    beside.push(".part");
    std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path))
}

/// The bytes of a file that somebody named outright, on a command line or in a run's environment.
///
/// # Errors
/// When it cannot be read or is larger than `MAX_FILE`.
pub fn read_file(path: &Path) -> Result<Vec<u8>, TreeError> {
    // A pipe that lies somewhere waits for ever for its writer; one that a shell hands over has it.
    let handed = path.starts_with("/dev") || path.starts_with("/proc");
    let special = std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if special && !handed {
        return Err(TreeError::Refused(format!("`{}` is no plain file", path.display())));
    }
    contents(path, &path.display().to_string())
}

/// The bytes of a file; `name` is what people call it.
fn contents(place: &Path, name: &str) -> Result<Vec<u8>, TreeError> {
    let failed = |error: &std::io::Error| TreeError::Refused(format!("`{name}` cannot be read: {error}"));
    let file = std::fs::File::open(place).map_err(|error| failed(&error))?;
    // Refused before anything is read; what has no size of its own (a pipe) is cut off below.
    let size = file.metadata().map_err(|error| failed(&error))?.len();
    if size > MAX_FILE {
        return Err(too_large(name, Some(size)));
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(too_large(name, None));
    }
    Ok(bytes)
}

/// The files of a commit that is in a local repository.
pub struct GitTree {
    /// The repository, which knows the judged directory.
    repository: Rc<Repository>,
    /// The commit's full id.
    commit: String,
    /// Every file, once they were listed: looking thousands of them up one by one costs minutes.
    files: OnceCell<BTreeMap<String, Listed>>,
}

impl GitTree {
    /// The files of a commit, given by its full id.
    #[must_use]
    pub fn new(repository: Rc<Repository>, commit: impl Into<String>) -> Self {
        Self { repository, commit: commit.into(), files: OnceCell::new() }
    }
}

impl Tree for GitTree {
    fn commit(&self) -> Option<&str> {
        Some(&self.commit)
    }

    fn paths(&self) -> Result<Vec<String>, TreeError> {
        if let Some(files) = self.files.get() {
            return Ok(files.keys().cloned().collect());
        }
        let files = self.repository.files(&self.commit)?;
        Ok(self.files.get_or_init(|| files).keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        if parts(path).is_none() {
            return Err(outside(path));
        }
        match self.files.get().and_then(|files| files.get(path)) {
            Some(listed) => Ok(Some(self.repository.blob(*listed, path, MAX_FILE)?)),
            None => Ok(self.repository.read(&self.commit, path, MAX_FILE)?),
        }
    }

    fn is_link(&self, path: &str) -> bool {
        self.files.get().and_then(|files| files.get(path)).is_some_and(|listed| listed.mode == LINK)
    }
}

/// The steps of a path; none when it is absolute, empty, or leads upwards.
fn parts(path: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = path.split('/').collect();
    let plain = |part: &&str| !matches!(*part, "" | "." | "..") && !part.contains(['\0', '\\']);
    (parts.iter().all(plain) && Path::new(path).is_relative()).then_some(parts)
}

/// A path that is none of the judged directory.
fn outside(path: &str) -> TreeError {
    TreeError::Refused(format!("`{path}` is no path inside of the judged directory"))
}

/// A file above the limit.
fn too_large(path: &str, size: Option<u64>) -> TreeError {
    let size = size.map_or_else(String::new, |size| format!(" ({size} bytes)"));
    TreeError::Refused(format!("`{path}` is larger than {} MiB{size}", MAX_FILE >> 20))
}

/// True when an error says that there is nothing, rather than that it cannot be read.
fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::tests::repository;

    #[test]
    fn what_lies_below_a_directory_is_found_through_links_and_steps() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |path: &str| dir.path().join(path);
        for path in ["team/.git", "team/app", "org"] {
            std::fs::create_dir_all(at(path)).expect("a directory");
        }
        std::fs::write(at("org/acme.yaml"), "").expect("a file");
        std::fs::write(at("team/acme.yaml"), "").expect("a file");
        std::os::unix::fs::symlink(at("org"), at("team/app/out")).expect("a link");
        std::os::unix::fs::symlink(at("team"), at("org/in")).expect("a link");
        let team = repository_of(&at("team/app"));
        assert_eq!(team, at("team").canonicalize().expect("it is there"));
        for path in [
            "team/acme.yaml",
            "team/app/../acme.yaml",
            "team/app/out/acme.yaml",
            "org/in/acme.yaml",
            "team/none",
        ] {
            assert!(holds(&team, &at(path)), "{path}");
        }
        for path in ["org/acme.yaml", "team/../org/acme.yaml"] {
            assert!(!holds(&team, &at(path)), "{path}");
        }
        let out = "../../org/acme.yaml";
        assert!(holds(&team, &at("team/app").join(out)), "`app` may become a link that leads elsewhere");
        assert!(!holds(&team, &seen_from(&at("team/app"), Path::new(out))), "this `app` is none");
    }

    #[test]
    fn a_work_tree_and_its_commit_read_the_same() {
        let (dir, repository, first, second) = repository();
        let work = WorkTree::new(dir.path().join("app"));
        let tree = GitTree::new(Rc::clone(&repository), &second);
        assert_eq!(work.paths().expect("paths"), tree.paths().expect("paths"));
        assert_eq!(tree.paths().expect("paths"), ["behind", "slogate.yaml", "slos/b.yaml", "slos/link.yaml"]);
        let both: [&dyn Tree; 2] = [&work, &tree];
        for tree in both {
            assert_eq!(tree.read("slos/b.yaml").expect("it reads").as_deref(), Some(b"a\n".as_slice()));
            assert_eq!(tree.read("slos/none.yaml").expect("it reads"), None);
            assert_eq!(tree.read("slogate.yaml/none").expect("it reads"), None);
            assert!(tree.read("slos/link.yaml").expect_err("a link").to_string().contains("symbolic link"));
            assert!(tree.read("slos").is_err());
            for path in ["../README.md", "/etc/passwd", "", "a//b", "./slogate.yaml", "a\\..\\b"] {
                assert!(tree.read(path).is_err(), "{path}");
            }
        }
        assert!(work.read("behind/b.yaml").is_err());
        let old = GitTree::new(repository, &first);
        assert_eq!(old.read("slos/b.yaml").expect("it reads"), None);
        assert_eq!(old.commit(), Some(first.as_str()));
    }
}
