//! What a change makes of the settings, SLOs and policies that judge it, for people to see: it decides nothing.
//!
//! The base judges, so that nobody can soften a verdict in the change that it is about. What the change's own text says
//! is data from whoever wrote it, told beside the verdict.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::revision::Revision;
use crate::diagnostic::Diagnostic;
use crate::policy::amendment::Amendment;
use crate::policy::ruling::Standing;
use crate::report::Report;
use crate::report::revision::{Left, sentence};
use crate::settings::revision::Resettled;
use crate::verdict::{Effect, Exit, Weighed};

/// The most SLOs that are named with one reason.
const NAMED: usize = 3;

/// What a change proposes.
#[derive(Debug, Clone, Default)]
pub struct Proposed {
    /// The settings, SLO definitions, policies and adjustments that it touches.
    pub files: Vec<String>,
    /// What it revises of the settings.
    pub settings: Vec<Resettled>,
    /// What it revises of SLOs.
    pub revisions: Vec<Retold>,
    /// What it amends of policies: first what loosens.
    pub amendments: Vec<Amendment>,
    /// What would be wrong behind it and is not before it: errors first.
    pub problems: Vec<Found>,
    /// What its own rules would decide now, or why that is not known, without a period; none where its text cannot be read.
    pub outcome: Option<Result<Box<Report>, String>>,
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

/// Whether two rulings are of the same clause on the same budget.
fn same(one: &Weighed, other: &Weighed) -> bool {
    let key = |weighed: &Weighed| {
        let ruling = &weighed.ruling;
        [&ruling.policy, &ruling.clause, &ruling.slo, &ruling.environment].map(String::clone)
    };
    key(one) == key(other)
}

/// What becomes of a clause that decides by the rules of the base and asks for less by others: `idle`.
#[must_use]
pub const fn becomes(weighed: &Weighed) -> &'static str {
    match (weighed.ruling.standing, weighed.effect) {
        (Standing::InForce { .. }, Effect::Proceed | Effect::Inform) => "in force, and only inform",
        (Standing::InForce { .. }, Effect::Warn) => "in force, and only warn",
        (Standing::InForce { .. }, Effect::Unknown | Effect::Restrict | Effect::Freeze) => {
            "in force, and ask for less"
        }
        (Standing::Idle, _) => "idle",
        (Standing::Unknown, _) => "not known",
        (Standing::Untriggered, _) => "manual, and not triggered",
    }
}

/// How what a change's own rules would decide stands to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// They would let more pass.
    Milder,
    /// They would decide the same.
    Same,
    /// They would let less pass, or nothing be decided.
    Stricter,
}

impl Proposed {
    /// How its own rules stand to the verdict; none where it is not known what they would decide.
    #[must_use]
    pub fn bearing(&self, report: &Report) -> Option<Bearing> {
        let own = &self.outcome.as_ref()?.as_ref().ok()?.verdict;
        let base = &report.verdict;
        Some(match own.effect.cmp(&base.effect) {
            _ if own.exit == Exit::Invalid => Bearing::Stricter,
            Ordering::Less => Bearing::Milder,
            Ordering::Equal => Bearing::Same,
            Ordering::Greater => Bearing::Stricter,
        })
    }

    /// By its own rules a change would pass that is withheld, or it makes SLOs count other events, or eases an SLO whose
    /// budget was exhausted at the time, or a policy.
    #[must_use]
    pub fn is_alarming(&self, report: &Report) -> bool {
        self.frees(report)
            || self.settings.iter().any(Resettled::redirects)
            || self.revisions.iter().any(Retold::eases_an_exhausted_budget)
            || self.amendments.iter().any(|one| one.loosens)
    }

    /// By its own rules a change would pass that is withheld, or be judged more mildly.
    #[must_use]
    pub fn frees(&self, report: &Report) -> bool {
        report.verdict.exit != Exit::Proceed && self.bearing(report) == Some(Bearing::Milder)
    }

    /// What its own rules would decide, beside the verdict, as a sentence without its period: `proceed (by those of the
    /// base: freeze, by exhausted)`. None where its text cannot be read.
    #[must_use]
    pub fn decided(&self, report: &Report, safe: impl Fn(&str) -> String) -> Option<String> {
        let own = match self.outcome.as_ref()? {
            Ok(own) => own,
            Err(why) => return Some(format!("not known: {}", safe(why))),
        };
        let clauses = |report: &Report| {
            let names: BTreeSet<&str> =
                report.deciding().map(|weighed| weighed.ruling.clause.as_str()).collect();
            let names: Vec<String> = names.into_iter().map(&safe).collect();
            if names.is_empty() { String::new() } else { format!(", by {}", names.join(", ")) }
        };
        let (word, base) = (own.word(), report.word());
        let beside = if self.bearing(report) == Some(Bearing::Same) {
            format!("{word}{}, as by those of the base", clauses(own))
        } else {
            format!("{word}{} (by those of the base: {base}{})", clauses(own), clauses(report))
        };
        Some(if own.verdict.exit == Exit::Invalid {
            format!("{beside}; nothing would be decided before its errors are mended")
        } else {
            beside
        })
    }

    /// What would decide by its own rules and does not by those of the base; nothing that would only inform.
    #[must_use]
    pub fn deciding(&self, report: &Report) -> Vec<&Weighed> {
        let Some(Ok(own)) = &self.outcome else { return Vec::new() };
        let decides = |one: &&Weighed| {
            let same = |base: &Weighed| same(base, one) && base.ruling.evidence == one.ruling.evidence;
            own.verdict.effect > Effect::Inform && !report.deciding().any(same)
        };
        own.deciding().filter(decides).collect()
    }

    /// What decides by the rules of the base and would ask for less by its own, with what becomes of it; none where there is
    /// no such clause any more, or it is not asked.
    #[must_use]
    pub fn undone<'r>(&'r self, report: &'r Report) -> Vec<(&'r Weighed, Option<&'r Weighed>)> {
        let Some(Ok(own)) = &self.outcome else { return Vec::new() };
        if own.verdict.exit == Exit::Invalid {
            return Vec::new();
        }
        let found = |base: &Weighed| own.verdict.rulings.iter().find(|one| same(base, one));
        let told = report.deciding().map(|base| (base, found(base)));
        told.filter(|(base, now)| now.is_none_or(|now| now.effect < base.effect)).collect()
    }

    /// The budgets that its own rules do not know, by the reason, each as a sentence without its period.
    pub fn unknown(&self, safe: impl Fn(&str) -> String) -> Vec<String> {
        let Some(Ok(own)) = &self.outcome else { return Vec::new() };
        let mut titles: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in &own.budgets {
            if let Err(gap) = &line.figures {
                let title = safe(&own.title(line));
                titles.entry(format!("{}; {}", safe(&gap.to_string()), gap.help())).or_default().push(title);
            }
        }
        let said = titles.into_iter().map(|(why, titles)| {
            let named = titles.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            let more = titles.len().saturating_sub(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("{named}{more}: not known by its own rules, because {why}")
        });
        said.collect()
    }

    /// How many settings, revisions and problems there are beyond so many of each.
    #[must_use]
    pub fn beyond(&self, shown: usize) -> usize {
        let counts = [self.settings.len(), self.revisions.len(), self.amendments.len(), self.problems.len()];
        counts.iter().map(|count| count.saturating_sub(shown)).sum()
    }

    /// What it is, in a few words: `1 changed setting, 2 SLO revisions, 1 error, 1 warning`.
    #[must_use]
    pub fn summary(&self) -> String {
        let errors = self.problems.iter().filter(|found| found.problem.is_error()).count();
        let counts = [
            (self.settings.len(), "changed setting", "changed settings"),
            (self.revisions.len(), "SLO revision", "SLO revisions"),
            (self.amendments.len(), "policy amendment", "policy amendments"),
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
            (true, true) => "nothing that bears on a verdict".to_owned(),
            (true, false) => "not all of it could be read".to_owned(),
        }
    }
}
