//! The policy language as a definition file of Rhai: what an editor completes, and what it shows beside a word.
//!
//! Declarations with doc comments in the syntax that the Rhai language server reads: `module static;`, `type`, `fn`,
//! and `fn get` for what is read without parentheses. Every word comes from `policy::vocabulary`.

use std::fmt::Write as _;

use crate::policy::vocabulary::word::{Topic, Word};
use crate::policy::vocabulary::{Fact, Function, GROUPS, TYPES, Takes};

/// What opens the file.
const OPENING: &str = "\
/// The words of an error budget policy, for editors. `slogate definitions` writes this file: do not edit it.
module static;
";

/// Types that every editor of Rhai knows.
const BUILT_IN: [&str; 1] = ["bool"];

/// The definition file.
#[must_use]
pub fn render() -> String {
    let mut text = OPENING.to_owned();
    for (name, about) in TYPES.iter().filter(|(name, _)| !BUILT_IN.contains(name)) {
        item(&mut text, &[about], &format!("type {name} = ...;"));
    }
    for word in Topic::ALL.into_iter().flat_map(Topic::words) {
        match word {
            Word::Fact(found) => fact(&mut text, found),
            Word::Function(found) => function(&mut text, found),
            // Editors complete no keys of a map.
            Word::Key(_) => {}
        }
    }
    for group in GROUPS {
        let about = format!("`budget.{group}`: facts of their own");
        item(&mut text, &[&about], &format!("fn get {group}(budget: budget) -> {group};"));
    }
    text
}

/// A declaration below its documentation.
fn item(text: &mut String, about: &[&str], declaration: &str) {
    text.push('\n');
    for line in about {
        let space = if line.is_empty() { "" } else { " " };
        let _ = writeln!(text, "///{space}{line}");
    }
    let _ = writeln!(text, "{declaration}");
}

/// A declaration with how it is written.
fn documented(text: &mut String, about: &str, also: Option<String>, form: &str, declaration: &str) {
    let also = also.unwrap_or_default();
    let mut lines = vec![about, ""];
    if !also.is_empty() {
        lines.extend([also.as_str(), ""]);
    }
    lines.extend(["```rhai", form, "```"]);
    item(text, &lines, declaration);
}

/// A fact: a getter, or a method of a budget or of a part of it.
fn fact(text: &mut String, fact: &Fact) {
    let given: Vec<String> =
        fact.parameters().iter().map(|(name, kind)| format!(", {name}: {kind}")).collect();
    let get = if fact.takes == Takes::Nothing { "get " } else { "" };
    let (of, name) = fact.name().split_once('.').unwrap_or(("budget", fact.name()));
    let declaration = format!("fn {get}{name}({of}: {of}{}) -> {};", given.concat(), fact.kind());
    documented(text, fact.about, Some(fact.unit.to_owned()), fact.form, &declaration);
}

/// A function, with what it is written behind as its first parameter.
fn function(text: &mut String, function: &Function) {
    let behind = function.behind().map(|behind| (behind, behind));
    let given = behind.iter().chain(function.takes).map(|(name, kind)| format!("{name}: {kind}"));
    let given: Vec<String> = given.collect();
    let answers = function.answers().map_or_else(String::new, |kind| format!(" -> {kind}"));
    let declaration = format!("fn {}({}){answers};", function.name, given.join(", "));
    let also = function.automation.map(|automation| automation.as_str().to_owned());
    documented(text, function.about, also, function.form, &declaration);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_declared_once_below_its_documentation() {
        let text = render();
        let declared: Vec<&str> = text.lines().filter(|line| line.starts_with("fn ")).collect();
        let words: Vec<Word> = Word::all().filter(|word| !matches!(word, Word::Key(_))).collect();
        assert_eq!(declared.len(), words.len() + GROUPS.len());
        for word in words {
            let (of, name) = match word.name().split_once('.') {
                Some((group, name)) => (Some(group), name),
                None => (None, word.name()),
            };
            let start = |line: &&&str| {
                let declared = line.trim_start_matches("fn ").trim_start_matches("get ");
                let (begins, rest) = declared.split_once('(').expect("parentheses");
                let behind = GROUPS.into_iter().find(|group| rest.starts_with(&format!("{group}: ")));
                begins == name && behind == of
            };
            assert_eq!(declared.iter().filter(start).count(), 1, "{}", word.name());
        }
        assert!(declared.contains(&"fn get remaining(budget: budget) -> ratio;"));
        assert!(declared.contains(&"fn get remaining(sla: sla) -> ratio;"));
        assert!(declared.contains(&"fn get quarter(budget: budget) -> quarter;"));
        assert!(declared.contains(&"fn burned(budget: budget, window: String) -> ratio;"));
        assert!(declared.contains(&"fn except(consequence: consequence, classes: Array) -> consequence;"));
        assert!(declared.contains(&"fn policy(header: Map);"));
    }

    #[test]
    fn every_line_is_a_comment_a_declaration_or_empty() {
        for (number, line) in render().lines().enumerate() {
            let known = line.is_empty()
                || line.starts_with("///")
                || (line.ends_with(';')
                    && line.split(' ').next().is_some_and(|first| ["module", "type", "fn"].contains(&first)));
            assert!(known, "line {}: {line}", number + 1);
        }
    }

    #[test]
    fn every_type_is_declared_or_known_to_every_editor() {
        let text = render();
        let known = |kind: &str| {
            ["String", "Map", "Array", "FnPtr", "int", "decimal", "bool", "?"].contains(&kind)
                || text.contains(&format!("type {kind} = ...;"))
        };
        for line in text.lines().filter(|line| line.starts_with("fn ")) {
            let (parameters, answer) = line.trim_end_matches(';').split_once(')').expect("parentheses");
            let given = parameters.split_once('(').expect("parentheses").1;
            let kinds = given.split(", ").filter_map(|one| one.split_once(": ")).map(|(_, kind)| kind);
            let answer = answer.strip_prefix(" -> ");
            for kind in kinds.flat_map(|kind| kind.split(" | ")).chain(answer) {
                assert!(known(kind), "{line}: {kind}");
            }
        }
    }
}
