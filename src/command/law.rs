//! What was written and rules: settings, SLO definitions and policies, read from the tree that decides.
//!
//! Every problem of every file is found in one run, and what one verb accepts no other refuses. With an error in any of
//! them there is no law at all, because half of a rule is another rule. Two policies that cover one service are such an
//! error: whose silver bullets, whose escalation would count? A service has one agreement. What the organisation asks
//! stands above that: its layer joins the settings, and its policies rule besides the team's.

use std::collections::{BTreeMap, BTreeSet};

use crate::adjustment::Adjustments;
use crate::budget::gap::duration;
use crate::catalog::{self, Catalog, Slo};
use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::command::{adjusted, organization, stranger, unread};
use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};
use crate::document::{self, Part};
use crate::policy::{Author, Names, Policy, supply};
use crate::settings::organization::Organization;
use crate::settings::{self, Joined, Service, Settings, layer};
use crate::source::promql;
use crate::tree::TreeError;

/// Reads the settings from the tree.
///
/// # Errors
/// When there are none, or what is wrong in them.
fn read_settings(ground: &Ground, problems: &mut Vec<Diagnostic>) -> Result<Settings, Stop> {
    let Some(bytes) = ground.tree.read(settings::FILE)? else {
        let message = format!("there is no `{}` in {}", settings::FILE, ground.describe());
        let help = if ground.tree.read(layer::FILE)?.is_some() {
            "this is an organisation's layer: `slogate vendor` checks it, and `slogate test` tests its policies"
        } else {
            "name the directory that has it, or write the first one with `slogate init`"
        };
        return Err(Diagnostic::error(Code::NoSettings, message).help(help).into());
    };
    let source = document::decode(settings::FILE, bytes)?;
    let (settings, found) = settings::load(&source);
    match settings {
        Some(settings) => {
            problems.extend(found);
            Ok(settings)
        }
        None => Err(Stop::Invalid(found)),
    }
}

/// The settings that count, and the organisation that they stand under.
pub struct Rules {
    /// The team's settings, joined with the organisation's layer where there is one.
    pub settings: Settings,
    /// The organisation, where there is one.
    pub organization: Option<Organization>,
    /// What a reader must know of the layer.
    pub notes: Vec<String>,
    /// What of the settings the layer does not allow: errors, of which `read` makes a part of the law.
    pub problems: Vec<Diagnostic>,
}

/// Reads the settings from the tree, under the organisation's layer, if one is offered.
///
/// # Errors
/// When there are none, or what is wrong in them or in the layer: in both, where both are wrong.
pub fn read_rules(
    ground: &Ground,
    layer: Result<Option<Organization>, Stop>,
    problems: &mut Vec<Diagnostic>,
) -> Result<Rules, Stop> {
    let (settings, organization) = match (read_settings(ground, problems), layer) {
        (Ok(settings), Ok(organization)) => (settings, organization),
        (Err(Stop::Invalid(mut found)), Err(Stop::Invalid(more))) => {
            found.extend(more);
            return Err(Stop::Invalid(found));
        }
        (_, Err(stop)) | (Err(stop), Ok(_)) => return Err(stop),
    };
    let Some(organization) = organization else {
        return Ok(Rules { settings, organization, notes: Vec::new(), problems: Vec::new() });
    };
    let Joined { settings, raised, problems } = settings::join(settings, &organization.layer);
    let mut notes = vec![format!("under the layer of organization {}", organization.describe())];
    notes.extend(raised);
    Ok(Rules { settings, organization: Some(organization), notes, problems })
}

/// What rules: the SLOs and the policies.
pub struct Law {
    /// The SLOs.
    pub catalog: Catalog,
    /// The policies, by path; the organisation's behind the team's.
    pub policies: Vec<Policy>,
    /// What budgets do not count.
    pub adjustments: Adjustments,
    /// Everything that is written could be read. What is not read yet cannot be missed: a service whose SLO does not
    /// parse has one.
    pub complete: bool,
    /// What is wrong in them, or worth mending.
    pub problems: Vec<Diagnostic>,
}

impl Law {
    /// The law when there is no error in any of it: nothing is decided by half a law.
    ///
    /// # Errors
    /// All its problems.
    pub fn sound(self) -> Result<Self, Stop> {
        if self.problems.iter().any(Diagnostic::is_error) {
            return Err(Stop::Invalid(self.problems));
        }
        Ok(self)
    }
}

/// Reads every SLO definition and every policy, and finds all that is wrong in any of them.
///
/// # Errors
/// When the tree does not answer.
pub fn read(ground: &Ground, rules: &Rules) -> Result<Law, Stop> {
    let settings = &rules.settings;
    let mut paths = ground.tree.paths()?;
    paths.retain(|path| path != settings::DEFINITIONS);
    let mut problems = rules.problems.clone();
    // All of it at once: what is far away comes in few calls.
    for globs in [&settings.slos, &settings.policies, &settings.adjustments] {
        ground.tree.expect(&matching(&paths, globs));
    }
    let mut catalog = read_slos(ground, settings, &paths, &mut problems)?;
    let mut policies = Vec::new();
    let before = problems.len();
    let scripts = read_all(ground, &paths, &settings.policies, settings::FILE, &mut problems)?;
    let all = problems.len() == before;
    let names = names(settings);
    for source in &scripts {
        match Policy::load(source, &names) {
            Ok((policy, warnings)) => {
                problems.extend(warnings);
                policies.push(policy);
            }
            Err(found) => problems.extend(found),
        }
    }
    let demanded = rules.organization.as_ref().is_some_and(|organization| !organization.policies.is_empty());
    if scripts.is_empty() && all && !demanded {
        let globs: Vec<&str> = settings.policies.iter().map(String::as_str).collect();
        let message = format!("no policy was found by {} in {}", diagnostic::list(&globs), ground.describe());
        let help = format!("write the first policy, or correct `policies` in {}", settings::FILE);
        problems.push(Diagnostic::error(Code::NoPolicy, message).help(help));
    }
    problems.extend(namesakes(&policies.iter().collect::<Vec<_>>()));
    problems.extend(overlaps(&policies, settings));
    if let Some(organization) = &rules.organization {
        let layer = &organization.layer;
        problems.extend(organization::hold(layer, &mut catalog, &mut policies));
        let (demanded, found) = organization::policies(layer, &organization.policies, settings.step);
        problems.extend(found);
        policies.extend(demanded);
        problems.extend(twins(settings));
    }
    problems.extend(stranger::told(&catalog, settings, &policies));
    problems.extend(long_windows(&catalog, settings, &policies));
    let adjustments = adjusted::read(ground, settings, &paths, &catalog, &mut problems)?;
    let complete = !problems.iter().any(Diagnostic::is_error);
    if complete {
        problems.extend(adjusted::unforeseen(&adjustments, &policies, &catalog, settings));
        for policy in &policies {
            problems.extend(supply::lacking(policy, &covered(policy, &catalog, settings), settings));
        }
    }
    Ok(Law { catalog, policies, adjustments, complete, problems })
}

/// Reads every SLO definition among these paths, and finds all that is wrong in any of them.
///
/// # Errors
/// When the tree does not answer.
pub fn read_slos(
    ground: &Ground,
    settings: &Settings,
    paths: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Result<Catalog, Stop> {
    let before = problems.len();
    let definitions = read_all(ground, paths, &settings.slos, settings::FILE, problems)?;
    let all = problems.len() == before;
    let (catalog, mut found) = catalog::load(&definitions, settings);
    // What could not be read may well define one.
    found.retain(|problem| all || problem.code != Code::NoSlo);
    problems.extend(found);
    problems.extend(promql::check(&catalog, settings));
    problems.extend(catalog.passed_over.iter().map(unread::passed_over));
    problems.extend(catalog.empty.iter().map(unread::empty));
    Ok(catalog)
}

/// The SLOs as they count in another tree, those of them that can be read, and whether those are all: what is wrong there
/// is nobody's to mend now.
///
/// # Errors
/// When its settings are broken, or the tree does not answer.
pub fn definitions(ground: &Ground, organization: Option<&Organization>) -> Result<(Catalog, bool), Stop> {
    let settings = read_rules(ground, Ok(organization.cloned()), &mut Vec::new())?.settings;
    let paths = ground.tree.paths()?;
    let files = read_all(ground, &paths, &settings.slos, settings::FILE, &mut Vec::new())?;
    let (mut catalog, problems) = catalog::load(&files, &settings);
    if let Some(organization) = organization {
        organization::hold(&organization.layer, &mut catalog, &mut []);
    }
    let broken = problems.iter().any(|problem| problem.is_error() && problem.code != Code::NoSlo);
    Ok((catalog, !broken))
}

/// The SLOs that a policy covers, in an environment that it may measure.
pub fn covered<'a>(policy: &Policy, catalog: &'a Catalog, settings: &Settings) -> Vec<&'a Slo> {
    let covers = |slo: &&Slo| {
        let team = settings.services.get(&slo.service).and_then(|service| service.team.as_deref());
        let measured = policy.header.measures.as_deref();
        policy.covers(&slo.service, team) && measured.is_none_or(|environment| slo.holds_in(environment))
    };
    catalog.slos.iter().filter(covers).collect()
}

/// Windows that are longer than the period of an SLO that the policy covers: nothing could ever be known of them.
fn long_windows(catalog: &Catalog, settings: &Settings, policies: &[Policy]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for policy in policies {
        let covered = covered(policy, catalog, settings);
        let Some(shortest) = covered.into_iter().min_by_key(|slo| slo.period) else { continue };
        for (window, place) in policy.windows().iter().filter(|(window, _)| *window > shortest.period) {
            let (window, period) = (duration(*window), duration(shortest.period));
            let message =
                format!("the window {window} is longer than the period of the SLO `{}`", shortest.name);
            let label = format!("its period is {period}");
            let help = if policy.header.scope.organization {
                format!(
                    "give that SLO a period of at least {window}: the organisation's policy covers every SLO"
                )
            } else {
                format!("write a window of at most {period}, or give that SLO a policy of its own")
            };
            problems.push(Diagnostic::error(Code::UnknownFact, message).at(place.clone(), label).help(help));
        }
    }
    problems
}

/// The paths that the globs match.
fn matching(paths: &[String], globs: &[String]) -> Vec<String> {
    let matcher = settings::glob(globs);
    paths.iter().filter(|path| matcher.is_match(path)).cloned().collect()
}

/// The texts of all files that the globs match. A glob that names one file must find it, because a misspelt name
/// would take a whole policy out of force; `named_in` is the file that has the globs.
pub fn read_all(
    ground: &Ground,
    paths: &[String],
    globs: &[String],
    named_in: &str,
    problems: &mut Vec<Diagnostic>,
) -> Result<Vec<SourceText>, Stop> {
    let matcher = settings::glob(globs);
    ground.tree.expect(&matching(paths, globs));
    let mut sources = Vec::new();
    let mut bytes = 0;
    let mut used = vec![false; globs.len()];
    for path in paths {
        let found = matcher.matches(path);
        if found.is_empty() {
            if globs.iter().any(|glob| settings::reaches_below(glob, path)) && ground.tree.is_link(path) {
                problems.push(unread::link(path));
            }
            continue;
        }
        for glob in found {
            if let Some(used) = used.get_mut(glob) {
                *used = true;
            }
        }
        match ground.tree.read(path) {
            Ok(Some(read)) => {
                bytes += read.len();
                if bytes > unread::MOST_BYTES {
                    problems.push(unread::too_many_bytes(path, globs));
                    break;
                }
                match document::decode(path, read) {
                    Ok(source) => sources.push(source),
                    Err(problem) => problems.push(problem),
                }
            }
            Ok(None) => problems.push(unread::unnamed(path)),
            Err(TreeError::Refused(message)) => {
                let help = "put a plain file there, or leave it out of the globs";
                let problem = Diagnostic::error(Code::Unreadable, message);
                problems.push(problem.at(Place::of_file(path), "not read").help(help));
            }
            Err(error) => return Err(error.into()),
        }
    }
    for (glob, _) in
        globs.iter().zip(used).filter(|(glob, used)| !used && !glob.contains(['*', '?', '[', '{']))
    {
        let message = format!("there is no file `{glob}` in {}, which the settings name", ground.describe());
        let help = format!("correct the name in {named_in}, or take it out");
        problems.push(Diagnostic::error(Code::Unreadable, message).help(help));
    }
    Ok(sources)
}

/// The names that a policy may use.
pub fn names(settings: &Settings) -> Names {
    let mut teams: Vec<String> =
        settings.services.values().filter_map(|service| service.team.clone()).collect();
    teams.sort();
    teams.dedup();
    let dependencies = settings.services.values().flat_map(|service| &service.dependencies);
    let mut dependencies: Vec<String> = dependencies.map(|one| one.name.clone()).collect();
    dependencies.sort();
    dependencies.dedup();
    Names {
        environments: settings.environments.keys().cloned().collect(),
        classes: settings.changes.keys().cloned().collect(),
        services: settings.services.keys().cloned().collect(),
        teams,
        dependencies,
        phases: of_services(settings, |service| service.phase.as_ref()),
        tiers: of_services(settings, |service| service.tier.as_ref()),
        signals: settings.signals.keys().cloned().collect(),
        step: settings.step,
        author: Author::Team,
    }
}

/// What the services say of themselves, by service; without those that say nothing.
fn of_services(settings: &Settings, said: impl Fn(&Service) -> Option<&String>) -> BTreeMap<String, String> {
    let services = settings.services.iter();
    services.filter_map(|(name, service)| Some((name.clone(), said(service)?.clone()))).collect()
}

/// A warning about each environment that another one has the matchers of: the same events under two names, of which an
/// organisation may ask for one alone.
pub fn twins(settings: &Settings) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (index, (name, environment)) in settings.environments.iter().enumerate() {
        let mut before = settings.environments.iter().take(index);
        let Some((first, _)) = before.find(|(_, first)| first.matchers == environment.matchers) else {
            continue;
        };
        let message = format!("the environments `{first}` and `{name}` match the same events");
        let problem = Diagnostic::warning(Code::Duplicate, message);
        let help = "give each its own `match`, or ship to one environment under one name";
        let place = written_at(settings, name);
        problems.push(problem.at(place, format!("the same as `{first}`")).help(help));
    }
    problems
}

/// Where the settings declare an environment; the settings themselves where another layer does.
fn written_at(settings: &Settings, environment: &str) -> Place {
    let documents = document::parse(&settings.place.source).unwrap_or_default();
    let declared =
        documents.first().and_then(|document| document.root().get("environments")?.get(environment));
    declared.map_or_else(|| settings.place.clone(), Part::key_place)
}

/// A problem for each policy of a team that has the name of another: events and silver bullets know a policy by its
/// name alone. An organisation's has a slash in its name, which no file's name has.
pub fn namesakes(policies: &[&Policy]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (index, policy) in policies.iter().enumerate() {
        let Some(first) = policies.iter().take(index).find(|first| first.id == policy.id) else { continue };
        let paths = [first.source.path(), policy.source.path()];
        let message =
            format!("the policies {} have the same name, `{}`", diagnostic::list(&paths), policy.id);
        let problem = Diagnostic::error(Code::Duplicate, message)
            .at(Place::line_of(&policy.source, 1), "named for its file, whatever its directory");
        problems.push(
            problem.help("rename one of the files: events and silver bullets know a policy by its name"),
        );
    }
    problems
}

/// A problem for each policy that covers what another one covers already.
fn overlaps(policies: &[Policy], settings: &Settings) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (index, policy) in policies.iter().enumerate() {
        for first in policies.iter().take(index) {
            let shared = settings.services.iter().filter(|(name, service)| {
                let team = service.team.as_deref();
                policy.covers(name, team) && first.covers(name, team)
            });
            let shared: Vec<&str> = shared.map(|(name, _)| name.as_str()).collect();
            if shared.is_empty() {
                continue;
            }
            let services = if shared.len() == 1 { "service" } else { "services" };
            let message = format!(
                "the policies `{}` and `{}` both cover the {services} {}",
                first.id,
                policy.id,
                diagnostic::list(&shared)
            );
            let help = "a service has one agreement: move the clauses into one policy, where the strictest one in \
                        force decides, or take the service out of one scope";
            let label = format!("also in {}", first.source.path());
            problems.push(
                Diagnostic::error(Code::TwoPolicies, message).at(policy.key_place("scope"), label).help(help),
            );
        }
    }
    problems
}

/// The warning about a service that has no SLO.
fn without_slo(name: &str, service: &Service) -> Diagnostic {
    let message = format!("the service `{name}` has no SLO, so nothing is known of it");
    Diagnostic::warning(Code::ServiceWithoutSlo, message)
        .at(service.place.clone(), "no SLO names this service")
        .help("write an SLO for it; until then every change to it is warned about, and under an organization that has policies not known")
}

/// The warnings about the environments in which none of a service's SLOs holds, although `policies` measure it there
/// where one of the `judged` is judged; one warning where it has no SLO at all.
pub fn unmeasured(
    (name, service): (&str, &Service),
    catalog: &Catalog,
    policies: &[Policy],
    judged: &[&str],
) -> Vec<Diagnostic> {
    if catalog.of(name).next().is_none() {
        return vec![without_slo(name, service)];
    }
    let covering = policies.iter().filter(|policy| policy.covers(name, service.team.as_deref()));
    let asked: Vec<Option<&str>> = covering.map(|policy| policy.header.measures.as_deref()).collect();
    let mut bare: BTreeSet<&str> = asked.iter().copied().flatten().collect();
    if asked.is_empty() || asked.contains(&None) {
        bare.extend(judged);
    }
    bare.retain(|environment| catalog.of(name).all(|slo| !slo.holds_in(environment)));
    let told = bare.into_iter().map(|environment| {
        let message = format!(
            "the service `{name}` has no SLO in the environment `{environment}`, so nothing is known of it there"
        );
        let problem = Diagnostic::warning(Code::ServiceWithoutSlo, message)
            .at(service.place.clone(), "its SLOs are bound to other environments");
        problem.help(format!(
            "write an SLO that holds in `{environment}`, or let the policy measure where there is one, by \
             `measures: \"…\"` in its header; until then every change that is judged there is warned about"
        ))
    });
    told.collect()
}

/// The warning about a service that no policy of its team covers, whether or not the organisation's does.
pub fn without_policy(name: &str, service: &Service, policies: &[Policy]) -> Option<Diagnostic> {
    let covers = |policy: &&Policy| policy.covers(name, service.team.as_deref());
    let (demanded, own): (Vec<&Policy>, Vec<&Policy>) =
        policies.iter().filter(covers).partition(|policy| policy.header.scope.organization);
    if !own.is_empty() {
        return None;
    }
    let (message, label) = match demanded.first() {
        None => {
            let message =
                format!("no policy covers the service `{name}`, so nothing follows from its budgets");
            (message, "no policy's scope has it")
        }
        Some(policy) => {
            let message =
                format!("only the organisation's policy `{}` covers the service `{name}`", policy.id);
            (message, "no scope of the team's own policies has it")
        }
    };
    let problem = Diagnostic::warning(Code::ServiceWithoutPolicy, message).at(service.place.clone(), label);
    Some(problem.help("name its team or the service in a policy's scope"))
}
