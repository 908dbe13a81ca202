//! Whether whoever set a label could see the head commit: what shows that it was the head by then.
//!
//! Only time that GitHub wrote down counts, because a commit's own date is its author's to write. The first witness is the
//! head branch: the newest thing that happened to it made it lead to the head, before the label was set. Where it cannot
//! be read, or does not know the head yet, the second witness are we ourselves: a status of ours on the head about this
//! very pull request is older than the label, and the head has only grown since the run that posted it began. So whoever
//! sets the label again, after a check has ended, has a witness.

use std::cell::OnceCell;

use jiff::Timestamp;

use super::claim::Refusal;
use crate::github::{Dated, GitHub, GitHubError, Move, Origin};

/// How far the clock of the runner that posted a status may be ahead of GitHub's, in seconds.
const SKEW: i64 = 60;

/// The head of a pull request, and what is known of when it became that.
pub struct Sighting<'a> {
    /// GitHub.
    github: &'a GitHub,
    /// The pull request.
    pull: u64,
    /// The full id of its head commit.
    head: &'a str,
    /// The head branch; none where that is not known any more.
    origin: Option<&'a Origin>,
    /// What the head branch shows, once it was asked for.
    branch: OnceCell<Branch>,
    /// The statuses of the head, once they were asked for.
    said: OnceCell<Result<Vec<Dated>, GitHubError>>,
}

/// What the head branch shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Branch {
    /// Since when it leads to the head.
    Leads(Timestamp),
    /// It led to the head once, and somewhere else later.
    Left,
    /// Nothing: it could not be read, or does not know the head.
    Silent,
}

impl<'a> Sighting<'a> {
    /// Of a pull request with this head; nothing is asked yet.
    pub const fn of(github: &'a GitHub, pull: u64, head: &'a str, origin: Option<&'a Origin>) -> Self {
        Self { github, pull, head, origin, branch: OnceCell::new(), said: OnceCell::new() }
    }

    /// Why a label does not count that was set at an instant, while the head has only grown since another.
    pub fn refused(&self, at: Timestamp, grown_since: Option<Timestamp>) -> Option<Refusal> {
        match self.branch() {
            Branch::Leads(since) if since < at => None,
            Branch::Leads(since) if since > at => Some(Refusal::Pushed),
            // In the same second, nobody knows what came first.
            Branch::Leads(_) | Branch::Left => Some(Refusal::Unproven),
            Branch::Silent => match self.is_witnessed(at, grown_since) {
                Ok(true) => None,
                Ok(false) => Some(Refusal::Unproven),
                Err(why) => Some(Refusal::Unknown(why)),
            },
        }
    }

    /// Whether the head branch shows that a label came after the last push, which a commit listed later seems to deny.
    pub fn is_certain(&self, at: Timestamp) -> bool {
        matches!(self.branch(), Branch::Leads(since) if since < at)
    }

    /// What the head branch shows.
    fn branch(&self) -> Branch {
        *self.branch.get_or_init(|| {
            let Some(origin) = self.origin else { return Branch::Silent };
            self.github.moves(origin).map_or(Branch::Silent, |moves| shown(&moves, self.head, origin))
        })
    }

    /// Whether we said something of the head, as that of this pull request, before a label was set.
    fn is_witnessed(&self, at: Timestamp, grown_since: Option<Timestamp>) -> Result<bool, String> {
        let said = match self.said.get_or_init(|| self.github.newest_statuses(self.head)) {
            Ok(said) => said,
            // A token that may not read statuses has no such witness.
            Err(GitHubError::NotAllowed(_) | GitHubError::NotFound(_)) => return Ok(false),
            Err(error) => return Err(error.to_string()),
        };
        let mut witnesses =
            said.iter().filter(|said| is_witness(said, self.pull, at, grown_since)).peekable();
        if witnesses.peek().is_none() {
            return Ok(false);
        }
        // Anybody who may write can claim to be us, so that likely is not enough.
        let Some(me) = self.github.certainly() else { return Ok(false) };
        Ok(witnesses.any(|said| me.is(said.creator.as_deref())))
    }
}

/// What the things that happened to a branch, the newest first, show of a head.
fn shown(moves: &[Move], head: &str, origin: &Origin) -> Branch {
    // What is merged may be deleted in the same second.
    let is_end = |one: &&Move| origin.until.is_some() && one.before == head && is_none(&one.after);
    let mut moves = moves.iter().skip_while(is_end);
    match moves.next() {
        Some(newest) if newest.after == head => Branch::Leads(newest.at),
        Some(_) if moves.any(|older| older.after == head) => Branch::Left,
        Some(_) | None => Branch::Silent,
    }
}

/// Whether an id is that of no commit.
fn is_none(id: &str) -> bool {
    id.bytes().all(|digit| digit == b'0')
}

/// Whether a status, if it is ours, shows that its commit was the head of a pull request before an instant and has been
/// ever since: its run began after the head was last replaced, and looked at the head after it began.
fn is_witness(said: &Dated, pull: u64, at: Timestamp, grown_since: Option<Timestamp>) -> bool {
    let is_since =
        |began: i64| grown_since.is_none_or(|since| began.saturating_sub(SKEW) > since.as_second());
    said.status.is_about(pull) && said.created < at.as_second() && said.status.began().is_some_and(is_since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::Status;

    fn instant(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("an instant")
    }

    fn moved(before: &str, after: &str, second: i64) -> Move {
        Move { before: before.to_owned(), after: after.to_owned(), at: instant(second) }
    }

    fn origin(until: Option<i64>) -> Origin {
        Origin { branch: "change".to_owned(), fork: None, until: until.map(instant) }
    }

    #[test]
    fn only_the_newest_that_happened_to_a_branch_shows_since_when_it_leads_to_the_head() {
        let open = origin(None);
        let (made, grown) = (moved("0", "a", 10), moved("a", "b", 20));
        assert_eq!(shown(std::slice::from_ref(&made), "a", &open), Branch::Leads(instant(10)));
        assert_eq!(shown(&[grown.clone(), made.clone()], "b", &open), Branch::Leads(instant(20)));
        assert_eq!(shown(&[grown.clone(), made.clone()], "a", &open), Branch::Left);
        let back = moved("b", "a", 30);
        assert_eq!(shown(&[back, grown.clone(), made.clone()], "a", &open), Branch::Leads(instant(30)));
        assert_eq!(shown(&[grown, made], "c", &open), Branch::Silent, "it is late");
        assert_eq!(shown(&[], "a", &open), Branch::Silent);
    }

    #[test]
    fn what_was_merged_may_be_gone_and_what_is_open_may_not() {
        let moves = [moved("a", "000", 30), moved("0", "a", 10)];
        assert_eq!(shown(&moves, "a", &origin(Some(30))), Branch::Leads(instant(10)));
        assert_eq!(shown(&moves, "a", &origin(None)), Branch::Left);
        let other = [moved("b", "000", 30), moved("0", "a", 10)];
        assert_eq!(shown(&other, "a", &origin(Some(30))), Branch::Left);
    }

    #[test]
    fn a_status_shows_the_head_of_its_own_pull_request_since_its_run_began() {
        let said = |target: &str| Dated {
            status: Status {
                state: "failure".to_owned(),
                description: String::new(),
                target: target.to_owned(),
            },
            created: 1_000,
            creator: None,
        };
        let ours = said("https://github.com/acme/shop/pull/7?run=9.1&at=900#issuecomment-1");
        let shows =
            |said: &Dated, at: i64, since: Option<i64>| is_witness(said, 7, instant(at), since.map(instant));
        assert!(shows(&ours, 1_001, None) && !shows(&ours, 1_000, None));
        assert!(shows(&ours, 1_001, Some(839)));
        assert!(!shows(&ours, 1_001, Some(840)), "clocks differ");
        for other in [
            "https://github.com/acme/shop/pull/77?run=9.1&at=900",
            "https://github.com/acme/shop/pull/7",
            "https://github.com/acme/shop/pull/7?run=9.1",
            "https://github.com/acme/shop/actions/runs/9?run=9.1&at=900",
        ] {
            assert!(!shows(&said(other), 1_001, None), "{other}");
        }
    }
}
