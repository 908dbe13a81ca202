//! What must hold of every budget, however its periods lie and whatever it counts; and each gap from both sides of its
//! boundary.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::diagnostic::{Place, SourceText};

const HOUR: i64 = 3_600;

/// Calendars with months over both changes of the clocks, quarters, and four weeks from the first week of a year.
const CALENDARS: [(&str, &str, &str); 4] = [
    ("2026-01-01 00:00:00", "Europe/Berlin", "1M"),
    ("2026-01-01 00:00:00", "America/New_York", "1Q"),
    ("2025-12-29 00:00:00", "UTC", "4w"),
    ("2026-01-01 00:00:00", "America/Sao_Paulo", "1M"),
];

/// The hours of the histories: from 10 December 2025 on.
const HOURS: usize = 340 * 24;

fn place() -> Place {
    Place::new(&SourceText::new("slo.yaml", "method"), 0..6)
}

/// Every method, with slices of so many seconds.
fn methods(window: i64) -> [Method; 3] {
    [
        Method::Occurrences,
        Method::Timeslices { target: Decimal::new(9, 1), window, place: place() },
        Method::RatioTimeslices { window, place: place() },
    ]
}

fn objective() -> Objective {
    Objective::new(Decimal::new(95, 2)).expect("an objective")
}

/// The first point of the histories.
fn first() -> i64 {
    "2025-12-10T01:00:00Z".parse::<Timestamp>().expect("an instant").as_second()
}

/// Numbers that look like chance, and are the same for the same seed.
fn dice(seed: u64) -> impl FnMut(u64) -> u32 {
    let mut state = seed | 1;
    move |sides| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((state >> 33) % sides).expect("small")
    }
}

/// Bad events and all of each hour; the same traffic in each where it is steady.
fn history(seed: u64, is_steady: bool) -> Vec<(u32, u32)> {
    let mut roll = dice(seed);
    let traffic = roll(900) + 100;
    let hour = |_| {
        let total = if is_steady { traffic } else { roll(900) + 100 };
        // Most hours are quiet, and some are bad.
        let bad = if roll(4) == 0 { roll(100) } else { 0 };
        (bad, total)
    };
    (0..HOURS).map(hour).collect()
}

fn series(history: &[(u32, u32)]) -> Series {
    let point = |(bad, total): &(u32, u32)| Some(Total { bad: (*bad).into(), total: (*total).into() });
    Series { first: first(), step: HOUR, points: history.iter().map(point).collect() }
}

/// The budget of a calendar over a history.
fn budget((start, zone, every): (&str, &str, &str), history: &[(u32, u32)], method: &Method) -> Budget {
    let calendar = Calendar::of(start, zone, every);
    Budget::by_calendar(objective(), calendar, series(history), None).counted_by(method)
}

/// The periods that lie whole within the history: first and last instants.
fn periods((start, zone, every): (&str, &str, &str)) -> Vec<(i64, i64)> {
    let calendar = Calendar::of(start, zone, every);
    let end = first() + (i64::try_from(HOURS).expect("small") - 1) * HOUR;
    let (mut found, mut at) = (Vec::new(), first());
    while let Some((start, next)) = calendar.bounds(at).filter(|(_, next)| *next <= end) {
        if start >= first() {
            found.push((start, next));
        }
        at = next + 1;
    }
    found
}

/// What counts between two instants by the words of the methods, without prefix sums.
fn by_definition(history: &[(u32, u32)], method: &Method, (start, end): (i64, i64)) -> Total {
    let hour = |instant: i64| {
        let index = usize::try_from((instant - first()) / HOUR).expect("within");
        history[index]
    };
    let mut sum = Total::default();
    let mut t = start + HOUR;
    while t <= end {
        let events = hour(t);
        let judged = match method {
            Method::Occurrences => Some((Decimal::from(events.0), Decimal::from(events.1))),
            Method::Timeslices { window, .. } | Method::RatioTimeslices { window, .. } => (t % window == 0)
                .then(|| {
                    let hours = (0..window / HOUR).map(|back| hour(t - back * HOUR));
                    let (bad, all) =
                        hours.fold((0, 0), |sum: (u32, u32), one| (sum.0 + one.0, sum.1 + one.1));
                    let share = Decimal::from(bad) / Decimal::from(all);
                    let is_binary = matches!(method, Method::Timeslices { .. });
                    let binary = Decimal::from(u32::from(share > Decimal::new(1, 1)));
                    (if is_binary { binary } else { share }, Decimal::ONE)
                }),
        };
        let (bad, total) = judged.unwrap_or_default();
        sum = Total { bad: sum.bad + bad, total: sum.total + total };
        t += HOUR;
    }
    sum
}

#[test]
fn periods_over_a_change_of_the_clocks_have_their_real_hours() {
    let hours = |calendar| {
        let periods: Vec<(i64, i64)> = periods(calendar);
        periods.iter().map(|(start, end)| (end - start) / HOUR).collect::<Vec<_>>()
    };
    // January to October of Berlin: March is an hour short, and October one long.
    assert_eq!(hours(CALENDARS[0]), [744, 672, 743, 720, 744, 720, 744, 744, 720, 745]);
    assert_eq!(hours(CALENDARS[1]), [90 * 24 - 1, 91 * 24, 92 * 24], "the quarters of New York");
    assert_eq!(hours(CALENDARS[2]), [672; 11], "four weeks");
    assert_eq!(hours(CALENDARS[3]), [744, 672, 744, 720, 744, 720, 744, 744, 720, 744]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_figure_at_a_periods_end_is_bad_over_total(seed in any::<u64>(), calendar in 0usize..4, method in 0usize..3, slice in 1i64..4) {
        let (history, calendar) = (history(seed, false), CALENDARS[calendar]);
        let method = &methods(slice * HOUR)[method];
        let budget = budget(calendar, &history, method);
        for (start, end) in periods(calendar) {
            let counted = by_definition(&history, method, (start, end));
            let grant = objective().allowance() * counted.total;
            let left = budget.at(end).expect("known").remaining();
            let wanted = (grant - counted.bad) / grant;
            // The share of a slice is rounded against the budget at its 15th digit.
            prop_assert!((left - wanted).abs() < Decimal::new(1, 12), "{} {}", left, wanted);
            let is_rounded = matches!(method, Method::RatioTimeslices { .. });
            prop_assert!(is_rounded || left == wanted);
        }
    }

    #[test]
    fn with_steady_traffic_every_calendar_curve_only_falls(seed in any::<u64>(), calendar in 0usize..4, method in 0usize..3) {
        let (history, calendar) = (history(seed, true), CALENDARS[calendar]);
        let budget = budget(calendar, &history, &methods(HOUR)[method]);
        for (start, end) in periods(calendar).into_iter().skip(1) {
            let (mut before, mut t) = (Decimal::ONE, start + HOUR);
            while t <= end {
                let left = budget.at(t).expect("known").remaining();
                prop_assert!(left <= before, "{} after {} at {}", left, before, t);
                before = left;
                t += HOUR;
            }
        }
    }

    #[test]
    fn a_bad_event_never_raises_what_is_left_anywhere(seed in any::<u64>(), calendar in 0usize..4, method in 0usize..3, bad in 0usize..HOURS, slice in 1i64..4) {
        let (history, calendar) = (history(seed, false), CALENDARS[calendar]);
        let method = &methods(slice * HOUR)[method];
        let mut worse = history.clone();
        worse[bad].0 += 1;
        let (before, after) = (budget(calendar, &history, method), budget(calendar, &worse, method));
        let (_, last) = before.span().expect("points");
        let mut t = first() + 92 * 24 * HOUR;
        while t <= last {
            let left = |budget: &Budget| budget.at(t).expect("known").remaining();
            prop_assert!(left(&after) <= left(&before));
            t += 5 * HOUR;
        }
    }

    #[test]
    fn splitting_a_stretch_and_scaling_traffic_change_nothing_anywhere(seed in any::<u64>(), calendar in 0usize..5, method in 0usize..3, factor in 1u32..9) {
        let history = history(seed, false);
        let method = &methods(2 * HOUR)[method];
        let scaled: Vec<_> = history.iter().map(|(bad, total)| (bad * 2 * factor, total * 2 * factor)).collect();
        let whole = series(&scaled);
        let half = |(bad, total): &(u32, u32)| [Some(Total { bad: (*bad).into(), total: (*total).into() }); 2];
        let halves = Series { first: first() - HOUR / 2, step: HOUR / 2, points: history.iter().flat_map(half).collect() };
        let of = |series: Series| match CALENDARS.get(calendar) {
            Some((start, zone, every)) => Budget::by_calendar(objective(), Calendar::of(start, zone, every), series, None),
            None => Budget::new(objective(), 28 * 24 * HOUR, series, None),
        };
        let (whole, halves) = (of(whole).counted_by(method), of(halves).counted_by(method));
        let (_, last) = whole.span().expect("points");
        for t in [last, last - 333 * HOUR, last - 2_000 * HOUR] {
            let (one, other) = (whole.at(t).expect("known"), halves.at(t).expect("known"));
            prop_assert_eq!((one.remaining(), one.pace()), (other.remaining(), other.pace()));
            prop_assert_eq!(one.burned(72 * HOUR), other.burned(72 * HOUR));
            prop_assert_eq!(one.burn_rate(24 * HOUR), other.burn_rate(24 * HOUR));
            prop_assert_eq!(one.time_to_exhaustion(), other.time_to_exhaustion());
        }
    }
}

/// A rolling budget of 99 % over so many hours.
fn rolling(period: i64, points: Vec<Option<Total>>) -> Budget {
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    Budget::new(objective, period * HOUR, Series { first: 0, step: HOUR, points }, None)
}

/// One point.
#[expect(clippy::unnecessary_wraps, reason = "a point of a series may be missing")]
fn events(bad: i64, total: i64) -> Option<Total> {
    Some(Total { bad: bad.into(), total: total.into() })
}

/// The kind of gap at a point, or `known`.
fn kind(budget: &Budget, hour: i64) -> &'static str {
    budget.at(hour * HOUR).map_or_else(|gap| gap.kind(), |_| "known")
}

#[test]
fn no_data_is_no_point_up_to_there_and_one_point_is_some() {
    let one = |from: usize| {
        let mut points = vec![None; 4];
        points[from..].fill(events(0, 10));
        rolling(1, points)
    };
    assert_eq!((kind(&one(3), 2), kind(&one(3), 3)), ("no_data", "known"));
    assert_eq!((kind(&one(0), -1), kind(&one(0), 0)), ("no_data", "known"));
}

#[test]
fn stale_is_older_than_three_steps() {
    let mut points = vec![events(0, 10); 60];
    points.extend([None; 6]);
    let old = rolling(60, points);
    assert_eq!((kind(&old, 62), kind(&old, 63)), ("known", "stale"), "three steps and four");
    let patient = |stale_after| {
        let requirements = Requirements { stale_after: Some(stale_after), ..Requirements::default() };
        kind(&old.clone().requiring(requirements), 64)
    };
    assert_eq!((patient(5 * HOUR), patient(5 * HOUR - 1)), ("known", "stale"));
}

#[test]
fn short_is_a_history_that_begins_after_the_period() {
    let young = rolling(10, vec![events(0, 10); 20]);
    assert_eq!((kind(&young, 8), kind(&young, 9)), ("short", "known"));
    let estimated = |minimum: i64| {
        let requirements = Requirements { history: Some(minimum), ..Requirements::default() };
        kind(&young.clone().requiring(requirements), 4)
    };
    assert_eq!((estimated(5 * HOUR), estimated(5 * HOUR + 1)), ("known", "short"));
}

#[test]
fn coverage_is_below_nine_of_ten_points() {
    let holes = |count: usize| {
        let mut points = vec![events(0, 10); 100];
        points[40..40 + count].fill(None);
        kind(&rolling(100, points), 99)
    };
    assert_eq!((holes(10), holes(11)), ("known", "coverage"));
}

#[test]
fn too_few_is_below_the_events_that_are_asked_for() {
    let asked = |events_asked: i64| {
        let requirements = Requirements { events: events_asked.into(), ..Requirements::default() };
        kind(&rolling(10, vec![events(0, 10); 10]).requiring(requirements), 9)
    };
    assert_eq!((asked(100), asked(101)), ("known", "too_few"));
    let one = |total: i64| {
        let mut points = vec![events(0, 0); 10];
        points[5] = events(0, total);
        kind(&rolling(10, points), 9)
    };
    assert_eq!((one(1), one(0)), ("known", "too_few"), "a single event is one");
}

#[test]
fn inconsistent_is_good_above_total_beyond_one_percent() {
    let of = |bad: i64| kind(&rolling(10, vec![events(bad, 1_000); 10]), 9);
    assert_eq!((of(-10), of(-11)), ("known", "inconsistent"), "good events above all");
    assert_eq!((of(1_010), of(1_011)), ("known", "inconsistent"), "bad events above all");
    let clamped = rolling(10, vec![events(-10, 1_000); 10]);
    assert_eq!(clamped.at(9 * HOUR).expect("known").remaining(), Decimal::ONE, "within it is clamped");
}

#[test]
fn inconsistent_is_a_direct_count_apart_by_two_points_and_two_percent_of_what_is_consumed() {
    // 1 % of 10,000 events are 100.
    let of = |bad: i64, direct: i64| {
        let series = Series { first: 0, step: HOUR, points: vec![events(bad, 1_000); 10] };
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        kind(&Budget::new(objective, 10 * HOUR, series, events(direct, 10_000)), 9)
    };
    assert_eq!((of(1, 12), of(1, 13)), ("known", "inconsistent"), "two points and three");
    assert_eq!((of(50, 510), of(50, 511)), ("known", "inconsistent"), "2 % of five budgets are ten points");
    assert_eq!((of(50, 490), of(50, 489)), ("known", "inconsistent"), "and the other way");
    assert_eq!(of(0, 0), "known");
}

#[test]
fn or24_an_incident_of_thirty_percent_is_not_one_below_thirty() {
    // 28 days of 1,000 events in five minutes at 99 % let 80,640 be bad, and 24,192 are 30 % of them.
    let depleted = |each: i64| {
        let mut points = vec![events(0, 1_000); 28 * 288];
        points[1_000..1_032].fill(events(each, 1_000));
        let series = Series { first: 0, step: 300, points };
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Budget::new(objective, 28 * 24 * HOUR, series, None);
        budget.at((28 * 288 - 1) * 300).expect("known").worst_incident()
    };
    let limit = Decimal::new(3, 1);
    assert_eq!(depleted(756), limit);
    assert!(depleted(755) < limit && depleted(757) > limit);
}
