//! Names that a condition writes out, held to the names that there are.
//!
//! A misspelt phase or service compares unequal to every one that there is, so that a clause would be idle in silence.

use rhai::{Expr, FnCallExpr, Position};

use super::Examiner;
use super::body::{Body, variable};
use crate::budget::gap;
use crate::budget::priority;
use crate::catalog::Priority;
use crate::diagnostic::{Code, nearest, suggestion};
use crate::policy::Author;
use crate::policy::complaint::{Complaint, printable};
use crate::policy::facts::no_priority;
use crate::settings::FILE;

impl Examiner<'_> {
    /// Checks the texts that a name is compared with: `budget.phase == "beta"`, `budget.tier in ["critical"]`.
    pub(super) fn literals(&mut self, call: &FnCallExpr, body: &Body) {
        let mut texts: Vec<(String, Position)> = Vec::new();
        let mut add = |part: &Expr| {
            if let Expr::StringConstant(text, position) = part {
                texts.push((text.to_string(), *position));
            }
        };
        if let ("contains", [Expr::StringConstant(text, position), name]) =
            (call.name.as_str(), call.args.as_slice())
            && named(name, body).is_some()
        {
            self.no_list(text, *position);
            return;
        }
        let fact = match (call.name.as_str(), call.args.as_slice()) {
            ("==" | "!=", [left, right]) => {
                add(left);
                add(right);
                named(left, body).or_else(|| named(right, body))
            }
            ("contains", [Expr::Array(parts, _), name]) => {
                parts.iter().for_each(add);
                named(name, body)
            }
            _ => None,
        };
        let Some(fact) = fact else { return };
        for (text, position) in texts {
            if fact == "slo" {
                // Which SLOs there are is known only beside the policy.
                self.found.slo_names.extend(self.layout.token(position).map(|place| (text, place)));
            } else {
                self.literal(fact, &text, position);
            }
        }
    }

    /// Checks one text.
    fn literal(&mut self, fact: &str, text: &str, position: Position) {
        let shown = printable(text);
        let (known, message): (Vec<&String>, String) = match fact {
            "service" => (self.names.services.iter().collect(), format!("there is no service `{shown}`")),
            "environment" => {
                (self.names.environments.iter().collect(), format!("there is no environment `{shown}`"))
            }
            "phase" => (self.names.phases.values().collect(), format!("no service has the phase `{shown}`")),
            _ => (self.names.tiers.values().collect(), format!("no service has the tier `{shown}`")),
        };
        if known.iter().any(|name| *name == text) {
            return;
        }
        let help = suggestion(text, known.iter().map(|name| name.as_str()));
        let label = format!("no service's {fact}, so this never changes");
        let label = if matches!(fact, "phase" | "tier") { label.as_str() } else { "not declared" };
        self.note(Complaint::new(message, help).of(Code::UnknownName), position, label);
    }

    /// Checks the name of a signal that is written out.
    pub(super) fn signal(&mut self, call: &FnCallExpr) {
        if call.name != "signal" {
            return;
        }
        for argument in &call.args {
            let Expr::StringConstant(text, position) = argument else { continue };
            let known = &self.names.signals;
            if known.iter().any(|name| *name == text.as_str()) {
                continue;
            }
            let message = format!("there is no signal `{}`", printable(text));
            let known = known.iter().map(String::as_str);
            let help = match (self.names.author, nearest(text, known)) {
                (Author::Organization, _) => {
                    "leave signals to the teams: each repository declares its own".to_owned()
                }
                (Author::Team, Some(near)) => format!("did you mean `{near}`?"),
                (Author::Team, None) => format!("declare it in {FILE}, under `signals`, with its query"),
            };
            self.note(Complaint::new(message, help).of(Code::UnknownName), *position, "not declared");
        }
    }

    /// What is wrong with a dependency that is written out, and what to call it. What the services of an organisation's
    /// teams depend on is not known beside its policies.
    pub(super) fn dependency(&self, text: &str) -> (Option<Complaint>, &'static str) {
        let known = &self.names.dependencies;
        if self.names.author == Author::Organization || known.iter().any(|name| name == text) {
            return (None, "");
        }
        let message = format!("no service has the dependency `{}`", printable(text));
        let help = if known.is_empty() {
            "declare it where the service is: `dependencies: […]`".to_owned()
        } else {
            suggestion(text, known.iter().map(String::as_str))
        };
        (Some(Complaint::new(message, help).of(Code::UnknownName)), "not declared")
    }

    /// What is wrong with a priority that is written out, and what to call it.
    pub(super) fn priority(&self, text: &str) -> (Option<Complaint>, &'static str) {
        if Priority::named(text).is_none() {
            return (Some(no_priority(text)), "this priority");
        }
        let step = self.names.step.max(1);
        let message = format!(
            "a priority looks at what burned within {}, which is no multiple of the step of {}",
            gap::duration(priority::STEP),
            gap::duration(step)
        );
        let help = "set `step: 5m` or a part of it in the settings, or compare `budget.burned(…)` with a longer window";
        let complaint = Complaint::new(message, help).of(Code::UnknownFact);
        ((priority::STEP % step != 0).then_some(complaint), "needs a finer grid")
    }
}

/// The name that an expression reads of a budget, of those that settings declare.
fn named(expression: &Expr, body: &Body) -> Option<&'static str> {
    let Expr::Dot(chain, ..) = expression else { return None };
    variable(&chain.lhs).filter(|name| body.budgets.contains(*name))?;
    let Expr::Property(property, _) = &chain.rhs else { return None };
    ["slo", "service", "environment", "phase", "tier"].into_iter().find(|name| *name == property.2.as_str())
}
