//! What the stand-in answers: the endpoints, with GitHub's own error bodies.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::world::{ChangedFile, Comment, FaultKind, File, Status, World};
use super::{FOREVER, Recorded, Reply, decode};

/// The server's date, from which rate limits count.
const NOW: u64 = 1_795_262_400;

/// The answer to a request, if there is one, and how long it takes.
pub fn answer(world: &mut World, request: &Recorded) -> (Option<Reply>, Duration) {
    let now = Duration::ZERO;
    let reply = match world.fault(&request.method, &request.path) {
        None => route(world, request),
        Some(FaultKind::Hang) => return (None, FOREVER),
        Some(FaultKind::Cut) => return (None, now),
        Some(FaultKind::DoneThenServer) => {
            route(world, request);
            Reply::json(502, &json!({ "message": "Server Error" }))
        }
        Some(FaultKind::Server(status)) => Reply::json(status, &json!({ "message": "Server Error" })),
        Some(FaultKind::Secondary(wait)) => {
            let reply = failure(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            );
            match wait {
                Some(seconds) => reply.with("retry-after", &seconds.to_string()),
                None => reply,
            }
        }
        Some(FaultKind::Primary(seconds)) => failure(403, "API rate limit exceeded for installation ID 1.")
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", &(NOW + seconds).to_string()),
        Some(FaultKind::Invalid) => invalid("Validation Failed"),
        Some(FaultKind::Html) => Reply::bytes("text/html", b"<!doctype html><title>Sign in</title>".to_vec()),
        Some(FaultKind::Redirect) => Reply {
            status: 301,
            headers: vec![("location".to_owned(), "http://127.0.0.1:9/".to_owned())],
            body: vec![],
        },
    };
    (Some(reply), now)
}

/// Finds the endpoint.
fn route(world: &mut World, request: &Recorded) -> Reply {
    if world.token_is_invalid {
        return failure(401, "Bad credentials");
    }
    let path = decode(&request.path);
    if (request.method.as_str(), path.as_str()) == ("GET", "/user") {
        return whoami(world);
    }
    let root = format!("/repos/{}/", world.repository);
    let Some(below) = path.strip_prefix(&root) else { return missing() };
    let parts: Vec<&str> = below.split('/').collect();
    let sent = request.body.as_ref();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["git", "ref", "heads", branch @ ..]) => branch_tip(world, &branch.join("/")),
        ("GET", ["git", "trees", id]) => {
            tree(world, id, request.query.iter().any(|(name, _)| name == "recursive"))
        }
        ("GET", ["git", "blobs", id]) => blob(world, id, request.accept.as_deref()),
        ("GET", ["commits", id, "status"]) => combined_status(world, id, request),
        ("GET", ["commits", name @ ..]) => commit_id(world, &name.join("/")),
        ("GET", ["compare", range]) => compare(world, range),
        ("GET", ["pulls", number]) => pull(world, number),
        ("GET", ["pulls", number, "files"]) => {
            match number.parse().ok().and_then(|number| world.pulls.get(&number)) {
                Some(pull) => page(request, &pull.files.iter().map(changed_file).collect::<Vec<_>>()),
                None => missing(),
            }
        }
        ("GET", ["issues", number, "comments"]) => {
            let repository = world.repository.clone();
            let of_issue = world.comments.iter().filter(|comment| comment.issue.to_string() == *number);
            page(request, &of_issue.map(|found| comment(&repository, found)).collect::<Vec<_>>())
        }
        ("POST", ["issues", number, "comments"]) => create_comment(world, number, sent),
        ("PATCH", ["issues", "comments", id]) => update_comment(world, id, sent),
        ("DELETE", ["issues", "comments", id]) => delete_comment(world, id),
        ("POST", ["statuses", commit]) => create_status(world, commit, sent),
        _ => missing(),
    }
}

/// GitHub's error body.
fn failure(status: u16, message: &str) -> Reply {
    let url = "https://docs.github.com/rest";
    Reply::json(
        status,
        &json!({ "message": message, "documentation_url": url, "status": status.to_string() }),
    )
}

/// What is not there, or not to be seen.
fn missing() -> Reply {
    failure(404, "Not Found")
}

/// What the token may not do.
fn forbidden() -> Reply {
    failure(403, "Resource not accessible by integration")
}

/// What was sent and is refused.
fn invalid(message: &str) -> Reply {
    let error = json!({ "resource": "Stub", "code": "custom", "field": "data", "message": message });
    let body = json!({ "message": "Validation Failed", "errors": [error], "documentation_url": "https://docs.github.com/rest", "status": "422" });
    Reply::json(422, &body)
}

/// `GET /user`.
fn whoami(world: &World) -> Reply {
    if world.may_ask_who { Reply::json(200, &json!({ "login": world.actor, "id": 1 })) } else { forbidden() }
}

/// One page of a list, with the link to the next.
fn page(request: &Recorded, all: &[Value]) -> Reply {
    let (number, size) = page_of(request);
    let found: Vec<&Value> = all.iter().skip((number - 1) * size).take(size).collect();
    let reply = Reply::json(200, &json!(found));
    if number * size < all.len() { reply.with("link", &next(request, number)) } else { reply }
}

/// The page that is asked for, and its size.
fn page_of(request: &Recorded) -> (usize, usize) {
    let number = |name: &str, default: usize| {
        let found = request.query.iter().find(|(found, _)| found == name);
        found.and_then(|(_, value)| value.parse().ok()).unwrap_or(default)
    };
    (number("page", 1).max(1), number("per_page", 30).clamp(1, 100))
}

/// The link to the page after this one.
fn next(request: &Recorded, number: usize) -> String {
    format!("<https://stub.example{}?page={}>; rel=\"next\"", request.path, number + 1)
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

/// `GET compare/BASE...HEAD`.
fn compare(world: &World, range: &str) -> Reply {
    let Some((base, head)) = range.split_once("...") else { return missing() };
    let known = world.compares.get(&(base.to_owned(), head.to_owned()));
    let of_pull = || world.pulls.values().find(|pull| pull.head == head).map(|pull| &pull.files);
    match known.or_else(of_pull) {
        Some(files) => {
            let files: Vec<Value> = files.iter().take(300).map(changed_file).collect();
            let body = json!({ "status": "diverged", "merge_base_commit": { "sha": base }, "commits": [], "files": files });
            Reply::json(200, &body)
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
    match number.parse::<u64>().ok().and_then(|number| world.pulls.get(&number)) {
        Some(pull) => Reply::json(
            200,
            &json!({
                "number": number.parse::<u64>().unwrap_or_default(),
                "head": { "ref": "feature", "sha": pull.head },
                "base": { "ref": pull.base, "sha": world.branches.get(&pull.base) },
                "changed_files": pull.files.len(),
            }),
        ),
        None => missing(),
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

/// A comment.
fn comment(repository: &str, comment: &Comment) -> Value {
    let kind = if comment.author.ends_with("[bot]") { "Bot" } else { "User" };
    json!({
        "id": comment.id,
        "body": comment.body,
        "html_url": format!("https://github.com/{repository}/pull/{}#issuecomment-{}", comment.issue, comment.id),
        "user": { "login": comment.author, "type": kind },
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
    let Some(issue) = number.parse().ok().filter(|number| world.pulls.contains_key(number)) else {
        return missing();
    };
    if world.pulls[&issue].locked {
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

/// `GET commits/ID/status`: the latest of each context.
fn combined_status(world: &World, commit: &str, request: &Recorded) -> Reply {
    if !world.commits.contains_key(commit) {
        return missing();
    }
    let mut latest: BTreeMap<&str, &Status> = BTreeMap::new();
    for status in world.statuses.iter().filter(|status| status.commit == commit) {
        latest.insert(&status.context, status);
    }
    let all: Vec<Value> = latest
        .values()
        .map(|status| json!({ "context": status.context, "state": status.state, "description": status.description, "target_url": status.target }))
        .collect();
    let (number, size) = page_of(request);
    let found: Vec<&Value> = all.iter().skip((number - 1) * size).take(size).collect();
    let body = json!({ "state": "pending", "sha": commit, "total_count": all.len(), "statuses": found });
    let reply = Reply::json(200, &body);
    if number * size < all.len() { reply.with("link", &next(request, number)) } else { reply }
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
    let body = json!({ "state": status.state, "context": status.context, "description": status.description, "target_url": status.target, "creator": { "login": world.actor } });
    world.statuses.push(status);
    Reply::json(201, &body)
}
