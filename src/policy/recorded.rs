//! A report that `check --format json` wrote, read back: held to its schema, and the facts that its conditions read.
//!
//! A newer slogate may add properties within a version of the format, and none changes a meaning: those that are not
//! known here are passed over. A file of another version or another kind is refused at its line. A report has numbers
//! without units; the unit of a fact is that of its name in the policy language.

use rust_decimal::Decimal;

use super::vocabulary::{Fact, fact_named};
use super::{Bearing, Comparison, Evidence, Value};
use crate::catalog::{PRIORITIES, Priority};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{self, Document, Part, Schema};

/// The version of the format that is read.
const VERSION: &str = "1";

/// The operators of comparisons.
const OPERATORS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];

/// Facts that are true or false by a comparison of a time.
const BY_TIME: [&str; 2] = ["exhausts_within", "steadily"];

/// The words that stand for values, besides priorities.
const WORDS: [&str; 5] = ["no SLA", "no dependency", "fires", "quiet", "none"];

/// Reads a report from a file's bytes; `path` is what the file is called.
///
/// # Errors
/// It is no report of this version, or is larger than what is read.
pub fn read(path: &str, bytes: Vec<u8>) -> Result<Document, Vec<Diagnostic>> {
    if bytes.len() > document::MAX_BYTES {
        let problem = Diagnostic::error(Code::Unreadable, {
            format!("`{path}` is larger than {} MiB", document::MAX_BYTES >> 20)
        });
        return Err(vec![problem.help("judge fewer services at once, with --service")]);
    }
    let source = document::decode(path, bytes).map_err(|problem| vec![problem])?;
    let documents = document::parse(&source).map_err(as_json)?;
    let Ok([document]) = <[Document; 1]>::try_from(documents) else {
        return Err(vec![other_kind(path, None)]);
    };
    if document.at("/verdict").is_none() || document.at("/rulings").is_none() {
        return Err(vec![other_kind(path, Some(&document))]);
    }
    if let Some(version) = document.at("/version").filter(|version| version.number() != Some(VERSION)) {
        let message = format!("`{path}` is a report of another version than {VERSION}");
        let problem = Diagnostic::error(Code::Unsupported, message).at(version.place(), "this version");
        return Err(vec![problem.help("read it with the slogate that wrote it")]);
    }
    let mut problems = document.check(Schema::Report);
    problems.retain(|problem| problem.code != Code::UnknownKey);
    if problems.is_empty() { Ok(document) } else { Err(problems) }
}

/// What is wrong with a file that does not parse, in words for those who expect JSON in it.
fn as_json(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let told = problems.into_iter().map(|problem| Diagnostic {
        message: problem.message.replace("not YAML", "not JSON"),
        ..problem.help("give it what `slogate check --format json` printed, and all of it")
    });
    told.collect()
}

/// The problem of a file that is no report.
fn other_kind(path: &str, document: Option<&Document>) -> Diagnostic {
    let problem = Diagnostic::error(Code::WrongValue, format!("`{path}` is no report of `slogate check`"))
        .help("name what `slogate check --format json` printed");
    match document {
        Some(document) => problem.at(document.root().key_place(), "a report has `verdict` and `rulings`"),
        None => problem,
    }
}

/// A number.
#[must_use]
pub fn decimal(part: Part<'_>) -> Option<Decimal> {
    let text = part.number()?;
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// A fact that was read.
#[must_use]
pub fn evidence(part: Part<'_>) -> Option<Evidence> {
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
    let name = fact.split('(').next().unwrap_or_default();
    let kind = fact_named(name).map_or("?", Fact::kind);
    if let Some(text) = part.text() {
        let words = || PRIORITIES.map(Priority::as_str).into_iter().chain(WORDS);
        return Some(match words().find(|word| *word == text) {
            _ if kind == "name" => Value::Text(text.to_owned()),
            Some(word) => Value::Word(word),
            None if text == "never" => Value::Never,
            None => Value::Text(text.to_owned()),
        });
    }
    let number = decimal(part)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;

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
        assert_eq!(read(r#""slo""#, r#""never""#), Value::Text("never".to_owned()));
        assert_eq!(read(r#""sla.remaining""#, r#""no SLA""#), Value::Word("no SLA"));
        assert_eq!(read(r#""priority_reaches(\"P3\")""#, r#""P2""#), Value::Word("P2"));
    }
}
