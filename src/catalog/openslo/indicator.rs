//! What counts as good or bad: a ratio of two metrics, a ratio as it is, or values against a threshold.
//!
//! Whether a query parses, and whether it can be counted, is left to `source`.

use rust_decimal::Decimal;

use super::super::{Comparison, Indicator, Kept, Query, datadog, target};
use super::{Documents, ruled};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::document::{Part, RuleSet};
use crate::settings::Note;

/// The monitoring systems that are read: Prometheus, and what speaks its language and its API.
const SYSTEMS: [&str; 5] = ["Prometheus", "Thanos", "Cortex", "Mimir", "VictoriaMetrics"];

/// An objective of an SLO.
#[derive(Clone, Copy)]
pub(super) struct Aim<'a> {
    /// The objective.
    pub(super) part: Part<'a>,
    /// Its indicator is written in the same document.
    pub(super) inline: bool,
}

/// A metric: a query to the monitoring system that is read, or one to another.
enum Metric {
    /// A query.
    Read(Query),
    /// An SLO that is kept in Datadog.
    Kept(Note),
    /// The name of another system, and where it stands.
    Foreign(String, Place),
}

/// The indicator of an SLI's `spec`, for one objective of an SLO.
pub(super) fn indicator<'a>(
    spec: Part<'a>,
    aim: Aim<'a>,
    documents: &Documents<'a>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Indicator> {
    if let Some(metric) = spec.get("thresholdMetric") {
        return threshold(metric, aim.part, documents, problems);
    }
    let ratio = spec.get("ratioMetric")?;
    idle(aim, &["op", "value"], documents.rules, problems);
    if let Some(raw) = ratio.get("raw") {
        let is_good = ratio.get("rawType").and_then(Part::text)? == "success";
        return Some(match metric(raw, documents, problems)? {
            Metric::Read(ratio) => Indicator::Ratio { ratio, is_good },
            Metric::Kept(said) if is_good => Indicator::Datadog(Kept::new(said)),
            Metric::Kept(said) => {
                problems.push(failure(&said));
                return None;
            }
            Metric::Foreign(system, place) => Indicator::Foreign { system, place },
        });
    }
    let mut metric = |key: &str| ratio.get(key).and_then(|part| metric(part, documents, problems));
    let (good, bad, total) = (metric("good"), metric("bad"), metric("total"));
    let (part, is_good) = match (good, bad) {
        (Some(good), None) => (good, true),
        (None, Some(bad)) => (bad, false),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    let (part, total) = match (part, total?) {
        (Metric::Read(part), Metric::Read(total)) => (part, total),
        (Metric::Foreign(system, place), _) | (_, Metric::Foreign(system, place)) => {
            return Some(Indicator::Foreign { system, place });
        }
        (Metric::Kept(said), _) | (_, Metric::Kept(said)) => {
            problems.push(misplaced(&said));
            return None;
        }
    };
    let counter = ratio.get("counter");
    let place = counter.unwrap_or(ratio).key_place();
    Some(match (counts(counter, &[&part, &total]), is_good) {
        (true, true) => Indicator::Good { good: part, total },
        (true, false) => Indicator::Bad { bad: part, total },
        (false, is_good) => Indicator::Gauges { part, total, is_good, place },
    })
}

/// Values against the threshold of an objective.
fn threshold<'a>(
    part: Part<'a>,
    objective: Part<'a>,
    documents: &Documents<'a>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Indicator> {
    let metric = metric(part, documents, problems);
    let (comparison, threshold) = compared(objective, documents.rules, problems)?;
    Some(match metric? {
        Metric::Read(value) => Indicator::Threshold { value, comparison, threshold },
        Metric::Foreign(system, place) => Indicator::Foreign { system, place },
        Metric::Kept(said) => {
            problems.push(misplaced(&said));
            return None;
        }
    })
}

/// An SLO of Datadog where a query of counters or of values is expected.
fn misplaced(said: &Note) -> Diagnostic {
    let message = "an SLO in Datadog counts good events and all of them at once";
    let problem = Diagnostic::error(Code::WrongValue, message).at(said.key.clone(), "as one of two metrics");
    let help = "name it once: under `ratioMetric`, as the metric source of `raw`, with `rawType: success`";
    problem.help(help)
}

/// An SLO of Datadog that is said to count failures.
fn failure(said: &Note) -> Diagnostic {
    let message = "an SLO in Datadog gives the share of good events";
    let problem =
        Diagnostic::error(Code::WrongValue, message).at(said.key.clone(), "said to be the bad ones");
    problem.help("write `rawType: success`")
}

/// How the values of a threshold metric are compared, and with what.
pub(super) fn compared(
    objective: Part<'_>,
    rules: RuleSet,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Comparison, Decimal)> {
    for (key, example) in [("op", "op: lte"), ("value", "value: 0.3")] {
        if objective.get(key).is_none() {
            let problem = Diagnostic::error(Code::MissingKey, format!("missing key `{key}`"));
            let problem = problem.at(objective.key_place(), "an objective of a threshold metric needs it");
            let help = format!("add `{example}`: a value that compares so is a good one");
            problems.push(problem.help(ruled(&help, "missing-key", rules)));
        }
    }
    let comparison = match objective.get("op").and_then(Part::text)? {
        "lt" => Comparison::Below,
        "lte" => Comparison::AtMost,
        "gt" => Comparison::Above,
        "gte" => Comparison::AtLeast,
        _ => return None,
    };
    Some((comparison, target::decimal(objective.get("value")?.number()?)?))
}

/// Tells what has no effect beside a ratio of events; the strictest rules refuse it where they see both.
pub(super) fn idle(aim: Aim<'_>, keys: &[&str], rules: RuleSet, problems: &mut Vec<Diagnostic>) {
    for (key, part) in keys.iter().filter_map(|key| Some((key, aim.part.get(key)?))) {
        if rules != RuleSet::Strict || !aim.inline {
            let message = format!("`{key}` says nothing of a ratio of events");
            let problem = Diagnostic::warning(Code::Unused, message).at(part.key_place(), "without effect");
            problems.push(problem.help("take it out; it compares the values of a threshold metric"));
        }
    }
}

/// True when queries give counters: it is said, or it is not said and each of them counts over a window by itself.
pub(super) fn counts(said: Option<Part<'_>>, queries: &[&Query]) -> bool {
    let over_window = |query: &&Query| ["rate(", "increase("].iter().any(|word| query.text.contains(word));
    said.map_or_else(|| queries.iter().all(over_window), |said| said.boolean() == Some(true))
}

/// True for a monitoring system that is read, whatever its case.
pub(super) fn is_read(name: &str) -> bool {
    SYSTEMS.iter().any(|system| name.eq_ignore_ascii_case(system))
}

/// One metric.
fn metric<'a>(part: Part<'a>, documents: &Documents<'a>, problems: &mut Vec<Diagnostic>) -> Option<Metric> {
    let source = documents.version.source(part)?;
    let (own, reference) = (source.system, source.reference);
    let target = reference.and_then(|reference| documents.resolve("DataSource", reference, problems));
    let referred = target.and_then(|target| target.at("/spec/type"));
    if let Some((own, referred)) = own.zip(referred)
        && let Some((written, declared)) = own.text().zip(referred.text())
        && !written.eq_ignore_ascii_case(declared)
    {
        let message = format!("the metric source is `{written}` here and `{declared}` where it is declared");
        let problem = Diagnostic::error(Code::WrongValue, message);
        let label = format!("`{declared}` at {}", referred.place());
        let help = "remove the type here, and leave it to the DataSource";
        problems.push(problem.at(own.place(), label).help(ruled(help, "source-type", documents.rules)));
        return None;
    }
    // A source that is named and not declared has been told, and is none that can be asked.
    if reference.is_some() && target.is_none() {
        return None;
    }
    let system = own.or(referred)?;
    let name = system.text()?;
    if let Some(slo) = source.spec.and_then(|spec| spec.get("slo")).filter(|_| datadog::is_system(name)) {
        return Some(Metric::Kept(Note::of(slo)));
    }
    if !is_read(name) {
        return Some(Metric::Foreign(name.to_owned(), own.or(reference)?.place()));
    }
    let Some(query) = source.spec.and_then(|spec| spec.get("query")) else {
        problems.push(
            Diagnostic::error(Code::MissingKey, "missing key `query`")
                .at(source.spec.unwrap_or(source.part).key_place(), "a metric from Prometheus needs `query`")
                .help(ruled(
                    "add `query` with a query in PromQL that gives a counter",
                    "missing-key",
                    documents.rules,
                )),
        );
        return None;
    };
    Some(Metric::Read(Query { text: query.text()?.to_owned(), place: query.place() }))
}
