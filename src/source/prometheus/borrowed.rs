//! Reading what the rules of Pyrra and Sloth recorded over whole periods.
//!
//! Pyrra's events stand for the one count over the period that a grid is compared with, where they agree with the grid;
//! where they are absent, stale, doubled or say otherwise, the counters are asked. Sloth's share is only compared: it is no
//! count, and by default the mean of short ratios. What cannot be read is what is not there.

use rust_decimal::Decimal;

use super::Prometheus;
use super::question::{Answers, Figure, Part, Question, directly};
use super::ruled::{LATEST, Ruled, Subject};
use crate::budget::Budget;
use crate::budget::series::Total;
use crate::catalog::percent;
use crate::source::plan::Plan;
use crate::source::plan::borrowed::Borrowed;
use crate::source::plan::fuse;
use crate::source::{Planned, Range, When};

/// How far what Sloth leaves of a budget may be from what the events leave, and nothing is said of it: 2 points.
const APART: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// What was recorded of some SLOs, and what became of it.
#[derive(Default)]
pub(super) struct Lent {
    /// What was read.
    answers: Answers,
    /// How many of Pyrra's SLOs were compared with what it recorded.
    pyrra: usize,
    /// Of how many of them it says otherwise than the counters.
    strange: usize,
    /// How many of Sloth's SLOs were compared with what it recorded.
    sloth: usize,
    /// Those of which it says otherwise: the name, what it leaves of the budget, and what the events leave.
    apart: Vec<(String, Decimal, Decimal)>,
}

/// The questions about what was recorded, all at one instant.
fn questions(subjects: &[Subject<'_>]) -> Vec<Question> {
    let mut questions = Vec::new();
    for figure in [Figure::Sum, Figure::Newest(LATEST)] {
        let needs = subjects.iter().filter_map(|subject| {
            let borrowed = subject.borrowed.as_ref()?;
            // Two of a share are none of which one could say which it is.
            let is_sum = matches!(borrowed, Borrowed::Events(_));
            let last = subject.plan.range.last;
            let at = Range { first: last, last, step: 1 };
            (is_sum == (figure == Figure::Sum)).then(|| borrowed.needs(subject.plan, at))
        });
        let fused = fuse::fuse(needs.flatten(), 1).into_iter();
        questions.extend(fused.map(|(fused, whole)| Question {
            parts: vec![Part { fused, figure }],
            when: When::At(whole.last),
            whole,
        }));
    }
    questions
}

/// The questions that are asked before those about the grid.
pub(super) fn planned(subjects: &[Subject<'_>]) -> Vec<Planned> {
    let planned = questions(subjects).into_iter().map(|question| {
        let asks = |subject: &&Subject<'_>| {
            let borrowed = subject.borrowed.as_ref();
            borrowed
                .is_some_and(|one| one.needs(subject.plan, question.whole).any(|need| question.has(&need)))
        };
        let names = subjects.iter().filter(asks).map(|subject| subject.request.slo.name.clone());
        Planned { query: question.query(), when: question.when, serves: names.collect(), most: 1 }
    });
    planned.collect()
}

impl Lent {
    /// Asks for what was recorded.
    pub(super) fn ask(server: &Prometheus<'_>, subjects: &[Subject<'_>]) -> Self {
        let questions = questions(subjects);
        let answers = if questions.is_empty() { Answers::default() } else { server.ask(questions) };
        Self { answers, ..Self::default() }
    }

    /// The events over the period that Pyrra recorded.
    pub(super) fn whole(&self, subject: &Subject<'_>) -> Option<Total> {
        let Some(Borrowed::Events(events)) = &subject.borrowed else { return None };
        let read = subject.plan.direct(|selector| {
            Ok(events.get(&selector.to_string()).and_then(|one| self.answers.recorded(one)))
        });
        read.ok().flatten()
    }

    /// Takes Pyrra's events where they agree with the grid, and asks the counters about the rest.
    pub(super) fn settle(&mut self, server: &Prometheus<'_>, lent: &[&Subject<'_>], answers: &mut Answers) {
        let mut doubtful: Vec<&Plan> = Vec::new();
        for subject in lent {
            let plan = subject.plan;
            // Without a grid there is no budget to be compared.
            let Ok(series) = answers.series(plan, plan.range) else { continue };
            let Some(Borrowed::Events(events)) = &subject.borrowed else { continue };
            self.pyrra += 1;
            if self.whole(subject).is_some_and(|whole| subject.agrees(&series, whole)) {
                for selector in plan.selectors() {
                    let value = events.get(&selector.to_string()).and_then(|one| self.answers.recorded(one));
                    answers.lend(selector, plan.period, value);
                }
            } else {
                self.strange += 1;
                doubtful.push(plan);
            }
        }
        answers.extend(server.ask(directly(&doubtful)));
    }

    /// Compares what Sloth recorded with the events.
    pub(super) fn compare(&mut self, subjects: &[Subject<'_>], ruled: &Ruled) {
        for subject in subjects {
            let Some(Borrowed::Share(share)) = &subject.borrowed else { continue };
            let Some(bad) = self.answers.recorded(share) else { continue };
            let Ok(observed) = ruled.observation(subject) else { continue };
            let slo = subject.request.slo;
            let budget = Budget::of(slo, vec![(observed.series, observed.direct)]);
            let Ok(figures) = budget.at(subject.plan.range.last) else { continue };
            let Some(consumed) = bad.checked_div(slo.objective.allowance()) else { continue };
            let (theirs, ours) = (Decimal::ONE - consumed, figures.remaining());
            self.sloth += 1;
            if (theirs - ours).abs() > APART {
                self.apart.push((slo.name.clone(), theirs, ours));
            }
        }
    }

    /// What is to be said of it.
    pub(super) fn notes(&self) -> Vec<String> {
        let budgets = |count: usize| format!("{count} {}", if count == 1 { "budget" } else { "budgets" });
        let mut notes = Vec::new();
        if self.pyrra > 0 {
            let strange = match self.strange {
                0 => String::new(),
                strange => format!("; of {strange} it says otherwise than the counters, which were asked"),
            };
            let read = budgets(self.pyrra - self.strange);
            notes.push(format!("what Pyrra recorded of whole periods was read for {read}{strange}"));
        }
        if self.sloth > 0 {
            let apart = self.apart.first().map(|(name, theirs, ours)| {
                let [theirs, ours] = [theirs, ours].map(|share| percent(share.round_dp(3)));
                let more = match self.apart.len() {
                    1 => String::new(),
                    count => format!(", and {} more differ", count - 1),
                };
                format!("; it leaves {theirs} of `{name}`, and the events, which count, leave {ours}{more}")
            });
            notes.push(format!(
                "what Sloth recorded of whole periods was compared for {}{}",
                budgets(self.sloth),
                apart.unwrap_or_default()
            ));
        }
        notes
    }
}
