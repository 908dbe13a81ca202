//! How a source is named: by the command line, by the environment, or by neither.

use std::path::{Path, PathBuf};

use crate::cli;
use crate::command::World;
use crate::http::{Certificates, Client, Credentials};
use crate::settings::Settings;
use crate::source::datadog;
use crate::tree;

/// How a source is named, and what asks it.
#[derive(Clone)]
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

impl<'a> Named<'a> {
    /// How the command line and the environment name it, for the settings in a directory.
    ///
    /// # Errors
    /// When it is named wrongly.
    pub fn of(
        source: &'a cli::Source,
        dir: &Path,
        world: &World,
        client: &'a Client,
    ) -> Result<Self, String> {
        Ok(Self {
            observations: file(source),
            directory: world.directory.clone(),
            root: world.directory.join(dir),
            server: server(source, world)?,
            datadog: datadog(source, world),
            reads_rules: !source.ignore_rules,
            client,
        })
    }

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
fn file(source: &cli::Source) -> Option<&Path> {
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
fn server(source: &cli::Source, world: &World) -> Result<Option<Server>, String> {
    let prometheus = |named, url: &str| {
        let credentials = credentials("SLOGATE_PROMETHEUS", world)?;
        Ok(Some(Server::Prometheus(named, url.trim().to_owned(), credentials)))
    };
    let observations = |named, url: &str| {
        let credentials = credentials("SLOGATE_OBSERVATIONS", world)?;
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

/// Who asks, and what the connection is proved by, from variables of the environment with this prefix.
pub fn credentials(prefix: &str, world: &World) -> Result<Credentials, String> {
    let variable = |name: &str| world.variable(name);
    let file = |path: &str| {
        let bytes = tree::read_file(&world.directory.join(path)).map_err(drop)?;
        String::from_utf8(bytes).map_err(drop)
    };
    let certificates = Certificates::read(prefix, variable, file)?;
    Ok(Credentials::read(prefix, variable)?.over(certificates))
}

/// The site of a Datadog and its keys: the site from the command line, else from the environment like the keys; or why
/// there is none. A run without secrets, as on a fork's pull request, still judges what is kept elsewhere.
fn datadog(source: &cli::Source, world: &World) -> Result<(String, Credentials), String> {
    let given = source.datadog.as_deref().map(str::trim);
    let Some(site) = given.or_else(|| world.variable("SLOGATE_DATADOG_SITE")) else {
        let reason = "Datadog is not configured: give --datadog with your site, or set SLOGATE_DATADOG_SITE; its keys are \
                      read from SLOGATE_DATADOG_API_KEY and SLOGATE_DATADOG_APP_KEY";
        return Err(reason.to_owned());
    };
    let key = |name: &str| {
        let missing = || {
            format!(
                "Datadog is asked with keys, and `{name}` is not set; runs on the pull requests of forks see no secrets"
            )
        };
        world.variable(name).ok_or_else(missing)
    };
    let keys = datadog::credentials(key("SLOGATE_DATADOG_API_KEY")?, key("SLOGATE_DATADOG_APP_KEY")?);
    let unfit = |_| "a key of Datadog has a character that cannot be sent".to_owned();
    Ok((site.to_owned(), keys.map_err(unfit)?))
}
