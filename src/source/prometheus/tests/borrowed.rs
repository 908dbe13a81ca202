//! What Pyrra and Sloth recorded: when it is read, and what is said of it.

use super::*;
use crate::catalog::{About, Recorder, Slo};

/// What is answered where the counters say 10 in each step and 30 in all, and what another program recorded is this; how
/// often the counters were asked about the period, and what was noted.
fn observed(recorder: Recorder, share: &'static str) -> (Observation, usize, Vec<String>) {
    let slo = slo("a", "b", "t", false, 900);
    let slo = Slo { about: About { recorder: Some(recorder), ..slo.about.clone() }, ..slo };
    let environment = environment(Some(("env", "prod")));
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    let stub = Stub::start(move |_, request| {
        let grid = |value: &str| {
            let values: Vec<String> =
                [100, 400, 700].iter().map(|at| format!("[1700000{at},{value:?}]")).collect();
            format!(r#"{{"metric":{{}},"values":[{}]}}"#, values.join(","))
        };
        let whole = |value: &str| format!(r#"{{"metric":{{}},"value":[1700000700,{value:?}]}}"#);
        if request.contains("count+by") || request.contains("count%20by") {
            result(request, "", "")
        } else if request.contains("b%3Aincrease15m") {
            result(request, "", &whole("0"))
        } else if request.contains("t%3Aincrease15m") || request.contains("ratio_rate15m") {
            let rows: Vec<String> = share.split(',').filter(|row| !row.is_empty()).map(whole).collect();
            result(request, "", &rows.join(","))
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
    let direct = |of: &&String| of.contains("/query?") && of.contains("%5B900s");
    let asked = stub.requests().iter().filter(direct).count();
    (observation, asked, prometheus.notes())
}

#[test]
fn what_pyrra_recorded_stands_for_the_count_over_the_period_where_it_agrees() {
    let (counted, asked, notes) = observed(Recorder::Pyrra, "");
    assert_eq!((asked, notes), (2, Vec::new()), "nothing is recorded");
    let (read, asked, notes) = observed(Recorder::Pyrra, "30.2");
    assert_eq!(asked, 0, "the counters are not asked");
    assert_eq!(notes, ["what Pyrra recorded of whole periods was read for 1 budget"]);
    assert_eq!(read.series, counted.series);
    assert_eq!(read.direct.expect("a count").total, Decimal::new(302, 1));
    let strange = "what Pyrra recorded of whole periods was read for 0 budgets; of 1 it says otherwise than the \
                   counters, which were asked";
    // Another count, or as many as replicas that recorded it.
    for (recorded, noted) in [("60", Some(strange)), ("NaN", None), ("30,30", None)] {
        let (doubted, asked, notes) = observed(Recorder::Pyrra, recorded);
        assert_eq!((doubted, asked), (counted.clone(), 2), "{recorded}");
        assert_eq!(notes.first().map(String::as_str), noted, "{recorded}");
    }
}

#[test]
fn what_sloth_recorded_is_compared_and_never_read() {
    let (counted, _, notes) = observed(Recorder::Sloth, "");
    assert_eq!(notes, Vec::<String>::new());
    let compared = "what Sloth recorded of whole periods was compared for 1 budget";
    let apart = format!("{compared}; it leaves 50 % of `a`, and the events, which count, leave 100 %");
    for (recorded, noted) in
        [("0.0001", Some(compared)), ("0.005", Some(&apart)), ("NaN", None), ("0,0", None)]
    {
        let (observation, asked, notes) = observed(Recorder::Sloth, recorded);
        assert_eq!((observation, asked), (counted.clone(), 2), "{recorded}");
        assert_eq!(notes.first().map(String::as_str), noted, "{recorded}");
    }
}
