//! Parts of a condition that no SLO in the policy's scope is like: another service, a tier that none of them has.
//!
//! What is meant for some of the SLOs is no mistake; what is meant for none of them never decides.

use std::collections::BTreeSet;

use super::Covered;
use super::alternative::{Alternative, stretches};
use crate::diagnostic::{Code, Diagnostic, list};
use crate::policy::complaint::printable;
use crate::policy::prose::share;
use crate::policy::sense::{Compares, Constant};

/// The most values of a fact that are named in one warning.
const MOST_NAMED: usize = 5;

/// Warnings about comparisons of what an SLO is that keep a part of a condition from holding for any of them.
pub(super) fn examine(spread: &[Alternative], covered: &[Covered<'_>]) -> Vec<Diagnostic> {
    let mut found: Vec<&Compares> = Vec::new();
    let possible = |compares: &[Compares]| covered.iter().any(|one| stretches(compares, Some(one)).is_some());
    for alternative in spread.iter().filter(|_| !covered.is_empty()) {
        let asked: Vec<Compares> =
            alternative.compares.iter().filter(|one| of_an_slo(one)).cloned().collect();
        // What contradicts itself is told of every SLO.
        if possible(&asked)
            || stretches(&asked, None).is_none()
            || asked.iter().any(|one| misnamed(one, covered))
        {
            continue;
        }
        let alone = |one: &&Compares| of_an_slo(one) && !possible(std::slice::from_ref(*one));
        let mut compares = alternative.compares.iter();
        let one = compares.clone().find(alone).or_else(|| compares.rfind(|one| of_an_slo(one)));
        found.extend(one.filter(|one| found.iter().all(|known| known.place != one.place)));
    }
    // Of a list, each name is a part of its own; it is told once where none of them is met.
    let met = |place| {
        let here = |one: &Alternative| one.compares.iter().any(|compares| compares.place == place);
        spread.iter().filter(|one| here(one)).any(|one| {
            let asked: Vec<Compares> = one.compares.iter().filter(|one| of_an_slo(one)).cloned().collect();
            possible(&asked)
        })
    };
    found.into_iter().filter(|one| !met(one.place.clone())).map(|one| warning(one, covered)).collect()
}

/// True when a comparison asks what an SLO is, not how its budget is.
fn of_an_slo(compares: &Compares) -> bool {
    matches!(compares.fact.name.as_str(), "service" | "slo" | "environment" | "phase" | "tier" | "objective")
}

/// True when an SLO is named that there is not; that is an error of its own.
fn misnamed(compares: &Compares, covered: &[Covered<'_>]) -> bool {
    let named = |text: &String| covered.iter().any(|one| one.slo.name == *text);
    matches!(&compares.constant, Constant::Text(text) if compares.fact.name == "slo" && !named(text))
}

/// The warning about one comparison.
fn warning(compares: &Compares, covered: &[Covered<'_>]) -> Diagnostic {
    let fact = compares.fact.name.as_str();
    let values: BTreeSet<String> = if fact == "objective" {
        covered.iter().map(|one| share(one.slo.objective.share())).collect()
    } else {
        covered.iter().filter_map(|one| one.names(fact)).flatten().map(printable).collect()
    };
    let shown: Vec<&str> = values.iter().take(MOST_NAMED).map(String::as_str).collect();
    let mut shown = list(&shown).replace(" and ", " or ");
    if values.len() > MOST_NAMED {
        shown = format!("{shown}, or one of {} more", values.len() - MOST_NAMED);
    }
    let message =
        "no SLO in the scope of this policy is like this, so this part of the condition never holds";
    let help =
        format!("in its scope `budget.{fact}` is only ever {shown}; correct the comparison, or the scope");
    Diagnostic::warning(Code::ConstantCondition, message).at(compares.place.clone(), "never holds").help(help)
}
