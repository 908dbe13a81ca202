//! Composite SLOs at a source: each part is asked for like an SLO of its own, and what is answered about all of them
//! together is the answer.
//!
//! So no source knows of parts, and whatever is cached, fused, planned or recorded is so by part.

use super::{Observation, Planned, Range, Request, Source};
use crate::budget::Budget;
use crate::budget::gap::Gap;
use crate::catalog::Slo;

/// What a source answered about an SLO: about itself, or about each of its parts, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for, each as an SLO of its own; the SLO itself where it has no parts, or cannot be reckoned.
    pub asked: Vec<Slo>,
    /// What was answered about each.
    pub observed: Vec<Result<Observation, Gap>>,
    /// When somebody made the observations and left them, in seconds since the epoch; none where the source itself was
    /// asked.
    pub left_at: Option<i64>,
}

impl Answer {
    /// What is asked for an SLO.
    fn asked(slo: &Slo, step: i64) -> Vec<Slo> {
        let parts = slo.parts();
        let one = || vec![slo.clone()];
        if parts.is_empty() || !slo.unreckoned(step).is_empty() { one() } else { parts }
    }

    /// The same gap for all of an SLO.
    #[must_use]
    pub fn unknown(slo: &Slo, gap: Gap) -> Self {
        Self { asked: vec![slo.clone()], observed: vec![Err(gap)], left_at: None }
    }

    /// The first gap of it, which names the part that it is of.
    #[must_use]
    pub fn gap(&self, slo: &Slo) -> Option<Gap> {
        let mut gaps = self.asked.iter().zip(&self.observed);
        gaps.find_map(|(part, answer)| Some(named(slo, part, answer.as_ref().err()?.clone())))
    }

    /// The budget of the SLO that was asked for.
    ///
    /// # Errors
    /// The first gap, which names the part that it is of.
    pub fn budget(self, slo: &Slo) -> Result<Budget, Gap> {
        let mut observed = Vec::new();
        for (part, answer) in self.asked.into_iter().zip(self.observed) {
            let Observation { series, direct } = answer.map_err(|gap| named(slo, &part, gap))?;
            observed.push((series, direct));
        }
        Ok(Budget::of(slo, observed).left_at(self.left_at))
    }
}

/// A gap of an SLO or of a part of it.
fn named(slo: &Slo, part: &Slo, gap: Gap) -> Gap {
    if part.name == slo.name { gap } else { Gap::part(part.name.clone(), gap) }
}

/// Asks a source for everything, in order, each for a range of its own.
#[must_use]
pub fn observe(source: &dyn Source, requests: &[(Request<'_>, Range)]) -> Vec<Answer> {
    let asked = asked(requests);
    let mut answers = source.observe_each(&parts(requests, &asked)).into_iter();
    let silent = || Err(Gap::Unreachable { detail: "the source gave no answer at all".to_owned() });
    let left_at = source.left_at();
    let answer = |asked: Vec<Slo>| {
        let observed = asked.iter().map(|_| answers.next().unwrap_or_else(silent)).collect();
        Answer { asked, observed, left_at }
    };
    asked.into_iter().map(answer).collect()
}

/// What would be asked for everything.
#[must_use]
pub fn plan(source: &dyn Source, requests: &[(Request<'_>, Range)]) -> Vec<Planned> {
    source.plan(&parts(requests, &asked(requests)))
}

/// What is asked for each request.
fn asked(requests: &[(Request<'_>, Range)]) -> Vec<Vec<Slo>> {
    requests.iter().map(|(request, range)| Answer::asked(request.slo, range.step)).collect()
}

/// A request for each part.
fn parts<'a>(requests: &[(Request<'a>, Range)], asked: &'a [Vec<Slo>]) -> Vec<(Request<'a>, Range)> {
    let of = |((request, range), asked): (&(Request<'a>, Range), &'a Vec<Slo>)| {
        let (request, range) = (*request, *range);
        asked.iter().map(move |slo| (Request { slo, ..request }, range))
    };
    requests.iter().zip(asked).flat_map(of).collect()
}
