//! Which budgets are asked for: SLOs, services, teams, environments.

use crate::catalog::{Catalog, Slo};
use crate::cli::Budget;
use crate::command::judge::Stop;
use crate::command::watch::Asked;
use crate::diagnostic;
use crate::settings::{self, Settings};

/// The team that answers for an SLO: its own, else its service's.
pub fn team(slo: &Slo, settings: &Settings) -> Option<String> {
    let own = slo.about.team.as_ref().map(|note| note.text.trim().to_owned());
    own.or_else(|| settings.services.get(&slo.service).and_then(|service| service.team.clone()))
}

/// Refuses services and environments that the settings do not have.
///
/// # Errors
/// The first of them.
pub fn refuse(budget: &Budget, settings: &Settings) -> Result<(), Stop> {
    let services: Vec<&str> = settings.services.keys().map(String::as_str).collect();
    let environments: Vec<&str> = settings.environments.keys().map(String::as_str).collect();
    known("service", &budget.service, &services, settings::FILE)?;
    known("environment", budget.environment.as_slice(), &environments, settings::FILE)
}

/// Refuses the first name that nothing has.
fn known(what: &str, named: &[String], known: &[&str], place: &str) -> Result<(), Stop> {
    let Some(name) = named.iter().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
    let help = diagnostic::suggestion(name, known.iter().copied());
    Err(Stop::Usage(format!("there is no {what} `{name}` in {place}: {help}")))
}

/// The SLOs that are asked for, each in every environment in which it holds, unless one is named.
///
/// # Errors
/// When an SLO or a team is named that there is not, or nothing is left.
pub fn choose<'a>(
    budget: &Budget,
    settings: &'a Settings,
    catalog: &'a Catalog,
) -> Result<Vec<Asked<'a>>, Stop> {
    let names: Vec<&str> = catalog.slos.iter().map(|slo| slo.name.as_str()).collect();
    known("SLO", &budget.slo, &names, "the definitions")?;
    let mut teams: Vec<String> = catalog.slos.iter().filter_map(|slo| team(slo, settings)).collect();
    teams.sort_unstable();
    teams.dedup();
    let teams: Vec<&str> = teams.iter().map(String::as_str).collect();
    known("team", &budget.team, &teams, "the settings and definitions")?;
    let is_among = |wanted: &[String], name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    let slos = catalog.slos.iter().filter(|slo| {
        let of_team =
            budget.team.is_empty() || team(slo, settings).is_some_and(|team| is_among(&budget.team, &team));
        is_among(&budget.slo, &slo.name) && is_among(&budget.service, &slo.service) && of_team
    });
    let mut asked: Vec<Asked<'a>> = Vec::new();
    for slo in slos {
        let wanted = |name: &&String| budget.environment.as_ref().is_none_or(|one| one == *name);
        let holding = settings.environments.keys().filter(wanted).filter(|name| slo.holds_in(name));
        asked.extend(holding.filter_map(|name| Asked::new(settings, slo, name)));
    }
    if asked.is_empty() {
        return Err(Stop::Usage(
            "there is no budget of all that was asked for at once: leave a filter out".to_owned(),
        ));
    }
    asked.sort();
    Ok(asked)
}
