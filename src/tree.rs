//! The text of a repository at one commit, behind one face: git objects, GitHub's API, or the work tree.
//!
//! Everything that decides is read through a `Tree`. Paths are relative to the judged directory, with forward
//! slashes; links, submodules and files above the size limit are refused, never followed.

/// The largest file that is read, in bytes. A snapshot of a large repository fits.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Why a tree could not answer.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The file or commit is not as it must be; what a person wrote is wrong.
    #[error("{0}")]
    Refused(String),
    /// The world did not answer.
    #[error("{0}")]
    Unreachable(String),
}

/// The files of a repository at one commit.
pub trait Tree {
    /// The commit's full id; none for a work tree.
    fn commit(&self) -> Option<&str>;

    /// Every file's path, sorted.
    ///
    /// # Errors
    /// When the tree cannot be listed.
    fn paths(&self) -> Result<Vec<String>, TreeError>;

    /// A file's bytes; none when there is no such file.
    ///
    /// # Errors
    /// When it cannot be read, is a link, or is larger than `MAX_FILE`.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError>;
}
