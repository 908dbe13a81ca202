//! What lies in a repository, and what the first files are made of.
//!
//! The command line comes before what is found, and what is found before a guess.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::cli::Init;
use crate::command::World;
use crate::command::ground;
use crate::command::init::definition::{self, Broken, Definition, Definitions};
use crate::command::init::draft::Plan;
use crate::command::init::environment;
use crate::command::init::owners::{self, Owners};
use crate::command::init::service::{self, Origin, is_name};
use crate::command::init::survey::{self, Survey};
use crate::command::init::workflow::{self, Workflows};
use crate::command::judge::Stop;
use crate::diagnostic::Diagnostic;
use crate::git::Repository;
use crate::tree::WorkTree;

/// What lies in the repository.
pub struct Findings {
    /// The directory that gets the settings.
    pub root: PathBuf,
    /// The directory from the top of its repository: empty, or with a slash at its end.
    pub prefix: String,
    /// Its files and directories.
    pub survey: Survey,
    /// Its SLO definitions.
    pub definitions: Definitions,
    /// Its owners.
    pub owners: Owners,
    /// Its workflows.
    pub workflows: Workflows,
    /// What was passed over, beyond what the parts say.
    pub notes: Vec<String>,
}

/// Looks at a repository.
///
/// # Errors
/// When there is no such directory, or it cannot be listed.
pub fn look(init: &Init, world: &World) -> Result<Findings, Stop> {
    let root = world.directory.join(&init.dir);
    ground::present(&root, &init.dir)?;
    let root = root
        .canonicalize()
        .map_err(|error| Stop::Usage(format!("`{}` cannot be looked at: {error}", init.dir.display())))?;
    let mut notes = Vec::new();
    let prefix = match Repository::open(&root) {
        Ok(repository) => repository.map_or_else(String::new, |one| one.prefix().to_owned()),
        Err(error) => {
            notes.push(format!("{error}; taken for no repository"));
            String::new()
        }
    };
    let up = prefix.split('/').filter(|part| !part.is_empty()).count();
    let top = root.ancestors().nth(up).unwrap_or(&root).to_owned();
    let survey = survey::look(&root)?;
    let definitions = definition::find(&survey.files, &WorkTree::new(&root));
    let above = WorkTree::new(&top);
    let (owners, workflows) = (owners::read(&above), workflow::read(&top, &above));
    Ok(Findings { root, prefix, survey, definitions, owners, workflows, notes })
}

impl Findings {
    /// What the files are made of.
    ///
    /// # Errors
    /// When the command line must say which environments are protected.
    pub fn plan(&self, init: &Init, today: Date) -> Result<(Plan, Origin), Stop> {
        let taken = &self.definitions.taken;
        let mut known: Vec<String> = taken.iter().flat_map(|one| one.services.iter().cloned()).collect();
        known.extend(self.definitions.services.iter().cloned());
        known.retain(|name| is_name(name));
        known.sort();
        known.dedup();
        let (mut names, origin) = if !init.service.is_empty() {
            (init.service.clone(), Origin::Given)
        } else if !known.is_empty() {
            let further = service::beside(&known, &self.survey.directories);
            let origin = if further.is_empty() { Origin::Definitions } else { Origin::Both };
            (known.into_iter().chain(further).collect(), origin)
        } else {
            let name = self.root.file_name().unwrap_or_default().to_string_lossy();
            service::from_directories(&self.survey.directories, &name)
        };
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        let services = service::locate(
            &names,
            &self.survey.directories,
            &self.owners,
            init.team.as_deref(),
            &self.prefix,
        );
        let environments = environment::all(init, &self.workflows);
        let sample = (!taken.iter().any(|one| one.slos > 0)).then(|| names.first().cloned()).flatten();
        let plan = Plan {
            services,
            targets: environment::protected(init, &environments)?,
            environments,
            definitions: taken.iter().map(|definition: &Definition| definition.path.clone()).collect(),
            broken: self.definitions.broken.iter().map(|broken| broken.path.clone()).collect(),
            unparsed: self.definitions.unparsed.iter().map(|broken| broken.path.clone()).collect(),
            files: self.survey.files.clone(),
            sample,
            prefix: self.prefix.clone(),
            review: today.checked_add(3.months()).unwrap_or(today),
        };
        Ok((plan, origin))
    }

    /// Takes the definitions that have errors for broken; true when there was one.
    pub fn set_aside(&mut self, errors: &[&Diagnostic]) -> bool {
        let Self { definitions: Definitions { taken, services, broken, .. }, .. } = self;
        let before = taken.len();
        taken.retain(|definition| {
            let of = |problem: &&&Diagnostic| {
                problem.place().is_some_and(|place| place.source.path() == definition.path)
            };
            let Some(problem) = errors.iter().find(of) else { return true };
            broken.push(Broken::new(&definition.path, problem));
            // What it says of its service is as true as before.
            services.extend(definition.services.iter().cloned());
            false
        });
        taken.len() < before
    }

    /// What is wrong in the broken files that the settings name all the same.
    #[must_use]
    pub fn to_mend(&self, named: &[String]) -> Vec<String> {
        let Definitions { broken, unparsed, .. } = &self.definitions;
        let ours = broken.iter().chain(unparsed).filter(|broken| named.contains(&broken.path));
        ours.map(|broken| broken.told.clone()).collect()
    }

    /// Everything that was passed over, where the settings name these broken files.
    #[must_use]
    pub fn passed_over(&self, named: &[String]) -> Vec<String> {
        let apart = self.definitions.unparsed.iter().filter(|broken| !named.contains(&broken.path));
        let apart: Vec<&str> = apart.map(|broken| broken.told.as_str()).collect();
        let unparsed = apart.first().map(|first| match apart.len() {
            1 => format!("whether it defines an SLO cannot be told: {first}"),
            several => format!("whether they define SLOs cannot be told of {several} files, first {first}"),
        });
        let odd = self.workflows.environments.keys().filter(|name| !is_name(name));
        let odd = odd.map(|name| format!("the environment `{name}` has a name that settings do not accept"));
        let parts = [
            &self.notes,
            &self.survey.notes,
            &self.definitions.notes,
            &self.owners.notes,
            &self.workflows.notes,
        ];
        parts.into_iter().flatten().cloned().chain(odd).chain(unparsed).collect()
    }
}
