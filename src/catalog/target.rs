//! How good: the share of events that must be good, from the text in which it was written.
//!
//! Decimals are read from their text, so that 99.7 percent are 0.997 exactly.

use rust_decimal::Decimal;

use super::Objective;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

/// The most digits after the point of an objective: one failure in a thousand million is finer than anybody counts.
pub(super) const MOST_DIGITS: u32 = 9;

/// The share that must be good: `text` as it was written at `part` under `key`, where `whole` stands for all events.
pub(super) fn share(
    part: Part<'_>,
    text: &str,
    key: &str,
    whole: Decimal,
    problems: &mut Vec<Diagnostic>,
) -> Option<Objective> {
    let mut wrong = |message: String, label: &str, help: String| {
        problems.push(Diagnostic::error(Code::WrongValue, message).at(part.place(), label).help(help));
    };
    let few = |value: &Decimal| value.normalize().scale() <= MOST_DIGITS;
    let is_decimal = |c: char| c.is_ascii_digit() || ".eE+-".contains(c);
    if !text.chars().all(is_decimal) {
        let help = format!("write it in decimal digits, such as `{key}: {}`", usual(whole));
        wrong(format!("`{text}` is no decimal number"), "not in decimal digits", help);
        return None;
    }
    let Some(value) = decimal(text).filter(few) else {
        let shown: String = text.chars().take(40).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        let message = format!("`{shown}{more}` has more digits than can be reckoned with exactly");
        wrong(message, "too many digits", "write it with fewer digits".to_owned());
        return None;
    };
    if value == whole {
        problems.push(full(part, text, key));
        return None;
    }
    if whole == Decimal::ONE_HUNDRED && value > Decimal::ZERO && value < Decimal::ONE {
        let percent = (value * Decimal::ONE_HUNDRED).normalize();
        wrong(
            format!("`{key}` is a percentage, and `{text}` is below 1 %"),
            "nearly everything could fail",
            // A text is meant where one stands.
            match part.text() {
                Some(_) => format!("did you mean `{key}: \"{percent}\"`?"),
                None => format!("did you mean `{key}: {percent}`?"),
            },
        );
        return None;
    }
    let objective = value.checked_div(whole).and_then(Objective::new);
    if objective.is_none() {
        let help = if whole == Decimal::ONE {
            // Nobody means one of a hundred.
            if value >= Decimal::from(50) && value < Decimal::ONE_HUNDRED {
                format!("did you mean `targetPercent: {text}`?")
            } else {
                format!("write the share of events that must be good, such as `{key}: {}`", usual(whole))
            }
        } else {
            format!("write the percentage of events that must be good, such as `{key}: {}`", usual(whole))
        };
        wrong(
            format!("`{key}` must be between 0 and {whole}, and is `{text}`"),
            "outside of the range",
            help,
        );
    }
    objective
}

/// An objective as many have it, where `whole` stands for all events.
fn usual(whole: Decimal) -> &'static str {
    if whole == Decimal::ONE { "0.999" } else { "99.9" }
}

/// An objective that lets nothing fail.
fn full(part: Part<'_>, text: &str, key: &str) -> Diagnostic {
    let message = format!("an objective of 100 % (`{key}: {text}`) leaves no error budget");
    Diagnostic::error(Code::FullObjective, message)
        .at(part.place(), "the first failure would stop all shipping for the whole period")
        .help("choose what users need and no more; 99.9 % allows 1 failure in 1,000 events")
}

/// A number's text as an exact decimal.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_as_they_are_written() {
        for (text, parts, scale) in
            [("99.7", 997, 1), ("99.95", 9995, 2), ("0.9990", 9990, 4), ("9.99e1", 999, 1)]
        {
            assert_eq!(decimal(text), Some(Decimal::new(parts, scale)), "{text}");
        }
        assert_eq!(decimal("0.99999999999999999999999999999999"), None);
    }
}
