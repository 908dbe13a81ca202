//! The query plan: how many requests a fleet takes, and that what is asked together is what it would be alone.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test ends with the first surprise, and reads its files itself"
)]
#![expect(dead_code, reason = "the harness serves the cases as well, which use more of it")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use proptest::prelude::*;
use slogate::budget::gap::Gap;
use slogate::catalog::{self, Slo};
use slogate::diagnostic::SourceText;
use slogate::http::{Client, Credentials, Limits};
use slogate::settings::{self, Settings};
use slogate::source::prometheus::Prometheus;
use slogate::source::{Observation, Range, Request, Source as _};

#[path = "harness/case.rs"]
mod case;
#[path = "harness/prometheus.rs"]
mod prometheus;
#[path = "harness/recording.rs"]
mod recording;
#[path = "harness/request.rs"]
mod request;

use case::Answer;
use prometheus::Standin;
use recording::Recording;
use request::Stub as _;

/// The instant of all judgements: a whole hour.
const NOW: &str = "2026-11-21T12:00:00Z";

/// The same in seconds.
const END: i64 = 1_795_262_400;

/// A stand-in that answers like this.
fn standin(answer: Answer, value: &str, rules: Vec<case::Rule>, recording: Option<Recording>) -> Standin {
    let plan = case::Prometheus { answer, value: value.to_owned(), history: None, rules };
    Standin::start(plan, recording).expect("it listens")
}

/// An SLO of bad over all events.
fn slo(service: &str, name: &str, bad: &str, total: &str, period: &str) -> String {
    format!(
        "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: {name}}}\nspec:\n  service: {service}\n  \
         budgetingMethod: Occurrences\n  timeWindow: [{{duration: {period}, isRolling: true}}]\n  objectives: \
         [{{target: 0.99}}]\n  indicator:\n    metadata: {{name: {name}}}\n    spec:\n      ratioMetric:\n        \
         counter: true\n        bad: {{metricSource: {{type: Prometheus, spec: {{query: {bad:?}}}}}}}\n        total: \
         {{metricSource: {{type: Prometheus, spec: {{query: {total:?}}}}}}}\n"
    )
}

/// A repository of a hundred services, each with the same ten kinds of SLO, each of a metric of its own; the services
/// take turns with the periods.
fn fleet(root: &Path, periods: &[&str]) {
    let mut settings = "version: 1\nstep: 1h\nunmapped: warn\nenvironments:\n  production: { mode: enforce, match: { env: prod } }\nservices:\n".to_owned();
    let mut slos = String::new();
    for service in 0..100 {
        writeln!(settings, "  s{service:03}: {{ team: shop, paths: [\"s{service:03}/**\"] }}")
            .expect("it grows");
        for kind in 0..10 {
            let total = format!("events_{kind}_total{{service=\"s{service:03}\"}}");
            let bad = format!("events_{kind}_total{{service=\"s{service:03}\",code=~\"5..\"}}");
            let name = format!("s{service:03}-{kind}");
            let period = periods[service % periods.len()];
            slos.push_str(&slo(&format!("s{service:03}"), &name, &bad, &total, period));
        }
    }
    settings.push_str("slos: [\"slos/*.yaml\"]\npolicies: [\"policies/*.rhai\"]\nchanges: { hotfix: { label: hotfix, granted_by: maintain } }\n");
    let policy =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check-proceeds/repo/policies/shop.rhai");
    for directory in ["slos", "policies"] {
        fs::create_dir(root.join(directory)).expect("a directory");
    }
    fs::write(root.join("slogate.yaml"), settings).expect("a file");
    fs::write(root.join("slos/fleet.yaml"), slos).expect("a file");
    fs::copy(policy, root.join("policies/shop.rhai")).expect("a file");
}

/// What a check of a repository prints.
fn check(root: &Path, url: &str, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.env_clear().arg("check").arg(root).args(["--prometheus", url, "--now", NOW, "--deadline", "600"]);
    let output = command.args(more).output().expect("the binary can be started");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).expect("text")
}

/// How many requests the plan of a fleet has and a check of it takes, each of whose budgets must have as much left.
fn requests(periods: &[&str]) -> usize {
    let directory = tempfile::tempdir().expect("a directory");
    fleet(directory.path(), periods);
    let few = case::Rule { contains: "code=".to_owned(), answer: Answer::Steady, value: "1".to_owned() };
    let mut standin = standin(Answer::Steady, "1000", vec![few], None);
    let plan = check(directory.path(), standin.url(), &["--plan"]);
    assert!(standin.requests().is_empty(), "--plan asks nothing");
    let report = check(directory.path(), standin.url(), &["--format", "json"]);
    let requests = standin.requests();
    let count = requests.len();
    assert!(count <= 40, "{requests:#?}");
    let told = format!("  {count} requests for 1000 SLOs; nothing was asked");
    assert_eq!(plan.lines().last(), Some(told.as_str()));
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let budgets = report["budgets"].as_array().expect("budgets");
    assert_eq!(budgets.len(), 1_000);
    for budget in budgets {
        assert_eq!(budget["state"], "measured", "{budget}");
        assert_eq!(budget["remaining"], 0.9, "{budget}");
    }
    count
}

#[test]
fn a_thousand_slos_over_ten_families_take_forty_requests() {
    // Two counters of each family on the grid, and over the period two families in one.
    assert_eq!(requests(&["28d"]), 30);
}

#[test]
fn a_thousand_slos_of_three_periods_take_forty_requests() {
    assert_eq!(requests(&["7d", "28d", "30d"]), 29);
}

/// One SLO of a random catalog.
#[derive(Debug, Clone)]
struct Drawn {
    metric: &'static str,
    service: usize,
    handler: Option<usize>,
    code: &'static str,
    or_zero: bool,
    negated: bool,
    environment: &'static str,
    hours: i64,
}

/// The values of the labels, among them some that mean something in a regular expression or in PromQL.
const SERVICES: [&str; 6] = ["cart", "check.out", "check-out", "a|b", "(search", "nobody"];
const HANDLERS: [&str; 4] = ["/", "/pay", "/[id]", "^x$"];

fn drawn() -> impl Strategy<Value = Drawn> {
    (
        prop_oneof![Just("hits_total"), Just("calls_total")],
        0..SERVICES.len(),
        proptest::option::of(0..HANDLERS.len()),
        prop_oneof![Just("=~\"5..\""), Just("=\"500\""), Just("=\"503\""), Just("!=\"200\"")],
        any::<bool>(),
        any::<bool>(),
        prop_oneof![Just("production"), Just("staging"), Just("everywhere")],
        prop_oneof![Just(1_i64), Just(2), Just(4)],
    )
        .prop_map(|(metric, service, handler, code, or_zero, negated, environment, hours)| Drawn {
            metric,
            service,
            handler,
            code,
            or_zero,
            negated,
            environment,
            hours,
        })
}

/// A history: for each series that is there, how much it grows by each half hour and where it begins.
fn history() -> impl Strategy<Value = Vec<(u64, usize)>> {
    proptest::collection::vec((0_u64..50, 0_usize..40), 2 * SERVICES.len() * HANDLERS.len() * 3 * 2)
}

/// A recording of a drawn history, and how many series it has.
fn recorded(history: &[(u64, usize)]) -> Recording {
    let mut text = String::new();
    let mut drawn = history.iter();
    for metric in ["hits_total", "calls_total"] {
        for service in &SERVICES[..5] {
            for handler in HANDLERS {
                for code in ["200", "500", "503"] {
                    for environment in ["prod", "staging"] {
                        let Some((growth, begins)) = drawn.next() else { continue };
                        if *begins > 30 {
                            continue;
                        }
                        for half in *begins..=32 {
                            let half = i64::try_from(half).expect("small");
                            let at = END - (32 - half) * 1_800;
                            // A restart now and then.
                            let value = (growth * u64::try_from(half).expect("small")) % 700;
                            writeln!(text, "{metric}{{service=\"{service}\",handler=\"{handler}\",code=\"{code}\",env=\"{environment}\"}} {value} {at}").expect("it grows");
                        }
                    }
                }
            }
        }
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), text).expect("a file");
    Recording::load(file.path()).expect("a recording")
}

/// A catalog of drawn SLOs.
fn catalog(all: &[Drawn], settings: &Settings) -> Vec<Slo> {
    let mut text = String::new();
    for (index, drawn) in all.iter().enumerate() {
        let handler = drawn.handler.map(|of| format!(",handler=\"{}\"", HANDLERS[of])).unwrap_or_default();
        let selector = format!("service=\"{}\"{handler}", SERVICES[drawn.service]);
        let zero = if drawn.or_zero { " or vector(0)" } else { "" };
        let total = format!("sum({}{{{selector}}})", drawn.metric);
        let part = format!("sum({}{{{selector},code{}}}){zero}", drawn.metric, drawn.code);
        let bad = if drawn.negated {
            format!("{total} - sum({}{{{selector},code=\"200\"}})", drawn.metric)
        } else {
            part
        };
        text.push_str(&slo("shop", &format!("slo-{index:02}"), &bad, &total, &format!("{}h", drawn.hours)));
    }
    let (catalog, problems) = catalog::load(&[SourceText::new("slos.yaml", text)], settings);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:#?}");
    catalog.slos
}

fn settings() -> Settings {
    let text = "version: 1\nservices: {shop: {paths: [a]}}\nenvironments: {production: {match: {env: prod}}, staging: {match: {env: staging}}, everywhere: {}}\n";
    settings::load(&SourceText::new("slogate.yaml", text)).0.expect("they are valid")
}

/// What is answered about SLOs in one call, over three periods of each.
fn observe(url: &str, requests: &[Request<'_>]) -> Vec<Result<Observation, Gap>> {
    let limits = Limits { deadline: Duration::from_secs(60), attempt: Duration::from_secs(20), tries: 1 };
    let client = Client::new(limits).expect("a client");
    let prometheus = Prometheus::new(&client, url, Credentials::default()).expect("an address");
    let range = |slo: &Slo| Range { first: END - 3 * slo.period + 3_600, last: END, step: 3_600 };
    let each = requests.iter().map(|request| (*request, range(request.slo)));
    let answers = prometheus.observe_each(&each.collect::<Vec<_>>());
    assert_eq!(prometheus.notes(), Vec::<String>::new());
    answers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn together_is_answered_what_would_be_answered_alone(
        all in proptest::collection::vec(drawn(), 2..24),
        history in history(),
    ) {
        let settings = settings();
        let slos = catalog(&all, &settings);
        let requests: Vec<Request<'_>> = slos.iter().zip(&all).map(|(slo, drawn)| {
            let matchers = &settings.environments[drawn.environment];
            Request { slo, environment: drawn.environment, matchers }
        }).collect();
        let mut server = standin(Answer::History, "", Vec::new(), Some(recorded(&history)));
        let together = observe(server.url(), &requests);
        let fused = server.requests().len();
        let alone: Vec<_> = requests.iter().flat_map(|request| observe(server.url(), &[*request])).collect();
        let single = server.requests().len();
        prop_assert_eq!(together, alone);
        prop_assert!(fused <= single, "{} together, {} alone", fused, single);
    }
}

#[test]
fn the_drawn_histories_have_figures_and_holes() {
    let settings = settings();
    let drawn = |service, or_zero| Drawn {
        metric: "hits_total",
        service,
        handler: None,
        code: "=~\"5..\"",
        or_zero,
        negated: false,
        environment: "production",
        hours: 4,
    };
    let slos = catalog(&[drawn(0, false), drawn(3, true), drawn(5, true)], &settings);
    let matchers = &settings.environments["production"];
    let request = |slo| Request { slo, environment: "production", matchers };
    let requests: Vec<Request<'_>> = slos.iter().map(request).collect();
    let history: Vec<(u64, usize)> = (0..288).map(|index| (index % 50, 15)).collect();
    let mut server = standin(Answer::History, "", Vec::new(), Some(recorded(&history)));
    let answers = observe(server.url(), &requests);
    let known: Vec<BTreeMap<bool, usize>> = answers
        .iter()
        .flatten()
        .map(|one| {
            one.series.points.iter().fold(BTreeMap::new(), |mut all, point| {
                *all.entry(point.is_some()).or_default() += 1;
                all
            })
        })
        .collect();
    assert_eq!(known.len(), 2, "{answers:#?}");
    assert!(known.iter().all(|of| of.len() == 2), "known points and holes: {known:?}");
    assert!(matches!(answers.last(), Some(Err(Gap::NoData { .. }))));
    assert_eq!(server.requests().len(), 4);
}
