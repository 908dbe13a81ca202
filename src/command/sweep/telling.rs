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
use crate::command::sweep::shared::Part;
use crate::command::sweep::standings::Standings;
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
    /// What stands there.
    pub standings: Standings,
    /// The commits and contexts that were told, with what stood there before.
    pub told: RefCell<BTreeMap<(String, String), Option<String>>>,
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
        (judgement, part): (Judgement, Part),
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
        if let Some(words) = part.words() {
            return self.follow(line, entry, &mut report, (&part, words));
        }
        if !self.allowance.is_open() || !(first || self.allowance.reads()) {
            return None;
        }
        self.github.grant(TELLING);
        let (gate, wanted) = (gate(self.environment, entry), wanted(&report));
        let (latest, review) = match self.reviewed(&gate, &wanted) {
            Ok(found) => found,
            Err(error) => return Some(ended(line, Done::Failed, error.to_string())),
        };
        line.was = latest.as_ref().map(|latest| latest.status.state.clone());
        let done = match review {
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
        if done != Done::Kept {
            let told = (gate.commit.clone(), gate.context.clone());
            self.told.borrow_mut().insert(told, line.was.clone());
        }
        let Some(speaker) = &self.speaker else { return Some(ended(line, done, String::new())) };
        let before = line.clone();
        let written = catch_unwind(AssertUnwindSafe(|| {
            docket.propose(entry, &mut report);
            self.write(line, done, &gate, &self.publication(entry, &report, wanted, (&gate, speaker)))
        }));
        Some(written.unwrap_or_else(|payload| ended(before, Done::Failed, failed(payload.as_ref()))))
    }

    /// Leaves the status to another pull request with the same one. Where that was told in this sweep, the comment says so.
    fn follow(
        &self,
        mut line: Line,
        entry: &Entry<'_>,
        report: &mut Report,
        (part, words): (&Part, String),
    ) -> Option<Line> {
        let gate = gate(self.environment, entry);
        if !matches!(part, Part::Follows { .. }) {
            return Some(ended(line, Done::Failed, words));
        }
        let told = self.told.borrow().get(&(gate.commit.clone(), gate.context.clone())).cloned();
        let Some(was) = told else {
            let latest = self.standings.latest(self.github, &gate).ok().flatten();
            line.was = latest.map(|latest| latest.status.state);
            return Some(ended(line, Done::Kept, words));
        };
        line.was = was;
        let Some(speaker) = &self.speaker else { return Some(ended(line, Done::Told, words)) };
        if !self.allowance.is_open() || !self.allowance.tells() {
            return None;
        }
        self.github.grant(TELLING);
        let status = wanted(report);
        report.notes.push(words.clone());
        let publication = self.publication(entry, report, status, (&gate, speaker));
        let posted = comment::post(self.github, line.number, &publication);
        line.comment = posted.url;
        Some(match posted.outcome {
            Outcome::Failed(why) => {
                ended(line, Done::Failed, format!("{words}; its comment is not told: {why}"))
            }
            Outcome::Written
            | Outcome::Unchanged
            | Outcome::Skipped(_)
            | Outcome::Degraded(_)
            | Outcome::Placeless => ended(line, Done::Told, words),
        })
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
    pub fn overtaken(&self, pull: &PullRequest) -> Option<&'static str> {
        match self.opened.as_ref()?.get(&pull.number) {
            None => Some("it was closed meanwhile"),
            Some(now) if now.head_sha != pull.head_sha => Some("it moved meanwhile"),
            Some(now) if now.base_ref != pull.base_ref => Some("its base changed meanwhile"),
            Some(_) => None,
        }
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

    /// The status that stands there, and what is to be done with it. What was read together with others does where it is
    /// known; what would keep a sweep silent is looked at by itself, now.
    fn reviewed(&self, gate: &Gate, wanted: &StatusLine) -> Result<(Option<Dated>, Review), GitHubError> {
        if let Ok(latest) = self.standings.latest(self.github, gate) {
            let found = review::review(wanted, latest.as_ref(), self.began);
            if !matches!(found, Review::Leave(_)) {
                return Ok((latest, found));
            }
        }
        let latest = self.github.latest(&gate.commit, &gate.context)?;
        let found = self.review(wanted, latest.as_ref());
        Ok((latest, found))
    }

    /// Says it: the comment first, because the status links to it, and the status even where there is no comment.
    fn write(&self, mut line: Line, done: Done, gate: &Gate, publication: &Publication) -> Line {
        let mut posted = comment::post(self.github, line.number, publication);
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
        self.standings.told();
        let (url, Publication { status, speaker, .. }) = (posted.url.as_deref(), publication);
        let created = status::say(self.github, gate, status, url, speaker);
        if let Err(error @ (GitHubError::NotAllowed(_) | GitHubError::Unauthorized(_))) = &created {
            self.silenced.replace(Some(error.to_string()));
        }
        if created.as_ref().is_ok_and(|status| status.is_contradicted) {
            posted = comment::take_back(self.github, line.number, posted);
        }
        match (created.map(|status| status.outcome), posted.outcome) {
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

/// Where the verdict on a pull request stands.
pub fn gate(environment: &str, entry: &Entry<'_>) -> Gate {
    let context = status::context(environment, &entry.pull.base_ref);
    Gate { context, commit: entry.pull.head_sha.clone(), is_waited_for: true }
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
