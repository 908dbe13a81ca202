//! Where observations come from: a monitoring system, a recorded history, observations that were made before.
//!
//! A source answers, per SLO and environment, with the events of each step of the grid, or with the gap
//! that says why it cannot; and, where policies read them, with the signals of an environment. It never fills in what
//! it does not know, and never sets a verdict.

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::gap::Gap;
use crate::budget::series::{Series, Total};
use crate::budget::signal::Signal;
use crate::catalog::Slo;
use crate::settings::{self, Environment};

pub mod number;
mod shown;
pub mod promql;
pub mod plan;
pub mod raw;
pub mod openmetrics;
pub mod snapshot;
pub mod prometheus;
pub mod datadog;
pub mod switchboard;
pub mod recorded;
pub mod http;
pub mod delivered;
pub mod whole;
pub mod answered;

/// One question to a source: the events of one SLO in one environment.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The SLO.
    pub slo: &'a Slo,
    /// The environment's name.
    pub environment: &'a str,
    /// Its matchers are put into every selector.
    pub matchers: &'a Environment,
}

/// One question to a source: a signal in one environment.
#[derive(Debug, Clone, Copy)]
pub struct SignalRequest<'a> {
    /// The signal's name.
    pub name: &'a str,
    /// The signal, as the settings declare it.
    pub signal: &'a settings::Signal,
    /// The environment's name.
    pub environment: &'a str,
    /// Its matchers are put into every selector.
    pub matchers: &'a Environment,
}

/// The grid points that are asked for: from `first` to `last`, both included, `step` seconds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first grid point, in seconds since the epoch, a multiple of `step`.
    pub first: i64,
    /// The last grid point: the instant of the verdict on the grid.
    pub last: i64,
    /// Seconds between two points.
    pub step: i64,
}

/// When something is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each point of a stretch of the grid.
    Grid(Range),
    /// One instant, in seconds since the epoch.
    At(i64),
}

/// A request that a source would make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The query.
    pub query: String,
    /// The instants.
    pub when: When,
    /// The names of the SLOs and signals that it is made for, sorted.
    pub serves: BTreeSet<String>,
    /// How many requests it may become at most, by what is answered; 1 of one that is made as it stands.
    pub most: usize,
}

/// What a source answers for one SLO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The events of each step of the range.
    pub series: Series,
    /// The same sums over the SLO's period that ends at `last`, read by one direct query; the budget
    /// cross-checks the grid against it. None from sources whose grid is exact.
    pub direct: Option<Total>,
}

/// A place that observations come from.
pub trait Source {
    /// What a report says of it: `snapshot history.om.gz`, `prometheus at https://prom.example`. No secrets.
    fn describe(&self) -> String;

    /// The last instant that the source knows of, in seconds since the epoch, where it is a recording.
    fn recorded_until(&self) -> Option<i64>;

    /// When somebody made the observations and left them, in seconds since the epoch; none where a recording is read, or
    /// what lives is asked.
    fn left_at(&self) -> Option<i64> {
        None
    }

    /// Answers every request, in order.
    fn observe(&self, requests: &[Request<'_>], range: Range) -> Vec<Result<Observation, Gap>>;

    /// Answers every request for a range of its own, in order: those of one range at a time, unless the source knows
    /// better.
    fn observe_each(&self, requests: &[(Request<'_>, Range)]) -> Vec<Result<Observation, Gap>> {
        let mut answers: BTreeMap<usize, Result<Observation, Gap>> = BTreeMap::new();
        for (range, indices) in by_range(requests) {
            let alike = indices.iter().filter_map(|index| requests.get(*index));
            let alike: Vec<Request<'_>> = alike.map(|(request, _)| *request).collect();
            answers.extend(indices.into_iter().zip(self.observe(&alike, range)));
        }
        let silent = || Err(Gap::Unreachable { detail: "the source gave no answer at all".to_owned() });
        (0..requests.len()).map(|index| answers.remove(&index).unwrap_or_else(silent)).collect()
    }

    /// What would be asked for all requests, in order, without asking it; nothing where a recording is read.
    fn plan(&self, _requests: &[(Request<'_>, Range)]) -> Vec<Planned> {
        Vec::new()
    }

    /// What would be asked for all signals, in order, without asking it; nothing where a recording is read.
    fn plan_signals(&self, _requests: &[SignalRequest<'_>], _range: Range) -> Vec<Planned> {
        Vec::new()
    }

    /// Why nothing would be asked for some of the requests, each reason once; none where all are asked for or are read
    /// already.
    fn unasked(&self, _requests: &[(Request<'_>, Range)]) -> Vec<Gap> {
        Vec::new()
    }

    /// What is to be said of how it was asked so far; nothing where all went as planned.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Answers every request for a signal, in order.
    fn signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Result<Signal, Gap>>;
}

/// The requests of each range, by their places.
fn by_range(requests: &[(Request<'_>, Range)]) -> Vec<(Range, Vec<usize>)> {
    let mut by_range: BTreeMap<(i64, i64, i64), (Range, Vec<usize>)> = BTreeMap::new();
    for (index, (_, range)) in requests.iter().enumerate() {
        let key = (range.last, range.first, range.step);
        by_range.entry(key).or_insert_with(|| (*range, Vec::new())).1.push(index);
    }
    by_range.into_values().collect()
}

/// An instant as people and files write it: `2026-10-05T12:00:00Z`. Outside of the calendar, the bare seconds.
#[must_use]
pub fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |instant| instant.to_string())
}
