//! What people write of a budget, a clause or a consequence who come from other languages: the syntax reads it, and it
//! means nothing here.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine's syntax is not exhaustive, and what is not named passes"
)]

use rhai::{BinaryExpr, Expr, FnCallExpr, Position};

use super::Examiner;
use super::body::{Body, variable};
use crate::diagnostic::Code;
use crate::policy::complaint::{Complaint, printable};
use crate::policy::vocabulary;

impl Examiner<'_> {
    /// Refuses `budget["remaining"]`.
    pub(super) fn element(&mut self, index: &BinaryExpr, position: Position, body: &Body) {
        let Some(budget) = variable(&index.lhs).filter(|name| body.budgets.contains(*name)) else { return };
        let help = match &index.rhs {
            Expr::StringConstant(name, _) => match vocabulary::fact_named(name) {
                Some(fact) => format!("write `{}`", fact.form),
                None => format!("write `{budget}.{}`", printable(name)),
            },
            _ => "write a fact behind a dot: `budget.remaining`".to_owned(),
        };
        let complaint = Complaint::new("a budget has no elements", help).of(Code::UnknownFact);
        self.note(complaint, position, "facts stand behind a dot");
    }

    /// Refuses `budget.phase in "beta"`.
    pub(super) fn no_list(&mut self, text: &str, position: Position) {
        let help = format!("write `in [\"{}\"]`", printable(text));
        let complaint = Complaint::new("`in` looks a name up in a list, not in a text", help);
        self.note(complaint, position, "no list");
    }

    /// Refuses `burns("14.4", "6h", "1h")`; true where it did.
    pub(super) fn quoted_rate(&mut self, call: &FnCallExpr) -> bool {
        let ("burns", [Expr::StringConstant(_, position), ..]) = (call.name.as_str(), call.args.as_slice())
        else {
            return false;
        };
        let complaint = Complaint::new(
            "the first argument of `burns` is a number",
            "write it without quotes: `budget.burns(14.4, \"1h\", \"5m\")`",
        );
        self.note(complaint.of(Code::UnknownFact), *position, "a text");
        true
    }
}

/// What to write where a consequence, or what is said of one, stands behind a clause; none for other names.
pub(super) fn of_consequence(name: &str) -> Option<String> {
    if vocabulary::consequences().any(|(made, _)| made == name) {
        return Some(format!("hand it to the clause: `.then({name}(…))`"));
    }
    let (owner, _) = vocabulary::consequences().find(|(_, methods)| methods.contains(&name))?;
    Some(format!("it stands behind the consequence: `.then({owner}(…).{name}(…))`"))
}
