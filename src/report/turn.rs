//! The turn that things took since the comment that stands there: whether a change that was stopped may ship now.
//!
//! A comment remembers what stood in the way in its own marker, so that the next one can say that it is over and how
//! long it lasted. Anybody with write access can edit a comment, so what is remembered is numbers and names that are
//! only compared; it words one line and decides nothing.

use crate::diagnostic::Code;
use crate::policy::ruling::Standing;
use crate::report::escape::markdown as safe;
use crate::report::{Report, figure};
use crate::settings::Commenting;
use crate::verdict::{Effect, Exit};

/// What stood in the way of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// It was frozen, and not only restricted.
    pub is_freeze: bool,
    /// The instant from which a clause was in force, in seconds since the epoch.
    pub since: i64,
    /// It was in force before that instant, too.
    pub at_least: bool,
    /// The services that were stopped, sorted.
    pub services: Vec<String>,
}

/// What can be said now of what stood in the way before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Clauses in force withhold the change.
    Stopped(Stop),
    /// Nothing is known, or clauses in force let this change alone pass: what stood in the way may stand there still.
    Unsure,
    /// No clause that could withhold the change is in force or unknown.
    Open {
        /// The services that were judged, sorted.
        services: Vec<String>,
        /// The judged environment.
        environment: String,
        /// The judged instant, in seconds since the epoch.
        at: i64,
    },
}

/// How a report relates to what was said before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// What stands in the way now.
    pub way: Way,
    /// A comment that stands there is brought up to date; where there is none, none is written.
    pub is_quiet: bool,
}

impl Turn {
    /// Reads a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self { way: way(report), is_quiet: is_quiet(report) }
    }

    /// For a run that knows nothing: what was remembered stays, and what is wrong is told.
    #[must_use]
    pub const fn unsure() -> Self {
        Self { way: Way::Unsure, is_quiet: false }
    }
}

/// What stands in the way.
fn way(report: &Report) -> Way {
    let verdict = &report.verdict;
    let at = report.judged_at.unwrap_or_else(|| verdict.evaluated_at.as_second());
    if verdict.exit == Exit::Withheld {
        let in_force = report.deciding().filter_map(|one| match one.ruling.standing {
            Standing::InForce { since, at_least, .. } => Some((since, at_least)),
            Standing::Idle | Standing::Unknown | Standing::Untriggered => None,
        });
        let (since, at_least) = in_force.min().unwrap_or((at, true));
        let services = report.services().into_iter().map(ToOwned::to_owned).collect();
        return Way::Stopped(Stop { is_freeze: verdict.effect == Effect::Freeze, since, at_least, services });
    }
    let may_stop = verdict.rulings.iter().any(|one| one.stated >= Effect::Unknown);
    if verdict.exit != Exit::Proceed || may_stop {
        return Way::Unsure;
    }
    let mut services: Vec<String> = verdict.rulings.iter().map(|one| one.ruling.service.clone()).collect();
    services.sort_unstable();
    services.dedup();
    Way::Open { services, environment: report.environment.clone().unwrap_or_default(), at }
}

/// True when there is nothing that a reviewer must see: all is well, and either no service is touched or the
/// repository asks for quiet. Warnings about what is written on the base are the same for every change, and
/// `slogate validate` has them. Nor can a reviewer mend that the base has no settings, as a branch from before them.
fn is_quiet(report: &Report) -> bool {
    let is_well = report.verdict.exit == Exit::Proceed
        && report.verdict.effect == Effect::Proceed
        && report.errors() == 0
        && report.proposed.is_none();
    report.problems.iter().any(|problem| problem.code == Code::NoSettings && problem.is_error())
        || is_well && (report.change.services.is_empty() || report.commenting == Commenting::Quiet)
}

/// The line that says that what stood in the way is over since `at`, as Markdown.
#[must_use]
pub fn over(stop: &Stop, environment: &str, at: i64) -> String {
    let services: Vec<String> = stop.services.iter().map(|name| safe(name)).collect();
    let word = if stop.is_freeze { "Thawed" } else { "No longer restricted" };
    let lasted = at.saturating_sub(stop.since);
    let at_least = if stop.at_least { "at least " } else { "" };
    let after =
        if lasted >= 60 { format!(", after {at_least}{}", figure::lasting(lasted)) } else { String::new() };
    let (services, environment) = (services.join(", "), safe(environment));
    format!("☀️ **{word}: {services} → {environment}**, {}{after}.", figure::instant(at))
}
