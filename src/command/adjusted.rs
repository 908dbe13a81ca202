//! What people agreed that budgets should not count: read with the law, and put into the budgets that are judged.
//!
//! Figures and rulings are reckoned both ways, so that everybody sees what an agreement does to a verdict. To an
//! organisation's policies a team's agreements are nothing: they are ruled without them.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::adjustment::{self, Adjustments, Applied, Exclusion};
use crate::budget::Budget;
use crate::catalog::{Catalog, Slo};
use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::command::law;
use crate::diagnostic::{self, Code, Diagnostic};
use crate::ledger::Past;
use crate::policy::ruling::{self, Measured, Ruling};
use crate::policy::{Policy, recall};
use crate::report::adjusted::{Adjusted, Excluded, Unadjusted};
use crate::report::reckoned;
use crate::settings::{self, Settings};
use crate::verdict::{self, Situation, Verdict};

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
    problems.extend(unfitting(settings, paths));
    let files = law::read_all(ground, paths, &settings.adjustments, settings::FILE, problems)?;
    let (adjustments, found) = adjustment::load(&files);
    problems.extend(found);
    problems.extend(adjustment::unknown(&adjustments, catalog, settings));
    Ok(adjustments)
}

/// Globs of adjustments that fit no file: what somebody agreed upon would count all the same. One that names a file is
/// told where files are read.
fn unfitting(settings: &Settings, paths: &[String]) -> Vec<Diagnostic> {
    let globs = settings.adjustments.iter().zip(&settings.adjustment_places);
    let none = |glob: &String| {
        let matcher = settings::glob(std::slice::from_ref(glob));
        glob.contains(['*', '?', '[', '{']) && !paths.iter().any(|path| !matcher.matches(path).is_empty())
    };
    let unused = globs.filter(|(glob, _)| none(glob));
    unused
        .map(|(glob, place)| {
            let message = format!("no file fits `{glob}`, so nothing of it is adjusted");
            Diagnostic::warning(Code::Unused, message)
                .at(place.clone(), "fits no file")
                .help("correct it, or take it out until the first adjustment is written")
        })
        .collect()
}

/// Top-ups that no policy gives back, of SLOs that there are.
pub fn unforeseen(
    adjustments: &Adjustments,
    policies: &[Policy],
    catalog: &Catalog,
    settings: &Settings,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for one in &adjustments.top_ups {
        let named = |slo: &&Slo| slo.name == one.top_up.slo;
        let Some(slo) = catalog.slos.iter().find(named) else { continue };
        let team = settings.services.get(&slo.service).and_then(|service| service.team.as_deref());
        let covering = || policies.iter().filter(|policy| policy.covers(&slo.service, team));
        let heeded = |policy: &Policy| recall::refused(policy, &one.top_up).is_none();
        if covering().any(heeded) {
            continue;
        }
        let dependency = &one.top_up.dependency;
        let foreseen = covering().filter_map(|policy| policy.header.top_ups.as_ref());
        let foreseen: Vec<&str> =
            foreseen.flat_map(|top_ups| &top_ups.dependencies).map(String::as_str).collect();
        let help = match (foreseen.contains(&dependency.as_str()), foreseen.is_empty()) {
            (_, true) => {
                format!("write `top_ups: #{{ dependencies: [\"{dependency}\"] }}` in the policy's header")
            }
            (true, _) => "write `provider_enacted: true` where the owner enacted a policy".to_owned(),
            (false, false) => diagnostic::suggestion(dependency, foreseen.iter().copied()),
        };
        let message =
            format!("no policy gives anything of `{}` back for failures of `{dependency}`", one.top_up.slo);
        let problem = Diagnostic::warning(Code::Unused, message);
        problems.push(problem.at(one.dependency_place.clone(), "foreseen by no policy").help(help));
    }
    problems
}

/// A measured budget, as it is judged and as it would be without exclusions.
pub struct Both {
    /// As it is judged.
    pub judged: Measured,
    /// Without exclusions; the same where nothing is excluded.
    pub bare: Measured,
    /// The exclusions that take a step of its history at least.
    pub applied: Vec<Applied>,
    /// The names of the exclusions that are about what its service depends on.
    behind: Vec<String>,
}

impl Both {
    /// Takes what is excluded out of a measured budget.
    pub fn of(measured: Measured, adjustments: &Adjustments, slo: &Slo, settings: &Settings) -> Self {
        let environment = measured.subject.environment.clone();
        let behind = behind(&measured, adjustments);
        if behind.is_empty() && adjustments.concerning(slo, &environment).next().is_none() {
            return Self { judged: measured.clone(), bare: measured, applied: Vec::new(), behind };
        }
        let whole = |budget: Arc<Budget>| Arc::new(budget.with_whole_dependencies());
        let bare = Measured { budget: measured.budget.clone().map(whole), ..measured.clone() };
        let mut applied = Vec::new();
        let budget = measured.budget.map(|budget| {
            let plain = Arc::unwrap_or_clone(budget);
            let (budget, found) = adjustments.applied(plain, slo, &environment, settings.excludable);
            applied = found;
            Arc::new(budget)
        });
        Self { judged: Measured { budget, ..measured }, bare, applied, behind }
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

/// The names of the exclusions that are about what the service of a measured budget depends on.
fn behind(measured: &Measured, adjustments: &Adjustments) -> Vec<String> {
    let Ok(budget) = &measured.budget else { return Vec::new() };
    let environment = measured.subject.environment.as_str();
    let concern = |one: &&Exclusion| budget.upstreams().any(|slo| one.is_about(slo, environment));
    adjustments.exclusions.iter().filter(concern).map(|one| one.name.clone()).collect()
}

/// What policies rule on budgets, and what they would rule if nothing were adjusted.
#[derive(Default)]
pub struct Rulings {
    /// What they rule.
    pub judged: Vec<Ruling>,
    /// What they would rule.
    bare: Vec<Ruling>,
    /// What of the adjustments changed any of them: exclusions by their names, top-ups by their SLO.
    mattered: BTreeSet<String>,
}

impl Rulings {
    /// What they rule, and what they would rule.
    pub fn all(&self) -> impl Iterator<Item = &Ruling> {
        self.judged.iter().chain(&self.bare)
    }

    /// Lets a policy rule on a budget, both ways. What is given back is part of `past`, and not of `unadjusted`.
    pub fn add(&mut self, policy: &Policy, both: &Both, past: Past<'_>, unadjusted: Past<'_>) {
        // Of exclusions an organisation's policy knows by itself that they are nothing to it.
        let past = if policy.header.scope.organization { unadjusted } else { past };
        let given = past.top_ups(&both.judged.subject.slo).next().is_some();
        let judged = ruling::rule(policy, &both.judged, past);
        let is_adjusted = given || !both.applied.is_empty() || !both.behind.is_empty();
        let bare = if is_adjusted { ruling::rule(policy, &both.bare, unadjusted) } else { judged.clone() };
        if judged != bare {
            let given = given.then(|| format!("the top-up of {}", both.judged.subject.slo));
            let own = both.applied.iter().map(|one| one.name.clone());
            self.mattered.extend(own.chain(both.behind.iter().cloned()).chain(given));
        }
        self.judged.extend(judged);
        self.bare.extend(bare);
    }

    /// Adds what policies rule on other budgets.
    pub fn extend(&mut self, others: &Self) {
        self.judged.extend(others.judged.iter().cloned());
        self.bare.extend(others.bare.iter().cloned());
        self.mattered.extend(others.mattered.iter().cloned());
    }

    /// The verdict, and what would be decided if nothing were adjusted, where that differs.
    pub fn fold(self, situation: &Situation, ahead: &[Timestamp]) -> (Verdict, Option<Unadjusted>) {
        let verdict = verdict::fold(situation, self.judged, ahead);
        let bare = verdict::fold(situation, self.bare, &[]);
        let decided = bare.rulings.iter().filter(|one| one.effect == bare.effect);
        let clauses: BTreeSet<String> =
            decided.map(|one| format!("{}/{}", one.ruling.policy, one.ruling.clause)).collect();
        let differs = verdict.effect != bare.effect || verdict.exit != bare.exit;
        let unadjusted = differs.then(|| Unadjusted {
            effect: bare.effect,
            exit: bare.exit,
            clauses: clauses.into_iter().collect(),
            adjustments: self.mattered.into_iter().collect(),
        });
        (verdict, unadjusted)
    }
}
