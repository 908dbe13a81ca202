//! A signal's query: any `PromQL` that has one number at each instant, with an environment's matchers in every
//! selector.
//!
//! Unlike an SLO's query it is asked as it stands. It is printed from its tree, and what is printed must read as the
//! same tree, so that no label's value becomes a part of the query.

use std::collections::BTreeMap;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Expr, LabelModifier, VectorSelector};

use super::shape::{self, Refusal};
use super::{NAME, confine, is_name};
use crate::catalog::Query;
use crate::diagnostic::Diagnostic;

/// What a signal's query is.
const SHAPES: &str =
    "write a query that makes one number at each instant, such as `max(node_cpu_ratio) > bool 0.9`";

/// A query that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// Its tree.
    tree: Expr,
}

/// Reads a query.
///
/// # Errors
/// When it is no `PromQL`, or has no number at an instant.
pub fn parse(query: &Query) -> Result<Expression, Diagnostic> {
    read(&query.text).map_err(|refusal| refusal.error(query, "cannot be asked"))
}

/// Reads the text of a query.
fn read(text: &str) -> Result<Expression, Refusal> {
    let mut tree = shape::tree(text).map_err(|refusal| refusal.help(SHAPES))?;
    let kind = match tree.value_type() {
        ValueType::Vector | ValueType::Scalar => None,
        ValueType::Matrix => Some("a range of numbers"),
        ValueType::String => Some("a text"),
    };
    if let Some(kind) = kind {
        let message = format!("the query makes {kind}, and a signal is one number at each instant");
        return Err(Refusal::new("", message).help(SHAPES));
    }
    let mut refused = None;
    selectors(&mut tree, &mut |selector| refused = refused.take().or(plain(selector).err()));
    match refused {
        Some(refusal) => Err(refusal),
        None => Ok(Expression { tree }),
    }
}

impl Expression {
    /// The query with matchers of equality in every selector.
    ///
    /// # Errors
    /// When a selector excludes one of the values, so that nothing could match.
    pub fn with_matchers(&self, matchers: &BTreeMap<String, String>) -> Result<String, String> {
        let mut tree = self.tree.clone();
        let mut contradiction = None;
        selectors(&mut tree, &mut |selector| {
            let confined = confine(&mut selector.matchers.matchers, matchers);
            contradiction = contradiction.take().or(confined.err());
        });
        let text = tree.to_string();
        match (contradiction, read(&text)) {
            (Some(contradiction), _) => Err(contradiction),
            (None, Ok(again)) if again.tree == tree => Ok(text),
            (None, _) => Err(format!("the query does not read as it was written once it is `{text}`")),
        }
    }
}

/// Brings a selector into the form in which it can be printed and asked at any instant.
fn plain(selector: &mut VectorSelector) -> Result<(), Refusal> {
    if selector.at.is_some() {
        let message = "`@` fixes the signal at another time than each point's";
        return Err(Refusal::new("@", message).help("leave it out: the query is asked for each point"));
    }
    if !selector.matchers.or_matchers.is_empty() {
        return Err(Refusal::new("", "`or` between matchers is no PromQL of Prometheus")
            .help("write a regular expression (`code=~\"500|502\"`), or `or` between two selectors"));
    }
    if let Some(name) = selector.name.take_if(|name| !is_name(name, ":")) {
        selector.matchers.matchers.push(Matcher::new(MatchOp::Equal, NAME, &name));
    }
    Ok(())
}

/// Looks at every selector of a tree.
fn selectors(tree: &mut Expr, look: &mut dyn FnMut(&mut VectorSelector)) {
    match tree {
        Expr::VectorSelector(selector) => look(selector),
        Expr::MatrixSelector(matrix) => look(&mut matrix.vs),
        Expr::Paren(inner) => selectors(&mut inner.expr, look),
        Expr::Unary(inner) => selectors(&mut inner.expr, look),
        Expr::Subquery(inner) => selectors(&mut inner.expr, look),
        Expr::Binary(binary) => {
            selectors(&mut binary.lhs, look);
            selectors(&mut binary.rhs, look);
        }
        Expr::Aggregate(aggregate) => {
            // Over no labels is over all, which is how it is printed.
            let nothing =
                |by: &mut LabelModifier| matches!(by, LabelModifier::Include(labels) if labels.is_empty());
            aggregate.modifier.take_if(nothing);
            aggregate.param.iter_mut().for_each(|parameter| selectors(parameter, look));
            selectors(&mut aggregate.expr, look);
        }
        Expr::Call(call) => call.args.args.iter_mut().for_each(|argument| selectors(argument, look)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str, matchers: &[(&str, &str)]) -> Result<String, String> {
        let matchers = matchers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(text).map_err(|refusal| refusal.message)?.with_matchers(&matchers.collect())
    }

    #[test]
    fn matchers_go_into_every_selector() {
        for (text, wanted) in [
            ("up", "up{env=\"prod\"}"),
            ("up{env=\"prod\"}", "up{env=\"prod\"}"),
            ("1 - avg(rate(idle{mode='idle'}[5m]))", "1 - avg(rate(idle{env=\"prod\",mode=\"idle\"}[5m]))"),
            ("max(cpu) > bool 0.9 or vector(0)", "max(cpu{env=\"prod\"}) > bool 0.9 or vector(0)"),
            (
                "sum by (zone) (a) / on (zone) group_left () sum by () (b offset 5m)",
                "sum by (zone) (a{env=\"prod\"}) / on (zone) group_left () sum(b{env=\"prod\"} offset 5m)",
            ),
            (
                "max_over_time((avg_over_time(cpu[15m]) > bool 0.9)[1h:5m])",
                "max_over_time((avg_over_time(cpu{env=\"prod\"}[15m]) > bool 0.9)[1h:5m])",
            ),
            ("topk(scalar(n), x)", "topk(scalar(n{env=\"prod\"}), x{env=\"prod\"})"),
            ("-({\"my.metric\"})", "-({__name__=\"my.metric\",env=\"prod\"})"),
            (
                "count(ALERTS{alertstate=\"firing\",severity=\"critical\"} == 1) or vector(0)",
                "count(ALERTS{alertstate=\"firing\",env=\"prod\",severity=\"critical\"} == 1) or vector(0)",
            ),
            ("hour() >= bool 8", "hour() >= bool 8"),
            ("1", "1"),
        ] {
            let text = asked(text, &[("env", "prod")]).expect("it can be asked");
            let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().concat();
            assert_eq!(squeezed(&text), squeezed(wanted));
        }
    }

    #[test]
    fn a_value_never_becomes_a_part_of_the_query() {
        let hostile = "x\"}) or vector(1) #\\\n\t{";
        let text =
            asked("sum(a) or label_replace(b, \"c\", \"$1\\\"}\", \"d\", \"(.*)\")", &[("env", hostile)]);
        let text = text.expect("it can be asked");
        let mut tree = read(&text).map_err(|refusal| refusal.message).expect("it reads again").tree;
        let mut seen = 0;
        selectors(&mut tree, &mut |selector| {
            let value = selector.matchers.matchers.iter().find(|matcher| matcher.name == "env");
            assert_eq!(value.expect("the matcher").value, hostile);
            seen += 1;
        });
        assert_eq!(seen, 2);
    }

    #[test]
    fn another_value_contradicts() {
        let words = asked("a + b{env=\"dev\"}", &[("env", "prod")]).expect_err("a contradiction");
        assert_eq!(words, "`env=\"dev\"` excludes `env=\"prod\"`");
    }

    #[test]
    fn what_has_no_number_at_an_instant_is_refused() {
        for (text, words) in [
            ("x[5m]", "a range of numbers"),
            ("x[1h:5m]", "a range of numbers"),
            ("\"x\"", "a text"),
            ("x @ 5", "another time"),
            ("rate(x[5m] @ end())", "another time"),
            ("x{a=\"b\" or c=\"d\"}", "`or` between matchers"),
            ("max(x", "no PromQL"),
            ("x{a=~\"\\\u{e4}\"}", "no escape has"),
            ("", "no PromQL"),
            ("{}", "no PromQL"),
        ] {
            let refused = asked(text, &[]).expect_err(text);
            assert!(refused.contains(words), "{text}: {refused}");
        }
        assert!(asked(&"(".repeat(100), &[]).expect_err("too deep").contains("parentheses deep"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-c(){}\\[\\]=~\"'$.0-9m+*/, @:-]{0,40}|\\PC{0,40}", value in "\\PC{0,12}") {
            let _ = asked(&text, &[("env", &value)]);
        }
    }
}
