//! Tests of a policy: situations, and what the policy must say of them.
//!
//! A case gives some facts, a stretch of history or recorded observations, and wants clauses in force, an effect,
//! consequences and instants. Facts are asked of the clauses as they are, history is walked by the same rules as
//! everywhere. What a test's effect is in an environment is `verdict`'s, and is handed in; how it is told is `report`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::budget::Budget;
use crate::budget::gap::Gap;
use crate::budget::series::{Series, Total};
use crate::budget::signal::Signals;
use crate::catalog::{Calendar, Method, Objective, Terms};
use crate::diagnostic::{Diagnostic, Place, SourceText};
use crate::ledger::{self, Ledger, Past};
use crate::policy::recall;
use crate::policy::ruling::{self, Measured, Obstacle, Ruling, Standing};
use crate::policy::trial::given::Given;
use crate::policy::trial::record::Side;
use crate::policy::walk::Span;
use crate::policy::{After, Clause, Names, Policy, Subject, Tested, Truth};

pub mod coverage;
mod expect;
pub mod given;
mod happened;
mod notation;
mod record;
mod written;

pub use expect::{Mismatch, compare, told};
pub use written::beside;

/// The ending of a file of tests, in place of the policy's.
pub const ENDING: &str = ".test.yaml";

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it shows.
    pub note: String,
    /// Where it is written.
    pub place: Place,
    /// The situation.
    pub ground: Ground,
    /// Clauses that were in force just before, and manual ones that somebody has triggered.
    pub in_force: BTreeSet<String>,
    /// The environment that a change is shipped to.
    pub environment: String,
    /// The change's class.
    pub class: Option<String>,
    /// The change's head, where one is named.
    pub head: Option<String>,
    /// What happened before; none where the case says nothing of it.
    pub ledger: Option<Ledger>,
    /// The service, where one is named.
    pub service: Option<String>,
    /// The service whose name clauses see where none is named: the first of the policy's scope.
    stand_in: String,
    /// The SLO, where one is named, and where that is.
    pub slo: Option<(String, Place)>,
    /// The phase of the service's lifecycle.
    phase: Option<String>,
    /// The tier of the service.
    tier: Option<String>,
    /// What the policy must say, in the order of writing.
    pub wants: Vec<Want>,
}

/// What a case rests on.
#[derive(Debug, Clone)]
pub enum Ground {
    /// Some facts.
    Facts(Arc<Given>),
    /// A stretch of history.
    History(Box<History>),
    /// A file of observations, by its path in the tree, and where it is named.
    Observations(String, Place),
}

/// A stretch of history.
#[derive(Debug, Clone)]
pub struct History {
    /// When it begins, in seconds since the epoch.
    pub start: i64,
    /// The objective.
    objective: Objective,
    /// What else the SLO is bound to.
    terms: Terms,
    /// What the budget counts.
    method: Method,
    /// Seconds of a period; of the longest one where they follow the calendar.
    period: i64,
    /// The calendar that its periods follow; none for a rolling one.
    calendar: Option<Calendar>,
    /// Seconds between two points.
    step: i64,
    /// The events of each step.
    points: Vec<Option<Total>>,
}

/// What is wanted at one instant; what is left out may be anything.
#[derive(Debug, Clone)]
pub struct Want {
    /// Where it is written.
    pub place: Place,
    /// When, in seconds since the epoch; none for the end.
    pub at: Option<i64>,
    /// The clauses in force.
    pub clauses: Option<Vec<String>>,
    /// The clauses of which nobody can tell.
    pub unknown: Option<Vec<String>>,
    /// What it comes to.
    pub effect: Option<String>,
    /// What follows.
    pub consequences: Option<Vec<String>>,
    /// Since when clauses are in force.
    pub since: BTreeMap<String, i64>,
    /// When clauses would end; none for never.
    pub thaws_at: BTreeMap<String, Option<i64>>,
    /// The stretches of the whole history during which clauses are in force.
    pub stretches: BTreeMap<String, Vec<Span>>,
    /// Whether the policy's review is overdue because something happened.
    pub review_overdue: Option<bool>,
    /// The length that instants are told from.
    pub start: Option<i64>,
}

impl Want {
    /// True when it says something of clauses: a want that does not would pass whatever they say.
    #[must_use]
    pub fn claims(&self) -> bool {
        self.clauses.is_some()
            || self.effect.is_some()
            || self.consequences.is_some()
            || self.unknown.as_ref().is_some_and(|names| !names.is_empty())
            || !(self.since.is_empty() && self.thaws_at.is_empty() && self.stretches.is_empty())
    }
}

/// A budget that a case is judged on, and whose it is.
pub type Judged = (Subject, Result<Arc<Budget>, Gap>);

/// One instant of a case as it was judged.
#[derive(Debug, Clone)]
pub struct Moment {
    /// What was wanted.
    pub want: Want,
    /// The judged grid point; none for facts.
    pub t: Option<i64>,
    /// Every clause's ruling.
    pub rulings: Vec<Ruling>,
    /// The stretches during which the clauses that the want names are in force, or why that is not known.
    pub stretches: BTreeMap<String, Result<Vec<Span>, String>>,
    /// What happened before without any effect, and why.
    pub in_vain: Vec<String>,
    /// What it came to.
    pub effect: &'static str,
    /// Where wanted and got differ.
    pub mismatches: Vec<Mismatch>,
}

/// The bytes of a file of the tree by its path; none where there is none.
pub type Files<'a> = &'a dyn Fn(&str) -> Result<Option<Vec<u8>>, Diagnostic>;

/// Reads a file of tests of a policy, and the reports that it names from `files`. `covered` are the services of the
/// policy's scope.
///
/// # Errors
/// Every problem of the file and of its reports.
pub fn load(
    source: &SourceText,
    policy: &Policy,
    names: &Names,
    covered: &[String],
    files: Files<'_>,
) -> Result<Vec<Case>, Vec<Diagnostic>> {
    written::load(source, policy, names, covered, files)
}

/// Runs a case. `judged` are the budgets of recorded observations and `end` their last instant; `effect` says what
/// rulings come to at an instant. Facts have no time of their own: they are of the instant of the last event.
pub fn run(
    case: &Case,
    policy: &Policy,
    judged: &[Judged],
    end: i64,
    effect: impl Fn(&Case, &[Ruling], Timestamp) -> &'static str,
) -> Vec<Moment> {
    let budget;
    let (budgets, end) = match &case.ground {
        Ground::Facts(_) => (judged, None),
        Ground::History(history) => {
            budget = [(case.subject(policy), Ok(Arc::new(history.budget())))];
            (budget.as_slice(), Some(history.end()))
        }
        Ground::Observations(..) => (judged, Some(end)),
    };
    let budgets = &case.told_of_outages(budgets);
    let moment = |want: &Want| {
        let t = want.at.or(end);
        let latest = case.ledger.as_ref().and_then(Ledger::latest);
        let now = t.and_then(|t| Timestamp::from_second(t).ok()).or(latest).unwrap_or(Timestamp::UNIX_EPOCH);
        let past = case.past(now);
        let (rulings, subjects): (Vec<Ruling>, Vec<Subject>) = match &case.ground {
            Ground::Facts(given) => (case.rule_given(policy, given, now), vec![case.subject(policy)]),
            Ground::History(_) | Ground::Observations(..) => (
                budgets
                    .iter()
                    .flat_map(|(subject, budget)| case.rule(policy, subject, budget, now))
                    .collect(),
                budgets.iter().map(|(subject, _)| subject.clone()).collect(),
            ),
        };
        let mut in_vain: Vec<String> =
            subjects.iter().flat_map(|subject| recall::in_vain(policy, &subject.slo, past)).collect();
        in_vain.sort();
        in_vain.dedup();
        let effect = effect(case, &rulings, now);
        let names = want.stretches.keys();
        let stretches = names
            .map(|name| (name.clone(), case.stretches(policy, budgets, (end.unwrap_or(0), past), name)))
            .collect();
        let mut mismatches = compare(want, &rulings, effect, &stretches);
        mismatches.extend(expect::review(want, policy.review_after_event(past).is_some()));
        Moment { want: want.clone(), t, rulings, stretches, in_vain, effect, mismatches }
    };
    case.wants.iter().map(moment).collect()
}

impl History {
    /// The budget over it.
    fn budget(&self) -> Budget {
        let series = Series { first: self.start + self.step, step: self.step, points: self.points.clone() };
        let detail =
            "the history of a test has no signals; a case gives them with `signal: { … }`".to_owned();
        let signals = Signals::new(BTreeMap::new(), Gap::Unsupported { detail });
        let budget = match &self.calendar {
            Some(calendar) => Budget::by_calendar(self.objective, calendar.clone(), series, None),
            None => Budget::new(self.objective, self.period, series, None),
        };
        budget.bound_to(self.terms).counted_by(&self.method).with_signals(Arc::new(signals))
    }

    /// Its last grid point.
    fn end(&self) -> i64 {
        self.start + i64::try_from(self.points.len()).unwrap_or(0) * self.step
    }
}

impl Case {
    /// What happened up to an instant.
    #[must_use]
    pub fn past(&self, now: Timestamp) -> Past<'_> {
        self.ledger.as_ref().map(|ledger| ledger.until(now)).unwrap_or_default()
    }

    /// The releases into the environment on the day of an instant, by service; none where the case says nothing of
    /// what happened.
    #[must_use]
    pub fn released_today(&self, rulings: &[Ruling], now: Timestamp) -> Option<BTreeMap<String, usize>> {
        let past = self.ledger.as_ref()?.until(now);
        let count = |service: &str| past.released_on(ledger::date(now), service, &self.environment);
        let services: BTreeSet<&String> = rulings.iter().map(|ruling| &ruling.service).collect();
        Some(services.into_iter().map(|service| (service.clone(), count(service))).collect())
    }

    /// The budgets, which know that there were no outages but those of the case's events; without events, nobody knows.
    fn told_of_outages(&self, budgets: &[Judged]) -> Vec<Judged> {
        let told = |budget: &Arc<Budget>| Arc::new(Budget::clone(budget).with_outages(Vec::new()));
        if self.ledger.is_none() {
            return budgets.to_vec();
        }
        let known =
            |(subject, budget): &Judged| (subject.clone(), budget.as_ref().map(told).map_err(Clone::clone));
        budgets.iter().map(known).collect()
    }

    /// Whose budget it is about.
    fn subject(&self, policy: &Policy) -> Subject {
        Subject {
            slo: self.slo.as_ref().map_or_else(|| "slo".to_owned(), |(name, _)| name.clone()),
            service: self.service.clone().unwrap_or_else(|| self.stand_in.clone()),
            environment: policy.header.measures.clone().unwrap_or_else(|| self.environment.clone()),
            phase: self.phase.clone(),
            tier: self.tier.clone(),
        }
    }

    /// Every clause's ruling on a budget.
    fn rule(
        &self,
        policy: &Policy,
        subject: &Subject,
        budget: &Result<Arc<Budget>, Gap>,
        now: Timestamp,
    ) -> Vec<Ruling> {
        let step = budget.as_ref().map_or(1, |budget| budget.step());
        let t = now.as_second().div_euclid(step) * step;
        let measured = Measured { subject: subject.clone(), budget: budget.clone(), t };
        let mut rulings = ruling::rule(policy, &measured, self.past(now));
        for ruling in &mut rulings {
            if ruling.standing == Standing::Untriggered && self.in_force.contains(&ruling.clause) {
                ruling.standing = Standing::InForce { since: t, at_least: true, thaws_at: None };
            }
        }
        rulings
    }

    /// The stretches up to the end during which a clause is in force, for one budget at least.
    fn stretches(
        &self,
        policy: &Policy,
        budgets: &[Judged],
        (end, past): (i64, Past<'_>),
        name: &str,
    ) -> Result<Vec<Span>, String> {
        let Some(clause) = policy.clauses.iter().find(|clause| clause.name == name) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (subject, budget) in budgets {
            let whole = budget.as_ref().ok().and_then(|budget| budget.span());
            if let (true, true, Some((from, _))) = (clause.manual, self.in_force.contains(name), whole) {
                found.push(Span { since: from, until: None });
            }
            let measured = Measured { subject: subject.clone(), budget: budget.clone(), t: end };
            found.extend(ruling::spans(policy, clause, &measured, past).map_err(
                |obstacle| match obstacle {
                    Obstacle::Unknown { why } => format!("not known: {why}"),
                    Obstacle::Failed { message, .. } => format!("failed: {message}"),
                },
            )?);
        }
        Ok(joined(found))
    }

    /// Every clause's ruling on some facts.
    fn rule_given(&self, policy: &Policy, given: &Arc<Given>, now: Timestamp) -> Vec<Ruling> {
        let rule = |clause| self.rule_clause(policy, clause, given, now);
        let mut rulings: Vec<Ruling> = policy.clauses.iter().map(rule).collect();
        // A clause comes after those that it follows, whatever the order of the text.
        for _ in &policy.clauses {
            for clause in &policy.clauses {
                let Some(after) = &clause.after else { continue };
                let first = rulings.iter().find(|ruling| ruling.clause == after.clause);
                let standing = self.standing_after(clause, after, first.map(|first| first.standing));
                if let Some(ruling) = rulings.iter_mut().find(|ruling| ruling.clause == clause.name) {
                    ruling.standing = standing;
                    ruling.recalled.follows = Some(after.clause.clone());
                }
            }
        }
        rulings
    }

    /// Where a clause stands that follows another one: in force where the other ended in this very step, and where it
    /// was in force before and the other has not come back.
    fn standing_after(&self, clause: &Clause, after: &After, first: Option<Standing>) -> Standing {
        let before = self.in_force.contains(&clause.name);
        match first {
            Some(Standing::Idle | Standing::Untriggered)
                if before || self.in_force.contains(&after.clause) =>
            {
                Standing::InForce { since: 0, at_least: true, thaws_at: None }
            }
            Some(Standing::Unknown) if before => Standing::Unknown,
            Some(Standing::InForce { .. } | Standing::Idle | Standing::Unknown | Standing::Untriggered)
            | None => Standing::Idle,
        }
    }

    /// One clause's ruling on some facts: one step of the walk, from what was in force just before.
    fn rule_clause(&self, policy: &Policy, clause: &Clause, given: &Arc<Given>, now: Timestamp) -> Ruling {
        let subject = self.subject(policy);
        let past = self.past(now);
        let triggered = past.triggered(&policy.id, &clause.name, &subject.service);
        let triggered = triggered.last().filter(|one| one.released.is_none());
        let mut recalled = recall::lifting(policy, &subject.service, ledger::date(now).year(), past);
        recalled.triggered = triggered.map(|one| one.by.clone());
        let ask = |condition, side| {
            let tested = policy.test_given(condition, &subject, given);
            record::steadily(tested, condition, given, &clause.name, side)
        };
        let when = clause.when.as_ref().map(|when| ask(when, Side::When));
        let thaws = clause.thaws.as_ref().map(|thaws| ask(thaws, Side::Thaws));
        let before = self.in_force.contains(&clause.name);
        let in_force = Standing::InForce { since: 0, at_least: true, thaws_at: None };
        let standing = match (&when, &thaws) {
            // Facts are those of a budget that is known.
            (None, _) if clause.on_gap => Standing::Idle,
            (None, _) if before || recalled.triggered.is_some() => in_force,
            (None, _) => Standing::Untriggered,
            (Some(Tested { truth: Truth::Holds, .. }), _) => in_force,
            (Some(Tested { truth: Truth::Fails, .. }), None) => Standing::Idle,
            (Some(_), Some(thaws)) if before && thaws.truth == Truth::Holds => Standing::Idle,
            (Some(_), _) if before => in_force,
            (Some(Tested { truth: Truth::Fails, .. }), Some(_)) => Standing::Idle,
            (Some(_), _) => Standing::Unknown,
        };
        let obstacle = match when.as_ref().map(|tested| tested.truth.clone()) {
            Some(Truth::Unknown { why }) => Some(Obstacle::Unknown { why }),
            Some(Truth::Failed { message, place }) => Some(Obstacle::Failed { message, place }),
            Some(Truth::Holds | Truth::Fails) | None => None,
        };
        Ruling {
            policy: policy.id.clone(),
            clause: clause.name.clone(),
            title: clause.title.clone(),
            place: clause.place.clone(),
            slo: subject.slo,
            service: subject.service,
            environment: subject.environment,
            standing,
            obstacle,
            evidence: when.map(|tested| tested.evidence).unwrap_or_default(),
            thaw_evidence: thaws.map(|tested| tested.evidence).unwrap_or_default(),
            consequences: clause.consequences.clone(),
            pending: false,
            unforeseen: false,
            estimated: None,
            recalled,
        }
    }
}

/// Stretches in their order, those that meet as one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if last.until.is_none_or(|until| until >= span.since) => {
                last.until = last.until.zip(span.until).map(|(one, other)| one.max(other));
            }
            Some(_) | None => joined.push(span),
        }
    }
    joined
}

/// An objective of 99.9 %: that of a history that names none.
const OBJECTIVE: Decimal = Decimal::from_parts(999, 0, 0, false, 3);

#[cfg(test)]
mod tests;
