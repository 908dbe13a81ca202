//! Datadog as a source: the history of SLOs that are kept there (`GET /api/v1/slo/{id}/history`).
//!
//! What Datadog counted is taken as it stands: events of a metric, or seconds of up and down. Its corrections of the
//! status are asked to be left out, because what is planned to fail is slogate's to say. The objective is the file's;
//! where Datadog's own target differs, that is noted. Each SLO there is asked once, however many SLOs name it, eight
//! requests at a time.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{Observation, Planned, Range, Request, SignalRequest, Source, When};
use crate::budget::gap::{Gap, duration};
use crate::budget::signal::Signal;
use crate::catalog::percent;
use crate::http::{Address, Client, Credentials, Get, Secret};

use answer::Reader;
use walk::Walk;

pub use site::SiteError;

mod answer;
mod bins;
mod site;
mod uptime;
mod walk;

/// The most bytes of an answer.
const CAP: usize = 8 * 1024 * 1024;

/// From one second to another, the first included.
type Stretch = (i64, i64);

/// The headers with which Datadog is asked.
///
/// # Errors
/// When a key cannot be sent. It is not in the message.
pub fn credentials(api_key: &str, application_key: &str) -> Result<Credentials, String> {
    Credentials::headers([
        ("dd-api-key", Secret::new(api_key)),
        ("dd-application-key", Secret::new(application_key)),
    ])
}

/// One site of Datadog.
#[derive(Debug)]
pub struct Datadog<'a> {
    /// Asks.
    client: &'a Client,
    /// Where.
    address: Address,
    /// Sent with every question.
    credentials: Credentials,
    /// What is to be said of what it answered.
    notes: RefCell<BTreeSet<String>>,
}

impl<'a> Datadog<'a> {
    /// A site such as `datadoghq.eu`, or an address, and the keys.
    ///
    /// # Errors
    /// When there is no such site, the address cannot be asked, or the keys would travel unencrypted.
    pub fn new(client: &'a Client, site: &str, credentials: Credentials) -> Result<Self, SiteError> {
        Ok(Self { client, address: site::address(site)?, credentials, notes: RefCell::default() })
    }

    /// Walks through the histories of some SLOs, all of them at once.
    fn walk(&self, ids: &BTreeSet<&str>, range: Range) -> BTreeMap<String, Walk> {
        let mut walks: Vec<Walk> = ids.iter().map(|id| Walk::new(id, range)).collect();
        let reader = Reader { address: &self.address, credentials: &self.credentials };
        loop {
            let mut questions: Vec<(usize, Stretch)> = Vec::new();
            for (index, walk) in walks.iter_mut().enumerate() {
                questions.extend(walk.next().into_iter().map(|stretch| (index, stretch)));
            }
            if questions.is_empty() {
                break;
            }
            let about = |(index, stretch): &(usize, Stretch)| {
                walks.get(*index).map(|walk| (walk.id.clone(), *stretch))
            };
            let asked: Vec<(String, Stretch)> = questions.iter().filter_map(about).collect();
            let gets = asked.iter().map(|(id, stretch)| self.get(id, *stretch)).collect();
            let answers = self.client.read_all(gets, |index, answer| {
                asked.get(index).map(|(id, stretch)| reader.read((id, *stretch), answer))
            });
            for ((index, stretch), answer) in questions.into_iter().zip(answers) {
                if let (Some(walk), Some(answer)) = (walks.get_mut(index), answer) {
                    walk.take(stretch, answer);
                }
            }
        }
        walks.into_iter().map(|walk| (walk.id.clone(), walk)).collect()
    }

    /// The request for a stretch of an SLO's history.
    fn get(&self, id: &str, (from, to): Stretch) -> Get {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let form = vec![
            pair("from_ts", from.to_string()),
            pair("to_ts", to.to_string()),
            pair("apply_correction", "false".to_owned()),
        ];
        self.address.ask(&format!("api/v1/slo/{id}/history"), form, self.credentials.clone(), CAP)
    }

    /// Notes what is to be said of an answer.
    fn note(&self, request: &Request<'_>, walk: &Walk, range: Range) {
        let slo = request.slo;
        let mut notes = self.notes.borrow_mut();
        if walk.by_time {
            notes.insert(format!(
                "`{}` counts time: a second of downtime in Datadog is a bad event",
                slo.name
            ));
        }
        let ours = slo.objective.share();
        let frame = format!("{}d", slo.period_at(range.last) / 86_400);
        let same = |target: &Decimal| target.checked_div(Decimal::ONE_HUNDRED) == Some(ours);
        let told: Vec<String> = match walk.targets.get(&frame) {
            Some(target) if same(target) => Vec::new(),
            Some(target) => vec![format!("{} % over {frame}", target.normalize())],
            None if walk.targets.values().any(same) => Vec::new(),
            None => {
                let each = walk.targets.iter();
                each.map(|(frame, target)| format!("{} % over {frame}", target.normalize())).collect()
            }
        };
        if !told.is_empty() {
            notes.insert(format!(
                "`{}` is judged by {} as its file says; its target in Datadog is {}",
                slo.name,
                percent(ours),
                told.join(", ")
            ));
        }
    }
}

/// The SLO in Datadog that a request is about.
fn id<'a>(request: &Request<'a>) -> Result<&'a str, Gap> {
    let Some(kept) = request.slo.indicator.kept() else {
        let detail = format!("`{}` names no SLO in Datadog", request.slo.name);
        return Err(Gap::Unsupported { detail });
    };
    kept.ids.get(request.environment).map(String::as_str).ok_or_else(|| {
        let detail = format!(
            "no SLO in Datadog is named for `{}` in `{}` ({})",
            request.slo.name, request.environment, kept.said.place
        );
        Gap::NoData { detail }
    })
}

/// The SLO in Datadog that a request is about, where its budget can be reckoned at all.
fn reckoned<'a>(request: &Request<'a>, range: Range) -> Result<&'a str, Gap> {
    match request.slo.unreckoned(range.step).into_iter().next() {
        Some(one) => Err(Gap::Unsupported { detail: one.reason }),
        None => id(request),
    }
}

impl Source for Datadog<'_> {
    fn describe(&self) -> String {
        format!("datadog at {}", self.address)
    }

    fn recorded_until(&self) -> Option<i64> {
        None
    }

    fn observe(&self, requests: &[Request<'_>], range: Range) -> Vec<Result<Observation, Gap>> {
        let ids: Vec<Result<&str, Gap>> = requests.iter().map(|request| reckoned(request, range)).collect();
        let walks = self.walk(&ids.iter().flatten().copied().collect(), range);
        let one = |(request, id): (&Request<'_>, Result<&str, Gap>)| {
            let lost = || Gap::Unreachable { detail: "Datadog gave no answer at all".to_owned() };
            let walk = walks.get(id?).ok_or_else(lost)?;
            let series = walk.series(range)?;
            self.note(request, walk, range);
            Ok(Observation { series, direct: None })
        };
        requests.iter().zip(ids).map(one).collect()
    }

    fn plan(&self, requests: &[(Request<'_>, Range)]) -> Vec<Planned> {
        let mut serves: BTreeMap<(&str, i64), (Range, BTreeSet<String>)> = BTreeMap::new();
        for (request, range) in requests {
            if let Ok(id) = reckoned(request, *range) {
                let (_, names) = serves.entry((id, range.first)).or_insert_with(|| (*range, BTreeSet::new()));
                names.insert(request.slo.name.clone());
            }
        }
        let planned = serves.into_iter().map(|((id, _), (range, serves))| Planned {
            query: format!(
                "history of the SLO {id}, in shorter stretches where Datadog counts over more than {}",
                duration(range.step)
            ),
            when: When::Grid(range),
            serves,
            most: usize::try_from(walk::MOST).unwrap_or(usize::MAX),
        });
        planned.collect()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.borrow().iter().cloned().collect()
    }

    fn signals(&self, requests: &[SignalRequest<'_>], _range: Range) -> Vec<Result<Signal, Gap>> {
        let detail = "a signal is a query in PromQL, and only SLOs are read from Datadog: give --prometheus";
        requests.iter().map(|_| Err(Gap::Unsupported { detail: detail.to_owned() })).collect()
    }
}
