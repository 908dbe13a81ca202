//! What of a header is still to be filled in: the texts that `slogate init` wrote where only a person can say who it
//! is.
//!
//! Such a policy loads, so that it can be tested and tried; one warning names every key.

use super::Header;
use super::keys::Keys;
use crate::diagnostic::{Code, Diagnostic, PLACEHOLDER, Place, list};

/// One warning about everything in a header that is still to be filled in.
pub(super) fn warn(header: &Header, keys: &Keys) -> Option<Diagnostic> {
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
