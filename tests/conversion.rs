//! Every definition of another dialect as OpenSLO v1: the same SLOs, and nothing of it gone.
//!
//! The definitions are those that the other tests have, and random ones. What is compared is written here, apart from the
//! proof that the product makes for itself.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends with the first surprise, and reads its files itself"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use slogate::catalog::convert::{self, Converted};
use slogate::catalog::{self, About, Slo};
use slogate::diagnostic::{Code, Diagnostic, SourceText};
use slogate::document::{self, RuleSet};
use slogate::settings::{self, Settings};

/// What a document of another dialect says of itself.
const FOREIGN: [&str; 5] =
    ["openslo/v1alpha", "openslo.com/v2alpha", "prometheus/v1", "sloth.slok.dev/v1", "pyrra.dev/v1alpha1"];

/// Settings that declare the services of a text.
fn declared(text: &str) -> Settings {
    let mut services = serde_json::Map::new();
    for document in values(text) {
        for pointer in [
            "/service",
            "/spec/service",
            "/spec/serviceRef",
            "/metadata/annotations/slogate.dev~1service",
            "/metadata/labels/pyrra.dev~1service",
            "/metadata/name",
        ] {
            let name = document.pointer(pointer).and_then(Value::as_str);
            services.extend(name.map(|name| (name.to_owned(), json!({ "paths": ["**"] }))));
        }
    }
    let environments = json!({ "production": {} });
    let text = json!({ "version": 1, "step": "1m", "services": services, "environments": environments });
    settings::load(&SourceText::new("slogate.yaml", text.to_string())).0.expect("valid settings")
}

/// The documents of a text.
fn values(text: &str) -> Vec<Value> {
    let documents = document::parse(&SourceText::new("a.yaml", text)).unwrap_or_default();
    documents.iter().map(document::Document::value).collect()
}

/// What an SLO says, without the places where it says so.
fn gist(slo: &Slo) -> String {
    // Whose rules record an SLO goes by the format that it is written in.
    let slo = &Slo { about: About { recorder: None, ..slo.about.clone() }, ..slo.clone() };
    let text = format!("{slo:?}");
    let mut parts = text.split("Place { source: SourceText(");
    let mut gist = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        gist.push_str(part.split_once(" }").map_or("", |(_, rest)| rest));
    }
    gist
}

/// The SLOs of a text without those places, and the errors.
fn read(text: &str, settings: &Settings) -> (Vec<(String, String)>, Vec<Diagnostic>) {
    let (catalog, mut problems) = catalog::load(&[SourceText::new("a.yaml", text)], settings);
    problems.retain(|one| one.is_error() && one.code != Code::NoSlo);
    (catalog.slos.iter().map(|slo| (slo.name.clone(), gist(slo))).collect(), problems)
}

/// Every scalar of a value, as text, with the way to it; what stands in a text of YAML as well.
fn scalars(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| scalars(value, &format!("{path}/{key}"), found));
        }
        Value::Array(items) => items.iter().for_each(|value| scalars(value, path, found)),
        Value::String(text) => {
            found.push((path.to_owned(), text.clone()));
            if path.contains(".slogate.dev/") {
                for value in values(text) {
                    scalars(&value, "", found);
                }
            }
        }
        Value::Number(number) => found.push((path.to_owned(), number.to_string())),
        Value::Null | Value::Bool(_) => {}
    }
}

/// True for what is said in other words (the version, a period as a unit and a count), and for what Kubernetes writes.
fn reworded(path: &str) -> bool {
    if path == "/metadata/uid" || path.starts_with("/status/") {
        return true;
    }
    let kind_of_document =
        ["/apiVersion", "/kind", "/version"].contains(&path) || path.ends_with("/apiVersion");
    kind_of_document || path.contains("/timeWindows/") || path == "/spec/window"
}

/// Converts a text alone and holds what comes out to what went in; the files that came out.
fn convert(text: &str, name: &str) -> Option<Converted> {
    let settings = declared(text);
    let (before, errors) = read(text, &settings);
    let (made, problems) = convert::convert(&[SourceText::new("a.yaml", text)], Some(&settings));
    if !errors.is_empty() {
        assert_eq!(made.files, [], "{name}: nothing comes of what is wrong");
        assert!(problems.iter().any(Diagnostic::is_error), "{name}");
        return None;
    }
    if problems.iter().any(|one| one.code == Code::NotConverted && one.is_error()) {
        assert_eq!(made.files, [], "{name}: all of a text, or nothing");
        return None;
    }
    let made =
        made.files.into_iter().next().unwrap_or_else(|| panic!("{name} is not converted: {problems:#?}"));
    let (after, errors) = read(&made.text, &settings);
    assert_eq!(errors, [], "{name}:\n{}", made.text);
    let told = problems.iter().any(|one| one.code == Code::NotConverted);
    assert_eq!(before.len(), after.len(), "{name}");
    for ((name, before), (other, after)) in before.iter().zip(&after) {
        assert_eq!(name, other);
        let unsaid = ["Plugin {", "Each {", "Histogram {"].iter().any(|word| before.contains(word));
        if unsaid {
            assert!(after.contains("Foreign {") && told, "{name}: {after}");
            let head = |text: &str| text.split("indicator: ").next().unwrap_or_default().to_owned();
            assert_eq!(head(before), head(after));
        } else {
            assert_eq!(before, after);
        }
    }
    let (mut went_in, mut came_out) = (Vec::new(), Vec::new());
    // What is of no dialect is told and stays behind.
    let marked = |value: &Value| value.get("apiVersion").or_else(|| value.get("version")).cloned();
    let dialects = FOREIGN.map(Value::from);
    for value in
        values(text).iter().filter(|value| marked(value).is_some_and(|mark| dialects.contains(&mark)))
    {
        scalars(value, "", &mut went_in);
    }
    for value in values(&made.text) {
        scalars(&value, "", &mut came_out);
    }
    for (path, text) in went_in.iter().filter(|(path, _)| !reworded(path)) {
        let there = came_out.iter().any(|(_, out)| out.contains(text.as_str()));
        assert!(there, "{name}: `{text}` at {path} is lost in\n{}", made.text);
    }
    let (again, problems) =
        convert::convert(&[SourceText::new("a.yaml", made.text.as_str())], Some(&settings));
    assert_eq!(problems, [], "{name}");
    assert!(again.files.iter().all(|file| file.unchanged && file.text == made.text), "{name}");
    Some(made)
}

/// Every YAML file below a directory.
fn files(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).expect("the directory can be listed") {
        let path = entry.expect("the directory can be listed").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.is_file() && path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            found.push((path.display().to_string(), text.expect("the file can be read")));
        }
    }
}

#[test]
fn every_definition_of_another_dialect_stays_what_it_is() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut found = Vec::new();
    files(&tests.join("definitions"), &mut found);
    files(&tests.join("cases"), &mut found);
    let companions =
        found.iter().find(|(name, _)| name.ends_with("companions.yaml")).expect("they are there");
    let companions: Vec<&str> = companions.1.split("---\n").filter(|one| one.contains("v2alpha")).collect();
    let companions = companions.join("---\n");
    let (mut held, mut dialects) = (0, BTreeSet::new());
    for (name, text) in &found {
        let marks: Vec<&str> = FOREIGN.into_iter().filter(|mark| text.contains(mark)).collect();
        if marks.is_empty() || name.ends_with("companions.yaml") {
            continue;
        }
        let whole = if name.contains("/definitions/v2alpha") {
            format!("{text}---\n{companions}")
        } else {
            text.clone()
        };
        let Some(made) = convert(&whole, name) else { continue };
        // Upper-case names are the one thing that version 1 allows and its strictest rules refuse.
        let upper = made.rules == Some(RuleSet::Spec) && made.broken.iter().eq(["dns-label"]);
        assert!(made.rules == Some(RuleSet::Strict) || upper, "{name}: {:?}", made.broken);
        held += 1;
        dialects.extend(marks);
    }
    assert_eq!(dialects.len(), FOREIGN.len(), "{dialects:?}");
    assert!(held >= 12, "only {held} files were held to what they were");
}

/// Texts that a careless writer of YAML makes something else of.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[ -~]{1,40}",
        "\\PC{1,20}",
        Just("yes".to_owned()),
        Just("1.50".to_owned()),
        Just("~".to_owned()),
        Just("first\n  second\n".to_owned()),
        Just("\tfirst\r\n\n\nsecond".to_owned()),
        Just(" - a: b # c".to_owned()),
    ]
}

/// Some labels.
fn labels() -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a-z]{1,6}", text(), 0..4).prop_map(|labels| json!(labels))
}

/// A percentage with up to three digits behind the point.
fn percentage() -> impl Strategy<Value = Value> {
    (1_000_u32..99_999).prop_map(|thousandths| json!(f64::from(thousandths) / 1000.0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn whatever_sloth_says_is_said_again(
        (outer, inner, alerts) in (labels(), labels(), labels()),
        (bad, total, about) in (text(), text(), text()),
        objective in percentage(),
        resource in any::<bool>(),
    ) {
        let [errors, all, page] = if resource {
            ["errorQuery", "totalQuery", "pageAlert"]
        } else {
            ["error_query", "total_query", "page_alert"]
        };
        let slos = json!([{
            "name": "answers", "objective": objective, "description": about, "labels": inner,
            "sli": { "events": { errors: bad, all: total } },
            "alerting": { "name": about, "labels": alerts, page: { "annotations": alerts } },
        }]);
        let text = if resource {
            json!({
                "apiVersion": "sloth.slok.dev/v1", "kind": "PrometheusServiceLevel",
                "metadata": { "name": "depot", "namespace": about, "labels": alerts, "annotations": inner },
                "spec": { "service": "depot", "labels": outer, "slos": slos },
            })
        } else {
            json!({ "version": "prometheus/v1", "service": "depot", "labels": outer, "slos": slos })
        };
        let made = convert(&text.to_string(), "a definition of Sloth");
        prop_assert!(made.is_some() || bad.trim() == total.trim());
    }

    #[test]
    fn whatever_pyrra_says_is_said_again(
        (labels, notes) in (labels(), labels()),
        (part, total, about) in (text(), text(), text()),
        objective in percentage(),
        kind in 0..4,
        grouped in any::<bool>(),
    ) {
        let metric = |text: &str| json!({ "metric": text });
        let mut inner = match kind {
            0 => json!({ "errors": metric(&part), "total": metric(&total) }),
            1 => json!({ "success": metric(&part), "total": metric(&total) }),
            2 => json!({ "latency": "400ms", "total": metric(&total) }),
            _ => metric(&part),
        };
        if grouped {
            inner["grouping"] = json!(["job", "gate"]);
        }
        let name = ["ratio", "latency", "latencyNative", "bool_gauge"][usize::try_from(kind).expect("small")];
        let text = json!({
            "apiVersion": "pyrra.dev/v1alpha1", "kind": "ServiceLevelObjective",
            "metadata": { "name": "depot", "namespace": about, "labels": labels, "annotations": notes },
            "spec": {
                "description": about, "target": objective.to_string(), "window": "1w3d",
                "indicator": { name: inner }, "alerting": { "name": about },
            },
        });
        let made = convert(&text.to_string(), "a resource of Pyrra");
        prop_assert!(made.is_some() || part.trim() == total.trim());
    }
}
