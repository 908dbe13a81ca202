//! `slogate act`: judge, carry out, trace.
//!
//! Everything that decides is read from the tip of the default branch, whatever started the run; an event of a pull
//! request starts none. What is not known changes nothing, and is told.

use std::collections::BTreeSet;
use std::rc::Rc;

use jiff::Timestamp;

use crate::cli::{Act, Table};
use crate::command::act::judged::Ruled;
use crate::command::judge::Stop;
use crate::command::{World, annotation, check, means, unfinished};
use crate::diagnostic::Diagnostic;
use crate::github::{Address, GitHub, GitHubError};
use crate::http::{Client, Secret};
use crate::policy::Consequence;
use crate::publish::Level;
use crate::publish::issue::apply::Desk;
use crate::publish::webhook::{SECRET, URL, Webhook};
use crate::report::duty::account::Account;
use crate::report::duty::plan::{Outcome, Taken};
use crate::report::duty::trace::{ClauseIs, Trace};
use crate::report::duty::{Duty, State};
use crate::report::problem;
use crate::verdict::Exit;

mod judged;

/// The events that may start a run that acts; a shell is none of them and may as well.
const EVENTS: [&str; 4] = ["schedule", "workflow_dispatch", "push", "repository_dispatch"];

/// How the refusal of something that the token may not do begins.
const REFUSED: &str = "the token may not ";

/// Runs the verb.
pub fn run(act: &Act, world: &mut World) -> Exit {
    let ended = prepared(act, world);
    unfinished::ended("act", ended, world)
}

/// Runs the verb; what is wrong with the command line or the environment comes back as a message.
fn prepared(act: &Act, world: &mut World) -> Result<Exit, String> {
    let event = world.variable("GITHUB_EVENT_NAME");
    if let Some(event) = event.filter(|event| !EVENTS.contains(event)) {
        let events = EVENTS.join("`, `");
        return Err(format!("nothing is carried out on the word of `{event}`: run it on `{events}`"));
    }
    let limits = check::limits(act.source.deadline);
    let client = Rc::new(Client::new(limits).map_err(|error| error.to_string())?);
    let address = Address::read(&world.environment).ok().filter(|address| address.token.is_some());
    if address.is_none() && !act.dry_run {
        let needs =
            "issues are opened on GitHub: set `GITHUB_REPOSITORY` and `GITHUB_TOKEN`, or give --dry-run";
        return Err(needs.to_owned());
    }
    let github = address.as_ref().map(|address| GitHub::connect(Rc::clone(&client), address, limits));
    let github = github.transpose().map_err(|error| error.to_string())?.map(Rc::new);
    let repository = address.map(|address| address.repository).unwrap_or_default();
    let webhook = webhook(world, &repository, &client)?;
    let mut problems = Vec::new();
    let ruled = match judged::judge(act, world, &client, github.clone(), &mut problems) {
        Ok(ruled) => ruled,
        Err(stop) => return stopped(act, stop, problems, world),
    };
    Ok(finish(act, &ruled, github.as_deref(), webhook.as_ref(), world))
}

/// Ends without having done anything, and says why where people look.
fn stopped(act: &Act, stop: Stop, mut problems: Vec<Diagnostic>, world: &mut World) -> Result<Exit, String> {
    let why = match stop {
        Stop::Usage(message) => return Err(message),
        // What was read is not known to be wrong: the next run may read it.
        Stop::Unknown(message) => {
            world.tell(&format!("error: {message}"));
            unfinished::leave("act", &message, &[], "", Exit::Untold, world);
            return Ok(Exit::Untold);
        }
        Stop::Invalid(found) => {
            problems.extend(found);
            "something written is wrong"
        }
    };
    world.tell(problem::render(&problems, world.look(&act.color)).trim_end());
    let prefix = means::prefix(&act.dir).unwrap_or_default();
    unfinished::leave("act", why, &problems, &prefix, Exit::Invalid, world);
    Ok(Exit::Invalid)
}

/// Who is told by webhook, where somebody is.
fn webhook<'a>(world: &World, repository: &str, client: &'a Client) -> Result<Option<Webhook<'a>>, String> {
    let secret = world.variable(SECRET).map(Secret::new);
    let Some(url) = world.variable(URL) else {
        return match secret {
            Some(_) => Err(format!("`{SECRET}` is set without `{URL}`")),
            None => Ok(None),
        };
    };
    Webhook::at(url, secret, repository, client).map(Some)
}

/// What was done at the desk.
struct Work<'a> {
    /// The desk; bare where GitHub was not asked or did not answer.
    desk: Desk<'a>,
    /// The steps, and what became of each.
    taken: Vec<Taken<'a>>,
    /// What was opened before could not be read, so that nothing was done.
    is_unread: bool,
    /// What a reader must know of it.
    notes: Vec<String>,
}

impl<'a> Work<'a> {
    /// Does what is to be done, or plans it.
    fn done(
        act: &Act,
        ruled: &'a Ruled,
        github: Option<&'a GitHub>,
        webhook: Option<&'a Webhook<'a>>,
    ) -> Self {
        let opened = match github {
            Some(github) => Desk::open(github, webhook, ruled.manner.clone()),
            None => Ok(Desk::bare(webhook)),
        };
        let done = opened.and_then(|mut desk| {
            let taken = if act.dry_run {
                planned(&mut desk, &ruled.duties, ruled.most)?
            } else {
                desk.apply(&ruled.duties, ruled.most)?
            };
            Ok((desk, taken))
        });
        let (desk, taken, unread) = match done {
            Ok((desk, taken)) => (desk, taken, None),
            Err(error) => (Desk::bare(None), Vec::new(), Some(error)),
        };
        let mut notes: Vec<String> = unread.iter().flat_map(unreadable).collect();
        if github.is_none() {
            notes.push("what was opened before is not known without GitHub".to_owned());
        }
        let is_refused =
            |taken: &Taken<'_>| matches!(&taken.outcome, Outcome::Left(why) if why.starts_with(REFUSED));
        if taken.iter().any(is_refused) {
            notes.push("give the job the permission `issues: write`".to_owned());
        }
        if act.dry_run && !taken.is_empty() {
            notes.push(next(github.is_some()).to_owned());
        }
        Self { desk, taken, is_unread: unread.is_some(), notes }
    }

    /// Something is left to the next run.
    fn is_left(&self) -> bool {
        self.is_unread || self.taken.iter().any(|taken| matches!(taken.outcome, Outcome::Left(_)))
    }
}

/// What to do after a plan.
const fn next(is_known: bool) -> &'static str {
    if is_known {
        "next: the same without --dry-run does it, and traces what becomes of it"
    } else {
        "next: a scheduled workflow that runs `slogate act` with the permission `issues: write` does it once, and traces what \
         becomes of it"
    }
}

/// Does what is to be done, or says what it would be; then says what became of everything.
fn finish(
    act: &Act,
    ruled: &Ruled,
    github: Option<&GitHub>,
    webhook: Option<&Webhook<'_>>,
    world: &mut World,
) -> Exit {
    let work = Work::done(act, ruled, github, webhook);
    let is_unknown =
        ruled.is_unknown || ruled.duties.iter().any(|duty| matches!(duty.state, State::Unknown(_)));
    let exit = match (is_unknown, work.is_left()) {
        (true, _) => Exit::Unknown,
        (false, true) => Exit::Untold,
        (false, false) => Exit::Proceed,
    };
    let traces = github.filter(|_| !work.is_unread).map(|_| traces(&work.desk, &ruled.duties));
    let account = Account {
        now: ruled.now,
        dry_run: act.dry_run,
        environments: ruled.environments.clone(),
        duties: &ruled.duties,
        taken: work.taken,
        traces,
        is_unread: work.is_unread,
        problems: ruled.problems.clone(),
        notes: ruled.notes.iter().cloned().chain(work.notes).chain(unheard(&ruled.duties, webhook)).collect(),
    };
    tell(act, &account, exit, world)
}

/// Who is to be told and is not reached: an issue mentions people and teams, and channels hear by webhook alone.
fn unheard(duties: &[Duty], webhook: Option<&Webhook<'_>>) -> Vec<String> {
    let in_force = duties.iter().filter(|duty| webhook.is_none() && matches!(duty.state, State::InForce(_)));
    let mut channels = BTreeSet::new();
    for notice in in_force.flat_map(|duty| &duty.notices) {
        if let Consequence::Notify(whom) = notice
            && !whom.starts_with('@')
        {
            channels.insert(whom);
        }
    }
    let said = channels
        .into_iter()
        .map(|whom| format!("`{whom}` is not told: a webhook would, and `{URL}` is not set"));
    said.collect()
}

/// Prints the account, and leaves it with the run.
fn tell(act: &Act, account: &Account<'_>, exit: Exit, world: &mut World) -> Exit {
    let look = world.look(&act.color);
    if act.format == Table::Text && !account.problems.is_empty() {
        world.tell(problem::render(&account.problems, look).trim_end());
    }
    let level = if exit == Exit::Proceed { Level::Notice } else { Level::Warning };
    let (text, notices) = match act.format {
        Table::Text => (account.text(look), vec![annotation::of_run("act", level, &account.sentence())]),
        Table::Json => (account.json(), Vec::new()),
    };
    let outputs = [("exit".to_owned(), exit.code().to_string())];
    let is_left = unfinished::write(&account.page(), &notices, &outputs, world);
    world.end(&text, if exit == Exit::Proceed && !is_left { Exit::Untold } else { exit })
}

/// Why nothing is done, and what to do about that.
fn unreadable(error: &GitHubError) -> impl Iterator<Item = String> {
    let why = format!("what was opened before is not known, so nothing is done: {error}");
    std::iter::once(why).chain(error.help().map(ToOwned::to_owned))
}

/// The steps of a plan, none of them taken.
fn planned<'a>(desk: &mut Desk<'_>, duties: &'a [Duty], most: usize) -> Result<Vec<Taken<'a>>, GitHubError> {
    let urls = |number: u64, desk: &Desk<'_>| {
        let its = desk.ours().into_iter().find(|one| one.issue.number == number);
        its.map(|one| (number, one.issue.url))
    };
    let steps = desk.plan(duties, most)?;
    let steps = steps.into_iter().map(|(step, _)| {
        let issue = step.act.issue().and_then(|number| urls(number, desk));
        Taken { step, outcome: Outcome::Planned, issue }
    });
    Ok(steps.collect())
}

/// What became of every issue of ours.
fn traces(desk: &Desk<'_>, duties: &[Duty]) -> Vec<Trace> {
    let ours = desk.ours().into_iter().filter(|one| one.marker.duplicate_of.is_none());
    let traced = ours.map(|one| {
        let (key, issue) = (one.marker.key, one.issue);
        let clause_is = ClauseIs::of(duties, (&key.policy, &key.clause), (&key.service, &key.environment));
        Trace {
            number: issue.number,
            url: issue.url,
            title: issue.title,
            policy: key.policy,
            clause: key.clause,
            service: key.service,
            environment: key.environment,
            purpose: key.purpose,
            count: one.marker.count,
            opened_at: issue.opened_at,
            closed_at: issue.closed_at.filter(|_| !issue.is_open),
            due_at: one.marker.due.and_then(|due| Timestamp::from_second(due).ok()),
            clause_is,
        }
    });
    traced.collect()
}
