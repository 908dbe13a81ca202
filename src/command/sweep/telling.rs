//! Telling one pull request what it is judged now: the comment in place, and the status in one write.
//!
//! A sweep never posts a pending status: it would close the gates of everybody while it runs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::command::failed;
use crate::command::post;
use crate::command::sweep::docket::{Docket, Entry, Judgement};
use crate::command::sweep::round::Allowance;
use crate::github::{Dated, GitHub, GitHubError, PullRequest};
use crate::publish::review::{self, Review};
use crate::publish::{Gate, Outcome, Publication, Speaker, StatusLine, comment, status};
use crate::report::sweep::{Done, Line, Said};
use crate::report::turn::Turn;
use crate::report::{Report, line, markdown};

/// How long telling one pull request may take.
const TELLING: Duration = Duration::from_secs(30);

/// What the address of every comment has in it.
const COMMENT: &str = "#issuecomment-";

/// Who tells, and what is known of the pull requests by then.
pub struct Telling<'a> {
    /// GitHub.
    pub github: &'a GitHub,
    /// The run that tells; none where nothing is written.
    pub speaker: Option<Speaker>,
    /// When the sweep began, in seconds since the epoch.
    pub began: i64,
    /// The environment that the status is named for.
    pub environment: &'a str,
    /// The calls that may be made.
    pub allowance: Allowance<'a>,
    /// The open pull requests as they were when all was judged; none when that could not be asked.
    pub opened: Option<BTreeMap<u64, PullRequest>>,
    /// Why nobody can be told by this token, once that has shown.
    pub silenced: RefCell<Option<String>>,
    /// This token may not comment, as has shown.
    pub is_mute: Cell<bool>,
}

impl Telling<'_> {
    /// Tells a pull request what it is judged, where that is something else than it was told; none when there are no calls
    /// left for it. The first of a sweep is told whatever it costs, so that every sweep gets somewhere.
    pub fn tell(
        &self,
        docket: &Docket<'_>,
        entry: &Entry<'_>,
        judgement: Judgement,
        first: bool,
    ) -> Option<Line> {
        let mut line = blank(entry);
        if let Some(why) = self.overtaken(entry.pull) {
            return Some(ended(line, Done::Left, why.to_owned()));
        }
        let mut report = match judgement {
            Judgement::Report(report) => report,
            Judgement::Unseen(why) | Judgement::Usage(why) => return Some(ended(line, Done::Failed, why)),
        };
        line.now = Some(said(&report));
        if !self.allowance.is_open() || !(first || self.allowance.reads()) {
            return None;
        }
        self.github.grant(TELLING);
        let context = status::context(self.environment, &entry.pull.base_ref);
        let latest = match self.github.latest(&entry.pull.head_sha, &context) {
            Ok(latest) => latest,
            Err(error) => return Some(ended(line, Done::Failed, error.to_string())),
        };
        line.was = latest.as_ref().map(|latest| latest.status.state.clone());
        let wanted = wanted(&report);
        let done = match self.review(&wanted, latest.as_ref()) {
            // A comment that could not be written is written later; the status says then where it is.
            Review::Keep if self.lacks_comment(&report, latest.as_ref()) => Done::Kept,
            Review::Keep => return Some(ended(line, Done::Kept, String::new())),
            Review::Leave(why) => return Some(ended(line, Done::Left, why.to_owned())),
            Review::Tell => Done::Told,
            Review::Renew => Done::Renewed,
        };
        if !first && !self.allowance.tells() {
            return None;
        }
        if let Some(why) = self.silenced.borrow().as_ref() {
            return Some(ended(line, Done::Failed, why.clone()));
        }
        let Some(speaker) = &self.speaker else { return Some(ended(line, done, String::new())) };
        let before = line.clone();
        let written = catch_unwind(AssertUnwindSafe(|| {
            docket.propose(entry, &mut report);
            let gate = self.gate(entry);
            self.write(line, done, &gate, &self.publication(entry, &report, wanted, (&gate, speaker)))
        }));
        Some(written.unwrap_or_else(|payload| ended(before, Done::Failed, failed(payload.as_ref()))))
    }

    /// Whether a status that stands there leads to no comment, although one is wanted and may be written.
    fn lacks_comment(&self, report: &Report, latest: Option<&Dated>) -> bool {
        let leads = |latest: &Dated| latest.status.target.contains(COMMENT);
        self.speaker.is_some()
            && self.allowance.tells()
            && !self.is_mute.get()
            && !Turn::of(report).is_quiet
            && !latest.is_some_and(leads)
    }

    /// Why a pull request is left to a run of its own, whatever its status says.
    fn overtaken(&self, pull: &PullRequest) -> Option<&'static str> {
        match self.opened.as_ref()?.get(&pull.number) {
            None => Some("it was closed meanwhile"),
            Some(now) if now.head_sha != pull.head_sha => Some("it moved meanwhile"),
            Some(now) if now.base_ref != pull.base_ref => Some("its base changed meanwhile"),
            Some(_) => None,
        }
    }

    /// Where the verdict on a pull request stands.
    fn gate(&self, entry: &Entry<'_>) -> Gate {
        let context = status::context(self.environment, &entry.pull.base_ref);
        Gate { context, commit: entry.pull.head_sha.clone(), is_waited_for: true }
    }

    /// What is to be said.
    fn publication(
        &self,
        entry: &Entry<'_>,
        report: &Report,
        status: StatusLine,
        (gate, speaker): (&Gate, &Speaker),
    ) -> Publication {
        Publication {
            environment: self.environment.to_owned(),
            base_branch: entry.pull.base_ref.clone(),
            gate: Some(gate.clone()),
            head_sha: entry.pull.head_sha.clone(),
            speaker: speaker.clone(),
            comment_markdown: markdown::render(report),
            turn: Turn::of(report),
            summary_markdown: String::new(),
            status,
            outputs: Vec::new(),
            annotations: Vec::new(),
        }
    }

    /// What is to be done with the status that stands there. Nobody else's keeps a sweep away: who posted it is asked only
    /// where it would.
    fn review(&self, wanted: &StatusLine, latest: Option<&Dated>) -> Review {
        let is_ours =
            |latest: &Dated| self.github.certainly().is_none_or(|me| me.is(latest.creator.as_deref()));
        match review::review(wanted, latest, self.began) {
            Review::Leave(_) if !latest.is_some_and(is_ours) => Review::Tell,
            found @ (Review::Keep | Review::Tell | Review::Renew | Review::Leave(_)) => found,
        }
    }

    /// Says it: the comment first, because the status links to it, and the status even where there is no comment.
    fn write(&self, mut line: Line, done: Done, gate: &Gate, publication: &Publication) -> Line {
        let posted = comment::post(self.github, line.number, publication);
        line.comment.clone_from(&posted.url);
        self.github.grant(TELLING);
        // Whoever may write can make our comment look like a newer run's. Only its status shows that there is one.
        if let (Outcome::Skipped(_), Some(_)) = (&posted.outcome, &posted.url)
            && let Ok(latest) = self.github.latest(&gate.commit, &gate.context)
            && let Review::Leave(why) = self.review(&publication.status, latest.as_ref())
        {
            return ended(line, Done::Left, why.to_owned());
        }
        self.is_mute.set(self.is_mute.get() || matches!(posted.outcome, Outcome::Degraded(_)));
        let done = match (done, &posted.url) {
            (Done::Kept, Some(_)) => Done::Renewed,
            (Done::Kept, None) => return ended(line, done, "it still has no comment".to_owned()),
            (done, _) => done,
        };
        self.github.grant(TELLING);
        let (url, Publication { status, speaker, .. }) = (posted.url.as_deref(), publication);
        let created = status::say(self.github, gate, status, url, speaker);
        if let Err(error @ (GitHubError::NotAllowed(_) | GitHubError::Unauthorized(_))) = &created {
            self.silenced.replace(Some(error.to_string()));
        }
        match (created, posted.outcome) {
            (Err(error), _) => ended(line, Done::Failed, error.to_string()),
            (Ok(Outcome::Skipped(why)), _) => ended(line, Done::Left, why),
            (Ok(Outcome::Failed(why)), _) => ended(line, Done::Failed, why),
            (Ok(_), Outcome::Failed(why)) => {
                ended(line, Done::Failed, format!("its status is told, and its comment is not: {why}"))
            }
            (Ok(_), Outcome::Degraded(what)) => {
                ended(line, done, format!("its status alone, because the token may not {what}"))
            }
            (Ok(_), Outcome::Written | Outcome::Unchanged | Outcome::Skipped(_) | Outcome::Placeless) => {
                ended(line, done, String::new())
            }
        }
    }
}

/// A line of which nothing is known but the pull request.
fn blank(entry: &Entry<'_>) -> Line {
    Line {
        number: entry.pull.number,
        base: entry.pull.base_ref.clone(),
        head: entry.pull.head_sha.clone(),
        services: entry.services().map(str::to_owned).collect(),
        was: None,
        now: None,
        done: Done::Failed,
        why: String::new(),
        comment: None,
    }
}

/// The end of a line.
fn ended(line: Line, done: Done, why: String) -> Line {
    Line { done, why, ..line }
}

/// What the commit status is to say.
fn wanted(report: &Report) -> StatusLine {
    StatusLine { state: post::state(report.verdict.exit), description: line::render(report) }
}

/// The verdict in a sentence.
fn said(report: &Report) -> Said {
    let StatusLine { state, description } = wanted(report);
    Said {
        state: state.as_str(),
        effect: report.verdict.effect,
        exit: report.verdict.exit,
        text: description,
    }
}
