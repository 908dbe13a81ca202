//! What a check would ask a monitoring system: every request, when it is about and what for, and how many there are.
//!
//! It is printed instead of a verdict, and nothing was asked for it.

use std::fmt::Write as _;

use crate::budget::gap::duration;
use crate::report::escape::terminal as clean;
use crate::report::figure;
use crate::report::problem::Look;
use crate::source::{Planned, When};

/// The most names that a request is said to be made for.
const NAMES: usize = 5;

/// Everything that would be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryPlan {
    /// What would be asked: `prometheus at https://prom.example`.
    pub source: String,
    /// The judged environment.
    pub environment: String,
    /// The instant of the verdict on the grid, in seconds since the epoch.
    pub judged_at: i64,
    /// How many SLOs are asked about: those that are judged, and those of dependencies that a policy reads of.
    pub slos: usize,
    /// How many signals are read.
    pub signals: usize,
    /// The requests, in order.
    pub requests: Vec<Planned>,
}

/// The plan for a person at a terminal.
#[must_use]
pub fn render(plan: &QueryPlan, look: Look) -> String {
    let mut text = String::new();
    let mut line = |line: std::fmt::Arguments<'_>| {
        let _infallible = writeln!(text, "{line}");
    };
    let dot = if look.unicode { '·' } else { '-' };
    line(format_args!(
        "\n  query plan  {} {dot} {} {dot} judged at {}\n",
        clean(&plan.environment),
        clean(&plan.source),
        figure::instant(plan.judged_at)
    ));
    let width = plan.requests.len().to_string().len();
    for (index, request) in plan.requests.iter().enumerate() {
        // Whole, however long it is: each value of a label is cleaned by itself.
        let query: String = request.query.split_inclusive('|').map(clean).collect();
        line(format_args!("  {:>width$}  {query}", index + 1));
        line(format_args!("  {:width$}  {}", "", when(request.when)));
        line(format_args!("  {:width$}  for {}\n", "", serves(request)));
    }
    let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let mut end = format!("{} for {}", counted(plan.requests.len(), "request"), counted(plan.slos, "SLO"));
    if plan.signals > 0 {
        let _infallible = write!(end, " and {}", counted(plan.signals, "signal"));
    }
    line(format_args!("  {end}; nothing was asked"));
    text
}

/// The instants of a request.
fn when(when: When) -> String {
    match when {
        When::At(instant) => format!("once, at {}", figure::instant(instant)),
        When::Grid(range) => {
            let (first, last) = (figure::instant(range.first), figure::instant(range.last));
            format!("every {} from {first} to {last}", duration(range.step))
        }
    }
}

/// What a request is made for.
fn serves(request: &Planned) -> String {
    let shown: Vec<String> = request.serves.iter().take(NAMES).map(|name| clean(name)).collect();
    let more = request.serves.len() - shown.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}
