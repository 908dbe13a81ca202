//! Alerts that can never be raised: a burn rate that no failure reaches, a window that outlasts the period.
//!
//! When everything fails the budget burns `1 / (1 - objective)` times faster than evenly, and never faster than that:
//! ten times at an objective of 90 %. A loose objective under thresholds that were made for a strict one is silent for
//! ever.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::catalog::{Alert, Catalog, Comparison, Slo, percent};
use crate::diagnostic::{Code, Diagnostic, Place};

/// The most digits after the point of a burn rate that are shown.
const DIGITS: u32 = 2;

/// An alert with the SLOs that it can never be raised for, by where it stands.
type Silent<'a> = BTreeMap<(&'a str, usize), (&'a Alert, Vec<&'a Slo>)>;

/// The alerts of SLOs that can never be raised; one that many of them share is told once.
pub(super) fn examine(catalog: &Catalog) -> Vec<Diagnostic> {
    let mut thresholds = Silent::new();
    let mut windows = Silent::new();
    for slo in catalog.written() {
        for alert in &slo.alerts {
            if unreachable(alert, slo) {
                note(&mut thresholds, &alert.threshold_place, alert, slo);
            }
            if alert.window > slo.period {
                note(&mut windows, &alert.window_place, alert, slo);
            }
        }
    }
    let thresholds = thresholds.into_values().filter_map(|(alert, slos)| too_high(alert, &slos));
    let windows = windows.into_values().filter_map(|(alert, slos)| too_long(alert, &slos));
    thresholds.chain(windows).collect()
}

/// Notes that an alert is silent for an SLO.
fn note<'a>(silent: &mut Silent<'a>, place: &'a Place, alert: &'a Alert, slo: &'a Slo) {
    let key = (place.source.path(), place.span.start);
    silent.entry(key).or_insert_with(|| (alert, Vec::new())).1.push(slo);
}

/// True when the burn rate stays below the threshold whatever fails. The product is exact, where the quotient is not.
fn unreachable(alert: &Alert, slo: &Slo) -> bool {
    // Of parts that weigh differently there is only the quotient.
    let share = if slo.components().is_empty() {
        alert.threshold.checked_mul(slo.objective.allowance())
    } else {
        slo.fastest_burn().and_then(|most| alert.threshold.checked_div(most))
    };
    let Some(share) = share else { return true };
    match alert.comparison {
        Comparison::Above => share >= Decimal::ONE,
        Comparison::AtLeast => share > Decimal::ONE,
        Comparison::Below | Comparison::AtMost => false,
    }
}

/// A threshold above all burn rates that there can be.
fn too_high(alert: &Alert, slos: &[&Slo]) -> Option<Diagnostic> {
    let slo = slos.iter().max_by_key(|slo| slo.objective)?;
    let bound = slo.fastest_burn()?;
    // Cut and never rounded up: whatever is below it is within reach.
    let most = bound.trunc_with_scale(DIGITS).normalize();
    let about = if most == bound { "" } else { "about " };
    let message = format!(
        "an alert at a burn rate of {} is never raised for the SLO `{}`{}: at {} nothing burns faster than \
         {about}{most}",
        alert.threshold.normalize(),
        slo.name,
        others(slos),
        percent(slo.objective.share()),
    );
    let problem = Diagnostic::warning(Code::UnreachableAlert, message);
    let help = format!("lower it below {most}, or aim higher; no more than everything can fail");
    Some(problem.at(alert.threshold_place.clone(), "out of reach").help(help))
}

/// A window that no period holds.
fn too_long(alert: &Alert, slos: &[&Slo]) -> Option<Diagnostic> {
    let slo = slos.iter().max_by_key(|slo| slo.period)?;
    let message = format!(
        "an alert looks back over `{}`, longer than the whole period of the SLO `{}`{}",
        alert.window_place.text().trim_matches(['"', '\'']),
        slo.name,
        others(slos)
    );
    let problem = Diagnostic::warning(Code::UnreachableAlert, message);
    let help = "look back over a part of the period; an hour or six hours are usual";
    Some(problem.at(alert.window_place.clone(), "longer than the period").help(help))
}

/// How many SLOs there are besides the one that is named.
fn others(slos: &[&Slo]) -> String {
    match slos.len() {
        0 | 1 => String::new(),
        2 => " and one more".to_owned(),
        count => format!(" and {} more", count - 1),
    }
}
