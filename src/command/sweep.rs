//! `slogate sweep`: every open pull request is judged again, because budgets change while pull requests wait.
//!
//! The laws of all bases and the changes of all pull requests come first, then the budgets, once, and then each pull
//! request is judged and told by the code of `check --post`. One that fails stops no other, and what is not reached with
//! the calls that there are is told.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crate::cli::{self, Format};
use crate::command::World;
use crate::command::check;
use crate::command::judge::{Case, Stop};
use crate::command::means::Means;
use crate::command::post::{self, Post};
use crate::command::unfinished;
use crate::diagnostic::Diagnostic;
use crate::github::{Address, GitHub, GitHubError, PullRequest, Run};
use crate::http::Client;
use crate::publish::{Annotation, Level};
use crate::report::escape::terminal;
use crate::report::problem::{self, Look};
use crate::report::sweep::{Done, Line, Sweep};
use crate::verdict::Exit;

mod docket;
mod progress;
mod round;
mod shared;
mod standings;
mod telling;

use docket::{Docket, Judgement};
use progress::Progress;
use round::Allowance;
use shared::Part;
use standings::Standings;
use telling::Telling;

/// How long looking at who is there, before and after the budgets are asked for, may take.
const LOOKING: Duration = Duration::from_secs(30);

/// Runs the verb.
pub fn run(sweep: &cli::Sweep, world: &mut World) -> Exit {
    match prepared(sweep, world) {
        Ok(exit) => exit,
        Err(message) => {
            world.tell(&format!("error: {message}"));
            unfinished::leave("sweep", &message, &[], "", Exit::Usage, world);
            Exit::Usage
        }
    }
}

/// Runs the verb; what is wrong with the command line or the environment it needs comes back as a message.
fn prepared(sweep: &cli::Sweep, world: &mut World) -> Result<Exit, String> {
    let run = Run::is_one(&world.environment).then(|| Post::read_run(world)).transpose()?;
    if run.is_none() && !sweep.dry_run {
        return Err(
            "pull requests are told in the name of a workflow's run, and this is none: --dry-run shows what \
                    would be told"
                .to_owned(),
        );
    }
    if sweep.source.observations.is_some() && !sweep.dry_run {
        return Err("--observations tells nobody anything: it belongs to --dry-run".to_owned());
    }
    let address = match &run {
        Some(run) => run.address.clone(),
        None => Address::read(&world.environment).map_err(|error| {
            format!(
                "{error}; a dry run elsewhere needs `GITHUB_REPOSITORY` (`owner/name`) and `GITHUB_TOKEN`"
            )
        })?,
    };
    let limits = check::limits(sweep.source.deadline);
    let client = Rc::new(Client::new(limits).map_err(|error| error.to_string())?);
    let github = GitHub::connect(Rc::clone(&client), &address, limits).map_err(|error| error.to_string())?;
    let github = Rc::new(github);
    let case = case(sweep, &client, &github, run.as_ref(), world)?;
    let (report, usage) = match swept(sweep, &case, &github, run.as_ref(), world) {
        Ok(found) => found,
        Err(error) => {
            let help = error.help().map_or_else(String::new, |help| format!("; {help}"));
            let message = format!("{error}{help}");
            world.tell(&format!("error: {message}"));
            unfinished::leave("sweep", &message, &[], "", Exit::Untold, world);
            return Ok(Exit::Untold);
        }
    };
    let exit = if usage.is_some() { Exit::Usage } else { report.exit() };
    if let Some(message) = usage {
        world.tell(&format!("error: {message}"));
    }
    let left = leave(sweep, &report, exit, world);
    let look = world.look(&sweep.color);
    let text = match sweep.format {
        Format::Text => report.text(look),
        Format::Json => report.json(),
        Format::Markdown => report.markdown(),
    };
    Ok(world.end(&text, if exit == Exit::Proceed && !left { Exit::Untold } else { exit }))
}

/// What all pull requests have in common.
fn case<'a>(
    sweep: &'a cli::Sweep,
    client: &'a Client,
    github: &Rc<GitHub>,
    run: Option<&Run>,
    world: &World,
) -> Result<Case<'a>, String> {
    let means = Means::of(&sweep.dir, (&sweep.source, &sweep.layered), None, client, world)?;
    Ok(Case {
        environment: Some(sweep.environment.clone()),
        rollout: sweep.rollout.as_deref(),
        github: Some(Rc::clone(github)),
        blob: run.map(|run| format!("{}/{}/blob", run.server, run.address.repository)),
        ..Case::of(means)
    })
}

/// Judges and tells, and answers what was done and what is wrong with the command line.
fn swept(
    sweep: &cli::Sweep,
    case: &Case<'_>,
    github: &GitHub,
    run: Option<&Run>,
    world: &mut World,
) -> Result<(Sweep, Option<String>), GitHubError> {
    let opened = ours(github, sweep)?;
    let pulls = round::ordered(opened, sweep.after, run.map(|run| (run.id, run.attempt)));
    let allowance = Allowance::new(github, sweep.calls);
    let look = world.look(&sweep.color);
    let progress = Progress::of(pulls.len(), look, world);
    let docket = Docket::read(case, &pulls, allowance, |count| progress.show("read", count, world));
    progress.clear(world);
    broken(&docket, look, world);
    let client = asking(sweep, docket.bases.len())?;
    let asking = Case { means: case.means.asking(&client), ..case.clone() };
    let reckonings: Vec<_> = (0..docket.bases.len()).map(|base| docket.reckon(&asking, base)).collect();
    let mut notes = Vec::new();
    let (opened, missed) = meanwhile(ours(github, sweep), &pulls, &mut notes);
    let began = github.met().unwrap_or(case.means.present.as_second());
    let speaker = run.filter(|_| !sweep.dry_run).map(|run| post::speaker(run, began));
    let gates = docket.entries.iter().map(|entry| telling::gate(&sweep.environment, entry));
    let telling = Telling {
        github,
        standings: Standings::of(gates.map(|gate| (gate.commit, gate.context)).collect()),
        told: RefCell::default(),
        speaker,
        began,
        environment: &sweep.environment,
        allowance,
        opened,
        silenced: RefCell::new(None),
        is_mute: Cell::new(false),
    };
    let judgements: Vec<Judgement> =
        docket.entries.iter().map(|entry| docket.judge(case, entry, &reckonings)).collect();
    let usage = judgements.iter().find_map(Judgement::usage);
    let mut lines =
        told(&telling, &docket, judgements, &pulls, |count| progress.show("judged", count, world));
    progress.clear(world);
    let behind = pulls.len() - lines.len();
    let is_told = |number: u64| lines.iter().any(|line| line.number == number);
    let reached = docket.entries.iter().map(|entry| entry.pull.number).take_while(|number| is_told(*number));
    let resume = reached.last().filter(|_| behind > 0);
    lines.sort_by_key(|line| line.number);
    let report = Sweep {
        now: case.means.present,
        environment: sweep.environment.clone(),
        dry_run: sweep.dry_run,
        lines,
        unreached: behind + missed,
        resume,
        calls: github.calls(),
        allowed: sweep.calls,
        notes,
    };
    Ok((report, usage))
}

/// The client that asks the sources of so many bases: whatever was read before, they have all of their time.
fn asking(sweep: &cli::Sweep, bases: usize) -> Result<Client, GitHubError> {
    let bases = u64::try_from(bases).unwrap_or(u64::MAX).max(1);
    let limits = check::limits(sweep.source.deadline.saturating_mul(bases));
    Client::new(limits).map_err(|error| GitHubError::Address(error.to_string()))
}

/// Tells what there are calls for. Whoever decides is told first: others say what became of that.
fn told(
    telling: &Telling<'_>,
    docket: &Docket<'_>,
    judgements: Vec<Judgement>,
    pulls: &[PullRequest],
    mut progress: impl FnMut(usize),
) -> Vec<Line> {
    let parts = shared::parts(docket, &judgements, pulls, |pull| telling.overtaken(pull).is_some());
    let mut judged: Vec<_> = docket.entries.iter().zip(judgements).zip(parts).collect();
    judged.sort_by_key(|(_, part)| *part != Part::Decides);
    let mut lines = Vec::new();
    for ((entry, judgement), part) in judged {
        let Some(line) = telling.tell(docket, entry, (judgement, part), lines.is_empty()) else { break };
        lines.push(line);
        progress(lines.len());
    }
    lines
}

/// The open pull requests into the branches that the gate is for.
fn ours(github: &GitHub, sweep: &cli::Sweep) -> Result<Vec<PullRequest>, GitHubError> {
    // However long anything took before, it is looked who is there.
    github.grant(LOOKING);
    let mut opened = github.opened()?;
    if let Some(branches) = &sweep.branches {
        opened.retain(|pull| branches.has(&pull.base_ref));
    }
    Ok(opened)
}

/// The pull requests that are open once all was judged, and how many of them were open all the time and yet not listed
/// before: where one is closed while the pages are read, another moves to a page that was read already. The newest comes
/// first, so what was opened since has a higher number than all of the first list, and a run of its own.
fn meanwhile(
    second: Result<Vec<PullRequest>, GitHubError>,
    first: &[PullRequest],
    notes: &mut Vec<String>,
) -> (Option<BTreeMap<u64, PullRequest>>, usize) {
    let second = match second {
        Ok(second) => second,
        Err(error) => {
            notes.push(format!("it was not seen who moved meanwhile: {error}"));
            return (None, 0);
        }
    };
    let listed: BTreeSet<u64> = first.iter().map(|pull| pull.number).collect();
    let newest = listed.last().copied().unwrap_or_default();
    let numbers = second.iter().map(|pull| pull.number);
    let missed: Vec<u64> = numbers.filter(|number| *number < newest && !listed.contains(number)).collect();
    notes.extend(missed.iter().map(|number| {
        format!(
            "#{number} fell out of the list while it was read, because another was closed: it is not reached"
        )
    }));
    (Some(second.into_iter().map(|pull| (pull.number, pull)).collect()), missed.len())
}

/// Tells what is wrong on the bases, each base's once.
fn broken(docket: &Docket<'_>, look: Look, world: &mut World) {
    for (name, report, stop) in docket.reports() {
        let Some(Stop::Invalid(found)) = stop else { continue };
        let found = report.problems.iter().chain(found).filter(|problem| problem.is_error());
        let found: Vec<Diagnostic> = found.cloned().collect();
        world.tell(&terminal(&format!("nothing can be decided by what is written on {name}:")));
        world.tell(problem::render(&found, look).trim_end());
    }
}

/// Leaves what came of it with the run; false when it could not.
fn leave(sweep: &cli::Sweep, report: &Sweep, exit: Exit, world: &mut World) -> bool {
    let outputs = [
        ("exit".to_owned(), exit.code().to_string()),
        ("told".to_owned(), report.count(Done::Told).to_string()),
        ("resume".to_owned(), report.resume.map(|number| number.to_string()).unwrap_or_default()),
    ];
    let notice = Annotation {
        level: if exit == Exit::Proceed { Level::Notice } else { Level::Warning },
        file: None,
        line: None,
        column: None,
        end_column: None,
        title: "slogate sweep".to_owned(),
        message: report.sentence(),
    };
    let notices = if sweep.format == Format::Json { Vec::new() } else { vec![notice] };
    unfinished::write(&report.markdown(), &notices, &outputs, world)
}
