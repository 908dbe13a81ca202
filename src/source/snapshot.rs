//! A recorded history in the repository as a source: an OpenMetrics file with timestamps, gzipped or not.
//!
//! The grid holds exact differences of each raw series (`raw`). Prometheus extrapolates instead, so the two agree within
//! a percentage point and not to the last event.

use std::collections::BTreeMap;
use std::io::BufReader;

use flate2::bufread::MultiGzDecoder;

use super::number::Number;
use super::openmetrics::{self, Fault, Sample};
use super::plan::{Counts, Plan};
use super::promql::Selector;
use super::raw::{self, Fault as Odd, Raw};
use super::{Observation, Range, Request, SignalRequest, Source};
use crate::budget::gap::Gap;
use crate::budget::series::MOST;
use crate::budget::signal::Signal;
use crate::diagnostic::{Code, Diagnostic, Place, SourceText};

/// The largest text, after inflation, in bytes.
const LARGEST: u64 = 512 * 1024 * 1024;

/// The most samples: they take 24 bytes of memory each.
const MOST_SAMPLES: usize = 8_000_000;

/// The most series.
const MOST_SERIES: usize = 200_000;

/// The largest text that is underlined in a message; in a larger one the line's number has to do.
const UNDERLINED: usize = 4 * 1024 * 1024;

/// The first two bytes of a gzipped file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What to do about a file that cannot be read.
const HELP: &str = "the file is OpenMetrics text with a timestamp in seconds on every sample and `# EOF` at its end, \
                    as `promtool tsdb create-blocks-from openmetrics` takes it, gzipped or not";

/// A recorded history.
#[derive(Debug)]
pub struct Snapshot {
    /// Where it was read from.
    path: String,
    /// Every series.
    series: Vec<Raw>,
    /// The last instant, in milliseconds since the epoch.
    until: i64,
}

/// A history while it is read.
#[derive(Default)]
struct Reading {
    /// Every series.
    series: Vec<Raw>,
    /// Their places by the text of the series.
    by_text: BTreeMap<String, usize>,
    /// Their places by labels, because one series can be written in two ways.
    by_labels: BTreeMap<BTreeMap<String, String>, usize>,
    /// The last series, because samples of one series stand together.
    last: Option<(String, usize)>,
    /// How many samples there are.
    count: usize,
    /// The last instant.
    until: Option<i64>,
}

impl Snapshot {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// When it is not OpenMetrics with timestamps in order, or is too large.
    pub fn read(path: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let mut reading = Reading::default();
        let zipped = bytes.starts_with(&GZIP);
        let result = if zipped {
            let text = BufReader::with_capacity(128 * 1024, MultiGzDecoder::new(bytes));
            openmetrics::read(text, LARGEST, |sample| reading.add(&sample))
        } else {
            openmetrics::read(bytes, LARGEST, |sample| reading.add(&sample))
        };
        result.map_err(|fault| problem(path, (!zipped).then_some(bytes), &fault))?;
        let Some(until) = reading.until else {
            return Err(Diagnostic::error(Code::WrongValue, format!("`{path}` holds no sample")).help(HELP));
        };
        Ok(Self { path: path.to_owned(), series: reading.series, until })
    }

    /// The events that a selector counts, on the grid.
    fn count(&self, selector: &Selector, range: Range) -> Result<Counts, Gap> {
        raw::count(self.series.iter().filter(|raw| selector.matches(&raw.labels)), range)
    }
}

impl Source for Snapshot {
    fn describe(&self) -> String {
        format!("snapshot {}", self.path)
    }

    fn recorded_until(&self) -> Option<i64> {
        Some(self.until.div_euclid(1_000))
    }

    fn observe(&self, requests: &[Request<'_>], range: Range) -> Vec<Result<Observation, Gap>> {
        let plans: Vec<_> = requests.iter().map(|request| Plan::of(request, range)).collect();
        let mut counts = BTreeMap::new();
        for selector in plans.iter().flatten().flat_map(Plan::selectors) {
            counts.entry(selector.to_string()).or_insert_with(|| self.count(selector, range));
        }
        let one = |plan: Plan| {
            let series = plan.series(range, |selector| match counts.get(&selector.to_string()) {
                Some(Ok(counts)) => Ok(counts),
                Some(Err(gap)) => Err(gap.clone()),
                None => Err(Gap::NoData { detail: format!("`{selector}` was not counted") }),
            })?;
            // One count over the whole period, across every hole: what rose unseen shows there, as it does where a
            // monitoring system is asked for both.
            let whole = Range { first: range.last, last: range.last, step: plan.period };
            let direct = plan.direct(|selector| {
                let counted = self.count(selector, whole)?;
                Ok(counted.and_then(|points| points.first().copied().flatten()))
            })?;
            Ok(Observation { series, direct })
        };
        plans.into_iter().map(|plan| plan.and_then(one)).collect()
    }

    fn signals(&self, requests: &[SignalRequest<'_>], _range: Range) -> Vec<Result<Signal, Gap>> {
        let detail =
            "a snapshot keeps counters, and a signal is a query: give --prometheus or --observations";
        requests.iter().map(|_| Err(Gap::Unsupported { detail: detail.to_owned() })).collect()
    }
}

impl Reading {
    /// Takes one sample in.
    fn add(&mut self, sample: &Sample<'_>) -> Result<(), String> {
        self.count += 1;
        if self.count > MOST_SAMPLES {
            return Err(format!(
                "there are more than {MOST_SAMPLES} samples; thin the history out, or split it"
            ));
        }
        self.until = self.until.max(Some(sample.at));
        let index = self.index(sample.series)?;
        let Some(raw) = self.series.get_mut(index) else { return Ok(()) };
        let newest = raw.samples.last().map(|(at, _)| *at).max(raw.faults.last().map(|fault| fault.at));
        if newest.is_some_and(|newest| newest > sample.at) {
            return Err(format!("the samples of `{}` are not in the order of time", raw.name));
        }
        let same = newest == Some(sample.at);
        match sample.value {
            Number::Finite(value) if same && raw.samples.last() == Some(&(sample.at, value)) => {}
            _ if same => return Err(format!("`{}` has two values at one instant", raw.name)),
            Number::Finite(value) if value.abs() <= MOST => raw.samples.push((sample.at, value)),
            Number::Finite(_) | Number::NotFinite => {
                raw.faults.push(Odd { at: sample.at, line: Some(sample.line) });
            }
        }
        Ok(())
    }

    /// The place of a series, which is made when it is new.
    fn index(&mut self, text: &str) -> Result<usize, String> {
        if let Some((last, index)) = &self.last
            && last == text
        {
            return Ok(*index);
        }
        let index = match self.by_text.get(text) {
            Some(index) => *index,
            None => self.insert(text)?,
        };
        self.last = Some((text.to_owned(), index));
        Ok(index)
    }

    /// Takes in a series that was not written like this before.
    fn insert(&mut self, text: &str) -> Result<usize, String> {
        let labels = openmetrics::labels(text)?;
        let next = self.series.len();
        let index = *self.by_labels.entry(labels.clone()).or_insert(next);
        if self.by_text.len() >= MOST_SERIES {
            return Err(format!(
                "there are more than {MOST_SERIES} series; leave out those that no SLO counts"
            ));
        }
        self.by_text.insert(text.to_owned(), index);
        if index == next {
            let name = text.to_owned();
            self.series.push(Raw { name, labels, samples: Vec::new(), faults: Vec::new() });
        }
        Ok(index)
    }
}

/// A fault as a problem, underlined where the text is at hand and small.
fn problem(path: &str, text: Option<&[u8]>, fault: &Fault) -> Diagnostic {
    let code = if fault.is_encoding { Code::Encoding } else { Code::WrongValue };
    let message = format!("line {} of `{path}`: {}", fault.line, fault.message);
    let problem = Diagnostic::error(code, message).help(HELP);
    match text.filter(|text| text.len() <= UNDERLINED).and_then(|text| std::str::from_utf8(text).ok()) {
        Some(text) => problem.at(Place::line_of(&SourceText::new(path, text), fault.line), "here"),
        None => problem,
    }
}

#[cfg(test)]
mod tests;
