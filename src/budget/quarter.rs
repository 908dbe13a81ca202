//! The budget of the calendar quarter in UTC, and the kinds of outage that it went through.
//!
//! With `Q` the quarter's real length: bad events since its start over the grant, which is `1 - T` of all events over
//! the `Q` that end at the grid point. So a bad event never raises what is left, and at the quarter's last instant it
//! is `1 - bad / ((1 - T) total)`. A kind of outage depletes what is bad in the steps that its outages touch.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;

use crate::budget::consistency::immense;
use crate::budget::gap::Gap;
use crate::budget::{Budget, Figures, believable};

/// The longest quarter, in seconds: 92 days.
pub const LONGEST: i64 = 92 * 86_400;

/// A stretch of time in which something was broken, and what kind of thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The kind: `network`, `deployment`.
    pub kind: String,
    /// When it began, in seconds since the epoch.
    pub from: i64,
    /// When it was over; the instant itself is not part of it.
    pub until: i64,
}

/// The figures of the quarter that a grid point lies in.
#[derive(Debug, Clone, Copy)]
pub struct Quarter<'a> {
    /// The budget.
    budget: &'a Budget,
    /// The point's index.
    index: usize,
    /// Points since the quarter's start.
    points: usize,
    /// Points of the whole quarter.
    length: usize,
    /// The bad events since then.
    bad: Decimal,
    /// The events that may be bad in the quarter.
    grant: Decimal,
}

/// The first instants of the quarter in which the step lies that ends at `t`, and of the next one.
fn bounds(t: i64) -> Option<(i64, i64)> {
    let day = Timestamp::from_second(t.checked_sub(1)?).ok()?.to_zoned(TimeZone::UTC).date();
    let start = date(day.year(), (day.month() - 1) / 3 * 3 + 1, 1);
    let seconds = |day: Date| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second());
    Some((seconds(start)?, seconds(start.checked_add(3.months()).ok()?)?))
}

impl<'a> Figures<'a> {
    /// The figures of the quarter.
    ///
    /// # Errors
    /// When history does not reach back by the quarter's length, or too much of it is missing.
    pub fn quarter(&self) -> Result<Quarter<'a>, Gap> {
        let budget = self.budget;
        let none = || Gap::NoData { detail: "no calendar reaches there".to_owned() };
        let (start, end) = bounds(self.t()).ok_or_else(none)?;
        let points = |seconds: i64| usize::try_from((seconds + budget.step - 1) / budget.step).unwrap_or(0);
        let (length, since) = (points(end - start), points(self.t() - start));
        let earliest = budget.earliest.unwrap_or(0);
        if earliest + length > self.index + 1 {
            let have = i64::try_from(self.index + 1 - earliest).unwrap_or(0) * budget.step;
            return Err(Gap::Short { have, need: end - start });
        }
        let covered = |points: usize| {
            let sums = budget.sums_over(self.index, points).ok_or_else(none)?;
            // At the beginning of a quarter all of it may be excluded: then nothing of it is missing.
            let left = sums.excluded < points || points == 0;
            if left { budget.covered(sums, points).map(|()| sums) } else { Ok(sums) }
        };
        let (whole, bad) = (covered(length)?, believable(covered(since)?.counted).bad);
        budget.not_hollow(whole, length)?;
        let total = whole.counted.total;
        if whole.observed.total < budget.terms.requirements.events || total <= Decimal::ZERO {
            return Err(Gap::TooFew { events: whole.observed.total });
        }
        whole.consistent()?;
        budget.consistent(self.index, length)?;
        let (index, grant) = (self.index, self.allowance * total);
        if grant.is_zero() {
            return Err(immense());
        }
        let quarter = Quarter { budget, index, points: since, length, bad, grant };
        if budget.adds_up() {
            let bad = budget.share((index, since), (index, length)).ok_or_else(immense)?;
            return Ok(Quarter { bad, grant: Decimal::ONE, ..quarter });
        }
        Ok(quarter)
    }
}

impl Quarter<'_> {
    /// The share of the quarter's grant that is left; negative in debt.
    #[must_use]
    pub fn remaining(&self) -> Decimal {
        (self.grant - self.bad) / self.grant
    }

    /// The share of the quarter's grant that is spent.
    #[must_use]
    pub fn consumed(&self) -> Decimal {
        self.bad / self.grant
    }

    /// The share of the quarter's grant that outages of a kind depleted.
    ///
    /// # Errors
    /// When something was bad and nobody records the kinds of outages.
    pub fn burned_by_kind(&self, kind: &str) -> Result<Decimal, Gap> {
        Ok(self.kinds()?.get(kind).copied().unwrap_or(Decimal::ZERO))
    }

    /// The largest share of the quarter's grant that one kind of outage depleted.
    ///
    /// # Errors
    /// When something was bad and nobody records the kinds of outages.
    pub fn worst_kind(&self) -> Result<Decimal, Gap> {
        Ok(self.kinds()?.into_values().max().unwrap_or(Decimal::ZERO))
    }

    /// The share of the quarter's grant that each kind of outage depleted.
    fn kinds(&self) -> Result<BTreeMap<&str, Decimal>, Gap> {
        let Some(outages) = &self.budget.outages else {
            let detail = "nobody records the kinds of outages".to_owned();
            return if self.bad.is_zero() { Ok(BTreeMap::new()) } else { Err(Gap::NoData { detail }) };
        };
        let kinds: BTreeSet<&str> = outages.iter().map(|outage| outage.kind.as_str()).collect();
        let share = |kind| {
            let alike = outages.iter().filter(|outage: &&Outage| outage.kind == kind);
            (kind, self.bad_within(alike) / self.grant)
        };
        Ok(kinds.into_iter().map(share).collect())
    }

    /// The bad events of the steps that some outages touch, each step once.
    fn bad_within<'b>(&self, outages: impl Iterator<Item = &'b Outage>) -> Decimal {
        let budget = self.budget;
        // The index of the first step that ends after an instant.
        let after = |instant: i64| (instant - budget.first).div_euclid(budget.step) + 1;
        let start = i64::try_from(self.index + 1 - self.points).unwrap_or(0);
        let end = i64::try_from(self.index).unwrap_or(i64::MAX);
        let touched = outages.filter(|outage| outage.until > outage.from);
        let mut runs: Vec<(i64, i64)> =
            touched.map(|outage| (after(outage.from).max(start), after(outage.until - 1).min(end))).collect();
        runs.sort_unstable();
        let (mut bad, mut next) = (Decimal::ZERO, start);
        for (first, last) in runs {
            let first = first.max(next);
            if first > last {
                continue;
            }
            let points = usize::try_from(last - first + 1).unwrap_or(0);
            let last_index = usize::try_from(last).ok();
            let within = last_index.and_then(|last| {
                if budget.adds_up() {
                    return budget.share((last, points), (self.index, self.length));
                }
                Some(believable(budget.sums_over(last, points)?.counted).bad)
            });
            bad += within.unwrap_or(Decimal::ZERO);
            next = last + 1;
        }
        bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::series::{Series, Total};
    use crate::catalog::Objective;

    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    /// Midnight UTC of a day.
    fn at(text: &str) -> i64 {
        format!("{text}T00:00:00Z").parse::<Timestamp>().expect("an instant").as_second()
    }

    /// A budget of 28 days at 99 % on an hourly grid of 100 events, from one day to another, with bad events in the
    /// steps that end at some instants.
    fn budget(from: &str, to: &str, bad: &[(i64, u32)]) -> Budget {
        let (first, last) = (at(from) + HOUR, at(to));
        let count = usize::try_from((last - first) / HOUR + 1).expect("points");
        let mut points = vec![Some(Total { bad: Decimal::ZERO, total: 100.into() }); count];
        for (end, bad) in bad {
            let index = usize::try_from((end - first) / HOUR).expect("inside");
            points[index] = Some(Total { bad: (*bad).into(), total: 100.into() });
        }
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        Budget::new(objective, 28 * DAY, Series { first, step: HOUR, points }, None)
    }

    fn outage(kind: &str, from: i64, until: i64) -> Outage {
        Outage { kind: kind.to_owned(), from, until }
    }

    #[test]
    fn a_step_belongs_to_the_quarter_that_it_ends_in() {
        let quarter = |t| bounds(t).expect("bounds");
        assert_eq!(quarter(at("2026-10-01")), (at("2026-07-01"), at("2026-10-01")));
        assert_eq!(quarter(at("2026-10-01") + HOUR), (at("2026-10-01"), at("2027-01-01")));
        assert_eq!(quarter(at("2028-02-29")), (at("2028-01-01"), at("2028-04-01")));
    }

    #[test]
    fn a_new_quarter_begins_with_a_full_budget() {
        // The grant of the 92 days from October is 92 x 24 events.
        let budget =
            budget("2026-06-01", "2026-11-01", &[(at("2026-10-01"), 50), (at("2026-10-01") + HOUR, 46)]);
        let left = |t| budget.at(t).expect("known").quarter().expect("known").remaining();
        assert!(left(at("2026-10-01")) < Decimal::ONE);
        let share = Decimal::from(46) / Decimal::from(92 * 24);
        assert_eq!(left(at("2026-10-01") + HOUR), Decimal::ONE - share);
        assert_eq!(left(at("2026-11-01")), Decimal::ONE - share);
    }

    #[test]
    fn a_history_that_is_shorter_than_the_quarter_is_unknown() {
        let budget = budget("2026-08-02", "2026-11-01", &[]);
        let gap = budget.at(at("2026-11-01")).expect("known").quarter().expect_err("too short");
        assert_eq!(gap.to_string(), "only 91d of history, and 92d is needed");
    }

    #[test]
    fn each_kind_of_outage_takes_what_was_bad_in_its_steps_once() {
        let noon = at("2026-10-10") + 12 * HOUR;
        let bad = [(noon, 20), (noon + HOUR, 30), (noon + 5 * HOUR, 10), (at("2026-09-30"), 99)];
        let budget = budget("2026-06-01", "2026-11-01", &bad);
        let of = |budget: &Budget, kind: &str| {
            let share =
                budget.at(at("2026-11-01")).expect("known").quarter().expect("known").burned_by_kind(kind);
            share.map(|share| (share * Decimal::from(92 * 24)).round_dp(9))
        };
        assert!(of(&budget, "network").expect_err("no list").to_string().contains("nobody records"));
        let budget = budget.with_outages(vec![
            outage("network", noon - HOUR, noon + 60),
            outage("network", noon - 60, noon + HOUR),
            outage("storage", noon + 4 * HOUR, noon + 5 * HOUR),
            outage("network", at("2026-09-29"), at("2026-09-30")),
        ]);
        assert_eq!(of(&budget, "network"), Ok(50.into()));
        assert_eq!(of(&budget, "storage"), Ok(10.into()));
        assert_eq!(of(&budget, "power"), Ok(0.into()));
        let worst = budget.at(at("2026-11-01")).expect("known").quarter().expect("known").worst_kind();
        assert_eq!(worst, Ok(Decimal::from(50) / Decimal::from(92 * 24)));
    }

    #[test]
    fn where_nothing_was_bad_no_kind_depleted_anything_whoever_records() {
        let budget = budget("2026-06-01", "2026-11-01", &[]);
        let quarter = budget.at(at("2026-11-01")).expect("known").quarter().expect("known");
        assert_eq!((quarter.burned_by_kind("network"), quarter.worst_kind()), (Ok(0.into()), Ok(0.into())));
    }
}
