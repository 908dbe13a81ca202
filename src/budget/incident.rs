//! Incidents: stretches of time in which a budget is depleted faster than evenly.
//!
//! An incident is a maximal run of grid points with `burn_rate(1h) > 1` and enough events in that hour, merged over
//! pauses up to an hour; what it depleted is the sum of the bad events of its steps over the grant. At a grid point
//! only what lies before it counts: an incident that goes on ends there. A point whose hour is not known is a pause; one
//! whose hour contradicts itself burns where anything was bad.

use rust_decimal::Decimal;

use crate::budget::period::Period;
use crate::budget::{Budget, Figures, believable};

/// The window of the burn rate that makes an incident, and the longest pause within one, in seconds.
const HOUR: i64 = 3_600;

/// The incidents of a whole series, found once.
#[derive(Debug, Clone, Default)]
pub struct Incidents {
    /// The incidents, in their order.
    runs: Vec<Run>,
    /// For each point, the newest one up to it that burns; none before the first.
    burning: Vec<Option<usize>>,
}

/// One incident.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// The index of its first point.
    start: usize,
    /// The index of its last point.
    end: usize,
    /// Its bad events; not where parts are weighed, because their weights change with their traffic.
    bad: Decimal,
}

impl Incidents {
    /// Finds the incidents of a budget.
    pub(super) fn find(budget: &Budget) -> Self {
        let step = budget.step;
        let hour = usize::try_from((HOUR + step - 1) / step).unwrap_or(1).max(budget.counting.points(step));
        let pause = usize::try_from(HOUR / step).unwrap_or(0);
        let mut incidents = Self::default();
        for index in 0..budget.points.len() {
            let newest = incidents.burning.last().copied().flatten();
            if !burns(budget, index, hour) {
                incidents.burning.push(newest);
                continue;
            }
            match (newest, incidents.runs.last_mut()) {
                (Some(before), Some(run)) if index - before - 1 <= pause => run.end = index,
                _ => incidents.runs.push(Run { start: index, end: index, bad: Decimal::ZERO }),
            }
            incidents.burning.push(Some(index));
        }
        for run in incidents.runs.iter_mut().filter(|_| !budget.adds_up()) {
            run.bad = bad_within(budget, run.start, run.end);
        }
        incidents
    }

    /// The newest point up to `index` that burns.
    pub(super) fn newest(&self, index: usize) -> Option<usize> {
        self.burning.get(index).copied().flatten()
    }

    /// Whether a point lies within an incident, its pauses included.
    pub(super) fn contains(&self, index: usize) -> bool {
        let next = self.runs.partition_point(|run| run.end < index);
        self.runs.get(next).is_some_and(|run| run.start <= index)
    }

    /// The first and last points of the incidents that end at `first` or later, as seen from `index`.
    pub(super) fn seen(&self, first: usize, index: usize) -> impl Iterator<Item = (usize, usize)> {
        let next = self.runs.partition_point(|run| run.end < first);
        let begun = self.runs.iter().skip(next).take_while(move |run| run.start <= index);
        let seen = begun.filter_map(move |run| Some((run.start, run.end.min(self.newest(index)?))));
        seen.filter(move |(_, end)| *end >= first)
    }

    /// The most bad events of an incident that ends after `after` and up to `index`, as seen from there; only those
    /// from `from` on. Where parts are weighed, they are the share that they take of the grant of `seen` points.
    fn worst(
        &self,
        budget: &Budget,
        (after, from): (Option<usize>, usize),
        (index, seen): (usize, usize),
    ) -> Decimal {
        let bad_within = |start: usize, end: usize| {
            if !budget.adds_up() {
                return bad_within(budget, start, end);
            }
            let share = budget.share((end, (end + 1).saturating_sub(start)), (index, seen));
            share.unwrap_or(Decimal::ZERO)
        };
        let ends_before = |end: usize| after.is_some_and(|after| end <= after);
        let first = self.runs.partition_point(|run| ends_before(run.end));
        let over = self.runs.partition_point(|run| run.end <= index);
        let whole = self.runs.get(first..over).unwrap_or_default().iter();
        let whole = whole.map(|run| {
            if run.start < from || budget.adds_up() {
                bad_within(run.start.max(from), run.end)
            } else {
                run.bad
            }
        });
        // What goes on behind the point is seen up to the newest point that burns.
        let goes_on = self.runs.get(over).filter(|run| run.start <= index);
        let cut = goes_on.zip(self.burning.get(index).copied().flatten());
        let cut = cut.filter(|(_, newest)| !ends_before(*newest));
        let cut = cut.map(|(run, newest)| bad_within(run.start.max(from), newest));
        whole.chain(cut).max().unwrap_or(Decimal::ZERO)
    }
}

/// The bad events from one point to another, both included.
fn bad_within(budget: &Budget, start: usize, end: usize) -> Decimal {
    let sums = budget.sums_over(end, (end + 1).saturating_sub(start));
    sums.map_or(Decimal::ZERO, |sums| believable(sums.counted).bad)
}

/// True at a point whose last hour is known, has enough events and burns faster than evenly.
fn burns(budget: &Budget, index: usize, hour: usize) -> bool {
    let Some(sums) = budget.sums_over(index, hour) else { return false };
    let asked = &budget.terms.requirements;
    let enough = sums.observed.total >= asked.events;
    let counting = hour.saturating_sub(sums.excluded);
    let covered = Decimal::from(sums.known) >= asked.coverage * Decimal::from(counting);
    let contradicts = sums.counted.bad > Decimal::ZERO && budget.consistent(index, hour).is_err();
    if budget.adds_up() {
        let rate = budget.share((index, hour), (index, hour));
        return covered && (contradicts || enough && rate.is_none_or(|rate| rate > Decimal::ONE));
    }
    // The burn rate without its division: a sum of bad events above what would be even.
    let burns = sums.counted.bad > budget.objective.allowance() * sums.counted.total;
    covered && (contradicts || enough && burns)
}

impl Budget {
    /// The incidents of the series.
    pub(super) fn incidents(&self) -> &Incidents {
        self.incidents.get_or_init(|| Incidents::find(self))
    }
}

impl Figures<'_> {
    /// The share of the grant that the largest single incident depleted, of those that end within the period; 0
    /// without one. An incident that began before a rolling period counts whole; of one that began before a period of
    /// the calendar only what is within counts, because the rest was of another grant.
    #[must_use]
    pub fn worst_incident(&self) -> Decimal {
        let budget = self.budget;
        let after = self.index.checked_sub(self.stretch.since);
        let from = match budget.period {
            Period::Rolling(_) => 0,
            Period::Calendar { .. } => after.map_or(0, |after| after + 1),
        };
        let worst = budget.incidents().worst(budget, (after, from), (self.index, self.seen));
        self.of_window(worst) / self.granted()
    }

    /// The incidents that end within the period, the oldest first: the begin of their first step and the end of their
    /// last one as seen from here, in seconds since the epoch, and the share of the grant that each depleted, by the rule
    /// of `worst_incident`.
    #[must_use]
    pub fn incidents(&self) -> Vec<(i64, i64, Decimal)> {
        let budget = self.budget;
        let within = self.index.checked_sub(self.stretch.since).map_or(0, |after| after + 1);
        let from = match budget.period {
            Period::Rolling(_) => 0,
            Period::Calendar { .. } => within,
        };
        let depleted = |(start, end): (usize, usize)| {
            let begin = start.max(from);
            let bad = if budget.adds_up() {
                let share = budget.share((end, (end + 1).saturating_sub(begin)), (self.index, self.seen));
                share.unwrap_or(Decimal::ZERO)
            } else {
                bad_within(budget, begin, end)
            };
            let (since, until) = (budget.instant(begin) - budget.step, budget.instant(end));
            (since, until, self.of_window(bad) / self.granted())
        };
        budget.incidents().seen(within, self.index).map(depleted).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::budget::series::{Series, Total};
    use crate::catalog::Objective;

    const STEP: i64 = 300;
    const PERIOD: i64 = 288;

    /// A day's budget at 99 % on the five minutes' grid; a point has 100 events and so many bad ones.
    fn budget(bad: &[Option<u32>]) -> Budget {
        let point = |bad: &Option<u32>| bad.map(|bad| Total { bad: bad.into(), total: 100.into() });
        let series = Series { first: 0, step: STEP, points: bad.iter().map(point).collect() };
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        Budget::new(objective, PERIOD * STEP, series, None)
    }

    /// A quiet stretch of `points` with outages: where, how long, and how many bad events a point.
    fn outages(points: usize, outages: &[(usize, usize, u32)]) -> Vec<Option<u32>> {
        let mut bad = vec![Some(0); points];
        for (start, length, each) in outages {
            bad[*start..start + length].fill(Some(*each));
        }
        bad
    }

    /// The worst incident at a point, in bad events: the grant of a day is 288.
    fn worst(bad: &[Option<u32>], index: usize) -> Decimal {
        let budget = budget(bad);
        let figures = budget.at(i64::try_from(index).expect("small") * STEP).expect("known");
        (figures.worst_incident() * figures.grant().expect("a grant")).round_dp(9)
    }

    /// The same by the words of the definition, without prefix sums.
    fn by_definition(bad: &[Option<u32>], index: usize) -> Decimal {
        let burns = |at: usize| {
            let hour = &bad[(at + 1).saturating_sub(12)..=at];
            let known: Vec<u32> = hour.iter().copied().flatten().collect();
            let events = u32::try_from(known.len()).expect("small") * 100;
            hour.len() == 12 && known.len() >= 11 && known.iter().sum::<u32>() * 100 > events
        };
        let burning: Vec<usize> = (0..=index).filter(|at| burns(*at)).collect();
        let mut incidents: Vec<(usize, usize)> = Vec::new();
        for at in burning {
            match incidents.last_mut() {
                Some(last) if at - last.1 <= 13 => last.1 = at,
                _ => incidents.push((at, at)),
            }
        }
        let within = incidents.iter().filter(|(_, end)| *end + 288 > index);
        let depleted = within.map(|(start, end)| bad[*start..=*end].iter().flatten().sum::<u32>());
        depleted.max().unwrap_or(0).into()
    }

    #[test]
    fn an_incident_is_a_run_above_an_even_burn_and_depletes_its_sum() {
        let bad = outages(600, &[(400, 3, 50)]);
        assert_eq!(worst(&bad, 399), Decimal::ZERO);
        assert_eq!(worst(&bad, 400), Decimal::from(50), "it goes on");
        assert_eq!(worst(&bad, 450), Decimal::from(150));
    }

    #[test]
    fn an_even_burn_is_no_incident() {
        assert_eq!(worst(&outages(600, &[(0, 600, 1)]), 599), Decimal::ZERO);
        assert!(worst(&outages(600, &[(300, 300, 2)]), 599) > Decimal::from(500));
    }

    #[test]
    fn a_pause_of_an_hour_is_part_of_an_incident_and_a_longer_one_is_not() {
        // 13 bad events in a point keep the hour burning for 12 points; then 12 points of pause.
        assert_eq!(worst(&outages(600, &[(400, 1, 13), (424, 1, 13)]), 450), Decimal::from(26));
        assert_eq!(worst(&outages(600, &[(400, 1, 13), (425, 1, 13)]), 450), Decimal::from(13));
    }

    #[test]
    fn the_largest_incident_counts_until_its_end_leaves_the_period() {
        // Burning from 300 to 311 and from 400 to 411.
        let bad = outages(800, &[(300, 1, 90), (400, 1, 40)]);
        assert_eq!(worst(&bad, 311 + 287), Decimal::from(90));
        assert_eq!(worst(&bad, 311 + 288), Decimal::from(40));
        assert_eq!(worst(&bad, 411 + 288), Decimal::ZERO);
    }

    #[test]
    fn an_hour_that_is_not_known_is_a_pause() {
        let mut bad = outages(600, &[(400, 1, 13)]);
        bad[401] = None;
        bad[402] = None;
        assert_eq!(worst(&bad, 450), Decimal::from(13));
        bad[399] = None;
        bad[398] = None;
        assert_eq!(worst(&bad, 450), Decimal::ZERO, "ten of twelve points are too few");
    }

    proptest! {
        #[test]
        fn prefix_sums_find_what_the_definition_says(
            spans in prop::collection::vec((0usize..560, 1usize..30, prop::option::weighted(0.9, 0u32..20)), 0..12),
            index in 288usize..600,
        ) {
            let mut bad = vec![Some(0); 600];
            for (start, length, each) in spans {
                bad[start..start + length].fill(each);
            }
            let budget = budget(&bad);
            if let Ok(figures) = budget.at(i64::try_from(index).expect("small") * STEP) {
                let depleted = (figures.worst_incident() * figures.grant().expect("a grant")).round_dp(9);
                prop_assert_eq!(depleted, by_definition(&bad, index));
            }
        }
    }
}
