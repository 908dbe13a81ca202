//! What adjustments did to the figures and the verdict of a report that was read back, in the words that it had itself.

use super::recorded::gap_in_brief;
use super::told::{Told, text, texts};
use super::{Writer, name, words};
use crate::document::Part;
use crate::policy::recorded::{decimal, evidence};
use crate::report::adjusted::{self, Excluded};
use crate::report::recalled;

impl Writer {
    /// What adjustments turned.
    pub(super) fn adjusted(&mut self, told: Told<'_>) {
        let of_budgets = told.0.get("budgets").into_iter().flat_map(Part::items).filter_map(unexcluded);
        let mut said: Vec<String> = of_budgets.collect();
        for ruling in told.rulings() {
            let Some(share) = returned(ruling) else { continue };
            let sentence = adjusted::returned(told.title_of(ruling), text(ruling, "policy"), share);
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
        let turned = told.0.at("/verdict/unadjusted").filter(|unadjusted| unadjusted.is_map());
        said.extend(turned.map(|unadjusted| {
            let (clauses, names) = (texts(unadjusted, "clauses"), texts(unadjusted, "adjustments"));
            let decided = (text(unadjusted, "effect"), clauses.as_slice());
            adjusted::decided("without", &names, decided, str::to_owned)
        }));
        if said.is_empty() {
            return;
        }
        self.section("What was adjusted");
        for sentence in said {
            self.bullet(0, &[name(&sentence)]);
        }
        self.text.push('\n');
    }

    /// What is given back of the budget that a ruling read.
    pub(super) fn topped_up(&mut self, ruling: Part<'_>) {
        let Some(share) = returned(ruling) else { return };
        let read: Vec<_> = ["evidence", "thaw_evidence"]
            .into_iter()
            .filter_map(|key| ruling.get(key))
            .flat_map(Part::items)
            .filter_map(evidence)
            .collect();
        self.bullet(1, &[words(&recalled::topped_up(share, &read))]);
    }
}

/// The share that is given back of a ruling's budget; none where that is nothing.
fn returned(ruling: Part<'_>) -> Option<rust_decimal::Decimal> {
    let share = decimal(ruling.get("recalled")?.get("topped_up")?)?;
    (!share.is_zero()).then_some(share)
}

/// What a budget would be without its exclusions; none where that is the same.
fn unexcluded(budget: Part<'_>) -> Option<String> {
    let adjusted = budget.get("adjusted")?;
    let excluded = |part: Part<'_>| {
        let seconds = part.get("seconds").and_then(decimal).and_then(|seconds| i64::try_from(seconds).ok());
        Excluded { name: text(part, "name").to_owned(), seconds: seconds.unwrap_or(0) }
    };
    let exclusions: Vec<Excluded> =
        adjusted.get("exclusions").into_iter().flat_map(Part::items).map(excluded).collect();
    let with = budget.get("remaining").and_then(decimal);
    let without = adjusted.get("without").and_then(|without| decimal(without.get("remaining")?));
    let left = (
        with.ok_or_else(|| gap_in_brief(budget.get("gap"))),
        without.ok_or_else(|| gap_in_brief(adjusted.get("without_gap"))),
    );
    let said = adjusted::unexcluded(left, &exclusions, str::to_owned)?;
    Some(format!("{}: {said}", text(budget, "title")))
}
