//! The files of a commit through GitHub's API: listed once, and read many in one call where it is known what comes next.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{LINK, MAX_FILE, Tree, TreeError, outside, parts, too_large};
use crate::git;
use crate::github::{Batch, Entry, GitHub};

/// The most lists that are asked for when GitHub cuts the list of all files.
const MAX_LISTS: u32 = 100;

/// The mode of a directory, as git writes it.
const DIRECTORY: i32 = 0o040_000;

/// The mode of a submodule, as git writes it.
const SUBMODULE: i32 = 0o160_000;

/// The files of a commit, read through GitHub's API, each at most once.
pub struct ApiTree {
    /// The API.
    github: Rc<GitHub>,
    /// The commit's full id.
    commit: String,
    /// The judged directory inside the repository: empty, or with a slash at its end.
    prefix: String,
    /// Every file below the judged directory, once it was listed.
    entries: OnceCell<BTreeMap<String, Entry>>,
    /// The files that will be read and were not yet, in that order.
    expected: RefCell<Vec<String>>,
}

impl ApiTree {
    /// The files of a commit, given by its full id, below a directory of the repository.
    #[must_use]
    pub fn new(github: Rc<GitHub>, commit: impl Into<String>, prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { github, commit: commit.into(), prefix, entries: OnceCell::new(), expected: RefCell::default() }
    }

    /// Every file below the judged directory.
    fn entries(&self) -> Result<&BTreeMap<String, Entry>, TreeError> {
        if let Some(entries) = self.entries.get() {
            return Ok(entries);
        }
        let mut found = BTreeMap::new();
        let mut lists = 0;
        self.list(&self.commit, "", &mut lists, &mut found)?;
        Ok(self.entries.get_or_init(|| found))
    }

    /// Adds what lies below one tree. When GitHub cuts the list, each directory is asked for by itself.
    fn list(
        &self,
        id: &str,
        above: &str,
        lists: &mut u32,
        found: &mut BTreeMap<String, Entry>,
    ) -> Result<(), TreeError> {
        let mut ask = |recursive: bool| {
            *lists += 1;
            if *lists > MAX_LISTS {
                let why = format!("the repository is too large to be listed in {MAX_LISTS} calls");
                return Err(TreeError::Unreachable(format!("{why}; check it out instead")));
            }
            Ok(self.github.tree(id, recursive)?)
        };
        let (entries, complete) = ask(true)?;
        if complete {
            for entry in entries {
                self.keep(above, entry, found);
            }
            return Ok(());
        }
        let (entries, complete) = ask(false)?;
        if !complete {
            let place = if above.is_empty() { "the root" } else { above };
            return Err(TreeError::Unreachable(format!("github cuts the list of files in `{place}`")));
        }
        for entry in entries {
            if entry.mode != DIRECTORY {
                self.keep(above, entry, found);
                continue;
            }
            let path = format!("{above}{}/", entry.path);
            if path.starts_with(&self.prefix) || self.prefix.starts_with(&path) {
                self.list(&entry.id, &path, lists, found)?;
            }
        }
        Ok(())
    }

    /// Fetches a file that was expected together with those that are expected next, as many as one call holds: what
    /// stops reading early has not fetched all.
    fn fetch(&self, path: &str, entries: &BTreeMap<String, Entry>) {
        let mut expected = self.expected.borrow_mut();
        let Some(place) = expected.iter().position(|one| one == path) else { return };
        let wanted = |path: &String| {
            let entry = entries.get(path)?;
            let is_file = git::refuse_other_than_file(path, entry.mode).is_ok();
            (is_file && !self.github.has_asked_for(&entry.id)).then_some(entry)
        };
        let (mut batch, mut end) = (Batch::default(), place);
        for path in expected.iter().skip(place) {
            if wanted(path).is_some_and(|entry| !batch.take(&entry.id, entry.size)) {
                break;
            }
            end += 1;
            if end == place + 1 && batch.is_empty() {
                // This one is here already, or comes by itself.
                break;
            }
        }
        expected.drain(place..end);
        self.github.read_ahead(&batch);
    }

    /// Keeps a file or link that lies below the judged directory.
    fn keep(&self, above: &str, entry: Entry, found: &mut BTreeMap<String, Entry>) {
        let path = format!("{above}{}", entry.path);
        if let (Some(path), false) = (path.strip_prefix(&self.prefix), entry.mode == DIRECTORY) {
            found.insert(path.to_owned(), entry);
        }
    }
}

impl Tree for ApiTree {
    fn commit(&self) -> Option<&str> {
        Some(&self.commit)
    }

    fn paths(&self) -> Result<Vec<String>, TreeError> {
        let files = self.entries()?.iter().filter(|(_, entry)| entry.mode != SUBMODULE);
        Ok(files.map(|(path, _)| path.clone()).collect())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        if parts(path).is_none() {
            return Err(outside(path));
        }
        let entries = self.entries()?;
        let Some(entry) = entries.get(path) else {
            let below = format!("{path}/");
            return match entries.range(below.clone()..).next() {
                Some((next, _)) if next.starts_with(&below) => {
                    Err(git::refuse_other_than_file(path, DIRECTORY)
                        .err()
                        .map_or_else(|| outside(path), Into::into))
                }
                _ => Ok(None),
            };
        };
        git::refuse_other_than_file(path, entry.mode)?;
        if let Some(size) = entry.size.filter(|size| *size > MAX_FILE) {
            return Err(too_large(path, Some(size)));
        }
        self.fetch(path, entries);
        Ok(Some(self.github.blob(&entry.id, path, MAX_FILE)?))
    }

    fn is_link(&self, path: &str) -> bool {
        let entry = self.entries.get().and_then(|entries| entries.get(path));
        entry.is_some_and(|entry| entry.mode == LINK)
    }

    fn expect(&self, paths: &[String]) {
        let mut expected = self.expected.borrow_mut();
        let known: BTreeSet<String> = expected.iter().cloned().collect();
        expected.extend(paths.iter().filter(|path| !known.contains(*path)).cloned());
    }
}
