//! The period of a budget in words: where one of the calendar began and when it ends, by the clocks of its zone, how much
//! of it is over, and how fast the budget goes by that.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::report::{BudgetLine, figure};

/// The period of the calendar that a budget is in and its pace, without a period at its end; none for a rolling one.
#[must_use]
pub fn sentence(line: &BudgetLine) -> Option<String> {
    let said = elapsed(line)?;
    let Ok(known) = &line.figures else { return Some(said) };
    Some(format!("{said}, pace {}", figure::rate(known.pace)))
}

/// The period of the calendar that a budget is in, and how much of it is over.
#[must_use]
pub fn elapsed(line: &BudgetLine) -> Option<String> {
    let current = line.calendar.as_ref()?;
    let zone = current.calendar.zone();
    let bounds = format!("since {}; ends {}", local(current.start, zone), local(current.end, zone));
    let Ok(known) = &line.figures else { return Some(bounds) };
    Some(format!("{bounds}; {} of it is over", figure::percent(known.elapsed)))
}

/// An instant by the clocks of a zone: `1 Dec 00:00 CET`.
#[must_use]
pub fn local(seconds: i64, zone: &TimeZone) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| "beyond all time".to_owned(),
        |instant| instant.to_zoned(zone.clone()).strftime("%-d %b %H:%M %Z").to_string(),
    )
}

/// What is said of a budget whose good or bad events exceed all events by a share, without a period at its end.
#[must_use]
pub fn excess(slo: &str, share: Decimal) -> String {
    let share = figure::percent(share);
    format!(
        "a part of the events of {slo} exceeds all of them by {share}: less than no bad events are taken as none"
    )
}

/// What is said of a budget that is only estimated, without a period at its end.
#[must_use]
pub fn estimate(slo: &str, history: i64) -> String {
    let history = figure::period(history);
    format!("the budget of {slo} is estimated from {history} of history: it may warn, and stops nobody")
}
