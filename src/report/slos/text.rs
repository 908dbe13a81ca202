//! The listing for a person at a terminal: a table for each service, no wider than 100 columns, and below it what its
//! endpoints lack. A value that is too wide ends with an ellipsis.

use std::fmt::Write as _;

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

use super::{ExclusionLine, Inventory, Line, ServiceLine};
use crate::budget::gap::duration;
use crate::catalog::PREFIX;
use crate::catalog::coverage::{Cell, Covering};
use crate::report::escape::terminal as clean;
use crate::report::figure;
use crate::report::problem::Look;

/// Columns of the whole table.
const WIDTH: usize = 100;
/// Columns before the first value, and between two.
const GAP: usize = 2;
/// What a column keeps at least when it is cut.
const LEAST: usize = 9;
/// A day, in seconds.
const DAY: i64 = 86_400;

/// The titles of the columns.
const COLUMNS: [&str; 8] =
    ["endpoint", "SLI", "objective", "period", "left", "environment", "origin", "owner"];

impl Inventory {
    /// The listing as text.
    #[must_use]
    pub fn text(&self, look: Look) -> String {
        let mut out = String::new();
        for service in &self.services {
            let _infallible = writeln!(out, "{}", heading(service, look));
            table(service, look, &mut out);
            lacking(service, &mut out);
            out.push('\n');
        }
        if !self.exclusions.is_empty() {
            exclusions(&self.exclusions, look, &mut out);
        }
        let _infallible = writeln!(out, "{}", faint(&self.footer(), look));
        out
    }

    /// What the definitions were read from, and how old it is.
    fn footer(&self) -> String {
        let Some(source) = &self.source else { return "defined in the work tree".to_owned() };
        let short = source.id.get(..7).unwrap_or(&source.id);
        let name = clean(&source.name);
        match source.age(self.now).map(figure::lasting) {
            None => format!("defined in {name} @ {short}"),
            Some(age) if age.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("defined in {name} @ {short}, committed {age} ago")
            }
            Some(_) => format!("defined in {name} @ {short}, committed just now"),
        }
    }
}

/// A service, its team, and how the SLIs of its endpoints are covered.
fn heading(service: &ServiceLine, look: Look) -> String {
    let team = service.team.as_ref().map_or_else(String::new, |team| format!("   team {}", clean(team)));
    let counts = [Covering::Explicit, Covering::Default, Covering::Nothing].map(|one| service.count(one));
    let [explicit, default, nothing] = counts;
    let slis = counts.iter().sum::<usize>();
    let slis = if slis == 1 { "1 SLI".to_owned() } else { format!("{slis} SLIs") };
    let name = cut(&clean(&service.name), WIDTH / 2);
    let name = if look.colour { format!("\u{1b}[1m{name}\u{1b}[0m") } else { name };
    format!("{name}{team}   {slis}: {explicit} explicit, {default} default, {nothing} none\n")
}

/// The SLOs of a service: a line of values each, and a line with its name and place.
fn table(service: &ServiceLine, look: Look, out: &mut String) {
    if service.slos.is_empty() {
        out.push_str("  no SLO\n");
        return;
    }
    let rows: Vec<[String; 8]> = service.slos.iter().map(row).collect();
    let widths = widths(&rows);
    let _infallible = writeln!(out, "{}", faint(&aligned(&COLUMNS.map(str::to_owned), widths), look));
    for (slo, row) in service.slos.iter().zip(&rows) {
        let _infallible = writeln!(out, "{}", aligned(row, widths));
        let place = format!("{}:{}", clean(&slo.file), slo.line);
        let left = WIDTH.saturating_sub(2 * GAP + 3 + place.width());
        let named = format!("    {}   {place}", cut(&clean(&slo.name), left.max(LEAST)));
        let _infallible = writeln!(out, "{}", faint(&cut(&named, WIDTH), look));
        for part in &slo.parts {
            let weight = part.weight.normalize();
            let objective = figure::objective(part.objective.share());
            let line = format!("      {}   {objective}, weight {weight}", clean(&part.name));
            let _infallible = writeln!(out, "{}", faint(&cut(&line, WIDTH), look));
        }
    }
}

/// The values of one SLO.
fn row(slo: &Line) -> [String; 8] {
    let period =
        if slo.calendar { format!("{}d", (slo.period + DAY / 2) / DAY) } else { figure::period(slo.period) };
    let left = match slo.days_left {
        _ if !slo.calendar => "rolling".to_owned(),
        Some(1) => "1 day".to_owned(),
        Some(days) => format!("{days} days"),
        None => "not known".to_owned(),
    };
    let said = |text: &Option<String>| text.as_ref().map_or_else(|| "-".to_owned(), |text| clean(text));
    [
        slo.endpoint.as_ref().map_or_else(|| "(service)".to_owned(), |name| clean(name)),
        said(&slo.sli),
        figure::objective(slo.objective),
        period,
        left,
        slo.holds.as_ref().map_or_else(|| "all".to_owned(), |holds| clean(holds)),
        slo.origin.word.to_owned(),
        slo.owner.as_ref().or(slo.team.as_ref()).map_or_else(|| "-".to_owned(), |owner| clean(owner)),
    ]
}

/// The widths of the columns: as wide as their values, and the widest ones cut until all fit.
fn widths(rows: &[[String; 8]]) -> [usize; 8] {
    let mut widths = COLUMNS.map(UnicodeWidthStr::width);
    for row in rows {
        for (width, value) in widths.iter_mut().zip(row) {
            *width = (*width).max(value.width());
        }
    }
    while widths.iter().sum::<usize>() + GAP * COLUMNS.len() > WIDTH {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > LEAST) else { break };
        *widest -= 1;
    }
    widths
}

/// The values of a line in their columns.
fn aligned(values: &[String; 8], widths: [usize; 8]) -> String {
    let mut line = String::new();
    for (value, width) in values.iter().zip(widths) {
        let value = cut(value, width);
        let rest = " ".repeat(width.saturating_sub(value.width()));
        let _infallible = write!(line, "  {value}{rest}");
    }
    line.trim_end().to_owned()
}

/// What the endpoints of a service lack.
fn lacking(service: &ServiceLine, out: &mut String) {
    let mut cells = service.lacking().peekable();
    if cells.peek().is_some() {
        out.push_str("\n  without an SLO\n");
    }
    for cell in cells {
        let endpoint = cell.endpoint.as_ref().map_or_else(|| "(service)".to_owned(), |name| clean(name));
        let line = format!("    {endpoint}: {}{}", clean(&cell.sli), where_bare(cell, service));
        let _infallible = writeln!(out, "{}", cut(&line, WIDTH));
    }
    let silent = service.slos.iter().filter(|slo| slo.sli.is_none()).count();
    let told = match silent {
        0 => return,
        1 => "1 SLO does not say its SLI".to_owned(),
        more => format!("{more} SLOs do not say their SLI"),
    };
    let _infallible = writeln!(out, "  {told} (`{PREFIX}sli`) and cannot be counted for one");
}

/// What budgets do not count: whom each is about, when it comes next, and who agreed to it.
fn exclusions(lines: &[ExclusionLine], look: Look, out: &mut String) {
    out.push_str("excluded from budgets\n");
    for line in lines {
        let list = |names: &[String]| names.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", ");
        let slos = if line.slos.is_empty() { "no SLO".to_owned() } else { list(&line.slos) };
        let environments = if line.environments.is_empty() {
            String::new()
        } else {
            format!(" in {}", list(&line.environments))
        };
        let whom = format!("  {}: {slos}{environments}", clean(&line.name));
        let _infallible = writeln!(out, "{}", cut(&whom, WIDTH));
        let stretch = |(start, end): &(Timestamp, Timestamp)| {
            let length = duration(end.as_second() - start.as_second());
            format!("{} ({length})", figure::moment(*start))
        };
        let next: Vec<String> = line.next.iter().map(stretch).collect();
        let next = if next.is_empty() { "is over".to_owned() } else { format!("next {}", next.join(", ")) };
        let _infallible = writeln!(out, "    {}", cut(&next, WIDTH - 4));
        let agreed = format!("agreed by {}: {}", clean(&line.agreed_by), clean(&line.reason));
        let place = format!("{}:{}", clean(&line.file), line.line);
        let left = WIDTH.saturating_sub(2 * GAP + 3 + place.width());
        let named = format!("    {}   {place}", cut(&agreed, left.max(LEAST)));
        let _infallible = writeln!(out, "{}", faint(&cut(&named, WIDTH), look));
    }
    out.push('\n');
}

/// The environments in which nothing covers a cell, where they are not all that were asked about.
fn where_bare(cell: &Cell, service: &ServiceLine) -> String {
    if cell.bare.len() == service.environments.len() {
        return String::new();
    }
    let names: Vec<String> = cell.bare.iter().map(|name| clean(name)).collect();
    format!(" in {}", names.join(", "))
}

/// A text that is not so important.
fn faint(text: &str, look: Look) -> String {
    if look.colour { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// A text of at most so many columns; one that is wider ends with an ellipsis.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for character in text.chars() {
        if cut.width() + character.width().unwrap_or(0) >= width {
            break;
        }
        cut.push(character);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_whatever_it_holds() {
        let long = "日本語のとても長いエンドポイントの名前です".repeat(4);
        let row = std::array::from_fn(|_| long.clone());
        let widths = widths(std::slice::from_ref(&row));
        assert_eq!(widths.iter().sum::<usize>() + GAP * COLUMNS.len(), WIDTH);
        assert!(aligned(&row, widths).width() <= WIDTH);
        assert!(aligned(&row, widths).contains('…'));
    }

    #[test]
    fn a_narrow_table_stays_as_it_is() {
        let row = ["a"; 8].map(str::to_owned);
        assert_eq!(widths(&[row]), COLUMNS.map(UnicodeWidthStr::width));
        assert_eq!((cut("abc", 3), cut("abcd", 3)), ("abc".to_owned(), "ab…".to_owned()));
    }
}
