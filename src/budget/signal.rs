//! Signals: what somebody watches besides failed events, and that either fires or is quiet.
//!
//! A signal is of an environment and not of an SLO, so all budgets of an environment share its signals. It is known
//! at a grid point where its source had a number there, and nowhere else: what is absent neither fires nor is quiet.

use std::collections::BTreeMap;

use crate::budget::gap::Gap;

/// One signal over a stretch of the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// The first grid point, in seconds since the epoch, a multiple of `step`.
    pub first: i64,
    /// Seconds between two points.
    pub step: i64,
    /// Whether it fires at each point; none where that is not known.
    pub fires: Vec<Option<bool>>,
}

/// The signals of an environment, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signals {
    /// What their source answered.
    answers: BTreeMap<String, Result<Signal, Gap>>,
    /// Why any other one is not known.
    otherwise: Gap,
}

impl Signals {
    /// Signals as they were answered, and why any other one is not known.
    #[must_use]
    pub const fn new(answers: BTreeMap<String, Result<Signal, Gap>>, otherwise: Gap) -> Self {
        Self { answers, otherwise }
    }

    /// Whether a signal fires at a grid point, in seconds since the epoch.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn at(&self, name: &str, t: i64) -> Result<bool, Gap> {
        let answer = self.answers.get(name).ok_or_else(|| self.otherwise.clone())?;
        let signal = answer.as_ref().map_err(Clone::clone)?;
        let index = usize::try_from(t.saturating_sub(signal.first).div_euclid(signal.step.max(1))).ok();
        index.and_then(|index| signal.fires.get(index).copied().flatten()).ok_or_else(|| Gap::NoData {
            detail: "its query has no number there (nothing, NaN or an infinity); where nothing means quiet, end the \
                     query with `or vector(0)`"
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_known_where_its_source_had_a_number() {
        let cpu = Signal { first: 600, step: 300, fires: vec![Some(true), Some(false), None] };
        let down = Gap::Unreachable { detail: "nobody answered".to_owned() };
        let nobody = Gap::Unsupported { detail: "nobody asked".to_owned() };
        let answers = [("cpu", Ok(cpu)), ("disk", Err(down.clone()))];
        let answers = answers.map(|(name, answer)| (name.to_owned(), answer)).into();
        let signals = Signals::new(answers, nobody.clone());
        assert_eq!(signals.at("cpu", 600), Ok(true));
        assert_eq!(signals.at("cpu", 900), Ok(false));
        for t in [0, 300, 1_200, 1_500, i64::MAX] {
            let gap = signals.at("cpu", t).expect_err("not known");
            assert!(gap.to_string().contains("or vector(0)"), "{t}: {gap}");
        }
        assert_eq!(signals.at("disk", 600), Err(down));
        assert_eq!(signals.at("memory", 600), Err(nobody));
    }
}
