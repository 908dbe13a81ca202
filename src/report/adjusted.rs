//! What adjustments do to figures and to the verdict, in words that every rendering shares. Each hands in how it escapes
//! what authors wrote.

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
        let (title, policy) = (safe(&report.title_of(weighed)), safe(&ruling.policy));
        let sentence =
            format!("{title}: policy {policy} gives {} of the budget back", figure::percent(share));
        if !said.contains(&sentence) {
            said.push(sentence);
        }
    }
    said
}

/// What a budget would be without its exclusions: `31 % left; 12 % without the exclusions (weekly-maintenance, 2h)`. None
/// where that is the same.
pub fn sentence(line: &BudgetLine, safe: impl Fn(&str) -> String) -> Option<String> {
    let adjusted = line.adjusted.as_ref()?;
    let within = adjusted.exclusions.iter().filter(|one| one.seconds > 0);
    let names: Vec<String> =
        within.map(|one| format!("{}, {}", safe(&one.name), duration(one.seconds))).collect();
    let left = |figures: &Result<Figured, Gap>| match figures {
        Ok(known) => figure::percent(known.remaining),
        Err(gap) => format!("not known ({})", gap.brief()),
    };
    let (with, without) = (left(&line.figures), left(&adjusted.without));
    let is_left = if line.figures.is_ok() { " left" } else { "" };
    (with != without && !names.is_empty())
        .then(|| format!("{with}{is_left}; {without} without the exclusions ({})", names.join("; ")))
}

/// What would be decided without adjustments: `without weekly-maintenance the verdict would be freeze (shop/exhausted)`.
fn turned(unadjusted: &Unadjusted, without: &str, safe: impl Fn(&str) -> String) -> String {
    let list = |names: &[String]| names.iter().map(|name| safe(name)).collect::<Vec<_>>().join(", ");
    let names = list(&unadjusted.adjustments);
    let by = if unadjusted.clauses.is_empty() || unadjusted.effect == Effect::Proceed {
        String::new()
    } else {
        format!(" ({})", list(&unadjusted.clauses))
    };
    format!("{without} {names} the verdict would be {}{by}", unadjusted.effect.as_str())
}
