//! What is about to ship: which services a change touches and why, where it goes, and of what sort it is.
//!
//! Services follow from changed paths and the settings of the base branch, and from nothing that the change's
//! author writes: no branch name, no title, no body. When it cannot be seen what changed, every service counts.

pub mod authority;
pub mod claim;
pub mod shipment;
mod sighting;

use std::collections::{BTreeMap, BTreeSet};

use claim::Claims;

use crate::diagnostic::{self, Code, Diagnostic};
use crate::settings::{self, Settings, Unmapped};

/// The most paths that one message names.
const NAMED: usize = 3;

/// A commit, and the name by which it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The branch, tag or id that was asked for.
    pub name: String,
    /// Its full id.
    pub id: String,
}

/// A service that a change touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedService {
    /// Its name in the settings.
    pub name: String,
    /// The changed paths that touch it, sorted; none when it was named outright or when all services count.
    pub because: Vec<String>,
}

/// How much of a rollout is judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rollout {
    /// A small part of the traffic: it may ship where a clause restricts to it.
    Canary,
    /// Everything.
    #[default]
    Full,
}

impl Rollout {
    /// As it stands on the command line, in policies and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Full => "full",
        }
    }
}

/// What is about to ship.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The services it touches, by name.
    pub services: Vec<TouchedService>,
    /// Its class, when somebody with the authority gave it one: of several that count the one under which the verdict is
    /// the mildest, and of those the first by name.
    pub class: Option<String>,
    /// The labels that claim a class, whether they count or not.
    pub claims: Claims,
    /// How much of its rollout is judged.
    pub rollout: Rollout,
    /// The tip of the base branch; none when the work tree is judged.
    pub base: Option<Commit>,
    /// The full id of the commit that is about to ship, when there is one.
    pub head: Option<String>,
}

/// Which services a set of changed paths touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The services, by name.
    pub services: Vec<TouchedService>,
    /// Changed paths that never matter.
    pub ignored: Vec<String>,
    /// Changed paths that no service claims.
    pub unmapped: Vec<String>,
    /// How the services were found, in sentences.
    pub notes: Vec<String>,
    /// Paths that no service claims, where that is warned about; globs that cannot be read.
    pub problems: Vec<Diagnostic>,
}

/// Finds the services that changed paths touch. A path that is ignored concerns nobody, whoever claims it; a
/// path that nobody claims does what `unmapped` says; a path may touch several services.
#[must_use]
pub fn touched(settings: &Settings, paths: &[String]) -> Touched {
    let mut found = Touched::default();
    let ignore = settings::glob(&settings.ignore);
    let within = settings.ignore_within.as_ref().map(settings::glob);
    let ignored =
        |path: &str| ignore.is_match(path) && within.as_ref().is_none_or(|globs| globs.is_match(path));
    let services: Vec<(&str, settings::Matcher)> = settings
        .services
        .iter()
        .map(|(name, service)| (name.as_str(), settings::glob(&service.paths)))
        .collect();
    let mut because: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for path in paths.iter().collect::<BTreeSet<_>>() {
        if ignored(path) {
            found.ignored.push(path.clone());
            continue;
        }
        let claims = services.iter().filter(|(_, globs)| globs.is_match(path));
        let mut claimed = false;
        for (name, _) in claims {
            because.entry(name).or_default().push(path.clone());
            claimed = true;
        }
        if !claimed {
            found.unmapped.push(path.clone());
        }
    }
    if !found.unmapped.is_empty() {
        let claimed = named_few(&found.unmapped);
        match settings.unmapped {
            Unmapped::All => {
                for name in settings.services.keys() {
                    because.entry(name).or_default().extend(found.unmapped.iter().cloned());
                }
                found.notes.push(format!("every service counts, because no service claims {claimed}"));
            }
            Unmapped::Warn => found.problems.push(
                Diagnostic::warning(Code::Unused, format!("no service claims {claimed}"))
                    .at(settings.place.clone(), "no glob under `services` or `ignore` matches")
                    .help("add a glob to a service or to `ignore`, or set `unmapped`"),
            ),
            Unmapped::Ignore => {}
        }
    }
    if because.is_empty() && !paths.is_empty() {
        found.notes.push("none of the changed paths touches a service".to_owned());
    }
    found.services = because
        .into_iter()
        .map(|(name, mut because)| {
            because.sort();
            TouchedService { name: name.to_owned(), because }
        })
        .collect();
    found
}

/// Every service, because it cannot be seen or was not asked what changed; `why` says so in a sentence.
#[must_use]
pub fn every(settings: &Settings, why: &str) -> Touched {
    let service = |name: &String| TouchedService { name: name.clone(), because: Vec::new() };
    Touched {
        services: settings.services.keys().map(service).collect(),
        notes: vec![why.to_owned()],
        ..Touched::default()
    }
}

/// The services that were named outright; a name that stands for none is a problem.
#[must_use]
pub fn named(settings: &Settings, names: &[String]) -> Touched {
    let mut found = Touched::default();
    for name in names.iter().collect::<BTreeSet<_>>() {
        if settings.services.contains_key(name) {
            found.services.push(TouchedService { name: name.clone(), because: Vec::new() });
        } else {
            let known = settings.services.keys().map(String::as_str);
            found.problems.push(
                Diagnostic::error(Code::UnknownName, format!("`{name}` is no service of these settings"))
                    .help(diagnostic::suggestion(name, known)),
            );
        }
    }
    found
}

/// `a` and `b`; or `a`, `b` and 3 more.
fn named_few(paths: &[String]) -> String {
    let named: Vec<&str> = paths.iter().take(NAMED).map(String::as_str).collect();
    if paths.len() <= NAMED {
        diagnostic::list(&named)
    } else {
        format!("`{}` and {} more", named.join("`, `"), paths.len() - NAMED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Place;
    use crate::diagnostic::SourceText;
    use crate::settings::Service;
    use crate::settings::{Conventions, OnUnknown};

    fn settings(unmapped: Unmapped) -> Settings {
        let place = Place::new(&SourceText::new("slogate.yaml", "version: 1\n"), 0..7);
        let service = |paths: &[&str]| Service {
            team: None,
            paths: paths.iter().map(ToString::to_string).collect(),
            phase: None,
            tier: None,
            endpoints: BTreeMap::new(),
            dependencies: Vec::new(),
            place: place.clone(),
        };
        Settings {
            slos: Vec::new(),
            slo_rules: crate::document::RuleSet::Spec,
            sloth_period: settings::SLOTH_PERIOD,
            policies: Vec::new(),
            adjustments: Vec::new(),
            adjustment_places: Vec::new(),
            excludable: settings::EXCLUDABLE,
            services: BTreeMap::from([
                ("checkout".to_owned(), service(&["services/checkout/**", "lib/*.rs"])),
                ("search".to_owned(), service(&["services/search/**", "lib/**"])),
            ]),
            environments: BTreeMap::new(),
            changes: BTreeMap::new(),
            signals: BTreeMap::new(),
            annotations: BTreeMap::new(),
            names: Conventions::default(),
            third_parties: BTreeMap::new(),
            lints: BTreeMap::new(),
            unmapped,
            ignore: vec!["docs/**".to_owned(), "**/*.md".to_owned()],
            ignore_within: None,
            step: 300,
            on_unknown: OnUnknown::Block,
            commenting: settings::Commenting::Always,
            acting: settings::Acting::default(),
            snapshot: None,
            observers: None,
            place,
        }
    }

    fn touch(unmapped: Unmapped, paths: &[&str]) -> Touched {
        touched(&settings(unmapped), &paths.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    fn names(touched: &Touched) -> Vec<&str> {
        touched.services.iter().map(|service| service.name.as_str()).collect()
    }

    #[test]
    fn a_path_touches_every_service_that_claims_it() {
        let found = touch(Unmapped::All, &["lib/a.rs", "services/checkout/x"]);
        assert_eq!(names(&found), ["checkout", "search"]);
        assert_eq!(found.services[0].because, ["lib/a.rs", "services/checkout/x"]);
        assert_eq!(found.services[1].because, ["lib/a.rs"]);
        assert_eq!(names(&touch(Unmapped::All, &["lib/deep/a.rs"])), ["search"]);
    }

    #[test]
    fn an_ignored_path_concerns_nobody() {
        let found = touch(Unmapped::All, &["docs/a.txt", "README.md", "services/checkout/README.md"]);
        assert!(found.services.is_empty());
        assert_eq!(found.ignored.len(), 3);
        assert_eq!(found.notes, ["none of the changed paths touches a service"]);
    }

    #[test]
    fn what_lies_outside_of_the_judged_directory_is_no_exception() {
        assert_eq!(
            touch(Unmapped::All, &["../lib/a.rs"]).services.len(),
            settings(Unmapped::All).services.len()
        );
        let mut monorepo = settings(Unmapped::Ignore);
        for service in monorepo.services.values_mut() {
            service.paths = vec!["../services/one/**".to_owned()];
        }
        let paths = ["../services/one/deep/a.rs".to_owned(), "../services/two/a.rs".to_owned()];
        let found = touched(&monorepo, &paths);
        assert!(found.services.iter().all(|service| service.because == ["../services/one/deep/a.rs"]));
        assert!(!found.services.is_empty());
    }

    #[test]
    fn an_unmapped_path_does_what_the_settings_say() {
        let all = touch(Unmapped::All, &["Makefile"]);
        assert_eq!(names(&all), ["checkout", "search"]);
        assert_eq!(all.notes, ["every service counts, because no service claims `Makefile`"]);
        let warn = touch(Unmapped::Warn, &["a", "b", "c", "d", "e", "f", "services/search/x"]);
        assert_eq!(names(&warn), ["search"]);
        assert_eq!(warn.problems[0].message, "no service claims `a`, `b`, `c` and 3 more");
        let ignore = touch(Unmapped::Ignore, &["Makefile"]);
        assert!(ignore.services.is_empty() && ignore.problems.is_empty());
    }

    #[test]
    fn a_service_that_is_named_must_exist() {
        let found = named(&settings(Unmapped::All), &["chekout".to_owned(), "search".to_owned()]);
        assert_eq!(names(&found), ["search"]);
        assert_eq!(found.problems[0].help, "did you mean `checkout`?");
        assert_eq!(names(&every(&settings(Unmapped::All), "no base")), ["checkout", "search"]);
    }
}
