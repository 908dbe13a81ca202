//! Classes of change: of what sort a change may be, and who may say so.
//!
//! A class is claimed by a label on a pull request, and counts by who set that label. What is asked of that person is
//! written here; whether it holds is `change`'s to find out. Two layers join to what both ask.

use std::collections::{BTreeMap, BTreeSet};

use super::load::Loader;
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::document::Part;

/// The role that a person needs at least, to give a change its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// May label.
    Triage,
    /// May push.
    Write,
    /// May manage the repository.
    Maintain,
    /// May do everything.
    Admin,
}

impl Permission {
    /// As GitHub calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// The role of a name of GitHub's; none for `read`, `none`, and roles that an organisation made.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Triage, Self::Write, Self::Maintain, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// What is asked of whoever sets a label: all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedBy {
    /// The role that they need at least; none where being in a team is enough.
    pub role: Option<Permission>,
    /// The teams of the repository's organisation that they must be in, by the names in their addresses.
    pub teams: BTreeSet<String>,
}

impl GrantedBy {
    /// A role, and no team.
    #[must_use]
    pub const fn role(role: Permission) -> Self {
        Self { role: Some(role), teams: BTreeSet::new() }
    }

    /// What both ask.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self { role: self.role.max(other.role), teams: self.teams.union(&other.teams).cloned().collect() }
    }

    /// In a few words: `maintain`, `team sre`, `write and team sre`.
    #[must_use]
    pub fn words(&self) -> String {
        let role = self.role.map(|role| role.as_str().to_owned());
        let teams = self.teams.iter().map(|team| format!("team {team}"));
        role.into_iter().chain(teams).collect::<Vec<_>>().join(" and ")
    }
}

/// A sort of change, and who may say that a change is of that sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeClass {
    /// The label that claims it.
    pub label: String,
    /// What is asked of whoever sets the label.
    pub granted_by: GrantedBy,
    /// Whoever sets the label must be another person than those who opened the pull request and wrote its commits.
    pub second_person: bool,
    /// Where it is declared.
    pub place: Place,
}

impl ChangeClass {
    /// True when a label is the one that claims the class. To GitHub two names that differ in capitals alone are one.
    #[must_use]
    pub fn is_claimed_by(&self, label: &str) -> bool {
        folded(&self.label) == folded(label)
    }
}

/// A label's name without its capitals.
#[must_use]
pub(super) fn folded(label: &str) -> String {
    label.to_lowercase()
}

impl Loader<'_, '_> {
    /// The classes of change by name; a label claims one class.
    pub(super) fn changes(&mut self) -> BTreeMap<String, ChangeClass> {
        let mut claimed: BTreeMap<String, &str> = BTreeMap::new();
        let mut changes = BTreeMap::new();
        for (name, part) in self.root.get("changes").into_iter().flat_map(Part::entries) {
            let Some(label) = part.get("label") else { continue };
            let Some(text) = label.text() else { continue };
            if let Some(other) = claimed.insert(folded(text), name) {
                let message = format!("the label `{text}` claims both `{other}` and `{name}`");
                let problem = Diagnostic::error(Code::Duplicate, message);
                self.problems.push(
                    problem
                        .at(label.place(), format!("`{other}` is claimed by it already"))
                        .help("give each class a label of its own"),
                );
            }
            let class = ChangeClass {
                label: text.to_owned(),
                granted_by: granted_by(part.get("granted_by")),
                second_person: part.get("second_person").and_then(Part::boolean).unwrap_or(true),
                place: part.key_place(),
            };
            changes.insert(name.to_owned(), class);
        }
        changes
    }
}

/// What is asked of whoever sets a label: a role, or a mapping of a team and a role.
fn granted_by(part: Option<Part<'_>>) -> GrantedBy {
    let Some(part) = part else { return GrantedBy::role(Permission::Maintain) };
    let team = part.get("team").and_then(Part::text);
    // What is wrong here stands among the schema's problems; until it is mended the default counts.
    let role = match (part.text().or_else(|| part.get("role")?.text()), team) {
        (None, Some(_)) => None,
        (name, _) => Some(name.and_then(Permission::named).unwrap_or(Permission::Maintain)),
    };
    GrantedBy { role, teams: team.map(ToOwned::to_owned).into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;
    use crate::settings::{FILE, load};

    /// The classes of settings, or the lines and messages of what is wrong.
    fn classes(changes: &str) -> Result<BTreeMap<String, ChangeClass>, Vec<(usize, String)>> {
        let text = format!(
            "version: 1\nservices: {{shop: {{paths: [shop/**]}}}}\nenvironments: {{p: {{}}}}\nchanges:\n{changes}"
        );
        let (settings, problems) = load(&SourceText::new(FILE, text));
        let told =
            problems.into_iter().map(|problem| (problem.place().expect("placed").line(), problem.message));
        settings.map(|settings| settings.changes).ok_or_else(|| told.collect())
    }

    #[test]
    fn a_class_is_granted_by_a_role_or_a_team_or_both() {
        let read = classes(
            "  a: {label: a}\n  b: {label: b, granted_by: write, second_person: false}\n\
             \x20 c: {label: c, granted_by: {team: sre}}\n  d: {label: d, granted_by: {team: sre, role: admin}}\n",
        )
        .expect("valid");
        let said: Vec<(String, bool)> =
            read.values().map(|class| (class.granted_by.words(), class.second_person)).collect();
        let expected =
            [("maintain", true), ("write", false), ("team sre", true), ("admin and team sre", true)];
        assert_eq!(said, expected.map(|(words, second)| (words.to_owned(), second)));
    }

    #[test]
    fn who_may_grant_is_a_role_or_names_a_team() {
        for (granted_by, words) in [
            ("owner", "`owner`"),
            ("{team: acme/sre}", "`acme/sre`"),
            ("{role: write}", "`team`"),
            ("{team: sre, roles: write}", "`roles`"),
            ("[maintain]", "`granted_by`"),
        ] {
            let told =
                classes(&format!("  a: {{label: a, granted_by: {granted_by}}}\n")).expect_err(granted_by);
            assert!(told.iter().all(|(line, _)| *line == 5), "{granted_by}: {told:?}");
            assert!(told.iter().any(|(_, message)| message.contains(words)), "{granted_by}: {told:?}");
        }
    }

    #[test]
    fn two_labels_that_differ_in_capitals_are_one() {
        let told = classes("  a: {label: Hotfix}\n  b: {label: hotfix}\n").expect_err("a duplicate");
        assert_eq!(told, [(6, "the label `hotfix` claims both `a` and `b`".to_owned())]);
    }

    #[test]
    fn what_two_layers_ask_is_asked_together() {
        let team = |name: &str| GrantedBy { role: None, teams: [name.to_owned()].into() };
        let both = team("sre").and(&GrantedBy::role(Permission::Write)).and(&team("dba"));
        assert_eq!(both.words(), "write and team dba and team sre");
        let roles = GrantedBy::role(Permission::Admin).and(&GrantedBy::role(Permission::Triage));
        assert_eq!(roles, GrantedBy::role(Permission::Admin));
    }
}
