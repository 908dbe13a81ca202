//! The events of an SLO as Datadog counts them, in bins of an interval that it chooses by the span, put on the grid.
//!
//! Bins are added up where several lie in one step. A bin that lies in several steps is never cut.

use rust_decimal::Decimal;

use crate::budget::series::Total;

/// The events of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bin {
    /// Where it begins, in seconds since the epoch.
    pub(super) start: i64,
    /// Where it ends.
    pub(super) end: i64,
    /// Its events; none where Datadog has no number.
    pub(super) events: Option<Total>,
}

/// The bins of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bins {
    /// Seconds of a bin.
    pub(super) interval: i64,
    /// In the order of time.
    pub(super) bins: Vec<Bin>,
}

/// Bins that cannot be put on the grid: each of so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coarse(pub(super) i64);

impl Bins {
    /// The bins that begin at some instants; the last one ends where the answer does.
    pub(super) fn new(interval: i64, starts: &[i64], events: Vec<Option<Total>>, to: i64) -> Self {
        let ends = starts.iter().skip(1).copied().chain([to]);
        let bins = starts.iter().zip(ends).zip(events);
        let bins = bins.map(|((start, next), events)| Bin {
            start: *start,
            end: next.min(start.saturating_add(interval)).min(to),
            events,
        });
        Self { interval, bins: bins.collect() }
    }

    /// The events of each step between two points of the grid; a step is known when all of it was counted.
    pub(super) fn on_grid(&self, (from, to): (i64, i64), step: i64) -> Result<Vec<Option<Total>>, Coarse> {
        if self.interval > step {
            return Err(Coarse(self.interval));
        }
        let count = usize::try_from((to - from) / step).unwrap_or(0);
        let mut steps = vec![(0_i64, Total::default()); count];
        for bin in self.bins.iter().filter(|bin| bin.start < bin.end && bin.end > from && bin.start < to) {
            let within = bin.start >= from && (bin.start - from) / step == (bin.end - 1 - from) / step;
            let index = usize::try_from((bin.start - from) / step).ok().filter(|_| within);
            let Some((seconds, sum)) = index.and_then(|index| steps.get_mut(index)) else {
                return Err(Coarse(self.interval));
            };
            if let Some(events) = bin.events {
                *seconds += bin.end - bin.start;
                *sum = Total { bad: sum.bad + events.bad, total: sum.total + events.total };
            }
        }
        Ok(steps.into_iter().map(|(seconds, sum)| (seconds == step).then_some(sum)).collect())
    }

    /// The share of good events in percent, as the bins have it; none without events.
    pub(super) fn share(&self) -> Option<Decimal> {
        let known = self.bins.iter().filter_map(|bin| bin.events);
        let (bad, total) = known.fold((Decimal::ZERO, Decimal::ZERO), |(bad, total), events| {
            (bad + events.bad, total + events.total)
        });
        let good = (total - bad).checked_mul(Decimal::ONE_HUNDRED)?;
        good.checked_div(total)
    }
}

/// Takes the steps without any event at both ends for unknown: Datadog fills with zeros what it does not have, before
/// a metric begins and after it ends. Silence between events stays what it is.
pub(super) fn trim(points: &mut [Option<Total>]) {
    let is_silent = |point: &Option<Total>| point.is_none_or(|events| events.total.is_zero());
    let silent = points.iter().take_while(|point| is_silent(point)).count();
    let after = points.iter().rev().take_while(|point| is_silent(point)).count();
    let whole = points.len();
    for (index, point) in points.iter_mut().enumerate() {
        if index < silent || index >= whole - after {
            *point = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bins of these bad events, each of 10 events; `-1` is one without a number.
    fn bins(interval: i64, starts: &[i64], bad: &[i64], to: i64) -> Bins {
        let events = |bad: &i64| (*bad >= 0).then(|| total(*bad, 10));
        Bins::new(interval, starts, bad.iter().map(events).collect(), to)
    }

    fn total(bad: i64, total: i64) -> Total {
        Total { bad: Decimal::from(bad), total: Decimal::from(total) }
    }

    #[test]
    fn finer_bins_are_added_up() {
        let bins = bins(60, &[600, 660, 720, 780, 840, 900, 960, 1020, 1080, 1140], &[1; 10], 1_200);
        assert_eq!(bins.on_grid((600, 1_200), 300), Ok(vec![Some(total(5, 50)); 2]));
        assert_eq!(bins.on_grid((600, 1_200), 60).map(|points| points.len()), Ok(10));
    }

    #[test]
    fn a_step_without_all_of_its_bins_is_not_known() {
        let gone = bins(60, &[600, 660, 720, 840], &[1; 4], 900);
        assert_eq!(gone.on_grid((600, 900), 300), Ok(vec![None]));
        let null = bins(300, &[600, 900], &[1, -1], 1_200);
        assert_eq!(null.on_grid((600, 1_200), 300), Ok(vec![Some(total(1, 10)), None]));
    }

    #[test]
    fn longer_or_shifted_bins_are_never_cut() {
        assert_eq!(bins(7_200, &[7_200], &[1], 7_500).on_grid((7_200, 7_500), 300), Err(Coarse(7_200)));
        assert_eq!(bins(300, &[450], &[1], 900).on_grid((300, 900), 300), Err(Coarse(300)));
        // A first bin that begins before what was asked for.
        assert_eq!(bins(300, &[150, 450], &[1, 1], 900).on_grid((300, 900), 300), Err(Coarse(300)));
        // Whole bins beside what was asked for are passed over.
        let beside = bins(300, &[0, 300, 600], &[1, 2, 3], 900);
        assert_eq!(beside.on_grid((300, 600), 300), Ok(vec![Some(total(2, 10))]));
    }

    #[test]
    fn zeros_at_both_ends_are_silence() {
        let (none, some) = (Some(total(0, 0)), Some(total(1, 2)));
        let mut points = [none, some, none, some, none, None, none];
        trim(&mut points);
        assert_eq!(points, [None, some, none, some, None, None, None]);
        let mut silent = [none; 3];
        trim(&mut silent);
        assert_eq!(silent, [None; 3]);
    }
}
