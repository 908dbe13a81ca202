//! What a sweep judges: the law of each base branch, read once, and what each open pull request changes.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::command::basis::{self, Basis};
use crate::command::failed;
use crate::command::ground::{self, Seen};
use crate::command::judge::{self, Case, Judged, Stop};
use crate::command::proposed;
use crate::command::question::{self, Question};
use crate::command::reckoning::Reckoning;
use crate::command::sweep::round::Allowance;
use crate::github::{PullRequest, SURVEYED};
use crate::report::Report;

/// How long reading one pull request or one law may take.
const READING: Duration = Duration::from_secs(30);

/// What became of the questions of each base, in their order; none where its law is broken.
pub type Reckonings<'a> = [Option<Result<Reckoning<'a>, Stop>>];

/// A base branch, with what rules there.
pub struct Base {
    /// The branch.
    name: String,
    /// What a report says of it before any change is looked at.
    report: Report,
    /// The law, or why there is none.
    law: Result<Basis, Halt>,
}

/// A pull request that is to be judged.
pub struct Entry<'a> {
    /// The pull request.
    pub pull: &'a PullRequest,
    /// Its base, by its place in the docket.
    base: usize,
    /// What its report says before any budget is known.
    report: Report,
    /// What it changes, or why that is not known.
    changed: Result<Option<Seen>, Halt>,
}

/// Why something could not be read.
#[derive(Clone)]
struct Halt {
    /// Why.
    stop: Stop,
    /// We failed, and nobody was silent: the next sweep will fail the same way, so it is told.
    is_ours: bool,
}

impl Halt {
    /// Why what is told already is left: it may be right, and only what the monitoring system did not answer is an answer.
    fn unseen(&self) -> Option<&str> {
        match &self.stop {
            Stop::Unknown(why) if !self.is_ours => Some(why),
            Stop::Unknown(_) | Stop::Usage(_) | Stop::Invalid(_) => None,
        }
    }
}

/// The bases and the pull requests of a sweep.
#[derive(Default)]
pub struct Docket<'a> {
    /// The base branches.
    pub bases: Vec<Base>,
    /// The pull requests that are judged, in the order of the sweep.
    pub entries: Vec<Entry<'a>>,
}

/// What a pull request is judged.
pub enum Judgement {
    /// A report, whose verdict may be that nothing is known.
    Report(Box<Report>),
    /// It could not be seen what is to be judged; what is told already is left.
    Unseen(String),
    /// The command line is wrong.
    Usage(String),
}

impl Judgement {
    /// What is wrong with the command line, where that is what came of it.
    pub fn usage(&self) -> Option<String> {
        match self {
            Self::Usage(message) => Some(message.clone()),
            Self::Report(_) | Self::Unseen(_) => None,
        }
    }
}

impl<'a> Docket<'a> {
    /// Reads the laws and the changes of as many pull requests as there are calls for, and of one at least.
    pub fn read(
        case: &Case<'_>,
        pulls: &'a [PullRequest],
        allowance: Allowance<'_>,
        mut progress: impl FnMut(usize),
    ) -> Self {
        let mut docket = Self::default();
        // Of whom was read ahead, whatever was found.
        let mut ahead = BTreeSet::new();
        for (place, pull) in pulls.iter().enumerate() {
            let admitted = || allowance.admits(pull, docket.entries.len(), docket.is_surveyed(pull));
            if !allowance.is_open() || !(docket.entries.is_empty() || admitted()) {
                break;
            }
            let base = docket.base(case, &pull.base_ref);
            if ahead.insert(pull.number) {
                let alike = pulls.iter().skip(place + 1).filter(|next| next.base_ref == pull.base_ref);
                let others = alike.filter(|next| ahead.insert(next.number)).take(SURVEYED - 1);
                let next: Vec<&PullRequest> = [pull].into_iter().chain(others).collect();
                docket.survey(case, base, &next);
            }
            if let Some(entry) = docket.bases.get(base).map(|found| entry(case, pull, base, found)) {
                docket.entries.push(entry);
            }
            progress(docket.entries.len());
        }
        docket
    }

    /// The place of a base branch, whose law is read when it is first asked for.
    fn base(&mut self, case: &Case<'_>, name: &str) -> usize {
        if let Some(place) = self.bases.iter().position(|base| base.name == name) {
            return place;
        }
        let mut report = Judged::blank(case.means.present).report;
        if let Some(github) = &case.github {
            github.grant(READING);
        }
        let law = guarded(|| {
            let ground = ground::at_tip(case, name, None)?;
            basis::read(case, ground, &mut report)
        });
        self.bases.push(Base { name: name.to_owned(), report, law });
        self.bases.len() - 1
    }

    /// Reads ahead what pull requests of a base change. Where services are named, nobody asks.
    fn survey(&self, case: &Case<'_>, base: usize, pulls: &[&PullRequest]) {
        let Some(Ok(law)) = self.bases.get(base).map(|base| &base.law) else { return };
        if let Some(github) = case.github.as_ref().filter(|_| case.services.is_empty()) {
            github.grant(READING);
            law.ground.survey(pulls.iter().copied());
        }
    }

    /// Whether it takes no call to see what a pull request changes.
    fn is_surveyed(&self, pull: &PullRequest) -> bool {
        let base = self.bases.iter().find(|base| base.name == pull.base_ref);
        base.and_then(|base| base.law.as_ref().ok()).is_some_and(|law| law.ground.is_surveyed(pull))
    }

    /// The services that the pull requests of a base touch.
    fn services(&self, base: usize) -> BTreeSet<&str> {
        let entries = self.entries.iter().filter(|entry| entry.base == base);
        entries.flat_map(Entry::services).collect()
    }

    /// Asks for the budgets of a base, once for all its pull requests.
    pub fn reckon<'b>(&'b self, case: &Case<'b>, base: usize) -> Option<Result<Reckoning<'b>, Stop>> {
        let law = self.bases.get(base)?.law.as_ref().ok()?;
        let asked = guarded(|| Ok(Question::of(case, law, &self.services(base))?.ask(false)));
        Some(asked.map_err(|halt| halt.stop))
    }

    /// Judges a pull request.
    pub fn judge(&self, case: &Case<'_>, entry: &Entry<'a>, reckonings: &Reckonings<'_>) -> Judgement {
        let Some(base) = self.bases.get(entry.base) else {
            return Judgement::Unseen("its base was not read".to_owned());
        };
        let mut report = entry.report.clone();
        let verdict = match (&base.law, &entry.changed, reckonings.get(entry.base).and_then(Option::as_ref)) {
            (Err(halt), _, _) | (_, Err(halt), _) => match halt.unseen() {
                Some(why) => return Judgement::Unseen(why.to_owned()),
                None => Err(halt.stop.clone()),
            },
            (Ok(_), Ok(_), None) => return Judgement::Unseen("its budgets were not asked for".to_owned()),
            (Ok(law), Ok(_), Some(reckoned)) => guarded(|| {
                report.problems.extend(question::unasked(case, law, &entry.services().collect())?);
                match reckoned {
                    Ok(reckoning) => Ok(reckoning.fold(&mut report).0),
                    Err(stop) => Err(stop.clone()),
                }
            })
            .map_err(|halt| halt.stop),
        };
        match judge::finish(verdict, &mut report) {
            Ok(()) => Judgement::Report(Box::new(report)),
            Err(message) => Judgement::Usage(message),
        }
    }

    /// Adds to a report that the pull request touches what judges it. What it makes of that is not read: a sweep has no
    /// calls for the files of everybody's heads.
    pub fn propose(&self, entry: &Entry<'a>, report: &mut Report) {
        if let Some(Ok(law)) = self.bases.get(entry.base).map(|base| &base.law)
            && let Ok(changed) = &entry.changed
        {
            report.proposed = proposed::unread(law, changed.as_ref());
        }
    }

    /// The errors in what was written on the bases, each base's once.
    pub fn reports(&self) -> impl Iterator<Item = (&str, &Report, Option<&Stop>)> {
        self.bases.iter().map(|base| {
            let stop = base.law.as_ref().err().map(|halt| &halt.stop);
            (base.name.as_str(), &base.report, stop)
        })
    }
}

impl Entry<'_> {
    /// The services that it touches.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.report.change.services.iter().map(|service| service.name.as_str())
    }
}

/// The case of one pull request.
fn of_pull<'a>(case: &Case<'a>, pull: &'a PullRequest) -> Case<'a> {
    Case { pull: Some(pull), ..case.clone() }
}

/// Looks at what a pull request changes.
fn entry<'a>(case: &Case<'_>, pull: &'a PullRequest, place: usize, base: &Base) -> Entry<'a> {
    let mut report = base.report.clone();
    report.change.head = Some(pull.head_sha.clone());
    let case = of_pull(case, pull);
    if let Some(github) = &case.github {
        github.grant(READING);
    }
    let changed = match &base.law {
        Ok(law) => guarded(|| basis::change(&case, law, &mut report)),
        Err(halt) => Err(halt.clone()),
    };
    Entry { pull, base: place, report, changed }
}

/// Does something of which a panic means that its outcome is not known.
fn guarded<T>(walk: impl FnOnce() -> Result<T, Stop>) -> Result<T, Halt> {
    match catch_unwind(AssertUnwindSafe(walk)) {
        Ok(walked) => walked.map_err(|stop| Halt { stop, is_ours: false }),
        Err(payload) => Err(Halt { stop: Stop::Unknown(failed(payload.as_ref())), is_ours: true }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_leaves_what_is_told_and_a_panic_of_ours_does_not() {
        let silent = guarded::<()>(|| Err(Stop::Unknown("github did not answer".to_owned())));
        assert_eq!(silent.expect_err("it stops").unseen(), Some("github did not answer"));
        let broken = guarded::<()>(|| panic!("a mistake of ours")).expect_err("it stops");
        assert_eq!(broken.unseen(), None);
        assert!(matches!(&broken.stop, Stop::Unknown(why) if why.contains("a mistake of ours")));
        let wrong = guarded::<()>(|| Err(Stop::Invalid(Vec::new()))).expect_err("it stops");
        assert_eq!(wrong.unseen(), None);
    }
}
