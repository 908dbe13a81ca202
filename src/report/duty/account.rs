//! The account of a run of `act`: what was done, what could not be, and what became of what was done before.
//!
//! For a terminal, for the step's summary, and as `schemas/act.v1.json`. Nothing is decided here.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::diagnostic::Diagnostic;
use crate::report::duty::plan::{Act, Outcome, Taken};
use crate::report::duty::trace::{self, Trace};
use crate::report::duty::{Duty, Purpose, State, issue};
use crate::report::escape::{markdown, terminal};
use crate::report::figure;
use crate::report::json::problem;
use crate::settings::Mode;

/// Everything there is to say.
#[derive(Debug)]
pub struct Account<'a> {
    /// When it was judged.
    pub now: Timestamp,
    /// Nothing was done.
    pub dry_run: bool,
    /// The environments that were judged, and how strict they are.
    pub environments: Vec<(String, Mode)>,
    /// What clauses ask for.
    pub duties: &'a [Duty],
    /// What was done.
    pub taken: Vec<Taken<'a>>,
    /// What became of what was done before, and just now; none where GitHub was not asked.
    pub traces: Option<Vec<Trace>>,
    /// What was opened before could not be read, so that nothing is done.
    pub is_unread: bool,
    /// What is wrong in what was written.
    pub problems: Vec<Diagnostic>,
    /// What else a reader must know.
    pub notes: Vec<String>,
}

impl Account<'_> {
    /// For a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.sentence());
        let taken = self.taken.iter().map(|taken| sentence(taken, terminal));
        for line in taken.chain(self.unsaid(terminal)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {line}");
        }
        if let Some(traces) = self.traces.as_ref().filter(|traces| !traces.is_empty()) {
            let _ = writeln!(text, "\n{}", trace::text(traces, self.now));
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {}", terminal(note));
        }
        text
    }

    /// For the step's summary.
    #[must_use]
    pub fn page(&self) -> String {
        let mut text = format!("**{}**\n", self.sentence());
        let taken = self.taken.iter().map(|taken| sentence(taken, markdown));
        for line in taken.chain(self.unsaid(markdown)).chain(self.notes.iter().map(|note| markdown(note))) {
            let _ = write!(text, "\n- {line}");
        }
        if let Some(traces) = &self.traces {
            let _ = write!(text, "\n\n{}", trace::page(traces, self.now));
        }
        text
    }

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
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
            "notes": self.notes,
        });
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The first line.
    #[must_use]
    pub fn sentence(&self) -> String {
        let count =
            |is_meant: fn(&State) -> bool| self.duties.iter().filter(|duty| is_meant(&duty.state)).count();
        let in_force = count(|state| matches!(state, State::InForce(_)));
        let unknown = count(|state| matches!(state, State::Unknown(_)));
        let asks = match (in_force, unknown) {
            (0, 0) => "no clause in force asks people to do anything".to_owned(),
            (0, 1) => "it is not known whether 1 clause asks people to do something".to_owned(),
            (0, many) => format!("it is not known whether {many} clauses ask people to do something"),
            (1, 0) => "1 clause in force asks people to do something".to_owned(),
            (many, 0) => format!("{many} clauses in force ask people to do something"),
            (1, more) => {
                format!("1 clause in force asks people to do something, and of {more} it is not known")
            }
            (many, more) => {
                format!("{many} clauses in force ask people to do something, and of {more} it is not known")
            }
        };
        if self.is_unread {
            return format!("{asks}: nothing is done, because the issues on GitHub could not be read");
        }
        let steps =
            |wanted: fn(&Outcome) -> bool| self.taken.iter().filter(|one| wanted(&one.outcome)).count();
        let counted = [
            (steps(|outcome| *outcome == Outcome::Planned), "to be done"),
            (steps(|outcome| *outcome == Outcome::Done), "done"),
            (steps(|outcome| matches!(outcome, Outcome::Left(_))), "left to the next run"),
        ];
        let counted =
            counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let counted = counted.collect::<Vec<_>>().join(", ");
        match (counted.is_empty(), in_force, unknown) {
            (false, _, _) => format!("{asks}: {counted}"),
            (true, 0, 0) => format!("{asks}: nothing is to be done"),
            (true, 0, _) => format!("{asks}, so nothing is done"),
            (true, _, _) => format!("{asks}: nothing more is to be done"),
        }
    }

    /// What nothing was done about, because it is not known or not yet in force.
    fn unsaid(&self, safe: fn(&str) -> String) -> impl Iterator<Item = String> {
        self.duties.iter().filter_map(move |duty| {
            let why = match &duty.state {
                State::Unknown(why) => format!("unknown: {}", safe(why)),
                State::Pending => "only informs: its policy is not yet in force".to_owned(),
                State::InForce(_) | State::Idle => return None,
            };
            let Duty { policy, clause, service, environment, .. } = duty;
            let about = safe(&format!("{policy}/{clause} for {service} in {environment}"));
            Some(format!("nothing changes for {about}: {why}"))
        })
    }
}

/// A step and what became of it, without a period.
fn sentence(taken: &Taken<'_>, safe: fn(&str) -> String) -> String {
    let duty = taken.step.duty;
    // `#` and a number of ours is what a reader wants to follow.
    let its = taken.issue.as_ref().map_or_else(String::new, |(number, _)| format!(" #{number}"));
    let (what, more) = match &taken.step.act {
        Act::Open => (format!("open{its}"), due(duty, taken.step.purpose)),
        Act::Wait => ("open".to_owned(), String::new()),
        Act::Again { count, reopens: false, .. } => {
            (format!("count in{its}"), format!(", in force {count} times"))
        }
        Act::Again { count, reopens: true, .. } => {
            (format!("reopen{its}"), format!(", in force {count} times"))
        }
        Act::Widen { .. } => (format!("bring{its} up to date"), String::new()),
        Act::Thaw { .. } => (format!("tell{its} that the clause has ended"), String::new()),
        Act::Withdraw { original, .. } => (format!("close{its}, a duplicate of #{original}"), String::new()),
        Act::Send { .. } => ("tell the webhook".to_owned(), String::new()),
    };
    let title = safe(&issue::title(duty, taken.step.purpose));
    let by = safe(&format!("{}/{}", duty.policy, duty.clause));
    let said = format!("{what}: {title}, by {by}{more}");
    match &taken.outcome {
        Outcome::Planned => format!("would {said}"),
        Outcome::Done => format!("done: {said}"),
        Outcome::Left(why) => format!("not done: {said}: {}", safe(why)),
    }
}

/// When it is due, where somebody says.
fn due(duty: &Duty, purpose: &Purpose) -> String {
    duty.due(purpose).map_or_else(String::new, |due| format!(", due {}", figure::instant(due)))
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
