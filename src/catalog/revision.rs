//! What a change makes of SLOs: two catalogs, held against each other, SLO by SLO.
//!
//! Everything that bears on a budget or on who answers for it is compared by what it says, never by where it stands.
//! An SLO is the same one where it has the same name; one that counts the same events under another name was renamed,
//! so that a looser objective does not pass for a new one. Nothing here judges: whether a budget was exhausted at the
//! time is not known to a catalog.

mod parts;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::pairing::{Pairing, pair};
use super::{Assigned, Calendar, Catalog, Indicator, Method, Objective, Query, Slo};
use crate::diagnostic::Place;
use crate::settings::Note;

/// One thing that is revised of one SLO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The SLO's name before the change; of a new one its name behind it.
    pub slo: String,
    /// What people call it, likewise.
    pub title: String,
    /// Its service, likewise.
    pub service: String,
    /// What is revised.
    pub revised: Revised,
    /// Where that stands behind the change; of what was removed, where it stood.
    pub place: Place,
}

/// What is revised of an SLO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revised {
    /// It is new.
    Added {
        /// Its objective.
        objective: Objective,
        /// Its period, in seconds.
        period: i64,
    },
    /// It is gone.
    Removed {
        /// No SLO of its service is left.
        last: bool,
    },
    /// It counts the same events under another name.
    Renamed {
        /// The name.
        to: String,
    },
    /// Another share of events must be good.
    Objective {
        /// Before.
        from: Objective,
        /// After.
        to: Objective,
    },
    /// The contract promises something else.
    Sla {
        /// Before; none where nothing was promised.
        from: Option<Objective>,
        /// After.
        to: Option<Objective>,
    },
    /// The period has another length, in seconds.
    Period {
        /// Before.
        from: i64,
        /// After.
        to: i64,
    },
    /// The periods begin elsewhere in the calendar.
    Calendar {
        /// Before; none where they rolled.
        from: Option<Calendar>,
        /// After.
        to: Option<Calendar>,
    },
    /// Good and bad are counted in another way.
    Method {
        /// Before.
        from: Method,
        /// After.
        to: Method,
    },
    /// A part of a composite SLO weighs something else.
    Weight {
        /// The part's name.
        part: String,
        /// Before.
        from: Decimal,
        /// After.
        to: Decimal,
    },
    /// It counts something else.
    Indicator {
        /// What differs, such as `bad query`.
        parts: Vec<&'static str>,
    },
    /// Its incidents have another priority.
    Priority {
        /// Before.
        from: Assigned,
        /// After.
        to: Assigned,
    },
    /// People say something else of it: its service, its environment, its owner.
    Said {
        /// What is said, such as `owner`.
        key: &'static str,
        /// Before.
        from: Option<String>,
        /// After.
        to: Option<String>,
    },
}

impl Revised {
    /// Its kind, as reports name it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Added { .. } => "added",
            Self::Removed { .. } => "removed",
            Self::Renamed { .. } => "renamed",
            Self::Objective { .. } => "objective",
            Self::Sla { .. } => "sla",
            Self::Period { .. } => "period",
            Self::Calendar { .. } => "calendar",
            Self::Method { .. } => "method",
            Self::Weight { .. } => "weight",
            Self::Indicator { .. } => "indicator",
            Self::Priority { .. } => "incident-priority",
            Self::Said { key, .. } => key,
        }
    }

    /// By how much the error budget is multiplied: `(1 - new) / (1 - old)`; none for what is no new objective.
    #[must_use]
    pub fn budget_factor(&self) -> Option<Decimal> {
        let Self::Objective { from, to } = self else { return None };
        to.allowance().checked_div(from.allowance())
    }
}

/// All that is revised between two catalogs, by the SLOs' names.
#[must_use]
pub fn compare(base: &Catalog, head: &Catalog) -> Vec<Revision> {
    let left: BTreeSet<&str> = head.slos.iter().map(|slo| slo.service.as_str()).collect();
    let Pairing { pairs, added } = pair(&base.slos, &head.slos);
    let mut revisions = Vec::new();
    for (before, after) in pairs {
        let Some(after) = after else {
            let last = !left.contains(before.service.as_str());
            revisions.push(revision(before, Revised::Removed { last }, &before.place));
            continue;
        };
        if before.name != after.name {
            revisions.push(revision(before, Revised::Renamed { to: after.name.clone() }, &after.place));
        }
        revisions.extend(revise(before, after));
    }
    revisions.extend(added.into_iter().map(|slo| {
        let revised = Revised::Added { objective: slo.objective, period: slo.period };
        revision(slo, revised, &slo.place)
    }));
    revisions.sort_by(|one, other| one.slo.cmp(&other.slo));
    revisions
}

/// A revision of an SLO.
fn revision(slo: &Slo, revised: Revised, place: &Place) -> Revision {
    Revision {
        slo: slo.name.clone(),
        title: slo.title.clone(),
        service: slo.service.clone(),
        revised,
        place: place.clone(),
    }
}

/// What is revised of one SLO.
fn revise(before: &Slo, after: &Slo) -> Vec<Revision> {
    let mut revised = Vec::new();
    if before.objective != after.objective {
        let (from, to) = (before.objective, after.objective);
        revised.push((Revised::Objective { from, to }, &after.objective_place));
    }
    let mut differs = |is_other: bool, what: Revised| {
        if is_other {
            revised.push((what, &after.place));
        }
    };
    let (from, to) = (before.terms.sla, after.terms.sla);
    differs(from != to, Revised::Sla { from, to });
    let (from, to) = (before.period, after.period);
    differs(from != to, Revised::Period { from, to });
    let (from, to) = (before.calendar.clone(), after.calendar.clone());
    let is_other = match (&from, &to) {
        (Some(from), Some(to)) => !from.is_same(to),
        (from, to) => from.is_some() != to.is_some(),
    };
    differs(is_other, Revised::Calendar { from, to });
    let (from, to) = (before.method.clone(), after.method.clone());
    differs(!is_same(&from, &to), Revised::Method { from, to });
    for one in before.components() {
        if let Some(other) = after.components().iter().find(|other| other.name == one.name) {
            let (from, to) = (one.weight, other.weight);
            differs(from != to, Revised::Weight { part: one.name.clone(), from, to });
        }
    }
    let parts = differing(before, after);
    differs(!parts.is_empty(), Revised::Indicator { parts });
    let (from, to) = (before.terms.priority, after.terms.priority);
    differs(from != to, Revised::Priority { from, to });
    let asked = |slo: &Slo| slo.terms.requirements.said();
    let said = |slo: &Slo| said(slo).into_iter().chain(asked(slo));
    for ((key, from), (_, to)) in said(before).zip(said(after)) {
        differs(from != to, Revised::Said { key, from, to });
    }
    revised.into_iter().map(|(what, place)| revision(before, what, place)).collect()
}

/// Whether two methods count alike.
fn is_same(one: &Method, other: &Method) -> bool {
    match (one, other) {
        (Method::Occurrences, Method::Occurrences) => true,
        (
            Method::Timeslices { target, window, .. },
            Method::Timeslices { target: other_target, window: other_window, .. },
        ) => target == other_target && window == other_window,
        (Method::RatioTimeslices { window, .. }, Method::RatioTimeslices { window: other_window, .. }) => {
            window == other_window
        }
        (Method::Occurrences | Method::Timeslices { .. } | Method::RatioTimeslices { .. }, _) => false,
    }
}

/// What people say of an SLO, by what they say it of.
fn said(slo: &Slo) -> [(&'static str, Option<String>); 12] {
    let about = &slo.about;
    let text = |note: &Option<Note>| note.as_ref().map(|note| note.text.trim().to_owned());
    let listed = |words: Vec<String>| (!words.is_empty()).then(|| words.join(", "));
    let agreed = about.agreed_by.iter().map(|(role, who)| format!("{}: {who}", role.as_str())).collect();
    [
        ("title", Some(slo.title.clone()).filter(|title| *title != slo.name)),
        ("service", Some(slo.service.clone())),
        ("environment", slo.environments()),
        ("endpoint", text(&about.endpoint)),
        ("sli", text(&about.sli)),
        ("team", text(&about.team)),
        ("owner", text(&about.owner)),
        ("journey", text(&about.journey)),
        ("runbook", text(&about.runbook)),
        ("dependencies", listed(about.dependencies.iter().map(|note| note.text.clone()).collect())),
        ("agreed-by", listed(agreed)),
        ("exact", about.is_raw.then(|| "raw".to_owned())),
    ]
}

/// What differs between the events of two SLOs.
fn differing(before: &Slo, after: &Slo) -> Vec<&'static str> {
    let (before, after) = (counted_by(before), counted_by(after));
    let mut parts: Vec<&'static str> = before.keys().chain(after.keys()).copied().collect();
    parts.sort_unstable();
    parts.dedup();
    parts.retain(|part| before.get(part) != after.get(part));
    parts
}

/// What an SLO counts, by the names of its parts: a default counts the events of its endpoint alone.
pub(super) fn counted_by(slo: &Slo) -> BTreeMap<&'static str, String> {
    let mut parts = counted(&slo.indicator);
    let labels: Vec<String> = slo.matchers().map(|(name, value)| format!("{name}={value:?}")).collect();
    if !labels.is_empty() {
        parts.insert("labels of the endpoint", labels.join(", "));
    }
    parts
}

/// What an indicator counts, by the names of its parts.
fn counted(indicator: &Indicator) -> BTreeMap<&'static str, String> {
    let part = |is_good: bool| if is_good { "good query" } else { "bad query" };
    match indicator {
        Indicator::Good { good, total } => {
            BTreeMap::from([("good query", text(good)), ("total query", text(total))])
        }
        Indicator::Bad { bad, total } => {
            BTreeMap::from([("bad query", text(bad)), ("total query", text(total))])
        }
        Indicator::Gauges { part: query, total, is_good, .. } => BTreeMap::from([
            (part(*is_good), text(query)),
            ("total query", text(total)),
            ("kind of metric", "gauge".to_owned()),
        ]),
        Indicator::Ratio { ratio, is_good } => {
            BTreeMap::from([("ratio query", text(ratio)), ("side of the ratio", is_good.to_string())])
        }
        Indicator::Threshold { value, comparison, threshold } => BTreeMap::from([
            ("query", text(value)),
            ("threshold", format!("{comparison} {}", threshold.normalize())),
        ]),
        Indicator::Histogram { histogram, limit } => {
            BTreeMap::from([("query", text(histogram)), ("limit", limit.clone())])
        }
        Indicator::Each { labels, indicator, .. } => {
            let mut parts = counted(indicator);
            parts.insert("grouping", labels.join(", "));
            parts
        }
        Indicator::Composite { components } => parts::counted(components),
        Indicator::Plugin { id, .. } => BTreeMap::from([("plugin", id.clone())]),
        Indicator::Datadog(kept) => {
            let ids: Vec<String> = kept.ids.iter().map(|(name, id)| format!("{name}: {id}")).collect();
            BTreeMap::from([("SLO in Datadog", ids.join(", "))])
        }
        Indicator::Foreign { system, .. } => BTreeMap::from([("metrics system", system.clone())]),
    }
}

/// A query with every run of blanks outside of quotes as one, because lines are broken as people like.
fn text(query: &Query) -> String {
    let mut text = String::with_capacity(query.text.len());
    let mut quote: Option<char> = None;
    let mut is_escaped = false;
    for character in query.text.trim().chars() {
        match quote {
            Some(open) => {
                if character == open && !is_escaped {
                    quote = None;
                }
                is_escaped = character == '\\' && !is_escaped && open != '`';
                text.push(character);
            }
            None if character.is_whitespace() => {
                if !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            None => {
                if matches!(character, '"' | '\'' | '`') {
                    quote = Some(character);
                }
                text.push(character);
            }
        }
    }
    text
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::catalog;
    use crate::diagnostic::SourceText;
    use crate::settings;

    /// A query that counts bad events.
    pub(in crate::catalog) const BAD: &str = "http_requests_total{code=~\"5..\"}";

    /// An SLO of `checkout` in OpenSLO's terms.
    pub(in crate::catalog) fn slo(
        name: &str,
        target: &str,
        period: &str,
        bad: &str,
        annotations: &str,
    ) -> String {
        format!(
            "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\n\
             spec:\n  service: checkout\n  indicator:\n    metadata: {{name: {name}}}\n    spec:\n      \
             ratioMetric:\n        counter: true\n        bad: {{metricSource: {{type: Prometheus, spec: {{query: \
             '{bad}'}}}}}}\n        total: {{metricSource: {{type: Prometheus, spec: {{query: 'http_requests_total'}}}}}}\n  \
             timeWindow: [{{duration: {period}, isRolling: true}}]\n  budgetingMethod: Occurrences\n  \
             objectives: [{{target: {target}}}]\n---\n"
        )
    }

    /// The catalog of some SLOs.
    pub(in crate::catalog) fn catalog(texts: &[String]) -> Catalog {
        let settings =
            "version: 1\nservices: {checkout: {paths: [a]}, cart: {paths: [b]}}\nenvironments: {p: {}}\n";
        let settings = settings::load(&SourceText::new("slogate.yaml", settings)).0.expect("they are valid");
        let (catalog, problems) = catalog::load(&[SourceText::new("slos/a.yaml", texts.concat())], &settings);
        let errors: Vec<&str> =
            problems.iter().filter(|one| one.is_error()).map(|one| one.message.as_str()).collect();
        assert_eq!(errors, Vec::<&str>::new());
        catalog
    }

    /// What is revised between two sets of SLOs.
    fn revised(before: &[String], after: &[String]) -> Vec<(String, Revised)> {
        let revisions = compare(&catalog(before), &catalog(after));
        revisions.into_iter().map(|revision| (revision.slo, revision.revised)).collect()
    }

    #[test]
    fn what_is_asked_of_a_history_is_revised_like_what_is_said() {
        let with = |annotations: &str| [slo("a", "0.99", "28d", BAD, annotations)];
        let before = with("slogate.dev/minimum-coverage: 95 %, slogate.dev/stale-after: 90m");
        let after = with("slogate.dev/minimum-history: 7d, slogate.dev/stale-after: 2h");
        let said = |key, from: Option<&str>, to: Option<&str>| {
            let text = |text: Option<&str>| text.map(str::to_owned);
            ("a".to_owned(), Revised::Said { key, from: text(from), to: text(to) })
        };
        let wanted = [
            said("minimum-coverage", Some("95 %"), None),
            said("stale-after", Some("90m"), Some("2h")),
            said("minimum-history", None, Some("7d")),
        ];
        assert_eq!(revised(&before, &after), wanted);
        assert_eq!(revised(&before, &before), []);
    }

    /// The objective of this many parts of 1,000.
    fn objective(parts: i64) -> Objective {
        Objective::new(Decimal::new(parts, 3)).expect("an objective")
    }

    #[test]
    fn the_budget_grows_by_what_may_fail_now_over_what_could() {
        let before = [slo("a", "0.999", "28d", BAD, "")];
        let after = [slo("a", "0.995", "28d", BAD, "")];
        let revisions = revised(&before, &after);
        let expected = Revised::Objective { from: objective(999), to: objective(995) };
        assert_eq!(revisions, [("a".to_owned(), expected.clone())]);
        assert_eq!((expected.budget_factor(), expected.loosens()), (Some(Decimal::from(5)), true));
        let back = revised(&after, &before).remove(0).1;
        assert_eq!((back.budget_factor(), back.loosens()), (Some(Decimal::new(2, 1)), false));
        assert_eq!(revised(&before, &before), []);
    }

    #[test]
    fn what_is_new_or_gone_is_told_and_whether_anything_is_left() {
        let (a, b) = (slo("a", "0.999", "28d", BAD, ""), slo("b", "0.99", "28d", "errors_total", ""));
        let both = [a.clone(), b.clone()];
        let added = Revised::Added { objective: objective(990), period: 28 * 86_400 };
        assert_eq!(revised(std::slice::from_ref(&a), &both), [("b".to_owned(), added)]);
        let removed = |last| [("b".to_owned(), Revised::Removed { last })];
        assert_eq!(revised(&both, std::slice::from_ref(&a)), removed(false));
        let nothing = compare(&catalog(std::slice::from_ref(&b)), &Catalog::default());
        assert_eq!(nothing.first().map(|one| &one.revised), Some(&Revised::Removed { last: true }));
    }

    #[test]
    fn another_name_hides_no_looser_objective() {
        let revisions = revised(&[slo("a", "0.999", "28d", BAD, "")], &[slo("b", "0.9", "28d", BAD, "")]);
        let kinds: Vec<(&str, &str)> =
            revisions.iter().map(|(slo, revised)| (slo.as_str(), revised.kind())).collect();
        assert_eq!(kinds, [("a", "renamed"), ("a", "objective")]);
    }

    #[test]
    fn what_is_counted_is_compared_by_what_it_says() {
        let with = |bad: &str| [slo("a", "0.999", "28d", bad, "")];
        let other = revised(&with(BAD), &with("http_requests_total{code=\"500\"}"));
        assert_eq!(other, [("a".to_owned(), Revised::Indicator { parts: vec!["bad query"] })]);
        assert_eq!(revised(&with("a  +\tb"), &with("a + b")), []);
        assert_eq!(revised(&with("a{b=\"x  y\"}"), &with("a{b=\"x y\"}")).len(), 1);
    }

    #[test]
    fn periods_contracts_and_what_people_say_are_told_apart() {
        let before = [slo("a", "0.999", "28d", BAD, "slogate.dev/sla: 99 %, slogate.dev/owner: ola")];
        let after = [slo("a", "0.999", "7d", BAD, "slogate.dev/owner: kim, slogate.dev/endpoint: /pay")];
        let revisions = revised(&before, &after);
        let said = |key, from: Option<&str>, to: &str| Revised::Said {
            key,
            from: from.map(str::to_owned),
            to: Some(to.to_owned()),
        };
        let expected = [
            Revised::Sla { from: Some(objective(990)), to: None },
            Revised::Period { from: 28 * 86_400, to: 7 * 86_400 },
            said("endpoint", None, "/pay"),
            said("owner", Some("ola"), "kim"),
        ];
        assert_eq!(revisions.into_iter().map(|(_, revised)| revised).collect::<Vec<_>>(), expected);
    }
}
