//! The compact notations of tests: shares, lengths, instants, and events per step.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::super::length::length;
use crate::budget::series::{MOST, Total};

/// The most steps that a history may have.
const MOST_STEPS: usize = 200_000;

/// A number as it is written, `14.4` or `1e6`.
pub(super) fn number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// A share such as `5 %`, as a part of 1; `0` may stand alone.
pub(super) fn share(text: &str) -> Option<Decimal> {
    match text.strip_suffix('%') {
        Some(percent) => number(percent)?.checked_div(Decimal::ONE_HUNDRED),
        None => number(text).filter(Decimal::is_zero),
    }
}

/// A multiple such as `14.4x` or `14.4`.
pub(super) fn multiple(text: &str) -> Option<Decimal> {
    number(text.strip_suffix('x').unwrap_or(text))
}

/// The seconds of a length such as `28d 3h`; `0` is a length of nothing.
pub(super) fn lengths(text: &str) -> Option<i64> {
    if text.trim() == "0" {
        return Some(0);
    }
    let mut words = text.split_whitespace().peekable();
    words.peek()?;
    words.try_fold(0_i64, |sum, word| sum.checked_add(length(word)?))
}

/// An instant: a length since the beginning, or RFC 3339.
pub(super) fn instant(text: &str, start: Option<i64>) -> Option<i64> {
    match (start, lengths(text)) {
        (Some(start), Some(after)) => start.checked_add(after),
        _ => text.parse::<Timestamp>().ok().map(Timestamp::as_second),
    }
}

/// The events of each step: `1000x672 40/1000x3h ?x2`.
///
/// # Errors
/// The word that is wrong, and why.
pub(super) fn events(text: &str, step: i64) -> Result<Vec<Option<Total>>, (String, String)> {
    let mut points = Vec::new();
    for word in text.split_whitespace() {
        let wrong = |why: &str| (word.to_owned(), why.to_owned());
        let (events, times) = word.split_once('x').unwrap_or((word, "1"));
        let times = match (times.parse::<usize>(), length(times)) {
            (Ok(times), _) => times,
            (Err(_), Some(seconds)) if seconds % step != 0 => {
                return Err(wrong("is not a whole number of steps"));
            }
            (Err(_), Some(seconds)) => usize::try_from(seconds / step).unwrap_or(usize::MAX),
            (Err(_), None) => {
                return Err(wrong("says after `x` neither how many steps nor how long, such as `3h`"));
            }
        };
        let point = match events.split_once('/') {
            _ if events == "?" => None,
            Some((bad, total)) => Some((number(bad), number(total))),
            None => Some((Some(Decimal::ZERO), number(events))),
        };
        let point = match point {
            None => None,
            Some((Some(bad), Some(total))) if bad > total => {
                return Err(wrong("has more bad events than events"));
            }
            Some((Some(bad), Some(total))) if bad >= Decimal::ZERO && total <= MOST => {
                Some(Total { bad, total })
            }
            Some(_) => return Err(wrong("is no number of events, such as `1000` or `40/1000`")),
        };
        if times > MOST_STEPS - points.len() {
            return Err(wrong("makes the history longer than 200000 steps"));
        }
        points.extend(std::iter::repeat_n(point, times));
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_repeat_for_steps_or_for_a_time() {
        let points = events("1000x2 40/1000x2h ?", 3_600).expect("events");
        let bad: Vec<Option<i64>> = points
            .iter()
            .map(|point| point.map(|events| i64::try_from(events.bad).expect("small")))
            .collect();
        assert_eq!(bad, [Some(0), Some(0), Some(40), Some(40), None]);
        for wrong in ["x", "1000x", "1000x90m", "5/4", "-1", "a/b", "1000x999999999", "1000x1y"] {
            assert!(events(wrong, 3_600).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_lengths_and_instants() {
        assert_eq!(share("-2.5 %"), Some(Decimal::new(-25, 3)));
        assert_eq!(share("0.05"), None);
        assert_eq!(multiple("14.4x"), Some(Decimal::new(144, 1)));
        assert_eq!(lengths("28d 3h"), Some(28 * 86_400 + 10_800));
        assert_eq!(lengths("28 d"), None);
        assert_eq!(instant("1h", Some(100)), Some(3_700));
        assert_eq!(instant("1h", None), None);
        assert_eq!(instant("1970-01-01T00:01:00Z", None), Some(60));
    }
}
