//! What is asked of a server to count events, and what was answered, put together.
//!
//! A question is a query for one or more selectors, on a stretch of the grid or at its end. One that is too much for a
//! server is asked in halves; the answers are the same whichever way they came.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::http::{Get, HttpError, Response};
use crate::source::plan::{self, Plan, Points, fuse};
use crate::source::prometheus::Prometheus;
use crate::source::prometheus::answer::{Reader, Refused};
use crate::source::prometheus::halving::Asking;
use crate::source::promql::{Fused, Selector};
use crate::source::{Planned, Range, Request, When};

/// The most points that a server gives in one answer.
const MOST_POINTS: usize = 11_000;

/// One question about events.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The selectors that are counted.
    pub(super) fused: Fused,
    /// The seconds over which they are counted, up to each instant.
    pub(super) window: i64,
    /// The instants.
    pub(super) when: When,
}

impl Question {
    /// The PromQL.
    pub(super) fn query(&self) -> String {
        self.fused.increase(self.window)
    }
}

impl Asking for Question {
    type Answer = Vec<(String, Counted)>;

    fn get(&self, server: &Prometheus<'_>) -> Get {
        let points = match self.when {
            When::Grid(range) => plan::count(range),
            When::At(_) => 1,
        };
        server.get(self.query(), self.when, self.fused.len().saturating_mul(points))
    }

    fn read(
        &self,
        reader: &Reader<'_>,
        answer: Result<Response, HttpError>,
    ) -> Result<Self::Answer, Refused> {
        reader.counts(self, answer)
    }

    fn halves(&self) -> Option<[Self; 2]> {
        let halves = self.fused.halves()?;
        Some(halves.map(|fused| Self { fused, ..*self }))
    }
}

/// Everything that the plans need: each selector on the grid, and over each period that an SLO with it has.
pub(super) fn questions(plans: &[&Plan], range: Range) -> Vec<Question> {
    let mut questions = Vec::new();
    let stretches = stretches(range);
    let points = stretches.iter().map(|stretch| plan::count(*stretch)).max().unwrap_or(0);
    for fused in fuse::fuse(plans.iter().copied(), points) {
        questions.extend(stretches.iter().map(|stretch| Question {
            fused: fused.clone(),
            window: range.step,
            when: When::Grid(*stretch),
        }));
    }
    let mut by_period: BTreeMap<i64, Vec<&Plan>> = BTreeMap::new();
    for plan in plans {
        by_period.entry(plan.period).or_default().push(plan);
    }
    for (period, plans) in by_period {
        let whole = fuse::fuse(plans.into_iter(), 1).into_iter();
        questions.extend(whole.map(|fused| Question { fused, window: period, when: When::At(range.last) }));
    }
    questions
}

/// The questions that requests lead to, with the SLOs that each is for; one that cannot be asked for leads to none.
pub(super) fn planned(requests: &[Request<'_>], range: Range) -> Vec<Planned> {
    let plans = requests.iter().map(|request| (request.slo.name.as_str(), Plan::of(request, range)));
    let plans = plans.filter_map(|(name, plan)| Some((name, plan.ok()?)));
    let plans: Vec<(&str, Plan)> = plans.filter(|(_, plan)| !plan.is_raw).collect();
    let mut names: BTreeMap<String, BTreeSet<(&str, i64)>> = BTreeMap::new();
    for (name, plan) in &plans {
        for selector in plan.selectors() {
            names.entry(selector.to_string()).or_default().insert((name, plan.period));
        }
    }
    let all: Vec<&Plan> = plans.iter().map(|(_, plan)| plan).collect();
    let planned = questions(&all, range).into_iter().map(|question| {
        let users =
            question.fused.selectors().filter_map(|selector| names.get(&selector.to_string())).flatten();
        let is_for = |period: i64| matches!(question.when, When::Grid(_)) || period == question.window;
        let users = users.filter(|(_, period)| is_for(*period));
        let serves = users.map(|(name, _)| (*name).to_owned()).collect();
        Planned { query: question.query(), when: question.when, serves }
    });
    planned.collect()
}

/// What was answered, selector by selector.
#[derive(Default)]
pub(super) struct Answers {
    /// The grid.
    grid: Whole<Decimal>,
    /// The events of a period, in seconds.
    direct: BTreeMap<(String, i64), Result<Option<Decimal>, Gap>>,
}

/// What one question was answered about a selector; one point for an instant.
pub(super) type Counted = Result<Points<Decimal>, Gap>;

impl Answers {
    /// Takes in what a question was answered about each of its selectors, or why it was not.
    pub(super) fn take(
        &mut self,
        whole: Range,
        question: &Question,
        answer: Result<Vec<(String, Counted)>, Gap>,
    ) {
        let refused = |gap: Gap| {
            let selectors = question.fused.selectors();
            selectors.map(|selector| (selector.to_string(), Err(gap.clone()))).collect()
        };
        for (selector, counted) in answer.unwrap_or_else(refused) {
            match question.when {
                When::Grid(asked) => add(&mut self.grid, selector, (whole, asked), counted),
                When::At(_) => {
                    let first = |points: Points<Decimal>| points?.first().copied().flatten();
                    self.direct.insert((selector, question.window), counted.map(first));
                }
            }
        }
    }

    /// The counts of a selector on the grid.
    pub(super) fn grid(&self, selector: &Selector) -> Result<&Points<Decimal>, Gap> {
        self.grid
            .get(&selector.to_string())
            .map_or_else(|| Err(lost()), |counts| counts.as_ref().map_err(Clone::clone))
    }

    /// The count of a selector over a period.
    pub(super) fn direct(&self, selector: &Selector, period: i64) -> Result<Option<Decimal>, Gap> {
        self.direct.get(&(selector.to_string(), period)).cloned().unwrap_or_else(|| Err(lost()))
    }
}

/// The gap for what nobody asked.
pub(super) fn lost() -> Gap {
    Gap::Unreachable { detail: "the question was not asked".to_owned() }
}

/// What was answered over the whole range, by what was asked.
pub(super) type Whole<T> = BTreeMap<String, Result<Points<T>, Gap>>;

/// Puts the answer for a stretch into the whole range; one gap is the gap of the whole.
pub(super) fn add<T: Clone>(
    answers: &mut Whole<T>,
    name: String,
    (whole, asked): (Range, Range),
    points: Result<Points<T>, Gap>,
) {
    let entry = answers.entry(name).or_insert(Ok(None));
    let (known, points) = match (&mut *entry, points) {
        (Err(_), _) | (Ok(_), Ok(None)) => return,
        (Ok(known), Ok(Some(points))) => (known, points),
        (_, Err(gap)) => {
            *entry = Err(gap);
            return;
        }
    };
    let all = known.get_or_insert_with(|| vec![None; plan::count(whole)]);
    let start = usize::try_from((asked.first - whole.first) / whole.step.max(1)).unwrap_or(usize::MAX);
    for (slot, point) in all.iter_mut().skip(start).zip(points) {
        *slot = point;
    }
}

/// The range in stretches that a server answers at once.
pub(super) fn stretches(range: Range) -> Vec<Range> {
    let points = plan::count(range);
    let offset = |index: usize| i64::try_from(index).unwrap_or(i64::MAX).saturating_mul(range.step);
    (0..points)
        .step_by(MOST_POINTS)
        .map(|start| {
            let end = (start + MOST_POINTS).min(points) - 1;
            Range { first: range.first + offset(start), last: range.first + offset(end), step: range.step }
        })
        .collect()
}
