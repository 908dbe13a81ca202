//! Which facts a script reads, and over which windows, wherever in it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine's syntax is not exhaustive, and what is not named passes"
)]

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Expr};

use super::{call, takes, walk};
use crate::diagnostic::Place;
use crate::policy::layout::Layout;
use crate::policy::length;
use crate::policy::vocabulary::Takes;

/// Every window of a fact and every `.steadily(…)` that is written out, in seconds, and where.
pub(in crate::policy) fn windows(ast: &AST, layout: &Layout, step: i64) -> Vec<(i64, Place)> {
    let mut found = Vec::new();
    walk(ast, &mut |path| {
        if let Some((call, _, true)) = path.last().and_then(call)
            && (call.name == "steadily" || takes(&call.name) == Some(Takes::Windows))
        {
            found.extend(call.args.iter().filter_map(|argument| {
                let Expr::StringConstant(text, position) = argument else { return None };
                Some((length::window(text, step).ok()?, layout.token(*position)?))
            }));
        }
        true
    });
    found
}

/// What a fact that takes a name may be asked for, such as the signals that may be read: the names that are written out,
/// and all that are declared where one is not.
pub(in crate::policy) fn names(ast: &AST, fact: &str, declared: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(ast, &mut |path| {
        let Some((call, ..)) = path.last().and_then(call).filter(|(call, ..)| call.name == fact) else {
            return true;
        };
        let written = call.args.iter().find_map(|argument| match argument {
            Expr::StringConstant(text, _) => Some(text.to_string()),
            _ => None,
        });
        match written {
            Some(name) => found.extend([name]),
            None => found.extend(declared.iter().cloned()),
        }
        true
    });
    found
}

/// Every fact that is read, by its name, and where; what is only reached through a variable is named by its group.
pub(in crate::policy) fn reads(ast: &AST, layout: &Layout) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    walk(ast, &mut |path| {
        let Some(ASTNode::Expr(Expr::Dot(chain, ..))) = path.last() else { return true };
        // What begins with a name behind a dot was seen with what stands before that dot.
        if matches!(chain.lhs, Expr::Property(..) | Expr::MethodCall(..)) {
            return true;
        }
        let (group, last) = match &chain.rhs {
            Expr::Dot(inner, ..) => match &inner.lhs {
                Expr::Property(group, _) => (format!("{}.", group.2), &inner.rhs),
                other => (String::new(), other),
            },
            last => (String::new(), last),
        };
        let (name, position) = match last {
            Expr::Property(property, position) => (property.2.as_str(), position),
            Expr::MethodCall(call, position) => (call.name.as_str(), position),
            _ => return true,
        };
        found.extend(layout.token(*position).map(|place| (format!("{group}{name}"), place)));
        true
    });
    found
}
