//! A waiver: somebody with the authority lets what one clause says of one SLO stand in nobody's way until a date.
//!
//! It is bound to a ruling by the digest of what that asks for, and of which SLO, so a clause that asks for something
//! else tomorrow is not waived. It ends by itself, at an instant that is the same on every entry. A waiver that matched
//! nothing, or is over, is told. Silver bullets and words on manual clauses reach a verdict with the ruling that they
//! bear on (`policy::recall`).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use crate::policy::ruling::Ruling;
use crate::verdict::{Situation, Weighed};

/// One waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The id of the policy.
    pub policy: String,
    /// The clause.
    pub clause: String,
    /// The digest of the ruling that is waived.
    pub ruling: String,
    /// The day on which it holds no more.
    pub until: Date,
    /// The policy's time zone, in which that day begins.
    pub zone: TimeZone,
    /// Whose word it is.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What became of a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A ruling comes to less because of it.
    Used,
    /// It matches no ruling that stands in the way.
    Unused,
    /// It is over.
    Expired,
}

impl Use {
    /// As it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Unused => "unused",
            Self::Expired => "expired",
        }
    }
}

impl Waiver {
    /// The first instant at which it holds no more: midnight in its zone, or the first instant of a day that has no
    /// midnight. None where there is no such instant, and then it never holds.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        self.until.to_zoned(self.zone.clone()).ok().map(|start| start.timestamp())
    }

    /// True while it holds.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.ends().is_some_and(|end| now < end)
    }

    /// True when it is about a ruling.
    #[must_use]
    pub fn is_about(&self, ruling: &Ruling) -> bool {
        self.policy == ruling.policy && self.clause == ruling.clause && self.ruling == digest(ruling)
    }
}

/// What became of each waiver of a situation.
pub(super) fn used(situation: &Situation, weighed: &[Weighed]) -> Vec<(Waiver, Use)> {
    let became = |waiver: &Waiver| {
        if !waiver.is_active(situation.now) {
            Use::Expired
        } else if weighed.iter().any(|one| one.waived_by.as_ref() == Some(waiver)) {
            Use::Used
        } else {
            Use::Unused
        }
    };
    situation.waivers.iter().map(|waiver| (waiver.clone(), became(waiver))).collect()
}

/// The digest that binds a waiver to a ruling, as `sha256:` and hexadecimal: what a clause asks for, and of which SLO in
/// which environment. Since when it is in force, and on which figures, is no part of it: those move while a waiver holds.
#[must_use]
pub fn digest(ruling: &Ruling) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        // Each part with its length, so that no two rulings run together into one text.
        hash.update(format!("{}:", text.len()));
        hash.update(text);
    };
    for text in [&ruling.policy, &ruling.clause, &ruling.service, &ruling.slo, &ruling.environment] {
        part(text);
    }
    for consequence in &ruling.consequences {
        part(consequence.word());
        part(consequence.frozen().unwrap_or_default());
    }
    hash.finalize().iter().fold("sha256:".to_owned(), |digest, byte| format!("{digest}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Mode;
    use crate::verdict::tests::{freeze, in_force, situation, unknown, warn};
    use crate::verdict::{Circumstance, Effect, Exit, Verdict, fold};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    /// A waiver of the tests' ruling that freezes production, until 1 December.
    fn waiver(zone: TimeZone) -> Waiver {
        Waiver {
            policy: "p".to_owned(),
            clause: "c".to_owned(),
            ruling: digest(&in_force(vec![freeze(&[])])),
            until: Date::constant(2026, 12, 1),
            zone,
            by: "@vp".to_owned(),
            reason: "the migration must end".to_owned(),
        }
    }

    fn judged(now: &str, waiver: Waiver, rulings: Vec<Ruling>) -> Verdict {
        let situation = Situation { now: at(now), waivers: vec![waiver], ..situation(Mode::Enforce) };
        fold(&situation, rulings, &[])
    }

    #[test]
    fn a_waiver_holds_until_a_second_before_its_date_begins_and_not_at_it() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        for (zone, last, over) in [
            (TimeZone::UTC, "2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z"),
            (berlin, "2026-11-30T22:59:59Z", "2026-11-30T23:00:00Z"),
        ] {
            let frozen = || vec![in_force(vec![freeze(&[])])];
            let before = judged(last, waiver(zone.clone()), frozen());
            assert_eq!((before.effect, before.exit), (Effect::Inform, Exit::Proceed));
            assert_eq!(before.valid_until, at(over), "nobody relies on it for longer");
            assert_eq!(before.waivers, [(waiver(zone.clone()), Use::Used)]);
            let after = judged(over, waiver(zone.clone()), frozen());
            assert_eq!((after.effect, after.exit), (Effect::Freeze, Exit::Withheld));
            assert_eq!(after.waivers, [(waiver(zone.clone()), Use::Expired)]);
            let second_later = at(over).checked_add(jiff::SignedDuration::from_secs(1)).expect("an instant");
            assert!(!waiver(zone).is_active(second_later));
        }
    }

    #[test]
    fn a_waiver_is_of_one_ruling_and_of_no_milder_word_beside_it() {
        let now = "2026-11-21T12:00:00Z";
        let effect = |rulings| judged(now, waiver(TimeZone::UTC), rulings).effect;
        assert_eq!(effect(vec![in_force(vec![freeze(&["hotfix"])])]), Effect::Inform, "other exceptions");
        assert_eq!(effect(vec![in_force(vec![freeze(&[]), warn()])]), Effect::Freeze, "it asks for more");
        assert_eq!(
            effect(vec![Ruling { slo: "o".to_owned(), ..in_force(vec![freeze(&[])]) }]),
            Effect::Freeze
        );
        assert_eq!(
            effect(vec![Ruling { clause: "d".to_owned(), ..in_force(vec![freeze(&[])]) }]),
            Effect::Freeze
        );
        assert_eq!(effect(vec![unknown(vec![freeze(&[])])]), Effect::Inform, "at worst it is what is waived");
        let unused = judged(now, waiver(TimeZone::UTC), vec![in_force(vec![warn()])]);
        assert_eq!((unused.effect, unused.waivers[0].1), (Effect::Warn, Use::Unused));
        let used = judged(now, waiver(TimeZone::UTC), vec![in_force(vec![freeze(&[])])]);
        assert_eq!(used.rulings[0].circumstances, [Circumstance::Waived].into());
        assert_eq!(used.rulings[0].waived_by, Some(waiver(TimeZone::UTC)));
    }
}
