//! What adjustments say, when, and of whom.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::revision::compare;
use super::*;
use crate::diagnostic::{Diagnostic, SourceText};

/// An instant in seconds since the epoch.
fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("an instant").as_second()
}

/// The adjustments of a text below its version, and what is wrong in it.
fn loaded(text: &str) -> (Adjustments, Vec<Diagnostic>) {
    load(&[SourceText::new("adjustments.yaml", format!("version: 1\n{text}"))])
}

/// The one exclusion of a shop with these keys.
fn exclusion(keys: &str) -> Exclusion {
    let text = format!("exclusions: [{{name: one, services: [shop], reason: r, agreed_by: po, {keys}}}]\n");
    let (adjustments, problems) = loaded(&text);
    assert_eq!(problems, []);
    adjustments.exclusions.into_iter().next().expect("one")
}

/// When an exclusion begins between two instants, in UTC.
fn begins(exclusion: &Exclusion, from: &str, until: &str) -> Vec<String> {
    let stretches = exclusion.between(at(from), at(until));
    let begin = |(begin, _): &(i64, i64)| Timestamp::from_second(*begin).expect("an instant").to_string();
    stretches.iter().map(begin).collect()
}

#[test]
fn what_recurs_keeps_its_time_on_the_wall_when_the_clocks_are_set() {
    let keys =
        "start: 2026-10-18T04:00:00+02:00, duration: 1h, recurrence: FREQ=WEEKLY, time_zone: Europe/Berlin";
    assert_eq!(
        begins(&exclusion(keys), "2026-10-01T00:00:00Z", "2026-11-05T00:00:00Z"),
        ["2026-10-18T02:00:00Z", "2026-10-25T03:00:00Z", "2026-11-01T03:00:00Z"]
    );
    let fixed = "start: 2026-10-18T04:00:00+02:00, duration: 1h, recurrence: FREQ=WEEKLY";
    assert_eq!(
        begins(&exclusion(fixed), "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ["2026-10-18T02:00:00Z", "2026-10-25T02:00:00Z"],
        "without a zone by the offset of its start"
    );
}

#[test]
fn a_time_that_the_clocks_skip_is_moved_on_and_of_one_shown_twice_it_is_the_first() {
    let daily = |start: &str| {
        exclusion(&format!("start: {start}, duration: 1h, recurrence: FREQ=DAILY, time_zone: Europe/Berlin"))
    };
    // On 29 March 2026 the clocks go from 02:00 to 03:00: half past two is half past three.
    assert_eq!(
        begins(&daily("2026-03-28T02:30:00+01:00"), "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"),
        ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]
    );
    // On 25 October 2026 they go from 03:00 to 02:00.
    assert_eq!(
        begins(&daily("2026-10-24T02:30:00+02:00"), "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"),
        ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
}

#[test]
fn the_day_of_a_rule_is_the_day_on_the_wall() {
    // Sunday 00:30 in Berlin is Saturday in UTC.
    let keys = "start: 2026-11-01T00:30:00+01:00, duration: 1h, recurrence: FREQ=WEEKLY;BYDAY=SU, time_zone: Europe/Berlin";
    assert_eq!(
        begins(&exclusion(keys), "2026-11-01T00:00:00Z", "2026-11-15T00:00:00Z"),
        ["2026-10-31T23:30:00Z", "2026-11-07T23:30:00Z", "2026-11-14T23:30:00Z"],
        "the first still lasts when the window begins"
    );
    let last = "start: 2026-01-30T22:00:00Z, duration: 4h, recurrence: FREQ=MONTHLY;BYDAY=-1FR";
    assert_eq!(
        begins(&exclusion(last), "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"),
        ["2026-01-30T22:00:00Z", "2026-02-27T22:00:00Z", "2026-03-27T22:00:00Z"]
    );
}

#[test]
fn a_recurrence_ends_by_its_count_or_before_its_end() {
    let counted = "start: 2026-11-01T00:00:00Z, duration: 1h, recurrence: FREQ=DAILY;COUNT=2";
    assert_eq!(begins(&exclusion(counted), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z").len(), 2);
    let ended =
        "start: 2026-11-01T00:00:00Z, duration: 1h, recurrence: FREQ=DAILY, until: 2026-11-03T00:00:00Z";
    assert_eq!(
        begins(&exclusion(ended), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"]
    );
    let once = "start: 2026-11-01T00:00:00Z, duration: 1h";
    assert_eq!(begins(&exclusion(once), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z").len(), 1);
}

#[test]
fn hostile_rules_are_refused_with_words() {
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().expect("an instant");
    for (rule, words) in [
        ("FREQ=SECONDLY", "daily at most"),
        ("FREQ=HOURLY", "daily at most"),
        ("FREQ=DAILY;BYSECOND=1,2,3,4,5", "once a day"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "nothing ever comes"),
        ("FREQ=DAILY;COUNT=0", "nothing ever comes"),
        ("FREQ=DAILY;INTERVAL=0", "nothing ever comes"),
        ("FREQ=DAILY\nRDATE:20261102T000000Z", "no value"),
        ("FREQ=DAILY;BYDAY=1\u{221e}", "no value"),
        ("FREQ=DAILY;RDATE=20261102T000000Z", "no part"),
        ("FREQ=DAILY;;", "no part"),
        ("", "no part"),
        ("FREQ=DAILY;COUNT=99999999999999999999", "cannot be used"),
        ("FREQ=YEARLY;BYEASTER=1", "no part"),
    ] {
        let refused = Recurrence::new(rule, start, TimeZone::UTC, None);
        let (message, help) = refused.expect_err(rule);
        assert!(message.contains(words), "{rule}: {message}");
        assert!(!help.is_empty(), "{rule}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_rule_ends_the_process_or_comes_out_of_order(
        frequency in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        parts in proptest::collection::btree_map(
            prop::sample::select(vec!["INTERVAL", "COUNT", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYSETPOS", "WKST"]),
            prop::sample::select(vec!["0", "1", "-1", "2", "5", "13", "31", "53", "366", "-366", "65535", "99999999999", "SU", "-1FR", "5MO,-5TU", "1,2,3"]),
            0..4,
        ),
    ) {
        let parts = parts.iter().map(|(name, value)| format!("{name}={value}"));
        let parts: Vec<String> = std::iter::once(format!("FREQ={frequency}")).chain(parts).collect();
        let rule = parts.join(";");
        let start: Timestamp = "2026-11-01T00:00:00Z".parse().expect("an instant");
        if let Ok(recurrence) = Recurrence::new(&rule, start, TimeZone::UTC, None) {
            let begins = recurrence.within(0..i64::MAX);
            prop_assert!(begins.is_sorted_by(|one, other| one < other), "{rule}");
        }
    }
}

#[test]
fn what_recurs_is_bounded_however_long_it_goes_on() {
    let keys = "start: 2000-01-01T00:00:00Z, duration: 1h, recurrence: FREQ=DAILY";
    let stretches = exclusion(keys).between(0, i64::MAX);
    assert_eq!(stretches.len(), 4_000);
}

#[test]
fn a_change_is_told_of_what_it_adds_moves_and_takes_away() {
    let of = |text: &str| loaded(text).0;
    let night = |name: &str, hours: u8| {
        format!(
            "{{name: {name}, services: [shop], start: 2026-11-01T00:00:00Z, duration: {hours}h, reason: r, agreed_by: po}}"
        )
    };
    let before = of(&format!("exclusions: [{}, {}, {}]\n", night("a", 1), night("b", 1), night("c", 1)));
    let after = of(&format!("exclusions: [{}, {}, {}]\n", night("d", 1), night("c", 1), night("b", 2)));
    let told: Vec<(String, bool, bool)> = compare(&before, &after, Timestamp::MIN)
        .into_iter()
        .map(|one| (one.path(), one.from.is_some(), one.to.is_some()))
        .collect();
    let expected =
        [("exclusions.a", true, false), ("exclusions.b", true, true), ("exclusions.d", false, true)];
    let expected = expected.map(|(path, from, to)| (path.to_owned(), from, to));
    assert_eq!(told, expected);
    assert_eq!(compare(&before, &before, Timestamp::MAX), []);
}

#[test]
fn another_reason_makes_no_other_budget() {
    let of = |reason: &str| {
        let keys = "name: a, services: [shop], start: 2026-11-01T00:00:00Z, duration: 1h, agreed_by: po";
        loaded(&format!("exclusions: [{{{keys}, reason: {reason}}}]\n")).0
    };
    assert_eq!(compare(&of("one"), &of("two"), Timestamp::MAX), []);
}

#[test]
fn what_is_excluded_afterwards_is_told_as_such() {
    let night = "{name: night, services: [shop], start: 2026-11-01T00:00:00Z, duration: 1h, reason: r, agreed_by: po}";
    let after = loaded(&format!("exclusions: [{night}]\n")).0;
    let afterwards = |now: &str| {
        let found = compare(&Adjustments::default(), &after, now.parse().expect("an instant"));
        found[0].to.as_ref().is_some_and(|to| to.ends_with("declared after it began"))
    };
    assert!(afterwards("2026-11-01T00:00:01Z"));
    assert!(!afterwards("2026-11-01T00:00:00Z"));
}

/// So many top-ups, a minute apart.
fn top_ups(many: u32) -> String {
    let line = |minute: u32| {
        let (hour, minute) = (minute / 60, minute % 60);
        let at = format!("2026-10-{:02}T{:02}:{minute:02}:00Z", 1 + hour / 24, hour % 24);
        format!("- {{slo: s, at: \"{at}\", share: 1 %, dependency: d, reason: r, agreed_by: po}}")
    };
    let lines: Vec<String> = (0..many).map(line).collect();
    format!("top_ups:\n{}\n", lines.join("\n"))
}

#[test]
fn a_thousand_top_ups_are_read_and_one_more_is_not() {
    let (read, problems) = loaded(&top_ups(1_000));
    assert_eq!((read.top_ups.len(), problems), (1_000, Vec::new()));
    let file = |many| SourceText::new("adjustments.yaml", format!("version: 1\n{}", top_ups(many)));
    let (_, problems) = load(&[file(600), file(401)]);
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["there are more than 1000 top-ups"]);
    let (twice, _) = loaded(&top_ups(1_000));
    assert_eq!(compare(&twice, &read, Timestamp::UNIX_EPOCH), []);
}
