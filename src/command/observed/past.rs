//! When SLOs were loosened, by git history, and what was left of their budgets then.
//!
//! The history is walked once for all SLOs, no further back than the longest period, and of each commit only the files
//! that it changed are read, unless they need others. What is not committed yet, or not in the commit that is compared
//! with, counts as a change of this moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use crate::budget::Budget;
use crate::catalog::{Catalog, Slo};
use crate::command::ground::{self, Ground};
use crate::command::law::{self, Law, Rules};
use crate::command::observed::{Unknown, grid};
use crate::command::watch::{Asked, Watch};
use crate::git::Repository;
use crate::git::history::{Cut, Step};
use crate::lint::loosened_while_exhausted::{Loosened, Way, When, exhausted, ways};
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

/// A moment at which SLOs were loosened.
pub struct Moment {
    /// The full id of the commit; none for this moment, and then the name of what is compared with.
    id: Result<String, String>,
    /// The instant, in seconds since the epoch.
    at: i64,
    /// The SLOs that were loosened.
    changes: Vec<Change>,
}

/// An SLO that was loosened and still is.
struct Change {
    /// As it was before.
    before: Slo,
    /// As it was afterwards.
    after: Slo,
    /// In which ways.
    ways: Vec<Way>,
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

impl Past<'_> {
    /// The moments at which SLOs were loosened within their last period, newest first. What cannot be read is noted.
    pub fn moments(&self, notes: &mut Vec<String>) -> Vec<Moment> {
        let mut moments = Vec::new();
        if let Some(other) = self.other {
            let name = other.base.as_ref().map_or_else(String::new, |base| base.name.clone());
            // Where both have gone on since, what the other one tightened is not what this one loosened.
            let before = match other.forked(self.ground) {
                Some(tree) => self.definitions(&ground::of_files(tree), &name, notes),
                None => self.definitions(other, &name, notes),
            };
            moments.extend(before.and_then(|before| self.moment(&before, None, (Err(name), self.now))));
        }
        let unknown = |why: String| format!("{WHETHER}: {why}");
        let repository = match Repository::open(self.root) {
            Ok(Some(repository)) => Rc::new(repository),
            Ok(None) => {
                notes.push(unknown("there is no git history here".to_owned()));
                return moments;
            }
            Err(error) => {
                notes.push(unknown(error.to_string()));
                return moments;
            }
        };
        match self.walk(&repository, &mut moments, notes) {
            Ok(()) => {}
            Err(why) => notes.push(unknown(why)),
        }
        moments
    }

    /// Adds the moments of a repository's history, from the present definitions backwards.
    fn walk(
        &self,
        repository: &Rc<Repository>,
        moments: &mut Vec<Moment>,
        notes: &mut Vec<String>,
    ) -> Result<(), String> {
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
        if self.ground.base.is_none() && self.other.is_none() {
            let before = self.whole(repository, &tip, notes);
            let head = (Err("HEAD".to_owned()), self.now);
            moments.extend(before.and_then(|before| self.moment(&before, None, head)));
        }
        // What was committed after the instant that was asked for did not happen yet.
        let steps = history.steps.into_iter().filter(|step| !(self.given && step.at > self.now));
        for step in steps {
            let Some(parent) = &step.parent else { break };
            if let Some((before, after)) = self.around(repository, &step, parent, notes) {
                moments.extend(self.moment(&before, Some(&after), (Ok(step.id), step.at)));
            }
        }
        Ok(())
    }

    /// The SLOs before and after a commit, at least those that it changed.
    fn around(
        &self,
        repository: &Rc<Repository>,
        step: &Step,
        parent: &str,
        notes: &mut Vec<String>,
    ) -> Option<(Catalog, Catalog)> {
        let part = |commit: &str| {
            let tree = GitTree::new(Rc::clone(repository), commit);
            let part = ground::of_files(Box::new(Part { tree, paths: step.changed.clone() }));
            let (catalog, complete) = law::definitions(&part, self.rules.organization.as_ref()).ok()?;
            // What refers to another file is only understood with it.
            complete.then_some(catalog)
        };
        let settings = step.changed.iter().any(|path| path == settings::FILE);
        if !settings && let (Some(before), Some(after)) = (part(parent), part(&step.id)) {
            return Some((before, after));
        }
        Some((self.whole(repository, parent, notes)?, self.whole(repository, &step.id, notes)?))
    }

    /// All SLOs at a commit.
    fn whole(&self, repository: &Rc<Repository>, commit: &str, notes: &mut Vec<String>) -> Option<Catalog> {
        let tree = GitTree::new(Rc::clone(repository), commit);
        self.definitions(&ground::of_files(Box::new(tree)), commit.get(..7).unwrap_or(commit), notes)
    }

    /// The SLOs of another tree; none where its settings are broken, which is noted.
    fn definitions(&self, other: &Ground, name: &str, notes: &mut Vec<String>) -> Option<Catalog> {
        let read = law::definitions(other, self.rules.organization.as_ref()).ok().map(|(catalog, _)| catalog);
        if read.is_none() {
            notes.push(format!("{WHETHER}: the settings of `{name}` cannot be read"));
        }
        read
    }

    /// What a change loosened that is still looser now; `after` is the present where it says nothing else.
    fn moment(
        &self,
        before: &Catalog,
        after: Option<&Catalog>,
        (id, at): (Result<String, String>, i64),
    ) -> Option<Moment> {
        let present = by_name(&self.law.catalog);
        let after = after.map(by_name);
        let loosened = |before: &Slo| {
            let present = *present.get(before.name.as_str())?;
            if at < self.now.saturating_sub(present.period.max(before.period)) {
                return None;
            }
            let after = match &after {
                Some(after) => *after.get(before.name.as_str())?,
                None => present,
            };
            let still = ways(before, present);
            let ways: Vec<Way> = ways(before, after).into_iter().filter(|way| still.contains(way)).collect();
            (!ways.is_empty()).then(|| Change { before: before.clone(), after: after.clone(), ways })
        };
        let changes: Vec<Change> = before.slos.iter().filter_map(loosened).collect();
        (!changes.is_empty()).then_some(Moment { id, at, changes })
    }
}

/// SLOs by their names.
fn by_name(catalog: &Catalog) -> BTreeMap<&str, &Slo> {
    catalog.slos.iter().map(|slo| (slo.name.as_str(), slo)).collect()
}

/// Of what was loosened, that whose budget was exhausted at that moment, by the older definition. What is not known is
/// noted.
pub fn loosened<'a>(
    moments: &'a [Moment],
    asked: &[Asked<'a>],
    watch: &Watch<'_>,
    settings: &'a Settings,
    notes: &mut Vec<String>,
) -> Vec<Loosened<'a>> {
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    let mut unknown = Unknown::default();
    for moment in moments {
        let mut then: Vec<(Asked<'a>, &'a Change, &'a Slo)> = Vec::new();
        for change in &moment.changes {
            let of_it = asked.iter().filter(|one| one.slo.name == change.before.name);
            then.extend(of_it.map(|one| (Asked { slo: &change.before, ..*one }, change, one.slo)));
        }
        let questions: Vec<Asked<'_>> = then.iter().map(|(asked, _, _)| *asked).collect();
        let t = grid(moment.at, settings);
        let depth = |one: &Asked<'_>| (one.slo.period + settings.step - 1) / settings.step;
        let answers = watch.observe(&questions, depth, settings, t);
        for ((one, Change { before, after, ways }, slo), answer) in then.into_iter().zip(answers) {
            let budget = answer.map(|answer| Budget::of(before, answer.series, answer.direct));
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
                if told.insert((&before.name, one.environment, *way)) {
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
