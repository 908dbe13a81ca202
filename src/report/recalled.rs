//! What of the past bears on rulings and policies, in sentences that every rendering shares. Each hands in how it
//! escapes what people wrote.

use rust_decimal::Decimal;

use crate::policy::ruling::{Ruling, Standing};
use crate::policy::{Evidence, Value};
use crate::report::figure;

/// How a ruling ends in whose end a signal has a say.
pub const UNFORESEEN: &str = "has no end that can be foreseen, because it depends on a signal";

/// The sentences without their periods: who triggered it, what makes it longer, what is given back.
pub fn sentences(ruling: &Ruling, safe: impl Fn(&str) -> String) -> Vec<String> {
    let recalled = &ruling.recalled;
    let mut said = Vec::new();
    if let Some(word) = &recalled.triggered {
        said.push(format!("triggered by {}: {}", safe(&word.by), safe(&word.reason)));
    }
    if let Some(taxed) = recalled.taxed {
        let (days, add) = if taxed.days == 1 { ("day", "adds") } else { ("days", "add") };
        let adds = taxed.adds.normalize();
        let unit = if adds == Decimal::ONE { "day" } else { "days" };
        said.push(format!("{} {days} with a release during the freeze {add} {adds} {unit}", taxed.days));
    }
    if !recalled.topped_up.is_zero() {
        said.push(topped_up(recalled.topped_up, ruling.evidence.iter().chain(&ruling.thaw_evidence)));
    }
    said
}

/// What is given back of a budget, and what would be left without that, where what is left was read.
pub fn topped_up<'a>(share: Decimal, evidence: impl IntoIterator<Item = &'a Evidence>) -> String {
    let left = evidence.into_iter().find_map(|read| {
        let Value::Ratio(left) = read.value else { return None };
        (read.fact == "remaining").then(|| left - share)
    });
    let without = left
        .map_or_else(String::new, |left| format!("; without that {} would be left", figure::percent(left)));
    format!("{} of the budget is topped up{without}", figure::percent(share))
}

/// The silver bullets that lift a freeze for some change, and how many are left, in sentences without their periods.
pub fn bullets(ruling: &Ruling, safe: impl Fn(&str) -> String) -> Vec<String> {
    let fired = ruling.recalled.bullets.iter().filter(|_| freezes(ruling));
    let said = fired.map(|bullet| {
        format!(
            "silver bullet for {} into {}, fired by {} on {}: {}",
            safe(&bullet.head),
            safe(&bullet.environment),
            safe(&bullet.by),
            figure::moment(bullet.at),
            safe(&bullet.reason)
        )
    });
    let left = ruling.recalled.bullets_left.filter(|_| freezes(ruling)).map(bullets_left);
    said.chain(left).collect()
}

/// True where a ruling stops an environment, or may.
fn freezes(ruling: &Ruling) -> bool {
    ruling.consequences.iter().any(|consequence| consequence.frozen().is_some())
        && matches!(ruling.standing, Standing::InForce { .. } | Standing::Unknown)
}

/// How a ruling in force ends, where that is not by its budget alone: with its time after the clause that it follows, by
/// a person's word, or as a signal has it.
pub fn ending(ruling: &Ruling, safe: impl Fn(&str) -> String) -> Option<String> {
    match (ruling.standing, &ruling.recalled.follows, &ruling.recalled.triggered) {
        (Standing::InForce { thaws_at: Some(at), .. }, Some(first), _) => {
            Some(format!("ends {}, unless {} comes back", figure::instant(at), safe(first)))
        }
        (Standing::InForce { .. }, _, Some(_)) => Some("ends when a person says that it is over".to_owned()),
        (Standing::InForce { .. }, ..) if ruling.unforeseen => Some(UNFORESEEN.to_owned()),
        (Standing::InForce { .. } | Standing::Idle | Standing::Unknown | Standing::Untriggered, ..) => None,
    }
}

/// How many silver bullets are left this year.
#[must_use]
pub fn bullets_left((left, a_year): (u32, u32)) -> String {
    let bullets = if a_year == 1 { "silver bullet" } else { "silver bullets" };
    format!("{left} of {a_year} {bullets} left this year")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::diagnostic::{Place, SourceText};
    use crate::ledger::{Decree, SilverBullet};
    use crate::policy::recall::{Recalled, Taxed};
    use crate::policy::{Consequence, Evidence};

    fn ruling(recalled: Recalled) -> Ruling {
        let environment = "production".to_owned();
        Ruling {
            policy: "p".to_owned(),
            clause: "c".to_owned(),
            title: "t".to_owned(),
            place: Place::new(&SourceText::new("p.rhai", "clause"), 0..6),
            slo: "s".to_owned(),
            service: "v".to_owned(),
            environment: environment.clone(),
            standing: Standing::InForce { since: 0, at_least: false, thaws_at: None },
            obstacle: None,
            evidence: vec![Evidence {
                fact: "remaining".to_owned(),
                value: Value::Ratio(Decimal::new(5, 2)),
                compared: None,
            }],
            thaw_evidence: Vec::new(),
            consequences: vec![Consequence::Freeze { environment, except: Vec::new() }],
            pending: false,
            unforeseen: false,
            estimated: None,
            recalled,
        }
    }

    fn upper(text: &str) -> String {
        text.to_uppercase()
    }

    #[test]
    fn what_is_remembered_is_told_with_its_numbers_and_names_are_escaped() {
        let word = Decree {
            at: Timestamp::UNIX_EPOCH,
            policy: "p".to_owned(),
            clause: "c".to_owned(),
            service: "v".to_owned(),
            by: "@ola".to_owned(),
            reason: "letters".to_owned(),
        };
        let taxed = Taxed { days: 3, adds: Decimal::new(45, 1) };
        let recalled = Recalled {
            triggered: Some(word),
            taxed: Some(taxed),
            topped_up: Decimal::new(2, 1),
            ..Recalled::default()
        };
        assert_eq!(
            sentences(&ruling(recalled), upper),
            [
                "triggered by @OLA: LETTERS",
                "3 days with a release during the freeze add 4.5 days",
                "20 % of the budget is topped up; without that -15 % would be left"
            ]
        );
        let one = Taxed { days: 1, adds: Decimal::ONE };
        let recalled = Recalled { taxed: Some(one), ..Recalled::default() };
        assert_eq!(
            sentences(&ruling(recalled), upper),
            ["1 day with a release during the freeze adds 1 day"]
        );
        assert!(sentences(&ruling(Recalled::default()), upper).is_empty());
    }

    #[test]
    fn silver_bullets_are_told_of_what_freezes() {
        let bullet = SilverBullet {
            at: Timestamp::UNIX_EPOCH,
            policy: "p".to_owned(),
            service: None,
            environment: "production".to_owned(),
            head: "abc".to_owned(),
            by: "@vp".to_owned(),
            reason: "launch".to_owned(),
        };
        let recalled = Recalled { bullets: vec![bullet], bullets_left: Some((2, 3)), ..Recalled::default() };
        let mut ruling = ruling(recalled);
        let said = [
            "silver bullet for ABC into PRODUCTION, fired by @VP on 1 Jan 00:00 UTC: LAUNCH",
            "2 of 3 silver bullets left this year",
        ];
        assert_eq!(bullets(&ruling, upper), said);
        ruling.standing = Standing::Idle;
        assert!(bullets(&ruling, upper).is_empty());
    }

    #[test]
    fn a_ramp_ends_by_time_and_a_freeze_by_its_budget_or_a_signal() {
        let mut ramp = ruling(Recalled { follows: Some("exhausted".to_owned()), ..Recalled::default() });
        ramp.standing = Standing::InForce { since: 0, at_least: false, thaws_at: Some(0) };
        assert_eq!(
            ending(&ramp, upper).as_deref(),
            Some("ends 1 Jan 00:00 UTC, unless EXHAUSTED comes back")
        );
        let mut freeze = ruling(Recalled::default());
        assert_eq!(ending(&freeze, upper), None);
        freeze.unforeseen = true;
        assert_eq!(ending(&freeze, upper).as_deref(), Some(UNFORESEEN));
    }
}
