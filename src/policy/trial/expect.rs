//! Wanted against got: what differs between what a case wants and what the policy said.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::Want;
use crate::budget::gap::duration;
use crate::policy::Consequence;
use crate::policy::ruling::{Ruling, Standing};
use crate::policy::walk::Span;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What was looked at: `clauses`, `effect`.
    pub what: String,
    /// What the case wants.
    pub wanted: String,
    /// What the policy said.
    pub got: String,
}

/// The end of a stretch that lasts to the end of the history.
pub(super) const END: &str = "end";

/// No words.
const NONE: &str = "none";

/// Everything in which rulings and their effect differ from what is wanted.
#[must_use]
pub fn compare(
    want: &Want,
    rulings: &[Ruling],
    effect: &str,
    stretches: &BTreeMap<String, Result<Vec<Span>, String>>,
) -> Vec<Mismatch> {
    let mut found = Mismatches::default();
    found.at_once(want, rulings, effect);
    found.in_time(want, rulings);
    for (clause, wanted) in &want.stretches {
        let got = match stretches.get(clause) {
            Some(Ok(spans)) => lasting(spans, want.start),
            Some(Err(why)) => why.clone(),
            None => NONE.to_owned(),
        };
        found.differ(&format!("stretches of {clause}"), lasting(wanted, want.start), got);
    }
    found.0
}

/// The differences that were found until now.
#[derive(Default)]
struct Mismatches(Vec<Mismatch>);

impl Mismatches {
    /// Holds what is wanted against what the policy said.
    fn differ(&mut self, what: &str, wanted: String, got: String) {
        if wanted != got {
            self.0.push(Mismatch { what: what.to_owned(), wanted, got });
        }
    }

    /// What is in force at the judged point, and what follows.
    fn at_once(&mut self, want: &Want, rulings: &[Ruling], effect: &str) {
        if let Some(wanted) = &want.clauses {
            let got = standing(rulings, |one| matches!(one, Standing::InForce { .. }));
            let wanted = names(wanted);
            let unknown = standing(rulings, |one| one == Standing::Unknown);
            if wanted != got && unknown != NONE {
                self.differ("clauses", wanted, format!("{got} (not known: {unknown})"));
            } else {
                self.differ("clauses", wanted, got);
            }
        }
        if let Some(wanted) = &want.unknown {
            self.differ("unknown", names(wanted), standing(rulings, |one| one == Standing::Unknown));
        }
        if let Some(wanted) = &want.effect {
            self.differ("effect", wanted.clone(), effect.to_owned());
        }
        if let Some(wanted) = &want.consequences {
            let got: Vec<String> = in_force(rulings).flat_map(|one| &one.consequences).map(form).collect();
            if !matched(wanted, &got) {
                self.differ("consequences", listed(wanted), listed(&shortened(wanted, got)));
            }
        }
    }

    /// Since when clauses are in force, and when they end.
    fn in_time(&mut self, want: &Want, rulings: &[Ruling]) {
        let find = |clause: &str| in_force(rulings).find(|one| one.clause == clause).map(|one| one.standing);
        let absent = || "not in force".to_owned();
        for (clause, wanted) in &want.since {
            let got = match find(clause) {
                Some(Standing::InForce { since, at_least, .. }) => {
                    let told = told(since, want.start);
                    // At the edge of the walk the beginning is the edge, and may be earlier.
                    if at_least && since != *wanted { format!("{told} or earlier") } else { told }
                }
                _ => absent(),
            };
            self.differ(&format!("since of {clause}"), told(*wanted, want.start), got);
        }
        for (clause, wanted) in &want.thaws_at {
            let shown = |at: Option<i64>| at.map_or_else(|| "never".to_owned(), |at| told(at, want.start));
            let got = match find(clause) {
                Some(Standing::InForce { thaws_at, .. }) => shown(thaws_at),
                _ => absent(),
            };
            self.differ(&format!("thaws_at of {clause}"), shown(*wanted), got);
        }
    }
}

/// Stretches as a test writes them: `28d 3h - 56d 1h`.
fn lasting(spans: &[Span], start: Option<i64>) -> String {
    let shown = |span: &Span| {
        let to = span.until.map_or_else(|| END.to_owned(), |to| told(to, start));
        format!("{} - {to}", told(span.since, start))
    };
    listed(&spans.iter().map(shown).collect::<Vec<_>>())
}

/// Whether the review is overdue as it is wanted to be.
pub(super) fn review(want: &Want, overdue: bool) -> Option<Mismatch> {
    let wanted = want.review_overdue.filter(|wanted| *wanted != overdue)?;
    let said = |overdue| if overdue { "overdue" } else { "not overdue" }.to_owned();
    Some(Mismatch { what: "review".to_owned(), wanted: said(wanted), got: said(overdue) })
}

/// The rulings of clauses in force, one for each clause.
fn in_force(rulings: &[Ruling]) -> impl Iterator<Item = &Ruling> {
    let mut seen = BTreeSet::new();
    rulings
        .iter()
        .filter(|one| matches!(one.standing, Standing::InForce { .. }))
        .filter(move |one| seen.insert(one.clause.clone()))
}

/// The names of clauses that stand so.
fn standing(rulings: &[Ruling], stands: impl Fn(Standing) -> bool) -> String {
    let found: Vec<String> =
        rulings.iter().filter(|one| stands(one.standing)).map(|one| one.clause.clone()).collect();
    names(&found)
}

/// Names in an order of their own, each once.
fn names(names: &[String]) -> String {
    let names: BTreeSet<String> = names.iter().cloned().collect();
    listed(&names.into_iter().collect::<Vec<_>>())
}

/// `a, b`, or `none`.
fn listed(words: &[String]) -> String {
    if words.is_empty() { NONE.to_owned() } else { words.join(", ") }
}

/// An instant, told from the beginning of the history where there is one.
#[must_use]
pub fn told(at: i64, start: Option<i64>) -> String {
    let absolute = || jiff::Timestamp::from_second(at).map_or_else(|_| at.to_string(), |at| at.to_string());
    match start {
        Some(start) if at >= start => {
            let seconds = at - start;
            let whole = duration(seconds);
            if whole.split(' ').count() < 2 || seconds % 3_600 == 0 {
                whole
            } else {
                format!("{} {}", duration(seconds - seconds % 86_400), duration(seconds % 86_400))
            }
        }
        Some(_) | None => absolute(),
    }
}

/// True when every wanted consequence is one that there is, and none is left.
fn matched(wanted: &[String], got: &[String]) -> bool {
    let mut rest: Vec<&String> = got.iter().collect();
    // What says more picks first.
    let mut wanted: Vec<&String> = wanted.iter().collect();
    wanted.sort_by_key(|one| std::cmp::Reverse(one.len()));
    for one in wanted {
        let Some(found) = rest.iter().position(|form| says(one, form)) else { return false };
        rest.remove(found);
    }
    rest.is_empty()
}

/// Consequences in as many words as they are wanted in: their first words where nobody wants more.
fn shortened(wanted: &[String], got: Vec<String>) -> Vec<String> {
    if wanted.iter().any(|one| one.contains(['(', '.'])) {
        return got;
    }
    let word = |form: String| form.split(['(', '.']).next().map(str::to_owned).unwrap_or(form);
    got.into_iter().map(word).collect()
}

/// True when a wanted text is a consequence's first word, its call, or all of it.
fn says(wanted: &str, form: &str) -> bool {
    form.strip_prefix(wanted.trim()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['(', '.']))
}

/// A consequence as a policy writes it.
fn form(consequence: &Consequence) -> String {
    let except = |classes: &[String]| match classes {
        [] => String::new(),
        classes => {
            let classes: Vec<String> = classes.iter().map(|class| format!("\"{class}\"")).collect();
            format!(".except([{}])", classes.join(", "))
        }
    };
    match consequence {
        Consequence::Freeze { environment, except: classes } => {
            format!("freeze(\"{environment}\"){}", except(classes))
        }
        Consequence::Restrict { to, except: classes } => {
            format!("restrict(\"{}\"){}", to.as_str(), except(classes))
        }
        Consequence::LimitReleases { a_day, except: classes } => {
            format!("limit_releases({a_day}){}", except(classes))
        }
        Consequence::Warn(text) => format!("warn(\"{text}\")"),
        Consequence::Inform(text) => format!("inform(\"{text}\")"),
        Consequence::ActionItem { title, top_of_backlog, due } => {
            let top = if *top_of_backlog { ".top_of_backlog()" } else { "" };
            let due = due.map_or_else(String::new, |due| format!(".due(\"{}\")", duration(due)));
            format!("action_item(\"{title}\"){top}{due}")
        }
        Consequence::Postmortem => "postmortem()".to_owned(),
        Consequence::Engage(who) => format!("engage(\"{who}\")"),
        Consequence::Notify(who) => format!("notify(\"{who}\")"),
        Consequence::Assign(share) => {
            format!("assign(percent({}))", (share * Decimal::ONE_HUNDRED).normalize())
        }
        Consequence::Escalate { .. } => "escalate()".to_owned(),
        Consequence::CodeYellow => "code_yellow()".to_owned(),
        Consequence::CodeRed => "code_red()".to_owned(),
        Consequence::HandBackOperations => "hand_back_operations()".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consequence_is_matched_by_its_word_its_call_or_all_of_it() {
        let frozen =
            Consequence::Freeze { environment: "production".to_owned(), except: vec!["hotfix".to_owned()] };
        let form = form(&frozen);
        for wanted in ["freeze", "freeze(\"production\")", "freeze(\"production\").except([\"hotfix\"])"] {
            assert!(says(wanted, &form), "{wanted}");
        }
        for wanted in ["freez", "freeze(\"staging\")", "freeze(\"production\").except([\"security\"])"] {
            assert!(!says(wanted, &form), "{wanted}");
        }
        let got = [form, "postmortem()".to_owned()];
        let matched =
            |wanted: &[&str]| matched(&wanted.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>(), &got);
        assert!(matched(&["postmortem", "freeze"]));
        let shown = |wanted: &str| shortened(&[wanted.to_owned()], got.to_vec()).join(", ");
        assert_eq!(shown("warn"), "freeze, postmortem");
        assert_eq!(shown("postmortem()"), got.join(", "));
        assert!(!matched(&["freeze"]), "exactly these");
        assert!(!matched(&["freeze", "freeze", "postmortem"]));
    }
}
