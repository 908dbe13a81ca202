//! google/slo-generator and slokit, asked about the same objectives on the same Prometheus at the same instants.
//!
//! Both ask for one `increase` over the whole window, where slogate adds up the grid, so that figures of a period are a
//! point apart at most and those of one step are the same. slo-generator rounds its ratio to six digits and its burn rate
//! to one. What neither of them knows is asserted too: a history that is too short, a service that is not scraped any
//! more, and (slokit) one that never was.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::company::{Company, SLOS, Slo};
use super::eight_weeks::END;
use super::moment::Moment;
use super::server::Server;
use super::{TOLERANCE, path, report};

/// The end of the history, and an hour of the incident that exhausted the checkout, with what is a gap to slogate.
const INSTANTS: [(&str, i64, &[&str]); 2] = [
    ("2026-11-21T12:00:00Z", END, &["ghost", "gone"]),
    ("2026-11-13T18:00:00Z", END - 7 * 86_400 - 18 * 3_600, &["ghost", "import", "young"]),
];

/// Half of the last digit of a ratio that slo-generator tells.
const ROUNDED: f64 = 0.000_000_5;

/// A budget as slogate sees it by Prometheus.
struct Budget {
    slo: &'static Slo,
    target: f64,
    period: f64,
    report: Value,
}

impl Budget {
    /// The budgets of all objectives that the tools can be asked for: of events, over a rolling period.
    fn all(company: &Company, now: &str) -> Vec<Self> {
        let report = report(&company.repository, now, None, Some(&company.prometheus.url()));
        let budgets = report["budgets"].as_array().expect("budgets");
        let of = |slo: &'static Slo| {
            let report = budgets.iter().find(|budget| budget["slo"] == slo.service);
            let report = report.expect("a budget of each objective").clone();
            let period = f64::from(slo.days()?) * 86_400.0;
            Some(Self { slo, target: slo.target.parse().expect("a number"), period, report })
        };
        SLOS.iter().filter_map(of).collect()
    }

    /// A figure of it; none where it is not known.
    fn figure(&self, pointer: &str) -> Option<f64> {
        self.report.pointer(pointer).and_then(Value::as_f64)
    }

    /// The figures of the period by slo-generator.
    fn whole(&self, theirs: &Value) {
        let figure = |name: &str| theirs[name].as_f64().unwrap_or_else(|| panic!("{name}: {theirs}"));
        let ours =
            |pointer: &str| self.figure(pointer).unwrap_or_else(|| panic!("{pointer}: {}", self.report));
        // A rounded ratio is so much of the budget: with 99.9 % five hundredths of a point.
        let apart = TOLERANCE + ROUNDED / (1.0 - self.target);
        let minutes = self.period / 60.0 * (1.0 - self.target);
        let sli = 1.0 - ours("/bad") / ours("/total");
        self.near("the ratio", sli, figure("sli_measurement"), TOLERANCE * (1.0 - self.target) + ROUNDED);
        self.near(
            "the share",
            ours("/consumed") * 100.0,
            figure("error_budget_consumed_ratio"),
            apart * 100.0,
        );
        self.near(
            "what is left",
            ours("/remaining") * minutes,
            figure("error_budget_remaining_minutes"),
            apart * minutes,
        );
        self.near("the budget", minutes, figure("error_budget_minutes"), 1e-6);
        self.near("the errors", ours("/consumed") * minutes, figure("error_minutes"), apart * minutes);
        // A hole of two and a half hours, and what the grid cannot see at its edges, is 2.3 % of a week's events. It takes
        // good and bad ones alike, so that shares do not show it.
        self.near("all events", ours("/total"), figure("events_count"), 0.025 * figure("events_count") + 1.0);
        self.near("the pace", ours("/consumed"), figure("error_budget_burn_rate"), 0.05 + apart);
        assert_eq!(figure("gap") < 0.0, ours("/remaining") < 0.0, "{theirs}");
    }

    /// The burn rate of a window by slo-generator: a digit behind the point, and so much of it apart.
    fn burn(&self, pointer: &str, theirs: &Value, apart: f64) {
        let ours = self.figure(pointer);
        // An hour without events divides by nothing, which its report calls invalid.
        let Some((ours, theirs)) = ours.zip(theirs["error_budget_burn_rate"].as_f64()) else {
            assert!(ours.is_none_or(|rate| rate == 0.0) && theirs["valid"] == false, "{ours:?}: {theirs}");
            return;
        };
        self.near(pointer, ours, theirs, 0.05 + ROUNDED / (1.0 - self.target) + apart * ours);
    }

    /// How far apart two figures are.
    #[track_caller]
    fn near(&self, what: &str, ours: f64, theirs: f64, tolerance: f64) {
        let service = self.slo.service;
        assert!((ours - theirs).abs() <= tolerance, "{what} of {service}: {ours} and {theirs} ± {tolerance}");
    }
}

/// What slokit says of all of them, by name.
fn slokit(budgets: &[Budget], server: &Server, instant: i64) -> BTreeMap<String, Value> {
    let moment = Moment::of(server, instant);
    let slos: Vec<Value> = budgets
        .iter()
        .map(|budget| {
            let Slo { service, .. } = budget.slo;
            let [bad, total] = budget.slo.counted("{{.window}}");
            let disabled = json!({ "disable": true });
            json!({
                "name": service,
                "objective": budget.target * 100.0,
                "period": format!("{}d", budget.slo.days().expect("a period")),
                "sli": { "events": { "error_query": bad, "total_query": total } },
                "alerting": { "name": service, "page_alert": disabled, "ticket_alert": disabled },
            })
        })
        .collect();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("slos.yaml");
    let specification = json!({ "version": "prometheus/v1", "service": "company", "slos": slos });
    std::fs::write(&file, specification.to_string()).expect("a file");
    let mut command = Command::new(path("target/peers/bin/slokit"));
    command.args(["check", "--url", &moment.url(), "--output", "json", "--fail-on", "never", "--input"]);
    let statuses: Vec<Value> = serde_json::from_slice(&said(command.arg(&file), "")).expect("JSON");
    let name = |status: &Value| status["name"].as_str().expect("a name").to_owned();
    statuses.into_iter().map(|status| (name(&status), status)).collect()
}

/// What slo-generator says of all of them, by name and by seconds of the window.
fn slo_generator(budgets: &[Budget], server: &Server, instant: i64) -> BTreeMap<(String, i64), Value> {
    let moment = Moment::of(server, instant);
    let slos: Vec<Value> = budgets
        .iter()
        .map(|budget| {
            let [bad, total] = budget.slo.counted("window");
            let good = format!("{total} - {bad}");
            let indicator = json!({ "filter_good": good, "filter_bad": bad, "operators": [] });
            json!({ "name": budget.slo.service, "goal": budget.target, "indicator": indicator })
        })
        .collect();
    let windows = [3_600, 86_400, 7 * 86_400, 28 * 86_400];
    let given = json!({ "url": moment.url(), "windows": windows, "slos": slos }).to_string();
    let mut command = Command::new(path("target/peers/slo-generator/bin/python"));
    let said = said(command.arg(path("tests/peers/judge.py")), &given);
    let reports: BTreeMap<String, Vec<Value>> = serde_json::from_slice(&said).expect("JSON");
    let by_window = |(name, reports): (String, Vec<Value>)| {
        windows.into_iter().zip(reports).map(move |(window, report)| ((name.clone(), window), report))
    };
    reports.into_iter().flat_map(by_window).collect()
}

/// What a tool prints when it is given something, and ends well.
fn said(command: &mut Command, given: &str) -> Vec<u8> {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}, which tests/run installs: {error}"));
    child.stdin.take().expect("a pipe").write_all(given.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
#[ignore = "needs Prometheus and slokit; tests/run installs them and runs this"]
fn slokit_says_what_slogate_says() {
    let company = Company::shared();
    for (now, instant, gaps) in INSTANTS {
        let budgets = Budget::all(&company, now);
        let statuses = slokit(&budgets, &company.prometheus, instant);
        for budget in &budgets {
            let status = &statuses[budget.slo.service];
            let theirs = |field: &str| status[field].as_f64();
            let Some(remaining) = budget.figure("/remaining") else {
                assert!(gaps.contains(&budget.slo.service), "{}", budget.report);
                // It has no word for not knowing: what is not there is well.
                let there = budget.slo.service != "ghost";
                assert_eq!(theirs("budget_remaining_ratio").is_some(), there, "{status}");
                assert!(there || status["level"] == "ok", "{status}");
                continue;
            };
            assert!(!gaps.contains(&budget.slo.service), "{}", budget.report);
            let level = theirs("budget_remaining_ratio").expect("a figure");
            budget.near("remaining", remaining, level, TOLERANCE);
            assert_eq!(status["level"] == "breaching", remaining <= 0.0, "{status}");
            // One step of the grid is the same question.
            let burn = theirs("current_burn_rate").unwrap_or_default();
            budget.near("burn rate", budget.figure("/burn_rate/1h").expect("a rate"), burn, 1e-6);
        }
    }
}

#[test]
#[ignore = "needs Prometheus and slo-generator; tests/run installs them and runs this"]
fn slo_generator_says_what_slogate_says() {
    let company = Company::shared();
    for (now, instant, gaps) in INSTANTS {
        let budgets = Budget::all(&company, now);
        let reports = slo_generator(&budgets, &company.prometheus, instant);
        for budget in &budgets {
            let name = budget.slo.service.to_owned();
            let report = |window: i64| &reports[&(name.clone(), window)];
            let period = i64::from(budget.slo.days().expect("a period")) * 86_400;
            let whole = report(period);
            // What is too short, has holes or is not scraped any more has figures like any other; only nothing at all has none.
            assert_eq!(whole["valid"], budget.slo.service != "ghost", "{whole}");
            let known = budget.figure("/remaining").is_some();
            assert_eq!(known, !gaps.contains(&budget.slo.service), "{}", budget.report);
            if known {
                budget.whole(whole);
                budget.burn("/burn_rate/1h", report(3_600), 0.0);
                budget.burn("/burn_rate/24h", report(86_400), 0.02);
            }
        }
    }
}
