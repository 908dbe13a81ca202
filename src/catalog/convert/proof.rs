//! The proof of a conversion: what was written is read again, and must be the SLOs that were read before.

use std::collections::BTreeSet;

use super::super::revision::{self, Revised};
use super::super::{Catalog, Component, Indicator, Kept, Method, Query, load};
use super::Converted;
use crate::diagnostic::{Code, Diagnostic, Place, SourceText};
use crate::document::{self, RuleSet, Schema};
use crate::settings::{Note, Settings};

/// Said of a conversion that does not hold.
const HELP: &str =
    "mend it where it comes from; if nothing is wrong there, report this as a bug, with the file";

/// The strictest rules that a text of OpenSLO v1 follows, and the stricter rules that it breaks.
pub(super) fn rules(path: &str, text: &str) -> (Option<RuleSet>, BTreeSet<String>) {
    let mut broken = BTreeSet::new();
    let Ok(documents) = document::parse(&SourceText::new(path, text)) else { return (None, broken) };
    let parts = || documents.iter().flat_map(|document| super::entries(document.root()));
    for set in RuleSet::ALL {
        let checked = parts().flat_map(|part| part.check_by(Schema::OpenSlo, set));
        let errors: Vec<Diagnostic> = checked.filter(Diagnostic::is_error).collect();
        if errors.is_empty() {
            return (Some(set), broken);
        }
        let rule = |problem: &Diagnostic| {
            let (_, rule) = problem.help.rsplit_once('[')?;
            Some(rule.split(',').next()?.trim_start_matches("openslo/").to_owned())
        };
        broken.extend(errors.iter().filter_map(rule));
    }
    (None, broken)
}

/// A step in which the slices of time of some SLOs can be judged: that of the settings, or else the length of a slice.
/// Whether they are judged is no matter of how they are written.
fn step(before: &Catalog, step: i64) -> i64 {
    let slices = before.slos.iter().filter_map(|slo| match slo.method {
        Method::Timeslices { window, .. } | Method::RatioTimeslices { window, .. } => Some(window),
        Method::Occurrences => None,
    });
    slices
        .filter(|window| *window > 0)
        .fold(step, |step, window| if window % step == 0 { step } else { window })
}

/// What is not the same before and after; nothing for a conversion that holds.
pub(super) fn differences(before: &Catalog, converted: &[Converted], settings: &Settings) -> Vec<Diagnostic> {
    let files: Vec<SourceText> =
        converted.iter().map(|file| SourceText::new(file.path.as_str(), file.text.as_str())).collect();
    // Names that only the strictest rules refuse are told of the file, and stop nobody.
    let slo_rules = if settings.slo_rules == RuleSet::Strict { RuleSet::Spec } else { settings.slo_rules };
    let settings = Settings { slo_rules, step: step(before, settings.step), ..settings.clone() };
    let (after, problems) = load(&files, &settings);
    let mut told: Vec<Diagnostic> = Vec::new();
    for problem in problems.into_iter().filter(|one| one.is_error() && one.code != Code::NoSlo) {
        let file = problem.place().map_or_else(String::new, |place| format!("of `{}` ", place.source.path()));
        let message = format!("what would be written {file}is not valid: {}", problem.message);
        told.push(Diagnostic::error(Code::NotConverted, message).help(HELP));
    }
    if told.is_empty() {
        told.extend(revision::compare(before, &after).into_iter().filter_map(|one| {
            let expected = matches!(one.revised, Revised::Indicator { .. }) && is_whole(before, &one.slo);
            (!expected).then(|| differs(&one.slo, one.place))
        }));
        let exact = before
            .slos
            .iter()
            .zip(&after.slos)
            .filter(|(one, other)| unplaced(one.indicator.clone()) != unplaced(other.indicator.clone()));
        told.extend(exact.map(|(one, _)| differs(&one.name, one.place.clone())));
    }
    told
}

/// An SLO that would be another one.
fn differs(name: &str, place: Place) -> Diagnostic {
    let message = format!("the SLO `{name}` would be judged otherwise than before");
    Diagnostic::error(Code::NotConverted, message).at(place, "not the same in OpenSLO v1").help(HELP)
}

/// True for an SLO whose indicator version 1 has no words for.
fn is_whole(catalog: &Catalog, name: &str) -> bool {
    let slo = catalog.slos.iter().find(|slo| slo.name == name);
    slo.is_some_and(|slo| {
        matches!(
            slo.indicator,
            Indicator::Plugin { .. } | Indicator::Each { .. } | Indicator::Histogram { .. }
        )
    })
}

/// An indicator without places. What version 1 has no words for is a metric of its dialect there.
fn unplaced(indicator: Indicator) -> Indicator {
    let nowhere = &Place::new(&SourceText::new("", ""), 0..0);
    let at = |query: Query| Query { place: nowhere.clone(), ..query };
    let unsaid = |said: Note| Note { place: nowhere.clone(), key: nowhere.clone(), ..said };
    let foreign = |system: &str| Indicator::Foreign { system: system.to_owned(), place: nowhere.clone() };
    match indicator {
        Indicator::Good { good, total } => Indicator::Good { good: at(good), total: at(total) },
        Indicator::Bad { bad, total } => Indicator::Bad { bad: at(bad), total: at(total) },
        Indicator::Gauges { part, total, is_good, .. } => {
            Indicator::Gauges { part: at(part), total: at(total), is_good, place: nowhere.clone() }
        }
        Indicator::Ratio { ratio, is_good } => Indicator::Ratio { ratio: at(ratio), is_good },
        Indicator::Threshold { value, comparison, threshold } => {
            Indicator::Threshold { value: at(value), comparison, threshold }
        }
        Indicator::Composite { components } => {
            let part = |part: Component| Component {
                objective_place: nowhere.clone(),
                place: nowhere.clone(),
                method: match part.method {
                    Method::Occurrences => Method::Occurrences,
                    Method::Timeslices { target, window, .. } => {
                        Method::Timeslices { target, window, place: nowhere.clone() }
                    }
                    Method::RatioTimeslices { window, .. } => {
                        Method::RatioTimeslices { window, place: nowhere.clone() }
                    }
                },
                indicator: unplaced(part.indicator),
                ..part
            };
            Indicator::Composite { components: components.into_iter().map(part).collect() }
        }
        Indicator::Plugin { .. } => foreign("sloth"),
        Indicator::Histogram { .. } | Indicator::Each { .. } => foreign("pyrra"),
        Indicator::Datadog(kept) => Indicator::Datadog(Kept { said: unsaid(kept.said), ..kept }),
        Indicator::Foreign { system, .. } => foreign(&system),
    }
}
