//! Numbers and instants as people read them. Display only: nothing here is ever compared with a threshold.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::budget::gap::duration;
pub use crate::catalog::percent as objective;
use crate::policy::{Comparison, Evidence, Value};

/// A share as a percentage: `-23.4 %`, `0 %`. A share that is not nothing never reads as 0.
#[must_use]
pub fn percent(share: Decimal) -> String {
    format!("{} %", short(hundredfold(share)))
}

/// A share in percent; one beyond all measure stays where it is.
#[must_use]
pub fn hundredfold(share: Decimal) -> Decimal {
    share.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(share)
}

/// A burn rate as a multiple: `14.4x`.
#[must_use]
pub fn rate(multiple: Decimal) -> String {
    format!("{}x", short(multiple))
}

/// A number with one digit after the point, more where that would read as nothing, none where there are none.
#[must_use]
pub fn short(number: Decimal) -> String {
    let rounded = number.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
    if rounded.is_zero() && !number.is_zero() {
        let digits = number.round_sf(2).unwrap_or(number).normalize();
        if digits.scale() > 6 {
            format!("{}0.000001", if number.is_sign_negative() { "-" } else { "<" })
        } else {
            digits.to_string()
        }
    } else {
        rounded.normalize().to_string()
    }
}

/// A number of events with thin groups: `1 234 567`.
#[must_use]
pub fn count(events: Decimal) -> String {
    let text = events.round_dp(0).normalize().to_string();
    grouped(&text)
}

/// A number of events that need not be whole, with thin groups and one digit after the point: `1 424.2`.
#[must_use]
pub fn amount(events: Decimal) -> String {
    let text = short(events);
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{}.{fraction}", grouped(whole)),
        None => grouped(&text),
    }
}

/// Digits in thin groups of three.
fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}")
}

/// A text whose thin groups are kept apart by plain spaces, for a terminal that has no others.
#[must_use]
pub fn plain(text: &str) -> String {
    text.replace('\u{202f}', " ")
}

/// A value that a condition read.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::Ratio(share) => percent(*share),
        Value::Rate(multiple) => rate(*multiple),
        Value::Count(events) => count(*events),
        Value::Time(seconds) => time(*seconds),
        Value::Never => "never".to_owned(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Word(word) => (*word).to_owned(),
        Value::Unknown(why) => format!("not known ({why})"),
    }
}

/// How far a value is from what it was compared with, in the value's own unit and whatever its sign; none where there is
/// no such distance.
#[must_use]
pub fn distance(from: &Value, comparison: &Comparison) -> Option<String> {
    let apart = |one: &Decimal, other: &Decimal| one.checked_sub(*other).map(|apart| apart.abs());
    match (from, &comparison.threshold) {
        (Value::Ratio(one), Value::Ratio(other)) => {
            Some(format!("{} percentage points", short(hundredfold(apart(one, other)?))))
        }
        (Value::Rate(one), Value::Rate(other)) => Some(rate(apart(one, other)?)),
        (Value::Count(one), Value::Count(other)) => Some(format!("{} events", count(apart(one, other)?))),
        (Value::Time(one), Value::Time(other)) => Some(time(apart(one, other)?)),
        _ => None,
    }
}

/// A length of time in its two largest units: `4d 3h`, `0s`.
fn time(seconds: Decimal) -> String {
    // What no integer holds is longer than anybody waits.
    seconds.trunc().to_i64().map_or_else(|| "never".to_owned(), duration)
}

/// True for what was read of a signal.
#[must_use]
pub fn is_signal(evidence: &Evidence) -> bool {
    evidence.fact.starts_with("signal(")
}

/// What a fact was held to, where that says more than the fact: a signal fires or is quiet, and that is all.
#[must_use]
pub fn limit(evidence: &Evidence) -> Option<&Comparison> {
    evidence.compared.as_ref().filter(|_| !is_signal(evidence))
}

/// A threshold with its operator: `at or below 0 %`.
#[must_use]
pub fn threshold(comparison: &Comparison) -> String {
    format!("{} {}", operator(comparison), value(&comparison.threshold))
}

/// A comparison as what follows under it: `freezes below 0 %`, `freezes if it is "checkout"`.
#[must_use]
pub fn condition(comparison: &Comparison) -> &'static str {
    match operator(comparison) {
        "is" => "if it is",
        "is not" => "if it is not",
        other => other,
    }
}

/// Whether a comparison held.
#[must_use]
pub const fn held(comparison: &Comparison) -> &'static str {
    if comparison.held { "holds" } else { "does not hold" }
}

/// A comparison's operator in words.
#[must_use]
pub fn operator(comparison: &Comparison) -> &'static str {
    let is_named = matches!(comparison.threshold, Value::Text(_) | Value::Word(_));
    match comparison.operator {
        "==" if is_named => "is",
        "!=" if is_named => "is not",
        "<=" => "at or below",
        "<" => "below",
        ">=" => "at or above",
        ">" => "above",
        "==" => "at",
        _ => "not at",
    }
}

/// An instant: `21 Nov 12:00 UTC`.
#[must_use]
pub fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| "beyond all time".to_owned(), moment)
}

/// An instant: `21 Nov 12:00 UTC`.
#[must_use]
pub fn moment(instant: Timestamp) -> String {
    instant.to_zoned(TimeZone::UTC).strftime("%-d %b %H:%M UTC").to_string()
}

/// How long something has lasted, in its largest unit: `4 days`, `1 hour`.
#[must_use]
pub fn lasting(seconds: i64) -> String {
    for (unit, length) in [("day", 86_400), ("hour", 3_600), ("minute", 60)] {
        let count = seconds / length;
        if count > 0 {
            return format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
        }
    }
    "just now".to_owned()
}

/// A period: `28d`.
#[must_use]
pub fn period(seconds: i64) -> String {
    duration(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Bearing;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn a_share_that_is_not_nothing_never_reads_as_nothing() {
        assert_eq!(percent(decimal("-0.2341")), "-23.4 %");
        assert_eq!(percent(decimal("0")), "0 %");
        assert_eq!(percent(decimal("-0.0000123")), "-0.0012 %");
        assert_eq!(percent(decimal("1")), "100 %");
        assert_eq!(objective(decimal("0.9995")), "99.95 %");
    }

    #[test]
    fn distances_have_the_unit_of_what_is_compared_and_nothing_else_has_one() {
        let far = |value: Value, threshold: Value| {
            distance(&value, &Comparison { operator: "<", threshold, held: false, bearing: Bearing::For })
        };
        let ratio = |text: &str| Value::Ratio(decimal(text));
        assert_eq!(far(ratio("0.614"), ratio("0")).as_deref(), Some("61.4 percentage points"));
        assert_eq!(far(ratio("-0.2"), ratio("0.1")).as_deref(), Some("30 percentage points"));
        assert_eq!(far(Value::Rate(decimal("2")), Value::Rate(decimal("14.4"))).as_deref(), Some("12.4x"));
        assert_eq!(far(Value::Time(decimal("3600")), Value::Time(decimal("86400"))).as_deref(), Some("23h"));
        assert_eq!(far(Value::Never, Value::Time(decimal("86400"))), None);
        assert_eq!(far(Value::Text("a".to_owned()), Value::Text("b".to_owned())), None);
    }

    #[test]
    fn counts_are_grouped_by_three() {
        assert_eq!(count(decimal("1234567.2")), "1\u{202f}234\u{202f}567");
        assert_eq!(count(decimal("-12")), "-12");
        assert_eq!(amount(decimal("1424.24")), "1\u{202f}424.2");
        assert_eq!(amount(decimal("-7450")), "-7\u{202f}450");
    }
}
