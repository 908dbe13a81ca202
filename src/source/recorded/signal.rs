//! Signals in a file of observations: whether each fires, point by point, or the gap.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::definition::{Bound, Definitions};
use super::format::GapText;
use super::{points, second};
use crate::budget::gap::{self, Gap};
use crate::budget::signal::Signal;
use crate::catalog::counted::digest;
use crate::source::{Range, SignalRequest, instant};

/// One signal in one environment, or a gap.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The signal's name.
    signal: String,
    /// The environment's name.
    environment: String,
    /// The digest of its query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
    /// The first grid point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    /// 1 where it fires, 0 where it is quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fires: Option<String>,
    /// Why it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gap: Option<GapText>,
}

/// One signal, with its points as they are written.
#[derive(Debug)]
struct Record {
    /// The first grid point, in seconds since the epoch.
    first: i64,
    /// Whether it fires.
    fires: String,
}

/// The signals of a file, by name and environment.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// What was answered.
    answers: BTreeMap<(String, String), Result<Record, Gap>>,
    /// The digests of the queries, where they are known.
    definitions: Definitions,
}

/// One signal as it is written.
pub(super) fn entry(
    request: &SignalRequest<'_>,
    answer: &Result<Signal, Gap>,
    definition: Option<String>,
) -> Entry {
    let (signal, environment) = (request.name.to_owned(), request.environment.to_owned());
    match answer {
        Ok(answer) => {
            let fires = answer.fires.iter().map(|fires| fires.map(|fires| Decimal::from(u8::from(fires))));
            let (first, fires) = (Some(instant(answer.first)), Some(points::write(fires)));
            Entry { signal, environment, definition, first, fires, gap: None }
        }
        Err(gap) => {
            let gap = Some(GapText::from(gap));
            Entry { signal, environment, definition, first: None, fires: None, gap }
        }
    }
}

impl Signals {
    /// Takes an entry in; a reason, and the text that it is about, where it cannot be read.
    pub(super) fn add(&mut self, entry: Entry, step: i64) -> Result<(), (String, String)> {
        let quoted = format!("{:?}", entry.signal);
        let name = format!("the signal `{}` in `{}`", entry.signal, entry.environment);
        let key = (entry.signal.clone(), entry.environment.clone());
        self.definitions.add(&key, entry.definition.as_ref());
        let record =
            record(entry, step).map_err(|reason| (quoted.clone(), format!("{reason} (of {name})")))?;
        match self.answers.insert(key, record) {
            None => Ok(()),
            Some(_) => Err((quoted, format!("{name} is observed twice"))),
        }
    }

    /// The same, whose gaps are told as what an observer said of them.
    pub(super) fn told_by_an_observer(self) -> Self {
        let said = |answer: Result<Record, Gap>| answer.map_err(Gap::said);
        Self { answers: self.answers.into_iter().map(|(key, answer)| (key, said(answer))).collect(), ..self }
    }

    /// One signal, cut to a range; what was not recorded is not known. `path` is the file's, and `bound` says
    /// whether it must name its definition.
    pub(super) fn answer(
        &self,
        request: &SignalRequest<'_>,
        range: Range,
        (path, bound): (&str, Bound),
    ) -> Result<Signal, Gap> {
        let key = (request.name.to_owned(), request.environment.to_owned());
        let Some(answer) = self.answers.get(&key) else {
            let detail = format!(
                "`{path}` holds no signal `{}` of `{}`; record it again with the policy that reads it",
                request.name, request.environment
            );
            return Err(Gap::NoData { detail });
        };
        let defined = || Some(definition(request));
        self.definitions.hold(
            &key,
            defined,
            bound,
            &format!("`{path}` has the signal `{}`", request.name),
        )?;
        let record = answer.as_ref().map_err(Clone::clone)?;
        let recorded = points::read(&record.fires).map(|point| point.ok().flatten());
        let fires = points::cut(recorded, record.first, range).into_iter();
        let fires = fires.map(|point| point.map(|number| !number.is_zero())).collect();
        Ok(Signal { first: range.first, step: range.step, fires })
    }
}

/// The digest of a signal's query, with the labels of the environment.
pub(super) fn definition(request: &SignalRequest<'_>) -> String {
    digest(["signal", &request.signal.query].into_iter(), &request.matchers.matchers)
}

/// One signal as it was written, checked.
fn record(entry: Entry, step: i64) -> Result<Result<Record, Gap>, String> {
    let (first, fires) = match (entry.first, entry.fires, entry.gap) {
        (None, None, Some(gap)) => return gap.into_gap().map(Err),
        (Some(first), Some(fires), None) => (first, fires),
        _ => return Err("a signal has either `gap`, or `first` and `fires`".to_owned()),
    };
    let first = second(&first)
        .filter(|first| first.rem_euclid(step) == 0)
        .ok_or_else(|| format!("`first` is an instant on the grid of {}", gap::duration(step)))?;
    points::check(&fires).map_err(|reason| format!("`fires`: {reason}"))?;
    Ok(Ok(Record { first, fires }))
}
