//! The state of one clause for one SLO, walked over history.
//!
//! A clause comes into force at a grid point at which its `when` holds, and ends at one at which its `thaws` holds
//! and its `when` does not; without a `thaws` it ends where `when` is known not to hold. A point at which a
//! condition is not known counts as neither, so nothing thaws and nothing freezes for want of data. Because the
//! state is computed from history, no earlier run needs to be remembered and any past verdict can be recomputed.
//! The walk goes backwards and stops at the first ending, so a healthy budget costs one or two evaluations. Where an
//! ending may be put off, or must be known itself, it goes forwards and finds every stretch.

pub use certainty::Stretches;

mod certainty;

/// What a condition answers at one grid point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It holds.
    Holds,
    /// It does not hold.
    Fails,
    /// It is not known.
    Unknown,
}

/// The state of a clause at a grid point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is in force.
    InForce(Stretch),
    /// It is not.
    Idle,
    /// Its `when` is not known, and it was not in force before.
    Unknown,
}

/// The unbroken stretch of time in force that contains the grid point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Its first point, in seconds since the epoch.
    pub since: i64,
    /// It began at the edge of what the walk sees, so it may have begun earlier.
    pub at_least: bool,
    /// The last point at which `when` held.
    pub last_held: i64,
}

/// A stretch of time in force that a walk forwards found, without regard to how far back it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its first point, in seconds since the epoch.
    pub since: i64,
    /// The first point at which it was over; none for one that goes on to the end of the walk.
    pub until: Option<i64>,
}

/// The stretch of the grid that is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// The first point that counts: where history begins, or where the policy became effective.
    pub first: i64,
    /// The point that is judged.
    pub t: i64,
    /// Seconds between two points.
    pub step: i64,
    /// The length of the walk, in seconds (`H`, the SLO's period).
    pub length: i64,
}

/// A clause's conditions as functions of a grid point.
pub struct Conditions<W, T> {
    /// Does `when` hold?
    pub when: W,
    /// Does `thaws` hold? None for a clause without one.
    pub thaws: Option<T>,
}

impl<W: FnMut(i64) -> Answer, T: FnMut(i64) -> Answer> Conditions<W, T> {
    /// Does the clause end at `point`, where `when` gave `answer`?
    fn ends(&mut self, point: i64, answer: Answer) -> bool {
        match (&mut self.thaws, answer) {
            (_, Answer::Holds) => false,
            (Some(thaws), Answer::Fails | Answer::Unknown) => thaws(point) == Answer::Holds,
            (None, answer) => answer == Answer::Fails,
        }
    }

    /// The state at the end of the course.
    ///
    /// Whether the clause was in force at an earlier point is reckoned from that point's own walk, so the search
    /// for the beginning of a stretch looks one walk further back than the stretch may reach.
    pub fn state(&mut self, course: Course) -> State {
        let edge = course.t - course.length;
        let now = (self.when)(course.t);
        let mut stretch: Option<Stretch> = None;
        let (mut point, mut answer) = (course.t, now);
        loop {
            if answer == Answer::Holds {
                let last_held = stretch.map_or(point, |stretch| stretch.last_held);
                stretch = Some(Stretch { since: point.max(edge), at_least: point <= edge, last_held });
                if point <= edge {
                    break;
                }
            } else if self.ends(point, answer) {
                break;
            }
            point -= course.step;
            // A `when` that held more than a walk before the stretch no longer reaches it.
            let reach = stretch.map_or(course.t, |stretch| stretch.since - course.step) - course.length;
            if point < course.first.max(reach) {
                break;
            }
            answer = (self.when)(point);
        }
        match (stretch, now) {
            (Some(stretch), _) => State::InForce(stretch),
            (None, Answer::Unknown) => State::Unknown,
            (None, Answer::Holds | Answer::Fails) => State::Idle,
        }
    }

    /// Every stretch in force from `begin`, a point of the grid, up to `end`, by a walk forwards.
    ///
    /// A stretch ends once `delay` has passed since the point at which it would otherwise; `delay` is asked, in
    /// seconds, for the stretch's first point and the one that is looked at. Where `when` holds again meanwhile, the
    /// stretch waits for another ending. One that only hovers ends a walk's length after `when` last held. What was
    /// before `begin` is not seen, so it is walked twice at once: as if the clause had been idle, and as if it had been
    /// in force until then.
    pub fn spans(
        &mut self,
        course: Course,
        (begin, end): (i64, i64),
        mut delay: impl FnMut(i64, i64) -> i64,
    ) -> Stretches {
        let mut point = begin;
        while point < course.first {
            point += ((course.first - point) / course.step).max(1) * course.step;
        }
        let mut surely = Track::default();
        let mut maybe = Track::default();
        if begin > course.first {
            let before = point - course.step;
            maybe.open = Some(Waiting { since: before, last_held: before, ends: None });
        }
        while point <= end {
            let answer = (self.when)(point);
            let waits = [&surely, &maybe].iter().any(|track| track.waits());
            let ends = answer != Answer::Holds && waits && self.ends(point, answer);
            for track in [&mut surely, &mut maybe] {
                track.pass(point, (answer, ends), course.length, &mut delay);
            }
            point += course.step;
        }
        Stretches { surely: surely.close(), maybe: maybe.close() }
    }

    /// The first point after `course.t` at which a clause that is in force is so no longer, given conditions that
    /// can be asked about the future; none when that does not come within one walk's length. A stretch that only
    /// hovers ends a walk's length after `when` last held.
    pub fn ending(&mut self, course: Course, stretch: Stretch) -> Option<i64> {
        let mut last_held = stretch.last_held;
        let mut point = course.t + course.step;
        while point <= course.t + course.length {
            let answer = (self.when)(point);
            if answer == Answer::Holds {
                last_held = point;
            } else if self.ends(point, answer) || point - course.length > last_held {
                return Some(point);
            }
            point += course.step;
        }
        None
    }
}

/// A stretch in force while a walk forwards goes through it.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// Its first point.
    since: i64,
    /// The last point at which `when` held.
    last_held: i64,
    /// The point after `last_held` at which it would end if nothing put that off.
    ends: Option<i64>,
}

/// What a walk forwards has found, given what was before it.
#[derive(Debug, Default)]
struct Track {
    /// The stretches that are over.
    spans: Vec<Span>,
    /// The one that is not.
    open: Option<Waiting>,
}

impl Track {
    /// True where a stretch waits for its ending.
    fn waits(&self) -> bool {
        self.open.is_some_and(|waiting| waiting.ends.is_none())
    }

    /// Goes through a point, where `when` gave an answer and an ending was found or not.
    fn pass(
        &mut self,
        point: i64,
        (answer, ends): (Answer, bool),
        length: i64,
        delay: &mut impl FnMut(i64, i64) -> i64,
    ) {
        if answer == Answer::Holds {
            let since = self.open.map_or(point, |waiting| waiting.since);
            self.open = Some(Waiting { since, last_held: point, ends: None });
            return;
        }
        let Some(waiting) = &mut self.open else { return };
        waiting.ends = waiting.ends.or_else(|| ends.then_some(point));
        let over = waiting.ends.is_some_and(|ends| point - ends >= delay(waiting.since, point));
        // What has ended and is only put off is not forgotten; the delay ends it.
        let hovered = waiting.ends.is_none() && point - length > waiting.last_held;
        if over || hovered {
            self.spans.push(Span { since: waiting.since, until: Some(point) });
            self.open = None;
        }
    }

    /// Every stretch, with the one that goes on.
    fn close(mut self) -> Vec<Span> {
        self.spans.extend(self.open.map(|waiting| Span { since: waiting.since, until: None }));
        self.spans
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use serde_json::Value;

    use super::*;
    use crate::budget::Budget;
    use crate::budget::series::{Series, Total};
    use crate::catalog::Objective;

    const DAY: i64 = 86_400;

    fn decimal(value: &Value) -> Decimal {
        value.to_string().parse().expect("a number")
    }

    /// `remaining <= 0` or `remaining >= 0.1` as a function of a grid point.
    fn condition<'a>(text: &str, budget: &'a Budget) -> impl FnMut(i64) -> Answer + use<'a> {
        let below = text.contains("<=");
        let threshold: Decimal = text.rsplit(' ').next().expect("a threshold").parse().expect("a number");
        move |t| match budget.at(t) {
            Err(_) => Answer::Unknown,
            Ok(figures) => {
                let held =
                    if below { figures.remaining() <= threshold } else { figures.remaining() >= threshold };
                if held { Answer::Holds } else { Answer::Fails }
            }
        }
    }

    #[test]
    fn every_case_of_the_state_vectors_holds() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/vectors/state.json")).expect("JSON");
        let cases = vectors["cases"].as_array().expect("cases");
        let mut checked = 0;
        for case in cases {
            let name = case["name"].as_str().expect("a name");
            let bad = case["bad"].as_array().expect("bad");
            let total = case["total"].as_array().expect("total");
            let points = bad.iter().zip(total);
            let points = points.map(|(b, t)| Some(Total { bad: decimal(b), total: decimal(t) })).collect();
            let period = case["period_points"].as_i64().expect("a period") * DAY;
            let length = case["walk_points"].as_i64().expect("a walk") * DAY;
            let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
            assert_eq!(case["objective"], "99/100");
            let series = Series { first: 0, step: DAY, points };
            let budget = Budget::new(objective, period, series, None);
            for expected in case["expect"].as_array().expect("expectations") {
                let t = expected["t"].as_i64().expect("a point") * DAY;
                let figure = budget.at(t).ok().map(|figures| figures.remaining());
                let exact = expected["remaining_exact"].as_str().map(|fraction| {
                    let (above, below) = fraction.split_once('/').unwrap_or((fraction, "1"));
                    above.parse::<Decimal>().expect("above") / below.parse::<Decimal>().expect("below")
                });
                assert_eq!(figure, exact, "{name}: remaining at {t}");
                let thaws = case["thaws"].as_str().map(|text| condition(text, &budget));
                let when = condition(case["when"].as_str().expect("a condition"), &budget);
                let course = Course { first: i64::MIN, t, step: DAY, length };
                let state = Conditions { when, thaws }.state(course);
                let (in_force, since, at_least) = match state {
                    State::InForce(stretch) => (true, Some(stretch.since / DAY), stretch.at_least),
                    State::Idle | State::Unknown => (false, None, false),
                };
                assert_eq!(expected["in_force"], in_force, "{name}: in force at {}", t / DAY);
                assert_eq!(expected["since"].as_i64(), since, "{name}: since at {}", t / DAY);
                assert_eq!(expected["since_at_least"], at_least, "{name}: at least at {}", t / DAY);
                checked += 1;
            }
        }
        assert!(checked > 50, "only {checked} expectations were checked");
    }

    /// Answers by the character at a point: `w` when holds, `t` thaws holds, `b` both, `?` unknown, `.` neither.
    fn state_of(history: &str, with_thaws: bool) -> State {
        let at = |point: i64| history.as_bytes()[usize::try_from(point).expect("a point")];
        let when = |point| match at(point) {
            b'w' | b'b' => Answer::Holds,
            b'?' => Answer::Unknown,
            _ => Answer::Fails,
        };
        let thaws = |point| if matches!(at(point), b't' | b'b') { Answer::Holds } else { Answer::Fails };
        let t = i64::try_from(history.len()).expect("a length") - 1;
        let course = Course { first: 0, t, step: 1, length: t };
        Conditions { when, thaws: with_thaws.then_some(thaws) }.state(course)
    }

    fn since(history: &str, with_thaws: bool) -> Option<i64> {
        match state_of(history, with_thaws) {
            State::InForce(stretch) => Some(stretch.since),
            State::Idle | State::Unknown => None,
        }
    }

    #[test]
    fn when_wins_where_both_hold() {
        assert_eq!(since("..b..", true), Some(2));
        assert_eq!(since("..bt.", true), None);
    }

    #[test]
    fn an_unknown_point_neither_freezes_nor_thaws() {
        assert_eq!(since(".w???", true), Some(1));
        assert_eq!(since(".w???", false), Some(1), "a clause in force stays so while nothing is known");
        assert_eq!(state_of("....?", true), State::Unknown);
        assert_eq!(state_of("....?", false), State::Unknown);
        assert_eq!(state_of("..?..", false), State::Idle);
    }

    #[test]
    fn the_stretch_begins_after_the_last_thaw() {
        assert_eq!(since("ww.tw.w.", true), Some(4));
        assert_eq!(since("ww.tw.w.", false), None);
    }

    #[test]
    fn a_hovering_stretch_ends_a_walk_after_when_last_held() {
        let when = |point| if point == 3 { Answer::Holds } else { Answer::Fails };
        let thaws = |_| Answer::Fails;
        let course = Course { first: -5, t: 5, step: 1, length: 10 };
        let mut conditions = Conditions { when, thaws: Some(thaws) };
        let State::InForce(stretch) = conditions.state(course) else { panic!("in force") };
        assert_eq!(conditions.ending(course, stretch), Some(14));
    }

    /// The stretches of a history of letters on a grid of one second, walked whole.
    fn spans_of(history: &str, delay: impl FnMut(i64, i64) -> i64) -> Vec<(i64, Option<i64>)> {
        let at = |point: i64| history.as_bytes()[usize::try_from(point).expect("a point")];
        let when = |point| if at(point) == b'w' { Answer::Holds } else { Answer::Fails };
        let thaws = |point| if at(point) == b't' { Answer::Holds } else { Answer::Fails };
        let end = i64::try_from(history.len()).expect("a length") - 1;
        let course = Course { first: 0, t: end, step: 1, length: end };
        let spans = Conditions { when, thaws: Some(thaws) }.spans(course, (0, end), delay).surely;
        spans.into_iter().map(|span| (span.since, span.until)).collect()
    }

    #[test]
    fn an_ending_that_is_put_off_comes_later_and_waits_for_another_where_when_holds_again() {
        assert_eq!(spans_of(".ww.t....w.", |_, _| 0), [(1, Some(4)), (9, None)]);
        assert_eq!(spans_of(".ww.t....w.", |_, _| 3), [(1, Some(7)), (9, None)]);
        assert_eq!(spans_of(".ww.t....w.", |_, _| 6), [(1, None)]);
        assert_eq!(spans_of(".w.tw..t...", |_, _| 2), [(1, Some(9))]);
        // The longer it lasts, the more it is put off.
        let most_of_it = |since, point| (point - since) * 3 / 4;
        assert_eq!(spans_of(".w.t.......", most_of_it), [(1, Some(6))]);
    }

    /// Stretches as pairs of numbers.
    fn spans(pairs: &[(i64, i64)]) -> Vec<Span> {
        pairs.iter().map(|(since, until)| Span { since: *since, until: Some(*until) }).collect()
    }

    #[test]
    fn what_was_before_the_walk_matters_until_it_would_have_ended() {
        let walk = |history: &str, length: i64| {
            let at = |point: i64| history.as_bytes()[usize::try_from(point).expect("a point")];
            let when = |point| if at(point) == b'w' { Answer::Holds } else { Answer::Fails };
            let thaws = |point| if at(point) == b't' { Answer::Holds } else { Answer::Fails };
            let end = i64::try_from(history.len()).expect("a length") - 1;
            let course = Course { first: i64::MIN, t: end, step: 1, length };
            Conditions { when, thaws: Some(thaws) }.spans(course, (0, end), |_, _| 0)
        };
        let found = walk("..t..w.t.", 20);
        assert_eq!((found.surely, found.maybe), (spans(&[(5, 7)]), spans(&[(-1, 2), (5, 7)])));
        let hovered = walk(".......", 4);
        assert_eq!((hovered.surely, hovered.maybe), (spans(&[]), spans(&[(-1, 4)])));
    }

    proptest! {
        #[test]
        fn forwards_and_backwards_find_the_same(
            history in prop::collection::vec(0u8..8, 1..80),
            length in 1i64..20,
            first in 0i64..6,
            with_thaws in any::<bool>(),
        ) {
            let at = |point: i64| usize::try_from(point).ok().and_then(|point| history.get(point).copied());
            let when = |point| match at(point) {
                Some(0) => Answer::Holds,
                Some(1) | None => Answer::Unknown,
                Some(_) => Answer::Fails,
            };
            let thaws = |point| if at(point) == Some(2) { Answer::Holds } else { Answer::Fails };
            let t = i64::try_from(history.len()).expect("a length") - 1;
            // Where a policy becomes effective later, its state is not asked.
            let course = Course { first: first.min(t), t, step: 1, length };
            let conditions = || Conditions { when, thaws: with_thaws.then_some(thaws) };
            let spans = conditions().spans(course, (t - 2 * length, t), |_, _| 0).surely;
            let open = spans.last().filter(|span| span.until.is_none());
            let edge = t - length;
            match conditions().state(course) {
                State::InForce(stretch) => {
                    let open = open.expect("in force forwards, too");
                    prop_assert_eq!(open.since.max(edge), stretch.since);
                    prop_assert_eq!(open.since <= edge, stretch.at_least);
                }
                State::Idle | State::Unknown => prop_assert_eq!(open, None),
            }
        }
    }
}
