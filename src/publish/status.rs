//! The commit status: the gate itself, one for each environment and base branch.
//!
//! It is posted pending first and closed in every case. The branch is part of its name, so that a status that was
//! won against one branch says nothing about another. What stands there already is not posted again, because a
//! commit takes only so many; what cannot be read is posted anyway, because the gate must not stay open.

use super::{Outcome, StatusLine};
use crate::github::{GitHub, State, Status};

/// The most characters that GitHub takes.
const LONGEST: usize = 140;

/// Whether a newer run has spoken already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newer {
    /// Not as far as we know.
    None,
    /// It has, about the same commit.
    SameCommit,
}

/// The name of the status: the same text in a ruleset's list of required checks.
#[must_use]
pub fn context(environment: &str, base_branch: &str) -> String {
    format!("slogate: {environment} → {base_branch}")
}

/// A description as GitHub takes it: one line, at most 140 characters, none beyond the basic plane.
#[must_use]
pub fn describe(text: &str) -> String {
    let plain = |character: char| match character {
        '\u{10000}'.. => None,
        _ if character.is_control() => Some(' '),
        _ => Some(character),
    };
    let line: Vec<char> = text.trim().chars().filter_map(plain).collect();
    match line.get(..LONGEST) {
        Some(_) if line.len() > LONGEST => line.into_iter().take(LONGEST - 1).chain(['…']).collect(),
        _ => line.into_iter().collect(),
    }
}

/// What is to be done with the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Post it.
    Post,
    /// It stands there.
    Keep,
    /// A newer run has closed it.
    Yield,
}

/// Finds what is to be done, from the latest status that is there.
#[must_use]
pub fn plan(line: &StatusLine, target: Option<&str>, latest: Option<&Status>, newer: Newer) -> Plan {
    let Some(latest) = latest else { return Plan::Post };
    let same = latest.state == line.state.as_str()
        && latest.description == describe(&line.description)
        && latest.target == target.unwrap_or_default();
    if same {
        Plan::Keep
    } else if newer == Newer::SameCommit && latest.state != State::Pending.as_str() {
        Plan::Yield
    } else {
        Plan::Post
    }
}

/// Brings the status about.
#[must_use]
pub fn post(
    github: &GitHub,
    commit: &str,
    context: &str,
    line: &StatusLine,
    target: Option<&str>,
    newer: Newer,
) -> Outcome {
    let latest = github.status(commit, context).unwrap_or_default();
    match plan(line, target, latest.as_ref(), newer) {
        Plan::Keep => Outcome::Unchanged,
        Plan::Yield => Outcome::Skipped("a newer run has closed it".to_owned()),
        Plan::Post => {
            match github.create_status(commit, context, line.state, &describe(&line.description), target) {
                Ok(()) => Outcome::Written,
                Err(error) => error.into(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(state: State, description: &str) -> StatusLine {
        StatusLine { state, description: description.to_owned() }
    }

    fn status(state: &str, description: &str, target: &str) -> Status {
        Status { state: state.to_owned(), description: description.to_owned(), target: target.to_owned() }
    }

    #[test]
    fn its_name_names_environment_and_branch() {
        assert_eq!(context("production", "main"), "slogate: production → main");
    }

    #[test]
    fn a_description_is_one_short_line() {
        assert_eq!(describe(" freeze:\nexhausted ❄ 🧊"), "freeze: exhausted ❄ ");
        assert_eq!(describe(&"ü".repeat(140)).chars().count(), 140);
        let long = describe(&"ü".repeat(141));
        assert_eq!((long.chars().count(), long.chars().last()), (140, Some('…')));
    }

    #[test]
    fn what_stands_there_is_not_posted_again() {
        let now = line(State::Failure, "freeze");
        let same = status("failure", "freeze", "https://x");
        assert_eq!(plan(&now, Some("https://x"), Some(&same), Newer::None), Plan::Keep);
        assert_eq!(plan(&now, None, Some(&same), Newer::None), Plan::Post);
        assert_eq!(plan(&now, None, None, Newer::None), Plan::Post);
        assert_eq!(
            plan(&line(State::Success, "freeze"), Some("https://x"), Some(&same), Newer::None),
            Plan::Post
        );
    }

    #[test]
    fn a_run_that_was_overtaken_closes_only_what_is_open() {
        let now = line(State::Success, "proceed");
        let closed = status("failure", "freeze", "");
        let open = status("pending", "reckoning the error budget", "");
        assert_eq!(plan(&now, None, Some(&closed), Newer::SameCommit), Plan::Yield);
        assert_eq!(plan(&now, None, Some(&open), Newer::SameCommit), Plan::Post);
    }
}
