//! Composite budgets against worked numbers, and what must hold of any of them.

use proptest::prelude::*;

use super::*;
use crate::budget::forecast::Exhaustion;
use crate::budget::quarter::Outage;
use crate::catalog::{About, Calendar, Component, Indicator, Method, Missing, Objective, Origin, Query, Slo};
use crate::diagnostic::{Place, SourceText};

mod adjusted;

const HOUR: i64 = 3_600;

/// A part: its target in hundredths of a percent, its weight in tenths, and bad events and all of each hour.
type Given<'a> = (i64, i64, &'a [Option<(u32, u32)>]);

fn place() -> Place {
    Place::new(&SourceText::new("slo.yaml", "part"), 0..4)
}

fn ratio() -> Method {
    Method::RatioTimeslices { window: HOUR, place: place() }
}

fn binary() -> Method {
    Method::Timeslices { target: Decimal::new(9, 1), window: HOUR, place: place() }
}

/// A composite SLO over so many hours.
fn slo(method: &Method, hours: i64, parts: &[Given<'_>]) -> Slo {
    let objective = |target: i64| Objective::new(Decimal::new(target, 4)).expect("an objective");
    let query = || Query { text: "q".to_owned(), place: place() };
    let component = |(index, (target, weight, _)): (usize, &Given<'_>)| Component {
        name: format!("shop/{}", ["a", "b", "c"][index]),
        title: String::new(),
        weight: Decimal::new(*weight, 1),
        objective: objective(*target),
        objective_place: place(),
        method: method.clone(),
        indicator: Indicator::Bad { bad: query(), total: query() },
        place: place(),
    };
    Slo {
        name: "shop".to_owned(),
        service: "shop".to_owned(),
        title: "shop".to_owned(),
        objective: parts.iter().map(|(target, ..)| objective(*target)).max().expect("parts"),
        period: hours * HOUR,
        period_place: place(),
        terms: Terms::default(),
        about: About::default(),
        origin: Origin::Explicit,
        calendar: None,
        method: method.clone(),
        indicator: Indicator::Composite { components: parts.iter().enumerate().map(component).collect() },
        alerts: Vec::new(),
        place: place(),
        objective_place: place(),
    }
}

fn series(events: &[Option<(u32, u32)>]) -> Series {
    let point = |(bad, total)| Total { bad: Decimal::from(bad), total: Decimal::from(total) };
    Series { first: HOUR, step: HOUR, points: events.iter().map(|one| one.map(point)).collect() }
}

/// The budget of such an SLO.
fn budget(method: &Method, hours: i64, parts: &[Given<'_>]) -> Budget {
    let observed = parts.iter().map(|(_, _, events)| (series(events), None)).collect();
    Budget::of(&slo(method, hours, parts), observed)
}

/// A budget of one part of the same.
fn alone((target, _, events): Given<'_>, method: &Method, hours: i64) -> Budget {
    let objective = Objective::new(Decimal::new(target, 4)).expect("an objective");
    Budget::new(objective, hours * HOUR, series(events), None).counted_by(method)
}

/// Hours of so many bad events of 1,000.
fn hours(bad: &[u32]) -> Vec<Option<(u32, u32)>> {
    bad.iter().map(|bad| Some((*bad, 1_000))).collect()
}

fn left(budget: &Budget, hour: i64) -> Decimal {
    budget.at(hour * HOUR).expect("known").remaining()
}

#[test]
fn a_composite_burns_at_the_rate_of_each_part_times_its_weight() {
    // Of four hours, 99 % lets 40 be bad and 99.9 % lets 4.
    let (a, b) = (hours(&[0, 10, 0, 0]), hours(&[0, 0, 1, 0]));
    let even = budget(&Method::Occurrences, 4, &[(9_900, 10, &a), (9_990, 10, &b)]);
    let figures = even.at(4 * HOUR).expect("known");
    assert_eq!((figures.consumed(), figures.remaining()), (Decimal::new(5, 1), Decimal::new(5, 1)));
    assert_eq!(
        figures.burn_rate(2 * HOUR).expect("known").value,
        Decimal::new(5, 1),
        "one in 2,000 of 0.1 %"
    );
    assert_eq!(figures.burn_rate(4 * HOUR).expect("known").value, Decimal::new(5, 1));
    assert_eq!(figures.burned(2 * HOUR).expect("known").value, Decimal::new(25, 2));
    assert_eq!((figures.pace(), figures.objective()), (Decimal::new(5, 1), Decimal::new(999, 3)));
    assert_eq!(figures.period(), Total { bad: 11.into(), total: 8_000.into() }, "of all parts together");
    let weighed = budget(&Method::Occurrences, 4, &[(9_900, 5, &a), (9_990, 30, &b)]);
    assert_eq!(left(&weighed, 4), Decimal::new(125, 3), "0.125 and 0.75 are gone");
}

#[test]
fn traffic_of_one_part_makes_the_other_no_lighter() {
    let a = hours(&[0, 20, 0, 0]);
    let busy: Vec<_> = [0; 4].map(|bad| Some((bad, 1_000_000))).to_vec();
    let both = budget(&Method::Occurrences, 4, &[(9_900, 10, &a), (9_900, 10, &busy)]);
    assert_eq!(left(&both, 4), Decimal::new(5, 1));
}

#[test]
fn three_thirds_are_one() {
    let third = hours(&[10, 0, 0]);
    let part = (9_900, 10, third.as_slice());
    let spent = budget(&Method::Occurrences, 3, &[part, part, part]);
    assert_eq!(left(&spent, 3), Decimal::ZERO);
    assert_eq!(spent.at(3 * HOUR).expect("known").time_to_exhaustion(), Ok(Exhaustion::In(Decimal::ZERO)));
}

#[test]
fn a_part_without_traffic_burns_nothing_and_one_without_data_is_not_known() {
    let (a, quiet) = (hours(&[0, 10, 0, 0]), [Some((0, 0)); 4]);
    let both = budget(&Method::Occurrences, 4, &[(9_900, 10, &a), (9_900, 10, &quiet)]);
    assert_eq!(left(&both, 4), Decimal::new(75, 2));
    let rate = |hour| both.at(4 * HOUR).expect("known").burn_rate(hour).expect("known").no_traffic;
    assert!(!rate(HOUR));
    let silent = budget(&Method::Occurrences, 4, &[(9_900, 10, &quiet), (9_900, 10, &quiet)]);
    assert_eq!(silent.at(4 * HOUR).map(drop), Err(Gap::TooFew { events: Decimal::ZERO }));
    let absent = budget(&Method::Occurrences, 4, &[(9_900, 10, &a), (9_900, 10, &[None; 4])]);
    let gap = absent.at(4 * HOUR).map(drop).expect_err("nothing is there");
    assert_eq!((gap.kind(), gap.to_string().starts_with("of its part shop/b: ")), ("no_data", true), "{gap}");
    // Bad events without any events contradict each other.
    let odd = budget(&Method::Occurrences, 4, &[(9_900, 10, &a), (9_900, 10, &[Some((1, 0)); 4])]);
    assert_eq!(odd.at(4 * HOUR).map_err(|gap| gap.kind()).map(drop), Err("too_few"));
}

#[test]
fn a_gap_of_one_part_is_a_gap_of_the_whole_and_names_the_part() {
    let whole = hours(&[0; 10]);
    let gap = |other: &[Option<(u32, u32)>], period: i64| {
        let both = budget(&Method::Occurrences, period, &[(9_900, 10, &whole), (9_900, 10, other)]);
        let gap = both.at(10 * HOUR).map(drop).expect_err("a gap");
        (gap.kind(), gap.to_string().contains("shop/b"))
    };
    let with = |from: usize, to: usize| {
        let mut events = whole.clone();
        events[from..to].fill(None);
        events
    };
    assert_eq!(gap(&with(6, 10), 10), ("stale", true));
    assert_eq!(gap(&with(0, 1), 10), ("short", true));
    assert_eq!(gap(&with(4, 6), 10), ("coverage", true));
    let odd = vec![Some((2, 1)); 10];
    assert_eq!(gap(&odd, 10), ("inconsistent", true));
    // Each part has nine of ten points, and only eight are those of both.
    let both = budget(&Method::Occurrences, 10, &[(9_900, 10, &with(2, 3)), (9_900, 10, &with(4, 5))]);
    let gap = both.at(10 * HOUR).map(drop);
    assert_eq!(gap, Err(Gap::Coverage { share: Decimal::new(8, 1), minimum: Decimal::new(9, 1) }));
}

#[test]
fn a_direct_count_of_a_part_that_differs_is_told_of_that_part() {
    let a = hours(&[0, 10, 0, 0]);
    let parts: [Given<'_>; 2] = [(9_900, 10, &a), (9_900, 10, &a)];
    let direct = |bad: i64| Some(Total { bad: bad.into(), total: 4_000.into() });
    let known = |bad| {
        let observed = vec![(series(&a), direct(10)), (series(&a), direct(bad))];
        Budget::of(&slo(&Method::Occurrences, 4, &parts), observed).at(4 * HOUR).map(drop)
    };
    assert_eq!(known(10), Ok(()));
    let gap = known(20).expect_err("twice as many");
    assert!(gap.kind() == "inconsistent" && gap.to_string().contains("shop/b"), "{gap}");
    let missing = Budget::of(&slo(&Method::Occurrences, 4, &parts), vec![(series(&a), None)]);
    assert_eq!(missing.at(4 * HOUR).map_err(|gap| gap.kind()).map(drop), Err("no_data"), "one answer of two");
}

#[test]
fn by_slices_of_time_what_is_missing_adds_up_to_all_of_it() {
    // Both parts miss 5 % on average, and the whole 10 %: the specification's own numbers.
    let (a, b) = (hours(&[200, 0, 0, 0]), hours(&[0, 50, 50, 100]));
    let both = budget(&ratio(), 4, &[(9_500, 10, &a), (9_500, 10, &b)]);
    assert_eq!(left(&both, 4), Decimal::NEGATIVE_ONE, "10 % of 5 %");
    let weighed = budget(&ratio(), 4, &[(9_500, 5, &a), (9_500, 5, &b)]);
    assert_eq!(left(&weighed, 4), Decimal::ZERO);
    let down = hours(&[1_000; 4]);
    let all = budget(&ratio(), 4, &[(9_500, 10, &down), (9_500, 10, &down)]);
    assert_eq!(left(&all, 4), Decimal::from(-19), "no more than everything is missing");
    assert_eq!(all.at(4 * HOUR).expect("known").burn_rate(HOUR).expect("known").value, Decimal::from(20));
}

#[test]
fn a_slice_is_bad_that_is_bad_for_any_part() {
    let (a, b) = (hours(&[200, 0, 200, 0]), hours(&[0, 0, 150, 50]));
    let both = budget(&binary(), 4, &[(5_000, 10, &a), (5_000, 10, &b)]);
    let figures = both.at(4 * HOUR).expect("known");
    assert_eq!(figures.period(), Total { bad: Decimal::TWO, total: Decimal::from(4) });
    assert_eq!(figures.remaining(), Decimal::ZERO);
    // A slice that is missing of one part is as the other one has it; of both it is missing.
    let (a, b) = (
        [Some((0, 9)), Some((0, 0)), Some((0, 0)), Some((9, 9))],
        [Some((9, 9)), Some((0, 9)), Some((0, 0)), Some((0, 0))],
    );
    let both = budget(&binary(), 4, &[(5_000, 10, &a), (5_000, 10, &b)]);
    assert_eq!(
        both.at(4 * HOUR).expect("known").period(),
        Total { bad: Decimal::TWO, total: Decimal::from(3) }
    );
    let requirements = Requirements { missing: Missing::Bad, ..Requirements::default() };
    let strict = both.bound_to(Terms { requirements, ..Terms::default() });
    assert_eq!(
        strict.at(4 * HOUR).expect("known").period(),
        Total { bad: Decimal::from(4), total: Decimal::from(4) }
    );
}

#[test]
fn incidents_and_breaches_are_of_the_common_burn() {
    // Each part alone burns at 0.6, and both together faster than evenly.
    let (a, b) = (hours(&[0, 0, 6, 0, 0, 6, 0, 0]), hours(&[0, 0, 6, 0, 0, 6, 0, 0]));
    let alone = alone((9_900, 10, &a), &Method::Occurrences, 8);
    let one = alone.at(8 * HOUR).expect("known");
    assert_eq!((one.worst_incident(), one.breaches(8 * HOUR)), (Decimal::ZERO, Ok(Decimal::ZERO)));
    let both = budget(&Method::Occurrences, 8, &[(9_900, 10, &a), (9_900, 10, &b)]);
    let figures = both.at(8 * HOUR).expect("known");
    assert_eq!(
        (figures.worst_incident(), figures.breaches(8 * HOUR)),
        (Decimal::new(15, 2), Ok(Decimal::TWO))
    );
}

#[test]
fn a_top_up_gives_back_what_was_spent_the_newest_first() {
    let (a, b) = (hours(&[0, 0, 20, 10, 0, 0, 0, 0]), hours(&[0, 0, 0, 10, 0, 0, 0, 0]));
    let spent = budget(&Method::Occurrences, 4, &[(9_900, 10, &a), (9_900, 10, &b)]);
    let topped = spent.topped_up(&[(4 * HOUR, Decimal::new(75, 2))]);
    assert_eq!((left(&spent, 4), left(&topped, 4)), (Decimal::ZERO, Decimal::new(75, 2)));
    assert_eq!(topped.at(4 * HOUR).expect("known").given_back(), Decimal::new(75, 2));
    // What was not given back of the third hour leaves the period with it, and so does what was.
    assert_eq!(
        (left(&topped, 6), left(&topped, 7), left(&topped, 8)),
        (Decimal::new(75, 2), Decimal::ONE, Decimal::ONE)
    );
    let anew = topped.topped_up(&[(4 * HOUR, Decimal::new(25, 2))]);
    assert_eq!(left(&anew, 4), Decimal::new(25, 2), "what was given before is forgotten, as of any budget");
    let much = spent.topped_up(&[(4 * HOUR, Decimal::TEN)]);
    assert_eq!(left(&much, 4), Decimal::ONE, "never more than was spent");
}

#[test]
fn what_burns_no_more_leaves_every_part() {
    let (a, b) = (hours(&[0, 0, 0, 0, 0, 30, 0, 0]), hours(&[0, 0, 0, 0, 0, 0, 0, 30]));
    for method in [Method::Occurrences, ratio()] {
        let spent = budget(&method, 4, &[(9_900, 10, &a), (9_900, 10, &b)]);
        assert_eq!(left(&spent, 8), Decimal::new(-5, 1));
        let future = spent.if_nothing_more_burns(8 * HOUR, 4);
        assert_eq!((left(&future, 9), left(&future, 10)), (Decimal::new(-5, 1), Decimal::new(25, 2)));
        assert_eq!(left(&future, 12), Decimal::ONE);
        assert_eq!(left(&spent.with_fewer_bad(8 * HOUR, 30.into()), 8), Decimal::ONE);
        assert!(left(&spent.with_more_bad(8 * HOUR, 10.into()), 8) < left(&spent, 8));
    }
}

#[test]
fn a_composite_by_the_calendar_begins_anew_and_has_quarters() {
    let days = |bad: [i64; 2]| {
        let count = 92 * 24 * 2;
        let mut events = vec![Some((0, 100)); usize::try_from(count).expect("small")];
        for day in bad {
            events[usize::try_from((92 + day) * 24 - 1).expect("small")] = Some((72, 100));
        }
        events
    };
    // From 1 July 2026: a quarter, and the one that begins on 1 October.
    let first: i64 = "2026-07-01T01:00:00Z".parse::<jiff::Timestamp>().expect("an instant").as_second();
    let (a, b) = (days([40, 50]), days([10, 50]));
    let parts: [Given<'_>; 2] = [(9_900, 10, &a), (9_900, 20, &b)];
    let mut slo = slo(&Method::Occurrences, 24, &parts);
    slo.calendar = Some(Calendar::of("2026-01-01 00:00:00", "UTC", "1M"));
    let observed = parts.map(|(_, _, events)| (Series { first, ..series(events) }, None)).to_vec();
    let outages = vec![Outage {
        kind: "network".to_owned(),
        from: first + (92 + 50) * 24 * HOUR - 2 * HOUR,
        until: first + (92 + 50) * 24 * HOUR,
    }];
    let budget = Budget::of(&slo, observed).with_outages(outages);
    let at = |day: i64| first - HOUR + (92 + day) * 24 * HOUR;
    // October has 31 days and November 30: 720 of its events may be bad, of each part.
    let share = |above: i64, below: i64| (Decimal::from(above) / Decimal::from(below)).round_dp(DIGITS);
    assert_eq!(budget.at(at(10)).expect("known").consumed(), share(144, 744));
    assert_eq!(budget.at(at(32)).expect("known").remaining(), Decimal::ONE, "November began");
    let figures = budget.at(at(50)).expect("known");
    assert_eq!(figures.consumed(), Decimal::new(4, 1), "0.2 and 2 x 0.1");
    let quarter = figures.quarter().expect("known");
    assert_eq!(quarter.consumed(), share(72 * 6, 92 * 24));
    assert_eq!(quarter.burned_by_kind("network"), Ok(share(72 * 3, 92 * 24)));
}

#[test]
fn what_is_asked_of_events_is_asked_of_all_parts_together() {
    let (a, b) = (hours(&[0; 4]), vec![Some((0, 1)); 4]);
    let both = budget(&Method::Occurrences, 4, &[(9_900, 10, &a), (9_900, 10, &b)]);
    let asked = |events: i64| {
        let requirements = Requirements { events: events.into(), ..Requirements::default() };
        both.clone().bound_to(Terms { requirements, ..Terms::default() }).at(4 * HOUR).is_ok()
    };
    assert!(asked(4_004) && !asked(4_005));
    let young = budget(&Method::Occurrences, 8, &[(9_900, 10, &a), (9_900, 10, &b)]);
    let requirements = Requirements { history: Some(3 * HOUR), ..Requirements::default() };
    let estimated = young.bound_to(Terms { requirements, ..Terms::default() });
    assert_eq!(estimated.at(4 * HOUR).expect("estimated").estimated(), Some(4 * HOUR));
    assert_eq!(estimated.without_estimates().at(4 * HOUR).map_err(|gap| gap.kind()).map(drop), Err("short"));
    assert_eq!(estimated.for_those_above().at(4 * HOUR).map_err(|gap| gap.kind()).map(drop), Err("short"));
}

/// Histories of a part.
fn histories() -> impl Strategy<Value = Vec<Option<(u32, u32)>>> {
    prop::collection::vec((0u32..30, 50u32..500).prop_map(Some), 24)
}

proptest! {
    #[test]
    fn every_figure_is_the_sum_of_those_of_the_parts(a in histories(), b in histories(), weights in (1i64..50, 1i64..50), slices in any::<bool>()) {
        // Slices of one target that lets everything be missing, so that nothing is cut.
        let (method, targets) = if slices { (ratio(), (100, 100)) } else { (Method::Occurrences, (9_900, 9_990)) };
        let parts: [Given<'_>; 2] = [(targets.0, weights.0, &a), (targets.1, weights.1, &b)];
        let whole = budget(&method, 12, &parts);
        let ones = [alone(parts[0], &method, 12), alone(parts[1], &method, 12)];
        for t in [12, 13, 20, 24] {
            let figures = whole.at(t * HOUR).expect("known");
            let check = |figure: Decimal, of: &dyn Fn(&Budget) -> Decimal| {
                let sum = Decimal::new(weights.0, 1) * of(&ones[0]) + Decimal::new(weights.1, 1) * of(&ones[1]);
                let most = if slices { Decimal::ONE / Decimal::new(99, 2) } else { Decimal::MAX };
                prop_assert!((figure - sum.min(most)).abs() < Decimal::new(1, 18), "{} {}", figure, sum);
                Ok(())
            };
            let known = |one: &Budget| one.at(t * HOUR).expect("known").consumed();
            check(figures.consumed(), &known)?;
            let burned = |one: &Budget| one.at(t * HOUR).expect("known").burned(5 * HOUR).expect("known").value;
            check(figures.burned(5 * HOUR).expect("known").value, &burned)?;
            let rate = |one: &Budget| one.at(t * HOUR).expect("known").burn_rate(5 * HOUR).expect("known").value;
            check(figures.burn_rate(5 * HOUR).expect("known").value, &rate)?;
        }
    }

    #[test]
    fn a_bad_event_of_any_part_never_raises_what_is_left(a in histories(), b in histories(), at in 0usize..24, which in any::<bool>(), method in 0usize..3) {
        let method = [Method::Occurrences, ratio(), binary()][method].clone();
        let (mut c, mut d) = (a.clone(), b.clone());
        let worse = if which { &mut c } else { &mut d };
        if let Some((bad, _)) = &mut worse[at] {
            *bad += 1;
        }
        let before = budget(&method, 24, &[(9_900, 10, &a), (9_900, 10, &b)]);
        let after = budget(&method, 24, &[(9_900, 10, &c), (9_900, 10, &d)]);
        prop_assert!(left(&after, 24) <= left(&before, 24));
    }

    #[test]
    fn scaling_the_traffic_of_one_part_changes_nothing(a in histories(), b in histories(), factor in 2u32..9) {
        let many: Vec<_> = b.iter().map(|one| one.map(|(bad, total)| (bad * factor, total * factor))).collect();
        let before = budget(&Method::Occurrences, 24, &[(9_900, 10, &a), (9_900, 10, &b)]);
        let after = budget(&Method::Occurrences, 24, &[(9_900, 10, &a), (9_900, 10, &many)]);
        prop_assert_eq!(left(&after, 24), left(&before, 24));
    }

    #[test]
    fn a_part_split_in_two_of_half_its_weight_changes_nothing(a in histories(), b in histories()) {
        let before = budget(&Method::Occurrences, 24, &[(9_900, 10, &a), (9_900, 20, &b)]);
        let after = budget(&Method::Occurrences, 24, &[(9_900, 10, &a), (9_900, 10, &b), (9_900, 10, &b)]);
        prop_assert!((left(&after, 24) - left(&before, 24)).abs() < Decimal::new(1, 18));
    }
}
