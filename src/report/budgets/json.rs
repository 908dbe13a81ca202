//! Budgets for machines: `schemas/budgets.v1.json`. Names in it are part of the interface. What is not known is null or
//! has a gap, and never a zero.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::{ClauseLine, Line, Outlook, Overview, Prospect};
use crate::budget::Windowed;
use crate::budget::downtime::{Downtime, Taken};
use crate::budget::forecast::Exhaustion;
use crate::budget::gap::Gap;
use crate::report::json::adjusted::adjusted;
use crate::report::json::{gap, instant, number, part, problem};
use crate::report::{BURN_RATE_WINDOWS, Figured};

impl Overview {
    /// Everything as JSON text, indented, with a newline at its end.
    #[must_use]
    pub fn json(&self) -> String {
        let plan = self.plan.as_ref().map(|plan| {
            json!({
                "downtimes": plan.downtimes().iter().map(stretch).collect::<Vec<_>>(),
                "failing": number(plan.failing()),
            })
        });
        let document = json!({
            "version": 1,
            "now": self.now.to_string(),
            "judged_at": self.judged_at.and_then(instant),
            "source": self.source,
            "plan": plan,
            "budgets": self.lines.iter().map(line).collect::<Vec<_>>(),
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
            "notes": self.notes,
        });
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// A stretch of time.
fn stretch(downtime: &Downtime) -> Json {
    json!({
        "start": instant(downtime.start),
        "end": instant(downtime.end),
        "seconds": downtime.end - downtime.start,
    })
}

/// One budget.
fn line(line: &Line) -> Json {
    let budget = &line.budget;
    let known = budget.figures.as_ref().ok();
    let state = known.map_or("gap", |known| if known.estimated.is_some() { "estimated" } else { "measured" });
    let curve =
        budget.curve.iter().map(|(at, left)| json!({ "at": instant(*at), "remaining": left.map(number) }));
    json!({
        "slo": budget.slo,
        "title": budget.title,
        "service": budget.service,
        "environment": budget.environment,
        "team": line.team,
        "objective": number(budget.objective),
        "period_seconds": budget.period,
        "period_ends_at": budget.calendar.as_ref().and_then(|current| instant(current.end)),
        "counts": if line.slices { "slices" } else { "events" },
        "state": state,
        "gap": budget.figures.as_ref().err().map(gap),
        "figures": known.map(|known| figures(line, known)),
        "adjusted": budget.adjusted.as_ref().map(adjusted),
        "curve": if known.is_some() { curve.collect() } else { Vec::new() },
        "outlook": line.outlook.as_ref().map(|outlook| match outlook {
            Ok(known) => outlook_of(known),
            Err(unknown) => json!({ "state": "gap", "gap": gap(unknown) }),
        }),
    })
}

/// The figures of a budget that is known.
fn figures(line: &Line, known: &Figured) -> Json {
    let exhaustion = match &line.exhaustion {
        Ok(Exhaustion::In(after)) => json!({ "state": "known", "seconds": number(after.round()) }),
        Ok(Exhaustion::Never) => json!({ "state": "never" }),
        Err(unknown) => json!({ "state": "gap", "gap": gap(unknown) }),
    };
    let rate = |rate: &Result<Windowed, Gap>| rate.as_ref().map_or(Json::Null, |known| number(known.value));
    let rates = BURN_RATE_WINDOWS.iter().zip(&known.burn_rate);
    json!({
        "remaining": number(known.remaining),
        "consumed": number(known.consumed),
        "sla_remaining": known.sla.map(number),
        "bad": number(known.bad),
        "total": number(known.total),
        "grant": line.grant.map(number),
        "parts": known.parts.iter().map(part).collect::<Vec<_>>(),
        "elapsed": number(known.elapsed),
        "pace": number(known.pace),
        "burn_rate": rates.map(|((name, _), one)| ((*name).to_owned(), rate(one))).collect::<serde_json::Map<_, _>>(),
        "time_to_exhaustion": exhaustion,
        "estimated_from_seconds": known.estimated,
        "excess": known.excess.map(number),
    })
}

/// What is planned would take.
fn outlook_of(outlook: &Outlook) -> Json {
    json!({
        "state": "known",
        "takes": number(outlook.share()),
        "parts": outlook.planned().map(taken).collect::<Vec<_>>(),
        "lowest": { "at": instant(outlook.lowest.0), "remaining": number(outlook.lowest.1) },
        "fits": outlook.fits(),
        "back_at": outlook.back_at.and_then(instant),
        "positive_at": outlook.positive_at.and_then(instant),
        "policies": outlook.policies,
        "clauses": outlook.clauses.iter().map(clause).collect::<Vec<_>>(),
    })
}

/// What one downtime takes of one period.
fn taken((taken, excluded_by): (&Taken, &[String])) -> Json {
    let share = |share: Decimal| number(share);
    json!({
        "downtime": stretch(&taken.part),
        "traffic": stretch(&taken.traffic),
        "same_weekday": taken.same_weekday(),
        "bad": number(taken.bad),
        "total": number(taken.total),
        "excluded_seconds": taken.excluded,
        "excluded_by": excluded_by,
        "takes": share(taken.share),
        "before": share(taken.before),
        "after": share(taken.after),
        "shown_at": instant(taken.shown),
        "period_ends_at": taken.period_end.and_then(instant),
    })
}

/// What would come of a clause.
fn clause(line: &ClauseLine) -> Json {
    let (state, ends_at, why) = match &line.prospect {
        Prospect::InForce(thaws) => ("in_force", thaws.and_then(instant), None),
        Prospect::Already => ("already", None, None),
        Prospect::Unknown(why) => ("unknown", None, Some(why)),
    };
    json!({
        "policy": line.policy,
        "clause": line.clause,
        "file": line.place.source.path(),
        "line": line.place.line(),
        "at": instant(line.at),
        "state": state,
        "why": why,
        "withholds": line.withholds(),
        "freezes": line.consequences.iter().filter_map(crate::policy::Consequence::frozen).collect::<Vec<_>>(),
        "ends_at": ends_at,
    })
}
