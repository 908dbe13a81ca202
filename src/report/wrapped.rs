//! Text that is wrapped between words for a terminal. Colours take no columns; a number stays with its `%`, and an instant
//! is not torn (`28 Nov 14:00 UTC`).

use unicode_width::UnicodeWidthStr as _;

/// The columns of a line that may be of any length.
pub const ENDLESS: usize = usize::MAX;

/// A space at which no line ends.
const KEPT: char = '\0';

/// Months as instants name them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Lines that begin with `first` and go on behind `rest`, of at most so many columns, without a newline at the end. A
/// word that is longer than a line stays whole, because somebody may copy it. Where a line ends, its spaces go.
#[must_use]
pub fn lines(first: &str, rest: &str, text: &str, width: usize) -> String {
    let mut out = first.to_owned();
    let mut column = columns(first);
    let (mut gap, mut begins) = (0, true);
    for word in tied(text).split(' ') {
        let length = columns(word);
        if length > 0 && !begins && column.saturating_add(gap + length) > width {
            out.push('\n');
            out.push_str(rest);
            column = columns(rest);
            gap = 0;
        }
        if !word.is_empty() {
            out.push_str(&" ".repeat(gap));
            out.push_str(&word.replace(KEPT, " "));
            column += gap + length;
            (gap, begins) = (0, false);
        }
        gap += 1;
    }
    out
}

/// A text in which no line ends.
#[must_use]
pub fn kept(text: &str) -> String {
    text.replace(' ', "\0")
}

/// A text in which no line ends inside of a percentage or an instant.
fn tied(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = "";
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            out.push(if belongs(before, word) { KEPT } else { ' ' });
        }
        out.push_str(word);
        before = word;
    }
    out
}

/// Whether a word goes on with a number or an instant that the word before it began.
fn belongs(before: &str, word: &str) -> bool {
    let before = before.trim_start_matches(|sign: char| !sign.is_alphanumeric());
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|one| one.is_ascii_digit());
    let is_clock = |text: &str| {
        let after = |(hour, rest): (&str, &str)| is_number(hour) && rest.get(..2).is_some_and(is_number);
        text.split_once(':').is_some_and(after)
    };
    if word.starts_with('%') {
        return before.ends_with(|one: char| one.is_ascii_digit());
    }
    let is_year = word.get(..4).is_some_and(is_number);
    (is_number(before) && before.len() <= 2 && begins_with_a_month(word))
        || (MONTHS.contains(&before) && (is_clock(word) || is_year))
        || (is_number(before) && before.len() == 4 && is_clock(word))
        || (is_clock(before) && word.starts_with("UTC"))
}

/// Whether a word is a month as instants name it, whatever stands behind it.
fn begins_with_a_month(word: &str) -> bool {
    let rest = MONTHS.iter().find_map(|month| word.strip_prefix(month));
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
}

/// How many columns a text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    let mut columns = 0;
    for (index, part) in text.split('\u{1b}').enumerate() {
        // Behind an escape stands `[31m`, which no terminal shows.
        let shown = if index == 0 { part } else { part.split_once('m').map_or("", |(_, shown)| shown) };
        columns += shown.width();
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_hangs_and_colours_take_no_room() {
        assert_eq!(lines("a ", "  ", "one two three", 9), "a one two\n  three");
        assert_eq!(
            lines("a ", "  ", "\u{1b}[31mone two\u{1b}[0m three", 9),
            "a \u{1b}[31mone two\u{1b}[0m\n  three"
        );
        assert_eq!(lines("", "", "takes 12 % of it", 8), "takes\n12 % of\nit");
        assert_eq!(lines("", "", "https://prom.example/api", 8), "https://prom.example/api");
        assert_eq!(lines("", "", "日本 語", 4), "日本\n語");
    }

    #[test]
    fn an_instant_and_what_is_kept_are_not_torn() {
        assert_eq!(lines("", "", "since 17 Nov 09:00 UTC (4 days)", 16), "since\n17 Nov 09:00 UTC\n(4 days)");
        assert_eq!(lines("", "", "until (1 Jan 2027), then", 13), "until\n(1 Jan 2027),\nthen");
        assert_eq!(lines("", "", "at 1 Jan 2027 09:00 UTC.", 13), "at\n1 Jan 2027 09:00 UTC.");
        assert_eq!(lines("", "", "in May 3 of 12 November days", 9), "in May 3\nof 12\nNovember\ndays");
        assert_eq!(lines("", "", &format!("a {} b", kept("c d e")), 4), "a\nc d e\nb");
    }

    #[test]
    fn spaces_stand_inside_of_a_line_and_go_at_its_end() {
        assert_eq!(lines("", "  ", "left -23.4 %     thaws", ENDLESS), "left -23.4 %     thaws");
        assert_eq!(lines("", "  ", "left -23.4 %     thaws", 20), "left -23.4 %\n  thaws");
        assert_eq!(lines("", "", " a  b ", 80), " a  b");
    }
}
