//! What became of SLOs, seen backwards: from what stands now, one change after the other.
//!
//! An SLO is followed through new names, through defaults that take the place of others, and through changes in between
//! at which it was not there: whoever takes it away and writes it anew has changed it all the same.

use std::collections::BTreeMap;

use super::Slo;
use super::loosening::{Way, ways};
use super::pairing::pair;

/// A change that asks for less of an SLO, as it still does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loosening<'a, M> {
    /// As it was before; where it was not there in between, as it was last.
    pub before: Slo,
    /// As it was afterwards.
    pub after: Slo,
    /// What it is now.
    pub now: &'a Slo,
    /// In which ways.
    pub ways: Vec<Way>,
    /// Which change it was.
    pub mark: M,
}

/// An SLO that a change brought and that was none before it.
#[derive(Debug)]
struct Arrival<'a, M> {
    /// As it came.
    slo: Slo,
    /// What it is now; none where it is gone again.
    now: Option<&'a Slo>,
    /// Which change it was.
    mark: M,
}

/// What SLOs of an earlier time are now.
#[derive(Debug)]
pub struct Lineage<'a, M> {
    /// What stands now, by the names of the time that was reached; none where nothing does any more.
    heirs: BTreeMap<String, Option<&'a Slo>>,
    /// Those that came later than the time that was reached.
    arrivals: Vec<Arrival<'a, M>>,
}

impl<'a, M: Clone> Lineage<'a, M> {
    /// Begins with what stands now.
    #[must_use]
    pub fn new(now: impl IntoIterator<Item = &'a Slo>) -> Self {
        let heirs = now.into_iter().map(|slo| (slo.name.clone(), Some(slo))).collect();
        Self { heirs, arrivals: Vec::new() }
    }

    /// Goes back over a change: what it loosened, and what a later one did that brought back what this one took away.
    /// The SLOs may be those alone that the change touches.
    pub fn step<'s>(
        &mut self,
        before: impl IntoIterator<Item = &'s Slo>,
        after: impl IntoIterator<Item = &'s Slo>,
        mark: &M,
    ) -> Vec<Loosening<'a, M>> {
        let pairing = pair(before, after);
        let now = |name: &str| self.heirs.get(name).copied().flatten();
        let mut loosened = Vec::new();
        let mut heirs = Vec::new();
        let mut gone = Vec::new();
        for (before, after) in pairing.pairs {
            let Some(after) = after else {
                gone.push(before);
                continue;
            };
            let now = now(&after.name);
            heirs.push((before.name.clone(), now));
            loosened.extend(loosening(before, after, now, mark));
        }
        let arrived = pairing.added.into_iter().map(|slo| Arrival {
            slo: slo.clone(),
            now: now(&slo.name),
            mark: mark.clone(),
        });
        let arrived: Vec<Arrival<'a, M>> = arrived.collect();
        let mut earlier: BTreeMap<String, Arrival<'a, M>> =
            std::mem::take(&mut self.arrivals).into_iter().map(|one| (one.slo.name.clone(), one)).collect();
        let came: Vec<(&Slo, Option<String>)> = pair(gone, earlier.values().map(|one| &one.slo))
            .pairs
            .into_iter()
            .map(|(before, after)| (before, after.map(|after| after.name.clone())))
            .collect();
        for (before, name) in came {
            let arrival = name.and_then(|name| earlier.remove(&name));
            heirs.push((before.name.clone(), arrival.as_ref().and_then(|one| one.now)));
            loosened.extend(arrival.and_then(|one| loosening(before, &one.slo, one.now, &one.mark)));
        }
        self.arrivals.extend(earlier.into_values().chain(arrived));
        self.heirs.extend(heirs);
        loosened
    }
}

/// What a change loosened of an SLO that is still looser now.
fn loosening<'a, M: Clone>(
    before: &Slo,
    after: &Slo,
    now: Option<&'a Slo>,
    mark: &M,
) -> Option<Loosening<'a, M>> {
    let now = now?;
    let mut ways = ways(before, after);
    if ways.is_empty() {
        return None;
    }
    let still = self::ways(before, now);
    ways.retain(|way| still.contains(way));
    let (before, after, mark) = (before.clone(), after.clone(), mark.clone());
    (!ways.is_empty()).then(|| Loosening { before, after, now, ways, mark })
}

#[cfg(test)]
mod tests {
    use super::super::Catalog;
    use super::super::revision::tests::{BAD, catalog, slo};
    use super::*;

    /// A state: SLOs of 28 days that count the same events, by name and objective.
    fn state(slos: &[(&str, &str)]) -> Catalog {
        let texts: Vec<String> =
            slos.iter().map(|(name, target)| slo(name, target, "28d", BAD, "")).collect();
        if texts.is_empty() { Catalog::default() } else { catalog(&texts) }
    }

    /// What was loosened through some states, oldest first: the SLO before, the SLO now, and the state that did it.
    fn loosened(states: &[Catalog]) -> Vec<(String, String, usize)> {
        let mut lineage = Lineage::new(states.last().map(|now| &now.slos).into_iter().flatten());
        let mut found = Vec::new();
        for (index, pair) in states.windows(2).enumerate().rev() {
            let [before, after] = pair else { continue };
            let step = lineage.step(&before.slos, &after.slos, &(index + 1));
            found.extend(step.into_iter().map(|one| (one.before.name, one.now.name.clone(), one.mark)));
        }
        found
    }

    /// The same of states that are written down.
    fn told(states: &[&[(&str, &str)]]) -> Vec<(String, String, usize)> {
        loosened(&states.iter().map(|slos| state(slos)).collect::<Vec<_>>())
    }

    /// One that was loosened.
    fn one(before: &str, now: &str, mark: usize) -> Vec<(String, String, usize)> {
        vec![(before.to_owned(), now.to_owned(), mark)]
    }

    #[test]
    fn a_new_name_hides_nothing() {
        assert_eq!(told(&[&[("a", "0.99")], &[("a", "0.9")]]), one("a", "a", 1));
        assert_eq!(told(&[&[("a", "0.99")], &[("b", "0.9")]]), one("a", "b", 1));
        assert_eq!(told(&[&[("a", "0.99")], &[("b", "0.99")], &[("b", "0.9")]]), one("b", "b", 2));
        assert_eq!(told(&[&[("a", "0.99")], &[("a", "0.9")], &[("b", "0.9")]]), one("a", "b", 1));
        assert_eq!(told(&[&[("a", "0.99")], &[("b", "0.9")], &[("b", "0.99")]]), [], "it was put back");
    }

    #[test]
    fn what_was_not_there_in_between_is_compared_with_what_it_was_last() {
        assert_eq!(told(&[&[("a", "0.99")], &[], &[("a", "0.9")]]), one("a", "a", 2));
        assert_eq!(told(&[&[("a", "0.99")], &[], &[], &[("b", "0.9")]]), one("a", "b", 3));
        assert_eq!(told(&[&[("a", "0.9")], &[], &[("a", "0.99")]]), []);
        assert_eq!(told(&[&[("a", "0.99")], &[]]), [], "nothing is left of it that could be looser");
    }

    #[test]
    fn one_that_counts_the_same_and_was_there_before_is_no_heir() {
        let both: &[(&str, &str)] = &[("a", "0.99"), ("b", "0.9")];
        assert_eq!(told(&[both, &[("b", "0.9")]]), []);
    }

    #[test]
    fn what_takes_the_place_of_a_default_is_its_heir_whatever_it_counts() {
        let default = "slogate.dev/sli: availability, slogate.dev/default: 'true'";
        let explicit = "slogate.dev/sli: Availability";
        let before = catalog(&[slo("d", "0.999", "28d", BAD, default)]);
        let after = catalog(&[
            slo("d", "0.999", "28d", BAD, default),
            slo("x", "0.9", "28d", "errors_total", explicit),
        ]);
        assert_eq!(loosened(&[before.clone(), after.clone()]), one("d", "x", 1));
        let back = catalog(&[slo("d", "0.8", "28d", BAD, default)]);
        assert_eq!(loosened(&[before, after, back]), [one("x", "d", 2), one("d", "d", 1)].concat());
    }
}
