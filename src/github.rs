//! The one door to GitHub's API: typed calls about one repository, counted and bounded.
//!
//! Reading and saying are kept apart from deciding: nothing here knows what a verdict is. Every list is read to
//! its end or said to be cut. A token that may not write is told from GitHub not answering, because the first is
//! an ordinary way to run and the second is not. `call` sends, `wire` holds what
//! GitHub answers, `run` knows the workflow's run.

mod call;
pub mod run;
mod wire;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::json;

pub use call::GitHubError;
pub use run::{Address, Event, PullRequest, Run, RunError};

use crate::git::{self, Changed};
use crate::http;
use call::{Call, Form, Line, Verb, encode};
use wire::{WireCombined, WireComment, WireCompare, WireFile, WirePull, WireRef, WireTree, WireUser};

/// The bot in whose name the token of a workflow run acts.
const ACTIONS_BOT: &str = "github-actions[bot]";

/// Entries of one page of a list.
const PAGE: usize = 100;

/// The most pages of one list that are read.
const MAX_PAGES: usize = 50;

/// The most changed files that a comparison names.
const COMPARE_FILES: usize = 300;

/// The largest file that is remembered for the rest of the run, in bytes.
const REMEMBERED: usize = 1024 * 1024;

/// In whose name the token acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The login: `mona`, `github-actions[bot]`.
    pub login: String,
    /// False when it is only likely, because the token may not ask.
    pub certain: bool,
}

/// A comment on an issue or a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its id; older comments have smaller ones.
    pub id: u64,
    /// Its text.
    pub body: String,
    /// Where people see it.
    pub url: String,
    /// Who wrote it; none when the account is gone.
    pub author: Option<String>,
}

/// What a commit status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is being reckoned.
    Pending,
    /// It may be merged.
    Success,
    /// It may not be merged.
    Failure,
    /// It could not be said.
    Error,
}

impl State {
    /// As GitHub calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }
}

/// The latest status of one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What it says, as GitHub calls it.
    pub state: String,
    /// In words.
    pub description: String,
    /// Where it leads.
    pub target: String,
}

/// A pull request as GitHub knows it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// The full id of its head commit.
    pub head: String,
    /// The branch that it would be merged into.
    pub base: String,
    /// How many files it changes.
    pub changed_files: usize,
}

/// What changed between two commits, as far as GitHub says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// Everything that changed.
    Complete(Changed),
    /// More changed than GitHub lists: every service must count. Why, as a sentence.
    Truncated(String),
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path below the tree that was asked for.
    pub path: String,
    /// Its mode, as git writes it in octal.
    pub mode: i32,
    /// Its id.
    pub id: String,
    /// Its size in bytes, where it is a file.
    pub size: Option<u64>,
}

/// GitHub's API for one repository.
pub struct GitHub {
    /// The way there.
    line: Line,
    /// `/repos/owner/name`.
    root: String,
    /// In whose name the token acts, once it is known.
    identity: OnceCell<Identity>,
    /// The token acts for an installation of an app, which may not ask who it is.
    is_installation: bool,
    /// Small files that were read, by id.
    blobs: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl GitHub {
    /// Prepares to call; nothing is sent yet. All waiting together takes at most the deadline of the limits.
    ///
    /// # Errors
    /// When the address, the repository or the token cannot be used.
    pub fn connect(
        http: Rc<http::Client>,
        address: &Address,
        limits: http::Limits,
    ) -> Result<Self, GitHubError> {
        let plain = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        match address.repository.split_once('/') {
            Some((owner, name)) if plain(owner) && plain(name) => {}
            _ => {
                return Err(GitHubError::Address(format!(
                    "`{}` is no repository of the form `owner/name`",
                    address.repository
                )));
            }
        }
        let is_installation = address.token.as_ref().is_some_and(|token| token.expose().starts_with("ghs_"));
        Ok(Self {
            line: Line::open(http, address, limits)?,
            root: format!("/repos/{}", address.repository),
            identity: OnceCell::new(),
            is_installation,
            blobs: RefCell::new(BTreeMap::new()),
        })
    }

    /// Grants time from now on, where less than that is left: for closing what was opened.
    pub fn grant(&self, time: Duration) {
        self.line.grant(time);
    }

    /// Bounds the time of what is asked in `asking`.
    pub fn within<T>(&self, time: Duration, asking: impl FnOnce() -> T) -> T {
        self.line.within(time, asking)
    }

    /// Calls sent so far, repetitions included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.line.calls()
    }

    /// In whose name the token acts. A workflow's own token may not ask and acts as the bot of GitHub Actions;
    /// whether that is so shows when it first writes.
    ///
    /// # Errors
    /// When GitHub does not answer or refuses the token.
    pub fn whoami(&self) -> Result<Identity, GitHubError> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity.clone());
        }
        let likely = Identity { login: ACTIONS_BOT.to_owned(), certain: false };
        let what = "say who the token is";
        let identity = if self.is_installation {
            likely
        } else {
            match self.line.send(Call::get("/user", what)) {
                Ok(answer) => Identity { login: answer.json::<WireUser>(what)?.login, certain: true },
                Err(
                    GitHubError::NotAllowed(_)
                    | GitHubError::Rejected { status: 403, .. }
                    | GitHubError::NotFound(_),
                ) => likely,
                Err(error) => return Err(error),
            }
        };
        Ok(self.identity.get_or_init(|| identity).clone())
    }

    /// The full id of a branch's tip.
    ///
    /// # Errors
    /// When there is no such branch, or GitHub does not answer.
    pub fn tip(&self, branch: &str) -> Result<String, GitHubError> {
        let what = format!("find the branch `{branch}`");
        let path = format!("{}/git/ref/heads/{}", self.root, encode(branch, b"/"));
        let found: WireRef = self.line.send(Call::get(&path, &what))?.json(&what)?;
        full_id(found.object.sha, &what)
    }

    /// The full id of the commit that a branch, a tag or an id stands for.
    ///
    /// # Errors
    /// When there is no such commit, or GitHub does not answer.
    pub fn resolve(&self, name: &str) -> Result<String, GitHubError> {
        let what = format!("find the commit `{name}`");
        let path = format!("{}/commits/{}", self.root, encode(name, b"/"));
        match self.line.send(Call { form: Form::Id, ..Call::get(&path, &what) }) {
            Ok(answer) => full_id(String::from_utf8_lossy(&answer.body).trim().to_owned(), &what),
            // GitHub answers 422 for a name that stands for no commit.
            Err(GitHubError::Rejected { status: 422, .. }) => Err(GitHubError::NotFound(what)),
            Err(error) => Err(error),
        }
    }

    /// A pull request as it is now.
    ///
    /// # Errors
    /// When there is none of that number, or GitHub does not answer.
    pub fn pull(&self, number: u64) -> Result<Pull, GitHubError> {
        let what = format!("read pull request {number}");
        let found: WirePull =
            self.line.send(Call::get(&format!("{}/pulls/{number}", self.root), &what))?.json(&what)?;
        let head = full_id(found.head.sha, &what)?;
        Ok(Pull { number, head, base: found.base.name, changed_files: found.changed_files })
    }

    /// What changed between the merge base of two commits and the second of them, seen from `prefix`. A comparison
    /// names 300 files; of a pull request the list of its files is read where that is not enough.
    ///
    /// # Errors
    /// When the commits have no common history or are not there, or when GitHub does not answer.
    pub fn changed(
        &self,
        base: &str,
        head: &str,
        pull: Option<u64>,
        prefix: &str,
    ) -> Result<Compared, GitHubError> {
        let what = "compare the change with its base";
        let range = format!("{}...{}", encode(base, b""), encode(head, b""));
        let mut files: Vec<WireFile> = Vec::new();
        let mut fork = None;
        // Pages are pages of commits. GitHub lists the files on the first of them; a server that spreads them over
        // several is read to its last page with files.
        for page in 1..=MAX_PAGES {
            let path = format!("{}/compare/{range}?per_page={PAGE}&page={page}", self.root);
            let answer = self.line.send(Call::get(&path, what))?;
            let found: WireCompare = answer.json(what)?;
            let done = found.files.is_empty() || !answer.has_next;
            fork = found.merge_base_commit.map(|commit| commit.sha).filter(|id| git::is_full_id(id));
            files.extend(found.files);
            if done {
                break;
            }
        }
        if files.len() < COMPARE_FILES {
            return Ok(Compared::Complete(Changed { fork, ..seen_from(prefix, &files) }));
        }
        let Some(number) = pull else {
            return Ok(Compared::Truncated(format!("more than {COMPARE_FILES} files changed")));
        };
        let (files, complete) =
            self.list::<WireFile>(&format!("/pulls/{number}/files"), "list the changed files", 30)?;
        // Asked last, so that a push in between is seen.
        let pull = self.pull(number)?;
        if pull.head != head {
            return Ok(Compared::Truncated("the pull request moved while its files were listed".to_owned()));
        }
        if !complete || files.len() < pull.changed_files {
            return Ok(Compared::Truncated(format!(
                "{} files changed, and GitHub lists {} of them",
                pull.changed_files.max(files.len()),
                files.len()
            )));
        }
        Ok(Compared::Complete(Changed { fork, ..seen_from(prefix, &files) }))
    }

    /// The entries of a tree or of a commit's tree; with everything below it, or only its own. False when GitHub
    /// cut the list.
    ///
    /// # Errors
    /// When there is no such tree, or GitHub does not answer.
    pub fn tree(&self, id: &str, recursive: bool) -> Result<(Vec<Entry>, bool), GitHubError> {
        let what = format!("list the files of `{id}`");
        let query = if recursive { "?recursive=1" } else { "" };
        let path = format!("{}/git/trees/{}{query}", self.root, encode(id, b""));
        let found: WireTree = self.line.send(Call::get(&path, &what))?.json(&what)?;
        let entries = found.tree.into_iter().map(|entry| {
            let mode = i32::from_str_radix(&entry.mode, 8).unwrap_or(0);
            Entry { path: entry.path, mode, id: entry.sha, size: entry.size }
        });
        Ok((entries.collect(), !found.truncated))
    }

    /// A file's bytes by its id, at most `limit` of them. What comes back is checked against the id.
    ///
    /// # Errors
    /// When there is no such file, when it is larger, or when GitHub does not answer with that file.
    pub fn blob(&self, id: &str, limit: u64) -> Result<Vec<u8>, GitHubError> {
        if let Some(bytes) = self.blobs.borrow().get(id) {
            return Ok(bytes.clone());
        }
        let what = format!("read the file `{id}`");
        let path = format!("{}/git/blobs/{}", self.root, encode(id, b""));
        let bytes = self.line.send(Call { form: Form::Raw, limit, ..Call::get(&path, &what) })?.body;
        if git::blob_id(&bytes).as_deref() != Some(id) {
            let why = "what it sent is not that file".to_owned();
            return Err(GitHubError::Unreachable { what, why });
        }
        if bytes.len() <= REMEMBERED {
            self.blobs.borrow_mut().insert(id.to_owned(), bytes.clone());
        }
        Ok(bytes)
    }

    /// All comments on an issue or a pull request.
    ///
    /// # Errors
    /// When GitHub does not answer, or there are more than 5,000.
    pub fn comments(&self, issue: u64) -> Result<Vec<Comment>, GitHubError> {
        let what = "list the comments";
        let (found, complete) =
            self.list::<WireComment>(&format!("/issues/{issue}/comments"), what, MAX_PAGES)?;
        if !complete {
            let why = format!("there are more than {}", PAGE * MAX_PAGES);
            return Err(GitHubError::Unreachable { what: what.to_owned(), why });
        }
        Ok(found.into_iter().map(Comment::from).collect())
    }

    /// Writes a comment. It is never sent twice: after a failure the comments must be listed again.
    ///
    /// # Errors
    /// When the token may not, GitHub declines, or does not answer.
    pub fn create_comment(&self, issue: u64, body: &str) -> Result<Comment, GitHubError> {
        let what = "write a comment";
        let path = format!("{}/issues/{issue}/comments", self.root);
        let body = json!({ "body": body });
        let found: WireComment =
            self.line.send(Call::get(&path, what).sending(Verb::Create, &body))?.json(what)?;
        Ok(found.into())
    }

    /// Replaces a comment's text.
    ///
    /// # Errors
    /// When the token may not, the comment is gone, GitHub declines, or does not answer.
    pub fn update_comment(&self, id: u64, body: &str) -> Result<Comment, GitHubError> {
        let what = "update the comment";
        let path = format!("{}/issues/comments/{id}", self.root);
        let body = json!({ "body": body });
        let found: WireComment =
            self.line.send(Call::get(&path, what).sending(Verb::Update, &body))?.json(what)?;
        Ok(found.into())
    }

    /// Deletes a comment; one that is gone already is no failure.
    ///
    /// # Errors
    /// When the token may not, GitHub declines, or does not answer.
    pub fn delete_comment(&self, id: u64) -> Result<(), GitHubError> {
        let path = format!("{}/issues/comments/{id}", self.root);
        match self.line.send(Call { verb: Verb::Delete, ..Call::get(&path, "delete a comment") }) {
            Ok(_) | Err(GitHubError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The latest status of one context of a commit.
    ///
    /// # Errors
    /// When there is no such commit, or GitHub does not answer.
    pub fn status(&self, commit: &str, context: &str) -> Result<Option<Status>, GitHubError> {
        let what = "read the commit's statuses";
        let below = format!("/commits/{}/status", encode(commit, b""));
        for page in 1..=MAX_PAGES {
            let path = format!("{}{below}?per_page={PAGE}&page={page}", self.root);
            let answer = self.line.send(Call::get(&path, what))?;
            let found: WireCombined = answer.json(what)?;
            let full = found.statuses.len() >= PAGE;
            if let Some(status) = found.statuses.into_iter().find(|status| status.context == context) {
                return Ok(Some(Status {
                    state: status.state,
                    description: status.description.unwrap_or_default(),
                    target: status.target_url.unwrap_or_default(),
                }));
            }
            if !full && !answer.has_next {
                break;
            }
        }
        Ok(None)
    }

    /// Posts a commit status. Said twice it says the same, so it is repeated when GitHub does not answer.
    ///
    /// # Errors
    /// When the token may not, GitHub declines, or does not answer.
    pub fn create_status(
        &self,
        commit: &str,
        context: &str,
        state: State,
        description: &str,
        target: Option<&str>,
    ) -> Result<(), GitHubError> {
        let path = format!("{}/statuses/{}", self.root, encode(commit, b""));
        let mut body = json!({ "state": state.as_str(), "context": context, "description": description });
        if let (Some(target), Some(fields)) = (target, body.as_object_mut()) {
            fields.insert("target_url".to_owned(), target.into());
        }
        self.line.send(Call::get(&path, "post the commit status").sending(Verb::Assert, &body)).map(drop)
    }

    /// All entries of a list, page by page; false when it goes on after the last page that is read.
    fn list<T: DeserializeOwned>(
        &self,
        below: &str,
        what: &str,
        pages: usize,
    ) -> Result<(Vec<T>, bool), GitHubError> {
        let mut all = Vec::new();
        for page in 1..=pages {
            let path = format!("{}{below}?per_page={PAGE}&page={page}", self.root);
            let answer = self.line.send(Call::get(&path, what))?;
            let found: Vec<T> = answer.json(what)?;
            let full = found.len() >= PAGE;
            all.extend(found);
            if !full && !answer.has_next {
                return Ok((all, true));
            }
        }
        Ok((all, false))
    }
}

/// The changed files as they are seen from a directory; a moved file counts with both paths.
fn seen_from(prefix: &str, files: &[WireFile]) -> Changed {
    let all = files.iter().flat_map(|file| [Some(&file.filename), file.previous_filename.as_ref()]);
    Changed::seen_from(prefix, all.flatten().cloned())
}

/// An id that GitHub sent, if it is a full one.
fn full_id(id: String, what: &str) -> Result<String, GitHubError> {
    if git::is_full_id(&id) {
        return Ok(id);
    }
    Err(GitHubError::Unreachable { what: what.to_owned(), why: "it answered without a commit id".to_owned() })
}
