//! `slogate init`: looks at a repository and writes its first settings, policy, tests and workflow.
//!
//! It asks nothing and overwrites nothing. What it would write is laid over the work tree and held to what `validate`
//! and `test` ask before a single file is made, so what is written is valid; an SLO definition of the repository that is
//! not is left out and told.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::{Init, Test, TestFormat};
use crate::command::World;
use crate::command::ground;
use crate::command::init::definition::{Definition, Definitions};
use crate::command::init::draft::{Draft, Plan};
use crate::command::init::overlay::Overlay;
use crate::command::init::owners::Owners;
use crate::command::init::service::{Origin, Service, check_name, is_name};
use crate::command::init::survey::Survey;
use crate::command::init::workflow::Workflows;
use crate::command::judge::Stop;
use crate::command::law::Law;
use crate::command::{test, validate};
use crate::diagnostic::{self, Diagnostic};
use crate::git::Repository;
use crate::report::{problem, trial};
use crate::tree::WorkTree;
use crate::verdict::Exit;

mod definition;
mod draft;
mod overlay;
mod owners;
mod service;
mod summary;
mod survey;
mod workflow;
mod write;

/// The environment that is meant where nothing names one.
const PRODUCTION: &str = "production";

/// Names of environments that users meet, the plainest first.
const LIVE: [&str; 4] = [PRODUCTION, "prod", "prd", "live"];

/// Why nothing is written.
enum Refusal {
    /// The path ended early.
    Stop(Stop),
    /// Files are in the way.
    InTheWay(Vec<String>),
    /// The tests that would be written do not pass; their outcome.
    Untested(String),
}

impl From<Stop> for Refusal {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// What lies in the repository.
struct Findings {
    /// The directory that gets the settings.
    root: PathBuf,
    /// The directory from the top of its repository: empty, or with a slash at its end.
    prefix: String,
    /// Its files and directories.
    survey: Survey,
    /// Its SLO definitions.
    definitions: Definitions,
    /// Its owners.
    owners: Owners,
    /// Its workflows.
    workflows: Workflows,
    /// What was passed over, beyond what the parts say.
    notes: Vec<String>,
}

/// What is to be written, and what it was held to.
struct Proven {
    /// The files.
    drafts: Vec<Draft>,
    /// The services.
    services: Vec<Service>,
    /// Where their names came from.
    origin: Origin,
    /// The environments.
    environments: Vec<String>,
    /// What `validate` says of it.
    validated: String,
    /// How many tests pass.
    tests: usize,
    /// What is in the way of the files.
    obstacles: Vec<String>,
}

/// Runs the verb.
pub fn run(init: &Init, world: &mut World) -> Exit {
    let names = init.service.iter().map(|name| ("a service", name));
    let names = names.chain(init.environment.iter().map(|name| ("an environment", name)));
    let team = init.team.iter().map(|name| ("a team", name));
    let wrong: Vec<String> =
        names.chain(team).filter_map(|(what, name)| check_name(what, name).err()).collect();
    if !wrong.is_empty() {
        for wrong in wrong {
            world.tell(&format!("error: {wrong}"));
        }
        return Exit::Usage;
    }
    let today = init.now.unwrap_or(world.now).to_zoned(TimeZone::UTC).date();
    let mut findings = match look(init, world) {
        Ok(findings) => findings,
        Err(stop) => return refuse(Refusal::Stop(stop), world),
    };
    let proven = match prove(init, &mut findings, today) {
        Ok(proven) => proven,
        Err(refusal) => return refuse(refusal, world),
    };
    let clear = proven.obstacles.is_empty();
    if init.dry_run {
        let texts = proven.drafts.iter().map(|draft| format!("==> {} <==\n{}\n", draft.path, draft.text));
        let text: String = std::iter::once(format!("{}\n", found(&findings, &proven))).chain(texts).collect();
        let exit = world.end(&text, Exit::Proceed);
        return if clear { exit } else { refuse(Refusal::InTheWay(proven.obstacles), world) };
    }
    if !clear {
        return refuse(Refusal::InTheWay(proven.obstacles), world);
    }
    if let Err(why) = write::all(&findings.root, &proven.drafts) {
        world.tell(&format!("error: nothing is written: {why}"));
        return Exit::Untold;
    }
    let paths: Vec<&str> = proven.drafts.iter().map(|draft| draft.path.as_str()).collect();
    let dir = init.dir.to_string_lossy();
    let written = summary::written(&paths, &proven.validated, proven.tests, &dir);
    world.end(&format!("{}{written}", found(&findings, &proven)), Exit::Proceed)
}

/// Says why nothing is written.
fn refuse(refusal: Refusal, world: &mut World) -> Exit {
    match refusal {
        Refusal::Stop(Stop::Usage(message)) => {
            world.tell(&format!("error: {message}"));
            Exit::Usage
        }
        Refusal::Stop(Stop::Unknown(message)) => {
            world.tell(&format!("error: nothing is written: {message}"));
            Exit::Untold
        }
        Refusal::Stop(Stop::Invalid(mut problems)) => {
            diagnostic::sort(&mut problems);
            let look = world.look("auto");
            world.tell(problem::render(&problems, look).trim_end());
            world
                .tell("error: nothing is written, because the policies that would be in force are not valid");
            Exit::Invalid
        }
        Refusal::InTheWay(obstacles) => {
            world.tell("error: nothing is written, because nothing is overwritten:");
            for obstacle in obstacles {
                world.tell(&format!("  {obstacle}"));
            }
            world.tell("help: move them away, or look at what would be written with --dry-run in a copy of the repository");
            Exit::Invalid
        }
        Refusal::Untested(outcome) => {
            world.tell(&outcome);
            world.tell("error: nothing is written, because its tests do not pass; report this as a bug");
            Exit::Invalid
        }
    }
}

/// Looks at the repository.
fn look(init: &Init, world: &World) -> Result<Findings, Stop> {
    let root = world.directory.join(&init.dir);
    ground::present(&root, &init.dir)?;
    let root = root
        .canonicalize()
        .map_err(|error| Stop::Usage(format!("`{}` cannot be looked at: {error}", init.dir.display())))?;
    let mut notes = Vec::new();
    let prefix = match Repository::open(&root) {
        Ok(repository) => repository.map_or_else(String::new, |one| one.prefix().to_owned()),
        Err(error) => {
            notes.push(format!("{error}; taken for no repository"));
            String::new()
        }
    };
    let up = prefix.split('/').filter(|part| !part.is_empty()).count();
    let top = root.ancestors().nth(up).unwrap_or(&root).to_owned();
    let survey = survey::look(&root)?;
    let definitions = definition::find(&survey.files, &WorkTree::new(&root));
    let above = WorkTree::new(&top);
    let (owners, workflows) = (owners::read(&above), workflow::read(&top, &above));
    Ok(Findings { root, prefix, survey, definitions, owners, workflows, notes })
}

/// Plans the files, holds them to what `validate` and `test` ask, and leaves out SLO definitions that do not pass.
fn prove(init: &Init, findings: &mut Findings, today: Date) -> Result<Proven, Refusal> {
    loop {
        let (plan, origin) = plan(init, findings, today);
        let drafts = draft::files(&plan);
        let overlay = Overlay::new(WorkTree::new(&findings.root), &findings.survey.files, &drafts);
        let mut problems = Vec::new();
        let law = validate::examine(&ground::of_files(Box::new(overlay.clone())), &mut problems);
        let errors: Vec<&Diagnostic> = problems.iter().filter(|problem| problem.is_error()).collect();
        if leave_out(&mut findings.definitions, &mut findings.notes, &errors) {
            continue;
        }
        let obstacles: Vec<String> =
            drafts.iter().filter_map(|draft| write::obstacle(&findings.root, &draft.path)).collect();
        let law: Law = match law {
            Ok(law) if errors.is_empty() => law,
            // The settings and policies that are there already say more than what they do to ours.
            _ if !obstacles.is_empty() => return Err(Refusal::InTheWay(obstacles)),
            Ok(_) => return Err(Stop::Invalid(problems).into()),
            Err(stop) => return Err(stop.into()),
        };
        let tests = passing(init, overlay)?;
        let validated = validate::summary(Some(&law), &problems);
        let (services, environments) = (plan.services, plan.environments);
        return Ok(Proven { drafts, services, origin, environments, validated, tests, obstacles });
    }
}

/// Leaves out the definitions that have errors; true when there was one.
fn leave_out(definitions: &mut Definitions, notes: &mut Vec<String>, errors: &[&Diagnostic]) -> bool {
    let before = definitions.taken.len();
    definitions.taken.retain(|definition| {
        let of = |problem: &&&Diagnostic| {
            problem.place().is_some_and(|place| place.source.path() == definition.path)
        };
        let first = errors.iter().find(of);
        notes.extend(first.map(|problem| definition::told(&definition.path, problem)));
        first.is_none()
    });
    definitions.taken.len() < before
}

/// How many tests there are, when all of them pass and see everything.
fn passing(init: &Init, overlay: Overlay) -> Result<usize, Refusal> {
    let asked = Test {
        dir: init.dir.clone(),
        filter: None,
        format: TestFormat::Text,
        coverage: true,
        min: Some(100),
    };
    let (trials, problems) = test::try_all(Box::new(overlay), &asked);
    match trials {
        Some(trials) if trials.failed() == 0 && !trials.uncovered() => Ok(trials.cases.len()),
        Some(trials) => Err(Refusal::Untested(trial::render(&trials))),
        None => Err(Stop::Invalid(problems).into()),
    }
}

/// What the files are made of.
fn plan(init: &Init, findings: &Findings, today: Date) -> (Plan, Origin) {
    let taken = &findings.definitions.taken;
    let mut known: Vec<String> = taken.iter().flat_map(|one| one.services.iter().cloned()).collect();
    known.extend(findings.definitions.services.iter().cloned());
    known.retain(|name| is_name(name));
    known.sort();
    known.dedup();
    let (names, origin) = if !init.service.is_empty() {
        (init.service.clone(), Origin::Given)
    } else if !known.is_empty() {
        (known, Origin::Definitions)
    } else {
        let name = findings.root.file_name().unwrap_or_default().to_string_lossy();
        service::from_directories(&findings.survey.directories, &name)
    };
    let services = service::locate(
        &names,
        &findings.survey.directories,
        &findings.owners,
        init.team.as_deref(),
        &findings.prefix,
    );
    let environments = environments(init, &findings.workflows);
    let live = LIVE.iter().find(|name| environments.iter().any(|one| one == *name));
    let target = live.map(|name| (*name).to_owned()).or_else(|| environments.last().cloned());
    let sample = (!taken.iter().any(|one| one.slos > 0)).then(|| names.first().cloned()).flatten();
    let plan = Plan {
        services,
        target: target.unwrap_or_else(|| PRODUCTION.to_owned()),
        environments,
        definitions: taken.iter().map(|definition: &Definition| definition.path.clone()).collect(),
        files: findings.survey.files.clone(),
        sample,
        prefix: findings.prefix.clone(),
        review: today.checked_add(3.months()).unwrap_or(today),
    };
    (plan, origin)
}

/// The environments, each once.
fn environments(init: &Init, workflows: &Workflows) -> Vec<String> {
    let mut environments: Vec<String> = if init.environment.is_empty() {
        workflows.environments.keys().filter(|name| is_name(name)).cloned().collect()
    } else {
        init.environment.clone()
    };
    let mut seen = BTreeSet::new();
    environments.retain(|name| seen.insert(name.clone()));
    if environments.is_empty() {
        environments.push(PRODUCTION.to_owned());
    }
    environments
}

/// What was found, as text.
fn found(findings: &Findings, proven: &Proven) -> String {
    let taken = &findings.definitions.taken;
    let paths: Vec<String> = taken.iter().map(|definition| definition.path.clone()).collect();
    let by = |name: &str| {
        findings
            .workflows
            .environments
            .get(name)
            .map_or_else(|| "named by no workflow".to_owned(), |paths| paths.join(", "))
    };
    let mut notes = findings.notes.clone();
    notes.extend(findings.survey.notes.iter().cloned());
    notes.extend(findings.definitions.notes.iter().cloned());
    notes.extend(findings.owners.notes.iter().cloned());
    notes.extend(findings.workflows.notes.iter().cloned());
    let odd = findings.workflows.environments.keys().filter(|name| !is_name(name));
    notes.extend(odd.map(|name| format!("the environment `{name}` has a name that settings do not accept")));
    summary::found(&summary::Found {
        services: (&proven.services, proven.origin),
        owners: findings.owners.path.as_deref(),
        definitions: (&paths, taken.iter().map(|definition| definition.slos).sum()),
        unread: &findings.definitions.unread,
        environments: proven.environments.iter().map(|name| (name.as_str(), by(name))).collect(),
        deploying: &findings.workflows.deploying,
        notes: &notes,
    })
}
