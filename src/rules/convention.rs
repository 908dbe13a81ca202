//! Every name that rules are written with: series, labels, alerts, groups, windows and paces.
//!
//! They are a promise to dashboards and routes of alerts, so they stand here once and `slogate rules --help` states them.
//! Those that are read back stand in `source/plan/recording.rs`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Subject;
use crate::source::plan::recording;
use crate::source::promql::quoted;

pub use crate::source::plan::recording::{DEFINITION, length};

/// All events in a second, over five minutes.
pub const EVENTS: &str = "slogate:slo_events:rate5m";

/// Bad events in a second, over five minutes.
pub const ERRORS: &str = "slogate:slo_errors:rate5m";

/// The share of bad events over a window, whose length follows: `slogate:slo_errors:ratio_rate1h`.
pub const ERROR_RATIO: &str = "slogate:slo_errors:ratio_rate";

/// The share of events that must be good.
pub const OBJECTIVE: &str = "slogate:slo_objective:ratio";

/// The length of the period; of one by the calendar the longest.
pub const PERIOD: &str = "slogate:slo_period:seconds";

/// What is left of the budget of a rolling period; negative when it is overspent.
pub const REMAINING: &str = "slogate:slo_budget_remaining:ratio";

/// The alert that somebody is woken for.
pub const PAGE: &str = "ErrorBudgetBurnsFast";

/// The alert that somebody looks into by day.
pub const TICKET: &str = "ErrorBudgetBurnsSteadily";

/// Seconds between two evaluations of windows, of steps and of alerts.
pub const INTERVAL: i64 = recording::INTERVAL;

/// Seconds between two evaluations of what is left of a budget.
pub const BUDGET_INTERVAL: i64 = 300;

/// Of a period's evaluations the share, in tenths, that must be recorded before anything is said of what is left.
pub const COVERAGE_TENTHS: i64 = 9;

/// A stretch of time that is looked back over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// As PromQL writes it.
    pub name: &'static str,
    /// Its length.
    pub seconds: i64,
}

/// Five minutes.
pub const FIVE_MINUTES: Window = Window { name: "5m", seconds: 300 };
/// Half an hour.
const HALF_HOUR: Window = Window { name: "30m", seconds: 1_800 };
/// An hour.
const HOUR: Window = Window { name: "1h", seconds: 3_600 };
/// Two hours.
const TWO_HOURS: Window = Window { name: "2h", seconds: 7_200 };
/// Six hours.
const SIX_HOURS: Window = Window { name: "6h", seconds: 21_600 };
/// A day.
const DAY: Window = Window { name: "1d", seconds: 86_400 };
/// Three days.
const THREE_DAYS: Window = Window { name: "3d", seconds: 259_200 };

/// Every window that is recorded, from the shortest.
pub const WINDOWS: [Window; 7] = [FIVE_MINUTES, HALF_HOUR, HOUR, TWO_HOURS, SIX_HOURS, DAY, THREE_DAYS];

/// How soon a person has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// At once.
    Page,
    /// Within days.
    Ticket,
}

impl Urgency {
    /// As the label `severity` has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }

    /// The name of its alert.
    #[must_use]
    pub const fn alert(self) -> &'static str {
        match self {
            Self::Page => PAGE,
            Self::Ticket => TICKET,
        }
    }
}

/// A pace at which a budget must not burn: a share of it within a window, and still so within a shorter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Who must act.
    pub urgency: Urgency,
    /// The share of the period's budget, in per cent.
    pub percent: i64,
    /// The window within which that share is spent.
    pub long: Window,
    /// The window that says that it goes on: the alert ends soon after its cause.
    pub short: Window,
}

/// The paces of table 5-8 of the SRE Workbook. For 30 days they are burn rates of 14.4, 6, 3 and 1.
pub const PACES: [Pace; 4] = [
    Pace { urgency: Urgency::Page, percent: 2, long: HOUR, short: FIVE_MINUTES },
    Pace { urgency: Urgency::Page, percent: 5, long: SIX_HOURS, short: HALF_HOUR },
    Pace { urgency: Urgency::Ticket, percent: 10, long: DAY, short: TWO_HOURS },
    Pace { urgency: Urgency::Ticket, percent: 10, long: THREE_DAYS, short: SIX_HOURS },
];

impl Pace {
    /// The burn rate that spends its share of a period's budget within its window. Never below 1: a budget that burns
    /// slower than evenly lasts, however short the period is beside the window.
    #[must_use]
    pub fn burn_rate(self, period: i64) -> Decimal {
        let spent = Decimal::from(self.percent) * Decimal::from(period);
        let rate = spent.checked_div(Decimal::ONE_HUNDRED * Decimal::from(self.long.seconds));
        rate.map_or(Decimal::ONE, |rate| rate.round_dp(6).max(Decimal::ONE).normalize())
    }
}

/// The name of the share of bad events over a window.
#[must_use]
pub fn error_ratio(window: Window) -> String {
    format!("{ERROR_RATIO}{}", window.name)
}

/// The name of a group of an SLO's rules; unique, because an environment's name has no colon.
pub(super) fn group(kind: &str, subject: &Subject<'_>) -> String {
    format!("slogate:{kind}:{}:{}", subject.environment, subject.slo.name)
}

/// The labels by which the series of an SLO are known.
pub(super) fn identity(subject: &Subject<'_>) -> BTreeMap<&'static str, String> {
    let slo = subject.slo;
    let mut labels = BTreeMap::from([
        ("environment", subject.environment.to_owned()),
        ("service", slo.service.clone()),
        ("slo", slo.name.clone()),
    ]);
    labels.extend(slo.endpoint().map(|endpoint| ("endpoint", endpoint.to_owned())));
    labels
}

/// A recorded series of an SLO.
pub(super) fn series(name: &str, subject: &Subject<'_>) -> String {
    let (environment, service, slo) = (subject.environment, &subject.slo.service, &subject.slo.name);
    let [environment, service, slo] = [environment, service.as_str(), slo.as_str()].map(quoted);
    format!("{name}{{environment={environment},service={service},slo={slo}}}")
}
