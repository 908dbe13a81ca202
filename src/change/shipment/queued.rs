//! Whose commits a merge queue squashed or rebased, by the word of the queue itself.
//!
//! An entry of the queue says upon which commit it was made, which commit it ends with, and of which pull request it is.
//! The entries that count are those on the way from the group's head down to what is there already, one behind the other
//! without a gap. What somebody could write (the queue's branch, a commit's title, its trailers) decides nothing, and
//! whatever does not meet leaves the group without a class: a queue that went on meanwhile has made other commits.

use std::collections::BTreeMap;

use super::{other_side, short};
use crate::github::{Belonging, Between, GitHub, Queue, Queued};

/// The pull requests of a merge group, by their numbers; or why they are not known. The way leads from the group's head
/// down to where the histories part.
pub(super) fn pulls(
    github: &GitHub,
    branch: &str,
    way: &[&Between],
    fork: &str,
) -> Result<BTreeMap<u64, Belonging>, String> {
    let queue = github.queue(branch).map_err(|error| error.to_string())?;
    let queue =
        queue.ok_or_else(|| format!("the branch `{branch}` has no merge queue that the token may see"))?;
    let mut found = BTreeMap::new();
    for entry in met(&queue, way, fork)? {
        let number = entry.pull;
        let pull = github.pull(number).map_err(|error| {
            format!("pull request {number} of the merge group could not be read: {error}")
        })?;
        if !pull.is_open || pull.base != branch || pull.head != entry.pull_head {
            return Err(format!("pull request {number} of the merge group is not as it was queued any more"));
        }
        let belonging = Belonging {
            number,
            head: pull.head,
            base: pull.base,
            is_open: pull.is_open,
            is_merged: false,
            author: pull.author,
            labels: pull.labels,
        };
        found.insert(number, belonging);
    }
    Ok(found)
}

/// The entries whose commits are the way, all of it and nothing else.
fn met<'a>(queue: &'a Queue, way: &[&Between], fork: &str) -> Result<Vec<&'a Queued>, String> {
    let mut met = Vec::new();
    let mut rest = way;
    while let Some(last) = rest.first() {
        let entry = ending_with(queue, &last.id)?;
        let length = made_of(entry, rest, fork)?;
        let (own, below) = rest.split_at(length);
        let is_its = |commit: &Between| match other_side(commit) {
            // What it merged in one commit is what REST says was merged.
            Some(side) => side == entry.pull_head && length == 1,
            None => commit.parents.len() == 1,
        };
        if let Some(other) = own.iter().find(|commit| !is_its(commit)) {
            return Err(format!(
                "commit {} of pull request {} merges something else",
                short(&other.id),
                entry.pull
            ));
        }
        if own
            .iter()
            .skip(1)
            .any(|commit| queue.entries.iter().any(|one| one.head.as_ref() == Some(&commit.id)))
        {
            return Err(format!("commits of pull request {} are another one's too", entry.pull));
        }
        met.push(entry);
        rest = below;
    }
    Ok(met)
}

/// The one entry that ends with a commit.
fn ending_with<'a>(queue: &'a Queue, id: &str) -> Result<&'a Queued, String> {
    let mut ending = queue.entries.iter().filter(|entry| entry.head.as_deref() == Some(id));
    match (ending.next(), ending.next()) {
        (Some(entry), None) => Ok(entry),
        (None, _) if !queue.is_whole => Err(format!(
            "none of the first {} entries of the merge queue ends with commit {}",
            queue.entries.len(),
            short(id)
        )),
        (None, _) => {
            Err(format!("the merge queue has no entry that ends with commit {} any more", short(id)))
        }
        (Some(_), Some(_)) => {
            Err(format!("several entries of the merge queue end with commit {}", short(id)))
        }
    }
}

/// How many commits of the way an entry was made of, from its last one down to the one that it was made upon.
fn made_of(entry: &Queued, rest: &[&Between], fork: &str) -> Result<usize, String> {
    let number = entry.pull;
    let base = entry.base.as_deref().ok_or_else(|| {
        format!("the merge queue does not say upon which commit it made those of pull request {number}")
    })?;
    let below = rest.iter().skip(1).map(|commit| commit.id.as_str()).chain([fork]);
    below.zip(1..).find(|(id, _)| *id == base).map(|(_, length)| length).ok_or_else(|| {
        format!(
            "those of pull request {number} were made upon commit {}, which is not on the way",
            short(base)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(id: &str, parents: &[&str]) -> Between {
        Between { id: id.to_owned(), parents: parents.iter().map(ToString::to_string).collect() }
    }

    fn entry(pull: u64, base: &str, head: &str) -> Queued {
        let id = |id: &str| (!id.is_empty()).then(|| id.to_owned());
        Queued { base: id(base), head: id(head), pull, pull_head: format!("own{pull}") }
    }

    /// The numbers of the pull requests that a way of commits `c1` to `cN` from the fork `c0` is made of.
    fn of(length: usize, entries: &[Queued]) -> Result<Vec<u64>, String> {
        let commits: Vec<Between> =
            (1..=length).rev().map(|at| commit(&format!("c{at}"), &[&format!("c{}", at - 1)])).collect();
        on(&commits.iter().collect::<Vec<_>>(), entries, true)
    }

    fn on(way: &[&Between], entries: &[Queued], is_whole: bool) -> Result<Vec<u64>, String> {
        let queue = Queue { entries: entries.to_vec(), is_whole };
        met(&queue, way, "c0").map(|met| met.iter().map(|entry| entry.pull).collect())
    }

    #[test]
    fn a_group_is_made_of_the_entries_on_the_way() {
        assert_eq!(of(1, &[entry(7, "c0", "c1")]), Ok(vec![7]));
        let others = [entry(6, "", ""), entry(8, "c1", "c2"), entry(7, "c0", "c1"), entry(9, "c2", "c3")];
        assert_eq!(of(2, &others), Ok(vec![8, 7]), "one waits, another comes behind");
        let rebased = [entry(7, "c0", "c2"), entry(8, "c2", "c3")];
        assert_eq!(of(3, &rebased), Ok(vec![8, 7]), "two commits are of the first");
        assert_eq!(of(0, &[]), Ok(vec![]));
    }

    #[test]
    fn what_does_not_meet_is_no_group() {
        for (length, entries, why) in [
            (1, vec![], "no entry that ends with commit c1"),
            (2, vec![entry(7, "c0", "c1")], "no entry that ends with commit c2"),
            (2, vec![entry(8, "c1", "c2")], "no entry that ends with commit c1"),
            (1, vec![entry(7, "", "c1")], "does not say upon which commit"),
            (1, vec![entry(7, "elsewhere", "c1")], "upon commit elsewhe"),
            (1, vec![entry(7, "c1", "c1")], "upon commit c1"),
            (2, vec![entry(7, "c0", "c1"), entry(8, "c2", "c2")], "upon commit c2"),
            (2, vec![entry(7, "c0", "c1"), entry(8, "c0", "c2")], "another one's too"),
            (1, vec![entry(7, "c0", "c1"), entry(8, "c0", "c1")], "several entries"),
        ] {
            let told = of(length, &entries).expect_err(why);
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn what_may_be_cut_off_is_told() {
        let way = commit("c1", &["c0"]);
        let told = on(&[&way], &[entry(7, "", "")], false).expect_err("it may come later");
        assert!(told.contains("none of the first 1 entries"), "{told}");
    }

    #[test]
    fn a_merge_on_the_way_merges_the_entrys_own_head() {
        let squashed = commit("c2", &["c1"]);
        let entries = [entry(7, "c0", "c1"), entry(8, "c1", "c2")];
        let merged = |side: &str| on(&[&squashed, &commit("c1", &["c0", side])], &entries, true);
        assert_eq!(merged("own7"), Ok(vec![8, 7]));
        assert!(merged("own9").expect_err("somebody else's").contains("merges something else"));
        let octopus = commit("c1", &["c0", "own7", "own9"]);
        assert!(on(&[&octopus], &entries, true).is_err());
        let within = [&squashed, &commit("c1", &["c0", "own8"])];
        assert!(on(&within, &[entry(8, "c0", "c2")], true).is_err(), "a rebase has no merges");
    }
}
