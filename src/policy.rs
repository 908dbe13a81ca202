//! Error budget policies: what was agreed, as clauses over facts.
//!
//! A policy is a Rhai script that declares one `policy(...)` and any number of `clause(...)`; loading it runs the
//! declarations in a sandbox and tries every condition once on a sample budget, so that a mistake shows before a
//! budget is at stake. Testing a condition reads facts and nothing else, records each one that it read, and answers
//! holds, fails, unknown or failed, and never a quiet `false`. Which rulings follow is `ruling`'s; what they add up
//! to is `verdict`'s.

use rust_decimal::Decimal;

use crate::diagnostic::Place;

/// What a consequence asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// `freeze("production").except(["hotfix"])`: releases to an environment stop, but for some classes of change.
    Freeze {
        /// The environment that is stopped.
        environment: String,
        /// The classes of change that pass.
        except: Vec<String>,
    },
    /// `warn("…")`.
    Warn(String),
    /// `inform("…")`.
    Inform(String),
    /// `action_item("…").top_of_backlog().due("7d")`.
    ActionItem {
        /// What is to be done.
        title: String,
        /// It goes before everything else.
        top_of_backlog: bool,
        /// Seconds until it must be done.
        due: Option<i64>,
    },
    /// `postmortem()`.
    Postmortem,
    /// `engage("@team")`: somebody else's help is asked for.
    Engage(String),
}

/// Whether a condition held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It held.
    Holds,
    /// It did not hold.
    Fails,
    /// It read a fact that is not known.
    Unknown {
        /// Which fact, and why.
        why: String,
    },
    /// It failed while running: an error, a limit, a panic.
    Failed {
        /// What happened.
        message: String,
        /// Where.
        place: Place,
    },
}

/// A value that a condition read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A share: 0.1 is 10 %.
    Ratio(Decimal),
    /// A burn rate: a multiple.
    Rate(Decimal),
    /// A number of events.
    Count(Decimal),
    /// A name.
    Text(String),
    /// Not known, and why.
    Unknown(String),
}

/// One fact that a condition read and, where it did, what it compared the fact with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The fact as a policy writes it after `budget.`: `remaining`, `burn_rate("1h")`.
    pub fact: String,
    /// What it was.
    pub value: Value,
    /// The comparison it stood in, if it stood in one.
    pub compared: Option<Comparison>,
}

/// A comparison of a fact with a threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// `<`, `<=`, `>`, `>=`, `==` or `!=`, with the fact on its left.
    pub operator: &'static str,
    /// What the fact was compared with.
    pub threshold: Value,
    /// Whether it held.
    pub held: bool,
}
