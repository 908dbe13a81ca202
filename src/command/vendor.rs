//! `slogate vendor`: an organisation's layer as one text, for the checks of its teams.
//!
//! Nothing is written that a check would refuse: the layer and its policies are held to all that can be said of them
//! without a team's SLOs, and the text is read back before it is handed out.

use crate::cli::Vendor;
use crate::command::World;
use crate::command::ground::{self, Ground};
use crate::command::judge::Stop;
use crate::command::{law, organization};
use crate::diagnostic::{self, Code, Diagnostic, SourceText};
use crate::document;
use crate::policy::soundness;
use crate::report::problem;
use crate::settings::Layer;
use crate::settings::layer::{FILE, STEP};
use crate::settings::organization as vendored;
use crate::tree;
use crate::verdict::Exit;

/// The most bytes that a variable of a GitHub organisation holds.
const VARIABLE_BYTES: usize = 48 * 1024;

/// Runs the verb.
pub fn run(vendor: &Vendor, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let made = match path(vendor, world, &mut problems) {
        Ok(made) => Some(made),
        Err(stop) => match world.stopped(stop, &mut problems) {
            Some(exit) => return exit,
            None => None,
        },
    };
    diagnostic::sort(&mut problems);
    if !problems.is_empty() {
        let look = world.look(&vendor.color);
        world.tell(problem::render(&problems, look).trim_end());
    }
    let Some(made) = made.filter(|_| !problems.iter().any(Diagnostic::is_error)) else {
        return Exit::Invalid;
    };
    world.tell(&made.summary);
    if made.text.len() > VARIABLE_BYTES {
        world.tell("its text is longer than a variable of GitHub holds (48 KiB): pass it on as a file");
    }
    let Some(output) = &vendor.output else { return world.end(&made.text, Exit::Proceed) };
    match tree::write_file(&world.directory.join(output), made.text.as_bytes()) {
        Ok(()) => Exit::Proceed,
        Err(error) => {
            world.tell(&format!("error: the layer could not be written to `{}`: {error}", output.display()));
            Exit::Untold
        }
    }
}

/// A layer that was made.
struct Made {
    /// Its text.
    text: String,
    /// What it holds, in a line.
    summary: String,
}

/// Reads everything, looks at all of it, and makes the text.
fn path(vendor: &Vendor, world: &World, problems: &mut Vec<Diagnostic>) -> Result<Made, Stop> {
    let root = world.directory.join(&vendor.dir);
    let ground = ground::read(&root, &vendor.dir, None)?;
    let Some(bytes) = ground.tree.read(FILE)? else {
        let message = format!("there is no `{FILE}` in {}", ground.describe());
        let help = "name the directory that has it, or write one: `version: 1` and `organization`";
        return Err(Diagnostic::error(Code::NoSettings, message).help(help).into());
    };
    let source = document::decode(FILE, bytes)?;
    let layer = Layer::load(&source).map_err(Stop::Invalid)?;
    let scripts = scripts(&ground, &layer, problems)?;
    let (policies, found) = organization::policies(&layer, &scripts, STEP);
    problems.extend(found);
    for policy in &policies {
        problems.extend(soundness::examine(policy, &[], false));
    }
    let text = vendored::write(&source, &scripts).map_err(|message| {
        let help = "look for characters in the files that are no text";
        Diagnostic::error(Code::Layer, message).help(help)
    })?;
    let made = vendored::read(&SourceText::new(FILE, text.as_str())).map_err(Stop::Invalid)?;
    let clauses: usize = policies.iter().map(|policy| policy.clauses.len()).sum();
    let counted =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let summary = format!(
        "organization {}: {}, {}, sha256 {}",
        layer.name,
        counted(policies.len(), "policy", "policies"),
        counted(clauses, "clause", "clauses"),
        made.sha256
    );
    Ok(Made { text, summary })
}

/// The organisation's policies. Globs that it wrote down must find one: a gate that is not there looks like an open one.
fn scripts(ground: &Ground, layer: &Layer, problems: &mut Vec<Diagnostic>) -> Result<Vec<SourceText>, Stop> {
    let paths = ground.tree.paths()?;
    let globs = layer.policy_globs();
    let scripts = law::read_all(ground, &paths, &globs, FILE, problems)?;
    if scripts.is_empty() && layer.policies.is_some() {
        let globs: Vec<&str> = globs.iter().map(String::as_str).collect();
        let message = format!("no policy was found by {} in {}", diagnostic::list(&globs), ground.describe());
        let help =
            format!("correct `policies` in {FILE}, or take it out where the organisation has no policy");
        problems.push(Diagnostic::error(Code::NoPolicy, message).help(help));
    }
    Ok(scripts)
}
