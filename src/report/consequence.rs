//! What a clause asks for, in words that every rendering shares. Each hands in how it escapes what authors wrote.

use crate::policy::Consequence;
use crate::report::figure;

/// A consequence as a sentence without its period; none for a freeze, which the verdict itself is.
pub fn sentence(consequence: &Consequence, safe: impl Fn(&str) -> String) -> Option<String> {
    match consequence {
        Consequence::Freeze { .. } => None,
        Consequence::Warn(text) | Consequence::Inform(text) => Some(safe(text)),
        Consequence::ActionItem { title, top_of_backlog, due } => {
            let top = if *top_of_backlog { ", on top of the backlog" } else { "" };
            let due = due.map_or_else(String::new, |due| format!(", within {}", figure::period(due)));
            Some(format!("action item: {}{top}{due}", safe(title)))
        }
        Consequence::Postmortem => Some("a postmortem is held".to_owned()),
        Consequence::Engage(who) => Some(format!("{} is asked for help", safe(who))),
    }
}
