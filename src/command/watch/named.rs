//! How a source is named: by the command line, by the environment, or by neither.

use std::path::{Path, PathBuf};

use crate::cli;
use crate::command::{World, check};
use crate::http::{Client, Credentials};
use crate::settings::Settings;

/// How a source is named, and what asks it.
pub struct Named<'a> {
    /// A file of recorded observations, when one is given.
    pub observations: Option<&'a Path>,
    /// Where relative paths of the command line start.
    pub directory: PathBuf,
    /// The directory that has the settings, when it is on this machine.
    pub root: PathBuf,
    /// What is asked over the network, when it is given.
    pub server: Option<Server>,
    /// The site of a Datadog and its keys, or why there is none.
    pub datadog: Result<(String, Credentials), String>,
    /// What rules recorded in a Prometheus is read.
    pub reads_rules: bool,
    /// The client for whatever goes over the network.
    pub client: &'a Client,
}

/// Something that is asked over the network: by which flag or variable it is named, its address, and the credentials of
/// who asks.
#[derive(Debug, Clone)]
pub enum Server {
    /// What speaks Prometheus's API.
    Prometheus(&'static str, String, Credentials),
    /// An endpoint that answers with observations.
    Observations(&'static str, String, Credentials),
    /// An address that went missing: this variable is set and empty. No recording decides in its place.
    Missing(&'static str),
}

impl Named<'_> {
    /// That there is a source to ask, before anything is made of its silence.
    ///
    /// # Errors
    /// When none is named, with what to give.
    pub fn sourced(&self, settings: &Settings) -> Result<(), String> {
        let queried = self.observations.is_some() || self.server.is_some() || settings.snapshot.is_some();
        match &self.datadog {
            Err(reason) if !queried => Err(format!(
                "no source is configured: give --prometheus, set SLOGATE_PROMETHEUS_URL, or name a snapshot under \
                 `source` in the settings; {reason}"
            )),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// The file of observations that the command line names; none where it names an address or nothing.
#[must_use]
pub fn file(source: &cli::Source) -> Option<&Path> {
    source.observations.as_deref().filter(|path| address(path).is_none())
}

/// The address that a path is.
fn address(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)))
}

/// What is asked over the network: what the command line names, else what the environment names.
///
/// # Errors
/// When an address went missing, the environment names two, or credentials contradict each other.
pub fn server(source: &cli::Source, world: &World) -> Result<Option<Server>, String> {
    let credentials = |prefix: &str| check::credentials(prefix, world);
    let prometheus = |named, url: &str| {
        let credentials = credentials("SLOGATE_PROMETHEUS")?;
        Ok(Some(Server::Prometheus(named, url.trim().to_owned(), credentials)))
    };
    let observations = |named, url: &str| {
        let credentials = credentials("SLOGATE_OBSERVATIONS")?;
        Ok(Some(Server::Observations(named, url.to_owned(), credentials)))
    };
    if let Some(url) = &source.prometheus {
        // An address that went missing must not let a recording decide in its place.
        return if url.trim().is_empty() {
            Err("--prometheus is empty: give an address, or leave the flag out".to_owned())
        } else {
            prometheus("--prometheus", url)
        };
    }
    if let Some(path) = &source.observations {
        return address(path).map_or(Ok(None), |url| observations("--observations", url));
    }
    match (world.variable("SLOGATE_PROMETHEUS_URL"), world.variable("SLOGATE_OBSERVATIONS_URL")) {
        (Some(_), Some(_)) => Err("`SLOGATE_PROMETHEUS_URL` and `SLOGATE_OBSERVATIONS_URL` are both set: \
                                   budgets are read from one of them"
            .to_owned()),
        (Some(url), None) => prometheus("SLOGATE_PROMETHEUS_URL", url),
        (None, Some(url)) => observations("SLOGATE_OBSERVATIONS_URL", url),
        (None, None) => {
            let is_blank =
                |name: &&str| world.environment.get(*name).is_some_and(|url| url.trim().is_empty());
            let blank = ["SLOGATE_PROMETHEUS_URL", "SLOGATE_OBSERVATIONS_URL"].into_iter().find(is_blank);
            Ok(blank.map(Server::Missing))
        }
    }
}
