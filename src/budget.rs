//! How much failure is left: the arithmetic of error budgets on a grid.
//!
//! Pure: a series of events in, exact decimals out. What a budget is granted for (`period`) and what it counts
//! (`counting`) vary; the figures (`figures`) are the same sums over the same prefix sums for all of them. What is not
//! known is a `Gap`.

use std::sync::{Arc, OnceLock};

use rust_decimal::Decimal;

use crate::budget::attribution::Attribution;
use crate::budget::breach::Breaches;
use crate::budget::composite::Part;
use crate::budget::counting::Counting;
use crate::budget::exclusion::Exclusions;
use crate::budget::gap::Gap;
use crate::budget::gift::Gift;
use crate::budget::incident::Incidents;
use crate::budget::period::{Period, Stretch};
use crate::budget::quarter::Outage;
use crate::budget::series::{Series, Total};
use crate::budget::signal::Signals;
#[cfg(test)]
use crate::catalog::Requirements;
use crate::catalog::{Calendar, Method, Objective, Slo, Terms};

pub mod attribution;
mod breach;
pub mod composite;
mod consistency;
mod counting;
pub mod exclusion;
pub mod downtime;
mod figures;
pub mod forecast;
pub mod gap;
mod gift;
pub mod history;
pub mod incident;
mod observer;
pub mod period;
pub mod priority;
#[cfg(test)]
mod properties;
pub mod quarter;
pub mod series;
pub mod signal;
mod supposed;

/// The share by which good events may exceed all events before the numbers contradict each other: 1 %.
const EXCESS: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// One SLO's budget over a stretch of the grid.
#[derive(Debug, Clone)]
pub struct Budget {
    /// The objective.
    objective: Objective,
    /// How its periods lie.
    period: Period,
    /// What it counts.
    counting: Counting,
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
    /// What the SLO is bound to besides its objective, and what is asked of the series.
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
    /// The parts of a composite budget; none of one that counts its own events.
    parts: Vec<Part>,
    /// What is known of what its service depends on.
    attribution: Attribution,
    /// The stretches of time that do not count; none where all of it does.
    exclusions: Option<Arc<Exclusions>>,
    /// When an observer left what it rests on; none where the source itself was asked.
    left_at: Option<i64>,
}

/// Running sums up to a point.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Events as they were observed where nothing is excluded.
    observed: Total,
    /// What counts: the same events, or slices of time.
    counted: Total,
    /// Good events above all events, or bad events above all events.
    excess: Decimal,
    /// Points that are there and count.
    known: usize,
    /// Points that are excluded, there or not.
    excluded: usize,
    /// Events as they were observed, those of excluded points among them.
    whole: Total,
}

impl Sums {
    /// What was added since other sums.
    fn since(self, start: &Self) -> Self {
        let apart =
            |end: Total, start: Total| Total { bad: end.bad - start.bad, total: end.total - start.total };
        Self {
            observed: apart(self.observed, start.observed),
            counted: apart(self.counted, start.counted),
            excess: self.excess - start.excess,
            known: self.known - start.known,
            excluded: self.excluded - start.excluded,
            whole: apart(self.whole, start.whole),
        }
    }
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
    /// The period that the point lies in.
    stretch: Stretch,
    /// Points of history that there are of the period's length: fewer make an estimate.
    seen: usize,
    /// What was bad since the period began, and all of the last so many points as a period has.
    period: Total,
    /// The share of events that may be bad.
    allowance: Decimal,
}

impl Budget {
    /// A budget of a rolling period by events. `period` is in seconds and is rounded up to whole steps.
    #[must_use]
    pub fn new(objective: Objective, period: i64, series: Series, direct: Option<Total>) -> Self {
        let period = Period::rolling(period, series.step.max(1));
        Self::of_period(objective, period, series, direct)
    }

    /// The budget of an SLO over its observed series and direct sums, or over those of its parts, in their order.
    #[must_use]
    pub fn of(slo: &Slo, mut observed: Vec<(Series, Option<Total>)>) -> Self {
        if !slo.components().is_empty() {
            return Self::composite(slo, observed);
        }
        let nothing = || (Series { first: 0, step: 1, points: Vec::new() }, None);
        let (series, direct) = observed.pop().unwrap_or_else(nothing);
        Self::plain(slo, series, direct)
    }

    /// The budget of an SLO that counts its own events.
    fn plain(slo: &Slo, series: Series, direct: Option<Total>) -> Self {
        let budget = match &slo.calendar {
            Some(calendar) => Self::by_calendar(slo.objective, calendar.clone(), series, direct),
            None => Self::new(slo.objective, slo.period, series, direct),
        };
        budget.bound_to(slo.terms).counted_by(&slo.method)
    }

    /// A budget of the periods of a calendar, by events.
    #[must_use]
    pub fn by_calendar(
        objective: Objective,
        calendar: Calendar,
        series: Series,
        direct: Option<Total>,
    ) -> Self {
        let period = Period::calendar(calendar, (series.first, series.last()));
        Self::of_period(objective, period, series, direct)
    }

    /// A budget by events.
    fn of_period(objective: Objective, period: Period, series: Series, direct: Option<Total>) -> Self {
        let mut budget = Self {
            objective,
            period,
            counting: Counting::Events,
            step: series.step.max(1),
            first: series.first,
            points: Vec::new(),
            sums: vec![Sums::default()],
            earliest: None,
            newest: Vec::new(),
            direct,
            terms: Terms::default(),
            outages: None,
            signals: None,
            incidents: OnceLock::new(),
            breaches: OnceLock::new(),
            gifts: Vec::new(),
            parts: Vec::new(),
            attribution: Attribution::default(),
            exclusions: None,
            left_at: None,
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
        let excluded = self.excludes(self.instant(index));
        sums.excluded += usize::from(excluded);
        if let Some(events) = point {
            sums.whole.bad += events.bad;
            sums.whole.total += events.total;
            if !excluded {
                sums.observed.bad += events.bad;
                sums.observed.total += events.total;
                sums.excess += (-events.bad).max(events.bad - events.total).max(Decimal::ZERO);
                sums.known += 1;
            }
            self.earliest.get_or_insert(index);
            newest = Some(index);
        }
        let slice = self.counting.points(self.step);
        if self.counting == Counting::Events {
            sums.counted = sums.observed;
        } else if self.is_composite() {
            let judged = self.counted_together(index);
            sums.counted.bad += judged.bad;
            sums.counted.total += judged.total;
        } else if let Some(start) = (index + 1).checked_sub(slice).and_then(|start| self.sums.get(start))
            && self.earliest.is_some()
            && self.counting.ends(self.instant(index))
            && sums.since(start).excluded < slice
        {
            let judged = self.counting.judged(sums.since(start).observed, self.terms.requirements.missing);
            sums.counted.bad += judged.bad;
            sums.counted.total += judged.total;
        }
        self.points.push(point);
        self.sums.push(sums);
        self.newest.push(newest);
    }

    /// Forgets what was reckoned, and reckons it anew.
    fn reckoned_anew(mut self) -> Self {
        let points = std::mem::take(&mut self.points);
        self.sums = vec![Sums::default()];
        self.newest = Vec::new();
        self.earliest = None;
        self.incidents = OnceLock::new();
        self.breaches = OnceLock::new();
        self.attribution = self.attribution.anew();
        for point in points {
            self.push(point);
        }
        self
    }

    /// Counts by a method.
    #[must_use]
    pub fn counted_by(mut self, method: &Method) -> Self {
        self.counting = Counting::from(method);
        if self.counting == Counting::Events { self } else { self.reckoned_anew() }
    }

    /// Replaces what is asked of the series.
    #[must_use]
    #[cfg(test)]
    pub fn requiring(self, requirements: Requirements) -> Self {
        let terms = Terms { requirements, ..self.terms };
        self.bound_to(terms)
    }

    /// Binds it to what the SLO is bound to besides its objective.
    #[must_use]
    pub fn bound_to(mut self, terms: Terms) -> Self {
        let same = self.terms.requirements == terms.requirements;
        self.terms = terms;
        if self.is_composite() {
            return self.of_parts(|part| part.clone().bound_to(composite::terms_of_part(terms)));
        }
        if same { self } else { self.reckoned_anew() }
    }

    /// The same budget for somebody above its SLO's authors: what these ask of the series counts where it is more than
    /// usual, and nothing that they exclude is.
    #[must_use]
    pub fn for_those_above(&self) -> Self {
        let requirements = self.terms.requirements.at_least_usual(self.step);
        let attribution = self.attribution.seen_as(Self::for_those_above);
        Self { attribution, ..self.without_exclusions().bound_to(Terms { requirements, ..self.terms }) }
    }

    /// The same budget without estimates.
    #[must_use]
    pub fn without_estimates(&self) -> Self {
        let mut budget = self.clone();
        budget.terms.requirements.history = None;
        budget.parts = self.parts.iter().map(|part| part.with(Self::without_estimates)).collect();
        budget
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

    /// The length of its longest period in seconds, in whole steps.
    #[must_use]
    pub fn period(&self) -> i64 {
        self.seconds(self.period.longest(self.step))
    }

    /// The length of the period that grid point `t` lies in, in seconds and in whole steps.
    #[must_use]
    pub fn period_at(&self, t: i64) -> i64 {
        self.period
            .stretch(t, self.step)
            .map_or_else(|| self.period(), |stretch| self.seconds(stretch.length))
    }

    /// True where it counts slices of time in place of events.
    #[must_use]
    pub fn counts_slices(&self) -> bool {
        self.counting != Counting::Events
    }

    /// Seconds of so many points.
    fn seconds(&self, points: usize) -> i64 {
        i64::try_from(points).unwrap_or(i64::MAX).saturating_mul(self.step)
    }

    /// The grid point of an index, in seconds since the epoch.
    fn instant(&self, index: usize) -> i64 {
        self.first.saturating_add(self.seconds(index))
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
        self.attended(t)?;
        self.parts_known(t)?;
        let index = usize::try_from((t - self.first).div_euclid(self.step)).map_err(|_| nothing())?;
        let newest = self.newest.get(index).copied().flatten().ok_or_else(nothing)?;
        let asked = &self.terms.requirements;
        let unseen = self.sums_over(index, index - newest).ok_or_else(nothing)?;
        let age = self.seconds((index - newest).saturating_sub(unseen.excluded));
        if age > asked.stale(self.step) {
            return Err(Gap::Stale { age });
        }
        let stretch = self.period.stretch(self.instant(index), self.step).ok_or_else(nothing)?;
        let have = index + 1 - self.earliest.unwrap_or(0);
        let seen = have.min(stretch.length);
        if seen < stretch.length && asked.history.is_none_or(|minimum| self.seconds(have) < minimum) {
            return Err(Gap::Short { have: self.seconds(have), need: self.seconds(stretch.length) });
        }
        let whole = self.sums_over(index, seen).ok_or_else(nothing)?;
        self.not_hollow(whole, seen)?;
        self.covered(whole, seen)?;
        if whole.observed.total < asked.events || whole.counted.total <= Decimal::ZERO {
            return Err(Gap::TooFew { events: whole.observed.total });
        }
        if whole.excess > EXCESS * whole.observed.total {
            let share = (whole.excess / whole.observed.total * Decimal::ONE_HUNDRED).round_dp(1).normalize();
            let detail = format!("a part of all events exceeds all events by {share} %");
            return Err(Gap::Inconsistent { detail });
        }
        let since = stretch.since.min(seen);
        let begun = if since == seen { whole } else { self.sums_over(index, since).ok_or_else(nothing)? };
        // A reset is no reason to believe in what nobody has seen since; the newest points may be late.
        if self.seconds((since - begun.known).saturating_sub(begun.excluded)) > asked.stale(self.step) {
            self.covered(begun, since)?;
        }
        let (period, allowance) = if self.adds_up() {
            // Of a grant of one, against which the parts are weighed.
            let consumed = self.share((index, since), (index, seen)).ok_or_else(nothing)?;
            (Total { bad: consumed, total: Decimal::ONE }, Decimal::ONE)
        } else {
            let period = Total { bad: begun.counted.bad, total: whole.counted.total };
            (believable(period), self.objective.allowance())
        };
        let figures = Figures { budget: self, index, stretch, seen, period, allowance };
        if index + 1 == self.points.len() {
            self.cross_check(believable(whole.whole))?;
        }
        Ok(figures)
    }

    /// That enough of so many points are there, of those that count.
    fn covered(&self, sums: Sums, points: usize) -> Result<(), Gap> {
        let share = Decimal::from(sums.known) / Decimal::from(points.saturating_sub(sums.excluded).max(1));
        let minimum = self.terms.requirements.coverage;
        if share < minimum { Err(Gap::Coverage { share, minimum }) } else { Ok(()) }
    }

    /// The sums over the `points` points that end at `index`.
    fn sums_over(&self, index: usize, points: usize) -> Option<Sums> {
        let end = self.sums.get(index + 1)?;
        let start = self.sums.get((index + 1).checked_sub(points)?)?;
        Some(end.since(start))
    }

    /// What counts at one point; none where nothing does: it is not known, or within a slice of time.
    fn counted_at(&self, index: usize) -> Option<Total> {
        match self.counting {
            Counting::Events => {
                let there = self.points.get(index).copied().flatten();
                there.filter(|_| !self.excludes(self.instant(index)))
            }
            Counting::Slices { .. } => {
                let counted = self.sums_over(index, 1)?.counted;
                (counted.total > Decimal::ZERO).then_some(counted)
            }
        }
    }
}

/// Sums in which no part is below nothing: good events may exceed all events a little where two counters are read
/// apart, and what exceeds in one step is missing in another, so only a whole window is cut.
fn believable(events: Total) -> Total {
    Total { bad: events.bad.max(Decimal::ZERO), total: events.total }
}

#[cfg(test)]
mod tests;
