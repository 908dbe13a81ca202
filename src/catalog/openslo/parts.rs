//! The objectives of a composite SLO, each with an indicator of its own, as the one SLO that they make.

use rust_decimal::Decimal;

use super::super::Slo;
use super::super::given_up::{Found, GivenUp};
use super::{Called, Version, called, objective};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

/// The most parts: each costs as much as an SLO.
const MOST: usize = 100;

/// A composite SLO while its objectives are read.
pub(super) struct Parts {
    /// What the whole is called.
    called: Called,
    /// The weights of the objectives, in their order; none of one that cannot be reckoned with.
    weights: Vec<Option<Decimal>>,
    /// Those that were read.
    read: Vec<(Slo, Decimal)>,
}

impl Parts {
    /// What the objectives of a document make together; none where they share an indicator, or where there is only one
    /// and it weighs nothing but itself: that is an SLO like any other.
    pub(super) fn of(
        version: Version,
        document: Part<'_>,
        objectives: &[Part<'_>],
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        if document.get("spec").and_then(|spec| version.own(spec)).is_some() {
            return None;
        }
        objectives.iter().find(|part| version.own(**part).is_some())?;
        let mut weights: Vec<Option<Decimal>> =
            objectives.iter().map(|part| objective::weight(*part, problems)).collect();
        if let Some(more) = objectives.get(MOST) {
            let message =
                format!("a composite SLO has at most {MOST} parts, and this one has {}", weights.len());
            let problem = Diagnostic::error(Code::WrongValue, message).at(more.key_place(), "one too many");
            problems.push(problem.help("let several SLOs share them: each is one journey of users"));
            weights.clear();
        }
        if weights == [Some(Decimal::ONE)] {
            return None;
        }
        Some(Self { called: called(document, document, None)?, weights, read: Vec::new() })
    }

    /// The name of the whole.
    pub(super) fn name(&self) -> &str {
        &self.called.name
    }

    /// Takes the next objective in, where it could be read. Two of one name are told.
    pub(super) fn take(&mut self, read: Option<Slo>, problems: &mut Vec<Diagnostic>) {
        let weight = self.weights.get(self.read.len()).copied().flatten();
        let Some((slo, weight)) = read.zip(weight) else {
            self.weights.clear();
            return;
        };
        if let Some((first, _)) = self.read.iter().find(|(other, _)| other.name == slo.name) {
            let message = format!("there are two parts named `{}`", slo.name);
            let problem = Diagnostic::error(Code::Duplicate, message);
            let problem = problem.at(slo.place, format!("the first stands at {}", first.place));
            problems.push(problem.help("give one of them another `displayName`"));
            self.weights.clear();
            return;
        }
        self.read.push((slo, weight));
    }

    /// The whole, where all of its objectives were read.
    pub(super) fn compose(self, found: &mut Found) {
        let Called { name, title, place } = self.called;
        let otherwise = GivenUp { name: Some((name.clone(), place.clone())), indicator: None };
        let is_whole = !self.weights.is_empty() && self.weights.len() == self.read.len();
        if !is_whole {
            let queries = self.read.iter().map(|(slo, _)| Some(slo.indicator.clone()));
            found.given_up.extend(queries.map(|indicator| GivenUp { name: None, indicator }));
        }
        let whole = if is_whole { Slo::composed((name, title, place), self.read) } else { None };
        found.take(whole, otherwise);
    }
}
