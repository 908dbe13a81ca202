//! An SLO that was loosened while its budget was exhausted: the rule was bent when it began to hold.
//!
//! Objectives that are too tight are loosened, and rightly; but what is agreed in calm says what users need, and what is
//! agreed in trouble says what was delivered. Services are told of, and people never.

use rust_decimal::{Decimal, RoundingStrategy};

use super::observed::{date, percent, silenced, within};
use crate::budget::Budget;
use crate::budget::gap::{Gap, duration};
use crate::catalog::Slo;
use crate::catalog::loosening::Way;
use crate::diagnostic::{Code, Diagnostic, Place};

/// When an SLO was loosened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When<'a> {
    /// By a commit.
    Commit {
        /// Its full id.
        id: &'a str,
        /// When it was committed, in seconds since the epoch.
        at: i64,
    },
    /// By what is looked at, compared with what stands at this branch, tag or commit.
    Now {
        /// Its name.
        against: &'a str,
    },
}

/// An SLO that was loosened while its budget was exhausted.
#[derive(Debug, Clone)]
pub struct Loosened<'a> {
    /// As it is now.
    pub slo: &'a Slo,
    /// As it was before.
    pub before: &'a Slo,
    /// As it was afterwards.
    pub after: &'a Slo,
    /// In which way.
    pub way: Way,
    /// When.
    pub when: When<'a>,
    /// The environment; none where there is only one, whose name says nothing.
    pub environment: Option<&'a str>,
    /// The share of the budget that was left then, by the older definition: at most 0.
    pub left: Decimal,
}

/// What was left at grid point `t` of the budget that a way loosened, where nothing was; none where something was.
///
/// # Errors
/// Why that is not known.
pub fn exhausted(budget: &Budget, way: Way, t: i64) -> Result<Option<Decimal>, Gap> {
    let figures = budget.at(t)?;
    let left = match way {
        Way::Objective | Way::Period => Some(figures.remaining()),
        Way::Sla => figures.sla().map(|figures| figures.remaining()),
    };
    Ok(left.filter(|left| *left <= Decimal::ZERO))
}

/// The problem of an SLO that was loosened.
pub(super) fn examine(loosened: &Loosened<'_>) -> Diagnostic {
    let Loosened { slo, before, after, way, when, environment, left } = loosened;
    let share = |slo: &Slo| percent(slo.objective.share());
    let (what, change, place): (&str, String, &Place) = match way {
        Way::Objective => {
            ("objective", format!("lowered from {} to {}", share(before), share(after)), &slo.objective_place)
        }
        Way::Sla => {
            let from = before.terms.sla.map_or_else(String::new, |sla| percent(sla.share()));
            let change = match after.terms.sla {
                Some(sla) => format!("lowered from {from} to {}", percent(sla.share())),
                None => format!("taken away, {from} before"),
            };
            ("SLA", change, &slo.place)
        }
        Way::Period => {
            let change = format!("changed from {} to {}", duration(before.period), duration(after.period));
            ("period", change, &slo.place)
        }
    };
    let label = if *way == Way::Period { "another period than before" } else { "looser than before" };
    let budget = if *way == Way::Sla { "the SLA's budget" } else { "its budget" };
    let left = percent(left.round_dp_with_strategy(3, RoundingStrategy::ToNegativeInfinity));
    let within = within(*environment);
    let (was, when) = match when {
        When::Commit { id, at } => {
            let id = id.get(..7).unwrap_or(id);
            let then = date(*at);
            ("was", format!("by commit {id} of {then}, when {budget} was exhausted{within}: {left} was left"))
        }
        When::Now { against } => {
            ("is", format!("against `{against}` while {budget} is exhausted{within}: {left} is left"))
        }
    };
    let was_called = match before.name.as_str() {
        same if same == slo.name => String::new(),
        other => format!(", which was `{other}` before,"),
    };
    let name = format!("`{}`{was_called}", slo.name);
    let message = format!("the {what} of the SLO {name} {was} {change} {when}");
    let help = format!(
        "put it back until the budget has recovered, and agree on another one then; where it was wrong all along, say so \
         to those who agreed to it; {}",
        silenced(Code::LoosenedWhileExhausted)
    );
    Diagnostic::warning(Code::LoosenedWhileExhausted, message).at(place.clone(), label).help(help)
}

#[cfg(test)]
mod tests {
    use super::super::observed::tests::{observed, slo};
    use super::*;
    use crate::catalog::Objective;
    use crate::catalog::loosening::ways;

    /// A share in thousandths as an objective.
    fn share(thousandths: i64) -> Option<Objective> {
        Objective::new(Decimal::new(thousandths, 3))
    }

    /// An SLO of an objective and an SLA in thousandths, over so many days.
    fn slo_of(objective: i64, sla: i64, days: i64) -> Slo {
        let mut slo = slo(Decimal::new(objective, 3), days * 86_400);
        slo.terms.sla = share(sla);
        slo
    }

    #[test]
    fn whatever_asks_for_less_is_looser() {
        let before = slo_of(999, 990, 7);
        assert_eq!(ways(&before, &slo_of(999, 990, 7)), []);
        assert_eq!(ways(&before, &slo_of(998, 990, 7)), [Way::Objective]);
        assert_eq!(ways(&before, &slo_of(999, 980, 7)), [Way::Sla]);
        assert_eq!(ways(&before, &slo_of(999, 0, 7)), [Way::Sla], "it is gone");
        assert_eq!(ways(&before, &slo_of(999, 990, 28)), [Way::Period]);
        assert_eq!(ways(&before, &slo_of(999, 990, 1)), [Way::Period], "it forgets sooner");
        assert_eq!(ways(&before, &slo_of(999, 995, 7)), [], "a stricter SLA");
        assert_eq!(ways(&slo_of(999, 0, 7), &before), [], "an SLA that is new asks for more");
    }

    #[test]
    fn the_older_definition_says_whether_the_budget_was_exhausted() {
        let before = slo_of(990, 950, 1);
        let left = |bad: i64, way: Way| {
            let seen = observed(&before, &[bad; 24], 100);
            exhausted(&seen.budget.expect("a budget").bound_to(before.terms), way, seen.t)
        };
        assert_eq!(left(0, Way::Objective), Ok(None));
        assert_eq!(left(1, Way::Objective), Ok(Some(Decimal::ZERO)), "nothing is left");
        assert_eq!(left(2, Way::Period), Ok(Some(-Decimal::ONE)));
        assert_eq!(left(2, Way::Sla), Ok(None), "60 % of the SLA's is left");
        assert_eq!(left(10, Way::Sla), Ok(Some(-Decimal::ONE)));
        let short = observed(&before, &[2; 23], 100);
        let unknown = exhausted(&short.budget.expect("a budget"), Way::Objective, short.t);
        assert!(matches!(unknown, Err(Gap::Short { .. })));
    }

    #[test]
    fn debt_that_is_small_is_never_told_as_nothing() {
        let (before, now) = (slo_of(999, 0, 1), slo_of(990, 0, 1));
        let when = When::Commit { id: "0123456789abcdef", at: 0 };
        let left = Decimal::new(-1, 6);
        let loosened = Loosened {
            slo: &now,
            before: &before,
            after: &now,
            way: Way::Objective,
            when,
            environment: Some("eu"),
            left,
        };
        assert_eq!(
            examine(&loosened).message,
            "the objective of the SLO `checkout` was lowered from 99.9 % to 99 % by commit 0123456 of 1 Jan 1970, when \
             its budget was exhausted in `eu`: -0.1 % was left"
        );
    }
}
