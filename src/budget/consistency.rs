//! Whether a budget agrees with itself: what the grid adds up to against one direct query over the whole period.

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::budget::series::{MOST, Total};
use crate::budget::{Budget, believable};

/// How far the grid may be from a direct query, in shares of the budget and of what is consumed: 2 %.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

impl Budget {
    /// Compares what the grid adds up to over a period that ends at the last point with the direct query, if a source
    /// gave one. Events are compared, whatever the budget counts and whatever is excluded: what is there
    /// is the same.
    pub(super) fn cross_check(&self, grid: Total) -> Result<(), Gap> {
        let Some(direct) = self.direct.map(believable) else { return Ok(()) };
        if direct.total.is_zero() {
            let detail =
                "one count over the whole period found no events, and the grid found some".to_owned();
            return Err(Gap::Inconsistent { detail });
        }
        // Whoever wrote a document of observations chose its numbers: they may be beyond what can be divided.
        let share = |events: Total| {
            let grant = self.objective.allowance().checked_mul(events.total)?;
            events.bad.checked_div(grant).filter(|share| share.abs() <= MOST)
        };
        let (Some(consumed), Some(directly)) = (share(grid), share(direct)) else {
            let detail = "its bad events are out of all proportion to all events".to_owned();
            return Err(Gap::Inconsistent { detail });
        };
        let apart = (consumed - directly).abs();
        if apart > TOLERANCE && apart > TOLERANCE * consumed.max(directly) {
            let percent = |share: Decimal| (share * Decimal::ONE_HUNDRED).round_dp(1).normalize();
            let detail = format!(
                "{} % of the budget is consumed by the grid and {} % by one count over the whole period",
                percent(consumed),
                percent(directly)
            );
            return Err(Gap::Inconsistent { detail });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::series::Series;
    use crate::catalog::Objective;

    #[test]
    fn no_direct_count_is_too_odd_to_be_compared() {
        let of = |text: &str| Decimal::from_str_exact(text).expect("a decimal");
        let kind = |bad: &str, total: &str| {
            let point = Some(Total { bad: 0.into(), total: 10.into() });
            let series = Series { first: 300, step: 300, points: vec![point; 20] };
            let direct = Total { bad: of(bad), total: of(total) };
            let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
            let budget = Budget::new(objective, 3_000, series, Some(direct));
            budget.at(6_000).map_or_else(|gap| gap.kind(), |_| "known")
        };
        assert_eq!(kind("0", "100"), "known");
        assert_eq!(kind("100000000000000000000", "0.0000000000000000000000000001"), "inconsistent");
        assert_eq!(kind("1000000000000000", "0.0000000000001"), "inconsistent");
        assert_eq!(kind("1", "0"), "inconsistent");
    }
}
