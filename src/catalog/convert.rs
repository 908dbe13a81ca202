//! OpenSLO v1 of whatever dialect a definition is written in, with nothing lost in silence.
//!
//! Each dialect becomes documents in one file below; what version 1 has words for is said in them, and the rest is kept
//! in annotations under `DIALECT.slogate.dev/` or told at its line. What comes out is read again by the catalog and
//! must be the SLOs that went in: a conversion that would judge otherwise is none. A file that is OpenSLO v1 already
//! stays as it is, byte for byte.

mod draft;
mod keys;
mod openslo;
mod proof;
mod pyrra;
mod sloth;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::about::ENVIRONMENT;
use super::annotation::PREFIX;
use super::dialect::{self, Belongs, Dialect};
use super::openslo::{KINDS, Version};
use super::{entries, load, parse};
use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};
use crate::document::{self, Document, Part, RuleSet};
use crate::settings::{self, Settings};
use tally::Tally;

/// What became of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversion {
    /// Those that hold definitions.
    pub files: Vec<Converted>,
    /// Those that hold none.
    pub passed_over: Vec<String>,
    /// The period that was taken for Sloth's SLOs, in seconds, because their files say none; none without such a file.
    pub sloth_period: Option<i64>,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// The file that was read.
    pub path: String,
    /// The text in the terms of OpenSLO v1.
    pub text: String,
    /// Whether it was OpenSLO v1 already, so that the text is as it was.
    pub unchanged: bool,
    /// The formats that it was written in.
    pub from: BTreeSet<&'static str>,
    /// How many documents of each kind it has, SLOs first.
    pub kinds: Vec<(&'static str, usize)>,
    /// The strictest rules that it follows; none when it breaks all of them.
    pub rules: Option<RuleSet>,
    /// The stricter rules that it breaks, by name.
    pub broken: BTreeSet<String>,
    /// The annotations that hold what OpenSLO v1 has no words for.
    pub kept: BTreeSet<String>,
    /// The queries in it, unless it is unchanged.
    pub queries: Vec<String>,
}

/// A document in the terms of version 1, and where it came from.
struct Drafted {
    /// The document.
    value: Value,
    /// The original.
    place: Place,
    /// The format that it was written in.
    from: &'static str,
    /// It was OpenSLO v1 before.
    unchanged: bool,
}

/// The format that is written.
const V1: &str = "OpenSLO v1";
/// The format whose files say no period.
const SLOTH: &str = "Sloth";

/// One file on its way.
struct File<'a> {
    /// The file.
    source: &'a SourceText,
    /// Its documents.
    documents: Vec<Drafted>,
    /// The annotations that were made.
    kept: BTreeSet<String>,
}

/// Converts files together, because documents refer to each other: without settings, the services are those that the
/// definitions name. With an error among the problems nothing is converted.
#[must_use]
pub fn convert(files: &[SourceText], settings: Option<&Settings>) -> (Conversion, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let parsed = parse(files, &mut problems);
    let Some(settings) = declared(&parsed, settings, &mut problems) else {
        return (Conversion::default(), problems);
    };
    let (before, found) = load(files, &settings);
    // Whoever converts data sources alone has no SLO, and need not have one.
    problems.extend(found.into_iter().filter(|one| one.is_error() && one.code != Code::NoSlo));
    if problems.iter().any(Diagnostic::is_error) {
        diagnostic::sort(&mut problems);
        return (Conversion::default(), problems);
    }
    let whole = before.passed_over.iter().filter(|one| one.whole);
    let passed_over = whole.map(|one| one.place.source.path().to_owned()).collect();
    let mut tally = Tally::new(&settings, &parsed);
    let mut made: Vec<File<'_>> =
        parsed.iter().filter_map(|(file, own)| draft(file, own, &mut tally)).collect();
    problems.append(&mut tally.problems);
    problems.extend(once(&mut made));
    // What stands in another file as it is needs no file of its own.
    made.retain(|file| !file.documents.is_empty());
    add_services(&mut made);
    let converted = made.into_iter().map(finish).collect::<Result<Vec<Converted>, Diagnostic>>();
    let converted = match converted {
        Ok(converted) if converted.is_empty() && !problems.iter().any(Diagnostic::is_error) => {
            problems.push(nothing(files.len()));
            Vec::new()
        }
        Ok(converted) => converted,
        Err(problem) => {
            problems.push(problem);
            Vec::new()
        }
    };
    if !problems.iter().any(Diagnostic::is_error) {
        problems.extend(proof::differences(&before, &converted, &settings));
    }
    diagnostic::sort(&mut problems);
    let files = if problems.iter().any(Diagnostic::is_error) { Vec::new() } else { converted };
    let of_sloth = files.iter().any(|file| file.from.contains(SLOTH));
    let sloth_period = of_sloth.then_some(settings.sloth_period);
    (Conversion { files, passed_over, sloth_period }, problems)
}

/// Settings that declare every service and environment that the definitions name: whether it is one of the
/// repository's is no matter of the format.
fn declared(
    parsed: &[(&SourceText, Vec<Document>)],
    settings: Option<&Settings>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Settings> {
    let (mut services, mut environments) = (BTreeSet::new(), BTreeSet::new());
    for part in parsed.iter().flat_map(|(_, documents)| documents).flat_map(|one| entries(one.root())) {
        let Belongs::To(dialect) = dialect::tell(part, &mut Vec::new()) else { continue };
        let said = match dialect {
            Dialect::OpenSlo(_) | Dialect::OpenSloV1Alpha => {
                part.at("/spec/service").or_else(|| part.at("/spec/serviceRef"))
            }
            Dialect::Sloth(_) => part.get("service").or_else(|| part.at("/spec/service")),
            Dialect::Pyrra => {
                let said = part.get("metadata").and_then(super::pyrra::said);
                if said.is_none() && settings.is_none() {
                    problems.extend(part.at("/metadata/name").map(named_for_itself));
                }
                said.or_else(|| part.at("/metadata/name").filter(|_| settings.is_none()))
            }
        };
        let bound =
            part.at("/metadata/annotations").and_then(|all| all.get(&format!("{PREFIX}{ENVIRONMENT}")));
        for (names, part) in [(&mut services, said), (&mut environments, bound)] {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            let name = part.and_then(Part::text).map(str::trim).filter(|name| name.chars().all(plain));
            names.extend(name.map(ToOwned::to_owned));
        }
    }
    let all = |names: BTreeSet<String>, usual: &str, value: &Value| -> serde_json::Map<String, Value> {
        names.into_iter().chain([usual.to_owned()]).map(|name| (name, value.clone())).collect()
    };
    let services = all(services, "service", &json!({ "paths": ["**"] }));
    let environments = all(environments, "production", &json!({}));
    let text = json!({ "version": 1, "services": services, "environments": environments }).to_string();
    let (assumed, found) = settings::load(&SourceText::new(settings::FILE, text));
    let Some(assumed) = assumed else {
        // A name that is none is told by its own document, which `load` holds to its schema.
        problems.extend(found);
        return settings.cloned();
    };
    let Some(settings) = settings else { return Some(assumed) };
    let mut settings = settings.clone();
    for (name, service) in assumed.services {
        settings.services.entry(name).or_insert(service);
    }
    for (name, environment) in assumed.environments {
        settings.environments.entry(name).or_insert(environment);
    }
    Some(settings)
}

/// The warning about an SLO that does not say which service it is about.
fn named_for_itself(name: Part<'_>) -> Diagnostic {
    let said = name.text().unwrap_or_default();
    let message = format!("which service the SLO `{said}` is about is not said, so its own name is written");
    Diagnostic::warning(Code::NotConverted, message)
        .at(name.place(), "taken for the service")
        .help("add the annotation `slogate.dev/service: …`, or correct `service` in what is written")
}

/// The documents of one file in the terms of version 1; none for a file that holds no definition.
fn draft<'a>(source: &'a SourceText, documents: &'a [Document], tally: &mut Tally<'a>) -> Option<File<'a>> {
    let mut drafted = Vec::new();
    let mut others = Vec::new();
    tally.kept.clear();
    for part in documents.iter().flat_map(|document| entries(document.root())) {
        let (from, values) = match dialect::tell(part, &mut Vec::new()) {
            Belongs::To(Dialect::OpenSlo(Version::V1)) => (V1, vec![tally.copied(part)]),
            Belongs::To(Dialect::OpenSlo(Version::V2Alpha)) => {
                ("OpenSLO v2alpha", openslo::v2alpha(part, tally))
            }
            Belongs::To(Dialect::OpenSloV1Alpha) => ("OpenSLO v1alpha", openslo::v1alpha(part, tally)),
            Belongs::To(Dialect::Sloth(form)) => (SLOTH, sloth::slos(part, form, tally)),
            Belongs::To(Dialect::Pyrra) => ("Pyrra", pyrra::slo(part, tally).into_iter().collect()),
            Belongs::Refused | Belongs::No => {
                others.push(part);
                continue;
            }
        };
        let unchanged = from == V1;
        let sources = tally.sources.take_new();
        for value in values.into_iter().chain(sources) {
            drafted.push(Drafted { value, place: part.key_place(), from, unchanged });
        }
    }
    if drafted.is_empty() {
        return None;
    }
    if drafted.iter().any(|one| !one.unchanged) {
        let lost = |part: Part<'_>| {
            let message = "this document is of no kind that is known, and is not written";
            Diagnostic::warning(Code::NotConverted, message)
                .at(part.key_place(), "left out")
                .help("keep it in a file of its own")
        };
        tally.problems.extend(others.into_iter().map(lost));
    }
    Some(File { source, documents: drafted, kept: std::mem::take(&mut tally.kept) })
}

/// The text at a pointer of a document.
fn said<'v>(document: &'v Value, pointer: &str) -> Option<&'v str> {
    document.pointer(pointer).and_then(Value::as_str)
}

/// Takes out documents that stand there twice as they are; two that differ under one name are told.
fn once(files: &mut [File<'_>]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut first: BTreeMap<(String, String), (Value, Place)> = BTreeMap::new();
    // What is there already comes first, so that it is what stays.
    for unchanged in [true, false] {
        for file in &mut *files {
            file.documents.retain(|one| {
                let (Some(kind), Some(name)) =
                    (said(&one.value, "/kind"), said(&one.value, "/metadata/name"))
                else {
                    return true;
                };
                if one.unchanged != unchanged {
                    return true;
                }
                let key = (kind.to_owned(), name.to_owned());
                let Some((value, place)) = first.get(&key) else {
                    first.insert(key, (one.value.clone(), one.place.clone()));
                    return true;
                };
                if *value == one.value && !one.unchanged {
                    return false;
                }
                let message = format!("there would be two documents of kind {kind} named `{name}`");
                let problem = Diagnostic::error(Code::Duplicate, message)
                    .at(one.place.clone(), format!("the first stands at {place}"));
                problems
                    .push(problem.help("give one of them another name; in OpenSLO v1 both would have one"));
                true
            });
        }
    }
    problems
}

/// Adds a document for each service that an SLO names and that has none, to the first file that names it.
fn add_services(files: &mut [File<'_>]) {
    let of_kind = |file: &File<'_>, kind: &str, pointer: &str| -> Vec<String> {
        let documents = file.documents.iter().filter(|one| said(&one.value, "/kind") == Some(kind));
        documents.filter_map(|one| said(&one.value, pointer)).map(ToOwned::to_owned).collect()
    };
    let mut there: BTreeSet<String> =
        files.iter().flat_map(|file| of_kind(file, "Service", "/metadata/name")).collect();
    for file in files {
        let Some(first) = file.documents.iter().find(|one| !one.unchanged) else { continue };
        let (place, from) = (first.place.clone(), first.from);
        for name in of_kind(file, "SLO", "/spec/service") {
            if there.insert(name.clone()) {
                let value = draft::document("Service", json!({ "name": name }), json!({}));
                let place = place.clone();
                file.documents.push(Drafted { value, place, from, unchanged: false });
            }
        }
    }
}

/// The text of a file, and which rules it follows.
fn finish(file: File<'_>) -> Result<Converted, Diagnostic> {
    let path = file.source.path().to_owned();
    let unchanged = file.documents.iter().all(|one| one.unchanged);
    let mut asked = Vec::new();
    let text = if unchanged {
        file.source.text().to_owned()
    } else {
        let values: Vec<Value> = file.documents.iter().map(|one| one.value.clone()).collect();
        for value in &values {
            queries(value, &mut asked);
        }
        document::write(&values).map_err(|why| {
            let message = format!("`{path}` cannot be written as OpenSLO v1: {why}");
            Diagnostic::error(Code::NotConverted, message).help("report this as a bug, with the file")
        })?
    };
    let of_kind =
        |kind: &str| file.documents.iter().filter(|one| said(&one.value, "/kind") == Some(kind)).count();
    let kinds = KINDS.into_iter().map(|kind| (kind, of_kind(kind))).filter(|(_, count)| *count > 0).collect();
    let (rules, broken) = proof::rules(&path, &text);
    let from = file.documents.iter().map(|one| one.from).collect();
    Ok(Converted { path, text, unchanged, from, kinds, rules, broken, kept: file.kept, queries: asked })
}

/// Every query of a document.
fn queries(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            into.extend(map.get("query").and_then(Value::as_str).map(ToOwned::to_owned));
            map.values().for_each(|inner| queries(inner, into));
        }
        Value::Array(list) => list.iter().for_each(|inner| queries(inner, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// There is nothing to convert.
fn nothing(files: usize) -> Diagnostic {
    let found = match files {
        0 => "no file was read".to_owned(),
        1 => "one file was read, and it holds none".to_owned(),
        files => format!("{files} files were read, and they hold none"),
    };
    Diagnostic::error(Code::NoSlo, "no definition is there to be converted").help(format!(
        "{found}; name files in the terms of OpenSLO, Sloth or Pyrra, or a directory that has them"
    ))
}

#[cfg(test)]
mod tests;
