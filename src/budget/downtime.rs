//! What a planned downtime would take of a budget.
//!
//! Until then and behind it nothing else burns, and the traffic of one period earlier repeats: that of the same weekday
//! where the period is a whole number of weeks. Of the events of a step as many fail as the downtime has of its seconds,
//! times the share that fails, rounded up at the 9th digit, against the budget. Slices of time are judged by the events
//! that are left to them. What a downtime takes is the difference between two figures at one grid point, with it and
//! without it. Of a composite budget each part loses of its own traffic. A step that is excluded takes nothing. Traffic
//! that is not known is a gap, and never none.

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::budget::Budget;
use crate::budget::gap::Gap;

/// Digits of the events that fail in one step, so that sums of them are exact.
const DIGITS: u32 = 9;

/// A week, in seconds.
const WEEK: i64 = 604_800;

/// A planned stretch of time in which requests fail, in seconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Downtime {
    /// Its first instant.
    pub start: i64,
    /// The first instant behind it.
    pub end: i64,
}

/// Everything that is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The downtimes in the order of time, none of which touches another.
    downtimes: Vec<Downtime>,
    /// The share of requests that fail in them.
    failing: Decimal,
}

/// What one downtime takes of one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The part of the downtime that falls into the period.
    pub part: Downtime,
    /// The traffic that is taken to repeat in it.
    pub traffic: Downtime,
    /// Requests that fail, of what counts; of a composite budget those of all parts together.
    pub bad: Decimal,
    /// All requests of that time, likewise.
    pub total: Decimal,
    /// Seconds of it in steps that are excluded: nothing of them counts.
    pub excluded: i64,
    /// The grid point at which the budget shows it, in seconds since the epoch.
    pub shown: i64,
    /// The share of the budget that it takes.
    pub share: Decimal,
    /// The share that is left without it; what is planned earlier counts.
    pub before: Decimal,
    /// The share that is left with it.
    pub after: Decimal,
    /// The first instant behind the period, where it follows a calendar.
    pub period_end: Option<i64>,
}

impl Taken {
    /// The traffic that repeats is that of the same weekday.
    #[must_use]
    pub const fn same_weekday(&self) -> bool {
        (self.part.start - self.traffic.start) % WEEK == 0
    }
}

/// A budget after what is planned.
#[derive(Debug, Clone)]
pub struct Supposed {
    /// What each downtime takes of each period that it touches, in the order of time.
    pub taken: Vec<Taken>,
    /// Where least is left, from the first downtime on to the end of the last period that one touches: the grid point and
    /// the share. Of a rolling period that is up to `back_at`, or a whole period where that does not come.
    pub lowest: (i64, Decimal),
    /// The first instant behind the first period of the calendar in which anything is overdrawn, or else behind the one of
    /// `lowest`; none for a rolling period.
    pub period_end: Option<i64>,
    /// The first grid point behind all of it at which as much is left again as without the last of it; none within a
    /// period, and none for a period of the calendar, which begins anew.
    pub back_at: Option<i64>,
    /// Likewise, the first one at which nothing is overdrawn any more.
    pub positive_at: Option<i64>,
    /// The budget with all of it, for one period more.
    pub with: Budget,
    /// The budget without any of it, as long.
    pub without: Budget,
}

impl Plan {
    /// Downtimes in any order, in which a share from 0 to 1 of all requests fails. Where two overlap, a request fails
    /// once.
    #[must_use]
    pub fn new(mut downtimes: Vec<Downtime>, failing: Decimal) -> Self {
        downtimes.retain(|one| one.end > one.start);
        downtimes.sort_unstable();
        let mut apart: Vec<Downtime> = Vec::new();
        for one in downtimes {
            match apart.last_mut().filter(|last| one.start <= last.end) {
                Some(last) => last.end = last.end.max(one.end),
                None => apart.push(one),
            }
        }
        Self { downtimes: apart, failing }
    }

    /// The downtimes in the order of time, none of which touches another.
    #[must_use]
    pub fn downtimes(&self) -> &[Downtime] {
        &self.downtimes
    }

    /// The share of requests that fail in them.
    #[must_use]
    pub const fn failing(&self) -> Decimal {
        self.failing
    }

    /// The first instant behind all of it.
    #[must_use]
    pub fn end(&self) -> Option<i64> {
        self.downtimes.last().map(|last| last.end)
    }

    /// The first instants of it only, as long as they begin before an instant.
    fn until(&self, end: i64) -> Self {
        let begun = self.downtimes.iter().filter(|one| one.start < end);
        let cut = begun.map(|one| Downtime { end: one.end.min(end), ..*one });
        Self { downtimes: cut.collect(), failing: self.failing }
    }

    /// Seconds of it in the step that ends at a grid point.
    fn seconds(&self, point: i64, step: i64) -> i64 {
        let within = |one: &Downtime| (one.end.min(point) - one.start.max(point - step)).max(0);
        self.downtimes.iter().map(within).sum()
    }

    /// How many of the events of the step that ends at a grid point fail.
    fn bad(&self, point: i64, step: i64, total: Decimal) -> Decimal {
        let seconds = self.seconds(point, step);
        if seconds == 0 || total <= Decimal::ZERO {
            return Decimal::ZERO;
        }
        let bad = total * self.failing * Decimal::from(seconds) / Decimal::from(step);
        bad.round_dp_with_strategy(DIGITS, RoundingStrategy::AwayFromZero).min(total)
    }
}

/// A part of a downtime that lies in one period.
struct Part {
    /// That part.
    of: Downtime,
    /// Its first and its last grid point.
    points: (i64, i64),
    /// The grid point at which the budget shows it.
    shown: i64,
    /// The first instant behind the period, where it follows a calendar.
    period_end: Option<i64>,
}

impl Budget {
    /// What is planned after grid point `t` takes of the budget, as it is known there.
    ///
    /// # Errors
    /// Why the budget, or the traffic that would repeat, is not known.
    pub fn supposing(&self, t: i64, plan: &Plan) -> Result<Supposed, Gap> {
        let t = self.at(t)?.t();
        let parts: Vec<Part> = plan.downtimes.iter().flat_map(|one| self.parts(*one)).collect();
        let mut taken: Vec<Taken> = Vec::new();
        let mut last = t;
        for part in &parts {
            let earlier = plan.until(part.of.start);
            let before = self.planned(t, part.shown, &earlier).at(part.shown)?.remaining();
            let with = self.planned(t, part.shown, &plan.until(part.of.end));
            let after = with.at(part.shown)?.remaining();
            let (bad, total) = self.failing(t, part, plan)?;
            let back = part.points.0 - self.repeated(t, part.points.0);
            let traffic = Downtime { start: part.of.start - back, end: part.of.end - back };
            taken.push(Taken {
                part: part.of,
                traffic,
                bad,
                total,
                excluded: self.excluded_seconds(part, plan),
                shown: part.shown,
                share: before - after,
                before,
                after,
                period_end: part.period_end,
            });
            last = last.max(part.shown);
        }
        let period_end = parts.last().and_then(|part| part.period_end);
        let end = last.saturating_add(self.period_at(t)).saturating_add(self.step);
        let end = end.max(period_end.map_or(end, |end| end.div_euclid(self.step) * self.step));
        let with = self.planned(t, end, plan);
        let without = self.planned(t, end, &plan.until(i64::MIN));
        let left = self.at(t)?.remaining();
        let aim = taken.last().map_or(left, |taken| taken.before);
        let rolls = self.bounds(t).is_none();
        let back = |aim| if rolls { with.first_with(aim, (last, end)) } else { None };
        let back_at = back(aim);
        let over = period_end.or(back_at).unwrap_or(end);
        let ahead = match parts.first() {
            Some(first) => with.lefts((first.points.0, over))?,
            None => vec![(t, left)],
        };
        let overdrawn = ahead.iter().find(|(_, left)| *left < Decimal::ZERO);
        let lowest = ahead.iter().min_by_key(|(at, left)| (*left, *at)).copied().unwrap_or((t, left));
        Ok(Supposed {
            lowest,
            period_end: self.bounds(overdrawn.map_or(lowest.0, |(at, _)| *at)).map(|(_, end)| end),
            back_at,
            positive_at: back(Decimal::ZERO),
            taken,
            with,
            without,
        })
    }

    /// What is left at each grid point from one to another. Between two slices of time nothing new is shown.
    fn lefts(&self, (first, last): (i64, i64)) -> Result<Vec<(i64, Decimal)>, Gap> {
        let mut lefts = Vec::new();
        let mut point = first;
        while point <= last {
            lefts.push((point, self.at(point)?.remaining()));
            point += self.step;
        }
        Ok(lefts)
    }

    /// The budget up to grid point `end` with what is planned.
    fn planned(&self, t: i64, end: i64, plan: &Plan) -> Self {
        let points = usize::try_from((end - t) / self.step).unwrap_or(0);
        self.ahead(t, points, &|point, total| plan.bad(point, self.step, total))
    }

    /// The parts of a downtime, by the period in which the budget shows them. A step belongs to the period that it ends in.
    fn parts(&self, downtime: Downtime) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut point = downtime.start.div_euclid(self.step) * self.step + self.step;
        while point - self.step < downtime.end {
            let shown = self.slice_end(point);
            let period_end = self.bounds(shown).map(|(_, end)| end);
            let end = downtime.end.min(point);
            match parts.last_mut().filter(|part| part.period_end == period_end) {
                Some(part) => {
                    part.of.end = end;
                    part.points.1 = point;
                    part.shown = shown;
                }
                None => parts.push(Part {
                    of: Downtime { start: downtime.start.max(point - self.step), end },
                    points: (point, point),
                    shown,
                    period_end,
                }),
            }
            point += self.step;
        }
        parts
    }

    /// The first grid point from `point` on at which what is counted is complete: the end of its slice of time.
    fn slice_end(&self, point: i64) -> i64 {
        let mut end = point;
        while !self.counting.ends(end) {
            end += self.step;
        }
        end
    }

    /// The grid point up to `t` whose traffic repeats at a point that lies ahead.
    fn repeated(&self, t: i64, point: i64) -> i64 {
        let period = self.period_at(t).max(self.step);
        point - ((point - t + period - 1) / period).max(1) * period
    }

    /// Seconds of a part of a downtime that lie in steps which are excluded.
    fn excluded_seconds(&self, part: &Part, plan: &Plan) -> i64 {
        let mut seconds = 0;
        let mut point = part.points.0;
        while point <= part.points.1 {
            seconds += if self.excludes(point) { plan.seconds(point, self.step) } else { 0 };
            point += self.step;
        }
        seconds
    }

    /// The requests that fail in a part of a downtime, and all of its time, as far as it counts.
    fn failing(&self, t: i64, part: &Part, plan: &Plan) -> Result<(Decimal, Decimal), Gap> {
        let (mut bad, mut total) = (Decimal::ZERO, Decimal::ZERO);
        if self.is_composite() {
            for (failing, all) in self.of_each_part(|own| own.failing(t, part, plan))? {
                bad += failing;
                total += all;
            }
            return Ok((bad, total));
        }
        let mut point = part.points.0;
        while point <= part.points.1 {
            if self.excludes(point) {
                point += self.step;
                continue;
            }
            let repeated = self.repeated(t, point);
            let index = usize::try_from((repeated - self.first).div_euclid(self.step)).ok();
            if index.is_none_or(|index| self.earliest.is_none_or(|earliest| index < earliest)) {
                let have = self.earliest.map_or(0, |earliest| t - self.instant(earliest) + self.step);
                return Err(Gap::Short { have, need: t - repeated + self.step });
            }
            let Some(events) = index.and_then(|index| self.points.get(index).copied().flatten()) else {
                let at = Timestamp::from_second(repeated).map_or_else(|_| String::new(), |at| at.to_string());
                let detail = format!("the traffic up to {at}, which would repeat, is not known");
                return Err(Gap::NoData { detail });
            };
            bad += plan.bad(point, self.step, events.total);
            let seconds = Decimal::from(plan.seconds(point, self.step));
            total += events.total * seconds / Decimal::from(self.step);
            point += self.step;
        }
        Ok((bad, total))
    }

    /// The first grid point behind `from`, up to `end`, from which on at least so much is left. What is left may fall and
    /// rise in between, because what is excluded changes what a budget is measured by; so every point is looked at.
    fn first_with(&self, aim: Decimal, (from, end): (i64, i64)) -> Option<i64> {
        let mut point = end;
        let mut first = None;
        while point >= from && self.at(point).is_ok_and(|figures| figures.remaining() >= aim) {
            first = Some(point);
            point -= self.step;
        }
        first
    }
}

#[cfg(test)]
mod tests;
