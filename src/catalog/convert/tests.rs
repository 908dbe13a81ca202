//! What becomes of definitions that are odd.

use super::*;

/// A definition of Sloth.
const SLOTH: &str = "version: prometheus/v1\nservice: depot\nslos:\n  - name: scans\n    objective: 99.5\n    sli: { events: { error_query: bad, total_query: all } }\n";
/// An SLO of OpenSLO v1alpha.
const V1ALPHA: &str = "apiVersion: openslo/v1alpha\nkind: SLO\nmetadata: { name: scans }\nspec:\n  service: depot\n  budgetingMethod: Occurrences\n  timeWindows: [{ unit: Week, count: 4, isRolling: true }]\n  objectives:\n    - target: 0.9\n      ratioMetrics:\n        incremental: true\n        good: { source: prometheus, query: good }\n        total: { source: prometheus, query: all }\n";
/// A data source of OpenSLO v2alpha.
const SOURCE: &str = "apiVersion: openslo.com/v2alpha\nkind: DataSource\nmetadata: { name: main }\nspec: { type: Prometheus, connectionDetails: { port: 9090 } }\n";

/// What becomes of texts as files a.yaml, b.yaml and so on, without settings.
fn converted(texts: &[&str]) -> (Vec<Converted>, Vec<Diagnostic>) {
    let (conversion, problems) = convert(&sources(texts), None);
    (conversion.files, problems)
}

/// Texts as files a.yaml, b.yaml and so on.
fn sources(texts: &[&str]) -> Vec<SourceText> {
    texts.iter().zip('a'..).map(|(text, name)| SourceText::new(format!("{name}.yaml"), *text)).collect()
}

/// Settings that declare `other` and hold definitions to some rules.
fn declared(rules: &str) -> Settings {
    let text = format!(
        "version: 1\nslo_rules: {rules}\nservices: {{other: {{paths: [o]}}}}\nenvironments: {{p: {{}}}}\n"
    );
    settings::load(&SourceText::new("slogate.yaml", text)).0.expect("it is valid")
}

/// Messages and severities.
fn told(problems: &[Diagnostic]) -> Vec<(&str, bool)> {
    problems.iter().map(|problem| (problem.message.as_str(), problem.is_error())).collect()
}

#[test]
fn a_service_and_a_source_become_one_document_for_all_files() {
    let other = V1ALPHA.replace("name: scans", "name: gates");
    let (files, problems) = converted(&[V1ALPHA, &other]);
    assert_eq!(problems, []);
    let kinds: Vec<Vec<(&str, usize)>> = files.iter().map(|file| file.kinds.clone()).collect();
    assert_eq!(kinds, [vec![("SLO", 1), ("DataSource", 1), ("Service", 1)], vec![("SLO", 1)]]);
    let there =
        "apiVersion: openslo/v1\nkind: Service\nmetadata: { name: depot }\nspec: { description: Here. }\n";
    let (files, problems) = converted(&[SLOTH, there]);
    assert_eq!(problems, []);
    assert_eq!(files[0].kinds, [("SLO", 1)], "the service has its document");
    assert_eq!((files[1].unchanged, files[1].text.as_str()), (true, there));
}

#[test]
fn a_source_of_another_kind_keeps_its_name_to_itself() {
    let (files, problems) = converted(&[&V1ALPHA.replace("source: prometheus", "source: main"), SOURCE]);
    assert_eq!(problems, []);
    assert!(
        files[0].text.contains("type: main") && !files[0].text.contains("metricSourceRef"),
        "{}",
        files[0].text
    );
}

#[test]
fn two_documents_of_one_name_in_version_1_are_refused() {
    let there =
        "apiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: main }\nspec: { type: Datadog }\n";
    let (files, problems) = converted(&[SOURCE, there]);
    assert_eq!(files, []);
    assert_eq!(told(&problems), [("there would be two documents of kind DataSource named `main`", true)]);
    assert_eq!(problems[0].place().expect("placed").source.path(), "a.yaml");
    let same = "apiVersion: openslo/v1\nkind: DataSource\nmetadata:\n  name: main\nspec: { type: Prometheus, connectionDetails: { port: 9090 } }\n";
    let (files, problems) = converted(&[SOURCE, same]);
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!((problems, paths), (Vec::new(), vec!["b.yaml"]), "the same document is the same");
}

#[test]
fn a_description_beyond_what_version_1_holds_is_kept() {
    let long = "word ".repeat(300);
    let text = SLOTH.replace("    sli:", &format!("    description: {}\n    sli:", long.trim()));
    let (files, problems) = converted(&[&text]);
    assert_eq!(problems, []);
    assert!(files[0].kept.contains("sloth.slogate.dev/description") && files[0].text.contains(long.trim()));
    assert_eq!(files[0].rules, Some(RuleSet::Strict));
}

#[test]
fn a_key_that_the_loosest_rules_let_pass_is_told() {
    let text = V1ALPHA.replace("  service:", "  floor: ground\n  service:");
    let (conversion, problems) = convert(&sources(&[&text]), Some(&declared("lenient")));
    assert_eq!(told(&problems), [("OpenSLO v1 has no words for `floor`", false)]);
    assert!(!conversion.files[0].text.contains("ground"));
    let (conversion, problems) = convert(&sources(&[&text]), Some(&declared("spec")));
    assert_eq!((conversion.files, problems[0].code), (Vec::new(), Code::UnknownKey));
}

#[test]
fn digits_that_cannot_be_written_are_told() {
    let text = SOURCE.replace("9090", "0.12345678901234567890123");
    let (_, problems) = converted(&[&text]);
    let message = "the number `0.12345678901234567890123` cannot be written with all its digits";
    assert_eq!(told(&problems), [(message, false)]);
    assert_eq!(converted(&[&SOURCE.replace("9090", "0x2382")]).1, []);
}

#[test]
fn what_somebody_wrote_into_a_resource_is_kept_and_what_kubernetes_wrote_is_not() {
    let text = "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata:\n  name: scans\n  labels: { pyrra.dev/service: depot }\n  finalizers: [keep/me]\n  uid: 1a2b\nspec:\n  target: \"99\"\n  window: 2w\n  indicator: { bool_gauge: { metric: up } }\nstatus: { type: Ready }\n";
    let (files, problems) = converted(&[text]);
    assert_eq!(problems, []);
    assert!(
        files[0].text.contains("pyrra.slogate.dev/metadata.finalizers: |\n      - keep/me\n"),
        "{}",
        files[0].text
    );
    assert!(!files[0].text.contains("1a2b") && !files[0].text.contains("Ready"));
}

#[test]
fn with_settings_nobody_guesses_a_service_and_without_it_is_told() {
    let text = "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: { name: scans }\nspec:\n  target: \"99\"\n  window: 2w\n  indicator: { bool_gauge: { metric: up } }\n";
    let (conversion, problems) = convert(&sources(&[text]), Some(&declared("spec")));
    assert_eq!(conversion.files, []);
    assert_eq!(told(&problems), [("which service the SLO `scans` is about is not said", true)]);
    let (files, problems) = converted(&[text]);
    assert_eq!((files.len(), problems[0].is_error()), (1, false));
    assert_eq!(
        convert(&sources(&[SLOTH]), Some(&declared("spec"))).1,
        [],
        "a service that is said is no guess"
    );
}

#[test]
fn an_alert_policy_of_a_draft_says_that_it_is_of_version_1() {
    let text = "apiVersion: openslo.com/v2alpha\nkind: AlertPolicy\nmetadata: { name: page }\nspec:\n  conditions: [{ apiVersion: openslo.com/v2alpha, kind: AlertCondition, metadata: { name: c }, spec: { severity: page, condition: { kind: burnrate, op: gt, threshold: 2, lookbackWindow: 1h, alertAfter: 5m } } }]\n  notificationTargets: [{ kind: AlertNotificationTarget, metadata: { name: t }, spec: { target: pager } }]\n";
    let (files, problems) = converted(&[text]);
    assert_eq!(problems, []);
    assert!(!files[0].text.contains("v2alpha") && files[0].text.matches("openslo/v1").count() == 2);
}

#[test]
fn nothing_is_made_of_nothing() {
    let (files, problems) = converted(&["a: 1\n"]);
    assert_eq!((files, problems[0].code), (Vec::new(), Code::NoSlo));
    let (_, problems) = converted(&["a: [\n"]);
    assert_eq!(problems[0].code, Code::YamlSyntax);
}

#[test]
fn what_is_said_to_slogate_is_said_again_and_an_environment_needs_no_settings() {
    let text = "apiVersion: sloth.slok.dev/v1\nkind: PrometheusServiceLevel\nmetadata:\n  name: depot\n  annotations: { slogate.dev/environment: staging, slogate.dev/owner: \"@ola\" }\nspec:\n  service: depot\n  slos:\n    - name: scans\n      objective: 99\n      sli: { events: { errorQuery: bad, totalQuery: all } }\n";
    for settings in [None, Some(declared("spec"))] {
        let (conversion, problems) = convert(&sources(&[text]), settings.as_ref());
        assert_eq!(problems, []);
        let text = &conversion.files[0].text;
        assert!(
            text.contains("slogate.dev/environment: staging") && text.contains("slogate.dev/owner: \"@ola\"")
        );
    }
    let (_, problems) = converted(&[&text.replace("slogate.dev/owner", "slogate.dev/owners")]);
    assert_eq!(problems[0].code, Code::UnknownKey);
}
