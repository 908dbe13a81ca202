//! Every budget, as data: what is left of it and was, where it is heading, and what a planned downtime would take.
//!
//! Finished before it is shown: `text` makes a table of it, or of one budget alone a card with a chart, `markdown` a table
//! for a page, `json` what `schemas/budgets.v1.json` describes. A budget that is not known has no figures at all, only its
//! gap.

mod card;
mod json;
mod markdown;
mod text;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::budget::Budget;
use crate::budget::downtime::{Plan, Supposed, Taken};
use crate::budget::forecast::Exhaustion;
use crate::budget::gap::Gap;
use crate::diagnostic::{Diagnostic, Place};
use crate::policy::Consequence;
use crate::policy::ruling::Measured;
use crate::report::BudgetLine;
use crate::report::depletion::{Left, Point};

/// Points of a chart that is as wide as the widest terminal.
const POINTS: i64 = 240;

/// Everything there is to show.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The instant that is looked at.
    pub now: Timestamp,
    /// Its grid point, in seconds since the epoch; none where nothing could be read.
    pub judged_at: Option<i64>,
    /// Where the budgets come from.
    pub source: Option<String>,
    /// The downtimes that are planned, where there are such.
    pub plan: Option<Plan>,
    /// The budgets, the worst first.
    pub lines: Vec<Line>,
    /// More than one environment is shown.
    pub environments: bool,
    /// Each budget is shown whole, because it was asked for by name.
    pub whole: bool,
    /// What is wrong in what was written.
    pub problems: Vec<Diagnostic>,
    /// What else a reader must know.
    pub notes: Vec<String>,
}

/// One budget.
#[derive(Debug, Clone)]
pub struct Line {
    /// What reports say of it.
    pub budget: BudgetLine,
    /// The team that answers for it.
    pub team: Option<String>,
    /// What it counts: slices of time in place of events.
    pub slices: bool,
    /// How many events, or slices of time, may be bad in the period; none where it is not known.
    pub grant: Option<Decimal>,
    /// When nothing is left if the burn of the last day goes on, or why that is not known.
    pub exhaustion: Result<Exhaustion, Gap>,
    /// What was left over the period, point by point, and what would be left then; for a chart.
    pub depletion: Vec<Point>,
    /// What is planned would take of it; none where nothing is planned.
    pub outlook: Option<Result<Outlook, Gap>>,
}

/// What is planned would take of a budget.
#[derive(Debug, Clone)]
pub struct Outlook {
    /// What each downtime takes of each period that it touches, in the order of time.
    pub taken: Vec<Taken>,
    /// The names of the exclusions in which each of them lies, in the same order; empty where it counts whole.
    pub excluded: Vec<Vec<String>>,
    /// Where least is left, from the first downtime on: the grid point and the share.
    pub lowest: (i64, Decimal),
    /// When the period ends in which anything is overdrawn, or else the one of `lowest`; for periods of the calendar.
    pub period_end: Option<i64>,
    /// When as much is left again as there was without the last of it; for rolling periods.
    pub back_at: Option<i64>,
    /// When nothing is overdrawn any more; for rolling periods.
    pub positive_at: Option<i64>,
    /// The policies that look at the budget, by id.
    pub policies: Vec<String>,
    /// Their clauses that it would bring into force, that are in force anyway, or of which that is not known.
    pub clauses: Vec<ClauseLine>,
}

/// A clause that a planned downtime would bring into force.
#[derive(Debug, Clone)]
pub struct ClauseLine {
    /// The policy's id.
    pub policy: String,
    /// The clause's name.
    pub clause: String,
    /// Where it stands.
    pub place: Place,
    /// The grid point that it was looked at, in seconds since the epoch.
    pub at: i64,
    /// What follows.
    pub consequences: Vec<Consequence>,
    /// When it would end.
    pub prospect: Prospect,
}

/// What would come of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prospect {
    /// It would come into force, and end at this grid point if nothing more burned; none when that is not foreseen.
    InForce(Option<i64>),
    /// It is in force then, with the downtime or without it.
    Already,
    /// It is not known.
    Unknown(String),
}

impl ClauseLine {
    /// True for a clause that stops or narrows what may ship.
    #[must_use]
    pub fn withholds(&self) -> bool {
        self.consequences.iter().any(|one| {
            matches!(
                one,
                Consequence::Freeze { .. } | Consequence::Restrict { .. } | Consequence::LimitReleases { .. }
            )
        })
    }
}

impl Outlook {
    /// The budget bears it: nothing is overdrawn at any point.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.lowest.1 >= Decimal::ZERO
    }

    /// The share of the budget that all of it takes.
    #[must_use]
    pub fn share(&self) -> Decimal {
        self.taken.iter().map(|taken| taken.share).sum()
    }

    /// What each downtime takes, with the exclusions in which it lies.
    fn planned(&self) -> impl Iterator<Item = (&Taken, &[String])> {
        self.taken.iter().zip(self.excluded.iter().map(Vec::as_slice))
    }

    /// How much of the downtimes does not count, and why: `excluded by weekly-maintenance`; none where all of it counts.
    /// `safe` makes a name harmless where it is shown.
    fn exclusion(&self, safe: impl Fn(&str) -> String) -> Option<String> {
        let names: BTreeSet<&str> = self.excluded.iter().flatten().map(String::as_str).collect();
        let whole = self.taken.iter().all(|taken| taken.excluded == taken.part.end - taken.part.start);
        let names: Vec<String> = names.into_iter().map(safe).collect();
        let how = if whole { "" } else { "in part " };
        (!names.is_empty()).then(|| format!("{how}excluded by {}", names.join(", ")))
    }

    /// The clauses that would newly come into force.
    fn new_clauses(&self) -> impl Iterator<Item = &ClauseLine> {
        self.clauses.iter().filter(|line| matches!(line.prospect, Prospect::InForce(_)))
    }
}

impl Line {
    /// Reads a measured budget, of an SLO with this title, objective and period.
    #[must_use]
    pub fn reckon(
        measured: &Measured,
        (title, objective, period): (&str, Decimal, i64),
        team: Option<String>,
    ) -> Self {
        let budget = BudgetLine::reckon(measured, title, objective, period);
        let known = measured.budget.as_ref().map_err(Clone::clone);
        let figures = known.as_ref().map_err(Clone::clone).and_then(|budget| budget.at(measured.t));
        Self {
            slices: known.as_ref().is_ok_and(|budget| budget.counts_slices()),
            grant: figures.as_ref().ok().and_then(crate::budget::Figures::grant),
            exhaustion: figures.and_then(|figures| figures.time_to_exhaustion()),
            depletion: Vec::new(),
            outlook: None,
            budget,
            team,
        }
    }

    /// Takes the points of a chart from the budget that the figures are of, and from what would become of it.
    pub fn draw(&mut self, budget: &Budget, t: i64, supposed: Option<&Supposed>) {
        let (step, period) = (budget.step(), budget.period_at(t));
        let last = supposed.and_then(|supposed| supposed.taken.last());
        let (start, end) = match budget.bounds(t) {
            Some((start, end)) => (start, last.and_then(|last| last.period_end).unwrap_or(end)),
            None => (t - period, last.map_or(t, |last| last.shown + period / 4)),
        };
        let stride = ((end - start) / POINTS / step).max(1) * step;
        let mut at = end - (end - start) / stride * stride;
        // The present is one of the points, so that the chart ends with what is written beside it.
        at += (t - at).rem_euclid(stride);
        while at <= end {
            let left = match supposed {
                _ if at <= t => {
                    budget.at(at).map_or(Left::Unknown, |figures| Left::Known(figures.remaining()))
                }
                Some(supposed) => {
                    supposed.with.at(at).map_or(Left::Open, |figures| Left::Ahead(figures.remaining()))
                }
                None => Left::Open,
            };
            self.depletion.push(Point { at, left });
            at += stride;
        }
    }

    /// The zone of its instants: that of its calendar, else UTC.
    fn zone(&self) -> TimeZone {
        self.budget.calendar.as_ref().map_or(TimeZone::UTC, |current| current.calendar.zone().clone())
    }

    /// The order of lines: gone, not known, and then by what is left, or what would be left at the worst.
    #[must_use]
    pub fn rank(&self) -> (u8, Decimal) {
        let left = match (&self.outlook, &self.budget.figures) {
            (Some(Ok(outlook)), _) => Some(outlook.lowest.1),
            (None, Ok(known)) => Some(known.remaining),
            (Some(Err(_)), _) | (None, Err(_)) => None,
        };
        match left {
            Some(left) if left <= Decimal::ZERO => (0, left),
            None => (1, Decimal::ZERO),
            Some(left) => (2, left),
        }
    }
}

impl Overview {
    /// Nothing is known yet.
    #[must_use]
    pub const fn blank(now: Timestamp) -> Self {
        Self {
            now,
            judged_at: None,
            source: None,
            plan: None,
            lines: Vec::new(),
            environments: false,
            whole: false,
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The budgets that are not known, and those of which it is not known what a downtime would take; with the reason.
    pub fn gaps(&self) -> impl Iterator<Item = (&Line, &Gap)> {
        self.lines.iter().filter_map(|line| {
            let of_outlook = line.outlook.as_ref().and_then(|outlook| outlook.as_ref().err());
            line.budget.figures.as_ref().err().or(of_outlook).map(|gap| (line, gap))
        })
    }

    /// A budget's name; with its environment where several are shown.
    fn name(&self, line: &Line) -> String {
        if self.environments {
            format!("{} ({})", line.budget.slo, line.budget.environment)
        } else {
            line.budget.slo.clone()
        }
    }

    /// The gaps by their words and their help, with the names that have them.
    fn unknown(&self) -> Vec<(String, &'static str, Vec<String>)> {
        let mut reasons: Vec<(String, &'static str, Vec<String>)> = Vec::new();
        for (line, gap) in self.gaps() {
            let (why, name) = (gap.to_string(), self.name(line));
            match reasons.iter_mut().find(|(known, ..)| *known == why) {
                Some((_, _, names)) => names.push(name),
                None => reasons.push((why, gap.help(), vec![name])),
            }
        }
        reasons
    }
}
