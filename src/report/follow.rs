//! What the clauses in force ask for besides a freeze, in words: one sentence a consequence, with who carries it out
//! where that is people. Whoever shows a sentence says how text from data is escaped.

use crate::change::Rollout;
use crate::policy::ruling::Standing;
use crate::policy::{Automation, Consequence};
use crate::report::{Report, figure};

/// How the two sorts of text from data are escaped.
#[derive(Clone, Copy)]
pub struct Escape {
    /// What a policy says.
    pub words: fn(&str) -> String,
    /// The names of people and teams.
    pub people: fn(&str) -> String,
}

/// The sentences of a report, sorted, each once.
#[must_use]
pub fn render(report: &Report, escape: Escape) -> Vec<String> {
    let in_force = report.verdict.rulings.iter().map(|weighed| &weighed.ruling);
    let in_force = in_force.filter(|ruling| matches!(ruling.standing, Standing::InForce { .. }));
    let consequences = in_force.flat_map(|ruling| &ruling.consequences);
    let mut sentences: Vec<String> =
        consequences.filter_map(|consequence| sentence(consequence, escape)).collect();
    sentences.sort();
    sentences.dedup();
    sentences
}

/// One consequence; a freeze has been told already.
fn sentence(consequence: &Consequence, escape: Escape) -> Option<String> {
    let said = match consequence {
        Consequence::Freeze { .. } => return None,
        Consequence::Warn(text) | Consequence::Inform(text) => return Some((escape.words)(text)),
        Consequence::Restrict { to: Rollout::Canary, .. } => "Only a canary may ship.".to_owned(),
        Consequence::Restrict { to: Rollout::Full, .. } => "A full rollout may ship.".to_owned(),
        Consequence::LimitReleases { a_day: 1, .. } => "One release a day may ship.".to_owned(),
        Consequence::LimitReleases { a_day, .. } => format!("At most {a_day} releases a day may ship."),
        Consequence::ActionItem { title, top_of_backlog, due } => {
            let top = if *top_of_backlog { ", on top of the backlog" } else { "" };
            let due = due.map_or_else(String::new, |due| format!(", within {}", figure::period(due)));
            format!("Action item: {}{top}{due}.", (escape.words)(title))
        }
        Consequence::Postmortem => "A postmortem is held.".to_owned(),
        Consequence::Engage(who) => format!("{} is asked for help.", (escape.people)(who)),
        Consequence::Notify(who) => format!("{} is told the state of the budget.", (escape.people)(who)),
        Consequence::Assign(share) => {
            format!("{} of the engineers work on reliability.", figure::percent(*share))
        }
        Consequence::Escalate { decides, how } => {
            let people: Vec<String> = decides.iter().map(|one| (escape.people)(one)).collect();
            format!("Escalated to {}: {}.", people.join(", "), (escape.words)(how))
        }
        Consequence::CodeYellow => {
            "Code yellow: everyone affected works on reliability, in business hours.".to_owned()
        }
        Consequence::CodeRed => {
            "Code red: everyone affected works on reliability, around the clock.".to_owned()
        }
        Consequence::HandBackOperations => "Those who build the service run it again.".to_owned(),
    };
    Some(match consequence.automation() {
        Automation::Automated => said,
        people @ (Automation::Traceable | Automation::Manual) => format!("{said} ({})", people.as_str()),
    })
}
