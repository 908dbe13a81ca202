//! Events on the grid: per step the bad ones and all, with prefix sums, so that any window is one subtraction.

use rust_decimal::Decimal;

/// Bad events and all events of some stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// Bad events.
    pub bad: Decimal,
    /// All events, bad ones included.
    pub total: Decimal,
}

/// The events of each step of a stretch of the grid; a step that is not known is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The first grid point, in seconds since the epoch, a multiple of `step`.
    pub first: i64,
    /// Seconds between two points.
    pub step: i64,
    /// The events of the step that ends at each point.
    pub points: Vec<Option<Total>>,
}

/// The largest number of events of one step that is believed. With 9 decimals, sums of a million such steps
/// stay exact.
pub const MOST: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0);

impl Series {
    /// The last grid point; one step before the first when there is none.
    #[must_use]
    pub fn last(&self) -> i64 {
        let count = i64::try_from(self.points.len()).unwrap_or(i64::MAX);
        self.first.saturating_add(count.saturating_sub(1).saturating_mul(self.step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_point_is_one_step_before_the_end() {
        let series = Series { first: 600, step: 300, points: vec![None; 3] };
        assert_eq!(series.last(), 1_200);
    }

    #[test]
    fn the_most_events_of_a_step_are_a_quadrillion() {
        assert_eq!(MOST, Decimal::from(1_000_000_000_000_000_i64));
    }
}
