//! Signals in policies: which one may be read, at which instant each one counts, and what they do to the end of a clause.

use std::sync::Arc;

use rust_decimal::Decimal;
use slogate::budget::Budget;
use slogate::budget::gap::Gap;
use slogate::budget::series::{Series, Total};
use slogate::budget::signal::{Signal, Signals};
use slogate::catalog::Objective;
use slogate::diagnostic::{Code, SourceText};
use slogate::ledger::Past;
use slogate::policy::ruling::{Measured, Standing, rule};
use slogate::policy::{Author, Names, Policy};

use super::{HEADER, assert_problem, load, subject, told, with_condition};

/// Five minutes, in seconds.
const STEP: i64 = 300;

/// Four days of 1,000 events in five minutes at 99 %, with a period of one day; the last steps are `last`.
fn budget(last: &[Option<Total>]) -> Arc<Budget> {
    let quiet = Some(Total { bad: Decimal::ZERO, total: Decimal::from(1_000) });
    let points = std::iter::repeat_n(quiet, 288 * 4 - last.len()).chain(last.iter().copied()).collect();
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    Arc::new(Budget::new(objective, 86_400, Series { first: STEP, step: STEP, points }, None))
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
        let known = budget(&[]);
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
        let spent = budget(&[bad; 12]);
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
    let known = budget(&[]);
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
fn a_signal_that_is_not_declared_is_refused_where_it_is_written() {
    for (condition, says) in [
        ("budget.signal(\"cqu\")", "there is no signal `cqu`: did you mean `cpu`?"),
        ("!budget.signal(\"disk-full\")", "declare it in slogate.yaml, under `signals`, with its query"),
        ("signal(budget, \"cqu\")", "there is no signal `cqu`"),
    ] {
        let name = condition.split('"').nth(1).expect("a name");
        let text = with_condition(&format!("|budget| {condition}"));
        assert_problem(&text, Code::UnknownName, &format!("\"{name}\""), says);
    }
    let names = Names { author: Author::Organization, ..Names::default() };
    let text =
        with_condition("|budget| budget.signal(\"cpu\")").replace("team: \"payments\"", "organization: true");
    let problems = Policy::load(&SourceText::new("base.rhai", text), &names).expect_err("it reads a signal");
    assert!(told(&problems).contains("leave signals to the teams"), "{}", told(&problems));
}

#[test]
fn a_policy_knows_which_signals_it_reads() {
    let reads = |condition: &str| {
        let names = Names { signals: vec!["cpu".to_owned(), "disk".to_owned()], ..super::names() };
        let text = with_condition(condition);
        let (policy, _) = Policy::load(&SourceText::new("payments.rhai", text), &names).expect("it loads");
        policy.signals.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(reads("|budget| budget.remaining <= 0"), Vec::<String>::new());
    assert_eq!(reads("|budget| budget.remaining <= 0 && !budget.signal(\"disk\")"), ["disk"]);
    assert_eq!(
        reads("|budget| { let name = \"cpu\"; budget.signal(name) }"),
        ["cpu", "disk"],
        "it may be any"
    );
}
