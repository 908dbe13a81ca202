//! What was asked answers who asks the same, and nobody else.

use super::*;
use crate::budget::series::Total;
use crate::catalog::Slo;
use crate::diagnostic::Place;
use crate::settings::{self, Environment};
use crate::source::plan::tests::{environment, slo};
use crate::source::snapshot::Snapshot;

const STEP: i64 = 300;

/// The last point of everything.
const LAST: i64 = 600 + 9 * STEP;

/// A question about an SLO.
fn request<'a>(slo: &'a Slo, matchers: &'a Environment) -> Request<'a> {
    Request { slo, environment: "prod", matchers }
}

/// Ten points of an SLO, and what was counted directly.
fn observation() -> Observation {
    let points = (0..10).map(|bad: i64| Some(Total { bad: bad.into(), total: 100.into() })).collect();
    let direct = Some(Total { bad: 45.into(), total: 1_000.into() });
    Observation { series: Series { first: 600, step: STEP, points }, direct }
}

/// What this SLO was answered.
fn kept(asked: &Slo, matchers: &Environment, answer: &Result<Observation, Gap>) -> Answered {
    let snapshot = Snapshot::read("h.om", b"a_total 1 600\n# EOF\n").expect("a snapshot");
    Answered::keep(&snapshot, LAST, std::iter::once((request(asked, matchers), answer)), &[])
}

fn ask(answered: &Lent<'_>, slo: &Slo, matchers: &Environment, range: Range) -> Result<Observation, Gap> {
    answered.observe(&[request(slo, matchers)], range).pop().expect("one answer")
}

#[test]
fn the_same_question_has_the_same_answer_whatever_is_made_of_it() {
    let environment = environment(None);
    let kept = kept(&slo("a", "b", "t", false, 5 * STEP), &environment, &Ok(observation()));
    let answered = kept.lend();
    let whole = Range { first: 600, last: LAST, step: STEP };
    let same = slo("another name", "b", "t", false, 5 * STEP);
    assert_eq!(ask(&answered, &same, &environment, whole), Ok(observation()));
    // What was counted over another period says nothing of this one.
    let shorter =
        ask(&answered, &slo("a", "b", "t", false, 2 * STEP), &environment, whole).expect("an answer");
    assert_eq!((shorter.direct, &shorter.series), (None, &observation().series));
    let later = Range { first: 600 + 3 * STEP, ..whole };
    let cut = ask(&answered, &same, &environment, later).expect("an answer").series;
    assert_eq!((cut.first, cut.points.len(), cut.last()), (later.first, 7, LAST));
    let earlier = Range { first: 600 - 2 * STEP, ..whole };
    let filled = ask(&answered, &same, &environment, earlier).expect("an answer").series;
    assert_eq!((filled.points.len(), filled.points.first(), filled.last()), (12, Some(&None), LAST));
}

#[test]
fn what_was_not_asked_is_not_known() {
    let here = environment(None);
    let asked = slo("a", "b", "t", false, 5 * STEP);
    let kept = kept(&asked, &here, &Ok(observation()));
    let answered = kept.lend();
    let whole = Range { first: 600, last: LAST, step: STEP };
    let why = |slo: &Slo, matchers: &Environment, range: Range| {
        ask(&answered, slo, matchers, range).expect_err("a gap").to_string()
    };
    assert!(why(&slo("a", "other", "t", false, 5 * STEP), &here, whole).contains("no rule of the base"));
    assert!(why(&slo("a", "b", "other", false, 5 * STEP), &here, whole).contains("no rule of the base"));
    assert!(why(&slo("a", "b", "t", true, 5 * STEP), &here, whole).contains("no rule of the base"));
    let elsewhere = environment(Some(("env", "prod")));
    assert!(why(&asked, &elsewhere, whole).contains("no rule of the base"));
    assert!(why(&asked, &here, Range { step: 2 * STEP, ..whole }).contains("another grid"));
    assert!(why(&slo("a", "b", "t", false, 20 * STEP), &here, whole).contains("its period is 1h 40m"));
}

#[test]
fn a_gap_stays_the_gap_that_it_was() {
    let environment = environment(None);
    let asked = slo("a", "b", "t", false, 5 * STEP);
    let gap = Gap::NoData { detail: "nothing".to_owned() };
    let kept = kept(&asked, &environment, &Err(gap.clone()));
    let answered = kept.lend();
    assert_eq!(ask(&answered, &asked, &environment, Range { first: 600, last: LAST, step: STEP }), Err(gap));
}

#[test]
fn copies_of_one_answer_are_bounded() {
    let environment = environment(None);
    let asked = slo("a", "b", "t", false, 5 * STEP);
    let kept = kept(&asked, &environment, &Ok(observation()));
    let answered = kept.lend();
    let whole = Range { first: 600, last: LAST, step: STEP };
    let answers: Vec<_> =
        (0..MORE + 5).map(|_| ask(&answered, &asked, &environment, whole).is_ok()).collect();
    assert_eq!(answers.iter().filter(|known| **known).count(), MORE + 1);
}

#[test]
fn a_signal_is_known_where_its_query_was_asked() {
    let matchers = environment(None);
    let declared = |query: &str| settings::Signal {
        query: query.to_owned(),
        place: Place::of_file("slogate.yaml"),
        query_place: Place::of_file("slogate.yaml"),
    };
    let known = Signal { first: 600, step: STEP, fires: vec![Some(true)] };
    let (asked, other) = (declared("up"), declared("down"));
    let about = |signal| SignalRequest { name: "cpu", signal, environment: "prod", matchers: &matchers };
    let signals = [(about(&asked), Ok(known.clone()))];
    let snapshot = Snapshot::read("h.om", b"a_total 1 600\n# EOF\n").expect("a snapshot");
    let answered = Answered::keep(&snapshot, LAST, std::iter::empty(), &signals);
    let range = Range { first: 600, last: LAST, step: STEP };
    let found = answered.lend().signals(&[about(&asked), about(&other)], range);
    assert_eq!(found.first(), Some(&Ok(known)));
    assert!(matches!(found.last(), Some(Err(gap)) if gap.to_string().contains("no policy of the base")));
}
