//! What is believed of observations that somebody else made, and how often they are asked for.

use std::time::Duration;

use super::*;
use crate::budget::series::{Series, Total};
use crate::http::stub::{Answer, Stub};
use crate::http::{Client, Credentials, Limits, Secret};
use crate::signature::SecretKey;
use crate::source::plan::tests::{environment, slo};
use crate::source::recorded::{self, Heading};

/// Seconds between two points.
const STEP: i64 = 300;

/// The secret key of the tests.
fn key() -> SecretKey {
    let text = "ed25519-secret:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    SecretKey::read(&Secret::new(text)).expect("a key")
}

/// A stretch of the grid.
fn range(first: i64, last: i64) -> Range {
    Range { first, last, step: STEP }
}

/// Ten points up to 3,000 s, made at an instant for somebody.
fn text(made: i64, audience: Option<&str>) -> String {
    let (slo, environment) = (slo("shop", "b", "t", false, 3_000), environment(None));
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    let point = Some(Total { bad: 1.into(), total: 100.into() });
    let series = Series { first: 300, step: STEP, points: vec![point; 10] };
    let heading = Heading { source: "a test", evaluated_at: made, step: STEP, audience };
    recorded::write(heading, &[request], &[Ok(Observation { series, direct: None })], &[])
}

/// What a text answers where one key is believed, or none.
fn answered(bytes: Vec<u8>, keys: Vec<PublicKey>, query: &str) -> Result<Observation, Gap> {
    let (slo, environment) = (slo("shop", query, "t", false, 3_000), environment(None));
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    let believed = Believed { audience: Some("acme/shop".to_owned()), keys };
    let delivered = Delivered::read("o.json".to_owned(), Ok(bytes), believed);
    delivered.observe(&[request], range(300, 3_000)).pop().expect("one answer")
}

/// A text, signed.
fn sealed(text: &str) -> Vec<u8> {
    Envelope::seal(KIND, text.as_bytes(), &key()).expect("sealed").write().into_bytes()
}

#[test]
fn an_endpoint_is_asked_once_about_the_widest_stretch() {
    let stub = Stub::start(|_, _| Answer::Whole("200 OK", text(3_000, None)));
    let limits = Limits { deadline: Duration::from_secs(20), attempt: Duration::from_secs(5), tries: 1 };
    let client = Client::new(limits).expect("a client");
    let endpoint = Endpoint::new(&client, &stub.url, Credentials::default()).expect("an address");
    let delivered = Delivered::at(endpoint, Believed::default());
    let (slo, environment) = (slo("shop", "b", "t", false, 3_000), environment(None));
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    let answers = delivered.observe_each(&[2_100, 0, 300].map(|first| (request, range(first, 3_000))));
    assert!(answers.len() == 3 && answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(delivered.signals(&[], range(300, 3_000)).len(), 0);
    let asked = stub.requests();
    let line = asked[0].lines().next().expect("a request");
    assert_eq!(asked.len(), 1);
    assert_eq!(line, "GET /?from=1970-01-01T00%3A00%3A00Z&to=1970-01-01T00%3A50%3A00Z&step=300 HTTP/1.1");
}

#[test]
fn what_is_signed_must_say_for_whom_and_by_which_definitions() {
    let keys = || vec![key().public().expect("a key")];
    assert!(answered(sealed(&text(3_000, Some("acme/shop"))), keys(), "b").is_ok());
    let words = |answer: Result<Observation, Gap>| {
        let gap = answer.expect_err("refused");
        let Gap::Untrusted { detail } = gap else { panic!("{gap}") };
        detail
    };
    assert!(
        words(answered(sealed(&text(3_000, None)), keys(), "b")).contains("does not say that it was made")
    );
    let undefined = text(3_000, None).replace("\"source\"", "\"for\": \"acme/shop\", \"source\"");
    assert!(words(answered(sealed(&undefined), keys(), "b")).contains("without saying by which definition"));
    let bound = || text(3_000, Some("acme/shop"));
    assert!(words(answered(sealed(&bound()), keys(), "another")).contains("by another definition"));
    assert!(words(answered(bound().into_bytes(), keys(), "b")).contains("nobody signed it"));
    assert!(words(answered(text(3_000, Some("x")).into_bytes(), vec![], "b")).contains("made for `x`"));
    assert!(
        answered(text(3_000, None).into_bytes(), vec![], "b").is_ok(),
        "without keys nobody needs to sign"
    );
}

#[test]
fn a_document_may_be_a_step_ahead_and_no_more() {
    let at = |made: i64| answered(text(made, None).into_bytes(), vec![], "b");
    assert!(at(3_599).is_ok() && at(0).is_ok());
    assert!(matches!(at(3_600), Err(Gap::Untrusted { .. })));
}
