//! Whose commits a merge queue squashed or rebased, by what they change: for tokens that may not read the queue.
//!
//! A pull request brings some commits of the way if the files behind them are those before them with its own changes, each
//! where nobody else changed the same file. Names, modes and ids of all files are compared, so that what ships is what was
//! labelled, whoever put it into the queue; nothing that somebody could write is believed. Where a queue had to join
//! changes inside of one file, nothing is known by this.

use std::collections::BTreeMap;

use super::short;
use crate::github::{Belonging, Between, GitHub};

/// The most pull requests that are compared.
const MOST: usize = 10;

/// The mode of a directory, whose id follows from what is in it.
const DIRECTORY: i32 = 0o040_000;

/// A file: its mode and its id.
type File = (i32, String);

/// The files of a commit, by their paths.
type Files = BTreeMap<String, File>;

/// A file before and after a change; none where it is not there.
type Change = (Option<File>, Option<File>);

/// What a pull request changes, by the paths of files.
type Changes = BTreeMap<String, Change>;

/// The pull requests of a merge group, by their numbers, of some that could be; or why they are not known. The way leads
/// from the group's head down to where the histories part.
pub(super) fn pulls(
    github: &GitHub,
    possible: &[Belonging],
    way: &[&Between],
    fork: &str,
) -> Result<BTreeMap<u64, Belonging>, String> {
    if possible.len() > MOST {
        return Err(format!("more than {MOST} open pull requests have the label of a class"));
    }
    let mut before = files(github, fork)?;
    let changes = possible.iter().map(|pull| Ok((pull, changed(github, pull, fork, &before)?)));
    let (changes, unread): (Vec<_>, Vec<_>) = changes.partition(Result::is_ok);
    let changes: Vec<(&Belonging, Changes)> = changes.into_iter().filter_map(Result::ok).collect();
    let mut found = BTreeMap::new();
    let mut strange = None;
    for commit in way.iter().rev() {
        let after = files(github, &commit.id)?;
        let brought = changes.iter().find(|(_, changes)| lead(changes, &before, &after));
        if let Some((pull, _)) = brought {
            found.insert(pull.number, (*pull).clone());
            before = after;
            strange = None;
        } else {
            strange = strange.or(Some(commit));
        }
    }
    match (strange, unread.into_iter().find_map(Result::err)) {
        (None, _) => Ok(found),
        (Some(_), Some(why)) => Err(why),
        (Some(commit), None) => Err(format!(
            "commit {} changes something else than each pull request with the label of a class",
            short(&commit.id)
        )),
    }
}

/// What a pull request changes since its history and that of the branch part.
fn changed(github: &GitHub, pull: &Belonging, fork: &str, at_fork: &Files) -> Result<Changes, String> {
    let led = github
        .led(fork, &pull.head)
        .map_err(|error| format!("what pull request {} changes could not be read: {error}", pull.number))?;
    let new = files(github, &pull.head)?;
    if led.fork == fork {
        return Ok(changes(at_fork, &new));
    }
    Ok(changes(&files(github, &led.fork)?, &new))
}

/// The files of a commit.
fn files(github: &GitHub, commit: &str) -> Result<Files, String> {
    let (entries, is_whole) = github
        .tree(commit, true)
        .map_err(|error| format!("the files of commit {} could not be read: {error}", short(commit)))?;
    if !is_whole {
        return Err(format!("commit {} has more files than GitHub lists", short(commit)));
    }
    let entries = entries.into_iter().filter(|entry| entry.mode != DIRECTORY);
    Ok(entries.map(|entry| (entry.path, (entry.mode, entry.id))).collect())
}

/// What differs between the files of two commits.
fn changes(old: &Files, new: &Files) -> Changes {
    let paths = old.keys().chain(new.keys());
    let both = paths.map(|path| (path.clone(), (old.get(path).cloned(), new.get(path).cloned())));
    both.filter(|(_, (was, is))| was != is).collect()
}

/// Whether changes lead from some files to others, and nothing else does.
fn lead(changes: &Changes, before: &Files, after: &Files) -> bool {
    let others = |files: &Files| -> Files {
        let others = files.iter().filter(|(path, _)| !changes.contains_key(*path));
        others.map(|(path, file)| (path.clone(), file.clone())).collect()
    };
    let is_made = |(path, (was, is)): (&String, &Change)| {
        let there = before.get(path);
        (there == was.as_ref() || there == is.as_ref()) && after.get(path) == is.as_ref()
    };
    before != after && changes.iter().all(is_made) && others(before) == others(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files by their paths and contents; an `x` before the content makes it a program.
    fn files<const N: usize>(texts: [(&str, &str); N]) -> Files {
        let file = |text: &str| match text.strip_prefix('x') {
            Some(id) => (0o100_755, id.to_owned()),
            None => (0o100_644, text.to_owned()),
        };
        texts.into_iter().map(|(path, text)| (path.to_owned(), file(text))).collect()
    }

    /// Whether a pull request that makes `new` of `old` leads from `before` to `after`.
    fn leads(old: &Files, new: &Files, before: &Files, after: &Files) -> bool {
        lead(&changes(old, new), before, after)
    }

    #[test]
    fn a_pull_request_leads_where_its_changes_do() {
        let old = files([("a", "1"), ("b", "1"), ("c", "1")]);
        let new = files([("a", "2"), ("b", "1"), ("d", "1")]);
        assert!(leads(&old, &new, &old, &new));
        let (before, after) =
            (files([("a", "1"), ("b", "9"), ("c", "1")]), files([("a", "2"), ("b", "9"), ("d", "1")]));
        assert!(leads(&old, &new, &before, &after), "others changed other files");
        let (before, after) =
            (files([("a", "2"), ("b", "1"), ("c", "1")]), files([("a", "2"), ("b", "1"), ("d", "1")]));
        assert!(leads(&old, &new, &before, &after), "a part of it is there already");
    }

    #[test]
    fn whatever_else_changes_is_somebody_elses() {
        let (old, new) = (files([("a", "1"), ("b", "1")]), files([("a", "2"), ("b", "1")]));
        for (after, why) in [
            (files([("a", "2"), ("b", "2")]), "another file"),
            (files([("a", "2"), ("b", "1"), ("c", "1")]), "one more"),
            (files([("a", "2")]), "one fewer"),
            (files([("a", "3"), ("b", "1")]), "another content"),
            (files([("a", "x2"), ("b", "1")]), "another mode"),
            (files([("a", "2"), ("b", "x1")]), "another mode elsewhere"),
            (files([("a", "1"), ("b", "1")]), "nothing"),
        ] {
            assert!(!leads(&old, &new, &old, &after), "{why}");
        }
    }

    #[test]
    fn what_somebody_else_changed_in_the_same_file_is_not_undone() {
        let (old, new) = (files([("a", "1")]), files([("a", "2")]));
        assert!(!leads(&old, &new, &files([("a", "9")]), &new));
        assert!(!leads(&old, &new, &files([]), &new), "nor what was deleted brought back");
        assert!(!leads(&old, &old, &old, &old), "and who changes nothing brings nothing");
        assert!(!leads(&old, &old, &old, &new));
    }
}
