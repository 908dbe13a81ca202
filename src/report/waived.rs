//! Waivers that change nothing, in sentences that every rendering shares: one that is over, and one that matches nothing
//! that stands in the way. One that is used is told beside its clause.

use crate::verdict::waiver::{Use, Waiver};

/// The sentences without their periods; each rendering hands in how it escapes names.
pub fn sentences(waivers: &[(Waiver, Use)], safe: impl Fn(&str) -> String) -> Vec<String> {
    waivers.iter().filter_map(|(waiver, became)| sentence(waiver, *became, &safe)).collect()
}

/// One waiver's sentence.
fn sentence(waiver: &Waiver, became: Use, safe: &impl Fn(&str) -> String) -> Option<String> {
    let (policy, clause, by) = (safe(&waiver.policy), safe(&waiver.clause), safe(&waiver.by));
    let what = format!("the waiver of clause {clause} of policy {policy} by {by}");
    match became {
        Use::Used => None,
        Use::Unused => Some(format!("{what} until {} matches nothing that stands in the way", waiver.until)),
        Use::Expired => Some(format!("{what} ended on {}", waiver.until)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn what_is_over_or_matches_nothing_is_told() {
        let waiver = Waiver {
            policy: "shop".to_owned(),
            clause: "*exhausted*".to_owned(),
            ruling: "sha256:0".to_owned(),
            until: Date::constant(2026, 12, 1),
            zone: TimeZone::UTC,
            by: "@vp".to_owned(),
            reason: "the migration must end".to_owned(),
        };
        let of = |became| sentences(&[(waiver.clone(), became)], |name| name.replace('*', "\\*"));
        assert!(of(Use::Used).is_empty());
        assert_eq!(
            of(Use::Unused),
            [
                r"the waiver of clause \*exhausted\* of policy shop by @vp until 2026-12-01 matches nothing that stands in the way"
            ]
        );
        assert_eq!(
            of(Use::Expired),
            [r"the waiver of clause \*exhausted\* of policy shop by @vp ended on 2026-12-01"]
        );
    }
}
