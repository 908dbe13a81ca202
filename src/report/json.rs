//! The report for machines: `schemas/report.v1.json`. Names in it are part of the interface.
//!
//! Figures are JSON numbers; where a figure is not known the value is `null`, and where a whole budget is not known
//! its `state` is `gap` and there are no figures at all, so that nobody can mistake a missing number for a zero.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value as Json, json};

use crate::budget::Windowed;
use crate::budget::composite::Spent;
use crate::budget::gap::Gap;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ledger::SilverBullet;
use crate::policy::recall::Recalled;
use crate::policy::ruling::{Obstacle, Standing};
use crate::policy::{Consequence, Evidence, Value};
use crate::report::attribution::{RULE, Through};
use crate::report::{
    BURN_RATE_WINDOWS, BURNED_WINDOWS, BudgetLine, Figured, OrganizationLine, PolicyLine, Report,
};
use crate::verdict::Weighed;

pub(super) mod adjusted;
mod proposed;
mod claimed;
mod waived;

/// The report as JSON text, indented, with a newline at its end.
#[must_use]
pub fn render(report: &Report) -> String {
    let verdict = &report.verdict;
    let mut document = json!({
        "version": 1,
        "verdict": {
            "effect": verdict.effect.as_str(),
            "exit": verdict.exit.code(),
            "exit_name": verdict.exit.as_str(),
            "environment": report.environment,
            "mode": report.mode.map(crate::settings::Mode::as_str),
            "evaluated_at": verdict.evaluated_at.to_string(),
            "valid_until": verdict.valid_until.to_string(),
            "unadjusted": report.unadjusted.as_ref().map(adjusted::unadjusted),
        },
        "change": change(report),
        "source": {
            "description": report.source,
            "judged_at": report.judged_at.and_then(instant),
        },
        "organization": report.organization.as_ref().map(organization),
        "policies": report.policies.iter().map(policy).collect::<Vec<_>>(),
        "budgets": report.budgets.iter().map(budget).collect::<Vec<_>>(),
        "rulings": verdict.rulings.iter().map(|one| ruling(report, one)).collect::<Vec<_>>(),
        "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        "proposed": report.proposed.as_ref().map(proposed::write),
        "notes": report.notes,
    });
    // Most reports have none.
    if let Some(object) = document.as_object_mut().filter(|_| !verdict.waivers.is_empty()) {
        object.insert("waivers".to_owned(), verdict.waivers.iter().map(waived::waiver).collect());
    }
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Problems alone as JSON text, each as in the report, with a newline at the end.
#[must_use]
pub fn problems(problems: &[Diagnostic]) -> String {
    let list: Vec<Json> = problems.iter().map(problem).collect();
    let mut text = serde_json::to_string_pretty(&list).unwrap_or_default();
    text.push('\n');
    text
}

/// An instant in RFC 3339.
pub(super) fn instant(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|at| at.to_string())
}

/// A decimal as a JSON number; one without a fraction as an integer.
#[must_use]
pub fn number(decimal: Decimal) -> Json {
    let decimal = decimal.normalize();
    match decimal.to_i64().filter(|_| decimal.scale() == 0) {
        Some(whole) => json!(whole),
        None => json!(decimal.to_f64()),
    }
}

/// What is about to ship.
fn change(report: &Report) -> Json {
    let change = &report.change;
    json!({
        "class": change.class,
        "labels": change.claims.claims.iter().map(claimed::label).collect::<Vec<_>>(),
        "labels_unread": change.claims.unread,
        "rollout": change.rollout.as_str(),
        "base": change.base.as_ref().map(|base| &base.id),
        "head": change.head,
        "services": change.services.iter().map(|service| json!({
            "name": service.name,
            "because": service.because,
        })).collect::<Vec<_>>(),
    })
}

/// An organisation.
fn organization(line: &OrganizationLine) -> Json {
    json!({ "name": line.name, "sha256": line.sha256 })
}

/// One policy.
fn policy(line: &PolicyLine) -> Json {
    json!({
        "id": line.id,
        "version": line.version,
        "file": line.file,
        "commit": line.commit,
        "organization": line.organization.as_ref().map(|organization| &organization.name),
        "digest": line.digest,
        "agreed_by": line.agreed_by.iter().map(|(role, person)| (role.clone(), json!(person))).collect::<Map<_, _>>(),
        "next_review": line.next_review,
        "overdue": line.overdue,
        "silver_bullets": line.silver_bullets.map(|(left, a_year)| json!({ "a_year": a_year, "left": left })),
        "effective_from": line.effective_from,
    })
}

/// Why a budget is not known.
pub(super) fn gap(gap: &Gap) -> Json {
    json!({ "kind": gap.kind(), "detail": gap.to_string(), "help": gap.help() })
}

/// One budget.
fn budget(line: &BudgetLine) -> Json {
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| object.insert(name.to_owned(), value);
    put("slo", json!(line.slo));
    put("title", json!(line.title));
    put("service", json!(line.service));
    put("environment", json!(line.environment));
    put("objective", number(line.objective));
    put("period_seconds", json!(line.period));
    if let Some(current) = &line.calendar {
        let elapsed = line.figures.as_ref().ok().map(|known| number(known.elapsed));
        let calendar = json!({
            "start": instant(current.start),
            "end": instant(current.end),
            "time_zone": current.calendar.zone().iana_name(),
            "elapsed": elapsed,
        });
        put("calendar", calendar);
    }
    match &line.figures {
        Ok(known) => object.extend(figures(known, line)),
        Err(gap) => {
            put("state", json!("gap"));
            put("gap", self::gap(gap));
        }
    }
    if let Some(adjusted) = &line.adjusted {
        object.insert("adjusted".to_owned(), adjusted::adjusted(adjusted));
    }
    Json::Object(object)
}

/// What is known of a budget.
fn figures(known: &Figured, line: &BudgetLine) -> Map<String, Json> {
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| object.insert(name.to_owned(), value);
    put("state", json!(if known.estimated.is_some() { "estimated" } else { "measured" }));
    if let Some(history) = known.estimated {
        put("estimated_from_seconds", json!(history));
    }
    if let Some(share) = known.excess {
        put("excess", number(share));
    }
    if line.calendar.is_some() {
        put("pace", number(known.pace));
    }
    put("remaining", number(known.remaining));
    put("consumed", number(known.consumed));
    put("bad", number(known.bad));
    put("total", number(known.total));
    put("burn_rate", windows(&BURN_RATE_WINDOWS, &known.burn_rate));
    put("burned", windows(&BURNED_WINDOWS, &known.burned));
    if !known.parts.is_empty() {
        put("parts", known.parts.iter().map(part).collect());
    }
    if !line.through.is_empty() {
        put("through", line.through.iter().map(through).collect());
    }
    let point =
        |(at, left): &(i64, Option<Decimal>)| json!({ "at": instant(*at), "remaining": left.map(number) });
    put("curve", line.curve.iter().map(point).collect());
    object
}

/// What went through one dependency; `null` where that is not known.
fn through(through: &Through) -> Json {
    let mut object = Map::new();
    object.insert("dependency".to_owned(), json!(through.dependency));
    object.insert("share".to_owned(), through.known.as_ref().map_or(Json::Null, |known| number(known.share)));
    object.insert("rule".to_owned(), json!(RULE));
    match &through.known {
        Ok(known) => {
            let incidents = known.incidents.iter().map(|one| {
                json!({
                    "slo": one.slo,
                    "since": instant(one.since),
                    "until": instant(one.until),
                    "bad": number(one.bad),
                })
            });
            object.insert("bad".to_owned(), number(known.bad));
            object.insert("incidents".to_owned(), incidents.collect());
        }
        Err(why) => {
            object.insert("unknown".to_owned(), json!(why.to_string()));
            object.insert("help".to_owned(), json!(why.help()));
        }
    }
    Json::Object(object)
}

/// One part of a composite budget.
pub(super) fn part(part: &Spent) -> Json {
    json!({
        "slo": part.name,
        "objective": number(part.objective.share()),
        "weight": number(part.weight),
        "consumed": number(part.consumed),
    })
}

/// Figures by window; `null` where a window is not known.
fn windows(names: &[(&str, i64)], figures: &[Result<Windowed, Gap>]) -> Json {
    let pairs = names.iter().zip(figures).map(|((name, _), figure)| {
        let value = figure.as_ref().map_or(Json::Null, |known| number(known.value));
        ((*name).to_owned(), value)
    });
    Json::Object(pairs.collect())
}

/// One ruling.
fn ruling(report: &Report, weighed: &Weighed) -> Json {
    let ruling = &weighed.ruling;
    let (since, at_least, thaws_at) = match ruling.standing {
        Standing::InForce { since, at_least, thaws_at } => {
            (instant(since), at_least, thaws_at.and_then(instant))
        }
        Standing::Idle | Standing::Unknown | Standing::Untriggered => (None, false, None),
    };
    json!({
        "policy": ruling.policy,
        "clause": ruling.clause,
        "title": ruling.title,
        "service": ruling.service,
        "slo": ruling.slo,
        "environment": ruling.environment,
        "state": state(ruling.standing),
        "effect": weighed.effect.as_str(),
        "stated": weighed.stated.as_str(),
        "excepted": weighed.excepted(),
        "mode": report.mode.map(crate::settings::Mode::as_str),
        "at": {
            "file": ruling.place.source.path(),
            "line": ruling.place.line(),
        },
        "since": since,
        "since_at_least": at_least,
        "thaws_at": thaws_at,
        "evidence": ruling.evidence.iter().map(evidence).collect::<Vec<_>>(),
        "thaw_evidence": ruling.thaw_evidence.iter().map(evidence).collect::<Vec<_>>(),
        "obstacle": ruling.obstacle.as_ref().map(obstacle),
        "consequences": ruling.consequences.iter().map(consequence).collect::<Vec<_>>(),
        "recalled": recalled(&ruling.recalled),
        "lifted_by": weighed.lifted_by.as_ref().map(bullet),
    })
}

/// What of the past bears on a ruling.
#[must_use]
pub fn recalled(recalled: &Recalled) -> Json {
    json!({
        "triggered": recalled.triggered.as_ref().map(|word| json!({
            "by": word.by,
            "reason": word.reason,
            "at": word.at.to_string(),
        })),
        "thaw_tax": recalled.taxed.map(|taxed| json!({ "days": taxed.days, "adds_days": number(taxed.adds) })),
        "topped_up": number(recalled.topped_up),
        "silver_bullets": recalled.bullets.iter().map(bullet).collect::<Vec<_>>(),
    })
}

/// One silver bullet.
fn bullet(bullet: &SilverBullet) -> Json {
    json!({
        "head": bullet.head,
        "environment": bullet.environment,
        "by": bullet.by,
        "reason": bullet.reason,
        "at": bullet.at.to_string(),
    })
}

/// A value that a condition read; `null` when it is not known.
fn value(value: &Value) -> Json {
    match value {
        Value::Ratio(decimal) | Value::Rate(decimal) | Value::Count(decimal) | Value::Time(decimal) => {
            number(*decimal)
        }
        Value::Never => json!("never"),
        Value::Text(text) => json!(text),
        Value::Word(word) => json!(word),
        Value::Unknown(_) => Json::Null,
    }
}

/// One fact with what it was compared with.
#[must_use]
pub fn evidence(evidence: &Evidence) -> Json {
    let mut object = Map::new();
    object.insert("fact".to_owned(), json!(evidence.fact));
    object.insert("value".to_owned(), value(&evidence.value));
    if let Value::Unknown(why) = &evidence.value {
        object.insert("unknown".to_owned(), json!(why));
    }
    if let Some(comparison) = &evidence.compared {
        object.insert("operator".to_owned(), json!(comparison.operator));
        object.insert("threshold".to_owned(), value(&comparison.threshold));
        object.insert("held".to_owned(), json!(comparison.held));
        object.insert("bearing".to_owned(), json!(comparison.bearing.as_str()));
    }
    Json::Object(object)
}

/// Where a clause stands, in one word.
#[must_use]
pub const fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::InForce { .. } => "in_force",
        Standing::Idle => "idle",
        Standing::Unknown => "unknown",
        Standing::Untriggered => "manual",
    }
}

/// Why a clause is not decided.
#[must_use]
pub fn obstacle(obstacle: &Obstacle) -> Json {
    match obstacle {
        Obstacle::Unknown { why } => json!({ "kind": "unknown", "message": why }),
        Obstacle::Failed { message, place } => json!({
            "kind": "failed",
            "message": message,
            "file": place.source.path(),
            "line": place.line(),
        }),
    }
}

/// What a clause asks for.
fn consequence(consequence: &Consequence) -> Json {
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| object.insert(name.to_owned(), value);
    put("kind", json!(consequence.word()));
    put("automation", json!(consequence.automation().as_str()));
    if let Some(except) = consequence.except() {
        put("except", json!(except));
    }
    match consequence {
        Consequence::Freeze { environment, .. } => {
            put("environment", json!(environment));
        }
        Consequence::Restrict { to, .. } => {
            put("to", json!(to.as_str()));
        }
        Consequence::LimitReleases { a_day, .. } => {
            put("a_day", json!(a_day));
        }
        Consequence::Warn(text) | Consequence::Inform(text) => {
            put("text", json!(text));
        }
        Consequence::ActionItem { title, top_of_backlog, due } => {
            put("title", json!(title));
            put("top_of_backlog", json!(top_of_backlog));
            put("due_seconds", json!(due));
        }
        Consequence::Engage(who) | Consequence::Notify(who) => {
            put("who", json!(who));
        }
        Consequence::Assign(share) => {
            put("share", number(*share));
        }
        Consequence::Escalate { decides, how } => {
            put("decides", json!(decides));
            put("how", json!(how));
        }
        Consequence::Postmortem
        | Consequence::CodeYellow
        | Consequence::CodeRed
        | Consequence::HandBackOperations => {}
    }
    Json::Object(object)
}

/// One problem.
pub fn problem(problem: &Diagnostic) -> Json {
    let place = problem.place();
    json!({
        "code": problem.code.as_str(),
        "severity": match problem.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "message": problem.message,
        "help": problem.help,
        "file": place.map(|place| place.source.path()),
        "line": place.map(crate::diagnostic::Place::line),
        "column": place.map(crate::diagnostic::Place::column),
    })
}

#[cfg(test)]
mod tests;
