//! Why a budget is not known. A gap is a value with a name and words of its own, and never a zero.

mod kind;

use std::fmt;

use rust_decimal::Decimal;

pub use kind::{specimen, specimens};

/// Why a budget is not known (`state.md`, section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// The series is not there.
    NoData {
        /// What was asked, and what to look at.
        detail: String,
    },
    /// The newest point is too old.
    Stale {
        /// Seconds between the newest point and the grid point that is judged.
        age: i64,
    },
    /// What an observer left is too old, however patient the SLO is with its own data.
    Outdated {
        /// Seconds between what the observer left and the grid point that is judged.
        age: i64,
    },
    /// The history begins after the period does, or the quarter.
    Short {
        /// Seconds of history that there are.
        have: i64,
        /// Seconds of history that the period, or the quarter, needs.
        need: i64,
    },
    /// Too many points of the period are missing.
    Coverage {
        /// The share of points that are there.
        share: Decimal,
        /// The share that is needed.
        minimum: Decimal,
    },
    /// More of the period is excluded than may be.
    Excluded {
        /// The share of its points that is excluded.
        share: Decimal,
        /// The share that may be.
        most: Decimal,
    },
    /// Too few events to say anything.
    TooFew {
        /// Events in the period.
        events: Decimal,
    },
    /// Several series where one was meant.
    Ambiguous {
        /// Which ones.
        detail: String,
    },
    /// The source did not answer, or not with an answer.
    Unreachable {
        /// What happened, and after how many tries.
        detail: String,
    },
    /// The source counts over longer times than a step.
    Coarse {
        /// Over which ones, and what step would do.
        detail: String,
    },
    /// A number that is none: NaN or infinity.
    NotFinite {
        /// Where it came from.
        detail: String,
    },
    /// The numbers contradict each other.
    Inconsistent {
        /// How.
        detail: String,
    },
    /// Numbers that somebody else brought, and that are not proven to be what was asked for.
    Untrusted {
        /// Why they are not believed.
        detail: String,
    },
    /// The SLO says something that is not reckoned yet.
    Unsupported {
        /// What.
        detail: String,
    },
    /// A part of a composite SLO is not known.
    Part {
        /// Its name.
        part: String,
        /// Why.
        gap: Box<Self>,
    },
    /// What an observer wrote in place of numbers: it is to be mended where the observer runs.
    Said {
        /// What it wrote.
        gap: Box<Self>,
    },
    /// A gap of which whoever made it knows better than its kind what to do.
    Hinted {
        /// The gap.
        gap: Box<Self>,
        /// What a person can do about it.
        help: &'static str,
    },
}

impl Gap {
    /// The gap of a part.
    #[must_use]
    pub fn part(name: String, gap: Self) -> Self {
        Self::Part { part: name, gap: Box::new(gap) }
    }

    /// The same gap, as an observer wrote it.
    #[must_use]
    pub fn said(self) -> Self {
        Self::Said { gap: Box::new(self) }
    }

    /// The same gap with a help of its own.
    #[must_use]
    pub fn hinted(self, help: &'static str) -> Self {
        Self::Hinted { gap: Box::new(self), help }
    }

    /// The gap itself, of whatever part it is and whoever told it.
    #[must_use]
    pub fn cause(&self) -> &Self {
        match self {
            Self::Part { gap, .. } | Self::Said { gap } | Self::Hinted { gap, .. } => gap.cause(),
            Self::NoData { .. }
            | Self::Stale { .. }
            | Self::Outdated { .. }
            | Self::Short { .. }
            | Self::Coverage { .. }
            | Self::Excluded { .. }
            | Self::TooFew { .. }
            | Self::Ambiguous { .. }
            | Self::Unreachable { .. }
            | Self::Coarse { .. }
            | Self::NotFinite { .. }
            | Self::Inconsistent { .. }
            | Self::Untrusted { .. }
            | Self::Unsupported { .. } => self,
        }
    }

    /// The kind, as it stands in reports.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NoData { .. } => "no_data",
            Self::Stale { .. } | Self::Outdated { .. } => "stale",
            Self::Short { .. } => "short",
            Self::Coverage { .. } => "coverage",
            Self::Excluded { .. } => "excluded",
            Self::TooFew { .. } => "too_few",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Unreachable { .. } => "unreachable",
            Self::Coarse { .. } => "coarse",
            Self::NotFinite { .. } => "not_finite",
            Self::Inconsistent { .. } => "inconsistent",
            Self::Untrusted { .. } => "untrusted",
            Self::Unsupported { .. } => "unsupported",
            Self::Part { gap, .. } | Self::Said { gap } | Self::Hinted { gap, .. } => gap.kind(),
        }
    }

    /// The kind in two words or so, for a table.
    #[must_use]
    pub const fn brief(&self) -> &'static str {
        match self {
            Self::NoData { .. } => "no data",
            Self::Stale { .. } | Self::Outdated { .. } => "stale",
            Self::Short { .. } => "history too short",
            Self::Coverage { .. } => "points missing",
            Self::Excluded { .. } => "too much excluded",
            Self::TooFew { .. } => "too few events",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Unreachable { .. } => "no answer",
            Self::Coarse { .. } => "too coarse",
            Self::NotFinite { .. } => "no finite number",
            Self::Inconsistent { .. } => "contradictory",
            Self::Untrusted { .. } => "not trusted",
            Self::Unsupported { .. } => "not supported",
            Self::Part { gap, .. } | Self::Said { gap } | Self::Hinted { gap, .. } => gap.brief(),
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoData { .. } => {
                "look whether the series is there at that time; where no failures mean no series, end the query with \
                 `or vector(0)`"
            }
            Self::Stale { .. } => "look whether the service still runs and is still scraped",
            Self::Outdated { .. } => "look whether `slogate observe` still runs",
            Self::Short { .. } => {
                "wait until a whole period is recorded, shorten the SLO's period, lengthen the retention, or let a \
                 shorter history estimate it, which stops nobody: annotation `slogate.dev/minimum-history: 7d`"
            }
            Self::Coverage { .. } => {
                "look for holes in the monitoring; a step needs at least two scrapes, so `step` may be too short"
            }
            Self::Excluded { .. } => {
                "shorten the exclusions, or take one out; the organisation alone can let more of a period be excluded"
            }
            Self::TooFew { .. } => "lengthen the period, or let more endpoints share the SLO",
            Self::Ambiguous { .. } => "wrap the query in `sum(...)` or add label matchers",
            Self::Unreachable { .. } => {
                "look at the address, the token and the monitoring system, then run it again"
            }
            Self::Coarse { .. } => {
                "lengthen `step` in the settings: events are never spread over the time that they were counted in"
            }
            Self::NotFinite { .. } => {
                "look at the series in the monitoring system; a counter is a finite number"
            }
            Self::Inconsistent { .. } => {
                "look whether good, bad and total count the same requests, and for holes in the monitoring; lengthen \
                 `step` or shorten the scrape interval"
            }
            Self::Untrusted { .. } => {
                "look at who writes the observations and at `source` in the settings, and let `slogate observe` run again"
            }
            Self::Unsupported { .. } => {
                "write the SLO as good or bad events over all events; `slogate validate` shows the line"
            }
            Self::Hinted { help, .. } => help,
            Self::Said { gap } if matches!(gap.cause(), Self::Unreachable { .. }) => {
                "look where `slogate observe` runs: at the address, the token and the monitoring system there"
            }
            Self::Part { gap, .. } | Self::Said { gap } => gap.help(),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData { detail } => write!(f, "no data: {detail}"),
            Self::Stale { age } => write!(f, "the newest data is {} old", duration(*age)),
            Self::Outdated { age } => write!(f, "the observer's document is {} old", duration(*age)),
            Self::Short { have, need } => {
                write!(f, "only {} of history, and {} is needed", duration(*have), duration(*need))
            }
            Self::Coverage { share, minimum } => {
                let percent = |share: &Decimal| (share * Decimal::ONE_HUNDRED).round_dp(1).normalize();
                write!(
                    f,
                    "only {} % of the period's points are there ({} % are needed)",
                    percent(share),
                    percent(minimum)
                )
            }
            Self::Excluded { share, most } => {
                let percent = |share: &Decimal| (share * Decimal::ONE_HUNDRED).round_dp(1).normalize();
                write!(
                    f,
                    "{} % of the period is excluded (at most {} % may be)",
                    percent(share),
                    percent(most)
                )
            }
            Self::TooFew { events } => write!(f, "only {} events in the period", events.normalize()),
            Self::Ambiguous { detail } => write!(f, "several series where one was meant: {detail}"),
            Self::Unreachable { detail }
            | Self::Coarse { detail }
            | Self::Untrusted { detail }
            | Self::Unsupported { detail } => f.write_str(detail),
            Self::NotFinite { detail } => write!(f, "not a finite number: {detail}"),
            Self::Inconsistent { detail } => write!(f, "the numbers contradict each other: {detail}"),
            Self::Part { part, gap } => write!(f, "of its part {part}: {gap}"),
            Self::Said { gap } => write!(f, "the observer said: {gap}"),
            Self::Hinted { gap, .. } => gap.fmt(f),
        }
    }
}

/// A length of time in its two largest units: `4d 3h`, `15m`, `0s`.
#[must_use]
pub fn duration(seconds: i64) -> String {
    let mut rest = seconds.max(0);
    let mut parts = Vec::new();
    for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        if rest >= length && parts.len() < 2 {
            parts.push(format!("{}{unit}", rest / length));
            rest %= length;
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}
