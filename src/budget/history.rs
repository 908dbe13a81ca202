//! What a history shows beyond the present: the best that any whole period of it was, and the events of a stretch
//! that may be longer than a period.

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::budget::series::Total;
use crate::budget::{Budget, Figures, believable};

/// The whole period in which the least of the budget was spent.
#[derive(Debug, Clone, Copy)]
pub struct Best<'a> {
    /// Its figures.
    pub figures: Figures<'a>,
    /// The first known grid point of the history that was looked at, in seconds since the epoch.
    pub since: i64,
}

impl Best<'_> {
    /// The objective that this period met exactly: the share of its events that were good.
    #[must_use]
    pub fn share(&self) -> Decimal {
        let figures = self.figures;
        Decimal::ONE - (Decimal::ONE - figures.objective()) * figures.consumed()
    }
}

impl Budget {
    /// The best of all whole periods, by the calendar where it follows one, that end at a grid point up to `t`, in seconds since the epoch; the latest of
    /// several. None where none is known.
    #[must_use]
    pub fn best(&self, t: i64) -> Option<Best<'_>> {
        let (first, last) = self.span()?;
        let earliest = i64::try_from(self.earliest?).ok()?;
        let since = first + earliest * self.step;
        let mut best: Option<(Decimal, Figures<'_>)> = None;
        let mut end = last.min(t);
        while end >= since {
            if let Some(figures) = self.at(end).ok().filter(Figures::is_whole) {
                let consumed = figures.consumed();
                if best.is_none_or(|(least, _)| consumed < least) {
                    best = Some((consumed, figures));
                }
            }
            end -= self.step;
        }
        best.map(|(_, figures)| Best { figures, since })
    }

    /// The events of the `window` seconds that end at grid point `t`, whatever the period is.
    ///
    /// # Errors
    /// When the history is shorter, or too few of its points are there.
    pub fn events(&self, window: i64, t: i64) -> Result<Total, Gap> {
        let nothing = || Gap::NoData { detail: "the history has no point there".to_owned() };
        let index = usize::try_from((t - self.first).div_euclid(self.step)).map_err(|_| nothing())?;
        let points = usize::try_from(window / self.step).ok().filter(|points| *points > 0);
        let points = points.ok_or_else(nothing)?;
        let earliest = self.earliest.ok_or_else(nothing)?;
        let seconds = |points: usize| i64::try_from(points).unwrap_or(i64::MAX).saturating_mul(self.step);
        if earliest + points > index + 1 {
            return Err(Gap::Short { have: seconds((index + 1).saturating_sub(earliest)), need: window });
        }
        let sums = self.sums_over(index, points).ok_or_else(nothing)?;
        self.covered(sums, points)?;
        Ok(believable(sums.observed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::series::Series;
    use crate::catalog::Objective;

    const STEP: i64 = 3_600;

    /// A budget of 99 % over four hours of 100 events each; none is not known.
    fn budget(bad: &[Option<u32>]) -> Budget {
        let point = |bad: &Option<u32>| bad.map(|bad| Total { bad: bad.into(), total: 100.into() });
        let points = bad.iter().map(point).collect();
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        Budget::new(objective, 4 * STEP, Series { first: 0, step: STEP, points }, None)
    }

    /// The best share of good events up to the last point, and the hour at which the history begins.
    fn best(bad: &[Option<u32>]) -> Option<(Decimal, i64)> {
        budget(bad).best(1_000 * STEP).map(|best| (best.share(), best.since / STEP))
    }

    #[test]
    fn the_best_period_is_the_best_of_all_that_are_whole() {
        let one_in = |many: i64| Decimal::ONE - Decimal::ONE / Decimal::from(many);
        assert_eq!(best(&[Some(5), Some(5), Some(5), Some(5), Some(1)]), Some((one_in(25), 0)));
        assert_eq!(best(&[Some(1), Some(5), Some(5), Some(5), Some(5)]), Some((one_in(25), 0)), "the first");
        assert_eq!(best(&[None, Some(5), Some(5), Some(5), Some(5)]), Some((one_in(20), 1)), "a later begin");
    }

    #[test]
    fn less_than_a_period_has_no_best() {
        assert_eq!(best(&[Some(0), Some(0), Some(0)]), None);
        assert_eq!(best(&[None, None, Some(0), Some(0), Some(0)]), None);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn nothing_after_the_instant_is_looked_at() {
        let budget = budget(&[Some(5), Some(5), Some(5), Some(5), Some(0)]);
        let shares = [4, 3, 2].map(|hour| budget.best(hour * STEP).map(|best| best.share().normalize()));
        assert_eq!(shares, [Some(Decimal::new(9625, 4)), Some(Decimal::new(95, 2)), None]);
    }

    #[test]
    fn a_stretch_may_be_longer_than_the_period_and_never_longer_than_the_history() {
        let budget = budget(&[Some(1), Some(2), Some(3), Some(4), Some(5), Some(6)]);
        let bad = |hours: i64| budget.events(hours * STEP, 5 * STEP).map(|events| events.bad);
        assert_eq!(bad(1), Ok(6.into()));
        assert_eq!(bad(6), Ok(21.into()));
        assert_eq!(bad(7), Err(Gap::Short { have: 6 * STEP, need: 7 * STEP }));
        assert!(matches!(bad(0), Err(Gap::NoData { .. })));
    }
}
