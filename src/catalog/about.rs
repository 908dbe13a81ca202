//! What people say of an SLO besides its numbers: where it holds, whose it is, whom it serves, and who agreed to it.
//!
//! None of it is needed to reckon a budget, except the environment, which an SLO may be bound to, and what `defaults`
//! needs: the endpoint, the SLI, and whether it is a default. What nobody said is none; what is missing is told by
//! `lint`, not here.

use std::collections::BTreeMap;

use super::Recorder;
use super::annotation::{Annotations, tell};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::settings::{Note, Settings};

/// The one environment that an SLO holds in.
pub(super) const ENVIRONMENT: &str = "environment";
/// The endpoint that it is about.
const ENDPOINT: &str = "endpoint";
/// The SLI that it is an objective of.
const SLI: &str = "sli";
/// Whether it is a default.
const DEFAULT: &str = "default";
/// The team that answers for it.
const TEAM: &str = "team";
/// The person or group that is asked about it.
const OWNER: &str = "owner";
/// The step of the user journey that it stands for.
const JOURNEY: &str = "journey";
/// Where it is written what to do when it breaks.
const RUNBOOK: &str = "runbook";
/// The services without which it cannot be met.
const DEPENDENCIES: &str = "dependencies";
/// Who agreed to it, by role.
const AGREED_BY: &str = "agreed-by";

/// The SLO in Datadog that counts its events.
const DATADOG: &str = super::datadog::ANNOTATION;
/// How its events are counted.
const EXACT: &str = "exact";
/// From the counters as they were scraped.
const RAW: &str = "raw";

/// The annotations that are read here, without the prefix.
pub(super) const KEYS: [&str; 12] = [
    ENVIRONMENT,
    ENDPOINT,
    SLI,
    DEFAULT,
    TEAM,
    OWNER,
    JOURNEY,
    RUNBOOK,
    DEPENDENCIES,
    AGREED_BY,
    EXACT,
    DATADOG,
];

/// The most characters that are kept of one annotation.
const LONGEST: usize = 500;

/// One of those who agree to an SLO, each to something else: to operate it, to build for it, to pay for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Those who operate the service.
    Operations,
    /// Those who develop it.
    Development,
    /// Those who answer for the product.
    Product,
}

/// All roles.
pub const ROLES: [Role; 3] = [Role::Operations, Role::Development, Role::Product];

impl Role {
    /// Its name, as in the header of a policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Development => "development",
            Self::Product => "product",
        }
    }
}

/// What is said of an SLO.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The one environment that it holds in; none for all.
    pub environment: Option<Note>,
    /// The endpoint of its service that it is about; none for the whole service.
    pub endpoint: Option<Note>,
    /// The SLI that it is an objective of, such as `availability`.
    pub sli: Option<Note>,
    /// Where it is said that it is a default, which holds wherever nothing else was written; none for all others.
    pub default: Option<Note>,
    /// The team that answers for it; none where the service's team does.
    pub team: Option<Note>,
    /// Who is asked about it.
    pub owner: Option<Note>,
    /// The step of the user journey that it stands for.
    pub journey: Option<Note>,
    /// Where it is written what to do when it breaks.
    pub runbook: Option<Note>,
    /// The names of the services without which it cannot be met, besides those that the settings name.
    pub dependencies: Vec<Note>,
    /// Who agreed to it.
    pub agreed_by: BTreeMap<Role, String>,
    /// The SLOs in Datadog that its annotations name.
    pub datadog: Option<Note>,
    /// Its counters are read as they were scraped, and not as the monitoring system extrapolates them.
    pub is_raw: bool,
    /// Whose rules may record figures of it.
    pub recorder: Option<Recorder>,
}

/// What the annotations say of an SLO.
pub(super) fn about(
    annotations: &Annotations<'_>,
    settings: &Settings,
    problems: &mut Vec<Diagnostic>,
) -> About {
    let mut text = |key: &str| {
        let note = annotations.get(key)?;
        let help = match note.text.trim() {
            "" => "say it, or take the annotation out".to_owned(),
            text if text.chars().count() > LONGEST => format!("write at most {LONGEST} characters"),
            _ => return Some(note.clone()),
        };
        let message = format!("`{}{key}` cannot be this text", annotations.prefix(key));
        tell(
            Diagnostic::error(Code::WrongValue, message)
                .at(note.place.clone(), "says nothing, or too much")
                .help(help),
            problems,
        );
        None
    };
    let about = About {
        environment: text(ENVIRONMENT),
        endpoint: text(ENDPOINT),
        sli: text(SLI),
        default: None,
        team: text(TEAM),
        owner: text(OWNER),
        journey: text(JOURNEY),
        runbook: text(RUNBOOK),
        dependencies: text(DEPENDENCIES).map(|note| names(&note)).unwrap_or_default(),
        agreed_by: BTreeMap::new(),
        datadog: text(DATADOG),
        is_raw: false,
        recorder: None,
    };
    let agreed = text(AGREED_BY);
    let default = annotations.get(DEFAULT).and_then(|note| default(note, annotations, problems));
    if let Some(note) = &about.environment
        && let Err(problem) = settings.environment(note.text.trim())
    {
        tell(problem.at(note.place.clone(), "not declared"), problems);
    }
    let agreed_by = agreed.map(|note| agreement(&note, problems)).unwrap_or_default();
    let is_raw = annotations.get(EXACT).is_some_and(|note| is_raw(note, annotations, problems));
    About { default, agreed_by, is_raw, ..about }
}

/// Whether an SLO says that its counters are read raw.
fn is_raw(note: &Note, annotations: &Annotations<'_>, problems: &mut Vec<Diagnostic>) -> bool {
    let is_raw = note.text.trim() == RAW;
    if !is_raw {
        let message = format!("`{}{EXACT}` cannot be `{}`", annotations.prefix(EXACT), note.text);
        let problem =
            Diagnostic::error(Code::WrongValue, message).at(note.place.clone(), "not a way to count");
        tell(problem.help(format!("write `{RAW}`, or take the annotation out")), problems);
    }
    is_raw
}

/// Where an SLO says that it is a default; none where it says that it is not.
fn default(note: &Note, annotations: &Annotations<'_>, problems: &mut Vec<Diagnostic>) -> Option<Note> {
    match note.text.trim() {
        "true" => return Some(note.clone()),
        "false" => return None,
        _ => {}
    }
    let message = format!("`{}{DEFAULT}` cannot be `{}`", annotations.prefix(DEFAULT), note.text);
    let problem = Diagnostic::error(Code::WrongValue, message).at(note.place.clone(), "neither yes nor no");
    tell(problem.help("write `\"true\"`, or take the annotation out"), problems);
    None
}

/// The names of a list with commas.
fn names(note: &Note) -> Vec<Note> {
    let names = note.text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| Note { text: name.to_owned(), ..note.clone() }).collect()
}

/// Who agreed, from `operations: @ola, development: @dev, product: @po`.
fn agreement(note: &Note, problems: &mut Vec<Diagnostic>) -> BTreeMap<Role, String> {
    let mut agreed = BTreeMap::new();
    let roles = ROLES.map(Role::as_str);
    for entry in note.text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (role, who) = entry.split_once(':').map_or((entry, ""), |(role, who)| (role.trim(), who.trim()));
        let known = ROLES.into_iter().find(|known| known.as_str() == role);
        let wrong = match known {
            None => Some((format!("there is no role `{role}`"), diagnostic::suggestion(role, roles))),
            Some(_) if who.is_empty() => {
                Some((format!("nobody is named for `{role}`"), format!("write `{role}: @somebody`")))
            }
            Some(known) => {
                let again = agreed.insert(known, who.to_owned()).is_some();
                again.then(|| (format!("`{role}` is named twice"), "name one for each role".to_owned()))
            }
        };
        if let Some((message, help)) = wrong {
            let problem = Diagnostic::error(Code::WrongValue, message).at(note.place.clone(), "who agreed");
            tell(problem.help(help), problems);
        }
    }
    agreed
}
