//! Which source is watched in a run, and what is asked of it.
//!
//! Recorded observations first, then a server that the command line or the environment names, then the branch of
//! observations or the snapshot that the settings name. What others observed holds every SLO; beside a Prometheus or a
//! snapshot a Datadog is asked for the SLOs that are kept there. Where there is nothing for an SLO, its budget is a gap
//! that says so.

use std::cell::RefCell;
use std::cmp::Ordering;

use jiff::Timestamp;

use crate::budget::gap::Gap;
use crate::budget::quarter;
use crate::catalog::Slo;
use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::diagnostic::{Code, Diagnostic};
use crate::report::query_plan::QueryPlan;
use crate::settings::{self, Environment, Settings};
use crate::source::answered::Answered;
use crate::source::datadog::Datadog;
use crate::source::delivered::Delivered;
use crate::source::http::Endpoint;
use crate::source::prometheus::Prometheus;
use crate::source::recorded::{self, Heading};
use crate::source::snapshot::Snapshot;
use crate::source::switchboard::Switchboard;
use crate::source::whole::{self, Answer};
use crate::source::{Observation, Range, Request, SignalRequest, Source};
use crate::tree;

mod delivery;
pub mod dependency;
pub mod named;
pub mod signal;

pub use named::{Named, Server};
use signal::{Heard, Wanted};

/// Periods of history that are read: one for the period itself, one for the walk, and one more so that the first
/// point of a stretch is known exactly.
const PERIODS: i64 = 3;

/// The points of history that are read: three periods, and where a quarter is asked about, the longest one that there
/// is before each point of the walk.
#[must_use]
pub const fn history(period: i64, quarter: bool, step: i64) -> i64 {
    let points = (period + step - 1) / step;
    let (whole, walk) = (PERIODS * points, (PERIODS - 1) * points);
    let deep = quarter::LONGEST / step + walk;
    if quarter && deep > whole { deep } else { whole }
}

/// An SLO in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The SLO.
    pub slo: &'a Slo,
    /// The environment's name.
    pub environment: &'a str,
    /// The environment.
    pub matchers: &'a Environment,
}

impl<'a> Asked<'a> {
    /// An SLO in a named environment; none when there is no such environment.
    #[must_use]
    pub fn new(settings: &'a Settings, slo: &'a Slo, environment: &str) -> Option<Self> {
        let (environment, matchers) = settings.environments.get_key_value(environment)?;
        Some(Self { slo, environment, matchers })
    }

    /// The question to a source.
    fn request(&self) -> Request<'a> {
        Request { slo: self.slo, environment: self.environment, matchers: self.matchers }
    }

    /// By service, SLO and environment: the order of reports.
    fn key(&self) -> (&'a str, &'a str, &'a str) {
        (&self.slo.service, &self.slo.name, self.environment)
    }
}

impl Ord for Asked<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Asked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The source that a run watches.
pub struct Watch<'a> {
    /// The source.
    source: Box<dyn Source + 'a>,
    /// What is to be said of how it was chosen.
    note: Option<String>,
}

impl<'a> Watch<'a> {
    /// Chooses the source; `given` is the instant that was asked for outright, where there is one.
    ///
    /// # Errors
    /// When a file that is named cannot be read or is wrong, or an address is none.
    pub fn choose(
        named: &Named<'a>,
        ground: &Ground,
        settings: &Settings,
        given: Option<Timestamp>,
    ) -> Result<Self, Stop> {
        let of = |source: Box<dyn Source + 'a>| Self { source, note: None };
        if let Some(path) = named.observations {
            let name = path.display().to_string();
            let bytes = tree::read_file(&named.directory.join(path))?;
            let (source, note) = delivery::of_file(name, bytes, settings, given)?;
            return Ok(Self { source, note });
        }
        if let Some(delivered) = Self::delivered(named, ground, settings)? {
            return Ok(of(Box::new(delivered)));
        }
        let datadog = match &named.datadog {
            Ok((site, keys)) => Ok(Datadog::new(named.client, site, keys.clone())
                .map_err(|error| Stop::Usage(format!("`--datadog` or `SLOGATE_DATADOG_SITE`: {error}")))?),
            Err(reason) => Err(reason.clone()),
        };
        let queried = Self::queried(named, ground, settings)?;
        Ok(of(Box::new(Switchboard { queried, datadog })))
    }

    /// What somebody else observed; none when no endpoint and no branch of observations is configured.
    fn delivered(
        named: &Named<'a>,
        ground: &Ground,
        settings: &Settings,
    ) -> Result<Option<Delivered<'a>>, Stop> {
        match &named.server {
            Some(Server::Prometheus(..) | Server::Missing(_)) => return Ok(None),
            Some(Server::Observations(said, url, credentials)) => {
                let endpoint = Endpoint::new(named.client, url, credentials.clone())
                    .map_err(|error| Stop::Usage(format!("`{said}`: {error}")))?;
                return Ok(Some(Delivered::at(endpoint, delivery::believed(settings))));
            }
            None => {}
        }
        let observers = settings.observers.as_ref();
        Ok(observers.map(|observers| {
            delivery::on_branch(observers, ground, &named.root, delivery::believed(settings))
        }))
    }

    /// What answers queries, or why nothing does.
    fn queried(
        named: &Named<'a>,
        ground: &Ground,
        settings: &Settings,
    ) -> Result<Result<Box<dyn Source + 'a>, String>, Stop> {
        if let Some(Server::Missing(name)) = &named.server {
            return Ok(Err(format!("`{name}` is set and empty: give it an address, or unset it")));
        }
        if let Some(Server::Prometheus(said, url, credentials)) = &named.server {
            let prometheus = Prometheus::new(named.client, url, credentials.clone())
                .map_err(|error| Stop::Usage(format!("`{said}`: {error}")))?;
            let prometheus = if named.reads_rules { prometheus.reading_rules() } else { prometheus };
            return Ok(Ok(Box::new(prometheus)));
        }
        let Some(settings::Snapshot { path, place }) = &settings.snapshot else {
            let reason = "no source is configured: give --prometheus, set SLOGATE_PROMETHEUS_URL, or name a snapshot \
                          under `source` in the settings";
            return Ok(Err(reason.to_owned()));
        };
        let Some(bytes) = ground.tree.read(path)? else {
            let message = format!("there is no snapshot `{path}` in {}", ground.describe());
            let problem = Diagnostic::error(Code::Unreadable, message)
                .at(place.clone(), "named here")
                .help("record it, correct the path, or give --prometheus");
            return Err(problem.into());
        };
        Ok(Ok(Box::new(Snapshot::read(path, &bytes)?)))
    }

    /// The instant to judge at, and what to say of it: the one that is given, else the end of a recording, else the
    /// present.
    #[must_use]
    pub fn now(&self, given: Option<Timestamp>, present: Timestamp) -> (Timestamp, Option<String>) {
        if let Some(given) = given {
            return (given, None);
        }
        match self.source.recorded_until().and_then(|end| Timestamp::from_second(end).ok()) {
            Some(end) => (
                end,
                Some("a recording is judged at its own end; --now judges at another instant".to_owned()),
            ),
            None => (present, None),
        }
    }

    /// What the report says of the source.
    #[must_use]
    pub fn describe(&self) -> String {
        self.source.describe()
    }

    /// What is to be said of how the source was asked.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.note.iter().cloned().chain(self.source.notes()).collect()
    }

    /// Asks for everything, in order; `depth` says how many points of history up to `t` each one needs.
    #[must_use]
    pub fn observe(
        &self,
        asked: &[Asked<'_>],
        depth: impl Fn(&Asked<'_>) -> i64,
        settings: &Settings,
        t: i64,
    ) -> Vec<Answer> {
        whole::observe(self.source.as_ref(), &ranged(asked, depth, settings.step, t))
    }

    /// What would be asked for everything, without asking it.
    #[must_use]
    pub fn plan(
        &self,
        asked: &[Asked<'_>],
        depth: impl Fn(&Asked<'_>) -> i64,
        wanted: &Wanted<'_>,
        (settings, environment): (&Settings, &str),
        t: i64,
    ) -> QueryPlan {
        let ranged = ranged(asked, depth, settings.step, t);
        let requests = RefCell::new(whole::plan(self.source.as_ref(), &ranged));
        let unasked = whole::unasked(self.source.as_ref(), &ranged);
        let ask = |signals: &[SignalRequest<'_>], range| {
            requests.borrow_mut().extend(self.source.plan_signals(signals, range));
            let nothing = || Gap::Unreachable { detail: "nothing is asked for a plan".to_owned() };
            signals.iter().map(|_| Err(nothing())).collect()
        };
        let signals = signal::listen(ask, wanted, settings, t).answers.len();
        QueryPlan {
            source: self.describe(),
            environment: environment.to_owned(),
            judged_at: t,
            slos: asked.len(),
            signals,
            requests: requests.into_inner(),
            unasked: unasked.iter().map(ToString::to_string).collect(),
        }
    }

    /// Asks about the signals that policies read.
    #[must_use]
    pub fn listen<'s>(&self, wanted: &Wanted<'_>, settings: &'s Settings, t: i64) -> Heard<'s> {
        let ask = |requests: &[SignalRequest<'_>], range| self.source.signals(requests, range);
        signal::listen(ask, wanted, settings, t)
    }

    /// The observations as a file, made for `audience` where there is one.
    #[must_use]
    pub fn record(
        &self,
        asked: &[Asked<'_>],
        observed: &[Answer],
        heard: &Heard<'_>,
        settings: &Settings,
        (now, audience): (Timestamp, Option<&str>),
    ) -> String {
        let parts = parts(asked, observed);
        let (requests, answers): (Vec<Request<'_>>, Vec<_>) =
            parts.map(|(request, observed)| (request, observed.clone())).unzip();
        let (source, evaluated_at) = (&self.describe(), now.as_second());
        let heading = Heading { source, evaluated_at, step: settings.step, audience };
        recorded::write(heading, &requests, &answers, &heard.answers)
    }

    /// What was answered, to judge by other rules.
    #[must_use]
    pub fn keep(
        &self,
        asked: &[Asked<'_>],
        observed: &[Answer],
        heard: &Heard<'_>,
        now: Timestamp,
    ) -> Answered {
        Answered::keep(self.source.as_ref(), now.as_second(), parts(asked, observed), &heard.answers)
    }

    /// A run that asks nobody: it has what another one was answered.
    #[must_use]
    pub fn over(answered: &'a Answered) -> Self {
        Self { source: Box::new(answered.lend()), note: None }
    }
}

/// What was asked, with what was answered: of a composite SLO each part by itself.
fn parts<'r>(
    asked: &'r [Asked<'_>],
    observed: &'r [Answer],
) -> impl Iterator<Item = (Request<'r>, &'r Result<Observation, Gap>)> {
    asked.iter().zip(observed).flat_map(|(one, answer)| {
        answer.asked.iter().map(move |slo| Request { slo, ..one.request() }).zip(&answer.observed)
    })
}

/// What is asked for, each with the stretch of the grid that its history needs.
fn ranged<'a>(
    asked: &[Asked<'a>],
    depth: impl Fn(&Asked<'a>) -> i64,
    step: i64,
    t: i64,
) -> Vec<(Request<'a>, Range)> {
    let range = |points: i64| Range { first: t - (points - 1) * step, last: t, step };
    asked.iter().map(|one| (one.request(), range(depth(one)))).collect()
}
