//! What a person may do in the repository, and which teams of its organisation they are in.
//!
//! GitHub answers for a person who is nobody here and for what the token may not see with the same 404. Where it
//! matters the two are told apart by a second question, and never guessed.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::GitHub;
use super::call::{Call, GitHubError, encode};

/// A person's role in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name: `maintain`, or one that the organisation made.
    pub name: String,
    /// What it comes to at least: `admin`, `write`, `read` or `none`.
    pub base: String,
}

/// Whether a person is in a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// They are.
    Member,
    /// They are not, or have not accepted yet.
    Stranger,
    /// The token may not see the team, or there is none.
    Unseen,
}

/// What was heard of people already, for the rest of the run: the same few people label many pull requests.
#[derive(Default)]
pub(super) struct Heard {
    /// Roles by login.
    roles: RefCell<BTreeMap<String, Option<Role>>>,
    /// Memberships by team and login.
    memberships: RefCell<BTreeMap<(String, String), Membership>>,
}

/// A person's role as GitHub sends it.
#[derive(Deserialize)]
struct WireRole {
    /// Of the four that there were before roles had names.
    permission: String,
    /// The role's name.
    role_name: String,
}

/// A person's place in a team as GitHub sends it.
#[derive(Deserialize)]
struct WireMembership {
    /// `active`, or `pending` until they accept.
    state: String,
}

impl GitHub {
    /// The role of a person in the repository; none where GitHub knows of none.
    ///
    /// # Errors
    /// When the token may not ask, or GitHub does not answer.
    pub fn role(&self, login: &str) -> Result<Option<Role>, GitHubError> {
        if let Some(role) = self.heard.roles.borrow().get(login) {
            return Ok(role.clone());
        }
        let what = format!("read the role of {login}");
        let path = format!("{}/collaborators/{}/permission", self.root, encode(login, b""));
        let role = match self.line.send(Call::get(&path, &what)) {
            Ok(answer) => {
                let wire: WireRole = answer.json(&what)?;
                Some(Role { name: wire.role_name, base: wire.permission })
            }
            Err(GitHubError::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        self.heard.roles.borrow_mut().insert(login.to_owned(), role.clone());
        Ok(role)
    }

    /// Whether a person is in a team of the organisation that owns the repository; those of the teams below it are.
    ///
    /// # Errors
    /// When GitHub does not answer.
    pub fn membership(&self, team: &str, login: &str) -> Result<Membership, GitHubError> {
        let key = (team.to_owned(), login.to_owned());
        if let Some(membership) = self.heard.memberships.borrow().get(&key) {
            return Ok(*membership);
        }
        let membership = self.ask_membership(team, login)?;
        self.heard.memberships.borrow_mut().insert(key, membership);
        Ok(membership)
    }

    /// Asks whether a person is in a team.
    fn ask_membership(&self, team: &str, login: &str) -> Result<Membership, GitHubError> {
        let what = format!("read whether {login} is in the team {team}");
        let team = format!("/orgs/{}/teams/{}", encode(self.place().0, b""), encode(team, b""));
        let path = format!("{team}/memberships/{}", encode(login, b""));
        match self.line.send(Call::get(&path, &what)) {
            Ok(answer) => {
                let wire: WireMembership = answer.json(&what)?;
                Ok(if wire.state == "active" { Membership::Member } else { Membership::Stranger })
            }
            Err(GitHubError::NotFound(_)) => match self.line.send(Call::get(&team, &what)) {
                Ok(_) => Ok(Membership::Stranger),
                Err(error) => unseen(error),
            },
            Err(error) => unseen(error),
        }
    }
}

/// A team that the token may not see, as far as that is what an error says.
fn unseen(error: GitHubError) -> Result<Membership, GitHubError> {
    match error {
        GitHubError::NotFound(_) | GitHubError::NotAllowed(_) | GitHubError::Rejected { status: 403, .. } => {
            Ok(Membership::Unseen)
        }
        error @ (GitHubError::Address(_)
        | GitHubError::Unauthorized(_)
        | GitHubError::RateLimited { .. }
        | GitHubError::Rejected { .. }
        | GitHubError::Unreachable { .. }) => Err(error),
    }
}
