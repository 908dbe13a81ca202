//! The repository itself.

use serde::Deserialize;

use super::GitHub;
use super::call::{Call, GitHubError};

/// A repository as GitHub sends it.
#[derive(Deserialize)]
struct WireRepository {
    /// The branch that everything starts from.
    default_branch: String,
}

impl GitHub {
    /// The name of the default branch.
    ///
    /// # Errors
    /// When GitHub does not answer, or not about a repository.
    pub fn default_branch(&self) -> Result<String, GitHubError> {
        let what = "read the repository";
        let found: WireRepository = self.line.send(Call::get(&self.root, what))?.json(what)?;
        Ok(found.default_branch)
    }
}
