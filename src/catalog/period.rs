//! Over which stretch of time an SLO is judged: its length in whole steps. Where it begins by the calendar is
//! `calendar`'s.
//!
//! A rolling period is a fixed number of days, also where its unit is named for the calendar: a rolling month is 30 days.

use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

/// A day, in seconds.
pub(super) const DAY: i64 = 86_400;
/// The longest period, in seconds: what would have to be read of the history grows with it.
const LONGEST: i64 = 366 * DAY;
/// The most grid points of a period; three periods are read.
const MOST_POINTS: i64 = 300_000;

/// The length of a period in seconds, when it can be judged on the grid: `text` as it was written at `part`, `seconds`
/// what it stands for.
pub(super) fn length(
    part: Part<'_>,
    text: &str,
    seconds: i64,
    step: i64,
    problems: &mut Vec<Diagnostic>,
) -> Option<i64> {
    let mut wrong = |code: Code, message: String, label: &str, help: String| {
        problems.push(Diagnostic::error(code, message).at(part.place(), label).help(help));
    };
    if seconds > LONGEST {
        let message = format!("a period of `{text}` is longer than a year");
        let help = "write a period of at most `366d`; `28d` is usual";
        wrong(Code::Unsupported, message, "too long", help.to_owned());
        return None;
    }
    if seconds < 2 * step {
        let minutes =
            text.strip_suffix('m').map(|digits| format!("`m` is a minute; did you mean `{digits}M`?"));
        let help = minutes.unwrap_or_else(|| "write a longer period; `28d` is usual".to_owned());
        let message = format!("a period of `{text}` is shorter than two steps of {step} seconds");
        wrong(Code::WrongValue, message, "too short to be judged", help);
        return None;
    }
    if seconds / step > MOST_POINTS {
        let message = format!("a period of `{text}` has more than {MOST_POINTS} steps of {step} seconds");
        let help = "lengthen `step` in the settings, or shorten the period";
        wrong(Code::WrongValue, message, "too many points", help.to_owned());
        return None;
    }
    if seconds % step != 0 {
        let message = format!("a period of `{text}` is no whole number of steps of {step} seconds");
        wrong(Code::WrongValue, message, "ends between two steps", "write a period of whole days".to_owned());
        return None;
    }
    Some(seconds)
}

/// Seconds of OpenSLO's shorthand, the largest number there is for one beyond all reckoning; none when malformed.
pub(super) fn shorthand(text: &str) -> Option<i64> {
    let (count, unit) = counted(text)?;
    Some(count.saturating_mul(match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => DAY,
        'w' => 7 * DAY,
        'M' => 30 * DAY,
        'Q' => 90 * DAY,
        'Y' => 365 * DAY,
        _ => return None,
    }))
}

/// Seconds in their largest whole unit of OpenSLO's shorthand, up to days.
pub(super) fn written(seconds: i64) -> String {
    let units = [(DAY, 'd'), (3_600, 'h')];
    let whole = units.into_iter().find(|(length, _)| seconds % length == 0);
    let (length, unit) = whole.unwrap_or((60, 'm'));
    format!("{}{unit}", seconds / length)
}

/// The count and the unit of OpenSLO's shorthand, the largest count there is for one beyond all reckoning; none when
/// malformed.
pub(super) fn counted(text: &str) -> Option<(i64, char)> {
    let unit = text.chars().last().filter(|unit| "mhdwMQY".contains(*unit))?;
    let digits = text.get(..text.len() - 1)?;
    if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().unwrap_or(i64::MAX), unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_named_for_the_calendar_are_fixed_numbers_of_days() {
        for (text, days) in [("28d", 28), ("4w", 28), ("1M", 30), ("1Q", 90), ("1Y", 365)] {
            assert_eq!(shorthand(text), Some(days * DAY), "{text}");
        }
        assert_eq!(shorthand("90m"), Some(5_400));
        assert_eq!(shorthand("99999999999999999999Y"), Some(i64::MAX));
        for text in ["", "d", "0d", "1.5d", "-1d", "1s", "1 d"] {
            assert_eq!(shorthand(text), None, "{text}");
        }
    }
}
