//! What a sweep over the open pull requests found and did, as data: a line for each, and what was not reached.
//!
//! Finished before it is shown: `text` makes a table of it for a terminal, `markdown` one for a step summary, `json` what
//! `schemas/sweep.v1.json` describes.

mod json;
mod markdown;
mod text;

use jiff::Timestamp;

use crate::verdict::{Effect, Exit};

/// Everything there is to say of a sweep.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// When it began.
    pub now: Timestamp,
    /// The judged environment.
    pub environment: String,
    /// Nothing was written: what is told would have been told.
    pub dry_run: bool,
    /// The pull requests that were reached, by their numbers.
    pub lines: Vec<Line>,
    /// How many open pull requests were not reached.
    pub unreached: usize,
    /// The number behind which the next sweep goes on; none when all were reached.
    pub resume: Option<u64>,
    /// Calls of GitHub's API that were sent.
    pub calls: u64,
    /// Calls that it was given.
    pub allowed: u64,
    /// What else a reader must know.
    pub notes: Vec<String>,
}

/// One pull request.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its number.
    pub number: u64,
    /// The branch that it would be merged into.
    pub base: String,
    /// The full id of its head commit.
    pub head: String,
    /// The services that it touches.
    pub services: Vec<String>,
    /// What its commit status said before, as GitHub calls it (`success`); none when there was no status, or when it was not
    /// read.
    pub was: Option<String>,
    /// What it is judged now; none when it was not.
    pub now: Option<Said>,
    /// What was done.
    pub done: Done,
    /// Why it was left or failed, or which pull request decides the status that it shares; empty where nothing is to be
    /// said.
    pub why: String,
    /// Where people see the comment, where it was looked for.
    pub comment: Option<String>,
}

/// A verdict in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The commit status, as GitHub calls it (`failure`).
    pub state: &'static str,
    /// The effect.
    pub effect: Effect,
    /// The exit that `check` would have.
    pub exit: Exit,
    /// The sentence.
    pub text: String,
}

/// What was done about a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is judged as before, and was not told.
    Kept,
    /// It was told, because it is judged otherwise.
    Told,
    /// It was told the same as before, because that was long ago.
    Renewed,
    /// It was left to a run of its own.
    Left,
    /// It could not be judged or told.
    Failed,
}

impl Done {
    /// As it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Told => "told",
            Self::Renewed => "renewed",
            Self::Left => "left",
            Self::Failed => "failed",
        }
    }
}

impl Sweep {
    /// How many lines ended in a way.
    #[must_use]
    pub fn count(&self, done: Done) -> usize {
        self.lines.iter().filter(|line| line.done == done).count()
    }

    /// What came of all of it: the first that applies of invalid, unknown, untold and proceed.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let said =
            |exit: Exit| self.lines.iter().filter_map(|line| line.now.as_ref()).any(|said| said.exit == exit);
        let untold = self.unreached > 0 || self.count(Done::Failed) > 0;
        match [Exit::Invalid, Exit::Unknown].into_iter().find(|exit| said(*exit)) {
            Some(exit) => exit,
            None if untold => Exit::Untold,
            None => Exit::Proceed,
        }
    }

    /// What was done about a pull request, as a person reads it.
    const fn word(&self, done: Done) -> &'static str {
        match done {
            Done::Told if self.dry_run => "to tell",
            Done::Renewed if self.dry_run => "to renew",
            Done::Kept | Done::Told | Done::Renewed | Done::Left | Done::Failed => done.as_str(),
        }
    }

    /// All of it in a sentence: `3 pull requests judged for production: 1 told, 2 as before; 12 of 500 calls`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let many = |count: usize| match count {
            1 => "1 open pull request".to_owned(),
            count => format!("{count} open pull requests"),
        };
        let parts = [
            (self.count(Done::Told), self.word(Done::Told)),
            (self.count(Done::Renewed), self.word(Done::Renewed)),
            (self.count(Done::Kept), "as before"),
            (self.count(Done::Left), "left to a run of its own"),
            (self.count(Done::Failed), "failed"),
            (self.unreached, "not reached"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, word)| format!("{count} {word}")).collect();
        let all = many(self.lines.len() + self.unreached);
        let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        format!("{all} for {}{parts}; {} of {} calls", self.environment, self.calls, self.allowed)
    }
}

impl Line {
    /// What a reader is told of it beside its numbers: why nothing was done, else the verdict.
    fn reason(&self) -> &str {
        match (&self.now, self.why.is_empty()) {
            (_, false) => &self.why,
            (Some(said), true) => &said.text,
            (None, true) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(done: Done, exit: Option<Exit>) -> Line {
        let said = |exit| Said { state: "success", effect: Effect::Proceed, exit, text: String::new() };
        Line {
            number: 1,
            base: "main".to_owned(),
            head: String::new(),
            services: Vec::new(),
            was: None,
            now: exit.map(said),
            done,
            why: String::new(),
            comment: None,
        }
    }

    fn sweep(lines: Vec<Line>, unreached: usize) -> Sweep {
        Sweep {
            now: Timestamp::UNIX_EPOCH,
            environment: "production".to_owned(),
            dry_run: false,
            lines,
            unreached,
            resume: None,
            calls: 3,
            allowed: 500,
            notes: Vec::new(),
        }
    }

    #[test]
    fn verdicts_are_no_failure_of_the_sweep_and_not_knowing_is_none_of_them() {
        let exit = |lines: &[Line], unreached| sweep(lines.to_vec(), unreached).exit();
        assert_eq!(exit(&[], 0), Exit::Proceed);
        assert_eq!(exit(&[line(Done::Told, Some(Exit::Withheld))], 0), Exit::Proceed);
        assert_eq!(exit(&[line(Done::Left, Some(Exit::Proceed))], 0), Exit::Proceed);
        assert_eq!(exit(&[line(Done::Failed, None)], 0), Exit::Untold);
        assert_eq!(exit(&[line(Done::Kept, Some(Exit::Proceed))], 1), Exit::Untold);
        let unknown = line(Done::Kept, Some(Exit::Unknown));
        assert_eq!(exit(&[line(Done::Failed, None), unknown.clone()], 1), Exit::Unknown);
        assert_eq!(exit(&[unknown, line(Done::Told, Some(Exit::Invalid))], 0), Exit::Invalid);
    }

    #[test]
    fn a_sentence_counts_what_was_done() {
        let lines = [Done::Told, Done::Kept, Done::Kept, Done::Failed].map(|done| line(done, None)).to_vec();
        assert_eq!(
            sweep(lines, 2).sentence(),
            "6 open pull requests for production: 1 told, 2 as before, 1 failed, 2 not reached; 3 of 500 calls"
        );
        assert_eq!(sweep(vec![], 0).sentence(), "0 open pull requests for production; 3 of 500 calls");
    }
}
