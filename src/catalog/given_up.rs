//! SLOs that something is wrong with, as far as they could be read: one mistake hides no other.

use super::{Indicator, Slo};
use crate::diagnostic::Place;

/// What is known of an SLO that is in no catalog because of what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenUp {
    /// Its name, and where it stands.
    pub name: Option<(String, Place)>,
    /// What it counts.
    pub indicator: Option<Indicator>,
}

/// The SLOs of some documents.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Those that were read.
    pub(super) slos: Vec<Slo>,
    /// Those that were not.
    pub(super) given_up: Vec<GivenUp>,
}

impl Found {
    /// Takes an SLO in, and where it could not be read what is known of it.
    pub(super) fn take(&mut self, slo: Option<Slo>, otherwise: GivenUp) {
        match slo {
            Some(slo) => self.slos.push(slo),
            None => self.given_up.push(otherwise),
        }
    }
}
