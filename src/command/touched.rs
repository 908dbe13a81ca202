//! Which problems stand on lines that a change touches: those are its author's to mend first.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic};
use crate::git::line::Lines;
use crate::tree::Tree;

/// The lines that a change touches, file by file.
pub struct Touched<'a> {
    /// What stood there before.
    before: Rc<dyn Tree>,
    /// The paths that the change touches, where they are known already.
    changed: Option<&'a [String]>,
    /// The lines of those files that were asked about.
    lines: BTreeMap<String, Lines>,
}

impl<'a> Touched<'a> {
    /// The lines that differ from a tree; of no file but `changed`, where that is given.
    pub fn of(before: Rc<dyn Tree>, changed: Option<&'a [String]>) -> Self {
        Self { before, changed, lines: BTreeMap::new() }
    }

    /// Whether a problem stands on a line that the change touches; one of no file is about all of it, and a version that
    /// did not rise is the change's wherever the version stands.
    pub fn has(&mut self, problem: &Diagnostic) -> bool {
        let Some(place) = problem.place().filter(|_| problem.code != Code::Version) else { return true };
        let path = place.source.path();
        if self.changed.is_some_and(|changed| !changed.iter().any(|changed| changed == path)) {
            return false;
        }
        let before = &self.before;
        let lines = self.lines.entry(path.to_owned()).or_insert_with(|| {
            let before = before.read(path).ok().flatten();
            Lines::touched(before.as_deref(), place.source.text().as_bytes())
        });
        lines.touch(place.line(), place.end_line())
    }
}
