//! The depletion curve of one budget as a chart on a terminal: what was left at each point of the period, what would be
//! left ahead, and no column at all where it is not known.
//!
//! What is left stands on the line of nothing left, in eighths of a cell; debt hangs below it, hatched. Without Unicode the
//! cells are `#`, `!` and `:`. It is of columns, because a line has no sign for a hole.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::report::problem::Look;

/// Rows for what is left, from nothing to all of it.
const ABOVE: i64 = 8;
/// The most rows for debt, as high as the others; what is deeper is marked as cut.
const BELOW: i64 = 8;
/// Cells before the chart: a label and the axis.
const MARGIN: usize = 9;
/// The most cells of the chart.
const WIDEST: usize = 112;
/// Cells that a date and the room around it take.
const DATE: usize = 12;
/// Seconds of two days, below which hours are written in place of dates.
const SHORT: i64 = 172_800;
/// Eighths of a cell, from the ground.
const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The grid point, in seconds since the epoch.
    pub at: i64,
    /// What is left there.
    pub left: Left,
}

/// What is left at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// So much was left.
    Known(Decimal),
    /// It is not known.
    Unknown,
    /// So much would be left.
    Ahead(Decimal),
    /// It lies ahead, and nobody supposes anything.
    Open,
}

/// How a cell is coloured where there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ink {
    /// As everything else.
    Plain,
    /// What is left.
    Left,
    /// Debt, and what is not known.
    Alarm,
    /// What lies ahead.
    Faint,
}

/// The chart, its axes included, each line with a newline. `marks` are instants to point at below the axis.
#[must_use]
pub fn chart(points: &[Point], marks: &[i64], zone: &TimeZone, look: Look) -> String {
    let width = look.width.saturating_sub(MARGIN + 2).clamp(20, WIDEST);
    let columns = columns(points, width);
    let mut out = String::new();
    for row in (0..ABOVE).rev() {
        let label = if (row + 1) % 2 == 0 { Some((row + 1) * 100 / ABOVE) } else { None };
        line(&mut out, label, '│', '|', look, columns.iter().map(|left| above(*left, row, look.unicode)));
    }
    line(&mut out, Some(0), '┼', '+', look, columns.iter().map(|left| ground(*left, look.unicode)));
    let deepest = columns.iter().filter_map(|left| left.share()).map(|share| rows(-share)).max().unwrap_or(0);
    for row in 0..deepest.min(BELOW) {
        let label = if (row + 1) % 2 == 0 { Some(-(row + 1) * 100 / ABOVE) } else { None };
        line(&mut out, label, '│', '|', look, columns.iter().map(|left| below(*left, row, look.unicode)));
    }
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        let column = |at: i64| {
            let share = Decimal::from(at - first.at) / Decimal::from((last.at - first.at).max(1));
            (share * Decimal::from(columns.len())).floor().to_usize().unwrap_or(0).min(columns.len() - 1)
        };
        if !marks.is_empty() {
            let mark = if look.unicode { '▲' } else { '^' };
            let marked: Vec<usize> = marks.iter().map(|at| column(*at)).collect();
            let cell = |index| if marked.contains(&index) { mark } else { ' ' };
            let cells: String = (0..columns.len()).map(cell).collect();
            let _infallible = writeln!(out, "{}{}", " ".repeat(MARGIN), cells.trim_end());
        }
        let _infallible =
            writeln!(out, "{}{}", " ".repeat(MARGIN), dates(first.at, last.at, columns.len(), zone));
    }
    out
}

impl Left {
    /// The share, where there is one.
    const fn share(self) -> Option<Decimal> {
        match self {
            Self::Known(share) | Self::Ahead(share) => Some(share),
            Self::Unknown | Self::Open => None,
        }
    }
}

/// One point for each of so many columns, the last one for the last of them.
fn columns(points: &[Point], width: usize) -> Vec<Left> {
    let columns = width.min(points.len().max(1) * 4);
    (1..=columns)
        .map(|column| (column * points.len()).div_ceil(columns).saturating_sub(1))
        .map(|index| points.get(index).map_or(Left::Open, |point| point.left))
        .collect()
}

/// How many rows a share reaches into, from the ground.
fn rows(share: Decimal) -> i64 {
    (share.min(Decimal::TEN) * Decimal::from(ABOVE)).ceil().to_i64().unwrap_or(0).max(0)
}

/// A cell above the ground, in a row counted from there.
fn above(left: Left, row: i64, unicode: bool) -> (char, Ink) {
    let Some(share) = left.share() else { return (' ', Ink::Plain) };
    let cell = (share * Decimal::from(ABOVE) - Decimal::from(row)).clamp(Decimal::ZERO, Decimal::ONE);
    let half = cell >= Decimal::new(5, 1);
    match left {
        Left::Ahead(_) => (
            if !half {
                ' '
            } else if unicode {
                '░'
            } else {
                ':'
            },
            Ink::Faint,
        ),
        Left::Known(_) | Left::Unknown | Left::Open if unicode => {
            let eighths = (cell * Decimal::from(8)).round().to_usize().unwrap_or(0);
            (eighths.checked_sub(1).and_then(|index| EIGHTHS.get(index)).copied().unwrap_or(' '), Ink::Left)
        }
        Left::Known(_) | Left::Unknown | Left::Open => (if half { '#' } else { ' ' }, Ink::Left),
    }
}

/// A cell on the ground: a line, and a dot where it is not known.
const fn ground(left: Left, unicode: bool) -> (char, Ink) {
    match (left, unicode) {
        (Left::Unknown, true) => ('·', Ink::Alarm),
        (Left::Unknown, false) => ('?', Ink::Alarm),
        (Left::Known(_) | Left::Ahead(_) | Left::Open, true) => ('─', Ink::Plain),
        (Left::Known(_) | Left::Ahead(_) | Left::Open, false) => ('-', Ink::Plain),
    }
}

/// A cell below the ground, in a row counted from there.
fn below(left: Left, row: i64, unicode: bool) -> (char, Ink) {
    let deep = left.share().map_or(0, |share| rows(-share));
    if row >= deep {
        return (' ', Ink::Plain);
    }
    let cut = row + 1 == BELOW && deep > BELOW;
    match (cut, unicode) {
        (true, true) => ('▼', Ink::Alarm),
        (true, false) => ('v', Ink::Alarm),
        (false, true) => ('▒', Ink::Alarm),
        (false, false) => ('!', Ink::Alarm),
    }
}

/// One line of the chart.
fn line(
    out: &mut String,
    label: Option<i64>,
    axis: char,
    plain: char,
    look: Look,
    cells: impl Iterator<Item = (char, Ink)>,
) {
    let label = label.map_or_else(String::new, |percent| format!("{percent} %"));
    let axis = if look.unicode { axis } else { plain };
    let mut text = format!("{label:>width$} {axis}", width = MARGIN - 2);
    let mut last = Ink::Plain;
    for (cell, ink) in cells {
        if look.colour && ink != last && cell != ' ' {
            text.push_str(match ink {
                Ink::Plain => "\u{1b}[0m",
                Ink::Left => "\u{1b}[0;32m",
                Ink::Alarm => "\u{1b}[0;31m",
                Ink::Faint => "\u{1b}[0;2m",
            });
            last = ink;
        }
        text.push(cell);
    }
    let _infallible =
        writeln!(out, "{}{}", text.trim_end(), if last == Ink::Plain { "" } else { "\u{1b}[0m" });
}

/// The dates below the chart, or the hours where it is of less than two days.
fn dates(first: i64, last: i64, columns: usize, zone: &TimeZone) -> String {
    let form = if last - first < SHORT { "%H:%M" } else { "%-d %b" };
    let mut text = String::new();
    let mut column = 0;
    while column + DATE / 2 <= columns {
        let span = i64::try_from(column).ok().and_then(|column| column.checked_mul(last - first));
        let at =
            span.zip(i64::try_from(columns).ok()).map_or(first, |(span, columns)| first + span / columns);
        let said = Timestamp::from_second(at)
            .map_or_else(|_| String::new(), |at| at.to_zoned(zone.clone()).strftime(form).to_string());
        let _infallible = write!(text, "{said:<DATE$}");
        column += DATE;
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(lefts: &[Left], unicode: bool) -> Vec<String> {
        let points: Vec<Point> =
            lefts.iter().zip(0i64..).map(|(left, index)| Point { at: index * 86_400, left: *left }).collect();
        let look = Look { colour: false, unicode, width: 40, room: 40 };
        chart(&points, &[], &TimeZone::UTC, look).lines().map(ToOwned::to_owned).collect()
    }

    fn known(percent: i64) -> Left {
        Left::Known(Decimal::new(percent, 2))
    }

    #[test]
    fn a_point_that_is_not_known_has_no_column() {
        for (unicode, hole) in [(true, '·'), (false, '?')] {
            let lines = drawn(&[known(100), Left::Unknown, known(0)], unicode);
            let ground = lines.iter().find(|line| line.contains(" 0 %")).expect("the ground");
            assert!(ground.contains(hole), "{ground}");
            let top: Vec<char> = lines[0].chars().skip(MARGIN).collect();
            assert!(!top.is_empty() && top.iter().all(|cell| *cell == top[0]), "{top:?}");
            assert_eq!(top.len() * 3, ground.chars().skip(MARGIN).count());
        }
    }

    #[test]
    fn debt_hangs_below_the_ground_and_all_of_it_is_marked() {
        let lines = drawn(&[known(50), known(-25), known(-1_000)], true);
        let below: Vec<&String> = lines.iter().skip_while(|line| !line.contains(" 0 %")).skip(1).collect();
        assert_eq!(below.len(), 9, "{lines:#?}");
        assert!(below[1].contains('▒') && below[7].contains('▼'));
        assert!(below[7].matches('▼').count() * 2 == below[1].matches('▒').count());
        assert!(drawn(&[known(50)], true).iter().all(|line| !line.contains('▒')));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_ascii_is_ascii() {
        let lefts: Vec<Left> = (0..300).map(|index| known(100 - index)).collect();
        for width in [20, 40, 80, 300] {
            let points: Vec<Point> =
                lefts.iter().zip(0..).map(|(left, at)| Point { at: at * 3_600, left: *left }).collect();
            let look = Look { colour: false, unicode: false, width, room: width };
            let text = chart(&points, &[7_200], &TimeZone::UTC, look);
            assert!(text.is_ascii(), "{text}");
            assert!(text.lines().all(|line| line.len() <= width.max(31)), "{width}\n{text}");
        }
    }
}
