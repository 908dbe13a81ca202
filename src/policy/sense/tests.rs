//! A sense says of sample budgets what the script itself says, whatever the condition.

use proptest::prelude::*;

use super::*;
use crate::diagnostic::SourceText;
use crate::policy::facts::{Facts, Sample};
use crate::policy::{Names, Policy};

/// A policy with one condition.
fn policy(condition: &str) -> Policy {
    let text = format!(
        r#"policy(#{{ version: "1", scope: #{{ team: "t" }}, purpose: "p", escalation: #{{ decides: ["d"], how: "h" }},
            agreed_by: #{{ operations: "o" }}, next_review: #{{ on: "2027-01-15" }} }});
        const FEW = 7;
        const PART = percent(20);
        fn under(of, share) {{ of.remaining < share }}
        clause("c", "C").when(|budget| {condition}).then(warn("w"));"#
    );
    let names =
        Names { teams: vec!["t".to_owned()], signals: vec!["cpu".to_owned()], step: 300, ..Names::default() };
    Policy::load(&SourceText::new("policies/p.rhai", text), &names).expect("it loads").0
}

/// What a sense says of facts with these numbers; none where a part was not taken apart.
fn says(sense: &Sense, number: &impl Fn(&str) -> Decimal) -> Option<bool> {
    match sense {
        Sense::Constant(truth) => Some(*truth),
        Sense::All(parts) => {
            parts.iter().map(|part| says(part, number)).try_fold(true, |all, part| Some(all && part?))
        }
        Sense::Any(parts) => {
            parts.iter().map(|part| says(part, number)).try_fold(false, |any, part| Some(any || part?))
        }
        Sense::Compares(compares) => match &compares.constant {
            Constant::Number(constant) => {
                Some(compares.operator.holds(&number(&compares.fact.name), constant))
            }
            Constant::Text(_) => None,
        },
        Sense::Written(_) => None,
    }
}

/// Conditions.
fn condition() -> impl Strategy<Value = String> {
    let operator = prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let share = || {
        prop::sample::select(vec![
            "remaining",
            "consumed",
            "burned(\"1h\")",
            "objective",
            "sla.remaining",
            "sla.burned(\"1h\")",
            "quarter.consumed",
            "quarter.burned_by_kind(\"network\")",
        ])
    };
    let shares = (share(), operator.clone(), -60_i32..160, any::<bool>()).prop_map(
        |(fact, operator, number, turned)| {
            let constant = format!("percent({number}) + PART / 2");
            if turned {
                format!("{constant} {operator} budget.{fact}")
            } else {
                format!("budget.{fact} {operator} {constant}")
            }
        },
    );
    let counts = (prop::sample::select(vec!["bad", "total", "burn_rate(\"6h\")"]), operator, 0_i32..200)
        .prop_map(|(fact, operator, number)| format!("budget.{fact} {operator} {number} * FEW"));
    let told = [
        "premature",
        "exhausts_within(\"3d\")",
        "burns(50, \"1h\", \"30m\")",
        "signal(\"cpu\")",
        "priority_reaches(\"P2\")",
    ];
    let told = prop::sample::select(told.to_vec()).prop_map(|fact| format!("budget.{fact}"));
    let called = (-60_i32..160).prop_map(|number| format!("under(budget, percent({number}) - PART)"));
    prop_oneof![shares, counts, told, called].prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) && ({other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) || {other}")),
            (inner.clone(), inner.clone(), any::<bool>())
                .prop_map(|(one, other, truth)| { format!("(if {one} {{ {truth} }} else {{ {other} }})") }),
            inner.prop_map(|one| format!("!({one})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_sense_says_what_the_script_says(condition in condition()) {
        let policy = policy(&condition);
        let when = policy.clauses[0].when.as_ref().expect("a condition");
        let sense = read(&policy, when);
        for sample in [Sample::Healthy, Sample::Exhausted] {
            let number = |fact: &str| match (fact, sample) {
                ("remaining" | "sla.remaining", Sample::Healthy)
                | (
                    "burned" | "sla.burned" | "quarter.burned_by_kind" | "signal" | "priority",
                    Sample::Exhausted,
                ) => Decimal::ONE,
                ("priority", Sample::Healthy) => Decimal::from(6),
                ("remaining" | "sla.remaining", Sample::Exhausted) => Decimal::new(-5, 1),
                ("time_to_exhaustion", Sample::Healthy) => Decimal::MAX,
                ("pace" | "consumed" | "quarter.consumed", Sample::Exhausted) => Decimal::new(15, 1),
                ("burn_rate", Sample::Exhausted) => Decimal::ONE_HUNDRED,
                ("bad", Sample::Exhausted) => Decimal::new(1_500, 0),
                ("objective", _) => Decimal::new(999, 3),
                ("total", _) => Decimal::new(1_000_000, 0),
                _ => Decimal::ZERO,
            };
            let answer = policy.script.ask(when, &Facts::sample(sample, 300)).expect("an answer");
            prop_assert_eq!(says(&sense, &number), Some(answer), "{} is {:?}", condition, sense);
        }
    }
}
