//! The table of budgets on a terminal, and the curve of the tightest. Where there is little room, the bars go first, and then
//! the names stand on lines of their own: no name and no number is cut that a wide terminal shows.

use std::fmt::Write as _;

use rust_decimal::Decimal;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Page, clean};
use crate::report::ink::Ink;
use crate::report::{BudgetLine, Figured, attribution, chart, figure, part, period, wrapped};

/// Cells of a budget's bar.
const BAR: u32 = 12;

/// Columns of a bar, its frame and the space behind it.
const FRAMED: usize = 15;

/// Columns of an objective, and of what is left.
const SHARE: usize = 9;

/// Columns of a burn rate.
const RATE: usize = 7;

/// Columns of a title in the table.
const WIDEST: usize = 40;

/// How a table is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    /// What is left has a bar.
    bars: bool,
    /// Columns between two values.
    gap: usize,
    /// Titles stand beside their values, in so many columns; else on lines of their own.
    beside: Option<usize>,
}

impl Layout {
    /// The first that fits of those from the widest to the narrowest; the narrowest where none does.
    fn fitting(widest: usize, room: usize) -> Self {
        let narrowest = Self { bars: false, gap: 2, beside: None };
        let layouts = [
            Self { bars: true, gap: 3, beside: Some(widest) },
            Self { bars: false, gap: 3, beside: Some(widest) },
            Self { bars: false, gap: 2, beside: Some(widest) },
            Self { bars: true, gap: 3, beside: None },
        ];
        layouts.into_iter().find(|layout| layout.width() <= room).unwrap_or(narrowest)
    }

    /// The columns of a row.
    fn width(self) -> usize {
        let title = self.beside.map_or(2, |widest| 2 + widest);
        let left = if self.bars { FRAMED + SHARE } else { SHARE };
        title + self.gap + SHARE + self.gap + left + 3 * (self.gap + RATE)
    }

    /// A row: what it is of, and its values.
    fn row(self, title: &str, values: &str) -> String {
        let Some(widest) = self.beside else { return format!("  {title}\n  {}{values}", self.space()) };
        format!("  {title}{}{}{values}", " ".repeat(widest.saturating_sub(title.width())), self.space())
    }

    /// What stands between two values.
    fn space(self) -> String {
        " ".repeat(self.gap)
    }

    /// What stands above the values.
    fn heading(self) -> String {
        let left = if self.bars {
            format!("{:<width$}", "remaining", width = FRAMED + SHARE)
        } else {
            format!("{:>SHARE$}", "remaining")
        };
        let rates = ["burn 1h", "24h", "72h"].map(|title| format!("{title:>RATE$}"));
        let titles: Vec<String> =
            [format!("{:>SHARE$}", "objective"), left].into_iter().chain(rates).collect();
        titles.join(&self.space())
    }
}

impl Page<'_> {
    /// The table of budgets and the curve of the tightest.
    pub(super) fn budgets(&mut self) {
        if self.report.budgets.is_empty() {
            return;
        }
        self.table();
        for line in &self.report.budgets {
            for said in period::sentence(line).into_iter().chain(part::sentence(line, clean)) {
                self.say("  ", 4, &format!("{}: {said}", self.name(line)));
            }
        }
        for line in &self.report.budgets {
            for through in attribution::notable(self.report, line) {
                let said = attribution::sentence(line, through, clean);
                self.say("  ", 4, &format!("{}: {said}", self.name(line)));
                let rule = [attribution::rule(through.1)];
                for detail in rule.into_iter().chain(attribution::incidents(through.1, clean)) {
                    self.say("    ", 6, &self.look.ink(Ink::Faint, &detail));
                }
            }
        }
        self.adjusted("  ");
        if let Some((line, _)) = self.report.tightest() {
            let curve = chart::sparkline(line, self.look.unicode);
            let name = self.look.ink(Ink::Faint, &wrapped::kept(&self.name(line)));
            self.say("  ", 4, &format!("last {}  {curve}  {name}", figure::period(line.period)));
        }
        self.out.push('\n');
    }

    /// The table of budgets.
    fn table(&mut self) {
        let titles: Vec<String> = self.report.budgets.iter().map(|line| self.name(line)).collect();
        let widest = titles.iter().map(|title| title.width()).max().unwrap_or(0).max(3);
        let layout = Layout::fitting(widest, self.look.room);
        let heading = self.look.ink(Ink::Faint, &layout.row("SLO", &layout.heading()));
        let _ = writeln!(self.out, "{heading}");
        for (line, title) in self.report.budgets.iter().zip(titles) {
            let objective = format!("{:>SHARE$}", figure::objective(line.objective));
            let rest = match &line.figures {
                Ok(known) => self.known(known, layout),
                Err(gap) => self.look.ink(Ink::Alarm, &format!("not known: {}", gap.called())),
            };
            let row = layout.row(&title, &format!("{objective}{}{rest}", layout.space()));
            let _ = writeln!(self.out, "{row}");
        }
    }

    /// A budget's title, cut to what a table bears.
    pub(super) fn name(&self, line: &BudgetLine) -> String {
        let title = clean(&self.report.title(line));
        let mut cut = String::new();
        for character in title.chars() {
            if cut.width() + character.width().unwrap_or(0) > WIDEST {
                cut.push_str(self.glyph("…", "~"));
                break;
            }
            cut.push(character);
        }
        cut
    }

    /// The figures of one known budget: a bar where there is room for it, what is left, how fast it burns.
    fn known(&self, known: &Figured, layout: Layout) -> String {
        let left = format!("{:>SHARE$}", figure::percent(known.remaining));
        let left = if known.remaining <= Decimal::ZERO { self.look.ink(Ink::Alarm, &left) } else { left };
        let rate = |window: usize| match known.burn_rate.get(window) {
            Some(Ok(figure)) if figure.no_traffic => "quiet".to_owned(),
            Some(Ok(figure)) => figure::rate(figure.value),
            Some(Err(_)) | None => "?".to_owned(),
        };
        let bar = chart::bar(known.remaining, BAR, self.look.unicode);
        let left = if layout.bars { format!("{bar} {left}") } else { left };
        let rates = [0, 2, 3].map(|window| format!("{:>RATE$}", rate(window)));
        std::iter::once(left).chain(rates).collect::<Vec<_>>().join(&layout.space())
    }
}
