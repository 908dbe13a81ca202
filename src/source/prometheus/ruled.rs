//! Reading what rules recorded of the events of each step, instead of counting them again.
//!
//! One small question says of which definitions there is a recording now. Those are read, and compared with the one count
//! over the whole period that every budget is checked by: a recording that says otherwise is not believed. Where it
//! begins too late or has holes, the counters are asked about that stretch. A recording that cannot be read, or that there
//! are two of, is one that is not there.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::borrowed::Lent;
use super::question::{self, Answers, Figure, Question};
use super::{Prometheus, answer};
use crate::budget::Budget;
use crate::budget::gap::Gap;
use crate::budget::series::{Series, Total};
use crate::http::HttpError;
use crate::source::plan::Plan;
use crate::source::plan::borrowed::Borrowed;
use crate::source::plan::fuse::{self, Need};
use crate::source::plan::recording::{DEFINITION, INTERVAL, Recording};
use crate::source::promql::Fused;
use crate::source::{Observation, Planned, Range, Request, When};

/// The oldest that the value of a point may be, in seconds: none but the newest evaluation is within it, so that the steps
/// of neighbouring points meet.
const FRESH: i64 = INTERVAL;

/// The oldest that a recording may be that is read at all, in seconds.
pub(super) const LATEST: i64 = 5 * INTERVAL;

/// The most stretches in which counters are asked for what was not recorded.
const STRETCHES: usize = 4;

/// How far the events of a period may be from one count over it, as a share of them: 2 %.
const TOLERANCE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// An SLO that is asked about, with what its rules record.
#[derive(Debug, Clone)]
pub(super) struct Subject<'a> {
    /// The request.
    pub(super) request: Request<'a>,
    /// What is counted.
    pub(super) plan: &'a Plan,
    /// Where its rules record.
    recording: Option<Recording>,
    /// Where those of another program record.
    pub(super) borrowed: Option<Borrowed>,
}

impl<'a> Subject<'a> {
    /// An SLO that is asked about.
    pub(super) fn new(request: Request<'a>, plan: &'a Plan) -> Self {
        let (recording, borrowed) = (Recording::of(&request, plan), Borrowed::of(&request, plan));
        Self { request, plan, recording, borrowed }
    }

    /// The definition that a recording of it has; empty where there is none.
    fn definition(&self) -> &str {
        self.recording.as_ref().map_or("", |recording| &recording.definition)
    }

    /// The events that were recorded, with holes; none where something of them cannot be read.
    fn recorded(&self, answers: &Answers) -> Option<Series> {
        let range = self.plan.range;
        let recording = self.recording.as_ref()?;
        let [events, errors] = [&recording.events, &recording.errors]
            .map(|selector| answers.grid(selector, range).ok().flatten());
        let points =
            events?.into_iter().zip(errors?).map(|(total, bad)| Some(Total { bad: bad?, total: total? }));
        Some(Series { first: range.first, step: range.step, points: points.collect() })
    }

    /// Whether a recording says what one count over the period says; one with holes in it is compared when they are
    /// filled.
    pub(super) fn agrees(&self, series: &Series, direct: Total) -> bool {
        let points = usize::try_from(self.plan.period / series.step.max(1)).unwrap_or(usize::MAX);
        let skipped = series.points.len().saturating_sub(points);
        let whole = series
            .points
            .iter()
            .skip(skipped)
            .try_fold(Decimal::ZERO, |sum, point| Some(sum + point.as_ref()?.total));
        let alike = whole.is_none_or(|whole| (whole - direct.total).abs() <= TOLERANCE * direct.total);
        let budget = Budget::of(self.request.slo, vec![(series.clone(), Some(direct))]);
        alike && !matches!(budget.at(self.plan.range.last), Err(Gap::Inconsistent { .. }))
    }
}

/// The question of which definitions there are recordings now, with their number; none of no SLO.
fn probes(subjects: &[Subject<'_>]) -> Vec<(String, When)> {
    let Some(range) = subjects.first().map(|subject| subject.plan.range) else { return Vec::new() };
    let nothing = BTreeSet::new();
    let at = Range { first: range.last, ..range };
    let recordings = subjects.iter().filter_map(|one| one.recording.as_ref());
    let needs = recordings.map(|one| Need { selector: &one.any, pinned: &nothing, range: at });
    let probe =
        |fused: Fused| (format!("count by ({DEFINITION}) ({})", fused.newest(LATEST)), When::At(range.last));
    fuse::fuse(needs, 1).into_iter().map(|(fused, _)| probe(fused)).collect()
}

/// The questions that are asked before all others.
pub(super) fn planned(subjects: &[Subject<'_>]) -> Vec<Planned> {
    let serves: BTreeSet<String> = subjects.iter().map(|one| one.request.slo.name.clone()).collect();
    let probes = probes(subjects).into_iter();
    probes.map(|(query, when)| Planned { query, when, serves: serves.clone(), most: 1 }).collect()
}

/// What was recorded of some SLOs, and what was counted of the rest.
#[derive(Default)]
pub(super) struct Ruled {
    /// What was recorded and is believed, by definition.
    series: BTreeMap<String, Series>,
    /// The stretches in which something was not recorded.
    stretches: Vec<Range>,
    /// One count over each period, and what was counted on the grid.
    answers: Answers,
    /// How many recordings were read in part.
    parts: usize,
    /// How many recordings say otherwise than the counters.
    strange: usize,
    /// What other programs recorded.
    lent: Lent,
}

/// Asks for everything.
///
/// # Errors
/// When nothing answers at all.
pub(super) fn ask(server: &Prometheus<'_>, subjects: &[Subject<'_>]) -> Result<Ruled, Gap> {
    let known = known(server, subjects)?;
    let mut lent = Lent::ask(server, subjects);
    let is_known = |subject: &&Subject<'_>| known.contains(subject.definition());
    // What is recorded step by step is compared with the counters themselves.
    let is_lent = |subject: &&Subject<'_>| !is_known(subject) && lent.whole(subject).is_some();
    let (lenders, others): (Vec<_>, Vec<_>) = subjects.iter().partition(is_lent);
    let direct: Vec<&Plan> = others.iter().map(|subject| subject.plan).collect();
    let mut ruled = if known.is_empty() {
        let plans: Vec<&Plan> = subjects.iter().map(|subject| subject.plan).collect();
        let mut questions = question::steps(&plans);
        questions.extend(question::directly(&direct));
        Ruled::counted(server.ask(questions))
    } else {
        recorded(server, (subjects, &known), &direct)
    };
    lent.settle(server, &lenders, &mut ruled.answers);
    lent.compare(subjects, &ruled);
    Ok(Ruled { lent, ..ruled })
}

/// Asks for what `slogate rules` recorded of known definitions, for one count over the period of some plans, and for what
/// was not recorded.
fn recorded(
    server: &Prometheus<'_>,
    (subjects, known): (&[Subject<'_>], &BTreeSet<String>),
    direct: &[&Plan],
) -> Ruled {
    let mut ruled = Ruled::default();
    let is_known = |subject: &&Subject<'_>| known.contains(subject.definition());
    let recordings =
        subjects.iter().filter(is_known).filter_map(|one| Some((one.recording.as_ref()?, one.plan)));
    let needs = recordings.flat_map(|(recording, plan)| recording.needs(plan.range));
    let mut questions = question::on_grid(needs, Figure::Newest(FRESH));
    questions.extend(question::directly(direct));
    ruled.answers = server.ask(questions);
    for subject in subjects.iter().filter(is_known) {
        let Some(series) = subject.recorded(&ruled.answers) else { continue };
        let direct = subject.plan.direct(|one| ruled.answers.direct(one, subject.plan.period));
        let is_alike = match direct {
            Ok(direct) => direct.is_some_and(|direct| subject.agrees(&series, direct)),
            // Nothing to compare it with, and no budget without that.
            Err(_) => true,
        };
        if is_alike {
            ruled.parts += usize::from(series.points.contains(&None));
            ruled.series.insert(subject.definition().to_owned(), series);
        } else {
            ruled.strange += 1;
        }
    }
    ruled.stretches = stretches(ruled.series.values());
    let counted = server.ask(ruled.uncounted(subjects));
    ruled.answers.extend(counted);
    ruled
}

/// The definitions of which there is one recording now.
fn known(server: &Prometheus<'_>, subjects: &[Subject<'_>]) -> Result<BTreeSet<String>, Gap> {
    let probes = probes(subjects);
    let gets = probes.into_iter().map(|(query, when)| server.get(query, when, subjects.len()));
    let mut known = BTreeSet::new();
    for answer in server.client.get_all(gets.collect()) {
        if let Err(error @ HttpError::Unreachable { .. }) = &answer {
            return Err(answer::unreachable(error));
        }
        // Whatever else is wrong shows again when the counters are asked.
        known.extend(server.reader().definitions(answer).unwrap_or_default());
    }
    Ok(known)
}

impl Ruled {
    /// What was counted, where nothing recorded is read.
    pub(super) fn counted(answers: Answers) -> Self {
        Self { answers, ..Self::default() }
    }

    /// The questions about what was not recorded.
    fn uncounted(&self, subjects: &[Subject<'_>]) -> Vec<Question> {
        let step = subjects.first().map_or(1, |subject| subject.plan.range.step);
        let figure = Figure::Increase(step);
        let without = subjects.iter().filter(|subject| !self.series.contains_key(subject.definition()));
        let mut questions =
            question::on_grid(without.flat_map(|subject| subject.plan.needs(subject.plan.range)), figure);
        for stretch in &self.stretches {
            let needs = subjects.iter().filter_map(|subject| {
                let hole = hole(self.series.get(subject.definition())?, *stretch)?;
                Some(subject.plan.needs(hole))
            });
            questions.extend(question::on_grid(needs.flatten(), figure));
        }
        questions
    }

    /// The events of each step of an SLO, and of its period.
    pub(super) fn observation(&self, subject: &Subject<'_>) -> Result<Observation, Gap> {
        let plan = subject.plan;
        let Some(recorded) = self.series.get(subject.definition()) else {
            return self.answers.observation(plan);
        };
        let mut series = recorded.clone();
        for hole in self.stretches.iter().filter_map(|stretch| hole(recorded, *stretch)) {
            match self.answers.series(plan, hole) {
                Ok(counted) => fill(&mut series, counted),
                // The counters are not as old as the recording, or were away.
                Err(Gap::NoData { .. }) => {}
                Err(gap) => return Err(gap),
            }
        }
        let direct = plan.direct(|selector| self.answers.direct(selector, plan.period))?.unwrap_or_default();
        Ok(Observation { series, direct: Some(direct) })
    }

    /// What is to be said of whose recordings were read for so many SLOs.
    pub(super) fn notes(&self, subjects: usize) -> Vec<String> {
        let mut notes = self.lent.notes();
        notes.extend(self.note(subjects));
        notes
    }

    /// What is to be said of where the events of so many SLOs were read.
    fn note(&self, subjects: usize) -> Option<String> {
        if self.series.is_empty() && self.strange == 0 {
            return None;
        }
        let budgets = if subjects == 1 { "budget" } else { "budgets" };
        let parts = match self.parts {
            0 => String::new(),
            parts => format!(", of {parts} in part and the rest was counted"),
        };
        let strange = match self.strange {
            0 => String::new(),
            strange => format!("; of {strange} it says otherwise than the counters, which were asked"),
        };
        let read = self.series.len();
        Some(format!(
            "what `slogate rules` recorded was read for {read} of {subjects} {budgets}{parts}{strange}"
        ))
    }
}

/// The points of a series with their instants.
fn points(series: &Series) -> impl Iterator<Item = (i64, Option<&Total>)> {
    let instants = (0..).map(|index: i64| series.first + index * series.step);
    instants.zip(series.points.iter().map(Option::as_ref))
}

/// The few stretches in which points were not recorded: what lies between them was.
fn stretches<'a>(all: impl Iterator<Item = &'a Series>) -> Vec<Range> {
    let mut missing = BTreeSet::new();
    let mut step = 1;
    for series in all {
        step = series.step;
        missing.extend(points(series).filter(|(_, point)| point.is_none()).map(|(at, _)| at));
    }
    let pairs = missing.iter().zip(missing.iter().skip(1));
    let mut between: Vec<(i64, i64)> = pairs.map(|(before, after)| (after - before, *after)).collect();
    between.sort_unstable_by(|one, other| other.cmp(one));
    // What lies side by side is one stretch in any case.
    let breaks = between.into_iter().filter(|(apart, _)| *apart > step).take(STRETCHES - 1);
    let breaks: BTreeSet<i64> = breaks.map(|(_, after)| after).collect();
    let mut stretches: Vec<Range> = Vec::new();
    for at in missing {
        match stretches.last_mut().filter(|_| !breaks.contains(&at)) {
            Some(stretch) => stretch.last = at,
            None => stretches.push(Range { first: at, last: at, step }),
        }
    }
    stretches
}

/// The part of a stretch from the first point of a series that was not recorded to the last.
fn hole(series: &Series, stretch: Range) -> Option<Range> {
    let within = |at: i64| stretch.first <= at && at <= stretch.last;
    let mut missing = points(series).filter(|(at, point)| point.is_none() && within(*at)).map(|(at, _)| at);
    let first = missing.next()?;
    Some(Range { first, last: missing.last().unwrap_or(first), step: series.step })
}

/// Puts what was counted where nothing was recorded.
fn fill(series: &mut Series, counted: Series) {
    let start = usize::try_from((counted.first - series.first) / series.step.max(1)).unwrap_or(usize::MAX);
    for (slot, point) in series.points.iter_mut().skip(start).zip(counted.points) {
        *slot = slot.take().or(point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &str) -> Series {
        let known = |c| (c == '1').then(Total::default);
        Series { first: 600, step: 300, points: points.chars().map(known).collect() }
    }

    #[test]
    fn holes_are_few_stretches_with_what_was_recorded_between_them() {
        let of = |all: &[&str]| {
            let all: Vec<Series> = all.iter().map(|points| series(points)).collect();
            let stretches = stretches(all.iter());
            stretches
                .into_iter()
                .map(|of| ((of.first - 600) / 300, (of.last - 600) / 300))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&["1111"]), []);
        assert_eq!(of(&["___1"]), [(0, 2)]);
        assert_eq!(of(&["__11_1", "_11__1"]), [(0, 1), (3, 4)]);
        assert_eq!(of(&["_1_11_111_1_"]), [(0, 2), (5, 5), (9, 9), (11, 11)]);
        let hole = |points, first: i64, last: i64| {
            let stretch = Range { first: 600 + 300 * first, last: 600 + 300 * last, step: 300 };
            hole(&series(points), stretch).map(|of| ((of.first - 600) / 300, (of.last - 600) / 300))
        };
        assert_eq!(hole("1_1_11", 0, 5), Some((1, 3)));
        assert_eq!(hole("1_1_11", 2, 5), Some((3, 3)));
        assert_eq!(hole("1_1_11", 4, 5), None);
    }

    #[test]
    fn what_was_recorded_stays_and_holes_are_filled() {
        let one = |count: i64| Some(Total { bad: Decimal::ZERO, total: Decimal::from(count) });
        let mut recorded = Series { first: 600, step: 300, points: vec![None, one(2), None, None] };
        fill(&mut recorded, Series { first: 900, step: 300, points: vec![one(7), one(8), None] });
        assert_eq!(recorded.points, [None, one(2), one(8), None]);
    }
}
