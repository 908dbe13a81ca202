//! A file of tests from its text: held to its schema, then to the policy that it tests.
//!
//! Every problem of the file is told in one run, at its line: clauses that the policy does not have, windows that are
//! none, instants that lie outside of the history.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::length;
use super::expect::END;
use super::given::Given;
use super::record::Record;
use super::{Case, ENDING, Files, Ground, History, OBJECTIVE, Want, happened, notation};
use crate::catalog::{Calendar, Objective, Requirements, Terms};
use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};
use crate::document::{self, Document, Part, Schema};
use crate::policy::walk::Span;
use crate::policy::{Names, Policy};

mod facts;
mod report;
mod slices;

/// Seconds of the period of a history that names none.
const PERIOD: i64 = 28 * 86_400;
/// When a history begins of a policy that has no effective date: a Monday.
const BEGINNING: i64 = 1_767_571_200;

/// Reads a file of tests.
pub(super) fn load(
    source: &SourceText,
    policy: &Policy,
    names: &Names,
    covered: &[String],
    files: Files<'_>,
) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let documents = document::parse(source)?;
    let [document] = documents.as_slice() else {
        let message = format!("`{}` holds {} documents, and must hold one", source.path(), documents.len());
        let problem = Diagnostic::error(Code::WrongValue, message).at(Place::line_of(source, 1), "here");
        return Err(vec![problem.help("write `version: 1` and `cases`")]);
    };
    let mut problems = document.check(Schema::PolicyTest);
    let cases = document.root().get("cases");
    for given in cases.into_iter().flat_map(Part::items).filter_map(|case| case.get("given")) {
        facts::explain_unknown(given, &mut problems);
    }
    if problems.is_empty() {
        let reports = BTreeMap::new();
        let mut reader = Reader { source, policy, names, covered, files, reports, problems: Vec::new() };
        let cases: Vec<Case> =
            cases.into_iter().flat_map(Part::items).map(|part| reader.case(part)).collect();
        problems = reader.problems;
        if problems.is_empty() {
            return Ok(cases);
        }
    }
    diagnostic::sort(&mut problems);
    Err(problems)
}

/// A scalar as it is written.
pub(super) fn scalar(part: Part<'_>) -> &str {
    part.text().or_else(|| part.number()).unwrap_or_default()
}

/// Reads cases, and collects what is wrong with them.
pub(super) struct Reader<'a> {
    /// The file.
    source: &'a SourceText,
    /// The policy that is tested.
    pub(super) policy: &'a Policy,
    /// The names that there are.
    pub(super) names: &'a Names,
    /// The services of the policy's scope.
    covered: &'a [String],
    /// The files of the tree.
    files: Files<'a>,
    /// The reports that were read, by their paths; none for one that cannot be.
    reports: BTreeMap<String, Option<Rc<Document>>>,
    /// What was found.
    pub(super) problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Notes that a value is wrong.
    pub(super) fn wrong(&mut self, part: Part<'_>, message: String, help: impl Into<String>) {
        let problem = Diagnostic::error(Code::WrongValue, message);
        self.problems.push(problem.at(part.place(), "this").help(help));
    }

    /// One case.
    fn case(&mut self, part: Part<'_>) -> Case {
        let text = |key: &str| part.get(key).and_then(Part::text).map(ToOwned::to_owned);
        let environment = part.get("environment");
        let environment = self.name(environment, "environment", &self.names.environments);
        let class = self.name(part.get("class"), "class of change", &self.names.classes);
        let service = self.name(part.get("service"), "service", &self.names.services);
        let default = || match (&self.policy.header.measures, self.names.environments.as_slice()) {
            (Some(measured), _) => measured.clone(),
            (None, [only]) => only.clone(),
            (None, _) => "production".to_owned(),
        };
        let environment = environment.unwrap_or_else(default);
        let measured = self.policy.header.measures.as_ref().unwrap_or(&environment);
        let found = self.found(part, service.as_deref(), measured);
        let record = found.as_ref().map(|found| &found.record);
        let (ground, in_force) = match part.get("given") {
            Some(given) => (self.ground(given, record), self.in_force(given, record)),
            None => (Ground::Facts(Arc::new(Given::new(self.names.step))), BTreeSet::new()),
        };
        let read = |fact: &str| found.as_ref().and_then(|found| found.record.name(fact));
        let (phase, tier) = (read("phase"), read("tier"));
        let (service, slo) = match found {
            Some(found) => (Some(found.service), Some(found.slo)),
            None => (service, text("slo")),
        };
        let wants = part.get("want");
        let list: Vec<Part<'_>> = wants.into_iter().flat_map(Part::items).collect();
        let list = if list.is_empty() { wants.into_iter().collect() } else { list };
        let mut case = Case {
            note: text("note").unwrap_or_default(),
            place: part.get("note").unwrap_or(part).key_place(),
            in_force,
            environment,
            class,
            head: text("head"),
            ledger: None,
            stand_in: self.covered.first().cloned().unwrap_or_default(),
            phase: self.of_service(part, "phase", phase, service.as_deref(), &self.names.phases),
            tier: self.of_service(part, "tier", tier, service.as_deref(), &self.names.tiers),
            service,
            slo: slo
                .map(|name| (name, part.get("slo").or_else(|| part.get("given")).unwrap_or(part).place())),
            wants: list.into_iter().map(|want| self.want(want, &ground)).collect(),
            ground,
        };
        let events = part.get("given").and_then(|given| given.get("events"));
        case.ledger = events.map(|events| happened::read(self, events, &case));
        case
    }

    /// What a case says of its service, else what a report recorded, else what the settings say of it.
    fn of_service(
        &mut self,
        part: Part<'_>,
        key: &str,
        recorded: Option<String>,
        service: Option<&str>,
        known: &BTreeMap<String, String>,
    ) -> Option<String> {
        let declared: Vec<String> = known.values().cloned().collect();
        let stand_in = service.or_else(|| self.covered.first().map(String::as_str));
        let settings = || known.get(stand_in?).cloned();
        self.name(part.get(key), key, &declared).or(recorded).or_else(settings)
    }

    /// A name that must be declared.
    pub(super) fn name(&mut self, part: Option<Part<'_>>, what: &str, known: &[String]) -> Option<String> {
        let part = part?;
        let name = part.text()?;
        if !known.iter().any(|one| one == name) {
            let message = format!("there is no {what} `{name}`");
            let problem = Diagnostic::error(Code::UnknownName, message).at(part.place(), "not declared");
            let help = diagnostic::suggestion(name, known.iter().map(String::as_str));
            self.problems.push(problem.help(help));
        }
        Some(name.to_owned())
    }

    /// True when the policy has a clause of this name; where not, that is told at `place`.
    pub(super) fn clause(&mut self, name: &str, place: Place) -> bool {
        let known = || self.policy.clauses.iter().map(|clause| clause.name.as_str());
        if known().any(|one| one == name) {
            return true;
        }
        let message = format!("`{}` has no clause `{name}`", self.policy.source.path());
        let problem = Diagnostic::error(Code::UnknownName, message).at(place, "no clause of this name");
        let help = diagnostic::suggestion(name, known());
        self.problems.push(problem.help(help));
        false
    }

    /// A list of clauses.
    fn clauses(&mut self, list: Part<'_>) -> Vec<String> {
        let mut names = Vec::new();
        for item in list.items() {
            let name = item.text().unwrap_or_default();
            self.clause(name, item.place());
            names.push(name.to_owned());
        }
        names
    }

    /// What was in force before: as it is written, else as a report recorded it. Of history, only what history cannot
    /// know.
    fn in_force(&mut self, given: Part<'_>, record: Option<&Record>) -> BTreeSet<String> {
        let Some(list) = given.get("in_force") else {
            return record.map(|record| record.in_force.clone()).unwrap_or_default();
        };
        let walked = given.get("history").or_else(|| given.get("observations")).is_some();
        for item in list.items().filter(|_| walked) {
            let name = item.text().unwrap_or_default();
            if self.policy.clauses.iter().any(|clause| clause.name == name && !clause.manual) {
                let message = format!("whether `{name}` is in force follows from the history");
                self.wrong(item, message, "name manual clauses only, or give facts instead of history");
            }
        }
        self.clauses(list).into_iter().collect()
    }

    /// The situation.
    fn ground(&mut self, given: Part<'_>, record: Option<&Record>) -> Ground {
        let (history, observations) = (given.get("history"), given.get("observations"));
        let whole = history.or(observations);
        if let Some(whole) = whole {
            for (key, part) in given.entries() {
                if part.key_place() != whole.key_place() && !["in_force", "events"].contains(&key) {
                    let why = match key {
                        "report" => "which says the same in another way",
                        _ => "from which it follows",
                    };
                    let message = format!("`{key}` stands beside a history, {why}");
                    let problem = Diagnostic::error(Code::WrongValue, message).at(part.key_place(), "this");
                    let help = "give facts, or `report`, or `history`, or `observations`";
                    self.problems.push(problem.help(help));
                }
            }
        }
        match (history, observations) {
            (Some(history), _) => self.history(history),
            (None, Some(observations)) => Ground::Observations(self.path(observations), observations.place()),
            (None, None) => {
                let step = self.names.step;
                let recorded = record.map_or_else(|| Given::new(step), |record| record.given(step));
                let facts = self.facts(given, recorded);
                self.refused(record, &facts, given.get("report"));
                Ground::Facts(Arc::new(facts))
            }
        }
    }

    /// The path in the tree of a file that is named relative to this one.
    fn path(&self, named: Part<'_>) -> String {
        let directory = self.source.path().rsplit_once('/').map_or("", |(directory, _)| directory);
        let separator = if directory.is_empty() { "" } else { "/" };
        format!("{directory}{separator}{}", named.text().unwrap_or_default())
    }

    /// A stretch of history.
    fn history(&mut self, part: Part<'_>) -> Ground {
        let seconds = |key: &str, default: i64| {
            part.get(key).and_then(Part::text).and_then(length::length).unwrap_or(default)
        };
        let step = seconds("step", self.names.step.max(1));
        let (period, calendar) = self.period(part);
        if calendar.is_none() && period % step != 0 {
            let at = part.get("period").or_else(|| part.get("step")).unwrap_or(part);
            let message = "the period is no whole number of steps".to_owned();
            self.wrong(at, message, "write a `step` that divides the `period`");
        }
        let objective = match part.get("objective") {
            None => Objective::new(OBJECTIVE),
            Some(written) => {
                let objective = notation::share(scalar(written)).and_then(Objective::new);
                if objective.is_none() {
                    let message = format!("`{}` is no objective", scalar(written));
                    self.wrong(written, message, "an objective lies between 0 % and 100 %");
                }
                objective
            }
        };
        let start = self.start(part, step);
        let events = part.get("events").unwrap_or(part);
        let points = match notation::events(events.text().unwrap_or_default(), step) {
            Ok(points) => points,
            Err((word, why)) => {
                let help =
                    "write `1000x672`, `40/1000x3h` (bad of all) or `?x2` (not known), with blanks between";
                let place = events.place();
                let at = place.text().find(&word).map(|at| place.span.start + at);
                let place = at.map_or(place, |at| Place::new(self.source, at..at + word.len()));
                let problem = Diagnostic::error(Code::WrongValue, format!("`{word}` {why}"));
                self.problems.push(problem.at(place, "these steps").help(help));
                Vec::new()
            }
        };
        let (method, missing) = self.slices(part, step);
        match objective {
            Some(objective) => {
                let history = part.get("minimum_history").and_then(Part::text).and_then(length::length);
                let requirements = Requirements { history, missing, ..Requirements::default() };
                let terms = Terms { sla: self.sla(part, objective), requirements, ..Terms::default() };
                let history = History { start, objective, terms, method, period, calendar, step, points };
                Ground::History(Box::new(history))
            }
            None => Ground::Facts(Arc::new(Given::new(step))),
        }
    }

    /// The period of a history, in seconds, and the calendar that it follows.
    fn period(&mut self, history: Part<'_>) -> (i64, Option<Calendar>) {
        let text = history.get("period").and_then(Part::text);
        let Some(written) = history.get("calendar") else {
            let rolling = text.and_then(length::length);
            if let (Some(text), None, Some(part)) = (text, rolling, history.get("period")) {
                let help = "write a length such as `28d`, or add a `calendar`";
                self.wrong(part, format!("a period of `{text}` follows a calendar"), help);
            }
            return (rolling.unwrap_or(PERIOD), None);
        };
        let (text, told) = (text.unwrap_or("1M"), self.problems.len());
        let calendar = Calendar::read(written, text, &mut self.problems);
        if calendar.is_none() && self.problems.len() == told {
            let message = format!("a period of `{text}` follows no calendar");
            self.wrong(written, message, "write days, weeks, months, quarters or years, such as `1M`");
        }
        (calendar.as_ref().map_or(PERIOD, Calendar::longest), calendar)
    }

    /// When a history begins that does not say so: when the policy becomes effective.
    pub(super) fn beginning(&self) -> i64 {
        let effective = self.policy.header.effective_from;
        let effective = effective.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
        effective.map_or(BEGINNING, |start| start.timestamp().as_second())
    }

    /// The SLA of a history's SLO.
    fn sla(&mut self, history: Part<'_>, objective: Objective) -> Option<Objective> {
        let written = history.get("sla")?;
        let sla = notation::share(scalar(written)).and_then(Objective::new);
        let looser = sla.filter(|sla| *sla < objective);
        if looser.is_none() {
            let message = format!("`{}` is no SLA of this objective", scalar(written));
            self.wrong(written, message, "an SLA promises less than the objective, such as `99.5 %`");
        }
        looser
    }

    /// When a history begins.
    fn start(&mut self, part: Part<'_>, step: i64) -> i64 {
        let Some(written) = part.get("start") else {
            let start = self.beginning();
            return start + (-start).rem_euclid(step);
        };
        let text = written.text().unwrap_or_default();
        match text.parse::<Timestamp>().map(Timestamp::as_second) {
            Ok(start) if start.rem_euclid(step) == 0 => start,
            Ok(_) => {
                self.wrong(written, format!("`{text}` is not on the grid"), "begin at a whole step");
                BEGINNING
            }
            Err(_) => {
                let help = "write an instant such as `2026-10-05T00:00:00Z`";
                self.wrong(written, format!("`{text}` is no instant"), help);
                BEGINNING
            }
        }
    }

    /// What is wanted at one instant.
    fn want(&mut self, part: Part<'_>, ground: &Ground) -> Want {
        let (start, end) = match ground {
            Ground::History(history) => (Some(history.start), Some(history.end())),
            Ground::Facts(_) | Ground::Observations(..) => (None, None),
        };
        if matches!(ground, Ground::Facts(_)) {
            for key in ["at", "since", "thaws_at", "stretches"] {
                let Some(timed) = part.get(key) else { continue };
                let problem = Diagnostic::error(Code::WrongValue, format!("facts have no `{key}`"));
                let problem = problem.at(timed.key_place(), "needs a history");
                self.problems.push(problem.help("give `history` or `observations`, or take it out"));
            }
            return self.timeless(part);
        }
        if part.entries().all(|(key, _)| key == "at") {
            let message = "nothing is wanted there".to_owned();
            self.wrong(part, message, "say `clauses`, `effect` or whatever else must be so");
        }
        let at = part.get("at").and_then(|at| self.instant(at, start));
        if let (Some(at), Some(start), Some(end), Some(written)) = (at, start, end, part.get("at"))
            && !(start..=end).contains(&at)
        {
            let message = format!("`{}` lies outside of the history", scalar(written));
            self.wrong(written, message, "lengthen `events`, or ask earlier");
        }
        let mut since = BTreeMap::new();
        for (clause, written) in part.get("since").into_iter().flat_map(Part::entries) {
            self.clause(clause, written.key_place());
            since.extend(self.instant(written, start).map(|at| (clause.to_owned(), at)));
        }
        let mut thaws_at = BTreeMap::new();
        for (clause, written) in part.get("thaws_at").into_iter().flat_map(Part::entries) {
            self.clause(clause, written.key_place());
            let never = written.text() == Some("never");
            let at = if never { None } else { self.instant(written, start) };
            thaws_at.insert(clause.to_owned(), at);
        }
        let mut stretches = BTreeMap::new();
        for (clause, list) in part.get("stretches").into_iter().flat_map(Part::entries) {
            self.clause(clause, list.key_place());
            let spans = list.items().filter_map(|item| self.span(item, start, end)).collect();
            stretches.insert(clause.to_owned(), spans);
        }
        Want { at, since, thaws_at, stretches, start, ..self.timeless(part) }
    }

    /// A stretch, `28d 3h - 56d 1h`, within a history.
    fn span(&mut self, part: Part<'_>, start: Option<i64>, end: Option<i64>) -> Option<Span> {
        let text = part.text().unwrap_or_default();
        let read = text.split_once(" - ").and_then(|(from, to)| {
            let from = notation::instant(from, start)?;
            let to = if to.trim() == END { None } else { Some(notation::instant(to.trim(), start)?) };
            Some(Span { since: from, until: to })
        });
        let why = match read {
            None => "is no stretch",
            Some(Span { since: from, until: Some(to) }) if to <= from => "ends where it begins, or before",
            Some(Span { since: from, until: to }) if end.is_some_and(|end| to.unwrap_or(from) > end) => {
                "lies outside of the history"
            }
            Some(span) => return Some(span),
        };
        let help = "write two instants, such as `28d 3h - 56d 1h`: in force from the first one until before the second; \
                    `28d 3h - end` where it lasts to the end of the history";
        self.wrong(part, format!("`{text}` {why}"), help);
        None
    }

    /// What is wanted, whenever it is.
    fn timeless(&mut self, part: Part<'_>) -> Want {
        let words = |list: Part<'_>| list.items().filter_map(Part::text).map(ToOwned::to_owned).collect();
        Want {
            place: part.key_place(),
            at: None,
            clauses: part.get("clauses").map(|list| self.clauses(list)),
            unknown: part.get("unknown").map(|list| self.clauses(list)),
            effect: part.get("effect").and_then(Part::text).map(ToOwned::to_owned),
            consequences: part.get("consequences").map(words),
            since: BTreeMap::new(),
            thaws_at: BTreeMap::new(),
            stretches: BTreeMap::new(),
            review_overdue: part.get("review_overdue").and_then(Part::boolean),
            start: None,
        }
    }

    /// An instant.
    fn instant(&mut self, part: Part<'_>, start: Option<i64>) -> Option<i64> {
        let at = notation::instant(scalar(part), start);
        if at.is_none() {
            let help = match start {
                Some(_) => "write a length since the beginning of the history, such as `28d 3h`",
                None => "write an instant such as `2026-11-21T12:00:00Z`",
            };
            self.wrong(part, format!("`{}` is no instant", scalar(part)), help);
        }
        at
    }
}

/// The file of tests that belongs to a policy's file.
#[must_use]
pub fn beside(policy: &str) -> String {
    format!("{}{ENDING}", policy.strip_suffix(".rhai").unwrap_or(policy))
}
