//! What a clause asks for, in words that every rendering shares. Each hands in how it escapes what authors wrote.

use crate::change::Rollout;
use crate::policy::{Automation, Consequence};
use crate::report::figure;

/// A consequence as a sentence without its period, with who carries it out where that is people; none for a freeze,
/// which the verdict itself is.
pub fn sentence(consequence: &Consequence, safe: impl Fn(&str) -> String) -> Option<String> {
    let said = match consequence {
        Consequence::Freeze { .. } => return None,
        Consequence::Warn(text) | Consequence::Inform(text) => return Some(safe(text)),
        Consequence::Restrict { to: Rollout::Canary, .. } => "only a canary may ship".to_owned(),
        Consequence::Restrict { to: Rollout::Full, .. } => "a full rollout may ship".to_owned(),
        Consequence::LimitReleases { a_day: 1, .. } => "one release a day may ship".to_owned(),
        Consequence::LimitReleases { a_day, .. } => format!("at most {a_day} releases a day may ship"),
        Consequence::ActionItem { title, top_of_backlog, due } => {
            let top = if *top_of_backlog { ", on top of the backlog" } else { "" };
            let due = due.map_or_else(String::new, |due| format!(", within {}", figure::period(due)));
            format!("action item: {}{top}{due}", safe(title))
        }
        Consequence::Postmortem => "a postmortem is held".to_owned(),
        Consequence::Engage(who) => format!("{} is asked for help", safe(who)),
        Consequence::Notify(who) => format!("{} is told the state of the budget", safe(who)),
        Consequence::Assign(share) => {
            format!("{} of the engineers work on reliability", figure::percent(*share))
        }
        Consequence::Escalate { decides, how } => {
            let people: Vec<String> = decides.iter().map(|one| safe(one)).collect();
            format!("escalated to {}: {}", people.join(", "), safe(how))
        }
        Consequence::CodeYellow => {
            "code yellow: everyone affected works on reliability, in business hours".to_owned()
        }
        Consequence::CodeRed => {
            "code red: everyone affected works on reliability, around the clock".to_owned()
        }
        Consequence::HandBackOperations => "those who build the service run it again".to_owned(),
    };
    Some(match consequence.automation() {
        Automation::Automated => said,
        people @ (Automation::Traceable | Automation::Manual) => format!("{said} ({})", people.as_str()),
    })
}
