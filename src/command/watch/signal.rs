//! Which signals are asked about in a run: those that a policy reads, once for each environment that it measures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::budget::gap::Gap;
use crate::budget::signal::{Signal, Signals};
use crate::catalog::Slo;
use crate::command::watch::PERIODS;
use crate::policy::Policy;
use crate::settings::Settings;
use crate::source::{Range, SignalRequest};

/// The signals that policies read, by environment.
#[derive(Debug, Default)]
pub struct Wanted<'a>(BTreeMap<&'a str, Reads<'a>>);

/// What policies read of one environment.
#[derive(Debug, Default)]
struct Reads<'a> {
    /// The names.
    names: BTreeSet<&'a str>,
    /// The longest period of the SLOs that they are read for, in seconds.
    period: i64,
}

impl<'a> Wanted<'a> {
    /// Adds what a policy reads where it judges an SLO in an environment.
    pub fn add(&mut self, policy: &'a Policy, slo: &Slo, environment: &'a str) {
        if policy.signals.is_empty() {
            return;
        }
        let reads = self.0.entry(environment).or_default();
        reads.names.extend(policy.signals.iter().map(String::as_str));
        reads.period = reads.period.max(slo.period);
    }
}

/// What was answered about signals.
#[derive(Debug, Default)]
pub struct Heard<'a> {
    /// The answers, in the order of environments and names.
    pub answers: Vec<(SignalRequest<'a>, Result<Signal, Gap>)>,
    /// The same, as budgets keep them, by environment.
    signals: BTreeMap<&'a str, Arc<Signals>>,
}

impl Heard<'_> {
    /// The signals of an environment.
    #[must_use]
    pub fn of(&self, environment: &str) -> Arc<Signals> {
        self.signals.get(environment).map_or_else(|| Arc::new(known(BTreeMap::new())), Arc::clone)
    }
}

/// Signals of which no other one is declared.
fn known(answers: BTreeMap<String, Result<Signal, Gap>>) -> Signals {
    let detail = "the settings declare no signal of that name".to_owned();
    Signals::new(answers, Gap::Unsupported { detail })
}

/// Asks about signals, at each point that a walk up to `t` looks at.
#[must_use]
pub fn listen<'a>(
    ask: impl Fn(&[SignalRequest<'_>], Range) -> Vec<Result<Signal, Gap>>,
    wanted: &Wanted<'_>,
    settings: &'a Settings,
    t: i64,
) -> Heard<'a> {
    let mut heard = Heard::default();
    for (environment, reads) in &wanted.0 {
        let Some((environment, matchers)) = settings.environments.get_key_value(*environment) else {
            continue;
        };
        let declared = settings.signals.iter().filter(|(name, _)| reads.names.contains(name.as_str()));
        let requests: Vec<SignalRequest<'a>> =
            declared.map(|(name, signal)| SignalRequest { name, signal, environment, matchers }).collect();
        // Before that a whole period is missing, and without a budget no condition is asked.
        let points = (PERIODS - 1) * ((reads.period + settings.step - 1) / settings.step);
        let range = Range { first: t - points * settings.step, last: t, step: settings.step };
        let answers = ask(&requests, range);
        let names = requests.iter().map(|request| request.name.to_owned());
        let signals = known(names.zip(answers.iter().cloned()).collect());
        heard.signals.insert(environment, Arc::new(signals));
        heard.answers.extend(requests.into_iter().zip(answers));
    }
    heard
}
