//! What stands at the pull requests of a sweep: read many at once, when the first of them is reached.
//!
//! Telling takes its time, and runs of their own speak meanwhile. So whatever was read is read again once some were told:
//! it is never much older than that.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::github::{Dated, GitHub, STANDINGS};
use crate::publish::Gate;

/// After how many that are told what stands at the others is read again: half a minute of spaced writes.
const TOLD: usize = 10;

/// It could not be read together with others.
pub struct Unread;

/// What stands there.
pub struct Standings {
    /// The commits and contexts, in the order of the sweep.
    gates: Vec<(String, String)>,
    /// The latest of each that was read; none where there is none.
    known: RefCell<BTreeMap<(String, String), Option<Dated>>>,
    /// How far was read, whatever was found.
    ahead: Cell<usize>,
    /// How many were told.
    told: Cell<usize>,
}

impl Standings {
    /// Of these commits and contexts, in the order in which they are reached.
    pub const fn of(gates: Vec<(String, String)>) -> Self {
        let known = RefCell::new(BTreeMap::new());
        Self { gates, known, ahead: Cell::new(0), told: Cell::new(0) }
    }

    /// One was told.
    pub fn told(&self) {
        self.told.set(self.told.get() + 1);
        if self.told.get().is_multiple_of(TOLD) {
            self.known.borrow_mut().clear();
            self.ahead.set(0);
        }
    }

    /// What stands at a gate; none where nothing does.
    ///
    /// # Errors
    /// When that is not known.
    pub fn latest(&self, github: &GitHub, gate: &Gate) -> Result<Option<Dated>, Unread> {
        let asked = (gate.commit.clone(), gate.context.clone());
        let place = self.gates.iter().position(|gate| *gate == asked).ok_or(Unread)?;
        if place >= self.ahead.get() {
            let next: Vec<_> = self.gates.iter().skip(place).take(STANDINGS).cloned().collect();
            self.ahead.set(place + next.len());
            self.known.borrow_mut().extend(github.standing(&next));
        }
        self.known.borrow().get(&asked).cloned().ok_or(Unread)
    }
}
