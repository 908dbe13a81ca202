//! What one ruling comes to for one change: what its consequences ask for, and what about the change eases them.

use std::collections::BTreeSet;

use crate::ledger::SilverBullet;
use crate::policy::Consequence;
use crate::policy::ruling::{Obstacle, Ruling, Standing};
use crate::settings::OnUnknown;
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
}

/// What about a change makes a consequence come to less than it asks for, or to not knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Circumstance {
    /// Its class is excepted, so what stops others only informs.
    Excepted,
    /// A silver bullet lets it through.
    Lifted,
    /// It is judged as the partial rollout that may ship.
    Partial,
    /// Fewer releases than the limit went out today.
    WithinLimit,
    /// Nobody can count today's releases.
    Uncounted,
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
    let eased = match (excepted, bullet(situation, ruling)) {
        (true, _) => Circumstance::Excepted,
        (false, Some(_)) => Circumstance::Lifted,
        (false, None) => return (asks, comes_to, why),
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

/// A ruling's effect in the situation.
///
/// A clause that is not known counts as unknown where it could withhold the change, and as what it could at most
/// say where it could not: a clause that only ever engages somebody stops nobody. A clause that *failed* is a
/// broken policy, and counts as unknown whatever its consequences are.
pub(super) fn weigh(situation: &Situation, ruling: Ruling) -> Weighed {
    let (mut asks, mut eased, mut circumstances) = (Effect::Proceed, Effect::Proceed, BTreeSet::new());
    for consequence in &ruling.consequences {
        let (one_asks, comes_to, why) = potential(situation, &ruling, consequence);
        asks = asks.max(one_asks);
        eased = eased.max(comes_to);
        circumstances.extend(why);
    }
    let failed = matches!(ruling.obstacle, Some(Obstacle::Failed { .. }));
    let (stated, effect) = match ruling.standing {
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
    let cap = if ruling.pending { Effect::Inform } else { cap(situation.mode) };
    Weighed { ruling, asks, stated, effect: effect.min(cap), circumstances, lifted_by }
}
