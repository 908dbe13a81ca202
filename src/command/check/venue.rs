//! Where a check takes place: in a run of a workflow that is told, in one that names no change, at a moment such as a
//! deploy, or in a shell. That says whom of GitHub is asked, which passage is judged, and between which commits where nobody names one.

use std::rc::Rc;

use crate::cli::{Check, Moment};
use crate::command::World;
use crate::command::passage::{About, Passage};
use crate::command::post::Post;
use crate::github::{Address, Event, GitHub, Run};
use crate::http::{Client, Limits};

/// The environment that a posted verdict is about when none is named.
const ENVIRONMENT: &str = "production";

/// Where a check takes place.
pub(super) struct Venue {
    /// The run of a workflow that it is about.
    run: Option<Run>,
    /// That run is told.
    is_told: bool,
    /// Where GitHub is asked, if it is.
    address: Option<Address>,
    /// The branch, tag or commit that everything that decides is read from, where no run names it.
    pub(super) base: Option<String>,
    /// The branch, tag or commit that is judged, where no run names it.
    pub(super) head: Option<String>,
    /// The environment that is judged. A status is named before the settings are read, and must be named for what is judged.
    pub(super) environment: Option<String>,
}

impl Venue {
    /// What the command line and the environment say of it.
    ///
    /// # Errors
    /// When they name no run, or GitHub wrongly.
    pub(super) fn of(check: &Check, world: &World) -> Result<Self, String> {
        let run = match check.at {
            _ if check.post => Some(Post::read_run(world)?),
            None => changeless(check, world)?,
            Some(_) => None,
        };
        let is_local = run.is_none() && check.at.is_none();
        let (base, head) = if is_local { ends(check, world)? } else { (None, None) };
        let address = match &run {
            Some(run) => Some(run.address.clone()),
            None if check.at.is_some() => Some(
                Address::read(&world.environment)
                    .map_err(|error| format!("--at asks GitHub, and {error}"))?,
            ),
            None if base.is_some() => Address::read(&world.environment).ok(),
            None => None,
        };
        let usual = || (check.post || check.at.is_some()).then(|| ENVIRONMENT.to_owned());
        let environment = check.environment.clone().or_else(usual);
        Ok(Self { run, is_told: check.post, address, base, head, environment })
    }

    /// The run that is told what was judged.
    pub(super) fn told(&self) -> Option<&Run> {
        self.run.as_ref().filter(|_| self.is_told)
    }

    /// The environment that a status is named for.
    pub(super) fn named(&self) -> &str {
        self.environment.as_deref().unwrap_or(ENVIRONMENT)
    }

    /// GitHub, where it is asked.
    ///
    /// # Errors
    /// When its address is none.
    pub(super) fn github(&self, client: &Rc<Client>, limits: Limits) -> Result<Option<GitHub>, String> {
        let github = self.address.as_ref().map(|address| GitHub::connect(Rc::clone(client), address, limits));
        github.transpose().map_err(|error| error.to_string())
    }

    /// The passage that is judged, where GitHub knows of one.
    ///
    /// # Errors
    /// When it is of a sort that cannot be judged.
    pub(super) fn about(
        &self,
        check: &Check,
        github: Option<&GitHub>,
        world: &World,
    ) -> Result<Option<About>, String> {
        let Some(github) = github else { return Ok(None) };
        match (check.at, &self.run) {
            (Some(Moment::Deploy), _) => {
                let sha = world.variable("GITHUB_SHA");
                let deploy = Passage::of_deploy(self.named(), check.head.as_deref(), sha, github)?;
                Ok(Some(About::Passage(Box::new(deploy))))
            }
            (None, Some(run)) => Ok(Some(Passage::of_run(run, github)?.within(check.branches.as_ref(), run))),
            (None, None) => Ok(None),
        }
    }
}

/// The base and the head that the command line names, else those of the change that a workflow runs on: there the work
/// tree may be the change's own, which must not judge itself, or the base's, which says nothing about the change.
fn ends(check: &Check, world: &World) -> Result<(Option<String>, Option<String>), String> {
    if check.base.is_some() {
        return Ok((check.base.clone(), check.head.clone()));
    }
    let event = world.variable("GITHUB_EVENT_NAME").unwrap_or_default();
    if event == "merge_group" {
        let run = Post::read_run(world).map_err(|why| {
            format!("this run is about a merge group; name what it merges into with --base, because {why}")
        })?;
        if let Event::MergeGroup(group) = run.event {
            return Ok((Some(group.base_ref), Some(group.head_sha)));
        }
    }
    let base = world.variable("GITHUB_BASE_REF").map(ToOwned::to_owned);
    if event != "pull_request_target" || base.is_none() {
        return Ok((base, None));
    }
    let run = Post::read_run(world)
        .map_err(|why| format!("the checkout is the base's own, and the change is not known: {why}"))?;
    Ok((base, run.pull_request().map(|pull| pull.head_sha.clone())))
}

/// The run of a workflow that no pull request started, where no base is named: a push, a schedule. Its work tree is not
/// the law; the tip of the default branch is.
fn changeless(check: &Check, world: &World) -> Result<Option<Run>, String> {
    let is_named = check.base.is_some() || world.variable("GITHUB_BASE_REF").is_some();
    let Some(event) = world.variable("GITHUB_EVENT_NAME").filter(|_| !is_named) else { return Ok(None) };
    if ["pull_request", "pull_request_target", "merge_group"].contains(&event) {
        return Ok(None);
    }
    let run = Post::read_run(world);
    run.map(Some)
        .map_err(|why| format!("name what decides with --base, because this is a workflow's run and {why}"))
}
