//! Whether conditions can be true at all, of the budgets that there are.
//!
//! A sense is spread out into alternatives, each a set of stretches in which facts may lie. An alternative without any
//! value left can never hold. Parts that were not taken apart count as possible: doubt is never a warning.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::complaint::printable;
use super::sense::{self, Compares, Constant, Fact, Operator, Sense};
use super::{Clause, Condition, Policy};
use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic, Place, list};

/// The most alternatives that a condition is spread out into; one with more is passed over.
const MOST_ALTERNATIVES: usize = 256;

/// The most SLOs that are named in one warning.
const MOST_NAMED: usize = 3;

/// Warnings about a policy, for the SLOs that it covers; `complete` when these are all there are.
#[must_use]
pub fn examine(policy: &Policy, slos: &[&Slo], complete: bool) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    if slos.is_empty() && complete {
        let message =
            format!("the policy `{}` covers no SLO, so none of its clauses can come into force", policy.id);
        let help = "write an SLO for a service in its scope, or correct the scope";
        let problem =
            Diagnostic::warning(Code::Unused, message).at(policy.key_place("scope"), "no SLO in here");
        problems.push(problem.help(help));
    }
    for clause in &policy.clauses {
        let mut alternatives = [&clause.when, &clause.thaws].map(|condition| {
            let condition = condition.as_ref()?;
            Some((condition, spread(&sense::read(policy, condition))?))
        });
        for (index, found) in alternatives.iter_mut().enumerate() {
            let Some((condition, spread)) = found else { continue };
            if let Some(problem) = constant(policy, clause, condition, index == 1, spread) {
                problems.push(problem);
                // What never holds is not unreachable and thaws nothing, too.
                *found = None;
                continue;
            }
            problems.extend(unreachable(spread, slos));
        }
        if let [Some((_, when)), Some((condition, thaws))] = &alternatives {
            problems.extend(at_once(clause, when, condition, thaws));
        }
    }
    problems
}

/// Comparisons that must all hold, and whether something else must, too.
#[derive(Debug, Clone, Default)]
struct Alternative {
    /// The comparisons.
    compares: Vec<Compares>,
    /// A part was not taken apart.
    more: bool,
}

/// Spreads a sense out into alternatives; none when there are too many.
fn spread(sense: &Sense) -> Option<Vec<Alternative>> {
    let alternatives = match sense {
        Sense::Constant(true) => vec![Alternative::default()],
        Sense::Constant(false) => Vec::new(),
        Sense::Compares(compares) => vec![Alternative { compares: vec![normal(compares)], more: false }],
        Sense::Written(_) => vec![Alternative { compares: Vec::new(), more: true }],
        Sense::Any(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(spread).collect();
            parts?.into_iter().flatten().collect()
        }
        Sense::All(parts) => {
            let mut whole = vec![Alternative::default()];
            for part in parts {
                let part = spread(part)?;
                if whole.len() * part.len() > MOST_ALTERNATIVES {
                    return None;
                }
                let both = |one: &Alternative, other: &Alternative| Alternative {
                    compares: [one.compares.as_slice(), &other.compares].concat(),
                    more: one.more || other.more,
                };
                whole = whole.iter().flat_map(|one| part.iter().map(move |other| both(one, other))).collect();
            }
            whole
        }
    };
    (alternatives.len() <= MOST_ALTERNATIVES).then_some(alternatives)
}

/// A comparison of what is spent as one of what is left.
fn normal(compares: &Compares) -> Compares {
    match (&compares.constant, compares.fact.name.as_str()) {
        (Constant::Number(number), "consumed") => Compares {
            fact: Fact { name: "remaining".to_owned(), argument: None },
            operator: compares.operator.mirrored(),
            constant: Constant::Number(Decimal::ONE.saturating_sub(*number)),
            place: compares.place.clone(),
        },
        _ => compares.clone(),
    }
}

/// Where a fact may lie: between two bounds, each with whether it belongs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Stretch {
    /// The least.
    low: Option<(Decimal, bool)>,
    /// The most.
    high: Option<(Decimal, bool)>,
}

impl Stretch {
    /// From one value to another, both included.
    const fn of(low: Option<Decimal>, high: Option<Decimal>) -> Self {
        Self {
            low: match low {
                Some(low) => Some((low, true)),
                None => None,
            },
            high: match high {
                Some(high) => Some((high, true)),
                None => None,
            },
        }
    }

    /// Narrows it to where a comparison holds.
    fn narrow(&mut self, operator: Operator, number: Decimal) {
        let (low, high) = match operator {
            Operator::Below => (None, Some((number, false))),
            Operator::AtMost => (None, Some((number, true))),
            Operator::Above => (Some((number, false)), None),
            Operator::AtLeast => (Some((number, true)), None),
            Operator::Equal => (Some((number, true)), Some((number, true))),
            // One value less leaves as good as everything.
            Operator::Unequal => (None, None),
        };
        if let Some((value, within)) = low
            && self.low.is_none_or(|(known, known_within)| {
                value > known || (value == known && known_within && !within)
            })
        {
            self.low = Some((value, within));
        }
        if let Some((value, within)) = high
            && self.high.is_none_or(|(known, known_within)| {
                value < known || (value == known && known_within && !within)
            })
        {
            self.high = Some((value, within));
        }
    }

    /// True when no value is left.
    fn is_empty(&self) -> bool {
        match (self.low, self.high) {
            (Some((low, low_within)), Some((high, high_within))) => {
                low > high || (low == high && !(low_within && high_within))
            }
            _ => false,
        }
    }

    /// True when at most one value is left.
    fn is_point(&self) -> bool {
        matches!((self.low, self.high), (Some((low, _)), Some((high, _))) if low >= high)
    }
}

/// Where a fact may lie whatever the SLO, or for one.
fn domain(fact: &Fact, slo: Option<&Slo>) -> Stretch {
    // When every event is bad, the budget burns this many times faster than evenly.
    let most = slo.and_then(|slo| Decimal::ONE.checked_div(slo.objective.allowance()));
    match fact.name.as_str() {
        "remaining" => Stretch::of(most.map(|most| Decimal::ONE - most), Some(Decimal::ONE)),
        "burned" | "burn_rate" | "burned_by" => Stretch::of(Some(Decimal::ZERO), most),
        "objective" => match slo {
            Some(slo) => Stretch::of(Some(slo.objective.share()), Some(slo.objective.share())),
            None => Stretch { low: Some((Decimal::ZERO, false)), high: Some((Decimal::ONE, false)) },
        },
        "bad" | "total" => Stretch::of(Some(Decimal::ZERO), None),
        _ => Stretch::default(),
    }
}

/// Where each fact may lie in an alternative; none when it can never hold.
fn stretches(compares: &[Compares], slo: Option<&Slo>) -> Option<BTreeMap<Fact, Stretch>> {
    let mut stretches: BTreeMap<Fact, Stretch> = BTreeMap::new();
    let mut texts: BTreeMap<&Fact, &str> = BTreeMap::new();
    for compares in compares {
        match &compares.constant {
            Constant::Number(number) => {
                let stretch =
                    stretches.entry(compares.fact.clone()).or_insert_with(|| domain(&compares.fact, slo));
                stretch.narrow(compares.operator, *number);
                // Where nothing can be but one value, another is asked for in vain.
                let excluded = compares.operator == Operator::Unequal
                    && stretch.is_point()
                    && stretch.low.is_some_and(|(low, _)| low == *number);
                if stretch.is_empty() || excluded {
                    return None;
                }
            }
            Constant::Text(text) => {
                let own = match (slo, compares.fact.name.as_str()) {
                    (Some(slo), "service") => Some(slo.service.as_str()),
                    (Some(slo), "slo") => Some(slo.name.as_str()),
                    _ => texts.get(&compares.fact).copied(),
                };
                let meets = own.is_none_or(|own| (own == text) == (compares.operator == Operator::Equal));
                if !meets && matches!(compares.operator, Operator::Equal | Operator::Unequal) {
                    return None;
                }
                if compares.operator == Operator::Equal {
                    texts.insert(&compares.fact, text);
                }
            }
        }
    }
    Some(stretches)
}

/// The warning about a condition that has the same answer for every budget.
fn constant(
    policy: &Policy,
    clause: &Clause,
    condition: &Condition,
    thaws: bool,
    spread: &[Alternative],
) -> Option<Diagnostic> {
    let possible = spread.iter().any(|one| stretches(&one.compares, None).is_some());
    let sense = sense::read(policy, condition);
    let literal = matches!(sense, Sense::Constant(true));
    let opposite = self::spread(&sense.negated());
    let certain =
        opposite.is_some_and(|opposite| opposite.iter().all(|one| stretches(&one.compares, None).is_none()));
    let name = printable(&clause.name);
    let message = match (possible, certain, thaws) {
        (false, _, false) => format!("the clause `{name}` can never come into force: no budget is like this"),
        (false, _, true) => format!("the clause `{name}` can never thaw: no budget is like this"),
        // `|budget| true` is said on purpose.
        (true, true, false) if !literal => {
            format!("the clause `{name}` is always in force: every budget is like this")
        }
        (true, true, true) if !literal => {
            format!("the clause `{name}` always thaws: every budget is like this")
        }
        (true, ..) => return None,
    };
    let help = "a budget has at most 100 % left and burns at 0 or more; look at the threshold, the direction of the \
                comparison, and whether `&&` or `||` is meant";
    let label = if possible { "holds for every budget" } else { "holds for no budget" };
    Some(Diagnostic::warning(Code::ConstantCondition, message).at(condition.place.clone(), label).help(help))
}

/// Warnings about thresholds that SLOs can never reach.
fn unreachable(spread: &[Alternative], slos: &[&Slo]) -> Vec<Diagnostic> {
    let bounded = |one: &Compares| {
        matches!(one.fact.name.as_str(), "remaining" | "burned" | "burn_rate" | "burned_by")
            && stretches(std::slice::from_ref(one), None).is_some()
    };
    let beyond_reach =
        |one: &Compares, slo| bounded(one) && stretches(std::slice::from_ref(one), Some(slo)).is_none();
    let mut found: Vec<(&Compares, Vec<&Slo>)> = Vec::new();
    for alternative in spread {
        for slo in slos {
            let (out, rest): (Vec<&Compares>, Vec<&Compares>) =
                alternative.compares.iter().partition(|one| beyond_reach(one, slo));
            let rest: Vec<Compares> = rest.into_iter().cloned().collect();
            // A clause that is not meant for this SLO is no mistake: `budget.objective > percent(99) && …`.
            if stretches(&rest, Some(slo)).is_none() {
                continue;
            }
            for compares in out {
                match found.iter_mut().find(|(known, _)| known.place == compares.place) {
                    Some((_, named)) if named.contains(slo) => {}
                    Some((_, named)) => named.push(slo),
                    None => found.push((compares, vec![slo])),
                }
            }
        }
    }
    found.into_iter().map(|(compares, slos)| beyond(compares, &slos)).collect()
}

/// The warning about one threshold.
fn beyond(compares: &Compares, slos: &[&Slo]) -> Diagnostic {
    let titles: Vec<String> = slos.iter().take(MOST_NAMED).map(|slo| printable(&slo.title)).collect();
    let mut named = list(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    if slos.len() > MOST_NAMED {
        named = format!("{named} and {} more", slos.len() - MOST_NAMED);
    }
    let message = format!("this threshold can never be reached by {named}");
    // The widest of them: above that none of the named ones comes.
    let loosest = slos.iter().map(|slo| slo.objective).max();
    let bound = loosest.and_then(|objective| {
        let most = Decimal::ONE.checked_div(objective.allowance())?;
        let share = super::prose::share;
        let objective = share(objective.share());
        Some(match compares.fact.name.as_str() {
            "burn_rate" => {
                format!("at {objective} a budget burns at most {} times faster than evenly", short(most))
            }
            "remaining" => format!("at {objective} at least {} is left", share(short(Decimal::ONE - most))),
            _ => format!("at {objective} at most {} of a budget can go", share(short(most))),
        })
    });
    let help = format!(
        "{}, when every event is bad; lower the threshold, or narrow the clause to other SLOs with `budget.slo`",
        bound.unwrap_or_default()
    );
    Diagnostic::warning(Code::Unreachable, message).at(compares.place.clone(), "out of reach").help(help)
}

/// A number with up to four digits behind the point.
fn short(number: Decimal) -> Decimal {
    number.round_dp(4).normalize()
}

/// The warning about a clause that thaws while it comes into force.
///
/// Only where both conditions read the same facts: `when` of one fact and `thaws` of another may well hold together
/// for a moment. One value in common is no overlap: `when` wins there, and that is a threshold like any other.
fn at_once(
    clause: &Clause,
    when: &[Alternative],
    condition: &Condition,
    thaws: &[Alternative],
) -> Option<Diagnostic> {
    let facts = |one: &Alternative| {
        stretches(&one.compares, None).map(|stretches| stretches.into_keys().collect::<Vec<_>>())
    };
    let overlap =
        when.iter().flat_map(|one| thaws.iter().map(move |other| (one, other))).any(|(one, other)| {
            let numbers = |one: &Alternative| {
                one.compares.iter().all(|one| matches!(one.constant, Constant::Number(_)))
            };
            if one.more || other.more || facts(one) != facts(other) || !numbers(one) || !numbers(other) {
                return false;
            }
            let both = [one.compares.as_slice(), &other.compares].concat();
            stretches(&both, None)
                .is_some_and(|both| !both.is_empty() && !both.values().any(Stretch::is_point))
        });
    let place: Place = condition.place.clone();
    overlap.then(|| {
        let name = printable(&clause.name);
        Diagnostic::warning(Code::ThawsAtOnce, format!("the clause `{name}` thaws where it comes into force"))
            .at(place, "holds for budgets for which `when` holds, too")
            .help("let `thaws` begin beyond the threshold of `when`: the distance keeps the clause from flapping")
    })
}
