//! What a service depends on, and what those promise who are outside of the repository.
//!
//! A hard dependency is one without which the service cannot serve: its failures are the service's. Without a soft one
//! it serves less, or slower. A third party is known by what it publishes: its SLA.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::load::Loader;
use super::{Service, percentage};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::document::Part;

/// Whether a service can do without what it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It cannot.
    Hard,
    /// It can.
    Soft,
}

/// A service that another one depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its name, in these settings or elsewhere.
    pub name: String,
    /// Whether one can do without it.
    pub need: Need,
    /// Where it is named.
    pub place: Place,
}

/// Somebody outside of the repository on whom services depend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThirdParty {
    /// The share of events that it promises to be good: above 0, below 1.
    pub sla: Decimal,
    /// Where it is declared.
    pub place: Place,
}

impl<'a> Loader<'a, '_> {
    /// What a service depends on. What depends on itself, or is named as both hard and soft, is told.
    pub(super) fn dependencies(&mut self, service: Part<'a>, name: &str) -> Vec<Dependency> {
        let mut dependencies: Vec<Dependency> = Vec::new();
        for (key, need) in [("dependencies", Need::Hard), ("soft_dependencies", Need::Soft)] {
            for (part, text) in service
                .get(key)
                .into_iter()
                .flat_map(Part::items)
                .filter_map(|part| Some((part, part.text()?)))
            {
                if text == name {
                    let message = format!("the service `{name}` depends on itself");
                    let problem =
                        Diagnostic::error(Code::WrongValue, message).at(part.place(), "its own name");
                    self.problems.push(problem.help("name the other services that it calls"));
                }
                let before = dependencies.iter().find(|one| one.name == text);
                if before.is_some_and(|before| before.need != need) {
                    let message = format!("`{text}` is both a hard and a soft dependency of `{name}`");
                    let problem =
                        Diagnostic::error(Code::Duplicate, message).at(part.place(), "said to be soft");
                    let help = "keep it under `soft_dependencies` if the service works without it, else under \
                                `dependencies`";
                    self.problems.push(problem.help(help));
                }
                dependencies.push(Dependency { name: text.to_owned(), need, place: part.place() });
            }
        }
        dependencies
    }

    /// The third parties by name; one that is named like a service is told.
    pub(super) fn third_parties(
        &mut self,
        services: &BTreeMap<String, Service>,
    ) -> BTreeMap<String, ThirdParty> {
        let mut parties = BTreeMap::new();
        for (name, part) in self.root.get("third_parties").into_iter().flat_map(Part::entries) {
            let place = part.key_place();
            if services.contains_key(name) {
                let message = format!("`{name}` is declared as a service, too");
                let problem = Diagnostic::error(Code::Duplicate, message);
                let help =
                    "a third party is nobody's service here; its SLOs say what a service of yours promises";
                self.problems.push(problem.at(place.clone(), "not a third party").help(help));
            }
            let Some(sla) = part.get("sla") else { continue };
            let Some(text) = sla.text() else { continue };
            match percentage(text) {
                Some(share) => {
                    parties.insert(name.to_owned(), ThirdParty { sla: share, place });
                }
                None => self.problems.push(
                    Diagnostic::error(Code::WrongValue, format!("`{text}` is no share of events"))
                        .at(sla.place(), "not an SLA")
                        .help("write what it publishes, above 0 % and below 100 %, such as `99.9 %`"),
                ),
            }
        }
        parties
    }
}
