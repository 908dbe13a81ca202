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
    let is_of_total = matches!(stray, Stray::Higher(..) | Stray::EveryBucket { in_total: true, .. });
    let place = if is_of_total { &total.place } else { &part.place };
    let Words { message, label, help } = words(stray, &slo.name, good);
    Some(Diagnostic::warning(Code::GoodNotInTotal, message).at(place.clone(), label).help(help))
}

/// What is said of events that stray from their total.
struct Words {
    /// What is wrong.
    message: String,
    /// What is seen at the query.
    label: String,
    /// What to do.
    help: String,
}

/// What is said of the good events of an SLO, or of its bad ones.
fn words(stray: Stray, name: &str, good: bool) -> Words {
    let side = if good { "good" } else { "bad" };
    match stray {
        Stray::Same => Words {
            message: format!(
                "the {side} events of the SLO `{name}` are all of its events, so that everything is always {side}"
            ),
            label: "counts what the total counts".to_owned(),
            help: format!(
                "select the {side} events: by the codes of answers, or by the bucket of a histogram"
            ),
        },
        Stray::Narrower(matcher) => Words {
            message: format!(
                "the total of the SLO `{name}` counts only `{matcher}`, and its {side} events are counted without it"
            ),
            label: format!("counts {side} events beyond the total"),
            help: format!("add `{matcher}` here, or take it out of the total"),
        },
        Stray::Apart(ours, theirs) => Words {
            message: format!(
                "the {side} events of the SLO `{name}` are counted with `{ours}` and its total with `{theirs}`, \
                 which exclude each other"
            ),
            label: "none of these is in the total".to_owned(),
            help: "give both queries the same matchers, and this one those besides that tell its events"
                .to_owned(),
        },
        Stray::Higher(ours, theirs) => Words {
            message: format!(
                "the {side} events of the SLO `{name}` are those of `{ours}`, and its total only those of `{theirs}`, \
                 which are fewer"
            ),
            label: format!("leaves out some of the {side} events"),
            help: "count all events: the `_count` of the histogram, or its bucket `le=\"+Inf\"`".to_owned(),
        },
        Stray::Unrelated(ours, theirs) => Words {
            message: format!("nothing says that the `{ours}` of the SLO `{name}` are among its `{theirs}`"),
            label: "another metric than the total, with no matcher in common".to_owned(),
            help: "count both with one metric, or give both the matchers that they share, such as `job`"
                .to_owned(),
        },
        Stray::EveryBucket { metric, .. } => Words {
            message: format!(
                "the SLO `{name}` adds up every bucket of `{metric}`, and each of them counts the ones below it"
            ),
            label: "counts an event several times".to_owned(),
            help: format!(
                "choose one bucket, such as `le=\"0.3\"`; all events are `{}_count`",
                metric.trim_end_matches("_bucket")
            ),
        },
    }
}
