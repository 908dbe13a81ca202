//! Names that SLOs say and that nobody else knows: teams and dependencies.
//!
//! Nothing is judged by them, so a stranger is a warning; a dependency that is nobody's may well be another company's.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, Slo};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::policy::Policy;
use crate::settings::{Note, Settings};

/// The warnings about teams that neither the settings nor the policies know, and about dependencies that have nearly
/// the name of one that is known.
pub fn strangers(catalog: &Catalog, settings: &Settings, policies: &[Policy]) -> Vec<Diagnostic> {
    let services = || settings.services.values();
    let mut teams: BTreeSet<&str> = services().filter_map(|service| service.team.as_deref()).collect();
    teams.extend(policies.iter().filter_map(|policy| policy.header.scope.team.as_deref()));
    let mut others: BTreeSet<&str> = settings.services.keys().map(String::as_str).collect();
    others.extend(services().flat_map(|service| &service.dependencies).map(|one| one.name.as_str()));
    others.extend(settings.third_parties.keys().map(String::as_str));
    let mut told = Vec::new();
    for slo in catalog.written() {
        let found = team(slo, &teams).into_iter().chain(dependencies(slo, &others));
        for problem in found {
            // A document of several SLOs says it once.
            if !told.contains(&problem) {
                told.push(problem);
            }
        }
    }
    told
}

/// The warning about a team that nobody knows, where any are known.
fn team(slo: &Slo, known: &BTreeSet<&str>) -> Option<Diagnostic> {
    let note = slo.about.team.as_ref().filter(|note| !known.contains(note.text.trim()))?;
    let name = note.text.trim();
    (!known.is_empty()).then(|| {
        let help = diagnostic::suggestion(name, known.iter().copied());
        stranger(note, format!("no service and no policy has the team `{name}`"), help)
    })
}

/// The warnings about dependencies whose names are nearly those that are known.
fn dependencies(slo: &Slo, known: &BTreeSet<&str>) -> Vec<Diagnostic> {
    let strangers = slo.about.dependencies.iter().filter(|note| !known.contains(note.text.as_str()));
    let near = strangers.filter_map(|note| {
        let near = diagnostic::nearest(&note.text, known.iter().copied())?;
        let message = format!("no service and no third party is named `{}`", note.text);
        Some(stranger(note, message, diagnostic::meant(near)))
    });
    near.collect()
}

/// A warning about a name.
fn stranger(note: &Note, message: String, help: String) -> Diagnostic {
    Diagnostic::warning(Code::UnknownName, message).at(note.place.clone(), "known to nobody").help(help)
}
