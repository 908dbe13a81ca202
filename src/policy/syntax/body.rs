//! The bodies of a script, and which of their variables hold a budget.
//!
//! A budget is the parameter of a condition, and whatever that is handed on to: another variable, another function.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine's syntax is not exhaustive, and what is not named passes"
)]

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Expr, FnAccess, FnNamespace, FnPtr, Stmt};

use super::{call, walk};

/// Rounds in which a budget is followed from function to function.
const MOST_ROUNDS: usize = 8;

/// One body of statements: the script itself, or a function of it.
pub(super) struct Body {
    /// The function's name and its parameters; none for the script itself.
    pub(super) function: Option<(String, Vec<String>)>,
    /// The statements, alone.
    pub(super) statements: AST,
    /// The variables that hold a budget.
    pub(super) budgets: BTreeSet<String>,
}

/// The script and its functions, each with its statements alone: the engine's walk does not tell where it is.
pub(super) fn bodies(ast: &AST) -> Vec<Body> {
    let of =
        |function, statements| Body { function, statements, budgets: BTreeSet::from(["budget".to_owned()]) };
    let functions = ast.iter_fn_def().map(|function| {
        let alone = |_: FnNamespace, _: FnAccess, _: bool, name: &str, count: usize| {
            name == function.name.as_str() && count == function.params.len()
        };
        let parameters = function.params.iter().map(ToString::to_string).collect();
        of(Some((function.name.to_string(), parameters)), ast.clone_functions_only_filtered(alone))
    });
    let mut functions: Vec<Body> = functions.collect();
    functions.sort_by(|one, other| one.function.cmp(&other.function));
    std::iter::once(of(None, ast.clone_statements_only())).chain(functions).collect()
}

/// The name of a variable.
pub(super) fn variable(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Variable(variable, ..) => Some(variable.1.as_str()),
        _ => None,
    }
}

/// The function that an expression stands for, and how many captured values come before its parameters.
fn function_of(expression: &Expr) -> Option<(String, usize)> {
    match expression {
        Expr::DynamicConstant(value, _) => Some((value.clone().try_cast::<FnPtr>()?.fn_name().to_owned(), 0)),
        Expr::Stmt(block) => match block.statements().last()? {
            Stmt::Expr(inner) => match &**inner {
                Expr::FnCall(curry, _) => {
                    let (name, _) = function_of(curry.args.first()?)?;
                    Some((name, curry.args.len() - 1))
                }
                _ => None,
            },
            _ => None,
        },
        Expr::Variable(..) => variable(expression).map(|name| (name.to_owned(), 0)),
        _ => None,
    }
}

/// Finds the variables that hold a budget: the parameters of conditions, and what these are handed on to.
pub(super) fn follow_budgets(bodies: &mut [Body]) {
    for _ in 0..MOST_ROUNDS {
        let mut found: Vec<(String, usize)> = Vec::new();
        let mut changed = false;
        for body in bodies.iter_mut() {
            let mut aliases = Vec::new();
            let holds = |argument: &Expr| variable(argument).is_some_and(|name| body.budgets.contains(name));
            walk(&body.statements, &mut |path| {
                if let Some(ASTNode::Stmt(Stmt::Var(declared, ..))) = path.last()
                    && holds(&declared.1)
                {
                    aliases.push(declared.0.name.to_string());
                }
                let Some((call, _, method)) = path.last().and_then(call) else { return true };
                if method && matches!(call.name.as_str(), "when" | "thaws") {
                    found.extend(call.args.first().and_then(function_of));
                }
                let (name, given) = match call.args.split_first() {
                    Some((first, captured)) if call.name == "curry" => {
                        let Some((name, _)) = function_of(first) else { return true };
                        (name, captured)
                    }
                    _ => (call.name.to_string(), call.args.as_slice()),
                };
                let handed = given.iter().enumerate().filter(|(_, argument)| holds(argument));
                found.extend(handed.map(|(index, _)| (name.clone(), index)));
                true
            });
            for alias in aliases {
                changed |= body.budgets.insert(alias);
            }
        }
        for (name, index) in found {
            for body in bodies.iter_mut() {
                let Some((own, parameters)) = &body.function else { continue };
                if let Some(parameter) = parameters.get(index).filter(|_| *own == name) {
                    changed |= body.budgets.insert(parameter.clone());
                }
            }
        }
        if !changed {
            return;
        }
    }
}
