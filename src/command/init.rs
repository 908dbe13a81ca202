//! `slogate init`: looks at a repository and writes its first settings, policy, tests and workflow.
//!
//! It asks nothing and overwrites nothing. What it would write is laid over the work tree and held to what `validate`
//! and `test` ask before a single file is made, so what is written is valid. An SLO definition of the repository that is
//! not is told, and named by the settings all the same: to leave it out would be to miss it for ever.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::{Init, Layered, Test, TestFormat};
use crate::command::World;
use crate::command::ground;
use crate::command::init::draft::Plan;
use crate::command::init::findings::Findings;
use crate::command::init::overlay::Overlay;
use crate::command::init::service::{Origin, Service, check_name};
use crate::command::judge::Stop;
use crate::command::law::Law;
use crate::command::write::{self, Draft};
use crate::command::{test, validate};
use crate::diagnostic::{self, Diagnostic};
use crate::report::{problem, trial};
use crate::tree::WorkTree;
use crate::verdict::Exit;

mod definition;
mod draft;
mod environment;
mod findings;
mod overlay;
mod owners;
mod service;
mod summary;
pub(super) mod survey;
mod template;
mod workflow;

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
    /// Those among them that are protected.
    targets: Vec<String>,
    /// The broken files that the settings name.
    to_mend: Vec<String>,
    /// What `validate` says of it, without those.
    validated: String,
    /// How many tests pass.
    tests: usize,
    /// What is in the way of the files.
    obstacles: Vec<String>,
}

/// Runs the verb.
pub fn run(init: &Init, world: &mut World) -> Exit {
    let names = init.service.iter().map(|name| ("a service", name));
    let environments = init.environment.iter().chain(&init.protects);
    let names = names.chain(environments.map(|name| ("an environment", name)));
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
    let mut findings = match findings::look(init, world) {
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
    let counts = (proven.tests, proven.to_mend.len());
    // Where there are several environments a check has to be told which one is meant.
    let asked = proven.targets.first().filter(|_| proven.environments.len() > 1).map(String::as_str);
    let written = summary::written(&paths, &proven.validated, counts, (&dir, asked));
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
            world.tell("help: move them away, or take what you need from what --dry-run prints");
            Exit::Invalid
        }
        Refusal::Untested(outcome) => {
            world.tell(&outcome);
            world.tell("error: nothing is written, because its tests do not pass; report this as a bug");
            Exit::Invalid
        }
    }
}

/// Plans the files, holds them to what `validate` and `test` ask, and sets SLO definitions aside that do not pass.
fn prove(init: &Init, findings: &mut Findings, today: Date) -> Result<Proven, Refusal> {
    loop {
        let (plan, origin) = findings.plan(init, today)?;
        let drafts = draft::files(&plan);
        let (to_mend, sound) = (plan.to_mend(), plan.sound());
        let overlay = Overlay::new(WorkTree::new(&findings.root), &sound.files, &draft::files(&sound));
        let mut problems = Vec::new();
        let law =
            validate::examine(&ground::of_files(Box::new(overlay.clone())), Ok(None), None, &mut problems)
                .map(|(_, law)| law);
        let errors: Vec<&Diagnostic> = problems.iter().filter(|problem| problem.is_error()).collect();
        if findings.set_aside(&errors) {
            continue;
        }
        let mut obstacles: Vec<String> =
            drafts.iter().filter_map(|draft| write::obstacle(&findings.root, &draft.path)).collect();
        obstacles.dedup();
        let law: Law = match law {
            Ok(law) if errors.is_empty() => law,
            // The settings and policies that are there already say more than what they do to ours.
            _ if !obstacles.is_empty() => return Err(Refusal::InTheWay(obstacles)),
            Ok(_) => return Err(Stop::Invalid(problems).into()),
            Err(stop) => return Err(stop.into()),
        };
        let tests = passing(init, overlay)?;
        let validated = validate::summary(Some(&law), &problems);
        let Plan { services, environments, targets, .. } = plan;
        return Ok(Proven {
            drafts,
            services,
            origin,
            environments,
            targets,
            to_mend,
            validated,
            tests,
            obstacles,
        });
    }
}

/// How many tests there are, when all of them pass and see everything.
fn passing(init: &Init, overlay: Overlay) -> Result<usize, Refusal> {
    let asked = Test {
        dir: init.dir.clone(),
        layered: Layered::default(),
        filter: None,
        format: TestFormat::Text,
        coverage: true,
        min: Some(100),
    };
    let (trials, problems) = test::try_all(Box::new(overlay), None, &asked);
    match trials {
        Some(trials) if trials.failed() == 0 && !trials.uncovered() => Ok(trials.cases.len()),
        Some(trials) => Err(Refusal::Untested(trial::render(&trials))),
        None => Err(Stop::Invalid(problems).into()),
    }
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
    summary::found(&summary::Found {
        services: (&proven.services, proven.origin),
        owners: findings.owners.path.as_deref(),
        definitions: (&paths, taken.iter().map(|definition| definition.slos).sum()),
        unread: &findings.definitions.unread,
        environments: proven.environments.iter().map(|name| (name.as_str(), by(name))).collect(),
        targets: &proven.targets,
        deploying: &findings.workflows.deploying,
        to_mend: &findings.to_mend(&proven.to_mend),
        notes: &findings.passed_over(&proven.to_mend),
    })
}
