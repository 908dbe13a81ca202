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
    let target = Target { part, text, key, whole };
    let objective = target.number().and_then(|value| target.objective(value));
    objective.map_err(|problem| problems.push(problem)).ok()
}

/// A target as it was written.
#[derive(Clone, Copy)]
struct Target<'a> {
    /// Where it stands.
    part: Part<'a>,
    /// Its text.
    text: &'a str,
    /// The key that it stands under.
    key: &'a str,
    /// What stands for all events: 1 or 100.
    whole: Decimal,
}

impl Target<'_> {
    /// What is wrong with it.
    fn wrong(self, message: String, label: &str, help: String) -> Diagnostic {
        Diagnostic::error(Code::WrongValue, message).at(self.part.place(), label).help(help)
    }

    /// The number that was written, whatever it means.
    fn number(self) -> Result<Decimal, Diagnostic> {
        let Self { text, key, whole, .. } = self;
        let is_decimal = |c: char| c.is_ascii_digit() || ".eE+-".contains(c);
        if !text.chars().all(is_decimal) {
            let help = format!("write it in decimal digits, such as `{key}: {}`", usual(whole));
            let message = format!("`{text}` is no decimal number");
            return Err(self.wrong(message, "not in decimal digits", help));
        }
        let few = |value: &Decimal| value.normalize().scale() <= MOST_DIGITS;
        decimal(text).filter(few).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            let message = format!("`{shown}{more}` has more digits than can be reckoned with exactly");
            self.wrong(message, "too many digits", "write it with fewer digits".to_owned())
        })
    }

    /// The objective that a number is.
    fn objective(self, value: Decimal) -> Result<Objective, Diagnostic> {
        let Self { part, text, key, whole } = self;
        if value == whole {
            return Err(full(part, text, key));
        }
        if whole == Decimal::ONE_HUNDRED && value > Decimal::ZERO && value < Decimal::ONE {
            let percent = (value * Decimal::ONE_HUNDRED).normalize();
            let message = format!("`{key}` is a percentage, and `{text}` is below 1 %");
            // A text is meant where one stands.
            let help = match part.text() {
                Some(_) => format!("did you mean `{key}: \"{percent}\"`?"),
                None => format!("did you mean `{key}: {percent}`?"),
            };
            return Err(self.wrong(message, "nearly everything could fail", help));
        }
        value.checked_div(whole).and_then(Objective::new).ok_or_else(|| self.outside(value))
    }

    /// A number that is no share of all events.
    fn outside(self, value: Decimal) -> Diagnostic {
        let Self { text, key, whole, .. } = self;
        let is_share = whole == Decimal::ONE;
        // Nobody means one of a hundred.
        let help = if is_share && value >= Decimal::from(50) && value < Decimal::ONE_HUNDRED {
            format!("did you mean `targetPercent: {text}`?")
        } else {
            let what = if is_share { "share" } else { "percentage" };
            format!("write the {what} of events that must be good, such as `{key}: {}`", usual(whole))
        };
        let message = format!("`{key}` must be between 0 and {whole}, and is `{text}`");
        self.wrong(message, "outside of the range", help)
    }
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
