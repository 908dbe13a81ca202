//! Problems as annotations: messages at lines of a pull request.

use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::publish::{Annotation, Level};

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
