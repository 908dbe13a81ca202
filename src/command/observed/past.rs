//! When SLOs were loosened, by git history, and what was left of their budgets then.
//!
//! The history is walked once for all SLOs, no further back than the longest period, and of each commit only the files
//! that it changed are read, unless they need others. What is not committed yet, or not in the commit that is compared
//! with, counts as a change of this moment.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use crate::catalog::lineage::{Lineage, Loosening};
use crate::catalog::{Catalog, Slo};
use crate::command::ground::{self, Ground};
use crate::command::law::{self, Law, Rules};
use crate::command::observed::{NAMED, Unknown, grid};
use crate::command::watch::{Asked, Watch};
use crate::git::Repository;
use crate::git::history::{Cut, Step};
use crate::lint::loosened_while_exhausted::{Loosened, When, exhausted};
use crate::settings::{self, Settings};
use crate::source::instant;
use crate::tree::{GitTree, Tree, TreeError};

/// What every note of what is not known begins with.
const WHETHER: &str = "not known: whether an SLO was loosened while its budget was exhausted";

/// What the past is read from, and the present that it is compared with.
pub struct Past<'a> {
    /// The directory that has the settings.
    pub root: &'a Path,
    /// Where the present definitions were read.
    pub ground: &'a Ground,
    /// What they are compared with, when something is named.
    pub other: Option<&'a Ground>,
    /// The settings.
    pub rules: &'a Rules,
    /// The present definitions.
    pub law: &'a Law,
    /// The instant that is looked at, in seconds since the epoch.
    pub now: i64,
    /// That instant was asked for: what happened later did not happen yet.
    pub given: bool,
}

/// Some files of a commit, with its settings.
struct Part {
    /// The commit.
    tree: GitTree,
    /// The files.
    paths: Vec<String>,
}

impl Tree for Part {
    fn commit(&self) -> Option<&str> {
        self.tree.commit()
    }

    fn paths(&self) -> Result<Vec<String>, TreeError> {
        Ok(self.paths.clone())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        self.tree.read(path)
    }
}

/// When something changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The full id of the commit; none for this moment, and then the name of what is compared with.
    id: Result<String, String>,
    /// The instant, in seconds since the epoch.
    at: i64,
}

/// An SLO that was loosened in an environment and still is.
pub struct Change<'a> {
    /// The environment's name.
    environment: &'a str,
    /// What was loosened.
    loosening: Loosening<'a, Moment>,
}

/// What SLOs of an earlier time are now, in each environment: a default may have yielded in one alone.
struct Lineages<'a>(Vec<(&'a str, Lineage<'a, Moment>)>);

impl<'a> Lineages<'a> {
    /// Begins with the present.
    fn new(past: &Past<'a>) -> Self {
        let environments = past.rules.settings.environments.keys();
        Self(environments.map(|name| (name.as_str(), Lineage::new(held(&past.law.catalog, name)))).collect())
    }

    /// Goes back over a change.
    fn step(&mut self, before: &Catalog, after: &Catalog, moment: &Moment) -> Vec<Change<'a>> {
        let mut changes = Vec::new();
        for (environment, lineage) in &mut self.0 {
            let loosened = lineage.step(held(before, environment), held(after, environment), moment);
            changes.extend(loosened.into_iter().map(|loosening| Change { environment, loosening }));
        }
        changes
    }
}

/// The SLOs that hold in an environment.
fn held<'s>(catalog: &'s Catalog, environment: &str) -> impl Iterator<Item = &'s Slo> {
    catalog.slos.iter().filter(move |slo| slo.holds_in(environment))
}

impl Moment {
    /// As it is told.
    fn when(&self) -> When<'_> {
        match &self.id {
            Ok(id) => When::Commit { id, at: self.at },
            Err(against) => When::Now { against },
        }
    }

    /// As it stands in a note.
    fn describe(&self) -> String {
        match &self.id {
            Ok(id) => format!("by commit {} at {}", id.get(..7).unwrap_or(id), instant(self.at)),
            Err(against) => format!("against `{against}`"),
        }
    }
}

impl<'a> Past<'a> {
    /// What was loosened within the last period of its SLO, newest first. What cannot be read is noted.
    pub fn changes(&self, notes: &mut Vec<String>) -> Vec<Change<'a>> {
        let mut changes = Vec::new();
        let mut told = Told::default();
        if let Some(other) = self.other {
            let name = other.base.as_ref().map_or_else(String::new, |base| base.name.clone());
            // Where both have gone on since, what the other one tightened is not what this one loosened.
            let before = match other.forked(self.ground) {
                Some(tree) => definitions(&ground::of_files(tree), &name, self.rules, &mut told),
                None => definitions(other, &name, self.rules, &mut told),
            };
            let moment = Moment { id: Err(name), at: self.now };
            changes.extend(Lineages::new(self).step(&before, &self.law.catalog, &moment));
        }
        match self.walk(&mut changes, &mut told, notes) {
            Ok(()) => {}
            Err(why) => notes.push(format!("{WHETHER}: {why}")),
        }
        notes.extend(told.notes());
        let long = |slo: &Slo| slo.period;
        changes.retain(|Change { loosening, .. }| {
            let at = loosening.mark.at;
            // What was committed after the instant that was asked for did not happen yet.
            let is_ahead = self.given && at > self.now;
            !is_ahead && at >= self.now.saturating_sub(long(loosening.now).max(long(&loosening.before)))
        });
        changes.sort_by_key(|change| Reverse(change.loosening.mark.at));
        changes
    }

    /// Adds what a repository's history loosened, from the present definitions backwards.
    fn walk(
        &self,
        changes: &mut Vec<Change<'a>>,
        told: &mut Told,
        notes: &mut Vec<String>,
    ) -> Result<(), String> {
        let repository = Repository::open(self.root).map_err(|error| error.to_string())?;
        let repository = &Rc::new(repository.ok_or("there is no git history here")?);
        let tip = match &self.ground.base {
            Some(base) => base.id.clone(),
            None => repository.resolve("HEAD").map_err(|_| "nothing is committed yet".to_owned())?,
        };
        let longest = self.law.catalog.slos.iter().map(|slo| slo.period).max().unwrap_or(0);
        let globs = settings::glob(&self.rules.settings.slos);
        let concerns = |path: &str| path == settings::FILE || globs.is_match(path);
        let since = self.now.saturating_sub(longest);
        let history = repository.history(&tip, since, concerns).map_err(|error| error.to_string())?;
        if let Some((cut, at)) = history.cut {
            let why = match cut {
                Cut::Shallow => "the clone is shallow; `git fetch --unshallow` completes it",
                Cut::Long => "too many commits changed SLOs since",
            };
            notes.push(format!("{WHETHER}, up to {}: {why}", instant(at)));
        }
        let mut lineages = Lineages::new(self);
        // All SLOs behind the next step, where they were read already.
        let mut behind = None;
        if self.ground.base.is_none() {
            let before = self.whole(repository, &tip, told);
            let moment = Moment { id: Err("HEAD".to_owned()), at: self.now };
            let loosened = lineages.step(&before, &self.law.catalog, &moment);
            changes.extend(loosened.into_iter().filter(|_| self.other.is_none()));
            behind = Some(before);
        }
        let has_defaults = |catalog: &Catalog| !catalog.defaults.is_empty();
        // A default yields to what another file says, so that all files are needed from where there was one.
        let mut needs_all =
            [Some(&self.law.catalog), behind.as_ref()].into_iter().flatten().any(has_defaults);
        for step in history.steps {
            let Some(parent) = &step.parent else { break };
            let parts = if needs_all { None } else { self.parts(repository, &step, parent) };
            let parts = parts.filter(|(before, after)| !has_defaults(before) && !has_defaults(after));
            let all = parts.is_none();
            let (before, after) = parts.unwrap_or_else(|| {
                let after = behind.take().unwrap_or_else(|| self.whole(repository, &step.id, told));
                (self.whole(repository, parent, told), after)
            });
            needs_all |= has_defaults(&before) || has_defaults(&after);
            let moment = Moment { id: Ok(step.id), at: step.at };
            changes.extend(lineages.step(&before, &after, &moment));
            behind = all.then_some(before);
        }
        Ok(())
    }

    /// The SLOs of the files that a commit changed, before and after it; none where those files alone do not tell.
    fn parts(&self, repository: &Rc<Repository>, step: &Step, parent: &str) -> Option<(Catalog, Catalog)> {
        let part = |commit: &str| {
            let tree = GitTree::new(Rc::clone(repository), commit);
            let part = ground::of_files(Box::new(Part { tree, paths: step.changed.clone() }));
            let (catalog, complete) = law::definitions(&part, self.rules.organization.as_ref()).ok()?;
            // What refers to another file is only understood with it.
            complete.then_some(catalog)
        };
        let settings = step.changed.iter().any(|path| path == settings::FILE);
        if settings { None } else { part(parent).zip(part(&step.id)) }
    }

    /// All SLOs at a commit.
    fn whole(&self, repository: &Rc<Repository>, commit: &str, told: &mut Told) -> Catalog {
        let tree = ground::of_files(Box::new(GitTree::new(Rc::clone(repository), commit)));
        definitions(&tree, commit.get(..7).unwrap_or(commit), self.rules, told)
    }
}

/// The SLOs of another tree, those of them that can be read; what cannot is told.
fn definitions(other: &Ground, name: &str, rules: &Rules, told: &mut Told) -> Catalog {
    match law::definitions(other, rules.organization.as_ref()) {
        Ok((catalog, true)) => catalog,
        Ok((catalog, false)) => {
            told.slos.insert(name.to_owned());
            catalog
        }
        Err(_) => {
            told.settings.insert(name.to_owned());
            Catalog::default()
        }
    }
}

/// The commits at which not everything can be read.
#[derive(Default)]
struct Told {
    /// Those with broken settings.
    settings: BTreeSet<String>,
    /// Those with broken SLOs.
    slos: BTreeSet<String>,
}

impl Told {
    /// What is not known for that reason.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (what, names) in [("the settings", &self.settings), ("some of the SLOs", &self.slos)] {
            let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
            let more = names.len() - shown.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            if !shown.is_empty() {
                notes.push(format!("{WHETHER}: {what} of {}{more} cannot be read", shown.join(", ")));
            }
        }
        notes
    }
}

/// Of what was loosened, that whose budget was exhausted at that moment, by the older definition. What is not known is
/// noted.
pub fn loosened<'a>(
    changes: &'a [Change<'a>],
    asked: &[Asked<'a>],
    watch: &Watch<'_>,
    settings: &'a Settings,
    notes: &mut Vec<String>,
) -> Vec<Loosened<'a>> {
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    let mut unknown = Unknown::default();
    for changes in changes.chunk_by(|one, other| one.loosening.mark == other.loosening.mark) {
        let mut then: Vec<(Asked<'a>, &'a Loosening<'a, Moment>)> = Vec::new();
        for Change { environment, loosening } in changes {
            let is_it =
                |one: &&Asked<'a>| one.slo.name == loosening.now.name && one.environment == *environment;
            let of_it = asked.iter().filter(is_it);
            then.extend(of_it.map(|one| (Asked { slo: &loosening.before, ..*one }, loosening)));
        }
        let Some((_, Loosening { mark: moment, .. })) = then.first() else { continue };
        let questions: Vec<Asked<'_>> = then.iter().map(|(asked, _)| *asked).collect();
        let t = grid(moment.at, settings);
        let depth = |one: &Asked<'_>| (one.slo.period + settings.step - 1) / settings.step;
        let answers = watch.observe(&questions, depth, settings, t);
        for ((one, loosening), answer) in then.iter().zip(answers) {
            let Loosening { before, after, now: slo, ways, .. } = *loosening;
            let budget = answer.budget(before);
            for way in ways {
                let left = match budget.as_ref().map_err(Clone::clone).and_then(|one| exhausted(one, *way, t))
                {
                    Ok(Some(left)) => left,
                    Ok(None) => continue,
                    Err(gap) => {
                        let (name, environment) = (&before.name, one.environment);
                        let what = format!(
                            "the budget of {name} ({environment}) when it was loosened {}",
                            moment.describe()
                        );
                        unknown.add(what, &gap);
                        break;
                    }
                };
                if told.insert((&slo.name, one.environment, *way)) {
                    let environment = (settings.environments.len() > 1).then_some(one.environment);
                    let when = moment.when();
                    found.push(Loosened { slo, before, after, way: *way, when, environment, left });
                }
            }
        }
    }
    notes.extend(unknown.notes());
    found
}
