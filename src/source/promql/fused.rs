//! Several selectors as one query, and whose a group of its answer is.
//!
//! Selectors that are alike but for the values of some labels are one query: each such label matches any of the values
//! (`service=~"a|b"`), and the sum is kept apart `by` those labels. Only matchers of equality are joined, and no
//! pinned one: the matchers of an environment stand in every query as they are, so that no series of another
//! environment can be in its answer, whatever its labels say. A query of one selector is what it would be alone.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::label::{MatchOp, Matcher};

use super::{Selector, is_name, quoted, written};

/// The longest value of a label that is joined with others, in bytes.
const LONGEST: usize = 200;

/// What selectors of one query have in common, as a text to compare.
pub type Pattern = String;

/// Selectors of one pattern that are asked about in one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fused {
    /// By the values of the labels that the pattern leaves open, without repetitions; never empty.
    members: BTreeMap<Vec<String>, Selector>,
    /// The labels that the pattern leaves open, sorted.
    open: Vec<String>,
}

/// Whose a group of an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group<'a> {
    /// It is that of this selector.
    Of(&'a Selector),
    /// It combines values of several selectors, and nobody asked for it.
    Beside,
    /// It lacks a label, or has a value that no selector asked for.
    Foreign,
}

impl Selector {
    /// The pattern of the selector; matchers of the pinned labels belong to what its members have in common.
    #[must_use]
    pub fn pattern(&self, pinned: &BTreeSet<String>) -> Pattern {
        let open = self.open(pinned);
        let fixed = self.matchers.iter().filter(|matcher| !is_open(matcher, &open)).map(written);
        format!("{} {} {}", quoted(&self.metric), fixed.collect::<Vec<_>>().join(","), open.join(","))
    }

    /// The labels whose values may differ within the pattern, sorted.
    fn open(&self, pinned: &BTreeSet<String>) -> Vec<String> {
        let equal = |matcher: &&Matcher| matcher.op == MatchOp::Equal;
        let alone = |matcher: &&Matcher| {
            self.matchers.iter().filter(equal).filter(|other| other.name == matcher.name).count() == 1
        };
        let fits = |matcher: &&Matcher| {
            is_name(&matcher.name, "") && !matcher.value.is_empty() && matcher.value.len() <= LONGEST
        };
        let free = self.matchers.iter().filter(equal).filter(alone).filter(fits);
        let names: BTreeSet<&String> =
            free.map(|matcher| &matcher.name).filter(|name| !pinned.contains(*name)).collect();
        names.into_iter().cloned().collect()
    }
}

/// True for the matcher whose value may differ.
fn is_open(matcher: &Matcher, open: &[String]) -> bool {
    matcher.op == MatchOp::Equal && open.contains(&matcher.name)
}

impl Fused {
    /// A query of one selector so far.
    #[must_use]
    pub fn new(selector: &Selector, pinned: &BTreeSet<String>) -> Self {
        let open = selector.open(pinned);
        let value = |name: &String| {
            let found =
                selector.matchers.iter().find(|matcher| &matcher.name == name && is_open(matcher, &open));
            found.map(|matcher| matcher.value.clone()).unwrap_or_default()
        };
        let values = open.iter().map(value).collect();
        Self { members: BTreeMap::from([(values, selector.clone())]), open }
    }

    /// Takes the selectors of another query of the same pattern in.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.members
            .extend(other.members.iter().map(|(values, selector)| (values.clone(), selector.clone())));
        self
    }

    /// The selectors, by their values.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.members.values()
    }

    /// How many selectors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// True of none; a query always has a selector.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How many groups the query may select at most: all combinations of the values that differ.
    #[must_use]
    pub fn combinations(&self) -> usize {
        self.by().values().fold(1, |all, values| all.saturating_mul(values.len()))
    }

    /// Two queries that ask about half of the selectors each; none of one selector.
    #[must_use]
    pub fn halves(&self) -> Option<[Self; 2]> {
        if self.len() < 2 {
            return None;
        }
        let middle = self.members.keys().nth(self.len() / 2)?.clone();
        let mut first = self.clone();
        let second = first.members.split_off(&middle);
        Some([first, Self { members: second, open: self.open.clone() }])
    }

    /// The labels whose values differ, and their values.
    fn by(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for values in self.members.keys() {
            for (name, value) in self.open.iter().zip(values) {
                all.entry(name).or_default().insert(value);
            }
        }
        all.retain(|_, values| values.len() > 1);
        all
    }

    /// The PromQL that counts the events of a window, in seconds.
    #[must_use]
    pub fn increase(&self, window: i64) -> String {
        match (self.by().into_keys().collect::<Vec<&str>>().join(","), self.members.values().next()) {
            (_, None) => String::new(),
            (by, Some(only)) if by.is_empty() => only.increase(window),
            (by, Some(_)) => format!("sum by ({by}) (increase({}[{window}s]))", self.selected()),
        }
    }

    /// The PromQL that sums what is there at an instant.
    #[must_use]
    pub fn sum(&self) -> String {
        let by = self.by().into_keys().collect::<Vec<&str>>().join(",");
        let by = if by.is_empty() { by } else { format!(" by ({by}) ") };
        format!("sum{by}({})", self.selected())
    }

    /// The PromQL of the newest values within a window, in seconds: one for each series.
    #[must_use]
    pub fn newest(&self, window: i64) -> String {
        format!("last_over_time({}[{window}s])", self.selected())
    }

    /// The PromQL that selects what all of the selectors select.
    fn selected(&self) -> String {
        let Some(first) = self.members.values().next() else { return String::new() };
        let by = self.by();
        let joined = |matcher: &Matcher| {
            let values = by.get(matcher.name.as_str()).filter(|_| matcher.op == MatchOp::Equal)?;
            let literals: Vec<String> = values.iter().map(|value| literal(value)).collect();
            Some(format!("{}=~{}", matcher.name, quoted(&literals.join("|"))))
        };
        let matchers =
            first.matchers.iter().map(|matcher| joined(matcher).unwrap_or_else(|| written(matcher)));
        super::printed(&first.metric, matchers.collect())
    }

    /// Whose a group with these labels is.
    #[must_use]
    pub fn group(&self, labels: &BTreeMap<String, String>) -> Group<'_> {
        let by = self.by();
        if let (true, Some(only)) = (by.is_empty(), self.members.values().next()) {
            return Group::Of(only);
        }
        for (name, values) in &by {
            if labels.get(*name).is_none_or(|value| !values.contains(value.as_str())) {
                return Group::Foreign;
            }
        }
        let Some(values) = self.members.keys().next() else { return Group::Foreign };
        let asked = self.open.iter().zip(values).map(|(name, common)| {
            if by.contains_key(name.as_str()) {
                labels.get(name).cloned().unwrap_or_default()
            } else {
                common.clone()
            }
        });
        self.members.get(&asked.collect::<Vec<_>>()).map_or(Group::Beside, Group::Of)
    }
}

/// A regular expression that matches exactly this text.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            literal.push('\\');
        }
        literal.push(c);
    }
    literal
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::Query;
    use crate::diagnostic::{Place, SourceText};

    fn selector(text: &str) -> Selector {
        let source = SourceText::new("a.yaml", text);
        let place = Place::new(&source, 0..text.len());
        let counted = super::super::parse(&Query { text: text.to_owned(), place }).expect("a counter");
        counted.terms()[0].selector.clone()
    }

    /// The query of several selectors of one pattern.
    fn fused(texts: &[&str], pinned: &[&str]) -> Fused {
        let pinned = pinned.iter().map(|name| (*name).to_owned()).collect();
        let selectors: Vec<Selector> = texts.iter().map(|text| selector(text)).collect();
        let patterns: BTreeSet<Pattern> = selectors.iter().map(|one| one.pattern(&pinned)).collect();
        assert_eq!(patterns.len(), 1, "{patterns:?}");
        let mut all = selectors.iter().map(|one| Fused::new(one, &pinned));
        let first = all.next().expect("a selector");
        all.fold(first, |fused, one| fused.with(&one))
    }

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_the_labels_that_differ_are_joined_and_kept_apart() {
        let one = fused(&["x{env=\"p\",service=\"a\",code=~\"5..\"}"], &["env"]);
        assert_eq!(one.increase(60), "sum(increase(x{code=~\"5..\",env=\"p\",service=\"a\"}[60s]))");
        let texts =
            ["x{env=\"p\",service=\"b.c\",code=~\"5..\"}", "x{env=\"p\",service=\"a\",code=~\"5..\"}"];
        assert_eq!(
            fused(&texts, &["env"]).increase(60),
            "sum by (service) (increase(x{code=~\"5..\",env=\"p\",service=~\"a|b\\\\.c\"}[60s]))"
        );
    }

    #[test]
    fn the_same_selector_twice_is_one() {
        let same = fused(&["x{a=\"1\"}", "sum(x{a='1'})"], &[]);
        assert_eq!((same.len(), same.increase(60).as_str()), (1, "sum(increase(x{a=\"1\"}[60s]))"));
    }

    #[test]
    fn what_differs_otherwise_is_another_family() {
        let pinned = BTreeSet::from(["env".to_owned()]);
        let texts = [
            "x{env=\"p\",a=\"1\"}",
            "x{env=\"q\",a=\"1\"}",
            "x{env=\"p\",b=\"1\"}",
            "x{env=\"p\",a=\"1\",b=\"1\"}",
            "x{env=\"p\",a=~\"1\"}",
            "x{env=\"p\",a=\"1\",b=~\"1\"}",
            "x{env=\"p\",a=\"1\",b=~\"2\"}",
            "x{env=\"p\",a!=\"1\"}",
            "x{env=\"p\"}",
            "y{env=\"p\",a=\"1\"}",
            // An absent label has no group of its own, and two values of one label select nothing.
            "x{env=\"p\",a=\"\"}",
            "x{env=\"p\",a=\"1\",a=\"2\"}",
            "x{env=\"p\",\"a.b\"=\"1\"}",
            "x{env=\"p\",\"a.b\"=\"2\"}",
        ];
        let patterns: BTreeSet<Pattern> = texts.iter().map(|text| selector(text).pattern(&pinned)).collect();
        assert_eq!(patterns.len(), texts.len());
    }

    #[test]
    fn a_group_is_that_of_the_selector_that_asked_for_it_or_of_nobody() {
        let one = fused(&["x{a=\"1\",b=\"2\"}", "x{a=\"3\",b=\"4\"}"], &[]);
        assert_eq!(one.group(&labels(&[("a", "1"), ("b", "2")])), Group::Of(&selector("x{a=\"1\",b=\"2\"}")));
        assert_eq!(one.group(&labels(&[("a", "3"), ("b", "4")])), Group::Of(&selector("x{a=\"3\",b=\"4\"}")));
        assert_eq!(one.group(&labels(&[("a", "1"), ("b", "4")])), Group::Beside);
        for foreign in [&[("a", "1")][..], &[], &[("a", "1"), ("b", "5")], &[("a", "1"), ("b", "")]] {
            assert_eq!(one.group(&labels(foreign)), Group::Foreign, "{foreign:?}");
        }
    }

    #[test]
    fn halves_ask_for_everything_once() {
        let texts = ["x{a=\"1\"}", "x{a=\"2\"}", "x{a=\"3\"}"];
        let whole = fused(&texts, &[]);
        let [first, second] = whole.halves().expect("three can be halved");
        assert_eq!((first.len(), second.len()), (1, 2));
        assert_eq!(first.with(&second), whole);
        assert!(fused(&texts[..1], &[]).halves().is_none());
    }

    proptest! {
        /// Whatever the values are, the joined matcher selects those and nothing else, and the query reads as it was
        /// meant.
        #[test]
        fn a_joined_matcher_selects_what_its_parts_select(
            values in proptest::collection::btree_set("\\PC{1,8}|[a-c.|()*+?\\\\\"\\n^$\\[\\]{}-]{1,6}", 2..6),
            other in "\\PC{1,8}|[a-c.|()*+?\\\\\"\\n^$\\[\\]{}-]{1,6}",
        ) {
            let base = selector("x{env=\"p\"}");
            let counted = super::super::parse(&Query {
                text: "x{env=\"p\"}".to_owned(),
                place: Place::new(&SourceText::new("a.yaml", ""), 0..0),
            }).expect("a counter");
            let of = |value: &String| {
                let matchers = [("a".to_owned(), value.clone())].into();
                counted.with_matchers(&matchers).expect("no contradiction").terms()[0].selector.clone()
            };
            let mut all = values.iter().map(|value| Fused::new(&of(value), &BTreeSet::new()));
            let first = all.next().expect("a value");
            let fused = all.fold(first, |fused, one| fused.with(&one));
            prop_assert_eq!(fused.len(), values.len());
            let text = fused.increase(60);
            let inside = text.strip_prefix("sum by (a) (increase(").and_then(|text| text.strip_suffix("[60s]))"));
            let read = selector(inside.expect("a sum by the label"));
            for value in values.iter().chain([&other]) {
                let labels = labels(&[("__name__", "x"), ("env", "p"), ("a", value)]);
                prop_assert_eq!(read.matches(&labels), values.contains(value), "{:?}", value);
                prop_assert!(base.matches(&labels));
            }
        }
    }
}
