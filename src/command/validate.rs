//! `slogate validate`: everything that was written, and everything that is wrong in it.

use std::path::Path;

use crate::cli::{Listing, Validate};
use crate::command::World;
use crate::command::against;
use crate::command::ground::{self, Ground};
use crate::command::judge::Stop;
use crate::command::law::{self, Law, Rules};
use crate::command::organization::Offer;
use crate::command::unsettled;
use crate::diagnostic::{self, Code, Diagnostic};
use crate::document::RuleSet;
use crate::lint;
use crate::policy::soundness::{self, Covered};
use crate::policy::supply;
use crate::report::escape::terminal;
use crate::report::{json, problem};
use crate::settings::Settings;
use crate::settings::organization::Organization;
use crate::verdict::Exit;

/// Runs the verb.
pub fn run(validate: &Validate, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let found = match path(validate, world, &mut problems) {
        Ok(found) => Some(found),
        Err(stop) => match world.stopped(stop, &mut problems) {
            Some(exit) => return exit,
            None => None,
        },
    };
    diagnostic::sort(&mut problems);
    let failed = problems.iter().any(|problem| validate.strict || problem.is_error());
    let exit = if failed { Exit::Invalid } else { Exit::Proceed };
    let text = match validate.format {
        Listing::Json => json::problems(&problems),
        Listing::Text => {
            if !problems.is_empty() {
                let look = world.look(&validate.color);
                world.tell(problem::render(&problems, look).trim_end());
            }
            for note in found.iter().flat_map(|(rules, _)| &rules.notes) {
                world.tell(&terminal(note));
            }
            summary(found.as_ref().map(|(_, law)| law), &problems)
        }
    };
    world.end(&text, exit)
}

/// Finds the ground, examines it, and compares it with what was agreed.
fn path(validate: &Validate, world: &World, problems: &mut Vec<Diagnostic>) -> Result<(Rules, Law), Stop> {
    let root = world.directory.join(&validate.dir);
    let ground = ground::read(&root, &validate.dir, validate.base.as_deref())?;
    let (other, note) = other(validate, world, &root)?;
    let layer = Offer::of(&validate.layered, world)
        .read(&world.directory, ground.base.as_ref().map(|_| root.as_path()));
    let slo_rules = validate.rules.as_deref().and_then(RuleSet::named);
    let (mut rules, law) = examine(&ground, layer, slo_rules, problems)?;
    rules.notes.extend(note);
    if let Some(other) = &other {
        problems.extend(against::compare(&ground, &rules, &law, other)?);
    }
    Ok((rules, law))
}

/// Reads everything from a ground, and looks at all of it; `slo_rules` overrule those of the settings.
///
/// # Errors
/// When there are no settings, the layer cannot be relied upon, or the tree does not answer.
pub fn examine(
    ground: &Ground,
    layer: Result<Option<Organization>, Stop>,
    slo_rules: Option<RuleSet>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(Rules, Law), Stop> {
    let rules = law::read_rules(ground, layer, problems);
    let mut rules = rules.map_err(|stop| unsettled::beside(ground, stop))?;
    if let Some(slo_rules) = slo_rules {
        rules.settings.slo_rules = slo_rules;
    }
    let settings = &rules.settings;
    let law = law::read(ground, &rules)?;
    problems.extend(law.problems.iter().cloned());
    if rules.organization.is_none() {
        problems.extend(law::twins(settings));
    }
    let complete = law.complete;
    problems.extend(lint::examine(&law.catalog, settings));
    if complete {
        problems.extend(unprotected(settings, &law));
        problems.extend(unexcepted(settings, &law));
        problems.extend(unread(settings, &law));
    }
    for policy in &law.policies {
        let slos = law::covered(policy, &law.catalog, settings);
        let covered: Vec<Covered<'_>> = slos.iter().map(|slo| Covered::new(slo, policy, settings)).collect();
        problems.extend(soundness::examine(policy, &covered, complete));
        if complete {
            problems.extend(supply::without_sla(policy, &slos));
        }
    }
    Ok((rules, law))
}

/// What the policies are compared with: what the command line names, else the base of a workflow's pull request.
/// With it comes what a reader must know where there is none.
fn other(validate: &Validate, world: &World, root: &Path) -> Result<(Option<Ground>, Option<String>), Stop> {
    if let Some(name) = &validate.against {
        return Ok((Some(ground::read(root, &validate.dir, Some(name))?), None));
    }
    let usual = world.variable("GITHUB_BASE_REF").filter(|_| validate.base.is_none());
    let Some(name) = usual else { return Ok((None, None)) };
    // A checkout of one commit has no base, and nobody asked for it on the command line.
    Ok(match ground::read(root, &validate.dir, Some(name)) {
        Ok(other) => (Some(other), None),
        Err(_) => (None, Some(format!("versions are not compared: `{name}` cannot be read in this clone"))),
    })
}

/// Services that nothing protects.
fn unprotected(settings: &Settings, law: &Law) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let environments: Vec<&str> = settings.environments.keys().map(String::as_str).collect();
    for (name, service) in &settings.services {
        problems.extend(law::unmeasured((name, service), &law.catalog, &law.policies, &environments));
        problems.extend(law::without_policy(name, service, &law.policies));
    }
    problems
}

/// Classes of change that no policy lets pass: they look as if they did something.
fn unexcepted(settings: &Settings, law: &Law) -> Vec<Diagnostic> {
    let clauses = || law.policies.iter().flat_map(|policy| &policy.clauses);
    let excepts = |class: &String| {
        clauses()
            .flat_map(|clause| &clause.consequences)
            .any(|one| one.except().is_some_and(|list| list.contains(class)))
    };
    let unused = settings.changes.iter().filter(|(name, _)| !excepts(name));
    unused
        .map(|(name, class)| {
            let message =
                format!("no policy excepts the class of change `{name}`, so it is judged like any other");
            Diagnostic::warning(Code::Unused, message)
                .at(class.place.clone(), "excepted nowhere")
                .help(format!("write `.except([\"{name}\"])` behind what it may pass, or take the class out"))
        })
        .collect()
}

/// Signals that no policy reads: they look as if something followed from them.
fn unread(settings: &Settings, law: &Law) -> Vec<Diagnostic> {
    let reads = |name: &String| law.policies.iter().any(|policy| policy.signals.contains(name));
    let unused = settings.signals.iter().filter(|(name, _)| !reads(name));
    unused
        .map(|(name, signal)| {
            let message = format!("no policy reads the signal `{name}`, so nothing follows from it");
            Diagnostic::warning(Code::Unused, message)
                .at(signal.place.clone(), "read nowhere")
                .help(format!("write `budget.signal(\"{name}\")` in a condition, or take the signal out"))
        })
        .collect()
}

/// `3 SLOs, 2 policies, 5 clauses: nothing to mend`.
#[must_use]
pub fn summary(law: Option<&Law>, problems: &[Diagnostic]) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = problems.len() - errors;
    let counted =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let found = match (errors, warnings) {
        (0, 0) => "nothing to mend".to_owned(),
        (0, warnings) => counted(warnings, "warning", "warnings"),
        (errors, 0) => format!("{} to mend", counted(errors, "problem", "problems")),
        (errors, warnings) => format!(
            "{} to mend, {}",
            counted(errors, "problem", "problems"),
            counted(warnings, "warning", "warnings")
        ),
    };
    let Some(law) = law else { return format!("{found}\n") };
    let clauses = law.policies.iter().map(|policy| policy.clauses.len()).sum();
    // With an error somewhere these are only those that could be read.
    let could = if errors == 0 { "" } else { " could be read" };
    format!(
        "{}, {}, {}{could}: {found}\n",
        counted(law.catalog.slos.len(), "SLO", "SLOs"),
        counted(law.policies.len(), "policy", "policies"),
        counted(clauses, "clause", "clauses"),
    )
}
