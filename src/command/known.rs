//! Which problems were there before a change: those that it brings are its author's to mend, wherever they stand.
//!
//! Whoever takes an SLI away breaks the SLO that refers to it, in a file and on a line that the change never touches.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};

/// Problems that are known, each the same one wherever its line moved.
#[derive(Debug, Clone, Default)]
pub struct Known(BTreeSet<Key>);

/// What makes a problem the same one before and behind a change: its code, whether it is an error, its message, its file.
type Key = (Code, bool, String, Option<String>);

impl Known {
    /// These problems.
    pub fn of<'a>(problems: impl IntoIterator<Item = &'a Diagnostic>) -> Self {
        Self(problems.into_iter().map(key).collect())
    }

    /// Whether a problem is one of them.
    pub fn has(&self, problem: &Diagnostic) -> bool {
        self.0.contains(&key(problem))
    }
}

/// The key of a problem.
fn key(problem: &Diagnostic) -> Key {
    let path = problem.place().map(|place| place.source.path().to_owned());
    (problem.code, problem.is_error(), problem.message.clone(), path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, SourceText};

    #[test]
    fn a_problem_is_the_same_one_on_another_line_and_another_one_as_an_error() {
        let at = |line: usize, message: &str| {
            let place = Place::line_of(&SourceText::new("slos/a.yaml", "a\nb\n".to_owned()), line);
            Diagnostic::warning(Code::Unsaid, message).at(place, "here")
        };
        let known = Known::of(&[at(1, "no journey")]);
        assert!(known.has(&at(2, "no journey")));
        assert!(!known.has(&at(1, "no runbook")));
        assert!(!known.has(&Diagnostic::error(Code::Unsaid, "no journey")));
        let error = Diagnostic { severity: crate::diagnostic::Severity::Error, ..at(1, "no journey") };
        assert!(!known.has(&error));
    }
}
