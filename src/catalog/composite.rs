//! Composite SLOs: several indicators, each with an objective of its own, that burn one budget.
//!
//! A part is an SLO like any other to whoever asks for its events: it has its own name, `shop/availability`, and all
//! else of the whole. What the parts come to together is left to `budget`. Source of the rules: the notes on composite
//! SLOs in the specification of OpenSLO v1.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::unreckoned::Unreckoned;
use super::{Indicator, Method, Objective, Slo};
use crate::diagnostic::Place;

/// One of the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name, unique in the catalog like that of an SLO.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// How many times faster the common budget burns with it; above 0.
    pub weight: Decimal,
    /// The share of its events that must be good.
    pub objective: Objective,
    /// Where its objective is written.
    pub objective_place: Place,
    /// How its good and bad events are counted.
    pub method: Method,
    /// Good, bad and total.
    pub indicator: Indicator,
    /// Where it is defined.
    pub place: Place,
}

impl Slo {
    /// The parts of a composite SLO; none of one that counts its own events.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        if let Indicator::Composite { components } = &self.indicator { components } else { &[] }
    }

    /// The parts of a composite SLO, each as an SLO of its own.
    #[must_use]
    pub fn parts(&self) -> Vec<Self> {
        let Some(first) = self.components().first() else { return Vec::new() };
        let common = Self { indicator: first.indicator.clone(), ..self.clone() };
        let part = |one: &Component| Self {
            name: self.part_name(one),
            title: one.title.clone(),
            objective: one.objective,
            objective_place: one.objective_place.clone(),
            method: one.method.clone(),
            indicator: one.indicator.clone(),
            place: one.place.clone(),
            ..common.clone()
        };
        self.components().iter().map(part).collect()
    }

    /// What its events are counted by: itself, or each of its parts.
    #[must_use]
    pub fn counting(&self) -> Vec<Cow<'_, Self>> {
        let parts = self.parts();
        if parts.is_empty() { vec![Cow::Borrowed(self)] } else { parts.into_iter().map(Cow::Owned).collect() }
    }

    /// How many times faster than evenly its budget burns when every event is bad.
    #[must_use]
    pub fn fastest_burn(&self) -> Option<Decimal> {
        let alone = || Decimal::ONE.checked_div(self.objective.allowance());
        if self.method != Method::Occurrences || self.components().is_empty() {
            return alone();
        }
        let each = |part: &Component| part.weight.checked_div(part.objective.allowance());
        self.components().iter().try_fold(Decimal::ZERO, |sum, part| sum.checked_add(each(part)?))
    }

    /// Raises its objective to a least one, of a composite SLO that of each part, and its weight where that would let
    /// more of its events be bad. False where it asks for that much already.
    pub fn raise(&mut self, least: Objective) -> bool {
        let Indicator::Composite { components } = &mut self.indicator else {
            let is_below = self.objective < least;
            self.objective = self.objective.max(least);
            return is_below;
        };
        let mut raised = false;
        for part in components {
            if part.objective.allowance() > least.allowance() * part.weight {
                (part.objective, part.weight) = (part.objective.max(least), part.weight.max(Decimal::ONE));
                raised = true;
            }
        }
        self.objective = self.components().iter().map(|part| part.objective).max().unwrap_or(self.objective);
        raised
    }

    /// The name of a part: a default that holds for several endpoints has its parts for each of them.
    fn part_name(&self, part: &Component) -> String {
        let own = part.name.rsplit_once('/').map_or(part.name.as_str(), |(_, own)| own);
        format!("{}/{own}", self.name)
    }

    /// Several SLOs that are the objectives of one document, as the one that they make; none of nothing. The whole shows
    /// the strictest objective of them.
    pub(super) fn composed(name: (String, String, Place), parts: Vec<(Self, Decimal)>) -> Option<Self> {
        let component = |(part, weight): &(Self, Decimal)| Component {
            name: part.name.clone(),
            title: part.title.clone(),
            weight: *weight,
            objective: part.objective,
            objective_place: part.objective_place.clone(),
            method: part.method.clone(),
            indicator: part.indicator.clone(),
            place: part.place.clone(),
        };
        let components: Vec<Component> = parts.iter().map(component).collect();
        let (first, _) = parts.into_iter().max_by_key(|(part, _)| part.objective)?;
        let (name, title, place) = name;
        Some(Self { name, title, place, indicator: Indicator::Composite { components }, ..first })
    }

    /// Why the parts cannot be reckoned together. By slices of time the specification adds up what is missing of a whole
    /// with one target; a weight makes half of a bad slice of none.
    pub(super) fn uncomposed(&self) -> Vec<Unreckoned> {
        let components = self.components();
        let mut found = Vec::new();
        let mut tell = |reason: &str, place: &Place, help: &'static str| {
            found.push(Unreckoned { reason: reason.to_owned(), place: place.clone(), help });
        };
        let Some(first) = components.first() else { return found };
        if self.terms.sla.is_some() {
            let reason = "an SLA of a composite SLO is not judged";
            tell(reason, &self.place, "write the SLA beside an SLO of one indicator");
        }
        let Some((window, is_binary)) = slices(&first.method) else { return found };
        for other in components {
            if other.objective != first.objective {
                let reason =
                    "the parts of a composite SLO by slices of time have one target, and this is another one";
                tell(
                    reason,
                    &other.objective_place,
                    "write the same target in each part, or count `Occurrences`",
                );
            }
            if slices(&other.method).is_none_or(|(other, _)| other != window) {
                let reason = "the parts of a composite SLO by slices of time have slices of one length";
                tell(reason, &other.place, "write the same `timeSliceWindow` in each part");
            }
            if is_binary && other.weight != Decimal::ONE {
                let reason = "a slice of time is good or bad, and no weight makes it anything else";
                tell(reason, &other.place, "take the `compositeWeight` out, or count `RatioTimeslices`");
            }
        }
        found
    }
}

/// The length of a slice of time in seconds, and whether it is good or bad as a whole; none where events are counted.
const fn slices(method: &Method) -> Option<(i64, bool)> {
    match method {
        Method::Occurrences => None,
        Method::Timeslices { window, .. } => Some((*window, true)),
        Method::RatioTimeslices { window, .. } => Some((*window, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Slo;
    use crate::diagnostic::SourceText;

    /// A composite SLO of parts with targets in hundredths of a percent and weights in tenths.
    fn composite(parts: &[(i64, i64)]) -> Slo {
        let each = parts.iter().map(|(target, weight)| {
            let target = Decimal::new(*target, 4);
            let weight = Decimal::new(*weight, 1);
            let metric = |query: &str| format!("{{ metricSource: {{ type: Prometheus, spec: {{ query: {query} }} }} }}");
            let counts = format!("counter: true, bad: {}, total: {}", metric("b"), metric("t"));
            format!(
                "- {{ target: {target}, compositeWeight: {weight}, indicator: {{ metadata: {{ name: i }}, spec: {{ \
                 ratioMetric: {{ {counts} }} }} }} }}"
            )
        });
        let text = format!(
            "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{ name: a }}\nspec:\n  service: shop\n  timeWindow: [{{ \
             duration: 28d, isRolling: true }}]\n  budgetingMethod: Occurrences\n  objectives:\n  {}\n",
            each.collect::<Vec<_>>().join("\n  ")
        );
        let settings = "version: 1\nservices: { shop: { paths: [s] } }\nenvironments: { production: {} }\n";
        let settings = crate::settings::load(&SourceText::new("slogate.yaml", settings)).0.expect("settings");
        let (mut catalog, problems) =
            crate::catalog::load(&[SourceText::new("slo.yaml", text.as_str())], &settings);
        assert_eq!(catalog.slos.len(), 1, "{problems:#?}");
        catalog.slos.remove(0)
    }

    fn objective(target: i64) -> Objective {
        Objective::new(Decimal::new(target, 4)).expect("an objective")
    }

    /// Its objective, and the targets and weights of its parts.
    fn parts(slo: &Slo) -> (Objective, Vec<(Objective, Decimal)>) {
        (slo.objective, slo.components().iter().map(|part| (part.objective, part.weight)).collect())
    }

    #[test]
    fn a_least_objective_is_asked_of_each_part_and_no_weight_evades_it() {
        let mut slo = composite(&[(9_990, 10), (9_500, 10), (9_950, 1), (9_995, 2)]);
        assert!(slo.raise(objective(9_900)));
        let part = |target, tenths| (objective(target), Decimal::new(tenths, 1));
        let raised = vec![part(9_990, 10), part(9_900, 10), part(9_950, 10), part(9_995, 2)];
        assert_eq!(parts(&slo), (objective(9_995), raised));
        assert!(!slo.raise(objective(9_900)), "it asks for that much now");
        let mut heavy = composite(&[(9_900, 20), (9_800, 30)]);
        assert!(
            !heavy.raise(objective(9_900)),
            "a part that burns three times as fast at 98 % is stricter than 99 %"
        );
        assert!(heavy.raise(objective(9_950)));
        assert_eq!(parts(&heavy).1, vec![part(9_900, 20), part(9_950, 30)]);
    }

    #[test]
    fn no_composite_burns_faster_than_all_of_its_parts() {
        assert_eq!(composite(&[(9_900, 20), (9_000, 5)]).fastest_burn(), Some(Decimal::from(205)));
        let mut one = composite(&[(9_900, 20), (9_900, 5)]);
        one.indicator = one.components()[0].indicator.clone();
        assert_eq!(one.fastest_burn(), Some(Decimal::ONE_HUNDRED));
    }

    #[test]
    fn a_part_that_weighs_or_promises_otherwise_is_a_revision() {
        let of = |slo: Slo| crate::catalog::Catalog { slos: vec![slo], ..Default::default() };
        let told = |before: &[(i64, i64)], after: &[(i64, i64)]| {
            let revisions = crate::catalog::revision::compare(&of(composite(before)), &of(composite(after)));
            revisions.into_iter().map(|one| one.revised.kind()).collect::<Vec<_>>()
        };
        assert_eq!(told(&[(9_900, 10), (9_500, 10)], &[(9_900, 10), (9_500, 20)]), ["weight"]);
        assert_eq!(told(&[(9_900, 10), (9_500, 10)], &[(9_900, 10), (9_600, 10)]), ["indicator"]);
        assert_eq!(told(&[(9_900, 10), (9_500, 10)], &[(9_900, 10), (9_500, 10)]), Vec::<&str>::new());
    }
}
