//! Where observations come from: a monitoring system, a recorded history, observations that were made before.
//!
//! A source answers, per SLO and environment, with the events of each step of the grid, or with the gap
//! that says why it cannot; and, where policies read them, with the signals of an environment. It never fills in what
//! it does not know, and never sets a verdict.

use std::collections::BTreeSet;

use crate::budget::gap::Gap;
use crate::budget::series::{Series, Total};
use crate::budget::signal::Signal;
use crate::catalog::Slo;
use crate::settings::{self, Environment};

pub mod number;
pub mod promql;
pub mod plan;
pub mod raw;
pub mod openmetrics;
pub mod snapshot;
pub mod prometheus;
pub mod recorded;
pub mod http;
pub mod delivered;

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

    /// Tells beforehand the widest stretch of the grid that will be asked about, to sources that answer all at once.
    fn prepare(&self, _widest: Range) {}

    /// Answers every request, in order.
    fn observe(&self, requests: &[Request<'_>], range: Range) -> Vec<Result<Observation, Gap>>;

    /// What would be asked for all requests, in order, without asking it; nothing where a recording is read.
    fn plan(&self, _requests: &[Request<'_>], _signals: &[SignalRequest<'_>], _range: Range) -> Vec<Planned> {
        Vec::new()
    }

    /// What is to be said of how it was asked so far; nothing where all went as planned.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Answers every request for a signal, in order.
    fn signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Result<Signal, Gap>>;
}

/// An instant as people and files write it: `2026-10-05T12:00:00Z`. Outside of the calendar, the bare seconds.
#[must_use]
pub fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |instant| instant.to_string())
}
