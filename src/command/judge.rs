//! The path from what was written and what the world says to a finished report.
//!
//! Whatever goes wrong on the way becomes part of the report: what a person wrote wrongly ends it as invalid, what
//! the world did not answer as unknown. Only a wrong command line ends it without one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::adjustment;
use crate::budget::Budget;
use crate::budget::gap::Gap;
use crate::catalog::{Catalog, Slo};
use crate::change::Change;
use crate::cli::Check;
use crate::command::adjusted::{Both, Rulings};
use crate::command::basis::{self, Basis};
use crate::command::ground::Ground;
use crate::command::law::{self, Rules};
use crate::command::observed;
use crate::command::organization::Offer;
use crate::command::proposed;
use crate::command::watch::{self, Server, Watch, dependency, named};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::github::{GitHub, PullRequest};
use crate::http::{Client, Credentials};
use crate::ledger::{Ledger, Past};
use crate::policy::recall;
use crate::policy::ruling::Measured;
use crate::policy::{self, Policy, Subject};
use crate::report::query_plan::QueryPlan;
use crate::report::{BudgetLine, OrganizationLine, PolicyLine, Report, period};
use crate::settings::{Environment, OnUnknown, Settings};
use crate::source::answered::Answered;
use crate::tree::TreeError;
use crate::verdict::{self, Effect, Passing, Situation, Verdict};

/// What is judged, and what may be asked on the way.
pub struct Case<'a> {
    /// The command line.
    pub check: &'a Check,
    /// The directory that has the settings, when it is on this machine.
    pub root: PathBuf,
    /// The same directory inside its repository, where there is no clone that knows: empty, or with a slash at its end.
    pub prefix: Option<String>,
    /// The environment that is judged, when it is named.
    pub environment: Option<String>,
    /// The branch, tag or commit that everything that decides is read from.
    pub base: Option<String>,
    /// The branch, tag or commit that is judged; `HEAD` when none is named.
    pub head: Option<String>,
    /// Where relative paths of the command line start.
    pub directory: PathBuf,
    /// The organisation's layer, when one is offered.
    pub organization: Offer,
    /// The present.
    pub present: Timestamp,
    /// The client for whatever goes over the network.
    pub client: &'a Client,
    /// What is asked for budgets over the network, when it is given.
    pub server: Option<Server>,
    /// The site of a Datadog and its keys, or why there is none.
    pub datadog: Result<(String, Credentials), String>,
    /// GitHub's API, when it can be asked.
    pub github: Option<Rc<GitHub>>,
    /// Where people look at files of the repository: `https://github.com/owner/name/blob`.
    pub blob: Option<String>,
    /// The pull request that is judged, when this is a run on one.
    pub pull: Option<&'a PullRequest>,
}

impl<'a> Case<'a> {
    /// How a source is named.
    fn named(&self) -> watch::Named<'a> {
        watch::Named {
            observations: named::file(&self.check.source),
            directory: self.directory.clone(),
            root: self.root.clone(),
            server: self.server.clone(),
            datadog: self.datadog.clone(),
            reads_rules: !self.check.source.ignore_rules,
            client: self.client,
        }
    }
}

/// Why the path ended early.
pub enum Stop {
    /// The command line is wrong.
    Usage(String),
    /// Something written is wrong.
    Invalid(Vec<Diagnostic>),
    /// The world did not answer.
    Unknown(String),
}

impl From<Diagnostic> for Stop {
    fn from(problem: Diagnostic) -> Self {
        Self::Invalid(vec![problem])
    }
}

impl From<TreeError> for Stop {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Refused(message) => Diagnostic::error(Code::Unreadable, message)
                .help("look at the file or commit that it names")
                .into(),
            TreeError::Unreachable(message) => Self::Unknown(message),
        }
    }
}

/// A finished report and the observations that it rests on.
pub struct Judged {
    /// The report.
    pub report: Report,
    /// The observations as a file, when any were asked for.
    pub observations: Option<String>,
    /// The budgets that the rulings rest on.
    pub measured: Vec<Measured>,
    /// The policies, asked or not.
    pub policies: Vec<Policy>,
    /// What would be asked, where that is all that was wanted.
    pub plan: Option<QueryPlan>,
    /// What was answered, where a change is to be judged by its own rules as well.
    pub answered: Option<Answered>,
}

impl Judged {
    /// Nothing is known yet.
    pub fn blank(now: Timestamp) -> Self {
        Self {
            report: blank(now),
            observations: None,
            measured: Vec::new(),
            policies: Vec::new(),
            plan: None,
            answered: None,
        }
    }
}

/// Judges.
///
/// # Errors
/// What is wrong with the command line.
pub fn judge(case: &Case<'_>) -> Result<Judged, String> {
    let mut judged = Judged::blank(case.present);
    let verdict = match path(case, &mut judged) {
        Ok(verdict) => verdict,
        Err(Stop::Usage(message)) => return Err(message),
        Err(Stop::Invalid(problems)) => {
            judged.report.problems.extend(problems);
            verdict::invalid(judged.report.verdict.evaluated_at)
        }
        Err(Stop::Unknown(reason)) => {
            judged.report.notes.insert(0, reason);
            verdict::unknown(judged.report.verdict.evaluated_at)
        }
    };
    judged.report.verdict = verdict;
    diagnostic::sort(&mut judged.report.problems);
    Ok(judged)
}

/// A report in which nothing is known yet.
fn blank(now: Timestamp) -> Report {
    Report {
        verdict: verdict::unknown(now),
        environment: None,
        mode: None,
        change: Change::default(),
        source: None,
        judged_at: None,
        policies: Vec::new(),
        budgets: Vec::new(),
        problems: Vec::new(),
        notes: Vec::new(),
        organization: None,
        prefix: String::new(),
        passing: Passing::default(),
        permalink: None,
        proposed: None,
        unadjusted: None,
    }
}

/// The whole path, in order. What the change makes of what judges it is looked at when everything is decided.
fn path(case: &Case<'_>, judged: &mut Judged) -> Result<Verdict, Stop> {
    let basis = basis::read(case, judged)?;
    let verdict = decide(case, &basis, judged);
    judged.report.proposed = proposed::read(case, &basis, judged);
    judged.policies = basis.policies;
    verdict
}

/// Asks for the budgets, and decides.
fn decide(case: &Case<'_>, basis: &Basis, judged: &mut Judged) -> Result<Verdict, Stop> {
    let watch = Watch::choose(&case.named(), &basis.ground, &basis.rules.settings, case.check.now)?;
    weigh(case, basis, judged, &watch)
}

/// Asks what is watched for the budgets, and decides.
pub fn weigh(
    case: &Case<'_>,
    basis: &Basis,
    judged: &mut Judged,
    watch: &Watch<'_>,
) -> Result<Verdict, Stop> {
    let Basis { ground, rules, catalog, policies, adjustments, .. } = basis;
    let settings = &rules.settings;
    let (name, environment) = basis::environment(rules, case.environment.as_deref())?;
    let touched: Vec<String> =
        judged.report.change.services.iter().map(|service| service.name.clone()).collect();
    let subjects = subjects(settings, name, catalog, policies, &touched, &mut judged.report.problems);
    let (now, note) = watch.now(case.check.now, case.present);
    judged.report.notes.extend(note);
    judged.report.verdict.evaluated_at = now;
    let t = observed::grid(now.as_second(), settings);
    judged.report.judged_at = Some(t);
    judged.report.source = Some(watch.describe());
    let mut upstream = dependency::Wanted::new(settings, settings.step);
    let quarters = subjects
        .iter()
        .filter(|(_, policies)| policies.iter().any(|policy| policy.reads("quarter").is_some()));
    let quarters: BTreeSet<watch::Asked<'_>> = quarters.map(|(asked, _)| *asked).collect();
    let mut wanted = watch::signal::Wanted::default();
    for (asked, policies) in &subjects {
        for policy in policies {
            wanted.add(policy, asked.slo, asked.environment);
            upstream.add(policy, *asked, catalog);
        }
    }
    let asked: BTreeSet<watch::Asked<'_>> = subjects.keys().copied().chain(upstream.asked()).collect();
    let asked = Vec::from_iter(asked);
    let depth = |one: &watch::Asked<'_>| {
        let quarter = quarters.contains(one);
        let own = subjects.contains_key(one).then(|| watch::history(one.slo.period, quarter, settings.step));
        own.unwrap_or_default().max(upstream.depth(one))
    };
    if case.check.plan {
        judged.plan = Some(watch.plan(&asked, depth, &wanted, (settings, name), t));
        return Ok(verdict::unknown(now));
    }
    let observed = watch.observe(&asked, depth, settings, t);
    let heard = watch.listen(&wanted, settings, t);
    judged.report.notes.extend(watch.notes());
    if case.check.save_observations.is_some() {
        judged.observations = Some(watch.record(&asked, &observed, &heard, settings, (now, None)));
    }
    judged.answered = (!basis.amended().is_empty()).then(|| watch.keep(&asked, &observed, &heard, now));
    judged.report.problems.extend(adjustment::over(adjustments, catalog, settings, now));
    // Nothing keeps events yet: nobody has triggered anything or fired a bullet, and what is given back stands in files.
    let (ledger, without) = (Ledger::new(adjustments.events()), Ledger::default());
    let (past, unadjusted) = (ledger.until(now), without.until(now));
    let mut rulings = Rulings::default();
    let mut in_vain = BTreeSet::new();
    let mut answers = dependency::Answers::reckon(&asked, observed);
    for (asked, policies) in subjects.iter().take_while(|_| !policy::is_over()) {
        let observation = answers.take(asked, &upstream, adjustments);
        let (slo, share) = (asked.slo, asked.slo.objective.share());
        let both = Both::of(measure(asked, settings, observation, &heard, t), adjustments, slo, settings);
        let measured = &both.judged;
        let line = BudgetLine::reckon(measured, &slo.title, share, slo.period_at(t));
        judged.report.budgets.push(BudgetLine { adjusted: both.line(), ..line });
        for policy in policies {
            rulings.add(policy, &both, past, unadjusted);
            in_vain.extend(recall::in_vain(policy, &measured.subject.slo, past));
            if let Ok(budget) = &measured.budget
                && !policy.header.scope.organization
            {
                in_vain.extend(recall::capped(policy, &measured.subject.slo, budget, past));
            }
        }
        judged.report.notes.extend(judged.report.budgets.last().into_iter().flat_map(doubts));
        judged.measured.push(both.judged);
    }
    judged.report.notes.extend(in_vain);
    let asked = |policy: &&Policy| subjects.values().flatten().any(|asked| asked.id == policy.id);
    for policy in policies.iter().filter(asked) {
        let line = line(policy, ground, judged.report.organization.as_ref(), (now, past));
        if line.overdue {
            judged
                .report
                .notes
                .push(format!("the review of policy {} was due: {}", line.id, line.next_review));
        }
        judged
            .report
            .notes
            .extend(policy.printed().lines().map(|text| format!("policy {} printed {text}", line.id)));
        judged.report.policies.push(line);
    }
    let mut ahead: Vec<Timestamp> = policies.iter().filter_map(effective).collect();
    ahead.extend(judged.measured.iter().filter_map(|measured| reset(measured, settings.step, now)));
    let situation = situation(rules, (name, environment), now, &mut judged.report);
    judged.report.passing = verdict::passing(&situation, &rulings.judged, settings.changes.keys());
    let (verdict, unadjusted) = rulings.fold(&situation, &ahead);
    judged.report.unadjusted = unadjusted;
    Ok(verdict)
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

/// Which SLO is measured in which environment, and by which policies, for the touched services.
fn subjects<'a>(
    settings: &'a Settings,
    judged: &'a str,
    catalog: &'a Catalog,
    policies: &'a [Policy],
    touched: &[String],
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<watch::Asked<'a>, Vec<&'a Policy>> {
    let mut subjects: BTreeMap<watch::Asked<'a>, Vec<&'a Policy>> = BTreeMap::new();
    for (name, service) in settings.services.iter().filter(|(name, _)| touched.contains(*name)) {
        let slos: Vec<&Slo> = catalog.of(name).collect();
        problems.extend(law::unmeasured((name, service), catalog, policies, &[judged]));
        if slos.is_empty() {
            continue;
        }
        let covering: Vec<&Policy> =
            policies.iter().filter(|policy| policy.covers(name, service.team.as_deref())).collect();
        problems.extend(law::without_policy(name, service, policies));
        for slo in slos {
            for policy in &covering {
                let environment = policy.header.measures.as_deref().unwrap_or(judged);
                if slo.holds_in(environment)
                    && let Some(asked) = watch::Asked::new(settings, slo, environment)
                {
                    subjects.entry(asked).or_default().push(policy);
                }
            }
            if covering.is_empty()
                && slo.holds_in(judged)
                && let Some(asked) = watch::Asked::new(settings, slo, judged)
            {
                subjects.entry(asked).or_default();
            }
        }
    }
    subjects
}

/// A budget with whose it is and what fires beside it.
fn measure(
    asked: &watch::Asked<'_>,
    settings: &Settings,
    budget: Result<Budget, Gap>,
    heard: &watch::signal::Heard<'_>,
    t: i64,
) -> Measured {
    let slo = asked.slo;
    let subject = Subject::new(slo, asked.environment, settings.services.get(&slo.service));
    let budget = budget.map(|budget| Arc::new(budget.with_signals(heard.of(asked.environment))));
    Measured { subject, budget, t }
}

/// What the report says of a policy.
fn line(
    policy: &Policy,
    ground: &Ground,
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
        commit: ground.base.as_ref().filter(|_| organization.is_none()).map(|base| base.id.clone()),
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
