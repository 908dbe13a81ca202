//! What the annotations of an SLO say to slogate: whatever its dialect has no words for.
//!
//! An annotation `slogate.dev/…` belongs to this program, so that one that it does not know is a typo and an error;
//! all others belong to their authors and are passed over. The same can be said in `slogate.yaml`, under `annotations`
//! and the SLO's name, for dialects that have no annotations and for files that another program writes. What is said
//! in both places is said once too often: nobody could tell which counts.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;

use super::Objective;
use super::about;
use super::requirement::{self, Requirements};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::document::Part;
use crate::settings::{Note, Settings};

/// What all our annotations begin with.
pub const PREFIX: &str = "slogate.dev/";
/// The annotation with the SLA.
const SLA: &str = "sla";
/// The annotation with the priority of incidents.
const PRIORITY: &str = "incident-priority";
/// The annotation that says why that priority was chosen.
const REASON: &str = "incident-priority-reason";

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

/// Every annotation that any SLO may have, without the prefix.
pub fn keys() -> impl Iterator<Item = &'static str> {
    [SLA, PRIORITY, REASON].into_iter().chain(requirement::KEYS).chain(about::KEYS)
}

/// All annotations of an SLO, by their names without the prefix.
pub(super) struct Annotations<'s> {
    /// What the SLO's own document says.
    own: BTreeMap<&'s str, Note>,
    /// What the settings say of the SLO.
    settings: Option<&'s BTreeMap<String, Note>>,
}

impl<'s> Annotations<'s> {
    /// The annotations of the SLO of this name, where it has one; `more` are those that its dialect reads besides. What
    /// is wrong in them is told, once for a document of several SLOs.
    pub(super) fn of(
        slo: Part<'s>,
        name: Option<&str>,
        more: &[&'static str],
        settings: &'s Settings,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut own = BTreeMap::new();
        let known: Vec<&str> = keys().chain(more.iter().copied()).collect();
        for (full, part) in slo.at("/metadata/annotations").into_iter().flat_map(Part::entries) {
            let Some(key) = full.strip_prefix(PREFIX) else { continue };
            if !known.contains(&key) {
                let problem = Diagnostic::error(Code::UnknownKey, format!("there is no annotation `{full}`"));
                let problem = problem.at(part.key_place(), "not an annotation of slogate");
                let full: Vec<String> = known.iter().map(|key| format!("{PREFIX}{key}")).collect();
                let near = diagnostic::nearest(key, known.iter().copied());
                let help = match near {
                    Some(near) => format!("did you mean `{PREFIX}{near}`?"),
                    None => diagnostic::suggestion(key, full.iter().map(String::as_str)),
                };
                tell(problem.help(help), problems);
            }
            own.insert(key, Note::of(part));
        }
        let settings = name.and_then(|name| settings.annotations.get(name)).map(|noted| &noted.notes);
        for (key, note) in settings.into_iter().flatten() {
            let Some(first) = own.get(key.as_str()) else { continue };
            let message = format!("`{key}` is said of this SLO twice");
            let problem = Diagnostic::error(Code::Duplicate, message);
            let problem = problem.at(note.key.clone(), format!("its own file says it at {}", first.key));
            tell(problem.help("take one of the two out"), problems);
        }
        Self { own, settings }
    }

    /// What is said under a name.
    pub(super) fn get(&self, key: &str) -> Option<&Note> {
        self.own.get(key).or_else(|| self.settings.and_then(|notes| notes.get(key)))
    }

    /// What the name of an annotation begins with where `key` was said: nothing in the settings.
    pub(super) fn prefix(&self, key: &str) -> &'static str {
        if self.own.contains_key(key) { PREFIX } else { "" }
    }

    /// The terms of an SLO with this objective.
    pub(super) fn terms(&self, objective: Option<Objective>, problems: &mut Vec<Diagnostic>) -> Terms {
        let mut told = Vec::new();
        let terms = Terms {
            sla: self.get(SLA).and_then(|note| sla(note, objective, &mut told)),
            priority: priority(self, &mut told),
            requirements: requirement::read(|key| self.get(key), &mut told),
        };
        for problem in told {
            tell(problem, problems);
        }
        terms
    }
}

/// Tells a problem that has not been told yet, of another SLO of the same document.
pub(super) fn tell(problem: Diagnostic, problems: &mut Vec<Diagnostic>) {
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}

/// The SLA.
fn sla(note: &Note, objective: Option<Objective>, problems: &mut Vec<Diagnostic>) -> Option<Objective> {
    let mut wrong = |code: Code, message: String, label: &str, help: &str| {
        problems.push(Diagnostic::error(code, message).at(note.place.clone(), label).help(help));
    };
    let text = note.text.as_str();
    let percent = text.strip_suffix('%').and_then(|number| Decimal::from_str_exact(number.trim_end()).ok());
    let few = percent.filter(|percent| percent.normalize().scale() <= super::target::MOST_DIGITS);
    let share = few.and_then(|percent| percent.checked_div(Decimal::ONE_HUNDRED)).and_then(Objective::new);
    let Some(share) = share else {
        let help = "write what the contract promises, above 0 % and below 100 %, such as `\"99.5 %\"`";
        wrong(Code::WrongValue, format!("`{text}` is no share of events"), "not an SLA", help);
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
        wrong(Code::SlaNotLooser, message, "not below the objective", help);
        return None;
    }
    Some(share)
}

/// The priority of incidents, with the reason that must stand beside it.
fn priority(annotations: &Annotations<'_>, problems: &mut Vec<Diagnostic>) -> Assigned {
    let (priority, reason) = (annotations.get(PRIORITY), annotations.get(REASON));
    let mut wrong = |note: &Note, code: Code, message: String, label: &str, help: String| {
        problems.push(Diagnostic::error(code, message).at(note.key.clone(), label).help(help));
    };
    let Some(note) = priority else {
        if let Some(reason) = reason {
            let prefix = annotations.prefix(REASON);
            let help = format!("add `{prefix}{PRIORITY}: \"P2\"`, or take the reason out");
            let message = "a reason stands here without a priority".to_owned();
            wrong(reason, Code::MissingKey, message, "the reason for what", help);
        }
        return Assigned::Default;
    };
    if reason.is_none_or(|note| note.text.trim().is_empty()) {
        let prefix = annotations.prefix(PRIORITY);
        let message = format!("missing key `{prefix}{REASON}`");
        let help = format!("add `{prefix}{REASON}: \"…\"`: why this priority, for those who are woken by it");
        wrong(note, Code::MissingKey, message, "chosen without a reason", help);
    }
    let text = note.text.as_str();
    if text == "none" {
        return Assigned::None;
    }
    let Some(priority) = Priority::named(text) else {
        let problem = Diagnostic::error(Code::WrongValue, format!("there is no priority `{text}`"));
        let names = PRIORITIES.map(Priority::as_str);
        // `P9` is as near to one of them as to any other.
        let bare = text.trim();
        let meant = names.into_iter().chain(["none"]).find(|name| {
            name.eq_ignore_ascii_case(bare) || name.strip_prefix('P').is_some_and(|number| number == bare)
        });
        let help = meant.map_or_else(
            || "there is `P1`, `P2`, `P3`, `P4`, `P5` and `none`".to_owned(),
            |name| format!("did you mean `{name}`?"),
        );
        problems.push(problem.at(note.place.clone(), "not a priority").help(help));
        return Assigned::Default;
    };
    Assigned::Explicit(priority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::document;

    /// Settings that say of the SLO `a` who owns it.
    fn settings() -> Settings {
        let text = "version: 1\nservices: {a: {paths: [a]}}\nenvironments: {p: {}}\nannotations: {a: {owner: ola}}\n";
        crate::settings::load(&SourceText::new("slogate.yaml", text)).0.expect("they are valid")
    }

    /// The terms of an SLO at 99.9 % with these annotations, and the problems with them.
    fn read(annotations: &str) -> (Terms, Vec<String>) {
        let source = SourceText::new("slo.yaml", format!("metadata: {{annotations: {{{annotations}}}}}\n"));
        let documents = document::parse(&source).expect("YAML");
        let mut problems = Vec::new();
        let settings = settings();
        let annotations = Annotations::of(documents[0].root(), Some("a"), &[], &settings, &mut problems);
        let terms = annotations.terms(Objective::new(Decimal::new(999, 3)), &mut problems);
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

    #[test]
    fn settings_say_what_a_file_does_not_and_nothing_twice() {
        assert_eq!(read("slogate.dev/runbook: https://runbooks.example/a").1, Vec::<String>::new());
        assert_eq!(read("slogate.dev/owner: ola").1, ["`owner` is said of this SLO twice"]);
    }

    #[test]
    fn a_misspelt_annotation_is_answered_with_the_nearest() {
        let source = SourceText::new("slo.yaml", "metadata: {annotations: {slogate.dev/runbok: x}}\n");
        let documents = document::parse(&source).expect("YAML");
        let mut problems = Vec::new();
        let settings = settings();
        let _ = Annotations::of(documents[0].root(), None, &[], &settings, &mut problems);
        assert_eq!(problems[0].help, "did you mean `slogate.dev/runbook`?");
    }
}
