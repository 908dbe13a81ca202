//! Which SLO of one catalog is which of another.
//!
//! It is the one of the same name. Where there is none, it is a new one that counts the same events of the same service,
//! so that another name hides nothing; and where a default is on either side, the one that takes its place: of the same
//! service, SLI and endpoint.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::revision::counted_by;
use super::{Origin, Slo};

/// The SLOs of two catalogs side by side.
#[derive(Debug)]
pub struct Pairing<'b, 'h> {
    /// Every older SLO, in the order given, with what it became; none where it is gone.
    pub pairs: Vec<(&'b Slo, Option<&'h Slo>)>,
    /// The newer ones that were none before, by name.
    pub added: Vec<&'h Slo>,
}

/// Pairs older SLOs with newer ones. Everything is looked up in maps: whoever writes a change chooses how many there are.
#[must_use]
pub fn pair<'b, 'h>(
    base: impl IntoIterator<Item = &'b Slo>,
    head: impl IntoIterator<Item = &'h Slo>,
) -> Pairing<'b, 'h> {
    let base: Vec<&Slo> = base.into_iter().collect();
    let by_name: BTreeMap<&str, &Slo> = head.into_iter().map(|slo| (slo.name.as_str(), slo)).collect();
    let known: BTreeSet<&str> = base.iter().map(|slo| slo.name.as_str()).collect();
    let added = by_name.iter().filter(|(name, _)| !known.contains(*name));
    let gone = base.iter().filter(|slo| !by_name.contains_key(slo.name.as_str()));
    let mut open = Open {
        gone: gone.copied().collect(),
        added: added.map(|(_, slo)| *slo).collect(),
        heirs: BTreeMap::new(),
    };
    open.settle(|slo| Some((slo.service.clone(), counted_by(slo))), |_| true, |_| true);
    open.settle(promise, is_default, |_| true);
    open.settle(promise, |_| true, is_default);
    let heir = |slo: &Slo| {
        let name = slo.name.as_str();
        by_name.get(name).or_else(|| open.heirs.get(name)).copied()
    };
    Pairing { pairs: base.into_iter().map(|slo| (slo, heir(slo))).collect(), added: open.added }
}

/// What no name has paired yet.
struct Open<'b, 'h> {
    /// The older ones.
    gone: Vec<&'b Slo>,
    /// The newer ones.
    added: Vec<&'h Slo>,
    /// What older ones became, by their names.
    heirs: BTreeMap<&'b str, &'h Slo>,
}

impl Open<'_, '_> {
    /// Pairs those of the same key, in order, where both may be.
    fn settle<K: Ord>(
        &mut self,
        key: impl Fn(&Slo) -> Option<K>,
        may_go: impl Fn(&Slo) -> bool,
        may_come: impl Fn(&Slo) -> bool,
    ) {
        let mut coming: BTreeMap<K, VecDeque<&Slo>> = BTreeMap::new();
        for slo in self.added.iter().filter(|slo| may_come(slo)) {
            if let Some(key) = key(slo) {
                coming.entry(key).or_default().push_back(slo);
            }
        }
        let mut taken = BTreeSet::new();
        self.gone.retain(|slo| {
            let found = if may_go(slo) { key(slo) } else { None };
            let Some(heir) = found.and_then(|key| coming.get_mut(&key)?.pop_front()) else { return true };
            taken.insert(heir.name.as_str());
            self.heirs.insert(&slo.name, heir);
            false
        });
        self.added.retain(|slo| !taken.contains(slo.name.as_str()));
    }
}

/// What an SLO promises something of: service, SLI and endpoint; none where it does not say its SLI.
fn promise(slo: &Slo) -> Option<(String, String, Option<String>)> {
    Some((slo.service.clone(), slo.sli()?.to_lowercase(), slo.endpoint().map(str::to_owned)))
}

/// Whether an SLO is a default.
fn is_default(slo: &Slo) -> bool {
    matches!(slo.origin, Origin::Default(_))
}
