//! Every budget that was asked about and what policies rule on it: reckoned once, whatever number of changes rests on it.
//!
//! A ruling is about one SLO and knows of no change. What a change makes of the rulings is folded here for each change
//! by itself: its services choose the rulings, its class and its rollout weigh them. Two changes that are folded from one
//! reckoning are judged at the same grid point by the same numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::budget::Budget;
use crate::budget::gap::Gap;
use crate::budget::signal::Signals;
use crate::command::adjusted::{Both, Rulings};
use crate::command::basis::Basis;
use crate::command::law::Rules;
use crate::command::released::Released;
use crate::command::watch::Asked;
use crate::diagnostic::{Code, Diagnostic};
use crate::ledger::{Ledger, Past};
use crate::policy::recall;
use crate::policy::ruling::Measured;
use crate::policy::{Policy, Subject};
use crate::report::{BudgetLine, OrganizationLine, PolicyLine, Report, period};
use crate::settings::{Environment, OnUnknown};
use crate::source::Planned;
use crate::source::answered::Answered;
use crate::verdict::{self, Effect, Situation, Verdict};

/// One SLO in one environment, as it is judged.
struct Ruled<'a> {
    /// The policies that judge it.
    policies: Vec<&'a Policy>,
    /// Its budget.
    measured: Measured,
    /// What the report says of it.
    line: BudgetLine,
    /// What the policies rule.
    rulings: Rulings,
    /// What of the past bears on none of it.
    in_vain: BTreeSet<String>,
    /// What the policies printed meanwhile, in their order.
    printed: Vec<String>,
}

/// All that was asked about, ruled on.
pub struct Reckoning<'a> {
    /// The law.
    basis: &'a Basis,
    /// The judged environment, with its name.
    environment: (&'a str, &'a Environment),
    /// The instant that is judged.
    now: Timestamp,
    /// The grid point that is judged, in seconds since the epoch.
    t: i64,
    /// What the source is.
    pub source: Option<String>,
    /// What was said of the source, for everybody.
    pub notes: Vec<String>,
    /// What the source was asked.
    pub queries: Vec<Planned>,
    /// The observations as a file, where they are kept.
    pub observations: Option<String>,
    /// What was answered, where that is kept.
    pub answered: Option<Answered>,
    /// What is wrong for everybody.
    pub problems: Vec<Diagnostic>,
    /// Who counts releases.
    pub released: Released,
    /// What happened before.
    ledger: Ledger,
    /// The same, without what is given back.
    unadjusted: Ledger,
    /// What the policies printed while they were read, in the order of the law.
    printed: Vec<String>,
    /// The SLOs in the order of reports.
    ruled: Vec<Ruled<'a>>,
}

impl<'a> Reckoning<'a> {
    /// Nothing is ruled on yet.
    pub fn blank(
        basis: &'a Basis,
        environment: (&'a str, &'a Environment),
        (now, t): (Timestamp, i64),
    ) -> Self {
        Self {
            basis,
            environment,
            now,
            t,
            source: None,
            notes: Vec::new(),
            queries: Vec::new(),
            observations: None,
            answered: None,
            problems: Vec::new(),
            released: Released::default(),
            // Nothing keeps events yet: nobody has triggered anything or fired a bullet, and what is given back stands in
            // files.
            ledger: Ledger::new(basis.adjustments.events()),
            unadjusted: Ledger::default(),
            printed: basis.policies.iter().map(Policy::printed).collect(),
            ruled: Vec::new(),
        }
    }

    /// What happened before the instant that is judged.
    fn past(&self) -> Past<'_> {
        self.ledger.until(self.now)
    }

    /// Lets policies rule on an SLO.
    pub fn rule(
        &mut self,
        asked: Asked<'a>,
        policies: Vec<&'a Policy>,
        budget: Result<Budget, Gap>,
        signals: Arc<Signals>,
    ) {
        let Basis { rules, adjustments, .. } = self.basis;
        let settings = &rules.settings;
        let (slo, t) = (asked.slo, self.t);
        let subject = Subject::new(slo, asked.environment, settings.services.get(&slo.service));
        let budget = budget.map(|budget| Arc::new(budget.with_signals(signals)));
        let both = Both::of(Measured { subject, budget, t }, adjustments, slo, settings);
        let measured = &both.judged;
        let line = BudgetLine::reckon(measured, &slo.title, slo.objective.share(), slo.period_at(t));
        let line = BudgetLine { adjusted: both.line(), ..line };
        let (past, unadjusted) = (self.past(), self.unadjusted.until(self.now));
        let mut rulings = Rulings::default();
        let mut in_vain = BTreeSet::new();
        let mut printed = Vec::new();
        for policy in &policies {
            let before = policy.printed().len();
            rulings.add(policy, &both, past, unadjusted);
            printed.push(policy.printed().get(before..).unwrap_or_default().to_owned());
            in_vain.extend(recall::in_vain(policy, &measured.subject.slo, past));
            if let Ok(budget) = &measured.budget
                && !policy.header.scope.organization
            {
                in_vain.extend(recall::capped(policy, &measured.subject.slo, budget, past));
            }
        }
        self.ruled.push(Ruled { policies, measured: both.judged, line, rulings, in_vain, printed });
    }

    /// What all of it says of one change: the services, the class and the rollout that the report has already. The budgets
    /// that the verdict rests on come with it.
    pub fn fold(&self, report: &mut Report) -> (Verdict, Vec<Measured>) {
        let services: BTreeSet<String> =
            report.change.services.iter().map(|service| service.name.clone()).collect();
        let ruled: Vec<&Ruled<'_>> =
            self.ruled.iter().filter(|one| services.contains(&one.measured.subject.service)).collect();
        report.verdict.evaluated_at = self.now;
        report.judged_at = Some(self.t);
        report.source.clone_from(&self.source);
        report.notes.extend(self.notes.iter().cloned());
        report.problems.extend(self.problems.iter().cloned());
        let mut rulings = Rulings::default();
        let mut in_vain = BTreeSet::new();
        for one in &ruled {
            rulings.extend(&one.rulings);
            in_vain.extend(one.in_vain.iter().cloned());
            report.notes.extend(doubts(&one.line));
            report.budgets.push(one.line.clone());
        }
        report.queries = self.queries_of(&services);
        report.notes.extend(in_vain);
        for (policy, loaded) in self.basis.policies.iter().zip(&self.printed) {
            if ruled.iter().any(|one| one.policies.iter().any(|asked| asked.id == policy.id)) {
                self.name(policy, loaded, &ruled, report);
            }
        }
        let mut ahead: Vec<Timestamp> = self.basis.policies.iter().filter_map(effective).collect();
        let step = self.basis.rules.settings.step;
        ahead.extend(ruled.iter().filter_map(|one| reset(&one.measured, step, self.now)));
        let mut situation = situation(&self.basis.rules, self.environment, self.now, report);
        situation.released_today = self.released_today(&rulings, &services, report);
        let own = report.change.claims.classes();
        if let Some(class) = verdict::mildest(&situation, &rulings.judged, own) {
            report.change.class = Some(class.clone());
            situation.class = Some(class);
        }
        let changes = &self.basis.rules.settings.changes;
        report.grants = changes.iter().map(|(name, class)| (name.clone(), class.into())).collect();
        let classes = changes.keys();
        report.passing = verdict::passing(&situation, &rulings.judged, classes);
        let (verdict, unadjusted) = rulings.fold(&situation, &ahead);
        report.unadjusted = unadjusted;
        (verdict, ruled.into_iter().map(|one| one.measured.clone()).collect())
    }

    /// Today's releases of each service, where a ruling limits them and somebody can count them; both is told.
    fn released_today(
        &self,
        rulings: &Rulings,
        services: &BTreeSet<String>,
        report: &mut Report,
    ) -> Option<BTreeMap<String, usize>> {
        let (name, _) = self.environment;
        match self.released.today(rulings.all(), name, self.now)? {
            Ok(count) => {
                let several = if *count == 1 { "release" } else { "releases" };
                report.notes.push(format!(
                    "{count} {several} into {name} today (UTC), by GitHub's deployments, which count for every service"
                ));
                Some(services.iter().map(|service| (service.clone(), *count)).collect())
            }
            Err(why) => {
                report.notes.push(format!("today's releases into {name} could not be counted: {why}"));
                None
            }
        }
    }

    /// What the source was asked for these services, or for all alike: signals and dependencies.
    fn queries_of(&self, services: &BTreeSet<String>) -> Vec<Planned> {
        let ours = |planned: &&Planned| {
            let mut owners = self.ruled.iter().map(|one| &one.measured.subject).filter(|subject| {
                // The parts of a composite SLO are asked for as `slo/part`.
                let is_of = |name: &String| name.split('/').next() == Some(subject.slo.as_str());
                planned.serves.iter().any(is_of)
            });
            let first = owners.next();
            first.is_none_or(|first| {
                std::iter::once(first).chain(owners).any(|one| services.contains(&one.service))
            })
        };
        self.queries.iter().filter(ours).cloned().collect()
    }

    /// Names a policy that was asked, with what it printed.
    fn name(&self, policy: &Policy, loaded: &str, ruled: &[&Ruled<'_>], report: &mut Report) {
        let line = line(policy, self.basis, report.organization.as_ref(), (self.now, self.past()));
        if line.overdue {
            report.notes.push(format!("the review of policy {} was due: {}", line.id, line.next_review));
        }
        let asked = ruled.iter().flat_map(|one| one.policies.iter().zip(&one.printed));
        let printed = asked.filter(|(asked, _)| asked.id == policy.id).map(|(_, printed)| printed.as_str());
        let lines = std::iter::once(loaded).chain(printed).flat_map(str::lines);
        report.notes.extend(lines.map(|text| format!("policy {} printed {text}", line.id)));
        report.policies.push(line);
    }
}

/// What is judged, and the least that is said whatever the rulings are.
fn situation(
    rules: &Rules,
    (name, environment): (&str, &Environment),
    now: Timestamp,
    report: &mut Report,
) -> Situation {
    let uncovered = report
        .problems
        .iter()
        .any(|problem| matches!(problem.code, Code::ServiceWithoutSlo | Code::ServiceWithoutPolicy));
    let unseen = unseen(rules, report);
    let on_unknown = rules.settings.on_unknown;
    Situation {
        environment: name.to_owned(),
        mode: environment.mode,
        on_unknown,
        class: report.change.class.clone(),
        head: report.change.head.clone(),
        rollout: report.change.rollout,
        released_today: None,
        // Nothing keeps waivers yet.
        waivers: Vec::new(),
        now,
        floor: match (uncovered, report.budgets.iter().any(|line| line.figures.is_err())) {
            (true, _) if unseen && on_unknown == OnUnknown::Block => Effect::Unknown,
            (true, _) => Effect::Warn,
            // Even where no clause needed it: not knowing is never passed over.
            (false, true) => Effect::Inform,
            (false, false) => Effect::Proceed,
        },
    }
}

/// Whether the organisation's policies ask about a touched service of which there is no SLO; that is told. Were it only
/// warned about, a service that takes the paths of another would take them from the organisation as well.
fn unseen(rules: &Rules, report: &mut Report) -> bool {
    let Some(organization) = rules.organization.as_ref().filter(|one| !one.policies.is_empty()) else {
        return false;
    };
    let unseen = report.problems.iter().any(|problem| problem.code == Code::ServiceWithoutSlo);
    if unseen {
        let name = &organization.layer.name;
        let note = format!("organization {name} cannot be answered for a service without an SLO");
        report.notes.insert(0, note);
    }
    unseen
}

/// What the report says of a policy.
fn line(
    policy: &Policy,
    basis: &Basis,
    organization: Option<&OrganizationLine>,
    (now, past): (Timestamp, Past<'_>),
) -> PolicyLine {
    let organization = organization.filter(|_| policy.header.scope.organization);
    let header = &policy.header;
    let today = now.to_zoned(TimeZone::UTC).date();
    let bullets = recall::bullets(policy, past);
    let review: Vec<String> = header
        .next_review
        .on
        .map(|date| date.to_string())
        .into_iter()
        .chain(header.next_review.or_after.as_ref().map(|event| format!("after {event}")))
        .collect();
    PolicyLine {
        id: policy.id.clone(),
        version: header.version.clone(),
        file: policy.source.path().to_owned(),
        commit: basis.ground.base.as_ref().filter(|_| organization.is_none()).map(|base| base.id.clone()),
        organization: organization.cloned(),
        digest: policy.digest.clone(),
        agreed_by: header.agreed_by.iter().map(|(role, person)| (role.clone(), person.clone())).collect(),
        next_review: review.join(" or "),
        overdue: header.next_review.on.is_some_and(|date| date < today)
            || policy.review_after_event(past).is_some(),
        silver_bullets: bullets.left(today.year()).zip(bullets.a_year),
        effective_from: header.effective_from.filter(|date| *date > today).map(|date| date.to_string()),
    }
}

/// The notes about a budget that is only estimated, or whose events are not all of one count.
fn doubts(line: &BudgetLine) -> Vec<String> {
    let Ok(known) = &line.figures else { return Vec::new() };
    let estimate = known.estimated.map(|history| period::estimate(&line.slo, history));
    let excess = known.excess.map(|share| period::excess(&line.slo, share));
    estimate.into_iter().chain(excess).collect()
}

/// The instant at which a budget of the calendar begins anew: a verdict rests on no period that is over. Where that was
/// after the judged grid point, it is the next one.
fn reset(measured: &Measured, step: i64, now: Timestamp) -> Option<Timestamp> {
    let (_, end) = measured.budget.as_ref().ok()?.bounds(measured.t)?;
    let next = Timestamp::from_second(measured.t.checked_add(step)?).ok()?;
    Timestamp::from_second(end).ok().map(|end| if end > now { end } else { next })
}

/// The instant from which a policy rules.
fn effective(policy: &Policy) -> Option<Timestamp> {
    let date = policy.header.effective_from?;
    date.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp())
}
