//! Which selectors share a query, and how much one query asks for at most.
//!
//! The selectors of one query are asked about over the longest stretch that one of them needs, unless that is far more
//! than all of them need together; whoever asked for less cuts it. A pattern is one query, halved until it fits: so many selectors, so many numbers in the answer, so long a text. What
//! fits is kind to a server and to whatever stands before it; what a server still refuses is halved further by whoever
//! asks.

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, count};
use crate::source::Range;
use crate::source::promql::{Fused, Pattern, Selector};

/// The most selectors of one query.
pub const SELECTORS: usize = 250;

/// The most numbers of one answer: some 15 MiB of JSON.
const NUMBERS: usize = 500_000;

/// How many combinations of values a query may select for each one that is asked for. Those that nobody asked for are
/// worked out by the server, sent and passed over.
const COMBINATIONS: usize = 100;

/// The longest text of a query, in bytes; `VictoriaMetrics` refuses more than 16 KiB.
pub const LONGEST: usize = 12 * 1024;

/// A window that is as long as any, to measure a text with.
const WINDOW: i64 = 1_000_000_000;

/// How many times as much a query may ask for as its selectors need, so that they share it. With more, those that look
/// back the furthest have one of their own.
const SURPLUS: usize = 4;

/// A selector that is to be counted at each point of a stretch of the grid.
#[derive(Debug, Clone, Copy)]
pub struct Need<'a> {
    /// The selector.
    pub selector: &'a Selector,
    /// The labels whose matchers stand in every query as they are.
    pub pinned: &'a BTreeSet<String>,
    /// The stretch.
    pub range: Range,
}

impl Plan {
    /// Everything that has to be counted, over a stretch of the grid.
    pub fn needs(&self, range: Range) -> impl Iterator<Item = Need<'_>> {
        self.selectors().map(move |selector| Need { selector, pinned: &self.pinned, range })
    }
}

/// The queries that count everything that is needed, each with its stretch; every selector is in one of them. `most` is
/// the most points that one answer has.
#[must_use]
pub fn fuse<'a>(needs: impl Iterator<Item = Need<'a>>, most: usize) -> Vec<(Fused, Range)> {
    let mut selectors: BTreeMap<String, (&Selector, BTreeSet<String>, Range)> = BTreeMap::new();
    for Need { selector, pinned, range } in needs {
        let entry = selectors.entry(selector.to_string()).or_insert((selector, BTreeSet::new(), range));
        entry.1.extend(pinned.iter().cloned());
        entry.2 = spanning(entry.2, range);
    }
    let mut patterns: BTreeMap<Pattern, Vec<(Fused, Range)>> = BTreeMap::new();
    for (selector, pinned, range) in selectors.into_values() {
        let one = (Fused::new(selector, &pinned), range);
        patterns.entry(selector.pattern(&pinned)).or_default().push(one);
    }
    let mut fitting = Vec::new();
    for (fused, range) in patterns.into_values().flat_map(by_depth) {
        let mut parts = Vec::new();
        cut(fused, count(range).min(most), &mut parts);
        fitting.extend(parts.into_iter().map(|part| (part, range)));
    }
    fitting
}

/// The stretch from where one of two begins to where one of them ends.
fn spanning(one: Range, other: Range) -> Range {
    Range { first: one.first.min(other.first), last: one.last.max(other.last), step: one.step }
}

/// The selectors of one pattern as few queries that ask for little beyond what is needed.
fn by_depth(mut members: Vec<(Fused, Range)>) -> Vec<(Fused, Range)> {
    // Those that need the least come first.
    members.sort_by_key(|(_, range)| count(*range));
    let mut queries: Vec<(Fused, Range)> = Vec::new();
    let (mut held, mut needed) = (0_usize, 0_usize);
    for (one, range) in members {
        held += 1;
        needed = needed.saturating_add(count(range));
        match queries.pop() {
            Some((all, stretch))
                if held.saturating_mul(count(spanning(stretch, range))) <= needed.saturating_mul(SURPLUS) =>
            {
                queries.push((all.with(&one), spanning(stretch, range)));
            }
            other => {
                queries.extend(other);
                queries.push((one, range));
                (held, needed) = (1, count(range));
            }
        }
    }
    queries
}

/// Halves a query until it fits.
fn cut(fused: Fused, points: usize, fitting: &mut Vec<Fused>) {
    match fused.halves().filter(|_| !fits(&fused, points)) {
        Some(halves) => halves.into_iter().for_each(|half| cut(half, points, fitting)),
        None => fitting.push(fused),
    }
}

/// Whether a query asks for little enough.
fn fits(fused: &Fused, points: usize) -> bool {
    let selectors = fused.len();
    selectors <= SELECTORS
        && selectors.saturating_mul(points) <= NUMBERS
        && fused.combinations() <= selectors.saturating_mul(COMBINATIONS)
        && fused.increase(WINDOW).len() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Request;
    use crate::source::plan::tests::{environment, slo};

    const RANGE: Range = Range { first: 300, last: 900, step: 300 };

    /// A stretch of so many points.
    fn range(points: usize) -> Range {
        let points = i64::try_from(points).expect("few");
        Range { first: 1_200_000 - (points - 1) * 300, last: 1_200_000, step: 300 }
    }

    /// The queries over 60 seconds that count `total`s in an environment of `env=prod`.
    fn queries(totals: &[String], points: usize) -> Vec<String> {
        let environment = environment(Some(("env", "prod")));
        let slos: Vec<_> = totals.iter().map(|total| slo("a", total, total, false, 900)).collect();
        let plan = |slo| Plan::of(&Request { slo, environment: "prod", matchers: &environment }, RANGE);
        let plans: Vec<Plan> = slos.iter().map(|slo| plan(slo).expect("it can be asked")).collect();
        let needs = plans.iter().flat_map(|plan| plan.needs(range(points)));
        fuse(needs, usize::MAX).iter().map(|(fused, _)| fused.increase(60)).collect()
    }

    #[test]
    fn a_family_is_one_query() {
        let texts: Vec<String> = ["x{s=\"a\"}", "x{s=\"b\"}", "y{s=\"a\"}"].map(str::to_owned).into();
        assert_eq!(
            queries(&texts, 100),
            [
                "sum by (s) (increase(x{env=\"prod\",s=~\"a|b\"}[60s]))",
                "sum(increase(y{env=\"prod\",s=\"a\"}[60s]))"
            ]
        );
    }

    #[test]
    fn a_query_asks_for_so_much_and_no_more() {
        let many = |count: usize| (0..count).map(|n| format!("x{{s=\"{n:04}\"}}")).collect::<Vec<_>>();
        assert_eq!(queries(&many(250), 2_000).len(), 1);
        assert_eq!(queries(&many(251), 2_000).len(), 2, "selectors");
        assert_eq!(queries(&many(250), 2_001).len(), 2, "numbers");
        let long: Vec<String> = (0..100).map(|n| format!("x{{s=\"{n:0>180}\"}}")).collect();
        assert_eq!(queries(&long, 10).len(), 2, "length");
        // Each has values of its own in both labels: 101 * 101 combinations, of which 101 are asked for.
        let sparse: Vec<String> = (0..101).map(|n| format!("x{{s=\"{n}\",t=\"{n}\"}}")).collect();
        assert_eq!(queries(&sparse, 10).len(), 2, "combinations");
        assert_eq!(queries(&sparse[1..], 10).len(), 1);
    }

    #[test]
    fn a_family_is_asked_over_its_longest_stretch_unless_that_is_far_too_much() {
        let asked = |depths: &[usize]| {
            let selectors: Vec<Selector> =
                (0..depths.len()).map(|n| Selector::of("x", &[("s", &n.to_string())])).collect();
            let pinned = BTreeSet::new();
            let needs = selectors.iter().zip(depths);
            let needs =
                needs.map(|(selector, depth)| Need { selector, pinned: &pinned, range: range(*depth) });
            let fused = fuse(needs, usize::MAX);
            fused.iter().map(|(fused, range)| (fused.len(), count(*range))).collect::<Vec<_>>()
        };
        assert_eq!(asked(&[7, 28, 28, 7]), [(4, 28)]);
        assert_eq!(asked(&[7, 29]), [(2, 29)]);
        assert_eq!(asked(&[90, 7, 7, 7, 7, 7]), [(5, 7), (1, 90)]);
        assert_eq!(asked(&[10, 10, 10, 10, 10, 1_000, 1_000]), [(5, 10), (2, 1_000)]);
    }

    #[test]
    fn every_selector_is_in_one_query() {
        let texts: Vec<String> = (0..700).map(|n| format!("x{{s=\"{}\",t=\"{n}\"}}", n % 7)).collect();
        let environment = environment(None);
        let slos: Vec<_> = texts.iter().map(|text| slo("a", text, text, false, 900)).collect();
        let plan = |slo| Plan::of(&Request { slo, environment: "prod", matchers: &environment }, RANGE);
        let plans: Vec<Plan> = slos.iter().map(|slo| plan(slo).expect("it can be asked")).collect();
        let fused = fuse(plans.iter().flat_map(|plan| plan.needs(range(10))), usize::MAX);
        let selectors = fused.iter().flat_map(|(fused, _)| fused.selectors());
        let mut found: Vec<String> = selectors.map(ToString::to_string).collect();
        let mut wanted = texts;
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
    }
}
