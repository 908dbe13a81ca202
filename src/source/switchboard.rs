//! Several sources in one run: each SLO is asked of the system that its definition names.
//!
//! SLOs that are kept in Datadog go there, and all others, and the signals, to what counts events by queries: a
//! Prometheus, or a snapshot. An SLO whose system nobody configured is a gap that says what to set.

use super::datadog::Datadog;
use super::{Observation, Planned, Range, Request, SignalRequest, Source};
use crate::budget::gap::Gap;
use crate::budget::signal::Signal;

/// The sources of a run.
pub struct Switchboard<'a> {
    /// What answers queries, or why nothing does.
    pub queried: Result<Box<dyn Source + 'a>, String>,
    /// Datadog, or why it is not configured.
    pub datadog: Result<Datadog<'a>, String>,
}

impl Switchboard<'_> {
    /// Every source that is configured.
    fn sources(&self) -> impl Iterator<Item = &dyn Source> {
        let queried = self.queried.as_deref().ok().into_iter();
        queried.chain(self.datadog.as_ref().ok().map(|datadog| -> &dyn Source { datadog }))
    }

    /// The source of the SLOs that are kept in Datadog, or of all others.
    fn of(&self, is_kept: bool) -> Option<&dyn Source> {
        if is_kept {
            self.datadog.as_ref().ok().map(|datadog| -> &dyn Source { datadog })
        } else {
            self.queried.as_deref().ok().map(|queried| -> &dyn Source { queried })
        }
    }

    /// The gap where that source is not configured.
    fn unconfigured(&self, is_kept: bool) -> Gap {
        let reason = if is_kept { self.datadog.as_ref().err() } else { self.queried.as_ref().err() };
        let detail = reason.cloned().unwrap_or_default();
        Gap::Unreachable { detail }
    }
}

/// True for an SLO that is kept in Datadog.
const fn is_kept(request: &Request<'_>) -> bool {
    request.slo.indicator.kept().is_some()
}

impl Source for Switchboard<'_> {
    fn describe(&self) -> String {
        let names: Vec<String> = self.sources().map(Source::describe).collect();
        if names.is_empty() { "no source".to_owned() } else { names.join(" and ") }
    }

    /// The end of a snapshot, unless Datadog is asked beside it: what lives is never judged at the end of a recording.
    fn recorded_until(&self) -> Option<i64> {
        if self.datadog.is_ok() {
            None
        } else {
            self.queried.as_ref().ok().and_then(|queried| queried.recorded_until())
        }
    }

    fn observe(&self, requests: &[Request<'_>], range: Range) -> Vec<Result<Observation, Gap>> {
        let requests: Vec<_> = requests.iter().map(|request| (*request, range)).collect();
        self.observe_each(&requests)
    }

    fn observe_each(&self, requests: &[(Request<'_>, Range)]) -> Vec<Result<Observation, Gap>> {
        let mut answers: Vec<Option<Result<Observation, Gap>>> = requests.iter().map(|_| None).collect();
        for kept in [false, true] {
            let own = (0..).zip(requests).filter(|(_, (request, _))| is_kept(request) == kept);
            let (indices, own): (Vec<usize>, Vec<(Request<'_>, Range)>) = own.unzip();
            let answered = match self.of(kept) {
                Some(source) if !own.is_empty() => source.observe_each(&own),
                Some(_) | None => own.iter().map(|_| Err(self.unconfigured(kept))).collect(),
            };
            for (index, answer) in indices.into_iter().zip(answered) {
                if let Some(slot) = answers.get_mut(index) {
                    *slot = Some(answer);
                }
            }
        }
        let silent = || Err(Gap::Unreachable { detail: "the source gave no answer at all".to_owned() });
        answers.into_iter().map(|answer| answer.unwrap_or_else(silent)).collect()
    }

    fn plan(&self, requests: &[(Request<'_>, Range)]) -> Vec<Planned> {
        let plan = |kept: bool| {
            let own = requests.iter().filter(|(request, _)| is_kept(request) == kept);
            let own: Vec<(Request<'_>, Range)> = own.copied().collect();
            self.of(kept).map(|source| source.plan(&own)).unwrap_or_default()
        };
        let mut planned = plan(false);
        planned.extend(plan(true));
        planned
    }

    fn unasked(&self, requests: &[(Request<'_>, Range)]) -> Vec<Gap> {
        let needed = |kept: &bool| requests.iter().any(|(request, _)| is_kept(request) == *kept);
        let silent = [false, true].into_iter().filter(|kept| self.of(*kept).is_none() && needed(kept));
        silent.map(|kept| self.unconfigured(kept)).collect()
    }

    fn plan_signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Planned> {
        self.of(false).map(|source| source.plan_signals(requests, range)).unwrap_or_default()
    }

    fn notes(&self) -> Vec<String> {
        self.sources().flat_map(Source::notes).collect()
    }

    fn signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Result<Signal, Gap>> {
        match self.of(false) {
            Some(source) => source.signals(requests, range),
            None => requests.iter().map(|_| Err(self.unconfigured(false))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Client, Limits};
    use crate::source::datadog;
    use crate::source::snapshot::Snapshot;

    #[test]
    fn what_lives_is_never_judged_at_the_end_of_a_recording() {
        let client = Client::new(Limits::default()).expect("a client");
        let keys = datadog::credentials("a", "b").expect("two keys");
        let snapshot =
            || Snapshot::read("history.om", b"a_total 1 600\na_total 2 900\n# EOF\n").expect("a snapshot");
        let end = |datadog| Switchboard { queried: Ok(Box::new(snapshot())), datadog }.recorded_until();
        assert_eq!(end(Err("no".to_owned())), Some(900));
        assert_eq!(end(Ok(Datadog::new(&client, "datadoghq.eu", keys).expect("a site"))), None);
    }
}
