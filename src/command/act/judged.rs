//! What rules now: every service of the default branch in every environment whose clauses are carried out.

use std::collections::BTreeSet;
use std::rc::Rc;

use jiff::Timestamp;

use crate::change;
use crate::cli::{Act, Check, Format};
use crate::command::World;
use crate::command::basis;
use crate::command::check;
use crate::command::ground::{self, Ground};
use crate::command::judge::{Case, Judged, Stop};
use crate::command::law;
use crate::command::organization::Offer;
use crate::command::postmortem;
use crate::command::question::{self, Question};
use crate::command::watch::named;
use crate::diagnostic::{self, Diagnostic};
use crate::github::{GitHub, GitHubError};
use crate::http::Client;
use crate::policy::ruling::{Measured, Obstacle};
use crate::publish::issue::apply::Manner;
use crate::report::Report;
use crate::report::duty::template::Template;
use crate::report::duty::{self, Duty};
use crate::settings::{self, Mode, Settings};

/// What rules now.
pub struct Ruled {
    /// When it was judged.
    pub now: Timestamp,
    /// The environments, and how strict they are.
    pub environments: Vec<(String, Mode)>,
    /// What clauses ask for.
    pub duties: Vec<Duty>,
    /// What is doubtful in what was written.
    pub problems: Vec<Diagnostic>,
    /// What else a reader must know.
    pub notes: Vec<String>,
    /// A budget is not known, or a policy failed.
    pub is_unknown: bool,
    /// How issues are opened.
    pub manner: Manner,
    /// The most of them in one run.
    pub most: usize,
}

/// Judges every service: the law is read once, and budgets once for each environment.
///
/// # Errors
/// When the command line is wrong, something written is, or the world does not answer.
pub fn judge(
    act: &Act,
    world: &World,
    client: &Client,
    github: Option<Rc<GitHub>>,
    problems: &mut Vec<Diagnostic>,
) -> Result<Ruled, Stop> {
    let check = checked(act);
    let mut case = Case {
        check: &check,
        root: world.directory.join(&act.dir),
        prefix: check::prefix(&act.dir),
        environment: None,
        base: act.base.clone(),
        head: act.base.clone(),
        directory: world.directory.clone(),
        organization: Offer::of(&act.layered, world),
        present: world.now,
        client,
        server: named::server(&act.source, world).map_err(Stop::Usage)?,
        datadog: check::datadog(&act.source, world),
        github,
        blob: blob(world),
        pull: None,
        passage: None,
    };
    let ground = ground(&case)?;
    let layer = case.organization.read(&case.directory, ground.base.as_ref().map(|_| case.root.as_path()));
    let settings = law::read_rules(&ground, layer, problems)?.settings;
    problems.clear();
    let mut ruled = Ruled {
        now: act.now.unwrap_or(world.now),
        environments: environments(act, &settings)?,
        duties: Vec::new(),
        problems: Vec::new(),
        notes: Vec::new(),
        is_unknown: false,
        manner: Manner { template: Template::default(), labels: settings.acting.labels.clone() },
        most: usize::from(act.most.unwrap_or(settings.acting.most)),
    };
    case.environment = ruled.environments.first().map(|(name, _)| name.clone());
    if case.environment.is_none() {
        ruled.notes.push("every environment only informs, so that nothing is carried out".to_owned());
        return Ok(ruled);
    }
    let mut report = Judged::blank(case.present).report;
    let basis = basis::read(&case, ground, &mut report)?;
    ruled.manner.template = postmortem::read(&basis.ground, &basis.rules.settings)?;
    let services = services(act, &basis.rules.settings)?;
    report.change.services = change::named(&basis.rules.settings, &services).services;
    let mut known = BTreeSet::new();
    for (name, mode) in ruled.environments.clone() {
        case.environment = Some(name.clone());
        let mut report = report.clone();
        let asked: BTreeSet<&str> = services.iter().map(String::as_str).collect();
        report.problems.extend(question::unasked(&case, &basis, &asked)?);
        let (verdict, measured) = Question::of(&case, &basis, &asked)?.ask(false).fold(&mut report);
        report.verdict = verdict;
        diagnostic::sort(&mut report.problems);
        ruled.add(report, &measured, (&name, mode), &mut known);
    }
    Ok(ruled)
}

impl Ruled {
    /// Adds what rules in one environment. Environments that measure the same budgets ask for the same, once.
    fn add(
        &mut self,
        report: Report,
        measured: &[Measured],
        (name, mode): (&str, Mode),
        known: &mut BTreeSet<[String; 4]>,
    ) {
        let failed = report
            .verdict
            .rulings
            .iter()
            .any(|one| matches!(one.ruling.obstacle, Some(Obstacle::Failed { .. })));
        let gaps =
            report.budgets.iter().filter_map(|line| line.figures.as_ref().err().map(|gap| (line, gap)));
        let gaps: Vec<String> = gaps
            .map(|(line, gap)| format!("{} in {} is not known: {gap}", line.slo, line.environment))
            .collect();
        self.now = report.verdict.evaluated_at;
        let duties = duty::collect(&report, measured);
        let mut new = |duty: &Duty| {
            let Duty { policy, clause, service, environment, .. } = duty;
            known.insert([policy, clause, service, environment].map(Clone::clone))
        };
        if mode == Mode::Inform {
            let count = duties.iter().filter(|duty| !duty.affected().is_empty()).count();
            let note = format!("{name} only informs, so that {count} of its clauses in force are not heeded");
            self.notes.push(note);
        } else {
            self.is_unknown |= failed || !gaps.is_empty();
            self.duties.extend(duties.into_iter().filter(|duty| new(duty)));
        }
        for problem in report.problems {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        for note in gaps.into_iter().chain(report.notes) {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }
}

/// Where the law is read: at the tip of the default branch, unless something else is named or GitHub is not asked.
fn ground(case: &Case<'_>) -> Result<Ground, Stop> {
    match &case.github {
        Some(github) if case.base.is_none() => {
            let unread =
                |error: GitHubError| Stop::Unknown(format!("the default branch could not be read: {error}"));
            ground::at_tip(case, &github.default_branch().map_err(unread)?, None)
        }
        Some(_) | None => ground::find(case),
    }
}

/// The services that are looked at: those that are named, else all.
fn services(act: &Act, settings: &Settings) -> Result<Vec<String>, Stop> {
    let known = || settings.services.keys().map(String::as_str);
    if let Some(name) = act.service.iter().find(|name| !settings.services.contains_key(*name)) {
        let help = diagnostic::suggestion(name, known());
        return Err(Stop::Usage(format!("there is no service `{name}` in {}: {help}", settings::FILE)));
    }
    let all = || settings.services.keys().cloned().collect();
    Ok(if act.service.is_empty() { all() } else { act.service.clone() })
}

/// The environments whose clauses are carried out: those that are named, else all that warn or enforce.
fn environments(act: &Act, settings: &Settings) -> Result<Vec<(String, Mode)>, Stop> {
    let known = || settings.environments.keys().map(String::as_str);
    if let Some(name) = act.environment.iter().find(|name| !settings.environments.contains_key(*name)) {
        let help = diagnostic::suggestion(name, known());
        return Err(Stop::Usage(format!("there is no environment `{name}` in {}: {help}", settings::FILE)));
    }
    let is_meant = |name: &String, mode: Mode| {
        if act.environment.is_empty() { mode > Mode::Inform } else { act.environment.contains(name) }
    };
    let all = settings.environments.iter().map(|(name, environment)| (name.clone(), environment.mode));
    Ok(all.filter(|(name, mode)| is_meant(name, *mode)).collect())
}

/// The same inputs as those of a check of these services.
fn checked(act: &Act) -> Check {
    Check {
        dir: act.dir.clone(),
        environment: None,
        base: act.base.clone(),
        head: None,
        service: act.service.clone(),
        class: None,
        rollout: None,
        now: act.now,
        at: None,
        format: Format::Text,
        color: "auto".to_owned(),
        source: act.source.clone(),
        save_observations: None,
        plan: false,
        post: false,
        branches: None,
        close: false,
        layered: act.layered.clone(),
    }
}

/// Where people look at files of the repository, in a run of a workflow.
fn blob(world: &World) -> Option<String> {
    let repository = world.variable("GITHUB_REPOSITORY")?;
    let server = world.variable("GITHUB_SERVER_URL").unwrap_or("https://github.com");
    Some(format!("{}/{repository}/blob", server.trim_end_matches('/')))
}
