//! Worked numbers of the literature, each asked through a policy and named for its rule.

use std::sync::Arc;

use rust_decimal::Decimal;
use slogate::budget::Budget;
use slogate::budget::gap::Gap;
use slogate::budget::series::{Series, Total};
use slogate::budget::signal::{Signal, Signals};
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

/// One signal on the grid that ends at `last`, of numbers of its last points; quiet before.
fn signals(name: &str, last: i64, fires: &[bool]) -> Arc<Signals> {
    let fires: Vec<Option<bool>> =
        std::iter::repeat_n(false, 600 - fires.len()).chain(fires.iter().copied()).map(Some).collect();
    let signal = Signal { first: last - 599 * STEP, step: STEP, fires };
    let nobody = Gap::Unsupported { detail: "not declared".to_owned() };
    Arc::new(Signals::new([(name.to_owned(), Ok(signal))].into(), nobody))
}

#[test]
fn or29_a_resource_alert_stays_one_clause_in_force() {
    // A host's CPU, looked at every 5 minutes; it fires where the average of 15 minutes is above 90 %.
    let percent = [50, 50, 91, 90, 89, 91, 92, 93, 94, 95, 96, 97];
    let averages = percent.windows(3).map(|three| three.iter().sum::<i32>() > 3 * 90);
    let fires: Vec<bool> = averages.collect();
    assert_eq!(
        fires.iter().filter(|fires| **fires).count(),
        6,
        "six points, which were three alerts at 15 minutes"
    );
    let policy = load(&format!(
        "{HEADER}clause(\"cpu\", \"CPU > 90 %\").when(|budget| budget.signal(\"cpu\"))\
         .then(freeze(\"production\")).then(action_item(\"Add capacity\"));\n"
    ));
    let judged = |fires: &[bool]| {
        let known = budget(990, 4, &[]);
        let (_, t) = known.span().expect("points");
        let known = Budget::clone(&known).with_signals(signals("cpu", t, fires));
        let measured = Measured { subject: subject(), budget: Ok(Arc::new(known)), t };
        let rulings = rule(&policy, &measured, Past::default());
        assert_eq!(rulings.len(), 1, "one clause, however often it fires");
        (rulings[0].standing, t)
    };
    let (standing, t) = judged(&fires);
    let since = t - 5 * STEP;
    assert_eq!(standing, Standing::InForce { since, at_least: false, thaws_at: None }, "{fires:?}");
    let (standing, _) = judged(&[fires.as_slice(), &[false]].concat());
    assert_eq!(standing, Standing::Idle);
}

#[test]
fn what_a_signal_has_a_say_in_has_no_end_that_is_foreseen() {
    let standing = |when: &str, thaws: &str| {
        let policy = load(&format!(
            "{HEADER}clause(\"c\", \"C\").when(|budget| {when}).thaws(|budget| {thaws}).then(freeze(\"production\"));\n"
        ));
        let bad = Some(Total { bad: Decimal::from(300), total: Decimal::from(1_000) });
        let spent = budget(990, 4, &[bad; 12]);
        let (_, t) = spent.span().expect("points");
        let spent = Budget::clone(&spent).with_signals(signals("cpu", t, &[true, false]));
        let measured = Measured { subject: subject(), budget: Ok(Arc::new(spent)), t };
        rule(&policy, &measured, Past::default()).remove(0).standing
    };
    let foreseen = |when, thaws| {
        let standing = standing(when, thaws);
        let Standing::InForce { thaws_at, .. } = standing else { panic!("{standing:?}") };
        thaws_at.is_some()
    };
    let (spent, back) = ("budget.remaining <= 0", "budget.remaining >= percent(25)");
    assert!(foreseen(spent, back));
    assert!(!foreseen(spent, "budget.remaining >= percent(25) && !budget.signal(\"cpu\")"));
    assert!(!foreseen("budget.remaining <= 0 || budget.signal(\"cpu\")", back));
    assert!(
        !foreseen("budget.signal(\"cpu\")", back),
        "it thaws by the budget unless the signal fires again"
    );
}

#[test]
fn a_signal_counts_at_its_own_instant_and_not_where_it_is_not_known() {
    let policy = load(&format!(
        "{HEADER}clause(\"c\", \"C\").when(|budget| budget.signal(\"cpu\"))\
         .thaws(|budget| budget.remaining >= percent(25) && !budget.signal(\"cpu\")).then(freeze(\"production\"));\n"
    ));
    let known = budget(990, 4, &[]);
    let (_, t) = known.span().expect("points");
    let judged = |last: &[Option<bool>]| {
        let fires = std::iter::repeat_n(Some(false), 600 - last.len()).chain(last.iter().copied()).collect();
        let signal = Signal { first: t - 599 * STEP, step: STEP, fires };
        let nobody = Gap::Unsupported { detail: "not declared".to_owned() };
        let signals = Signals::new([("cpu".to_owned(), Ok(signal))].into(), nobody);
        let known = Budget::clone(&known).with_signals(Arc::new(signals));
        let measured = Measured { subject: subject(), budget: Ok(Arc::new(known)), t };
        rule(&policy, &measured, Past::default()).remove(0).standing
    };
    let (fires, quiet) = (Some(true), Some(false));
    let since = |points: i64| Standing::InForce { since: t - points * STEP, at_least: false, thaws_at: None };
    assert_eq!(judged(&[fires, quiet]), Standing::Idle);
    assert_eq!(judged(&[quiet, fires]), since(0));
    // Not knowing neither freezes nor thaws.
    assert_eq!(judged(&[fires, None, None]), since(2));
    assert_eq!(judged(&[fires, None, quiet]), Standing::Idle);
    assert_eq!(judged(&[quiet, None]), Standing::Unknown);
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
