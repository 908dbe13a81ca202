//! Lengths of time as policies write them: `30m`, `1h`, `7d`; and windows, which lie on the grid.

use super::complaint::{Complaint, printable};
use crate::budget::gap;
use crate::diagnostic::Code;

/// The longest window, in seconds: no period is longer than a year.
const LONGEST_WINDOW: i64 = 366 * 86_400;

/// The words that people write for a unit, and its seconds.
const UNITS: [(&[&str], i64); 5] = [
    (&["s", "sec", "secs", "second", "seconds"], 1),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600),
    (&["d", "day", "days"], 86_400),
    (&["w", "wk", "wks", "week", "weeks"], 604_800),
];

/// Words for what has no fixed length, the last one in full, and two numbers of days that may be meant.
const CALENDAR: [(&[&str], [i64; 2]); 3] = [
    (&["M", "mo", "mon", "months", "month"], [28, 30]),
    (&["q", "quarters", "quarter"], [84, 90]),
    (&["y", "yr", "years", "year"], [364, 365]),
];

/// The seconds of a window such as `1h`: a whole multiple of the grid's step.
pub(super) fn window(text: &str, step: i64) -> Result<i64, Complaint> {
    let refuse = |message: String, help: String| Err(Complaint::new(message, help).of(Code::UnknownFact));
    let step = step.max(1);
    let on_grid = |seconds: i64| {
        let whole = seconds.checked_add((-seconds).rem_euclid(step))?;
        (whole <= LONGEST_WINDOW).then_some(whole)
    };
    let Some(seconds) = length(text) else {
        let message = format!("`{}` is no window", printable(text));
        return refuse(message, advice(text, "\"30m\", \"1h\" or \"7d\"", on_grid));
    };
    if seconds > LONGEST_WINDOW {
        let message = format!("the window `{text}` is longer than a year");
        return refuse(message, "name a window that is at most as long as the period".to_owned());
    }
    if seconds % step != 0 {
        let message = format!("the window `{text}` is no multiple of the step of {}", gap::duration(step));
        let near = on_grid(seconds).unwrap_or(step);
        return refuse(message, format!("did you mean \"{}\"?", written(near)));
    }
    Ok(seconds)
}

/// The seconds of a length such as `7d`; none for what is no length, or a length of nothing.
pub(super) fn length(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let number = text.get(..text.len() - 1)?;
    if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(unit).filter(|seconds| *seconds > 0)
}

/// What to write instead of a text that is no length: what was probably meant where it can be said, else `examples`.
fn advice(text: &str, examples: &str, fit: impl Fn(i64) -> Option<i64>) -> String {
    let general = || format!("write a number and a unit, such as {examples}");
    let Some((number, word)) = number_and_word(text) else { return general() };
    let times = |seconds: i64| number.checked_mul(seconds).filter(|seconds| *seconds > 0).and_then(&fit);
    if let Some((words, days)) = CALENDAR.iter().find(|(words, _)| words.contains(&word.as_str())) {
        let [one, other] = days.map(|days| times(days * 86_400).map(written));
        return match (one, other, words.last()) {
            (Some(one), Some(other), Some(name)) => {
                format!("a {name} has no fixed length: write \"{one}\" or \"{other}\"")
            }
            _ => general(),
        };
    }
    let unit = UNITS.iter().find(|(words, _)| words.contains(&word.as_str()));
    let near = unit.and_then(|(_, seconds)| times(*seconds));
    near.map_or_else(general, |near| format!("did you mean \"{}\"?", written(near)))
}

/// The number that a text begins with and the word behind it, in lower case except for a lone `M`.
fn number_and_word(text: &str) -> Option<(i64, String)> {
    let tight: String = text.chars().filter(|next| !next.is_whitespace()).collect();
    let (number, word) = tight.split_at_checked(tight.find(|next: char| !next.is_ascii_digit())?)?;
    let word = if word == "M" { word.to_owned() } else { word.to_lowercase() };
    Some((number.parse().ok()?, word))
}

/// A length in the largest unit that holds it without a rest.
fn written(seconds: i64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let whole = units.into_iter().find(|(_, length)| seconds % length == 0);
    whole.map_or_else(|| format!("{seconds}s"), |(unit, length)| format!("{}{unit}", seconds / length))
}

/// The seconds of a length such as `3d`, or what is wrong with it.
pub(super) fn read(text: &str) -> Result<i64, Complaint> {
    length(text).ok_or_else(|| {
        let message = format!("`{}` is no length of time", printable(text));
        Complaint::new(message, advice(text, "\"7d\" or \"12h\"", Some))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_whole_multiple_of_the_step() {
        let seconds = |text: &str| window(text, 300).map_err(|complaint| complaint.help);
        assert_eq!(seconds("30m"), Ok(1_800));
        assert_eq!(seconds("1h"), Ok(3_600));
        assert_eq!(seconds("7d"), Ok(604_800));
        assert_eq!(seconds("7m"), Err("did you mean \"10m\"?".to_owned()));
        assert_eq!(seconds("61m"), Err("did you mean \"65m\"?".to_owned()));
        assert_eq!(seconds("365d"), Ok(31_536_000));
        for text in ["", "h", "1", "-1h", "1.5h", "1hh", "0h", "99999999999999999999d", "ü", "1ü", "400d"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_meant_is_a_whole_word_and_lies_on_the_grid() {
        let help = |text: &str, step| window(text, step).expect_err(text).help;
        let rows = [
            ("1 Hour", "did you mean \"1h\"?"),
            ("24hrs", "did you mean \"1d\"?"),
            ("90 minutes", "did you mean \"90m\"?"),
            ("2min", "did you mean \"5m\"?"),
            ("4 weeks", "did you mean \"28d\"?"),
            ("1h30m", "write a number and a unit, such as \"30m\", \"1h\" or \"7d\""),
            ("60 weeks", "write a number and a unit, such as \"30m\", \"1h\" or \"7d\""),
        ];
        for (text, says) in rows {
            assert_eq!(help(text, 300), says, "{text}");
        }
        assert_eq!(help("2min", 3_600), "did you mean \"1h\"?");
        for text in ["1 month", "1mo", "1M", "1 Month"] {
            assert!(help(text, 300).ends_with("write \"28d\" or \"30d\""), "{text}");
        }
        assert!(help("1 quarter", 300).ends_with("write \"84d\" or \"90d\""));
        let length = read("2 months").expect_err("no length").help;
        assert!(length.ends_with("write \"56d\" or \"60d\""), "{length}");
    }
}
