//! `slogate rules`: recording and alerting rules for every SLO in force.
//!
//! It reads what `check` reads, by the same code. What it writes it may overwrite; a file that somebody else wrote stands
//! in the way. Nothing is written before every text is finished, and each file is replaced whole.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::{Dialect, Rules};
use crate::command::World;
use crate::command::ground;
use crate::command::judge::Stop;
use crate::command::law;
use crate::command::organization::Offer;
use crate::command::unsettled;
use crate::diagnostic::{self, Code, Diagnostic};
use crate::report::escape::terminal;
use crate::report::problem;
use crate::rules::text::{self, Form, MARK};
use crate::rules::{self, ServiceRules};
use crate::settings::{self, Settings};
use crate::tree::{self, Tree as _, WorkTree};
use crate::verdict::Exit;

/// What is to be written, and what of it was asked for.
#[derive(Default)]
struct Made {
    /// The rules, by service.
    services: Vec<ServiceRules>,
    /// The environments.
    environments: Vec<String>,
    /// What a reader must know of the layer.
    notes: Vec<String>,
}

/// A file that is to be written.
struct Draft<'a> {
    /// Its path as people see it.
    shown: String,
    /// Where it lies.
    place: PathBuf,
    /// What it must say.
    text: String,
    /// The services whose rules it holds.
    services: Vec<&'a ServiceRules>,
}

/// How a file stands to what it must say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It says that.
    Same,
    /// It was written by this verb, and says something else.
    Changed,
    /// It is not there.
    New,
    /// It was not written by this verb.
    Foreign,
}

/// Runs the verb.
pub fn run(rules: &Rules, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let made = match path(rules, world, &mut problems) {
        Ok(made) => made,
        Err(stop) => match world.stopped(stop, &mut problems) {
            Some(exit) => return exit,
            None => Made::default(),
        },
    };
    diagnostic::sort(&mut problems);
    if !problems.is_empty() {
        let look = world.look(&rules.color);
        world.tell(problem::render(&problems, look).trim_end());
    }
    for note in &made.notes {
        world.tell(&terminal(note));
    }
    if problems.iter().any(Diagnostic::is_error) {
        world.tell("error: nothing is written");
        return Exit::Invalid;
    }
    if rules.strict && !problems.is_empty() {
        world.tell("error: nothing is written, because --strict lets warnings fail");
        return Exit::Invalid;
    }
    let drafts = match drafts(&made, rules, world) {
        Ok(drafts) => drafts,
        Err(why) => {
            world.tell(&format!("error: nothing is written: {}", terminal(&why)));
            return Exit::Untold;
        }
    };
    let Some(output) = &rules.output else {
        let text: String = drafts.into_iter().map(|draft| draft.text).collect();
        return world.end(&text, Exit::Proceed);
    };
    let left = if rules.service.is_empty() && !is_file(output) {
        leftovers(&world.directory.join(output), output, &drafts)
    } else {
        Vec::new()
    };
    if rules.check { check(&drafts, &left, world) } else { write(&drafts, &left, world) }
}

/// The path: the ground, the law, the rules.
fn path(rules: &Rules, world: &World, problems: &mut Vec<Diagnostic>) -> Result<Made, Stop> {
    let root = world.directory.join(&rules.dir);
    let ground = ground::read(&root, &rules.dir, None)?;
    let layer = Offer::of(&rules.layered, world).read(&world.directory, None);
    let written =
        law::read_rules(&ground, layer, problems).map_err(|stop| unsettled::beside(&ground, stop))?;
    let settings = &written.settings;
    asked(rules, settings)?;
    let law = law::read(&ground, &written)?;
    problems.extend(law.problems);
    let wanted = |name: &&String| rules.service.is_empty() || rules.service.contains(name);
    let services: Vec<&str> = settings.services.keys().filter(wanted).map(String::as_str).collect();
    let named = |name: &&String| rules.environment.as_ref().is_none_or(|one| one == *name);
    let environments: Vec<&str> = settings.environments.keys().filter(named).map(String::as_str).collect();
    let (services, found) = rules::derive(&law.catalog, settings, &services, &environments);
    // An SLO whose budget is unknown is told once: as one without rules.
    let without = |problem: &Diagnostic| {
        found.iter().any(|one| one.code == Code::NoRules && one.place() == problem.place())
    };
    problems.retain(|problem| problem.code != Code::Unsupported || !without(problem));
    problems.extend(found);
    let environments = environments.into_iter().map(ToOwned::to_owned).collect();
    Ok(Made { services, environments, notes: written.notes })
}

/// Refuses names of the command line that nothing has.
fn asked(rules: &Rules, settings: &Settings) -> Result<(), Stop> {
    let refused = |what: &str, name: &str, known: Vec<&str>| {
        let help = diagnostic::suggestion(name, known);
        Stop::Usage(format!("there is no {what} `{name}` in {}: {help}", settings::FILE))
    };
    if let Some(name) = rules.service.iter().find(|name| !settings.services.contains_key(*name)) {
        return Err(refused("service", name, settings.services.keys().map(String::as_str).collect()));
    }
    match &rules.environment {
        Some(name) if !settings.environments.contains_key(name) => {
            Err(refused("environment", name, settings.environments.keys().map(String::as_str).collect()))
        }
        Some(_) | None => Ok(()),
    }
}

/// True for a path that names one file.
fn is_file(output: &Path) -> bool {
    output.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// The files with their texts; without a name the one that is printed.
fn drafts<'a>(made: &'a Made, rules: &Rules, world: &World) -> Result<Vec<Draft<'a>>, String> {
    let form = match rules.format {
        Dialect::Prometheus => Form::Prometheus,
        Dialect::Operator => Form::Operator,
    };
    let environments: Vec<&str> = made.environments.iter().map(String::as_str).collect();
    let draft = |path: &Path, services: Vec<&'a ServiceRules>| -> Result<Draft<'a>, String> {
        Ok(Draft {
            shown: path.to_string_lossy().replace('\\', "/"),
            place: world.directory.join(path),
            text: text::file(&services, &environments, form)?,
            services,
        })
    };
    let whole = || made.services.iter().collect();
    match &rules.output {
        None => Ok(vec![draft(Path::new("standard output"), whole())?]),
        Some(output) if is_file(output) => Ok(vec![draft(output, whole())?]),
        Some(output) => {
            let files = made
                .services
                .iter()
                .map(|service| draft(&output.join(format!("{}.yaml", service.service)), vec![service]));
            files.collect()
        }
    }
}

/// How a file stands to what it must say.
fn state(draft: &Draft<'_>) -> State {
    if std::fs::symlink_metadata(&draft.place).is_err() {
        return State::New;
    }
    match tree::read_file(&draft.place) {
        Ok(bytes) if bytes == draft.text.as_bytes() => State::Same,
        Ok(bytes) if bytes.starts_with(MARK.as_bytes()) => State::Changed,
        Ok(_) | Err(_) => State::Foreign,
    }
}

/// Files of a directory that this verb wrote once and would not write now, as people see them.
fn leftovers(directory: &Path, shown: &Path, drafts: &[Draft<'_>]) -> Vec<String> {
    let tree = WorkTree::new(directory);
    let paths = tree.paths().unwrap_or_default();
    let others = paths.into_iter().filter(|path| {
        let is_new = drafts.iter().all(|draft| draft.place != directory.join(path));
        let is_ours = || matches!(tree.read(path), Ok(Some(bytes)) if bytes.starts_with(MARK.as_bytes()));
        !path.contains('/') && is_file(Path::new(path)) && is_new && is_ours()
    });
    others.map(|path| shown.join(path).to_string_lossy().replace('\\', "/")).collect()
}

/// Says which files do not say what they should.
fn check(drafts: &[Draft<'_>], left: &[String], world: &mut World) -> Exit {
    let mut text = String::new();
    let mut differs = !left.is_empty();
    for draft in drafts {
        let state = state(draft);
        differs |= state != State::Same;
        let said = match state {
            State::Same => "is up to date",
            State::Changed => "is not up to date",
            State::New => "is missing",
            State::Foreign => "was not written by `slogate rules`",
        };
        let _ = writeln!(text, "{} {said}", terminal(&draft.shown));
    }
    for path in left {
        let _ = writeln!(text, "{} would not be written any more", terminal(path));
    }
    if differs {
        world.tell("error: run `slogate rules` with the same --output and commit what it writes");
    }
    world.end(&text, if differs { Exit::Failed } else { Exit::Proceed })
}

/// Writes the files, unless one that somebody else wrote is in the way.
fn write(drafts: &[Draft<'_>], left: &[String], world: &mut World) -> Exit {
    let states: Vec<State> = drafts.iter().map(state).collect();
    let foreign = drafts.iter().zip(&states).filter(|(_, state)| **state == State::Foreign);
    let foreign: Vec<String> = foreign.map(|(draft, _)| terminal(&draft.shown)).collect();
    if !foreign.is_empty() {
        world.tell("error: nothing is written, because files of others are never overwritten:");
        for path in foreign {
            world.tell(&format!("  `{path}` was not written by `slogate rules`"));
        }
        world.tell("help: move them away, or name another place with --output");
        return Exit::Invalid;
    }
    let mut text = String::new();
    for (draft, state) in drafts.iter().zip(states) {
        let fine = match (state, draft.place.parent()) {
            (State::Same, _) | (_, None) => Ok(()),
            (State::Changed | State::New | State::Foreign, Some(above)) => std::fs::create_dir_all(above)
                .and_then(|()| tree::write_file(&draft.place, draft.text.as_bytes())),
        };
        let shown = terminal(&draft.shown);
        if let Err(error) = fine {
            world.tell(&format!("error: `{shown}` could not be written: {error}"));
            return Exit::Untold;
        }
        let counts = draft.services.iter().map(|service| service.counts());
        let (recorded, alerts) = counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let done = if state == State::Same { "is up to date" } else { "written" };
        let _ = writeln!(text, "{shown} {done}: {recorded} recording rules, {alerts} alerts");
    }
    for path in left {
        let _ = writeln!(text, "{} would not be written any more: remove it", terminal(path));
    }
    if drafts.is_empty() {
        text.push_str("nothing is written: there is no SLO that rules can be written for\n");
    }
    world.end(&text, Exit::Proceed)
}
