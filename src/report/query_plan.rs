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
    /// Why nothing would be asked for some SLOs, each reason once.
    pub unasked: Vec<String>,
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
        line(format_args!("  {:width$}  {}{}", "", when(request.when), bound(request)));
        line(format_args!("  {:width$}  for {}\n", "", serves(request)));
    }
    for reason in &plan.unasked {
        line(format_args!("  {}\n", clean(reason)));
    }
    if !plan.requests.is_empty() || plan.unasked.is_empty() {
        line(format_args!("  {}; nothing was asked", sum(plan)));
    }
    text
}

/// How many requests there are for how much.
fn sum(plan: &QueryPlan) -> String {
    let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let (least, most) =
        (plan.requests.len(), plan.requests.iter().map(|request| request.most).sum::<usize>());
    let requests =
        if most > least { format!("{least} to {most} requests") } else { counted(least, "request") };
    let mut sum = format!("{requests} for {}", counted(plan.slos, "SLO"));
    if plan.signals > 0 {
        let _infallible = write!(sum, " and {}", counted(plan.signals, "signal"));
    }
    sum
}

/// How many requests one may become.
fn bound(request: &Planned) -> String {
    if request.most > 1 { format!(", in 1 to {} requests", request.most) } else { String::new() }
}

/// The instants of a request.
#[must_use]
pub fn when(when: When) -> String {
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
