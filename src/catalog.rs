//! Every SLO in force: one model, whatever dialect a team wrote it in.
//!
//! A dialect is one file under `catalog/`, told by `apiVersion`, `kind` and `version`. The catalog resolves references,
//! refuses what it does not understand at its line, and drops nothing in silence. What an SLO's budget *is*
//! is left to `budget`, and where its numbers come from to `source`.

mod about;
mod alert;
mod annotation;
mod calendar;
mod composite;
pub mod convert;
pub mod counted;
pub mod coverage;
mod datadog;
mod defaults;
mod dialect;
mod given_up;
mod indicator;
pub mod lineage;
pub mod loosening;
mod method;
mod openslo;
mod origin;
mod pairing;
mod period;
mod pyrra;
mod recorder;
mod requirement;
pub mod revision;
mod sloth;
mod target;
mod unreckoned;

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};
use crate::document::{self, Document, Part};
use crate::settings::{self, Settings};

pub use about::{About, ROLES, Role};
pub use alert::Alert;
pub use annotation::{Assigned, PREFIX, PRIORITIES, Priority, Terms, keys as annotations};
pub use calendar::Calendar;
pub use composite::Component;
pub use datadog::Kept;
use dialect::{Belongs, Dialect};
use given_up::Found;
pub use given_up::GivenUp;
pub use indicator::{Comparison, Indicator, Query};
pub use method::Method;
pub use origin::{Applied, Origin};
pub use recorder::Recorder;
pub use requirement::{Missing, Requirements};
pub use unreckoned::Unreckoned;

/// The share of events that must be good: above 0, below 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objective(Decimal);

impl Objective {
    /// An objective as a share; none outside of 0 to 1, both excluded. An objective of 100 % has no budget.
    #[must_use]
    pub fn new(share: Decimal) -> Option<Self> {
        (share > Decimal::ZERO && share < Decimal::ONE).then_some(Self(share))
    }

    /// The share that must be good.
    #[must_use]
    pub const fn share(self) -> Decimal {
        self.0
    }

    /// The share that may be bad: exactly `1 - objective`.
    #[must_use]
    pub fn allowance(self) -> Decimal {
        Decimal::ONE - self.0
    }
}

/// A share as a percentage with all its digits: `99.95 %`. One beyond all measure stays where it is.
#[must_use]
pub fn percent(share: Decimal) -> String {
    format!("{} %", share.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(share).normalize())
}

/// One service level objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slo {
    /// Its name, unique in the catalog.
    pub name: String,
    /// The service whose level it states.
    pub service: String,
    /// What people call it; the name when nothing else is given.
    pub title: String,
    /// The share of events that must be good.
    pub objective: Objective,
    /// The length of its period, in seconds; the longest one where they follow the calendar.
    pub period: i64,
    /// Where its period is written; where the SLO is defined, when its dialect does not say one.
    pub period_place: Place,
    /// What it is bound to besides its objective.
    pub terms: Terms,
    /// What people say of it besides its numbers.
    pub about: About,
    /// Whether somebody wrote it for what it is about, or it is a default.
    pub origin: Origin,
    /// Where its periods begin when they follow the calendar; none for a rolling period.
    pub calendar: Option<Calendar>,
    /// How good and bad are counted.
    pub method: Method,
    /// Good, bad and total.
    pub indicator: Indicator,
    /// Who is alerted of its burn rate, and when: told to people by other programs, and not used here.
    pub alerts: Vec<Alert>,
    /// Where it is defined.
    pub place: Place,
    /// Where its objective is written.
    pub objective_place: Place,
}

impl Slo {
    /// The real length of the period that an instant lies in, in seconds.
    #[must_use]
    pub fn period_at(&self, t: i64) -> i64 {
        let bounds = self.calendar.as_ref().and_then(|calendar| calendar.bounds(t));
        bounds.map_or(self.period, |(start, end)| end - start)
    }
}

/// All SLOs, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Those in force, sorted by name: a default once for each endpoint that it holds for.
    pub slos: Vec<Slo>,
    /// The defaults as they were written, sorted by name.
    pub defaults: Vec<Slo>,
    /// What is known of SLOs that are not in force because of what is wrong with them.
    pub given_up: Vec<GivenUp>,
    /// Documents of no dialect, by their files.
    pub passed_over: Vec<PassedOver>,
    /// Files that matched the globs and hold nothing.
    pub empty: Vec<Place>,
}

/// The documents of a file that are of no dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Where the first of them begins.
    pub place: Place,
    /// How many there are.
    pub documents: usize,
    /// The file holds nothing else.
    pub whole: bool,
}

impl Catalog {
    /// The SLOs of one service.
    pub fn of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Slo> {
        self.slos.iter().filter(move |slo| slo.service == service)
    }

    /// Every SLO as somebody wrote it, once: the explicit ones and the defaults.
    pub fn written(&self) -> impl Iterator<Item = &Slo> {
        let explicit = self.slos.iter().filter(|slo| slo.origin == Origin::Explicit);
        explicit.chain(&self.defaults)
    }
}

/// Reads every SLO of some files. What can be judged is in the catalog even when other problems are errors, so that
/// all of them can be told; with an error among the problems the catalog is not complete and decides nothing.
#[must_use]
pub fn load(files: &[SourceText], settings: &Settings) -> (Catalog, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let parsed = parse(files, &mut problems);
    let [mut v1, mut v2alpha] = [openslo::Version::V1, openslo::Version::V2Alpha]
        .map(|version| openslo::Documents::new(version, settings.slo_rules));
    let mut found = Found::default();
    let mut any = false;
    let (mut passed_over, mut empty) = (Vec::new(), Vec::new());
    for (file, documents) in &parsed {
        let (mut known, mut others) = (false, Vec::new());
        for part in documents.iter().flat_map(|document| entries(document.root())) {
            let belongs = dialect::tell(part, &mut problems);
            known |= belongs != Belongs::No;
            match belongs {
                Belongs::To(Dialect::OpenSlo(openslo::Version::V1)) => v1.take(part, &mut problems),
                Belongs::To(Dialect::OpenSlo(openslo::Version::V2Alpha)) => v2alpha.take(part, &mut problems),
                Belongs::To(Dialect::OpenSloV1Alpha) => {
                    any |= part.get("kind").and_then(Part::text) == Some("SLO");
                    openslo::v1alpha::slos(part, settings, &mut found, &mut problems);
                }
                Belongs::To(Dialect::Sloth(form)) => {
                    any = true;
                    sloth::slos(part, form, settings, &mut found, &mut problems);
                }
                Belongs::To(Dialect::Pyrra) => {
                    any = true;
                    pyrra::slo(part, settings, &mut found, &mut problems);
                }
                Belongs::No => others.push(part),
                Belongs::Refused => {}
            }
        }
        if documents.is_empty() {
            empty.push(Place::line_of(file, 1));
        } else if !known || !others.is_empty() {
            let line = others.first().map_or(1, |part| part.place().line());
            let place = Place::line_of(file, line);
            passed_over.push(PassedOver { place, documents: others.len(), whole: !known });
        }
    }
    for documents in [&mut v1, &mut v2alpha] {
        any |= documents.any_slo();
        documents.slos(settings, &mut found, &mut problems);
    }
    let Found { mut slos, given_up } = found;
    datadog::settle(&mut slos, settings, &mut problems);
    let slos = named(slos, &given_up, &mut problems);
    problems.extend(slos.iter().flat_map(|slo| slo.warnings(settings.step)));
    problems.extend(strangers(&slos, settings, &problems));
    let broken = given_up.iter().filter_map(|slo| slo.indicator.as_ref());
    problems.extend(slos.iter().map(|slo| &slo.indicator).chain(broken).flat_map(same));
    let (slos, defaults) = defaults::apply(slos, settings, &mut problems);
    let slos = named(slos, &[], &mut problems);
    if !any && problems.iter().all(|problem| !problem.is_error()) {
        problems.push(no_slo(settings, files.len() - empty.len(), &passed_over));
    }
    diagnostic::sort(&mut problems);
    (Catalog { slos, defaults, given_up, passed_over, empty }, problems)
}

/// The documents of each file; what cannot be parsed is told.
fn parse<'a>(
    files: &'a [SourceText],
    problems: &mut Vec<Diagnostic>,
) -> Vec<(&'a SourceText, Vec<Document>)> {
    let mut parsed = Vec::new();
    for file in files {
        match document::parse(file) {
            Ok(documents) => parsed.push((file, documents)),
            Err(found) => problems.extend(found),
        }
    }
    parsed
}

/// How many SLOs a document defines, by what it says of itself; none for one that is of no dialect that is read.
#[must_use]
pub fn defines(part: Part<'_>) -> Option<usize> {
    dialect::defines(part)
}

/// SLOs by name, of each name the first; the others are told, also those that were `given_up`.
fn named(mut slos: Vec<Slo>, given_up: &[GivenUp], problems: &mut Vec<Diagnostic>) -> Vec<Slo> {
    slos.sort_by_cached_key(|slo| {
        (slo.name.clone(), slo.place.source.path().to_owned(), slo.place.span.start)
    });
    problems.extend(duplicates(&slos, given_up, problems));
    slos.dedup_by(|later, first| later.name == first.name);
    slos
}

/// SLOs of one name, of whatever dialects, that have not been told as documents of one name.
fn duplicates(slos: &[Slo], given_up: &[GivenUp], told: &[Diagnostic]) -> Vec<Diagnostic> {
    let broken = given_up.iter().filter_map(|slo| slo.name.as_ref()).map(|(name, place)| (name, place));
    let mut sorted: Vec<(&String, &Place)> = slos.iter().map(|slo| (&slo.name, &slo.place)).collect();
    sorted.extend(broken);
    sorted.sort_by_key(|(name, place)| (*name, place.source.path(), place.span.start));
    let pairs = sorted.iter().zip(sorted.iter().skip(1)).filter(|(first, later)| first.0 == later.0);
    let at = |place: &Place| (place.source.path().to_owned(), place.span.start);
    let told: BTreeSet<(String, usize)> = told
        .iter()
        .filter(|problem| problem.code == Code::Duplicate)
        .filter_map(|problem| problem.place().map(at))
        .collect();
    pairs
        .filter(|(_, (_, later))| !told.contains(&at(later)))
        .map(|((name, first), (_, later))| {
            Diagnostic::error(Code::Duplicate, format!("there are two SLOs named `{name}`"))
                .at((*later).clone(), format!("the first stands at {first}"))
                .help("give one of them another name; names are unique across all files and formats")
        })
        .collect()
}

/// A part that is written like the total counts everything, as bad or as good: nothing is measured.
fn same(indicator: &Indicator) -> Vec<Diagnostic> {
    if let Indicator::Each { indicator, .. } = indicator {
        return same(indicator);
    }
    if let Indicator::Composite { components } = indicator {
        return components.iter().flat_map(|part| same(&part.indicator)).collect();
    }
    let Some((part, total, good)) = indicator.counters() else { return Vec::new() };
    let side = if good { "good" } else { "bad" };
    // As it was written, because Pyrra's part has been completed; and as it reads, because quotes may differ.
    let same = part.place.text() == total.place.text() || part.text.trim() == total.text.trim();
    let told = same.then(|| {
        let message = format!("the {side} events and the total are the same query");
        Diagnostic::error(Code::WrongValue, message).at(part.place.clone(), "the same as the total").help(
            format!("select the {side} events: by the codes of answers, or by the bucket of a histogram"),
        )
    });
    told.into_iter().collect()
}

/// What the settings say of SLOs that are not there; nothing while one of them may be among those that are broken.
fn strangers(slos: &[Slo], settings: &Settings, told: &[Diagnostic]) -> Vec<Diagnostic> {
    if told.iter().any(Diagnostic::is_error) {
        return Vec::new();
    }
    let names = || slos.iter().map(|slo| slo.name.as_str());
    let default = |name: &str| {
        let mut defaults = slos.iter().filter(|slo| slo.about.default.is_some());
        defaults.find(|slo| name.strip_prefix(&slo.name).is_some_and(|rest| rest.starts_with('/')))
    };
    let strangers = settings.annotations.iter().filter(|(name, _)| names().all(|known| known != *name));
    strangers
        .map(|(name, noted)| {
            Diagnostic::error(Code::UnknownName, format!("there is no SLO `{name}`"))
                .at(noted.place.clone(), "said of nothing")
                .help(match default(name) {
                    Some(default) => {
                        format!("say it of the default `{}`, or write an SLO for that endpoint", default.name)
                    }
                    None => diagnostic::suggestion(name, names()),
                })
        })
        .collect()
}

/// The documents that stand in a document: itself, the entries of a list at its root, or the items of a list of
/// resources as Kubernetes writes one.
fn entries(root: Part<'_>) -> Vec<Part<'_>> {
    if root.is_list() {
        return root.items().collect();
    }
    let is_list = root.get("kind").and_then(Part::text).is_some_and(|kind| kind.ends_with("List"));
    match root.get("items").filter(|items| is_list && items.is_list()) {
        Some(items) => items.items().collect(),
        None => vec![root],
    }
}

/// There is nothing to judge.
fn no_slo(settings: &Settings, files: usize, passed_over: &[PassedOver]) -> Diagnostic {
    let passed_over: Vec<&str> =
        passed_over.iter().filter(|one| one.whole).map(|one| one.place.source.path()).collect();
    let globs: Vec<&str> = settings.slos.iter().map(String::as_str).collect();
    let globs = diagnostic::list(&globs);
    let found = match passed_over.as_slice() {
        _ if files == 0 => format!("no file matches {globs}"),
        [only] if files == 1 => format!("`{only}` matches {globs}, and is of no format that is known"),
        _ if passed_over.len() == files => {
            format!("{files} files match {globs}, and none is of a format that is known")
        }
        _ => format!("the files that match {globs} hold no document of kind `SLO`"),
    };
    Diagnostic::error(Code::NoSlo, "no SLO is defined").help(format!(
        "{found}; write an SLO in the terms of OpenSLO, Sloth or Pyrra, or set `slos` in `{}`",
        settings::FILE
    ))
}

#[cfg(test)]
mod tests;
