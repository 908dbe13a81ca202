//! The report in one line, for a commit status and an annotation: the verdict, the clause that decided, the budget and
//! when it thaws. Plain text; whoever shows it cuts it to the length that it may have.

use crate::policy::ruling::{Obstacle, Standing};
use crate::report::escape::terminal as clean;
use crate::report::{BudgetLine, Report, figure};
use crate::verdict::{Effect, Exit};

/// The verdict in one line.
#[must_use]
pub fn render(report: &Report) -> String {
    let verdict = &report.verdict;
    if verdict.exit == Exit::Invalid {
        return format!(
            "invalid: {} to mend first",
            match report.errors() {
                1 => "1 problem".to_owned(),
                errors => format!("{errors} problems"),
            }
        );
    }
    let Some(deciding) = report.deciding().next() else {
        return match report.tightest() {
            Some((line, known)) => format!(
                "{}: {}, {} left",
                report.word(),
                clean(&line.title),
                figure::percent(known.remaining)
            ),
            None if verdict.effect == Effect::Proceed => {
                "proceed: no service with an SLO is touched".to_owned()
            }
            None => format!(
                "{}: {}",
                report.word(),
                report.notes.first().map_or("see the comment", String::as_str)
            ),
        };
    };
    let title = report.title_of(deciding);
    let left = report.budget_of(deciding).and_then(|line: &BudgetLine| line.figures.as_ref().ok());
    let left = left.map_or_else(String::new, |known| format!(" {} left", figure::percent(known.remaining)));
    let then = match (&deciding.ruling.standing, &deciding.ruling.obstacle) {
        (Standing::InForce { thaws_at: Some(at), .. }, _) => {
            let ends = if deciding.ruling.recalled.follows.is_some() { "ends" } else { "thaws" };
            format!(", {ends} {}", figure::instant(*at))
        }
        (_, Some(Obstacle::Unknown { why })) => format!(": {}", clean(why)),
        (_, Some(Obstacle::Failed { message, .. })) => format!(": {}", clean(message)),
        (Standing::InForce { .. } | Standing::Idle | Standing::Unknown | Standing::Untriggered, None) => {
            String::new()
        }
    };
    let class = report.change.class.as_deref().filter(|_| deciding.excepted());
    let class = class.map_or_else(String::new, |class| format!(" excepts {}", clean(class)));
    let clause = clean(&deciding.ruling.clause);
    format!("{}: {clause}{class}, {}{left}{then}", report.word(), clean(&title))
}
