//! OpenSLO v1: SLOs, the SLIs and data sources that they refer to, and what of all that can be judged.
//!
//! Judged are ratios of counters from Prometheus (good or bad events over all events), counted by Occurrences over
//! a rolling period against one objective. What OpenSLO can say beyond that is refused at its line with words for
//! what is supported, never dropped. Documents of other kinds are held to their schema and not used.

mod indicator;
mod objective;

use std::collections::{BTreeMap, BTreeSet};

use super::Slo;
use crate::diagnostic::{self, Code, Diagnostic, Place};
use crate::document::{Part, Schema};
use crate::settings::Settings;

/// The version that is read.
pub(super) const VERSION: &str = "openslo/v1";
/// The kinds of document that version 1 has.
const KINDS: [&str; 7] =
    ["SLO", "SLI", "DataSource", "Service", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"];

/// What a document is to this dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    /// It is of version 1.
    Yes,
    /// It is OpenSLO, or was meant to be, and cannot be read.
    Refused,
    /// It is something else.
    No,
}

/// All documents of this dialect, of all files.
#[derive(Default)]
pub(super) struct Documents<'a> {
    /// All of them, in the order in which they were read.
    all: Vec<Part<'a>>,
    /// Kind and name, and what bears it.
    named: BTreeMap<(&'a str, &'a str), Part<'a>>,
    /// The names of the SLIs that were referred to.
    used: BTreeSet<&'a str>,
}

impl<'a> Documents<'a> {
    /// Takes a document in when it is of this dialect.
    pub(super) fn take(&mut self, part: Part<'a>, problems: &mut Vec<Diagnostic>) -> Belongs {
        let belongs = belongs(part, problems);
        if belongs != Belongs::Yes {
            return belongs;
        }
        problems.extend(part.check(Schema::OpenSlo));
        self.all.push(part);
        let kind = part
            .get("kind")
            .and_then(Part::text)
            .and_then(|kind| KINDS.into_iter().find(|known| *known == kind));
        let name = part.at("/metadata/name").and_then(|name| Some((name, name.text()?)));
        if let (Some(kind), Some((place, name))) = (kind, name) {
            match self.named.get(&(kind, name)) {
                Some(first) => problems.push(duplicate(kind, name, place.place(), &name_of(*first))),
                None => {
                    self.named.insert((kind, name), part);
                }
            }
        }
        Belongs::Yes
    }

    /// True when there is an SLO among them, even one that cannot be judged.
    pub(super) fn any_slo(&self) -> bool {
        self.of_kind("SLO").next().is_some()
    }

    /// Every SLO that can be judged; what cannot is told.
    pub(super) fn slos(&mut self, settings: &Settings, problems: &mut Vec<Diagnostic>) -> Vec<Slo> {
        let documents: Vec<Part<'a>> = self.of_kind("SLO").collect();
        let slos = documents.into_iter().filter_map(|part| self.slo(part, settings, problems)).collect();
        for sli in self.of_kind("SLI") {
            let Some(name) = sli.at("/metadata/name").and_then(Part::text) else { continue };
            if !self.used.contains(name) {
                let problem = Diagnostic::warning(Code::Unused, format!("no SLO refers to the SLI `{name}`"));
                problems.push(
                    problem.at(name_of(sli), "unused").help("refer to it with `indicatorRef`, or remove it"),
                );
            }
        }
        slos
    }

    /// The documents of one kind.
    fn of_kind<'d>(&'d self, kind: &'d str) -> impl Iterator<Item = Part<'a>> + 'd {
        let is = move |part: &Part<'a>| part.get("kind").and_then(Part::text) == Some(kind);
        self.all.iter().copied().filter(is)
    }

    /// One SLO. The schema has told what is missing or malformed; the rest is told here.
    fn slo(&mut self, part: Part<'a>, settings: &Settings, problems: &mut Vec<Diagnostic>) -> Option<Slo> {
        let spec = part.get("spec")?;
        let service = service(spec, settings, problems);
        let counted = counted(spec, problems);
        let objective = objective::objective(spec, self.compares(spec), problems);
        let period = objective::period(spec, settings.step, problems);
        let indicator = self.indicator(spec, problems);
        let name = part.at("/metadata/name")?.text()?;
        let title =
            part.at("/metadata/displayName").and_then(Part::text).filter(|title| !title.trim().is_empty());
        counted.then_some(())?;
        Some(Slo {
            name: name.to_owned(),
            service: service?.to_owned(),
            title: title.unwrap_or(name).to_owned(),
            objective: objective?,
            period: period?,
            indicator: indicator?,
            place: name_of(part),
            objective_place: target(part),
        })
    }

    /// An SLO's indicator, inline or by reference.
    fn indicator(&mut self, spec: Part<'a>, problems: &mut Vec<Diagnostic>) -> Option<super::Indicator> {
        if let Some(inline) = spec.get("indicator") {
            return indicator::indicator(inline.get("spec")?, self, problems);
        }
        let Some(reference) = spec.get("indicatorRef") else {
            problems.extend(without_indicator(spec));
            return None;
        };
        let sli = self.resolve("SLI", reference, problems)?;
        self.used.insert(reference.text()?);
        indicator::indicator(sli.get("spec")?, self, problems)
    }

    /// True when an SLO's indicator compares values with a threshold.
    fn compares(&self, spec: Part<'a>) -> bool {
        let referred = || {
            let name = spec.get("indicatorRef").and_then(Part::text)?;
            self.named.get(&("SLI", name)).and_then(|sli| sli.get("spec"))
        };
        let indicator = spec.at("/indicator/spec").or_else(referred);
        indicator.is_some_and(|indicator| indicator.get("thresholdMetric").is_some())
    }

    /// What a reference stands for; a reference to nothing is told.
    fn resolve(
        &self,
        kind: &'static str,
        reference: Part<'a>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Part<'a>> {
        let name = reference.text()?;
        if let Some(part) = self.named.get(&(kind, name)) {
            return Some(*part);
        }
        let known: Vec<&str> =
            self.named.keys().filter(|(other, _)| *other == kind).map(|(_, name)| *name).collect();
        let help = match known.as_slice() {
            [] => format!("add a document of kind `{kind}` with this name; there is none of that kind"),
            known => diagnostic::suggestion(name, known.iter().copied()),
        };
        let problem = Diagnostic::error(Code::UnknownName, format!("there is no {kind} named `{name}`"));
        problems.push(problem.at(reference.place(), "refers to nothing").help(help));
        None
    }
}

/// Tells whether a document is of this dialect, and what is wrong when it was meant to be.
fn belongs(part: Part<'_>, problems: &mut Vec<Diagnostic>) -> Belongs {
    let Some(version) = part.get("apiVersion") else {
        let kind = part.get("kind").and_then(Part::text).filter(|kind| KINDS.contains(kind));
        let Some(kind) = kind.filter(|_| part.get("spec").is_some()) else { return Belongs::No };
        let place = part.get("kind").unwrap_or(part).key_place();
        let problem = Diagnostic::error(Code::MissingKey, "missing key `apiVersion`");
        problems.push(problem.at(place, format!("a document of kind `{kind}` without a version")).help(format!(
            "add `apiVersion: {VERSION}`; without it the document would be passed over, and its SLO never judged"
        )));
        return Belongs::Refused;
    };
    let Some(text) = version.text() else { return Belongs::No };
    if text == VERSION {
        return Belongs::Yes;
    }
    let folded = text.to_lowercase();
    if folded.starts_with("openslo/") || folded.starts_with("openslo.com/") {
        let problem =
            Diagnostic::error(Code::Unsupported, format!("the version `{text}` of OpenSLO is not read"));
        problems.push(
            problem
                .at(version.place(), "not a version that is read")
                .help(format!("write the document in the terms of `{VERSION}`")),
        );
        return Belongs::Refused;
    }
    if diagnostic::nearest(text, [VERSION]).is_some() {
        let problem =
            Diagnostic::error(Code::WrongValue, format!("`{text}` is no version of a format that is known"));
        problems.push(
            problem.at(version.place(), "would be passed over").help(format!("did you mean `{VERSION}`?")),
        );
        return Belongs::Refused;
    }
    Belongs::No
}

/// The service of an SLO. One that the settings do not declare is an error: no change would ever be judged by the SLO.
fn service<'a>(spec: Part<'a>, settings: &Settings, problems: &mut Vec<Diagnostic>) -> Option<&'a str> {
    let part = spec.get("service")?;
    let name = part.text()?;
    if let Err(problem) = settings.service(name) {
        let help = format!("{}; an SLO of no declared service would never be judged", problem.help);
        problems.push(problem.at(part.place(), "not declared").help(help));
        return None;
    }
    Some(name)
}

/// True when the budget is counted by events; the other methods are told.
fn counted(spec: Part<'_>, problems: &mut Vec<Diagnostic>) -> bool {
    let Some(part) = spec.get("budgetingMethod") else { return false };
    match part.text() {
        Some("Occurrences") => true,
        Some(method @ ("Timeslices" | "RatioTimeslices")) => {
            problems.push(unsupported(
                part,
                format!("the budgeting method `{method}` is not judged yet"),
                "counts slices of time",
                "only `Occurrences` is supported: every event counts once",
            ));
            false
        }
        Some(_) | None => false,
    }
}

/// An SLO without an indicator; one of several objectives with indicators of their own is told as a composite one.
fn without_indicator(spec: Part<'_>) -> Option<Diagnostic> {
    let mut objectives = spec.get("objectives").into_iter().flat_map(Part::items);
    let composite =
        objectives.any(|part| part.get("indicator").or_else(|| part.get("indicatorRef")).is_some());
    let problem = Diagnostic::error(Code::MissingKey, "missing key `indicator`")
        .at(spec.key_place(), "an SLO needs `indicator` or `indicatorRef`")
        .help("add `indicator` with the queries, or `indicatorRef` with the name of an SLI");
    (!composite).then_some(problem)
}

/// Something that OpenSLO can say and that is not judged.
fn unsupported(part: Part<'_>, message: String, label: &str, help: &str) -> Diagnostic {
    Diagnostic::error(Code::Unsupported, message).at(part.key_place(), label).help(help)
}

/// Two documents of one kind and name.
fn duplicate(kind: &str, name: &str, place: Place, first: &Place) -> Diagnostic {
    Diagnostic::error(Code::Duplicate, format!("there are two documents of kind {kind} named `{name}`"))
        .at(place, format!("the first stands at {first}"))
        .help("give one of them another name; names are unique within a kind, across all files")
}

/// Where an SLO's target is written; the SLO itself where that is not to be seen.
fn target(slo: Part<'_>) -> Place {
    let keys = ["/spec/objectives/0/target", "/spec/objectives/0/targetPercent"];
    keys.iter().find_map(|key| slo.at(key)).map_or_else(|| name_of(slo), Part::place)
}

/// Where a document has its name, and else where it begins.
fn name_of(part: Part<'_>) -> Place {
    part.at("/metadata/name").map_or_else(|| part.key_place(), Part::place)
}
