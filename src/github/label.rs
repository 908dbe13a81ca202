//! Who set the labels of a pull request: the newest event of each in its timeline.
//!
//! The timeline begins with the oldest event and may be long, so its last page is read first, and then backwards until
//! every label has been met. Labels are told by the names that they had when they were set: one that was renamed since
//! is not met again, so nobody can rename their way to a label that somebody else once set. Nor can anybody keep by
//! renaming what was taken back: a label that is taken off after another may be that other one under a new name.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::call::{Call, GitHubError, Next};
use super::{GitHub, MAX_PAGES, PAGE};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The login.
    pub login: String,
    /// An account of a person; false for an app's.
    pub is_person: bool,
}

/// What happened to a pull request after a label was set, by their places in its timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Another label was taken off, or this one under another name.
    TakenOff,
    /// The head was replaced.
    Replaced,
    /// Commits are listed. GitHub places them by the date that their committers wrote, so that their place alone shows
    /// neither that they came later nor, where there are none, that nothing came.
    Listed,
    /// It was pointed at another base branch.
    Retargeted,
}

/// What a timeline says of labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The newest event of each label that was asked for, as far as there is one.
    pub labels: Vec<Option<Labelled>>,
    /// Since when the head has only grown, as far as what was read of the timeline shows; none where it always has.
    pub grown_since: Option<Timestamp>,
}

/// The newest event of a label on a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The label's name, as it was then.
    pub label: String,
    /// It was set; false when it was taken off.
    pub set: bool,
    /// Who did it; none when the account is gone.
    pub actor: Option<Actor>,
    /// When.
    pub at: Timestamp,
    /// An app did it in their name.
    pub through_app: bool,
    /// What makes it out of date, of what happened since.
    pub since: Option<Since>,
}

/// An event of a timeline as GitHub sends it; every sort of event has other fields.
#[derive(Deserialize)]
struct WireEvent {
    /// Its sort.
    event: Option<String>,
    /// The label that it is about.
    label: Option<WireLabel>,
    /// Who did it.
    actor: Option<WireActor>,
    /// When.
    created_at: Option<Timestamp>,
    /// The app that did it in somebody's name.
    performed_via_github_app: Option<IgnoredAny>,
}

/// A label as GitHub sends it.
#[derive(Deserialize)]
pub(super) struct WireLabel {
    /// Its name.
    pub(super) name: String,
}

/// Who did something, as GitHub sends it.
#[derive(Deserialize)]
struct WireActor {
    /// The login.
    login: String,
    /// `User`, `Bot`.
    #[serde(rename = "type")]
    kind: String,
}

/// The account that stands for all that are gone.
const GHOST: &str = "ghost";

impl GitHub {
    /// What happened to each label that `wanted` asks for. `wanted` answers which of the
    /// labels that are asked for a name stands for, by its place among them; `count` is how many there are.
    ///
    /// # Errors
    /// When there is no such pull request, when its timeline is too long, or when GitHub does not answer.
    pub fn labelled(
        &self,
        number: u64,
        count: usize,
        wanted: impl Fn(&str) -> Option<usize>,
    ) -> Result<History, GitHubError> {
        let what = format!("read who labelled pull request {number}");
        let first = format!("{}/issues/{number}/timeline?per_page={PAGE}&page=1", self.root);
        let mut left = MAX_PAGES;
        let mut page = |path: &str| {
            let stop = |why: &str| GitHubError::Unreachable { what: what.clone(), why: why.to_owned() };
            left = left.checked_sub(1).ok_or_else(|| stop("its timeline is too long"))?;
            let answer = self.line.send(Call::get(path, &what))?;
            if answer.leads_elsewhere() {
                return Err(stop("its list goes on at another address, and the token goes nowhere else"));
            }
            Ok((answer.json::<Vec<WireEvent>>(&what)?, answer))
        };
        let (oldest, answer) = page(&first)?;
        let mut newest_first: Vec<Vec<WireEvent>> = Vec::new();
        // Whoever names no last page is read forwards.
        let mut forwards = if let Next::Path(_) = answer.last { answer.last } else { answer.next };
        let mut backwards = Next::Nowhere;
        while let Next::Path(path) = forwards {
            let (events, answer) = page(&path)?;
            if newest_first.is_empty() {
                backwards = answer.previous;
            }
            newest_first.insert(0, events);
            // What was the last page a moment ago may not be it any more.
            forwards = answer.next;
        }
        let mut is_whole = true;
        while let Next::Path(path) = backwards {
            if newest(&newest_first, count, &wanted).iter().all(Option::is_some) {
                is_whole = false;
                break;
            }
            let (events, answer) = page(&path)?;
            newest_first.push(events);
            backwards = answer.previous;
        }
        if is_whole {
            newest_first.push(oldest);
        }
        let grown_since = grown_since(&newest_first, is_whole);
        Ok(History { labels: newest(&newest_first, count, &wanted), grown_since })
    }
}

/// Since when the head has only grown, by the newest pages of a timeline or all of them: since it was last replaced, went
/// away or came back, or else since the first event that was read.
fn grown_since(pages: &[Vec<WireEvent>], is_whole: bool) -> Option<Timestamp> {
    let ends = |event: &&WireEvent| {
        let kind = event.event.as_deref().unwrap_or_default();
        ["head_ref_force_pushed", "head_ref_deleted", "head_ref_restored", "reopened"].contains(&kind)
    };
    let replaced =
        pages.iter().flatten().filter(ends).map(|event| event.created_at.unwrap_or(Timestamp::MAX)).max();
    let first =
        || pages.iter().flatten().filter_map(|event| event.created_at).min().unwrap_or(Timestamp::MAX);
    replaced.or_else(|| (!is_whole).then(first))
}

/// The newest event of each label that is wanted, of pages whose first is the newest.
fn newest(
    pages: &[Vec<WireEvent>],
    count: usize,
    wanted: &impl Fn(&str) -> Option<usize>,
) -> Vec<Option<Labelled>> {
    let mut found: Vec<Option<Labelled>> = vec![None; count];
    let mut since = None;
    for event in pages.iter().flat_map(|page| page.iter().rev()) {
        let set = match event.event.as_deref() {
            Some("labeled") => true,
            Some("unlabeled") => false,
            Some("committed") => {
                // What is certain stays what is told.
                since = since.or(Some(Since::Listed));
                continue;
            }
            Some("head_ref_force_pushed") => {
                since = Some(Since::Replaced);
                continue;
            }
            // GitHub changes the base itself where the branch that it was is merged and deleted.
            Some("base_ref_changed" | "automatic_base_change_succeeded" | "base_ref_force_pushed") => {
                since = Some(Since::Retargeted);
                continue;
            }
            _ => continue,
        };
        let slot = event.label.as_ref().and_then(|label| wanted(&label.name));
        if let (Some(slot), Some(label), Some(at)) =
            (slot.and_then(|index| found.get_mut(index)), &event.label, event.created_at)
            && slot.is_none()
        {
            let actor = event.actor.as_ref().filter(|actor| actor.login != GHOST);
            let actor =
                actor.map(|actor| Actor { is_person: actor.kind == "User", login: actor.login.clone() });
            let through_app = event.performed_via_github_app.is_some();
            let label = label.name.clone();
            *slot = Some(Labelled { label, set, actor, at, through_app, since });
        }
        if !set {
            since = Some(Since::TakenOff);
        }
    }
    found
}
