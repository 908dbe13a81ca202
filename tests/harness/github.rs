//! The stand-in for GitHub as a case describes it, and the run of a workflow around it.
//!
//! The repository's commits are read from the checkout, which stands for the repository on GitHub: a run on
//! `pull_request_target` has nothing of it on disk, so its commands run in an empty directory.

mod before;
mod known;
mod shipped;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::checkout::Checkout;
use crate::request::{Request, Stub};
use crate::stub::openapi;
use crate::stub::{Recorded, Stub as Server};
use before::world;
use known::Known;

/// The repository's name on GitHub.
const REPOSITORY: &str = "acme/shop";

/// The pull request's number.
const NUMBER: u64 = 7;

/// The address under which transcripts show the API.
const SHOWN: &str = "https://api.github.example";

/// A run of a workflow, with GitHub behind it.
pub struct Run {
    /// GitHub.
    server: Server,
    /// How many of its requests have been shown.
    shown: usize,
    /// The runner's directory: payload, outputs, summary and workspace.
    runner: TempDir,
    /// What started the run.
    event: String,
    /// The commit that the run belongs to.
    sha: String,
    /// The run's number.
    number: u64,
    /// The commits are on disk.
    checkout: Option<PathBuf>,
}

/// Starts a GitHub that knows what the table says, and the checkout's commits.
pub fn start(known: &toml::Table, checkout: &Checkout) -> Result<Run, String> {
    let known: Known = known.clone().try_into().map_err(|error| format!("[github]: {error}"))?;
    let missing = || "a case with [github] has [git], and a change or pull requests".to_owned();
    let head = checkout.head.as_ref().or(checkout.base.as_ref().filter(|_| !known.pulls.is_empty()));
    let (base, head) = checkout.base.as_ref().zip(head).ok_or_else(missing)?;
    let world = world(&known, &checkout.whole(), base, head).map_err(|error| format!("git: {error}"))?;
    let server = Server::start(world);
    let runner = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut payload = payload(&known, base, head);
    let laid = json!(known.payload).to_string().replace("$BASE", base).replace("$HEAD", head);
    lay_over(&mut payload, serde_json::from_str(&laid).map_err(|error| error.to_string())?);
    let written = fs::create_dir(runner.path().join("workspace"))
        .and_then(|()| fs::write(runner.path().join("event.json"), payload.to_string()));
    written.map_err(|error| error.to_string())?;
    let on_disk = known.checkout.then(|| checkout.path());
    let sha = match known.event.as_str() {
        "merge_group" | "push" | "deployment" => head,
        _ => base,
    };
    Ok(Run {
        server,
        shown: 0,
        runner,
        sha: sha.clone(),
        number: known.run,
        event: known.event,
        checkout: on_disk,
    })
}

impl Run {
    /// Where the run's commands run.
    pub fn directory(&self) -> PathBuf {
        self.checkout.clone().unwrap_or_else(|| self.path().join("workspace"))
    }

    /// The runner's directory.
    fn path(&self) -> PathBuf {
        self.runner.path().canonicalize().unwrap_or_else(|_| self.runner.path().to_owned())
    }
}

impl Stub for Run {
    fn environment(&self) -> Vec<(String, String)> {
        let file = |name: &str| self.path().join(name).display().to_string();
        let variables = [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_API_URL", self.server.url().to_owned()),
            ("GITHUB_SERVER_URL", "https://github.example".to_owned()),
            ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
            ("GITHUB_EVENT_NAME", self.event.clone()),
            ("GITHUB_EVENT_PATH", file("event.json")),
            ("GITHUB_SHA", self.sha.clone()),
            ("GITHUB_STEP_SUMMARY", file("summary.md")),
            ("GITHUB_OUTPUT", file("output")),
            ("GITHUB_RUN_ID", "1001".to_owned()),
            ("GITHUB_RUN_NUMBER", self.number.to_string()),
            ("GITHUB_RUN_ATTEMPT", "1".to_owned()),
            ("GITHUB_TOKEN", "ghs_s3cret".to_owned()),
            ("RUNNER_TEMP", self.path().display().to_string()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    fn requests(&mut self) -> Vec<Request> {
        let all = self.server.requests();
        let new = all.get(self.shown..).unwrap_or_default().iter().map(request).collect();
        self.shown = all.len();
        // The next command is of the next run.
        self.number += 1;
        new
    }

    fn left(&mut self) -> Vec<(String, String)> {
        let mut left = Vec::new();
        for (title, name) in [("step summary", "summary.md"), ("outputs", "output")] {
            let path = self.path().join(name);
            if let Ok(text) = fs::read_to_string(&path) {
                left.push((title.to_owned(), text));
                // What the next command leaves is its own.
                drop(fs::remove_file(&path));
            }
        }
        left
    }

    fn redactions(&self) -> Vec<(String, String)> {
        let runner = self.path().display().to_string();
        vec![(self.server.url().to_owned(), SHOWN.to_owned()), (runner, "/runner".to_owned())]
    }
}

/// A request as a transcript shows it: the fields of its body, texts as they are read.
fn request(recorded: &Recorded) -> Request {
    let mut lines = Vec::new();
    for (name, value) in recorded.body.as_ref().and_then(Value::as_object).into_iter().flatten() {
        match value.as_str().map(|text| text.lines().collect::<Vec<_>>()) {
            Some(texts) if texts.len() > 1 => {
                lines.push(format!("{name}:"));
                lines.extend(texts.into_iter().map(|line| format!("  {line}")));
            }
            Some(texts) => lines.push(format!("{name}: {}", first_of_many(&texts.concat()))),
            None => lines.push(format!("{name}: {value}")),
        }
    }
    // A transcript has no such line, so a request that GitHub does not describe fails its case.
    let problems = openapi::problems(recorded).into_iter();
    lines.extend(problems.map(|problem| format!("not in GitHub's description: {problem}")));
    let line = recorded.line();
    let target = line.split_once(' ').map_or(line.as_str(), |(_, target)| target);
    let target = match recorded.status {
        200..300 => target.to_owned(),
        status => format!("{target} -> {status}"),
    };
    Request { method: recorded.method.clone(), target, lines }
}

/// A question that asks the same about many things, as it asks about the first of them; one for files by their ids.
fn first_of_many(query: &str) -> String {
    if query.contains("... on Blob") {
        let ids = query.split("oid: \"").skip(1).filter_map(|rest| rest.get(..7));
        return format!("the files {}", ids.collect::<Vec<_>>().join(" "));
    }
    let Some((first, others)) = query.split_once(" a1: ").filter(|_| query.starts_with("query")) else {
        return query.to_owned();
    };
    let others = others.split(' ').filter(|word| word.starts_with('a') && word.ends_with(':')).count() + 1;
    format!("{first} … and {others} more")
}

/// The payload of the event.
fn payload(known: &Known, base: &str, head: &str) -> Value {
    let repository = json!({ "full_name": REPOSITORY, "default_branch": "main" });
    match known.event.as_str() {
        "merge_group" => json!({
            "action": "checks_requested",
            "merge_group": {
                "head_sha": head,
                "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-{NUMBER}-{base}"),
                "base_sha": base,
                "base_ref": "refs/heads/main",
            },
            "repository": repository,
        }),
        "push" => json!({
            "ref": "refs/heads/main",
            "before": base,
            "after": head,
            "forced": false,
            "repository": repository,
        }),
        "schedule" => json!({ "schedule": "*/15 * * * *", "repository": repository }),
        "workflow_dispatch" => json!({ "inputs": null, "ref": "refs/heads/main", "repository": repository }),
        "deployment" => json!({
            "action": "created",
            "deployment": { "id": 41, "sha": head, "ref": "main", "environment": "production" },
            "repository": repository,
        }),
        _ => json!({
            "action": "synchronize",
            "number": NUMBER,
            "pull_request": pull(known, base, head),
            "repository": repository,
        }),
    }
}

/// Lays a value over another; objects are laid over field by field.
fn lay_over(under: &mut Value, over: Value) {
    let (Value::Object(fields), Value::Object(under)) = (&over, &mut *under) else {
        *under = over;
        return;
    };
    for (name, value) in fields {
        if value == "$NONE" {
            under.remove(name);
        } else {
            lay_over(under.entry(name).or_insert(Value::Null), value.clone());
        }
    }
}

/// The pull request of a payload.
fn pull(known: &Known, base: &str, head: &str) -> Value {
    let home = if known.fork { "mallory/shop" } else { REPOSITORY };
    json!({
        "number": NUMBER,
        "title": "hotfix: not a class",
        "user": { "login": "mona" },
        "head": { "ref": "hotfix/not-a-class", "sha": head, "repo": { "full_name": home } },
        "base": { "ref": "main", "sha": base, "repo": { "full_name": REPOSITORY } },
    })
}
