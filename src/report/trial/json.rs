//! The outcome of tests as JSON: `schemas/test-report.v1.json`. Names in it are part of the interface.

use serde_json::{Value as Json, json};

use crate::diagnostic::Diagnostic;
use crate::policy::ruling::Ruling;
use crate::policy::trial::Moment;
use crate::policy::trial::coverage::Coverage;
use crate::report::json::{evidence, obstacle, problem, recalled, state};
use crate::report::trial::{Trials, Tried};

/// The outcome as JSON, with what is wrong in the files and a line break at its end; with an error no case ran.
#[must_use]
pub fn render(trials: &Trials, problems: &[Diagnostic]) -> String {
    let failed = trials.failed();
    let outcome = json!({
        "version": 1,
        "passed": trials.cases.len() - failed,
        "failed": failed,
        "left_out": trials.left_out,
        "untested": trials.untested,
        "cases": trials.cases.iter().map(case).collect::<Vec<_>>(),
        "min": trials.min,
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
        "coverage": trials.coverage.as_ref().map(|all| all.iter().map(coverage).collect::<Vec<_>>()),
    });
    format!("{outcome:#}\n")
}

/// One case.
fn case(case: &Tried) -> Json {
    json!({
        "policy": case.policy,
        "note": case.note,
        "file": case.place.source.path(),
        "line": case.place.line(),
        "passed": case.passed(),
        "moments": case.moments.iter().map(moment).collect::<Vec<_>>(),
    })
}

/// One instant.
fn moment(moment: &Moment) -> Json {
    let mismatches = moment.mismatches.iter();
    json!({
        "line": moment.want.place.line(),
        "at": moment.t.map(crate::source::instant),
        "effect": moment.effect,
        "mismatches": mismatches
            .map(|one| json!({ "what": one.what, "wanted": one.wanted, "got": one.got }))
            .collect::<Vec<_>>(),
        "in_vain": moment.in_vain,
        "clauses": moment.rulings.iter().map(clause).collect::<Vec<_>>(),
    })
}

/// Where a clause stood.
fn clause(ruling: &Ruling) -> Json {
    json!({
        "clause": ruling.clause,
        "slo": ruling.slo,
        "state": state(ruling.standing),
        "line": ruling.place.line(),
        "evidence": ruling.evidence.iter().map(evidence).collect::<Vec<_>>(),
        "thaw_evidence": ruling.thaw_evidence.iter().map(evidence).collect::<Vec<_>>(),
        "obstacle": ruling.obstacle.as_ref().map(obstacle),
        "recalled": recalled(&ruling.recalled),
    })
}

/// What was seen of a policy.
fn coverage(coverage: &Coverage) -> Json {
    let (seen, all) = coverage.counts();
    let missing = coverage.marks().filter(|mark| !mark.seen);
    json!({
        "policy": coverage.policy,
        "seen": seen,
        "marks": all,
        "missing": missing
            .map(|mark| json!({
                "clause": mark.clause,
                "file": mark.place.source.path(),
                "line": mark.place.line(),
                "what": mark.missing,
            }))
            .collect::<Vec<_>>(),
    })
}
