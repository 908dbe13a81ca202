//! Services whose names differ only in how they are written: `check-out`, `checkOut`, `check_out`.
//!
//! SLOs, policies and paths belong to a service by its name alone. Whoever writes the one where the other is meant is
//! told of no error, and protects the wrong service.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::settings::Settings;

/// The services that are named like one before them.
pub(super) fn examine(settings: &Settings) -> Vec<Diagnostic> {
    let mut firsts: BTreeMap<String, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    let mut services: Vec<_> = settings.services.iter().collect();
    services.sort_by_key(|(_, service)| service.place.span.start);
    for (name, service) in services {
        let plain = name.to_lowercase().replace(['-', '_', '.'], "");
        if let Some(first) = firsts.get(&plain) {
            let message =
                format!("the services `{first}` and `{name}` differ only in how their names are written");
            let problem = Diagnostic::warning(Code::AmbiguousService, message);
            let help = "give them names that nobody confuses, or make them one service";
            problems.push(problem.at(service.place.clone(), "easily taken for the other").help(help));
        } else {
            firsts.insert(plain, name);
        }
    }
    problems
}
