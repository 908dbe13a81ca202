//! Which definitions the numbers of a file are of: those of one are never taken for those of another.

use std::collections::BTreeMap;

use crate::budget::gap::Gap;

/// Whether a file must say which definitions its numbers are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It need not: somebody saved it to judge it again. What it says is held to all the same.
    Loosely,
    /// It must: somebody else made it, to be judged by.
    Strictly,
}

/// The digests of definitions, by name and environment.
#[derive(Debug, Default)]
pub(super) struct Definitions(BTreeMap<(String, String), String>);

impl Definitions {
    /// Takes in what a file says of one.
    pub(super) fn add(&mut self, key: &(String, String), digest: Option<&String>) {
        if let Some(digest) = digest {
            self.0.insert(key.clone(), digest.clone());
        }
    }

    /// That the numbers are of the definition that is asked about; `what` says of which numbers.
    pub(super) fn hold(
        &self,
        key: &(String, String),
        asked: impl Fn() -> Option<String>,
        bound: Bound,
        what: &str,
    ) -> Result<(), Gap> {
        let environment = &key.1;
        let detail = match (self.0.get(key), bound) {
            (None, Bound::Loosely) => return Ok(()),
            (Some(said), _) if asked().as_ref() == Some(said) => return Ok(()),
            (Some(_), _) => {
                format!("{what} in `{environment}` by another definition than the one that is judged")
            }
            (None, Bound::Strictly) => {
                format!("{what} in `{environment}` without saying by which definition")
            }
        };
        Err(Gap::Untrusted { detail })
    }
}
