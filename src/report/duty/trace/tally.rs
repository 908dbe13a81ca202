//! What became of a clause's issues in all: how often it asked, what was done in time, how long that took.
//!
//! In time is what was closed by its date, and what was closed and has none. Half of the closed issues took at most the
//! median; of an even number, that of the faster half.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr as _;

use super::{Trace, half, span};
use crate::report::escape::{markdown, terminal};
use crate::report::ink::Ink;
use crate::report::problem::Look;

/// What stands above the columns behind the clause.
const HEADING: [&str; 6] = ["asked", "closed", "in time", "open", "overdue", "half took"];

/// One clause, over all services and environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The policy's id.
    pub policy: String,
    /// The clause's name.
    pub clause: String,
    /// How often it came into force, counted over its issues.
    pub asked: u32,
    /// Issues that are closed.
    pub closed: usize,
    /// Those of them that were closed by their date, or have none.
    pub in_time: usize,
    /// Issues that are open.
    pub open: usize,
    /// Those of them that are overdue.
    pub overdue: usize,
    /// What half of the closed ones took at most, in seconds; none where none is closed.
    pub lead: Option<i64>,
}

impl Tally {
    /// The tallies of all clauses that have issues, by their names.
    #[must_use]
    pub fn of(traces: &[Trace], now: Timestamp) -> Vec<Self> {
        let mut clauses: BTreeMap<(&str, &str), Vec<&Trace>> = BTreeMap::new();
        for trace in traces {
            clauses.entry((&trace.policy, &trace.clause)).or_default().push(trace);
        }
        let tally = |((policy, clause), its): ((&str, &str), Vec<&Trace>)| {
            let count = |is_closed: bool, is_late: bool| {
                let is_meant = |one: &&&Trace| {
                    one.closed_at.is_some() == is_closed && one.late(now).is_some() == is_late
                };
                its.iter().filter(is_meant).count()
            };
            Self {
                policy: policy.to_owned(),
                clause: clause.to_owned(),
                asked: its.iter().fold(0, |sum, one| sum.saturating_add(one.count)),
                closed: count(true, false) + count(true, true),
                in_time: count(true, false),
                open: count(false, false) + count(false, true),
                overdue: count(false, true),
                lead: half(its.iter().copied()),
            }
        };
        clauses.into_iter().map(tally).collect()
    }

    /// Whether it says more than the issues do one by one.
    const fn is_telling(&self) -> bool {
        self.closed > 0 && self.closed + self.open > 1
    }

    /// The cells behind the clause.
    fn cells(&self) -> [String; 6] {
        let lead = self.lead.map_or_else(|| "-".to_owned(), span);
        let [closed, in_time, open, overdue] =
            [self.closed, self.in_time, self.open, self.overdue].map(|count| count.to_string());
        [self.asked.to_string(), closed, in_time, open, overdue, lead]
    }
}

/// A table for a terminal, behind a blank line; empty where it would say nothing new.
#[must_use]
pub(super) fn text(tallies: &[Tally], look: Look) -> String {
    if !tallies.iter().any(Tally::is_telling) {
        return String::new();
    }
    let name = |tally: &Tally| terminal(&format!("{}/{}", tally.policy, tally.clause));
    let names: Vec<String> = tallies.iter().map(name).collect();
    let widest = names.iter().map(|name| name.width()).fold(6, usize::max);
    let rows: Vec<[String; 6]> = tallies.iter().map(Tally::cells).collect();
    let numbers = |cells: &[String; 6]| -> String {
        let padded =
            cells.iter().zip(HEADING).map(|(cell, title)| format!("  {cell:>width$}", width = title.width()));
        padded.collect()
    };
    let heading = numbers(&HEADING.map(str::to_owned));
    let is_beside = 2 + widest + heading.width() <= look.room;
    let line = |name: &str, numbers: &str| {
        if is_beside {
            format!("  {name}{}{numbers}", " ".repeat(widest.saturating_sub(name.width())))
        } else {
            format!("  {name}\n  {numbers}")
        }
    };
    let mut text = format!("\n{}\n", look.ink(Ink::Faint, &line("clause", &heading)));
    for (name, cells) in names.iter().zip(&rows) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line(name, &numbers(cells)));
    }
    text
}

/// The same table for a page, behind a blank line; empty where it would say nothing new.
#[must_use]
pub(super) fn page(tallies: &[Tally]) -> String {
    if !tallies.iter().any(Tally::is_telling) {
        return String::new();
    }
    let mut text = format!("\n| clause | {} |\n|---{}|\n", HEADING.join(" | "), "|--:".repeat(HEADING.len()));
    for tally in tallies {
        let name = markdown(&format!("{}/{}", tally.policy, tally.clause));
        let _ = writeln!(text, "| {name} | {} |", tally.cells().join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::duty::trace::ClauseIs;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).expect("an instant")
    }

    fn trace(clause: &str, count: u32, closed: Option<i64>, due: Option<i64>) -> Trace {
        Trace {
            number: 1,
            url: String::new(),
            title: String::new(),
            policy: "p".to_owned(),
            clause: clause.to_owned(),
            service: "s".to_owned(),
            environment: "e".to_owned(),
            purpose: "action-item".to_owned(),
            count,
            opened_at: at(0),
            closed_at: closed.map(at),
            due_at: due.map(at),
            clause_is: ClauseIs::Idle,
        }
    }

    #[test]
    fn what_was_closed_by_its_date_or_has_none_was_in_time_and_repetitions_count() {
        let traces = [
            trace("a", 2, Some(3), Some(4)),
            trace("a", 1, Some(6), Some(4)),
            trace("a", 1, Some(1), None),
            trace("a", 1, None, Some(4)),
            trace("a", 3, None, Some(40)),
            trace("b", 1, None, None),
        ];
        let tallies = Tally::of(&traces, at(10));
        let a = Tally {
            policy: "p".to_owned(),
            clause: "a".to_owned(),
            asked: 8,
            closed: 3,
            in_time: 2,
            open: 2,
            overdue: 1,
            lead: Some(3 * 86_400),
        };
        assert_eq!(tallies[0], a);
        assert_eq!((tallies[1].asked, tallies[1].open, tallies[1].lead), (1, 1, None));
        assert!(a.is_telling() && !tallies[1].is_telling());
    }
}
