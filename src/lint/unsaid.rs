//! An SLO of which nobody can say why it is there: no user journey, no owner, no runbook, no agreement.
//!
//! An error budget stops people's work. It does so with reason only where it stands for what users meet, somebody
//! answers for it, it is known what to do when it breaks, and operations, development and product agreed to it.

use crate::catalog::{PREFIX, ROLES, Role, Slo};
use crate::diagnostic::{Code, Diagnostic, list};
use crate::settings::Settings;

/// What an SLO leaves unsaid, as one problem.
pub(super) fn examine(slo: &Slo, settings: &Settings) -> Option<Diagnostic> {
    let about = &slo.about;
    let team = settings.services.get(&slo.service).and_then(|service| service.team.as_ref());
    let owned = about.owner.is_some() || about.team.is_some() || team.is_some();
    let mut lacking: Vec<(&str, String)> = Vec::new();
    let mut lack = |key: &'static str, what: &str| lacking.push((key, what.to_owned()));
    if about.journey.is_none() {
        lack("journey", "which user journey it stands for");
    }
    if !owned {
        lack("owner", "who owns it");
    }
    if about.runbook.is_none() {
        lack("runbook", "where its runbook is");
    }
    let silent = ROLES.into_iter().filter(|role| !about.agreed_by.contains_key(role));
    let silent: Vec<&str> = silent.map(Role::as_str).collect();
    match silent.len() {
        0 => {}
        all if all == ROLES.len() => lack("agreed-by", "who agreed to it"),
        _ => lack("agreed-by", &format!("who agreed to it for {}", silent.join(" and "))),
    }
    let (last, most) = lacking.split_last()?;
    let most: Vec<&str> = most.iter().map(|(_, what)| what.as_str()).collect();
    let what = if most.is_empty() { last.1.clone() } else { format!("{} and {}", most.join(", "), last.1) };
    let keys: Vec<String> = lacking.iter().map(|(key, _)| format!("{PREFIX}{key}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let annotations = if keys.len() == 1 { "annotation" } else { "annotations" };
    let help = format!(
        "add the {annotations} {}, or say it under `annotations` in `slogate.yaml`; `lints: {{ {}: off }}` there \
         silences this",
        list(&keys),
        Code::Unsaid
    );
    let message = format!("the SLO `{}` does not say {what}", slo.name);
    Some(Diagnostic::warning(Code::Unsaid, message).at(slo.place.clone(), "leaves it unsaid").help(help))
}
