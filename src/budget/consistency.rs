//! Whether a budget agrees with itself: what the grid adds up to against one direct query over the whole period.

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::budget::{Budget, Figures, believable};

/// How far the grid may be from a direct query, in shares of the budget and of what is consumed: 2 %.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

impl Budget {
    /// Compares the grid with the direct query, if a source gave one.
    pub(super) fn cross_check(&self, figures: Figures<'_>) -> Result<(), Gap> {
        let Some(direct) = self.direct.map(believable) else { return Ok(()) };
        if direct.total.is_zero() {
            let detail =
                "one count over the whole period found no events, and the grid found some".to_owned();
            return Err(Gap::Inconsistent { detail });
        }
        // What is given back was consumed all the same.
        let consumed = figures.period.bad / figures.grant();
        let directly = direct.bad / (self.objective.allowance() * direct.total);
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
