//! The keys of a mapping, each taken once: what nobody took is told, so that no key is lost in silence.

use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

/// A mapping that is being taken apart.
pub(super) struct Keys<'a> {
    /// The entries that nobody has taken.
    left: Vec<(&'a str, Part<'a>)>,
}

impl<'a> Keys<'a> {
    /// All keys of a mapping; none where there is no mapping.
    pub(super) fn of(part: Option<Part<'a>>) -> Self {
        Self { left: part.into_iter().flat_map(Part::entries).collect() }
    }

    /// Takes the value of a key.
    pub(super) fn take(&mut self, key: &str) -> Option<Part<'a>> {
        let at = self.left.iter().position(|(name, _)| *name == key)?;
        Some(self.left.remove(at).1)
    }

    /// Takes keys that hold nothing that anybody wrote.
    pub(super) fn drop_all(&mut self, keys: &[&str]) {
        self.left.retain(|(name, _)| !keys.contains(name));
    }

    /// Takes everything that is left.
    pub(super) fn rest(self) -> impl Iterator<Item = (&'a str, Part<'a>)> {
        self.left.into_iter()
    }

    /// Tells what nobody has taken.
    pub(super) fn end(self, problems: &mut Vec<Diagnostic>) {
        for (name, part) in self.left {
            let message = format!("OpenSLO v1 has no words for `{name}`");
            let problem = Diagnostic::warning(Code::NotConverted, message);
            let help = "take it out, or move what it says to a description or an annotation";
            problems.push(problem.at(part.key_place(), "not written").help(help));
        }
    }
}
