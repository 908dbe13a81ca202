//! What can be told of SLOs and policies while the settings are broken: whatever needs no name of theirs.
//!
//! Files are looked for where they lie by default. What only follows from the broken settings, such as a name that
//! nothing declares, is not told: mended settings may well declare it.

use crate::catalog;
use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::command::law;
use crate::diagnostic::{Code, Diagnostic, SourceText};
use crate::policy::{Names, Policy};
use crate::settings;

/// Settings that say nothing, so that everything is as by default.
const NOTHING_SAID: &str = "version: 1\nservices: { any: { paths: [any] } }\nenvironments: { any: {} }\n";

/// Why nothing can be judged, with what else is wrong where the settings are there and broken.
pub fn beside(ground: &Ground, stop: Stop) -> Stop {
    let of_settings =
        |problem: &Diagnostic| problem.place().is_some_and(|place| place.source.path() == settings::FILE);
    let Stop::Invalid(mut found) = stop else { return stop };
    if found.iter().any(of_settings) {
        // Where the tree does not answer the settings must be mended all the same.
        found.extend(problems(ground).unwrap_or_default());
    }
    Stop::Invalid(found)
}

/// The errors in SLO definitions and policies that stand whatever the settings say.
///
/// # Errors
/// When the tree does not answer.
fn problems(ground: &Ground) -> Result<Vec<Diagnostic>, Stop> {
    let (settings, _) = settings::load(&SourceText::new(settings::FILE, NOTHING_SAID));
    let Some(settings) = settings else { return Ok(Vec::new()) };
    let paths = ground.tree.paths()?;
    let mut found = Vec::new();
    let definitions = law::read_all(ground, &paths, &settings.slos, settings::FILE, &mut found)?;
    found.extend(catalog::load(&definitions, &settings).1);
    // Whatever the grid is, a length is one of whole seconds.
    let names = Names { step: 1, ..Names::default() };
    for source in law::read_all(ground, &paths, &settings.policies, settings::FILE, &mut found)? {
        found.extend(Policy::load(&source, &names).err().into_iter().flatten());
    }
    found.retain(|problem| problem.is_error() && problem.code != Code::UnknownName);
    Ok(found)
}
