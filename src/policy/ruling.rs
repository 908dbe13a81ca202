//! What one clause says of one SLO at one grid point: its state, since when, until when, and on which evidence.
//!
//! A ruling states facts; how strict it is in an environment, and what it means together with others, is left to
//! `verdict`. Conditions are traced only at the judged point; the walk over history reads them in silence.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::budget::Budget;
use crate::budget::gap::{self, Gap};
use crate::diagnostic::Place;
use crate::policy::steady::Steady;
use crate::policy::walk::{Answer, Conditions, Course, State};
use crate::policy::{
    Clause, Comparison, Condition, Consequence, Evidence, Policy, Subject, Tested, Tracing, Truth, Value,
};

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
        /// The first point at which it would end if nothing more burned; none when that is not within a period.
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

/// An unbroken stretch of time during which a clause is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first grid point, in seconds since the epoch.
    pub from: i64,
    /// The first grid point at which it is so no longer; none where it still is at the end.
    pub to: Option<i64>,
}

/// Every clause's ruling on one SLO.
#[must_use]
pub fn rule(policy: &Policy, measured: &Measured) -> Vec<Ruling> {
    policy.clauses.iter().map(|clause| rule_clause(policy, clause, measured)).collect()
}

/// Midnight UTC of a date, in seconds since the epoch.
fn midnight(date: Date) -> i64 {
    date.to_zoned(TimeZone::UTC).map_or(i64::MAX, |start| start.timestamp().as_second())
}

/// One clause's ruling on one SLO.
fn rule_clause(policy: &Policy, clause: &Clause, measured: &Measured) -> Ruling {
    let effective = policy.header.effective_from.map(midnight);
    let mut ruling = Ruling {
        policy: policy.id.clone(),
        clause: clause.name.clone(),
        title: clause.title.clone(),
        place: clause.place.clone(),
        slo: measured.subject.slo.clone(),
        service: measured.subject.service.clone(),
        environment: measured.subject.environment.clone(),
        standing: Standing::Untriggered,
        obstacle: None,
        evidence: Vec::new(),
        thaw_evidence: Vec::new(),
        consequences: clause.consequences.clone(),
        pending: effective.is_some_and(|effective| effective > measured.t),
    };
    let Some(when) = &clause.when else { return ruling };
    let budget = match &measured.budget {
        Ok(budget) => budget,
        Err(gap) => {
            ruling.standing = Standing::Unknown;
            ruling.obstacle = Some(Obstacle::Unknown { why: gap.to_string() });
            return ruling;
        }
    };
    let bench = Bench { policy, subject: &measured.subject, failed: RefCell::new(None) };
    let (now, evidence) = bench.traced(when, budget, measured.t);
    ruling.evidence = evidence;
    ruling.obstacle = obstacle(now);
    if let Some(thaws) = &clause.thaws {
        let (truth, evidence) = bench.traced(thaws, budget, measured.t);
        ruling.thaw_evidence = evidence;
        // A `thaws` that is not known just does not thaw; one that fails is a broken policy.
        if let failed @ Truth::Failed { .. } = truth {
            ruling.obstacle = obstacle(failed).or(ruling.obstacle);
        }
    }
    let (length, step) = (budget.period(), budget.step());
    // Nothing before the policy's effective date counts, unless it lies ahead: then the ruling only informs. How far
    // back the walk looks besides is its own matter.
    let first = match effective {
        Some(effective) if !ruling.pending => effective + (-effective).rem_euclid(step),
        _ => i64::MIN,
    };
    let course = Course { first, t: measured.t, step, length };
    ruling.standing = match bench.conditions(clause, when, budget).state(course) {
        // What failed on the way might have been the beginning of a freeze, so idle would be a guess.
        State::Idle if bench.failure().is_some() => Standing::Unknown,
        State::Idle => Standing::Idle,
        State::Unknown => Standing::Unknown,
        State::InForce(stretch) => {
            let points = usize::try_from(length / step).unwrap_or(0);
            let future = Arc::new(budget.if_nothing_more_burns(points));
            let thaws_at = bench.conditions(clause, when, &future).ending(course, stretch);
            Standing::InForce { since: stretch.since, at_least: stretch.at_least, thaws_at }
        }
    };
    ruling.obstacle = ruling.obstacle.or_else(|| bench.failure());
    ruling
}

/// The stretches up to the judged point during which a clause is in force for one SLO; a manual clause never is.
///
/// Each point is reckoned by its own walk, as if it were judged; what the conditions answered is remembered.
///
/// # Errors
/// Why they are not known: there is no budget, or a condition failed.
pub fn spans(policy: &Policy, clause: &Clause, measured: &Measured) -> Result<Vec<Span>, Obstacle> {
    let budget = measured.budget.as_ref().map_err(|gap| Obstacle::Unknown { why: gap.to_string() })?;
    let (Some(when), Some((begin, _))) = (&clause.when, budget.span()) else { return Ok(Vec::new()) };
    let bench = Bench { policy, subject: &measured.subject, failed: RefCell::new(None) };
    let step = budget.step();
    let first = policy.header.effective_from.map(midnight);
    let first = first.map_or(i64::MIN, |effective| effective + (-effective).rem_euclid(step));
    let Conditions { when, thaws } = bench.conditions(clause, when, budget);
    let mut conditions = Conditions { when: remembered(when), thaws: thaws.map(remembered) };
    let mut spans: Vec<Span> = Vec::new();
    let mut point = begin;
    while point <= measured.t {
        let course = Course { first, t: point, step, length: budget.period() };
        let in_force = matches!(conditions.state(course), State::InForce(_));
        match spans.last_mut().filter(|span| span.to.is_none()) {
            Some(open) if !in_force => open.to = Some(point),
            None if in_force => spans.push(Span { from: point, to: None }),
            Some(_) | None => {}
        }
        point += step;
    }
    match bench.failure() {
        Some(failed) => Err(failed),
        None => Ok(spans),
    }
}

/// A condition that is asked about each point once.
fn remembered(mut ask: impl FnMut(i64) -> Answer) -> impl FnMut(i64) -> Answer {
    let mut known: BTreeMap<i64, Answer> = BTreeMap::new();
    move |point| *known.entry(point).or_insert_with(|| ask(point))
}

/// What stands in the way of an answer, if something does.
fn obstacle(truth: Truth) -> Option<Obstacle> {
    match truth {
        Truth::Holds | Truth::Fails => None,
        Truth::Unknown { why } => Some(Obstacle::Unknown { why }),
        Truth::Failed { message, place } => Some(Obstacle::Failed { message, place }),
    }
}

/// A policy and whom it is asked about.
struct Bench<'a> {
    /// The policy.
    policy: &'a Policy,
    /// The SLO's names.
    subject: &'a Subject,
    /// The first failure of a condition on the walk.
    failed: RefCell<Option<Obstacle>>,
}

impl<'a> Bench<'a> {
    /// The first failure of a condition on the walk, if one failed.
    fn failure(&self) -> Option<Obstacle> {
        self.failed.borrow().clone()
    }

    /// A condition at the judged point, with what it read.
    fn traced(&self, condition: &Condition, budget: &Arc<Budget>, t: i64) -> (Truth, Vec<Evidence>) {
        let Tested { truth, mut evidence } =
            self.policy.test(condition, self.subject, budget, t, Tracing::On);
        let Some(length) = condition.steadily.filter(|_| truth == Truth::Holds) else {
            return (truth, evidence);
        };
        if length > budget.period() {
            let message = format!(
                "`.steadily(…)` looks back over {}, which is longer than the period of {}",
                gap::duration(length),
                gap::duration(budget.period())
            );
            return (Truth::Failed { message, place: condition.place.clone() }, evidence);
        }
        let mut steady = Steady::new(length, budget.step());
        let answer = steady.answer(t, self.answers_at_once(condition, budget));
        evidence.push(Evidence {
            fact: "steadily".to_owned(),
            value: Value::Time(steady.lasted(t).into()),
            compared: Some(Comparison {
                operator: ">=",
                threshold: Value::Time(length.into()),
                held: answer == Answer::Holds,
            }),
        });
        let truth = match answer {
            Answer::Holds => Truth::Holds,
            Answer::Fails => Truth::Fails,
            Answer::Unknown => {
                let length = gap::duration(length);
                Truth::Unknown {
                    why: format!("it is not known whether it held at every point of the last {length}"),
                }
            }
        };
        (truth, evidence)
    }

    /// A condition as a function of a grid point, with how long it must have held.
    fn answers<'b>(
        &'b self,
        condition: &'b Condition,
        budget: &'b Arc<Budget>,
    ) -> impl FnMut(i64) -> Answer + use<'a, 'b> {
        let mut at_once = self.answers_at_once(condition, budget);
        let too_long = condition.steadily.is_some_and(|length| length > budget.period());
        let mut steady = condition.steadily.map(|length| Steady::new(length, budget.step()));
        move |t| match &mut steady {
            Some(_) if too_long => Answer::Unknown,
            Some(steady) => steady.answer(t, &mut at_once),
            None => at_once(t),
        }
    }

    /// A condition as a function of a grid point, however long it held.
    fn answers_at_once<'b>(
        &'b self,
        condition: &'b Condition,
        budget: &'b Arc<Budget>,
    ) -> impl FnMut(i64) -> Answer + use<'a, 'b> {
        move |t| match self.policy.test(condition, self.subject, budget, t, Tracing::Off).truth {
            Truth::Holds => Answer::Holds,
            Truth::Fails => Answer::Fails,
            Truth::Unknown { .. } => Answer::Unknown,
            failed @ Truth::Failed { .. } => {
                let mut first = self.failed.borrow_mut();
                if first.is_none() {
                    *first = obstacle(failed);
                }
                Answer::Unknown
            }
        }
    }

    /// A clause's conditions over a budget.
    fn conditions<'b>(
        &'b self,
        clause: &'b Clause,
        when: &'b Condition,
        budget: &'b Arc<Budget>,
    ) -> Conditions<impl FnMut(i64) -> Answer + use<'a, 'b>, impl FnMut(i64) -> Answer + use<'a, 'b>> {
        let thaws = clause.thaws.as_ref().map(|thaws| self.answers(thaws, budget));
        Conditions { when: self.answers(when, budget), thaws }
    }
}
