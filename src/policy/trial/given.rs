//! Facts that a test gives instead of a budget: some of them, and nothing else is known.
//!
//! The table names every fact with a number that a policy can read, and how a test writes it; a test holds it to the
//! policy language and to the schema of tests.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::record::{Lasted, Side};

/// What stands between a fact's parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Nothing: the fact is of the whole period.
    None,
    /// A window.
    Window,
    /// A name.
    Name,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// `5 %`.
    Share,
    /// `14.4`, `14.4x`.
    Multiple,
    /// `1000000`.
    Count,
    /// `3d`, `0`, `never`, which is the greatest number.
    Time,
    /// `true`, `false`.
    Truth,
    /// `P2`, `none`.
    Priority,
}

/// The number of no priority: below all that there are.
pub const NO_PRIORITY: Decimal = Decimal::from_parts(6, 0, 0, false, 0);

/// The facts that a test can give, each as a path of keys.
pub const FACTS: [(&str, Argument, Notation); 24] = [
    ("remaining", Argument::None, Notation::Share),
    ("consumed", Argument::None, Notation::Share),
    ("objective", Argument::None, Notation::Share),
    ("bad", Argument::None, Notation::Count),
    ("total", Argument::None, Notation::Count),
    ("pace", Argument::None, Notation::Multiple),
    ("elapsed", Argument::None, Notation::Share),
    ("worst_incident", Argument::None, Notation::Share),
    ("time_to_exhaustion", Argument::None, Notation::Time),
    ("priority", Argument::None, Notation::Priority),
    ("burned", Argument::Window, Notation::Share),
    ("burn_rate", Argument::Window, Notation::Multiple),
    ("breaches", Argument::Window, Notation::Count),
    ("burned_by", Argument::Name, Notation::Share),
    ("signal", Argument::Name, Notation::Truth),
    ("sla.remaining", Argument::None, Notation::Share),
    ("sla.consumed", Argument::None, Notation::Share),
    ("sla.objective", Argument::None, Notation::Share),
    ("sla.burned", Argument::Window, Notation::Share),
    ("sla.burn_rate", Argument::Window, Notation::Multiple),
    ("quarter.remaining", Argument::None, Notation::Share),
    ("quarter.consumed", Argument::None, Notation::Share),
    ("quarter.burned_by_kind", Argument::Name, Notation::Share),
    ("quarter.worst_kind", Argument::None, Notation::Share),
];

/// Some facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Numbers by fact and argument; a window is its seconds, so that `24h` and `1d` are one.
    numbers: BTreeMap<(String, String), Decimal>,
    /// Seconds between two points of the grid that windows lie on.
    pub step: i64,
    /// What a report says besides, where there is one.
    report: Option<Besides>,
}

/// What a report says besides facts that it knew.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Besides {
    /// For how long conditions had held, by clause.
    lasted: BTreeMap<(String, Side), Lasted>,
    /// Why facts were not known.
    unknown: BTreeMap<(String, String), String>,
}

impl Given {
    /// No facts, on a grid.
    #[must_use]
    pub const fn new(step: i64) -> Self {
        Self { numbers: BTreeMap::new(), step, report: None }
    }

    /// No facts yet of a report, besides for how long conditions had held and why facts were not known.
    pub(super) const fn recorded(
        step: i64,
        lasted: BTreeMap<(String, Side), Lasted>,
        unknown: BTreeMap<(String, String), String>,
    ) -> Self {
        Self { numbers: BTreeMap::new(), step, report: Some(Besides { lasted, unknown }) }
    }

    /// True where a report gives facts, by themselves or beside those that are written.
    pub(super) const fn is_recorded(&self) -> bool {
        self.report.is_some()
    }

    /// For how long a condition of a clause had held, where a report says so.
    pub(super) fn lasted(&self, clause: &str, side: Side) -> Option<Lasted> {
        self.report.as_ref()?.lasted.get(&(clause.to_owned(), side)).copied()
    }

    /// Gives a fact, or takes it back, and leaves what follows from it as it is.
    pub(super) fn replace(&mut self, key: &(String, String), number: Option<Decimal>) {
        match number {
            Some(number) => self.numbers.insert(key.clone(), number),
            None => self.numbers.remove(key),
        };
    }

    /// Gives a fact. What is left and what is spent are one fact said in two ways.
    pub fn insert(&mut self, fact: &str, argument: &str, number: Decimal) {
        let mut add = |fact: &str, number| {
            self.numbers.insert((fact.to_owned(), argument.to_owned()), number);
        };
        add(fact, number);
        match fact {
            "remaining" => add("consumed", Decimal::ONE - number),
            "consumed" => add("remaining", Decimal::ONE - number),
            "sla.remaining" => add("sla.consumed", Decimal::ONE - number),
            "sla.consumed" => add("sla.remaining", Decimal::ONE - number),
            "quarter.remaining" => add("quarter.consumed", Decimal::ONE - number),
            "quarter.consumed" => add("quarter.remaining", Decimal::ONE - number),
            _ => {}
        }
    }

    /// A fact, where it is given.
    #[must_use]
    pub fn number(&self, fact: &str, argument: &str) -> Option<Decimal> {
        self.numbers.get(&key(fact, argument)).copied()
    }

    /// A fact.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn known(&self, fact: &str, argument: &str) -> Result<Decimal, &str> {
        self.number(fact, argument).ok_or_else(|| match &self.report {
            None => "the test does not give it",
            Some(report) => {
                let why = report.unknown.get(&key(fact, argument));
                why.map_or("neither the test nor its report gives it", String::as_str)
            }
        })
    }
}

/// Where a fact stands. Whether a budget goes too early is read off its pace.
fn key(fact: &str, argument: &str) -> (String, String) {
    let fact = if fact == "premature" { "pace" } else { fact };
    (fact.to_owned(), argument.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::super::vocabulary::fact_names;
    use super::*;

    #[test]
    fn every_fact_with_a_number_can_be_given_and_the_schema_knows_it() {
        // Names come with the subject; what is true or false follows from numbers.
        let others = [
            "service",
            "slo",
            "environment",
            "phase",
            "tier",
            "burns",
            "premature",
            "exhausts_within",
            "priority_reaches",
        ];
        let mut facts: Vec<&str> = fact_names().filter(|fact| !others.contains(fact)).collect();
        facts.push("priority");
        let mut given = FACTS.map(|(fact, ..)| fact).to_vec();
        facts.sort_unstable();
        given.sort_unstable();
        assert_eq!(given, facts);
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../schemas/policy-test.v1.json")).expect("JSON");
        for fact in facts {
            let path = fact.replace('.', "/properties/");
            assert!(schema.pointer(&format!("/$defs/given/properties/{path}")).is_some(), "{fact}");
        }
    }

    #[test]
    fn what_is_left_says_what_is_spent() {
        let mut given = Given::new(300);
        given.insert("consumed", "", Decimal::new(12, 1));
        assert_eq!(given.number("remaining", ""), Some(Decimal::new(-2, 1)));
        assert_eq!(given.number("burned", "86400"), None);
    }
}
