//! The words of conditions.

use super::*;
use crate::diagnostic::SourceText;
use crate::policy::Names;

/// A policy with one clause, whose conditions are these, below some declarations.
fn policy(before: &str, when: &str, thaws: &str) -> Policy {
    let text = format!(
        r#"policy(#{{ version: "1", scope: #{{ team: "t" }}, purpose: "p", escalation: #{{ decides: ["d"], how: "h" }},
            agreed_by: #{{ operations: "o" }}, next_review: #{{ on: "2027-01-15" }} }});
        {before}
        clause("c", "C").when({when}).thaws({thaws}).then(warn("w"));"#
    );
    let names =
        Names { teams: vec!["t".to_owned()], signals: vec!["cpu".to_owned()], step: 300, ..Names::default() };
    let (policy, _) = Policy::load(&SourceText::new("policies/p.rhai", text), &names).expect("it loads");
    policy
}

fn told(pieces: &[Piece]) -> String {
    let shown = |piece: &Piece| match piece {
        Piece::Words(text) | Piece::Name(text) => text.clone(),
        Piece::Code(text) => format!("`{text}`"),
    };
    pieces.iter().map(shown).collect()
}

fn below(before: &str, when: &str) -> String {
    let policy = policy(before, when, "|budget| budget.remaining > 0");
    told(&condition(&policy, policy.clauses[0].when.as_ref().expect("a condition"), Moment::Begins))
}

fn when(condition: &str) -> String {
    below("", &format!("|budget| {condition}"))
}

fn until(written: &str) -> String {
    let policy = policy("", "|budget| budget.remaining < 0", &format!("|budget| {written}"));
    told(&condition(&policy, policy.clauses[0].thaws.as_ref().expect("a condition"), Moment::Ends))
}

#[test]
fn conditions_have_words() {
    assert_eq!(when("budget.remaining <= 0"), "no error budget is left");
    assert_eq!(until("budget.remaining >= percent(10)"), "10 % of the error budget is left again");
    assert_eq!(
        when("budget.burned(\"24h\") >= percent(30) && budget.burn_rate(\"1h\") > 6"),
        "at least 30 % of the period's budget went within 24 hours, and it burns more than 6 times faster than \
         evenly over the last hour"
    );
    assert_eq!(when("budget.remaining < percent(-20)"), "the error budget is overspent by more than 20 %");
    assert_eq!(when("percent(99.95) <= budget.objective"), "the objective is at least 99.95 %");
    assert_eq!(
        when("budget.burn_rate(\"6h\") > 1"),
        "the error budget burns faster than evenly over the last 6 hours"
    );
    assert_eq!(when("budget.slo != \"a\""), "the SLO is not a");
}

#[test]
fn a_changed_threshold_is_a_changed_sentence() {
    for share in [5, 10, 25] {
        let written = format!("budget.remaining <= percent({share})");
        assert_eq!(when(&written), format!("at most {share} % of the error budget is left"));
    }
}

#[test]
fn parentheses_and_negations_keep_their_meaning() {
    assert_eq!(when("!(budget.remaining <= 0)"), "some error budget is left");
    let [debt, bad, few] = ["budget.remaining < 0", "budget.bad > 5", "budget.total < 7"];
    let [in_debt, was_bad, were_few] = [
        "the error budget is overspent",
        "more than 5 events of the period were bad",
        "there were less than 7 events in the period",
    ];
    assert_eq!(
        when(&format!("{debt} || {bad} && {few}")),
        format!("{in_debt}, or ({was_bad}, and {were_few})")
    );
    assert_eq!(
        when(&format!("({debt} || {bad}) && {few}")),
        format!("({in_debt}, or {was_bad}), and {were_few}")
    );
    let neither = "the error budget is not overspent, and at most 5 events of the period were bad";
    assert_eq!(when(&format!("!({debt} || {bad})")), neither);
}

#[test]
fn constants_and_functions_are_followed() {
    let constant = "const LEFT = percent(10); const HALF = 2;";
    assert_eq!(
        below(constant, "|budget| budget.remaining <= LEFT / HALF"),
        "at most 5 % of the error budget is left"
    );
    let function = "fn gone(of) { of.remaining <= 0 }";
    assert_eq!(below(function, "|budget| gone(budget)"), "no error budget is left");
    assert_eq!(below(function, "gone"), "no error budget is left");
    assert_eq!(when("{ let left = budget.remaining; left <= 0 }"), "no error budget is left");
}

#[test]
fn what_has_no_words_is_quoted() {
    assert_eq!(
        when("(budget.bad + budget.bad) * 2 > budget.total"),
        "`(budget.bad + budget.bad) * 2 > budget.total` holds"
    );
    assert_eq!(
        when("!(budget.bad * 2 > (budget.total)) && budget.remaining <= 0"),
        "`budget.bad * 2 > (budget.total)` does not hold, and no error budget is left"
    );
    assert_eq!(
        below("const N = 3;", "|budget| budget.bad * N > budget.total"),
        "`budget.bad * N > budget.total` (where `N` is 3) holds"
    );
    let branch = "{ if budget.total > 9 { budget.remaining <= 0 } else { budget.remaining < 0 } }";
    assert_eq!(when(branch), format!("`{branch}` holds"));
    let noted = "budget.bad * 2 // \"twice\"\n    > budget.total";
    assert_eq!(when(noted), "`budget.bad * 2 > budget.total` holds");
    let local = "{ let twice = budget.bad * 2; twice > budget.total && budget.remaining <= 0 }";
    assert_eq!(when(local), format!("`{local}` holds"));
    assert_eq!(
        when("[\"a\", \"b\"].contains(budget.slo) && budget.remaining < 0"),
        "`[\"a\", \"b\"].contains(budget.slo)` holds, and the error budget is overspent"
    );
}

#[test]
fn what_is_true_or_false_has_words_too() {
    assert_eq!(
        when("budget.burns(14.4, \"1h\", \"5m\")"),
        "the error budget burns more than 14.4 times faster than evenly over the last hour, and it burns more than \
         14.4 times faster than evenly over the last 5 minutes"
    );
    assert_eq!(
        when("budget.premature"),
        "the budget is spent faster than evenly over the period, so that it ends before the period does"
    );
    assert_eq!(when("!budget.premature"), "the budget is spent no faster than evenly over the period");
    assert_eq!(
        when("budget.exhausts_within(\"3d\")"),
        "the error budget is gone within 3 days if it goes on like in the last day"
    );
    assert_eq!(when("budget.time_to_exhaustion > \"3d\""), when("!budget.exhausts_within(\"3d\")"));
    assert_eq!(when("budget.signal(\"cpu\")"), "the signal cpu fires");
    assert_eq!(when("!budget.signal(\"cpu\")"), "the signal cpu does not fire");
}

#[test]
fn a_name_that_is_looked_for_in_a_list_has_words() {
    assert_eq!(when("budget.slo in [\"a\", \"b\"]"), "the SLO is a, or the SLO is b");
    assert_eq!(
        when("budget.slo in [\"a\"] && budget.premature"),
        when("budget.slo == \"a\" && budget.premature")
    );
    assert_eq!(when("!(budget.slo in [\"a\", \"b\"])"), "the SLO is not a, and the SLO is not b");
}

#[test]
fn slas_quarters_breaches_and_priorities_have_words() {
    for (written, said) in [
        ("budget.sla.remaining <= 0", "nothing of the SLA's error budget is left"),
        ("budget.sla.remaining < percent(25)", "less than 25 % of the SLA's error budget is left"),
        ("budget.sla.consumed >= percent(80)", "at least 80 % of the SLA's error budget is spent"),
        (
            "budget.sla.burned(\"24h\") > percent(30)",
            "more than 30 % of the SLA's error budget went within 24 hours",
        ),
        (
            "budget.sla.burn_rate(\"1h\") > 2",
            "the SLA's error budget burns more than 2 times faster than evenly over the last hour",
        ),
        ("budget.sla.objective > percent(99)", "the SLA promises more than 99 %"),
        ("budget.quarter.remaining <= percent(10)", "at most 10 % of the quarter's error budget is left"),
        ("budget.quarter.consumed > percent(50)", "more than 50 % of the quarter's error budget is spent"),
        (
            "budget.quarter.burned_by_kind(\"network\") >= percent(20)",
            "at least 20 % of the quarter's error budget went through outages of the kind network",
        ),
        (
            "budget.quarter.worst_kind >= percent(20)",
            "at least 20 % of the quarter's error budget went through one kind of outage",
        ),
        (
            "budget.breaches(\"1h\") > 3",
            "the error budget began to burn faster than evenly more than 3 times within 1 hour",
        ),
        ("budget.priority_reaches(\"P2\")", "an incident has the priority P2 or a more urgent one"),
        ("!budget.priority_reaches(\"P2\")", "no incident has the priority P2 or a more urgent one"),
        (
            "budget.sla.burn_rate(\"1h\") > 2 && budget.burn_rate(\"1h\") > 1",
            "the SLA's error budget burns more than 2 times faster than evenly over the last hour, and the error \
             budget burns faster than evenly over the last hour",
        ),
    ] {
        assert_eq!(when(written), said);
    }
}

#[test]
fn an_if_that_is_an_and_or_an_or_is_said_as_one() {
    let [gone, debt] = ["budget.remaining <= 0", "budget.remaining < 0"];
    let [is_gone, in_debt] = [gone, debt].map(when);
    for (branches, said) in [
        (format!("if {gone} {{ {debt} }} else {{ false }}"), format!("{is_gone}, and {in_debt}")),
        (format!("if {gone} {{ true }} else {{ {debt} }}"), format!("{is_gone}, or {in_debt}")),
        (
            format!("if {gone} {{ false }} else {{ {debt} }}"),
            format!("some error budget is left, and {in_debt}"),
        ),
        (
            format!("if {gone} {{ {debt} }} else {{ true }}"),
            format!("some error budget is left, or {in_debt}"),
        ),
    ] {
        assert_eq!(when(&format!("{{ {branches} }}")), said);
        assert_eq!(when(&branches), said);
    }
}
