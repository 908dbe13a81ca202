//! `slogate explain`: a policy as prose, a word of its language, or what a code means.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::cli::{Explain, Prose};
use crate::command::World;
use crate::command::ground;
use crate::command::judge::Stop;
use crate::command::law;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::document;
use crate::policy::Policy;
use crate::policy::vocabulary::word::{Topic, Word};
use crate::report::explanation::{self, Page};
use crate::report::problem;
use crate::settings::{self, Settings};
use crate::tree::{Tree as _, TreeError, WorkTree};
use crate::verdict::Exit;

/// The ending of a policy's file.
const ENDING: &str = ".rhai";

/// Columns of prose when nobody says how wide the terminal is.
const WIDTH: usize = 100;

/// The list of everything in the policy language.
const LANGUAGE: &str = "language";

/// The list of all codes.
const CODES: &str = "codes";

/// Runs the verb.
pub fn run(explain: &Explain, world: &mut World) -> Exit {
    let page = match explain.format {
        Prose::Text => Page::Terminal(world.columns().unwrap_or(WIDTH)),
        Prose::Markdown => Page::Markdown,
    };
    if explain.what.ends_with(ENDING) {
        return policy(explain, page, world);
    }
    match defined(&explain.what, page) {
        Some(text) => world.end(&text, Exit::Proceed),
        None => unknown(&explain.what, world),
    }
}

/// What slogate itself defines: a list, a code, a word of the language.
fn defined(what: &str, page: Page) -> Option<String> {
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
    (!found.is_empty()).then(|| explanation::word(&found, page))
}

/// Explains a policy.
fn policy(explain: &Explain, page: Page, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let (exit, text) = match read(&world.directory.join(&explain.what), &mut problems) {
        Ok((policy, settings)) => {
            let today = explain.now.unwrap_or(world.now).to_zoned(TimeZone::UTC).date();
            (Exit::Proceed, explanation::policy(&policy, &settings, today, page))
        }
        Err(stop) => (stopped(stop, &mut problems, world), String::new()),
    };
    if !problems.is_empty() {
        let look = world.look("auto");
        world.tell(problem::render(&problems, look).trim_end());
    }
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
fn unknown(what: &str, world: &mut World) -> Exit {
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let topics = Topic::ALL.into_iter().map(Topic::as_str);
    let words: Vec<Word> = Word::all().collect();
    let words = words.iter().map(|word| word.path());
    let near = nearest(what, words.chain(topics).chain(codes).chain([LANGUAGE, CODES]));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let what: String = what.chars().take(80).flat_map(char::escape_debug).collect();
    world.tell(&format!(
        "error: `{what}` is no policy (`*{ENDING}`), no word of the policy language and no code of a problem{near}"
    ));
    world.tell("`slogate explain language` lists the words, and `slogate explain codes` the codes");
    Exit::Usage
}

/// Reads a policy and the settings above it, which say what its names stand for.
fn read(file: &Path, problems: &mut Vec<Diagnostic>) -> Result<(Policy, Settings), Stop> {
    let root = root(file).ok_or_else(|| {
        let message = format!("there is no `{}` in any directory above the policy", settings::FILE);
        let help = "explain a policy of a repository: its settings say what the names in it stand for";
        Diagnostic::error(Code::NoSettings, message).help(help)
    })?;
    let ground = ground::read(&root, &root, None)?;
    let settings = law::read_settings(&ground, problems)?;
    let path = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().replace('\\', "/");
    let Some(bytes) = ground.tree.read(&path)? else {
        return Err(Stop::Usage(format!("there is no file `{path}`")));
    };
    let source = document::decode(&path, bytes)?;
    let (policy, warnings) = Policy::load(&source, &law::names(&settings)).map_err(Stop::Invalid)?;
    problems.extend(warnings);
    Ok((policy, settings))
}

/// The nearest directory above a file that has settings.
fn root(file: &Path) -> Option<PathBuf> {
    let mut above = file.ancestors().skip(1);
    above
        .find(|above| {
            matches!(WorkTree::new(*above).read(settings::FILE), Ok(Some(_)) | Err(TreeError::Refused(_)))
        })
        .map(Path::to_owned)
}
