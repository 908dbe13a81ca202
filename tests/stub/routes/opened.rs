//! The list of open pull requests.

use serde_json::{Value, json};

use super::activity::{branch, home};
use super::label::{labels, user};
use super::{page, page_of};
use crate::stub::world::World;
use crate::stub::{Recorded, Reply};

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    match (request.method.as_str(), parts) {
        ("GET", ["pulls"]) => Some(list(world, request)),
        _ => None,
    }
}

/// `GET pulls`: the open ones, the newest first.
fn list(world: &mut World, request: &Recorded) -> Reply {
    let all: Vec<Value> = world.pulls.keys().rev().map(|number| listed(world, *number)).collect();
    let reply = page(world, request, &all);
    for number in std::mem::take(&mut world.vanishing) {
        world.pulls.remove(&number);
    }
    // What happens meanwhile happens when the list has been read.
    if page_of(request).0 * page_of(request).1 >= all.len() {
        for number in std::mem::take(&mut world.closing) {
            world.pulls.remove(&number);
        }
        for (number, head) in std::mem::take(&mut world.moving) {
            world.commits.entry(head.clone()).or_default();
            if let Some(pull) = world.pulls.get_mut(&number) {
                pull.head = head;
            }
        }
    }
    reply
}

/// A pull request as it is listed.
fn listed(world: &World, number: u64) -> Value {
    let pull = &world.pulls[&number];
    json!({
        "number": number,
        "state": "open",
        "draft": world.drafts.contains(&number),
        "title": "hotfix: not a class",
        "user": user(&pull.author),
        "labels": labels(pull),
        "head": { "ref": branch(number), "sha": pull.head, "repo": home(world, number) },
        "base": { "ref": pull.base, "sha": world.branches.get(&pull.base), "repo": { "full_name": world.repository } },
    })
}
