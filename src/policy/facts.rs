//! All that a policy may see: one budget at one grid point, and whose budget it is.
//!
//! Every fact that a condition reads is recorded with its value and the comparison that it stood in, unless nobody
//! asks. Reading what is not known ends the run, and the reading remembers it, so that nothing in a script can turn
//! not knowing into an answer. What the figures are is `budget`'s.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rhai::Engine;
use rust_decimal::Decimal;

use super::complaint::{Complaint, Raised, printable};
use super::trial::given::Given;
use super::value::{Count, Figure, Name, Rate, Ratio, Unit};
use super::{Comparison, Evidence, Subject, Tracing, Value};
use crate::budget::gap::{self, Gap};
use crate::budget::{Budget, Figures, Windowed};
use crate::diagnostic::Code;

/// The facts that are read by name.
pub(super) const PROPERTIES: [&str; 8] =
    ["remaining", "consumed", "objective", "bad", "total", "service", "slo", "environment"];

/// The facts that are read with an argument.
pub(super) const METHODS: [&str; 3] = ["burned", "burn_rate", "burned_by"];

/// The facts whose argument is a window.
pub(super) const WINDOWED: [&str; 2] = ["burned", "burn_rate"];

/// All facts, as a policy writes them.
pub(super) const FORMS: [&str; 11] = [
    "budget.remaining",
    "budget.consumed",
    "budget.burned(\"24h\")",
    "budget.burn_rate(\"1h\")",
    "budget.burned_by(\"dependency\")",
    "budget.objective",
    "budget.bad",
    "budget.total",
    "budget.service",
    "budget.slo",
    "budget.environment",
];

/// The longest window, in seconds: no period is longer than a year.
const LONGEST_WINDOW: i64 = 366 * 86_400;

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
                let seconds = self::window(window, budget.step())?;
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
                self::window(window, *step)?;
                if *sample == Sample::Healthy { Decimal::ZERO } else { exhausted }
            }
            Origin::Given(given) => {
                let seconds = self::window(window, given.step)?.to_string();
                given.number(fact, &seconds).ok_or_else(|| self.unknown(form(), NOT_GIVEN))?
            }
        };
        Ok(self.figure(form, number))
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
    engine.register_fn("burned_by", |facts: &mut Facts, dependency: &str| -> Result<Ratio, Raised> {
        let fact = format!("burned_by(\"{}\")", printable(dependency));
        if let Origin::Given(given) = &facts.0.origin {
            let number = given.number("burned_by", dependency);
            let number = number.ok_or_else(|| facts.unknown(fact.clone(), NOT_GIVEN))?;
            return Ok(facts.figure(|| fact, number));
        }
        Err(facts.unknown(fact, "bad events are not attributed to dependencies").into())
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

/// The seconds of a window such as `1h`: a whole multiple of the grid's step.
pub(super) fn window(text: &str, step: i64) -> Result<i64, Complaint> {
    let refuse = |message: String, help: String| Err(Complaint::new(message, help).of(Code::UnknownFact));
    let Some(seconds) = length(text) else {
        let message = format!("`{}` is no window", printable(text));
        let help = meant(text).map_or_else(
            || "write a number and a unit, such as \"30m\", \"1h\" or \"7d\"".to_owned(),
            |near| format!("did you mean \"{near}\"?"),
        );
        return refuse(message, help);
    };
    let step = step.max(1);
    if seconds % step != 0 {
        let near = (seconds / step).saturating_add(1).saturating_mul(step);
        let message = format!("the window `{text}` is no multiple of the step of {}", gap::duration(step));
        return refuse(message, format!("did you mean \"{}\"?", written(near)));
    }
    if seconds > LONGEST_WINDOW {
        let message = format!("the window `{text}` is longer than a year");
        return refuse(message, "name a window that is at most as long as the period".to_owned());
    }
    Ok(seconds)
}

/// The seconds of a length such as `7d`; none for what is no length, or a length of nothing.
pub(super) fn length(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let number = text.get(..text.len() - 1)?;
    if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(unit).filter(|seconds| *seconds > 0)
}

/// The length that was probably meant by `1 hour`, `24H` or `1hr`.
fn meant(text: &str) -> Option<String> {
    let tight: String = text.chars().filter(|next| !next.is_whitespace()).collect::<String>().to_lowercase();
    let unit = tight.find(|next: char| !next.is_ascii_digit())?;
    let near = tight.get(..=unit)?;
    length(near).map(|_| near.to_owned())
}

/// A length in the largest unit that holds it without a rest.
fn written(seconds: i64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("m", 60)];
    let whole = units.into_iter().find(|(_, length)| seconds % length == 0);
    whole.map_or_else(|| format!("{seconds}s"), |(unit, length)| format!("{}{unit}", seconds / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_whole_multiple_of_the_step() {
        let seconds = |text: &str| window(text, 300).map_err(|complaint| complaint.help);
        assert_eq!(seconds("30m"), Ok(1_800));
        assert_eq!(seconds("1h"), Ok(3_600));
        assert_eq!(seconds("7d"), Ok(604_800));
        assert_eq!(seconds("7m"), Err("did you mean \"10m\"?".to_owned()));
        assert_eq!(seconds("61m"), Err("did you mean \"65m\"?".to_owned()));
        assert_eq!(seconds("1 Hour"), Err("did you mean \"1h\"?".to_owned()));
        for text in ["", "h", "1", "-1h", "1.5h", "1hh", "0h", "99999999999999999999d", "ü", "1ü", "400d"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_fact_has_a_form() {
        let names: Vec<&str> = FORMS.iter().filter_map(|form| form.split(['.', '(']).nth(1)).collect();
        assert!(PROPERTIES.iter().chain(&METHODS).all(|fact| names.contains(fact)));
        assert_eq!(names.len(), PROPERTIES.len() + METHODS.len());
    }
}
