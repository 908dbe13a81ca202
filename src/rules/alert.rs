//! The alerts of an SLO: one that wakes somebody, and one that waits for the day.
//!
//! Each holds when the budget burns too fast over a long window and still does over a short one, so that it is raised
//! soon enough, not by a moment, and ends with its cause. A threshold that no failure reaches is left out and told, and so
//! is a window that outlasts the period. What people wrote is text here and never a template.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::convention::{self, PACES, Pace, Urgency};
use super::{Made, Rule, Subject, percent};
use crate::budget::gap::duration;
use crate::diagnostic::{Code, Diagnostic};

/// The alerts of an SLO; none of those that could never be raised.
pub(super) fn rules(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) -> Vec<Rule> {
    let rules = [Urgency::Page, Urgency::Ticket].map(|urgency| {
        let paces = PACES.into_iter().filter(|pace| pace.urgency == urgency);
        let (kept, out): (Vec<Pace>, Vec<Pace>) = paces.partition(|pace| obstacle(*pace, subject).is_none());
        problems.extend(out.iter().filter_map(|pace| left_out(*pace, subject)));
        (!kept.is_empty()).then(|| rule(urgency, &kept, subject))
    });
    rules.into_iter().flatten().collect()
}

/// Why a pace is never seen, and what would help; none for one that may be.
fn obstacle(pace: Pace, subject: &Subject<'_>) -> Option<(String, &'static str)> {
    let slo = subject.slo;
    if pace.long.seconds > slo.period {
        let reason = format!("`{}` is longer than the period of {}", pace.long.name, duration(slo.period));
        return Some((reason, "write a longer period, or leave it at the other windows"));
    }
    // The product is exact, where the quotient is not.
    if pace.burn_rate(slo.period) * slo.objective.allowance() < Decimal::ONE {
        return None;
    }
    let most = Decimal::ONE.checked_div(slo.objective.allowance())?.round_dp(2).normalize();
    let reason = format!("at {} nothing burns faster than {most}", percent(slo.objective.share()));
    Some((reason, "aim higher, or leave it at the other windows; no more than everything can fail"))
}

/// The warning about a pace that is left out.
fn left_out(pace: Pace, subject: &Subject<'_>) -> Option<Diagnostic> {
    let slo = subject.slo;
    let (reason, help) = obstacle(pace, subject)?;
    let message = format!(
        "the {} of `{}` is written without a burn rate of {} over `{}`: {reason}",
        pace.urgency.as_str(),
        slo.written_as(),
        pace.burn_rate(slo.period).round_dp(2).normalize(),
        pace.long.name
    );
    let (at, label) = if pace.long.seconds > slo.period {
        (&slo.period_place, "shorter than the window")
    } else {
        (&slo.objective_place, "out of reach")
    };
    Some(Diagnostic::warning(Code::UnreachableAlert, message).at(at.clone(), label).help(help))
}

/// One alert.
fn rule(urgency: Urgency, paces: &[Pace], subject: &Subject<'_>) -> Rule {
    let mut labels = convention::identity(subject);
    labels.insert("severity", urgency.as_str().to_owned());
    labels.extend(subject.team.map(|team| ("team", team.to_owned())));
    for label in labels.values_mut() {
        *label = literal(label);
    }
    let conditions: Vec<String> = paces.iter().map(|pace| condition(*pace, subject)).collect();
    Rule {
        made: Made::Alert { name: urgency.alert(), annotations: annotations(urgency, paces, subject) },
        expression: conditions.join("\nor\n"),
        labels,
    }
}

/// That the budget burns at a pace over both of its windows.
fn condition(pace: Pace, subject: &Subject<'_>) -> String {
    let slo = subject.slo;
    let threshold = (pace.burn_rate(slo.period) * slo.objective.allowance()).normalize();
    let above = |window| {
        let series = convention::series(&convention::error_ratio(window), subject);
        format!("{series} > {threshold}")
    };
    format!("(\n  {}\n  and\n  {}\n)", above(pace.long), above(pace.short))
}

/// What is told along with an alert.
fn annotations(urgency: Urgency, paces: &[Pace], subject: &Subject<'_>) -> BTreeMap<&'static str, String> {
    let slo = subject.slo;
    let about = &slo.about;
    let title = literal(&slo.title);
    let (speed, again) = match urgency {
        Urgency::Page => ("fast", "look now"),
        Urgency::Ticket => ("steadily", "look within days"),
    };
    let paces: Vec<String> = paces
        .iter()
        .map(|pace| {
            let rate = pace.burn_rate(slo.period).round_dp(2).normalize();
            format!("{rate} over {} and {}", pace.long.name, pace.short.name)
        })
        .collect();
    let endpoint = slo.endpoint().map(|endpoint| format!(", endpoint {}", literal(endpoint)));
    let mut description = format!(
        "{{{{ $value | humanizePercentage }}}} of events fail, and {} over {} allows {}. Raised at a burn rate above {}.",
        percent(slo.objective.share()),
        duration(slo.period),
        percent(slo.objective.allowance()),
        paces.join(", or ")
    );
    if let Some(journey) = &about.journey {
        description.push_str(" User journey: ");
        description.push_str(&literal(journey.text.trim()));
    }
    let mut annotations = BTreeMap::from([
        (
            "summary",
            format!(
                "The error budget of {title} burns {speed} ({}{} in {}): {again}",
                slo.service,
                endpoint.unwrap_or_default(),
                subject.environment
            ),
        ),
        ("description", description),
        ("definition", literal(slo.place.source.path())),
    ]);
    if let Some(runbook) = &about.runbook {
        let text = runbook.text.trim();
        let is_address = text.starts_with("https://") || text.starts_with("http://");
        annotations.insert(if is_address { "runbook_url" } else { "runbook" }, literal(text));
    }
    annotations.extend(about.owner.as_ref().map(|owner| ("owner", literal(owner.text.trim()))));
    annotations
}

/// A text that no template of Prometheus takes for one of its own: it prints what is written.
fn literal(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}
