//! The file of observations as JSON: its keys and nothing else, one observation a line.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{HELP, decimal, signal};
use crate::budget::gap::Gap;
use crate::diagnostic::{Code, Diagnostic, Place, SourceText};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The version of the format.
    pub(super) version: u32,
    /// Seconds as a number, or a text such as `5m`.
    pub(super) step: Value,
    /// RFC 3339.
    pub(super) evaluated_at: String,
    /// In words.
    pub(super) source: String,
    /// For whom it was made; an earlier file does not say it.
    #[serde(default, rename = "for")]
    pub(super) audience: Option<String>,
    /// One for each SLO and environment.
    pub(super) observations: Vec<Entry>,
    /// One for each signal and environment; an earlier file has none.
    #[serde(default)]
    pub(super) signals: Vec<signal::Entry>,
}

/// The one key that every version has.
#[derive(Debug, Deserialize)]
struct Versioned {
    /// The version of the format.
    version: Value,
}

/// The events of one SLO in one environment, or a gap.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The SLO's name.
    pub(super) slo: String,
    /// The environment's name.
    pub(super) environment: String,
    /// The digest of what its events were counted by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) definition: Option<String>,
    /// The first grid point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<String>,
    /// The bad events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bad: Option<String>,
    /// All events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<String>,
    /// What one query over the period counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) direct: Option<Direct>,
    /// Why the events are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gap: Option<GapText>,
}

/// The events of a period.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Direct {
    /// Its length in seconds.
    pub(super) period: i64,
    /// Bad events.
    pub(super) bad: String,
    /// All events.
    pub(super) total: String,
}

/// A gap, with its decimals as text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum GapText {
    /// The series is not there.
    NoData {
        /// In words.
        detail: String,
    },
    /// The newest point is too old.
    Stale {
        /// Seconds.
        age: i64,
    },
    /// The history begins too late.
    Short {
        /// Seconds.
        have: i64,
        /// Seconds.
        need: i64,
    },
    /// Too many points are missing.
    Coverage {
        /// A share.
        share: String,
        /// The share that is needed.
        minimum: String,
    },
    /// Too few events.
    TooFew {
        /// How many.
        events: String,
    },
    /// Several series.
    Ambiguous {
        /// In words.
        detail: String,
    },
    /// No answer.
    Unreachable {
        /// In words.
        detail: String,
    },
    /// Counted over too long a time.
    Coarse {
        /// In words.
        detail: String,
    },
    /// No finite number.
    NotFinite {
        /// In words.
        detail: String,
    },
    /// A contradiction.
    Inconsistent {
        /// In words.
        detail: String,
    },
    /// Nothing that is proven.
    Untrusted {
        /// In words.
        detail: String,
    },
    /// Nothing that can be reckoned.
    Unsupported {
        /// In words.
        detail: String,
    },
}

impl From<&Gap> for GapText {
    fn from(gap: &Gap) -> Self {
        let text = |value: &Decimal| value.to_string();
        match gap {
            Gap::NoData { detail } => Self::NoData { detail: detail.clone() },
            Gap::Stale { age } | Gap::Outdated { age } => Self::Stale { age: *age },
            Gap::Short { have, need } => Self::Short { have: *have, need: *need },
            Gap::Coverage { share, minimum } => Self::Coverage { share: text(share), minimum: text(minimum) },
            Gap::TooFew { events } => Self::TooFew { events: text(events) },
            Gap::Ambiguous { detail } => Self::Ambiguous { detail: detail.clone() },
            Gap::Unreachable { detail } => Self::Unreachable { detail: detail.clone() },
            Gap::Coarse { detail } => Self::Coarse { detail: detail.clone() },
            Gap::NotFinite { detail } => Self::NotFinite { detail: detail.clone() },
            Gap::Inconsistent { detail } => Self::Inconsistent { detail: detail.clone() },
            Gap::Untrusted { detail } => Self::Untrusted { detail: detail.clone() },
            Gap::Unsupported { detail } => Self::Unsupported { detail: detail.clone() },
            Gap::Part { gap, .. } | Gap::Said { gap } | Gap::Hinted { gap, .. } => Self::from(gap.as_ref()),
            // No source excludes anything: that is done to what it observed.
            Gap::Excluded { .. } => Self::Unsupported { detail: gap.to_string() },
        }
    }
}

impl GapText {
    /// The gap that it says.
    pub(super) fn into_gap(self) -> Result<Gap, String> {
        Ok(match self {
            Self::NoData { detail } => Gap::NoData { detail },
            Self::Stale { age } => Gap::Stale { age },
            Self::Short { have, need } => Gap::Short { have, need },
            Self::Coverage { share, minimum } => {
                Gap::Coverage { share: decimal(&share)?, minimum: decimal(&minimum)? }
            }
            Self::TooFew { events } => Gap::TooFew { events: decimal(&events)? },
            Self::Ambiguous { detail } => Gap::Ambiguous { detail },
            Self::Unreachable { detail } => Gap::Unreachable { detail },
            Self::Coarse { detail } => Gap::Coarse { detail },
            Self::NotFinite { detail } => Gap::NotFinite { detail },
            Self::Inconsistent { detail } => Gap::Inconsistent { detail },
            Self::Untrusted { detail } => Gap::Untrusted { detail },
            Self::Unsupported { detail } => Gap::Unsupported { detail },
        })
    }
}

impl File {
    /// Reads a file of one version.
    pub(super) fn read(source: &SourceText, version: u32) -> Result<Self, Diagnostic> {
        let problem = |error: &serde_json::Error| {
            let whole = error.to_string();
            let message = whole.split(" at line ").next().unwrap_or(&whole).to_owned();
            let at = source.offset(error.line(), error.column());
            Diagnostic::error(Code::WrongValue, format!("the observations cannot be read: {message}"))
                .at(Place::new(source, at.saturating_sub(1)..at), "here")
                .help(HELP)
        };
        let versioned: Versioned = serde_json::from_str(source.text()).map_err(|error| problem(&error))?;
        if versioned.version.as_u64() != Some(u64::from(version)) {
            let message =
                format!("the observations are of version {}, and this is read: {version}", versioned.version);
            let start = source.text().find("\"version\"").unwrap_or(0);
            return Err(Diagnostic::error(Code::WrongValue, message)
                .at(Place::new(source, start..start + "\"version\"".len()), "this version")
                .help(HELP));
        }
        serde_json::from_str(source.text()).map_err(|error| problem(&error))
    }

    /// Writes the file, one observation or signal a line.
    pub(super) fn write(&self) -> String {
        let json = |text: &str| Value::from(text).to_string();
        let signals = match lines(&self.signals) {
            none if none.is_empty() => String::new(),
            lines => format!(",\n  \"signals\": [{lines}\n  ]"),
        };
        let audience =
            self.audience.as_deref().map_or_else(String::new, |name| format!("\"for\": {},\n  ", json(name)));
        format!(
            "{{\n  \"version\": {},\n  \"step\": {},\n  \"evaluated_at\": {},\n  \"source\": {},\n  {audience}\
             \"observations\": [{}\n  ]{signals}\n}}\n",
            self.version,
            self.step,
            json(&self.evaluated_at),
            json(&self.source),
            lines(&self.observations)
        )
    }
}

/// A list, one entry a line.
fn lines<T: Serialize>(entries: &[T]) -> String {
    let line =
        |entry: &T| format!("\n    {}", serde_json::to_string(entry).unwrap_or_else(|_| "null".to_owned()));
    entries.iter().map(line).collect::<Vec<_>>().join(",")
}

/// A step as it is written: in its largest whole unit.
pub(super) fn step_text(seconds: i64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let whole = units.into_iter().find(|(_, length)| seconds > 0 && seconds % length == 0);
    let (unit, length) = whole.unwrap_or(("s", 1));
    format!("{}{unit}", seconds / length)
}

/// A step as it was written, in seconds: from 10 s to 1 d.
pub(super) fn seconds(step: &Value) -> Option<i64> {
    let seconds = match step.as_str() {
        None => step.as_i64(),
        Some(text) => {
            let length = match text.chars().next_back()? {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                _ => return None,
            };
            let count = text.get(..text.len() - 1)?;
            let count = Some(count).filter(|count| count.bytes().all(|byte| byte.is_ascii_digit()))?;
            count.parse::<i64>().ok()?.checked_mul(length)
        }
    };
    seconds.filter(|seconds| (10..=86_400).contains(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_read_as_they_are_written() {
        for (seconds_, text) in [(10, "10s"), (300, "5m"), (3_600, "1h"), (86_400, "1d"), (90, "90s")] {
            assert_eq!(step_text(seconds_), text);
            assert_eq!(seconds(&Value::from(text)), Some(seconds_));
            assert_eq!(seconds(&Value::from(seconds_)), Some(seconds_));
        }
        for step in [
            Value::from("9s"),
            Value::from("2d"),
            Value::from("m"),
            Value::from("-5m"),
            Value::from("5"),
            Value::from(""),
            Value::from("5ü"),
            Value::from(5.5),
            Value::Null,
            Value::from("99999999999999999999d"),
        ] {
            assert_eq!(seconds(&step), None, "{step}");
        }
    }
}
