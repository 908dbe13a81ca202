//! Rules for a Prometheus: what it records and alerts by itself, so that a fleet's windows are computed where the
//! series are.
//!
//! Every SLO in force that counts events gets its share of bad events over each window, its events of each step of the
//! grid (a verdict reads those instead of counting them again), what is left of its budget, and
//! two alerts (multi-window, multi-burn-rate, as in chapter 5 of the SRE Workbook). The queries are those that a verdict
//! rests on, with the same matchers put in. What no rule is written for is told at its line. Nothing is asked here, and
//! nothing written: `text` makes files of it.

mod alert;
pub mod convention;
mod recording;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::budget::gap::Gap;
use crate::catalog::{Catalog, Method, Slo};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::settings::{Environment, Settings};
use crate::source::plan::Plan;
use crate::source::plan::recording::Recording;
use crate::source::{Range, Request};

/// One SLO in one environment, with what its rules need.
#[derive(Debug, Clone)]
struct Subject<'a> {
    /// The SLO.
    slo: &'a Slo,
    /// The environment's name.
    environment: &'a str,
    /// Its team, by its own word or its service's.
    team: Option<&'a str>,
    /// Its counters, with all matchers.
    plan: Plan,
    /// Where its events of each step are recorded; none on a grid that rules do not meet.
    recording: Option<Recording>,
}

/// What a rule makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A series of this name.
    Record(String),
    /// An alert of this name, with what is told along with it.
    Alert {
        /// Its name.
        name: &'static str,
        /// What is told, by key, as templates of Prometheus.
        annotations: BTreeMap<&'static str, String>,
    },
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it makes.
    pub made: Made,
    /// Its expression.
    pub expression: String,
    /// The labels that it puts on.
    pub labels: BTreeMap<&'static str, String>,
}

/// Rules that are evaluated together, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, unique among all groups.
    pub name: String,
    /// Seconds between two evaluations.
    pub interval: i64,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// All rules of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRules {
    /// Its name.
    pub service: String,
    /// The groups, by environment and SLO.
    pub groups: Vec<Group>,
    /// The files that define its SLOs, sorted.
    pub files: Vec<String>,
}

impl ServiceRules {
    /// How many series are recorded, and how many alerts may be raised.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let rules = || self.groups.iter().flat_map(|group| &group.rules);
        let recorded = rules().filter(|rule| matches!(rule.made, Made::Record(_))).count();
        (recorded, rules().count() - recorded)
    }
}

/// The rules of some services in some environments, by service; and what no rule is written for.
#[must_use]
pub fn derive(
    catalog: &Catalog,
    settings: &Settings,
    services: &[&str],
    environments: &[&str],
) -> (Vec<ServiceRules>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut all = Vec::new();
    for service in services {
        let mut rules =
            ServiceRules { service: (*service).to_owned(), groups: Vec::new(), files: Vec::new() };
        for environment in environments {
            let Some(matchers) = settings.environments.get(*environment) else { continue };
            for slo in catalog.of(service).filter(|slo| slo.holds_in(environment)) {
                let team = slo.about.team.as_ref().map(|note| note.text.trim());
                let team =
                    team.or_else(|| settings.services.get(*service).and_then(|one| one.team.as_deref()));
                match plan(slo, environment, matchers, settings.step) {
                    Ok(plan) => {
                        let recording = Recording::of(&Request { slo, environment, matchers }, &plan);
                        let subject = Subject { slo, environment, team, plan, recording };
                        rules.groups.extend(groups(&subject, &mut problems));
                        rules.files.push(slo.place.source.path().to_owned());
                    }
                    Err(problem) => problems.push(problem),
                }
            }
        }
        rules.files.sort();
        rules.files.dedup();
        if !rules.groups.is_empty() {
            all.push(rules);
        }
    }
    // What does not depend on the environment or the endpoint is told once.
    let mut told = BTreeSet::new();
    problems.retain(|problem| {
        let place = problem.place().map(|place| (place.source.path().to_owned(), place.span.start));
        told.insert((place, problem.message.clone()))
    });
    (all, problems)
}

/// The groups of an SLO: its windows with the alerts that read them; and its budget, where its period is rolling.
fn groups(subject: &Subject<'_>, problems: &mut Vec<Diagnostic>) -> Vec<Group> {
    let mut rules = recording::windows(subject);
    rules.extend(recording::steps(subject));
    rules.extend(alert::rules(subject, problems));
    problems.extend(unrecorded(subject));
    let name = convention::group("windows", subject);
    let windows = Group { name, interval: convention::INTERVAL, rules };
    let budget = recording::budget(subject).map(|rule| Group {
        name: convention::group("budget", subject),
        interval: convention::BUDGET_INTERVAL,
        rules: vec![rule],
    });
    [Some(windows), budget].into_iter().flatten().collect()
}

/// The counters of an SLO in an environment.
fn plan(slo: &Slo, environment: &str, matchers: &Environment, step: i64) -> Result<Plan, Diagnostic> {
    let refused = |of: String, reason: String, place: &Place, help: &str| {
        let message = format!("no rules are written for {of}: {reason}");
        Diagnostic::warning(Code::NoRules, message).at(place.clone(), "not watched by rules").help(help)
    };
    let everywhere = format!("`{}`", slo.written_as());
    if let [first, ..] = slo.components() {
        let reason = "it is composite, and rules alert of the burn of one indicator".to_owned();
        let help = "write an SLO for each part beside it, or watch it with `slogate check`";
        return Err(refused(everywhere, reason, &first.place, help));
    }
    if let Method::Timeslices { place, .. } | Method::RatioTimeslices { place, .. } = &slo.method {
        let reason = "it counts slices of time, and rules count events".to_owned();
        let help = "write `Occurrences`, or watch it with `slogate check`";
        return Err(refused(everywhere, reason, place, help));
    }
    if let Some(one) = slo.unreckoned(step).into_iter().next() {
        return Err(refused(everywhere, one.reason, &one.place, "count events, or watch it by other means"));
    }
    if let Some(kept) = slo.indicator.kept() {
        let reason = "Datadog counts its events, and not Prometheus".to_owned();
        let help = "watch it with a burn rate alert in Datadog, or with `slogate check`";
        return Err(refused(everywhere, reason, &kept.said.place, help));
    }
    let request = Request { slo, environment, matchers };
    Plan::of(&request, Range { first: step, last: step, step }).map_err(|gap| {
        let reason = if let Gap::NoData { detail } | Gap::Unsupported { detail } = gap {
            detail
        } else {
            gap.to_string()
        };
        let help = "mend what is told of its queries";
        refused(format!("`{}` in `{environment}`", slo.name), reason, &slo.place, help)
    })
}

/// The warning about an SLO of which rules cannot record what is left of its budget.
fn unrecorded(subject: &Subject<'_>) -> Option<Diagnostic> {
    let calendar = subject.slo.calendar.as_ref()?;
    let message = format!(
        "what is left of the budget of `{}` is not recorded: no range of PromQL reaches back to where a period by the \
         calendar began",
        subject.slo.written_as()
    );
    let problem = Diagnostic::warning(Code::NoRules, message).at(calendar.place.clone(), "by the calendar");
    Some(problem.help("its alerts are written all the same; `slogate check` says what is left"))
}

/// A share as people read it: `99.9 %`.
fn percent(share: Decimal) -> String {
    format!("{} %", (share * Decimal::ONE_HUNDRED).normalize())
}

#[cfg(test)]
mod tests;
