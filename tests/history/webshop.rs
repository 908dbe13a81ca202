//! The history of `examples/webshop`: eight weeks of a shop whose checkout has overspent.
//!
//! Checkout lost more than a third of its availability budget on 31 October, when the payment gateway timed out, and
//! more than half of it on 17 November, when a release went wrong and was taken back. Search had quiet weeks. There
//! is a staging environment too, which is always broken and must not count.

use jiff::Timestamp;

use crate::dice::Dice;
use crate::traffic::{Counted, Recording, Scraping, Traffic};

/// Seconds between two scrapes.
const SCRAPE: i64 = 600;

/// How many scrapes there are in the eight weeks.
const SCRAPES: i64 = 8 * 7 * 144;

/// The share of a day's peak that each hour sees, in percent.
const HOURS: [u64; 24] = [
    22, 16, 12, 10, 11, 16, 28, 45, 62, 74, 82, 88, 92, 90, 86, 84, 86, 92, 98, 100, 95, 80, 58, 36, //
];

/// The share of a week's peak that each day sees, Monday first, in percent.
const DAYS: [u64; 7] = [86, 88, 90, 92, 100, 96, 84];

/// An instant of the story.
fn at(instant: &str) -> i64 {
    instant.parse::<Timestamp>().expect("an instant").as_second()
}

/// The last scrape, which is a grid point.
fn end() -> i64 {
    at("2026-11-21T12:00:00Z")
}

/// A stretch of trouble: from, until, and how many in a million events are bad.
struct Trouble(i64, i64, u64);

/// The requests of the scrape interval that ends at `instant`, where the busiest one has about `peak`.
fn requests(dice: &mut Dice, instant: i64, peak: u64) -> u64 {
    let hour = usize::try_from(instant.rem_euclid(86_400) / 3_600).expect("an hour");
    let into = u64::try_from(instant.rem_euclid(3_600)).expect("a part of an hour");
    let (now, next) = (HOURS[hour], HOURS[(hour + 1) % 24]);
    // The epoch was a Thursday.
    let day = usize::try_from((instant.div_euclid(86_400) + 3).rem_euclid(7)).expect("a day");
    let level = (now * (3_600 - into) + next * into) / 36;
    let expected = peak * level / 10_000 * DAYS[day] / 100;
    expected * (94 + dice.below(13)) / 100
}

/// Traffic with a steady trickle of bad events, and with troubles on top.
fn traffic(seed: u64, peak: u64, trickle: u64, troubles: &[Trouble]) -> Traffic {
    let mut dice = Dice::seeded(seed);
    let first = end() - SCRAPES * SCRAPE;
    let steps = (1..=SCRAPES).map(|index| {
        let instant = first + index * SCRAPE;
        let total = requests(&mut dice, instant, peak);
        let trouble = troubles.iter().find(|Trouble(from, until, _)| *from < instant && instant <= *until);
        let bad = dice.bad_of(total, trouble.map_or(trickle, |Trouble(_, _, share)| *share));
        (bad, total)
    });
    let steps = steps.collect();
    Traffic { first, step: SCRAPE, steps }
}

/// The whole recording.
pub fn recording() -> String {
    let availability = traffic(
        1,
        640,
        280,
        &[
            Trouble(at("2026-10-10T19:20:00Z"), at("2026-10-10T20:00:00Z"), 60_000),
            Trouble(at("2026-10-31T12:20:00Z"), at("2026-10-31T14:00:00Z"), 115_000),
            Trouble(at("2026-11-17T07:50:00Z"), at("2026-11-17T09:20:00Z"), 237_500),
        ],
    );
    let latency = Traffic {
        steps: {
            let mut dice = Dice::seeded(2);
            let slow = |(_, total): &(u64, u64)| (dice.bad_of(*total, 19_300), *total);
            availability.steps.iter().map(slow).collect()
        },
        ..availability
    };
    let search =
        traffic(3, 260, 700, &[Trouble(at("2026-11-04T16:40:00Z"), at("2026-11-04T17:30:00Z"), 76_000)]);
    let staging = traffic(4, 24, 210_000, &[]);
    let gateway =
        traffic(5, 210, 15, &[Trouble(at("2026-10-31T12:20:00Z"), at("2026-10-31T14:00:00Z"), 98_000)]);

    let checkout =
        deployed(Scraping::every(&availability, 600).over(&["checkout-0", "checkout-1"])).standing_at(48_211);
    let searching = Scraping::every(&search, 600)
        .standing_at(96_402)
        .restarted(0, at("2026-10-14T09:33:00Z"))
        .restarted(0, at("2026-11-10T13:08:00Z"));
    let staged = Scraping::every(&staging, 1_800).standing_at(310);
    let called = Scraping::every(&gateway, 3_600).standing_at(7_301);

    let mut requests = Vec::new();
    for (scraping, traffic, service, environment) in [
        (&checkout, &availability, "checkout", "prod-eu"),
        (&searching, &search, "search", "prod-eu"),
        (&staged, &staging, "checkout", "staging"),
    ] {
        for (counted, code) in [(Counted::Good, "200"), (Counted::Bad, "500")] {
            let labels = [("service", service), ("env", environment), ("code", code)];
            requests.extend(scraping.counters(traffic, counted, &labels));
        }
    }
    let mut durations = Vec::new();
    for (counted, le) in [(Counted::Good, "0.4"), (Counted::All, "+Inf")] {
        let labels = [("service", "checkout"), ("env", "prod-eu"), ("le", le)];
        durations.extend(checkout.counters(&latency, counted, &labels));
    }
    let mut calls = Vec::new();
    for (counted, outcome) in [(Counted::Good, "answered"), (Counted::Bad, "failed")] {
        let labels = [("env", "prod-eu"), ("outcome", outcome)];
        calls.extend(called.counters(&gateway, counted, &labels));
    }
    Recording::default()
        .family("gateway_calls", "counter", "_total", &calls)
        .family("http_requests", "counter", "_total", &requests)
        .family("http_request_duration_seconds", "histogram", "_bucket", &durations)
        .text()
}

/// Checkout's releases: one pod after the other starts again, two minutes apart.
fn deployed(scraping: Scraping) -> Scraping {
    let releases = [
        "2026-10-06T10:12:00Z",
        "2026-10-20T09:41:00Z",
        "2026-11-05T13:27:00Z",
        "2026-11-17T07:44:00Z",
        "2026-11-17T09:16:00Z",
    ];
    releases.iter().fold(scraping, |scraping, release| {
        scraping.restarted(0, at(release)).restarted(1, at(release) + 120)
    })
}
