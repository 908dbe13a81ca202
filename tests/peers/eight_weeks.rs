//! Eight weeks of a small company, the same in every run: what each service counted and when it was scraped.
//!
//! There are incidents, restarts, a pod that takes another's place, holes in which nothing was scraped, scrapes that
//! failed one by one, nights and days without traffic, series that come late, go early or are missing for days, and the
//! end of summer time. Everything is whole numbers out of tables and a fixed scattering, so that no file is kept.

use std::fmt::Write as _;

/// The first instant, in seconds: 2026-09-26T12:00:00Z.
pub const BEGIN: i64 = END - 56 * DAY;

/// The last instant: 2026-11-21T12:00:00Z.
pub const END: i64 = 1_795_262_400;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// Minutes of a day.
const MINUTES: i64 = 1_440;

/// Stretches in which nothing at all was scraped, in minutes since the beginning, and how many; counters went on.
const HOLES: [(i64, i64); 5] = [
    (10 * MINUTES + 133, 150),
    (23 * MINUTES + 1_031, 12),
    (33 * MINUTES + 917, 47),
    (44 * MINUTES + 1_322, 150),
    (54 * MINUTES + 600, 61),
];

/// Which events a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    All,
    Good,
    Bad,
    /// Bad ones, by a series that is not there before the first of them.
    BadOnceSeen,
}

/// A service, as its pods count it.
struct Service {
    /// Its counters, without the label of the pod and the closing brace.
    counters: &'static [(&'static str, Counts)],
    /// Its pods, each from one day to another of the history, in hours.
    pods: &'static [(&'static str, i64, i64)],
    /// Minutes from scrape to scrape.
    scrape: i64,
    /// Events of a pod within a thousand minutes, on average.
    rate: u64,
    /// Failures within a million events.
    failing: u64,
    /// The hour since the beginning, minutes, and failures within a million events meanwhile.
    incidents: &'static [(i64, i64, u64)],
    /// The hour since the beginning, and hours without an event.
    silences: &'static [(i64, i64)],
}

/// A pod that is there all the time.
const ALWAYS: (&str, i64, i64) = ("a", 0, 56 * 24 + 1);

/// A service of one pod that has nothing to tell.
const PLAIN: Service = Service {
    counters: &[],
    pods: &[ALWAYS],
    scrape: 2,
    rate: 60_000,
    failing: 1_000,
    incidents: &[],
    silences: &[],
};

/// All services; `ghost` has an SLO and is none of them.
const SERVICES: [Service; 12] = [
    // Two pods, one of which is replaced; an incident that hurts and one that exhausts.
    Service {
        counters: &[
            (r#"http_requests_total{env="prod",service="checkout",code="200""#, Counts::Good),
            (r#"http_requests_total{env="prod",service="checkout",code="500""#, Counts::Bad),
        ],
        pods: &[ALWAYS, ("b", 0, 720), ("c", 720, 56 * 24 + 1)],
        scrape: 1,
        rate: 200_000,
        failing: 100,
        incidents: &[(489, 180, 50_000), (1_155, 360, 105_000)],
        ..PLAIN
    },
    // Another environment of it, where everything fails.
    Service {
        counters: &[(r#"http_requests_total{env="staging",service="checkout",code="500""#, Counts::All)],
        scrape: 15,
        ..PLAIN
    },
    // A budget of a thousand events.
    Service {
        counters: &[
            (r#"http_requests_total{env="prod",service="login",code="200""#, Counts::Good),
            (r#"http_requests_total{env="prod",service="login",code="500""#, Counts::Bad),
        ],
        scrape: 1,
        rate: 25_000,
        failing: 400,
        incidents: &[(1_300, 90, 120_000)],
        ..PLAIN
    },
    // Good and all by the buckets of a histogram.
    Service {
        counters: &[
            (r#"request_duration_seconds_bucket{env="prod",service="search",le="0.4""#, Counts::Good),
            (r#"request_duration_seconds_bucket{env="prod",service="search",le="+Inf""#, Counts::All),
        ],
        rate: 100_000,
        failing: 2_000,
        incidents: &[(52 * 24, 480, 950_000)],
        ..PLAIN
    },
    // A month that ends in the red; the first incident goes through the change of the clock.
    Service {
        counters: &[
            (r#"mails_total{env="prod",result="sent""#, Counts::Good),
            (r#"mails_total{env="prod",result="failed""#, Counts::Bad),
        ],
        failing: 3_000,
        incidents: &[(682, 480, 400_000), (34 * 24, 600, 300_000)],
        ..PLAIN
    },
    // Twice away for days.
    Service {
        counters: &[
            (r#"imports_total{env="prod",outcome="ok""#, Counts::Good),
            (r#"imports_total{env="prod",outcome="broken""#, Counts::Bad),
        ],
        pods: &[("a", 0, 21 * 24), ("a", 23 * 24 + 5, 41 * 24 + 3), ("a", 42 * 24 + 15, 56 * 24 + 1)],
        failing: 5_000,
        ..PLAIN
    },
    // Thirty days old.
    Service {
        counters: &[
            (r#"calls_total{env="prod",service="young",status="ok""#, Counts::Good),
            (r#"calls_total{env="prod",service="young",status="error""#, Counts::Bad),
        ],
        pods: &[("a", 26 * 24, 56 * 24 + 1)],
        ..PLAIN
    },
    // Not scraped any more.
    Service {
        counters: &[
            (r#"calls_total{env="prod",service="gone",status="ok""#, Counts::Good),
            (r#"calls_total{env="prod",service="gone",status="error""#, Counts::Bad),
        ],
        pods: &[("a", 0, 56 * 24 - 7)],
        ..PLAIN
    },
    // Nights and a last day without a call.
    Service {
        counters: &[
            (r#"calls_total{env="prod",service="quiet",status="ok""#, Counts::Good),
            (r#"calls_total{env="prod",service="quiet",status="error""#, Counts::Bad),
        ],
        failing: 1_000,
        incidents: &[(50 * 24, 300, 90_000)],
        silences: &[(12, 7), (36, 7), (600, 72), (1_100, 9), (56 * 24 - 30, 31)],
        ..PLAIN
    },
    // Never failed before a day of the fifth week.
    Service {
        counters: &[
            (r#"calls_total{env="prod",service="proud",status="ok""#, Counts::Good),
            (r#"calls_total{env="prod",service="proud",status="error""#, Counts::BadOnceSeen),
        ],
        failing: 0,
        incidents: &[(30 * 24 + 3, 240, 300_000)],
        ..PLAIN
    },
    // Judged by the hour.
    Service {
        counters: &[
            (r#"frames_total{env="prod",drawn="yes""#, Counts::Good),
            (r#"frames_total{env="prod",drawn="no""#, Counts::Bad),
        ],
        failing: 5_000,
        incidents: &[
            (400, 720, 300_000),
            (700, 960, 300_000),
            (900, 1_020, 400_000),
            (1_000, 600, 200_000),
            (1_200, 1_680, 500_000),
        ],
        ..PLAIN
    },
    // Some five hundred events in four weeks.
    Service {
        counters: &[
            (r#"calls_total{env="prod",service="rare",status="ok""#, Counts::Good),
            (r#"calls_total{env="prod",service="rare",status="error""#, Counts::Bad),
        ],
        scrape: 1,
        rate: 12,
        failing: 13_000,
        ..PLAIN
    },
];

/// The history as `OpenMetrics` text.
pub fn history() -> String {
    let mut text = String::new();
    for (index, service) in SERVICES.iter().enumerate() {
        for (at, (pod, from, until)) in service.pods.iter().enumerate() {
            let seed = u64::try_from(index * 16 + at).expect("small");
            let lives = from * 60..until * 60;
            for (series, counts) in service.counters {
                let series = format!("{series},pod=\"{pod}\"}}");
                service.write(&mut text, &series, *counts, &lives, seed);
            }
        }
    }
    text.push_str("# EOF\n");
    text
}

impl Service {
    /// Writes the samples of a series of a pod.
    fn write(
        &self,
        text: &mut String,
        series: &str,
        counts: Counts,
        lives: &std::ops::Range<i64>,
        seed: u64,
    ) {
        // Every pod is scraped at a second of the minute of its own.
        let second = i64::try_from(scattered(seed, 0) % 60).expect("small");
        let restart = 4_000 * (i64::try_from(seed % 3).expect("small") + 1);
        let (mut value, mut down) = (0_u64, 0);
        for minute in lives.clone() {
            let at = BEGIN + minute * 60 + second;
            if at > END {
                break;
            }
            // It begins again each nine days or so, and is not there for two minutes.
            if (minute - lives.start) % 13_277 == restart {
                (value, down) = (0, minute + 2);
            }
            let hit = scattered(seed, minute + 1);
            let (all, bad) = self.events(minute, hit);
            value += match counts {
                Counts::All => all,
                Counts::Good => all - bad,
                Counts::Bad | Counts::BadOnceSeen => bad,
            };
            let in_hole = HOLES.iter().any(|(from, count)| (*from..from + count).contains(&minute));
            let unseen = counts == Counts::BadOnceSeen && value == 0;
            let failed = (hit >> 40).is_multiple_of(400);
            if minute % self.scrape == 0 && minute >= down && !in_hole && !failed && !unseen {
                writeln!(text, "{series} {value} {at}").expect("a string grows");
            }
        }
    }

    /// The events of a minute, and the bad ones.
    fn events(&self, minute: i64, hit: u64) -> (u64, u64) {
        let hours = |from: i64, count: i64| from * 60..(from + count) * 60;
        if self.silences.iter().any(|(from, count)| hours(*from, *count).contains(&minute)) {
            return (0, 0);
        }
        // From 40 % at midnight to 160 % at noon, and a scattering of a tenth.
        let hour = (BEGIN / 60 + minute) / 60 % 24;
        let level = u64::try_from(40 + 10 * hour.min(24 - hour)).expect("positive") * (90 + hit % 21);
        let all = (self.rate * level + (hit >> 8) % 10_000_000) / 10_000_000;
        let within = |(from, count, _): &&(i64, i64, u64)| (from * 60..from * 60 + count).contains(&minute);
        let failing = self.incidents.iter().find(within).map_or(self.failing, |incident| incident.2);
        (all, ((all * failing + (hit >> 20) % 1_000_000) / 1_000_000).min(all))
    }
}

/// A number that looks like chance (`SplitMix64`).
fn scattered(seed: u64, index: i64) -> u64 {
    let mut mixed =
        (seed << 32 | u64::try_from(index).expect("positive")).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
