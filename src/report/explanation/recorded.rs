//! What a report recorded, read back: instants, facts with what they were compared with, consequences.
//!
//! A report has numbers without units; the unit of a fact is that of its name in the policy language.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::change::Rollout;
use crate::document::Part;
use crate::policy::vocabulary::fact_named;
use crate::policy::{Bearing, Comparison, Consequence, Evidence, Value};

/// The operators of comparisons.
const OPERATORS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];

/// Facts that are true or false by a comparison of a time.
const BY_TIME: [&str; 2] = ["exhausts_within", "steadily"];

/// An instant as people read it, with its year, because a record may be old; what is none stays as it is written.
pub(super) fn instant(text: &str) -> String {
    let shown = |at: Timestamp| at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y %H:%M UTC").to_string();
    text.parse().map_or_else(|_| text.to_owned(), shown)
}

/// A number.
pub(super) fn decimal(part: Part<'_>) -> Option<Decimal> {
    let text = part.number()?;
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// A fact that was read.
pub(super) fn evidence(part: Part<'_>) -> Option<Evidence> {
    let fact = part.get("fact").and_then(Part::text)?;
    let unknown = part.get("unknown").and_then(Part::text);
    let known = || part.get("value").and_then(|part| value(fact, part));
    let compared = || {
        let operator = part.get("operator").and_then(Part::text)?;
        Some(Comparison {
            operator: OPERATORS.into_iter().find(|known| *known == operator)?,
            threshold: value(fact, part.get("threshold")?)?,
            held: part.get("held").and_then(Part::boolean)?,
            bearing: Bearing::named(part.get("bearing").and_then(Part::text).unwrap_or_default()),
        })
    };
    let value = unknown.map_or_else(known, |why| Some(Value::Unknown(why.to_owned())))?;
    Some(Evidence { fact: fact.to_owned(), value, compared: compared() })
}

/// A value of a fact in the fact's own unit.
fn value(fact: &str, part: Part<'_>) -> Option<Value> {
    if let Some(text) = part.text() {
        return Some(if text == "never" { Value::Never } else { Value::Text(text.to_owned()) });
    }
    let number = decimal(part)?;
    let name = fact.split('(').next().unwrap_or_default();
    let kind = fact_named(name).map_or("?", crate::policy::vocabulary::Fact::kind);
    Some(match kind {
        "ratio" => Value::Ratio(number),
        "count" => Value::Count(number),
        "time" => Value::Time(number),
        _ if BY_TIME.contains(&name) => Value::Time(number),
        // What is true or false by a number is so by a rate.
        "rate" | "bool" => Value::Rate(number),
        _ => Value::Text(number.normalize().to_string()),
    })
}

/// A consequence; none for one of a kind that is not known here.
pub(super) fn consequence(part: Part<'_>) -> Option<Consequence> {
    let text = |key: &str| part.get(key).and_then(Part::text).unwrap_or_default().to_owned();
    let texts = |key: &str| -> Vec<String> {
        let items = part.get(key).into_iter().flat_map(Part::items);
        items.filter_map(Part::text).map(str::to_owned).collect()
    };
    let number = |key: &str| part.get(key).and_then(decimal);
    let except = texts("except");
    Some(match part.get("kind").and_then(Part::text)? {
        "freeze" => Consequence::Freeze { environment: text("environment"), except },
        "restrict" => {
            let to = if text("to") == Rollout::Full.as_str() { Rollout::Full } else { Rollout::Canary };
            Consequence::Restrict { to, except }
        }
        "limit_releases" => {
            Consequence::LimitReleases { a_day: u32::try_from(number("a_day")?).ok()?, except }
        }
        "warn" => Consequence::Warn(text("text")),
        "inform" => Consequence::Inform(text("text")),
        "action_item" => Consequence::ActionItem {
            title: text("title"),
            top_of_backlog: part.get("top_of_backlog").and_then(Part::boolean) == Some(true),
            due: number("due_seconds").and_then(|seconds| i64::try_from(seconds).ok()),
        },
        "postmortem" => Consequence::Postmortem,
        "engage" => Consequence::Engage(text("who")),
        "notify" => Consequence::Notify(text("who")),
        "assign" => Consequence::Assign(number("share")?),
        "escalate" => Consequence::Escalate { decides: texts("decides"), how: text("how") },
        "code_yellow" => Consequence::CodeYellow,
        "code_red" => Consequence::CodeRed,
        "hand_back_operations" => Consequence::HandBackOperations,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::document;
    use crate::policy::vocabulary::{FUNCTIONS, Role};

    #[test]
    fn every_consequence_is_read_back() {
        for made in FUNCTIONS.iter().filter(|function| matches!(function.role, Role::Makes(_))) {
            let text = format!(
                r#"{{"kind": "{}", "environment": "e", "to": "canary", "a_day": 2, "text": "t", "title": "t",
                    "top_of_backlog": true, "due_seconds": 60, "who": "w", "share": 0.5, "decides": ["d"], "how": "h",
                    "except": ["c"]}}"#,
                made.name
            );
            let documents = document::parse(&SourceText::new("r.json", text)).expect("it parses");
            let read = consequence(documents[0].root()).map(|read| read.word());
            assert_eq!(read, Some(made.name));
        }
    }

    #[test]
    fn values_have_the_unit_of_their_fact() {
        let read = |fact: &str, written: &str| {
            let text = format!(
                r#"{{"fact": {fact}, "value": {written}, "operator": "<", "threshold": {written}, "held": true}}"#
            );
            let documents = document::parse(&SourceText::new("r.json", text)).expect("it parses");
            evidence(documents[0].root()).expect("it was read").value
        };
        let number = |text: &str| text.parse::<Decimal>().expect("a number");
        assert_eq!(read(r#""remaining""#, "-2.5e-1"), Value::Ratio(number("-0.25")));
        assert_eq!(read(r#""burn_rate(\"1h\")""#, "14.4"), Value::Rate(number("14.4")));
        assert_eq!(read(r#""bad""#, "7"), Value::Count(number("7")));
        assert_eq!(read(r#""steadily""#, "3600"), Value::Time(number("3600")));
        assert_eq!(read(r#""time_to_exhaustion""#, r#""never""#), Value::Never);
        assert_eq!(read(r#""slo""#, r#""a""#), Value::Text("a".to_owned()));
    }
}
