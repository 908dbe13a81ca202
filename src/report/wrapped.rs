//! Text that is wrapped between words for a terminal. Colours take no columns, and a number stays with its `%`.

use unicode_width::UnicodeWidthStr as _;

/// Lines that begin with `first` and go on behind `rest`, of at most so many columns, without a newline at the end. A
/// word that is longer than a line stays whole, because somebody may copy it.
#[must_use]
pub fn lines(first: &str, rest: &str, text: &str, width: usize) -> String {
    let mut out = first.to_owned();
    let mut column = columns(first);
    let mut begins = true;
    for word in text.replace(" %", "\0%").split(' ') {
        let word = word.replace('\0', " ");
        let length = columns(&word);
        if !begins && column + 1 + length > width {
            out.push('\n');
            out.push_str(rest);
            column = columns(rest);
        } else if !begins {
            out.push(' ');
            column += 1;
        }
        out.push_str(&word);
        column += length;
        begins = false;
    }
    out
}

/// How many columns a text takes.
fn columns(text: &str) -> usize {
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
}
