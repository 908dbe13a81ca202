//! What is recorded of an SLO: its events, its share of bad ones over each window, its events of each step of the grid,
//! which verdicts are reckoned from, and what is left of its budget.
//!
//! Counters are never summed before their rate is taken, so that a restart counts nothing. A window without an event has
//! no share: it is absent, and neither 0 nor NaN. Over a whole period the recorded events are added up, so that a busy
//! hour weighs what it weighs, and nothing is said of a period that has not been recorded whole.

use super::convention::{self, Window};
use super::{Made, Rule, Subject};
use crate::source::plan::Plan;
use crate::source::plan::recording::{self, Recording};
use crate::source::promql::Counted;

/// What is recorded of an SLO's events.
pub(super) fn windows(subject: &Subject<'_>) -> Vec<Rule> {
    let plan = &subject.plan;
    let slo = subject.slo;
    let mut recorded = vec![
        (convention::OBJECTIVE.to_owned(), format!("vector({})", slo.objective.share().normalize())),
        (convention::PERIOD.to_owned(), format!("vector({})", slo.period)),
        (convention::EVENTS.to_owned(), Span::FIVE_MINUTES.events(plan)),
        (convention::ERRORS.to_owned(), Span::FIVE_MINUTES.errors(plan)),
    ];
    let windows = convention::WINDOWS.iter();
    recorded.extend(windows.map(|window| (convention::error_ratio(*window), ratio(plan, *window))));
    recorded.into_iter().map(|(name, expression)| record(name, expression, subject)).collect()
}

/// What is recorded of its events of a step of the grid, up to each evaluation.
pub(super) fn steps(subject: &Subject<'_>) -> Vec<Rule> {
    let Some(Recording { definition, .. }) = &subject.recording else { return Vec::new() };
    let plan = &subject.plan;
    let step = plan.range.step;
    let span = Span { seconds: step, counts: true };
    let recorded =
        [(recording::events(step), span.events(plan)), (recording::errors(step), span.errors(plan))];
    let rules = recorded.into_iter().map(|(name, expression)| {
        let mut rule = record(name, expression, subject);
        rule.labels.insert(convention::DEFINITION, definition.clone());
        rule
    });
    rules.collect()
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

/// A stretch of time up to each evaluation, and what is said of it.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// Its length.
    seconds: i64,
    /// How many events there were is said, and not how many in a second.
    counts: bool,
}

impl Span {
    /// Events in a second, over five minutes.
    const FIVE_MINUTES: Self = Self { seconds: convention::FIVE_MINUTES.seconds, counts: false };

    /// Events in a second, over a window.
    const fn of(window: Window) -> Self {
        Self { seconds: window.seconds, counts: false }
    }

    /// A sum as an operand.
    fn operand(self, counted: &Counted) -> String {
        let window = convention::length(self.seconds);
        let text = if self.counts { counted.increase(self.seconds) } else { counted.rate(&window) };
        let simple = matches!(counted.terms(), [term] if !term.or_zero && !term.negative);
        if simple { text } else { format!("({text})") }
    }

    /// What must be there for all events to be known: zero events are no absence, and absence is not zero events.
    fn presence(self, plan: &Plan) -> String {
        if plan.total().or_zero() {
            format!("({})", plan.total().presence(&convention::length(self.seconds)))
        } else {
            self.operand(plan.total())
        }
    }

    /// All events, where they and their part are known.
    fn events(self, plan: &Plan) -> String {
        let mut text = self.operand(plan.total());
        if plan.total().or_zero() {
            text = format!("{text}\nand\n{}", self.presence(plan));
        }
        if !plan.part().or_zero() {
            text = format!("{text}\nand\n{}", self.operand(plan.part()));
        }
        text
    }

    /// The bad events, where they and all events are known.
    fn errors(self, plan: &Plan) -> String {
        let part = self.operand(plan.part());
        if plan.is_good() {
            let bad = format!("{}\n-\n{part}", self.operand(plan.total()));
            if plan.total().or_zero() { format!("({bad})\nand\n{}", self.presence(plan)) } else { bad }
        } else {
            format!("{part}\nand\n{}", self.presence(plan))
        }
    }
}

/// The share of bad events over a window; absent without events.
fn ratio(plan: &Plan, window: Window) -> String {
    let span = Span::of(window);
    let share = format!("{}\n/\n({} > 0)", span.operand(plan.part()), span.operand(plan.total()));
    if plan.is_good() { format!("1 -\n{share}") } else { share }
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
