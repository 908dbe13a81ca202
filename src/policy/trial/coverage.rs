//! What the cases of a policy have seen of it: clauses that came into force, stayed out of it and ended, and excepted
//! classes of change that were used.
//!
//! Counted is what a case looks at, not what a walk passes by: a clause has ended where one instant of a case sees it
//! in force, or the case says that it was, and a later instant of the same case sees it idle, or a wanted stretch ends. Inside of conditions each
//! fact counts once for having been read, and each comparison of a fact that a case made once for having held and once
//! for not having held; a comparison of something reckoned from facts is not seen.

use std::collections::BTreeMap;

use crate::diagnostic::Place;
use crate::policy::ruling::{Ruling, Standing};
use crate::policy::trial::given::FACTS;
use crate::policy::trial::{Case, Moment};
use crate::policy::vocabulary::GROUPS;
use crate::policy::walk::Span;
use crate::policy::{Condition, Consequence, Evidence, Policy, Value};

/// Something of a policy that a case can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where it is written.
    pub place: Place,
    /// The clause.
    pub clause: String,
    /// What is to be seen, as a person reads it when no case sees it.
    pub missing: String,
    /// Whether a case has seen it.
    pub seen: bool,
}

/// What the cases of one policy have seen.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// The policy's id.
    pub policy: String,
    /// What there is to be seen, in the order of the text.
    marks: BTreeMap<(usize, u8, String), Mark>,
}

/// The order of marks within a clause.
const FIRED: u8 = 0;
/// See `FIRED`.
const UNFIRED: u8 = 1;
/// See `FIRED`.
const ENDED: u8 = 2;
/// See `FIRED`.
const EXCEPTED: u8 = 3;
/// See `FIRED`.
const READ: u8 = 4;
/// See `FIRED`.
const COMPARED: u8 = 5;

impl Coverage {
    /// Nothing is seen of a policy yet.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        let mut coverage = Self { policy: policy.id.clone(), marks: BTreeMap::new() };
        for (index, clause) in policy.clauses.iter().enumerate() {
            let mut add = |kind: u8, detail: &str, missing: String| {
                let (place, clause) = (clause.place.clone(), clause.name.clone());
                let mark = Mark { place, clause, missing, seen: false };
                coverage.marks.insert((index, kind, detail.to_owned()), mark);
            };
            add(FIRED, "", "no case sees it in force".to_owned());
            add(UNFIRED, "", "no case sees it idle".to_owned());
            if clause.thaws.is_some() {
                add(ENDED, "", "no case sees it thaw".to_owned());
            }
            for consequence in &clause.consequences {
                let Consequence::Freeze { except, .. } = consequence else { continue };
                for class in except {
                    add(EXCEPTED, class, format!("no case passes as `{class}`"));
                }
            }
            for (condition, name) in [(&clause.when, "when"), (&clause.thaws, "thaws")] {
                let Some(condition) = condition else { continue };
                for (given, ..) in FACTS {
                    let fact = if given == "priority" { "priority_reaches" } else { given };
                    let Some(place) = written(condition, fact) else { continue };
                    let missing = format!("`{fact}` of `{name}` is never read");
                    let mark = Mark { place, clause: clause.name.clone(), missing, seen: false };
                    coverage.marks.insert((index, READ, format!("{name} {fact}")), mark);
                }
            }
        }
        coverage
    }

    /// Notes what a case has seen.
    pub fn see(&mut self, policy: &Policy, case: &Case, moments: &[Moment]) {
        for (index, clause) in policy.clauses.iter().enumerate() {
            let mut before = case.in_force.contains(&clause.name);
            // A want that says nothing of clauses shows nothing of them.
            for moment in moments.iter().filter(|moment| moment.want.claims()) {
                if let Some(Ok(spans)) = moment.stretches.get(&clause.name) {
                    self.lasted(index, spans);
                }
                for ruling in moment.rulings.iter().filter(|one| one.clause == clause.name) {
                    for (condition, name, evidence) in [
                        (&clause.when, "when", &ruling.evidence),
                        (&clause.thaws, "thaws", &ruling.thaw_evidence),
                    ] {
                        let Some(condition) = condition else { continue };
                        for one in evidence {
                            self.compared(index, ruling, condition, name, one);
                        }
                    }
                    before = self.look(index, case, ruling, before);
                }
            }
        }
    }

    /// Notes stretches that a case looks at: a clause that came into force, and one that ended.
    fn lasted(&mut self, index: usize, spans: &[Span]) {
        if !spans.is_empty() {
            self.mark(index, FIRED, "");
        }
        if spans.iter().any(|span| span.until.is_some()) {
            self.mark(index, UNFIRED, "");
            self.mark(index, ENDED, "");
        }
    }

    /// Notes one ruling; whether the clause is in force at its end.
    fn look(&mut self, index: usize, case: &Case, ruling: &Ruling, before: bool) -> bool {
        match ruling.standing {
            Standing::InForce { .. } => {
                self.mark(index, FIRED, "");
                let excepts = ruling.consequences.iter().any(|one| {
                    matches!(one, Consequence::Freeze { environment, .. } if *environment == case.environment)
                });
                if let Some(class) = case.class.as_ref().filter(|_| excepts) {
                    self.mark(index, EXCEPTED, class);
                }
                true
            }
            Standing::Idle => {
                self.mark(index, UNFIRED, "");
                if before {
                    self.mark(index, ENDED, "");
                }
                false
            }
            Standing::Untriggered => {
                self.mark(index, UNFIRED, "");
                false
            }
            Standing::Unknown => before,
        }
    }

    /// Notes a fact that was read, and its comparison: one that was made has two sides to be seen.
    fn compared(
        &mut self,
        index: usize,
        ruling: &Ruling,
        condition: &Condition,
        name: &str,
        evidence: &Evidence,
    ) {
        let base = evidence.fact.split('(').next().unwrap_or_default();
        if !matches!(evidence.value, Value::Unknown(_)) {
            self.mark(index, READ, &format!("{name} {base}"));
        }
        let Some(comparison) = &evidence.compared else { return };
        let threshold = match &comparison.threshold {
            Value::Ratio(number) | Value::Rate(number) | Value::Count(number) => {
                number.normalize().to_string()
            }
            Value::Time(seconds) => seconds.normalize().to_string(),
            Value::Never => "never".to_owned(),
            Value::Text(text) | Value::Unknown(text) => text.clone(),
            Value::Word(word) => (*word).to_owned(),
        };
        for held in [true, false] {
            let detail = format!("{name} {} {} {threshold} {held}", evidence.fact, comparison.operator);
            let never = if held { "held" } else { "failed" };
            let missing = format!("`{} {}` of `{name}` never {never}", evidence.fact, comparison.operator);
            let place = || written(condition, base).unwrap_or_else(|| condition.place.clone());
            let mark = || Mark { place: place(), clause: ruling.clause.clone(), missing, seen: false };
            let mark = self.marks.entry((index, COMPARED, detail)).or_insert_with(mark);
            mark.seen |= held == comparison.held;
        }
    }

    /// Marks something as seen, where it is to be seen.
    fn mark(&mut self, index: usize, kind: u8, detail: &str) {
        if let Some(mark) = self.marks.get_mut(&(index, kind, detail.to_owned())) {
            mark.seen = true;
        }
    }

    /// Everything that there is to be seen, in the order of the text.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.marks.values()
    }

    /// How much was seen, and how much there is.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.marks().filter(|mark| mark.seen).count(), self.marks.len())
    }
}

/// Where a condition first reads a fact; none where it does not by name.
fn written(condition: &Condition, fact: &str) -> Option<Place> {
    let text = condition.place.text();
    let ends = |at: usize| {
        let next = text.get(at..).and_then(|rest| rest.chars().next());
        next.is_none_or(|next| !(next.is_alphanumeric() || next == '_'))
    };
    let dotted = format!(".{fact}");
    // `sla.remaining` is another fact than `remaining`.
    let grouped = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        GROUPS.iter().any(|group| before.ends_with(&format!(".{group}")))
    };
    let found = text.match_indices(&dotted).filter(|(at, _)| !grouped(*at));
    let at = found.map(|(at, _)| at + 1).find(|at| ends(at + fact.len()))?;
    let start = condition.place.span.start + at;
    Some(Place::new(&condition.place.source, start..start + fact.len()))
}
