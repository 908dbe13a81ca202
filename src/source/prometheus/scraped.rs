//! Counters as they were scraped (`slogate.dev/exact: raw`): asked for in stretches of time, put together per series
//! and counted exactly (`raw`).
//!
//! A selector with more series, or with more samples, than can be held is a gap that says so.

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::gap::Gap;
use crate::http::{Get, HttpError, Response};
use crate::source::plan::{Counts, Plan};
use crate::source::prometheus::answer::{Reader, Refused};
use crate::source::prometheus::halving::Asking;
use crate::source::prometheus::{Prometheus, lost};
use crate::source::promql::Selector;
use crate::source::raw::{self, Fault, Raw};
use crate::source::{Observation, Planned, Range, Request, When};

/// The most series of one selector.
const SERIES: usize = 500;

/// The most samples of one run: they take 24 bytes of memory each.
const SAMPLES: usize = 8_000_000;

/// The seconds of history that are asked for at once at first, at least; less than twice as many.
const STRETCH: i64 = 7 * 86_400;

/// The fewest seconds that a stretch is halved to.
const SHORTEST: i64 = 3_600;

/// The samples that an answer is made for.
const ANSWER: usize = 250_000;

/// The samples of a selector within a stretch of time.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    /// The counters.
    pub(super) selector: Selector,
    /// The seconds of the stretch.
    length: i64,
    /// Its end.
    pub(super) end: i64,
}

impl Stretch {
    /// The PromQL.
    pub(super) fn query(&self) -> String {
        format!("{}[{}s]", self.selector, self.length)
    }
}

impl Asking for Stretch {
    type Answer = Vec<Raw>;

    fn get(&self, server: &Prometheus<'_>) -> Get {
        server.get(self.query(), When::At(self.end), ANSWER)
    }

    fn read(&self, reader: &Reader<'_>, answer: Result<Response, HttpError>) -> Result<Vec<Raw>, Refused> {
        reader.scraped(self, answer)
    }

    fn halves(&self) -> Option<[Self; 2]> {
        let half = self.length / 2;
        if half < SHORTEST {
            return None;
        }
        let stretch = |length, end| Self { selector: self.selector.clone(), length, end };
        Some([stretch(self.length - half, self.end - half), stretch(half, self.end)])
    }
}

/// Every sample that the plans may need to be counted on the grid.
pub(super) fn stretches(plans: &[&Plan]) -> Vec<Stretch> {
    let mut selectors: BTreeMap<String, (&Selector, i64, i64)> = BTreeMap::new();
    for plan in plans {
        // The reference of the first step is at most one step older than its beginning.
        let (begins, ends) = (plan.range.first - 2 * plan.range.step, plan.range.last);
        for selector in plan.selectors() {
            let one = selectors.entry(selector.to_string()).or_insert((selector, begins, ends));
            *one = (selector, one.1.min(begins), one.2.max(ends));
        }
    }
    let mut stretches = Vec::new();
    for (selector, begins, ends) in selectors.into_values() {
        let parts = ((ends - begins) / STRETCH).max(1);
        let border = |part: i64| begins + (ends - begins) * part / parts;
        stretches.extend((0..parts).map(|part| Stretch {
            selector: selector.clone(),
            length: border(part + 1) - border(part),
            end: border(part + 1),
        }));
    }
    stretches
}

/// The requests for samples that SLOs lead to, with the SLOs that each is for.
pub(super) fn planned(requests: &[(Request<'_>, Range)]) -> Vec<Planned> {
    let plans = requests
        .iter()
        .filter_map(|(request, range)| Some((request.slo.name.clone(), Plan::of(request, *range).ok()?)));
    let plans: Vec<(String, Plan)> = plans.filter(|(_, plan)| plan.is_raw).collect();
    let all: Vec<&Plan> = plans.iter().map(|(_, plan)| plan).collect();
    let planned = stretches(&all).into_iter().map(|stretch| {
        let users = plans.iter().filter(|(_, plan)| plan.selectors().any(|one| one == &stretch.selector));
        let serves: BTreeSet<String> = users.map(|(name, _)| name.clone()).collect();
        Planned { query: stretch.query(), when: When::At(stretch.end), serves, most: 1 }
    });
    planned.collect()
}

/// The samples of some selectors, as they come in.
#[derive(Default)]
pub(super) struct Scraped {
    /// By selector and by labels.
    selectors: BTreeMap<String, Result<Many, Gap>>,
    /// How many samples there are.
    count: usize,
}

/// Series by their labels.
type Many = BTreeMap<BTreeMap<String, String>, Raw>;

impl Scraped {
    /// Takes in what was answered about a stretch.
    pub(super) fn take(&mut self, stretch: &Stretch, answer: Result<Vec<Raw>, Gap>) {
        let all = self.selectors.entry(stretch.selector.to_string()).or_insert_with(|| Ok(Many::new()));
        let (Ok(known), Ok(series)) = (&mut *all, &answer) else {
            if let (Ok(_), Err(gap)) = (&*all, answer) {
                *all = Err(gap);
            }
            return;
        };
        for raw in series {
            self.count += raw.samples.len() + raw.faults.len();
            let one = known.entry(raw.labels.clone()).or_insert_with(|| Raw {
                samples: Vec::new(),
                faults: Vec::new(),
                ..raw.clone()
            });
            one.samples.extend_from_slice(&raw.samples);
            one.faults.extend_from_slice(&raw.faults);
        }
        let advice = "count fewer, or take the annotation `slogate.dev/exact` out";
        let selector = &stretch.selector;
        let detail = if known.len() > SERIES {
            format!("`{selector}` has more than {SERIES} series, too many to be read raw; {advice}")
        } else if self.count > SAMPLES {
            format!(
                "`{selector}` has too many samples to be read raw, with more than {SAMPLES} in all; {advice}"
            )
        } else {
            return;
        };
        self.count -= known.values().map(|raw| raw.samples.len() + raw.faults.len()).sum::<usize>();
        *all = Err(Gap::Unsupported { detail });
    }

    /// Brings the samples into the order of time; the same one twice, at the border of two stretches, is one.
    pub(super) fn sorted(mut self) -> Self {
        for raw in self.selectors.values_mut().flatten().flat_map(|series| series.values_mut()) {
            raw.samples.sort_unstable();
            raw.samples.dedup();
            raw.faults.sort_unstable_by_key(|fault: &Fault| fault.at);
        }
        self
    }

    /// What they make of a plan.
    pub(super) fn observation(&self, plan: &Plan) -> Result<Observation, Gap> {
        let range = plan.range;
        let mut counted = BTreeMap::new();
        for selector in plan.selectors() {
            counted.insert(selector.to_string(), self.count(selector, range)?);
        }
        let nothing = None;
        let series =
            plan.series(range, |selector| Ok(counted.get(&selector.to_string()).unwrap_or(&nothing)))?;
        // One count over the whole period, across every hole: what rose unseen shows there.
        let whole = Range { first: range.last, last: range.last, step: plan.period };
        let direct = plan.direct(|selector| {
            let points = self.count(selector, whole)?;
            Ok(points.and_then(|points| points.first().copied().flatten()))
        })?;
        Ok(Observation { series, direct })
    }

    /// What a selector's series counted, on a grid; none of no series.
    fn count(&self, selector: &Selector, range: Range) -> Result<Counts, Gap> {
        match self.selectors.get(&selector.to_string()) {
            Some(Ok(series)) => {
                if let Some(twice) = series.values().find(|raw| is_twice(raw)) {
                    let detail = format!("`{}` has two values at one instant", twice.name);
                    return Err(Gap::Inconsistent { detail });
                }
                raw::count(series.values(), range)
            }
            Some(Err(gap)) => Err(gap.clone()),
            None => Err(lost()),
        }
    }
}

/// True of a series with two values at one instant.
fn is_twice(raw: &Raw) -> bool {
    raw.samples.iter().zip(raw.samples.iter().skip(1)).any(|((before, _), (after, _))| before == after)
}
