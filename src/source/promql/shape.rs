//! Which shapes of query can be counted, and where and why any other one is refused.
//!
//! The parser gives a tree without positions, so a refusal names the fragment that it is about, and the fragment
//! is looked up in the text as it was written. When it cannot be found for certain, the whole query is underlined.
//! Only a text that is no query is an error: what another program makes of a query need not be countable here.

use std::num::FpCategory;
use std::rc::Rc;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::token::{T_ADD, T_LOR, T_SUB, T_SUM};
use promql_parser::parser::{AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorSelector};

use super::text::{filled, locate, unknown_window};
use super::{Counted, NAME, Selector, Term, bounds, recall};
use crate::catalog::Query;
use crate::diagnostic::{Code, Diagnostic};

/// The longest query that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// The deepest nesting of parentheses that is read.
const DEEPEST: usize = 64;

/// What can be counted.
const SHAPES: &str = "write a counter, `sum(rate(counter{...}[5m]))`, or sums and differences of those; the window \
                      is replaced by the grid's";

/// A query, or a part of it, that cannot be counted.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// Why.
    pub(super) message: String,
    /// The word or sign that it is about; empty for the whole query.
    fragment: String,
    /// What to write instead.
    help: String,
    /// It is no query at all, and not only one that counts no events.
    malformed: bool,
}

impl Refusal {
    /// A refusal with the usual help.
    pub(super) fn new(fragment: impl Into<String>, message: impl Into<String>) -> Self {
        Self { message: message.into(), fragment: fragment.into(), help: SHAPES.to_owned(), malformed: false }
    }

    /// A text that is no query at all.
    fn malformed(message: String) -> Self {
        Self { malformed: true, ..Self::new("", message) }
    }

    /// The same, or that a placeholder of the text is unknown, of which the parser only says that a sign is unexpected.
    fn at_window(self, text: &str) -> Self {
        let Some((written, meant)) = unknown_window(text) else { return self };
        let help = meant.map_or_else(
            || {
                "write a length, such as `5m`, or `{{.window}}`; the window is replaced by the grid's"
                    .to_owned()
            },
            |meant| format!("did you mean `{meant}`?"),
        );
        let message = format!("the query is no PromQL: `{written}` is no window");
        Self { fragment: written.to_owned(), ..Self::malformed(message) }.help(help)
    }

    /// Another help.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// The error about a query, at the fragment.
    pub(super) fn error(self, query: &Query, label: &str) -> Diagnostic {
        let place = locate(query, &self.fragment);
        Diagnostic::error(Code::Query, self.message).at(place, label).help(self.help)
    }
}

/// Reads a query.
pub(super) fn parse(query: &Query) -> Result<Counted, Diagnostic> {
    recall::read(&query.text, read).map_err(|refusal| {
        if refusal.malformed {
            return refusal.error(query, "cannot be counted");
        }
        let place = locate(query, &refusal.fragment);
        let problem = Diagnostic::warning(Code::Query, refusal.message);
        problem.at(place, "cannot be counted, so the budget is unknown").help(refusal.help)
    })
}

/// Reads the text of a query.
fn read(text: &str) -> Result<Counted, Refusal> {
    let tree = tree(&filled(text)).map_err(|refusal| refusal.at_window(text))?;
    let mut terms = Vec::new();
    collect(&tree, false, &mut terms)?;
    Ok(Counted { terms: Rc::new(terms) })
}

/// The tree of a query's text.
pub(super) fn tree(text: &str) -> Result<Expr, Refusal> {
    if text.len() > LONGEST || deepest(text) > DEEPEST {
        let message = format!("a query is at most {LONGEST} bytes long and {DEEPEST} parentheses deep");
        return Err(Refusal::malformed(message));
    }
    if has_strange_escape(text) {
        let message = "the query is no PromQL: a backslash stands before a character that no escape has";
        return Err(Refusal::malformed(message.to_owned()));
    }
    if let Some(message) = bounds::exceeded(text) {
        return Err(Refusal::malformed(message));
    }
    promql_parser::parser::parse(text).map_err(|error| {
        let error = error.replace(['\n', '\r'], " ").replace('`', "'");
        Refusal::malformed(format!("the query is no PromQL: {error}"))
    })
}

/// Whether a backslash escapes a character beyond ASCII: the parser takes that apart, which ends in a panic.
fn has_strange_escape(text: &str) -> bool {
    let mut escaped = false;
    text.chars().any(|c| {
        let is_strange = escaped && !c.is_ascii();
        escaped = c == '\\' && !escaped;
        is_strange
    })
}

/// The deepest nesting of parentheses, those in strings included.
fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Walks sums and differences down to counters.
fn collect(tree: &Expr, negative: bool, terms: &mut Vec<Term>) -> Result<(), Refusal> {
    match tree {
        Expr::Paren(inner) => collect(&inner.expr, negative, terms),
        Expr::Unary(inner) => collect(&inner.expr, !negative, terms),
        Expr::Binary(binary) => combined(binary, negative, terms),
        Expr::Aggregate(aggregate) => {
            terms.push(Term { negative, ..summed(aggregate)? });
            Ok(())
        }
        Expr::VectorSelector(_) | Expr::Call(_) | Expr::MatrixSelector(_) => {
            terms.push(Term { negative, ..counter(tree)? });
            Ok(())
        }
        Expr::Subquery(_) => Err(Refusal::new("", "a subquery cannot be counted over another window")),
        Expr::NumberLiteral(_) => Err(Refusal::new("", "a number is no counter")),
        Expr::StringLiteral(_) | Expr::Extension(_) => Err(Refusal::new("", "a text is no counter")),
    }
}

/// `+`, `-` and `or vector(0)`; any other operator makes something that is no count.
fn combined(binary: &BinaryExpr, negative: bool, terms: &mut Vec<Term>) -> Result<(), Refusal> {
    let sign = binary.op.to_string();
    match binary.op.id() {
        T_ADD | T_SUB if binary.modifier.is_some() => {
            let fragment = if binary.is_matching_on() { "on" } else { "ignoring" };
            Err(Refusal::new(
                fragment,
                format!("`{sign}` with `{fragment}` pairs series and counts no events"),
            )
            .help("write `sum(...)` on both sides and leave the matching out"))
        }
        T_ADD => {
            collect(&binary.lhs, negative, terms)?;
            collect(&binary.rhs, negative, terms)
        }
        T_SUB => {
            collect(&binary.lhs, negative, terms)?;
            collect(&binary.rhs, !negative, terms)
        }
        T_LOR if states_absence(binary) => {
            let start = terms.len();
            collect(&binary.lhs, negative, terms)?;
            // Said of a whole sum it is said of each of its parts: what is there still counts when another part
            // is absent, where Prometheus would drop the whole sum and read 0.
            terms.iter_mut().skip(start).for_each(|term| term.or_zero = true);
            Ok(())
        }
        T_LOR => Err(Refusal::new("or", "`or` is counted only as `or vector(0)`: absence means zero")),
        _ => {
            let help = "an SLO counts events: give good (or bad) and total as queries of their own, without a ratio, a \
                 factor or a comparison";
            Err(Refusal::new(sign.clone(), format!("`{sign}` makes something that is no count of events"))
                .help(help))
        }
    }
}

/// True for `... or vector(0)` and `... or on() vector(0)`.
fn states_absence(binary: &BinaryExpr) -> bool {
    binary.op.id() == T_LOR && is_vector_zero(&binary.rhs) && !binary.is_matching_labels_not_empty()
}

/// True for `vector(0)`, with or without parentheses.
fn is_vector_zero(tree: &Expr) -> bool {
    if let Expr::Paren(inner) = tree {
        return is_vector_zero(&inner.expr);
    }
    let is_zero = |argument: &Expr| matches!(argument, Expr::NumberLiteral(number) if number.val.classify() == FpCategory::Zero);
    matches!(tree, Expr::Call(call) if call.func.name == "vector" && call.args.args.iter().all(|argument| is_zero(argument)))
}

/// `sum(...)` of one counter.
fn summed(aggregate: &AggregateExpr) -> Result<Term, Refusal> {
    let name = aggregate.op.to_string();
    if aggregate.op.id() != T_SUM {
        return Err(Refusal::new(name.clone(), format!("`{name}` is no count of events")));
    }
    match &aggregate.modifier {
        Some(LabelModifier::Exclude(_)) => return Err(split("without")),
        Some(LabelModifier::Include(labels)) if !labels.is_empty() => return Err(split("by")),
        Some(LabelModifier::Include(_)) | None => {}
    }
    absent_or_counter(&aggregate.expr)
}

/// The refusal of a sum that makes several series.
fn split(fragment: &str) -> Refusal {
    Refusal::new(fragment, format!("`sum {fragment}` makes several series where one is meant"))
        .help("leave it out: all series that match are summed; for an SLO per label value write one SLO each")
}

/// What may stand within a sum: a counter, or a counter `or vector(0)`.
fn absent_or_counter(tree: &Expr) -> Result<Term, Refusal> {
    if let Expr::Paren(inner) = tree {
        return absent_or_counter(&inner.expr);
    }
    let Expr::Binary(binary) = tree else { return counter(tree) };
    if states_absence(binary) {
        return Ok(Term { or_zero: true, ..absent_or_counter(&binary.lhs)? });
    }
    let sign = binary.op.to_string();
    Err(Refusal::new(sign.clone(), format!("`{sign}` within `sum` pairs series and counts no events"))
        .help("sum each counter by itself: `sum(rate(a[5m])) + sum(rate(b[5m]))`"))
}

/// A counter, bare or under `rate` or `increase`.
fn counter(tree: &Expr) -> Result<Term, Refusal> {
    match tree {
        Expr::Paren(inner) => counter(&inner.expr),
        Expr::VectorSelector(selector) => plain(selector),
        Expr::Call(call) => ranged(call),
        Expr::MatrixSelector(_) => Err(Refusal::new("", "a range by itself is no count of events")
            .help("write `sum(increase(counter{...}[5m]))`, or the counter without its range")),
        Expr::Aggregate(aggregate) => {
            let name = aggregate.op.to_string();
            Err(Refusal::new(name.clone(), format!("`{name}` within `sum` is no count of events")))
        }
        Expr::Subquery(_) => Err(Refusal::new("", "a subquery cannot be counted over another window")),
        Expr::Unary(_)
        | Expr::Binary(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::Extension(_) => Err(Refusal::new("", "`sum` of this is no count of events")),
    }
}

/// `rate(counter[w])` or `increase(counter[w])`.
fn ranged(call: &Call) -> Result<Term, Refusal> {
    let name = call.func.name;
    if !["rate", "increase"].contains(&name) {
        return Err(Refusal::new(name, format!("`{name}` is no count of events over a window"))
            .help("write `rate` or `increase` of a counter; gauges and averages are not counted"));
    }
    match call.args.args.first().map(|argument| &**argument) {
        Some(Expr::MatrixSelector(matrix)) => plain(&matrix.vs),
        _ => Err(Refusal::new(name, format!("`{name}` counts only a counter with a range, such as `[5m]`"))),
    }
}

/// A selector without anything that shifts it in time.
fn plain(selector: &VectorSelector) -> Result<Term, Refusal> {
    if selector.offset.is_some() {
        return Err(Refusal::new("offset", "`offset` shifts the events to another time than the verdict's"));
    }
    if selector.at.is_some() {
        return Err(Refusal::new("@", "`@` fixes the events at another time than the verdict's"));
    }
    if !selector.matchers.or_matchers.is_empty() {
        return Err(Refusal::new("", "`or` between matchers is no PromQL of Prometheus")
            .help("write a regular expression (`code=~\"500|502\"`), or a sum of two counters"));
    }
    let (names, matchers): (Vec<Matcher>, Vec<Matcher>) =
        selector.matchers.matchers.iter().cloned().partition(|matcher| matcher.name == NAME);
    let metric = match (&selector.name, names.as_slice()) {
        (Some(name), []) => name.clone(),
        (None, [only]) if only.op == MatchOp::Equal => only.value.clone(),
        _ => {
            return Err(Refusal::new("", "a selector must name exactly one metric").help(
                "write the counter's name before the braces, and a sum of several counters as `a + b`",
            ));
        }
    };
    Ok(Term { negative: false, or_zero: false, selector: Selector::new(metric, matchers) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, SourceText};

    fn printed(text: &str) -> String {
        let counted = read(text).map_err(|refusal| refusal.message).expect("a query that can be counted");
        counted.increase(300)
    }

    fn refused(text: &str) -> (String, String) {
        let Err(refusal) = read(text) else { panic!("`{text}` can be counted") };
        assert!(!refusal.help.is_empty());
        (refusal.message, refusal.fragment)
    }

    #[test]
    fn a_counter_is_counted_over_another_window_however_it_is_written() {
        let counted = "sum(increase(x_total{a=\"b\"}[300s]))";
        for text in [
            "x_total{a=\"b\"}",
            "sum(x_total{a='b'})",
            "sum by () (x_total{a='b'})",
            "increase(x_total{a=\"b\"}[1h])",
            "((sum((rate(x_total{a=\"b\"}[5m])))))",
            "sum(rate(x_total{a=\"b\"}[$window]))",
            "sum(rate(x_total{a=\"b\"}[{{.window}}]))",
            "sum(rate(x_total{a=\"b\"}[{{ .window }}]))",
            "sum(increase(x_total{a=\"b\"}[window]))",
            "sum(rate({__name__=\"x_total\", a=\"b\"}[5m]))",
        ] {
            assert_eq!(printed(text), counted, "{text}");
        }
    }

    #[test]
    fn a_placeholder_within_a_matcher_stays() {
        assert_eq!(
            printed("sum(rate(x{a=\"[window] {\"}[window]))"),
            "sum(increase(x{a=\"[window] {\"}[300s]))"
        );
    }

    #[test]
    fn sums_and_differences_keep_their_signs() {
        let sum = |name: &str| format!("sum(increase({name}[300s]))");
        let (a, b, c) = (sum("a"), sum("b"), sum("c"));
        assert_eq!(printed("sum(a) - (sum(b) - rate(c[1m]))"), format!("{a} - {b} + {c}"));
        assert_eq!(printed("-a + b"), format!("-{a} + {b}"));
    }

    #[test]
    fn absence_means_zero_only_where_it_is_said() {
        let (a, b) = ("sum(increase(a[300s]))", "sum(increase(b[300s]))");
        assert_eq!(printed("sum(a) or vector(0)"), format!("{a} or vector(0)"));
        assert_eq!(printed("sum(rate(a[5m]) or on() (vector(0)))"), format!("{a} or vector(0)"));
        assert_eq!(printed("sum(a) + (sum(b) or vector(0))"), format!("{a} + ({b} or vector(0))"));
        assert_eq!(
            printed("sum(a) - sum(b) or vector(0)"),
            format!("({a} or vector(0)) - ({b} or vector(0))")
        );
        assert_eq!(printed("-(a or vector(0))"), format!("-({a} or vector(0))"));
    }

    #[test]
    fn what_is_no_count_of_events_is_refused_with_its_fragment() {
        for (text, fragment) in [
            ("sum by (pod) (rate(x[5m]))", "by"),
            ("sum without (pod) (x)", "without"),
            ("avg(rate(x[5m]))", "avg"),
            ("sum(count(x))", "count"),
            ("sum(irate(x[5m]))", "irate"),
            ("avg_over_time(x[5m])", "avg_over_time"),
            ("deriv(x[5m])", "deriv"),
            ("sum(rate(x[5m] offset 5m))", "offset"),
            ("x @ 5", "@"),
            ("sum(rate(x[5m:1m]))", "rate"),
            ("x[5m:]", ""),
            ("x[5m]", ""),
            ("sum(a) / sum(b)", "/"),
            ("sum(a) * 2", "*"),
            ("a > 0", ">"),
            ("a + on (pod) b", "on"),
            ("a - ignoring (pod) b", "ignoring"),
            ("a or b", "or"),
            ("a or vector(1)", "or"),
            ("a or on (pod) vector(0)", "or"),
            ("a unless b", "unless"),
            ("sum(a + b)", "+"),
            ("sum(-a)", ""),
            ("sum(1)", ""),
            ("5", ""),
            ("\"x\"", ""),
            ("vector(0)", "vector"),
            ("{a=\"b\"}", ""),
            ("{__name__=~\"a|b\"}", ""),
            ("x{a=\"b\" or c=\"d\"}", ""),
            ("topk(3, x)", "topk"),
            ("rate(x[5m]", ""),
            ("", ""),
            ("rate(x[$other])", "$other"),
            ("rate(x[{{ .Window }}])", "{{ .Window }}"),
            ("rate(x[Window])", "Window"),
            ("rate(x[5mm])", ""),
        ] {
            assert_eq!(refused(text).1, fragment, "{text}: {}", refused(text).0);
        }
        assert!(refused(&"(".repeat(100)).0.contains("parentheses deep"));
        assert!(refused(&"x".repeat(20_000)).0.contains("bytes long"));
    }

    #[test]
    fn the_nearest_placeholder_is_named() {
        let help = |text: &str| read(text).expect_err("it is refused").help;
        assert_eq!(help("rate(x[{{.Window}}])"), "did you mean `{{.window}}`?");
        assert_eq!(help("rate(x[{{.window}])"), "did you mean `{{.window}}`?");
        assert!(help("rate(x[$__range])").starts_with("write a length, such as `5m`"));
    }

    /// A query of a YAML file, with the place of its scalar.
    fn query(file: &str, scalar: &str, text: &str) -> Query {
        let source = SourceText::new("slos/a.yaml", file);
        let start = file.find(scalar).expect("the scalar is in the file");
        Query { text: text.to_owned(), place: Place::new(&source, start..start + scalar.len()) }
    }

    #[test]
    fn the_underline_is_under_the_offending_word() {
        let underlined = |query: &Query| {
            let problem = parse(query).expect_err("a query that cannot be counted");
            problem.place().expect("a place").clone()
        };
        let text = "sum(rate(x{by=\"by\"}[5m])) by (pod)";
        let plain = format!("query: {text}\n");
        let place = underlined(&query(&plain, text, text));
        assert_eq!((place.text(), place.column()), ("by", 7 + 27));
        let single = format!("query: '{text}'\n");
        assert_eq!(underlined(&query(&single, &format!("'{text}'"), text)).column(), 8 + 27);
        let escaped = format!("\"{}\"", text.replace('"', "\\\""));
        let double = format!("query: {escaped}\n");
        assert_eq!(underlined(&query(&double, &escaped, text)).column(), 8 + 29);
        let block = "|\n  avg(\n    x)\n";
        let file = format!("query: {block}");
        let place = underlined(&query(&file, block, "avg(\n  x)\n"));
        assert_eq!((place.text(), place.line()), ("avg", 2));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-c(){}\\[\\]=~\"'$.0-9m+*/, @:-]{0,40}|\\PC{0,40}") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_printed_reads_the_same(value in "\\PC{0,12}|[\\x00-\\x1f\"\\\\`']{0,6}") {
            let counted = read("sum(x{a!=\"1\"}) - y").unwrap_or_else(|refusal| panic!("{}", refusal.message));
            let matchers = [("env".to_owned(), value)].into();
            let counted = counted.with_matchers(&matchers).expect("no contradiction");
            let again = read(&counted.increase(60)).unwrap_or_else(|refusal| panic!("{}", refusal.message));
            proptest::prop_assert_eq!(again, counted);
        }
    }
}
