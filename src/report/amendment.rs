//! An amendment of a policy in words that every rendering shares. Each hands in how it escapes names, and how it quotes
//! what is written in a policy.

use crate::policy::amendment::Amendment;
use crate::policy::prose::Piece;

/// The most characters of one name or quotation that are shown: whoever writes a policy chooses how long they are.
const LONGEST: usize = 300;

/// It as a sentence without its period.
pub fn sentence(
    amendment: &Amendment,
    name: impl Fn(&str) -> String,
    code: impl Fn(&str) -> String,
) -> String {
    let said = |pieces: &[Piece]| -> String {
        let shown = pieces.iter().map(|piece| match piece {
            Piece::Words(text) => text.clone(),
            Piece::Name(text) => name(&cut(text)),
            Piece::Code(text) => code(&cut(text)),
        });
        shown.collect()
    };
    let Amendment { key, loosens, .. } = amendment;
    let (from, to) = (said(&amendment.from), said(&amendment.to));
    let policy = name(&cut(&amendment.policy));
    let subject = match &amendment.clause {
        Some(clause) => format!("clause {} of policy {policy}", name(&cut(clause))),
        None => format!("policy {policy}"),
    };
    let told = match (*key, from.is_empty(), to.is_empty()) {
        ("policy", true, _) => format!("{subject} is new: it covers {to}"),
        ("policy", _, _) => format!("{subject} is removed: it covered {from}"),
        ("clause", true, _) => format!("{subject} is new: {to}"),
        ("clause", _, _) => format!("{subject} is removed: {from}"),
        ("consequence", true, _) => format!("{subject}: more follows: {to}"),
        ("consequence", _, true) => format!("{subject}: it no longer follows that {from}"),
        (key, true, _) => format!("{subject}: {} is {to} now", word(key)),
        (key, _, true) => format!("{subject}: {} is no longer said; it was {from}", word(key)),
        ("when", ..) => format!("{subject} is in force {from} -> {to}"),
        ("thaws", ..) => format!("{subject} lasts until {from} -> until {to}"),
        ("consequence", ..) => format!("{subject}: {from} -> {to}"),
        (key, ..) => format!("{subject}: {} {from} -> {to}", word(key)),
    };
    format!("{told}{}", if *loosens { " (looser)" } else { "" })
}

/// A text for machines.
#[must_use]
pub fn plain(pieces: &[Piece]) -> String {
    let text = pieces.iter().map(|piece| match piece {
        Piece::Words(text) | Piece::Name(text) | Piece::Code(text) => text.as_str(),
    });
    text.collect()
}

/// A text, cut where it is too long to be read.
fn cut(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// A key as people say it.
fn word(key: &str) -> &str {
    match key {
        "agreed_by" => "who agreed",
        "effective_from" => "the first day on which it rules",
        "escalation" => "who decides disagreements",
        "measures" => "the environment whose budgets count",
        "name" => "its name",
        "next_review" => "its next review",
        "notes" => "what the team noted",
        "purpose" => "its purpose",
        "scope" => "what it covers",
        "silver_bullets" => "silver bullets a year",
        "thaw_tax" => "the thaw tax in days",
        "thaws" => "when it ends",
        "title" => "its title",
        "top_ups" => "whose failures are given back",
        "version" => "the version",
        other => other,
    }
}
