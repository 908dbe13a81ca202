//! Deployments: what went into an environment, and when.
//!
//! GitHub makes one of every job that names an environment, and whoever may write deployments can make others. One
//! counts as carried out when any of its statuses says success: a newer one turns the statuses of the older inactive.

use jiff::Timestamp;
use serde::Deserialize;

use super::call::{Call, GitHubError, encode};
use super::{GitHub, PAGE, full_id};

/// The most deployments of an environment that are looked at, newest first.
const LOOKED_AT: usize = 30;

/// A deployment that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The full id of the commit that was deployed.
    pub commit: String,
    /// When it was asked for.
    pub at: Timestamp,
}

/// A deployment as GitHub sends it.
#[derive(Deserialize)]
struct WireDeployment {
    /// Its id.
    id: u64,
    /// The commit.
    sha: String,
    /// When it was asked for.
    created_at: Timestamp,
}

/// A status of a deployment as GitHub sends it.
#[derive(Deserialize)]
struct WireDeploymentStatus {
    /// What became of it.
    state: String,
}

impl GitHub {
    /// The deployments into an environment that were carried out, newest first, as long as they are `wanted`; false
    /// beside them where there may be more of them, which were not looked at.
    ///
    /// # Errors
    /// When the token may not read deployments, or GitHub does not answer.
    pub fn deployments(
        &self,
        environment: &str,
        mut wanted: impl FnMut(&[Deployment], &Deployment) -> bool,
    ) -> Result<(Vec<Deployment>, bool), GitHubError> {
        let what = "list the deployments";
        let path =
            format!("{}/deployments?environment={}&per_page={PAGE}", self.root, encode(environment, b""));
        let listed: Vec<WireDeployment> = self.line.send(Call::get(&path, what))?.json(what)?;
        let mut done = Vec::new();
        for (place, found) in listed.into_iter().enumerate() {
            let next = Deployment { commit: full_id(found.sha, what)?, at: found.created_at };
            if !wanted(&done, &next) {
                return Ok((done, true));
            }
            if place >= LOOKED_AT {
                return Ok((done, false));
            }
            if self.was_carried_out(found.id)? {
                done.push(next);
            }
        }
        Ok((done, true))
    }

    /// Whether a deployment was carried out.
    fn was_carried_out(&self, id: u64) -> Result<bool, GitHubError> {
        let what = "read what became of a deployment";
        let (statuses, _) =
            self.list::<WireDeploymentStatus>(&format!("/deployments/{id}/statuses"), what, 1)?;
        Ok(statuses.iter().any(|status| status.state == "success"))
    }
}
