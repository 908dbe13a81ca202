//! Traces as a table: for a terminal, where an issue takes two lines when a row does not fit, and for a page.

use std::fmt::Write as _;

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::tally::{self, Tally};
use super::{ClauseIs, Trace, counted, more, shown};
use crate::report::escape::{code_span, markdown, terminal};
use crate::report::ink::Ink;
use crate::report::problem::Look;
use crate::report::wrapped;

/// What stands above the columns.
const HEADING: [&str; 7] = ["issue", "clause", "service", "for", "times", "clause is", "state"];

/// A table for a terminal; empty without issues.
#[must_use]
pub fn text(traces: &[Trace], now: Timestamp, look: Look) -> String {
    if traces.is_empty() {
        return String::new();
    }
    let (shown, left) = shown(traces, now);
    let rows: Vec<[String; 7]> = shown.iter().map(|trace| row(trace, now, look)).collect();
    let mut widths = HEADING.map(UnicodeWidthStr::width);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(wrapped::columns(cell));
        }
    }
    let mut text = String::new();
    if widths.iter().map(|width| width + 2).sum::<usize>() <= look.room {
        text.push_str(&look.ink(Ink::Faint, &aligned(&HEADING.map(str::to_owned), widths)));
        text.push('\n');
        for row in &rows {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", aligned(row, widths));
        }
    } else {
        for (row, trace) in rows.iter().zip(&shown) {
            text.push_str(&stacked(row, trace.count, look));
        }
    }
    for said in more(left).into_iter().chain([counted(traces, now)]) {
        text.push_str(&look.hanging("  ", 4, &said));
    }
    text.push_str(&tally::text(&Tally::of(traces, now), look));
    text
}

/// The cells of an issue; what became of it is coloured, and so is that nobody knows where its clause stands.
fn row(trace: &Trace, now: Timestamp, look: Look) -> [String; 7] {
    let clause_is = trace.clause_is.as_str();
    let became = trace.became(now);
    [
        format!("#{}", trace.number),
        terminal(&format!("{}/{}", trace.policy, trace.clause)),
        terminal(&format!("{} ({})", trace.service, trace.environment)),
        terminal(&trace.purpose),
        trace.count.to_string(),
        if trace.clause_is == ClauseIs::Unknown {
            look.ink(Ink::Doubt, clause_is)
        } else {
            clause_is.to_owned()
        },
        trace.ink(now).map_or_else(|| became.clone(), |ink| look.ink(ink, &became)),
    ]
}

/// The cells of a line, in their columns.
fn aligned(cells: &[String; 7], widths: [usize; 7]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, width)| {
        let rest = " ".repeat(width.saturating_sub(wrapped::columns(cell)));
        format!("  {cell}{rest}")
    });
    padded.collect::<String>().trim_end().to_owned()
}

/// The cells of an issue on two lines, for a terminal without room for their columns.
fn stacked(
    [number, clause, service, purpose, _, clause_is, became]: &[String; 7],
    count: u32,
    look: Look,
) -> String {
    let first = format!("  {number}  ");
    let indent = " ".repeat(first.width());
    let times = if count > 1 { format!(", {count} times") } else { String::new() };
    let mut text = look.hanging(&first, first.width(), &format!("{became}: {purpose}, {service}"));
    text.push_str(&look.hanging(
        &indent,
        first.width() + 2,
        &format!("by {clause}, which is {clause_is}{times}"),
    ));
    text
}

/// The same table for a page; empty without issues.
#[must_use]
pub fn page(traces: &[Trace], now: Timestamp) -> String {
    if traces.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n\n", counted(traces, now));
    text.push_str(
        "| issue | clause | service | for | times | clause is | state |\n|---|---|---|---|--:|---|---|\n",
    );
    let (shown, left) = shown(traces, now);
    for trace in shown {
        let _ = writeln!(
            text,
            "| [#{}]({}) | {} | {} in {} | {} | {} | {} | {} |",
            trace.number,
            trace.url,
            markdown(&format!("{}/{}", trace.policy, trace.clause)),
            code_span(&trace.service),
            markdown(&trace.environment),
            markdown(&trace.purpose),
            trace.count,
            trace.clause_is.as_str(),
            trace.became(now)
        );
    }
    if let Some(said) = more(left) {
        let _ = writeln!(text, "\n{}", markdown(&said));
    }
    text.push_str(&tally::page(&Tally::of(traces, now)));
    text
}
