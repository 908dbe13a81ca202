//! Counters as they were scraped, and what they rose by in each step of the grid: exactly, without extrapolation.
//!
//! A drop is a restart from zero, a series' first sample counts nothing before it, and all series of a selector are
//! summed. For the step that ends at `g` the reference is the last sample at or before `g - step` when it is at most one
//! more step old, else the first sample within the step; a step with no two samples to compare is unknown for that
//! series.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::plan::{self, Counts};
use super::{Range, instant};
use crate::budget::gap::Gap;
use crate::budget::series::MOST;

/// One series as it was scraped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// As it is shown to people.
    pub name: String,
    /// Its labels, the metric's name as `__name__`.
    pub labels: BTreeMap<String, String>,
    /// Instants in milliseconds and values, ascending.
    pub samples: Vec<(i64, Decimal)>,
    /// Values that are no numbers to count with.
    pub faults: Vec<Fault>,
}

/// A value that is no number to count with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Its instant, in milliseconds.
    pub at: i64,
    /// Its line, where it stands in a file.
    pub line: Option<usize>,
}

/// What some series count together, on the grid; none of no series.
///
/// # Errors
/// When one of them is no counter.
pub fn count<'a>(series: impl Iterator<Item = &'a Raw>, range: Range) -> Result<Counts, Gap> {
    let mut all: Counts = None;
    for raw in series {
        let points = raw.count(range)?;
        let sums = all.get_or_insert_with(|| vec![None; points.len()]);
        for (sum, point) in sums.iter_mut().zip(points) {
            if let Some(events) = point {
                *sum = Some(believed(raw, sum.unwrap_or_default() + events)?);
            }
        }
    }
    Ok(all)
}

impl Raw {
    /// The series' own events of each step.
    fn count(&self, range: Range) -> Result<Vec<Option<Decimal>>, Gap> {
        let (first, last, step) = (
            range.first.saturating_mul(1_000),
            range.last.saturating_mul(1_000),
            range.step.saturating_mul(1_000),
        );
        let read = first.saturating_sub(step.saturating_mul(2))..=last;
        if let Some(Fault { at, line }) = self.faults.iter().find(|fault| read.contains(&fault.at)) {
            let at = instant(at.div_euclid(1_000));
            let line = line.map(|line| format!(" (line {line})")).unwrap_or_default();
            let detail = format!("`{}` is no number to count with at {at}{line}", self.name);
            return Err(Gap::NotFinite { detail });
        }
        let mut points = Vec::with_capacity(plan::count(range));
        let mut rest = self.samples.as_slice();
        let mut reference: Option<(i64, Decimal)> = None;
        let mut end = first;
        for _ in 0..plan::count(range) {
            // Everything up to the step's start can only be its reference.
            let (before, after) = rest.split_at(rest.partition_point(|(at, _)| *at <= end - step));
            reference = before.last().copied().or(reference);
            let (inside, after) = after.split_at(after.partition_point(|(at, _)| *at <= end));
            let from = reference.filter(|(at, _)| *at > end - 2 * step);
            points.push(match (from, inside) {
                // A rise lies between two samples; one alone tells nothing, and Prometheus answers nothing either.
                (_, []) | (None, [_]) => None,
                (from, inside) => Some(self.rise(from, inside)?),
            });
            reference = inside.last().copied().or(reference);
            rest = after;
            end += step;
        }
        Ok(points)
    }

    /// How much the counter rose over samples, from a reference or else from the first of them.
    fn rise(&self, reference: Option<(i64, Decimal)>, samples: &[(i64, Decimal)]) -> Result<Decimal, Gap> {
        let mut rise = Decimal::ZERO;
        let mut previous = reference.map(|(_, value)| value);
        for (at, value) in samples {
            if value.is_sign_negative() && !value.is_zero() {
                let at = instant(at.div_euclid(1_000));
                let detail = format!("`{}` is below zero at {at}, which no counter can be", self.name);
                return Err(Gap::Inconsistent { detail });
            }
            rise += match previous {
                Some(previous) if *value < previous => *value,
                Some(previous) => *value - previous,
                None => Decimal::ZERO,
            };
            previous = Some(*value);
        }
        believed(self, rise)
    }
}

/// Refuses more events of one step than can be reckoned with, and more digits: 9 decimals stay.
fn believed(raw: &Raw, events: Decimal) -> Result<Decimal, Gap> {
    if events <= MOST {
        return Ok(events.round_dp(9));
    }
    Err(Gap::NotFinite { detail: format!("`{}` rises by more in one step than can be counted", raw.name) })
}
