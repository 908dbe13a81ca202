//! SLOs that are kept in Datadog, which counts their events by itself: which one holds in which environment.
//!
//! An SLO names them in `slo` of a metric source of type `Datadog`, or with `slogate.dev/datadog-slo` where its metrics
//! are Datadog's. The matchers of an environment cannot be put into what Datadog counts, so that no two environments
//! share one: none is judged by the numbers of another.

use std::collections::BTreeMap;

use super::annotation::{PREFIX, tell};
use super::{Indicator, Slo};
use crate::diagnostic::{Code, Diagnostic, list};
use crate::settings::{Note, Settings};

/// The name of the monitoring system, as OpenSLO's metric sources write it.
pub(super) const SYSTEM: &str = "Datadog";
/// The annotation.
pub(super) const ANNOTATION: &str = "datadog-slo";

/// The SLOs in Datadog that one SLO is counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What names them.
    pub said: Note,
    /// The identifier in Datadog, by environment.
    pub ids: BTreeMap<String, String>,
}

impl Kept {
    /// What is named, before it is known where it holds.
    pub(super) const fn new(said: Note) -> Self {
        Self { said, ids: BTreeMap::new() }
    }
}

/// True for the name of Datadog, whatever its case.
pub(super) fn is_system(name: &str) -> bool {
    name.eq_ignore_ascii_case(SYSTEM)
}

/// Finds out which SLOs are kept in Datadog, and where each of theirs holds; what is wrong is told.
pub(super) fn settle(slos: &mut [Slo], settings: &Settings, problems: &mut Vec<Diagnostic>) {
    for slo in slos {
        let said = match (slo.about.datadog.clone(), &slo.indicator) {
            (None, indicator) => match indicator.kept() {
                Some(kept) => kept.said.clone(),
                None => continue,
            },
            (Some(note), Indicator::Foreign { system, .. }) if is_system(system) => note,
            (Some(note), indicator) => {
                tell(twice(&note, indicator), problems);
                continue;
            }
        };
        if let Some(problem) = idle(slo) {
            tell(problem, problems);
        }
        match ids(&said, slo, settings) {
            Ok(ids) => slo.indicator = Indicator::Datadog(Kept { said, ids }),
            Err(problem) => tell(problem, problems),
        }
    }
}

/// An annotation beside something else that counts.
fn twice(note: &Note, indicator: &Indicator) -> Diagnostic {
    if let Some(kept) = indicator.kept() {
        let message = format!("`{ANNOTATION}` is said of this SLO twice");
        let problem = Diagnostic::error(Code::Duplicate, message);
        return problem
            .at(note.key.clone(), format!("its metric source says it at {}", kept.said.place))
            .help("take one of the two out");
    }
    let message = format!("`{ANNOTATION}` and the queries of this SLO name two places that count its events");
    Diagnostic::error(Code::WrongValue, message)
        .at(note.key.clone(), "which of them counts")
        .help(format!("take it out, or write the SLO as OpenSLO with metric sources of type `{SYSTEM}`"))
}

/// A way to read counters, where there are none to read.
fn idle(slo: &Slo) -> Option<Diagnostic> {
    slo.about.is_raw.then(|| {
        let message = format!("`exact` says nothing of `{}`, which Datadog counts", slo.name);
        Diagnostic::warning(Code::Unused, message)
            .at(slo.place.clone(), "without effect")
            .help("take the annotation out; it is about the counters of Prometheus")
    })
}

/// The identifiers that a text names, by environment: `ID`, or `production: ID, staging: ID`.
fn ids(said: &Note, slo: &Slo, settings: &Settings) -> Result<BTreeMap<String, String>, Diagnostic> {
    if slo.about.default.is_some() {
        let message = format!("the default `{}` names an SLO in Datadog", slo.name);
        let help = format!("write an SLO for each endpoint, or take `{PREFIX}default` out");
        return Err(wrong(said, message, "one SLO cannot count every endpoint by itself", help));
    }
    let holds = settings.environments.keys().map(String::as_str).filter(|name| slo.holds_in(name)).collect();
    let naming = Naming { said, slo, settings, holds };
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for entry in naming.entries() {
        if let (Some(environment), id) = naming.entry(entry)? {
            naming.is_free(&ids, environment, id)?;
            ids.insert(environment.to_owned(), id.to_owned());
        }
    }
    if naming.entries().next().is_none() {
        let message = "no SLO in Datadog is named".to_owned();
        return Err(wrong(said, message, "says nothing", "write its identifier".to_owned()));
    }
    Ok(ids)
}

/// What is wrong with what names SLOs in Datadog.
fn wrong(said: &Note, message: String, label: &str, help: String) -> Diagnostic {
    Diagnostic::error(Code::WrongValue, message).at(said.place.clone(), label).help(help)
}

/// What names the SLOs in Datadog that one SLO is counted by.
struct Naming<'a> {
    /// What is said.
    said: &'a Note,
    /// The SLO that it is said of.
    slo: &'a Slo,
    /// The settings that declare the environments.
    settings: &'a Settings,
    /// The environments in which the SLO holds.
    holds: Vec<&'a str>,
}

impl<'a> Naming<'a> {
    /// What stands between its commas.
    fn entries(&self) -> impl Iterator<Item = &'a str> {
        self.said.text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
    }

    /// The environment and the identifier that an entry names; without a name it is the one in which the SLO holds, if
    /// there is one.
    fn entry(&self, entry: &'a str) -> Result<(Option<&'a str>, &'a str), Diagnostic> {
        let (environment, id) = match entry.split_once(':') {
            Some((environment, id)) => (Some(environment.trim()), id.trim()),
            None => (self.holds.first().copied(), entry),
        };
        if !is_id(id) {
            let message = format!("`{id}` is no identifier of an SLO in Datadog");
            let help =
                "copy it from the SLO's page in Datadog (`slo_id=` in its address): 32 digits and letters";
            return Err(wrong(self.said, message, "not an identifier", help.to_owned()));
        }
        if !entry.contains(':') && self.holds.len() > 1 {
            let message =
                format!("one SLO in Datadog cannot count the events of {} apart", list(&self.holds));
            let each: Vec<String> = self.holds.iter().map(|name| format!("{name}: ID")).collect();
            let help = format!(
                "name one for each environment, `{}`, or bind the SLO to one with `{PREFIX}environment`",
                each.join(", ")
            );
            return Err(wrong(self.said, message, "for several environments", help));
        }
        Ok((environment, id))
    }

    /// Refuses an environment that is not declared, in which the SLO does not hold or that is named already, and an
    /// identifier that counts for another.
    fn is_free(&self, ids: &BTreeMap<String, String>, environment: &str, id: &str) -> Result<(), Diagnostic> {
        if let Err(problem) = self.settings.environment(environment) {
            return Err(problem.at(self.said.place.clone(), "not declared"));
        }
        if !self.holds.contains(&environment) {
            let message = format!("`{}` does not hold in `{environment}`", self.slo.name);
            return Err(wrong(
                self.said,
                message,
                "named in vain",
                format!("take `{environment}` out of it"),
            ));
        }
        if let Some((other, _)) = ids.iter().find(|(_, known)| *known == id) {
            let message = format!("`{other}` and `{environment}` name the same SLO in Datadog");
            let help =
                "make an SLO in Datadog for each environment, by its `env` tag, and name both".to_owned();
            return Err(wrong(self.said, message, "one would be judged by the other's events", help));
        }
        if ids.contains_key(environment) {
            let message = format!("two SLOs in Datadog are named for `{environment}`");
            let help = "name one for each environment".to_owned();
            return Err(wrong(self.said, message, "named twice", help));
        }
        Ok(())
    }
}

/// True for what can be an identifier: nothing that would change the address that it is put into.
fn is_id(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::load;
    use crate::diagnostic::SourceText;
    use crate::settings;

    const ONE: &str = "9236f988e3d25ac6982fd4319912ec43";
    const OTHER: &str = "627a3ccd24af50beb8eacbd36c5962f9";

    /// What an SLO names in Datadog whose source or whose annotations say so, and the problems.
    fn read(spec: &str, annotations: &str, environments: &str) -> (BTreeMap<String, String>, Vec<String>) {
        let settings =
            format!("version: 1\nservices: {{a: {{paths: [a]}}}}\nenvironments: {{{environments}}}\n");
        let settings = settings::load(&SourceText::new("slogate.yaml", settings)).0.expect("they are valid");
        let text = format!(
            "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: x, annotations: {{{annotations}}}}}\nspec:\n  \
             service: a\n  budgetingMethod: Occurrences\n  timeWindow: [{{duration: 28d, isRolling: true}}]\n  \
             objectives: [{{target: 0.99}}]\n  indicator: {{metadata: {{name: y}}, spec: {{ratioMetric: {{{spec}}}}}}}\n"
        );
        let (catalog, problems) = load(&[SourceText::new("slo.yaml", text)], &settings);
        let ids = catalog.slos.iter().find_map(|slo| Some(slo.indicator.kept()?.ids.clone()));
        (ids.unwrap_or_default(), problems.into_iter().map(|problem| problem.message).collect())
    }

    /// A metric source that names an SLO.
    fn raw(slo: &str) -> String {
        format!("rawType: success, raw: {{metricSource: {{type: Datadog, spec: {{slo: {slo:?}}}}}}}")
    }

    const QUERIES: &str = "counter: true, good: {metricSource: {type: datadog, spec: {query: 'sum:a{*}'}}}, total: \
                           {metricSource: {type: Datadog, spec: {query: 'sum:b{*}'}}}";

    #[test]
    fn an_slo_is_named_in_its_metric_source_or_beside_queries_that_are_datadogs() {
        let known = BTreeMap::from([("p".to_owned(), ONE.to_owned())]);
        assert_eq!(read(&raw(ONE), "", "p: {}"), (known.clone(), Vec::new()));
        assert_eq!(read(QUERIES, &format!("slogate.dev/datadog-slo: {ONE}"), "p: {}"), (known, Vec::new()));
        let (ids, problems) = read(QUERIES, "", "p: {}");
        assert!(
            ids.is_empty() && problems[0].contains("metrics from `datadog` are not read"),
            "{problems:?}"
        );
    }

    #[test]
    fn every_environment_has_an_slo_of_its_own() {
        let both = "p: {}, s: {}";
        let named = read(&raw(&format!("p: {ONE}, s: {OTHER}")), "", both);
        assert_eq!((named.0.len(), named.1), (2, Vec::new()));
        let bound = read(&raw(ONE), "slogate.dev/environment: s", both);
        assert_eq!(bound.0, BTreeMap::from([("s".to_owned(), ONE.to_owned())]));
        for (text, words) in [
            (ONE.to_owned(), "cannot count the events of `p` and `s` apart"),
            (format!("p: {ONE}, s: {ONE}"), "`p` and `s` name the same SLO"),
            (format!("p: {ONE}, p: {OTHER}"), "two SLOs in Datadog are named for `p`"),
            (format!("q: {ONE}"), "declares no environment `q`"),
        ] {
            let (ids, problems) = read(&raw(&text), "", both);
            assert!(ids.is_empty() && problems.iter().any(|one| one.contains(words)), "{text}: {problems:?}");
        }
    }

    #[test]
    fn what_is_no_identifier_never_reaches_an_address() {
        for text in ["", "../../api/v1/user", "a/b", "123", "9236f988?x", "9236f988 e3d2"] {
            let (ids, problems) = read(&raw(text), "", "p: {}");
            assert!(ids.is_empty() && !problems.is_empty(), "{text}");
        }
    }

    #[test]
    fn two_places_that_count_contradict_each_other() {
        let annotation = format!("slogate.dev/datadog-slo: {ONE}");
        let prometheus = QUERIES.replace("Datadog", "Prometheus").replace("datadog", "Prometheus");
        let prometheus = prometheus.replace("sum:a{*}", "a").replace("sum:b{*}", "b");
        assert!(read(&prometheus, &annotation, "p: {}").1[0].contains("two places"));
        assert!(read(&raw(ONE), &annotation, "p: {}").1[0].contains("said of this SLO twice"));
        let default = "slogate.dev/default: 'true', slogate.dev/sli: availability";
        assert!(read(&raw(ONE), default, "p: {}").1[0].starts_with("the default"));
        let exact = read(&raw(ONE), "slogate.dev/exact: raw", "p: {}");
        assert!(exact.0.len() == 1 && exact.1[0].starts_with("`exact` says nothing of `x`"), "{:?}", exact.1);
        let failure = raw(ONE).replace("success", "failure");
        assert!(read(&failure, "", "p: {}").1[0].contains("share of good events"));
    }
}
