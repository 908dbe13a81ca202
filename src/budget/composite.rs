//! Composite budgets: several parts, each with events and an objective of its own, that burn one budget.
//!
//! Source of the rules: the notes on composite SLOs in the specification of OpenSLO v1. By `Occurrences` the budget burns
//! at the rate of each part, times its weight, so that every figure is a sum over the parts: `weight x figure`. By
//! `RatioTimeslices` likewise, of what is missing of the parts, and never more than all is missing. By `Timeslices` a
//! slice is bad that is bad for any part, and then the budget is one of slices like any other. A part without events
//! burns nothing. What is asked of a history is asked of the points at which all parts are known.
//!
//! A sum of quotients is rounded at its 20th digit, so that three thirds are one.

use std::sync::OnceLock;

use rust_decimal::Decimal;

use crate::budget::counting::Counting;
use crate::budget::gap::Gap;
use crate::budget::gift::Gift;
use crate::budget::series::{Series, Total};
use crate::budget::{Budget, Figures, believable};
use crate::catalog::{Objective, Requirements, Slo, Terms};

/// The digits of a sum of shares.
const DIGITS: u32 = 20;

/// Some points of the grid: the index of the last one, and how many they are.
pub(super) type Points = (usize, usize);

/// One of the parts.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its name.
    name: String,
    /// How many times faster the common budget burns with it.
    weight: Decimal,
    /// Its events and its objective.
    pub(super) budget: Budget,
}

impl Part {
    /// The same part with another budget.
    pub(super) fn with(&self, change: impl Fn(&Budget) -> Budget) -> Self {
        Self { name: self.name.clone(), weight: self.weight, budget: change(&self.budget) }
    }

    /// What it takes of the common budget with bad events of so many of its own; nothing without events.
    fn share(&self, bad: Decimal, total: Decimal) -> Decimal {
        if total <= Decimal::ZERO {
            return Decimal::ZERO;
        }
        self.weight * bad / (self.budget.objective.allowance() * total)
    }

    /// What counts at some points.
    fn counted(&self, (index, points): Points) -> Option<Total> {
        Some(believable(self.budget.sums_over(index, points)?.counted))
    }

    /// What is given back at some points, as known at `t`, and never more than was bad.
    fn given(&self, t: i64, (index, points): Points) -> Option<Decimal> {
        let given: Decimal = self.budget.gifts.iter().map(|gift| gift.within(t, index, points)).sum();
        Some(given.min(self.counted((index, points))?.bad))
    }
}

/// What a part of a composite budget comes to at a grid point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// Its name.
    pub name: String,
    /// The share of its events that must be good.
    pub objective: Objective,
    /// How many times faster the common budget burns with it.
    pub weight: Decimal,
    /// The share of the common grant that it took; by `Timeslices` the share that its bad slices alone would take.
    pub consumed: Decimal,
}

/// What a part is bound to: how many events there are is asked of all parts together.
pub(super) fn terms_of_part(terms: Terms) -> Terms {
    let requirements = Requirements { events: Decimal::ZERO, ..terms.requirements };
    Terms { sla: None, requirements, ..terms }
}

/// The events of all parts, where all of them are known.
fn together(parts: &[Part]) -> Vec<Option<Total>> {
    let Some(first) = parts.first().map(|part| &part.budget) else { return Vec::new() };
    let same = |part: &Part| part.budget.first == first.first && part.budget.step == first.step;
    if !parts.iter().all(same) {
        return Vec::new();
    }
    let point = |index| {
        let mut sum = Total::default();
        for part in parts {
            let events: Total = part.budget.points.get(index).copied().flatten()?;
            sum = Total { bad: sum.bad + events.bad, total: sum.total + events.total };
        }
        Some(sum)
    };
    (0..first.points.len()).map(point).collect()
}

impl Budget {
    /// The budget of a composite SLO over the observed series of its parts, in their order.
    pub(super) fn composite(slo: &Slo, observed: Vec<(Series, Option<Total>)>) -> Self {
        let is_whole = observed.len() == slo.components().len();
        let empty = |series: &Series| Series { points: Vec::new(), ..series.clone() };
        let grid =
            observed.first().map_or(Series { first: 0, step: 1, points: Vec::new() }, |(series, _)| {
                if is_whole { series.clone() } else { empty(series) }
            });
        let mut whole = Self::plain(slo, grid, None);
        let weights = slo.components().iter().map(|component| component.weight);
        let parts = slo.parts().into_iter().zip(weights).zip(observed).filter(|_| is_whole);
        whole.parts = parts
            .map(|((part, weight), (series, direct))| {
                let budget = Self::plain(&part, series, direct).bound_to(terms_of_part(slo.terms));
                Part { name: part.name, weight, budget }
            })
            .collect();
        whole.points = together(&whole.parts);
        whole.reckoned_anew()
    }

    /// True where it has parts.
    #[must_use]
    pub const fn is_composite(&self) -> bool {
        !self.parts.is_empty()
    }

    /// True where every figure is a sum over the parts.
    pub(super) const fn adds_up(&self) -> bool {
        self.is_composite() && !matches!(self.counting, Counting::Slices { target: Some(_), .. })
    }

    /// What is asked of each part, in their order.
    ///
    /// # Errors
    /// The first gap, which names the part that it is of.
    pub(super) fn of_each_part<T>(&self, ask: impl Fn(&Self) -> Result<T, Gap>) -> Result<Vec<T>, Gap> {
        let asked = |part: &Part| ask(&part.budget).map_err(|gap| Gap::part(part.name.clone(), gap));
        self.parts.iter().map(asked).collect()
    }

    /// The same with other budgets of its parts.
    pub(super) fn of_parts(&self, change: impl Fn(&Self) -> Self) -> Self {
        let parts: Vec<Part> = self.parts.iter().map(|part| part.with(&change)).collect();
        let points = together(&parts);
        Self { points, parts, ..self.clone() }.reckoned_anew()
    }

    /// What counts at a point with slices of time: by `Timeslices` one bad slice where any is bad, else all that are.
    pub(super) fn counted_together(&self, index: usize) -> Total {
        let counted = self.parts.iter().filter_map(|part| part.counted((index, 1)));
        let add = |sum: Total, one: Total| Total { bad: sum.bad + one.bad, total: sum.total + one.total };
        let any =
            |sum: Total, one: Total| Total { bad: sum.bad.max(one.bad), total: sum.total.max(one.total) };
        if self.adds_up() { counted.fold(Total::default(), add) } else { counted.fold(Total::default(), any) }
    }

    /// That each part is known at a point, or had no events at all.
    pub(super) fn parts_known(&self, t: i64) -> Result<(), Gap> {
        for part in &self.parts {
            match part.budget.at(t) {
                Ok(_) => {}
                Err(Gap::TooFew { .. }) if part.budget.is_quiet(t) => {}
                // What is excluded is the same of all parts.
                Err(gap @ Gap::Excluded { .. }) => return Err(gap),
                Err(gap) => return Err(Gap::part(part.name.clone(), gap)),
            }
        }
        Ok(())
    }

    /// True where the period of a point has no events, and no bad ones that contradict it; a direct query, too, found
    /// none, or what is excluded.
    fn is_quiet(&self, t: i64) -> bool {
        let index = usize::try_from((t - self.first).div_euclid(self.step)).ok();
        let stretch = self.period.stretch(t, self.step);
        let sums = index.zip(stretch).and_then(|(index, stretch)| {
            self.sums_over(index, (index + 1).min(stretch.length)).map(|sums| (index, sums))
        });
        sums.is_some_and(|(index, sums)| {
            let is_last = index + 1 == self.points.len();
            let direct = self.direct.filter(|_| is_last).unwrap_or_default();
            let agrees = if sums.whole.total.is_zero() {
                direct == Total::default()
            } else {
                !is_last || self.cross_check(believable(sums.whole)).is_ok()
            };
            sums.observed.total.is_zero() && sums.excess.is_zero() && agrees
        })
    }

    /// The share of the common grant that bad events of some points take, where the grant is of others; never more than
    /// all that can be missing of slices of time.
    pub(super) fn share(&self, bad: Points, whole: Points) -> Option<Decimal> {
        self.sum(|part| Some(part.share(part.counted(bad)?.bad, part.counted(whole)?.total)))
    }

    /// The share of the common grant that so many bad events of each part take, in their order.
    pub(super) fn share_of(&self, bad: &[Decimal], whole: Points) -> Option<Decimal> {
        let mut bad = bad.iter().copied();
        self.sum(|part| Some(part.share(bad.next()?, part.counted(whole)?.total)))
    }

    /// The budgets whose events are weighed: those of the parts, or its own.
    pub(super) fn weighed(&self) -> Vec<&Self> {
        if self.adds_up() { self.parts.iter().map(|part| &part.budget).collect() } else { vec![self] }
    }

    /// The share of the common grant that is given back, as known at `t`.
    pub(super) fn share_given(&self, t: i64, bad: Points, whole: Points) -> Option<Decimal> {
        self.sum(|part| Some(part.share(part.given(t, bad)?, part.counted(whole)?.total)))
    }

    /// A sum over the parts.
    fn sum(&self, mut share: impl FnMut(&Part) -> Option<Decimal>) -> Option<Decimal> {
        let mut sum = Decimal::ZERO;
        for part in &self.parts {
            sum += share(part)?;
        }
        let most = Decimal::ONE.checked_div(self.objective.allowance()).filter(|_| self.counts_slices());
        Some(most.map_or(sum, |most| sum.min(most)).round_dp(DIGITS))
    }

    /// What counts of all parts together: bad of some points, and all of others.
    pub(super) fn events_of_parts(&self, bad: Points, whole: Points) -> Option<Total> {
        let mut sum = Total::default();
        for part in &self.parts {
            sum.bad += part.counted(bad)?.bad;
            sum.total += part.counted(whole)?.total;
        }
        Some(sum)
    }

    /// Gives a share of the grant back at an instant: to each part what it spent, the newest first. Of what went at one
    /// point, each part gets back the same share.
    pub(super) fn give_to_parts(&mut self, at: i64, share: Decimal) -> Option<()> {
        let index = usize::try_from((at - self.first).div_euclid(self.step)).ok()?;
        let last = self.points.len().checked_sub(1)?;
        let stretch = self.period.stretch(self.instant(index), self.step)?;
        let (first, end) = ((index + 1).saturating_sub(stretch.since), index.min(last));
        let whole = (end, (index + 1).min(stretch.length).checked_sub(index - end)?);
        let mut left = share;
        let mut given: Vec<Vec<Decimal>> = vec![Vec::new(); self.parts.len()];
        for point in (first..=end).rev().take_while(|_| self.is_composite()) {
            if left <= Decimal::ZERO {
                break;
            }
            let (mut spent, mut burned) = (Vec::new(), Decimal::ZERO);
            for part in &self.parts {
                let bad = part.counted((point, 1))?.bad - part.given(at, (point, 1))?;
                burned += part.share(bad, part.counted(whole)?.total);
                spent.push(bad);
            }
            let back = left.min(burned);
            let fraction = back.checked_div(burned).unwrap_or_default();
            for (given, bad) in given.iter_mut().zip(spent) {
                given.push(bad * fraction);
            }
            left -= back;
        }
        for (part, given) in self.parts.iter_mut().zip(given) {
            part.budget.gifts.push(Gift::of(at, end, given));
        }
        (self.incidents, self.breaches) = (OnceLock::new(), OnceLock::new());
        Some(())
    }
}

impl Figures<'_> {
    /// What each part of a composite budget took, before anything was given back and before all that can be missing is
    /// cut; nothing of a budget that counts its own events.
    #[must_use]
    pub fn parts(&self) -> Vec<Spent> {
        let since = self.stretch.since.min(self.seen);
        let spent = |part: &Part| {
            let bad = part.counted((self.index, since))?.bad;
            let share = part.share(bad, part.counted((self.index, self.seen))?.total);
            Some(Spent {
                name: part.name.clone(),
                objective: part.budget.objective,
                weight: part.weight,
                consumed: (self.of_period(share) / self.of_grant(Decimal::ONE)).round_dp(DIGITS),
            })
        };
        self.budget.parts.iter().filter_map(spent).collect()
    }
}

#[cfg(test)]
mod tests;
