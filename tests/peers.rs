//! The same history, as a snapshot, in a real Prometheus and in a real `VictoriaMetrics`, must be judged alike.
//!
//! The verdict, every clause's state and its instants agree exactly; figures may differ by one percentage point,
//! which is what Prometheus's extrapolation may add where scrapes do not fall on the grid.

#![expect(dead_code, reason = "the harness serves the cases as well, which use more of it")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends with the first surprise, and reads its files itself"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[path = "peers/agreement.rs"]
mod agreement;
#[path = "peers/company.rs"]
mod company;
#[path = "peers/eight_weeks.rs"]
mod eight_weeks;
#[path = "peers/encryption.rs"]
mod encryption;
#[path = "peers/holes.rs"]
mod holes;
#[path = "peers/moment.rs"]
mod moment;
#[path = "peers/prometheus.rs"]
mod prometheus;
#[path = "harness/recording.rs"]
mod recording;
#[path = "peers/rules.rs"]
mod rules;
#[path = "peers/server.rs"]
mod server;
#[path = "peers/tools.rs"]
mod tools;
#[path = "peers/victoria_metrics.rs"]
mod victoria_metrics;

use recording::Recording;
use server::Server;

/// How far two figures may be apart: one percentage point.
const TOLERANCE: f64 = 0.01;

/// The same where raw samples are counted: a tenth of a point.
const EXACTLY: f64 = 0.001;

/// The end of every recorded history.
const END: &str = "2026-11-21T12:00:00Z";

/// A file of the project.
fn path(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(of)
}

/// The report on a repository at an instant, as JSON; without an address from its snapshot.
fn report(repository: &Path, now: &str, service: Option<&str>, prometheus: Option<&str>) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.env_clear().arg("check").arg(repository);
    command.args(["--environment", "production", "--format", "json", "--now", now]);
    command.args(service.map(|name| ["--service", name]).into_iter().flatten());
    command.args(prometheus.map(|url| ["--prometheus", url]).into_iter().flatten());
    let output = command.output().expect("the binary can be started");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{command:?} printed no JSON: {error}\n{}", String::from_utf8_lossy(&output.stderr))
    })
}

/// The states of all rulings: clause and SLO, with what must be equal.
fn states(report: &Value) -> BTreeMap<String, Value> {
    let rulings = report["rulings"].as_array().expect("rulings").iter().map(|ruling| {
        let name = format!("{} {} {}", ruling["policy"], ruling["clause"], ruling["slo"]);
        let equal = ["effect", "state", "mode", "at", "since"];
        (name, equal.iter().map(|field| (*field, ruling[*field].clone())).collect())
    });
    rulings.collect()
}

/// The figures of all budgets that may differ a little, by their names.
fn figures(report: &Value) -> BTreeMap<String, f64> {
    let mut figures = BTreeMap::new();
    for budget in report["budgets"].as_array().expect("budgets") {
        for pointer in ["/remaining", "/consumed", "/burned/1h", "/burned/6h", "/burned/24h", "/burned/7d"] {
            if let Some(figure) = budget.pointer(pointer).and_then(Value::as_f64) {
                figures.insert(format!("{} {pointer}", budget["slo"]), figure);
            }
        }
    }
    figures
}

/// The states of all budgets: measured, or the gap.
fn known(report: &Value) -> Vec<[Value; 3]> {
    let budgets = report["budgets"].as_array().expect("budgets").iter();
    budgets.map(|of| [of["slo"].clone(), of["state"].clone(), of["gap"]["kind"].clone()]).collect()
}

/// Judges a repository by its snapshot and by Prometheus and compares; gives how many figures were compared.
fn compare(repository: &Path, now: &str, service: Option<&str>, prometheus: &Server) -> usize {
    let recorded = report(repository, now, service, None);
    let queried = report(repository, now, service, Some(&prometheus.url()));
    alike(&recorded, &queried, &format!("{} at {now}", prometheus.name), TOLERANCE)
}

/// Compares a report on what was recorded with one on what a server answered; gives how many figures were compared.
fn alike(recorded: &Value, queried: &Value, place: &str, tolerance: f64) -> usize {
    assert_eq!(recorded["verdict"]["effect"], queried["verdict"]["effect"], "the verdict of {place}");
    assert_eq!(recorded["verdict"]["exit"], queried["verdict"]["exit"], "the exit of {place}");
    assert_eq!(known(recorded), known(queried), "the budgets of {place}");
    let (left, right) = (states(recorded), states(queried));
    assert!(left.keys().eq(right.keys()), "the clauses of {place}: {left:?} and {right:?}");
    for (clause, state) in &left {
        assert_eq!(state, &right[clause], "{clause} by {place}");
    }
    let (left, right) = (thaws(recorded), thaws(queried));
    assert!(left.keys().eq(right.keys()), "{place}: {left:?} and {right:?}");
    for (name, at) in &left {
        // It is foretold from figures that differ a little, so that it may be a point of the grid later or earlier.
        assert!((at - right[name]).abs() <= 3_600, "{name} thaws at {at} and {}, by {place}", right[name]);
    }
    close(&figures(recorded), &figures(queried), place, tolerance)
}

/// Compares figures by their names; gives how many there are.
fn close(left: &BTreeMap<String, f64>, right: &BTreeMap<String, f64>, place: &str, tolerance: f64) -> usize {
    assert!(left.keys().eq(right.keys()), "{place}: {left:?} and {right:?}");
    for (name, figure) in left {
        let apart = (figure - right[name]).abs();
        assert!(apart <= tolerance, "{name}: {figure} by the snapshot, {} by {place}", right[name]);
    }
    left.len()
}

/// When the clauses thaw that do, in seconds.
fn thaws(report: &Value) -> BTreeMap<String, i64> {
    let rulings = report["rulings"].as_array().expect("rulings").iter();
    let thaws = rulings.filter_map(|ruling| {
        let at = ruling["thaws_at"].as_str()?.parse::<jiff::Timestamp>().expect("an instant");
        Some((format!("{} {}", ruling["clause"], ruling["slo"]), at.as_second()))
    });
    thaws.collect()
}

/// The instants that a case names.
fn instants(case: &str) -> Vec<String> {
    let text = fs::read_to_string(path(case).join("case.toml")).expect("the case can be read");
    let case: toml::Table = text.parse().expect("TOML");
    let named = case["now"].as_array().expect("instants").iter();
    named.map(|now| now.as_str().expect("an instant").to_owned()).collect()
}

#[test]
#[ignore = "needs Prometheus; tests/run installs it and runs this"]
fn a_real_prometheus_counts_what_the_recording_says() {
    let file = path("examples/webshop/history.om.gz");
    let prometheus = prometheus::filled(&file);
    let recording = Recording::load(&file).expect("a recording");
    let end = END.parse::<jiff::Timestamp>().expect("an instant").as_second();
    let selectors = [
        r#"http_requests_total{env="prod-eu",service="checkout"}"#,
        r#"http_requests_total{env="prod-eu",service="checkout",code=~"5.."}"#,
        r#"http_request_duration_seconds_bucket{env="prod-eu",service="checkout",le="0.4"}"#,
        r#"http_requests_total{env="prod-eu",service="search",code=~"5.."}"#,
        r#"http_requests_total{env="staging"}"#,
        "nothing_of_that_name",
    ];
    for selector in selectors {
        for (window, at) in [(3_600, end), (28 * 86_400, end), (3_600, end - 55 * 86_400)] {
            let counted = recording.increases_by(selector, &[], &[at], window).expect("a selector");
            let counted = counted
                .into_values()
                .next()
                .and_then(|of| of[0])
                .map(|count| count.to_string().parse::<f64>().expect("a number"));
            let answered = prometheus.single(&format!("sum(increase({selector}[{window}s]))"), at);
            let apart = counted.zip(answered).map(|(left, right)| (left - right).abs() / left.max(1.0));
            let alike = counted.is_some() == answered.is_some() && apart.is_none_or(|apart| apart < 1e-6);
            assert!(alike, "{selector} over {window}s: {counted:?} recorded, {answered:?} answered");
        }
    }
}

#[test]
#[ignore = "needs Prometheus and VictoriaMetrics; tests/run installs them and runs this"]
fn the_webshop_is_judged_alike() {
    let repository = path("examples/webshop");
    let recording = repository.join("history.om.gz");
    let (prometheus, victoria_metrics) =
        (prometheus::filled(&recording), victoria_metrics::filled(&recording));
    for now in
        ["2026-11-21T12:00:00Z", "2026-11-17T08:59:59Z", "2026-11-17T09:00:00Z", "2026-11-03T00:30:00Z"]
    {
        // Every scrape falls on the grid here, where ranges that are open to the left would lose one.
        for server in [&prometheus, &victoria_metrics] {
            let compared = compare(&repository, now, None, server);
            assert!(compared >= 18, "three budgets at {now}, and only {compared} figures");
        }
    }
    compare(&repository, END, Some("search"), &prometheus);
}

#[test]
#[ignore = "needs Prometheus; tests/run installs it and runs this"]
fn a_hovering_clause_is_judged_alike_at_every_named_instant() {
    let case = "tests/cases/check-hovers";
    let repository = path(case).join("repo");
    let prometheus = prometheus::filled(&repository.join("history.om.gz"));
    let instants = instants(case);
    assert_eq!(instants.len(), 20);
    for now in instants {
        compare(&repository, &now, None, &prometheus);
    }
}

#[test]
#[ignore = "needs Prometheus; tests/run installs it and runs this"]
fn restarts_two_pods_and_uneven_scrapes_are_judged_alike() {
    let repository = path("tests/cases/check-ragged/repo");
    let prometheus = prometheus::filled(&repository.join("history.om.gz"));
    for now in [END, "2026-11-21T02:00:00Z", "2026-11-18T12:00:00Z", "2026-11-16T00:00:00Z"] {
        let compared = compare(&repository, now, None, &prometheus);
        assert!(compared > 0, "nothing is known at {now}");
    }
}

/// Copies a case's repository, with another text of its SLOs.
fn copied(case: &str, history: &str, slos: impl Fn(String) -> String) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let from = path(case);
    for place in ["slos", "policies"] {
        fs::create_dir(directory.path().join(place)).expect("a directory");
    }
    for file in ["slogate.yaml", "policies/shop.rhai", history] {
        fs::copy(from.join(file), directory.path().join(file)).expect("a file of the case");
    }
    let text = fs::read_to_string(from.join("slos/shop.yaml")).expect("a file of the case");
    fs::write(directory.path().join("slos/shop.yaml"), slos(text)).expect("a file");
    directory
}

#[test]
#[ignore = "needs Prometheus; tests/run installs it and runs this"]
fn what_an_observer_signs_is_judged_like_the_real_prometheus() {
    let shop = path("examples/webshop");
    let prometheus = prometheus::filled(&shop.join("history.om.gz"));
    let settings = fs::read_to_string(shop.join("slogate.yaml")).expect("the settings");
    let believing = "source: { observations: { for: acme/shop, keys: [\"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"] } }";
    let lines = settings.lines().map(|line| if line.starts_with("source:") { believing } else { line });
    let settings: Vec<&str> = lines.collect();
    let copy = tempfile::tempdir().expect("a directory");
    for part in ["slos", "policies"] {
        fs::create_dir(copy.path().join(part)).expect("a directory");
        for entry in fs::read_dir(shop.join(part)).expect("files") {
            let entry = entry.expect("a file");
            fs::copy(entry.path(), copy.path().join(part).join(entry.file_name())).expect("a file");
        }
    }
    fs::write(copy.path().join("slogate.yaml"), settings.join("\n")).expect("a file");
    let signed = copy.path().join("signed.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command
        .env_clear()
        .env("SLOGATE_OBSERVER_KEY", "ed25519-secret:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
    command.arg("observe").arg(copy.path()).args(["--now", END, "--prometheus", &prometheus.url()]);
    let output = command.arg("--output").arg(&signed).output().expect("the binary can be started");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.env_clear().arg("check").arg(copy.path()).arg("--observations").arg(&signed);
    command.args(["--environment", "production", "--format", "json", "--now", END]);
    let output = command.output().expect("the binary can be started");
    let judged: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let asked = report(copy.path(), END, None, Some(&prometheus.url()));
    assert!(figures(&judged).len() > 10, "{judged}");
    assert_eq!(known(&judged), known(&asked));
    assert_eq!(states(&judged), states(&asked));
    assert_eq!(judged["budgets"], asked["budgets"], "to the last digit");
}

#[test]
#[ignore = "needs Prometheus; tests/run installs it and runs this"]
fn an_exact_slo_has_the_figures_of_the_recording() {
    let slos = |text: String| {
        text.replace("  displayName", "  annotations: { slogate.dev/exact: raw }\n  displayName")
    };
    let repository = copied("tests/cases/check-ragged/repo", "history.om.gz", slos);
    let repository = repository.path();
    let prometheus = prometheus::filled(&repository.join("history.om.gz"));
    for now in [END, "2026-11-21T02:00:00Z", "2026-11-18T12:00:00Z", "2026-11-16T00:00:00Z"] {
        compare(repository, now, None, &prometheus);
        let recorded = figures(&report(repository, now, None, None));
        let scraped = figures(&report(repository, now, None, Some(&prometheus.url())));
        assert!(!recorded.is_empty());
        for (name, figure) in recorded {
            let apart = (figure - scraped[&name]).abs();
            assert!(apart <= 0.001, "{name} at {now}: {figure} recorded, {} scraped", scraped[&name]);
        }
    }
}

#[test]
#[ignore = "needs Prometheus; tests/run installs it and runs this"]
fn values_that_mean_something_in_a_regular_expression_are_asked_for_as_they_are() {
    const SERVICES: [&str; 8] = ["a.b", "a|b", "(a", "a+", "^a$", "[a-b]", "a\\\\b", "\u{e4}*"];
    // A service each, and one that a joined expression would select if it were not written out.
    let mut history = String::from("# TYPE hits counter\n");
    let end = END.parse::<jiff::Timestamp>().expect("an instant").as_second();
    for (index, service) in SERVICES.iter().chain(&["aXb"]).enumerate() {
        let growth = i64::try_from(index).expect("small") + 1;
        for (code, share) in [("200", 1_000), ("500", growth)] {
            for at in (end - 80 * 3_600..=end).step_by(1_800) {
                let value = (at - (end - 80 * 3_600)) / 1_800 * share;
                writeln!(
                    history,
                    "hits_total{{service=\"{service}\",env=\"prod\",code=\"{code}\"}} {value} {at}"
                )
                .expect("a string grows");
            }
        }
    }
    history.push_str("# EOF\n");
    let slos = |text: String| {
        let of = |(index, service): (usize, &&str)| {
            let query = service.replace('\'', "''");
            text.replace("shop-availability", &format!("shop-{index}"))
                .replace(
                    "query: http_requests_total{service=\"shop\"",
                    &format!("query: 'hits_total{{service=\"{query}\""),
                )
                .replace("\"5..\"}", "\"5..\"}'")
                .replace("\"}\n  timeWindow", "\"}'\n  timeWindow")
        };
        SERVICES.iter().enumerate().map(of).collect::<Vec<_>>().join("---\n")
    };
    let repository = copied("tests/cases/check-proceeds/repo", "history.om", slos);
    let repository = repository.path();
    fs::write(repository.join("history.om"), history).expect("a recording of its own");
    let prometheus = prometheus::filled(&repository.join("history.om"));
    assert_eq!(compare(repository, END, None, &prometheus), 5 * SERVICES.len());
    let plan = Command::new(env!("CARGO_BIN_EXE_slogate"))
        .env_clear()
        .arg("check")
        .arg(repository)
        .args(["--plan", "--now", END, "--prometheus", &prometheus.url()])
        .output()
        .expect("the binary can be started");
    let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(plan.ends_with("5 requests for 8 SLOs; nothing was asked\n"), "{plan}");
}

#[test]
#[ignore = "needs Prometheus; tests/run installs it and runs this"]
fn or29_a_real_prometheus_is_asked_for_a_resource_alert() {
    let directory = tempfile::tempdir().expect("a directory");
    let repository = directory.path();
    for place in ["slos", "policies"] {
        fs::create_dir(repository.join(place)).expect("a directory");
    }
    for file in ["slos/shop.yaml", "history.om"] {
        let from = path("tests/cases/check-proceeds/repo").join(file);
        fs::copy(from, repository.join(file)).expect("a file of the case");
    }
    for file in ["slogate.yaml", "policies/shop.rhai"] {
        let from = path("tests/cases/check-unknown-when-a-signal-is-unknown/repo").join(file);
        let text = fs::read_to_string(from).expect("a file of the case");
        // CPU above 90 %, on average over 15 minutes.
        let text = text.replace("max(node_cpu_ratio)", "avg(avg_over_time(node_cpu_ratio[15m]))");
        fs::write(repository.join(file), text).expect("a file of its own");
    }
    let end = END.parse::<jiff::Timestamp>().expect("an instant").as_second();
    let history = fs::read_to_string(repository.join("history.om")).expect("the recording");
    let mut history = history.trim_end().trim_end_matches("# EOF").to_owned();
    history.push_str("# TYPE node_cpu_ratio gauge\n");
    // Every 5 minutes of two days: 95 % since 09:40, and a peak of 5 minutes at 07:00, which is no average above 90 %.
    for at in (end - 48 * 3_600..=end).step_by(300) {
        let busy = at >= end - 140 * 60 || at == end - 5 * 3_600;
        let ratio = if busy { "0.95" } else { "0.5" };
        writeln!(history, "node_cpu_ratio{{env=\"prod\"}} {ratio} {at}").expect("a string grows");
        // Another environment's machines do not count.
        writeln!(history, "node_cpu_ratio{{env=\"staging\"}} 1 {at}").expect("a string grows");
    }
    history.push_str("# EOF\n");
    fs::write(repository.join("history.om"), history).expect("the recording with a gauge");
    let prometheus = prometheus::filled(&repository.join("history.om"));
    let report = report(repository, END, None, Some(&prometheus.url()));
    assert_eq!(report["verdict"]["effect"], "freeze", "{report:#}");
    let rulings = report["rulings"].as_array().expect("rulings");
    assert_eq!(rulings.len(), 1, "one clause in force and not one for each point");
    // The first point of the grid of an hour at which it fires.
    assert_eq!(rulings[0]["since"], "2026-11-21T10:00:00Z", "{report:#}");
    assert_eq!(rulings[0]["thaws_at"], Value::Null);
}
