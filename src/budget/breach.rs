//! Breaches: how often a budget began to burn faster than evenly.
//!
//! A breach is a step whose burn rate is above 1 after one whose burn rate was not; a step without events burns
//! nothing. A step that is not known is passed over, and so is one within a slice of time, so that a hole within an outage does not count it twice.

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::budget::{Budget, Figures};

/// For each point, the breaches before it.
pub(super) type Breaches = Vec<u32>;

/// Counts the breaches of a whole series. Where the series begins above 1, that is a breach, too.
fn count(budget: &Budget) -> Breaches {
    let allowance = budget.objective.allowance();
    let (mut breaches, mut burned, mut before) = (vec![0], false, 0);
    for index in 0..budget.points.len() {
        if let Some(events) = budget.counted_at(index) {
            let burns = if budget.adds_up() {
                budget.share((index, 1), (index, 1)).is_none_or(|rate| rate > Decimal::ONE)
            } else {
                events.bad > allowance * events.total
            };
            before += u32::from(burns && !burned);
            burned = burns;
        }
        breaches.push(before);
    }
    breaches
}

impl Figures<'_> {
    /// How often the burn rate of a step rose above 1 within the window, in seconds, that ends here.
    ///
    /// # Errors
    /// When too few points of the window are there.
    pub fn breaches(&self, window: i64) -> Result<Decimal, Gap> {
        self.window(window)?;
        let points = self.points_of(window)?;
        let breaches = self.budget.breaches.get_or_init(|| count(self.budget));
        let at = |index: Option<usize>| index.and_then(|index| breaches.get(index)).copied().unwrap_or(0);
        let (end, start) = (at(Some(self.index + 1)), at((self.index + 1).checked_sub(points)));
        Ok(Decimal::from(end.saturating_sub(start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::series::{Series, Total};
    use crate::catalog::Objective;

    const STEP: i64 = 300;

    /// The breaches within the last hour of a day at 99 % in five-minute steps of 100 events; none is not known.
    fn last_hour(bad: &[Option<u32>]) -> Result<Decimal, Gap> {
        let quiet = std::iter::repeat_n(Some(0), 288 - bad.len());
        let point = |bad: Option<u32>| bad.map(|bad| Total { bad: bad.into(), total: 100.into() });
        let points = quiet.chain(bad.iter().copied()).map(point).collect();
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Budget::new(objective, 288 * STEP, Series { first: 0, step: STEP, points }, None);
        budget.at(287 * STEP).expect("known").breaches(3_600)
    }

    #[test]
    fn or6_three_breaches_within_an_hour_are_not_four() {
        let [good, bad] = [Some(1), Some(2)];
        assert_eq!(last_hour(&[bad, good, bad, good, bad, good]), Ok(3.into()));
        assert_eq!(last_hour(&[bad, good, bad, good, bad, good, bad]), Ok(4.into()));
        assert_eq!(last_hour(&[bad, bad, bad, good, bad, bad]), Ok(2.into()), "a breach goes on");
    }

    #[test]
    fn a_breach_that_began_before_the_window_is_not_counted_again() {
        assert_eq!(last_hour(&[Some(2); 13]), Ok(0.into()));
        assert_eq!(last_hour(&[Some(2); 12]), Ok(1.into()));
    }

    #[test]
    fn a_hole_within_an_outage_is_no_second_breach_and_too_many_are_not_known() {
        assert_eq!(last_hour(&[Some(2), None, Some(2)]), Ok(1.into()));
        assert!(matches!(last_hour(&[Some(2), None, None, Some(2)]), Err(Gap::Coverage { .. })));
    }
}
