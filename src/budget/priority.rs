//! How urgent an incident of an SLO is.
//!
//! A priority that somebody chose for the SLO comes first; else two tables say it, and the more urgent one counts; else
//! there is none. The first table looks at what is left where the budget is heading for an early end, the second at
//! what went within minutes (Ukis, *Establishing SRE Foundations*, tables 9.5 and 9.6).

use rust_decimal::Decimal;

use crate::budget::Figures;
use crate::budget::gap::Gap;
use crate::budget::period::Period;
use crate::catalog::{Assigned, Priority};

/// What may be left at most, in percent, where the budget is heading for an early end.
const LEFT: [(i64, Priority); 4] =
    [(20, Priority::P1), (40, Priority::P2), (60, Priority::P3), (80, Priority::P4)];

/// Windows in seconds, and the percentage of the period's budget above which what went within one is an incident.
pub const VELOCITY: [(i64, i64, Priority); 4] =
    [(300, 75, Priority::P1), (600, 50, Priority::P2), (900, 25, Priority::P3), (1_200, 25, Priority::P4)];

/// The greatest step, in seconds, on whose grid all windows of the table lie.
pub const STEP: i64 = 300;

/// An hour, in seconds.
const HOUR: i64 = 3_600;

/// A day, in seconds.
const DAY: i64 = 86_400;

/// The priority of a budget with so much left, by whether it is heading for an early end.
#[must_use]
pub fn of_remaining(remaining: Decimal, premature: bool) -> Option<Priority> {
    let reached = |(percent, _): &&(i64, Priority)| remaining <= Decimal::new(*percent, 2);
    LEFT.iter().filter(|_| premature).find(reached).map(|(_, priority)| *priority)
}

/// The priority of what went within each of the windows, as shares of the period's budget.
#[must_use]
pub fn of_velocity(burned: [Decimal; 4]) -> Option<Priority> {
    let mut rows = VELOCITY.iter().zip(burned);
    rows.find(|((_, percent, _), burned)| *burned > Decimal::new(*percent, 2))
        .map(|((.., priority), _)| *priority)
}

impl Figures<'_> {
    /// The priority of an incident here; none where there is no incident, or one without a priority.
    ///
    /// # Errors
    /// When too few points are there of one of the windows that it looks at.
    pub fn priority(&self) -> Result<Option<Priority>, Gap> {
        match self.budget.terms.priority {
            Assigned::None => Ok(None),
            Assigned::Default => self.by_tables(),
            Assigned::Explicit(priority) => {
                let burning = self.burn_rate(self.whole(HOUR))?.value > Decimal::ONE;
                Ok((burning || self.by_tables()?.is_some()).then_some(priority))
            }
        }
    }

    /// The same for somebody above the SLO's authors: what the tables say, unless the chosen priority is more urgent.
    ///
    /// # Errors
    /// When too few points are there of one of the windows that it looks at.
    pub fn least_priority(&self) -> Result<Option<Priority>, Gap> {
        Ok([self.by_tables()?, self.priority()?].into_iter().flatten().min())
    }

    /// What the tables say.
    fn by_tables(&self) -> Result<Option<Priority>, Gap> {
        // Over a rolling period the pace alone is above 1 only where nothing is left, so the last day counts as well.
        let rolling = matches!(self.budget.period, Period::Rolling(_));
        let premature =
            self.pace() > Decimal::ONE || rolling && self.burn_rate(self.whole(DAY))?.value > Decimal::ONE;
        let mut burned = [Decimal::ZERO; 4];
        for (share, (window, ..)) in burned.iter_mut().zip(VELOCITY) {
            *share = self.burned(window)?.value;
        }
        let tables = [of_remaining(self.remaining(), premature), of_velocity(burned)];
        Ok(tables.into_iter().flatten().min())
    }

    /// A window in whole steps, at least a slice of time where these are counted, and at most the period.
    pub(super) fn whole(&self, window: i64) -> i64 {
        let step = self.budget.step;
        let least = self.budget.seconds(self.budget.counting.points(step));
        (window - window % step).max(least).min(self.budget.period())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;
    use crate::budget::series::{Series, Total};
    use crate::catalog::{Objective, Terms};

    #[test]
    fn or2_what_is_left_with_an_early_end_ahead_is_a_priority() {
        let of = |left: i64, premature| of_remaining(Decimal::new(left, 2), premature);
        for (left, priority) in [
            (20, Some(Priority::P1)),
            (40, Some(Priority::P2)),
            (60, Some(Priority::P3)),
            (80, Some(Priority::P4)),
            (19, Some(Priority::P1)),
            (35, Some(Priority::P2)),
            (55, Some(Priority::P3)),
            (75, Some(Priority::P4)),
            (81, None),
        ] {
            assert_eq!(of(left, true), priority, "{left}");
            assert_eq!(of(left, false), None, "{left}");
        }
        // A linear forecast: what is spent over what has passed of a period of 28 days.
        let premature =
            |spent: i64, day: i64| Decimal::new(spent, 2) > Decimal::from(day) / Decimal::from(28);
        assert_eq!(of(20, premature(80, 14)), Some(Priority::P1));
        assert_eq!(of(20, premature(80, 25)), None);
    }

    #[test]
    fn or3_what_went_within_minutes_is_a_priority() {
        let of = |burned: [i64; 4]| of_velocity(burned.map(|share| Decimal::new(share, 2)));
        assert_eq!(of([76, 76, 76, 76]), Some(Priority::P1));
        assert_eq!(of([75, 75, 75, 75]), Some(Priority::P2), "exactly 75 % in 5 minutes are over 50 % in 10");
        assert_eq!(of([30, 51, 51, 51]), Some(Priority::P2));
        assert_eq!(of([20, 25, 26, 26]), Some(Priority::P3));
        assert_eq!(of([20, 25, 25, 26]), Some(Priority::P4));
        assert_eq!(of([20, 25, 25, 25]), None);
    }

    /// A day's budget on a grid of five minutes; 100,000 events a step, and so many bad ones in the last steps.
    fn budget(thousandths: i64, terms: Terms, bad: &[u32]) -> Budget {
        let quiet = std::iter::repeat_n(0, 288 - bad.len());
        let points = quiet.chain(bad.iter().copied());
        let points = points.map(|bad| Some(Total { bad: bad.into(), total: 100_000.into() })).collect();
        let objective = Objective::new(Decimal::new(thousandths, 3)).expect("an objective");
        let series = Series { first: 0, step: 300, points };
        Budget::new(objective, 288 * 300, series, None).bound_to(terms)
    }

    fn priority(budget: &Budget) -> Option<Priority> {
        budget.at(287 * 300).expect("known").priority().expect("a priority is known")
    }

    #[test]
    fn the_more_urgent_table_counts_and_a_choice_comes_before_both() {
        // The grant of a day at 99.9 % is 28,800 events.
        let fast = [22_000];
        assert_eq!(priority(&budget(999, Terms::default(), &fast)), Some(Priority::P1), "76 % in 5 minutes");
        // 10,000 in 20 minutes are 34.7 %, and at most 26 % in 15 minutes.
        let slow = [2_500; 4];
        assert_eq!(priority(&budget(999, Terms::default(), &slow)), Some(Priority::P3));
        assert_eq!(priority(&budget(999, Terms::default(), &[100; 4])), None);
        let chosen = |assigned| Terms { priority: assigned, ..Terms::default() };
        let p4 = chosen(Assigned::Explicit(Priority::P4));
        assert_eq!(priority(&budget(999, p4, &fast)), Some(Priority::P4));
        assert_eq!(
            priority(&budget(999, p4, &[400; 4])),
            Some(Priority::P4),
            "above an even burn for an hour"
        );
        assert_eq!(priority(&budget(999, p4, &[100; 4])), None, "no incident");
        assert_eq!(priority(&budget(999, chosen(Assigned::None), &fast)), None);
        let least = |assigned, bad: &[u32]| {
            let budget = budget(999, chosen(assigned), bad);
            let (_, last) = budget.span().expect("points");
            budget.at(last).and_then(|figures| figures.least_priority()).expect("known")
        };
        let p1 = Assigned::Explicit(Priority::P1);
        for (assigned, bad, expected) in [
            (Assigned::Default, &fast[..], Priority::P1),
            (Assigned::None, &fast[..], Priority::P1),
            (Assigned::Explicit(Priority::P4), &fast[..], Priority::P1),
            (Assigned::None, &slow[..], Priority::P3),
            (p1, &slow[..], Priority::P1),
        ] {
            assert_eq!(least(assigned, bad), Some(expected), "{assigned:?}");
        }
    }

    #[test]
    fn or35_the_least_objective_at_which_each_row_can_be_reached() {
        // When every event is bad, the burn rate is 1 / (1 - T), and burned(w) is that times w / P with even traffic.
        for (days, rates, objectives) in [
            (30, [6_480, 2_160, 720, 540], [999_846, 999_537, 998_611, 998_148]),
            (28, [6_048, 2_016, 672, 504], [999_835, 999_504, 998_512, 998_016]),
        ] {
            for (((window, percent, _), rate), least) in VELOCITY.iter().zip(rates).zip(objectives) {
                let needed = Decimal::new(*percent, 2) * Decimal::from(days * DAY) / Decimal::from(*window);
                assert_eq!(needed, Decimal::from(rate));
                let objective = Decimal::ONE - Decimal::ONE / needed;
                assert_eq!(objective.round_dp(6), Decimal::new(least, 6), "{window} of {days} days");
            }
        }
        let most = Decimal::ONE / Objective::new(Decimal::new(995, 3)).expect("an objective").allowance();
        assert_eq!(most, Decimal::from(200), "99.5 % reaches none of them");
    }
}
