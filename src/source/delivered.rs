//! Observations that somebody else made and left where a gate finds them: at an endpoint, or on a branch.
//!
//! They are judged at the present, and say when they were made, so that old ones are `stale`. Where the settings name
//! keys, nothing is believed that none of them signed; where they say for whom observations are made, others are
//! refused; numbers of another definition than the one that is judged, and those from the future, are refused as well.
//! Each of these is a gap, and the text is not looked into before its signature holds.

use std::cell::{Cell, OnceCell};

use super::http::Endpoint;
use super::recorded::{Bound, Recorded};
use super::{Observation, Planned, Range, Request, SignalRequest, Source, When, instant};
use crate::budget::gap::{Gap, duration};
use crate::budget::signal::Signal;
use crate::diagnostic::{Code, Diagnostic};
use crate::signature::PublicKey;
use crate::signature::envelope::Envelope;

/// The type of a signed text that holds observations.
pub const KIND: &str = "application/vnd.slogate.observations.v1+json";

/// Whose observations are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Believed {
    /// For whom they must be made, where that is said.
    pub audience: Option<String>,
    /// The keys of which one must have signed them; none where nobody needs to.
    pub keys: Vec<PublicKey>,
}

/// Where they are.
enum Origin<'a> {
    /// At an endpoint, which has not been asked yet.
    Endpoint(Endpoint<'a>),
    /// They were read already, or are known not to be there.
    Read(Result<Vec<u8>, Gap>),
}

/// Observations of somebody else.
pub struct Delivered<'a> {
    /// What people call the place.
    name: String,
    /// Where they are.
    origin: Origin<'a>,
    /// Whose are believed.
    believed: Believed,
    /// The widest stretch that is asked about.
    widest: Cell<Option<Range>>,
    /// What was read.
    read: OnceCell<Result<Document, Gap>>,
}

/// Observations that are believed.
#[derive(Debug)]
struct Document {
    /// What they say.
    recorded: Recorded,
    /// Who signed them.
    key: Option<PublicKey>,
}

impl<'a> Delivered<'a> {
    /// Observations at an endpoint.
    #[must_use]
    pub fn at(endpoint: Endpoint<'a>, believed: Believed) -> Self {
        let name = endpoint.describe();
        Self::new(name, Origin::Endpoint(endpoint), believed)
    }

    /// Observations that were read from a place that people call `name`, or why they were not.
    #[must_use]
    pub fn read(name: String, bytes: Result<Vec<u8>, Gap>, believed: Believed) -> Self {
        Self::new(name, Origin::Read(bytes), believed)
    }

    /// Observations that have not been looked at.
    const fn new(name: String, origin: Origin<'a>, believed: Believed) -> Self {
        Self { name, origin, believed, widest: Cell::new(None), read: OnceCell::new() }
    }

    /// What is there, read at the first question.
    fn document(&self, range: Range) -> Result<&Document, Gap> {
        let read = self.read.get_or_init(|| {
            let widest = self.widest.get().unwrap_or(range);
            let bytes = match &self.origin {
                Origin::Endpoint(endpoint) => endpoint.fetch(widest)?,
                Origin::Read(bytes) => bytes.clone()?,
            };
            let (recorded, key) = believe(&self.name, bytes, &self.believed)?;
            Ok(Document { recorded, key })
        });
        let document = read.as_ref().map_err(Clone::clone)?;
        timely(&self.name, &document.recorded, range)?;
        Ok(document)
    }
}

/// That observations are not from the future: more than a step behind the instant that is judged.
fn timely(name: &str, recorded: &Recorded, range: Range) -> Result<(), Gap> {
    let made = recorded.evaluated_at();
    let ahead = made.div_euclid(range.step) * range.step - range.last;
    if ahead <= range.step {
        return Ok(());
    }
    let detail = format!(
        "`{name}` says that it was made at {}, {} after the instant that is judged: a clock is wrong",
        instant(made),
        duration(made - range.last)
    );
    Err(Gap::Untrusted { detail })
}

/// The observations of a text, and who signed them.
fn believe(name: &str, bytes: Vec<u8>, believed: &Believed) -> Result<(Recorded, Option<PublicKey>), Gap> {
    let untrusted = |why: String| Gap::Untrusted { detail: format!("`{name}` is not believed: {why}") };
    let (bytes, key) = match (Envelope::read(&bytes), believed.keys.as_slice()) {
        (None, []) => (bytes, None),
        (None, _) => return Err(untrusted("nobody signed it, and the settings name keys".to_owned())),
        (Some(envelope), []) => {
            (envelope.unproven(KIND).map_err(|refusal| untrusted(refusal.to_string()))?, None)
        }
        (Some(envelope), keys) => {
            let opened = envelope.open(KIND, keys).map_err(|refusal| untrusted(refusal.to_string()))?;
            (opened.0, Some(opened.1))
        }
    };
    let unreadable =
        |why: &str| Gap::Unreachable { detail: format!("`{name}` holds no observations: {why}") };
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is no UTF-8"))?;
    let recorded = Recorded::read(name, &text).map_err(|problem| unreadable(&problem.message))?;
    let audience = recorded.audience();
    match (&believed.audience, audience) {
        (Some(ours), Some(theirs)) if ours != theirs => {
            Err(untrusted(format!("it was made for `{theirs}`, and this is `{ours}`")))
        }
        (Some(ours), None) if key.is_some() => {
            Err(untrusted(format!("it does not say that it was made for `{ours}`")))
        }
        _ => {
            let bound = if key.is_some() { Bound::Strictly } else { Bound::Loosely };
            Ok((recorded.bound(bound).told_by_an_observer(), key))
        }
    }
}

/// Whether a text is in an envelope, whoever signed it.
#[must_use]
pub fn is_signed(bytes: &[u8]) -> bool {
    Envelope::read(bytes).is_some()
}

/// Observations from a file that somebody names outright and of which nobody needs to have signed anything.
///
/// # Errors
/// When it is not of the format, or contradicts itself.
pub fn file(name: &str, bytes: Vec<u8>) -> Result<Recorded, Diagnostic> {
    let text = match Envelope::read(&bytes) {
        None => bytes,
        Some(envelope) => envelope.unproven(KIND).map_err(|refusal| {
            Diagnostic::error(Code::Unreadable, format!("`{name}` is not believed: {refusal}"))
                .help("judge a file that `slogate observe` or `check --save-observations` wrote")
        })?,
    };
    Recorded::read(name, crate::document::decode(name, text)?.text())
}

impl Source for Delivered<'_> {
    fn describe(&self) -> String {
        format!("observations {}", self.name)
    }

    fn recorded_until(&self) -> Option<i64> {
        None
    }

    /// When they were made: what an observer left is not believed for longer than that, whatever an SLO allows.
    fn left_at(&self) -> Option<i64> {
        Some(self.read.get()?.as_ref().ok()?.recorded.evaluated_at())
    }

    fn observe_each(&self, requests: &[(Request<'_>, Range)]) -> Vec<Result<Observation, Gap>> {
        // Signals, which are asked about later, need less than the SLOs for which they are read.
        self.widest.set(requests.iter().map(|(_, range)| *range).min_by_key(|range| range.first));
        requests.iter().flat_map(|(request, range)| self.observe(&[*request], *range)).collect()
    }

    fn plan(&self, requests: &[(Request<'_>, Range)]) -> Vec<Planned> {
        let ranges = requests.iter().map(|(_, range)| *range);
        let (Origin::Endpoint(endpoint), Some(widest)) =
            (&self.origin, ranges.min_by_key(|range| range.first))
        else {
            return Vec::new();
        };
        let serves = requests.iter().map(|(request, _)| request.slo.name.clone()).collect();
        let query = format!("observations of everything, from {}", endpoint.describe());
        vec![Planned { query, when: When::Grid(widest), serves, most: 1 }]
    }

    fn unasked(&self, _requests: &[(Request<'_>, Range)]) -> Vec<Gap> {
        match &self.origin {
            Origin::Read(Err(gap)) => vec![gap.clone()],
            Origin::Read(Ok(_)) | Origin::Endpoint(_) => Vec::new(),
        }
    }

    fn observe(&self, requests: &[Request<'_>], range: Range) -> Vec<Result<Observation, Gap>> {
        match self.document(range) {
            Ok(document) => document.recorded.observe(requests, range),
            Err(gap) => requests.iter().map(|_| Err(gap.clone())).collect(),
        }
    }

    fn notes(&self) -> Vec<String> {
        let Some(Ok(document)) = self.read.get() else { return Vec::new() };
        let recorded = &document.recorded;
        let signed = match document.key {
            Some(key) => format!(", signed by {key}"),
            None => "; no signature was looked at, because the settings name no key".to_owned(),
        };
        let made = recorded.evaluated_at();
        let from = recorded.source();
        vec![format!("the observations were made at {} from {from}{signed}", instant(made))]
    }

    fn signals(&self, requests: &[SignalRequest<'_>], range: Range) -> Vec<Result<Signal, Gap>> {
        match self.document(range) {
            Ok(document) => document.recorded.signals(requests, range),
            Err(gap) => requests.iter().map(|_| Err(gap.clone())).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
