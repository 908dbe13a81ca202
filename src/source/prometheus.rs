//! Prometheus, and whatever speaks its HTTP API (Thanos, Mimir, `VictoriaMetrics`), as a source.
//!
//! Every distinct counter is asked once, however many SLOs share it, and counters that are alike but for the values of
//! labels are asked in one query (`plan/fuse.rs`): `sum(increase(x[step]))` on the grid, in stretches that a server
//! answers, and `sum(increase(x[P]))` at the last grid point, which the budget compares with the grid; many of those are
//! asked as few. A signal's query is asked on the grid as it stands. All questions go out concurrently. Whatever is not a whole answer is a gap with
//! words of its own (`prometheus/answer.rs`): an answer in part never reads as known.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::plan::{self, Plan};
use super::promql;
use super::{Observation, Planned, Range, Request, SignalRequest, Source, When};
use crate::budget::gap::Gap;
use crate::budget::signal::Signal;
use crate::http::{Address, AddressError, Client, Credentials, Get};

use plan::Points;
use question::{Answers, Question, add, lost, stretches};
use ruled::{Ruled, Subject};
use scraped::Scraped;

mod answer;
mod borrowed;
mod halving;
mod question;
mod ruled;
mod scraped;
#[cfg(test)]
mod tests;

/// The most bytes of one sample in an answer, and of everything around the samples.
const SAMPLE: usize = 64;
/// See `SAMPLE`.
const FRAME: usize = 8 * 1024 * 1024;

/// A server that speaks Prometheus's HTTP API.
#[derive(Debug)]
pub struct Prometheus<'a> {
    /// Asks.
    client: &'a Client,
    /// Where.
    address: Address,
    /// Sent with every question.
    credentials: Credentials,
    /// What rules recorded is read.
    reads_rules: bool,
    /// What is to be said of how it was asked.
    notes: RefCell<Vec<String>>,
}

impl<'a> Prometheus<'a> {
    /// A server at an address, such as `https://prom.example/prefix`.
    ///
    /// # Errors
    /// When the address cannot be asked, or a secret would travel unencrypted.
    pub fn new(client: &'a Client, url: &str, credentials: Credentials) -> Result<Self, AddressError> {
        let address = Address::for_credentials(url, &credentials)?;
        Ok(Self { client, address, credentials, reads_rules: false, notes: RefCell::default() })
    }

    /// The same, reading what rules recorded where it is there.
    #[must_use]
    pub fn reading_rules(self) -> Self {
        Self { reads_rules: true, ..self }
    }

    /// The request for a query whose answer has at most so many samples.
    fn get(&self, query: String, when: When, samples: usize) -> Get {
        let cap = samples.saturating_mul(SAMPLE).saturating_add(FRAME);
        let pair = |name: &str, value: String| (name.to_owned(), value);
        // `VictoriaMetrics` counts across a hole, unless it has what stands before the hole in its cache: without this the same
        // question would have two answers. Others do not know the word and pass over it.
        let fresh = pair("nocache", "1".to_owned());
        match when {
            When::Grid(range) => {
                let form = vec![
                    pair("query", query),
                    pair("start", range.first.to_string()),
                    pair("end", range.last.to_string()),
                    pair("step", range.step.to_string()),
                    fresh,
                ];
                self.address.ask("api/v1/query_range", form, self.credentials.clone(), cap)
            }
            When::At(instant) => {
                let form = vec![pair("query", query), pair("time", instant.to_string()), fresh];
                self.address.ask("api/v1/query", form, self.credentials.clone(), cap)
            }
        }
    }

    /// What reads its answers.
    const fn reader(&self) -> answer::Reader<'_> {
        answer::Reader { address: &self.address, credentials: &self.credentials }
    }

    /// Asks queries on the grid, each once; what each one answers is by its text.
    fn ask_signals(
        &self,
        queries: &BTreeSet<&String>,
        range: Range,
    ) -> BTreeMap<String, Result<Points<bool>, Gap>> {
        let stretches = stretches(range);
        let questions: Vec<(&String, Range)> =
            queries.iter().flat_map(|query| stretches.iter().map(|stretch| (*query, *stretch))).collect();
        let gets = questions
            .iter()
            .map(|(query, range)| self.get((*query).clone(), When::Grid(*range), plan::count(*range)));
        let gets = gets.collect();
        let mut answers = BTreeMap::new();
        for ((query, asked), answer) in questions.into_iter().zip(self.client.get_all(gets)) {
            let points = self.reader().signal(query, asked, answer);
            add(answers.entry(query.clone()).or_insert(Ok(None)), (range, asked), points);
        }
        answers
    }

    /// Asks about events.
    fn ask(&self, questions: Vec<Question>) -> Answers {
        let mut answers = Answers::default();
        let note = halving::ask(self, questions, |question, counted| answers.take(question, counted));
        self.notes.borrow_mut().extend(note);
        answers
    }

    /// Asks for the samples of everything that the plans need.
    fn scrape(&self, plans: &[&Plan]) -> Scraped {
        let mut scraped = Scraped::default();
        let note = halving::ask(self, scraped::stretches(plans), |stretch, series| {
            scraped.take(stretch, series);
        });
        self.notes.borrow_mut().extend(note);
        scraped.sorted()
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
        self.observe_each(&requests.iter().map(|request| (*request, range)).collect::<Vec<_>>())
    }

    fn observe_each(&self, requests: &[(Request<'_>, Range)]) -> Vec<Result<Observation, Gap>> {
        let plans: Vec<_> = requests.iter().map(|(request, range)| Plan::of(request, *range)).collect();
        let raw: Vec<&Plan> = plans.iter().flatten().filter(|plan| plan.is_raw).collect();
        let scraped = self.scrape(&raw);
        let subjects = subjects(requests, &plans);
        let counted: Vec<Subject<'_>> = subjects.iter().flatten().cloned().collect();
        let ruled = if self.reads_rules && !counted.is_empty() {
            ruled::ask(self, &counted)
        } else {
            let plans: Vec<&Plan> = counted.iter().map(|subject| subject.plan).collect();
            Ok(Ruled::counted(self.ask(question::questions(&plans))))
        };
        self.notes.borrow_mut().extend(ruled.iter().flat_map(|ruled| ruled.notes(counted.len())));
        let answers = plans.iter().zip(&subjects).map(|(plan, subject)| match (plan, subject, &ruled) {
            (Ok(_), Some(subject), Ok(ruled)) => ruled.observation(subject),
            (Ok(plan), None, _) => scraped.observation(plan),
            (Err(gap), _, _) | (_, _, Err(gap)) => Err(gap.clone()),
        });
        answers.collect()
    }

    fn plan(&self, requests: &[(Request<'_>, Range)]) -> Vec<Planned> {
        let mut planned = Vec::new();
        if self.reads_rules {
            let plans: Vec<_> = requests.iter().map(|(request, range)| Plan::of(request, *range)).collect();
            let subjects = subjects(requests, &plans);
            let subjects: Vec<Subject<'_>> = subjects.into_iter().flatten().collect();
            planned.extend(ruled::planned(&subjects));
            planned.extend(borrowed::planned(&subjects));
        }
        planned.extend(question::planned(requests));
        planned.extend(scraped::planned(requests));
        planned
    }

    fn plan_signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Planned> {
        let mut queries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for request in requests {
            if let Ok(query) = query(request) {
                queries.entry(query).or_default().insert(request.name.to_owned());
            }
        }
        let planned = queries.into_iter().flat_map(|(query, serves)| {
            stretches(range).into_iter().map(move |stretch| Planned {
                query: query.clone(),
                when: When::Grid(stretch),
                serves: serves.clone(),
                most: 1,
            })
        });
        planned.collect()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.borrow().clone()
    }

    fn signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Result<Signal, Gap>> {
        let queries: Vec<Result<String, Gap>> = requests.iter().map(query).collect();
        let answers = self.ask_signals(&queries.iter().flatten().collect(), range);
        let one = |query: Result<String, Gap>| {
            let points = answers.get(&query?).cloned().unwrap_or_else(|| Err(lost()))?;
            let fires = points.unwrap_or_else(|| vec![None; plan::count(range)]);
            Ok(Signal { first: range.first, step: range.step, fires })
        };
        queries.into_iter().map(one).collect()
    }
}

/// The requests that are counted, each in its place; none for one that cannot be asked or is read as it was scraped.
fn subjects<'a>(
    requests: &[(Request<'a>, Range)],
    plans: &'a [Result<Plan, Gap>],
) -> Vec<Option<Subject<'a>>> {
    let of = |((request, _), plan): (&(Request<'a>, Range), &'a Result<Plan, Gap>)| {
        let plan = plan.as_ref().ok().filter(|plan| !plan.is_raw)?;
        Some(Subject::new(*request, plan))
    };
    requests.iter().zip(plans).map(of).collect()
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
