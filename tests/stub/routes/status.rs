//! Commit statuses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{forbidden, invalid, links, missing, page, page_of};
use crate::stub::world::{Status, World};
use crate::stub::{Recorded, Reply};

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    let sent = request.body.as_ref();
    Some(match (request.method.as_str(), parts) {
        ("GET", ["commits", id, "status"]) => combined_status(world, id, request),
        ("GET", ["commits", id, "statuses"]) => statuses(world, id, request),
        ("POST", ["statuses", commit]) => create_status(world, commit, sent),
        _ => return None,
    })
}

/// `GET commits/ID/status`: the latest of each context.
fn combined_status(world: &World, commit: &str, request: &Recorded) -> Reply {
    if !world.commits.contains_key(commit) {
        return missing();
    }
    let mut latest: BTreeMap<&str, &Status> = BTreeMap::new();
    for status in world.statuses.iter().filter(|status| status.commit == commit) {
        latest.insert(&status.context, status);
    }
    let all: Vec<Value> = latest.values().map(|status| as_sent(status)).collect();
    let (number, size) = page_of(request);
    let found: Vec<&Value> = all.iter().skip((number - 1) * size).take(size).collect();
    let body = json!({ "state": "pending", "sha": commit, "total_count": all.len(), "statuses": found });
    let reply = Reply::json(200, &body);
    links(world, request, all.len(), reply)
}

/// `GET commits/ID/statuses`: all of them, the newest first.
fn statuses(world: &World, commit: &str, request: &Recorded) -> Reply {
    if !world.commits.contains_key(commit) {
        return missing();
    }
    let of_commit = world.statuses.iter().rev().filter(|status| status.commit == commit);
    page(world, request, &of_commit.map(with_creator).collect::<Vec<_>>())
}

/// A status as GitHub sends it.
fn as_sent(status: &Status) -> Value {
    json!({
        "context": status.context,
        "state": status.state,
        "description": status.description,
        "target_url": status.target,
        "created_at": status.created,
    })
}

/// A status where it is sent with who posted it, which the combined one is not.
fn with_creator(status: &Status) -> Value {
    let mut sent = as_sent(status);
    sent["creator"] = json!({ "login": status.creator });
    sent
}

/// `POST statuses/ID`.
fn create_status(world: &mut World, commit: &str, sent: Option<&Value>) -> Reply {
    if !world.may_post_statuses {
        return forbidden();
    }
    if !world.commits.contains_key(commit) {
        return invalid(&format!("No commit found for SHA: {commit}"));
    }
    let text = |name: &str| sent.and_then(|body| body.get(name)).and_then(Value::as_str).map(str::to_owned);
    let status = Status {
        commit: commit.to_owned(),
        context: text("context").unwrap_or_else(|| "default".to_owned()),
        state: text("state").unwrap_or_default(),
        description: text("description"),
        target: text("target_url"),
        created: world.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        creator: world.actor.clone(),
    };
    let same = world.statuses.iter().filter(|old| old.commit == commit && old.context == status.context);
    if same.count() >= 1_000 {
        return invalid("This SHA and context has reached the maximum number of statuses.");
    }
    if !["error", "failure", "pending", "success"].contains(&status.state.as_str()) {
        return invalid("state is not included in the list");
    }
    let description = status.description.clone().unwrap_or_default();
    if description.chars().count() > 140 || description.chars().any(|character| character > '\u{FFFF}') {
        return invalid(
            "description is too long (maximum is 140 characters) or contains characters above 0xffff",
        );
    }
    let body = with_creator(&status);
    world.statuses.push(status);
    Reply::json(201, &body)
}
