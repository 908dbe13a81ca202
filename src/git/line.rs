//! Which lines of a text are not what they were.

use std::ops::RangeInclusive;

use git2::{DiffOptions, Patch};

/// The lines of one text that a change touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lines {
    /// Every line: the text is new, or cannot be compared.
    All,
    /// These, from 1. Where lines were taken out, the two around the gap.
    Some(Vec<RangeInclusive<usize>>),
}

impl Lines {
    /// The lines of `after` that differ from `before`; all of a text that was not there.
    #[must_use]
    pub fn touched(before: Option<&[u8]>, after: &[u8]) -> Self {
        let Some(before) = before else { return Self::All };
        if before == after {
            return Self::Some(Vec::new());
        }
        let mut options = DiffOptions::new();
        options.context_lines(0).force_text(true).ignore_whitespace_eol(false);
        let Ok(patch) = Patch::from_buffers(before, None, after, None, Some(&mut options)) else {
            return Self::All;
        };
        let mut lines = Vec::new();
        for index in 0..patch.num_hunks() {
            let Ok((hunk, _)) = patch.hunk(index) else { return Self::All };
            let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
            let (start, count) = (number(hunk.new_start()), number(hunk.new_lines()));
            // A hunk without new lines begins at the line before the gap.
            lines.push(if count == 0 { start.max(1)..=start + 1 } else { start..=start + count - 1 });
        }
        Self::Some(lines)
    }

    /// True when any of the lines from `first` to `last` is touched.
    #[must_use]
    pub fn touch(&self, first: usize, last: usize) -> bool {
        match self {
            Self::All => true,
            Self::Some(lines) => lines.iter().any(|lines| *lines.start() <= last && first <= *lines.end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The touched lines among the first ten.
    fn touched(before: &str, after: &str) -> Vec<usize> {
        let lines = Lines::touched(Some(before.as_bytes()), after.as_bytes());
        (1..=10).filter(|line| lines.touch(*line, *line)).collect()
    }

    #[test]
    fn lines_that_are_new_or_other_are_touched_and_their_neighbours_are_not() {
        assert_eq!(touched("a\nb\nc\n", "a\nB\nc\n"), [2]);
        assert_eq!(touched("a\nb\n", "a\nx\ny\nb\n"), [2, 3]);
        assert_eq!(touched("a\nb\nc\nd\n", "A\nb\nc\nD\n"), [1, 4]);
        assert!(touched("a\nb\n", "a\nb\n").is_empty());
        assert_eq!(touched("a\nb\nc\n", "a\r\nb\nc\n"), [1]);
    }

    #[test]
    fn where_lines_went_the_ones_around_the_gap_are_touched() {
        assert_eq!(touched("a\nb\nc\n", "a\nc\n"), [1, 2]);
        assert_eq!(touched("a\nb\nc\n", "b\nc\n"), [1]);
        assert_eq!(touched("a\nb\nc\n", "a\nb\n"), [2, 3]);
    }

    #[test]
    fn a_new_text_is_touched_everywhere_and_a_stretch_by_any_of_its_lines() {
        assert!(Lines::touched(None, b"a\n").touch(9, 9));
        let lines = Lines::touched(Some(b"a\nb\nc\nd\n"), b"a\nb\nC\nd\n");
        assert!(lines.touch(1, 3));
        assert!(!lines.touch(1, 2) && !lines.touch(4, 9));
    }
}
