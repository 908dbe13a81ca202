//! What is doubtful in the meaning of SLO definitions that are valid: what nobody said, what cannot be met, what
//! measures something else than it seems to.
//!
//! A lint is one file under `lint/`, named for its code. Lints never decide anything: `validate` tells them, and
//! settings say how bad each is. What makes a definition unusable is refused by `catalog`, not here.

mod unsaid;

use crate::catalog::Catalog;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::settings::{Level, Settings};

/// Every lint, and how bad it is where the settings do not say otherwise.
pub const LINTS: [(Code, Level); 1] = [(Code::Unsaid, Level::Warn)];

/// All that is doubtful in a catalog, as bad as the settings say.
#[must_use]
pub fn examine(catalog: &Catalog, settings: &Settings) -> Vec<Diagnostic> {
    let found = catalog.written().filter_map(|slo| unsaid::examine(slo, settings));
    weigh(found, settings)
}

/// Problems as bad as the settings say; those that are off are left out.
fn weigh(found: impl IntoIterator<Item = Diagnostic>, settings: &Settings) -> Vec<Diagnostic> {
    let weighed = found.into_iter().filter_map(|problem| match level(problem.code, settings) {
        Level::Off => None,
        Level::Warn => Some(Diagnostic { severity: Severity::Warning, ..problem }),
        Level::Error => Some(Diagnostic { severity: Severity::Error, ..problem }),
    });
    weighed.collect()
}

/// How bad a lint is.
fn level(code: Code, settings: &Settings) -> Level {
    let usual = LINTS.iter().find(|(lint, _)| *lint == code).map_or(Level::Warn, |(_, level)| *level);
    settings.lints.get(code.as_str()).copied().unwrap_or(usual)
}
