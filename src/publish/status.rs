//! The commit status: the gate itself, one for each environment and base branch.
//!
//! It is posted pending first and closed in every case. The branch is part of its name, so that a status that was
//! won against one branch says nothing about another. What stands there already is not posted again, because a
//! commit takes only so many; what cannot be read is posted anyway, because the gate must not stay open.

use std::time::Duration;

use super::{Outcome, Speaker, StatusLine};
use crate::github::{GitHub, Status};

/// The most characters that GitHub takes.
const LONGEST: usize = 140;

/// How long looking at what stands there may take.
const LOOKING: Duration = Duration::from_secs(5);

/// How long posting may take at least.
const POSTING: Duration = Duration::from_secs(15);

/// The name of the status: the same text in a ruleset's list of required checks.
#[must_use]
pub fn context(environment: &str, base_branch: &str) -> String {
    format!("slogate: {environment} → {base_branch}")
}

/// The name of the status of a deploy. No branch has it: a deploy is judged by what it brings since the one before, which
/// says nothing about a merge of the same commit.
#[must_use]
pub fn deploy_context(environment: &str) -> String {
    format!("slogate: deploy to {environment}")
}

/// Where a verdict stands as a commit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The status' name.
    pub context: String,
    /// The full id of its commit.
    pub commit: String,
    /// Whether something waits for the status; otherwise the exit of the run is the gate.
    pub is_waited_for: bool,
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
    /// A newer run has spoken.
    Yield,
}

/// The link of a status: where it leads, and which run posted it, so that a later reader can tell who is newer.
#[must_use]
pub fn target(to: Option<&str>, speaker: &Speaker) -> String {
    let (page, fragment) =
        to.unwrap_or(&speaker.url).split_once('#').unwrap_or((to.unwrap_or(&speaker.url), ""));
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    format!("{page}?run={}.{}&at={}{fragment}", speaker.run, speaker.attempt, speaker.began)
}

/// When the run that posted a status began to judge, as its link says.
pub(super) fn began(target: &str) -> Option<i64> {
    let (_, rest) = target.split_once("&at=")?;
    rest.split('#').next()?.parse().ok()
}

/// Whether a status was posted by this very attempt of this run, as its link says.
#[must_use]
pub fn is_of(target: &str, speaker: &Speaker) -> bool {
    let Some((_, rest)) = target.split_once("?run=") else { return false };
    rest.split(['&', '#']).next() == Some(&format!("{}.{}", speaker.run, speaker.attempt))
}

/// How much a state withholds.
fn strictness(state: &str) -> u8 {
    match state {
        "success" => 0,
        "pending" => 1,
        _ => 2,
    }
}

/// Finds what is to be done, from the latest status that is there.
#[must_use]
pub fn plan(line: &StatusLine, target: &str, latest: Option<&Status>, speaker: &Speaker) -> Plan {
    let Some(latest) = latest else { return Plan::Post };
    let same = latest.state == line.state.as_str()
        && latest.description == describe(&line.description)
        && latest.target == target;
    if same {
        Plan::Keep
    } else if began(&latest.target) > Some(speaker.began)
        && strictness(line.state.as_str()) <= strictness(&latest.state)
    {
        Plan::Yield
    } else {
        Plan::Post
    }
}

/// Brings the status about.
#[must_use]
pub fn post(github: &GitHub, gate: &Gate, line: &StatusLine, to: Option<&str>, speaker: &Speaker) -> Outcome {
    let target = target(to, speaker);
    let Gate { context, commit, .. } = gate;
    // Neither a read that hangs nor what was spent before may keep the gate from being closed.
    let latest = github.within(LOOKING, || github.status(commit, context)).unwrap_or_default();
    github.grant(POSTING);
    match plan(line, &target, latest.as_ref(), speaker) {
        Plan::Keep => Outcome::Unchanged,
        Plan::Yield => Outcome::Skipped("a newer run has spoken".to_owned()),
        Plan::Post => {
            match github.create_status(
                commit,
                context,
                line.state,
                &describe(&line.description),
                Some(&target),
            ) {
                Ok(()) => Outcome::Written,
                Err(error) => error.into(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::State;

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

    fn speaker(run: u64) -> Speaker {
        let began = i64::try_from(run).expect("a small number");
        Speaker { url: format!("https://g/o/r/actions/runs/{run}"), run, attempt: 1, began }
    }

    #[test]
    fn what_stands_there_is_not_posted_again() {
        let now = line(State::Failure, "freeze");
        let link = target(Some("https://g/o/r/pull/7#issuecomment-1"), &speaker(5));
        assert_eq!(link, "https://g/o/r/pull/7?run=5.1&at=5#issuecomment-1");
        let same = status("failure", "freeze", &link);
        assert_eq!(plan(&now, &link, Some(&same), &speaker(5)), Plan::Keep);
        assert_eq!(plan(&now, &target(None, &speaker(5)), Some(&same), &speaker(5)), Plan::Post);
        assert_eq!(plan(&now, &link, None, &speaker(5)), Plan::Post);
        assert_eq!(plan(&line(State::Success, "freeze"), &link, Some(&same), &speaker(5)), Plan::Post);
    }

    #[test]
    fn a_status_is_of_the_attempt_that_its_link_names() {
        let link = target(Some("https://g/o/r/pull/7#issuecomment-1"), &speaker(5));
        assert!(is_of(&link, &speaker(5)) && is_of(&target(None, &speaker(5)), &speaker(5)));
        assert!(!is_of(&link, &speaker(50)) && !is_of(&link, &Speaker { attempt: 2, ..speaker(5) }));
        assert!(!is_of("https://elsewhere/5.1", &speaker(5)));
    }

    #[test]
    fn an_older_run_never_talks_over_a_newer_one() {
        let now = line(State::Success, "proceed");
        for state in ["failure", "pending", "success"] {
            let newer = status(state, "freeze", &target(None, &speaker(20)));
            assert_eq!(plan(&now, &target(None, &speaker(10)), Some(&newer), &speaker(10)), Plan::Yield);
            assert_eq!(plan(&now, &target(None, &speaker(30)), Some(&newer), &speaker(30)), Plan::Post);
        }
        let green = status("success", "proceed", &target(None, &speaker(20)));
        let frozen = line(State::Failure, "freeze");
        assert_eq!(plan(&frozen, &target(None, &speaker(10)), Some(&green), &speaker(10)), Plan::Post);
        let unknown = status("failure", "by hand", "https://elsewhere");
        assert_eq!(plan(&now, &target(None, &speaker(10)), Some(&unknown), &speaker(10)), Plan::Post);
    }
}
