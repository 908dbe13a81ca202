//! A report that a test names, and what of it the case asks about.
//!
//! A case is of one SLO: the one that it names, or the only one that the report has. Whatever the report does not have,
//! or has of something else than the case is about, is a problem at the test's line.

use std::rc::Rc;

use super::Reader;
use crate::diagnostic::{Code, Diagnostic, list};
use crate::document::{Document, Part};
use crate::policy::trial::given::Given;
use crate::policy::trial::record::Record;
use crate::policy::{Author, recorded};

/// What a report says of a case's SLO.
pub(super) struct Found {
    /// The SLO.
    pub slo: String,
    /// Its service.
    pub service: String,
    /// What it recorded.
    pub record: Record,
}

/// Whose budget a ruling is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Whose<'a> {
    /// The SLO.
    slo: &'a str,
    /// Its service.
    service: &'a str,
    /// The environment whose events count.
    environment: &'a str,
}

impl<'a> Whose<'a> {
    /// Whose budget a ruling is of.
    fn of(ruling: Part<'a>) -> Self {
        let text = |key: &str| ruling.get(key).and_then(Part::text).unwrap_or_default();
        Self { slo: text("slo"), service: text("service"), environment: text("environment") }
    }

    /// In words: `a` of `b` in `c`.
    fn told(self) -> String {
        format!("`{}` of `{}` in `{}`", self.slo, self.service, self.environment)
    }
}

impl Reader<'_> {
    /// What the report says that a case names, where it names one.
    pub(super) fn found(
        &mut self,
        case: Part<'_>,
        service: Option<&str>,
        environment: &str,
    ) -> Option<Found> {
        let given = case.get("given")?;
        let named = given.get("report")?;
        if given.get("history").or_else(|| given.get("observations")).is_some() {
            return None;
        }
        let path = self.path(named);
        let report = self.report(&path, named)?;
        let rulings = self.of_policy(&report, &path, named)?;
        let slo = case.get("slo").and_then(Part::text);
        let mut subjects: Vec<Whose<'_>> = rulings.iter().map(|ruling| Whose::of(*ruling)).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let asked = |whose: &&Whose<'_>| {
            slo.is_none_or(|slo| whose.slo == slo)
                && service.is_none_or(|service| whose.service == service)
                && whose.environment == environment
        };
        let all: Vec<String> = subjects.iter().map(|whose| whose.told()).collect();
        let whose = match subjects.iter().filter(asked).collect::<Vec<_>>().as_slice() {
            [only] => **only,
            [] => {
                let of_slo = slo.map(|slo| format!(" on the SLO `{slo}`")).unwrap_or_default();
                let of_service = service.map(|service| format!(" of `{service}`")).unwrap_or_default();
                let id = &self.policy.id;
                let message =
                    format!("`{path}` has no ruling of `{id}`{of_slo}{of_service} in `{environment}`");
                let help = format!(
                    "it has rulings on {}: say which with `slo`, `service` or `environment`",
                    all.join(", ")
                );
                self.wrong(named, message, help);
                return None;
            }
            several => {
                let slos: Vec<String> = several.iter().map(|whose| whose.told()).collect();
                let message = format!(
                    "`{path}` has rulings on {} SLOs, and the case does not say on which it is",
                    slos.len()
                );
                let help = format!(
                    "name the `slo`, and its `service` where that is not enough: {}",
                    slos.join(", ")
                );
                self.wrong(named, message, help);
                return None;
            }
        };
        let of_whose: Vec<Part<'_>> =
            rulings.into_iter().filter(|ruling| Whose::of(*ruling) == whose).collect();
        let record = Record::of(&of_whose);
        self.hold(&record, given, &path, named);
        Some(Found { slo: whose.slo.to_owned(), service: whose.service.to_owned(), record })
    }

    /// The report at a path, read once. What is wrong with it is told once.
    fn report(&mut self, path: &str, named: Part<'_>) -> Option<Rc<Document>> {
        if let Some(known) = self.reports.get(path) {
            return known.clone();
        }
        let report = match (self.files)(path) {
            Ok(Some(bytes)) => recorded::read(path, bytes),
            Ok(None) => {
                let problem = Diagnostic::error(Code::Unreadable, format!("there is no `{path}`"));
                let problem = problem.at(named.place(), "named here");
                Err(vec![problem.help("write it with `slogate check --format json`")])
            }
            Err(problem) => Err(vec![problem.at(named.place(), "named here")]),
        };
        let report = report.map(Rc::new).map_err(|problems| self.problems.extend(problems)).ok();
        self.reports.insert(path.to_owned(), report.clone());
        report
    }

    /// The rulings of the tested policy. The organisation's own policies are known elsewhere by its name and theirs.
    fn of_policy<'a>(&mut self, report: &'a Document, path: &str, named: Part<'_>) -> Option<Vec<Part<'a>>> {
        let all: Vec<Part<'a>> = report.root().get("rulings").into_iter().flat_map(Part::items).collect();
        let policy = |ruling: &Part<'a>| ruling.get("policy").and_then(Part::text).unwrap_or_default();
        let own = |id: &str| {
            let id = match self.names.author {
                Author::Team => id,
                Author::Organization => id.rsplit('/').next().unwrap_or(id),
            };
            id == self.policy.id
        };
        let rulings: Vec<Part<'a>> = all.iter().filter(|ruling| own(policy(ruling))).copied().collect();
        if !rulings.is_empty() {
            return Some(rulings);
        }
        let mut ids: Vec<&str> = all.iter().map(policy).collect();
        ids.sort_unstable();
        ids.dedup();
        let message = format!("`{path}` has no ruling of the policy `{}`", self.policy.id);
        let help = match ids.as_slice() {
            [] => "it has no ruling at all: name a report of a run that reached its policies".to_owned(),
            ids => format!("it has rulings of {}", list(ids)),
        };
        self.wrong(named, message, help);
        None
    }

    /// Holds the clauses that a report has in force to the policy as it is now, unless others are written beside it.
    fn hold(&mut self, record: &Record, given: Part<'_>, path: &str, named: Part<'_>) {
        let clauses: Vec<&str> = self.policy.clauses.iter().map(|clause| clause.name.as_str()).collect();
        let gone = record.in_force.iter().filter(|name| !clauses.contains(&name.as_str()));
        for name in gone.filter(|_| given.get("in_force").is_none()) {
            let message = format!(
                "`{path}` has `{name}` in force, and `{}` has no clause of that name",
                self.policy.source.path()
            );
            let help =
                format!("write beside it what is in force, as `in_force`; there is {}", list(&clauses));
            self.wrong(named, message, help);
        }
    }

    /// Says which recorded facts could not be taken and are not written beside the report either.
    pub(super) fn refused(&mut self, record: Option<&Record>, facts: &Given, named: Option<Part<'_>>) {
        let (Some(record), Some(named)) = (record, named) else { return };
        for ((fact, argument), why) in &record.refused {
            if facts.number(fact, argument).is_none() {
                let path = self.path(named);
                let message = format!("`{fact}` {why} in `{path}`");
                self.wrong(named, message, format!("write `{fact}` beside `report`, as it was"));
            }
        }
    }
}
