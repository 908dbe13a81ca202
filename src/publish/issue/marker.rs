//! The first line of an issue of ours: what it is for, and what was done about it.
//!
//! It is the only memory of `act`: nothing is kept anywhere else, so that a run which was killed, a second one at the same
//! time and one on another machine all know the same. People may write below the line `END`; what stands above it is ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::publish::marker::escape;
use crate::report::duty::{Duty, Purpose};

/// How the body of an issue of ours begins.
const START: &str = "<!-- slogate:act:v1 ";

/// What ends the lines that are ours.
const END: &str = "<!-- /slogate:act -->";

/// What an issue is for: there is one for each of them and each stretch in force.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The policy's id.
    pub policy: String,
    /// The clause's name.
    pub clause: String,
    /// The service.
    pub service: String,
    /// The environment whose events count.
    pub environment: String,
    /// The purpose's word.
    pub purpose: String,
}

impl Key {
    /// The key of a duty's issue.
    #[must_use]
    pub fn of(duty: &Duty, purpose: &Purpose) -> Self {
        Self {
            policy: duty.policy.clone(),
            clause: duty.clause.clone(),
            service: duty.service.clone(),
            environment: duty.environment.clone(),
            purpose: purpose.word(),
        }
    }
}

/// What the first line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// What the issue is for.
    pub key: Key,
    /// How often the clause came into force while this issue was the one for it, from 1.
    pub count: u32,
    /// Since when the clause was in force for each SLO when that was last said, in seconds since the epoch.
    pub begun: BTreeMap<String, i64>,
    /// The start of the period by the calendar, likewise; none for rolling periods.
    pub period: Option<i64>,
    /// When it is due, likewise; none where nobody says.
    pub due: Option<i64>,
    /// The grid point at which it was said that the clause had ended, likewise; none while it is in force.
    pub ended: Option<i64>,
    /// What the webhook was told: the count, with a `t` behind it for the end.
    pub sent: BTreeSet<String>,
    /// The issue that says the same and was opened before; none for all but those.
    pub duplicate_of: Option<u64>,
}

impl Marker {
    /// The marker of a duty that is in force, for the first time or once more.
    #[must_use]
    pub fn of(duty: &Duty, purpose: &Purpose, count: u32) -> Self {
        Self {
            key: Key::of(duty, purpose),
            count,
            begun: duty.affected().iter().map(|one| (one.slo.clone(), one.since)).collect(),
            period: duty.period,
            due: duty.due(purpose),
            ended: None,
            sent: BTreeSet::new(),
            duplicate_of: None,
        }
    }

    /// What the webhook is told next, as `sent` keeps it.
    #[must_use]
    pub fn occasion(&self) -> String {
        format!("{}{}", self.count, if self.ended.is_some() { "t" } else { "" })
    }

    /// The first line.
    #[must_use]
    pub fn line(&self) -> String {
        let Key { policy, clause, service, environment, purpose } = &self.key;
        let mut line = START.to_owned();
        let names = [
            ("policy", policy),
            ("clause", clause),
            ("service", service),
            ("environment", environment),
            ("for", purpose),
        ];
        for (name, value) in names {
            // Writing to a string cannot fail.
            let _ = write!(line, "{name}={} ", escape(value));
        }
        let begun: Vec<String> =
            self.begun.iter().map(|(slo, since)| format!("{}@{since}", escape(slo))).collect();
        let _ = write!(line, "count={} begun={} ", self.count, begun.join(","));
        for (name, value) in [("period", self.period), ("due", self.due), ("ended", self.ended)] {
            if let Some(value) = value {
                let _ = write!(line, "{name}={value} ");
            }
        }
        if !self.sent.is_empty() {
            let sent: Vec<&str> = self.sent.iter().map(String::as_str).collect();
            let _ = write!(line, "sent={} ", sent.join(","));
        }
        if let Some(number) = self.duplicate_of {
            let _ = write!(line, "duplicate-of={number} ");
        }
        line.push_str("-->");
        line
    }

    /// Reads the marker of an issue's body; none where it is none of ours, or nobody can read it any more.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        let rest = body.strip_prefix(START)?;
        let (words, _) = rest.lines().next()?.split_once("-->")?;
        let raw = |name: &str| words.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let text = |name: &str| raw(name).and_then(unescape);
        let number = |name: &str| raw(name).and_then(|value| value.parse().ok());
        let list = |name: &str| raw(name).unwrap_or_default().split(',').filter(|one| !one.is_empty());
        let begun = list("begun").filter_map(|one| {
            let (slo, since) = one.split_once('@')?;
            Some((unescape(slo)?, since.parse().ok()?))
        });
        Some(Self {
            key: Key {
                policy: text("policy")?,
                clause: text("clause")?,
                service: text("service")?,
                environment: text("environment")?,
                purpose: text("for")?,
            },
            count: raw("count")?.parse().ok()?,
            begun: begun.collect(),
            period: number("period"),
            due: number("due"),
            ended: number("ended"),
            sent: list("sent").map(str::to_owned).collect(),
            duplicate_of: raw("duplicate-of").and_then(|value| value.parse().ok()),
        })
    }

    /// A whole body: this line, what is ours to say anew, and what people may edit.
    #[must_use]
    pub fn body(&self, head: &str, rest: &str) -> String {
        format!("{}\n{}\n{END}\n\n{}", self.line(), head.trim_end(), rest.trim_start())
    }

    /// The body of an issue with this line in the place of its own. What is ours is said anew where `head` says it;
    /// everything else stays as people left it.
    #[must_use]
    pub fn over(&self, body: &str, head: Option<&str>) -> String {
        let body = body.replace("\r\n", "\n");
        let (_, below) = body.split_once('\n').unwrap_or((&body, ""));
        match (head, below.split_once(END)) {
            (Some(head), Some((_, rest))) => self.body(head, rest.trim_start_matches('\n')),
            // Somebody took the end away: nobody can tell what is ours.
            (Some(_), None) | (None, _) => format!("{}\n{below}", self.line()),
        }
    }
}

/// The first line of a comment of ours on an issue: what it says, once.
#[must_use]
pub fn of_comment(occasion: &str) -> String {
    format!("{START}comment={occasion} -->")
}

/// A name as it was before `escape`.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        Marker {
            key: Key {
                policy: "payments".to_owned(),
                clause: "all gone -->".to_owned(),
                service: "checkout".to_owned(),
                environment: "production".to_owned(),
                purpose: "action-item".to_owned(),
            },
            count: 2,
            begun: BTreeMap::from([("a,b@c".to_owned(), 60), ("d".to_owned(), 120)]),
            period: Some(-60),
            due: None,
            ended: Some(180),
            sent: BTreeSet::from(["1".to_owned(), "1t".to_owned()]),
            duplicate_of: None,
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_no_name_can_end_the_line() {
        let line = marker().line();
        assert_eq!(line.matches("-->").count(), 1);
        assert_eq!(Marker::read(&line), Some(marker()));
        let whole = Marker { duplicate_of: Some(7), due: Some(1), period: None, ended: None, ..marker() };
        assert_eq!(Marker::read(&whole.body("head", "rest")), Some(whole));
    }

    #[test]
    fn what_is_no_line_of_ours_is_none() {
        let line = marker().line();
        for body in [
            "",
            " ",
            START,
            line.trim_start_matches('<'),
            &format!("> {line}"),
            &line.replace("count=2", "count=x"),
        ] {
            assert_eq!(Marker::read(body), None, "{body}");
        }
        assert_eq!(Marker::read(&of_comment("1t")), None);
    }

    #[test]
    fn what_people_wrote_stays() {
        let next = Marker { count: 3, ..marker() };
        let body = marker().body("In force.", "- [x] done\n").replace('\n', "\r\n");
        assert_eq!(next.over(&body, Some("Again.")), next.body("Again.", "- [x] done\n"));
        assert_eq!(next.over(&body, None), next.body("In force.", "- [x] done\n"));
        let torn = format!("{}\nmine alone", marker().line());
        assert_eq!(next.over(&torn, Some("Again.")), format!("{}\nmine alone", next.line()));
    }
}
