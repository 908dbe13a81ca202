//! A revision of an SLO in words that every rendering shares. Each hands in how it escapes what authors wrote.
//!
//! A looser objective is told with what it does to the error budget, and with what was left of that budget at the time:
//! whoever loosens an exhausted budget ends a freeze by a stroke of the pen.

use rust_decimal::Decimal;

use crate::catalog::revision::{Revised, Revision};
use crate::catalog::{Assigned, Method, Objective};
use crate::report::{BudgetLine, figure};

/// What was left of an SLO's budget when its revision was told, by its definition before the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// This share; none or less is left when it is exhausted.
    Known(Decimal),
    /// Nobody can say.
    Unknown,
}

impl Left {
    /// What was left of the budget that a revision bears on, that of the SLA where it is the SLA, in the environment where
    /// least was; not known where one of its budgets is not, unless another is exhausted.
    #[must_use]
    pub fn of(revision: &Revision, budgets: &[BudgetLine]) -> Self {
        let is_sla = matches!(revision.revised, Revised::Sla { from: Some(_), .. });
        let left = |line: &BudgetLine| {
            let known = line.figures.as_ref().ok()?;
            if is_sla { known.sla } else { Some(known.remaining) }
        };
        let lines = || budgets.iter().filter(|line| line.slo == revision.slo);
        match lines().filter_map(left).min() {
            Some(least) if least <= Decimal::ZERO || lines().all(|line| left(line).is_some()) => {
                Self::Known(least)
            }
            Some(_) | None => Self::Unknown,
        }
    }

    /// Nothing was left.
    #[must_use]
    pub fn is_exhausted(self) -> bool {
        matches!(self, Self::Known(share) if share <= Decimal::ZERO)
    }
}

/// A revision as a sentence without its period.
pub fn sentence(revision: &Revision, left: Left, safe: impl Fn(&str) -> String) -> String {
    let title = safe(&revision.title);
    let told = |from: &str, to: &str| format!("{title}: {from} -> {to}");
    match &revision.revised {
        Revised::Added { objective, period } => {
            format!("{title} is new: {} over {}", percent(*objective), figure::period(*period))
        }
        Revised::Removed { last } => {
            let unprotected = || format!("; nothing else protects {}", safe(&revision.service));
            let alone = last.then(unprotected).unwrap_or_default();
            format!("{title} is removed{alone}; {}", at_the_time("its budget", left))
        }
        Revised::Renamed { to } => format!("{title} is the SLO {} now", safe(to)),
        Revised::Objective { from, to } => format!(
            "{title} {} -> {}: the budget {}; {}",
            percent(*from),
            percent(*to),
            growth(*from, *to),
            at_the_time("it", left)
        ),
        Revised::Sla { from, to } => agreement(title, *from, *to, left),
        Revised::Period { from, to } => {
            let period = told(&format!("the period {}", figure::period(*from)), &figure::period(*to));
            format!("{period}{}", if_exhausted("its budget", left))
        }
        Revised::Calendar { to, .. } => {
            let becomes = match to {
                Some(_) => "follow another calendar",
                None => "roll",
            };
            format!("{title}: its periods {becomes} now{}", if_exhausted("its budget", left))
        }
        Revised::Method { from, to } => {
            format!(
                "{}{}",
                told(&format!("the method {}", method(from)), &method(to)),
                if_exhausted("its budget", left)
            )
        }
        Revised::Weight { part, from, to } => {
            let before = format!("the weight of {} {}", safe(part), from.normalize());
            format!("{}{}", told(&before, &to.normalize().to_string()), if_exhausted("its budget", left))
        }
        Revised::Indicator { parts } => {
            let parts: Vec<String> = parts.iter().map(|part| format!("its {part}")).collect();
            let exhausted = if_exhausted("its budget", left);
            format!("{title} counts something else now ({} changed){exhausted}", parts.join(" and "))
        }
        Revised::Priority { from, to } => {
            told(&format!("the priority of its incidents {}", priority(*from)), priority(*to))
        }
        Revised::Said { key, from, to } => match (from, to) {
            (Some(from), Some(to)) => told(&format!("the {} {}", word(key), safe(from)), &safe(to)),
            (None, Some(to)) => format!("{title} gets the {} {}", word(key), safe(to)),
            (Some(from), None) => format!("{title} no longer says the {} {}", word(key), safe(from)),
            (None, None) => title,
        },
    }
}

/// The revision of an SLA as a sentence.
fn agreement(title: String, from: Option<Objective>, to: Option<Objective>, left: Left) -> String {
    let exhausted = if_exhausted("the SLA's budget", left);
    match (from, to) {
        (Some(from), Some(to)) => format!("{title}: the SLA {} -> {}{exhausted}", percent(from), percent(to)),
        (None, Some(to)) => format!("{title} gets an SLA of {}", percent(to)),
        (Some(from), None) => format!("{title} has no SLA any more; it was {}{exhausted}", percent(from)),
        (None, None) => title,
    }
}

/// A key as people say it.
fn word(key: &str) -> &str {
    match key {
        "sli" => "SLI",
        "journey" => "user journey",
        "agreed-by" => "agreement",
        "minimum-coverage" => "least coverage of its history",
        "minimum-events" => "least number of its events",
        "stale-after" => "greatest age of its data",
        "minimum-history" => "least history of an estimate",
        "missing-slices" => "rule for missing slices",
        other => other,
    }
}

/// An objective as a percentage.
fn percent(objective: Objective) -> String {
    figure::objective(objective.share())
}

/// What becomes of the budget: `grows fivefold`, `shrinks to a fifth`.
fn growth(from: Objective, to: Objective) -> String {
    const FOLD: [&str; 9] = [
        "twofold",
        "threefold",
        "fourfold",
        "fivefold",
        "sixfold",
        "sevenfold",
        "eightfold",
        "ninefold",
        "tenfold",
    ];
    const PART: [&str; 9] = [
        "half",
        "a third",
        "a quarter",
        "a fifth",
        "a sixth",
        "a seventh",
        "an eighth",
        "a ninth",
        "a tenth",
    ];
    // Both are above 0; what no decimal holds is beyond any word for it.
    let named = |over: Decimal, under: Decimal, words: [&'static str; 9]| {
        let whole =
            (2..).zip(words).find(|(times, _)| under.checked_mul(Decimal::from(*times)) == Some(over));
        whole.map(|(_, word)| word)
    };
    let (old, new) = (from.allowance(), to.allowance());
    let times = new.checked_div(old).unwrap_or(Decimal::ONE);
    let share = |part: Decimal| format!("{} %", telling(figure::hundredfold(part)));
    if new < old {
        let size =
            named(old, new, PART).map_or_else(|| format!("{} of what it was", share(times)), str::to_owned);
        return format!("shrinks to {size}");
    }
    match named(new, old, FOLD) {
        Some(fold) => format!("grows {fold}"),
        None if times < Decimal::TWO => format!("grows by {}", share(times - Decimal::ONE)),
        None => format!("grows to {} times what it was", telling(times)),
    }
}

/// A number with at least two digits that count, because a factor that is rounded to one may say twice as much, and with as
/// many as it takes not to read as a hundred that it is not.
fn telling(number: Decimal) -> String {
    if number >= Decimal::TEN && number.round_dp(1) != Decimal::ONE_HUNDRED {
        return figure::short(number);
    }
    let rounded = (2..28).filter_map(|digits| number.round_sf(digits));
    let apart = rounded.into_iter().find(|rounded| *rounded != Decimal::ONE_HUNDRED);
    apart.filter(|_| number != Decimal::ONE_HUNDRED).unwrap_or(number).normalize().to_string()
}

/// What was left at the time: `it was exhausted at the time (-23.4 % left)`.
fn at_the_time(budget: &str, left: Left) -> String {
    match left {
        Left::Known(share) if share <= Decimal::ZERO => {
            format!("{budget} was exhausted at the time ({} left)", figure::percent(share))
        }
        Left::Known(share) => format!("{} of {budget} was left at the time", figure::percent(share)),
        Left::Unknown => format!("what was left of {budget} at the time is not known"),
    }
}

/// The same where it matters: a budget that is reckoned in another way may no longer be exhausted.
fn if_exhausted(budget: &str, left: Left) -> String {
    if left.is_exhausted() { format!("; {}", at_the_time(budget, left)) } else { String::new() }
}

/// A method as OpenSLO names it.
fn method(method: &Method) -> String {
    match method {
        Method::Occurrences => "Occurrences".to_owned(),
        Method::Timeslices { target, window, .. } => {
            format!("Timeslices of {} at {}", figure::period(*window), figure::objective(*target))
        }
        Method::RatioTimeslices { window, .. } => format!("RatioTimeslices of {}", figure::period(*window)),
    }
}

/// The priority of incidents.
const fn priority(assigned: Assigned) -> &'static str {
    match assigned {
        Assigned::Default => "by default",
        Assigned::None => "none",
        Assigned::Explicit(priority) => priority.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, SourceText};
    use crate::report::escape;

    /// The objective that is written so.
    fn objective(text: &str) -> Objective {
        Objective::new(text.parse().expect("a decimal")).expect("an objective")
    }

    /// A revision of checkout's availability.
    fn revision(revised: Revised) -> Revision {
        Revision {
            slo: "checkout-availability".to_owned(),
            title: "checkout availability".to_owned(),
            service: "checkout".to_owned(),
            revised,
            place: Place::new(&SourceText::new("slos/a.yaml", ""), 0..0),
        }
    }

    /// The words for a revision, as they stand on a terminal.
    fn words(revised: Revised, left: Left) -> String {
        sentence(&revision(revised), left, escape::terminal)
    }

    #[test]
    fn a_loosened_objective_says_what_becomes_of_the_budget_and_what_was_left() {
        let loosened = || Revised::Objective { from: objective("0.999"), to: objective("0.995") };
        assert_eq!(
            words(loosened(), Left::Known(Decimal::new(-234, 3))),
            "checkout availability 99.9 % -> 99.5 %: the budget grows fivefold; it was exhausted at the time \
             (-23.4 % left)"
        );
        assert!(words(loosened(), Left::Known(Decimal::ZERO)).ends_with("exhausted at the time (0 % left)"));
        assert!(
            words(loosened(), Left::Known(Decimal::new(61, 2)))
                .ends_with("; 61 % of it was left at the time")
        );
        assert!(words(loosened(), Left::Unknown).ends_with("; what was left of it at the time is not known"));
    }

    #[test]
    fn factors_have_words_where_there_are_words() {
        let growth = |from: &str, to: &str| growth(objective(from), objective(to));
        assert_eq!(growth("0.999", "0.998"), "grows twofold");
        assert_eq!(growth("0.999", "0.99"), "grows tenfold");
        assert_eq!(growth("0.999", "0.9958"), "grows to 4.2 times what it was");
        assert_eq!(growth("0.999", "0.9"), "grows to 100 times what it was");
        assert_eq!(growth("0.995", "0.994"), "grows by 20 %");
        assert_eq!(growth("0.995", "0.999"), "shrinks to a fifth");
        assert_eq!(growth("0.997", "0.999"), "shrinks to a third");
        assert_eq!(growth("0.99", "0.995"), "shrinks to half");
        assert_eq!(growth("0.995", "0.9979"), "shrinks to 42 % of what it was");
        assert_eq!(growth("0.9999", "0.99999995"), "shrinks to 0.05 % of what it was");
        assert_eq!(growth("0.99", "0.980001"), "grows by 99.99 %");
        assert_eq!(growth("0.99", "0.979999"), "grows to 2 times what it was");
        assert_eq!(growth("0.99", "0.9899"), "grows by 1 %");
    }

    #[test]
    fn what_is_gone_says_what_is_left_to_protect_its_service() {
        let removed = |last, left| words(Revised::Removed { last }, left);
        assert_eq!(
            removed(true, Left::Known(Decimal::new(5, 1))),
            "checkout availability is removed; nothing else protects checkout; 50 % of its budget was left at the time"
        );
        assert_eq!(
            removed(false, Left::Known(Decimal::NEGATIVE_ONE)),
            "checkout availability is removed; its budget was exhausted at the time (-100 % left)"
        );
    }

    #[test]
    fn every_other_revision_has_its_words() {
        let known = Left::Known(Decimal::ONE);
        let new = Revised::Added { objective: objective("0.995"), period: 28 * 86_400 };
        assert_eq!(words(new, Left::Unknown), "checkout availability is new: 99.5 % over 28d");
        let period = Revised::Period { from: 28 * 86_400, to: 7 * 86_400 };
        assert_eq!(words(period.clone(), known), "checkout availability: the period 28d -> 7d");
        assert!(
            words(period, Left::Known(Decimal::ZERO))
                .ends_with("; its budget was exhausted at the time (0 % left)")
        );
        let counted = Revised::Indicator { parts: vec!["bad query"] };
        assert_eq!(
            words(counted, known),
            "checkout availability counts something else now (its bad query changed)"
        );
        let sla = Revised::Sla { from: Some(objective("0.99")), to: None };
        assert_eq!(words(sla, known), "checkout availability has no SLA any more; it was 99 %");
        let sla = Revised::Sla { from: Some(objective("0.998")), to: Some(objective("0.5")) };
        assert_eq!(
            words(sla, Left::Known(Decimal::NEGATIVE_ONE)),
            "checkout availability: the SLA 99.8 % -> 50 %; the SLA's budget was exhausted at the time (-100 % left)"
        );
        let said =
            Revised::Said { key: "service", from: Some("checkout".to_owned()), to: Some("cart".to_owned()) };
        assert_eq!(words(said, known), "checkout availability: the service checkout -> cart");
        let place = Place::new(&SourceText::new("slos/a.yaml", ""), 0..0);
        let sliced = Method::Timeslices { target: Decimal::new(95, 2), window: 60, place };
        let method = Revised::Method { from: Method::Occurrences, to: sliced };
        assert_eq!(
            words(method, known),
            "checkout availability: the method Occurrences -> Timeslices of 1m at 95 %"
        );
    }

    #[test]
    fn what_authors_wrote_is_escaped() {
        let said = Revised::Said { key: "owner", from: None, to: Some("@everyone <b>".to_owned()) };
        let text = sentence(&revision(said), Left::Unknown, escape::markdown);
        assert_eq!(text, "checkout availability gets the owner @\u{200B}everyone &lt;b&gt;");
    }
}
