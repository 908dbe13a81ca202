//! What a change makes of adjustments: two of them, held against each other. Nothing here judges.
//!
//! A change is judged by those of the base. What it adds, moves or widens counts from the day on which it is merged, and is
//! told before that, because it makes later verdicts milder.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Adjustments, Exclusion, Named, Returned};
use crate::settings::revision::{Resettled, Subject};

/// What differs between the adjustments before a change and those behind it, at an instant: what it excludes that began
/// before is said to be excluded afterwards.
#[must_use]
pub fn compare(before: &Adjustments, after: &Adjustments, now: Timestamp) -> Vec<Resettled> {
    let (was, is) = (before.by_name(), after.by_name());
    let names: BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
    let mut found = Vec::new();
    for name in names {
        let told = |of: &BTreeMap<&str, &Exclusion>| of.get(name).map(|one| whole(one));
        let (from, to) = (told(&was), told(&is));
        if from != to {
            let afterwards = is.get(name).is_some_and(|one| one.start < now);
            let to = to.map(|to| if afterwards { format!("{to}, declared after it began") } else { to });
            found.push(Resettled { subject: Subject::Exclusion(name.to_owned()), key: None, from, to });
        }
    }
    let apart = |of: &[Returned], others: &[Returned]| -> Vec<Returned> {
        let known: BTreeSet<_> = others.iter().map(Returned::key).collect();
        of.iter().filter(|one| !known.contains(&one.key())).cloned().collect()
    };
    let resettled = |one: &Returned, from: Option<String>, to: Option<String>| Resettled {
        subject: Subject::TopUp(one.top_up.slo.clone()),
        key: None,
        from,
        to,
    };
    for one in apart(&before.top_ups, &after.top_ups) {
        found.push(resettled(&one, Some(returned(&one)), None));
    }
    for one in apart(&after.top_ups, &before.top_ups) {
        found.push(resettled(&one, None, Some(returned(&one))));
    }
    found
}

/// All that bears on figures of an exclusion, in words.
fn whole(exclusion: &Exclusion) -> String {
    let names = |names: &[Named]| {
        let mut names: Vec<&str> = names.iter().map(|named| named.name.as_str()).collect();
        names.sort_unstable();
        names.join(", ")
    };
    let whom: Vec<String> = [&exclusion.services, &exclusion.slos]
        .into_iter()
        .filter(|one| !one.is_empty())
        .map(|one| names(one))
        .collect();
    let everywhere = "every environment".to_owned();
    let environments =
        if exclusion.environments.is_empty() { everywhere } else { names(&exclusion.environments) };
    format!("{} of {} in {environments}", exclusion.when(), whom.join(", "))
}

/// A top-up in words.
fn returned(one: &Returned) -> String {
    let share = (one.top_up.share * rust_decimal::Decimal::ONE_HUNDRED).normalize();
    format!("{share} % at {} for {}", one.top_up.at, one.top_up.dependency)
}
