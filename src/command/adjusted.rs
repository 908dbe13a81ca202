//! What people agreed that budgets should not count: read with the law, and put into the budgets that are judged.
//!
//! Figures and rulings are reckoned both ways, so that everybody sees what an agreement does to a verdict. To an
//! organisation's policies a team's agreements are nothing: they are ruled without them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::adjustment::{self, Adjustments, Applied};
use crate::catalog::{Catalog, Slo};
use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::command::law;
use crate::diagnostic::Diagnostic;
use crate::ledger::Past;
use crate::policy::Policy;
use crate::policy::ruling::{self, Measured, Ruling};
use crate::report::adjusted::{Adjusted, Excluded, Unadjusted};
use crate::report::reckoned;
use crate::settings::{self, Settings};
use crate::verdict::Verdict;

/// Reads all adjustments among these paths, and finds what is wrong in them, or does nothing.
///
/// # Errors
/// When the tree does not answer.
pub fn read(
    ground: &Ground,
    settings: &Settings,
    paths: &[String],
    catalog: &Catalog,
    problems: &mut Vec<Diagnostic>,
) -> Result<Adjustments, Stop> {
    if settings.adjustments.is_empty() {
        return Ok(Adjustments::default());
    }
    let files = law::read_all(ground, paths, &settings.adjustments, settings::FILE, problems)?;
    let (adjustments, found) = adjustment::load(&files);
    problems.extend(found);
    problems.extend(adjustment::unknown(&adjustments, catalog, settings));
    Ok(adjustments)
}

/// A measured budget, as it is judged and as it would be without exclusions.
pub struct Both {
    /// As it is judged.
    pub judged: Measured,
    /// Without exclusions; the same where nothing is excluded.
    pub bare: Measured,
    /// The exclusions that take a step of its history at least.
    pub applied: Vec<Applied>,
}

impl Both {
    /// Takes what is excluded out of a measured budget.
    pub fn of(measured: Measured, adjustments: &Adjustments, slo: &Slo, settings: &Settings) -> Self {
        let environment = measured.subject.environment.clone();
        if adjustments.concerning(slo, &environment).next().is_none() {
            return Self { judged: measured.clone(), bare: measured, applied: Vec::new() };
        }
        let bare = measured.clone();
        let mut applied = Vec::new();
        let budget = measured.budget.map(|budget| {
            let plain = Arc::unwrap_or_clone(budget);
            let (budget, found) = adjustments.applied(plain, slo, &environment, settings.excludable);
            applied = found;
            Arc::new(budget)
        });
        Self { judged: Measured { budget, ..measured }, bare, applied }
    }

    /// What of the adjustments changed the rulings: exclusions by their names, top-ups by their SLO.
    pub fn mattered(&self, with: &[Ruling], without: &[Ruling], past: Past<'_>) -> Vec<String> {
        if with == without {
            return Vec::new();
        }
        let slo = &self.judged.subject.slo;
        let given = past.top_ups(slo).next().map(|_| format!("the top-up of {slo}"));
        self.applied.iter().map(|one| one.name.clone()).chain(given).collect()
    }

    /// What the report says of its exclusions; none where they take nothing of its history.
    pub fn line(&self) -> Option<Adjusted> {
        let (budget, t) = (self.judged.budget.as_ref().ok()?, self.judged.t);
        let excluded = |one: &Applied| Excluded {
            name: one.name.clone(),
            seconds: budget.excluded_by(&one.exclusions, t),
        };
        let exclusions: Vec<Excluded> = self.applied.iter().map(excluded).collect();
        (!exclusions.is_empty()).then(|| Adjusted { exclusions, without: reckoned(&self.bare) })
    }
}

/// What a policy rules on a budget, and what it would rule if nothing were adjusted. What is given back is part of `past`.
pub fn rule(
    policy: &Policy,
    both: &Both,
    past: Past<'_>,
    unadjusted: Past<'_>,
) -> (Vec<Ruling>, Vec<Ruling>) {
    if policy.header.scope.organization {
        // `ruling` takes exclusions out itself: it is told of the same budget as everybody.
        let rulings = ruling::rule(policy, &both.judged, unadjusted);
        return (rulings.clone(), rulings);
    }
    let rulings = ruling::rule(policy, &both.judged, past);
    let given = past.top_ups(&both.judged.subject.slo).next().is_some();
    let bare = if both.applied.is_empty() && !given {
        rulings.clone()
    } else {
        ruling::rule(policy, &both.bare, unadjusted)
    };
    (rulings, bare)
}

/// What would be decided if nothing were adjusted, where that differs.
pub fn unadjusted(verdict: &Verdict, bare: &Verdict, names: &BTreeSet<String>) -> Option<Unadjusted> {
    let differs = verdict.effect != bare.effect || verdict.exit != bare.exit;
    let decided = bare.rulings.iter().filter(|one| one.effect == bare.effect);
    let clauses: BTreeSet<String> =
        decided.map(|one| format!("{}/{}", one.ruling.policy, one.ruling.clause)).collect();
    differs.then(|| Unadjusted {
        effect: bare.effect,
        exit: bare.exit,
        clauses: clauses.into_iter().collect(),
        adjustments: names.iter().cloned().collect(),
    })
}
