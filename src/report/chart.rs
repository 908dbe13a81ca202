//! Small pictures of a budget for a terminal: a bar and a sparkline.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::report::BudgetLine;

/// Eighths of a block, from empty to full.
const EIGHTHS: [&str; 9] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

/// Heights of a sparkline, from nothing left to everything left.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

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
