//! One schema for the SLO files of every dialect, for editors: they are told one schema for a directory, and each
//! document in it says of itself what it is.
//!
//! It is made of the dialects' own schemas, held to one set of rules, and discriminates as the catalog does: by the
//! value of `apiVersion` or `version`. Lists are held to it entry by entry, and a document of no dialect is left alone.

use serde_json::{Map, Value, json};

use super::schema::{RuleSet, Schema};

/// The schemas of the dialects, with the names that they have here.
const DIALECTS: [(&str, Schema); 6] = [
    ("openslo-v1", Schema::OpenSlo),
    ("openslo-v2alpha", Schema::OpenSloV2Alpha),
    ("openslo-v1alpha", Schema::OpenSloV1Alpha),
    ("sloth", Schema::Sloth),
    ("sloth-resource", Schema::SlothResource),
    ("pyrra", Schema::Pyrra),
];

/// The keys by which a document says what it is.
const MARKS: [&str; 2] = ["apiVersion", "version"];

/// What a rule keeps that is not of the set: its words, and what it says of the values inside of it.
const KEPT: [&str; 9] =
    ["title", "description", "examples", "$ref", "properties", "items", "allOf", "then", "else"];

/// The name of the file that editors are given.
pub const FILE: &str = "slo.v1.json";

/// The schema of all dialects, as text.
#[must_use]
pub fn dialects(set: RuleSet) -> String {
    let mut shared = Map::new();
    let mut told = json!({});
    let mut known = Map::new();
    // The last `else` is written first.
    for (name, schema) in DIALECTS.into_iter().rev() {
        let Ok(mut text) = serde_json::from_str::<Value>(schema.text()) else { continue };
        let Some((key, value)) = mark(&text) else { continue };
        let known = known
            .entry(key)
            .or_insert_with(|| json!({ "description": "the version of the format", "examples": [] }));
        if let Some(examples) = known.get_mut("examples").and_then(Value::as_array_mut) {
            examples.insert(0, value.clone());
        }
        let has = json!({ "type": "object", "properties": { key: { "const": value } }, "required": [key] });
        told = json!({ "if": has, "then": { "$ref": format!("#/$defs/{name}") }, "else": told });
        bring(&mut text, name, set);
        if let Some(text) = text.as_object_mut() {
            text.remove("$schema");
        }
        shared.insert(name.to_owned(), text);
    }
    let is_list = json!({
        "type": "object",
        "properties": { "kind": { "type": "string", "pattern": "List$" }, "items": { "type": "array" } },
        "required": ["kind", "items"]
    });
    let entries = json!({ "properties": { "items": { "items": { "$ref": "#/$defs/document" } } } });
    let document = json!({ "properties": known, "if": is_list, "then": entries, "else": told });
    shared.insert("document".to_owned(), document);
    let whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "SLO definitions",
        "description": "documents of OpenSLO, Sloth and Pyrra, each held to the rules of its dialect",
        "if": { "type": "array" },
        "then": { "items": { "$ref": "#/$defs/document" } },
        "else": { "$ref": "#/$defs/document" },
        "$defs": shared
    });
    format!("{whole:#}\n")
}

/// The key and the value by which a document says that it is of a schema.
fn mark(schema: &Value) -> Option<(&'static str, Value)> {
    let value = |key: &str| schema.get("properties")?.get(key)?.get("const").cloned();
    MARKS.into_iter().find_map(|key| Some((key, value(key)?)))
}

/// Makes a schema a part of another one: its references lead to it there, and only the rules of the set are left.
fn bring(rule: &mut Value, name: &str, set: RuleSet) {
    match rule {
        Value::Object(entries) => {
            let sets = entries.get("x-sets").and_then(Value::as_array);
            if sets.is_some_and(|sets| sets.iter().all(|one| one.as_str() != Some(set.as_str()))) {
                entries.retain(|key, _| KEPT.contains(&key.as_str()));
            }
            if let Some(Value::String(reference)) = entries.get_mut("$ref")
                && let Some(inside) = reference.strip_prefix('#')
            {
                *reference = format!("#/$defs/{name}{inside}");
            }
            entries.values_mut().for_each(|value| bring(value, name, set));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| bring(value, name, set)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_held_to_its_dialect_and_set_alone() {
        let of = |set| {
            let schema: Value = serde_json::from_str(&dialects(set)).expect("it is JSON");
            jsonschema::options().offline().build(&schema).expect("it compiles")
        };
        let (strict, spec) = (of(RuleSet::Strict), of(RuleSet::Spec));
        let service = |name: &str| json!({ "apiVersion": "openslo/v1", "kind": "Service", "metadata": { "name": name }, "spec": {} });
        assert!(strict.is_valid(&service("shop")) && spec.is_valid(&service("Shop")));
        assert!(!strict.is_valid(&service("Shop")));
        for (_, schema) in DIALECTS {
            let (key, value) =
                mark(&serde_json::from_str(schema.text()).expect("JSON")).expect("it is marked");
            let bare = json!({ key: value });
            assert!(!spec.is_valid(&bare), "{bare} lacks everything");
            assert!(
                !spec.is_valid(&json!([bare])) && !spec.is_valid(&json!({ "kind": "List", "items": [bare] }))
            );
        }
        for other in
            [json!({ "apiVersion": "v1", "kind": "ConfigMap" }), json!([]), json!("text"), Value::Null]
        {
            assert!(spec.is_valid(&other), "{other}");
        }
    }
}
