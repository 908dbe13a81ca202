//! What follows while a clause is in force: stopping, restricting, conducting, assigning, and modes of working.
//!
//! Each consequence says who carries it out: slogate itself, people who leave a trace that can be checked, or people
//! whom nobody but people can check. What a consequence does to a change is `verdict`'s.

use rust_decimal::Decimal;

use super::Escalation;
use crate::change::Rollout;

/// What a consequence asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// `freeze("production").except(["hotfix"])`: releases to an environment stop, but for some classes of change.
    Freeze {
        /// The environment that is stopped.
        environment: String,
        /// The classes of change that pass.
        except: Vec<String>,
    },
    /// `restrict("canary").except(["hotfix"])`: only such a rollout may ship, wherever the change goes.
    Restrict {
        /// What may ship.
        to: Rollout,
        /// The classes of change that pass whole.
        except: Vec<String>,
    },
    /// `limit_releases(2).except(["hotfix"])`: only so many releases a day, wherever they go.
    LimitReleases {
        /// How many a day.
        a_day: u32,
        /// The classes of change that pass whatever their number.
        except: Vec<String>,
    },
    /// `warn("…")`.
    Warn(String),
    /// `inform("…")`.
    Inform(String),
    /// `action_item("…").top_of_backlog().due("7d")`.
    ActionItem {
        /// What is to be done.
        title: String,
        /// It goes before everything else.
        top_of_backlog: bool,
        /// Seconds until it must be done.
        due: Option<i64>,
    },
    /// `postmortem()`.
    Postmortem,
    /// `engage("@team")`: somebody else's help is asked for.
    Engage(String),
    /// `notify("@team")`: somebody is told the state of the budget.
    Notify(String),
    /// `assign(percent(50))`: a share of the engineers, above 0 and at most 1, works on reliability.
    Assign(Decimal),
    /// `escalate()`: those decide whom the policy's escalation names.
    Escalate {
        /// They.
        decides: Vec<String>,
        /// In which way, and how soon.
        how: String,
    },
    /// `code_yellow()`: everyone affected works on reliability, in business hours.
    CodeYellow,
    /// `code_red()`: everyone affected works on reliability, around the clock.
    CodeRed,
    /// `hand_back_operations()`: those who build the service run it again.
    HandBackOperations,
}

/// Who carries a consequence out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automation {
    /// slogate does it: the verdict, or `slogate act`.
    Automated,
    /// People do it, and the issue that `slogate act` opens shows whether they did.
    Traceable,
    /// People do it; `slogate act` tells them.
    Manual,
}

impl Automation {
    /// As it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Traceable => "traceable",
            Self::Manual => "manual",
        }
    }
}

impl Consequence {
    /// Its word, in the language and in reports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Freeze { .. } => "freeze",
            Self::Restrict { .. } => "restrict",
            Self::LimitReleases { .. } => "limit_releases",
            Self::Warn(_) => "warn",
            Self::Inform(_) => "inform",
            Self::ActionItem { .. } => "action_item",
            Self::Postmortem => "postmortem",
            Self::Engage(_) => "engage",
            Self::Notify(_) => "notify",
            Self::Assign(_) => "assign",
            Self::Escalate { .. } => "escalate",
            Self::CodeYellow => "code_yellow",
            Self::CodeRed => "code_red",
            Self::HandBackOperations => "hand_back_operations",
        }
    }

    /// Who carries it out: the verdict stops and says, `slogate act` tells people and opens issues. What is to be done in
    /// an issue is people's to do, and the issue shows whether it was.
    #[must_use]
    pub const fn automation(&self) -> Automation {
        match self {
            Self::Freeze { .. }
            | Self::Restrict { .. }
            | Self::LimitReleases { .. }
            | Self::Warn(_)
            | Self::Inform(_)
            | Self::Engage(_)
            | Self::Notify(_)
            | Self::Escalate { .. } => Automation::Automated,
            Self::ActionItem { .. } | Self::Postmortem => Automation::Traceable,
            Self::Assign(_) | Self::CodeYellow | Self::CodeRed | Self::HandBackOperations => {
                Automation::Manual
            }
        }
    }

    /// The environment that it freezes, if it freezes one.
    #[must_use]
    pub fn frozen(&self) -> Option<&str> {
        match self {
            Self::Freeze { environment, .. } => Some(environment),
            Self::Restrict { .. }
            | Self::LimitReleases { .. }
            | Self::Warn(_)
            | Self::Inform(_)
            | Self::ActionItem { .. }
            | Self::Postmortem
            | Self::Engage(_)
            | Self::Notify(_)
            | Self::Assign(_)
            | Self::Escalate { .. }
            | Self::CodeYellow
            | Self::CodeRed
            | Self::HandBackOperations => None,
        }
    }

    /// Names those to whom the policy's header escalates, where this escalates.
    pub(super) fn name_escalation(&mut self, escalation: &Escalation) {
        if let Self::Escalate { decides, how } = self {
            decides.clone_from(&escalation.decides);
            how.clone_from(&escalation.how);
        }
    }

    /// The classes of change that it excepts; none for what stands in nobody's way.
    #[must_use]
    pub const fn except(&self) -> Option<&Vec<String>> {
        match self {
            Self::Freeze { except, .. }
            | Self::Restrict { except, .. }
            | Self::LimitReleases { except, .. } => Some(except),
            Self::Warn(_)
            | Self::Inform(_)
            | Self::ActionItem { .. }
            | Self::Postmortem
            | Self::Engage(_)
            | Self::Notify(_)
            | Self::Assign(_)
            | Self::Escalate { .. }
            | Self::CodeYellow
            | Self::CodeRed
            | Self::HandBackOperations => None,
        }
    }

    /// The same, to be added to.
    pub(super) const fn except_mut(&mut self) -> Option<&mut Vec<String>> {
        match self {
            Self::Freeze { except, .. }
            | Self::Restrict { except, .. }
            | Self::LimitReleases { except, .. } => Some(except),
            Self::Warn(_)
            | Self::Inform(_)
            | Self::ActionItem { .. }
            | Self::Postmortem
            | Self::Engage(_)
            | Self::Notify(_)
            | Self::Assign(_)
            | Self::Escalate { .. }
            | Self::CodeYellow
            | Self::CodeRed
            | Self::HandBackOperations => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stops_or_tells_is_automated_what_has_an_issue_is_traced_and_the_rest_is_done_by_people() {
        let freeze = Consequence::Freeze { environment: "production".to_owned(), except: Vec::new() };
        assert_eq!(freeze.automation(), Automation::Automated);
        assert_eq!(Consequence::Notify("@po".to_owned()).automation(), Automation::Automated);
        let item = Consequence::ActionItem { title: "t".to_owned(), top_of_backlog: false, due: None };
        assert_eq!(item.automation(), Automation::Traceable);
        assert_eq!(Consequence::Postmortem.automation(), Automation::Traceable);
        assert_eq!(Consequence::Assign(Decimal::ONE).automation(), Automation::Manual);
    }
}
