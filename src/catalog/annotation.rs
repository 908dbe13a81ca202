//! What the annotations of an SLO say to slogate: the SLA that it defends, the priority of its incidents, and what is
//! asked of its history (`requirement`).
//!
//! An annotation `slogate.dev/…` belongs to this program, so that one that it does not know is a typo and an error;
//! all others belong to their authors and are passed over.

use std::fmt;

use rust_decimal::Decimal;

use super::Objective;
use super::requirement::{self, Requirements};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::document::Part;

/// What all our annotations begin with.
pub(super) const PREFIX: &str = "slogate.dev/";
/// The annotation with the SLA.
const SLA: &str = "slogate.dev/sla";
/// The annotation with the priority of incidents.
const PRIORITY: &str = "slogate.dev/incident-priority";
/// The annotation that says why that priority was chosen.
const REASON: &str = "slogate.dev/incident-priority-reason";

/// How urgent an incident is; the most urgent comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// The most urgent.
    P1,
    /// Less urgent than P1.
    P2,
    /// Less urgent than P2.
    P3,
    /// Less urgent than P3.
    P4,
    /// The least urgent.
    P5,
}

/// All priorities, the most urgent one first.
pub const PRIORITIES: [Priority; 5] = [Priority::P1, Priority::P2, Priority::P3, Priority::P4, Priority::P5];

impl Priority {
    /// The priority of a name such as `P2`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        PRIORITIES.into_iter().find(|priority| priority.as_str() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
            Self::P5 => "P5",
        }
    }

    /// Its number, from 1 to 5.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::P1 => 1,
            Self::P2 => 2,
            Self::P3 => 3,
            Self::P4 => 4,
            Self::P5 => 5,
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which priority the incidents of an SLO have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Assigned {
    /// Nobody chose one, so the tables say it.
    #[default]
    Default,
    /// None, by choice.
    None,
    /// This one, by choice.
    Explicit(Priority),
}

/// What an SLO is bound to besides its objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// The share of events that must be good by contract; always looser than the objective.
    pub sla: Option<Objective>,
    /// The priority of its incidents.
    pub priority: Assigned,
    /// What is asked of its history before its budget counts as known.
    pub requirements: Requirements,
}

/// The terms of an SLO, from the annotations of its document; what is wrong in them is told, once for a document of
/// several SLOs. `more` are the annotations that its dialect reads besides.
pub(super) fn terms(
    slo: Part<'_>,
    objective: Option<Objective>,
    more: &[&str],
    problems: &mut Vec<Diagnostic>,
) -> Terms {
    let mut told = Vec::new();
    let terms = read(slo, objective, more, &mut told);
    told.retain(|problem| !problems.contains(problem));
    problems.extend(told);
    terms
}

/// The same, with everything told.
fn read(slo: Part<'_>, objective: Option<Objective>, more: &[&str], problems: &mut Vec<Diagnostic>) -> Terms {
    let annotation = |key: &str| slo.at("/metadata/annotations").and_then(|all| all.get(key));
    let known: Vec<&str> =
        [SLA, PRIORITY, REASON].into_iter().chain(requirement::KEYS).chain(more.iter().copied()).collect();
    for (key, part) in slo.at("/metadata/annotations").into_iter().flat_map(Part::entries) {
        if key.starts_with(PREFIX) && !known.contains(&key) {
            let problem = Diagnostic::error(Code::UnknownKey, format!("there is no annotation `{key}`"));
            let problem = problem.at(part.key_place(), "not an annotation of slogate");
            problems.push(problem.help(diagnostic::suggestion(key, known.iter().copied())));
        }
    }
    Terms {
        sla: annotation(SLA).and_then(|part| sla(part, objective, problems)),
        priority: priority(annotation(PRIORITY), annotation(REASON), problems),
        requirements: requirement::read(annotation, problems),
    }
}

/// The SLA.
fn sla(part: Part<'_>, objective: Option<Objective>, problems: &mut Vec<Diagnostic>) -> Option<Objective> {
    let mut wrong = |message: String, label: &str, help: String| {
        problems.push(Diagnostic::error(Code::WrongValue, message).at(part.place(), label).help(help));
    };
    let text = part.text().or_else(|| part.number()).unwrap_or_default();
    let percent = text.strip_suffix('%').and_then(|number| Decimal::from_str_exact(number.trim_end()).ok());
    let few = percent.filter(|percent| percent.normalize().scale() <= super::target::MOST_DIGITS);
    let share = few.and_then(|percent| percent.checked_div(Decimal::ONE_HUNDRED)).and_then(Objective::new);
    let Some(share) = share else {
        let help = "write what the contract promises, above 0 % and below 100 %, such as `\"99.5 %\"`";
        wrong(format!("`{text}` is no share of events"), "not an SLA", help.to_owned());
        return None;
    };
    let objective = objective?;
    if share >= objective {
        let percent = |objective: Objective| (objective.share() * Decimal::ONE_HUNDRED).normalize();
        let message = format!(
            "an SLA of {} % is not looser than the objective of {} %",
            percent(share),
            percent(objective)
        );
        let help = "promise less than you aim at, so that the objective warns before the contract is broken";
        wrong(message, "not below the objective", help.to_owned());
        return None;
    }
    Some(share)
}

/// The priority of incidents, with the reason that must stand beside it.
fn priority(
    priority: Option<Part<'_>>,
    reason: Option<Part<'_>>,
    problems: &mut Vec<Diagnostic>,
) -> Assigned {
    let mut wrong = |part: Part<'_>, code: Code, message: String, label: &str, help: String| {
        problems.push(Diagnostic::error(code, message).at(part.key_place(), label).help(help));
    };
    let Some(part) = priority else {
        if let Some(reason) = reason {
            let help = format!("add `{PRIORITY}: \"P2\"`, or take the reason out");
            let message = "a reason stands here without a priority".to_owned();
            wrong(reason, Code::MissingKey, message, "the reason for what", help);
        }
        return Assigned::Default;
    };
    if reason.and_then(Part::text).is_none_or(|text| text.trim().is_empty()) {
        let message = format!("missing key `{REASON}`");
        let help = format!("add `{REASON}: \"…\"`: why this priority, for those who are woken by it");
        wrong(part, Code::MissingKey, message, "chosen without a reason", help);
    }
    let text = part.text().or_else(|| part.number()).unwrap_or_default();
    if text == "none" {
        return Assigned::None;
    }
    let Some(priority) = Priority::named(text) else {
        let problem = Diagnostic::error(Code::WrongValue, format!("there is no priority `{text}`"));
        let names = PRIORITIES.map(Priority::as_str);
        let help = diagnostic::suggestion(text, names.into_iter().chain(["none"]));
        problems.push(problem.at(part.place(), "not a priority").help(help));
        return Assigned::Default;
    };
    Assigned::Explicit(priority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::document;

    /// The terms of an SLO at 99.9 % with these annotations, and the problems with them.
    fn read(annotations: &str) -> (Terms, Vec<String>) {
        let source = SourceText::new("slo.yaml", format!("metadata: {{annotations: {{{annotations}}}}}\n"));
        let documents = document::parse(&source).expect("YAML");
        let mut problems = Vec::new();
        let terms = terms(documents[0].root(), Objective::new(Decimal::new(999, 3)), &[], &mut problems);
        (terms, problems.into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn an_sla_is_a_share_that_is_looser_than_the_objective() {
        let (terms, problems) = read("slogate.dev/sla: 99.5 %, team.example/owner: payments");
        assert_eq!((terms.sla.map(Objective::share), problems), (Some(Decimal::new(995, 3)), Vec::new()));
        for wrong in ["99.9 %", "99.95 %"] {
            assert_eq!(read(&format!("slogate.dev/sla: {wrong}")).1.len(), 1, "{wrong}");
        }
        for wrong in ["99.5", "0.995", "high", "100 %", "0 %", "101 %", "-1 %", "''", "[a]"] {
            assert!(read(&format!("slogate.dev/sla: {wrong}")).1[0].contains("no share"), "{wrong}");
        }
        assert_eq!(read("slogate.dev/slas: 99 %").1, ["there is no annotation `slogate.dev/slas`"]);
    }

    #[test]
    fn or5_a_priority_is_chosen_with_a_reason_and_may_be_none() {
        let chosen = |priority: &str| {
            let (terms, problems) = read(&format!(
                "slogate.dev/incident-priority: {priority}, slogate.dev/incident-priority-reason: because"
            ));
            assert_eq!(problems, Vec::<String>::new(), "{priority}");
            terms.priority
        };
        assert_eq!(chosen("P2"), Assigned::Explicit(Priority::P2));
        assert_eq!(chosen("P3"), Assigned::Explicit(Priority::P3));
        assert_eq!(chosen("none"), Assigned::None);
        assert_eq!(read("").0.priority, Assigned::Default);
        for alone in ["slogate.dev/incident-priority: P2", "slogate.dev/incident-priority-reason: because"] {
            assert_eq!(read(alone).1.len(), 1, "{alone}");
        }
        for wrong in ["P0", "P6", "2", "p2", "None"] {
            let text =
                format!("slogate.dev/incident-priority: {wrong}, slogate.dev/incident-priority-reason: r");
            assert!(read(&text).1[0].starts_with("there is no priority"), "{wrong}");
        }
    }
}
