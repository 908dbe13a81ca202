//! What a change makes of the settings and SLOs that judge it, for people to see: it decides nothing.
//!
//! The base judges, so that nobody can soften a verdict in the change that it is about. What the change's own text says
//! is data from whoever wrote it, told beside the verdict.

use crate::catalog::revision::Revision;
use crate::diagnostic::Diagnostic;
use crate::report::revision::{Left, sentence};
use crate::settings::revision::Resettled;

/// What a change proposes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposed {
    /// The settings and SLO definitions that it touches.
    pub files: Vec<String>,
    /// What it revises of the settings.
    pub settings: Vec<Resettled>,
    /// What it revises of SLOs.
    pub revisions: Vec<Retold>,
    /// What would be wrong behind it and is not before it: errors first.
    pub problems: Vec<Found>,
    /// Why not all of it is told, in sentences.
    pub untold: Vec<String>,
    /// Where its text can be looked at, up to and including the last slash before a path.
    pub permalink: Option<String>,
}

/// A revision, with what was left of the budget by the definition before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retold {
    /// The revision.
    pub revision: Revision,
    /// What was left.
    pub left: Left,
}

impl Retold {
    /// In words.
    pub fn sentence(&self, safe: impl Fn(&str) -> String) -> String {
        sentence(&self.revision, self.left, safe)
    }

    /// It asks for less of an SLO whose budget was exhausted at the time.
    #[must_use]
    pub fn eases_an_exhausted_budget(&self) -> bool {
        self.revision.revised.loosens() && self.left.is_exhausted()
    }
}

/// A problem that a change brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The problem.
    pub problem: Diagnostic,
    /// It is the change's for sure: on a line that it touches, or in a file that nobody else changed since it began.
    pub ours: bool,
}

impl Proposed {
    /// It makes SLOs count other events, or eases an SLO whose budget was exhausted at the time.
    #[must_use]
    pub fn is_alarming(&self) -> bool {
        self.settings.iter().any(Resettled::redirects)
            || self.revisions.iter().any(Retold::eases_an_exhausted_budget)
    }

    /// What it is, in a few words: `1 changed setting, 2 SLO revisions, 1 error, 1 warning`.
    #[must_use]
    pub fn summary(&self) -> String {
        let errors = self.problems.iter().filter(|found| found.problem.is_error()).count();
        let counts = [
            (self.settings.len(), "changed setting", "changed settings"),
            (self.revisions.len(), "SLO revision", "SLO revisions"),
            (errors, "error", "errors"),
            (self.problems.len() - errors, "warning", "warnings"),
        ];
        let said: Vec<String> = counts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        match (said.is_empty(), self.untold.is_empty()) {
            (false, _) => said.join(", "),
            (true, true) => "no SLO is revised".to_owned(),
            (true, false) => "not all of it could be read".to_owned(),
        }
    }
}
