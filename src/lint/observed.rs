//! What was measured of SLOs, held against what was written of them.
//!
//! Whoever asks a source hands its answers in; the lints that read them say nothing about what they do not know, and
//! who asked tells why that is.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::loosened_while_exhausted::{self, Loosened};
use super::{silent_slo, tighter_than_observed, weigh};
use crate::budget::Budget;
use crate::budget::gap::Gap;
use crate::catalog::Slo;
pub(super) use crate::catalog::percent;
use crate::diagnostic::{Code, Diagnostic};
use crate::settings::{FILE, Settings};

/// What was measured of an SLO in an environment.
pub struct Observed<'a> {
    /// The SLO.
    pub slo: &'a Slo,
    /// The environment; none where there is only one, whose name says nothing.
    pub environment: Option<&'a str>,
    /// Its budget, with all the history that there is, or why there is none.
    pub budget: Result<Budget, Gap>,
    /// The last grid point, in seconds since the epoch.
    pub t: i64,
}

impl Observed<'_> {
    /// `` in `production` ``, with the space before it.
    pub(super) fn within(&self) -> String {
        within(self.environment)
    }
}

/// All that is doubtful in the light of what was measured, as bad as the settings say.
#[must_use]
pub fn examine(observed: &[Observed<'_>], loosened: &[Loosened<'_>], settings: &Settings) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for one in observed {
        match &one.budget {
            Ok(budget) => {
                found.extend(tighter_than_observed::examine(one, budget));
                found.extend(silent_slo::examine(one, budget));
            }
            Err(gap) => found.extend(silent_slo::absent(one, gap, settings)),
        }
    }
    found.extend(loosened.iter().map(loosened_while_exhausted::examine));
    weigh(found, settings)
}

/// `` in `production` ``, with the space before it; nothing where there is no other environment.
pub(super) fn within(environment: Option<&str>) -> String {
    environment.map_or_else(String::new, |name| format!(" in `{name}`"))
}

/// A day as people write it: `3 Aug 2026`, in UTC.
pub(super) fn date(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| seconds.to_string(),
        |at| at.to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string(),
    )
}

/// How a lint is silenced.
pub(super) fn silenced(code: Code) -> String {
    format!("`lints: {{ {code}: off }}` in `{FILE}` silences this")
}

#[cfg(test)]
pub(super) mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::budget::series::{Series, Total};
    use crate::catalog::{About, Indicator, Method, Objective, Origin, Query, Terms};
    use crate::diagnostic::{Place, SourceText};

    /// An SLO with an objective, as a share, over a period in seconds.
    pub(in crate::lint) fn slo(objective: Decimal, period: i64) -> Slo {
        let source = SourceText::new("slos/a.yaml", "bad total 99");
        let query = |span: std::ops::Range<usize>| {
            let place = Place::new(&source, span);
            Query { text: place.text().to_owned(), place }
        };
        Slo {
            name: "checkout".to_owned(),
            service: "shop".to_owned(),
            title: "checkout".to_owned(),
            objective: Objective::new(objective).expect("an objective"),
            period,
            period_place: Place::new(&source, 0..3),
            alerts: Vec::new(),
            terms: Terms::default(),
            origin: Origin::Explicit,
            about: About::default(),
            calendar: None,
            method: Method::Occurrences,
            place: Place::new(&source, 0..3),
            objective_place: Place::new(&source, 10..12),
            indicator: Indicator::Bad { bad: query(0..3), total: query(4..9) },
        }
    }

    /// What was measured of an SLO hour by hour: so many bad events of as many as `total`.
    pub(in crate::lint) fn observed<'a>(slo: &'a Slo, bad: &[i64], total: i64) -> Observed<'a> {
        let point = |bad: &i64| Some(Total { bad: (*bad).into(), total: total.into() });
        let series = Series { first: 3_600, step: 3_600, points: bad.iter().map(point).collect() };
        let t = series.last();
        let budget = Ok(Budget::new(slo.objective, slo.period, series, None));
        Observed { slo, environment: None, budget, t }
    }
}
