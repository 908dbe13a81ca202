//! Where a request can be held: before it is carried out or before it is answered, until the test has done what it wants
//! to do in between.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a request is held at most, so that a test that forgets it ends.
const LONGEST: Duration = Duration::from_secs(60);

/// When a request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before it is carried out.
    Before,
    /// When it is carried out, before it is answered.
    After,
}

/// What becomes of a request that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is carried out, if it is not yet, and answered.
    CarryOut,
    /// It is as if it had never arrived.
    Drop,
}

/// Where requests are held.
#[derive(Default)]
pub struct Gate {
    state: Mutex<State>,
    turned: Condvar,
}

/// What the gate knows.
#[derive(Default)]
struct State {
    /// How many requests are let through first, and when the next one is held.
    hold: Option<(usize, Moment)>,
    /// A request is held.
    held: bool,
    /// What becomes of it.
    fate: Option<Fate>,
}

impl Gate {
    /// Holds a request, after so many from now on.
    pub fn hold(&self, after: usize, moment: Moment) {
        *self.state() = State { hold: Some((after, moment)), held: false, fate: None };
    }

    /// Waits until a request is held. False when `gone` says that none will be.
    pub fn until_held(&self, mut gone: impl FnMut() -> bool) -> bool {
        let mut state = self.state();
        while !state.held {
            let waited = self.turned.wait_timeout(state, Duration::from_millis(10));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if !state.held && gone() {
                return false;
            }
        }
        true
    }

    /// Lets the request go that is held.
    pub fn release(&self, fate: Fate) {
        let mut state = self.state();
        state.hold = None;
        state.fate = Some(fate);
        self.turned.notify_all();
    }

    /// A request comes by: when it is to be held, if at all.
    pub(super) fn passed(&self) -> Option<Moment> {
        let mut state = self.state();
        let (after, moment) = state.hold?;
        state.hold = after.checked_sub(1).map(|after| (after, moment));
        (after == 0).then_some(moment)
    }

    /// Holds the calling thread.
    pub(super) fn wait(&self) -> Fate {
        let mut state = self.state();
        state.held = true;
        self.turned.notify_all();
        let waited = self.turned.wait_timeout_while(state, LONGEST, |state| state.fate.is_none());
        let fate = waited.unwrap_or_else(PoisonError::into_inner).0.fate;
        fate.unwrap_or(Fate::CarryOut)
    }

    /// The state, whoever panicked while holding it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
