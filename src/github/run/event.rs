//! The event that started a run: what its payload names, and nothing that its author could write.
//!
//! A payload is the state of things when the event happened, which may be long ago: it says which pull request, which
//! merge group or which commits a run is about, and where they stand now is asked of GitHub. An event that names no
//! change (`schedule`, `workflow_dispatch`, `deployment` and all others) is no error: what is judged then follows from
//! the verb.

use serde::Deserialize;

use super::RunError;
use crate::git::is_full_id;
use crate::github::Origin;

/// How the name of a branch begins where GitHub writes it in full.
const BRANCH: &str = "refs/heads/";

/// The event that started the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `pull_request` or `pull_request_target`.
    PullRequest(PullRequest),
    /// `merge_group`.
    MergeGroup(MergeGroup),
    /// `push`.
    Push(Push),
    /// Any other event, which names no change.
    Other,
}

/// What happened to the pull request of an event, as far as that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It was to go into another branch, which is named, and goes into this one now.
    Retargeted(String),
    /// Its title or its text was edited, and nothing else.
    Reworded,
    /// Anything else.
    Other,
}

/// A pull request as the event's payload names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// The full id of its head commit.
    pub head_sha: String,
    /// The head branch: for showing, never for deciding.
    pub head_ref: String,
    /// The repository of the head branch; none when it was deleted.
    pub head_repository: Option<String>,
    /// The head branch where the API said which it is: a payload's repository may have another name by now.
    pub origin: Option<Origin>,
    /// The branch that it would be merged into.
    pub base_ref: String,
    /// The repository of the base branch, as `owner/name`.
    pub base_repository: String,
    /// Who opened it; none when the account is gone.
    pub author: Option<String>,
    /// The names of its labels, where the API listed them; a payload's are not believed, because a run may be repeated
    /// long after they were written.
    pub labels: Option<Vec<String>>,
}

impl PullRequest {
    /// True when the head lives in another repository, so that a plain token has no right to write.
    #[must_use]
    pub fn is_from_fork(&self) -> bool {
        self.head_repository.as_deref() != Some(self.base_repository.as_str())
    }
}

/// A group of pull requests that a merge queue is about to merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeGroup {
    /// The full id of the commit that the queue made of them.
    pub head_sha: String,
    /// The full id of the commit that it was made upon.
    pub base_sha: String,
    /// The branch that they are merged into, without `refs/heads/`.
    pub base_ref: String,
}

/// Commits that were pushed to a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The branch, without `refs/heads/`; none when a tag was pushed.
    pub branch: Option<String>,
    /// The full id of the branch's tip before; none when it is new.
    pub before: Option<String>,
    /// The full id of the branch's tip after; none when it was deleted.
    pub after: Option<String>,
}

impl Event {
    /// Reads the event of a name from the text of its payload, in a run of a repository (`owner/name`).
    ///
    /// # Errors
    /// When the payload is not that of such an event in this repository.
    pub(super) fn read(name: &str, payload: &str, repository: &str) -> Result<(Self, Action), RunError> {
        let payload: Payload = serde_json::from_str(payload).map_err(|error| wrong(&error.to_string()))?;
        let about = payload.repository.as_ref().map(|repository| repository.full_name.as_str());
        let event = match name {
            "pull_request" | "pull_request_target" => {
                let pull = pull_request(payload.pull_request)?;
                same(&pull.base_repository, repository)?;
                return Ok((Self::PullRequest(pull), action(payload.action.as_deref(), payload.changes)));
            }
            "merge_group" => Self::MergeGroup(merge_group(payload.merge_group)?),
            "push" => Self::Push(push(&payload)?),
            _ => {
                about.map_or(Ok(()), |about| same(about, repository))?;
                return Ok((Self::Other, Action::Other));
            }
        };
        same(about.ok_or_else(|| wrong("it has no `repository`"))?, repository)?;
        Ok((event, Action::Other))
    }
}

/// The payload's part that is believed.
#[derive(Deserialize)]
struct Payload {
    /// The repository.
    repository: Option<PayloadRepository>,
    /// What happened.
    action: Option<String>,
    /// What was edited.
    changes: Option<PayloadChanges>,
    /// The pull request.
    pull_request: Option<PayloadPull>,
    /// The merge group.
    merge_group: Option<PayloadGroup>,
    /// The branch or tag that was pushed, in full.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// Its tip before a push.
    before: Option<String>,
    /// Its tip after a push.
    after: Option<String>,
}

/// What was edited, as a payload says; title and text are not read.
#[derive(Deserialize)]
struct PayloadChanges {
    /// The base, where it was another.
    base: Option<PayloadBase>,
}

/// The base before an edit.
#[derive(Deserialize)]
struct PayloadBase {
    /// The branch.
    #[serde(rename = "ref")]
    name: PayloadFrom,
}

/// What something was before an edit.
#[derive(Deserialize)]
struct PayloadFrom {
    /// What it was.
    from: String,
}

/// A pull request in a payload.
#[derive(Deserialize)]
struct PayloadPull {
    /// Its number.
    number: u64,
    /// Its head.
    head: PayloadSide,
    /// Its base.
    base: PayloadSide,
    /// Who opened it.
    user: Option<PayloadUser>,
}

/// One side of a pull request in a payload.
#[derive(Deserialize)]
struct PayloadSide {
    /// The branch.
    #[serde(rename = "ref")]
    name: String,
    /// The commit.
    sha: String,
    /// The repository.
    repo: Option<PayloadRepository>,
}

/// A repository in a payload.
#[derive(Deserialize)]
struct PayloadRepository {
    /// `owner/name`.
    full_name: String,
}

/// A user in a payload.
#[derive(Deserialize)]
struct PayloadUser {
    /// The name.
    login: String,
}

/// A merge group in a payload.
#[derive(Deserialize)]
struct PayloadGroup {
    /// The commit that the queue made.
    head_sha: String,
    /// The commit that it was made upon.
    base_sha: String,
    /// The branch that it is merged into, in full.
    base_ref: String,
}

/// A payload that is not what the event promises.
fn wrong(why: &str) -> RunError {
    RunError::Payload(why.to_owned())
}

/// Refuses a payload about another repository.
fn same(about: &str, repository: &str) -> Result<(), RunError> {
    if about.eq_ignore_ascii_case(repository) {
        return Ok(());
    }
    Err(wrong(&format!("it is about `{about}`, and this run is of `{repository}`")))
}

/// A full commit id of a payload, in lower case.
fn id(sha: &str, name: &str) -> Result<String, RunError> {
    if is_full_id(sha) {
        return Ok(sha.to_ascii_lowercase());
    }
    Err(wrong(&format!("`{name}` is no full commit id")))
}

/// What happened to a pull request.
fn action(name: Option<&str>, changes: Option<PayloadChanges>) -> Action {
    match (name, changes) {
        (Some("edited"), Some(PayloadChanges { base: Some(base) })) => Action::Retargeted(base.name.from),
        (Some("edited"), Some(PayloadChanges { base: None })) => Action::Reworded,
        _ => Action::Other,
    }
}

/// Reads the pull request of a payload.
fn pull_request(pull: Option<PayloadPull>) -> Result<PullRequest, RunError> {
    let pull = pull.ok_or_else(|| wrong("it has no `pull_request`"))?;
    let head_sha = id(&pull.head.sha, "pull_request.head.sha")?;
    let base = pull.base.repo.ok_or_else(|| wrong("`pull_request.base` has no repository"))?;
    Ok(PullRequest {
        number: pull.number,
        head_sha,
        head_ref: pull.head.name,
        head_repository: pull.head.repo.map(|repository| repository.full_name),
        origin: None,
        base_ref: pull.base.name,
        base_repository: base.full_name,
        author: pull.user.map(|user| user.login),
        labels: None,
    })
}

/// Reads the merge group of a payload.
fn merge_group(group: Option<PayloadGroup>) -> Result<MergeGroup, RunError> {
    let group = group.ok_or_else(|| wrong("it has no `merge_group`"))?;
    let base_ref = group.base_ref.strip_prefix(BRANCH).filter(|branch| !branch.is_empty());
    Ok(MergeGroup {
        head_sha: id(&group.head_sha, "merge_group.head_sha")?,
        base_sha: id(&group.base_sha, "merge_group.base_sha")?,
        base_ref: base_ref.ok_or_else(|| wrong("`merge_group.base_ref` is no branch"))?.to_owned(),
    })
}

/// Reads what was pushed.
fn push(payload: &Payload) -> Result<Push, RunError> {
    let reference = payload.reference.as_deref().ok_or_else(|| wrong("it has no `ref`"))?;
    let tip = |sha: &Option<String>, name: &str| {
        let sha = sha.as_deref().ok_or_else(|| wrong(&format!("it has no `{name}`")))?;
        // What is not there has an id of zeros.
        let id = id(sha, name)?;
        Ok(Some(id).filter(|id| id.bytes().any(|digit| digit != b'0')))
    };
    Ok(Push {
        branch: reference.strip_prefix(BRANCH).map(ToOwned::to_owned),
        before: tip(&payload.before, "before")?,
        after: tip(&payload.after, "after")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, payload: &str) -> Result<Event, String> {
        Event::read(name, payload, "acme/shop").map(|(event, _)| event).map_err(|error| error.to_string())
    }

    fn group(base_ref: &str, repository: &str) -> String {
        let (head, base) = ("C".repeat(40), "b".repeat(40));
        format!(
            r#"{{"action":"checks_requested","merge_group":{{"head_sha":"{head}","base_sha":"{base}",
            "head_ref":"refs/heads/gh-readonly-queue/main/pr-7-x","base_ref":"{base_ref}"}},
            "repository":{{"full_name":"{repository}"}}}}"#
        )
    }

    fn pushed(reference: &str, before: &str, after: &str) -> String {
        format!(
            r#"{{"ref":"{reference}","before":"{before}","after":"{after}","repository":{{"full_name":"acme/shop"}}}}"#
        )
    }

    #[test]
    fn a_merge_group_names_its_ends_and_its_branch() {
        let Ok(Event::MergeGroup(found)) = read("merge_group", &group("refs/heads/release/1.x", "Acme/Shop"))
        else {
            panic!("it is a merge group")
        };
        assert_eq!((found.head_sha, found.base_sha), ("c".repeat(40), "b".repeat(40)));
        assert_eq!(found.base_ref, "release/1.x");
        let refused = |payload: &str| read("merge_group", payload).expect_err("it is refused");
        assert!(refused(&group("main", "acme/shop")).ends_with("`merge_group.base_ref` is no branch"));
        assert!(refused(&group("refs/heads/main", "mallory/shop")).contains("it is about `mallory/shop`"));
        assert!(
            refused(&group("refs/heads/main", "acme/shop").replace("CCCC", "--up"))
                .contains("no full commit id")
        );
        assert!(refused("{}").contains("has no `merge_group`"));
        let homeless = group("refs/heads/main", "acme/shop").replace("repository", "elsewhere");
        assert!(refused(&homeless).contains("has no `repository`"));
    }

    #[test]
    fn a_push_says_what_was_there_before() {
        let (old, new, none) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let push = |reference: &str, before: &str, after: &str| {
            let Ok(Event::Push(push)) = read("push", &pushed(reference, before, after)) else {
                panic!("it is a push")
            };
            push
        };
        let usual = push("refs/heads/main", &old, &new);
        assert_eq!(
            (usual.branch.as_deref(), usual.before, usual.after),
            (Some("main"), Some(old.clone()), Some(new.clone()))
        );
        assert_eq!(push("refs/heads/main", &none, &new).before, None);
        assert_eq!(push("refs/heads/main", &old, &none).after, None);
        assert_eq!(push("refs/tags/v1", &none, &new).branch, None);
        let refused = |payload: &str| read("push", payload).expect_err("it is refused");
        assert!(refused(&pushed("refs/heads/main", "HEAD", &new)).contains("`before` is no full commit id"));
        assert!(refused(r#"{"repository":{"full_name":"acme/shop"}}"#).contains("has no `ref`"));
    }

    #[test]
    fn all_other_events_name_no_change() {
        for name in ["schedule", "workflow_dispatch", "deployment", "something_new"] {
            assert_eq!(read(name, "{}"), Ok(Event::Other), "{name}");
            assert!(
                read(name, r#"{"repository":{"full_name":"a/b"}}"#)
                    .is_err_and(|why| why.contains("about `a/b`"))
            );
        }
    }
}
