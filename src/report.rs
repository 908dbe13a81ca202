//! Everything there is to say about one run, as data: the verdict, the budgets, where the facts come from, what is
//! wrong in what was written.
//!
//! A report is finished before anything is rendered. The renderers under `report/` read it and decide nothing:
//! `text` for a terminal, `markdown` for a comment, `json` for machines. Everything from data is escaped for where
//! it goes (`escape`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::budget::composite::Spent;
use crate::budget::gap::{Gap, duration};
use crate::budget::period::Current;
use crate::budget::{Budget, Figures, Windowed};
use crate::change::Change;
use crate::diagnostic::Diagnostic;
use crate::policy::Consequence;
use crate::policy::ruling::{Measured, Ruling, Standing};
use crate::report::adjusted::{Adjusted, Unadjusted};
use crate::report::attribution::Through;
use crate::report::proposed::Proposed;
use crate::settings::{Commenting, Mode};
use crate::source::Planned;
use crate::verdict::{Circumstance, Effect, Exit, Passing, Verdict, Weighed};

pub mod adjusted;
pub mod amendment;
pub mod attribution;
pub mod budgets;
pub mod chart;
pub mod claimed;
pub mod consequence;
pub mod depletion;
pub mod duty;
pub mod definitions;
pub mod escape;
pub mod explanation;
pub mod figure;
pub mod granted;
pub mod ink;
pub mod json;
pub mod line;
pub mod part;
pub mod markdown;
pub mod period;
pub mod problem;
pub mod proposed;
pub mod query_plan;
pub mod recalled;
pub mod reference;
pub mod resettled;
pub mod revision;
pub mod slos;
pub mod sweep;
pub mod text;
pub mod trial;
pub mod turn;
pub mod waived;
pub mod wrapped;

/// The windows over which reports show burn rates, with their length in seconds.
pub const BURN_RATE_WINDOWS: [(&str, i64); 4] =
    [("1h", 3_600), ("6h", 21_600), ("24h", 86_400), ("72h", 259_200)];

/// The windows over which reports show the burned share, with their length in seconds.
pub const BURNED_WINDOWS: [(&str, i64); 4] =
    [("1h", 3_600), ("6h", 21_600), ("24h", 86_400), ("7d", 604_800)];

/// Points of a budget's curve over its period.
const CURVE_POINTS: i64 = 28;

/// Everything there is to say.
#[derive(Debug, Clone)]
pub struct Report {
    /// The answer.
    pub verdict: Verdict,
    /// The judged environment; none when the settings could not be read.
    pub environment: Option<String>,
    /// The environment's mode, likewise.
    pub mode: Option<Mode>,
    /// What is about to ship.
    pub change: Change,
    /// Where the budgets come from: `snapshot history.om.gz`.
    pub source: Option<String>,
    /// The grid point that was judged, in seconds since the epoch.
    pub judged_at: Option<i64>,
    /// The organisation whose layer stands above the team's files, where there is one.
    pub organization: Option<OrganizationLine>,
    /// The policies that were asked.
    pub policies: Vec<PolicyLine>,
    /// The budgets that were read.
    pub budgets: Vec<BudgetLine>,
    /// What is wrong in what was written.
    pub problems: Vec<Diagnostic>,
    /// What else a reader must know: that no base was given, that a snapshot was judged at its own end.
    pub notes: Vec<String>,
    /// The judged directory inside its repository: empty, or with a slash at its end.
    pub prefix: String,
    /// Who passes although the verdict withholds the change.
    pub passing: Passing,
    /// How each class of the settings is claimed, by its name.
    pub grants: BTreeMap<String, granted::Grant>,
    /// Where the judged text can be looked at, up to and including the last slash before a path.
    pub permalink: Option<String>,
    /// What the change makes of the settings, SLOs and policies that judge it; none where it touches none of them.
    pub proposed: Option<Proposed>,
    /// What would be decided if nothing were adjusted, where that is something else.
    pub unadjusted: Option<Unadjusted>,
    /// What the source was asked for it; nothing where a recording was read.
    pub queries: Vec<Planned>,
    /// When the repository wants a comment.
    pub commenting: Commenting,
}

/// An organisation whose layer stands above a team's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationLine {
    /// Its name.
    pub name: String,
    /// The SHA-256 of its layer, in hexadecimal.
    pub sha256: String,
}

impl OrganizationLine {
    /// The first digits of the digest, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.sha256.get(..12).unwrap_or(&self.sha256)
    }
}

/// One policy that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLine {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its path.
    pub file: String,
    /// The commit that it was read from; none for a work tree, and for an organisation's.
    pub commit: Option<String>,
    /// The organisation whose policy it is, where it is none of the team's.
    pub organization: Option<OrganizationLine>,
    /// The digest of its text.
    pub digest: String,
    /// Who agreed: role and person.
    pub agreed_by: Vec<(String, String)>,
    /// When it is reviewed next: a date, an event, or both.
    pub next_review: String,
    /// The date of its next review has passed, or what it was to be reviewed after has happened.
    pub overdue: bool,
    /// Silver bullets that are left this year, and how many there are a year; none where the policy has none.
    pub silver_bullets: Option<(u32, u32)>,
    /// The date from which it rules, when that lies ahead.
    pub effective_from: Option<String>,
}

/// One budget that was read.
#[derive(Debug, Clone)]
pub struct BudgetLine {
    /// The SLO's name.
    pub slo: String,
    /// What people call it.
    pub title: String,
    /// Its service.
    pub service: String,
    /// The environment whose events count.
    pub environment: String,
    /// The objective, as a share.
    pub objective: Decimal,
    /// The length in seconds of the period that is judged.
    pub period: i64,
    /// That period, where it follows the calendar.
    pub calendar: Option<Current>,
    /// The figures, or why there are none.
    pub figures: Result<Figured, Gap>,
    /// What was left over the last period, oldest first; none where it is not known.
    pub curve: Vec<(i64, Option<Decimal>)>,
    /// What went through each dependency that a policy asks about; nothing where the budget is not known.
    pub through: Vec<Through>,
    /// What is excluded of it, and the figures without that; none where nothing is.
    pub adjusted: Option<Adjusted>,
}

/// The figures of a budget that is known.
#[derive(Debug, Clone)]
pub struct Figured {
    /// The share that is left.
    pub remaining: Decimal,
    /// The share of the SLA's budget that is left; none without an SLA.
    pub sla: Option<Decimal>,
    /// The share that is spent.
    pub consumed: Decimal,
    /// Bad events of the period.
    pub bad: Decimal,
    /// All events of the period.
    pub total: Decimal,
    /// The share of the period that is over; all of a rolling one.
    pub elapsed: Decimal,
    /// How many times faster than evenly it is spent.
    pub pace: Decimal,
    /// The length of history, in seconds, that an estimate rests on; none where nothing is estimated.
    pub estimated: Option<i64>,
    /// The share by which good or bad events exceed all events, where it is worth saying.
    pub excess: Option<Decimal>,
    /// Burn rates, in the order of `BURN_RATE_WINDOWS`.
    pub burn_rate: Vec<Result<Windowed, Gap>>,
    /// Burned shares, in the order of `BURNED_WINDOWS`.
    pub burned: Vec<Result<Windowed, Gap>>,
    /// What each part took of a composite budget.
    pub parts: Vec<Spent>,
}

impl BudgetLine {
    /// Reads a measured budget for the report.
    #[must_use]
    pub fn reckon(measured: &Measured, title: &str, objective: Decimal, period: i64) -> Self {
        let known = measured.budget.clone();
        Self {
            slo: measured.subject.slo.clone(),
            title: title.to_owned(),
            service: measured.subject.service.clone(),
            environment: measured.subject.environment.clone(),
            objective,
            period,
            calendar: known.as_ref().ok().and_then(|budget| budget.current(measured.t)),
            through: known.as_ref().map(|budget| through(budget, measured.t)).unwrap_or_default(),
            curve: known.as_ref().map(|budget| curve(budget, measured.t)).unwrap_or_default(),
            figures: reckoned(measured),
            adjusted: None,
        }
    }

    /// What a person can do where a ruling is not known, because the budget is not or what it lost through a dependency.
    #[must_use]
    pub fn help(&self, ruling: &Ruling) -> Option<&'static str> {
        match &self.figures {
            Err(gap) => Some(gap.help()),
            Ok(_) => attribution::help(ruling, self),
        }
    }
}

/// The figures of a measured budget, or why there are none.
///
/// # Errors
/// The gap.
pub fn reckoned(measured: &Measured) -> Result<Figured, Gap> {
    let budget = measured.budget.as_ref().map_err(Clone::clone)?;
    budget.at(measured.t).map(Figured::read)
}

impl Figured {
    /// Reads the figures of one grid point.
    fn read(figures: Figures<'_>) -> Self {
        Self {
            remaining: figures.remaining(),
            sla: figures.sla().map(|sla| sla.remaining()),
            consumed: figures.consumed(),
            bad: figures.period().bad,
            total: figures.period().total,
            elapsed: figures.elapsed(),
            pace: figures.pace(),
            parts: figures.parts(),
            estimated: figures.estimated(),
            excess: figures.excess(),
            burn_rate: BURN_RATE_WINDOWS.iter().map(|(_, window)| figures.burn_rate(*window)).collect(),
            burned: BURNED_WINDOWS.iter().map(|(_, window)| figures.burned(*window)).collect(),
        }
    }
}

/// What was left over the last period, at evenly spaced grid points that end at `t`.
fn curve(budget: &Budget, t: i64) -> Vec<(i64, Option<Decimal>)> {
    let step = budget.step();
    let period = budget.period_at(t);
    let stride = (period / CURVE_POINTS / step).max(1) * step;
    let points = (period / stride).clamp(1, CURVE_POINTS);
    (0..=points)
        .rev()
        .map(|back| t - back * stride)
        .map(|at| (at, budget.at(at).ok().map(|figures| figures.remaining())))
        .collect()
}

/// What went through each dependency that somebody asks about.
fn through(budget: &Budget, t: i64) -> Vec<Through> {
    let Ok(figures) = budget.at(t) else { return Vec::new() };
    let one = |name: &str| {
        let known = figures.attributed(name).transpose()?;
        Some(Through { dependency: name.to_owned(), known })
    };
    budget.dependencies().filter_map(one).collect()
}

impl Report {
    /// The rulings that decided: those whose effect is the verdict's.
    pub fn deciding(&self) -> impl Iterator<Item = &Weighed> {
        let effect = self.verdict.effect;
        self.verdict.rulings.iter().filter(move |one| one.effect == effect && effect > Effect::Proceed)
    }

    /// The rulings that did not decide.
    pub fn others(&self) -> impl Iterator<Item = &Weighed> {
        let effect = self.verdict.effect;
        self.verdict.rulings.iter().filter(move |one| one.effect != effect || effect == Effect::Proceed)
    }

    /// The services that the verdict is about: those that decided, else all that were touched.
    #[must_use]
    pub fn services(&self) -> Vec<&str> {
        let mut services: Vec<&str> = self.deciding().map(|one| one.ruling.service.as_str()).collect();
        if services.is_empty() {
            services = self.change.services.iter().map(|service| service.name.as_str()).collect();
        }
        services.sort_unstable();
        services.dedup();
        services
    }

    /// The budget of a ruling.
    #[must_use]
    pub fn budget_of(&self, weighed: &Weighed) -> Option<&BudgetLine> {
        let ruling = &weighed.ruling;
        self.budgets.iter().find(|line| line.slo == ruling.slo && line.environment == ruling.environment)
    }

    /// The known budget of which least is left.
    #[must_use]
    pub fn tightest(&self) -> Option<(&BudgetLine, &Figured)> {
        let known =
            self.budgets.iter().filter_map(|line| line.figures.as_ref().ok().map(|known| (line, known)));
        known.min_by_key(|(_, known)| known.remaining)
    }

    /// What people call a budget; with its environment where that is not the judged one.
    #[must_use]
    pub fn title<'a>(&self, line: &'a BudgetLine) -> Cow<'a, str> {
        if Some(&line.environment) == self.environment.as_ref() {
            Cow::Borrowed(&line.title)
        } else {
            Cow::Owned(format!("{} ({})", line.title, line.environment))
        }
    }

    /// What people call the budget of a ruling.
    #[must_use]
    pub fn title_of<'a>(&'a self, weighed: &'a Weighed) -> Cow<'a, str> {
        self.budget_of(weighed).map_or(Cow::Borrowed(weighed.ruling.slo.as_str()), |line| self.title(line))
    }

    /// Why a ruling comes to less than its policy's text seems to ask for, when it does.
    #[must_use]
    pub fn eased(&self, weighed: &Weighed) -> Option<String> {
        if weighed.effect >= weighed.stated {
            return self.elsewhere(weighed);
        }
        let would = match weighed.stated {
            Effect::Freeze => "would freeze",
            Effect::Restrict => "would restrict",
            Effect::Unknown => "would withhold",
            Effect::Warn => "would warn",
            Effect::Proceed | Effect::Inform => "would inform",
        };
        if weighed.excepted() {
            let class = self.change.class.as_deref().unwrap_or_default();
            return Some(format!("{would}, but changes of class {class} are excepted"));
        }
        if let Some(bullet) = &weighed.lifted_by {
            return Some(format!(
                "{would}, but {} fired a silver bullet for this change: {}",
                bullet.by, bullet.reason
            ));
        }
        if let Some(waiver) = &weighed.waived_by {
            let (by, until, reason) = (&waiver.by, waiver.until, &waiver.reason);
            return Some(format!("{would}, but {by} waived it until {until}: {reason}"));
        }
        if weighed.ruling.pending {
            return Some(format!("{would}, but the policy is not effective yet, so it only informs"));
        }
        if weighed.circumstances.contains(&Circumstance::Partial) {
            return Some(format!(
                "{would}, but the change is judged as a canary; --rollout full judges all of it"
            ));
        }
        if let Some(history) =
            weighed.ruling.estimated.filter(|_| weighed.circumstances.contains(&Circumstance::Estimated))
        {
            let history = duration(history);
            return Some(format!(
                "{would}, but the budget is only estimated, from {history} of history, so it warns"
            ));
        }
        if weighed.circumstances.contains(&Circumstance::WithinLimit) {
            return Some(format!("{would}, but the limit of today's releases is not reached"));
        }
        if weighed.circumstances.contains(&Circumstance::Uncounted) {
            return Some(format!("{would} past its limit, but today's releases cannot be counted"));
        }
        match self.mode {
            Some(mode @ (Mode::Inform | Mode::Warn)) => {
                Some(format!("{would}, but the mode of the environment is {}", mode.as_str()))
            }
            Some(Mode::Enforce) | None => {
                Some(format!("{would}, but the settings let not knowing only warn"))
            }
        }
    }

    /// Says what a ruling freezes, when that is another environment.
    fn elsewhere(&self, weighed: &Weighed) -> Option<String> {
        let in_force = matches!(weighed.ruling.standing, Standing::InForce { .. });
        let others: Vec<&str> = weighed
            .ruling
            .consequences
            .iter()
            .filter_map(Consequence::frozen)
            .filter(|environment| Some(*environment) != self.environment.as_deref())
            .collect();
        let here = self.environment.as_deref().unwrap_or_default();
        (in_force && !others.is_empty()).then(|| format!("freezes {}, not {here}", others.join(", ")))
    }

    /// The word that opens every rendering.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match (self.verdict.exit, self.verdict.effect) {
            (Exit::Invalid, _) => "invalid",
            (_, effect) => effect.as_str(),
        }
    }

    /// True when the world did not answer before any policy could be asked; the first note says why.
    #[must_use]
    pub fn undecided(&self) -> bool {
        self.verdict.effect == Effect::Unknown
            && self.verdict.exit == Exit::Unknown
            && self.verdict.rulings.is_empty()
    }

    /// How many problems are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.is_error()).count()
    }
}
