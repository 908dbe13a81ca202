//! What Prometheus's API answered, read into counts, or into the gap that says why it is no answer.
//!
//! Texts of the server are shown on one line, cut, without control characters and without the token.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::question::{Counted, Figure, PART, Question};
use super::scraped::Stretch;
use crate::budget::gap::Gap;
use crate::budget::series::MOST;
use crate::http::{Address, Credentials, HttpError, Response};
use crate::source::plan::recording::DEFINITION;
use crate::source::plan::{self, Points};
use crate::source::promql::Group;
use crate::source::raw::{Fault, Raw};
use crate::source::{Range, When, instant, number, shown};

/// The statuses with which servers, and what stands before them, refuse a question that a smaller one may pass: too
/// many samples or series, too long a text, too long an evaluation.
const TOO_MUCH: [u16; 8] = [400, 405, 413, 414, 422, 500, 503, 504];

/// What remarks on a query begin with that say nothing about its answer; some versions list them among the warnings.
const INFO: &str = "PromQL info: ";

/// A question that was not answered.
pub(super) struct Refused {
    /// What that means for everything that it asked about.
    pub(super) gap: Gap,
    /// Half of it might be answered.
    pub(super) is_too_much: bool,
    /// No whole answer came in time.
    pub(super) is_late: bool,
}

/// An answer of the API.
#[derive(Debug, Deserialize)]
struct Body<'a> {
    /// `success` or `error`.
    status: String,
    /// The result.
    #[serde(borrow)]
    data: Option<Data<'a>>,
    /// What is wrong with the question, or happened to it.
    error: Option<String>,
    /// What the answer lacks.
    #[serde(default)]
    warnings: Option<Vec<String>>,
    /// `VictoriaMetrics`: some of its storage did not answer.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

/// The result of a query.
#[derive(Debug, Deserialize)]
struct Data<'a> {
    /// `matrix` or `vector`.
    #[serde(rename = "resultType")]
    kind: String,
    /// The series.
    #[serde(borrow)]
    result: Vec<Row<'a>>,
}

/// One series of a result.
#[derive(Debug, Deserialize)]
struct Row<'a> {
    /// Its labels.
    metric: BTreeMap<String, String>,
    /// Instants and values, of a matrix.
    #[serde(borrow, default)]
    values: Vec<Sample<'a>>,
    /// Instant and value, of a vector.
    #[serde(borrow)]
    value: Option<Sample<'a>>,
    /// Native histograms, of a matrix.
    histograms: Option<IgnoredAny>,
    /// A native histogram, of a vector.
    histogram: Option<IgnoredAny>,
}

/// An instant in seconds, and a value.
type Sample<'a> = (serde_json::Number, &'a str);

/// Reads answers of one server.
pub(super) struct Reader<'a> {
    /// The server.
    pub(super) address: &'a Address,
    /// What must not be shown.
    pub(super) credentials: &'a Credentials,
}

impl Reader<'_> {
    /// The counts of each selector of a question, with the place of the query that asked about it.
    pub(super) fn counts(
        &self,
        question: &Question,
        answer: Result<Response, HttpError>,
    ) -> Result<Vec<(usize, String, Counted)>, Refused> {
        let answer = received(answer)?;
        let kind = match question.when {
            When::Grid(_) => "matrix",
            When::At(_) => "vector",
        };
        let refused = |gap| Refused { gap, is_too_much: TOO_MUCH.contains(&answer.status), is_late: false };
        let data = self.data(&answer, kind).map_err(refused)?;
        let rows = self.rows(question, &data).map_err(refused)?;
        let mut counted = Vec::new();
        for (index, part) in question.parts.iter().enumerate() {
            for selector in part.fused.selectors() {
                let name = selector.to_string();
                let query = match part.figure {
                    Figure::Increase(window) => selector.increase(window),
                    Figure::Newest(_) | Figure::Sum => name.clone(),
                };
                let key = (index, name);
                let rows = rows.get(&key).map(Vec::as_slice).unwrap_or_default();
                let row = self.single(&query, rows);
                let points = row.and_then(|row| self.counted(&query, question.when, row));
                counted.push((index, key.1, points));
            }
        }
        Ok(counted)
    }

    /// The series of an answer by the query and the selector that they count. One that cannot be counted for anybody may
    /// be anybody's, so that nothing of the answer counts.
    fn rows<'a>(
        &self,
        question: &Question,
        data: &'a Data<'a>,
    ) -> Result<BTreeMap<(usize, String), Vec<&'a Row<'a>>>, Gap> {
        let mut rows: BTreeMap<(usize, String), Vec<&Row<'_>>> = BTreeMap::new();
        for row in &data.result {
            let index = match question.parts.as_slice() {
                [_] => Some(0),
                _ => row.metric.get(PART).and_then(|part| part.parse().ok()),
            };
            let part = index.and_then(|index| Some((index, question.parts.get(index)?)));
            match part.map(|(index, part)| (index, part.fused.group(&row.metric))) {
                Some((index, Group::Of(selector))) => {
                    rows.entry((index, selector.to_string())).or_default().push(row);
                }
                Some((_, Group::Beside)) => {}
                Some((_, Group::Foreign)) | None => {
                    let (query, labels) = (self.clean(&question.query()), self.clean(&labels(row)));
                    let address = self.address;
                    let detail =
                        format!("`{address}` answered `{query}` with {labels}, which was not asked for");
                    return Err(Gap::Inconsistent { detail });
                }
            }
        }
        Ok(rows)
    }

    /// The definitions of which there is exactly one recording.
    pub(super) fn definitions(&self, answer: Result<Response, HttpError>) -> Result<Vec<String>, Gap> {
        let answer = answer.map_err(|error| unreachable(&error))?;
        let data = self.data(&answer, "vector")?;
        let once =
            data.result.iter().filter(|row| row.value.as_ref().is_some_and(|(_, count)| *count == "1"));
        Ok(once.filter_map(|row| row.metric.get(DEFINITION).cloned()).collect())
    }

    /// The samples of each series of a stretch.
    pub(super) fn scraped(
        &self,
        stretch: &Stretch,
        answer: Result<Response, HttpError>,
    ) -> Result<Vec<Raw>, Refused> {
        let answer = received(answer)?;
        let refused = |gap| Refused { gap, is_too_much: TOO_MUCH.contains(&answer.status), is_late: false };
        let data = self.data(&answer, "matrix").map_err(refused)?;
        data.result.into_iter().map(|row| self.raw(stretch, row).map_err(refused)).collect()
    }

    /// The samples of a series.
    fn raw(&self, stretch: &Stretch, row: Row<'_>) -> Result<Raw, Gap> {
        let name = self.clean(&labels(&row));
        self.single(&stretch.query(), &[&row])?;
        if !stretch.selector.matches(&row.metric) {
            let (address, query) = (self.address, self.clean(&stretch.query()));
            let detail = format!("`{address}` answered `{query}` with {name}, which was not asked for");
            return Err(Gap::Inconsistent { detail });
        }
        let mut raw = Raw { name, labels: row.metric, samples: Vec::new(), faults: Vec::new() };
        for (at, value) in &row.values {
            let Some(at) = milliseconds(at) else {
                let detail = format!("`{}` answered for {at}, which is no instant", self.address);
                return Err(Gap::Inconsistent { detail });
            };
            match number::read(value) {
                Some(number::Number::Finite(value)) if value.abs() <= MOST => raw.samples.push((at, value)),
                Some(number::Number::Finite(_) | number::Number::NotFinite) | None => {
                    raw.faults.push(Fault { at, line: None });
                }
            }
        }
        Ok(raw)
    }

    /// The counts of a series.
    fn counted(&self, query: &str, when: When, row: Option<&Row<'_>>) -> Counted {
        let Some(row) = row else { return Ok(None) };
        match when {
            When::Grid(range) => {
                self.points(range, row, |second, value| self.events(query, second, value).map(Some)).map(Some)
            }
            When::At(_) => {
                let Some((at, value)) = &row.value else { return Ok(None) };
                let second = at.as_i64().or_else(|| whole(at)).unwrap_or_default();
                Ok(Some(vec![Some(self.events(query, second, value)?)]))
            }
        }
    }

    /// Whether a signal fires at each point of a stretch of the grid; none where nothing is there at all.
    pub(super) fn signal(
        &self,
        query: &str,
        range: Range,
        answer: Result<Response, HttpError>,
    ) -> Result<Points<bool>, Gap> {
        let answer = answer.map_err(|error| unreachable(&error))?;
        let data = self.data(&answer, "matrix")?;
        let row = self.single(query, &data.result.iter().collect::<Vec<_>>());
        let fires = |row| self.points(range, row, |_, value| Ok(number::nonzero(value)));
        let points = row.and_then(|row| row.map(fires).transpose());
        points.map_err(|mut gap| {
            if let Gap::Ambiguous { detail } = &mut gap {
                detail.insert_str(0, "wrap the query in `max(...)`; ");
            }
            gap
        })
    }

    /// The points of a stretch of the grid, each as `read` has it.
    fn points<T: Clone>(
        &self,
        range: Range,
        row: &Row<'_>,
        read: impl Fn(i64, &str) -> Result<Option<T>, Gap>,
    ) -> Result<Vec<Option<T>>, Gap> {
        let mut points = vec![None; plan::count(range)];
        for (at, value) in &row.values {
            let second = at.as_i64().or_else(|| whole(at));
            let index = second
                .and_then(|second| second.checked_sub(range.first))
                .filter(|offset| offset.checked_rem(range.step) == Some(0))
                .and_then(|offset| usize::try_from(offset / range.step).ok());
            let Some((slot, second)) = index.and_then(|index| points.get_mut(index)).zip(second) else {
                let detail = format!("`{}` answered for {at}, which was not asked for", self.address);
                return Err(Gap::Inconsistent { detail });
            };
            *slot = read(second, value)?;
        }
        Ok(points)
    }

    /// The one series that was meant; none when there is none.
    fn single<'a>(&self, query: &str, rows: &[&'a Row<'a>]) -> Result<Option<&'a Row<'a>>, Gap> {
        match rows {
            [] => Ok(None),
            [row] if row.histograms.is_some() || row.histogram.is_some() => {
                let detail = format!(
                    "`{query}` counts native histograms; count one of their buckets or their `_count`"
                );
                Err(Gap::NotFinite { detail })
            }
            [row] => Ok(Some(row)),
            [first, second, ..] => {
                let detail = format!(
                    "`{}` answered `{query}` with {} series, among them {} and {}",
                    self.address,
                    rows.len(),
                    self.clean(&labels(first)),
                    self.clean(&labels(second))
                );
                Err(Gap::Ambiguous { detail })
            }
        }
    }

    /// A value as events.
    fn events(&self, query: &str, second: i64, value: &str) -> Result<Decimal, Gap> {
        number::read(value).and_then(number::Number::events).ok_or_else(|| {
            let value = self.clean(value);
            Gap::NotFinite { detail: format!("`{query}` is `{value}` at {}", instant(second)) }
        })
    }

    /// The result of an answer that is whole and of the kind that was asked for.
    fn data<'a>(&self, answer: &'a Response, kind: &str) -> Result<Data<'a>, Gap> {
        let gap = |detail: String| Gap::Unreachable { detail };
        let address = self.address;
        let status = answer.status;
        if [401, 403].contains(&status) {
            return Err(gap(format!(
                "`{address}` answered {status}: it refuses who asks, or wants to know; check `SLOGATE_PROMETHEUS_TOKEN`, or \
                 what else says it (--prometheus in `slogate check --help`)"
            )));
        }
        let Ok(body) = serde_json::from_slice::<Body<'_>>(&answer.body) else {
            return Err(gap(self.no_json(answer)));
        };
        if body.status != "success" || status != 200 {
            let error = self.clean(body.error.as_deref().unwrap_or("no reason given"));
            return Err(gap(format!("`{address}` answered {status}: {error}{}", tries(answer))));
        }
        let mut warnings = body.warnings.iter().flatten();
        if let Some(warning) = warnings.find(|warning| !warning.starts_with(INFO)) {
            return Err(gap(format!("`{address}` answered in part only: {}", self.clean(warning))));
        }
        if body.is_partial {
            return Err(gap(format!(
                "`{address}` answered in part only: some of its storage did not answer"
            )));
        }
        body.data
            .filter(|data| data.kind == kind)
            .ok_or_else(|| gap(format!("`{address}` answered no {kind}")))
    }

    /// The words for an answer that is not of the API.
    fn no_json(&self, answer: &Response) -> String {
        let (address, status) = (self.address, answer.status);
        let kind = answer.content_type.as_deref().and_then(|kind| kind.split(';').next()).unwrap_or_default();
        match status {
            200 if kind == "application/json" => {
                format!("`{address}` answered JSON that is no answer of Prometheus")
            }
            200 => format!(
                "`{address}` answered {} instead of JSON; check that the address is that of Prometheus itself and not \
                 of a page to log in",
                if kind.is_empty() { "something".to_owned() } else { self.clean(kind) }
            ),
            404 => format!(
                "`{address}` answered 404; check the address: below it, `/api/v1/query_range` must be there"
            ),
            _ => format!("`{address}` answered {status}{}", tries(answer)),
        }
    }

    /// A text of the server on one line, cut and without secrets.
    fn clean(&self, text: &str) -> String {
        shown::shown(text, self.credentials)
    }
}

/// An answer, or the refusal of a question that got none.
fn received(answer: Result<Response, HttpError>) -> Result<Response, Refused> {
    answer.map_err(|error| {
        let is_late = matches!(error, HttpError::Unreachable { is_late: true, .. });
        let is_too_much = is_late || matches!(error, HttpError::TooLarge { .. });
        Refused { gap: unreachable(&error), is_too_much, is_late }
    })
}

/// The gap for a question without an answer, with what to do.
pub(super) fn unreachable(error: &HttpError) -> Gap {
    let advice = match error {
        HttpError::Unreachable { .. } => "; check the address, and that it can be reached from here",
        HttpError::Redirect { .. } => "; if Prometheus is there, give that address",
        HttpError::TooLarge { .. } => ", which is no answer to what was asked",
        HttpError::Setup(_) | HttpError::Address { .. } => "",
    };
    Gap::Unreachable { detail: format!("{error}{advice}") }
}

/// `, after 3 tries`; nothing after the first.
fn tries(answer: &Response) -> String {
    if answer.tries > 1 { format!(", after {} tries", answer.tries) } else { String::new() }
}

/// An instant in seconds, in milliseconds.
fn milliseconds(at: &serde_json::Number) -> Option<i64> {
    let number::Number::Finite(second) = number::read(&at.to_string())? else { return None };
    i64::try_from(second.checked_mul(Decimal::ONE_THOUSAND)?.round()).ok()
}

/// A fractional instant that is a whole second all the same: `1700000000.000`.
fn whole(at: &serde_json::Number) -> Option<i64> {
    match number::read(&at.to_string())? {
        number::Number::Finite(second) if second.fract().is_zero() => i64::try_from(second.trunc()).ok(),
        number::Number::Finite(_) | number::Number::NotFinite => None,
    }
}

/// A series' labels: `{a="1",b="2"}`.
fn labels(row: &Row<'_>) -> String {
    let labels: Vec<String> = row.metric.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", labels.join(","))
}
