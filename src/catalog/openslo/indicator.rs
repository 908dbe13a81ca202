//! What counts as good or bad: a ratio of two counters, each a query to Prometheus.
//!
//! Gauges, raw ratios and threshold metrics are refused: how many events they stand for cannot be known, and an error
//! budget is a number of events. Whether a query parses is left to `source`.

use super::super::{Indicator, Query};
use super::{Documents, unsupported};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

/// The monitoring system that is read.
const SYSTEM: &str = "Prometheus";

/// The indicator of an SLI's `spec`.
pub(super) fn indicator<'a>(
    spec: Part<'a>,
    documents: &Documents<'a>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Indicator> {
    if let Some(part) = spec.get("thresholdMetric") {
        problems.push(unsupported(
            part,
            "an indicator by `thresholdMetric` is not judged yet".to_owned(),
            "compares values, and counts no events",
            "count events with `ratioMetric`: for a latency, the requests within the limit as `good`, all requests as `total`",
        ));
        return None;
    }
    let ratio = spec.get("ratioMetric")?;
    if let Some(part) = ratio.get("raw") {
        problems.push(unsupported(
            part,
            "an indicator by a raw ratio is not judged yet".to_owned(),
            "gives a ratio, and counts no events",
            "give `good` (or `bad`) and `total`, each a query that counts events",
        ));
        return None;
    }
    let counter = ratio.get("counter");
    if let Some(part) = counter.filter(|part| part.boolean() == Some(false)) {
        problems.push(unsupported(
            part,
            "a ratio of gauges is not judged yet".to_owned(),
            "the queries give values that rise and fall",
            "use counters, and write `counter: true`",
        ));
    }
    let mut metric = |key: &str| ratio.get(key).and_then(|metric| query(metric, documents, problems));
    let (good, bad, total) = (metric("good"), metric("bad"), metric("total"));
    counter.and_then(Part::boolean).filter(|counter| *counter)?;
    match (good, bad, total?) {
        (Some(good), None, total) => Some(Indicator::Good { good, total }),
        (None, Some(bad), total) => Some(Indicator::Bad { bad, total }),
        (Some(_), Some(_), _) | (None, None, _) => None,
    }
}

/// The query of one metric, when it is one for Prometheus.
fn query<'a>(metric: Part<'a>, documents: &Documents<'a>, problems: &mut Vec<Diagnostic>) -> Option<Query> {
    let source = metric.get("metricSource")?;
    let own = source.get("type");
    let reference = source.get("metricSourceRef");
    let target = reference.and_then(|reference| documents.resolve("DataSource", reference, problems));
    let referred = target.and_then(|target| target.at("/spec/type"));
    if let Some((own, referred)) = own.zip(referred)
        && let Some((written, declared)) = own.text().zip(referred.text())
        && !written.eq_ignore_ascii_case(declared)
    {
        let message = format!("the metric source is `{written}` here and `{declared}` where it is declared");
        let problem = Diagnostic::error(Code::WrongValue, message);
        let label = format!("`{declared}` at {}", referred.place());
        problems
            .push(problem.at(own.place(), label).help("remove `type` here, and leave it to the DataSource"));
        return None;
    }
    let system = own.or(referred)?;
    let name = system.text()?;
    if !name.eq_ignore_ascii_case(SYSTEM) {
        problems.push(unsupported(
            own.or(reference)?,
            format!("metrics from `{name}` are not read yet"),
            "another monitoring system",
            "only `Prometheus` is supported, and what speaks its language",
        ));
        return None;
    }
    let spec = source.get("spec")?;
    let Some(query) = spec.get("query") else {
        problems.push(
            Diagnostic::error(Code::MissingKey, "missing key `query`")
                .at(spec.key_place(), "a metric from Prometheus needs `query`")
                .help("add `query` with a query in PromQL that gives a counter"),
        );
        return None;
    };
    // A source that is named and not declared has been told, and is none that can be asked.
    if reference.is_some() && target.is_none() {
        return None;
    }
    Some(Query { text: query.text()?.to_owned(), place: query.place() })
}
