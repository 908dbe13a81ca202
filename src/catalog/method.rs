//! How good and bad are counted over a period: by events, or by slices of time.

use rust_decimal::Decimal;

use crate::diagnostic::Place;

/// The budgeting method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Every event counts once.
    Occurrences,
    /// Every slice of time counts once, as a good or a bad one.
    Timeslices {
        /// The share of events that makes a slice a good one.
        target: Decimal,
        /// The length of a slice, in seconds.
        window: i64,
        /// Where the method is named.
        place: Place,
    },
    /// Every slice of time counts by the share of events that were good in it.
    RatioTimeslices {
        /// The length of a slice, in seconds.
        window: i64,
        /// Where the method is named.
        place: Place,
    },
}
