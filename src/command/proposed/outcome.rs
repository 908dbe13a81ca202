//! What a change's own rules say of it: the whole law behind the change, on the same budgets, at the same instant.
//!
//! The organisation's layer stays what it is. No question of the change is asked of a monitoring system: its SLOs are
//! known where the rules of the base asked the same. The outcome is for people to see beside the verdict.

use std::collections::BTreeSet;

use crate::change::{self, Change};
use crate::command::basis::{self, Basis};
use crate::command::ground::{Ground, Seen};
use crate::command::judge::{Case, Judged, Stop};
use crate::command::proposed::POLICIES;
use crate::command::proposed::draft::Draft;
use crate::command::question::{self, Question};
use crate::command::watch::Watch;
use crate::diagnostic::{self, Diagnostic};
use crate::policy;
use crate::report::Report;
use crate::settings::Settings;
use crate::source::answered::Answered;
use crate::verdict;

/// Judges the change by its own rules.
///
/// # Errors
/// Why that is not known, in a sentence without its period.
pub fn judge(
    case: &Case<'_>,
    seen: &Seen,
    (ground, draft): (Ground, Draft),
    (report, answered): (&Report, Option<&Answered>),
) -> Result<Box<Report>, String> {
    let now = report.verdict.evaluated_at;
    let mut own = Judged::blank(now);
    own.report.organization.clone_from(&report.organization);
    own.report.prefix.clone_from(&report.prefix);
    own.report.problems = draft.problems.into_iter().filter(Diagnostic::is_error).collect();
    if !own.report.problems.is_empty() {
        diagnostic::sort(&mut own.report.problems);
        own.report.verdict = verdict::invalid(now);
        return Ok(Box::new(own.report));
    }
    let answered = answered.ok_or("the budgets of the base were not asked for")?;
    let (name, environment) = basis::environment(&draft.rules, case.environment.as_deref()).map_err(why)?;
    own.report.environment = Some(name.to_owned());
    own.report.mode = Some(environment.mode);
    own.report.change = touched(case, seen, &draft.rules.settings, &report.change, &mut own.report);
    let (rules, law) = (draft.rules, draft.law);
    let (catalog, policies, adjustments) = (law.catalog, law.policies, law.adjustments);
    let head = Basis { ground, rules, catalog, policies, adjustments };
    own.report.verdict = decided(case, &head, &mut own.report, answered)?;
    diagnostic::sort(&mut own.report.problems);
    // What its policies print is theirs.
    own.report.notes.clear();
    Ok(Box::new(own.report))
}

/// The verdict, within the time of policies.
fn decided(
    case: &Case<'_>,
    head: &Basis,
    own: &mut Report,
    answered: &Answered,
) -> Result<verdict::Verdict, String> {
    let services: Vec<String> = own.change.services.iter().map(|service| service.name.clone()).collect();
    let services: BTreeSet<&str> = services.iter().map(String::as_str).collect();
    own.problems.extend(question::unasked(case, head, &services).map_err(why)?);
    let question = Question::to(Watch::over(answered), case, head, &services).map_err(why)?;
    match policy::within(POLICIES, || question.ask(false).fold(own).0) {
        (_, false) => Err(format!("its policies take more than {} s to judge", POLICIES.as_secs())),
        (verdict, true) => Ok(verdict),
    }
}

/// The same change by other settings: what it touches, and its class where there still is one of that name.
fn touched(
    case: &Case<'_>,
    seen: &Seen,
    settings: &Settings,
    change: &Change,
    report: &mut Report,
) -> Change {
    let named = case.services;
    let known: Vec<String> =
        named.iter().filter(|name| settings.services.contains_key(*name)).cloned().collect();
    let touched = match &seen.paths {
        _ if !named.is_empty() => change::named(settings, &known),
        Some(paths) => change::touched(settings, paths),
        None => change::every(settings, "every service counts"),
    };
    report.problems.extend(touched.problems);
    let class = change.class.clone().filter(|class| settings.changes.contains_key(class));
    Change { services: touched.services, class, ..change.clone() }
}

/// Why there is no verdict.
fn why(stop: Stop) -> String {
    match stop {
        Stop::Usage(why) | Stop::Unknown(why) => why,
        Stop::Invalid(found) => found.first().map(|first| first.message.clone()).unwrap_or_default(),
    }
}
