//! How far a clause is from changing its state, in bad events: how many more and it comes into force, how many fewer
//! and it would end.
//!
//! The conditions themselves are asked, of supposed budgets, so that the answer is right for whatever they combine.
//! Nothing is decided by it.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::ruling::{Measured, Ruling, Standing, believed};
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
    let budget = &believed(policy, budget, measured.t);
    let Ok(figures) = budget.at(measured.t) else { return Distance::None };
    // One more bad event may or may not make a slice of time a bad one, and weighs as much as the part that it is of.
    if budget.counts_slices() || budget.is_composite() {
        return Distance::None;
    }
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
    use crate::budget::series::{Series, Total};
    use crate::catalog::Objective;
    use crate::diagnostic::SourceText;
    use crate::policy::{Names, Subject, ruling};

    /// A clause that freezes when less than `percent` are left, and its ruling on ten points of 1,000 events at 99 %
    /// with `bad` bad ones each.
    fn reckoned(bad: u32, percent: i64) -> Distance {
        let text = format!(
            r#"policy(#{{ version: "1", scope: #{{ team: "t" }}, purpose: "p", escalation: #{{ decides: ["d"], how: "h" }},
                agreed_by: #{{ operations: "o" }}, next_review: #{{ on: "2027-01-15" }} }});
            clause("c", "C").when(|budget| budget.remaining < percent({percent})).then(warn("w"));"#
        );
        let names = Names { teams: vec!["t".to_owned()], step: 300, ..Names::default() };
        let (policy, _) = Policy::load(&SourceText::new("p.rhai", text), &names).expect("it loads");
        let points = vec![Some(Total { bad: bad.into(), total: 1_000.into() }); 30];
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Budget::new(objective, 3_000, Series { first: 0, step: 300, points }, None);
        let name = || "n".to_owned();
        let subject = Subject { slo: name(), service: name(), environment: name(), phase: None, tier: None };
        let measured = Measured { subject, budget: Ok(Arc::new(budget)), t: 29 * 300 };
        let rulings = ruling::rule(&policy, &measured, crate::ledger::Past::default());
        reckon(&policy, &policy.clauses[0], &rulings[0], &measured)
    }

    #[test]
    fn the_distance_is_that_of_the_formula() {
        // Idle: the least n with 1 - (bad + n) / (0.01 (total + n)) < share. In force: the least n with
        // 1 - (bad - n) / (0.01 total) >= share.
        for (bad, percent) in [(0, 0), (3, 0), (3, 10), (9, -20), (10, 0)] {
            let (bad_in_period, total) = (Decimal::from(bad * 10), Decimal::from(10_000));
            let share = Decimal::new(percent, 2);
            let left = |bad: Decimal, total: Decimal| Decimal::ONE - bad / (Decimal::new(1, 2) * total);
            let more = (1..100_000).map(Decimal::from).find(|n| left(bad_in_period + n, total + n) < share);
            let wanted = Distance::More(whole(more.expect("it is reached")));
            assert_eq!(reckoned(bad, percent), wanted, "{bad} bad, {percent} %");
        }
        assert_eq!(reckoned(12, 0), Distance::Fewer(20));
        assert_eq!(reckoned(12, -10), Distance::Fewer(10));
        assert_eq!(
            reckoned(0, -10_000),
            Distance::OutOfReach,
            "a budget of 1 % can lose 9,900 % and no more"
        );
        assert_eq!(reckoned(0, 101), Distance::None, "it is in force whatever happens");
    }

    #[test]
    fn the_first_number_is_found_wherever_it_is() {
        for wanted in [1, 2, 3, 7, 8, 9, 999, 1_000] {
            assert_eq!(first(1_000, |number| number >= wanted), Some(wanted));
        }
        assert_eq!(first(1_000, |number| number > 1_000), None);
        assert_eq!(first(0, |_| true), None);
    }
}
