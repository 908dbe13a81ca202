//! A file of adjustments from its text: held to its schema, then to what a schema cannot say.
//!
//! Every problem of the file is told in one run: what the schema has refused is passed over here, and everything else is
//! still looked at.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;

use super::{Adjustments, Exclusion, Named, Recurrence, Returned};
use crate::diagnostic::{Code, Diagnostic, SourceText};
use crate::document::{self, Part, Schema};
use crate::ledger::TopUp;
use crate::settings::{self, duration};

/// The years in which something may begin.
const YEARS: std::ops::RangeInclusive<i16> = 2_000..=2_099;

/// The most exclusions of all files together.
const MOST: usize = 200;

/// The most top-ups of all files together.
const MOST_TOP_UPS: usize = 1_000;

/// The most rules that are refused before no other is looked at: one that never comes costs time.
const MOST_REFUSED: usize = 20;

/// Reads adjustments from all of their files. With an error among the problems they are not whole.
#[must_use]
pub fn load(files: &[SourceText]) -> (Adjustments, Vec<Diagnostic>) {
    let mut adjustments = Adjustments::default();
    let mut problems = Vec::new();
    let (mut count, mut top_ups, mut refused) = (0, 0, 0);
    for source in files {
        let documents = match document::parse(source) {
            Ok(documents) => documents,
            Err(found) => {
                problems.extend(found);
                continue;
            }
        };
        for document in &documents {
            problems.extend(document.check(Schema::Adjustments));
            let mut loader = Loader { problems: &mut problems, refused };
            for part in items(document.root(), "exclusions") {
                count += 1;
                if count > MOST {
                    let message = format!("there are more than {MOST} exclusions");
                    let problem = Diagnostic::error(Code::WrongValue, message);
                    let help = "let one exclusion name several services, and recur";
                    loader.problems.push(problem.at(part.place(), "not looked at any more").help(help));
                    return (adjustments, problems);
                }
                adjustments.exclusions.extend(loader.exclusion(part));
            }
            for part in items(document.root(), "top_ups") {
                top_ups += 1;
                if top_ups > MOST_TOP_UPS {
                    let message = format!("there are more than {MOST_TOP_UPS} top-ups");
                    let problem = Diagnostic::error(Code::WrongValue, message);
                    let help = "take out those of periods that are over";
                    loader.problems.push(problem.at(part.place(), "not looked at any more").help(help));
                    return (adjustments, problems);
                }
                adjustments.top_ups.extend(loader.top_up(part));
            }
            refused = loader.refused;
        }
    }
    problems.extend(twice(&adjustments));
    (adjustments, problems)
}

/// The entries of a list under a key.
fn items<'a>(part: Part<'a>, key: &str) -> impl Iterator<Item = Part<'a>> {
    part.get(key).into_iter().flat_map(Part::items)
}

/// A problem for each exclusion that has the name of another, and for each top-up that is there already.
fn twice(adjustments: &Adjustments) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (index, one) in adjustments.exclusions.iter().enumerate() {
        let mut before = adjustments.exclusions.iter().take(index);
        if let Some(first) = before.find(|first| first.name == one.name) {
            let message = format!("there are two exclusions `{}`", one.name);
            let problem = Diagnostic::error(Code::Duplicate, message);
            let label = format!("the first is at {}", first.place);
            problems.push(
                problem.at(one.place.clone(), label).help("give each a name of its own: reports name it"),
            );
        }
    }
    let mut before = BTreeMap::new();
    for one in &adjustments.top_ups {
        let first = *before.entry(one.key()).or_insert(one);
        if !std::ptr::eq(first, one) {
            let message = format!("the same is given back of `{}` twice", one.top_up.slo);
            let problem = Diagnostic::error(Code::Duplicate, message);
            let label = format!("the first is at {}", first.place);
            problems
                .push(problem.at(one.place.clone(), label).help("take one out, or write another instant"));
        }
    }
    problems
}

/// Reads adjustments, and collects what is wrong beyond the schema.
struct Loader<'p> {
    /// What has been found.
    problems: &'p mut Vec<Diagnostic>,
    /// How many rules were refused.
    refused: usize,
}

impl Loader<'_> {
    /// Notes that a value cannot be used.
    fn wrong(&mut self, part: Part<'_>, message: String, help: impl Into<String>) {
        let problem = Diagnostic::error(Code::WrongValue, message);
        self.problems.push(problem.at(part.place(), "cannot be used").help(help));
    }

    /// An instant under a key, with its offset; none where there is none or the schema refuses it.
    fn instant(&mut self, part: Part<'_>, key: &str) -> Option<(Timestamp, TimeZone)> {
        let part = part.get(key)?;
        let text = part.text()?;
        let read = text.parse::<Timestamp>().ok().filter(|at| at.subsec_nanosecond() == 0);
        let Some(at) = read.filter(|at| YEARS.contains(&at.to_zoned(TimeZone::UTC).year())) else {
            // What has not even the shape of an instant is refused by the schema already.
            if !self.problems.iter().any(|problem| problem.place() == Some(&part.place())) {
                let message = format!("`{text}` is no whole second of the years 2000 to 2099");
                self.wrong(part, message, "write an instant such as `2026-12-01T03:00:00Z`");
            }
            return None;
        };
        let offset = Pieces::parse(text).ok().and_then(|pieces| pieces.to_numeric_offset());
        Some((at, offset.map_or(TimeZone::UTC, TimeZone::fixed)))
    }

    /// One exclusion.
    fn exclusion(&mut self, part: Part<'_>) -> Option<Exclusion> {
        let name = part.get("name")?;
        let text = |key: &str| part.get(key).and_then(Part::text).unwrap_or_default().to_owned();
        let (services, slos) = (named(part, "services"), named(part, "slos"));
        if part.get("services").is_none() && part.get("slos").is_none() {
            let message = format!("the exclusion `{}` says of nothing what it is about", name.text()?);
            let problem = Diagnostic::error(Code::MissingKey, message);
            let help = "name `services`, `slos` or both";
            self.problems.push(problem.at(name.place(), "neither services nor SLOs").help(help));
        }
        let start = self.instant(part, "start");
        let until = self.instant(part, "until").map(|(at, _)| at);
        let seconds = part.get("duration").and_then(Part::text).and_then(duration);
        let zone = self.zone(part);
        let recurrence = self.recurrence(part, start.clone(), zone);
        if let Some(((start, _), until)) = start.as_ref().zip(until)
            && until <= *start
            && let Some(part) = part.get("until")
        {
            let message = format!("nothing begins at {start} and before {until}");
            self.wrong(part, message, "write a later end, or take the exclusion out");
        }
        Some(Exclusion {
            name: name.text()?.to_owned(),
            services,
            slos,
            environments: named(part, "environments"),
            start: start?.0,
            duration: seconds?,
            recurrence,
            until,
            reason: text("reason"),
            agreed_by: text("agreed_by"),
            place: name.place(),
        })
    }

    /// The zone that an exclusion names.
    fn zone(&mut self, part: Part<'_>) -> Option<(String, TimeZone)> {
        let part = part.get("time_zone")?;
        let text = part.text()?;
        let Ok(zone) = TimeZone::get(text) else {
            let message = format!("there is no time zone `{text}`");
            self.wrong(part, message, "write a name of the IANA database, such as `Europe/Berlin`");
            return None;
        };
        Some((text.to_owned(), zone))
    }

    /// When an exclusion comes again; keys that only matter then are refused where it does not.
    fn recurrence(
        &mut self,
        exclusion: Part<'_>,
        start: Option<(Timestamp, TimeZone)>,
        zone: Option<(String, TimeZone)>,
    ) -> Option<Recurrence> {
        let Some(part) = exclusion.get("recurrence") else {
            for key in ["time_zone", "until"] {
                if let Some(part) = exclusion.get(key) {
                    let message = format!("`{key}` does nothing without `recurrence`");
                    self.wrong(part, message, "write a `recurrence`, or take it out");
                }
            }
            return None;
        };
        let (rule, (start, offset)) = (part.text()?, start?);
        let (name, zone) = zone.map_or((None, offset), |(name, zone)| (Some(name), zone));
        if self.refused >= MOST_REFUSED {
            return None;
        }
        match Recurrence::new(rule, start, zone, name) {
            Ok(recurrence) => Some(recurrence),
            Err((message, help)) => {
                self.refused += 1;
                self.wrong(part, message, help);
                None
            }
        }
    }

    /// One top-up.
    fn top_up(&mut self, part: Part<'_>) -> Option<Returned> {
        let text = |key: &str| part.get(key).and_then(Part::text).map(ToOwned::to_owned);
        let at = self.instant(part, "at");
        let share = part.get("share").and_then(|share| Some((share, share.text()?)));
        let read = share.and_then(|(_, text)| settings::share(text));
        if let Some((part, text)) = share.filter(|_| read.is_some_and(|share| share.is_zero())) {
            let message = format!("`{text}` of a budget is nothing that could be given back");
            self.wrong(part, message, "write a percentage above 0 %, such as `12 %`");
        }
        let (slo, dependency) = (part.get("slo")?, part.get("dependency")?);
        let top_up = TopUp {
            at: at?.0,
            slo: slo.text()?.to_owned(),
            dependency: dependency.text()?.to_owned(),
            share: read?,
            provider_enacted: part.get("provider_enacted").and_then(Part::boolean).unwrap_or(false),
        };
        let (reason, agreed_by) = (text("reason").unwrap_or_default(), text("agreed_by").unwrap_or_default());
        let (place, dependency_place) = (slo.place(), dependency.place());
        Some(Returned { top_up, reason, agreed_by, place, dependency_place })
    }
}

/// The names of a list under a key.
fn named(part: Part<'_>, key: &str) -> Vec<Named> {
    let texts = items(part, key).filter_map(|part| Some((part, part.text()?)));
    texts.map(|(part, name)| Named { name: name.to_owned(), place: part.place() }).collect()
}
