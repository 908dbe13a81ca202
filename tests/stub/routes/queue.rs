//! Merge queues, which GraphQL alone tells of.

use serde_json::{Value, json};

use crate::stub::world::{Entry, World};
use crate::stub::{Recorded, Reply};

/// The answer to a question for the merge queue of a branch. An error comes with what could be answered all the same.
pub(super) fn answer(world: &World, request: &Recorded) -> Reply {
    let asked = &request.body.as_ref().expect("a question")["variables"];
    let place = format!("{}/{}", asked["owner"].as_str().unwrap_or(""), asked["name"].as_str().unwrap_or(""));
    assert_eq!(place, world.repository, "it is asked about this repository");
    let queue = asked["branch"].as_str().and_then(|branch| world.queues.get(branch));
    let queue = queue.map(|entries| {
        let nodes: Vec<Value> = entries.iter().take(100).map(|entry| node(world, entry)).collect();
        json!({ "entries": { "pageInfo": { "hasNextPage": entries.len() > 100 }, "nodes": nodes } })
    });
    let mut body = json!({ "data": { "repository": { "mergeQueue": queue } } });
    if let Some((kind, message)) = world.queue_error {
        let path = json!(["repository", "mergeQueue"]);
        body["errors"] = json!([{ "type": kind, "path": path, "message": message }]);
    }
    Reply::json(200, &body)
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
