//! Default SLOs: the least that holds for every endpoint of a service, until somebody writes more for it.
//!
//! A default is an SLO that says `slogate.dev/default` and its SLI. It is applied SLI by SLI, endpoint by endpoint and
//! environment by environment: an explicit SLO takes its place exactly where that one holds, and nowhere else, so that
//! writing an SLO never leaves an environment without one. Whatever makes it doubtful that an explicit SLO is of the
//! same SLI keeps the default in force. A service that declares no endpoints is one endpoint as a whole.

use std::collections::BTreeSet;

use super::annotation::{PREFIX, tell};
use super::{Applied, Origin, Slo};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::settings::{Endpoint, FILE, Note, Settings};

/// The most SLOs that defaults make of endpoints: each costs as much as one that somebody wrote.
const MOST: usize = 10_000;

/// What a default may hold for: a declared endpoint with its name, or the service as a whole.
type Holder<'a> = Option<(&'a str, &'a Endpoint)>;

/// Tells the defaults from the other SLOs and applies them: the SLOs in force, and the defaults as they were written.
pub(super) fn apply(
    slos: Vec<Slo>,
    settings: &Settings,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Slo>, Vec<Slo>) {
    for problem in slos.iter().filter_map(|slo| undeclared(slo, settings)) {
        tell(problem, problems);
    }
    let (defaults, explicit): (Vec<Slo>, Vec<Slo>) =
        slos.into_iter().partition(|slo| slo.about.default.is_some());
    let mut derived = Vec::new();
    for default in &defaults {
        if let Some(problem) = wrong(default) {
            tell(problem, problems);
            continue;
        }
        let before = derived.len();
        if before + targets(default, settings).count() > MOST {
            problems.push(too_many(default));
            continue;
        }
        derived.extend(
            targets(default, settings).filter_map(|target| applied(default, target, &explicit, settings)),
        );
        if derived.len() == before {
            problems.push(unused(default));
        }
    }
    problems.extend(explicit.iter().filter_map(|slo| nameless(slo, &defaults, settings)));
    (explicit.into_iter().chain(derived).collect(), defaults)
}

/// A default with which there would be more SLOs than are read.
fn too_many(default: &Slo) -> Diagnostic {
    let message = format!("with the default `{}`, defaults make more than {MOST} SLOs", default.name);
    let problem =
        Diagnostic::error(Code::WrongValue, message).at(default.place.clone(), "one for each endpoint");
    problem.help("declare fewer endpoints, such as one for each journey of users, or split the repository")
}

/// What a default may hold for.
fn targets<'a>(default: &Slo, settings: &'a Settings) -> impl Iterator<Item = Holder<'a>> {
    let service = settings.services.get(&default.service);
    let endpoints = service.into_iter().flat_map(|service| &service.endpoints);
    let whole = service.is_none_or(|service| service.endpoints.is_empty()).then_some(None);
    endpoints.map(|(name, endpoint)| Some((name.as_str(), endpoint))).chain(whole)
}

/// A default as it holds for something; none where explicit SLOs take its place everywhere.
fn applied(default: &Slo, target: Holder<'_>, explicit: &[Slo], settings: &Settings) -> Option<Slo> {
    let endpoint = target.map(|(name, _)| name);
    let same =
        |slo: &&Slo| slo.service == default.service && slo.endpoint() == endpoint && same_sli(slo, default);
    let rivals: Vec<&Slo> = explicit.iter().filter(same).collect();
    let reach = settings.environments.keys().filter(|environment| default.holds_in(environment));
    let (except, left): (BTreeSet<&String>, BTreeSet<&String>) =
        reach.partition(|environment| rivals.iter().any(|slo| slo.holds_in(environment)));
    if left.is_empty() {
        return None;
    }
    let matchers = target.map(|(_, endpoint)| endpoint.matchers.clone()).unwrap_or_default();
    let applied =
        Applied { of: default.name.clone(), matchers, except: except.into_iter().cloned().collect() };
    let mut slo = Slo { origin: Origin::Default(applied), ..default.clone() };
    if let Some((name, endpoint)) = target {
        let place = || endpoint.place.clone();
        slo.name = format!("{}/{name}", default.name);
        slo.title = format!("{}: {name}", default.title);
        slo.about.endpoint = Some(Note { text: name.to_owned(), place: place(), key: place() });
    }
    Some(slo)
}

/// True when both say that they are of the same SLI.
fn same_sli(one: &Slo, other: &Slo) -> bool {
    one.sli().zip(other.sli()).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
}

/// A default that cannot be applied.
fn wrong(default: &Slo) -> Option<Diagnostic> {
    let said = default.about.default.as_ref()?;
    if let Some(endpoint) = &default.about.endpoint {
        let message = format!("the default `{}` names an endpoint", default.name);
        let problem = Diagnostic::error(Code::WrongValue, message)
            .at(endpoint.key.clone(), "a default holds for every endpoint");
        let help =
            format!("take `{PREFIX}endpoint` out, or `{PREFIX}default`: then it is that endpoint's own SLO");
        return Some(problem.help(help));
    }
    if default.sli().is_some() {
        return None;
    }
    let message = format!("the default `{}` does not say its SLI", default.name);
    let problem = Diagnostic::error(Code::MissingKey, message).at(said.key.clone(), "a default of what");
    let help = format!("add `{PREFIX}sli`, such as `availability`: it gives way to SLOs of the same SLI");
    Some(problem.help(help))
}

/// A default that holds nowhere.
fn unused(default: &Slo) -> Diagnostic {
    let place = default.about.default.as_ref().map_or(&default.place, |said| &said.key);
    let sli = default.sli().unwrap_or_default();
    let message = format!(
        "the default `{}` holds nowhere: there is an SLO of `{sli}` wherever it could in the service `{}`",
        default.name, default.service
    );
    let problem = Diagnostic::warning(Code::Unused, message).at(place.clone(), "applied nowhere");
    problem.help("take it out, or keep it for endpoints to come: it changes nothing today")
}

/// An SLO of an endpoint that its service does not declare, where it declares any: a misspelt one would leave the
/// endpoint to its default.
fn undeclared(slo: &Slo, settings: &Settings) -> Option<Diagnostic> {
    let endpoint = slo.about.endpoint.as_ref()?;
    let declared = &settings.services.get(&slo.service)?.endpoints;
    let name = endpoint.text.trim();
    if declared.is_empty() || declared.contains_key(name) {
        return None;
    }
    let message = format!("`{FILE}` declares no endpoint `{name}` of the service `{}`", slo.service);
    let problem = Diagnostic::error(Code::UnknownName, message).at(endpoint.place.clone(), "not declared");
    Some(problem.help(diagnostic::suggestion(name, declared.keys().map(String::as_str))))
}

/// The warning about an SLO that may be meant to take a default's place and does not say of which SLI it is.
fn nameless(slo: &Slo, defaults: &[Slo], settings: &Settings) -> Option<Diagnostic> {
    let rival = |default: &&Slo| {
        default.service == slo.service
            && targets(default, settings).any(|target| target.map(|(name, _)| name) == slo.endpoint())
    };
    let default = defaults.iter().find(rival).filter(|_| slo.sli().is_none())?;
    let message = format!("the SLO `{}` does not say its SLI, so that no default gives way to it", slo.name);
    let problem = Diagnostic::warning(Code::MissingKey, message)
        .at(slo.place.clone(), format!("the default `{}` holds beside it", default.name));
    Some(problem.help(format!("add `{PREFIX}sli`, such as `availability`")))
}

impl Slo {
    /// The endpoint that it is about; none for the service as a whole.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.about.endpoint.as_ref().map(|note| note.text.trim())
    }

    /// The SLI that it says it is of.
    #[must_use]
    pub fn sli(&self) -> Option<&str> {
        self.about.sli.as_ref().map(|note| note.text.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::diagnostic::SourceText;

    /// A definition of an SLO of the service `shop` with these annotations.
    fn definition(name: &str, annotations: &str) -> String {
        format!(
            "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\nspec:\n  \
             service: shop\n  budgetingMethod: Occurrences\n  timeWindow: [{{duration: 28d, isRolling: true}}]\n  \
             objectives: [{{target: 0.9}}]\n  indicator: {{metadata: {{name: i-{name}}}, spec: {{ratioMetric: {{counter: true, \
             bad: {{metricSource: {{type: Prometheus, spec: {{query: b}}}}}}, total: {{metricSource: {{type: Prometheus, spec: \
             {{query: t}}}}}}}}}}}}\n"
        )
    }

    /// What is in force, each as its name and the environments in which it holds, and what is wrong.
    fn loaded(endpoints: &str, slos: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<String>) {
        let text = format!(
            "version: 1\nservices: {{shop: {{paths: [s]{endpoints}}}}}\nenvironments: {{p: {{match: {{env: p}}}}, s: {{match: {{env: s}}}}}}\n"
        );
        let (settings, problems) = crate::settings::load(&SourceText::new("slogate.yaml", text));
        let settings = settings.unwrap_or_else(|| panic!("{problems:#?}"));
        let annotated = |(name, said): &(&str, &str)| {
            let said = said.split(", ").map(|pair| format!("slogate.dev/{pair}"));
            definition(name, &said.collect::<Vec<_>>().join(", "))
        };
        let text: String = slos.iter().map(annotated).collect();
        let (catalog, problems) = load(&[SourceText::new("a.yaml", text)], &settings);
        let holds = |slo: &Slo| ["p", "s"].into_iter().filter(|name| slo.holds_in(name)).collect::<String>();
        let slos = catalog.slos.iter().map(|slo| (slo.name.clone(), holds(slo))).collect();
        (slos, problems.into_iter().map(|problem| problem.message).collect())
    }

    /// Pairs of texts.
    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
    }

    const TWO: &str = ", endpoints: {a: {match: {h: a}}, b: {match: {h: b}}}";
    const DEFAULT: &str = "default: 'true', sli: availability";

    #[test]
    fn a4_a_default_holds_for_each_endpoint_without_an_explicit_slo_of_its_sli() {
        let explicit = ("x", "endpoint: a, sli: availability");
        let (slos, problems) = loaded(TWO, &[("d", DEFAULT), explicit]);
        assert_eq!((slos, problems), (pairs(&[("d/b", "ps"), ("x", "ps")]), Vec::new()));
        let latency = ("x", "endpoint: a, sli: latency");
        let (slos, _) = loaded(TWO, &[("d", DEFAULT), latency]);
        assert_eq!(slos, pairs(&[("d/a", "ps"), ("d/b", "ps"), ("x", "ps")]));
    }

    #[test]
    fn an_explicit_slo_of_one_environment_leaves_the_default_to_the_others() {
        let explicit = ("x", "endpoint: a, sli: Availability, environment: p");
        let (slos, problems) = loaded(TWO, &[("d", DEFAULT), explicit]);
        assert_eq!((slos, problems), (pairs(&[("d/a", "s"), ("d/b", "ps"), ("x", "p")]), Vec::new()));
        let bound = ("d", "default: 'true', sli: availability, environment: p");
        let (slos, _) = loaded(TWO, &[bound, explicit]);
        assert_eq!(slos, pairs(&[("d/b", "p"), ("x", "p")]));
    }

    #[test]
    fn a_service_without_endpoints_is_one() {
        assert_eq!(loaded("", &[("d", DEFAULT)]).0, pairs(&[("d", "ps")]));
        let (slos, problems) = loaded("", &[("d", DEFAULT), ("x", "sli: availability")]);
        assert_eq!(slos, pairs(&[("x", "ps")]));
        assert!(problems[0].starts_with("the default `d` holds nowhere"), "{problems:?}");
        let (slos, _) = loaded("", &[("d", DEFAULT), ("x", "sli: availability, endpoint: a")]);
        assert_eq!(slos, pairs(&[("d", "ps"), ("x", "ps")]), "an endpoint is not the whole service");
    }

    #[test]
    fn doubt_keeps_the_default() {
        let (slos, problems) = loaded(TWO, &[("d", DEFAULT), ("x", "endpoint: a")]);
        assert_eq!(slos.len(), 3);
        assert_eq!(problems, ["the SLO `x` does not say its SLI, so that no default gives way to it"]);
        let (slos, problems) = loaded(TWO, &[("d", DEFAULT), ("x", "sli: availability")]);
        assert_eq!((slos.len(), problems), (3, Vec::new()), "the whole service is not its endpoints");
    }

    #[test]
    fn what_cannot_be_applied_is_an_error() {
        for (said, message) in [
            ("default: 'true'", "the default `d` does not say its SLI"),
            ("default: 'true', sli: availability, endpoint: a", "the default `d` names an endpoint"),
            ("default: 'yes', sli: availability", "`slogate.dev/default` cannot be `yes`"),
            ("endpoint: c", "`slogate.yaml` declares no endpoint `c` of the service `shop`"),
        ] {
            assert_eq!(loaded(TWO, &[("d", said)]).1, [message], "{said}");
        }
        assert_eq!(loaded("", &[("d", "endpoint: c")]).1, [""; 0], "a service that declares none knows none");
        assert_eq!(loaded(TWO, &[("d", "default: 'false', sli: availability")]).0, pairs(&[("d", "ps")]));
    }

    #[test]
    fn a_name_that_a_default_makes_is_no_other_slos() {
        let (_, problems) = loaded(TWO, &[("d", DEFAULT), ("d/a", "sli: y")]);
        assert!(problems.iter().any(|one| one.contains("two SLOs named `d/a`")), "{problems:?}");
    }
}
