//! What git keeps: branches, commits, trees and files.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{failure, missing};
use crate::stub::world::{File, World};
use crate::stub::{Recorded, Reply};

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    Some(match (request.method.as_str(), parts) {
        ("GET", ["git", "ref", "heads", branch @ ..]) => branch_tip(world, &branch.join("/")),
        ("GET", ["git", "trees", id]) => {
            tree(world, id, request.query.iter().any(|(name, _)| name == "recursive"))
        }
        ("GET", ["git", "blobs", id]) => blob(world, id, request.accept.as_deref()),
        // What is below a commit, such as its status, is not its id.
        ("GET", ["commits", name @ ..]) if !matches!(name, [_, "status" | "statuses" | "pulls"]) => {
            commit_id(world, &name.join("/"))
        }
        _ => return None,
    })
}

/// `GET git/ref/heads/BRANCH`.
fn branch_tip(world: &World, branch: &str) -> Reply {
    match world.branches.get(branch) {
        Some(id) => Reply::json(
            200,
            &json!({ "ref": format!("refs/heads/{branch}"), "object": { "sha": id, "type": "commit" } }),
        ),
        None => missing(),
    }
}

/// `GET commits/REF` as plain text.
fn commit_id(world: &World, name: &str) -> Reply {
    let known = world.commits.contains_key(name).then(|| name.to_owned());
    match known.or_else(|| world.branches.get(name).cloned()) {
        Some(id) => Reply::bytes("application/vnd.github.sha; charset=utf-8", id.into_bytes()),
        None => failure(422, &format!("No commit found for SHA: {name}")),
    }
}

/// The id of a directory: what git does with it does not matter, as long as it follows from the content.
fn directory_id(files: &BTreeMap<String, File>, path: &str) -> String {
    let mut text = format!("directory {path}\n");
    for (name, file) in files.range(path.to_owned()..).take_while(|(name, _)| name.starts_with(path)) {
        text.extend([name.as_str(), " ", &blob_id(&file.bytes), "\n"]);
    }
    blob_id(text.as_bytes())
}

/// The id of a file.
fn blob_id(bytes: &[u8]) -> String {
    slogate::git::blob_id(bytes).expect("an id")
}

/// `GET git/trees/ID`, of a commit or of a directory of any commit.
fn tree(world: &World, id: &str, recursive: bool) -> Reply {
    let mut found = world.commits.get(id).map(|files| (files, String::new()));
    for files in world.commits.values() {
        let directories: BTreeSet<&str> =
            files.keys().flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..=at])).collect();
        for directory in directories {
            if found.is_none() && directory_id(files, directory) == id {
                found = Some((files, directory.to_owned()));
            }
        }
    }
    let Some((files, above)) = found else { return missing() };
    let mut entries: BTreeMap<String, Value> = BTreeMap::new();
    for (path, file) in files.iter().filter_map(|(path, file)| Some((path.strip_prefix(&above)?, file))) {
        for (at, _) in path.match_indices('/') {
            let directory = &path[..at];
            let id = directory_id(files, &format!("{above}{directory}/"));
            if recursive || !directory.contains('/') {
                entries.insert(
                    directory.to_owned(),
                    json!({ "path": directory, "mode": "040000", "type": "tree", "sha": id }),
                );
            }
        }
        if recursive || !path.contains('/') {
            let kind = if file.mode == "160000" { "commit" } else { "blob" };
            let mut entry =
                json!({ "path": path, "mode": file.mode, "type": kind, "sha": blob_id(&file.bytes) });
            if kind == "blob" {
                entry["size"] = json!(file.bytes.len());
            }
            entries.insert(path.to_owned(), entry);
        }
    }
    let truncated = recursive && entries.len() > world.tree_limit;
    let listed: Vec<Value> =
        entries.into_values().take(if truncated { world.tree_limit } else { usize::MAX }).collect();
    Reply::json(200, &json!({ "sha": id, "tree": listed, "truncated": truncated }))
}

/// `GET git/blobs/ID` as it is.
fn blob(world: &World, id: &str, accept: Option<&str>) -> Reply {
    let mut files = world.commits.values().flat_map(BTreeMap::values);
    match files.find(|file| blob_id(&file.bytes) == id) {
        Some(file) if accept.is_some_and(|accept| accept.contains("raw")) => {
            Reply::bytes("application/vnd.github.raw+json; charset=utf-8", file.bytes.clone())
        }
        Some(file) => Reply::json(
            200,
            &json!({ "sha": id, "size": file.bytes.len(), "encoding": "base64", "content": "" }),
        ),
        None => missing(),
    }
}

/// The longest text that GraphQL sends, in bytes; a longer one is cut.
const LONGEST: usize = 512_000;

/// A file as GraphQL sends it, its text null where it is none. None where there is no such file.
pub(super) fn text(world: &World, id: &str) -> Option<Value> {
    let mut files = world.commits.values().flat_map(BTreeMap::values);
    let file = files.find(|file| blob_id(&file.bytes) == id)?;
    let text = (!file.bytes.contains(&0)).then(|| String::from_utf8_lossy(&file.bytes).into_owned());
    let other = if world.is_mangled { " " } else { "" };
    let text: Option<String> = text.map(|text| text.chars().take(LONGEST).chain(other.chars()).collect());
    Some(json!({ "text": text }))
}
