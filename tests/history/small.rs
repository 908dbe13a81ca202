//! The histories of the cases, each as small as what it shows.
//!
//! The shop of the cases has one service, `shop`, whose requests are counted by one pair of series. Two days of it
//! are enough for an SLO over one day; the hovering one has 32 days for an SLO over seven, and the ragged one is two
//! weeks of two pods that were looked at unevenly.

use jiff::Timestamp;

use crate::dice::Dice;
use crate::traffic::{Counted, Events, Recording, Scraping, Series, Traffic};

/// Seconds in an hour.
const HOUR: i64 = 3_600;

/// All of these histories end here, at a grid point.
fn end() -> i64 {
    "2026-11-21T12:00:00Z".parse::<Timestamp>().expect("an instant").as_second()
}

/// Traffic in hourly steps that ends where all do; `events` is asked for each hour, counted from 1.
fn hourly(hours: u64, events: impl FnMut(u64) -> Events) -> Traffic {
    let first = end() - HOUR * i64::try_from(hours).expect("few hours");
    Traffic { first, step: HOUR, steps: (1..=hours).map(events).collect() }
}

/// Good and bad requests of the shop in production.
fn requests(scraping: &Scraping, traffic: &Traffic) -> Vec<Series> {
    let of = |counted, code| {
        let labels = [("service", "shop"), ("env", "prod"), ("code", code)];
        scraping.counters(traffic, counted, &labels)
    };
    [of(Counted::Good, "200"), of(Counted::Bad, "500")].concat()
}

/// The recording of the shop's requests.
fn recorded(scraping: &Scraping, traffic: &Traffic) -> String {
    Recording::default().family("http_requests", "counter", "_total", &requests(scraping, traffic)).text()
}

/// Two days in which a third of a 99 % budget over one day is spent.
pub fn healthy() -> String {
    let traffic = hourly(48, |hour| (if hour % 3 == 0 { 10 } else { 0 }, 1_000));
    recorded(&Scraping::every(&traffic, 1_800).standing_at(7_000), &traffic)
}

/// Two days: quiet but for an outage ten hours before the end, which spends 125 % of the budget.
pub fn spent() -> String {
    let traffic = hourly(48, |hour| (if hour == 38 { 300 } else { 0 }, 1_000));
    recorded(&Scraping::every(&traffic, 1_800).standing_at(7_000), &traffic)
}

/// Half a day: less than the period of an SLO over one day.
pub fn young() -> String {
    let traffic = hourly(12, |_| (1, 1_000));
    recorded(&Scraping::every(&traffic, 1_800).standing_at(7_000), &traffic)
}

/// 32 days, for a 99 % objective over seven days: 6,720 events may be bad.
///
/// Hour 210 spends the rest of the budget. What burned slowly before rolls off until the budget hovers above
/// nothing, hour 250 takes it below again, and in hour 368 the outage of hour 200 rolls off and the freeze thaws.
/// From hour 380 on, 95 % of the budget burn evenly all the time: with the outage of hour 400 that is too much from
/// hour 533 on, and without it the budget hovers at 5 % for longer than a freeze may merely hover.
pub fn hovering() -> String {
    let traffic = hourly(32 * 24, |hour| {
        let outage = match hour {
            200 => 3_000,
            210 => 2_800,
            250 => 300,
            400 => 900,
            _ => 0,
        };
        let trickle = match hour {
            61..=160 => 10,
            380.. => 38,
            _ => 0,
        };
        (outage + trickle, 4_000)
    });
    recorded(&Scraping::every(&traffic, 900).standing_at(52_000), &traffic)
}

/// Two weeks and a day, for a 99.5 % objective over seven days: two pods that start again now and then, scraped about
/// every five minutes and sometimes not at all, with an outage that spends more than the budget.
pub fn ragged() -> String {
    let mut dice = Dice::seeded(5);
    let hours = 15 * 24;
    let traffic = hourly(hours, |hour| {
        let total = 18_000 + dice.below(4_000) + 300 * (hour % 24);
        let share = if (258..262).contains(&hour) { 200_000 } else { 1_500 };
        (dice.bad_of(total, share), total)
    });
    let mut dice = Dice::seeded(6);
    let end = traffic.last();
    let ago = |hours: i64, minutes: i64| end - hours * HOUR - minutes * 60;
    let scraping = Scraping::every(&traffic, 300)
        .jittered(&mut dice, 100)
        .missing(&mut dice, 40)
        .without(&(ago(61, 50)..ago(61, 28)))
        .over(&["shop-0", "shop-1"])
        .standing_at(311_000)
        .restarted(0, ago(240, 7))
        .restarted(1, ago(240, 3))
        .restarted(0, ago(101, 12))
        .restarted(1, ago(77, 41))
        .restarted(0, ago(30, 22));
    recorded(&scraping, &traffic)
}
