//! Clauses that add nothing: whenever one is in force another one is, too, and does at least as much.
//!
//! Such a clause is most often a ladder in the wrong order: only canaries at 10 % left, below a freeze at 25 %. The same
//! reckoning finds exceptions that help nobody, because another clause stops the class anyway.

use std::collections::BTreeSet;

use super::alternative::{Alternative, implies, spread};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::policy::complaint::printable;
use crate::policy::{Clause, Consequence, Policy, sense};

/// A clause with what its conditions can be true of.
struct Known<'a> {
    /// The clause.
    clause: &'a Clause,
    /// When it comes into force.
    when: Vec<Alternative>,
    /// When it thaws; none for a clause without `thaws`.
    thaws: Option<Vec<Alternative>>,
}

/// Warnings about clauses, and about exceptions, that never matter among those `clauses` of a policy.
pub(super) fn examine(policy: &Policy, clauses: &[&Clause]) -> Vec<Diagnostic> {
    let known: Vec<Known<'_>> = clauses.iter().filter_map(|clause| known(policy, clause)).collect();
    let spoken = environments(policy);
    let mut problems = Vec::new();
    for (index, later) in known.iter().enumerate() {
        let outlasting: Vec<(usize, &Known<'_>)> =
            known.iter().enumerate().filter(|(_, other)| outlasts(other, later)).collect();
        let over = outlasting.iter().find(|(place, other)| {
            // Of two that say the same, the first one counts.
            let mutual = outlasts(later, other) && covers(later.clause, other.clause, &spoken);
            *place != index && covers(other.clause, later.clause, &spoken) && !(mutual && index < *place)
        });
        match over {
            Some((_, other)) => problems.push(shadowed(later.clause, other.clause)),
            None => problems.extend(vain(later.clause, &outlasting.iter().map(|(_, other)| other.clause))),
        }
    }
    problems
}

/// A clause that is not manual and whose conditions are not too wide to be spread out.
fn known<'a>(policy: &Policy, clause: &'a Clause) -> Option<Known<'a>> {
    let when = spread(&sense::read(policy, clause.when.as_ref()?))?;
    let thaws = match &clause.thaws {
        Some(thaws) => Some(spread(&sense::read(policy, thaws))?),
        None => None,
    };
    Some(Known { clause, when, thaws })
}

/// True when one clause is in force whenever the other is.
fn outlasts(one: &Known<'_>, other: &Known<'_>) -> bool {
    let steady = |clause: &Clause| clause.when.as_ref().and_then(|when| when.steadily).unwrap_or(0);
    let begins = steady(one.clause) <= steady(other.clause) && implies(&other.when, &one.when);
    let still = |clause: &Clause| clause.thaws.as_ref().and_then(|thaws| thaws.steadily).unwrap_or(0);
    let stays = match (&one.thaws, &other.thaws) {
        // It is in force only while its `when` holds, and so is the one.
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(first), Some(second)) => still(one.clause) >= still(other.clause) && implies(first, second),
    };
    begins && stays
}

/// The environments of which a policy speaks.
fn environments(policy: &Policy) -> BTreeSet<&str> {
    let consequences = policy.clauses.iter().flat_map(|clause| &clause.consequences);
    consequences.filter_map(Consequence::frozen).chain(policy.header.measures.as_deref()).collect()
}

/// True when a clause does all that another one does, or more.
fn covers(one: &Clause, other: &Clause, spoken: &BTreeSet<&str>) -> bool {
    other.consequences.iter().all(|asked| {
        one.consequences.iter().any(|done| does(done, asked)) || halts(one, asked.except(), spoken)
    })
}

/// True when a clause freezes every environment of which the policy speaks, for all but the classes in `except`:
/// then nothing is left that a smaller rollout or a daily limit could withhold.
fn halts(one: &Clause, except: Option<&Vec<String>>, spoken: &BTreeSet<&str>) -> bool {
    let Some(except) = except else { return false };
    let frozen: BTreeSet<&str> = one
        .consequences
        .iter()
        .filter(|done| {
            done.except().is_some_and(|classes| classes.iter().all(|class| except.contains(class)))
        })
        .filter_map(Consequence::frozen)
        .collect();
    !spoken.is_empty() && spoken.is_subset(&frozen)
}

/// True when a consequence does what another one asks for, or more.
fn does(done: &Consequence, asked: &Consequence) -> bool {
    let narrower = match (done.except(), asked.except()) {
        (Some(done), Some(asked)) => done.iter().all(|class| asked.contains(class)),
        _ => true,
    };
    narrower && stops(done, asked).unwrap_or_else(|| works(done, asked))
}

/// Whether a consequence stops what another one stops, whomever they except; none where one of them stops nothing.
fn stops(done: &Consequence, asked: &Consequence) -> Option<bool> {
    done.except()?;
    asked.except()?;
    Some(match (done, asked) {
        (Consequence::Freeze { environment: done, .. }, Consequence::Freeze { environment: asked, .. }) => {
            done == asked
        }
        (Consequence::Restrict { to: done, .. }, Consequence::Restrict { to: asked, .. }) => done == asked,
        (Consequence::LimitReleases { a_day: done, .. }, Consequence::LimitReleases { a_day: asked, .. }) => {
            done <= asked
        }
        _ => false,
    })
}

/// Whether a consequence that stops nothing does what another one asks for.
fn works(done: &Consequence, asked: &Consequence) -> bool {
    match (done, asked) {
        (
            Consequence::ActionItem { title: done, top_of_backlog: first, due: done_by },
            Consequence::ActionItem { title: asked, top_of_backlog: wanted, due: asked_by },
        ) => {
            let in_time = match (done_by, asked_by) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(done), Some(asked)) => done <= asked,
            };
            done == asked && (*first || !wanted) && in_time
        }
        (Consequence::Assign(done), Consequence::Assign(asked)) => done >= asked,
        (Consequence::CodeRed, Consequence::CodeYellow) => true,
        (done, asked) => done == asked,
    }
}

/// The warning about a clause that adds nothing.
fn shadowed(clause: &Clause, over: &Clause) -> Diagnostic {
    let (name, other) = (printable(&clause.name), printable(&over.name));
    let message = format!(
        "the clause `{name}` adds nothing: whenever it is in force, `{other}` is, too, and does at least as much"
    );
    let place = clause.when.as_ref().map_or_else(|| clause.place.clone(), |when| when.place.clone());
    let label = format!("holds only where `{other}` is in force (line {})", over.place.line());
    let help = format!(
        "a milder consequence comes before a stricter one: look at the thresholds of both, or take `{name}` out"
    );
    Diagnostic::warning(Code::Shadowed, message).at(place, label).help(help)
}

/// Warnings about classes that a clause lets pass, and that another one stops whenever it is in force.
fn vain<'a>(clause: &'a Clause, others: &(impl Iterator<Item = &'a Clause> + Clone)) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for consequence in &clause.consequences {
        for class in consequence.except().into_iter().flatten() {
            let over = others.clone().find(|other| {
                other.consequences.iter().any(|done| {
                    stops(done, consequence) == Some(true)
                        && done.except().is_some_and(|except| !except.contains(class))
                })
            });
            let Some(over) = over.filter(|_| told.insert(class)) else { continue };
            let (name, other) = (printable(&clause.name), printable(&over.name));
            let class = printable(class);
            let message = if over.name == clause.name {
                format!("excepting `{class}` helps nobody: `{name}` stops it by another consequence")
            } else {
                format!("excepting `{class}` helps nobody: whenever `{name}` is in force, `{other}` stops it")
            };
            let help = format!("except `{class}` there, too, or take it out here");
            let place = literal(&clause.place, &class);
            problems.push(Diagnostic::warning(Code::Unused, message).at(place, "stopped anyway").help(help));
        }
    }
    problems
}

/// Where a text stands in a clause, behind its last condition; the clause where it is not written out.
fn literal(place: &Place, text: &str) -> Place {
    let quoted = format!("\"{text}\"");
    match place.text().rfind(&quoted) {
        Some(at) => {
            let start = place.span.start + at;
            Place::new(&place.source, start..start + quoted.len())
        }
        None => place.clone(),
    }
}
