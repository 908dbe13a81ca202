//! The environments of a repository, and those among them that users meet: what the policy freezes and the workflow
//! asks about. Which one that is is never left to chance: where no name tells, the command line must.

use std::collections::BTreeSet;

use crate::cli::Init;
use crate::command::init::service::is_name;
use crate::command::init::workflow::Workflows;
use crate::command::judge::Stop;
use crate::diagnostic;

/// The environment that is meant where nothing names one.
const PRODUCTION: &str = "production";

/// Parts of names of environments that users meet.
const LIVE: [&str; 4] = [PRODUCTION, "prod", "prd", "live"];

/// Parts of names that say that users do not, whatever else the name says: `pre-prod`, `live-test`.
const APART: [&str; 14] = [
    "dev",
    "development",
    "no",
    "non",
    "not",
    "pre",
    "preview",
    "qa",
    "sandbox",
    "stage",
    "staging",
    "test",
    "testing",
    "uat",
];

/// The environments, each once.
pub fn all(init: &Init, workflows: &Workflows) -> Vec<String> {
    let mut environments: Vec<String> = if init.environment.is_empty() {
        workflows.environments.keys().filter(|name| is_name(name)).cloned().collect()
    } else {
        init.environment.clone()
    };
    let mut seen = BTreeSet::new();
    environments.retain(|name| seen.insert(name.clone()));
    if environments.is_empty() {
        environments.push(init.protects.first().map_or_else(|| PRODUCTION.to_owned(), Clone::clone));
    }
    environments
}

/// Those among the environments that are protected, in their order.
///
/// # Errors
/// When the command line names one that is not there, or must choose.
pub fn protected(init: &Init, environments: &[String]) -> Result<Vec<String>, Stop> {
    let among = || diagnostic::list(&environments.iter().map(String::as_str).collect::<Vec<_>>());
    if let Some(unknown) = init.protects.iter().find(|name| !environments.contains(name)) {
        return Err(Stop::Usage(format!(
            "--protects names `{unknown}`, and the environments are {}; name it by --environment, too",
            among()
        )));
    }
    let chosen = |name: &&String| {
        if init.protects.is_empty() { is_live(name) } else { init.protects.contains(name) }
    };
    let targets: Vec<String> = environments.iter().filter(chosen).cloned().collect();
    match environments {
        _ if !targets.is_empty() => Ok(targets),
        [only] if !init.environment.is_empty() || !parts(only).any(|part| APART.contains(&part.as_str())) => {
            Ok(vec![only.clone()])
        }
        _ => Err(Stop::Usage(format!(
            "no name among the environments ({}) says which of them users meet; say it by --protects NAME, or name \
             all environments by --environment",
            among()
        ))),
    }
}

/// True for the name of an environment that users meet.
fn is_live(name: &str) -> bool {
    let is = |words: &[&str]| parts(name).any(|part| words.contains(&part.as_str()));
    is(&LIVE) && !is(&APART)
}

/// The parts of a name between its separators, in small letters.
fn parts(name: &str) -> impl Iterator<Item = String> {
    name.split(['-', '_', '.']).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_name_says_that_users_meet_it() {
        for (name, live) in [
            ("production", true),
            ("Prod", true),
            ("prod-eu", true),
            ("eu_PROD.1", true),
            ("prd", true),
            ("live-us", true),
            ("staging", false),
            ("products", false),
            ("preprod", false),
            ("pre-prod", false),
            ("non-prod-eu", false),
            ("prod-test", false),
            ("olive", false),
            ("delivery", false),
        ] {
            assert_eq!(is_live(name), live, "{name}");
        }
    }

    /// What is protected of some environments, with these on the command line; none where it must say more.
    fn of(environments: &[&str], given: bool, protects: &[&str]) -> Option<Vec<String>> {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let init = Init {
            dir: ".".into(),
            service: Vec::new(),
            team: None,
            environment: if given { names(environments) } else { Vec::new() },
            protects: names(protects),
            dry_run: true,
            now: None,
        };
        protected(&init, &names(environments)).ok()
    }

    #[test]
    fn what_is_protected_is_told_by_names_or_by_the_command_line_and_never_by_chance() {
        let is = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["prod-eu", "prod-us", "qa"], true, &[]), is(&["prod-eu", "prod-us"]));
        assert_eq!(of(&["prod-eu", "qa"], false, &["qa"]), is(&["qa"]));
        assert_eq!(of(&["prod-eu", "qa"], false, &["prod"]), None);
        assert_eq!(of(&["blue", "green"], false, &[]), None);
        assert_eq!(of(&["blue"], false, &[]), is(&["blue"]));
        // Where production is deployed without an environment, the only one that is named is another.
        assert_eq!(of(&["staging"], false, &[]), None);
        assert_eq!(of(&["staging"], true, &[]), is(&["staging"]));
    }
}
