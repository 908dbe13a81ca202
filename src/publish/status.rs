//! The commit status: the gate itself, one for each environment and base branch.
//!
//! It is posted pending first and closed in every case. The branch is part of its name, so that a status that was
//! won against one branch says nothing about another. What stands there already is not posted again, because a
//! commit takes only so many; what cannot be read is posted anyway, because the gate must not stay open.

use std::time::Duration;

use super::{Outcome, Speaker, StatusLine};
use crate::github::{Dated, GitHub, GitHubError, State, Status};

/// The most characters that GitHub takes.
const LONGEST: usize = 140;

/// How long looking at what stands there may take.
const LOOKING: Duration = Duration::from_secs(5);

/// How long posting may take at least.
const POSTING: Duration = Duration::from_secs(15);

/// How far the clock of a runner may be ahead of GitHub's, in seconds.
pub(super) const SKEW: i64 = 60;

/// Why nothing is said.
const YIELDED: &str = "a newer run has spoken";

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Post it.
    Post,
    /// It stands there.
    Keep,
    /// A newer run has spoken.
    Yield,
    /// A newer run has spoken, and an older one talked over it: say this again.
    Restore(Status),
}

/// The link of a status: where it leads, and which run posted it, so that a later reader can tell who is newer.
#[must_use]
pub fn target(to: Option<&str>, speaker: &Speaker) -> String {
    let (page, fragment) =
        to.unwrap_or(&speaker.url).split_once('#').unwrap_or((to.unwrap_or(&speaker.url), ""));
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{fragment}") };
    format!("{page}?run={}.{}&at={}{fragment}", speaker.run, speaker.attempt, speaker.began)
}

/// A run, as statuses are ordered by it: when it began to judge, then its number and attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stamp(i64, u64, u64);

impl Stamp {
    /// The run that speaks.
    const fn of(speaker: &Speaker) -> Self {
        Self(speaker.began, speaker.run, speaker.attempt)
    }

    /// The run that posted a status, as its link says. Whoever may write statuses can forge a link, so a run that began
    /// after its status was taken is not believed: it would keep every later run silent.
    fn read(said: &Dated) -> Option<Self> {
        let target = &said.status.target;
        let (_, run) = target.split_once("?run=")?;
        let (run, attempt) = run.split_once('&')?.0.split_once('.')?;
        let began = began(target).filter(|began| *began <= said.created.saturating_add(SKEW))?;
        Some(Self(began, run.parse().ok()?, attempt.parse().ok()?))
    }
}

/// When the run that posted a status began to judge, as its link says.
pub(super) fn began(target: &str) -> Option<i64> {
    let (_, rest) = target.split_once("&at=")?;
    rest.split('#').next()?.parse().ok()
}

/// What a newer run has said last, from what was said, the newest first: a run says more than one thing.
fn newer<'a>(said: &'a [Dated], speaker: &Speaker) -> Option<&'a Dated> {
    let stamped = said.iter().rev().filter_map(|said| Some((Stamp::read(said)?, said)));
    let newest = stamped.max_by_key(|(stamp, _)| *stamp)?;
    (newest.0 > Stamp::of(speaker)).then_some(newest.1)
}

/// Whether a status was posted by this very attempt of this run, as its link says.
#[must_use]
pub fn is_of(target: &str, speaker: &Speaker) -> bool {
    let Some((_, rest)) = target.split_once("?run=") else { return false };
    rest.split(['&', '#']).next() == Some(&format!("{}.{}", speaker.run, speaker.attempt))
}

/// Finds what is to be done, from what was said, the newest first.
#[must_use]
pub fn plan(line: &StatusLine, target: &str, said: &[Dated], speaker: &Speaker) -> Plan {
    if let Some(newer) = newer(said, speaker) {
        let stands = said.first() == Some(newer);
        return if stands { Plan::Yield } else { Plan::Restore(newer.status.clone()) };
    }
    let same = said.first().is_some_and(|Dated { status, .. }| {
        status.state == line.state.as_str()
            && status.description == describe(&line.description)
            && status.target == target
    });
    if same { Plan::Keep } else { Plan::Post }
}

/// Brings the status about.
#[must_use]
pub fn post(github: &GitHub, gate: &Gate, line: &StatusLine, to: Option<&str>, speaker: &Speaker) -> Outcome {
    let done = match plan(line, &target(to, speaker), &look(github, gate), speaker) {
        Plan::Keep => Ok(Outcome::Unchanged),
        Plan::Yield => Ok(Outcome::Skipped(YIELDED.to_owned())),
        Plan::Restore(status) => restore(github, gate, &status),
        Plan::Post => say(github, gate, line, to, speaker),
    };
    done.unwrap_or_else(Outcome::from)
}

/// Says it, for whoever has looked at what stands there. What closes the status is looked at once more when it stands: a
/// run that was slow may have talked over a newer one that spoke meanwhile, whose words are then said again.
///
/// # Errors
/// When the token may not, GitHub declines, or does not answer.
pub fn say(
    github: &GitHub,
    gate: &Gate,
    line: &StatusLine,
    to: Option<&str>,
    speaker: &Speaker,
) -> Result<Outcome, GitHubError> {
    let target = target(to, speaker);
    create(github, gate, line.state, &line.description, &target)?;
    if line.state == State::Pending {
        return Ok(Outcome::Written);
    }
    match plan(line, &target, &look(github, gate), speaker) {
        Plan::Restore(status) => restore(github, gate, &status),
        Plan::Yield => Ok(Outcome::Skipped(YIELDED.to_owned())),
        Plan::Keep | Plan::Post => Ok(Outcome::Written),
    }
}

/// What was said, the newest first. Neither a read that hangs nor what was spent before may keep the gate from being
/// closed.
fn look(github: &GitHub, gate: &Gate) -> Vec<Dated> {
    github.within(LOOKING, || github.statuses(&gate.commit, &gate.context)).unwrap_or_default()
}

/// Posts one status, which has time of its own.
fn create(
    github: &GitHub,
    gate: &Gate,
    state: State,
    description: &str,
    target: &str,
) -> Result<(), GitHubError> {
    github.grant(POSTING);
    github.create_status(&gate.commit, &gate.context, state, &describe(description), Some(target))
}

/// Says again what a newer run has said.
fn restore(github: &GitHub, gate: &Gate, status: &Status) -> Result<Outcome, GitHubError> {
    if let Some(state) = State::read(&status.state) {
        create(github, gate, state, &status.description, &status.target)?;
    }
    Ok(Outcome::Skipped(YIELDED.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(state: State, description: &str) -> StatusLine {
        StatusLine { state, description: description.to_owned() }
    }

    fn said(state: &str, description: &str, target: &str) -> Dated {
        let [state, description, target] = [state, description, target].map(str::to_owned);
        Dated { status: Status { state, description, target }, created: 1_000 }
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
        let same = [said("failure", "freeze", &link)];
        assert_eq!(plan(&now, &link, &same, &speaker(5)), Plan::Keep);
        assert_eq!(plan(&now, &target(None, &speaker(5)), &same, &speaker(5)), Plan::Post);
        assert_eq!(plan(&now, &link, &[], &speaker(5)), Plan::Post);
        assert_eq!(plan(&line(State::Success, "freeze"), &link, &same, &speaker(5)), Plan::Post);
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
        for (state, ours) in [
            ("failure", State::Success),
            ("pending", State::Success),
            ("success", State::Success),
            ("success", State::Failure),
        ] {
            let now = line(ours, "words");
            let newer = said(state, "freeze", &target(None, &speaker(20)));
            let plan =
                |said: &[Dated], run: u64| plan(&now, &target(None, &speaker(run)), said, &speaker(run));
            assert_eq!(plan(std::slice::from_ref(&newer), 10), Plan::Yield);
            assert_eq!(plan(std::slice::from_ref(&newer), 30), Plan::Post);
            // The older run spoke last: what the newer one said last is said again.
            let over = said("pending", "", &target(None, &speaker(10)));
            let before = said("pending", "", &target(None, &speaker(20)));
            let all = [over, newer.clone(), before];
            assert_eq!(plan(&all, 10), Plan::Restore(newer.status));
        }
    }

    #[test]
    fn runs_of_one_second_are_ordered_by_their_numbers() {
        let of = |run, attempt| Speaker { url: String::new(), run, attempt, began: 5 };
        let newer = [said("success", "proceed", &target(Some("https://g"), &of(8, 2)))];
        let now = line(State::Success, "words");
        for (speaker, planned) in [(of(8, 1), Plan::Yield), (of(7, 9), Plan::Yield), (of(9, 1), Plan::Post)] {
            assert_eq!(plan(&now, &target(None, &speaker), &newer, &speaker), planned);
        }
    }

    #[test]
    fn what_no_run_can_have_said_keeps_nobody_silent() {
        let now = line(State::Failure, "freeze");
        let to = target(None, &speaker(10));
        for forged in [
            "https://elsewhere".to_owned(),
            target(None, &speaker(1_061)),
            target(None, &speaker(9_999_999_999)),
            "https://g?run=20.1&at=".to_owned(),
            "https://g?run=20&at=20".to_owned(),
            "https://g?at=20".to_owned(),
        ] {
            assert_eq!(
                plan(&now, &to, &[said("success", "proceed", &forged)], &speaker(10)),
                Plan::Post,
                "{forged}"
            );
        }
    }
}
