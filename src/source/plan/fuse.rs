//! Which selectors share a query, and how much one query asks for at most.
//!
//! A pattern is one query, halved until it fits: so many selectors, so many numbers in the answer, so long a text. What
//! fits is kind to a server and to whatever stands before it; what a server still refuses is halved further by whoever
//! asks.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use crate::source::promql::{Fused, Pattern, Selector};

/// The most selectors of one query.
const SELECTORS: usize = 250;

/// The most numbers of one answer: some 15 MiB of JSON.
const NUMBERS: usize = 500_000;

/// How many combinations of values a query may select for each one that is asked for. Those that nobody asked for are
/// worked out by the server, sent and passed over.
const COMBINATIONS: usize = 100;

/// The longest text of a query, in bytes; `VictoriaMetrics` refuses more than 16 KiB.
const LONGEST: usize = 12 * 1024;

/// A window that is as long as any, to measure a text with.
const WINDOW: i64 = 1_000_000_000;

/// The queries that count everything that the plans need, at so many points each; every selector is in one of them.
#[must_use]
pub fn fuse<'a>(plans: impl Iterator<Item = &'a Plan>, points: usize) -> Vec<Fused> {
    let mut selectors: BTreeMap<String, (&Selector, BTreeSet<String>)> = BTreeMap::new();
    for plan in plans {
        for selector in plan.selectors() {
            let entry = selectors.entry(selector.to_string()).or_insert((selector, BTreeSet::new()));
            entry.1.extend(plan.pinned.iter().cloned());
        }
    }
    let mut patterns: BTreeMap<Pattern, Fused> = BTreeMap::new();
    for (selector, pinned) in selectors.into_values() {
        let pattern = selector.pattern(&pinned);
        let one = Fused::new(selector, &pinned);
        let all = match patterns.remove(&pattern) {
            Some(others) => others.with(&one),
            None => one,
        };
        patterns.insert(pattern, all);
    }
    let mut fitting = Vec::new();
    for pattern in patterns.into_values() {
        cut(pattern, points, &mut fitting);
    }
    fitting
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
    use crate::source::plan::tests::{environment, slo};
    use crate::source::{Range, Request};

    const RANGE: Range = Range { first: 300, last: 900, step: 300 };

    /// The queries over 60 seconds that count `total`s in an environment of `env=prod`.
    fn queries(totals: &[String], points: usize) -> Vec<String> {
        let environment = environment(Some(("env", "prod")));
        let slos: Vec<_> = totals.iter().map(|total| slo("a", total, total, false, 900)).collect();
        let plan = |slo| Plan::of(&Request { slo, environment: "prod", matchers: &environment }, RANGE);
        let plans: Vec<Plan> = slos.iter().map(|slo| plan(slo).expect("it can be asked")).collect();
        fuse(plans.iter(), points).iter().map(|fused| fused.increase(60)).collect()
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
    fn every_selector_is_in_one_query() {
        let texts: Vec<String> = (0..700).map(|n| format!("x{{s=\"{}\",t=\"{n}\"}}", n % 7)).collect();
        let environment = environment(None);
        let slos: Vec<_> = texts.iter().map(|text| slo("a", text, text, false, 900)).collect();
        let plan = |slo| Plan::of(&Request { slo, environment: "prod", matchers: &environment }, RANGE);
        let plans: Vec<Plan> = slos.iter().map(|slo| plan(slo).expect("it can be asked")).collect();
        let fused = fuse(plans.iter(), 10);
        let mut found: Vec<String> =
            fused.iter().flat_map(Fused::selectors).map(ToString::to_string).collect();
        let mut wanted = texts;
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
    }
}
