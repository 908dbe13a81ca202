//! A base with a change laid over it: what stands there once the change is merged, where the base has not moved on in
//! the same files.
//!
//! Only what changed is read at the head. Everything else is the base's, so that it costs no call and is what it is.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Tree, TreeError};

/// The most bytes that are read at the head, of all files together: some 5,000 SLOs.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The files of a base, with those that a change touches as they are at its head.
pub struct ChangedTree {
    /// The base.
    base: Rc<dyn Tree>,
    /// The head.
    head: Box<dyn Tree>,
    /// The paths that the change touches.
    changed: BTreeSet<String>,
    /// Every path, sorted.
    paths: Vec<String>,
    /// The bytes that were read at the head.
    bytes: Cell<usize>,
}

impl ChangedTree {
    /// Lays the paths that a change touches over its base.
    ///
    /// # Errors
    /// When either of the two cannot be listed.
    pub fn lay(base: Rc<dyn Tree>, head: Box<dyn Tree>, changed: &[String]) -> Result<Self, TreeError> {
        let changed: BTreeSet<String> = changed.iter().cloned().collect();
        let mut paths = base.paths()?;
        paths.retain(|path| !changed.contains(path));
        paths.extend(head.paths()?.into_iter().filter(|path| changed.contains(path)));
        paths.sort();
        Ok(Self { base, head, changed, paths, bytes: Cell::new(0) })
    }
}

impl Tree for ChangedTree {
    fn commit(&self) -> Option<&str> {
        None
    }

    fn paths(&self) -> Result<Vec<String>, TreeError> {
        Ok(self.paths.clone())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        if !self.changed.contains(path) {
            return self.base.read(path);
        }
        let read = self.head.read(path)?;
        self.bytes.set(self.bytes.get() + read.as_ref().map_or(0, Vec::len));
        if self.bytes.get() > MOST_BYTES {
            let why = format!("the files that it changes are larger than {} MiB together", MOST_BYTES >> 20);
            return Err(TreeError::Unreachable(why));
        }
        Ok(read)
    }

    fn is_link(&self, path: &str) -> bool {
        if self.changed.contains(path) { self.head.is_link(path) } else { self.base.is_link(path) }
    }

    fn expect(&self, paths: &[String]) {
        let (changed, others): (Vec<String>, Vec<String>) =
            paths.iter().cloned().partition(|path| self.changed.contains(path));
        self.head.expect(&changed);
        self.base.expect(&others);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::tests::repository;
    use crate::tree::GitTree;

    #[test]
    fn what_changed_is_the_heads_and_everything_else_the_bases() {
        let (_dir, repository, first, second) = repository();
        let at = |commit: &str| GitTree::new(Rc::clone(&repository), commit);
        let lay = |changed: &[&str]| {
            let changed: Vec<String> = changed.iter().map(|path| (*path).to_owned()).collect();
            ChangedTree::lay(Rc::new(at(&first)), Box::new(at(&second)), &changed).expect("it is laid")
        };
        let moved = lay(&["slos/a.yaml", "slos/b.yaml"]);
        let slos: Vec<String> =
            moved.paths().expect("paths").into_iter().filter(|path| path.starts_with("slos/")).collect();
        assert_eq!(slos, ["slos/b.yaml", "slos/link.yaml"]);
        assert_eq!(moved.read("slos/b.yaml").expect("it reads").as_deref(), Some(b"a\n".as_slice()));
        assert_eq!(moved.read("slos/a.yaml").expect("it reads"), None);
        assert!(moved.read("slogate.yaml").expect("it reads").is_some());
        assert_eq!(lay(&[]).read("slos/b.yaml").expect("it reads"), None);
    }
}
