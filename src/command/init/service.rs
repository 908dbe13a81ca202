//! The services of a repository: those that its SLOs name, and its directories, each with the paths that belong to it. A guess that is wrong must be strict: a service of which no directory is found gets every path.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::init::owners::Owners;

/// Directories whose directories are services, those that mean it most first.
const CONTAINERS: [&str; 6] = ["services", "apps", "microservices", "svc", "cmd", "packages"];

/// How many of these hold nothing but services; the others hold libraries, too.
const OF_SERVICES: usize = 4;

/// Directories below which nothing ships.
const APART: [&str; 12] = [
    ".github", "doc", "docs", "example", "examples", "fixtures", "policies", "slo", "slos", "test",
    "testdata", "tests",
];

/// The most paths of one service.
const MAX_PATHS: usize = 8;

/// The longest path that is written as a glob, in bytes.
const LONGEST: usize = 200;

/// What is said of a name that cannot be one.
const NAMES: &str = "a name has letters, digits, `-`, `_` and `.`, begins and ends with a letter or digit, and is at most 100 long";

/// A service, as far as it can be told from what lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The team that answers for it.
    pub team: Option<String>,
    /// Directories, relative to the directory of the settings; none when none was found, and then every path is its own.
    pub directories: Vec<String>,
}

/// Where the names of services came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From the command line.
    Given,
    /// From SLO definitions.
    Definitions,
    /// From SLO definitions, and more of them from directories.
    Both,
    /// From directories.
    Directories,
    /// From the name of the repository's own directory.
    Repository,
}

/// True for what settings accept as a name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    edge(text.chars().next())
        && edge(text.chars().next_back())
        && text.chars().all(inside)
        && text.len() <= 100
}

/// What is wrong with a name from the command line.
///
/// # Errors
/// When settings would refuse it.
pub fn check_name(what: &str, text: &str) -> Result<(), String> {
    if is_name(text) {
        Ok(())
    } else {
        Err(format!("`{}` is no name of {what}: {NAMES}", text.escape_debug()))
    }
}

/// The names of the services that directories stand for, and the directory of the repository where there is none.
pub fn from_directories(directories: &[String], repository: &str) -> (Vec<String>, Origin) {
    for container in CONTAINERS {
        let children = directories.iter().filter_map(|path| path.strip_prefix(container)?.strip_prefix('/'));
        let names: BTreeSet<&str> = children.filter(|name| is_name(name)).collect();
        if !names.is_empty() {
            return (names.into_iter().map(ToOwned::to_owned).collect(), Origin::Directories);
        }
    }
    let plain = repository.replace(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)), "-");
    let plain = plain.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let name = if is_name(plain) { plain } else { "app" };
    (vec![name.to_owned()], Origin::Repository)
}

/// The names of further services that directories stand for, beside those that are known.
///
/// A service that has no SLO is less strict than a path of no service, which concerns all of them: a directory is taken
/// only where its neighbours are services, too, and not where a known service lies in it or has its name.
pub fn beside(known: &[String], directories: &[String]) -> Vec<String> {
    let names: BTreeSet<String> = known.iter().map(|name| folded(name)).collect();
    let taken: Vec<String> = by_name(directories)
        .iter()
        .filter(|(name, _)| names.contains(*name))
        .flat_map(|(_, paths)| paths.iter().map(|path| format!("{path}/")))
        .collect();
    let is_service = |container: &str, path: &str| {
        let inside = path.strip_prefix(container).and_then(|rest| rest.strip_prefix('/'));
        let name = inside.filter(|name| is_name(name) && !names.contains(&folded(name)))?;
        let above = format!("{path}/");
        (!taken.iter().any(|service| service.starts_with(&above))).then(|| name.to_owned())
    };
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for container in CONTAINERS.iter().take(OF_SERVICES) {
        for name in directories.iter().filter_map(|path| is_service(container, path)) {
            found.entry(folded(&name)).or_insert(name);
        }
    }
    found.into_values().collect()
}

/// The services of these names, with their directories and teams. `prefix` leads from the top of the repository.
pub fn locate(
    names: &[String],
    directories: &[String],
    owners: &Owners,
    team: Option<&str>,
    prefix: &str,
) -> Vec<Service> {
    let known = by_name(directories);
    let locate = |name: &String| {
        let directories = of(name, &known);
        let owned = || {
            // The name of a file that no pattern is likely to be about, so that the directory's own rule decides.
            let mut files: Vec<String> =
                directories.iter().map(|directory| format!("{prefix}{directory}/_")).collect();
            if files.is_empty() {
                files.push(format!("{prefix}_"));
            }
            owners.team_of(&files).map(ToOwned::to_owned)
        };
        let team = team.map_or_else(owned, |team| Some(team.to_owned()));
        Service { name: name.clone(), team, directories }
    };
    names.iter().map(locate).collect()
}

/// A name in which case and the sort of dash do not matter.
fn folded(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

/// Directories in which something may ship, by the last part of their path, those that are less deep first.
fn by_name(directories: &[String]) -> BTreeMap<String, Vec<&str>> {
    let mut named: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for directory in directories {
        let apart = directory.split('/').any(|part| APART.contains(&part));
        let odd = directory.contains(|c: char| c.is_control() || c == '\\') || directory.len() > LONGEST;
        if !apart && !odd {
            let last = directory.rsplit('/').next().unwrap_or_default();
            named.entry(folded(last)).or_default().push(directory);
        }
    }
    named
}

/// The directories that have the name of a service, without those that lie in another one of them.
fn of(name: &str, named: &BTreeMap<String, Vec<&str>>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for directory in named.get(&folded(name)).into_iter().flatten() {
        let inside = found.iter().any(|above| directory.starts_with(&format!("{above}/")));
        if !inside && found.len() < MAX_PATHS {
            found.push((*directory).to_owned());
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths as they are listed.
    fn paths(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn names_are_those_that_settings_accept() {
        let (long, longest) = ("a".repeat(101), "a".repeat(100));
        for (text, good) in [
            ("a", true),
            ("a-b_c.d", true),
            ("", false),
            (".a", false),
            ("a-", false),
            ("a b", false),
            ("ü", false),
            (&long, false),
            (&longest, true),
        ] {
            let settings =
                format!("version: 1\nservices: {{\"{text}\": {{paths: [x]}}}}\nenvironments: {{p: {{}}}}\n");
            let source = crate::diagnostic::SourceText::new("slogate.yaml", settings);
            assert_eq!(is_name(text), good, "{text}");
            assert_eq!(crate::settings::load(&source).0.is_some(), good, "{text}");
        }
    }

    #[test]
    fn the_container_that_means_it_most_decides() {
        let both =
            paths(&["packages", "packages/ui", "services", "services/b", "services/a", "services/a/x"]);
        assert_eq!(from_directories(&both, "shop"), (paths(&["a", "b"]), Origin::Directories));
        assert_eq!(
            from_directories(&paths(&["src"]), ".My shop!"),
            (paths(&["My-shop"]), Origin::Repository)
        );
        assert_eq!(from_directories(&[], "…"), (paths(&["app"]), Origin::Repository));
    }

    #[test]
    fn directories_are_services_beside_those_that_slos_name() {
        let there = paths(&[
            "services",
            "packages",
            "services/cart",
            "services/pay_ments",
            "services/pay",
            "services/shop",
            "apps/web",
            "apps/Pay",
            "packages/ui",
            "services/shop/search",
        ]);
        assert_eq!(beside(&paths(&["cart", "Pay-ments", "search"]), &there), ["pay", "web"]);
    }

    #[test]
    fn a_service_has_the_directories_of_its_name() {
        let there = paths(&[
            "docs/pay_ments",
            "services/payments",
            "services/payments/payments",
            "deploy/Pay-ments",
            "deploy/pay",
        ]);
        let there = by_name(&there);
        assert_eq!(of("payments", &there), ["services/payments"]);
        assert_eq!(of("pay_ments", &there), ["deploy/Pay-ments"]);
        assert!(of("search", &there).is_empty());
    }
}
