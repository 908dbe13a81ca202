//! In which order pull requests are swept, and how many there are calls for.
//!
//! Nothing is remembered from sweep to sweep, so nobody can forge what was swept last. Each run of a workflow begins so
//! many pull requests further as one of them surely gets through, and goes round: consecutive runs reach everybody, and
//! where other runs of the workflow lie between two sweeps, the beginnings are spread.

use crate::github::{GitHub, PullRequest};

/// The most calls that a pull request takes that is told: what changed, its status, its comments, a new comment, the
/// comments again, the new status, and whether it stands.
const MOST: u64 = 7;

/// What a label takes besides: who set it, and what their role is. A team, further labels by others and a long history of
/// the pull request take more; whoever has a role is asked for once.
const LABELLED: u64 = 2;

/// Those of them that are still to come once its status is read.
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

    /// Whether this pull request can be looked at, after so many: what changed, who labelled it, and each one's status
    /// later. A quarter is kept for telling.
    pub fn admits(&self, pull: &PullRequest, looked_at: usize) -> bool {
        let later = u64::try_from(looked_at).unwrap_or(u64::MAX);
        let kept = (self.calls / 4).max(TELLING);
        later.saturating_add(2 + labelled(pull)).saturating_add(kept) <= self.left()
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

/// The pull requests, which come by their numbers, in the order of a sweep with so many calls: from the one behind
/// `after`, else from where it is the turn of this run.
pub fn ordered(mut pulls: Vec<PullRequest>, after: Option<u64>, turn: u64, calls: u64) -> Vec<PullRequest> {
    let count = u64::try_from(pulls.len()).unwrap_or(u64::MAX).max(1);
    let begin = if let Some(after) = after {
        pulls.iter().position(|pull| pull.number > after).unwrap_or(0)
    } else {
        let each = surely(calls, pulls.iter().map(labelled).max().unwrap_or_default());
        usize::try_from(u128::from(turn) * u128::from(each) % u128::from(count)).unwrap_or(0)
    };
    pulls.rotate_left(begin);
    pulls
}

/// How many pull requests a sweep with so many calls gets through, should all of them be told, with so many calls for the
/// labels of each.
const fn surely(calls: u64, labelled: u64) -> u64 {
    let most = calls.saturating_mul(3) / (4 * (MOST + labelled));
    if most < 3 { 1 } else { most - 2 }
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
        assert_eq!(numbers(&ordered(pulls(1..5), Some(2), 9, 500)), [3, 4, 1, 2]);
        assert_eq!(numbers(&ordered(pulls(1..5), Some(4), 9, 500)), [1, 2, 3, 4]);
        assert_eq!(numbers(&ordered(pulls(3..5), Some(99), 9, 500)), [3, 4]);
        assert!(ordered(Vec::new(), None, 9, 500).is_empty());
    }

    #[test]
    fn consecutive_runs_reach_everybody_by_what_each_surely_gets_through() {
        for (count, calls) in [(10_u64, 10), (10, 30), (300, 500), (301, 77), (7, 15_000)] {
            let each = usize::try_from(surely(calls, 0)).expect("few");
            let runs = count.div_ceil(surely(calls, 0));
            for first in [0, 1, 12, 1_000_000_007] {
                let mut seen = BTreeSet::new();
                for turn in first..first + runs {
                    let order = ordered(pulls(1..count + 1), None, turn, calls);
                    seen.extend(numbers(&order).into_iter().take(each));
                }
                assert_eq!(
                    seen.len(),
                    usize::try_from(count).expect("few"),
                    "{count} by {calls} from {first}"
                );
            }
        }
    }

    #[test]
    fn runs_begin_closer_to_each_other_where_labels_take_calls() {
        let mut all = pulls(1..41);
        assert_eq!(ordered(all.clone(), None, 1, 60).first().map(|pull| pull.number), Some(6));
        all[7].labels = Some(vec!["hotfix".to_owned()]);
        assert_eq!(ordered(all, None, 1, 60).first().map(|pull| pull.number), Some(4));
    }
}
