//! Where a budget is heading: its pace, and when nothing will be left of it if it goes on like in the last day.
//!
//! `pace = consumed / elapsed`, and a budget is exhausted *prematurely* where its pace is above 1. A rolling period has
//! elapsed whole, so its pace is the consumed share, which is `burn_rate(P)` where nothing is given back.
//! `time_to_exhaustion = remaining x P / burn_rate(24h)`. A period shorter than a day is looked at whole. A reset by the
//! calendar may come earlier; the forecast does not look at it.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::budget::Figures;
use crate::budget::gap::Gap;
use crate::budget::period::Stretch;

/// The window whose burn is taken to go on, in seconds.
const DAY: i64 = 86_400;

/// When nothing is left of a budget if it goes on burning as it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhaustion {
    /// After so many seconds; 0 where nothing is left already.
    In(Decimal),
    /// Nothing burns, so it does not come.
    Never,
}

impl Exhaustion {
    /// Compares with a length of time in seconds: never is later than any.
    #[must_use]
    pub fn against(self, seconds: i64) -> Ordering {
        match self {
            Self::In(after) => after.cmp(&Decimal::from(seconds)),
            Self::Never => Ordering::Greater,
        }
    }
}

impl Figures<'_> {
    /// How many times faster than evenly the budget is spent over the period; above 1 it ends prematurely.
    #[must_use]
    pub fn pace(&self) -> Decimal {
        let Stretch { passed, seconds, .. } = self.stretch;
        // One division of exact sums: consumed / elapsed.
        let above = self.spent().checked_mul(seconds.into());
        let below = self.granted().checked_mul(passed.into());
        let exact = above.zip(below).and_then(|(above, below)| above.checked_div(below));
        exact.filter(|_| passed < seconds).unwrap_or_else(|| self.consumed() / self.elapsed())
    }

    /// When nothing is left if the burn of the last day goes on.
    ///
    /// # Errors
    /// When something is left and too few points of the last day are there.
    pub fn time_to_exhaustion(&self) -> Result<Exhaustion, Gap> {
        let remaining = self.remaining();
        if remaining <= Decimal::ZERO {
            return Ok(Exhaustion::In(Decimal::ZERO));
        }
        let day = self.window(self.whole(DAY))?;
        if day.bad.is_zero() {
            return Ok(Exhaustion::Never);
        }
        // One division of exact sums: (left / ((1 - T) total_P)) x P / (bad_day / ((1 - T) total_day)), shortened.
        let left = (self.granted() - self.spent()).checked_mul(self.stretch.seconds.into());
        let above = left.and_then(|left| left.checked_mul(day.total));
        let below = self.whole_period().checked_mul(day.bad);
        let after = above.zip(below).and_then(|(above, below)| above.checked_div(below));
        // A quotient that no decimal holds is later than anything that can be asked about.
        Ok(after.map_or(Exhaustion::Never, Exhaustion::In))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::budget::Budget;
    use crate::budget::series::{Series, Total};
    use crate::catalog::Objective;

    const HOUR: i64 = 3_600;

    /// A budget of 28 days at 99 % on an hourly grid; a point has 1,000 events, so an even burn is 10 bad ones.
    fn budget(bad: impl Iterator<Item = u32>) -> Budget {
        let points = bad.map(|bad| Some(Total { bad: bad.into(), total: 1_000.into() })).collect();
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        Budget::new(objective, 28 * DAY, Series { first: 0, step: HOUR, points }, None)
    }

    fn last(budget: &Budget) -> Figures<'_> {
        budget.at(budget.span().expect("points").1).expect("known")
    }

    #[test]
    fn the_rest_lasts_as_long_as_the_last_day_lets_it() {
        // 27 days without a failure and one at 14 times: half is left, and 14 days / 14 = 1 day.
        let burning = budget((0..672).map(|hour| if hour < 648 { 0 } else { 140 }));
        let figures = last(&burning);
        assert_eq!(figures.remaining(), Decimal::new(5, 1));
        assert_eq!(figures.pace(), Decimal::new(5, 1));
        assert_eq!(figures.time_to_exhaustion(), Ok(Exhaustion::In(Decimal::from(DAY))));
    }

    #[test]
    fn what_lasts_twelve_hours_lasts_neither_less_nor_more() {
        // 1 % of 24 x 100 grants 24; 16 are gone within the day, and 8 are left: 8 / 16 of 24 hours.
        let points = (0..24).map(|hour| Some(Total { bad: u32::from(hour >= 8).into(), total: 100.into() }));
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let series = Series { first: 0, step: HOUR, points: points.collect() };
        let budget = Budget::new(objective, DAY, series, None);
        let forecast = last(&budget).time_to_exhaustion().expect("known");
        assert_eq!(forecast.against(12 * HOUR), Ordering::Equal);
    }

    #[test]
    fn what_is_gone_is_gone_now_and_what_does_not_burn_never_goes() {
        let gone = budget((0..672).map(|hour| if hour < 648 { 11 } else { 0 }));
        assert_eq!(last(&gone).time_to_exhaustion(), Ok(Exhaustion::In(Decimal::ZERO)));
        let quiet = budget((0..672).map(|hour| if hour < 648 { 5 } else { 0 }));
        assert_eq!(last(&quiet).time_to_exhaustion(), Ok(Exhaustion::Never));
        assert_eq!(Exhaustion::Never.against(i64::MAX), Ordering::Greater);
    }

    #[test]
    fn a_last_day_that_is_not_known_makes_the_forecast_unknown() {
        let point = Some(Total { bad: Decimal::ONE, total: Decimal::from(1_000) });
        let mut points = vec![point; 672];
        points[655..665].fill(None);
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Budget::new(objective, 28 * DAY, Series { first: 0, step: HOUR, points }, None);
        assert!(matches!(last(&budget).time_to_exhaustion(), Err(Gap::Coverage { .. })));
    }

    proptest! {
        #[test]
        fn an_even_burn_reaches_nothing_when_the_forecast_says(rate in 1u32..10) {
            // With nothing spent but in the last day: after the forecast at the same rate, nothing is left.
            let budget = budget((0..672).map(|hour| if hour < 648 { 0 } else { rate * 10 }));
            let figures = last(&budget);
            let Ok(Exhaustion::In(after)) = figures.time_to_exhaustion() else {
                return Err(TestCaseError::fail("it burns"));
            };
            let spent = Decimal::from(rate) * after / Decimal::from(28 * DAY);
            prop_assert!((figures.remaining() - spent).abs() < Decimal::new(1, 20));
        }

        #[test]
        fn a_pace_above_one_is_a_budget_in_debt(bad in prop::collection::vec(0u32..25, 672)) {
            let budget = budget(bad.into_iter());
            let figures = last(&budget);
            prop_assert_eq!(figures.pace() > Decimal::ONE, figures.remaining() < Decimal::ZERO);
        }
    }
}
