//! What happens while nobody scrapes: the one thing that Prometheus, `VictoriaMetrics` and the snapshot make something
//! different of.
//!
//! Where they differ, whoever knows less says so: nothing that failed unseen is well.

use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::eight_weeks::END;
use super::server::Server;
use super::{TOLERANCE, prometheus, report, victoria_metrics};

/// An SLO of two days.
const SLO: &str = r#"
apiVersion: openslo/v1
kind: SLO
metadata: { name: shop }
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{ duration: 2d, isRolling: true }]
  objectives: [{ target: 0.99 }]
  indicator:
    metadata: { name: shop }
    spec:
      ratioMetric:
        counter: true
        bad: { metricSource: { type: Prometheus, spec: { query: 'hits_total{code="500"}' } } }
        total: { metricSource: { type: Prometheus, spec: { query: hits_total } } }
"#;

/// A hole of four hours, from 06:00 to 10:00.
const HOLE: Range<i64> = END - 6 * 3_600..END - 2 * 3_600;

/// A repository with a history of a hundred events a minute, of which so many failed, and its servers. In the hole nothing
/// was scraped but a single time, in the hour in which it begins.
fn shop(hole: &Range<i64>, failed: impl Fn(i64) -> i64) -> (TempDir, [Server; 2]) {
    let directory = tempfile::tempdir().expect("a directory");
    let repository = directory.path();
    for place in ["slos", "policies"] {
        fs::create_dir(repository.join(place)).expect("a directory");
    }
    let case = super::path("tests/cases/check-proceeds/repo");
    for file in ["slogate.yaml", "policies/shop.rhai"] {
        fs::copy(case.join(file), repository.join(file)).expect("a file of the case");
    }
    fs::write(repository.join("slos/shop.yaml"), SLO).expect("a file");
    let mut text = String::new();
    for code in ["200", "500"] {
        let mut value = 0;
        for at in (END - 4 * 86_400 + 30..=END).step_by(60) {
            let bad = failed(at);
            value += if code == "500" { bad } else { 100 - bad };
            if !hole.contains(&at) || at - hole.start < 60 {
                writeln!(text, "hits_total{{env=\"prod\",code=\"{code}\"}} {value} {at}").expect("it grows");
            }
        }
    }
    text.push_str("# EOF\n");
    let recording = repository.join("history.om");
    fs::write(&recording, text).expect("a file");
    let servers = [prometheus::filled(&recording), victoria_metrics::filled(&recording)];
    (directory, servers)
}

/// A failure each seven minutes, so that none of them keeps to the grid: 0.14 % of all events, a seventh of the budget.
fn now_and_then(at: i64) -> i64 {
    i64::from(at % 420 == 30)
}

/// The budget by the snapshot, by Prometheus and by `VictoriaMetrics`.
fn budgets(repository: &Path, servers: &[Server; 2], now: &str) -> [Value; 3] {
    let [prometheus, victoria_metrics] = servers;
    [None, Some(prometheus.url()), Some(victoria_metrics.url())]
        .map(|url| report(repository, now, None, url.as_deref())["budgets"][0].clone())
}

/// The kinds of their gaps.
fn gaps(budgets: &[Value; 3]) -> [Option<&str>; 3] {
    budgets.each_ref().map(|budget| budget["gap"]["kind"].as_str())
}

/// A figure of each.
fn figures(budgets: &[Value; 3], pointer: &str) -> [Option<f64>; 3] {
    budgets.each_ref().map(|budget| budget.pointer(pointer).and_then(Value::as_f64))
}

#[test]
#[ignore = "needs Prometheus and VictoriaMetrics; tests/run installs them and runs this"]
fn an_incident_that_nobody_scraped_is_not_well_by_anybody() {
    let (directory, servers) = shop(&HOLE, |at| if HOLE.contains(&at) { 50 } else { now_and_then(at) });
    let after = budgets(directory.path(), &servers, "2026-11-21T12:00:00Z");
    // The count over the whole period goes across the hole, and the grid does not.
    assert_eq!(gaps(&after), [Some("inconsistent"), Some("inconsistent"), None], "{after:#?}");
    // VictoriaMetrics counts what rose in the hole in the first step after it: 12,000 where 2,880 are allowed.
    let remaining = figures(&after, "/remaining")[2].expect("a figure");
    assert!((-3.4..-3.2).contains(&remaining), "{remaining}");
}

#[test]
#[ignore = "needs Prometheus and VictoriaMetrics; tests/run installs them and runs this"]
fn a_hole_without_an_incident_moves_no_share() {
    let (directory, servers) = shop(&HOLE, now_and_then);
    let judged = |now: &str| budgets(directory.path(), &servers, now);
    for now in
        ["2026-11-21T06:00:00Z", "2026-11-21T07:00:00Z", "2026-11-21T09:00:00Z", "2026-11-21T12:00:00Z"]
    {
        let budgets = judged(now);
        assert_eq!(gaps(&budgets), [None; 3], "{now}: {budgets:#?}");
        let [recorded, prometheus, victoria_metrics] =
            figures(&budgets, "/remaining").map(|figure| figure.expect("a figure"));
        assert!((recorded - prometheus).abs() <= TOLERANCE, "{now}: {recorded} and {prometheus}");
        assert!((recorded - victoria_metrics).abs() <= TOLERANCE, "{now}: {recorded} and {victoria_metrics}");
    }
    // The hour with a single scrape: a rise since the scrape before it, which Prometheus does not look at.
    let known = |now: &str| figures(&judged(now), "/burn_rate/1h").map(|figure| figure.is_some());
    assert_eq!(known("2026-11-21T07:00:00Z"), [true, false, true]);
    assert_eq!(known("2026-11-21T09:00:00Z"), [false; 3]);
    assert_eq!(known("2026-11-21T11:00:00Z"), [true; 3]);
    // So to Prometheus the newest point is an hour older, and stale an hour earlier.
    assert_eq!(gaps(&judged("2026-11-21T10:00:00Z")), [None, Some("stale"), None]);
    // All events of the hole are missing in its sum, and are in the one of VictoriaMetrics.
    let total = figures(&judged("2026-11-21T12:00:00Z"), "/total").map(|figure| figure.expect("a figure"));
    for (total, hours) in total.into_iter().zip([44.0, 44.0, 48.0]) {
        assert!((total / 6_000.0 - hours).abs() < 0.1, "{total} events");
    }
}

#[test]
#[ignore = "needs Prometheus and VictoriaMetrics; tests/run installs them and runs this"]
fn failures_on_the_stroke_of_the_hour_are_not_lost_quietly() {
    // Each hour's first scrape finds 20 of them: a third of the budget. Prometheus counts within a step, and they rose
    // between the last scrape of one and the first of the next.
    let (directory, servers) = shop(&(0..0), |at| if at % 3_600 == 30 { 20 } else { 0 });
    let budgets = budgets(directory.path(), &servers, "2026-11-21T12:00:00Z");
    assert_eq!(gaps(&budgets), [None, Some("inconsistent"), None], "{budgets:#?}");
    for remaining in [figures(&budgets, "/remaining")[0], figures(&budgets, "/remaining")[2]] {
        assert!(remaining.is_some_and(|share| (share - 2.0 / 3.0).abs() < 0.001), "{remaining:?}");
    }
    let detail = budgets[1]["gap"]["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("0 % of the budget is consumed by the grid"), "{detail}");
}
