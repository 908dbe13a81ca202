//! Merge queues, which GraphQL alone tells of.

use serde_json::{Value, json};

use crate::stub::world::{Entry, World};

/// The merge queue of a branch, up to its first 100 entries; null where there is none.
pub(super) fn of(world: &World, branch: &str) -> Value {
    let queue = world.queues.get(branch).map(|entries| {
        let nodes: Vec<Value> = entries.iter().take(100).map(|entry| node(world, entry)).collect();
        json!({ "entries": { "pageInfo": { "hasNextPage": entries.len() > 100 }, "nodes": nodes } })
    });
    json!(queue)
}

/// An entry.
fn node(world: &World, entry: &Entry) -> Value {
    let commit = |id: &Option<String>| id.as_ref().map(|id| json!({ "oid": id }));
    let pull = world.pulls.get(&entry.pull);
    json!({
        "baseCommit": commit(&entry.base),
        "headCommit": commit(&entry.head),
        "pullRequest": pull.map(|pull| json!({ "number": entry.pull, "headRefOid": pull.head })),
    })
}
