//! An availability objective above what a service's hard dependencies promise together.
//!
//! What cannot serve without two others serves at most when both do: 99.9 % twice is 99.8001 % at best. Only
//! availability is compared, and only promises that are known: an SLO of a service in the same repository, the SLA of a
//! third party. Two dependencies that fail at the same time would leave more; nobody may count on that.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::catalog::{Catalog, Slo};
use crate::diagnostic::{Code, Diagnostic};
use crate::settings::{Need, Settings};
use crate::source::promql;

/// What an SLI of this name measures is compared with what dependencies promise.
const AVAILABILITY: &str = "availability";

/// The most digits of a percentage that are shown.
const DIGITS: u32 = 6;

/// The SLOs of availability of whole services, by service.
type Known<'a> = BTreeMap<&'a str, Vec<&'a Slo>>;

/// The SLOs that aim at more than their dependencies promise.
pub(super) fn examine(catalog: &Catalog, settings: &Settings) -> Vec<Diagnostic> {
    let slos: Vec<&Slo> = catalog.slos.iter().filter(|slo| of_availability(slo)).collect();
    let mut known = Known::new();
    for slo in slos.iter().filter(|slo| slo.about.endpoint.is_none()) {
        known.entry(&slo.service).or_default().push(slo);
    }
    slos.into_iter().filter_map(|slo| beyond(slo, &known, settings)).collect()
}

/// What an SLO aims at beyond its dependencies.
fn beyond(slo: &Slo, known: &Known<'_>, settings: &Settings) -> Option<Diagnostic> {
    let promises = promises(slo, known, settings);
    let best = promises.iter().try_fold(Decimal::ONE, |product, (_, share)| product.checked_mul(*share))?;
    if slo.objective.share() <= best {
        return None;
    }
    let said: Vec<String> =
        promises.iter().map(|(name, share)| format!("`{name}` promises {}", percent(*share))).collect();
    let said = match said.split_last() {
        Some((last, most)) if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        Some((last, _)) => last.clone(),
        None => return None,
    };
    let aim = percent(slo.objective.share());
    let best = percent(best);
    let sum = if promises.len() > 1 { format!(", {best} together at best") } else { String::new() };
    let message = format!("{aim} cannot be met by the SLO `{}`: {said}{sum}", slo.name);
    let help = format!(
        "aim at {best} at most, agree on more with those it depends on, or name those that it can do without under \
         `soft_dependencies` of `{}` in `slogate.yaml`",
        slo.service
    );
    let problem = Diagnostic::warning(Code::TighterThanDependencies, message);
    Some(problem.at(slo.objective_place.clone(), "tighter than its dependencies").help(help))
}

/// The hard dependencies of an SLO whose promises are known, by name.
fn promises(slo: &Slo, known: &Known<'_>, settings: &Settings) -> Vec<(String, Decimal)> {
    let service = settings.services.get(&slo.service);
    let of_service = service.into_iter().flat_map(|service| &service.dependencies);
    let hard = of_service.filter(|one| one.need == Need::Hard).map(|one| one.name.as_str());
    let own = slo.about.dependencies.iter().map(|note| note.text.as_str());
    let names: BTreeSet<&str> = hard.chain(own).filter(|name| *name != slo.service).collect();
    let known = names.into_iter().filter_map(|name| {
        let party = settings.third_parties.get(name).map(|party| party.sla);
        let promise = party.or_else(|| promise(known.get(name)?, slo))?;
        Some((name.to_owned(), promise))
    });
    known.collect()
}

/// What the SLOs of a service promise where another SLO holds; of several objectives the strictest.
fn promise(others: &[&Slo], slo: &Slo) -> Option<Decimal> {
    let here = |other: &&&Slo| match (environment(slo), environment(other)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        (Some(_) | None, None) => true,
        (None, Some(_)) => false,
    };
    others.iter().filter(here).map(|other| other.objective.share()).max()
}

/// The environment that an SLO is bound to.
fn environment(slo: &Slo) -> Option<&str> {
    slo.about.environment.as_ref().map(|note| note.text.trim())
}

/// True for an SLO of availability: by the name of its SLI, else where its events are told by the codes of answers.
fn of_availability(slo: &Slo) -> bool {
    if slo.share.is_some() {
        return false;
    }
    if let Some(sli) = &slo.about.sli {
        return sli.text.trim().eq_ignore_ascii_case(AVAILABILITY);
    }
    let Some((part, _, _)) = slo.indicator.counters() else { return false };
    promql::parse(part).is_ok_and(|counted| counted.outcomes().next().is_some())
}

/// A share as a percentage, cut where nobody reads on.
fn percent(share: Decimal) -> String {
    let percent = (share * Decimal::ONE_HUNDRED).normalize();
    let cut = percent.trunc_with_scale(DIGITS).normalize();
    if cut == percent { format!("{cut} %") } else { format!("about {cut} %") }
}
