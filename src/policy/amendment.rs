//! What a change makes of policies: two sets of them held against each other, part by part and clause by clause.
//!
//! Conditions are compared by what they mean (`sense`) and told as prose, so that a moved threshold is a changed sentence
//! and a moved line is nothing. A policy is the same one where it has the same path, else the same name, else the same
//! text. What asks for less than before is marked; where that cannot be told, nothing is.

use std::collections::BTreeSet;

use self::strength::Strength;
use super::prose::{self, Moment, Piece};
use super::{Clause, Condition, Consequence, Policy};
use crate::diagnostic::Place;

mod header;
mod strength;

/// One thing that is amended of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// The policy's id behind the change; of one that is gone, before it.
    pub policy: String,
    /// The clause, where it is of one.
    pub clause: Option<String>,
    /// What is amended: a key of the header, `title`, `when`, `thaws` or `consequence` of a clause, `clause` or `policy`
    /// where all of it is new or gone, `name` where the file has another.
    pub key: &'static str,
    /// What it was, in words; nothing where it was not there.
    pub from: Vec<Piece>,
    /// What it is; nothing where it is gone.
    pub to: Vec<Piece>,
    /// It asks for less than before, or of other budgets.
    pub loosens: bool,
    /// Where it stands; of what is gone, where it stood.
    pub place: Place,
}

/// What differs between the policies before a change and those behind it: first what loosens. An organisation's are no
/// change's to amend.
#[must_use]
pub fn compare(before: &[Policy], after: &[Policy]) -> Vec<Amendment> {
    let own = |policy: &&Policy| !policy.header.scope.organization;
    let mut gone: Vec<&Policy> = before.iter().filter(own).collect();
    let mut new: Vec<&Policy> = after.iter().filter(own).collect();
    let mut pairs = Vec::new();
    let same: [fn(&Policy, &Policy) -> bool; 3] = [
        |one, other| one.source.path() == other.source.path(),
        |one, other| one.id == other.id,
        |one, other| one.digest == other.digest,
    ];
    for same in same {
        gone.retain(|old| {
            let found = new.iter().position(|new| same(old, new));
            pairs.extend(found.map(|at| (*old, new.remove(at))));
            found.is_none()
        });
    }
    let mut found: Vec<Amendment> = pairs.into_iter().flat_map(|(old, new)| between(old, new)).collect();
    found.extend(gone.into_iter().map(|policy| whole(policy, false)));
    found.extend(new.into_iter().map(|policy| whole(policy, true)));
    found.sort_by_key(|one| !one.loosens);
    found
}

/// A policy that is new, or gone.
fn whole(policy: &Policy, is_new: bool) -> Amendment {
    let mut pieces = header::covers(policy);
    let clauses = policy.clauses.len();
    pieces.push(Piece::Words(format!(", with {clauses} clause{}", if clauses == 1 { "" } else { "s" })));
    turned("policy", policy, None, (pieces, is_new), Place::line_of(&policy.source, 1))
}

/// Something that is new, or gone, as a whole.
fn turned(
    key: &'static str,
    policy: &Policy,
    clause: Option<&Clause>,
    (pieces, is_new): (Vec<Piece>, bool),
    place: Place,
) -> Amendment {
    let (from, to) = if is_new { (Vec::new(), pieces) } else { (pieces, Vec::new()) };
    let clause = clause.map(|clause| clause.name.clone());
    Amendment { policy: policy.id.clone(), clause, key, from, to, loosens: !is_new, place }
}

/// What differs of one policy.
fn between(old: &Policy, new: &Policy) -> Vec<Amendment> {
    let mut found = header::compare(old, new);
    let named = |policy: &'_ Policy, name: &str| policy.clauses.iter().position(|clause| clause.name == name);
    for clause in &old.clauses {
        match named(new, &clause.name).and_then(|at| new.clauses.get(at)) {
            Some(now) => found.extend(of_clause((old, clause), (new, now))),
            None => {
                let said = summed(old, clause);
                let place = clause.place.clone();
                found.push(turned("clause", new, Some(clause), (said, false), place));
            }
        }
    }
    for clause in new.clauses.iter().filter(|clause| named(old, &clause.name).is_none()) {
        let said = summed(new, clause);
        found.push(turned("clause", new, Some(clause), (said, true), clause.place.clone()));
    }
    found
}

/// A whole clause: when it is in force, and what follows.
fn summed(policy: &Policy, clause: &Clause) -> Vec<Piece> {
    let mut pieces = begins(policy, clause);
    for (index, consequence) in clause.consequences.iter().enumerate() {
        pieces.push(Piece::Words(if index == 0 { ": " } else { "; " }.to_owned()));
        pieces.extend(prose::consequence(consequence).0);
    }
    pieces
}

/// When a clause comes into force.
fn begins(policy: &Policy, clause: &Clause) -> Vec<Piece> {
    let words = |text: &str| Piece::Words(text.to_owned());
    match (&clause.when, &clause.after) {
        (Some(when), _) => {
            let mut pieces = vec![words("when ")];
            pieces.extend(prose::condition(policy, when, Moment::Begins));
            pieces
        }
        (None, Some(after)) => prose::after(after),
        (None, None) if clause.on_gap => vec![words("while the budget is not known")],
        (None, None) => vec![words("when a person says so")],
    }
}

/// What differs of one clause.
fn of_clause((old, before): (&Policy, &Clause), (new, after): (&Policy, &Clause)) -> Vec<Amendment> {
    let mut found = Vec::new();
    let mut add = |key: &'static str, from: Vec<Piece>, to: Vec<Piece>, loosens: bool, place: &Place| {
        if from != to {
            let (policy, clause, place) = (new.id.clone(), Some(after.name.clone()), place.clone());
            found.push(Amendment { policy, clause, key, from, to, loosens, place });
        }
    };
    let named = |text: &str| vec![Piece::Name(text.to_owned())];
    add("title", named(&before.title), named(&after.title), false, &after.place);
    let loosens = match (&before.when, &after.when) {
        (Some(from), Some(to)) => strength::of((old, from), (new, to)) == Strength::Narrower,
        (Some(_), None) => true,
        (None, _) => false,
    };
    let place = |condition: &Option<Condition>| {
        condition.as_ref().map_or_else(|| after.place.clone(), |condition| condition.place.clone())
    };
    add("when", begins(old, before), begins(new, after), loosens, &place(&after.when));
    let loosens = match (&before.thaws, &after.thaws) {
        (Some(from), Some(to)) => strength::of((old, from), (new, to)) == Strength::Wider,
        // Without it a clause ends as soon as its condition does not hold.
        (from, to) => from.is_some() && to.is_none(),
    };
    let ends = |policy: &Policy, clause: &Clause| {
        let condition = clause.thaws.as_ref();
        condition.map_or_else(Vec::new, |one| prose::condition(policy, one, Moment::Ends))
    };
    add("thaws", ends(old, before), ends(new, after), loosens, &place(&after.thaws));
    for (from, to) in paired(&before.consequences, &after.consequences) {
        let said = |one: Option<&Consequence>| one.map(|one| prose::consequence(one).0).unwrap_or_default();
        add("consequence", said(from), said(to), milder(from, to), &after.place);
    }
    found
}

/// The consequences that differ: those of one word as one that changed, all others as gone or new.
fn paired<'c>(
    before: &'c [Consequence],
    after: &'c [Consequence],
) -> Vec<(Option<&'c Consequence>, Option<&'c Consequence>)> {
    let mut new: Vec<&Consequence> = after.iter().filter(|one| !before.contains(one)).collect();
    let gone = before.iter().filter(|one| !after.contains(one));
    let mut pairs = Vec::new();
    for old in gone {
        let alike = |new: &&Consequence| new.word() == old.word() && new.frozen() == old.frozen();
        let found = new.iter().position(alike).map(|at| new.remove(at));
        pairs.push((Some(old), found));
    }
    pairs.extend(new.into_iter().map(|new| (None, Some(new))));
    pairs
}

/// Whether a consequence asks for less than it did.
fn milder(from: Option<&Consequence>, to: Option<&Consequence>) -> bool {
    let (Some(from), Some(to)) = (from, to) else { return to.is_none() };
    let classes = |one: &Consequence| one.except().into_iter().flatten().cloned().collect::<BTreeSet<_>>();
    if !classes(to).is_subset(&classes(from)) {
        return true;
    }
    match (from, to) {
        (Consequence::LimitReleases { a_day: from, .. }, Consequence::LimitReleases { a_day: to, .. }) => {
            to > from
        }
        (Consequence::Assign(from), Consequence::Assign(to)) => to < from,
        (
            Consequence::ActionItem { top_of_backlog: top, due, .. },
            Consequence::ActionItem { top_of_backlog: now_top, due: now_due, .. },
        ) => (*top && !now_top) || due.is_some_and(|due| now_due.is_none_or(|now| now > due)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
