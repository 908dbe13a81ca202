//! What is asked of a server to count events, and what was answered, put together.
//!
//! A question is a query for one or more selectors, on a stretch of the grid or at its end. One that is too much for a
//! server is asked in halves; the answers are the same whichever way they came.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::budget::series::Series;
use crate::http::{Get, HttpError, Response};
use crate::source::plan::fuse::Need;
use crate::source::plan::{self, Plan, Points, fuse};
use crate::source::prometheus::Prometheus;
use crate::source::prometheus::answer::{Reader, Refused};
use crate::source::prometheus::halving::Asking;
use crate::source::promql::{Fused, Selector};
use crate::source::{Observation, Planned, Range, Request, When};

/// The most points that a server gives in one answer.
const MOST_POINTS: usize = 11_000;

/// With so many questions about one instant and no more, each is asked by itself: they go out at once.
const ALONE: usize = 8;

/// The label that says to which query a group belongs, where several are asked as one.
pub(super) const PART: &str = "slogate_part";

/// What is asked of each selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    /// What its counters counted within so many seconds.
    Increase(i64),
    /// What a rule recorded last, at most so many seconds ago.
    Newest(i64),
    /// What rules record, summed.
    Sum,
}

/// One query.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The selectors that it asks about.
    pub(super) fused: Fused,
    /// What it asks.
    pub(super) figure: Figure,
}

impl Part {
    /// The PromQL.
    pub(super) fn query(&self) -> String {
        match self.figure {
            Figure::Increase(window) => self.fused.increase(window),
            Figure::Newest(within) => self.fused.newest(within),
            Figure::Sum => self.fused.sum(),
        }
    }
}

/// One question about events.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The queries; never empty, and more than one only about one instant.
    pub(super) parts: Vec<Part>,
    /// The instants.
    pub(super) when: When,
    /// The whole stretch of which the question is about a part.
    pub(super) whole: Range,
}

impl Question {
    /// The PromQL.
    pub(super) fn query(&self) -> String {
        if let [only] = self.parts.as_slice() {
            return only.query();
        }
        let parts = self.parts.iter().enumerate();
        let told = parts.map(|(index, part)| {
            format!("label_replace({}, \"{PART}\", \"{index}\", \"\", \"\")", part.query())
        });
        told.collect::<Vec<_>>().join(" or ")
    }

    /// Whether it asks about what is needed.
    pub(super) fn has(&self, need: &Need<'_>) -> bool {
        self.parts.iter().flat_map(|part| part.fused.selectors()).any(|one| one == need.selector)
    }

    /// How many selectors it asks about.
    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.fused.len()).sum()
    }

    /// The same and another one about the same instant as one question; none when that asks for too much.
    fn with(&self, other: &Self) -> Option<Self> {
        let mut joined = self.clone();
        joined.parts.extend(other.parts.iter().cloned());
        (joined.len() <= fuse::SELECTORS && joined.query().len() <= fuse::LONGEST).then_some(joined)
    }
}

impl Asking for Question {
    type Answer = Vec<(usize, String, Counted)>;

    fn get(&self, server: &Prometheus<'_>) -> Get {
        let points = match self.when {
            When::Grid(range) => plan::count(range),
            When::At(_) => 1,
        };
        server.get(self.query(), self.when, self.len().saturating_mul(points))
    }

    fn read(
        &self,
        reader: &Reader<'_>,
        answer: Result<Response, HttpError>,
    ) -> Result<Self::Answer, Refused> {
        reader.counts(self, answer)
    }

    fn halves(&self) -> Option<[Self; 2]> {
        let of = |parts| Self { parts, when: self.when, whole: self.whole };
        if let [only] = self.parts.as_slice() {
            let halves = only.fused.halves()?;
            return Some(halves.map(|fused| of(vec![Part { fused, figure: only.figure }])));
        }
        let (first, second) = self.parts.split_at_checked(self.parts.len() / 2)?;
        Some([of(first.to_vec()), of(second.to_vec())])
    }
}

/// The questions about a figure of everything that is needed on the grid.
pub(super) fn on_grid<'a>(needs: impl Iterator<Item = Need<'a>>, figure: Figure) -> Vec<Question> {
    let mut questions = Vec::new();
    for (fused, whole) in fuse::fuse(needs, MOST_POINTS) {
        questions.extend(stretches(whole).into_iter().map(|stretch| Question {
            parts: vec![Part { fused: fused.clone(), figure }],
            when: When::Grid(stretch),
            whole,
        }));
    }
    questions
}

/// The questions about each selector of the plans over each period that an SLO with it has. Many of them are asked as
/// few.
pub(super) fn directly(plans: &[&Plan]) -> Vec<Question> {
    let mut by_period: BTreeMap<(i64, i64), Vec<&Plan>> = BTreeMap::new();
    for plan in plans {
        by_period.entry((plan.period, plan.range.last)).or_default().push(plan);
    }
    let mut questions = Vec::new();
    for ((period, at), plans) in by_period {
        let whole = Range { first: at, last: at, step: 1 };
        let needs = plans.into_iter().flat_map(|plan| plan.needs(whole));
        questions.extend(fuse::fuse(needs, 1).into_iter().map(|(fused, whole)| Question {
            parts: vec![Part { fused, figure: Figure::Increase(period) }],
            when: When::At(at),
            whole,
        }));
    }
    if questions.len() > ALONE { joined(questions) } else { questions }
}

/// Questions about one instant as few.
fn joined(questions: Vec<Question>) -> Vec<Question> {
    let mut few: Vec<Question> = Vec::new();
    for question in questions {
        let with = few.last().filter(|last| last.when == question.when).and_then(|last| last.with(&question));
        match (with, few.last_mut()) {
            (Some(with), Some(last)) => *last = with,
            (_, _) => few.push(question),
        }
    }
    few
}

/// Everything that the plans need and that is counted: each selector on the grid, and over each period.
pub(super) fn questions(plans: &[&Plan]) -> Vec<Question> {
    let mut questions = steps(plans);
    questions.extend(directly(plans));
    questions
}

/// Everything that the plans need on the grid.
pub(super) fn steps(plans: &[&Plan]) -> Vec<Question> {
    let needs = plans.iter().flat_map(|plan| plan.needs(plan.range));
    let step = plans.first().map_or(1, |plan| plan.range.step);
    on_grid(needs, Figure::Increase(step))
}

/// The questions that requests lead to, with the SLOs that each is for; one that cannot be asked for leads to none.
pub(super) fn planned(requests: &[(Request<'_>, Range)]) -> Vec<Planned> {
    let plans =
        requests.iter().map(|(request, range)| (request.slo.name.as_str(), Plan::of(request, *range)));
    let plans = plans.filter_map(|(name, plan)| Some((name, plan.ok()?)));
    let plans: Vec<(&str, Plan)> = plans.filter(|(_, plan)| !plan.is_raw).collect();
    let mut names: BTreeMap<String, BTreeSet<(&str, i64)>> = BTreeMap::new();
    for (name, plan) in &plans {
        for selector in plan.selectors() {
            names.entry(selector.to_string()).or_default().insert((name, plan.period));
        }
    }
    let all: Vec<&Plan> = plans.iter().map(|(_, plan)| plan).collect();
    let planned = questions(&all).into_iter().map(|question| {
        let mut serves = BTreeSet::new();
        for part in &question.parts {
            let users = part.fused.selectors().filter_map(|one| names.get(&one.to_string())).flatten();
            let is_for = |period: i64| {
                matches!(question.when, When::Grid(_)) || part.figure == Figure::Increase(period)
            };
            serves.extend(users.filter(|(_, period)| is_for(*period)).map(|(name, _)| (*name).to_owned()));
        }
        Planned { query: question.query(), when: question.when, serves, most: 1 }
    });
    planned.collect()
}

/// What was answered, selector by selector.
#[derive(Default)]
pub(super) struct Answers {
    /// The grid, with the stretches that each selector was asked about.
    grid: BTreeMap<String, Vec<(Range, Counted)>>,
    /// What was asked about an instant.
    direct: BTreeMap<(String, i64), Result<Option<Decimal>, Gap>>,
    /// What rules recorded at an instant; what cannot be read is not there.
    recorded: BTreeMap<String, Decimal>,
}

/// What one question was answered about a selector; one point for an instant.
pub(super) type Counted = Result<Points<Decimal>, Gap>;

impl Answers {
    /// Takes in what a question was answered about each of its selectors, or why it was not.
    pub(super) fn take(&mut self, question: &Question, answer: Result<Vec<(usize, String, Counted)>, Gap>) {
        let refused = |gap: Gap| {
            let parts = question.parts.iter().enumerate();
            let selectors = parts
                .flat_map(|(index, part)| part.fused.selectors().map(move |one| (index, one.to_string())));
            selectors.map(|(index, selector)| (index, selector, Err(gap.clone()))).collect()
        };
        for (index, selector, counted) in answer.unwrap_or_else(refused) {
            match (question.when, question.parts.get(index).map(|part| part.figure)) {
                (When::Grid(asked), _) => {
                    let stretches = self.grid.entry(selector).or_default();
                    if stretches.iter().all(|(whole, _)| *whole != question.whole) {
                        stretches.push((question.whole, Ok(None)));
                    }
                    let same = stretches.iter_mut().filter(|(whole, _)| *whole == question.whole);
                    same.for_each(|(whole, known)| add(known, (*whole, asked), counted.clone()));
                }
                (When::At(_), Some(Figure::Increase(window))) => {
                    let first = |points: Points<Decimal>| points?.first().copied().flatten();
                    self.direct.insert((selector, window), counted.map(first));
                }
                (When::At(_), Some(Figure::Newest(_) | Figure::Sum)) => {
                    let value = counted.ok().flatten().and_then(|points| points.first().copied().flatten());
                    self.recorded.extend(value.map(|value| (selector, value)));
                }
                (When::At(_), None) => {}
            }
        }
    }

    /// Takes in what else was answered.
    pub(super) fn extend(&mut self, other: Self) {
        for (selector, stretches) in other.grid {
            self.grid.entry(selector).or_default().extend(stretches);
        }
        self.direct.extend(other.direct);
        self.recorded.extend(other.recorded);
    }

    /// What rules recorded of a selector at the instant.
    pub(super) fn recorded(&self, selector: &Selector) -> Option<Decimal> {
        self.recorded.get(&selector.to_string()).copied()
    }

    /// Takes a count of a selector over a period that somebody else made, where the counters were not asked.
    pub(super) fn lend(&mut self, selector: &Selector, period: i64, value: Option<Decimal>) {
        self.direct.entry((selector.to_string(), period)).or_insert(Ok(value));
    }

    /// The counts of a selector on a stretch of the grid; none where there is nothing in it at all.
    pub(super) fn grid(&self, selector: &Selector, range: Range) -> Counted {
        let covers = |whole: &Range| whole.first <= range.first && range.last <= whole.last;
        let mut stretches = self.grid.get(&selector.to_string()).into_iter().flatten();
        let Some((whole, counted)) = stretches.find(|(whole, _)| covers(whole)) else { return Err(lost()) };
        let Some(points) = counted.as_ref().map_err(Clone::clone)? else { return Ok(None) };
        let start = usize::try_from((range.first - whole.first) / range.step.max(1)).unwrap_or(usize::MAX);
        let cut: Vec<Option<Decimal>> = points.iter().skip(start).take(plan::count(range)).copied().collect();
        Ok(cut.iter().any(Option::is_some).then_some(cut))
    }

    /// The count of a selector over a period.
    pub(super) fn direct(&self, selector: &Selector, period: i64) -> Result<Option<Decimal>, Gap> {
        self.direct.get(&(selector.to_string(), period)).cloned().unwrap_or_else(|| Err(lost()))
    }

    /// The events of each step of a plan's stretch, and of its period.
    pub(super) fn observation(&self, plan: &Plan) -> Result<Observation, Gap> {
        let series = self.series(plan, plan.range)?;
        // A whole period without an answer contradicts steps that have one; the budget says so.
        let direct = plan.direct(|selector| self.direct(selector, plan.period))?.unwrap_or_default();
        Ok(Observation { series, direct: Some(direct) })
    }

    /// The events of each step of a stretch.
    pub(super) fn series(&self, plan: &Plan, range: Range) -> Result<Series, Gap> {
        let counts: BTreeMap<String, Counted> =
            plan.selectors().map(|one| (one.to_string(), self.grid(one, range))).collect();
        plan.series(range, |selector| {
            let counts = counts.get(&selector.to_string());
            counts.map_or_else(|| Err(lost()), |counts| counts.as_ref().map_err(Clone::clone))
        })
    }
}

/// The gap for what nobody asked.
pub(super) fn lost() -> Gap {
    Gap::Unreachable { detail: "the question was not asked".to_owned() }
}

/// Puts the answer for a stretch into the whole range; one gap is the gap of the whole.
pub(super) fn add<T: Clone>(
    known: &mut Result<Points<T>, Gap>,
    (whole, asked): (Range, Range),
    points: Result<Points<T>, Gap>,
) {
    let (all, points) = match (&mut *known, points) {
        (Err(_), _) | (Ok(_), Ok(None)) => return,
        (Ok(all), Ok(Some(points))) => (all, points),
        (_, Err(gap)) => {
            *known = Err(gap);
            return;
        }
    };
    let all = all.get_or_insert_with(|| vec![None; plan::count(whole)]);
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
