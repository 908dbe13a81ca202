//! Worked numbers and properties of what a planned downtime takes.

use proptest::prelude::*;

use super::*;
use crate::budget::exclusion::Exclusions;
use crate::budget::series::{Series, Total};
use crate::catalog::{Calendar, Method, Objective, Requirements};
use crate::diagnostic::Place;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// The last grid point of the histories here: midnight of a Thursday, 28 days of 1970 and more behind it.
const T: i64 = 56 * DAY;

/// 56 days up to `T` with as many events and bad ones a step as are said.
fn history(step: i64, events: impl Fn(i64) -> Option<(u32, u32)>) -> Series {
    let points = (1..=T / step)
        .map(|index| events(index * step).map(|(bad, total)| Total { bad: bad.into(), total: total.into() }));
    Series { first: step, step, points: points.collect() }
}

fn objective(text: &str) -> Objective {
    Objective::new(text.parse().expect("a decimal")).expect("an objective")
}

/// A budget of 99.5 % over 28 days with 60 requests a minute.
fn even(step: i64) -> Budget {
    let total = u32::try_from(step).expect("a step");
    Budget::new(objective("0.995"), 28 * DAY, history(step, |_| Some((0, total))), None)
}

fn plan(downtimes: &[(i64, i64)]) -> Plan {
    let downtimes = downtimes.iter().map(|(start, length)| Downtime { start: *start, end: start + length });
    Plan::new(downtimes.collect(), Decimal::ONE)
}

fn percent(share: Decimal) -> String {
    (share * Decimal::ONE_HUNDRED).round_dp(2).to_string()
}

#[test]
fn twenty_minutes_of_two_hundred_and_one_are_ten_percent() {
    // 0.5 % of 28 days are 201.6 minutes.
    for step in [5 * MINUTE, HOUR] {
        let supposed =
            even(step).supposing(T, &plan(&[(T + 10 * DAY + 3 * HOUR, 20 * MINUTE)])).expect("known");
        let [taken] = supposed.taken.as_slice() else { panic!("one: {:?}", supposed.taken) };
        assert_eq!(percent(taken.share), "9.92", "{step}");
        assert_eq!((taken.bad, taken.total), (1_200.into(), 1_200.into()));
        assert_eq!((taken.before, percent(taken.after)), (Decimal::ONE, "90.08".to_owned()));
        assert_eq!(taken.traffic.start, T - 18 * DAY + 3 * HOUR);
        assert!(taken.same_weekday());
        assert_eq!(supposed.lowest, (taken.shown, taken.after));
        // All of it is back when the downtime is a period ago.
        assert_eq!(supposed.back_at, Some(taken.shown + 28 * DAY));
        assert_eq!(supposed.positive_at, Some(taken.shown));
    }
}

#[test]
fn many_short_downtimes_take_more_than_a_long_one_that_is_shorter_than_all_of_them() {
    // Of 201.6 minutes: six times half an hour, and once two hours.
    let often: Vec<(i64, i64)> = (1..=6).map(|day| (T + day * DAY, 30 * MINUTE)).collect();
    let lowest = |downtimes: &[(i64, i64)]| {
        let supposed = even(5 * MINUTE).supposing(T, &plan(downtimes)).expect("known");
        (supposed.taken.len(), percent(Decimal::ONE - supposed.lowest.1))
    };
    assert_eq!(lowest(&often), (6, "89.29".to_owned()));
    assert_eq!(lowest(&[(T + DAY, 120 * MINUTE)]), (1, "59.52".to_owned()));
}

#[test]
fn a_downtime_as_long_as_the_budget_takes_all_of_it() {
    let supposed = even(5 * MINUTE).supposing(T, &plan(&[(T + DAY, 201 * MINUTE + 36)])).expect("known");
    assert_eq!((supposed.taken[0].share, supposed.lowest.1), (Decimal::ONE, Decimal::ZERO));
    let longer = even(5 * MINUTE).supposing(T, &plan(&[(T + DAY, 202 * MINUTE)])).expect("known");
    assert!(longer.lowest.1 < Decimal::ZERO);
    assert!(longer.positive_at > Some(T + 29 * DAY), "{:?}", longer.positive_at);
}

#[test]
fn a_part_of_the_requests_takes_a_part_of_the_budget() {
    let half = Plan::new(vec![Downtime { start: T + DAY, end: T + DAY + 20 * MINUTE }], Decimal::new(5, 1));
    let supposed = even(HOUR).supposing(T, &half).expect("known");
    assert_eq!(percent(supposed.taken[0].share), "4.96");
    assert_eq!((supposed.taken[0].bad, supposed.taken[0].total), (600.into(), 1_200.into()));
}

#[test]
fn the_traffic_of_the_same_time_repeats() {
    // A night has a tenth of a day's traffic.
    let traffic = |at: i64| Some((0, if (at - 1).rem_euclid(DAY) < 8 * HOUR { 100 } else { 1_000 }));
    let budget = Budget::new(objective("0.995"), 28 * DAY, history(HOUR, traffic), None);
    let share =
        |at: i64| budget.supposing(T, &plan(&[(T + DAY + at, 20 * MINUTE)])).expect("known").taken[0].share;
    assert_eq!((share(12 * HOUR) / share(3 * HOUR)).round_dp(6), Decimal::TEN);
}

#[test]
fn traffic_that_is_not_known_is_no_downtime_without_requests() {
    let hole = T - 27 * DAY + 3 * HOUR;
    let silent = |at: i64| (at != hole).then_some((0, 1_000));
    let budget = Budget::new(objective("0.995"), 28 * DAY, history(HOUR, silent), None);
    let asked = |at: i64| budget.supposing(T, &plan(&[(at, 20 * MINUTE)]));
    assert!(matches!(asked(T + DAY + 2 * HOUR), Err(Gap::NoData { .. })));
    assert!(asked(T + DAY + 3 * HOUR).is_ok());
    // So far back goes no history.
    let young = |at: i64| (at > T - 27 * DAY + 12 * HOUR).then_some((0, 1_000));
    let estimating =
        Requirements { history: Some(7 * DAY), coverage: Decimal::ZERO, ..Requirements::default() };
    let budget = Budget::new(objective("0.995"), 28 * DAY, history(HOUR, young), None).requiring(estimating);
    let asked = |at: i64| budget.supposing(T, &plan(&[(at, 20 * MINUTE)]));
    let short = asked(T + DAY + 2 * HOUR).expect_err("too short");
    assert_eq!(short, Gap::Short { have: 26 * DAY + 12 * HOUR, need: 27 * DAY - 2 * HOUR });
    assert!(asked(T + 2 * DAY).is_ok());
    // Nobody came, and that is known.
    let quiet = |at: i64| Some((0, if at == hole { 0 } else { 1_000 }));
    let budget = Budget::new(objective("0.995"), 28 * DAY, history(HOUR, quiet), None);
    let taken = budget.supposing(T, &plan(&[(T + DAY + 2 * HOUR, 20 * MINUTE)])).expect("known").taken;
    assert_eq!((taken[0].share, taken[0].total), (Decimal::ZERO, Decimal::ZERO));
}

#[test]
fn a_downtime_over_the_end_of_a_month_is_split() {
    // `T` is 26 February 1970, and March begins three days later.
    let series = history(HOUR, |_| Some((1, 1_000)));
    let budget = Budget::by_calendar(
        objective("0.99"),
        Calendar::of("1970-01-01 00:00:00", "UTC", "1M"),
        series,
        None,
    );
    let march = T + 3 * DAY;
    let supposed = budget.supposing(T, &plan(&[(march - 30 * MINUTE, 90 * MINUTE)])).expect("known");
    let [first, second] = supposed.taken.as_slice() else { panic!("two: {:?}", supposed.taken) };
    assert_eq!(first.part, Downtime { start: march - 30 * MINUTE, end: march });
    assert_eq!(second.part, Downtime { start: march, end: march + HOUR });
    assert_eq!((first.period_end, second.period_end), (Some(march), Some(march + 31 * DAY)));
    // 25 days of one bad event an hour, and then none.
    assert!(first.before < Decimal::ONE);
    assert_eq!(second.before, Decimal::ONE, "a month begins whole");
    assert_eq!((first.bad, second.bad), (500.into(), 1_000.into()));
    assert_eq!((supposed.back_at, supposed.positive_at), (None, None));
    // February has 28 days: what repeats is of the same weekday by luck.
    assert_eq!(first.traffic.start, first.part.start - 28 * DAY);
}

#[test]
fn a_slice_with_a_downtime_counts_by_its_ratio() {
    let hourly = |target: &str| {
        let target = target.parse().expect("a decimal");
        Method::Timeslices { target, window: HOUR, place: Place::of_file("slos/a.yaml") }
    };
    let share = |method: &Method, minutes: i64| {
        let plan = plan(&[(T + DAY, minutes * MINUTE)]);
        let supposed = even(5 * MINUTE).counted_by(method).supposing(T, &plan).expect("known");
        (supposed.taken[0].share * Decimal::from(672) * Decimal::new(5, 3)).round_dp(6)
    };
    // An hour is bad where less than 90 % of it is good: as a whole.
    assert_eq!(share(&hourly("0.9"), 5), Decimal::ZERO);
    assert_eq!(share(&hourly("0.9"), 10), Decimal::ONE);
    assert_eq!(share(&hourly("0.9"), 70), Decimal::TWO);
    let ratio = Method::RatioTimeslices { window: HOUR, place: Place::of_file("slos/a.yaml") };
    assert_eq!(share(&ratio, 15), Decimal::new(25, 2));
}

#[test]
fn what_burned_leaves_before_the_downtime_comes() {
    // All of the budget burned in the first day of the period, which is over when the downtime comes.
    let burn = |at: i64| Some((if at > T - 28 * DAY && at <= T - 27 * DAY { 140 } else { 0 }, 1_000));
    let budget = Budget::new(objective("0.995"), 28 * DAY, history(HOUR, burn), None);
    assert_eq!(budget.at(T).expect("known").remaining(), Decimal::ZERO);
    let supposed = budget.supposing(T, &plan(&[(T + 2 * DAY, 20 * MINUTE)])).expect("known");
    assert_eq!(supposed.taken[0].before, Decimal::ONE);
    assert_eq!(percent(supposed.lowest.1), "90.08");
}

#[test]
fn what_shrinks_the_budget_behind_a_downtime_makes_it_too_small() {
    // Five hours that do not count come later, and with them a fifth of what the budget of a day is measured by.
    let budget = Budget::new(objective("0.99"), DAY, history(HOUR, |_| Some((0, 1_000))), None);
    let maintenance = (T + 18 * HOUR, T + 23 * HOUR);
    let budget = budget.excluding(Exclusions::new(vec![maintenance], Decimal::new(25, 2)));
    let supposed = budget.supposing(T, &plan(&[(T + 15 * HOUR, 14 * MINUTE)])).expect("known");
    assert!(supposed.taken[0].after > Decimal::ZERO);
    // 233.3 of 190 that may fail.
    assert_eq!((supposed.lowest.0, percent(supposed.lowest.1)), (T + 23 * HOUR, "-22.81".to_owned()));
    assert_eq!(supposed.positive_at, Some(T + 40 * HOUR));
}

#[test]
fn a_month_that_ends_with_less_traffic_is_looked_at_to_its_end() {
    // A day of eight times the traffic counts for what may fail until 31 days have passed, on 3 March.
    let busy = |at: i64| at > 29 * DAY && at <= 30 * DAY;
    let series = history(HOUR, |at| Some((0, if busy(at) { 8_000 } else { 1_000 })));
    let calendar = Calendar::of("1970-01-01 00:00:00", "UTC", "1M");
    let budget = Budget::by_calendar(objective("0.99"), calendar, series, None);
    let march = T + 3 * DAY;
    let supposed = budget.supposing(T, &plan(&[(march + HOUR, 8 * HOUR)])).expect("known");
    assert!(supposed.taken[0].after > supposed.lowest.1, "{:?}", supposed.lowest);
    assert_eq!(supposed.lowest.0, march + 2 * DAY);
    assert_eq!(supposed.period_end, Some(march + 31 * DAY));
}

#[test]
fn the_period_that_is_overdrawn_first_is_named() {
    let series = history(HOUR, |_| Some((0, 1_000)));
    let calendar = Calendar::of("1970-01-01 00:00:00", "UTC", "1M");
    let budget = Budget::by_calendar(objective("0.99"), calendar, series, None);
    let march = T + 3 * DAY;
    let named = |start: i64, length: i64| {
        budget
            .supposing(T, &plan(&[(start, length)]))
            .expect("known")
            .period_end
            .map(|end| (end - march) / DAY)
    };
    // Seven hours are more than February's, and one hour of March is not.
    assert_eq!(named(march - 7 * HOUR, 8 * HOUR), Some(0));
    assert_eq!(named(march - HOUR, 9 * HOUR), Some(31));
    assert_eq!(named(march - HOUR, 2 * HOUR - MINUTE), Some(0));
}

proptest! {
    #[test]
    fn two_halves_take_what_the_whole_takes(start in 0i64..20 * DAY, minutes in 1i64..300, bad in 0u32..5) {
        let series = history(HOUR, |at| Some((bad, 500 + u32::try_from(at / HOUR % 24).unwrap_or(0) * 20)));
        let budget = Budget::new(objective("0.99"), 28 * DAY, series, None);
        let (start, half) = (T + start, minutes * MINUTE);
        let whole = budget.supposing(T, &plan(&[(start, 2 * half)])).expect("known");
        let halves = budget.supposing(T, &plan(&[(start + half, half), (start, half)])).expect("known");
        prop_assert_eq!(&whole.taken, &halves.taken);
        // Apart, in one step or in two, they take the same but for the last digit.
        let first = budget.supposing(T, &plan(&[(start, half)])).expect("known").taken[0];
        let second = budget.supposing(T, &plan(&[(start + half, half)])).expect("known").taken[0];
        let apart = first.bad + second.bad - whole.taken[0].bad;
        prop_assert!(apart.abs() < Decimal::new(1, 7), "{}", apart);
    }

    #[test]
    fn nothing_planned_changes_nothing(start in 0i64..20 * DAY) {
        let budget = even(HOUR);
        let supposed = budget.supposing(T, &plan(&[(T + start, 0)])).expect("known");
        prop_assert!(supposed.taken.is_empty());
        prop_assert_eq!(supposed.lowest.1, budget.at(T).expect("known").remaining());
        let end = supposed.with.span().expect("points").1;
        let left = |budget: &Budget| budget.at(end).expect("known").remaining();
        prop_assert_eq!(left(&supposed.with), left(&supposed.without));
    }

    #[test]
    fn more_downtime_never_leaves_more(start in 0i64..20 * DAY, minutes in 1i64..300, more in 1i64..300) {
        let budget = even(HOUR);
        let lowest = |minutes: i64| budget.supposing(T, &plan(&[(T + start, minutes * MINUTE)])).expect("known").lowest.1;
        prop_assert!(lowest(minutes + more) < lowest(minutes));
    }
}
