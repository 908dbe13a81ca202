//! Exclusions: stretches of time that do not count, such as a planned downtime.
//!
//! A step is excluded where it lies wholly inside of what is excluded, and never where only a part of it does. What
//! happened in it counts neither as good nor as bad, and what is not known of it is not missed: coverage, the least
//! number of events and the age of the newest point are asked of what is left. Every figure comes from the same sums,
//! so that all of them obey this one rule. Only a share of a period may be excluded; beyond it the budget is a gap. A
//! count over the whole period that a source gave is compared with everything that was observed.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::budget::{Budget, Sums};

/// The stretches of time that do not count for one budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusions {
    /// From one instant to another, in seconds since the epoch, the second not part of it: ascending and apart.
    spans: Vec<(i64, i64)>,
    /// The share of a period that may be excluded at most.
    most: Decimal,
}

impl Exclusions {
    /// Stretches in any order, each from one instant to another, in seconds since the epoch; what overlaps or touches is
    /// one. `most` is the share of a period that may be excluded, from 0 to 1.
    #[must_use]
    pub fn new(mut spans: Vec<(i64, i64)>, most: Decimal) -> Self {
        spans.retain(|(from, until)| from < until);
        spans.sort_unstable();
        let mut apart: Vec<(i64, i64)> = Vec::new();
        for (from, until) in spans {
            match apart.last_mut() {
                Some((_, end)) if from <= *end => *end = until.max(*end),
                Some(_) | None => apart.push((from, until)),
            }
        }
        Self { spans: apart, most }
    }

    /// Nothing is excluded.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// True where all of the time from one instant to another is excluded.
    #[must_use]
    pub fn hold(&self, from: i64, until: i64) -> bool {
        let over = self.spans.partition_point(|(_, end)| *end < until);
        self.spans.get(over).is_some_and(|(start, end)| *start <= from && until <= *end)
    }
}

impl Budget {
    /// The same budget without what is excluded, of each part of a composite one as well; it replaces what was excluded
    /// before.
    #[must_use]
    pub fn excluding(self, exclusions: Exclusions) -> Self {
        self.without(Some(exclusions).filter(|one| !one.is_empty()).map(Arc::new).as_ref())
    }

    /// The same budget without what is excluded, which its parts share.
    fn without(mut self, exclusions: Option<&Arc<Exclusions>>) -> Self {
        if self.exclusions.as_ref() == exclusions {
            return self;
        }
        self.exclusions = exclusions.cloned();
        if self.is_composite() {
            return self.of_parts(|part| part.clone().without(exclusions));
        }
        self.reckoned_anew()
    }

    /// The same budget with everything that is excluded.
    #[must_use]
    pub fn without_exclusions(&self) -> Self {
        self.clone().excluding(Exclusions::new(Vec::new(), Decimal::ONE))
    }

    /// True where something is excluded somewhere in its history.
    #[must_use]
    pub fn is_adjusted(&self) -> bool {
        self.sums.last().is_some_and(|sums| sums.excluded > 0)
    }

    /// The seconds in whole steps that some exclusions take of the period that ends at grid point `t`.
    #[must_use]
    pub fn excluded_by(&self, exclusions: &Exclusions, t: i64) -> i64 {
        let begin = t.saturating_sub(self.period_at(t));
        self.seconds(self.steps_within(exclusions, begin, t))
    }

    /// True where some exclusions take at least one step of the history.
    #[must_use]
    pub fn is_touched_by(&self, exclusions: &Exclusions) -> bool {
        self.span().is_some_and(|(first, last)| self.steps_within(exclusions, first - self.step, last) > 0)
    }

    /// The steps between two grid points that lie wholly inside of exclusions.
    fn steps_within(&self, exclusions: &Exclusions, begin: i64, end: i64) -> usize {
        let step = self.step;
        let inside = exclusions.spans.iter().map(|(from, until)| {
            let first = from.max(&begin).saturating_add(step - 1).div_euclid(step);
            let over = until.min(&end).div_euclid(step);
            usize::try_from(over.saturating_sub(first)).unwrap_or(0)
        });
        inside.sum()
    }

    /// True where the step that ends at a grid point, in seconds since the epoch, is excluded.
    pub(super) fn excludes(&self, point: i64) -> bool {
        let exclusions = self.exclusions.as_ref();
        exclusions.is_some_and(|exclusions| exclusions.hold(point.saturating_sub(self.step), point))
    }

    /// That no more than may be is excluded of the `points` points of a period.
    pub(super) fn not_hollow(&self, sums: Sums, points: usize) -> Result<(), Gap> {
        let Some(exclusions) = self.exclusions.as_ref().filter(|_| sums.excluded > 0) else { return Ok(()) };
        let share = Decimal::from(sums.excluded) / Decimal::from(points.max(1));
        if share > exclusions.most || sums.excluded >= points {
            return Err(Gap::Excluded { share, most: exclusions.most });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
