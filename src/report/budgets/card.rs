//! One budget alone: all its figures, what is planned for it, and the chart of its period.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::text::{NARROWEST, lasting, rate, stretch};
use super::{ClauseLine, Line, Outlook, Overview, Prospect};
use crate::budget::downtime::Taken;
use crate::budget::forecast::Exhaustion;
use crate::budget::gap::duration;
use crate::report::escape::terminal as clean;
use crate::report::ink::Ink;
use crate::report::problem::Look;
use crate::report::{
    BURN_RATE_WINDOWS, Figured, adjusted, consequence, depletion, figure, part, period, wrapped,
};

/// A day, in seconds.
const DAY: i64 = 86_400;
/// What stands before a line that goes on with the one above it.
const HANGING: &str = "             ";

/// A line of the card: a word, and what there is to say of it.
fn put(out: &mut String, look: Look, word: &str, said: &str) {
    let first = format!("  {} ", look.ink(Ink::Faint, &format!("{word:<10}")));
    let said = wrapped::lines(&first, HANGING, said, look.width.max(NARROWEST));
    let _infallible = writeln!(out, "{said}");
}

impl Overview {
    /// One budget alone.
    pub(super) fn card(&self, line: &Line, look: Look, out: &mut String) {
        let budget = &line.budget;
        let name = look.ink(Ink::Strong, &clean(&budget.slo));
        let _infallible = writeln!(out, "{name}   {}", clean(&budget.title));
        let over = match &budget.calendar {
            // An hour more or less is that of a clock that was changed.
            Some(_) => format!("{}d of the calendar", (budget.period + DAY / 2) / DAY),
            None => format!("{} rolling", figure::period(budget.period)),
        };
        let team = line.team.as_ref().map_or_else(String::new, |team| format!(", team {}", clean(team)));
        let about = format!(
            "{} in {}{team}, objective {} over {over}\n",
            clean(&budget.service),
            clean(&budget.environment),
            figure::objective(budget.objective),
        );
        let _infallible = writeln!(out, "{}", look.ink(Ink::Faint, &about));
        match &budget.figures {
            Ok(known) => figures(line, known, look, out),
            Err(gap) => {
                put(out, look, "left", &look.ink(Ink::Alarm, &format!("not known: {}", gap.called())));
                put(out, look, "", &clean(&gap.to_string()));
                put(out, look, "help", gap.help());
            }
        }
        if let Some(said) = part::sentence(budget, clean).filter(|_| budget.figures.is_ok()) {
            put(out, look, "parts", &said);
        }
        if let Some(said) = adjusted::sentence(budget, clean) {
            put(out, look, "excluded", &said);
        }
        if let Some(said) = period::elapsed(budget) {
            put(out, look, "period", &said);
        }
        match (&line.outlook, &budget.figures) {
            (Some(Ok(outlook)), _) => self.outlook(outlook, &line.zone(), look, out),
            (Some(Err(gap)), Ok(_)) => {
                out.push('\n');
                let said = format!("what it takes is not known: {}", gap.called());
                put(out, look, "downtime", &look.ink(Ink::Alarm, &said));
                put(out, look, "", &clean(&gap.to_string()));
                put(out, look, "help", gap.help());
            }
            (Some(Err(_)) | None, _) => {}
        }
        out.push('\n');
        if line.depletion.iter().any(|point| matches!(point.left, depletion::Left::Known(_))) {
            let marks: Vec<i64> = match &line.outlook {
                Some(Ok(outlook)) => outlook.taken.iter().map(|taken| taken.part.start).collect(),
                Some(Err(_)) | None => Vec::new(),
            };
            out.push_str(&depletion::chart(&line.depletion, &marks, &line.zone(), look));
            out.push('\n');
        }
    }

    /// What is planned.
    fn outlook(&self, outlook: &Outlook, zone: &TimeZone, look: Look, out: &mut String) {
        let failing = self.plan.as_ref().map_or(Decimal::ONE, super::Plan::failing);
        let split = outlook
            .taken
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if one.part.end == other.part.start));
        for (taken, names) in outlook.planned() {
            out.push('\n');
            let said = format!("{}, {} failing", stretch(&taken.part, zone), figure::percent(failing));
            put(out, look, "downtime", &said);
            put(out, look, "traffic", &traffic(taken, zone));
            put(out, look, "takes", &takes(taken, names));
            let after = figure::percent(taken.after);
            let after = if taken.after < Decimal::ZERO { look.ink(Ink::Alarm, &after) } else { after };
            let said = format!("{} without it, {after} with it", figure::percent(taken.before));
            put(out, look, "leaves", &said);
            if let Some(end) = taken.period_end.filter(|_| split) {
                put(out, look, "", &format!("of the period that ends {}", period::local(end, zone)));
            }
        }
        out.push('\n');
        let (at, lowest) = outlook.lowest;
        let lowest = format!("{} at {}", figure::percent(lowest), period::local(at, zone));
        put(out, look, "lowest", &lowest);
        let fits = if outlook.fits() { "yes".to_owned() } else { look.ink(Ink::Alarm, "no") };
        put(out, look, "fits", &format!("{fits}{}", returns(outlook, zone)));
        for line in &outlook.clauses {
            put(out, look, "clause", &clause(line, zone, look));
        }
        match (outlook.clauses.is_empty(), outlook.policies.is_empty()) {
            (true, true) => put(out, look, "clauses", "no policy looks at this budget"),
            (true, false) => put(out, look, "clauses", "none would come into force through it"),
            (false, _) => {}
        }
    }
}

/// The figures of a budget that is known.
fn figures(line: &Line, known: &Figured, look: Look, out: &mut String) {
    let left = figure::percent(known.remaining);
    let left = if known.remaining <= Decimal::ZERO { look.ink(Ink::Alarm, &left) } else { left };
    let sla =
        known.sla.map_or_else(String::new, |sla| format!("; of the SLA's budget {}", figure::percent(sla)));
    put(out, look, "left", &format!("{left}{sla}"));
    let things = if line.slices { "slices of time" } else { "events" };
    let grant =
        line.grant.map_or_else(String::new, |grant| format!(" where {} may be", figure::amount(grant)));
    let consumed = format!(
        "{}: {} bad {things} of {}{grant}",
        figure::percent(known.consumed),
        figure::count(known.bad),
        figure::count(known.total)
    );
    put(out, look, "consumed", &consumed);
    let rates = BURN_RATE_WINDOWS.iter().zip(&known.burn_rate);
    let rates: Vec<String> =
        rates.map(|((name, _), figure)| format!("{name} {}", rate(Some(figure)))).collect();
    put(out, look, "burn", &rates.join("   "));
    let pace = figure::rate(known.pace);
    let how = if pace == figure::rate(Decimal::ONE) {
        "as fast as evenly"
    } else if known.pace > Decimal::ONE {
        "faster than evenly"
    } else {
        "no faster than evenly"
    };
    put(out, look, "pace", &format!("{pace}: {how}"));
    let lasts = match &line.exhaustion {
        Ok(Exhaustion::In(after)) if after.is_zero() => "it is gone".to_owned(),
        Ok(Exhaustion::In(after)) => format!("{} if it goes on as in the last 24h", lasting(*after)),
        Ok(Exhaustion::Never) => "nothing burned in the last 24h".to_owned(),
        Err(gap) => format!("not known: {}", clean(&gap.to_string())),
    };
    put(out, look, "lasts", &lasts);
    if let Some(history) = known.estimated {
        put(out, look, "estimated", &period::estimate(&clean(&line.budget.slo), history));
    }
    if let Some(share) = known.excess {
        put(out, look, "doubtful", &period::excess(&clean(&line.budget.slo), share));
    }
}

/// What a downtime takes, and what of it does not count.
fn takes(taken: &Taken, excluded_by: &[String]) -> String {
    let names: Vec<String> = excluded_by.iter().map(|name| clean(name)).collect();
    let excluded = format!("excluded by {}", names.join(", "));
    if taken.excluded == taken.part.end - taken.part.start {
        return format!("nothing: {excluded}");
    }
    let rest =
        if taken.excluded > 0 { format!("; {} {excluded}", duration(taken.excluded)) } else { String::new() };
    if taken.total.is_zero() {
        return format!("nothing: there was no traffic at that time{rest}");
    }
    let (bad, total) = (figure::count(taken.bad), figure::count(taken.total));
    format!("{} of the budget: {bad} of {total} requests fail{rest}", figure::percent(taken.share))
}

/// The traffic that repeats.
fn traffic(taken: &Taken, zone: &TimeZone) -> String {
    let weekday = if taken.same_weekday() { "the same weekday" } else { "another weekday" };
    format!("as from {} on, {weekday}", period::local(taken.traffic.start, zone))
}

/// When the budget is back.
fn returns(outlook: &Outlook, zone: &TimeZone) -> String {
    let at = |seconds: i64| period::local(seconds, zone);
    match (outlook.fits(), outlook.positive_at, outlook.back_at, outlook.period_end) {
        (true, _, _, Some(end)) => format!("; the period ends {}", at(end)),
        (false, _, _, Some(end)) => format!("; overdrawn in the period that ends {}", at(end)),
        (false, Some(positive), _, None) => {
            format!("; overdrawn until {}, if nothing more burns", at(positive))
        }
        (true, _, Some(back), None) => format!("; as much is left again {}", at(back)),
        (false, None, _, None) | (true, _, None, None) => "; not back within a period".to_owned(),
    }
}

/// What would come of a clause.
fn clause(line: &ClauseLine, zone: &TimeZone, look: Look) -> String {
    let name = format!("{}/{}", clean(&line.policy), clean(&line.clause));
    match &line.prospect {
        Prospect::Unknown(why) => format!("{name}: not known: {}", clean(why)),
        Prospect::Already => format!("{name} is in force then, with or without it"),
        Prospect::InForce(thaws) => {
            let frozen: Vec<String> =
                line.consequences.iter().filter_map(|one| one.frozen().map(clean)).collect();
            let mut said = vec![format!("{name} would come into force")];
            if !frozen.is_empty() {
                said.push(look.ink(Ink::Alarm, &format!("freezes {}", frozen.join(", "))));
            }
            said.extend(line.consequences.iter().filter_map(|one| consequence::sentence(one, clean)));
            if let Some(at) = thaws {
                said.push(format!("ends {}, if nothing more burns", period::local(*at, zone)));
            }
            said.join("; ")
        }
    }
}
