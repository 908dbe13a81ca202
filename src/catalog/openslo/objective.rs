//! How good, and over which period: one objective below 100 %, one rolling time window.
//!
//! Decimals are read from the text in which they were written, so that 99.7 percent are 0.997 exactly. A period is
//! a fixed number of days, also where its unit is named for the calendar: a rolling month is 30 days.

use rust_decimal::Decimal;

use super::super::{MOST_DIGITS, Objective};
use super::unsupported;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

/// A day, in seconds.
const DAY: i64 = 86_400;
/// The longest period, in seconds: what would have to be read of the history grows with it.
const LONGEST: i64 = 366 * DAY;

/// The one objective of an SLO.
/// One of a threshold metric is known to be refused for that, and its threshold is not told again.
pub(super) fn objective(
    spec: Part<'_>,
    threshold: bool,
    problems: &mut Vec<Diagnostic>,
) -> Option<Objective> {
    let objectives = spec.get("objectives")?;
    let only = objectives.items().next()?;
    if let Some(second) = objectives.items().nth(1) {
        problems.push(unsupported(
            second,
            "an SLO with several objectives is not judged yet".to_owned(),
            "the second objective",
            "keep one objective, and write an SLO for each of the others",
        ));
    }
    let supported = plain(spec, only, threshold, problems);
    let share = share(only, problems)?;
    (supported && objectives.items().count() == 1).then_some(share)
}

/// True when an objective says no more than its target; what else it says is told.
fn plain(spec: Part<'_>, objective: Part<'_>, threshold: bool, problems: &mut Vec<Diagnostic>) -> bool {
    const REMOVE: &str = "only a ratio of events against `target` or `targetPercent` is supported; remove this key if you mean that";
    let sliced = spec.get("budgetingMethod").and_then(Part::text) != Some("Occurrences");
    let mut plain = true;
    for (key, means, told) in [
        ("op", "`op` compares values with a threshold", threshold),
        ("value", "`value` is the threshold of a threshold metric", threshold),
        ("timeSliceTarget", "`timeSliceTarget` judges slices of time", sliced),
        ("timeSliceWindow", "`timeSliceWindow` is the length of a slice of time", sliced),
        ("indicator", "an `indicator` of an objective makes the SLO a composite one", false),
        ("indicatorRef", "an `indicatorRef` of an objective makes the SLO a composite one", false),
        ("compositeWeight", "`compositeWeight` weighs the parts of a composite SLO", false),
    ] {
        let Some(part) = objective.get(key) else { continue };
        plain = false;
        if !told {
            let message = format!("{means}, and that is not judged yet");
            problems.push(unsupported(part, message, "not supported", REMOVE));
        }
    }
    plain
}

/// The most grid points of a period; three periods are read.
const MOST_POINTS: i64 = 300_000;

/// The share that must be good, from `target` or `targetPercent`.
fn share(part: Part<'_>, problems: &mut Vec<Diagnostic>) -> Option<Objective> {
    let (part, key, whole) = match (part.get("target"), part.get("targetPercent")) {
        (Some(target), None) => (target, "target", Decimal::ONE),
        (None, Some(percent)) => (percent, "targetPercent", Decimal::ONE_HUNDRED),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    let text = part.number()?;
    let mut wrong = |message: String, label: &str, help: String| {
        problems.push(Diagnostic::error(Code::WrongValue, message).at(part.place(), label).help(help));
    };
    let few = |value: &Decimal| value.normalize().scale() <= MOST_DIGITS;
    let Some(value) = decimal(text).filter(few) else {
        let message = format!("`{text}` has more digits than can be reckoned with exactly");
        wrong(message, "too many digits", "write it with fewer digits".to_owned());
        return None;
    };
    if value == whole {
        let help = "choose what users need and no more; 99.9 % allows 1 failure in 1,000 events";
        wrong(
            format!("an objective of 100 % (`{key}: {text}`) leaves no error budget"),
            "the first failure would stop all shipping for the whole period",
            help.to_owned(),
        );
        return None;
    }
    let objective = value.checked_div(whole).and_then(Objective::new);
    if objective.is_none() {
        let help = match key {
            "target" if value > whole && value < Decimal::ONE_HUNDRED => {
                format!("did you mean `targetPercent: {text}`?")
            }
            "target" => "write the share of events that must be good, such as `target: 0.999`".to_owned(),
            _ => "write the percentage of events that must be good, such as `targetPercent: 99.9`".to_owned(),
        };
        wrong(
            format!("`{key}` must be between 0 and {whole}, and is `{text}`"),
            "outside of the range",
            help,
        );
    }
    objective
}

/// A number's text as an exact decimal.
fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// The length of the one rolling period, in seconds.
pub(super) fn period(spec: Part<'_>, step: i64, problems: &mut Vec<Diagnostic>) -> Option<i64> {
    let window = spec.get("timeWindow")?.items().next()?;
    let rolling = window.get("isRolling").and_then(Part::boolean);
    if let Some(part) =
        window.get("calendar").or_else(|| window.get("isRolling").filter(|_| rolling == Some(false)))
    {
        problems.push(unsupported(
            part,
            "a period by the calendar is not judged yet".to_owned(),
            "by the calendar",
            "write a rolling period, such as `duration: 28d` with `isRolling: true`",
        ));
        return None;
    }
    let part = window.get("duration")?;
    let text = part.text()?;
    let seconds = seconds(text)?;
    let mut wrong = |code: Code, message: String, label: &str, help: String| {
        problems.push(Diagnostic::error(code, message).at(part.place(), label).help(help));
    };
    if seconds > LONGEST {
        let message = format!("a period of `{text}` is longer than a year");
        wrong(
            Code::Unsupported,
            message,
            "too long",
            "write a period of at most `366d`; `28d` is usual".to_owned(),
        );
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
    rolling.map(|_| seconds)
}

/// Seconds of OpenSLO's shorthand, the largest number there is for one beyond all reckoning; none when malformed.
fn seconds(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        'm' => 60,
        'h' => 3_600,
        'd' => DAY,
        'w' => 7 * DAY,
        'M' => 30 * DAY,
        'Q' => 90 * DAY,
        'Y' => 365 * DAY,
        _ => return None,
    };
    let digits = text.get(..text.len() - 1)?;
    if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse::<i64>().map_or(i64::MAX, |count| count.saturating_mul(unit)))
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

    #[test]
    fn units_named_for_the_calendar_are_fixed_numbers_of_days() {
        for (text, days) in [("28d", 28), ("4w", 28), ("1M", 30), ("1Q", 90), ("1Y", 365)] {
            assert_eq!(seconds(text), Some(days * DAY), "{text}");
        }
        assert_eq!(seconds("90m"), Some(5_400));
        assert_eq!(seconds("99999999999999999999Y"), Some(i64::MAX));
        for text in ["", "d", "0d", "1.5d", "-1d", "1s", "1 d"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
