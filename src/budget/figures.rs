//! The figures of a budget at one grid point.
//!
//! Every figure is one division of exact sums, so its sign and its comparison with a threshold are exact; nothing is
//! rounded or clamped. Source of the formulas: with `T` the objective, `P` the length of the period, `bad` and `total`
//! summed over a window that ends at the grid point, `burn_rate(w) = (bad_w / total_w) / (1 - T)`,
//! `remaining = 1 - bad / ((1 - T) total_P)` and `burned(w) = bad_w / ((1 - T) total_P)` (SRE Workbook, chapters 2
//! and 5). For a rolling period `bad` is `bad_P`. For one by the calendar it is what was bad since the period began, and
//! `burned(w)` looks no further back; so a bad event never raises what is left, and at the period's last instant all of
//! the figure is of that period.
//!
//! An estimate is of less history than a period has: what is there stands for all of `total_P`, and for what was bad
//! since the period began where that is not seen.

use rust_decimal::Decimal;

use crate::budget::gap::{self, Gap};
use crate::budget::series::Total;
use crate::budget::{Figures, Windowed, believable};

/// The smallest share by which a part may exceed all events and something is said of it: what rounds to 0.1 %.
const NOTABLE: Decimal = Decimal::from_parts(5, 0, 0, false, 4);

impl Figures<'_> {
    /// The grid point, in seconds since the epoch.
    #[must_use]
    pub fn t(&self) -> i64 {
        self.budget.instant(self.index)
    }

    /// The share of events that must be good.
    #[must_use]
    pub fn objective(&self) -> Decimal {
        if self.budget.adds_up() { self.budget.objective.share() } else { Decimal::ONE - self.allowance }
    }

    /// What was bad since the period began, and all of the last so many points as a period has, as far as they are
    /// there: events, or slices of time.
    /// Of a composite budget they are those of all parts together, whatever they weigh.
    #[must_use]
    pub fn period(&self) -> Total {
        let since = self.stretch.since.min(self.seen);
        let budget = self.budget;
        let of_parts = || budget.events_of_parts((self.index, since), (self.index, self.seen));
        if budget.adds_up() { of_parts().unwrap_or(self.period) } else { self.period }
    }

    /// The length of history that an estimate rests on, in seconds; none where there is a whole period of it.
    #[must_use]
    pub fn estimated(&self) -> Option<i64> {
        (self.seen < self.stretch.length).then(|| self.budget.seconds(self.seen))
    }

    /// The share of the period's events by which good or bad ones exceed all events, step by step, where it is worth
    /// saying: from 0.05 % to the 1 % beyond which nothing is known. What exceeds in one step and is missing in another
    /// evens out, and less than no bad events in a whole period are none.
    #[must_use]
    pub fn excess(&self) -> Option<Decimal> {
        let sums = self.budget.sums_over(self.index, self.seen)?;
        sums.excess.checked_div(sums.observed.total).filter(|share| *share >= NOTABLE)
    }

    /// The same figures against the SLA in place of the objective; none for an SLO without an SLA.
    #[must_use]
    pub fn sla(&self) -> Option<Self> {
        let sla = self.budget.terms.sla.filter(|_| !self.budget.adds_up())?;
        Some(Self { allowance: sla.allowance(), ..*self })
    }

    /// The grant: the events that may be bad in the period; none where those of parts weigh differently.
    #[must_use]
    pub fn grant(&self) -> Option<Decimal> {
        (!self.budget.adds_up()).then(|| self.granted() / self.of_window(Decimal::ONE))
    }

    /// The grant, as many times larger as `spent` is.
    pub(super) fn granted(&self) -> Decimal {
        self.allowance * self.whole_period()
    }

    /// All of the period, as many times larger as `spent` is.
    pub(super) fn whole_period(&self) -> Decimal {
        self.of_grant(self.period.total)
    }

    /// A share of all of the period, as many times larger as `spent` is.
    pub(super) fn of_grant(&self, total: Decimal) -> Decimal {
        if self.seen < self.stretch.length { total * Decimal::from(self.stretch.length) } else { total }
    }

    /// What was spent within a window, as many times larger as the grant is.
    pub(super) fn of_window(&self, bad: Decimal) -> Decimal {
        if self.seen < self.stretch.length { bad * Decimal::from(self.seen) } else { bad }
    }

    /// What was spent since the period began, as many times larger as the grant is.
    pub(super) fn spent(&self) -> Decimal {
        self.of_period(self.unforgiven())
    }

    /// What was spent since the period began, of what is seen of it, as many times larger as the grant is.
    pub(super) fn of_period(&self, bad: Decimal) -> Decimal {
        if self.seen < self.stretch.length {
            bad * Decimal::from(self.seen.max(self.stretch.since))
        } else {
            bad
        }
    }

    /// The bad events of the period that are not given back.
    pub(super) fn unforgiven(&self) -> Decimal {
        self.period.bad - self.forgiven()
    }

    /// The bad events of the period that are given back, and never more than there are.
    fn forgiven(&self) -> Decimal {
        let (t, points) = (self.t(), self.stretch.since);
        if self.budget.adds_up() {
            let bad = (self.index, points.min(self.seen));
            let given = self.budget.share_given(t, bad, (self.index, self.seen));
            return given.unwrap_or_default().min(self.period.bad);
        }
        let given: Decimal = self.budget.gifts.iter().map(|gift| gift.within(t, self.index, points)).sum();
        given.min(self.period.bad)
    }

    /// The share of the grant that is given back.
    #[must_use]
    pub fn given_back(&self) -> Decimal {
        self.of_window(self.forgiven()) / self.granted()
    }

    /// The share of the grant that is left; negative in debt, 1 when nothing is spent. What is given back counts as
    /// not spent.
    #[must_use]
    pub fn remaining(&self) -> Decimal {
        let granted = self.granted();
        (granted - self.spent()) / granted
    }

    /// The share of the grant that is spent: `1 - remaining`.
    #[must_use]
    pub fn consumed(&self) -> Decimal {
        self.spent() / self.granted()
    }

    /// The share of the period's grant that went within the window, in seconds, and since the period began.
    ///
    /// # Errors
    /// When too few points of the window are there.
    pub fn burned(&self, window: i64) -> Result<Windowed, Gap> {
        let points = self.points_of(window)?.min(self.stretch.since);
        let events = self.counted_over(points)?;
        Ok(Windowed {
            value: self.of_window(events.bad) / self.granted(),
            no_traffic: events.total.is_zero(),
        })
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

    /// What counts of a window that ends here; of parts that are weighed, against the grant of the window itself.
    pub(super) fn window(&self, window: i64) -> Result<Total, Gap> {
        let points = self.points_of(window)?;
        let events = self.counted_over(points)?;
        if !self.budget.adds_up() || events.total.is_zero() {
            return Ok(events);
        }
        let over = (self.index, points);
        let rate = self.budget.share(over, over).ok_or_else(|| self.short(points))?;
        Ok(Total { bad: rate, total: Decimal::ONE })
    }

    /// The points of a window.
    pub(super) fn points_of(&self, window: i64) -> Result<usize, Gap> {
        let points = usize::try_from(window / self.budget.step).unwrap_or(0);
        if points > self.budget.period.longest(self.budget.step) {
            let detail = format!("the window {} is longer than the period", gap::duration(window));
            return Err(Gap::NoData { detail });
        }
        let slice = self.budget.counting.points(self.budget.step);
        if points < slice && points > 0 {
            let slice = gap::duration(self.budget.seconds(slice));
            let detail =
                format!("the window {} is shorter than a slice of time, {slice}", gap::duration(window));
            return Err(Gap::NoData { detail });
        }
        if points == 0 {
            let detail = format!("the window {} is not on the grid", gap::duration(window));
            return Err(Gap::NoData { detail });
        }
        Ok(points)
    }

    /// What counts of the last so many points; of parts that are weighed, the share that it takes of the grant.
    fn counted_over(&self, points: usize) -> Result<Total, Gap> {
        let budget = self.budget;
        let sums = budget.sums_over(self.index, points).ok_or_else(|| self.short(points))?;
        if sums.known == 0 {
            let all = sums.excluded == points && points > 0;
            let what = if all { "everything is excluded" } else { "nothing" };
            let detail = format!("{what} in the last {}", gap::duration(budget.seconds(points)));
            return Err(Gap::NoData { detail });
        }
        budget.covered(sums, points)?;
        if budget.adds_up() {
            let over = (self.index, points);
            let bad = budget.share(over, (self.index, self.seen)).ok_or_else(|| self.short(points))?;
            let total = budget.events_of_parts(over, over).ok_or_else(|| self.short(points))?.total;
            return Ok(Total { bad, total });
        }
        Ok(believable(sums.counted))
    }

    /// The gap of a window that is longer than the history.
    fn short(&self, points: usize) -> Gap {
        let budget = self.budget;
        Gap::Short { have: budget.seconds(self.index + 1), need: budget.seconds(points) }
    }
}
