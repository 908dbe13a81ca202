//! The step summary: the whole report on the page of the run, whatever the token may do.
//!
//! GitHub drops a summary that is too large without a word, so it is cut before that, counting what the step has
//! written already.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use super::Outcome;
use super::cut::{Measure, cut};

/// The most bytes of a step's summary; GitHub drops what comes near 1 MiB.
const LARGEST: usize = 900 * 1024;

/// What a summary that is too long ends with.
const CUT: &str = "_The rest did not fit into a step summary; `--format json` has all of it._";

/// Appends a summary to the file that GitHub shows.
#[must_use]
pub fn append(path: Option<&Path>, markdown: &str) -> Outcome {
    let Some(path) = path else { return Outcome::Skipped("the run has no step summary".to_owned()) };
    if markdown.trim().is_empty() {
        return Outcome::Skipped("there is nothing to summarise".to_owned());
    }
    let there = std::fs::metadata(path).map_or(0, |meta| meta.len());
    let room = LARGEST.saturating_sub(usize::try_from(there).unwrap_or(usize::MAX));
    if room < 1024 {
        return Outcome::Skipped("the step's summary is full".to_owned());
    }
    let text = cut(markdown, room, Measure::Bytes, CUT);
    let write = || {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(text.as_bytes())?;
        if text.ends_with('\n') { Ok(()) } else { file.write_all(b"\n") }
    };
    match write() {
        Ok(()) => Outcome::Written,
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Tree as _, WorkTree};

    #[test]
    fn summaries_are_appended_until_the_step_is_full() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("summary.md");
        assert_eq!(append(Some(&path), "one"), Outcome::Written);
        assert_eq!(append(Some(&path), &"| row |\n".repeat(200_000)), Outcome::Written);
        let text = WorkTree::new(dir.path()).read("summary.md").expect("it reads").expect("it is there");
        let text = String::from_utf8(text).expect("it is text");
        assert!(text.starts_with("one\n| row |\n") && text.len() <= LARGEST);
        assert!(text.ends_with(&format!("| row |\n\n{CUT}\n")));
        assert!(matches!(append(Some(&path), "more"), Outcome::Skipped(_) | Outcome::Written));
        assert!(matches!(append(None, "x"), Outcome::Skipped(_)));
        assert!(matches!(append(Some(dir.path()), "x"), Outcome::Failed(_)));
    }
}
