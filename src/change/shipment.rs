//! Pull requests that ship together: those that a merge queue puts into one group, those that a deploy brings, and those
//! that a push brought onto a branch.
//!
//! They are found by the commits on the way from what is there to what is to be, each by its first parent: a merge's other
//! side is the pull request's. Whose commits a queue squashed or rebased, `queued` and `content` find out. No name of a
//! branch is believed. The shipment is of a class only if all of it is, so a commit whose pull request cannot be found, or one too
//! many, leaves it without any, and that is told. It takes at most 3 calls for the commits, one for each of 20, and for
//! each pull request those that its labels take.

mod content;
mod queued;

use std::collections::BTreeMap;

use super::authority;
use super::claim::Claims;
use crate::github::{Belonging, Between, GitHub, Led};
use crate::settings::Settings;

/// The most commits on the way that are looked at.
const MOST: usize = 20;

/// What ships together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipment<'a> {
    /// The branch that its pull requests go into, or went into.
    pub branch: &'a str,
    /// The full id of the commit that is there already; why nobody knows, as a sentence.
    pub since: Result<&'a str, &'a str>,
    /// The full id of the commit that is to be there.
    pub head: &'a str,
    /// Its pull requests are merged already.
    pub is_merged: bool,
}

/// The claims of what ships together.
#[must_use]
pub fn claims(github: &GitHub, settings: &Settings, shipment: &Shipment<'_>) -> Claims {
    if settings.changes.is_empty() {
        return Claims::default();
    }
    match pulls(github, settings, shipment) {
        Ok(pulls) => {
            let each = pulls.values().map(|pull| {
                let author = pull.author.as_deref();
                authority::of_labels(github, settings, pull.number, author, &pull.labels)
            });
            Claims::shared(&each.collect::<Vec<_>>())
        }
        Err(why) => Claims { claims: Vec::new(), unread: Some(why) },
    }
}

/// The pull requests, by their numbers; or why they are not known.
fn pulls(
    github: &GitHub,
    settings: &Settings,
    shipment: &Shipment<'_>,
) -> Result<BTreeMap<u64, Belonging>, String> {
    let since = shipment.since?;
    if since == shipment.head {
        return Ok(BTreeMap::new());
    }
    let led = github
        .led(since, shipment.head)
        .map_err(|error| format!("it could not be read which commits ship together: {error}"))?;
    if shipment.is_merged && led.fork != since {
        return Err("what was there before is not behind it".to_owned());
    }
    let way = way(&led, shipment.head)?;
    if !shipment.is_merged && way.iter().any(|commit| other_side(commit).is_none()) {
        return remade(github, settings, shipment.branch, &way, &led.fork);
    }
    let mut found = BTreeMap::new();
    for commit in way {
        let side = if shipment.is_merged { None } else { other_side(commit) };
        let whose = side.unwrap_or(&commit.id);
        let (all, is_whole) = github.belongings(whose).map_err(|error| {
            format!("the pull request of commit {} could not be read: {error}", short(&commit.id))
        })?;
        let mut ours = all
            .into_iter()
            .filter(|pull| brings(pull, whose, shipment))
            .map(|pull| (pull.number, pull))
            .peekable();
        if !is_whole || ours.peek().is_none() {
            return Err(format!("no pull request is found that brings commit {}", short(&commit.id)));
        }
        found.extend(ours);
    }
    Ok(found)
}

/// The pull requests of a merge group that a queue squashed or rebased, by their numbers: by the word of the queue, and
/// where it says nothing by what the commits change. Where no label claims a class there is nothing to find out.
fn remade(
    github: &GitHub,
    settings: &Settings,
    branch: &str,
    way: &[&Between],
    fork: &str,
) -> Result<BTreeMap<u64, Belonging>, String> {
    let claiming = claiming(github, settings, branch)?;
    if claiming.is_empty() {
        return Ok(BTreeMap::new());
    }
    queued::pulls(github, branch, way, fork).or_else(|hidden| {
        content::pulls(github, &claiming, way, fork).map_err(|why| format!("{hidden}, and {why}"))
    })
}

/// The open pull requests into a branch with a label that claims a class.
fn claiming(github: &GitHub, settings: &Settings, branch: &str) -> Result<Vec<Belonging>, String> {
    let opened =
        github.opened().map_err(|error| format!("the labels of pull requests could not be read: {error}"))?;
    let claims = |label: &String| settings.changes.values().any(|class| class.is_claimed_by(label));
    let claiming = opened.into_iter().filter(|pull| pull.base_ref == branch);
    let claiming = claiming.map(|pull| Belonging {
        number: pull.number,
        head: pull.head_sha,
        base: pull.base_ref,
        is_open: true,
        is_merged: false,
        author: pull.author,
        labels: pull.labels.unwrap_or_default(),
    });
    Ok(claiming.filter(|pull| pull.labels.iter().any(claims)).collect())
}

/// Whether a pull request that a commit belongs to is one by which it ships. A merge queue merges heads into their base, so
/// that a pull request with another head, or into another branch, has the commit by accident.
fn brings(pull: &Belonging, commit: &str, shipment: &Shipment<'_>) -> bool {
    pull.base == shipment.branch
        && if shipment.is_merged { pull.is_merged } else { pull.is_open && pull.head == commit }
}

/// The head that a merge queue merged by a commit of its own; none where it squashed or rebased, or somebody pushed.
fn other_side(commit: &Between) -> Option<&str> {
    match commit.parents.as_slice() {
        [_, head] => Some(head),
        _ => None,
    }
}

/// The commits from the head down to where the histories part, each the first parent of the one before.
fn way<'a>(led: &'a Led, head: &str) -> Result<Vec<&'a Between>, String> {
    let by_id: BTreeMap<&str, &Between> =
        led.commits.iter().map(|commit| (commit.id.as_str(), commit)).collect();
    let (mut way, mut next) = (Vec::new(), head);
    while next != led.fork {
        if way.len() >= MOST {
            return Err(format!("more than {MOST} commits or merges ship together"));
        }
        let lost = || {
            let cut = if led.is_whole { "" } else { ", of which there are too many" };
            format!("commit {} is not among those that ship together{cut}", short(next))
        };
        let commit = by_id.get(next).ok_or_else(lost)?;
        let parent = commit.parents.first().ok_or_else(lost)?;
        way.push(*commit);
        next = parent;
    }
    Ok(way)
}

/// A commit's id as people read it.
fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(id: &str, parents: &[&str]) -> Between {
        Between { id: id.to_owned(), parents: parents.iter().map(ToString::to_string).collect() }
    }

    fn led(commits: Vec<Between>) -> Led {
        Led { fork: "base".to_owned(), commits, is_whole: true }
    }

    #[test]
    fn the_way_goes_by_first_parents_to_the_fork() {
        let merges = led(vec![
            commit("a", &["base"]),
            commit("m1", &["base", "a"]),
            commit("b", &["old"]),
            commit("m2", &["m1", "b"]),
        ]);
        let ids: Vec<&str> = way(&merges, "m2").expect("a way").iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["m2", "m1"]);
        assert!(way(&merges, "b").expect_err("it leads past the fork").contains("commit old"));
        assert!(way(&led(vec![commit("root", &[])]), "root").is_err());
        assert_eq!(way(&merges, "base"), Ok(vec![]));
    }

    #[test]
    fn a_way_that_is_too_long_is_none() {
        let steps = |count: usize| {
            let id = |place: usize| if place == 0 { "base".to_owned() } else { place.to_string() };
            led((1..=count).map(|place| commit(&id(place), &[&id(place - 1)])).collect())
        };
        assert_eq!(way(&steps(MOST), &MOST.to_string()).map(|way| way.len()), Ok(MOST));
        assert!(way(&steps(MOST + 1), &(MOST + 1).to_string()).is_err());
        let turning = led(vec![commit("a", &["b"]), commit("b", &["a"])]);
        assert!(way(&turning, "a").is_err(), "it ends");
    }

    #[test]
    fn only_what_is_merged_by_its_head_into_the_branch_brings_a_commit() {
        let queue = Shipment { branch: "main", since: Ok("base"), head: "m", is_merged: false };
        let open = Belonging {
            number: 7,
            head: "a".to_owned(),
            base: "main".to_owned(),
            is_open: true,
            is_merged: false,
            author: None,
            labels: Vec::new(),
        };
        let but = |change: fn(&mut Belonging)| {
            let mut pull = open.clone();
            change(&mut pull);
            pull
        };
        assert!(brings(&open, "a", &queue));
        assert!(!brings(&open, "b", &queue), "a pull request that was built on it");
        assert!(!brings(&but(|pull| pull.base = "next".to_owned()), "a", &queue));
        assert!(!brings(&but(|pull| pull.is_open = false), "a", &queue));
        let deploy = Shipment { is_merged: true, ..queue };
        assert!(!brings(&open, "m", &deploy), "an open one that has the commit too");
        assert!(brings(&but(|pull| pull.is_merged = true), "m", &deploy));
        assert_eq!(other_side(&commit("merged", &["base", "a"])), Some("a"));
        assert_eq!(other_side(&commit("squashed", &["base"])), None);
        assert_eq!(other_side(&commit("octopus", &["base", "a", "b"])), None);
    }
}
