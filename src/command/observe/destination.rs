//! Where observations are left: printed, in a file, at an address, or on a branch.
//!
//! It is known before anything is asked, so that what is wrong with it is told at once, and whatever is left is left
//! whole: a file is renamed into its place, an address gets one request, a branch one commit.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::Observe;
use crate::command::World;
use crate::command::judge::Stop;
use crate::command::watch::named;
use crate::git::Repository;
use crate::http::{Address, Client, Credentials, Limits, Response};
use crate::settings::{self, Observers};
use crate::tree;

/// A place for observations.
pub(super) enum Destination {
    /// Standard output.
    Printed,
    /// A file: as it was named, and where it lies.
    File(PathBuf, PathBuf),
    /// An address, and who brings something there.
    Address(Address, Credentials),
    /// A file on a branch of a repository.
    Branch {
        /// The repository.
        repository: Repository,
        /// The branch.
        branch: String,
        /// The file.
        path: String,
    },
}

impl Destination {
    /// The place that the command line names; `root` is the directory that has the settings.
    ///
    /// # Errors
    /// When it cannot be one.
    pub(super) fn read(
        observe: &Observe,
        observers: &Observers,
        root: &Path,
        world: &World,
    ) -> Result<Self, Stop> {
        if let Some(path) = &observe.output {
            return Ok(Self::File(path.clone(), world.directory.join(path)));
        }
        if let Some(url) = &observe.put {
            let credentials = named::credentials("SLOGATE_PUT", world).map_err(Stop::Usage)?;
            let address = Address::for_credentials(url, &credentials);
            let address = address.map_err(|error| Stop::Usage(format!("`--put`: {error}")))?;
            if !address.is_safe_for_secrets() {
                let why = "what is put there could be changed on the way; use `https://`, or `http://` on this machine";
                return Err(Stop::Usage(format!("`{address}`: {why}")));
            }
            return Ok(Self::Address(address, credentials));
        }
        if !observe.branch {
            return Ok(Self::Printed);
        }
        let Some(branch) = observers.branch.clone() else {
            let message = format!("{} names no `branch` under `source.observations`", settings::FILE);
            return Err(Stop::Usage(message));
        };
        let repository = Repository::open(root).map_err(|error| Stop::Usage(error.to_string()))?;
        let nowhere = || Stop::Usage("there is no git repository to write a branch to".to_owned());
        let (repository, path) = (repository.ok_or_else(nowhere)?, observers.path.clone());
        repository.free(&branch, &path).map_err(|error| Stop::Usage(error.to_string()))?;
        Ok(Self::Branch { repository, branch, path })
    }

    /// What lies there already, or may, in words; none where nothing can be lost.
    ///
    /// # Errors
    /// Why it cannot be looked at.
    pub(super) fn is_taken(&self) -> Result<Option<String>, String> {
        Ok(match self {
            Self::Printed => None,
            Self::File(named, path) => path.exists().then(|| format!("`{}` stays as it is", named.display())),
            // Whoever may put something there may not be allowed to look.
            Self::Address(address, _) => Some(format!("what may lie at `{address}` stays as it is")),
            Self::Branch { repository, branch, .. } => {
                let tip = repository.tip_of(branch).map_err(|error| error.to_string())?;
                tip.map(|_| format!("the branch `{branch}` stays as it is"))
            }
        })
    }

    /// Leaves a document there, as of an instant, and says where; nothing where it is still to be printed.
    ///
    /// # Errors
    /// Why it could not be left.
    pub(super) fn leave(&self, text: &str, now: Timestamp, limits: Limits) -> Result<Option<String>, String> {
        match self {
            Self::Printed => Ok(None),
            Self::File(named, path) => {
                let written = tree::write_file(path, text.as_bytes());
                written.map_err(|error| format!("`{}`: {error}", named.display()))?;
                Ok(Some(format!("written to {}", named.display())))
            }
            Self::Address(address, credentials) => put(address, credentials.clone(), text, limits).map(Some),
            Self::Branch { repository, branch, path } => {
                let id = repository.leave(branch, path, text.as_bytes(), now.as_second());
                let id = id.map_err(|error| error.to_string())?;
                let short = id.get(..7).unwrap_or(&id);
                Ok(Some(format!(
                    "committed to {branch} @ {short}; `git push --force origin {branch}` brings it to the gates"
                )))
            }
        }
    }
}

/// Lays a document at an address.
fn put(address: &Address, credentials: Credentials, text: &str, limits: Limits) -> Result<String, String> {
    // Its time begins when there is something to bring.
    let client = Client::new(limits).map_err(|error| error.to_string())?;
    let put = address.put("application/json", text.as_bytes().to_vec(), credentials);
    let Response { status, .. } = client.put(&put).map_err(|error| error.to_string())?;
    match status {
        200..300 => Ok(format!("put at {address}")),
        401 | 403 => Err(format!(
            "`{address}` answered {status}: it wants other credentials (SLOGATE_PUT_TOKEN, _USER, _HEADERS)"
        )),
        _ => Err(format!("`{address}` answered {status}")),
    }
}
