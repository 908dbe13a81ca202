//! Documents of OpenSLO v1, with their keys in the order of the specification's examples.

use serde_json::{Map, Value, json};

use super::super::{Indicator, Query, period};
use super::tally::Tally;
use crate::diagnostic::{Code, Diagnostic, Place, list};
use crate::document::Part;

/// A mapping of what there is.
pub(super) fn mapping<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    Value::Object(entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
}

/// A document of a kind.
pub(super) fn document(kind: &str, metadata: Value, spec: Value) -> Value {
    mapping([
        ("apiVersion", Some(Value::from("openslo/v1"))),
        ("kind", Some(Value::from(kind))),
        ("metadata", Some(metadata)),
        ("spec", Some(spec)),
    ])
}

/// What stands above the `spec` of a document.
#[derive(Default)]
pub(super) struct Metadata {
    /// Its name.
    pub(super) name: Option<Value>,
    /// What people call it.
    pub(super) display: Option<Value>,
    /// Its labels.
    pub(super) labels: Map<String, Value>,
    /// Its annotations.
    pub(super) annotations: Map<String, Value>,
}

impl Metadata {
    /// The mapping, without what is empty.
    pub(super) fn value(self) -> Value {
        let filled = |map: Map<String, Value>| (!map.is_empty()).then_some(Value::Object(map));
        mapping([
            ("name", self.name),
            ("displayName", self.display),
            ("labels", filled(self.labels)),
            ("annotations", filled(self.annotations)),
        ])
    }
}

/// What an SLO with one objective says.
pub(super) struct Slo {
    /// What stands above.
    pub(super) metadata: Metadata,
    /// What it is for.
    pub(super) description: Option<Value>,
    /// The service.
    pub(super) service: String,
    /// What is measured.
    pub(super) measured: Measured,
    /// The length of the rolling period.
    pub(super) duration: String,
    /// The percentage that must be good.
    pub(super) percent: Value,
}

impl Slo {
    /// The document.
    pub(super) fn value(self) -> Value {
        let name = self.metadata.name.clone();
        let (op, value) = self.measured.compared.unzip();
        let spec = mapping([
            ("description", self.description),
            ("service", Some(Value::from(self.service))),
            ("indicator", Some(json!({ "metadata": { "name": name }, "spec": self.measured.spec }))),
            ("timeWindow", Some(json!([{ "duration": self.duration, "isRolling": true }]))),
            ("budgetingMethod", Some(Value::from("Occurrences"))),
            (
                "objectives",
                Some(json!([mapping([("op", op), ("value", value), ("targetPercent", Some(self.percent))])])),
            ),
        ]);
        document("SLO", self.metadata.value(), spec)
    }
}

/// An indicator in the words of version 1.
pub(super) struct Measured {
    /// The `spec` of an SLI.
    spec: Value,
    /// How its values are compared, and with what.
    compared: Option<(Value, Value)>,
}

/// The indicator of an SLO of another dialect. What version 1 cannot ask of Prometheus is kept whole, as a metric of a
/// source that is called after the dialect: neither is a query invented, nor an SLO dropped.
pub(super) fn measured(
    indicator: &Indicator,
    original: Part<'_>,
    dialect: &str,
    tally: &mut Tally<'_>,
) -> Option<Measured> {
    let metric =
        |query: &Query| json!({ "metricSource": { "type": "Prometheus", "spec": { "query": query.text } } });
    let of = |spec: Value| Some(Measured { spec, compared: None });
    let mut whole = |what: &str, place: &Place, is_good: bool, help: &str| {
        let message = format!(
            "OpenSLO v1 has no words for {what}: it is written as a metric of type `{dialect}`, which nothing reads"
        );
        let problem = Diagnostic::warning(Code::NotConverted, message);
        tally.problems.push(problem.at(place.clone(), "no query that can be asked").help(help));
        let source = json!({ "metricSource": { "type": dialect, "spec": tally.copied(original) } });
        let share = if is_good { "success" } else { "failure" };
        of(json!({ "ratioMetric": { "rawType": share, "raw": source } }))
    };
    match indicator {
        Indicator::Good { good, total } => {
            of(json!({ "ratioMetric": { "counter": true, "good": metric(good), "total": metric(total) } }))
        }
        Indicator::Bad { bad, total } => {
            of(json!({ "ratioMetric": { "counter": true, "bad": metric(bad), "total": metric(total) } }))
        }
        Indicator::Ratio { ratio, is_good } => {
            let share = if *is_good { "success" } else { "failure" };
            of(json!({ "ratioMetric": { "rawType": share, "raw": metric(ratio) } }))
        }
        Indicator::Threshold { value, comparison, threshold } => Some(Measured {
            spec: json!({ "thresholdMetric": metric(value) }),
            compared: Some((Value::from(comparison.as_str()), number(&threshold.to_string())?)),
        }),
        Indicator::Plugin { id, place } => {
            let help = "write the queries that the plugin makes: bad events, and all events";
            whole(&format!("the plugin `{id}`"), place, false, help)
        }
        Indicator::Each { labels, place, .. } => {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            let help = "write an SLO for each value, or take the grouping out, so that all share one budget";
            whole(&format!("a budget for each {}", list(&labels)), place, true, help)
        }
        Indicator::Histogram { histogram, .. } => {
            let help = "count the requests within the limit with a classic histogram's bucket";
            whole("a latency by native histograms", &histogram.place, true, help)
        }
        Indicator::Gauges { .. }
        | Indicator::Composite { .. }
        | Indicator::Datadog(_)
        | Indicator::Foreign { .. } => None,
    }
}

/// A number of a text.
pub(super) fn number(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_number)
}

/// The length of a period: as it was written where that means the same, else in the largest unit that divides it.
pub(super) fn duration(seconds: i64, written: Option<&str>) -> Option<String> {
    if let Some(written) = written.filter(|written| period::shorthand(written) == Some(seconds)) {
        return Some(written.to_owned());
    }
    let units = [(period::DAY, "d"), (3_600, "h"), (60, "m")];
    let (length, unit) = units.into_iter().find(|(length, _)| seconds % length == 0)?;
    Some(format!("{}{unit}", seconds / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_keeps_its_unit_where_version_1_has_it() {
        let day = period::DAY;
        for (seconds, written, is) in [
            (28 * day, Some("4w"), Some("4w")),
            (10 * day, Some("1w3d"), Some("10d")),
            (365 * day, Some("1y"), Some("365d")),
            (30 * day, None, Some("30d")),
            (5_400, Some("1h30m"), Some("90m")),
            (90, None, None),
        ] {
            assert_eq!(duration(seconds, written).as_deref(), is, "{written:?}");
        }
    }
}
