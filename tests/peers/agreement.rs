//! Eight weeks, judged by the snapshot, by Prometheus and by `VictoriaMetrics`: every verdict and every state alike.
//!
//! The three count differently (see below), so that figures may be apart: by a percentage point, or a tenth of one where
//! an SLO is counted by raw samples.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::company::Company;
use super::server::Server;
use super::{EXACTLY, TOLERANCE, alike, close, report};

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
