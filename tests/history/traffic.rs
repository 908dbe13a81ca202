//! Traffic: events as they happened, and the counters that a monitoring system would have scraped of them.
//!
//! What happened is a list of steps with their events, bad ones and all. What was seen of it depends on the
//! scraping: how often, how evenly, over how many pods, with restarts that set counters back to zero and with
//! stretches in which nobody looked. Events spread evenly over their step, so every scrape between two steps sees
//! the share of the step that has passed.

use std::fmt::Write as _;
use std::ops::Range;

use crate::dice::Dice;

/// Events of one step: bad ones and all.
pub type Events = (u64, u64);

/// Which of a step's events a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Bad ones.
    Bad,
    /// Good ones.
    Good,
    /// All of them.
    All,
}

/// What happened: the events of each step, one step after the other.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// Where the first step begins, in seconds since the epoch.
    pub first: i64,
    /// Seconds in a step.
    pub step: i64,
    /// The events of each step.
    pub steps: Vec<Events>,
}

impl Traffic {
    /// Where the last step ends.
    pub fn last(&self) -> i64 {
        self.first + self.step * i64::try_from(self.steps.len()).expect("a history fits")
    }

    /// The running count at each end of a step, from zero at the beginning.
    fn running(&self, counted: Counted) -> Vec<u64> {
        let mut sum = 0;
        let mut running = vec![0];
        for (bad, total) in &self.steps {
            assert!(bad <= total, "{bad} bad events of {total}");
            sum += match counted {
                Counted::Bad => *bad,
                Counted::Good => total - bad,
                Counted::All => *total,
            };
            running.push(sum);
        }
        running
    }
}

/// The events counted until `instant`, of which `running` are the counts at the ends of the steps.
fn counted_until(traffic: &Traffic, running: &[u64], instant: i64) -> u64 {
    let passed = (instant - traffic.first).max(0);
    let index = usize::try_from(passed / traffic.step).expect("after the beginning");
    let Some((from, to)) = running.get(index).zip(running.get(index + 1)) else {
        return running.last().copied().unwrap_or_default();
    };
    let share = u64::try_from(passed % traffic.step).expect("a part of a step");
    from + (to - from) * share / traffic.step.unsigned_abs()
}

/// How traffic was looked at.
#[derive(Debug, Clone)]
pub struct Scraping {
    /// The instants of the scrapes, ascending.
    instants: Vec<i64>,
    /// The pods that share the traffic; their names become the label `pod`. None: one target, without the label.
    pods: Vec<String>,
    /// When which pod started again with its counters at zero: its place in `pods`, and the instant.
    restarts: Vec<(usize, i64)>,
    /// What each counter stood at when the history begins.
    standing_at: u64,
}

impl Scraping {
    /// A scrape every `seconds`, from the beginning of the traffic to its end, both included.
    pub fn every(traffic: &Traffic, seconds: usize) -> Self {
        let instants = (traffic.first..=traffic.last()).step_by(seconds).collect();
        Self { instants, pods: Vec::new(), restarts: Vec::new(), standing_at: 0 }
    }

    /// Shifts each scrape by up to `seconds` to either side, but neither the first nor the last one.
    pub fn jittered(mut self, dice: &mut Dice, seconds: u32) -> Self {
        let inner = 1..self.instants.len().saturating_sub(1);
        for instant in self.instants.get_mut(inner).into_iter().flatten() {
            let shift = dice.below(u64::from(seconds) * 2 + 1);
            *instant += i64::try_from(shift).expect("small") - i64::from(seconds);
        }
        self.instants.sort_unstable();
        self.instants.dedup();
        self
    }

    /// Leaves out every scrape within `unseen`.
    pub fn without(mut self, unseen: &Range<i64>) -> Self {
        self.instants.retain(|instant| !unseen.contains(instant));
        self
    }

    /// Leaves out about one scrape in `one_in`, but neither the first nor the last one.
    pub fn missing(mut self, dice: &mut Dice, one_in: u64) -> Self {
        let (first, last) = (self.instants.first().copied(), self.instants.last().copied());
        self.instants
            .retain(|instant| dice.below(one_in) > 0 || Some(*instant) == first || Some(*instant) == last);
        self
    }

    /// Shares the traffic among `pods`.
    pub fn over(mut self, pods: &[&str]) -> Self {
        self.pods = pods.iter().map(|pod| (*pod).to_owned()).collect();
        self
    }

    /// Sets the counters of the pod at place `pod` back to zero at `instant`.
    pub fn restarted(mut self, pod: usize, instant: i64) -> Self {
        self.restarts.push((pod, instant));
        self.restarts.sort_unstable();
        self
    }

    /// Begins with counters that have been counting for a while.
    pub const fn standing_at(mut self, count: u64) -> Self {
        self.standing_at = count;
        self
    }

    /// The counters of one metric: a series for each pod.
    pub fn counters(&self, traffic: &Traffic, counted: Counted, labels: &[(&str, &str)]) -> Vec<Series> {
        let running = traffic.running(counted);
        let pods = self.pods.len().max(1);
        (0..pods).map(|pod| self.counter(traffic, &running, pod, labels)).collect()
    }

    /// The series of the pod at place `pod`.
    fn counter(&self, traffic: &Traffic, running: &[u64], pod: usize, labels: &[(&str, &str)]) -> Series {
        let pods = u64::try_from(self.pods.len().max(1)).expect("few pods");
        let place = u64::try_from(pod).expect("few pods");
        // The events go round the pods, so that their counts add up to the traffic's exactly.
        let share = |instant| (counted_until(traffic, running, instant) + pods - 1 - place) / pods;
        let mut labels: Vec<(String, String)> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if let Some(name) = self.pods.get(pod) {
            labels.push(("pod".to_owned(), name.clone()));
        }
        let samples = self.instants.iter().map(|instant| {
            let started = self.restarts.iter().rev().find(|(of, at)| *of == pod && at <= instant);
            let value = match started {
                Some((_, at)) => share(*instant) - share(*at),
                None => share(*instant) + self.standing_at,
            };
            (*instant, value)
        });
        let samples = samples.collect();
        Series { labels, samples }
    }
}

/// One series: labels, and a value at each instant.
#[derive(Debug, Clone)]
pub struct Series {
    /// The labels, in the order in which they are written.
    labels: Vec<(String, String)>,
    /// Instants in seconds since the epoch, ascending, with the counter's value.
    samples: Vec<(i64, u64)>,
}

/// A recording: `OpenMetrics` text with timestamps.
#[derive(Debug, Default)]
pub struct Recording(String);

impl Recording {
    /// Adds a family: its name, its type, and its series with the suffix of their samples.
    #[must_use]
    pub fn family(mut self, name: &str, kind: &str, suffix: &str, series: &[Series]) -> Self {
        writeln!(self.0, "# TYPE {name} {kind}").expect("a string grows");
        for one in series {
            let labels: Vec<String> =
                one.labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
            let labels = labels.join(",");
            for (instant, value) in &one.samples {
                writeln!(self.0, "{name}{suffix}{{{labels}}} {value} {instant}").expect("a string grows");
            }
        }
        self
    }

    /// The whole text.
    pub fn text(self) -> String {
        self.0 + "# EOF\n"
    }
}
