//! Series in which a Prometheus records the events of each step of the grid by rules, so that nobody counts them again.
//!
//! `slogate rules` writes those rules with these names, and a source reads them back. A label says of what definition a
//! recording is: of another SLO, environment, query or step it has another one, and nobody believes it. What an SLO aims
//! at is no part of that, because events are the same whatever is asked of them. What a target exposes under these names
//! is none: it has the labels of a target.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Plan;
use super::fuse::Need;
use crate::source::promql::Selector;
use crate::source::{Range, Request};

/// All events of a step, whose length follows: `slogate:slo_events:increase5m`.
pub const EVENTS: &str = "slogate:slo_events:increase";

/// The bad events of a step, whose length follows.
pub const ERRORS: &str = "slogate:slo_errors:increase";

/// The label that says of what definition a recording is.
pub const DEFINITION: &str = "definition";

/// The label that says of what environment it is.
pub const ENVIRONMENT: &str = "environment";

/// Seconds between two evaluations of the rules that record.
pub const INTERVAL: i64 = 60;

/// The bytes of a digest that a definition is told by.
const BYTES: usize = 8;

/// Labels that whatever is scraped has, because its Prometheus puts them on, and that no rule leaves on a recording:
/// without them a target could pass off what it exposes as recorded, for anybody can work out a definition.
pub const SCRAPED: [&str; 2] = ["job", "instance"];

/// The series in which the events of an SLO in an environment are recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Of what definition it is.
    pub definition: String,
    /// All events of each step.
    pub events: Selector,
    /// The bad events of each step.
    pub errors: Selector,
    /// Recordings of any definition in the environment.
    pub any: Selector,
    /// The labels whose matchers stand in every query as they are.
    pinned: BTreeSet<String>,
}

impl Recording {
    /// Where the rules of a plan record; none on a grid whose points fall between two evaluations now here, now there.
    #[must_use]
    pub fn of(request: &Request<'_>, plan: &Plan) -> Option<Self> {
        let step = plan.range.step;
        if step % INTERVAL != 0 {
            return None;
        }
        let definition = definition(request, plan);
        let (events, errors) = (events(step), errors(step));
        let mut labels = vec![(ENVIRONMENT, request.environment)];
        labels.extend(SCRAPED.map(|label| (label, "")));
        let any = Selector::of(&events, &labels);
        labels.push((DEFINITION, &definition));
        Some(Self {
            events: Selector::of(&events, &labels),
            errors: Selector::of(&errors, &labels),
            any,
            pinned: BTreeSet::from([ENVIRONMENT.to_owned()]),
            definition,
        })
    }

    /// What has to be read of it over a stretch of the grid.
    pub fn needs(&self, range: Range) -> impl Iterator<Item = Need<'_>> {
        [&self.events, &self.errors].into_iter().map(move |selector| Need {
            selector,
            pinned: &self.pinned,
            range,
        })
    }
}

/// The name of all events of a step of so many seconds.
#[must_use]
pub fn events(step: i64) -> String {
    format!("{EVENTS}{}", length(step))
}

/// The name of the bad events of a step of so many seconds.
#[must_use]
pub fn errors(step: i64) -> String {
    format!("{ERRORS}{}", length(step))
}

/// A length of time as PromQL writes it, in the largest unit that divides it.
#[must_use]
pub fn length(seconds: i64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let unit = units.into_iter().find(|(_, length)| seconds % length == 0);
    unit.map_or_else(|| format!("{seconds}s"), |(name, length)| format!("{}{name}", seconds / length))
}

/// What tells one definition from every other: the beginning of a digest of all that its events depend on.
fn definition(request: &Request<'_>, plan: &Plan) -> String {
    let slo = request.slo;
    let step = plan.range.step;
    let side = if plan.is_good { "good" } else { "bad" };
    let (part, total) = (plan.part.increase(step), plan.total.increase(step));
    let endpoint = slo.endpoint().unwrap_or_default();
    let mut digest = Sha256::new();
    for text in [request.environment, &slo.service, &slo.name, endpoint, side, &part, &total] {
        digest.update(text.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().take(BYTES).fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::plan::tests::{environment, slo};

    #[test]
    fn another_definition_has_another_recording() {
        let production = environment(Some(("env", "prod")));
        let staging = environment(Some(("env", "staging")));
        let range = Range { first: 300, last: 900, step: 300 };
        let of = |slo: &crate::catalog::Slo, name: &'static str, step| {
            let matchers = if name == "production" { &production } else { &staging };
            let request = Request { slo, environment: name, matchers };
            let plan = Plan::of(&request, Range { step, ..range }).expect("it can be asked");
            Recording::of(&request, &plan).expect("it is recorded")
        };
        let one = slo("a", "b", "t", false, 900);
        let known = of(&one, "production", 300);
        assert_eq!(
            known.events.to_string(),
            format!(
                "slogate:slo_events:increase5m{{definition={:?},environment=\"production\",instance=\"\",job=\"\"}}",
                known.definition
            )
        );
        let exposed = |labels: &[(&str, &str)]| {
            let all = [("__name__", "slogate:slo_events:increase5m"), ("environment", "production")];
            let definition = [("definition", known.definition.as_str())];
            let all = all.into_iter().chain(definition).chain(labels.iter().copied());
            all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        for selector in [&known.events, &known.any] {
            assert!(selector.matches(&exposed(&[])));
            assert!(!selector.matches(&exposed(&[("job", "x")])), "a target's");
            assert!(!selector.matches(&exposed(&[("instance", "x:80")])), "a target's");
        }
        // Its period and its objective change no events.
        assert_eq!(of(&slo("a", "b", "t", false, 1_800), "production", 300), known);
        let others = [
            of(&one, "staging", 300),
            of(&one, "production", 60),
            of(&slo("c", "b", "t", false, 900), "production", 300),
            of(&slo("a", "b or vector(0)", "t", false, 900), "production", 300),
            of(&slo("a", "b", "t{x=\"1\"}", false, 900), "production", 300),
            of(&slo("a", "b", "t", true, 900), "production", 300),
        ];
        let definitions: BTreeSet<&String> =
            others.iter().chain([&known]).map(|one| &one.definition).collect();
        assert_eq!(definitions.len(), 7);
    }
}
