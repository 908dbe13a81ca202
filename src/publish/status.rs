//! The commit status: the gate itself, one for each environment and base branch.
//!
//! It is posted pending first and closed in every case. The branch is part of its name, so that a status that was
//! won against one branch says nothing about another. What stands there already is not posted again, because a
//! commit takes only so many; what cannot be read is posted anyway, because the gate must not stay open.

mod context;

use std::time::Duration;

use super::stamp::Stamp;
use super::{Outcome, Speaker, StatusLine};
pub use context::{context, deploy_context};

use crate::github::{Dated, GitHub, GitHubError, Identity, State, Status};

/// The most characters that GitHub takes.
const LONGEST: usize = 140;

/// How long looking at what stands there may take.
const LOOKING: Duration = Duration::from_secs(5);

/// How long posting may take at least.
const POSTING: Duration = Duration::from_secs(15);

/// From how many statuses of a commit in one context on a green is posted no more: GitHub takes 1,000, and the last that it
/// takes must be none that cannot be taken back.
const CROWDED: usize = 950;

/// What is said in place of a green that could not be taken back.
pub(super) const NO_GREEN: &str = "too many statuses stand here for one more green: push a new commit";

/// Why a green is not said.
const NOT_GREEN: &str =
    "a commit takes 1,000 statuses of one name, and a green could soon not be taken back: push a new commit";

/// Why nothing is said.
const YIELDED: &str = "a newer run has spoken";

/// What to do about a commit whose status cannot be changed any more.
const FULL: &str = "a commit takes 1,000 statuses of one name: push a new commit, and do not merge this one";

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

/// The run that posted a status, as its link says.
fn stamp(said: &Dated) -> Option<Stamp> {
    let target = &said.status.target;
    let (_, run) = target.split_once("?run=")?;
    Stamp::read(run.split_once('&')?.0, said.status.began()?)?.believed(said.created)
}

/// What a newer run has said last, from what was said, the newest first: a run says more than one thing. Anybody who may
/// write statuses can claim to be a run, so only what we posted ourselves counts.
fn newer<'a>(said: &'a [Dated], speaker: &Speaker, me: &Identity) -> Option<&'a Dated> {
    let ours = said.iter().rev().filter(|said| me.is(said.creator.as_deref()));
    let stamped = ours.filter_map(|said| Some((stamp(said)?, said)));
    let newest = stamped.max_by_key(|(stamp, _)| *stamp)?;
    (newest.0 > Stamp::of(speaker)).then_some(newest.1)
}

/// Whether somebody claims to be this run, whenever it began, or a newer one, so that it matters who it is.
fn is_claimed(said: &[Dated], speaker: &Speaker) -> bool {
    let own = Stamp::of(speaker);
    said.iter().filter_map(stamp).any(|stamp| stamp.is_same_run(own) || stamp > own)
}

/// Who else has posted in our context, of what was said, the newest first.
fn stranger(said: &[Dated], me: &Identity) -> Option<String> {
    said.iter()
        .filter_map(|said| said.creator.as_deref())
        .find(|creator| !me.is(Some(creator)))
        .map(str::to_owned)
}

/// Whether a status was posted by this very attempt of this run, as its link says.
#[must_use]
pub fn is_of(target: &str, speaker: &Speaker) -> bool {
    let Some((_, rest)) = target.split_once("?run=") else { return false };
    rest.split(['&', '#']).next() == Some(&format!("{}.{}", speaker.run, speaker.attempt))
}

/// Finds what is to be done, from what was said, the newest first. While it is not certain who we are, nothing that was
/// said is taken for ours.
#[must_use]
pub fn plan(
    line: &StatusLine,
    target: &str,
    said: &[Dated],
    speaker: &Speaker,
    me: Option<&Identity>,
) -> Plan {
    let Some(me) = me else { return Plan::Post };
    if let Some(newer) = newer(said, speaker, me) {
        let stands = said.first() == Some(newer);
        return if stands { Plan::Yield } else { Plan::Restore(newer.status.clone()) };
    }
    let same = said.first().is_some_and(|Dated { status, creator, .. }| {
        me.is(creator.as_deref())
            && status.state == line.state.as_str()
            && status.description == describe(&line.description)
            && status.target == target
    });
    if same { Plan::Keep } else { Plan::Post }
}

/// What became of the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// What became of it.
    pub outcome: Outcome,
    /// Who else has posted in our context, where somebody has.
    pub stranger: Option<String>,
    /// A newer run has come to another verdict.
    pub is_contradicted: bool,
}

/// Brings the status about, and answers what became of it.
#[must_use]
pub fn post(github: &GitHub, gate: &Gate, line: &StatusLine, to: Option<&str>, speaker: &Speaker) -> Outcome {
    bring_about(github, gate, line, to, speaker).outcome
}

/// Brings the status about. Only words of ours are believed, and said again: those of others would be said in our name.
#[must_use]
pub fn bring_about(
    github: &GitHub,
    gate: &Gate,
    line: &StatusLine,
    to: Option<&str>,
    speaker: &Speaker,
) -> Posted {
    let mut said = look(github, gate, speaker);
    if said.len() >= CROWDED {
        let outcome = spare(github, gate, line, (&said, to), speaker);
        return Posted { outcome, stranger: None, is_contradicted: false };
    }
    let done = match planned(github, line, &target(to, speaker), &said, speaker) {
        Plan::Keep => Ok(Outcome::Unchanged),
        Plan::Yield => Ok(Outcome::Skipped(YIELDED.to_owned())),
        Plan::Restore(status) => restore(github, gate, &status),
        Plan::Post => told(github, gate, line, to, speaker).map(|(outcome, looked)| {
            said = looked.unwrap_or_else(|| std::mem::take(&mut said));
            outcome
        }),
    };
    let me = github.known();
    let stranger = me.as_ref().and_then(|me| stranger(&said, me));
    let is_contradicted = me.is_some_and(|me| is_contradicted(line, &said, speaker, &me));
    Posted { outcome: done.unwrap_or_else(unsaid), stranger, is_contradicted }
}

/// Whether a newer run has come to another verdict. One that is still pending has its own words to say.
fn is_contradicted(line: &StatusLine, said: &[Dated], speaker: &Speaker, me: &Identity) -> bool {
    let other =
        |newer: &Dated| ![line.state.as_str(), State::Pending.as_str()].contains(&&*newer.status.state);
    newer(said, speaker, me).is_some_and(other)
}

/// Says in a context that has room for few more what must be said: that the gate is closed, where it stands open. What a
/// newer run has said is not looked for: no green comes after this.
fn spare(
    github: &GitHub,
    gate: &Gate,
    line: &StatusLine,
    (said, to): (&[Dated], Option<&str>),
    speaker: &Speaker,
) -> Outcome {
    let me = github.certainly();
    let stands = said.first().filter(|said| me.is_some_and(|me| me.is(said.creator.as_deref())));
    let stands = stands.and_then(|said| State::read(&said.status.state));
    let line = match (line.state, stands) {
        (State::Pending, _) => return Outcome::Skipped(NOT_GREEN.to_owned()),
        (State::Success, Some(State::Success))
        | (State::Failure | State::Error, Some(State::Failure | State::Error)) => {
            return Outcome::Unchanged;
        }
        (State::Success, Some(State::Failure | State::Error)) => {
            return Outcome::Failed(NOT_GREEN.to_owned());
        }
        (State::Success, Some(State::Pending) | None) => {
            &StatusLine { state: State::Error, description: NO_GREEN.to_owned() }
        }
        (State::Failure | State::Error, Some(State::Success | State::Pending) | None) => line,
    };
    match create(github, gate, line.state, &line.description, &target(to, speaker)) {
        Ok(()) if line.description == NO_GREEN => Outcome::Failed(NOT_GREEN.to_owned()),
        Ok(()) => Outcome::Written,
        Err(error) => unsaid(error),
    }
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
) -> Result<Posted, GitHubError> {
    let (outcome, said) = told(github, gate, line, to, speaker)?;
    let (me, said) = (github.known(), said.unwrap_or_default());
    if line.state == State::Success && outcome == Outcome::Written && said.len() >= CROWDED {
        create(github, gate, State::Error, NO_GREEN, &target(to, speaker))?;
        let outcome = Outcome::Failed(NOT_GREEN.to_owned());
        return Ok(Posted { outcome, stranger: None, is_contradicted: false });
    }
    let is_contradicted = me.is_some_and(|me| is_contradicted(line, &said, speaker, &me));
    Ok(Posted { outcome, stranger: None, is_contradicted })
}

/// Says it, and answers what was seen where it was looked at once more.
fn told(
    github: &GitHub,
    gate: &Gate,
    line: &StatusLine,
    to: Option<&str>,
    speaker: &Speaker,
) -> Result<(Outcome, Option<Vec<Dated>>), GitHubError> {
    let target = target(to, speaker);
    create(github, gate, line.state, &line.description, &target)?;
    if line.state == State::Pending {
        return Ok((Outcome::Written, None));
    }
    let said = look(github, gate, speaker);
    let outcome = match planned(github, line, &target, &said, speaker) {
        Plan::Restore(status) => restore(github, gate, &status)?,
        Plan::Yield => Outcome::Skipped(YIELDED.to_owned()),
        Plan::Keep | Plan::Post => Outcome::Written,
    };
    Ok((outcome, Some(said)))
}

/// What is to be done, by what others of us have said. Who we are is asked only where that decides something.
fn planned(github: &GitHub, line: &StatusLine, target: &str, said: &[Dated], speaker: &Speaker) -> Plan {
    let me = if is_claimed(said, speaker) { github.certainly() } else { github.known() };
    plan(line, target, said, speaker, me.as_ref())
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

/// Says again what a newer run has said. It leads to no comment now, because an older run may have replaced its text: a
/// sweep brings one about where a status leads to none.
fn restore(github: &GitHub, gate: &Gate, status: &Status) -> Result<Outcome, GitHubError> {
    if let Some(state) = State::read(&status.state) {
        let target = status.target.split('#').next().unwrap_or_default();
        create(github, gate, state, &status.description, target)?;
    }
    Ok(Outcome::Skipped(YIELDED.to_owned()))
}

/// Why a status could not be posted, and what to do where GitHub takes no more of them: a green cannot be taken back then.
fn unsaid(error: GitHubError) -> Outcome {
    let is_full = matches!(&error, GitHubError::Rejected { status: 422, message, .. } if message.contains("maximum number of statuses"));
    if is_full { Outcome::Failed(format!("{error}; {FULL}")) } else { error.into() }
}

/// What was said in a gate's context, the newest first, back to what another run of ours has said: what others say there
/// may not push it out of sight. Neither a read that hangs nor what was spent before may keep the gate from being closed.
fn look(github: &GitHub, gate: &Gate, speaker: &Speaker) -> Vec<Dated> {
    let me = github.known();
    let is_ours = |said: &Dated| me.as_ref().is_none_or(|me| me.is(said.creator.as_deref()));
    let is_enough =
        |said: &Dated| is_ours(said) && stamp(said).is_some() && !is_of(&said.status.target, speaker);
    let read = || github.statuses(&gate.commit, &gate.context, is_enough);
    github.within(LOOKING, read).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(state: State, description: &str) -> StatusLine {
        StatusLine { state, description: description.to_owned() }
    }

    fn said(state: &str, description: &str, target: &str) -> Dated {
        let [state, description, target] = [state, description, target].map(str::to_owned);
        Dated {
            status: Status { state, description, target },
            created: 1_000,
            creator: Some("Bot".to_owned()),
        }
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

    fn me() -> Identity {
        Identity { login: "bot".to_owned(), certain: true }
    }

    /// The plan of the one who posts as `bot`.
    fn plan(line: &StatusLine, target: &str, said: &[Dated], speaker: &Speaker) -> Plan {
        super::plan(line, target, said, speaker, Some(&me()))
    }

    #[test]
    fn what_others_posted_keeps_nobody_silent_and_is_never_said_again() {
        let now = line(State::Failure, "freeze");
        let to = target(None, &speaker(10));
        let forged = Dated {
            creator: Some("mallory".to_owned()),
            ..said("success", "proceed", &target(None, &speaker(20)))
        };
        let nobody = Dated { creator: None, ..forged.clone() };
        let noise = said("error", "noise", "");
        for all in [vec![forged.clone()], vec![noise.clone(), forged.clone()], vec![noise, nobody]] {
            assert_eq!(plan(&now, &to, &all, &speaker(10)), Plan::Post, "{all:?}");
        }
        // What stands there already is no word of ours when another one said it.
        let same = Dated { creator: Some("mallory".to_owned()), ..said("failure", "freeze", &to) };
        assert_eq!(plan(&now, &to, std::slice::from_ref(&same), &speaker(10)), Plan::Post);
        assert_eq!(stranger(&[said("failure", "freeze", &to), same], &me()).as_deref(), Some("mallory"));
        assert_eq!(stranger(&[said("failure", "freeze", &to)], &me()), None);
        // Words of ours beneath a stranger's are said again.
        let newer = said("failure", "freeze", &target(None, &speaker(20)));
        let restored = Plan::Restore(newer.status.clone());
        assert_eq!(plan(&now, &to, &[forged, newer.clone()], &speaker(10)), restored);
        assert_eq!(super::plan(&now, &to, &[newer], &speaker(10), None), Plan::Post);
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
    fn only_a_newer_verdict_that_differs_contradicts_ours() {
        let ours = line(State::Success, "proceed");
        let by = |run, state| [said(state, "words", &target(None, &speaker(run)))];
        let is_contradicted = |said: &[Dated]| is_contradicted(&ours, said, &speaker(10), &me());
        assert!(is_contradicted(&by(20, "failure")) && is_contradicted(&by(20, "error")));
        assert!(!is_contradicted(&by(20, "success")) && !is_contradicted(&by(20, "pending")));
        assert!(!is_contradicted(&by(5, "failure")));
    }

    #[test]
    fn who_we_are_matters_where_this_run_or_a_newer_one_has_spoken() {
        let began = |began| Speaker { began, ..speaker(10) };
        let claimed = |by: &Speaker| is_claimed(&[said("failure", "words", &target(None, by))], &speaker(10));
        assert!(claimed(&speaker(10)) && claimed(&began(9)) && claimed(&speaker(11)));
        assert!(!claimed(&speaker(9)));
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
