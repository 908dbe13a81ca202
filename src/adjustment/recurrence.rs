//! When something comes again, by a rule of RFC 5545: the one door to the crate that knows these rules.
//!
//! The rule is asked by the clock on the wall alone, as if that were UTC, and the instants are found in the zone
//! afterwards, so that there is one database of zones in the product: what begins at 02:00 begins at 02:00 in summer and
//! in winter. A time that the clocks skip is moved on by as much as they skip, and of one that they show twice it is the
//! first (RFC 5545, 3.3.5). Rules are bounded: daily at most, and no more occurrences than anybody plans.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rrule::RRuleSet;

/// The most occurrences that are looked at, from the first one on: one a day from the year 2000 to 2054. What would come
/// behind them is not excluded.
const MOST: usize = 20_000;

/// The parts that a rule may have.
const PARTS: [&str; 10] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYDAY",
    "BYSETPOS",
    "WKST",
];

/// How often a rule may make something come.
const FREQUENCIES: [&str; 4] = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];

/// When something comes again.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrence {
    /// The rule as it was written.
    rule: String,
    /// The clocks that it goes by.
    zone: TimeZone,
    /// The zone's name; none for the offset of the start.
    zone_name: Option<String>,
    /// When each begins, in seconds since the epoch, ascending: all that are looked at.
    begins: Vec<i64>,
}

impl Eq for Recurrence {}

impl Recurrence {
    /// A rule that something obeys from `start` on, by the clocks of a zone.
    ///
    /// # Errors
    /// What is wrong with the rule, and what to do.
    pub fn new(
        rule: &str,
        start: Timestamp,
        zone: TimeZone,
        zone_name: Option<String>,
    ) -> Result<Self, (String, String)> {
        parts(rule)?;
        let clock = start.to_zoned(zone.clone()).datetime();
        let text = format!("DTSTART:{}\nRRULE:{rule}", clock.strftime("%Y%m%dT%H%M%SZ"));
        let refused = |why: &str| {
            let message = format!("the rule `{rule}` cannot be used: {why}");
            (message, "write one such as `FREQ=WEEKLY;BYDAY=SU`".to_owned())
        };
        let set: RRuleSet = text.parse().map_err(|error: rrule::RRuleError| refused(&error.to_string()))?;
        let mut begins = Vec::new();
        for date in (&set.limit()).into_iter().take(MOST) {
            let wall =
                Timestamp::from_second(date.timestamp()).map(|at| at.to_zoned(TimeZone::UTC).datetime());
            let Some(at) = wall.ok().and_then(|wall| instant(wall, &zone)) else { break };
            // What is beyond every calendar of this product is looked at by nobody.
            if wall_year(at) > LAST_YEAR {
                break;
            }
            begins.push(at);
        }
        match begins.first() {
            Some(first) if *first == start.as_second() => {
                Ok(Self { rule: rule.to_owned(), zone, zone_name, begins })
            }
            Some(first) => {
                let message = format!("the start does not fit the rule `{rule}`");
                let first = Timestamp::from_second(*first)
                    .map_or_else(|_| String::new(), |at| at.to_zoned(zone).strftime("%FT%T%:z").to_string());
                Err((message, format!("begin with the first that fits, `{first}`, or correct the rule")))
            }
            None => Err((
                format!("by the rule `{rule}` nothing ever comes"),
                "correct it: a day such as the 30th of February is in no calendar".to_owned(),
            )),
        }
    }

    /// When each begins before an instant, in seconds since the epoch, ascending.
    pub(super) fn begins(&self, until: i64) -> Vec<i64> {
        let count = self.begins.partition_point(|begin| *begin < until);
        self.begins.get(..count).unwrap_or_default().to_vec()
    }

    /// The rule, and by whose clocks: `FREQ=WEEKLY;BYDAY=SU (Europe/Berlin)`.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.zone_name {
            Some(zone) => format!("{} ({zone})", self.rule),
            None => self.rule.clone(),
        }
    }
}

/// The last year that is looked at.
const LAST_YEAR: i16 = 2_100;

/// The year of an instant, in UTC.
fn wall_year(at: i64) -> i16 {
    Timestamp::from_second(at).map_or(i16::MAX, |at| at.to_zoned(TimeZone::UTC).year())
}

/// The instant at which the clocks of a zone show a time, in seconds since the epoch.
fn instant(wall: DateTime, zone: &TimeZone) -> Option<i64> {
    let shown = zone.to_ambiguous_timestamp(wall).compatible().ok()?;
    Some(shown.as_second())
}

/// That a rule has only the parts that it may have, each once.
fn parts(rule: &str) -> Result<(), (String, String)> {
    let mut seen: Vec<&str> = Vec::new();
    for part in rule.split(';') {
        let Some((name, value)) = part.split_once('=') else {
            let message = format!("`{part}` is no part of a rule");
            return Err((message, "write one such as `FREQ=WEEKLY;BYDAY=SU`".to_owned()));
        };
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, ',' | '+' | '-');
        if value.is_empty() || !value.chars().all(plain) {
            let message = format!("`{value}` is no value of `{name}` in a rule");
            return Err((message, "write capitals, digits, `,`, `+` and `-`".to_owned()));
        }
        if name == "UNTIL" {
            let message = "the end of a recurrence does not stand in its rule".to_owned();
            return Err((
                message,
                "take `UNTIL` out, and write the key `until` beside `recurrence`".to_owned(),
            ));
        }
        if matches!(name, "BYHOUR" | "BYMINUTE" | "BYSECOND") {
            let message = format!("`{name}` is refused: what recurs begins once a day at most");
            return Err((
                message,
                "the time of `start` is the time of each; write two exclusions for two times".to_owned(),
            ));
        }
        if !PARTS.contains(&name) {
            let message = format!("`{name}` is no part of a rule that is known here");
            return Err((message, crate::diagnostic::suggestion(name, PARTS)));
        }
        if seen.contains(&name) {
            return Err((format!("`{name}` stands twice in the rule"), "keep one of them".to_owned()));
        }
        if name == "FREQ" && !FREQUENCIES.contains(&value) {
            let message = format!("`FREQ={value}` is refused: what recurs comes daily at most");
            return Err((message, "write DAILY, WEEKLY, MONTHLY or YEARLY".to_owned()));
        }
        seen.push(name);
    }
    if seen.contains(&"FREQ") {
        return Ok(());
    }
    Err((
        "the rule says no frequency".to_owned(),
        "begin it with `FREQ=WEEKLY`, or another frequency".to_owned(),
    ))
}
