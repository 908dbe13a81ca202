//! What must be agreed around the clauses, and what is told when it is not.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use slogate::diagnostic::Code;

use super::{CLAUSE, HEADER, SAMPLE, assert_problem, load, problems, told, try_load};

/// The header with one text in place of another.
fn header(from: &str, to: &str) -> String {
    assert!(HEADER.contains(from), "{from}");
    format!("{}{CLAUSE}", HEADER.replace(from, to))
}

#[test]
fn the_sample_header_is_read() {
    let header = load(SAMPLE).header;
    assert_eq!(header.version, "2.1.0");
    assert_eq!(header.scope.team.as_deref(), Some("payments"));
    assert_eq!(header.measures.as_deref(), Some("production"));
    assert_eq!(header.escalation.decides, ["@vp"]);
    assert_eq!(header.agreed_by.len(), 4);
    assert_eq!(header.effective_from.map(|date| date.to_string()).as_deref(), Some("2026-10-05"));
    assert_eq!(header.next_review.on.map(|date| date.to_string()).as_deref(), Some("2027-01-15"));
    assert_eq!(header.next_review.or_after.as_deref(), Some("a priority 1 incident"));
    assert_eq!((header.silver_bullets, header.thaw_tax), (Some(3), Some(Decimal::new(5, 1))));
}

#[test]
fn a_scope_covers_a_teams_services_or_those_that_are_listed() {
    let team = load(SAMPLE);
    assert!(team.covers("anything", Some("payments")));
    assert!(!team.covers("anything", Some("search")) && !team.covers("anything", None));
    let services = load(&header("team: \"payments\"", "services: [\"checkout\"]"));
    assert!(services.covers("checkout", None) && services.covers("checkout", Some("search")));
    assert!(!services.covers("ledger", Some("payments")));
}

#[test]
fn each_required_part_is_missed() {
    for (line, part) in [
        ("    version: \"1.0.0\",\n", "version"),
        ("    scope: #{ team: \"payments\" },\n", "scope"),
        ("    purpose: \"Reliability goes first.\",\n", "purpose"),
        ("    escalation: #{ decides: [\"@vp\"], how: \"within a day\" },\n", "escalation"),
        ("    agreed_by: #{ operations: \"@ola\", development: \"@dev\", product: \"@po\" },\n", "agreed_by"),
        ("    next_review: #{ on: \"2027-01-15\" },\n", "next_review"),
    ] {
        assert_problem(
            &header(line, ""),
            Code::PolicyPart,
            "policy",
            &format!("the policy has no `{part}`: write `{part}:"),
        );
    }
    assert_eq!(problems(&format!("policy(#{{}});\n{CLAUSE}")).len(), 6, "all of them in one run");
}

#[test]
fn a_wrong_value_is_underlined() {
    let wrong = [
        ("version: \"1.0.0\"", "version: 1", "1", "`version` is no text"),
        ("version: \"1.0.0\"", "version: \" \"", "\" \"", "`version` is no text"),
        ("team: \"payments\"", "team: 5", "5", "`scope.team` is no text"),
        ("team: \"payments\"", "services: []", "[", "`scope.services` is no list of texts"),
        ("team: \"payments\"", "team: \"payments\", services: [\"ledger\"]", "scope", "a team and services"),
        ("#{ team: \"payments\" }", "#{}", "scope", "the scope is empty"),
        ("#{ team: \"payments\" }", "\"payments\"", "\"payments\"", "`scope` is no map"),
        ("decides: [\"@vp\"]", "decides: \"@vp\"", "\"@vp\"", "`escalation.decides` is no list of texts"),
        (", how: \"within a day\"", "", "escalation", "the policy has no `escalation.how`"),
        (
            "#{ operations: \"@ola\", development: \"@dev\", product: \"@po\" }",
            "#{}",
            "agreed_by",
            "nobody agreed",
        ),
        ("operations: \"@ola\"", "operations: true", "true", "`agreed_by.operations` is no text"),
        ("on: \"2027-01-15\"", "on: \"2027-02-30\"", "\"2027-02-30\"", "`next_review.on` is no date"),
        ("on: \"2027-01-15\"", "on: \"15.1.2027\"", "\"15.1.2027\"", "year, month and day"),
        ("#{ on: \"2027-01-15\" }", "#{}", "next_review", "no date and no event"),
        ("});", "    effective_from: 2026,\n});", "2026", "`effective_from` is no date"),
        ("});", "    silver_bullets: -1,\n});", "-", "`silver_bullets` is no number"),
        ("});", "    silver_bullets: 1.5,\n});", "1.5", "`silver_bullets` is no number"),
        ("});", "    thaw_tax: \"half\",\n});", "\"half\"", "`thaw_tax` is no number of days"),
        ("});", "    notes: 1,\n});", "1", "`notes` is no map"),
    ];
    for (from, to, underlined, says) in wrong {
        assert_problem(&header(from, to), Code::PolicyPart, underlined, says);
    }
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_one() {
    assert_problem(
        &header("purpose:", "purpos: \"x\", purpose:"),
        Code::UnknownKey,
        "purpos",
        "did you mean `purpose`?",
    );
    assert_problem(
        &header("decides:", "decide: 1, decides:"),
        Code::UnknownKey,
        "decide",
        "did you mean `decides`?",
    );
    assert_problem(
        &header("});", "    colour: 1,\n});"),
        Code::UnknownKey,
        "colour",
        "goes under `notes: #{ … }`",
    );
}

#[test]
fn names_in_a_header_stand_for_something() {
    let unknown = [
        ("team: \"payments\"", "team: \"payment\"", "\"payment\"", "did you mean `payments`?"),
        (
            "team: \"payments\"",
            "services: [\"ledger\", \"chekout\"]",
            "\"chekout\"",
            "did you mean `checkout`?",
        ),
        ("});", "    measures: \"prod\",\n});", "\"prod\"", "there is no environment `prod`"),
    ];
    for (from, to, underlined, says) in unknown {
        assert_problem(&header(from, to), Code::UnknownName, underlined, says);
    }
}

#[test]
fn notes_are_a_teams_own() {
    let text =
        header("});", "    notes: #{ contact: \"#ops\", tiers: [1, 2.5], on_call: #{ day: true } },\n});");
    let notes = serde_json::Value::Object(load(&text).header.notes);
    assert_eq!(
        notes,
        serde_json::json!({ "contact": "#ops", "tiers": [1, 2.5], "on_call": { "day": true } })
    );
}

#[test]
fn a_wrong_header_does_not_hide_a_wrong_condition() {
    let text = header("version: \"1.0.0\"", "version: 1").replace("remaining <= 0", "remaining <= 5");
    let found: Vec<Code> = problems(&text).iter().map(|problem| problem.code).collect();
    assert_eq!(found, [Code::PolicyPart, Code::PolicyError]);
}

#[test]
fn a_header_that_is_not_written_out_is_told_at_the_call() {
    let text = format!("let header = #{{ version: 1 }};\npolicy(header);\n{CLAUSE}");
    let problems = problems(&text);
    assert_eq!(problems.len(), 6, "{}", told(&problems));
    assert!(problems.iter().all(|problem| problem.place().expect("a place").text() == "policy"));
}

#[test]
fn the_schema_says_what_is_checked() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schemas/policy.v1.json")).expect("the schema is JSON");
    let required: BTreeSet<&str> =
        schema["required"].as_array().expect("a list").iter().filter_map(|part| part.as_str()).collect();
    let missed = problems(&format!("policy(#{{}});\n{CLAUSE}"));
    let checked: BTreeSet<&str> =
        missed.iter().filter_map(|problem| problem.message.split('`').nth(1)).collect();
    assert_eq!(checked, required);
    let keys = schema["properties"].as_object().expect("a map").keys();
    let every = keys.map(|key| format!("    {key}: (),\n")).collect::<Vec<_>>().concat();
    let refused = problems(&format!("policy(#{{\n{every}    other: 1,\n}});\n{CLAUSE}"));
    let unknown: Vec<&str> = refused
        .iter()
        .filter(|problem| problem.code == Code::UnknownKey)
        .map(|problem| problem.place().expect("a place").text())
        .collect();
    assert_eq!(unknown, ["other"], "every key of the schema is known: {}", told(&refused));
}

#[test]
fn a_role_that_has_not_agreed_is_told_and_the_policy_loads() {
    let agreed = r#"agreed_by: #{ operations: "@ola", development: "@dev", product: "@po" }"#;
    let warnings = |to: &str| {
        let (_, warnings) = try_load(&header(agreed, to)).expect("a policy");
        warnings.into_iter().map(|warning| (warning.code, warning.message)).collect::<Vec<_>>()
    };
    let message = "nobody of `development` and `product` agreed to the policy".to_owned();
    let misspelt = r#"agreed_by: #{ operatons: "@ola", development: "@dev", product: "@po", legal: "@law" }"#;
    assert_eq!(warnings(misspelt), [(Code::PolicyPart, "`operatons` is no usual role".to_owned())]);
    assert_eq!(warnings(r#"agreed_by: #{ operations: "@ola" }"#), [(Code::PolicyPart, message)]);
    assert_eq!(warnings(agreed), []);
}

#[test]
fn top_ups_name_dependencies_that_there_are() {
    let with = |text: &str| header("    purpose", &format!("    top_ups: {text},\n    purpose"));
    let top_ups =
        load(&with("#{ dependencies: [\"payment-gateway\"], provider_enacted: true }")).header.top_ups;
    let top_ups = top_ups.expect("top-ups");
    assert_eq!(
        (top_ups.dependencies.as_slice(), top_ups.provider_enacted),
        (["payment-gateway".to_owned()].as_slice(), true)
    );
    let bare = load(&with("#{ dependencies: [\"payment-gateway\"] }")).header.top_ups;
    assert!(!bare.expect("top-ups").provider_enacted);
    let unknown = with("#{ dependencies: [\"gateway\"] }");
    assert_problem(&unknown, Code::UnknownName, "\"gateway\"", "there is no dependency `gateway`");
    assert_problem(&with("#{}"), Code::PolicyPart, "top_ups", "the policy has no `top_ups.dependencies`");
    let word = with("#{ dependencies: [\"payment-gateway\"], provider_enacted: 1 }");
    assert_problem(&word, Code::PolicyPart, "1", "is neither true nor false");
}

#[test]
fn a_version_is_numbers_with_dots() {
    for good in ["2026.10", "3", "2.0.0-rc.1"] {
        let written = header("version: \"1.0.0\"", &format!("version: \"{good}\""));
        assert_eq!(load(&written).header.version, good);
    }
    for wrong in ["next", "v1.0.0", "1.0.x", "1."] {
        let written = header("version: \"1.0.0\"", &format!("version: \"{wrong}\""));
        assert_problem(
            &written,
            Code::Version,
            &format!("\"{wrong}\""),
            "is no version of a policy: write `1.0.0`",
        );
    }
}
