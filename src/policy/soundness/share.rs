//! Shares that surely should be a hundred times as large: `percent(0.1)` where 10 % are meant.

use rust_decimal::Decimal;

use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic};
use crate::policy::length;
use crate::policy::prose::share;
use crate::policy::sense::{Compares, Constant, Sense};

/// One per cent.
const PERCENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// Warnings about shares below 1 % that nobody means.
pub(super) fn tiny(sense: &Sense, slos: &[&Slo]) -> Vec<Diagnostic> {
    match sense {
        Sense::Constant(_) | Sense::Written(_) => Vec::new(),
        Sense::All(parts) | Sense::Any(parts) => parts.iter().flat_map(|part| tiny(part, slos)).collect(),
        Sense::Compares(compares) => warning(compares, slos).into_iter().collect(),
    }
}

/// The warning about one comparison, if its share is one.
fn warning(compares: &Compares, slos: &[&Slo]) -> Option<Diagnostic> {
    let Constant::Number(number) = compares.constant else { return None };
    let name = compares.fact.name.as_str();
    let odd = match name.rsplit('.').next().unwrap_or(name) {
        "remaining" | "consumed" | "objective" | "worst_incident" | "burned_by" | "burned_by_kind"
        | "worst_kind" => true,
        // In a short window a small share is much: what counts is whether the budget burns faster than evenly.
        "burned" => slower(number, compares, slos),
        _ => false,
    };
    if !odd || number.is_zero() || number.abs() >= PERCENT {
        return None;
    }
    let (written, meant) = (number * Decimal::ONE_HUNDRED, number * Decimal::from(10_000));
    let message = format!("`percent({})` is {}, a part of one per cent", written.normalize(), share(number));
    let help = format!("did you mean `percent({})`? the number counts in per cent", meant.normalize());
    Some(
        Diagnostic::warning(Code::TinyShare, message)
            .at(compares.place.clone(), "next to nothing")
            .help(help),
    )
}

/// True when a share of the budget within a window is less than an even burn would take, for every SLO.
fn slower(number: Decimal, compares: &Compares, slos: &[&Slo]) -> bool {
    let window = compares.fact.argument.as_deref().and_then(length::length);
    let longest = slos.iter().map(|slo| slo.period).max();
    match (window, longest) {
        (Some(window), Some(period)) => number * Decimal::from(period) < Decimal::from(window),
        _ => false,
    }
}
