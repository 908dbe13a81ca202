//! Conditions and consequences in words, for people who read no code.
//!
//! The words of a condition come from its syntax (`sense`), so a changed threshold is a changed sentence. What has no
//! words here is quoted as it was written: neither silence nor a sentence that says something else. Who shows the
//! pieces escapes them for the place where they are shown.

use rust_decimal::Decimal;

use super::sense::{self, Sense, Written};
use super::{After, Automation, Condition, Consequence, Policy};

mod fact;

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Our own words.
    Words(String),
    /// A name or a text that somebody gave.
    Name(String),
    /// A part of the policy, as it is written.
    Code(String),
}

/// Which question a condition answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// When a clause comes into force.
    Begins,
    /// When it ends.
    Ends,
}

/// A condition in words, to stand after `when` or `until`.
#[must_use]
pub fn condition(policy: &Policy, condition: &Condition, moment: Moment) -> Vec<Piece> {
    let mut teller = Teller { moment, pieces: Vec::new() };
    teller.sense(&sense::read(policy, condition), condition.steadily.is_some());
    if let Some(steadily) = condition.steadily {
        teller.say(format!(", for the last {} without a break", length(steadily)));
    }
    merged(teller.pieces)
}

/// When a clause is in force that follows another one, in words.
#[must_use]
pub fn after(after: &After) -> Vec<Piece> {
    vec![
        Piece::Words(format!("For {} after ", length(after.length))),
        Piece::Name(after.clause.clone()),
        Piece::Words(" ends, unless it comes back".to_owned()),
    ]
}

/// A consequence in words, and who sees to it.
#[must_use]
pub fn consequence(consequence: &Consequence) -> (Vec<Piece>, Automation) {
    let words = |text: &str| Piece::Words(text.to_owned());
    let name = |text: &str| Piece::Name(text.to_owned());
    let quoted = |text: &str| vec![words("“"), name(text), words("”")];
    let passing = |mut pieces: Vec<Piece>, except: &[String]| {
        if !except.is_empty() {
            pieces.push(words("; "));
            pieces.extend(listed(except));
            pieces.push(words(" changes pass"));
        }
        pieces
    };
    let pieces = match consequence {
        Consequence::Freeze { environment, except } => {
            passing(vec![words("releases to "), name(environment), words(" stop")], except)
        }
        Consequence::Restrict { to, except } => {
            passing(vec![words(&format!("only a {} rollout may ship", to.as_str()))], except)
        }
        Consequence::LimitReleases { a_day, except } => {
            let plural = if *a_day == 1 { "" } else { "s" };
            passing(vec![words(&format!("at most {a_day} release{plural} a day may ship"))], except)
        }
        Consequence::Warn(text) => [vec![words("whoever ships is warned: ")], quoted(text)].concat(),
        Consequence::Inform(text) => [vec![words("whoever ships is told: ")], quoted(text)].concat(),
        Consequence::ActionItem { title, top_of_backlog, due } => {
            let place = if *top_of_backlog {
                "an action item goes on top of the backlog"
            } else {
                "there is an action item"
            };
            let due = due.map_or_else(String::new, |seconds| format!(", due within {}", length(seconds)));
            [vec![words(&format!("{place}{due}: "))], quoted(title)].concat()
        }
        Consequence::Postmortem => vec![words("a postmortem is held")],
        Consequence::Engage(who) => vec![name(who), words(" is asked for help")],
        Consequence::Notify(who) => vec![name(who), words(" is told the state of the budget")],
        Consequence::Assign(part) => {
            vec![words(&format!("{} of the engineers work on reliability", share(*part)))]
        }
        Consequence::Escalate { decides, how } => {
            [listed(decides), vec![words(" decides: ")], quoted(how)].concat()
        }
        Consequence::CodeYellow => {
            vec![words("code yellow: everyone affected works on reliability, in business hours")]
        }
        Consequence::CodeRed => {
            vec![words("code red: everyone affected works on reliability, around the clock")]
        }
        Consequence::HandBackOperations => vec![words("those who build the service run it again")],
    };
    (merged(pieces), consequence.automation())
}

/// `a, b and c`.
#[must_use]
pub fn listed(names: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match (index, index + 1 == names.len()) {
            (0, _) => {}
            (_, true) => pieces.push(Piece::Words(" and ".to_owned())),
            (_, false) => pieces.push(Piece::Words(", ".to_owned())),
        }
        pieces.push(Piece::Name(name.clone()));
    }
    pieces
}

/// Pieces with neighbouring words joined.
fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (merged.last_mut(), piece) {
            (Some(Piece::Words(last)), Piece::Words(next)) => last.push_str(&next),
            (_, piece) => merged.push(piece),
        }
    }
    merged
}

/// A share with all its digits: `10 %`.
pub(super) fn share(share: Decimal) -> String {
    format!("{} %", share.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(share).normalize())
}

/// A length of time in the largest unit that holds it without a rest: `7 days`, and `24 hours` for a day.
fn length(seconds: i64) -> String {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let whole = units.into_iter().find(|(_, length)| seconds % length == 0 && seconds != *length);
    let one = units.into_iter().find(|(_, length)| seconds == *length);
    match (one, whole) {
        (Some(("day", _)), _) => "24 hours".to_owned(),
        (Some((unit, _)), _) => format!("1 {unit}"),
        (None, Some((unit, length))) => format!("{} {unit}s", seconds / length),
        (None, None) => format!("{seconds} seconds"),
    }
}

/// Puts a sense into words.
struct Teller {
    /// Which question it answers.
    moment: Moment,
    /// What was said until now.
    pieces: Vec<Piece>,
}

impl Teller {
    /// Says some of our own words.
    fn say(&mut self, words: impl Into<String>) {
        self.pieces.push(Piece::Words(words.into()));
    }

    /// Says a sense; `inside` another list it stands in parentheses.
    fn sense(&mut self, sense: &Sense, inside: bool) {
        match sense {
            Sense::Constant(true) => self.say("the budget is known"),
            Sense::Constant(false) => self.say("what never happens does (the condition is always false)"),
            Sense::All(parts) => self.list(parts, ", and ", inside),
            Sense::Any(parts) => self.list(parts, ", or ", inside),
            Sense::Compares(compares) => self.compares(compares),
            Sense::Written(written) => self.written(written),
        }
    }

    /// Says several senses.
    fn list(&mut self, parts: &[Sense], joint: &str, inside: bool) {
        if inside {
            self.say("(");
        }
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.say(joint);
            }
            self.sense(part, parts.len() > 1);
        }
        if inside {
            self.say(")");
        }
    }

    /// Quotes what has no words.
    fn written(&mut self, written: &Written) {
        self.pieces.push(Piece::Code(written.text.clone()));
        for (index, (name, value)) in written.given.iter().enumerate() {
            self.say(if index == 0 { " (where " } else { " and " });
            self.pieces.push(Piece::Code(name.clone()));
            self.say(" is ");
            self.pieces.push(Piece::Name(value.clone()));
        }
        if !written.given.is_empty() {
            self.say(")");
        }
        self.say(if written.negated { " does not hold" } else { " holds" });
    }
}

#[cfg(test)]
mod tests;
