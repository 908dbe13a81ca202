//! `slogate check`: judge, print, tell.
//!
//! Whatever happens in between, a run that was asked to post closes the status that it opened: wrong input, a silent
//! world and a panic of ours each end in a report of their own, and none of them reads as proceed.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::{Check, Format};
use crate::command::check::venue::Venue;
use crate::command::judge::{self, Case, Goal, Judged};
use crate::command::means::Means;
use crate::command::parting::Parting;
use crate::command::passage::{About, Passage};
use crate::command::post::{self, Post};
use crate::command::{World, failed};
use crate::github::GitHub;
use crate::http::{Client, Limits};
use crate::report::query_plan::{self, QueryPlan};
use crate::report::{Report, json, markdown, problem, text};
use crate::tree;
use crate::verdict::Exit;

mod venue;

/// How long one try of one request may take.
const ATTEMPT: Duration = Duration::from_secs(20);

/// How often a request is tried that may be repeated.
const TRIES: u32 = 3;

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
    let limits = limits(check.source.deadline);
    let client = Rc::new(Client::new(limits).map_err(|error| error.to_string())?);
    let venue = Venue::of(check, world)?;
    let github = venue.github(&client, limits)?.map(Rc::new);
    let passage = match venue.about(check, github.as_deref(), world)? {
        Some(About::Nothing(parting, why)) => {
            let told = parted(check, parting.as_ref(), (&venue, github.as_deref()), world);
            world.tell(&format!("{why}, so there is nothing to judge"));
            return Ok(if told { Exit::Proceed } else { Exit::Untold });
        }
        Some(About::Passage(passage)) => Some(passage),
        None => None,
    };
    let run = venue.told();
    if check.close
        && let (Some(run), Some(passage), Some(github)) = (run, &passage, &github)
    {
        let done = post::close_what_was_left(run, passage, github, venue.named(), world);
        return Ok(if done { Exit::Proceed } else { Exit::Untold });
    }
    // What is wrong with an address is told after the status is opened: returning here would leave an earlier green.
    let means = Means::of(&check.dir, (&check.source, &check.layered), check.now, &client, world);
    let mut post = match (run.zip(passage.as_deref()), &github) {
        (Some((run, passage)), Some(github)) => {
            let began = world.now.as_second();
            Some(Post::open(run, passage, Rc::clone(github), venue.named(), began))
        }
        _ => None,
    };
    let parting = run.zip(passage.as_deref()).and_then(|(run, passage)| Parting::of_run(run, passage));
    let is_parted = parted(check, parting.as_ref(), (&venue, github.as_deref()), world);
    let judged = means.and_then(|means| {
        let case = Case {
            environment: venue.environment.clone(),
            base: venue.base.clone(),
            head: venue.head.clone(),
            services: &check.service,
            class: check.class.as_deref(),
            rollout: check.rollout.as_deref(),
            goal: goal(check),
            github: github.clone(),
            blob: run.map(|run| format!("{}/{}/blob", run.server, run.address.repository)),
            passage: passage.as_deref(),
            pull: passage.as_deref().and_then(Passage::pull),
            ..Case::of(means)
        };
        guarded(&case, check)
    });
    let (judged, usage) = match judged {
        Ok(judged) => (judged, None),
        Err(message) if post.is_none() => return Err(message),
        Err(message) => (nothing(check, world.now, message.clone()), Some(message)),
    };
    let exit = match &judged.plan {
        Some(plan) => planned(plan, &judged.report, check, world),
        None => end(check, &judged, usage.as_deref(), post.as_mut(), world),
    };
    Ok(if is_parted { exit } else { untold(exit) })
}

/// Tells the branch that a pull request leaves. False when that was to be done and could not be.
fn parted(
    check: &Check,
    parting: Option<&Parting>,
    (venue, github): (&Venue, Option<&GitHub>),
    world: &mut World,
) -> bool {
    let (Some(parting), Some(run), Some(github)) = (parting, venue.told(), github) else { return true };
    check.close || parting.tell((run, github), venue.named(), check.branches.as_ref(), world)
}

/// What is wanted of the case.
const fn goal(check: &Check) -> Goal {
    match check {
        Check { plan: true, .. } => Goal::Plan,
        Check { save_observations: Some(_), .. } => Goal::Recording,
        Check { .. } => Goal::Verdict,
    }
}

/// Tells what was judged. A panic of ours on the way still closes the status.
fn end(
    check: &Check,
    judged: &Judged,
    usage: Option<&str>,
    mut post: Option<&mut Post<'_>>,
    world: &mut World,
) -> Exit {
    let telling = || tell(check, judged, usage, post.as_deref_mut(), world);
    catch_unwind(AssertUnwindSafe(telling)).unwrap_or_else(|payload| {
        let why = failed(payload.as_ref());
        world.tell(&format!("error: {why}"));
        if let Some(post) = &post {
            post.abandon(&why);
        }
        Exit::Unknown
    })
}

/// Prints what would be asked, and what is doubtful in what was written.
fn planned(plan: &QueryPlan, report: &Report, check: &Check, world: &mut World) -> Exit {
    let look = world.look(&check.color);
    if !report.problems.is_empty() {
        world.tell(problem::render(&report.problems, look).trim_end());
    }
    let exit = if plan.unasked.is_empty() { Exit::Proceed } else { Exit::Unknown };
    world.end(&query_plan::render(plan, look), exit)
}

/// Prints, keeps and publishes what was judged.
fn tell(
    check: &Check,
    judged: &Judged,
    usage: Option<&str>,
    post: Option<&mut Post<'_>>,
    world: &mut World,
) -> Exit {
    let mut exit = if usage.is_some() { Exit::Usage } else { judged.report.verdict.exit };
    if let Err(error) = print(check, &judged.report, world) {
        world.tell(&format!("error: the report could not be written: {error}"));
        exit = untold(exit);
    }
    if let Some(message) = usage {
        world.tell(&format!("error: {message}"));
    }
    if let Err(message) = save(check, judged, world) {
        world.tell(&format!("error: {message}"));
        exit = untold(exit);
    }
    if let Some(post) = post
        && !post.close(&judged.report, usage, world)
    {
        exit = untold(exit);
    }
    exit
}

/// How long everything may take, in seconds, and how often it is tried.
pub(super) const fn limits(deadline: u64) -> Limits {
    Limits { deadline: Duration::from_secs(deadline), attempt: ATTEMPT, tries: TRIES }
}

/// The exit when something could not be told: only what would have been a success becomes a failure of its own.
const fn untold(exit: Exit) -> Exit {
    match exit {
        Exit::Proceed => Exit::Untold,
        Exit::Withheld | Exit::Failed | Exit::Usage | Exit::Invalid | Exit::Unknown | Exit::Untold => exit,
    }
}

/// Judges. A panic of ours is caught and becomes a verdict that nothing is known.
///
/// # Errors
/// What is wrong with the command line.
fn guarded(case: &Case<'_>, check: &Check) -> Result<Judged, String> {
    catch_unwind(AssertUnwindSafe(|| judge::judge(case)))
        .unwrap_or_else(|payload| Ok(nothing(check, case.means.present, failed(payload.as_ref()))))
}

/// A report that knows nothing but why: also of a wrong command line, for a pull request to see.
fn nothing(check: &Check, now: Timestamp, note: String) -> Judged {
    let mut judged = Judged::blank(now);
    judged.report.environment.clone_from(&check.environment);
    judged.report.notes.push(note);
    judged
}

/// Prints the verdict, and to the reader of problems the problems. A reader who has left is no failure.
fn print(check: &Check, report: &Report, world: &mut World) -> io::Result<()> {
    let look = world.look(&check.color);
    if check.format == Format::Text && !report.problems.is_empty() {
        world.tell(problem::render(&report.problems, look).trim_end());
    }
    let rendered = match check.format {
        Format::Text => text::render(report, look),
        Format::Json => json::render(report),
        Format::Markdown => markdown::render(report),
    };
    match world.print(&rendered) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// Writes the observations where they were asked for.
fn save(check: &Check, judged: &Judged, world: &World) -> Result<(), String> {
    let Some(path) = &check.save_observations else { return Ok(()) };
    let path = world.directory.join(path);
    let Some(observations) = &judged.observations else {
        return Err(format!("nothing was observed, so nothing is written to `{}`", path.display()));
    };
    tree::write_file(&path, observations.as_bytes())
        .map_err(|error| format!("the observations could not be written to `{}`: {error}", path.display()))
}
