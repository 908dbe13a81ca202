//! The rules that `slogate rules` writes, judged by promtool: they are rules, and they alert when they should.
//!
//! Series are written minute by minute in promtool's own notation, and every alert that there may be at an instant is
//! named, so that one too many fails as well as one too few.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// An objective of 99.9 % over 30 days that counts bad events, and one of 90 % over a day that counts good ones.
const DEFINITIONS: &str = r#"
apiVersion: openslo/v1
kind: SLO
metadata:
  name: strict
  annotations: { slogate.dev/runbook: "https://runbooks.example/shop" }
spec:
  service: shop
  indicator:
    metadata: { name: strict }
    spec:
      ratioMetric:
        counter: true
        bad: { metricSource: { type: Prometheus, spec: { query: 'requests_total{code="500"}' } } }
        total: { metricSource: { type: Prometheus, spec: { query: requests_total } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: loose, displayName: 'the {{ shop }} answers' }
spec:
  service: shop
  indicator:
    metadata: { name: loose }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { type: Prometheus, spec: { query: 'answers_total{fast="yes"}' } } }
        total: { metricSource: { type: Prometheus, spec: { query: answers_total } } }
  timeWindow: [{ duration: 1d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.9 }]
"#;

/// Settings with one environment that is told by a label.
const SETTINGS: &str = "version: 1\nservices: { shop: { team: payments, paths: [\"**\"] } }\n\
                        environments: { production: { match: { env: prod } } }\n";

/// Writes the rules of the definitions into a directory, and answers the file's name.
fn written(directory: &Path, format: &str) -> &'static str {
    for place in ["slos", "policies"] {
        fs::create_dir_all(directory.join(place)).expect("a directory");
    }
    let policy = super::path("tests/cases/rules-for-a-service/repo/policies/all.rhai");
    let policy = fs::read_to_string(policy).expect("a policy of a case");
    let policy = policy.replace(r#"["checkout", "search"]"#, r#"["shop"]"#);
    fs::write(directory.join("policies/all.rhai"), policy).expect("a policy");
    fs::write(directory.join("slogate.yaml"), SETTINGS).expect("settings");
    fs::write(directory.join("slos/shop.yaml"), DEFINITIONS).expect("definitions");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.env_clear().current_dir(directory).args(["rules", "--output", "rules.yaml", "--format", format]);
    let output = command.output().expect("the binary can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    "rules.yaml"
}

/// What promtool says of a file; it must find nothing.
fn promtool(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("promtool").current_dir(directory).args(arguments).output();
    let output = output.expect("`promtool` can be started: tests/run installs it");
    let told =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "promtool {arguments:?}: {told}");
    told
}

/// A test of promtool: series, then what must be so at instants.
struct Trial {
    /// Its text so far.
    text: String,
}

impl Trial {
    /// A test of series with their values, a sample each minute.
    fn of(name: &str, series: &[(&str, &str)]) -> Self {
        let mut text = format!("  - name: {name}\n    interval: 1m\n    input_series:\n");
        for (series, values) in series {
            writeln!(text, "      - series: '{series}'\n        values: '{values}'").expect("a string grows");
        }
        text.push_str("    promql_expr_test:\n");
        Self { text }
    }

    /// At an instant the alerts that fire are exactly these: `strict page`.
    fn fires(mut self, at: &str, alerts: &[&str]) -> Self {
        writeln!(
            self.text,
            "      - expr: 'count by (slo, severity, team, environment) (ALERTS{{alertstate=\"firing\"}})'\n        \
             eval_time: {at}\n        exp_samples: {}",
            if alerts.is_empty() { "[]" } else { "" }
        )
        .expect("a string grows");
        for alert in alerts {
            let (slo, severity) = alert.split_once(' ').expect("an SLO and a severity");
            writeln!(
                self.text,
                "          - {{ labels: '{{slo=\"{slo}\",severity=\"{severity}\",team=\"payments\",\
                 environment=\"production\"}}', value: 1 }}"
            )
            .expect("a string grows");
        }
        self
    }

    /// At an instant an expression is a number; or has no value at all.
    fn is(mut self, at: &str, expression: &str, value: Option<&str>) -> Self {
        let samples = value.map_or("[]".to_owned(), |value| format!("[{{ value: {value} }}]"));
        writeln!(
            self.text,
            "      - expr: '{expression}'\n        eval_time: {at}\n        exp_samples: {samples}"
        )
        .expect("a string grows");
        self
    }
}

/// Has promtool run trials against the rules.
fn run(trials: Vec<Trial>) {
    let directory = tempfile::tempdir().expect("a directory");
    let rules = written(directory.path(), "prometheus");
    let mut text = format!("rule_files: [{rules}]\nevaluation_interval: 1m\ntests:\n");
    text.extend(trials.into_iter().map(|trial| trial.text));
    fs::write(directory.path().join("test.yaml"), &text).expect("the test can be written");
    promtool(directory.path(), &["test", "rules", "test.yaml"]);
}

/// The requests of an SLO of 99.9 %: 60,000 a minute, of which a number fails by stretches of minutes.
fn requests(env: &str, failing: &[(i64, i64)]) -> Vec<(String, String)> {
    let mut values = [String::new(), String::new()];
    let mut sums = [0, 0];
    for (minutes, bad) in failing {
        for (index, step) in [60_000 - bad, *bad].into_iter().enumerate() {
            write!(values[index], "{}+{step}x{} ", sums[index], minutes - 1).expect("a string grows");
            sums[index] += step * minutes;
        }
    }
    let [good, bad] = values;
    vec![
        (format!("requests_total{{code=\"200\",env=\"{env}\"}}"), good),
        (format!("requests_total{{code=\"500\",env=\"{env}\"}}"), bad),
    ]
}

/// A trial of such requests in production.
fn of_requests(name: &str, failing: &[(i64, i64)]) -> Trial {
    let series = requests("prod", failing);
    let series: Vec<(&str, &str)> =
        series.iter().map(|(name, values)| (name.as_str(), values.as_str())).collect();
    Trial::of(name, &series)
}

#[test]
#[ignore = "needs promtool; tests/run installs it and runs this"]
fn the_rules_are_rules() {
    let directory = tempfile::tempdir().expect("a directory");
    let rules = written(directory.path(), "prometheus");
    let told = promtool(directory.path(), &["check", "rules", "--lint=all", "--lint-fatal", rules]);
    // Two SLOs: thirteen series of the events of each, what is left of its budget, a page and a ticket.
    assert!(told.contains("SUCCESS: 32 rules found"), "{told}");
    // The operator's resources hold the same groups.
    let rules = fs::read_to_string(directory.path().join(rules)).expect("the rules");
    let (_, rules) = rules.split_once("groups:\n").expect("groups");
    written(directory.path(), "operator");
    let resource = fs::read_to_string(directory.path().join("rules.yaml")).expect("the resource");
    let (_, resource) = resource.split_once("groups:\n").expect("groups");
    let indented: Vec<String> = rules.trim_end().lines().map(|line| format!("  {line}")).collect();
    assert_eq!(resource.trim_end().lines().collect::<Vec<_>>(), indented);
}

#[test]
#[ignore = "needs promtool; tests/run installs it and runs this"]
fn a_budget_that_burns_alerts_by_its_pace() {
    const DAY: i64 = 1_440;
    run(vec![
        // 2 % fail, a burn rate of 20: a page as soon as an hour is above 14.4, and none 5 minutes after its end. No ticket:
        // within a day 0.08 % failed, 0.8 times what an even burn allows.
        of_requests("an outage of an hour", &[(DAY, 0), (60, 1_200), (60, 0)])
            .fires("24h", &[])
            .fires("24h40m", &[])
            .fires("24h50m", &["strict page"])
            .fires("25h", &["strict page"])
            .fires("25h10m", &[])
            .fires("26h", &[]),
        // 0.4 % fail, a burn rate of 4: no page, and a ticket when the longest window is above 1, after 8 hours.
        of_requests("a slow burn", &[(DAY, 0), (600, 240)])
            .fires("24h", &[])
            .fires("31h", &[])
            .fires("33h", &["strict ticket"]),
        // A burn rate of 1.2 from the beginning: a ticket. One of 0.9: the budget lasts.
        of_requests("a creeping burn", &[(600, 72)]).fires("9h", &["strict ticket"]),
        of_requests("within the budget", &[(600, 54)])
            .is("9h", "count(slogate:slo_errors:ratio_rate3d > 0.000899 < 0.000901)", Some("1"))
            .fires("9h", &[]),
        // A minute at 100 % is 1/60 of an hour, above 14.4 x 0.1 %, for as long as 5 minutes know of it.
        of_requests("a blip", &[(DAY, 0), (1, 60_000), (20, 0)])
            .fires("24h3m", &["strict page"])
            .fires("24h10m", &[]),
    ]);
}

#[test]
#[ignore = "needs promtool; tests/run installs it and runs this"]
fn nothing_is_said_where_nothing_happened_or_elsewhere() {
    let staging = requests("staging", &[(600, 60_000)]);
    let staging: Vec<(&str, &str)> =
        staging.iter().map(|(name, values)| (name.as_str(), values.as_str())).collect();
    run(vec![
        Trial::of("another environment fails", &staging)
            .fires("10h", &[])
            .is("10h", "slogate:slo_errors:ratio_rate1h", None)
            .is("10h", "slogate:slo_events:rate5m", None),
        // Zero events are known to be none, and have no share.
        Trial::of(
            "no traffic",
            &[
                ("requests_total{code=\"200\",env=\"prod\"}", "7x600"),
                ("requests_total{code=\"500\",env=\"prod\"}", "3x600"),
            ],
        )
        .fires("9h", &[])
        .is("9h", "slogate:slo_errors:ratio_rate1h", None)
        .is("9h", "sum(slogate:slo_events:rate5m)", Some("0")),
        // Failures that were never counted are not zero, unless their author says so.
        Trial::of("no series of failures", &[("requests_total{code=\"200\",env=\"prod\"}", "0+60x600")])
            .is("9h", "slogate:slo_errors:ratio_rate1h", None)
            .is("9h", "slogate:slo_events:rate5m", None),
        // Two pods, of which one starts anew: a restart is no failure, and no events are lost to a sum.
        Trial::of(
            "a restart",
            &[
                ("requests_total{code=\"200\",env=\"prod\",pod=\"a\"}", "0+6000x300 0+6000x300"),
                ("requests_total{code=\"500\",env=\"prod\",pod=\"a\"}", "0+3x300 0+3x300"),
                ("requests_total{code=\"200\",env=\"prod\",pod=\"b\"}", "0+6000x601"),
            ],
        )
        .fires("6h", &[])
        .is("6h", "count(slogate:slo_errors:ratio_rate2h > 0.00024 < 0.00026)", Some("1")),
    ]);
}

#[test]
#[ignore = "needs promtool; tests/run installs it and runs this"]
fn what_is_left_of_a_budget_is_said_once_its_period_was_recorded() {
    let budget = "slogate:slo_budget_remaining:ratio{slo=\"loose\"}";
    let share = "sum(round(slogate:slo_budget_remaining:ratio{slo=\"loose\"}, 0.001))";
    // 100 answers a minute, of which 5 are slow: half of what 90 % allows. At night there are 10, and 5 are slow.
    run(vec![
        Trial::of(
            "half of a budget",
            &[
                ("answers_total{fast=\"yes\",env=\"prod\"}", "0+95x2000"),
                ("answers_total{fast=\"no\",env=\"prod\"}", "0+5x2000"),
            ],
        )
        .is("21h", budget, None)
        .is("22h", share, Some("0.5"))
        .is("30h", share, Some("0.5"))
        // Each step of five minutes has its events, the bad ones among them.
        .is("30h", "sum(round(slogate:slo_events:increase5m{slo=\"loose\"}))", Some("500"))
        .is("30h", "sum(round(slogate:slo_errors:increase5m{slo=\"loose\"}))", Some("25"))
        // Ten minutes after the last sample nobody knows any more.
        .is("34h", budget, None),
        // Every event weighs alike: 12 hours of 100 and 12 of 10 a minute, half of which are slow at night: 720 x 5 of
        // 720 x 110 are 4.5 %, where the mean of the shares would be 25 %.
        Trial::of(
            "a quiet night",
            &[
                ("answers_total{fast=\"yes\",env=\"prod\"}", "0+100x719 71900+5x721"),
                ("answers_total{fast=\"no\",env=\"prod\"}", "0+0x719 0+5x721"),
            ],
        )
        .is("24h", "sum(round(slogate:slo_budget_remaining:ratio, 0.01))", Some("0.55")),
    ]);
}
