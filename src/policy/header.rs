//! What is agreed around the clauses: version, scope, purpose, escalation, who agreed, and when it is reviewed.
//!
//! The map given to `policy(...)` is read key by key against `schemas/policy.v1.json`: a missing part, a wrong value
//! and an unknown key are each a problem at their line. Conditions and consequences, the two parts of the required
//! seven that are clauses, are checked where the policy is loaded.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rhai::{Dynamic, Map};
use rust_decimal::Decimal;

use super::complaint::{kind, printable};
use super::keys::Keys;
use super::version::Version;
use super::{Author, Escalation, Header, Names, Review, Scope, TopUps};
use crate::diagnostic::{Code, Diagnostic, Place, list, suggestion};

/// The keys of the header.
const KEYS: [&str; 12] = [
    "version",
    "scope",
    "purpose",
    "measures",
    "escalation",
    "agreed_by",
    "effective_from",
    "next_review",
    "silver_bullets",
    "thaw_tax",
    "top_ups",
    "notes",
];

/// The most silver bullets of a year.
const MAX_SILVER_BULLETS: i64 = 366;

/// The most days that a release during a freeze adds.
const MAX_THAW_TAX: Decimal = Decimal::from_parts(30, 0, 0, false, 0);

/// Reads a header. Where it has problems it is none.
pub(super) fn read(map: &Map, keys: &Keys, names: &Names) -> Result<Header, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut section = Section { map, keys, path: String::new(), problems: &mut problems };
    section.refuse_unknown(&KEYS);
    let header = section.header(names);
    match header {
        Some(header) if problems.is_empty() => Ok(header),
        _ => Err(problems),
    }
}

/// One map of the header while it is read.
struct Section<'a> {
    /// The values.
    map: &'a Map,
    /// Where they stand.
    keys: &'a Keys,
    /// The keys that lead here, each with a dot behind it.
    path: String,
    /// What was found wrong until now.
    problems: &'a mut Vec<Diagnostic>,
}

impl Section<'_> {
    /// The whole header; every part is read before one that is missing counts.
    fn header(&mut self, names: &Names) -> Option<Header> {
        let version = self.version();
        let scope = self.section("scope", |section| scope(section, names));
        let purpose = self.text("purpose");
        let measures = self.measures(names);
        let escalation = self.section("escalation", escalation);
        let agreed_by = self.section("agreed_by", agreed_by);
        let effective_from = self.date("effective_from");
        let next_review = self.section("next_review", |section| review(section, effective_from));
        let silver_bullets = self.silver_bullets();
        let thaw_tax = self.thaw_tax();
        let top_ups = self.top_ups(names);
        let notes = self.notes();
        Some(Header {
            version: version?,
            scope: scope?,
            purpose: purpose?,
            measures,
            escalation: escalation?,
            agreed_by: agreed_by?,
            effective_from,
            next_review: next_review?,
            silver_bullets,
            thaw_tax,
            top_ups,
            notes,
        })
    }

    /// `version`: a text that can rise.
    fn version(&mut self) -> Option<String> {
        let version = self.text("version")?;
        if version.parse::<Version>().is_err() {
            let message = format!("`{}` is no version of a policy", printable(&version));
            let problem = Diagnostic::error(Code::Version, message)
                .at(self.keys.value("version"), "not numbers with dots");
            self.problems.push(problem.help("write `1.0.0`, and a higher one with each text that is agreed"));
        }
        Some(version)
    }

    /// `measures`: an environment.
    fn measures(&mut self, names: &Names) -> Option<String> {
        let environment = self.optional_text("measures")?;
        self.known("measures", &environment, &names.environments, "environment");
        Some(environment)
    }

    /// `silver_bullets`: how many, a year.
    fn silver_bullets(&mut self) -> Option<u32> {
        let value = self.map.get("silver_bullets")?;
        let number = value.as_int().ok().filter(|number| (0..=MAX_SILVER_BULLETS).contains(number));
        let number = number.and_then(|number| u32::try_from(number).ok());
        if number.is_none() {
            self.wrong("silver_bullets", "is no number of silver bullets", "write an integer from 0 to 366");
        }
        number
    }

    /// `thaw_tax`: days, for each day with a release during a freeze.
    fn thaw_tax(&mut self) -> Option<Decimal> {
        let value = self.map.get("thaw_tax")?;
        let number = value.as_decimal().or_else(|_| value.as_int().map(Decimal::from)).ok();
        let number = number.filter(|number| (Decimal::ZERO..=MAX_THAW_TAX).contains(number));
        if number.is_none() {
            self.wrong("thaw_tax", "is no number of days", "write a number from 0 to 30, such as 0.5");
        }
        number
    }

    /// `top_ups`: whose failures are given back.
    fn top_ups(&mut self, names: &Names) -> Option<TopUps> {
        self.map
            .contains_key("top_ups")
            .then(|| self.section("top_ups", |part| top_ups(part, names)))
            .flatten()
    }

    /// `notes`: whatever a team adds.
    fn notes(&mut self) -> serde_json::Map<String, serde_json::Value> {
        let Some(value) = self.map.get("notes") else { return serde_json::Map::new() };
        if let Some(serde_json::Value::Object(notes)) = json(value) {
            return notes;
        }
        self.wrong("notes", "is no map of texts, numbers, lists and maps", "write `notes: #{ … }`");
        serde_json::Map::new()
    }

    /// A map within this one.
    fn section<T>(&mut self, key: &str, read: impl FnOnce(&mut Section<'_>) -> Option<T>) -> Option<T> {
        if !self.required(key) {
            return None;
        }
        let inner = self.map.get(key)?.clone().try_cast::<Map>();
        let Some(inner) = inner else {
            self.wrong(key, "is no map", &format!("write `{key}: #{{ … }}`"));
            return None;
        };
        let keys = self.keys.of(key);
        let path = format!("{}{key}.", self.path);
        read(&mut Section { map: &inner, keys: &keys, path, problems: self.problems })
    }

    /// A text that must be there and say something.
    fn text(&mut self, key: &str) -> Option<String> {
        self.required(key).then(|| self.optional_text(key)).flatten()
    }

    /// A text that says something, where the key is there.
    fn optional_text(&mut self, key: &str) -> Option<String> {
        let value = self.map.get(key)?;
        let text = value.clone().into_string().ok().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.wrong(key, "is no text, or an empty one", "write a text in quotes");
        }
        text
    }

    /// A list of at least one text, where the key is there.
    fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let value = self.map.get(key)?;
        let parts = value.clone().into_array().unwrap_or_default();
        let texts: Option<Vec<String>> = parts
            .into_iter()
            .map(|part| part.into_string().ok().filter(|text| !text.trim().is_empty()))
            .collect();
        let texts = texts.filter(|texts| !texts.is_empty());
        if texts.is_none() {
            self.wrong(key, "is no list of texts", &format!("write `{key}: [\"…\"]`"));
        }
        texts
    }

    /// True or false, where the key is there.
    fn boolean(&mut self, key: &str) -> Option<bool> {
        let yes = self.map.get(key)?.as_bool().ok();
        if yes.is_none() {
            self.wrong(key, "is neither true nor false", &format!("write `{key}: true`"));
        }
        yes
    }

    /// A date, where the key is there.
    fn date(&mut self, key: &str) -> Option<Date> {
        let value = self.map.get(key)?;
        let text = value.clone().into_string().unwrap_or_default();
        // Year, month and day only: a time of day would need a zone.
        let date = (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten();
        if date.is_none() {
            self.wrong(key, "is no date", "write year, month and day: \"2027-01-15\"");
        }
        date
    }

    /// True when the key is there; notes a missing part where it is not.
    fn required(&mut self, key: &str) -> bool {
        let there = self.map.contains_key(key);
        if !there {
            let path = format!("{}{key}", self.path);
            let place = self.keys.place.clone();
            self.add(&format!("the policy has no `{path}`"), place, part(&path));
        }
        there
    }

    /// Notes every key that the map does not have.
    fn refuse_unknown(&mut self, known: &[&str]) {
        for key in self.map.keys().filter(|key| !known.contains(&key.as_str())) {
            let message = format!("there is no key `{}{}` in a policy", self.path, printable(key));
            let near = suggestion(key, known.iter().copied());
            let help = if self.path.is_empty() {
                format!("{near}; what only your team needs goes under `notes: #{{ … }}`")
            } else {
                format!("{near}; the keys are {}", list(known))
            };
            let place = self.keys.key(key);
            let problem = Diagnostic::error(Code::UnknownKey, message).at(place, "unknown key").help(help);
            self.problems.push(problem);
        }
    }

    /// Checks that a name stands for something.
    fn known(&mut self, key: &str, name: &str, known: &[String], what: &str) {
        if known.iter().any(|candidate| candidate == name) {
            return;
        }
        let message = format!("there is no {what} `{}`", printable(name));
        let place = self.keys.literal(key, name);
        let problem = Diagnostic::error(Code::UnknownName, message).at(place, "unknown");
        self.problems.push(problem.help(suggestion(name, known.iter().map(String::as_str))));
    }

    /// Notes a wrong value.
    fn wrong(&mut self, key: &str, how: &str, help: &str) {
        let value = self.map.get(key).map(|value| kind(value.type_name())).unwrap_or_default();
        let place = self.keys.value(key);
        let problem = Diagnostic::error(Code::PolicyPart, format!("`{}{key}` {how}", self.path));
        self.problems.push(problem.at(place, format!("this is {value}")).help(help));
    }

    /// Notes a problem of a whole part.
    fn add(&mut self, message: &str, place: Place, help: &str) {
        let problem = Diagnostic::error(Code::PolicyPart, message).at(place, "here").help(help);
        self.problems.push(problem);
    }
}

/// `scope`: a team, or services; in an organisation's policy all that there are.
fn scope(section: &mut Section<'_>, names: &Names) -> Option<Scope> {
    if names.author == Author::Organization {
        return every_service(section);
    }
    if section.map.contains_key("organization") {
        let place = section.keys.key("organization");
        let message = "only the organisation's own layer has policies of this scope";
        section.add(message, place, "write `team: \"…\"` or `services: [\"…\"]`");
        return None;
    }
    section.refuse_unknown(&["team", "services"]);
    let team = section.optional_text("team");
    let services = section.texts("services").unwrap_or_default();
    if let Some(team) = &team {
        section.known("team", team, &names.teams, "team");
    }
    for service in &services {
        section.known("services", service, &names.services, "service");
    }
    match (&team, section.map.contains_key("services")) {
        (None, false) if !section.map.contains_key("team") => {
            let place = section.keys.place.clone();
            section.add("the scope is empty", place, "write `team: \"…\"` or `services: [\"…\"]`");
            return None;
        }
        (Some(_), true) => {
            let place = section.keys.place.clone();
            section.add("the scope names a team and services", place, "keep the team, or list the services");
            return None;
        }
        _ => {}
    }
    Some(Scope { team, services, organization: false })
}

/// `scope` of an organisation's policy: which services a team has, and which team answers for them, is the team's to
/// write, so a scope by their names would be the team's to leave.
fn every_service(section: &mut Section<'_>) -> Option<Scope> {
    let all = section.map.get("organization").and_then(|value| value.as_bool().ok()) == Some(true);
    if all && section.map.len() == 1 {
        return Some(Scope { team: None, services: Vec::new(), organization: true });
    }
    let place = section.keys.place.clone();
    section.add(
        "an organisation's policy covers all services of all teams",
        place,
        "write `scope: #{ organization: true }`",
    );
    None
}

/// `escalation`: who breaks ties, and how.
fn escalation(section: &mut Section<'_>) -> Option<Escalation> {
    section.refuse_unknown(&["decides", "how"]);
    let decides = section.required("decides").then(|| section.texts("decides")).flatten();
    let how = section.text("how");
    Some(Escalation { decides: decides?, how: how? })
}

/// `agreed_by`: a person or team for each role.
fn agreed_by(section: &mut Section<'_>) -> Option<BTreeMap<String, String>> {
    if section.map.is_empty() {
        let place = section.keys.place.clone();
        section.add("nobody agreed", place, "write a role and a name: `operations: \"@ola\"`");
        return None;
    }
    let roles: Vec<String> = section.map.keys().map(ToString::to_string).collect();
    roles.into_iter().map(|role| Some((role.clone(), section.text(&role)?))).collect()
}

/// `top_ups`: dependencies, and whether their owners must have enacted a policy of their own.
fn top_ups(section: &mut Section<'_>, names: &Names) -> Option<TopUps> {
    section.refuse_unknown(&["dependencies", "provider_enacted"]);
    let dependencies = section.required("dependencies").then(|| section.texts("dependencies")).flatten();
    for dependency in dependencies.iter().flatten() {
        section.known("dependencies", dependency, &names.dependencies, "dependency");
    }
    let provider_enacted = section.boolean("provider_enacted").unwrap_or(false);
    Some(TopUps { dependencies: dependencies?, provider_enacted })
}

/// `next_review`: a date, an event, or whichever of the two comes first.
fn review(section: &mut Section<'_>, effective_from: Option<Date>) -> Option<Review> {
    section.refuse_unknown(&["on", "or_after"]);
    let on = section.date("on");
    if let Some((on, from)) = on.zip(effective_from).filter(|(on, from)| on < from) {
        let message = format!("the policy is reviewed on {on}, before it is effective on {from}");
        let problem = Diagnostic::error(Code::PolicyPart, message).at(section.keys.value("on"), "too early");
        section
            .problems
            .push(problem.help("review it once people have lived with it, or let it rule earlier"));
    }
    let or_after = section.optional_text("or_after");
    if !section.map.contains_key("on") && !section.map.contains_key("or_after") {
        let place = section.keys.place.clone();
        section.add("the next review has no date and no event", place, "write `on: \"2027-01-15\"`");
        return None;
    }
    Some(Review { on, or_after })
}

/// How a part is written.
fn part(path: &str) -> &'static str {
    match path {
        "version" => "write `version: \"1.0.0\"`",
        "scope" => "write `scope: #{ team: \"…\" }` or `scope: #{ services: [\"…\"] }`",
        "purpose" => "write `purpose: \"…\"`: what the policy is for, in one sentence",
        "escalation" => "write `escalation: #{ decides: [\"@…\"], how: \"…\" }`: who breaks ties, and how",
        "escalation.decides" => "write `decides: [\"@…\"]`: who breaks ties",
        "escalation.how" => "write `how: \"…\"`: how a tie is broken",
        "top_ups.dependencies" => "write `dependencies: [\"…\"]`: whose failures are given back",
        "agreed_by" => "write `agreed_by: #{ operations: \"@…\", development: \"@…\", product: \"@…\" }`",
        "next_review" => "write `next_review: #{ on: \"2027-01-15\" }`",
        _ => "add it",
    }
}

/// A plain value as JSON; none for what has no such form.
fn json(value: &Dynamic) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    if let Some(map) = value.clone().try_cast::<Map>() {
        let fields = map.iter().map(|(key, part)| Some((key.to_string(), json(part)?)));
        return fields.collect::<Option<serde_json::Map<_, _>>>().map(Json::Object);
    }
    if value.is_array() {
        let parts = value.clone().into_array().unwrap_or_default();
        return parts.iter().map(json).collect::<Option<Vec<_>>>().map(Json::Array);
    }
    if let Ok(number) = value.as_int() {
        return Some(Json::from(number));
    }
    if let Ok(yes) = value.as_bool() {
        return Some(Json::Bool(yes));
    }
    if let Ok(number) = value.as_decimal() {
        return serde_json::from_str(&number.normalize().to_string()).ok();
    }
    value.clone().into_string().ok().map(Json::String)
}
