//! Whether what a policy reads is there at all: an SLA, a phase, a tier, an SLO of that name.
//!
//! What is not there answers the same for ever, or never answers. Both are told before a change waits for it.

use super::Policy;
use super::complaint::printable;
use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic, suggestion};
use crate::settings::{Service, Settings};

/// Problems with what a policy reads, for the SLOs that it covers, when these are all there are.
#[must_use]
pub fn examine(policy: &Policy, slos: &[&Slo], settings: &Settings) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    problems.extend(without_sla(policy, slos));
    problems.extend(without(policy, settings, "phase", |service| service.phase.as_ref()));
    problems.extend(without(policy, settings, "tier", |service| service.tier.as_ref()));
    for (name, place) in policy.slo_names.iter().filter(|(name, _)| slos.iter().all(|slo| slo.name != *name))
    {
        let message = format!("the policy covers no SLO `{}`", printable(name));
        let help = suggestion(name, slos.iter().map(|slo| slo.name.as_str()));
        let problem = Diagnostic::error(Code::UnknownName, message).at(place.clone(), "no SLO of its scope");
        problems.push(problem.help(help));
    }
    problems
}

/// The warning about a policy that reads an SLA that nobody has.
fn without_sla(policy: &Policy, slos: &[&Slo]) -> Option<Diagnostic> {
    let place = policy.reads("sla")?;
    if slos.is_empty() || slos.iter().any(|slo| slo.terms.sla.is_some()) {
        return None;
    }
    let message =
        "no SLO in the scope of this policy has an SLA, so nothing of an SLA's budget is ever spent";
    let problem =
        Diagnostic::warning(Code::ConstantCondition, message).at(place.clone(), "the same for ever");
    Some(problem.help(
        "write what the contract promises beside an SLO: `slogate.dev/sla: \"99.5 %\"` among its annotations",
    ))
}

/// Errors about services that lack what a policy reads of them.
fn without(
    policy: &Policy,
    settings: &Settings,
    key: &str,
    said: impl Fn(&Service) -> Option<&String>,
) -> Vec<Diagnostic> {
    let Some(read) = policy.reads(key) else { return Vec::new() };
    let lacking = settings
        .services
        .iter()
        .filter(|(name, service)| policy.covers(name, service.team.as_deref()) && said(service).is_none());
    let problem = |(name, service): (&String, &Service)| {
        let message = format!("the service `{name}` has no `{key}`, and the policy `{}` reads it", policy.id);
        let help = format!("add `{key}: …`; without it the clause that reads it, {read}, is never known");
        Diagnostic::error(Code::MissingKey, message).at(service.place.clone(), "not known of it").help(help)
    };
    lacking.map(problem).collect()
}
