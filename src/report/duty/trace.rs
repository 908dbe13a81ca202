//! Traces: what became of the issues that clauses asked for. Their state, how long they took, whether they are overdue,
//! and where the clause stands now.
//!
//! Read from the issues alone: when one was opened and closed is GitHub's to say, when it is due is what its marker keeps.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::report::duty::{Duty, State};
use crate::report::figure;
use crate::report::ink::Ink;

mod table;
pub mod tally;

pub use table::{page, text};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Issues that are closed and shown, the newest; those that are open are all shown.
const CLOSED: usize = 20;

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

    /// How it is coloured where there is colour: overdue, done, or neither.
    fn ink(&self, now: Timestamp) -> Option<Ink> {
        match (self.closed_at, self.late(now)) {
            (Some(_), _) => Some(Ink::Calm),
            (None, Some(_)) => Some(Ink::Alarm),
            (None, None) => None,
        }
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

/// The traces in the order in which they want to be read: what is overdue, the longest first; what else is open, by its
/// date; then what is closed, the newest first.
fn ordered(traces: &[Trace], now: Timestamp) -> Vec<&Trace> {
    let mut ordered: Vec<&Trace> = traces.iter().collect();
    ordered.sort_by_key(|trace| {
        let is_late = trace.closed_at.is_none() && trace.late(now).is_some();
        let closed = trace.closed_at.map(Reverse);
        (closed.is_some(), closed, !is_late, trace.due_at.is_none(), trace.due_at, trace.number)
    });
    ordered
}

/// How many issues are open and overdue, and how long half of those took at most that are closed: `open: 2 of 5, 1 of
/// them overdue; half of the closed ones took at most 3 days`.
fn counted(traces: &[Trace], now: Timestamp) -> String {
    let open = traces.iter().filter(|trace| trace.closed_at.is_none());
    let late = open.clone().filter(|trace| trace.late(now).is_some()).count();
    let half = half(traces);
    let half = half
        .map_or_else(String::new, |lead| format!("; half of the closed ones took at most {}", span(lead)));
    let late = if late > 0 { format!(", {late} of them overdue") } else { String::new() };
    format!("open: {} of {}{late}{half}", open.count(), traces.len())
}

/// What half of the closed ones took at most, in seconds; none where none is closed.
fn half<'a>(traces: impl IntoIterator<Item = &'a Trace>) -> Option<i64> {
    let mut leads: Vec<i64> = traces.into_iter().filter_map(Trace::lead).collect();
    leads.sort_unstable();
    leads.len().checked_sub(1).and_then(|last| leads.get(last / 2).copied())
}

/// The traces that a person is shown, and how many are not: the closed ones that are older than the newest few.
fn shown(traces: &[Trace], now: Timestamp) -> (Vec<&Trace>, usize) {
    let mut ordered = ordered(traces, now);
    let open = ordered.iter().filter(|trace| trace.closed_at.is_none()).count();
    ordered.truncate(open + CLOSED);
    let left = traces.len() - ordered.len();
    (ordered, left)
}

/// How many are not shown: `and 230 that were closed before; --format json has them all`.
fn more(left: usize) -> Option<String> {
    (left > 0).then(|| format!("and {left} that were closed before; --format json has them all"))
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

    #[test]
    fn what_is_overdue_comes_first_and_what_is_closed_last_and_all_is_counted() {
        let numbered = |number, closed, due| Trace { number, ..trace(closed, due) };
        let traces = [
            numbered(1, Some(at(2, 0)), None),
            numbered(2, None, None),
            numbered(3, Some(at(5, 0)), None),
            numbered(4, None, Some(at(8, 0))),
            numbered(5, None, Some(at(30, 0))),
            numbered(6, None, Some(at(7, 0))),
            numbered(7, Some(at(9, 0)), None),
        ];
        let now = at(10, 0);
        let order: Vec<u64> = ordered(&traces, now).iter().map(|trace| trace.number).collect();
        assert_eq!(order, [6, 4, 5, 2, 7, 3, 1]);
        let said = "open: 4 of 7, 2 of them overdue; half of the closed ones took at most 5 days";
        assert_eq!(counted(&traces, now), said);
        assert_eq!(counted(&traces[1..2], now), "open: 1 of 1");
    }

    #[test]
    fn every_open_issue_is_shown_and_of_the_closed_ones_the_newest() {
        let many = (1..=60).map(|number| Trace {
            number,
            ..trace((number > 30).then(|| at(i64::try_from(number).expect("small"), 0)), None)
        });
        let traces: Vec<Trace> = many.collect();
        let (shown, left) = shown(&traces, at(90, 0));
        assert_eq!((shown.len(), left), (50, 10));
        assert_eq!(shown.last().map(|trace| trace.number), Some(41));
    }
}
