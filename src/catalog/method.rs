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

/// One of several parts of a composite SLO, which burn one budget together.
///
/// OpenSLO says that by Occurrences the common budget burns at the rate of each part, times its weight, so that it has
/// spent the sum of `weight x consumed` over the parts. By slices of time it adds up what is missing of the parts, or
/// calls a slice bad that is bad for any of them, and names neither the target of the whole nor what a weight does to a
/// bad slice. So a composite is read, and its budget stays unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// How much faster the common budget burns with this part.
    pub weight: Decimal,
    /// Where the part stands.
    pub place: Place,
}
