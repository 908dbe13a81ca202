//! Worked numbers of the literature, each asked through a policy and named for its rule.

use std::sync::Arc;

use rust_decimal::Decimal;
use slogate::budget::Budget;
use slogate::budget::series::{Series, Total};
use slogate::catalog::Objective;
use slogate::ledger::Past;
use slogate::policy::ruling::{Measured, Standing, rule};
use slogate::policy::{Consequence, Tracing, Truth};

use super::{HEADER, ask, load, subject, with_condition};

/// Five minutes and a day, in seconds.
const STEP: i64 = 300;
const DAY: i64 = 86_400;

/// A budget of `days` whose period is one day, in five-minute steps; the last steps are `last`.
fn budget(thousandths: i64, days: usize, last: &[Option<Total>]) -> Arc<Budget> {
    let quiet = Some(Total { bad: Decimal::ZERO, total: Decimal::from(1_000) });
    let points = std::iter::repeat_n(quiet, 288 * days - last.len()).chain(last.iter().copied()).collect();
    let objective = Objective::new(Decimal::new(thousandths, 3)).expect("an objective");
    Arc::new(Budget::new(objective, DAY, Series { first: STEP, step: STEP, points }, None))
}

#[test]
fn or1_an_availability_breach_is_more_than_twice_the_even_burn_of_an_hour() {
    let alerts = |hour: &[Option<Total>]| {
        let policy = load(&with_condition("|budget| budget.burn_rate(\"1h\") > 2"));
        ask(&policy, "c", false, &budget(997, 2, hour), Tracing::Off).truth
    };
    // 10,000 requests in the hour allow 30 bad ones; the alert is above 200 % of them.
    let hour = |bad: i64| {
        let mut steps = [Some(Total { bad: Decimal::ZERO, total: Decimal::from(750) }); 12];
        steps[11] = Some(Total { bad: bad.into(), total: Decimal::from(1_750) });
        steps
    };
    assert_eq!(alerts(&hour(60)), Truth::Fails);
    assert_eq!(alerts(&hour(61)), Truth::Holds);
    let silent = alerts(&[None; 3]);
    assert!(matches!(silent, Truth::Unknown { .. }), "{silent:?}");
}

#[test]
fn or6_broken_more_than_three_times_within_an_hour_is_more_urgent() {
    let urgent = |times: usize| {
        let policy = load(&with_condition("|budget| budget.breaches(\"1h\") > 3"));
        let step = |bad: i64| Some(Total { bad: bad.into(), total: Decimal::from(1_000) });
        let last: Vec<Option<Total>> = [step(4), step(0)].repeat(times);
        ask(&policy, "c", false, &budget(997, 2, &last), Tracing::Off).truth
    };
    assert_eq!(urgent(3), Truth::Fails);
    assert_eq!(urgent(4), Truth::Holds);
}

#[test]
fn or27_a_budget_is_what_the_objective_leaves_and_100_percent_leaves_none() {
    let allowance = |thousandths| Objective::new(Decimal::new(thousandths, 3)).map(Objective::allowance);
    assert_eq!(allowance(980), Some(Decimal::new(2, 2)));
    assert_eq!(allowance(950), Some(Decimal::new(5, 2)));
    assert_eq!(allowance(1_000), None);
}

#[test]
fn or15_the_defaults_of_a_service_leave_a_tenth_and_a_fifth() {
    let allowance = |thousandths| Objective::new(Decimal::new(thousandths, 3)).map(Objective::allowance);
    assert_eq!(allowance(900), Some(Decimal::new(1, 1)), "availability");
    assert_eq!(allowance(800), Some(Decimal::new(2, 1)), "requests slower than 1,000 ms");
}

#[test]
fn or26_each_step_of_a_story_has_its_own_budget_of_slow_operations() {
    for (objective, slow) in [(990, 10), (980, 20), (960, 40)] {
        let left = |bad: i64| {
            let mut last = [Some(Total { bad: Decimal::ZERO, total: Decimal::from(1_000) }); 288];
            last[287] = Some(Total { bad: Decimal::from(bad), total: Decimal::from(1_000) });
            let budget = budget(objective, 2, &last);
            let (_, t) = budget.span().expect("points");
            budget.at(t).expect("known").remaining()
        };
        // A day has 288 steps of 1,000 operations, and so many in a thousand may be slow.
        assert_eq!(left(slow), Decimal::ONE - Decimal::ONE / Decimal::from(288));
    }
}

#[test]
fn or33_operations_are_handed_back_where_the_budget_is_overspent_consistently() {
    let policy = load(&format!(
        "{HEADER}clause(\"c\", \"C\").when(|budget| budget.remaining < 0).steadily(\"1d\")\
         .then(hand_back_operations());\n"
    ));
    let handed_back = |overspent: usize| {
        let bad = Some(Total { bad: Decimal::from(400), total: Decimal::from(1_000) });
        let budget = budget(990, 4, &vec![bad; overspent]);
        let (_, t) = budget.span().expect("points");
        let ruling =
            rule(&policy, &Measured { subject: subject(), budget: Ok(budget), t }, Past::default()).remove(0);
        assert_eq!(ruling.consequences, [Consequence::HandBackOperations]);
        ruling.standing
    };
    assert_eq!(handed_back(3), Standing::Idle, "within the limits");
    assert_eq!(handed_back(200), Standing::Idle, "beyond them, and not for long");
    assert!(matches!(handed_back(320), Standing::InForce { .. }), "beyond them for a day");
}
