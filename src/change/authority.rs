//! By whose authority a change is of a class: labels of pull requests, and what GitHub knows of those who set them.
//!
//! One call reads the labels. Only where one of them claims a class is more asked: the timeline, once for all labels,
//! then for each label the role of whoever set it, the teams that the class names, and once who wrote the commits and since
//! when the head is there, by one call or two. What GitHub does not answer makes a claim count for nothing; nothing here
//! ends a run.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::claim::{self, Claim, Claims, Refusal};
use super::sighting::Sighting;
use crate::github::{GitHub, GitHubError, Labelled, Membership, Origin, Since};
use crate::settings::{ChangeClass, Settings};

/// A pull request that bears labels, as GitHub has it.
#[derive(Debug, Clone, Copy)]
pub struct Bearer<'a> {
    /// Its number.
    pub number: u64,
    /// The full id of the head commit that is judged.
    pub head: &'a str,
    /// The head branch; none where that is not known any more.
    pub origin: Option<&'a Origin>,
    /// Who opened it.
    pub author: Option<&'a str>,
    /// The names of its labels.
    pub labels: &'a [String],
}

/// The claims of pull requests that ship together; mostly of one.
#[must_use]
pub fn of(github: &GitHub, settings: &Settings, pulls: &[u64]) -> Claims {
    if settings.changes.is_empty() {
        return Claims::default();
    }
    let read = |number: u64| match github.pull(number) {
        Ok(pull) => {
            let (author, origin) = (pull.author.as_deref(), pull.origin.as_ref());
            let bearer = Bearer { number, head: &pull.head, origin, author, labels: &pull.labels };
            of_labels(github, settings, &bearer)
        }
        Err(error) => {
            let why = format!("the labels of pull request {number} could not be read: {error}");
            Claims { claims: Vec::new(), unread: Some(why) }
        }
    };
    let each: Vec<Claims> = pulls.iter().map(|number| read(*number)).collect();
    Claims::shared(&each)
}

/// The claims of a pull request of which GitHub has said who opened it and which labels it has.
#[must_use]
pub fn of_labels(github: &GitHub, settings: &Settings, bearer: &Bearer<'_>) -> Claims {
    let (pull, author) = (bearer.number, bearer.author);
    let claimed = settings.changes.iter().filter_map(|(name, class)| {
        let label = bearer.labels.iter().find(|label| class.is_claimed_by(label))?;
        Some((name.as_str(), class, label.as_str()))
    });
    let claimed: Vec<(&str, &ChangeClass, &str)> = claimed.collect();
    if claimed.is_empty() {
        return Claims::default();
    }
    let place = |label: &str| claimed.iter().position(|(_, class, _)| class.is_claimed_by(label));
    let history = github.labelled(pull, claimed.len(), place);
    let sighting = Sighting::of(github, pull, bearer.head, bearer.origin);
    let writers = OnceCell::new();
    let wrote = |login: &str| written_by(writers.get_or_init(|| github.writers(pull)), login);
    let mut claims = Vec::new();
    for (index, (name, class, label)) in claimed.iter().enumerate() {
        let event = match &history {
            Ok(found) => Ok((found.labels.get(index).and_then(Option::as_ref), found.grown_since)),
            Err(error) => Err(Refusal::Unknown(error.to_string())),
        };
        let set = event.as_ref().ok().and_then(|(event, _)| *event);
        let mut claim = Claim {
            pull,
            class: (*name).to_owned(),
            label: (*label).to_owned(),
            set_by: set.and_then(|event| event.actor.as_ref()).map(|actor| actor.login.clone()),
            at: set.map(|event| event.at),
            role: None,
            refused: None,
            granted_by: class.granted_by.words(),
            second_person: class.second_person,
        };
        claim.refused = match event {
            Ok((event, grown_since)) => listed(&sighting, event)
                .or_else(|| refused(github, class, event, author, &mut claim.role))
                .or_else(|| wrote(claim.set_by.as_deref().filter(|_| class.second_person)?))
                .or_else(|| {
                    let unseen = |event: &Labelled| sighting.refused(event.at, grown_since);
                    event.map_or(Some(Refusal::Unset), unseen)
                }),
            Err(unknown) => Some(unknown),
        };
        claims.push(claim);
    }
    Claims { claims, unread: None }
}

/// Why a second person is none: they wrote some of what the pull request brings, or nobody knows.
fn written_by(writers: &Result<Option<BTreeSet<String>>, GitHubError>, login: &str) -> Option<Refusal> {
    match writers {
        Err(error) => Some(Refusal::Unknown(error.to_string())),
        Ok(None) => Some(Refusal::TooManyCommits),
        Ok(Some(writers)) => {
            writers.iter().any(|writer| writer.eq_ignore_ascii_case(login)).then_some(Refusal::Writer)
        }
    }
}

/// Why a label does not count that a commit is listed after. It may have been pushed earlier all the same, which only the
/// head branch can show.
fn listed(sighting: &Sighting<'_>, event: Option<&Labelled>) -> Option<Refusal> {
    let event = event.filter(|event| event.set && event.since == Some(Since::Listed))?;
    (!sighting.is_certain(event.at)).then_some(Refusal::Pushed)
}

/// Why a label does not count, by the newest event that is about it; the role of whoever set it is kept.
fn refused(
    github: &GitHub,
    class: &ChangeClass,
    event: Option<&Labelled>,
    author: Option<&str>,
    role: &mut Option<String>,
) -> Option<Refusal> {
    let Some(event) = event else { return Some(Refusal::Unset) };
    if !event.set {
        return Some(Refusal::TakenOff);
    }
    match event.since {
        None | Some(Since::Listed) => {}
        Some(Since::TakenOff) => return Some(Refusal::Doubtful),
        Some(Since::Replaced) => return Some(Refusal::Pushed),
        Some(Since::Retargeted) => return Some(Refusal::Retargeted),
    }
    if event.through_app {
        return Some(Refusal::ThroughApp);
    }
    if let Some(refusal) = claim::nobody_else(class, event.actor.as_ref(), author) {
        return Some(refusal);
    }
    let Some(actor) = &event.actor else { return Some(Refusal::Gone) };
    if let Some(needs) = class.granted_by.role {
        let has = match github.role(&actor.login) {
            Ok(has) => has,
            Err(error) => return Some(Refusal::Unknown(error.to_string())),
        };
        *role = has.as_ref().map(|has| has.name.clone());
        if let Some(refusal) = claim::too_low(needs, has.as_ref()) {
            return Some(refusal);
        }
    }
    for team in &class.granted_by.teams {
        match github.membership(team, &actor.login) {
            Ok(Membership::Member) => {}
            Ok(Membership::Stranger) => return Some(Refusal::Team(team.clone())),
            Ok(Membership::Unseen) => return Some(Refusal::TeamUnseen(team.clone())),
            Err(error) => return Some(Refusal::Unknown(error.to_string())),
        }
    }
    None
}
