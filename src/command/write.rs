//! Writing files whole or not at all, and over nothing.
//!
//! All texts are written to a directory beside first, so that a full disk or a missing right shows before anything is
//! visible. Then each name is claimed by an empty file, which fails where something has the name, and the text is moved
//! over it. Whatever goes wrong on the way takes back what was done.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The directory for texts on their way.
const STAGE: &str = ".slogate-part";

/// One file that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its path, relative to the directory that gets it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What was done, so that it can be taken back.
#[derive(Debug, Default)]
struct Done {
    /// Files, in the order in which they were made.
    files: Vec<PathBuf>,
    /// Directories, those above first.
    directories: Vec<PathBuf>,
}

/// Why something that is in the way of a file is in the way; none where its name is free.
#[must_use]
pub fn obstacle(root: &Path, path: &str) -> Option<String> {
    let mut place = root.to_owned();
    let mut seen = String::new();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        seen.push_str(part);
        let last = parts.peek().is_none();
        if part != ".." {
            match fs::symlink_metadata(&place) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
                Err(error) => return Some(format!("`{seen}` cannot be looked at: {error}")),
                Ok(_) if last => return Some(format!("`{seen}` is there already")),
                Ok(meta) if meta.is_symlink() => {
                    return Some(format!("`{seen}` is a symbolic link, which is not followed"));
                }
                Ok(meta) if !meta.is_dir() => return Some(format!("`{seen}` is no directory")),
                Ok(_) => {}
            }
        }
        seen.push('/');
    }
    None
}

/// Writes all drafts below a directory, or none.
///
/// # Errors
/// What could not be written and why; nothing of it is left behind.
pub fn all(root: &Path, drafts: &[Draft]) -> Result<(), String> {
    let stage = root.join(STAGE);
    fs::create_dir(&stage).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            format!("`{STAGE}` is there already; remove it, unless another run is at work")
        } else {
            format!("`{STAGE}` cannot be made: {error}")
        }
    })?;
    let mut done = Done::default();
    let written = stage_and_publish(root, &stage, drafts, &mut done);
    if written.is_err() {
        // What cannot be taken back is left to the reader, who is told of the first failure.
        done.files.iter().rev().for_each(|path| drop(fs::remove_file(path)));
        done.directories.iter().rev().for_each(|path| drop(fs::remove_dir(path)));
    }
    drop(fs::remove_dir_all(&stage));
    written
}

/// Writes every text beside, and moves each to its name.
fn stage_and_publish(root: &Path, stage: &Path, drafts: &[Draft], done: &mut Done) -> Result<(), String> {
    let failed = |draft: &Draft, error: &io::Error| format!("`{}` cannot be written: {error}", draft.path);
    for (index, draft) in drafts.iter().enumerate() {
        let staged = || -> io::Result<()> {
            let mut file = fs::File::create_new(stage.join(index.to_string()))?;
            file.write_all(draft.text.as_bytes())?;
            file.sync_all()
        };
        staged().map_err(|error| failed(draft, &error))?;
    }
    for (index, draft) in drafts.iter().enumerate() {
        let target = root.join(&draft.path);
        let publish = |done: &mut Done| -> io::Result<()> {
            make_directories(root, &draft.path, done)?;
            fs::File::create_new(&target)?;
            done.files.push(target.clone());
            fs::rename(stage.join(index.to_string()), &target)
        };
        publish(done).map_err(|error| failed(draft, &error))?;
    }
    Ok(())
}

/// Makes the directories above a path that are not there.
fn make_directories(root: &Path, path: &str, done: &mut Done) -> io::Result<()> {
    let mut place = root.to_owned();
    let Some((above, _)) = path.rsplit_once('/') else { return Ok(()) };
    for part in above.split('/') {
        place.push(part);
        match fs::create_dir(&place) {
            Ok(()) => done.directories.push(place.clone()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // The root of a file system, or a directory above that only others may write to, is there already.
            Err(_) if place.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Tree as _, WorkTree};

    /// A draft.
    fn draft(path: &str, text: &str) -> Draft {
        Draft { path: path.to_owned(), text: text.to_owned() }
    }

    /// Everything that lies below a directory.
    fn everything(root: &Path) -> Vec<String> {
        let survey = crate::command::init::survey::look(root).expect("it is listed");
        [survey.files, survey.directories].concat()
    }

    #[test]
    fn all_files_are_written_or_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        fs::create_dir(root.join("b")).expect("a directory");
        fs::write(root.join("b/taken"), "mine").expect("a file");
        let drafts = [draft("a/deep/x", "1"), draft("y", "2"), draft("b/taken", "3")];
        let why = all(root, &drafts).expect_err("a name is taken");
        assert!(why.contains("`b/taken`"), "{why}");
        assert_eq!(everything(root), ["b/taken", "b"]);
        let read = |path| WorkTree::new(root).read(path).expect("it reads");
        assert_eq!(read("b/taken").as_deref(), Some(b"mine".as_slice()));
        all(root, &drafts[..2]).expect("they are written");
        assert_eq!(read("a/deep/x").as_deref(), Some(b"1".as_slice()));
        assert_eq!(everything(root), ["a/deep/x", "b/taken", "y", "a", "b", "a/deep"]);
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        fs::write(root.join("file"), "").expect("a file");
        assert_eq!(obstacle(root, "a/b"), None);
        assert_eq!(obstacle(root, "file").as_deref(), Some("`file` is there already"));
        assert_eq!(obstacle(root, "file/x").as_deref(), Some("`file` is no directory"));
        assert_eq!(obstacle(&root.join("below"), "../free"), None);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", root.join("link")).expect("a link");
            assert!(obstacle(root, "link").is_some(), "even a link that leads nowhere");
            assert!(obstacle(root, "link/x").is_some_and(|why| why.contains("symbolic link")));
        }
    }
}
