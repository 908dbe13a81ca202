//! What went through dependencies, in sentences that every rendering shares; each hands in how it escapes names. The rule
//! by which it is counted stands beside the number.

use rust_decimal::Decimal;

use crate::budget::attribution::{Attributed, Unattributed};
use crate::policy::ruling::Ruling;
use crate::report::{BudgetLine, Report, figure};
use crate::verdict::Weighed;

/// What is counted.
pub const RULE: &str = "bad events during its incidents (a burn rate above 1 over 1h)";

/// The share of what is consumed from which on something is worth a line: a tenth.
const WORTH: Decimal = Decimal::from_parts(1, 0, 0, false, 1);

/// Incidents that are listed of one dependency, the worst first; the rest are counted.
const LISTED: usize = 3;

/// What went through one dependency of a service.
#[derive(Debug, Clone)]
pub struct Through {
    /// The dependency's name.
    pub dependency: String,
    /// What went through it, or why that is not known.
    pub known: Result<Attributed, Unattributed>,
}

/// What a budget lost through dependencies, where one took at least a tenth of what is consumed, or a ruling that decides
/// rests on it.
#[must_use]
pub fn notable<'a>(report: &'a Report, line: &'a BudgetLine) -> Vec<(&'a Through, &'a Attributed)> {
    let Ok(figures) = &line.figures else { return Vec::new() };
    let of_line = |one: &&Weighed| one.ruling.slo == line.slo && one.ruling.environment == line.environment;
    let rests = |through: &Through| report.deciding().filter(of_line).any(|one| reads(&one.ruling, through));
    let known = line.through.iter().filter_map(|one| one.known.as_ref().ok().map(|known| (one, known)));
    let worth = WORTH * figures.consumed;
    known.filter(|(one, known)| rests(one) || known.share > Decimal::ZERO && known.share >= worth).collect()
}

/// True where a ruling read what went through a dependency.
#[must_use]
pub fn reads(ruling: &Ruling, through: &Through) -> bool {
    let fact = format!("burned_by(\"{}\")", through.dependency);
    ruling.evidence.iter().chain(&ruling.thaw_evidence).any(|read| read.fact == fact)
}

/// What a person can do where a ruling read what is not known of a dependency.
#[must_use]
pub fn help(ruling: &Ruling, line: &BudgetLine) -> Option<&'static str> {
    let read = line.through.iter().filter(|through| reads(ruling, through));
    read.filter_map(|through| through.known.as_ref().err()).map(Unattributed::help).next()
}

/// How much went through a dependency, without a period at its end.
#[must_use]
pub fn sentence(
    line: &BudgetLine,
    (through, known): (&Through, &Attributed),
    safe: impl Fn(&str) -> String,
) -> String {
    let consumed = line.figures.as_ref().map_or(Decimal::ZERO, |figures| figures.consumed);
    let of_consumed = known.share.checked_div(consumed).filter(|share| !share.is_zero());
    let of_consumed = of_consumed
        .map_or_else(String::new, |share| format!(", {} of what is consumed,", figure::percent(share)));
    let (share, name) = (figure::percent(known.share), safe(&through.dependency));
    format!("{share} of the budget{of_consumed} went through {name}")
}

/// What is counted, and how much of it there was.
#[must_use]
pub fn rule(known: &Attributed) -> String {
    format!("{} {RULE}", figure::count(known.bad))
}

/// The worst incidents, each with when it was, of which SLO, and how much went in it; and how many more there are.
#[must_use]
pub fn incidents(known: &Attributed, safe: impl Fn(&str) -> String) -> Vec<String> {
    let mut worst: Vec<_> = known.incidents.iter().collect();
    worst.sort_by(|one, other| other.bad.cmp(&one.bad).then_with(|| one.cmp(other)));
    let said = worst.iter().take(LISTED).map(|one| {
        let (since, until) = (figure::instant(one.since), figure::instant(one.until));
        let plural = if one.bad == Decimal::ONE { "" } else { "s" };
        format!("{since} to {until}  {}  {} bad event{plural}", safe(&one.slo), figure::count(one.bad))
    });
    let more = worst.len().saturating_sub(LISTED);
    said.chain((more > 0).then(|| format!("and {more} more"))).collect()
}
