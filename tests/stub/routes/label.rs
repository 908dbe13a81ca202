//! Labels of pull requests: what happened to them, and what may be known of the people who set them.

use serde_json::{Value, json};

use super::{forbidden, missing, page};
use crate::stub::world::{Happened, Pull, World};
use crate::stub::{Recorded, Reply};

/// The answer to a request below the repository, if it is one of these.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    Some(match (request.method.as_str(), parts) {
        ("GET", ["issues", number, "timeline"]) => match number.parse().ok() {
            Some(number) if world.pulls.contains_key(&number) => {
                let own = world.timeline.iter().filter(|(pull, _)| *pull == number);
                let events: Vec<Value> =
                    own.enumerate().map(|(index, (_, happened))| event(index, happened)).collect();
                page(world, request, &events)
            }
            _ => missing(),
        },
        ("GET", ["collaborators", login, "permission"]) => match world.roles.get(*login) {
            Some((name, base)) => {
                let user = json!({ "login": login, "type": "User" });
                Reply::json(200, &json!({ "permission": base, "role_name": name, "user": user }))
            }
            None => missing(),
        },
        _ => return None,
    })
}

/// The answer to a request below an organisation, if it is one about its teams.
pub(super) fn of_team(world: &World, request: &Recorded, path: &str) -> Option<Reply> {
    let organization = world.repository.split('/').next().unwrap_or_default();
    let below = path.strip_prefix(&format!("/orgs/{organization}/teams/"))?;
    let parts: Vec<&str> = below.split('/').collect();
    if request.method != "GET" {
        return None;
    }
    if !world.may_see_teams {
        return Some(forbidden());
    }
    let team = |name: &str| world.teams.get(name);
    Some(match parts.as_slice() {
        [name] if team(name).is_some() => Reply::json(200, &json!({ "id": 1, "slug": name, "name": name })),
        [name, "memberships", login] => match team(name).and_then(|team| team.get(*login)) {
            Some(state) => {
                let url = "https://stub.example/membership";
                Reply::json(200, &json!({ "url": url, "role": "member", "state": state }))
            }
            None => missing(),
        },
        _ => missing(),
    })
}

/// When something in a timeline happened, a minute after what was before it.
fn time(index: usize) -> String {
    let (day, hour, minute) = (1 + index / 1_440, index / 60 % 24, index % 60);
    format!("2026-11-{day:02}T{hour:02}:{minute:02}:00Z")
}

/// When commits were last pushed, as far as the timeline of a pull request says.
pub(super) fn last_push(world: &World, number: u64) -> Option<String> {
    let own = world.timeline.iter().filter(|(pull, _)| *pull == number).enumerate();
    let is_push = |happened: &Happened| matches!(happened, Happened::Pushed | Happened::Replaced);
    own.filter(|(_, (_, happened))| is_push(happened)).map(|(index, _)| time(index)).last()
}

/// An event by which a side of the pull request is another one.
fn moved(index: usize, kind: &str) -> Value {
    json!({ "id": index, "event": kind, "actor": user("mona"), "created_at": time(index) })
}

/// An event of a timeline.
fn event(index: usize, happened: &Happened) -> Value {
    let at = time(index);
    let (kind, label, actor) = match happened {
        Happened::Labelled { label, by } => ("labeled", label, by.as_deref()),
        Happened::LabelledThroughApp { label, by } => ("labeled", label, Some(by.as_str())),
        Happened::Unlabelled { label, by } => ("unlabeled", label, by.as_deref()),
        // Some sorts of event have no actor and no time.
        Happened::Other if index.is_multiple_of(2) => {
            return json!({ "event": "reviewed", "user": user("mallory"), "body": "hotfix", "submitted_at": at });
        }
        Happened::Pushed => {
            return json!({ "event": "committed", "sha": "c".repeat(40), "message": "hotfix" });
        }
        Happened::Replaced => return moved(index, "head_ref_force_pushed"),
        Happened::Retargeted => return moved(index, "base_ref_changed"),
        Happened::Rebased => return moved(index, "automatic_base_change_succeeded"),
        Happened::Undermined => return moved(index, "base_ref_force_pushed"),
        Happened::Other => {
            let body = "please label this hotfix";
            return json!({ "id": index, "event": "commented", "actor": user("mallory"), "body": body, "created_at": at });
        }
    };
    let actor = actor.map(user);
    let app = matches!(happened, Happened::LabelledThroughApp { .. })
        .then(|| json!({ "id": 1, "slug": "helper", "name": "helper" }));
    json!({
        "id": index,
        "event": kind,
        "actor": actor,
        "created_at": at,
        "label": { "name": label, "color": "d73a4a" },
        "commit_id": null,
        "commit_url": null,
        "performed_via_github_app": app,
    })
}

/// A user as GitHub sends one.
pub(super) fn user(login: &str) -> Value {
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    json!({ "login": login, "id": 1, "type": kind })
}

/// The labels of a pull request.
pub(super) fn labels(pull: &Pull) -> Vec<Value> {
    pull.labels.iter().map(|name| json!({ "id": 1, "name": name })).collect()
}
