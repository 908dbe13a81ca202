//! A policy, a clause, a verdict, a word or the code of a problem as prose for whoever agreed to it or met it.
//!
//! The words of conditions and consequences are the policy's own (`policy::prose`); here they become paragraphs, for a
//! terminal or for a page. Names and texts are shown and never obeyed.

use jiff::civil::Date;

use crate::budget::gap::Gap;
use crate::diagnostic::Code;
use crate::ledger::{self, Past};
use crate::policy::prose::{self, Moment, Piece, listed};
use crate::policy::{Clause, Policy, recall};
use crate::report::{escape, recalled, wrapped};
use crate::settings::{Mode, Settings};

mod adjusted;
mod clause;
mod recorded;
mod told;
mod verdict;
mod word;

pub use clause::{Stand, clause};
pub use verdict::verdict;
pub use word::{codes, kind_of_value, language, topic, word};

/// For whom it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// A terminal that is this many columns wide.
    Terminal(usize),
    /// Markdown.
    Markdown,
}

/// The narrowest column of text.
const NARROWEST: usize = 60;

/// A policy as prose; `today` decides what is in force and overdue, and what happened before decides what is left of its
/// rights.
#[must_use]
pub fn policy(policy: &Policy, settings: &Settings, today: Date, past: Past<'_>, page: Page) -> String {
    let mut writer = Writer::new(page);
    let header = &policy.header;
    let title = format!("{} {}", policy.id, header.version);
    match page {
        Page::Terminal(_) => writer.paragraph("", &[name(&title)]),
        Page::Markdown => writer.heading(&escape::markdown(&title)),
    }
    for paragraph in [opening(policy, today, past), scope(policy, settings), rights(policy, today, past)] {
        if !paragraph.is_empty() {
            writer.paragraph("", &paragraph);
        }
    }
    for (index, clause) in policy.clauses.iter().enumerate() {
        writer.clause(Some(index + 1), policy, clause);
    }
    let lenient = lenient(policy, settings);
    if !lenient.is_empty() {
        writer.paragraph("", &lenient);
    }
    writer.end()
}

/// A code as prose.
#[must_use]
pub fn code(code: Code, page: Page) -> String {
    let meaning = code.meaning();
    let mut writer = Writer::new(page);
    match page {
        Page::Terminal(_) => writer.paragraph("", &[words(code.as_str())]),
        Page::Markdown => writer.heading(&escape::code_span(code.as_str())),
    }
    // Our own words, with their own code spans.
    for (start, text) in
        [("", meaning.means), ("For example: ", meaning.example), ("What to do: ", meaning.mend)]
    {
        writer.paragraph("", &[words(&format!("{start}{text}"))]);
    }
    writer.end()
}

/// A kind of gap as prose.
#[must_use]
pub fn gap(gap: &Gap, page: Page) -> String {
    let mut writer = Writer::new(page);
    match page {
        Page::Terminal(_) => writer.paragraph("", &[words(gap.kind())]),
        Page::Markdown => writer.heading(&escape::code_span(gap.kind())),
    }
    let called = format!("Why a budget is not known: {}. {}", gap.brief(), gap.means());
    let help = format!("What to do: {}.", gap.help());
    let follows = "A clause that reads such a budget is not known. Where it could withhold a change, that is withheld \
                   until the budget is known, unless the settings say `on_unknown: warn`.";
    for text in [called.as_str(), &help, follows] {
        writer.paragraph("", &[words(text)]);
    }
    writer.end()
}

/// Our own words.
fn words(text: &str) -> Piece {
    Piece::Words(text.to_owned())
}

/// Somebody else's.
fn name(text: &str) -> Piece {
    Piece::Name(text.to_owned())
}

/// `5 Oct 2026`.
fn day(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// Since when it is in force, who agreed, and when it is looked at again.
fn opening(policy: &Policy, today: Date, past: Past<'_>) -> Vec<Piece> {
    let header = &policy.header;
    let mut pieces = vec![words(&match header.effective_from {
        Some(date) if date > today => {
            format!("In force from {} on; until then it only informs. Agreed by ", day(date))
        }
        Some(date) => format!("In force since {}. Agreed by ", day(date)),
        None => "In force. Agreed by ".to_owned(),
    })];
    let agreed: Vec<String> =
        header.agreed_by.iter().map(|(role, person)| format!("{role} ({person})")).collect();
    pieces.extend(listed(&agreed));
    let review = &header.next_review;
    let due = review.on.filter(|date| *date < today);
    let date = match (due, review.on) {
        (Some(date), _) => format!(". The review is overdue: it was due on {}", day(date)),
        (None, Some(date)) => format!(". Next review on {}", day(date)),
        (None, None) => ". Next review".to_owned(),
    };
    pieces.push(words(&date));
    if let Some(event) = &review.or_after {
        pieces.push(words(if review.on.is_some() { " or after " } else { " after " }));
        pieces.push(name(event));
    }
    if let Some(at) = policy.review_after_event(past) {
        pieces.push(words(&format!(". That happened on {}: the review is overdue", day(ledger::date(at)))));
    }
    pieces.push(words("."));
    pieces
}

/// What it covers, what it is for, and who breaks ties.
fn scope(policy: &Policy, settings: &Settings) -> Vec<Piece> {
    let header = &policy.header;
    let mut pieces = if let Some(team) = &header.scope.team {
        let services: Vec<String> = settings.services_of(team).map(str::to_owned).collect();
        let mut pieces = vec![words("It covers every service of team "), name(team), words(": ")];
        pieces.extend(listed(&services));
        pieces
    } else if header.scope.organization {
        vec![words("It covers all services of all teams")]
    } else {
        let what = if header.scope.services.len() == 1 { "the service " } else { "the services " };
        let mut pieces = vec![words("It covers "), words(what)];
        pieces.extend(listed(&header.scope.services));
        pieces
    };
    if let Some(environment) = &header.measures {
        pieces.extend([
            words("; the budgets of "),
            name(environment),
            words(" count, wherever a change goes"),
        ]);
    }
    pieces.extend([words(". Purpose: "), name(&header.purpose)]);
    if !header.purpose.trim_end().ends_with(['.', '!', '?']) {
        pieces.push(words("."));
    }
    pieces.push(words(" Disagreements go to "));
    pieces.extend(listed(&header.escalation.decides));
    pieces.extend([words(": "), name(&header.escalation.how), words(".")]);
    pieces
}

/// Silver bullets, thaw tax and top-ups.
fn rights(policy: &Policy, today: Date, past: Past<'_>) -> Vec<Piece> {
    let header = &policy.header;
    let mut sentences = Vec::new();
    match header.silver_bullets {
        Some(0) => sentences
            .push("No silver bullets: no change may ship through a freeze on somebody's word.".to_owned()),
        Some(1) => {
            sentences.push("One silver bullet a year: one change may ship through a freeze.".to_owned());
        }
        Some(count) => {
            sentences
                .push(format!("{count} silver bullets a year: as many changes may ship through a freeze."));
        }
        None => {}
    }
    let bullets = recall::bullets(policy, past);
    // Before one is fired, how many there are says it all.
    let fired = bullets.left(today.year()).zip(bullets.a_year).filter(|(left, a_year)| left < a_year);
    sentences.extend(fired.map(|left| format!("{}.", recalled::bullets_left(left))));
    if let Some(tax) = header.thaw_tax.filter(|tax| !tax.is_zero()) {
        let days = (tax + rust_decimal::Decimal::ONE).normalize();
        sentences.push(format!(
            "Thaw tax: each day with a release during a freeze makes it {days} days longer, that day included."
        ));
    }
    let mut pieces = if sentences.is_empty() { Vec::new() } else { vec![words(&sentences.join(" "))] };
    if let Some(top_ups) = &header.top_ups {
        pieces.push(words(if pieces.is_empty() {
            "Top-ups: what failures of "
        } else {
            " Top-ups: what failures of "
        }));
        pieces.extend(listed(&top_ups.dependencies));
        let only = match (top_ups.provider_enacted, top_ups.dependencies.len()) {
            (false, _) => "",
            (true, 1) => ", if its owner enacted an error budget policy of its own",
            (true, _) => ", if the owner enacted an error budget policy of its own",
        };
        pieces.push(words(&format!(" depleted can be given back within the current period{only}.")));
    }
    pieces
}

/// What is asked for and does not happen yet, because an environment's mode does not let it.
fn lenient(policy: &Policy, settings: &Settings) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (environment, found) in &settings.environments {
        let frozen = policy.clauses.iter().flat_map(|clause| &clause.consequences).any(|consequence| {
            matches!(consequence, crate::policy::Consequence::Freeze { environment: frozen, .. } if frozen == environment)
        });
        if !frozen || found.mode == Mode::Enforce {
            continue;
        }
        let only = if found.mode == Mode::Warn { "warned about" } else { "told" };
        pieces.extend([
            words(if pieces.is_empty() { "For now nothing stops in " } else { " Nor in " }),
            name(environment),
            words(&format!(": its mode is {}, so a freeze is only {only}.", found.mode.as_str())),
        ]);
    }
    pieces
}

/// Writes paragraphs.
struct Writer {
    /// For whom.
    page: Page,
    /// What was written until now.
    text: String,
}

impl Writer {
    /// A writer that wrote nothing yet.
    const fn new(page: Page) -> Self {
        Self { page, text: String::new() }
    }

    /// What was written, with one newline at its end.
    fn end(self) -> String {
        format!("{}\n", self.text.trim_end())
    }

    /// One clause, numbered where it is one of several: its condition, what follows, and its end.
    fn clause(&mut self, number: Option<usize>, policy: &Policy, clause: &Clause) {
        let number = number.map_or_else(String::new, |number| format!("{number}. "));
        let indent = " ".repeat(number.len());
        match self.page {
            Page::Terminal(_) => {
                self.lines(&number, &indent, &[name(&clause.name), words(": "), name(&clause.title)]);
            }
            Page::Markdown => {
                let head = format!("{number}**{}**: ", escape::markdown(&clause.name));
                self.lines(&head, &indent, &[name(&clause.title)]);
            }
        }
        let mut pieces = Vec::new();
        match (&clause.when, &clause.thaws) {
            (Some(when), Some(thaws)) => {
                pieces.push(words("When "));
                pieces.extend(prose::condition(policy, when, Moment::Begins));
                pieces.push(words(", until "));
                pieces.extend(prose::condition(policy, thaws, Moment::Ends));
            }
            (Some(when), None) => {
                pieces.push(words("As long as "));
                pieces.extend(prose::condition(policy, when, Moment::Begins));
            }
            (None, _) => match &clause.after {
                Some(after) => pieces.extend(prose::after(after)),
                None if clause.on_gap => pieces.push(words("While the budget is not known")),
                None => pieces.push(words("When a person says so, until a person says that it is over")),
            },
        }
        pieces.push(words(":"));
        if self.page == Page::Markdown {
            self.text.push('\n');
        }
        self.lines(&indent, &indent, &pieces);
        if self.page == Page::Markdown {
            self.text.push('\n');
        }
        for consequence in &clause.consequences {
            let (mut pieces, automation) = prose::consequence(consequence);
            pieces.push(words(&format!(" ({})", automation.as_str())));
            self.lines(&format!("{indent}- "), &format!("{indent}  "), &pieces);
        }
        self.text.push('\n');
    }

    /// A heading, already escaped.
    fn heading(&mut self, text: &str) {
        self.text.push_str("## ");
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    /// A paragraph and the blank line behind it.
    fn paragraph(&mut self, indent: &str, pieces: &[Piece]) {
        self.lines(indent, indent, pieces);
        self.text.push('\n');
    }

    /// Lines that begin with `first`, and go on behind `rest`.
    fn lines(&mut self, first: &str, rest: &str, pieces: &[Piece]) {
        let text: String = pieces.iter().map(|piece| self.shown(piece)).collect();
        match self.page {
            Page::Terminal(width) => {
                self.text.push_str(&wrapped::lines(first, rest, &text, width.max(NARROWEST)));
            }
            Page::Markdown => {
                self.text.push_str(first);
                self.text.push_str(&text);
            }
        }
        self.text.push('\n');
    }

    /// A piece as it is shown.
    fn shown(&self, piece: &Piece) -> String {
        match (piece, self.page) {
            (Piece::Words(text), _) => text.clone(),
            (Piece::Name(text), Page::Terminal(_)) => escape::terminal(text),
            (Piece::Code(text), Page::Terminal(_)) => format!("`{}`", escape::terminal(text)),
            (Piece::Name(text), Page::Markdown) => escape::markdown(text),
            (Piece::Code(text), Page::Markdown) => escape::code_span(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::ledger::{Event, Ledger};
    use crate::policy::Names;

    #[test]
    fn what_happened_decides_how_many_silver_bullets_are_left_and_whether_the_review_is_overdue() {
        let text = r#"policy(#{
            version: "1.0.0", scope: #{ team: "web" }, purpose: "p", silver_bullets: 3,
            escalation: #{ decides: ["@vp"], how: "soon" }, agreed_by: #{ product: "@po" },
            next_review: #{ or_after: "a priority 1 incident" },
        });
        clause("c", "C").when(|budget| budget.remaining <= 0).then(freeze("production"));"#;
        let environments = vec!["production".to_owned()];
        let names = Names { environments, teams: vec!["web".to_owned()], step: 300, ..Names::default() };
        let (policy, _) = Policy::load(&SourceText::new("web.rhai", text), &names).expect("a policy");
        let settings = "version: 1\nslos: [a]\npolicies: [b]\nservices: { shop: { team: web, paths: [c] } }\n\
                        environments: { production: { mode: enforce } }\n";
        let (settings, problems) = crate::settings::load(&SourceText::new("slogate.yaml", settings));
        let settings = settings.unwrap_or_else(|| panic!("{problems:?}"));
        let events = [
            r#"{"event": "silver_bullet", "at": "2026-10-05T12:00:00Z", "policy": "web", "environment": "production",
                "head": "abc", "by": "@vp", "reason": "r"}"#,
            r#"{"event": "occasion", "at": "2026-10-06T12:00:00Z", "name": "a priority 1 incident"}"#,
        ];
        let events: Vec<Event> =
            events.iter().map(|text| serde_json::from_str(text).expect("an event")).collect();
        let ledger = Ledger::new(events);
        let told = |now: &str| {
            let now: jiff::Timestamp = now.parse().expect("an instant");
            super::policy(&policy, &settings, ledger::date(now), ledger.until(now), Page::Markdown)
        };
        let after = told("2026-11-21T12:00:00Z");
        assert!(after.contains("2 of 3 silver bullets left this year."), "{after}");
        assert!(after.contains("That happened on 6 Oct 2026: the review is overdue."), "{after}");
        let before = told("2026-10-01T12:00:00Z");
        assert!(!before.contains("left this year") && !before.contains("overdue"), "{before}");
        assert!(told("2027-01-01T12:00:00Z").contains("overdue"));
        assert!(!told("2027-01-01T12:00:00Z").contains("left this year"), "a new year");
    }
}
