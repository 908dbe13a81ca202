//! The report in one line, for a commit status and an annotation: the verdict, the clause that decided, the budget and
//! when it thaws. Plain text without addresses; of a long one the budget's name is cut first, and whoever shows it cuts
//! the rest to the length that it may have.

use crate::policy::ruling::{Obstacle, Standing};
use crate::report::escape::{terminal as clean, unaddressed};
use crate::report::{BudgetLine, Report, figure};
use crate::verdict::{Circumstance, Effect, Exit, Weighed};

/// The characters that a commit status takes: the budget's name gives way to what follows it.
const LONGEST: usize = 140;

/// The least that is left of a budget's name.
const SHORTEST: usize = 24;

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
                report.notes.first().map_or_else(|| "see the comment".to_owned(), |why| unaddressed(why))
            ),
        };
    };
    let title = report.title_of(deciding);
    let left = report.budget_of(deciding).and_then(|line: &BudgetLine| line.figures.as_ref().ok());
    let left = left.map_or_else(String::new, |known| format!(" {} left", figure::percent(known.remaining)));
    let then = match (&deciding.ruling.standing, &deciding.ruling.obstacle) {
        _ if deciding.effect == Effect::Unknown
            && deciding.circumstances.contains(&Circumstance::Uncounted) =>
        {
            ": today's releases cannot be counted".to_owned()
        }
        (Standing::InForce { thaws_at: Some(at), .. }, _) => {
            let ends = if deciding.ruling.recalled.follows.is_some() { "ends" } else { "thaws" };
            format!(", {ends} {}", figure::instant(*at))
        }
        (_, Some(Obstacle::Unknown { why })) => format!(": {}", clean(&unaddressed(why))),
        (_, Some(Obstacle::Failed { message, .. })) => format!(": {}", clean(&unaddressed(message))),
        (Standing::InForce { .. } | Standing::Idle | Standing::Unknown | Standing::Untriggered, None) => {
            String::new()
        }
    };
    let class = report.change.class.as_deref().filter(|_| deciding.excepted());
    let class = class.map_or_else(String::new, |class| format!(" excepts {}", clean(class)));
    let clause = clean(&deciding.ruling.clause);
    let title = clean(&title);
    let others = report.word().chars().count() + clause.chars().count() + class.chars().count() + 4;
    let tail = left.chars().count() + if knows_when(deciding) { then.chars().count() } else { 0 };
    let title = shortened(&title, LONGEST.saturating_sub(others + tail).max(SHORTEST));
    format!("{}: {clause}{class}, {title}{left}{then}", report.word())
}

/// Whether what follows the number is an instant, and no reason of any length.
const fn knows_when(weighed: &Weighed) -> bool {
    matches!(weighed.ruling.standing, Standing::InForce { thaws_at: Some(_), .. })
}

/// A name of at most so many characters.
fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
