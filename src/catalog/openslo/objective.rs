//! How good, over which period, and how it is counted.

use rust_decimal::Decimal;

use super::super::calendar::{self, Calendar, Every};
use super::super::{Method, Objective, period, target};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Part;

/// The largest weight.
const HEAVIEST: Decimal = Decimal::ONE_THOUSAND;

/// The share that must be good, from `target` or `targetPercent`.
pub(super) fn objective(part: Part<'_>, problems: &mut Vec<Diagnostic>) -> Option<Objective> {
    let (part, key, whole) = match (part.get("target"), part.get("targetPercent")) {
        (Some(target), None) => (target, "target", Decimal::ONE),
        (None, Some(percent)) => (percent, "targetPercent", Decimal::ONE_HUNDRED),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    target::share(part, part.number()?, key, whole, problems)
}

/// The length of the one period in seconds, the longest one where they follow the calendar, and that calendar.
pub(super) fn window(
    spec: Part<'_>,
    step: i64,
    problems: &mut Vec<Diagnostic>,
) -> Option<(i64, Option<Calendar>)> {
    let window = spec.get("timeWindow")?.items().next()?;
    let part = window.get("duration")?;
    let text = part.text()?;
    let length = period::length(part, text, period::shorthand(text)?, step, problems);
    let Some(written) = window.get("calendar") else {
        // Without a beginning there is no telling when a period ends; the schema has told.
        let rolling = window.get("isRolling")?.boolean()?;
        return Some((length?, None)).filter(|_| rolling);
    };
    let (count, unit) = period::counted(text)?;
    let calendar = calendar::read(written, Every::of(count, unit)?, problems);
    length.and(calendar).map(|calendar| (calendar.longest(), Some(calendar)))
}

/// How good and bad are counted in steps of so many seconds and over such a period, for one objective of an SLO.
pub(super) fn method(
    (spec, objective): (Part<'_>, Part<'_>),
    (step, period): (i64, Option<i64>),
    problems: &mut Vec<Diagnostic>,
) -> Option<Method> {
    let part = spec.get("budgetingMethod")?;
    let name = part.text()?;
    let slices = ["timeSliceTarget", "timeSliceWindow"];
    let idle: &[&str] = match name {
        "Occurrences" => &slices,
        "RatioTimeslices" => &["timeSliceTarget"],
        _ => &[],
    };
    for part in idle.iter().filter_map(|key| objective.get(key)) {
        let message = format!("`{}` says nothing of the budgeting method `{name}`", part.key_place().text());
        let problem = Diagnostic::warning(Code::Unused, message).at(part.key_place(), "without effect");
        problems.push(problem.help("take it out, or choose the budgeting method that it belongs to"));
    }
    let place = part.key_place();
    match name {
        "Occurrences" => Some(Method::Occurrences),
        "Timeslices" => {
            let target = target::decimal(objective.get("timeSliceTarget")?.number()?)?;
            Some(Method::Timeslices { target, window: slice(objective, (step, period), problems)?, place })
        }
        "RatioTimeslices" => {
            Some(Method::RatioTimeslices { window: slice(objective, (step, period), problems)?, place })
        }
        _ => None,
    }
}

/// The length of a slice in seconds; a bare number counts minutes. One that cannot be judged is told.
fn slice(
    objective: Part<'_>,
    (step, period): (i64, Option<i64>),
    problems: &mut Vec<Diagnostic>,
) -> Option<i64> {
    let part = objective.get("timeSliceWindow")?;
    let seconds = match (part.text(), part.number()) {
        (Some(text), _) => period::shorthand(text),
        (None, Some(minutes)) => minutes.parse::<i64>().ok()?.checked_mul(60),
        (None, None) => None,
    }?;
    let written = part.text().or_else(|| part.number()).unwrap_or_default();
    let mut wrong = |message: String, label: &str, help: &str| {
        problems.push(Diagnostic::error(Code::WrongValue, message).at(part.place(), label).help(help));
    };
    if seconds < step || seconds % step != 0 {
        let message = format!("a slice of `{written}` is no whole number of steps of {step} seconds");
        wrong(
            message,
            "ends between two steps",
            "write a slice of whole steps, or a shorter `step` in the settings",
        );
        return None;
    }
    if period.is_some_and(|period| seconds > period / 2) {
        let message = format!("a slice of `{written}` is longer than half of the period");
        wrong(message, "too long", "write a shorter slice, such as `5m`");
        return None;
    }
    Some(seconds)
}

/// How many times faster the common budget of a composite SLO burns with an objective. One that cannot be reckoned with
/// is told.
pub(super) fn weight(objective: Part<'_>, problems: &mut Vec<Diagnostic>) -> Option<Decimal> {
    let Some(part) = objective.get("compositeWeight") else { return Some(Decimal::ONE) };
    let text = part.number()?;
    let weight = target::decimal(text).map(|weight| weight.normalize());
    let weight = weight.filter(|weight| weight.scale() <= target::MOST_DIGITS && *weight <= HEAVIEST);
    if weight.is_none() {
        let message = format!("`{text}` is no weight that can be reckoned with exactly");
        let problem =
            Diagnostic::error(Code::WrongValue, message).at(part.place(), "too large, or too many digits");
        problems.push(problem.help(
            "write a weight above 0 and up to 1000, with at most nine digits behind the point, such as `0.5`",
        ));
    }
    weight
}
