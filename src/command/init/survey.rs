//! What lies in a repository: the paths of its files and directories, as many as a first look needs.
//!
//! Shallow before deep, so that a limit cuts what lies deepest. Directories that hold other people's work or build
//! products are passed over, links are named and never followed, and every limit that is met is told.

use std::collections::VecDeque;
use std::path::Path;

use crate::tree::TreeError;

/// Directories that hold no definition of anybody's service.
const PASSED_OVER: [&str; 14] = [
    ".cache",
    ".git",
    ".hg",
    ".svn",
    ".terraform",
    ".tox",
    ".venv",
    "__pycache__",
    "dist",
    "node_modules",
    "target",
    "third_party",
    "vendor",
    "venv",
];

/// The most files and directories that are looked at.
const MAX_ENTRIES: usize = 100_000;

/// How many directories deep a file may lie.
const MAX_DEPTH: usize = 12;

/// What lies in a repository.
#[derive(Debug, Default)]
pub struct Survey {
    /// Files and links, relative to the directory, sorted.
    pub files: Vec<String>,
    /// Directories, relative to the directory, those that are less deep first.
    pub directories: Vec<String>,
    /// What was not looked at.
    pub notes: Vec<String>,
}

/// Looks at everything below a directory.
///
/// # Errors
/// When the directory itself cannot be listed.
pub fn look(root: &Path) -> Result<Survey, TreeError> {
    let mut survey = Survey::default();
    let mut waiting = VecDeque::from([(String::new(), 0)]);
    let (mut entries, mut deep, mut odd) = (0, 0_usize, 0_usize);
    while let Some((above, depth)) = waiting.pop_front() {
        let listed = match list(&root.join(&above)) {
            Ok(listed) => listed,
            Err(error) if above.is_empty() => {
                return Err(TreeError::Refused(format!("the directory cannot be listed: {error}")));
            }
            Err(error) => {
                survey.notes.push(format!("`{above}` cannot be listed: {error}"));
                continue;
            }
        };
        for (name, kind) in listed {
            entries += 1;
            let Some(name) = name else {
                odd += 1;
                continue;
            };
            let path = format!("{above}{name}");
            if !kind.is_dir() {
                survey.files.push(path);
            } else if depth + 1 >= MAX_DEPTH {
                deep += 1;
            } else if !PASSED_OVER.contains(&name.as_str()) {
                waiting.push_back((format!("{path}/"), depth + 1));
                survey.directories.push(path);
            }
        }
        if entries > MAX_ENTRIES {
            let left = waiting.len();
            survey.notes.push(format!(
                "the repository has more than {MAX_ENTRIES} files and directories: {left} directories were not looked at"
            ));
            break;
        }
    }
    if deep > 0 {
        survey.notes.push(format!("what lies more than {MAX_DEPTH} directories deep was not looked at"));
    }
    if odd > 0 {
        survey.notes.push(format!("{odd} files whose names are not UTF-8 were not looked at"));
    }
    survey.files.sort();
    Ok(survey)
}

/// The files and links that lie directly in a directory below `root`, relative to `root`; of none, none.
pub fn within(root: &Path, directory: &str) -> Vec<String> {
    let listed = list(&root.join(directory)).unwrap_or_default();
    let files = listed.into_iter().filter(|(_, kind)| !kind.is_dir());
    files.filter_map(|(name, _)| Some(format!("{directory}/{}", name?))).collect()
}

/// The entries of a directory, sorted; a name that is not UTF-8 is none.
fn list(directory: &Path) -> std::io::Result<Vec<(Option<String>, std::fs::FileType)>> {
    let mut listed = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        listed.push((entry.file_name().into_string().ok(), entry.file_type()?));
    }
    listed.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_peoples_work_is_passed_over_and_depth_is_bounded() {
        let directory = tempfile::tempdir().expect("a directory");
        let deep = vec!["d"; MAX_DEPTH + 1].join("/");
        for path in ["a/b.yaml", "node_modules/x/slo.yaml", "target/debug/y", &format!("{deep}/far.yaml")] {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, "").expect("a file");
        }
        let survey = look(directory.path()).expect("it is listed");
        assert_eq!(survey.files, ["a/b.yaml"]);
        assert_eq!(survey.directories.first().map(String::as_str), Some("a"));
        assert_eq!(survey.notes.len(), 1, "{:?}", survey.notes);
        assert!(look(&directory.path().join("none")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_named_and_not_followed() {
        let (directory, outside) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("another"));
        std::fs::write(outside.path().join("slo.yaml"), "").expect("a file");
        std::os::unix::fs::symlink(outside.path(), directory.path().join("slos")).expect("a link");
        let survey = look(directory.path()).expect("it is listed");
        assert_eq!((survey.files.as_slice(), survey.directories.len()), (["slos".to_owned()].as_slice(), 0));
    }
}
