//! An availability objective above what a service's hard dependencies promise together.
//!
//! What cannot serve without two others serves at most when both do: 99.9 % twice is 99.8001 % at best. Only
//! availability is compared, and only promises that are known: an SLO of a service in the same repository, the SLA of a
//! third party. Two dependencies that fail at the same time would leave more; nobody may count on that.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::observed::within;
use crate::catalog::{Catalog, Slo, percent};
use crate::diagnostic::{Code, Diagnostic};
use crate::settings::{Need, Settings};
use crate::source::promql;

/// What an SLI of this name measures is compared with what dependencies promise.
const AVAILABILITY: &str = "availability";

/// The most digits of a share that are shown: six of its percentage.
const DIGITS: u32 = 8;

/// What dependencies promise, by their names.
type Promises = Vec<(String, Decimal)>;

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

/// What an SLO aims at beyond its dependencies, in the environment in which they promise least.
fn beyond(slo: &Slo, known: &Known<'_>, settings: &Settings) -> Option<Diagnostic> {
    let environments = settings.environments.keys().filter(|environment| slo.holds_in(environment));
    let all: Vec<(&str, Promises)> = environments
        .map(|environment| (environment.as_str(), promises(slo, environment, known, settings)))
        .collect();
    let together = |promises: &Promises| {
        promises.iter().try_fold(Decimal::ONE, |product, (_, share)| product.checked_mul(*share))
    };
    let bounds =
        all.iter().filter_map(|(environment, promises)| Some((together(promises)?, environment, promises)));
    let (best, environment, promises) = bounds.min_by_key(|(best, ..)| *best)?;
    if slo.objective.share() <= best {
        return None;
    }
    let everywhere = all.iter().all(|(_, others)| others == promises);
    let within = within((!everywhere).then_some(*environment));
    let said: Vec<String> =
        promises.iter().map(|(name, share)| format!("`{name}` promises {}", cut(*share))).collect();
    let said = match said.split_last() {
        Some((last, most)) if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        Some((last, _)) => last.clone(),
        None => return None,
    };
    let aim = cut(slo.objective.share());
    let best = cut(best);
    let sum = if promises.len() > 1 { format!(", {best} together at best") } else { String::new() };
    let message = format!("{aim} cannot be met by the SLO `{}`{within}: {said}{sum}", slo.name);
    let help = format!(
        "aim at {best} at most, agree on more with those it depends on, or name those that it can do without under \
         `soft_dependencies` of `{}` in `slogate.yaml`",
        slo.service
    );
    let problem = Diagnostic::warning(Code::TighterThanDependencies, message);
    Some(problem.at(slo.objective_place.clone(), "tighter than its dependencies").help(help))
}

/// The hard dependencies of an SLO whose promises in an environment are known, by name.
fn promises(slo: &Slo, environment: &str, known: &Known<'_>, settings: &Settings) -> Promises {
    let service = settings.services.get(&slo.service);
    let of_service = service.into_iter().flat_map(|service| &service.dependencies);
    let hard = of_service.filter(|one| one.need == Need::Hard).map(|one| one.name.as_str());
    let own = slo.about.dependencies.iter().map(|note| note.text.as_str());
    let names: BTreeSet<&str> = hard.chain(own).filter(|name| *name != slo.service).collect();
    let known = names.into_iter().filter_map(|name| {
        let party = settings.third_parties.get(name).map(|party| party.sla);
        let promise = party.or_else(|| promise(known.get(name)?, environment))?;
        Some((name.to_owned(), promise))
    });
    known.collect()
}

/// What the SLOs of a service promise in an environment; of several objectives the strictest.
fn promise(slos: &[&Slo], environment: &str) -> Option<Decimal> {
    slos.iter().filter(|slo| slo.holds_in(environment)).map(|slo| slo.objective.share()).max()
}

/// True for an SLO of availability: by the name of its SLI, else where codes of answers tell its events apart.
fn of_availability(slo: &Slo) -> bool {
    if !slo.components().is_empty() {
        return false;
    }
    if let Some(sli) = &slo.about.sli {
        return sli.text.trim().eq_ignore_ascii_case(AVAILABILITY);
    }
    let Some((part, total, _)) = slo.indicator.counters() else { return false };
    let (Ok(part), Ok(total)) = (promql::parse(part), promql::parse(total)) else { return false };
    part.told_by_codes(&total)
}

/// A share as a percentage, cut where nobody reads on.
fn cut(share: Decimal) -> String {
    let cut = share.trunc_with_scale(DIGITS);
    let about = if cut == share { "" } else { "about " };
    format!("{about}{}", percent(cut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;

    /// The problems of SLOs by name, which begins with that of their service, target, annotations and what is good.
    fn told(slos: &[(&str, &str, &str, &str)]) -> Vec<String> {
        let text = "version: 1\nservices: {shop: {paths: [s], dependencies: [db]}, db: {paths: [d]}}\nenvironments: \
                    {production: {match: {env: p}}, staging: {match: {env: s}}}\n";
        let settings = crate::settings::load(&SourceText::new("slogate.yaml", text)).0.expect("valid");
        let slo = |(name, target, said, good): &(&str, &str, &str, &str)| {
            let service = name.split('-').next().unwrap_or_default();
            let query =
                |text: &str| format!("{{metricSource: {{type: Prometheus, spec: {{query: '{text}'}}}}}}");
            let (good, total) = good.split_once(" of ").unwrap_or((good, "r"));
            format!(
                "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: {name}, annotations: {{{said}}}}}\nspec: \
                 {{service: {service}, indicator: {{metadata: {{name: i-{name}}}, spec: {{ratioMetric: {{counter: true, \
                 good: {}, total: {}}}}}}}, timeWindow: [{{duration: 28d, isRolling: true}}], budgetingMethod: \
                 Occurrences, objectives: [{{target: {target}}}]}}\n",
                query(good),
                query(total),
            )
        };
        let text: String = slos.iter().map(slo).collect();
        let (catalog, problems) = crate::catalog::load(&[SourceText::new("a.yaml", text)], &settings);
        assert!(problems.is_empty(), "{problems:#?}");
        examine(&catalog, &settings).into_iter().map(|problem| problem.message).collect()
    }

    const GOOD: &str = "r{code!~\"5..\"}";
    const IN_PRODUCTION: &str = "slogate.dev/environment: production";

    #[test]
    fn a_default_promises_nothing_where_it_gives_way() {
        let default = "slogate.dev/default: 'true', slogate.dev/sli: availability";
        let explicit = "slogate.dev/sli: availability, slogate.dev/environment: production";
        let db = [("db-default", "0.9999", default, GOOD), ("db-a", "0.99", explicit, GOOD)];
        assert_eq!(
            told(&[db[0], db[1], ("shop-a", "0.9995", IN_PRODUCTION, GOOD)]),
            ["99.95 % cannot be met by the SLO `shop-a`: `db` promises 99 %"]
        );
        assert_eq!(
            told(&[db[0], db[1], ("shop-a", "0.9995", "slogate.dev/environment: staging", GOOD)]),
            [""; 0]
        );
    }

    #[test]
    fn an_slo_of_all_environments_is_held_to_the_weakest() {
        let db = [
            ("db-a", "0.99", IN_PRODUCTION, GOOD),
            ("db-b", "0.98", "slogate.dev/environment: staging", GOOD),
        ];
        let shop = ("shop-a", "0.9995", "", GOOD);
        let message = |rest: &str| [format!("99.95 % cannot be met by the SLO `shop-a` in `{rest}")].to_vec();
        assert_eq!(told(&[db[0], db[1], shop]), message("staging`: `db` promises 98 %"));
        assert_eq!(told(&[db[0], shop]), message("production`: `db` promises 99 %"));
        assert_eq!(told(&[db[0], db[1], ("shop-a", "0.98", "", GOOD)]), [""; 0]);
    }

    #[test]
    fn what_counts_slow_answers_is_no_availability() {
        let fast = "d_bucket{code=~\"2..\",le=\"0.4\"} of d_count{code=~\"2..\"}";
        assert_eq!(told(&[("db-a", "0.99", "", GOOD), ("shop-a", "0.9995", "", fast)]), [""; 0]);
        assert_eq!(
            told(&[("db-a", "0.99", "", GOOD), ("db-b", "0.9999", "", fast), ("shop-a", "0.9995", "", GOOD)]),
            ["99.95 % cannot be met by the SLO `shop-a`: `db` promises 99 %"]
        );
    }
}
