//! What people agreed that budgets should not count: planned downtime, and depletion that a dependency caused.
//!
//! An exclusion takes stretches of time out of the budgets that it names (`budget::exclusion` says how); a top-up is an
//! event of the ledger. Both stand in files that are read like SLOs, from the base alone, so that no change is judged
//! by its own. What they do to a figure is reckoned elsewhere; here is what they say, whom they concern and when.

mod load;
mod recurrence;
pub mod revision;
mod unused;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::budget::Budget;
use crate::budget::exclusion::Exclusions;
use crate::catalog::Slo;
use crate::diagnostic::Place;
use crate::ledger::{Event, TopUp};

pub use load::load;
pub use recurrence::Recurrence;
pub use unused::{over, unknown};

/// How far ahead somebody may plan at least, in seconds: the longest quarter. No shorter period ends what is excluded.
const AHEAD: i64 = 92 * 86_400;

/// A name that somebody wrote, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// Stretches of time that do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// What people call it.
    pub name: String,
    /// The services whose SLOs it is about.
    pub services: Vec<Named>,
    /// The SLOs that it is about besides those.
    pub slos: Vec<Named>,
    /// The environments that it is about; all of them where none is named.
    pub environments: Vec<Named>,
    /// When the first begins.
    pub start: Timestamp,
    /// How long each lasts, in seconds.
    pub duration: i64,
    /// When it comes again; none where it does not.
    pub recurrence: Option<Recurrence>,
    /// No one of those that recur begins then or later.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: String,
    /// Who agreed.
    pub agreed_by: String,
    /// Where its name stands.
    pub place: Place,
}

/// Depletion that is given back, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// What the ledger would say.
    pub top_up: TopUp,
    /// Why.
    pub reason: String,
    /// Who agreed.
    pub agreed_by: String,
    /// Where its SLO is named.
    pub place: Place,
    /// Where its dependency is named.
    pub dependency_place: Place,
}

/// Everything that is adjusted, in the order of files and lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adjustments {
    /// What does not count.
    pub exclusions: Vec<Exclusion>,
    /// What is given back.
    pub top_ups: Vec<Returned>,
}

impl Returned {
    /// What tells it from any other: all that the ledger would say.
    fn key(&self) -> (Timestamp, &str, &str, Decimal, bool) {
        let TopUp { at, slo, dependency, share, provider_enacted } = &self.top_up;
        (*at, slo, dependency, *share, *provider_enacted)
    }
}

impl Exclusion {
    /// True where it is about an SLO in an environment.
    #[must_use]
    pub fn concerns(&self, slo: &Slo, environment: &str) -> bool {
        self.is_about((&slo.service, &slo.name), environment)
    }

    /// True where it is about an SLO, of a service and by its name, in an environment.
    #[must_use]
    pub fn is_about(&self, (service, slo): (&str, &str), environment: &str) -> bool {
        let has = |names: &[Named], wanted: &str| names.iter().any(|named| named.name == wanted);
        (has(&self.services, service) || has(&self.slos, slo))
            && (self.environments.is_empty() || has(&self.environments, environment))
    }

    /// The stretches that touch the time from one instant to another, in seconds since the epoch, the oldest first: each
    /// from its first instant to the first one behind it.
    #[must_use]
    pub fn between(&self, from: i64, until: i64) -> Vec<(i64, i64)> {
        let over = self.until.map_or(i64::MAX, Timestamp::as_second).min(until);
        let touching = from.saturating_sub(self.duration)..over;
        let once = self.start.as_second();
        let begins = match &self.recurrence {
            Some(recurrence) => recurrence.within(touching),
            None if touching.contains(&once) => std::slice::from_ref(&once),
            None => &[],
        };
        let stretches = begins.iter().map(|begin| (*begin, begin.saturating_add(self.duration)));
        stretches.filter(|(_, end)| *end > from).collect()
    }

    /// How long it lasts and when, in words: `2h from 2026-10-04T00:00:00Z, FREQ=WEEKLY;BYDAY=SU (Europe/Berlin)`.
    #[must_use]
    pub fn when(&self) -> String {
        let length = crate::budget::gap::duration(self.duration);
        let again = self.recurrence.as_ref().map_or_else(String::new, |one| format!(", {}", one.describe()));
        let until = self.until.map_or_else(String::new, |until| format!(", until {until}"));
        format!("{length} from {}{again}{until}", self.start)
    }
}

impl Adjustments {
    /// True where nothing is adjusted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.exclusions.is_empty() && self.top_ups.is_empty()
    }

    /// The exclusions that are about an SLO in an environment.
    pub fn concerning<'a>(
        &'a self,
        slo: &'a Slo,
        environment: &'a str,
    ) -> impl Iterator<Item = &'a Exclusion> {
        self.exclusions.iter().filter(move |one| one.concerns(slo, environment))
    }

    /// A budget without what does not count of it, and the exclusions that take a step of its history at least. `most` is
    /// the share of a period that may be excluded.
    #[must_use]
    pub fn applied(
        &self,
        budget: Budget,
        slo: &Slo,
        environment: &str,
        most: Decimal,
    ) -> (Budget, Vec<Applied>) {
        let Some((first, last)) = budget.span() else { return (budget, Vec::new()) };
        // What is planned lies within a period, and what becomes of it within one more.
        let ahead = budget.period().max(AHEAD).saturating_mul(2).saturating_add(budget.step());
        let (from, until) = (first - budget.step(), last.saturating_add(ahead));
        let mut spans = Vec::new();
        let mut applied = Vec::new();
        for exclusion in self.concerning(slo, environment) {
            let own = exclusion.between(from, until);
            let exclusions = Exclusions::new(own.clone(), most);
            if budget.is_touched_by(&exclusions) {
                applied.push(Applied { name: exclusion.name.clone(), exclusions });
            }
            spans.extend(own);
        }
        (budget.excluding(Exclusions::new(spans, most)), applied)
    }

    /// The exclusions of an SLO in an environment that touch the time from one instant to another, in seconds since the
    /// epoch, by name.
    #[must_use]
    pub fn touching(&self, slo: &Slo, environment: &str, (from, until): (i64, i64)) -> Vec<String> {
        let touching = self.concerning(slo, environment).filter(|one| !one.between(from, until).is_empty());
        touching.map(|one| one.name.clone()).collect()
    }

    /// What is given back, as the ledger says it.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.top_ups.iter().map(|one| Event::TopUp(one.top_up.clone())).collect()
    }

    /// The exclusions by name.
    fn by_name(&self) -> BTreeMap<&str, &Exclusion> {
        self.exclusions.iter().map(|one| (one.name.as_str(), one)).collect()
    }
}

/// One exclusion as it bears on one budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// Its stretches within the history.
    pub exclusions: Exclusions,
}

#[cfg(test)]
mod tests;
