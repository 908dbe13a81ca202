//! A report that `check --format json` wrote, told to a person.

use std::path::Path;

use crate::command::judge::Stop;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Document, Part};
use crate::policy::recorded;
use crate::report::explanation::{self, Page};
use crate::tree;
use crate::verdict::{Effect, Exit};

/// Explains the report in a file; `named` is what the command line calls it.
///
/// # Errors
/// When it cannot be read, or is no report of this version.
pub fn explain(path: &Path, named: &str, page: Page) -> Result<String, Stop> {
    if !path.is_file() {
        return Err(Stop::Usage(format!("there is no file `{named}`")));
    }
    let bytes = tree::read_file(path)?;
    let document = recorded::read(named, bytes).map_err(Stop::Invalid)?;
    let mut problems = Vec::new();
    contradictions(&document, &mut problems);
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
