//! Facts that a test gives, each in its own notation.

use rust_decimal::Decimal;

use super::{Reader, scalar};
use crate::catalog::{PRIORITIES, Priority};
use crate::diagnostic::{Code, Diagnostic, suggestion};
use crate::document::Part;
use crate::policy::length;
use crate::policy::trial::given::{Argument, FACTS, Given, NO_PRIORITY, Notation};
use crate::policy::trial::notation;

/// What a policy can read and a test does not give, and the fact that it follows from.
const DERIVED: [(&str, &str); 4] = [
    ("burns", "burn_rate: { 1h: 14.4x, 5m: 14.4x }"),
    ("premature", "pace: 1.2x"),
    ("exhausts_within", "time_to_exhaustion: 3d"),
    ("priority_reaches", "priority: P2"),
];

/// What a case says of its service and its change, beside the situation.
const BESIDE: [&str; 7] = ["slo", "service", "environment", "phase", "tier", "class", "head"];

/// Gives what is told of the keys of a situation that a policy knows, and a situation does not, its own advice.
pub(super) fn explain_unknown(given: Part<'_>, problems: &mut [Diagnostic]) {
    for (key, part) in given.entries() {
        let help = if BESIDE.contains(&key) {
            format!("`{key}` stands beside `given`: move it out")
        } else if let Some((_, fact)) = DERIVED.iter().find(|(name, _)| *name == key) {
            format!("`{key}` follows from another fact: give that, such as `{fact}`")
        } else {
            continue;
        };
        let place = part.key_place();
        for problem in problems.iter_mut() {
            if problem.code == Code::UnknownKey && problem.place() == Some(&place) {
                problem.help.clone_from(&help);
            }
        }
    }
}

impl Reader<'_> {
    /// Some facts, over those that a report gives.
    pub(super) fn facts(&mut self, given: Part<'_>, mut facts: Given) -> Given {
        for budget in [Some(given), given.get("sla"), given.get("quarter")].into_iter().flatten() {
            if let (Some(_), Some(consumed)) = (budget.get("remaining"), budget.get("consumed")) {
                let message = "`consumed` is what `remaining` leaves, and both are given".to_owned();
                self.wrong(consumed, message, "keep one of the two");
            }
        }
        for (fact, argument, notation) in FACTS {
            let Some(part) = fact.split('.').try_fold(given, Part::get) else { continue };
            if argument == Argument::None {
                self.fact(&mut facts, (fact, ""), notation, part);
                continue;
            }
            for (name, value) in part.entries() {
                let argument = match argument {
                    Argument::Window => match length::window(name, self.names.step) {
                        Ok(seconds) => seconds.to_string(),
                        Err(complaint) => {
                            let problem = Diagnostic::error(complaint.code, complaint.message);
                            let problem = problem.at(value.key_place(), "this window");
                            self.problems.push(problem.help(complaint.help));
                            continue;
                        }
                    },
                    Argument::Name | Argument::None => {
                        if fact == "signal" {
                            self.signal(name, value);
                        }
                        name.to_owned()
                    }
                };
                self.fact(&mut facts, (fact, &argument), notation, value);
            }
        }
        facts
    }

    /// Holds the name of a signal to those that are declared.
    fn signal(&mut self, name: &str, value: Part<'_>) {
        if self.names.signals.iter().any(|declared| declared == name) {
            return;
        }
        let message = format!("there is no signal `{name}`");
        let problem = Diagnostic::error(Code::UnknownName, message).at(value.key_place(), "not declared");
        let help = suggestion(name, self.names.signals.iter().map(String::as_str));
        self.problems.push(problem.help(help));
    }

    /// One fact.
    fn fact(
        &mut self,
        facts: &mut Given,
        (fact, argument): (&str, &str),
        notation: Notation,
        part: Part<'_>,
    ) {
        let text = scalar(part);
        let number = match notation {
            Notation::Share => notation::share(text),
            Notation::Multiple => notation::multiple(text),
            Notation::Count => notation::number(text),
            Notation::Truth => part.boolean().map(|truth| Decimal::from(u8::from(truth))),
            Notation::Time if text == "never" => Some(Decimal::MAX),
            Notation::Time => notation::lengths(text).map(Decimal::from),
            Notation::Priority if text == "none" => Some(NO_PRIORITY),
            Notation::Priority => Priority::named(text).map(|priority| priority.number().into()),
        };
        if let Some(number) = number {
            facts.insert(fact, argument, number);
            return;
        }
        let help = match notation {
            Notation::Time => "write a length such as `3d`, `0`, or `never`".to_owned(),
            Notation::Priority => suggestion(text, PRIORITIES.map(Priority::as_str)),
            Notation::Share | Notation::Multiple | Notation::Count | Notation::Truth => {
                "write it with fewer digits".to_owned()
            }
        };
        self.wrong(part, format!("`{text}` is no value of `{fact}`"), help);
    }
}
