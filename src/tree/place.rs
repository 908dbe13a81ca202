//! Where paths really lead: out of a directory, into it, and to the repository around it.

use std::path::{Component, Path, PathBuf};

/// The root of the repository around a directory, by its `.git`; the directory itself where there is none.
#[must_use]
pub fn repository_of(directory: &Path) -> PathBuf {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let root = directory.ancestors().find(|above| above.join(".git").exists());
    root.unwrap_or(&directory).to_owned()
}

/// A path as it is meant in a directory: steps that lead out of it are taken from where the directory really lies.
#[must_use]
pub fn seen_from(directory: &Path, path: &Path) -> PathBuf {
    let mut place = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let mut rest = path.components();
    loop {
        let next = rest.clone().next();
        match next {
            Some(Component::ParentDir) => {
                place.pop();
            }
            Some(Component::CurDir) => {}
            Some(Component::Normal(_) | Component::RootDir | Component::Prefix(_)) | None => {
                return place.join(rest.as_path());
            }
        }
        rest.next();
    }
}

/// True when a path lies below a directory, or a link on the way to it does: whoever writes there can choose what is
/// read. What cannot be looked at counts as outside; reading it fails.
#[must_use]
pub fn holds(directory: &Path, path: &Path) -> bool {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let mut walked = PathBuf::new();
    for part in path.components() {
        let named = matches!(part, Component::Normal(_));
        let above = walked.canonicalize();
        if named && above.is_ok_and(|above| above.starts_with(&directory)) {
            return true;
        }
        walked.push(part);
    }
    walked.canonicalize().is_ok_and(|place| place.starts_with(&directory))
}
