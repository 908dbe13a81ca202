//! What GitHub's API answers, cut to the fields that are read.
//!
//! A field that is always there in GitHub's own description is required, so that an answer of somebody else (a
//! proxy, a login page in JSON) is no answer. `github` turns these into its own words.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::label::WireLabel;
use super::{Comment, Status};

/// A user as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireUser {
    /// The name.
    pub(super) login: String,
}

/// A reference as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireRef {
    /// What it points at.
    pub(super) object: WireObject,
}

/// What a reference points at.
#[derive(Deserialize)]
pub(super) struct WireObject {
    /// Its id.
    pub(super) sha: String,
}

/// The head of a pull request as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireHead {
    /// The branch.
    #[serde(rename = "ref")]
    pub(super) name: String,
    /// The commit.
    pub(super) sha: String,
    /// The repository; none when it was deleted.
    #[serde(rename = "repo")]
    pub(super) home: Option<WireHome>,
}

/// The repository of a head as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireHome {
    /// Its id, which stays its own whatever its name becomes.
    pub(super) id: Option<u64>,
    /// `owner/name`.
    pub(super) full_name: String,
}

/// A pull request as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WirePull {
    /// Its head.
    pub(super) head: WireHead,
    /// Its base.
    pub(super) base: WireSide,
    /// `open` or `closed`.
    pub(super) state: String,
    /// When it was merged; null where it was not.
    pub(super) merged_at: Option<Timestamp>,
    /// How many files it changes.
    #[serde(default)]
    pub(super) changed_files: usize,
    /// When it changed last.
    pub(super) updated_at: Option<String>,
    /// Who opened it.
    pub(super) user: Option<WireUser>,
    /// Its labels.
    pub(super) labels: Vec<WireLabel>,
}

/// One side of a pull request as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireSide {
    /// The branch.
    #[serde(rename = "ref")]
    pub(super) name: String,
}

/// A comparison as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireCompare {
    /// The commit where the two histories part.
    pub(super) merge_base_commit: Option<WireObject>,
    /// The changed files, at most 300. GitHub lists them on the first page alone, and need not name them on others.
    pub(super) files: Option<Vec<WireFile>>,
}

/// A changed file as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireFile {
    /// Its path.
    pub(super) filename: String,
    /// Where it was before it was moved.
    pub(super) previous_filename: Option<String>,
}

/// A tree as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireTree {
    /// Its entries.
    pub(super) tree: Vec<WireEntry>,
    /// Whether the list was cut; an answer that does not say so is no answer.
    pub(super) truncated: bool,
}

/// A tree's entry as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireEntry {
    /// Its path.
    pub(super) path: String,
    /// Its mode in octal.
    pub(super) mode: String,
    /// Its id.
    pub(super) sha: String,
    /// Its size.
    pub(super) size: Option<u64>,
}

/// A comment as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireComment {
    /// Its id.
    pub(super) id: u64,
    /// Its text.
    pub(super) body: Option<String>,
    /// Where people see it.
    pub(super) html_url: String,
    /// Who wrote it.
    pub(super) user: Option<WireUser>,
    /// When GitHub took its text.
    pub(super) updated_at: Timestamp,
    /// Why somebody hid it; null, or not there on servers that do not say so, for one that is seen.
    #[serde(default)]
    pub(super) minimized: Option<IgnoredAny>,
}

impl From<WireComment> for Comment {
    fn from(wire: WireComment) -> Self {
        Self {
            id: wire.id,
            body: wire.body.unwrap_or_default(),
            url: wire.html_url,
            author: wire.user.map(|user| user.login),
            updated: wire.updated_at.as_second(),
            is_minimized: wire.minimized.is_some(),
        }
    }
}

/// A status as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireStatus {
    /// Its context.
    pub(super) context: String,
    /// What it says.
    pub(super) state: String,
    /// In words.
    pub(super) description: Option<String>,
    /// Where it leads.
    pub(super) target_url: Option<String>,
    /// When GitHub took it.
    pub(super) created_at: Timestamp,
    /// Who posted it; not said among the latest of each context, and null when the account is gone.
    pub(super) creator: Option<WireUser>,
}

impl From<WireStatus> for Status {
    fn from(wire: WireStatus) -> Self {
        Self {
            state: wire.state,
            description: wire.description.unwrap_or_default(),
            target: wire.target_url.unwrap_or_default(),
        }
    }
}
