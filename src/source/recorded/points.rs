//! Points of the grid as compact text: `0*3 2.5 _` is three points without events, one with 2.5, one unknown.
//!
//! Reading is lazy: a repetition of a billion points costs nothing until somebody takes them.

use std::iter;

use rust_decimal::Decimal;

use crate::budget::series::MOST as MOST_EVENTS;
use crate::source::number::Number;
use crate::source::{Range, plan};

/// What stands for a point that is not known.
const UNKNOWN: &str = "_";

/// The most points of one text.
const MOST: usize = 10_000_000;

/// Writes points.
pub(super) fn write(points: impl Iterator<Item = Option<Decimal>>) -> String {
    let mut text = String::new();
    let mut run: Option<(String, usize)> = None;
    for point in points {
        // Compared as text: 1 and 1.0 are equal, and yet would not be read again as they were.
        let item = point.map_or_else(|| UNKNOWN.to_owned(), |value| value.to_string());
        run = match run {
            Some((before, count)) if before == item => Some((before, count + 1)),
            before => {
                push(&mut text, before);
                Some((item, 1))
            }
        };
    }
    push(&mut text, run);
    text
}

/// Appends a run of equal points.
fn push(text: &mut String, run: Option<(String, usize)>) {
    let Some((item, count)) = run else { return };
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(&item);
    if count > 1 {
        text.push('*');
        text.push_str(&count.to_string());
    }
}

/// The runs of a text.
fn runs(text: &str) -> impl Iterator<Item = Result<(Option<Decimal>, usize), String>> {
    text.split(' ').filter(move |_| !text.is_empty()).map(|run| {
        let (value, count) = run.split_once('*').unwrap_or((run, "1"));
        let count = Some(count).filter(|count| count.starts_with(|c: char| ('1'..='9').contains(&c)));
        let count = count.and_then(|count| count.parse().ok());
        Ok((item(value)?, count.ok_or_else(|| format!("`{run}` is no repetition; write `A*N`"))?))
    })
}

/// Every point of a text, one by one.
pub(super) fn read(text: &str) -> impl Iterator<Item = Result<Option<Decimal>, String>> {
    runs(text).flat_map(|run| match run {
        Ok((value, count)) => iter::repeat_n(Ok(value), count),
        Err(reason) => iter::repeat_n(Err(reason), 1),
    })
}

/// The points of a range, of points that begin at `first`; what is not among them is not known.
pub(super) fn cut<T: Clone>(
    recorded: impl Iterator<Item = Option<T>>,
    first: i64,
    range: Range,
) -> Vec<Option<T>> {
    let wanted = plan::count(range);
    let offset = (first - range.first) / range.step;
    // Points before the range are passed over, and points that the range has before them are not known.
    let skip = usize::try_from(-offset).unwrap_or(0);
    let mut points = vec![None; usize::try_from(offset).unwrap_or(0).min(wanted)];
    let missing = wanted - points.len();
    points.extend(recorded.skip(skip).take(missing));
    points.resize(wanted, None);
    points
}

/// Checks a whole text and counts its points.
pub(super) fn check(text: &str) -> Result<usize, String> {
    let mut count = 0_usize;
    for run in runs(text) {
        count = count.saturating_add(run?.1);
        if count > MOST {
            return Err(format!("there are more than {MOST} points"));
        }
    }
    Ok(count)
}

/// One item: a decimal, or `_`. It is held to the bounds of all events that are read, so that sums over all points lose
/// no digit: at most a quadrillion, and 9 decimals.
pub(super) fn item(text: &str) -> Result<Option<Decimal>, String> {
    if text == UNKNOWN {
        return Ok(None);
    }
    let plain = text.strip_prefix('-').unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
    let shown = || text.chars().take(40).collect::<String>();
    let read = Some(text).filter(|_| digits(whole) && digits(fraction));
    let read = read.and_then(|text| Decimal::from_str_exact(text).ok());
    let value = read.ok_or_else(|| format!("`{}` is neither a decimal nor `_`", shown()))?;
    let events = Number::Finite(value).events();
    events.map(Some).ok_or_else(|| format!("`{}` is beyond {MOST_EVENTS}, the most events", shown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Vec<Option<String>> {
        read(text).map(|point| point.expect("a point").map(|value| value.to_string())).collect()
    }

    #[test]
    fn runs_are_short_and_read_the_same() {
        let values = ["0", "0", "0", "2.50", "2.5", "_", "_", "-1"];
        let some = values.iter().map(|value| item(value).expect("an item"));
        let text = write(some);
        assert_eq!(text, "0*3 2.50 2.5 _*2 -1");
        let again: Vec<String> =
            points(&text).into_iter().map(|v| v.unwrap_or_else(|| "_".to_owned())).collect();
        assert_eq!(again, values);
        assert_eq!((write(iter::empty()).as_str(), check(""), points("").len()), ("", Ok(0), 0));
    }

    #[test]
    fn what_is_no_point_is_refused() {
        for text in [
            "a", "1  2", " 1", "1 ", "1*0", "1*-1", "1*", "*2", "1*+2", "1_0", "1e5", "+1", ".5", "5.",
            "--1", "NaN",
        ] {
            assert!(check(text).is_err(), "`{text}`");
        }
        assert!(check("1000000000000000000000").is_err());
        assert!(check("0.12345678901234567890123456789012345").is_err());
        assert_eq!(check("1*3 _*4"), Ok(7));
    }

    #[test]
    fn a_repetition_without_end_costs_nothing() {
        assert!(check("0*18446744073709551615 0*5").is_err_and(|reason| reason.contains("more than")));
        assert_eq!(read("0*18446744073709551615").take(3).count(), 3);
    }

    #[test]
    fn a_value_is_held_to_the_bounds_of_events() {
        assert_eq!(points("1000000000000000 -1000000000000000").len(), 2);
        assert!(check("1000000000000001").is_err() && check("-1000000000000000.1").is_err());
        let read = points("0.0000000000000000000000000001 0.1234567894 2.50");
        assert_eq!(
            read,
            [Some("0.000000000"), Some("0.123456789"), Some("2.50")].map(|text| text.map(ToOwned::to_owned))
        );
    }
}
