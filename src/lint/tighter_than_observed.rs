//! An objective that was never met: tighter than the best that was seen over any whole period of the history.
//!
//! Such a budget is exhausted all the time, so it stops people's work for what nobody can mend at once. A first
//! objective is taken from what was observed, and tightened as the service gets better.

use rust_decimal::{Decimal, RoundingStrategy};

use super::observed::{Observed, date, percent, silenced};
use crate::budget::Budget;
use crate::budget::gap::duration;
use crate::diagnostic::{Code, Diagnostic};

/// Digits of the best share after those of the objective, in per cent: enough to tell the two apart in most cases.
const DIGITS: u32 = 2;

/// The problem of an objective that no whole period met.
pub(super) fn examine(seen: &Observed<'_>, budget: &Budget) -> Option<Diagnostic> {
    // An objective of each part makes none of the whole that could be told.
    if budget.is_composite() {
        return None;
    }
    // Most budgets suffice now, and then nothing else need be looked at.
    if budget.at(seen.t).is_ok_and(|figures| figures.remaining() >= Decimal::ZERO) {
        return None;
    }
    let best = budget.best(seen.t)?;
    if best.figures.remaining() >= Decimal::ZERO {
        return None;
    }
    let slo = seen.slo;
    let period = duration(budget.period());
    let objective = budget.objective().share();
    // Cut and never rounded up: what is told is below the objective, as it was.
    let digits = objective.normalize().scale() + DIGITS;
    let share = best.share().round_dp_with_strategy(digits, RoundingStrategy::ToNegativeInfinity);
    let most = percent(share);
    let message = format!(
        "the SLO `{}` is tighter than anything observed{}: its objective is {} over {period}, and the best {period} \
         since {} had {most}",
        slo.name,
        seen.within(),
        percent(objective),
        date(best.since - budget.step()),
    );
    let help = format!(
        "its budget would never have sufficed, and a policy stops work for it all the time: begin with at most {most} \
         and tighten it as the service gets better; {}",
        silenced(Code::TighterThanObserved)
    );
    let problem = Diagnostic::warning(Code::TighterThanObserved, message);
    Some(problem.at(slo.objective_place.clone(), "never met so far").help(help))
}

#[cfg(test)]
mod tests {
    use super::super::observed::tests::{observed, slo};
    use super::*;

    /// The problem of an objective, as a share, over hours of which so many events of as many as `total` were bad.
    fn problem(objective: Decimal, bad: &[i64], total: i64) -> Option<String> {
        let slo = slo(objective, 86_400);
        let seen = observed(&slo, bad, total);
        examine(&seen, seen.budget.as_ref().expect("a budget")).map(|problem| problem.message)
    }

    /// The problem of an objective in per cent, over days of which so many events in a hundred were bad.
    fn of_days(percent: i64, bad: &[i64]) -> Option<String> {
        problem(Decimal::new(percent, 2), &bad.iter().flat_map(|bad| [*bad; 24]).collect::<Vec<_>>(), 100)
    }

    #[test]
    fn or16_an_availability_better_than_the_best_that_was_seen_is_refused() {
        let days = [9, 5, 7];
        let message = of_days(99, &days).expect("99 % is tighter than 95 %");
        let told = "its objective is 99 % over 1d, and the best 1d since 1 Jan 1970 had 95 %";
        assert!(message.ends_with(told), "{message}");
        assert_eq!(of_days(95, &days), None, "as good as the best");
        assert_eq!(of_days(90, &days), None, "looser than the best");
    }

    #[test]
    fn or16_a_latency_below_the_lowest_that_was_seen_is_refused() {
        // Every request took 300 ms to 900 ms: none was within 200 ms, and all were within 900 ms.
        assert!(of_days(80, &[100, 100]).is_some(), "200 ms in 80 %");
        assert_eq!(of_days(80, &[0, 0]), None, "900 ms in 80 %");
        assert_eq!(of_days(80, &[20, 60]), None, "a limit that was met in 80 % on the best day");
    }

    #[test]
    fn one_period_that_sufficed_is_enough_whenever_it_was() {
        assert_eq!(of_days(99, &[1, 50, 50]), None);
        assert_eq!(of_days(99, &[50, 50, 1]), None);
    }

    #[test]
    fn less_than_a_period_says_nothing() {
        let objective = Decimal::new(99, 2);
        assert_eq!(problem(objective, &[50; 23], 100), None);
        assert!(problem(objective, &[50; 24], 100).is_some());
    }

    #[test]
    fn what_is_told_of_the_best_is_never_rounded_up_to_the_objective() {
        let message = problem(Decimal::new(9999, 4), &[101; 24], 1_000_000).expect("a problem");
        assert!(message.ends_with("had 99.9899 %"), "{message}");
    }
}
