//! Adjustments that do nothing: they look as if a budget had been agreed upon.

use jiff::Timestamp;

use super::{Adjustments, Exclusion, Named};
use crate::catalog::Catalog;
use crate::diagnostic::{self, Code, Diagnostic, Place};
use crate::settings::Settings;

/// A warning of something that does nothing.
fn unused(message: String, place: &Place, label: &str, help: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(Code::Unused, message).at(place.clone(), label).help(help)
}

/// Names that nothing has, and exclusions that are too short to hold a step of the grid.
#[must_use]
pub fn unknown(adjustments: &Adjustments, catalog: &Catalog, settings: &Settings) -> Vec<Diagnostic> {
    let services: Vec<&str> = settings.services.keys().map(String::as_str).collect();
    let environments: Vec<&str> = settings.environments.keys().map(String::as_str).collect();
    let slos: Vec<&str> = catalog.slos.iter().map(|slo| slo.name.as_str()).collect();
    let mut problems = Vec::new();
    let mut look = |what: &str, names: &[Named], known: &[&str]| {
        for named in names.iter().filter(|named| !known.contains(&named.name.as_str())) {
            let message = format!("there is no {what} `{}`, so nothing of it is excluded", named.name);
            let help = diagnostic::suggestion(&named.name, known.iter().copied());
            problems.push(unused(message, &named.place, "excludes nothing", help));
        }
    };
    for exclusion in &adjustments.exclusions {
        look("service", &exclusion.services, &services);
        look("SLO", &exclusion.slos, &slos);
        look("environment", &exclusion.environments, &environments);
    }
    for exclusion in adjustments.exclusions.iter().filter(|one| !holds_a_step(one, settings.step)) {
        let message = format!(
            "the exclusion `{}` holds no whole step of the grid, so it excludes nothing",
            exclusion.name
        );
        let step = crate::budget::gap::duration(settings.step);
        let help = format!("let it begin and end at whole multiples of `step`, which is {step}");
        problems.push(unused(message, &exclusion.place, "too short", help));
    }
    for one in &adjustments.top_ups {
        let slo = &one.top_up.slo;
        if !slos.contains(&slo.as_str()) {
            let message = format!("there is no SLO `{slo}`, so nothing of it is given back");
            let help = diagnostic::suggestion(slo, slos.iter().copied());
            problems.push(unused(message, &one.place, "gives nothing back", help));
        }
    }
    problems
}

/// True where the first stretch of an exclusion holds a whole step.
fn holds_a_step(exclusion: &Exclusion, step: i64) -> bool {
    let begin = exclusion.start.as_second();
    let first = begin.saturating_add(step - 1).div_euclid(step);
    begin.saturating_add(exclusion.duration).div_euclid(step) > first
}

/// Exclusions that were over before any history that is read now, and top-ups whose instant is still to come.
#[must_use]
pub fn over(
    adjustments: &Adjustments,
    catalog: &Catalog,
    settings: &Settings,
    now: Timestamp,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let now_seconds = now.as_second();
    for exclusion in &adjustments.exclusions {
        let concerned = catalog.slos.iter().filter(|slo| {
            settings.environments.keys().any(|environment| exclusion.concerns(slo, environment))
        });
        let Some(longest) = concerned.map(|slo| slo.period).max() else { continue };
        // Two periods of history are read, and a quarter by policies that ask for one.
        let begin = now_seconds.saturating_sub(longest.saturating_mul(2).max(longest + 92 * 86_400));
        if exclusion.between(begin, i64::MAX).is_empty() {
            let message = format!("the exclusion `{}` was over long ago", exclusion.name);
            let help = "take it out: no history that is read reaches back to it";
            problems.push(unused(message, &exclusion.place, "excludes nothing any more", help));
        }
    }
    for one in adjustments.top_ups.iter().filter(|one| one.top_up.at > now) {
        let message =
            format!("what is given back of `{}` at {} is still to come", one.top_up.slo, one.top_up.at);
        let help = "write an instant that has passed: until then it gives nothing back";
        problems.push(unused(message, &one.place, "gives nothing back yet", help));
    }
    problems
}
