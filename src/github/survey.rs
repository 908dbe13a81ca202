//! What many pull requests change, read in few calls, so that each comparison that would be made is known before.
//!
//! GraphQL lists the files of a pull request as they were when its head was pushed last, without where a moved file was
//! before. That is what a comparison with the base says as long as the base has got none of the pull request's commits
//! since: the commits that it lists are held against those of a comparison with the base as it is now. Wherever anything
//! is moved, cut, newer, missing or out of date, nothing is known, and the comparison is made.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::GitHub;
use super::query::Inquiry;
use super::run::PullRequest;
use crate::git;

/// Pull requests of one question: each has a difference and a comparison, and GitHub takes ten seconds for all.
pub const SURVEYED: usize = 20;

/// Entries of each list. Whatever has more is compared by itself.
const ENTRIES: usize = 100;

/// The paths that changed between a base and a head, by the ids of both.
pub(super) type Surveyed = BTreeMap<(String, String), Vec<String>>;

/// A pull request as GraphQL sends it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSurvey {
    /// `OPEN`.
    state: String,
    /// Its head.
    head_ref_oid: String,
    /// How many files it changes.
    changed_files: usize,
    /// The files; none where GitHub has not compared them.
    files: Option<WireList<WireFile>>,
    /// Its commits.
    commits: WireList<WireBelonging>,
    /// Its base; none when the branch is gone.
    base_ref: Option<WireBranch>,
}

/// A list as GraphQL sends it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireList<T> {
    /// How many there are.
    total_count: usize,
    /// The first of them.
    nodes: Vec<T>,
}

/// A changed file as GraphQL sends it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireFile {
    /// Its path.
    path: String,
    /// How it changed.
    change_type: Change,
}

/// How a file changed.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Change {
    /// It is new.
    Added,
    /// It is of another type.
    Changed,
    /// It is gone.
    Deleted,
    /// It has other contents.
    Modified,
    /// It was moved or copied from a path that is not said, or something that there is not yet.
    #[serde(other)]
    Elsewhere,
}

/// A commit of a pull request as GraphQL sends it.
#[derive(Deserialize)]
struct WireBelonging {
    /// The commit.
    commit: WireObject,
}

/// An object as GraphQL sends it.
#[derive(Deserialize)]
struct WireObject {
    /// Its id.
    oid: String,
}

/// A base branch as GraphQL sends it.
#[derive(Deserialize)]
struct WireBranch {
    /// Its comparison with the head; none where there is none.
    compare: Option<WireComparison>,
}

/// A comparison as GraphQL sends it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireComparison {
    /// The tip of the base.
    base_target: WireObject,
    /// The head.
    head_target: WireObject,
    /// The commits that the base lacks.
    commits: WireList<WireObject>,
}

impl<T> WireList<T> {
    /// All of it; none when it is cut.
    fn whole(&self) -> Option<&[T]> {
        (self.nodes.len() == self.total_count).then_some(self.nodes.as_slice())
    }
}

impl WireSurvey {
    /// The paths that changed between these two commits; none where that is not certain.
    fn paths(&self, base: &str, head: &str) -> Option<Vec<String>> {
        let compared = self.base_ref.as_ref()?.compare.as_ref()?;
        let is_same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let is_here = self.state == "OPEN"
            && is_same(&self.head_ref_oid, head)
            && is_same(&compared.head_target.oid, head)
            && is_same(&compared.base_target.oid, base);
        let listed: BTreeSet<&str> =
            self.commits.whole()?.iter().map(|commit| commit.commit.oid.as_str()).collect();
        let lacked: BTreeSet<&str> =
            compared.commits.whole()?.iter().map(|commit| commit.oid.as_str()).collect();
        let files = self.files.as_ref()?.whole()?;
        // GitHub lists nothing too where it has not compared yet.
        let is_certain = is_here
            && !listed.is_empty()
            && listed == lacked
            && !files.is_empty()
            && files.len() == self.changed_files
            && files.iter().all(|file| file.change_type != Change::Elsewhere);
        is_certain.then(|| files.iter().map(|file| file.path.clone()).collect())
    }
}

impl GitHub {
    /// Reads ahead what these pull requests change against the tip of their base, as far as one call says.
    pub fn survey<'a>(&self, base: &str, pulls: impl Iterator<Item = &'a PullRequest>) {
        let pulls: Vec<&PullRequest> = pulls.filter(|pull| git::is_full_id(&pull.head_sha)).collect();
        let mut inquiry = Inquiry::default();
        for pull in &pulls {
            inquiry.add(&format!(
                "pullRequest(number: {}) {{ state headRefOid changedFiles \
                 files(first: {ENTRIES}) {{ totalCount nodes {{ path changeType }} }} \
                 commits(first: {ENTRIES}) {{ totalCount nodes {{ commit {{ oid }} }} }} \
                 baseRef {{ compare(headRef: \"{}\") {{ baseTarget {{ oid }} headTarget {{ oid }} \
                 commits(first: {ENTRIES}) {{ totalCount nodes {{ oid }} }} }} }} }}",
                pull.number, pull.head_sha
            ));
        }
        let found = self.ask::<WireSurvey>("read what the pull requests change", &inquiry);
        let known = pulls.iter().zip(found).filter_map(|(pull, found)| {
            let paths = found?.paths(base, &pull.head_sha)?;
            Some(((base.to_owned(), pull.head_sha.clone()), paths))
        });
        self.surveyed.borrow_mut().extend(known);
    }

    /// Whether it is known what changed between these two commits.
    #[must_use]
    pub fn is_surveyed(&self, base: &str, head: &str) -> bool {
        self.surveyed_paths(base, head).is_some()
    }

    /// The paths that changed between these two commits, where that was read ahead.
    pub(super) fn surveyed_paths(&self, base: &str, head: &str) -> Option<Vec<String>> {
        self.surveyed.borrow().get(&(base.to_owned(), head.to_owned())).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sound() -> Value {
        json!({
            "state": "OPEN", "headRefOid": "h", "changedFiles": 1,
            "files": { "totalCount": 1, "nodes": [{ "path": "a", "changeType": "MODIFIED" }] },
            "commits": { "totalCount": 1, "nodes": [{ "commit": { "oid": "h" } }] },
            "baseRef": { "compare": {
                "baseTarget": { "oid": "b" }, "headTarget": { "oid": "h" },
                "commits": { "totalCount": 1, "nodes": [{ "oid": "h" }] },
            } },
        })
    }

    fn paths(survey: Value) -> Option<Vec<String>> {
        serde_json::from_value::<WireSurvey>(survey).ok()?.paths("b", "h")
    }

    #[test]
    fn what_is_not_certain_is_not_known() {
        assert_eq!(paths(sound()), Some(vec!["a".to_owned()]));
        let compared = "/baseRef/compare";
        for (pointer, value) in [
            ("/state", json!("CLOSED")),
            ("/headRefOid", json!("i")),
            ("/changedFiles", json!(2)),
            ("/files", json!(null)),
            ("/files/totalCount", json!(2)),
            ("/files/nodes", json!(null)),
            ("/files/nodes/0", json!(null)),
            ("/files/nodes/0/changeType", json!("RENAMED")),
            ("/files/nodes/0/changeType", json!("COPIED")),
            ("/files/nodes/0/changeType", json!("UNHEARD_OF")),
            ("/commits/totalCount", json!(101)),
            ("/commits/nodes/0/commit/oid", json!("i")),
            ("/baseRef", json!(null)),
            (compared, json!(null)),
            (&format!("{compared}/baseTarget/oid"), json!("c")),
            (&format!("{compared}/headTarget/oid"), json!("i")),
            (&format!("{compared}/commits/totalCount"), json!(101)),
            (&format!("{compared}/commits"), json!({ "totalCount": 0, "nodes": [] })),
        ] {
            let mut survey = sound();
            *survey.pointer_mut(pointer).expect("a place") = value;
            assert_eq!(paths(survey), None, "{pointer}");
        }
        let mut none = sound();
        none["changedFiles"] = json!(0);
        none["files"] = json!({ "totalCount": 0, "nodes": [] });
        assert_eq!(paths(none), None, "a list that is empty is none");
    }
}
