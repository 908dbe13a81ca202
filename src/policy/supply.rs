//! Whether what a policy reads is there at all: an SLA, a phase, a tier, an SLO of that name.
//!
//! What is not there answers the same for ever, or never answers. Both are told before a change waits for it.

use super::Policy;
use super::complaint::printable;
use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic, Place, list, suggestion};
use crate::settings::{Service, Settings};

/// Errors about what a policy reads and nothing has, for the SLOs that it covers, when these are all there are: a clause
/// that reads it would rule nothing, for ever.
#[must_use]
pub fn lacking(policy: &Policy, slos: &[&Slo], settings: &Settings) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    problems.extend(without(policy, settings, "phase", |service| service.phase.as_ref()));
    problems.extend(without(policy, settings, "tier", |service| service.tier.as_ref()));
    problems.extend(policy.slo_names.iter().filter_map(|(name, place)| no_slo(name, place, slos)));
    problems
}

/// The error about an SLO that is named at a place and is none of those that a policy covers.
#[must_use]
pub fn no_slo(name: &str, place: &Place, slos: &[&Slo]) -> Option<Diagnostic> {
    if slos.iter().any(|slo| slo.name == name) {
        return None;
    }
    let message = format!("the policy covers no SLO `{}`", printable(name));
    let help = suggestion(name, slos.iter().map(|slo| slo.name.as_str()));
    let problem = Diagnostic::error(Code::UnknownName, message).at(place.clone(), "no SLO of its scope");
    Some(problem.help(help))
}

/// Whether a policy asks for any SLO by name.
#[must_use]
pub fn names_an_slo(policy: &Policy) -> bool {
    !policy.slo_names.is_empty()
}

/// The warning about a policy that reads an SLA that none of the SLOs has that it covers, when these are all there are.
#[must_use]
pub fn without_sla(policy: &Policy, slos: &[&Slo]) -> Option<Diagnostic> {
    let place = policy.reads("sla")?;
    if policy.header.scope.organization {
        return unpromised(policy, place, slos);
    }
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

/// The warning about a policy that reads what went through dependencies that none of the SLOs has that it covers, when
/// these are all there are.
#[must_use]
pub fn without_dependency(policy: &Policy, slos: &[&Slo], settings: &Settings) -> Option<Diagnostic> {
    let place = policy.reads("burned_by").filter(|_| !policy.header.scope.organization)?;
    let declares = |slo: &&Slo| {
        let service = settings.services.get(&slo.service);
        let of_service = service.into_iter().flat_map(|service| &service.dependencies).map(|one| &one.name);
        let mut names = of_service.chain(slo.about.dependencies.iter().map(|note| &note.text));
        names.any(|name| policy.dependencies.contains(name))
    };
    if slos.is_empty() || slos.iter().any(declares) {
        return None;
    }
    let names: Vec<&str> = policy.dependencies.iter().map(String::as_str).collect();
    let message = format!(
        "no SLO in the scope of this policy depends on {}, so nothing of its budget ever goes that way",
        list(&names)
    );
    let problem =
        Diagnostic::warning(Code::ConstantCondition, message).at(place.clone(), "the same for ever");
    Some(problem.help("declare it where the service is: `dependencies: […]`, or take the condition out"))
}

/// The warning about SLOs without an SLA of which an organisation's policy asks for one.
fn unpromised(policy: &Policy, place: &Place, slos: &[&Slo]) -> Option<Diagnostic> {
    let names: Vec<&str> =
        slos.iter().filter(|slo| slo.terms.sla.is_none()).map(|slo| slo.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "the organisation's policy `{}` reads the SLA's budget, which is never known without an SLA: {}",
        policy.id,
        list(&names)
    );
    let problem = Diagnostic::warning(Code::MissingKey, message).at(place.clone(), "not known of these SLOs");
    Some(problem.help(
        "write what the contract promises beside each SLO: `slogate.dev/sla: \"99.5 %\"` among its annotations",
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
