//! What happened before: the events that no budget and no policy can know, in the order of time.
//!
//! A budget's history says what burned, and nothing of what people did: who triggered a manual clause, what was
//! deployed during a freeze, on whose word a freeze was lifted, what a dependency's failures are given back. Each such
//! event has an instant, and a question is always put to the past of some instant, so that nothing that happened later
//! can decide it. What follows from an event is `policy`'s; where events are kept is not said here.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A person triggered a manual clause.
    Trigger(Decree),
    /// A person said that a manual clause is over.
    Release(Decree),
    /// A change went out.
    Deployment(Deployment),
    /// The business let one change through a freeze.
    SilverBullet(SilverBullet),
    /// Depletion that a dependency caused was given back.
    TopUp(TopUp),
    /// A service did not do its work for a while.
    Outage(Outage),
    /// Something after which people look at their policies again.
    Occasion(Occasion),
}

/// A person's word on a manual clause, for one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decree {
    /// When.
    pub at: Timestamp,
    /// The policy's id.
    pub policy: String,
    /// The clause's name.
    pub clause: String,
    /// The service.
    pub service: String,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A change that went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// When.
    pub at: Timestamp,
    /// The service.
    pub service: String,
    /// The environment that it went into.
    pub environment: String,
    /// The change's class, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The change's head, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

/// One change that the business lets through a freeze of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilverBullet {
    /// When it was fired.
    pub at: Timestamp,
    /// The id of the policy whose bullet it is.
    pub policy: String,
    /// The only service for which it lifts anything; all that the policy covers where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The environment.
    pub environment: String,
    /// The change's head.
    pub head: String,
    /// Who fired it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Depletion that is given back because a dependency caused it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopUp {
    /// When.
    pub at: Timestamp,
    /// The SLO.
    pub slo: String,
    /// The dependency.
    pub dependency: String,
    /// The share of the period's budget.
    #[serde(with = "percentage")]
    pub share: Decimal,
    /// The dependency's owner enacted its own error budget policy.
    #[serde(default)]
    pub provider_enacted: bool,
}

/// A stretch of time in which a service did not do its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// The service.
    pub service: String,
    /// What kind of outage it was, in the words of whoever recorded it.
    pub kind: String,
    /// When it began.
    pub from: Timestamp,
    /// When it was over.
    pub until: Timestamp,
}

/// Something after which people look at their policies again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Occasion {
    /// When.
    pub at: Timestamp,
    /// Its name, as policies write it: `a priority 1 incident`.
    pub name: String,
}

/// Shares as people write them: `20 %`.
mod percentage {
    use rust_decimal::Decimal;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    /// Writes a share.
    pub(super) fn serialize<S: Serializer>(share: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        let percent = share.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(*share).normalize();
        serializer.serialize_str(&format!("{percent} %"))
    }

    /// The most that a share may be: an objective so high that one bad event is a million budgets is none.
    const MOST: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

    /// Reads a share.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(deserializer)?;
        let percent = text.strip_suffix('%').and_then(|percent| percent.trim().parse::<Decimal>().ok());
        let share = percent.and_then(|percent| percent.checked_div(Decimal::ONE_HUNDRED));
        let share = share.filter(|share| (Decimal::ZERO..=MOST).contains(share));
        share.ok_or_else(|| de::Error::custom("a share is written as a percentage, such as `20 %`"))
    }
}

impl Event {
    /// When it happened; an outage is known from its beginning.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Trigger(decree) | Self::Release(decree) => decree.at,
            Self::Deployment(deployment) => deployment.at,
            Self::SilverBullet(bullet) => bullet.at,
            Self::TopUp(top_up) => top_up.at,
            Self::Outage(outage) => outage.from,
            Self::Occasion(occasion) => occasion.at,
        }
    }
}

/// Everything that happened, in the order of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The events, the oldest first.
    events: Vec<Event>,
}

impl Ledger {
    /// A ledger of events in any order. What happened at the same instant stays in the order in which it was written.
    #[must_use]
    pub fn new(mut events: Vec<Event>) -> Self {
        events.sort_by_key(Event::at);
        Self { events }
    }

    /// What happened up to an instant, the instant included.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Past<'_> {
        let count = self.events.partition_point(|event| event.at() <= now);
        Past { events: self.events.get(..count).unwrap_or_default() }
    }

    /// When the last event happened.
    #[must_use]
    pub fn latest(&self) -> Option<Timestamp> {
        self.events.last().map(Event::at)
    }
}

/// What happened up to an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past<'a> {
    /// The events, the oldest first.
    events: &'a [Event],
}

/// A stretch of time in which a manual clause was in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Triggered<'a> {
    /// The word that began it.
    pub by: &'a Decree,
    /// When it was over; none while it is not.
    pub released: Option<Timestamp>,
}

impl<'a> Past<'a> {
    /// The stretches of time in which a manual clause was in force for a service. One that is triggered again while it
    /// is in force goes on.
    #[must_use]
    pub fn triggered(self, policy: &str, clause: &str, service: &str) -> Vec<Triggered<'a>> {
        let concerns =
            |decree: &Decree| decree.policy == policy && decree.clause == clause && decree.service == service;
        let mut stretches: Vec<Triggered<'a>> = Vec::new();
        for event in self.events {
            let open = stretches.last_mut().filter(|stretch| stretch.released.is_none());
            match (event, open) {
                (Event::Trigger(by), None) if concerns(by) => {
                    stretches.push(Triggered { by, released: None });
                }
                (Event::Release(over), Some(stretch)) if concerns(over) => {
                    stretch.released = Some(over.at);
                }
                _ => {}
            }
        }
        stretches
    }

    /// Every word on a manual clause of a policy.
    pub fn decrees(self, policy: &str) -> impl Iterator<Item = &'a Decree> {
        self.events.iter().filter_map(move |event| match event {
            Event::Trigger(decree) | Event::Release(decree) => {
                Some(decree).filter(|one| one.policy == policy)
            }
            Event::Deployment(_)
            | Event::SilverBullet(_)
            | Event::TopUp(_)
            | Event::Outage(_)
            | Event::Occasion(_) => None,
        })
    }

    /// What was deployed of a service into an environment.
    pub fn deployments(self, service: &str, environment: &str) -> impl Iterator<Item = &'a Deployment> {
        self.events.iter().filter_map(move |event| match event {
            Event::Deployment(one) => {
                Some(one).filter(|one| one.service == service && one.environment == environment)
            }
            Event::Trigger(_)
            | Event::Release(_)
            | Event::SilverBullet(_)
            | Event::TopUp(_)
            | Event::Outage(_)
            | Event::Occasion(_) => None,
        })
    }

    /// How many changes of a service went into an environment on a day (UTC). One that is deployed again is one; where
    /// a deployment does not say which change it was, it counts.
    #[must_use]
    pub fn released_on(self, day: Date, service: &str, environment: &str) -> usize {
        let mut seen: Vec<Option<&str>> = Vec::new();
        for one in self.deployments(service, environment).filter(|one| date(one.at) == day) {
            let head = one.head.as_deref();
            if head.is_none() || !seen.contains(&head) {
                seen.push(head);
            }
        }
        seen.len()
    }

    /// The silver bullets of a policy.
    pub fn silver_bullets(self, policy: &str) -> impl Iterator<Item = &'a SilverBullet> {
        self.events.iter().filter_map(move |event| match event {
            Event::SilverBullet(bullet) => Some(bullet).filter(|one| one.policy == policy),
            Event::Trigger(_)
            | Event::Release(_)
            | Event::Deployment(_)
            | Event::TopUp(_)
            | Event::Outage(_)
            | Event::Occasion(_) => None,
        })
    }

    /// The top-ups of an SLO.
    pub fn top_ups(self, slo: &str) -> impl Iterator<Item = &'a TopUp> {
        self.events.iter().filter_map(move |event| match event {
            Event::TopUp(top_up) => Some(top_up).filter(|one| one.slo == slo),
            Event::Trigger(_)
            | Event::Release(_)
            | Event::Deployment(_)
            | Event::SilverBullet(_)
            | Event::Outage(_)
            | Event::Occasion(_) => None,
        })
    }

    /// The outages of a service.
    pub fn outages(self, service: &str) -> impl Iterator<Item = &'a Outage> {
        self.events.iter().filter_map(move |event| match event {
            Event::Outage(outage) => Some(outage).filter(|one| one.service == service),
            Event::Trigger(_)
            | Event::Release(_)
            | Event::Deployment(_)
            | Event::SilverBullet(_)
            | Event::TopUp(_)
            | Event::Occasion(_) => None,
        })
    }

    /// When something of this name happened last.
    #[must_use]
    pub fn latest_occasion(self, name: &str) -> Option<Timestamp> {
        let named = |event: &Event| matches!(event, Event::Occasion(occasion) if occasion.name == name);
        self.events.iter().rev().find(|event| named(event)).map(Event::at)
    }
}

/// The day of an instant. Days are those of UTC.
#[must_use]
pub fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Event {
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn decree(kind: &str, day: u8) -> Event {
        event(&format!(
            r#"{{"event": "{kind}", "at": "2026-10-{day:02}T12:00:00Z", "policy": "p", "clause": "c",
                "service": "s", "by": "@ola", "reason": "letters pile up"}}"#
        ))
    }

    fn deployment(instant: &str, head: Option<&str>) -> Event {
        Event::Deployment(Deployment {
            at: at(instant),
            service: "s".to_owned(),
            environment: "production".to_owned(),
            class: None,
            head: head.map(str::to_owned),
        })
    }

    #[test]
    fn every_event_reads_back_as_it_was_written() {
        let written = [
            r#"{"event":"trigger","at":"2026-10-05T12:00:00Z","policy":"p","clause":"c","service":"s","by":"@ola","reason":"r"}"#,
            r#"{"event":"release","at":"2026-10-05T12:00:00Z","policy":"p","clause":"c","service":"s","by":"@ola","reason":"r"}"#,
            r#"{"event":"deployment","at":"2026-10-05T12:00:00Z","service":"s","environment":"production","class":"hotfix","head":"abc"}"#,
            r#"{"event":"silver_bullet","at":"2026-10-05T12:00:00Z","policy":"p","environment":"production","head":"abc","by":"@vp","reason":"r"}"#,
            r#"{"event":"top_up","at":"2026-10-05T12:00:00Z","slo":"s","dependency":"gateway","share":"12.5 %","provider_enacted":true}"#,
            r#"{"event":"outage","service":"s","kind":"dns","from":"2026-10-05T12:00:00Z","until":"2026-10-05T13:00:00Z"}"#,
            r#"{"event":"occasion","at":"2026-10-05T12:00:00Z","name":"a priority 1 incident"}"#,
        ];
        for text in written {
            let read = event(text);
            assert_eq!(serde_json::to_string(&read).expect("JSON"), text);
            assert_eq!(read.at(), at("2026-10-05T12:00:00Z"));
        }
    }

    #[test]
    fn an_event_with_a_key_too_many_is_refused() {
        let text = r#"{"event":"occasion","at":"2026-10-05T12:00:00Z","name":"n","nme":"n"}"#;
        assert!(serde_json::from_str::<Event>(text).is_err());
        let bare =
            r#"{"event":"top_up","at":"2026-10-05T12:00:00Z","slo":"s","dependency":"d","share":"0.2"}"#;
        assert!(serde_json::from_str::<Event>(bare).is_err(), "a share without its sign");
    }

    #[test]
    fn nothing_that_happens_later_is_past() {
        let ledger = Ledger::new(vec![decree("release", 9), decree("trigger", 5)]);
        assert_eq!(ledger.until(at("2026-10-05T11:59:59Z")).triggered("p", "c", "s"), []);
        let between = ledger.until(at("2026-10-05T12:00:00Z")).triggered("p", "c", "s");
        assert_eq!(between.iter().map(|one| one.released).collect::<Vec<_>>(), [None]);
        let after = ledger.until(at("2026-10-09T12:00:00Z")).triggered("p", "c", "s");
        assert_eq!(after.first().and_then(|one| one.released), Some(at("2026-10-09T12:00:00Z")));
    }

    #[test]
    fn a_manual_clause_is_in_force_from_its_trigger_to_its_release_for_one_service() {
        let days = [("trigger", 1), ("trigger", 2), ("release", 3), ("release", 4), ("trigger", 6)];
        let ledger = Ledger::new(days.map(|(kind, day)| decree(kind, day)).to_vec());
        let past = ledger.until(at("2027-01-01T00:00:00Z"));
        let stretches: Vec<(i8, Option<i8>)> = past
            .triggered("p", "c", "s")
            .iter()
            .map(|one| (date(one.by.at).day(), one.released.map(|at| date(at).day())))
            .collect();
        assert_eq!(stretches, [(1, Some(3)), (6, None)]);
        assert_eq!(past.triggered("p", "c", "other"), []);
    }

    #[test]
    fn a_change_that_is_deployed_again_on_the_same_day_is_one_release() {
        let ledger = Ledger::new(vec![
            deployment("2026-10-05T00:00:00Z", Some("a")),
            deployment("2026-10-05T08:00:00Z", Some("a")),
            deployment("2026-10-05T09:00:00Z", None),
            deployment("2026-10-05T23:59:59Z", None),
            deployment("2026-10-06T00:00:00Z", Some("b")),
        ]);
        let past = ledger.until(at("2027-01-01T00:00:00Z"));
        let day = Date::constant(2026, 10, 5);
        assert_eq!(past.released_on(day, "s", "production"), 3);
        assert_eq!(past.released_on(day, "s", "staging"), 0);
    }
}
