//! How much failure is left: the arithmetic of error budgets on a grid (rolling period, Occurrences).
//!
//! Pure: a series of events in, exact decimals out. Every figure is one division of exact sums, so its sign and
//! its comparison with a threshold are exact; nothing is rounded or clamped. What is not known is a `Gap`.
//! Source of the formulas: with `T` the objective, `bad` and `total` summed over a window that ends at the grid
//! point, `burn_rate(w) = (bad_w / total_w) / (1 - T)`, `remaining = 1 - bad_P / ((1 - T) total_P)` and
//! `burned(w) = bad_w / ((1 - T) total_P)` (SRE Workbook, chapters 2 and 5).

use std::sync::{Arc, OnceLock};

use rust_decimal::Decimal;

use crate::budget::breach::Breaches;
use crate::budget::gap::Gap;
use crate::budget::gift::Gift;
use crate::budget::incident::Incidents;
use crate::budget::quarter::Outage;
use crate::budget::series::{Series, Total};
use crate::budget::signal::Signals;
use crate::catalog::{Objective, Terms};

mod breach;
mod consistency;
pub mod forecast;
pub mod gap;
mod gift;
pub mod history;
pub mod incident;
pub mod priority;
pub mod quarter;
pub mod series;
pub mod signal;
mod supposed;

/// What is asked of a series before its budget counts as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirements {
    /// The share of a window's points that must be there.
    pub coverage: Decimal,
    /// The events that a period must have.
    pub events: Decimal,
    /// How many steps old the newest point may be.
    pub stale_after: usize,
}

impl Default for Requirements {
    fn default() -> Self {
        Self { coverage: Decimal::new(9, 1), events: Decimal::ONE, stale_after: 3 }
    }
}

/// The share by which good events may exceed all events before the numbers contradict each other: 1 %.
const EXCESS: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// One SLO's budget over a stretch of the grid.
#[derive(Debug, Clone)]
pub struct Budget {
    /// The objective.
    objective: Objective,
    /// Points in a period.
    period: usize,
    /// Seconds between two points.
    step: i64,
    /// The first grid point.
    first: i64,
    /// The series as it was observed.
    points: Vec<Option<Total>>,
    /// `sums[i]`: everything before the point with index `i`.
    sums: Vec<Sums>,
    /// The index of the first point that is there.
    earliest: Option<usize>,
    /// For each point, the index of the newest one up to it that is there.
    newest: Vec<Option<usize>>,
    /// The direct sums over the period that ends at the last point, if a source gave them.
    direct: Option<Total>,
    /// What is asked of the series.
    requirements: Requirements,
    /// What the SLO is bound to besides its objective.
    terms: Terms,
    /// The outages whose kinds somebody recorded; none where nobody records them.
    outages: Option<Vec<Outage>>,
    /// The signals of its environment; none where nobody was asked for any.
    signals: Option<Arc<Signals>>,
    /// The incidents of the series, found when they are first asked about.
    incidents: OnceLock<Incidents>,
    /// The breaches of the series, found when they are first asked about.
    breaches: OnceLock<Breaches>,
    /// What top-ups give back, in the order of time.
    gifts: Vec<Gift>,
}

/// Running sums up to a point.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Events.
    events: Total,
    /// Good events above all events, or bad events above all events.
    excess: Decimal,
    /// Points that are there.
    known: usize,
}

/// A figure over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windowed {
    /// The figure.
    pub value: Decimal,
    /// The series was there and counted nothing: the figure is 0 for want of events.
    pub no_traffic: bool,
}

/// A budget at one grid point at which it is known.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'a> {
    /// The budget.
    budget: &'a Budget,
    /// The point's index.
    index: usize,
    /// The events of the period that ends here.
    period: Total,
    /// The share of events that may be bad.
    allowance: Decimal,
}

impl Budget {
    /// A budget over the observed series. `period` is in seconds and is rounded up to whole steps.
    #[must_use]
    pub fn new(objective: Objective, period: i64, series: Series, direct: Option<Total>) -> Self {
        let step = series.step.max(1);
        let points = usize::try_from((period.max(step) + step - 1) / step).unwrap_or(usize::MAX);
        let mut budget = Self {
            objective,
            period: points,
            step,
            first: series.first,
            points: Vec::new(),
            sums: vec![Sums::default()],
            earliest: None,
            newest: Vec::new(),
            direct,
            requirements: Requirements::default(),
            terms: Terms::default(),
            outages: None,
            signals: None,
            incidents: OnceLock::new(),
            breaches: OnceLock::new(),
            gifts: Vec::new(),
        };
        for point in series.points {
            budget.push(point);
        }
        budget
    }

    /// Adds the next grid point.
    fn push(&mut self, point: Option<Total>) {
        let index = self.points.len();
        let mut sums = self.sums.last().copied().unwrap_or_default();
        let mut newest = self.newest.last().copied().flatten();
        if let Some(events) = point {
            sums.events.bad += events.bad;
            sums.events.total += events.total;
            sums.excess += (-events.bad).max(events.bad - events.total).max(Decimal::ZERO);
            sums.known += 1;
            self.earliest.get_or_insert(index);
            newest = Some(index);
        }
        self.points.push(point);
        self.sums.push(sums);
        self.newest.push(newest);
    }

    /// Replaces what is asked of the series.
    #[must_use]
    pub fn requiring(mut self, requirements: Requirements) -> Self {
        self.requirements = requirements;
        self.incidents = OnceLock::new();
        self.breaches = OnceLock::new();
        self
    }

    /// Binds it to what the SLO is bound to besides its objective.
    #[must_use]
    pub const fn bound_to(mut self, terms: Terms) -> Self {
        self.terms = terms;
        self
    }

    /// Tells it which outages there were and of what kind, for any time that it is asked about.
    #[must_use]
    pub fn with_outages(mut self, outages: Vec<Outage>) -> Self {
        self.outages = Some(outages);
        self
    }

    /// Tells it the signals of its environment.
    #[must_use]
    pub fn with_signals(mut self, signals: Arc<Signals>) -> Self {
        self.signals = Some(signals);
        self
    }

    /// Whether a signal of its environment fires at grid point `t`, in seconds since the epoch.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn signal(&self, name: &str, t: i64) -> Result<bool, Gap> {
        let nobody = || Gap::Unsupported { detail: "nothing says what the signals were".to_owned() };
        self.signals.as_ref().ok_or_else(nobody)?.at(name, t)
    }

    /// What the SLO is bound to besides its objective.
    #[must_use]
    pub const fn terms(&self) -> Terms {
        self.terms
    }

    /// The objective.
    #[must_use]
    pub const fn objective(&self) -> Objective {
        self.objective
    }

    /// Seconds between two points.
    #[must_use]
    pub const fn step(&self) -> i64 {
        self.step
    }

    /// The period's length in seconds, in whole steps.
    #[must_use]
    pub fn period(&self) -> i64 {
        i64::try_from(self.period).unwrap_or(i64::MAX).saturating_mul(self.step)
    }

    /// The grid points that there are, first and last; none for an empty series.
    #[must_use]
    pub fn span(&self) -> Option<(i64, i64)> {
        let count = i64::try_from(self.points.len()).ok()?;
        (count > 0).then(|| (self.first, self.first + (count - 1) * self.step))
    }

    /// The figures at grid point `t`, in seconds since the epoch.
    ///
    /// # Errors
    /// The gap, when the budget is not known there.
    pub fn at(&self, t: i64) -> Result<Figures<'_>, Gap> {
        let nothing = || Gap::NoData { detail: "the history has no point there".to_owned() };
        let index = usize::try_from((t - self.first).div_euclid(self.step)).map_err(|_| nothing())?;
        let newest = self.newest.get(index).copied().flatten().ok_or_else(nothing)?;
        let seconds = |points: usize| i64::try_from(points).unwrap_or(i64::MAX).saturating_mul(self.step);
        if index - newest > self.requirements.stale_after {
            return Err(Gap::Stale { age: seconds(index - newest) });
        }
        let earliest = self.earliest.unwrap_or(0);
        if earliest + self.period > index + 1 {
            return Err(Gap::Short { have: seconds(index + 1 - earliest), need: self.period() });
        }
        let sums = self.sums_over(index, self.period).ok_or_else(nothing)?;
        let share = Decimal::from(sums.known) / Decimal::from(self.period);
        if share < self.requirements.coverage {
            return Err(Gap::Coverage { share, minimum: self.requirements.coverage });
        }
        if sums.events.total < self.requirements.events {
            return Err(Gap::TooFew { events: sums.events.total });
        }
        if sums.excess > EXCESS * sums.events.total {
            let share = (sums.excess / sums.events.total * Decimal::ONE_HUNDRED).round_dp(1).normalize();
            let detail = format!("a part of all events exceeds all events by {share} %");
            return Err(Gap::Inconsistent { detail });
        }
        let allowance = self.objective.allowance();
        let figures = Figures { budget: self, index, period: believable(sums.events), allowance };
        if index + 1 == self.points.len() {
            self.cross_check(figures)?;
        }
        Ok(figures)
    }

    /// The sums over the `points` points that end at `index`.
    fn sums_over(&self, index: usize, points: usize) -> Option<Sums> {
        let end = self.sums.get(index + 1)?;
        let start = self.sums.get((index + 1).checked_sub(points)?)?;
        Some(Sums {
            events: Total {
                bad: end.events.bad - start.events.bad,
                total: end.events.total - start.events.total,
            },
            excess: end.excess - start.excess,
            known: end.known - start.known,
        })
    }
}

impl Figures<'_> {
    /// The grid point, in seconds since the epoch.
    #[must_use]
    pub fn t(&self) -> i64 {
        self.budget.first + i64::try_from(self.index).unwrap_or(i64::MAX) * self.budget.step
    }

    /// The share of events that must be good.
    #[must_use]
    pub fn objective(&self) -> Decimal {
        Decimal::ONE - self.allowance
    }

    /// Bad events and all events of the period.
    #[must_use]
    pub const fn period(&self) -> Total {
        self.period
    }

    /// The same figures against the SLA in place of the objective; none for an SLO without an SLA.
    #[must_use]
    pub fn sla(&self) -> Option<Self> {
        let sla = self.budget.terms.sla?;
        Some(Self { allowance: sla.allowance(), ..*self })
    }

    /// The grant: the events that may be bad in the period.
    #[must_use]
    pub fn grant(&self) -> Decimal {
        self.allowance * self.period.total
    }

    /// The bad events of the period that are given back, and never more than there are.
    fn forgiven(&self) -> Decimal {
        let (t, points) = (self.t(), self.budget.period);
        let given: Decimal = self.budget.gifts.iter().map(|gift| gift.within(t, self.index, points)).sum();
        given.min(self.period.bad)
    }

    /// The share of the grant that is given back.
    #[must_use]
    pub fn given_back(&self) -> Decimal {
        self.forgiven() / self.grant()
    }

    /// The share of the grant that is left; negative in debt, 1 when nothing is spent. What is given back counts as
    /// not spent.
    #[must_use]
    pub fn remaining(&self) -> Decimal {
        (self.grant() - self.period.bad + self.forgiven()) / self.grant()
    }

    /// The share of the grant that is spent: `1 - remaining`.
    #[must_use]
    pub fn consumed(&self) -> Decimal {
        (self.period.bad - self.forgiven()) / self.grant()
    }

    /// The share of the period's grant that went within the window, in seconds.
    ///
    /// # Errors
    /// When too few points of the window are there.
    pub fn burned(&self, window: i64) -> Result<Windowed, Gap> {
        let events = self.window(window)?;
        Ok(Windowed { value: events.bad / self.grant(), no_traffic: events.total.is_zero() })
    }

    /// How many times faster than evenly the budget burned within the window, in seconds; 1 spends exactly the
    /// grant in a period.
    ///
    /// # Errors
    /// When too few points of the window are there.
    pub fn burn_rate(&self, window: i64) -> Result<Windowed, Gap> {
        let events = self.window(window)?;
        if events.total.is_zero() {
            return Ok(Windowed { value: Decimal::ZERO, no_traffic: true });
        }
        let value = events.bad / (self.allowance * events.total);
        Ok(Windowed { value, no_traffic: false })
    }

    /// The events of a window that ends here.
    fn window(&self, window: i64) -> Result<Total, Gap> {
        let points = usize::try_from(window / self.budget.step).unwrap_or(0);
        if points > self.budget.period {
            return Err(Gap::NoData {
                detail: format!("the window {} is longer than the period", gap::duration(window)),
            });
        }
        let sums = self.budget.sums_over(self.index, points).filter(|_| points > 0).ok_or_else(|| {
            Gap::NoData { detail: format!("the window {} is not on the grid", gap::duration(window)) }
        })?;
        let share = Decimal::from(sums.known) / Decimal::from(points);
        if sums.known == 0 {
            return Err(Gap::NoData { detail: format!("nothing in the last {}", gap::duration(window)) });
        }
        if share < self.budget.requirements.coverage {
            return Err(Gap::Coverage { share, minimum: self.budget.requirements.coverage });
        }
        Ok(believable(sums.events))
    }
}

/// Sums in which no part is below nothing: good events may exceed all events a little where two counters are read
/// apart, and what exceeds in one step is missing in another, so only a whole window is cut.
fn believable(events: Total) -> Total {
    Total { bad: events.bad.max(Decimal::ZERO), total: events.total }
}

#[cfg(test)]
mod tests;
