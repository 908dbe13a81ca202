//! All that a policy may see: one budget at one grid point, and whose budget it is.
//!
//! Every fact that a condition reads is recorded with its value and the comparison that it stood in, unless nobody
//! asks. Reading what is not known ends the run, and the reading remembers it, so that nothing in a script can turn
//! not knowing into an answer. What the figures are is `budget`'s.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rust_decimal::Decimal;

use super::complaint::{Complaint, Raised, printable};
use super::length;
use super::trial::given::Given;
use super::value::{Figure, Multiple, Name, Time, Unit, holds, later};
use super::{Author, Bearing, Comparison, Evidence, Subject, Tracing, Value};
use crate::budget::forecast::Exhaustion;
use crate::budget::gap::{self, Gap};
use crate::budget::{Budget, Figures, Windowed};
use crate::catalog::{PRIORITIES, Priority};
use crate::diagnostic::Code;

mod register;

pub(super) use register::{QuarterFacts, SlaFacts, register};

/// The most that is recorded of one run.
const MOST_EVIDENCE: usize = 200;

/// A budget to try a condition on before a real one is at stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    /// Nothing is spent.
    Healthy,
    /// Half as much again as was granted is spent, and it goes on.
    Exhausted,
}

/// Where the figures come from.
#[derive(Debug)]
enum Origin {
    /// A budget, known at grid point `t`.
    Measured {
        /// The budget.
        budget: Arc<Budget>,
        /// The grid point.
        t: i64,
        /// Who asks: what a team writes beside its SLOs makes nothing milder to its organisation.
        author: Author,
    },
    /// A sample, on a grid of `step` seconds.
    Sample {
        /// Which one.
        sample: Sample,
        /// Seconds between two points.
        step: i64,
    },
    /// What a test gives, and nothing else is known.
    Given(Arc<Given>),
}

/// A number that a budget answers.
struct Found {
    /// The number.
    number: Decimal,
    /// What stands for it in evidence where the number is what follows from a lack: `no SLA`.
    word: Option<&'static str>,
}

impl From<Decimal> for Found {
    fn from(number: Decimal) -> Self {
        Self { number, word: None }
    }
}

impl From<Windowed> for Found {
    fn from(figure: Windowed) -> Self {
        figure.value.into()
    }
}

/// What one run read.
#[derive(Debug, Default)]
struct Record {
    /// The facts, in the order of reading.
    evidence: Vec<Evidence>,
    /// The first unknown fact that was read, and why it is unknown.
    unknown: Option<String>,
    /// A signal was asked about.
    signal: bool,
}

/// One reading of a budget by one run.
struct Reading {
    /// Where the figures come from.
    origin: Origin,
    /// Whose budget it is.
    subject: Arc<Subject>,
    /// Whether evidence is kept.
    tracing: Tracing,
    /// What was read.
    record: Mutex<Record>,
}

/// The facts: what a condition's parameter is.
#[derive(Clone)]
pub(super) struct Facts(Arc<Reading>);

/// One recorded read of a fact.
#[derive(Clone)]
pub(super) struct Read {
    /// The run.
    facts: Facts,
    /// Its place in the evidence.
    index: usize,
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Read({})", self.index)
    }
}

impl Read {
    /// Records a comparison; the second one of the same read is evidence of its own.
    pub(super) fn compared(&self, comparison: Comparison) {
        self.facts.record(|record| {
            let Some(read) = record.evidence.get_mut(self.index) else { return };
            if read.compared.is_none() {
                read.compared = Some(comparison);
            } else if record.evidence.len() < MOST_EVIDENCE {
                let again = record.evidence.get(self.index).cloned();
                record.evidence.extend(again.map(|read| Evidence { compared: Some(comparison), ..read }));
            }
        });
    }
}

impl Facts {
    /// The facts of a budget that is known at `t`.
    pub(super) fn measured(
        (budget, t): (Arc<Budget>, i64),
        author: Author,
        subject: Arc<Subject>,
        tracing: Tracing,
    ) -> Self {
        Self::new(Origin::Measured { budget, t, author }, subject, tracing)
    }

    /// The facts that a test gives.
    pub(super) fn given(given: Arc<Given>, subject: Arc<Subject>, tracing: Tracing) -> Self {
        Self::new(Origin::Given(given), subject, tracing)
    }

    /// The facts of a sample.
    pub(super) fn sample(sample: Sample, step: i64) -> Self {
        let subject = Subject {
            slo: "sample".to_owned(),
            service: "sample".to_owned(),
            environment: "sample".to_owned(),
            phase: Some("sample".to_owned()),
            tier: Some("sample".to_owned()),
        };
        Self::new(Origin::Sample { sample, step }, Arc::new(subject), Tracing::Off)
    }

    /// The facts of a sample that keeps what is read.
    #[cfg(test)]
    pub(super) fn traced_sample(sample: Sample, step: i64) -> Self {
        let subject = Arc::clone(&Self::sample(sample, step).0.subject);
        Self::new(Origin::Sample { sample, step }, subject, Tracing::On)
    }

    /// Facts that nothing was read of.
    fn new(origin: Origin, subject: Arc<Subject>, tracing: Tracing) -> Self {
        Self(Arc::new(Reading { origin, subject, tracing, record: Mutex::default() }))
    }

    /// Looks at the record. A poisoned one is still true: it is only ever added to.
    fn record<T>(&self, look: impl FnOnce(&mut Record) -> T) -> T {
        look(&mut self.0.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes what was read: the evidence, and the first unknown fact.
    pub(super) fn take(&self) -> (Vec<Evidence>, Option<String>) {
        self.record(|record| (std::mem::take(&mut record.evidence), record.unknown.take()))
    }

    /// Whether a signal was asked about.
    pub(super) fn asked_signal(&self) -> bool {
        self.record(|record| record.signal)
    }

    /// Records a read, where evidence is kept.
    fn read(&self, fact: impl FnOnce() -> String, value: impl FnOnce() -> Value) -> Option<Read> {
        if self.0.tracing == Tracing::Off {
            return None;
        }
        self.record(|record| {
            let index = record.evidence.len();
            (index < MOST_EVIDENCE).then(|| {
                record.evidence.push(Evidence { fact: fact(), value: value(), compared: None });
                Read { facts: self.clone(), index }
            })
        })
    }

    /// A fact with a number.
    fn figure<U: Unit>(&self, fact: impl FnOnce() -> String, found: impl Into<Found>) -> Figure<U> {
        let Found { number, word } = found.into();
        Figure::fact(number, self.read(fact, || word.map_or_else(|| U::value(number), Value::Word)))
    }

    /// Records a fact that is said by a word, and the word that it was compared with.
    fn said(
        &self,
        fact: impl FnOnce() -> String,
        word: &'static str,
        (operator, threshold, held): (&'static str, &'static str, bool),
    ) {
        if let Some(read) = self.read(fact, || Value::Word(word)) {
            read.compared(Comparison {
                operator,
                threshold: Value::Word(threshold),
                held,
                bearing: Bearing::Unclear,
            });
        }
    }

    /// Ends the run: a fact is not known.
    fn unknown(&self, fact: String, why: &str) -> Complaint {
        let sentence = format!("`{fact}` is not known: {why}");
        self.record(|record| {
            if self.0.tracing == Tracing::On && record.evidence.len() < MOST_EVIDENCE {
                record.evidence.push(Evidence {
                    fact,
                    value: Value::Unknown(why.to_owned()),
                    compared: None,
                });
            }
            record.unknown.get_or_insert_with(|| sentence.clone());
        });
        Complaint::new(sentence, "")
    }

    /// Who asks.
    fn author(&self) -> Author {
        match self.0.origin {
            Origin::Measured { author, .. } => author,
            Origin::Sample { .. } | Origin::Given(_) => Author::Team,
        }
    }

    /// A figure of the whole period.
    fn of_period<U: Unit>(
        &self,
        fact: &'static str,
        measured: impl FnOnce(&Figures<'_>) -> Result<Found, Gap>,
        [healthy, exhausted]: [Decimal; 2],
    ) -> Result<Figure<U>, Raised> {
        let found = match &self.0.origin {
            Origin::Measured { budget, t, .. } => {
                let found = budget.at(*t).and_then(|figures| measured(&figures));
                found.map_err(|gap| self.unknown(fact.to_owned(), &gap.to_string()))?
            }
            Origin::Sample { sample: Sample::Healthy, .. } => healthy.into(),
            Origin::Sample { sample: Sample::Exhausted, .. } => exhausted.into(),
            Origin::Given(given) => {
                given.known(fact, "").map_err(|why| self.unknown(fact.to_owned(), why))?.into()
            }
        };
        Ok(self.figure(|| fact.to_owned(), found))
    }

    /// A figure of a window.
    fn of_window<U: Unit>(
        &self,
        fact: &'static str,
        window: &str,
        measured: impl FnOnce(&Figures<'_>, i64) -> Result<Found, Gap>,
        exhausted: Decimal,
    ) -> Result<Figure<U>, Raised> {
        let form = || format!("{fact}(\"{window}\")");
        let found = match &self.0.origin {
            Origin::Measured { budget, t, .. } => {
                let seconds = length::window(window, budget.step())?;
                if seconds > budget.period() {
                    let period = gap::duration(budget.period());
                    let message = format!("the window `{window}` is longer than the period of {period}");
                    let help = "name a window that is at most as long as the period";
                    return Err(Complaint::new(message, help).of(Code::UnknownFact).into());
                }
                let found = budget.at(*t).and_then(|figures| measured(&figures, seconds));
                found.map_err(|gap| self.unknown(form(), &gap.to_string()))?
            }
            Origin::Sample { sample, step } => {
                length::window(window, *step)?;
                if *sample == Sample::Healthy { Decimal::ZERO.into() } else { exhausted.into() }
            }
            Origin::Given(given) => {
                let seconds = length::window(window, given.step)?.to_string();
                given.known(fact, &seconds).map_err(|why| self.unknown(form(), why))?.into()
            }
        };
        Ok(self.figure(form, found))
    }

    /// A figure that has a name in its parentheses.
    fn of_name<U: Unit>(
        &self,
        fact: &'static str,
        name: &str,
        measured: impl FnOnce(&Figures<'_>) -> Result<Found, String>,
    ) -> Result<Figure<U>, Raised> {
        let form = || format!("{fact}(\"{}\")", printable(name));
        let found = match &self.0.origin {
            Origin::Measured { budget, t, .. } => {
                let figures = budget.at(*t).map_err(|gap| gap.to_string());
                figures.and_then(|figures| measured(&figures)).map_err(|why| self.unknown(form(), &why))?
            }
            Origin::Sample { sample: Sample::Healthy, .. } => Decimal::ZERO.into(),
            Origin::Sample { sample: Sample::Exhausted, .. } => Decimal::ONE.into(),
            Origin::Given(given) => given.known(fact, name).map_err(|why| self.unknown(form(), why))?.into(),
        };
        Ok(self.figure(form, found))
    }

    /// Whether an incident has this priority or a more urgent one.
    fn priority_reaches(&self, name: &str) -> Result<bool, Raised> {
        let wanted = Priority::named(name).ok_or_else(|| no_priority(name))?;
        let fact = || format!("priority_reaches(\"{wanted}\")");
        let priority = match &self.0.origin {
            Origin::Measured { budget, t, author } => {
                let found = budget.at(*t).and_then(|figures| match author {
                    Author::Team => figures.priority(),
                    Author::Organization => figures.least_priority(),
                });
                found.map_err(|gap| self.unknown(fact(), &gap.to_string()))?
            }
            Origin::Sample { sample: Sample::Healthy, .. } => None,
            Origin::Sample { sample: Sample::Exhausted, .. } => Some(Priority::P1),
            Origin::Given(given) => {
                let number = given.known("priority", "");
                let number = number.map_err(|why| self.unknown(fact(), why))?;
                PRIORITIES.into_iter().find(|priority| Decimal::from(priority.number()) == number)
            }
        };
        let held = priority.is_some_and(|priority| priority <= wanted);
        let value = priority.map_or("none", Priority::as_str);
        self.said(fact, value, (">=", wanted.as_str(), held));
        Ok(held)
    }

    /// When nothing is left, recorded as `fact`.
    fn exhaustion(&self, fact: impl Fn() -> String) -> Result<Time, Raised> {
        let length = match &self.0.origin {
            Origin::Measured { budget, t, .. } => {
                let forecast = budget.at(*t).and_then(|figures| figures.time_to_exhaustion());
                forecast.map_err(|gap| self.unknown(fact(), &gap.to_string()))?
            }
            Origin::Sample { sample: Sample::Healthy, .. } => Exhaustion::Never,
            Origin::Sample { sample: Sample::Exhausted, .. } => Exhaustion::In(Decimal::ZERO),
            Origin::Given(given) => {
                let seconds = given.known("time_to_exhaustion", "");
                let seconds = seconds.map_err(|why| self.unknown(fact(), why))?;
                if seconds == Decimal::MAX { Exhaustion::Never } else { Exhaustion::In(seconds) }
            }
        };
        Ok(Time { length, read: self.read(fact, || later(length)) })
    }

    /// Whether a signal fires.
    fn signal(&self, name: &str) -> Result<bool, Raised> {
        let fact = || format!("signal(\"{}\")", printable(name));
        self.record(|record| record.signal = true);
        let fires = match &self.0.origin {
            Origin::Measured { budget, t, .. } => {
                budget.signal(name, *t).map_err(|gap| self.unknown(fact(), &gap.to_string()))?
            }
            Origin::Sample { sample, .. } => *sample == Sample::Exhausted,
            Origin::Given(given) => {
                let fires = given.known("signal", name);
                !fires.map_err(|why| self.unknown(fact(), why))?.is_zero()
            }
        };
        self.said(fact, if fires { "fires" } else { "quiet" }, ("==", "fires", fires));
        Ok(fires)
    }

    /// Whether the burn rate is above `rate` in both windows; the second is read only where the first is.
    fn burns(&self, rate: Decimal, windows: [&str; 2]) -> Result<bool, Raised> {
        for window in windows {
            let read =
                self.of_window::<Multiple>("burn_rate", window, register::burn_rate, Decimal::ONE_HUNDRED)?;
            if !holds(&read, ">", rate) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A name.
    fn name(&self, fact: &'static str, text: impl FnOnce(&Subject) -> &str) -> Name {
        let text = text(&self.0.subject);
        Name { text: text.into(), read: self.read(|| fact.to_owned(), || Value::Text(text.to_owned())) }
    }

    /// A name that the settings may leave out.
    fn optional_name(
        &self,
        fact: &'static str,
        text: impl FnOnce(&Subject) -> Option<&str>,
    ) -> Result<Name, Raised> {
        let why = || format!("the settings give the service `{}` no {fact}", self.0.subject.service);
        let text = text(&self.0.subject).ok_or_else(|| self.unknown(fact.to_owned(), &why()))?;
        let read = self.read(|| fact.to_owned(), || Value::Text(text.to_owned()));
        Ok(Name { text: text.into(), read })
    }
}

/// The complaint about a priority that there is not.
pub(super) fn no_priority(name: &str) -> Complaint {
    let help = format!("write a priority from `{}` to `{}`", Priority::P1, Priority::P5);
    Complaint::new(format!("there is no priority `{}`", printable(name)), help).of(Code::UnknownFact)
}
