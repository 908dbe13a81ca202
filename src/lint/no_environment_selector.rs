//! Queries that count the events of another environment, or of all of them, in an environment without `match`.
//!
//! Where environments have a `match`, their labels are put into every selector, and a query needs none of its own. An
//! environment without one relies on each query to tell its events from those of the others.

use std::collections::BTreeSet;

use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic, list};
use crate::settings::{Environment, Settings};
use crate::source::promql;

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
        let others: Vec<&str> = told
            .iter()
            .filter(|(_, environment)| counted.admits(&environment.matchers))
            .map(|(name, _)| *name)
            .collect();
        let chosen: Vec<&str> = labels.iter().copied().collect();
        let (counts, label) = match others.as_slice() {
            [] if counted.selects_by(|label| labels.contains(label)) => return None,
            [] => (format!("events of any {}", list(&chosen)), format!("no matcher on {}", list(&chosen))),
            [_] => (format!("the events of {}", list(&others)), "selects another environment".to_owned()),
            _ => (format!("the events of {}", list(&others)), "selects other environments".to_owned()),
        };
        let message =
            format!("the SLO `{}` counts {counts} in {}, which has no `match`", slo.name, list(&bare));
        let bound = if let [only] = others.as_slice() { Some(only) } else { None };
        let bind = bound.filter(|_| said.is_none()).map_or_else(String::new, |name| {
            format!(", or bind the SLO to its own environment with `slogate.dev/environment: {name}`")
        });
        let label_of = chosen.first().copied().unwrap_or_default();
        let help = format!("give {} a `match` in `slogate.yaml`, such as `{label_of}: …`{bind}", list(&bare));
        let problem = Diagnostic::warning(Code::NoEnvironmentSelector, message);
        Some(problem.at(query.place.clone(), label).help(help))
    })
}
