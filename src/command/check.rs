//! `slogate check`: judge, print, tell.
//!
//! Whatever happens in between, a run that was asked to post closes the status that it opened: wrong input, a silent
//! world and a panic of ours each end in a report of their own, and none of them reads as proceed.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::{self, Check, Format, Moment};
use crate::command::judge::{self, Case, Judged};
use crate::command::organization::Offer;
use crate::command::parting::Parting;
use crate::command::passage::{About, Passage};
use crate::command::post::{self, Post};
use crate::command::watch::named;
use crate::command::{World, failed};
use crate::github::{Address, Event, GitHub, Run};
use crate::http::{Certificates, Client, Credentials, Limits};
use crate::report::query_plan::{self, QueryPlan};
use crate::report::{Report, json, markdown, problem, text};
use crate::source::datadog;
use crate::tree;
use crate::verdict::Exit;

/// How long one try of one request may take.
const ATTEMPT: Duration = Duration::from_secs(20);

/// How often a request is tried that may be repeated.
const TRIES: u32 = 3;

/// The environment that a posted verdict is about when none is named.
const ENVIRONMENT: &str = "production";

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
    let run = if check.post { Some(Post::read_run(world)?) } else { None };
    let seen = if run.is_none() && check.at.is_none() { changeless(check, world)? } else { None };
    let is_local = run.is_none() && check.at.is_none() && seen.is_none();
    let (base, head) = if is_local { ends(check, world)? } else { (None, None) };
    let address = match run.as_ref().or(seen.as_ref()) {
        Some(run) => Some(run.address.clone()),
        None if check.at.is_some() => Some(
            Address::read(&world.environment).map_err(|error| format!("--at asks GitHub, and {error}"))?,
        ),
        None if base.is_some() => Address::read(&world.environment).ok(),
        None => None,
    };
    let github = address.map(|address| GitHub::connect(Rc::clone(&client), &address, limits)).transpose();
    let github = github.map_err(|error| error.to_string())?.map(Rc::new);
    // The status is named before the settings are read, and must be named for what is judged.
    let environment = check
        .environment
        .clone()
        .or_else(|| (run.is_some() || check.at.is_some()).then(|| ENVIRONMENT.to_owned()));
    let passage =
        match about(check, run.as_ref().or(seen.as_ref()), github.as_deref(), environment.as_deref(), world)?
        {
            Some(About::Nothing(parting, why)) => {
                let told = parted(check, parting.as_ref(), (run.as_ref(), github.as_deref()), world);
                world.tell(&format!("{why}, so there is nothing to judge"));
                return Ok(if told { Exit::Proceed } else { Exit::Untold });
            }
            Some(About::Passage(passage)) => Some(passage),
            None => None,
        };
    if check.close
        && let (Some(run), Some(passage), Some(github)) = (&run, &passage, &github)
    {
        let environment = environment.as_deref().unwrap_or(ENVIRONMENT);
        let done = post::close_what_was_left(run, passage, github, environment, world);
        return Ok(if done { Exit::Proceed } else { Exit::Untold });
    }
    // What is wrong with an address is told after the status is opened: returning here would leave an earlier green.
    let (server, refused) = match named::server(&check.source, world) {
        Ok(server) => (server, None),
        Err(message) => (None, Some(message)),
    };
    let case = Case {
        check,
        root: world.directory.join(&check.dir),
        prefix: prefix(&check.dir),
        environment,
        base,
        head,
        directory: world.directory.clone(),
        organization: Offer::of(&check.layered, world),
        present: world.now,
        client: &client,
        server,
        datadog: datadog(&check.source, world),
        github: github.clone(),
        blob: run.as_ref().map(|run| format!("{}/{}/blob", run.server, run.address.repository)),
        passage: passage.as_deref(),
        pull: passage.as_deref().and_then(Passage::pull),
    };
    let mut post = match (run.as_ref().zip(case.passage), github.clone()) {
        (Some((run, passage)), Some(github)) => Some(Post::open(
            run,
            passage,
            github,
            case.environment.as_deref().unwrap_or(ENVIRONMENT),
            world.now.as_second(),
        )),
        _ => None,
    };
    let parting = run.as_ref().zip(case.passage).and_then(|(run, passage)| Parting::of_run(run, passage));
    let is_parted = parted(check, parting.as_ref(), (run.as_ref(), github.as_deref()), world);
    let (judged, usage) = match refused {
        Some(message) => (nothing(&case, world.now, message.clone()), Some(message)),
        None => guarded(&case, world.now),
    };
    if let (Some(message), None) = (&usage, &post) {
        return Err(message.clone());
    }
    if let Some(plan) = &judged.plan {
        return Ok(planned(plan, &judged.report, check, world));
    }
    let told =
        catch_unwind(AssertUnwindSafe(|| tell(check, &judged, usage.as_deref(), post.as_mut(), world)));
    let exit = told.unwrap_or_else(|payload| {
        let why = failed(payload.as_ref());
        world.tell(&format!("error: {why}"));
        if let Some(post) = &post {
            post.abandon(&why);
        }
        Exit::Unknown
    });
    Ok(if is_parted { exit } else { untold(exit) })
}

/// Tells the branch that a pull request leaves. False when that was to be done and could not be.
fn parted(
    check: &Check,
    parting: Option<&Parting>,
    (run, github): (Option<&Run>, Option<&GitHub>),
    world: &mut World,
) -> bool {
    let (Some(parting), Some(run), Some(github)) = (parting, run, github) else { return true };
    let environment = check.environment.as_deref().unwrap_or(ENVIRONMENT);
    check.close || parting.tell((run, github), environment, check.branches.as_ref(), world)
}

/// What the run is about, where it is one.
fn about(
    check: &Check,
    run: Option<&Run>,
    github: Option<&GitHub>,
    environment: Option<&str>,
    world: &World,
) -> Result<Option<About>, String> {
    let Some(github) = github else { return Ok(None) };
    match (check.at, run) {
        (Some(Moment::Deploy), _) => {
            let sha = world.variable("GITHUB_SHA");
            let environment = environment.unwrap_or(ENVIRONMENT);
            let deploy = Passage::of_deploy(environment, check.head.as_deref(), sha, github)?;
            Ok(Some(About::Passage(Box::new(deploy))))
        }
        (None, Some(run)) => Ok(Some(Passage::of_run(run, github)?.within(check.branches.as_ref(), run))),
        (None, None) => Ok(None),
    }
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

/// The base and the head that the command line names, else those of the change that a workflow runs on: there the work
/// tree may be the change's own, which must not judge itself, or the base's, which says nothing about the change.
fn ends(check: &Check, world: &World) -> Result<(Option<String>, Option<String>), String> {
    if check.base.is_some() {
        return Ok((check.base.clone(), check.head.clone()));
    }
    let event = world.variable("GITHUB_EVENT_NAME").unwrap_or_default();
    if event == "merge_group" {
        let run = Post::read_run(world).map_err(|why| {
            format!("this run is about a merge group; name what it merges into with --base, because {why}")
        })?;
        if let Event::MergeGroup(group) = run.event {
            return Ok((Some(group.base_ref), Some(group.head_sha)));
        }
    }
    let base = world.variable("GITHUB_BASE_REF").map(ToOwned::to_owned);
    if event != "pull_request_target" || base.is_none() {
        return Ok((base, None));
    }
    let run = Post::read_run(world)
        .map_err(|why| format!("the checkout is the base's own, and the change is not known: {why}"))?;
    Ok((base, run.pull_request().map(|pull| pull.head_sha.clone())))
}

/// The run of a workflow that no pull request started, where no base is named: a push, a schedule. Its work tree is not
/// the law; the tip of the default branch is.
fn changeless(check: &Check, world: &World) -> Result<Option<Run>, String> {
    let is_named = check.base.is_some() || world.variable("GITHUB_BASE_REF").is_some();
    let Some(event) = world.variable("GITHUB_EVENT_NAME").filter(|_| !is_named) else { return Ok(None) };
    if ["pull_request", "pull_request_target", "merge_group"].contains(&event) {
        return Ok(None);
    }
    let run = Post::read_run(world);
    run.map(Some)
        .map_err(|why| format!("name what decides with --base, because this is a workflow's run and {why}"))
}

/// How long everything may take, in seconds, and how often it is tried.
pub(super) const fn limits(deadline: u64) -> Limits {
    Limits { deadline: Duration::from_secs(deadline), attempt: ATTEMPT, tries: TRIES }
}

/// Who asks, and what the connection is proved by, from variables of the environment with this prefix.
pub(super) fn credentials(prefix: &str, world: &World) -> Result<Credentials, String> {
    let variable = |name: &str| world.variable(name);
    let file = |path: &str| {
        let bytes = tree::read_file(&world.directory.join(path)).map_err(drop)?;
        String::from_utf8(bytes).map_err(drop)
    };
    let certificates = Certificates::read(prefix, variable, file)?;
    Ok(Credentials::read(prefix, variable)?.over(certificates))
}

/// The site of a Datadog and its keys: the site from the command line, else from the environment like the keys; or why
/// there is none. A run without secrets, as on a fork's pull request, still judges what is kept elsewhere.
pub(super) fn datadog(source: &cli::Source, world: &World) -> Result<(String, Credentials), String> {
    let given = source.datadog.as_deref().map(str::trim);
    let Some(site) = given.or_else(|| world.variable("SLOGATE_DATADOG_SITE")) else {
        let reason = "Datadog is not configured: give --datadog with your site, or set SLOGATE_DATADOG_SITE; its keys are \
                      read from SLOGATE_DATADOG_API_KEY and SLOGATE_DATADOG_APP_KEY";
        return Err(reason.to_owned());
    };
    let key = |name: &str| {
        let missing = || {
            format!(
                "Datadog is asked with keys, and `{name}` is not set; runs on the pull requests of forks see no secrets"
            )
        };
        world.variable(name).ok_or_else(missing)
    };
    let keys = datadog::credentials(key("SLOGATE_DATADOG_API_KEY")?, key("SLOGATE_DATADOG_APP_KEY")?);
    let unfit = |_| "a key of Datadog has a character that cannot be sent".to_owned();
    Ok((site.to_owned(), keys.map_err(unfit)?))
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
    match catch_unwind(AssertUnwindSafe(|| judge::judge(case))) {
        Ok(Ok(judged)) => (judged, None),
        Ok(Err(message)) => (nothing(case, now, message.clone()), Some(message)),
        Err(payload) => (nothing(case, now, failed(payload.as_ref())), None),
    }
}

/// A report that knows nothing but why.
fn nothing(case: &Case<'_>, now: Timestamp, note: String) -> Judged {
    let mut judged = Judged::blank(now);
    judged.report.environment.clone_from(&case.check.environment);
    judged.report.notes.push(note);
    judged
}

/// The judged directory inside its repository as GitHub knows it, for a run without a clone; none when the argument
/// does not lead into the repository.
pub(super) fn prefix(dir: &Path) -> Option<String> {
    let mut prefix = String::new();
    for part in dir.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => {
                prefix.push_str(part.to_str()?);
                prefix.push('/');
            }
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => return None,
        }
    }
    Some(prefix)
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
