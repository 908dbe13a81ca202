//! What of the past bears on rulings and policies, in sentences that every rendering shares. Each hands in how it
//! escapes what people wrote.

use rust_decimal::Decimal;

use crate::policy::Value;
use crate::policy::ruling::{Ruling, Standing};
use crate::report::figure;

/// The sentences without their periods: who triggered it, what makes it longer, what is given back.
pub fn sentences(ruling: &Ruling, safe: impl Fn(&str) -> String) -> Vec<String> {
    let recalled = &ruling.recalled;
    let mut said = Vec::new();
    if let Some(word) = &recalled.triggered {
        said.push(format!("triggered by {}: {}", safe(&word.by), safe(&word.reason)));
    }
    if let Some(taxed) = recalled.taxed {
        let (days, add) = if taxed.days == 1 { ("day", "adds") } else { ("days", "add") };
        let adds = taxed.adds.normalize();
        let unit = if adds == Decimal::ONE { "day" } else { "days" };
        said.push(format!("{} {days} with a release during the freeze {add} {adds} {unit}", taxed.days));
    }
    if !recalled.topped_up.is_zero() {
        let given = figure::percent(recalled.topped_up);
        let left = ruling.evidence.iter().chain(&ruling.thaw_evidence).find_map(|read| {
            let Value::Ratio(left) = read.value else { return None };
            (read.fact == "remaining").then(|| left - recalled.topped_up)
        });
        let without = left.map_or_else(String::new, |left| {
            format!("; without that {} would be left", figure::percent(left))
        });
        said.push(format!("{given} of the budget is topped up{without}"));
    }
    said
}

/// The silver bullets that lift a freeze for some change, and how many are left, in sentences without their periods.
pub fn bullets(ruling: &Ruling, safe: impl Fn(&str) -> String) -> Vec<String> {
    let fired = ruling.recalled.bullets.iter().filter(|_| freezes(ruling));
    let said = fired.map(|bullet| {
        format!(
            "silver bullet for {} into {}, fired by {} on {}: {}",
            safe(&bullet.head),
            safe(&bullet.environment),
            safe(&bullet.by),
            figure::moment(bullet.at),
            safe(&bullet.reason)
        )
    });
    let left = ruling.recalled.bullets_left.filter(|_| freezes(ruling)).map(bullets_left);
    said.chain(left).collect()
}

/// True where a ruling stops an environment, or may.
fn freezes(ruling: &Ruling) -> bool {
    ruling.consequences.iter().any(|consequence| consequence.frozen().is_some())
        && matches!(ruling.standing, Standing::InForce { .. } | Standing::Unknown)
}

/// How many silver bullets are left this year.
#[must_use]
pub fn bullets_left((left, a_year): (u32, u32)) -> String {
    let bullets = if a_year == 1 { "silver bullet" } else { "silver bullets" };
    format!("{left} of {a_year} {bullets} left this year")
}
