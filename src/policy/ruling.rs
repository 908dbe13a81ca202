//! What one clause says of one SLO at one grid point: its state, since when, until when, and on which evidence.
//!
//! A ruling states facts; how strict it is in an environment, and what it means together with others, is left to
//! `verdict`. What no budget knows is taken from the past that is handed in. Conditions are traced only at the judged point; the walk over history reads them in silence.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::budget::Budget;
use crate::budget::gap::Gap;
use crate::catalog::Requirements;
use crate::diagnostic::Place;
use crate::ledger::{self, Past};
use crate::policy::recall::{self, Recalled, Taxed};
use crate::policy::walk::{Answer, Course, Span, State, Stretch};
use crate::policy::{
    After, Bearing, Clause, Comparison, Condition, Consequence, Evidence, Policy, Subject, Truth, Value,
};

mod asking;
mod stretch;

/// Why a clause is not decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// A fact that its condition reads is not known.
    Unknown {
        /// Which, and why.
        why: String,
    },
    /// Its condition failed while running.
    Failed {
        /// What happened.
        message: String,
        /// Where.
        place: Place,
    },
}

/// Where a clause stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In force since a grid point (seconds since the epoch).
    InForce {
        /// The first point of the stretch.
        since: i64,
        /// It may have begun earlier than history is read.
        at_least: bool,
        /// The first point at which it would end if nothing more burned; none when that is not within a period, or
        /// when a signal has a say in it.
        thaws_at: Option<i64>,
    },
    /// Not in force.
    Idle,
    /// Nobody can tell; the obstacle says why.
    Unknown,
    /// A manual clause that nobody has triggered.
    Untriggered,
}

/// What one clause says of one SLO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// The policy's id.
    pub policy: String,
    /// The clause's name.
    pub clause: String,
    /// The clause's title.
    pub title: String,
    /// Where the clause stands in the policy.
    pub place: Place,
    /// The SLO.
    pub slo: String,
    /// The SLO's service.
    pub service: String,
    /// The environment whose events count.
    pub environment: String,
    /// Where it stands.
    pub standing: Standing,
    /// Why it is not decided, if it is not; a clause that stays in force may have an obstacle too.
    pub obstacle: Option<Obstacle>,
    /// What `when` read at the judged point.
    pub evidence: Vec<Evidence>,
    /// What `thaws` read at the judged point.
    pub thaw_evidence: Vec<Evidence>,
    /// What follows while it is in force.
    pub consequences: Vec<Consequence>,
    /// The policy is not yet effective, so the ruling only informs.
    pub pending: bool,
    /// A signal has a say in when it ends, so nobody can foresee that.
    pub unforeseen: bool,
    /// The length of history, in seconds, from which the budget was estimated that it rests on; none where it is known
    /// exactly, or it rests on none. What rests on an estimate stops nobody.
    pub estimated: Option<i64>,
    /// What of the past bears on it.
    pub recalled: Recalled,
}

/// One SLO's budget in the environment that a policy measures, at the judged grid point.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The names that a policy may read.
    pub subject: Subject,
    /// The budget over its history, or why there is none at all.
    pub budget: Result<Arc<Budget>, Gap>,
    /// The judged grid point, in seconds since the epoch.
    pub t: i64,
}

/// Every clause's ruling on one SLO, given what happened before.
#[must_use]
pub fn rule(policy: &Policy, measured: &Measured, past: Past<'_>) -> Vec<Ruling> {
    policy.clauses.iter().map(|clause| Bench::new(policy, measured, past).rule(clause)).collect()
}

/// The stretches up to the judged point during which a clause is in force for one SLO, over the whole history.
///
/// # Errors
/// Why they are not known: there is no budget, or a condition failed.
pub fn spans(
    policy: &Policy,
    clause: &Clause,
    measured: &Measured,
    past: Past<'_>,
) -> Result<Vec<Span>, Obstacle> {
    let begin = measured.budget.as_ref().ok().and_then(|budget| budget.span()).map(|(begin, _)| begin);
    let bench = Bench { begin, ..Bench::new(policy, measured, past) };
    let stretches = bench.stretches(clause, 0)?;
    match bench.failure() {
        Some(failed) => Err(failed),
        None => Ok(stretches.surely),
    }
}

/// A budget as far as a policy may believe in it. To an organisation's policy nothing that is written beside an SLO makes
/// it known, nothing that a team excludes is excluded, and where it is known exactly, no estimate of an earlier day has
/// a say.
fn believed(policy: &Policy, budget: &Arc<Budget>, t: i64) -> Arc<Budget> {
    let requirements = budget.terms().requirements;
    let above = policy.header.scope.organization;
    let bent = || budget.is_adjusted() || budget.dependencies().next().is_some();
    if requirements == Requirements::default() && !(above && bent()) {
        return Arc::clone(budget);
    }
    if above {
        return Arc::new(budget.for_those_above());
    }
    let estimated = budget.at(t).is_ok_and(|figures| figures.estimated().is_some());
    if estimated || requirements.history.is_none() {
        return Arc::clone(budget);
    }
    Arc::new(budget.without_estimates())
}

/// The instant up to which releases are taxed no longer at a point: a reset by the calendar clears them.
fn untaxed(budget: &Budget, point: i64) -> i64 {
    budget.bounds(point).map_or(i64::MIN, |(start, _)| start)
}

/// Midnight UTC of a date, in seconds since the epoch.
fn midnight(date: Date) -> i64 {
    date.to_zoned(TimeZone::UTC).map_or(i64::MAX, |start| start.timestamp().as_second())
}

/// What stands in the way of an answer, if something does.
fn obstacle(truth: Truth) -> Option<Obstacle> {
    match truth {
        Truth::Holds | Truth::Fails => None,
        Truth::Unknown { why } => Some(Obstacle::Unknown { why }),
        Truth::Failed { message, place } => Some(Obstacle::Failed { message, place }),
    }
}

/// Notes that a budget is not known.
fn unknown(ruling: &mut Ruling, gap: &Gap) {
    ruling.standing = Standing::Unknown;
    ruling.obstacle = Some(unknown_for(gap));
}

/// The obstacle that a gap is.
fn unknown_for(gap: &Gap) -> Obstacle {
    Obstacle::Unknown { why: gap.to_string() }
}

/// The stretch that goes on, if one does.
fn going_on(spans: &[Span]) -> Option<Span> {
    spans.last().copied().filter(|span| span.until.is_none())
}

/// The obstacle of a clause whose state depends on what was before the history.
fn too_short() -> Obstacle {
    let why = "history is too short to tell whether a clause was in force before it, and when that ended";
    Obstacle::Unknown { why: why.to_owned() }
}

/// The year of an instant, in UTC.
fn year(t: i64) -> i16 {
    Timestamp::from_second(t).map_or(0, |at| ledger::date(at).year())
}

/// The points of a walk.
fn points(course: Course) -> usize {
    usize::try_from(course.length / course.step).unwrap_or(0)
}

/// The stretches from `first`, a point of the grid, to `end` during which a budget is not known.
fn gaps(budget: &Budget, first: i64, end: i64) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut point = first;
    while point <= end {
        let known = budget.at(point).is_ok();
        match spans.last_mut().filter(|span| span.until.is_none()) {
            Some(open) if known => open.until = Some(point),
            None if !known => spans.push(Span { since: point, until: None }),
            Some(_) | None => {}
        }
        point += budget.step();
    }
    spans
}

/// A policy, whom it is asked about, and when.
struct Bench<'a> {
    /// The policy.
    policy: &'a Policy,
    /// The SLO's names.
    subject: &'a Subject,
    /// The budget, with what the policy gives back of it.
    budget: Result<Arc<Budget>, Gap>,
    /// The judged grid point.
    t: i64,
    /// The first point that walks forwards look at; none where they go two walks' lengths back.
    begin: Option<i64>,
    /// The first instant that counts; none where every one does.
    effective: Option<i64>,
    /// The policy is not yet effective.
    pending: bool,
    /// What happened before.
    past: Past<'a>,
    /// The first failure of a condition on the walk.
    failed: RefCell<Option<Obstacle>>,
    /// A condition asked about a signal at a point that lies ahead.
    unforeseen: Cell<bool>,
}

impl<'a> Bench<'a> {
    /// A bench for one clause.
    fn new(policy: &'a Policy, measured: &'a Measured, past: Past<'a>) -> Self {
        let effective = policy.header.effective_from.map(midnight);
        let pending = effective.is_some_and(|effective| effective > measured.t);
        let believed = measured.budget.as_ref().map(|budget| believed(policy, budget, measured.t));
        let budget = believed.map(|budget| recall::budget(policy, &measured.subject, &budget, past));
        Self {
            policy,
            subject: &measured.subject,
            budget: budget.map_err(Clone::clone),
            t: measured.t,
            begin: None,
            // Nothing before the policy's effective date counts, unless it lies ahead: then the ruling only informs.
            effective: effective.filter(|_| !pending),
            pending,
            past,
            failed: RefCell::new(None),
            unforeseen: Cell::new(false),
        }
    }

    /// A clause's ruling.
    fn rule(&self, clause: &Clause) -> Ruling {
        let mut ruling = Ruling {
            policy: self.policy.id.clone(),
            clause: clause.name.clone(),
            title: clause.title.clone(),
            place: clause.place.clone(),
            slo: self.subject.slo.clone(),
            service: self.subject.service.clone(),
            environment: self.subject.environment.clone(),
            standing: Standing::Untriggered,
            obstacle: None,
            evidence: Vec::new(),
            thaw_evidence: Vec::new(),
            consequences: clause.consequences.clone(),
            pending: self.pending,
            unforeseen: false,
            estimated: None,
            recalled: recall::lifting(self.policy, &self.subject.service, year(self.t), self.past),
        };
        match (&clause.when, &clause.after) {
            (Some(when), _) => match &self.budget {
                Ok(budget) => self.conditional(&mut ruling, clause, when, budget),
                Err(gap) => unknown(&mut ruling, gap),
            },
            (None, Some(after)) => self.following(&mut ruling, after),
            (None, None) if clause.on_gap => self.blind(&mut ruling),
            (None, None) => {
                let triggered = self.past.triggered(&ruling.policy, &clause.name, &ruling.service);
                if let Some(open) = triggered.last().filter(|one| one.released.is_none()) {
                    let since = open.by.at.as_second();
                    ruling.standing = Standing::InForce { since, at_least: false, thaws_at: None };
                    ruling.recalled.triggered = Some(open.by.clone());
                }
            }
        }
        ruling
    }

    /// The ruling of a clause that is in force while the budget is not known.
    fn blind(&self, ruling: &mut Ruling) {
        let (gap, since, first) = match &self.budget {
            Err(gap) => (gap.clone(), self.t, self.t),
            Ok(budget) => match budget.at(self.t) {
                Ok(_) => return ruling.standing = Standing::Idle,
                Err(gap) => {
                    let course = self.course(budget);
                    let first = course.first.max(course.t - course.length);
                    (gap, gaps(budget, first, self.t).last().map_or(self.t, |span| span.since), first)
                }
            },
        };
        ruling.obstacle = Some(Obstacle::Unknown { why: gap.to_string() });
        ruling.standing = Standing::InForce { since, at_least: since <= first, thaws_at: None };
    }

    /// The stretch of the grid that is walked over a budget. How far back the walk looks besides is its own matter.
    fn course(&self, budget: &Budget) -> Course {
        let (length, step) = (budget.period_at(self.t), budget.step());
        let first = self.effective.map_or(i64::MIN, |first| first + (-first).rem_euclid(step));
        Course { first, t: self.t, step, length }
    }

    /// The ruling of a clause that a condition brings into force.
    fn conditional(&self, ruling: &mut Ruling, clause: &Clause, when: &Condition, budget: &Arc<Budget>) {
        ruling.recalled.topped_up = budget.at(self.t).map_or(Decimal::ZERO, |figures| figures.given_back());
        ruling.estimated = self.estimated();
        let (now, evidence) = self.traced(when, budget, self.t);
        ruling.evidence = evidence;
        ruling.obstacle = obstacle(now);
        if let Some(thaws) = &clause.thaws {
            let (truth, evidence) = self.traced(thaws, budget, self.t);
            ruling.thaw_evidence = evidence;
            // A `thaws` that is not known just does not thaw; one that fails is a broken policy.
            if let failed @ Truth::Failed { .. } = truth {
                ruling.obstacle = obstacle(failed).or(ruling.obstacle.take());
            }
        }
        let course = self.course(budget);
        let releases = recall::taxable(self.policy, clause, &ruling.service, self.past);
        let state = if releases.is_empty() {
            self.conditions(clause, when, budget).state(course)
        } else {
            self.delayed(ruling, clause, when, budget, &releases)
        };
        ruling.standing = match state {
            // What failed on the way might have been the beginning of a freeze, so idle would be a guess.
            State::Idle if self.failure().is_some() => Standing::Unknown,
            State::Idle => Standing::Idle,
            State::Unknown => Standing::Unknown,
            State::InForce(stretch) => {
                let future = Arc::new(budget.if_nothing_more_burns(course.t, points(course)));
                let thaws_at = if releases.is_empty() {
                    self.conditions(clause, when, &future).ending(course, stretch)
                } else {
                    let spans =
                        self.taxed_spans(clause, when, &future, (0, course.t + course.length), &releases);
                    spans.surely.into_iter().find_map(|span| span.until.filter(|until| *until > course.t))
                };
                ruling.unforeseen = self.unforeseen.get();
                let thaws_at = thaws_at.filter(|_| !ruling.unforeseen);
                Standing::InForce { since: stretch.since, at_least: stretch.at_least, thaws_at }
            }
        };
        ruling.obstacle = ruling.obstacle.take().or_else(|| self.failure());
    }

    /// The state of a clause whose end days with a release put off.
    fn delayed(
        &self,
        ruling: &mut Ruling,
        clause: &Clause,
        when: &Condition,
        budget: &Arc<Budget>,
        releases: &[i64],
    ) -> State {
        let course = self.course(budget);
        let edge = course.t - course.length;
        let stretches = self.taxed_spans(clause, when, budget, (0, course.t), releases);
        let Some(open) = going_on(&stretches.surely) else {
            let now = self.answers(when, budget)(course.t);
            if going_on(&stretches.maybe).is_some() {
                ruling.obstacle = ruling.obstacle.take().or(Some(too_short()));
                return State::Unknown;
            }
            return if now == Answer::Unknown { State::Unknown } else { State::Idle };
        };
        let tax = self.policy.header.thaw_tax.unwrap_or_default();
        let since = open.since.max(untaxed(budget, course.t));
        let taxed = Taxed::on(releases, &(since..course.t + 1), tax);
        ruling.recalled.taxed = Some(taxed).filter(|taxed| taxed.days > 0);
        State::InForce(Stretch {
            since: open.since.max(edge),
            at_least: open.since <= edge,
            last_held: course.t,
        })
    }

    /// The ruling of a clause that follows another one.
    fn following(&self, ruling: &mut Ruling, after: &After) {
        let stretches = match self.stretches_after(after, 0) {
            Ok(stretches) => stretches,
            Err(obstacle) => {
                ruling.standing = Standing::Unknown;
                ruling.obstacle = Some(obstacle);
                return;
            }
        };
        let unsure = going_on(&stretches.maybe).is_some();
        let unseen = self.unseen(after);
        ruling.standing = match going_on(&stretches.surely) {
            Some(span) => {
                ruling.evidence.push(Evidence {
                    fact: format!("after(\"{}\")", after.clause),
                    value: Value::Time((self.t - span.since).max(0).into()),
                    compared: Some(Comparison {
                        operator: "<",
                        threshold: Value::Time(after.length.into()),
                        held: true,
                        bearing: Bearing::For,
                    }),
                });
                ruling.recalled.follows = Some(after.clause.clone());
                ruling.estimated = self.estimated().filter(|_| self.rests_on_budget(after));
                let thaws_at = Some(span.since + after.length);
                Standing::InForce { since: span.since, at_least: false, thaws_at }
            }
            // Where nothing is known now, what ended before is not known to have stayed so.
            None if unsure || unseen.is_some() || self.failure().is_some() => Standing::Unknown,
            None => Standing::Idle,
        };
        let unsure = unsure && ruling.standing == Standing::Unknown;
        ruling.obstacle = self.failure().or(unseen).or_else(|| unsure.then(too_short));
    }

    /// The length of history that the budget is estimated from; none where it is known exactly, or not at all.
    fn estimated(&self) -> Option<i64> {
        self.budget.as_ref().ok()?.at(self.t).ok()?.estimated()
    }

    /// The first failure of a condition on the walk, if one failed.
    fn failure(&self) -> Option<Obstacle> {
        self.failed.borrow().clone()
    }
}
