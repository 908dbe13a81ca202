//! Whether a budget agrees with itself: a part of all events against all events, and what the grid adds up to against one
//! direct query over the whole period.
//!
//! Bad events without any event are no silence: whoever counts both contradicts himself, and a figure that would say
//! that nothing burns is not given. The numbers are others', so no quotient of them may be taken on trust.

use rust_decimal::Decimal;

use crate::budget::counting::Counting;
use crate::budget::gap::Gap;
use crate::budget::series::Total;
use crate::budget::{Budget, Sums, believable};

/// The share by which a part of all events may exceed all events before the numbers contradict each other: 1 %.
const EXCESS: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// How far the grid may be from a direct query, in shares of the budget and of what is consumed: 2 %.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// The gap of a figure that no decimal holds.
pub(super) fn immense() -> Gap {
    Gap::Inconsistent { detail: "they are too far apart to be divided by each other".to_owned() }
}

/// A share in percent, with one decimal; none where no decimal holds it.
fn percent(share: Decimal) -> Option<Decimal> {
    Some(share.checked_mul(Decimal::ONE_HUNDRED)?.round_dp(1).normalize())
}

impl Sums {
    /// That a part of all events exceeds all events by no more than the counting of two counters explains.
    ///
    /// # Errors
    /// When it does, and by how much.
    pub(super) fn consistent(&self) -> Result<(), Gap> {
        let total = self.observed.total;
        if self.excess <= EXCESS * total {
            return Ok(());
        }
        let share = Some(total).filter(|total| *total > Decimal::ZERO);
        let share = share.and_then(|total| self.excess.checked_div(total)).and_then(percent);
        let detail = share.map_or_else(
            || "a part of all events is counted where there are none at all".to_owned(),
            |share| format!("a part of all events exceeds all events by {share} %"),
        );
        Err(Gap::Inconsistent { detail })
    }
}

impl Budget {
    /// That the events of the `points` points that end at `index` do not contradict each other, of any part. A slice of
    /// time that contradicts itself is bad, so slices are passed over.
    ///
    /// # Errors
    /// When they do.
    pub(super) fn consistent(&self, index: usize, points: usize) -> Result<(), Gap> {
        if self.counting != Counting::Events {
            return Ok(());
        }
        for part in &self.parts {
            part.budget.consistent(index, points).map_err(|gap| Gap::part(part.name.clone(), gap))?;
        }
        self.sums_over(index, points).map_or(Ok(()), |sums| sums.consistent())
    }

    /// Compares what the grid adds up to over a period that ends at the last point with the direct query, if a source
    /// gave one. Events are compared, whatever the budget counts and whatever is excluded: what is there
    /// is the same.
    pub(super) fn cross_check(&self, grid: Total) -> Result<(), Gap> {
        let Some(direct) = self.direct.map(believable) else { return Ok(()) };
        if direct.total <= Decimal::ZERO {
            let detail =
                "one count over the whole period found no events, and the grid found some".to_owned();
            return Err(Gap::Inconsistent { detail });
        }
        let share = |events: Total| {
            let grant = self.objective.allowance().checked_mul(events.total)?;
            events.bad.checked_div(grant)
        };
        let (consumed, directly) = share(grid).zip(share(direct)).ok_or_else(immense)?;
        let apart = (consumed - directly).abs();
        if apart > TOLERANCE && apart > TOLERANCE * consumed.max(directly) {
            let (consumed, directly) = percent(consumed).zip(percent(directly)).ok_or_else(immense)?;
            let detail = format!(
                "{consumed} % of the budget is consumed by the grid and {directly} % by one count over the whole period"
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
    use crate::catalog::{Method, Objective};
    use crate::diagnostic::{Place, SourceText};

    const HOUR: i64 = 3_600;

    /// A day at 99 % in hours of 1,000 good events each, of which the last are as they are given: bad ones and all.
    fn day(last: &[(&str, &str)], direct: Option<(&str, &str)>) -> Budget {
        let events = |(bad, total): (&str, &str)| Total {
            bad: bad.parse().expect("a decimal"),
            total: total.parse().expect("a decimal"),
        };
        let quiet = std::iter::repeat_n(("0", "1000"), 24 - last.len());
        let points = quiet.chain(last.iter().copied()).map(|one| Some(events(one))).collect();
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        Budget::new(objective, 24 * HOUR, Series { first: 0, step: HOUR, points }, direct.map(events))
    }

    fn contradicts<T>(figure: &Result<T, Gap>) -> bool {
        matches!(figure, Err(Gap::Inconsistent { .. }))
    }

    #[test]
    fn bad_events_without_events_are_no_quiet_hour() {
        let budget = day(&[("200", "0")], None);
        let figures = budget.at(23 * HOUR).expect("known");
        assert!(contradicts(&figures.burn_rate(HOUR)));
        assert!(contradicts(&figures.breaches(HOUR)));
        assert!(figures.burn_rate(24 * HOUR).is_ok_and(|rate| !rate.no_traffic), "below 1 % of a day");
        assert!(!figures.burned(HOUR).expect("known").no_traffic);
        assert_eq!(
            (figures.worst_incident() * figures.grant().expect("one grant")).round_dp(9),
            Decimal::from(200)
        );
        let quiet = day(&[("0", "0")], None);
        let rate = quiet.at(23 * HOUR).expect("known").burn_rate(HOUR).expect("known");
        assert!(rate.no_traffic && rate.value.is_zero());
    }

    #[test]
    fn a_part_above_all_of_a_window_is_held_to_the_same_measure_as_of_a_period() {
        let rate = |last: (&str, &str)| {
            let budget = day(&[last], None);
            budget.at(23 * HOUR).expect("known").burn_rate(HOUR).map(|rate| rate.value)
        };
        assert_eq!(rate(("1010", "1000")), Ok(Decimal::from(101)));
        assert!(contradicts(&rate(("1011", "1000"))));
        assert!(contradicts(&rate(("-11", "1000"))), "good events above all");
        assert_eq!(rate(("-10", "1000")), Ok(Decimal::ZERO));
    }

    #[test]
    fn a_slice_with_bad_events_and_no_events_is_bad() {
        let place = Place::new(&SourceText::new("slo.yaml", "method"), 0..6);
        let method = Method::Timeslices { target: Decimal::new(95, 2), window: HOUR, place };
        let budget = day(&[("50", "0"); 3], None).counted_by(&method);
        let figures = budget.at(23 * HOUR).expect("known");
        assert_eq!(figures.period(), Total { bad: 3.into(), total: 24.into() });
        assert_eq!(figures.burn_rate(HOUR).expect("known").value, Decimal::ONE_HUNDRED);
    }

    #[test]
    fn numbers_that_cannot_be_divided_are_a_gap_and_no_panic() {
        let tiny = "0.0000000000000000000000000001";
        for direct in [("100000000000000000000", tiny), ("1000000000000000", "0.0000000000001"), ("1", "-1")]
        {
            assert!(contradicts(&day(&[], Some(direct)).at(23 * HOUR)), "{direct:?}");
        }
        assert!(day(&[("0", tiny); 24], None).at(23 * HOUR).is_err(), "a grant of nothing");
        let outage = day(&[("1000000000000000", "0.000000001")], None);
        assert!(contradicts(&outage.at(23 * HOUR)));
    }
}
