//! Counters as they were scraped: put together from stretches, counted exactly, and never more than can be held.

use super::*;
use crate::catalog::Slo;
use crate::source::prometheus::scraped;

/// An exact SLO of `b` and another counter.
fn exact(total: &str) -> Slo {
    let mut slo = slo("a", "b", total, false, 900);
    slo.about.is_raw = true;
    slo
}

/// What a server says of an exact SLO of `b` and `t`.
fn observe(url: &str) -> Result<Observation, Gap> {
    let client = client();
    let prometheus = Prometheus::new(&client, url, Credentials::default()).expect("an address");
    let slo = exact("t");
    let environment = environment(Some(("env", "prod")));
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    prometheus.observe(&[request], RANGE).pop().expect("one answer")
}

/// Series of the metric that a request asks for; `PLACE` stands for its name and environment.
fn series(request: &str, rows: &str) -> Answer {
    let metric = if request.contains("query=b") { "b" } else { "t" };
    let place = format!(r#""__name__":"{metric}","env":"prod""#);
    let rows = rows.replace("PLACE", &place);
    json(&format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{rows}]}}}}"#))
}

/// What is wrong with a server that always answers the same rows.
fn gap(rows: &'static str) -> Gap {
    let stub = Stub::start(move |_, request| series(request, rows));
    observe(&stub.url).expect_err("a gap")
}

#[test]
fn rises_are_counted_per_series_with_restarts() {
    let stub = Stub::start(|_, request| {
        let rows = r#"{"metric":{PLACE,"pod":"1"},"values":[[1699999800.5,"5"],[1700000050,"7"],[1700000350,"3"],[1700000500,"4"]]},
                      {"metric":{PLACE,"pod":"2"},"values":[[1699999700,"1"],[1700000090,"2"],[1700000390,"4"],[1700000401,"12"]]}"#;
        series(request, rows)
    });
    let observation = observe(&stub.url).expect("an observation");
    let events = |count: i64| Some(Total { bad: count.into(), total: count.into() });
    // 2 + 1, a restart to 3 and 2, 1 + 8.
    assert_eq!(observation.series.points, [events(3), events(5), events(9)]);
    assert_eq!(observation.direct, events(17));
    let requests = stub.requests();
    assert_eq!(requests.len(), 2);
    // From two steps before the first point.
    let wanted = "GET /api/v1/query?query=t%7Benv%3D%22prod%22%7D%5B1200s%5D&time=1700000700 HTTP";
    assert!(requests.iter().any(|request| request.starts_with(wanted)), "{requests:#?}");
}

#[test]
fn what_is_no_counter_is_a_gap() {
    let nan = gap(r#"{"metric":{PLACE},"values":[[1700000300,"NaN"]]}"#);
    assert!(
        matches!(&nan, Gap::NotFinite { detail } if detail.ends_with("no number to count with at 2023-11-14T22:18:20Z")),
        "{nan}"
    );
    let foreign = gap(r#"{"metric":{"__name__":"b","env":"dev"},"values":[[1700000300,"1"]]}"#);
    assert!(
        matches!(&foreign, Gap::Inconsistent { detail } if detail.contains("not asked for")),
        "{foreign}"
    );
    let twice = gap(r#"{"metric":{PLACE},"values":[[1700000300,"1"],[1700000300,"2"]]}"#);
    assert!(matches!(&twice, Gap::Inconsistent { detail } if detail.contains("two values")), "{twice}");
    let histogram = gap(r#"{"metric":{PLACE},"histograms":[]}"#);
    assert!(matches!(&histogram, Gap::NotFinite { .. }), "{histogram}");
    let nothing = gap("");
    assert!(matches!(&nothing, Gap::NoData { .. }), "{nothing}");
}

#[test]
fn more_series_than_can_be_held_are_a_gap() {
    let stub = Stub::start(|_, request| {
        let row = |pod: usize| format!(r#"{{"metric":{{PLACE,"pod":"{pod}"}},"values":[[1700000300,"1"]]}}"#);
        series(request, &(0..501).map(row).collect::<Vec<_>>().join(","))
    });
    let gap = observe(&stub.url).expect_err("a gap").to_string();
    assert!(gap.contains("`b{env=\"prod\"}` has more than 500 series, too many to be read raw"), "{gap}");
}

#[test]
fn a_long_history_is_asked_for_in_weeks_and_halved_where_one_is_refused() {
    let slo = exact("b");
    let environment = environment(None);
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    let range = Range { first: 3_600, last: 20 * 86_400, step: 3_600 };
    let planned = scraped::planned(&[(request, range)]);
    let asked: Vec<(String, When)> = planned.into_iter().map(|one| (one.query, one.when)).collect();
    // Twenty days and an hour in two parts that meet.
    let half = 20 * 43_200 + 1_800;
    let end = 20 * 86_400;
    assert_eq!(asked, [end - half, end].map(|instant| (format!("b[{half}s]"), When::At(instant))));
    let stub = Stub::start(|index, request| match index {
        0 => Answer::Whole("422 No", r#"{"status":"error","error":"too many samples"}"#.to_owned()),
        _ => series(request, ""),
    });
    let client = client();
    let prometheus = Prometheus::new(&client, &stub.url, Credentials::default()).expect("an address");
    let answer = prometheus.observe(&[request], Range { first: 3_600, last: 86_400, step: 3_600 }).pop();
    assert!(matches!(answer, Some(Err(Gap::NoData { .. }))));
    assert_eq!(stub.requests().len(), 3);
    assert!(prometheus.notes().concat().starts_with("1 query was refused and asked in halves"));
}
