//! Every fact by the name under which a policy reads it.
//!
//! Each has two sample values, of a budget of which nothing is spent and of one that is exhausted, so that a condition
//! can be tried before a budget is at stake.

use rhai::{Engine, INT};
use rust_decimal::Decimal;

use super::{Facts, Found};
use crate::budget::Figures;
use crate::budget::gap::Gap;
use crate::policy::Author;
use crate::policy::complaint::Raised;
use crate::policy::length;
use crate::policy::value::{Count, Rate, Ratio, holds};

/// The facts of the budget against the SLA: `budget.sla`.
#[derive(Clone)]
pub(in crate::policy) struct SlaFacts(Facts);

/// The facts of the quarter's budget: `budget.quarter`.
#[derive(Clone)]
pub(in crate::policy) struct QuarterFacts(Facts);

/// What a fact of an exhausted sample is, where it is a multiple.
const MANY: Decimal = Decimal::ONE_HUNDRED;

/// What is left and what is spent of the samples.
fn left_and_spent() -> [[Decimal; 2]; 2] {
    [[Decimal::ONE, Decimal::new(-5, 1)], [Decimal::ZERO, Decimal::new(15, 1)]]
}

/// Teaches an engine the facts.
pub(in crate::policy) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Facts>("budget");
    let [left, spent] = left_and_spent();
    engine.register_get("remaining", move |facts: &mut Facts| -> Result<Ratio, Raised> {
        facts.of_period("remaining", |at| Ok(at.remaining().into()), left)
    });
    engine.register_get("consumed", move |facts: &mut Facts| -> Result<Ratio, Raised> {
        facts.of_period("consumed", |at| Ok(at.consumed().into()), spent)
    });
    engine.register_get("objective", |facts: &mut Facts| -> Result<Ratio, Raised> {
        facts.of_period("objective", |at| Ok(at.objective().into()), [Decimal::new(999, 3); 2])
    });
    engine.register_get("bad", |facts: &mut Facts| -> Result<Count, Raised> {
        facts.of_period("bad", |at| Ok(at.period().bad.into()), [Decimal::ZERO, Decimal::new(1_500, 0)])
    });
    engine.register_get("total", |facts: &mut Facts| -> Result<Count, Raised> {
        facts.of_period("total", |at| Ok(at.period().total.into()), [Decimal::new(1_000_000, 0); 2])
    });
    engine.register_fn("burned", |facts: &mut Facts, window: &str| -> Result<Ratio, Raised> {
        facts.of_window("burned", window, burned, Decimal::ONE)
    });
    engine.register_fn("burn_rate", |facts: &mut Facts, window: &str| -> Result<Rate, Raised> {
        facts.of_window("burn_rate", window, burn_rate, MANY)
    });
    engine.register_fn("breaches", |facts: &mut Facts, window: &str| -> Result<Count, Raised> {
        facts.of_window("breaches", window, |at, window| Ok(at.breaches(window)?.into()), MANY)
    });
    engine.register_fn("priority_reaches", |facts: &mut Facts, name: &str| facts.priority_reaches(name));
    register_names(engine);
    register_elsewhere(engine);
    register_forecasts(engine);
    register_sla(engine);
    register_quarter(engine);
}

/// Teaches an engine whose budget it is.
fn register_names(engine: &mut Engine) {
    engine.register_get("service", |facts: &mut Facts| facts.name("service", |of| &of.service));
    engine.register_get("slo", |facts: &mut Facts| facts.name("slo", |of| &of.slo));
    engine.register_get("environment", |facts: &mut Facts| facts.name("environment", |of| &of.environment));
    engine.register_get("phase", |facts: &mut Facts| facts.optional_name("phase", |of| of.phase.as_deref()));
    engine.register_get("tier", |facts: &mut Facts| facts.optional_name("tier", |of| of.tier.as_deref()));
}

/// Teaches an engine the facts that come from elsewhere than the budget's own events.
fn register_elsewhere(engine: &mut Engine) {
    engine.register_fn("burned_by", |facts: &mut Facts, dependency: &str| -> Result<Ratio, Raised> {
        let author = facts.author();
        facts.of_name("burned_by", dependency, |at| depleted(at, author, dependency))
    });
    engine.register_fn("signal", |facts: &mut Facts, name: &str| facts.signal(name));
}

/// What went through a dependency. Nothing does where the service declares that it does not depend on it, by leaving it
/// out; but to its organisation a team that leaves it out says nothing at all.
fn depleted(figures: &Figures<'_>, author: Author, dependency: &str) -> Result<Found, String> {
    match (figures.burned_by(dependency).map_err(|why| why.to_string())?, author) {
        (Some(share), _) => Ok(share.into()),
        (None, Author::Organization) => Err("the service does not declare that dependency".to_owned()),
        (None, Author::Team) => Ok(Found { number: Decimal::ZERO, word: Some("no dependency") }),
    }
}

/// Teaches an engine the facts about where a budget is heading and where it went.
fn register_forecasts(engine: &mut Engine) {
    let [_, spent] = left_and_spent();
    engine.register_get("pace", move |facts: &mut Facts| -> Result<Rate, Raised> {
        facts.of_period("pace", |at| Ok(at.pace().into()), spent)
    });
    engine.register_get("premature", move |facts: &mut Facts| -> Result<bool, Raised> {
        let pace: Rate = facts.of_period("premature", |at| Ok(at.pace().into()), spent)?;
        Ok(holds(&pace, ">", Decimal::ONE))
    });
    engine.register_get("elapsed", |facts: &mut Facts| -> Result<Ratio, Raised> {
        facts.of_period("elapsed", |at| Ok(at.elapsed().into()), [Decimal::new(5, 1); 2])
    });
    engine.register_get("worst_incident", |facts: &mut Facts| -> Result<Ratio, Raised> {
        facts.of_period("worst_incident", |at| Ok(at.worst_incident().into()), [Decimal::ZERO, Decimal::ONE])
    });
    engine.register_get("time_to_exhaustion", |facts: &mut Facts| {
        facts.exhaustion(|| "time_to_exhaustion".to_owned())
    });
    engine.register_fn("exhausts_within", |facts: &mut Facts, text: &str| -> Result<bool, Raised> {
        let seconds = length::read(text)?;
        Ok(facts.exhaustion(|| format!("exhausts_within(\"{text}\")"))?.within(seconds))
    });
    engine.register_fn("burns", |facts: &mut Facts, rate: INT, long: &str, short: &str| {
        facts.burns(rate.into(), [long, short])
    });
    engine.register_fn("burns", |facts: &mut Facts, rate: Decimal, long: &str, short: &str| {
        facts.burns(rate, [long, short])
    });
}

/// Teaches an engine the budget against the SLA.
fn register_sla(engine: &mut Engine) {
    let [left, spent] = left_and_spent();
    engine.register_type_with_name::<SlaFacts>("sla");
    engine.register_get("sla", |facts: &mut Facts| SlaFacts(facts.clone()));
    engine.register_get("remaining", move |sla: &mut SlaFacts| -> Result<Ratio, Raised> {
        let author = sla.0.author();
        let read = |at: &Figures<'_>| promised(at, (author, Decimal::ONE), |sla| Ok(sla.remaining().into()));
        sla.0.of_period("sla.remaining", read, left)
    });
    engine.register_get("consumed", move |sla: &mut SlaFacts| -> Result<Ratio, Raised> {
        let author = sla.0.author();
        let read = |at: &Figures<'_>| promised(at, (author, Decimal::ZERO), |sla| Ok(sla.consumed().into()));
        sla.0.of_period("sla.consumed", read, spent)
    });
    engine.register_get("objective", |sla: &mut SlaFacts| -> Result<Ratio, Raised> {
        let author = sla.0.author();
        let read = |at: &Figures<'_>| promised(at, (author, Decimal::ZERO), |sla| Ok(sla.objective().into()));
        sla.0.of_period("sla.objective", read, [Decimal::new(995, 3); 2])
    });
    engine.register_fn("burned", |sla: &mut SlaFacts, window: &str| -> Result<Ratio, Raised> {
        let author = sla.0.author();
        let read = |at: &Figures<'_>, window| {
            promised(at, (author, Decimal::ZERO), |sla: &Figures<'_>| burned(sla, window))
        };
        sla.0.of_window("sla.burned", window, read, Decimal::ONE)
    });
    engine.register_fn("burn_rate", |sla: &mut SlaFacts, window: &str| -> Result<Rate, Raised> {
        let author = sla.0.author();
        let read = |at: &Figures<'_>, window| {
            promised(at, (author, Decimal::ZERO), |sla: &Figures<'_>| burn_rate(sla, window))
        };
        sla.0.of_window("sla.burn_rate", window, read, MANY)
    });
}

/// A figure against the SLA. An SLO without one promises nothing, so that nothing of it can be spent; but to its
/// organisation a team that leaves it out says nothing at all.
fn promised(
    figures: &Figures<'_>,
    (author, without): (Author, Decimal),
    read: impl FnOnce(&Figures<'_>) -> Result<Found, Gap>,
) -> Result<Found, Gap> {
    match (figures.sla(), author) {
        (Some(sla), _) => read(&sla),
        (None, Author::Organization) => {
            Err(Gap::NoData { detail: "the SLO has no annotation `slogate.dev/sla`".to_owned() })
        }
        (None, Author::Team) => Ok(Found { number: without, word: Some("no SLA") }),
    }
}

/// Teaches an engine the quarter's budget.
fn register_quarter(engine: &mut Engine) {
    let [left, spent] = left_and_spent();
    engine.register_type_with_name::<QuarterFacts>("quarter");
    engine.register_get("quarter", |facts: &mut Facts| QuarterFacts(facts.clone()));
    engine.register_get("remaining", move |of: &mut QuarterFacts| -> Result<Ratio, Raised> {
        of.0.of_period("quarter.remaining", |at| Ok(at.quarter()?.remaining().into()), left)
    });
    engine.register_get("consumed", move |of: &mut QuarterFacts| -> Result<Ratio, Raised> {
        of.0.of_period("quarter.consumed", |at| Ok(at.quarter()?.consumed().into()), spent)
    });
    engine.register_get("worst_kind", move |of: &mut QuarterFacts| -> Result<Ratio, Raised> {
        of.0.of_period(
            "quarter.worst_kind",
            |at| Ok(at.quarter()?.worst_kind()?.into()),
            [Decimal::ZERO, Decimal::ONE],
        )
    });
    engine.register_fn("burned_by_kind", |of: &mut QuarterFacts, kind: &str| -> Result<Ratio, Raised> {
        of.0.of_name("quarter.burned_by_kind", kind, |at| {
            let found = at.quarter().and_then(|quarter| quarter.burned_by_kind(kind));
            found.map(Found::from).map_err(|gap| gap.to_string())
        })
    });
}

/// The share of the grant that went within a window.
fn burned(figures: &Figures<'_>, window: i64) -> Result<Found, Gap> {
    Ok(figures.burned(window)?.into())
}

/// How many times faster than evenly the budget burned within a window.
pub(super) fn burn_rate(figures: &Figures<'_>, window: i64) -> Result<Found, Gap> {
    Ok(figures.burn_rate(window)?.into())
}
