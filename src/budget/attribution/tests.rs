//! Attribution against the words of its definition, and what always holds of it.

use proptest::prelude::*;

use super::*;
use crate::budget::series::{Series, Total};
use crate::catalog::{Calendar, Objective};

const STEP: i64 = 300;
const PERIOD: usize = 288;

type Points = Vec<Option<u32>>;

/// A day's budget at 99 % on the five minutes' grid; a point has 100 events and so many bad ones. `first` is the index
/// of its first point on a grid that all of a test share.
fn budget(first: usize, bad: &[Option<u32>]) -> Budget {
    let point = |bad: &Option<u32>| bad.map(|bad| Total { bad: bad.into(), total: 100.into() });
    let points = bad.iter().map(point).collect();
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    Budget::new(objective, 288 * STEP, Series { first: instant(first), step: STEP, points }, None)
}

fn instant(index: usize) -> i64 {
    i64::try_from(index).expect("small") * STEP
}

/// A budget that depends on `gateway`, whose SLOs have these bad events.
fn depending(budget: Budget, slos: &[(usize, &[Option<u32>])]) -> Budget {
    let upstream = |(number, (first, bad)): (usize, &(usize, &[Option<u32>]))| Upstream {
        slo: format!("gateway-{number}"),
        budget: Ok(Arc::new(self::budget(*first, bad))),
    };
    let slos = slos.iter().enumerate().map(upstream).collect();
    let known = [
        ("gateway".to_owned(), Dependency::Declared(slos)),
        ("mail".to_owned(), Dependency::Elsewhere),
        ("bank".to_owned(), Dependency::Declared(Vec::new())),
    ];
    budget.with_dependencies(Arc::new(known.into()))
}

/// A quiet stretch of `points` with outages: where, how long, and how many bad events a point.
fn outages(points: usize, outages: &[(usize, usize, u32)]) -> Points {
    let mut bad = vec![Some(0); points];
    for (start, length, each) in outages {
        bad[*start..start + length].fill(Some(*each));
    }
    bad
}

/// What went through `gateway` at a point, in bad events.
fn events(budget: &Budget, index: usize) -> Result<Decimal, Unattributed> {
    let figures = budget.at(instant(index)).expect("known");
    let share = figures.burned_by("gateway")?.expect("it is declared");
    Ok((share * figures.grant().expect("events")).round_dp(9))
}

/// The points within incidents, by the words of the definition and as known at `index`.
fn incidents(bad: &[Option<u32>], index: usize) -> Vec<usize> {
    let burns = |at: usize| {
        let hour = &bad[(at + 1).saturating_sub(12)..=at];
        let known: Vec<u32> = hour.iter().copied().flatten().collect();
        let events = u32::try_from(known.len()).expect("small") * 100;
        hour.len() == 12 && known.len() >= 11 && known.iter().sum::<u32>() * 100 > events
    };
    let burning: Vec<usize> = (0..=index).filter(|at| burns(*at)).collect();
    let mut points = burning.clone();
    for pair in burning.windows(2) {
        if pair[1] - pair[0] <= 13 {
            points.extend(pair[0]..pair[1]);
        }
    }
    points
}

#[test]
fn what_is_bad_within_an_incident_of_a_dependency_goes_through_it() {
    let gateway = outages(600, &[(400, 2, 50)]);
    // The last hour burns up to 412, of which the bad point 401 is the first.
    let ours = outages(600, &[(395, 3, 7), (400, 2, 20), (412, 1, 5), (413, 1, 9), (500, 4, 30)]);
    let ours = depending(budget(0, &ours), &[(0, &gateway)]);
    let at = |index| events(&ours, index).expect("known");
    assert_eq!(at(399), Decimal::ZERO);
    assert_eq!(at(400), Decimal::from(20), "it goes on");
    assert_eq!(at(401), Decimal::from(40));
    assert_eq!(at(599), Decimal::from(45), "what begins after it ended is not of it");
    let attributed = ours.at(instant(599)).expect("known").attributed("gateway").expect("known");
    let overlap = Overlap {
        since: instant(399),
        until: instant(412),
        slo: "gateway-0".to_owned(),
        bad: Decimal::from(45),
    };
    assert_eq!(attributed.expect("declared").incidents, [overlap]);
}

#[test]
fn a_pause_counts_once_it_is_known_to_be_one() {
    // Burning from 400 to 411 and from 424 to 435, with a pause of 12 points.
    let gateway = outages(600, &[(400, 1, 13), (424, 1, 13)]);
    let ours = depending(budget(0, &outages(600, &[(415, 1, 10)])), &[(0, &gateway)]);
    assert_eq!(events(&ours, 423), Ok(Decimal::ZERO));
    assert_eq!(events(&ours, 424), Ok(Decimal::from(10)));
    // Another SLO sees it at once.
    let other = outages(600, &[(410, 1, 50)]);
    let both = depending(budget(0, &outages(600, &[(415, 1, 10)])), &[(0, &gateway), (0, &other)]);
    assert_eq!(events(&both, 423), Ok(Decimal::from(10)));
    assert_eq!(events(&both, 424), Ok(Decimal::from(10)), "once, whoever sees it");
}

#[test]
fn only_the_period_counts() {
    let gateway = outages(900, &[(300, 20, 50)]);
    let ours = depending(budget(0, &outages(900, &[(300, 20, 10)])), &[(0, &gateway)]);
    assert_eq!(events(&ours, 587), Ok(Decimal::from(200)));
    assert_eq!(events(&ours, 597), Ok(Decimal::from(100)), "half of it has left");
    assert_eq!(events(&ours, 700), Ok(Decimal::ZERO));
}

#[test]
fn what_is_not_known_is_not_nothing() {
    let quiet = outages(600, &[]);
    let known = |budget: &Budget, name: &str| budget.at(instant(599)).expect("known").burned_by(name);
    let ours = depending(budget(0, &quiet), &[(0, &quiet)]);
    assert_eq!(known(&ours, "gateway"), Ok(Some(Decimal::ZERO)));
    assert_eq!(known(&ours, "mail"), Ok(None), "the service does not depend on it");
    assert_eq!(known(&ours, "bank"), Err(Unattributed::NoSlo));
    assert_eq!(known(&ours, "gatway"), Err(Unattributed::Unasked));
    assert_eq!(known(&budget(0, &quiet), "gateway"), Err(Unattributed::Unasked));
    let stale = depending(budget(0, &quiet), &[(0, &quiet), (0, &quiet[..590])]);
    let gap = Gap::NoData { detail: "the history has no point there".to_owned() };
    assert_eq!(known(&stale, "gateway"), Err(Unattributed::Gap { slo: "gateway-1".to_owned(), gap }));
    let short = depending(budget(0, &quiet), &[(400, &quiet[400..])]);
    assert!(matches!(known(&short, "gateway"), Err(Unattributed::Gap { gap: Gap::Short { .. }, .. })));
}

#[test]
fn a_shorter_period_of_the_dependency_must_be_known_over_all_of_ours() {
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    let hour = |points: Vec<Option<Total>>| {
        let series = Series { first: 0, step: STEP, points };
        let budget = Ok(Arc::new(Budget::new(objective, 12 * STEP, series, None)));
        let slos = vec![Upstream { slo: "gateway-0".to_owned(), budget }];
        let known = [("gateway".to_owned(), Dependency::Declared(slos))];
        let ours = budget_of_a_day().with_dependencies(Arc::new(known.into()));
        ours.at(instant(599)).expect("known").burned_by("gateway")
    };
    let there = Some(Total { bad: Decimal::ZERO, total: 100.into() });
    let mut points = vec![there; 600];
    assert_eq!(hour(points.clone()), Ok(Some(Decimal::ZERO)));
    points[400..500].fill(None);
    assert!(matches!(hour(points), Err(Unattributed::Gap { gap: Gap::Coverage { .. }, .. })));
}

#[test]
fn what_is_asked_of_a_dependency_is_the_usual_to_those_above() {
    let quiet = outages(600, &[]);
    let mut holes = quiet.clone();
    holes[450..550].fill(None);
    let gateway = budget(0, &holes);
    let requirements =
        crate::catalog::Requirements { coverage: Decimal::ZERO, ..gateway.terms().requirements };
    let slo = "gateway-0".to_owned();
    let slos = vec![Upstream { slo, budget: Ok(Arc::new(gateway.requiring(requirements))) }];
    let known = [("gateway".to_owned(), Dependency::Declared(slos))];
    let ours = budget_of_a_day().with_dependencies(Arc::new(known.into()));
    assert_eq!(events(&ours, 599), Ok(Decimal::ZERO));
    let above = events(&ours.for_those_above(), 599);
    assert!(matches!(above, Err(Unattributed::Gap { gap: Gap::Coverage { .. }, .. })), "{above:?}");
}

fn budget_of_a_day() -> Budget {
    budget(0, &outages(600, &[]))
}

#[test]
fn what_is_given_back_is_not_counted_again() {
    let gateway = outages(600, &[(400, 2, 50)]);
    let ours = outages(600, &[(300, 1, 40), (400, 2, 20), (500, 1, 30)]);
    let ours = depending(budget(0, &ours), &[(0, &gateway)]);
    // Half of what was spent of the 288 events is given back at 450: 20 of the newest point and half of the one before.
    let topped_up = ours.topped_up(&[(instant(450), Decimal::from(30) / Decimal::from(288))]);
    assert_eq!(events(&topped_up, 449), Ok(Decimal::from(40)), "not yet");
    assert_eq!(events(&topped_up, 450), Ok(Decimal::from(10)));
    assert_eq!(events(&topped_up, 599), Ok(Decimal::from(10)));
}

#[test]
fn nothing_goes_through_a_dependency_from_now_on_where_nothing_more_burns() {
    let gateway = outages(600, &[(500, 100, 50)]);
    let ours = depending(budget(0, &outages(600, &[(500, 100, 10)])), &[(0, &gateway)]);
    let future = ours.if_nothing_more_burns(instant(599), 300);
    assert_eq!(events(&future, 599), Ok(Decimal::from(1_000)));
    assert_eq!(events(&future, 837), Ok(Decimal::from(500)));
    assert_eq!(events(&future, 899), Ok(Decimal::ZERO));
}

#[test]
fn a_calendar_begins_anew() {
    let calendar = Calendar::of("2026-01-01 00:00:00", "UTC", "1d");
    let day = 1_767_225_600 / STEP;
    let first = usize::try_from(day).expect("small");
    let point = |bad: u32| Some(Total { bad: bad.into(), total: 100.into() });
    let ours: Vec<_> = (0..600).map(|index| point(if index >= 280 { 2 } else { 0 })).collect();
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    let series = Series { first: instant(first) + STEP, step: STEP, points: ours };
    let gateway = outages(600, &[(280, 320, 50)]);
    let ours = Budget::by_calendar(objective, calendar, series, None);
    let ours = depending(ours, &[(first + 1, &gateway)]);
    assert_eq!(events(&ours, first + 288), Ok(Decimal::from(16)), "the last point of the first day");
    assert_eq!(events(&ours, first + 289), Ok(Decimal::from(2)), "the first of the second");
}

/// Stretches of some bad events a point.
fn history() -> impl Strategy<Value = Points> {
    let spans =
        prop::collection::vec((0usize..560, 1usize..30, prop::option::weighted(0.95, 0u32..20)), 0..12);
    spans.prop_map(|spans| {
        let mut bad = vec![Some(0); 600];
        for (start, length, each) in spans {
            bad[start..start + length].fill(each);
        }
        bad
    })
}

proptest! {
    #[test]
    fn prefix_sums_find_what_the_definition_says_of_what_was_known_then(
        ours in history(), one in history(), other in history(), index in 288usize..600, at in 300usize..600,
    ) {
        let budget = depending(budget(0, &ours), &[(0, &one), (0, &other)]);
        let budget = budget.topped_up(&[(instant(at), Decimal::new(1, 1))]);
        if budget.at(instant(index)).is_ok() && let Ok(found) = events(&budget, index) {
            let inside = [incidents(&one, index), incidents(&other, index)].concat();
            let is_inside = |at: &usize| inside.contains(at);
            let points = (index + 1 - PERIOD..=index).filter(is_inside);
            let kept = points.map(|point| {
                let given: Decimal =
                    budget.gifts.iter().map(|gift| gift.within(instant(index), point, 1)).sum();
                Decimal::from(ours[point].unwrap_or(0)) - given
            });
            prop_assert_eq!(found, kept.sum::<Decimal>().round_dp(9));
            let figures = budget.at(instant(index)).expect("known");
            prop_assert!(figures.burned_by("gateway").expect("known").expect("declared") <= figures.consumed());
            prop_assert!(found >= Decimal::ZERO);
        }
    }

    #[test]
    fn a_bad_event_outside_changes_nothing(ours in history(), one in history(), more in 288usize..600) {
        prop_assume!(!incidents(&one, 599).contains(&more) && ours[more].is_some());
        let before = depending(budget(0, &ours), &[(0, &one)]);
        let mut ours = ours;
        ours[more] = ours[more].map(|bad| bad + 1);
        let after = depending(budget(0, &ours), &[(0, &one)]);
        if before.at(instant(599)).is_ok() {
            prop_assert_eq!(events(&before, 599), events(&after, 599));
        }
    }

    #[test]
    fn where_all_of_the_time_is_an_incident_all_that_is_consumed_goes_through_it(ours in history()) {
        let ours = depending(budget(0, &ours), &[(0, &vec![Some(50); 600])]);
        if let Ok(figures) = ours.at(instant(599)) {
            prop_assert_eq!(figures.burned_by("gateway"), Ok(Some(figures.consumed())));
        }
    }

    #[test]
    fn one_slo_in_two_halves_is_as_good_as_one(ours in history(), start in 300usize..500, length in 20usize..90) {
        // The hour burns on for a while, so the halves of an outage are one incident, and so are two SLOs of which each
        // sees a half.
        let half = length / 2;
        let whole = outages(600, &[(start, length, 50)]);
        let halves = [outages(600, &[(start, half, 50)]), outages(600, &[(start + half, length - half, 50)])];
        let one = depending(budget(0, &ours), &[(0, &whole)]);
        let two = depending(budget(0, &ours), &[(0, &halves[0]), (0, &halves[1])]);
        if one.at(instant(599)).is_ok() {
            prop_assert_eq!(events(&one, 599), events(&two, 599));
        }
    }

    #[test]
    fn where_the_history_of_a_dependency_begins_is_all_the_same(
        ours in history(), one in history(), skip in 0usize..280, index in 588usize..600,
    ) {
        let whole = depending(budget(0, &ours), &[(0, &one)]);
        let later = depending(budget(0, &ours), &[(skip, &one[skip..])]);
        if whole.at(instant(index)).is_ok() && let (Ok(whole), Ok(later)) = (events(&whole, index), events(&later, index)) {
            prop_assert_eq!(whole, later);
        }
    }
}
