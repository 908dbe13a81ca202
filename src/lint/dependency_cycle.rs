//! Services that depend on each other in a circle, so that each of them fails when any of them does.
//!
//! None of them can promise more than the others, and none can come up first. Soft dependencies make no circle: without
//! them a service still serves.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::diagnostic::{Code, Diagnostic, list};
use crate::settings::{Dependency, Need, Settings};

/// The circles, each told once: at the dependency by which the first of its services leads into it.
pub(super) fn examine(settings: &Settings) -> Vec<Diagnostic> {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut problems = Vec::new();
    for name in settings.services.keys() {
        if told.contains(name.as_str()) {
            continue;
        }
        let Some(circle) = shortest(name, settings) else { continue };
        told.extend(circle.iter().map(|one| one.name.as_str()));
        // A service that depends on itself is an error of the settings.
        let Some(first) = circle.first().filter(|_| circle.len() > 1) else { continue };
        let mut way = vec![name.as_str()];
        way.extend(circle.iter().map(|one| one.name.as_str()));
        let names = list(way.get(..circle.len()).unwrap_or_default());
        let message = format!("the services {names} depend on each other in a circle: {}", way.join(" → "));
        let problem = Diagnostic::warning(Code::DependencyCycle, message);
        let help = "name the dependency that a service can do without under `soft_dependencies`";
        problems.push(problem.at(first.place.clone(), format!("leads back to `{name}`")).help(help));
    }
    problems
}

/// The shortest way from a service back to itself; every service is passed once, so that it ends.
fn shortest<'a>(start: &str, settings: &'a Settings) -> Option<Vec<&'a Dependency>> {
    let mut came: BTreeMap<&str, Option<&'a Dependency>> = BTreeMap::new();
    let mut from: BTreeMap<&str, &'a str> = BTreeMap::new();
    let (first, _) = settings.services.get_key_value(start)?;
    let mut waiting = VecDeque::from([first.as_str()]);
    while let Some(name) = waiting.pop_front() {
        let Some(service) = settings.services.get(name) else { continue };
        for dependency in service.dependencies.iter().filter(|one| one.need == Need::Hard) {
            if dependency.name == start {
                let mut way = vec![dependency];
                let mut at = name;
                while let (Some(Some(step)), Some(before)) = (came.get(at), from.get(at)) {
                    way.push(step);
                    at = before;
                }
                way.reverse();
                return Some(way);
            }
            if !came.contains_key(dependency.name.as_str()) {
                came.insert(&dependency.name, Some(dependency));
                from.insert(&dependency.name, name);
                waiting.push_back(&dependency.name);
            }
        }
    }
    None
}
