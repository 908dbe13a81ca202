//! Issues: listed in every state, opened, changed.
//!
//! An issue is never opened by the same request twice, because it would be there twice: after a failure the issues are
//! listed again. GitHub's lists of issues have pull requests among them, which are left out. Who opened an issue is read
//! of the issue and never asked for, because apps are named differently in questions than in answers.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::{Call, GitHubError, Verb, encode};
use super::wire::WireUser;
use super::{GitHub, MAX_PAGES, PAGE};

/// Which issues are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed<'a> {
    /// Those with a label.
    Labelled(&'a str),
    /// Those that were opened or changed since an instant.
    Since(Timestamp),
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its number; older issues have smaller ones.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Where people see it.
    pub url: String,
    /// Who opened it; none when the account is gone.
    pub author: Option<String>,
    /// True until somebody closes it.
    pub is_open: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed, where it is.
    pub closed_at: Option<Timestamp>,
}

/// What becomes of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is open again.
    Reopened,
    /// It says what another one says.
    Duplicate,
}

/// An issue as GitHub sends it.
#[derive(Deserialize)]
struct WireIssue {
    /// The number.
    number: u64,
    /// The title.
    title: String,
    /// The text.
    body: Option<String>,
    /// Where people see it.
    html_url: String,
    /// Who opened it.
    user: Option<WireUser>,
    /// `open` or `closed`.
    state: String,
    /// When it was opened, in RFC 3339.
    created_at: Timestamp,
    /// When it was closed, likewise.
    closed_at: Option<Timestamp>,
    /// There for pull requests alone.
    pull_request: Option<Value>,
}

impl From<WireIssue> for Issue {
    fn from(wire: WireIssue) -> Self {
        Self {
            number: wire.number,
            title: wire.title,
            body: wire.body.unwrap_or_default(),
            url: wire.html_url,
            author: wire.user.map(|user| user.login),
            is_open: wire.state == "open",
            opened_at: wire.created_at,
            closed_at: wire.closed_at,
        }
    }
}

impl GitHub {
    /// Issues in every state, the oldest first.
    ///
    /// # Errors
    /// When GitHub does not answer, or there are more than 5,000: half of a list would let an issue be opened twice.
    pub fn issues(&self, listed: Listed<'_>) -> Result<Vec<Issue>, GitHubError> {
        let what = "list the issues";
        let which = match listed {
            Listed::Labelled(label) => format!("labels={}", encode(label, b"")),
            Listed::Since(at) => {
                // GitHub reads whole seconds.
                let whole = at.checked_sub(SignedDuration::from_nanos(at.subsec_nanosecond().into()));
                format!("since={}", encode(&whole.unwrap_or(at).to_string(), b""))
            }
        };
        let below = format!("/issues?state=all&sort=created&direction=asc&{which}");
        let (found, complete) = self.list::<WireIssue>(&below, what, MAX_PAGES)?;
        if !complete {
            let why = format!("there are more than {}", PAGE * MAX_PAGES);
            return Err(GitHubError::Unreachable { what: what.to_owned(), why });
        }
        Ok(found.into_iter().filter(|issue| issue.pull_request.is_none()).map(Issue::from).collect())
    }

    /// An issue as it is now.
    ///
    /// # Errors
    /// When it is gone, or GitHub does not answer.
    pub fn issue(&self, number: u64) -> Result<Issue, GitHubError> {
        let what = "read an issue";
        let path = format!("{}/issues/{number}", self.root);
        Ok(self.line.send(Call::get(&path, what))?.json::<WireIssue>(what)?.into())
    }

    /// Opens an issue. It is never sent twice: after a failure the issues must be listed again.
    ///
    /// # Errors
    /// When the token may not, the repository has no issues, GitHub declines, or does not answer.
    pub fn open_issue(&self, title: &str, body: &str, labels: &[String]) -> Result<Issue, GitHubError> {
        let what = "open an issue";
        let path = format!("{}/issues", self.root);
        let sent = json!({ "title": title, "body": body, "labels": labels });
        let answer = self.line.send(Call::get(&path, what).sending(Verb::Create, &sent));
        let answer = answer.map_err(|error| {
            // A token that may not is answered with 404, and told apart already; what is gone are the issues.
            if let GitHubError::NotFound(what) = error {
                let message = "issues are disabled for this repository".to_owned();
                return GitHubError::Rejected { what, status: 410, message };
            }
            error
        })?;
        let opened: WireIssue = answer.json(what)?;
        self.learn(opened.user.as_ref().map(|user| user.login.as_str()));
        Ok(opened.into())
    }

    /// Replaces an issue's text, and opens or closes it where that is wanted.
    ///
    /// # Errors
    /// When the token may not, the issue is gone, GitHub declines, or does not answer.
    pub fn update_issue(&self, number: u64, body: &str, fate: Option<Fate>) -> Result<Issue, GitHubError> {
        let what = "update an issue";
        let path = format!("{}/issues/{number}", self.root);
        let mut sent = Map::new();
        sent.insert("body".to_owned(), body.into());
        let state = fate.map(|fate| match fate {
            Fate::Reopened => ("open", "reopened"),
            Fate::Duplicate => ("closed", "not_planned"),
        });
        if let Some((state, reason)) = state {
            sent.insert("state".to_owned(), state.into());
            sent.insert("state_reason".to_owned(), reason.into());
        }
        let sent = Value::Object(sent);
        let answer = self.line.send(Call::get(&path, what).sending(Verb::Update, &sent))?;
        Ok(answer.json::<WireIssue>(what)?.into())
    }
}
