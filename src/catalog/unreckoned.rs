//! What an SLO can say that the arithmetic of budgets does not reckon yet.
//!
//! Such an SLO is in the catalog like any other: its budget is a gap that says why, and whoever wrote it is warned at
//! the line. Judging something else in its place would be worse.

use super::{Indicator, Method, Slo, datadog};
use crate::diagnostic::{Code, Diagnostic, Place, list};

/// One reason why a budget cannot be reckoned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreckoned {
    /// The reason, as a sentence without a period.
    pub reason: String,
    /// Where it stands.
    pub place: Place,
    /// What to write instead.
    pub(super) help: &'static str,
}

impl Slo {
    /// Why its budget cannot be reckoned in steps of so many seconds; nothing for a budget that can.
    #[must_use]
    pub fn unreckoned(&self, step: i64) -> Vec<Unreckoned> {
        let parts = self.parts();
        if !parts.is_empty() {
            return parts.iter().flat_map(|part| part.unreckoned(step)).chain(self.uncomposed()).collect();
        }
        let mut found: Vec<Unreckoned> = indicator(&self.indicator).into_iter().collect();
        // A slice that its author can name is refused where it is named.
        if let Method::Timeslices { window, place, .. } | Method::RatioTimeslices { window, place } =
            &self.method
            && window % step != 0
        {
            found.push(Unreckoned {
                reason: format!("slices of {window} seconds cannot be judged in steps of {step} seconds"),
                place: place.clone(),
                help: "shorten `step` in the settings, or write the SLO as OpenSLO v1 with a `timeSliceWindow`",
            });
        }
        found
    }

    /// The warnings for whoever wrote the SLO.
    pub(super) fn warnings(&self, step: i64) -> impl Iterator<Item = Diagnostic> {
        self.unreckoned(step).into_iter().map(|one| {
            let message = format!("{}, so the budget of `{}` is unknown", one.reason, self.name);
            Diagnostic::warning(Code::Unsupported, message)
                .at(one.place, "cannot be reckoned yet")
                .help(one.help)
        })
    }
}

/// Why an indicator cannot be reckoned.
fn indicator(indicator: &Indicator) -> Option<Unreckoned> {
    const EVENTS: &str = "count events with counters: good (or bad) ones, and all of them";
    let (reason, place, help) = match indicator {
        Indicator::Good { .. }
        | Indicator::Bad { .. }
        | Indicator::Composite { .. }
        | Indicator::Datadog(_) => return None,
        Indicator::Gauges { place, .. } => (
            "a ratio of gauges is not judged yet".to_owned(),
            place,
            "use counters, and write `counter: true`",
        ),
        Indicator::Ratio { ratio, .. } => {
            ("an indicator by a raw ratio is not judged yet".to_owned(), &ratio.place, EVENTS)
        }
        Indicator::Threshold { value, .. } => (
            "an indicator that compares values with a threshold is not judged yet".to_owned(),
            &value.place,
            "count events: for a latency, the requests within the limit, and all requests",
        ),
        Indicator::Histogram { histogram, .. } => (
            "a latency by native histograms is not judged yet".to_owned(),
            &histogram.place,
            "count the requests within the limit with a classic histogram's bucket",
        ),
        Indicator::Each { labels, place, .. } => {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            (
                format!("a budget for each {} is not judged yet", list(&labels)),
                place,
                "write an SLO for each value, or take the grouping out, so that all share one budget",
            )
        }
        Indicator::Plugin { id, place } => (
            format!("what the plugin `{id}` measures is not known here"),
            place,
            "write the queries that the plugin makes: bad events, and all events",
        ),
        Indicator::Foreign { system, place } if datadog::is_system(system) => (
            format!("metrics from `{system}` are not read by queries"),
            place,
            "name the SLO that Datadog counts: `slogate.dev/datadog-slo` among the annotations, or `slo` in the `spec` \
             of the metric source of `raw`",
        ),
        Indicator::Foreign { system, place } => (
            format!("metrics from `{system}` are not read yet"),
            place,
            "only Prometheus is read, what speaks its language (Thanos, Cortex, Mimir, VictoriaMetrics), and SLOs of Datadog",
        ),
    };
    Some(Unreckoned { reason, place: place.clone(), help })
}
