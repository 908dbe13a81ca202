//! How two counts relate: whether what one of them counts is a part of what the other counts, and on which side the
//! codes of answers stand.
//!
//! Only what the text proves is said. A regular expression against another one, or metrics of different names that
//! could mean anything, prove nothing and are passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use promql_parser::label::{MatchOp, Matcher};

use super::{Counted, Selector, written};

/// The labels that hold the code of an answer, in what is widely used.
const CODES: [&str; 12] = [
    "code",
    "grpc_code",
    "grpc_status",
    "grpc_status_code",
    "http_code",
    "http_response_status_code",
    "http_status",
    "http_status_code",
    "response_code",
    "rpc_grpc_status_code",
    "status",
    "status_code",
];
/// Codes of answers that are as they should be, and of those that the server failed to give: of HTTP, and of gRPC as
/// words and as numbers.
const SIDES: [(&[&str], &[&str]); 3] = [
    (&["200", "201", "202", "204", "206", "301", "302", "304", "2xx"], &["500", "502", "503", "504", "5xx"]),
    (&["OK"], &["Internal", "Unavailable", "DataLoss", "Unknown", "INTERNAL", "UNAVAILABLE"]),
    (&["0"], &["2", "13", "14", "15"]),
];
/// Words in the names of metrics that say how something is counted, and not what.
const HOW: [&str; 32] = [
    "total",
    "count",
    "bucket",
    "sum",
    "created",
    "errors",
    "error",
    "failures",
    "failure",
    "failed",
    "fail",
    "bad",
    "good",
    "success",
    "successes",
    "successful",
    "ok",
    "valid",
    "all",
    "requests",
    "request",
    "responses",
    "response",
    "events",
    "event",
    "calls",
    "rate",
    "slow",
    "fast",
    "seconds",
    "duration",
    "latency",
];

/// Why what a part counts is no part of the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stray {
    /// It is all of the total.
    Same,
    /// The total leaves out what this matcher excludes, and the part does not.
    Narrower(String),
    /// The part's matcher and the total's exclude each other.
    Apart(String, String),
    /// A bucket of a histogram, or all of its events, that counts more than the bucket that is the total.
    Higher(String, String),
    /// Metrics that have nothing in common, neither in their names nor in their matchers.
    Unrelated(String, String),
    /// The buckets of a histogram, each of which counts what the one below it counts.
    EveryBucket {
        /// The metric.
        metric: String,
        /// The total adds them up, and else the part.
        in_total: bool,
    },
}

/// On which side the codes of answers stand that a count selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Answers that the server failed to give, and no others.
    Failures,
    /// No answer that the server failed to give.
    Successes,
}

impl Counted {
    /// Why this is no part of a total; none where nothing is proven.
    #[must_use]
    pub fn stray(&self, total: &Self) -> Option<Stray> {
        if self.signed() == total.signed() {
            return Some(Stray::Same);
        }
        // What is subtracted from the total may be what the part counts beyond it.
        if total.terms.iter().any(|term| term.negative) {
            return None;
        }
        let whole: Vec<&Selector> = total.added().collect();
        let parts: Vec<&Selector> = self.added().collect();
        for (selectors, in_total) in [(&whole, true), (&parts, false)] {
            if let Some(selector) = selectors.iter().find(|selector| selector.every_bucket()) {
                return Some(Stray::EveryBucket { metric: selector.metric.clone(), in_total });
            }
        }
        // What is subtracted from the part may be what the total leaves out.
        let whittled = self.terms.iter().any(|term| term.negative);
        let proven = |stray: &Stray| !(whittled && matches!(stray, Stray::Narrower(_)));
        parts.into_iter().find_map(|part| stray(part, &whole).filter(proven))
    }

    /// On which side all codes stand that this selects of a total, with the matchers that select them. None where
    /// anything else tells its events from the others of the total: what is subtracted, another metric, another label,
    /// or the total, which stands on that side as well.
    #[must_use]
    pub fn side_of(&self, total: &Self) -> Option<(Side, Vec<String>)> {
        let (side, matchers) = self.side()?;
        let by_codes = self.added().all(|part| total.added().any(|whole| part.differs_by_codes(whole)));
        let subtracts = self.terms.iter().any(|term| term.negative);
        (by_codes && !subtracts && !total.stands_on(side)).then_some((side, matchers))
    }

    /// True where codes of answers tell what this counts from the rest of a total, and no bucket of a histogram does.
    #[must_use]
    pub fn told_by_codes(&self, total: &Self) -> bool {
        let buckets = self.terms.iter().any(|term| term.selector.on(BUCKET).next().is_some());
        let mut sides = self.added().filter_map(Selector::side);
        !buckets && sides.any(|(side, _)| !total.stands_on(side))
    }

    /// The one side on which the codes of everything stand that is added, with the matchers that select them.
    fn side(&self) -> Option<(Side, Vec<String>)> {
        let all: Option<Vec<(Side, String)>> = self.added().map(Selector::side).collect();
        let mut all = all?.into_iter();
        let (side, first) = all.next()?;
        let mut matchers = vec![first];
        for (other, written) in all {
            if other != side {
                return None;
            }
            if !matchers.contains(&written) {
                matchers.push(written);
            }
        }
        Some((side, matchers))
    }

    /// True when everything that is added stands on a side.
    fn stands_on(&self, side: Side) -> bool {
        self.side().is_some_and(|(own, _)| own == side)
    }

    /// True when a counter selects by one of these labels, and admits all of their values.
    #[must_use]
    pub fn admits(&self, values: &BTreeMap<String, String>) -> bool {
        self.terms.iter().any(|term| {
            let mut chosen =
                term.selector.matchers.iter().filter_map(|one| Some((one, values.get(&one.name)?)));
            let first = chosen.next();
            first.is_some_and(|(one, value)| one.is_match(value))
                && chosen.all(|(one, value)| one.is_match(value))
        })
    }

    /// True when every series that is counted has one of these labels selected.
    #[must_use]
    pub fn selects_by<'a>(&self, labels: impl Fn(&str) -> bool + 'a) -> bool {
        self.terms.iter().all(|term| term.selector.matchers.iter().any(|matcher| labels(&matcher.name)))
    }

    /// What is added.
    fn added(&self) -> impl Iterator<Item = &Selector> {
        self.terms.iter().filter(|term| !term.negative).map(|term| &term.selector)
    }

    /// What is added and what is subtracted, in an order of their own, whatever absence means.
    fn signed(&self) -> BTreeSet<(bool, String)> {
        self.terms.iter().map(|term| (term.negative, term.selector.to_string())).collect()
    }
}

impl Selector {
    /// The matchers on a label.
    fn on<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a Matcher> {
        self.matchers.iter().filter(move |matcher| matcher.name == label)
    }

    /// The matchers of equality.
    fn fixed(&self) -> BTreeSet<(&str, &str)> {
        let equal = self.matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal);
        equal.map(|matcher| (matcher.name.as_str(), matcher.value.as_str())).collect()
    }

    /// True for the buckets of a histogram without one that is chosen.
    fn every_bucket(&self) -> bool {
        self.metric.ends_with("_bucket") && self.on(BUCKET).next().is_none()
    }

    /// The upper bound of the bucket that is counted, with how it is written; no bound for a histogram's count.
    fn bound(&self) -> Option<(f64, String)> {
        if self.metric.ends_with("_count") {
            return Some((f64::INFINITY, self.metric.clone()));
        }
        let mut bounds = self.on(BUCKET).filter(|matcher| matcher.op == MatchOp::Equal);
        bounds.find_map(|matcher| Some((matcher.value.parse().ok()?, written(matcher))))
    }

    /// The metric's name without what says how it is kept.
    fn family(&self) -> &str {
        let ends = ["_bucket", "_count", "_total"];
        ends.iter().find_map(|end| self.metric.strip_suffix(end)).unwrap_or(&self.metric)
    }

    /// What the metric's name says of what is counted.
    fn words(&self) -> BTreeSet<&str> {
        let words = self.metric.split(['_', ':', '.']);
        words.filter(|word| !word.is_empty() && !HOW.contains(word)).collect()
    }

    /// True for the same metric, selected by no label beside the other's that says more than a code or a bucket does.
    fn differs_by_codes(&self, other: &Self) -> bool {
        let known =
            |label: &str| label == BUCKET || CODES.contains(&label) || other.on(label).next().is_some();
        self.family() == other.family() && self.matchers.iter().all(|matcher| known(&matcher.name))
    }

    /// On which side the codes stand that are selected.
    fn side(&self) -> Option<(Side, String)> {
        CODES.into_iter().find_map(|label| {
            let matchers: Vec<&Matcher> = self.on(label).collect();
            let admits =
                |codes: &[&str]| codes.iter().any(|code| matchers.iter().all(|one| one.is_match(code)));
            let mut sides = SIDES.iter().filter_map(|(good, bad)| match (admits(good), admits(bad)) {
                (false, true) => Some(Side::Failures),
                (true, false) => Some(Side::Successes),
                (true, true) | (false, false) => None,
            });
            let side = sides.next()?;
            let written: Vec<String> = matchers.iter().copied().map(written).collect();
            sides.all(|other| other == side).then(|| (side, written.join(",")))
        })
    }
}

/// The label with the upper bound of a bucket.
const BUCKET: &str = "le";

/// The labels that say how an event ended, or of what sort it is: one metric's values are not those of another.
const SORTS: [&str; 9] =
    ["class", "kind", "level", "outcome", "reason", "result", "severity", "state", "type"];

/// The codes of HTTP.
const HTTP: RangeInclusive<u16> = 100..=599;

/// Why one counter is no part of any of those of a total.
fn stray(part: &Selector, whole: &[&Selector]) -> Option<Stray> {
    let family: Vec<&&Selector> =
        whole.iter().filter(|selector| selector.family() == part.family()).collect();
    if !family.is_empty() {
        let found: Option<Vec<Stray>> = family.into_iter().map(|selector| beyond(part, selector)).collect();
        return agreed(found?);
    }
    let words = part.words();
    let related = |selector: &&&Selector| {
        let others = selector.words();
        words.is_empty()
            || others.is_empty()
            || !words.is_disjoint(&others)
            || !part.fixed().is_disjoint(&selector.fixed())
    };
    if whole.iter().any(|selector| related(&selector)) {
        let found: Option<Vec<Stray>> = whole.iter().map(|selector| elsewhere(part, selector)).collect();
        return agreed(found?);
    }
    let first = whole.first()?;
    Some(Stray::Unrelated(part.metric.clone(), first.metric.clone()))
}

/// What holds against each counter of a total. Several that leave out different things may be all of it together.
fn agreed(found: Vec<Stray>) -> Option<Stray> {
    let apart = found.iter().all(|stray| matches!(stray, Stray::Apart(..) | Stray::Higher(..)));
    let mut found = found.into_iter();
    let first = found.next()?;
    (apart || found.all(|other| other == first)).then_some(first)
}

/// What a part counts beyond a total of the same metric; none where nothing is proven.
fn beyond(part: &Selector, total: &Selector) -> Option<Stray> {
    let mut matchers = total.matchers.iter().filter(|matcher| matcher.name != BUCKET);
    matchers.find_map(|matcher| against(part, matcher)).or_else(|| {
        let ((ours, part), (theirs, total)) = (part.bound()?, total.bound()?);
        (ours > theirs).then_some(Stray::Higher(part, total))
    })
}

/// Why a part has nothing in common with a counter of another metric: the same label says where each of them counts.
fn elsewhere(part: &Selector, total: &Selector) -> Option<Stray> {
    let shared = |label: &str| label != BUCKET && !CODES.contains(&label) && !SORTS.contains(&label);
    let mut matchers = total.matchers.iter().filter(|matcher| shared(&matcher.name));
    matchers.find_map(|matcher| against(part, matcher).filter(|stray| matches!(stray, Stray::Apart(..))))
}

/// What a part counts beyond a matcher of the total; none where nothing is proven.
fn against(part: &Selector, matcher: &Matcher) -> Option<Stray> {
    let ours: Vec<&Matcher> = part.on(&matcher.name).collect();
    if ours.contains(&matcher) || admits_any(matcher) {
        return None;
    }
    let admit = |value: &str| ours.iter().all(|one| one.is_match(value));
    let values = ours.iter().find_map(|matcher| literals(matcher));
    let named: Option<Vec<&str>> =
        values.map(|values| values.into_iter().filter(|value| admit(value)).collect());
    // Each value that the part admits, as far as they are known: whether it is in the total.
    let known: Option<Vec<bool>> = match named {
        Some(mine) => Some(mine.into_iter().map(|value| matcher.is_match(value)).collect()),
        None if selects_codes(matcher) && ours.iter().any(|one| selects_codes(one)) => {
            let mine = HTTP.map(|code| code.to_string()).filter(|code| admit(code));
            Some(mine.map(|code| matcher.is_match(&code)).collect::<Vec<bool>>())
                .filter(|mine| !mine.is_empty())
        }
        None => None,
    };
    let apart = match &known {
        Some(known) => !known.contains(&true),
        None => literals(matcher).is_some_and(|theirs| !theirs.into_iter().any(admit)),
    };
    if apart && !ours.is_empty() {
        let ours: Vec<String> = ours.into_iter().map(written).collect();
        return Some(Stray::Apart(ours.join(","), written(matcher)));
    }
    // Without any known value of the part, it may still admit what the total excludes by name.
    let outside = || listed(matcher)?.into_iter().find(|value| !matcher.is_match(value) && admit(value));
    let narrower =
        known.map_or_else(|| ours.is_empty() || outside().is_some(), |known| known.contains(&false));
    narrower.then(|| Stray::Narrower(written(matcher)))
}

/// True for a matcher that tells codes of HTTP apart from what it does not select.
fn selects_codes(matcher: &Matcher) -> bool {
    let negative = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRe(_));
    CODES.contains(&matcher.name.as_str())
        && HTTP.into_iter().any(|code| matcher.is_match(&code.to_string()) != negative)
}

/// True for a matcher that only asks for a label, or for nothing.
fn admits_any(matcher: &Matcher) -> bool {
    match &matcher.op {
        MatchOp::Equal | MatchOp::NotRe(_) => false,
        MatchOp::NotEqual => matcher.value.is_empty(),
        MatchOp::Re(_) => [".*", ".+"].contains(&matcher.value.as_str()),
    }
}

/// The values that a matcher names one by one.
fn literals(matcher: &Matcher) -> Option<Vec<&str>> {
    listed(matcher).filter(|_| matches!(matcher.op, MatchOp::Equal | MatchOp::Re(_)))
}

/// The values that a matcher asks for or excludes one by one.
fn listed(matcher: &Matcher) -> Option<Vec<&str>> {
    let plain = |c: char| c.is_alphanumeric() || "_-/: |".contains(c);
    match &matcher.op {
        MatchOp::Equal | MatchOp::NotEqual => Some(vec![matcher.value.as_str()]),
        MatchOp::Re(_) | MatchOp::NotRe(_) => {
            matcher.value.chars().all(plain).then(|| matcher.value.split('|').collect())
        }
    }
}

#[cfg(test)]
mod tests;
