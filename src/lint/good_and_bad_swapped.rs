//! Codes of answers on the wrong side: failures counted as good events, or successes as bad ones.
//!
//! Which codes count as bad is a team's to choose. That an answer of 503 alone is good is not.

use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::promql::{self, Outcome};

/// What stands on the wrong side in an SLO.
pub(super) fn examine(slo: &Slo) -> Option<Diagnostic> {
    let (part, _, good) = slo.indicator.counters()?;
    let counted = promql::parse(part).ok()?;
    let wrong = if good { Outcome::Failures } else { Outcome::Successes };
    let (_, matchers) = counted.outcomes().find(|(outcome, _)| *outcome == wrong)?;
    let (side, other, what) = if good {
        ("good", "bad", "answers that the server failed to give")
    } else {
        ("bad", "good", "answers that are as they should be")
    };
    let message =
        format!("the SLO `{}` counts `{matchers}` as {side} events, which selects {what}", slo.name);
    let problem = Diagnostic::warning(Code::GoodAndBadSwapped, message);
    let help = format!("write the query as that of the {other} events, or turn the matcher round");
    Some(problem.at(part.place.clone(), format!("counted as {side}")).help(help))
}
