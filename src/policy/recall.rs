//! What of the past bears on a policy: which releases are taxed, which silver bullets count, what is given back, and
//! what was said in vain.
//!
//! Days and years are those of UTC. An event that has no effect is never passed over in silence: a bullet beyond the
//! number, a top-up that the policy does not foresee, a word on a clause that is not there are each told.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::budget::Budget;
use crate::budget::quarter::Outage;
use crate::ledger::{Decree, Deployment, Past, SilverBullet, TopUp, date};
use crate::policy::{Clause, Consequence, Policy, Subject};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What of the past bears on one ruling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recalled {
    /// The word by which a manual clause is in force.
    pub triggered: Option<Decree>,
    /// The clause at whose end a clause that follows it came into force.
    pub follows: Option<String>,
    /// The days with a release during a freeze that is in force, where there are any.
    pub taxed: Option<Taxed>,
    /// The share of the period's budget that is given back.
    pub topped_up: Decimal,
    /// The silver bullets that count for the service.
    pub bullets: Vec<SilverBullet>,
    /// How many silver bullets are left this year, and how many there are a year; none where the policy has none.
    pub bullets_left: Option<(u32, u32)>,
}

/// Days with a release during a freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taxed {
    /// How many.
    pub days: u32,
    /// The days that they add to the freeze.
    pub adds: Decimal,
}

impl Taxed {
    /// The tax on the days of `releases`, in seconds since the epoch, that lie within `stretch`: each day adds itself
    /// and `tax`.
    pub(super) fn on(releases: &[i64], stretch: &Range<i64>, tax: Decimal) -> Self {
        let within = releases.iter().filter(|at| stretch.contains(at));
        let days: BTreeSet<i64> = within.map(|at| at.div_euclid(DAY)).collect();
        let days = u32::try_from(days.len()).unwrap_or(u32::MAX);
        Self { days, adds: Decimal::from(days) * (Decimal::ONE + tax) }
    }

    /// What they add in seconds.
    pub(super) fn seconds(self) -> i64 {
        (self.adds * Decimal::from(DAY)).ceil().to_i64().unwrap_or(i64::MAX / 4)
    }
}

/// The releases, in seconds since the epoch, that make a freeze by this clause longer: those into an environment that
/// it freezes, but for the classes that it excepts and for changes under a silver bullet.
pub(super) fn taxable(policy: &Policy, clause: &Clause, service: &str, past: Past<'_>) -> Vec<i64> {
    if policy.header.thaw_tax.is_none_or(|tax| tax.is_zero()) {
        return Vec::new();
    }
    let bullets = bullets(policy, past);
    let under_a_bullet = |release: &Deployment| {
        bullets.heeded.iter().any(|bullet| {
            bullet.at <= release.at
                && bullet.environment == release.environment
                && release.head.as_ref() == Some(&bullet.head)
                && concerns(bullet, service)
        })
    };
    let mut releases = Vec::new();
    for consequence in &clause.consequences {
        let Consequence::Freeze { environment, except } = consequence else { continue };
        let excepted = |release: &Deployment| release.class.as_ref().is_some_and(|own| except.contains(own));
        let taxed = past.deployments(service, environment);
        let taxed = taxed.filter(|release| !excepted(release) && !under_a_bullet(release));
        releases.extend(taxed.map(|release| release.at.as_second()));
    }
    releases
}

/// The silver bullets of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bullets<'a> {
    /// How many there are a year; none where the policy has none.
    pub a_year: Option<u32>,
    /// Those that count, in the order of time.
    pub heeded: Vec<&'a SilverBullet>,
    /// Those that do nothing, because the year's were used up or there are none.
    pub in_vain: Vec<&'a SilverBullet>,
}

impl Bullets<'_> {
    /// How many are left of a year's.
    #[must_use]
    pub fn left(&self, year: i16) -> Option<u32> {
        let used: BTreeSet<_> = self.heeded.iter().map(|one| shot(one)).filter(|one| one.0 == year).collect();
        Some(self.a_year?.saturating_sub(u32::try_from(used.len()).unwrap_or(u32::MAX)))
    }
}

/// What one bullet is: a change and an environment, in a year. Fired twice at the same, it is one.
fn shot(bullet: &SilverBullet) -> (i16, &str, &str) {
    (date(bullet.at).year(), &bullet.head, &bullet.environment)
}

/// True when a bullet lifts something for a service.
fn concerns(bullet: &SilverBullet, service: &str) -> bool {
    bullet.service.as_deref().is_none_or(|only| only == service)
}

/// Which silver bullets of a policy count: the first of each calendar year, up to the number that there are.
#[must_use]
pub fn bullets<'a>(policy: &Policy, past: Past<'a>) -> Bullets<'a> {
    let a_year = policy.header.silver_bullets;
    let mut bullets = Bullets { a_year, heeded: Vec::new(), in_vain: Vec::new() };
    for bullet in past.silver_bullets(&policy.id) {
        let again = bullets.heeded.iter().any(|one| shot(one) == shot(bullet));
        let left = bullets.left(shot(bullet).0).unwrap_or(0);
        if again || left > 0 { &mut bullets.heeded } else { &mut bullets.in_vain }.push(bullet);
    }
    bullets
}

/// The silver bullets that count for a service, and how many are left in a year.
pub(super) fn lifting(policy: &Policy, service: &str, year: i16, past: Past<'_>) -> Recalled {
    let bullets = bullets(policy, past);
    let bullets_left = bullets.left(year).zip(bullets.a_year);
    let own = bullets.heeded.into_iter().filter(|bullet| concerns(bullet, service)).cloned();
    Recalled { bullets: own.collect(), bullets_left, ..Recalled::default() }
}

/// Why a top-up gives nothing, if it gives nothing.
pub fn refused(policy: &Policy, top_up: &TopUp) -> Option<String> {
    let dependency = &top_up.dependency;
    match &policy.header.top_ups {
        Some(declared) if !declared.dependencies.contains(dependency) => {
            Some(format!("the policy {} gives nothing back for {dependency}", policy.id))
        }
        Some(declared) if declared.provider_enacted && !top_up.provider_enacted => {
            Some(format!("the owner of {dependency} has not enacted an error budget policy"))
        }
        Some(_) => None,
        None => Some(format!("the policy {} has no top-ups", policy.id)),
    }
}

/// A budget with what the past bears on it: what is given back, and the outages whose kinds were recorded. Without a
/// single one nobody records them, and then the kinds are not known.
pub(super) fn budget(
    policy: &Policy,
    subject: &Subject,
    budget: &Arc<Budget>,
    past: Past<'_>,
) -> Arc<Budget> {
    let mut budget = Arc::clone(budget);
    let given_back = top_ups(policy, &subject.slo, past);
    if !given_back.is_empty() {
        budget = Arc::new(budget.topped_up(&given_back));
    }
    if policy.reads("quarter").is_some() {
        let outages: Vec<Outage> = past
            .outages(&subject.service)
            .map(|outage| Outage {
                kind: outage.kind.clone(),
                from: outage.from.as_second(),
                until: outage.until.as_second(),
            })
            .collect();
        if !outages.is_empty() {
            budget = Arc::new(Budget::clone(&budget).with_outages(outages));
        }
    }
    budget
}

/// What a policy gives back of an SLO's budget: shares with their instants, in seconds since the epoch.
fn top_ups(policy: &Policy, slo: &str, past: Past<'_>) -> Vec<(i64, Decimal)> {
    let heeded = past.top_ups(slo).filter(|top_up| refused(policy, top_up).is_none());
    heeded.map(|top_up| (top_up.at.as_second(), top_up.share)).collect()
}

/// The top-ups of which a policy gives less back than they say, because all of a period's give at most its budget back, in
/// sentences without a period.
#[must_use]
pub fn capped(policy: &Policy, slo: &str, budget: &Budget, past: Past<'_>) -> Vec<String> {
    let given = top_ups(policy, slo, past);
    let all: Decimal = given.iter().map(|(_, share)| *share).sum();
    if all <= Decimal::ONE {
        return Vec::new();
    }
    let topped = budget.topped_up(&given);
    let days: BTreeSet<String> = topped
        .capped_top_ups()
        .iter()
        .filter_map(|at| Timestamp::from_second(*at).ok().map(|at| date(at).to_string()))
        .collect();
    let said = |day: String| {
        format!(
            "the top-ups for {slo} on {day} give back less than they say: those of one period give all of its budget back at most"
        )
    };
    days.into_iter().map(said).collect()
}

/// What happened without any effect on a policy, and why, in sentences without a period.
#[must_use]
pub fn in_vain(policy: &Policy, slo: &str, past: Past<'_>) -> Vec<String> {
    let mut said = Vec::new();
    for bullet in bullets(policy, past).in_vain {
        let why = match policy.header.silver_bullets {
            None => format!("the policy {} has no silver bullets", policy.id),
            Some(a_year) => {
                let (year, were) = (date(bullet.at).year(), if a_year == 1 { "was" } else { "were" });
                format!("the policy {} has {a_year} for {year}, which {were} used up", policy.id)
            }
        };
        said.push(format!(
            "the silver bullet of {} for {} on {} lifts nothing: {why}",
            bullet.by,
            bullet.head,
            date(bullet.at)
        ));
    }
    for top_up in past.top_ups(slo) {
        let share = (top_up.share * Decimal::ONE_HUNDRED).normalize();
        said.extend(refused(policy, top_up).map(|why| {
            format!("the top-up of {share} % for {slo} on {} gives nothing: {why}", date(top_up.at))
        }));
    }
    let manual = |name: &str| policy.clauses.iter().any(|clause| clause.manual && clause.name == name);
    for decree in past.decrees(&policy.id).filter(|decree| !manual(&decree.clause)) {
        said.push(format!(
            "the word of {} on {} does nothing: the policy {} has no manual clause {}",
            decree.by,
            date(decree.at),
            policy.id,
            decree.clause
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_days_with_a_release_at_a_tax_of_half_a_day_add_four_and_a_half() {
        let half = Decimal::new(5, 1);
        let releases = [DAY, DAY + 3_600, 2 * DAY, 4 * DAY - 1, 9 * DAY];
        let taxed = Taxed::on(&releases, &(0..5 * DAY), half);
        assert_eq!(taxed, Taxed { days: 3, adds: Decimal::new(45, 1) });
        assert_eq!(taxed.seconds(), 4 * DAY + DAY / 2);
        assert_eq!(Taxed::on(&releases, &(0..DAY), half).seconds(), 0);
    }
}
