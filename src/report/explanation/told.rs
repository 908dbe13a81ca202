//! A report that was read back, and the questions that its account asks of it.

use std::collections::BTreeSet;

use super::recorded::instant;
use super::{name, words};
use crate::document::Part;
use crate::policy::prose::{Piece, listed};

/// The effects that withhold a change.
const WITHHOLDING: [&str; 3] = ["freeze", "restrict", "unknown"];

/// A report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a>(pub(super) Part<'a>);

/// The text at a key; nothing where there is none.
pub(super) fn text<'a>(part: Part<'a>, key: &str) -> &'a str {
    part.get(key).and_then(Part::text).unwrap_or_default()
}

/// The texts of a list.
pub(super) fn texts(part: Part<'_>, key: &str) -> Vec<String> {
    let items = part.get(key).into_iter().flat_map(Part::items);
    items.filter_map(Part::text).map(str::to_owned).collect()
}

/// The first characters of a commit or a digest.
pub(super) fn short(id: &str) -> String {
    id.chars().take(if id.starts_with("sha256:") { 14 } else { 7 }).collect()
}

/// Where something is written: `policies/payments.rhai:18`.
pub(super) fn place(part: Part<'_>) -> Option<Piece> {
    let file = part.get("file").and_then(Part::text)?;
    let line = part.get("line").and_then(Part::number);
    Some(Piece::Code(line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))))
}

impl<'a> Told<'a> {
    /// A part of the verdict.
    pub(super) fn verdict(self, key: &str) -> &'a str {
        self.0.get("verdict").map_or("", |verdict| text(verdict, key))
    }

    /// What opens the account: `freeze`, or `invalid` where nothing could be decided.
    pub(super) fn word(self) -> &'a str {
        match self.verdict("exit_name") {
            invalid @ "invalid" => invalid,
            _ => self.verdict("effect"),
        }
    }

    /// Its rulings.
    pub(super) fn rulings(self) -> impl Iterator<Item = Part<'a>> {
        self.0.get("rulings").into_iter().flat_map(Part::items)
    }

    /// True where a ruling's effect is the verdict's.
    pub(super) fn decides(self, ruling: Part<'_>) -> bool {
        let effect = text(ruling, "effect");
        effect == self.verdict("effect") && effect != "proceed"
    }

    /// The budget of a ruling.
    pub(super) fn budget_of(self, ruling: Part<'_>) -> Option<Part<'a>> {
        let same = |budget: &Part<'_>| {
            ["slo", "service", "environment"].iter().all(|key| text(*budget, key) == text(ruling, key))
        };
        self.0.get("budgets").into_iter().flat_map(Part::items).find(same)
    }

    /// True where the budget of a ruling was only estimated.
    pub(super) fn is_estimated(self, ruling: Part<'_>) -> bool {
        self.budget_of(ruling).is_some_and(|budget| text(budget, "state") == "estimated")
    }

    /// What people call the budget of a ruling.
    pub(super) fn title_of(self, ruling: Part<'a>) -> &'a str {
        self.budget_of(ruling).map_or_else(|| text(ruling, "slo"), |budget| text(budget, "title"))
    }

    /// The names of the services.
    pub(super) fn services(self) -> Vec<String> {
        let services = self.0.get("change").and_then(|change| change.get("services"));
        let services = services.into_iter().flat_map(Part::items);
        services.map(|service| text(service, "name").to_owned()).collect()
    }

    /// The services that it is about: those of what decided, else all.
    pub(super) fn subjects(self) -> Vec<String> {
        let deciding = self.rulings().filter(|ruling| self.decides(*ruling));
        let deciding: BTreeSet<String> = deciding.map(|ruling| text(ruling, "service").to_owned()).collect();
        if deciding.is_empty() { self.services() } else { deciding.into_iter().collect() }
    }

    /// The version of a policy.
    pub(super) fn version_of(self, id: &str) -> &'a str {
        let policies = self.0.get("policies").into_iter().flat_map(Part::items);
        let mut versions =
            policies.filter(|policy| text(*policy, "id") == id).map(|policy| text(policy, "version"));
        versions.next().unwrap_or_default()
    }

    /// What was judged, when, and from which text.
    pub(super) fn judged(self) -> Vec<Piece> {
        let change = self.0.get("change");
        let of = |key: &str| change.map_or("", |change| text(change, key));
        let mut pieces = vec![words(&format!("Judged on {}: a ", instant(self.verdict("evaluated_at"))))];
        pieces.push(words(if of("rollout") == "canary" {
            "canary of a change"
        } else {
            "full rollout of a change"
        }));
        if !of("class").is_empty() {
            pieces.extend([words(" of class "), name(of("class"))]);
        }
        if !of("head").is_empty() {
            pieces.extend([words(" ("), Piece::Code(short(of("head"))), words(")")]);
        }
        let services = self.services();
        if !services.is_empty() {
            pieces.push(words(" to "));
            pieces.extend(listed(&services));
        } else if self.verdict("exit_name") == "proceed" {
            pieces.push(words(" that touches no service"));
        }
        if !self.verdict("environment").is_empty() {
            let mode = format!(", whose mode is {}", self.verdict("mode"));
            pieces.extend([words(", for the environment "), name(self.verdict("environment")), words(&mode)]);
        }
        pieces.push(words(". Settings, SLOs and policies were read from "));
        match of("base") {
            "" => pieces.push(words("a work tree")),
            base => pieces.extend([words("commit "), Piece::Code(short(base))]),
        }
        if let Some(source) = self.0.get("source").filter(|source| !text(*source, "description").is_empty()) {
            pieces.extend([words(", budgets from "), name(text(source, "description"))]);
            pieces.push(words(&format!(" as of {}", instant(text(source, "judged_at")))));
        }
        pieces.push(words("."));
        pieces
    }

    /// What it came to, and until when that may be relied upon.
    pub(super) fn outcome(self) -> Vec<Piece> {
        let exit = self.verdict("exit_name");
        let said = match (exit, self.verdict("effect")) {
            ("invalid", _) => {
                "Nothing was decided, because something that was written is wrong, so it was withheld"
            }
            ("unknown", _) => "It was withheld, because what had to be known was not",
            ("withheld", "restrict") => "It was withheld: only a part of such a change may ship",
            ("withheld", _) => "It was withheld: such changes are frozen",
            (_, "proceed") => "Nothing stood in its way",
            (_, "warn") => "It could ship, with a warning",
            (_, _) => "It could ship, and something was said about it",
        };
        let until = match (exit, self.verdict("valid_until")) {
            ("invalid", _) | (_, "") => String::new(),
            (_, until) if until == self.verdict("evaluated_at") => String::new(),
            (_, until) => format!(" That may be relied upon until {}.", instant(until)),
        };
        let code = self.0.at("/verdict/exit").and_then(Part::number).unwrap_or_default();
        vec![words(&format!("{said} (exit {code} {exit}).{until}"))]
    }

    /// The classes of change that all that withheld this one excepts.
    pub(super) fn excepted(self) -> BTreeSet<String> {
        let mut passing: Option<BTreeSet<String>> = None;
        for ruling in self.rulings().filter(|ruling| WITHHOLDING.contains(&text(*ruling, "effect"))) {
            let failed = ruling.get("obstacle").is_some_and(|obstacle| text(obstacle, "kind") == "failed");
            let consequences = ruling.get("consequences").into_iter().flat_map(Part::items);
            let here = |stops: &Part<'_>| {
                let environment = text(*stops, "environment");
                stops.get("except").is_some()
                    && (environment.is_empty() || environment == self.verdict("environment"))
            };
            let sets = consequences.filter(here).map(|stops| texts(stops, "except").into_iter().collect());
            let of_ruling = if failed {
                Some(BTreeSet::new())
            } else {
                sets.reduce(|one: BTreeSet<String>, other| both(one, &other))
            };
            let of_ruling = of_ruling.unwrap_or_default();
            passing = Some(match passing {
                None => of_ruling,
                Some(passing) => both(passing, &of_ruling),
            });
        }
        passing.unwrap_or_default()
    }
}

/// What is in both sets.
fn both(one: BTreeSet<String>, other: &BTreeSet<String>) -> BTreeSet<String> {
    one.into_iter().filter(|name| other.contains(name)).collect()
}
