//! A clause against its budgets: the path of a check of the work tree, for the services of one policy.

use jiff::tz::TimeZone;

use crate::cli::Explain;
use crate::command::World;
use crate::command::judge::{self, Case, Judged, Stop};
use crate::command::means::Means;
use crate::command::organization::Offer;
use crate::command::{check, ground, law};
use crate::diagnostic::{Diagnostic, list};
use crate::http::Client;
use crate::ledger::Past;
use crate::policy::ruling::Standing;
use crate::policy::{Clause, Policy, distance};
use crate::report::escape::terminal;
use crate::report::explanation::{self, Page, Stand};
use crate::settings::Settings;
use crate::verdict::{Exit, Weighed};

/// What was found of a clause.
pub enum Found {
    /// It is explained.
    Explained(Exit, String),
    /// There is none of that name; these there are.
    Nothing(Vec<String>),
}

/// Explains a clause.
///
/// # Errors
/// When it could not be looked at.
pub fn explain(
    explain: &Explain,
    page: Page,
    world: &World,
    problems: &mut Vec<Diagnostic>,
) -> Result<Found, Stop> {
    let dir = explain.directory();
    let ground = ground::read(&world.directory.join(dir), dir, None)?;
    let layer = Offer::of(&explain.layered, world).read(&world.directory, None);
    let rules = law::read_rules(&ground, layer, problems)?;
    let law = law::read(&ground, &rules)?.sound()?;
    let all =
        || law.policies.iter().flat_map(|policy| policy.clauses.iter().map(move |clause| (policy, clause)));
    let meant: Vec<(&Policy, &Clause)> =
        all().filter(|(policy, clause)| is_named(&explain.what, policy, clause)).collect();
    let is_meant = |policy: &&Policy| policy.id == explain.what;
    if let Some(policy) = law.policies.iter().find(is_meant).filter(|_| meant.is_empty()) {
        if let Some(argument) = explain.of_clauses().filter(|argument| *argument != "DIR") {
            let what = terminal(&explain.what);
            return Err(Stop::Usage(format!("{argument} belongs to a clause, which `{what}` is not")));
        }
        let today = explain.now.unwrap_or(world.now).to_zoned(TimeZone::UTC).date();
        let text = explanation::policy(policy, &rules.settings, today, Past::default(), page);
        return Ok(Found::Explained(Exit::Proceed, text));
    }
    if meant.is_empty() {
        let names = all()
            .flat_map(|(policy, clause)| [clause.name.clone(), format!("{}/{}", policy.id, clause.name)]);
        return Ok(Found::Nothing(names.collect()));
    }
    let mut texts = Vec::new();
    let mut worst = Exit::Proceed;
    let several = meant.len() > 1;
    let covers = |policy: &Policy| services(explain, policy, &rules.settings).is_ok();
    let is_covered = meant.iter().any(|(policy, _)| covers(policy));
    for (policy, clause) in meant {
        // Of several, those are meant that cover what is named.
        if several && is_covered && !covers(policy) {
            continue;
        }
        let services = services(explain, policy, &rules.settings)?;
        let (exit, text) = stood(explain, (policy, clause), &services, world, page, problems)?;
        worst = if worst == Exit::Proceed { exit } else { worst };
        texts.push(text);
    }
    Ok(Found::Explained(worst, texts.join("\n")))
}

/// Where one clause stands for the services.
fn stood(
    explain: &Explain,
    (policy, clause): (&Policy, &Clause),
    services: &[String],
    world: &World,
    page: Page,
    problems: &mut Vec<Diagnostic>,
) -> Result<(Exit, String), Stop> {
    let judged = judge(explain, services, world)?;
    for problem in &judged.report.problems {
        if !problems.contains(problem) {
            problems.push(problem.clone());
        }
    }
    if judged.report.verdict.exit == Exit::Invalid {
        return Err(Stop::Invalid(Vec::new()));
    }
    if judged.report.undecided() && judged.policies.is_empty() {
        return Err(Stop::Unknown(judged.report.notes.first().cloned().unwrap_or_default()));
    }
    // The judged policies were read anew; where none is asked, there is nothing to say of its budgets.
    let asked = judged.policies.iter().find(|asked| asked.id == policy.id).and_then(|asked| {
        asked.clauses.iter().find(|one| one.name == clause.name).map(|clause| (asked, clause))
    });
    let (policy, clause) = asked.unwrap_or((policy, clause));
    Ok(told(policy, clause, &judged, page))
}

/// True where a text names a clause: by its own name, or by its policy's and its own.
fn is_named(text: &str, policy: &Policy, clause: &Clause) -> bool {
    let full = text.strip_prefix(policy.id.as_str()).and_then(|rest| rest.strip_prefix('/'));
    text == clause.name || full == Some(clause.name.as_str())
}

/// The services that are looked at: those of the policy's scope, or of them those that are named.
fn services(explain: &Explain, policy: &Policy, settings: &Settings) -> Result<Vec<String>, Stop> {
    let covered =
        settings.services.iter().filter(|(name, service)| policy.covers(name, service.team.as_deref()));
    let covered: Vec<&str> = covered.map(|(name, _)| name.as_str()).collect();
    if let Some(other) = explain.service.iter().find(|named| !covered.contains(&named.as_str())) {
        let message = format!(
            "the policy `{}` does not cover a service `{other}`: it covers {}",
            policy.id,
            list(&covered)
        );
        return Err(Stop::Usage(message));
    }
    if explain.service.is_empty() {
        return Ok(covered.into_iter().map(str::to_owned).collect());
    }
    Ok(explain.service.clone())
}

/// Judges the services as a check would.
fn judge(explain: &Explain, services: &[String], world: &World) -> Result<Judged, Stop> {
    let limits = check::limits(explain.source.deadline);
    let client = Client::new(limits).map_err(|error| Stop::Usage(error.to_string()))?;
    let means =
        Means::of(explain.directory(), (&explain.source, &explain.layered), explain.now, &client, world);
    let case =
        Case { environment: explain.environment.clone(), services, ..Case::of(means.map_err(Stop::Usage)?) };
    judge::judge(&case).map_err(Stop::Usage)
}

/// What the clause says of each SLO. Where nobody can tell for one of them, there is no answer for all.
fn told(policy: &Policy, clause: &Clause, judged: &Judged, page: Page) -> (Exit, String) {
    let of_clause = |one: &&Weighed| one.ruling.policy == policy.id && one.ruling.clause == clause.name;
    let mut stands: Vec<Stand<'_>> = Vec::new();
    for weighed in judged.report.verdict.rulings.iter().filter(of_clause) {
        let ruling = &weighed.ruling;
        let measured = judged.measured.iter().find(|measured| {
            let of = &measured.subject;
            of.slo == ruling.slo && of.service == ruling.service && of.environment == ruling.environment
        });
        let distance = measured
            .map_or(distance::Distance::None, |measured| distance::reckon(policy, clause, ruling, measured));
        stands.push(Stand { weighed, distance });
    }
    stands.sort_by_key(|stand| (&stand.weighed.ruling.service, &stand.weighed.ruling.slo));
    let unknown = stands.iter().any(|stand| stand.weighed.ruling.standing == Standing::Unknown);
    let exit = if unknown { Exit::Unknown } else { Exit::Proceed };
    (exit, explanation::clause(policy, clause, &judged.report, &stands, page))
}
