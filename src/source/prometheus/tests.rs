//! Everything that can come over the wire, from a server that a test holds in its hand.

use std::time::Duration;

use rust_decimal::Decimal;

use super::*;
use crate::budget::series::Total;
use crate::diagnostic::{Place, SourceText};
use crate::http::stub::{Answer, Stub};
use crate::http::{Limits, Secret};
use crate::settings;
use crate::source::plan::tests::{environment, slo};

mod borrowed;
mod fused;
mod ruled;
mod scraped;

const RANGE: Range = Range { first: 1_700_000_100, last: 1_700_000_700, step: 300 };

fn client() -> Client {
    let limits = Limits { deadline: Duration::from_secs(20), attempt: Duration::from_millis(400), tries: 2 };
    Client::new(limits).expect("a client")
}

fn observe(url: &str, token: Option<&str>, bad: &str) -> Result<Observation, Gap> {
    let client = client();
    let prometheus = Prometheus::new(
        &client,
        url,
        token.map(|token| Credentials::bearer(Secret::new(token))).unwrap_or_default(),
    )
    .expect("an address");
    let slo = slo("a", bad, "t", false, 900);
    let environment = environment(Some(("env", "prod")));
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    prometheus.observe(&[request], RANGE).pop().expect("one answer")
}

/// What a server that always answers the same leads to.
fn gap(answer: Answer) -> String {
    let stub = Stub::start(move |_, _| answer.clone());
    let detail = observe(&stub.url, Some("hunter2"), "b").expect_err("a gap").to_string();
    assert!(!detail.contains("hunter2"), "{detail}");
    detail.replace(&stub.url, "URL")
}

fn json(body: &str) -> Answer {
    Answer::Whole("200 OK\r\nContent-Type: application/json", body.to_owned())
}

/// An answer to a query on the grid, or to the one at its end.
fn result(request: &str, matrix: &str, vector: &str) -> Answer {
    let (kind, result) =
        if request.contains("/query_range") { ("matrix", matrix) } else { ("vector", vector) };
    json(&format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":[{result}]}}}}"#))
}

const TOTAL: &str =
    r#"{"metric":{},"values":[[1700000100,"10"],[1700000400.000,"1.5e+02"],[1700000700,"0.5"]]}"#;

#[test]
fn events_are_read_from_the_grid_and_compared_with_one_query() {
    let stub = Stub::start(|_, request| {
        if request.contains("x%5B") || request.contains("increase%28b") {
            let values = r#"{"metric":{},"values":[[1700000100,"1"],[1700000700,"0.1234567891"]]}"#;
            result(request, values, r#"{"metric":{},"value":[1700000700,"2"]}"#)
        } else {
            result(request, TOTAL, r#"{"metric":{},"value":[1700000700,"160.5"]}"#)
        }
    });
    let observation = observe(&format!("{}/", stub.url), None, "b").expect("an observation");
    let events = |bad: &str, total: &str| {
        let value = |text: &str| text.parse::<Decimal>().expect("a number");
        Some(Total { bad: value(bad), total: value(total) })
    };
    assert_eq!(observation.series.points, [events("1", "10"), None, events("0.123456789", "0.5")]);
    assert_eq!(observation.direct, events("2", "160.5"));
    let mut requests = stub.requests();
    requests.sort();
    let lines: Vec<&str> = requests.iter().filter_map(|request| request.lines().next()).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v1/query?query=sum%28increase%28b%7Benv%3D%22prod%22%7D%5B900s%5D%29%29&time=1700000700\
             &nocache=1 HTTP/1.1",
            "GET /api/v1/query?query=sum%28increase%28t%7Benv%3D%22prod%22%7D%5B900s%5D%29%29&time=1700000700\
             &nocache=1 HTTP/1.1",
            "GET /api/v1/query_range?query=sum%28increase%28b%7Benv%3D%22prod%22%7D%5B300s%5D%29%29&\
             start=1700000100&end=1700000700&step=300&nocache=1 HTTP/1.1",
            "GET /api/v1/query_range?query=sum%28increase%28t%7Benv%3D%22prod%22%7D%5B300s%5D%29%29&\
             start=1700000100&end=1700000700&step=300&nocache=1 HTTP/1.1",
        ]
    );
}

#[test]
fn absent_bad_events_are_zero_when_the_author_says_so() {
    let stub = Stub::start(|_, request| {
        if request.contains("increase%28b") {
            result(request, "", "")
        } else {
            result(request, TOTAL, r#"{"metric":{},"value":[1700000700,"160.5"]}"#)
        }
    });
    let observation = observe(&stub.url, None, "sum(b) or vector(0)").expect("an observation");
    assert!(observation.series.points.iter().all(|point| point.is_some_and(|events| events.bad.is_zero())));
    assert_eq!(observation.direct.map(|events| events.bad), Some(Decimal::ZERO));
    let gap = observe(&stub.url, None, "b").expect_err("a gap");
    assert!(
        matches!(&gap, Gap::NoData { detail } if detail.contains("`b{env=\"prod\"}`, which counts bad events")),
        "{gap}"
    );
}

#[test]
fn an_empty_vector_is_no_data() {
    let stub = Stub::start(|_, request| result(request, "", ""));
    let gap = observe(&stub.url, None, "sum(b) or vector(0)").expect_err("a gap");
    assert!(
        matches!(&gap, Gap::NoData { detail } if detail.contains("`t{env=\"prod\"}`, which counts all events"))
    );
}

#[test]
fn numbers_that_are_none_are_not_finite() {
    for value in ["NaN", "+Inf", "-Inf", "1e300", "oops"] {
        let values = format!(r#"{{"metric":{{}},"values":[[1700000400,"{value}"]]}}"#);
        let stub = Stub::start(move |_, request| result(request, &values, ""));
        let gap = observe(&stub.url, None, "b").expect_err("a gap");
        assert_eq!(
            gap.to_string(),
            format!(
                "not a finite number: `sum(increase(t{{env=\"prod\"}}[300s]))` is `{value}` at 2023-11-14T22:20:00Z"
            )
        );
    }
}

#[test]
fn two_series_are_ambiguous_and_named() {
    let stub = Stub::start(|_, request| {
        let rows =
            r#"{"metric":{"pod":"a\u202e"},"values":[]},{"metric":{"pod":"b"},"values":[]},{"metric":{}}"#;
        result(request, rows, "")
    });
    let gap = observe(&stub.url, None, "b").expect_err("a gap");
    let words = "with 3 series, among them {pod=\"a\\u{202e}\"} and {pod=\"b\"}";
    assert!(matches!(&gap, Gap::Ambiguous { detail } if detail.contains(words)), "{gap}");
}

#[test]
fn instants_that_were_not_asked_for_are_inconsistent() {
    for at in ["1700000399", "1700001000", "1699999800", "1700000400.5"] {
        let values = format!(r#"{{"metric":{{}},"values":[[{at},"1"]]}}"#);
        let stub = Stub::start(move |_, request| result(request, &values, ""));
        let gap = observe(&stub.url, None, "b").expect_err("a gap");
        assert!(matches!(&gap, Gap::Inconsistent { .. }), "{at}: {gap}");
    }
}

#[test]
fn native_histograms_are_no_counts() {
    let rows = r#"{"metric":{},"histograms":[[1700000400,{"count":"1"}]]}"#;
    let stub = Stub::start(move |_, request| result(request, rows, ""));
    let gap = observe(&stub.url, None, "b").expect_err("a gap");
    assert!(gap.to_string().contains("counts native histograms"), "{gap}");
}

#[test]
fn each_way_not_to_answer_has_its_own_words() {
    assert_eq!(
        gap(Answer::Hang),
        "`URL/api/v1/query_range`: no answer within 400ms (2 tries of at most 400ms); \
         check the address, and that it can be reached from here"
    );
    assert!(gap(Answer::Close).contains("the answer broke off"));
    let endless = gap(Answer::Endless);
    assert!(endless.contains("`URL/api/v1/query_range` answered with more than 8388800 bytes"), "{endless}");
    let moved =
        gap(Answer::Whole("301 Moved\r\nLocation: https://me:hunter2@login.example/?x", String::new()));
    assert!(
        moved.contains("answered 301 and redirects to `login.example`; redirects are not followed"),
        "{moved}"
    );
    let html = gap(Answer::Whole("200 OK\r\nContent-Type: text/html; charset=utf-8", "<html>".to_owned()));
    assert!(html.contains("`URL` answered text/html instead of JSON"), "{html}");
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let refused = gap(Answer::Whole(status, "hunter2".to_owned()));
        assert!(refused.contains("check `SLOGATE_PROMETHEUS_TOKEN`"), "{refused}");
    }
    assert!(gap(Answer::Whole("404 Not Found", "no".to_owned())).contains("check the address"));
    let busy = gap(Answer::Whole("503 Busy\r\nRetry-After: 0", "busy".to_owned()));
    assert!(busy.ends_with("`URL` answered 503, after 2 tries"), "{busy}");
    assert!(gap(json("{\"status\":")).contains("answered JSON that is no answer of Prometheus"));
    let scalar = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    assert!(gap(json(scalar)).contains("`URL` answered no matrix"));
}

#[test]
fn a_refused_connection_is_unreachable() {
    let gap = observe("http://127.0.0.1:9", None, "b").expect_err("a gap");
    let words = "`http://127.0.0.1:9/api/v1/query_range`: cannot connect: Connection refused";
    assert!(matches!(&gap, Gap::Unreachable { detail } if detail.starts_with(words)), "{gap}");
}

#[test]
fn the_servers_own_words_are_shown_on_one_line_without_the_token() {
    let body = format!(
        "{{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"no `way`\\n\\u202e::error:: hunter2 {}\"}}",
        "x".repeat(400)
    );
    let shown = gap(Answer::Whole("422 Unprocessable\r\nContent-Type: application/json", body));
    assert!(shown.starts_with("`URL` answered 422: no 'way'  ::error:: *** xxx"), "{shown}");
    assert!(shown.ends_with("x…") && shown.len() < 400, "{shown}");
}

#[test]
fn an_answer_in_part_is_no_answer() {
    let data = r#""data":{"resultType":"matrix","result":[]}"#;
    let warned = gap(json(&format!(r#"{{"status":"success",{data},"warnings":["store 2 is down"]}}"#)));
    assert!(warned.contains("`URL` answered in part only: store 2 is down"), "{warned}");
    let partial = gap(json(&format!(r#"{{"status":"success","isPartial":true,{data}}}"#)));
    assert!(partial.contains("`URL` answered in part only: some of its storage"), "{partial}");
    let fine = gap(json(&format!(r#"{{"status":"success",{data},"infos":["x"],"warnings":[]}}"#)));
    assert!(fine.starts_with("no data: "), "{fine}");
    let info = r#""warnings":["PromQL info: metric might not be a counter: \"t\""]"#;
    let fine = gap(json(&format!(r#"{{"status":"success",{data},{info}}}"#)));
    assert!(fine.starts_with("no data: "), "{fine}");
}

#[test]
fn one_question_that_fails_leaves_the_others_alone() {
    let stub = Stub::start(|_, request| {
        if request.contains("increase%28b") {
            Answer::Whole("422 No", r#"{"status":"error","error":"too many samples"}"#.to_owned())
        } else {
            result(request, TOTAL, r#"{"metric":{},"value":[1700000700,"160.5"]}"#)
        }
    });
    let client = client();
    let prometheus = Prometheus::new(&client, &stub.url, Credentials::default()).expect("an address");
    let slos = [slo("a", "b", "t", false, 900), slo("b", "t", "t", true, 900), slo("c", "t", "t", true, 600)];
    let environment = environment(None);
    let requests: Vec<_> =
        slos.iter().map(|slo| Request { slo, environment: "prod", matchers: &environment }).collect();
    let answers = prometheus.observe(&requests, RANGE);
    assert!(
        matches!(&answers[0], Err(Gap::Unreachable { detail }) if detail.contains("422: too many samples"))
    );
    assert!(answers[1].is_ok() && answers[2].is_ok());
    // The grid of `b` and `t`, `b` over 900 s, and `t` over 900 s and 600 s: nothing is asked twice.
    assert_eq!(stub.requests().len(), 5);
}

#[test]
fn a_long_range_is_asked_in_stretches() {
    let parts = stretches(Range { first: 0, last: 300 * 21_999, step: 300 });
    assert_eq!(parts.iter().map(|part| plan::count(*part)).collect::<Vec<_>>(), [11_000, 11_000]);
    assert_eq!(parts.last().map(|part| (part.first, part.last)), Some((300 * 11_000, 300 * 21_999)));
    assert!(stretches(Range { first: 300, last: 0, step: 300 }).is_empty());
    let whole = Range { first: 0, last: 900, step: 300 };
    let mut answer = Ok(None);
    let one = Some(Decimal::ONE);
    let stretch = |first, last| (whole, Range { first, last, step: 300 });
    add(&mut answer, stretch(0, 300), Ok(None));
    add(&mut answer, stretch(600, 900), Ok(Some(vec![one, None])));
    assert_eq!(answer, Ok(Some(vec![None, None, one, None])));
}

#[test]
fn a_token_never_travels_unencrypted() {
    let client = client();
    let new = |url: &str, token: Option<&str>| {
        Prometheus::new(
            &client,
            url,
            token.map(|token| Credentials::bearer(Secret::new(token))).unwrap_or_default(),
        )
        .map(|source| source.describe())
        .map_err(|e| e.to_string())
    };
    assert_eq!(
        new("https://prom.example/x/", Some("hunter2")),
        Ok("prometheus at https://prom.example/x".to_owned())
    );
    assert_eq!(
        new("http://127.0.0.1:9090", Some("hunter2")),
        Ok("prometheus at http://127.0.0.1:9090".to_owned())
    );
    assert_eq!(new("http://prom.example", None), Ok("prometheus at http://prom.example".to_owned()));
    assert_eq!(new("https://me:pw@prom.example", None), Ok("prometheus at https://prom.example".to_owned()));
    for (url, token) in [
        ("http://prom.example", Some("hunter2")),
        ("http://me:pw@prom.example", None),
        ("https://me:pw@prom.example", Some("hunter2")),
        ("ftp://prom.example", None),
    ] {
        let error = new(url, token).expect_err("a refusal");
        assert!(!error.contains("pw") && !error.contains("hunter2"), "{error}");
    }
}

/// What a server says of the signal `query` in the environment of `env=prod`.
fn listen(url: &str, query: &str, range: Range) -> Result<Signal, Gap> {
    let client = client();
    let prometheus = Prometheus::new(&client, url, Credentials::default()).expect("an address");
    let file = SourceText::new("slogate.yaml", query);
    let place = Place::new(&file, 0..query.len());
    let signal = settings::Signal { query: query.to_owned(), query_place: place.clone(), place };
    let matchers = environment(Some(("env", "prod")));
    let request = SignalRequest { name: "cpu", signal: &signal, environment: "prod", matchers: &matchers };
    // Two environments' worth of the same question is one question.
    let answers = prometheus.signals(&[request, request], range);
    assert_eq!(answers.first(), answers.last());
    answers.into_iter().next().expect("an answer")
}

#[test]
fn a_signal_fires_where_its_query_is_not_zero_and_is_unknown_where_it_has_no_number() {
    let range = Range { first: 300, last: 1_800, step: 300 };
    let values = r#"{"metric":{},"values":[[300,"0"],[600,"1"],[900,"NaN"],[1200,"-0.5"],[1500,"+Inf"]]}"#;
    let stub = Stub::start(move |_, request| result(request, values, ""));
    let signal = listen(&stub.url, "max(cpu) > bool 0.9", range).expect("a signal");
    assert_eq!(signal.fires, [Some(false), Some(true), None, Some(true), None, None]);
    let requests = stub.requests();
    let lines: Vec<&str> = requests.iter().filter_map(|request| request.lines().next()).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v1/query_range?query=max%28cpu%7Benv%3D%22prod%22%7D%29+%3E+bool+0.9&start=300&end=1800&step=300\
             &nocache=1 HTTP/1.1"
        ]
    );
}

#[test]
fn a_signal_without_a_series_is_known_nowhere() {
    let stub = Stub::start(|_, request| result(request, "", ""));
    let signal = listen(&stub.url, "cpu > 0.9", RANGE).expect("a signal");
    assert_eq!(signal.fires, [None; 3]);
}

#[test]
fn a_signal_of_several_series_is_ambiguous() {
    let rows = r#"{"metric":{"pod":"a"},"values":[[1700000100,"1"]]},{"metric":{"pod":"b"},"values":[]}"#;
    let stub = Stub::start(|_, request| result(request, rows, ""));
    let gap = listen(&stub.url, "cpu > bool 0.9", RANGE).expect_err("a gap").to_string();
    assert!(gap.contains("with 2 series") && gap.contains("wrap the query in `max(...)`"), "{gap}");
}

#[test]
fn a_signal_that_is_not_answered_or_cannot_be_asked_is_a_gap() {
    let stub = Stub::start(|_, _| json(r#"{"status":"error","error":"many-to-many"}"#));
    let gap = listen(&stub.url, "cpu", RANGE).expect_err("a gap").to_string();
    assert!(gap.contains("many-to-many"), "{gap}");
    let gap = listen(&stub.url, "cpu{env=\"dev\"}", RANGE).expect_err("a gap").to_string();
    assert!(gap.contains("`env=\"dev\"` excludes `env=\"prod\"` (slogate.yaml:1)"), "{gap}");
    assert_eq!(stub.requests().len(), 1, "what contradicts is not asked");
}

#[test]
fn a_long_history_of_a_signal_is_asked_in_stretches() {
    let stub = Stub::start(|_, request| {
        let value = if request.contains("start=0&") { "0" } else { "1" };
        let first = if request.contains("start=0&") { 0 } else { 300 * 11_000 };
        result(request, &format!(r#"{{"metric":{{}},"values":[[{first},"{value}"]]}}"#), "")
    });
    let signal =
        listen(&stub.url, "cpu", Range { first: 0, last: 300 * 11_999, step: 300 }).expect("a signal");
    assert_eq!(signal.fires.len(), 12_000);
    assert_eq!((signal.fires[0], signal.fires[1], signal.fires[11_000]), (Some(false), None, Some(true)));
    assert_eq!(stub.requests().len(), 2);
}
