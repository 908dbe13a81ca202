//! What a report records of a policy's facts comes back as it was in a test that names the report.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::diagnostic::SourceText;
use crate::policy::trial::given::{Argument, FACTS, Given, Notation};
use crate::policy::trial::{self, Case};
use crate::policy::{Evidence, Names, Policy, Subject, vocabulary};

/// The settings' names when the report is read: the service was in another phase and tier then.
fn names() -> Names {
    let of_services = |now: &str, then: &str| {
        BTreeMap::from([("shop", now), ("other", then)].map(|(a, b)| (a.to_owned(), b.to_owned())))
    };
    Names {
        environments: vec!["production".to_owned()],
        services: vec!["shop".to_owned(), "other".to_owned()],
        teams: vec!["shop".to_owned()],
        dependencies: vec!["dependency".to_owned()],
        signals: vec!["cpu".to_owned()],
        phases: of_services("ga", "beta"),
        tiers: of_services("critical", "minor"),
        step: 300,
        ..Names::default()
    }
}

fn subject() -> Subject {
    let text = str::to_owned;
    Subject {
        slo: text("availability"),
        service: text("shop"),
        environment: text("production"),
        phase: Some(text("beta")),
        tier: Some(text("minor")),
    }
}

/// A policy that has a clause for each fact that there is.
fn policy() -> Policy {
    let mut text = r#"policy(#{
        version: "1.0.0", scope: #{ team: "shop" }, purpose: "p", escalation: #{ decides: ["@vp"], how: "soon" },
        agreed_by: #{ product: "@po" }, next_review: #{ on: "2027-01-15" },
    });"#
        .to_owned();
    for (index, fact) in vocabulary::FACTS.iter().enumerate() {
        let asks = match (fact.kind(), fact.name()) {
            ("ratio", _) => " >= percent(50)",
            ("rate" | "count", _) => " > 2",
            ("time", _) => r#" <= "3d""#,
            ("bool", _) => "",
            (_, "phase") => r#" == "beta""#,
            (_, "tier") => r#" == "minor""#,
            (_, "service") => r#" == "shop""#,
            (_, "environment") => r#" == "production""#,
            _ => r#" != "latency""#,
        };
        let form = fact.form;
        writeln!(text, "clause(\"c{index}\", \"C\").when(|budget| {form}{asks}).then(postmortem());")
            .expect("a text grows");
    }
    let loaded = Policy::load(&SourceText::new("shop.rhai", text), &names());
    loaded.unwrap_or_else(|problems| panic!("{problems:?}")).0
}

/// A number of a fact that is given in this notation.
fn written(notation: Notation) -> BoxedStrategy<Decimal> {
    match notation {
        Notation::Share => (-99_999_i64..99_999).prop_map(|number| Decimal::new(number, 5)).boxed(),
        Notation::Multiple => (0_i64..9_999_999).prop_map(|number| Decimal::new(number, 4)).boxed(),
        Notation::Count => (0_i64..999_999_999_999).prop_map(Decimal::from).boxed(),
        Notation::Time => prop_oneof![(0_i64..9_999_999).prop_map(Decimal::from), Just(Decimal::MAX)].boxed(),
        Notation::Truth => (0_i64..=1).prop_map(Decimal::from).boxed(),
        Notation::Priority => (1_i64..=6).prop_map(Decimal::from).boxed(),
    }
}

/// Some facts: of those of the table each with a number, or none.
fn facts() -> impl Strategy<Value = Given> {
    let each: Vec<_> =
        FACTS.iter().map(|(_, _, notation)| prop::option::weighted(0.8, written(*notation))).collect();
    each.prop_map(|numbers| {
        let mut given = Given::new(300);
        for ((fact, argument, _), number) in FACTS.iter().zip(numbers) {
            let arguments: &[&str] = match argument {
                Argument::None => &[""],
                Argument::Window => &["300", "3600", "86400"],
                Argument::Name => &["dependency", "cpu", "network"],
            };
            let Some(number) = number else { continue };
            for argument in arguments {
                given.insert(fact, argument, number);
            }
        }
        given
    })
}

/// A report of one ruling a clause.
fn report(read: &[Vec<Evidence>]) -> String {
    let rulings = read.iter().enumerate().map(|(index, read)| {
        json!({
            "policy": "shop", "clause": format!("c{index}"), "title": "C", "service": "shop", "slo": "availability",
            "environment": "production", "state": "idle", "effect": "proceed", "stated": "proceed", "excepted": false,
            "mode": "enforce", "at": { "file": "shop.rhai", "line": 1 }, "since": null, "since_at_least": false,
            "thaws_at": null, "evidence": read.iter().map(evidence).collect::<Vec<_>>(), "thaw_evidence": [],
            "obstacle": null, "consequences": [],
        })
    });
    json!({
        "version": 1,
        "verdict": {
            "effect": "proceed", "exit": 0, "exit_name": "proceed", "environment": "production", "mode": "enforce",
            "evaluated_at": null, "valid_until": null,
        },
        "change": { "class": null, "rollout": "full", "base": null, "head": null, "services": [] },
        "source": { "description": null, "judged_at": null },
        "policies": [], "budgets": [], "rulings": rulings.collect::<Vec<_>>(), "problems": [], "notes": [],
    })
    .to_string()
}

/// The only case of a test that names a report.
fn case(policy: &Policy, report: &str) -> Case {
    let text = "version: 1\ncases:\n- { note: n, given: { report: r.json }, want: { effect: proceed } }\n";
    let files = |path: &str| Ok((path == "r.json").then(|| report.as_bytes().to_vec()));
    let covered = ["other".to_owned()];
    let cases = trial::load(&SourceText::new("shop.test.yaml", text), policy, &names(), &covered, &files);
    cases.unwrap_or_else(|problems| panic!("{problems:?}")).pop().expect("a case")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_fact_comes_back_as_it_was(given in facts()) {
        let (policy, given) = (policy(), Arc::new(given));
        let asked = policy.clauses.iter().filter_map(|clause| clause.when.as_ref());
        let read: Vec<Vec<Evidence>> =
            asked.map(|when| policy.test_given(when, &subject(), &given).evidence).collect();
        prop_assert!(read.iter().all(|read| !read.is_empty()));
        let moments = trial::run(&case(&policy, &report(&read)), &policy, &[], 0, |_, _, _| "proceed");
        let again: Vec<Vec<Evidence>> =
            moments[0].rulings.iter().map(|ruling| ruling.evidence.clone()).collect();
        prop_assert_eq!(again, read);
    }
}

#[test]
fn the_schemas_of_reports_know_every_kind_of_gap() {
    /// The lists of kinds in a schema, wherever they stand.
    fn kinds(schema: &Json, found: &mut Vec<Vec<String>>) {
        if let Some(list) = schema.get("enum").and_then(Json::as_array) {
            let words: Vec<String> = list.iter().filter_map(Json::as_str).map(str::to_owned).collect();
            found.extend(words.contains(&"no_data".to_owned()).then_some(words));
        }
        let own = schema.as_object().into_iter().flat_map(|object| object.values());
        own.chain(schema.as_array().into_iter().flatten()).for_each(|part| kinds(part, found));
    }
    let all: Vec<&str> = crate::budget::gap::specimens().iter().map(Gap::kind).collect();
    for text in
        [include_str!("../../../schemas/report.v1.json"), include_str!("../../../schemas/budgets.v1.json")]
    {
        let mut found = Vec::new();
        kinds(&serde_json::from_str(text).expect("JSON"), &mut found);
        assert!(!found.is_empty());
        assert!(found.iter().all(|kinds| *kinds == all), "{found:?}");
    }
}
