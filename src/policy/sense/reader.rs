//! From the syntax of a condition to its sense.
//!
//! What an expression stands for is followed through names, captured constants and the script's own functions.
//! Whatever happens on the way that is not followed leaves the expression as it was written.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine's syntax is not exhaustive, and what is not named is kept as it was written"
)]

use std::collections::BTreeMap;

use rhai::{AST, ASTNode, BinaryExpr, Dynamic, Expr, FlowControl, FnCallExpr, Module, Shared, Stmt};
use rust_decimal::Decimal;

use super::{Compares, Constant, Fact, Operator, Sense, Written};
use crate::catalog::Priority;
use crate::diagnostic::Place;
use crate::policy::layout::Layout;
use crate::policy::value::Ratio;
use crate::policy::vocabulary::{self, Takes};
use crate::policy::{Condition, Policy, length, prose};

/// How deep functions are followed into functions.
const MOST_CALLS: usize = 8;

/// What an expression stands for.
#[derive(Debug, Clone)]
enum Term {
    /// The budget.
    Budget,
    /// A fact of it.
    Fact(Fact),
    /// A number without a unit.
    Number(Decimal),
    /// A share.
    Ratio(Decimal),
    /// A text.
    Text(String),
    /// True or false.
    Truth(Sense),
    /// Something that is not taken apart.
    Other,
}

impl Term {
    /// The term of a value that a condition captured.
    fn of_value(value: &Dynamic) -> Self {
        if let Some(ratio) = value.clone().try_cast::<Ratio>() {
            return Self::Ratio(ratio.share());
        }
        if let Ok(truth) = value.as_bool() {
            return Self::Truth(Sense::Constant(truth));
        }
        let number = value.as_int().map(Decimal::from).or_else(|_| value.as_decimal());
        match (number, value.clone().into_immutable_string()) {
            (Ok(number), _) => Self::Number(number),
            (Err(_), Ok(text)) => Self::Text(text.to_string()),
            (Err(_), Err(_)) => Self::Other,
        }
    }

    /// A constant as people write it.
    fn shown(&self) -> Option<String> {
        match self {
            Self::Number(number) => Some(number.normalize().to_string()),
            Self::Ratio(share) => Some(prose::share(*share)),
            Self::Text(text) => Some(format!("\"{text}\"")),
            Self::Budget | Self::Fact(_) | Self::Truth(_) | Self::Other => None,
        }
    }
}

/// What the names of one function body stand for.
type Meanings = BTreeMap<String, Term>;

/// Reads a condition of a policy.
pub(in crate::policy) fn read(policy: &Policy, condition: &Condition) -> Sense {
    let reader = Reader { functions: &policy.script.functions, layout: &policy.script.layout };
    let mut given: Vec<Term> = condition.function.curry().iter().map(Term::of_value).collect();
    given.push(Term::Budget);
    let text = closure_body(&Layout::bare(&condition.place));
    match reader.body(condition.function.fn_name(), given, 0) {
        Some((Term::Truth(sense), whole)) if whole || !sense.has_written() => sense,
        _ => Sense::Written(Written { text, negated: false, given: Vec::new() }),
    }
}

/// A closure's text without its parameters.
fn closure_body(text: &str) -> String {
    let body = text.strip_prefix('|').and_then(|rest| rest.split_once('|')).map(|(_, body)| body);
    body.unwrap_or(text).trim().to_owned()
}

/// Reads the syntax of one script.
struct Reader<'a> {
    /// Its functions, closures included.
    functions: &'a AST,
    /// Its text.
    layout: &'a Layout,
}

impl Reader<'_> {
    /// What a function answers for what it is given, and whether each part of that can be quoted alone: a part that
    /// names a local variable cannot.
    fn body(&self, name: &str, given: Vec<Term>, depth: usize) -> Option<(Term, bool)> {
        let mut alike = self.functions.iter_fn_def().filter(|function| function.name == name);
        let function = alike.find(|function| function.params.len() == given.len())?;
        let mut meanings: Meanings = function.params.iter().map(ToString::to_string).zip(given).collect();
        // Alone in a module of its own: the engine's walk does not tell in which function it is.
        let mut alone = Module::new();
        alone.set_script_fn(Shared::clone(function));
        let mut statements: Vec<Stmt> = Vec::new();
        AST::new([], alone).walk(&mut |path: &[ASTNode<'_>]| {
            if let [ASTNode::Stmt(statement)] = path {
                statements.push((*statement).clone());
            }
            true
        });
        let (last, before) = statements.split_last()?;
        for statement in before {
            // A name that is given anew, or anything else that happens on the way, is not followed.
            let Stmt::Var(declared, ..) = statement else { return None };
            let term = self.term(&declared.1, &meanings, depth);
            if meanings.insert(declared.0.name.to_string(), term).is_some() {
                return None;
            }
        }
        let answer = match last {
            Stmt::Expr(answer) | Stmt::Return(Some(answer), ..) => (**answer).clone(),
            Stmt::FnCall(call, position) => Expr::FnCall(call.clone(), *position),
            Stmt::If(flow, _) => {
                return Some((Term::Truth(self.branched(flow, &meanings, depth)?), before.is_empty()));
            }
            _ => return None,
        };
        let answer = match self.term(&answer, &meanings, depth) {
            Term::Other => Term::Truth(self.written(&answer, &meanings)),
            term => term,
        };
        Some((answer, before.is_empty()))
    }

    /// What an expression stands for.
    fn term(&self, expression: &Expr, meanings: &Meanings, depth: usize) -> Term {
        match expression {
            Expr::Variable(variable, ..) => meanings.get(variable.1.as_str()).cloned().unwrap_or(Term::Other),
            Expr::And(parts, _) => Term::Truth(Sense::All(self.truths(parts, meanings, depth))),
            Expr::Or(parts, _) => Term::Truth(Sense::Any(self.truths(parts, meanings, depth))),
            Expr::Dot(chain, ..) => self.fact(chain, expression, meanings),
            Expr::Stmt(block) => match block.statements() {
                [Stmt::If(flow, _)] => self.branched(flow, meanings, depth).map_or(Term::Other, Term::Truth),
                _ => Term::Other,
            },
            Expr::FnCall(call, _) => self.call(call, expression, meanings, depth),
            Expr::BoolConstant(..)
            | Expr::IntegerConstant(..)
            | Expr::StringConstant(..)
            | Expr::DynamicConstant(..) => {
                expression.get_literal_value(None).map_or(Term::Other, |value| Term::of_value(&value))
            }
            _ => Term::Other,
        }
    }

    /// What expressions that are true or false mean; parts that are joined the same way stay one list.
    fn truths(&self, parts: &[Expr], meanings: &Meanings, depth: usize) -> Vec<Sense> {
        parts.iter().map(|part| self.truth(part, meanings, depth)).collect()
    }

    /// What an expression means that is true or false; its text where it is not taken apart.
    fn truth(&self, expression: &Expr, meanings: &Meanings, depth: usize) -> Sense {
        match self.term(expression, meanings, depth) {
            Term::Truth(sense) => sense,
            _ => self.written(expression, meanings),
        }
    }

    /// `budget.remaining`, `budget.burned("24h")`, `budget.sla.remaining`, `budget.premature`.
    fn fact(&self, chain: &BinaryExpr, whole: &Expr, meanings: &Meanings) -> Term {
        if !matches!(self.term(&chain.lhs, meanings, 0), Term::Budget) {
            return Term::Other;
        }
        let (part, last) = match &chain.rhs {
            Expr::Dot(inner, ..) => match &inner.lhs {
                Expr::Property(part, _) => (format!("{}.", part.2), &inner.rhs),
                _ => return Term::Other,
            },
            last => (String::new(), last),
        };
        let (name, arguments) = match last {
            Expr::Property(property, _) => (&property.2, &[][..]),
            Expr::MethodCall(call, _) => (&call.name, call.args.as_slice()),
            _ => return Term::Other,
        };
        let name = format!("{part}{name}");
        let arguments: Vec<Term> =
            arguments.iter().map(|argument| self.term(argument, meanings, 0)).collect();
        let place = || self.place(whole);
        let compares = |name: &str, argument: Option<&String>, operator, number| {
            let fact = Fact { name: name.to_owned(), argument: argument.cloned() };
            Sense::Compares(Compares { fact, operator, constant: Constant::Number(number), place: place() })
        };
        // What is true or false is said as the comparison that it is defined by.
        match (name.as_str(), arguments.as_slice()) {
            ("premature", []) => Term::Truth(compares("pace", None, Operator::Above, Decimal::ONE)),
            ("exhausts_within", [Term::Text(text)]) => match length::length(text) {
                Some(seconds) => {
                    Term::Truth(compares("time_to_exhaustion", None, Operator::AtMost, seconds.into()))
                }
                None => Term::Other,
            },
            ("burns", [Term::Number(rate), Term::Text(long), Term::Text(short)]) => {
                let windows = [long, short];
                let both = windows.map(|window| compares("burn_rate", Some(window), Operator::Above, *rate));
                Term::Truth(Sense::All(both.into()))
            }
            ("priority_reaches", [Term::Text(name)]) => match Priority::named(name) {
                Some(priority) => {
                    Term::Truth(compares("priority", None, Operator::AtMost, priority.number().into()))
                }
                None => Term::Other,
            },
            ("signal", [Term::Text(signal)]) => {
                Term::Truth(compares("signal", Some(signal), Operator::AtLeast, Decimal::ONE))
            }
            (_, []) => Term::Fact(Fact { name, argument: None }),
            (_, [Term::Text(text)]) => {
                let takes = vocabulary::fact_named(&name).map(|fact| fact.takes);
                let alone = matches!(takes, Some(Takes::Windows | Takes::Name));
                let fact = || Term::Fact(Fact { name: name.clone(), argument: Some(text.clone()) });
                if alone { fact() } else { Term::Other }
            }
            _ => Term::Other,
        }
    }

    /// `if a { b } else { c }`, where that is but an and or an or: where one of its branches is always the same.
    fn branched(&self, flow: &FlowControl, meanings: &Meanings, depth: usize) -> Option<Sense> {
        let branch = |statements: &[Stmt]| match statements {
            [Stmt::Expr(answer)] => Some(self.truth(answer, meanings, depth)),
            [Stmt::If(inner, _)] => self.branched(inner, meanings, depth),
            _ => None,
        };
        let asked = self.truth(&flow.expr, meanings, depth);
        let (then, otherwise) = (branch(flow.body.statements())?, branch(flow.branch.statements())?);
        Some(match (then, otherwise) {
            (Sense::Constant(true), otherwise) => Sense::Any(vec![asked, otherwise]),
            (then, Sense::Constant(false)) => Sense::All(vec![asked, then]),
            (Sense::Constant(false), otherwise) => Sense::All(vec![asked.negated(), otherwise]),
            (then, Sense::Constant(true)) => Sense::Any(vec![asked.negated(), then]),
            _ => return None,
        })
    }

    /// An operator, `percent`, or a function of the script.
    fn call(&self, call: &FnCallExpr, whole: &Expr, meanings: &Meanings, depth: usize) -> Term {
        if let ("contains", [Expr::Array(names, _), looked_for]) = (call.name.as_str(), call.args.as_slice())
        {
            let names: Vec<Term> = names.iter().map(|name| self.term(name, meanings, depth)).collect();
            return self.among(&names, &self.term(looked_for, meanings, depth), whole);
        }
        let given = || call.args.iter().map(|argument| self.term(argument, meanings, depth));
        if !call.is_operator_call() {
            let given: Vec<Term> = given().collect();
            if let ("percent", [Term::Number(number)]) = (call.name.as_str(), given.as_slice()) {
                return number.checked_div(Decimal::ONE_HUNDRED).map_or(Term::Other, Term::Ratio);
            }
            if depth == MOST_CALLS || given.iter().any(|term| matches!(term, Term::Other)) {
                return Term::Other;
            }
            return match self.body(&call.name, given, depth + 1) {
                // What is quoted would name the parameters of a function that nobody sees.
                Some((Term::Truth(sense), _)) if sense.has_written() => Term::Other,
                Some((term, _)) => term,
                None => Term::Other,
            };
        }
        if let ("!", [denied]) = (call.name.as_str(), call.args.as_slice()) {
            return Term::Truth(self.truth(denied, meanings, depth).negated());
        }
        let given: Vec<Term> = given().collect();
        match (call.name.as_str(), given.as_slice()) {
            ("-", [Term::Number(number)]) => Term::Number(-*number),
            ("-", [Term::Ratio(share)]) => Term::Ratio(-*share),
            (operator, [left, right]) => match Operator::written(operator) {
                Some(operator) => self.compared(operator, left, right, whole),
                None => folded(operator, left, right).unwrap_or(Term::Other),
            },
            _ => Term::Other,
        }
    }

    /// `budget.service in ["a", "b"]`: it is one of them.
    fn among(&self, names: &[Term], looked_for: &Term, whole: &Expr) -> Term {
        let is = |name: &Term| match (looked_for, name) {
            (Term::Fact(fact), Term::Text(text)) => Some(Sense::Compares(Compares {
                fact: fact.clone(),
                operator: Operator::Equal,
                constant: Constant::Text(text.clone()),
                place: self.place(whole),
            })),
            _ => None,
        };
        match names {
            [name] => is(name).map_or(Term::Other, Term::Truth),
            names => {
                let each: Option<Vec<Sense>> = names.iter().map(is).collect();
                each.filter(|each| !each.is_empty()).map_or(Term::Other, |each| Term::Truth(Sense::Any(each)))
            }
        }
    }

    /// A comparison.
    fn compared(&self, operator: Operator, left: &Term, right: &Term, whole: &Expr) -> Term {
        let constant = |fact: &Fact, term: &Term| match term {
            Term::Number(number) | Term::Ratio(number) => Some(Constant::Number(*number)),
            Term::Text(text) if fact.name == "time_to_exhaustion" => {
                length::length(text).map(|seconds| Constant::Number(seconds.into()))
            }
            Term::Text(text) => Some(Constant::Text(text.clone())),
            _ => None,
        };
        let compares = |fact: &Fact, operator, term| {
            constant(fact, term).map_or(Term::Other, |constant| {
                let place = self.place(whole);
                Term::Truth(Sense::Compares(Compares { fact: fact.clone(), operator, constant, place }))
            })
        };
        match (left, right) {
            (Term::Fact(fact), term) => compares(fact, operator, term),
            (term, Term::Fact(fact)) => compares(fact, operator.mirrored(), term),
            (Term::Number(left), Term::Number(right)) | (Term::Ratio(left), Term::Ratio(right)) => {
                Term::Truth(Sense::Constant(operator.holds(left, right)))
            }
            (Term::Text(left), Term::Text(right)) => {
                Term::Truth(Sense::Constant(operator.holds(left, right)))
            }
            _ => Term::Other,
        }
    }

    /// An expression as it was written, with the constants that it names.
    fn written(&self, expression: &Expr, meanings: &Meanings) -> Sense {
        let mut given = Vec::new();
        expression.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Expr(Expr::Variable(variable, ..))) = path.last()
                && let Some(shown) = meanings.get(variable.1.as_str()).and_then(Term::shown)
            {
                given.push((variable.1.to_string(), shown));
            }
            true
        });
        given.dedup();
        let text = Layout::bare(&self.place(expression));
        Sense::Written(Written { text, negated: false, given })
    }

    /// Where an expression is written, from its first token to its last.
    fn place(&self, expression: &Expr) -> Place {
        let mut reach: Option<Place> = None;
        expression.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            let Some(node) = path.last() else { return true };
            let place = match node {
                ASTNode::Expr(Expr::FnCall(call, at)) if !call.is_operator_call() => self.layout.call(*at),
                ASTNode::Expr(Expr::MethodCall(_, at)) => self.layout.call(*at),
                // The engine places these at their first part, or nowhere of their own.
                ASTNode::Expr(Expr::Dot(..) | Expr::And(..) | Expr::Or(..)) => None,
                node => self.layout.token(node.position()),
            };
            if let Some(place) = place {
                reach = Some(match &reach {
                    None => place,
                    Some(known) => known.joined(&place),
                });
            }
            true
        });
        let reach = reach.unwrap_or_else(|| Place::line_of(self.layout.source(), 1));
        self.layout.balanced(&reach)
    }
}

/// Arithmetic on constants.
fn folded(operator: &str, left: &Term, right: &Term) -> Option<Term> {
    let (one, other, ratio) = match (left, right) {
        (Term::Number(one), Term::Number(other)) => (*one, *other, false),
        (Term::Ratio(one), Term::Ratio(other)) if matches!(operator, "+" | "-") => (*one, *other, true),
        (Term::Ratio(one), Term::Number(other)) if matches!(operator, "*" | "/") => (*one, *other, true),
        (Term::Number(one), Term::Ratio(other)) if operator == "*" => (*one, *other, true),
        _ => return None,
    };
    let number = match operator {
        "+" => one.checked_add(other),
        "-" => one.checked_sub(other),
        "*" => one.checked_mul(other),
        "/" => one.checked_div(other),
        _ => None,
    }?;
    Some(if ratio { Term::Ratio(number) } else { Term::Number(number) })
}
