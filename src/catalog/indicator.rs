//! What counts as good or bad, whatever dialect said it.
//!
//! Two of these are counted: good or bad events over all events. The others are known for what they are, so that a
//! budget that cannot be reckoned says why.

use std::fmt;

use rust_decimal::Decimal;

use super::Kept;
use super::composite::Component;
use crate::diagnostic::Place;

/// A query as somebody wrote it, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The text, in the language of the monitoring system.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// How a value is compared with a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Below it.
    Below,
    /// At most it.
    AtMost,
    /// Above it.
    Above,
    /// At least it.
    AtLeast,
}

impl Comparison {
    /// As OpenSLO writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Below => "lt",
            Self::AtMost => "lte",
            Self::Above => "gt",
            Self::AtLeast => "gte",
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        })
    }
}

/// How an SLO's bad events are told from its good ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Indicator {
    /// Good events over all events.
    Good {
        /// The query that counts good events.
        good: Query,
        /// The query that counts all events.
        total: Query,
    },
    /// Bad events over all events.
    Bad {
        /// The query that counts bad events.
        bad: Query,
        /// The query that counts all events.
        total: Query,
    },
    /// A part over the whole, of values that rise and fall.
    Gauges {
        /// The query of the good or the bad part.
        part: Query,
        /// The query of the whole.
        total: Query,
        /// The part is the good one.
        is_good: bool,
        /// Where they are said not to be counters, or where that is not said.
        place: Place,
    },
    /// A query that gives the share itself.
    Ratio {
        /// The query.
        ratio: Query,
        /// It gives the good share.
        is_good: bool,
    },
    /// A value that is good on one side of a threshold.
    Threshold {
        /// The query of the value.
        value: Query,
        /// How a good value is compared.
        comparison: Comparison,
        /// The threshold.
        threshold: Decimal,
    },
    /// The requests of a native histogram that are faster than a limit.
    Histogram {
        /// The query of the histogram.
        histogram: Query,
        /// The limit, as it was written.
        limit: String,
    },
    /// One indicator for each value of some labels, and a budget of its own for each.
    Each {
        /// The labels.
        labels: Vec<String>,
        /// Where they stand.
        place: Place,
        /// The indicator.
        indicator: Box<Self>,
    },
    /// Several indicators that burn one budget.
    Composite {
        /// The parts, at least one.
        components: Vec<Component>,
    },
    /// What a plugin of another program makes of its options.
    Plugin {
        /// Its name.
        id: String,
        /// Where it stands.
        place: Place,
    },
    /// What Datadog counts for an SLO that is kept there.
    Datadog(Kept),
    /// Metrics of a monitoring system that is not read.
    Foreign {
        /// Its name.
        system: String,
        /// Where it stands.
        place: Place,
    },
}

impl Indicator {
    /// The SLOs in Datadog that count it; none where queries do.
    #[must_use]
    pub const fn kept(&self) -> Option<&Kept> {
        if let Self::Datadog(kept) = self { Some(kept) } else { None }
    }

    /// The queries of the part and of all events, and whether the part is the good one; none where no events are
    /// counted.
    #[must_use]
    pub fn counters(&self) -> Option<(&Query, &Query, bool)> {
        match self {
            Self::Good { good, total } => Some((good, total, true)),
            Self::Bad { bad, total } => Some((bad, total, false)),
            Self::Gauges { .. }
            | Self::Ratio { .. }
            | Self::Threshold { .. }
            | Self::Histogram { .. }
            | Self::Each { .. }
            | Self::Composite { .. }
            | Self::Plugin { .. }
            | Self::Datadog(_)
            | Self::Foreign { .. } => None,
        }
    }
}
