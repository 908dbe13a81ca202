//! Waivers, for machines.

use serde_json::{Value as Json, json};

use crate::verdict::waiver::{Use, Waiver};

/// One waiver: what it waives, until when, by whose word, and what became of it.
pub(super) fn waiver((waiver, became): &(Waiver, Use)) -> Json {
    json!({
        "policy": waiver.policy,
        "clause": waiver.clause,
        "ruling": waiver.ruling,
        "until": waiver.until.to_string(),
        "ends": waiver.ends().map(|end| end.to_string()),
        "by": waiver.by,
        "reason": waiver.reason,
        "use": became.as_str(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::Date;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn a_waiver_has_what_the_schema_demands_and_nothing_else() {
        let schema: Json =
            serde_json::from_str(include_str!("../../../schemas/report.v1.json")).expect("it is JSON");
        let schema = &schema["properties"]["waivers"]["items"];
        let one = Waiver {
            policy: "shop".to_owned(),
            clause: "exhausted".to_owned(),
            ruling: "sha256:0".to_owned(),
            until: Date::constant(2026, 12, 1),
            zone: TimeZone::get("Europe/Berlin").expect("a zone"),
            by: "@vp".to_owned(),
            reason: "the migration must end".to_owned(),
        };
        for became in [Use::Used, Use::Unused, Use::Expired] {
            let written = waiver(&(one.clone(), became));
            let keys: BTreeSet<&str> =
                written.as_object().expect("an object").keys().map(String::as_str).collect();
            let required: BTreeSet<&str> =
                schema["required"].as_array().expect("a list").iter().filter_map(Json::as_str).collect();
            assert_eq!(keys, required);
            assert_eq!(written["ends"], "2026-11-30T23:00:00Z");
            assert!(schema["properties"]["use"]["enum"].as_array().expect("words").contains(&written["use"]));
        }
    }
}
