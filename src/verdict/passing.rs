//! Who passes: the classes of change, and the canary, that a verdict would let through; and which class a change is
//! judged by that has several.
//!
//! All of it is reckoned by folding the same rulings again, and nothing is inferred from a policy's text.

use crate::change::Rollout;
use crate::policy::ruling::Ruling;
use crate::verdict::{Exit, Situation, fold};

/// Who passes although a verdict withholds the change: reckoned, not inferred, so that nobody is promised a pass that
/// the next run refuses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passing {
    /// The classes of change that would proceed.
    pub classes: Vec<String>,
    /// A canary of this very change would proceed.
    pub canary: bool,
}

/// Reckons who passes, by folding the same rulings for each of `classes` and for a canary.
#[must_use]
pub fn passing<'a>(
    situation: &Situation,
    rulings: &[Ruling],
    classes: impl IntoIterator<Item = &'a String>,
) -> Passing {
    let proceeds = |situation: &Situation| fold(situation, rulings.to_vec(), &[]).exit == Exit::Proceed;
    if proceeds(situation) {
        return Passing::default();
    }
    Passing {
        classes: classes.into_iter().filter(|class| proceeds(&situation.of_class(class))).cloned().collect(),
        canary: proceeds(&Situation { rollout: Rollout::Canary, ..situation.clone() }),
    }
}

/// The class that a change is judged by, of those that it is of: the one under which the verdict is the mildest, and of
/// equals the first that is named. Each was given by somebody who may, so none of them is in the way of another.
#[must_use]
pub fn mildest<'a>(
    situation: &Situation,
    rulings: &[Ruling],
    classes: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let effect = |class: &&str| fold(&situation.of_class(class), rulings.to_vec(), &[]).effect;
    classes.into_iter().min_by_key(effect).map(ToOwned::to_owned)
}
