//! Policies as their authors meet them: what a policy says, what it is told when it is wrong, and what it cannot do.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails, and says where")]

use std::fmt::Write as _;
use std::str::FromStr as _;
use std::sync::Arc;

use rust_decimal::Decimal;
use slogate::budget::Budget;
use slogate::budget::series::{Series, Total};
use slogate::catalog::Objective;
use slogate::diagnostic::{Code, Diagnostic, SourceText};
use slogate::policy::{Names, Policy, Subject, Tested, Tracing, Truth};

mod header;
mod language;
mod oracles;
mod past;
mod sandbox;
mod signal;
mod slip;
mod steadily;

/// A header in which nothing is wrong: eight lines.
const HEADER: &str = r#"policy(#{
    version: "1.0.0",
    scope: #{ team: "payments" },
    purpose: "Reliability goes first.",
    escalation: #{ decides: ["@vp"], how: "within a day" },
    agreed_by: #{ operations: "@ola", development: "@dev", product: "@po" },
    next_review: #{ on: "2027-01-15" },
});
"#;

/// A clause in which nothing is wrong.
const CLAUSE: &str = "clause(\"c\", \"C\").when(|budget| budget.remaining <= 0).then(warn(\"w\"));\n";

/// The sample of the design, word for word.
const SAMPLE: &str = r#"// Error budget policy of team payments.

policy(#{
    version: "2.1.0",
    scope: #{ team: "payments" },                                   // or services: ["checkout", "ledger"]
    purpose: "Reliability work goes first when customers are in pain.",
    measures: "production",                                         // whose budgets count, whatever environment is judged
    escalation: #{ decides: ["@vp"], how: "decides within one working day" },
    agreed_by: #{ operations: "@ola", development: "@dev", product: "@po", escalation: "@vp" },
    effective_from: "2026-10-05",
    next_review: #{ on: "2027-01-15", or_after: "a priority 1 incident" },
    silver_bullets: 3,                                              // a year
    thaw_tax: 0.5,                                                  // days, for each day with a release during a freeze
});

clause("exhausted", "The budget is gone before the period ends")
    .when(|budget| budget.remaining <= 0)
    .thaws(|budget| budget.remaining >= percent(10))
    .then(freeze("production").except(["hotfix", "security", "reliability"]))
    .then(action_item("Bring the service back within its objective").top_of_backlog().due("7d"))
    .then(postmortem());

clause("fast-burn", "A third of the period's budget went within a day")
    .when(|budget| budget.burned("24h") >= percent(30) && budget.burn_rate("1h") > 6)
    .then(warn("Look before you ship."));

clause("dependency", "Half of the budget went through a dependency")
    .when(|budget| budget.burned_by("payment-gateway") >= percent(50))
    .then(engage("@acme/gateway-team"));

clause("dead-letters", "Dead letters pile up").manual()
    .then(action_item("Drain the dead letter queue").due("7d"));
"#;

/// The names of a repository, on the five minutes' grid.
fn names() -> Names {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    Names {
        environments: words(&["production", "staging"]),
        classes: words(&["hotfix", "security", "reliability"]),
        services: words(&["checkout", "ledger"]),
        teams: words(&["payments"]),
        dependencies: words(&["payment-gateway"]),
        signals: words(&["cpu"]),
        step: 300,
        ..Names::default()
    }
}

/// Loads a text as `policies/payments.rhai`.
fn try_load(text: &str) -> Result<(Policy, Vec<Diagnostic>), Vec<Diagnostic>> {
    Policy::load(&SourceText::new("policies/payments.rhai", text), &names())
}

/// Loads a policy in which nothing is wrong.
fn load(text: &str) -> Policy {
    match try_load(text) {
        Ok((policy, _)) => policy,
        Err(problems) => panic!("{text}\n{}", told(&problems)),
    }
}

/// The problems of a policy that does not load.
fn problems(text: &str) -> Vec<Diagnostic> {
    try_load(text).expect_err(text)
}

/// Problems as `line [code] message <what is underlined> help`.
fn told(problems: &[Diagnostic]) -> String {
    problems.iter().fold(String::new(), |mut told, problem| {
        let (line, text) = problem.place().map_or((0, ""), |place| (place.line(), place.text()));
        writeln!(told, "{line} [{}] {} <{text}> {}", problem.code, problem.message, problem.help)
            .expect("memory");
        told
    })
}

/// A policy with one clause whose condition is `condition`, in line 9.
fn with_condition(condition: &str) -> String {
    format!("{HEADER}clause(\"c\", \"C\").when({condition}).then(warn(\"w\"));\n")
}

/// A policy with a clause in line 9 and `text` from line 10 on.
fn with(text: &str) -> String {
    format!("{HEADER}{CLAUSE}{text}")
}

/// Asserts that the only problem is of this code, underlines this and says this.
#[track_caller]
fn assert_problem(text: &str, code: Code, underlined: &str, says: &str) {
    let problems = problems(text);
    let told = told(&problems);
    let [problem] = problems.as_slice() else { panic!("{text}\n{told}") };
    assert_eq!(problem.code, code, "{text}\n{told}");
    assert_eq!(problem.place().map(slogate::diagnostic::Place::text), Some(underlined), "{text}\n{told}");
    assert!(format!("{}: {}", problem.message, problem.help).contains(says), "{text}\n{told}");
}

/// A budget of a day on the five minutes' grid with an even burn, of which `remaining` is left.
fn budget(remaining: &str) -> Arc<Budget> {
    // A point has 1,000 events, of which 1 % may be bad.
    let remaining = Decimal::from_str(remaining).expect("a decimal");
    let bad = (Decimal::ONE - remaining) * Decimal::from(10);
    let point = Some(Total { bad, total: Decimal::from(1_000) });
    let series = Series { first: 300, step: 300, points: vec![point; 600] };
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    Arc::new(Budget::new(objective, 86_400, series, None))
}

/// Whose budget is looked at.
fn subject() -> Subject {
    Subject {
        slo: "latency".into(),
        service: "checkout".into(),
        environment: "production".into(),
        phase: Some("beta".into()),
        tier: None,
    }
}

/// Tests a clause at a budget's last point.
fn ask(policy: &Policy, clause: &str, thaws: bool, budget: &Arc<Budget>, tracing: Tracing) -> Tested {
    let clause = policy.clauses.iter().find(|candidate| candidate.name == clause).expect("a clause");
    let condition = if thaws { clause.thaws.as_ref() } else { clause.when.as_ref() };
    let (_, last) = budget.span().expect("points");
    policy.test(condition.expect("a condition"), &subject(), budget, last, tracing)
}

/// Whether a condition holds when so much is left.
fn truth(condition: &str, remaining: &str) -> Truth {
    ask(&load(&with_condition(condition)), "c", false, &budget(remaining), Tracing::Off).truth
}
