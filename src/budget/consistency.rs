//! Whether a budget agrees with itself: what the grid adds up to against one direct query over the whole period.

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::budget::series::Total;
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
        let share = |events: Total| events.bad / (self.objective.allowance() * events.total);
        let (consumed, directly) = (share(grid), share(direct));
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
