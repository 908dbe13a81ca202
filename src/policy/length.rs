//! Lengths of time as policies write them: `30m`, `1h`, `7d`; and windows, which lie on the grid.

use super::complaint::{Complaint, printable};
use crate::budget::gap;
use crate::diagnostic::Code;

/// The longest window, in seconds: no period is longer than a year.
const LONGEST_WINDOW: i64 = 366 * 86_400;

/// The seconds of a window such as `1h`: a whole multiple of the grid's step.
pub(super) fn window(text: &str, step: i64) -> Result<i64, Complaint> {
    let refuse = |message: String, help: String| Err(Complaint::new(message, help).of(Code::UnknownFact));
    let Some(seconds) = length(text) else {
        let message = format!("`{}` is no window", printable(text));
        let help = meant(text).map_or_else(
            || "write a number and a unit, such as \"30m\", \"1h\" or \"7d\"".to_owned(),
            |near| format!("did you mean \"{near}\"?"),
        );
        return refuse(message, help);
    };
    let step = step.max(1);
    if seconds % step != 0 {
        let near = (seconds / step).saturating_add(1).saturating_mul(step);
        let message = format!("the window `{text}` is no multiple of the step of {}", gap::duration(step));
        return refuse(message, format!("did you mean \"{}\"?", written(near)));
    }
    if seconds > LONGEST_WINDOW {
        let message = format!("the window `{text}` is longer than a year");
        return refuse(message, "name a window that is at most as long as the period".to_owned());
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

/// The length that was probably meant by `1 hour`, `24H` or `1hr`.
fn meant(text: &str) -> Option<String> {
    let tight: String = text.chars().filter(|next| !next.is_whitespace()).collect::<String>().to_lowercase();
    let unit = tight.find(|next: char| !next.is_ascii_digit())?;
    let near = tight.get(..=unit)?;
    length(near).map(|_| near.to_owned())
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
        let help = meant(text).map_or_else(
            || "write a number and a unit, such as \"7d\" or \"12h\"".to_owned(),
            |near| format!("did you mean \"{near}\"?"),
        );
        Complaint::new(message, help)
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
        assert_eq!(seconds("1 Hour"), Err("did you mean \"1h\"?".to_owned()));
        for text in ["", "h", "1", "-1h", "1.5h", "1hh", "0h", "99999999999999999999d", "ü", "1ü", "400d"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
