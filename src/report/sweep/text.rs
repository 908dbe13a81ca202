//! A sweep for a person at a terminal and in a log: a row for each pull request, and what came of all of them.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::{Done, Line, Sweep};
use crate::report::escape::terminal as clean;
use crate::report::figure;
use crate::report::problem::Look;

/// Columns of the list of services at most.
const SERVICES: usize = 32;

impl Sweep {
    /// The sweep as text.
    #[must_use]
    pub fn text(&self, look: Look) -> String {
        let rows: Vec<[String; 4]> = self.lines.iter().map(|line| row(line, self.word(line.done))).collect();
        let mut widths = [0; 4];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.width().max(*width);
            }
        }
        let mut out = String::new();
        for (line, row) in self.lines.iter().zip(&rows) {
            let cells = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))));
            let cells: Vec<String> = cells.collect();
            let text = format!("  {}  {}", cells.join("  "), clean(line.reason()));
            let _infallible = writeln!(out, "{}", text.trim_end());
        }
        if !rows.is_empty() {
            out.push('\n');
        }
        let _infallible = writeln!(out, "{}", clean(&self.sentence()));
        if let Some(number) = self.resume {
            let _infallible = writeln!(out, "go on behind #{number}: --after {number}");
        }
        for note in &self.notes {
            let _infallible = writeln!(out, "{}", clean(note));
        }
        if look.unicode { out } else { figure::plain(&out) }
    }
}

/// The cells of a row before its reason.
fn row(line: &Line, done: &str) -> [String; 4] {
    let services = match line.services.as_slice() {
        [] => "-".to_owned(),
        services => shortened(&clean(&services.join(", ")), services.len()),
    };
    [format!("#{}", line.number), services, line.turn(), done.to_owned()]
}

/// The names as far as they fit, else how many they are.
fn shortened(names: &str, count: usize) -> String {
    if names.width() <= SERVICES { names.to_owned() } else { format!("{count} services") }
}

impl Line {
    /// From what to what its status turned: `success → failure`.
    pub(super) fn turn(&self) -> String {
        let was = self.was.as_deref().map_or_else(|| "none".to_owned(), clean);
        let said = self.now.as_ref().filter(|_| matches!(self.done, Done::Told | Done::Renewed));
        match said {
            Some(said) if said.state != was => format!("{was} → {}", said.state),
            Some(_) | None => was,
        }
    }
}
