//! What a YAML scalar stands for, by the core schema of YAML 1.2.
//!
//! `yes` and `on` are texts, `017` is seventeen, `.inf` is a text. A number stays the text in which it was
//! written, because `99.7` as a binary fraction is no longer 99.7; `number` is for those who need its size.

use serde_json::Number;

use super::Content;

/// What a plain scalar is.
pub(super) fn plain(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        _ if number(text).is_some() => Content::Number(text.to_owned()),
        _ => Content::Text(text.to_owned()),
    }
}

/// The number that a text stands for; none when it is no number, or one beyond what JSON can hold.
pub(super) fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = digits(whole)
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| !text.is_empty() && digits(text))
        && (!whole.is_empty() || fraction.is_some_and(|text| !text.is_empty()));
    if !well_formed {
        return None;
    }
    if fraction.is_none() && exponent.is_none() {
        let whole = text.strip_prefix('+').unwrap_or(text);
        if let Ok(number) = whole.parse::<i64>() {
            return Some(Number::from(number));
        }
        if let Ok(number) = whole.parse::<u64>() {
            return Some(Number::from(number));
        }
    }
    text.parse().ok().and_then(Number::from_f64)
}

/// A whole number in another base.
fn radix(digits: &str, base: u32) -> Option<Number> {
    if digits.starts_with(['-', '+']) {
        None
    } else {
        u64::from_str_radix(digits, base).ok().map(Number::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_core_schema() {
        for text in ["0", "-3", "+7", "017", "99.95", "1e3", "1.5E-2", ".5", "1.", "0x1F", "0o17"] {
            assert!(number(text).is_some(), "{text} is a number");
        }
        assert_eq!(number("017"), Some(Number::from(17)));
        assert_eq!(number("0o17"), Some(Number::from(15)));
        for text in [
            "", "-", ".", "1_000", "1:30", "1.2.3", ".inf", ".nan", "inf", "NaN", "1e", "e1", "--1", "1e999",
            "0x-1", "5m",
        ] {
            assert!(number(text).is_none(), "{text} is no number");
        }
    }

    #[test]
    fn only_true_and_false_are_truth_values() {
        assert!(matches!(plain("True"), Content::Bool(true)));
        assert!(matches!(plain("yes"), Content::Text(_)));
        assert!(matches!(plain("off"), Content::Text(_)));
        assert!(matches!(plain("~"), Content::Null));
    }
}
