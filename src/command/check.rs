//! `slogate check`: judge, print, tell.
//!
//! Whatever happens in between, a run that was asked to post closes the status that it opened: wrong input, a silent
//! world and a panic of ours each end in a report of their own, and none of them reads as proceed.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::{Check, Format};
use crate::command::World;
use crate::command::judge::{self, Case, Judged};
use crate::command::post::Post;
use crate::github::{Address, GitHub};
use crate::http::{Client, Limits, Secret};
use crate::report::problem::{self, Look};
use crate::report::{Report, json, markdown, text};
use crate::verdict::Exit;

/// How long one try of one request may take.
const ATTEMPT: Duration = Duration::from_secs(20);

/// How often a request is tried that may be repeated.
const TRIES: u32 = 3;

/// Cells of a line when nobody says how wide the terminal is.
const WIDTH: usize = 110;

/// Runs the verb.
pub fn run(check: &Check, world: &mut World) -> Exit {
    match prepared(check, world) {
        Ok(exit) => exit,
        Err(message) => {
            world.tell(&format!("error: {message}"));
            Exit::Usage
        }
    }
}

/// Runs the verb; what is wrong with the command line or the environment it needs comes back as a message.
fn prepared(check: &Check, world: &mut World) -> Result<Exit, String> {
    let limits = Limits { deadline: Duration::from_secs(check.deadline), attempt: ATTEMPT, tries: TRIES };
    let client = Rc::new(Client::new(limits).map_err(|error| error.to_string())?);
    let run = if check.post { Some(Post::read_run(world)?) } else { None };
    let address = match &run {
        Some(run) => Some(run.address.clone()),
        None if check.base.is_some() => Address::read(&world.environment).ok(),
        None => None,
    };
    let github = address.map(|address| GitHub::connect(Rc::clone(&client), &address, limits)).transpose();
    let github = github.map_err(|error| error.to_string())?.map(Rc::new);
    let root = world.directory.join(&check.dir);
    let prometheus = check.prometheus.as_deref().map(str::trim).filter(|url| !url.is_empty());
    let prometheus = prometheus
        .or_else(|| world.variable("SLOGATE_PROMETHEUS_URL"))
        .map(|url| (url.to_owned(), world.variable("SLOGATE_PROMETHEUS_TOKEN").map(Secret::new)));
    let case = Case {
        check,
        root,
        prefix: prefix(&check.dir),
        directory: world.directory.clone(),
        present: world.now,
        client: &client,
        prometheus,
        github: github.clone(),
        blob: run.as_ref().map(|run| format!("{}/{}/blob", run.server, run.address.repository)),
        pull: run.as_ref().map(crate::github::Run::pull_request),
    };
    let mut post = match (run.as_ref(), github) {
        (Some(run), Some(github)) => Some(Post::open(run, github, check.environment.as_deref())),
        _ => None,
    };
    let (judged, usage) = guarded(&case, world.now);
    if usage.is_none() || post.is_some() {
        print(check, &judged.report, world);
    }
    let mut exit = judged.report.verdict.exit;
    if let Some(message) = &usage {
        exit = Exit::Usage;
        if post.is_none() {
            return Err(message.clone());
        }
        world.tell(&format!("error: {message}"));
    }
    if let Err(message) = save(check, &judged, world) {
        world.tell(&format!("error: {message}"));
        exit = untold(exit);
    }
    if let Some(post) = &mut post
        && !post.close(&judged.report, usage.as_deref(), world)
    {
        exit = untold(exit);
    }
    Ok(exit)
}

/// The exit when something could not be told: only what would have been a success becomes a failure of its own.
const fn untold(exit: Exit) -> Exit {
    match exit {
        Exit::Proceed => Exit::Untold,
        Exit::Withheld | Exit::Failed | Exit::Usage | Exit::Invalid | Exit::Unknown | Exit::Untold => exit,
    }
}

/// Judges. A panic of ours is caught and becomes a verdict that nothing is known; a wrong command line becomes a
/// report that says so beside its message, for a pull request to see.
fn guarded(case: &Case<'_>, now: Timestamp) -> (Judged, Option<String>) {
    let nothing = |note: String| {
        let mut report = judge::blank(now);
        report.environment.clone_from(&case.check.environment);
        report.notes.push(note);
        Judged { report, observations: None }
    };
    match catch_unwind(AssertUnwindSafe(|| judge::judge(case))) {
        Ok(Ok(judged)) => (judged, None),
        Ok(Err(message)) => (nothing(message.clone()), Some(message)),
        Err(payload) => {
            let note = format!("slogate itself failed, which is a bug in it: {}", panicked(payload.as_ref()));
            (nothing(note), None)
        }
    }
}

/// What a panic said.
fn panicked(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it did not say why".to_owned())
}

/// The judged directory inside its repository as GitHub knows it, for a run without a clone.
fn prefix(dir: &Path) -> String {
    let parts: Vec<&str> = dir
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => part.to_str(),
            Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
        })
        .collect();
    parts.into_iter().flat_map(|part| [part, "/"]).collect()
}

/// Prints the verdict, and to the reader of problems the problems.
fn print(check: &Check, report: &Report, world: &mut World) {
    let plain = world.variable("NO_COLOR").is_some() || world.variable("TERM") == Some("dumb");
    let colour = match check.color.as_str() {
        "always" => true,
        "never" => false,
        _ => world.terminal && !plain,
    };
    let width = world.variable("COLUMNS").and_then(|columns| columns.parse().ok()).unwrap_or(WIDTH);
    let unicode = world.variable("LC_ALL") != Some("C");
    let look = Look { colour, unicode, width };
    if check.format == Format::Text && !report.problems.is_empty() {
        world.tell(problem::render(&report.problems, look).trim_end());
    }
    let rendered = match check.format {
        Format::Text => text::render(report, look),
        Format::Json => json::render(report),
        Format::Markdown => markdown::render(report),
    };
    world.print(&rendered);
}

/// Writes the observations where they were asked for.
fn save(check: &Check, judged: &Judged, world: &World) -> Result<(), String> {
    let Some(path) = &check.save_observations else { return Ok(()) };
    let path = world.directory.join(path);
    let Some(observations) = &judged.observations else {
        return Err(format!("there are no observations to write to `{}`", path.display()));
    };
    // Beside its place first, so that nobody ever reads half a file.
    let mut beside = path.clone().into_os_string();
    beside.push(".part");
    std::fs::write(&beside, observations)
        .and_then(|()| std::fs::rename(&beside, &path))
        .map_err(|error| format!("the observations could not be written to `{}`: {error}", path.display()))
}
