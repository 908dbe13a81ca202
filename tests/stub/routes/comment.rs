//! Comments on issues and pull requests.

use serde_json::{Value, json};

use super::{failure, forbidden, invalid, missing, page};
use crate::stub::world::{Comment, World};
use crate::stub::{Recorded, Reply};

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    let sent = request.body.as_ref();
    Some(match (request.method.as_str(), parts) {
        ("GET", ["issues", number, "comments"]) => {
            let repository = world.repository.clone();
            let of_issue = world.comments.iter().filter(|comment| comment.issue.to_string() == *number);
            page(world, request, &of_issue.map(|found| comment(&repository, found)).collect::<Vec<_>>())
        }
        ("POST", ["issues", number, "comments"]) => create_comment(world, number, sent),
        ("PATCH", ["issues", "comments", id]) => update_comment(world, id, sent),
        ("DELETE", ["issues", "comments", id]) => delete_comment(world, id),
        _ => return None,
    })
}

/// A comment.
fn comment(repository: &str, comment: &Comment) -> Value {
    let kind = if comment.author.ends_with("[bot]") { "Bot" } else { "User" };
    json!({
        "id": comment.id,
        "body": comment.body,
        "html_url": format!("https://github.com/{repository}/pull/{}#issuecomment-{}", comment.issue, comment.id),
        "user": { "login": comment.author, "type": kind },
        "updated_at": comment.updated,
        "minimized": comment.minimized.then(|| json!({ "reason": "outdated" })),
    })
}

/// The text of a comment that is sent, if GitHub takes it.
fn comment_body(sent: Option<&Value>) -> Result<String, Reply> {
    let body = sent.and_then(|body| body.get("body")).and_then(Value::as_str).unwrap_or_default();
    match body.chars().count() {
        0 => Err(invalid("body cannot be blank")),
        1..=65_536 => Ok(body.to_owned()),
        _ => Err(invalid("Body is too long (maximum is 65536 characters)")),
    }
}

/// `POST issues/NUMBER/comments`.
fn create_comment(world: &mut World, number: &str, sent: Option<&Value>) -> Reply {
    if !world.may_comment {
        return forbidden();
    }
    let is_there = |number: &u64| {
        world.pulls.contains_key(number) || world.issues.iter().any(|issue| issue.number == *number)
    };
    let Some(issue) = number.parse().ok().filter(is_there) else {
        return missing();
    };
    if world.pulls.get(&issue).is_some_and(|pull| pull.locked) {
        return failure(403, "Unable to create comment because issue is locked.");
    }
    let body = match comment_body(sent) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let actor = world.actor.clone();
    let id = world.comment(issue, &actor, &body);
    if let Some((author, body)) = world.racing_comment.take() {
        world.comment(issue, &author, &body);
    }
    let written = world.comments.iter().find(|comment| comment.id == id).expect("it was just written");
    Reply::json(201, &comment(&world.repository, written))
}

/// `PATCH issues/comments/ID`.
fn update_comment(world: &mut World, id: &str, sent: Option<&Value>) -> Reply {
    if !world.may_comment {
        return forbidden();
    }
    let body = match comment_body(sent) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let repository = world.repository.clone();
    match world.comments.iter_mut().find(|comment| comment.id.to_string() == id) {
        Some(found) => {
            found.body = body;
            found.updated = jiff::Timestamp::now().to_string();
            Reply::json(200, &comment(&repository, found))
        }
        None => missing(),
    }
}

/// `DELETE issues/comments/ID`.
fn delete_comment(world: &mut World, id: &str) -> Reply {
    if !world.may_comment {
        return forbidden();
    }
    let before = world.comments.len();
    world.comments.retain(|comment| comment.id.to_string() != id);
    if world.comments.len() == before {
        return missing();
    }
    Reply { status: 204, headers: Vec::new(), body: Vec::new() }
}
