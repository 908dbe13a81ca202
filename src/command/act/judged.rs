//! What rules now: every service of the default branch in every environment whose clauses are carried out.

use std::collections::BTreeSet;
use std::rc::Rc;

use jiff::Timestamp;

use crate::cli::{Act, Check, Format};
use crate::command::World;
use crate::command::check;
use crate::command::ground;
use crate::command::judge::{self, Case, Judged, Stop};
use crate::command::law;
use crate::command::organization::Offer;
use crate::command::watch;
use crate::diagnostic::{self, Diagnostic};
use crate::github::{GitHub, GitHubError};
use crate::http::Client;
use crate::policy::ruling::Obstacle;
use crate::report::duty::{self, Duty};
use crate::settings::{self, Mode, Settings};
use crate::verdict::Exit;

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
}

/// Judges every service.
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
    let (base, branch) = match (&act.base, &github) {
        (Some(named), _) => (Some(named.clone()), None),
        (None, Some(github)) => {
            let (branch, tip) = tip(github)?;
            (Some(tip), Some(branch))
        }
        (None, None) => (None, None),
    };
    let named = checked(act);
    let every;
    let mut case = Case {
        check: &named,
        root: world.directory.join(&act.dir),
        prefix: check::prefix(&act.dir),
        environment: None,
        head: base.clone(),
        base,
        directory: world.directory.clone(),
        organization: Offer::of(&act.layered, world),
        present: world.now,
        client,
        server: watch::named::server(&act.source, world).map_err(Stop::Usage)?,
        datadog: check::datadog(&act.source, world),
        github,
        blob: blob(world),
        pull: None,
    };
    let ground = ground::find(&case)?;
    let layer = case.organization.read(&case.directory, ground.base.as_ref().map(|_| case.root.as_path()));
    let rules = law::read_rules(&ground, layer, problems)?;
    let environments = environments(act, &rules.settings)?;
    if named.service.is_empty() {
        every = Check { service: rules.settings.services.keys().cloned().collect(), ..checked(act) };
        case.check = &every;
    }
    let mut ruled = Ruled {
        now: act.now.unwrap_or(world.now),
        environments,
        duties: Vec::new(),
        problems: Vec::new(),
        notes: Vec::new(),
        is_unknown: false,
    };
    let mut known = BTreeSet::new();
    for (name, mode) in ruled.environments.clone() {
        case.environment = Some(name.clone());
        let mut judged = judge::judge(&case).map_err(Stop::Usage)?;
        if let (Some(base), Some(branch)) = (&mut judged.report.change.base, &branch) {
            base.name.clone_from(branch);
        }
        ruled.add(judged, (&name, mode), &mut known)?;
    }
    if ruled.environments.is_empty() {
        ruled.notes.push("every environment only informs, so that nothing is carried out".to_owned());
    }
    Ok(ruled)
}

impl Ruled {
    /// Adds what rules in one environment. Environments that measure the same budgets ask for the same, once.
    fn add(
        &mut self,
        judged: Judged,
        (name, mode): (&str, Mode),
        known: &mut BTreeSet<[String; 4]>,
    ) -> Result<(), Stop> {
        let Judged { report, measured, .. } = judged;
        if report.verdict.exit == Exit::Invalid {
            return Err(Stop::Invalid(report.problems));
        }
        if report.verdict.rulings.is_empty()
            && report.budgets.is_empty()
            && report.verdict.exit == Exit::Unknown
        {
            return Err(Stop::Unknown(report.notes.first().cloned().unwrap_or_default()));
        }
        let failed = report
            .verdict
            .rulings
            .iter()
            .any(|one| matches!(one.ruling.obstacle, Some(Obstacle::Failed { .. })));
        let gap = report.budgets.iter().find_map(|line| line.figures.as_ref().err().map(|gap| (line, gap)));
        if let Some((line, gap)) = gap {
            self.notes.push(format!("{} in {} is not known: {gap}", line.slo, line.environment));
        }
        self.is_unknown |= failed || gap.is_some();
        self.now = report.verdict.evaluated_at;
        let mut new = |duty: &Duty| {
            let Duty { policy, clause, service, environment, .. } = duty;
            known.insert([policy, clause, service, environment].map(Clone::clone))
        };
        let duties = duty::collect(&report, &measured);
        if mode == Mode::Inform {
            let count = duties.iter().filter(|duty| !duty.affected().is_empty()).count();
            self.notes
                .push(format!("{name} only informs, so that {count} of its clauses in force are not heeded"));
        } else {
            self.duties.extend(duties.into_iter().filter(|duty| new(duty)));
        }
        for problem in report.problems {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        for note in report.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(())
    }
}

/// The default branch and its tip.
fn tip(github: &GitHub) -> Result<(String, String), Stop> {
    let unread = |error: GitHubError| Stop::Unknown(format!("the default branch could not be read: {error}"));
    let branch = github.default_branch().map_err(unread)?;
    let tip = github.tip(&branch).map_err(unread)?;
    Ok((branch, tip))
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
        format: Format::Text,
        color: "auto".to_owned(),
        source: act.source.clone(),
        save_observations: None,
        plan: false,
        post: false,
        layered: act.layered.clone(),
    }
}

/// Where people look at files of the repository, in a run of a workflow.
fn blob(world: &World) -> Option<String> {
    let repository = world.variable("GITHUB_REPOSITORY")?;
    let server = world.variable("GITHUB_SERVER_URL").unwrap_or("https://github.com");
    Some(format!("{}/{repository}/blob", server.trim_end_matches('/')))
}
