//! Which way a comparison bears on its condition: whether the condition asks that it holds, or that it does not.
//!
//! The record of a run has only what was compared. Whether `remaining > 0` is what a clause waits for or, behind a
//! `!`, what keeps it idle stands in the syntax. Where the syntax does not tell, neither is said: a threshold that is
//! told backwards is worse than none.

use std::sync::Arc;

use super::sense::{self, Compares, Constant, Operator, Sense};
use super::{Condition, Evidence, Policy, Value};
use crate::catalog::Priority;

/// Which way it bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// The condition asks that it holds.
    For,
    /// The condition asks that it does not hold.
    Against,
    /// The syntax does not tell, or it is asked both ways.
    Unclear,
}

/// A comparison of a fact with a threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// `<`, `<=`, `>`, `>=`, `==` or `!=`, with the fact on its left, as it was compared.
    pub operator: &'static str,
    /// What the fact was compared with.
    pub threshold: Value,
    /// Whether it held.
    pub held: bool,
    /// Which way it bears on its condition.
    pub bearing: Bearing,
}

impl Bearing {
    /// All of them.
    const ALL: [Self; 3] = [Self::For, Self::Against, Self::Unclear];

    /// Its word in a report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::For => "for",
            Self::Against => "against",
            Self::Unclear => "unclear",
        }
    }

    /// The bearing that a report names; one that it does not name is unclear.
    #[must_use]
    pub fn named(word: &str) -> Self {
        Self::ALL.into_iter().find(|bearing| bearing.as_str() == word).unwrap_or(Self::Unclear)
    }
}

impl Comparison {
    /// The comparison that the condition asks for, turned round where it asks that this one does not hold; none where
    /// that is unclear.
    #[must_use]
    pub fn asked(&self) -> Option<Self> {
        match self.bearing {
            Bearing::For => Some(self.clone()),
            Bearing::Against => {
                let operator = Operator::written(self.operator)?.negated().as_str();
                Some(Self { operator, held: !self.held, bearing: Bearing::For, ..self.clone() })
            }
            Bearing::Unclear => None,
        }
    }
}

/// Says of every comparison of a run which way it bears on the condition.
pub(super) fn mark(policy: &Policy, condition: &Condition, evidence: &mut [Evidence]) {
    if evidence.iter().all(|read| read.compared.is_none()) {
        return;
    }
    let asked = condition.asked.get_or_init(|| {
        let mut asked = Vec::new();
        gather(sense::read(policy, condition), &mut asked);
        Arc::from(asked)
    });
    for Evidence { fact, compared, .. } in evidence {
        if let Some(comparison) = compared {
            comparison.bearing = bearing(fact, comparison, asked);
        }
    }
}

/// The comparisons that a sense asks for.
fn gather(sense: Sense, asked: &mut Vec<Compares>) {
    match sense {
        Sense::All(parts) | Sense::Any(parts) => parts.into_iter().for_each(|part| gather(part, asked)),
        Sense::Compares(compares) => asked.push(compares),
        Sense::Constant(_) | Sense::Written(_) => {}
    }
}

/// Which way a comparison of a fact bears on a condition that asks for these.
fn bearing(fact: &str, comparison: &Comparison, asked: &[Compares]) -> Bearing {
    let Some((name, operator, constant)) = defined(fact, comparison) else { return Bearing::Unclear };
    let of_it = |one: &&Compares| {
        let known = &one.fact.name;
        let argued = one.fact.argument.as_ref().map(|argument| format!("{known}(\"{argument}\")"));
        argued.as_ref().unwrap_or(known) == name && one.constant == constant
    };
    let has = |operator: Operator| asked.iter().filter(of_it).any(|one| one.operator == operator);
    match (has(operator), has(operator.negated())) {
        (true, false) => Bearing::For,
        (false, true) => Bearing::Against,
        (true, true) | (false, false) => Bearing::Unclear,
    }
}

/// A comparison as a sense has it: what is true or false by itself is the comparison that it is defined by.
fn defined<'a>(fact: &'a str, comparison: &Comparison) -> Option<(&'a str, Operator, Constant)> {
    let operator = Operator::written(comparison.operator)?;
    let constant = match &comparison.threshold {
        Value::Ratio(number) | Value::Rate(number) | Value::Count(number) | Value::Time(number) => {
            Constant::Number(*number)
        }
        Value::Text(text) => Constant::Text(text.clone()),
        Value::Word(word) => match Priority::named(word) {
            Some(priority) => {
                return Some(("priority", operator.mirrored(), Constant::Number(priority.number().into())));
            }
            // A signal fires, which is 1.
            None => return Some((fact, Operator::AtLeast, Constant::Number(1.into()))),
        },
        Value::Never | Value::Unknown(_) => return None,
    };
    let name = match fact.split('(').next() {
        Some("premature") => "pace",
        Some("exhausts_within") => "time_to_exhaustion",
        Some(_) | None => fact,
    };
    Some((name, operator, constant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::policy::Names;
    use crate::policy::facts::{Facts, Sample};

    /// What the comparisons of a condition ask for, on a sample budget.
    fn told(condition: &str) -> Vec<String> {
        let text = format!(
            r#"policy(#{{ version: "1", scope: #{{ team: "t" }}, purpose: "p", escalation: #{{ decides: ["d"], how: "h" }},
                agreed_by: #{{ operations: "o" }}, next_review: #{{ on: "2027-01-15" }} }});
            fn gone(of) {{ of.remaining <= 0 }}
            clause("c", "C").when(|b| {{ {condition} }}).then(warn("w"));"#
        );
        let names = Names {
            teams: vec!["t".to_owned()],
            signals: vec!["cpu".to_owned()],
            step: 300,
            ..Names::default()
        };
        let (policy, _) = Policy::load(&SourceText::new("p.rhai", text), &names).expect("it loads");
        let facts = Facts::traced_sample(Sample::Exhausted, 300);
        let tested = policy.answer(policy.clauses[0].when.as_ref().expect("a condition"), &facts);
        let asked = |read: &Evidence| {
            let compared = read.compared.as_ref().expect("a comparison");
            let asked = compared.asked();
            asked.map_or_else(|| "unclear".to_owned(), |one| format!("{} {}", one.operator, one.held))
        };
        tested.evidence.iter().map(asked).collect()
    }

    #[test]
    fn a_denied_comparison_is_turned_round() {
        assert_eq!(told("b.remaining <= 0"), ["<= true"]);
        assert_eq!(told("!(b.remaining > 0)"), ["<= true"]);
        assert_eq!(told("!!(b.remaining > 0)"), ["> false"]);
        assert_eq!(told("!(b.remaining > 0 || 20 > b.bad)"), ["<= true", ">= true"]);
        assert_eq!(told("!gone(b)"), ["> false"]);
        assert_eq!(told("let left = b.remaining; !(left > 0)"), ["<= true"]);
        assert_eq!(told("if b.remaining > 0 { false } else { b.bad > 3 }"), ["<= true", "> true"]);
        assert_eq!(told("!b.premature"), ["<= false"]);
        assert_eq!(told(r#"!b.exhausts_within("3d")"#), ["> false"]);
        assert_eq!(told(r#"!b.signal("cpu")"#), ["!= false"]);
        assert_eq!(told(r#"!b.priority_reaches("P2")"#), ["< false"]);
        assert_eq!(told(r#"!(b.slo == "sample")"#), ["!= false"]);
        assert_eq!(told(r#"!b.burns(2, "1h", "5m")"#), ["<= false", "<= false"]);
    }

    #[test]
    fn what_the_syntax_does_not_tell_is_unclear() {
        assert_eq!(
            told("if b.remaining > 0 { b.bad > 1 } else { b.bad > 2 }"),
            ["unclear", "unclear"],
            "the test of an `if` with two ways on"
        );
        assert_eq!(
            told("let gone = b.remaining < 0; if gone { b.bad > 1 } else { b.bad < 2 }")[0],
            "unclear"
        );
        assert_eq!(told("(b.remaining < 0 && b.bad < 1) || (b.remaining >= 0)")[0], "unclear");
        assert_eq!(told("b.remaining < b.consumed"), ["unclear", "unclear"]);
    }
}
