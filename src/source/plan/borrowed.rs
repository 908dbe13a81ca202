//! Series in which the rules of other programs record figures of an SLO over its whole period.
//!
//! Pyrra records the events of each counter (`http_requests:increase4w{slo="…"}`), with the labels that its own questions
//! need, so that they can stand for a count over the period. Sloth records a share of bad events
//! (`slo:sli_error:ratio_rate30d{sloth_id="…"}`), by default the mean of short ratios: that can be compared and nothing
//! else. Names and labels are those that both programs write (`slo/rules.go` and `sli_rules_v1`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Plan;
use super::fuse::Need;
use super::recording::SCRAPED;
use crate::catalog::{Origin, Recorder};
use crate::source::promql::{self, Selector};
use crate::source::{Range, Request};

/// The label in which Pyrra has an SLO's name.
const SLO: &str = "slo";

/// The label of a bucket, which tells Pyrra's good events from all events where both have one name.
const BUCKET: &str = "le";

/// The label in which Sloth has an SLO's service and name.
const SLOTH_ID: &str = "sloth_id";

/// What Sloth calls the share of bad events over a window, whose length follows.
const SHARE: &str = "slo:sli_error:ratio_rate";

/// The endings that Pyrra takes off a metric's name, in this order.
const ENDINGS: [&str; 3] = ["_total", "_count", "_bucket"];

/// What another program's rules record of an SLO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Borrowed {
    /// Pyrra: the events of each selector over the period, by the selector.
    Events(BTreeMap<String, Selector>),
    /// Sloth: the share of bad events over the period.
    Share(Selector),
}

impl Borrowed {
    /// Where the rules of the program record in whose terms an SLO was written.
    #[must_use]
    pub fn of(request: &Request<'_>, plan: &Plan) -> Option<Self> {
        let slo = request.slo;
        if slo.origin != Origin::Explicit {
            return None;
        }
        let period = window(plan.period);
        match slo.about.recorder? {
            Recorder::Pyrra => {
                let of = |selector: &Selector, labels: &[(&str, &str)]| {
                    // Its sums keep the labels that are asked for, and no other that a target has.
                    let lost = SCRAPED.into_iter().filter(|label| !selector.asks(label));
                    let labels: Vec<_> =
                        labels.iter().copied().chain(lost.map(|label| (label, ""))).collect();
                    (selector.to_string(), selector.renamed(&increase(selector.metric(), &period), &labels))
                };
                let name = (SLO, slo.name.as_str());
                let all: &[(&str, &str)] = if plan.is_good { &[name, (BUCKET, "")] } else { &[name] };
                let total = plan.total.terms().iter().map(|term| of(&term.selector, all));
                let part = plan.part.terms().iter().map(|term| of(&term.selector, &[name]));
                Some(Self::Events(total.chain(part).collect()))
            }
            Recorder::Sloth => {
                let mut labels = vec![(SLOTH_ID, slo.name.as_str())];
                if !is_confined(request, plan) {
                    let matchers = &request.matchers.matchers;
                    labels.extend(matchers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
                }
                Some(Self::Share(Selector::of(&format!("{SHARE}{period}"), &labels)))
            }
        }
    }

    /// What has to be read of it at an instant.
    pub fn needs<'a>(&'a self, plan: &'a Plan, at: Range) -> impl Iterator<Item = Need<'a>> {
        let (events, share) = match self {
            Self::Events(events) => (Some(events), None),
            Self::Share(share) => (None, Some(share)),
        };
        let selectors = events.into_iter().flat_map(BTreeMap::values).chain(share);
        selectors.map(move |selector| Need { selector, pinned: &plan.pinned, range: at })
    }
}

/// True where the queries themselves ask for all that the environment asks for: what is recorded of them is of that
/// environment, whatever its labels.
fn is_confined(request: &Request<'_>, plan: &Plan) -> bool {
    let Some((part, total, _)) = request.slo.indicator.counters() else { return false };
    [(part, &plan.part), (total, &plan.total)]
        .into_iter()
        .all(|(query, asked)| promql::parse(query).is_ok_and(|written| written == *asked))
}

/// What Pyrra calls the events of a metric over a window.
fn increase(metric: &str, window: &str) -> String {
    let name = ENDINGS.iter().fold(metric, |name, ending| name.strip_suffix(ending).unwrap_or(name));
    format!("{name}:increase{window}")
}

/// A length of time as both programs write it: years and weeks only where nothing is left over.
fn window(seconds: i64) -> String {
    let whole = [("y", 365 * 86_400), ("w", 7 * 86_400)];
    if let Some((unit, length)) = whole.into_iter().find(|(_, length)| seconds % length == 0) {
        return format!("{}{unit}", seconds / length);
    }
    let mut rest = seconds;
    let mut text = String::new();
    for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        if rest >= length {
            let _infallible = write!(text, "{}{unit}", rest / length);
            rest %= length;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{About, Slo};
    use crate::source::plan::tests::{environment, slo};

    /// The series that are read of an SLO of a day in an environment of `env=prod`.
    fn series(recorder: Recorder, part: &str, total: &str, is_good: bool) -> Vec<String> {
        let slo = slo("search", part, total, is_good, 86_400);
        let slo = Slo { about: About { recorder: Some(recorder), ..slo.about.clone() }, ..slo };
        let environment = environment(Some(("env", "prod")));
        let request = Request { slo: &slo, environment: "prod", matchers: &environment };
        let range = Range { first: 300, last: 900, step: 300 };
        let plan = Plan::of(&request, range).expect("it can be asked");
        let borrowed = Borrowed::of(&request, &plan).expect("it is recorded");
        borrowed.needs(&plan, range).map(|need| need.selector.to_string()).collect()
    }

    #[test]
    fn lengths_are_written_as_prometheus_prints_them() {
        let day = 86_400;
        let lengths = [30 * day, 28 * day, 365 * day, 36 * 3_600, 90, 7 * day];
        assert_eq!(lengths.map(window), ["30d", "4w", "1y", "1d12h", "1m30s", "1w"]);
    }

    #[test]
    fn pyrra_records_each_counter_with_the_labels_that_are_asked_for() {
        assert_eq!(
            series(Recorder::Pyrra, "http_total{code=~\"5..\"} or vector(0)", "http_total", false),
            [
                "http:increase1d{code=~\"5..\",env=\"prod\",instance=\"\",job=\"\",slo=\"search\"}",
                "http:increase1d{env=\"prod\",instance=\"\",job=\"\",slo=\"search\"}"
            ]
        );
        // Good and all events of a histogram have one name.
        assert_eq!(
            series(Recorder::Pyrra, "t_seconds_bucket{le=\"1\"}", "t_seconds_count", true),
            [
                "t_seconds:increase1d{env=\"prod\",instance=\"\",job=\"\",le=\"1\",slo=\"search\"}",
                "t_seconds:increase1d{env=\"prod\",instance=\"\",job=\"\",le=\"\",slo=\"search\"}"
            ]
        );
        // A label that is asked for stays in the sum.
        assert_eq!(
            series(Recorder::Pyrra, "b_total{job=\"api\"}", "t_total{job=\"api\"}", false),
            [
                "b:increase1d{env=\"prod\",instance=\"\",job=\"api\",slo=\"search\"}",
                "t:increase1d{env=\"prod\",instance=\"\",job=\"api\",slo=\"search\"}"
            ]
        );
    }

    #[test]
    fn sloth_is_asked_for_the_environment_unless_the_queries_are() {
        let open = series(Recorder::Sloth, "b", "t", false);
        assert_eq!(open, ["slo:sli_error:ratio_rate1d{env=\"prod\",sloth_id=\"search\"}"]);
        let confined = series(Recorder::Sloth, "b{env=\"prod\"}", "t{env=\"prod\"}", false);
        assert_eq!(confined, ["slo:sli_error:ratio_rate1d{sloth_id=\"search\"}"]);
    }
}
