//! The stretches of time during which a clause is in force, walked forwards, where its own state at one point does not
//! say enough: a release puts its end off, or another clause follows it.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Bench, Obstacle, gaps, unknown_for, untaxed};
use crate::budget::{Budget, gap};
use crate::ledger::Triggered;
use crate::policy::recall::{self, Taxed};
use crate::policy::walk::{Span, Stretches};
use crate::policy::{After, Clause, Condition};

impl Bench<'_> {
    /// The stretches in force of a clause up to `end`, each with its end put off by the days with a release in it.
    /// They are needed from `reach` seconds before the judged point.
    pub(super) fn taxed_spans(
        &self,
        clause: &Clause,
        when: &Condition,
        budget: &Arc<Budget>,
        (reach, end): (i64, i64),
        releases: &[i64],
    ) -> Stretches {
        let tax = self.policy.header.thaw_tax.unwrap_or_default();
        let delay = |since: i64, point| {
            Taxed::on(releases, &(since.max(untaxed(budget, point))..point), tax).seconds()
        };
        let course = self.course(budget);
        // A tax has no longest length, so all of the history counts where one may be due.
        let back = if releases.is_empty() { 2 * course.length + reach } else { i64::MAX / 2 };
        let whole = budget.span().map_or(course.t, |(first, _)| first);
        let mut begin =
            self.begin.unwrap_or_else(|| whole.max(course.t - back - (-back).rem_euclid(course.step)));
        // Where nothing is known yet, nothing is seen to end.
        while begin < course.t && budget.at(begin).is_err() {
            begin += course.step;
        }
        self.conditions(clause, when, budget).spans(course, (begin, end), delay)
    }

    /// The stretches in force of a clause that follows another one, up to the judged point: from each end of the other
    /// until the length is over, or the other comes back. They are needed from `reach` seconds before the judged point.
    pub(super) fn stretches_after(&self, after: &After, reach: i64) -> Result<Stretches, Obstacle> {
        if let Ok(budget) = &self.budget
            && after.length > budget.period()
        {
            let message = format!(
                "`.after(…)` lasts for {}, which is longer than the period of {}",
                gap::duration(after.length),
                gap::duration(budget.period())
            );
            return Err(Obstacle::Failed { message, place: after.place.clone() });
        }
        let first = self.policy.clauses.iter().find(|clause| clause.name == after.clause);
        let Some(first) = first else { return Ok(Stretches::default()) };
        let firsts = self.stretches(first, reach.saturating_add(after.length))?;
        Ok(firsts.after(after.length).until(self.t))
    }

    /// Why nobody can see now whether the clause that a clause follows has come back; none where its budget is known, or
    /// it needs none.
    pub(super) fn unseen(&self, after: &After) -> Option<Obstacle> {
        let first = self.policy.clauses.iter().find(|clause| clause.name == after.clause)?;
        match (&first.when, &first.after) {
            (Some(_), _) => match &self.budget {
                Ok(budget) => budget.at(self.t).err().map(|gap| unknown_for(&gap)),
                Err(gap) => Some(unknown_for(gap)),
            },
            (None, Some(after)) => self.unseen(after),
            (None, None) => None,
        }
    }

    /// Whether the clause that a clause follows looks at a budget.
    pub(super) fn rests_on_budget(&self, after: &After) -> bool {
        let first = self.policy.clauses.iter().find(|clause| clause.name == after.clause);
        first.is_some_and(|first| {
            first.when.is_some() || first.after.as_ref().is_some_and(|after| self.rests_on_budget(after))
        })
    }

    /// The stretches in force of any clause, up to the judged point. They are needed from `reach` seconds before it.
    pub(super) fn stretches(&self, clause: &Clause, reach: i64) -> Result<Stretches, Obstacle> {
        match (&clause.when, &clause.after) {
            (Some(when), _) => {
                let budget = self.budget.as_ref().map_err(unknown_for)?;
                let releases = recall::taxable(self.policy, clause, &self.subject.service, self.past);
                Ok(self.taxed_spans(clause, when, budget, (reach, self.t), &releases))
            }
            (None, Some(after)) => self.stretches_after(after, reach),
            (None, None) if clause.on_gap => Ok(Stretches::known(self.budget.as_ref().map_or_else(
                |_| Vec::new(),
                |budget| {
                    let first = self.begin.unwrap_or(self.t - 2 * budget.period() - reach);
                    gaps(budget, first.max(self.course(budget).first), self.t)
                },
            ))),
            (None, None) => {
                let triggered = self.past.triggered(&self.policy.id, &clause.name, &self.subject.service);
                let span = |one: &Triggered<'_>| Span {
                    since: one.by.at.as_second(),
                    until: one.released.map(Timestamp::as_second),
                };
                Ok(Stretches::known(triggered.iter().map(span).collect()))
            }
        }
    }
}
