//! Issues: listed, opened, changed.

use serde_json::{Value, json};

use super::{failure, forbidden, invalid, missing, page};
use crate::stub::world::{Issue, World};
use crate::stub::{Recorded, Reply};

/// The present.
const NOW: &str = "2026-11-21T12:00:00Z";

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    let sent = request.body.as_ref();
    Some(match (request.method.as_str(), parts) {
        ("GET", ["issues"]) => list(world, request),
        ("POST", ["issues"]) => open(world, sent),
        ("GET", ["issues", number]) => found(world, number),
        ("PATCH", ["issues", number]) => update(world, number, sent),
        _ => return None,
    })
}

/// An issue.
fn issue(repository: &str, issue: &Issue) -> Value {
    let labels: Vec<Value> = issue.labels.iter().map(|label| json!({ "name": label })).collect();
    json!({
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "html_url": format!("https://github.com/{repository}/issues/{}", issue.number),
        "user": { "login": issue.author },
        "labels": labels,
        "state": if issue.is_open { "open" } else { "closed" },
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "closed_at": issue.closed_at,
    })
}

/// `GET issues`: pull requests are issues, too.
fn list(world: &World, request: &Recorded) -> Reply {
    let asked = |name: &str| request.query.iter().find(|(found, _)| found == name).map(|(_, value)| value);
    let labels: Vec<&str> = asked("labels").map(|labels| labels.split(',').collect()).unwrap_or_default();
    let mut found: Vec<&Issue> = world
        .issues
        .iter()
        .filter(|issue| labels.iter().all(|label| issue.labels.iter().any(|one| one == label)))
        .filter(|issue| asked("since").is_none_or(|since| issue.updated_at >= *since))
        .filter(|issue| match asked("state").map(String::as_str) {
            Some("all") => true,
            Some("closed") => !issue.is_open,
            _ => issue.is_open,
        })
        .filter(|issue| asked("creator").is_none_or(|creator| issue.author == *creator))
        .collect();
    found.sort_by_key(|issue| issue.number);
    if asked("direction").is_none_or(|direction| direction != "asc") {
        found.reverse();
    }
    let mut all: Vec<Value> = found.into_iter().map(|one| issue(&world.repository, one)).collect();
    if labels.is_empty() {
        all.extend(world.pulls.keys().map(|number| {
            json!({
                "number": number, "title": "a pull request", "body": null, "html_url": "", "state": "open",
                "user": { "login": "mona" }, "labels": [], "created_at": NOW, "updated_at": NOW,
                "closed_at": null, "pull_request": { "url": "" },
            })
        }));
    }
    page(world, request, &all)
}

/// `GET issues/NUMBER`.
fn found(world: &mut World, number: &str) -> Reply {
    let Some(at) = world.issues.iter().position(|issue| issue.number.to_string() == number) else {
        return missing();
    };
    if let Some(written) = world.written_meanwhile.take() {
        world.issues[at].body.push_str(&written);
    }
    Reply::json(200, &issue(&world.repository, &world.issues[at]))
}

/// `POST issues`.
fn open(world: &mut World, sent: Option<&Value>) -> Reply {
    if world.issues_are_disabled {
        return failure(410, "Issues has been disabled in this repository.");
    }
    if !world.may_write_issues {
        return forbidden();
    }
    let text = |name: &str| sent.and_then(|body| body.get(name)).and_then(Value::as_str).unwrap_or_default();
    let (title, body) = (text("title"), text("body"));
    if title.is_empty() || title.chars().count() > 256 || body.chars().count() > 65_536 {
        return invalid("title or body is blank or too long");
    }
    let labels = sent.and_then(|body| body.get("labels")).and_then(Value::as_array);
    let labels = labels.into_iter().flatten().filter(|_| world.may_label);
    let labels: Vec<String> = labels.filter_map(Value::as_str).map(str::to_owned).collect();
    let opened = world.open_issue(&world.actor.clone(), title, body, labels);
    if std::mem::take(&mut world.racing_issue) {
        world.open_issue(&opened.author, &opened.title, &opened.body, opened.labels.clone());
    }
    Reply::json(201, &issue(&world.repository, &opened))
}

/// `PATCH issues/NUMBER`.
fn update(world: &mut World, number: &str, sent: Option<&Value>) -> Reply {
    if !world.may_write_issues {
        return forbidden();
    }
    let repository = world.repository.clone();
    let Some(found) = world.issues.iter_mut().find(|issue| issue.number.to_string() == number) else {
        return missing();
    };
    let text = |name: &str| sent.and_then(|body| body.get(name)).and_then(Value::as_str);
    if let Some(body) = text("body") {
        body.clone_into(&mut found.body);
    }
    match text("state") {
        Some("closed") => {
            found.is_open = false;
            found.closed_at = Some(NOW.to_owned());
        }
        Some("open") => {
            found.is_open = true;
            found.closed_at = None;
        }
        Some(_) => return invalid("state is not included in the list"),
        None => {}
    }
    NOW.clone_into(&mut found.updated_at);
    Reply::json(200, &issue(&repository, found))
}

impl World {
    /// Opens an issue at the present.
    fn open_issue(&mut self, author: &str, title: &str, body: &str, labels: Vec<String>) -> Issue {
        let issues = self.issues.iter().map(|issue| issue.number);
        let number = issues.chain(self.pulls.keys().copied()).max().unwrap_or_default() + 1;
        let opened = Issue {
            number,
            author: author.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
            labels,
            is_open: true,
            created_at: NOW.to_owned(),
            updated_at: NOW.to_owned(),
            closed_at: None,
        };
        self.issues.push(opened.clone());
        opened
    }
}
