//! What an exclusion does to every figure: properties over random histories, and the rule at the edges of a step.

use proptest::prelude::*;

use super::*;
use crate::budget::gap::Gap;
use crate::budget::series::{Series, Total};
use crate::catalog::{Method, Missing, Objective, Requirements};
use crate::diagnostic::Place;

/// Seconds between two points.
const STEP: i64 = 300;

/// Points of the period.
const PERIOD: usize = 48;

/// A share that lets nearly everything be excluded.
const NEARLY_ALL: Decimal = Decimal::from_parts(99, 0, 0, false, 2);

/// A budget at 99 % of a rolling period of 48 points.
fn of(points: Vec<Option<Total>>) -> Budget {
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    let series = Series { first: STEP, step: STEP, points };
    let period = i64::try_from(PERIOD).expect("small") * STEP;
    Budget::new(objective, period, series, None)
}

/// Points of 1,000 events, so many of them bad.
fn bad(bad: &[u32]) -> Vec<Option<Total>> {
    bad.iter().map(|bad| Some(Total { bad: (*bad).into(), total: 1_000.into() })).collect()
}

/// So many points as seconds.
fn seconds(points: usize) -> i64 {
    i64::try_from(points).expect("small") * STEP
}

/// What is excluded of the points from one index to another.
fn steps(spans: &[(usize, usize)]) -> Exclusions {
    let spans = spans.iter().map(|(from, until)| (seconds(*from), seconds(*until))).collect();
    Exclusions::new(spans, NEARLY_ALL)
}

/// What is left at the last point.
fn left(budget: &Budget) -> Result<Decimal, Gap> {
    let (_, last) = budget.span().expect("points");
    budget.at(last).map(|figures| figures.remaining())
}

/// Every figure of a point, in words.
fn figures(budget: &Budget, t: i64) -> String {
    budget.at(t).map_or_else(
        |gap| gap.kind().to_owned(),
        |known| {
            let windows: Vec<_> = [1, 12, 48]
                .map(|points| (known.burn_rate(seconds(points)).ok(), known.burned(seconds(points)).ok()))
                .to_vec();
            format!(
                "{} {:?} {windows:?} {} {:?}",
                known.remaining(),
                known.period(),
                known.worst_incident(),
                known.breaches(seconds(48)).ok()
            )
        },
    )
}

proptest! {
    #[test]
    fn excluding_a_stretch_equals_a_history_without_its_events(
        counts in proptest::collection::vec(0..40_u32, 60..120),
        from in 0..100_usize,
        length in 1..10_usize,
    ) {
        let until = (from + length).min(counts.len());
        let excluded = of(bad(&counts)).excluding(steps(&[(from, until)]));
        let mut without = bad(&counts);
        for point in without.iter_mut().take(until).skip(from) {
            *point = Some(Total::default());
        }
        let without = of(without);
        for index in PERIOD..counts.len() {
            let t = seconds(index + 1);
            let (one, other) = (excluded.at(t).expect("known"), without.at(t).expect("known"));
            prop_assert_eq!(one.period(), other.period());
            prop_assert_eq!(one.remaining(), other.remaining());
            prop_assert_eq!(one.worst_incident(), other.worst_incident());
            prop_assert_eq!(
                one.burned(seconds(48)).expect("known").value,
                other.burned(seconds(48)).expect("known").value
            );
        }
    }

    #[test]
    fn an_empty_exclusion_changes_nothing(counts in proptest::collection::vec(0..40_u32, 60..90), at in 0..90_usize) {
        let plain = of(bad(&counts));
        let empty = plain.clone().excluding(steps(&[(at, at)]));
        let last = seconds(counts.len());
        prop_assert_eq!(figures(&plain, last), figures(&empty, last));
        let back = plain.clone().excluding(steps(&[(10, 20)])).without_exclusions();
        prop_assert_eq!(figures(&plain, last), figures(&back, last));
    }

    #[test]
    fn leaving_out_what_is_at_least_as_bad_as_the_rest_never_lowers_what_is_left(
        counts in proptest::collection::vec(0..40_u32, PERIOD..=PERIOD),
        from in 0..40_usize,
        length in 1..8_usize,
    ) {
        let mut counts = counts;
        counts[from..from + length].fill(40);
        let plain = of(bad(&counts));
        let excluded = plain.clone().excluding(steps(&[(from, from + length)]));
        prop_assert!(left(&excluded).expect("known") >= left(&plain).expect("known"));
    }

    #[test]
    fn neither_order_nor_overlap_matters(
        counts in proptest::collection::vec(0..40_u32, 60..90),
        spans in proptest::collection::vec((0..80_usize, 1..6_usize), 1..5),
    ) {
        let spans: Vec<_> = spans.into_iter().map(|(from, length)| (from, from + length)).collect();
        let reversed: Vec<_> = spans.iter().rev().chain(&spans).copied().collect();
        let last = seconds(counts.len());
        let one = of(bad(&counts)).excluding(steps(&spans));
        let other = of(bad(&counts)).excluding(steps(&reversed));
        prop_assert_eq!(figures(&one, last), figures(&other, last));
    }
}

#[test]
fn a_step_is_excluded_only_where_it_lies_wholly_inside() {
    let one = Exclusions::new(vec![(STEP + 1, 3 * STEP), (3 * STEP, 4 * STEP - 1)], NEARLY_ALL);
    let budget = of(bad(&[0; 60])).excluding(one);
    let excluded: Vec<i64> = (1..6).filter(|index| budget.excludes(index * STEP)).collect();
    assert_eq!(excluded, [3], "the step before begins outside, the one behind ends outside");
}

#[test]
fn two_stretches_that_touch_are_one() {
    let half = STEP / 2;
    let budget = of(bad(&[0; 60])).excluding(Exclusions::new(vec![(0, half), (half, STEP)], NEARLY_ALL));
    assert!(budget.excludes(STEP));
}

#[test]
fn what_is_not_known_of_an_excluded_step_is_not_missed() {
    let mut points = bad(&[1; 60]);
    for point in points.iter_mut().skip(50) {
        *point = None;
    }
    assert!(matches!(left(&of(points.clone())), Err(Gap::Stale { .. })));
    let excluded = of(points.clone()).excluding(steps(&[(50, 60)]));
    assert!(left(&excluded).is_ok());
    let outlived = of(points).excluding(steps(&[(50, 56)]));
    assert_eq!(left(&outlived), Err(Gap::Stale { age: 4 * STEP }), "what is not excluded is missed");
}

#[test]
fn coverage_and_events_are_asked_of_what_is_left() {
    let mut points = bad(&[1; 48]);
    for point in points.iter_mut().take(9).skip(1) {
        *point = None;
    }
    assert!(matches!(left(&of(points.clone())), Err(Gap::Coverage { .. })));
    assert!(left(&of(points.clone()).excluding(steps(&[(1, 9)]))).is_ok());
    let asked = Requirements { events: 40_000.into(), ..Requirements::default() };
    assert!(left(&of(bad(&[1; 48])).requiring(asked)).is_ok());
    let excluded = of(bad(&[1; 48])).requiring(asked).excluding(steps(&[(0, 9)]));
    assert_eq!(left(&excluded), Err(Gap::TooFew { events: 39_000.into() }));
}

#[test]
fn more_than_may_be_excluded_is_a_gap_and_no_full_budget() {
    let quarter = |until| {
        let exclusions = Exclusions::new(vec![(0, seconds(until))], Decimal::new(25, 2));
        left(&of(bad(&[20; 48])).excluding(exclusions))
    };
    assert!(quarter(12).is_ok());
    let share = Decimal::from(13) / Decimal::from(48);
    assert_eq!(quarter(13), Err(Gap::Excluded { share, most: Decimal::new(25, 2) }));
    let all = of(bad(&[20; 48])).excluding(Exclusions::new(vec![(0, seconds(48))], Decimal::ONE));
    assert!(matches!(left(&all), Err(Gap::Excluded { .. })));
}

#[test]
fn a_window_of_which_nothing_is_left_is_not_known() {
    let budget = of(bad(&[1; 60])).excluding(steps(&[(54, 60)]));
    let known = budget.at(seconds(60)).expect("known");
    let gap = known.burn_rate(seconds(6)).expect_err("nothing is left of it");
    assert_eq!(gap.to_string(), "no data: everything is excluded in the last 30m");
    assert_eq!(known.burn_rate(seconds(12)).expect("known").value, Decimal::new(1, 1));
}

#[test]
fn one_count_over_the_period_is_compared_with_everything_that_was_observed() {
    let mut counts = [0; 48];
    counts[10] = 1_000;
    let direct = Total { bad: 1_000.into(), total: 48_000.into() };
    let budget = Budget { direct: Some(direct), ..of(bad(&counts)) }.excluding(steps(&[(10, 11)]));
    assert_eq!(left(&budget), Ok(Decimal::ONE));
    let astray = Total { bad: 9_000.into(), total: 48_000.into() };
    let budget = Budget { direct: Some(astray), ..budget };
    assert!(matches!(left(&budget), Err(Gap::Inconsistent { .. })));
}

#[test]
fn a_slice_is_judged_by_what_is_left_of_it() {
    let mut counts = [0; 48];
    counts[12..24].fill(1_000);
    let slices = |missing| {
        let method = Method::Timeslices {
            target: Decimal::new(95, 2),
            window: 12 * STEP,
            place: Place::of_file("slo.yaml"),
        };
        let asked = Requirements { missing, ..Requirements::default() };
        of(bad(&counts)).counted_by(&method).requiring(asked)
    };
    let counted = |budget: Budget| budget.at(seconds(48)).expect("known").period();
    let slice = |bad: u32, total: u32| Total { bad: bad.into(), total: total.into() };
    assert_eq!(counted(slices(Missing::Bad)), slice(1, 4));
    assert_eq!(counted(slices(Missing::Bad).excluding(steps(&[(12, 18)]))), slice(1, 4));
    assert_eq!(counted(slices(Missing::Bad).excluding(steps(&[(12, 24)]))), slice(0, 3), "not even missing");
}

#[test]
fn the_bad_events_that_are_supposed_to_be_good_are_those_that_count() {
    let mut counts = [0; 48];
    counts[40] = 7;
    counts[47] = 9;
    let budget = of(bad(&counts)).excluding(steps(&[(47, 48)])).with_fewer_bad(seconds(48), 7.into());
    assert_eq!(left(&budget), Ok(Decimal::ONE));
}

#[test]
fn those_above_see_what_is_excluded() {
    let mut counts = [0; 48];
    counts[40] = 240;
    let budget = of(bad(&counts)).excluding(steps(&[(40, 41)]));
    assert_eq!(left(&budget), Ok(Decimal::ONE));
    assert_eq!(left(&budget.for_those_above()), Ok(Decimal::new(5, 1)));
}

#[test]
fn what_exclusions_take_is_told_in_whole_steps_of_the_period() {
    let budget = of(bad(&[0; 60]));
    let one = Exclusions::new(vec![(seconds(5), seconds(20) + 7)], NEARLY_ALL);
    assert_eq!(budget.excluded_by(&one, seconds(60)), 8 * STEP, "only what lies in the period");
    assert!(budget.is_touched_by(&one));
    let ahead = Exclusions::new(vec![(seconds(60), seconds(70))], NEARLY_ALL);
    assert!(!budget.is_touched_by(&ahead) && budget.excluded_by(&ahead, seconds(60)) == 0);
}
