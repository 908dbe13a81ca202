//! Problems as annotations: messages at lines of a pull request.

use std::rc::Rc;

use crate::command::known::Known;
use crate::command::touched::Touched;
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::publish::{Annotation, Level, workflow};
use crate::tree::Tree;

/// What a verb says of a whole run, at no line of any file.
#[must_use]
pub fn of_run(verb: &str, level: Level, message: &str) -> Annotation {
    Annotation {
        level,
        file: None,
        line: None,
        column: None,
        end_column: None,
        title: format!("slogate {verb}"),
        message: message.to_owned(),
    }
}

/// A problem as an annotation; `prefix` is where its files lie in the repository.
pub fn of(problem: &Diagnostic, prefix: &str) -> Annotation {
    let place = problem.place();
    let help = if problem.help.is_empty() { String::new() } else { format!("\n{}", problem.help) };
    // GitHub takes an end only where it is on the same line.
    let short = place.filter(|place| place.end_line() == place.line() && !place.text().is_empty());
    Annotation {
        level: match problem.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        },
        file: place.map(|place| format!("{prefix}{}", place.source.path())),
        line: place.map(Place::line),
        column: place.map(Place::column),
        end_column: short
            .map(|place| place.column() + place.text().trim_end_matches('\n').chars().count().max(1) - 1),
        title: format!("slogate: {}", problem.code),
        message: format!("{}{help}", problem.message),
    }
}

/// What stood there before a change.
pub struct Before {
    /// Its text.
    pub tree: Rc<dyn Tree>,
    /// What was wrong in it; none where that cannot be told, so that the lines alone say what is the change's.
    pub known: Option<Known>,
}

/// Problems as commands to the runner: those on lines that differ from what stood there before or that were not there
/// before, and a count of the others; all of them where nothing is compared.
pub fn commands(problems: &[Diagnostic], before: Option<Before>, prefix: &str) -> String {
    let (ours, others): (Vec<&Diagnostic>, Vec<&Diagnostic>) = match before {
        Some(Before { tree, known }) => {
            let mut touched = Touched::of(tree, None);
            let is_new = |problem: &Diagnostic| known.as_ref().is_some_and(|known| !known.has(problem));
            problems.iter().partition(|problem| is_new(problem) || touched.has(problem))
        }
        None => (problems.iter().collect(), Vec::new()),
    };
    let mut annotations: Vec<Annotation> = ours.into_iter().map(|problem| of(problem, prefix)).collect();
    if let Some(first) = others.first() {
        let stand = if others.len() == 1 { "stands" } else { "stand" };
        let errors = others.iter().filter(|problem| problem.is_error()).count();
        let counts = [(errors, "error", "errors"), (others.len() - errors, "warning", "warnings")];
        let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(count, one, many)| format!("{count} more {}", if count == 1 { one } else { many }))
            .collect();
        let message = format!(
            "{} {stand} on lines that this change does not touch: `slogate validate` lists them",
            counts.join(" and ")
        );
        annotations.push(Annotation {
            // What fails the step is not to be overlooked; the errors come first.
            level: if first.is_error() { Level::Error } else { Level::Notice },
            file: None,
            line: None,
            column: None,
            end_column: None,
            title: "slogate".to_owned(),
            message,
        });
    }
    workflow::commands(&annotations, "`slogate validate` lists all of them")
}
