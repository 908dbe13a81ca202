//! What people write who come from other languages, and what they are told: what is underlined, and what to write.

use slogate::diagnostic::Place;

use super::{CLAUSE, HEADER, problems, told, with, with_condition};

/// Asserts that a policy has one problem, underlined here, with this advice.
#[track_caller]
fn assert_slip(text: &str, underlined: &str, help: &str) {
    let problems = problems(text);
    let told = told(&problems);
    let [problem] = problems.as_slice() else { panic!("{text}\n{told}") };
    assert_eq!(problem.place().map(Place::text), Some(underlined), "{text}\n{told}");
    assert_eq!(problem.help, help, "{text}\n{told}");
}

#[test]
fn a_slip_in_a_condition_is_told_what_to_write() {
    let rows = [
        ("budget.remaining <= 0 and budget.bad > 3", "and", "write `&&`"),
        ("budget.remaining <= 0 AND budget.bad > 3", "AND", "write `&&`"),
        ("budget.remaining <= 0 or budget.bad > 3", "or", "write `||`"),
        ("not budget.premature", "not", "write `!`"),
        ("not(budget.remaining <= 0)", "not", "write `!(…)`"),
        ("budget.remaining ≤ 0", "≤", "write `<=`"),
        ("budget.remaining =< 0", "=<", "write `<=`"),
        ("budget.remaining <= 10%", "10%", "write `percent(10)`"),
        ("budget.remaining <= percent(2.5 %)", "2.5 %", "write `percent(2.5)`"),
        ("budget.remaining <= \"10%\"", "<=", "write percent(10)"),
        ("budget.burn_rate(\"1h\") > 14.4x", "14.4x", "write `14.4`"),
        ("budget.burn_rate(\"1h\") > \"6x\"", ">", "write the number without quotes: 6"),
        ("budget.bad > \"3\"", ">", "write the number without quotes: 3"),
        ("budget.burn_rate(\"1h\") >= percent(30)", ">=", "a burn rate compares with a number, such as `6`"),
        ("budget.total > percent(3)", ">", "a count compares with a number, such as `1000`"),
        ("0 <= budget.remaining <= percent(10)", "<=", "join two comparisons with `&&`: `0 <= a && a <= b`"),
        ("remaining <= 0", "remaining", "did you mean `budget.remaining`?"),
        ("budget.slo == 'latency'", "'latency'", "write `\"latency\"`"),
        ("budget.slo == “latency”", "“latency”", "write `\"latency\"`"),
        ("budget.slo == 'latency", "'latency).then(warn(\"w\"));", "write a text in double quotes: `\"…\"`"),
        (
            "budget.burns(\"14.4\", \"6h\", \"1h\")",
            "\"14.4\"",
            "write it without quotes: `budget.burns(14.4, \"1h\", \"5m\")`",
        ),
        ("budget[\"remaining\"] <= 0", "[", "write `budget.remaining`"),
        ("budget.phase in \"beta\"", "\"beta\"", "write `in [\"beta\"]`"),
        (
            "budget.burned(\"1 month\") > 0",
            "\"1 month\"",
            "a month has no fixed length: write \"28d\" or \"30d\"",
        ),
    ];
    for (condition, underlined, help) in rows {
        assert_slip(&with_condition(&format!("|budget| {condition}")), underlined, help);
    }
    let help = "write `|budget|` before the condition: `.when(|budget| budget.remaining <= 0)`";
    assert_slip(&with_condition("budget.remaining <= 0"), "budget", help);
}

#[test]
fn a_slip_in_a_declaration_is_told_what_to_write() {
    let rows = [
        (".then(freeze(production))", "production", "write it in quotes: `\"production\"`"),
        (".then(freeze(“production”))", "“production”", "write `\"production\"`"),
        (
            ".until(|budget| budget.bad < 2).then(warn(\"w\"))",
            "until",
            "write `.thaws(|budget| …)`: the clause ends where that holds",
        ),
        (
            ".then(freeze(\"production\")).except([\"hotfix\"])",
            "except",
            "it stands behind the consequence: `.then(freeze(…).except(…))`",
        ),
        (".freeze(\"production\")", "freeze", "hand it to the clause: `.then(freeze(…))`"),
        (".then(warn(\"a\"), warn(\"b\"))", "then", "write one `.then(…)` for each consequence"),
        (".then(freeze([\"production\", \"staging\"]))", "freeze", "write one `freeze(\"…\")` for each"),
    ];
    for (methods, underlined, help) in rows {
        let text = format!("clause(\"d\", \"D\").when(|budget| budget.bad > 3){methods};\n");
        assert_slip(&with(&text), underlined, help);
    }
    assert_slip(&with(&format!("# a comment\n{CLAUSE}")), "#", "write `//` before a comment");
}

#[test]
fn a_separator_is_missed_at_the_end_of_the_line_that_lacks_it() {
    let comma = HEADER.replace("\"payments\" },", "\"payments\" } // of us");
    let semicolon = HEADER.replace("});", "})\n\n// The clauses.");
    let rows = [(comma, 3, "add `,` here"), (semicolon, 8, "add `;` here")];
    for (header, line, help) in rows {
        let problems = problems(&format!("{header}{CLAUSE}"));
        let [problem] = problems.as_slice() else { panic!("{}", told(&problems)) };
        assert_eq!(problem.place().map(Place::line), Some(line), "{}", told(&problems));
        assert_eq!(problem.help, help);
    }
    let early = with("let sum = (1 + 2\n];\n");
    assert!(!told(&problems(&early)).contains("add `"), "{}", told(&problems(&early)));
}
