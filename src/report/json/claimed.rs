//! Labels that claim a class, for machines.

use serde_json::{Value as Json, json};

use crate::change::claim::Claim;

/// One label: the class that it claims, who set it, and why it does not count, where it does not.
pub(super) fn label(claim: &Claim) -> Json {
    let refused = claim.refused.as_ref().map(|refusal| {
        json!({
            "kind": refusal.kind(),
            "detail": claim.why(&str::to_owned),
            "help": claim.help(),
        })
    });
    json!({
        "label": claim.label,
        "class": claim.class,
        "pull_request": claim.pull,
        "granted_by": claim.granted_by,
        "second_person": claim.second_person,
        "set_by": claim.set_by,
        "set_at": claim.at.map(|at| at.to_string()),
        "role": claim.role,
        "counts": claim.counts(),
        "refused": refused,
    })
}
