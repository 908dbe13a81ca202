//! Commits: what leads from one to another, and the pull requests that each belongs to.

use serde_json::{Value, json};

use super::activity::{branch, home};
use super::label::{labels, user};
use super::{missing, page};
use crate::stub::world::{Step, World};
use crate::stub::{Recorded, Reply};

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    let ("GET", ["commits", commit, "pulls"]) = (request.method.as_str(), parts) else { return None };
    if !world.commits.contains_key(*commit) && !world.belongings.contains_key(*commit) {
        return Some(missing());
    }
    let numbers = world.belongings.get(*commit).into_iter().flatten();
    let pulls: Vec<Value> = numbers.filter_map(|number| belonging(world, *number)).collect();
    Some(page(world, request, &pulls))
}

/// A pull request as it stands in the list of a commit's.
fn belonging(world: &World, number: u64) -> Option<Value> {
    let pull = world.pulls.get(&number)?;
    let merged = world.merged.contains(&number);
    Some(json!({
        "number": number,
        "state": if pull.closed || merged { "closed" } else { "open" },
        "merged_at": merged.then_some("2026-11-20T10:00:00Z"),
        "head": { "ref": branch(number), "sha": pull.head, "repo": home(world, number) },
        "base": { "ref": pull.base, "sha": world.branches.get(&pull.base) },
        "user": user(&pull.author),
        "labels": labels(pull),
    }))
}

/// The commits of a comparison.
pub(super) fn led(world: &World, base: &str, head: &str, fork: &str) -> Vec<Value> {
    let plain = || {
        let next = Step { id: head.to_owned(), parents: vec![fork.to_owned()] };
        if fork == head { Vec::new() } else { vec![next] }
    };
    let led = world.led.get(&(base.to_owned(), head.to_owned())).cloned().unwrap_or_else(plain);
    let commit = |step: Step| {
        let parents: Vec<Value> = step.parents.into_iter().map(|id| json!({ "sha": id })).collect();
        json!({ "sha": step.id, "parents": parents })
    };
    led.into_iter().map(commit).collect()
}
