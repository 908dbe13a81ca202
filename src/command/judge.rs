//! The path from what was written and what the world says to a finished report.
//!
//! Whatever goes wrong on the way becomes part of the report: what a person wrote wrongly ends it as invalid, what
//! the world did not answer as unknown. Only a wrong command line ends it without one.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::Timestamp;

use crate::change::Change;
use crate::command::basis::{self, Basis};
use crate::command::ground;
use crate::command::means::Means;
use crate::command::passage::Passage;
use crate::command::proposed;
use crate::command::question::{self, Question};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::github::{GitHub, PullRequest};
use crate::policy::Policy;
use crate::policy::ruling::Measured;
use crate::report::Report;
use crate::report::query_plan::QueryPlan;
use crate::settings::Commenting;
use crate::source::answered::Answered;
use crate::tree::TreeError;
use crate::verdict::{self, Passing, Verdict};

/// What is judged, and what may be asked on the way.
#[derive(Clone)]
pub struct Case<'a> {
    /// What is judged with.
    pub means: Means<'a>,
    /// The environment that is judged, when it is named.
    pub environment: Option<String>,
    /// The branch, tag or commit that everything that decides is read from.
    pub base: Option<String>,
    /// The branch, tag or commit that is judged; `HEAD` when none is named.
    pub head: Option<String>,
    /// The services that are judged, when they are named: else those that the change touches.
    pub services: &'a [String],
    /// The class of the change, when it is named.
    pub class: Option<&'a str>,
    /// How much of the rollout is judged, when it is named.
    pub rollout: Option<&'a str>,
    /// What is wanted of it.
    pub goal: Goal,
    /// GitHub's API, when it can be asked.
    pub github: Option<Rc<GitHub>>,
    /// Where people look at files of the repository: `https://github.com/owner/name/blob`.
    pub blob: Option<String>,
    /// The passage that the change takes, when a run on GitHub is about one.
    pub passage: Option<&'a Passage>,
    /// The pull request that is judged, when it is one.
    pub pull: Option<&'a PullRequest>,
}

impl<'a> Case<'a> {
    /// The work tree, whatever was changed in it.
    pub const fn of(means: Means<'a>) -> Self {
        Self {
            means,
            environment: None,
            base: None,
            head: None,
            services: &[],
            class: None,
            rollout: None,
            goal: Goal::Verdict,
            github: None,
            blob: None,
            passage: None,
            pull: None,
        }
    }
}

/// What is wanted of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// A verdict.
    Verdict,
    /// A verdict, and the observations that it rests on.
    Recording,
    /// What would be asked, and no verdict.
    Plan,
}

/// Why the path ended early.
#[derive(Clone)]
pub enum Stop {
    /// The command line is wrong.
    Usage(String),
    /// Something written is wrong.
    Invalid(Vec<Diagnostic>),
    /// The world did not answer.
    Unknown(String),
}

impl From<Diagnostic> for Stop {
    fn from(problem: Diagnostic) -> Self {
        Self::Invalid(vec![problem])
    }
}

impl From<TreeError> for Stop {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Refused(message) => Diagnostic::error(Code::Unreadable, message)
                .help("look at the file or commit that it names")
                .into(),
            TreeError::Unreachable(message) => Self::Unknown(message),
        }
    }
}

/// A finished report and the observations that it rests on.
pub struct Judged {
    /// The report.
    pub report: Report,
    /// The observations as a file, when any were asked for.
    pub observations: Option<String>,
    /// The budgets that the rulings rest on.
    pub measured: Vec<Measured>,
    /// The policies, asked or not.
    pub policies: Vec<Policy>,
    /// What would be asked, where that is all that was wanted.
    pub plan: Option<QueryPlan>,
    /// What was answered, where a change is to be judged by its own rules as well.
    pub answered: Option<Answered>,
}

impl Judged {
    /// Nothing is known yet.
    pub fn blank(now: Timestamp) -> Self {
        Self {
            report: blank(now),
            observations: None,
            measured: Vec::new(),
            policies: Vec::new(),
            plan: None,
            answered: None,
        }
    }
}

/// Judges.
///
/// # Errors
/// What is wrong with the command line.
pub fn judge(case: &Case<'_>) -> Result<Judged, String> {
    let mut judged = Judged::blank(case.means.present);
    let verdict = path(case, &mut judged);
    finish(verdict, &mut judged.report)?;
    Ok(judged)
}

/// Ends a report: with the verdict, or with why there is none.
///
/// # Errors
/// What is wrong with the command line.
pub fn finish(verdict: Result<Verdict, Stop>, report: &mut Report) -> Result<(), String> {
    report.verdict = match verdict {
        Ok(verdict) => verdict,
        Err(Stop::Usage(message)) => return Err(message),
        Err(Stop::Invalid(problems)) => {
            report.problems.extend(problems);
            verdict::invalid(report.verdict.evaluated_at)
        }
        Err(Stop::Unknown(reason)) => {
            report.notes.insert(0, reason);
            verdict::unknown(report.verdict.evaluated_at)
        }
    };
    diagnostic::sort(&mut report.problems);
    Ok(())
}

/// A report in which nothing is known yet.
fn blank(now: Timestamp) -> Report {
    Report {
        verdict: verdict::unknown(now),
        environment: None,
        mode: None,
        change: Change::default(),
        source: None,
        judged_at: None,
        policies: Vec::new(),
        budgets: Vec::new(),
        problems: Vec::new(),
        notes: Vec::new(),
        organization: None,
        prefix: String::new(),
        passing: Passing::default(),
        grants: BTreeMap::new(),
        permalink: None,
        proposed: None,
        unadjusted: None,
        queries: Vec::new(),
        commenting: Commenting::Always,
    }
}

/// The whole path, in order. What the change makes of what judges it is looked at when everything is decided.
fn path(case: &Case<'_>, judged: &mut Judged) -> Result<Verdict, Stop> {
    let basis = basis::read(case, ground::find(case)?, &mut judged.report)?;
    let changed = basis::change(case, &basis, &mut judged.report)?;
    let amends = !basis.amended(changed.as_ref()).is_empty();
    let verdict = decide(case, &basis, amends, judged);
    judged.report.proposed =
        proposed::read(case, &basis, changed.as_ref(), (&judged.report, judged.answered.as_ref()));
    judged.policies = basis.policies;
    verdict
}

/// Asks for the budgets, and decides. What is answered is kept for a change that amends the law.
fn decide(case: &Case<'_>, basis: &Basis, amends: bool, judged: &mut Judged) -> Result<Verdict, Stop> {
    let touched: Vec<String> =
        judged.report.change.services.iter().map(|service| service.name.clone()).collect();
    let touched: BTreeSet<&str> = touched.iter().map(String::as_str).collect();
    judged.report.problems.extend(question::unasked(case, basis, &touched)?);
    let question = Question::of(case, basis, &touched)?;
    if case.goal == Goal::Plan {
        judged.plan = Some(question.plan());
        return Ok(verdict::unknown(question.now()));
    }
    let question = if amends { question.keeping() } else { question };
    let mut reckoning = question.ask(case.goal == Goal::Recording);
    judged.observations = reckoning.observations.take();
    judged.answered = reckoning.answered.take();
    let (verdict, measured) = reckoning.fold(&mut judged.report);
    judged.measured = measured;
    Ok(verdict)
}
