//! All that a policy may see: one budget at one grid point, and whose budget it is.
//!
//! Every fact that a condition reads is recorded with its value and the comparison that it stood in, unless nobody
//! asks. Reading what is not known ends the run, and the reading remembers it, so that nothing in a script can turn
//! not knowing into an answer. What the figures are is `budget`'s.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Engine, INT};
use rust_decimal::Decimal;

use super::complaint::{Complaint, Raised, printable};
use super::length;
use super::trial::given::Given;
use super::value::{Count, Figure, Multiple, Name, Rate, Ratio, Time, Unit, holds, later};
use super::{Comparison, Evidence, Subject, Tracing, Value};
use crate::budget::forecast::Exhaustion;
use crate::budget::gap::{self, Gap};
use crate::budget::{Budget, Figures, Windowed};
use crate::diagnostic::Code;

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

/// Why a fact of a test is not known.
const NOT_GIVEN: &str = "the test does not give it";

/// What one run read.
#[derive(Debug, Default)]
struct Record {
    /// The facts, in the order of reading.
    evidence: Vec<Evidence>,
    /// The first unknown fact that was read, and why it is unknown.
    unknown: Option<String>,
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
    pub(super) fn measured(budget: Arc<Budget>, t: i64, subject: Arc<Subject>, tracing: Tracing) -> Self {
        Self::new(Origin::Measured { budget, t }, subject, tracing)
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
        };
        Self::new(Origin::Sample { sample, step }, Arc::new(subject), Tracing::Off)
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
    fn figure<U: Unit>(&self, fact: impl FnOnce() -> String, number: Decimal) -> Figure<U> {
        Figure::fact(number, self.read(fact, || U::value(number)))
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

    /// A figure of the whole period.
    fn of_period<U: Unit>(
        &self,
        fact: &'static str,
        measured: impl FnOnce(&Budget, &Figures<'_>) -> Decimal,
        [healthy, exhausted]: [Decimal; 2],
    ) -> Result<Figure<U>, Raised> {
        let number = match &self.0.origin {
            Origin::Measured { budget, t } => {
                let figures = budget.at(*t).map_err(|gap| self.unknown(fact.to_owned(), &gap.to_string()))?;
                measured(budget, &figures)
            }
            Origin::Sample { sample: Sample::Healthy, .. } => healthy,
            Origin::Sample { sample: Sample::Exhausted, .. } => exhausted,
            Origin::Given(given) => {
                given.number(fact, "").ok_or_else(|| self.unknown(fact.to_owned(), NOT_GIVEN))?
            }
        };
        Ok(self.figure(|| fact.to_owned(), number))
    }

    /// A figure of a window.
    fn of_window<U: Unit>(
        &self,
        fact: &'static str,
        window: &str,
        measured: impl FnOnce(&Figures<'_>, i64) -> Result<Windowed, Gap>,
        exhausted: Decimal,
    ) -> Result<Figure<U>, Raised> {
        let form = || format!("{fact}(\"{window}\")");
        let number = match &self.0.origin {
            Origin::Measured { budget, t } => {
                let seconds = length::window(window, budget.step())?;
                if seconds > budget.period() {
                    let period = gap::duration(budget.period());
                    let message = format!("the window `{window}` is longer than the period of {period}");
                    let help = "name a window that is at most as long as the period";
                    return Err(Complaint::new(message, help).of(Code::UnknownFact).into());
                }
                let figure = budget.at(*t).and_then(|figures| measured(&figures, seconds));
                figure.map_err(|gap| self.unknown(form(), &gap.to_string()))?.value
            }
            Origin::Sample { sample, step } => {
                length::window(window, *step)?;
                if *sample == Sample::Healthy { Decimal::ZERO } else { exhausted }
            }
            Origin::Given(given) => {
                let seconds = length::window(window, given.step)?.to_string();
                given.number(fact, &seconds).ok_or_else(|| self.unknown(form(), NOT_GIVEN))?
            }
        };
        Ok(self.figure(form, number))
    }

    /// When nothing is left, recorded as `fact`.
    fn exhaustion(&self, fact: impl Fn() -> String) -> Result<Time, Raised> {
        let length = match &self.0.origin {
            Origin::Measured { budget, t } => {
                let forecast = budget.at(*t).and_then(|figures| figures.time_to_exhaustion());
                forecast.map_err(|gap| self.unknown(fact(), &gap.to_string()))?
            }
            Origin::Sample { sample: Sample::Healthy, .. } => Exhaustion::Never,
            Origin::Sample { sample: Sample::Exhausted, .. } => Exhaustion::In(Decimal::ZERO),
            Origin::Given(_) => return Err(self.unknown(fact(), NOT_GIVEN).into()),
        };
        Ok(Time { length, read: self.read(fact, || later(length)) })
    }

    /// A fact that no source gives yet; a sample answers, so that its type is known, and a test may.
    fn not_given<T>(
        &self,
        form: &str,
        name: &str,
        why: &str,
        [healthy, exhausted]: [T; 2],
    ) -> Result<T, Raised> {
        let fact = || format!("{form}(\"{}\")", printable(name));
        match self.0.origin {
            Origin::Measured { .. } => Err(self.unknown(fact(), why).into()),
            Origin::Sample { sample: Sample::Healthy, .. } => Ok(healthy),
            Origin::Sample { sample: Sample::Exhausted, .. } => Ok(exhausted),
            Origin::Given(_) => Err(self.unknown(fact(), NOT_GIVEN).into()),
        }
    }

    /// Whether the burn rate is above `rate` in both windows; the second is read only where the first is.
    fn burns(&self, rate: Decimal, windows: [&str; 2]) -> Result<bool, Raised> {
        for window in windows {
            let read = self.of_window::<Multiple>("burn_rate", window, burn_rate, Decimal::ONE_HUNDRED)?;
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
}

/// Teaches an engine the facts.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Facts>("budget");
    engine.register_get("remaining", |facts: &mut Facts| -> Result<Ratio, Raised> {
        facts.of_period("remaining", |_, at| at.remaining(), [Decimal::ONE, Decimal::new(-5, 1)])
    });
    engine.register_get("consumed", |facts: &mut Facts| -> Result<Ratio, Raised> {
        facts.of_period("consumed", |_, at| at.consumed(), [Decimal::ZERO, Decimal::new(15, 1)])
    });
    engine.register_get("objective", |facts: &mut Facts| -> Result<Ratio, Raised> {
        facts.of_period("objective", |budget, _| budget.objective().share(), [Decimal::new(999, 3); 2])
    });
    engine.register_get("bad", |facts: &mut Facts| -> Result<Count, Raised> {
        facts.of_period("bad", |_, at| at.period().bad, [Decimal::ZERO, Decimal::new(1_500, 0)])
    });
    engine.register_get("total", |facts: &mut Facts| -> Result<Count, Raised> {
        facts.of_period("total", |_, at| at.period().total, [Decimal::new(1_000_000, 0); 2])
    });
    engine.register_get("service", |facts: &mut Facts| facts.name("service", |of| &of.service));
    engine.register_get("slo", |facts: &mut Facts| facts.name("slo", |of| &of.slo));
    engine.register_get("environment", |facts: &mut Facts| facts.name("environment", |of| &of.environment));
    engine.register_fn("burned", |facts: &mut Facts, window: &str| -> Result<Ratio, Raised> {
        facts.of_window("burned", window, burned, Decimal::ONE)
    });
    engine.register_fn("burn_rate", |facts: &mut Facts, window: &str| -> Result<Rate, Raised> {
        facts.of_window("burn_rate", window, burn_rate, Decimal::ONE_HUNDRED)
    });
    register_elsewhere(engine);
    register_forecasts(engine);
}

/// Teaches an engine the facts that come from elsewhere than the budget's own events.
fn register_elsewhere(engine: &mut Engine) {
    engine.register_fn("burned_by", |facts: &mut Facts, dependency: &str| -> Result<Ratio, Raised> {
        if let Origin::Given(given) = &facts.0.origin
            && let Some(number) = given.number("burned_by", dependency)
        {
            return Ok(facts.figure(|| format!("burned_by(\"{}\")", printable(dependency)), number));
        }
        let samples = [Decimal::ZERO, Decimal::ONE].map(|share| Ratio::fact(share, None));
        let why = "bad events are not attributed to dependencies";
        facts.not_given("burned_by", dependency, why, samples)
    });
    engine.register_fn("signal", |facts: &mut Facts, name: &str| -> Result<bool, Raised> {
        facts.not_given("signal", name, "no source gives signals", [false, true])
    });
}

/// Teaches an engine the facts about where a budget is heading and where it went.
fn register_forecasts(engine: &mut Engine) {
    engine.register_get("pace", |facts: &mut Facts| -> Result<Rate, Raised> {
        facts.of_period("pace", |_, at| at.pace(), [Decimal::ZERO, Decimal::new(15, 1)])
    });
    engine.register_get("premature", |facts: &mut Facts| -> Result<bool, Raised> {
        let pace: Rate =
            facts.of_period("premature", |_, at| at.pace(), [Decimal::ZERO, Decimal::new(15, 1)])?;
        Ok(holds(&pace, ">", Decimal::ONE))
    });
    engine.register_get("worst_incident", |facts: &mut Facts| -> Result<Ratio, Raised> {
        facts.of_period("worst_incident", |_, at| at.worst_incident(), [Decimal::ZERO, Decimal::ONE])
    });
    engine.register_get("time_to_exhaustion", |facts: &mut Facts| -> Result<Time, Raised> {
        facts.exhaustion(|| "time_to_exhaustion".to_owned())
    });
    engine.register_fn("exhausts_within", |facts: &mut Facts, text: &str| -> Result<bool, Raised> {
        let seconds = length::read(text)?;
        Ok(facts.exhaustion(|| format!("exhausts_within(\"{text}\")"))?.within(seconds))
    });
    engine.register_fn("burns", |facts: &mut Facts, rate: INT, long: &str, short: &str| {
        facts.burns(rate.into(), [long, short])
    });
    engine.register_fn("burns", |facts: &mut Facts, rate: Decimal, long: &str, short: &str| {
        facts.burns(rate, [long, short])
    });
}

/// The share of the grant that went within a window.
fn burned(figures: &Figures<'_>, window: i64) -> Result<Windowed, Gap> {
    figures.burned(window)
}

/// How many times faster than evenly the budget burned within a window.
fn burn_rate(figures: &Figures<'_>, window: i64) -> Result<Windowed, Gap> {
    figures.burn_rate(window)
}
