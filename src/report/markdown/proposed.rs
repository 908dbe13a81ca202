//! What a change makes of the rules that judge it, as a folded part of the comment: first what its own rules would decide.

use std::fmt::Write as _;

use super::{PROBLEMS, SHOWN, code_span, decided, facts, link, minus, mistake, reason, safe, unaddressed};
use crate::report::proposed::{Proposed, becomes};
use crate::report::{Report, amendment, figure, resettled};
use crate::verdict::Effect;

/// All of it; open where its own rules are milder, or where it redirects a budget or eases an exhausted one.
pub(super) fn write(out: &mut String, report: &Report, proposed: &Proposed) {
    let open = if proposed.is_alarming(report) { " open" } else { "" };
    let summary = proposed.summary();
    let _ = writeln!(out, "<details{open}><summary>Proposed by this change: {summary}</summary>\n");
    out.push_str("The verdict is by the rules of the base, without any of this.\n\n");
    outcome(out, report, proposed);
    for resettled in proposed.settings.iter().take(PROBLEMS) {
        let said = resettled::sentence(resettled, safe);
        let _ = if resettled.redirects() { writeln!(out, "- **{said}**") } else { writeln!(out, "- {said}") };
    }
    for retold in proposed.revisions.iter().take(PROBLEMS) {
        let (said, is_alarming) = (retold.sentence(safe), retold.eases_an_exhausted_budget());
        let _ = if is_alarming { writeln!(out, "- **{said}**") } else { writeln!(out, "- {said}") };
    }
    for amendment in proposed.amendments.iter().take(PROBLEMS) {
        let said = amendment::sentence(amendment, safe, code_span);
        let place =
            link(proposed.permalink.as_deref().filter(|_| !amendment.to.is_empty()), &amendment.place);
        let strong = if amendment.loosens { "**" } else { "" };
        let _ = writeln!(out, "- {strong}{said}{strong} {place}");
    }
    for found in proposed.problems.iter().take(PROBLEMS) {
        let _ = writeln!(out, "- {}", mistake(proposed.permalink.as_deref(), &found.problem));
    }
    let more = proposed.beyond(PROBLEMS);
    if more > 0 {
        let _ = writeln!(out, "- and {more} more; the report has them all");
    }
    for why in &proposed.untold {
        let _ = writeln!(out, "- {}", reason(why));
    }
    out.push_str("\n</details>\n\n");
}

/// Text for everybody to read, without addresses.
fn public(text: &str) -> String {
    safe(&unaddressed(text))
}

/// What its own rules would decide, beside what those of the base do.
fn outcome(out: &mut String, report: &Report, proposed: &Proposed) {
    let Some(said) = proposed.decided(report, public) else { return };
    let strong = if proposed.frees(report) { "**" } else { "" };
    let _ = write!(out, "{strong}By this change's own rules: {said}.{strong}");
    let Some(Ok(own)) = &proposed.outcome else {
        out.push_str("\n\n");
        return;
    };
    if own.verdict.effect == Effect::Proceed
        && let Some((line, known)) = own.tightest()
    {
        let left = minus(&figure::percent(known.remaining));
        let _ = write!(out, " {left} of the tightest budget is left ({}).", safe(&own.title(line)));
    }
    out.push_str("\n\n");
    for (base, now) in proposed.undone(report).into_iter().take(SHOWN) {
        let clause =
            format!("Clause *{}* of policy {}", safe(&base.ruling.clause), safe(&base.ruling.policy));
        let slo = safe(&report.title_of(base));
        let _ = match now {
            None => writeln!(out, "- {clause} would not be asked of {slo}."),
            Some(now) => {
                let facts = facts(now);
                let facts = if facts.is_empty() { facts.concat() } else { format!(", {}", facts.join("; ")) };
                writeln!(out, "- {clause} would be {}: {slo}{facts}.", becomes(now))
            }
        };
    }
    for weighed in proposed.deciding(report).into_iter().take(SHOWN) {
        let _ = writeln!(out, "- {}", decided(own, weighed));
    }
    for said in proposed.unknown(public) {
        let _ = writeln!(out, "- {said}.");
    }
}
