//! Top-ups: depletion that is given back, event by event.
//!
//! A top-up gives back bad events that happened before it and are not given back yet, the newest first, up to its share
//! of the grant at its own instant. What fails after it is not given back, and what is given back leaves the period
//! together with its events.

use std::sync::OnceLock;

use rust_decimal::Decimal;

use crate::budget::Budget;

/// What one top-up gives back.
#[derive(Debug, Clone)]
pub(super) struct Gift {
    /// When it was given, in seconds since the epoch.
    at: i64,
    /// The index of the oldest point of which it gives something back.
    first: usize,
    /// `sums[i]`: the events given back of the points before the one with index `first + i`.
    sums: Vec<Decimal>,
}

impl Gift {
    /// When it was given, in seconds since the epoch.
    pub(super) const fn at(&self) -> i64 {
        self.at
    }

    /// The events given back, as known at `t`, of the `points` points that end at `index`.
    pub(super) fn within(&self, t: i64, index: usize, points: usize) -> Decimal {
        if self.at > t {
            return Decimal::ZERO;
        }
        let until = |end: usize| {
            let count = end.saturating_sub(self.first).min(self.sums.len().saturating_sub(1));
            self.sums.get(count).copied().unwrap_or_default()
        };
        until(index + 1) - until((index + 1).saturating_sub(points))
    }
}

impl Budget {
    /// The same budget with shares of its grant given back, each with its instant, in seconds since the epoch, the
    /// oldest first.
    #[must_use]
    pub fn topped_up(&self, shares: &[(i64, Decimal)]) -> Self {
        let (incidents, breaches) = (OnceLock::new(), OnceLock::new());
        let attribution = self.attribution.anew();
        let mut budget = Self { incidents, breaches, attribution, gifts: Vec::new(), ..self.clone() };
        for (at, share) in shares {
            let gift = budget.gift(*at, *share);
            budget.gifts.extend(gift);
        }
        budget
    }

    /// What a share of the grant gives back at an instant; none where nothing happened before it.
    fn gift(&self, at: i64, share: Decimal) -> Option<Gift> {
        let index = usize::try_from((at - self.first).div_euclid(self.step)).ok()?;
        let last = self.points.len().checked_sub(1)?;
        let stretch = self.period.stretch(self.instant(index), self.step)?;
        let first = (index + 1).saturating_sub(stretch.since);
        let end = index.min(last);
        let since = self.sums_over(end, (end + 1).checked_sub(first)?)?.counted.bad;
        let whole =
            self.sums_over(end, (index + 1).min(stretch.length).checked_sub(index - end)?)?.counted.total;
        let already: Decimal = self.gifts.iter().map(|gift| gift.within(at, index, stretch.since)).sum();
        let spent = (since - already).max(Decimal::ZERO);
        let mut left = (share * self.objective.allowance() * whole).min(spent);
        let mut given = Vec::new();
        for point in (first..=end).rev() {
            if left <= Decimal::ZERO {
                break;
            }
            let bad = self.counted_at(point).map_or(Decimal::ZERO, |counted| counted.bad);
            let already: Decimal = self.gifts.iter().map(|gift| gift.within(at, point, 1)).sum();
            let back = (bad - already).max(Decimal::ZERO).min(left);
            left -= back;
            given.push(back);
        }
        let first = (end + 1).saturating_sub(given.len());
        let mut sums = vec![Decimal::ZERO];
        let mut sum = Decimal::ZERO;
        for back in given.into_iter().rev() {
            sum += back;
            sums.push(sum);
        }
        Some(Gift { at, first, sums })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::series::{Series, Total};
    use crate::catalog::Objective;

    /// What is left at each point of a period of four points of 1,000 events at 99 %, of which `bad` are bad.
    fn left(bad: &[u32], top_ups: &[(i64, i64)]) -> Vec<Option<i64>> {
        let points = bad.iter().map(|bad| Some(Total { bad: (*bad).into(), total: 1_000.into() })).collect();
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Budget::new(objective, 40, Series { first: 0, step: 10, points }, None);
        let shares: Vec<_> = top_ups.iter().map(|(at, percent)| (*at, Decimal::new(*percent, 2))).collect();
        let budget = budget.topped_up(&shares);
        let percent = |index: usize| {
            let figures = budget.at(i64::try_from(index).expect("small") * 10).ok()?;
            i64::try_from((figures.remaining() * Decimal::ONE_HUNDRED).round()).ok()
        };
        (0..bad.len()).map(percent).collect()
    }

    #[test]
    fn a_top_up_does_not_forgive_what_fails_after_it() {
        let known = |left: &[i64]| [vec![None; 3], left.iter().copied().map(Some).collect()].concat();
        assert_eq!(left(&[0, 0, 0, 0, 60, 0], &[(30, 1_000)]), known(&[100, -50, -50]));
        assert_eq!(left(&[0, 0, 0, 40, 60, 0], &[(30, 120)]), known(&[100, -50, -50]));
        assert_eq!(left(&[0, 0, 0, 40, 60, 0], &[(35, 120)]), known(&[0, -50, -50]), "known from then on");
    }

    #[test]
    fn what_is_given_back_leaves_the_period_with_its_events_the_newest_first() {
        let bad = [0, 0, 0, 20, 20, 0, 0, 0, 0];
        let known = [None, None, None, Some(50), Some(25), Some(25), Some(25), Some(75), Some(100)];
        assert_eq!(left(&bad, &[(40, 25)]), known);
        let twice = [None, None, None, Some(50), Some(25), Some(100), Some(100), Some(100), Some(100)];
        assert_eq!(left(&bad, &[(40, 25), (50, 500)]), twice, "never more than was spent");
    }
}
