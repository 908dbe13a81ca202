//! Plans, by table: what stands there, what a clause says, and what is done about it.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::*;
use crate::diagnostic::{Place, SourceText};
use crate::policy::Consequence;
use crate::report::duty::Affected;
use crate::report::duty::template::Template;

/// An hour.
const HOUR: i64 = 3_600;

/// When everything is judged.
const NOW: i64 = 1_000 * HOUR;

fn affected(slo: &str, since: i64) -> Affected {
    Affected {
        slo: slo.to_owned(),
        since,
        at_least: false,
        thaws_at: None,
        evidence: Vec::new(),
        line: None,
        incidents: Vec::new(),
    }
}

fn duty(state: State) -> Duty {
    Duty {
        policy: "p".to_owned(),
        version: "1.0.0".to_owned(),
        organization: None,
        clause: "c".to_owned(),
        title: "t".to_owned(),
        service: "s".to_owned(),
        environment: "production".to_owned(),
        place: Place::new(&SourceText::new("p.rhai", "clause"), 0..6),
        link: None,
        state,
        period: None,
        judged_at: NOW,
        purposes: vec![Purpose::Notice],
        notices: vec![Consequence::CodeYellow],
    }
}

fn in_force(since: i64) -> Duty {
    duty(State::InForce(vec![affected("a", since)]))
}

/// An issue of ours for a duty.
fn issue(number: u64, is_open: bool, marker: Marker) -> Ours {
    let issue = Issue {
        number,
        title: String::new(),
        body: marker.body("head", "rest"),
        url: String::new(),
        author: Some("bot".to_owned()),
        is_open,
        opened_at: Timestamp::UNIX_EPOCH,
        closed_at: (!is_open).then_some(Timestamp::UNIX_EPOCH),
    };
    Ours { marker, issue }
}

fn marker(duty: &Duty) -> Marker {
    Marker::of(duty, &Purpose::Notice, 1)
}

/// The acts of a plan without a webhook.
fn acts(duty: &Duty, known: &[Ours]) -> Vec<Act> {
    let duties = [duty.clone()];
    plan(&duties, known, Bounds { most: 20, webhook: false }).into_iter().map(|(step, _)| step.act).collect()
}

#[test]
fn what_is_in_force_has_an_issue_and_a_second_run_does_nothing() {
    let duty = in_force(10 * HOUR);
    assert_eq!(acts(&duty, &[]), [Act::Open]);
    assert_eq!(acts(&duty, &[issue(1, true, marker(&duty))]), []);
}

#[test]
fn what_a_person_closed_stays_closed_while_the_clause_stays_in_force() {
    let duty = in_force(10 * HOUR);
    let known = [issue(1, false, marker(&duty))];
    assert_eq!(acts(&duty, &known), []);
    let wider = self::duty(State::InForce(vec![affected("a", 10 * HOUR), affected("b", 20 * HOUR)]));
    assert_eq!(acts(&wider, &known), []);
    assert_eq!(acts(&self::duty(State::Idle), &known), []);
}

#[test]
fn a_clause_that_comes_again_counts_in_the_open_issue_and_has_another_once_that_is_closed() {
    let before = marker(&in_force(10 * HOUR));
    let again = Act::Again { issue: 1, count: 2, reopens: false };
    for (hours, open, closed) in
        [(9, vec![], vec![]), (11, vec![], vec![]), (12, vec![again], vec![Act::Open])]
    {
        let duty = in_force(hours * HOUR);
        assert_eq!(acts(&duty, &[issue(1, true, before.clone())]), open, "{hours}");
        assert_eq!(acts(&duty, &[issue(1, false, before.clone())]), closed, "{hours}");
    }
}

#[test]
fn what_was_said_to_have_ended_and_is_in_force_came_again() {
    let duty = in_force(10 * HOUR);
    let ended = Marker { ended: Some(50 * HOUR), ..marker(&duty) };
    let again = Act::Again { issue: 1, count: 2, reopens: false };
    assert_eq!(acts(&duty, &[issue(1, true, ended)]), [again]);
}

#[test]
fn a_beginning_that_nobody_can_see_is_no_new_one() {
    let mut duty = in_force(10 * HOUR);
    let known = [issue(1, true, marker(&duty))];
    duty.state = State::InForce(vec![Affected { at_least: true, ..affected("a", 30 * HOUR) }]);
    assert_eq!(acts(&duty, &known), []);
}

#[test]
fn in_one_period_of_the_calendar_there_is_one_issue() {
    let before = Duty { period: Some(0), ..in_force(10 * HOUR) };
    let known = [issue(1, false, marker(&before))];
    let same = Duty { period: Some(0), ..in_force(30 * HOUR) };
    assert_eq!(acts(&same, &known), [Act::Again { issue: 1, count: 2, reopens: true }]);
    let next = Duty { period: Some(20 * HOUR), ..in_force(30 * HOUR) };
    assert_eq!(acts(&next, &known), [Act::Open]);
    let open = [issue(1, true, marker(&before))];
    assert_eq!(acts(&next, &open), [Act::Again { issue: 1, count: 2, reopens: false }]);
}

#[test]
fn further_slos_are_named_and_one_that_thaws_first_is_no_new_beginning() {
    let both = duty(State::InForce(vec![affected("a", 10 * HOUR), affected("b", 90 * HOUR)]));
    let known = [issue(1, true, marker(&in_force(10 * HOUR)))];
    let duties = [both.clone()];
    let planned = plan(&duties, &known, Bounds { most: 20, webhook: false });
    assert_eq!(planned[0].0.act, Act::Widen { issue: 1 });
    let wider = [issue(1, true, planned[0].1.clone())];
    assert_eq!(acts(&both, &wider), []);
    let last = duty(State::InForce(vec![affected("b", 90 * HOUR)]));
    assert_eq!(acts(&last, &wider), []);
}

#[test]
fn the_end_is_said_once_and_what_is_not_known_changes_nothing() {
    let known = [issue(1, true, marker(&in_force(10 * HOUR)))];
    let ended = duty(State::Idle);
    let duties = [ended.clone()];
    let planned = plan(&duties, &known, Bounds { most: 20, webhook: false });
    assert_eq!(planned[0].0.act, Act::Thaw { issue: 1 });
    assert_eq!(planned[0].1.ended, Some(NOW));
    assert_eq!(acts(&ended, &[issue(1, true, planned[0].1.clone())]), []);
    assert_eq!(acts(&ended, &[]), []);
    for state in [State::Unknown("no data".to_owned()), State::Pending] {
        assert_eq!(acts(&duty(state.clone()), &known), []);
        assert_eq!(acts(&duty(state), &[]), []);
    }
}

#[test]
fn of_two_open_issues_the_older_one_stays() {
    let duty = in_force(10 * HOUR);
    let known = [3, 5, 9].map(|number| issue(number, true, marker(&duty)));
    let withdraw = |issue| Act::Withdraw { issue, original: 3 };
    assert_eq!(acts(&duty, &known), [withdraw(5), withdraw(9)]);
    let gone = Marker { duplicate_of: Some(3), ..marker(&duty) };
    assert_eq!(acts(&duty, &[issue(3, true, marker(&duty)), issue(5, true, gone)]), []);
}

#[test]
fn only_so_many_are_opened_in_a_run() {
    let duties: Vec<Duty> =
        (0..4).map(|number| Duty { service: format!("s{number}"), ..in_force(10 * HOUR) }).collect();
    let planned = plan(&duties, &[], Bounds { most: 2, webhook: true });
    let words: Vec<&str> = planned.iter().map(|(step, _)| step.act.word()).collect();
    assert_eq!(words, ["open", "send", "open", "send", "wait", "wait"]);
}

#[test]
fn the_webhook_is_told_each_beginning_and_the_end_of_what_it_was_told() {
    let told = |duty: &Duty, known: &[Ours]| -> Vec<(String, Marker)> {
        let duties = [duty.clone()];
        let planned = plan(&duties, known, Bounds { most: 20, webhook: true });
        let sent = planned.into_iter().filter_map(|(step, marker)| {
            if let Act::Send { occasion, .. } = step.act { Some((occasion, marker)) } else { None }
        });
        sent.collect()
    };
    let duty = in_force(10 * HOUR);
    let first = told(&duty, &[issue(1, true, marker(&duty))]);
    assert_eq!(first[0].0, "1");
    let known = [issue(1, true, first[0].1.clone())];
    assert_eq!(told(&duty, &known), []);
    let end = told(&self::duty(State::Idle), &known);
    assert_eq!(end[0].0, "1t");
    let known = [issue(1, true, end[0].1.clone())];
    assert_eq!(told(&self::duty(State::Idle), &known), []);
    assert_eq!(told(&in_force(40 * HOUR), &known)[0].0, "2");
    // Whoever was not told of a beginning need not hear of its end.
    assert_eq!(told(&self::duty(State::Idle), &[issue(1, true, marker(&duty))]), []);
    let silent = Duty { notices: Vec::new(), ..in_force(10 * HOUR) };
    assert_eq!(told(&silent, &[]), []);
}

#[test]
fn ours_is_known_by_marker_and_author() {
    let duty = in_force(10 * HOUR);
    let by = |number: u64, author: &str, body: String| {
        let Ours { issue, .. } = issue(number, true, marker(&duty));
        (number, Issue { author: Some(author.to_owned()), body, ..issue })
    };
    let body = marker(&duty).body("head", "rest");
    let all = BTreeMap::from([
        by(1, "mallory", body.clone()),
        by(2, "bot", format!("> {body}")),
        by(3, "Bot", body),
    ]);
    let found: Vec<u64> = ours(&all, "bot").iter().map(|one| one.issue.number).collect();
    assert_eq!(found, [3]);
}

#[test]
fn an_issue_of_hundreds_of_slos_has_room_for_every_section_and_for_what_people_add() {
    let name = |number: usize| format!("a-service-with-a-rather-long-name-{number:03}");
    let many = (0..400).map(|number| Affected {
        incidents: (0..40).map(|hour| (hour * 5 * HOUR, hour * 5 * HOUR + HOUR, Decimal::ONE)).collect(),
        ..affected(&name(number), 10 * HOUR)
    });
    let duty = duty(State::InForce(many.collect()));
    for purpose in [Purpose::Postmortem, Purpose::Notice] {
        let marker = Marker::of(&duty, &purpose, 1);
        let body = apply::body(&duty, &purpose, &marker, &Template::default());
        assert!(body.chars().count() <= 60_000, "{}", body.chars().count());
        assert_eq!(Marker::read(&body), Some(marker), "its first line is whole");
        assert!(body.contains("and 380 more.") && body.contains("And 340 SLOs more."), "{body}");
        assert_eq!(body.contains("## Root causes"), purpose == Purpose::Postmortem);
    }
}
