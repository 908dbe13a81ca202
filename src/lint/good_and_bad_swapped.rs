//! Codes of answers on the wrong side: failures counted as good events, or successes as bad ones.
//!
//! Which codes count as bad is a team's to choose. That nothing but answers of 503 is good is not. Successes that are
//! bad because they were slow are told from the others by more than their codes, and are no mistake.

use crate::catalog::Slo;
use crate::diagnostic::{self, Code, Diagnostic};
use crate::source::promql::{self, Side};

/// What stands on the wrong side in an SLO.
pub(super) fn examine(slo: &Slo) -> Option<Diagnostic> {
    let (part, total, good) = slo.indicator.counters()?;
    let wrong = if good { Side::Failures } else { Side::Successes };
    let (selected, matchers) = promql::parse(part).ok()?.side_of(&promql::parse(total).ok()?)?;
    if selected != wrong {
        return None;
    }
    let (side, other, what) = if good {
        ("good", "bad", "answers that the server failed to give")
    } else {
        ("bad", "good", "answers that are as they should be")
    };
    let matchers: Vec<&str> = matchers.iter().map(String::as_str).collect();
    let message = format!(
        "the SLO `{}` counts {} as {side} events, which selects {what}",
        slo.name,
        diagnostic::list(&matchers)
    );
    let problem = Diagnostic::warning(Code::GoodAndBadSwapped, message);
    let help = format!("write the query as that of the {other} events, or turn the matcher round");
    Some(problem.at(part.place.clone(), format!("counted as {side}")).help(help))
}
