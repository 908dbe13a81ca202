//! `slogate.yaml`: where things are, whose paths are whose, and how strict each environment is.
//!
//! Read from the tip of the base branch like everything that decides. Addresses and tokens are never
//! in it: they come from the command line and the environment.

mod acting;
mod class;
mod convention;
mod dependency;
mod endpoint;
mod glob;
mod join;
pub mod layer;
mod load;
mod observers;
pub mod organization;
pub mod revision;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};
use crate::document::{Part, RuleSet};

pub use acting::{Acting, Labels};
pub use class::{ChangeClass, GrantedBy, Permission};
pub use convention::{Convention, Conventions};
pub use dependency::{Dependency, Need, ThirdParty};
pub use glob::{Matcher, glob, is_glob, reaches_below};
pub use join::{Joined, join};
pub use layer::{Classes, Layer};
pub use observers::Observers;

/// The file's name, at the root of the judged directory.
pub const FILE: &str = "slogate.yaml";

/// What `slogate definitions` writes of the policy language: the one file with a policy's ending that is none.
pub const DEFINITIONS: &str = ".slogate/slogate.d.rhai";

/// The period that Sloth takes when nothing else is said, in seconds: 30 days.
pub const SLOTH_PERIOD: i64 = 30 * 86_400;

/// The share of a period that exclusions may take where no organisation says it: 25 %.
pub const EXCLUDABLE: Decimal = Decimal::from_parts(25, 0, 0, false, 2);

/// Where SLO definitions are when the settings do not say.
pub const SLOS: [&str; 3] = ["slos/**/*.yaml", "slos/**/*.yml", "slos/**/*.json"];

/// How strict an environment is: the most that a policy's ruling can become in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Rulings are told and never stand in the way.
    Inform,
    /// Rulings warn and never stand in the way.
    Warn,
    /// Rulings hold.
    Enforce,
}

impl Mode {
    /// As it is written in settings and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inform => "inform",
            Self::Warn => "warn",
            Self::Enforce => "enforce",
        }
    }
}

/// What an unknown budget does to a change where policies are enforced, from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnUnknown {
    /// It warns.
    Warn,
    /// It withholds the change.
    Block,
}

/// When a pull request gets a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commenting {
    /// Whenever it touches a service.
    Always,
    /// When there is something to see: a comment that stands there is kept up to date all the same.
    Quiet,
}

/// What a changed path does that no service claims, from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unmapped {
    /// It is passed over.
    Ignore,
    /// It is warned about.
    Warn,
    /// It concerns every service.
    All,
}

impl Unmapped {
    /// As it is written in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Warn => "warn",
            Self::All => "all",
        }
    }
}

/// One service and the paths that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The team that answers for it.
    pub team: Option<String>,
    /// Globs, relative to the judged directory.
    pub paths: Vec<String>,
    /// The services that it depends on, and whether it can do without them.
    pub dependencies: Vec<Dependency>,
    /// The phase of its lifecycle, such as `beta`.
    pub phase: Option<String>,
    /// How much depends on it, such as `critical`.
    pub tier: Option<String>,
    /// The endpoints that it declares, by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Where it is declared.
    pub place: Place,
}

/// One endpoint of a service: what users ask it for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Label matchers that tell its events from those of the service's other endpoints; never empty.
    pub matchers: BTreeMap<String, String>,
    /// Where it is declared.
    pub place: Place,
}

/// One environment that changes are shipped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// How strict it is.
    pub mode: Mode,
    /// Label matchers that are put into every selector of an SLO's queries.
    pub matchers: BTreeMap<String, String>,
}

/// Something besides failed events that is watched and that policies may read: it fires, or it is quiet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// `PromQL` that makes one series: 0 while it is quiet, any other number while it fires.
    pub query: String,
    /// Where the query stands.
    pub query_place: Place,
    /// Where it is declared.
    pub place: Place,
}

/// A text that somebody wrote of an SLO, under a key of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text.
    pub text: String,
    /// Where the text stands.
    pub place: Place,
    /// Where its key stands.
    pub key: Place,
}

impl Note {
    /// What stands there, a number as it was written.
    #[must_use]
    pub fn of(part: Part<'_>) -> Self {
        let text = match part.boolean() {
            Some(true) => Some("true"),
            Some(false) => Some("false"),
            None => part.text().or_else(|| part.number()),
        };
        let text = text.unwrap_or_default();
        Self { text: text.to_owned(), place: part.place(), key: part.key_place() }
    }
}

/// What the settings say of one SLO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// By the annotations' names, without their prefix.
    pub notes: BTreeMap<String, Note>,
    /// Where the SLO is named.
    pub place: Place,
}

/// How bad a lint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is not told.
    Off,
    /// It is worth mending.
    Warn,
    /// It is to be mended.
    Error,
}

impl Level {
    /// As it is written in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A recorded history that budgets are read from when no monitoring system is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its path.
    pub path: String,
    /// Where the settings name it.
    pub place: Place,
}

/// The settings of a repository, complete and valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Globs of SLO definitions.
    pub slos: Vec<String>,
    /// The rules that OpenSLO definitions are held to.
    pub slo_rules: RuleSet,
    /// The period of Sloth's SLOs, which their definitions do not say, in seconds.
    pub sloth_period: i64,
    /// Globs of policies.
    pub policies: Vec<String>,
    /// Globs of adjustments of budgets; none where nothing is adjusted.
    pub adjustments: Vec<String>,
    /// Where those globs stand, in their order.
    pub adjustment_places: Vec<Place>,
    /// The share of a period that exclusions may take, from 0 to 1; the organisation alone can set it.
    pub excludable: Decimal,
    /// The services by name.
    pub services: BTreeMap<String, Service>,
    /// Those outside of the repository on whom services depend, by name.
    pub third_parties: BTreeMap<String, ThirdParty>,
    /// The environments by name.
    pub environments: BTreeMap<String, Environment>,
    /// The classes of change by name.
    pub changes: BTreeMap<String, ChangeClass>,
    /// The signals that policies may read, by name.
    pub signals: BTreeMap<String, Signal>,
    /// What is said of SLOs besides their own annotations, by their names.
    pub annotations: BTreeMap<String, Noted>,
    /// How things are to be named.
    pub names: Conventions,
    /// How bad lints are, by their codes; those that are not there are as bad as they are by themselves.
    pub lints: BTreeMap<String, Level>,
    /// What a changed path does that no service claims.
    pub unmapped: Unmapped,
    /// Globs of changed paths that never matter.
    pub ignore: Vec<String>,
    /// What the organisation lets teams ignore: a path is ignored only where these globs match, too. None where it
    /// leaves that to them.
    pub ignore_within: Option<Vec<String>>,
    /// The grid: seconds between two points, from 10 to 86,400.
    pub step: i64,
    /// What an unknown budget does where policies are enforced.
    pub on_unknown: OnUnknown,
    /// When a pull request gets a comment.
    pub commenting: Commenting,
    /// What is said of the issues that `slogate act` opens.
    pub acting: Acting,
    /// The recorded history that budgets are read from when no monitoring system is given.
    pub snapshot: Option<Snapshot>,
    /// What is believed of observations that somebody else makes.
    pub observers: Option<Observers>,
    /// The settings file itself.
    pub place: Place,
}

/// Reads and checks settings; none when anything in them is wrong, and then every problem is told.
#[must_use]
pub fn load(source: &SourceText) -> (Option<Settings>, Vec<Diagnostic>) {
    load::load(source)
}

/// The share that a percentage such as `99.9 %` stands for; none outside of 0 % to 100 %, both excluded.
#[must_use]
pub fn percentage(text: &str) -> Option<Decimal> {
    let percent = text.strip_suffix('%')?.trim_end();
    let share = Decimal::from_str_exact(percent).ok()?.checked_div(Decimal::ONE_HUNDRED)?;
    (share > Decimal::ZERO && share < Decimal::ONE).then_some(share)
}

/// The share that a percentage such as `12 %` stands for, from 0 % to 100 %, both included; none for any other text.
#[must_use]
pub fn share(text: &str) -> Option<Decimal> {
    let percent = text.strip_suffix('%')?.trim_end();
    let share = Decimal::from_str_exact(percent).ok()?.checked_div(Decimal::ONE_HUNDRED)?;
    (Decimal::ZERO..=Decimal::ONE).contains(&share).then_some(share)
}

/// Seconds of a duration such as `30s`, `5m`, `1h` or `7d`; none for any other text.
#[must_use]
pub fn duration(text: &str) -> Option<i64> {
    let seconds = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let digits = text.get(..text.len() - 1)?;
    if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<i64>().ok()?.checked_mul(seconds)
}

impl Settings {
    /// An environment by name.
    ///
    /// # Errors
    /// There is none of that name; the problem names the nearest.
    pub fn environment(&self, name: &str) -> Result<&Environment, Diagnostic> {
        named(&self.environments, "environment", name)
    }

    /// A service by name.
    ///
    /// # Errors
    /// There is none of that name; the problem names the nearest.
    pub fn service(&self, name: &str) -> Result<&Service, Diagnostic> {
        named(&self.services, "service", name)
    }

    /// A class of change by name.
    ///
    /// # Errors
    /// There is none of that name; the problem names the nearest.
    pub fn class(&self, name: &str) -> Result<&ChangeClass, Diagnostic> {
        named(&self.changes, "class of change", name)
    }

    /// The services that a team answers for, by name.
    pub fn services_of<'a>(&'a self, team: &'a str) -> impl Iterator<Item = &'a str> {
        let ours = move |(_, service): &(&'a String, &'a Service)| service.team.as_deref() == Some(team);
        self.services.iter().filter(ours).map(|(name, _)| name.as_str())
    }
}

/// One entry by name, or what is wrong with the name.
fn named<'a, T>(entries: &'a BTreeMap<String, T>, what: &str, name: &str) -> Result<&'a T, Diagnostic> {
    entries.get(name).ok_or_else(|| {
        Diagnostic::error(Code::UnknownName, format!("`{FILE}` declares no {what} `{name}`"))
            .help(diagnostic::suggestion(name, entries.keys().map(String::as_str)))
    })
}
