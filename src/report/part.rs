//! The parts of a composite budget in words: what each of them took of it, or which one is not known.

use rust_decimal::Decimal;

use crate::budget::composite::Spent;
use crate::budget::gap::Gap;
use crate::report::{BudgetLine, figure};

/// What each part took, or why one of them is not known, without a period at its end; none of a budget that counts its own
/// events. `safe` makes a text harmless where it is shown.
#[must_use]
pub fn sentence(line: &BudgetLine, safe: impl Fn(&str) -> String) -> Option<String> {
    let known = match &line.figures {
        Ok(known) => known,
        Err(gap @ Gap::Part { .. }) => return Some(safe(&gap.to_string())),
        Err(_) => return None,
    };
    let took = |part: &Spent| {
        let weight = part.weight.normalize();
        let weight = if weight == Decimal::ONE { String::new() } else { format!(", weight {weight}") };
        let (name, objective) = (safe(&part.name), figure::objective(part.objective.share()));
        format!("{name} ({objective}{weight}) took {}", figure::percent(part.consumed))
    };
    let took: Vec<String> = known.parts.iter().map(took).collect();
    if took.is_empty() { None } else { Some(took.join(", ")) }
}
