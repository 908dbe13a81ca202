//! Pull requests and what they change.

use serde_json::{Value, json};

use super::activity::{branch, home};
use super::label::{labels, user};
use super::{commit, links, missing, page, page_of};
use crate::stub::world::{ChangedFile, Race, World};
use crate::stub::{Recorded, Reply};

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    Some(match (request.method.as_str(), parts) {
        ("GET", ["compare", range]) => {
            let reply = compare(world, range, request);
            for (number, race) in &world.races {
                if let (Race::Retargeted(base, files), Some(pull)) = (race, world.pulls.get_mut(number)) {
                    (pull.base, pull.files) = (base.clone(), files.clone());
                    pull.changes += 1;
                }
            }
            reply
        }
        ("GET", ["pulls", number]) => pull(world, number),
        ("GET", ["pulls", number, "commits"]) => {
            match number.parse().ok().map(|number| written(world, number)) {
                Some(Some(commits)) => page(world, request, &commits),
                _ => missing(),
            }
        }
        ("GET", ["pulls", number, "files"]) => {
            let Some(files) = number.parse().ok().and_then(|number: u64| {
                let pull = world.pulls.get_mut(&number)?;
                let files = match world.races.get(&number) {
                    Some(Race::PushedTwice(files)) => files,
                    Some(Race::Retargeted(..)) | None => return Some(pull.files.clone()),
                };
                pull.changes += 1;
                Some(files.clone())
            }) else {
                return Some(missing());
            };
            page(world, request, &files.iter().map(changed_file).collect::<Vec<_>>())
        }
        _ => return None,
    })
}

/// The commits of a pull request by who wrote them; GitHub lists 250. All are committed on GitHub's own pages.
fn written(world: &World, number: u64) -> Option<Vec<Value>> {
    let pull = world.pulls.get(&number)?;
    let own = vec![pull.author.clone()];
    let writers = world.writers.get(&number).unwrap_or(&own).iter().take(250);
    let commit = |login: &String| json!({ "sha": pull.head, "author": user(login), "committer": user("web-flow"), "parents": [] });
    Some(writers.map(commit).collect())
}

/// `GET compare/BASE...HEAD`.
fn compare(world: &World, range: &str, request: &Recorded) -> Reply {
    let Some((base, head)) = range.split_once("...") else { return missing() };
    let known = world.compares.get(&(base.to_owned(), head.to_owned()));
    let of_pull = || world.pulls.values().find(|pull| pull.head == head).map(|pull| &pull.files);
    match known.or_else(|| of_pull().filter(|_| world.commits.contains_key(base))) {
        Some(files) => {
            let files: Vec<Value> = files.iter().take(300).map(changed_file).collect();
            let fork = world.parted.get(&(base.to_owned(), head.to_owned())).map_or(base, String::as_str);
            let commits = commit::led(world, base, head, fork);
            let body = json!({ "status": "diverged", "merge_base_commit": { "sha": fork }, "commits": commits, "files": files });
            let (number, size) = page_of(request);
            if !world.compare_goes_on {
                return Reply::json(200, &body);
            }
            // Only the first page lists files.
            let further =
                json!({ "status": "diverged", "merge_base_commit": { "sha": fork }, "commits": [] });
            links(world, request, 3 * size, Reply::json(200, if number == 1 { &body } else { &further }))
        }
        None => missing(),
    }
}

/// A changed file.
fn changed_file(file: &ChangedFile) -> Value {
    let mut value =
        json!({ "filename": file.path, "status": "modified", "additions": 1, "deletions": 0, "changes": 1 });
    if let Some(previous) = &file.previous {
        value["previous_filename"] = json!(previous);
        value["status"] = json!("renamed");
    }
    value
}

/// `GET pulls/NUMBER`.
fn pull(world: &World, number: &str) -> Reply {
    let number = number.parse::<u64>().unwrap_or_default();
    match world.pulls.get(&number) {
        Some(pull) => Reply::json(
            200,
            &json!({
                "number": number,
                "head": { "ref": branch(number), "sha": pull.head, "repo": home(world, number) },
                "base": { "ref": pull.base, "sha": world.branches.get(&pull.base) },
                "state": if pull.closed || is_merged(world, number) { "closed" } else { "open" },
                "merged_at": is_merged(world, number).then_some("2026-11-20T10:00:00Z"),
                "updated_at": format!("2026-11-20T10:{:02}:00Z", pull.changes),
                "changed_files": pull.files.len(),
                "user": user(&pull.author),
                "labels": labels(pull),
            }),
        ),
        None => missing(),
    }
}

/// Whether a pull request was merged.
fn is_merged(world: &World, number: u64) -> bool {
    world.merged.contains(&number)
}
