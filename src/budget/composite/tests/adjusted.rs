//! Composite budgets with exclusions, with dependencies and with what is planned.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::budget::attribution::{Dependency, Upstream};
use crate::budget::downtime::{Downtime, Plan};
use crate::budget::exclusion::Exclusions;

/// Everything from one hour to another.
fn excluding(budget: &Budget, from: i64, until: i64) -> Budget {
    budget.clone().excluding(Exclusions::new(vec![(from * HOUR, until * HOUR)], Decimal::new(5, 1)))
}

#[test]
fn an_exclusion_over_all_that_is_bad_leaves_a_composite_full() {
    let (a, b) = (hours(&[0, 9, 0, 0, 0, 0]), hours(&[0, 0, 3, 0, 0, 0]));
    for method in [Method::Occurrences, binary(), ratio()] {
        let both = budget(&method, 6, &[(9_900, 10, &a), (9_900, 10, &b)]);
        let excluded = excluding(&both, 1, 3);
        let figures = excluded.at(6 * HOUR).expect("known");
        assert_eq!(figures.remaining(), Decimal::ONE, "{method:?}");
        assert!(figures.parts().iter().all(|part| part.consumed.is_zero()), "{:?}", figures.parts());
        assert_eq!(figures.worst_incident(), Decimal::ZERO);
        assert_eq!(left(&excluded.without_exclusions(), 6), left(&both, 6), "{method:?}");
        assert_eq!(left(&excluded.for_those_above(), 6), left(&both, 6), "{method:?}");
    }
    let both = budget(&Method::Occurrences, 6, &[(9_900, 10, &a), (9_900, 10, &b)]);
    // One of two bad parts is excluded: of the other 9 of 5,000 are bad where 50 may be.
    assert_eq!(left(&excluding(&both, 2, 3), 6), Decimal::new(82, 2));
}

#[test]
fn no_more_of_a_composite_is_excluded_than_of_any_budget() {
    let (a, quiet) = (hours(&[0, 9, 0, 0, 0, 0]), [Some((0, 0)); 6]);
    let both = budget(&Method::Occurrences, 6, &[(9_900, 10, &a), (9_900, 10, &quiet)]);
    assert_eq!(left(&excluding(&both, 0, 3), 6), Decimal::ONE, "half of it may be");
    let gap = excluding(&both, 0, 4).at(6 * HOUR).map(drop).expect_err("two thirds may not");
    let share = Decimal::from(4) / Decimal::from(6);
    assert_eq!(gap, Gap::Excluded { share, most: Decimal::new(5, 1) }, "of the whole, not of a part");
    let holes = [Some((0, 9)), None, None, Some((0, 9)), Some((0, 9)), Some((0, 9))];
    let partly = budget(&Method::Occurrences, 6, &[(9_900, 10, &a), (9_900, 10, &holes)]);
    assert!(partly.at(6 * HOUR).is_err());
    assert_eq!(left(&excluding(&partly, 1, 3), 6), Decimal::ONE, "what is not known of it is not missed");
}

#[test]
fn a_part_whose_only_traffic_is_excluded_burns_nothing() {
    let (a, b) = (
        hours(&[0, 0, 0, 0, 0, 9]),
        [Some((0, 0)), Some((9, 9)), Some((0, 0)), Some((0, 0)), Some((0, 0)), Some((0, 0))],
    );
    let parts: [Given<'_>; 2] = [(9_900, 10, &a), (9_900, 10, &b)];
    let direct = |bad: u32, total: u32| Some(Total { bad: bad.into(), total: total.into() });
    let of = |second| {
        let observed = vec![(series(&a), None), (series(&b), second)];
        excluding(&Budget::of(&slo(&Method::Occurrences, 6, &parts), observed), 1, 2)
    };
    assert_eq!(left(&of(None), 6), Decimal::new(82, 2));
    assert_eq!(
        left(&of(direct(9, 9)), 6),
        Decimal::new(82, 2),
        "a count over the period sees what is excluded"
    );
    assert!(of(direct(0, 9)).at(6 * HOUR).is_err(), "and it must agree");
}

/// A budget that depends on `gateway`, whose one SLO is that budget.
fn through(budget: &Budget, gateway: Budget) -> Budget {
    let upstream = Upstream { slo: "gateway".to_owned(), budget: Ok(Arc::new(gateway)) };
    let known = [("gateway".to_owned(), Dependency::Declared(vec![upstream]))];
    budget.clone().with_dependencies(Arc::new(known.into()))
}

/// What went through `gateway` at an hour.
fn burned_by(budget: &Budget, hour: i64) -> Decimal {
    let figures = budget.at(hour * HOUR).expect("known");
    figures.burned_by("gateway").expect("known").expect("declared").round_dp(15)
}

#[test]
fn what_goes_through_a_dependency_weighs_as_much_as_its_part() {
    let (a, b) = (hours(&[0, 10, 0, 5, 0, 0]), hours(&[0, 0, 3, 0, 0, 0]));
    let parts: [Given<'_>; 2] = [(9_900, 10, &a), (9_990, 20, &b)];
    let both = budget(&Method::Occurrences, 6, &parts);
    // Of six hours 60 may be bad of the first part and 6 of the second, which weighs twice.
    let down = |bad: &[u32]| alone((9_900, 10, &hours(bad)), &Method::Occurrences, 6);
    assert_eq!(
        burned_by(&through(&both, down(&[0, 900, 0, 0, 0, 0])), 6),
        (Decimal::ONE / Decimal::from(6)).round_dp(15)
    );
    assert_eq!(burned_by(&through(&both, down(&[0, 0, 900, 0, 0, 0])), 6), Decimal::ONE);
    assert_eq!(
        burned_by(&through(&both, down(&[900; 6])), 6),
        both.at(6 * HOUR).expect("known").consumed().round_dp(15)
    );
    assert_eq!(burned_by(&through(&both, down(&[0; 6])), 6), Decimal::ZERO);
    let known = through(&both, down(&[0, 900, 900, 0, 0, 0]));
    let attributed =
        known.at(6 * HOUR).expect("known").attributed("gateway").expect("known").expect("declared");
    assert_eq!((attributed.bad, attributed.incidents.len()), (13.into(), 1));
    assert_eq!(attributed.incidents[0].bad, Decimal::from(13), "of both parts");
}

#[test]
fn the_incidents_of_a_composite_dependency_are_those_of_the_whole() {
    let ours = alone((9_900, 10, &hours(&[0, 7, 8, 0, 0, 0])), &Method::Occurrences, 6);
    let (a, b) = (hours(&[0, 0, 6, 0, 0, 0]), hours(&[0, 0, 6, 0, 0, 0]));
    let one = alone((9_900, 10, &a), &Method::Occurrences, 6);
    let both = budget(&Method::Occurrences, 6, &[(9_900, 10, &a), (9_900, 10, &b)]);
    assert_eq!(burned_by(&through(&ours, one), 6), Decimal::ZERO, "0.6 times even is no incident");
    assert_eq!(burned_by(&through(&ours, both), 6), (Decimal::from(8) / Decimal::from(60)).round_dp(15));
    // What a gift gives back is not counted again.
    let spent = budget(&Method::Occurrences, 6, &[(9_900, 10, &a), (9_900, 10, &b)]);
    let gateway = alone((9_900, 10, &hours(&[900; 6])), &Method::Occurrences, 6);
    let given = through(&spent, gateway).topped_up(&[(6 * HOUR, Decimal::new(1, 1))]);
    assert_eq!(burned_by(&given, 6), Decimal::new(1, 1));
}

#[test]
fn a_downtime_takes_of_every_part_by_its_own_traffic() {
    let (a, b) = ([Some((0, 1_000)); 6], [Some((0, 100)); 6]);
    let both = budget(&Method::Occurrences, 6, &[(9_000, 10, &a), (8_000, 10, &b)]);
    let plan = |share| Plan::new(vec![Downtime { start: 7 * HOUR, end: 8 * HOUR }], share);
    let supposed = both.supposing(6 * HOUR, &plan(Decimal::new(12, 2))).expect("known");
    let taken = supposed.taken[0];
    // 120 of 600 that may be bad, and 12 of 120.
    assert_eq!((taken.bad, taken.total, taken.excluded), (132.into(), 1_100.into(), 0));
    assert_eq!((taken.share, supposed.lowest.1), (Decimal::new(3, 1), Decimal::new(7, 1)));
    let excluded = excluding(&both, 7, 8).supposing(6 * HOUR, &plan(Decimal::ONE)).expect("known");
    let taken = excluded.taken[0];
    assert_eq!((taken.bad, taken.total, taken.excluded), (Decimal::ZERO, Decimal::ZERO, HOUR));
    assert_eq!((taken.share, excluded.lowest.1), (Decimal::ZERO, Decimal::ONE));
    // To those above nothing is excluded.
    assert!(excluded.with.for_those_above().at(8 * HOUR).expect("known").remaining() < Decimal::ZERO);
    let unseen = [None, Some((0, 100)), Some((0, 100)), Some((0, 100)), Some((0, 100)), Some((0, 100))];
    let terms = Terms {
        requirements: Requirements {
            coverage: Decimal::new(5, 1),
            history: Some(HOUR),
            ..Requirements::default()
        },
        ..Terms::default()
    };
    let short = budget(&Method::Occurrences, 6, &[(9_000, 10, &a), (8_000, 10, &unseen)]).bound_to(terms);
    let early = Plan::new(vec![Downtime { start: 6 * HOUR, end: 7 * HOUR }], Decimal::ONE);
    let gap = short.supposing(6 * HOUR, &early).map(drop).expect_err("no traffic repeats");
    assert!(gap.to_string().starts_with("of its part shop/b: "), "{gap}");
}

proptest! {
    #[test]
    fn what_goes_through_a_dependency_is_within_what_is_consumed(
        events in prop::collection::vec((0..30_u32, 0..30_u32, 0..40_u32), 8..20),
        weight in 1..30_i64,
        excluded in 0..12_i64,
    ) {
        let a: Vec<_> = events.iter().map(|(bad, ..)| Some((*bad, 1_000))).collect();
        let b: Vec<_> = events.iter().map(|(_, bad, _)| Some((*bad, 500))).collect();
        let down: Vec<_> = events.iter().map(|(.., bad)| Some((*bad, 1_000))).collect();
        let last = i64::try_from(events.len()).expect("small");
        for method in [Method::Occurrences, ratio()] {
            let both = budget(&method, 6, &[(9_900, 10, &a), (9_900, weight, &b)]);
            let both = excluding(&both, excluded, excluded + 2);
            let known = through(&both, alone((9_900, 10, &down), &Method::Occurrences, 6));
            let consumed = both.at(last * HOUR).expect("known").consumed();
            let burned = burned_by(&known, last);
            prop_assert!(burned >= Decimal::ZERO && burned <= consumed.round_dp(15), "{burned} of {consumed}");
            let all = alone((9_900, 10, &hours(&vec![900; events.len()])), &Method::Occurrences, 6);
            prop_assert_eq!(burned_by(&through(&both, all), last), consumed.round_dp(15));
        }
    }
}
