//! The merge queue of a branch: which commits it made of which pull request.
//!
//! Only GraphQL knows it. GitHub shows it to people and to apps that may read merge queues, and not to the token of a
//! workflow's run, whose `permissions` have no such right. GraphQL tells of errors with status 200: an answer with any
//! is none, whatever it holds besides.

use serde::Deserialize;
use serde_json::json;

use super::call::{Call, GRAPHQL, GitHubError, Verb};
use super::{GitHub, full_id};

/// What is asked. Labels and authors are asked of each pull request, as everywhere else.
const QUERY: &str = "query($owner: String!, $name: String!, $branch: String!) { \
    repository(owner: $owner, name: $name) { mergeQueue(branch: $branch) { \
    entries(first: 100) { pageInfo { hasNextPage } nodes { \
    baseCommit { oid } headCommit { oid } pullRequest { number headRefOid } } } } } }";

/// The kind of an error that says what the token may not see.
const FORBIDDEN: &str = "FORBIDDEN";

/// A pull request in a merge queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The full id of the commit that its own commits follow; none before the queue has made them.
    pub base: Option<String>,
    /// The full id of the last commit that the queue made of it; none before it has.
    pub head: Option<String>,
    /// The number of the pull request.
    pub pull: u64,
    /// The full id of the pull request's own head.
    pub pull_head: String,
}

/// The merge queue of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its entries, those that are merged next first.
    pub entries: Vec<Queued>,
    /// False when there are more of them.
    pub is_whole: bool,
}

/// An answer of GraphQL.
#[derive(Deserialize)]
struct WireAnswer {
    /// What was asked for; none, or a part of it, where there are errors.
    data: Option<WireData>,
    /// What went wrong.
    errors: Option<Vec<WireError>>,
}

/// An error of GraphQL.
#[derive(Deserialize)]
struct WireError {
    /// What it says.
    message: String,
    /// Its kind.
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// What was asked for.
#[derive(Deserialize)]
struct WireData {
    /// The repository; null where the token may not see it.
    repository: Option<WireRepository>,
}

/// The repository.
#[derive(Deserialize)]
struct WireRepository {
    /// The merge queue of the branch; null where it has none.
    #[serde(rename = "mergeQueue")]
    queue: Option<WireQueue>,
}

/// A merge queue.
#[derive(Deserialize)]
struct WireQueue {
    /// Its entries.
    entries: WireEntries,
}

/// One page of entries.
#[derive(Deserialize)]
struct WireEntries {
    /// Whether there are more.
    #[serde(rename = "pageInfo")]
    page: WirePage,
    /// The entries; null where one may not be seen.
    nodes: Vec<Option<WireEntry>>,
}

/// Where a page stands.
#[derive(Deserialize)]
struct WirePage {
    /// There is another one.
    #[serde(rename = "hasNextPage")]
    goes_on: bool,
}

/// An entry.
#[derive(Deserialize)]
struct WireEntry {
    /// The commit that its own follow.
    #[serde(rename = "baseCommit")]
    base: Option<WireCommit>,
    /// The last of its commits.
    #[serde(rename = "headCommit")]
    head: Option<WireCommit>,
    /// Its pull request; null where it may not be seen.
    #[serde(rename = "pullRequest")]
    pull: Option<WirePull>,
}

/// A commit.
#[derive(Deserialize)]
struct WireCommit {
    /// Its id.
    oid: String,
}

/// A pull request.
#[derive(Deserialize)]
struct WirePull {
    /// Its number.
    number: u64,
    /// Its head.
    #[serde(rename = "headRefOid")]
    head: String,
}

impl GitHub {
    /// The merge queue of a branch, its first 100 entries; none where the branch has none, or the token may not see the
    /// repository.
    ///
    /// # Errors
    /// When the token may not see the queue, when the server knows of no queues, or when GitHub does not answer.
    pub fn queue(&self, branch: &str) -> Result<Option<Queue>, GitHubError> {
        let what = format!("read the merge queue of `{branch}`");
        let (owner, name) = self.place();
        let variables = json!({ "owner": owner, "name": name, "branch": branch });
        let question = json!({ "query": QUERY, "variables": variables });
        let call = Call::get(GRAPHQL, &what).sending(Verb::Ask, &question);
        read(self.line.send(call)?.json(&what)?, &what)
    }
}

/// The queue that an answer holds; none where it says that there is none.
fn read(answer: WireAnswer, what: &str) -> Result<Option<Queue>, GitHubError> {
    if let Some(error) = answer.errors.into_iter().flatten().next() {
        return Err(failed(what, &error));
    }
    let nothing = || GitHubError::Unreachable {
        what: what.to_owned(),
        why: "it answered with neither data nor errors".to_owned(),
    };
    let Some(queue) = answer.data.ok_or_else(nothing)?.repository.and_then(|found| found.queue) else {
        return Ok(None);
    };
    let entries = queue.entries.nodes.into_iter().flatten();
    let entries = entries.filter_map(|entry| queued(entry, what).transpose());
    let entries = entries.collect::<Result<Vec<Queued>, GitHubError>>()?;
    Ok(Some(Queue { entries, is_whole: !queue.entries.page.goes_on }))
}

/// An entry in our words; none of one whose pull request may not be seen.
fn queued(entry: WireEntry, what: &str) -> Result<Option<Queued>, GitHubError> {
    let Some(pull) = entry.pull else { return Ok(None) };
    let id = |commit: Option<WireCommit>| commit.map(|commit| full_id(commit.oid, what)).transpose();
    let pull_head = full_id(pull.head, what)?;
    Ok(Some(Queued { base: id(entry.base)?, head: id(entry.head)?, pull: pull.number, pull_head }))
}

/// What an error of GraphQL means.
fn failed(what: &str, error: &WireError) -> GitHubError {
    let what = what.to_owned();
    if error.kind.as_deref() == Some(FORBIDDEN) || error.message.contains("not accessible by") {
        return GitHubError::NotAllowed(what);
    }
    let message = error.message.chars().filter(|character| !character.is_control()).take(200).collect();
    GitHubError::Rejected { what, status: 200, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answer: &str) -> Result<Option<Queue>, GitHubError> {
        read(serde_json::from_str(answer).expect("an answer"), "ask")
    }

    fn of(entries: &str) -> String {
        format!(
            r#"{{"data":{{"repository":{{"mergeQueue":{{"entries":{{"pageInfo":{{"hasNextPage":false}},"nodes":[{entries}]}}}}}}}}"#
        ) + "}"
    }

    fn entry(base: &str, number: &str) -> String {
        let id = "a".repeat(40);
        format!(
            r#"{{"baseCommit":{base},"headCommit":{{"oid":"{id}"}},"pullRequest":{{"number":{number},"headRefOid":"{id}"}}}}"#
        )
    }

    #[test]
    fn a_queue_is_what_may_be_seen_of_it() {
        let hidden = r#"{"baseCommit":null,"headCommit":null,"pullRequest":null}"#;
        let queue =
            asked(&of(&format!("null,{hidden},{}", entry("null", "7")))).expect("data").expect("a queue");
        let head = "a".repeat(40);
        let expected = Queued { base: None, head: Some(head.clone()), pull: 7, pull_head: head };
        assert_eq!(queue, Queue { entries: vec![expected], is_whole: true });
        assert_eq!(asked(r#"{"data":{"repository":{"mergeQueue":null}}}"#), Ok(None));
        assert_eq!(asked(r#"{"data":{"repository":null}}"#), Ok(None));
    }

    #[test]
    fn data_beside_an_error_is_no_answer() {
        let beside =
            |errors: &str| of(&entry("null", "7")).replacen('{', &format!(r#"{{"errors":{errors},"#), 1);
        assert!(asked(&beside("[]")).is_ok());
        let not_allowed = Err(GitHubError::NotAllowed("ask".to_owned()));
        assert_eq!(asked(&beside(r#"[{"type":"FORBIDDEN","message":"no"}]"#)), not_allowed);
        assert_eq!(asked(&beside(r#"[{"message":"Resource not accessible by integration"}]"#)), not_allowed);
        let unknown = asked(&beside(r#"[{"message":"Field 'mergeQueue' doesn't exist\n on type"}]"#));
        let message = "Field 'mergeQueue' doesn't exist on type".to_owned();
        assert_eq!(unknown, Err(GitHubError::Rejected { what: "ask".to_owned(), status: 200, message }));
        assert!(
            asked(r#"{"data":null}"#)
                .is_err_and(|error| error.to_string().contains("neither data nor errors"))
        );
        assert!(asked(&of(&entry(r#"{"oid":"main"}"#, "7"))).is_err(), "a name is no commit");
    }
}
