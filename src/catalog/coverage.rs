//! What of a service SLOs cover: for each endpoint and each SLI, whether somebody wrote one, a default holds, or nothing
//! does.
//!
//! The SLIs are those that any endpoint of the service has, and availability and latency at least, because no user can
//! do without either. A service that declares no endpoints has those that its SLOs name, and itself as a whole.

use super::{Catalog, Origin, Slo};
use crate::settings::Service;

/// The SLIs that every endpoint should have, each with the words by which it is known.
const LEAST: [(&str, &[&str]); 2] = [
    ("availability", &["availability", "available", "error", "errors", "success", "uptime"]),
    ("latency", &["latency", "duration", "response", "speed"]),
];

/// How an SLI of an endpoint is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covering {
    /// By SLOs that somebody wrote for it.
    Explicit,
    /// By a default, somewhere at least.
    Default,
    /// By nothing, somewhere at least.
    Nothing,
}

/// One SLI of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The endpoint; none for the service as a whole.
    pub endpoint: Option<String>,
    /// The SLI.
    pub sli: String,
    /// How it is covered.
    pub covering: Covering,
    /// The environments, of those that were asked about, in which nothing covers it.
    pub bare: Vec<String>,
}

/// How the SLIs of a service's endpoints are covered in some environments.
#[must_use]
pub fn of(catalog: &Catalog, (name, service): (&str, &Service), environments: &[&str]) -> Vec<Cell> {
    let slos: Vec<&Slo> = catalog.of(name).collect();
    let endpoints = endpoints(&slos, service);
    let wanted = wanted(&slos, &endpoints);
    let mut cells = Vec::new();
    for endpoint in &endpoints {
        for sli in &wanted {
            cells.push(cell(&slos, *endpoint, sli, environments));
        }
    }
    cells
}

/// The endpoints of a service; none for the service as a whole.
fn endpoints<'a>(slos: &[&'a Slo], service: &'a Service) -> Vec<Option<&'a str>> {
    if !service.endpoints.is_empty() {
        return service.endpoints.keys().map(|name| Some(name.as_str())).collect();
    }
    let mut named: Vec<Option<&str>> = slos.iter().map(|slo| slo.endpoint()).collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() { vec![None] } else { named }
}

/// The SLIs that endpoints should have, in small letters.
fn wanted(slos: &[&Slo], endpoints: &[Option<&str>]) -> Vec<String> {
    let theirs = slos.iter().filter(|slo| endpoints.contains(&slo.endpoint()));
    let mut wanted: Vec<String> = theirs.filter_map(|slo| slo.sli()).map(str::to_lowercase).collect();
    let is_known = |words: &[&str]| {
        wanted.iter().any(|sli| sli.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word)))
    };
    let lacking = LEAST.iter().filter(|(_, words)| !is_known(words)).map(|(sli, _)| (*sli).to_owned());
    let lacking: Vec<String> = lacking.collect();
    wanted.extend(lacking);
    wanted.sort();
    wanted.dedup();
    wanted
}

/// How one SLI of one endpoint is covered.
fn cell(slos: &[&Slo], endpoint: Option<&str>, sli: &str, environments: &[&str]) -> Cell {
    let of =
        |slo: &&&Slo| slo.endpoint() == endpoint && slo.sli().is_some_and(|one| one.to_lowercase() == sli);
    let slos: Vec<&&Slo> = slos.iter().filter(of).collect();
    let mut by_default = false;
    let mut bare = Vec::new();
    for environment in environments {
        let mut here = slos.iter().filter(|slo| slo.holds_in(environment)).peekable();
        if here.peek().is_none() {
            bare.push((*environment).to_owned());
        }
        by_default |= here.any(|slo| slo.origin != Origin::Explicit);
    }
    let covering = match (bare.is_empty(), by_default) {
        (false, _) => Covering::Nothing,
        (true, true) => Covering::Default,
        (true, false) => Covering::Explicit,
    };
    Cell { endpoint: endpoint.map(ToOwned::to_owned), sli: sli.to_owned(), covering, bare }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::diagnostic::SourceText;

    /// The cells of the service `shop`, in short, of SLOs by name and annotations.
    fn cells(endpoints: &str, slos: &[(&str, &str)], environments: &[&str]) -> Vec<String> {
        let text = format!(
            "version: 1\nservices: {{shop: {{paths: [s]{endpoints}}}}}\nenvironments: {{p: {{}}, s: {{}}}}\n"
        );
        let settings = crate::settings::load(&SourceText::new("slogate.yaml", text)).0.expect("valid");
        let slo = |(name, said): &(&str, &str)| {
            let said: Vec<String> = said.split(", ").map(|pair| format!("slogate.dev/{pair}")).collect();
            format!(
                "---\napiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {{name: {name}, labels: \
                 {{pyrra.dev/service: shop}}, annotations: {{{}}}}}\nspec: {{target: '99', window: 28d, indicator: {{ratio: \
                 {{errors: {{metric: 'b{{x=\"1\"}}'}}, total: {{metric: b}}}}}}}}\n",
                said.join(", ")
            )
        };
        let text: String = slos.iter().map(slo).collect();
        let (catalog, problems) = load(&[SourceText::new("a.yaml", text)], &settings);
        assert!(slos.is_empty() || problems.is_empty(), "{problems:#?}");
        let service = &settings.services["shop"];
        let told = |cell: Cell| {
            let endpoint = cell.endpoint.as_deref().unwrap_or("whole");
            format!("{endpoint} {} {:?} {}", cell.sli, cell.covering, cell.bare.join("+"))
                .trim_end()
                .to_owned()
        };
        of(&catalog, ("shop", service), environments).into_iter().map(told).collect()
    }

    #[test]
    fn a6_each_sli_of_each_endpoint_is_explicit_default_or_nothing() {
        let two = ", endpoints: {a: {match: {h: a}}, b: {match: {h: b}}}";
        let slos = [
            ("d", "default: 'true', sli: request-errors"),
            ("x", "endpoint: a, sli: request-errors, environment: p"),
            ("y", "endpoint: a, sli: latency, environment: p"),
        ];
        assert_eq!(
            cells(two, &slos, &["p", "s"]),
            [
                "a latency Nothing s",
                "a request-errors Default",
                "b latency Nothing p+s",
                "b request-errors Default"
            ]
        );
        assert_eq!(
            cells(two, &slos, &["p"]),
            [
                "a latency Explicit",
                "a request-errors Explicit",
                "b latency Nothing p",
                "b request-errors Default"
            ]
        );
    }

    #[test]
    fn a_service_without_slos_lacks_availability_and_latency() {
        assert_eq!(cells("", &[], &["p"]), ["whole availability Nothing p", "whole latency Nothing p"]);
    }
}
