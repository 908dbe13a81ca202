//! A claim: a label on a pull request that says of what class the change is, and whether it counts.
//!
//! A claim counts by who set the label, never by the label alone. Whatever is wrong, missing or not known makes it
//! count for nothing, and is told with what would make it count: a class only ever eases a verdict, so not knowing is
//! the strict side. Whom to ask is `authority`'s.

use jiff::Timestamp;

use crate::github::{Actor, Role};
use crate::settings::{ChangeClass, Permission};

/// A label that claims a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The pull request.
    pub pull: u64,
    /// The class.
    pub class: String,
    /// The label.
    pub label: String,
    /// Who set it, where that is known.
    pub set_by: Option<String>,
    /// When they did.
    pub at: Option<Timestamp>,
    /// Their role, where it was asked for.
    pub role: Option<String>,
    /// Why it does not count; it does where there is no reason.
    pub refused: Option<Refusal>,
    /// What is asked of whoever sets the label, in a few words.
    pub granted_by: String,
    /// Whoever sets it must be somebody else than the author.
    pub second_person: bool,
}

/// Why a claim does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It could not be found out: what went wrong, as a sentence.
    Unknown(String),
    /// No event says that anybody set the label.
    Unset,
    /// It was taken off while it was looked at.
    TakenOff,
    /// Another label was taken off since, or this one under another name.
    Doubtful,
    /// Commits were pushed since.
    Pushed,
    /// Nothing that GitHub wrote down shows that no commits were pushed since.
    Unproven,
    /// The pull request was pointed at another base branch since.
    Retargeted,
    /// Whoever set it has no account any more.
    Gone,
    /// An app set it.
    App,
    /// An app set it in somebody's name.
    ThroughApp,
    /// The author of the pull request set it.
    Author,
    /// Whoever set it wrote or committed some of what the pull request brings.
    Writer,
    /// There are more commits than GitHub lists, so that nobody knows who wrote them.
    TooManyCommits,
    /// Nobody knows who the author is.
    AuthorUnknown,
    /// Whoever set it has too low a role, or none.
    Role {
        /// What they have.
        has: Option<String>,
        /// What is needed.
        needs: Permission,
    },
    /// Whoever set it is not in a team.
    Team(String),
    /// Who is in a team cannot be seen.
    TeamUnseen(String),
    /// Other pull requests that ship with it are not of the class.
    Alone,
}

impl Refusal {
    /// As it stands in reports.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "unknown",
            Self::Unset => "unset",
            Self::TakenOff => "taken_off",
            Self::Doubtful => "doubtful",
            Self::Pushed => "pushed",
            Self::Unproven => "unproven",
            Self::Retargeted => "retargeted",
            Self::Gone => "gone",
            Self::App => "app",
            Self::ThroughApp => "through_app",
            Self::Author => "author",
            Self::Writer => "writer",
            Self::TooManyCommits => "too_many_commits",
            Self::AuthorUnknown => "author_unknown",
            Self::Role { .. } => "role",
            Self::Team(_) => "team",
            Self::TeamUnseen(_) => "team_unseen",
            Self::Alone => "alone",
        }
    }
}

impl Claim {
    /// True when the change is of the class.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.refused.is_none()
    }

    /// Why it does not count, as a sentence without a period; each rendering hands in how it escapes names.
    #[must_use]
    pub fn why(&self, safe: &impl Fn(&str) -> String) -> Option<String> {
        let who = self.set_by.as_deref().map_or_else(|| "somebody".to_owned(), safe);
        Some(match self.refused.as_ref()? {
            Refusal::Unknown(why) => safe(why),
            Refusal::Unset => "no event says who set a label of this name".to_owned(),
            Refusal::TakenOff => format!("{who} took it off in the meantime"),
            Refusal::Doubtful => format!(
                "a label was taken off after {who} set this one, and it may have been this one under another name"
            ),
            Refusal::Pushed => format!("commits were pushed after {who} set it"),
            Refusal::Unproven => {
                format!("nothing on GitHub shows yet that {who} set it after the last push")
            }
            Refusal::Retargeted => {
                format!("the pull request was pointed at another branch after {who} set it")
            }
            Refusal::Gone => "whoever set it has no account any more".to_owned(),
            Refusal::App => format!("{who} set it, which is an app"),
            Refusal::ThroughApp => format!("an app set it in the name of {who}"),
            Refusal::Author => format!("{who} set it and opened the pull request"),
            Refusal::Writer => format!("{who} set it and wrote commits of the pull request"),
            Refusal::TooManyCommits => {
                format!("{who} set it, and nobody knows who wrote more commits than GitHub lists")
            }
            Refusal::AuthorUnknown => format!("{who} set it, and nobody knows who opened the pull request"),
            Refusal::Role { has: Some(has), needs } => {
                format!("{who} set it with the role {}, and it takes {}", safe(has), needs.as_str())
            }
            Refusal::Role { has: None, needs } => {
                format!("{who} set it without a role here, and it takes {}", needs.as_str())
            }
            Refusal::Team(team) => format!("{who} set it and is not in team {}", safe(team)),
            Refusal::TeamUnseen(team) => {
                format!("{who} set it, and the token cannot see who is in team {}", safe(team))
            }
            Refusal::Alone => "not every pull request that ships with it is of this class".to_owned(),
        })
    }

    /// What makes it count.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let person = if self.second_person { "another person" } else { "a person" };
        let granted = &self.granted_by;
        Some(match self.refused.as_ref()? {
            Refusal::Unknown(_) => "run this check again".to_owned(),
            Refusal::Unproven => format!(
                "run this check again; where it says the same, {person} ({granted}) must take it off and set it again"
            ),
            Refusal::Unset => format!("after a label was renamed, {person} ({granted}) must set it again"),
            Refusal::TakenOff => "nothing is to be done, unless it is to stand".to_owned(),
            Refusal::Doubtful
            | Refusal::Pushed
            | Refusal::Retargeted
            | Refusal::Gone
            | Refusal::App
            | Refusal::ThroughApp
            | Refusal::Author
            | Refusal::Writer
            | Refusal::AuthorUnknown
            | Refusal::Role { .. }
            | Refusal::Team(_) => format!("{person} ({granted}) must take it off and set it again"),
            Refusal::TooManyCommits => "ship it in parts of fewer than 250 commits".to_owned(),
            Refusal::TeamUnseen(_) => {
                "look at the team's name, and give a token that may read the members of the organisation; \
                 a workflow's own may not"
                    .to_owned()
            }
            Refusal::Alone => "ship it without the others, or label them as well".to_owned(),
        })
    }
}

/// The claims of a change, and what of them could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// One for each label that claims a class, in the order of the classes' names.
    pub claims: Vec<Claim>,
    /// Why labels could not be read at all, as a sentence; then no class counts.
    pub unread: Option<String>,
}

impl Claims {
    /// The classes that the change is of, by name.
    #[must_use]
    pub fn classes(&self) -> Vec<&str> {
        let mut classes: Vec<&str> =
            self.claims.iter().filter(|claim| claim.counts()).map(|claim| claim.class.as_str()).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// The claims of several pull requests that ship together: of a class is only what all of them are of.
    #[must_use]
    pub fn shared(each: &[Self]) -> Self {
        let unread = each.iter().find_map(|claims| claims.unread.clone());
        let of_all =
            |class: &str| unread.is_none() && each.iter().all(|claims| claims.classes().contains(&class));
        let lone = |claim: &Claim| claim.counts() && !of_all(&claim.class);
        let claims = each.iter().flat_map(|claims| &claims.claims).map(|claim| Claim {
            refused: if lone(claim) { Some(Refusal::Alone) } else { claim.refused.clone() },
            ..claim.clone()
        });
        Self { claims: claims.collect(), unread }
    }
}

/// Why whoever set a label may not do so whatever their role is: it takes a person, and a second one where the class
/// says so. Logins are the same whatever their capitals.
#[must_use]
pub fn nobody_else(class: &ChangeClass, actor: Option<&Actor>, author: Option<&str>) -> Option<Refusal> {
    let Some(actor) = actor else { return Some(Refusal::Gone) };
    match author {
        _ if !actor.is_person => Some(Refusal::App),
        None if class.second_person => Some(Refusal::AuthorUnknown),
        Some(author) if class.second_person && author.eq_ignore_ascii_case(&actor.login) => {
            Some(Refusal::Author)
        }
        _ => None,
    }
}

/// Why a role is not enough.
#[must_use]
pub fn too_low(needs: Permission, role: Option<&Role>) -> Option<Refusal> {
    let enough = role.and_then(comes_to).is_some_and(|has| has >= needs);
    (!enough).then(|| Refusal::Role { has: role.map(|role| role.name.clone()), needs })
}

/// What a role comes to. A role that an organisation made comes to its base; and no role comes to more than its base
/// can, whatever its name is.
fn comes_to(role: &Role) -> Option<Permission> {
    let (least, most) = match role.base.as_str() {
        "admin" => (Some(Permission::Admin), Permission::Admin),
        "write" => (Some(Permission::Write), Permission::Maintain),
        "read" => (None, Permission::Triage),
        _ => return None,
    };
    match Permission::named(&role.name) {
        Some(named) => Some(named.min(most)),
        None if role.name == "read" => None,
        None => least,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Place, SourceText};
    use crate::settings::GrantedBy;

    fn class(second_person: bool) -> ChangeClass {
        ChangeClass {
            label: "hotfix".to_owned(),
            granted_by: GrantedBy::role(Permission::Maintain),
            second_person,
            place: Place::line_of(&SourceText::new("slogate.yaml", "version: 1\n"), 1),
        }
    }

    fn claim(pull: u64, class: &str, refused: Option<Refusal>) -> Claim {
        Claim {
            pull,
            class: class.to_owned(),
            label: class.to_owned(),
            set_by: Some("ola".to_owned()),
            at: None,
            role: None,
            refused,
            granted_by: "maintain".to_owned(),
            second_person: true,
        }
    }

    #[test]
    fn a_role_counts_by_its_name_within_its_base_and_one_of_the_organisation_by_its_base() {
        for (name, base, has) in [
            ("admin", "admin", Some(Permission::Admin)),
            ("maintain", "write", Some(Permission::Maintain)),
            ("write", "write", Some(Permission::Write)),
            ("triage", "read", Some(Permission::Triage)),
            ("read", "read", None),
            ("none", "none", None),
            ("release-manager", "write", Some(Permission::Write)),
            ("security-lead", "admin", Some(Permission::Admin)),
            ("reviewer", "read", None),
            ("admin", "write", Some(Permission::Maintain)),
            ("maintain", "read", Some(Permission::Triage)),
            ("maintain", "none", None),
            ("maintain", "", None),
        ] {
            let role = Role { name: name.to_owned(), base: base.to_owned() };
            assert_eq!(comes_to(&role), has, "{name} over {base}");
            for needs in [Permission::Triage, Permission::Write, Permission::Maintain, Permission::Admin] {
                assert_eq!(too_low(needs, Some(&role)).is_none(), has >= Some(needs), "{name} for {needs:?}");
            }
        }
        assert!(too_low(Permission::Triage, None).is_some(), "nobody has no role");
    }

    #[test]
    fn it_takes_a_person_and_a_second_one_where_the_class_says_so() {
        let actor = |login: &str, is_person| Actor { login: login.to_owned(), is_person };
        let (ola, bot) = (actor("ola", true), actor("labeler[bot]", false));
        let own = Some("Ola");
        assert_eq!(nobody_else(&class(true), Some(&ola), own), Some(Refusal::Author));
        assert_eq!(nobody_else(&class(false), Some(&ola), own), None);
        assert_eq!(nobody_else(&class(true), Some(&ola), Some("mona")), None);
        assert_eq!(nobody_else(&class(true), Some(&ola), None), Some(Refusal::AuthorUnknown));
        assert_eq!(nobody_else(&class(false), Some(&ola), None), None);
        assert_eq!(nobody_else(&class(false), Some(&bot), own), Some(Refusal::App));
        assert_eq!(nobody_else(&class(false), None, own), Some(Refusal::Gone));
    }

    #[test]
    fn a_group_is_of_a_class_when_all_of_it_is() {
        let of = |claims| Claims { claims, unread: None };
        let both = of(vec![claim(1, "hotfix", None), claim(1, "security", None)]);
        let one = of(vec![claim(2, "hotfix", None), claim(2, "security", Some(Refusal::Author))]);
        let shared = Claims::shared(&[both.clone(), one]);
        assert_eq!(shared.classes(), ["hotfix"]);
        let told: Vec<Option<Refusal>> = shared.claims.into_iter().map(|claim| claim.refused).collect();
        assert_eq!(told, [None, Some(Refusal::Alone), None, Some(Refusal::Author)]);
        assert_eq!(Claims::shared(&[both.clone(), Claims::default()]).classes(), [""; 0]);
        let unread = Claims { unread: Some("no answer".to_owned()), ..Claims::default() };
        assert_eq!(Claims::shared(&[both.clone(), unread]).classes(), [""; 0]);
        assert_eq!(Claims::shared(std::slice::from_ref(&both)), both);
        assert_eq!(Claims::shared(&[]), Claims::default());
    }

    #[test]
    fn every_refusal_says_why_and_what_to_do() {
        let plain = |text: &str| text.to_owned();
        for refusal in [
            Refusal::Unknown("github could not be asked".to_owned()),
            Refusal::Unset,
            Refusal::TakenOff,
            Refusal::Doubtful,
            Refusal::Pushed,
            Refusal::Unproven,
            Refusal::Retargeted,
            Refusal::Gone,
            Refusal::App,
            Refusal::ThroughApp,
            Refusal::Author,
            Refusal::Writer,
            Refusal::TooManyCommits,
            Refusal::AuthorUnknown,
            Refusal::Role { has: None, needs: Permission::Maintain },
            Refusal::Team("sre".to_owned()),
            Refusal::TeamUnseen("sre".to_owned()),
            Refusal::Alone,
        ] {
            let claim = claim(1, "hotfix", Some(refusal));
            assert!(!claim.counts() && claim.why(&plain).is_some() && claim.help().is_some());
        }
        let counted = claim(1, "hotfix", None);
        assert_eq!((counted.why(&plain), counted.help()), (None, None));
    }
}
