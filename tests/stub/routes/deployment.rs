//! Deployments and what became of them.

use serde_json::{Value, json};

use super::{forbidden, missing, page};
use crate::stub::world::World;
use crate::stub::{Recorded, Reply};

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    if request.method != "GET" || parts.first() != Some(&"deployments") {
        return None;
    }
    if !world.may_read_deployments {
        return Some(forbidden());
    }
    Some(match parts {
        ["deployments"] => deployments(world, request),
        ["deployments", id, "statuses"] => statuses(world, request, id),
        _ => missing(),
    })
}

/// `GET deployments`: the newest first.
fn deployments(world: &World, request: &Recorded) -> Reply {
    let wanted = request.query.iter().find(|(name, _)| name == "environment").map(|(_, value)| value);
    let found = world.deployments.iter().enumerate().rev();
    let found = found.filter(|(_, one)| wanted.is_none_or(|environment| *environment == one.environment));
    let all: Vec<Value> = found
        .map(|(id, one)| {
            json!({
                "id": id + 1,
                "sha": one.commit,
                "ref": "main",
                "task": "deploy",
                "environment": one.environment,
                "created_at": one.at,
                "updated_at": one.at,
            })
        })
        .collect();
    page(world, request, &all)
}

/// `GET deployments/ID/statuses`: the newest first.
fn statuses(world: &World, request: &Recorded, id: &str) -> Reply {
    let place = id.parse::<usize>().ok().and_then(|id| id.checked_sub(1));
    let Some(found) = place.and_then(|place| world.deployments.get(place)) else { return missing() };
    let all: Vec<Value> = found.states.iter().rev().map(|state| json!({ "state": state })).collect();
    page(world, request, &all)
}
