//! What the stand-in answers: the endpoints, with GitHub's own error bodies.

mod comment;
mod commit;
mod deployment;
mod graphql;
mod issue;
mod label;
mod object;
mod opened;
mod pull;
mod queue;
mod repository;
mod status;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use serde_json::{Value, json};

use super::world::{FaultKind, World};
use super::{FOREVER, Recorded, Reply, decode};

/// The server's date, from which rate limits count.
const NOW: u64 = 1_795_262_400;

/// The repository by its id, as links to further pages name it.
pub const BY_ID: &str = "/repositories/1300192";

/// Where GraphQL is asked.
pub const GRAPHQL: &str = "/graphql";

/// The answer to a request, if there is one, and how long it takes.
pub fn answer(world: &mut World, request: &Recorded) -> (Option<Reply>, Duration) {
    let now = Duration::ZERO;
    let reply = match world.fault(&request.method, &request.path) {
        None => return (Some(counted(world, request)), now),
        Some(FaultKind::Hang) => return (None, FOREVER),
        Some(FaultKind::Cut) => return (None, now),
        Some(FaultKind::DoneThenServer) => {
            route(world, request);
            Reply::json(502, &json!({ "message": "Server Error" }))
        }
        Some(FaultKind::DoneThenCut) => {
            route(world, request);
            return (None, now);
        }
        Some(FaultKind::TooMany(wait)) => {
            let reply = failure(429, "Too Many Requests");
            match wait {
                Some(seconds) => reply.with("retry-after", &seconds.to_string()),
                None => reply,
            }
        }
        Some(FaultKind::Unauthorized) => failure(401, "Bad credentials"),
        Some(FaultKind::Missing) => missing(),
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
        Some(FaultKind::Primary(seconds)) => used_up(seconds),
        Some(FaultKind::Forbidden) => forbidden(),
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

/// The answer of an endpoint, with its tag and what is left of the hour's calls. What the sender has already is not sent
/// again and costs nothing.
fn counted(world: &mut World, request: &Recorded) -> Reply {
    if request.path == GRAPHQL {
        let reply = route(world, request);
        world.points = world.points.saturating_sub(1);
        let reply = reply.with("x-ratelimit-remaining", &world.points.to_string());
        return reply.with("x-ratelimit-resource", "graphql");
    }
    if world.remaining == 0 {
        return used_up(1_800);
    }
    let mut reply = route(world, request);
    let tag = tag(&reply, request);
    let reads = request.method == "GET" && reply.status == 200;
    if reads && request.tag.as_ref() == Some(&tag) {
        reply = Reply { status: 304, headers: Vec::new(), body: Vec::new() };
    } else {
        world.remaining = world.remaining.saturating_sub(1);
    }
    if reads {
        reply = reply.with("etag", &tag).with("vary", "Accept, Authorization, Cookie, Accept-Encoding");
    }
    let (left, reset) = (world.remaining.to_string(), (NOW + 1_800).to_string());
    let reply = reply.with("x-ratelimit-limit", "5000").with("x-ratelimit-remaining", &left);
    reply.with("x-ratelimit-reset", &reset).with("x-ratelimit-resource", "core")
}

/// The hour's calls are used up, until so many seconds after the server's date.
fn used_up(seconds: u64) -> Reply {
    failure(403, "API rate limit exceeded for installation ID 1.")
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", &(NOW + seconds).to_string())
}

/// The tag of an answer: weak, by its content and by who asks how.
fn tag(reply: &Reply, request: &Recorded) -> String {
    let mut hasher = DefaultHasher::new();
    (&reply.body, &reply.headers, &request.authorization, &request.accept).hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Finds the endpoint. Each noun has its own.
fn route(world: &mut World, request: &Recorded) -> Reply {
    if world.token_is_invalid {
        return failure(401, "Bad credentials");
    }
    let path = decode(&request.path);
    if (request.method.as_str(), path.as_str()) == ("GET", "/user") {
        return whoami(world);
    }
    if (request.method.as_str(), path.as_str()) == ("POST", GRAPHQL) {
        return graphql::answer(world, request);
    }
    if let Some(reply) = label::of_team(world, request, &path) {
        return reply;
    }
    let root = format!("/repos/{}", world.repository);
    let below = path.strip_prefix(&root).or_else(|| path.strip_prefix(BY_ID));
    let Some(below) = below.filter(|below| below.is_empty() || below.starts_with('/')) else {
        return missing();
    };
    let parts: Vec<&str> = below.split('/').skip(1).collect();
    let nouns = [
        status::route,
        comment::route,
        commit::route,
        opened::route,
        pull::route,
        object::route,
        repository::route,
        deployment::route,
        issue::route,
        label::route,
    ];
    nouns.iter().find_map(|noun| noun(world, request, &parts)).unwrap_or_else(missing)
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
fn page(world: &World, request: &Recorded, all: &[Value]) -> Reply {
    let (number, size) = page_of(request);
    let found: Vec<&Value> = all.iter().skip((number - 1) * size).take(size).collect();
    let reply = Reply::json(200, &json!(found));
    links(world, request, all.len(), reply)
}

/// The page that is asked for, and its size.
fn page_of(request: &Recorded) -> (usize, usize) {
    let number = |name: &str, default: usize| {
        let found = request.query.iter().find(|(found, _)| found == name);
        found.and_then(|(_, value)| value.parse().ok()).unwrap_or(default)
    };
    (number("page", 1).max(1), number("per_page", 30).clamp(1, 100))
}

/// The reply with links to other pages, where there are any; they name the repository by its id.
fn links(world: &World, request: &Recorded, entries: usize, reply: Reply) -> Reply {
    let host = request.host.as_deref().unwrap_or_default();
    let here = format!("http://{host}{}", world.base_path);
    let root = world.pages_elsewhere.as_ref().unwrap_or(&here);
    let path = request.path.strip_prefix(&format!("/repos/{}", world.repository));
    let path = path.or_else(|| request.path.strip_prefix(BY_ID)).unwrap_or_default();
    let (number, size) = page_of(request);
    let last = entries.div_ceil(size).max(1);
    let others = request.query.iter().filter(|(name, _)| !["page", "per_page"].contains(&name.as_str()));
    let others: Vec<String> = others.map(|(name, value)| format!("{name}={value}&")).collect();
    let others = others.concat();
    let page = |number: usize, relation: &str| {
        format!("<{root}{BY_ID}{path}?{others}per_page={size}&page={number}>; rel=\"{relation}\"")
    };
    let mut links = Vec::new();
    if number > 1 {
        links.push(page(number - 1, "prev"));
    }
    if number < last {
        links.extend([page(number + 1, "next"), page(last, "last")]);
    }
    if number > 1 {
        links.push(page(1, "first"));
    }
    if links.is_empty() { reply } else { reply.with("link", &links.join(", ")) }
}
