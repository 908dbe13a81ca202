//! What happened to the head branches of pull requests, in this repository and in the forks of it.

use serde_json::{Value, json};

use super::{label, missing};
use crate::stub::world::{Moved, World};
use crate::stub::{Recorded, Reply};

/// The fork by its id.
pub const FORK: &str = "/repositories/1300193";

/// Its id.
pub const FORK_ID: u64 = 1_300_193;

/// No commit.
const NONE: &str = "0000000000000000000000000000000000000000";

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    match (request.method.as_str(), parts) {
        ("GET", ["activity"]) => Some(list(world, request, false)),
        _ => None,
    }
}

/// The answer to a request below the fork, if it is one.
pub(super) fn of_fork(world: &World, request: &Recorded, path: &str) -> Option<Reply> {
    let below = path.strip_prefix(FORK)?;
    let is_seen = (request.method.as_str(), below) == ("GET", "/activity") && !world.hides_forks;
    Some(if is_seen { list(world, request, true) } else { missing() })
}

/// The head branch of a pull request.
pub(super) fn branch(number: u64) -> String {
    format!("change-{number}")
}

/// The repository of the head branch of a pull request.
pub(super) fn home(world: &World, number: u64) -> Value {
    if world.forks.contains(&number) {
        return json!({ "id": FORK_ID, "full_name": "mallory/shop" });
    }
    json!({ "id": 1_300_192, "full_name": world.repository })
}

/// `GET activity?ref=REF`: what happened to a branch, the newest first.
fn list(world: &World, request: &Recorded, is_fork: bool) -> Reply {
    let asked = request.query.iter().find(|(name, _)| name == "ref").map(|(_, value)| value.as_str());
    let is_asked = |number: &&u64| asked == Some(&format!("refs/heads/{}", branch(**number)));
    let number = world.pulls.keys().find(is_asked).filter(|number| world.forks.contains(number) == is_fork);
    let Some(number) = number else { return Reply::json(200, &json!([])) };
    let moves = world.moves.get(number).cloned().unwrap_or_else(|| vec![last_push(world, *number)]);
    let mut before = NONE.to_owned();
    let mut found: Vec<Value> = Vec::new();
    for Moved { after, at } in moves {
        let kind = match (before.as_str(), after.as_str()) {
            (NONE, _) => "branch_creation",
            (_, NONE) => "branch_deletion",
            _ => "push",
        };
        found.insert(
            0,
            json!({
                "id": found.len(), "node_id": "PSH_1", "before": before, "after": after,
                "ref": asked, "timestamp": at, "activity_type": kind, "actor": label::user("mona"),
            }),
        );
        before = after;
    }
    found.truncate(100);
    Reply::json(200, &json!(found))
}

/// Where nothing else is known, the head was pushed when the timeline says so, else before all that is in it.
fn last_push(world: &World, number: u64) -> Moved {
    let at = label::last_push(world, number).unwrap_or_else(|| "2026-10-01T00:00:00Z".to_owned());
    Moved { after: world.pulls[&number].head.clone(), at }
}
