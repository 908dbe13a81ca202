//! How long and how often a run tries: one deadline and one budget of repetitions for all of its calls.
//!
//! A server that fails every call must not be asked `calls x tries` times, so a repetition costs one of a few that a run
//! has, and ten calls that go well earn one back. Where GitHub limits the rate of calls, nothing is sent before it
//! allows. Many writes are spaced, as GitHub asks
//! (<https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api>).

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::answer::Answer;
use super::{Call, GitHubError};
use crate::http;

/// The first pause after a failure; each further one of a call is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// What GitHub asks to wait at least when it limits calls without saying how long; twice as long each further time.
const UNSAID: Duration = Duration::from_secs(60);

/// How far waits that GitHub asks for are spread, so that runs that wait for the same instant do not all come at it.
const SPREAD: Duration = Duration::from_secs(1);

/// Repetitions that a run has.
const REPEATS: u32 = 10;

/// Calls that must go well to earn a repetition back.
const EARNS: u32 = 10;

/// Repetitions that are there for closing what was opened, whatever was spent before.
const RESERVED: u32 = 2;

/// Writes of a run that are not spaced: more than a run on one pull request has.
const BRISK: u32 = 10;

/// The least time between writes that are spaced.
const SPACE: Duration = Duration::from_secs(1);

/// Until when nothing may be sent.
#[derive(Debug, Clone, Copy)]
struct Bar {
    /// By our clock.
    ends: Instant,
    /// Seconds that GitHub asked for, when it said so.
    wait: Option<u64>,
    /// By the server's clock.
    until: Option<Timestamp>,
}

/// How long and how often a run tries.
pub(super) struct Patience {
    /// Tries of one call.
    tries: u32,
    /// When everything must be answered.
    ends: Cell<Instant>,
    /// Repetitions that are left, in parts of `EARNS`.
    repeats: Cell<u32>,
    /// Until when nothing may be sent.
    bar: Cell<Option<Bar>>,
    /// Writes so far.
    writes: Cell<u32>,
    /// When the last write was sent.
    wrote: Cell<Option<Instant>>,
}

impl Patience {
    /// The patience of a run that begins now.
    pub(super) fn new(limits: http::Limits) -> Self {
        Self {
            tries: limits.tries.max(1),
            ends: Cell::new(Instant::now() + limits.deadline),
            repeats: Cell::new(REPEATS * EARNS),
            bar: Cell::new(None),
            writes: Cell::new(0),
            wrote: Cell::new(None),
        }
    }

    /// The time that is left.
    pub(super) fn left(&self) -> Duration {
        self.ends.get().saturating_duration_since(Instant::now())
    }

    /// The time of one try: half of what is left where there may be another, so that a server that hangs once leaves time
    /// for it.
    pub(super) fn time(&self, call: Call<'_>, tries: u32) -> Duration {
        let left = self.left();
        if call.verb.may_repeat() && tries < self.tries { left / 2 } else { left }
    }

    /// Grants time from now on, where less than that is left, and a try whatever was spent or refused before.
    pub(super) fn grant(&self, time: Duration) {
        self.ends.set(self.ends.get().max(Instant::now() + time));
        self.repeats.set(self.repeats.get().max(RESERVED * EARNS));
        self.bar.set(None);
    }

    /// Whether GitHub limits the rate of calls, and nothing may be sent before it allows.
    pub(super) const fn is_limited(&self) -> bool {
        self.bar.get().is_some()
    }

    /// Bounds the time of what is asked in `asking`.
    pub(super) fn within<T>(&self, time: Duration, asking: impl FnOnce() -> T) -> T {
        let ends = self.ends.get();
        self.ends.set(ends.min(Instant::now() + time));
        let answer = asking();
        self.ends.set(ends);
        answer
    }

    /// Waits until a call may be sent.
    ///
    /// # Errors
    /// When GitHub does not allow it before the deadline.
    pub(super) fn admit(&self, call: Call<'_>) -> Result<(), GitHubError> {
        if let Some(bar) = self.bar.get() {
            let wait = bar.ends.saturating_duration_since(Instant::now());
            if wait >= self.left() {
                let what = call.what.to_owned();
                return Err(GitHubError::RateLimited { what, wait: bar.wait, until: bar.until });
            }
            std::thread::sleep(wait);
            self.bar.set(None);
        }
        if !call.verb.reads() {
            self.space();
        }
        Ok(())
    }

    /// Waits until a write is a second from the last one, where many are written.
    fn space(&self) {
        let writes = self.writes.get();
        if writes >= BRISK
            && let Some(wrote) = self.wrote.get()
        {
            let wait = SPACE.saturating_sub(wrote.elapsed());
            std::thread::sleep(wait.min(self.left()));
        }
        self.writes.set(writes.saturating_add(1));
        self.wrote.set(Some(Instant::now()));
    }

    /// A call went well.
    pub(super) fn earn(&self) {
        self.repeats.set(self.repeats.get().saturating_add(1).min(REPEATS * EARNS));
    }

    /// GitHub limits the rate of calls: how long nothing may be sent. `tries` of this call were limited.
    pub(super) fn limited(&self, asked: Option<u64>, tries: u32, answer: &Answer) -> Duration {
        let unsaid = UNSAID.saturating_mul(1 << tries.saturating_sub(1).min(8));
        let wait = asked.map_or(unsaid, Duration::from_secs).saturating_add(SPREAD.mul_f64(share()));
        if let Some(ends) = Instant::now().checked_add(wait) {
            let until = asked.and_then(|seconds| answer.after(seconds));
            self.bar.set(Some(Bar { ends, wait: asked, until }));
        }
        wait
    }

    /// The pause after so many failed tries of a call: at random between half of it and all.
    pub(super) fn pause(tries: u32) -> Duration {
        let whole = PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(8));
        whole / 2 + (whole / 2).mul_f64(share())
    }

    /// Waits for another try of a call that was tried so often. False when there is none left, or no time.
    pub(super) fn allows(&self, tries: u32, wait: Duration) -> bool {
        let Some(repeats) = self.repeats.get().checked_sub(EARNS) else { return false };
        if tries >= self.tries || wait >= self.left() {
            return false;
        }
        self.repeats.set(repeats);
        std::thread::sleep(wait);
        true
    }
}

/// A random share of one: the keys of a hasher are drawn from the system's randomness.
fn share() -> f64 {
    let drawn = u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or(u32::MAX);
    f64::from(drawn) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(deadline: u64) -> Patience {
        let deadline = Duration::from_secs(deadline);
        Patience::new(http::Limits { deadline, attempt: Duration::from_secs(1), tries: 3 })
    }

    #[test]
    fn a_run_has_so_many_repetitions_and_earns_more() {
        let patience = patience(60);
        let spend = || (0..100).take_while(|_| patience.allows(1, Duration::ZERO)).count();
        assert_eq!(spend(), 10);
        (0..25).for_each(|_| patience.earn());
        assert_eq!(spend(), 2);
        (0..1_000).for_each(|_| patience.earn());
        assert_eq!(spend(), 10);
        patience.grant(Duration::ZERO);
        assert_eq!(spend(), 2);
    }

    #[test]
    fn a_call_has_its_tries_and_the_run_its_deadline() {
        let patience = patience(60);
        assert!(patience.allows(2, Duration::ZERO) && !patience.allows(3, Duration::ZERO));
        assert!(!patience.allows(1, Duration::from_secs(60)));
    }

    #[test]
    fn pauses_grow_and_are_not_all_the_same() {
        for (tries, longest) in [(1, 500), (2, 1_000), (3, 2_000)] {
            let pauses: Vec<u128> = (0..20).map(|_| Patience::pause(tries).as_millis()).collect();
            assert!(pauses.iter().all(|pause| (longest / 2..=longest).contains(pause)), "{pauses:?}");
            assert!(pauses.iter().any(|pause| Some(pause) != pauses.first()), "{pauses:?}");
        }
    }

    #[test]
    fn nothing_is_sent_before_github_allows() {
        let patience = patience(60);
        let answer = Answer::plain(403, "{}");
        let call = Call::get("/", "do it");
        let waits: Vec<u64> = (1..4).map(|tries| patience.limited(None, tries, &answer).as_secs()).collect();
        assert!(
            waits.iter().zip([60, 120, 240]).all(|(wait, least)| (least..=least + 1).contains(wait)),
            "{waits:?}"
        );
        patience.limited(Some(600), 1, &answer);
        let refused = patience.admit(call).expect_err("not yet");
        assert_eq!(
            refused,
            GitHubError::RateLimited { what: "do it".to_owned(), wait: Some(600), until: None }
        );
        patience.grant(Duration::ZERO);
        assert_eq!(patience.admit(call), Ok(()));
    }
}
