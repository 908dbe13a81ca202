//! What becomes of a status that stands there when its pull request is judged again by somebody who came by.
//!
//! A commit takes 1,000 statuses of one name, and everybody reads them: one that would say the same in other numbers is
//! left, until it is old. A run of the pull request's own knows more than whoever comes by, and is not talked over. What
//! a status says of its run stands in its link, which whoever may write statuses can forge: a run that began after its
//! status was taken is not believed.

use super::StatusLine;
use super::stamp::SKEW;
use super::status::{NO_GREEN, describe};
use crate::github::{Dated, State};

/// How long a pending status is left to the run that posted it, in seconds: the longest that a run may wait for answers.
const PENDING: i64 = 3_600;

/// After how long the same is said anew, in seconds: at most 1,460 times a year.
const OLD: i64 = 6 * 3_600;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// It says the same.
    Keep,
    /// It says something else, or there is none.
    Tell,
    /// It says the same, and was said long ago.
    Renew,
    /// It is another run's; why.
    Leave(&'static str),
}

/// Finds what is to be done with the latest status, by a verdict of a sweep that began at `now`, in seconds since the
/// epoch.
#[must_use]
pub fn review(line: &StatusLine, latest: Option<&Dated>, now: i64) -> Review {
    let Some(Dated { status: latest, created, .. }) = latest else { return Review::Tell };
    let begun = latest.began().filter(|begun| *begun <= created.saturating_add(SKEW));
    if begun > Some(now) {
        return Review::Leave("a newer run has judged it");
    }
    let age = begun.map_or(i64::MAX, |begun| now.saturating_sub(begun));
    if latest.state == State::Pending.as_str() && age < PENDING {
        return Review::Leave("a run of its own is judging it");
    }
    if line.state == State::Success && latest.state == State::Error.as_str() && latest.description == NO_GREEN
    {
        return Review::Leave(NO_GREEN);
    }
    let same =
        latest.state == line.state.as_str() && alike(&latest.description, &describe(&line.description));
    match same {
        false => Review::Tell,
        true if age < OLD => Review::Keep,
        true => Review::Renew,
    }
}

/// Whether two texts are the same but for their numbers.
fn alike(one: &str, other: &str) -> bool {
    let is_number = |word: &str| {
        word.contains(|c: char| c.is_ascii_digit())
            && word.chars().all(|c| c.is_ascii_digit() || "+-.,:%".contains(c))
    };
    let words = |text: &str| -> Vec<String> {
        let shown = |word: &str| if is_number(word) { "0".to_owned() } else { word.to_owned() };
        text.split_whitespace().map(shown).collect()
    };
    words(one) == words(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::Status;

    const NOW: i64 = 1_800_000_000;

    fn line(state: State, description: &str) -> StatusLine {
        StatusLine { state, description: description.to_owned() }
    }

    fn stands(state: &str, description: &str, at: Option<i64>) -> Dated {
        let target = at.map_or_else(String::new, |at| format!("https://g/o/r/pull/7?run=5.1&at={at}#x"));
        let status = Status { state: state.to_owned(), description: description.to_owned(), target };
        Dated { status, created: at.unwrap_or(NOW), creator: None }
    }

    fn frozen(latest: Option<&Dated>) -> Review {
        review(&line(State::Failure, "freeze: exhausted, checkout -23.4 % left"), latest, NOW)
    }

    #[test]
    fn what_says_something_else_is_told() {
        assert_eq!(frozen(None), Review::Tell);
        for (state, description) in [
            ("success", "proceed: checkout, 61.4 % left"),
            ("success", "freeze: exhausted, checkout -23.4 % left"),
            ("failure", "freeze: fast-burn, checkout -23.4 % left"),
            ("failure", "freeze: exhausted, search -23.4 % left"),
            ("error", "cancelled"),
            ("unheard of", ""),
        ] {
            assert_eq!(frozen(Some(&stands(state, description, Some(NOW - 60)))), Review::Tell, "{state}");
        }
    }

    #[test]
    fn what_says_the_same_in_other_numbers_is_left_until_it_is_old() {
        let since = |at| frozen(Some(&stands("failure", "freeze: exhausted, checkout -1.5 % left", at)));
        assert_eq!(since(Some(NOW)), Review::Keep);
        assert_eq!(since(Some(NOW - OLD + 1)), Review::Keep);
        assert_eq!(since(Some(NOW - OLD)), Review::Renew);
        assert_eq!(since(None), Review::Renew);
        assert!(alike("left 14:00, 1,000 %", "left 8:00, 2 %"));
        assert!(!alike("latency-400ms", "latency-500ms"));
    }

    #[test]
    fn a_newer_run_is_not_talked_over_however_mild_it_is() {
        let newer = |state, at| frozen(Some(&stands(state, "proceed", Some(at))));
        for state in ["success", "pending", "failure"] {
            assert!(matches!(newer(state, NOW + 1), Review::Leave(_)), "{state}");
        }
        assert_eq!(newer("success", NOW), Review::Tell);
    }

    #[test]
    fn a_run_that_began_after_its_status_was_taken_keeps_nobody_away() {
        let taken = NOW - 86_400;
        for ahead in [NOW + 1, NOW + 60, NOW + 6 * 3_600 - 1, i64::MAX] {
            let forged = Dated { created: taken, ..stands("success", "proceed", Some(ahead)) };
            assert_eq!(frozen(Some(&forged)), Review::Tell, "{ahead}");
        }
        let in_a_moment = Dated { created: NOW, ..stands("success", "proceed", Some(NOW + SKEW)) };
        assert!(matches!(frozen(Some(&in_a_moment)), Review::Leave(_)), "a clock may be ahead by that");
    }

    #[test]
    fn where_no_green_can_be_taken_back_none_is_told() {
        let full = stands("error", NO_GREEN, Some(NOW - 86_400));
        assert_eq!(review(&line(State::Success, "proceed"), Some(&full), NOW), Review::Leave(NO_GREEN));
        assert_eq!(frozen(Some(&full)), Review::Tell);
    }

    #[test]
    fn a_pending_status_is_left_for_an_hour() {
        let pending = |at| frozen(Some(&stands("pending", "reckoning the error budget", at)));
        assert!(matches!(pending(Some(NOW - PENDING + 1)), Review::Leave(_)));
        assert_eq!(pending(Some(NOW - PENDING)), Review::Tell);
        assert_eq!(pending(None), Review::Tell);
    }
}
