//! What is recorded of an SLO: its events, its share of bad ones over each window, and what is left of its budget.
//!
//! Counters are never summed before their rate is taken, so that a restart counts nothing. A window without an event has
//! no share: it is absent, and neither 0 nor NaN. Over a whole period the recorded events are added up, so that a busy
//! hour weighs what it weighs, and nothing is said of a period that has not been recorded whole.

use super::convention::{self, Window};
use super::{Made, Rule, Subject};
use crate::source::plan::Plan;
use crate::source::promql::Counted;

/// What is recorded of an SLO's events.
pub(super) fn windows(subject: &Subject<'_>) -> Vec<Rule> {
    let plan = &subject.plan;
    let slo = subject.slo;
    let mut recorded = vec![
        (convention::OBJECTIVE.to_owned(), format!("vector({})", slo.objective.share().normalize())),
        (convention::PERIOD.to_owned(), format!("vector({})", slo.period)),
        (convention::EVENTS.to_owned(), events(plan)),
        (convention::ERRORS.to_owned(), errors(plan)),
    ];
    let windows = convention::WINDOWS.iter();
    recorded.extend(windows.map(|window| (convention::error_ratio(*window), ratio(plan, *window))));
    recorded.into_iter().map(|(name, expression)| record(name, expression, subject)).collect()
}

/// What is recorded of its budget; none for a period by the calendar.
pub(super) fn budget(subject: &Subject<'_>) -> Option<Rule> {
    let rolling = subject.slo.calendar.is_none();
    rolling.then(|| record(convention::REMAINING.to_owned(), remaining(subject), subject))
}

/// A rule that records a series of an SLO.
fn record(name: String, expression: String, subject: &Subject<'_>) -> Rule {
    Rule { made: Made::Record(name), expression, labels: convention::identity(subject) }
}

/// A sum of rates as an operand.
fn operand(counted: &Counted, window: Window) -> String {
    let text = counted.rate(window.name);
    let simple = matches!(counted.terms(), [term] if !term.or_zero && !term.negative);
    if simple { text } else { format!("({text})") }
}

/// The share of bad events over a window; absent without events.
fn ratio(plan: &Plan, window: Window) -> String {
    let share = format!("{}\n/\n({} > 0)", operand(plan.part(), window), operand(plan.total(), window));
    if plan.is_good() { format!("1 -\n{share}") } else { share }
}

/// What must be there for all events to be known: zero events are no absence, and absence is not zero events.
fn presence(plan: &Plan) -> String {
    let window = convention::FIVE_MINUTES;
    if plan.total().or_zero() {
        format!("({})", plan.total().presence(window.name))
    } else {
        operand(plan.total(), window)
    }
}

/// All events, where they and their part are known.
fn events(plan: &Plan) -> String {
    let mut text = operand(plan.total(), convention::FIVE_MINUTES);
    if plan.total().or_zero() {
        text = format!("{text}\nand\n{}", presence(plan));
    }
    if !plan.part().or_zero() {
        text = format!("{text}\nand\n{}", operand(plan.part(), convention::FIVE_MINUTES));
    }
    text
}

/// The bad events, where they and all events are known.
fn errors(plan: &Plan) -> String {
    let part = operand(plan.part(), convention::FIVE_MINUTES);
    if plan.is_good() {
        let total = operand(plan.total(), convention::FIVE_MINUTES);
        let bad = format!("{total}\n-\n{part}");
        if plan.total().or_zero() { format!("({bad})\nand\n{}", presence(plan)) } else { bad }
    } else {
        format!("{part}\nand\n{}", presence(plan))
    }
}

/// What is left of the budget of a rolling period that was recorded, and still is.
fn remaining(subject: &Subject<'_>) -> String {
    let slo = subject.slo;
    let period = convention::length(slo.period);
    let [errors, events] =
        [convention::ERRORS, convention::EVENTS].map(|name| convention::series(name, subject));
    let enough = slo.period * convention::COVERAGE_TENTHS / (10 * convention::INTERVAL);
    format!(
        "1 - sum_over_time({errors}[{period}])\n/\n(sum_over_time({events}[{period}]) > 0)\n/ {}\nand\n\
         count_over_time({events}[{period}]) >= {enough}\nand\n{events}",
        slo.objective.allowance().normalize()
    )
}
