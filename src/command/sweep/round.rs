//! In which order pull requests are swept, and how many there are calls for.
//!
//! Nothing is remembered from sweep to sweep, so nobody can forge what was swept last. Each run begins at a place that
//! follows from its id, and goes round. No id is known before its run, so nobody can open and close pull requests such
//! that one is never reached, and it does not matter which other runs of the workflow lie between two sweeps.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::github::{GitHub, PullRequest, STANDINGS};

/// What a label takes besides: who set it, and what their role is. A team, further labels by others and a long history of
/// the pull request take more; whoever has a role is asked for once.
const LABELLED: u64 = 2;

/// The calls of a pull request that is told which are still to come once its status is read: its comments, a new comment,
/// the comments again, the new status, and whether it stands.
const TELLING: u64 = 5;

/// The calls that a sweep may make.
#[derive(Clone, Copy)]
pub struct Allowance<'a> {
    /// Whom they are made of.
    github: &'a GitHub,
    /// How many there may be.
    calls: u64,
}

impl<'a> Allowance<'a> {
    /// So many calls.
    pub const fn new(github: &'a GitHub, calls: u64) -> Self {
        Self { github, calls }
    }

    /// The calls that are left, of those that were given and of those that GitHub lets the token make.
    fn left(&self) -> u64 {
        let given = self.calls.saturating_sub(self.github.calls());
        self.github.remaining().map_or(given, |quota| given.min(quota.remaining))
    }

    /// Whether GitHub answers: what is asked while it limits the rate of calls only makes it limit more.
    pub fn is_open(&self) -> bool {
        !self.github.is_limited()
    }

    /// Whether this pull request can be looked at, after so many: what changed where that is not known, who labelled it,
    /// and each one's status later, of which one call reads many. A quarter is kept for telling.
    pub fn admits(&self, pull: &PullRequest, looked_at: usize, is_surveyed: bool) -> bool {
        let each = if self.github.answers_many() { STANDINGS } else { 1 };
        let later = u64::try_from(looked_at / each + 1).unwrap_or(u64::MAX);
        let now = u64::from(!is_surveyed) + labelled(pull);
        let kept = (self.calls / 4).max(TELLING);
        later.saturating_add(now).saturating_add(kept) <= self.left()
    }

    /// Whether one more status can be read.
    pub fn reads(&self) -> bool {
        self.left() > 0
    }

    /// Whether one more pull request can be told.
    pub fn tells(&self) -> bool {
        self.left() >= TELLING
    }
}

/// The calls that the labels of a pull request may take.
fn labelled(pull: &PullRequest) -> u64 {
    if pull.labels.as_ref().is_some_and(Vec::is_empty) { 0 } else { LABELLED }
}

/// The pull requests, which come by their numbers, in the order of a sweep: from the one behind `after`, else from where
/// a run with this id and attempt begins, else from the first.
pub fn ordered(mut pulls: Vec<PullRequest>, after: Option<u64>, run: Option<(u64, u64)>) -> Vec<PullRequest> {
    let begin = match (after, run) {
        (Some(after), _) => pulls.iter().position(|pull| pull.number > after).unwrap_or(0),
        (None, Some(run)) => beginning(run, pulls.len()),
        (None, None) => 0,
    };
    pulls.rotate_left(begin);
    pulls
}

/// Where a run begins among so many, as evenly spread as a hash is.
fn beginning(run: (u64, u64), count: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    run.hash(&mut hasher);
    let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
    usize::try_from(hasher.finish() % count).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn pulls(numbers: std::ops::Range<u64>) -> Vec<PullRequest> {
        let pull = |number| PullRequest {
            number,
            head_sha: String::new(),
            head_ref: String::new(),
            head_repository: None,
            base_ref: "main".to_owned(),
            base_repository: String::new(),
            author: None,
            labels: Some(Vec::new()),
        };
        numbers.map(pull).collect()
    }

    fn numbers(pulls: &[PullRequest]) -> Vec<u64> {
        pulls.iter().map(|pull| pull.number).collect()
    }

    #[test]
    fn a_sweep_goes_on_behind_a_number_and_round() {
        let run = Some((9, 1));
        assert_eq!(numbers(&ordered(pulls(1..5), Some(2), run)), [3, 4, 1, 2]);
        assert_eq!(numbers(&ordered(pulls(1..5), Some(4), run)), [1, 2, 3, 4]);
        assert_eq!(numbers(&ordered(pulls(3..5), Some(99), run)), [3, 4]);
        assert_eq!(numbers(&ordered(pulls(1..5), None, None)), [1, 2, 3, 4]);
        assert!(ordered(Vec::new(), None, run).is_empty());
    }

    #[test]
    fn every_run_reaches_all_before_long_whatever_lies_between() {
        // Every count up to 120, in sweeps that get through a few only, with ids at any distance from one another.
        for (count, each) in (2..120_usize).flat_map(|count| [1, 5, 19_usize].map(|each| (count, each))) {
            for distance in [1, 2, 15, 61, u64::try_from(count).expect("few"), 1_000_003] {
                // Twelve times as many runs as would do if each began where the last one ended: one of 120 is missed with
                // a chance of 120 / e^12.
                let runs = 12 * count.div_ceil(each);
                let mut seen = BTreeSet::new();
                for turn in 0..u64::try_from(runs).expect("few") {
                    let begin = beginning((17_000_000_000 + turn * distance, 1), count);
                    seen.extend((begin..begin + each).map(|place| place % count));
                }
                assert_eq!(seen.len(), count, "{count} by {each}, {distance} apart");
            }
        }
    }
}
