//! Which dialect a document is written in, told by what it says of itself: `apiVersion`, `kind`, `version`.
//!
//! What was meant to be a definition and cannot be read is an error, because passing it over would leave its SLO
//! unjudged in silence. Everything else is no business of the catalog.

use super::{openslo, pyrra, sloth};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::document::Part;
use crate::settings::Settings;

/// The dialects that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// OpenSLO, in a version whose documents refer to each other.
    OpenSlo(openslo::Version),
    /// OpenSLO, version 1 before it was done.
    OpenSloV1Alpha,
    /// Sloth, in one of its forms.
    Sloth(sloth::Form),
    /// Pyrra.
    Pyrra,
}

/// What a document is to the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    /// It is of a dialect.
    To(Dialect),
    /// It was meant to be of one, and cannot be read.
    Refused,
    /// It is something else.
    No,
}

impl Dialect {
    /// All of them.
    const ALL: [Self; 6] = [
        Self::OpenSlo(openslo::Version::V1),
        Self::OpenSlo(openslo::Version::V2Alpha),
        Self::OpenSloV1Alpha,
        Self::Sloth(sloth::Form::File),
        Self::Sloth(sloth::Form::Resource),
        Self::Pyrra,
    ];

    /// The key and the value by which documents say that they are of it.
    const fn mark(self) -> (&'static str, &'static str) {
        match self {
            Self::OpenSlo(openslo::Version::V1) => ("apiVersion", "openslo/v1"),
            Self::OpenSlo(openslo::Version::V2Alpha) => ("apiVersion", "openslo.com/v2alpha"),
            Self::OpenSloV1Alpha => ("apiVersion", "openslo/v1alpha"),
            Self::Sloth(sloth::Form::File) => ("version", "prometheus/v1"),
            Self::Sloth(sloth::Form::Resource) => ("apiVersion", "sloth.slok.dev/v1"),
            Self::Pyrra => ("apiVersion", "pyrra.dev/v1alpha1"),
        }
    }

    /// The kinds of document that it has.
    const fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::OpenSlo(_) => &openslo::KINDS,
            Self::OpenSloV1Alpha => &openslo::v1alpha::KINDS,
            Self::Sloth(sloth::Form::File) => &[],
            Self::Sloth(sloth::Form::Resource) => &sloth::KINDS,
            Self::Pyrra => &pyrra::KINDS,
        }
    }
}

/// Tells which dialect a document is of, and what is wrong when it was meant to be of one.
pub(super) fn tell(part: Part<'_>, problems: &mut Vec<Diagnostic>) -> Belongs {
    let key = if part.get("apiVersion").is_some() { "apiVersion" } else { "version" };
    let Some(version) = part.get(key) else { return unmarked(part, problems) };
    let Some(text) = version.text() else { return misnamed(part, version, problems) };
    if let Some(dialect) = Dialect::ALL.into_iter().find(|dialect| dialect.mark() == (key, text)) {
        return Belongs::To(dialect);
    }
    let marks: Vec<&str> =
        Dialect::ALL.into_iter().map(Dialect::mark).filter(|mark| mark.0 == key).map(|mark| mark.1).collect();
    let group = |text: &str| text.split('/').next().unwrap_or_default().to_lowercase();
    let family: Vec<&str> = marks.iter().copied().filter(|mark| group(mark) == group(text)).collect();
    if text.contains('/') && !family.is_empty() {
        let message = format!("the version `{text}` of this format is not read");
        let problem =
            Diagnostic::error(Code::Unsupported, message).at(version.place(), "not a version that is read");
        problems
            .push(problem.help(format!("write the document in the terms of {}", diagnostic::list(&family))));
        return Belongs::Refused;
    }
    if let Some(near) = diagnostic::nearest(text, marks.iter().copied()) {
        let message = format!("`{text}` is no version of a format that is known");
        let problem =
            Diagnostic::error(Code::WrongValue, message).at(version.place(), "would be passed over");
        problems.push(problem.help(format!("did you mean `{near}`?")));
        return Belongs::Refused;
    }
    misnamed(part, version, problems)
}

/// How many SLOs a document defines, by what it says of itself; none for one that is of no dialect that is read.
pub(super) fn defines(part: Part<'_>) -> Option<usize> {
    let Belongs::To(dialect) = tell(part, &mut Vec::new()) else { return None };
    let listed = |part: Option<Part<'_>>| {
        part.and_then(|part| part.get("slos")).map_or(0, |slos| slos.items().count())
    };
    Some(match dialect {
        Dialect::OpenSlo(_) | Dialect::OpenSloV1Alpha => {
            usize::from(part.get("kind").and_then(Part::text) == Some("SLO"))
        }
        Dialect::Sloth(sloth::Form::File) => listed(Some(part)),
        Dialect::Sloth(sloth::Form::Resource) => listed(part.get("spec")),
        Dialect::Pyrra => 1,
    })
}

/// The kinds that define SLOs, which nothing else has.
const DEFINING: [&str; 3] = ["SLO", sloth::KINDS[0], pyrra::KINDS[0]];

/// The kind of a document of ours, and the list of SLOs of one that has no kind: a file of Sloth is known by what it
/// holds. With the dialect that has them.
fn built(part: Part<'_>) -> Option<(Dialect, Option<&str>, Part<'_>)> {
    let kind = part.get("kind").filter(|_| part.get("spec").is_some());
    if let Some((place, kind)) = kind.and_then(|part| Some((part, part.text()?))) {
        let dialect = Dialect::ALL.into_iter().find(|dialect| dialect.kinds().contains(&kind))?;
        return Some((dialect, Some(kind), place));
    }
    let slos = part.get("service").and(part.get("slos")).filter(|slos| slos.is_list())?;
    Some((Dialect::Sloth(sloth::Form::File), None, slos))
}

/// A document of a version that no format has: one that is built as SLOs are was meant to be read.
fn misnamed(part: Part<'_>, version: Part<'_>, problems: &mut Vec<Diagnostic>) -> Belongs {
    let Some((dialect, kind, _)) = built(part) else { return Belongs::No };
    if kind.is_some_and(|kind| !DEFINING.contains(&kind)) {
        return Belongs::No;
    }
    let (key, value) = dialect.mark();
    let text = version.text().or_else(|| version.number()).unwrap_or(key);
    let problem =
        Diagnostic::error(Code::WrongValue, format!("`{text}` is no version of a format that is known"));
    problems.push(problem.at(version.place(), "would be passed over").help(format!(
        "write `{key}: {value}`; as it is the document would be passed over, and its SLO never judged"
    )));
    Belongs::Refused
}

/// A document that does not say of which version it is: one with a kind of ours was meant to be read.
fn unmarked(part: Part<'_>, problems: &mut Vec<Diagnostic>) -> Belongs {
    let Some((dialect, kind, place)) = built(part) else { return Belongs::No };
    let place = place.key_place();
    let label = match kind {
        Some(kind) => format!("a document of kind `{kind}` without a version"),
        None => "SLOs of a service, without a version".to_owned(),
    };
    let (key, value) = dialect.mark();
    let problem = Diagnostic::error(Code::MissingKey, format!("missing key `{key}`"));
    problems.push(problem.at(place, label).help(format!(
        "add `{key}: {value}`; without it the document would be passed over, and its SLO never judged"
    )));
    Belongs::Refused
}

/// The service `name` of an SLO, which stands at `part`. One that the settings do not declare is an error: no change
/// would ever be judged by the SLO.
pub(super) fn service<'a>(
    part: Part<'_>,
    name: &'a str,
    settings: &Settings,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'a str> {
    if let Err(problem) = settings.service(name) {
        let (open, close) = if problem.help.ends_with('?') { (" (", ")") } else { ("; ", "") };
        let help =
            format!("{}{open}an SLO of no declared service would never be judged{close}", problem.help);
        problems.push(problem.at(part.place(), "not declared").help(help));
        return None;
    }
    Some(name)
}

/// Tells an SLO that was not `read` although nothing is said to be wrong with it, from the problem `told` on: no SLO is
/// lost in silence.
pub(super) fn account(part: Part<'_>, read: bool, told: usize, problems: &mut Vec<Diagnostic>) {
    if !read && !problems.iter().skip(told).any(Diagnostic::is_error) {
        let problem =
            Diagnostic::error(Code::WrongValue, "this SLO could not be read, and no reason is known");
        problems.push(problem.at(part.key_place(), "not read").help("report this as a bug, with the file"));
    }
}
