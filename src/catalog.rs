//! Every SLO in force: one model, whatever dialect a team wrote it in.
//!
//! A dialect is one file under `catalog/`, told by `apiVersion` and `kind`. The catalog resolves references,
//! refuses what it does not understand at its line, and drops nothing in silence. What an SLO's budget *is*
//! is left to `budget`, and where its numbers come from to `source`.

mod openslo;

use rust_decimal::Decimal;

use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};
use crate::document::{self, Document, Part};
use crate::settings::{self, Settings};

/// The share of events that must be good: above 0, below 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objective(Decimal);

impl Objective {
    /// An objective as a share; none outside of 0 to 1, both excluded. An objective of 100 % has no budget.
    #[must_use]
    pub fn new(share: Decimal) -> Option<Self> {
        (share > Decimal::ZERO && share < Decimal::ONE).then_some(Self(share))
    }

    /// The share that must be good.
    #[must_use]
    pub const fn share(self) -> Decimal {
        self.0
    }

    /// The share that may be bad: exactly `1 - objective`.
    #[must_use]
    pub fn allowance(self) -> Decimal {
        Decimal::ONE - self.0
    }
}

/// How an SLO's bad events are told from its good ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Indicator {
    /// Good events over all events.
    Good {
        /// The query that counts good events.
        good: Query,
        /// The query that counts all events.
        total: Query,
    },
    /// Bad events over all events.
    Bad {
        /// The query that counts bad events.
        bad: Query,
        /// The query that counts all events.
        total: Query,
    },
}

/// A query as somebody wrote it, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The text, in the language of the monitoring system.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// One service level objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slo {
    /// Its name, unique in the catalog.
    pub name: String,
    /// The service whose level it states.
    pub service: String,
    /// What people call it; the name when nothing else is given.
    pub title: String,
    /// The share of events that must be good.
    pub objective: Objective,
    /// The length of its rolling period, in seconds.
    pub period: i64,
    /// Good, bad and total.
    pub indicator: Indicator,
    /// Where it is defined.
    pub place: Place,
    /// Where its objective is written.
    pub objective_place: Place,
}

/// All SLOs, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Sorted by name.
    pub slos: Vec<Slo>,
    /// YAML files that matched the globs and are of no dialect.
    pub passed_over: Vec<String>,
}

impl Catalog {
    /// The SLOs of one service.
    pub fn of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Slo> {
        self.slos.iter().filter(move |slo| slo.service == service)
    }
}

/// Reads every SLO of some files. What can be judged is in the catalog even when other problems are errors, so that
/// all of them can be told; with an error among the problems the catalog is not complete and decides nothing.
#[must_use]
pub fn load(files: &[SourceText], settings: &Settings) -> (Catalog, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut parsed: Vec<(&SourceText, Vec<Document>)> = Vec::new();
    for file in files {
        match document::parse(file) {
            Ok(documents) => parsed.push((file, documents)),
            Err(found) => problems.extend(found),
        }
    }
    let mut openslo = openslo::Documents::default();
    let mut passed_over = Vec::new();
    for (file, documents) in &parsed {
        let mut known = false;
        for part in documents.iter().flat_map(|document| entries(document.root())) {
            known |= openslo.take(part, &mut problems) != openslo::Belongs::No;
        }
        if !known {
            passed_over.push(file.path().to_owned());
        }
    }
    let mut slos = openslo.slos(settings, &mut problems);
    slos.sort_by(|one, other| one.name.cmp(&other.name));
    slos.dedup_by(|later, first| later.name == first.name);
    if !openslo.any_slo() && problems.iter().all(|problem| !problem.is_error()) {
        problems.push(no_slo(settings, files.len(), &passed_over));
    }
    diagnostic::sort(&mut problems);
    (Catalog { slos, passed_over }, problems)
}

/// The documents that stand in a document: itself, or the entries of a list at its root.
fn entries(root: Part<'_>) -> Vec<Part<'_>> {
    if root.is_list() { root.items().collect() } else { vec![root] }
}

/// There is nothing to judge.
fn no_slo(settings: &Settings, files: usize, passed_over: &[String]) -> Diagnostic {
    let globs: Vec<&str> = settings.slos.iter().map(String::as_str).collect();
    let globs = diagnostic::list(&globs);
    let found = match passed_over {
        _ if files == 0 => format!("no file matches {globs}"),
        [only] if files == 1 => format!("`{only}` matches {globs}, and is of no format that is known"),
        _ if passed_over.len() == files => {
            format!("{files} files match {globs}, and none is of a format that is known")
        }
        _ => format!("the files that match {globs} hold no document of kind `SLO`"),
    };
    Diagnostic::error(Code::NoSlo, "no SLO is defined").help(format!(
        "{found}; write an SLO in the terms of OpenSLO v1, or set `slos` in `{}`",
        settings::FILE
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings that declare `checkout` and `search`.
    fn declared() -> Settings {
        let text =
            "version: 1\nservices: {checkout: {paths: [c]}, search: {paths: [s]}}\nenvironments: {p: {}}\n";
        settings::load(&SourceText::new("slogate.yaml", text)).0.expect("it is valid")
    }

    /// An SLO that can be judged.
    const SLO: &str = r#"apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-availability
  displayName: Checkout answers
  annotations: { team.example/owner: payments, n: 1 }
spec:
  service: checkout
  indicator:
    metadata: { name: answered }
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource: { type: prometheus, spec: { query: 'sum(http_requests_total{code!~"5.."})', step: 1m } }
        total:
          metricSource:
            type: Prometheus
            spec:
              query: sum(http_requests_total)
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - targetPercent: 99.7
"#;

    /// The catalog and the problems of some texts, as files a.yaml, b.yaml and so on.
    fn loaded(texts: &[&str]) -> (Catalog, Vec<Diagnostic>) {
        let files: Vec<SourceText> = texts
            .iter()
            .zip('a'..)
            .map(|(text, name)| SourceText::new(format!("{name}.yaml"), *text))
            .collect();
        load(&files, &declared())
    }

    /// The one problem of a text in which `from` of the good SLO has become `to`.
    fn problem(from: &str, to: &str) -> Diagnostic {
        assert!(SLO.contains(from), "{from}");
        let (_, mut problems) = loaded(&[&SLO.replace(from, to)]);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        problems.remove(0)
    }

    #[test]
    fn an_slo_is_read_exactly() {
        let (catalog, problems) = loaded(&[SLO]);
        assert_eq!(problems, []);
        let slo = &catalog.slos[0];
        assert_eq!((slo.name.as_str(), slo.service.as_str()), ("checkout-availability", "checkout"));
        assert_eq!(slo.title, "Checkout answers");
        assert_eq!(slo.objective.share(), Decimal::new(997, 3));
        assert_eq!(slo.objective.allowance(), Decimal::new(3, 3));
        assert_eq!(slo.period, 28 * 86_400);
        assert_eq!(slo.place.line(), 4);
        let Indicator::Good { good, total } = &slo.indicator else { panic!("it counts good events") };
        assert_eq!(good.text, "sum(http_requests_total{code!~\"5..\"})");
        assert_eq!((total.text.as_str(), total.place.line()), ("sum(http_requests_total)", 20));
        assert_eq!(catalog.of("checkout").count(), 1);
        assert_eq!(catalog.of("search").count(), 0);
    }

    #[test]
    fn references_are_resolved_across_files_and_root_lists() {
        let slo = r"
- apiVersion: openslo/v1
  kind: SLO
  metadata: { name: a }
  spec:
    service: search
    indicatorRef: errors
    timeWindow: [{ duration: 1M, isRolling: true }]
    budgetingMethod: Occurrences
    objectives: [{ target: 0.9995 }]
";
        let rest = r"
apiVersion: openslo/v1
kind: SLI
metadata: { name: errors }
spec:
  ratioMetric:
    counter: true
    bad: { metricSource: { metricSourceRef: main, spec: { query: bad } } }
    total: { metricSource: { metricSourceRef: main, type: Prometheus, spec: { query: total } } }
---
apiVersion: openslo/v1
kind: DataSource
metadata: { name: main }
spec: { type: Prometheus, connectionDetails: { url: 'http://prometheus:9090', any: [1] } }
";
        let (catalog, problems) = loaded(&[slo, rest]);
        assert_eq!(problems, []);
        assert!(matches!(catalog.slos[0].indicator, Indicator::Bad { .. }));
        assert_eq!((catalog.slos[0].title.as_str(), catalog.slos[0].period), ("a", 30 * 86_400));

        let (_, problems) = loaded(&[
            &slo.replace("errors", "erors"),
            &rest.replace("metricSourceRef: main, spec", "metricSourceRef: mian, spec"),
        ]);
        let told: Vec<(&str, &str)> =
            problems.iter().map(|problem| (problem.message.as_str(), problem.help.as_str())).collect();
        assert_eq!(told[0], ("there is no SLI named `erors`", "did you mean `errors`?"));
        assert_eq!(told[1].0, "no SLO refers to the SLI `errors`");
        assert_eq!(problems[1].severity, diagnostic::Severity::Warning);
        let (_, problems) =
            loaded(&[slo, &rest.replace("metricSourceRef: main, spec", "metricSourceRef: mian, spec")]);
        assert_eq!(problems[0].message, "there is no DataSource named `mian`");
    }

    #[test]
    fn documents_of_other_formats_are_passed_over_and_counted() {
        let (catalog, problems) = loaded(&[
            SLO,
            "apiVersion: v1\nkind: ConfigMap\n",
            "- just\n- a list\n",
            "# nothing\n",
            "version: prometheus/v1\n",
        ]);
        assert_eq!(problems, []);
        assert_eq!(catalog.passed_over, ["b.yaml", "c.yaml", "d.yaml", "e.yaml"]);
        let (_, problems) = loaded(&["apiVersion: v1\nkind: ConfigMap\n"]);
        assert_eq!(problems[0].code, Code::NoSlo);
        assert_eq!(loaded(&[]).1[0].code, Code::NoSlo);
    }

    #[test]
    fn what_was_meant_to_be_openslo_is_never_passed_over() {
        let found = problem("openslo/v1", "openslo/v1alpha");
        assert_eq!(
            (found.code, found.message.as_str()),
            (Code::Unsupported, "the version `openslo/v1alpha` of OpenSLO is not read")
        );
        assert_eq!(problem("openslo/v1", "openslo.com/v2alpha").code, Code::Unsupported);
        assert_eq!(problem("openslo/v1", "OpenSLO/v1").code, Code::Unsupported);
        assert_eq!(problem("openslo/v1", "openslov1").help, "did you mean `openslo/v1`?");
        assert_eq!(problem("apiVersion: openslo/v1\n", "").code, Code::MissingKey);
    }

    #[test]
    fn what_is_not_judged_yet_is_refused_at_its_line() {
        for (from, to, line, means) in [
            ("Occurrences", "Timeslices", 24, "Timeslices"),
            ("isRolling: true", "isRolling: false", 23, "calendar"),
            (
                "isRolling: true",
                "isRolling: false\n      calendar: { startTime: '2026-01-01 00:00:00', timeZone: UTC }",
                24,
                "calendar",
            ),
            ("    - targetPercent: 99.7", "    - targetPercent: 99.7\n    - target: 0.9", 27, "several"),
            ("    - targetPercent: 99.7", "    - targetPercent: 99.7\n      op: gte", 27, "`op`"),
            ("counter: true", "counter: false", 13, "gauges"),
            ("type: prometheus", "type: Datadog", 15, "Datadog"),
            ("duration: 28d", "duration: 2Y", 22, "longer than a year"),
        ] {
            let found = problem(from, to);
            assert_eq!(found.code, Code::Unsupported, "{found:?}");
            assert_eq!(found.place().expect("placed").line(), line, "{found:?}");
            assert!(found.message.contains(means) && !found.help.is_empty(), "{found:?}");
        }
        let threshold = "thresholdMetric: { metricSource: { type: Prometheus, spec: { query: q } } }";
        let (before, rest) = SLO.split_once("ratioMetric").expect("it is there");
        let (_, after) = rest.split_once("  timeWindow").expect("it is there");
        let after = after.replace("targetPercent: 99.7", "target: 0.9\n      op: lt\n      value: 3");
        let text = format!("{before}{threshold}\n  timeWindow{after}");
        let (_, problems) = loaded(&[&text]);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].message.contains("thresholdMetric"));
    }

    #[test]
    fn an_objective_of_100_percent_is_refused_with_the_reason() {
        for to in ["targetPercent: 100", "targetPercent: 100.00", "target: 1", "target: 1.0"] {
            let found = problem("targetPercent: 99.7", to);
            assert!(found.message.contains("leaves no error budget"), "{found:?}");
            assert!(found.label.expect("labelled").1.contains("stop all shipping"));
        }
        assert_eq!(
            problem("targetPercent: 99.7", "target: 99.7").help,
            "did you mean `targetPercent: 99.7`?"
        );
        for to in [
            "target: 0",
            "target: -0.5",
            "targetPercent: 0",
            "targetPercent: 101",
            "target: 0.99999999999999999999999999999999",
        ] {
            assert_eq!(problem("targetPercent: 99.7", to).code, Code::WrongValue, "{to}");
        }
    }

    #[test]
    fn an_objective_has_exactly_one_target() {
        assert_eq!(problem("targetPercent: 99.7", "displayName: x").code, Code::MissingKey);
        let both = problem("targetPercent: 99.7", "targetPercent: 99.7\n      target: 0.997");
        assert_eq!(both.message, "an objective has `target` or `targetPercent`, not both");
        assert_eq!(both.place().expect("placed").text(), "0.997");
    }

    #[test]
    fn a_period_spans_whole_steps_and_more_than_one() {
        assert!(problem("duration: 28d", "duration: 1m").help.contains("did you mean `1M`?"));
        assert!(problem("duration: 28d", "duration: 61m").message.contains("no whole number of steps"));
        assert_eq!(problem("duration: 28d", "duration: 28").code, Code::WrongValue);
    }

    #[test]
    fn a_service_that_is_not_declared_is_an_error() {
        let found = problem("service: checkout", "service: chekout");
        assert_eq!((found.code, found.severity), (Code::UnknownName, diagnostic::Severity::Error));
        assert!(found.help.starts_with("did you mean `checkout`?"), "{found:?}");
        assert_eq!(found.place().expect("placed").text(), "chekout");
    }

    #[test]
    fn names_are_unique_and_both_places_are_told() {
        let (catalog, problems) = loaded(&[SLO, SLO]);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert_eq!(problems[0].code, Code::Duplicate);
        assert_eq!(problems[0].label.as_ref().expect("labelled").1, "the first stands at a.yaml:4");
        assert_eq!(problems[0].place().expect("placed").source.path(), "b.yaml");
        assert_eq!(catalog.slos.len(), 1);
    }

    #[test]
    fn unknown_keys_are_refused_wherever_they_stand() {
        for (from, to, near) in [
            ("displayName: Checkout", "display_name: Checkout", "displayName"),
            ("timeWindow:", "timeWindows:", "timeWindow"),
            ("counter: true", "counter: true\n        totl: {}", "total"),
            ("isRolling: true", "isRolling: true\n      isrolling: true", "isRolling"),
            ("    - targetPercent: 99.7", "    - targetPercent: 99.7\n      targt: 1", "target"),
        ] {
            let (_, problems) = loaded(&[&SLO.replace(from, to)]);
            let found =
                problems.iter().find(|problem| problem.code == Code::UnknownKey).expect("it is refused");
            assert_eq!(found.help, format!("did you mean `{near}`?"));
        }
    }

    #[test]
    fn all_problems_of_all_files_are_told_in_one_run() {
        let (_, problems) = loaded(&[
            &SLO.replace("28d", "1m").replace("checkout\n", "nobody\n"),
            "a: [\n",
            &SLO.replace("99.7", "100").replace("name: checkout", "name: other"),
        ]);
        let files: Vec<&str> =
            problems.iter().filter_map(|problem| Some(problem.place()?.source.path())).collect();
        assert_eq!(files, ["a.yaml", "a.yaml", "b.yaml", "c.yaml"], "{problems:#?}");
    }
}
