//! Answers in the shapes that Datadog's own clients recorded from its API, with other numbers in them.

use super::*;
use crate::http::Secret;
use crate::source::datadog::bins::Coarse;

/// The second that answers end at.
const TO: i64 = 1_704_322_488;
/// The second that they begin at.
const FROM: i64 = 1_704_236_088;

/// What comes of an answer with this status and body.
fn read(status: u16, body: &str) -> Result<Answer, Refused> {
    let address = Address::parse("https://api.datadoghq.eu").expect("an address");
    let credentials = crate::source::datadog::credentials("k3y", "hunter2").expect("two keys");
    let content_type = Some("application/json".to_owned());
    let response = Response { status, content_type, body: body.as_bytes().to_vec(), tries: 1 };
    Reader { address: &address, credentials: &credentials }.read(("9236f988", (FROM, TO)), Ok(response))
}

/// The words of the gap that comes of an answer.
fn words(status: u16, body: &str) -> String {
    read(status, body).expect_err("a gap").gap.to_string()
}

/// The history of a metric, as it was recorded in 2024: a day in bins of two hours, whose first one begins five minutes
/// before what was asked for at most, and whose last one ends with it.
fn metric(series: &str, overall: &str) -> String {
    format!(
        r#"{{"data":{{"thresholds":{{"7d":{{"timeframe":"7d","target":95.0,"target_display":"95.","warning":98.0,"warning_display":"98."}}}},
        "from_ts":{FROM},"to_ts":{TO},"type":"metric","type_id":1,
        "slo":{{"id":"9236f988","name":"a","tags":[],"monitor_tags":[],"type":"metric","type_id":1,"description":"","timeframe":"7d"}},
        "group_by":[],"series":{{"timing":"0.02146005630493164","res_type":"time_series","resp_version":2,
        "query":"default_zero(a), default_zero(b)","from_date":1704236088000,"to_date":1704322488000,"message":"",
        "interval":7200,{series},"numerator_query":"default_zero(a)","denominator_query":"default_zero(b)"}},
        "overall":{overall}}},"errors":null}}
        "#
    )
}

/// The numbers of a recorded day.
fn day() -> String {
    let values = |name: &str, value: &str| {
        let values = [value; 13].join(",");
        format!(
            r#""{name}":{{"values":[{values}],"metadata":{{"unit":null,"query_index":0,"aggr":"sum","metric":"default_zero(a)","tag_set":[],"scope":"code:2xx"}},"sum":0.0,"count":13}}"#
        )
    };
    let rest: Vec<String> =
        (0..12).map(|index| format!("{}.0", 1_704_240_000_000_i64 + index * 7_200_000)).collect();
    format!(
        r#""times":[1704235800000.0,{}],{},{}"#,
        rest.join(","),
        values("numerator", "99.0"),
        values("denominator", "100.0")
    )
}

/// The figures of a whole day, as they were recorded.
const OVERALL: &str = r#"{"errors":[],"sli_value":99.0,"span_precision":2,"precision":{"7d":0},"uptime":99.0,"corrections":[],"state":"ok"}"#;

#[test]
fn a_recorded_metric_has_its_bins_its_figure_and_its_target() {
    let answer = read(200, &metric(&day(), OVERALL)).expect("an answer");
    assert_eq!(answer.sli, Some(Decimal::from(99)));
    let vast = read(200, &metric(&day(), &OVERALL.replace("99.0", "7.9e28"))).expect("an answer");
    assert_eq!(vast.sli, None);
    assert_eq!(answer.targets, BTreeMap::from([("7d".to_owned(), Decimal::from(95))]));
    let Counted::Events(bins) = answer.counted else { panic!("it counts events") };
    assert_eq!((bins.interval, bins.bins.len()), (7_200, 13));
    let (first, last) = (bins.bins[0], bins.bins[12]);
    assert_eq!(
        (first.start, first.end, last.start, last.end),
        (1_704_235_800, 1_704_240_000, 1_704_319_200, TO)
    );
    assert_eq!(first.events, Some(Total { bad: Decimal::ONE, total: Decimal::ONE_HUNDRED }));
    assert_eq!(bins.on_grid((1_704_240_000, 1_704_319_200), 3_600), Err(Coarse(7_200)));
    let known = bins.on_grid((1_704_240_000, 1_704_319_200), 7_200).expect("steps of two hours");
    assert!(known.len() == 11 && known.iter().all(Option::is_some), "{known:?}");
}

#[test]
fn a_recorded_day_without_events_is_zeros_and_no_error() {
    let nothing = r#"{"errors":[{"error_message":"The denominator is zero valued","error_type":"ZERO_VALUED_DENOMINATOR"}],"sli_value":null,"uptime":null,"corrections":[],"state":"no_data"}"#;
    let series = day().replace("99.0", "0.0").replace("100.0", "0.0");
    let answer = read(200, &metric(&series, nothing)).expect("an answer");
    assert_eq!(answer.sli, None);
    let Counted::Events(bins) = answer.counted else { panic!("it counts events") };
    assert!(bins.bins.iter().all(|bin| bin.events.is_some_and(|events| events.total.is_zero())));
    assert_eq!(bins.share(), None);
}

#[test]
fn monitors_and_slices_have_changes_between_up_and_down() {
    let body = |kind: &str, overall: &str| {
        format!(
            r#"{{"data":{{"type":"{kind}","from_ts":{FROM},"to_ts":{TO},"overall":{overall}}},"errors":null}}"#
        )
    };
    let overall = r#"{"errors":null,"history":[[1704236000,0],[1704236100,1],[1704236200,0]],"monitor_modified":1615867200,"monitor_type":"metric alert","preview":false,"sli_value":99.9,"uptime":99.9}"#;
    for kind in ["monitor", "time_slice"] {
        let answer = read(200, &body(kind, overall)).expect("an answer");
        let Counted::Time(uptime) = answer.counted else { panic!("it counts time") };
        let seconds = uptime.on_grid((1_704_236_100, 1_704_236_400), 300);
        assert_eq!(seconds, [Some(Total { bad: Decimal::from(100), total: Decimal::from(300) })]);
    }
    // An answer about another stretch says nothing of this one.
    let of_another_month = body("monitor", overall).replace(&TO.to_string(), "1701730488");
    let Counted::Time(uptime) = read(200, &of_another_month).expect("an answer").counted else {
        panic!("it counts time")
    };
    assert_eq!(uptime.on_grid((1_704_236_100, 1_704_236_700), 300), [None, None]);
    let never = body("monitor", overall).replace(&format!("\"to_ts\":{TO}"), "\"to_ts\":-1");
    assert!(words(200, &never).contains("begins or ends at no instant"));
    assert!(words(200, &body("monitor", &overall.replace("false", "true"))).contains("reckons the history"));
    assert!(words(200, &body("monitor", &overall.replace(",1]", ",7]"))).contains("none of up, down"));
    assert!(
        words(200, &body("monitor", r#"{"history":[],"sli_value":100.0}"#)).contains("no history of when")
    );
    assert!(words(200, &body("composite", overall)).contains("of type `composite`"));
    assert!(words(200, &body("metric", overall)).contains("no series"));
}

#[test]
fn a_refusal_says_what_to_look_at_and_shows_no_key() {
    for (status, body, kind, part) in [
        (403, r#"{"errors":["Forbidden"]}"#, "unreachable", "SLOGATE_DATADOG_APP_KEY"),
        (401, r#"{"errors":["Unauthorized hunter2"]}"#, "unreachable", "answered 401: Unauthorized ***"),
        (404, r#"{"errors":["SLO not found: 9236f988 not found"]}"#, "no_data", "SLO not found"),
        (
            429,
            r#"{"errors":["Rate limit of 60 requests in 3600 seconds reached"]}"#,
            "unreachable",
            "more requests than",
        ),
        (
            400,
            r#"{"errors":[{"error":"bad `from_ts`\n::error::x"}]}"#,
            "unreachable",
            "400: bad 'from_ts' ::error::x",
        ),
        (502, "<html>", "unreachable", "answered 502"),
    ] {
        let gap = read(status, body).expect_err("a gap").gap;
        assert_eq!(gap.kind(), kind, "{gap}");
        let text = gap.to_string();
        assert!(text.contains(part) && !text.contains("hunter2") && !text.contains("k3y"), "{text}");
    }
    assert!(read(504, "{}").expect_err("a gap").is_too_much);
    assert!(!read(403, "{}").expect_err("a gap").is_too_much);
    assert_eq!(Secret::new("x").to_string(), "***");
}

#[test]
fn an_answer_in_part_is_none() {
    let whole = metric(&day(), OVERALL);
    let partial =
        whole.replace(r#""errors":null"#, r#""errors":[{"error":"1 of 3 clusters did not answer"}]"#);
    assert!(words(200, &partial).ends_with("in part only: 1 of 3 clusters did not answer"));
    let doubtful = whole.replace(r#""message":"""#, r#""message":"too many groups""#);
    assert!(words(200, &doubtful).contains("doubts the query") && doubtful != whole);
    let wrong = OVERALL
        .replace(r#""errors":[]"#, r#""errors":[{"error_type":"TIMEOUT","error_message":"took long"}]"#);
    assert!(words(200, &metric(&day(), &wrong)).contains("cannot reckon the SLO `9236f988`: took long"));
    for body in
        ["", "<html>Sign in</html>", "[]", "{}", r#"{"data":null,"errors":null}"#, r#"{"data":{"type":7}}"#]
    {
        assert!(words(200, body).contains("did not answer with the history"), "{body}");
    }
}

#[test]
fn times_and_values_that_do_not_fit_count_nothing() {
    let fewer = day().replacen("99.0,", "", 1);
    assert!(words(200, &metric(&fewer, OVERALL)).contains("do not fit"));
    let backwards = day().replace("1704319200000.0", "1704000000000.0");
    assert!(words(200, &metric(&backwards, OVERALL)).contains("do not fit"));
    for at in ["-9223372036854775000000.0", "9223372036854775000000.0", "1704235800000.5"] {
        let nowhere = day().replacen("1704235800000.0", at, 1);
        assert!(words(200, &metric(&nowhere, OVERALL)).contains("do not fit"), "{at}");
    }
    let huge = day().replacen("99.0", "1e30", 1);
    assert!(words(200, &metric(&huge, OVERALL)).starts_with("not a finite number"));
    let negative = day().replacen("99.0", "-1.0", 1);
    assert!(words(200, &metric(&negative, OVERALL)).contains("counts -1.0 of 100.0 events"));
    let missing = day().replacen("99.0", "null", 1);
    let answer = read(200, &metric(&missing, OVERALL)).expect("an answer");
    let Counted::Events(bins) = answer.counted else { panic!("it counts events") };
    assert_eq!(bins.bins[0].events, None);
}
