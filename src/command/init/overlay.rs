//! A work tree as it will be: the files that are to be written, over those that are there.
//!
//! What `validate` and `test` say of it is what they will say of the repository once it is written.

use std::collections::BTreeMap;

use crate::command::write::Draft;
use crate::tree::{Tree, TreeError, WorkTree};

/// Files over a work tree.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// What is there.
    below: WorkTree,
    /// Every path, sorted.
    paths: Vec<String>,
    /// What is to be written.
    drafts: BTreeMap<String, String>,
}

impl Overlay {
    /// Drafts over a work tree that has these files.
    #[must_use]
    pub fn new(below: WorkTree, files: &[String], drafts: &[Draft]) -> Self {
        let drafts: BTreeMap<String, String> =
            drafts.iter().map(|draft| (draft.path.clone(), draft.text.clone())).collect();
        let mut paths: Vec<String> = files.iter().chain(drafts.keys()).cloned().collect();
        paths.sort();
        paths.dedup();
        Self { below, paths, drafts }
    }
}

impl Tree for Overlay {
    fn commit(&self) -> Option<&str> {
        None
    }

    fn paths(&self) -> Result<Vec<String>, TreeError> {
        Ok(self.paths.clone())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        match self.drafts.get(path) {
            Some(text) => Ok(Some(text.clone().into_bytes())),
            None => self.below.read(path),
        }
    }

    fn is_link(&self, path: &str) -> bool {
        !self.drafts.contains_key(path) && self.below.is_link(path)
    }
}
