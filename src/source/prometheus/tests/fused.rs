//! Several SLOs in one query: whose each group is, and what a server's refusal or a wrong answer means for each.

use super::*;

/// What a server says of SLOs that differ in their service, in the environment of `env=prod`, and what is said of how
/// it was asked.
fn observe(url: &str, services: &[&str]) -> (Vec<Result<Observation, Gap>>, Vec<String>) {
    // Whatever is late is asked in halves, so that a busy machine needs some time for all that is not meant to be.
    let limits = Limits { deadline: Duration::from_secs(60), attempt: Duration::from_secs(3), tries: 2 };
    let client = Client::new(limits).expect("a client");
    let prometheus = Prometheus::new(&client, url, Credentials::default()).expect("an address");
    let of = |metric: &str, service: &str| format!("{metric}{{service=\"{service}\"}}");
    let slos: Vec<_> = services
        .iter()
        .map(|service| slo(service, &of("b", service), &of("t", service), false, 900))
        .collect();
    let environment = environment(Some(("env", "prod")));
    let request = |slo| Request { slo, environment: "prod", matchers: &environment };
    let answers = prometheus.observe(&slos.iter().map(request).collect::<Vec<_>>(), RANGE);
    (answers, prometheus.notes())
}

/// A row of a group on the grid and at its end, with one bad event of ten times as many.
fn row(labels: &str) -> String {
    format!(
        r#"{{"metric":{{{labels}}},"values":[[1700000100,"7"],[1700000400,"7"],[1700000700,"7"]],"value":[1700000700,"21"]}}"#
    )
}

/// The rows of services.
fn rows(services: &[&str]) -> String {
    let rows: Vec<String> = services.iter().map(|name| row(&format!(r#""service":"{name}""#))).collect();
    rows.join(",")
}

/// A server that answers every query with the same rows.
fn steady(rows: String) -> Stub {
    Stub::start(move |_, request| result(request, &rows, &rows))
}

/// True for a request about several services.
fn is_fused(request: &str) -> bool {
    request.contains("sum+by+")
}

#[test]
fn slos_that_differ_in_a_value_are_one_query_and_cut_apart() {
    let stub = Stub::start(|_, request| {
        let of = |service: &str, value: &str| {
            format!(
                r#"{{"metric":{{"service":"{service}"}},"values":[[1700000400,"{value}"]],"value":[1700000700,"{value}"]}}"#
            )
        };
        let values = if request.contains("increase%28b") { ["1", "2"] } else { ["10", "20"] };
        // In another order than that of the question.
        let rows = [of("search", values[1]), of("checkout", values[0])].join(",");
        result(request, &rows, &rows)
    });
    let (answers, notes) = observe(&stub.url, &["checkout", "search"]);
    let events = |bad: i64, total: i64| Some(Total { bad: bad.into(), total: total.into() });
    for (answer, (bad, total)) in answers.iter().zip([(1, 10), (2, 20)]) {
        let observation = answer.as_ref().expect("an observation");
        assert_eq!(observation.series.points, [None, events(bad, total), None]);
        assert_eq!(observation.direct, events(bad, total));
    }
    assert_eq!(notes, Vec::<String>::new());
    let mut requests = stub.requests();
    requests.sort();
    let lines: Vec<&str> = requests.iter().filter_map(|request| request.lines().next()).collect();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert_eq!(
        lines[0],
        "GET /api/v1/query?query=sum+by+%28service%29+%28increase%28b%7Benv%3D%22prod%22%2Cservice%3D%7E%22checkout%7C\
         search%22%7D%5B900s%5D%29%29&time=1700000700&nocache=1 HTTP/1.1"
    );
}

#[test]
fn a_query_that_is_not_answered_in_time_is_asked_in_halves_at_once() {
    let stub = Stub::start(|_, request| {
        if is_fused(request) && request.contains("query_range") {
            Answer::Hang
        } else {
            let rows = if is_fused(request) { rows(&["a", "b"]) } else { row("") };
            result(request, &rows, &rows)
        }
    });
    let (answers, notes) = observe(&stub.url, &["a", "b"]);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let late = stub.requests().iter().filter(|one| is_fused(one) && one.contains("query_range")).count();
    assert_eq!(late, 2, "neither of the two counters is tried again");
    let note = notes.concat();
    assert!(note.starts_with("2 queries were not answered in time and asked in halves: "), "{note}");
}

#[test]
fn a_group_that_is_not_there_is_no_data_of_its_own_slo() {
    let stub = steady(rows(&["a"]));
    let (answers, _) = observe(&stub.url, &["a", "b"]);
    assert!(answers[0].is_ok());
    let gap = answers[1].as_ref().expect_err("a gap").to_string();
    assert!(gap.contains("no series matches `t{env=\"prod\",service=\"b\"}`"), "{gap}");
}

#[test]
fn a_group_twice_is_ambiguous_for_its_own_slo() {
    let twice = [row(r#""service":"b","replica":"1""#), row(r#""service":"b","replica":"2""#), rows(&["a"])];
    let stub = steady(twice.join(","));
    let (answers, _) = observe(&stub.url, &["a", "b"]);
    assert!(answers[0].is_ok());
    let gap = answers[1].as_ref().expect_err("a gap").to_string();
    assert!(gap.contains("`sum(increase(t{env=\"prod\",service=\"b\"}[300s]))` with 2 series"), "{gap}");
    assert!(gap.contains("replica=\"1\"") && gap.contains("replica=\"2\""), "{gap}");
}

#[test]
fn a_number_that_is_none_is_that_of_its_own_slo() {
    let stub = steady(format!("{},{}", rows(&["a"]), row(r#""service":"b""#).replace("\"7\"", "\"NaN\"")));
    let (answers, _) = observe(&stub.url, &["a", "b"]);
    assert!(answers[0].is_ok());
    let gap = answers[1].as_ref().expect_err("a gap").to_string();
    assert!(gap.contains("`sum(increase(t{env=\"prod\",service=\"b\"}[300s]))` is `NaN`"), "{gap}");
}

#[test]
fn an_answer_to_what_was_not_asked_counts_for_nobody() {
    let missing = row("");
    for (odd, shown) in [
        (rows(&["c"]), "{service=\"c\"}"),
        (missing, "{}"),
        (row(r#""service":"""#), "{service=\"\"}"),
        (row(r#""servicé":"b""#), "{servicé=\"b\"}"),
        (row(r#""service":"A""#), "{service=\"A\"}"),
    ] {
        let stub = steady(format!("{},{odd}", rows(&["a", "b"])));
        let (answers, _) = observe(&stub.url, &["a", "b"]);
        for answer in answers {
            let gap = answer.expect_err("a gap");
            let words = format!("with {shown}, which was not asked for");
            assert!(matches!(&gap, Gap::Inconsistent { detail } if detail.contains(&words)), "{gap}");
        }
    }
}

#[test]
fn an_answer_in_part_counts_for_nobody() {
    let body = format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}},"warnings":["store 2 is down"]}}"#,
        rows(&["a", "b"])
    );
    let stub = Stub::start(move |_, _| json(&body));
    let (answers, notes) = observe(&stub.url, &["a", "b"]);
    for answer in answers {
        let gap = answer.expect_err("a gap");
        assert!(matches!(&gap, Gap::Unreachable { detail } if detail.contains("in part only")), "{gap}");
    }
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn what_is_too_much_at_once_is_asked_in_halves_and_said() {
    let services = ["a", "b", "c", "d", "e"];
    let stub = Stub::start(move |_, request| {
        let asked: Vec<&str> =
            services.into_iter().filter(|name| request.contains(&format!("%22{name}%22"))).collect();
        match (is_fused(request), asked.as_slice()) {
            (true, _) => {
                Answer::Whole("422 No", r#"{"status":"error","error":"too many samples"}"#.to_owned())
            }
            (false, [_]) => result(request, &row(""), &row("")),
            (false, _) => Answer::Close,
        }
    });
    let (answers, notes) = observe(&stub.url, &services);
    assert!(answers.iter().all(Result::is_ok), "{answers:#?}");
    // Each of four questions, about five: 5, 2 + 3, 1 + 2, one more half of each.
    assert_eq!(stub.requests().len(), 4 * 9);
    assert_eq!(
        notes.join("\n").replace(&stub.url, "URL"),
        "16 queries were refused and asked in halves: `URL` answered 422: too many samples"
    );
}

#[test]
fn halves_end_where_too_many_are_refused() {
    let names: Vec<String> = (0..400).map(|n| format!("s{n}")).collect();
    let services: Vec<&str> = names.iter().map(String::as_str).collect();
    let stub = Stub::start(|_, _| Answer::Whole("422 No", r#"{"status":"error","error":"no"}"#.to_owned()));
    let (answers, notes) = observe(&stub.url, &services);
    assert!(answers.iter().all(|answer| matches!(answer, Err(Gap::Unreachable { .. }))));
    assert!(
        notes.join("\n").starts_with("250 queries were refused and asked in halves, and no more"),
        "{notes:?}"
    );
    assert_eq!(stub.requests().len(), 8 + 2 * 250);
}

#[test]
fn what_no_smaller_question_would_mend_is_asked_once() {
    for status in ["401 No", "404 No", "301 Moved\r\nLocation: http://elsewhere.example/"] {
        let stub = Stub::start(move |_, _| Answer::Whole(status, "{}".to_owned()));
        let (answers, notes) = observe(&stub.url, &["a", "b"]);
        assert!(answers.iter().all(|answer| matches!(answer, Err(Gap::Unreachable { .. }))));
        assert_eq!((stub.requests().len(), notes.len()), (4, 0), "{status}");
    }
}

#[test]
fn an_answer_larger_than_what_was_asked_for_is_asked_in_halves() {
    let stub =
        Stub::start(
            |_, request| {
                if is_fused(request) { Answer::Endless } else { result(request, &row(""), &row("")) }
            },
        );
    let (answers, notes) = observe(&stub.url, &["a", "b"]);
    assert!(answers.iter().all(Result::is_ok));
    assert!(notes.join("\n").contains("answered with more than"), "{notes:?}");
}

#[test]
fn environments_never_share_a_query() {
    let client = client();
    let stub = Stub::start(|_, request| result(request, "", ""));
    let prometheus = Prometheus::new(&client, &stub.url, Credentials::default()).expect("an address");
    let slo = slo("a", "b{service=\"a\"}", "t{service=\"a\"}", false, 900);
    let environments = ["prod", "staging"].map(|value| (value, environment(Some(("env", value)))));
    let requests =
        environments.each_ref().map(|(name, matchers)| Request { slo: &slo, environment: name, matchers });
    let _ = prometheus.observe(&requests, RANGE);
    assert_eq!(stub.requests().iter().filter(|request| is_fused(request)).count(), 0);
    assert_eq!(stub.requests().len(), 8);
}
