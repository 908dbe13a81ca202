//! What a budget counts: events, or slices of time.
//!
//! A slice is one event that happens when the slice is over, so that all other arithmetic stays the same: by `Timeslices`
//! it is bad where the share of its good events is below the slice's target, by `RatioTimeslices` it is bad by the share of
//! its events that were. Slices are whole multiples of the step and begin at whole multiples of their length since the
//! epoch, in UTC; the one that goes on does not count yet. A slice without a single event is missing, and counts as
//! the SLO's terms say; one with bad events and no events at all contradicts itself and is bad. The share of a slice is rounded up at the 15th digit, against the budget, so that sums of shares
//! are exact.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::budget::series::Total;
use crate::catalog::{Method, Missing};

/// Digits of the share of a slice's events that were bad.
const DIGITS: u32 = 15;

/// What a budget counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// Events.
    Events,
    /// Slices of time.
    Slices {
        /// Seconds of a slice.
        window: i64,
        /// The share of good events that makes a slice a good one; none where each counts by its share.
        target: Option<Decimal>,
    },
}

impl From<&Method> for Counting {
    fn from(method: &Method) -> Self {
        match method {
            Method::Occurrences => Self::Events,
            Method::Timeslices { target, window, .. } => {
                Self::Slices { window: *window, target: Some(*target) }
            }
            Method::RatioTimeslices { window, .. } => Self::Slices { window: *window, target: None },
        }
    }
}

impl Counting {
    /// Points of a slice; one where events are counted.
    pub(super) fn points(self, step: i64) -> usize {
        match self {
            Self::Events => 1,
            Self::Slices { window, .. } => usize::try_from(window / step).unwrap_or(usize::MAX).max(1),
        }
    }

    /// True where a slice is over at a grid point.
    pub(super) const fn ends(self, t: i64) -> bool {
        match self {
            Self::Events => true,
            Self::Slices { window, .. } => t.rem_euclid(window) == 0,
        }
    }

    /// What the events of a slice count as.
    pub(super) fn judged(self, events: Total, missing: Missing) -> Total {
        let Self::Slices { target, .. } = self else { return events };
        let slice = |bad| Total { bad, total: Decimal::ONE };
        if events.total <= Decimal::ZERO && events.bad > Decimal::ZERO {
            return slice(Decimal::ONE);
        }
        if events.total <= Decimal::ZERO {
            return match missing {
                Missing::Excluded => Total::default(),
                Missing::Good => slice(Decimal::ZERO),
                Missing::Bad => slice(Decimal::ONE),
            };
        }
        let bad = events.bad.clamp(Decimal::ZERO, events.total);
        slice(match target {
            Some(target) if events.total - bad >= target * events.total => Decimal::ZERO,
            Some(_) => Decimal::ONE,
            None => (bad / events.total).round_dp_with_strategy(DIGITS, RoundingStrategy::AwayFromZero),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOURLY: Counting =
        Counting::Slices { window: 3_600, target: Some(Decimal::from_parts(95, 0, 0, false, 2)) };
    const RATIO: Counting = Counting::Slices { window: 3_600, target: None };

    fn events(bad: i64, total: i64) -> Total {
        Total { bad: bad.into(), total: total.into() }
    }

    #[test]
    fn a_slice_is_good_when_it_meets_its_target() {
        assert_eq!(HOURLY.judged(events(5, 100), Missing::Excluded), events(0, 1));
        assert_eq!(HOURLY.judged(events(6, 100), Missing::Excluded), events(1, 1));
        assert_eq!(HOURLY.judged(events(-1, 100), Missing::Excluded), events(0, 1));
    }

    #[test]
    fn a_missing_slice_counts_as_it_is_said() {
        let missing = |rule| HOURLY.judged(events(0, 0), rule);
        assert_eq!(missing(Missing::Excluded), events(0, 0));
        assert_eq!(missing(Missing::Good), events(0, 1));
        assert_eq!(missing(Missing::Bad), events(1, 1));
    }

    #[test]
    fn bad_events_without_events_are_no_missing_slice() {
        for missing in [Missing::Excluded, Missing::Good, Missing::Bad] {
            for counting in [HOURLY, RATIO] {
                assert_eq!(counting.judged(events(50, 0), missing), events(1, 1));
                assert_eq!(counting.judged(events(50, -1), missing), events(1, 1));
            }
        }
        assert_eq!(HOURLY.judged(events(-1, -1), Missing::Excluded), events(0, 0));
    }

    #[test]
    fn a_share_that_no_decimal_holds_counts_against_the_budget() {
        let third = RATIO.judged(events(1, 3), Missing::Excluded).bad;
        assert_eq!(third.to_string(), "0.333333333333334");
        assert_eq!(RATIO.judged(events(1, 8), Missing::Excluded).bad, Decimal::new(125, 3));
    }

    #[test]
    fn a_slice_is_over_at_whole_multiples_of_its_length() {
        assert!(HOURLY.ends(7_200) && !HOURLY.ends(7_500) && HOURLY.ends(-3_600));
        assert_eq!((HOURLY.points(300), Counting::Events.points(300)), (12, 1));
    }
}
