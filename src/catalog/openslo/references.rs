//! What documents refer to: every name stands for a document, whether or not anything is made of it.

use super::Documents;
use crate::diagnostic::Diagnostic;
use crate::document::Part;

/// Tells every reference to nothing.
pub(super) fn check(documents: &Documents<'_>, problems: &mut Vec<Diagnostic>) {
    for part in &documents.all {
        let Some(spec) = part.get("spec") else { continue };
        match part.get("kind").and_then(Part::text) {
            Some("SLO") => slo(spec, documents, problems),
            Some("SLI") => sli(spec, documents, problems),
            Some("AlertPolicy") => alert_policy(spec, documents, problems),
            Some(_) | None => {}
        }
    }
}

/// The indicators and alert policies of an SLO.
fn slo<'a>(spec: Part<'a>, documents: &Documents<'a>, problems: &mut Vec<Diagnostic>) {
    for part in std::iter::once(spec).chain(items(spec, "objectives")) {
        if let Some(inline) = part.get(documents.version.inline()).and_then(|inline| inline.get("spec")) {
            sli(inline, documents, problems);
        }
        if let Some(reference) = part.get(documents.version.reference()) {
            let _told = documents.resolve("SLI", reference, problems);
        }
    }
    for part in items(spec, "alertPolicies") {
        let reference = if part.is_map() { part.get("alertPolicyRef") } else { Some(part) };
        if let Some(reference) = reference {
            let _told = documents.resolve("AlertPolicy", reference, problems);
        }
        if let Some(inline) = part.get("spec") {
            alert_policy(inline, documents, problems);
        }
    }
}

/// The data sources of an SLI.
fn sli<'a>(spec: Part<'a>, documents: &Documents<'a>, problems: &mut Vec<Diagnostic>) {
    for pointer in [
        "/thresholdMetric",
        "/ratioMetric/good",
        "/ratioMetric/bad",
        "/ratioMetric/total",
        "/ratioMetric/raw",
    ] {
        let source = spec.at(pointer).and_then(|metric| documents.version.source(metric));
        if let Some(reference) = source.and_then(|source| source.reference) {
            let _told = documents.resolve("DataSource", reference, problems);
        }
    }
}

/// The conditions and targets of an alert policy.
fn alert_policy<'a>(spec: Part<'a>, documents: &Documents<'a>, problems: &mut Vec<Diagnostic>) {
    for (list, key, kind) in [
        ("conditions", "conditionRef", "AlertCondition"),
        ("notificationTargets", "targetRef", "AlertNotificationTarget"),
    ] {
        for reference in items(spec, list).filter_map(|part| part.get(key)) {
            let _told = documents.resolve(kind, reference, problems);
        }
    }
}

/// The entries of a list under a key.
fn items<'a>(part: Part<'a>, key: &str) -> impl Iterator<Item = Part<'a>> {
    part.get(key).into_iter().flat_map(Part::items)
}
