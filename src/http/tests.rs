//! What the client does with servers that answer late, wrongly, elsewhere or not at all.

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use super::attempt::{lifted, retry_after};
use super::stub::{Answer, Stub};
use super::*;

fn client(attempt: u64, tries: u32) -> Client {
    let attempt = Duration::from_millis(attempt);
    Client::new(Limits { deadline: Duration::from_secs(60), attempt, tries }).expect("a client")
}

fn get(url: &str) -> Get {
    Get {
        url: url.to_owned(),
        credentials: Credentials::default(),
        form: None,
        cap: 100_000,
        is_divisible: false,
    }
}

fn one(client: &Client, get: Get) -> Result<Response, HttpError> {
    client.get_all(vec![get]).pop().expect("one answer")
}

#[test]
fn a_secret_is_never_shown() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** *** Some(***)");
    assert_eq!(secret.expose(), "hunter2");
}

#[test]
fn what_is_transient_is_tried_again() {
    let stub = Stub::start(|index, _| match index {
        0 => Answer::Whole("503 Busy\r\nRetry-After: 0", String::new()),
        1 => Answer::Close,
        _ => Answer::Whole("200 OK\r\nContent-Type: text/plain", "yes".to_owned()),
    });
    let answer = one(&client(5_000, 3), get(&stub.url)).expect("an answer");
    assert_eq!((answer.status, answer.tries, answer.body), (200, 3, b"yes".to_vec()));
    assert_eq!(answer.content_type.as_deref(), Some("text/plain"));
}

#[test]
fn what_is_final_is_asked_once() {
    let stub = Stub::start(|_, _| Answer::Whole("422 No", "{}".to_owned()));
    assert_eq!(one(&client(5_000, 3), get(&stub.url)).expect("an answer").tries, 1);
    assert_eq!(stub.requests().len(), 1);
}

#[test]
fn the_last_transient_answer_is_the_answer() {
    let stub = Stub::start(|_, _| Answer::Whole("502 Bad\r\nRetry-After: 0", "no".to_owned()));
    let answer = one(&client(5_000, 2), get(&stub.url)).expect("an answer");
    assert_eq!((answer.status, answer.tries), (502, 2));
}

#[test]
fn a_wait_beyond_the_deadline_is_not_waited() {
    let stub = Stub::start(|_, _| Answer::Whole("429 Slow\r\nRetry-After: 3600", String::new()));
    assert_eq!(one(&client(5_000, 9), get(&stub.url)).expect("an answer").tries, 1);
}

#[test]
fn no_redirect_is_followed_and_its_target_is_named_without_credentials() {
    let stub = Stub::start(|_, _| {
        Answer::Whole("301 Moved\r\nLocation: https://me:pw@evil.example:81/x?token=1", String::new())
    });
    let get = Get { credentials: Credentials::bearer(Secret::new("hunter2")), ..get(&stub.url) };
    let error = one(&client(5_000, 3), get).expect_err("a redirect").to_string();
    assert!(error.contains("redirects to `evil.example:81`"), "{error}");
    assert!(!error.contains("pw") && !error.contains("hunter2") && !error.contains("token"), "{error}");
    assert_eq!(stub.requests().len(), 1);
}

#[test]
fn a_body_without_end_is_cut() {
    let stub = Stub::start(|_, _| Answer::Endless);
    let error = one(&client(5_000, 3), get(&stub.url)).expect_err("no end");
    assert!(error.to_string().ends_with("answered with more than 100000 bytes"), "{error}");
}

#[test]
fn a_server_that_hangs_or_is_not_there_is_named_without_userinfo() {
    let stub = Stub::start(|_, _| Answer::Hang);
    let url = stub.url.replace("http://", "http://me:pw@");
    let error = one(&client(1_000, 2), get(&url)).expect_err("nothing").to_string();
    assert_eq!(error, format!("`{}/`: no answer within 1s (2 tries of at most 1s)", stub.url));
    let error = one(&client(5_000, 2), get("http://me:pw@127.0.0.1:9/")).expect_err("nothing").to_string();
    assert!(error.starts_with("`http://127.0.0.1:9/`: cannot connect: Connection refused"), "{error}");
    assert!(error.ends_with("(2 tries of at most 5s)"), "{error}");
    let error = one(&client(5_000, 2), get("http://me:pw@:1:2/")).expect_err("no address").to_string();
    assert!(error.contains("is not an address") && !error.contains("pw"), "{error}");
}

#[test]
fn what_can_be_asked_in_parts_is_not_tried_again_when_it_is_late() {
    let stub = Stub::start(|_, _| Answer::Hang);
    let late = |url: &str, is_divisible| {
        let error = one(&client(1_000, 2), Get { is_divisible, ..get(url) }).expect_err("nothing");
        let HttpError::Unreachable { tries, is_late, .. } = error else { panic!("{error}") };
        (tries, is_late)
    };
    assert_eq!(late(&stub.url, true), (1, true));
    assert_eq!(late(&stub.url, false), (2, true));
    // Nobody is there: half a question would have no answer either.
    assert_eq!(late("http://127.0.0.1:9/", true), (2, false));
}

#[test]
fn the_deadline_holds_for_all_tries_together() {
    let stub = Stub::start(|_, _| Answer::Hang);
    let limits = Limits { deadline: Duration::from_millis(300), attempt: Duration::from_secs(9), tries: 9 };
    let client = Client::new(limits).expect("a client");
    let answers = client.get_all(vec![get(&stub.url), get(&stub.url)]);
    for answer in answers {
        let error = answer.expect_err("late").to_string();
        assert!(error.contains("no answer before the deadline of 300ms"), "{error}");
    }
}

#[test]
fn forms_are_posted_and_tokens_sent() {
    let stub = Stub::start(|_, _| Answer::Whole("200 OK", String::new()));
    let form = Some(vec![("query".to_owned(), "a{b=\"1&2\"}".to_owned())]);
    let get = Get { form, credentials: Credentials::bearer(Secret::new("hunter2")), ..get(&stub.url) };
    one(&client(5_000, 1), get).expect("an answer");
    let request = stub.requests().remove(0);
    assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer hunter2\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\nquery=a%7Bb%3D%221%262%22%7D"), "{request}");
}

#[test]
fn answers_come_in_the_order_of_the_questions() {
    let stub = Stub::start(|_, request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        Answer::Whole("200 OK", path.to_owned())
    });
    let gets: Vec<Get> = (0..20).map(|index| get(&format!("{}/{index}", stub.url))).collect();
    for (index, answer) in client(5_000, 1).get_all(gets).into_iter().enumerate() {
        assert_eq!(answer.expect("an answer").body, format!("/{index}").into_bytes());
    }
}

#[test]
fn a_date_to_retry_after_is_compared_with_the_answers_own() {
    let headers = |pairs: &[(HeaderName, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value")));
        pairs.collect::<HeaderMap>()
    };
    let date = (DATE, "Wed, 21 Oct 2015 07:28:00 GMT");
    let after = (RETRY_AFTER, "Wed, 21 Oct 2015 07:28:07 GMT");
    assert_eq!(retry_after(&headers(&[date, after.clone()])), Some(Duration::from_secs(7)));
    assert_eq!(retry_after(&headers(&[after])), None);
    assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "2")])), Some(Duration::from_secs(2)));
}

#[test]
fn a_limit_is_waited_for_where_it_is_told_in_seconds() {
    let reset = |seconds: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-reset", seconds.parse().expect("a value"));
        headers
    };
    assert_eq!(lifted(429, &reset("7")), Some(Duration::from_secs(7)));
    assert_eq!(lifted(503, &reset("7")), None);
    // An instant, as others write it.
    assert_eq!(lifted(429, &reset("1795262400")), None);
}
