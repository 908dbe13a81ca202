//! Comments on an issue or a pull request: listed to the end, written, replaced, deleted.
//!
//! A creation is never sent twice, because the comment would be there twice: after a failure the comments are listed
//! again. One that is gone already is no failure to delete.

use serde_json::json;

use super::call::{Call, GitHubError, Verb};
use super::wire::WireComment;
use super::{GitHub, MAX_PAGES, PAGE};

/// A comment on an issue or a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its id; older comments have smaller ones.
    pub id: u64,
    /// Its text.
    pub body: String,
    /// Where people see it.
    pub url: String,
    /// Who wrote it; none when the account is gone.
    pub author: Option<String>,
    /// When GitHub took its text, in seconds since the epoch.
    pub updated: i64,
    /// Somebody hid it.
    pub is_minimized: bool,
}

impl GitHub {
    /// All comments on an issue or a pull request.
    ///
    /// # Errors
    /// When GitHub does not answer, or there are more than 5,000.
    pub fn comments(&self, issue: u64) -> Result<Vec<Comment>, GitHubError> {
        let what = "list the comments";
        let (found, complete) =
            self.list::<WireComment>(&format!("/issues/{issue}/comments"), what, MAX_PAGES)?;
        if !complete {
            let why = format!("there are more than {}", PAGE * MAX_PAGES);
            return Err(GitHubError::Unreachable { what: what.to_owned(), why });
        }
        Ok(found.into_iter().map(Comment::from).collect())
    }

    /// Writes a comment. It is never sent twice: after a failure the comments must be listed again.
    ///
    /// # Errors
    /// When the token may not, GitHub declines, or does not answer.
    pub fn create_comment(&self, issue: u64, body: &str) -> Result<Comment, GitHubError> {
        let what = "write a comment";
        let path = format!("{}/issues/{issue}/comments", self.root);
        let body = json!({ "body": body });
        let found: WireComment =
            self.line.send(Call::get(&path, what).sending(Verb::Create, &body))?.json(what)?;
        self.learn(found.user.as_ref().map(|user| user.login.as_str()));
        Ok(found.into())
    }

    /// Replaces a comment's text.
    ///
    /// # Errors
    /// When the token may not, the comment is gone, GitHub declines, or does not answer.
    pub fn update_comment(&self, id: u64, body: &str) -> Result<Comment, GitHubError> {
        let what = "update the comment";
        let path = format!("{}/issues/comments/{id}", self.root);
        let body = json!({ "body": body });
        let found: WireComment =
            self.line.send(Call::get(&path, what).sending(Verb::Update, &body))?.json(what)?;
        Ok(found.into())
    }

    /// Deletes a comment; one that is gone already is no failure.
    ///
    /// # Errors
    /// When the token may not, GitHub declines, or does not answer.
    pub fn delete_comment(&self, id: u64) -> Result<(), GitHubError> {
        let path = format!("{}/issues/comments/{id}", self.root);
        match self.line.send(Call { verb: Verb::Delete, ..Call::get(&path, "delete a comment") }) {
            Ok(_) | Err(GitHubError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
