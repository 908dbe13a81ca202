//! The policy language as its authors meet it: what a policy says, and what it is told when it is wrong.

use std::fmt::Write as _;
use std::str::FromStr as _;
use std::sync::Arc;

use rust_decimal::Decimal;
use slogate::budget::Budget;
use slogate::budget::series::{Series, Total};
use slogate::catalog::Objective;
use slogate::diagnostic::{Code, Diagnostic, SourceText};
use slogate::policy::{Consequence, Names, Policy, Subject, Tested, Tracing, Truth, Value};

/// The header of a policy in which nothing is wrong.
const HEADER: &str = r##"policy(#{
    version: "1.0.0",
    scope: #{ team: "payments" },
    purpose: "Reliability goes first.",
    escalation: #{ decides: ["@vp"], how: "within a day" },
    agreed_by: #{ operations: "@ola", product: "@po" },
    next_review: #{ on: "2027-01-15" },
});
"##;

/// The sample of the design, word for word.
const SAMPLE: &str = r##"// Error budget policy of team payments.

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
"##;

fn names() -> Names {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    Names {
        environments: words(&["production", "staging"]),
        classes: words(&["hotfix", "security", "reliability"]),
        services: words(&["checkout", "ledger"]),
        teams: words(&["payments"]),
        step: 300,
    }
}

fn source(text: &str) -> SourceText {
    SourceText::new("policies/payments.rhai", text)
}

fn load(text: &str) -> Policy {
    match Policy::load(&source(text), &names()) {
        Ok((policy, _)) => policy,
        Err(problems) => panic!("{}", told(&problems)),
    }
}

fn problems(text: &str) -> Vec<Diagnostic> {
    Policy::load(&source(text), &names()).err().unwrap_or_default()
}

fn told(problems: &[Diagnostic]) -> String {
    problems.iter().fold(String::new(), |mut told, problem| {
        let place = problem.place();
        let (line, text) = place.map_or((0, ""), |place| (place.line(), place.text()));
        let _ = writeln!(told, "{line} [{}] {} <{text}> {}", problem.code, problem.message, problem.help);
        told
    })
}

/// A policy with one clause whose condition is `condition`.
fn with_condition(condition: &str) -> String {
    format!("{HEADER}clause(\"c\", \"C\").when({condition}).then(warn(\"w\"));\n")
}

/// A budget of an hour on the five minutes' grid of which `remaining` is left.
fn budget(remaining: &str) -> Arc<Budget> {
    let remaining = Decimal::from_str(remaining).expect("a decimal");
    // 12 points of 1,000 events and an allowance of 1 %: a grant of 120 events, 10 a point.
    let bad = (Decimal::ONE - remaining) * Decimal::from(10);
    let point = Some(Total { bad, total: Decimal::from(1_000) });
    let series = Series { first: 300, step: 300, points: vec![point; 600] };
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    Arc::new(Budget::new(objective, 3_600 * 24, series, None))
}

fn subject() -> Subject {
    Subject { slo: "latency".into(), service: "checkout".into(), environment: "production".into() }
}

fn last(budget: &Budget) -> i64 {
    budget.span().expect("points").1
}

fn ask(policy: &Policy, clause: &str, thaws: bool, budget: &Arc<Budget>) -> Tested {
    let clause = policy.clauses.iter().find(|candidate| candidate.name == clause).expect("a clause");
    let condition = if thaws { clause.thaws.as_ref() } else { clause.when.as_ref() };
    policy.test(condition.expect("a condition"), &subject(), budget, last(budget), Tracing::On)
}

fn truth(condition: &str, remaining: &str) -> Truth {
    ask(&load(&with_condition(condition)), "c", false, &budget(remaining)).truth
}

#[test]
fn the_sample_runs_verbatim_at_debt_nothing_and_a_little_left() {
    let policy = load(SAMPLE);
    assert_eq!(policy.id, "payments");
    assert!(policy.digest.starts_with("sha256:") && policy.digest.len() == 71);
    for (remaining, exhausted, thaws, fast) in [
        ("-0.5", Truth::Holds, Truth::Fails, Truth::Fails),
        ("0", Truth::Holds, Truth::Fails, Truth::Fails),
        ("0.05", Truth::Fails, Truth::Fails, Truth::Fails),
        ("0.1", Truth::Fails, Truth::Holds, Truth::Fails),
    ] {
        let budget = budget(remaining);
        assert_eq!(ask(&policy, "exhausted", false, &budget).truth, exhausted, "at {remaining}");
        assert_eq!(ask(&policy, "exhausted", true, &budget).truth, thaws, "at {remaining}");
        assert_eq!(ask(&policy, "fast-burn", false, &budget).truth, fast, "at {remaining}");
        let dependency = ask(&policy, "dependency", false, &budget);
        assert!(
            matches!(dependency.truth, Truth::Unknown { ref why } if why.contains("burned_by(\"payment-gateway\")"))
        );
    }
}

#[test]
fn explore() {
    let policy = load(SAMPLE);
    let budget = budget("0.05");
    for (name, tracing) in [
        ("exhausted", Tracing::Off),
        ("fast-burn", Tracing::Off),
        ("exhausted", Tracing::On),
        ("fast-burn", Tracing::On),
    ] {
        let clause = policy.clauses.iter().find(|candidate| candidate.name == name).expect("a clause");
        let before = std::time::Instant::now();
        for _ in 0..20_000 {
            let _ = policy.test(clause.when.as_ref().unwrap(), &subject(), &budget, last(&budget), tracing);
        }
        println!("{name} {tracing:?} {:?} a test", before.elapsed() / 20_000);
        let before = std::time::Instant::now();
        for _ in 0..20_000 {
            let _ = budget.at(last(&budget)).map(|at| at.remaining());
        }
        println!("at+remaining {:?}", before.elapsed() / 20_000);
    }
    for n in [5, 15, 25, 28, 30, 40, 50, 60] {
        let text = format!("{HEADER}clause(\"e\", \"E\").manual(){};", ".then(warn(\"x\"))".repeat(n));
        println!("{n} {}", told(&problems(&text)));
    }
    // separators
    let deep = |n: usize, a: &str, m: &str, b: &str| {
        format!("let x = 1;\nlet y = {}{m}{};", format!("{a}\n").repeat(n), format!("{b}\n").repeat(n))
    };
    for (name, text) in [
        ("paren", deep(4_900, "(", "1", ")")),
        ("array", deep(4_900, "[", "1", "]")),
        ("map", deep(4_900, "#{a:", "1", "}")),
        ("closure", deep(9_000, "|x| ", "1", "")),
        ("block", deep(4_900, "{", "1", "}")),
        ("not", deep(9000, "!", "true", "")),
        ("minus", deep(9000, "- ", "1", "")),
        ("plus", deep(9000, "1+1+1+1+1+1+", "1", "")),
        ("dots", deep(4000, "", "x", ".a.a.a")),
        ("if", deep(4000, "if true {1} else ", "{1}", "")),
        ("and", deep(9000, "true && ", "true", "")),
        ("index", deep(9000, "", "x", "[0]")),
        ("coalesce", deep(9000, "1 ?? ", "1", "")),
        ("cmp", deep(9000, "1<1<1<", "1", "")),
        ("interp", deep(4500, "`${", "1", "}`")),
        ("comment", deep(4500, "/*/*/*", "1", "*/*/*/")),
        ("in", deep(9000, "1 in ", "1", "")),
        ("pow", deep(9000, "1**", "1", "")),
        ("call", deep(4500, "f(", "1", ")")),
        ("whiles", deep(4500, "while true {", "", "}")),
        ("switches", deep(3000, "switch 1 { 1 => ", "1", "}")),
        ("elseif", deep(4000, "", "if true {1}", " else if true {1}")),
        ("or", deep(9000, "true || ", "true", "")),
        ("ns", deep(9000, "a::", "true", "")),
        ("unit", deep(9000, "() == ", "true", "")),
        ("assign", format!("let x = 1;\n{}1;", "x = \n".repeat(5000))),
        ("let", format!("let x = 1;\n{}1;", "let y = \n".repeat(5000))),
        ("try", deep(3000, "try {", "", "} catch {}")),
        ("dowhile", deep(3000, "do {", "", "} while true")),
        ("for", deep(3000, "for a in b {", "", "}")),
        (
            "stack",
            format!(
                "fn f(x) {{ if x > 6 {{ {}1{} }} else {{ {}f(x+1){} }} }} let y = f(0);",
                "(1+".repeat(13),
                ")".repeat(13),
                "(1+".repeat(13),
                ")".repeat(13)
            ),
        ),
    ] {
        println!(
            "{name} {}",
            told(&problems(&format!("{HEADER}{text}"))).chars().take(120).collect::<String>()
        );
    }
}
