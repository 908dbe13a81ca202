//! `.steadily("3d")`: a condition that counts only once it has held for a while without a break.
//!
//! It holds at a grid point when the condition behind it held at every grid point of the length that ends there. A
//! point at which that was not known breaks it like one at which it did not hold; only where it is not known at the
//! asked point itself is the answer not known. Neighbouring points share what they found, so that a walk through
//! history asks about each point once or twice and not once for every point of the length.

use super::walk::Answer;

/// What has been found of one condition.
#[derive(Debug, Clone)]
pub(super) struct Steady {
    /// For how long it must have held, in seconds; a whole multiple of the step.
    length: i64,
    /// Seconds between two points.
    step: i64,
    /// An unbroken stretch of points at which it held, first and last.
    held: Option<(i64, i64)>,
    /// The point that was last found not to hold.
    broken: Option<i64>,
}

impl Steady {
    /// Nothing is known yet.
    pub(super) const fn new(length: i64, step: i64) -> Self {
        Self { length, step, held: None, broken: None }
    }

    /// Whether the condition, asked through `ask`, held steadily at `t`.
    pub(super) fn answer(&mut self, t: i64, mut ask: impl FnMut(i64) -> Answer) -> Answer {
        let within = self.held.filter(|(first, last)| (*first..=*last).contains(&t));
        let mut first = match within {
            Some((first, _)) => first,
            None => match ask(t) {
                Answer::Holds => self.holds_at(t),
                other @ (Answer::Fails | Answer::Unknown) => {
                    self.broken = Some(t);
                    return other;
                }
            },
        };
        let start = t - self.length;
        if self.broken.is_some_and(|broken| start < broken && broken < t) {
            return Answer::Fails;
        }
        while first - self.step > start {
            let before = first - self.step;
            if ask(before) != Answer::Holds {
                self.broken = Some(before);
                return Answer::Fails;
            }
            first = self.holds_at(before);
        }
        Answer::Holds
    }

    /// For how long it had held at `t`, in seconds and up to the length, after an answer for `t`.
    pub(super) fn lasted(&self, t: i64) -> i64 {
        let within = self.held.filter(|(first, last)| (*first..=*last).contains(&t));
        within.map_or(0, |(first, _)| (t - first + self.step).min(self.length))
    }

    /// Adds a point at which it held; the first point of its stretch.
    fn holds_at(&mut self, point: i64) -> i64 {
        let (first, last) = match self.held {
            Some((first, last)) if point == last + self.step => (first, point),
            Some((first, last)) if point == first - self.step => (point, last),
            _ => (point, point),
        };
        self.held = Some((first, last));
        first
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
        match asked(answers, t) {
            Answer::Holds if (t - length + 1..=t).all(|at| asked(answers, at) == Answer::Holds) => {
                Answer::Holds
            }
            Answer::Holds | Answer::Fails => Answer::Fails,
            Answer::Unknown => Answer::Unknown,
        }
    }

    #[test]
    fn an_unknown_point_breaks_it_and_an_unknown_present_is_unknown() {
        use Answer::{Holds, Unknown};
        let answers = [Holds, Holds, Unknown, Holds, Holds, Holds, Unknown];
        let at = |t| Steady::new(3, 1).answer(t, |point| asked(&answers, point));
        assert_eq!((at(1), at(4), at(5), at(6)), (Answer::Fails, Answer::Fails, Holds, Unknown));
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
