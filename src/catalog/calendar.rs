//! Periods that follow the calendar: where each begins and ends, by the clocks of a time zone, with its real length.
//!
//! The first period begins at `startTime`, and each next one a `duration` later by the clocks, before the first one as
//! well. Months, quarters and years are reckoned from the first beginning, so that the 31st comes back after a shorter
//! month. A day on which the clocks change has 23 or 25 hours. An instant that the clocks skip is the one after the
//! gap, one that they show twice is the first. A rule of ours: periods of `4w` that begin with the Monday of a year's
//! first week (ISO 8601) begin anew with each year; the year's thirteenth period has five weeks in a year of 53.

use jiff::civil::{DateTime, ISOWeekDate, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit};

use super::period::DAY;
use crate::diagnostic::{self, Code, Diagnostic, Place};
use crate::document::Part;

/// An hour, in seconds: what a change of the clocks adds to a period.
const HOUR: i64 = 3_600;
/// Periods of four weeks in a year.
const IN_A_YEAR: i64 = 13;

/// Where the periods of the calendar begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// When the first one begins, by the clocks of the zone.
    start: DateTime,
    /// The time zone.
    zone: TimeZone,
    /// How long each lasts.
    every: Every,
    /// Where it is said.
    pub place: Place,
}

/// How long a period of the calendar lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Every {
    /// So many seconds, whatever the clocks do.
    Seconds(i64),
    /// So many days.
    Days(i64),
    /// So many months.
    Months(i64),
    /// Four weeks of a year that begins with its first week; five for the last one of a year of 53.
    FourWeeks,
}

impl Every {
    /// What a count of a unit of OpenSLO's shorthand stands for in a calendar; none for a unit that there is not.
    pub(super) const fn of(count: i64, unit: char) -> Option<Self> {
        Some(match unit {
            's' => Self::Seconds(count),
            'm' => Self::Seconds(count.saturating_mul(60)),
            'h' => Self::Seconds(count.saturating_mul(HOUR)),
            'd' => Self::Days(count),
            'w' => Self::Days(count.saturating_mul(7)),
            'M' => Self::Months(count),
            'Q' => Self::Months(count.saturating_mul(3)),
            'Y' => Self::Months(count.saturating_mul(12)),
            _ => return None,
        })
    }

    /// The longest of such periods, in seconds.
    const fn longest(self) -> i64 {
        match self {
            Self::Seconds(seconds) => seconds,
            Self::Days(days) => days.saturating_mul(DAY).saturating_add(HOUR),
            Self::Months(12) => 366 * DAY + HOUR,
            // Never more than 30.6 days a month, rounded up: 31, 62, 92, 123 …
            Self::Months(months) => (months.saturating_mul(306).saturating_add(9) / 10) * DAY + HOUR,
            Self::FourWeeks => 35 * DAY + HOUR,
        }
    }
}

impl Calendar {
    /// A calendar whose first period begins at an instant by the clocks of a zone.
    pub(super) fn new(start: DateTime, zone: TimeZone, every: Every, place: Place) -> Self {
        let week = start.date().iso_week_date();
        let first = week.week() == 1 && week.weekday() == Weekday::Monday;
        let every = if first && every == Every::Days(28) { Every::FourWeeks } else { every };
        Self { start, zone, every, place }
    }

    /// The calendar of a mapping with `startTime` and `timeZone`, for periods of a duration such as `1M`; what is wrong
    /// with it is told.
    pub fn read(part: Part<'_>, duration: &str, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let (count, unit) = super::period::counted(duration)?;
        read(part, Every::of(count, unit)?, problems)
    }

    /// A calendar from its three words, such as `2026-01-01 00:00:00`, `Europe/Berlin` and `1M`.
    #[cfg(test)]
    pub(crate) fn of(start: &str, zone: &str, duration: &str) -> Self {
        let start = DateTime::strptime("%Y-%m-%d %H:%M:%S", start).expect("a date with a time");
        let every = super::period::counted(duration).and_then(|(count, unit)| Every::of(count, unit));
        let place = Place::new(&diagnostic::SourceText::new("slo.yaml", "calendar"), 0..8);
        Self::new(start, TimeZone::get(zone).expect("a zone"), every.expect("a duration"), place)
    }

    /// The longest of its periods, in seconds.
    #[must_use]
    pub const fn longest(&self) -> i64 {
        self.every.longest()
    }

    /// Whether the periods of two calendars are the same, wherever that is said.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.start, &self.zone, self.every) == (other.start, &other.zone, other.every)
    }

    /// The zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first instants, in seconds since the epoch, of the period in which the step lies that ends at `t`, and of the
    /// next one: a step belongs to the period that it ends in. None where no calendar reaches.
    #[must_use]
    pub fn bounds(&self, t: i64) -> Option<(i64, i64)> {
        let number = self.number(t.checked_sub(1)?)?;
        Some((self.begins(number)?, self.begins(number.checked_add(1)?)?))
    }

    /// The days by the clocks of the zone that are left of the period in which an instant lies, one that has begun
    /// included, however many hours a day has: 1 on the last day. None where no calendar reaches.
    #[must_use]
    pub fn days_left(&self, instant: i64) -> Option<i64> {
        let ends = self.clocks(self.number(instant)?.checked_add(1)?)?;
        let left = ends.duration_since(self.shown(instant)?).as_secs();
        // Clocks that are put back may show a later time before the end than at it.
        Some(left.div_euclid(DAY).saturating_add(i64::from(left.rem_euclid(DAY) > 0)).max(1))
    }

    /// The number of the period that an instant lies in.
    fn number(&self, instant: i64) -> Option<i64> {
        let mut number = self.near(instant)?;
        while self.begins(number)? > instant {
            number -= 1;
        }
        while self.begins(number + 1)? <= instant {
            number += 1;
        }
        Some(number)
    }

    /// What the clocks of the zone show at an instant.
    fn shown(&self, instant: i64) -> Option<DateTime> {
        Some(Timestamp::from_second(instant).ok()?.to_zoned(self.zone.clone()).datetime())
    }

    /// The number of a period that lies near an instant, or is its own.
    fn near(&self, instant: i64) -> Option<i64> {
        let local = self.shown(instant)?;
        Some(match self.every {
            Every::Seconds(seconds) => (instant - self.second(self.start)?).div_euclid(seconds.max(1)),
            Every::Days(days) => {
                let apart = self.start.date().until((Unit::Day, local.date())).ok()?;
                i64::from(apart.get_days()).div_euclid(days.max(1))
            }
            Every::Months(months) => {
                let count = |at: DateTime| i64::from(at.year()) * 12 + i64::from(at.month());
                (count(local) - count(self.start)).div_euclid(months.max(1))
            }
            Every::FourWeeks => {
                let week = local.date().iso_week_date();
                let of_year = (i64::from(week.week()) - 1) / 4;
                i64::from(week.year()) * IN_A_YEAR + of_year.min(IN_A_YEAR - 1)
            }
        })
    }

    /// When the period of a number begins, in seconds since the epoch.
    fn begins(&self, number: i64) -> Option<i64> {
        if let Every::Seconds(seconds) = self.every {
            return self.second(self.start)?.checked_add(number.checked_mul(seconds)?);
        }
        self.second(self.clocks(number)?)
    }

    /// The same by the clocks of the zone, whether or not they ever show it.
    fn clocks(&self, number: i64) -> Option<DateTime> {
        let after = |span: Span| self.start.checked_add(span).ok();
        match self.every {
            Every::Seconds(_) => self.shown(self.begins(number)?),
            Every::Days(days) => after(Span::new().try_days(number.checked_mul(days)?).ok()?),
            Every::Months(months) => after(Span::new().try_months(number.checked_mul(months)?).ok()?),
            Every::FourWeeks => first_of_four_weeks(
                number.div_euclid(IN_A_YEAR),
                number.rem_euclid(IN_A_YEAR),
                self.start.time(),
            ),
        }
    }

    /// An instant by the clocks of the zone, in seconds since the epoch.
    fn second(&self, local: DateTime) -> Option<i64> {
        Some(local.to_zoned(self.zone.clone()).ok()?.timestamp().as_second())
    }
}

/// The Monday with which a period of four weeks of a year begins, both counted from 0.
fn first_of_four_weeks(year: i64, number: i64, time: Time) -> Option<DateTime> {
    let (year, week) = (i16::try_from(year).ok()?, i8::try_from(number * 4 + 1).ok()?);
    Some(ISOWeekDate::new(year, week, Weekday::Monday).ok()?.date().to_datetime(time))
}

/// The calendar of an OpenSLO time window whose periods last so long; what is wrong with it is told.
pub(super) fn read(part: Part<'_>, every: Every, problems: &mut Vec<Diagnostic>) -> Option<Calendar> {
    let (start, zone) = (part.get("startTime")?, part.get("timeZone")?);
    let text = start.text()?;
    let parsed = DateTime::strptime("%Y-%m-%d %H:%M:%S", text);
    if parsed.is_err() {
        let problem = Diagnostic::error(Code::WrongValue, format!("`{text}` is no date with a time"));
        problems.push(problem.at(start.place(), "not a date with a time").help(
            "write the date and the time by the clocks of the time zone, such as `2026-01-01 00:00:00`",
        ));
    }
    let zone = named(zone, problems);
    Some(Calendar::new(parsed.ok()?, zone?, every, part.key_place()))
}

/// The time zone of a name.
fn named(part: Part<'_>, problems: &mut Vec<Diagnostic>) -> Option<TimeZone> {
    let name = part.text()?;
    let zone = TimeZone::get(name).ok();
    if zone.is_none() {
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let near = diagnostic::nearest(name, known.iter().map(String::as_str));
        let help = near.map_or_else(
            || "write a name of the IANA time zone database, such as `Europe/Berlin` or `UTC`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let problem = Diagnostic::error(Code::UnknownName, format!("there is no time zone `{name}`"));
        problems.push(problem.at(part.place(), "not a time zone").help(help));
    }
    zone
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An instant.
    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("an instant").as_second()
    }

    /// The period of an instant, as instants.
    fn bounds(calendar: &Calendar, t: &str) -> (String, String) {
        let (start, end) = calendar.bounds(at(t)).expect("a period");
        let text = |second| Timestamp::from_second(second).expect("an instant").to_string();
        (text(start), text(end))
    }

    fn pair(start: &str, end: &str) -> (String, String) {
        (start.to_owned(), end.to_owned())
    }

    #[test]
    fn a_month_over_a_change_of_the_clocks_has_its_real_length() {
        let berlin = Calendar::of("2026-01-01 00:00:00", "Europe/Berlin", "1M");
        let (start, end) = berlin.bounds(at("2026-10-20T00:00:00Z")).expect("a period");
        assert_eq!(end - start, 31 * DAY + HOUR);
        let (start, end) = berlin.bounds(at("2026-03-20T00:00:00Z")).expect("a period");
        assert_eq!(end - start, 31 * DAY - HOUR);
        assert_eq!(
            bounds(&berlin, "2026-11-21T12:00:00Z"),
            pair("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z")
        );
    }

    #[test]
    fn days_are_counted_by_the_clocks_however_many_hours_they_have() {
        for (zone, every, now, left) in [
            // Clocks put back: a day of 25 hours. Put forward: a little of one day, and one of 23 hours.
            ("Europe/Berlin", "1d", "2026-10-25T00:10:00+02:00", 1),
            ("Europe/Berlin", "1w", "2026-10-25T00:10:00+02:00", 1),
            ("Europe/Berlin", "1w", "2026-03-28T23:30:00+01:00", 2),
            ("Europe/Berlin", "1M", "2026-10-31T23:59:59+01:00", 1),
            ("Europe/Berlin", "1M", "2026-11-01T00:00:00+01:00", 30),
            ("UTC", "12h", "2026-11-01T03:00:00Z", 1),
            // The midnight with which the day ends is skipped: the next one begins at one.
            ("America/Santiago", "1d", "2026-09-05T00:10:00-04:00", 1),
            // The clocks show two again when the period ends.
            ("Europe/Berlin", "30m", "2026-10-25T02:59:00+02:00", 1),
        ] {
            let calendar = Calendar::of("2026-01-05 00:00:00", zone, every);
            let calendar =
                if every == "1M" { Calendar::of("2026-01-01 00:00:00", zone, every) } else { calendar };
            assert_eq!(calendar.days_left(at(now)), Some(left), "{zone} {every} {now}");
        }
    }

    #[test]
    fn a_step_belongs_to_the_period_that_it_ends_in() {
        let month = Calendar::of("2026-01-01 00:00:00", "UTC", "1M");
        assert_eq!(
            bounds(&month, "2026-11-01T00:00:00Z"),
            pair("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")
        );
        assert_eq!(
            bounds(&month, "2026-11-01T00:00:01Z"),
            pair("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
        );
    }

    #[test]
    fn what_begins_on_the_31st_comes_back_to_it_after_a_shorter_month() {
        let month = Calendar::of("2026-01-31 00:00:00", "UTC", "1M");
        assert_eq!(
            bounds(&month, "2026-03-15T00:00:00Z"),
            pair("2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z")
        );
    }

    #[test]
    fn quarters_years_weeks_and_days_follow_their_first_beginning_in_both_directions() {
        let quarter = Calendar::of("2026-02-01 06:00:00", "UTC", "1Q");
        assert_eq!(
            bounds(&quarter, "2025-12-24T00:00:00Z"),
            pair("2025-11-01T06:00:00Z", "2026-02-01T06:00:00Z")
        );
        let year = Calendar::of("2024-02-29 00:00:00", "UTC", "1Y");
        assert_eq!(
            bounds(&year, "2027-01-01T00:00:00Z"),
            pair("2026-02-28T00:00:00Z", "2027-02-28T00:00:00Z")
        );
        let week = Calendar::of("2026-01-05 00:00:00", "America/New_York", "1w");
        assert_eq!(
            bounds(&week, "2026-11-04T00:00:00Z"),
            pair("2026-11-02T05:00:00Z", "2026-11-09T05:00:00Z")
        );
        let over_the_change = week.bounds(at("2026-10-28T00:00:00Z")).expect("a period");
        assert_eq!(over_the_change.1 - over_the_change.0, 7 * DAY + HOUR);
        let half = Calendar::of("2026-01-01 00:00:00", "UTC", "12h");
        assert_eq!(
            bounds(&half, "2025-12-31T13:00:00Z"),
            pair("2025-12-31T12:00:00Z", "2026-01-01T00:00:00Z")
        );
    }

    #[test]
    fn four_weeks_from_the_first_week_of_a_year_begin_anew_with_each_year() {
        // 2026 has 53 weeks: from Monday 29 Dec 2025 to Sunday 3 Jan 2027.
        let weeks = Calendar::of("2025-12-29 00:00:00", "UTC", "4w");
        assert_eq!(
            bounds(&weeks, "2026-12-29T00:00:00Z"),
            pair("2026-11-30T00:00:00Z", "2027-01-04T00:00:00Z")
        );
        assert_eq!(
            bounds(&weeks, "2027-01-05T00:00:00Z"),
            pair("2027-01-04T00:00:00Z", "2027-02-01T00:00:00Z")
        );
        // From any other day they just follow each other.
        let others = Calendar::of("2026-01-05 00:00:00", "UTC", "4w");
        assert_eq!(
            bounds(&others, "2027-01-05T00:00:00Z"),
            pair("2027-01-04T00:00:00Z", "2027-02-01T00:00:00Z")
        );
        assert_eq!(
            bounds(&others, "2026-12-20T00:00:00Z"),
            pair("2026-12-07T00:00:00Z", "2027-01-04T00:00:00Z")
        );
    }

    #[test]
    fn an_instant_that_the_clocks_skip_or_show_twice_begins_one_period() {
        // Midnight of 6 Sep 2026 is skipped in Santiago; 01:30 of 1 Nov 2026 comes twice in New York.
        let santiago = Calendar::of("2026-09-06 00:00:00", "America/Santiago", "1d");
        assert_eq!(
            bounds(&santiago, "2026-09-06T12:00:00Z"),
            pair("2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z")
        );
        let york = Calendar::of("2026-11-01 01:30:00", "America/New_York", "1d");
        assert_eq!(
            bounds(&york, "2026-11-01T20:00:00Z"),
            pair("2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z")
        );
    }

    proptest! {
        #[test]
        fn periods_cover_all_time_without_a_gap_and_none_is_longer_than_the_longest(
            t in 0i64..4_000_000_000,
            month in 1i64..13, days in 1i64..40, kind in 0u8..4, zone in 0usize..5, day in 1i8..29, hour in 0i8..24,
        ) {
            let zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];
            let every = match kind {
                0 => format!("{month}M"),
                1 => format!("{days}d"),
                2 => format!("{days}h"),
                _ => "4w".to_owned(),
            };
            let start = if kind == 3 { "2025-12-29 00:00:00".to_owned() } else { format!("2026-05-{day:02} {hour:02}:00:00") };
            let calendar = Calendar::of(&start, zones[zone], &every);
            let (start, end) = calendar.bounds(t).expect("a period");
            prop_assert!(start < t && t <= end);
            prop_assert!(end - start <= calendar.longest());
            prop_assert_eq!(calendar.bounds(start + 1), Some((start, end)));
            prop_assert_eq!(calendar.bounds(end), Some((start, end)));
            prop_assert_eq!(calendar.bounds(end + 1).map(|(next, _)| next), Some(end));
        }
    }
}
