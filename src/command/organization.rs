//! The organisation's layer of a run: where it comes from, and what it does to SLOs and policies.
//!
//! It comes from the command line or the environment, never from the files that are judged: who could write the layer
//! could take it away. A layer that was meant and is not there ends the run; only where nobody offers one is there none.

use std::path::Path;

use crate::catalog::{Catalog, Objective};
use crate::cli::Layered;
use crate::command::World;
use crate::command::judge::Stop;
use crate::diagnostic::{Code, Diagnostic, SourceText};
use crate::document;
use crate::policy::{Author, Names, Policy};
use crate::report::figure;
use crate::settings::layer::{FILE, STEP};
use crate::settings::organization::{self, Organization};
use crate::settings::{self, Layer, Settings};
use crate::tree::{self, Tree};

/// The variable of the environment that holds a layer's text.
pub const VARIABLE: &str = "SLOGATE_ORGANIZATION";

/// A layer as it is offered to a run.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// The file that the command line names.
    file: Option<String>,
    /// The text in the environment, empty ones included.
    text: Option<String>,
    /// The digest that it must have.
    pin: Option<String>,
}

impl Offer {
    /// What the command line and the environment offer.
    #[must_use]
    pub fn of(flags: &Layered, world: &World) -> Self {
        Self {
            file: flags.organization.clone(),
            text: world.environment.get(VARIABLE).cloned(),
            pin: flags.organization_sha256.clone(),
        }
    }

    /// Reads the layer, when one is offered. `directory` is where relative paths start; `team` is what is judged where a
    /// base decides: there the layer must not lie in the team's repository.
    ///
    /// # Errors
    /// The layer cannot be read, is not whole, is not the one that is pinned, or lies where the team could write it.
    pub fn read(&self, directory: &Path, team: Option<&Path>) -> Result<Option<Organization>, Stop> {
        let source = match (&self.file, &self.text) {
            (None, None) if self.pin.is_some() => {
                let message = format!(
                    "--organization-sha256 pins a layer, and none is given: name it with --organization or in {VARIABLE}"
                );
                return Err(Stop::Usage(message));
            }
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                let message = format!("--organization and {VARIABLE} both give a layer: keep one");
                return Err(Stop::Usage(message));
            }
            (Some(file), None) if file.trim().is_empty() => {
                return Err(Stop::Usage(
                    "--organization is empty: name a file, or leave the flag out".to_owned(),
                ));
            }
            (Some(file), None) => {
                let path = tree::seen_from(directory, Path::new(file));
                // The work tree of a person who tries things out may hold anything; what decides about a change may not.
                if team.is_some_and(|root| tree::holds(&tree::repository_of(root), &path)) {
                    return Err(among_the_teams(file).into());
                }
                document::decode(file, tree::read_file(&path)?)?
            }
            (None, Some(text)) => document::decode(VARIABLE, text.clone().into_bytes())?,
        };
        let found = organization::read(&source).map_err(Stop::Invalid)?;
        self.pinned(&found)?;
        Ok(Some(found))
    }

    /// Holds a layer to the digest that is pinned.
    fn pinned(&self, found: &Organization) -> Result<(), Stop> {
        let Some(pin) = &self.pin else { return Ok(()) };
        let pin = pin.trim().to_lowercase();
        if !organization::is_digest(&pin) {
            return Err(Stop::Usage(
                "--organization-sha256 is no SHA-256 of 64 hexadecimal digits".to_owned(),
            ));
        }
        if pin == found.sha256 {
            return Ok(());
        }
        let message =
            format!("the organisation's layer has the SHA-256 {}, and {pin} is pinned", found.sha256);
        let help = "pass on the layer that is pinned, or pin this one once it was reviewed";
        Err(Diagnostic::error(Code::Layer, message).help(help).into())
    }
}

/// A layer that the team could write.
fn among_the_teams(file: &str) -> Diagnostic {
    let message = format!("the organisation's layer `{file}` lies in the repository that is judged");
    let help = format!(
        "a change could rewrite it: pass its text in {VARIABLE}, or name a file outside of this repository"
    );
    Diagnostic::error(Code::Layer, message).help(help)
}

/// The names that an organisation's policies may use: the environments and classes of its layer alone.
pub fn names(layer: &Layer, step: i64) -> Names {
    Names {
        environments: layer.environments.keys().cloned().collect(),
        classes: layer.changes.keys().cloned().collect(),
        step,
        author: Author::Organization,
        ..Names::default()
    }
}

/// The settings and names of a directory that has an organisation's layer and no settings of a team: there its policies
/// are tested and told by themselves.
///
/// # Errors
/// What is wrong in the layer.
pub fn alone(tree: &dyn Tree) -> Result<Option<(Settings, Names)>, Stop> {
    if tree.read(settings::FILE)?.is_some() {
        return Ok(None);
    }
    let Some(bytes) = tree.read(FILE)? else { return Ok(None) };
    let source = document::decode(FILE, bytes)?;
    let layer = Layer::load(&source).map_err(Stop::Invalid)?;
    Ok(Some((layer.alone(&source), names(&layer, STEP))))
}

/// Loads an organisation's policies on a team's grid. They are known by the organisation's name and their own.
pub fn policies(layer: &Layer, sources: &[SourceText], step: i64) -> (Vec<Policy>, Vec<Diagnostic>) {
    let names = names(layer, step);
    let (mut policies, mut problems): (Vec<Policy>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    for source in sources {
        match Policy::load(source, &names) {
            Ok((mut policy, warnings)) => {
                problems.extend(warnings);
                policy.id = format!("{}/{}", layer.name, policy.id);
                policies.push(policy);
            }
            Err(found) => problems.extend(found),
        }
    }
    for policy in policies.iter().skip(1) {
        let first = policies.first().map_or("", |first| first.source.path());
        let message = format!("the organisation {} has more than one policy for all services", layer.name);
        let help = "a service has one agreement with its organisation: move the clauses into one policy";
        let problem = Diagnostic::error(Code::TwoPolicies, message);
        problems.push(problem.at(policy.key_place("scope"), format!("also in {first}")).help(help));
    }
    (policies, problems)
}

/// Holds SLOs and a team's policies to a layer: what asks for less counts as what the layer asks for, and is told.
pub fn hold(layer: &Layer, catalog: &mut Catalog, policies: &mut [Policy]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let least = layer.minimum.and_then(Objective::new);
    for slo in &mut catalog.slos {
        let Some(least) = least else { continue };
        let before = slo.clone();
        if !slo.raise(least) {
            continue;
        }
        let [from, to] = [before.objective, least].map(|objective| figure::objective(objective.share()));
        let is = if slo.components().is_empty() {
            format!("is {from}")
        } else {
            "is lower in one of its parts, by its target or its weight".to_owned()
        };
        let message = format!(
            "the objective of the SLO `{}` {is}, and the organisation {} asks for at least {to}",
            slo.written_as(),
            layer.name
        );
        let label = format!("it is judged against {to}");
        let problem = Diagnostic::warning(Code::BelowLayer, message).at(slo.objective_place.clone(), label);
        let problem = problem.help(format!("raise it to {to}, so that the SLO says what is judged"));
        // A default is written once and holds for many endpoints.
        if problems.last() != Some(&problem) {
            problems.push(problem);
        }
    }
    for policy in policies {
        let Some((own, most)) = policy.header.silver_bullets.zip(layer.silver_bullets) else { continue };
        if own <= most {
            continue;
        }
        let message = format!(
            "the policy `{}` has {own} silver bullets a year, and the organisation {} allows {most}",
            policy.id, layer.name
        );
        let problem = Diagnostic::warning(Code::BelowLayer, message)
            .at(policy.key_place("silver_bullets"), format!("it counts as {most}"));
        problems.push(problem.help(format!("write `silver_bullets: {most}`")));
        policy.header.silver_bullets = Some(most);
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisations_policy_never_has_the_name_of_a_teams() {
        let text = r#"policy(#{
            version: "1.0.0", scope: SCOPE, purpose: "p", next_review: #{ on: "2027-01-15" },
            escalation: #{ decides: ["@vp"], how: "at once" },
            agreed_by: #{ operations: "@o", development: "@d", product: "@p" },
        });
        clause("spent", "Spent").when(|budget| budget.remaining <= 0).then(warn("Look."));"#;
        let layer = "version: 1\norganization: acme\n";
        let layer = Layer::load(&SourceText::new(FILE, layer)).expect("a layer");
        let demanded = text.replace("SCOPE", "#{ organization: true }");
        let (demanded, problems) = policies(&layer, &[SourceText::new("policies/base.rhai", demanded)], STEP);
        assert_eq!(problems, Vec::new());
        let names = Names { teams: vec!["shop".to_owned()], step: STEP, ..Names::default() };
        for path in ["base.rhai", "acme/base.rhai", "policies/acme/base.rhai"] {
            let own = SourceText::new(path, text.replace("SCOPE", "#{ team: \"shop\" }"));
            let (own, _) = Policy::load(&own, &names).expect("a policy");
            assert_eq!((own.id.as_str(), demanded[0].id.as_str()), ("base", "acme/base"), "{path}");
        }
    }
}
