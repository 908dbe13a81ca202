//! What a change makes of the settings: two of them, held against each other, setting by setting.
//!
//! Everything that bears on what is counted, on whom a change concerns and on how strict a verdict is. What only bears
//! on SLOs (annotations, the period of Sloth) is told of each SLO by `catalog::revision`. Nothing here judges.

use std::collections::{BTreeMap, BTreeSet};

use super::{Commenting, Environment, Need, OnUnknown, Service, Settings};

/// What a setting is of, in the order in which revisions are told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An environment.
    Environment(String),
    /// An endpoint of a service.
    Endpoint {
        /// The service.
        service: String,
        /// Its endpoint.
        name: String,
    },
    /// The whole repository.
    Repository,
    /// A class of change.
    Class(String),
    /// A lint.
    Lint(String),
    /// A signal.
    Signal(String),
    /// A third party.
    ThirdParty(String),
    /// A service.
    Service(String),
    /// An exclusion, which settings point at.
    Exclusion(String),
    /// What is given back of an SLO, which settings point at.
    TopUp(String),
}

/// One setting that a change revises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resettled {
    /// What it is of.
    pub subject: Subject,
    /// Its key; none where all of the subject is new or gone.
    pub key: Option<&'static str>,
    /// Its value before the change; none where it was not there.
    pub from: Option<String>,
    /// Its value behind it; none where it is not there.
    pub to: Option<String>,
}

impl Resettled {
    /// SLOs count other events by it, or fewer, or some of them are given back.
    #[must_use]
    pub fn redirects(&self) -> bool {
        let adjusts = matches!(self.subject, Subject::Exclusion(_) | Subject::TopUp(_));
        self.key == Some(MATCH) || (adjusts && self.to.is_some())
    }

    /// Where it stands in the settings: `environments.production.match`.
    #[must_use]
    pub fn path(&self) -> String {
        let subject = match &self.subject {
            Subject::Environment(name) => format!("environments.{name}"),
            Subject::Endpoint { service, name } => format!("services.{service}.endpoints.{name}"),
            Subject::Repository => String::new(),
            Subject::Class(name) => format!("changes.{name}"),
            Subject::Lint(name) => format!("lints.{name}"),
            Subject::Signal(name) => format!("signals.{name}"),
            Subject::ThirdParty(name) => format!("third_parties.{name}"),
            Subject::Service(name) => format!("services.{name}"),
            Subject::Exclusion(name) => format!("exclusions.{name}"),
            Subject::TopUp(slo) => format!("top_ups.{slo}"),
        };
        let key = self.key.unwrap_or_default();
        let dot = if subject.is_empty() || key.is_empty() { "" } else { "." };
        format!("{subject}{dot}{key}")
    }
}

/// What a list says that holds nothing.
pub const NONE: &str = "none";

/// The key of labels that tell events apart.
const MATCH: &str = "match";

/// The settings of one subject by their keys.
type Values = BTreeMap<&'static str, String>;

/// What differs between the settings before a change and those behind it: first whatever makes SLOs count other events.
#[must_use]
pub fn compare(before: &Settings, after: &Settings) -> Vec<Resettled> {
    let (before, after) = (listed(before), listed(after));
    let subjects: BTreeSet<&Subject> = before.keys().chain(after.keys()).collect();
    let differs = |subject| between(subject, before.get(subject), after.get(subject));
    let mut found: Vec<Resettled> = subjects.into_iter().flat_map(differs).collect();
    found.sort_by_key(|one| !one.redirects());
    found
}

/// What differs of one subject.
fn between(subject: &Subject, before: Option<&Values>, after: Option<&Values>) -> Vec<Resettled> {
    let subject = || subject.clone();
    let (Some(from), Some(to)) = (before, after) else {
        let told = Resettled { subject: subject(), key: None, from: before.map(whole), to: after.map(whole) };
        return vec![told];
    };
    let keys: BTreeSet<&'static str> = from.keys().chain(to.keys()).copied().collect();
    let differs = keys.into_iter().filter(|key| from.get(key) != to.get(key));
    let told = differs.map(|key| Resettled {
        subject: subject(),
        key: Some(key),
        from: from.get(key).cloned(),
        to: to.get(key).cloned(),
    });
    told.collect()
}

/// All of a subject: `match env="prod", mode enforce`; what has one key is its value.
fn whole(values: &Values) -> String {
    if values.len() == 1 {
        return values.values().cloned().collect();
    }
    let said: Vec<String> = values.iter().map(|(key, value)| format!("{key} {value}")).collect();
    said.join(", ")
}

/// Every setting that bears on verdicts, by what it is of.
fn listed(settings: &Settings) -> BTreeMap<Subject, Values> {
    let mut list = BTreeMap::from([(Subject::Repository, repository(settings))]);
    for (name, Environment { mode, matchers }) in &settings.environments {
        let values = [(MATCH, labels(matchers)), ("mode", mode.as_str().to_owned())];
        list.insert(Subject::Environment(name.clone()), values.into());
    }
    for (name, class) in &settings.changes {
        let values = [("granted_by", class.granted_by.as_str().to_owned()), ("label", class.label.clone())];
        list.insert(Subject::Class(name.clone()), values.into());
    }
    for (name, level) in &settings.lints {
        list.insert(Subject::Lint(name.clone()), [("level", level.as_str().to_owned())].into());
    }
    for (name, signal) in &settings.signals {
        list.insert(Subject::Signal(name.clone()), [("query", signal.query.clone())].into());
    }
    for (name, party) in &settings.third_parties {
        list.insert(Subject::ThirdParty(name.clone()), [("sla", party.sla.normalize().to_string())].into());
    }
    for (name, service) in &settings.services {
        list.insert(Subject::Service(name.clone()), of_service(service));
        for (endpoint, declared) in &service.endpoints {
            let subject = Subject::Endpoint { service: name.clone(), name: endpoint.clone() };
            list.insert(subject, [(MATCH, labels(&declared.matchers))].into());
        }
    }
    list
}

/// The settings of the whole repository.
fn repository(settings: &Settings) -> Values {
    let on_unknown = match settings.on_unknown {
        OnUnknown::Warn => "warn",
        OnUnknown::Block => "block",
    };
    let commenting = match settings.commenting {
        Commenting::Always => "always",
        Commenting::Quiet => "quiet",
    };
    let mut values = Values::from([
        ("comment", commenting.to_owned()),
        ("adjustments", globs(&settings.adjustments)),
        ("ignore", globs(&settings.ignore)),
        ("on_unknown", on_unknown.to_owned()),
        ("policies", globs(&settings.policies)),
        ("slo_rules", settings.slo_rules.as_str().to_owned()),
        ("slos", globs(&settings.slos)),
        ("step", length(settings.step)),
        ("unmapped", settings.unmapped.as_str().to_owned()),
    ]);
    values.extend(settings.snapshot.as_ref().map(|snapshot| ("source.snapshot", snapshot.path.clone())));
    if let Some(observers) = &settings.observers {
        values.insert("source.observations.for", observers.audience.clone());
        let place = observers.branch.as_ref().map(|branch| format!("{} on {branch}", observers.path));
        values.extend(place.map(|place| ("source.observations.branch", place)));
        let keys: Vec<String> = observers.keys.iter().map(ToString::to_string).collect();
        values.insert("source.observations.keys", globs(&keys));
    }
    values
}

/// The settings of a service, its endpoints aside.
fn of_service(service: &Service) -> Values {
    let mut values = Values::from([("paths", globs(&service.paths))]);
    let words = [("phase", &service.phase), ("team", &service.team), ("tier", &service.tier)];
    values.extend(words.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))));
    for (key, need) in [("dependencies", Need::Hard), ("soft_dependencies", Need::Soft)] {
        let of_need = service.dependencies.iter().filter(|dependency| dependency.need == need);
        let names: Vec<&str> = of_need.map(|dependency| dependency.name.as_str()).collect();
        if !names.is_empty() {
            values.insert(key, names.join(", "));
        }
    }
    values
}

/// Labels as `PromQL` writes them; without any, every event counts.
fn labels(matchers: &BTreeMap<String, String>) -> String {
    let labels: Vec<String> = matchers.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
    if labels.is_empty() { "every event".to_owned() } else { labels.join(", ") }
}

/// Globs as a list.
fn globs(globs: &[String]) -> String {
    if globs.is_empty() { NONE.to_owned() } else { globs.join(", ") }
}

/// A length as settings write it: `5m`.
fn length(seconds: i64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let whole = units.into_iter().find(|(unit, _)| seconds % unit == 0);
    whole.map_or_else(|| format!("{seconds}s"), |(unit, letter)| format!("{}{letter}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::settings::load;

    /// What differs between two texts: where, from what, to what.
    fn told(before: &str, after: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let settings = |text: &str| {
            let text = format!("version: 1\nservices: {{a: {{paths: [a], team: t}}}}\n{text}");
            load(&SourceText::new("slogate.yaml", text)).0.expect("they are valid")
        };
        let found = compare(&settings(before), &settings(after));
        found.into_iter().map(|one| (one.path(), one.from, one.to)).collect()
    }

    #[test]
    fn whatever_makes_a_verdict_milder_is_found() {
        let before = "environments: {production: {mode: enforce, match: {env: prod-eu}}}\nstep: 1h\n\
                      changes: {hotfix: {label: hotfix, granted_by: maintain}}\n";
        let after = "environments: {production: {mode: inform, match: {env: prod-us}}}\nstep: 5m\n\
                     changes: {hotfix: {label: quick, granted_by: triage}}\nunmapped: ignore\n\
                     on_unknown: warn\nlints: {unsaid: 'off'}\nignore: ['**/*.rs']\n";
        let expected = [
            ("environments.production.match", Some("env=\"prod-eu\""), Some("env=\"prod-us\"")),
            ("environments.production.mode", Some("enforce"), Some("inform")),
            ("ignore", Some("none"), Some("**/*.rs")),
            ("on_unknown", Some("block"), Some("warn")),
            ("step", Some("1h"), Some("5m")),
            ("unmapped", Some("all"), Some("ignore")),
            ("changes.hotfix.granted_by", Some("maintain"), Some("triage")),
            ("changes.hotfix.label", Some("hotfix"), Some("quick")),
            ("lints.unsaid", None, Some("off")),
        ];
        let found = told(before, after);
        let found: Vec<_> =
            found.iter().map(|(path, from, to)| (path.as_str(), from.as_deref(), to.as_deref())).collect();
        assert_eq!(found, expected);
        assert_eq!(told(before, before), []);
    }

    #[test]
    fn what_is_new_or_gone_is_told_once() {
        let before = "environments: {p: {match: {env: p}}, q: {mode: enforce}}\n";
        let found = told(before, "environments: {p: {match: {env: p}}}\n");
        let expected =
            ("environments.q".to_owned(), Some("match every event, mode enforce".to_owned()), None);
        assert_eq!(found, [expected]);
    }
}
