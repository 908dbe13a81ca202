//! Attribution: the share of a budget that went through what its service depends on.
//!
//! A bad event counts for a dependency where its step ends at a grid point within an incident of one of the
//! dependency's SLOs in the same environment; where several of them have one, it counts once. A slice of time lies where
//! it ends. As at every grid point only what lies before it counts, an incident is seen up to the newest point that
//! burns. What a top-up gives back is not counted again. Only what a service itself declares is looked at: what breaks
//! behind a dependency counts as far as it breaks the dependency. Of a composite budget the bad events of each part are
//! weighed like all else of that part.
//!
//! `burned_by = bad_inside / ((1 - T) total_P)`, so it is at least 0 and at most what is consumed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::budget::gift::Gifts;
use crate::budget::incident::Incidents;
use crate::budget::{Budget, Figures};

/// One SLO of a dependency.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Its name.
    pub slo: String,
    /// Its budget in the environment of the budget that asks, or why there is none.
    pub budget: Result<Arc<Budget>, Gap>,
}

/// What is known of one dependency.
#[derive(Debug, Clone)]
pub enum Dependency {
    /// The service depends on it, and these are its SLOs.
    Declared(Vec<Upstream>),
    /// Other services depend on it, and this one does not.
    Elsewhere,
}

/// What the services of a repository depend on, by name, as far as somebody asked about it.
pub type Dependencies = BTreeMap<String, Dependency>;

/// Why it is not known what went through a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unattributed {
    /// Nothing says what happened to the dependency.
    Unasked,
    /// It has no SLO in the environment.
    NoSlo,
    /// One of its SLOs is not known.
    Gap {
        /// Which one.
        slo: String,
        /// Why.
        gap: Gap,
    },
}

impl fmt::Display for Unattributed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unasked => f.write_str("nothing says what happened to that dependency"),
            Self::NoSlo => {
                f.write_str("no SLO of it holds in this environment, so its incidents are not known")
            }
            Self::Gap { slo, gap } => write!(f, "its SLO {slo}: {gap}"),
        }
    }
}

impl Unattributed {
    /// What a person can do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unasked => {
                "name the dependency in the condition as a text, and declare it under the service"
            }
            Self::NoSlo => {
                "declare a service of that name, and define an SLO of it that holds in this environment"
            }
            Self::Gap { gap, .. } => gap.help(),
        }
    }
}

/// What went through a dependency at a grid point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributed {
    /// The share of the grant.
    pub share: Decimal,
    /// The bad events, without what is given back; of a composite budget those of all parts together.
    pub bad: Decimal,
    /// The incidents in which something went, by their begin.
    pub incidents: Vec<Overlap>,
}

/// An incident of a dependency in which bad events of the budget lie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overlap {
    /// The begin of its first step, in seconds since the epoch.
    pub since: i64,
    /// The end of its last step as seen from the judged point, likewise.
    pub until: i64,
    /// The SLO of the dependency.
    pub slo: String,
    /// The bad events of the budget that lie in it and in the period. Those in two incidents are in both.
    pub bad: Decimal,
}

/// What a budget knows of dependencies.
#[derive(Debug, Clone, Default)]
pub(super) struct Attribution {
    /// What it was told; none where nobody was asked.
    dependencies: Option<Arc<Dependencies>>,
    /// What lies inside of incidents, reckoned when it is first asked about.
    inside: OnceLock<BTreeMap<String, Vec<Inside>>>,
}

impl Attribution {
    /// The same for other points.
    pub(super) fn anew(&self) -> Self {
        Self { dependencies: self.dependencies.clone(), inside: OnceLock::new() }
    }

    /// The same with another view of each SLO of a dependency.
    pub(super) fn seen_as(&self, view: impl Fn(&Budget) -> Budget) -> Self {
        let seen = |one: &Upstream| Upstream {
            slo: one.slo.clone(),
            budget: one.budget.as_ref().map(|budget| Arc::new(view(budget))).map_err(Clone::clone),
        };
        let dependencies = self.dependencies.as_ref().map(|known| {
            let each = known.iter().map(|(name, dependency)| {
                let dependency = match dependency {
                    Dependency::Declared(slos) => Dependency::Declared(slos.iter().map(seen).collect()),
                    Dependency::Elsewhere => Dependency::Elsewhere,
                };
                (name.clone(), dependency)
            });
            Arc::new(each.collect())
        });
        Self { dependencies, inside: OnceLock::new() }
    }
}

/// Running sums of what lies inside of the incidents of one dependency, as they look in the end.
#[derive(Debug, Clone)]
struct Inside {
    /// `bad[i]`: the bad events inside, of the points before the one with index `i`.
    bad: Vec<Decimal>,
    /// What top-ups give back of them.
    given: Gifts,
}

/// What went through a dependency.
struct Gone {
    /// The bad events, of all parts together.
    events: Decimal,
    /// The same as figures count them: events, or the share that they take of a grant of one.
    weighed: Decimal,
}

/// The incidents of one SLO of a dependency, by the indices of the budget that asks.
#[derive(Clone, Copy)]
struct Lens<'a> {
    /// The incidents.
    incidents: &'a Incidents,
    /// What is added to an index of the budget that asks.
    shift: i64,
}

impl Lens<'_> {
    /// The index there of an index here.
    fn there(self, here: usize) -> Option<usize> {
        usize::try_from(i64::try_from(here).ok()?.checked_add(self.shift)?).ok()
    }

    /// The index here of an index there.
    fn here(self, there: usize) -> Option<usize> {
        usize::try_from(i64::try_from(there).ok()?.checked_sub(self.shift)?).ok()
    }

    /// The newest point that burns up to one, as an index there.
    fn newest(self, here: usize) -> Option<usize> {
        self.incidents.newest(self.there(here)?)
    }

    /// Whether a point lies within an incident; `until` is the newest point that burns which is seen.
    fn contains(self, here: usize, until: Option<usize>) -> bool {
        let Some(there) = self.there(here).filter(|there| until.is_none_or(|until| *there <= until)) else {
            return false;
        };
        self.incidents.contains(there)
    }
}

impl Budget {
    /// Tells it what its service depends on.
    #[must_use]
    pub fn with_dependencies(mut self, dependencies: Arc<Dependencies>) -> Self {
        self.attribution = Attribution { dependencies: Some(dependencies), inside: OnceLock::new() };
        self
    }

    /// The dependencies of its service that somebody asked about.
    pub fn dependencies(&self) -> impl Iterator<Item = &str> {
        let known = self.attribution.dependencies.iter().flat_map(|known| known.iter());
        known.filter_map(|(name, dependency)| {
            matches!(dependency, Dependency::Declared(_)).then_some(name.as_str())
        })
    }

    /// The SLOs of the dependencies of its service that somebody asked about, each with its service.
    pub fn upstreams(&self) -> impl Iterator<Item = (&str, &str)> {
        let known = self.attribution.dependencies.iter().flat_map(|known| known.iter());
        known.flat_map(|(name, dependency)| {
            let slos = match dependency {
                Dependency::Declared(slos) => slos.as_slice(),
                Dependency::Elsewhere => &[],
            };
            slos.iter().map(|one| (name.as_str(), one.slo.as_str()))
        })
    }

    /// The same budget with all time of what its service depends on.
    #[must_use]
    pub fn with_whole_dependencies(&self) -> Self {
        Self { attribution: self.attribution.seen_as(Self::without_exclusions), ..self.clone() }
    }

    /// The running sums of every dependency, for each budget whose events are weighed.
    fn inside(&self) -> &BTreeMap<String, Vec<Inside>> {
        self.attribution.inside.get_or_init(|| {
            let known = self.attribution.dependencies.iter().flat_map(|known| known.iter());
            let sums = known.filter_map(|(name, dependency)| match dependency {
                Dependency::Declared(slos) => {
                    Some((name.clone(), self.weighed().iter().map(|one| one.summed(slos)).collect()))
                }
                Dependency::Elsewhere => None,
            });
            sums.collect()
        })
    }

    /// The running sums of one dependency.
    fn summed(&self, slos: &[Upstream]) -> Inside {
        let budgets = slos.iter().filter_map(|one| one.budget.as_ref().ok());
        let lenses: Vec<Lens<'_>> = budgets.map(|budget| self.lens(budget)).collect();
        let is_inside = |index: usize| lenses.iter().any(|lens| lens.contains(index, None));
        let (mut sums, mut bad) = (vec![Decimal::ZERO], Decimal::ZERO);
        for index in 0..self.points.len() {
            if is_inside(index) {
                bad += self.bad_at(index);
            }
            sums.push(bad);
        }
        Inside { bad: sums, given: self.gifts.only(is_inside) }
    }

    /// The incidents of an SLO of a dependency by the indices of this budget.
    fn lens<'a>(&self, upstream: &'a Self) -> Lens<'a> {
        let shift = (self.first - upstream.first).div_euclid(self.step);
        Lens { incidents: upstream.incidents(), shift }
    }

    /// The bad events that count at one point.
    fn bad_at(&self, index: usize) -> Decimal {
        self.sums_over(index, 1).map_or(Decimal::ZERO, |sums| sums.counted.bad)
    }
}

impl Figures<'_> {
    /// The share of the grant that lies inside of incidents of a dependency; none where the service does not depend on
    /// it.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn burned_by(&self, name: &str) -> Result<Option<Decimal>, Unattributed> {
        Ok(self.gone_through(name)?.map(|gone| self.of_period(gone.weighed) / self.granted()))
    }

    /// What lies inside of incidents of a dependency and is not given back.
    fn gone_through(&self, name: &str) -> Result<Option<Gone>, Unattributed> {
        let dependencies = self.budget.attribution.dependencies.as_ref().ok_or(Unattributed::Unasked)?;
        let slos = match dependencies.get(name).ok_or(Unattributed::Unasked)? {
            Dependency::Elsewhere => return Ok(None),
            Dependency::Declared(slos) if slos.is_empty() => return Err(Unattributed::NoSlo),
            Dependency::Declared(slos) => slos,
        };
        let mut lenses = Vec::new();
        for upstream in slos {
            let gap = |gap: Gap| Unattributed::Gap { slo: upstream.slo.clone(), gap };
            let budget = upstream.budget.as_ref().map_err(|why| gap(why.clone()))?;
            self.is_seen_by(budget).map_err(gap)?;
            lenses.push(self.budget.lens(budget));
        }
        let inside = self.budget.inside().get(name).ok_or(Unattributed::Unasked)?;
        let counted = self.budget.weighed().into_iter().zip(inside).map(|(budget, inside)| {
            let (bad, given) = self.within(budget, inside, &lenses);
            (bad - given).max(Decimal::ZERO)
        });
        let counted: Vec<Decimal> = counted.collect();
        let events = counted.iter().sum();
        let most = self.unforgiven();
        if !self.budget.adds_up() {
            return Ok(Some(Gone { events: most.min(events), weighed: most.min(events) }));
        }
        let weighed = self.budget.share_of(&counted, (self.index, self.seen)).unwrap_or(most).min(most);
        Ok(Some(Gone { events, weighed }))
    }

    /// What went through a dependency, with the incidents in which it went; none where the service does not depend on
    /// it.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn attributed(&self, name: &str) -> Result<Option<Attributed>, Unattributed> {
        let Some(gone) = self.gone_through(name)? else { return Ok(None) };
        let slos = match self.budget.attribution.dependencies.as_ref().and_then(|known| known.get(name)) {
            Some(Dependency::Declared(slos)) => slos.as_slice(),
            Some(Dependency::Elsewhere) | None => &[],
        };
        let share = self.of_period(gone.weighed) / self.granted();
        let mut incidents = Vec::new();
        for upstream in slos {
            let Ok(budget) = &upstream.budget else { continue };
            let lens = self.budget.lens(budget);
            let (Some(first), Some(last)) = (lens.there(self.begin()), lens.there(self.index)) else {
                continue;
            };
            for (start, end) in lens.incidents.seen(first, last) {
                let from = lens.here(start.max(first));
                let events =
                    from.zip(lens.here(end)).and_then(|(from, to)| self.budget.sums_over(to, to + 1 - from));
                let inside = events.map_or(Decimal::ZERO, |sums| sums.counted.bad);
                if inside > Decimal::ZERO {
                    let (since, until) = (budget.instant(start) - budget.step, budget.instant(end));
                    incidents.push(Overlap { since, until, slo: upstream.slo.clone(), bad: inside });
                }
            }
        }
        incidents.sort();
        Ok(Some(Attributed { share, bad: gone.events, incidents }))
    }

    /// The index of the first point that counts.
    fn begin(&self) -> usize {
        (self.index + 1).saturating_sub(self.stretch.since.min(self.seen))
    }

    /// That an SLO of a dependency is known here, and over what counts.
    fn is_seen_by(&self, upstream: &Budget) -> Result<(), Gap> {
        let seen = upstream.at(self.t())?;
        let points = self.index + 1 - self.begin();
        let have = (seen.index + 1).saturating_sub(upstream.earliest.unwrap_or(0));
        if have < points {
            return Err(Gap::Short { have: self.budget.seconds(have), need: self.budget.seconds(points) });
        }
        let nothing = || Gap::NoData { detail: "the history has no point there".to_owned() };
        upstream.covered(upstream.sums_over(seen.index, points).ok_or_else(nothing)?, points)
    }

    /// The bad events of a budget, or of a part of it, that lie inside of incidents as seen from here, and how many of them
    /// are given back.
    fn within(&self, budget: &Budget, inside: &Inside, lenses: &[Lens<'_>]) -> (Decimal, Decimal) {
        let (first, t) = (self.begin(), self.t());
        let over = |sums: &[Decimal]| {
            let until = |index: usize| sums.get(index).copied().unwrap_or_default();
            until(self.index + 1) - until(first)
        };
        let mut bad = over(&inside.bad);
        let mut given = inside.given.since(t, first);
        // A pause of an incident is none of it before somebody knows that it goes on.
        let newest: Vec<Option<usize>> = lenses.iter().map(|lens| lens.newest(self.index)).collect();
        let seen = || lenses.iter().zip(&newest);
        let pauses = seen()
            .filter(|(lens, newest)| lens.contains(self.index, None) && !lens.contains(self.index, **newest));
        let pauses = pauses.filter_map(|(lens, newest)| lens.here((*newest)? + 1)).min();
        for index in pauses.map_or(self.index + 1, |pause| pause.max(first))..=self.index {
            let is_inside = lenses.iter().any(|lens| lens.contains(index, None));
            if is_inside && !seen().any(|(lens, newest)| lens.contains(index, *newest)) {
                bad -= budget.bad_at(index);
                given -= budget.gifts.of_point(t, index);
            }
        }
        (bad, given)
    }
}

#[cfg(test)]
mod tests;
