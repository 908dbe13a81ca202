//! The stretch of time that a budget is granted for: the last so many points of the grid, or the calendar's period that
//! a point lies in.
//!
//! A rolling period lies whole behind each point. A period of the calendar has its real length, is partly ahead, and ends
//! with a reset; a step belongs to the period that it ends in. Its beginnings are found once for a whole history, so that
//! asking about a point costs next to nothing.

use rust_decimal::Decimal;

use crate::budget::{Budget, Figures};
use crate::catalog::Calendar;

/// How the periods of a budget lie.
#[derive(Debug, Clone)]
pub(super) enum Period {
    /// The last so many points.
    Rolling(usize),
    /// By the calendar.
    Calendar {
        /// The calendar.
        calendar: Calendar,
        /// When the periods begin that a history touches, in seconds since the epoch, ascending.
        starts: Vec<i64>,
    },
}

/// The period of one grid point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Points of the period up to this one.
    pub(super) since: usize,
    /// Points of the whole period.
    pub(super) length: usize,
    /// Seconds of the period that are over; all of a rolling one.
    pub(super) passed: i64,
    /// Seconds of the whole period.
    pub(super) seconds: i64,
}

/// A period of the calendar that is going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Its first instant, in seconds since the epoch.
    pub start: i64,
    /// The first instant of the next one.
    pub end: i64,
    /// The calendar.
    pub calendar: Calendar,
}

/// Points of so many seconds, rounded up.
fn points(seconds: i64, step: i64) -> usize {
    usize::try_from(seconds.saturating_add(step - 1) / step).unwrap_or(usize::MAX)
}

impl Period {
    /// So many seconds, rounded up to whole steps.
    pub(super) fn rolling(seconds: i64, step: i64) -> Self {
        Self::Rolling(points(seconds.max(step), step))
    }

    /// By the calendar, for a history from one point to another.
    pub(super) fn calendar(calendar: Calendar, (first, last): (i64, i64)) -> Self {
        // One period more than the history has, because a future is as long as a period.
        let until = last.saturating_add(calendar.longest());
        let mut starts = Vec::new();
        let mut at = first;
        while let Some((start, end)) = calendar.bounds(at).filter(|_| at <= until) {
            if starts.is_empty() {
                starts.push(start);
            }
            starts.push(end);
            at = end.saturating_add(1);
        }
        Self::Calendar { calendar, starts }
    }

    /// The bounds of the calendar's period that a point lies in; none for a rolling one.
    pub(super) fn bounds(&self, t: i64) -> Option<(i64, i64)> {
        let Self::Calendar { calendar, starts } = self else { return None };
        let next = starts.partition_point(|start| *start < t);
        let before = next.checked_sub(1).and_then(|index| starts.get(index));
        before.copied().zip(starts.get(next).copied()).or_else(|| calendar.bounds(t))
    }

    /// The period of a point; none where no calendar reaches.
    pub(super) fn stretch(&self, t: i64, step: i64) -> Option<Stretch> {
        Some(match self {
            Self::Rolling(length) => {
                let seconds = i64::try_from(*length).unwrap_or(i64::MAX).saturating_mul(step);
                Stretch { since: *length, length: *length, passed: seconds, seconds }
            }
            Self::Calendar { .. } => {
                let (start, end) = self.bounds(t)?;
                let (passed, seconds) = (t - start, end - start);
                Stretch { since: points(passed, step), length: points(seconds, step), passed, seconds }
            }
        })
    }

    /// The points of the longest period.
    pub(super) fn longest(&self, step: i64) -> usize {
        match self {
            Self::Rolling(length) => *length,
            Self::Calendar { calendar, .. } => points(calendar.longest(), step),
        }
    }
}

impl Figures<'_> {
    /// True where the figures are of a whole period: a rolling one, or one of the calendar that is over with this step.
    pub(super) fn is_whole(&self) -> bool {
        let Stretch { length, passed, seconds, .. } = self.stretch;
        self.seen == length && seconds - passed < self.budget.step
    }

    /// The share of the period that is over: all of a rolling one.
    #[must_use]
    pub fn elapsed(&self) -> Decimal {
        Decimal::from(self.stretch.passed) / Decimal::from(self.stretch.seconds)
    }
}

impl Budget {
    /// The first instants of the calendar's period that grid point `t` lies in, and of the next one; none for a rolling
    /// period.
    #[must_use]
    pub fn bounds(&self, t: i64) -> Option<(i64, i64)> {
        self.period.bounds(t)
    }

    /// The period of the calendar that grid point `t` lies in; none for a rolling one.
    #[must_use]
    pub fn current(&self, t: i64) -> Option<Current> {
        let Period::Calendar { calendar, .. } = &self.period else { return None };
        let (start, end) = self.bounds(t)?;
        Some(Current { start, end, calendar: calendar.clone() })
    }
}

#[cfg(test)]
mod tests;
