//! Small pictures of a budget: a bar and a sparkline for a terminal, a chart for a comment.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::report::BudgetLine;
use crate::report::figure::hundredfold;

/// Eighths of a block, from empty to full.
const EIGHTHS: [&str; 9] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

/// Heights of a sparkline, from nothing left to everything left.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Seconds in an hour.
const HOUR: i64 = 3_600;
/// Seconds in a day.
const DAY: i64 = 86_400;

/// Colours that are seen on light and on dark ground: the line at nothing left, and the budget.
const PALETTE: &str = "%%{init: {\"xyChart\": {\"height\": 260}, \"themeVariables\": {\"xyChart\": {\"plotColorPalette\": \"#8b949e, #e5534b\"}}}}%%\n";

/// The share as a whole number of `parts`, from 0 to `parts`.
fn parts(share: Decimal, parts: u32) -> usize {
    let whole = (share.clamp(Decimal::ZERO, Decimal::ONE) * Decimal::from(parts)).round();
    whole.to_usize().unwrap_or(0)
}

/// What is left as a bar of `width` cells; debt is hatched instead of filled, so that colour is not needed.
#[must_use]
pub fn bar(remaining: Decimal, width: u32, unicode: bool) -> String {
    let debt = remaining < Decimal::ZERO;
    let cells = usize::try_from(width).unwrap_or(0);
    if !unicode {
        let filled = parts(remaining.abs(), width);
        let mark = if debt { "!" } else { "#" };
        return format!("[{}{}]", mark.repeat(filled), " ".repeat(cells - filled));
    }
    let body = if debt {
        let filled = parts(remaining.abs(), width).max(1);
        format!("{}{}", "▒".repeat(filled), " ".repeat(cells - filled))
    } else {
        let eighths = parts(remaining, width.saturating_mul(8));
        let (full, part) = (eighths / 8, EIGHTHS.get(eighths % 8).copied().unwrap_or_default());
        let used = full + usize::from(!part.is_empty());
        format!("{}{part}{}", "█".repeat(full), " ".repeat(cells.saturating_sub(used)))
    };
    format!("▕{body}▏")
}

/// What was left over the period, one cell a point; a point that is not known is a dot.
#[must_use]
pub fn sparkline(line: &BudgetLine, unicode: bool) -> String {
    let cell = |remaining: &Option<Decimal>| match remaining {
        None => '·',
        Some(share) if !unicode => {
            char::from_digit(u32::try_from(parts(*share, 9)).unwrap_or(0), 10).unwrap_or('0')
        }
        Some(share) => HEIGHTS.get(parts(*share, 7)).copied().unwrap_or('▁'),
    };
    line.curve.iter().map(|(_, remaining)| cell(remaining)).collect()
}

/// What was left over the period as a mermaid chart. Labels are dates and numbers of ours, never text from data.
/// None when too little is known to draw a line.
#[must_use]
pub fn mermaid(line: &BudgetLine) -> Option<String> {
    let known: Vec<(i64, Decimal)> =
        line.curve.iter().filter_map(|(at, remaining)| remaining.map(|share| (*at, share))).collect();
    let percent = |share: &Decimal| hundredfold(*share).round_dp(1).normalize();
    let lowest = known.iter().map(|(_, share)| percent(share)).min()?;
    let highest = known.iter().map(|(_, share)| percent(share)).max()?;
    if known.len() < 2 {
        return None;
    }
    let ten = Decimal::TEN;
    let from = ((lowest / ten).floor() * ten).min(Decimal::ZERO);
    let to = ((highest / ten).ceil() * ten).max(Decimal::ONE_HUNDRED);
    let values: Vec<String> = known.iter().map(|(_, share)| percent(share).to_string()).collect();
    let zero: Vec<&str> = known.iter().map(|_| "0").collect();
    let (first, last) = (known.first()?.0, known.last()?.0);
    let (unit, length) = if last - first >= 2 * DAY { ("days", DAY) } else { ("hours", HOUR) };
    let end = Timestamp::from_second(last).ok()?.to_zoned(TimeZone::UTC).strftime("%-d %b %H:%M UTC");
    let mut chart = String::from("```mermaid\n");
    chart.push_str(PALETTE);
    chart.push_str("xychart-beta\n");
    let _ = writeln!(chart, "    x-axis \"{unit} up to {end}\" {} --> 0", (first - last) / length);
    let _ = writeln!(chart, "    y-axis \"% left\" {from} --> {to}");
    let _ = writeln!(chart, "    line [{}]", zero.join(", "));
    let _ = writeln!(chart, "    line [{}]", values.join(", "));
    chart.push_str("```\n");
    Some(chart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_wide_whatever_it_shows() {
        for hundredths in [-300, -100, -23, -1, 0, 1, 38, 50, 99, 100, 130] {
            let share = Decimal::new(hundredths, 2);
            assert_eq!(bar(share, 12, true).chars().count(), 14, "{share}");
            assert_eq!(bar(share, 12, false).chars().count(), 14, "{share}");
        }
    }

    #[test]
    fn debt_is_told_from_budget_without_colour() {
        assert!(bar(Decimal::new(-23, 2), 12, true).contains('▒'));
        assert!(!bar(Decimal::new(23, 2), 12, true).contains('▒'));
    }
}
