//! The passage that a change takes: into a branch by a pull request or a merge queue, onto it by a push, or out of it by
//! a deploy. It says which branch's tip is the law, which commit is judged, since when it changed, and where the verdict
//! stands. A run that names no change looks at the default branch as it is.
//!
//! An event tells what a run is about and not how things stand: a pull request is judged where GitHub has it now, because
//! a run that waited may be older than its head. What cannot be known here is no reason to judge something else: the
//! verdict is unknown then, and is still told.

use std::time::Duration;

use crate::change::shipment::Shipment;
use crate::cli::Branches;
use crate::command::parting::Parting;
use crate::git::is_full_id;
use crate::github::{Action, Deployment, Event, GitHub, GitHubError, PullRequest, Run};
use crate::publish::{Gate, status};

/// How long looking at where things stand may take: the pending status waits for it.
const LOOKING: Duration = Duration::from_secs(15);

/// The passage of a change, or of none.
pub struct Passage {
    /// Which way it goes.
    way: Way,
    /// The branch whose tip is the law, or why that is not known.
    pub law: Result<String, String>,
    /// The full id of the commit that is judged; none where the tip of the branch is looked at.
    pub head: Option<String>,
    /// Since when it changed.
    pub since: Since,
    /// What a reader must know of it.
    pub notes: Vec<String>,
}

/// Which way a change goes.
enum Way {
    /// Into the base branch of a pull request.
    Merge(Box<PullRequest>),
    /// Into a branch by its merge queue.
    Queue(String),
    /// Onto a branch, where it is already.
    Push(String),
    /// Out of a branch, into the environment.
    Deploy,
    /// Nowhere: no change is judged.
    Look,
}

/// Since when the judged commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// Since its history and that of the law part.
    Fork,
    /// Since the commit of this full id, in whatever direction.
    Commit(String),
    /// Since the commit of this full id, which was deployed before, where the judged one goes on from it.
    Deployed(String),
    /// Nobody can tell; why, as a sentence.
    Unknown(String),
}

/// What a run is about.
pub enum About {
    /// A passage.
    Passage(Box<Passage>),
    /// Nothing that could be judged: what it leaves, and why, as a sentence.
    Nothing(Option<Parting>, String),
}

impl About {
    /// The same, where it is about one of the branches that the gate is for.
    #[must_use]
    pub fn within(self, branches: Option<&Branches>, run: &Run) -> Self {
        let (Self::Passage(passage), Some(branches)) = (&self, branches) else { return self };
        let Some(branch) = passage.beside(branches) else { return self };
        let ours = branches.as_str();
        let why = format!("the branch `{branch}` is none of those that this gate is for (`{ours}`)");
        Self::Nothing(Parting::of_run(run, passage), why)
    }
}

impl Passage {
    /// What a run is about, with pull requests as GitHub has them now.
    ///
    /// # Errors
    /// When the event is of a sort that no change comes by.
    pub fn of_run(run: &Run, github: &GitHub) -> Result<About, String> {
        let passage = match &run.event {
            // Whoever runs it once more wants it judged.
            Event::PullRequest(pull) if run.action == Action::Reworded && run.attempt == 1 => {
                return Ok(About::Nothing(None, format!("pull request {} was only reworded", pull.number)));
            }
            Event::PullRequest(pull) => return Ok(of_pull(pull, github)),
            Event::MergeGroup(group) => Self {
                way: Way::Queue(group.base_ref.clone()),
                law: Ok(group.base_ref.clone()),
                head: Some(group.head_sha.clone()),
                since: Since::Fork,
                notes: Vec::new(),
            },
            Event::Push(push) => {
                let Some(branch) = &push.branch else {
                    return Err("this run is about a tag, which goes into no branch".to_owned());
                };
                let Some(after) = &push.after else {
                    return Ok(About::Nothing(None, format!("the branch `{branch}` is gone")));
                };
                let new =
                    || Since::Unknown(format!("every service counts, because the branch `{branch}` is new"));
                Self {
                    way: Way::Push(branch.clone()),
                    law: default_branch(github),
                    head: Some(after.clone()),
                    since: push.before.clone().map_or_else(new, Since::Commit),
                    notes: Vec::new(),
                }
            }
            Event::Other => Self {
                way: Way::Look,
                notes: Vec::new(),
                law: default_branch(github),
                head: None,
                since: Since::Unknown(
                    "every service is judged, because this run is about no change".to_owned(),
                ),
            },
        };
        Ok(About::Passage(Box::new(passage)))
    }

    /// The moment before a commit is deployed into an environment: `head` is the name of the commit, `sha` its id where
    /// none is named. What was deployed there last says what the deploy changes.
    ///
    /// # Errors
    /// When there is no such commit.
    pub fn of_deploy(
        environment: &str,
        head: Option<&str>,
        sha: Option<&str>,
        github: &GitHub,
    ) -> Result<Self, String> {
        let found = match (head, sha) {
            (None, Some(sha)) if is_full_id(sha) => Ok(sha.to_ascii_lowercase()),
            (None, _) => {
                return Err(
                    "name the commit that is deployed with --head, because `GITHUB_SHA` is no commit id"
                        .to_owned(),
                );
            }
            (Some(name), _) => match github.within(LOOKING, || github.resolve(name)) {
                Err(GitHubError::NotFound(_)) => {
                    return Err(format!("there is no commit `{name}` on GitHub"));
                }
                found => found.map_err(|error| format!("`{name}` could not be resolved: {error}")),
            },
        };
        let (head, law) = match found {
            Ok(head) => (Some(head), default_branch(github)),
            Err(why) => (None, Err(why)),
        };
        let (since, notes) = deployed_last(environment, head.as_deref(), github);
        Ok(Self { way: Way::Deploy, law, head, since, notes })
    }

    /// The pull request that is judged and told, when it is one.
    #[must_use]
    pub fn pull(&self) -> Option<&PullRequest> {
        match &self.way {
            Way::Merge(pull) => Some(pull.as_ref()),
            Way::Queue(_) | Way::Push(_) | Way::Deploy | Way::Look => None,
        }
    }

    /// True where pull requests are about to be merged, which are judged as canaries and may change what judges them.
    #[must_use]
    pub const fn is_merge(&self) -> bool {
        matches!(self.way, Way::Merge(_) | Way::Queue(_))
    }

    /// What ships together, with the tip of the law's branch and the judged commit: a merge group, or what a deploy or a push
    /// brings.
    #[must_use]
    pub fn shipment<'a>(&'a self, tip: &'a str, head: &'a str) -> Option<Shipment<'a>> {
        let since = match (&self.way, &self.since) {
            (Way::Queue(_), _) => Ok(tip),
            (Way::Deploy, Since::Deployed(last)) | (Way::Push(_), Since::Commit(last)) => Ok(last.as_str()),
            (Way::Deploy, Since::Fork | Since::Commit(_) | Since::Unknown(_)) => {
                Err("nobody knows what is deployed now")
            }
            (Way::Push(_), Since::Fork | Since::Deployed(_) | Since::Unknown(_)) => {
                Err("nobody knows what was on the branch before")
            }
            (Way::Merge(_) | Way::Look, _) => return None,
        };
        let is_merged = !matches!(self.way, Way::Queue(_));
        Some(Shipment { branch: self.branch(), since, head, is_merged })
    }

    /// The branch that it goes into, or whose tip is looked at; empty where that is not known.
    #[must_use]
    pub fn branch(&self) -> &str {
        match &self.way {
            Way::Merge(pull) => &pull.base_ref,
            Way::Queue(branch) | Way::Push(branch) => branch,
            Way::Deploy | Way::Look => self.law.as_deref().unwrap_or_default(),
        }
    }

    /// The branch that a change goes into, where that is known and none of those that the gate is for.
    fn beside(&self, branches: &Branches) -> Option<&str> {
        let is_change = match self.way {
            Way::Merge(_) | Way::Queue(_) => self.law.is_ok(),
            Way::Push(_) => true,
            Way::Deploy | Way::Look => false,
        };
        Some(self.branch()).filter(|branch| is_change && !branches.has(branch))
    }

    /// Where the verdict stands for an environment; nowhere where no change is judged.
    #[must_use]
    pub fn gate(&self, environment: &str) -> Option<Gate> {
        let context = match &self.way {
            Way::Merge(_) | Way::Queue(_) | Way::Push(_) => status::context(environment, self.branch()),
            Way::Deploy => status::deploy_context(environment),
            Way::Look => return None,
        };
        let is_waited_for = !matches!(self.way, Way::Deploy);
        self.head.clone().map(|commit| Gate { context, commit, is_waited_for })
    }
}

/// A pull request where it stands now. Where GitHub does not say, the verdict is unknown, and is told where the event saw
/// the pull request.
fn of_pull(pull: &PullRequest, github: &GitHub) -> About {
    let (pull, law) = match github.within(LOOKING, || github.pull(pull.number)) {
        Ok(now) if now.is_merged => {
            return About::Nothing(None, format!("pull request {} is merged", pull.number));
        }
        Ok(now) if !now.is_open => {
            let why = format!("pull request {} is closed", pull.number);
            return About::Nothing(Some(Parting::closed(pull.number, now.head, now.base)), why);
        }
        Ok(now) => {
            let law = now.base.clone();
            let (author, labels) = (now.author, Some(now.labels));
            let origin = now.origin;
            (
                PullRequest {
                    head_sha: now.head,
                    origin,
                    base_ref: now.base,
                    author,
                    labels,
                    ..pull.clone()
                },
                Ok(law),
            )
        }
        Err(error) => {
            let why = format!("where pull request {} stands now could not be read: {error}", pull.number);
            (pull.clone(), Err(why))
        }
    };
    let head = Some(pull.head_sha.clone());
    About::Passage(Box::new(Passage {
        way: Way::Merge(Box::new(pull)),
        law,
        head,
        since: Since::Fork,
        notes: Vec::new(),
    }))
}

/// What was deployed into an environment before, and what a reader must know of it. A deployment of the judged commit is no
/// past of it: it may be this very deploy, an earlier job of the same run, or one that was written down and never happened.
fn deployed_last(environment: &str, head: Option<&str>, github: &GitHub) -> (Since, Vec<String>) {
    let all = |why: String| (Since::Unknown(format!("every service counts, because {why}")), Vec::new());
    let is_other = |one: &Deployment| head != Some(one.commit.as_str());
    let newest = github
        .within(LOOKING, || github.deployments(environment, |done, _| !done.last().is_some_and(is_other)));
    match newest.map(|(done, complete)| (done.into_iter().find(is_other), complete)) {
        Ok((Some(last), _)) => {
            let short = last.commit.get(..7).unwrap_or(&last.commit);
            let note = format!("judged since commit `{short}`, which was deployed to `{environment}` before");
            (Since::Deployed(last.commit), vec![note])
        }
        Ok((None, true)) => {
            all(format!("GitHub knows of no deployment of another commit to `{environment}`"))
        }
        Ok((None, false)) => {
            all(format!("none of the newest deployments to `{environment}` brought another commit there"))
        }
        Err(error) => all(format!("the deployments to `{environment}` could not be read: {error}")),
    }
}

/// The default branch, or why it is not known.
fn default_branch(github: &GitHub) -> Result<String, String> {
    let unread = |error: GitHubError| format!("the default branch could not be read: {error}");
    github.within(LOOKING, || github.default_branch()).map_err(unread)
}
