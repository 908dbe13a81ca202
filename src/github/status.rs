//! Commit statuses: the latest of a context, and a new one.
//!
//! A status that is said twice says the same, so it is repeated when GitHub does not answer. A commit takes at most
//! 1,000 of one context.

use serde_json::json;

use super::call::{Call, GitHubError, Next, Verb, encode};
use super::wire::WireStatus;
use super::{GitHub, MAX_PAGES, PAGE};

/// The most pages of a commit's newest statuses that are read.
const NEWEST: usize = 3;

/// From how many pages of statuses on a commit on those of a context are counted, which takes a call for each page.
const CROWDED: usize = 9;

/// The most pages that are read to count.
const COUNTED: usize = 20;

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

    /// The state that GitHub calls so.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        [Self::Pending, Self::Success, Self::Failure, Self::Error]
            .into_iter()
            .find(|state| state.as_str() == name)
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

impl Status {
    /// When the run that posted it began to judge, in seconds since the epoch, as its link says.
    #[must_use]
    pub fn began(&self) -> Option<i64> {
        let (_, rest) = self.target.split_once("&at=")?;
        rest.split('#').next()?.parse().ok()
    }

    /// Whether a run posted it about this pull request, as its link says: a commit may be the head of several.
    #[must_use]
    pub fn is_about(&self, pull: u64) -> bool {
        let page = self.target.split_once("?run=").map(|(page, _)| page);
        page.is_some_and(|page| page.ends_with(&format!("/pull/{pull}")))
    }
}

/// A status, and when GitHub took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// What it says.
    pub status: Status,
    /// When GitHub took it, in seconds since the epoch.
    pub created: i64,
    /// Who posted it; none when the account is gone.
    pub creator: Option<String>,
}

impl From<WireStatus> for Dated {
    fn from(mut wire: WireStatus) -> Self {
        let creator = wire.creator.take().map(|user| user.login);
        Self { created: wire.created_at.as_second(), creator, status: wire.into() }
    }
}

impl GitHub {
    /// What was said in one context of a commit, the newest first, page by page until one of it is enough: nothing is
    /// ever taken away, so that what stands beneath the latest is seen too. Where GitHub says that there are very many,
    /// more pages are read, so that those of the context can be counted before it takes no more.
    ///
    /// # Errors
    /// When there is no such commit, GitHub does not answer, or there are more than 5,000 and none is enough.
    pub fn statuses(
        &self,
        commit: &str,
        context: &str,
        is_enough: impl Fn(&Dated) -> bool,
    ) -> Result<Vec<Dated>, GitHubError> {
        self.said(commit, context, is_enough, COUNTED)
    }

    /// What was said in one context of a commit, until one of it is enough, or where there are very many on so many pages.
    fn said(
        &self,
        commit: &str,
        context: &str,
        is_enough: impl Fn(&Dated) -> bool,
        counted: usize,
    ) -> Result<Vec<Dated>, GitHubError> {
        let what = "read the commit's statuses";
        let below = format!("/commits/{}/statuses", encode(commit, b""));
        let mut said: Vec<Dated> = Vec::new();
        let (mut read, mut is_crowded) = (0, false);
        let is_whole = self.pages(&below, what, MAX_PAGES, |answer| {
            let found: Vec<WireStatus> = answer.json(what)?;
            let ours =
                found.into_iter().filter(|status| status.context.to_lowercase() == context.to_lowercase());
            said.extend(ours.map(Dated::from));
            read += 1;
            is_crowded |= matches!(&answer.last, Next::Path(last) if page(last) >= CROWDED);
            Ok(is_crowded && read < counted || !said.iter().any(&is_enough))
        });
        // What is seen is seen, even if it could not be counted.
        let is_whole = if said.iter().any(&is_enough) { true } else { is_whole? };
        if !is_whole {
            let why = format!("it has more than {}", PAGE * MAX_PAGES);
            return Err(GitHubError::Unreachable { what: what.to_owned(), why });
        }
        Ok(said)
    }

    /// The newest statuses of a commit, of all contexts, the newest first; at most 300, by 3 calls.
    ///
    /// # Errors
    /// When there is no such commit, the token may not read it, or GitHub does not answer.
    pub fn newest_statuses(&self, commit: &str) -> Result<Vec<Dated>, GitHubError> {
        let below = format!("/commits/{}/statuses", encode(commit, b""));
        let (found, _) = self.list::<WireStatus>(&below, "read the commit's statuses", NEWEST)?;
        Ok(found.into_iter().map(Dated::from).collect())
    }

    /// The latest status of one context of a commit, with who posted it.
    ///
    /// # Errors
    /// When there is no such commit, GitHub does not answer, or it has more than 5,000 statuses of other contexts.
    pub fn latest(&self, commit: &str, context: &str) -> Result<Option<Dated>, GitHubError> {
        self.said(commit, context, |_| true, 0).map(|said| said.into_iter().next())
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
        let what = "post the commit status";
        let path = format!("{}/statuses/{}", self.root, encode(commit, b""));
        let mut body = json!({ "state": state.as_str(), "context": context, "description": description });
        if let (Some(target), Some(fields)) = (target, body.as_object_mut()) {
            fields.insert("target_url".to_owned(), target.into());
        }
        let found: WireStatus =
            self.line.send(Call::get(&path, what).sending(Verb::Assert, &body))?.json(what)?;
        if found.context.to_lowercase() != context.to_lowercase() || found.state != state.as_str() {
            let why = "it answered with another status".to_owned();
            return Err(GitHubError::Unreachable { what: what.to_owned(), why });
        }
        self.learn(found.creator.as_ref().map(|user| user.login.as_str()));
        Ok(())
    }
}

/// The number of a page by its path; 0 where it says none.
fn page(path: &str) -> usize {
    let number = path.split(['?', '&']).find_map(|part| part.strip_prefix("page="));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
