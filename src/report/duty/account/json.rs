//! The account for machines: `schemas/act.v1.json`.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::Account;
use crate::report::duty::plan::{Outcome, Taken};
use crate::report::duty::trace::Trace;
use crate::report::duty::trace::tally::Tally;
use crate::report::duty::{Duty, State, issue};
use crate::report::json::problem;

impl Account<'_> {
    /// For machines.
    #[must_use]
    pub fn json(&self) -> String {
        let environments =
            self.environments.iter().map(|(name, mode)| json!({ "name": name, "mode": mode.as_str() }));
        let document = json!({
            "version": 1,
            "now": self.now.to_string(),
            "dry_run": self.dry_run,
            "environments": environments.collect::<Vec<_>>(),
            "duties": self.duties.iter().map(duty).collect::<Vec<_>>(),
            "steps": self.taken.iter().map(step).collect::<Vec<_>>(),
            "traces": self.traces.as_ref().map(|traces| {
                traces.iter().map(|trace| traced(trace, self.now)).collect::<Vec<_>>()
            }),
            "clauses": self.traces.as_ref().map(|traces| {
                Tally::of(traces, self.now).iter().map(tallied).collect::<Vec<_>>()
            }),
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
            "notes": self.notes,
        });
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What a clause asks for.
fn duty(duty: &Duty) -> Json {
    let (state, why) = match &duty.state {
        State::InForce(_) => ("in_force", None),
        State::Idle => ("idle", None),
        State::Unknown(why) => ("unknown", Some(why)),
        State::Pending => ("pending", None),
    };
    json!({
        "policy": duty.policy,
        "clause": duty.clause,
        "service": duty.service,
        "environment": duty.environment,
        "state": state,
        "why": why,
        "since": duty.since().and_then(|since| Timestamp::from_second(since).ok()).map(|at| at.to_string()),
        "slos": duty.affected().iter().map(|one| one.slo.as_str()).collect::<Vec<_>>(),
        "file": duty.place.source.path(),
        "line": duty.place.line(),
    })
}

/// A step.
fn step(taken: &Taken<'_>) -> Json {
    let duty = taken.step.duty;
    let (outcome, why) = match &taken.outcome {
        Outcome::Planned => ("planned", None),
        Outcome::Done => ("done", None),
        Outcome::Left(why) => ("left", Some(why)),
    };
    json!({
        "act": taken.step.act.word(),
        "for": taken.step.purpose.word(),
        "title": issue::title(duty, taken.step.purpose),
        "policy": duty.policy,
        "clause": duty.clause,
        "service": duty.service,
        "environment": duty.environment,
        "issue": taken.issue.as_ref().map(|(number, _)| *number),
        "url": taken.issue.as_ref().map(|(_, url)| url.as_str()),
        "outcome": outcome,
        "why": why,
    })
}

/// What became of an issue.
fn traced(trace: &Trace, now: Timestamp) -> Json {
    json!({
        "issue": trace.number,
        "url": trace.url,
        "title": trace.title,
        "policy": trace.policy,
        "clause": trace.clause,
        "service": trace.service,
        "environment": trace.environment,
        "for": trace.purpose,
        "count": trace.count,
        "state": if trace.closed_at.is_some() { "closed" } else { "open" },
        "opened_at": trace.opened_at.to_string(),
        "closed_at": trace.closed_at.map(|at| at.to_string()),
        "due_at": trace.due_at.map(|at| at.to_string()),
        "lead_seconds": trace.lead(),
        "late_seconds": trace.late(now),
        "clause_is": trace.clause_is.as_str().replace(' ', "_"),
    })
}

/// What became of a clause's issues in all.
fn tallied(tally: &Tally) -> Json {
    json!({
        "policy": tally.policy,
        "clause": tally.clause,
        "asked": tally.asked,
        "closed": tally.closed,
        "in_time": tally.in_time,
        "open": tally.open,
        "overdue": tally.overdue,
        "lead_seconds": tally.lead,
    })
}
