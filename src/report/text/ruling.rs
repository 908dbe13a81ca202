//! One ruling on a terminal: its name and place, the numbers that it rests on against their thresholds, since when and
//! until when, and what it asks for.

use unicode_width::UnicodeWidthStr as _;

use super::{Page, at, clean};
use crate::policy::ruling::{Obstacle, Ruling, Standing};
use crate::policy::{Evidence, Value};
use crate::report::ink::Ink;
use crate::report::{consequence, figure, recalled, wrapped};
use crate::verdict::{Effect, Weighed};

/// Where what is said of a ruling hangs whose name takes more than a third of the line, in columns.
const HANGING: usize = 6;

/// Columns of a fact and its value before what is said of it.
const FACT: usize = 26;

impl Page<'_> {
    /// One ruling: its name and place, its numbers, since when and until when.
    pub(super) fn ruling(&mut self, weighed: &Weighed) {
        let ruling = &weighed.ruling;
        let name = clean(&ruling.clause);
        let beside = name.width() + 5;
        let hang = if beside <= self.look.room / 3 { beside } else { HANGING };
        let indent = " ".repeat(hang);
        let place = self.look.ink(Ink::Faint, &at(&ruling.place));
        let head = format!("  {}   ", self.look.ink(Ink::Strong, &name));
        self.say(&head, hang, &format!("{}   {place}", clean(&ruling.title)));
        let mut lines = vec![clean(&self.report.title_of(weighed))];
        lines.extend(numbers(weighed));
        lines.extend(self.standing(ruling));
        lines.extend(recalled::sentences(ruling, clean));
        lines.extend(self.obstacle(weighed));
        lines.extend(self.report.eased(weighed).map(|why| clean(&why)));
        if matches!(ruling.standing, Standing::InForce { .. }) {
            let said = ruling.consequences.iter().filter_map(|asked| consequence::sentence(asked, clean));
            lines.extend(said.map(|said| format!("{} {said}", self.glyph("→", "->"))));
        }
        for line in lines {
            self.say(&indent, hang + 2, &line);
        }
        self.out.push('\n');
    }

    /// Since when a clause is in force and until when; nothing where it is not.
    fn standing(&self, ruling: &Ruling) -> Vec<String> {
        let Standing::InForce { since, at_least, thaws_at } = ruling.standing else { return Vec::new() };
        let lasted = figure::lasting(self.report.judged_at.map_or(0, |t| t - since));
        let at_least = if at_least { "at least " } else { "" };
        let ends = match (recalled::ending(ruling, clean), thaws_at) {
            (Some(ending), _) => ending,
            (None, Some(at)) => format!("thaws {}, if nothing more burns", figure::instant(at)),
            (None, None) => "does not thaw by itself within a period".to_owned(),
        };
        vec![format!("in force since {at_least}{} ({lasted})", figure::instant(since)), ends]
    }

    /// Why it is not known whether a clause is in force, and what to do about that; nothing where it is known.
    fn obstacle(&self, weighed: &Weighed) -> Vec<String> {
        let ruling = &weighed.ruling;
        match &ruling.obstacle {
            Some(Obstacle::Unknown { why }) => {
                let help = self.report.budget_of(weighed).and_then(|line| line.help(ruling));
                let help = help.map(|help| format!("help: {help}"));
                std::iter::once(format!("not known: {}", clean(why))).chain(help).collect()
            }
            Some(Obstacle::Failed { message, place }) => vec![
                format!("failed: {} ({})", clean(message), at(place)),
                "help: mend the policy at that line".to_owned(),
            ],
            None => Vec::new(),
        }
    }
}

/// The numbers that a ruling rests on against their thresholds, a line a fact.
pub(super) fn numbers(weighed: &Weighed) -> Vec<String> {
    let ruling = &weighed.ruling;
    let holds = match weighed.asks {
        Effect::Freeze => "freezes",
        Effect::Restrict => "restricts",
        Effect::Warn => "warns",
        Effect::Proceed | Effect::Inform | Effect::Unknown => "holds",
    };
    // The same fact may have two values: conditions held steadily for different times.
    let same = |one: &Evidence, other: &Evidence| one.fact == other.fact && one.value == other.value;
    let thaw_of = |when: &Evidence| ruling.thaw_evidence.iter().find(|thaw| same(thaw, when));
    let when = |evidence: &Evidence| said(evidence, holds, "");
    let thaws = |evidence: &Evidence| said(evidence, "thaws", "read by `thaws`, ");
    let mut lines = Vec::new();
    for evidence in known(&ruling.evidence) {
        let mut words = Vec::new();
        words.extend(when(evidence));
        words.extend(thaw_of(evidence).and_then(thaws));
        lines.push(number(evidence, &words));
    }
    for evidence in known(&ruling.thaw_evidence) {
        if ruling.evidence.iter().all(|when| !same(when, evidence)) {
            lines.push(number(evidence, &Vec::from_iter(thaws(evidence))));
        }
    }
    lines
}

/// What follows under the comparison that a condition asks for; where it is unclear what it asks, whether what was
/// compared holds.
fn said(evidence: &Evidence, follows: &str, read: &str) -> Option<String> {
    let compared = figure::limit(evidence)?;
    Some(match compared.asked() {
        Some(asked) => {
            format!("{follows} {} {}", figure::condition(&asked), figure::value(&asked.threshold))
        }
        None => format!("{read}{}: {}", figure::threshold(compared), figure::held(compared)),
    })
}

/// The facts that are known; what is not known stands in the ruling's obstacle.
fn known(evidence: &[Evidence]) -> impl Iterator<Item = &Evidence> {
    evidence.iter().filter(|evidence| !matches!(evidence.value, Value::Unknown(_)))
}

/// One fact with what is said of it, aligned; no line ends inside of the fact.
fn number(evidence: &Evidence, words: &[String]) -> String {
    let fact = format!("{} {}", clean(&evidence.fact), clean(&figure::value(&evidence.value)));
    let kept = wrapped::kept(&fact);
    if words.is_empty() {
        return kept;
    }
    let words = wrapped::kept(&words.join(",\n")).replace('\n', " ");
    format!("{kept}{} {words}", " ".repeat(FACT.saturating_sub(fact.width())))
}
