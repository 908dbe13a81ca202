//! The repository itself.

use serde_json::json;

use crate::stub::world::World;
use crate::stub::{Recorded, Reply};

/// The answer to a request for the repository, if it is one.
pub(super) fn route(world: &mut World, request: &Recorded, parts: &[&str]) -> Option<Reply> {
    match (request.method.as_str(), parts) {
        ("GET", []) => Some(Reply::json(
            200,
            &json!({ "id": 1, "full_name": world.repository, "default_branch": world.default_branch }),
        )),
        _ => None,
    }
}
