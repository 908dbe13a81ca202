//! What is found on the way: what is told, what is kept in annotations, and the data sources that are needed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::target;
use super::draft;
use crate::diagnostic::{Code, Diagnostic, SourceText};
use crate::document::{self, Document, Part};
use crate::settings::Settings;

/// The most characters of a description.
const LONGEST: usize = 1_050;

/// What is found on the way.
pub(super) struct Tally<'a> {
    /// The settings, which declare every service.
    pub(super) settings: &'a Settings,
    /// What is told.
    pub(super) problems: Vec<Diagnostic>,
    /// The annotations that were made for one file.
    pub(super) kept: BTreeSet<String>,
    /// The data sources.
    pub(super) sources: Sources,
}

impl<'a> Tally<'a> {
    /// Nothing yet, of some files.
    pub(super) fn new(settings: &'a Settings, files: &[(&SourceText, Vec<Document>)]) -> Self {
        Self { settings, problems: Vec::new(), kept: BTreeSet::new(), sources: Sources::of(files) }
    }

    /// A value as it is, with all its digits or a warning.
    pub(super) fn copied(&mut self, part: Part<'_>) -> Value {
        if part.is_map() {
            let entries = part.entries().map(|(key, part)| (key.to_owned(), self.copied(part)));
            return Value::Object(entries.collect());
        }
        if part.is_list() {
            return part.items().map(|part| self.copied(part)).collect();
        }
        let value = part.value();
        if let Some(text) = part.number() {
            // Other notations than the decimal one are whole numbers.
            let whole = ["0x", "0o"].iter().any(|notation| text.starts_with(notation));
            let exact = |written: String| whole || target::decimal(&written) == target::decimal(text);
            if !value.as_number().map(ToString::to_string).is_some_and(exact) {
                let problem = Diagnostic::warning(
                    Code::NotConverted,
                    format!("the number `{text}` cannot be written with all its digits"),
                );
                let help = "write it with fewer digits, or as a text in quotes";
                self.problems.push(problem.at(part.place(), "rounded").help(help));
            }
        }
        value
    }

    /// Keeps what version 1 has no words for, as an annotation that is called after its dialect and its key.
    pub(super) fn keep(
        &mut self,
        annotations: &mut Map<String, Value>,
        dialect: &str,
        key: &str,
        part: Part<'_>,
    ) {
        let value = match self.copied(part) {
            Value::Null => return,
            Value::String(text) if text.is_empty() => return,
            Value::String(text) => text,
            Value::Bool(value) => value.to_string(),
            Value::Number(_) => part.number().unwrap_or_default().to_owned(),
            Value::Array(items) if items.is_empty() => return,
            Value::Object(entries) if entries.is_empty() => return,
            value @ (Value::Array(_) | Value::Object(_)) => match document::write(&[value]) {
                Ok(text) => text,
                Err(_) => return self.lose(part, key),
            },
        };
        let name = format!("{dialect}.slogate.dev/{key}");
        if annotations.contains_key(&name) {
            return self.lose(part, key);
        }
        self.kept.insert(name.clone());
        annotations.insert(name, Value::from(value));
    }

    /// Tells what is lost.
    fn lose(&mut self, part: Part<'_>, key: &str) {
        let problem = Diagnostic::warning(Code::NotConverted, format!("OpenSLO v1 has no words for `{key}`"));
        let help = "take it out, or move what it says to a description or an annotation";
        self.problems.push(problem.at(part.key_place(), "not written").help(help));
    }

    /// A description, where it is one that version 1 can hold; a longer one is kept as an annotation.
    pub(super) fn described(
        &mut self,
        annotations: &mut Map<String, Value>,
        dialect: &str,
        part: Option<Part<'_>>,
    ) -> Option<Value> {
        let part = part?;
        let text = part.text().filter(|text| !text.is_empty())?;
        if text.chars().count() > LONGEST {
            self.keep(annotations, dialect, "description", part);
            return None;
        }
        Some(Value::from(text))
    }
}

/// The data sources of all files.
pub(super) struct Sources {
    /// Names, and what they stand for: the `spec` of a data source. Those of other documents come without their details.
    named: BTreeMap<String, Value>,
    /// Documents that no file has yet.
    new: Vec<Value>,
}

impl Sources {
    /// Those that the files declare.
    fn of(files: &[(&SourceText, Vec<Document>)]) -> Self {
        let mut named = BTreeMap::new();
        for part in files.iter().flat_map(|(_, own)| own).flat_map(|one| super::entries(one.root())) {
            if part.get("kind").and_then(Part::text) != Some("DataSource") {
                continue;
            }
            if let (Some(name), Some(spec)) =
                (part.at("/metadata/name").and_then(Part::text), part.get("spec"))
            {
                named.insert(name.to_owned(), spec.value());
            }
        }
        Self { named, new: Vec::new() }
    }

    /// The name of a data source of one kind without details, called after it; none where the name is taken by another
    /// kind, or is none.
    pub(super) fn of_kind(&mut self, kind: &str) -> Option<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let ends = |c: char| c.is_ascii_alphanumeric();
        if kind.len() > 253 || !kind.chars().all(plain) || !kind.starts_with(ends) || !kind.ends_with(ends) {
            return None;
        }
        let there = self.named.get(kind);
        let same = |spec: &Value| {
            spec.get("type").and_then(Value::as_str).is_some_and(|there| there.eq_ignore_ascii_case(kind))
        };
        match there {
            Some(spec) if !same(spec) => return None,
            Some(_) => {}
            None => self.declare(kind, json!({ "type": kind })),
        }
        Some(kind.to_owned())
    }

    /// The name of a data source with all that is said of it.
    pub(super) fn described(&mut self, spec: &Value) -> String {
        let kind = spec.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let stem: String = kind.chars().map(kept).collect();
        let stem = match stem.trim_matches('-') {
            "" => "source",
            stem => stem,
        };
        let mut name = stem.to_owned();
        let mut number = 1;
        while let Some(there) = self.named.get(&name) {
            if there == spec {
                return name;
            }
            number += 1;
            name = format!("{stem}-{number}");
        }
        self.declare(&name, spec.clone());
        name
    }

    /// A data source that there was not.
    fn declare(&mut self, name: &str, spec: Value) {
        self.named.insert(name.to_owned(), spec.clone());
        self.new.push(draft::document("DataSource", json!({ "name": name }), spec));
    }

    /// The documents that no file has yet.
    pub(super) fn take_new(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.new)
    }
}
