//! What a report recorded beside facts, read back for prose: instants and consequences.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::budget::gap;
use crate::change::Rollout;
use crate::document::Part;
use crate::policy::Consequence;
use crate::policy::recorded::decimal;

/// An instant as people read it, with its year, because a record may be old. A text that is none is not shown: it was
/// written by nobody knows whom.
pub(super) fn instant(text: &str) -> String {
    let shown = |at: Timestamp| at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y %H:%M UTC").to_string();
    text.parse().map_or_else(|_| "an instant that cannot be read".to_owned(), shown)
}

/// Why a budget was not known, in two words or so; a kind that is not known here has none of its own.
pub(super) fn gap_in_brief(part: Option<Part<'_>>) -> &'static str {
    let kind = part.and_then(|part| part.get("kind")).and_then(Part::text);
    kind.and_then(gap::specimen).map_or("not known", |gap| gap.brief())
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
}
