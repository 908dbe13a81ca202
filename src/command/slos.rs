//! `slogate slos`: every SLO in force, where each comes from, and what endpoints lack.
//!
//! It reads SLOs as `check` does, by the same code, so that what is listed is what is judged. Policies it does not read:
//! whoever has none yet, or a broken one, has SLOs all the same.

use jiff::Timestamp;

use crate::adjustment::{Adjustments, Exclusion};
use crate::catalog::{Catalog, Slo, coverage};
use crate::cli::{Slos, Table};
use crate::command::World;
use crate::command::adjusted;
use crate::command::ground::{self, Ground};
use crate::command::judge::Stop;
use crate::command::law::{self, Rules};
use crate::command::organization::{self, Offer};
use crate::command::unsettled;
use crate::diagnostic::{self, Diagnostic};
use crate::report::escape::terminal;
use crate::report::problem;
use crate::report::slos::{ExclusionLine, Inventory, Line, Origin, ServiceLine, Source};
use crate::settings::{self, Service, Settings};
use crate::verdict::Exit;

/// How many of those that come next are listed of an exclusion.
const NEXT: usize = 3;

/// Runs the verb.
pub fn run(slos: &Slos, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let now = slos.now.unwrap_or(world.now);
    let mut inventory = match path(slos, now, world, &mut problems) {
        Ok(inventory) => inventory,
        Err(stop) => match world.stopped(stop, &mut problems) {
            Some(exit) => return exit,
            None => Inventory::blank(now),
        },
    };
    diagnostic::sort(&mut problems);
    let failed = problems.iter().any(Diagnostic::is_error);
    inventory.problems = problems;
    let exit = if failed { Exit::Invalid } else { Exit::Proceed };
    let text = match slos.format {
        Table::Json => inventory.json(),
        Table::Text => {
            let look = world.look(&slos.color);
            if !inventory.problems.is_empty() {
                world.tell(problem::render(&inventory.problems, look).trim_end());
            }
            for note in &inventory.notes {
                world.tell(&terminal(note));
            }
            if failed { String::new() } else { inventory.text(look) }
        }
    };
    world.end(&text, exit)
}

/// The path: the ground, the law, the lines.
fn path(
    slos: &Slos,
    now: Timestamp,
    world: &World,
    problems: &mut Vec<Diagnostic>,
) -> Result<Inventory, Stop> {
    let root = world.directory.join(&slos.dir);
    let ground = ground::read(&root, &slos.dir, slos.base.as_deref())?;
    let layer =
        Offer::of(&slos.layered, world).read(&world.directory, ground.base.as_ref().map(|_| root.as_path()));
    let rules = law::read_rules(&ground, layer, problems).map_err(|stop| unsettled::beside(&ground, stop))?;
    let settings = &rules.settings;
    asked(slos, settings)?;
    let (catalog, adjustments) = written(&ground, &rules, problems)?;
    let mut inventory = Inventory::blank(now);
    inventory.environment.clone_from(&slos.environment);
    inventory.notes.clone_from(&rules.notes);
    inventory.source = ground.base.as_ref().map(|base| Source {
        name: base.name.clone(),
        id: base.id.clone(),
        committed_at: ground.committed_at().and_then(|at| Timestamp::from_second(at).ok()),
    });
    if problems.iter().any(Diagnostic::is_error) {
        return Ok(inventory);
    }
    let environments: Vec<&str> = match &slos.environment {
        Some(environment) => vec![environment.as_str()],
        None => settings.environments.keys().map(String::as_str).collect(),
    };
    let wanted = |name: &&String| slos.service.is_empty() || slos.service.contains(name);
    for (name, service) in settings.services.iter().filter(|(name, _)| wanted(name)) {
        let listed = catalog.of(name).filter(|slo| environments.iter().any(|one| slo.holds_in(one)));
        let mut slos: Vec<Line> = listed.map(|slo| line(slo, service, settings, now)).collect();
        slos.sort_by(|one, other| {
            let key = |line: &Line| (line.endpoint.clone(), line.sli.clone(), line.name.clone());
            key(one).cmp(&key(other))
        });
        inventory.services.push(ServiceLine {
            name: name.clone(),
            team: service.team.clone(),
            cells: coverage::of(&catalog, (name, service), &environments),
            environments: environments.iter().map(|name| (*name).to_owned()).collect(),
            slos,
        });
    }
    for exclusion in &adjustments.exclusions {
        let about = catalog.slos.iter().filter(|slo| wanted(&&slo.service));
        let about = about.filter(|slo| environments.iter().any(|one| exclusion.concerns(slo, one)));
        let about: Vec<String> = about.map(|slo| slo.name.clone()).collect();
        if !about.is_empty() {
            inventory.exclusions.push(planned(exclusion, about, now));
        }
    }
    Ok(inventory)
}

/// What there is to say of one exclusion.
fn planned(exclusion: &Exclusion, slos: Vec<String>, now: Timestamp) -> ExclusionLine {
    let instant = |seconds: i64| Timestamp::from_second(seconds).ok();
    let ahead = exclusion.between(now.as_second(), i64::MAX).into_iter().take(NEXT);
    ExclusionLine {
        name: exclusion.name.clone(),
        slos,
        environments: exclusion.environments.iter().map(|named| named.name.clone()).collect(),
        next: ahead.filter_map(|(start, end)| instant(start).zip(instant(end))).collect(),
        reason: exclusion.reason.clone(),
        agreed_by: exclusion.agreed_by.clone(),
        file: exclusion.place.source.path().to_owned(),
        line: exclusion.place.line(),
    }
}

/// The SLOs as they count, under the organisation's layer where there is one, and what their budgets do not count.
pub(super) fn written(
    ground: &Ground,
    rules: &Rules,
    problems: &mut Vec<Diagnostic>,
) -> Result<(Catalog, Adjustments), Stop> {
    problems.extend(rules.problems.iter().cloned());
    let mut paths = ground.tree.paths()?;
    paths.retain(|path| path != settings::DEFINITIONS);
    let mut catalog = law::read_slos(ground, &rules.settings, &paths, problems)?;
    if let Some(organization) = &rules.organization {
        problems.extend(organization::hold(&organization.layer, &mut catalog, &mut []));
        problems.extend(law::twins(&rules.settings));
    }
    let adjustments = adjusted::read(ground, &rules.settings, &paths, &catalog, problems)?;
    Ok((catalog, adjustments))
}

/// Refuses names of the command line that nothing has.
fn asked(slos: &Slos, settings: &Settings) -> Result<(), Stop> {
    let refused = |what: &str, name: &str, known: Vec<&str>| {
        let help = diagnostic::suggestion(name, known);
        Stop::Usage(format!("there is no {what} `{name}` in {}: {help}", settings::FILE))
    };
    if let Some(name) = slos.service.iter().find(|name| !settings.services.contains_key(*name)) {
        return Err(refused("service", name, settings.services.keys().map(String::as_str).collect()));
    }
    match &slos.environment {
        Some(name) if !settings.environments.contains_key(name) => {
            Err(refused("environment", name, settings.environments.keys().map(String::as_str).collect()))
        }
        Some(_) | None => Ok(()),
    }
}

/// What there is to say of one SLO.
fn line(slo: &Slo, service: &Service, settings: &Settings, now: Timestamp) -> Line {
    let about = &slo.about;
    let said = |note: &Option<settings::Note>| note.as_ref().map(|note| note.text.trim().to_owned());
    let bounds = slo.calendar.as_ref().and_then(|calendar| calendar.bounds(now.as_second() + 1));
    let ends = bounds.map(|(_, end)| end);
    let holds = settings.environments.keys().filter(|environment| slo.holds_in(environment));
    Line {
        name: slo.name.clone(),
        title: slo.title.clone(),
        endpoint: slo.endpoint().map(ToOwned::to_owned),
        sli: slo.sli().map(ToOwned::to_owned),
        objective: slo.objective.share(),
        period: bounds.map_or(slo.period, |(start, end)| end - start),
        calendar: slo.calendar.is_some(),
        ends_at: ends.and_then(|end| Timestamp::from_second(end).ok()),
        days_left: slo.calendar.as_ref().and_then(|calendar| calendar.days_left(now.as_second())),
        environments: holds.cloned().collect(),
        holds: slo.environments(),
        origin: Origin::of(slo),
        team: said(&about.team).or_else(|| service.team.clone()),
        owner: said(&about.owner),
        file: slo.place.source.path().to_owned(),
        line: slo.place.line(),
        parts: slo.components().to_vec(),
    }
}
