//! The way through the history of one SLO: in stretches, because Datadog chooses the interval of its bins by the span
//! that it is asked for.
//!
//! The newest stretch goes ahead; when its bins are longer than a step, a shorter one does, and the others follow when
//! its length is known to do. When even the shortest stretches that are affordable do not help, the gap says which
//! step would.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Stretch;
use super::answer::{Answer, Counted, Refused};
use super::bins::{self, Coarse};
use crate::budget::gap::{Gap, duration};
use crate::budget::series::{Series, Total};
use crate::source::{Range, instant};

/// The most requests for the history of one SLO: more would take minutes, and what Datadog allows in an hour.
pub(super) const MOST: i64 = 300;

/// By how many percentage points Datadog's own figure may differ from that of its series: it is rounded to two decimals.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// The way through one SLO's history.
#[derive(Debug)]
pub(super) struct Walk {
    /// The identifier in Datadog.
    pub(super) id: String,
    /// All that is asked for.
    whole: Stretch,
    /// Seconds of a step.
    step: i64,
    /// The length of a stretch that is asked for at once, in seconds.
    width: i64,
    /// Nothing has been answered in steps yet.
    is_ahead: bool,
    /// What is to be asked next.
    waiting: Vec<Stretch>,
    /// How many requests there were.
    asked: i64,
    /// The shortest bins that were too long, in seconds.
    finest: Option<i64>,
    /// The points of each stretch, by where it begins.
    points: BTreeMap<i64, Vec<Option<Total>>>,
    /// Why there is no history.
    gap: Option<Gap>,
    /// It was counted by time and not by events.
    pub(super) by_time: bool,
    /// The targets in Datadog, in percent, by their time frames.
    pub(super) targets: BTreeMap<String, Decimal>,
}

impl Walk {
    /// A way that has not begun.
    pub(super) fn new(id: &str, range: Range) -> Self {
        let whole = (range.first - range.step, range.last);
        Self {
            id: id.to_owned(),
            whole,
            step: range.step,
            width: whole.1 - whole.0,
            is_ahead: true,
            waiting: vec![whole],
            asked: 0,
            finest: None,
            points: BTreeMap::new(),
            gap: None,
            by_time: false,
            targets: BTreeMap::new(),
        }
    }

    /// What is to be asked now; nothing when the way is at its end.
    pub(super) fn next(&mut self) -> Vec<Stretch> {
        let next = std::mem::take(&mut self.waiting);
        self.asked += i64::try_from(next.len()).unwrap_or(i64::MAX);
        next
    }

    /// Takes an answer in.
    pub(super) fn take(&mut self, stretch: Stretch, answer: Result<Answer, Refused>) {
        if self.gap.is_some() {
            return;
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(Refused { gap, is_too_much }) => {
                let length = stretch.1 - stretch.0;
                if !is_too_much || !self.shorten(stretch, length / 2) {
                    self.end(gap);
                }
                return;
            }
        };
        let (points, shares) = match answer.counted {
            Counted::Time(uptime) => {
                self.by_time = true;
                (Ok(uptime.on_grid(stretch, self.step)), uptime.shares(stretch))
            }
            Counted::Events(bins) => {
                let share = bins.share();
                (bins.on_grid(stretch, self.step), share.map(|share| (share, share)))
            }
        };
        match points {
            Err(Coarse(interval)) => self.narrow(stretch, interval),
            Ok(points) => {
                if let Some(gap) =
                    shares.and_then(|shares| contradiction(&self.id, stretch, answer.sli, shares))
                {
                    self.end(gap);
                    return;
                }
                self.targets.extend(answer.targets);
                self.points.insert(stretch.0, points);
                if std::mem::take(&mut self.is_ahead) {
                    self.waiting.extend(pieces((self.whole.0, stretch.0), self.width));
                }
            }
        }
    }

    /// Asks in shorter stretches, because the bins of one are too long.
    fn narrow(&mut self, stretch: Stretch, interval: i64) {
        let interval = interval.max(1);
        self.finest = Some(self.finest.map_or(interval, |finest| finest.min(interval)));
        let length = stretch.1 - stretch.0;
        let fitting = length.saturating_mul(self.step) / interval;
        // The interval does not shrink evenly with the span, and a question ahead costs less than too many stretches.
        if !self.shorten(stretch, fitting.clamp(length / 6, length / 2)) {
            let gap = self.coarse();
            self.end(gap);
        }
    }

    /// Asks for a stretch in pieces of about this many seconds; false where that is not to be had.
    fn shorten(&mut self, stretch: Stretch, width: i64) -> bool {
        let length = stretch.1 - stretch.0;
        let waiting = i64::try_from(self.waiting.len()).unwrap_or(MOST);
        let left = MOST.saturating_sub(self.asked).saturating_sub(waiting);
        // Of what is ahead only the newest piece is asked for, but all of the others have to be affordable.
        let all = if self.is_ahead { self.whole.1 - self.whole.0 } else { length };
        if left < 2 {
            return false;
        }
        let steps = |seconds: i64| seconds / self.step;
        let affordable = steps(all) / (left - 1) + i64::from(steps(all) % (left - 1) != 0);
        let width = steps(width).max(affordable).max(1).saturating_mul(self.step);
        if width >= length {
            return false;
        }
        if self.is_ahead {
            self.width = width;
            self.waiting.push((stretch.1 - width, stretch.1));
        } else {
            self.waiting.extend(pieces(stretch, width));
        }
        true
    }

    /// Ends the way without a history.
    fn end(&mut self, gap: Gap) {
        self.gap = Some(gap);
        self.waiting.clear();
    }

    /// The gap for bins that are too long.
    fn coarse(&self) -> Gap {
        let finest = self.finest.unwrap_or_default();
        let (width, step) = (duration(self.width), duration(self.step));
        let would = if finest > self.step && finest <= 86_400 {
            format!("`step: {}` would do", duration(finest).replace(' ', ""))
        } else {
            "no step would do".to_owned()
        };
        let detail = format!(
            "Datadog counts the SLO `{}` over {} at a time, even where it is asked for {width} only, and the step is \
             {step}: {would}",
            self.id,
            duration(finest)
        );
        Gap::Coarse { detail }
    }

    /// What was counted in each step of the range.
    pub(super) fn series(&self, range: Range) -> Result<Series, Gap> {
        if let Some(gap) = &self.gap {
            return Err(gap.clone());
        }
        let mut points: Vec<Option<Total>> = self.points.values().flatten().copied().collect();
        if !self.by_time {
            bins::trim(&mut points);
        }
        if points.iter().all(Option::is_none) {
            let (from, to) = (instant(self.whole.0), instant(self.whole.1));
            let what = if self.by_time { "knows no state" } else { "counts no events" };
            let detail = format!("Datadog {what} of the SLO `{}` from {from} to {to}", self.id);
            return Err(Gap::NoData { detail });
        }
        Ok(Series { first: range.first, step: range.step, points })
    }
}

/// A stretch in pieces of a width, each of which ends where the next begins.
fn pieces((from, to): Stretch, width: i64) -> impl Iterator<Item = Stretch> {
    let width = width.max(1);
    let mut end = to;
    std::iter::from_fn(move || {
        (end > from).then(|| {
            let piece = ((end - width).max(from), end);
            end = piece.0;
            piece
        })
    })
}

/// The gap where Datadog's own figure is not that of what it counted: then its series are not what they seem to be. It
/// leaves the figure out only where it counted nothing.
fn contradiction(
    id: &str,
    stretch: Stretch,
    sli: Option<Decimal>,
    (least, most): (Decimal, Decimal),
) -> Option<Gap> {
    let fits = |sli: Decimal| sli + TOLERANCE >= least && sli - TOLERANCE <= most;
    // More good events than all of them is told where budgets are reckoned.
    let is_share = most <= Decimal::ONE_HUNDRED;
    let gives = match sli {
        Some(sli) if fits(sli) || !is_share => return None,
        Some(sli) => format!("{} %", sli.round_dp(3).normalize()),
        None => "no share of good events".to_owned(),
    };
    let detail = format!(
        "Datadog gives {gives} for the SLO `{id}` from {} to {}, and what it counted makes {} %",
        instant(stretch.0),
        instant(stretch.1),
        least.round_dp(3).normalize()
    );
    Some(Gap::Inconsistent { detail })
}

#[cfg(test)]
mod tests;
