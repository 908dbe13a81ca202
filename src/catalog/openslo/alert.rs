//! The alert conditions of an SLO, inline or by reference.
//!
//! What is wrong with them is told by their schema and by `references`; here they are only read.

use super::super::{Alert, Comparison, period, target};
use super::Documents;
use crate::document::Part;

/// The conditions of all alert policies of an SLO; those that cannot be read are passed over.
pub(super) fn alerts<'a>(spec: Part<'a>, documents: &Documents<'a>) -> Vec<Alert> {
    let policies = spec.get("alertPolicies").into_iter().flat_map(Part::items);
    let policies = policies.filter_map(|part| spec_of(part, "AlertPolicy", "alertPolicyRef", documents));
    let conditions = policies.filter_map(|policy| policy.get("conditions")).flat_map(Part::items);
    let conditions = conditions.filter_map(|part| spec_of(part, "AlertCondition", "conditionRef", documents));
    conditions.filter_map(|condition| alert(condition.get("condition")?)).collect()
}

/// The `spec` of a document that is written where it is used, or named there by a key or as a text.
fn spec_of<'a>(part: Part<'a>, kind: &'a str, key: &str, documents: &Documents<'a>) -> Option<Part<'a>> {
    if let Some(spec) = part.get("spec") {
        return Some(spec);
    }
    let name = if part.is_map() { part.get(key)? } else { part };
    documents.named.get(&(kind, name.text()?))?.get("spec")
}

/// One condition.
fn alert(condition: Part<'_>) -> Option<Alert> {
    let (threshold, window) = (condition.get("threshold")?, condition.get("lookbackWindow")?);
    let comparison = match condition.get("op").and_then(Part::text) {
        Some("lt") => Comparison::Below,
        Some("lte") => Comparison::AtMost,
        Some("gte") => Comparison::AtLeast,
        Some(_) | None => Comparison::Above,
    };
    Some(Alert {
        comparison,
        threshold: target::decimal(threshold.number()?)?,
        threshold_place: threshold.place(),
        window: period::shorthand(window.text()?)?,
        window_place: window.place(),
    })
}
