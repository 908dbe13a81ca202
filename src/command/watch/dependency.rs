//! Which SLOs are asked about besides the judged ones: those of the dependencies of which a policy reads what went
//! through them.
//!
//! They are asked about in the environment of the SLO that is judged, and as far back as its walk looks. Only what the
//! service or the SLO itself declares is followed, so that services which depend on each other make no circle here.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::adjustment::Adjustments;
use crate::budget::Budget;
use crate::budget::attribution::{Dependencies, Dependency, Upstream};
use crate::budget::gap::Gap;
use crate::catalog::{Catalog, Slo};
use crate::command::watch::{Asked, PERIODS};
use crate::policy::Policy;
use crate::settings::Settings;
use crate::source::whole::Answer;

/// The SLOs of each dependency, by its name.
type Upstreams<'a> = BTreeMap<&'a str, Vec<Asked<'a>>>;

/// What policies read of dependencies.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// What the services declare.
    settings: &'a Settings,
    /// Seconds between two points.
    step: i64,
    /// By the SLO that is judged.
    reads: BTreeMap<Asked<'a>, Upstreams<'a>>,
    /// How many points of history each SLO of a dependency needs.
    depths: BTreeMap<Asked<'a>, i64>,
}

/// The budgets of everything that was asked about.
#[derive(Debug)]
pub struct Answers<'a>(BTreeMap<Asked<'a>, Result<Arc<Budget>, Gap>>);

impl<'a> Answers<'a> {
    /// The budgets of what was answered, in order.
    #[must_use]
    pub fn reckon(asked: &[Asked<'a>], observed: Vec<Answer>) -> Self {
        let budget = |(asked, answer): (&Asked<'a>, Answer)| (*asked, answer.budget(asked.slo).map(Arc::new));
        Self(asked.iter().zip(observed).map(budget).collect())
    }

    /// The budget of an SLO that is judged, with what it depends on. What is excluded of a dependency is excluded here as
    /// it is where the dependency itself is judged.
    ///
    /// # Errors
    /// Why there is none.
    pub fn take(
        &mut self,
        asked: &Asked<'a>,
        wanted: &Wanted<'a>,
        adjustments: &Adjustments,
    ) -> Result<Budget, Gap> {
        let dependencies = wanted.of(asked, self, adjustments);
        let budget = self.budget(asked)?;
        // What nothing depends on is needed once, and need not be copied.
        if !wanted.depths.contains_key(asked) {
            self.0.remove(asked);
        }
        Ok(Arc::unwrap_or_clone(budget).with_dependencies(dependencies))
    }

    /// The budget of an SLO of a dependency, without what does not count of it.
    fn upstream(
        &self,
        asked: &Asked<'a>,
        adjustments: &Adjustments,
        excludable: Decimal,
    ) -> Result<Arc<Budget>, Gap> {
        let budget = self.budget(asked)?;
        if adjustments.concerning(asked.slo, asked.environment).next().is_none() {
            return Ok(budget);
        }
        let budget = Arc::unwrap_or_clone(budget);
        Ok(Arc::new(adjustments.applied(budget, asked.slo, asked.environment, excludable).0))
    }

    /// One budget.
    fn budget(&self, asked: &Asked<'a>) -> Result<Arc<Budget>, Gap> {
        let silent = || Err(Gap::Unreachable { detail: "the source was not asked about it".to_owned() });
        self.0.get(asked).cloned().unwrap_or_else(silent)
    }
}

impl<'a> Wanted<'a> {
    /// Nothing is read yet, on a grid of `step` seconds.
    #[must_use]
    pub const fn new(settings: &'a Settings, step: i64) -> Self {
        Self { settings, step, reads: BTreeMap::new(), depths: BTreeMap::new() }
    }

    /// What the service of an SLO depends on, and what the SLO itself says that it depends on.
    fn declared(&self, asked: &Asked<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
        let service = self.settings.services.get(&asked.slo.service);
        let of_service = service.into_iter().flat_map(|service| &service.dependencies);
        let of_slo = asked.slo.about.dependencies.iter().map(|note| note.text.as_str());
        of_service.map(|one| one.name.as_str()).chain(of_slo)
    }

    /// Adds what a policy reads where it judges an SLO.
    pub fn add(&mut self, policy: &Policy, asked: Asked<'a>, catalog: &'a Catalog) {
        for name in self.declared(&asked).filter(|name| policy.dependencies.contains(*name)) {
            let slos = catalog.of(name).filter(|slo| slo.holds_in(asked.environment));
            let upstreams: Vec<Asked<'a>> = slos.map(|slo| Asked { slo, ..asked }).collect();
            for upstream in &upstreams {
                let depth = self.depths.entry(*upstream).or_default();
                *depth = (*depth).max(history(asked.slo, upstream.slo, self.step));
            }
            self.reads.entry(asked).or_default().insert(name, upstreams);
        }
    }

    /// The SLOs that are asked about, in their order.
    pub fn asked(&self) -> impl Iterator<Item = Asked<'a>> {
        self.depths.keys().copied()
    }

    /// How many points of history an SLO needs for what depends on it.
    #[must_use]
    pub fn depth(&self, asked: &Asked<'a>) -> i64 {
        self.depths.get(asked).copied().unwrap_or_default()
    }

    /// What the budget of an SLO is told of dependencies.
    fn of(&self, asked: &Asked<'a>, answers: &Answers<'a>, adjustments: &Adjustments) -> Arc<Dependencies> {
        let all = self.settings.services.values().flat_map(|service| &service.dependencies);
        let mut dependencies: Dependencies =
            all.map(|one| (one.name.clone(), Dependency::Elsewhere)).collect();
        // What is declared and not read was not asked about, and is not known.
        for name in self.declared(asked) {
            dependencies.remove(name);
        }
        let upstream = |one: &Asked<'a>| Upstream {
            slo: one.slo.name.clone(),
            budget: answers.upstream(one, adjustments, self.settings.excludable),
        };
        for (name, slos) in self.reads.get(asked).into_iter().flatten() {
            let slos = slos.iter().map(upstream).collect();
            dependencies.insert((*name).to_owned(), Dependency::Declared(slos));
        }
        Arc::new(dependencies)
    }
}

/// The points of history that a judged SLO needs of an SLO of a dependency: at each point of its walk, what lies in its
/// own period and whether the other one is known.
fn history(judged: &Slo, upstream: &Slo, step: i64) -> i64 {
    let points = |period: i64| (period + step - 1) / step;
    (PERIODS - 1) * points(judged.period) + points(judged.period.max(upstream.period))
}
