//! The curve of one budget in a comment: a chart with its thresholds, and the same numbers as a table.
//!
//! Not everything that shows Markdown draws charts, so the chart stands with its numbers. Labels are dates and numbers of
//! ours, never text from data. A chart has no sign for a stretch that is not known, so it begins behind the last one;
//! the table has all of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{follows_under, minus};
use crate::budget::gap::duration;
use crate::policy::{Comparison, Evidence, Value};
use crate::report::escape;
use crate::report::{BudgetLine, Report, figure};
use crate::verdict::{Effect, Weighed};

/// Seconds in an hour.
const HOUR: i64 = 3_600;
/// Seconds in a day.
const DAY: i64 = 86_400;

/// Points of one row of the table: a week, where there is one a day.
const ROW: usize = 7;

/// The most thresholds that are drawn.
const THRESHOLDS: usize = 4;

/// A colour that is seen on light and on dark ground, and its sign in a line of text.
type Colour = (&'static str, &'static str);

/// What is left.
const LEFT: Colour = ("#4493f8", "🟦");
/// Where a clause freezes.
const FREEZES: Colour = ("#e5534b", "🟥");
/// Where a clause restricts or warns.
const WARNS: Colour = ("#d4a72c", "🟨");
/// Where a clause thaws.
const THAWS: Colour = ("#3fb950", "🟩");
/// Nothing left.
const NOTHING: Colour = ("#8b949e", "⬜");

/// A line across the chart.
struct Line {
    /// The share at which it is drawn.
    at: Decimal,
    /// Its colour.
    colour: Colour,
    /// What happens there.
    words: String,
}

/// The curve of the budget that decided, else of the tightest one.
pub(super) fn render(out: &mut String, report: &Report) {
    let deciding = report.deciding().filter_map(|one| report.budget_of(one));
    let tightest = report.tightest().map(|(line, _)| line);
    let Some(line) = deciding.chain(tightest).find(|line| line.figures.is_ok() && line.curve.len() > 1)
    else {
        return;
    };
    let title = escape::html(&report.title(line));
    let period = figure::period(line.period);
    let _ = writeln!(out, "<details><summary>What was left of {title} over the last {period}</summary>\n");
    let lines = lines(report, line);
    if let Some(chart) = chart(line, &lines) {
        let _ = writeln!(out, "{chart}");
        let _ = writeln!(out, "{}\n", legend(&lines));
    }
    table(out, line);
    out.push_str("\n</details>\n\n");
}

/// The lines across the chart: where clauses about what is left come into force and end, and nothing.
fn lines(report: &Report, line: &BudgetLine) -> Vec<Line> {
    let mut lines: BTreeMap<(Decimal, String), Colour> = BTreeMap::new();
    let ours = |one: &&Weighed| one.ruling.slo == line.slo && one.ruling.environment == line.environment;
    for weighed in report.verdict.rulings.iter().filter(ours).filter(|one| one.asks >= Effect::Warn) {
        let colour = if weighed.asks == Effect::Freeze { FREEZES } else { WARNS };
        let holds = follows_under(weighed.asks);
        let comes = weighed.ruling.evidence.iter().map(|evidence| (evidence, holds, colour));
        let ends = weighed.ruling.thaw_evidence.iter().map(|evidence| (evidence, "thaws", THAWS));
        for (evidence, follows, colour) in comes.chain(ends) {
            if let Some((at, asked)) = threshold(evidence) {
                let words = format!(
                    "{follows} {} {}",
                    figure::condition(&asked),
                    minus(&figure::value(&asked.threshold))
                );
                lines.insert((at, words), colour);
            }
        }
    }
    let mut lines: Vec<Line> =
        lines.into_iter().map(|((at, words), colour)| Line { at, colour, words }).collect();
    lines.truncate(THRESHOLDS);
    if lines.iter().all(|line| !line.at.is_zero()) {
        lines.insert(0, Line { at: Decimal::ZERO, colour: NOTHING, words: "nothing left".to_owned() });
    }
    lines
}

/// The share that a clause compares what is left with, and how; none where it is about something else, or where it is
/// unclear what it asks for.
fn threshold(evidence: &Evidence) -> Option<(Decimal, Comparison)> {
    if evidence.fact != "remaining" {
        return None;
    }
    let asked = evidence.compared.as_ref()?.asked()?;
    match asked.threshold {
        Value::Ratio(share) => Some((share, asked)),
        Value::Rate(_)
        | Value::Count(_)
        | Value::Time(_)
        | Value::Never
        | Value::Text(_)
        | Value::Word(_)
        | Value::Unknown(_) => None,
    }
}

/// A share in percent with one digit after the point.
fn percent(share: Decimal) -> Decimal {
    let rounded =
        figure::hundredfold(share).round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
    rounded.normalize()
}

/// The chart in the language of mermaid; none when too little is known to draw a line.
fn chart(line: &BudgetLine, lines: &[Line]) -> Option<String> {
    let newest = line.curve.iter().rev().map_while(|(at, left)| left.map(|share| (*at, percent(share))));
    let mut known: Vec<(i64, Decimal)> = newest.collect();
    known.reverse();
    if known.len() < 2 {
        return None;
    }
    let levels = lines.iter().map(|line| percent(line.at));
    let all: Vec<Decimal> = known.iter().map(|(_, percent)| *percent).chain(levels).collect();
    let (lowest, highest) = (all.iter().min()?, all.iter().max()?);
    let ten = Decimal::TEN;
    let from = ((lowest / ten).floor() * ten).min(Decimal::ZERO);
    let to = ((highest / ten).ceil() * ten).max(Decimal::ONE_HUNDRED);
    let (first, last) = (known.first()?.0, known.last()?.0);
    let (unit, length) = if last - first >= 2 * DAY { ("days", DAY) } else { ("hours", HOUR) };
    let end = Timestamp::from_second(last).ok()?.to_zoned(TimeZone::UTC).strftime("%-d %b %H:%M UTC");
    let colours: Vec<&str> =
        lines.iter().map(|line| line.colour).chain([LEFT]).map(|(code, _)| code).collect();
    let mut chart = String::from("```mermaid\n");
    let _ = writeln!(
        chart,
        "%%{{init: {{\"xyChart\": {{\"height\": 260}}, \"themeVariables\": {{\"xyChart\": {{\"backgroundColor\": \"transparent\", \"plotColorPalette\": \"{}\"}}}}}}}}%%",
        colours.join(", ")
    );
    chart.push_str("xychart-beta\n");
    let _ = writeln!(chart, "    x-axis \"{unit} up to {end}\" {} --> 0", (first - last) / length);
    let _ = writeln!(chart, "    y-axis \"% left\" {from} --> {to}");
    for line in lines {
        let level = percent(line.at).to_string();
        let level: Vec<&str> = known.iter().map(|_| level.as_str()).collect();
        let _ = writeln!(chart, "    line [{}]", level.join(", "));
    }
    let values: Vec<String> = known.iter().map(|(_, percent)| percent.to_string()).collect();
    let _ = writeln!(chart, "    line [{}]", values.join(", "));
    chart.push_str("```\n");
    Some(chart)
}

/// What each line of the chart is.
fn legend(lines: &[Line]) -> String {
    let (_, sign) = LEFT;
    let mut words = vec![format!("{sign} what is left")];
    words.extend(lines.iter().map(|Line { colour: (_, sign), words, .. }| format!("{sign} {words}")));
    words.join(" · ")
}

/// The points of the curve, a row for each seven of them.
fn table(out: &mut String, line: &BudgetLine) {
    let mut instants = line.curve.iter().map(|(at, _)| *at);
    let (Some(first), Some(second)) = (instants.next(), instants.next()) else { return };
    let columns = i64::try_from(ROW).unwrap_or(1);
    let later: Vec<String> =
        (1..columns).map(|column| format!(" +{} |", duration(column * (second - first)))).collect();
    let _ = writeln!(out, "| % left at | +0 |{}", later.concat());
    let _ = writeln!(out, "|---|{}", "--:|".repeat(ROW));
    for row in line.curve.chunks(ROW) {
        let at = row.first().map_or(first, |(at, _)| *at);
        let cell = |left: &Option<Decimal>| {
            left.map_or_else(|| "?".to_owned(), |share| minus(&percent(share).to_string()))
        };
        let mut cells: Vec<String> = row.iter().map(|(_, left)| cell(left)).collect();
        cells.resize(ROW, String::new());
        let _ = writeln!(out, "| {} | {} |", figure::instant(at), cells.join(" | "));
    }
}
