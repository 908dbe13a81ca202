//! Parts of a condition that never decide, because another part says as much.
//!
//! Behind an `||` that is a part that holds only where another one does, behind an `&&` one that holds wherever another
//! one does. Most often one of the two thresholds is not the one that was meant.

use super::alternative::{Alternative, implies, spread, stretches};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::policy::sense::Sense;

/// Warnings about parts of a condition that never decide.
pub(super) fn examine(sense: &Sense) -> Vec<Diagnostic> {
    let (parts, either) = match sense {
        Sense::Constant(_) | Sense::Compares(_) | Sense::Written(_) => return Vec::new(),
        Sense::Any(parts) => (parts, true),
        Sense::All(parts) => (parts, false),
    };
    let spreads: Vec<Option<Vec<Alternative>>> = parts.iter().map(possible).collect();
    let idle = |one: &[Alternative], other: &[Alternative]| {
        if either { implies(one, other) } else { implies(other, one) }
    };
    let mut problems = Vec::new();
    for (index, (part, own)) in parts.iter().zip(&spreads).enumerate() {
        let Some(own) = own else { continue };
        let never_decides = spreads.iter().enumerate().any(|(place, other)| {
            let Some(other) = other.as_ref().filter(|_| place != index) else { return false };
            // Of two that say the same, the second one is idle.
            idle(own, other) && (place < index || !idle(other, own))
        });
        match place(part).filter(|_| never_decides) {
            Some(place) => problems.push(warning(place, either)),
            None => problems.extend(examine(part)),
        }
    }
    problems
}

/// The alternatives of a part that can hold at all; none where it never does or has too many.
fn possible(part: &Sense) -> Option<Vec<Alternative>> {
    let spread = spread(part)?;
    spread.iter().any(|one| stretches(&one.compares, None).is_some()).then_some(spread)
}

/// Where a part is written; none for one without a comparison.
fn place(part: &Sense) -> Option<Place> {
    match part {
        Sense::Compares(compares) => Some(compares.place.clone()),
        Sense::All(parts) | Sense::Any(parts) => parts.iter().find_map(place),
        Sense::Constant(_) | Sense::Written(_) => None,
    }
}

/// The warning about a part.
fn warning(place: Place, either: bool) -> Diagnostic {
    let message = if either {
        "a part of the condition adds nothing: wherever it holds, another part of the `||` does, too"
    } else {
        "a part of the condition adds nothing: it holds wherever another part of the `&&` does"
    };
    let help = "look at the thresholds of both and at the direction of the comparisons, or take the part out";
    Diagnostic::warning(Code::Shadowed, message).at(place, "never decides").help(help)
}
