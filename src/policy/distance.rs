//! How far a clause is from changing its state, in bad events: how many more and it comes into force, how many fewer
//! and it would end.
//!
//! The conditions themselves are asked, of supposed budgets, so that the answer is right for whatever they combine.
//! Nothing is decided by it.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::ruling::{Measured, Ruling, Standing};
use super::{Clause, Condition, Policy, Tracing, Truth};
use crate::budget::Budget;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// So many more bad events, now, and its condition holds.
    More(i64),
    /// However many bad events come, its condition does not hold by them alone.
    OutOfReach,
    /// Had so many of the newest bad events been good, it would end now.
    Fewer(i64),
    /// It is not a matter of bad events, or not known.
    None,
}

/// Times its present events that a period is supposed to have in bad ones before they are out of reach.
const MOST: i64 = 1_000;

/// How far a clause is from changing its state.
#[must_use]
pub fn reckon(policy: &Policy, clause: &Clause, ruling: &Ruling, measured: &Measured) -> Distance {
    let (Some(when), Ok(budget)) = (&clause.when, &measured.budget) else { return Distance::None };
    let Ok(figures) = budget.at(measured.t) else { return Distance::None };
    let ask = |condition: &Condition, budget: Budget| {
        let budget = Arc::new(budget);
        policy.test(condition, &measured.subject, &budget, measured.t, Tracing::Off).truth
    };
    let events = figures.period();
    match (ruling.standing, &clause.thaws) {
        (Standing::Idle, _) if ask(when, Budget::clone(budget)) == Truth::Fails => {
            let most = whole(events.total).saturating_add(1).saturating_mul(MOST);
            let holds = |more: i64| ask(when, budget.with_more_bad(measured.t, more.into())) == Truth::Holds;
            first(most, holds).map_or(Distance::OutOfReach, Distance::More)
        }
        (Standing::InForce { .. }, thaws) => {
            let ends = |fewer: i64| {
                let supposed = || budget.with_fewer_bad(measured.t, fewer.into());
                let thawed = thaws.as_ref().is_none_or(|thaws| ask(thaws, supposed()) == Truth::Holds);
                thawed && ask(when, supposed()) == Truth::Fails
            };
            first(whole(events.bad), ends).map_or(Distance::None, Distance::Fewer)
        }
        (Standing::Idle | Standing::Unknown | Standing::Untriggered, _) => Distance::None,
    }
}

/// A number of events, rounded up.
fn whole(events: Decimal) -> i64 {
    i64::try_from(events.ceil()).unwrap_or(i64::MAX)
}

/// The first number from 1 to `most` at which something holds, where it goes on holding once it does.
fn first(most: i64, holds: impl Fn(i64) -> bool) -> Option<i64> {
    let (mut below, mut at) = (0, 1);
    loop {
        if at > most {
            at = most;
        }
        if at <= below {
            return None;
        }
        if holds(at) {
            break;
        }
        below = at;
        at = at.saturating_mul(2);
    }
    while at - below > 1 {
        let middle = below + (at - below) / 2;
        if holds(middle) {
            at = middle;
        } else {
            below = middle;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_found_wherever_it_is() {
        for wanted in [1, 2, 3, 7, 8, 9, 999, 1_000] {
            assert_eq!(first(1_000, |number| number >= wanted), Some(wanted));
        }
        assert_eq!(first(1_000, |number| number > 1_000), None);
        assert_eq!(first(0, |_| true), None);
    }
}
