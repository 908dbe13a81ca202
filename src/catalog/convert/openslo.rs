//! The drafts of OpenSLO to version 1: the same ideas under other keys.
//!
//! The draft of version 2 only calls some things otherwise. In v1alpha a ratio belongs to each objective, where version 1
//! has one indicator for all of them: objectives that measure different things are refused, because version 1 takes
//! objectives with indicators of their own for the parts of one budget.

use serde_json::{Map, Value, json};

use super::draft::{self, Metadata, mapping};
use super::keys::Keys;
use super::tally::Tally;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

/// What the annotations of v1alpha are called.
const V1ALPHA: &str = "v1alpha";
/// What the annotations of v2alpha are called.
const V2ALPHA: &str = "v2alpha";

/// The documents that a document of v2alpha becomes.
pub(super) fn v2alpha(part: Part<'_>, tally: &mut Tally<'_>) -> Vec<Value> {
    let mut root = Keys::of(Some(part));
    root.drop_all(&["apiVersion", "kind"]);
    let kind = part.get("kind").and_then(Part::text).unwrap_or_default();
    let mut above = metadata(root.take("metadata"), tally);
    let spec = root.take("spec");
    root.end(&mut tally.problems);
    let spec = match (kind, spec) {
        ("SLO", Some(spec)) => slo(spec, tally),
        ("SLI", Some(spec)) => indicator(spec, tally),
        ("DataSource", Some(spec)) => source(spec, &mut above, tally),
        (_, Some(spec)) => renamed(tally.copied(spec)),
        (_, None) => json!({}),
    };
    vec![draft::document(kind, above.value(), spec)]
}

/// What stands above the `spec` of a document.
fn metadata(part: Option<Part<'_>>, tally: &mut Tally<'_>) -> Metadata {
    let mut keys = Keys::of(part);
    let mut entries = |part: Option<Part<'_>>| -> Map<String, Value> {
        let entries = part.into_iter().flat_map(Part::entries);
        entries.map(|(key, part)| (key.to_owned(), tally.copied(part))).collect()
    };
    let metadata = Metadata {
        labels: entries(keys.take("labels")),
        annotations: entries(keys.take("annotations")),
        name: keys.take("name").map(Part::value),
        display: keys.take("displayName").map(Part::value),
    };
    keys.end(&mut tally.problems);
    metadata
}

/// The `spec` of an SLO of v2alpha.
fn slo(part: Part<'_>, tally: &mut Tally<'_>) -> Value {
    let mut keys = Keys::of(Some(part));
    let service = keys.take("service").or_else(|| keys.take("serviceRef"));
    let inline = keys.take("sli").map(|part| inline(part, tally));
    let objectives = keys.take("objectives").into_iter().flat_map(Part::items);
    let objectives: Vec<Value> = objectives.map(|part| objective(part, tally)).collect();
    let spec = mapping([
        ("description", keys.take("description").map(|part| tally.copied(part))),
        ("service", service.map(Part::value)),
        ("indicator", inline),
        ("indicatorRef", keys.take("sliRef").map(Part::value)),
        ("timeWindow", keys.take("timeWindow").map(|part| tally.copied(part))),
        ("budgetingMethod", keys.take("budgetingMethod").map(Part::value)),
        ("objectives", Some(Value::Array(objectives))),
        ("alertPolicies", keys.take("alertPolicies").map(|part| renamed(tally.copied(part)))),
    ]);
    keys.end(&mut tally.problems);
    spec
}

/// An indicator that is written where it is used.
fn inline(part: Part<'_>, tally: &mut Tally<'_>) -> Value {
    let mut keys = Keys::of(Some(part));
    let above = keys.take("metadata").map(|part| metadata(Some(part), tally).value());
    let value =
        mapping([("metadata", above), ("spec", keys.take("spec").map(|part| indicator(part, tally)))]);
    keys.end(&mut tally.problems);
    value
}

/// An objective of v2alpha.
fn objective(part: Part<'_>, tally: &mut Tally<'_>) -> Value {
    let mut keys = Keys::of(Some(part));
    let inline = keys.take("sli").map(|part| inline(part, tally));
    let mut copied = |key: &str| keys.take(key).map(|part| tally.copied(part));
    let value = mapping([
        ("displayName", copied("displayName")),
        ("op", copied("op")),
        ("value", copied("value")),
        ("target", copied("target")),
        ("targetPercent", copied("targetPercent")),
        ("timeSliceTarget", copied("timeSliceTarget")),
        ("timeSliceWindow", copied("timeSliceWindow")),
        ("indicator", inline),
        ("indicatorRef", copied("sliRef")),
        ("compositeWeight", copied("compositeWeight")),
    ]);
    keys.end(&mut tally.problems);
    value
}

/// The `spec` of an SLI of v2alpha.
fn indicator(part: Part<'_>, tally: &mut Tally<'_>) -> Value {
    let mut keys = Keys::of(Some(part));
    let ratio = keys.take("ratioMetric").map(|part| {
        let mut keys = Keys::of(Some(part));
        let counter = keys.take("counter").map(Part::value);
        let [good, bad, total] =
            ["good", "bad", "total"].map(|key| keys.take(key).map(|part| metric(part, tally)));
        let ratio = mapping([
            ("counter", counter),
            ("good", good),
            ("bad", bad),
            ("total", total),
            ("rawType", keys.take("rawType").map(Part::value)),
            ("raw", keys.take("raw").map(|part| metric(part, tally))),
        ]);
        keys.end(&mut tally.problems);
        ratio
    });
    let spec = mapping([
        ("description", keys.take("description").map(|part| tally.copied(part))),
        ("ratioMetric", ratio),
        ("thresholdMetric", keys.take("thresholdMetric").map(|part| metric(part, tally))),
    ]);
    keys.end(&mut tally.problems);
    spec
}

/// A metric of v2alpha. A source that is described where it is used, and not by its kind alone, becomes a document.
fn metric(part: Part<'_>, tally: &mut Tally<'_>) -> Value {
    let mut keys = Keys::of(Some(part));
    let mut reference = keys.take("dataSourceRef").map(Part::value);
    let mut kind = None;
    if let Some(inline) = keys.take("dataSourceSpec") {
        let mut ignored = Metadata::default();
        let spec = source(inline, &mut ignored, tally);
        let more = spec.as_object().is_some_and(|spec| {
            spec.iter()
                .any(|(key, value)| key != "type" && value.as_object().is_none_or(|map| !map.is_empty()))
        });
        if more {
            reference = Some(Value::from(tally.sources.described(&spec)));
        } else {
            kind = spec.get("type").cloned();
        }
    }
    let spec = keys.take("spec").map_or_else(|| json!({}), |part| tally.copied(part));
    keys.end(&mut tally.problems);
    json!({ "metricSource": mapping([("metricSourceRef", reference), ("type", kind), ("spec", Some(spec))]) })
}

/// The `spec` of a data source of v2alpha; details that are no mapping are kept above it.
fn source(part: Part<'_>, above: &mut Metadata, tally: &mut Tally<'_>) -> Value {
    let mut keys = Keys::of(Some(part));
    let details = keys.take("connectionDetails");
    if let Some(other) = details.filter(|part| !part.is_map()) {
        tally.keep(&mut above.annotations, V2ALPHA, "connectionDetails", other);
    }
    let spec = mapping([
        ("description", keys.take("description").map(|part| tally.copied(part))),
        ("type", keys.take("type").map(Part::value)),
        ("connectionDetails", details.filter(|part| part.is_map()).map(|part| tally.copied(part))),
    ]);
    keys.end(&mut tally.problems);
    spec
}

/// A value whose inner documents say that they are of version 1.
fn renamed(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| {
                let version = key == "apiVersion" && value == "openslo.com/v2alpha";
                (key, if version { Value::from("openslo/v1") } else { renamed(value) })
            });
            Value::Object(entries.collect())
        }
        Value::Array(items) => items.into_iter().map(renamed).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// The documents that a document of v1alpha becomes.
pub(super) fn v1alpha(part: Part<'_>, tally: &mut Tally<'_>) -> Vec<Value> {
    let mut root = Keys::of(Some(part));
    root.drop_all(&["apiVersion", "kind"]);
    let mut above = metadata(root.take("metadata"), tally);
    let spec = root.take("spec");
    root.end(&mut tally.problems);
    let mut keys = Keys::of(spec);
    let is_slo = part.get("kind").and_then(Part::text) == Some("SLO");
    let spec =
        if is_slo { v1alpha_slo(&mut keys, &mut above, tally) } else { Ok(described(&mut keys, tally)) };
    keys.end(&mut tally.problems);
    match spec {
        Ok(spec) => vec![draft::document(if is_slo { "SLO" } else { "Service" }, above.value(), spec)],
        Err(problem) => {
            tally.problems.push(*problem);
            Vec::new()
        }
    }
}

/// The `spec` of a service.
fn described(keys: &mut Keys<'_>, tally: &mut Tally<'_>) -> Value {
    mapping([("description", keys.take("description").map(|part| tally.copied(part)))])
}

/// The `spec` of an SLO of v1alpha, where version 1 has words for it.
fn v1alpha_slo(
    keys: &mut Keys<'_>,
    above: &mut Metadata,
    tally: &mut Tally<'_>,
) -> Result<Value, Box<Diagnostic>> {
    let description = keys.take("description").map(|part| tally.copied(part));
    let service = keys.take("service").map(Part::value);
    let method = keys.take("budgetingMethod");
    let window = keys.take("timeWindows").and_then(|windows| windows.items().next());
    let window = window.map(|part| v1alpha_window(part, tally)).transpose()?;
    let objectives: Vec<Part<'_>> = keys.take("objectives").into_iter().flat_map(Part::items).collect();
    let threshold = keys.take("indicator").and_then(|part| part.get("thresholdMetric"));
    if let (Some(_), Some(second)) = (threshold, objectives.get(1)) {
        let message = "a threshold has one objective in OpenSLO v1, and this SLO has several";
        return Err(Box::new(refused(*second, message)));
    }
    let ratio = objectives.first().and_then(|part| part.get("ratioMetrics"));
    let other = |part: &&Part<'_>| part.get("ratioMetrics").map(Part::value) != ratio.map(Part::value);
    if let Some(other) = objectives.iter().find(other) {
        let message = "these objectives measure different things, and an SLO of OpenSLO v1 has one indicator";
        return Err(Box::new(refused(*other, message)));
    }
    let measured = match (threshold, ratio) {
        (Some(threshold), _) => json!({ "thresholdMetric": v1alpha_metric(threshold, tally) }),
        (None, ratio) => json!({ "ratioMetric": v1alpha_ratio(ratio, tally) }),
    };
    let slices = method.and_then(Part::text) == Some("Timeslices");
    let several = objectives.len() > 1;
    let mut made = Vec::new();
    for (index, part) in objectives.into_iter().enumerate() {
        let mut keys = Keys::of(Some(part));
        keys.drop_all(&["ratioMetrics"]);
        if threshold.is_none() {
            let place = if several { format!("objectives.{index}") } else { "objectives".to_owned() };
            v1alpha_threshold(&mut keys, &place, above, tally);
        }
        made.push(v1alpha_objective(&mut keys, slices, tally));
        keys.end(&mut tally.problems);
    }
    let name = above.name.clone();
    Ok(mapping([
        ("description", description),
        ("service", service),
        ("indicator", Some(json!({ "metadata": { "name": name }, "spec": measured }))),
        ("timeWindow", window.map(|window| json!([window]))),
        ("budgetingMethod", method.map(Part::value)),
        ("objectives", Some(Value::Array(made))),
    ]))
}

/// Keeps the threshold of an objective whose SLO counts by a ratio: version 1 has no place for what is compared with
/// nothing.
fn v1alpha_threshold(keys: &mut Keys<'_>, place: &str, above: &mut Metadata, tally: &mut Tally<'_>) {
    for key in ["op", "value"] {
        if let Some(part) = keys.take(key) {
            tally.keep(&mut above.annotations, V1ALPHA, &format!("{place}.{key}"), part);
        }
    }
}

/// An objective of v1alpha.
fn v1alpha_objective(keys: &mut Keys<'_>, slices: bool, tally: &mut Tally<'_>) -> Value {
    let mut copied = |key: &str| keys.take(key).map(|part| tally.copied(part));
    mapping([
        ("displayName", copied("displayName")),
        ("op", copied("op")),
        ("value", copied("value")),
        ("target", copied("target")),
        ("timeSliceTarget", copied("timeSliceTarget")),
        // Slices of v1alpha are a minute long.
        ("timeSliceWindow", slices.then(|| Value::from("1m"))),
    ])
}

/// An SLO that version 1 has no words for.
fn refused(part: Part<'_>, message: &str) -> Diagnostic {
    Diagnostic::error(Code::NotConverted, message)
        .at(part.key_place(), "another objective")
        .help("write an SLO of its own for each objective, each with a name of its own")
}

/// A time window of v1alpha.
fn v1alpha_window(part: Part<'_>, tally: &mut Tally<'_>) -> Result<Value, Box<Diagnostic>> {
    let mut keys = Keys::of(Some(part));
    let unit = keys.take("unit").and_then(Part::text).unwrap_or_default();
    let count = keys.take("count");
    let counted: i64 = count.and_then(Part::number).and_then(|count| count.parse().ok()).unwrap_or_default();
    let duration = match unit {
        "Day" => Some(format!("{counted}d")),
        "Week" => Some(format!("{counted}w")),
        "Month" => Some(format!("{counted}M")),
        "Quarter" => Some(format!("{counted}Q")),
        _ => draft::duration(counted, None),
    };
    let Some(duration) = duration else {
        let message = format!("a period of {counted} seconds is no whole number of minutes");
        let problem = Diagnostic::error(Code::NotConverted, message);
        let problem = problem.at(count.unwrap_or(part).place(), "no length that OpenSLO v1 can say");
        return Err(Box::new(problem.help("write a period of whole minutes, or of days")));
    };
    let calendar = keys.take("calendar").map(|part| tally.copied(part));
    let said = keys.take("isRolling").map(Part::value);
    keys.end(&mut tally.problems);
    let rolling = said.unwrap_or_else(|| Value::from(calendar.is_none()));
    Ok(mapping([
        ("duration", Some(Value::from(duration))),
        ("isRolling", Some(rolling)),
        ("calendar", calendar),
    ]))
}

/// The ratio of an objective of v1alpha.
fn v1alpha_ratio(part: Option<Part<'_>>, tally: &mut Tally<'_>) -> Value {
    let mut keys = Keys::of(part);
    let counter = keys.take("incremental").map(Part::value);
    let [good, total] = ["good", "total"].map(|key| keys.take(key).map(|part| v1alpha_metric(part, tally)));
    keys.end(&mut tally.problems);
    mapping([("counter", counter), ("good", good), ("total", total)])
}

/// A metric of v1alpha, whose source becomes a document that is called after it.
fn v1alpha_metric(part: Part<'_>, tally: &mut Tally<'_>) -> Value {
    let mut keys = Keys::of(Some(part));
    let source = keys.take("source").and_then(Part::text).unwrap_or_default();
    let reference = tally.sources.of_kind(source).map(Value::from);
    let kind = reference.is_none().then(|| Value::from(source));
    let spec = mapping([
        ("query", keys.take("query").map(Part::value)),
        ("queryType", keys.take("queryType").map(Part::value)),
    ]);
    keys.end(&mut tally.problems);
    json!({ "metricSource": mapping([("metricSourceRef", reference), ("type", kind), ("spec", Some(spec))]) })
}
