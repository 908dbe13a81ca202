//! Whether clauses can do what they are written for, of the budgets that there are: conditions that are never or always
//! true, thresholds out of reach, clauses that thaw where they begin, freeze while all is well, or add nothing.
//!
//! A sense is spread out into alternatives (`alternative`). Parts that were not taken apart count as possible: doubt is
//! never a warning.

use rust_decimal::Decimal;

use self::alternative::{
    Alternative, Spent, Stretch, against, agree, most, part_of_period, spread, stretches,
};
use super::complaint::printable;
use super::sense::{self, Compares, Constant, Operator, Sense};
use super::{Clause, Condition, Consequence, Policy};
use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic, Place, list};
use crate::settings::{Service, Settings};

mod alternative;
mod redundant;
mod scope;
mod shadow;
mod share;

/// The most SLOs that are named in one warning.
const MOST_NAMED: usize = 3;

/// The facts that an objective bounds: when every event is bad, they go no further.
const BOUNDED: [&str; 12] = [
    "remaining",
    "burned",
    "burn_rate",
    "pace",
    "worst_incident",
    "burned_by",
    "sla.remaining",
    "sla.burned",
    "sla.burn_rate",
    "quarter.remaining",
    "quarter.burned_by_kind",
    "quarter.worst_kind",
];

/// An SLO that a policy covers, with what the settings say of it.
pub struct Covered<'a> {
    /// The SLO.
    pub slo: &'a Slo,
    /// Its service; none where the settings do not have it.
    pub service: Option<&'a Service>,
    /// The environments that its budget may be of.
    pub environments: Vec<&'a str>,
}

impl<'a> Covered<'a> {
    /// An SLO that a policy covers.
    #[must_use]
    pub fn new(slo: &'a Slo, policy: &'a Policy, settings: &'a Settings) -> Self {
        let mut environments: Vec<&str> = match &policy.header.measures {
            Some(measured) => vec![measured.as_str()],
            None => settings.environments.keys().map(String::as_str).collect(),
        };
        environments.retain(|environment| slo.holds_in(environment));
        Self { slo, service: settings.services.get(&slo.service), environments }
    }

    /// The names that a fact may have; none where it has no name, or where the settings do not say it.
    fn names(&self, fact: &str) -> Option<Vec<&'a str>> {
        let said = |text: Option<&'a String>| text.map(|text| vec![text.as_str()]);
        match fact {
            "service" => Some(vec![&self.slo.service]),
            "slo" => Some(vec![&self.slo.name]),
            "environment" => Some(self.environments.clone()),
            "phase" => said(self.service?.phase.as_ref()),
            "tier" => said(self.service?.tier.as_ref()),
            _ => None,
        }
    }
}

/// Warnings about a policy, for the SLOs that it covers; `complete` when these are all there are.
#[must_use]
pub fn examine(policy: &Policy, covered: &[Covered<'_>], complete: bool) -> Vec<Diagnostic> {
    let slos: Vec<&Slo> = covered.iter().map(|covered| covered.slo).collect();
    let slos = slos.as_slice();
    let mut problems = Vec::new();
    if slos.is_empty() && complete {
        let message =
            format!("the policy `{}` covers no SLO, so none of its clauses can come into force", policy.id);
        let help = "write an SLO for a service in its scope, or correct the scope";
        let problem =
            Diagnostic::warning(Code::Unused, message).at(policy.key_place("scope"), "no SLO in here");
        problems.push(problem.help(help));
    }
    let mut sound = Vec::new();
    for clause in &policy.clauses {
        let known = problems.len();
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
            problems.extend(unreachable(spread, covered));
            // An organisation's policy is for the teams of other repositories, too.
            if complete && !policy.header.scope.organization {
                problems.extend(scope::examine(spread, covered));
            }
            let sense = sense::read(policy, condition);
            problems.extend(share::tiny(&sense, slos));
            problems.extend(redundant::examine(&sense));
            if index == 0 {
                problems.extend(while_whole(clause, condition, spread));
            }
        }
        if let [Some((_, when)), Some((condition, thaws))] = &alternatives {
            problems.extend(at_once(clause, when, condition, thaws));
        }
        // What is wrong in itself says nothing of others.
        let wrong = |problem: &Diagnostic| {
            matches!(problem.code, Code::ConstantCondition | Code::ThawsAtOnce | Code::WrongDirection)
        };
        if !problems.iter().skip(known).any(wrong) {
            sound.push(clause);
        }
    }
    problems.extend(shadow::examine(policy, &sound));
    problems
}

/// The warning about a condition that has the same answer for every budget.
fn constant(
    policy: &Policy,
    clause: &Clause,
    condition: &Condition,
    thaws: bool,
    spread: &[Alternative],
) -> Option<Diagnostic> {
    let known = if policy.header.top_ups.is_some() { Spent::InWindows } else { Spent::AtAll };
    let holds = |one: &Alternative| stretches(&one.compares, None).is_some_and(|found| agree(&found, known));
    let possible = spread.iter().any(holds);
    let sense = sense::read(policy, condition);
    let literal = matches!(sense, Sense::Constant(true));
    let halts = |one: &Consequence| matches!(one, Consequence::Freeze { .. } | Consequence::Restrict { .. });
    let stops = clause.consequences.iter().any(halts);
    let opposite = alternative::spread(&sense.negated());
    let certain = opposite.is_some_and(|opposite| !opposite.iter().any(holds));
    let name = printable(&clause.name);
    let message = match (possible, certain, thaws) {
        (false, _, false) => format!("the clause `{name}` can never come into force: no budget is like this"),
        (false, _, true) => format!("the clause `{name}` can never thaw: no budget is like this"),
        (true, true, false) if literal && stops => {
            format!("the clause `{name}` stops changes for ever: its condition asks nothing of a budget")
        }
        // `|budget| true` is said on purpose where changes go on.
        (true, true, false) if !literal => {
            format!("the clause `{name}` is always in force: every budget is like this")
        }
        (true, true, true) if !literal => {
            format!("the clause `{name}` always thaws: every budget is like this")
        }
        (true, ..) => return None,
    };
    let help = if literal {
        "compare a fact of the budget: `budget.remaining <= 0`; what a person decides is `.manual()`"
    } else {
        "a budget has at most 100 % left and burns at 0 or more; look at the threshold, the direction of the \
         comparison, and whether `&&` or `||` is meant"
    };
    let label = if possible { "holds for every budget" } else { "holds for no budget" };
    Some(Diagnostic::warning(Code::ConstantCondition, message).at(condition.place.clone(), label).help(help))
}

/// Warnings about thresholds that SLOs can never reach.
fn unreachable(spread: &[Alternative], covered: &[Covered<'_>]) -> Vec<Diagnostic> {
    let bounded = |one: &Compares| {
        BOUNDED.contains(&one.fact.name.as_str()) && stretches(std::slice::from_ref(one), None).is_some()
    };
    let beyond_reach = |one: &Compares, covered| {
        bounded(one) && stretches(std::slice::from_ref(one), Some(covered)).is_none()
    };
    let mut found: Vec<(&Compares, Vec<&Slo>)> = Vec::new();
    for alternative in spread {
        for covered in covered {
            let (out, rest): (Vec<&Compares>, Vec<&Compares>) =
                alternative.compares.iter().partition(|one| beyond_reach(one, covered));
            let rest: Vec<Compares> = rest.into_iter().cloned().collect();
            // A clause that is not meant for this SLO is no mistake: `budget.objective > percent(99) && …`.
            if stretches(&rest, Some(covered)).is_none() {
                continue;
            }
            for compares in out {
                match found.iter_mut().find(|(known, _)| known.place == compares.place) {
                    Some((_, named)) if named.contains(&covered.slo) => {}
                    Some((_, named)) => named.push(covered.slo),
                    None => found.push((compares, vec![covered.slo])),
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
    let fact = &compares.fact;
    let within = |slo: &&&Slo| {
        let part = part_of_period(fact, slo).filter(|_| fact.name.ends_with("burned"));
        most(fact, slo)?.checked_mul(part.unwrap_or(Decimal::ONE))
    };
    let widest = slos.iter().filter_map(|slo| Some((within(&slo)?, *slo))).max_by_key(|(most, _)| *most);
    let bound = widest.and_then(|(most, slo)| {
        let share = super::prose::share;
        let objective = share(against(fact, slo)?.share());
        let name = fact.name.rsplit('.').next().unwrap_or_default();
        let short_window =
            name == "burned" && part_of_period(fact, slo).is_some_and(|part| part < Decimal::ONE);
        Some(match name {
            "burn_rate" | "pace" => {
                format!("at {objective} a budget burns at most {} times faster than evenly", short(most))
            }
            "remaining" => format!("at {objective} at least {} is left", share(short(Decimal::ONE - most))),
            _ if short_window => format!(
                "at {objective} at most {} of a budget can go within that window with even traffic",
                share(short(most))
            ),
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
            let taken_apart = one.written.is_empty() && other.written.is_empty();
            if !taken_apart || facts(one) != facts(other) || !numbers(one) || !numbers(other) {
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

/// The warning about a clause that freezes a service with which nothing is wrong.
fn while_whole(clause: &Clause, condition: &Condition, when: &[Alternative]) -> Option<Diagnostic> {
    let environment = clause.consequences.iter().find_map(Consequence::frozen)?;
    let whole = |one: &Alternative| {
        let mut asked = one.compares.iter().filter_map(holds_while_whole).peekable();
        one.written.is_empty() && asked.peek().is_some() && asked.all(|holds| holds)
    };
    when.iter().any(whole).then(|| {
        let message = format!(
            "the clause `{}` freezes `{}` while nothing has burned",
            printable(&clause.name),
            printable(environment)
        );
        Diagnostic::warning(Code::WrongDirection, message)
            .at(condition.place.clone(), "holds for a budget of which all is left")
            .help("look at the direction of the comparison: `remaining` falls while a budget is spent, and the rest rises")
    })
}

/// Whether a comparison holds for a budget that nobody has touched; none where that is no matter of what is spent.
fn holds_while_whole(compares: &Compares) -> Option<bool> {
    let value = match compares.fact.name.as_str() {
        "remaining" | "sla.remaining" | "quarter.remaining" => Decimal::ONE,
        "burned"
        | "burn_rate"
        | "burned_by"
        | "worst_incident"
        | "pace"
        | "bad"
        | "breaches"
        | "sla.burned"
        | "sla.burn_rate"
        | "quarter.burned_by_kind"
        | "quarter.worst_kind" => Decimal::ZERO,
        // It never comes, which is longer than any length.
        "time_to_exhaustion" => {
            return Some(matches!(
                compares.operator,
                Operator::Above | Operator::AtLeast | Operator::Unequal
            ));
        }
        _ => return None,
    };
    Some(match compares.constant {
        Constant::Number(number) => compares.operator.holds(&value, &number),
        Constant::Text(_) => false,
    })
}
