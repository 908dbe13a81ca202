//! In which ways an SLO can ask for less than it did: one notion for whoever looks at a change or at history.

use super::Slo;
use super::revision::Revised;

/// One way in which an SLO can ask for less than it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Its objective is lower.
    Objective,
    /// Its SLA is lower, or gone.
    Sla,
    /// Its period has another length: a longer one grants more, a shorter one forgets sooner.
    Period,
}

impl Revised {
    /// The way in which it asks for less of an SLO that stays; none where it does not.
    #[must_use]
    pub fn way(&self) -> Option<Way> {
        match self {
            Self::Objective { from, to } => (to < from).then_some(Way::Objective),
            // No SLA is below every SLA.
            Self::Sla { from, to } => (to < from).then_some(Way::Sla),
            Self::Period { from, to } => (to != from).then_some(Way::Period),
            Self::Added { .. }
            | Self::Removed { .. }
            | Self::Renamed { .. }
            | Self::Calendar { .. }
            | Self::Method { .. }
            | Self::Weight { .. }
            | Self::Indicator { .. }
            | Self::Priority { .. }
            | Self::Said { .. } => None,
        }
    }

    /// True for what asks for less, or for nothing any more.
    #[must_use]
    pub fn loosens(&self) -> bool {
        matches!(self, Self::Removed { .. }) || self.way().is_some()
    }
}

/// The ways in which an SLO asks for less than it did.
#[must_use]
pub fn ways(before: &Slo, after: &Slo) -> Vec<Way> {
    let all = [
        Revised::Objective { from: before.objective, to: after.objective },
        Revised::Sla { from: before.terms.sla, to: after.terms.sla },
        Revised::Period { from: before.period, to: after.period },
    ];
    all.iter().filter_map(Revised::way).collect()
}
