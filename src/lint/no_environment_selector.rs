//! Queries that count the events of another environment, or of all of them, in an environment without `match`.
//!
//! Where environments have a `match`, their labels are put into every selector, and a query needs none of its own. An
//! environment without one relies on each query to tell its events from those of the others.

use std::collections::BTreeSet;

use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic, list};
use crate::settings::{Environment, Settings};
use crate::source::promql::{self, Counted};

/// What an SLO counts besides the events of its environment.
pub(super) fn examine(slo: &Slo, settings: &Settings) -> Option<Diagnostic> {
    let said = slo.about.environment.as_ref().map(|note| note.text.trim());
    let holds = |name: &str| said.is_none_or(|said| said == name);
    let environments = || settings.environments.iter().map(|(name, one)| (name.as_str(), one));
    let bare: Vec<&str> = environments()
        .filter(|(name, environment)| holds(name) && environment.matchers.is_empty())
        .map(|(name, _)| name)
        .collect();
    let told: Vec<(&str, &Environment)> =
        environments().filter(|(_, one)| !one.matchers.is_empty()).collect();
    // Where no environment has a `match` no label is known that could tell them apart: that is told of the settings.
    if bare.is_empty() || told.is_empty() {
        return None;
    }
    let labels: BTreeSet<&str> =
        told.iter().flat_map(|(_, one)| one.matchers.keys()).map(String::as_str).collect();
    let (part, total, _) = slo.indicator.counters()?;
    [part, total].into_iter().find_map(|query| {
        let counted = promql::parse(query).ok()?;
        let other = told.iter().find(|(_, environment)| fixes(&counted, environment));
        let (counts, label, bound) = match other {
            Some((name, _)) => {
                (format!("the events of `{name}`"), "selects another environment", Some(*name))
            }
            None if counted.selects_by(|label| labels.contains(label)) => return None,
            None => ("the events of all environments".to_owned(), "selects no environment", None),
        };
        let message =
            format!("the SLO `{}` counts {counts} in {}, which has no `match`", slo.name, list(&bare));
        let labels: Vec<&str> = labels.iter().copied().collect();
        let bind = bound.filter(|_| said.is_none()).map_or_else(String::new, |name| {
            format!(", or bind the SLO to its own environment with `slogate.dev/environment: {name}`")
        });
        let label_of = labels.first().copied().unwrap_or_default();
        let help = format!("give {} a `match` in `slogate.yaml`, such as `{label_of}: …`{bind}", list(&bare));
        let problem = Diagnostic::warning(Code::NoEnvironmentSelector, message);
        Some(problem.at(query.place.clone(), label).help(help))
    })
}

/// True when a query selects exactly what an environment matches.
fn fixes(counted: &Counted, environment: &Environment) -> bool {
    let fixed = counted.fixed();
    environment.matchers.iter().all(|(label, value)| fixed.contains(&(label.as_str(), value.as_str())))
}
