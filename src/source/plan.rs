//! What is to be asked for an SLO, and how the answers make its events.
//!
//! Every source counts single selectors (each once, however many SLOs share it) and leaves the sums to this
//! module, so that absence means the same everywhere: a point is known when all events are there and every part
//! of the bad (or good) ones is there, or was said to be zero when absent.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::promql::{self, Counted, Selector, Term};
use super::{Range, Request};
use crate::budget::gap::Gap;
use crate::budget::series::{Series, Total};
use crate::catalog::Query;

pub mod borrowed;
pub mod fuse;
pub mod recording;

/// What a source knows at each grid point; none when nothing is there at all.
pub type Points<T> = Option<Vec<Option<T>>>;

/// What a source knows of one selector: the events of each grid point; none when nothing matches it at all.
pub type Counts = Points<Decimal>;

/// The counters of one SLO in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is counted beside all events.
    part: Counted,
    /// All events.
    total: Counted,
    /// The part is the good events.
    is_good: bool,
    /// Seconds of the SLO's period that ends at the last point that is asked for, or would.
    pub period: i64,
    /// The labels whose matchers stand in every query as they are.
    pinned: BTreeSet<String>,
    /// The counters are to be read as they were scraped.
    pub is_raw: bool,
    /// The grid points that are asked for.
    pub range: Range,
}

impl Plan {
    /// Reads the queries of a request for a range.
    ///
    /// # Errors
    /// When a query cannot be counted or contradicts the environment: there is nothing that could be asked.
    pub fn of(request: &Request<'_>, range: Range) -> Result<Self, Gap> {
        let unsupported = |detail: String| Gap::Unsupported { detail };
        if let Some(one) = request.slo.unreckoned(range.step).into_iter().next() {
            return Err(unsupported(one.reason));
        }
        let Some((part, total, is_good)) = request.slo.indicator.counters() else {
            return Err(unsupported("an indicator that counts no events is not judged yet".to_owned()));
        };
        // Where both ask for a label they agree, or nothing matches: what an SLO asks for itself never replaces what its
        // environment asks.
        let of_endpoint: BTreeMap<String, String> =
            request.slo.matchers().map(|(name, value)| (name.clone(), value.clone())).collect();
        let read = |query: &Query| {
            let counted = promql::parse(query)
                .map_err(|problem| unsupported(format!("{} ({})", problem.message, query.place)))?;
            counted
                .with_matchers(&request.matchers.matchers)
                .and_then(|counted| counted.with_matchers(&of_endpoint))
                .map_err(|reason| Gap::NoData { detail: format!("{reason} ({})", query.place) })
        };
        let pinned = request.matchers.matchers.keys().cloned().collect();
        let is_raw = request.slo.about.is_raw;
        Ok(Self {
            part: read(part)?,
            total: read(total)?,
            is_good,
            period: request.slo.period_at(range.last),
            pinned,
            is_raw,
            range,
        })
    }

    /// What is counted beside all events.
    #[must_use]
    pub const fn part(&self) -> &Counted {
        &self.part
    }

    /// What counts all events.
    #[must_use]
    pub const fn total(&self) -> &Counted {
        &self.total
    }

    /// True when the part is the good events.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.is_good
    }

    /// Every selector that has to be counted.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.part.terms().iter().chain(self.total.terms()).map(|term| &term.selector)
    }

    /// The events of each grid point.
    ///
    /// # Errors
    /// The gap of a selector, or `no_data` when one that must be there matches nothing.
    pub fn series<'a>(
        &self,
        range: Range,
        counts: impl Fn(&Selector) -> Result<&'a Counts, Gap>,
    ) -> Result<Series, Gap> {
        let total = answers(&self.total, &counts)?;
        let part = answers(&self.part, &counts)?;
        let absent = |answers: &[(Term, &Counts)]| {
            answers
                .iter()
                .find(|(term, counts)| counts.is_none() && !term.or_zero)
                .map(|(term, _)| term.clone())
        };
        let nothing = total.iter().all(|(_, counts)| counts.is_none());
        if let Some(term) =
            absent(&total).or_else(|| total.first().filter(|_| nothing).map(|(term, _)| term.clone()))
        {
            let detail = format!(
                "no series matches `{}`, which counts all events; check its name and labels, and the matchers of the \
                 environment",
                term.selector
            );
            return Err(Gap::NoData { detail });
        }
        if let Some(term) = absent(&part) {
            let kind = if self.is_good { "good" } else { "bad" };
            let detail = format!(
                "no series matches `{}`, which counts {kind} events; when that means that there are none, end the \
                 query with `or vector(0)`",
                term.selector
            );
            return Err(Gap::NoData { detail });
        }
        let points = (0..count(range)).map(|index| {
            let at =
                |counts: &&Counts| counts.as_ref().and_then(|points| points.get(index).copied().flatten());
            self.events(sum(&part, at), sum(&total, at))
        });
        Ok(Series { first: range.first, step: range.step, points: points.collect() })
    }

    /// Bad events and all events as one query over the period counted them; none where that one is not there.
    ///
    /// # Errors
    /// The gap of a selector.
    pub fn direct(
        &self,
        counts: impl Fn(&Selector) -> Result<Option<Decimal>, Gap>,
    ) -> Result<Option<Total>, Gap> {
        let (part, total) = (answers(&self.part, &counts)?, answers(&self.total, &counts)?);
        Ok(self.events(sum(&part, |value| *value), sum(&total, |value| *value)))
    }

    /// Bad events and all events, of the part and of all of them as they were summed.
    fn events(&self, part: Option<Sum>, total: Option<Sum>) -> Option<Total> {
        let total = total.filter(|sum| sum.present)?.value;
        let part = part?.value;
        Some(Total { bad: if self.is_good { total - part } else { part }, total })
    }
}

/// A signed sum at one instant.
#[derive(Debug, Clone, Copy)]
struct Sum {
    /// Its value.
    value: Decimal,
    /// At least one of its counters was there.
    present: bool,
}

/// What a source knows of each term.
fn answers<T>(
    counted: &Counted,
    counts: impl Fn(&Selector) -> Result<T, Gap>,
) -> Result<Vec<(Term, T)>, Gap> {
    counted.terms().iter().map(|term| Ok((term.clone(), counts(&term.selector)?))).collect()
}

/// The signed sum; none when a counter is absent of which nobody said that absence means zero.
fn sum<T>(answers: &[(Term, T)], at: impl Fn(&T) -> Option<Decimal>) -> Option<Sum> {
    let mut sum = Sum { value: Decimal::ZERO, present: false };
    for (term, counts) in answers {
        match at(counts) {
            Some(value) if term.negative => sum = Sum { value: sum.value - value, present: true },
            Some(value) => sum = Sum { value: sum.value + value, present: true },
            None if term.or_zero => {}
            None => return None,
        }
    }
    Some(sum)
}

/// The grid points of a range.
#[must_use]
pub fn count(range: Range) -> usize {
    if range.step <= 0 || range.last < range.first {
        return 0;
    }
    usize::try_from((range.last - range.first) / range.step + 1).unwrap_or(0)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::catalog::{About, Indicator, Method, Objective, Origin, Slo, Terms};
    use crate::diagnostic::{Place, SourceText};
    use crate::settings::{Environment, Mode};

    /// An SLO of 99 % over `period` seconds whose indicator is bad (or good) over total.
    pub(in crate::source) fn slo(name: &str, part: &str, total: &str, is_good: bool, period: i64) -> Slo {
        let query = |text: &str| {
            let source = SourceText::new("slos/a.yaml", text);
            Query { text: text.to_owned(), place: Place::new(&source, 0..text.len()) }
        };
        let (part, total) = (query(part), query(total));
        Slo {
            name: name.to_owned(),
            service: "checkout".to_owned(),
            title: name.to_owned(),
            objective: Objective::new(Decimal::new(99, 2)).expect("an objective"),
            period,
            period_place: part.place.clone(),
            terms: Terms::default(),
            about: About::default(),
            origin: Origin::Explicit,
            calendar: None,
            method: Method::Occurrences,
            alerts: Vec::new(),
            place: part.place.clone(),
            objective_place: part.place.clone(),
            indicator: if is_good {
                Indicator::Good { good: part, total }
            } else {
                Indicator::Bad { bad: part, total }
            },
        }
    }

    /// An environment with one matcher, or none.
    pub(in crate::source) fn environment(matcher: Option<(&str, &str)>) -> Environment {
        let matchers = matcher.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Environment { mode: Mode::Enforce, matchers: matchers.into_iter().collect() }
    }

    const RANGE: Range = Range { first: 300, last: 900, step: 300 };

    /// Points by selector; a selector that is not there matches nothing.
    fn observed(
        part: &str,
        total: &str,
        is_good: bool,
        known: &[(&str, [Option<i64>; 3])],
    ) -> Result<Series, Gap> {
        let slo = slo("a", part, total, is_good, 900);
        let environment = environment(None);
        let request = Request { slo: &slo, environment: "prod", matchers: &environment };
        let counts: BTreeMap<String, Counts> = known
            .iter()
            .map(|(name, points)| {
                ((*name).to_owned(), Some(points.iter().map(|p| p.map(Decimal::from)).collect()))
            })
            .collect();
        let nothing = None;
        Plan::of(&request, RANGE)?
            .series(RANGE, |selector| Ok(counts.get(&selector.to_string()).unwrap_or(&nothing)))
    }

    fn points(series: Series) -> Vec<Option<(i64, i64)>> {
        let whole = |value: Decimal| i64::try_from(value).expect("a whole number");
        series
            .points
            .into_iter()
            .map(|point| point.map(|events| (whole(events.bad), whole(events.total))))
            .collect()
    }

    #[test]
    fn a_point_is_known_when_both_parts_are_there() {
        let known = [("b", [Some(1), None, Some(0)]), ("t", [Some(10), Some(20), None])];
        let series = observed("b", "t", false, &known).expect("a series");
        assert_eq!(points(series), [Some((1, 10)), None, None]);
    }

    #[test]
    fn an_absent_bad_series_is_zero_only_when_the_author_says_so() {
        let known = [("b", [Some(1), None, Some(0)]), ("t", [Some(10), Some(20), None])];
        let series = observed("sum(b) or vector(0)", "t", false, &known).expect("a series");
        assert_eq!(points(series), [Some((1, 10)), Some((0, 20)), None]);
        let known = [("t", [Some(10), Some(20), None])];
        let series = observed("sum(b) or vector(0)", "t", false, &known).expect("a series");
        assert_eq!(points(series), [Some((0, 10)), Some((0, 20)), None]);
        let gap = observed("b", "t", false, &known).expect_err("a gap");
        assert!(gap.to_string().contains("no series matches `b`, which counts bad events"), "{gap}");
        assert!(gap.to_string().ends_with("end the query with `or vector(0)`"), "{gap}");
    }

    #[test]
    fn absent_events_are_a_gap_whatever_the_author_says() {
        for total in ["t", "sum(t) or vector(0)"] {
            let gap = observed("b", total, false, &[("b", [Some(1); 3])]).expect_err("a gap");
            assert!(gap.to_string().contains("no series matches `t`, which counts all events"), "{gap}");
        }
    }

    #[test]
    fn good_events_are_subtracted() {
        let known = [("g", [Some(9), None, Some(31)]), ("t", [Some(10), Some(20), Some(30)])];
        let series = observed("g", "t", true, &known).expect("a series");
        assert_eq!(points(series), [Some((1, 10)), None, Some((-1, 30))]);
    }

    #[test]
    fn sums_and_differences_keep_their_signs() {
        let known = [("a", [Some(9); 3]), ("b", [Some(2), None, Some(3)]), ("t", [Some(10); 3])];
        let series = observed("a - (b or vector(0))", "t + a", false, &known).expect("a series");
        assert_eq!(points(series), [Some((7, 19)), Some((9, 19)), Some((6, 19))]);
    }

    #[test]
    fn what_cannot_be_asked_is_a_gap_with_its_reason() {
        let slo = slo("a", "b{env=\"dev\"}", "t", false, 900);
        let environment = environment(Some(("env", "prod")));
        let request = Request { slo: &slo, environment: "prod", matchers: &environment };
        let gap = Plan::of(&request, RANGE).expect_err("a gap");
        assert_eq!(gap.to_string(), "no data: `env=\"dev\"` excludes `env=\"prod\"` (slos/a.yaml:1)");
    }
}
