//! The issues that clauses in force ask for: planned from those that are there, then brought about.
//!
//! Ours is an issue whose body begins with our marker *and* that we opened. There is one for each clause, service and
//! period: while one is open there is no second one, and a clause that comes into force again in the same period of the
//! calendar opens its issue again. Nothing is closed for people. `plan` is pure; `apply` lists, plans and acts, and plans
//! anew after it opened something, so that of two runs at the same time one issue stays: the older one.

pub mod apply;
pub mod marker;

use std::collections::BTreeMap;

use crate::github::Issue;
use crate::report::duty::plan::{Act, Step};
use crate::report::duty::{Duty, Purpose, State};

use marker::{Key, Marker};

/// How much later a stretch may begin and be the same, in seconds: data that comes late moves beginnings, and incidents
/// are merged over pauses of an hour.
const SAME: i64 = 3_600;

/// An issue of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// What it says of itself.
    pub marker: Marker,
    /// The issue.
    pub issue: Issue,
}

/// The issues of ours among all, by their numbers.
#[must_use]
pub fn ours(issues: &BTreeMap<u64, Issue>, me: &str) -> Vec<Ours> {
    let is_mine =
        |issue: &&Issue| issue.author.as_deref().is_some_and(|author| author.eq_ignore_ascii_case(me));
    let read = |issue: &Issue| Some(Ours { marker: Marker::read(&issue.body)?, issue: issue.clone() });
    issues.values().filter(is_mine).filter_map(read).collect()
}

/// What bounds a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many issues may be opened.
    pub most: usize,
    /// There is a webhook that is told.
    pub webhook: bool,
}

/// What is to be done, in order, and what each step makes of an issue's marker.
#[must_use]
pub fn plan<'a>(duties: &'a [Duty], known: &[Ours], bounds: Bounds) -> Vec<(Step<'a>, Marker)> {
    let mut steps = Vec::new();
    let mut opened = 0;
    for (duty, purpose) in duties.iter().flat_map(|duty| duty.purposes.iter().map(move |one| (duty, one))) {
        let key = Key::of(duty, purpose);
        let its: Vec<&Ours> =
            known.iter().filter(|one| one.marker.key == key && one.marker.duplicate_of.is_none()).collect();
        let mut open = its.iter().filter(|one| one.issue.is_open);
        let current = open.next().or(its.last()).copied();
        for double in open {
            let original = current.map_or(0, |one| one.issue.number);
            let marker = Marker { duplicate_of: Some(original), ..double.marker.clone() };
            let act = Act::Withdraw { issue: double.issue.number, original };
            steps.push((Step { duty, purpose, act }, marker));
        }
        let first = steps.len();
        let after = match next(duty, purpose, current) {
            Some((Act::Open, _)) if opened >= bounds.most => {
                steps.push((Step { duty, purpose, act: Act::Wait }, Marker::of(duty, purpose, 1)));
                continue;
            }
            Some((act, marker)) => {
                opened += usize::from(act == Act::Open);
                steps.push((Step { duty, purpose, act }, marker.clone()));
                Some(marker)
            }
            None => current.map(|one| one.marker.clone()),
        };
        if let Some(marker) = after.filter(|marker| bounds.webhook && is_told(duty, purpose, marker)) {
            let issue = match steps.get(first).map(|(step, _)| &step.act) {
                Some(Act::Open) => None,
                Some(_) | None => current.map(|one| one.issue.number),
            };
            let occasion = marker.occasion();
            let mut told = marker;
            told.sent.insert(occasion.clone());
            steps.push((Step { duty, purpose, act: Act::Send { issue, occasion } }, told));
        }
    }
    steps
}

/// What is to be done with the issue of one purpose; none where everything stands already.
fn next(duty: &Duty, purpose: &Purpose, current: Option<&Ours>) -> Option<(Act, Marker)> {
    match (&duty.state, current) {
        (State::Pending | State::Unknown(_), _) | (State::Idle, None) => None,
        // Who closed an issue need not be told that there is nothing left to do.
        (State::Idle, Some(one)) => (one.issue.is_open && one.marker.ended.is_none()).then(|| {
            let marker = Marker { ended: Some(duty.judged_at), ..one.marker.clone() };
            (Act::Thaw { issue: one.issue.number }, marker)
        }),
        (State::InForce(_), None) => Some((Act::Open, Marker::of(duty, purpose, 1))),
        (State::InForce(affected), Some(one)) => {
            let Ours { marker, issue } = one;
            let is_new = |slo: &str| !marker.begun.contains_key(slo);
            let is_again = affected.iter().any(|hit| {
                let before = marker.begun.get(&hit.slo);
                !hit.at_least && before.is_some_and(|before| hit.since > before.saturating_add(SAME))
            });
            if is_again || marker.ended.is_some() {
                let is_same_period = duty.period.is_some() && duty.period == marker.period;
                if !issue.is_open && !is_same_period {
                    return Some((Act::Open, Marker::of(duty, purpose, 1)));
                }
                let count = marker.count.saturating_add(1);
                let again = Marker { sent: marker.sent.clone(), ..Marker::of(duty, purpose, count) };
                let act = Act::Again { issue: issue.number, count, reopens: !issue.is_open };
                return Some((act, again));
            }
            // A postmortem has a date once its incident is over.
            let due = marker.due.or_else(|| duty.due(purpose));
            let is_news = affected.iter().any(|hit| is_new(&hit.slo)) || due != marker.due;
            (issue.is_open && is_news).then(|| {
                let mut wider = Marker { due, ..marker.clone() };
                wider.begun.extend(
                    affected.iter().filter(|hit| is_new(&hit.slo)).map(|hit| (hit.slo.clone(), hit.since)),
                );
                (Act::Widen { issue: issue.number }, wider)
            })
        }
    }
}

/// Whether the webhook has to be told what a marker says: what is in force and was not told, and the end of what was.
fn is_told(duty: &Duty, purpose: &Purpose, marker: &Marker) -> bool {
    let is_home = duty.home() == Some(purpose) && !duty.notices.is_empty();
    let is_due = match &duty.state {
        State::InForce(_) => marker.ended.is_none(),
        State::Idle => marker.ended.is_some() && marker.sent.contains(&marker.count.to_string()),
        State::Unknown(_) | State::Pending => false,
    };
    is_home && is_due && !marker.sent.contains(&marker.occasion())
}

#[cfg(test)]
mod tests;
