//! `.steadily("3d")`: a condition that counts only once it has held for a while without a break.
//!
//! It holds at a grid point when the condition behind it held at every grid point of the length that ends there, and
//! does not when it is known not to have held at one of them. Where it is only not known at some of them, the answer
//! is not known: nothing begins by it, and a clause that is in force stays so, because a hole in the data is no thaw.
//! What was asked is remembered, so that a walk through history asks about each point once and not once for every
//! point of the length.

use std::collections::BTreeMap;

use super::walk::Answer;

/// What has been found of one condition.
#[derive(Debug, Clone)]
pub(super) struct Steady {
    /// For how long it must have held, in seconds; a whole multiple of the step.
    length: i64,
    /// Seconds between two points.
    step: i64,
    /// What was answered at each point.
    answers: BTreeMap<i64, Answer>,
    /// An unbroken stretch of points at which it held, first and last.
    held: Option<(i64, i64)>,
}

impl Steady {
    /// Nothing is known yet.
    pub(super) const fn new(length: i64, step: i64) -> Self {
        Self { length, step, answers: BTreeMap::new(), held: None }
    }

    /// Whether the condition, asked through `ask`, held steadily at `t`.
    pub(super) fn answer(&mut self, t: i64, mut ask: impl FnMut(i64) -> Answer) -> Answer {
        let mut unknown = false;
        let mut point = t;
        while point > t - self.length {
            if let Some((first, _)) = self.held.filter(|(first, last)| (*first..=*last).contains(&point)) {
                point = first - self.step;
                continue;
            }
            match *self.answers.entry(point).or_insert_with(|| ask(point)) {
                Answer::Holds => self.holds_at(point),
                Answer::Fails => return Answer::Fails,
                Answer::Unknown if point == t => return Answer::Unknown,
                Answer::Unknown => unknown = true,
            }
            point -= self.step;
        }
        if unknown { Answer::Unknown } else { Answer::Holds }
    }

    /// For how long it had held at `t`, in seconds and up to the length, after an answer for `t`.
    pub(super) fn lasted(&self, t: i64) -> i64 {
        let mut point = t;
        while point > t - self.length && self.answers.get(&point) == Some(&Answer::Holds) {
            point -= self.step;
        }
        t - point
    }

    /// Adds a point at which it held to the stretch that it belongs to, or begins one.
    fn holds_at(&mut self, point: i64) {
        self.held = match self.held {
            Some((first, last)) if point == last + self.step => Some((first, point)),
            Some((first, last)) if point == first - self.step => Some((point, last)),
            _ => Some((point, point)),
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The answers at the points 0, 1, 2, …; before them nothing is known.
    fn asked(answers: &[Answer], point: i64) -> Answer {
        usize::try_from(point).ok().and_then(|at| answers.get(at).copied()).unwrap_or(Answer::Unknown)
    }

    /// By the words of the definition.
    fn defined(answers: &[Answer], t: i64, length: i64) -> Answer {
        let within = || (t - length + 1..=t).map(|at| asked(answers, at));
        match asked(answers, t) {
            Answer::Holds if within().all(|answer| answer == Answer::Holds) => Answer::Holds,
            Answer::Holds if within().any(|answer| answer == Answer::Fails) => Answer::Fails,
            Answer::Fails => Answer::Fails,
            Answer::Holds | Answer::Unknown => Answer::Unknown,
        }
    }

    #[test]
    fn an_unknown_point_lets_nothing_begin_and_nothing_end() {
        use Answer::{Fails, Holds, Unknown};
        let answers = [Fails, Holds, Unknown, Holds, Holds, Holds, Unknown];
        let at = |t| Steady::new(3, 1).answer(t, |point| asked(&answers, point));
        assert_eq!(
            (at(1), at(2), at(3), at(4), at(5), at(6)),
            (Fails, Unknown, Unknown, Unknown, Holds, Unknown)
        );
        let mut steady = Steady::new(3, 1);
        steady.answer(4, |point| asked(&answers, point));
        assert_eq!(steady.lasted(4), 2);
    }

    #[test]
    fn a_walk_asks_about_each_point_about_once() {
        let mut count = 0;
        let mut steady = Steady::new(864, 1);
        for t in (1_000..9_000).rev() {
            steady.answer(t, |_| {
                count += 1;
                Answer::Holds
            });
        }
        assert!(count < 10_000, "{count}");
    }

    proptest! {
        #[test]
        fn whatever_was_asked_before_the_answer_is_the_definition(
            kinds in prop::collection::vec(0u8..12, 1..60),
            order in prop::collection::vec(0i64..60, 1..80),
            length in 1i64..8,
        ) {
            let answer = |kind: &u8| match kind { 0 => Answer::Fails, 1 => Answer::Unknown, _ => Answer::Holds };
            let answers: Vec<Answer> = kinds.iter().map(answer).collect();
            let mut steady = Steady::new(length, 1);
            for t in order {
                let found = steady.answer(t, |point| asked(&answers, point));
                prop_assert_eq!(found, defined(&answers, t, length), "at {}", t);
            }
        }
    }
}
