//! Good or bad events that are no part of all events: a share of them says nothing.
//!
//! More bad events than all there are would be possible, or some of them would never be seen. Only what the queries
//! prove is told; whether the numbers agree is seen by `budget` when they are read.

use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::promql::{self, Stray};

/// What is wrong between the queries of an SLO.
pub(super) fn examine(slo: &Slo) -> Option<Diagnostic> {
    let (part, total, good) = slo.indicator.counters()?;
    // Two that are written alike are an error already.
    if part.place.text() == total.place.text() {
        return None;
    }
    let stray = promql::parse(part).ok()?.stray(&promql::parse(total).ok()?)?;
    let name = &slo.name;
    let side = if good { "good" } else { "bad" };
    let (message, place, label, help) = match stray {
        Stray::Same => {
            let always = if good { "everything is always good" } else { "everything is always bad" };
            (
                format!("the {side} events of the SLO `{name}` are all of its events, so that {always}"),
                part,
                "counts what the total counts".to_owned(),
                format!("select the {side} events: by the codes of answers, or by the bucket of a histogram"),
            )
        }
        Stray::Narrower(matcher) => (
            format!(
                "the total of the SLO `{name}` counts only `{matcher}`, and its {side} events are counted without it"
            ),
            part,
            format!("counts {side} events beyond the total"),
            format!("add `{matcher}` here, or take it out of the total"),
        ),
        Stray::Apart(ours, theirs) => (
            format!(
                "the {side} events of the SLO `{name}` are counted with `{ours}` and its total with `{theirs}`, \
                 which exclude each other"
            ),
            part,
            "none of these is in the total".to_owned(),
            "give both queries the same matchers, and this one those besides that tell its events".to_owned(),
        ),
        Stray::Higher(ours, theirs) => (
            format!(
                "the {side} events of the SLO `{name}` are those of `{ours}`, and its total only those of `{theirs}`, \
                 which are fewer"
            ),
            total,
            format!("leaves out some of the {side} events"),
            "count all events: the `_count` of the histogram, or its bucket `le=\"+Inf\"`".to_owned(),
        ),
        Stray::Unrelated(ours, theirs) => (
            format!("nothing says that the `{ours}` of the SLO `{name}` are among its `{theirs}`"),
            part,
            "another metric than the total, with no matcher in common".to_owned(),
            "count both with one metric, or give both the matchers that they share, such as `job`".to_owned(),
        ),
        Stray::EveryBucket { metric, in_total } => (
            format!(
                "the SLO `{name}` adds up every bucket of `{metric}`, and each of them counts the ones below it"
            ),
            if in_total { total } else { part },
            "counts an event several times".to_owned(),
            format!(
                "choose one bucket, such as `le=\"0.3\"`; all events are `{}_count`",
                metric.trim_end_matches("_bucket")
            ),
        ),
    };
    Some(Diagnostic::warning(Code::GoodNotInTotal, message).at(place.place.clone(), label).help(help))
}
