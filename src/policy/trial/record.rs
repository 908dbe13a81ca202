//! What a report recorded of one SLO under one policy, as facts of a test.
//!
//! Only what conditions read on that day is there, and only where it was known. A report rounds its numbers to what
//! JSON readers hold; a number that lies so near to its threshold that rounding may have moved it over is not taken.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::given::{Given, NO_PRIORITY};
use crate::catalog::Priority;
use crate::document::Part;
use crate::policy::recorded::evidence;
use crate::policy::vocabulary::{Takes, fact_named};
use crate::policy::{Bearing, Comparison, Condition, Evidence, Tested, Truth, Value, length};

/// The largest number of digits that JSON readers keep, as the first number that has more.
const TOO_FINE: u128 = 1_000_000_000_000_000;

/// What was recorded.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    /// The facts, by name and argument.
    facts: BTreeMap<(String, String), Decimal>,
    /// The names that conditions read, by fact.
    names: BTreeMap<String, String>,
    /// The clauses that were in force.
    pub in_force: BTreeSet<String>,
    /// For how long conditions had held.
    lasted: BTreeMap<(String, Side), Lasted>,
    /// Why facts were not known.
    unknown: BTreeMap<(String, String), String>,
    /// Facts that are not taken, each with the reason.
    pub refused: BTreeMap<(String, String), &'static str>,
}

/// Which condition of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// What brings it into force.
    When,
    /// What ends it.
    Thaws,
}

/// For how long a condition had held, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasted {
    /// So long, up to the length that was asked for.
    held: Decimal,
    /// The length that was asked for.
    asked: Decimal,
}

impl Record {
    /// What rulings recorded, all of one SLO and policy.
    pub(super) fn of(rulings: &[Part<'_>]) -> Self {
        let mut record = Self::default();
        for ruling in rulings {
            let text = |key: &str| ruling.get(key).and_then(Part::text).unwrap_or_default();
            if text("state") == "in_force" {
                record.in_force.insert(text("clause").to_owned());
            }
            let decided = ruling.get("obstacle").is_none_or(|obstacle| !obstacle.is_map());
            for (key, side) in [("evidence", Side::When), ("thaw_evidence", Side::Thaws)] {
                for read in ruling.get(key).into_iter().flat_map(Part::items).filter_map(evidence) {
                    if read.fact == "steadily" {
                        let lasted = lasted(&read).filter(|_| decided);
                        record
                            .lasted
                            .extend(lasted.map(|lasted| ((text("clause").to_owned(), side), lasted)));
                    } else {
                        record.take(&read);
                    }
                }
            }
        }
        record
    }

    /// Takes a fact, or why it was not known.
    fn take(&mut self, read: &Evidence) {
        let Some(key) = key(&read.fact) else { return };
        if let Value::Text(name) = &read.value {
            self.names.insert(read.fact.clone(), name.clone());
        }
        if let Value::Unknown(why) = &read.value {
            self.unknown.insert(key.clone(), why.clone());
        }
        let Some(number) = number(&key.0, &read.value) else { return };
        if is_blurred(read) {
            self.refused
                .insert(key.clone(), "lies so near to its threshold that rounding hides on which side");
        }
        if self.facts.insert(key.clone(), number).is_some_and(|before| before != number) {
            self.refused.insert(key, "has two values");
        }
    }

    /// A name that conditions read: `phase`, `tier`.
    pub(super) fn name(&self, fact: &str) -> Option<String> {
        self.names.get(fact).cloned()
    }

    /// The facts for a test. What one fact says of another gives way to what was recorded of the other.
    pub(super) fn given(&self, step: i64) -> Given {
        let mut given = Given::recorded(step, self.lasted.clone(), self.unknown.clone());
        for ((fact, argument), number) in &self.facts {
            given.insert(fact, argument, *number);
        }
        for (key, number) in &self.facts {
            given.replace(key, Some(*number).filter(|_| !self.refused.contains_key(key)));
        }
        given
    }
}

/// A fact as a test gives it, by name and argument.
fn key(form: &str) -> Option<(String, String)> {
    let (name, argument) = match form.split_once('(') {
        Some((name, inside)) => (name, inside.strip_suffix(')')?.trim_matches('"')),
        None => (form, ""),
    };
    let fact = match name {
        "premature" => "pace",
        "exhausts_within" => "time_to_exhaustion",
        "priority_reaches" => "priority",
        own => own,
    };
    let argument = match fact_named(name)?.takes {
        Takes::Nothing | Takes::Length | Takes::Priority => String::new(),
        Takes::Windows => length::length(argument)?.to_string(),
        Takes::Name => argument.to_owned(),
    };
    Some((fact.to_owned(), argument))
}

/// The number of a fact that a test gives; none for what has none.
fn number(fact: &str, value: &Value) -> Option<Decimal> {
    Some(match value {
        Value::Ratio(number) | Value::Rate(number) | Value::Count(number) | Value::Time(number) => *number,
        Value::Never => Decimal::MAX,
        // Without an SLA there is nothing of it to spend.
        Value::Word("no SLA") if fact == "sla.remaining" => Decimal::ONE,
        Value::Word("no SLA" | "quiet") => Decimal::ZERO,
        Value::Word("fires") => Decimal::ONE,
        Value::Word("none") => NO_PRIORITY,
        Value::Word(word) => Priority::named(word)?.number().into(),
        Value::Text(_) | Value::Unknown(_) => return None,
    })
}

/// True where a number and its threshold are written alike and rounding may have made them so.
fn is_blurred(read: &Evidence) -> bool {
    let Some(Comparison { operator, threshold, held, .. }) = &read.compared else { return false };
    let (Value::Ratio(number) | Value::Rate(number) | Value::Count(number) | Value::Time(number)) =
        read.value
    else {
        return false;
    };
    let when_equal = matches!(*operator, "<=" | ">=" | "==");
    *threshold == read.value
        && (when_equal != *held || number.normalize().mantissa().unsigned_abs() >= TOO_FINE)
}

/// For how long a condition had held.
fn lasted(read: &Evidence) -> Option<Lasted> {
    let Value::Time(held) = read.value else { return None };
    let Value::Time(asked) = read.compared.as_ref()?.threshold else { return None };
    Some(Lasted { held, asked })
}

/// A test of a condition on facts, with how long it had held where a report recorded that. Facts that are written have
/// no past: a condition that holds on them is taken to have held long enough.
pub(super) fn steadily(
    tested: Tested,
    condition: &Condition,
    given: &Given,
    clause: &str,
    side: Side,
) -> Tested {
    let Some(asked) = condition.steadily.filter(|_| given.is_recorded()).map(Decimal::from) else {
        return tested;
    };
    if tested.truth != Truth::Holds {
        return tested;
    }
    let lasted = given.lasted(clause, side);
    let truth = match lasted {
        Some(Lasted { held, .. }) if held >= asked => Truth::Holds,
        // It was seen not to have held longer.
        Some(Lasted { held, asked: then }) if held < then => Truth::Fails,
        Some(_) | None => Truth::Unknown {
            why: "the report does not say whether it had held at every point of that time".to_owned(),
        },
    };
    let Tested { mut evidence, on_signal, .. } = tested;
    evidence.extend(lasted.map(|lasted| Evidence {
        fact: "steadily".to_owned(),
        value: Value::Time(lasted.held),
        compared: Some(Comparison {
            operator: ">=",
            threshold: Value::Time(asked),
            held: truth == Truth::Holds,
            bearing: Bearing::For,
        }),
    }));
    Tested { truth, evidence, on_signal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::document;

    /// What one ruling recorded that read this.
    fn recorded(evidence: &str) -> Record {
        let text = format!(
            r#"[{{"clause": "c", "state": "in_force", "obstacle": null, "evidence": [{evidence}]}}]"#
        );
        let documents = document::parse(&SourceText::new("r.json", text)).expect("it parses");
        Record::of(&documents[0].root().items().collect::<Vec<_>>())
    }

    /// A fact that was compared.
    fn compared(value: &str, operator: &str, threshold: &str, held: bool) -> String {
        format!(
            r#"{{"fact": "remaining", "value": {value}, "operator": "{operator}", "threshold": {threshold}, "held": {held}}}"#
        )
    }

    #[test]
    fn a_number_that_rounding_may_have_moved_over_its_threshold_is_not_taken() {
        let taken = |evidence: String| recorded(&evidence).given(300).number("remaining", "").is_some();
        assert!(taken(compared("0.1", ">=", "0.1", true)));
        assert!(taken(compared("0.1", "<", "0.1", false)));
        assert!(!taken(compared("0.1", ">=", "0.1", false)));
        assert!(!taken(compared("0.1", "!=", "0.1", true)));
        assert!(taken(compared("0.3333333333333333", ">=", "0.1", true)));
        assert!(!taken(compared("0.3333333333333333", ">=", "0.3333333333333333", true)));
    }

    #[test]
    fn two_values_of_one_fact_are_none() {
        let twice =
            |second: &str| recorded(&format!(r#"{{"fact": "burned(\"24h\")", "value": 0.5}}, {second}"#));
        let same = twice(r#"{"fact": "burned(\"1d\")", "value": 0.5}"#);
        assert_eq!(same.given(300).number("burned", "86400"), Some(Decimal::new(5, 1)));
        let other = twice(r#"{"fact": "burned(\"1d\")", "value": 0.6}"#);
        assert_eq!(other.given(300).number("burned", "86400"), None);
        assert_eq!(other.refused.len(), 1);
    }

    #[test]
    fn what_was_recorded_goes_before_what_follows_from_something_else() {
        let both = r#"{"fact": "remaining", "value": 0.3333333333333333}, {"fact": "consumed", "value": 0.6666666666666666}"#;
        let given = recorded(both).given(300);
        assert_eq!(given.number("remaining", ""), "0.3333333333333333".parse().ok());
        assert_eq!(given.number("consumed", ""), "0.6666666666666666".parse().ok());
    }

    #[test]
    fn how_long_a_condition_had_held_is_of_its_clause_and_unknown_where_nothing_was_decided() {
        let read =
            r#"{"fact": "steadily", "value": 3600, "operator": ">=", "threshold": 7200, "held": false}"#;
        let given = recorded(read).given(300);
        let lasted = Lasted { held: Decimal::from(3_600), asked: Decimal::from(7_200) };
        assert_eq!(given.lasted("c", Side::When), Some(lasted));
        assert_eq!((given.lasted("c", Side::Thaws), given.lasted("d", Side::When)), (None, None));
        let text = format!(r#"[{{"clause": "c", "obstacle": {{"kind": "unknown"}}, "evidence": [{read}]}}]"#);
        let documents = document::parse(&SourceText::new("r.json", text)).expect("it parses");
        let undecided = Record::of(&documents[0].root().items().collect::<Vec<_>>());
        assert_eq!(undecided.given(300).lasted("c", Side::When), None);
    }
}
