//! `.steadily("3d")`: from the text of a policy to the ruling.

use std::sync::Arc;

use rust_decimal::Decimal;
use slogate::budget::Budget;
use slogate::budget::series::{Series, Total};
use slogate::catalog::Objective;
use slogate::diagnostic::Code;
use slogate::ledger::Past;
use slogate::policy::Value;
use slogate::policy::ruling::{Measured, Obstacle, Ruling, Standing, rule};

use super::{HEADER, assert_problem, load, subject, with};

const STEP: i64 = 300;

/// A day's budget at 99 % on the five minutes' grid: two days and a half, the last points with so many bad events
/// of 1,000 each; none is a point that is not there.
fn measured(last: &[Option<u32>]) -> Measured {
    let mut bad = vec![Some(0); 720 - last.len()];
    bad.extend(last);
    let point = |bad: Option<u32>| bad.map(|bad| Total { bad: bad.into(), total: 1_000.into() });
    let series = Series { first: 0, step: STEP, points: bad.into_iter().map(point).collect() };
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    let budget = Budget::new(objective, 86_400, series, None);
    Measured { subject: subject(), budget: Ok(Arc::new(budget)), t: 719 * STEP }
}

/// The ruling of a clause that is declared in one line.
fn ruled(clause: &str, last: &[Option<u32>]) -> Ruling {
    let policy = load(&format!("{HEADER}clause(\"c\", \"C\"){clause}.then(freeze(\"production\"));\n"));
    rule(&policy, &measured(last), Past::default()).remove(0)
}

#[test]
fn a_condition_comes_into_force_once_it_has_held_at_every_point() {
    let clause = ".when(|budget| budget.burn_rate(\"5m\") > 2).steadily(\"1h\")";
    assert_eq!(ruled(clause, &[Some(30); 11]).standing, Standing::Idle);
    let ruling = ruled(clause, &[Some(30); 14]);
    assert!(matches!(ruling.standing, Standing::InForce { since, .. } if since == 717 * STEP), "{ruling:?}");
    let steadily = ruling.evidence.last().expect("evidence");
    assert_eq!((steadily.fact.as_str(), &steadily.value), ("steadily", &Value::Time(Decimal::from(3_600))));
    assert!(steadily.compared.as_ref().is_some_and(|compared| compared.held), "{steadily:?}");
}

#[test]
fn a_point_that_is_not_known_lets_nothing_begin_and_nothing_end() {
    let clause = ".when(|budget| budget.burn_rate(\"5m\") > 2).steadily(\"1h\")";
    let mut last = [Some(30); 20];
    last[12] = None;
    let since = |standing| match standing {
        Standing::InForce { since, .. } => Some(since / STEP),
        Standing::Idle | Standing::Unknown | Standing::Untriggered => None,
    };
    assert_eq!(since(ruled(clause, &last).standing), Some(711), "it had begun before the hole");
    let mut last = [Some(30); 14];
    last[5] = None;
    assert_eq!(ruled(clause, &last).standing, Standing::Unknown, "it might have begun");
    last[8] = Some(0);
    assert_eq!(ruled(clause, &last).standing, Standing::Idle, "it cannot have");
    let mut last = [Some(30); 10];
    last[9] = None;
    assert_eq!(ruled(clause, &last).standing, Standing::Unknown);
}

#[test]
fn what_is_not_known_thaws_nothing() {
    let clause = ".when(|budget| budget.burn_rate(\"5m\") > 2).thaws(|budget| budget.burn_rate(\"5m\") < 1).steadily(\"30m\")";
    let outage = |after: &[Option<u32>]| [&[Some(30); 3], after].concat();
    let in_force =
        |after: &[Option<u32>]| matches!(ruled(clause, &outage(after)).standing, Standing::InForce { .. });
    assert!(in_force(&[Some(0); 5]));
    assert!(!in_force(&[Some(0); 6]));
    let mut gap = [Some(0); 8];
    gap[3] = None;
    assert!(in_force(&gap));
}

#[test]
fn a_length_that_is_longer_than_the_period_fails_and_never_proceeds() {
    let ruling = ruled(".when(|budget| budget.remaining <= percent(100)).steadily(\"2d\")", &[]);
    assert_eq!(ruling.standing, Standing::Unknown);
    assert!(
        matches!(&ruling.obstacle, Some(Obstacle::Failed { message, .. }) if message.contains("longer than the period of 1d")),
        "{ruling:?}"
    );
}

#[test]
fn a_length_off_the_grid_is_an_error_at_its_place() {
    let text =
        with("clause(\"d\", \"D\").when(|budget| budget.remaining <= 0).steadily(\"7m\").then(warn(\"w\"));");
    assert_problem(&text, Code::UnknownFact, "\"7m\"", "did you mean \"10m\"?");
}
