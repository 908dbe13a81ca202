//! The planned downtimes of the command line.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::budget::downtime::{Downtime, Plan};
use crate::budget::gap::duration;
use crate::cli::Budget;
use crate::command::judge::Stop;
use crate::command::watch::Asked;
use crate::settings;

/// The plan; none where nothing is planned.
///
/// # Errors
/// What is wrong with it.
pub fn read(budget: &Budget) -> Result<Option<Plan>, String> {
    if budget.downtime.len() != budget.at.len() {
        return Err("give an --at for each --downtime".to_owned());
    }
    if budget.downtime.is_empty() {
        return Ok(None);
    }
    let mut downtimes = Vec::new();
    for (length, at) in budget.downtime.iter().zip(&budget.at) {
        let seconds = settings::duration(length);
        let end = seconds.and_then(|seconds| at.as_second().checked_add(seconds));
        let Some(end) = end else {
            return Err(format!("`{length}` is no length of time: write `20m`, `2h` or `1d`"));
        };
        downtimes.push(Downtime { start: at.as_second(), end });
    }
    let failing = match budget.failing.as_deref() {
        None => Decimal::ONE,
        Some(text) => share(text).ok_or_else(|| {
            format!("`{text}` is no share of requests: write a percentage above 0 % and up to 100 %, such as `50%`")
        })?,
    };
    Ok(Some(Plan::new(downtimes, failing)))
}

/// The share that a percentage stands for; none outside of 0 % to 100 %, the first excluded.
fn share(text: &str) -> Option<Decimal> {
    let percent = text.strip_suffix('%')?.trim_end();
    let share = Decimal::from_str_exact(percent).ok()?.checked_div(Decimal::ONE_HUNDRED)?;
    (share > Decimal::ZERO && share <= Decimal::ONE).then_some(share)
}

/// Refuses what is over, and what lies further ahead than the longest period: nobody can say what burns until then.
///
/// # Errors
/// What lies outside, and what can be asked about.
pub fn within(plan: &Plan, now: i64, asked: &[Asked<'_>]) -> Result<(), Stop> {
    let longest = asked.iter().map(|one| one.slo.period).max().unwrap_or(0);
    let said = |seconds: i64| {
        Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
    };
    for one in plan.downtimes() {
        if one.start < now {
            let message = format!("`--at {}` is in the past: it is {}", said(one.start), said(now));
            return Err(Stop::Usage(format!("{message}, and what was planned then is in the budget by now")));
        }
        if one.end > now.saturating_add(longest) {
            let (end, longest) = (said(now.saturating_add(longest)), duration(longest));
            let message = format!("the downtime of {} ends too far ahead", said(one.start));
            let why = format!("traffic is known to repeat for a period, {longest}, up to {end}");
            return Err(Stop::Usage(format!("{message}: {why}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_percentage_and_more_than_nothing() {
        let said = ["100%", "50 %", "0.1%", "0%", "101%", "0.5", "%", "-5%"].map(share);
        let tenth = Decimal::new(1, 3);
        assert_eq!(
            said,
            [Some(Decimal::ONE), Some(Decimal::new(5, 1)), Some(tenth), None, None, None, None, None]
        );
    }
}
