//! What adjustments do to figures and to the verdict, in words that every rendering shares. Each hands in how it escapes
//! what authors wrote.

use rust_decimal::Decimal;

use crate::budget::gap::{Gap, duration};
use crate::report::{BudgetLine, Figured, Report, figure};
use crate::verdict::{Effect, Exit};

/// What is excluded of one budget, and the figures without that.
#[derive(Debug, Clone)]
pub struct Adjusted {
    /// The exclusions that take a step of its history at least.
    pub exclusions: Vec<Excluded>,
    /// The figures if nothing were excluded, or why there would be none.
    pub without: Result<Figured, Gap>,
}

/// One exclusion of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// Its name.
    pub name: String,
    /// The seconds that it takes of the period; 0 where it lies before.
    pub seconds: i64,
}

/// What would be decided if nothing were adjusted, where that is something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unadjusted {
    /// The effect.
    pub effect: Effect,
    /// The exit.
    pub exit: Exit,
    /// The clauses that would decide, each behind its policy and a slash.
    pub clauses: Vec<String>,
    /// The adjustments that bear on what is judged: exclusions by their names, top-ups by their SLOs.
    pub adjustments: Vec<String>,
}

/// Everything that adjustments turn, in sentences without a period: of each budget that they change, and of the verdict.
/// `without` is that word as a sentence begins with it. What makes no difference is only in JSON.
pub fn sentences(report: &Report, without: &str, safe: impl Fn(&str) -> String) -> Vec<String> {
    let said = |line: &BudgetLine| Some(format!("{}: {}", safe(&report.title(line)), sentence(line, &safe)?));
    let turned = report.unadjusted.as_ref().map(|unadjusted| turned(unadjusted, without, &safe));
    report.budgets.iter().filter_map(said).chain(given_back(report, &safe)).chain(turned).collect()
}

/// What policies give back of budgets, each once.
fn given_back(report: &Report, safe: &impl Fn(&str) -> String) -> Vec<String> {
    let mut said = Vec::new();
    for weighed in &report.verdict.rulings {
        let (ruling, share) = (&weighed.ruling, weighed.ruling.recalled.topped_up);
        if share.is_zero() {
            continue;
        }
        let sentence = returned(&safe(&report.title_of(weighed)), &safe(&ruling.policy), share);
        if !said.contains(&sentence) {
            said.push(sentence);
        }
    }
    said
}

/// What a policy gives back of a budget.
#[must_use]
pub fn returned(title: &str, policy: &str, share: Decimal) -> String {
    format!("{title}: policy {policy} gives {} of the budget back", figure::percent(share))
}

/// What a budget would be without its exclusions. None where that is the same.
pub fn sentence(line: &BudgetLine, safe: impl Fn(&str) -> String) -> Option<String> {
    let adjusted = line.adjusted.as_ref()?;
    let left = |figures: &Result<Figured, Gap>| match figures {
        Ok(known) => Ok(known.remaining),
        Err(gap) => Err(gap.brief()),
    };
    unexcluded((left(&line.figures), left(&adjusted.without)), &adjusted.exclusions, safe)
}

/// What is left of a budget with its exclusions and without them, or in a few words why that is not known:
/// `31 % left; 12 % without the exclusions (weekly-maintenance, 2h)`. None where that is the same.
pub fn unexcluded(
    (with, without): (Result<Decimal, &str>, Result<Decimal, &str>),
    exclusions: &[Excluded],
    safe: impl Fn(&str) -> String,
) -> Option<String> {
    let within = exclusions.iter().filter(|one| one.seconds > 0);
    let names: Vec<String> =
        within.map(|one| format!("{}, {}", safe(&one.name), duration(one.seconds))).collect();
    let left =
        |share: Result<Decimal, &str>| share.map_or_else(|gap| format!("not known ({gap})"), figure::percent);
    let is_left = if with.is_ok() { " left" } else { "" };
    let (with, without) = (left(with), left(without));
    (with != without && !names.is_empty())
        .then(|| format!("{with}{is_left}; {without} without the exclusions ({})", names.join("; ")))
}

/// What would be decided without adjustments.
fn turned(unadjusted: &Unadjusted, without: &str, safe: impl Fn(&str) -> String) -> String {
    let Unadjusted { effect, clauses, adjustments, .. } = unadjusted;
    decided(without, adjustments, (effect.as_str(), clauses), safe)
}

/// What the verdict would be without adjustments, and by which clauses:
/// `without weekly-maintenance the verdict would be freeze (shop/exhausted)`.
pub fn decided(
    without: &str,
    adjustments: &[String],
    (effect, clauses): (&str, &[String]),
    safe: impl Fn(&str) -> String,
) -> String {
    let list = |names: &[String]| names.iter().map(|name| safe(name)).collect::<Vec<_>>().join(", ");
    let by = if clauses.is_empty() || effect == Effect::Proceed.as_str() {
        String::new()
    } else {
        format!(" ({})", list(clauses))
    };
    format!("{without} {} the verdict would be {effect}{by}", list(adjustments))
}
