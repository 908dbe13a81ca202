//! Pull requests with one head and one base: they share a commit status, so one of them decides what it says.
//!
//! They ship the same, but their labels may differ. The strictest verdict decides, and of equals the lowest number, so
//! that sweep after sweep says the same. What is not known of one of them could be stricter than all others, so that no
//! green is said for any of them then; what withholds is said all the same, because no other could make a green of it.

use std::collections::BTreeMap;

use crate::command::sweep::docket::{Docket, Judgement};
use crate::github::PullRequest;
use crate::report::{Report, line};
use crate::verdict::{Effect, Exit};

/// What a pull request has to do with the status of its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The status says what it is judged.
    Decides,
    /// The status says what another one is judged.
    Follows {
        /// The one that decides.
        decider: u64,
        /// What that is judged, in a sentence.
        verdict: String,
    },
    /// Another one has the same status, and what that is judged is not known; why.
    Undecided(String),
}

impl Part {
    /// Which pull request decides, for a reader; none where it is this one.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Decides => None,
            Self::Follows { decider, verdict } => Some(format!(
                "#{decider} has the same head and base and decides the commit status of both: {verdict}"
            )),
            Self::Undecided(why) => Some(why.clone()),
        }
    }
}

/// The part of each pull request of a docket, by what each is judged. `pulls` are all open ones, whether or not they were
/// reached; one of which `is_left` is true has no say.
pub fn parts(
    docket: &Docket<'_>,
    judgements: &[Judgement],
    pulls: &[PullRequest],
    is_left: impl Fn(&PullRequest) -> bool,
) -> Vec<Part> {
    let mut shared: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
    for pull in pulls.iter().filter(|pull| !is_left(pull)) {
        shared.entry((&pull.head_sha, &pull.base_ref)).or_default().push(pull.number);
    }
    let judged: BTreeMap<u64, &Judgement> =
        docket.entries.iter().map(|entry| entry.pull.number).zip(judgements).collect();
    let part = |pull: &PullRequest| {
        let numbers = shared.get(&(pull.head_sha.as_str(), pull.base_ref.as_str()));
        match numbers.filter(|numbers| numbers.len() > 1 && numbers.contains(&pull.number)) {
            Some(numbers) => decided(pull.number, numbers, &judged),
            None => Part::Decides,
        }
    };
    docket.entries.iter().map(|entry| part(entry.pull)).collect()
}

/// The part of one of several pull requests.
fn decided(number: u64, numbers: &[u64], judged: &BTreeMap<u64, &Judgement>) -> Part {
    let mut strictest: Option<(u64, &Report)> = None;
    for other in numbers {
        let unknown = match judged.get(other) {
            Some(Judgement::Report(report)) => {
                let rank = |number: u64, report: &Report| (strictness(report), std::cmp::Reverse(number));
                if strictest.is_none_or(|(number, known)| rank(*other, report) > rank(number, known)) {
                    strictest = Some((*other, report));
                }
                continue;
            }
            Some(Judgement::Unseen(why) | Judgement::Usage(why)) => format!("could not be judged: {why}"),
            None => "was not reached".to_owned(),
        };
        if *other != number && !withholds(judged.get(&number)) {
            return Part::Undecided(format!("#{other} has the same head and base, and {unknown}"));
        }
    }
    match strictest {
        Some((decider, report)) if decider != number => {
            Part::Follows { decider, verdict: line::render(report) }
        }
        Some(_) | None => Part::Decides,
    }
}

/// Whether something is known to stand in the way.
fn withholds(judged: Option<&&Judgement>) -> bool {
    matches!(judged, Some(Judgement::Report(report)) if report.verdict.exit != Exit::Proceed)
}

/// How strict a verdict is: first whether anything stands in the way at all.
fn strictness(report: &Report) -> (bool, Effect) {
    (report.verdict.exit != Exit::Proceed, report.verdict.effect)
}
