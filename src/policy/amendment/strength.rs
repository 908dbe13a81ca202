//! Whether a condition holds of fewer budgets than another one, or of more, as far as their senses tell.

use std::cmp::Ordering;

use super::super::sense::{self, Compares, Constant, Operator, Sense};
use super::super::{Condition, Policy};

/// The most steps of one search: whoever writes a condition chooses how deep it is.
const MOST_STEPS: u32 = 10_000;

/// How a condition stands to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// It holds of the same budgets.
    Same,
    /// It holds of fewer budgets, and of no other ones.
    Narrower,
    /// It holds of more budgets, and of all that it held of.
    Wider,
    /// Nobody can tell.
    Other,
}

/// How a condition stands to the one before it.
pub(super) fn of((old, from): (&Policy, &Condition), (new, to): (&Policy, &Condition)) -> Strength {
    let lasting = match (from.steadily.unwrap_or(0)).cmp(&to.steadily.unwrap_or(0)) {
        Ordering::Less => Strength::Narrower,
        Ordering::Equal => Strength::Same,
        Ordering::Greater => Strength::Wider,
    };
    both(between(&sense::read(old, from), &sense::read(new, to)), lasting)
}

/// Both of two parts at once.
fn both(one: Strength, other: Strength) -> Strength {
    match (one, other) {
        (Strength::Same, other) => other,
        (one, Strength::Same) => one,
        (one, other) if one == other => one,
        _ => Strength::Other,
    }
}

/// How a sense stands to another one: by which of them implies which.
fn between(from: &Sense, to: &Sense) -> Strength {
    let implies = |one: &Sense, other: &Sense| Search { left: MOST_STEPS }.implies(one, other);
    match (implies(to, from), implies(from, to)) {
        (true, true) => Strength::Same,
        (true, false) => Strength::Narrower,
        (false, true) => Strength::Wider,
        (false, false) => Strength::Other,
    }
}

/// A search for an implication, which ends as not found when its steps are used up.
struct Search {
    /// The steps that are left.
    left: u32,
}

impl Search {
    /// Whether one sense holds only where another one does, as far as their parts show it.
    fn implies(&mut self, one: &Sense, other: &Sense) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        match (one, other) {
            (Sense::Constant(false), _) | (_, Sense::Constant(true)) => true,
            (Sense::Any(parts), _) => parts.iter().all(|part| self.implies(part, other)),
            (_, Sense::All(parts)) => parts.iter().all(|part| self.implies(one, part)),
            (Sense::All(own), Sense::Any(parts)) => {
                own.iter().any(|part| self.implies(part, other))
                    || parts.iter().any(|part| self.implies(one, part))
            }
            (Sense::All(own), _) => own.iter().any(|part| self.implies(part, other)),
            (_, Sense::Any(parts)) => parts.iter().any(|part| self.implies(one, part)),
            (Sense::Compares(one), Sense::Compares(other)) => compared(one, other),
            (Sense::Written(one), Sense::Written(other)) => {
                (&one.text, one.negated, &one.given) == (&other.text, other.negated, &other.given)
            }
            (Sense::Constant(_) | Sense::Compares(_) | Sense::Written(_), _) => false,
        }
    }
}

/// Whether a comparison holds only where another one of the same fact does.
fn compared(one: &Compares, other: &Compares) -> bool {
    if one.fact != other.fact {
        return false;
    }
    let (Constant::Number(inner), Constant::Number(outer)) = (&one.constant, &other.constant) else {
        return one.constant == other.constant && one.operator == other.operator;
    };
    match (one.operator, other.operator) {
        (Operator::AtMost, Operator::Below) => inner < outer,
        (Operator::Below | Operator::AtMost | Operator::Equal, Operator::AtMost)
        | (Operator::Below, Operator::Below) => inner <= outer,
        (Operator::Equal, Operator::Below) => inner < outer,
        (Operator::AtLeast | Operator::Equal, Operator::Above) => inner > outer,
        (Operator::Above | Operator::AtLeast | Operator::Equal, Operator::AtLeast)
        | (Operator::Above, Operator::Above) => inner >= outer,
        (inner_operator, outer_operator) => inner_operator == outer_operator && inner == outer,
    }
}
