//! Error budget policies: what was agreed, as clauses over facts.
//!
//! A policy is a Rhai script that declares one `policy(...)` and any number of `clause(...)`; loading it runs the
//! declarations in a sandbox and tries every condition once on a sample budget, so that a mistake shows before a
//! budget is at stake. Testing a condition reads facts and nothing else, records each one that it read, and answers
//! holds, fails, unknown or failed, and never a quiet `false`. Which rulings follow is `ruling`'s; what they add up
//! to is `verdict`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use rhai::{AST, Dynamic, Engine, FnPtr};
use rust_decimal::Decimal;

use crate::budget::Budget;
use crate::catalog::Slo;
use crate::diagnostic::{Diagnostic, Place, SourceText};
use crate::ledger::{self, Past};
use crate::policy::complaint::{Complaint, described};
use crate::policy::facts::Facts;
use crate::policy::keys::Keys;
use crate::policy::layout::Layout;
use crate::policy::sandbox::{Broken, Printed, Purpose, guarded};
use crate::policy::trial::given::Given;
use crate::settings::Service;

mod agreement;
pub mod amendment;
mod bearing;
mod complaint;
mod consequence;
pub mod distance;
mod effort;
mod facts;
mod header;
mod keys;
mod language;
mod layout;
mod length;
mod load;
pub mod prose;
pub mod recall;
pub mod recorded;
pub mod ruling;
mod sandbox;
mod steady;
mod sense;
mod slip;
pub mod soundness;
pub mod supply;
mod syntax;
pub mod trial;
mod value;
pub mod version;
pub mod vocabulary;
pub mod walk;

pub use bearing::{Bearing, Comparison};
pub use consequence::{Automation, Consequence};
pub use sandbox::{is_over, within};

/// The names that a policy may use, and the grid that its windows lie on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The environments that changes are shipped to.
    pub environments: Vec<String>,
    /// The classes of change.
    pub classes: Vec<String>,
    /// The services.
    pub services: Vec<String>,
    /// The teams.
    pub teams: Vec<String>,
    /// What the services depend on.
    pub dependencies: Vec<String>,
    /// The phase of each service that has one.
    pub phases: BTreeMap<String, String>,
    /// The tier of each service that has one.
    pub tiers: BTreeMap<String, String>,
    /// The signals that are declared.
    pub signals: Vec<String>,
    /// Seconds between two points of the grid.
    pub step: i64,
    /// Whose policies these are.
    pub author: Author,
}

/// Who writes a policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Author {
    /// A team, for services of its own.
    #[default]
    Team,
    /// The organisation, for all services of all teams.
    Organization,
}

/// One policy, loaded and tried.
pub struct Policy {
    /// The name of its file, without directory and ending.
    pub id: String,
    /// What is agreed around its clauses.
    pub header: Header,
    /// Its clauses, in the order of the text.
    pub clauses: Vec<Clause>,
    /// Where the keys of its header stand.
    keys: Keys,
    /// Its text.
    pub source: SourceText,
    /// `sha256:` and the digest of its text in hexadecimal.
    pub digest: String,
    /// What runs its conditions.
    script: Script,
    /// Every window that is written out, in seconds, and where.
    windows: Vec<(i64, Place)>,
    /// Every fact that is read, by its name, and where.
    reads: Vec<(String, Place)>,
    /// The signals that may be read.
    pub signals: BTreeSet<String>,
    /// The dependencies of which it may be read what went through them.
    pub dependencies: BTreeSet<String>,
    /// Every SLO's name that a budget's is compared with, and where.
    slo_names: Vec<(String, Place)>,
    /// The subject of the last test: a walk through history asks of the same one thousands of times.
    subject: Mutex<Option<Arc<Subject>>>,
}

/// A script that has declared: what its conditions run in.
struct Script {
    /// The engine.
    engine: Engine,
    /// The script's functions, closures included.
    functions: AST,
    /// Where its lines begin.
    layout: Arc<Layout>,
    /// What it printed.
    printed: Printed,
}

/// What is agreed around the clauses.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The version of the text, as its authors count.
    pub version: String,
    /// Whose services it covers.
    pub scope: Scope,
    /// What it is for.
    pub purpose: String,
    /// The environment whose budgets count; the judged one when none is named.
    pub measures: Option<String>,
    /// Who breaks ties, and how.
    pub escalation: Escalation,
    /// Who agreed, by role.
    pub agreed_by: BTreeMap<String, String>,
    /// The first day on which it rules; before, it only informs.
    pub effective_from: Option<Date>,
    /// When it is looked at again.
    pub next_review: Review,
    /// How often in a year a freeze may be lifted.
    pub silver_bullets: Option<u32>,
    /// Days that each day with a release during a freeze adds to it, besides itself.
    pub thaw_tax: Option<Decimal>,
    /// Whose failures are given back; nobody's where it is not written.
    pub top_ups: Option<TopUps>,
    /// What the team added.
    pub notes: serde_json::Map<String, serde_json::Value>,
}

/// Whose services a policy covers: a team's, those that are listed, or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The team whose services are covered, all of them.
    pub team: Option<String>,
    /// The services that are covered.
    pub services: Vec<String>,
    /// All services of all teams are covered: the policy is the organisation's.
    pub organization: bool,
}

/// Who breaks ties, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// People or teams.
    pub decides: Vec<String>,
    /// In which way, and how soon.
    pub how: String,
}

/// Whose failures are given back, within the current period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUps {
    /// The dependencies.
    pub dependencies: Vec<String>,
    /// Only where the dependency's owner enacted its own error budget policy.
    pub provider_enacted: bool,
}

/// When a policy is looked at again: whichever comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The day.
    pub on: Option<Date>,
    /// The event.
    pub or_after: Option<String>,
}

/// One condition with its consequences.
#[derive(Debug, Clone)]
pub struct Clause {
    /// Its name, unique in the policy.
    pub name: String,
    /// What it says, in one line.
    pub title: String,
    /// Its lines, from `clause` to the last consequence.
    pub place: Place,
    /// When it comes into force; none for a clause that comes in another way.
    pub when: Option<Condition>,
    /// When it ends; without, it ends as soon as `when` no longer holds.
    pub thaws: Option<Condition>,
    /// What follows while it is in force; at least one.
    pub consequences: Vec<Consequence>,
    /// A person triggers it.
    pub manual: bool,
    /// It follows another clause.
    pub after: Option<After>,
    /// It is in force while its budget is not known.
    pub on_gap: bool,
}

/// The clause that a clause follows, and for how long it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// The name of the clause at whose end it comes into force.
    pub clause: String,
    /// Seconds for which it is in force then, unless the other comes back.
    pub length: i64,
    /// Where it is written: the arguments.
    pub place: Place,
}

/// A question to a budget that is answered by yes or no.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Where it is written: the closure.
    pub place: Place,
    /// The closure.
    function: FnPtr,
    /// Seconds for which it must have held at every grid point before it counts; none where at once.
    pub steadily: Option<i64>,
    /// The comparisons that it asks for, once they were read from its syntax.
    asked: OnceLock<Arc<[sense::Compares]>>,
}

/// Whether a test records what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracing {
    /// At the judged point.
    On,
    /// While walking history.
    Off,
}

/// Whose budget is looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The SLO.
    pub slo: String,
    /// Its service.
    pub service: String,
    /// The environment.
    pub environment: String,
    /// The phase of the service's lifecycle, where the settings say it.
    pub phase: Option<String>,
    /// The tier of the service, where the settings say it.
    pub tier: Option<String>,
}

impl Subject {
    /// An SLO in an environment, and what the settings say of its service.
    #[must_use]
    pub fn new(slo: &Slo, environment: &str, service: Option<&Service>) -> Self {
        Self {
            slo: slo.name.clone(),
            service: slo.service.clone(),
            environment: environment.to_owned(),
            phase: service.and_then(|service| service.phase.clone()),
            tier: service.and_then(|service| service.tier.clone()),
        }
    }
}

/// What a test of a condition found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// Whether it held.
    pub truth: Truth,
    /// The facts that it read, in that order; empty where nothing was recorded.
    pub evidence: Vec<Evidence>,
    /// It asked whether a signal fires.
    pub on_signal: bool,
}

impl Policy {
    /// Loads a policy: reads its syntax, runs its declarations, checks its parts, tries its conditions. With it come
    /// warnings.
    ///
    /// # Errors
    /// Every problem that could be found.
    pub fn load(source: &SourceText, names: &Names) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        load::load(source, names)
    }

    /// Where a key of its header stands: `version`, `scope`.
    #[must_use]
    pub fn key_place(&self, key: &str) -> Place {
        self.keys.key(key)
    }

    /// Where the value of a key of its header begins.
    #[must_use]
    pub fn value_place(&self, key: &str) -> Place {
        self.keys.value(key)
    }

    /// True when the service is within the scope. A service that no team answers for is within no team's.
    #[must_use]
    pub fn covers(&self, service: &str, team: Option<&str>) -> bool {
        let scope = &self.header.scope;
        let of_team = scope.team.as_deref().is_some_and(|covered| team == Some(covered));
        scope.organization || of_team || scope.services.iter().any(|covered| covered == service)
    }

    /// When something happened after which it was to be looked at again, if it did since the policy is effective.
    #[must_use]
    pub fn review_after_event(&self, past: Past<'_>) -> Option<Timestamp> {
        let happened = past.latest_occasion(self.header.next_review.or_after.as_deref()?)?;
        let effective = self.header.effective_from;
        Some(happened).filter(|at| effective.is_none_or(|effective| ledger::date(*at) >= effective))
    }

    /// Every window that its conditions write out, in seconds, and where.
    #[must_use]
    pub fn windows(&self) -> &[(i64, Place)] {
        &self.windows
    }

    /// Where it first reads a fact of this name, or one of the group of this name; none where it does not.
    #[must_use]
    pub fn reads(&self, fact: &str) -> Option<&Place> {
        let within =
            |name: &str| name.strip_prefix(fact).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.reads.iter().find(|(name, _)| within(name)).map(|(_, place)| place)
    }

    /// What the script printed, while it was loaded and since: lines behind a bar, cut at a few kilobytes.
    #[must_use]
    pub fn printed(&self) -> String {
        self.script.printed.text()
    }

    /// Tests a condition against a budget at grid point `t`. A budget that is not known there is not shown to it.
    #[must_use]
    pub fn test(
        &self,
        condition: &Condition,
        subject: &Subject,
        budget: &Arc<Budget>,
        t: i64,
        tracing: Tracing,
    ) -> Tested {
        if let Err(gap) = budget.at(t) {
            let truth = Truth::Unknown { why: gap.to_string() };
            return Tested { truth, evidence: Vec::new(), on_signal: false };
        }
        let author = if self.header.scope.organization { Author::Organization } else { Author::Team };
        let known = (Arc::clone(budget), t);
        self.answer(condition, &Facts::measured(known, author, self.shared(subject), tracing))
    }

    /// Tests a condition against what a test gives; what it does not give is unknown.
    #[must_use]
    pub fn test_given(&self, condition: &Condition, subject: &Subject, given: &Arc<Given>) -> Tested {
        self.answer(condition, &Facts::given(Arc::clone(given), self.shared(subject), Tracing::On))
    }

    /// Asks a condition, and takes what it read.
    fn answer(&self, condition: &Condition, facts: &Facts) -> Tested {
        let answer = self.script.ask(condition, facts);
        let (mut evidence, unknown) = facts.take();
        bearing::mark(self, condition, &mut evidence);
        let truth = match (unknown, answer) {
            // Whatever the script made of it: who reads an unknown fact has no answer.
            (Some(why), _) => Truth::Unknown { why },
            (None, Ok(true)) => Truth::Holds,
            (None, Ok(false)) => Truth::Fails,
            (None, Err((complaint, place))) => Truth::Failed { message: complaint.sentence(), place },
        };
        Tested { truth, evidence, on_signal: facts.asked_signal() }
    }

    /// The subject in a form that facts can keep.
    fn shared(&self, subject: &Subject) -> Arc<Subject> {
        let mut last = self.subject.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(known) if **known == *subject => Arc::clone(known),
            _ => Arc::clone(last.insert(Arc::new(subject.clone()))),
        }
    }
}

impl Script {
    /// Runs a condition on facts.
    fn ask(&self, condition: &Condition, facts: &Facts) -> Result<bool, (Complaint, Place)> {
        let argument = (facts.clone(),);
        let run = || condition.function.call::<Dynamic>(&self.engine, &self.functions, argument);
        match guarded(Purpose::Asking, run) {
            Ok(answer) => answer.as_bool().map_err(|_| {
                let given = described(&self.engine, &answer);
                let message = format!("the condition answers {given}, not true or false");
                (Complaint::new(message, "end it with a comparison"), condition.place.clone())
            }),
            Err(Broken::Raised(error)) => {
                let (complaint, position) = Complaint::of_error(&error);
                let place = self.layout.token(position).unwrap_or_else(|| condition.place.clone());
                Err((complaint, place))
            }
            Err(Broken::Panicked(why)) => Err((Complaint::of_panic(&why), condition.place.clone())),
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("id", &self.id).field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// Whether a condition held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It held.
    Holds,
    /// It did not hold.
    Fails,
    /// It read a fact that is not known.
    Unknown {
        /// Which fact, and why.
        why: String,
    },
    /// It failed while running: an error, a limit, a panic.
    Failed {
        /// What happened.
        message: String,
        /// Where.
        place: Place,
    },
}

/// A value that a condition read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A share: 0.1 is 10 %.
    Ratio(Decimal),
    /// A burn rate: a multiple.
    Rate(Decimal),
    /// A number of events.
    Count(Decimal),
    /// A length of time in seconds.
    Time(Decimal),
    /// What does not come.
    Never,
    /// A name.
    Text(String),
    /// A word of our own, where no number says it: `P2`, `fires`, `no SLA`.
    Word(&'static str),
    /// Not known, and why.
    Unknown(String),
}

/// One fact that a condition read and, where it did, what it compared the fact with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The fact as a policy writes it after `budget.`: `remaining`, `burn_rate("1h")`.
    pub fact: String,
    /// What it was.
    pub value: Value,
    /// The comparison it stood in, if it stood in one.
    pub compared: Option<Comparison>,
}
