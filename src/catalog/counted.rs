//! By what an SLO's events are counted, as a digest: numbers of one definition are never taken for those of another.
//!
//! Two SLOs with one digest get the same numbers from a monitoring system. What is made of the numbers (objective,
//! period, timeslices, annotations) is not part of it, so that changing those needs no new numbers.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::Slo;
use super::revision;

impl Slo {
    /// The digest of its queries and of all labels that are put into them: 64 hexadecimal digits. `matchers` are those
    /// of the environment. None where its events are not counted by two queries.
    #[must_use]
    pub fn counted_by(&self, matchers: &BTreeMap<String, String>) -> Option<String> {
        let (part, total, is_good) = self.indicator.counters()?;
        let side = if is_good { "good" } else { "bad" };
        let exact = if self.about.is_raw { "raw" } else { "" };
        let queries = [side, &part.text, &total.text, exact];
        let own = self.matchers().flat_map(|(label, value)| [label.as_str(), value.as_str()]);
        Some(digest(queries.into_iter().chain(own), matchers))
    }

    /// The digest of the question that it asks of a monitoring system, whatever counts its events: two SLOs with the same
    /// one are answered by the same numbers. `matchers` are those of the environment.
    #[must_use]
    pub fn question(&self, matchers: &BTreeMap<String, String>) -> String {
        let exact = if self.about.is_raw { "raw" } else { "" };
        let parts = revision::counted_by(self);
        let texts = parts.iter().flat_map(|(part, text)| [*part, text.as_str()]);
        digest(texts.chain(["exact", exact]), matchers)
    }
}

/// The digest of some texts and of the labels of an environment: 64 hexadecimal digits. Each text counts with its
/// length, so that no two lists of texts read alike.
#[must_use]
pub fn digest<'a>(texts: impl Iterator<Item = &'a str>, matchers: &'a BTreeMap<String, String>) -> String {
    let labels = matchers.iter().flat_map(|(label, value)| [label.as_str(), value.as_str()]);
    let mut hash = Sha256::new();
    for text in texts.chain(["match"]).chain(labels) {
        hash.update(format!("{}:", text.len()));
        hash.update(text);
    }
    hash.finalize().iter().fold(String::new(), |digest, byte| format!("{digest}{byte:02x}"))
}
