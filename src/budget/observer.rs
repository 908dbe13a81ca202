//! Budgets that rest on what an observer left for others: they are known only while the observer still runs.
//!
//! An SLO may be patient with quiet services (`stale-after`); nobody is patient with an observer that is dead, because
//! what it would have seen is not known. Up to the instant at which it was last there the history stays what it is, so
//! that a clause which came into force before stays so.

use super::Budget;
use super::gap::Gap;

/// After how many steps what an observer left is too old.
const LATE: i64 = 3;

impl Budget {
    /// The same budget, of observations that somebody made at an instant, in seconds since the epoch, and left; none
    /// where the source itself was asked.
    #[must_use]
    pub fn left_at(mut self, made: Option<i64>) -> Self {
        self.left_at = made;
        self
    }

    /// That whoever left the observations was there at most three steps before grid point `t`.
    pub(super) fn attended(&self, t: i64) -> Result<(), Gap> {
        let age = self.left_at.map_or(0, |made| t.saturating_sub(made));
        if age > self.step.saturating_mul(LATE) { Err(Gap::Outdated { age }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use crate::budget::series::{Series, Total};
    use crate::catalog::{Objective, Requirements};

    use super::*;

    #[test]
    fn no_patience_of_an_slo_is_patience_with_an_observer() {
        let (step, last) = (300, 12_000);
        let point = Some(Total { bad: 0.into(), total: 10.into() });
        let series = Series { first: step, step, points: vec![point; 40] };
        let objective = Objective::new(rust_decimal::Decimal::new(99, 2)).expect("an objective");
        let patient = Requirements { stale_after: Some(86_400), ..Requirements::default() };
        let budget = Budget::new(objective, 3_000, series, None).requiring(patient);
        let kind = |made: Option<i64>, t: i64| budget.clone().left_at(made).at(t).err();
        assert_eq!(kind(None, last), None);
        assert_eq!(kind(Some(last - 3 * step), last), None, "three steps");
        let age = 3 * step + 1;
        assert_eq!(kind(Some(last - age), last), Some(Gap::Outdated { age }));
        assert_eq!(kind(Some(last - age), last - step), None, "what was known before stays known");
    }
}
