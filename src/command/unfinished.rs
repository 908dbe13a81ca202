//! What a run of a workflow leaves when it ends before there is anything to report.
//!
//! A scheduled job has no pull request and no reader of its log: its page says why it failed, and so do its outputs and an
//! annotation, as for a run that came to its end.

use std::fmt::Write as _;
use std::path::Path;

use crate::command::{World, annotation};
use crate::diagnostic::Diagnostic;
use crate::github::Run;
use crate::publish::{Annotation, Level, Outcome, summary, workflow};
use crate::report::escape::markdown;
use crate::verdict::Exit;

/// Tells what is wrong with the command line or the environment, and answers the exit of a verb.
pub fn ended(verb: &str, ended: Result<Exit, String>, world: &mut World) -> Exit {
    ended.unwrap_or_else(|message| {
        world.tell(&format!("error: {message}"));
        leave(verb, &message, &[], "", Exit::Usage, world);
        Exit::Usage
    })
}

/// Leaves with the run why a verb ended, where this is a run: in a sentence, or by what is wrong in what was written,
/// whose files lie below `prefix`.
pub fn leave(verb: &str, why: &str, problems: &[Diagnostic], prefix: &str, exit: Exit, world: &mut World) {
    if !Run::is_one(&world.environment) {
        return;
    }
    let title = format!("slogate {verb}");
    let mut page = format!("**{title} did nothing:** {}\n", markdown(why));
    for problem in problems {
        let place = problem.place();
        let place = place.map(|place| format!("{}:{}: ", place.source.path(), place.line()));
        let said = place.unwrap_or_default() + problem.message.as_str();
        // Writing to a string cannot fail.
        let _ = write!(page, "\n- {}", markdown(&said));
    }
    let mut notices = vec![annotation::of_run(verb, Level::Error, why)];
    notices.extend(problems.iter().map(|problem| annotation::of(problem, prefix)));
    write(&page, &notices, &[("exit".to_owned(), exit.code().to_string())], world);
}

/// Leaves a page, annotations and outputs with the run, where this is one; false when any of them could not be left.
pub fn write(page: &str, notices: &[Annotation], outputs: &[(String, String)], world: &mut World) -> bool {
    if !Run::is_one(&world.environment) {
        return true;
    }
    world.command(&workflow::commands(notices, "the step summary has all of them"));
    let path = |name: &str| world.variable(name).map(Path::new);
    let salt = world.variable("GITHUB_RUN_ID").unwrap_or_default();
    let left = [
        ("step summary", summary::append(path("GITHUB_STEP_SUMMARY"), page)),
        ("outputs", workflow::append_outputs(path("GITHUB_OUTPUT"), outputs, salt)),
    ];
    let mut is_whole = true;
    for (name, outcome) in left {
        if let Outcome::Failed(why) = outcome {
            world.tell(&format!("the {name} could not be written: {why}"));
            is_whole = false;
        }
    }
    is_whole
}
