//! What a case says happened before: events as the ledger knows them, in the shorter form of tests.
//!
//! Instants are lengths since the beginning of the history, and what a case names elsewhere (its policy, service,
//! environment and SLO) need not be named again. A name that stands for nothing is a problem at its line.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::written::{Reader, scalar};
use super::{Case, Ground, notation};
use crate::diagnostic::{Code, Diagnostic, suggestion};
use crate::document::Part;
use crate::ledger::{Event, Ledger};
use crate::policy::Consequence;

/// Who said something in a test that does not name anybody.
const SOMEBODY: &str = "@somebody";
/// Why, where it does not say.
const REASON: &str = "a test";

/// Reads the events of a case, whose other parts are read already.
pub(super) fn read(reader: &mut Reader<'_>, list: Part<'_>, case: &Case) -> Ledger {
    Ledger::new(list.items().filter_map(|part| event(reader, part, case)).collect())
}

/// One event.
fn event(reader: &mut Reader<'_>, part: Part<'_>, case: &Case) -> Option<Event> {
    let Value::Object(mut written) = part.value() else { return None };
    let kind = part.get("event").and_then(Part::text).unwrap_or_default();
    names(reader, part, kind);
    sense(reader, part, kind, case);
    for key in ["at", "from", "until"] {
        let Some(part) = part.get(key) else { continue };
        let at = instant(reader, part, case)?;
        written.insert(key.to_owned(), Value::String(at.to_string()));
    }
    for (key, value) in defaults(reader, kind, case) {
        written.entry(key).or_insert(Value::String(value));
    }
    match serde_json::from_value(Value::Object(ordered(written))) {
        Ok(event) => Some(event),
        Err(error) => {
            reader.wrong(part, format!("this is no event: {error}"), "look at the schema of tests");
            None
        }
    }
}

/// The keys with the event's kind first, which says how the others are read.
fn ordered(mut written: Map<String, Value>) -> Map<String, Value> {
    let kind = written.remove("event").map(|kind| ("event".to_owned(), kind));
    kind.into_iter().chain(written).collect()
}

/// When something happened.
fn instant(reader: &mut Reader<'_>, part: Part<'_>, case: &Case) -> Option<Timestamp> {
    let (start, end) = match &case.ground {
        Ground::History(history) => (Some(history.start), Some(history.end())),
        Ground::Facts(_) => (Some(reader.beginning()), None),
        Ground::Observations(..) => (None, None),
    };
    let Some(at) = notation::instant(scalar(part), start) else {
        let help = match start {
            Some(_) => "write a length since the beginning, such as `28d 3h`, or `2026-11-21T12:00:00Z`",
            None => "write an instant such as `2026-11-21T12:00:00Z`",
        };
        reader.wrong(part, format!("`{}` is no instant", scalar(part)), help);
        return None;
    };
    if end.is_some_and(|end| at > end) {
        let message = format!("`{}` lies after the end of the history", scalar(part));
        reader.wrong(part, message, "lengthen the history, or let it happen earlier");
    }
    Timestamp::from_second(at).ok()
}

/// What need not be written, because the case says it elsewhere.
fn defaults(reader: &Reader<'_>, kind: &str, case: &Case) -> Vec<(&'static str, String)> {
    let subject = case.subject(reader.policy);
    let policy = ("policy", reader.policy.id.clone());
    let service = ("service", subject.service);
    let environment = ("environment", case.environment.clone());
    let said = [("by", SOMEBODY.to_owned()), ("reason", REASON.to_owned())];
    match kind {
        "trigger" | "release" => [policy, service].into_iter().chain(said).collect(),
        "deployment" => vec![service, environment],
        "silver_bullet" => [policy, environment].into_iter().chain(said).collect(),
        "top_up" => vec![("slo", subject.slo)],
        "outage" => vec![service],
        _ => Vec::new(),
    }
}

/// Looks up every name of an event.
fn names(reader: &mut Reader<'_>, part: Part<'_>, kind: &str) {
    reader.name(part.get("service"), "service", &reader.names.services);
    reader.name(part.get("environment"), "environment", &reader.names.environments);
    reader.name(part.get("class"), "class of change", &reader.names.classes);
    reader.name(part.get("dependency"), "dependency", &reader.names.dependencies);
    if let Some(other) = part.get("policy").filter(|policy| policy.text() != Some(reader.policy.id.as_str()))
    {
        let message = format!("`{}` is not the policy that is tested here", scalar(other));
        reader.wrong(other, message, format!("write `{}`, or take it out", reader.policy.id));
    }
    if let Some(clause) = part.get("clause") {
        let name = clause.text().unwrap_or_default();
        let known = reader.clause(name, clause.place());
        if known && !reader.policy.clauses.iter().any(|one| one.name == name && one.manual) {
            let message = format!("the clause `{name}` is not manual, so no person triggers or releases it");
            reader.wrong(clause, message, "name a clause with `.manual()`");
        }
    }
    if kind == "occasion"
        && let Some(part) = part.get("name")
        && let Some(name) = part.text()
    {
        let known = reader.policy.header.next_review.or_after.as_deref();
        if known != Some(name) {
            let message = format!("the policy is not reviewed after `{name}`");
            let problem = Diagnostic::error(Code::UnknownName, message).at(part.place(), "not in the policy");
            let help = match known {
                Some(known) => suggestion(name, [known]),
                None => "write `or_after` in the policy's `next_review`".to_owned(),
            };
            reader.problems.push(problem.help(help));
        }
    }
}

/// Refuses events that could not mean anything in such a case.
fn sense(reader: &mut Reader<'_>, part: Part<'_>, kind: &str, case: &Case) {
    if let (Some(from), Some(until)) = (part.get("from"), part.get("until"))
        && let (Some(first), Some(last)) = (instant(reader, from, case), instant(reader, until, case))
        && last < first
    {
        reader.wrong(until, "the outage is over before it begins".to_owned(), "write a later instant");
    }
    if !matches!(case.ground, Ground::Facts(_)) {
        return;
    }
    if kind == "top_up" && reader.policy.header.top_ups.is_some() {
        let message = "facts are what the policy reads, top-ups and all".to_owned();
        reader.wrong(part, message, "give `history` or `observations`, or take it out");
    }
    let environment = part.get("environment").and_then(Part::text).unwrap_or(&case.environment);
    if kind == "deployment" && taxes(reader, case, environment) {
        let message = "how a release during a freeze makes it longer needs a history".to_owned();
        reader.wrong(part, message, "give `history` or `observations`, or take it out");
    }
}

/// True where a release into an environment could only mean a longer freeze.
fn taxes(reader: &Reader<'_>, case: &Case, environment: &str) -> bool {
    let policy = reader.policy;
    if policy.header.thaw_tax.is_none_or(|tax| tax.is_zero()) {
        return false;
    }
    let freezes = |in_force: Option<&BTreeSet<String>>| {
        let clauses = policy.clauses.iter();
        let clauses = clauses.filter(|clause| in_force.is_none_or(|names| names.contains(&clause.name)));
        clauses.flat_map(|clause| &clause.consequences).any(|one| one.frozen() == Some(environment))
    };
    let limits = policy.clauses.iter().flat_map(|clause| &clause.consequences);
    let limited = limits.into_iter().any(|one| matches!(one, Consequence::LimitReleases { .. }));
    freezes(Some(&case.in_force)) || (!limited && freezes(None))
}
