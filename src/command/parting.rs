//! A parting: a pull request leaves a branch, because it is closed or is to go into another one.
//!
//! What it was told there would wait for it: no sweep judges what is not open, so a green of better days would still stand
//! when it comes back, until a runner has judged it again. So the status that it leaves says that it has left, unless
//! another open pull request of the same commit needs it. What cannot be seen of others is no reason to leave a green.

use crate::cli::Branches;
use crate::command::World;
use crate::command::passage::Passage;
use crate::command::post::speaker;
use crate::github::{Action, GitHub, Run, State};
use crate::publish::{self, Gate, Outcome, StatusLine, status};

/// What the status of a closed pull request says.
const CLOSED: &str = "closed; judged again when it is reopened";

/// A pull request that leaves a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// Its number.
    number: u64,
    /// The full id of its head.
    head: String,
    /// The branch that it leaves.
    branch: String,
    /// Why, as the status says it.
    why: String,
}

impl Parting {
    /// Of a pull request that is closed and not merged.
    pub fn closed(number: u64, head: String, branch: String) -> Self {
        Self { number, head, branch, why: CLOSED.to_owned() }
    }

    /// Of the pull request of a run, where it goes into another branch now than before the run's event.
    pub fn of_run(run: &Run, passage: &Passage) -> Option<Self> {
        let (Some(pull), Action::Retargeted(from)) = (passage.pull(), &run.action) else { return None };
        let (head, branch) = (&pull.head_sha, &pull.base_ref);
        (from != branch).then(|| Self {
            number: pull.number,
            head: head.clone(),
            branch: from.clone(),
            why: format!("its base is `{branch}` now; judged again when it comes back"),
        })
    }

    /// Says so in the status that it leaves, where that is one of ours. False when that could not be done.
    pub fn tell(
        &self,
        (run, github): (&Run, &GitHub),
        environment: &str,
        branches: Option<&Branches>,
        world: &mut World,
    ) -> bool {
        let (number, branch) = (self.number, &self.branch);
        if branches.is_some_and(|branches| !branches.has(branch)) {
            return true;
        }
        if self.is_shared(github) {
            world.tell(&format!(
                "another open pull request brings the same commit into `{branch}`, so its status stays"
            ));
            return true;
        }
        let context = status::context(environment, branch);
        let gate = Gate { context, commit: self.head.clone(), is_waited_for: true };
        let line = StatusLine { state: State::Error, description: self.why.clone() };
        let began = github.met().unwrap_or(world.now.as_second());
        match publish::close(github, &gate, &speaker(run, began), &line) {
            Outcome::Written | Outcome::Unchanged => {
                world.tell(&format!("what pull request {number} was told for `{branch}` stands no more"));
            }
            Outcome::Skipped(why) => world.tell(&format!("the status for `{branch}` stays: {why}")),
            Outcome::Placeless => {}
            Outcome::Degraded(what) => world.tell(&format!("the token may not {what}")),
            Outcome::Failed(why) => {
                world.tell(&format!("the status for `{branch}` could not be written: {why}"));
                return false;
            }
        }
        true
    }

    /// Whether another open pull request brings the same head into the same branch.
    fn is_shared(&self, github: &GitHub) -> bool {
        let Ok((all, _)) = github.belongings(&self.head) else { return false };
        all.iter().any(|other| {
            other.is_open
                && other.number != self.number
                && other.head == self.head
                && other.base == self.branch
        })
    }
}
