//! The account of a run of `act`: what was done, what could not be, and what became of what was done before.
//!
//! For a terminal, for the step's summary, and as `schemas/act.v1.json`. Nothing is decided here.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::diagnostic::Diagnostic;
use crate::report::duty::plan::{Act, Outcome, Taken};
use crate::report::duty::trace::{self, Trace};
use crate::report::duty::{Duty, Purpose, State, issue};
use crate::report::escape::{markdown, terminal};
use crate::report::figure;
use crate::report::ink::Ink;
use crate::report::problem::Look;
use crate::settings::Mode;

mod json;

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
    pub fn text(&self, look: Look) -> String {
        let mut text = look.hanging("", 2, &look.ink(Ink::Strong, &self.sentence()));
        for taken in &self.taken {
            let ink = match taken.outcome {
                Outcome::Planned => Ink::Strong,
                Outcome::Done => Ink::Calm,
                Outcome::Left(_) => Ink::Alarm,
            };
            let (became, said) = sentence(taken, terminal);
            text.push_str(&look.hanging("  ", 4, &format!("{} {said}", look.ink(ink, became))));
        }
        for (said, why) in self.unsaid(terminal) {
            text.push_str(&look.hanging("  ", 4, &format!("{said}: {}", look.ink(Ink::Doubt, &why))));
        }
        if let Some(traces) = self.traces.as_ref().filter(|traces| !traces.is_empty()) {
            let _ = writeln!(text, "\n{}", trace::text(traces, self.now, look));
        }
        for note in &self.notes {
            text.push_str(&look.hanging("  ", 4, &look.ink(Ink::Faint, &terminal(note))));
        }
        if look.unicode { text } else { figure::plain(&text) }
    }

    /// For the step's summary.
    #[must_use]
    pub fn page(&self) -> String {
        let mut text = format!("**{}**\n", self.sentence());
        let taken = self.taken.iter().map(|taken| {
            let (became, said) = sentence(taken, markdown);
            format!("{became} {said}")
        });
        let unsaid = self.unsaid(markdown).map(|(said, why)| format!("{said}: {why}"));
        for line in taken.chain(unsaid).chain(self.notes.iter().map(|note| markdown(note))) {
            let _ = write!(text, "\n- {line}");
        }
        if let Some(traces) = &self.traces {
            let _ = write!(text, "\n\n{}", trace::page(traces, self.now));
        }
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

    /// What nothing was done about, and why: it is not known or not yet in force.
    fn unsaid(&self, safe: fn(&str) -> String) -> impl Iterator<Item = (String, String)> {
        self.duties.iter().filter_map(move |duty| {
            let why = match &duty.state {
                State::Unknown(why) => format!("unknown: {}", safe(why)),
                State::Pending => "only informs: its policy is not yet in force".to_owned(),
                State::InForce(_) | State::Idle => return None,
            };
            let Duty { policy, clause, service, environment, .. } = duty;
            let about = safe(&format!("{policy}/{clause} for {service} in {environment}"));
            Some((format!("nothing changes for {about}"), why))
        })
    }
}

/// What became of a step, and the step, without a period.
fn sentence(taken: &Taken<'_>, safe: fn(&str) -> String) -> (&'static str, String) {
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
        Outcome::Planned => ("would", said),
        Outcome::Done => ("done:", said),
        Outcome::Left(why) => ("not done:", format!("{said}: {}", safe(why))),
    }
}

/// When it is due, where somebody says.
fn due(duty: &Duty, purpose: &Purpose) -> String {
    duty.due(purpose).map_or_else(String::new, |due| format!(", due {}", figure::instant(due)))
}
