//! The comment as a reader's browser gets it: Markdown is rendered by a renderer of GitHub's dialect, and nothing that
//! others wrote may become a tag, a link, a mention or a row of a table.
//!
//! What is rendered from hostile words must have exactly the tags of what is rendered from plain words.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use comrak::{Options, markdown_to_html};
use slogate::github::State;
use slogate::publish::comment::{self, Step, Wanted};
use slogate::publish::{Publication, Speaker, StatusLine};
use slogate::report::escape;
use slogate::report::turn::{self, Stop, Turn};

/// Words that mean something to a browser, to GitHub, to a runner or to a reader, where they are not shown as they are.
const HOSTILE: [&str; 26] = [
    "@team",
    "@acme/everyone please look",
    "#1",
    "acme/shop#1 GH-12",
    "`",
    "``` a",
    "a`b``c```d",
    "</details>",
    "</summary></details><h1>✅ Proceed</h1>",
    "<!-- hidden",
    "--> shown <img src=x onerror=alert(1)>",
    "<a href=\"https://evil.example\">click</a>",
    "![beacon](https://evil.example/x.png) [link](https://evil.example)",
    "https://evil.example www.evil.example mona@evil.example",
    "| cell | cell |\n|---|---|",
    "\n\n# heading\n\n- item\n\n1. one",
    "\r\n::error::x",
    "%0A::stop-commands::x",
    "***bold*** __bold__ ~~gone~~ $math$ $$math$$ [^1] :tada:",
    "\u{202E}drowssap",
    "a\u{200D}b\u{200B}c\u{FEFF}d\u{E0041}",
    "\\",
    "x\\`y\\|z\\",
    "&lt;b&gt; &#60;b&#62; &#x40;team",
    "> quote\n> [!WARNING]\n> x",
    "```mermaid\ngraph TD\n```",
];

/// Markdown as HTML, in GitHub's dialect; tags that stand in it stay, so that they are seen.
fn html(markdown: &str) -> String {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.math_dollars = true;
    options.render.hardbreaks = true;
    options.render.r#unsafe = true;
    markdown_to_html(markdown, &options)
}

/// The tags in their order, those of code aside: a name with backticks is shown as code, which is no harm.
fn tags(html: &str) -> Vec<String> {
    let tags = html.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag.to_owned());
    tags.filter(|tag| tag != "code" && tag != "/code").collect()
}

/// The text outside of code: what GitHub looks through for mentions and references.
fn prose(html: &str) -> String {
    let mut text = String::new();
    let mut is_code = false;
    for part in html.split('<') {
        let (tag, rest) = part.split_once('>').unwrap_or(("", part));
        match tag.split(' ').next() {
            Some("code") => is_code = true,
            Some("/code") => is_code = false,
            _ => {}
        }
        if !is_code {
            text.push_str(rest);
        }
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// What in a text GitHub would take for a mention, a reference or an address, and what nobody would see.
fn live(text: &str) -> Vec<String> {
    let pattern = r"(?i)@[a-z0-9]|#[0-9]|\bGH-[0-9]|https?://|\bwww\.[a-z]|[\x{202A}-\x{202E}\x{2066}-\x{2069}\x{200C}-\x{200F}\x{FEFF}\x{E0000}-\x{E007F}]";
    let live = regex::Regex::new(pattern).expect("a pattern");
    live.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// Every place that somebody else's words are put in, with the words escaped for it.
fn places(words: &str) -> Vec<(&'static str, String)> {
    let (prose, code) = (escape::markdown(words), escape::code_span(words));
    let (message, inner) = (escape::message(words), escape::html(words));
    let services = vec![words.to_owned(), words.to_owned()];
    let stop = Stop { is_freeze: true, since: 1_000, at_least: false, services };
    vec![
        ("a paragraph", format!("{prose} is left.\n{prose}\n")),
        ("a message", format!("{message}\nWhat to do: {message}.\n")),
        ("emphasis", format!("**{prose}** *{prose}* and *{prose}*, *{prose}*\n")),
        ("code", format!("{code} and {code} ({code})\n")),
        ("a row", format!("| a | b |\n|---|--:|\n| {prose} | {code} |\n| {message} | **{prose}** |\n")),
        ("a list", format!("- {prose}\n- {message}\n- {code} {message}\n")),
        ("a link", format!("[*{prose}*](https://github.com/a) [{code}](https://github.com/b)\n")),
        ("a summary", format!("<details><summary>{inner}</summary>\n\n{prose}\n\n</details>\n\nend\n")),
        ("a footer", format!("<sub>{message} · {message} · {code}</sub>\n")),
        ("a block", format!("{}\nend\n", escape::code_block(words, "promql"))),
        ("a thaw", turn::over(&stop, words, 100_000)),
    ]
}

#[test]
fn words_stay_words_wherever_they_are_put() {
    let long = "ü@team ".repeat(10_000);
    let mut wrong = Vec::new();
    for words in HOSTILE.into_iter().chain([long.as_str()]) {
        for ((place, hostile), (_, plain)) in places(words).into_iter().zip(places("plain")) {
            let (hostile, plain) = (html(&hostile), html(&plain));
            let found = live(&prose(&hostile).replace("https://github.com/", ""));
            if tags(&hostile) != tags(&plain) || !found.is_empty() {
                wrong.push(format!("{place}: {words:.60?}: {found:?}\n{hostile:.600}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The webshop with these words wherever its authors are free to choose their words, and the comment on it.
fn comment(words: &str) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let quoted = serde_json::to_string(words).expect("a text");
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/webshop");
    for name in
        ["slogate.yaml", "history.om.gz", "slos/checkout-availability.yaml", "slos/checkout-latency.yaml"]
    {
        let to = directory.path().join(name);
        fs::create_dir_all(to.parent().expect("a parent")).expect("a directory");
        fs::copy(shop.join(name), to).expect("a copy");
    }
    let edit = |name: &str, from: &[&str]| {
        let path = directory.path().join(name);
        let mut text = fs::read_to_string(shop.join(name)).expect("a text");
        for from in from {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, &quoted);
        }
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    edit("slos/checkout-availability.yaml", &["checkout availability"]);
    edit("slos/checkout-latency.yaml", &["checkout latency 400 ms"]);
    edit(
        "policies/payments.rhai",
        &[
            "\"Reliability work goes first when customers are in pain.\"",
            "\"@vp\"",
            "\"decides within one working day\"",
            "\"@ola\"",
            "\"a priority 1 incident\"",
            "\"The budget is gone before the period ends\"",
            "\"Bring the service back within its objective\"",
            "\"Look before you ship.\"",
            "\"@acme/gateway-team\"",
        ],
    );
    let policy = directory.path().join("policies/payments.rhai");
    let text = fs::read_to_string(&policy).expect("a policy");
    let printing =
        text.replace("budget.remaining <= 0)", &format!("{{ print({quoted}); budget.remaining <= 0 }})"));
    fs::write(&policy, printing).expect("a file");
    let mut slogate = Command::new(env!("CARGO_BIN_EXE_slogate"));
    slogate.args(["check", "--service", "checkout", "--environment", "production", "--format", "markdown"]);
    let output = slogate.env_clear().current_dir(directory.path()).output().expect("a run");
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_comment_on_hostile_files_has_the_tags_of_one_on_plain_files() {
    let plain = tags(&html(&comment("plain")));
    for words in HOSTILE.iter().filter(|words| !words.contains(['\n', '\r', '\u{202E}', '\u{200D}'])) {
        let hostile = html(&comment(words));
        assert_eq!(tags(&hostile), plain, "{words:?}\n{hostile}");
        assert_eq!(live(&prose(&hostile)), Vec::<String>::new(), "{words:?}");
    }
}

#[test]
fn a_comment_on_two_thousand_slos_is_cut_between_rows_and_stays_whole() {
    let mut text =
        String::from("**❄️ Freeze: a → production.** Clause *exhausted*.\n\n| SLO | left |\n|---|--:|\n");
    for number in 0..2_000 {
        let _ = writeln!(
            text,
            "| {} | **−{number} %** |",
            escape::markdown(&format!("slo_{number} `@team` {}", "ü".repeat(20)))
        );
    }
    text.push_str("\n<details><summary>Queries</summary>\n\n```promql\nup\n```\n\n</details>\n\n<sub>valid until then</sub>\n");
    let publication = Publication {
        environment: "production".to_owned(),
        base_branch: "main".to_owned(),
        gate: None,
        head_sha: "a".repeat(40),
        speaker: Speaker { url: String::new(), run: 1, attempt: 1, began: 0 },
        comment_markdown: text,
        turn: Turn::unsure(),
        summary_markdown: String::new(),
        status: StatusLine { state: State::Failure, description: String::new() },
        outputs: Vec::new(),
        annotations: Vec::new(),
    };
    let me = slogate::github::Identity { login: "bot".to_owned(), certain: true };
    let Step::Create(body) = comment::plan(&Wanted::new(&publication), &[], &me).step else {
        panic!("there is no comment yet");
    };
    let length = body.chars().count();
    assert!((55_000..=60_000).contains(&length), "{length}");
    let html = html(&body);
    let cells = html.matches("<td").count();
    assert_eq!(cells, 2 * (html.matches("<tr>").count() - 1));
    assert!(
        html.contains("step summary of the run has it") && html.contains("<sub>valid until then</sub>"),
        "{body}"
    );
    assert_eq!(html.matches("<table>").count(), 1);
}
