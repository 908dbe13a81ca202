//! Every SLO in force: one model, whatever dialect a team wrote it in.
//!
//! A dialect is one file under `catalog/`, told by `apiVersion` and `kind`. The catalog resolves references,
//! refuses what it does not understand at its line, and drops nothing in silence. What an SLO's budget *is*
//! is left to `budget`, and where its numbers come from to `source`.

use rust_decimal::Decimal;

use crate::diagnostic::Place;

/// The share of events that must be good: above 0, below 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objective(Decimal);

impl Objective {
    /// An objective as a share; none outside of 0 to 1, both excluded. An objective of 100 % has no budget.
    #[must_use]
    pub fn new(share: Decimal) -> Option<Self> {
        (share > Decimal::ZERO && share < Decimal::ONE).then_some(Self(share))
    }

    /// The share that must be good.
    #[must_use]
    pub const fn share(self) -> Decimal {
        self.0
    }

    /// The share that may be bad: exactly `1 - objective`.
    #[must_use]
    pub fn allowance(self) -> Decimal {
        Decimal::ONE - self.0
    }
}

/// How an SLO's bad events are told from its good ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Indicator {
    /// Good events over all events.
    Good {
        /// The query that counts good events.
        good: Query,
        /// The query that counts all events.
        total: Query,
    },
    /// Bad events over all events.
    Bad {
        /// The query that counts bad events.
        bad: Query,
        /// The query that counts all events.
        total: Query,
    },
}

/// A query as somebody wrote it, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The text, in the language of the monitoring system.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// One service level objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slo {
    /// Its name, unique in the catalog.
    pub name: String,
    /// The service whose level it states.
    pub service: String,
    /// What people call it; the name when nothing else is given.
    pub title: String,
    /// The share of events that must be good.
    pub objective: Objective,
    /// The length of its rolling period, in seconds.
    pub period: i64,
    /// Good, bad and total.
    pub indicator: Indicator,
    /// Where it is defined.
    pub place: Place,
}

/// All SLOs, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Sorted by name.
    pub slos: Vec<Slo>,
    /// YAML files that matched the globs and are of no dialect.
    pub passed_over: Vec<String>,
}

impl Catalog {
    /// The SLOs of one service.
    pub fn of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Slo> {
        self.slos.iter().filter(move |slo| slo.service == service)
    }
}
