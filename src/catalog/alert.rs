//! When people are alerted of an SLO's burn rate, as its definition says.
//!
//! Alerts are other programs' to raise. They are known here so that one that can never be raised is told.

use rust_decimal::Decimal;

use super::Comparison;
use crate::diagnostic::Place;

/// A condition on the burn rate of an SLO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// How the burn rate is compared; above the threshold where that is not said.
    pub comparison: Comparison,
    /// The burn rate.
    pub threshold: Decimal,
    /// Where it is written.
    pub threshold_place: Place,
    /// The window of the burn rate, in seconds.
    pub window: i64,
    /// Where it is written.
    pub window_place: Place,
}
