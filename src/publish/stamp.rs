//! The stamp of a run: by it what runs said is put in order, in markers of comments and in links of statuses alike.

use super::Speaker;

/// How far the clock of a runner may be ahead of GitHub's, in seconds.
pub(super) const SKEW: i64 = 60;

/// A run, as what was said is ordered by it: when it began to judge, then its number and attempt. The default is older than
/// all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    /// When it began to judge, in seconds since the epoch.
    pub(super) began: i64,
    /// Its number.
    pub(super) run: u64,
    /// Its attempt, from 1.
    pub(super) attempt: u64,
}

impl Stamp {
    /// The run that speaks.
    pub(super) const fn of(speaker: &Speaker) -> Self {
        Self { began: speaker.began, run: speaker.run, attempt: speaker.attempt }
    }

    /// Reads `NUMBER.ATTEMPT` of a run that began then.
    pub(super) fn read(run: &str, began: i64) -> Option<Self> {
        let (run, attempt) = run.split_once('.')?;
        Some(Self { began, run: run.parse().ok()?, attempt: attempt.parse().ok()? })
    }

    /// The stamp of what GitHub took at `taken`. Whoever may write can edit a comment of ours, or forge a link; a run that
    /// began after its words were taken is not believed, because it would keep every later run silent.
    pub(super) fn believed(self, taken: i64) -> Option<Self> {
        (self.began <= taken.saturating_add(SKEW)).then_some(self)
    }

    /// True for the same attempt of the same run, whenever it says that it began.
    pub(super) const fn is_same_run(self, other: Self) -> bool {
        self.run == other.run && self.attempt == other.attempt
    }
}
