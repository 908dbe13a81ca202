//! What happened before, from the text of a policy to the ruling: each rule of time and state that rests on it.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use slogate::budget::Budget;
use slogate::budget::gap::Gap;
use slogate::budget::series::{Series, Total};
use slogate::catalog::Objective;
use slogate::ledger::{Event, Ledger};
use slogate::policy::Policy;
use slogate::policy::recall;
use slogate::policy::ruling::{Measured, Obstacle, Ruling, Standing, rule};

use super::{HEADER, load, subject};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A freeze that ends by itself, a ramp after it, and one after that.
const CLAUSES: &str = r#"clause("exhausted", "Gone").when(|budget| budget.remaining <= 0)
    .thaws(|budget| budget.remaining >= percent(10)).then(freeze("production").except(["hotfix"]));
clause("ramp", "Ease in").after("exhausted", "2d").then(limit_releases(2));
clause("second-ramp", "Ease in further").after("ramp", "1d").then(limit_releases(5));
clause("letters", "Letters").manual().then(freeze("production"));
clause("after-letters", "Letters are read").after("letters", "1d").then(warn("w"));
"#;

/// A policy whose header has a few more keys.
fn policy(keys: &str) -> Policy {
    load(&format!("{}{CLAUSES}", HEADER.replace("});", &format!("{keys}}});"))))
}

/// Hours since the epoch as an instant.
fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(hours * HOUR).expect("an instant")
}

/// A history of four weeks by the hour and a budget of seven days at 99 %: in the two hours up to 7d 2h every event is
/// bad, so 2,000 of 1,680 that may be.
fn measured(hours: i64) -> Measured {
    let point = |hour: i64| {
        let bad = if (7 * 24 + 1..=7 * 24 + 2).contains(&hour) { 1_000 } else { 0 };
        Some(Total { bad: bad.into(), total: 1_000.into() })
    };
    let series = Series { first: HOUR, step: HOUR, points: (1..=28 * 24).map(point).collect() };
    let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
    let budget = Budget::new(objective, 7 * DAY, series, None);
    Measured { subject: subject(), budget: Ok(Arc::new(budget)), t: hours * HOUR }
}

/// A ledger of events, each with the hours at which it happened.
fn ledger(events: &[(i64, &str)]) -> Ledger {
    let event = |(hours, rest): &(i64, &str)| -> Event {
        let text = format!(r#"{{"at": "{}", {rest}}}"#, at(*hours));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
    };
    Ledger::new(events.iter().map(event).collect())
}

/// The ruling of a clause.
fn ruled(policy: &Policy, clause: &str, hours: i64, events: &[(i64, &str)]) -> Ruling {
    let ledger = ledger(events);
    let rulings = rule(policy, &measured(hours), ledger.until(at(hours)));
    rulings.into_iter().find(|ruling| ruling.clause == clause).expect("a ruling")
}

/// Since when a clause is in force and until when, in hours; none where it is not.
fn span(policy: &Policy, clause: &str, hours: i64, events: &[(i64, &str)]) -> Option<(i64, Option<i64>)> {
    match ruled(policy, clause, hours, events).standing {
        Standing::InForce { since, thaws_at, .. } => Some((since / HOUR, thaws_at.map(|at| at / HOUR))),
        Standing::Idle | Standing::Unknown | Standing::Untriggered => None,
    }
}

const RELEASE: &str = r#""event": "deployment", "service": "checkout", "environment": "production""#;
const TAX: &str = "thaw_tax: 0.5,";

/// When the freeze begins and would end: 7d 2h and 14d 1h.
const FREEZE: (i64, i64) = (7 * 24 + 2, 14 * 24 + 1);

#[test]
fn without_events_a_freeze_ends_where_thaws_holds() {
    assert_eq!(span(&policy(TAX), "exhausted", 10 * 24, &[]), Some((FREEZE.0, Some(FREEZE.1))));
}

#[test]
fn distinct_days_with_a_release_each_add_one_and_the_tax() {
    let days = [(8 * 24, RELEASE), (8 * 24 + 9, RELEASE), (9 * 24, RELEASE), (10 * 24, RELEASE)];
    let ruling = ruled(&policy(TAX), "exhausted", 11 * 24, &days);
    let taxed = ruling.recalled.taxed.expect("taxed");
    assert_eq!((taxed.days, taxed.adds), (3, Decimal::new(45, 1)));
    // 4.5 days are 108 hours.
    assert_eq!(span(&policy(TAX), "exhausted", 12 * 24, &days), Some((FREEZE.0, Some(FREEZE.1 + 108))));
    assert_eq!(
        span(&policy(TAX), "exhausted", FREEZE.1 + 107, &days).map(|found| found.1),
        Some(Some(FREEZE.1 + 108))
    );
    assert_eq!(span(&policy(TAX), "exhausted", FREEZE.1 + 108, &days), None);
    assert_eq!(span(&policy(""), "exhausted", FREEZE.1, &days), None, "without a tax");
}

#[test]
fn days_inside_of_the_extension_count_too() {
    let days = [(8 * 24, RELEASE), (15 * 24, RELEASE), (16 * 24 + 23, RELEASE), (20 * 24, RELEASE)];
    assert_eq!(span(&policy(TAX), "exhausted", 14 * 24, &days), Some((FREEZE.0, Some(FREEZE.1 + 36))));
    assert_eq!(
        span(&policy(TAX), "exhausted", 15 * 24 + 12, &days).map(|found| found.1),
        Some(Some(FREEZE.1 + 72))
    );
    assert_eq!(
        span(&policy(TAX), "exhausted", 17 * 24, &days).map(|found| found.1),
        Some(Some(FREEZE.1 + 108))
    );
    assert_eq!(
        span(&policy(TAX), "exhausted", FREEZE.1 + 108, &days),
        None,
        "the fourth comes after its end"
    );
}

#[test]
fn what_is_exempt_elsewhere_or_under_a_silver_bullet_is_not_taxed() {
    let keys = "thaw_tax: 0.5, silver_bullets: 1,";
    let events = [
        (
            8 * 24,
            r#""event": "deployment", "service": "checkout", "environment": "production", "class": "hotfix""#,
        ),
        (8 * 24, r#""event": "deployment", "service": "checkout", "environment": "staging""#),
        (8 * 24, r#""event": "deployment", "service": "ledger", "environment": "production""#),
        (7 * 24, RELEASE),
        (
            9 * 24,
            r#""event": "silver_bullet", "policy": "payments", "environment": "production", "head": "a", "by": "@vp", "reason": "r""#,
        ),
        (9 * 24, r#""event": "deployment", "service": "checkout", "environment": "production", "head": "a""#),
    ];
    assert_eq!(span(&policy(keys), "exhausted", 12 * 24, &events), Some((FREEZE.0, Some(FREEZE.1))));
    let taxed = span(&policy(TAX), "exhausted", 12 * 24, &events);
    assert_eq!(taxed, Some((FREEZE.0, Some(FREEZE.1 + 36))), "where there are no bullets, none exempts");
}

#[test]
fn a_silver_bullet_takes_back_no_tax_of_a_release_before_it() {
    let keys = "thaw_tax: 0.5, silver_bullets: 1,";
    let release = r#""event": "deployment", "service": "checkout", "environment": "production", "head": "a""#;
    let bullet = r#""event": "silver_bullet", "policy": "payments", "environment": "production", "head": "a", "by": "@vp", "reason": "r""#;
    let events = [(9 * 24, release), (10 * 24, bullet)];
    let taxed = span(&policy(keys), "exhausted", 12 * 24, &events);
    assert_eq!(taxed, Some((FREEZE.0, Some(FREEZE.1 + 36))));
}

#[test]
fn a_clause_follows_another_from_its_end_for_its_length() {
    let end = FREEZE.1;
    assert_eq!(span(&policy(""), "ramp", end - 1, &[]), None);
    assert_eq!(span(&policy(""), "ramp", end, &[]), Some((end, Some(end + 48))));
    assert_eq!(span(&policy(""), "ramp", end + 47, &[]), Some((end, Some(end + 48))));
    assert_eq!(span(&policy(""), "ramp", end + 48, &[]), None);
    assert_eq!(span(&policy(""), "second-ramp", end + 47, &[]), None);
    assert_eq!(span(&policy(""), "second-ramp", end + 48, &[]), Some((end + 48, Some(end + 72))));
    assert_eq!(span(&policy(""), "ramp", 7 * 24, &[]), None, "nothing has ended yet");
}

#[test]
fn a_clause_that_follows_what_is_not_known_is_not_known() {
    let none = Measured { budget: Err(Gap::Unreachable { detail: "no".to_owned() }), ..measured(240) };
    let rulings = rule(&policy(""), &none, ledger(&[]).until(at(240)));
    let standing = |clause: &str| {
        let ruling = rulings.iter().find(|ruling| ruling.clause == clause).expect("a ruling");
        (ruling.standing, matches!(ruling.obstacle, Some(Obstacle::Unknown { .. })))
    };
    assert_eq!(standing("ramp"), (Standing::Unknown, true));
    assert_eq!(standing("second-ramp"), (Standing::Unknown, true));
    assert_eq!(standing("after-letters"), (Standing::Idle, false), "what a person says needs no budget");
}

#[test]
fn a_clause_that_follows_stays_in_force_while_nothing_is_known() {
    // The history ends three hours after the freeze; from the fourth step on nothing is known any more.
    let ends = FREEZE.1 + 3;
    let blind = |hours: i64| {
        let bad = |hour: i64| if (7 * 24 + 1..=7 * 24 + 2).contains(&hour) { 1_000 } else { 0 };
        let point =
            |hour: i64| Some(Total { bad: bad(hour).into(), total: 1_000.into() }).filter(|_| hour <= ends);
        let series = Series { first: HOUR, step: HOUR, points: (1..=28 * 24).map(point).collect() };
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Ok(Arc::new(Budget::new(objective, 7 * DAY, series, None)));
        let measured = Measured { budget, ..measured(hours) };
        let rulings = rule(&policy(""), &measured, ledger(&[]).until(at(hours)));
        let ramp = rulings.into_iter().find(|ruling| ruling.clause == "ramp").expect("a ruling");
        (ramp.standing, matches!(ramp.obstacle, Some(Obstacle::Unknown { .. })))
    };
    let in_force =
        Standing::InForce { since: FREEZE.1 * HOUR, at_least: false, thaws_at: Some((FREEZE.1 + 48) * HOUR) };
    assert_eq!(blind(ends), (in_force, false));
    assert_eq!(blind(ends + 10), (in_force, true));
    assert_eq!(blind(FREEZE.1 + 48), (Standing::Unknown, true), "the freeze may have come back");
}

#[test]
fn what_was_not_known_before_the_policy_is_effective_begins_nothing() {
    let clauses = r#"clause("blind", "Blind").on_gap().then(warn("w"));
clause("after-blind", "Ease in").after("blind", "12h").then(freeze("production"));
"#;
    let standing = |effective: &str, hours: i64| {
        let policy = load(&format!("{}{clauses}", HEADER.replace("});", &format!("{effective}}});"))));
        let point = |hour: i64| {
            Some(Total { bad: Decimal::ZERO, total: 1_000.into() }).filter(|_| !(200..=210).contains(&hour))
        };
        let series = Series { first: HOUR, step: HOUR, points: (1..=28 * 24).map(point).collect() };
        let objective = Objective::new(Decimal::new(99, 2)).expect("an objective");
        let budget = Ok(Arc::new(Budget::new(objective, 7 * DAY, series, None)));
        let measured = Measured { budget, ..measured(hours) };
        let rulings = rule(&policy, &measured, ledger(&[]).until(at(hours)));
        rulings.into_iter().find(|ruling| ruling.clause == "after-blind").expect("a ruling").standing
    };
    // Known again at 211; the tenth day begins at 216.
    assert!(matches!(standing("", 217), Standing::InForce { .. }));
    assert_eq!(standing("effective_from: \"1970-01-10\",", 217), Standing::Idle);
}

const WORD: &str =
    r#""policy": "payments", "clause": "letters", "service": "checkout", "by": "@ola", "reason": "r""#;

#[test]
fn a_manual_clause_is_in_force_from_its_trigger_to_its_release_and_what_follows_it_after_that() {
    let (trigger, release) =
        (format!(r#""event": "trigger", {WORD}"#), format!(r#""event": "release", {WORD}"#));
    let events = [(240, trigger.as_str()), (250, release.as_str())];
    let policy = policy("");
    assert_eq!(ruled(&policy, "letters", 239, &events).standing, Standing::Untriggered);
    assert_eq!(span(&policy, "letters", 240, &events), Some((240, None)));
    assert_eq!(span(&policy, "letters", 249, &events), Some((240, None)));
    assert_eq!(ruled(&policy, "letters", 250, &events).standing, Standing::Untriggered);
    assert_eq!(span(&policy, "after-letters", 249, &events), None);
    assert_eq!(span(&policy, "after-letters", 250, &events), Some((250, Some(274))));
    assert_eq!(span(&policy, "after-letters", 274, &events), None);
    let again = [events.as_slice(), &[(260, trigger.as_str())]].concat();
    assert_eq!(span(&policy, "after-letters", 260, &again), None, "it has come back");
}

#[test]
fn a_trigger_counts_at_once_and_not_only_at_the_next_point_of_the_grid() {
    let trigger = format!(r#"{{"event": "trigger", "at": "1970-01-11T00:20:00Z", {WORD}}}"#);
    let ledger = Ledger::new(vec![serde_json::from_str(&trigger).expect("an event")]);
    let now: Timestamp = "1970-01-11T00:30:00Z".parse().expect("an instant");
    let rulings = rule(&policy(""), &measured(240), ledger.until(now));
    let letters = rulings.iter().find(|ruling| ruling.clause == "letters").expect("a ruling");
    assert!(matches!(letters.standing, Standing::InForce { .. }), "{letters:?}");
}

#[test]
fn a_top_up_is_given_back_in_the_current_period_by_declared_dependencies_only() {
    let top_up = |dependency: &str, enacted: bool| {
        format!(
            r#""event": "top_up", "slo": "latency", "dependency": "{dependency}", "share": "30 %", "provider_enacted": {enacted}"#
        )
    };
    let strict = policy(r#"top_ups: #{ dependencies: ["payment-gateway"], provider_enacted: true },"#);
    let lenient = policy(r#"top_ups: #{ dependencies: ["payment-gateway"] },"#);
    let left = |policy: &Policy, dependency: &str, enacted: bool| {
        let given = ruled(policy, "exhausted", 10 * 24, &[(9 * 24, &top_up(dependency, enacted))]);
        given.recalled.topped_up
    };
    let given = Decimal::new(3, 1);
    assert_eq!(left(&strict, "payment-gateway", true), given);
    assert_eq!(left(&strict, "payment-gateway", false), Decimal::ZERO);
    assert_eq!(left(&lenient, "payment-gateway", false), given);
    assert_eq!(left(&strict, "search", true), Decimal::ZERO);
    assert_eq!(left(&policy(""), "payment-gateway", true), Decimal::ZERO);
    let events = [(9 * 24, top_up("payment-gateway", true))];
    let events: Vec<(i64, &str)> = events.iter().map(|(hours, text)| (*hours, text.as_str())).collect();
    assert_eq!(span(&strict, "exhausted", 9 * 24 - 1, &events), Some((FREEZE.0, Some(FREEZE.1))));
    assert_eq!(span(&strict, "exhausted", 9 * 24, &events), None, "10.95 % are left with it");
}

#[test]
fn what_has_no_effect_is_told() {
    let mut events = vec![
        (1, r#""event": "top_up", "slo": "latency", "dependency": "search", "share": "5 %""#.to_owned()),
        (
            2,
            r#""event": "top_up", "slo": "latency", "dependency": "payment-gateway", "share": "5 %""#
                .to_owned(),
        ),
        (3, format!(r#""event": "trigger", {}"#, WORD.replace("letters", "exhausted"))),
    ];
    for head in ["a", "b"] {
        let bullet = r#""event": "silver_bullet", "policy": "payments", "environment": "production", "by": "@vp", "reason": "r""#;
        events.push((4, format!(r#"{bullet}, "head": "{head}""#)));
    }
    let events: Vec<(i64, &str)> = events.iter().map(|(hours, text)| (*hours, text.as_str())).collect();
    let keys =
        r#"silver_bullets: 1, top_ups: #{ dependencies: ["payment-gateway"], provider_enacted: true },"#;
    let ledger = ledger(&events);
    let told = |policy: &Policy| {
        recall::in_vain(policy, "latency", ledger.until(at(240))).iter().fold(
            String::new(),
            |mut all, one| {
                writeln!(all, "{one}").expect("memory");
                all
            },
        )
    };
    assert_eq!(
        told(&policy(keys)),
        "the silver bullet of @vp for b on 1970-01-01 lifts nothing: the policy payments has 1 for 1970, which was used up\n\
         the top-up of 5 % for latency on 1970-01-01 gives nothing: the policy payments gives nothing back for search\n\
         the top-up of 5 % for latency on 1970-01-01 gives nothing: the owner of payment-gateway has not enacted an error budget policy\n\
         the word of @ola on 1970-01-01 does nothing: the policy payments has no manual clause exhausted\n"
    );
    let bare = told(&policy(""));
    assert!(bare.contains("the policy payments has no silver bullets"), "{bare}");
    assert!(bare.contains("the policy payments has no top-ups"), "{bare}");
}

#[test]
fn silver_bullets_are_counted_by_calendar_year_and_a_second_shot_at_the_same_is_none() {
    let bullet = |head: &str| {
        format!(
            r#""event": "silver_bullet", "policy": "payments", "environment": "production", "head": "{head}", "by": "@vp", "reason": "r""#
        )
    };
    let year = 365 * 24;
    let shots =
        [(1, "a"), (2, "a"), (3, "b"), (year - 1, "c"), (year, "c")].map(|(at, head)| (at, bullet(head)));
    let shots: Vec<(i64, &str)> = shots.iter().map(|(hours, text)| (*hours, text.as_str())).collect();
    let ledger = ledger(&shots);
    let policy = policy("silver_bullets: 2,");
    let bullets = recall::bullets(&policy, ledger.until(at(2 * year)));
    let heads = |shots: &[&slogate::ledger::SilverBullet]| {
        shots.iter().map(|one| one.head.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((heads(&bullets.heeded), heads(&bullets.in_vain)), ("a a b c".to_owned(), "c".to_owned()));
    assert_eq!((bullets.left(1970), bullets.left(1971), bullets.left(1972)), (Some(0), Some(1), Some(2)));
}

#[test]
fn a_review_is_overdue_once_its_event_has_happened_since_the_policy_is_effective() {
    let review = r#"next_review: #{ or_after: "a priority 1 incident" },"#;
    let text = HEADER.replace(r#"next_review: #{ on: "2027-01-15" },"#, review);
    let from = text.replace("});", "effective_from: \"1970-01-03\",\n});");
    let policy = |header: &str| load(&format!("{header}{CLAUSES}"));
    let occasion = |name: &str| format!(r#""event": "occasion", "name": "{name}""#);
    let (incident, other) = (occasion("a priority 1 incident"), occasion("a priority 2 incident"));
    let happened = |header: &str, hours: i64, event: &str| {
        policy(header).review_after_event(ledger(&[(hours, event)]).until(at(72))).is_some()
    };
    assert!(happened(&text, 47, &incident));
    assert!(!happened(&text, 47, &other));
    assert!(!happened(&text, 73, &incident), "not yet");
    assert!(!happened(&from, 47, &incident), "before the policy was");
    assert!(happened(&from, 48, &incident));
    assert!(!happened(HEADER, 47, &incident));
}
