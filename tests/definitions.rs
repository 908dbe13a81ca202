//! Definitions of OpenSLO, one for each rule, held to every set of rules.
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
    let declared = format!(
        "version: 1\nslo_rules: {}\nservices: {{depot: {{paths: [d]}}}}\nenvironments: {{p: {{}}}}\n",
        set.as_str()
    );
    let settings = settings::load(&SourceText::new("slogate.yaml", declared)).0.expect("valid settings");
    // The SLO of the companions that makes the catalog one.
    let files = [SourceText::new(COMPANIONS, companions), SourceText::new(name, text)];
    let (_, problems) = catalog::load(&files, &settings);
    let ours = |problem: &Diagnostic| problem.is_error() && problem.code.as_str() != "no-slo";
    let problems: Vec<Diagnostic> = problems.into_iter().filter(ours).collect();
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

#[test]
fn every_definition_is_refused_by_its_rules_and_no_others() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions");
    let companions = fs::read_to_string(directory.join(COMPANIONS)).expect("the companions are there");
    let mut broken = Vec::new();
    let mut checked = 0;
    let mut paths: Vec<_> = fs::read_dir(&directory)
        .expect("the definitions can be listed")
        .map(|entry| entry.expect("the definitions can be listed").path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name == COMPANIONS {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a text");
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
