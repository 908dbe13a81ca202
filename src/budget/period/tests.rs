//! Budgets of the calendar against worked numbers, and what must hold of any history.

use jiff::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::budget::Budget;
use crate::budget::forecast::Exhaustion;
use crate::budget::gap::Gap;
use crate::budget::series::{Series, Total};
use crate::catalog::{Calendar, Objective, Priority, Requirements, Terms};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// An instant of the grid.
fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("an instant").as_second()
}

fn objective() -> Objective {
    Objective::new(Decimal::new(99, 2)).expect("an objective")
}

/// An hourly history from one instant to another of 100 events a step, with bad ones in the steps that end at some.
fn series((from, to): (&str, &str), bad: &[(&str, u32)]) -> Series {
    let (first, last) = (at(from) + HOUR, at(to));
    let count = usize::try_from((last - first) / HOUR + 1).expect("points");
    let mut points = vec![Some(Total { bad: Decimal::ZERO, total: 100.into() }); count];
    for (end, bad) in bad {
        let index = usize::try_from((at(end) - first) / HOUR).expect("inside");
        points[index] = Some(Total { bad: (*bad).into(), total: 100.into() });
    }
    Series { first, step: HOUR, points }
}

/// The budget of a calendar over such a history.
fn budget(zone: &str, duration: &str, span: (&str, &str), bad: &[(&str, u32)]) -> Budget {
    let calendar = Calendar::of("2026-01-01 00:00:00", zone, duration);
    Budget::by_calendar(objective(), calendar, series(span, bad), None)
}

/// What is left at an instant, in percent with four digits.
fn left(budget: &Budget, t: &str) -> Decimal {
    (budget.at(at(t)).expect("known").remaining() * Decimal::ONE_HUNDRED).round_dp(4).normalize()
}

const AUTUMN: (&str, &str) = ("2026-08-01T00:00:00Z", "2026-12-10T00:00:00Z");

#[test]
fn a_month_spends_until_its_end_and_begins_anew() {
    // November grants 1 % of 720 hours of 100 events: 720 bad ones.
    let budget = budget("UTC", "1M", AUTUMN, &[("2026-11-10T12:00:00Z", 36), ("2026-12-01T00:00:00Z", 36)]);
    assert_eq!(left(&budget, "2026-11-10T11:00:00Z"), Decimal::from(100));
    assert_eq!(left(&budget, "2026-11-10T12:00:00Z"), Decimal::from(95));
    assert_eq!(
        left(&budget, "2026-12-01T00:00:00Z"),
        Decimal::from(90),
        "a step is of the month that it ends in"
    );
    assert_eq!(left(&budget, "2026-12-01T01:00:00Z"), Decimal::from(100));
    assert_eq!(
        budget.current(at("2026-11-10T12:00:00Z")).map(|now| (now.start, now.end)),
        Some((at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")))
    );
}

#[test]
fn a_month_over_a_change_of_the_clocks_grants_for_its_real_length() {
    // October of Berlin has 745 hours.
    let budget = budget("Europe/Berlin", "1M", AUTUMN, &[("2026-10-20T00:00:00Z", 74)]);
    let figures = budget.at(at("2026-10-31T23:00:00Z")).expect("known");
    assert_eq!((figures.grant(), figures.period().total), (Some(Decimal::from(745)), Decimal::from(74_500)));
    assert_eq!(figures.consumed(), Decimal::from(74) / Decimal::from(745));
    assert_eq!(budget.period_at(at("2026-10-20T00:00:00Z")), 745 * HOUR);
    assert_eq!(left(&budget, "2026-11-01T00:00:00Z"), Decimal::from(100));
}

#[test]
fn what_burned_is_clipped_at_the_beginning_and_the_burn_rate_is_not() {
    let budget = budget("UTC", "1M", AUTUMN, &[("2026-10-31T22:00:00Z", 50), ("2026-11-01T02:00:00Z", 72)]);
    let figures = budget.at(at("2026-11-01T03:00:00Z")).expect("known");
    // The last 744 hours include what was bad in October: they are not this month's.
    assert_eq!(figures.burned(DAY).expect("known").value, Decimal::new(1, 1));
    assert_eq!(figures.burned(31 * DAY).expect("known").value, Decimal::new(1, 1));
    assert_eq!(figures.burn_rate(DAY).expect("known").value, Decimal::from(122) / Decimal::from(24));
    assert_eq!(figures.worst_incident(), Decimal::new(1, 1));
}

#[test]
fn an_incident_over_a_reset_counts_in_each_period_with_what_is_within() {
    let budget = budget("UTC", "1M", AUTUMN, &[("2026-11-01T00:00:00Z", 50), ("2026-11-01T01:00:00Z", 36)]);
    let worst = |t: &str| budget.at(at(t)).expect("known").worst_incident();
    assert_eq!(worst("2026-11-01T01:00:00Z"), Decimal::new(5, 2));
    assert_eq!(worst("2026-11-20T00:00:00Z"), Decimal::new(5, 2));
    assert_eq!(worst("2026-11-01T00:00:00Z"), Decimal::from(50) / Decimal::from(744));
}

#[test]
fn pace_is_what_is_spent_over_what_has_passed() {
    let budget = budget("UTC", "1M", AUTUMN, &[("2026-11-02T00:00:00Z", 72), ("2026-10-05T00:00:00Z", 99)]);
    let figures = budget.at(at("2026-11-04T00:00:00Z")).expect("known");
    assert_eq!((figures.elapsed(), figures.pace()), (Decimal::new(1, 1), Decimal::ONE), "3 of 30 days, 10 %");
    let figures = budget.at(at("2026-11-16T00:00:00Z")).expect("known");
    assert_eq!((figures.elapsed(), figures.pace()), (Decimal::new(5, 1), Decimal::new(2, 1)));
    let figures = budget.at(at("2026-12-01T00:00:00Z")).expect("known");
    assert_eq!((figures.elapsed(), figures.pace()), (Decimal::ONE, Decimal::new(1, 1)));
    // A rolling period has elapsed whole.
    let rolling = Budget::new(objective(), 30 * DAY, series(AUTUMN, &[]), None);
    assert_eq!(rolling.at(at("2026-11-16T00:00:00Z")).expect("known").elapsed(), Decimal::ONE);
}

#[test]
fn the_rest_lasts_by_the_real_length_of_the_month() {
    // 90 % of 30 days are left, and the last day burned at 3 times: 9 days.
    let budget = budget("UTC", "1M", AUTUMN, &[("2026-11-09T12:00:00Z", 72)]);
    let figures = budget.at(at("2026-11-10T00:00:00Z")).expect("known");
    assert_eq!(figures.time_to_exhaustion(), Ok(Exhaustion::In(Decimal::from(9 * DAY))));
}

#[test]
fn or2_a_linear_forecast_says_how_urgent_what_is_left_is() {
    // 28 days on a grid of five minutes with 100 events a step grant 8,064 of them; 80 % are 6,451.2.
    let four_weeks = |day: i64| {
        let (step, start) = (300, at("2026-01-29T00:00:00Z"));
        let point = |bad| Some(Total { bad, total: 100.into() });
        let mut points = vec![point(Decimal::ZERO); 2 * 28 * 288];
        points[28 * 288..][..64].fill(point(100.into()));
        points[28 * 288 + 64] = point(Decimal::new(512, 1));
        let series = Series { first: start - 28 * DAY + step, step, points };
        let calendar = Calendar::of("2026-01-01 00:00:00", "UTC", "28d");
        let budget = Budget::by_calendar(objective(), calendar, series, None);
        let figures = budget.at(start + day * DAY).expect("known");
        assert_eq!(figures.remaining(), Decimal::new(2, 1));
        figures.priority().expect("known")
    };
    assert_eq!(four_weeks(14), Some(Priority::P1), "80 % in half the time: 160 %");
    assert_eq!(four_weeks(25), None, "80 % in 89.3 % of the time: 89.6 %");
}

#[test]
fn a_top_up_is_gone_with_its_period() {
    let bad = [("2026-11-20T00:00:00Z", 72), ("2026-12-05T00:00:00Z", 74)];
    let spent = budget("UTC", "1M", AUTUMN, &bad);
    let topped = spent.topped_up(&[(at("2026-11-21T00:00:00Z"), Decimal::ONE)]);
    let given = |t: &str| topped.at(at(t)).expect("known").given_back();
    assert_eq!(
        (given("2026-11-30T00:00:00Z"), given("2026-12-06T00:00:00Z")),
        (Decimal::new(1, 1), Decimal::ZERO)
    );
    assert_eq!(left(&topped, "2026-11-30T00:00:00Z"), Decimal::from(100));
    assert_eq!(left(&topped, "2026-12-06T00:00:00Z"), left(&spent, "2026-12-06T00:00:00Z"));
}

#[test]
fn a_future_without_failures_ends_with_a_reset() {
    let bad = [("2026-11-20T00:00:00Z", 100), ("2026-11-20T01:00:00Z", 100)];
    let spent = budget("UTC", "1M", ("2026-08-01T00:00:00Z", "2026-11-21T00:00:00Z"), &bad);
    let future = spent.if_nothing_more_burns(at("2026-11-21T00:00:00Z"), 720);
    assert!(future.at(at("2026-12-01T00:00:00Z")).expect("known").remaining() < Decimal::ONE);
    assert_eq!(left(&future, "2026-12-01T01:00:00Z"), Decimal::from(100));
}

#[test]
fn a_history_shorter_than_the_month_is_short_and_a_hole_after_a_reset_is_no_full_budget() {
    let young = budget("UTC", "1M", ("2026-10-10T00:00:00Z", "2026-11-05T00:00:00Z"), &[]);
    let gap = young.at(at("2026-11-05T00:00:00Z")).expect_err("too short");
    assert_eq!(gap, Gap::Short { have: 26 * DAY, need: 30 * DAY });
    // Two days are missing from the first three of the month: fewer than a tenth of its points, and most that count.
    let mut holes = series(("2026-08-01T00:00:00Z", "2026-11-04T00:00:00Z"), &[]);
    let end = holes.points.len() - 24;
    holes.points[end - 48..end].fill(None);
    let calendar = Calendar::of("2026-01-01 00:00:00", "UTC", "1M");
    let holes = Budget::by_calendar(objective(), calendar, holes, None);
    assert!(matches!(holes.at(at("2026-11-04T00:00:00Z")), Err(Gap::Coverage { .. })));
}

#[test]
fn an_estimate_lets_what_is_there_stand_for_the_rest() {
    let terms = |history: i64| {
        let requirements = Requirements { history: Some(history), ..Requirements::default() };
        Terms { requirements, ..Terms::default() }
    };
    let span = ("2026-11-09T00:00:00Z", "2026-11-21T00:00:00Z");
    let young = budget("UTC", "1M", span, &[("2026-11-20T00:00:00Z", 36)]);
    let t = at("2026-11-21T00:00:00Z");
    assert!(matches!(young.at(t), Err(Gap::Short { .. })));
    assert!(matches!(young.clone().bound_to(terms(13 * DAY)).at(t), Err(Gap::Short { .. })));
    let estimated = young.clone().bound_to(terms(7 * DAY));
    let figures = estimated.at(t).expect("estimated");
    assert_eq!(figures.estimated(), Some(12 * DAY));
    // 12 of 20 days are seen: 36 bad ones there stand for 60 of the 720 that November grants.
    assert_eq!(figures.consumed(), Decimal::from(60) / Decimal::from(720));
    assert_eq!(figures.burned(7 * DAY).expect("known").value, Decimal::new(5, 2));
    assert_eq!((figures.grant(), figures.pace()), (Some(Decimal::from(720)), Decimal::new(125, 3)));
    assert!(matches!(estimated.without_estimates().at(t), Err(Gap::Short { .. })));
    assert!(matches!(estimated.for_those_above().at(t), Err(Gap::Short { .. })));
    // A rolling period of 28 days: 36 of the 288 that 12 days grant.
    let rolling = Budget::new(objective(), 28 * DAY, series(span, &[("2026-11-20T00:00:00Z", 36)]), None);
    let rolling = rolling.bound_to(terms(7 * DAY));
    let figures = rolling.at(t).expect("estimated");
    assert_eq!(figures.consumed(), Decimal::new(125, 3));
    // Where a whole period is there, it is no estimate.
    let whole = budget("UTC", "1M", AUTUMN, &[]).bound_to(terms(7 * DAY));
    assert_eq!(whole.at(t).expect("known").estimated(), None);
}

#[test]
fn a_quarter_goes_on_over_the_months_of_a_shorter_period() {
    let bad = [("2026-10-10T00:00:00Z", 22), ("2026-11-10T00:00:00Z", 24), ("2026-09-10T00:00:00Z", 99)];
    let budget = budget("UTC", "1M", AUTUMN, &bad);
    let figures = budget.at(at("2026-11-20T00:00:00Z")).expect("known");
    // October to December have 92 days of 24 events; November 30 of them.
    assert_eq!(figures.quarter().expect("known").consumed(), Decimal::from(46) / Decimal::from(92 * 24));
    assert_eq!(figures.consumed(), Decimal::from(24) / Decimal::from(30 * 24));
}

#[test]
fn the_best_month_is_one_that_is_over() {
    let bad = [("2026-09-10T00:00:00Z", 30), ("2026-10-10T00:00:00Z", 20), ("2026-11-10T00:00:00Z", 10)];
    let budget = budget("UTC", "1M", ("2026-08-20T00:00:00Z", "2026-11-20T00:00:00Z"), &bad);
    let best = budget.best(at("2026-11-20T00:00:00Z")).expect("a month");
    assert_eq!(best.figures.t(), at("2026-11-01T00:00:00Z"), "November is not over");
    assert_eq!(best.figures.period().bad, Decimal::from(20));
}

/// A budget by the month in UTC over the 90 days from January 2027 on a grid of six hours.
fn quarter(events: &[(u32, u32)]) -> Budget {
    let point = |(bad, total): &(u32, u32)| Some(Total { bad: (*bad).into(), total: (*total).into() });
    let series = Series {
        first: at("2027-01-01T06:00:00Z"),
        step: 6 * HOUR,
        points: events.iter().map(point).collect(),
    };
    Budget::by_calendar(objective(), Calendar::of("2026-01-01 00:00:00", "UTC", "1M"), series, None)
}

/// Histories of 90 days.
fn histories() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0u32..30, 50u32..500), 360)
}

proptest! {
    #[test]
    fn a_bad_event_never_raises_what_is_left(history in histories(), bad in 0usize..360, t in 124usize..360) {
        let mut worse = history.clone();
        worse[bad].0 += 1;
        let point = |budget: &Budget| budget.span().expect("points").0 + i64::try_from(t).expect("small") * 6 * HOUR;
        let (before, after) = (quarter(&history), quarter(&worse));
        let left = |budget: &Budget| budget.at(point(budget)).expect("known").remaining();
        prop_assert!(left(&after) <= left(&before));
    }

    #[test]
    fn with_steady_traffic_the_curve_only_falls(bad in prop::collection::vec(0u32..30, 360)) {
        let history: Vec<_> = bad.into_iter().map(|bad| (bad, 300)).collect();
        let budget = quarter(&history);
        // All of February 2027 and March so far.
        for (begin, end) in [("2027-02-01T06:00:00Z", "2027-03-01T00:00:00Z"), ("2027-03-01T06:00:00Z", "2027-03-31T18:00:00Z")] {
            let mut before = Decimal::ONE;
            let mut point = at(begin);
            while point <= at(end) {
                let left = budget.at(point).expect("known").remaining();
                prop_assert!(left <= before);
                before = left;
                point += 6 * HOUR;
            }
        }
    }

    #[test]
    fn at_the_end_all_of_the_figure_is_of_the_period(history in histories()) {
        let budget = quarter(&history);
        // January has 124 steps, February 112.
        for (first, last, end) in [(0, 124, "2027-02-01T00:00:00Z"), (124, 236, "2027-03-01T00:00:00Z")] {
            let bad: u32 = history[first..last].iter().map(|(bad, _)| bad).sum();
            let total: u32 = history[first..last].iter().map(|(_, total)| total).sum();
            let grant = Decimal::new(1, 2) * Decimal::from(total);
            let left = budget.at(at(end)).expect("known").remaining();
            prop_assert_eq!(left, (grant - Decimal::from(bad)) / grant);
            // There a rolling period of the same length says the same of everything.
            let whole = i64::try_from(last - first).expect("small") * 6 * HOUR;
            let points = history.iter().map(|(bad, total)| Some(Total { bad: (*bad).into(), total: (*total).into() })).collect();
            let series = Series { first: at("2027-01-01T06:00:00Z"), step: 6 * HOUR, points };
            let rolling = Budget::new(objective(), whole, series, None);
            let (one, other) = (budget.at(at(end)).expect("known"), rolling.at(at(end)).expect("known"));
            prop_assert_eq!((one.remaining(), one.pace(), one.elapsed()), (other.remaining(), other.pace(), other.elapsed()));
            prop_assert_eq!(one.burned(7 * DAY), other.burned(7 * DAY));
            prop_assert_eq!(one.burn_rate(DAY), other.burn_rate(DAY));
            prop_assert_eq!(one.time_to_exhaustion(), other.time_to_exhaustion());
        }
    }

    #[test]
    fn splitting_a_stretch_and_scaling_traffic_change_nothing(history in histories(), factor in 1u32..9, t in 124usize..360) {
        let scaled: Vec<_> = history.iter().map(|(bad, total)| (bad * 2 * factor, total * 2 * factor)).collect();
        let whole = quarter(&scaled);
        let halves = history.iter().flat_map(|(bad, total)| [Some(Total { bad: (*bad).into(), total: (*total).into() }); 2]);
        let series = Series { first: at("2027-01-01T03:00:00Z"), step: 3 * HOUR, points: halves.collect() };
        let halves = Budget::by_calendar(objective(), Calendar::of("2026-01-01 00:00:00", "UTC", "1M"), series, None);
        let t = whole.span().expect("points").0 + i64::try_from(t).expect("small") * 6 * HOUR;
        let (one, other) = (whole.at(t).expect("known"), halves.at(t).expect("known"));
        prop_assert_eq!(one.remaining(), other.remaining());
        prop_assert_eq!((one.pace(), one.elapsed()), (other.pace(), other.elapsed()));
        prop_assert_eq!(one.burned(3 * DAY), other.burned(3 * DAY));
        prop_assert_eq!(one.burn_rate(3 * DAY), other.burn_rate(3 * DAY));
    }
}
