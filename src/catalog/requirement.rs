//! What is asked of an SLO's history before its budget counts as known, and what a slice of time without events counts
//! as: `slogate.dev/minimum-coverage`, `minimum-events`, `stale-after`, `minimum-history` and `missing-slices`.

use rust_decimal::Decimal;

use super::annotation::{Annotations, PREFIX, tell};
use super::{Method, percent, period, target};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::settings::Note;

/// The share of points that must be there.
const COVERAGE: &str = "minimum-coverage";
/// The events that a period must have.
const EVENTS: &str = "minimum-events";
/// How old the newest point may be.
const STALE: &str = "stale-after";
/// How much history is enough for an estimate.
const HISTORY: &str = "minimum-history";
/// What a slice without events counts as.
const MISSING: &str = "missing-slices";

/// Every annotation that says something of it.
pub(super) const KEYS: [&str; 5] = [COVERAGE, EVENTS, STALE, HISTORY, MISSING];

/// What is asked of a history before its budget counts as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirements {
    /// The share of a window's points that must be there.
    pub coverage: Decimal,
    /// The events that a period must have.
    pub events: Decimal,
    /// How old the newest point may be, in seconds; three steps where nobody says it.
    pub stale_after: Option<i64>,
    /// How much history is enough for an estimate, in seconds; none where only a whole period is.
    pub history: Option<i64>,
    /// What a slice of time without events counts as.
    pub missing: Missing,
}

impl Default for Requirements {
    fn default() -> Self {
        Self {
            coverage: Decimal::new(9, 1),
            events: Decimal::ONE,
            stale_after: None,
            history: None,
            missing: Missing::default(),
        }
    }
}

/// What a slice of time without events counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// As none at all.
    #[default]
    Excluded,
    /// As a good one.
    Good,
    /// As a bad one.
    Bad,
}

impl Missing {
    /// What it can be, as it is written.
    const ALL: [(&'static str, Self); 3] =
        [("excluded", Self::Excluded), ("good", Self::Good), ("bad", Self::Bad)];
}

impl Requirements {
    /// The same, as far as they ask for more than nobody having said anything: what is written beside an SLO makes
    /// nothing milder to those above its authors.
    #[must_use]
    pub fn at_least_usual(self, step: i64) -> Self {
        let usual = Self::default();
        Self {
            coverage: self.coverage.max(usual.coverage),
            events: self.events.max(usual.events),
            stale_after: self.stale_after.map(|seconds| seconds.min(usual.stale(step))),
            history: None,
            missing: if self.missing == Missing::Bad { Missing::Bad } else { usual.missing },
        }
    }

    /// What is written of it, by the annotations' names, where that is not what counts anyway.
    #[must_use]
    pub(super) fn said(&self) -> [(&'static str, Option<String>); 5] {
        let usual = Self::default();
        let missing = Missing::ALL.into_iter().find(|(_, rule)| *rule == self.missing);
        [
            (COVERAGE, (self.coverage != usual.coverage).then(|| percent(self.coverage))),
            (EVENTS, (self.events != usual.events).then(|| self.events.to_string())),
            (STALE, self.stale_after.map(period::written)),
            (HISTORY, self.history.map(period::written)),
            (MISSING, missing.filter(|_| self.missing != usual.missing).map(|(name, _)| name.to_owned())),
        ]
    }

    /// How old the newest point may be, in seconds, on a grid.
    #[must_use]
    pub fn stale(&self, step: i64) -> i64 {
        self.stale_after.unwrap_or_else(|| step.saturating_mul(3))
    }
}

/// The requirements of an SLO, from its annotations; what is wrong in them is told.
pub(super) fn read<'n>(
    annotation: impl Fn(&str) -> Option<&'n Note>,
    problems: &mut Vec<Diagnostic>,
) -> Requirements {
    let mut requirements = Requirements::default();
    let mut take = |key: &str, help: &str, set: &mut dyn FnMut(&str) -> Option<()>| {
        let Some(note) = annotation(key) else { return };
        if set(&note.text).is_none() {
            let problem = Diagnostic::error(Code::WrongValue, format!("`{}` is no `{key}`", note.text));
            problems.push(problem.at(note.place.clone(), "not understood").help(help));
        }
    };
    let help =
        "write the share of points that must be there, above 0 % and at most 100 %, such as `\"95 %\"`";
    take(COVERAGE, help, &mut |text| {
        requirements.coverage = percentage(text)?;
        Some(())
    });
    take(EVENTS, "write the events that a period must have, at least 1, such as `\"1000\"`", &mut |text| {
        requirements.events = whole(text)?;
        Some(())
    });
    take(STALE, "write how old the newest data may be, such as `\"30m\"`", &mut |text| {
        requirements.stale_after = Some(length(text)?);
        Some(())
    });
    take(HISTORY, "write how much history is enough for an estimate, such as `\"7d\"`", &mut |text| {
        requirements.history = Some(length(text)?);
        Some(())
    });
    let names = Missing::ALL.map(|(name, _)| name);
    let help = format!("write what a slice without events counts as: {}", diagnostic::list(&names));
    take(MISSING, &help, &mut |text| {
        requirements.missing = Missing::ALL.into_iter().find(|(name, _)| *name == text)?.1;
        Some(())
    });
    requirements
}

/// Warns about a rule for missing slices where no slices are counted.
pub(super) fn idle(annotations: &Annotations<'_>, method: Option<&Method>, problems: &mut Vec<Diagnostic>) {
    let Some(note) = annotations.get(MISSING).filter(|_| method == Some(&Method::Occurrences)) else {
        return;
    };
    let message = format!("`{PREFIX}{MISSING}` says nothing of the budgeting method `Occurrences`");
    let problem = Diagnostic::warning(Code::Unused, message).at(note.key.clone(), "without effect");
    let help = "take it out, or count slices of time: `Timeslices` or `RatioTimeslices`";
    tell(problem.help(help), problems);
}

/// A percentage as a share above 0 and at most 1.
fn percentage(text: &str) -> Option<Decimal> {
    let percent = target::decimal(text.strip_suffix('%')?.trim_end())?;
    let share = percent.checked_div(Decimal::ONE_HUNDRED)?;
    (share > Decimal::ZERO && share <= Decimal::ONE).then_some(share)
}

/// A whole number of events.
fn whole(text: &str) -> Option<Decimal> {
    let few = text.len() <= 15 && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| few && !text.is_empty())
}

/// A length of time in seconds.
fn length(text: &str) -> Option<i64> {
    let (_, unit) = period::counted(text)?;
    period::shorthand(text).filter(|_| "mhdw".contains(unit))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::diagnostic::SourceText;
    use crate::document;

    /// The requirements of annotations, and the problems with them.
    fn requirements(annotations: &str) -> (Requirements, Vec<String>) {
        let source = SourceText::new("slo.yaml", format!("{{{annotations}}}\n"));
        let documents = document::parse(&source).expect("YAML");
        let mut problems = Vec::new();
        let notes: BTreeMap<&str, Note> =
            documents[0].root().entries().map(|(key, part)| (key, Note::of(part))).collect();
        let read = read(|key| notes.get(key), &mut problems);
        (read, problems.into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn each_is_read_from_its_annotation() {
        let (read, problems) = requirements(
            "minimum-coverage: 99.5 %, minimum-events: 1000, stale-after: 30m, \
             minimum-history: 7d, missing-slices: bad",
        );
        assert_eq!(problems, Vec::<String>::new());
        let wanted = Requirements {
            coverage: Decimal::new(995, 3),
            events: Decimal::from(1_000),
            stale_after: Some(1_800),
            history: Some(7 * 86_400),
            missing: Missing::Bad,
        };
        assert_eq!(read, wanted);
        assert_eq!(requirements("").0, Requirements::default());
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        for wrong in [
            "minimum-coverage: 0.9",
            "minimum-coverage: 0 %",
            "minimum-coverage: 101 %",
            "minimum-events: 0",
            "minimum-events: -5",
            "minimum-events: 1e3",
            "minimum-events: ''",
            "stale-after: soon",
            "stale-after: 1M",
            "minimum-history: 7",
            "missing-slices: ignored",
        ] {
            let (read, problems) = requirements(wrong);
            assert_eq!((problems.len(), read), (1, Requirements::default()), "{wrong}");
        }
    }

    #[test]
    fn nothing_gets_milder_to_those_above() {
        let own = Requirements {
            coverage: Decimal::new(5, 1),
            events: Decimal::from(1_000),
            stale_after: Some(86_400),
            history: Some(3_600),
            missing: Missing::Good,
        };
        let above = own.at_least_usual(300);
        let wanted = Requirements { events: own.events, stale_after: Some(900), ..Requirements::default() };
        assert_eq!(above, wanted);
        let stricter = Requirements { stale_after: Some(300), missing: Missing::Bad, ..own };
        assert_eq!(stricter.at_least_usual(300).stale(300), 300);
        assert_eq!(stricter.at_least_usual(300).missing, Missing::Bad);
    }
}
