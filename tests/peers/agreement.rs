//! Eight weeks, judged by the snapshot, by Prometheus and by `VictoriaMetrics`: every verdict and every state alike.
//!
//! The three count differently, so that figures may be apart by a percentage point, or a tenth of one where an SLO is
//! counted by raw samples:
//!
//! - the snapshot counts every rise between two scrapes, the first of which may be one step before the step;
//! - Prometheus counts within the step and extrapolates to its ends, and a hole is lost to it: of four weeks these
//!   four hours and a half are 0.65 % of all events, and so much of what is consumed moves;
//! - `VictoriaMetrics` counts from the last scrape before the step, however long ago, and does not extrapolate; a series
//!   that begins with a small number began at zero.
//!
//! `holes` shows where that makes more than a point.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::company::{Company, SLOS};
use super::server::Server;
use super::{EXACTLY, TOLERANCE, alike, close, prometheus, report, victoria_metrics};

/// Instants to judge at.
const INSTANTS: [&str; 8] = [
    // All of it: an incident goes on, a service is not scraped any more, another is silent.
    "2026-11-21T12:00:00Z",
    // Three hours after the incident that exhausted the checkout, and between two points of the grid.
    "2026-11-13T23:59:59Z",
    // In a hole of two and a half hours, after one without a scrape.
    "2026-11-10T12:15:00Z",
    // A series is missing for too long.
    "2026-11-08T15:00:00Z",
    // The second 02:30 of the night in which the clock is turned back.
    "2026-10-25T01:30:00Z",
    // The last second of October in Berlin, a month of 31 days and an hour, and the first hour of November.
    "2026-10-31T22:59:59Z",
    "2026-10-31T23:00:00Z",
    "2026-11-01T00:00:00Z",
];

/// Holds a report on what was recorded against what a server is made of, curves and all.
fn hold(recorded: &Value, repository: &Path, now: &str, server: &Server, tolerance: f64) {
    let queried = report(repository, now, None, Some(&server.url()));
    let place = format!("{} at {now}", server.name);
    alike(recorded, &queried, &place, tolerance);
    let compared = close(&curves(recorded), &curves(&queried), &place, tolerance);
    assert!(compared >= 50, "{place}: only {compared} points of curves");
}

/// What was left of each budget, point by point.
fn curves(report: &Value) -> BTreeMap<String, f64> {
    let mut curves = BTreeMap::new();
    for budget in report["budgets"].as_array().expect("budgets") {
        for point in budget["curve"].as_array().into_iter().flatten() {
            let remaining = point["remaining"].as_f64();
            curves.extend(remaining.map(|figure| (format!("{} at {}", budget["slo"], point["at"]), figure)));
        }
    }
    curves
}

#[test]
#[ignore = "needs Prometheus and VictoriaMetrics; tests/run installs them and runs this"]
fn eight_weeks_are_judged_alike_by_three_sources() {
    let company = Company::shared();
    let mut gaps = Vec::new();
    for now in INSTANTS {
        let recorded = report(&company.repository, now, None, None);
        for server in [&company.prometheus, &company.victoria_metrics] {
            hold(&recorded, &company.repository, now, server, TOLERANCE);
        }
        let budgets = recorded["budgets"].as_array().expect("budgets").iter();
        gaps.extend(budgets.filter_map(|budget| budget["gap"]["kind"].as_str().map(str::to_owned)));
    }
    gaps.sort();
    gaps.dedup();
    assert_eq!(gaps, ["coverage", "no_data", "short", "stale"], "what the history is there for");
}

#[test]
#[ignore = "needs Prometheus and VictoriaMetrics; tests/run installs them and runs this"]
fn raw_samples_are_counted_exactly_alike() {
    let company = Company::shared();
    for now in ["2026-11-21T12:00:00Z", "2026-10-31T23:00:00Z"] {
        let recorded = report(&company.repository, now, None, None);
        for server in [&company.prometheus, &company.victoria_metrics] {
            hold(&recorded, &company.raw, now, server, EXACTLY);
        }
    }
}

#[test]
#[ignore = "needs Prometheus and VictoriaMetrics; tests/run installs them and runs this"]
fn one_query_over_the_whole_period_says_the_same() {
    let company = Company::shared();
    for now in ["2026-11-21T12:00:00Z", "2026-11-08T15:00:00Z"] {
        let instant = now.parse::<jiff::Timestamp>().expect("an instant").as_second();
        let recorded = report(&company.repository, now, None, None);
        for server in [&company.prometheus, &company.victoria_metrics] {
            let queried = report(&company.repository, now, None, Some(&server.url()));
            let mut compared = 0;
            for slo in &SLOS {
                let Some(days) = slo.days() else { continue };
                let [bad, total] = slo.counted(&format!("{days}d"));
                let query = format!("1 - ({bad} / {total}) / (1 - {})", slo.target);
                let direct = server.single(&query, instant);
                for report in [&recorded, &queried] {
                    let mut budgets = report["budgets"].as_array().expect("budgets").iter();
                    let budget = budgets.find(|budget| budget["slo"] == slo.service).expect("a budget");
                    // Nothing in the answer says that a history is too short, has holes or has ended.
                    let Some(remaining) = budget["remaining"].as_f64() else { continue };
                    let direct = direct.unwrap_or_else(|| panic!("no answer to {query}"));
                    let apart = (remaining - direct).abs();
                    assert!(
                        apart <= TOLERANCE,
                        "{query} at {now} is {direct} by {}: {budget:#}",
                        server.name
                    );
                    compared += 1;
                }
            }
            assert!(compared >= 10, "only {compared} figures at {now} by {}", server.name);
        }
    }
}

#[test]
#[ignore = "needs Prometheus and VictoriaMetrics; tests/run installs them and runs this"]
fn servers_count_as_many_requests_as_the_plan_says() {
    let directory = tempfile::tempdir().expect("a directory");
    let recording = super::path("examples/webshop/history.om.gz");
    super::company::write(directory.path(), &recording, "");
    // What rules recorded, a query of each of six metrics on the grid, and of each over the whole period.
    let plan = "  13 requests for 12 SLOs; nothing was asked";
    let servers = [
        (prometheus::filled(&recording), "prometheus_http_requests_total{", "handler"),
        (victoria_metrics::filled(&recording), "vm_http_requests_total{", "path"),
    ];
    for (server, metric, label) in servers {
        let asked = || {
            let metrics = server.get("/metrics").expect("what it counts of itself");
            let of = |line: &&str| {
                let ends = ["query", "query_range"].map(|end| format!("{label}=\"/api/v1/{end}\""));
                line.starts_with(metric) && ends.iter().any(|end| line.contains(end))
            };
            let counts =
                metrics.lines().filter(of).filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
            counts.sum::<u64>()
        };
        let check = |more: &[&str]| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_slogate"));
            command.env_clear().arg("check").arg(directory.path());
            command.args(["--now", "2026-11-21T12:00:00Z", "--prometheus", &server.url()]);
            String::from_utf8(command.args(more).output().expect("it can be started").stdout).expect("text")
        };
        let planned = check(&["--plan"]);
        let last = planned.lines().last().unwrap_or_default();
        check(&[]);
        // Asked once, at the end: VictoriaMetrics tells for seconds what it told before.
        assert_eq!(last, plan);
        assert_eq!(asked(), 13, "{}", server.name);
    }
}
