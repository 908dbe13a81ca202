//! What a source answered in this run already, to judge by other rules: nothing is asked anew.
//!
//! Whoever writes a change writes its queries. Sent with the credentials of the repository before anybody agreed to them,
//! they could read what their author may not, or burden the monitoring system. So only the questions of rules that are
//! agreed are asked, and other rules are answered where they ask the same.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::{Observation, Range, Request, SignalRequest, Source};
use crate::budget::gap::{Gap, duration};
use crate::budget::series::Series;
use crate::budget::signal::Signal;
use crate::catalog::counted::digest;

/// How many answers more than there are questions may be handed out: copies of long histories are large, and whoever
/// writes a change chooses how many SLOs ask the same.
const MORE: usize = 50;

/// What to do about a question that was not asked.
const HELP: &str = "run `slogate validate --observed` on that branch where you may ask the monitoring system";

/// The answers of this run, by what was asked.
#[derive(Debug)]
pub struct Answered {
    /// What the report says of the source.
    source: String,
    /// The instant that is judged, in seconds since the epoch.
    now: i64,
    /// When somebody made the observations and left them, likewise.
    left_at: Option<i64>,
    /// What was answered about SLOs, by the digests of the questions.
    observations: BTreeMap<String, Kept>,
    /// What was answered about signals, likewise.
    signals: BTreeMap<String, Result<Signal, Gap>>,
}

/// Those answers as the source of one change's own rules.
pub struct Lent<'a> {
    /// The answers.
    answered: &'a Answered,
    /// How many of them may still be handed out.
    left: Cell<usize>,
}

/// One answer.
#[derive(Debug)]
struct Kept {
    /// The length of the period, in seconds, that was counted directly.
    period: i64,
    /// What was answered.
    answer: Result<Observation, Gap>,
}

impl Answered {
    /// Keeps what was answered; `now` is the instant that is judged, in seconds since the epoch.
    #[must_use]
    pub fn keep<'r>(
        source: &dyn Source,
        now: i64,
        observed: impl Iterator<Item = (Request<'r>, &'r Result<Observation, Gap>)>,
        signals: &[(SignalRequest<'_>, Result<Signal, Gap>)],
    ) -> Self {
        let mut observations: BTreeMap<String, Kept> = BTreeMap::new();
        for (request, answer) in observed {
            let last = answer.as_ref().map_or(now, |known| known.series.last());
            let kept = Kept { period: request.slo.period_at(last), answer: answer.clone() };
            let question = request.slo.question(&request.matchers.matchers);
            // Of two that ask the same the one that looks back further answers both.
            if observations.get(&question).is_none_or(|other| other.length() < kept.length()) {
                observations.insert(question, kept);
            }
        }
        let signals = signals.iter().map(|(request, answer)| (question(request), answer.clone()));
        Self {
            source: source.describe(),
            now,
            left_at: source.left_at(),
            observations,
            signals: signals.collect(),
        }
    }

    /// The answers for one change.
    #[must_use]
    pub fn lend(&self) -> Lent<'_> {
        Lent { answered: self, left: Cell::new(self.observations.len() + MORE) }
    }
}

impl Lent<'_> {
    /// One answer, cut to a range.
    fn answer(&self, request: &Request<'_>, range: Range) -> Result<Observation, Gap> {
        if let Some(one) = request.slo.unreckoned(range.step).into_iter().next() {
            return Err(Gap::Unsupported { detail: one.reason });
        }
        let kept = self.answered.observations.get(&request.slo.question(&request.matchers.matchers));
        let kept = kept.ok_or_else(|| {
            unasked("no rule of the base asks that, and what a change asks waits until it is merged")
        })?;
        let known = kept.answer.as_ref().map_err(Clone::clone)?;
        let Series { first, step, .. } = known.series;
        if (range.step, range.last) != (step, known.series.last()) {
            return Err(unasked("the rules of the base ask that on another grid"));
        }
        let period = request.slo.period_at(range.last);
        if range.last - period < first - step {
            let have = duration(range.last - first + step);
            return Err(unasked(&format!(
                "the rules of the base ask for {have} of its history, and its period is {}",
                duration(period)
            )));
        }
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(unasked("more SLOs ask the same than are reckoned before a change is agreed"));
        };
        self.left.set(left);
        let direct = known.direct.filter(|_| kept.period == period);
        Ok(Observation { series: cut(&known.series, range), direct })
    }
}

impl Kept {
    /// How many points there are; of a gap there are none.
    fn length(&self) -> usize {
        self.answer.as_ref().map_or(0, |known| known.series.points.len())
    }
}

/// The gap of a question that was not asked.
fn unasked(why: &str) -> Gap {
    Gap::Unreachable { detail: why.to_owned() }.hinted(HELP)
}

/// The digest of a question about a signal.
fn question(request: &SignalRequest<'_>) -> String {
    digest(std::iter::once(request.signal.query.as_str()), &request.matchers.matchers)
}

/// The points of a range that ends where the series does; what was not asked for is not known.
fn cut(series: &Series, range: Range) -> Series {
    let skipped = usize::try_from((range.first - series.first) / series.step.max(1)).unwrap_or(0);
    let missing = usize::try_from((series.first - range.first) / series.step.max(1)).unwrap_or(0);
    let known = series.points.iter().skip(skipped).copied();
    let points = std::iter::repeat_n(None, missing).chain(known).collect();
    Series { first: range.first, step: series.step, points }
}

impl Source for Lent<'_> {
    fn describe(&self) -> String {
        self.answered.source.clone()
    }

    fn recorded_until(&self) -> Option<i64> {
        Some(self.answered.now)
    }

    fn left_at(&self) -> Option<i64> {
        self.answered.left_at
    }

    fn observe(&self, requests: &[Request<'_>], range: Range) -> Vec<Result<Observation, Gap>> {
        requests.iter().map(|request| self.answer(request, range)).collect()
    }

    fn signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Result<Signal, Gap>> {
        let one = |request: &SignalRequest<'_>| {
            let known = self
                .answered
                .signals
                .get(&question(request))
                .ok_or_else(|| unasked("no policy of the base reads this signal"))?;
            let signal = known.as_ref().map_err(Clone::clone)?;
            if signal.step == range.step {
                Ok(signal.clone())
            } else {
                Err(unasked("the rules of the base ask that on another grid"))
            }
        };
        requests.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests;
