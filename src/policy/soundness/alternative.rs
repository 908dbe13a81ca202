//! What a condition can be true of: alternatives, each a set of stretches in which facts may lie.
//!
//! An alternative without any value left can never hold. Parts that were not taken apart count as possible, so what is
//! said here of an alternative is certain, and doubt is never a warning.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::super::sense::{Compares, Constant, Fact, Operator, Sense, Written};
use super::Covered;
use crate::catalog::{Objective, Slo};
use crate::policy::length;
use crate::policy::trial::given::NO_PRIORITY;

/// The most alternatives that a condition is spread out into; one with more is passed over.
const MOST_ALTERNATIVES: usize = 256;

/// Facts that are known wherever the budget is.
const ALWAYS_KNOWN: [&str; 11] = [
    "remaining",
    "consumed",
    "objective",
    "bad",
    "total",
    "elapsed",
    "sla.remaining",
    "sla.consumed",
    "service",
    "slo",
    "environment",
];

/// Comparisons that must all hold, and parts that were not taken apart and must hold, too.
#[derive(Debug, Clone, Default)]
pub(super) struct Alternative {
    /// The comparisons.
    pub(super) compares: Vec<Compares>,
    /// The other parts.
    pub(super) written: Vec<Written>,
}

/// Spreads a sense out into alternatives; none when there are too many.
pub(super) fn spread(sense: &Sense) -> Option<Vec<Alternative>> {
    let alternatives = match sense {
        Sense::Constant(true) => vec![Alternative::default()],
        Sense::Constant(false) => Vec::new(),
        Sense::Compares(compares) => {
            vec![Alternative { compares: vec![normal(compares)], written: Vec::new() }]
        }
        Sense::Written(written) => vec![Alternative { compares: Vec::new(), written: vec![written.clone()] }],
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
                    written: [one.written.as_slice(), &other.written].concat(),
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
    let left = |group: &str| Fact { name: format!("{group}remaining"), argument: None };
    match (&compares.constant, compares.fact.name.strip_suffix("consumed")) {
        (Constant::Number(number), Some(group @ ("" | "sla." | "quarter."))) => Compares {
            fact: left(group),
            operator: compares.operator.mirrored(),
            constant: Constant::Number(Decimal::ONE.saturating_sub(*number)),
            place: compares.place.clone(),
        },
        _ => compares.clone(),
    }
}

/// Where a fact may lie: between two bounds, each with whether it belongs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The least.
    pub(super) low: Option<(Decimal, bool)>,
    /// The most.
    pub(super) high: Option<(Decimal, bool)>,
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
    pub(super) fn narrow(&mut self, operator: Operator, number: Decimal) {
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
    pub(super) fn is_empty(&self) -> bool {
        match (self.low, self.high) {
            (Some((low, low_within)), Some((high, high_within))) => {
                low > high || (low == high && !(low_within && high_within))
            }
            _ => false,
        }
    }

    /// True when at most one value is left.
    pub(super) fn is_point(&self) -> bool {
        matches!((self.low, self.high), (Some((low, _)), Some((high, _))) if low >= high)
    }
}

/// The objective that a fact is reckoned against; none for a fact of the SLA where there is no SLA.
pub(super) fn against(fact: &Fact, slo: &Slo) -> Option<Objective> {
    if fact.name.starts_with("sla.") { slo.terms.sla } else { Some(slo.objective) }
}

/// When every event is bad, the budget that a fact is of burns this many times faster than evenly.
pub(super) fn most(fact: &Fact, slo: &Slo) -> Option<Decimal> {
    if fact.name.starts_with("sla.") {
        return Decimal::ONE.checked_div(slo.terms.sla?.allowance());
    }
    slo.fastest_burn()
}

/// The share of the period that the window of a fact is; none where periods are of several lengths.
pub(super) fn part_of_period(fact: &Fact, slo: &Slo) -> Option<Decimal> {
    if slo.calendar.is_some() {
        return None;
    }
    let window = fact.argument.as_deref().and_then(length::length)?;
    Decimal::from(window.min(slo.period)).checked_div(slo.period.into())
}

/// Where a fact may lie whatever the SLO, or for one. What goes within a window depends on how the traffic is spread;
/// for an SLO it is as much as goes with even traffic.
fn domain(fact: &Fact, slo: Option<&Slo>) -> Stretch {
    let most = slo.and_then(|slo| most(fact, slo));
    match fact.name.as_str() {
        "remaining" | "sla.remaining" | "quarter.remaining" => {
            Stretch::of(most.map(|most| Decimal::ONE - most), Some(Decimal::ONE))
        }
        "burned" | "sla.burned" => {
            let part = slo.and_then(|slo| part_of_period(fact, slo)).unwrap_or(Decimal::ONE);
            Stretch::of(Some(Decimal::ZERO), most.and_then(|most| most.checked_mul(part)))
        }
        // Of a period that is not over, traffic may have passed faster than evenly.
        "pace" if slo.is_some_and(|slo| slo.calendar.is_some()) => Stretch::of(Some(Decimal::ZERO), None),
        "elapsed" => Stretch { low: Some((Decimal::ZERO, false)), high: Some((Decimal::ONE, true)) },
        "burn_rate"
        | "pace"
        | "worst_incident"
        | "sla.burn_rate"
        | "burned_by"
        | "quarter.burned_by_kind"
        | "quarter.worst_kind" => Stretch::of(Some(Decimal::ZERO), most),
        "objective" => match slo {
            Some(slo) => Stretch::of(Some(slo.objective.share()), Some(slo.objective.share())),
            None => Stretch { low: Some((Decimal::ZERO, false)), high: Some((Decimal::ONE, false)) },
        },
        "sla.objective" => Stretch { low: Some((Decimal::ZERO, true)), high: Some((Decimal::ONE, false)) },
        "bad" | "total" | "time_to_exhaustion" | "breaches" => Stretch::of(Some(Decimal::ZERO), None),
        "signal" => Stretch::of(Some(Decimal::ZERO), Some(Decimal::ONE)),
        "priority" => Stretch::of(Some(Decimal::ONE), Some(NO_PRIORITY)),
        _ => Stretch::default(),
    }
}

/// Where each fact may lie in an alternative; none when it can never hold.
pub(super) fn stretches(
    compares: &[Compares],
    covered: Option<&Covered<'_>>,
) -> Option<BTreeMap<Fact, Stretch>> {
    let mut stretches: BTreeMap<Fact, Stretch> = BTreeMap::new();
    let mut texts: BTreeMap<&Fact, &str> = BTreeMap::new();
    let slo = covered.map(|covered| covered.slo);
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
                let equal = compares.operator == Operator::Equal;
                let chosen = texts.get(&compares.fact).map(|chosen| vec![*chosen]);
                let own = chosen.or_else(|| covered?.names(&compares.fact.name));
                let meets = own.is_none_or(|own| own.iter().any(|own| (own == text) == equal));
                if !meets && matches!(compares.operator, Operator::Equal | Operator::Unequal) {
                    return None;
                }
                if compares.operator == Operator::Equal {
                    texts.insert(&compares.fact, text);
                }
            }
        }
    }
    agree(&stretches, Spent::InWindows).then_some(stretches)
}

/// What is compared with what burned within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    /// What burned within longer windows.
    InWindows,
    /// That, and what is spent at all. Where depletion is given back, less may be spent than burned.
    AtAll,
}

/// True when facts may lie where they do together: in a longer window no less is burned than in a shorter one, and no
/// more than is spent.
pub(super) fn agree(stretches: &BTreeMap<Fact, Stretch>, known: Spent) -> bool {
    let seconds = |fact: &Fact| match fact.name.as_str() {
        "burned" => fact.argument.as_deref().and_then(length::length),
        _ => None,
    };
    let mut spent: Vec<(i64, Stretch)> =
        stretches.iter().filter_map(|(fact, stretch)| Some((seconds(fact)?, stretch.clone()))).collect();
    let left = stretches.iter().find(|(fact, _)| fact.name == "remaining").map(|(_, stretch)| stretch);
    let left = left.filter(|_| known == Spent::AtAll);
    spent.extend(left.map(|left| (i64::MAX, left.rest())));
    spent.iter().all(|(short, less)| {
        let longer = spent.iter().filter(|(long, _)| long > short);
        longer.map(|(_, more)| Stretch { low: less.low, high: more.high }).all(|between| !between.is_empty())
    })
}

impl Stretch {
    /// What is spent where so much is left, or the other way round.
    fn rest(&self) -> Self {
        let of = |bound: Option<(Decimal, bool)>| bound.map(|(value, within)| (Decimal::ONE - value, within));
        Self { low: of(self.high), high: of(self.low) }
    }

    /// True when a comparison holds for every value in it.
    fn is_within(&self, operator: Operator, number: Decimal) -> bool {
        let below = self.high.is_some_and(|(high, within)| high < number || (high == number && !within));
        let above = self.low.is_some_and(|(low, within)| low > number || (low == number && !within));
        let most = self.high.is_some_and(|(high, _)| high <= number);
        let least = self.low.is_some_and(|(low, _)| low >= number);
        match operator {
            Operator::Below => below,
            Operator::AtMost => most,
            Operator::Above => above,
            Operator::AtLeast => least,
            Operator::Equal => most && least,
            Operator::Unequal => below || above,
        }
    }
}

/// True when, wherever one of `when` holds, one of `then` is known to hold, too, whatever the SLO.
///
/// What `then` reads beyond what the alternative reads may be unknown there, and then nothing is said.
pub(super) fn implies(when: &[Alternative], then: &[Alternative]) -> bool {
    let read: BTreeSet<&Fact> =
        then.iter().flat_map(|one| one.compares.iter().map(|compares| &compares.fact)).collect();
    let written: Vec<&Written> = then.iter().flat_map(|one| &one.written).collect();
    when.iter().all(|one| {
        let Some(mut stretches) = stretches(&one.compares, None) else { return true };
        exhausted(&mut stretches);
        let known = |fact: &Fact| {
            ALWAYS_KNOWN.contains(&fact.name.as_str()) || stretches.contains_key(fact) || one.reads(fact)
        };
        read.iter().all(|fact| known(fact))
            && written.iter().all(|part| one.written.contains(part))
            && then.iter().any(|other| holds(one, &stretches, other))
    })
}

/// Where nothing is left, the time until nothing is left is known, and 0.
fn exhausted(stretches: &mut BTreeMap<Fact, Stretch>) {
    let fact = |name: &str| Fact { name: name.to_owned(), argument: None };
    let left = stretches.get(&fact("remaining")).and_then(|left| left.high);
    if left.is_some_and(|(most, _)| most <= Decimal::ZERO) {
        let time = fact("time_to_exhaustion");
        let stretch = stretches.entry(time.clone()).or_insert_with(|| domain(&time, None));
        stretch.narrow(Operator::Equal, Decimal::ZERO);
    }
}

impl Alternative {
    /// True when it compares a fact.
    fn reads(&self, fact: &Fact) -> bool {
        self.compares.iter().any(|compares| compares.fact == *fact)
    }
}

/// True when an alternative holds wherever another does that leaves facts in `stretches`.
fn holds(where_one: &Alternative, stretches: &BTreeMap<Fact, Stretch>, other: &Alternative) -> bool {
    let same = |one: &Compares, other: &Compares| {
        one.fact == other.fact && one.operator == other.operator && one.constant == other.constant
    };
    other.written.iter().all(|part| where_one.written.contains(part))
        && other.compares.iter().all(|compares| {
            let certain = match &compares.constant {
                Constant::Number(number) => stretches
                    .get(&compares.fact)
                    .cloned()
                    .unwrap_or_else(|| domain(&compares.fact, None))
                    .is_within(compares.operator, *number),
                Constant::Text(_) => false,
            };
            certain || where_one.compares.iter().any(|one| same(one, compares))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::{Place, SourceText};

    /// Facts that tests compare: one that falls, three that rise with it.
    const FACTS: [(&str, Option<&str>); 4] =
        [("remaining", None), ("burned", Some("1h")), ("burned", Some("24h")), ("burn_rate", Some("1h"))];

    fn fact(index: usize) -> Fact {
        let (name, argument) = FACTS[index];
        Fact { name: name.to_owned(), argument: argument.map(str::to_owned) }
    }

    /// Comparisons joined in any way.
    fn senses() -> impl Strategy<Value = Sense> {
        let operators = [
            Operator::Below,
            Operator::AtMost,
            Operator::Above,
            Operator::AtLeast,
            Operator::Equal,
            Operator::Unequal,
        ];
        let compares = (0..FACTS.len(), prop::sample::select(operators.to_vec()), -4_i64..5);
        let compares = compares.prop_map(|(index, operator, number)| {
            let place = Place::line_of(&SourceText::new("p.rhai", "p"), 1);
            let constant = Constant::Number(Decimal::new(number, 0));
            Sense::Compares(Compares { fact: fact(index), operator, constant, place })
        });
        compares.prop_recursive(3, 8, 3, |inner| {
            let parts = prop::collection::vec(inner, 1..4);
            prop_oneof![parts.clone().prop_map(Sense::All), parts.prop_map(Sense::Any)]
        })
    }

    /// Whether a sense holds where the facts have these values.
    fn holds_at(sense: &Sense, values: [Decimal; 4]) -> bool {
        match sense {
            Sense::All(parts) => parts.iter().all(|part| holds_at(part, values)),
            Sense::Any(parts) => parts.iter().any(|part| holds_at(part, values)),
            Sense::Compares(compares) => {
                let index = (0..FACTS.len()).find(|index| fact(*index) == compares.fact).expect("a fact");
                let Constant::Number(number) = &compares.constant else { panic!("a number") };
                compares.operator.holds(&values[index], number)
            }
            Sense::Constant(truth) => *truth,
            Sense::Written(_) => panic!("nothing is written"),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_is_implied_holds_and_what_is_impossible_does_not(
            one in senses(),
            other in senses(),
            // In halves, so that thresholds are hit and missed; what burned in an hour burned in the day, too.
            (left, hour, more, rate) in (-9_i64..=2, 0_i64..6, 0_i64..6, 0_i64..9),
        ) {
            let half = |number: i64| Decimal::new(number * 5, 1);
            let values = [half(left), half(hour), half(hour + more), half(rate)];
            let (first, second) = (spread(&one).expect("few"), spread(&other).expect("few"));
            prop_assert_eq!(holds_at(&one, values), first.iter().any(|alternative| {
                alternative.compares.iter().all(|part| holds_at(&Sense::Compares(part.clone()), values))
            }));
            if holds_at(&one, values) {
                let possible = first.iter().any(|alternative| stretches(&alternative.compares, None).is_some());
                prop_assert!(possible, "{:?} holds at {:?}", one, values);
                prop_assert!(!implies(&first, &second) || holds_at(&other, values), "{:?} implies {:?}", one, other);
            }
        }
    }

    #[test]
    fn a_narrower_threshold_implies_a_wider_one_of_the_same_fact_and_of_no_other() {
        let at_most = |index, number: i64| {
            let place = Place::line_of(&SourceText::new("p.rhai", "p"), 1);
            let constant = Constant::Number(Decimal::new(number, 0));
            let compares = Compares { fact: fact(index), operator: Operator::AtMost, constant, place };
            spread(&Sense::Compares(compares)).expect("one")
        };
        assert!(implies(&at_most(0, -1), &at_most(0, 0)));
        assert!(!implies(&at_most(0, 0), &at_most(0, -1)));
        assert!(!implies(&at_most(0, 0), &at_most(3, 9)), "what is not read may not be known");
    }
}
