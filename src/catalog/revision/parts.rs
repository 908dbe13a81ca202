//! What the parts of a composite SLO count, to tell what differs. Their weights are told by themselves.

use std::collections::BTreeMap;

use super::super::{Component, Method};

/// What the parts count, by what is said of them.
pub(super) fn counted(components: &[Component]) -> BTreeMap<&'static str, String> {
    let each = |said: &dyn Fn(&Component) -> String| {
        let lines = components.iter().map(|part| format!("{}: {}", part.name, said(part)));
        lines.collect::<Vec<_>>().join("\n")
    };
    let method = |part: &Component| match &part.method {
        Method::Occurrences => "events".to_owned(),
        Method::Timeslices { target, window, .. } => format!("{target} of {window} s"),
        Method::RatioTimeslices { window, .. } => format!("{window} s"),
    };
    BTreeMap::from([
        ("parts", each(&|part| format!("{:?}", super::counted(&part.indicator)))),
        ("targets of its parts", each(&|part| part.objective.share().normalize().to_string())),
        ("slices of its parts", each(&method)),
    ])
}
