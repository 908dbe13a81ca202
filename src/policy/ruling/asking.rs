//! How a ruling asks its conditions: once with what they read, and point by point over a history in silence.

use std::sync::Arc;

use super::{Bench, obstacle};
use crate::budget::Budget;
use crate::budget::gap;
use crate::policy::steady::Steady;
use crate::policy::walk::{Answer, Conditions};
use crate::policy::{Bearing, Clause, Comparison, Condition, Evidence, Tested, Tracing, Truth, Value};

impl<'a> Bench<'a> {
    /// A condition at the judged point, with what it read.
    pub(super) fn traced(
        &self,
        condition: &Condition,
        budget: &Arc<Budget>,
        t: i64,
    ) -> (Truth, Vec<Evidence>) {
        let Tested { truth, mut evidence, .. } =
            self.policy.test(condition, self.subject, budget, t, Tracing::On);
        let Some(length) = condition.steadily.filter(|_| truth == Truth::Holds) else {
            return (truth, evidence);
        };
        if length > budget.period() {
            let message = format!(
                "`.steadily(…)` looks back over {}, which is longer than the period of {}",
                gap::duration(length),
                gap::duration(budget.period())
            );
            return (Truth::Failed { message, place: condition.place.clone() }, evidence);
        }
        let mut steady = Steady::new(length, budget.step());
        let answer = steady.answer(t, self.answers_at_once(condition, budget));
        evidence.push(Evidence {
            fact: "steadily".to_owned(),
            value: Value::Time(steady.lasted(t).into()),
            compared: Some(Comparison {
                operator: ">=",
                threshold: Value::Time(length.into()),
                held: answer == Answer::Holds,
                bearing: Bearing::For,
            }),
        });
        let truth = match answer {
            Answer::Holds => Truth::Holds,
            Answer::Fails => Truth::Fails,
            Answer::Unknown => {
                let length = gap::duration(length);
                Truth::Unknown {
                    why: format!("it is not known whether it held at every point of the last {length}"),
                }
            }
        };
        (truth, evidence)
    }

    /// A condition as a function of a grid point, with how long it must have held.
    pub(super) fn answers<'b>(
        &'b self,
        condition: &'b Condition,
        budget: &'b Arc<Budget>,
    ) -> impl FnMut(i64) -> Answer + use<'a, 'b> {
        let mut at_once = self.answers_at_once(condition, budget);
        let too_long = condition.steadily.is_some_and(|length| length > budget.period());
        let mut steady = condition.steadily.map(|length| Steady::new(length, budget.step()));
        move |t| match &mut steady {
            Some(_) if too_long => Answer::Unknown,
            Some(steady) => steady.answer(t, &mut at_once),
            None => at_once(t),
        }
    }

    /// A condition as a function of a grid point, however long it held.
    fn answers_at_once<'b>(
        &'b self,
        condition: &'b Condition,
        budget: &'b Arc<Budget>,
    ) -> impl FnMut(i64) -> Answer + use<'a, 'b> {
        move |t| {
            let tested = self.policy.test(condition, self.subject, budget, t, Tracing::Off);
            // Nobody knows what a signal will do.
            if tested.on_signal && t > self.t {
                self.unforeseen.set(true);
            }
            self.answered(tested.truth)
        }
    }

    /// What a condition answered at one point; the first failure is kept.
    fn answered(&self, truth: Truth) -> Answer {
        match truth {
            Truth::Holds => Answer::Holds,
            Truth::Fails => Answer::Fails,
            Truth::Unknown { .. } => Answer::Unknown,
            failed @ Truth::Failed { .. } => {
                let mut first = self.failed.borrow_mut();
                if first.is_none() {
                    *first = obstacle(failed);
                }
                Answer::Unknown
            }
        }
    }

    /// A clause's conditions over a budget.
    pub(super) fn conditions<'b>(
        &'b self,
        clause: &'b Clause,
        when: &'b Condition,
        budget: &'b Arc<Budget>,
    ) -> Conditions<impl FnMut(i64) -> Answer + use<'a, 'b>, impl FnMut(i64) -> Answer + use<'a, 'b>> {
        let thaws = clause.thaws.as_ref().map(|thaws| self.answers(thaws, budget));
        Conditions { when: self.answers(when, budget), thaws }
    }
}
