//! Numbers as monitoring systems write them, read into exact decimals; NaN and the infinities are told apart
//! from what is no number at all. Floats never come in between.

use rust_decimal::Decimal;

use crate::budget::series::MOST;

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// A number, to 28 digits.
    Finite(Decimal),
    /// NaN, an infinity, or too large to be reckoned with.
    NotFinite,
}

impl Number {
    /// The number as events of a step or a period: rounded to 9 decimals, none when nobody could have counted it.
    #[must_use]
    pub fn events(self) -> Option<Decimal> {
        match self {
            Self::Finite(value) if value.abs() <= MOST => Some(value.round_dp(9)),
            Self::Finite(_) | Self::NotFinite => None,
        }
    }
}

/// Reads a number: `12`, `0.5`, `1.5e+06`, `NaN`, `+Inf`. None for any other text.
#[must_use]
pub fn read(text: &str) -> Option<Number> {
    if let Some((digits, scale)) = short(text) {
        return Some(Number::Finite(Decimal::new(digits, scale)));
    }
    if text.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        let word = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
        return ["nan", "inf", "infinity"].contains(&word.as_str()).then_some(Number::NotFinite);
    }
    // Only what is a number for everyone else too: `from_scientific` alone would let some others pass.
    let shape: f64 = text.parse().ok()?;
    Some(if text.contains(['e', 'E']) { scientific(text, shape) } else { plain(text, shape) })
}

/// Whether a text is a number other than zero; none for NaN, the infinities and what is no number. However small or
/// large a number is, it is told from zero.
#[must_use]
pub fn nonzero(text: &str) -> Option<bool> {
    read(text)?;
    let digits =
        text.split(['e', 'E']).next().filter(|part| part.bytes().any(|byte| byte.is_ascii_digit()))?;
    Some(digits.bytes().any(|byte| matches!(byte, b'1'..=b'9')))
}

/// The digits of a plain number of at most 18 digits, and how many of them stand behind the point. Nearly every
/// number of a history is one, and this is many times faster than the general way.
#[must_use]
pub fn short(text: &str) -> Option<(i64, u32)> {
    let (negative, plain) = text.strip_prefix('-').map_or((false, text), |plain| (true, plain));
    let (mut digits, mut count, mut scale) = (0_i64, 0, None);
    for byte in plain.bytes() {
        match (byte, scale) {
            (b'0'..=b'9', _) if count < 18 => {
                digits = digits * 10 + i64::from(byte - b'0');
                count += 1;
                scale = scale.map(|scale| scale + 1);
            }
            (b'.', None) => scale = Some(0),
            _ => return None,
        }
    }
    (count > 0).then(|| (if negative { -digits } else { digits }, scale.unwrap_or(0)))
}

/// A number without an exponent.
fn plain(text: &str, shape: f64) -> Number {
    match Decimal::from_str_radix(text.trim_start_matches('+'), 10) {
        Ok(value) => Number::Finite(value),
        // More digits than a decimal holds: before the point it is too large, after the point it is nothing.
        Err(_) if shape.abs() < 1.0 => Number::Finite(Decimal::ZERO),
        Err(_) => Number::NotFinite,
    }
}

/// A number with an exponent.
fn scientific(text: &str, shape: f64) -> Number {
    match Decimal::from_scientific(text) {
        Ok(value) => Number::Finite(value),
        Err(_) if shape.abs() < 1.0 => {
            Number::Finite(Decimal::from_scientific_lossy(text).unwrap_or_default())
        }
        Err(_) => Number::NotFinite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finite(text: &str) -> String {
        match read(text) {
            Some(Number::Finite(value)) => value.normalize().to_string(),
            other => panic!("`{text}` reads as {other:?}"),
        }
    }

    #[test]
    fn numbers_are_read_exactly() {
        for (text, value) in [
            ("12", "12"),
            ("-3", "-3"),
            ("+7.5", "7.5"),
            ("0.1", "0.1"),
            ("5.", "5"),
            ("-0.05", "-0.05"),
            ("123456789012345678", "123456789012345678"),
            ("9223372036854775808", "9223372036854775808"),
            ("1234567890.123456789", "1234567890.123456789"),
            (".5", "0.5"),
            ("1.5e+06", "1500000"),
            ("1E3", "1000"),
            ("2.5e-3", "0.0025"),
            ("1e-300", "0"),
            ("123456789012345678901.5", "123456789012345678901.5"),
            ("0.30000000000000004440892098500626", "0.300000000000000044408920985"),
        ] {
            assert_eq!(finite(text), value, "{text}");
        }
    }

    #[test]
    fn what_is_not_finite_is_no_number_of_events() {
        for text in ["NaN", "+Inf", "-Inf", "Inf", "1e300", "-1e300", "99999999999999999999999999999999"] {
            assert_eq!(read(text), Some(Number::NotFinite), "{text}");
        }
        assert_eq!(read("1e16").and_then(Number::events), None);
        assert_eq!(read("0.1234567891").and_then(Number::events), Some(Decimal::new(123_456_789, 9)));
    }

    #[test]
    fn a_number_is_told_from_zero_whatever_its_size() {
        for (text, wanted) in [
            ("0", false),
            ("-0", false),
            ("0.000", false),
            ("0e+50", false),
            ("1", true),
            ("-3.5", true),
            ("0.0000000001", true),
            ("5e-324", true),
            ("1.7976931348623157e+308", true),
        ] {
            assert_eq!(nonzero(text), Some(wanted), "{text}");
        }
        for text in ["NaN", "+Inf", "-Inf", "Infinity", "", "one", "1 0", "e5"] {
            assert_eq!(nonzero(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "", "-", ".", "-.", " 1", "1 ", "1_000", "0x10", "one", "1e", "e5", "--1", "1.2.3", "+", "1e5e5",
            "nano",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
