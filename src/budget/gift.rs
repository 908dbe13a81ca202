//! Top-ups: depletion that is given back, event by event.
//!
//! A top-up gives back bad events that happened before it and are not given back yet, the newest first, up to its share
//! of the grant at its own instant. What fails after it is not given back, and what is given back leaves the period
//! together with its events. All top-ups of a period together give back its grant and no more. Of an estimate the share
//! is one of the grant that the figures show, which is the whole period's.
//!
//! Top-ups are gone through once, in the order of time, over what is left to be given back; so many of them cost hardly
//! more than one.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rust_decimal::Decimal;

use crate::budget::Budget;
use crate::budget::composite::Points;

/// Events that one top-up gives back of one point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    /// When they were given, in seconds since the epoch.
    pub(super) at: i64,
    /// The point's index.
    pub(super) point: usize,
    /// How many.
    pub(super) events: Decimal,
}

/// What all top-ups of a budget give back.
#[derive(Debug, Clone, Default)]
pub(super) struct Gifts {
    /// The instants of the top-ups, and what was given up to each, itself included.
    by_time: Vec<(i64, Decimal)>,
    /// What is given back, by point and then by time.
    by_point: Vec<Given>,
    /// `before[i]`: the events of the first `i` of them.
    before: Vec<Decimal>,
    /// The instants of top-ups of which something is not given, because the whole grant was given back.
    capped: Vec<i64>,
}

impl Gifts {
    /// What is given back, in the order of time, and the instants of those of which a part is not.
    pub(super) fn of(mut given: Vec<Given>, capped: Vec<i64>) -> Self {
        let mut sum = Decimal::ZERO;
        let mut until = |events: Decimal| {
            sum += events;
            sum
        };
        let by_time = given.iter().map(|one| (one.at, until(one.events))).collect();
        given.sort_by_key(|one| (one.point, one.at));
        let (mut before, mut sum) = (vec![Decimal::ZERO], Decimal::ZERO);
        for one in &given {
            sum += one.events;
            before.push(sum);
        }
        Self { by_time, by_point: given, before, capped }
    }

    /// What is given back of some points only.
    pub(super) fn only(&self, wanted: impl Fn(usize) -> bool) -> Self {
        let mut given: Vec<Given> = self.by_point.iter().filter(|one| wanted(one.point)).copied().collect();
        given.sort_by_key(|one| one.at);
        Self::of(given, Vec::new())
    }

    /// The events given back, as known at `t`, of the points from the one with index `start` on, where a period begins
    /// that `t` lies in. A later top-up gives back nothing of the points before it, since its own period begins no
    /// earlier: so what was given of them was all given up to `t`.
    pub(super) fn since(&self, t: i64, start: usize) -> Decimal {
        let known = self.by_time.partition_point(|(at, _)| *at <= t);
        let known = known.checked_sub(1).and_then(|last| self.by_time.get(last));
        let gone = self.by_point.partition_point(|one| one.point < start);
        let gone = self.before.get(gone).copied().unwrap_or_default();
        (known.map_or(Decimal::ZERO, |(_, sum)| *sum) - gone).max(Decimal::ZERO)
    }

    /// The events given back of one point, as known at `t`.
    pub(super) fn of_point(&self, t: i64, point: usize) -> Decimal {
        let first = self.by_point.partition_point(|one| one.point < point);
        let own = self.by_point.iter().skip(first).take_while(|one| one.point == point && one.at <= t);
        own.map(|one| one.events).sum()
    }
}

/// Of what a top-up can give back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// The index of the first point of its period.
    pub(super) first: usize,
    /// The index of the newest point up to it.
    pub(super) end: usize,
    /// The points of which the grant is a share.
    pub(super) whole: Points,
    /// By how many points of how many an estimate is larger than what is seen.
    scale: (usize, usize),
}

impl Reach {
    /// Something of what is seen, as large as it is of the period that the figures show.
    pub(super) fn scaled(&self, seen: Decimal) -> Decimal {
        let (many, of) = self.scale;
        if many == of { seen } else { seen * Decimal::from(many) / Decimal::from(of.max(1)) }
    }
}

/// What is given back within the period that the newest top-up lies in, by point.
#[derive(Debug, Default)]
pub(super) struct Within {
    /// What is given back of each point.
    points: BTreeMap<usize, Decimal>,
    /// All of it.
    pub(super) sum: Decimal,
}

impl Within {
    /// Forgets what lies before the begin of a period.
    pub(super) fn begin(&mut self, first: usize) {
        while let Some(point) = self.points.first_entry().filter(|point| *point.key() < first) {
            self.sum -= point.remove();
        }
    }

    /// Adds what is given back of a point.
    pub(super) fn add(&mut self, point: usize, given: Decimal) {
        *self.points.entry(point).or_default() += given;
        self.sum += given;
    }
}

impl Budget {
    /// The same budget with shares of its grant given back, each with its instant, in seconds since the epoch.
    #[must_use]
    pub fn topped_up(&self, shares: &[(i64, Decimal)]) -> Self {
        let (incidents, breaches) = (OnceLock::new(), OnceLock::new());
        let attribution = self.attribution.anew();
        let mut budget = Self { incidents, breaches, attribution, gifts: Gifts::default(), ..self.clone() };
        for part in &mut budget.parts {
            part.budget.gifts = Gifts::default();
        }
        let mut shares = shares.to_vec();
        shares.sort_by_key(|(at, _)| *at);
        if budget.adds_up() {
            budget.give_to_parts(&shares);
        } else {
            budget.gifts = budget.gifts_of(&shares);
        }
        budget
    }

    /// The instants of the top-ups that give less than they say, because all top-ups of their period together would give
    /// more back than its grant.
    #[must_use]
    pub fn capped_top_ups(&self) -> &[i64] {
        &self.gifts.capped
    }

    /// Of what a top-up at an instant can give back; none where nothing happened before it.
    pub(super) fn reach(&self, at: i64) -> Option<Reach> {
        let index = usize::try_from((at - self.first).div_euclid(self.step)).ok()?;
        let end = index.min(self.points.len().checked_sub(1)?);
        let stretch = self.period.stretch(self.instant(index), self.step)?;
        let seen = (index + 1).checked_sub(self.earliest?)?.min(stretch.length);
        Some(Reach {
            first: (index + 1).saturating_sub(stretch.since),
            end,
            whole: (end, (index + 1).min(stretch.length).checked_sub(index - end)?),
            scale: (stretch.length, seen.max(stretch.since)),
        })
    }

    /// What shares of the grant give back, the oldest first.
    fn gifts_of(&self, shares: &[(i64, Decimal)]) -> Gifts {
        let (mut given, mut capped) = (Vec::new(), Vec::new());
        // Bad events that are not given back, by point, the newest last; nothing before a period's begin comes again.
        let (mut left, mut next) = (Vec::<(usize, Decimal)>::new(), 0);
        let mut within = Within::default();
        for (at, share) in shares {
            let Some(reach) = self.reach(*at) else { continue };
            for point in next..=reach.end {
                let bad = self.counted_at(point).map_or(Decimal::ZERO, |counted| counted.bad);
                left.extend(Some((point, bad)).filter(|(_, bad)| *bad > Decimal::ZERO));
            }
            next = next.max(reach.end + 1);
            within.begin(reach.first);
            let since = (reach.end + 1).checked_sub(reach.first);
            let since = since.and_then(|points| self.sums_over(reach.end, points));
            let whole = self.sums_over(reach.whole.0, reach.whole.1);
            let Some((since, whole)) = since.zip(whole) else { continue };
            let grant = reach.scaled(self.objective.allowance() * whole.counted.total);
            let spent = (since.counted.bad - within.sum).max(Decimal::ZERO);
            let room = (grant - within.sum).max(Decimal::ZERO);
            let wanted = (*share * grant).min(spent);
            capped.extend(Some(*at).filter(|_| wanted > room));
            let mut rest = wanted.min(room);
            while rest > Decimal::ZERO
                && let Some((point, bad)) = left.pop()
                && point >= reach.first
            {
                let events = bad.min(rest);
                rest -= events;
                within.add(point, events);
                given.push(Given { at: *at, point, events });
                left.extend(Some((point, bad - events)).filter(|(_, bad)| *bad > Decimal::ZERO));
            }
        }
        Gifts::of(given, capped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::series::{Series, Total};
    use crate::catalog::{Calendar, Objective, Requirements};

    /// What is left at each point of a period of four points of 1,000 events at 99 %, of which `bad` are bad.
    fn left(bad: &[u32], top_ups: &[(i64, i64)]) -> Vec<Option<i64>> {
        let points = bad.iter().map(|bad| Some(Total { bad: (*bad).into(), total: 1_000.into() })).collect();
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Budget::new(objective, 40, Series { first: 0, step: 10, points }, None);
        let shares: Vec<_> = top_ups.iter().map(|(at, percent)| (*at, Decimal::new(*percent, 2))).collect();
        let budget = budget.topped_up(&shares);
        let percent = |index: usize| {
            let figures = budget.at(i64::try_from(index).expect("small") * 10).ok()?;
            i64::try_from((figures.remaining() * Decimal::ONE_HUNDRED).round()).ok()
        };
        (0..bad.len()).map(percent).collect()
    }

    #[test]
    fn a_top_up_does_not_forgive_what_fails_after_it() {
        let known = |left: &[i64]| [vec![None; 3], left.iter().copied().map(Some).collect()].concat();
        assert_eq!(left(&[0, 0, 0, 0, 60, 0], &[(30, 1_000)]), known(&[100, -50, -50]));
        assert_eq!(left(&[0, 0, 0, 40, 60, 0], &[(30, 120)]), known(&[100, -50, -50]));
        assert_eq!(left(&[0, 0, 0, 40, 60, 0], &[(35, 120)]), known(&[0, -50, -50]), "known from then on");
    }

    #[test]
    fn what_is_given_back_leaves_the_period_with_its_events_the_newest_first() {
        let bad = [0, 0, 0, 20, 20, 0, 0, 0, 0];
        let known = [None, None, None, Some(50), Some(25), Some(25), Some(25), Some(75), Some(100)];
        assert_eq!(left(&bad, &[(40, 25)]), known);
        let twice = [None, None, None, Some(50), Some(25), Some(100), Some(100), Some(100), Some(100)];
        assert_eq!(left(&bad, &[(40, 25), (50, 500)]), twice, "never more than was spent");
    }

    #[test]
    fn all_top_ups_of_a_period_give_its_grant_back_and_no_more() {
        let bad = [0, 0, 0, 60, 60, 0, 0, 0, 0];
        // 120 of 40 are bad, and 40 are given back, whoever gives them.
        for top_ups in
            [&[(50, 500)][..], &[(50, 60), (50, 60)], &[(50, 60), (60, 60)], &[(50, 100), (51, 100)]]
        {
            assert_eq!(left(&bad, top_ups)[6], Some(-100), "{top_ups:?}");
        }
        let points = bad.map(|bad: u32| Some(Total { bad: bad.into(), total: 1_000.into() })).to_vec();
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Budget::new(objective, 40, Series { first: 0, step: 10, points }, None);
        let capped = |shares: &[(i64, Decimal)]| budget.topped_up(shares).capped_top_ups().to_vec();
        assert_eq!(capped(&[(50, Decimal::ONE)]), [0_i64; 0]);
        assert_eq!(capped(&[(50, Decimal::ONE), (51, Decimal::new(1, 2))]), [51]);
        assert_eq!(capped(&[(20, Decimal::TEN)]), [0_i64; 0], "nothing was spent");
    }

    #[test]
    fn of_an_estimate_the_share_is_one_of_the_whole_periods_grant() {
        // Ten days of a month of thirty, 100 events a day of which 2 were bad on each: 2/3 of 30 are gone.
        let day = 86_400;
        let points = vec![Some(Total { bad: 2.into(), total: 100.into() }); 10];
        let calendar = Calendar::of("2026-01-01 00:00:00", "UTC", "1M");
        // The second of November.
        let first = 1_793_577_600;
        let series = Series { first, step: day, points };
        let requirements = Requirements { history: Some(day), ..Requirements::default() };
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Budget::by_calendar(objective, calendar, series, None).requiring(requirements);
        let last = first + 9 * day;
        let figures = budget.at(last).expect("an estimate");
        let left = figures.remaining();
        let topped = budget.topped_up(&[(last, Decimal::new(2, 1))]);
        let after = topped.at(last).expect("an estimate");
        assert_eq!(
            (after.given_back().round_dp(9), (after.remaining() - left).round_dp(9)),
            (Decimal::new(2, 1), Decimal::new(2, 1))
        );
    }

    #[test]
    fn many_top_ups_are_what_each_of_them_is() {
        // Each gives one of the newest bad events back, which are as many as the top-ups.
        let points = vec![Some(Total { bad: Decimal::ONE, total: 1_000.into() }); 4_000];
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Budget::new(objective, 20_000, Series { first: 0, step: 10, points }, None);
        let share = Decimal::ONE / Decimal::from(20_000);
        let shares: Vec<(i64, Decimal)> = (0..1_000).map(|one| (30_000 + one, share)).collect();
        let topped = budget.topped_up(&shares);
        for (t, given) in [(29_990, 0), (30_000, 1), (30_500, 501), (30_990, 991), (31_000, 1_000)] {
            let figures = topped.at(t).expect("known");
            assert_eq!(
                (figures.given_back() * figures.grant().expect("one grant")).round(),
                Decimal::from(given),
                "{t}"
            );
        }
    }
}
