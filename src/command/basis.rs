//! What a verdict rests on besides budgets: what is the law, once for a base branch, and what a change touches.

use crate::adjustment::Adjustments;
use crate::catalog::Catalog;
use crate::change::claim::Claims;
use crate::change::{self, Rollout, Touched, authority, shipment};
use crate::command::ground::{Ground, Seen};
use crate::command::judge::{Case, Stop};
use crate::command::law::{self, Rules};
use crate::command::passage::Passage;
use crate::command::unsettled;
use crate::diagnostic;
use crate::policy::Policy;
use crate::report::{OrganizationLine, Report};
use crate::settings::organization::Organization;
use crate::settings::{self, Environment, Settings};

/// The law.
pub struct Basis {
    /// Where the law was read.
    pub ground: Ground,
    /// The settings.
    pub rules: Rules,
    /// The SLOs.
    pub catalog: Catalog,
    /// The policies.
    pub policies: Vec<Policy>,
    /// What budgets do not count.
    pub adjustments: Adjustments,
}

impl Basis {
    /// The settings, SLO definitions, policies and adjustments that a change touches; none where it cannot be seen what
    /// changed.
    pub fn amended(&self, seen: Option<&Seen>) -> Vec<String> {
        let settings = &self.rules.settings;
        let globs = [&settings.slos, &settings.policies, &settings.adjustments].map(settings::glob);
        let changed = seen.iter().flat_map(|seen| seen.paths.iter().flatten());
        let rules = |path: &&String| {
            *path == settings::FILE || globs.iter().any(|globs| globs.is_match(path.as_str()))
        };
        changed.filter(rules).cloned().collect()
    }
}

/// Reads the law.
///
/// # Errors
/// When something written is wrong, or it cannot be read.
pub fn read(case: &Case<'_>, ground: Ground, report: &mut Report) -> Result<Basis, Stop> {
    report.change.base.clone_from(&ground.base);
    report.change.head.clone_from(&ground.head);
    report.permalink.clone_from(&ground.permalink);
    report.prefix.clone_from(&ground.prefix);
    report.notes.extend(ground.notes.iter().cloned());
    let layer = case.means.layer(&ground);
    let rules = law::read_rules(&ground, layer, &mut report.problems);
    let rules = rules.map_err(|stop| unsettled::beside(&ground, stop))?;
    report.notes.extend(rules.notes.iter().cloned());
    report.organization = rules.organization.as_ref().map(organization);
    report.commenting = rules.settings.commenting;
    let (name, environment) = environment(&rules, case.environment.as_deref())?;
    report.environment = Some(name.to_owned());
    report.mode = Some(environment.mode);
    let law = law::read(&ground, &rules)?.sound()?;
    report.problems.extend(law.problems);
    let (catalog, policies, adjustments) = (law.catalog, law.policies, law.adjustments);
    Ok(Basis { ground, rules, catalog, policies, adjustments })
}

/// Finds the change's class and rollout and what it touches, and answers what changed: nothing where services were named,
/// or where there is no base.
///
/// # Errors
/// When the command line names what there is not, or it cannot be seen what changed.
pub fn change(case: &Case<'_>, basis: &Basis, report: &mut Report) -> Result<Option<Seen>, Stop> {
    let settings = &basis.rules.settings;
    let is_merge = case.pull.is_some() || case.passage.is_some_and(Passage::is_merge);
    report.change.rollout = rollout(case.rollout, is_merge);
    report.change.claims = claims(case, settings, &basis.ground);
    let labelled = || report.change.claims.classes().first().map(ToString::to_string);
    report.change.class = class(settings, case.class)?.or_else(labelled);
    touched(case, &basis.ground, settings, report)
}

/// What the report says of an organisation.
fn organization(organization: &Organization) -> OrganizationLine {
    OrganizationLine { name: organization.layer.name.clone(), sha256: organization.sha256.clone() }
}

/// The judged environment; where the organisation asks for one that is not there, that is told instead.
pub fn environment<'a>(rules: &'a Rules, named: Option<&str>) -> Result<(&'a str, &'a Environment), Stop> {
    declared(&rules.settings, named)
        .map_err(|stop| if rules.problems.is_empty() { stop } else { Stop::Invalid(rules.problems.clone()) })
}

/// The judged environment: the one that is named, else the only one, else `production`.
fn declared<'a>(settings: &'a Settings, named: Option<&str>) -> Result<(&'a str, &'a Environment), Stop> {
    let known = || settings.environments.keys().map(String::as_str);
    let name = match (named, settings.environments.len()) {
        (Some(name), _) => name,
        (None, 1) => known().next().unwrap_or("production"),
        (None, _) => "production",
    };
    let found = settings.environments.get_key_value(name);
    found.map(|(name, environment)| (name.as_str(), environment)).ok_or_else(|| {
        let help = diagnostic::suggestion(name, known());
        Stop::Usage(match named {
            Some(_) => format!("there is no environment `{name}` in {}: {help}", settings::FILE),
            None => format!("say which --environment is judged: {help}"),
        })
    })
}

/// What the labels of a pull request claim, or of those that ship together; nothing where none is judged.
fn claims(case: &Case<'_>, settings: &Settings, ground: &Ground) -> Claims {
    let Some(github) = &case.github else { return Claims::default() };
    let Some(pull) = case.pull else {
        let shipment = case.passage.zip(ground.base.as_ref()).zip(ground.head.as_deref());
        let shipment = shipment.and_then(|((passage, base), head)| passage.shipment(&base.id, head));
        return shipment
            .map_or_else(Claims::default, |shipment| shipment::claims(github, settings, &shipment));
    };
    match &pull.labels {
        Some(labels) => authority::of_labels(github, settings, pull.number, pull.author.as_deref(), labels),
        None => authority::of(github, settings, &[pull.number]),
    }
}

/// The change's class, as the command line names it.
fn class(settings: &Settings, named: Option<&str>) -> Result<Option<String>, Stop> {
    let Some(name) = named else { return Ok(None) };
    if settings.changes.contains_key(name) {
        return Ok(Some(name.to_owned()));
    }
    let help = diagnostic::suggestion(name, settings.changes.keys().map(String::as_str));
    Err(Stop::Usage(format!("there is no class of change `{name}` in {}: {help}", settings::FILE)))
}

/// How much of the rollout is judged: what is named, else a canary of what is not merged yet, and the whole of the rest.
fn rollout(named: Option<&str>, is_merge: bool) -> Rollout {
    match named {
        Some(named) if named == Rollout::Canary.as_str() => Rollout::Canary,
        None if is_merge => Rollout::Canary,
        Some(_) | None => Rollout::Full,
    }
}

/// Finds the services that the change touches, and answers what changed, where that was looked at.
fn touched(
    case: &Case<'_>,
    ground: &Ground,
    settings: &Settings,
    report: &mut Report,
) -> Result<Option<Seen>, Stop> {
    let named = case.services;
    let known = || settings.services.keys().map(String::as_str);
    if let Some(name) = named.iter().find(|name| !settings.services.contains_key(*name)) {
        let help = diagnostic::suggestion(name, known());
        return Err(Stop::Usage(format!("there is no service `{name}` in {}: {help}", settings::FILE)));
    }
    let mut seen = None;
    let touched: Touched = if !named.is_empty() {
        change::named(settings, named)
    } else if ground.base.is_none() {
        change::every(settings, "every service is judged; --service judges one")
    } else {
        // A sweep has no calls for the long list of one pull request's files: there all services count.
        let number = case.passage.and(case.pull).map(|pull| pull.number);
        let changed = seen.insert(ground.changed(report.change.head.as_deref(), number)?);
        match &changed.paths {
            Some(paths) => change::touched(settings, paths),
            None => change::every(settings, &changed.notes.join("; ")),
        }
    };
    report.notes.extend(touched.notes);
    report.problems.extend(touched.problems);
    report.change.services = touched.services;
    Ok(seen)
}
