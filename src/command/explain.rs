//! `slogate explain`: a policy as prose, a clause against its budgets, a report, a word of the language, a kind of gap,
//! a code.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::budget::gap::{self, Gap};
use crate::catalog::Catalog;
use crate::cli::{Explain, Prose};
use crate::command::World;
use crate::command::ground::{self, Ground};
use crate::command::judge::Stop;
use crate::command::law;
use crate::command::organization::{self, Offer};
use crate::diagnostic::{self, Code, Diagnostic, nearest};
use crate::document;
use crate::ledger::Past;
use crate::policy::vocabulary::TYPES;
use crate::policy::vocabulary::word::{Topic, Word};
use crate::policy::{Names, Policy};
use crate::report::escape::terminal;
use crate::report::explanation::{self, Page};
use crate::report::problem;
use crate::settings::organization::Organization;
use crate::settings::{self, Settings, layer};
use crate::tree::{Tree as _, TreeError, WorkTree};
use crate::verdict::Exit;

use clause::Found;

mod clause;
mod report;

/// The ending of a policy's file.
const ENDING: &str = ".rhai";

/// The ending of a report.
const REPORT: &str = ".json";

/// Columns of prose in a pipe.
const WIDTH: usize = 100;

/// The list of everything in the policy language.
const LANGUAGE: &str = "language";

/// The list of all codes.
const CODES: &str = "codes";

/// Runs the verb.
pub fn run(explain: &Explain, world: &mut World) -> Exit {
    let page = match explain.format {
        Prose::Text => Page::Terminal(world.line(WIDTH)),
        Prose::Markdown => Page::Markdown,
    };
    let is_policy = explain.what.ends_with(ENDING);
    let defined = if is_policy { None } else { defined(&explain.what, page) };
    let is_report = explain.what.ends_with(REPORT) || world.directory.join(&explain.what).is_file();
    if (is_policy || is_report || defined.is_some())
        && let Some(argument) = explain.of_clauses()
    {
        let hint = if is_policy || is_report { "" } else { "; a clause of that name is `POLICY/NAME`" };
        let what = terminal(&explain.what);
        world.tell(&format!("error: {argument} belongs to a clause, which `{what}` is not{hint}"));
        return Exit::Usage;
    }
    if is_policy {
        return policy(explain, page, world);
    }
    match defined {
        Some(text) => world.end(&text, Exit::Proceed),
        None if is_report => verdict(explain, page, world),
        None => clause(explain, page, world),
    }
}

/// Explains a report.
fn verdict(explain: &Explain, page: Page, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let (exit, text) = match report::explain(&world.directory.join(&explain.what), &explain.what, page) {
        Ok(text) => (Exit::Proceed, text),
        Err(stop) => (stopped(stop, &mut problems, world), String::new()),
    };
    tell(&mut problems, world);
    world.end(&text, exit)
}

/// Explains a clause, or says that there is nothing of that name.
fn clause(explain: &Explain, page: Page, world: &mut World) -> Exit {
    let settings = WorkTree::new(world.directory.join(explain.directory())).read(settings::FILE);
    if explain.of_clauses().is_none() && matches!(settings, Ok(None)) {
        let exit = unknown(&explain.what, &[], world);
        world.tell(&format!(
            "a clause is looked for where `{}` is: name its directory behind it",
            settings::FILE
        ));
        return exit;
    }
    let mut problems = Vec::new();
    let (exit, text) = match clause::explain(explain, page, world, &mut problems) {
        Ok(Found::Explained(exit, text)) => (exit, text),
        Ok(Found::Nothing(clauses)) => return unknown(&explain.what, &clauses, world),
        Err(stop) => (stopped(stop, &mut problems, world), String::new()),
    };
    tell(&mut problems, world);
    world.end(&text, exit)
}

/// Shows what is wrong in what was written.
fn tell(problems: &mut Vec<Diagnostic>, world: &mut World) {
    diagnostic::sort(problems);
    if !problems.is_empty() {
        let look = world.look("auto");
        world.tell(problem::render(problems, look).trim_end());
    }
}

/// What slogate itself defines: a kind of gap, a list, a code, a word of the language. What has the name of a gap is told
/// behind that, because a report in which the name was met is about a gap.
fn defined(what: &str, page: Page) -> Option<String> {
    let gap = gap::specimen(what).map(|gap| explanation::gap(&gap, page));
    match (gap, named(what, page)) {
        (Some(gap), Some(other)) => Some(format!("{gap}\n{other}")),
        (gap, other) => gap.or(other),
    }
}

/// What slogate defines besides kinds of gaps.
fn named(what: &str, page: Page) -> Option<String> {
    match what {
        LANGUAGE => return Some(explanation::language(page)),
        CODES => return Some(explanation::codes(page)),
        _ => {}
    }
    if let Some(topic) = Topic::ALL.into_iter().find(|topic| topic.as_str() == what) {
        return Some(explanation::topic(topic, page));
    }
    if let Some(code) = Code::ALL.into_iter().find(|code| code.as_str() == what) {
        return Some(explanation::code(code, page));
    }
    let found = Word::named(what);
    if found.is_empty() {
        return explanation::kind_of_value(what, page);
    }
    Some(explanation::word(&found, page))
}

/// Explains a policy.
fn policy(explain: &Explain, page: Page, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let layer = Offer::of(&explain.layered, world).read(&world.directory, None);
    let (exit, text) = match read(&world.directory.join(&explain.what), layer, &mut problems) {
        Ok((policy, settings)) => {
            let today = explain.now.unwrap_or(world.now).to_zoned(TimeZone::UTC).date();
            // Nothing keeps events yet.
            (Exit::Proceed, explanation::policy(&policy, &settings, today, Past::default(), page))
        }
        Err(stop) => (stopped(stop, &mut problems, world), String::new()),
    };
    tell(&mut problems, world);
    world.end(&text, exit)
}

/// Says why there is nothing to explain.
fn stopped(stop: Stop, problems: &mut Vec<Diagnostic>, world: &mut World) -> Exit {
    let (message, exit) = match stop {
        Stop::Invalid(found) => {
            problems.extend(found);
            return Exit::Invalid;
        }
        Stop::Usage(message) => (message, Exit::Usage),
        Stop::Unknown(message) => (message, Exit::Unknown),
    };
    world.tell(&format!("error: {message}"));
    exit
}

/// Says what there is instead.
fn unknown(what: &str, clauses: &[String], world: &mut World) -> Exit {
    let own = Word::all().map(|word| word.path().to_owned());
    let topics = Topic::ALL.into_iter().map(Topic::as_str).chain([LANGUAGE, CODES]);
    let topics = topics.chain(TYPES.map(|(name, _)| name));
    let kinds: Vec<&str> = gap::specimens().iter().map(Gap::kind).collect();
    let codes = Code::ALL.iter().map(|code| code.as_str()).chain(kinds);
    let known: Vec<String> =
        own.chain(topics.chain(codes).map(str::to_owned)).chain(clauses.iter().cloned()).collect();
    let near = nearest(what, known.iter().map(String::as_str));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{}`?", terminal(near)));
    let what = terminal(what);
    world.tell(&format!(
        "error: `{what}` is no policy (`*{ENDING}`), no report (`*{REPORT}`), no clause, no word of the policy language, no kind of gap and no code of a problem{near}"
    ));
    world.tell("`slogate explain language` lists the words, and `slogate explain codes` the codes");
    Exit::Usage
}

/// Reads a policy and the settings above it, which say what its names stand for.
fn read(
    file: &Path,
    layer: Result<Option<Organization>, Stop>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(Policy, Settings), Stop> {
    let root = root(file).ok_or_else(|| {
        let message = format!("there is no `{}` in any directory above the policy", settings::FILE);
        let help = "explain a policy of a repository: its settings say what the names in it stand for";
        Diagnostic::error(Code::NoSettings, message).help(help)
    })?;
    let ground = ground::read(&root, &root, None)?;
    let path = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().replace('\\', "/");
    if let Some((settings, names)) = organization::alone(&*ground.tree)? {
        let (policy, warnings) = load(&ground, &path, &names)?;
        problems.extend(warnings);
        return Ok((policy, settings));
    }
    let rules = law::read_rules(&ground, layer, problems)?;
    if !rules.problems.is_empty() {
        return Err(Stop::Invalid(rules.problems));
    }
    let settings = rules.settings;
    let (mut policy, warnings) = load(&ground, &path, &law::names(&settings))?;
    problems.extend(warnings);
    if let Some(Organization { layer, .. }) = &rules.organization {
        let held = std::slice::from_mut(&mut policy);
        problems.extend(organization::hold(layer, &mut Catalog::default(), held));
    }
    Ok((policy, settings))
}

/// Loads the policy at a path.
fn load(ground: &Ground, path: &str, names: &Names) -> Result<(Policy, Vec<Diagnostic>), Stop> {
    let Some(bytes) = ground.tree.read(path)? else {
        return Err(Stop::Usage(format!("there is no file `{path}`")));
    };
    Policy::load(&document::decode(path, bytes)?, names).map_err(Stop::Invalid)
}

/// The nearest directory above a file that has settings.
fn root(file: &Path) -> Option<PathBuf> {
    let mut above = file.ancestors().skip(1);
    above
        .find(|above| {
            let tree = WorkTree::new(*above);
            let has = |file| matches!(tree.read(file), Ok(Some(_)) | Err(TreeError::Refused(_)));
            has(settings::FILE) || has(layer::FILE)
        })
        .map(Path::to_owned)
}
