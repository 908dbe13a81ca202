//! What is told of two texts of one policy, and what is marked as looser.

use super::*;
use crate::diagnostic::SourceText;
use crate::policy::Names;

/// A policy with this header besides what is required, and these clauses.
fn policy(header: &str, clauses: &str) -> Policy {
    let text = format!(
        "policy(#{{ scope: #{{ services: [\"shop\"] }}, purpose: \"p\", \
         escalation: #{{ decides: [\"@vp\"], how: \"h\" }}, agreed_by: #{{ operations: \"@o\" }}, \
         next_review: #{{ on: \"2027-01-15\" }}, {header} }});\n{clauses}\n"
    );
    let names = Names {
        environments: vec!["production".to_owned()],
        classes: vec!["hotfix".to_owned(), "security".to_owned()],
        services: vec!["shop".to_owned()],
        step: 300,
        ..Names::default()
    };
    Policy::load(&SourceText::new("policies/shop.rhai", text), &names).expect("it loads").0
}

/// A clause with this condition, end and exceptions.
fn clause(when: &str, thaws: &str, except: &str) -> String {
    format!(
        "clause(\"exhausted\", \"t\").when(|budget| {when}).thaws(|budget| {thaws})\
         .then(freeze(\"production\").except([{except}]));"
    )
}

/// What is told of two texts: key, what it was, what it is, and whether that is looser.
fn told(before: &Policy, after: &Policy) -> Vec<(&'static str, String, String, bool)> {
    let text = |pieces: &[Piece]| -> String {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Words(text) | Piece::Name(text) | Piece::Code(text) => text.as_str(),
            })
            .collect()
    };
    let found = compare(std::slice::from_ref(before), std::slice::from_ref(after));
    found.into_iter().map(|one| (one.key, text(&one.from), text(&one.to), one.loosens)).collect()
}

/// Whether another condition, end or list of exceptions is looser.
fn looser(before: [&str; 3], after: [&str; 3]) -> Vec<bool> {
    let with = |[when, thaws, except]: [&str; 3]| policy("version: \"1.0.0\"", &clause(when, thaws, except));
    told(&with(before), &with(after)).into_iter().map(|(.., loosens)| loosens).collect()
}

#[test]
fn a_moved_threshold_is_told_in_both_its_senses() {
    let gone = "budget.remaining <= 0";
    let thaws = "budget.remaining >= percent(10)";
    assert_eq!(looser([gone, thaws, ""], ["budget.remaining <= percent(-50)", thaws, ""]), [true]);
    assert_eq!(looser([gone, thaws, ""], ["budget.remaining <= percent(5)", thaws, ""]), [false]);
    assert_eq!(looser([gone, thaws, ""], ["budget.remaining < 0", thaws, ""]), [true]);
    assert_eq!(looser([gone, thaws, ""], [gone, "budget.remaining >= percent(5)", ""]), [true]);
    assert_eq!(looser([gone, thaws, ""], [gone, "budget.remaining >= percent(20)", ""]), [false]);
    let (burns, also) = ("budget.burn_rate(\"1h\") > 6", "budget.burned(\"24h\") >= percent(30)");
    let (all, any) = (format!("{burns} && {also}"), format!("{burns} || {also}"));
    assert_eq!(looser([burns, thaws, ""], [&all, thaws, ""]), [true]);
    assert_eq!(looser([&all, thaws, ""], [burns, thaws, ""]), [false]);
    assert_eq!(looser([burns, thaws, ""], [&any, thaws, ""]), [false]);
    let less = format!("budget.burn_rate(\"1h\") > 8 && {also}");
    assert_eq!(looser([burns, thaws, ""], [&less, thaws, ""]), [true]);
    assert_eq!(looser([&any, thaws, ""], [&less, thaws, ""]), [true]);
    let other = format!("budget.burn_rate(\"1h\") > 5 && {also}");
    assert_eq!(
        looser([burns, thaws, ""], [&other, thaws, ""]),
        [false],
        "it holds of some more and some fewer"
    );
    assert_eq!(looser([&any, thaws, ""], [also, thaws, ""]), [true]);
}

#[test]
fn another_condition_is_told_and_marked_as_nothing() {
    let thaws = "budget.remaining >= percent(10)";
    let other = looser(["budget.remaining <= 0", thaws, ""], ["budget.pace > 2", thaws, ""]);
    assert_eq!(other, [false]);
}

#[test]
fn exceptions_that_are_more_are_looser_and_fewer_are_not() {
    let clause = |except| ["budget.remaining <= 0", "budget.remaining >= percent(10)", except];
    assert_eq!(looser(clause("\"hotfix\""), clause("\"hotfix\", \"security\"")), [true]);
    assert_eq!(looser(clause("\"hotfix\", \"security\""), clause("\"hotfix\"")), [false]);
    assert_eq!(looser(clause("\"hotfix\", \"security\""), clause("\"security\", \"hotfix\"")), [false]);
}

#[test]
fn what_is_agreed_around_the_clauses_is_told_key_by_key() {
    let clauses = clause("budget.remaining <= 0", "budget.remaining > 0", "");
    let before = policy("version: \"1.0.0\", silver_bullets: 1, thaw_tax: 0.5", &clauses);
    let after = policy("version: \"1.1.0\", silver_bullets: 3, effective_from: \"2027-01-01\"", &clauses);
    let owned = |key, from: &str, to: &str, loosens| (key, from.to_owned(), to.to_owned(), loosens);
    assert_eq!(
        told(&before, &after),
        [
            owned("effective_from", "", "2027-01-01", true),
            owned("silver_bullets", "1", "3", true),
            owned("thaw_tax", "0.5", "", true),
            owned("version", "1.0.0", "1.1.0", false),
        ]
    );
    assert!(told(&before, &before).is_empty());
}

#[test]
fn clauses_and_policies_that_come_and_go_are_told_whole() {
    let one = clause("budget.remaining <= 0", "budget.remaining > 0", "");
    let two = format!("{one}\nclause(\"manual\", \"t\").manual().then(postmortem());");
    let (before, after) = (policy("version: \"1.0.0\"", &one), policy("version: \"1.0.0\"", &two));
    let said = "when a person says so: a postmortem is held".to_owned();
    assert_eq!(told(&before, &after), [("clause", String::new(), said.clone(), false)]);
    assert_eq!(told(&after, &before), [("clause", said, String::new(), true)]);
    let removed = compare(std::slice::from_ref(&before), &[]);
    assert!(removed.iter().all(|one| one.key == "policy" && one.loosens && one.to.is_empty()));
    assert_eq!(removed.len(), 1);
}
