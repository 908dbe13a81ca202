//! What one ruling comes to for one change: what its consequences ask for, and what about the change eases them.

use std::collections::BTreeSet;

use crate::ledger::SilverBullet;
use crate::policy::Consequence;
use crate::policy::ruling::{Obstacle, Ruling, Standing};
use crate::settings::OnUnknown;
use crate::verdict::waiver::Waiver;
use crate::verdict::{Effect, Situation, cap};

/// A ruling with its effect in the situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// The ruling.
    pub ruling: Ruling,
    /// What the clause asks for whenever it is in force.
    pub asks: Effect,
    /// What it asks for as it stands, before mode and class.
    pub stated: Effect,
    /// What it comes to.
    pub effect: Effect,
    /// What makes it come to less, or to not knowing.
    pub circumstances: BTreeSet<Circumstance>,
    /// The silver bullet that lets this change through what the clause stops.
    pub lifted_by: Option<SilverBullet>,
    /// The waiver because of which the clause stands in nobody's way.
    pub waived_by: Option<Waiver>,
}

/// What about a change makes a consequence come to less than it asks for, or to not knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Circumstance {
    /// Its class is excepted, so what stops others only informs.
    Excepted,
    /// A silver bullet lets it through.
    Lifted,
    /// What the clause asks for is waived for a while.
    Waived,
    /// It is judged as the partial rollout that may ship.
    Partial,
    /// Fewer releases than the limit went out today.
    WithinLimit,
    /// Nobody can count today's releases.
    Uncounted,
    /// The budget that it rests on is an estimate, so what stops others only warns.
    Estimated,
}

impl Weighed {
    /// True when the change's class is excepted.
    #[must_use]
    pub fn excepted(&self) -> bool {
        self.circumstances.contains(&Circumstance::Excepted)
    }
}

/// What one consequence of a ruling asks for, what it comes to for the change, and why these differ.
fn potential(
    situation: &Situation,
    ruling: &Ruling,
    consequence: &Consequence,
) -> (Effect, Effect, Option<Circumstance>) {
    let class = situation.class.as_ref();
    let excepted = consequence.except().is_some_and(|except| class.is_some_and(|own| except.contains(own)));
    let (asks, comes_to, why) = match consequence {
        Consequence::Freeze { environment, .. } if *environment == situation.environment => {
            (Effect::Freeze, Effect::Freeze, None)
        }
        Consequence::Restrict { to, .. } if *to == situation.rollout => {
            (Effect::Restrict, Effect::Inform, Some(Circumstance::Partial))
        }
        Consequence::Restrict { .. } => (Effect::Restrict, Effect::Restrict, None),
        Consequence::LimitReleases { a_day, .. } => match &situation.released_today {
            Some(released) if within(released.get(&ruling.service).copied(), *a_day) => {
                (Effect::Restrict, Effect::Inform, Some(Circumstance::WithinLimit))
            }
            Some(_) => (Effect::Restrict, Effect::Restrict, None),
            None => (Effect::Restrict, Effect::Unknown, Some(Circumstance::Uncounted)),
        },
        Consequence::Warn(_) => return (Effect::Warn, Effect::Warn, None),
        Consequence::Freeze { .. }
        | Consequence::Inform(_)
        | Consequence::ActionItem { .. }
        | Consequence::Postmortem
        | Consequence::Engage(_)
        | Consequence::Notify(_)
        | Consequence::Assign(_)
        | Consequence::Escalate { .. }
        | Consequence::CodeYellow
        | Consequence::CodeRed
        | Consequence::HandBackOperations => return (Effect::Inform, Effect::Inform, None),
    };
    let eased = if excepted {
        Circumstance::Excepted
    } else if bullet(situation, ruling).is_some() {
        Circumstance::Lifted
    } else if waiver(situation, ruling).is_some() {
        Circumstance::Waived
    } else {
        return (asks, comes_to, why);
    };
    (asks, Effect::Inform, Some(eased))
}

/// True when fewer releases went out than may on a day.
fn within(released: Option<usize>, a_day: u32) -> bool {
    u32::try_from(released.unwrap_or(0)).is_ok_and(|released| released < a_day)
}

/// The silver bullet that was fired for the change, where the ruling freezes the environment: it lifts all that such a
/// ruling stops, and nothing of one that only restricts.
fn bullet<'a>(situation: &Situation, ruling: &'a Ruling) -> Option<&'a SilverBullet> {
    let head = situation.head.as_ref()?;
    let mut frozen = ruling.consequences.iter().filter_map(Consequence::frozen);
    if !frozen.any(|environment| environment == situation.environment) {
        return None;
    }
    ruling
        .recalled
        .bullets
        .iter()
        .find(|bullet| bullet.head == *head && bullet.environment == situation.environment)
}

/// The waiver of a ruling that holds now.
fn waiver<'a>(situation: &'a Situation, ruling: &Ruling) -> Option<&'a Waiver> {
    situation.waivers.iter().find(|waiver| waiver.is_active(situation.now) && waiver.is_about(ruling))
}

/// A ruling's effect in the situation.
///
/// A clause that is not known counts as unknown where it could withhold the change, and as what it could at most
/// say where it could not: a clause that only ever engages somebody stops nobody. A clause that *failed* is a
/// broken policy, and counts as unknown whatever its consequences are. What rests on an estimated budget warns at most.
pub(super) fn weigh(situation: &Situation, ruling: Ruling) -> Weighed {
    let (mut asks, mut eased, mut circumstances) = (Effect::Proceed, Effect::Proceed, BTreeSet::new());
    for consequence in &ruling.consequences {
        let (one_asks, comes_to, why) = potential(situation, &ruling, consequence);
        asks = asks.max(one_asks);
        eased = eased.max(comes_to);
        circumstances.extend(why);
    }
    let failed = matches!(ruling.obstacle, Some(Obstacle::Failed { .. }));
    let estimated = ruling.estimated.is_some() && eased > Effect::Warn;
    let (stated, effect) = match ruling.standing {
        Standing::InForce { .. } if estimated && !failed => {
            circumstances.insert(Circumstance::Estimated);
            (asks, Effect::Warn)
        }
        Standing::InForce { .. } if failed => (asks.max(Effect::Unknown), eased.max(Effect::Unknown)),
        Standing::InForce { .. } => (asks, eased),
        Standing::Unknown if failed => (Effect::Unknown, Effect::Unknown),
        Standing::Unknown => (asks.min(Effect::Unknown), eased.min(Effect::Unknown)),
        Standing::Idle | Standing::Untriggered => (Effect::Proceed, Effect::Proceed),
    };
    if stated == Effect::Proceed || (failed && ruling.standing == Standing::Unknown) {
        circumstances.clear();
    }
    let effect = if effect == Effect::Unknown && situation.on_unknown == OnUnknown::Warn {
        Effect::Warn
    } else {
        effect
    };
    let lifted = circumstances.contains(&Circumstance::Lifted);
    let lifted_by = bullet(situation, &ruling).filter(|_| lifted).cloned();
    let waived = circumstances.contains(&Circumstance::Waived);
    let waived_by = waiver(situation, &ruling).filter(|_| waived).cloned();
    let cap = if ruling.pending { Effect::Inform } else { cap(situation.mode) };
    Weighed { ruling, asks, stated, effect: effect.min(cap), circumstances, lifted_by, waived_by }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::change::Rollout;
    use crate::diagnostic::{Place, SourceText};
    use crate::policy::recall::Recalled;
    use crate::settings::Mode;

    /// A change with this head, on its way into this environment.
    fn situation(head: Option<&str>, environment: &str) -> Situation {
        Situation {
            environment: environment.to_owned(),
            mode: Mode::Enforce,
            on_unknown: OnUnknown::Block,
            class: None,
            head: head.map(str::to_owned),
            rollout: Rollout::Full,
            released_today: None,
            now: Timestamp::UNIX_EPOCH,
            floor: Effect::Proceed,
            waivers: Vec::new(),
        }
    }

    /// A ruling under which a silver bullet was fired for the change `abc` into production.
    fn under_a_bullet(standing: Standing, consequences: Vec<Consequence>) -> Ruling {
        let bullet = SilverBullet {
            at: Timestamp::UNIX_EPOCH,
            policy: "p".to_owned(),
            service: None,
            environment: "production".to_owned(),
            head: "abc".to_owned(),
            by: "@vp".to_owned(),
            reason: "launch".to_owned(),
        };
        Ruling {
            policy: "p".to_owned(),
            clause: "c".to_owned(),
            title: "t".to_owned(),
            place: Place::new(&SourceText::new("p.rhai", "clause"), 0..6),
            slo: "s".to_owned(),
            service: "v".to_owned(),
            environment: "production".to_owned(),
            standing,
            obstacle: None,
            evidence: Vec::new(),
            thaw_evidence: Vec::new(),
            consequences,
            pending: false,
            unforeseen: false,
            estimated: None,
            recalled: Recalled { bullets: vec![bullet], ..Recalled::default() },
        }
    }

    const IN_FORCE: Standing = Standing::InForce { since: 0, at_least: false, thaws_at: None };

    fn freeze(environment: &str) -> Consequence {
        Consequence::Freeze { environment: environment.to_owned(), except: Vec::new() }
    }

    fn restrict() -> Consequence {
        Consequence::Restrict { to: Rollout::Canary, except: Vec::new() }
    }

    #[test]
    fn a_silver_bullet_lets_one_change_into_one_environment() {
        let effect = |head, environment: &str, frozen: &str| {
            weigh(&situation(head, environment), under_a_bullet(IN_FORCE, vec![freeze(frozen)])).effect
        };
        assert_eq!(effect(Some("abc"), "production", "production"), Effect::Inform);
        assert_eq!(effect(Some("abd"), "production", "production"), Effect::Freeze);
        assert_eq!(effect(None, "production", "production"), Effect::Freeze);
        assert_eq!(effect(Some("abc"), "staging", "staging"), Effect::Freeze);
        let lifted = weigh(
            &situation(Some("abc"), "production"),
            under_a_bullet(IN_FORCE, vec![freeze("production")]),
        );
        assert_eq!(lifted.lifted_by.as_ref(), lifted.ruling.recalled.bullets.first());
        assert_eq!(lifted.stated, Effect::Freeze);
    }

    #[test]
    fn a_silver_bullet_lifts_a_freeze_with_all_that_stands_beside_it_and_nothing_milder() {
        let effect = |consequences| {
            weigh(&situation(Some("abc"), "production"), under_a_bullet(IN_FORCE, consequences)).effect
        };
        assert_eq!(effect(vec![freeze("production"), restrict()]), Effect::Inform);
        assert_eq!(effect(vec![restrict()]), Effect::Restrict);
    }

    #[test]
    fn what_rests_on_an_estimate_warns_and_stops_nobody() {
        let weighed = |consequences| {
            let estimated = Some(7 * 86_400);
            let ruling = Ruling { estimated, ..under_a_bullet(IN_FORCE, consequences) };
            weigh(&situation(None, "production"), ruling)
        };
        for stops in [freeze("production"), restrict()] {
            let weighed = weighed(vec![stops]);
            assert_eq!(weighed.effect, Effect::Warn);
            assert!(
                weighed.stated > Effect::Unknown && weighed.circumstances.contains(&Circumstance::Estimated)
            );
        }
        assert_eq!(weighed(vec![freeze("staging")]).effect, Effect::Inform);
        assert!(weighed(vec![freeze("staging")]).circumstances.is_empty());
    }

    #[test]
    fn a_silver_bullet_mends_no_policy_that_failed() {
        let mut failed = under_a_bullet(Standing::Unknown, vec![freeze("production")]);
        let place = failed.place.clone();
        failed.obstacle = Some(Obstacle::Failed { message: "too many operations".to_owned(), place });
        let weighed = weigh(&situation(Some("abc"), "production"), failed);
        assert_eq!((weighed.effect, weighed.lifted_by), (Effect::Unknown, None));
    }
}
