//! Every SLO in force, as data: where each comes from, how long its period lasts, and what endpoints lack.
//!
//! Finished before it is shown: `text` makes a table of it, `json` what `schemas/slos.v1.json` describes.

mod json;
mod text;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::catalog::coverage::{Cell, Covering};
use crate::catalog::{self, Component, Slo};
use crate::diagnostic::Diagnostic;

/// Everything there is to list.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// The instant from which what is left of a period is counted.
    pub now: Timestamp,
    /// The environment that is asked about; none for all.
    pub environment: Option<String>,
    /// The commit that the definitions were read from; none for the work tree.
    pub source: Option<Source>,
    /// The services, by name; none where anything written is wrong.
    pub services: Vec<ServiceLine>,
    /// What budgets do not count, in the order in which it is written.
    pub exclusions: Vec<ExclusionLine>,
    /// What is wrong in what was written.
    pub problems: Vec<Diagnostic>,
    /// What else a reader must know.
    pub notes: Vec<String>,
}

/// A commit that definitions were read from.
#[derive(Debug, Clone)]
pub struct Source {
    /// What it was called.
    pub name: String,
    /// Its full id.
    pub id: String,
    /// When it was made, where the clone can say.
    pub committed_at: Option<Timestamp>,
}

/// One service.
#[derive(Debug, Clone)]
pub struct ServiceLine {
    /// Its name.
    pub name: String,
    /// Its team.
    pub team: Option<String>,
    /// The environments that are asked about.
    pub environments: Vec<String>,
    /// How the SLIs of its endpoints are covered in them.
    pub cells: Vec<Cell>,
    /// Its SLOs that hold in any of them, by endpoint, SLI and name.
    pub slos: Vec<Line>,
}

/// One exclusion.
#[derive(Debug, Clone)]
pub struct ExclusionLine {
    /// Its name.
    pub name: String,
    /// The SLOs that it is about.
    pub slos: Vec<String>,
    /// The environments that it names; none where it is about all.
    pub environments: Vec<String>,
    /// What goes on or comes next, soonest first: each from its first instant to the first one behind it.
    pub next: Vec<(Timestamp, Timestamp)>,
    /// Why.
    pub reason: String,
    /// Who agreed.
    pub agreed_by: String,
    /// The file that has it.
    pub file: String,
    /// The line of its name, from 1.
    pub line: usize,
}

/// One SLO.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The endpoint that it is about; none for the service as a whole.
    pub endpoint: Option<String>,
    /// The SLI that it says it is of.
    pub sli: Option<String>,
    /// The share of events that must be good.
    pub objective: Decimal,
    /// The length of its period in seconds, of a calendar's the one that goes on.
    pub period: i64,
    /// Its periods follow the calendar.
    pub calendar: bool,
    /// When the period that goes on ends, by the calendar.
    pub ends_at: Option<Timestamp>,
    /// The days until then, one that has begun included.
    pub days_left: Option<i64>,
    /// The environments in which it holds, all of them.
    pub environments: Vec<String>,
    /// The same in words; none where it holds everywhere.
    pub holds: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// The team that answers for it.
    pub team: Option<String>,
    /// Who is asked about it.
    pub owner: Option<String>,
    /// The file that defines it.
    pub file: String,
    /// The line of the definition, from 1.
    pub line: usize,
    /// The parts of a composite SLO.
    pub parts: Vec<Component>,
}

/// Where an SLO comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `explicit` or `default`.
    pub word: &'static str,
    /// The name of the default.
    pub of: Option<String>,
}

impl Origin {
    /// Where an SLO comes from.
    #[must_use]
    pub fn of(slo: &Slo) -> Self {
        let of = match &slo.origin {
            catalog::Origin::Explicit => None,
            catalog::Origin::Default(applied) => Some(applied.of.clone()),
        };
        Self { word: slo.origin.as_str(), of }
    }
}

impl Inventory {
    /// Nothing is known yet.
    #[must_use]
    pub const fn blank(now: Timestamp) -> Self {
        Self {
            now,
            environment: None,
            source: None,
            services: Vec::new(),
            exclusions: Vec::new(),
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Source {
    /// Seconds since the commit was made; never negative.
    fn age(&self, now: Timestamp) -> Option<i64> {
        Some((now.as_second() - self.committed_at?.as_second()).max(0))
    }
}

impl ServiceLine {
    /// How many SLIs of its endpoints are covered in one way.
    fn count(&self, covering: Covering) -> usize {
        self.cells.iter().filter(|cell| cell.covering == covering).count()
    }

    /// The SLIs of its endpoints that nothing covers, somewhere at least.
    fn lacking(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| cell.covering == Covering::Nothing)
    }
}
