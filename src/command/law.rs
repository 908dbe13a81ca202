//! What was written and rules: settings, SLO definitions and policies, read from the tree that decides.
//!
//! Every problem of every file is found in one run. With an error in any of them there is no law at all, because half
//! of a rule is another rule.

use crate::budget::gap::duration;
use crate::catalog::{self, Catalog, Slo};
use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::diagnostic::{self, Code, Diagnostic, SourceText};
use crate::document;
use crate::policy::{Names, Policy};
use crate::settings::{self, Settings};
use crate::source::promql;
use crate::tree::TreeError;

/// Reads the settings from the tree.
///
/// # Errors
/// When there are none, or what is wrong in them.
pub fn read_settings(ground: &Ground, problems: &mut Vec<Diagnostic>) -> Result<Settings, Stop> {
    let Some(bytes) = ground.tree.read(settings::FILE)? else {
        let message = format!("there is no `{}` in {}", settings::FILE, ground.describe());
        let help = "name the directory that has it, or write one: services, environments, and where SLOs and policies are";
        return Err(Diagnostic::error(Code::NoSettings, message).help(help).into());
    };
    let source = document::decode(settings::FILE, bytes)?;
    let (settings, found) = settings::load(&source);
    match settings {
        Some(settings) => {
            problems.extend(found);
            Ok(settings)
        }
        None => Err(Stop::Invalid(found)),
    }
}

/// What rules: the SLOs and the policies.
pub struct Law {
    /// The SLOs.
    pub catalog: Catalog,
    /// The policies, by path.
    pub policies: Vec<Policy>,
    /// What is worth mending in them.
    pub warnings: Vec<Diagnostic>,
}

/// Reads every SLO definition and every policy, and finds all that is wrong in any of them.
///
/// # Errors
/// Everything that is wrong, or that the tree did not answer.
pub fn read(ground: &Ground, settings: &Settings) -> Result<Law, Stop> {
    let paths = ground.tree.paths()?;
    let mut problems = Vec::new();
    let definitions = read_all(ground, &paths, &settings.slos, &mut problems)?;
    let (catalog, found) = catalog::load(&definitions, settings);
    problems.extend(found);
    problems.extend(promql::check(&catalog, settings));
    for path in &catalog.passed_over {
        let message = format!("`{path}` is of no kind that is known, so nothing in it is judged");
        let help = "write OpenSLO v1, or leave the file out of `slos`";
        problems.push(Diagnostic::warning(Code::Unused, message).help(help));
    }
    let mut policies = Vec::new();
    let scripts = read_all(ground, &paths, &settings.policies, &mut problems)?;
    let names = names(settings);
    for source in &scripts {
        match Policy::load(source, &names) {
            Ok((policy, warnings)) => {
                problems.extend(warnings);
                policies.push(policy);
            }
            Err(found) => problems.extend(found),
        }
    }
    if scripts.is_empty() {
        let globs: Vec<&str> = settings.policies.iter().map(String::as_str).collect();
        let message = format!("no policy was found by {} in {}", diagnostic::list(&globs), ground.describe());
        let help = format!("write the first policy, or correct `policies` in {}", settings::FILE);
        problems.push(Diagnostic::error(Code::NoPolicy, message).help(help));
    }
    problems.extend(long_windows(&catalog, settings, &policies));
    if problems.iter().any(Diagnostic::is_error) {
        return Err(Stop::Invalid(problems));
    }
    Ok(Law { catalog, policies, warnings: problems })
}

/// Windows that are longer than the period of an SLO that the policy covers: nothing could ever be known of them.
fn long_windows(catalog: &Catalog, settings: &Settings, policies: &[Policy]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for policy in policies {
        let covered = |slo: &&Slo| {
            let team = settings.services.get(&slo.service).and_then(|service| service.team.as_deref());
            policy.covers(&slo.service, team)
        };
        let Some(shortest) = catalog.slos.iter().filter(covered).min_by_key(|slo| slo.period) else {
            continue;
        };
        for (window, place) in policy.windows().iter().filter(|(window, _)| *window > shortest.period) {
            let (window, period) = (duration(*window), duration(shortest.period));
            let message =
                format!("the window {window} is longer than the period of the SLO `{}`", shortest.name);
            let label = format!("its period is {period}");
            let help = format!("write a window of at most {period}, or give that SLO a policy of its own");
            problems.push(Diagnostic::error(Code::UnknownFact, message).at(place.clone(), label).help(help));
        }
    }
    problems
}

/// The texts of all files that the globs match. A glob that names one file must find it, because a misspelt name
/// would take a whole policy out of force.
fn read_all(
    ground: &Ground,
    paths: &[String],
    globs: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Result<Vec<SourceText>, Stop> {
    let matcher = settings::glob(globs);
    let mut sources = Vec::new();
    let mut used = vec![false; globs.len()];
    for path in paths {
        let found = matcher.matches(path);
        if found.is_empty() {
            continue;
        }
        for glob in found {
            if let Some(used) = used.get_mut(glob) {
                *used = true;
            }
        }
        match ground.tree.read(path) {
            Ok(Some(bytes)) => match document::decode(path, bytes) {
                Ok(source) => sources.push(source),
                Err(problem) => problems.push(problem),
            },
            Ok(None) => {}
            Err(TreeError::Refused(message)) => {
                let help = "put a plain file there, or leave it out of the globs";
                problems.push(Diagnostic::error(Code::Unreadable, message).help(help));
            }
            Err(error) => return Err(error.into()),
        }
    }
    for (glob, _) in
        globs.iter().zip(used).filter(|(glob, used)| !used && !glob.contains(['*', '?', '[', '{']))
    {
        let message = format!("there is no file `{glob}` in {}, which the settings name", ground.describe());
        let help = format!("correct the name in {}, or take it out", settings::FILE);
        problems.push(Diagnostic::error(Code::Unreadable, message).help(help));
    }
    Ok(sources)
}

/// The names that a policy may use.
pub fn names(settings: &Settings) -> Names {
    let mut teams: Vec<String> =
        settings.services.values().filter_map(|service| service.team.clone()).collect();
    teams.sort();
    teams.dedup();
    Names {
        environments: settings.environments.keys().cloned().collect(),
        classes: settings.changes.keys().cloned().collect(),
        services: settings.services.keys().cloned().collect(),
        teams,
        step: settings.step,
    }
}
