//! Today's releases into an environment, for policies that limit them: GitHub's deployments that were carried out.
//!
//! A deployment names no service, so each counts for all of them. One commit that is deployed again on the same day is one
//! release, and a day is one of UTC. They are asked for once, and only where a clause that may be in force limits them;
//! where nobody can count them that is told, and the limit is not known.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use crate::github::GitHub;
use crate::ledger;
use crate::policy::Consequence;
use crate::policy::ruling::{Ruling, Standing};

/// How long counting may take.
const COUNTING: Duration = Duration::from_secs(15);

/// Who counts releases, and what they counted.
#[derive(Default)]
pub struct Released {
    /// GitHub, when it can be asked.
    github: Option<Rc<GitHub>>,
    /// How many there were, or why nobody knows.
    counted: OnceCell<Result<usize, String>>,
}

impl Released {
    /// GitHub counts, when it can be asked.
    pub fn by(github: Option<Rc<GitHub>>) -> Self {
        Self { github, counted: OnceCell::new() }
    }

    /// Today's releases until now, or why nobody knows; nothing where no ruling limits them or nobody can be asked.
    pub fn today<'r>(
        &self,
        mut rulings: impl Iterator<Item = &'r Ruling>,
        environment: &str,
        now: Timestamp,
    ) -> Option<&Result<usize, String>> {
        let github = self.github.as_ref()?;
        rulings.any(limits).then(|| self.counted.get_or_init(|| count(github, environment, now)))
    }
}

/// Whether a ruling limits releases, or may.
fn limits(ruling: &Ruling) -> bool {
    let is_idle = matches!(ruling.standing, Standing::Idle | Standing::Untriggered);
    !is_idle && ruling.consequences.iter().any(|one| matches!(one, Consequence::LimitReleases { .. }))
}

/// Counts.
fn count(github: &GitHub, environment: &str, now: Timestamp) -> Result<usize, String> {
    let today = ledger::date(now);
    let listed =
        github.within(COUNTING, || github.deployments(environment, |_, next| ledger::date(next.at) >= today));
    let (done, is_whole) = listed.map_err(|error| error.to_string())?;
    if !is_whole {
        return Err("there are more deployments today than are looked at".to_owned());
    }
    let before = done.iter().filter(|one| one.at <= now);
    Ok(before.map(|one| one.commit.as_str()).collect::<BTreeSet<_>>().len())
}
