//! The listing for machines: `schemas/slos.v1.json`. Names in it are part of the interface.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{ExclusionLine, Inventory, Line, ServiceLine};
use crate::catalog::Component;
use crate::catalog::coverage::Covering;
use crate::report::json::{number, problem};

impl Inventory {
    /// The listing as JSON text, indented, with a newline at its end.
    #[must_use]
    pub fn json(&self) -> String {
        let source = self.source.as_ref().map(|source| {
            json!({
                "name": source.name,
                "commit": source.id,
                "committed_at": source.committed_at.map(|at| at.to_string()),
                "age_seconds": source.age(self.now),
            })
        });
        let document = json!({
            "version": 1,
            "now": self.now.to_string(),
            "environment": self.environment,
            "base": source,
            "services": self.services.iter().map(service).collect::<Vec<_>>(),
            "exclusions": self.exclusions.iter().map(exclusion).collect::<Vec<_>>(),
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
            "notes": self.notes,
        });
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// One service.
fn service(line: &ServiceLine) -> Json {
    let lacks = line
        .lacking()
        .map(|cell| json!({ "endpoint": cell.endpoint, "sli": cell.sli, "environments": cell.bare }));
    json!({
        "name": line.name,
        "team": line.team,
        "coverage": {
            "explicit": line.count(Covering::Explicit),
            "default": line.count(Covering::Default),
            "none": line.count(Covering::Nothing),
        },
        "lacks": lacks.collect::<Vec<_>>(),
        "slos": line.slos.iter().map(slo).collect::<Vec<_>>(),
    })
}

/// A part of a composite SLO.
fn part(part: &Component) -> Json {
    json!({
        "name": part.name,
        "objective": number(part.objective.share()),
        "weight": number(part.weight),
        "line": part.place.line(),
    })
}

/// One exclusion.
fn exclusion(line: &ExclusionLine) -> Json {
    let stretch =
        |(start, end): &(Timestamp, Timestamp)| json!({ "start": start.to_string(), "end": end.to_string() });
    json!({
        "name": line.name,
        "slos": line.slos,
        "environments": line.environments,
        "next": line.next.iter().map(stretch).collect::<Vec<_>>(),
        "reason": line.reason,
        "agreed_by": line.agreed_by,
        "file": line.file,
        "line": line.line,
    })
}

/// One SLO.
fn slo(line: &Line) -> Json {
    let mut slo = json!({
        "name": line.name,
        "title": line.title,
        "endpoint": line.endpoint,
        "sli": line.sli,
        "objective": number(line.objective),
        "period_seconds": line.period,
        "rolling": !line.calendar,
        "ends_at": line.ends_at.map(|at| at.to_string()),
        "days_left": line.days_left,
        "environments": line.environments,
        "origin": line.origin.word,
        "default": line.origin.of,
        "team": line.team,
        "owner": line.owner,
        "file": line.file,
        "line": line.line,
    });
    if let Some(slo) = slo.as_object_mut().filter(|_| !line.parts.is_empty()) {
        slo.insert("parts".to_owned(), line.parts.iter().map(part).collect());
    }
    slo
}
