//! Who stands behind a header: the texts that `slogate init` wrote where only a person can say who it is, and the roles
//! that have not agreed.
//!
//! Such a policy loads, so that it can be tested and tried; one warning each names every key and every role.

use super::Header;
use super::complaint::printable;
use super::keys::Keys;
use crate::diagnostic::{Code, Diagnostic, PLACEHOLDER, Place, list, nearest};

/// The roles that agree to a policy: those who run the service, those who build it, and those who decide what is built.
const ROLES: [&str; 3] = ["operations", "development", "product"];

/// What is to be said of those who stand behind a header.
pub(super) fn warn(header: &Header, keys: &Keys) -> Vec<Diagnostic> {
    let misspelt: Vec<(&str, &str)> = misspelt(header).collect();
    let near = misspelt.iter().map(|(written, role)| {
        Diagnostic::warning(Code::PolicyPart, format!("`{}` is no usual role", printable(written)))
            .at(keys.of("agreed_by").key(written), "nearly one")
            .help(format!("did you mean `{role}`?"))
    });
    let meant: Vec<&str> = misspelt.iter().map(|(_, role)| *role).collect();
    unfilled(header, keys).into_iter().chain(near).chain(missing(header, keys, &meant)).collect()
}

/// The roles that are nearly a usual one that is not there, each with that one.
fn misspelt(header: &Header) -> impl Iterator<Item = (&str, &'static str)> {
    let usual = || ROLES.into_iter().chain(["escalation"]);
    let others = header.agreed_by.keys().filter(move |role| !usual().any(|one| one == *role));
    others.filter_map(move |role| {
        let absent = usual().filter(|one| !header.agreed_by.contains_key(*one));
        Some((role.as_str(), nearest(role, absent)?))
    })
}

/// One warning about the roles that have not agreed, but for those that are `meant` by another name. An organisation is
/// agreed with in its own ways.
fn missing(header: &Header, keys: &Keys, meant: &[&str]) -> Option<Diagnostic> {
    let absent = |role: &&str| !header.agreed_by.contains_key(*role) && !meant.contains(role);
    let missing: Vec<&str> = ROLES.into_iter().filter(absent).collect();
    if missing.is_empty() || header.scope.organization {
        return None;
    }
    let message = format!("nobody of {} agreed to the policy", list(&missing));
    let help = format!(
        "add {} once they have: a freeze that one side has not agreed to is overridden on the day it matters",
        missing.iter().map(|role| format!("`{role}: \"@…\"`")).collect::<Vec<_>>().join(", ")
    );
    Some(
        Diagnostic::warning(Code::PolicyPart, message)
            .at(keys.key("agreed_by"), "agreed by these only")
            .help(help),
    )
}

/// One warning about everything in a header that is still to be filled in.
fn unfilled(header: &Header, keys: &Keys) -> Option<Diagnostic> {
    let (escalation, agreed) = (keys.of("escalation"), keys.of("agreed_by"));
    let mut unfilled: Vec<(String, Place)> = Vec::new();
    let mut look = |path: String, text: &str, place: Place| {
        if text.contains(PLACEHOLDER) {
            unfilled.push((path, place));
        }
    };
    look("purpose".to_owned(), &header.purpose, keys.value("purpose"));
    for person in &header.escalation.decides {
        look("escalation.decides".to_owned(), person, escalation.literal("decides", person));
    }
    look("escalation.how".to_owned(), &header.escalation.how, escalation.value("how"));
    for (role, person) in &header.agreed_by {
        look(format!("agreed_by.{role}"), person, agreed.value(role));
    }
    unfilled.sort_by_key(|(_, place)| place.span.start);
    let mut paths: Vec<&str> = unfilled.iter().map(|(path, _)| path.as_str()).collect();
    paths.dedup();
    let (_, first) = unfilled.first()?;
    let message = format!("the policy still says `{PLACEHOLDER}` in {}", list(&paths));
    let help = "write who decides and who agreed: a policy that names nobody was agreed by nobody";
    Some(
        Diagnostic::warning(Code::Placeholder, message)
            .at(first.clone(), "to be filled in, from here on")
            .help(help),
    )
}
