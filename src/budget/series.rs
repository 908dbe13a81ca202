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
