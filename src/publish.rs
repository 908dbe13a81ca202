//! Saying it where people look: a comment, a commit status, the step summary, outputs and annotations.
//!
//! What is said arrives as finished text; nothing is decided here, and only the line that says that a freeze is over is
//! added, because its beginning stands in the comment before. Each place is planned purely from what already stands
//! there, then written, and each by itself: one that fails keeps no other from being told.
//! A token that may not write is an ordinary way to run and degrades; anything else that fails is a failure.

pub mod comment;
mod cut;
pub mod issue;
mod marker;
pub mod review;
mod stamp;
pub mod status;
pub mod summary;
pub mod webhook;
pub mod workflow;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use crate::github::{GitHub, GitHubError, State};
use crate::report::turn::Turn;

pub use status::Gate;

/// How long closing the status may take at least.
const CLOSING: Duration = Duration::from_secs(20);

/// What the commit status says while the verdict is being reckoned.
const RECKONING: &str = "reckoning the error budget";

/// What the commit status is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusLine {
    /// Whether the change may be merged.
    pub state: State,
    /// Why, in at most 140 characters; what is longer is cut.
    pub description: String,
}

/// How loud an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something that must be mended.
    Error,
    /// Something worth mending.
    Warning,
    /// Something worth knowing.
    Notice,
}

/// A message at a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// How loud it is.
    pub level: Level,
    /// The file, relative to the root of the repository.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1.
    pub column: Option<usize>,
    /// The last column, where it is on the same line.
    pub end_column: Option<usize>,
    /// A few words above the message; may be empty.
    pub title: String,
    /// The message.
    pub message: String,
}

/// The run that speaks, so that an older one never talks over a newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Where people see the run.
    pub url: String,
    /// A number that grows from run to run: `Run::id`, because the number of a workflow's run begins anew when its
    /// file is renamed.
    pub run: u64,
    /// The attempt of the run, from 1.
    pub attempt: u64,
    /// When it began to judge, in seconds since the epoch: a later attempt of an older run knows more.
    pub began: i64,
}

/// Everything that is to be said about one verdict, rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The environment that was judged.
    pub environment: String,
    /// The branch that the change would be merged into.
    pub base_branch: String,
    /// The full id of the judged commit.
    pub head_sha: String,
    /// The run that says it.
    pub speaker: Speaker,
    /// The comment without its marker; when empty, no comment is written.
    pub comment_markdown: String,
    /// What the comment has to do with the one that stands there.
    pub turn: Turn,
    /// The step summary.
    pub summary_markdown: String,
    /// Where the commit status is to stand; none where it has no place.
    pub gate: Option<Gate>,
    /// The commit status.
    pub status: StatusLine,
    /// Outputs of the step, by name; `posted` (the status that is waited for stands) and `comment-url` are added.
    pub outputs: Vec<(String, String)>,
    /// Annotations, the most important first.
    pub annotations: Vec<Annotation>,
}

/// Where a run leaves what is not said through the API.
pub struct Places<'a> {
    /// The file that the step summary is appended to.
    pub summary: Option<PathBuf>,
    /// The file that outputs are appended to.
    pub output: Option<PathBuf>,
    /// The step's log, which annotations are read from.
    pub log: &'a mut dyn Write,
}

/// What became of one thing that was to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It stands there now.
    Written,
    /// It stood there already.
    Unchanged,
    /// It was not to be said; why.
    Skipped(String),
    /// There is no place for it: a run without a pull request has no comment.
    Placeless,
    /// The token may not say it; what it may not do.
    Degraded(String),
    /// It could not be said; why.
    Failed(String),
}

impl Outcome {
    /// True when it stands where people look.
    #[must_use]
    pub const fn stands(&self) -> bool {
        matches!(self, Self::Written | Self::Unchanged)
    }
}

impl From<GitHubError> for Outcome {
    fn from(error: GitHubError) -> Self {
        match error {
            GitHubError::NotAllowed(what) => Self::Degraded(what),
            GitHubError::Address(_)
            | GitHubError::Unauthorized(_)
            | GitHubError::NotFound(_)
            | GitHubError::RateLimited { .. }
            | GitHubError::Rejected { .. }
            | GitHubError::Unreachable { .. } => Self::Failed(error.cause()),
        }
    }
}

/// What became of a whole publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// All of it was said.
    Told,
    /// The token may not say some of it.
    Degraded,
    /// Some of it could not be said.
    Failed,
}

/// What became of each thing that was to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The comment.
    pub comment: Outcome,
    /// The commit status.
    pub status: Outcome,
    /// The step summary.
    pub summary: Outcome,
    /// The outputs.
    pub outputs: Outcome,
    /// The annotations.
    pub annotations: Outcome,
    /// Who else has posted in the status' context, where somebody has.
    pub stranger: Option<String>,
    /// Where people see the comment.
    pub comment_url: Option<String>,
    /// Calls of the API so far in this run, repetitions included.
    pub api_calls: u64,
}

impl Told {
    /// Everything, with its name.
    fn all(&self) -> [(&'static str, &Outcome); 5] {
        [
            ("comment", &self.comment),
            ("commit status", &self.status),
            ("step summary", &self.summary),
            ("outputs", &self.outputs),
            ("annotations", &self.annotations),
        ]
    }

    /// The worst that became of any of it.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let one = |outcome: &Outcome| match outcome {
            Outcome::Written | Outcome::Unchanged | Outcome::Skipped(_) | Outcome::Placeless => {
                Standing::Told
            }
            Outcome::Degraded(_) => Standing::Degraded,
            Outcome::Failed(_) => Standing::Failed,
        };
        self.all().into_iter().map(|(_, outcome)| one(outcome)).max().unwrap_or(Standing::Told)
    }

    /// What to tell a person about it and about the pending status before it: one sentence on each cause of failures. What
    /// the token may not say is among the annotations.
    #[must_use]
    pub fn notes(&self, pending: &Outcome) -> Vec<String> {
        let mut notes = Vec::new();
        let mut failed: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, outcome) in self.all() {
            match outcome {
                Outcome::Failed(why) => match failed.iter_mut().find(|(cause, _)| cause == why) {
                    Some((_, names)) => names.push(name),
                    None => failed.push((why, vec![name])),
                },
                Outcome::Skipped(why) if name == "commit status" => {
                    notes.push(format!("the {name} stays: {why}"));
                }
                Outcome::Written
                | Outcome::Unchanged
                | Outcome::Skipped(_)
                | Outcome::Placeless
                | Outcome::Degraded(_) => {}
            }
        }
        if let Outcome::Failed(why) = pending {
            match failed.iter_mut().find(|(cause, _)| cause == why) {
                Some((_, names)) if names.contains(&"commit status") => {}
                Some((_, names)) => names.insert(0, "pending commit status"),
                None => failed.insert(0, (why, vec!["pending commit status"])),
            }
        }
        for (why, names) in failed {
            notes.push(format!("the {} could not be written: {why}", names.join(" and the ")));
        }
        if let Some(login) = &self.stranger {
            notes.push(format!("a commit status of the same name was posted by `{login}`, not by us"));
        }
        notes
    }
}

/// Posts the status that the gate waits for. It must be closed in every case: by `apply`, or by `close`.
#[must_use]
pub fn pending(github: &GitHub, gate: &Gate, speaker: &Speaker) -> Outcome {
    let line = StatusLine { state: State::Pending, description: RECKONING.to_owned() };
    close(github, gate, speaker, &line)
}

/// Posts a status alone, for a run that ends without a publication: a crash, or something written wrongly.
#[must_use]
pub fn close(github: &GitHub, gate: &Gate, speaker: &Speaker, line: &StatusLine) -> Outcome {
    status::post(github, gate, line, None, speaker)
}

/// Says everything, each in its place: on the pull request of that number when there is one. The status comes after the
/// comment that it links to, and is posted even when the comment could not be.
#[must_use]
pub fn apply(
    publication: &Publication,
    github: &GitHub,
    pull: impl Into<Option<u64>>,
    places: &mut Places<'_>,
) -> Told {
    let posted = match pull.into() {
        Some(pull) => comment::post(github, pull, publication),
        None => comment::Posted { outcome: Outcome::Placeless, url: None },
    };
    let (line, url) = (&publication.status, posted.url.as_deref());
    // The gate has time of its own: a comment that hangs must not leave it open.
    github.grant(CLOSING);
    let status::Posted { outcome: status, stranger } = match &publication.gate {
        Some(gate) => status::bring_about(github, gate, line, url, &publication.speaker),
        None => status::Posted { outcome: Outcome::Placeless, stranger: None },
    };
    let withheld = withheld(&posted.outcome, &status);
    let quoted = withheld.as_ref().map_or_else(String::new, |said| format!("> {said}\n\n"));
    let summary = summary::append(places.summary.as_deref(), &(quoted + &*publication.summary_markdown));
    let mut outputs = publication.outputs.clone();
    let waited_for = publication.gate.as_ref().is_some_and(|gate| gate.is_waited_for);
    outputs.push(("posted".to_owned(), (waited_for && status.stands()).to_string()));
    outputs.push(("comment-url".to_owned(), posted.url.clone().unwrap_or_default()));
    let salt = format!("{}.{}", publication.speaker.run, publication.speaker.attempt);
    let outputs = workflow::append_outputs(places.output.as_deref(), &outputs, &salt);
    let mut annotations = publication.annotations.clone();
    annotations.extend(withheld.map(warning));
    let annotations = workflow::write_annotations(places.log, &annotations);
    Told {
        comment: posted.outcome,
        status,
        summary,
        outputs,
        annotations,
        stranger,
        comment_url: posted.url,
        api_calls: github.calls(),
    }
}

/// What the token may not say, and the permissions that the job needs for that. The gate then hangs on the run alone.
fn withheld(comment: &Outcome, status: &Outcome) -> Option<String> {
    let places = [(comment, "`pull-requests: write`"), (status, "`statuses: write`")];
    let kept = places.into_iter().filter_map(|(outcome, right)| match outcome {
        Outcome::Degraded(what) => Some((what.as_str(), right)),
        Outcome::Written
        | Outcome::Unchanged
        | Outcome::Skipped(_)
        | Outcome::Placeless
        | Outcome::Failed(_) => None,
    });
    let (what, rights): (Vec<&str>, Vec<&str>) = kept.unzip();
    (!what.is_empty()).then(|| {
        let (what, rights) = (what.join(" or "), rights.join(" and "));
        format!(
            "the token may not {what}, so the step summary and this log carry the verdict; the job's `permissions` need \
             {rights}, which a run of `pull_request` never has for a fork"
        )
    })
}

/// What is not quite as it should be, as an annotation of the run.
fn warning(message: String) -> Annotation {
    let title = "slogate".to_owned();
    Annotation {
        level: Level::Warning,
        file: None,
        line: None,
        column: None,
        end_column: None,
        title,
        message,
    }
}
