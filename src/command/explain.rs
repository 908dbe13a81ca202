//! `slogate explain`: a policy as prose, or what a code means.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::catalog::Catalog;
use crate::cli::{self, Explain, Layered, Prose};
use crate::command::World;
use crate::command::ground::{self, Ground};
use crate::command::judge::Stop;
use crate::command::law;
use crate::command::organization::{self, Offer};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::document;
use crate::policy::{Names, Policy};
use crate::report::explanation::{self, Page};
use crate::report::problem;
use crate::settings::organization::Organization;
use crate::settings::{self, Settings, layer};
use crate::tree::{Tree as _, TreeError, WorkTree};
use crate::verdict::Exit;

/// The ending of a policy's file.
const ENDING: &str = ".rhai";

/// Runs the verb.
pub fn run(explain: &Explain, world: &mut World) -> Exit {
    let look = world.look("auto");
    let page = match explain.format {
        Prose::Text => Page::Terminal(look.width),
        Prose::Markdown => Page::Markdown,
    };
    if !explain.what.ends_with(ENDING) {
        let Some(code) = Code::ALL.into_iter().find(|code| code.as_str() == explain.what) else {
            return unknown(&explain.what, world);
        };
        return world.end(&explanation::code(code, page), Exit::Proceed);
    }
    let mut problems = Vec::new();
    let layer = Offer::of(&Layered::default(), world).read(&world.directory, None);
    let (exit, text) = match read(&world.directory.join(&explain.what), layer, &mut problems) {
        Ok((policy, settings)) => {
            let today = explain.now.unwrap_or(world.now).to_zoned(TimeZone::UTC).date();
            (Exit::Proceed, explanation::policy(&policy, &settings, today, page))
        }
        Err(Stop::Invalid(found)) => {
            problems.extend(found);
            (Exit::Invalid, String::new())
        }
        Err(Stop::Usage(message)) => {
            world.tell(&format!("error: {message}"));
            (Exit::Usage, String::new())
        }
        Err(Stop::Unknown(message)) => {
            world.tell(&format!("error: {message}"));
            (Exit::Unknown, String::new())
        }
    };
    if !problems.is_empty() {
        world.tell(problem::render(&problems, look).trim_end());
    }
    world.end(&text, exit)
}

/// Says which codes there are.
fn unknown(what: &str, world: &mut World) -> Exit {
    let codes = || Code::ALL.iter().map(|code| code.as_str());
    let near = nearest(what, codes()).map_or_else(String::new, |near| format!(" did you mean `{near}`?"));
    let what: String = what.chars().take(80).flat_map(char::escape_debug).collect();
    world.tell(&format!("error: `{what}` is no policy (`*{ENDING}`) and no code of a problem;{near}"));
    world.tell(cli::codes().trim_end());
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
