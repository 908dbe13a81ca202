//! What a change makes of the rules that judge it, for machines.

use serde_json::{Value as Json, json};

use super::{number, problem, ruling};
use crate::policy::amendment::Amendment;
use crate::policy::prose::Piece;
use crate::report::proposed::{Proposed, Retold};
use crate::report::revision::Left;
use crate::report::{Report, amendment, line, resettled as words};
use crate::settings::revision::Resettled;

/// All of it.
pub(super) fn write(proposed: &Proposed) -> Json {
    json!({
        "files": proposed.files,
        "settings": proposed.settings.iter().map(resettled).collect::<Vec<_>>(),
        "revisions": proposed.revisions.iter().map(revision).collect::<Vec<_>>(),
        "problems": proposed.problems.iter().map(|found| problem(&found.problem)).collect::<Vec<_>>(),
        "policies": proposed.amendments.iter().map(amended).collect::<Vec<_>>(),
        "verdict": proposed.outcome.as_ref().map(outcome),
        "untold": proposed.untold,
    })
}

/// What its own rules would decide, or why that is not known.
fn outcome(outcome: &Result<Box<Report>, String>) -> Json {
    match outcome {
        Ok(own) => json!({
            "effect": own.verdict.effect.as_str(),
            "exit": own.verdict.exit.code(),
            "exit_name": own.verdict.exit.as_str(),
            "words": line::render(own),
            "rulings": own.deciding().map(|one| ruling(own, one)).collect::<Vec<_>>(),
            "why": null,
        }),
        Err(why) => json!({
            "effect": null, "exit": null, "exit_name": null, "words": null, "rulings": [], "why": why,
        }),
    }
}

/// One amendment of a policy.
fn amended(amendment: &Amendment) -> Json {
    let said = |pieces: &[Piece]| (!pieces.is_empty()).then(|| amendment::plain(pieces));
    json!({
        "policy": amendment.policy,
        "clause": amendment.clause,
        "key": amendment.key,
        "from": said(&amendment.from),
        "to": said(&amendment.to),
        "loosens": amendment.loosens,
        "words": amendment::sentence(amendment, str::to_owned, str::to_owned),
        "file": amendment.place.source.path(),
        "line": amendment.place.line(),
    })
}

/// One setting that is revised.
fn resettled(resettled: &Resettled) -> Json {
    json!({
        "setting": resettled.path(),
        "from": resettled.from,
        "to": resettled.to,
        "words": words::sentence(resettled, str::to_owned),
    })
}

/// One revision of an SLO.
fn revision(retold: &Retold) -> Json {
    let revision = &retold.revision;
    json!({
        "slo": revision.slo,
        "service": revision.service,
        "kind": revision.revised.kind(),
        "words": retold.sentence(str::to_owned),
        "budget_factor": revision.revised.budget_factor().map(number),
        "remaining": match retold.left {
            Left::Known(share) => number(share),
            Left::Unknown => Json::Null,
        },
        "file": revision.place.source.path(),
        "line": revision.place.line(),
    })
}
