//! What a condition means, read from its syntax: comparisons of facts with constants, joined by and, or and not.
//!
//! Constants are folded, captured ones included, and calls of the script's own functions are followed. Whatever is
//! something else is kept as the text that the author wrote, never guessed at. What is true or false by itself is a
//! comparison too: of the number that it is defined by. `prose` says a sense in words, `soundness` asks what it can be
//! true of.

use rust_decimal::Decimal;

use crate::diagnostic::Place;

mod reader;

pub(super) use reader::read;

/// What a condition means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sense {
    /// The same for every budget.
    Constant(bool),
    /// All of them hold.
    All(Vec<Self>),
    /// One of them holds.
    Any(Vec<Self>),
    /// A fact is compared with a constant.
    Compares(Compares),
    /// Something that is not taken apart.
    Written(Written),
}

/// A fact compared with a constant, the fact on the left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compares {
    /// The fact.
    pub(super) fact: Fact,
    /// The operator.
    pub(super) operator: Operator,
    /// The constant.
    pub(super) constant: Constant,
    /// Where it is written.
    pub(super) place: Place,
}

/// A fact and its argument. A signal is 1 where it fires and else 0; a `priority` is its number, above 5 for none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fact {
    /// `burn_rate`.
    pub(super) name: String,
    /// `1h`.
    pub(super) argument: Option<String>,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

/// What a fact is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    /// A share, a plain number, or seconds.
    Number(Decimal),
    /// A text.
    Text(String),
}

/// A part of a condition as its author wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    /// The text.
    pub(super) text: String,
    /// It does not hold.
    pub(super) negated: bool,
    /// The constants that it names: their names and values.
    pub(super) given: Vec<(String, String)>,
}

impl Operator {
    /// The operator that a policy writes so.
    pub(super) fn written(text: &str) -> Option<Self> {
        Some(match text {
            "<" => Self::Below,
            "<=" => Self::AtMost,
            ">" => Self::Above,
            ">=" => Self::AtLeast,
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            _ => return None,
        })
    }

    /// The operator as a policy writes it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        }
    }

    /// The operator with its sides exchanged.
    pub(super) const fn mirrored(self) -> Self {
        match self {
            Self::Below => Self::Above,
            Self::AtMost => Self::AtLeast,
            Self::Above => Self::Below,
            Self::AtLeast => Self::AtMost,
            Self::Equal => Self::Equal,
            Self::Unequal => Self::Unequal,
        }
    }

    /// The operator that holds exactly where this one does not: facts that are known are totally ordered.
    pub(super) const fn negated(self) -> Self {
        match self {
            Self::Below => Self::AtLeast,
            Self::AtMost => Self::Above,
            Self::Above => Self::AtMost,
            Self::AtLeast => Self::Below,
            Self::Equal => Self::Unequal,
            Self::Unequal => Self::Equal,
        }
    }

    /// Whether it holds for an ordering of left and right.
    pub(super) fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Below => left < right,
            Self::AtMost => left <= right,
            Self::Above => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
        }
    }
}

impl Sense {
    /// The sense that holds exactly where this one does not.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Constant(truth) => Self::Constant(!truth),
            Self::All(parts) => Self::Any(parts.into_iter().map(Self::negated).collect()),
            Self::Any(parts) => Self::All(parts.into_iter().map(Self::negated).collect()),
            Self::Compares(compares) => {
                Self::Compares(Compares { operator: compares.operator.negated(), ..compares })
            }
            Self::Written(written) => Self::Written(Written { negated: !written.negated, ..written }),
        }
    }

    /// True when a part of it was not taken apart.
    fn has_written(&self) -> bool {
        match self {
            Self::Written(_) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::has_written),
            Self::Constant(_) | Self::Compares(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
