//! Duties: what clauses ask people to do for a service, collected from the rulings of a report.
//!
//! A clause speaks of one SLO at a time, and people work on a service: the rulings of one clause on the SLOs of a service
//! in one environment are one duty. Some of what it asks for becomes an issue (`Purpose`), some is told to people
//! (`notices`); what only stops or says something is the verdict's. What is said of it stands in `issue` and
//! `postmortem`; what becomes of it on GitHub is left to `publish`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::diagnostic::Place;
use crate::policy::ruling::{Measured, Obstacle, Ruling, Standing};
use crate::policy::{Consequence, Evidence};
use crate::report::{BudgetLine, Report};
use crate::verdict::Weighed;

pub mod account;
pub mod issue;
pub mod plan;
pub mod postmortem;
pub mod template;
pub mod trace;

/// What an issue is opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// `action_item("…")`.
    ActionItem {
        /// Which of the clause's action items, from 1.
        number: usize,
        /// What is to be done.
        title: String,
        /// It goes before everything else.
        top_of_backlog: bool,
        /// Seconds until it must be done, from when the clause came into force.
        due: Option<i64>,
    },
    /// `postmortem()`.
    Postmortem,
    /// People are told, and nothing else asks for an issue.
    Notice,
}

impl Purpose {
    /// Its word, in markers and in reports. It does not depend on how a title is worded.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::ActionItem { number: 1, .. } => "action-item".to_owned(),
            Self::ActionItem { number, .. } => format!("action-item.{number}"),
            Self::Postmortem => "postmortem".to_owned(),
            Self::Notice => "notice".to_owned(),
        }
    }

    /// Seconds until it must be done; none where nobody says.
    #[must_use]
    const fn within(&self) -> Option<i64> {
        match self {
            Self::ActionItem { due, .. } => *due,
            Self::Postmortem | Self::Notice => None,
        }
    }
}

/// One SLO for which the clause is in force.
#[derive(Debug, Clone)]
pub struct Affected {
    /// The SLO's name.
    pub slo: String,
    /// Since when, in seconds since the epoch.
    pub since: i64,
    /// It may have begun earlier than history is read.
    pub at_least: bool,
    /// When it would end if nothing more burned.
    pub thaws_at: Option<i64>,
    /// What the clause read.
    pub evidence: Vec<Evidence>,
    /// Its budget; none where the report has no line of it.
    pub line: Option<BudgetLine>,
    /// The incidents of the judged period, the oldest first: begin, end, and the share of the grant that each took.
    pub incidents: Vec<(i64, i64, Decimal)>,
}

/// Where a clause stands for a service.
#[derive(Debug, Clone)]
pub enum State {
    /// In force for at least one SLO.
    InForce(Vec<Affected>),
    /// In force for none, and that is known of each.
    Idle,
    /// In force for none that is known.
    Unknown(String),
    /// Its policy is not yet effective, so that it only informs.
    Pending,
}

/// What one clause asks people to do for one service.
#[derive(Debug, Clone)]
pub struct Duty {
    /// The policy's id.
    pub policy: String,
    /// The policy's version.
    pub version: String,
    /// The organisation whose policy it is, where it is none of the team's.
    pub organization: Option<String>,
    /// The clause's name.
    pub clause: String,
    /// The clause's title.
    pub title: String,
    /// The service.
    pub service: String,
    /// The environment whose events count.
    pub environment: String,
    /// Where the clause stands in the policy.
    pub place: Place,
    /// Where people see that line; none where nobody can.
    pub link: Option<String>,
    /// Where it stands.
    pub state: State,
    /// The start of the period by the calendar, where the SLO has one that was affected first.
    pub period: Option<i64>,
    /// The judged grid point, in seconds since the epoch.
    pub judged_at: i64,
    /// What issues are opened for; never empty. The first one also tells people.
    pub purposes: Vec<Purpose>,
    /// What people are told.
    pub notices: Vec<Consequence>,
}

impl Duty {
    /// The SLOs for which the clause is in force.
    #[must_use]
    pub fn affected(&self) -> &[Affected] {
        match &self.state {
            State::InForce(affected) => affected,
            State::Idle | State::Unknown(_) | State::Pending => &[],
        }
    }

    /// Since when the clause is in force for the service, in seconds since the epoch.
    #[must_use]
    pub fn since(&self) -> Option<i64> {
        self.affected().iter().map(|one| one.since).min()
    }

    /// When what an issue is opened for must be done, in seconds since the epoch; none where nobody says. A policy says it
    /// of an action item; a postmortem has its own date (`postmortem::due`).
    #[must_use]
    pub fn due(&self, purpose: &Purpose) -> Option<i64> {
        if *purpose == Purpose::Postmortem {
            return postmortem::due(self);
        }
        purpose.within().zip(self.since()).map(|(within, since)| since.saturating_add(within))
    }

    /// What its first issue is opened for: there people are told.
    #[must_use]
    pub fn home(&self) -> Option<&Purpose> {
        self.purposes.first()
    }
}

/// Collects the duties of a report, by policy, clause, service and environment.
#[must_use]
pub fn collect(report: &Report, measured: &[Measured]) -> Vec<Duty> {
    let mut groups: BTreeMap<[&str; 4], Vec<&Ruling>> = BTreeMap::new();
    for Weighed { ruling, .. } in &report.verdict.rulings {
        let key = [&ruling.policy, &ruling.clause, &ruling.service, &ruling.environment].map(String::as_str);
        groups.entry(key).or_default().push(ruling);
    }
    groups.values().filter_map(|rulings| duty(rulings, report, measured)).collect()
}

/// The duty of one clause's rulings on a service; none where it asks nobody to do anything.
fn duty(rulings: &[&Ruling], report: &Report, measured: &[Measured]) -> Option<Duty> {
    let first = rulings.first()?;
    let (purposes, notices) = asked(&first.consequences)?;
    let policy = report.policies.iter().find(|line| line.id == first.policy);
    let organization = policy.and_then(|line| line.organization.as_ref()).map(|line| line.name.clone());
    let link = report.permalink.as_ref().filter(|_| organization.is_none());
    let link = link.map(|link| format!("{link}{}#L{}", first.place.source.path(), first.place.line()));
    let state = state(rulings, report, measured);
    let earliest = match &state {
        State::InForce(affected) => affected.iter().min_by_key(|one| one.since),
        State::Idle | State::Unknown(_) | State::Pending => None,
    };
    let period = earliest.and_then(|one| one.line.as_ref()?.calendar.as_ref()).map(|period| period.start);
    Some(Duty {
        policy: first.policy.clone(),
        version: policy.map(|line| line.version.clone()).unwrap_or_default(),
        organization,
        clause: first.clause.clone(),
        title: first.title.clone(),
        service: first.service.clone(),
        environment: first.environment.clone(),
        place: first.place.clone(),
        link,
        state,
        period,
        judged_at: report.judged_at.unwrap_or_default(),
        purposes,
        notices,
    })
}

/// What issues are opened for and what people are told; none where a clause only stops or says something.
fn asked(consequences: &[Consequence]) -> Option<(Vec<Purpose>, Vec<Consequence>)> {
    let mut purposes = Vec::new();
    let mut notices = Vec::new();
    let mut items = 0;
    for consequence in consequences {
        match consequence {
            Consequence::ActionItem { title, top_of_backlog, due } => {
                items += 1;
                purposes.push(Purpose::ActionItem {
                    number: items,
                    title: title.clone(),
                    top_of_backlog: *top_of_backlog,
                    due: *due,
                });
            }
            Consequence::Postmortem => purposes.push(Purpose::Postmortem),
            Consequence::Engage(_)
            | Consequence::Notify(_)
            | Consequence::Assign(_)
            | Consequence::Escalate { .. }
            | Consequence::CodeYellow
            | Consequence::CodeRed
            | Consequence::HandBackOperations => notices.push(consequence.clone()),
            Consequence::Freeze { .. }
            | Consequence::Restrict { .. }
            | Consequence::LimitReleases { .. }
            | Consequence::Warn(_)
            | Consequence::Inform(_) => {}
        }
    }
    purposes.dedup();
    if purposes.is_empty() && !notices.is_empty() {
        purposes.push(Purpose::Notice);
    }
    (!purposes.is_empty()).then_some((purposes, notices))
}

/// Where one clause stands for a service, of its rulings on the SLOs.
fn state(rulings: &[&Ruling], report: &Report, measured: &[Measured]) -> State {
    if rulings.iter().any(|ruling| ruling.pending) {
        return State::Pending;
    }
    let mut affected: Vec<Affected> =
        rulings.iter().filter_map(|ruling| hit(ruling, report, measured)).collect();
    if !affected.is_empty() {
        affected.sort_by(|one, other| one.slo.cmp(&other.slo));
        return State::InForce(affected);
    }
    let unknown = rulings.iter().find(|ruling| ruling.standing == Standing::Unknown);
    match unknown.map(|ruling| (ruling, &ruling.obstacle)) {
        None => State::Idle,
        Some((_, Some(Obstacle::Unknown { why }))) => State::Unknown(why.clone()),
        Some((_, Some(Obstacle::Failed { message, .. }))) => State::Unknown(message.clone()),
        Some((ruling, None)) => State::Unknown(format!("nothing says why for {}", ruling.slo)),
    }
}

/// The SLO of a ruling, where the clause is in force for it.
fn hit(ruling: &Ruling, report: &Report, measured: &[Measured]) -> Option<Affected> {
    let Standing::InForce { since, at_least, thaws_at } = ruling.standing else { return None };
    let is_its = |slo: &str, environment: &str| slo == ruling.slo && environment == ruling.environment;
    let line = report.budgets.iter().find(|line| is_its(&line.slo, &line.environment));
    let measured = measured.iter().find(|one| is_its(&one.subject.slo, &one.subject.environment));
    let figures = measured.and_then(|one| one.budget.as_ref().ok().map(|budget| (budget, one.t)));
    let incidents = figures.and_then(|(budget, t)| budget.at(t).ok().map(|figures| figures.incidents()));
    Some(Affected {
        slo: ruling.slo.clone(),
        since,
        at_least,
        thaws_at,
        evidence: ruling.evidence.clone(),
        line: line.cloned(),
        incidents: incidents.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::change::Rollout;
    use crate::policy::Automation;
    use crate::policy::vocabulary::{FUNCTIONS, Role};
    use crate::report::consequence;

    fn item(title: &str) -> Consequence {
        Consequence::ActionItem { title: title.to_owned(), top_of_backlog: false, due: Some(60) }
    }

    #[test]
    fn each_action_item_and_the_postmortem_have_an_issue_and_people_are_told_in_the_first() {
        let asks = [item("one"), Consequence::Engage("@a".to_owned()), item("two"), Consequence::Postmortem];
        let (purposes, notices) = asked(&asks).expect("a duty");
        let words: Vec<String> = purposes.iter().map(Purpose::word).collect();
        assert_eq!(words, ["action-item", "action-item.2", "postmortem"]);
        assert_eq!(notices, [Consequence::Engage("@a".to_owned())]);
        assert_eq!(purposes[1].within(), Some(60));
    }

    #[test]
    fn who_only_tells_people_needs_an_issue_to_tell_them_in_and_who_only_stops_has_no_duty() {
        let (purposes, _) = asked(&[Consequence::CodeRed]).expect("a duty");
        assert_eq!(purposes, [Purpose::Notice]);
        let freeze = Consequence::Freeze { environment: "production".to_owned(), except: Vec::new() };
        assert_eq!(asked(&[freeze, Consequence::Warn("look".to_owned())]), None);
    }

    /// Every consequence of the language, and what it comes to.
    fn every() -> Vec<(Consequence, &'static str, Automation)> {
        use Automation::{Automated, Manual, Traceable};
        let (environment, except) = ("production".to_owned(), Vec::new());
        let escalate = Consequence::Escalate { decides: vec!["@vp".to_owned()], how: "today".to_owned() };
        vec![
            (Consequence::Freeze { environment, except: except.clone() }, "verdict", Automated),
            (Consequence::Restrict { to: Rollout::Canary, except: except.clone() }, "verdict", Automated),
            (Consequence::LimitReleases { a_day: 1, except }, "verdict", Automated),
            (Consequence::Warn("w".to_owned()), "verdict", Automated),
            (Consequence::Inform("i".to_owned()), "verdict", Automated),
            (item("one"), "action-item", Traceable),
            (Consequence::Postmortem, "postmortem", Traceable),
            (Consequence::Engage("@a".to_owned()), "told", Automated),
            (Consequence::Notify("@a".to_owned()), "told", Automated),
            (Consequence::Assign(Decimal::ONE), "told", Manual),
            (escalate, "told", Automated),
            (Consequence::CodeYellow, "told", Manual),
            (Consequence::CodeRed, "told", Manual),
            (Consequence::HandBackOperations, "told", Manual),
        ]
    }

    #[test]
    fn every_consequence_of_the_language_is_weighed_or_becomes_an_issue_or_is_told_and_none_is_dropped() {
        let makes = FUNCTIONS.iter().filter(|function| matches!(function.role, Role::Makes(_)));
        let language: BTreeSet<&str> = makes.map(|function| function.name).collect();
        assert_eq!(every().iter().map(|(one, ..)| one.word()).collect::<BTreeSet<_>>(), language);
        for (one, comes_to, automation) in every() {
            let word = one.word();
            assert_eq!(one.automation(), automation, "{word}");
            let said = consequence::sentence(&one, str::to_owned);
            assert_eq!(
                said.is_none(),
                one.frozen().is_some(),
                "{word}: the verdict itself says a freeze alone"
            );
            if let (Some(said), Automation::Traceable | Automation::Manual) = (&said, automation) {
                assert!(said.ends_with(&format!(" ({})", automation.as_str())), "{said}");
            }
            let became = match asked(std::slice::from_ref(&one)) {
                None => "verdict".to_owned(),
                Some((purposes, notices)) if notices.is_empty() => purposes[0].word(),
                Some((purposes, notices)) => {
                    assert_eq!((purposes, notices), (vec![Purpose::Notice], vec![one]), "{word}");
                    "told".to_owned()
                }
            };
            assert_eq!(became, comes_to, "{word}");
        }
    }
}
