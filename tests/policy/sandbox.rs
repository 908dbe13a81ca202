//! What a policy cannot do: each measured hazard of embedding a script engine.

use slogate::diagnostic::Code;
use slogate::policy::{Tracing, Truth};

use super::{
    HEADER, ask, assert_problem, budget, load, problems, told, truth, try_load, with, with_condition,
};

#[test]
fn the_optimizer_does_not_answer_for_the_script() {
    let constants = [
        "|budget| { const B = 0.0; for B in [1.0] { return B == 1.0; } false }",
        "|budget| { const B = 0.0; let f = |B| B == 1.0; f.call(1.0) }",
        "|budget| { const RATIO = percent(-50); RATIO < 0 }",
        "|budget| { const LIMIT = 0; budget.remaining <= LIMIT }",
    ];
    for condition in constants {
        assert_eq!(truth(condition, "0"), Truth::Holds, "{condition}");
    }
    let text = with(
        "const B = 0.0;\nfn same(B) { B == 1.0 }\nclause(\"d\", \"D\").when(|b| same(1.0)).then(warn(\"x\"));",
    );
    assert_eq!(ask(&load(&text), "d", false, &budget("1"), Tracing::Off).truth, Truth::Holds);
    let text = with("const debt = percent(-50);\nclause(\"d\", \"D\").when(|b| debt < 0).then(warn(\"x\"));");
    assert_eq!(ask(&load(&text), "d", false, &budget("1"), Tracing::Off).truth, Truth::Holds);
}

#[test]
fn writing_to_a_constant_is_a_problem_and_no_panic() {
    for text in ["const facts = #{ r: 0.0 };\nfacts.r = 1.0;", "const facts = [1];\nfacts[0] = 2;"] {
        let problems = problems(&with(text));
        assert!(
            problems.len() == 1 && problems[0].place().expect("a place").line() == 11,
            "{}",
            told(&problems)
        );
    }
}

#[test]
fn what_is_missing_is_an_error() {
    let missing = [
        ("#{ a: 1 }.b == 1", "b", "there is no `b`"),
        ("#{ a: 1 }[\"b\"] == 1", "\"b\"", "there is no `b`"),
        ("[1][5] == 1", "5", "out of bounds"),
        ("[][0] == 1", "0", "out of bounds"),
    ];
    for (condition, underlined, says) in missing {
        assert_problem(
            &with_condition(&format!("|budget| {condition}")),
            Code::PolicyError,
            underlined,
            says,
        );
    }
    assert_problem(&with_condition("|budget| limit > 0"), Code::PolicySyntax, "limit", "no variable `limit`");
    assert_problem(
        &with_condition("|budget| budget.remaining <= NaN"),
        Code::PolicySyntax,
        "NaN",
        "no variable",
    );
}

#[test]
fn there_is_no_number_that_is_none() {
    for division in
        ["1 / 0", "0.0 / 0.0", "1.0 / 0", "budget.bad / (budget.bad - budget.bad)", "budget.remaining / 0"]
    {
        let problems = problems(&with_condition(&format!("|budget| {division} == 1")));
        assert!(
            problems.len() == 1 && problems[0].message.contains("division by zero"),
            "{}",
            told(&problems)
        );
    }
    for overflow in [
        "9223372036854775807 + 1",
        "2 ** 100000",
        "5.0 ** 100000.0",
        "percent(1) * 79228162514264337593543950335.0 * 1000",
    ] {
        let problems = problems(&with_condition(&format!("|budget| {overflow} == 1")));
        assert!(problems.len() == 1 && problems[0].code == Code::PolicyError, "{}", told(&problems));
    }
    assert_problem(
        &with_condition("|budget| { let x = 5; x /= 2; x == 2 }"),
        Code::PolicyError,
        "/=",
        "would cut",
    );
}

#[test]
fn a_condition_takes_the_budget_alone() {
    assert_problem(&with_condition("|| true"), Code::PolicyError, "|| true", "has no parameter");
    assert_problem(&with_condition("|a, b| true"), Code::PolicyError, "|a, b| true", "has 2 parameters");
    let captured = with("let limit = 1;\nclause(\"d\", \"D\").when(|| limit > 0).then(warn(\"x\"));");
    assert_problem(&captured, Code::PolicyError, "|| limit > 0", "has no parameter");
    let named = with("fn none() { true }\nclause(\"d\", \"D\").when(none).then(warn(\"x\"));");
    assert_problem(&named, Code::PolicyError, "none", "has no parameter");
    let nowhere = with("clause(\"d\", \"D\").when(Fn(\"elsewhere\")).then(warn(\"x\"));");
    assert_problem(&nowhere, Code::PolicyError, "Fn(\"elsewhere\")", "no function of this policy");
}

#[test]
fn no_script_makes_an_answer_of_what_is_unknown_or_failed() {
    let caught = "|budget| { try { budget.burned_by(\"payment-gateway\") > 0 } catch { false } }";
    assert_problem(&with_condition(caught), Code::PolicySandbox, "try", "an error must not become an answer");
    let passed_over = "|budget| { switch budget.remaining { 0 => true, _ => false } }";
    assert_problem(&with_condition(passed_over), Code::PolicySandbox, "switch", "write `if` and `else`");
    let text = "|budget| `${budget.remaining}` == \"0\"";
    assert_problem(&with_condition(text), Code::PolicySandbox, "`${budget.remaining}`", "a fact is no text");
    let glued = "|budget| \"\" + budget.remaining == \"0\"";
    assert_problem(&with_condition(glued), Code::PolicyError, "+", "does not take a text and a ratio");
    let unknown = truth("|budget| budget.burned_by(\"payment-gateway\") > percent(1) || true", "1");
    assert!(matches!(unknown, Truth::Unknown { .. }), "{unknown:?}");
    assert_problem(
        &with_condition("|budget| throw \"no\""),
        Code::PolicyError,
        "throw",
        "the policy raised `no`",
    );
}

#[test]
fn eval_and_imports_are_refused_and_there_is_no_clock_and_no_sleep() {
    assert_problem(&with_condition("|budget| eval(\"true\")"), Code::PolicySandbox, "eval", "not allowed");
    for import in ["import \"../../etc/passwd\" as x;", "import \"/etc/passwd\" as x;", "import \"x\" as x;"]
    {
        assert_problem(&with(import), Code::PolicySandbox, "import", "a policy is one file");
    }
    for hidden in
        ["Fn(\"eval\").call(\"true\")", "call(\"eval\", \"true\")", "let e = \"eval\"; Fn(e).call(\"1\")"]
    {
        assert!(try_load(&with(&format!("{hidden};"))).is_err(), "{hidden}");
    }
    for call in [
        "sleep(1)",
        "timestamp()",
        "exit()",
        "parse_json(\"{}\")",
        "rand()",
        "open_file(\"x\")",
        "env(\"X\")",
    ] {
        let name = call.split('(').next().expect("a name");
        assert_problem(&with_condition(&format!("|budget| {call}")), Code::UnknownFact, name, "no function");
        assert!(try_load(&with(&format!("Fn(\"{name}\").call(1);"))).is_err(), "{call}");
    }
}

#[test]
fn what_is_printed_is_kept_behind_a_bar_and_cut() {
    let policy = load(&with("print(\"\\n::error::x\\u001b[31m\");\ndebug(percent(5));"));
    assert_eq!(policy.printed(), "| \n| ::error::x [31m\n| 0.05 (ratio)\n");
    let policy = load(&with(
        "for x in [1, 2, 3, 4, 5, 6, 7, 8, 9] { for y in [1, 2, 3, 4, 5, 6, 7, 8, 9] { print(\"0123456789012345678901234567890123456789012345678901234567890123456789\"); } }",
    ));
    assert!(policy.printed().len() < 5_000, "{}", policy.printed().len());
}

#[test]
fn the_words_of_the_language_cannot_be_defined_anew() {
    let words = [
        "freeze",
        "policy",
        "clause",
        "percent",
        "remaining",
        "burn_rate",
        "burned",
        "then",
        "when",
        "except",
    ];
    for word in words {
        let text = with(&format!("fn {word}(x) {{ true }}"));
        assert_problem(&text, Code::PolicySandbox, word, "cannot be defined");
    }
    // What is no word of the language stands in for nothing.
    let text = with(
        "fn budget_remaining() { 1.0 }\nlet freeze = 1;\nclause(\"d\", \"D\").manual().then(freeze(\"production\"));",
    );
    let policy = load(&text);
    assert_eq!(ask(&policy, "c", false, &budget("0"), Tracing::Off).truth, Truth::Holds);
    assert_eq!(policy.clauses[1].consequences.len(), 1);
}

#[test]
fn nothing_is_shadowed() {
    assert_problem(&with("let x = 1;\nlet x = 2;"), Code::PolicySyntax, "x", "declared already");
    assert_problem(
        &with_condition("|budget| { let budget = 1.0; true }"),
        Code::PolicySyntax,
        "budget",
        "declared already",
    );
}

#[test]
fn reserved_words_are_told() {
    assert_problem(
        &with_condition("|until| until.remaining <= 0"),
        Code::PolicySyntax,
        "until",
        "choose another name",
    );
    assert_problem(
        &with("clause(\"d\", \"D\").with(|budget| true);"),
        Code::PolicySyntax,
        "with",
        "choose another name",
    );
}

#[test]
fn a_condition_declares_nothing() {
    for declaration in
        ["clause(\"x\", \"X\")", "warn(\"x\")", "policy(#{})", "freeze(\"production\")", "postmortem()"]
    {
        let text = with_condition(&format!("|budget| {{ {declaration}; true }}"));
        let name = declaration.split('(').next().expect("a name");
        assert_problem(&text, Code::PolicyError, name, "a condition declares something");
    }
    // Neither does a closure that took a clause along.
    let text = with(
        "let x = clause(\"x\", \"X\");\nx.manual().then(warn(\"x\"));\nclause(\"d\", \"D\").when(|budget| { x.manual(); true }).then(warn(\"x\"));",
    );
    assert_problem(&text, Code::PolicyError, "manual", "a condition declares something");
}

#[test]
fn declarations_are_not_cut_short() {
    for text in ["return;", "if true { return; }"] {
        assert_problem(&with(text), Code::PolicySandbox, "return", "not allowed outside of functions");
    }
}

#[test]
fn loops_end_by_a_limit_and_not_by_patience() {
    let long = "x".repeat(9_000);
    let costly = [
        "loop {}".to_owned(),
        "let x = \"a\"; loop { x += x; }".to_owned(),
        "let x = []; loop { x += [[1, 2, 3]]; }".to_owned(),
        "let x = [[0], [0], [0], [0]]; loop { let y = [x, x, x, x]; x = y; }".to_owned(),
        format!("let x = \"{long}\"; x = x + x + x + x + x + x + x; loop {{ let y = x + \"y\"; }}"),
        "let x = #{ a: 1 }; loop { let y = #{ x: x, y: x }; x = y; }".to_owned(),
        "fn f(x) { f(x); f(x) } f(1);".to_owned(),
        "let f = |g| g.call(g); f.call(f);".to_owned(),
    ];
    for script in costly {
        for text in [with(&script), with_condition(&format!("|budget| {{ {script}; true }}"))] {
            if text.contains("fn f") && text.contains("|budget| { fn") {
                continue;
            }
            let problems = problems(&text);
            assert!(
                problems.len() == 1 && problems[0].code == Code::PolicySandbox,
                "{script}: {}",
                told(&problems)
            );
        }
    }
}

#[test]
fn a_limit_that_only_a_real_budget_reaches_is_a_failure() {
    let policy = load(&with_condition("|budget| { if budget.remaining == percent(50) { loop {} } false }"));
    let tested = ask(&policy, "c", false, &budget("0.5"), Tracing::On);
    assert!(
        matches!(tested.truth, Truth::Failed { ref message, .. } if message.contains("too many operations")),
        "{tested:?}"
    );
}

#[test]
fn deep_nesting_is_refused_and_never_ends_the_process() {
    let nested = |open: &str, middle: &str, close: &str| {
        let count = if close.is_empty() { 9_000 } else { 4_500 };
        let close = if close.is_empty() { String::new() } else { format!("{close}\n").repeat(count) };
        with(&format!("let x = {}{middle}{close};", format!("{open}\n").repeat(count)))
    };
    let texts = [
        nested("(", "1", ")"),
        nested("[", "1", "]"),
        nested("#{a:", "1", "}"),
        nested("{", "1", "}"),
        nested("f(", "1", ")"),
        nested("|x|", "1", ""),
        nested("!", "true", ""),
        nested("-", "1", ""),
        nested("1+1+1+1+", "1", ""),
        nested("1<1<1<", "1", ""),
        nested("true && true ||", "true", ""),
        nested("1 ??", "1", ""),
        nested("1 in", "1", ""),
        nested("1 **", "1", ""),
        nested("if true {1} else", "{1}", ""),
        nested("while true {", "", "}"),
        nested("do {", "", "} while true"),
        nested("switch 1 { 1 =>", "1", "}"),
        nested("`${", "1", "}`"),
        with(&format!("let y = #{{}};\nlet x = y{};", ".a\n".repeat(9_000))),
        with(&format!("let y = [];\nlet x = y{};", "[0]\n".repeat(9_000))),
        with(&format!("clause(\"d\", \"D\").manual(){};", "\n.then(warn(\"x\"))".repeat(2_000))),
        with(&format!("if true {{}}{}", "\nelse if true {}".repeat(9_000))),
    ];
    for text in texts {
        let problems = problems(&text);
        let middle: String = text.chars().skip(HEADER.len() + 75).take(40).collect();
        assert_eq!(problems.len(), 1, "{middle}");
        assert_eq!(problems[0].code, Code::PolicySandbox, "{middle}: {}", problems[0].message);
        assert!(problems[0].message.contains("nested too deeply"), "{middle}: {}", problems[0].message);
    }
    let comments = with(&format!("{}{}", "/*\n".repeat(4_000), "*/\n".repeat(4_000)));
    assert!(try_load(&comments).is_ok());
}

#[test]
fn the_deepest_that_is_allowed_runs_on_a_small_stack() {
    // Eight calls, each within as many brackets as fit, in the two megabytes of a test's thread.
    let (open, close) = ("(1 + ".repeat(9), ")".repeat(9));
    let text = with(&format!(
        "fn f(x) {{ if x > 5 {{ return 1; }} {open}f(x + 1){close} }}\nlet x = {open}f(0){close};"
    ));
    assert!(try_load(&text).is_ok(), "{}", told(&problems(&text)));
}

#[test]
fn a_clause_may_have_many_consequences() {
    let text = with(&format!("clause(\"d\", \"D\").manual(){};", ".then(warn(\"x\"))".repeat(40)));
    assert_eq!(load(&text).clauses[1].consequences.len(), 40);
}

/// Two thousand lines, each with a number of its own in place of 0.
fn many(line: &str) -> String {
    let lines: Vec<String> =
        (1..=2_000).map(|number: usize| line.replace('0', &number.to_string())).collect();
    lines.concat()
}

#[test]
fn size_is_limited() {
    let large = [
        (with(&"// x\n".repeat(60_000)), "longer than 256 KiB"),
        (with(&format!("// {}", "x".repeat(20_000))), "longer than 10000 characters"),
        (with(&"\n".repeat(20_000)), "more than 10000 lines"),
        (with(&format!("let x = [{}];", "1,\n".repeat(2_000))), "over the limit of 1000"),
        (with(&many("let x0 = 1;\n")), "too many variables"),
        (with(&many("fn f0() {}\n")), "too many functions"),
    ];
    for (text, says) in large {
        let problems = problems(&text);
        assert!(
            problems.len() == 1 && problems[0].code == Code::PolicySandbox,
            "{says}: {}",
            told(&problems).len()
        );
        assert!(problems[0].message.contains(says), "{says}: {}", problems[0].message);
    }
    assert_problem(
        &with(&format!("let x = {};", "9".repeat(40))),
        Code::PolicySyntax,
        &"9".repeat(40),
        "invalid number",
    );
}

#[test]
fn a_closure_that_holds_itself_is_refused() {
    let text =
        with("let f = |x| 1;\nf = |y| f;\nclause(\"d\", \"D\").when(|b| f.call(b) == 1).then(warn(\"x\"));");
    assert_problem(&text, Code::PolicyError, "when", "nested too deeply");
}

#[test]
fn positions_count_characters() {
    let text = format!(
        "// größer als ünd\n{}",
        with_condition("|budget| \"größe\" == \"\" || budget.remaning <= 0")
    );
    let problems = problems(&text);
    assert_eq!(
        problems.iter().map(|problem| problem.place().expect("a place").text()).collect::<Vec<_>>(),
        ["remaning"]
    );
}

#[test]
fn noise_is_told_and_never_ends_the_process() {
    // A small generator: the same noise in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("a small number") % bound
    };
    let words = [
        "budget",
        ".remaining",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "|",
        "||",
        "#{",
        "clause",
        "policy",
        "\"a\"",
        "percent(1)",
        "<=",
        "==",
        "+",
        "-",
        "/",
        "0",
        "1.5",
        ";",
        ",",
        ".when",
        ".then",
        "let x",
        "=",
        "if",
        "else",
        "for y in",
        "fn f",
        "const",
        "return",
        "`${",
        "`",
        "'c'",
        "&&",
        "!",
        "ü",
        "\n",
        ":",
        "a",
        "..",
        "?.",
        "??",
        "this",
        "=>",
        "switch",
        "//",
        "/*",
        "*/",
        "warn",
        "freeze",
        "Fn",
        "break",
        "loop",
        "while",
        "in",
        "()",
        "\\",
        "\"",
        "\u{0}",
        "\u{202e}",
    ];
    for _ in 0..3_000 {
        let noise: Vec<&str> = (0..=next(12)).map(|_| words[next(words.len())]).collect();
        let noise = noise.join(" ");
        let _ = try_load(&with(&noise));
        let _ = try_load(&with_condition(&format!("|budget| {noise}")));
    }
}

#[test]
fn a_comment_that_is_never_closed_hides_no_clause() {
    let text = with(
        "/* the hard one *\nclause(\"d\", \"D\").when(|budget| budget.remaining <= 0).then(freeze(\"production\"));",
    );
    assert_problem(&text, Code::PolicySyntax, "/*", "the comment is never closed");
    let nested = with("/* outer /* inner */ clause(\"d\", \"D\");");
    assert_problem(&nested, Code::PolicySyntax, "/*", "the comment is never closed");
    let closed = with("/* a /* nested */ one */ let x = \"/* in a text\"; // the last /* is none\n");
    assert!(try_load(&closed).is_ok());
}
