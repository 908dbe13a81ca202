//! What a condition means, read from its syntax: comparisons of facts with constants, joined by and, or and not.
//!
//! Constants are folded, captured ones included, and calls of the script's own functions are followed. Whatever is
//! something else is kept as the text that the author wrote, never guessed at. `prose` says a sense in words,
//! `soundness` asks what it can be true of.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine's syntax is not exhaustive, and what is not named is kept as it was written"
)]

use std::collections::BTreeMap;

use rhai::{AST, ASTNode, BinaryExpr, Dynamic, Expr, FnCallExpr, Module, Shared, Stmt};
use rust_decimal::Decimal;

use super::layout::Layout;
use super::value::Ratio;
use super::{Condition, Policy};
use crate::diagnostic::Place;

/// The facts that are read with one text and compared with a constant.
const COMPARED: [&str; 3] = ["burned", "burn_rate", "burned_by"];

/// How deep functions are followed into functions.
const MOST_CALLS: usize = 8;

/// What a condition means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sense {
    /// The same for every budget.
    Constant(bool),
    /// All of them hold.
    All(Vec<Self>),
    /// One of them holds.
    Any(Vec<Self>),
    /// A fact is compared with a constant.
    Compares(Compares),
    /// Something that is not taken apart.
    Written(Written),
}

/// A fact compared with a constant, the fact on the left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compares {
    /// The fact.
    pub(super) fact: Fact,
    /// The operator.
    pub(super) operator: Operator,
    /// The constant.
    pub(super) constant: Constant,
    /// Where it is written.
    pub(super) place: Place,
}

/// A fact and its argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fact {
    /// `burn_rate`.
    pub(super) name: String,
    /// `1h`.
    pub(super) argument: Option<String>,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

/// What a fact is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    /// A share, or a plain number.
    Number(Decimal),
    /// A text.
    Text(String),
}

/// A part of a condition as its author wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    /// The text.
    pub(super) text: String,
    /// It does not hold.
    pub(super) negated: bool,
    /// The constants that it names: their names and values.
    pub(super) given: Vec<(String, String)>,
}

impl Operator {
    /// The operator that a policy writes so.
    fn written(text: &str) -> Option<Self> {
        Some(match text {
            "<" => Self::Below,
            "<=" => Self::AtMost,
            ">" => Self::Above,
            ">=" => Self::AtLeast,
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            _ => return None,
        })
    }

    /// The operator with its sides exchanged.
    pub(super) const fn mirrored(self) -> Self {
        match self {
            Self::Below => Self::Above,
            Self::AtMost => Self::AtLeast,
            Self::Above => Self::Below,
            Self::AtLeast => Self::AtMost,
            Self::Equal => Self::Equal,
            Self::Unequal => Self::Unequal,
        }
    }

    /// The operator that holds exactly where this one does not: facts that are known are totally ordered.
    const fn negated(self) -> Self {
        match self {
            Self::Below => Self::AtLeast,
            Self::AtMost => Self::Above,
            Self::Above => Self::AtMost,
            Self::AtLeast => Self::Below,
            Self::Equal => Self::Unequal,
            Self::Unequal => Self::Equal,
        }
    }

    /// Whether it holds for an ordering of left and right.
    pub(super) fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Below => left < right,
            Self::AtMost => left <= right,
            Self::Above => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
        }
    }
}

impl Sense {
    /// The sense that holds exactly where this one does not.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Constant(truth) => Self::Constant(!truth),
            Self::All(parts) => Self::Any(parts.into_iter().map(Self::negated).collect()),
            Self::Any(parts) => Self::All(parts.into_iter().map(Self::negated).collect()),
            Self::Compares(compares) => {
                Self::Compares(Compares { operator: compares.operator.negated(), ..compares })
            }
            Self::Written(written) => Self::Written(Written { negated: !written.negated, ..written }),
        }
    }

    /// True when a part of it was not taken apart.
    fn has_written(&self) -> bool {
        match self {
            Self::Written(_) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::has_written),
            Self::Constant(_) | Self::Compares(_) => false,
        }
    }
}

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
            Self::Ratio(share) => Some(super::prose::share(*share)),
            Self::Text(text) => Some(format!("\"{text}\"")),
            Self::Budget | Self::Fact(_) | Self::Truth(_) | Self::Other => None,
        }
    }
}

/// What the names of one function body stand for.
type Meanings = BTreeMap<String, Term>;

/// Reads a condition of a policy.
pub(super) fn read(policy: &Policy, condition: &Condition) -> Sense {
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
            Expr::Dot(chain, ..) => self.fact(chain, meanings),
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

    /// `budget.remaining`, `budget.burned("24h")`.
    fn fact(&self, chain: &BinaryExpr, meanings: &Meanings) -> Term {
        if !matches!(self.term(&chain.lhs, meanings, 0), Term::Budget) {
            return Term::Other;
        }
        match &chain.rhs {
            Expr::Property(property, _) => Term::Fact(Fact { name: property.2.to_string(), argument: None }),
            Expr::MethodCall(call, _) => match call.args.as_slice() {
                [argument] if COMPARED.contains(&call.name.as_str()) => {
                    match self.term(argument, meanings, 0) {
                        Term::Text(text) => {
                            Term::Fact(Fact { name: call.name.to_string(), argument: Some(text) })
                        }
                        _ => Term::Other,
                    }
                }
                _ => Term::Other,
            },
            _ => Term::Other,
        }
    }

    /// An operator, `percent`, or a function of the script.
    fn call(&self, call: &FnCallExpr, whole: &Expr, meanings: &Meanings, depth: usize) -> Term {
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

    /// A comparison.
    fn compared(&self, operator: Operator, left: &Term, right: &Term, whole: &Expr) -> Term {
        let constant = |term: &Term| match term {
            Term::Number(number) | Term::Ratio(number) => Some(Constant::Number(*number)),
            Term::Text(text) => Some(Constant::Text(text.clone())),
            _ => None,
        };
        let compares = |fact: &Fact, operator, term| {
            constant(term).map_or(Term::Other, |constant| {
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

#[cfg(test)]
mod tests;
