//! A report that `check --format json` wrote, read back through its schema.
//!
//! A newer slogate may add properties within a version of the format, and none changes a meaning: those that are not
//! known here are passed over. A file of another version or another kind is refused at its line.

use std::path::Path;

use crate::command::judge::Stop;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{self, Document, Part, Schema};
use crate::report::explanation::{self, Page};
use crate::tree;
use crate::verdict::{Effect, Exit};

/// The version of the format that is read.
const VERSION: &str = "1";

/// Explains the report in a file; `named` is what the command line calls it.
///
/// # Errors
/// When it cannot be read, or is no report of this version.
pub fn explain(path: &Path, named: &str, page: Page) -> Result<String, Stop> {
    if !path.is_file() {
        return Err(Stop::Usage(format!("there is no file `{named}`")));
    }
    let bytes = tree::read_file(path)?;
    if bytes.len() > document::MAX_BYTES {
        let message = format!("`{named}` is larger than 1 MiB, which is more than a person reads");
        let help = "judge fewer services at once, with --service";
        return Err(Diagnostic::error(Code::Unreadable, message).help(help).into());
    }
    let source = document::decode(named, bytes)?;
    let documents = document::parse(&source).map_err(|problems| Stop::Invalid(as_json(problems)))?;
    let [document] = documents.as_slice() else { return Err(other_kind(named, None).into()) };
    if document.at("/verdict").is_none() || document.at("/rulings").is_none() {
        return Err(other_kind(named, Some(document)).into());
    }
    if let Some(version) = document.at("/version").filter(|version| version.number() != Some(VERSION)) {
        let message = format!("`{named}` is a report of another version than {VERSION}");
        let problem = Diagnostic::error(Code::Unsupported, message).at(version.place(), "this version");
        return Err(problem.help("explain it with the slogate that wrote it").into());
    }
    let mut problems = document.check(Schema::Report);
    problems.retain(|problem| problem.code != Code::UnknownKey);
    if !problems.is_empty() {
        return Err(Stop::Invalid(problems));
    }
    contradictions(document, &mut problems);
    if !problems.is_empty() {
        return Err(Stop::Invalid(problems));
    }
    Ok(explanation::verdict(document.root(), page))
}

/// The effects, from the mildest to the strictest.
const EFFECTS: [Effect; 6] =
    [Effect::Proceed, Effect::Inform, Effect::Warn, Effect::Unknown, Effect::Restrict, Effect::Freeze];

/// Tells where a report says two things: then it is not what was printed.
fn contradictions(document: &Document, problems: &mut Vec<Diagnostic>) {
    let help = "it is not what `slogate check` printed: explain the original";
    let rank = |name: &str| EFFECTS.iter().position(|effect| effect.as_str() == name);
    let (Some(effect), Some(rulings)) = (document.at("/verdict/effect"), document.at("/rulings")) else {
        return;
    };
    let own = effect.text().and_then(rank);
    for ruling in rulings.items().filter_map(|ruling| ruling.get("effect")) {
        if ruling.text().and_then(rank) > own {
            let message = "the verdict is milder than one of its rulings".to_owned();
            let problem =
                Diagnostic::error(Code::WrongValue, message).at(ruling.place(), "stricter than the verdict");
            problems.push(problem.help(help));
            break;
        }
    }
    let exit = document.at("/verdict/exit").and_then(Part::number);
    let name = document.at("/verdict/exit_name");
    let meant =
        Exit::ALL.iter().find(|(one, _)| Some(one.code().to_string().as_str()) == exit).map(|(one, _)| *one);
    if let Some(name) = name.filter(|name| name.text() != meant.map(Exit::as_str)) {
        let message = "the exit and its name are not of one kind".to_owned();
        let problem =
            Diagnostic::error(Code::WrongValue, message).at(name.place(), "not the name of that number");
        problems.push(problem.help(help));
    }
}

/// What is wrong with a file that does not parse, in words for those who expect JSON in it.
fn as_json(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let told = problems.into_iter().map(|problem| Diagnostic {
        message: problem.message.replace("not YAML", "not JSON"),
        ..problem.help("give it what `slogate check --format json` printed, and all of it")
    });
    told.collect()
}

/// The problem of a file that is no report.
fn other_kind(named: &str, document: Option<&Document>) -> Diagnostic {
    let problem = Diagnostic::error(Code::WrongValue, format!("`{named}` is no report of `slogate check`"))
        .help("name what `slogate check --format json` printed");
    match document {
        Some(document) => problem.at(document.root().key_place(), "a report has `verdict` and `rulings`"),
        None => problem,
    }
}
