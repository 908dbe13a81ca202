//! The latest status of many commits, each in a context of its own, in one call.
//!
//! GraphQL names the account of an app without the `[bot]` that it has everywhere else, and says by its type that it is
//! one: only what GitHub itself calls a bot is given the name of one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::query::Inquiry;
use super::{Dated, GitHub, Status};
use crate::git;

/// Commits of one question.
pub const STANDINGS: usize = 100;

/// What an app's account is called by its type.
const BOT: &str = "Bot";

/// A commit as GraphQL sends it.
#[derive(Deserialize)]
struct WireCommit {
    /// Its id; it has none where it is no commit.
    oid: String,
    /// Its statuses; null when it has none.
    status: Option<WireStatuses>,
}

/// The statuses of a commit as GraphQL sends them.
#[derive(Deserialize)]
struct WireStatuses {
    /// The latest of a context; null when there is none.
    context: Option<WireContext>,
}

/// A status as GraphQL sends it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireContext {
    /// Its name.
    context: String,
    /// What it says, in capitals.
    state: String,
    /// In words.
    description: Option<String>,
    /// Where it leads.
    target_url: Option<String>,
    /// When GitHub took it.
    created_at: Timestamp,
    /// Who posted it; null when the account is gone.
    creator: Option<WireActor>,
}

/// An account as GraphQL sends it.
#[derive(Deserialize)]
struct WireActor {
    /// Its type.
    #[serde(rename = "__typename")]
    kind: String,
    /// Its name.
    login: String,
}

impl WireActor {
    /// The login as everybody else writes it.
    fn login(self) -> String {
        if self.kind == BOT && !self.login.ends_with("[bot]") {
            return format!("{}[bot]", self.login);
        }
        self.login
    }
}

impl From<WireContext> for Dated {
    fn from(wire: WireContext) -> Self {
        let status = Status {
            state: wire.state.to_ascii_lowercase(),
            description: wire.description.unwrap_or_default(),
            target: wire.target_url.unwrap_or_default(),
        };
        Self { status, created: wire.created_at.as_second(), creator: wire.creator.map(WireActor::login) }
    }
}

impl GitHub {
    /// The latest status of each of these contexts of commits, by both, as far as one call says: what is not in it is not
    /// known, and none is one that there is not.
    #[must_use]
    pub fn standing(&self, asked: &[(String, String)]) -> BTreeMap<(String, String), Option<Dated>> {
        let asked: Vec<_> = asked.iter().filter(|(commit, _)| git::is_full_id(commit)).collect();
        let mut inquiry = Inquiry::default();
        for (commit, context) in &asked {
            let context = inquiry.text(context);
            inquiry.add(&format!(
                "object(oid: \"{commit}\") {{ ... on Commit {{ oid status {{ context(name: {context}) {{ \
                 context state description targetUrl createdAt creator {{ __typename login }} }} }} }} }}"
            ));
        }
        let found = self.ask::<WireCommit>("read the commits' statuses", &inquiry);
        let known = asked.into_iter().zip(found).filter_map(|(gate, found)| {
            let (found, (commit, context)) = (found?, gate);
            if !found.oid.eq_ignore_ascii_case(commit) {
                return None;
            }
            let latest = found.status.and_then(|status| status.context);
            let is_it = latest.as_ref().is_none_or(|latest| latest.context == *context);
            is_it.then(|| (gate.clone(), latest.map(Dated::from)))
        });
        known.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_github_calls_a_bot_has_the_name_of_one() {
        for (kind, login, name) in [
            ("Bot", "github-actions", "github-actions[bot]"),
            ("Bot", "github-actions[bot]", "github-actions[bot]"),
            ("User", "github-actions", "github-actions"),
            ("Mannequin", "mona", "mona"),
        ] {
            let actor = WireActor { kind: kind.to_owned(), login: login.to_owned() };
            assert_eq!(actor.login(), name);
        }
    }
}
