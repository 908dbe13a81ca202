//! What somebody meant who wrote a value in other units, letters or signs than the format has: the same value as the
//! format writes it. Nothing is guessed where two readings are possible.

use rust_decimal::Decimal;
use serde_json::Value;

/// A duration in the units of a rule's pattern (`^[1-9][0-9]*[mhdw]$`), from one in other letters or in words.
pub(super) fn duration(text: &str, rule: &Value) -> Option<String> {
    let pattern = rule.get("pattern")?.as_str()?;
    let units = pattern.rsplit('[').next()?.split(']').next()?;
    if units.is_empty() || !units.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (count, unit) = text.split_at_checked(digits)?;
    let count: u32 = count.parse().ok().filter(|count| *count > 0)?;
    let unit = unit.trim();
    let (letter, days) = match unit.to_lowercase().as_str() {
        "s" | "sec" | "second" | "seconds" => ('s', None),
        "min" | "minute" | "minutes" => ('m', None),
        // A capital letter is a month; whether a small one is meant, nobody knows.
        "m" => (if unit == "M" { 'M' } else { 'm' }, (unit == "M").then_some(30)),
        "h" | "hr" | "hour" | "hours" => ('h', None),
        "d" | "day" | "days" => ('d', None),
        "w" | "wk" | "week" | "weeks" => ('w', Some(7)),
        "mo" | "month" | "months" => ('M', Some(30)),
        "q" | "quarter" | "quarters" => ('Q', Some(90)),
        "y" | "yr" | "year" | "years" => (if units.contains('y') { 'y' } else { 'Y' }, Some(365)),
        _ => return None,
    };
    if units.contains(letter) {
        return Some(format!("{count}{letter}"));
    }
    let days = days.filter(|_| units.contains('d')).and_then(|days| count.checked_mul(days))?;
    Some(format!("{days}d"))
}

/// A share or a percentage as a rule wants it, from one with a percent sign or from one that was written as the other.
pub(super) fn share(text: &str, rule: &Value) -> Option<String> {
    let said = ["title", "description"].into_iter().filter_map(|key| rule.get(key)?.as_str());
    if !said.into_iter().any(|words| words.contains("share") || words.contains("percent")) {
        return None;
    }
    let example = rule.get("examples")?.get(0)?;
    let example: Decimal =
        example.as_str().map_or_else(|| example.to_string(), str::to_owned).parse().ok()?;
    let is_share = example < Decimal::ONE;
    let signed = text.trim().strip_suffix('%');
    let value: Decimal = signed.unwrap_or(text).trim().parse().ok()?;
    let half = Decimal::from(50);
    let meant = match (signed.is_some(), is_share) {
        (true, true) => value.checked_div(Decimal::ONE_HUNDRED)?,
        (true, false) => value,
        (false, true) if value >= half && value < Decimal::ONE_HUNDRED => {
            value.checked_div(Decimal::ONE_HUNDRED)?
        }
        (false, false) if value > Decimal::ZERO && value < Decimal::ONE => {
            value.checked_mul(Decimal::ONE_HUNDRED)?
        }
        (false, _) => return None,
    };
    let meant = meant.normalize();
    let quote = if example_is_text(rule) { "\"" } else { "" };
    Some(format!("{quote}{meant}{quote}"))
}

/// True where a rule's example is a text, so that what is meant stands in quotes.
fn example_is_text(rule: &Value) -> bool {
    rule.get("examples").and_then(|examples| examples.get(0)).is_some_and(Value::is_string)
}

/// The word for a sign of comparison.
pub(super) fn comparison(text: &str) -> Option<&'static str> {
    Some(match text.trim() {
        "<" => "lt",
        "<=" | "=<" | "≤" => "lte",
        ">" => "gt",
        ">=" | "=>" | "≥" => "gte",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_brought_into_the_units_of_the_format() {
        let openslo = json!({ "pattern": "^[1-9][0-9]*[mhdwMQY]$" });
        let pyrra = json!({ "pattern": "^([0-9]+[smhdwy])+$" });
        for (text, rule, meant) in [
            ("4W", &openslo, Some("4w")),
            ("28D", &openslo, Some("28d")),
            ("5y", &openslo, Some("5Y")),
            ("1hour", &openslo, Some("1h")),
            ("4 weeks", &openslo, Some("4w")),
            ("1 month", &openslo, Some("1M")),
            ("1M", &pyrra, Some("30d")),
            ("4W", &pyrra, Some("4w")),
            ("1Q", &pyrra, Some("90d")),
            ("0d", &openslo, None),
            ("d", &openslo, None),
            ("1 fortnight", &openslo, None),
            ("99999999999d", &openslo, None),
        ] {
            assert_eq!(duration(text, rule).as_deref(), meant, "{text}");
        }
        assert_eq!(duration("4W", &json!({ "pattern": "^[A-Z][A-Z0-9]*$" })), None);
    }

    #[test]
    fn shares_and_percentages_are_told_apart_by_the_rule() {
        let share_of = json!({ "description": "the share of good events", "examples": [0.999] });
        let percent_of = json!({ "title": "a percentage", "examples": [99.9] });
        let quoted = json!({ "title": "a percentage", "examples": ["99.9"] });
        for (text, rule, meant) in [
            ("95", &share_of, Some("0.95")),
            ("99%", &share_of, Some("0.99")),
            ("1.2", &share_of, None),
            ("99.5 %", &percent_of, Some("99.5")),
            ("0.99", &percent_of, Some("99")),
            ("0.99", &quoted, Some("\"99\"")),
            ("99.5%", &quoted, Some("\"99.5\"")),
            ("99.5", &quoted, None),
            ("many", &quoted, None),
        ] {
            assert_eq!(share(text, rule).as_deref(), meant, "{text}");
        }
        assert_eq!(share("5%", &json!({ "description": "how many", "examples": [3] })), None);
    }
}
