//! What if: the same budget with more or fewer bad events, to say how far a threshold is away, and with nothing bad from
//! now on, to say when a freeze would end.
//!
//! Suppositions answer questions of people and decide nothing. All look at one grid point and forget what comes after
//! it; a count over the whole period that a source gave is of what happened, and is left out.

use std::sync::OnceLock;

use rust_decimal::Decimal;

use crate::budget::Budget;
use crate::budget::series::Total;

impl Budget {
    /// The budget up to grid point `t` with so many more bad events in the step that ends there; each is one event
    /// more. Of a composite budget every part gets as many.
    #[must_use]
    pub fn with_more_bad(&self, t: i64, events: Decimal) -> Self {
        if self.is_composite() {
            return self.of_parts(|part| part.with_more_bad(t, events));
        }
        let points = self.points_until(t);
        let mut supposed = self.cut(points.saturating_sub(1));
        let last = points.checked_sub(1).and_then(|last| self.points.get(last).copied().flatten());
        let last = last.unwrap_or_default();
        supposed.push(Some(Total { bad: last.bad + events, total: last.total + events }));
        supposed
    }

    /// The budget up to grid point `t` as if so many of the newest bad events had been good, of every part.
    #[must_use]
    pub fn with_fewer_bad(&self, t: i64, events: Decimal) -> Self {
        if self.is_composite() {
            return self.of_parts(|part| part.with_fewer_bad(t, events));
        }
        let points = self.points_until(t);
        let mut left = events;
        let mut mended = Vec::new();
        for (index, point) in self.points.iter().enumerate().take(points).rev() {
            if left <= Decimal::ZERO {
                break;
            }
            if self.excludes(self.instant(index)) {
                mended.push(*point);
                continue;
            }
            mended.push(point.map(|there| {
                let good = there.bad.max(Decimal::ZERO).min(left);
                left -= good;
                Total { bad: there.bad - good, ..there }
            }));
        }
        let mut supposed = self.cut(points - mended.len());
        for point in mended.into_iter().rev() {
            supposed.push(point);
        }
        supposed
    }

    /// The budget up to grid point `t` with `points` more points in which nothing bad happens, to what its service
    /// depends on neither, and the traffic of one period earlier repeats; what is missing there counts as no events.
    /// What was recorded behind `t` is no future.
    #[must_use]
    pub fn if_nothing_more_burns(&self, t: i64, points: usize) -> Self {
        self.ahead(t, points, &|_, _| Decimal::ZERO)
    }

    /// The same, with as many bad events in the step that ends at a grid point as is said for that point and its
    /// traffic; of a composite budget that of each part.
    pub(super) fn ahead(&self, t: i64, points: usize, bad: &dyn Fn(i64, Decimal) -> Decimal) -> Self {
        let attribution = self.attribution.seen_as(|one| one.if_nothing_more_burns(t, points));
        // Nobody needs to have been there to see what is supposed.
        if self.is_composite() {
            return Self { attribution, left_at: None, ..self.of_parts(|part| part.ahead(t, points, bad)) };
        }
        let mut supposed = Self { left_at: None, ..self.cut(self.points_until(t)) };
        let period = self.period.stretch(t, self.step).map_or(0, |stretch| stretch.length);
        supposed.attribution = attribution;
        for _ in 0..points {
            let before = supposed.points.len().checked_sub(period);
            let repeated = before.and_then(|index| supposed.points.get(index).copied().flatten());
            let total = repeated.map_or(Decimal::ZERO, |events| events.total);
            let bad = bad(supposed.instant(supposed.points.len()), total);
            supposed.push(Some(Total { bad, total }));
        }
        supposed
    }

    /// How many points there are up to grid point `t`.
    pub(super) fn points_until(&self, t: i64) -> usize {
        let index = usize::try_from((t - self.first).div_euclid(self.step));
        index.map_or(0, |index| self.points.len().min(index.saturating_add(1)))
    }

    /// The budget with its first points only.
    fn cut(&self, points: usize) -> Self {
        Self {
            points: self.points.iter().take(points).copied().collect(),
            sums: self.sums.iter().take(points + 1).copied().collect(),
            newest: self.newest.iter().take(points).copied().collect(),
            earliest: self.earliest.filter(|earliest| *earliest < points),
            direct: None,
            terms: self.terms,
            outages: self.outages.clone(),
            signals: self.signals.clone(),
            gifts: self.gifts.clone(),
            parts: Vec::new(),
            attribution: self.attribution.anew(),
            exclusions: self.exclusions.clone(),
            incidents: OnceLock::new(),
            breaches: OnceLock::new(),
            objective: self.objective,
            period: self.period.clone(),
            counting: self.counting,
            step: self.step,
            first: self.first,
            left_at: self.left_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::series::Series;
    use crate::catalog::Objective;

    /// Ten points of 1,000 events at 99 %, each with as many bad ones as are given.
    fn budget(bad: [u32; 10]) -> Budget {
        let points = bad.map(|bad| Some(Total { bad: bad.into(), total: 1_000.into() })).to_vec();
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        Budget::new(objective, 3_000, Series { first: 0, step: 300, points }, None)
    }

    #[test]
    fn what_was_recorded_behind_the_point_is_no_future() {
        let mut bad = [0; 10];
        bad[9] = 500;
        let future = budget(bad).if_nothing_more_burns(2_400, 3);
        assert_eq!(future.span(), Some((0, 3_300)));
        assert_eq!(future.points[9], Some(Total { bad: Decimal::ZERO, total: Decimal::ZERO }));
    }

    #[test]
    fn more_bad_events_are_more_events_too() {
        let supposed = budget([0; 10]).with_more_bad(2_700, 100.into());
        let figures = supposed.at(2_700).expect("known");
        assert_eq!(figures.period(), Total { bad: 100.into(), total: 10_100.into() });
        assert_eq!(supposed.span(), Some((0, 2_700)));
    }

    #[test]
    fn the_newest_bad_events_are_taken_away_first() {
        let bad = budget([7, 0, 0, 0, 0, 0, 0, 5, 0, 3]);
        let left = |events: u32| bad.with_fewer_bad(2_700, events.into());
        assert_eq!(
            left(4).at(2_700).expect("known").period(),
            Total { bad: 11.into(), total: 10_000.into() }
        );
        assert_eq!(left(4).points[7], Some(Total { bad: 4.into(), total: 1_000.into() }));
        assert_eq!(left(99).at(2_700).expect("known").consumed(), Decimal::ZERO);
        assert_eq!(left(0).points, bad.points);
    }

    #[test]
    fn what_comes_after_the_point_is_forgotten() {
        let long = budget([1; 10]);
        assert_eq!(long.with_more_bad(600, 2.into()).span(), Some((0, 600)));
        assert_eq!(long.with_fewer_bad(600, 2.into()).span(), Some((0, 600)));
    }
}
