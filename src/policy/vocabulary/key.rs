//! The keys of a policy's header as `schemas/policy.v1.json` describes them.
//!
//! What is checked stands in the schema, and what is said of a key is read from it: nothing about a key is written down
//! a second time.

use std::sync::LazyLock;

use serde_json::Value;

/// One key of the map that `policy(...)` is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The keys that lead to it, joined by dots: `escalation.decides`.
    pub path: String,
    /// Its type with its range, in words.
    pub kind: String,
    /// Whether it must be there wherever what holds it is.
    pub required: bool,
    /// What it is, as a sentence.
    pub about: String,
    /// The key with a value, as a policy writes it.
    pub form: String,
}

impl Key {
    /// Its own name, without those that lead to it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }
}

/// The schema; nothing where it is none, which a test forbids.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../schemas/policy.v1.json")).unwrap_or(Value::Null)
});

/// The keys, read once.
static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let mut keys = Vec::new();
    read(&SCHEMA, "", &mut keys);
    keys
});

/// All keys, each before those inside it.
#[must_use]
pub fn keys() -> &'static [Key] {
    &KEYS
}

/// Reads the properties of a rule.
fn read(rule: &Value, above: &str, keys: &mut Vec<Key>) {
    let required = |name: &str| {
        rule["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
    };
    for (name, part) in rule["properties"].as_object().into_iter().flatten() {
        let path = format!("{above}{name}");
        keys.push(Key {
            kind: kind(part),
            required: required(name),
            about: part["description"].as_str().unwrap_or_default().to_owned(),
            form: format!("{name}: {}", written(&example(part))),
            path: path.clone(),
        });
        read(part, &format!("{path}."), keys);
    }
}

/// A rule, or the one that it refers to.
fn followed(rule: &Value) -> &Value {
    let target =
        rule["$ref"].as_str().and_then(|reference| SCHEMA.pointer(reference.trim_start_matches('#')));
    target.unwrap_or(rule)
}

/// A rule's type with its range, in words.
fn kind(rule: &Value) -> String {
    if rule["$ref"].as_str().is_some_and(|reference| reference.ends_with("/date")) {
        return "date".to_owned();
    }
    let word = match followed(rule)["type"].as_str() {
        Some("string") => "text",
        Some("array") => "list of texts",
        Some("object") => "map",
        Some("boolean") => "true or false",
        Some(other) => other,
        None if rule["const"] == true => "true",
        None => "value",
    };
    match (rule["minimum"].as_i64(), rule["maximum"].as_i64()) {
        (Some(least), Some(most)) => format!("{word} from {least} to {most}"),
        _ => word.to_owned(),
    }
}

/// A value that fits a rule: its own example, or those of what must be inside it.
fn example(rule: &Value) -> Value {
    if let Some(own) = rule["examples"].get(0) {
        return own.clone();
    }
    let parts = rule["properties"].as_object().into_iter().flatten();
    let alternatives = rule["oneOf"].get(0).map(|first| &first["required"]);
    let wanted = alternatives.unwrap_or(&rule["required"]).as_array();
    let inside = parts.filter(|(name, _)| {
        wanted.is_none_or(|wanted| wanted.iter().any(|required| required == name.as_str()))
    });
    Value::Object(inside.map(|(name, part)| (name.clone(), example(part))).collect())
}

/// A value as a policy writes it.
fn written(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let parts: Vec<String> =
                map.iter().map(|(name, part)| format!("{name}: {}", written(part))).collect();
            format!("#{{ {} }}", parts.join(", "))
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::policy::{Names, Policy};

    #[test]
    fn every_key_says_what_it_is_and_how_it_is_written() {
        for key in keys() {
            assert!(!key.about.is_empty(), "{} has no description", key.path);
            assert!(!key.form.ends_with("#{  }"), "{} has no example", key.path);
            assert!(key.about.ends_with('.'), "{}: {}", key.path, key.about);
        }
        let forms: Vec<&str> = keys().iter().map(|key| key.form.as_str()).collect();
        assert!(forms.contains(&"scope: #{ team: \"payments\" }"), "{forms:?}");
        assert!(forms.contains(&"next_review: #{ on: \"2027-01-15\", or_after: \"a priority 1 incident\" }"));
        assert!(keys().iter().any(|key| key.path == "escalation.decides" && key.kind == "list of texts"));
    }

    #[test]
    fn the_examples_of_all_keys_make_a_header() {
        let outermost = keys().iter().filter(|key| !key.path.contains('.'));
        let header: Vec<&str> = outermost.map(|key| key.form.as_str()).collect();
        let text = format!(
            "policy(#{{ {} }});\nclause(\"c\", \"C\").when(|budget| budget.remaining <= 0).then(warn(\"w\"));",
            header.join(",\n")
        );
        let names = Names {
            teams: vec!["payments".to_owned()],
            environments: vec!["production".to_owned()],
            dependencies: vec!["payment-gateway".to_owned()],
            step: 300,
            ..Names::default()
        };
        let loaded = Policy::load(&SourceText::new("p.rhai", text.clone()), &names);
        assert!(loaded.is_ok(), "{text}\n{:?}", loaded.err());
    }
}
