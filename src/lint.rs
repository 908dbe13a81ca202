//! What is doubtful in the meaning of SLO definitions that are valid: what nobody said, what cannot be met, what
//! measures something else than it seems to.
//!
//! A lint is one file under `lint/`, named for its code. Lints never decide anything: `validate` tells them, and
//! settings say how bad each is. What makes a definition unusable is refused by `catalog`, not here.

mod ambiguous_service;
mod dependency_cycle;
mod good_and_bad_swapped;
mod good_not_in_total;
pub mod loosened_while_exhausted;
mod no_environment_selector;
pub mod observed;
mod off_convention;
mod short_period;
pub mod silent_slo;
mod tighter_than_dependencies;
mod tighter_than_observed;
mod unreachable_alert;
mod unsaid;

use std::collections::BTreeSet;

use crate::catalog::Catalog;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::settings::{Level, Settings};

/// Every lint, and how bad it is where the settings do not say otherwise.
pub const LINTS: [(Code, Level); 13] = [
    (Code::AmbiguousService, Level::Warn),
    (Code::DependencyCycle, Level::Warn),
    (Code::GoodAndBadSwapped, Level::Warn),
    (Code::GoodNotInTotal, Level::Warn),
    (Code::LoosenedWhileExhausted, Level::Warn),
    (Code::NoEnvironmentSelector, Level::Warn),
    (Code::OffConvention, Level::Warn),
    (Code::ShortPeriod, Level::Warn),
    (Code::SilentSlo, Level::Warn),
    (Code::TighterThanDependencies, Level::Warn),
    (Code::TighterThanObserved, Level::Warn),
    (Code::UnreachableAlert, Level::Warn),
    (Code::Unsaid, Level::Warn),
];

/// All that is doubtful in a catalog, as bad as the settings say.
#[must_use]
pub fn examine(catalog: &Catalog, settings: &Settings) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for slo in catalog.written() {
        for counting in slo.counting() {
            found.extend(good_and_bad_swapped::examine(&counting));
            found.extend(good_not_in_total::examine(&counting));
            found.extend(no_environment_selector::examine(&counting, settings));
        }
        found.extend(off_convention::examine(slo, settings));
        found.extend(short_period::examine(slo));
        found.extend(unsaid::examine(slo, settings));
    }
    found.extend(ambiguous_service::examine(settings));
    found.extend(dependency_cycle::examine(settings));
    found.extend(off_convention::services(settings));
    found.extend(tighter_than_dependencies::examine(catalog, settings));
    found.extend(unreachable_alert::examine(catalog));
    weigh(once(found), settings)
}

/// The first problem of each code at each place: several objectives share a period, and several SLOs an SLI.
fn once(found: Vec<Diagnostic>) -> impl Iterator<Item = Diagnostic> {
    let mut seen = BTreeSet::new();
    found.into_iter().filter(move |problem| {
        let place = problem.place().map(|place| (place.source.path().to_owned(), place.span.start));
        seen.insert((problem.code, place))
    })
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

/// True for a lint that the settings do not silence.
#[must_use]
pub fn is_on(code: Code, settings: &Settings) -> bool {
    level(code, settings) != Level::Off
}

/// How bad a lint is.
fn level(code: Code, settings: &Settings) -> Level {
    let usual = LINTS.iter().find(|(lint, _)| *lint == code).map_or(Level::Warn, |(_, level)| *level);
    settings.lints.get(code.as_str()).copied().unwrap_or(usual)
}
