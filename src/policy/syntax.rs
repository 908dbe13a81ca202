//! What can be told of a policy from its syntax alone, before anything runs.
//!
//! Names are checked where they are written: facts, windows, methods of clauses and consequences, functions. So every
//! misspelling is found in one run, in branches that no sample reaches too. What would answer wrongly in silence, or
//! hide an error, is refused: `switch`, `try`, texts put together inside of conditions, a host's name defined anew.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine's syntax is not exhaustive, and what is not named passes"
)]

use std::collections::{BTreeMap, BTreeSet};

use rhai::{AST, ASTFlags, ASTNode, BinaryExpr, Expr, FnCallExpr, Position, Stmt};

use super::Names;
use super::complaint::{Complaint, printable};
use super::layout::Layout;
use super::length;
use super::vocabulary::{self, Takes};
use crate::diagnostic::{self, Code, Diagnostic, Place, nearest, suggestion};

mod body;
mod names;
mod reads;
mod slip;

use body::{Body, bodies, follow_budgets};
pub(super) use reads::{names, reads, windows};
use slip::of_consequence;

/// The most problems of names that are told of one policy.
const MOST_PROBLEMS: usize = 100;

/// What stands before a dot.
#[derive(Clone, Copy)]
enum Receiver {
    /// A budget.
    Budget,
    /// A part of a budget with facts of its own.
    Group(&'static str),
    /// A fact.
    Fact,
    /// A clause.
    Clause,
    /// A consequence with these methods.
    Consequence(&'static str, &'static [&'static str]),
    /// Something else.
    Other,
}

/// What the syntax of a script tells.
#[derive(Default)]
pub(super) struct Examined {
    /// What is wrong.
    pub(super) problems: Vec<Diagnostic>,
    /// The names that an SLO's is compared with, and where.
    pub(super) slo_names: Vec<(String, Place)>,
}

/// Reads the syntax of a script and names what is wrong with it.
pub(super) fn examine(ast: &AST, layout: &Layout, names: &Names) -> Examined {
    let mut bodies = bodies(ast);
    follow_budgets(&mut bodies);
    let own = functions(ast).into_keys().collect();
    let mut examiner = Examiner { layout, names, own, found: Examined::default() };
    for body in &bodies {
        walk(&body.statements, &mut |path| {
            examiner.node(path, body);
            examiner.found.problems.len() < MOST_PROBLEMS
        });
    }
    examiner.found
}

/// Functions of a script that would stand in for the host's.
pub(super) fn redefined(ast: &AST, layout: &Layout) -> Vec<Diagnostic> {
    let taken = functions(ast).into_keys().filter(|own| vocabulary::names().any(|name| name == own.as_str()));
    let refuse = |name: String| {
        let place = layout.definition(&name).unwrap_or_else(|| Place::line_of(layout.source(), 1));
        let message =
            format!("`{}` is a word of the policy language and cannot be defined", printable(&name));
        let problem = Diagnostic::error(Code::PolicySandbox, message).at(place, "defined here");
        problem.help("choose another name for the function")
    };
    taken.map(refuse).collect()
}

/// The parameter counts of a script's functions, closures included.
pub(super) fn functions(ast: &AST) -> BTreeMap<String, Vec<usize>> {
    let mut functions: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for function in ast.iter_fn_def() {
        functions.entry(function.name.to_string()).or_default().push(function.params.len());
    }
    functions
}

/// Walks statements; the engine's own walk passes over what `break` answers.
pub(super) fn walk(statements: &AST, on_node: &mut dyn FnMut(&[ASTNode<'_>]) -> bool) {
    statements.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::BreakLoop(Some(value), ..))) = path.last()
            && !value.walk(&mut Vec::new(), on_node)
        {
            return false;
        }
        on_node(path)
    });
}

/// The call that a node is, its position, and whether it is written behind a dot.
pub(super) fn call<'a>(node: &ASTNode<'a>) -> Option<(&'a FnCallExpr, Position, bool)> {
    match node {
        ASTNode::Expr(Expr::FnCall(call, position)) | ASTNode::Stmt(Stmt::FnCall(call, position)) => {
            Some((call, *position, false))
        }
        ASTNode::Expr(Expr::MethodCall(call, position)) => Some((call, *position, true)),
        _ => None,
    }
}

/// True when a node calls the function of this name.
pub(super) fn is_call_of(node: &ASTNode<'_>, name: &str) -> bool {
    call(node).is_some_and(|(call, _, _)| call.name == name)
}

/// Collects what is wrong.
struct Examiner<'a> {
    /// The text.
    layout: &'a Layout,
    /// The names that there are, and the grid.
    names: &'a Names,
    /// The names of the script's own functions.
    own: BTreeSet<String>,
    /// What was found until now.
    found: Examined,
}

impl Examiner<'_> {
    /// Notes a problem with the token at a position.
    fn note(&mut self, complaint: Complaint, position: Position, label: &str) {
        let place = self.layout.token(position).unwrap_or_else(|| Place::line_of(self.layout.source(), 1));
        let problem = Diagnostic::error(complaint.code, complaint.message).at(place, label);
        self.found.problems.push(problem.help(complaint.help));
    }

    /// Looks at one node.
    fn node(&mut self, path: &[ASTNode<'_>], body: &Body) {
        let Some(node) = path.last() else { return };
        self.refused(node, body);
        if let ASTNode::Expr(Expr::Index(chain, _, position)) = node {
            self.element(chain, *position, body);
        }
        if let ASTNode::Expr(expression @ Expr::Dot(chain, ..)) = node {
            let parent = path.len().checked_sub(2).and_then(|index| path.get(index));
            let continues = match parent {
                Some(ASTNode::Expr(Expr::Dot(parent, ..) | Expr::Index(parent, ..))) => {
                    ASTNode::Expr(&parent.rhs) == ASTNode::Expr(expression)
                }
                _ => false,
            };
            if !continues {
                self.chain(chain, body);
            }
        }
        let Some((call, position, behind_a_dot)) = call(node) else { return };
        self.signal(call);
        if !behind_a_dot {
            self.literals(call, body);
            if !call.is_operator_call() {
                self.function(&call.name, position);
            }
        }
    }

    /// Notes what a policy must not contain.
    fn refused(&mut self, node: &ASTNode<'_>, body: &Body) {
        let (message, help, position) = match node {
            ASTNode::Stmt(Stmt::Switch(_, position)) => (
                "`switch` is not allowed in a policy: it passes over facts in silence",
                "write `if` and `else`",
                *position,
            ),
            ASTNode::Stmt(Stmt::TryCatch(_, position)) => (
                "`try` is not allowed in a policy: an error must not become an answer",
                "take it out; what is not known makes the clause unknown by itself",
                *position,
            ),
            ASTNode::Stmt(Stmt::Return(_, flags, position))
                if body.function.is_none() && !flags.intersects(ASTFlags::BREAK) =>
            {
                (
                    "`return` is not allowed outside of functions: what follows would go unread",
                    "take out the declarations that are not meant",
                    *position,
                )
            }
            ASTNode::Expr(Expr::InterpolatedString(_, position)) if body.function.is_some() => (
                "a condition must not put texts together: a fact is no text",
                "compare the facts themselves",
                *position,
            ),
            _ => return,
        };
        self.note(Complaint::new(message, help).of(Code::PolicySandbox), position, "not allowed");
    }

    /// Looks at a function that is called by its name.
    fn function(&mut self, name: &str, position: Position) {
        if vocabulary::ENGINE.contains(&name) || self.own.contains(name) {
            return;
        }
        // A method written as a function works as one.
        if vocabulary::names().any(|known| known == name) {
            return;
        }
        let own = self.own.iter().map(String::as_str).filter(|name| !name.starts_with("anon$"));
        let mut known: Vec<&str> = vocabulary::alone().collect();
        known.extend(own);
        let help = if name == "not" { "write `!(…)`".to_owned() } else { suggestion(name, known) };
        let message = format!("there is no function `{}`", printable(name));
        self.note(Complaint::new(message, help).of(Code::UnknownFact), position, "unknown function");
    }

    /// Follows a chain of dots from what it begins with.
    fn chain(&mut self, chain: &BinaryExpr, body: &Body) {
        let mut receiver = match &chain.lhs {
            Expr::Variable(variable, ..) if body.budgets.contains(variable.1.as_str()) => Receiver::Budget,
            Expr::FnCall(call, _) if call.name == "clause" => Receiver::Clause,
            Expr::FnCall(call, _) => vocabulary::consequences()
                .find(|(name, _)| *name == call.name)
                .map_or(Receiver::Other, |(name, methods)| Receiver::Consequence(name, methods)),
            _ => Receiver::Other,
        };
        let mut link = &chain.rhs;
        loop {
            let (this, next) = match link {
                Expr::Dot(inner, ..) => (&inner.lhs, Some(&inner.rhs)),
                Expr::Index(inner, ..) => (&inner.lhs, None),
                last => (last, None),
            };
            receiver = match this {
                Expr::Property(property, position) => self.property(receiver, &property.2, *position),
                Expr::MethodCall(call, position) => self.method(receiver, call, *position),
                _ => Receiver::Other,
            };
            let Some(next) = next else {
                if let (Receiver::Group(group), Expr::Property(_, position)) = (receiver, this) {
                    self.group(group, *position);
                }
                return;
            };
            link = next;
        }
    }

    /// Looks at a name behind a dot, without parentheses.
    fn property(&mut self, receiver: Receiver, name: &str, position: Position) -> Receiver {
        match receiver {
            Receiver::Budget if takes(name) == Some(Takes::Nothing) => return Receiver::Fact,
            Receiver::Budget => {
                if let Some(group) = vocabulary::GROUPS.into_iter().find(|group| *group == name) {
                    return Receiver::Group(group);
                }
                self.unknown_fact(name, position);
            }
            Receiver::Group(group) => {
                let name = format!("{group}.{name}");
                if takes(&name) == Some(Takes::Nothing) {
                    return Receiver::Fact;
                }
                self.unknown_fact(&name, position);
            }
            Receiver::Fact => {
                let complaint = Complaint::new(format!("a fact has no `{}`", printable(name)), "");
                self.note(complaint.of(Code::UnknownFact), position, "not part of a fact");
            }
            Receiver::Clause => self.unknown_method("a clause", &vocabulary::of_clauses(), name, position),
            Receiver::Consequence(what, methods) => {
                self.unknown_method(&format!("`{what}`"), methods, name, position);
            }
            Receiver::Other => {}
        }
        Receiver::Other
    }

    /// Looks at a name behind a dot, with parentheses.
    fn method(&mut self, receiver: Receiver, call: &FnCallExpr, position: Position) -> Receiver {
        let name = call.name.as_str();
        match receiver {
            Receiver::Budget | Receiver::Group(_) => {
                let name = match receiver {
                    Receiver::Group(group) => format!("{group}.{name}"),
                    _ => name.to_owned(),
                };
                match takes(&name) {
                    Some(takes) if takes != Takes::Nothing => {
                        self.arguments(call, takes, &name);
                        return Receiver::Fact;
                    }
                    Some(_) | None => self.unknown_fact(&name, position),
                }
            }
            Receiver::Fact => {
                let complaint = Complaint::new(format!("a fact has no `{}`", printable(name)), "");
                self.note(complaint.of(Code::UnknownFact), position, "not part of a fact");
            }
            Receiver::Clause if vocabulary::of_clauses().contains(&name) => return receiver,
            Receiver::Clause => self.unknown_method("a clause", &vocabulary::of_clauses(), name, position),
            Receiver::Consequence(_, methods) if methods.contains(&name) => return receiver,
            Receiver::Consequence(what, methods) => {
                self.unknown_method(&format!("`{what}`"), methods, name, position);
            }
            Receiver::Other if self.own.contains(name) || vocabulary::names().any(|known| known == name) => {}
            Receiver::Other => {
                let message = format!("there is no method `{}`", printable(name));
                let complaint = Complaint::new(message, suggestion(name, vocabulary::names()));
                self.note(complaint.of(Code::UnknownFact), position, "unknown method");
            }
        }
        Receiver::Other
    }

    /// Checks the windows, lengths of time, priorities and dependencies that a fact is handed and that are written out.
    fn arguments(&mut self, call: &FnCallExpr, takes: Takes, fact: &str) {
        if self.quoted_rate(call) {
            return;
        }
        for argument in &call.args {
            let Expr::StringConstant(text, position) = argument else { continue };
            let (wrong, label) = match takes {
                Takes::Windows => (length::window(text, self.names.step).err(), "this window"),
                Takes::Length => (length::read(text).err(), "this length"),
                Takes::Priority => self.priority(text),
                Takes::Name if fact == "burned_by" => self.dependency(text),
                Takes::Nothing | Takes::Name => (None, ""),
            };
            if let Some(complaint) = wrong {
                self.note(complaint, *position, label);
            }
        }
    }

    /// Notes a part of a budget that is read by itself.
    fn group(&mut self, group: &str, position: Position) {
        let facts = vocabulary::FACTS
            .iter()
            .filter(|fact| fact.name().split_once('.').is_some_and(|(of, _)| of == group));
        let forms: Vec<&str> = facts.map(|fact| fact.form).collect();
        let complaint = Complaint::new(
            format!("`budget.{group}` is no fact by itself"),
            format!("write {}", diagnostic::list(&forms).replace(" and ", " or ")),
        );
        self.note(complaint.of(Code::UnknownFact), position, "which fact of it");
    }

    /// Notes a fact that there is not.
    fn unknown_fact(&mut self, name: &str, position: Position) {
        let form = |near: &str| vocabulary::fact_named(near).map(|fact| fact.form);
        let (message, help) = if let Some(form) = form(name) {
            (format!("`{name}` is not written like this"), format!("write `{form}`"))
        } else {
            let near = nearest(name, vocabulary::fact_names()).and_then(form);
            let all = || format!("the facts are `{}`", vocabulary::FACTS.map(|fact| fact.form).join("`, `"));
            let help = near.map_or_else(all, |form| format!("did you mean `{form}`?"));
            (format!("there is no fact `{}`", printable(name)), help)
        };
        self.note(Complaint::new(message, help).of(Code::UnknownFact), position, "not a fact of a budget");
    }

    /// Notes a method that something does not have.
    fn unknown_method(&mut self, what: &str, methods: &[&'static str], name: &str, position: Position) {
        let message = format!("{what} has no `{}`", printable(name));
        let help = if let Some(help) = of_consequence(name).filter(|_| what == "a clause") {
            help
        } else if methods.is_empty() {
            format!("nothing follows {what}")
        } else {
            suggestion(name, methods.iter().copied())
        };
        self.note(Complaint::new(message, help).of(Code::UnknownFact), position, "unknown method");
    }
}

/// What the fact of a name takes; none where there is no such fact.
fn takes(name: &str) -> Option<Takes> {
    vocabulary::fact_named(name).map(|fact| fact.takes)
}
