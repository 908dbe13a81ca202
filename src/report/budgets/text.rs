//! Budgets for a person at a terminal: a line each with a small curve, fitted to the terminal's width, the worst first;
//! below it what is not known, and why. One budget alone is a card.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Line, Outlook, Overview, Prospect};
use crate::budget::Windowed;
use crate::budget::downtime::Downtime;
use crate::budget::forecast::Exhaustion;
use crate::budget::gap::Gap;
use crate::budget::gap::duration;
use crate::report::escape::terminal as clean;
use crate::report::ink::Ink;
use crate::report::problem::Look;
use crate::report::{Figured, adjusted, chart, figure, period};

/// Columns that the table is never narrower than.
pub(super) const NARROWEST: usize = 72;
/// Columns that it is never wider than.
const WIDEST: usize = 140;
/// Columns from which on there is room for everything.
const WIDE: usize = 100;
/// Columns of a name at most.
const NAME: usize = 48;
/// Columns of an environment at most.
const ENVIRONMENT: usize = 12;
/// Columns of clauses at most.
const CLAUSES: usize = 28;
/// Columns of a curve at least, so that it says anything.
const CURVE: usize = 10;
/// Columns between two values.
const GAP: usize = 2;
/// Names that are told with one reason.
const NAMED: usize = 3;

/// A column of the table.
struct Column {
    /// Its title.
    title: &'static str,
    /// Its values, one for each line.
    values: Vec<String>,
    /// Values stand at its right edge.
    right: bool,
}

impl Column {
    /// How wide it is.
    fn width(&self) -> usize {
        self.values.iter().map(|value| value.width()).fold(self.title.width(), usize::max)
    }
}

impl Overview {
    /// Everything as text.
    #[must_use]
    pub fn text(&self, look: Look) -> String {
        let mut out = String::new();
        if let [line] = self.lines.as_slice() {
            self.card(line, look, &mut out);
        } else if self.whole {
            for line in &self.lines {
                self.card(line, look, &mut out);
            }
        } else {
            self.table(look, &mut out);
        }
        let _infallible = writeln!(out, "{}", look.ink(Ink::Faint, &self.footer()));
        if look.unicode { out } else { figure::plain(&out) }
    }

    /// Where all of it comes from.
    fn footer(&self) -> String {
        let source = self.source.as_deref().map_or_else(|| "no source".to_owned(), clean);
        let zone = if let [line] = self.lines.as_slice() { line.zone() } else { TimeZone::UTC };
        let at = self.judged_at.map_or_else(String::new, |t| format!(" at {}", period::local(t, &zone)));
        format!("{source}{at}")
    }

    /// All budgets, a line each.
    fn table(&self, look: Look, out: &mut String) {
        let _infallible = writeln!(out, "{}\n", look.ink(Ink::Strong, &self.summary()));
        if let Some(plan) = &self.plan {
            let failing = figure::percent(plan.failing());
            for downtime in plan.downtimes() {
                let _infallible =
                    writeln!(out, "  downtime {}, {failing} failing", stretch(downtime, &TimeZone::UTC));
            }
            out.push_str("  the traffic of one period earlier repeats; --slo shows which that is\n\n");
        }
        let names: Vec<String> = self.lines.iter().map(|line| clean(&line.budget.slo)).collect();
        let mut columns = if self.plan.is_some() { self.planned(look) } else { self.present(look) };
        if self.environments {
            let environment = |line: &Line| cut(&clean(&line.budget.environment), ENVIRONMENT, look);
            let values = self.lines.iter().map(environment).collect();
            columns.insert(0, Column { title: "in", values, right: false });
        }
        let width = look.width.clamp(NARROWEST, WIDEST);
        let taken: usize = columns.iter().map(|column| column.width() + GAP).sum();
        let widest = names.iter().map(|name| name.width()).fold(3, usize::max);
        let curves = self.plan.is_none();
        let least = if curves { CURVE.max(width / 6) + GAP } else { 0 };
        let name = widest.min(NAME).min(width.saturating_sub(taken + GAP + least)).max(12);
        let curve = width.saturating_sub(taken + GAP + name + GAP).min(29);
        let mut heading = format!("  {:<name$}", "SLO");
        for column in &columns {
            let _infallible = write!(heading, "  {}", fitted(column.title, column.width(), column.right));
        }
        if curves && curve >= CURVE {
            heading.push_str("  last period");
        }
        let _infallible = writeln!(out, "{}", look.ink(Ink::Faint, heading.trim_end()));
        for (index, (line, called)) in self.lines.iter().zip(&names).enumerate() {
            let mut row = format!("  {}", fitted(&cut(called, name, look), name, false));
            for column in &columns {
                let value = column.values.get(index).map(String::as_str).unwrap_or_default();
                let _infallible = write!(row, "  {}", fitted(value, column.width(), column.right));
            }
            if curves && curve >= CURVE {
                let _infallible = write!(row, "  {}", small(line, curve, look));
            }
            let row = row.trim_end();
            let bad = line.rank().0 < 2;
            let _infallible =
                writeln!(out, "{}", if bad { look.ink(Ink::Alarm, row) } else { row.to_owned() });
        }
        out.push('\n');
        self.remarks(out);
    }

    /// How many there are, and how they stand.
    fn summary(&self) -> String {
        let count = |rank: u8| self.lines.iter().filter(|line| line.rank().0 == rank).count();
        let all = self.lines.len();
        let all = if all == 1 { "1 budget".to_owned() } else { format!("{all} budgets") };
        let (gone, unknown, left) = (count(0), count(1), count(2));
        if self.plan.is_some() {
            format!("{all}: {gone} would be gone, {unknown} not known, {left} would bear it")
        } else {
            format!("{all}: {gone} gone, {unknown} not known, {left} left")
        }
    }

    /// The columns of what is.
    fn present(&self, look: Look) -> Vec<Column> {
        let known = |of: &dyn Fn(&Line, &Figured) -> String| -> Vec<String> {
            let value = |line: &Line| {
                line.budget.figures.as_ref().map_or_else(|_| String::new(), |known| of(line, known))
            };
            self.lines.iter().map(value).collect()
        };
        let calendars = self.lines.iter().any(|line| line.budget.calendar.is_some());
        let wide = look.width >= WIDE;
        let objective = |line: &Line| figure::objective(line.budget.objective);
        let ends = |line: &Line| {
            let end = line.budget.calendar.as_ref().map(|current| current.end);
            end.zip(self.judged_at).map_or_else(|| "rolls".to_owned(), |(end, t)| duration(end - t))
        };
        let every = |of: &dyn Fn(&Line) -> String| self.lines.iter().map(of).collect();
        // Where there is little room: a rolling period's pace is what is spent, and by the calendar the pace says
        // whether it lasts.
        let columns = [
            (wide, "objective", every(&objective)),
            (true, "left", every(&left)),
            (true, "1h", known(&|_, known| burn(known, 0))),
            (true, "24h", known(&|_, known| burn(known, 2))),
            (wide || calendars, "pace", known(&|_, known| figure::rate(known.pace))),
            (wide || !calendars, "lasts", known(&|line, _| lasts(line))),
            (calendars, "ends in", every(&ends)),
        ];
        let shown = columns.into_iter().filter(|(shown, ..)| *shown);
        shown.map(|(_, title, values)| Column { title, values, right: true }).collect()
    }

    /// The columns of what is planned.
    fn planned(&self, look: Look) -> Vec<Column> {
        let known = |of: &dyn Fn(&Outlook) -> String| -> Vec<String> {
            let value = |line: &Line| match &line.outlook {
                Some(Ok(outlook)) => of(outlook),
                Some(Err(_)) | None => String::new(),
            };
            self.lines.iter().map(value).collect()
        };
        let before =
            |outlook: &Outlook| outlook.taken.first().map_or_else(String::new, |taken| percent(taken.before));
        let lowest = |line: &Line| match &line.outlook {
            Some(Ok(outlook)) => percent(outlook.lowest.1),
            Some(Err(gap)) => gap.brief().to_owned(),
            None => String::new(),
        };
        let fits = |outlook: &Outlook| if outlook.fits() { "yes" } else { "no" }.to_owned();
        let every = |of: &dyn Fn(&Line) -> String| self.lines.iter().map(of).collect();
        let columns = [
            (look.width >= WIDE, "now", every(&left), true),
            (true, "before", known(&before), true),
            (true, "takes", known(&|outlook| percent(outlook.share())), true),
            (true, "lowest", every(&lowest), true),
            (true, "fits", known(&fits), false),
            (true, "clauses", known(&|outlook| cut(&brief_clauses(outlook), CLAUSES, look)), false),
        ];
        let shown = columns.into_iter().filter(|(shown, ..)| *shown);
        shown.map(|(_, title, values, right)| Column { title, values, right }).collect()
    }

    /// What exclusions change, with the name of each budget: of a downtime, else of what is left.
    fn adjusted(&self) -> Vec<(String, String)> {
        let said = |line: &Line| match &line.outlook {
            Some(Ok(outlook)) => outlook.exclusion(clean).map(|said| format!("the downtime is {said}")),
            Some(Err(_)) => None,
            None => adjusted::sentence(&line.budget, clean),
        };
        self.lines.iter().filter_map(|line| Some((self.name(line), said(line)?))).collect()
    }

    /// What is estimated, what is not known, why, and what to do about it.
    fn remarks(&self, out: &mut String) {
        let before = out.len();
        let estimated =
            |line: &&Line| line.budget.figures.as_ref().is_ok_and(|known| known.estimated.is_some());
        let names: Vec<String> = self.lines.iter().filter(estimated).map(|line| self.name(line)).collect();
        if !names.is_empty() {
            let _infallible =
                writeln!(out, "  ~ estimated from less history than a period: {}", some(&names));
        }
        if self
            .lines
            .iter()
            .any(|line| line.outlook.as_ref().is_some_and(|one| one.as_ref().is_ok_and(withholds)))
        {
            out.push_str("  ! would freeze or restrict what may ship\n");
        }
        for (name, said) in self.adjusted() {
            let _infallible = writeln!(out, "  {}: {said}", clean(&name));
        }
        let asked = self.lines.iter().filter_map(|line| line.outlook.as_ref()?.as_ref().ok());
        if asked
            .flat_map(|outlook| &outlook.clauses)
            .any(|line| matches!(line.prospect, Prospect::Unknown(_)))
        {
            out.push_str("  ? of a clause it is not known: --slo shows of which, and why\n");
        }
        let unknown = self.unknown();
        for (why, help, names) in &unknown {
            let _infallible = writeln!(out, "  not known: {}", some(names));
            let _infallible = writeln!(out, "    {}", clean(why));
            let _infallible = writeln!(out, "    help: {help}");
        }
        if out.len() > before {
            out.push('\n');
        }
    }
}

/// A share for a column: without digits after the point where there are many before it.
fn percent(share: Decimal) -> String {
    let whole = share.abs() >= Decimal::TEN;
    figure::percent(if whole { share.round_dp(2) } else { share })
}

/// What is left, or in two words why that is not known.
fn left(line: &Line) -> String {
    match &line.budget.figures {
        Ok(known) if known.estimated.is_some() => format!("~{}", percent(known.remaining)),
        Ok(known) => percent(known.remaining),
        Err(gap) => gap.brief().to_owned(),
    }
}

/// A burn rate by the index of its window.
pub(super) fn burn(known: &Figured, window: usize) -> String {
    rate(known.burn_rate.get(window))
}

/// A burn rate; `quiet` without an event, `?` where it is not known.
pub(super) fn rate(rate: Option<&Result<Windowed, Gap>>) -> String {
    match rate {
        Some(Ok(figure)) if figure.no_traffic => "quiet".to_owned(),
        Some(Ok(figure)) => figure::rate(figure.value),
        Some(Err(_)) | None => "?".to_owned(),
    }
}

/// How long a budget lasts.
fn lasts(line: &Line) -> String {
    match &line.exhaustion {
        Ok(Exhaustion::In(after)) if after.is_zero() => "gone".to_owned(),
        Ok(Exhaustion::In(after)) => lasting(*after),
        Ok(Exhaustion::Never) => "no burn".to_owned(),
        Err(_) => "?".to_owned(),
    }
}

/// A length of time, years and more as that.
pub(super) fn lasting(seconds: Decimal) -> String {
    let year = 365 * 86_400;
    seconds.trunc().to_i64().filter(|seconds| *seconds < year).map_or_else(|| "> 1 year".to_owned(), duration)
}

/// `20m from 1 Dec 03:00 UTC`.
pub(super) fn stretch(downtime: &Downtime, zone: &TimeZone) -> String {
    format!("of {} from {}", duration(downtime.end - downtime.start), period::local(downtime.start, zone))
}

/// True for what would bring a clause into force that withholds.
fn withholds(outlook: &Outlook) -> bool {
    outlook.new_clauses().any(super::ClauseLine::withholds)
}

/// The clauses that would come into force, in a few words; those that withhold are marked.
fn brief_clauses(outlook: &Outlook) -> String {
    let mut said: Vec<String> = Vec::new();
    for line in outlook.new_clauses() {
        said.push(format!("{}{}", if line.withholds() { "!" } else { "" }, clean(&line.clause)));
    }
    if outlook.clauses.iter().any(|line| matches!(line.prospect, Prospect::Unknown(_))) {
        said.push("?".to_owned());
    }
    match (said.is_empty(), outlook.policies.is_empty()) {
        (true, true) => "no policy".to_owned(),
        (true, false) => "-".to_owned(),
        (false, _) => said.join(", "),
    }
}

/// The small curve of a line; of a budget that is not known nothing.
fn small(line: &Line, width: usize, look: Look) -> String {
    if line.budget.figures.is_err() && line.budget.curve.iter().all(|(_, left)| left.is_none()) {
        return String::new();
    }
    let curve = chart::sparkline(&line.budget, look.unicode);
    let count = curve.chars().count();
    let width = width.min(count);
    (1..=width)
        .filter_map(|column| curve.chars().nth((column * count).div_ceil(width).saturating_sub(1)))
        .collect()
}

/// A few names, and how many more there are.
fn some(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| clean(name)).collect();
    let more = names.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", shown.join(", "))
}

/// A text filled up to so many columns.
fn fitted(text: &str, width: usize, right: bool) -> String {
    let rest = " ".repeat(width.saturating_sub(text.width()));
    if right { format!("{rest}{text}") } else { format!("{text}{rest}") }
}

/// A text of at most so many columns; of one that is wider the middle goes, because names of one family differ at
/// their ends.
fn cut(text: &str, width: usize, look: Look) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let ellipsis = if look.unicode { "…" } else { "~" };
    let room = width.saturating_sub(1);
    let taken = |characters: &mut dyn Iterator<Item = char>, room: usize| {
        let mut part: Vec<char> = Vec::new();
        let mut used = 0;
        for character in characters {
            used += character.width().unwrap_or(0);
            if used > room {
                break;
            }
            part.push(character);
        }
        part
    };
    let head = taken(&mut text.chars(), room.div_ceil(2));
    let tail = taken(&mut text.chars().rev(), room / 2);
    format!("{}{ellipsis}{}", String::from_iter(head), tail.into_iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { colour: false, unicode: true, width: 80, room: 80 };

    #[test]
    fn a_name_that_is_too_wide_keeps_both_ends() {
        assert_eq!(cut("checkout-availability-12", 13, LOOK), "checko…ity-12");
        assert_eq!(cut("checkout", 8, LOOK), "checkout");
        assert_eq!(cut("日本語のとても長い名前", 9, LOOK).width(), 9);
    }

    #[test]
    fn a_share_for_a_column_keeps_what_can_be_read() {
        let shown =
            ["-0.2341", "-209.381", "9.99", "0.00001"].map(|share| percent(share.parse().expect("a share")));
        assert_eq!(shown, ["-23.4 %", "-20938 %", "999 %", "0.001 %"]);
    }
}
