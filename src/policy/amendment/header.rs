//! What differs of what is agreed around the clauses of a policy.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::super::prose::{Piece, listed};
use super::super::{Header, Policy};
use super::Amendment;

/// What differs, key by key.
pub(super) fn compare(old: &Policy, new: &Policy) -> Vec<Amendment> {
    let (from, to) = (&old.header, &new.header);
    let keys = said(old).into_iter().zip(said(new)).filter(|((_, from), (_, to))| from != to);
    let amendment = |((key, before), (_, after))| Amendment {
        policy: new.id.clone(),
        clause: None,
        key,
        from: before,
        to: after,
        loosens: loosens(key, from, to),
        place: new.key_place(key),
    };
    keys.map(amendment).collect()
}

/// Whose services a policy covers.
pub(super) fn covers(policy: &Policy) -> Vec<Piece> {
    let scope = &policy.header.scope;
    match &scope.team {
        Some(team) => vec![Piece::Words("team ".to_owned()), Piece::Name(team.clone())],
        None => listed(&scope.services),
    }
}

/// Every part in words, in the order in which they are told.
fn said(policy: &Policy) -> [(&'static str, Vec<Piece>); 13] {
    let header = &policy.header;
    let words = |text: String| vec![Piece::Words(text)];
    let name = |text: &str| vec![Piece::Name(text.to_owned())];
    let agreed: Vec<String> =
        header.agreed_by.iter().map(|(role, person)| format!("{role}: {person}")).collect();
    let mut escalation = listed(&header.escalation.decides);
    escalation.extend([Piece::Words(": ".to_owned()), Piece::Name(header.escalation.how.clone())]);
    let on = header.next_review.on.map(|date| date.to_string());
    let after = header.next_review.or_after.as_ref().map(|event| format!("after {event}"));
    let review: Vec<String> = on.into_iter().chain(after).collect();
    let notes = if header.notes.is_empty() {
        Vec::new()
    } else {
        vec![Piece::Code(serde_json::Value::Object(header.notes.clone()).to_string())]
    };
    [
        ("name", name(&policy.id)),
        ("version", name(&header.version)),
        ("scope", covers(policy)),
        ("purpose", name(&header.purpose)),
        ("measures", header.measures.as_deref().map(name).unwrap_or_default()),
        ("escalation", escalation),
        ("agreed_by", listed(&agreed)),
        ("effective_from", header.effective_from.map(|date| words(date.to_string())).unwrap_or_default()),
        ("next_review", name(&review.join(" or "))),
        ("silver_bullets", header.silver_bullets.map(|count| words(count.to_string())).unwrap_or_default()),
        ("thaw_tax", header.thaw_tax.map(|days| words(days.normalize().to_string())).unwrap_or_default()),
        ("top_ups", header.top_ups.as_ref().map(|one| listed(&one.dependencies)).unwrap_or_default()),
        ("notes", notes),
    ]
}

/// Whether a part asks for less than it did, or of other budgets.
fn loosens(key: &str, from: &Header, to: &Header) -> bool {
    match key {
        "scope" => from.scope.team != to.scope.team || !within(&from.scope.services, &to.scope.services),
        "measures" => true,
        // Until that day it only informs.
        "effective_from" => to.effective_from > from.effective_from,
        "silver_bullets" => to.silver_bullets.unwrap_or(0) > from.silver_bullets.unwrap_or(0),
        "thaw_tax" => to.thaw_tax.unwrap_or(Decimal::ZERO) < from.thaw_tax.unwrap_or(Decimal::ZERO),
        "top_ups" => {
            let dependencies =
                |header: &Header| header.top_ups.clone().map(|one| one.dependencies).unwrap_or_default();
            !within(&dependencies(to), &dependencies(from))
        }
        _ => false,
    }
}

/// Whether all of the one list are in the other.
fn within(some: &[String], all: &[String]) -> bool {
    let all: BTreeSet<&String> = all.iter().collect();
    some.iter().all(|one| all.contains(one))
}
