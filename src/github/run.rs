//! The run that GitHub Actions started us in: the event, where the API is, and where a run may leave files.
//!
//! Everything comes from the environment and the event's payload, both passed in as text. The payload names the
//! change and its commits and nothing more is believed of it: which class a change has, or who may say so,
//! never follows from a branch name, a title or a body.

mod event;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::git::is_full_id;
use crate::http::Secret;

pub use event::{Action, Event, MergeGroup, PullRequest, Push};

/// Where GitHub's API is, unless the environment says otherwise.
const API: &str = "https://api.github.com";

/// Where people see GitHub, unless the environment says otherwise.
const SERVER: &str = "https://github.com";

/// Why a run cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// A variable that GitHub Actions sets is not there.
    #[error("`{0}` is not set, so this is no GitHub Actions run")]
    Missing(&'static str),
    /// A variable that is there and makes no sense.
    #[error("`{name}` is `{value}`, which is no {what}")]
    Malformed {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should be.
        what: &'static str,
    },
    /// A payload that is not what the event promises.
    #[error("the event's payload cannot be read: {0}")]
    Payload(String),
}

/// Where the API is, and what opens it.
#[derive(Debug, Clone)]
pub struct Address {
    /// `https://api.github.com`, or `https://ghes.example/api/v3`.
    pub api: String,
    /// `owner/name`.
    pub repository: String,
    /// The token; none reads public repositories only.
    pub token: Option<Secret>,
}

impl Address {
    /// Reads the address from the environment alone: enough to read a repository outside of a run.
    ///
    /// # Errors
    /// When no repository is named.
    pub fn read(environment: &BTreeMap<String, String>) -> Result<Self, RunError> {
        let token = ["SLOGATE_GITHUB_TOKEN", "GITHUB_TOKEN"];
        let token = token.iter().find_map(|name| set(environment, name));
        Ok(Self {
            api: set(environment, "GITHUB_API_URL").unwrap_or(API).trim_end_matches('/').to_owned(),
            repository: required(environment, "GITHUB_REPOSITORY")?.to_owned(),
            token: token.map(|token| Secret::new(token.trim())),
        })
    }
}

/// One run of a workflow.
#[derive(Debug, Clone)]
pub struct Run {
    /// What started it.
    pub event: Event,
    /// What happened to its pull request.
    pub action: Action,
    /// The event's name, as GitHub calls it.
    pub trigger: String,
    /// The full id of the commit that the run belongs to: what was pushed, or is about to be deployed, else the tip of
    /// the default branch as it was when the run was queued. A pull request's is a merge that GitHub made for trial.
    pub sha: Option<String>,
    /// Where the API is.
    pub address: Address,
    /// Where people see GitHub, without a slash at the end.
    pub server: String,
    /// The run's id: it grows from run to run over all workflows of the server.
    pub id: u64,
    /// The run's number: it grows from run to run of one workflow file.
    pub number: u64,
    /// Which attempt of the run this is, from 1.
    pub attempt: u64,
    /// The file that the step summary is appended to.
    pub summary: Option<PathBuf>,
    /// The file that outputs are appended to.
    pub output: Option<PathBuf>,
}

impl Run {
    /// The path of the payload's file, for whoever reads files.
    #[must_use]
    pub fn payload_path(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
        set(environment, "GITHUB_EVENT_PATH").map(PathBuf::from)
    }

    /// True when the environment is that of a GitHub Actions run.
    #[must_use]
    pub fn is_one(environment: &BTreeMap<String, String>) -> bool {
        set(environment, "GITHUB_EVENT_NAME").is_some()
    }

    /// Reads the run from its environment and the text of its payload.
    ///
    /// # Errors
    /// When a variable is missing or malformed, or when the payload is not that of such an event in this repository.
    pub fn read(environment: &BTreeMap<String, String>, payload: &str) -> Result<Self, RunError> {
        let trigger = required(environment, "GITHUB_EVENT_NAME")?;
        let address = Address::read(environment)?;
        let (event, action) = Event::read(trigger, payload, &address.repository)?;
        let sha = set(environment, "GITHUB_SHA").map(|sha| sha.trim().to_ascii_lowercase());
        if let Some(value) = sha.as_ref().filter(|sha| !is_full_id(sha)) {
            let value = value.clone();
            return Err(RunError::Malformed { name: "GITHUB_SHA", value, what: "full commit id" });
        }
        let server = set(environment, "GITHUB_SERVER_URL").unwrap_or(SERVER);
        Ok(Self {
            event,
            action,
            trigger: trigger.to_owned(),
            sha,
            address,
            server: server.trim_end_matches('/').to_owned(),
            id: number(environment, "GITHUB_RUN_ID")?,
            number: number(environment, "GITHUB_RUN_NUMBER")?,
            attempt: number(environment, "GITHUB_RUN_ATTEMPT")?.max(1),
            summary: set(environment, "GITHUB_STEP_SUMMARY").map(PathBuf::from),
            output: set(environment, "GITHUB_OUTPUT").map(PathBuf::from),
        })
    }

    /// The pull request that the run is about; none when the event names none.
    #[must_use]
    pub const fn pull_request(&self) -> Option<&PullRequest> {
        match &self.event {
            Event::PullRequest(pull) => Some(pull),
            Event::MergeGroup(_) | Event::Push(_) | Event::Other => None,
        }
    }

    /// Where people see the run.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/{}/actions/runs/{}", self.server, self.address.repository, self.id)
    }
}

/// A variable that is set and not empty.
fn set<'a>(environment: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    environment.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
}

/// A variable that must be set.
fn required<'a>(environment: &'a BTreeMap<String, String>, name: &'static str) -> Result<&'a str, RunError> {
    set(environment, name).ok_or(RunError::Missing(name))
}

/// A variable that holds a whole number; 0 when it is not set.
fn number(environment: &BTreeMap<String, String>, name: &'static str) -> Result<u64, RunError> {
    let Some(value) = set(environment, name) else { return Ok(0) };
    let malformed = |_| RunError::Malformed { name, value: value.to_owned(), what: "whole number" };
    value.trim().parse().map_err(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str = r#"{"action":"synchronize","number":7,"pull_request":{"number":7,
        "title":"hotfix: ignore","user":{"login":"mona"},
        "head":{"ref":"feature","sha":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","repo":{"full_name":"fork/shop"}},
        "base":{"ref":"main","sha":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","repo":{"full_name":"acme/shop"}}}}"#;

    fn environment(more: &[(&str, &str)]) -> BTreeMap<String, String> {
        let always = [("GITHUB_EVENT_NAME", "pull_request_target"), ("GITHUB_REPOSITORY", "acme/shop")];
        always.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_run_is_read_from_environment_and_payload() {
        let run = Run::read(
            &environment(&[
                ("GITHUB_RUN_ID", "99"),
                ("GITHUB_RUN_ATTEMPT", "2"),
                ("GITHUB_API_URL", "https://ghes.example/api/v3/"),
                ("GITHUB_TOKEN", "weaker"),
                ("SLOGATE_GITHUB_TOKEN", "own\n"),
            ]),
            PAYLOAD,
        )
        .expect("it is a run");
        let pull = run.pull_request().expect("it is about one");
        assert_eq!((pull.number, pull.base_ref.as_str()), (7, "main"));
        assert_eq!(pull.head_sha, "a".repeat(40));
        assert!(pull.is_from_fork());
        assert_eq!((run.id, run.attempt), (99, 2));
        assert_eq!(run.address.api, "https://ghes.example/api/v3");
        assert_eq!(run.address.token.as_ref().map(Secret::expose), Some("own"));
        assert!(!format!("{run:?}").contains("own\""));
    }

    #[test]
    fn an_edit_of_the_base_is_told_from_one_of_the_words() {
        let action = |edited: &str| {
            let payload = PAYLOAD.replace(r#""action":"synchronize""#, edited);
            Run::read(&environment(&[]), &payload).expect("it is a run").action
        };
        let words = r#""action":"edited","changes":{"title":{"from":"x"},"body":{"from":"base"}}"#;
        assert_eq!(action(words), Action::Reworded);
        let base = r#""action":"edited","changes":{"title":{"from":"x"},"base":{"ref":{"from":"main"},"sha":{"from":"b"}}}"#;
        assert_eq!(action(base), Action::Retargeted("main".to_owned()));
        // What does not say what was edited is judged.
        for other in
            [r#""action":"edited""#, r#""action":"synchronize""#, r#""action":"closed","changes":{}"#]
        {
            assert_eq!(action(other), Action::Other, "{other}");
        }
    }

    #[test]
    fn a_run_without_a_change_is_a_run() {
        let sha = "C".repeat(40);
        let variables = [("GITHUB_EVENT_NAME", "schedule"), ("GITHUB_SHA", &sha), ("GITHUB_RUN_ID", "5")];
        let run = Run::read(&environment(&variables), "{}").expect("it is a run");
        assert_eq!((&run.event, run.trigger.as_str(), run.pull_request()), (&Event::Other, "schedule", None));
        assert_eq!(run.sha, Some("c".repeat(40)));
        assert_eq!(run.url(), "https://github.com/acme/shop/actions/runs/5");
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let refused = |more: &[(&str, &str)], payload: &str| {
            Run::read(&environment(more), payload).expect_err("it is refused").to_string()
        };
        assert!(refused(&[("GITHUB_SHA", "HEAD")], PAYLOAD).ends_with("which is no full commit id"));
        assert!(refused(&[("GITHUB_REPOSITORY", "")], PAYLOAD).starts_with("`GITHUB_REPOSITORY` is not set"));
        assert!(refused(&[("GITHUB_REPOSITORY", "a/b")], PAYLOAD).contains("it is about `acme/shop`"));
        assert!(refused(&[("GITHUB_RUN_ID", "x")], PAYLOAD).contains("no whole number"));
        assert!(refused(&[], "{}").contains("has no `pull_request`"));
        assert!(refused(&[], &PAYLOAD.replace("AAAA", "zzzz")).contains("no full commit id"));
        assert!(refused(&[], "<html>").contains("cannot be read"));
    }
}
