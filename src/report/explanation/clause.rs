//! A clause against its budgets as prose: where it stands for each SLO, what it read, and how far it is from changing.

use super::{Page, Writer, name, words};
use crate::policy::distance::Distance;
use crate::policy::prose::Piece;
use crate::policy::ruling::{Obstacle, Ruling, Standing};
use crate::policy::{Clause, Condition, Evidence, Policy, Value};
use crate::report::{BudgetLine, Report, attribution, figure, period, recalled};
use crate::verdict::Weighed;

/// What a clause says of one SLO, and how far it is from saying something else.
#[derive(Debug, Clone, Copy)]
pub struct Stand<'a> {
    /// What it says.
    pub weighed: &'a Weighed,
    /// How far it is.
    pub distance: Distance,
}

/// What two conditions are called where their comparisons are told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    /// The one that brings it into force.
    When,
    /// The one that ends it.
    Thaws,
}

/// A clause with where it stands.
#[must_use]
pub fn clause(policy: &Policy, clause: &Clause, report: &Report, stands: &[Stand<'_>], page: Page) -> String {
    let mut writer = Writer::new(page);
    writer.clause(None, policy, clause);
    if stands.is_empty() {
        writer.paragraph("", &[words("No SLO is in its scope, so it never comes into force.")]);
    }
    for stand in stands {
        writer.stand(clause, report, stand);
    }
    writer.paragraph("", &sources(policy, clause, report));
    writer.end()
}

/// Where everything comes from.
fn sources(policy: &Policy, clause: &Clause, report: &Report) -> Vec<Piece> {
    let mut pieces =
        vec![words("Policy "), name(&policy.id), words(" "), name(&policy.header.version), words(", ")];
    pieces.push(Piece::Code(clause.place.to_string()));
    if let Some(environment) = &report.environment {
        let mode = report.mode.map_or_else(String::new, |mode| format!(", whose mode is {}", mode.as_str()));
        pieces.extend([words("; environment "), name(environment), words(&mode)]);
    }
    if let Some(source) = &report.source {
        pieces.extend([words("; "), name(source)]);
    }
    if let Some(t) = report.judged_at {
        pieces.push(words(&format!(", judged at {}", figure::instant(t))));
    }
    pieces.push(words("."));
    pieces
}

/// What a fact was, what it was compared with, and how far it is from that.
fn comparison(evidence: &Evidence, which: Which) -> Vec<Piece> {
    let value = figure::value(&evidence.value);
    // A signal is quiet, or it fires.
    let is = if figure::is_signal(evidence) && value == "fires" { " " } else { " is " };
    let mut pieces = vec![Piece::Code(evidence.fact.clone()), words(is), name(&value)];
    let Some(written) = figure::limit(evidence) else { return pieces };
    let Some(compared) = &written.asked() else {
        let read = match which {
            Which::When => "",
            Which::Thaws => "read by `thaws`, ",
        };
        pieces.push(words(&format!(", {read}{} ", figure::operator(written))));
        pieces.push(name(&figure::value(&written.threshold)));
        pieces.push(words(&format!(": {}", figure::held(written))));
        return pieces;
    };
    let what = match which {
        Which::When => "in force",
        Which::Thaws => "thaws",
    };
    pieces.push(words(&format!("; {what} {} ", figure::condition(compared))));
    pieces.push(name(&figure::value(&compared.threshold)));
    let exact = evidence.value == compared.threshold;
    let apart = figure::distance(&evidence.value, compared);
    pieces.push(words(&match (compared.held, apart) {
        (true, Some(apart)) if !exact => format!(", which holds by {apart}"),
        (true, _) => ", which holds".to_owned(),
        (false, Some(_)) if exact => ", which is reached and not passed".to_owned(),
        (false, Some(apart)) => format!(", which is {apart} away"),
        (false, None) => ", which does not hold".to_owned(),
    }));
    pieces
}

/// How many bad events change where a clause stands.
fn events(clause: &Clause, distance: Distance) -> Option<String> {
    let counted = |count: i64, how: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{} {how} bad event{plural}", figure::count(count.into()))
    };
    let lasting = |condition: &Option<Condition>| condition.as_ref().and_then(|one| one.steadily);
    let then = |done: &str, waits: &str, steadily: Option<i64>| match steadily {
        None => done.to_owned(),
        Some(length) => format!("{waits} holds; {done} once that has lasted for {}", figure::period(length)),
    };
    Some(match distance {
        Distance::More(count) => format!(
            "{} and {}",
            counted(count, "more"),
            then("it comes into force", "its condition", lasting(&clause.when))
        ),
        Distance::OutOfReach => "bad events alone, however many, do not bring it into force now".to_owned(),
        Distance::Fewer(count) => {
            format!(
                "{} and {}",
                counted(count, "fewer"),
                then("it would end", "`thaws`", lasting(&clause.thaws))
            )
        }
        Distance::None => return None,
    })
}

impl Writer {
    /// Where a clause stands for one SLO.
    fn stand(&mut self, clause: &Clause, report: &Report, stand: &Stand<'_>) {
        let weighed = stand.weighed;
        let ruling = &weighed.ruling;
        let mut title = vec![name(&report.title_of(weighed)), words(": ")];
        title.push(words(&standing(ruling.standing, report.judged_at)));
        self.bullet(0, &title);
        if let Some(said) = report.budget_of(weighed).and_then(period::sentence) {
            self.bullet(1, &[words(&said)]);
        }
        for (evidence, which) in ruling
            .evidence
            .iter()
            .map(|one| (one, Which::When))
            .chain(thawing(ruling.standing, &ruling.thaw_evidence))
        {
            if !matches!(evidence.value, Value::Unknown(_)) {
                self.compared(evidence, which);
            }
        }
        match &ruling.obstacle {
            Some(Obstacle::Unknown { why }) => {
                let because =
                    if ruling.standing == Standing::Unknown { "because " } else { "not decided anew: " };
                self.bullet(1, &[words(because), name(why)]);
                if let Some(help) = report.budget_of(weighed).and_then(|line| line.help(ruling)) {
                    self.bullet(1, &[words("help: "), name(help)]);
                }
            }
            Some(Obstacle::Failed { message, place }) => self.bullet(
                1,
                &[words("failed: "), name(message), words(" ("), Piece::Code(place.to_string()), words(")")],
            ),
            None => {}
        }
        if let Some(line) = report.budget_of(weighed) {
            self.through(ruling, line);
        }
        if let Some(said) = events(clause, stand.distance) {
            self.bullet(1, &[words(&said)]);
        }
        for said in recalled::sentences(ruling, str::to_owned) {
            self.bullet(1, &[name(&said)]);
        }
        if let Standing::InForce { thaws_at, .. } = ruling.standing {
            let said = match (recalled::ending(ruling, str::to_owned), thaws_at) {
                (Some(ending), _) => ending,
                (None, Some(at)) => format!("ends {}, if nothing more burns", figure::instant(at)),
                (None, None) => "does not end by itself within a period".to_owned(),
            };
            self.bullet(1, &[name(&said)]);
        }
        if let Some(why) = report.eased(weighed) {
            self.bullet(1, &[name(&why)]);
        }
        self.text.push('\n');
    }

    /// What went through the dependencies that a clause reads of, and when.
    fn through(&mut self, ruling: &Ruling, line: &BudgetLine) {
        for through in &line.through {
            let Ok(known) = &through.known else { continue };
            if !attribution::reads(ruling, through) {
                continue;
            }
            let said = attribution::sentence(line, (through, known), str::to_owned);
            self.bullet(1, &[name(&said), words(": "), words(&attribution::rule(known))]);
            for incident in attribution::incidents(known, str::to_owned) {
                self.bullet(2, &[name(&incident)]);
            }
        }
    }

    /// One fact with what it was compared with.
    pub(super) fn compared(&mut self, evidence: &Evidence, which: Which) {
        self.bullet(1, &comparison(evidence, which));
    }

    /// A line of a list, of which each level is indented below the one before.
    pub(super) fn bullet(&mut self, level: usize, pieces: &[Piece]) {
        let (first, rest) = match self.page {
            Page::Terminal(_) => ("  ".repeat(level), "  ".repeat(level + 1)),
            Page::Markdown => (format!("{}- ", "  ".repeat(level)), String::new()),
        };
        self.lines(&first, &rest, pieces);
    }
}

/// What `thaws` read, where that matters: while the clause is in force.
fn thawing(standing: Standing, evidence: &[Evidence]) -> impl Iterator<Item = (&Evidence, Which)> {
    let shown = if matches!(standing, Standing::InForce { .. }) { evidence } else { &[] };
    shown.iter().map(|one| (one, Which::Thaws))
}

/// Where a clause stands, in words.
fn standing(standing: Standing, judged_at: Option<i64>) -> String {
    match standing {
        Standing::InForce { since, at_least, .. } => {
            let lasted = judged_at.map_or(0, |t| t - since);
            let at_least = if at_least { "at least " } else { "" };
            format!("in force since {at_least}{} ({})", figure::instant(since), figure::lasting(lasted))
        }
        Standing::Idle => "idle".to_owned(),
        Standing::Unknown => "not known".to_owned(),
        Standing::Untriggered => "manual, and nobody has triggered it".to_owned(),
    }
}
