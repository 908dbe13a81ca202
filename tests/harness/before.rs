//! The state of GitHub before the run of a case, in the stub's words.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{Delta, ObjectType, Oid, Repository, TreeWalkMode, TreeWalkResult};

use super::known::{Change, Deployed, Failing, Filed, How, Known, Move, Oddity, Opened, Token};
use super::{NUMBER, REPOSITORY, shipped};
use crate::stub::world::{ChangedFile, Deployment, File, Happened, Issue, Moved, Status};
use crate::stub::{Fault, FaultKind, World};

/// The state of GitHub before the run.
pub(super) fn world(known: &Known, repository: &Path, base: &str, head: &str) -> Result<World, git2::Error> {
    let repository = Repository::open(repository)?;
    let mut world = World::new(REPOSITORY);
    world.base_path.clone_from(&known.api);
    grant(&mut world, known.token);
    history(&mut world, &repository, base, head)?;
    if known.pulls.is_empty() {
        let changed = changed(&repository, base, head)?;
        world.pull(NUMBER, "main", head, changed);
    }
    for pull in &known.pulls {
        open(&mut world, pull);
    }
    if let Some(pull) = world.pulls.get_mut(&NUMBER) {
        pull.closed = known.closed;
        pull.labels.clone_from(&known.labels);
    }
    world.merged.extend(known.merged.then_some(NUMBER));
    world.deployments = known.deployments.iter().map(|one| deployment(one, base, head)).collect();
    for said in &known.comments {
        world.comment(NUMBER, &said.author, &said.body);
    }
    world.issues_are_disabled = known.oddities.contains(&Oddity::Disabled);
    world.may_label = !known.oddities.contains(&Oddity::Unlabelled);
    let is_edited = known.oddities.contains(&Oddity::Edited);
    world.written_meanwhile = is_edited.then(|| "\nWritten meanwhile.\n".to_owned());
    world.racing_issue = known.oddities.contains(&Oddity::Raced);
    for opened in &known.issues {
        world.issues.extend((0..opened.count).map(|place| issue(opened, place)));
    }
    world.timeline.extend(known.timeline.iter().flat_map(happened).map(|happened| (NUMBER, happened)));
    if !known.moves.is_empty() {
        let moved = |one: &Move| Moved {
            after: one.to.replace("$BASE", base).replace("$HEAD", head),
            at: one.at.clone(),
        };
        world.moves.insert(NUMBER, known.moves.iter().map(moved).collect());
    }
    world.hides_forks = known.hides_forks;
    if known.fork {
        world.forks.insert(NUMBER);
    }
    known.roles.iter().for_each(|(login, role)| world.role(login, role));
    for (team, members) in &known.teams {
        let active = |login: &String| (login.clone(), "active".to_owned());
        world.teams.insert(team.clone(), members.iter().map(active).collect());
    }
    shipped::lay(&mut world, &known.shipped, known.event == "merge_group", base, head);
    world.may_see_teams = known.sees_teams;
    world.faults = known.faults.iter().map(fault).collect();
    Ok(world)
}

/// What the token may do.
fn grant(world: &mut World, token: Token) {
    if matches!(token, Token::App | Token::NamelessApp) {
        "acme-gate[bot]".clone_into(&mut world.actor);
        world.queue_error = None;
    }
    world.may_ask_viewer = token != Token::NamelessApp;
    world.may_comment = token != Token::ReadOnly;
    world.may_post_statuses = !matches!(token, Token::ReadOnly | Token::WithoutStatuses);
    world.may_read_deployments = token != Token::WithoutDeployments;
    world.may_write_issues = token != Token::ReadOnly;
    world.token_is_invalid = token == Token::Invalid;
}

/// The branches and commits of the checkout, and what changed between its base and its head.
fn history(world: &mut World, repository: &Repository, base: &str, head: &str) -> Result<(), git2::Error> {
    for branch in repository.branches(Some(git2::BranchType::Local))? {
        let (branch, id) = (branch?.0, |branch: &git2::Branch<'_>| branch.get().target());
        if let (Ok(Some(name)), Some(id)) = (branch.name(), id(&branch)) {
            world.branches.insert(name.to_owned(), id.to_string());
            world.commit(&id.to_string(), files(repository, &id.to_string())?);
        }
    }
    world.branches.insert("main".to_owned(), base.to_owned());
    for commit in [base, head] {
        world.commit(commit, files(repository, commit)?);
    }
    world.compares.insert((base.to_owned(), head.to_owned()), changed(repository, base, head)?);
    // Backwards nothing came since: the histories part at the base itself.
    world.compares.insert((head.to_owned(), base.to_owned()), Vec::new());
    world.parted.insert((head.to_owned(), base.to_owned()), base.to_owned());
    Ok(())
}

/// What happened to the pull request, in the stub's words.
fn happened(change: &Change) -> Vec<Happened> {
    let Change { set, removed, others, pushed, by } = change;
    let set = set.iter().map(|label| Happened::Labelled { label: label.clone(), by: by.clone() });
    let off = removed.iter().map(|label| Happened::Unlabelled { label: label.clone(), by: by.clone() });
    let push = pushed.then_some(Happened::Pushed);
    set.chain(off).chain(push).chain(std::iter::repeat_n(Happened::Other, *others)).collect()
}

/// An issue in the stub's words, and its place among those alike.
fn issue(opened: &Filed, place: u64) -> Issue {
    Issue {
        number: opened.number + place,
        author: opened.author.clone(),
        title: "an issue".to_owned(),
        body: opened.body.replace("$N", &(place + 1).to_string()),
        labels: opened.labels.clone(),
        is_open: opened.closed.is_none(),
        created_at: opened.at.clone(),
        updated_at: opened.closed.clone().unwrap_or_else(|| opened.at.clone()),
        closed_at: opened.closed.clone(),
    }
}

/// Opens a pull request, whose head is a commit that nobody has on disk.
fn open(world: &mut World, pull: &Opened) {
    let number = pull.number;
    let head = format!("{number:040x}");
    world.pull(number, &pull.base, &head, pull.files.iter().map(ChangedFile::at).collect());
    world.pulls.entry(number).and_modify(|opened| opened.locked = pull.locked);
    pull.labels.iter().for_each(|(label, by)| world.label(number, label, by));
    if pull.fork {
        world.forks.insert(number);
    }
    if pull.draft {
        world.drafts.insert(number);
    }
    if pull.closes {
        world.closing.insert(number);
    }
    if pull.moves {
        world.moving.insert(number, format!("{number:039x}f"));
    }
    if let Some(stands) = &pull.status {
        let page = format!("https://github.com/acme/shop/pull/{number}");
        let now = jiff::Timestamp::now().as_second();
        world.statuses.push(Status {
            commit: head.clone(),
            context: format!("slogate: production → {}", pull.base),
            state: stands.state.clone(),
            description: Some(stands.description.clone()),
            target: stands.ago.map(|ago| format!("{page}?run=900.1&at={}#issuecomment-1", now - ago)),
            created: jiff::Timestamp::now().to_string(),
            creator: "github-actions[bot]".to_owned(),
        });
    }
    if let Some(text) = &pull.comment {
        let marker = format!("<!-- slogate:v1 key=production→{} head={head} run=900.1 -->", pull.base);
        world.comment(number, "github-actions[bot]", &format!("{marker}\n{text}"));
    }
}

/// A deployment in the stub's words.
fn deployment(one: &Deployed, base: &str, head: &str) -> Deployment {
    Deployment {
        commit: one.commit.replace("$BASE", base).replace("$HEAD", head),
        environment: one.environment.clone(),
        at: one.at.clone(),
        states: one.states.clone(),
    }
}

/// The files of a commit.
fn files(repository: &Repository, commit: &str) -> Result<BTreeMap<String, File>, git2::Error> {
    let tree = repository.find_commit(Oid::from_str(commit)?)?.tree()?;
    let mut files = BTreeMap::new();
    tree.walk(TreeWalkMode::PreOrder, |directory, entry| {
        if entry.kind() == Some(ObjectType::Blob)
            && let Ok(blob) = repository.find_blob(entry.id())
        {
            let path = format!("{directory}{}", String::from_utf8_lossy(entry.name_bytes()));
            let mode = if entry.filemode() == 0o120_000 { "120000" } else { "100644" };
            files.insert(path, File { mode, bytes: blob.content().to_vec() });
        }
        TreeWalkResult::Ok
    })?;
    Ok(files)
}

/// What changed between two commits.
fn changed(repository: &Repository, base: &str, head: &str) -> Result<Vec<ChangedFile>, git2::Error> {
    let tree = |commit: &str| repository.find_commit(Oid::from_str(commit)?)?.tree();
    let diff = repository.diff_tree_to_tree(Some(&tree(base)?), Some(&tree(head)?), None)?;
    let changed = diff.deltas().filter_map(|delta| {
        let side = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
        Some(ChangedFile::at(side.path()?.to_string_lossy()))
    });
    Ok(changed.collect())
}

/// A fault in the stub's words.
fn fault(failing: &Failing) -> Fault {
    // The stub keeps what a test says literally; a case is read once in the life of the process.
    let kept = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let kind = match failing.how {
        How::Server => FaultKind::Server(502),
        How::Secondary => FaultKind::Secondary(Some(1)),
        How::Primary => FaultKind::Primary(3_000),
        How::Missing => FaultKind::Missing,
        How::Forbidden => FaultKind::Forbidden,
        How::Invalid => FaultKind::Invalid,
        How::Html => FaultKind::Html,
        How::Redirect => FaultKind::Redirect,
        How::Cut => FaultKind::Cut,
        How::DoneThenServer => FaultKind::DoneThenServer,
    };
    Fault {
        method: kept(&failing.method),
        path: kept(&failing.path),
        after: failing.after,
        times: failing.times,
        kind,
    }
}
