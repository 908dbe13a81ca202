//! Traces: what became of the issues that clauses asked for. Their state, how long they took, whether they are overdue,
//! and where the clause stands now.
//!
//! Read from the issues alone: when one was opened and closed is GitHub's to say, when it is due is what its marker keeps.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::report::duty::{Duty, State};
use crate::report::escape::{code_span, markdown, terminal};
use crate::report::figure;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// One issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Its number.
    pub number: u64,
    /// Where people see it.
    pub url: String,
    /// Its title.
    pub title: String,
    /// The policy's id.
    pub policy: String,
    /// The clause's name.
    pub clause: String,
    /// The service.
    pub service: String,
    /// The environment whose events count.
    pub environment: String,
    /// What it is for.
    pub purpose: String,
    /// How often the clause came into force for it.
    pub count: u32,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed, where it is.
    pub closed_at: Option<Timestamp>,
    /// When it is due, where somebody says.
    pub due_at: Option<Timestamp>,
    /// Where the clause stands now.
    pub clause_is: ClauseIs,
}

/// Where the clause of an issue stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClauseIs {
    /// In force.
    InForce,
    /// It has ended.
    Idle,
    /// Nobody can tell.
    Unknown,
    /// It was not judged in this run: the policy, the clause or the service is gone, or another environment was judged.
    NotJudged,
}

impl ClauseIs {
    /// As it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::Idle => "idle",
            Self::Unknown => "unknown",
            Self::NotJudged => "not judged",
        }
    }

    /// Where the clause of a policy stands for a service in an environment.
    #[must_use]
    pub fn of(duties: &[Duty], (policy, clause): (&str, &str), (service, environment): (&str, &str)) -> Self {
        let is_its = |duty: &&Duty| {
            (duty.policy.as_str(), duty.clause.as_str()) == (policy, clause)
                && (duty.service.as_str(), duty.environment.as_str()) == (service, environment)
        };
        match duties.iter().find(is_its).map(|duty| &duty.state) {
            Some(State::InForce(_)) => Self::InForce,
            Some(State::Idle) => Self::Idle,
            Some(State::Unknown(_)) => Self::Unknown,
            Some(State::Pending) | None => Self::NotJudged,
        }
    }
}

impl Trace {
    /// Seconds from its opening to its closing; none while it is open.
    #[must_use]
    pub fn lead(&self) -> Option<i64> {
        Some((self.closed_at?.as_second() - self.opened_at.as_second()).max(0))
    }

    /// Seconds by which it is overdue now, or was when it was closed; none where it is not, or nobody says.
    #[must_use]
    pub fn late(&self, now: Timestamp) -> Option<i64> {
        let late = self.closed_at.unwrap_or(now).as_second() - self.due_at?.as_second();
        (late > 0).then_some(late)
    }

    /// What became of it, in a few words.
    fn became(&self, now: Timestamp) -> String {
        let late = self.late(now).map(days);
        match (self.lead(), late, self.due_at) {
            (Some(lead), Some(late), _) => format!("closed after {}, {late} late", span(lead)),
            (Some(lead), None, _) => format!("closed after {}", span(lead)),
            (None, Some(late), _) => format!("open, overdue by {late}"),
            (None, None, Some(due)) => format!("open, due {}", figure::moment(due)),
            (None, None, None) => "open".to_owned(),
        }
    }
}

/// A table for a terminal; empty without issues.
#[must_use]
pub fn text(traces: &[Trace], now: Timestamp) -> String {
    let mut rows =
        vec![["issue", "clause", "service", "for", "times", "clause is", "state"].map(str::to_owned)];
    rows.extend(traces.iter().map(|trace| {
        [
            format!("#{}", trace.number),
            terminal(&format!("{}/{}", trace.policy, trace.clause)),
            terminal(&format!("{} ({})", trace.service, trace.environment)),
            terminal(&trace.purpose),
            trace.count.to_string(),
            trace.clause_is.as_str().to_owned(),
            trace.became(now),
        ]
    }));
    let mut widths = [0_usize; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows.iter().filter(|_| !traces.is_empty()) {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}

/// The same table for a page; empty without issues.
#[must_use]
pub fn page(traces: &[Trace], now: Timestamp) -> String {
    if traces.is_empty() {
        return String::new();
    }
    let mut text =
        "| issue | clause | service | for | times | clause is | state |\n|---|---|---|---|--:|---|---|\n"
            .to_owned();
    for trace in traces {
        let _ = writeln!(
            text,
            "| [#{}]({}) | {} | {} in {} | {} | {} | {} | {} |",
            trace.number,
            trace.url,
            markdown(&format!("{}/{}", trace.policy, trace.clause)),
            code_span(&trace.service),
            markdown(&trace.environment),
            markdown(&trace.purpose),
            trace.count,
            trace.clause_is.as_str(),
            trace.became(now)
        );
    }
    text
}

/// Whole days, the begun one included: `1 day`, `3 days`.
fn days(seconds: i64) -> String {
    let days = seconds.saturating_add(DAY - 1) / DAY;
    format!("{days} day{}", if days == 1 { "" } else { "s" })
}

/// How long something took.
fn span(seconds: i64) -> String {
    if seconds < 60 { "a minute".to_owned() } else { figure::lasting(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64, seconds: i64) -> Timestamp {
        Timestamp::from_second(days * DAY + seconds).expect("an instant")
    }

    fn trace(closed: Option<Timestamp>, due: Option<Timestamp>) -> Trace {
        Trace {
            number: 1,
            url: String::new(),
            title: String::new(),
            policy: "p".to_owned(),
            clause: "c".to_owned(),
            service: "s".to_owned(),
            environment: "e".to_owned(),
            purpose: "notice".to_owned(),
            count: 1,
            opened_at: at(0, 0),
            closed_at: closed,
            due_at: due,
            clause_is: ClauseIs::InForce,
        }
    }

    #[test]
    fn an_issue_is_overdue_from_the_second_after_its_date_and_counts_begun_days() {
        let due = Some(at(7, 0));
        assert_eq!(trace(None, due).became(at(7, 0)), "open, due 8 Jan 00:00 UTC");
        assert_eq!(trace(None, due).became(at(7, 1)), "open, overdue by 1 day");
        assert_eq!(trace(None, due).became(at(9, 0)), "open, overdue by 2 days");
        assert_eq!(trace(None, None).became(at(9, 0)), "open");
    }

    #[test]
    fn what_is_closed_took_a_time_and_was_late_or_not_whatever_is_now() {
        let due = Some(at(7, 0));
        assert_eq!(trace(Some(at(6, 0)), due).became(at(30, 0)), "closed after 6 days");
        assert_eq!(trace(Some(at(8, 0)), due).became(at(30, 0)), "closed after 8 days, 1 day late");
        assert_eq!(trace(Some(at(0, 30)), None).became(at(30, 0)), "closed after a minute");
    }
}
