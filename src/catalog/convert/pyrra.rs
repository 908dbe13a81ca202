//! Pyrra to OpenSLO v1: one SLO for each resource, with the service that it is about in its own words.

use serde_json::Value;

use super::super::Found;
use super::super::annotation::PREFIX;
use super::super::pyrra::{self, SERVICE};
use super::draft::{self, Metadata};
use super::keys::Keys;
use super::sloth::{resource, unsaid};
use super::tally::Tally;
use crate::document::Part;

/// What the annotations and the metrics of this dialect are called.
const NAME: &str = "pyrra";

/// The SLO of a resource.
pub(super) fn slo(part: Part<'_>, tally: &mut Tally<'_>) -> Option<Value> {
    let made = read(part, tally);
    if made.is_none() {
        tally.problems.push(unsaid(part));
    }
    made
}

/// The same, where it can be said.
fn read(part: Part<'_>, tally: &mut Tally<'_>) -> Option<Value> {
    let mut found = Found::default();
    pyrra::slo(part, tally.settings, &mut found, &mut Vec::new());
    let slo = found.slos.pop()?;
    let mut outer = Keys::of(Some(part));
    outer.drop_all(&["apiVersion", "kind", "status"]);
    let mut metadata = Metadata::default();
    resource(&mut outer, NAME, &mut metadata, tally);
    // The name stands in the document itself, and so does the service.
    metadata.name = Some(Value::from(slo.name.as_str()));
    let name = format!("{NAME}.slogate.dev/metadata.name");
    metadata.annotations.retain(|key, _| *key != name && key.strip_prefix(PREFIX) != Some(SERVICE));
    tally.kept.remove(&name);
    let mut spec = Keys::of(outer.take("spec"));
    outer.end(&mut tally.problems);
    let description = tally.described(&mut metadata.annotations, NAME, spec.take("description"));
    let window = spec.take("window").and_then(Part::text);
    let target = spec.take("target").and_then(Part::text)?;
    let percent = draft::number(target).or_else(|| {
        let share = super::super::target::decimal(target)?;
        draft::number(&share.normalize().to_string())
    })?;
    let measured = draft::measured(&slo.indicator, spec.take("indicator")?, NAME, tally)?;
    for (key, part) in spec.rest() {
        tally.keep(&mut metadata.annotations, NAME, key, part);
    }
    let duration = draft::duration(slo.period, window)?;
    Some(draft::Slo { metadata, description, service: slo.service, measured, duration, percent }.value())
}
