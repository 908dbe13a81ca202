//! The environments that a repository's workflows deploy to: the `environment` of their jobs.

use std::collections::BTreeMap;
use std::path::Path;

use crate::command::init::definition::told;
use crate::command::init::survey;
use crate::document::{self, Part};
use crate::tree::Tree;

/// Where workflows lie, from the top of a repository.
const DIRECTORY: &str = ".github/workflows";

/// The environment that GitHub makes for its pages.
const PAGES: &str = "github-pages";

/// What the workflows say.
#[derive(Debug, Default)]
pub struct Workflows {
    /// The environments, each with the workflows that name it.
    pub environments: BTreeMap<String, Vec<String>>,
    /// Workflows that deploy by their name, and name no environment.
    pub deploying: Vec<String>,
    /// What was passed over.
    pub notes: Vec<String>,
}

/// Reads the workflows, from the top of the repository.
pub fn read(root: &Path, top: &dyn Tree) -> Workflows {
    let mut found = Workflows::default();
    for path in survey::within(root, DIRECTORY) {
        if [".yml", ".yaml"].iter().any(|ending| path.ends_with(ending)) {
            found.open(&path, top);
        }
    }
    found
}

impl Workflows {
    /// Looks at one workflow.
    fn open(&mut self, path: &str, top: &dyn Tree) {
        let source = match top.read(path) {
            Ok(Some(bytes)) => document::decode(path, bytes),
            Ok(None) => return,
            Err(error) => {
                self.notes.push(error.to_string());
                return;
            }
        };
        let documents = source.map_err(|problem| vec![problem]).and_then(|source| document::parse(&source));
        match documents {
            Ok(documents) => {
                documents.first().into_iter().for_each(|document| self.take(path, document.root()));
            }
            Err(problems) => self.notes.extend(problems.first().map(|problem| told(path, problem))),
        }
    }

    /// Takes the environments of a workflow's jobs.
    fn take(&mut self, path: &str, root: Part<'_>) {
        let mut named = false;
        for (_, job) in root.get("jobs").into_iter().flat_map(Part::entries) {
            let Some(environment) = job.get("environment") else { continue };
            let Some(name) = environment.get("name").unwrap_or(environment).text() else { continue };
            named = true;
            if name.contains("${{") {
                self.notes.push(format!("`{path}`: the environment `{name}` is an expression"));
            } else if name != PAGES {
                let workflows = self.environments.entry(name.to_owned()).or_default();
                if !workflows.iter().any(|other| other == path) {
                    workflows.push(path.to_owned());
                }
            }
        }
        let title = root.get("name").and_then(Part::text).unwrap_or_default();
        let deploys = |text: &str| text.to_lowercase().contains("deploy");
        if !named && (deploys(path) || deploys(title)) {
            self.deploying.push(path.to_owned());
        }
    }
}
