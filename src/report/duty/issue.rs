//! What the issue of a duty says: title, the lines that are kept up to date, what people may edit, and comments.
//!
//! Names and texts are escaped like everywhere. One thing is not: whom a policy of the base names with `engage`, `notify`
//! or `escalate` in the shape of a login or a team (`@acme/gateway-team`) is mentioned, because telling them is what was
//! agreed.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::policy::Consequence;
use crate::report::duty::template::Template;
use crate::report::duty::{Affected, Duty, Purpose, postmortem};
use crate::report::escape::{code_span, markdown, terminal};
use crate::report::{consequence, figure};

/// The most characters of a title that GitHub takes.
const TITLE: usize = 256;

/// The most SLOs that are named in a sentence.
const NAMED: usize = 20;

/// The most rows of a table: an issue has room for 65,536 characters in all.
pub(super) const ROWS: usize = 60;

/// The title of an issue.
#[must_use]
pub fn title(duty: &Duty, purpose: &Purpose) -> String {
    let Duty { service, environment, title, .. } = duty;
    let said = match purpose {
        Purpose::ActionItem { title, .. } => title.clone(),
        Purpose::Postmortem => format!("Postmortem: {title}"),
        Purpose::Notice => title.clone(),
    };
    terminal(&format!("{said} ({service}, {environment})")).chars().take(TITLE).collect()
}

/// The lines that are kept up to date while the clause is in force: since when, how often, for what, and until when.
#[must_use]
pub fn head(duty: &Duty, purpose: &Purpose, count: u32) -> String {
    let affected = duty.affected();
    let mut slos: Vec<String> = affected.iter().take(NAMED).map(|one| code_span(&one.slo)).collect();
    if affected.len() > NAMED {
        slos.push(format!("and {} more", affected.len() - NAMED));
    }
    let least = duty.affected().iter().any(|one| one.at_least && Some(one.since) == duty.since());
    let least = if least { "at least " } else { "" };
    let since = duty.since().map(figure::instant).unwrap_or_default();
    let mut text = format!("**In force** since {least}{since} for {}", slos.join(", "));
    if count > 1 {
        let _ = write!(text, ", for the {} time", ordinal(count));
    }
    text.push('.');
    if let Some(due) = duty.due(purpose) {
        let _ = write!(text, " Due **{}**.", figure::instant(due));
    }
    text
}

/// The same once the clause has ended.
#[must_use]
pub fn ended(duty: &Duty, count: u32) -> String {
    let times = if count > 1 { format!(", after it was in force {count} times") } else { String::new() };
    format!("**Ended** by {}{times}.", figure::instant(duty.judged_at))
}

/// What people find below, and may edit; that of a postmortem follows a template.
#[must_use]
pub fn rest(duty: &Duty, purpose: &Purpose, template: &Template) -> String {
    let mut text = format!("{}\n", why(duty));
    if *purpose != Purpose::Postmortem {
        let _ = write!(text, "\n{}", budgets(duty.affected()));
    }
    for line in asked(duty, purpose) {
        let _ = write!(text, "\n- {line}");
    }
    if let Some(thaws) = thaws(duty) {
        let _ = write!(text, "\n- {thaws}");
    }
    if *purpose == Purpose::Postmortem {
        let _ = write!(text, "\n\n{}", postmortem::filled(template, duty));
    }
    let _ = write!(
        text,
        "\n\n<sub>Numbers as of {}. Close this issue when it is done: nothing else closes it, and while the clause stays in \
         force no other one is opened.</sub>\n",
        figure::instant(duty.judged_at)
    );
    text
}

/// A comment: the clause came into force again.
#[must_use]
pub fn again(duty: &Duty, purpose: &Purpose, count: u32) -> String {
    let mut text = format!("{}\n\n{}", head(duty, purpose, count), budgets(duty.affected()));
    for line in told(duty, purpose) {
        let _ = write!(text, "\n- {line}");
    }
    text
}

/// A comment: the clause has ended.
#[must_use]
pub fn thawed(duty: &Duty) -> String {
    format!(
        "Clause *{}* has ended for {} in {}: seen at {}. What is to be done here stays to be done; a person closes this \
         issue.",
        markdown(&duty.clause),
        code_span(&duty.service),
        markdown(&duty.environment),
        figure::instant(duty.judged_at)
    )
}

/// A comment is no place to say who says the same; the body says it.
#[must_use]
pub fn withdrawn(original: u64) -> String {
    format!("The same as #{original}, which was opened by another run at the same time.")
}

/// The clause, with a link to its line.
pub(super) fn clause(duty: &Duty) -> String {
    let clause = markdown(&duty.clause);
    match &duty.link {
        Some(link) => format!("[*{clause}*]({link})"),
        None => format!("*{clause}*"),
    }
}

/// Which clause of which policy speaks.
fn why(duty: &Duty) -> String {
    let clause = clause(duty);
    let of = match &duty.organization {
        Some(name) => format!(" of organization {}", markdown(name)),
        None => String::new(),
    };
    format!(
        "Clause {clause} of policy {} {}{of} is in force for {} in {}: {}.",
        markdown(&duty.policy),
        markdown(&duty.version),
        code_span(&duty.service),
        markdown(&duty.environment),
        markdown(duty.title.trim_end_matches('.'))
    )
}

/// A table of the budgets.
pub(super) fn budgets(affected: &[Affected]) -> String {
    let mut text = "| SLO | objective | remaining | read |\n|---|--:|--:|---|\n".to_owned();
    for one in affected.iter().take(ROWS) {
        let line = one.line.as_ref();
        let title = line.map_or(one.slo.as_str(), |line| line.title.as_str());
        let objective = line.map_or_else(|| "?".to_owned(), |line| figure::objective(line.objective));
        let figures = line.and_then(|line| line.figures.as_ref().ok());
        let remaining =
            figures.map_or_else(|| "not known".to_owned(), |known| figure::percent(known.remaining));
        let read: Vec<String> = one
            .evidence
            .iter()
            .map(|read| {
                let limit = figure::limit(read);
                let limit = limit.map_or_else(String::new, |limit| format!(", {}", figure::threshold(limit)));
                let value = signed(&markdown(&figure::value(&read.value)));
                format!("{} {value}{}", code_span(&read.fact), markdown(&limit))
            })
            .collect();
        let _ = writeln!(
            text,
            "| {} | {objective} | {} | {} |",
            markdown(title),
            signed(&remaining),
            read.join("; ")
        );
    }
    if affected.len() > ROWS {
        let _ = writeln!(text, "\nAnd {} SLOs more.", affected.len() - ROWS);
    }
    text
}

/// A number whose minus is one, not a hyphen.
pub(super) fn signed(number: &str) -> String {
    let rest = number.strip_prefix("\\-").or_else(|| number.strip_prefix('-'));
    rest.map_or_else(|| number.to_owned(), |rest| format!("−{rest}"))
}

/// What is asked for, a line each.
fn asked(duty: &Duty, purpose: &Purpose) -> Vec<String> {
    let mut lines = Vec::new();
    if let Purpose::ActionItem { title, top_of_backlog, due, .. } = purpose {
        let item =
            Consequence::ActionItem { title: title.clone(), top_of_backlog: *top_of_backlog, due: *due };
        lines.extend(consequence::sentence(&item, markdown));
    }
    lines.extend(told(duty, purpose));
    lines
}

/// What people are told, in the first issue of the duty.
fn told(duty: &Duty, purpose: &Purpose) -> Vec<String> {
    let is_home = duty.home() == Some(purpose);
    let notices = duty.notices.iter().filter(|_| is_home);
    notices.filter_map(|notice| consequence::sentence(notice, mentioning)).collect()
}

/// Until when, if nothing more burns; none where that cannot be foreseen.
fn thaws(duty: &Duty) -> Option<String> {
    let all: Option<Vec<i64>> = duty.affected().iter().map(|one| one.thaws_at).collect();
    let last = all?.into_iter().max()?;
    Some(format!("the clause ends {} if nothing more burns", figure::instant(last)))
}

/// A text in which logins and teams stay mentions, and everything else is escaped.
#[must_use]
pub fn mentioning(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let bare = word.trim_end_matches([',', ';', '.']);
        if is_mention(bare) { Cow::Borrowed(word) } else { Cow::Owned(markdown(word)) }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// True for `@login` and `@organisation/team` as GitHub has them.
#[must_use]
pub fn is_mention(word: &str) -> bool {
    let Some(name) = word.strip_prefix('@') else { return false };
    let is_login = |login: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (1..=39).contains(&login.len())
            && login.chars().all(fits)
            && !login.starts_with('-')
            && !login.ends_with('-')
    };
    let is_team = |team: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=100).contains(&team.len()) && team.chars().all(fits)
    };
    match name.split_once('/') {
        Some((organisation, team)) => is_login(organisation) && is_team(team),
        None => is_login(name),
    }
}

/// `2nd`, `11th`.
fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_the_shape_of_a_login_or_a_team_is_mentioned_and_nobody_else() {
        assert_eq!(mentioning("@acme/gateway-team"), "@acme/gateway-team");
        assert_eq!(mentioning("@vp, @ola."), "@vp, @ola.");
        for text in ["@a/b/c", "@-a", "@a-", "x@acme", "@acme/<!--", "@", "@a/", "@a@b", "#1", "@a**"] {
            assert!(!is_mention(text), "{text}");
            assert_eq!(mentioning(text), markdown(text));
        }
        assert_eq!(mentioning("ask @acme/ops\n@evil now"), "ask @\u{200B}acme/ops @\u{200B}evil now");
    }

    #[test]
    fn ordinals_are_english() {
        let said = [1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal);
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"]);
    }
}
