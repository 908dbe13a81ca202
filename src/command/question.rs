//! What is asked about budgets, once for all the changes that rest on the answer.
//!
//! The SLOs of every touched service, each in the environment whose budget a policy measures, the dependencies and the
//! signals that policies read of them, and as much history as each of them needs, all at one grid point.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::adjustment;
use crate::catalog::Slo;
use crate::command::basis::{self, Basis};
use crate::command::judge::{Case, Stop};
use crate::command::reckoning::Reckoning;
use crate::command::released::Released;
use crate::command::watch::{self, Asked, Watch, dependency, signal};
use crate::command::{law, observed};
use crate::diagnostic::Diagnostic;
use crate::policy::{self, Policy};
use crate::report::query_plan::QueryPlan;
use crate::settings::Environment;

/// What is asked.
pub struct Question<'a> {
    /// The law that asks.
    basis: &'a Basis,
    /// The judged environment, with its name.
    environment: (&'a str, &'a Environment),
    /// Who answers.
    watch: Watch<'a>,
    /// What was said of the instant that is judged.
    note: Option<String>,
    /// The instant that is judged.
    now: Timestamp,
    /// The grid point that is judged, in seconds since the epoch.
    t: i64,
    /// The SLOs that are judged, with the policies that judge each.
    subjects: BTreeMap<Asked<'a>, Vec<&'a Policy>>,
    /// The signals that are read.
    signals: signal::Wanted<'a>,
    /// The dependencies that are read.
    upstream: dependency::Wanted<'a>,
    /// Those of which a policy reads the quarter.
    quarters: BTreeSet<Asked<'a>>,
    /// What is answered is kept, to judge by other rules.
    keeps: bool,
    /// Who counts releases.
    released: Released,
}

impl<'a> Question<'a> {
    /// Finds out what is asked for these services.
    ///
    /// # Errors
    /// When there is no such environment, or the source that is named is none.
    pub fn of(case: &Case<'a>, basis: &'a Basis, services: &BTreeSet<&str>) -> Result<Self, Stop> {
        let settings = &basis.rules.settings;
        let watch = Watch::choose(&case.means.named, &basis.ground, settings, case.means.given)?;
        Self::to(watch, case, basis, services)
    }

    /// Finds out what somebody is asked for these services.
    ///
    /// # Errors
    /// When there is no such environment.
    pub fn to(
        watch: Watch<'a>,
        case: &Case<'a>,
        basis: &'a Basis,
        services: &BTreeSet<&str>,
    ) -> Result<Self, Stop> {
        let settings = &basis.rules.settings;
        let environment = basis::environment(&basis.rules, case.environment.as_deref())?;
        let subjects = subjects(basis, environment.0, services);
        let (now, note) = watch.now(case.means.given, case.means.present);
        let mut upstream = dependency::Wanted::new(settings, settings.step);
        let mut signals = signal::Wanted::default();
        let mut quarters = BTreeSet::new();
        for (asked, policies) in &subjects {
            for policy in policies {
                signals.add(policy, asked.slo, asked.environment);
                upstream.add(policy, *asked, &basis.catalog);
                if policy.reads("quarter").is_some() {
                    quarters.insert(*asked);
                }
            }
        }
        let t = observed::grid(now.as_second(), settings);
        let released = Released::by(case.github.clone());
        let keeps = false;
        Ok(Self {
            basis,
            environment,
            watch,
            note,
            now,
            t,
            subjects,
            signals,
            upstream,
            quarters,
            keeps,
            released,
        })
    }

    /// The same, whose answers are kept to judge by other rules.
    pub fn keeping(self) -> Self {
        Self { keeps: true, ..self }
    }

    /// The instant that is judged.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Everything that the source is asked about, in its order.
    fn asked(&self) -> Vec<Asked<'a>> {
        let asked: BTreeSet<Asked<'a>> = self.subjects.keys().copied().chain(self.upstream.asked()).collect();
        Vec::from_iter(asked)
    }

    /// How many points of history an SLO needs.
    fn depth(&self, one: &Asked<'_>) -> i64 {
        let step = self.basis.rules.settings.step;
        let quarter = self.quarters.contains(one);
        let own = self.subjects.contains_key(one).then(|| watch::history(one.slo.period, quarter, step));
        own.unwrap_or_default().max(self.upstream.depth(one))
    }

    /// What would be asked of the source.
    pub fn plan(&self) -> QueryPlan {
        let settings = &self.basis.rules.settings;
        let depth = |one: &Asked<'_>| self.depth(one);
        self.watch.plan(&self.asked(), depth, &self.signals, (settings, self.environment.0), self.t)
    }

    /// Asks, and lets every policy rule on every answer. With `records` the answers are kept as a file as well.
    pub fn ask(self, records: bool) -> Reckoning<'a> {
        let settings = &self.basis.rules.settings;
        let asked = self.asked();
        let queries = self.plan().requests;
        let observed = self.watch.observe(&asked, |one| self.depth(one), settings, self.t);
        let heard = self.watch.listen(&self.signals, settings, self.t);
        let notes = self.note.iter().cloned().chain(self.watch.notes()).collect();
        let observations =
            records.then(|| self.watch.record(&asked, &observed, &heard, settings, (self.now, None)));
        let answered = self.keeps.then(|| self.watch.keep(&asked, &observed, &heard, self.now));
        let Basis { catalog, adjustments, .. } = self.basis;
        let mut answers = dependency::Answers::reckon(&asked, observed);
        let mut reckoning = Reckoning::blank(self.basis, self.environment, (self.now, self.t));
        reckoning.released = self.released;
        reckoning.source = Some(self.watch.describe());
        reckoning.notes = notes;
        reckoning.queries = queries;
        reckoning.observations = observations;
        reckoning.answered = answered;
        reckoning.problems = adjustment::over(adjustments, catalog, settings, self.now);
        for (asked, policies) in self.subjects.into_iter().take_while(|_| !policy::is_over()) {
            let answer = answers.take(&asked, &self.upstream, adjustments);
            reckoning.rule(asked, policies, answer, heard.of(asked.environment));
        }
        reckoning
    }
}

/// Which SLO is measured in which environment, and by which policies, for these services.
fn subjects<'a>(
    basis: &'a Basis,
    judged: &'a str,
    services: &BTreeSet<&str>,
) -> BTreeMap<Asked<'a>, Vec<&'a Policy>> {
    let Basis { rules, catalog, policies, .. } = basis;
    let settings = &rules.settings;
    let mut subjects: BTreeMap<Asked<'a>, Vec<&'a Policy>> = BTreeMap::new();
    for (name, service) in settings.services.iter().filter(|(name, _)| services.contains(name.as_str())) {
        let covering: Vec<&Policy> =
            policies.iter().filter(|policy| policy.covers(name, service.team.as_deref())).collect();
        for slo in catalog.of(name) {
            for policy in &covering {
                let environment = policy.header.measures.as_deref().unwrap_or(judged);
                if slo.holds_in(environment)
                    && let Some(asked) = Asked::new(settings, slo, environment)
                {
                    subjects.entry(asked).or_default().push(policy);
                }
            }
            if covering.is_empty()
                && slo.holds_in(judged)
                && let Some(asked) = Asked::new(settings, slo, judged)
            {
                subjects.entry(asked).or_default();
            }
        }
    }
    subjects
}

/// What nobody would be asked about of these services: those without an SLO here, or without a policy.
///
/// # Errors
/// When there is no such environment.
pub fn unasked(case: &Case<'_>, basis: &Basis, services: &BTreeSet<&str>) -> Result<Vec<Diagnostic>, Stop> {
    let Basis { rules, catalog, policies, .. } = basis;
    let (judged, _) = basis::environment(rules, case.environment.as_deref())?;
    let mut problems = Vec::new();
    for (name, service) in rules.settings.services.iter().filter(|(name, _)| services.contains(name.as_str()))
    {
        problems.extend(law::unmeasured((name, service), catalog, policies, &[judged]));
        let slos: Vec<&Slo> = catalog.of(name).collect();
        if !slos.is_empty() {
            problems.extend(law::without_policy(name, service, policies));
        }
    }
    Ok(problems)
}
