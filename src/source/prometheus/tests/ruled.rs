//! Recordings of rules: when they are believed, and when the counters are asked instead.

use super::*;
use crate::source::plan::recording::Recording;

/// What is answered where so many recordings say `events` of each step, and the counters say 10; and whether the counters
/// were asked on the grid, and what was noted.
fn observed(recordings: usize, events: &'static str) -> (Observation, bool, String) {
    let slo = slo("a", "b", "t", false, 900);
    let environment = environment(Some(("env", "prod")));
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    let plan = Plan::of(&request, RANGE).expect("it can be asked");
    let definition = Recording::of(&request, &plan).expect("it is recorded").definition;
    let stub = Stub::start(move |_, request| {
        let grid = |value: &str| {
            let values: Vec<String> =
                [100, 400, 700].iter().map(|at| format!("[1700000{at},{value:?}]")).collect();
            format!(r#"{{"metric":{{}},"values":[{}]}}"#, values.join(","))
        };
        let whole = |value: &str| format!(r#"{{"metric":{{}},"value":[1700000700,{value:?}]}}"#);
        if request.contains("count+by") || request.contains("count%20by") {
            let row = format!(
                r#"{{"metric":{{"definition":{definition:?}}},"value":[1700000700,"{recordings}"]}}"#
            );
            result(request, "", if recordings > 0 { &row } else { "" })
        } else if request.contains("slo_events") {
            result(request, &grid(events), "")
        } else if request.contains("slo_errors") {
            result(request, &grid("0"), "")
        } else if request.contains("increase%28b") {
            result(request, &grid("0"), &whole("0"))
        } else {
            result(request, &grid("10"), &whole("30"))
        }
    });
    let client = client();
    let prometheus = Prometheus::new(&client, &stub.url, Credentials::default()).expect("an address");
    let prometheus = prometheus.reading_rules();
    let observation = prometheus.observe(&[request], RANGE).pop().expect("one").expect("an observation");
    let counted = stub.requests().iter().any(|of| of.contains("/query_range") && of.contains("increase%28t"));
    (observation, counted, prometheus.notes().concat())
}

#[test]
fn a_recording_is_read_when_it_is_alone_and_agrees() {
    let (counted, asked, note) = observed(0, "10");
    assert!(asked && note.is_empty(), "{note}");
    let (read, asked, note) = observed(1, "10.1");
    assert!(!asked, "the counters are not asked on the grid");
    assert_eq!(note, "what `slogate rules` recorded was read for 1 of 1 budget");
    assert_eq!(read.direct, counted.direct);
    assert_eq!(observed(1, "10").0, counted);
    // Two of them, or one that says otherwise than one count over the period.
    let (twice, asked, _) = observed(2, "10");
    assert!(asked && twice == counted);
    let (strange, asked, note) = observed(1, "11");
    assert!(asked && strange == counted);
    assert!(
        note.ends_with("0 of 1 budget; of 1 it says otherwise than the counters, which were asked"),
        "{note}"
    );
}
