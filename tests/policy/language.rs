//! What conditions and clauses mean, and which mistakes in them are found.

use std::sync::Arc;

use rust_decimal::Decimal;
use slogate::budget::Budget;
use slogate::budget::series::{Series, Total};
use slogate::catalog::Objective;
use slogate::diagnostic::Code;
use slogate::policy::{Bearing, Comparison, Consequence, Evidence, Tracing, Truth, Value};

use super::{
    CLAUSE, HEADER, SAMPLE, ask, assert_problem, budget, load, problems, subject, told, truth, try_load,
    with, with_condition,
};

#[test]
fn the_sample_runs_verbatim_in_debt_at_nothing_and_with_a_little_left() {
    let policy = load(SAMPLE);
    assert_eq!(policy.id, "payments");
    assert!(policy.digest.starts_with("sha256:") && policy.digest.len() == 71, "{}", policy.digest);
    let rows = [
        ("-0.5", Truth::Holds, Truth::Fails),
        ("0", Truth::Holds, Truth::Fails),
        ("0.05", Truth::Fails, Truth::Fails),
        ("0.1", Truth::Fails, Truth::Holds),
    ];
    for (remaining, when, thaws) in rows {
        let budget = budget(remaining);
        assert_eq!(ask(&policy, "exhausted", false, &budget, Tracing::On).truth, when, "at {remaining}");
        assert_eq!(ask(&policy, "exhausted", true, &budget, Tracing::On).truth, thaws, "at {remaining}");
        assert_eq!(
            ask(&policy, "fast-burn", false, &budget, Tracing::On).truth,
            Truth::Fails,
            "at {remaining}"
        );
        let dependency = ask(&policy, "dependency", false, &budget, Tracing::On).truth;
        assert!(
            matches!(dependency, Truth::Unknown { why } if why.contains("burned_by(\"payment-gateway\")"))
        );
    }
}

#[test]
fn the_sample_declares_what_it_says() {
    let policy = load(SAMPLE);
    let names: Vec<&str> = policy.clauses.iter().map(|clause| clause.name.as_str()).collect();
    assert_eq!(names, ["exhausted", "fast-burn", "dependency", "dead-letters"]);
    let exhausted = &policy.clauses[0];
    assert_eq!(exhausted.title, "The budget is gone before the period ends");
    assert_eq!(exhausted.place.line(), 16);
    assert!(exhausted.place.text().starts_with("clause(\"exhausted\""), "{}", exhausted.place.text());
    assert!(exhausted.place.text().ends_with(".then(postmortem())"), "{}", exhausted.place.text());
    let when = exhausted.when.as_ref().expect("a condition");
    assert_eq!((when.place.line(), when.place.text()), (17, "|budget| budget.remaining <= 0"));
    let freeze = Consequence::Freeze {
        environment: "production".to_owned(),
        except: vec!["hotfix".to_owned(), "security".to_owned(), "reliability".to_owned()],
    };
    let action = Consequence::ActionItem {
        title: "Bring the service back within its objective".to_owned(),
        top_of_backlog: true,
        due: Some(7 * 86_400),
    };
    assert_eq!(exhausted.consequences, [freeze, action, Consequence::Postmortem]);
    let dead_letters = &policy.clauses[3];
    assert!(dead_letters.manual && dead_letters.when.is_none());
}

#[test]
fn a_read_fact_is_evidence_with_its_comparison_and_an_unread_one_is_none() {
    let policy = load(SAMPLE);
    let evidence = ask(&policy, "fast-burn", false, &budget("0.5"), Tracing::On).evidence;
    let burned = |held| Evidence {
        fact: "burned(\"24h\")".to_owned(),
        value: Value::Ratio(Decimal::new(5, 1)),
        compared: Some(Comparison {
            operator: ">=",
            threshold: Value::Ratio(Decimal::new(3, 1)),
            held,
            bearing: Bearing::For,
        }),
    };
    let rate = Evidence {
        fact: "burn_rate(\"1h\")".to_owned(),
        value: Value::Rate(Decimal::new(5, 1)),
        compared: Some(Comparison {
            operator: ">",
            threshold: Value::Rate(Decimal::from(6)),
            held: false,
            bearing: Bearing::For,
        }),
    };
    assert_eq!(evidence, [burned(true), rate]);
    let short = ask(&policy, "fast-burn", false, &budget("0.9"), Tracing::On).evidence;
    assert_eq!(short.len(), 1, "the second fact is not read: {short:?}");
    assert_eq!(ask(&policy, "fast-burn", false, &budget("0.5"), Tracing::Off).evidence, []);
}

#[test]
fn a_comparison_is_recorded_with_the_fact_on_its_left() {
    let policy =
        load(&with_condition("|budget| percent(10) >= budget.remaining && 6 > budget.burn_rate(\"1h\")"));
    let evidence = ask(&policy, "c", false, &budget("0"), Tracing::On).evidence;
    let operators: Vec<_> =
        evidence.iter().filter_map(|read| read.compared.as_ref()).map(|c| c.operator).collect();
    assert_eq!(operators, ["<=", "<"]);
}

#[test]
fn a_fact_that_is_only_computed_with_is_evidence_too() {
    let policy = load(&with_condition("|budget| budget.bad / budget.total > percent(1)"));
    let evidence = ask(&policy, "c", false, &budget("0"), Tracing::On).evidence;
    assert_eq!(evidence.iter().map(|read| read.fact.as_str()).collect::<Vec<_>>(), ["bad", "total"]);
    assert!(evidence.iter().all(|read| read.compared.is_none()));
}

#[test]
fn every_fact_has_its_type() {
    let conditions = [
        "|budget| budget.remaining == percent(50) && budget.remaining > 0 && 0 < budget.remaining",
        "|budget| budget.consumed == percent(50.0) && budget.consumed == 1 * percent(50)",
        "|budget| budget.remaining + budget.consumed == percent(100)",
        "|budget| budget.objective == percent(99)",
        "|budget| budget.burned(\"24h\") == percent(50) && budget.burned(\"30m\") <= percent(2)",
        "|budget| budget.burn_rate(\"1h\") == 0.5 && budget.burn_rate(\"1h\") < 6",
        "|budget| budget.burn_rate(\"1h\") == budget.burn_rate(\"6h\")",
        "|budget| budget.bad == 1440 && budget.total >= 288000 && budget.total > 1.5",
        "|budget| budget.service == \"checkout\" && \"latency\" == budget.slo",
        "|budget| budget.environment != \"staging\" && budget.service in [\"checkout\", \"ledger\"]",
        "|budget| 5 / 2 == 2.5 && 1 / 3 != 0 && 100 - 99.7 == 0.3",
        "|budget| { let one = 1; let half = 0.5; -one < -half && !(one < 0) }",
        "|budget| -percent(50) < budget.remaining && budget.remaining / 2 == percent(25)",
        "|budget| { let burning = budget.burn_rate(\"1h\") > 0; !burning || budget.remaining > 0 }",
    ];
    for condition in conditions {
        assert_eq!(truth(condition, "0.5"), Truth::Holds, "{condition}");
    }
}

#[test]
fn a_length_of_time_compares_with_a_text_only() {
    let holding = [
        "|budget| budget.time_to_exhaustion == \"1d\" && \"25h\" > budget.time_to_exhaustion",
        "|budget| budget.exhausts_within(\"1d\") && !budget.exhausts_within(\"23h\")",
        "|budget| budget.pace == 0.5 && !budget.premature",
        "|budget| budget.burns(0.4, \"1h\", \"5m\") && !budget.burns(0.5, \"1h\", \"5m\")",
        "|budget| budget.worst_incident == 0",
    ];
    for condition in holding {
        assert_eq!(truth(condition, "0.5"), Truth::Holds, "{condition}");
    }
    let never = "|budget| budget.time_to_exhaustion > \"366d\" && budget.time_to_exhaustion != \"1d\"";
    assert_eq!(truth(never, "1"), Truth::Holds);
    assert_eq!(truth("|budget| budget.time_to_exhaustion <= \"1s\" && budget.premature", "-1"), Truth::Holds);
    let wrong = [
        ("budget.time_to_exhaustion < 3", "<", "write \"3d\""),
        ("budget.time_to_exhaustion < percent(3)", "<", "a length of time cannot be compared"),
        ("budget.time_to_exhaustion == ()", "==", "a length of time cannot be compared"),
        ("budget.time_to_exhaustion > budget.pace", ">", "a length of time cannot be compared"),
        ("budget.time_to_exhaustion < \"3 d\"", "<", "did you mean \"3d\"?"),
        ("budget.premature > 1", ">", "true or false cannot be compared"),
        ("budget.worst_incident > 0.3", ">", "write percent(30)"),
        ("budget.signal(\"cpu\") > 90", ">", "true or false cannot be compared"),
        ("budget.burned_by(\"x\") > 50", ">", "write percent(50)"),
        ("budget.burns(percent(14), \"1h\", \"5m\")", "burns", "write `budget.burns(14.4"),
        ("budget.exhausts_within(3)", "exhausts_within", "write `budget.exhausts_within(\"3d\")`"),
    ];
    for (condition, underlined, says) in wrong {
        let text = with_condition(&format!("|budget| {condition}"));
        assert_problem(&text, Code::PolicyError, underlined, says);
    }
}

#[test]
fn what_no_source_gives_is_unknown_whatever_a_policy_makes_of_it() {
    for condition in ["|budget| budget.signal(\"cpu\")", "|budget| budget.signal(\"cpu\") || true"] {
        let truth = truth(condition, "1");
        assert!(matches!(&truth, Truth::Unknown { why } if why.contains("signal(\"cpu\")")), "{truth:?}");
    }
}

#[test]
fn a_ratio_compares_with_a_ratio_and_with_zero_only() {
    let wrong = [
        ("|budget| budget.remaining <= 10", "<=", "not with the integer `10`: write percent(10)"),
        ("|budget| budget.remaining <= 0.1", "<=", "not with the decimal `0.1`: write percent(10)"),
        ("|budget| 5 < budget.remaining", "<", "write percent(5)"),
        ("|budget| budget.remaining == 1", "==", "write percent(1)"),
        ("|budget| budget.remaining != \"0\"", "!=", "write percent(10)"),
        (
            "|budget| budget.remaining < budget.burn_rate(\"1h\")",
            "<",
            "a ratio cannot be compared with a burn rate",
        ),
        ("|budget| budget.remaining > budget.bad", ">", "a ratio cannot be compared with a count"),
    ];
    for (condition, underlined, says) in wrong {
        assert_problem(&with_condition(condition), Code::PolicyError, underlined, says);
    }
}

#[test]
fn values_without_a_common_measure_are_never_compared_in_silence() {
    for operator in ["<", "<=", ">", ">=", "==", "!="] {
        let pairs = [
            ("5", "\"4\""),
            ("budget.burn_rate(\"1h\")", "\"6\""),
            ("budget.burn_rate(\"1h\")", "()"),
            ("budget.bad", "true"),
            ("budget.service", "1"),
            ("[1]", "[1]"),
            ("#{ a: 1 }", "#{ a: 1 }"),
            ("budget", "budget"),
            ("()", "()"),
            ("1.5", "\"1.5\""),
            ("'a'", "'a'"),
        ];
        for (left, right) in pairs {
            let text = with_condition(&format!("|budget| {left} {operator} {right}"));
            assert_problem(&text, Code::PolicyError, operator, "cannot be compared");
        }
    }
    assert_problem(
        &with_condition("|budget| budget.service < \"z\""),
        Code::PolicyError,
        "<",
        "a name cannot be compared with the text `\"z\"`",
    );
    assert_problem(
        &with_condition("|budget| 0 < budget.remaining < 1"),
        Code::PolicyError,
        "<",
        "true or false",
    );
}

#[test]
fn only_true_and_false_are_negated_and_joined() {
    let wrong = [
        "!budget.remaining",
        "budget.remaining && true",
        "budget.bad || true",
        "!1",
        "true && budget.service",
    ];
    for condition in wrong {
        let problems = problems(&with_condition(&format!("|budget| {condition}")));
        assert!(
            problems.len() == 1 && problems[0].code == Code::PolicyError,
            "{condition} {}",
            told(&problems)
        );
        assert!(!problems[0].message.contains("::"), "no type of ours is named: {}", problems[0].message);
    }
}

#[test]
fn a_condition_answers_true_or_false_and_nothing_else() {
    for answer in
        ["\"procede\"", "()", "1", "#{ verdict: true }", "0.0", "[true]", "budget", "budget.remaining", "{}"]
    {
        let text = with_condition(&format!("|budget| {answer}"));
        assert_problem(&text, Code::PolicyError, &format!("|budget| {answer}"), "not true or false");
    }
    assert_eq!(truth("|budget| true", "1"), Truth::Holds);
    assert_eq!(truth("|budget| false", "1"), Truth::Fails);
}

#[test]
fn misspelt_facts_windows_and_methods_are_told_at_once() {
    let text = with(
        "clause(\"d\", \"D\")\n    .when(|budget| budget.remaning <= 0 && budget.burnRate(\"1h\") > 6)\n    \
         .thaws(|budget| false && budget.burned(\"7m\") < percent(1))\n    .than(warn(\"x\"))\n    \
         .then(freeze(\"production\").exept([]));\nclaus(\"e\", \"E\");\n",
    );
    let problems = problems(&text);
    let found: Vec<_> =
        problems.iter().map(|problem| (problem.code, problem.place().expect("a place").text())).collect();
    let unknown = |word| (Code::UnknownFact, word);
    let expected = ["remaning", "burnRate", "\"7m\"", "than", "exept", "claus"].map(unknown);
    assert_eq!(found, expected, "{}", told(&problems));
    assert!(problems[0].help.contains("did you mean `budget.remaining`?"), "{}", problems[0].help);
    assert!(problems[1].help.contains("budget.burn_rate(\"1h\")"), "{}", problems[1].help);
    assert_eq!(problems[2].help, "did you mean \"10m\"?");
    assert_eq!(problems[5].help, "did you mean `clause`?");
}

#[test]
fn a_misspelling_is_found_where_a_budget_is_handed_on() {
    let functions = [
        "fn spent(b) { b.remaning <= 0 } clause(\"d\", \"D\").when(spent).then(warn(\"x\"));",
        "fn spent(b) { b.remaning <= 0 } clause(\"d\", \"D\").when(|x| false && spent(x)).then(warn(\"x\"));",
        "clause(\"d\", \"D\").when(|x| { let y = x; false && y.remaning <= 0 }).then(warn(\"x\"));",
        "clause(\"d\", \"D\").when(|x| { loop { break false && x.remaning <= 0; } }).then(warn(\"x\"));",
        "clause(\"d\", \"D\").when(|x| { let f = || x.remaning <= 0; false && f.call() }).then(warn(\"x\"));",
    ];
    for text in functions {
        assert_problem(&with(text), Code::UnknownFact, "remaning", "budget.remaining");
    }
}

#[test]
fn a_fact_is_written_as_it_is_and_has_no_parts() {
    let written = |condition: &str, underlined: &str, says: &str| {
        assert_problem(&with_condition(condition), Code::UnknownFact, underlined, says);
    };
    written("|budget| budget.burn_rate > 1", "burn_rate", "write `budget.burn_rate(\"1h\")`");
    written("|budget| budget.remaining() > 0", "remaining", "write `budget.remaining`");
    written("|budget| budget.remaining.abs > 0", "abs", "a fact has no `abs`");
    written("|budget| budget.burned(\"1 hour\") > 0", "\"1 hour\"", "did you mean \"1h\"?");
    written("|budget| budget.burned(\"soon\") > 0", "\"soon\"", "write a number and a unit");
    written("|budget| budget.burned(\"0h\") > 0", "\"0h\"", "is no window");
    written("|budget| budget.burned(\"400d\") > 0", "\"400d\"", "longer than a year");
    let text = with_condition("|budget| { let w = \"7m\"; budget.burned(w) > 0 }");
    assert_problem(&text, Code::UnknownFact, "burned", "did you mean \"10m\"?");
    let text = with_condition("|budget| { budget.remaining = percent(1); true }");
    assert_problem(&text, Code::PolicyError, "remaining", "facts can only be read");
}

#[test]
fn thresholds_can_be_named_at_the_top() {
    let text = with(
        "const LIMIT = percent(10);\nlet rate = 6;\nclause(\"d\", \"D\")\n    \
         .when(|budget| budget.remaining <= LIMIT && budget.burn_rate(\"1h\") < rate).then(warn(\"x\"));",
    );
    let policy = load(&text);
    assert_eq!(ask(&policy, "d", false, &budget("0.1"), Tracing::On).truth, Truth::Holds);
    assert_eq!(ask(&policy, "d", false, &budget("0.11"), Tracing::On).truth, Truth::Fails);
}

#[test]
fn clauses_can_be_declared_in_a_loop() {
    let text = with(
        "for env in [\"production\", \"staging\"] {\n    \
         clause(`spent-${env}`, \"Spent\").when(|budget| budget.remaining <= 0).then(freeze(env));\n}",
    );
    let policy = load(&text);
    let names: Vec<&str> = policy.clauses.iter().map(|clause| clause.name.as_str()).collect();
    assert_eq!(names, ["c", "spent-production", "spent-staging"]);
    assert_eq!(policy.clauses[2].place.line(), 11);
}

#[test]
fn a_clause_is_complete_or_told_at_its_line() {
    let lacking = [
        ("clause(\"d\", \"D\").then(warn(\"x\"));", "has no condition"),
        ("clause(\"d\", \"D\").manual();", "has no consequence"),
        ("clause(\"d\", \"D\").when(|budget| true);", "has no consequence"),
        ("clause(\"d\", \"D\").manual().thaws(|budget| true).then(warn(\"x\"));", "never comes into force"),
        (
            "clause(\"d\", \"D\").manual().when(|budget| true).then(warn(\"x\"));",
            "is manual and has a condition",
        ),
        (
            "clause(\"d\", \"D\").on_gap().when(|budget| true).then(warn(\"x\"));",
            "has `.on_gap()` and `.when(…)`",
        ),
    ];
    for (text, says) in lacking {
        assert_problem(&with(text), Code::PolicyPart, "clause(\"d\", \"D\")", says);
    }
    let both = problems(&with("\nclause(\"d\", \"D\");"));
    assert_eq!(both.len(), 2, "{}", told(&both));
    assert!(both.iter().all(|problem| problem.place().expect("a place").line() == 11), "{}", told(&both));
}

#[test]
fn what_is_declared_twice_is_told() {
    let clause = with("clause(\"c\", \"Again\").manual().then(warn(\"x\"));");
    assert_problem(&clause, Code::Duplicate, "\"c\"", "the first one is in line 9");
    let policy = format!("{HEADER}{}{}", CLAUSE, "policy(#{});");
    assert_problem(&policy, Code::Duplicate, "policy", "declared twice");
    let when = with_condition("|budget| true).when(|budget| false");
    assert_problem(&when, Code::Duplicate, "when", "join them");
}

#[test]
fn a_file_has_a_policy_and_clauses() {
    assert_problem(CLAUSE, Code::PolicyPart, CLAUSE.trim(), "declares no policy");
    assert_problem(HEADER, Code::PolicyPart, "policy(#{", "no clause");
    assert_eq!(problems("").len(), 2, "neither: {}", told(&problems("")));
}

#[test]
fn names_that_stand_for_nothing_are_told_at_their_text() {
    let text = with(
        "clause(\"d\", \"D\").manual().then(freeze(\"prodution\").except([\"hotfx\", \"security\"])).then(freeze(\"moon\"));",
    );
    let problems = problems(&text);
    let found: Vec<_> = problems.iter().map(|problem| problem.place().expect("a place").text()).collect();
    assert_eq!(found, ["\"prodution\"", "\"hotfx\"", "\"moon\""], "{}", told(&problems));
    assert!(problems.iter().all(|problem| problem.code == Code::UnknownName));
    assert_eq!(problems[0].help, "did you mean `production`?");
    assert_eq!(problems[1].help, "did you mean `hotfix`?");
    assert_eq!(problems[2].help, "there is `production` and `staging`");
}

#[test]
fn one_failing_statement_does_not_hide_the_next() {
    let text = with(
        "clause(\"d\", \"D\").manual().then(5);\nclause(\"e\").manual().then(warn(\"x\"));\n\
         clause(\"f\", \"F\").manual().then(action_item(\"x\").due(\"7 days\"));\n\
         clause(\"g\", \"G\").manual().then(engage(5)).then(warn(\" \"));\n",
    );
    let problems = problems(&text);
    let lines: Vec<_> = problems.iter().map(|problem| problem.place().expect("a place").line()).collect();
    assert_eq!(lines, [10, 11, 12, 13], "{}", told(&problems));
    assert!(
        problems[0].message.contains("`then` does not take a clause and an integer"),
        "{}",
        told(&problems)
    );
}

#[test]
fn a_consequence_that_no_clause_has_is_a_warning() {
    let (_, warnings) = try_load(&with("freeze(\"production\");")).expect("it loads");
    assert_eq!(warnings.len(), 1);
    assert_eq!((warnings[0].code, warnings[0].is_error()), (Code::Unused, false));
    let (_, none) =
        try_load(&with("let f = freeze(\"production\");\nclause(\"d\", \"D\").manual().then(f);"))
            .expect("it loads");
    assert_eq!(none, []);
}

#[test]
fn a_budget_that_is_not_known_is_not_shown_to_a_policy() {
    let policy = load(&with_condition("|budget| true"));
    let clause = policy.clauses[0].when.as_ref().expect("a condition");
    let tested = policy.test(clause, &subject(), &budget("0"), 300, Tracing::On);
    assert!(matches!(tested.truth, Truth::Unknown { why } if why.contains("of history")));
    assert_eq!(tested.evidence, []);
}

#[test]
fn a_window_without_data_is_unknown_and_a_window_beyond_the_period_has_failed() {
    let mut points = vec![Some(Total { bad: Decimal::ZERO, total: Decimal::from(1_000) }); 600];
    // The last three points are missing: known over a day, unknown over a quarter of an hour.
    points[597..].fill(None);
    let series = Series { first: 300, step: 300, points };
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    let budget = Arc::new(Budget::new(objective, 86_400, series, None));
    let policy = load(&with_condition("|budget| budget.burned(\"15m\") > percent(1) || true"));
    let tested = ask(&policy, "c", false, &budget, Tracing::On);
    assert!(
        matches!(tested.truth, Truth::Unknown { ref why } if why.contains("`burned(\"15m\")`")),
        "{tested:?}"
    );
    assert!(matches!(tested.evidence.as_slice(), [Evidence { value: Value::Unknown(_), .. }]), "{tested:?}");
    let policy = load(&with_condition("|budget| budget.burned(\"2d\") > percent(1)"));
    let tested = ask(&policy, "c", false, &budget, Tracing::On);
    assert!(
        matches!(tested.truth, Truth::Failed { ref message, ref place } if message.contains("longer than the period") && place.text() == "burned"),
        "{tested:?}"
    );
}

#[test]
fn a_condition_has_no_memory() {
    let text = with("let n = 0;\nclause(\"d\", \"D\").when(|budget| { n += 1; n > 1 }).then(warn(\"x\"));");
    let policy = load(&text);
    for _ in 0..3 {
        assert_eq!(ask(&policy, "d", false, &budget("1"), Tracing::Off).truth, Truth::Fails);
    }
}

#[test]
fn a_failure_names_its_place() {
    // Neither sample reaches the second comparison.
    let policy =
        load(&with_condition("|budget| budget.remaining == percent(50) && budget.remaining > \"x\""));
    let tested = ask(&policy, "c", false, &budget("0.5"), Tracing::On);
    let Truth::Failed { message, place } = tested.truth else { panic!("{tested:?}") };
    assert!(message.contains("a ratio cannot be compared with the text `\"x\"`"), "{message}");
    assert_eq!((place.line(), place.text()), (9, ">"));
    assert_eq!(tested.evidence.len(), 2, "what was read before stays evidence");
}

#[test]
fn a_clause_follows_another_for_a_while() {
    let ramp = "clause(\"ramp\", \"Ease back in\").after(\"c\", \"3d\").then(limit_releases(2));\n";
    let policy = load(&with(ramp));
    let after = policy.clauses.get(1).and_then(|clause| clause.after.clone()).expect("it follows");
    assert_eq!((after.clause.as_str(), after.length), ("c", 3 * 86_400));
    // The order of the text does not matter.
    load(&format!("{HEADER}{ramp}{CLAUSE}"));
}

#[test]
fn a_clause_follows_one_that_there_is_and_never_in_a_circle() {
    let after = |name: &str, other: &str| {
        format!("clause(\"{name}\", \"N\").after(\"{other}\", \"3d\").then(limit_releases(2));\n")
    };
    assert_problem(
        &with(&after("ramp", "d")),
        Code::UnknownName,
        "\"d\"",
        "there is no clause `d`: did you mean `c`?",
    );
    assert_problem(&with(&after("ramp", "ramp")), Code::PolicyPart, "\"ramp\"", "follows itself");
    let circle = [after("x", "y"), after("y", "z"), after("z", "y")].concat();
    let told = told(&problems(&with(&circle)));
    assert_eq!(told.matches("in turn").count(), 2, "{told}");
    let chain = [after("x", "c"), after("y", "x")].concat();
    assert_eq!(load(&with(&chain)).clauses.len(), 3);
}

#[test]
fn a_clause_that_follows_another_has_no_condition_of_its_own() {
    for (method, named) in
        [(".manual()", "`.manual()`"), (".when(|budget| budget.remaining <= 0)", "`.when(…)`")]
    {
        let text = format!("clause(\"ramp\", \"N\").after(\"c\", \"3d\"){method}.then(limit_releases(2));\n");
        let says = format!("follows another one and has {named}");
        assert_problem(&with(&text), Code::PolicyPart, "clause(\"ramp\", \"N\")", &says);
    }
    let off = "clause(\"ramp\", \"N\").after(\"c\", \"90s\").then(limit_releases(2));\n";
    assert_problem(&with(off), Code::UnknownFact, "\"90s\"", "is no multiple of the step of 5m");
}
