//! What git keeps, through the API: branches, commits and trees, by their ids.
//!
//! Everything is asked for by a full id once a name is resolved.

use super::call::{Call, Form, GitHubError, encode};
use super::wire::{WireRef, WireTree};
use super::{GitHub, full_id};

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path below the tree that was asked for.
    pub path: String,
    /// Its mode, as git writes it in octal.
    pub mode: i32,
    /// Its id.
    pub id: String,
    /// Its size in bytes, where it is a file.
    pub size: Option<u64>,
}

impl GitHub {
    /// The full id of a branch's tip.
    ///
    /// # Errors
    /// When there is no such branch, or GitHub does not answer.
    pub fn tip(&self, branch: &str) -> Result<String, GitHubError> {
        let what = format!("find the branch `{branch}`");
        let path = format!("{}/git/ref/heads/{}", self.root, encode(branch, b"/"));
        let found: WireRef = self.line.send(Call::get(&path, &what))?.json(&what)?;
        full_id(found.object.sha, &what)
    }

    /// The full id of the commit that a branch, a tag or an id stands for.
    ///
    /// # Errors
    /// When there is no such commit, or GitHub does not answer.
    pub fn resolve(&self, name: &str) -> Result<String, GitHubError> {
        let what = format!("find the commit `{name}`");
        let path = format!("{}/commits/{}", self.root, encode(name, b"/"));
        match self.line.send(Call { form: Form::Id, ..Call::get(&path, &what) }) {
            Ok(answer) => full_id(String::from_utf8_lossy(&answer.body).trim().to_owned(), &what),
            // GitHub answers 422 for a name that stands for no commit.
            Err(GitHubError::Rejected { status: 422, .. }) => Err(GitHubError::NotFound(what)),
            Err(error) => Err(error),
        }
    }

    /// The entries of a tree or of a commit's tree; with everything below it, or only its own. False when GitHub
    /// cut the list.
    ///
    /// # Errors
    /// When there is no such tree, or GitHub does not answer.
    pub fn tree(&self, id: &str, recursive: bool) -> Result<(Vec<Entry>, bool), GitHubError> {
        let what = format!("list the files of `{id}`");
        let query = if recursive { "?recursive=1" } else { "" };
        let path = format!("{}/git/trees/{}{query}", self.root, encode(id, b""));
        let found: WireTree = self.line.send(Call::get(&path, &what))?.json(&what)?;
        let entries = found.tree.into_iter().map(|entry| {
            let mode = i32::from_str_radix(&entry.mode, 8).unwrap_or(0);
            Entry { path: entry.path, mode, id: entry.sha, size: entry.size }
        });
        Ok((entries.collect(), !found.truncated))
    }
}
