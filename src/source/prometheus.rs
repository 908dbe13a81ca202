//! Prometheus, and whatever speaks its HTTP API (Thanos, Mimir, `VictoriaMetrics`), as a source.
//!
//! Every distinct counter is asked once, however many SLOs share it: `sum(increase(x[step]))` on the grid, in
//! stretches that a server answers, and `sum(increase(x[P]))` at the last grid point, which the budget compares
//! with the grid. A signal's query is asked on the grid as it stands. All questions go out concurrently. Whatever is not a whole answer is a gap with words of its
//! own (`prometheus/answer.rs`): an answer in part never reads as known.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::plan::{self, Plan, Points};
use super::promql::{self, Selector};
use super::{Observation, Range, Request, SignalRequest, Source};
use crate::budget::gap::Gap;
use crate::budget::signal::Signal;
use crate::http::{Address, Client, Get, HttpError, Secret};

mod answer;
#[cfg(test)]
mod tests;

/// The most points that a server gives in one answer.
const MOST_POINTS: usize = 11_000;

/// The most bytes of one sample in an answer, and of everything around the samples.
const SAMPLE: usize = 64;
/// See `SAMPLE`.
const FRAME: usize = 8 * 1024 * 1024;

/// Why an address or a token cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No address that can be asked.
    #[error(transparent)]
    Address(#[from] HttpError),
    /// A secret would be sent where it can be read on the way.
    #[error(
        "`{0}` would get the token unencrypted; use `https://`, or `http://` on this machine only (127.0.0.1, localhost)"
    )]
    Unsafe(String),
    /// Two ways to identify oneself at once.
    #[error("`{0}` has a user's name in the address and a token beside it; give one of them")]
    TwoSecrets(String),
}

/// A server that speaks Prometheus's HTTP API.
#[derive(Debug)]
pub struct Prometheus<'a> {
    /// Asks.
    client: &'a Client,
    /// Where.
    address: Address,
    /// Sent with every question.
    token: Option<Secret>,
}

impl<'a> Prometheus<'a> {
    /// A server at an address, such as `https://prom.example/prefix`.
    ///
    /// # Errors
    /// When the address cannot be asked, or a secret would travel unencrypted.
    pub fn new(client: &'a Client, url: &str, token: Option<Secret>) -> Result<Self, AddressError> {
        let address = Address::parse(url)?;
        if token.is_some() && address.has_userinfo() {
            return Err(AddressError::TwoSecrets(address.to_string()));
        }
        if (token.is_some() || address.has_userinfo()) && !address.is_safe_for_secrets() {
            return Err(AddressError::Unsafe(address.to_string()));
        }
        Ok(Self { client, address, token })
    }

    /// The request for one question.
    fn get(&self, question: &Question) -> Get {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        match question {
            Question::Grid { query, range } => {
                let form = vec![
                    pair("query", query.clone()),
                    pair("start", range.first.to_string()),
                    pair("end", range.last.to_string()),
                    pair("step", range.step.to_string()),
                ];
                let cap = plan::count(*range).saturating_mul(SAMPLE).saturating_add(FRAME);
                self.address.ask("api/v1/query_range", form, self.token.clone(), cap)
            }
            Question::Instant { query, at } => {
                let form = vec![pair("query", query.clone()), pair("time", at.to_string())];
                self.address.ask("api/v1/query", form, self.token.clone(), FRAME)
            }
        }
    }

    /// What reads its answers.
    const fn reader(&self) -> answer::Reader<'_> {
        answer::Reader { address: &self.address, token: self.token.as_ref() }
    }

    /// Asks queries on the grid, each once; what each one answers is by its text.
    fn ask_signals(&self, queries: &BTreeSet<&String>, range: Range) -> Whole<bool> {
        let stretches = stretches(range);
        let questions: Vec<(&String, Range)> =
            queries.iter().flat_map(|query| stretches.iter().map(|stretch| (*query, *stretch))).collect();
        let question =
            |(query, range): &(&String, Range)| Question::Grid { query: (*query).clone(), range: *range };
        let gets = questions.iter().map(|one| self.get(&question(one))).collect();
        let mut answers = Whole::new();
        for ((query, asked), answer) in questions.into_iter().zip(self.client.get_all(gets)) {
            let points = self.reader().signal(query, asked, answer);
            add(&mut answers, query.clone(), (range, asked), points);
        }
        answers
    }

    /// Asks everything that the plans need.
    fn ask(&self, plans: &[&Plan], range: Range) -> Answers {
        let mut selectors: BTreeMap<String, &Selector> = BTreeMap::new();
        let mut periods: BTreeSet<(String, i64)> = BTreeSet::new();
        for plan in plans {
            for selector in plan.selectors() {
                selectors.insert(selector.to_string(), selector);
                periods.insert((selector.to_string(), plan.period));
            }
        }
        let mut questions = Vec::new();
        for (name, selector) in &selectors {
            for range in stretches(range) {
                questions
                    .push((name.clone(), Question::Grid { query: selector.increase(range.step), range }));
            }
        }
        for (name, period) in periods {
            let Some(selector) = selectors.get(&name) else { continue };
            questions.push((name, Question::Instant { query: selector.increase(period), at: range.last }));
        }
        let gets = questions.iter().map(|(_, question)| self.get(question)).collect();
        let mut answers = Answers::default();
        for ((name, question), answer) in questions.into_iter().zip(self.client.get_all(gets)) {
            let reader = self.reader();
            match question {
                Question::Grid { query, range: asked } => {
                    let counts = reader.grid(&query, asked, answer);
                    add(&mut answers.grid, name, (range, asked), counts);
                }
                Question::Instant { query, at: _ } => {
                    answers.direct.insert(query.clone(), reader.instant(&query, answer));
                }
            }
        }
        answers
    }
}

impl Source for Prometheus<'_> {
    fn describe(&self) -> String {
        format!("prometheus at {}", self.address)
    }

    fn recorded_until(&self) -> Option<i64> {
        None
    }

    fn observe(&self, requests: &[Request<'_>], range: Range) -> Vec<Result<Observation, Gap>> {
        let plans: Vec<_> = requests.iter().map(|request| Plan::of(request, range)).collect();
        let known: Vec<&Plan> = plans.iter().filter_map(|plan| plan.as_ref().ok()).collect();
        let answers = self.ask(&known, range);
        let lost = || Gap::Unreachable { detail: "the question was not asked".to_owned() };
        let one = |plan: Plan| {
            let grid = |selector: &Selector| match answers.grid.get(&selector.to_string()) {
                Some(Ok(counts)) => Ok(counts),
                Some(Err(gap)) => Err(gap.clone()),
                None => Err(lost()),
            };
            let direct = |selector: &Selector| {
                answers.direct.get(&selector.increase(plan.period)).cloned().unwrap_or_else(|| Err(lost()))
            };
            let series = plan.series(range, grid)?;
            // A whole period without an answer contradicts steps that have one; the budget says so.
            let direct = Some(plan.direct(direct)?.unwrap_or_default());
            Ok(Observation { series, direct })
        };
        plans.into_iter().map(|plan| plan.and_then(one)).collect()
    }

    fn signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Result<Signal, Gap>> {
        let queries: Vec<Result<String, Gap>> = requests.iter().map(query).collect();
        let answers = self.ask_signals(&queries.iter().flatten().collect(), range);
        let one = |query: Result<String, Gap>| {
            let lost = || Err(Gap::Unreachable { detail: "the question was not asked".to_owned() });
            let points = answers.get(&query?).cloned().unwrap_or_else(lost)?;
            let fires = points.unwrap_or_else(|| vec![None; plan::count(range)]);
            Ok(Signal { first: range.first, step: range.step, fires })
        };
        queries.into_iter().map(one).collect()
    }
}

/// The query of a signal in its environment.
fn query(request: &SignalRequest<'_>) -> Result<String, Gap> {
    let read = promql::read_signal(request.signal).map_err(|problem| {
        let detail = format!("{} ({})", problem.message, request.signal.query_place);
        Gap::Unsupported { detail }
    })?;
    let confined = read.with_matchers(&request.matchers.matchers);
    confined.map_err(|reason| Gap::NoData { detail: format!("{reason} ({})", request.signal.query_place) })
}

/// One thing that is asked.
enum Question {
    /// The events of each step of a stretch of the grid.
    Grid {
        /// The PromQL.
        query: String,
        /// The stretch.
        range: Range,
    },
    /// The events of a period.
    Instant {
        /// The PromQL.
        query: String,
        /// The period's end.
        at: i64,
    },
}

/// What was answered, by what was asked.
#[derive(Default)]
struct Answers {
    /// The grid by selector.
    grid: Whole<Decimal>,
    /// The events of a period by query.
    direct: BTreeMap<String, Result<Option<Decimal>, Gap>>,
}

/// What was answered over the whole range, by what was asked.
type Whole<T> = BTreeMap<String, Result<Points<T>, Gap>>;

/// Puts the answer for a stretch into the whole range; one gap is the gap of the whole.
fn add<T: Clone>(
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
fn stretches(range: Range) -> Vec<Range> {
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
