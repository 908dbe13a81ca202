//! What a verdict rests on besides budgets: what is the law, and what the change touches.

use crate::adjustment::Adjustments;
use crate::catalog::Catalog;
use crate::change::{self, Touched};
use crate::command::ground::{self, Ground, Seen};
use crate::command::judge::{Case, Judged, Stop};
use crate::command::law::{self, Rules};
use crate::command::unsettled;
use crate::diagnostic;
use crate::policy::Policy;
use crate::report::{OrganizationLine, Report};
use crate::settings::organization::Organization;
use crate::settings::{self, Environment, Settings};

/// The law and the change.
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
    /// What changed; none where services were named, or where there is no base.
    pub changed: Option<Seen>,
}

impl Basis {
    /// The settings, SLO definitions, policies and adjustments that the change touches; none where it cannot be seen what
    /// changed.
    pub fn amended(&self) -> Vec<String> {
        let settings = &self.rules.settings;
        let globs = [&settings.slos, &settings.policies, &settings.adjustments].map(settings::glob);
        let changed = self.changed.iter().flat_map(|seen| seen.paths.iter().flatten());
        let rules = |path: &&String| {
            *path == settings::FILE || globs.iter().any(|globs| globs.is_match(path.as_str()))
        };
        changed.filter(rules).cloned().collect()
    }
}

/// Reads the law, and finds what the change touches.
///
/// # Errors
/// When there is no base, something written is wrong, or it cannot be seen what changed.
pub fn read(case: &Case<'_>, judged: &mut Judged) -> Result<Basis, Stop> {
    let ground = ground::find(case)?;
    judged.report.change.base.clone_from(&ground.base);
    judged.report.change.head.clone_from(&ground.head);
    judged.report.permalink.clone_from(&ground.permalink);
    judged.report.prefix.clone_from(&ground.prefix);
    judged.report.notes.extend(ground.notes.iter().cloned());
    let layer = case.organization.read(&case.directory, ground.base.as_ref().map(|_| case.root.as_path()));
    let rules = law::read_rules(&ground, layer, &mut judged.report.problems);
    let rules = rules.map_err(|stop| unsettled::beside(&ground, stop))?;
    judged.report.notes.extend(rules.notes.iter().cloned());
    judged.report.organization = rules.organization.as_ref().map(organization);
    let (name, environment) = environment(&rules, case.environment.as_deref())?;
    judged.report.environment = Some(name.to_owned());
    judged.report.mode = Some(environment.mode);
    let law = law::read(&ground, &rules)?.sound()?;
    judged.report.problems.extend(law.problems);
    judged.report.change.rollout = case.check.rollout(case.pull.is_some());
    judged.report.change.class = class(&rules.settings, case.check.class.as_deref())?;
    let changed = touched(case, &ground, &rules.settings, &mut judged.report)?;
    let (catalog, policies, adjustments) = (law.catalog, law.policies, law.adjustments);
    Ok(Basis { ground, rules, catalog, policies, adjustments, changed })
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

/// The change's class, as the command line names it.
fn class(settings: &Settings, named: Option<&str>) -> Result<Option<String>, Stop> {
    let Some(name) = named else { return Ok(None) };
    if settings.changes.contains_key(name) {
        return Ok(Some(name.to_owned()));
    }
    let help = diagnostic::suggestion(name, settings.changes.keys().map(String::as_str));
    Err(Stop::Usage(format!("there is no class of change `{name}` in {}: {help}", settings::FILE)))
}

/// Finds the services that the change touches, and answers what changed, where that was looked at.
fn touched(
    case: &Case<'_>,
    ground: &Ground,
    settings: &Settings,
    report: &mut Report,
) -> Result<Option<Seen>, Stop> {
    let named = &case.check.service;
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
        let changed = seen.insert(ground.changed(case)?);
        report.notes.extend(changed.notes.iter().cloned());
        match &changed.paths {
            Some(paths) => change::touched(settings, paths),
            None => change::every(settings, "too many paths changed to be listed, so every service counts"),
        }
    };
    report.notes.extend(touched.notes);
    report.problems.extend(touched.problems);
    report.change.services = touched.services;
    Ok(seen)
}
