//! What the catalog makes of files.

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
    let files: Vec<SourceText> =
        texts.iter().zip('a'..).map(|(text, name)| SourceText::new(format!("{name}.yaml"), *text)).collect();
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
    assert_eq!(
        told[0],
        ("there is no SLI named `erors`", "did you mean `errors`? [openslo/reference, spec]")
    );
    assert_eq!(told[1].0, "there is no DataSource named `mian`");
    assert_eq!(told.len(), 2, "that `errors` is unused follows from the misspelt name");
    let (_, problems) = loaded(&[&slo.replace("errors", "answers"), rest]);
    assert_eq!(problems[1].message, "no SLO refers to the SLI `errors`");
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
        "version: 3\n",
    ]);
    assert_eq!(problems, []);
    let paths: Vec<&str> = catalog.passed_over.iter().map(|one| one.place.source.path()).collect();
    assert_eq!(paths, ["b.yaml", "c.yaml", "e.yaml"]);
    assert_eq!(catalog.empty[0].source.path(), "d.yaml");
    let (_, problems) = loaded(&["apiVersion: v1\nkind: ConfigMap\n"]);
    assert_eq!(problems[0].code, Code::NoSlo);
    assert_eq!(loaded(&[]).1[0].code, Code::NoSlo);
}

#[test]
fn what_was_meant_to_be_openslo_is_never_passed_over() {
    let found = problem("openslo/v1", "openslo/v1beta");
    assert_eq!(
        (found.code, found.message.as_str()),
        (Code::Unsupported, "the version `openslo/v1beta` of this format is not read")
    );
    assert_eq!(problem("openslo/v1", "openslo.com/v2").code, Code::Unsupported);
    assert_eq!(problem("openslo/v1", "OpenSLO/v1").code, Code::Unsupported);
    assert_eq!(problem("openslo/v1", "openslov1").help, "did you mean `openslo/v1`?");
    assert_eq!(problem("apiVersion: openslo/v1\n", "").code, Code::MissingKey);
}

#[test]
fn what_is_not_judged_yet_is_read_and_told_at_its_line() {
    let with = |from: &str, to: &str| {
        assert!(SLO.contains(from), "{from}");
        SLO.replace(from, to)
    };
    for (text, line, means) in [
        (with("counter: true", "counter: false"), 13, "gauges"),
        (with("        counter: true\n", ""), 12, "gauges"),
        (with("type: prometheus", "type: Datadog"), 15, "Datadog"),
    ] {
        let (catalog, problems) = loaded(&[&text]);
        assert_eq!((catalog.slos.len(), problems.len()), (1, 1), "{problems:#?}");
        let found = &problems[0];
        assert_eq!((found.code, found.is_error()), (Code::Unsupported, false), "{found:?}");
        assert_eq!(found.place().expect("placed").line(), line, "{found:?}");
        assert!(found.message.contains(means) && !found.help.is_empty(), "{found:?}");
        assert_eq!(catalog.slos[0].unreckoned(300).len(), 1);
    }
    assert_eq!(problem("duration: 28d", "duration: 2Y").code, Code::Unsupported);
    let ratio =
        "        raw: { metricSource: { type: Prometheus, spec: { query: q } } }\n        rawType: failure\n";
    let (before, rest) = SLO.split_once("        counter").expect("it is there");
    let (_, after) = rest.split_once("  timeWindow").expect("it is there");
    let (catalog, problems) = loaded(&[&format!("{before}{ratio}  timeWindow{after}")]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(matches!(catalog.slos[0].indicator, Indicator::Ratio { is_good: false, .. }));
}

#[test]
fn a_period_by_the_calendar_has_a_zone_and_a_length_of_its_own() {
    let calendar =
        "isRolling: false\n      calendar: { startTime: '2026-01-01 00:00:00', timeZone: Europe/Berlin }";
    let month = SLO.replace("isRolling: true", calendar).replace("28d", "1M");
    for text in [&month, &month.replace("isRolling: false\n      ", "")] {
        let (catalog, problems) = loaded(&[text]);
        assert_eq!(problems, []);
        let slo = &catalog.slos[0];
        let october = "2026-10-20T00:00:00Z".parse::<jiff::Timestamp>().expect("an instant").as_second();
        assert_eq!((slo.period_at(october), slo.period), (745 * 3_600, 745 * 3_600));
        assert!(slo.unreckoned(300).is_empty());
    }
    let (_, problems) = loaded(&[&month.replace("Europe/Berlin", "Europe/Berln")]);
    assert_eq!((problems.len(), problems[0].code), (1, Code::UnknownName));
    assert_eq!(problems[0].help, "did you mean `Europe/Berlin`?");
}

#[test]
fn slices_of_time_are_whole_steps_and_several_a_period() {
    let (before, _) = SLO.split_once("Occurrences").expect("it is there");
    let objective = "objectives:\n    - { target: 0.9, timeSliceWindow: 10m, timeSliceTarget: 0.95 }\n";
    let text = format!("{before}Timeslices\n  {objective}");
    let (catalog, problems) = loaded(&[&text]);
    assert_eq!(problems, []);
    assert!(matches!(catalog.slos[0].method, Method::Timeslices { window: 600, .. }));
    let ratio = text.replace("Timeslices", "RatioTimeslices").replace(", timeSliceTarget: 0.95", "");
    let (catalog, problems) = loaded(&[&ratio]);
    assert_eq!(problems, []);
    assert!(matches!(catalog.slos[0].method, Method::RatioTimeslices { window: 600, .. }));
    for (window, means) in
        [("7m", "whole number of steps"), ("1m", "whole number of steps"), ("20d", "half of the period")]
    {
        let (_, problems) = loaded(&[&text.replace("10m", window)]);
        assert_eq!((problems.len(), problems[0].is_error()), (1, true), "{problems:#?}");
        assert!(problems[0].message.contains(means), "{problems:#?}");
    }
}

#[test]
fn a_threshold_is_read_with_how_it_compares() {
    let threshold = "thresholdMetric: { metricSource: { type: Prometheus, spec: { query: q } } }";
    let (before, rest) = SLO.split_once("ratioMetric").expect("it is there");
    let (_, after) = rest.split_once("  timeWindow").expect("it is there");
    let text = format!("{before}{threshold}\n  timeWindow{after}");
    let (catalog, problems) =
        loaded(&[&text.replace("targetPercent: 99.7", "target: 0.9\n      op: lt\n      value: 0.30")]);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].message.contains("threshold"));
    let Indicator::Threshold { comparison, threshold, .. } = &catalog.slos[0].indicator else {
        panic!("it has a threshold")
    };
    assert_eq!((*comparison, *threshold), (Comparison::Below, Decimal::new(30, 2)));
    let (_, problems) = loaded(&[&text]);
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["missing key `op`", "missing key `value`"]);
}

#[test]
fn each_of_several_objectives_is_an_slo_of_its_own() {
    let several = "    - targetPercent: 99.7\n    - { target: 0.9, displayName: 'The SLA, by contract' }";
    let (catalog, problems) = loaded(&[&SLO.replace("    - targetPercent: 99.7", several)]);
    assert_eq!(problems, []);
    let names: Vec<(&str, &str)> =
        catalog.slos.iter().map(|slo| (slo.name.as_str(), slo.title.as_str())).collect();
    assert_eq!(
        names,
        [
            ("checkout-availability/1", "Checkout answers"),
            ("checkout-availability/the-sla-by-contract", "Checkout answers: The SLA, by contract"),
        ]
    );
    let twice =
        several.replace("- targetPercent: 99.7", "- { target: 0.8, displayName: the SLA by contract }");
    let (_, problems) = loaded(&[&SLO.replace("    - targetPercent: 99.7", &twice)]);
    assert_eq!(problems[0].code, Code::Duplicate, "{problems:#?}");
}

#[test]
fn the_parts_of_a_composite_slo_are_read_and_burn_together() {
    let sli = "{ ratioMetric: { counter: true, bad: { metricSource: { type: Prometheus, spec: { query: b } } }, total: { metricSource: { type: Prometheus, spec: { query: t } } } } }";
    let (before, rest) = SLO.split_once("  indicator:").expect("it is there");
    let (_, after) = rest.split_once("  timeWindow").expect("it is there");
    let own =
        |rest: &str| format!("    - {{ indicator: {{ metadata: {{ name: i }}, spec: {sli} }}, {rest} }}\n");
    let load = |method: &str, objectives: &[&str]| {
        let objectives: String = objectives.iter().map(|rest| own(rest)).collect();
        let text = format!("{before}  timeWindow{after}").replace("    - targetPercent: 99.7\n", &objectives);
        loaded(&[&text.replace("Occurrences", method)])
    };
    let (catalog, problems) = load(
        "Occurrences",
        &["target: 0.9, compositeWeight: 2.5", "target: 0.99, displayName: The fast ones"],
    );
    assert_eq!(problems, [], "it can be reckoned");
    let [slo] = catalog.slos.as_slice() else { panic!("{:#?}", catalog.slos) };
    assert_eq!((slo.name.as_str(), slo.objective.share()), ("checkout-availability", Decimal::new(99, 2)));
    let parts = slo.parts();
    let parts = parts.iter().map(|part| (part.name.as_str(), part.objective.share())).collect::<Vec<_>>();
    let fast = ("checkout-availability/the-fast-ones", Decimal::new(99, 2));
    assert_eq!(parts, [("checkout-availability/1", Decimal::new(9, 1)), fast]);
    assert_eq!(slo.components()[0].weight, Decimal::new(25, 1));
    // One part that weighs nothing but itself is an SLO like any other.
    assert_eq!(load("Occurrences", &["target: 0.9"]).0.slos[0].components(), []);
    assert_eq!(load("Occurrences", &["target: 0.9, compositeWeight: 0.5"]).0.slos[0].components().len(), 1);
    let told = |method: &str, objectives: &[&str]| {
        let (catalog, problems) = load(method, objectives);
        assert_eq!(catalog.slos.len(), usize::from(!problems.iter().any(Diagnostic::is_error)));
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    let other_target = "target: 0.99, timeSliceWindow: 5m, displayName: b";
    assert!(
        told("RatioTimeslices", &["target: 0.9, timeSliceWindow: 5m", other_target]).contains("one target")
    );
    let other_length = "target: 0.9, timeSliceWindow: 10m, displayName: b";
    assert!(
        told("RatioTimeslices", &["target: 0.9, timeSliceWindow: 5m", other_length]).contains("one length")
    );
    let slice = "target: 0.9, timeSliceTarget: 0.9, timeSliceWindow: 5m";
    assert!(told("Timeslices", &[&format!("{slice}, compositeWeight: 2")]).contains("no weight makes it"));
    assert!(told("Occurrences", &["target: 0.9, compositeWeight: 1001"]).contains("no weight that can be"));
    let many = ["target: 0.9"; 101];
    assert!(told("Occurrences", &many).contains("at most 100 parts, and this one has 101"));
    let twice = "target: 0.9, displayName: b";
    assert!(told("Occurrences", &[twice, twice]).contains("two parts named"));
}

#[test]
fn what_has_no_effect_is_told() {
    for (from, to) in [
        ("    - targetPercent: 99.7", "    - targetPercent: 99.7\n      op: gte"),
        ("    - targetPercent: 99.7", "    - targetPercent: 99.7\n      timeSliceTarget: 0.9"),
    ] {
        let found = problem(from, to);
        assert_eq!((found.code, found.is_error()), (Code::Unused, false), "{found:?}");
    }
}

#[test]
fn every_reference_is_followed_whether_or_not_it_is_used() {
    let alerts = "spec:\n  alertPolicies:\n    - missing-policy\n    - { alertPolicyRef: another }\n";
    let (_, problems) = loaded(&[
        &SLO.replace("spec:\n  service", &format!("{alerts}  service")),
        "apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: { name: missing-polic }\nspec:\n  conditions: [{ conditionRef: c }]\n  notificationTargets: [{ targetRef: t }]\n",
    ]);
    let told: Vec<(&str, &str)> =
        problems.iter().map(|problem| (problem.message.as_str(), problem.help.as_str())).collect();
    assert_eq!(told.len(), 4, "{told:#?}");
    assert_eq!(
        told[0],
        (
            "there is no AlertPolicy named `missing-policy`",
            "did you mean `missing-polic`? [openslo/reference, spec]"
        )
    );
    assert_eq!(told[1].0, "there is no AlertPolicy named `another`");
    assert_eq!(told[2].0, "there is no AlertCondition named `c`");
    assert_eq!(told[3].0, "there is no AlertNotificationTarget named `t`");
}

#[test]
fn an_objective_of_100_percent_is_refused_with_the_reason() {
    for to in ["targetPercent: 100", "targetPercent: 100.00", "target: 1", "target: 1.0"] {
        let found = problem("targetPercent: 99.7", to);
        assert!(found.message.contains("leaves no error budget"), "{found:?}");
        assert!(found.label.expect("labelled").1.contains("stop all shipping"));
    }
    assert_eq!(problem("targetPercent: 99.7", "target: 99.7").help, "did you mean `targetPercent: 99.7`?");
    for to in [
        "target: 0",
        "target: -0.5",
        "targetPercent: 0",
        "targetPercent: 101",
        "targetPercent: 0.997",
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
        let found = problems.iter().find(|problem| problem.code == Code::UnknownKey).expect("it is refused");
        assert_eq!(found.help, format!("did you mean `{near}`? [openslo/unknown-key, spec]"));
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

#[test]
fn a_definition_may_be_json_or_an_item_of_a_list() {
    let documents = document::parse(&SourceText::new("a.yaml", SLO)).expect("it is YAML");
    let json = documents[0].value().to_string();
    let (catalog, problems) = loaded(&[&json]);
    assert_eq!((catalog.slos.len(), problems), (1, Vec::new()));
    let (catalog, problems) = loaded(&[&format!("{{apiVersion: v1, kind: List, items: [{json}]}}")]);
    assert_eq!((catalog.slos.len(), problems), (1, Vec::new()));
}

#[test]
fn names_are_unique_across_formats() {
    let sloth = "version: prometheus/v1\nservice: checkout\nslos:\n  - name: availability\n    objective: 99\n    sli: { events: { error_query: b, total_query: t } }\n";
    let (catalog, problems) = loaded(&[SLO, sloth]);
    assert_eq!((catalog.slos.len(), problems.len()), (1, 1), "{problems:#?}");
    assert_eq!(problems[0].message, "there are two SLOs named `checkout-availability`");
    assert_eq!(problems[0].place().expect("placed").source.path(), "b.yaml");
}
