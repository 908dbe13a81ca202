//! Who passes although the verdict withholds the change: which classes, and who sets the label that claims them. Each
//! rendering hands in how it shows a class and a label.

use std::collections::BTreeMap;

use crate::report::Report;
use crate::settings::ChangeClass;

/// How a class is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The label.
    pub label: String,
    /// What is asked of whoever sets it, in a few words.
    pub granted_by: String,
    /// Whether that must be another person than the one who opened the pull request.
    pub second_person: bool,
}

impl From<&ChangeClass> for Grant {
    fn from(class: &ChangeClass) -> Self {
        let (label, granted_by) = (class.label.clone(), class.granted_by.words());
        Self { label, granted_by, second_person: class.second_person }
    }
}

/// The classes that pass, those together that are claimed alike, without a period; nothing where none passes.
#[must_use]
pub fn sentence(
    report: &Report,
    class: impl Fn(&str) -> String,
    label: impl Fn(&str) -> String,
) -> Option<String> {
    let mut alike: BTreeMap<Option<(&str, bool)>, Vec<String>> = BTreeMap::new();
    for name in &report.passing.classes {
        let grant = report.grants.get(name);
        let shown = match grant {
            Some(grant) if grant.label != *name => format!("{} (label {})", class(name), label(&grant.label)),
            Some(_) | None => class(name),
        };
        let asked = grant.map(|grant| (grant.granted_by.as_str(), grant.second_person));
        alike.entry(asked).or_default().push(shown);
    }
    let said = alike.into_iter().map(|(asked, names)| {
        let names = names.join(", ");
        asked.map_or_else(
            || format!("{names} changes"),
            |(granted_by, second_person)| {
                let person = if second_person { "another person" } else { "a person" };
                format!("{names} changes, once {person} ({granted_by}) sets the label")
            },
        )
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| said.join("; "))
}
