//! The one comment on a pull request that says what stands, updated in place.
//!
//! Ours is a comment that begins with our marker *and* that we wrote: whoever plants the marker in a comment of
//! their own gains nothing. The marker names the judged commit and the run, so that a run that was overtaken
//! keeps silent. Of several that runs wrote at the same time the oldest stays. A comment that would say the same
//! is not written again, because every edit is noise.

use super::cut::{Measure, cut};
use super::marker::{Episode, Marker, escape};
use super::stamp::Stamp;
use super::{Outcome, Publication};
use crate::github::{Comment, GitHub, GitHubError, Identity, is_bot};
use crate::report::turn::{self, Turn, Way};

/// The most characters of a comment; GitHub refuses more than 65,536.
const LONGEST: usize = 60_000;

/// What a comment that is too long ends with.
const CUT: &str = "_The rest did not fit into a comment; the step summary of the run has it._";

/// How often the comments are listed before the comment is given up.
const ROUNDS: usize = 4;

/// A comment that is to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The marker up to the environment, by which our comments are known: a pull request has one base branch at a time,
    /// and what was said about another one holds no longer.
    prefix: String,
    /// The base branch, as the marker writes it.
    base: String,
    /// The judged commit.
    head: String,
    /// The run.
    stamp: Stamp,
    /// The text below the marker, before it is cut.
    text: String,
    /// What it has to do with the one that stands there.
    turn: Turn,
}

impl Wanted {
    /// The comment of a publication.
    #[must_use]
    pub fn new(publication: &Publication) -> Self {
        Self {
            prefix: Marker::prefix(&publication.environment),
            base: escape(&publication.base_branch),
            head: publication.head_sha.clone(),
            stamp: Stamp::of(&publication.speaker),
            text: publication.comment_markdown.trim_end().to_owned(),
            turn: publication.turn.clone(),
        }
    }

    /// The whole comment, marker first, behind one that remembered this.
    fn behind(&self, before: Option<&Episode>) -> Written {
        let (episode, opening) = match &self.turn.way {
            Way::Stopped(stop) => (Episode::of(stop, before), None),
            Way::Unsure => (before.cloned(), None),
            Way::Open { services, environment, at } => {
                let judged =
                    |episode: &&Episode| episode.stop.services.iter().all(|name| services.contains(name));
                let episode = before
                    .filter(judged)
                    .map(|episode| Episode { over: episode.over.or(Some(*at)), ..episode.clone() });
                let opening = episode
                    .as_ref()
                    .map(|episode| turn::over(&episode.stop, environment, episode.over.unwrap_or(*at)));
                (episode, opening)
            }
        };
        let marker = Marker { base: self.base.clone(), head: self.head.clone(), stamp: self.stamp, episode };
        let first = marker.write(&self.prefix);
        let text: String = opening.map(|line| line + "\n").into_iter().chain([self.text.clone()]).collect();
        let room = LONGEST.saturating_sub(first.chars().count() + 1);
        Written { text: cut(&text, room, Measure::Characters, CUT), marker, first }
    }
}

/// A comment as it is written.
struct Written {
    /// What its marker says.
    marker: Marker,
    /// Its marker.
    first: String,
    /// The text below the marker.
    text: String,
}

impl Written {
    /// All of it.
    fn body(&self) -> String {
        format!("{}\n{}", self.first, self.text)
    }

    /// True when another comment of ours says the same, whichever run wrote it.
    fn says(&self, marker: &Marker, text: &str) -> bool {
        marker.base == self.marker.base
            && marker.head == self.marker.head
            && marker.episode == self.marker.episode
            && text == normal(&self.text)
    }
}

/// What is to be done with the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// There is none of ours, and none is needed.
    Omit,
    /// There is none of ours: write this.
    Create(String),
    /// Ours says something else: replace its text by this.
    Update(u64, String),
    /// Ours says the same.
    Keep(u64),
    /// A newer run wrote ours: leave it.
    Yield(u64),
}

/// What is to be done with all comments of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// With the one that stays.
    pub step: Step,
    /// Others of ours about the same environment, which go.
    pub delete: Vec<u64>,
}

/// Finds what is to be done, from the comments that are there and who we write as.
#[must_use]
pub fn plan(wanted: &Wanted, comments: &[Comment], me: &Identity) -> Plan {
    let mut alike: Vec<&Comment> =
        comments.iter().filter(|comment| comment.body.starts_with(&wanted.prefix)).collect();
    alike.sort_by_key(|comment| comment.id);
    let read = |comment: &Comment| {
        let rest = comment.body.strip_prefix(&wanted.prefix).unwrap_or_default();
        let (marker, text) = Marker::read(rest);
        let marker = Marker { stamp: marker.stamp.believed(comment.updated).unwrap_or_default(), ..marker };
        (marker, normal(text.trim_start_matches(['\r', '\n'])))
    };
    let ours: Vec<(&Comment, Marker, String)> = alike
        .iter()
        .filter(|comment| me.is(comment.author.as_deref()))
        .map(|comment| (*comment, read(comment)))
        .map(|(comment, (marker, text))| (comment, marker, text))
        .collect();
    // Who hid a comment has dealt with it: it stays as it is, and what it remembers still counts.
    let mut seen = ours.iter().filter(|(comment, ..)| !comment.is_minimized);
    let newest = ours.iter().max_by_key(|(_, marker, _)| marker.stamp);
    if let Some((comment, ..)) = newest.filter(|(_, marker, _)| marker.stamp > wanted.stamp) {
        // The newer run deletes what is too many; two that delete could leave nothing.
        return Plan { step: Step::Yield(comment.id), delete: Vec::new() };
    }
    let before = newest.filter(|(_, marker, _)| marker.base == wanted.base);
    let written = wanted.behind(before.and_then(|(_, marker, _)| marker.episode.as_ref()));
    let Some((oldest, marker, text)) = seen.next() else {
        // A token that may not say who it is learns that by writing, so a bot's comment like ours may be ours.
        let maybe = !me.certain && alike.iter().any(|comment| is_bot(comment.author.as_deref()));
        let omit = wanted.turn.is_quiet && !maybe;
        let step = if omit { Step::Omit } else { Step::Create(written.body()) };
        return Plan { step, delete: Vec::new() };
    };
    let same = written.says(marker, text);
    let step = if same { Step::Keep(oldest.id) } else { Step::Update(oldest.id, written.body()) };
    Plan { step, delete: seen.map(|(comment, ..)| comment.id).collect() }
}

/// Whether a comment of an app may be ours, because it is not certain who we are.
fn is_doubtful(wanted: &Wanted, comments: &[Comment], me: &Identity) -> bool {
    let mut alike = comments.iter().filter(|comment| comment.body.starts_with(&wanted.prefix));
    let is_maybe = |comment: &Comment| is_bot(comment.author.as_deref()) && !me.is(comment.author.as_deref());
    !me.certain && alike.any(is_maybe)
}

/// What became of the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// What became of it.
    pub outcome: Outcome,
    /// Where people see it.
    pub url: Option<String>,
}

/// Brings the comment about.
#[must_use]
pub fn post(github: &GitHub, pull: u64, publication: &Publication) -> Posted {
    let nothing = |outcome| Posted { outcome, url: None };
    if publication.comment_markdown.trim().is_empty() {
        return nothing(Outcome::Skipped("there is nothing to comment".to_owned()));
    }
    match bring_about(github, pull, &Wanted::new(publication)) {
        Ok(posted) => posted,
        Err(error) => nothing(error.into()),
    }
}

/// Lists, plans and acts until what is wanted stands there alone.
fn bring_about(github: &GitHub, pull: u64, wanted: &Wanted) -> Result<Posted, GitHubError> {
    let me = github.whoami()?;
    let mut errand = Errand { github, pull, me, written: None, failure: None };
    for _ in 0..ROUNDS {
        let comments = match (github.comments(pull), &errand.written) {
            // A list may lag behind what was written.
            (Ok(mut comments), Some(ours)) => {
                if comments.iter().all(|comment| comment.id != ours.id) {
                    comments.push(ours.clone());
                }
                comments
            }
            (Ok(comments), None) => comments,
            // It stands there; whether another run wrote one too will be seen by the next run.
            (Err(_), Some(comment)) => return Ok(done(Outcome::Written, Some(comment.url.clone()))),
            (Err(error), None) => return Err(error),
        };
        if errand.written.is_none() && is_doubtful(wanted, &comments, &errand.me) {
            errand.me = github.certainly().unwrap_or(errand.me);
        }
        let planned = plan(wanted, &comments, &errand.me);
        if let Some(posted) = errand.apply(planned, &comments)? {
            return Ok(posted);
        }
    }
    let why = "other runs keep changing it".to_owned();
    Err(errand.failure.unwrap_or(GitHubError::Unreachable { what: "settle the comment".to_owned(), why }))
}

/// Bringing the comment about, as far as it has come.
struct Errand<'a> {
    /// Where it is written.
    github: &'a GitHub,
    /// On which pull request.
    pull: u64,
    /// Who we write as, as far as that is known.
    me: Identity,
    /// What we wrote.
    written: Option<Comment>,
    /// Why it is not known whether we wrote.
    failure: Option<GitHubError>,
}

impl Errand<'_> {
    /// Does what was planned for the comments that are there; none where they have to be listed once more.
    fn apply(&mut self, plan: Plan, comments: &[Comment]) -> Result<Option<Posted>, GitHubError> {
        let url = |id: u64| comments.iter().find(|comment| comment.id == id).map(|found| found.url.clone());
        let posted = match plan.step {
            Step::Omit => {
                let why = "nothing stands in the way, and no comment is needed to say so".to_owned();
                done(Outcome::Skipped(why), None)
            }
            Step::Create(body) => {
                self.create(&body)?;
                return Ok(None);
            }
            Step::Update(id, body) => match self.github.update_comment(id, &body) {
                Ok(comment) => {
                    self.delete(&plan.delete)?;
                    done(Outcome::Written, Some(comment.url))
                }
                // Somebody deleted it in between.
                Err(GitHubError::NotFound(_)) => return Ok(None),
                Err(error) => return Err(error),
            },
            Step::Keep(id) => {
                self.delete(&plan.delete)?;
                let wrote = self.written.is_some() || self.failure.is_some();
                done(if wrote { Outcome::Written } else { Outcome::Unchanged }, url(id))
            }
            Step::Yield(id) => {
                // The newer run's came first and is the one that stays; ours it may never have seen.
                if let Some(ours) = self.written.as_ref().filter(|ours| ours.id > id) {
                    self.github.delete_comment(ours.id)?;
                }
                done(Outcome::Skipped("a newer run has commented".to_owned()), url(id))
            }
        };
        Ok(Some(posted))
    }

    /// Writes a comment. Where the answer is lost it may have been written all the same: the next list tells, once.
    fn create(&mut self, body: &str) -> Result<(), GitHubError> {
        match (self.github.create_comment(self.pull, body), &self.failure) {
            (Ok(comment), _) => {
                // The author of what we wrote is who we are, whatever the token could say about it.
                let login = comment.author.clone().unwrap_or_else(|| self.me.login.clone());
                self.me = Identity { login, certain: true };
                self.written = Some(comment);
                Ok(())
            }
            (Err(error @ GitHubError::Unreachable { .. }), None) => {
                self.failure = Some(error);
                Ok(())
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Deletes what is too many.
    fn delete(&self, ids: &[u64]) -> Result<(), GitHubError> {
        ids.iter().try_for_each(|id| self.github.delete_comment(*id))
    }
}

/// The end of bringing it about.
const fn done(outcome: Outcome, url: Option<String>) -> Posted {
    Posted { outcome, url }
}

/// A text as it is compared: GitHub may change line ends and drops what trails.
fn normal(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests;
