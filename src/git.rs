//! The one door to git: commits, files and changed paths of a local repository, read from its objects.
//!
//! Nothing is ever fetched, pushed, checked out or run: no hooks, no filters, no command line whose options a name
//! could smuggle in. Paths go in and come out relative to the judged directory, with forward slashes. A commit
//! that is not in this clone is told from a name that stands for nothing, because GitHub may still know the former.

pub mod branch;
pub mod history;
pub mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How deep directories may be nested.
pub const MAX_DEPTH: usize = 256;

/// The most files that are listed.
pub const MAX_FILES: usize = 2_000_000;

/// Why git could not answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// The repository belongs to another user, and git refuses to read such repositories.
    #[error(
        "the git repository at `{0}` belongs to another user, so git refuses to read it; \
         if you trust it, run `git config --global --add safe.directory {0}`"
    )]
    NotTrusted(String),
    /// A name that stands for no commit.
    #[error("`{0}` is no commit, branch or tag of this repository")]
    UnknownName(String),
    /// A full commit id whose commit is not in this clone.
    #[error("commit `{0}` is not in this clone")]
    NotHere(String),
    /// The clone lacks history that the answer depends on.
    #[error("the clone is shallow, so its history cannot be compared; `git fetch --unshallow` completes it")]
    Shallow,
    /// Two commits without common history.
    #[error("`{0}` and `{1}` have no common history")]
    NoMergeBase(String, String),
    /// A file that is no plain file, or larger than allowed.
    #[error("{0}")]
    Refused(String),
    /// The repository is damaged, incomplete, or of a kind that libgit2 cannot read.
    #[error("git could not {what}: {why}")]
    Broken {
        /// What was tried.
        what: String,
        /// What libgit2 said.
        why: String,
    },
}

/// The paths that differ between two commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Sorted, relative to the judged directory: `../` leads out of it. A moved file counts with both paths.
    pub paths: Vec<String>,
    /// The full id of the commit where the two histories part, where it is known.
    pub fork: Option<String>,
}

impl Changed {
    /// Paths of a repository as they are written from a directory in it; `prefix` ends with a slash or is empty.
    #[must_use]
    pub fn seen_from(prefix: &str, paths: impl IntoIterator<Item = String>) -> Self {
        let steps: Vec<&str> = prefix.split_terminator('/').collect();
        let seen = |path: String| {
            let shared = steps.iter().zip(path.split('/')).take_while(|(step, part)| *step == part).count();
            let rest: Vec<&str> = path.split('/').skip(shared).collect();
            format!("{}{}", "../".repeat(steps.len() - shared), rest.join("/"))
        };
        let paths: BTreeSet<String> = paths.into_iter().map(seen).collect();
        Self { paths: paths.into_iter().collect(), fork: None }
    }
}

/// A file or link of a commit, as its directory lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The object that holds its bytes.
    id: git2::Oid,
    /// What it is, as git writes it.
    pub mode: i32,
}

/// A local repository and the directory in it that is judged.
pub struct Repository {
    /// The repository.
    inner: git2::Repository,
    /// The judged directory inside the repository: empty, or with a slash at its end.
    prefix: String,
}

impl Repository {
    /// Opens the repository that contains a directory; none when no repository does.
    ///
    /// # Errors
    /// When there is a repository that cannot be read, one that belongs to another user among them.
    pub fn open(directory: &Path) -> Result<Option<Self>, GitError> {
        let flags = git2::RepositoryOpenFlags::empty();
        let inner = match git2::Repository::open_ext(directory, flags, std::iter::empty::<PathBuf>()) {
            Ok(inner) => inner,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) if error.code() == git2::ErrorCode::Owner => {
                return Err(GitError::NotTrusted(directory.display().to_string()));
            }
            Err(error) => return Err(broken("open the repository", &error)),
        };
        let prefix = match inner.workdir() {
            Some(root) => prefix_of(directory, root)?,
            None => String::new(),
        };
        Ok(Some(Self { inner, prefix }))
    }

    /// The judged directory inside the repository: empty, or with a slash at its end.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// True when the clone ends somewhere in the middle of history.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }

    /// True when a commit with this full id is in the clone.
    #[must_use]
    pub fn has(&self, commit: &str) -> bool {
        self.commit(commit).is_ok()
    }

    /// When a commit was made, in seconds since the epoch.
    ///
    /// # Errors
    /// When it is not here.
    pub fn committed_at(&self, commit: &str) -> Result<i64, GitError> {
        self.commit(commit).map(|commit| commit.time().seconds())
    }

    /// The full id of the commit that a name stands for: a full or short id, a branch, a tag, `HEAD~1`.
    /// A branch that is only known from the remote is found without `origin/` before it.
    ///
    /// # Errors
    /// When the name stands for nothing, or for a commit that is not in this clone.
    pub fn resolve(&self, name: &str) -> Result<String, GitError> {
        let unknown = || GitError::UnknownName(name.to_owned());
        if name.is_empty() || name.starts_with(['-', ':']) || name.chars().any(char::is_control) {
            return Err(unknown());
        }
        if is_full_id(name) {
            return self.commit(name).map(|commit| commit.id().to_string());
        }
        // A branch comes before a tag of its name: whoever may push tags must not choose what the law is.
        let candidates =
            [format!("refs/heads/{name}"), format!("refs/remotes/origin/{name}"), name.to_owned()];
        for candidate in candidates {
            match self.inner.revparse_single(&candidate) {
                Ok(object) => {
                    let commit = object.peel_to_commit().map_err(|_| unknown())?;
                    return Ok(commit.id().to_string());
                }
                Err(error) if error.code() == git2::ErrorCode::NotFound => {}
                Err(error) if error.code() == git2::ErrorCode::InvalidSpec => {}
                Err(error) => return Err(broken(&format!("resolve `{name}`"), &error)),
            }
        }
        Err(unknown())
    }

    /// Every file and link below the judged directory at a commit, by path. Submodules hold no files of ours.
    ///
    /// # Errors
    /// When the commit is not here or its trees cannot be read, are nested too deep or hold too many files.
    pub fn files(&self, commit: &str) -> Result<BTreeMap<String, Listed>, GitError> {
        let mut files = BTreeMap::new();
        if let Some(tree) = self.judged_tree(commit)? {
            self.walk(&tree, "", 0, &mut files)?;
        }
        Ok(files)
    }

    /// A file's bytes at a commit; none when there is no such file.
    ///
    /// # Errors
    /// When it is a link, a directory or a submodule, is larger than `limit` bytes, or cannot be read.
    pub fn read(&self, commit: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, GitError> {
        let Some(tree) = self.judged_tree(commit)? else { return Ok(None) };
        let entry = match tree.get_path(Path::new(path)) {
            Ok(entry) => entry,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(broken(&format!("look up `{path}`"), &error)),
        };
        self.blob(Listed { id: entry.id(), mode: entry.filemode() }, path, limit).map(Some)
    }

    /// The bytes of a file that was listed.
    ///
    /// # Errors
    /// When it is a link, a directory or a submodule, is larger than `limit` bytes, or cannot be read.
    pub fn blob(&self, listed: Listed, path: &str, limit: u64) -> Result<Vec<u8>, GitError> {
        refuse_other_than_file(path, listed.mode)?;
        let what = format!("read `{path}`");
        let (size, _) = self
            .inner
            .odb()
            .and_then(|odb| odb.read_header(listed.id))
            .map_err(|error| broken(&what, &error))?;
        if u64::try_from(size).unwrap_or(u64::MAX) > limit {
            return Err(GitError::Refused(format!(
                "`{path}` has {size} bytes, and at most {limit} are read"
            )));
        }
        let blob = self.inner.find_blob(listed.id).map_err(|error| broken(&what, &error))?;
        Ok(blob.content().to_vec())
    }

    /// The paths that differ between the merge base of two commits and the second of them.
    ///
    /// # Errors
    /// When a commit is not here, when there is no common history, or when the clone is shallow: there a
    /// merge base may be missing or lie too far back, and too few paths would be seen.
    pub fn changed(&self, tip: &str, head: &str) -> Result<Changed, GitError> {
        let (tip, head) = (self.commit(tip)?, self.commit(head)?);
        if tip.id() == head.id() {
            return Ok(Changed::default());
        }
        if self.is_shallow() {
            return Err(GitError::Shallow);
        }
        let base = self.fork(&tip, &head)?;
        let base = self.commit(&base.to_string())?;
        Ok(Changed { paths: self.differ(Some(&base), &head)?, fork: Some(base.id().to_string()) })
    }

    /// The paths that differ between two commits, relative to the judged directory; all that there are when there is
    /// no old one.
    fn differ(
        &self,
        old: Option<&git2::Commit<'_>>,
        new: &git2::Commit<'_>,
    ) -> Result<Vec<String>, GitError> {
        let compare = || {
            let old = old.map(git2::Commit::tree).transpose()?;
            let mut options = git2::DiffOptions::new();
            options.include_typechange(true).skip_binary_check(true);
            self.inner.diff_tree_to_tree(old.as_ref(), Some(&new.tree()?), Some(&mut options))
        };
        let diff = compare().map_err(|error| broken("compare two commits", &error))?;
        // Without rename detection a moved file is one that went and one that came: both count.
        let paths: BTreeSet<String> = diff
            .deltas()
            .flat_map(|delta| [delta.old_file().path_bytes(), delta.new_file().path_bytes()])
            .flatten()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .collect();
        Ok(Changed::seen_from(&self.prefix, paths).paths)
    }

    /// The full id of the commit where the histories of two commits part.
    ///
    /// # Errors
    /// When a commit is not here, when there is no common history, or when the clone is shallow.
    pub fn forked(&self, one: &str, other: &str) -> Result<String, GitError> {
        let (one, other) = (self.commit(one)?, self.commit(other)?);
        if self.is_shallow() {
            return Err(GitError::Shallow);
        }
        self.fork(&one, &other).map(|id| id.to_string())
    }

    /// The merge base of two commits.
    fn fork(&self, one: &git2::Commit<'_>, other: &git2::Commit<'_>) -> Result<git2::Oid, GitError> {
        self.inner.merge_base(one.id(), other.id()).map_err(|error| {
            if error.code() == git2::ErrorCode::NotFound {
                GitError::NoMergeBase(one.id().to_string(), other.id().to_string())
            } else {
                broken("find the merge base", &error)
            }
        })
    }

    /// A commit by its full id.
    fn commit(&self, id: &str) -> Result<git2::Commit<'_>, GitError> {
        let missing = || GitError::NotHere(id.to_owned());
        if !is_full_id(id) {
            return Err(GitError::UnknownName(id.to_owned()));
        }
        let oid = git2::Oid::from_str_ext(id, self.inner.object_format()).map_err(|_| missing())?;
        match self.inner.find_commit(oid) {
            Ok(commit) => Ok(commit),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Err(missing()),
            Err(error) => Err(broken(&format!("read commit `{id}`"), &error)),
        }
    }

    /// The judged directory's tree at a commit; none when the commit has no such directory.
    fn judged_tree(&self, commit: &str) -> Result<Option<git2::Tree<'_>>, GitError> {
        let what = format!("read the tree of `{commit}`");
        let root = self.commit(commit)?.tree().map_err(|error| broken(&what, &error))?;
        if self.prefix.is_empty() {
            return Ok(Some(root));
        }
        let entry = match root.get_path(Path::new(self.prefix.trim_end_matches('/'))) {
            Ok(entry) => entry,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(broken(&what, &error)),
        };
        if entry.kind() != Some(git2::ObjectType::Tree) {
            return Ok(None);
        }
        self.inner.find_tree(entry.id()).map(Some).map_err(|error| broken(&what, &error))
    }

    /// Adds the files and links of a tree and of all trees below it. One small tree may hold itself many times over, so
    /// that depth and number are bounded here and not by what lies on disk.
    fn walk(
        &self,
        tree: &git2::Tree<'_>,
        above: &str,
        depth: usize,
        files: &mut BTreeMap<String, Listed>,
    ) -> Result<(), GitError> {
        if depth > MAX_DEPTH {
            let what = "directories of the commit are nested more than";
            return Err(GitError::Refused(format!("{what} {MAX_DEPTH} levels deep")));
        }
        for entry in tree {
            let path = format!("{above}{}", String::from_utf8_lossy(entry.name_bytes()));
            match entry.kind() {
                Some(git2::ObjectType::Tree) => {
                    let below = self
                        .inner
                        .find_tree(entry.id())
                        .map_err(|error| broken(&format!("read the directory `{path}`"), &error))?;
                    self.walk(&below, &format!("{path}/"), depth + 1, files)?;
                }
                Some(git2::ObjectType::Blob) => {
                    files.insert(path, Listed { id: entry.id(), mode: entry.filemode() });
                }
                _ => {}
            }
            if files.len() > MAX_FILES {
                return Err(GitError::Refused(format!("the commit has more than {MAX_FILES} files")));
            }
        }
        Ok(())
    }
}

/// The id that git gives to a file with these bytes.
#[must_use]
pub fn blob_id(bytes: &[u8]) -> Option<String> {
    git2::Oid::hash_object(git2::ObjectType::Blob, bytes).ok().map(|id| id.to_string())
}

/// True for 40 or 64 hexadecimal digits: a full id, which no branch name can stand in for.
#[must_use]
pub fn is_full_id(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Refuses links, submodules and directories by their git mode.
///
/// # Errors
/// When the mode is not that of a plain file.
pub fn refuse_other_than_file(path: &str, mode: i32) -> Result<(), GitError> {
    let what = match mode {
        0o100_644 | 0o100_755 | 0o100_664 => return Ok(()),
        0o120_000 => "a symbolic link, which is not followed",
        0o160_000 => "a submodule, which is not read",
        0o040_000 => "a directory",
        _ => "no plain file",
    };
    Err(GitError::Refused(format!("`{path}` is {what}")))
}

/// Where `directory` lies in the work tree at `root`: empty, or with a slash at its end.
fn prefix_of(directory: &Path, root: &Path) -> Result<String, GitError> {
    let place = |path: &Path| {
        path.canonicalize().map_err(|error| GitError::Broken {
            what: format!("find `{}`", path.display()),
            why: error.to_string(),
        })
    };
    let (directory, root) = (place(directory)?, place(root)?);
    let inside = directory.strip_prefix(&root).unwrap_or_else(|_| Path::new(""));
    let mut prefix = String::new();
    for part in inside.components() {
        prefix.push_str(&part.as_os_str().to_string_lossy());
        prefix.push('/');
    }
    Ok(prefix)
}

/// A failure of libgit2, in our words.
fn broken(what: &str, error: &git2::Error) -> GitError {
    GitError::Broken { what: what.to_owned(), why: error.message().to_owned() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::fs;
    use std::rc::Rc;

    /// A repository with two commits; the judged directory is `app`.
    pub(crate) fn repository() -> (tempfile::TempDir, Rc<Repository>, String, String) {
        let dir = tempfile::tempdir().expect("a directory");
        let git = git2::Repository::init(dir.path()).expect("a repository");
        let commit = |message: &str| {
            let mut index = git.index().expect("an index");
            index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).expect("add");
            index.update_all(["*"], None).expect("update");
            let tree = git.find_tree(index.write_tree().expect("a tree")).expect("a tree");
            let who = git2::Signature::new("t", "t@example", &git2::Time::new(0, 0)).expect("a person");
            let parent = git.head().ok().map(|head| head.peel_to_commit().expect("a commit"));
            let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
            git.commit(Some("HEAD"), &who, &who, message, &tree, &parents).expect("a commit").to_string()
        };
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, text).expect("a file");
        };
        write("README.md", "read me");
        write("app/slogate.yaml", "version: 1\n");
        write("app/slos/a.yaml", "a\n");
        std::os::unix::fs::symlink("../../README.md", dir.path().join("app/slos/link.yaml")).expect("a link");
        std::os::unix::fs::symlink("slos", dir.path().join("app/behind")).expect("a link");
        let first = commit("one");
        fs::rename(dir.path().join("app/slos/a.yaml"), dir.path().join("app/slos/b.yaml")).expect("a move");
        write("README.md", "read me again");
        let second = commit("two");
        let open = Repository::open(&dir.path().join("app")).expect("it opens").expect("it is there");
        (dir, Rc::new(open), first, second)
    }

    #[test]
    fn a_moved_file_counts_twice_and_what_lies_outside_counts_too() {
        let (_dir, repository, first, second) = repository();
        let changed = repository.changed(&first, &second).expect("they compare");
        assert_eq!(changed.paths, ["../README.md", "slos/a.yaml", "slos/b.yaml"]);
        assert_eq!(repository.forked(&second, &first).as_ref(), Ok(&first));
        let seen = |prefix: &str, path: &str| Changed::seen_from(prefix, [path.to_owned()]).paths.concat();
        assert_eq!(seen("a/b/", "a/c/x"), "../c/x");
        assert_eq!(seen("a/b/", "a/b/x"), "x");
        assert_eq!(seen("a/b/", "ab"), "../../ab");
        assert_eq!(seen("", "a/b"), "a/b");
    }

    #[test]
    fn names_are_resolved_and_options_are_not() {
        let (dir, repository, first, second) = repository();
        assert_eq!(repository.resolve("HEAD~1"), Ok(first.clone()));
        let git = git2::Repository::open(dir.path()).expect("it opens");
        let older = git.revparse_single(&first).expect("a commit");
        let branch = git.head().expect("a head").shorthand().expect("a name").to_owned();
        git.tag_lightweight(&branch, &older, false).expect("a tag of the branch's name");
        assert_eq!(
            repository.resolve(&branch),
            Ok(second.clone()),
            "a branch comes before a tag of its name"
        );
        let second_id = git2::Oid::from_str(&second).expect("an id");
        git.reference("refs/remotes/origin/trunk", second_id, false, "").expect("a branch");
        assert_eq!(repository.resolve("trunk"), Ok(second));
        assert_eq!(repository.resolve(first.split_at(10).0), Ok(first));
        for name in ["", "--upload-pack=x", "nothing", ":/two", "a\nb"] {
            assert_eq!(repository.resolve(name), Err(GitError::UnknownName(name.to_owned())));
        }
        let absent = "0123456789012345678901234567890123456789";
        assert_eq!(repository.resolve(absent), Err(GitError::NotHere(absent.to_owned())));
        assert!(!repository.has(absent));
    }

    #[test]
    fn a_directory_without_a_repository_is_no_failure() {
        let dir = tempfile::tempdir().expect("a directory");
        assert!(Repository::open(dir.path()).expect("no failure").is_none());
    }

    #[test]
    fn a_shallow_clone_reads_and_does_not_compare() {
        let (dir, _, first, second) = repository();
        fs::write(dir.path().join(".git/shallow"), format!("{second}\n")).expect("a file");
        let shallow = Repository::open(dir.path()).expect("it opens").expect("it is there");
        assert!(shallow.is_shallow());
        assert_eq!(shallow.changed(&first, &second), Err(GitError::Shallow));
        assert_eq!(shallow.forked(&first, &second), Err(GitError::Shallow));
        assert!(shallow.read(&second, "README.md", u64::MAX).expect("it reads").is_some());
        assert!(shallow.read(&second, "README.md", 3).is_err());
    }
}
