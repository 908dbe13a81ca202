//! A period so short that another unit was surely meant: `1m` is a minute, and a month is `1M`.
//!
//! Error budgets are spent over weeks. Within an hour a single failure decides, and nothing that people do in answer
//! has an effect before the period is over.

use crate::catalog::Slo;
use crate::diagnostic::{Code, Diagnostic};

/// The shortest period that is surely meant, in seconds: an hour.
const SHORTEST: i64 = 3_600;

/// What is wrong with the period of an SLO.
pub(super) fn examine(slo: &Slo) -> Option<Diagnostic> {
    if slo.period >= SHORTEST {
        return None;
    }
    let text = slo.period_place.text().trim_matches(['"', '\'']);
    let month = text.strip_suffix('m').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let length = length(slo.period);
    let meant = month.map(|count| {
        (format!("{length}, not a month"), format!("`m` is a minute; did you mean `{count}M`, or `28d`?"))
    });
    let (label, help) = meant.unwrap_or_else(|| {
        let help = "write a period of days or weeks; `28d` is usual";
        ("shorter than an hour".to_owned(), help.to_owned())
    });
    let message =
        format!("the SLO `{}` has a period of {length}, in which nothing can be answered", slo.name);
    let problem = Diagnostic::warning(Code::ShortPeriod, message);
    Some(problem.at(slo.period_place.clone(), label).help(help))
}

/// A length below an hour in words.
fn length(seconds: i64) -> String {
    let (count, unit) = if seconds % 60 == 0 { (seconds / 60, "minute") } else { (seconds, "second") };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
