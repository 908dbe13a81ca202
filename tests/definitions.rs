//! Definitions in every dialect: one for each rule of OpenSLO, held to every set of rules, and whole ones of the others.
//!
//! The first line of each file in `tests/definitions` says what each set makes of it: `valid`, or the names of the rules
//! that refuse it. `companions.yaml` holds what they refer to.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends with the first surprise, and reads its files itself"
)]

use std::fs;
use std::path::Path;

use slogate::catalog;
use slogate::diagnostic::{Diagnostic, SourceText};
use slogate::document::RuleSet;
use slogate::settings;

/// What other definitions refer to.
const COMPANIONS: &str = "companions.yaml";

/// The rules that refuse a definition under a set, sorted; `valid` when none does.
fn refusals(name: &str, text: &str, companions: &str, set: RuleSet) -> (String, Vec<Diagnostic>) {
    let (_, mut problems) = read(name, text, companions, set);
    problems.retain(|problem| problem.code.as_str() != "no-slo");
    let end = format!(", {}]", set.as_str());
    let mut rules: Vec<String> = problems
        .iter()
        .map(|problem| {
            let rule = problem.help.rsplit_once('[').and_then(|(_, rule)| rule.strip_suffix(&end));
            rule.unwrap_or_else(|| panic!("{name}: {problem:?} names no rule")).to_owned()
        })
        .collect();
    rules.sort();
    (if rules.is_empty() { "valid".to_owned() } else { rules.join(", ") }, problems)
}

/// Every definition, by name.
fn definitions() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions");
    let entries = fs::read_dir(&directory).expect("the definitions can be listed");
    let mut found: Vec<(String, String)> = entries
        .map(|entry| {
            let path = entry.expect("the definitions can be listed").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    found.sort();
    found
}

/// What other definitions refer to, and all that do.
fn with_companions() -> (String, Vec<(String, String)>) {
    let (companions, others): (Vec<_>, Vec<_>) =
        definitions().into_iter().partition(|(name, _)| name == COMPANIONS);
    (companions.into_iter().next().expect("the companions are there").1, others)
}

#[test]
fn every_definition_is_refused_by_its_rules_and_no_others() {
    let (companions, definitions) = with_companions();
    let mut broken = Vec::new();
    let mut checked = 0;
    for (name, text) in definitions {
        let wanted = text.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a first line");
        for (part, set) in wanted.split(" | ").zip(RuleSet::ALL) {
            let want = part.strip_prefix(&format!("{}: ", set.as_str())).expect("a set and what it says");
            let (found, problems) = refusals(&name, &text, &companions, set);
            if found != want {
                broken.push(format!("{name} under {}: {found}, not {want}\n{problems:#?}", set.as_str()));
            }
            checked += 1;
        }
    }
    assert!(checked >= 150, "only {checked} definitions were held to a set");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The SLOs of a text and the errors in it.
fn read(name: &str, text: &str, companions: &str, set: RuleSet) -> (usize, Vec<Diagnostic>) {
    let declared = format!(
        "version: 1\nslo_rules: {}\nservices: {{depot: {{paths: [d]}}}}\nenvironments: {{p: {{}}}}\n",
        set.as_str()
    );
    let settings = settings::load(&SourceText::new("slogate.yaml", declared)).0.expect("valid settings");
    let files = [SourceText::new(COMPANIONS, companions), SourceText::new(name, text)];
    let (catalog, problems) = catalog::load(&files, &settings);
    let errors = problems.into_iter().filter(Diagnostic::is_error).collect();
    (catalog.slos.len(), errors)
}

#[test]
fn a_line_that_is_missing_never_loses_an_slo_in_silence() {
    let (companions, definitions) = with_companions();
    let mut tried = 0;
    for (name, text) in definitions {
        let (whole, errors) = read(&name, &text, &companions, RuleSet::Spec);
        if whole == 0 || !errors.is_empty() {
            continue;
        }
        let lines: Vec<&str> = text.lines().collect();
        for missing in 1..lines.len() {
            let rest: Vec<&str> = lines[..missing].iter().chain(&lines[missing + 1..]).copied().collect();
            for set in RuleSet::ALL {
                let (found, errors) = read(&name, &format!("{}\n", rest.join("\n")), &companions, set);
                assert!(
                    found > 0 || !errors.is_empty(),
                    "{name} without line {}, under {}: `{}`",
                    missing + 1,
                    set.as_str(),
                    lines[missing]
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "only {tried} texts were tried");
}
