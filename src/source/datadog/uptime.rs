//! When an SLO was up and when it was down, as Datadog keeps it for monitors and slices of time, put on the grid.
//!
//! A second is an event, and one of downtime a bad one: exact, because the changes are. Time of which Datadog says that
//! it had no data, or nothing at all, is not known here, whatever its own settings make of it.

use rust_decimal::Decimal;

use crate::budget::series::Total;

/// What is said of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It was good.
    Up,
    /// It was bad.
    Down,
    /// There was no data.
    NoData,
}

impl State {
    /// The state of a number.
    pub(super) const fn of(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Up),
            1 => Some(Self::Down),
            2 => Some(Self::NoData),
            _ => None,
        }
    }
}

/// Every change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Uptime {
    /// From which second on, and what, in the order of time.
    changes: Vec<(i64, State)>,
    /// From which second to which they are all there are.
    covered: (i64, i64),
}

/// The seconds of a stretch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Seconds {
    /// Good ones.
    up: i64,
    /// Bad ones.
    down: i64,
}

impl Uptime {
    /// The changes, in whatever order; of two at one second the later one holds. The last state ends with what they
    /// cover.
    pub(super) fn new(mut changes: Vec<(i64, State)>, covered: (i64, i64)) -> Self {
        changes.sort_by_key(|(at, _)| *at);
        Self { changes, covered }
    }

    /// Stretches of one state each, cut to what was asked for and is covered.
    fn stretches(&self, (from, to): (i64, i64)) -> impl Iterator<Item = (i64, i64, State)> + '_ {
        let (from, to) = (from.max(self.covered.0), to.min(self.covered.1));
        let ends = self.changes.iter().skip(1).map(|(at, _)| *at).chain([to]);
        let stretches = self.changes.iter().zip(ends);
        let cut =
            move |((start, state), end): (&(i64, State), i64)| ((*start).max(from), end.min(to), *state);
        stretches.map(cut).filter(|(start, end, _)| start < end)
    }

    /// The seconds of each step between two points of the grid; a step is known when all of it is.
    pub(super) fn on_grid(&self, (from, to): (i64, i64), step: i64) -> Vec<Option<Total>> {
        let count = usize::try_from((to - from) / step).unwrap_or(0);
        let mut steps = vec![Seconds::default(); count];
        for (start, end, state) in self.stretches((from, to)) {
            let mut at = start;
            while at < end {
                let index = (at - from) / step;
                let until = end.min(from + (index + 1) * step);
                if let Some(seconds) = usize::try_from(index).ok().and_then(|index| steps.get_mut(index)) {
                    match state {
                        State::Up => seconds.up += until - at,
                        State::Down => seconds.down += until - at,
                        State::NoData => {}
                    }
                }
                at = until;
            }
        }
        let known = |seconds: Seconds| {
            let whole = seconds.up + seconds.down == step;
            whole.then(|| Total { bad: Decimal::from(seconds.down), total: Decimal::from(step) })
        };
        steps.into_iter().map(known).collect()
    }

    /// The least and the greatest share of good seconds in percent that can be made of it, by what time without data
    /// counts as; none where it does not cover all of what was asked for, or nothing of that is known.
    pub(super) fn shares(&self, asked: (i64, i64)) -> Option<(Decimal, Decimal)> {
        let (mut seconds, mut unknown) = (Seconds::default(), 0);
        for (start, end, state) in self.stretches(asked) {
            match state {
                State::Up => seconds.up += end - start,
                State::Down => seconds.down += end - start,
                State::NoData => unknown += end - start,
            }
        }
        let all = asked.1 - asked.0;
        let share =
            |good: i64| Decimal::from(good).checked_mul(Decimal::ONE_HUNDRED)?.checked_div(all.into());
        let known = seconds.up + seconds.down;
        (known > 0 && known + unknown == all).then_some(())?;
        Some((share(seconds.up)?, share(seconds.up + unknown)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(bad: i64) -> Total {
        Total { bad: Decimal::from(bad), total: Decimal::from(300) }
    }

    #[test]
    fn a_second_of_downtime_is_a_bad_event() {
        let uptime = Uptime::new(vec![(0, State::Up), (700, State::Down), (1_000, State::Up)], (0, 1_500));
        assert_eq!(uptime.on_grid((300, 1_500), 300), [0, 200, 100, 0].map(|bad| Some(seconds(bad))));
        assert_eq!(uptime.shares((300, 1_500)), Some((Decimal::from(75), Decimal::from(75))));
    }

    #[test]
    fn time_that_is_not_known_is_neither_up_nor_down() {
        let uptime =
            Uptime::new(vec![(700, State::Up), (900, State::NoData), (950, State::Up)], (300, 1_700));
        assert_eq!(uptime.on_grid((300, 1_500), 300), [None, None, None, Some(seconds(0))]);
        assert_eq!(uptime.shares((300, 1_500)), None);
        let between = uptime.shares((700, 1_700)).expect("all of it is covered");
        assert_eq!(between, (Decimal::from(95), Decimal::from(100)));
        let unknown = Uptime::new(vec![(0, State::NoData)], (0, 1_500));
        assert_eq!(unknown.shares((300, 1_500)), None);
    }

    #[test]
    fn the_last_state_ends_with_what_is_covered() {
        let uptime = Uptime::new(vec![(0, State::Up)], (600, 1_100));
        assert_eq!(uptime.on_grid((300, 1_500), 300), [None, Some(seconds(0)), None, None]);
        assert_eq!(uptime.shares((300, 1_500)), None);
        let of_another_month = Uptime::new(vec![(0, State::Up)], (300, 200));
        assert_eq!(of_another_month.on_grid((300, 1_500), 300), [None; 4]);
    }
}
