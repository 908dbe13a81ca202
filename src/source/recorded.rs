//! Observations as a file: what a source answered once, to be judged again offline.
//!
//! The format is versioned and described by `schemas/observations.v1.json`. What is written and read again is
//! equal to the last digit, gaps included, so the same file gives the same figures byte for byte. The file is
//! checked as a whole when it is read; points are taken from it only for the range that is asked for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Observation, Range, Request, SignalRequest, Source, instant};
use crate::budget::gap::{self, Gap};
use crate::budget::series::{Series, Total};
use crate::budget::signal::Signal;
use crate::diagnostic::{Code, Diagnostic, Place, SourceText, list};

mod definition;
mod format;
mod points;
mod signal;

pub use definition::Bound;
use definition::Definitions;
use format::{Direct, Entry, File, GapText};

/// The version of the format.
const VERSION: u32 = 1;

/// What to do about a file that cannot be read.
const HELP: &str =
    "`slogate check --save-observations` writes such a file; its format is schemas/observations.v1.json";

/// Observations that were read from a file.
#[derive(Debug)]
pub struct Recorded {
    /// Where it was read from.
    path: String,
    /// What the numbers come from, in words.
    source: String,
    /// The instant for which the source was asked, in seconds since the epoch.
    evaluated_at: i64,
    /// For whom it was made, where that is said.
    audience: Option<String>,
    /// Whether it must say which definitions its numbers are of.
    bound: Bound,
    /// Seconds between two points.
    step: i64,
    /// Which definitions the numbers are of.
    definitions: Definitions,
    /// What was answered, by SLO and environment.
    answers: BTreeMap<(String, String), Result<Record, Gap>>,
    /// What was answered about signals.
    signals: signal::Signals,
}

/// One answer, with its points as they are written.
#[derive(Debug)]
struct Record {
    /// The first grid point, in seconds since the epoch.
    first: i64,
    /// How many points there are.
    count: usize,
    /// The bad events.
    bad: String,
    /// All events.
    total: String,
    /// What one query over a period of so many seconds counted.
    direct: Option<(i64, Total)>,
}

/// What a file says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    /// Where the numbers come from, in words.
    pub source: &'a str,
    /// The instant for which the source was asked, in seconds since the epoch.
    pub evaluated_at: i64,
    /// Seconds between two points.
    pub step: i64,
    /// For whom it is made; such a file says which definitions its numbers are of, too.
    pub audience: Option<&'a str>,
}

/// Writes what a source answered to requests, in order, and about signals.
#[must_use]
pub fn write(
    heading: Heading<'_>,
    requests: &[Request<'_>],
    answers: &[Result<Observation, Gap>],
    signals: &[(SignalRequest<'_>, Result<Signal, Gap>)],
) -> String {
    let made_for = heading.audience.is_some();
    let entries = requests.iter().zip(answers).map(|(request, answer)| {
        let definition = made_for.then(|| request.slo.counted_by(&request.matchers.matchers)).flatten();
        entry(request, answer, definition)
    });
    let signals = signals.iter().map(|(request, answer)| {
        let definition = made_for.then(|| signal::definition(request));
        signal::entry(request, answer, definition)
    });
    let file = File {
        version: VERSION,
        step: format::step_text(heading.step).into(),
        evaluated_at: instant(heading.evaluated_at),
        source: heading.source.to_owned(),
        audience: heading.audience.map(ToOwned::to_owned),
        observations: entries.collect(),
        signals: signals.collect(),
    };
    file.write()
}

/// One answer as it is written.
fn entry(request: &Request<'_>, answer: &Result<Observation, Gap>, definition: Option<String>) -> Entry {
    let (slo, environment) = (request.slo.name.clone(), request.environment.to_owned());
    let observation = match answer {
        Ok(observation) => observation,
        Err(gap) => {
            let gap = Some(GapText::from(gap));
            return Entry {
                slo,
                environment,
                definition,
                first: None,
                bad: None,
                total: None,
                direct: None,
                gap,
            };
        }
    };
    let points = &observation.series.points;
    let direct = observation.direct.map(|direct| Direct {
        period: request.slo.period_at(observation.series.last()),
        bad: direct.bad.to_string(),
        total: direct.total.to_string(),
    });
    Entry {
        slo,
        environment,
        definition,
        first: Some(instant(observation.series.first)),
        bad: Some(points::write(points.iter().map(|point| point.map(|events| events.bad)))),
        total: Some(points::write(points.iter().map(|point| point.map(|events| events.total)))),
        direct,
        gap: None,
    }
}

impl Recorded {
    /// Reads a file's text.
    ///
    /// # Errors
    /// When it is not of this format and version, or contradicts itself.
    pub fn read(path: &str, text: &str) -> Result<Self, Diagnostic> {
        let source = SourceText::new(path, text);
        let file = File::read(&source, VERSION)?;
        let wrong = |about: &str, message: String| {
            let start = text.find(about).unwrap_or(0);
            Diagnostic::error(Code::WrongValue, message)
                .at(Place::new(&source, start..start + about.len()), "here")
                .help(HELP)
        };
        let step = format::seconds(&file.step).ok_or_else(|| {
            wrong("\"step\"", "`step` is a time between `10s` and `1d`, such as `5m`".to_owned())
        })?;
        let evaluated_at = second(&file.evaluated_at).ok_or_else(|| {
            wrong(
                "\"evaluated_at\"",
                "`evaluated_at` is an instant, such as `2026-10-05T12:00:00Z`".to_owned(),
            )
        })?;
        let mut answers = BTreeMap::new();
        let mut definitions = Definitions::default();
        for entry in file.observations {
            let name = format!("`{}` in `{}`", entry.slo, entry.environment);
            let quoted = format!("{:?}", entry.slo);
            let key = (entry.slo.clone(), entry.environment.clone());
            definitions.add(&key, entry.definition.as_ref());
            let answer =
                record(entry, step).map_err(|reason| wrong(&quoted, format!("{reason} (of {name})")))?;
            if answers.insert(key, answer).is_some() {
                return Err(wrong(&quoted, format!("{name} is observed twice")));
            }
        }
        let mut signals = signal::Signals::default();
        for entry in file.signals {
            signals.add(entry, step).map_err(|(about, message)| wrong(&about, message))?;
        }
        Ok(Self {
            path: path.to_owned(),
            source: file.source,
            evaluated_at,
            audience: file.audience,
            bound: Bound::Loosely,
            step,
            definitions,
            answers,
            signals,
        })
    }

    /// The same, which must say which definitions its numbers are of.
    #[must_use]
    pub fn bound(self, bound: Bound) -> Self {
        Self { bound, ..self }
    }

    /// The same, whose gaps are told as what an observer said of them.
    #[must_use]
    pub fn told_by_an_observer(self) -> Self {
        let said = |answer: Result<Record, Gap>| answer.map_err(Gap::said);
        let answers = self.answers.into_iter().map(|(key, answer)| (key, said(answer))).collect();
        Self { answers, signals: self.signals.told_by_an_observer(), ..self }
    }

    /// For whom it was made, where that is said.
    #[must_use]
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// The instant for which the source was asked, in seconds since the epoch.
    #[must_use]
    pub const fn evaluated_at(&self) -> i64 {
        self.evaluated_at
    }

    /// Where the numbers come from, in words.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Seconds between two points.
    #[must_use]
    pub const fn step(&self) -> i64 {
        self.step
    }

    /// That a range is on the grid that was recorded.
    fn on_grid(&self, range: Range) -> Result<(), Gap> {
        if range.step == self.step {
            return Ok(());
        }
        let detail = format!(
            "`{}` was recorded with a step of {}, and it is asked for one of {}",
            self.path,
            gap::duration(self.step),
            gap::duration(range.step)
        );
        Err(Gap::Inconsistent { detail })
    }

    /// One answer, cut to a range.
    fn answer(&self, request: &Request<'_>, range: Range) -> Result<Observation, Gap> {
        let path = &self.path;
        if let Some(one) = request.slo.unreckoned(range.step).into_iter().next() {
            return Err(Gap::Unsupported { detail: one.reason });
        }
        self.on_grid(range)?;
        let (slo, environment) = (request.slo.name.as_str(), request.environment);
        let Some(answer) = self.answers.get(&(slo.to_owned(), environment.to_owned())) else {
            let mut known: Vec<&str> = self.answers.keys().map(|(slo, _)| slo.as_str()).collect();
            known.dedup();
            let known = if known.is_empty() { "nothing".to_owned() } else { list(&known) };
            let detail =
                format!("`{path}` holds no observation of `{slo}` in `{environment}`; it holds {known}");
            return Err(Gap::NoData { detail });
        };
        let key = (slo.to_owned(), environment.to_owned());
        let counted_by = || request.slo.counted_by(&request.matchers.matchers);
        self.definitions.hold(&key, counted_by, self.bound, &format!("`{path}` counted `{slo}`"))?;
        let record = answer.as_ref().map_err(Clone::clone)?;
        let recorded = Series { first: record.first, step: self.step, points: Vec::new() };
        let last = recorded.first + i64::try_from(record.count).unwrap_or(0).saturating_sub(1) * self.step;
        let direct =
            record.direct.filter(|(period, _)| last == range.last && *period == request.slo.period_at(last));
        Ok(Observation { series: record.cut(range), direct: direct.map(|(_, direct)| direct) })
    }
}

impl Source for Recorded {
    fn describe(&self) -> String {
        format!(
            "observations {} (recorded at {} from {})",
            self.path,
            instant(self.evaluated_at),
            self.source
        )
    }

    fn recorded_until(&self) -> Option<i64> {
        Some(self.evaluated_at)
    }

    fn observe(&self, requests: &[Request<'_>], range: Range) -> Vec<Result<Observation, Gap>> {
        requests.iter().map(|request| self.answer(request, range)).collect()
    }

    fn signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Result<Signal, Gap>> {
        let one = |request| {
            self.on_grid(range)?;
            self.signals.answer(request, range, (&self.path, self.bound))
        };
        requests.iter().map(one).collect()
    }
}

impl Record {
    /// The points of a range; what was not recorded is not known.
    fn cut(&self, range: Range) -> Series {
        let pairs = points::read(&self.bad).zip(points::read(&self.total)).map(|(bad, total)| {
            bad.ok().flatten().zip(total.ok().flatten()).map(|(bad, total)| Total { bad, total })
        });
        let points = points::cut(pairs, self.first, range);
        Series { first: range.first, step: range.step, points }
    }
}

/// One answer as it was written, checked.
fn record(entry: Entry, step: i64) -> Result<Result<Record, Gap>, String> {
    let (first, bad, total) = match (entry.first, entry.bad, entry.total, entry.gap) {
        (None, None, None, Some(gap)) if entry.direct.is_none() => return gap.into_gap().map(Err),
        (Some(first), Some(bad), Some(total), None) => (first, bad, total),
        _ => return Err("an observation has either `gap`, or `first`, `bad` and `total`".to_owned()),
    };
    let first = second(&first)
        .filter(|first| first.rem_euclid(step) == 0)
        .ok_or_else(|| format!("`first` is an instant on the grid of {}", gap::duration(step)))?;
    let count = points::check(&bad).map_err(|reason| format!("`bad`: {reason}"))?;
    if points::check(&total).map_err(|reason| format!("`total`: {reason}"))? != count {
        return Err("`bad` and `total` have different numbers of points".to_owned());
    }
    let direct = entry.direct.map(|direct| {
        let events = Total { bad: decimal(&direct.bad)?, total: decimal(&direct.total)? };
        Ok::<_, String>((direct.period, events))
    });
    Ok(Ok(Record { first, count, bad, total, direct: direct.transpose()? }))
}

/// An instant, in seconds since the epoch.
fn second(text: &str) -> Option<i64> {
    text.parse::<Timestamp>()
        .ok()
        .filter(|instant| instant.subsec_nanosecond() == 0)
        .map(Timestamp::as_second)
}

/// An exact decimal.
fn decimal(text: &str) -> Result<Decimal, String> {
    points::item(text)?.ok_or_else(|| "`_` is no decimal".to_owned())
}

#[cfg(test)]
mod tests;
