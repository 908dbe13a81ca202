//! What adjustments do, for machines: every figure that a report shows of a budget, without them.

use serde_json::{Map, Value as Json, json};

use super::{gap, number, windows};
use crate::report::adjusted::{Adjusted, Unadjusted};
use crate::report::{BURN_RATE_WINDOWS, BURNED_WINDOWS};

/// What would be decided if nothing were adjusted.
pub(super) fn unadjusted(unadjusted: &Unadjusted) -> Json {
    json!({
        "effect": unadjusted.effect.as_str(),
        "exit": unadjusted.exit.code(),
        "clauses": unadjusted.clauses,
        "adjustments": unadjusted.adjustments,
    })
}

/// What is excluded of a budget, and its figures without that.
pub fn adjusted(adjusted: &Adjusted) -> Json {
    let exclusions: Vec<Json> =
        adjusted.exclusions.iter().map(|one| json!({ "name": one.name, "seconds": one.seconds })).collect();
    let mut object = Map::new();
    object.insert("exclusions".to_owned(), json!(exclusions));
    let (key, without) = match &adjusted.without {
        Ok(known) => (
            "without",
            json!({
                "remaining": number(known.remaining),
                "sla_remaining": known.sla.map(number),
                "consumed": number(known.consumed),
                "bad": number(known.bad),
                "total": number(known.total),
                "pace": number(known.pace),
                "burn_rate": windows(&BURN_RATE_WINDOWS, &known.burn_rate),
                "burned": windows(&BURNED_WINDOWS, &known.burned),
            }),
        ),
        Err(unknown) => ("without_gap", gap(unknown)),
    };
    object.insert(key.to_owned(), without);
    Json::Object(object)
}
