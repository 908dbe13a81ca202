//! Which clauses a planned downtime would bring into force: each is asked about the budget with it and without it, at the
//! point at which the budget shows it, and where least is left.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::Written;
use crate::budget::downtime::Supposed;
use crate::command::watch::Asked;
use crate::ledger::Ledger;
use crate::policy::Policy;
use crate::policy::ruling::{self, Measured, Obstacle, Ruling, Standing};
use crate::report::budgets::{ClauseLine, Prospect};
use crate::settings::Settings;

/// The policies that look at an SLO's budget in an environment.
pub(super) fn covering<'a>(asked: &Asked<'_>, written: &'a Written, settings: &Settings) -> Vec<&'a Policy> {
    let service = &asked.slo.service;
    let team = settings.services.get(service).and_then(|service| service.team.as_deref());
    let measures =
        |policy: &Policy| policy.header.measures.as_deref().is_none_or(|one| one == asked.environment);
    let covers = |policy: &&Policy| policy.covers(service, team) && measures(policy);
    written.policies.iter().filter(covers).collect()
}

/// What would come of the clauses of policies that look at a budget.
pub(super) fn ask(
    policies: &[&Policy],
    measured: &Measured,
    supposed: &Supposed,
    now: Timestamp,
) -> Vec<ClauseLine> {
    let ledger = Ledger::default();
    let past = ledger.until(now);
    let (with, without) = (Arc::new(supposed.with.clone()), Arc::new(supposed.without.clone()));
    let mut lines: Vec<ClauseLine> = Vec::new();
    let shown: BTreeSet<i64> = supposed.taken.iter().map(|taken| taken.shown).collect();
    let lowest = [supposed.lowest.0].into_iter().filter(|_| !shown.is_empty());
    for t in shown.iter().copied().chain(lowest.filter(|lowest| !shown.contains(lowest))) {
        let at = |budget| Measured { subject: measured.subject.clone(), budget: Ok(budget), t };
        let (with, without) = (at(Arc::clone(&with)), at(Arc::clone(&without)));
        for policy in policies {
            let anyway = ruling::rule(policy, &without, past);
            for (ruling, anyway) in ruling::rule(policy, &with, past).into_iter().zip(anyway) {
                let Some(prospect) = prospect(&ruling, &anyway) else { continue };
                let line = ClauseLine {
                    policy: ruling.policy,
                    clause: ruling.clause,
                    place: ruling.place,
                    at: t,
                    consequences: ruling.consequences,
                    prospect,
                };
                let same = |one: &&mut ClauseLine| one.policy == line.policy && one.clause == line.clause;
                match lines.iter_mut().find(same) {
                    Some(known) if order(&line) < order(known) => *known = line,
                    Some(_) => {}
                    None => lines.push(line),
                }
            }
        }
    }
    lines.sort_by_key(|line| (order(line), !line.withholds()));
    lines
}

/// What would come into force first, then what is not known, then what is in force anyway.
const fn order(line: &ClauseLine) -> u8 {
    match line.prospect {
        Prospect::InForce(_) => 0,
        Prospect::Unknown(_) => 1,
        Prospect::Already => 2,
    }
}

/// What would come of a clause; none where nothing would.
fn prospect(with: &Ruling, without: &Ruling) -> Option<Prospect> {
    let in_force = |ruling: &Ruling| matches!(ruling.standing, Standing::InForce { .. });
    match with.standing {
        Standing::InForce { .. } if in_force(without) => Some(Prospect::Already),
        Standing::InForce { thaws_at, .. } => Some(Prospect::InForce(thaws_at)),
        Standing::Unknown => Some(Prospect::Unknown(match &with.obstacle {
            Some(Obstacle::Unknown { why }) => why.clone(),
            Some(Obstacle::Failed { message, .. }) => format!("the condition failed: {message}"),
            None => "nobody can tell".to_owned(),
        })),
        Standing::Idle | Standing::Untriggered => None,
    }
}
