//! Every open pull request of the repository, as GitHub lists them: enough to judge each without asking for it again.

use serde::Deserialize;

use super::call::GitHubError;
use super::label::WireLabel;
use super::run::PullRequest;
use super::wire::{WireHead, WireUser};
use super::{GitHub, MAX_PAGES, PAGE};
use crate::git;

/// An open pull request as GitHub lists it.
#[derive(Deserialize)]
struct WireOpened {
    /// Its number.
    number: u64,
    /// Its head.
    head: WireHead,
    /// Its base.
    base: WireBase,
    /// Who opened it.
    user: Option<WireUser>,
    /// Its labels.
    labels: Vec<WireLabel>,
}

/// The base of a pull request as GitHub lists it.
#[derive(Deserialize)]
struct WireBase {
    /// The branch.
    #[serde(rename = "ref")]
    name: String,
    /// The repository.
    repo: WireRepository,
}

/// A repository as GitHub lists it.
#[derive(Deserialize)]
struct WireRepository {
    /// `owner/name`.
    full_name: String,
}

impl GitHub {
    /// The open pull requests, drafts too, by their numbers; each once, whatever moves while the pages are read.
    ///
    /// # Errors
    /// When GitHub does not answer, not with pull requests, or there are more than 5,000.
    pub fn opened(&self) -> Result<Vec<PullRequest>, GitHubError> {
        let what = "list the open pull requests";
        let wrong = |why: String| GitHubError::Unreachable { what: what.to_owned(), why };
        let (found, complete) = self.list::<WireOpened>("/pulls", what, MAX_PAGES)?;
        if !complete {
            return Err(wrong(format!("there are more than {}", PAGE * MAX_PAGES)));
        }
        let mut pulls = Vec::new();
        for one in found {
            let origin = self.origin(&one.head, None);
            let (head, base) = (one.head, one.base);
            if !git::is_full_id(&head.sha) {
                return Err(wrong("it answered without a commit id".to_owned()));
            }
            pulls.push(PullRequest {
                number: one.number,
                head_sha: head.sha.to_ascii_lowercase(),
                head_ref: head.name,
                head_repository: head.home.map(|home| home.full_name),
                origin,
                base_ref: base.name,
                base_repository: base.repo.full_name,
                author: one.user.map(|user| user.login),
                labels: Some(one.labels.into_iter().map(|label| label.name).collect()),
            });
        }
        pulls.sort_by_key(|pull| pull.number);
        pulls.dedup_by_key(|pull| pull.number);
        Ok(pulls)
    }
}
