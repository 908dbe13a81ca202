//! What Datadog answered about the history of an SLO, read into what it counted, or into the gap that says why it is no
//! answer.
//!
//! An answer in part never reads as a whole one: a warning beside the series, an error beside the figures and a replay
//! that is under way are gaps. Whatever else the answer holds is passed over.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Number, Value};

use super::Stretch;
use super::bins::Bins;
use super::uptime::{State, Uptime};
use crate::budget::gap::Gap;
use crate::budget::series::{MOST, Total};
use crate::http::{Address, Credentials, HttpError, Response};
use crate::source::{instant, number, shown};

/// The statuses with which a question is refused that a shorter one may pass.
const TOO_MUCH: [u16; 6] = [400, 413, 422, 500, 503, 504];

/// The seconds that can be an instant at all: until the year 9999.
const INSTANTS: std::ops::Range<i64> = 0..253_402_300_800;

/// What Datadog says where nothing was counted; the zeros beside it say the same.
const NOTHING: &str = "ZERO_VALUED_DENOMINATOR";

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// What was counted.
    pub(super) counted: Counted,
    /// The share of good events in percent that Datadog itself gives; none where it gives no number that can be one.
    pub(super) sli: Option<Decimal>,
    /// The targets in Datadog, in percent, by their time frames.
    pub(super) targets: BTreeMap<String, Decimal>,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Counted {
    /// Events of a metric.
    Events(Bins),
    /// Time, by monitors or by slices.
    Time(Uptime),
}

/// A question that was not answered.
#[derive(Debug)]
pub(super) struct Refused {
    /// What that means.
    pub(super) gap: Gap,
    /// A shorter question might be answered.
    pub(super) is_too_much: bool,
}

/// The body of an answer.
#[derive(Debug, Deserialize)]
struct Body {
    /// The history.
    data: Option<History>,
    /// Why there is none, or not all of it: texts, or objects with a text.
    errors: Option<Vec<Value>>,
}

/// The history of an SLO.
#[derive(Debug, Deserialize)]
struct History {
    /// `metric`, `monitor` or `time_slice`.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The second that it begins at.
    from_ts: Option<Number>,
    /// The second that it ends at.
    to_ts: Option<Number>,
    /// The figures of the whole.
    overall: Option<Overall>,
    /// The events of a metric.
    series: Option<Metric>,
    /// What is promised in Datadog, by time frame.
    thresholds: Option<BTreeMap<String, Threshold>>,
}

/// The figures of a whole SLO.
#[derive(Debug, Deserialize)]
struct Overall {
    /// The share of what was good, in percent.
    sli_value: Option<Number>,
    /// Changes between up and down: a second and a state each.
    history: Option<Vec<(Number, Number)>>,
    /// What went wrong.
    errors: Option<Vec<Wrong>>,
    /// The history is being reckoned again.
    preview: Option<bool>,
}

/// What went wrong with the figures.
#[derive(Debug, Deserialize)]
struct Wrong {
    /// Its kind.
    error_type: Option<String>,
    /// In words.
    error_message: Option<String>,
}

/// The events of a metric.
#[derive(Debug, Deserialize)]
struct Metric {
    /// When each bin begins, in milliseconds.
    times: Vec<Number>,
    /// Seconds of a bin.
    interval: Option<Number>,
    /// Good events.
    numerator: Values,
    /// All events.
    denominator: Values,
    /// What is doubtful about the query.
    message: Option<String>,
}

/// A number for each bin.
#[derive(Debug, Deserialize)]
struct Values {
    /// The numbers.
    values: Vec<Option<Number>>,
}

/// A promise.
#[derive(Debug, Deserialize)]
struct Threshold {
    /// In percent.
    target: Option<Number>,
}

/// Reads answers of one Datadog.
pub(super) struct Reader<'a> {
    /// Where it is asked.
    pub(super) address: &'a Address,
    /// What must not be shown.
    pub(super) credentials: &'a Credentials,
}

impl Reader<'_> {
    /// Reads the answer about a stretch of one SLO's history.
    pub(super) fn read(
        &self,
        (id, asked): (&str, Stretch),
        answer: Result<Response, HttpError>,
    ) -> Result<Answer, Refused> {
        let answer = answer.map_err(|error| Refused {
            is_too_much: matches!(error, HttpError::TooLarge { .. }),
            gap: unreachable(&error),
        })?;
        let is_too_much = TOO_MUCH.contains(&answer.status);
        self.history(id, asked, &answer).map_err(|gap| Refused { gap, is_too_much })
    }

    /// The history of a whole answer.
    fn history(&self, id: &str, asked: Stretch, answer: &Response) -> Result<Answer, Gap> {
        let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
        let errors = body.as_ref().and_then(|body| body.errors.as_deref()).unwrap_or_default();
        if answer.status != 200 {
            return Err(self.refused(id, answer, errors));
        }
        let address = self.address;
        let unreachable = |detail: String| Err(Gap::Unreachable { detail });
        if let Some(error) = errors.first() {
            let error = self.shown(text(error));
            return unreachable(format!("`{address}` answered about the SLO `{id}` in part only: {error}"));
        }
        let Some(history) = body.and_then(|body| body.data) else {
            return unreachable(format!(
                "`{address}` did not answer with the history of an SLO; check that the address is that of Datadog's API"
            ));
        };
        let overall = history.overall.as_ref();
        if overall.and_then(|overall| overall.preview) == Some(true) {
            return unreachable(format!("Datadog still reckons the history of the SLO `{id}` again"));
        }
        let wrong = overall.and_then(|overall| overall.errors.as_ref()).into_iter().flatten();
        if let Some(wrong) = wrong.into_iter().find(|wrong| wrong.error_type.as_deref() != Some(NOTHING)) {
            let words = wrong.error_message.as_deref().or(wrong.error_type.as_deref());
            let words = self.shown(words.unwrap_or("no reason given"));
            return unreachable(format!("Datadog cannot reckon the SLO `{id}`: {words}"));
        }
        let covered = covered(id, asked, &history)?;
        let kind = history.kind.as_deref().unwrap_or_default();
        let counted = match kind {
            "metric" => Counted::Events(self.bins(id, covered.1, history.series.as_ref())?),
            "monitor" | "time_slice" => Counted::Time(uptime(id, covered, overall)?),
            other => {
                let kind = self.shown(other);
                let detail = format!(
                    "SLOs of type `{kind}` in Datadog are not read: name one that counts a metric, watches monitors or \
                     judges slices of time"
                );
                return Err(Gap::Unsupported { detail });
            }
        };
        let targets = history.thresholds.unwrap_or_default().into_iter();
        let targets =
            targets.filter_map(|(frame, one)| Some((self.shown(&frame), finite(one.target.as_ref()?)?)));
        let sli = overall.and_then(|overall| finite(overall.sli_value.as_ref()?));
        let sli = sli.filter(|sli| sli.abs() <= MOST);
        Ok(Answer { counted, sli, targets: targets.collect() })
    }

    /// The events of a metric.
    fn bins(&self, id: &str, to: i64, metric: Option<&Metric>) -> Result<Bins, Gap> {
        let Some(metric) = metric else {
            return Err(Gap::NoData { detail: format!("Datadog gave no series of the SLO `{id}`") });
        };
        if let Some(message) = metric.message.as_deref().filter(|message| !message.trim().is_empty()) {
            let message = self.shown(message);
            let detail = format!("Datadog doubts the query of the SLO `{id}`: {message}");
            return Err(Gap::Unreachable { detail });
        }
        let starts: Option<Vec<i64>> = metric.times.iter().map(second).collect();
        let starts = starts.filter(|starts| starts.is_sorted_by(|one, next| one < next));
        let count = metric.times.len();
        let even = [&metric.numerator, &metric.denominator].iter().all(|values| values.values.len() == count);
        let Some(starts) = starts.filter(|_| even) else {
            let detail = format!("Datadog gave a series of the SLO `{id}` whose times and values do not fit");
            return Err(Gap::Inconsistent { detail });
        };
        let mut events = Vec::new();
        for (at, (good, total)) in
            starts.iter().zip(metric.numerator.values.iter().zip(&metric.denominator.values))
        {
            let (Some(good), Some(total)) = (good, total) else {
                events.push(None);
                continue;
            };
            let read = |value: &Number| number::read(&value.to_string()).and_then(number::Number::events);
            let (Some(good), Some(total)) = (read(good), read(total)) else {
                let detail =
                    format!("the SLO `{id}` in Datadog counts {good} of {total} events at {}", instant(*at));
                return Err(Gap::NotFinite { detail });
            };
            if good < Decimal::ZERO || total < Decimal::ZERO {
                let at = instant(*at);
                let detail = format!("the SLO `{id}` in Datadog counts {good} of {total} events at {at}");
                return Err(Gap::Inconsistent { detail });
            }
            events.push(Some(Total { bad: total - good, total }));
        }
        let apart = starts.iter().zip(starts.iter().skip(1)).map(|(one, next)| next - one).max();
        let said = metric.interval.as_ref().and_then(Number::as_i64).filter(|interval| *interval > 0);
        let whole = starts.first().map_or(0, |first| to - first);
        Ok(Bins::new(said.or(apart).unwrap_or(whole), &starts, events, to))
    }

    /// The gap for an answer that is a refusal.
    fn refused(&self, id: &str, answer: &Response, errors: &[Value]) -> Gap {
        let (address, status) = (self.address, answer.status);
        let said = errors.first().map(|error| format!(": {}", self.shown(text(error)))).unwrap_or_default();
        let tries = if answer.tries > 1 { format!(", after {} tries", answer.tries) } else { String::new() };
        let detail = match status {
            401 | 403 => format!(
                "`{address}` answered {status}{said}; check `SLOGATE_DATADOG_API_KEY`, and that \
                 `SLOGATE_DATADOG_APP_KEY` has the permission `slos_read` and is of this site"
            ),
            404 => {
                let detail = format!("`{address}` answered 404 for the SLO `{id}`{said}");
                return Gap::NoData { detail }
                    .hinted("correct the id of the SLO, or the site and organisation that the keys are of");
            }
            429 => format!(
                "`{address}` answered 429{said}: more requests than Datadog allows{tries}; lengthen `step` in the \
                 settings, or `--deadline`"
            ),
            _ => format!("`{address}` answered {status}{said}{tries}"),
        };
        Gap::Unreachable { detail }
    }

    /// A text of Datadog as it may be shown.
    pub(super) fn shown(&self, text: &str) -> String {
        shown::shown(text, self.credentials)
    }
}

/// What an answer covers of what was asked for, by its own words; nothing is known of what lies beside it. Where it says
/// nothing, it is about what was asked for.
fn covered(id: &str, (from, to): Stretch, history: &History) -> Result<Stretch, Gap> {
    let instant = |said: Option<&Number>, asked: i64| {
        let Some(said) = said else { return Some(asked) };
        number::read(&said.to_string()).and_then(whole).filter(|at| INSTANTS.contains(at))
    };
    let first = instant(history.from_ts.as_ref(), from);
    let ends = first.zip(instant(history.to_ts.as_ref(), to));
    ends.map(|(first, last)| (first.max(from), last.min(to))).ok_or_else(|| {
        let detail = format!("Datadog says that the history of the SLO `{id}` begins or ends at no instant");
        Gap::Inconsistent { detail }
    })
}

/// When an SLO was up and down within what an answer covers.
fn uptime(id: &str, covered: Stretch, overall: Option<&Overall>) -> Result<Uptime, Gap> {
    let changes = overall.and_then(|overall| overall.history.as_deref()).unwrap_or_default();
    if changes.is_empty() {
        let detail = format!("Datadog gave no history of when the SLO `{id}` was up and down");
        return Err(Gap::NoData { detail });
    }
    let change = |(at, state): &(Number, Number)| {
        let state = number::read(&state.to_string()).and_then(whole)?;
        let at = number::read(&at.to_string()).and_then(whole).filter(|at| INSTANTS.contains(at))?;
        Some((at, State::of(state)?))
    };
    let changes: Option<Vec<(i64, State)>> = changes.iter().map(change).collect();
    changes.map(|changes| Uptime::new(changes, covered)).ok_or_else(|| {
        let detail = format!(
            "Datadog gave a state of the SLO `{id}` that is none of up, down and no data, or at no instant"
        );
        Gap::Inconsistent { detail }
    })
}

/// The text of an error, which is a text or an object with one.
fn text(error: &Value) -> &str {
    let inner = error.get("error").or_else(|| error.get("detail"));
    inner.unwrap_or(error).as_str().unwrap_or("no reason given")
}

/// A finite number.
fn finite(number: &Number) -> Option<Decimal> {
    match number::read(&number.to_string())? {
        number::Number::Finite(value) => Some(value),
        number::Number::NotFinite => None,
    }
}

/// A whole number.
fn whole(number: number::Number) -> Option<i64> {
    match number {
        number::Number::Finite(value) => i64::try_from(value.trunc()).ok(),
        number::Number::NotFinite => None,
    }
}

/// An instant in milliseconds, in seconds.
fn second(milliseconds: &Number) -> Option<i64> {
    let value = finite(milliseconds)?.checked_div(Decimal::ONE_THOUSAND)?;
    if value.fract().is_zero() {
        i64::try_from(value.trunc()).ok().filter(|at| INSTANTS.contains(at))
    } else {
        None
    }
}

/// The gap for a question without an answer, with what to do.
fn unreachable(error: &HttpError) -> Gap {
    let advice = match error {
        HttpError::Unreachable { .. } => "; check the site, and that Datadog can be reached from here",
        HttpError::Redirect { .. } => "; give the site that your organisation is on",
        HttpError::TooLarge { .. } => ", which is no answer to what was asked",
        HttpError::Setup(_) | HttpError::Address { .. } => "",
    };
    Gap::Unreachable { detail: format!("{error}{advice}") }
}

#[cfg(test)]
mod tests;
