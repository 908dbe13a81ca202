//! Markdown that is too long, cut between two lines, with a note that says so.
//!
//! A table's row, a sentence or a list's item is never halved, and what the cut leaves open (a fence of code,
//! folded details) is closed before the note, so that the note is seen.

/// The longest footer that is kept, in bytes.
const LONGEST_FOOTER: usize = 4_000;

/// How length is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// In characters, as comments are.
    Characters,
    /// In bytes, as step summaries are.
    Bytes,
}

impl Measure {
    /// The length of a text.
    fn of(self, text: &str) -> usize {
        match self {
            Self::Characters => text.chars().count(),
            Self::Bytes => text.len(),
        }
    }
}

/// The text, or as many of its lines as fit with the note after them.
pub(super) fn cut(markdown: &str, limit: usize, measure: Measure, note: &str) -> String {
    if measure.of(markdown) <= limit {
        return markdown.to_owned();
    }
    let footer = footer(markdown);
    // Room for the note, the footer, and for what closes open parts.
    let mut room = limit.saturating_sub(measure.of(note) + measure.of(footer) + 256);
    let mut kept = String::new();
    let mut fence = None;
    let mut folds = 0_usize;
    for line in markdown.split_inclusive('\n') {
        let length = measure.of(line);
        if length > room {
            break;
        }
        room -= length;
        kept.push_str(line);
        let text = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| text.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => {
                folds += text.matches("<details").count();
                folds = folds.saturating_sub(text.matches("</details>").count());
            }
            _ => {}
        }
    }
    if !kept.is_empty() && !kept.ends_with('\n') {
        kept.push('\n');
    }
    if let Some(mark) = fence {
        kept.push_str(mark);
        kept.push('\n');
    }
    for _ in 0..folds.min(8) {
        kept.push_str("\n</details>\n");
    }
    kept.push('\n');
    kept.push_str(note);
    kept.push('\n');
    if !footer.is_empty() {
        kept.push('\n');
        kept.push_str(footer);
        kept.push('\n');
    }
    kept
}

/// The small print at the end, which says until when a verdict holds: kept whole, unless it is long itself.
fn footer(markdown: &str) -> &str {
    let last = markdown.trim_end().lines().next_back().unwrap_or_default();
    if last.starts_with("<sub>") && last.len() <= LONGEST_FOOTER { last } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(cut("ü\n", 2, Measure::Characters, "note"), "ü\n");
    }

    #[test]
    fn rows_are_never_halved_and_open_parts_are_closed() {
        let row = format!("| {} |\n", "ü".repeat(60));
        let long = format!("head\n\n<details>\n\n```text\n{}", row.repeat(100));
        let short = cut(&long, 1_000, Measure::Characters, "_The rest was cut._");
        assert!(short.chars().count() <= 1_000);
        assert!(short.ends_with("|\n```\n\n</details>\n\n_The rest was cut._\n"));
        assert!(short.lines().filter(|line| line.starts_with('|')).all(|line| line.ends_with(" |")));
        assert!(cut(&long, 1_000, Measure::Bytes, "note").len() <= 1_000);
    }
}
