//! Sloth to OpenSLO v1: an SLO for each of a definition's, with the period that the settings say.
//!
//! Its alerts hold when two burn rates of two windows hold, in two pairs; an alert condition of version 1 has one burn
//! rate and one window. So they are kept as annotations and never rewritten into something near.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::sloth::{self, Form};
use super::super::{Found, Slo};
use super::draft::{self, Metadata};
use super::keys::Keys;
use super::tally::Tally;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

/// What the annotations and the metrics of this dialect are called.
const NAME: &str = "sloth";

/// Keys of a resource that Kubernetes writes, and nobody else.
pub(super) const WRITTEN_BY_KUBERNETES: [&str; 7] = [
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// The SLOs of a definition.
pub(super) fn slos(part: Part<'_>, form: Form, tally: &mut Tally<'_>) -> Vec<Value> {
    let mut found = Found::default();
    sloth::slos(part, form, tally.settings, &mut found, &mut Vec::new());
    let model: BTreeMap<usize, Slo> = found.slos.into_iter().map(|slo| (slo.place.span.start, slo)).collect();
    let mut common = Metadata::default();
    let mut root = Keys::of(Some(part));
    if form == Form::Resource {
        let mut outer = std::mem::replace(&mut root, Keys::of(part.get("spec")));
        outer.drop_all(&["apiVersion", "kind", "spec", "status"]);
        resource(&mut outer, NAME, &mut common, tally);
        outer.end(&mut tally.problems);
    }
    root.drop_all(&["version", "service"]);
    let own = labels(root.take("labels"), tally);
    overlay(&mut common, own, "metadata.labels", tally);
    for key in ["slo_plugins", "sloPlugins"] {
        if let Some(plugins) = root.take(key) {
            tally.keep(&mut common.annotations, NAME, key, plugins);
        }
    }
    let items = root.take("slos");
    root.end(&mut tally.problems);
    let mut made = Vec::new();
    for item in items.into_iter().flat_map(Part::items) {
        let begins = item.get("name").map(|name| name.place().span.start);
        match begins
            .and_then(|begins| model.get(&begins))
            .and_then(|slo| self::slo(slo, item, &common, tally))
        {
            Some(value) => made.push(value),
            None => tally.problems.push(unsaid(item)),
        }
    }
    made
}

/// One SLO.
fn slo(slo: &Slo, item: Part<'_>, common: &Metadata, tally: &mut Tally<'_>) -> Option<Value> {
    let mut keys = Keys::of(Some(item));
    let mut metadata = Metadata {
        name: Some(Value::from(slo.name.as_str())),
        display: None,
        labels: common.labels.clone(),
        annotations: common.annotations.clone(),
    };
    keys.drop_all(&["name"]);
    let own = labels(keys.take("labels"), tally);
    overlay(&mut metadata, own, "labels", tally);
    let description = tally.described(&mut metadata.annotations, NAME, keys.take("description"));
    for key in ["plugins", "alerting"] {
        if let Some(part) = keys.take(key) {
            tally.keep(&mut metadata.annotations, NAME, key, part);
        }
    }
    let percent = tally.copied(keys.take("objective")?);
    let measured = draft::measured(&slo.indicator, keys.take("sli")?, NAME, tally)?;
    keys.end(&mut tally.problems);
    let duration = draft::duration(slo.period, None)?;
    let service = slo.service.clone();
    Some(draft::Slo { metadata, description, service, measured, duration, percent }.value())
}

/// What Kubernetes knows of a resource: its labels and annotations, and the rest as annotations.
pub(super) fn resource(outer: &mut Keys<'_>, dialect: &str, into: &mut Metadata, tally: &mut Tally<'_>) {
    let mut keys = Keys::of(outer.take("metadata"));
    keys.drop_all(&WRITTEN_BY_KUBERNETES);
    into.labels = labels(keys.take("labels"), tally);
    into.annotations = labels(keys.take("annotations"), tally);
    let mut kept = Map::new();
    for (key, part) in keys.rest() {
        tally.keep(&mut kept, dialect, &format!("metadata.{key}"), part);
    }
    into.annotations.extend(kept);
}

/// Names and texts.
fn labels(part: Option<Part<'_>>, tally: &mut Tally<'_>) -> Map<String, Value> {
    let entries = part.into_iter().flat_map(Part::entries);
    entries.map(|(key, part)| (key.to_owned(), tally.copied(part))).collect()
}

/// Lays labels over those that stand further out, as Sloth does; one that gives way is kept, under the key that it had.
fn overlay(metadata: &mut Metadata, own: Map<String, Value>, outer: &str, tally: &mut Tally<'_>) {
    for (key, value) in own {
        if let Some(Value::String(under)) = metadata.labels.insert(key.clone(), value.clone())
            && value.as_str() != Some(under.as_str())
        {
            let name = format!("{NAME}.slogate.dev/{outer}.{key}");
            tally.kept.insert(name.clone());
            metadata.annotations.insert(name, Value::from(under));
        }
    }
}

/// An SLO that version 1 cannot say.
pub(super) fn unsaid(part: Part<'_>) -> Diagnostic {
    Diagnostic::error(Code::NotConverted, "this SLO cannot be said in the terms of OpenSLO v1")
        .at(part.key_place(), "not converted")
        .help("write a period of whole minutes; if it has one, report this as a bug, with the file")
}
