//! In whose name the token acts: asked where it may be, likely at first where it may not, and certain once something
//! was written.
//!
//! The token of an installation may not read `/user`, but GraphQL's `viewer` answers it. That is one more call, so it is
//! made only where words of somebody could be taken for ours, or ours for somebody's.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::call::{Call, GRAPHQL, GitHubError, Verb};
use super::wire::WireUser;

/// The bot in whose name the token of a workflow run acts.
const ACTIONS_BOT: &str = "github-actions[bot]";

/// How long asking for certainty may take.
const ASKING: Duration = Duration::from_secs(5);

/// In whose name the token acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The login: `mona`, `github-actions[bot]`.
    pub login: String,
    /// False when it is only likely, because the token may not ask.
    pub certain: bool,
}

impl Identity {
    /// Whether this is the login that wrote something, as far as is known.
    #[must_use]
    pub fn is(&self, author: Option<&str>) -> bool {
        author.is_some_and(|author| author.eq_ignore_ascii_case(&self.login))
    }
}

/// Whether an account is an app's: no person has such a name.
#[must_use]
pub fn is_bot(login: Option<&str>) -> bool {
    login.is_some_and(|login| login.ends_with("[bot]"))
}

/// What is known of ourselves.
#[derive(Default)]
pub(super) struct Known {
    /// In whose name the token acts, once that was asked or seen.
    identity: RefCell<Option<Identity>>,
    /// The viewer was asked for.
    is_asked: Cell<bool>,
}

/// The answer to the question for the viewer.
#[derive(Deserialize)]
struct WireAnswer {
    /// None where GraphQL only answers with errors.
    data: Option<WireViewer>,
}

/// The viewer as GraphQL sends it.
#[derive(Deserialize)]
struct WireViewer {
    /// Who asks.
    viewer: WireUser,
}

impl GitHub {
    /// In whose name the token acts. A workflow's own token may not ask and acts as the bot of GitHub Actions;
    /// whether that is so shows when it first writes.
    ///
    /// # Errors
    /// When GitHub does not answer or refuses the token.
    pub fn whoami(&self) -> Result<Identity, GitHubError> {
        if let Some(identity) = self.known.identity.borrow().as_ref() {
            return Ok(identity.clone());
        }
        let likely = Identity { login: ACTIONS_BOT.to_owned(), certain: false };
        let what = "say who the token is";
        let identity = if self.is_installation {
            likely
        } else {
            match self.line.send(Call::get("/user", what)) {
                Ok(answer) => Identity { login: answer.json::<WireUser>(what)?.login, certain: true },
                Err(
                    GitHubError::NotAllowed(_)
                    | GitHubError::Rejected { status: 403, .. }
                    | GitHubError::NotFound(_),
                ) => likely,
                Err(error) => return Err(error),
            }
        };
        *self.known.identity.borrow_mut() = Some(identity.clone());
        Ok(identity)
    }

    /// In whose name the token acts, as far as that is certain without a call.
    #[must_use]
    pub fn known(&self) -> Option<Identity> {
        self.known.identity.borrow().clone().filter(|identity| identity.certain)
    }

    /// In whose name the token acts, beyond doubt; none when GitHub does not say. It is asked at most once.
    #[must_use]
    pub fn certainly(&self) -> Option<Identity> {
        let asked = self.within(ASKING, || self.whoami()).ok().filter(|identity| identity.certain);
        if asked.is_some() || self.known.is_asked.replace(true) {
            return asked;
        }
        let what = "say who the token is";
        let query = json!({ "query": "{ viewer { login } }" });
        let answer = self
            .within(ASKING, || self.line.send(Call::get(GRAPHQL, what).sending(Verb::Ask, &query)))
            .and_then(|answer| answer.json::<WireAnswer>(what));
        self.learn(answer.ok().and_then(|answer| answer.data).map(|data| data.viewer.login).as_deref());
        self.known()
    }

    /// The author of what was just written is who we are, whatever the token could say about it.
    pub(super) fn learn(&self, author: Option<&str>) {
        if let Some(login) = author {
            let identity = Identity { login: login.to_owned(), certain: true };
            *self.known.identity.borrow_mut() = Some(identity);
        }
    }
}
