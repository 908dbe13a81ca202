//! `slogate validate`: everything that was written, and everything that is wrong in it.

use crate::catalog::Slo;
use crate::cli::{Listing, Validate};
use crate::command::World;
use crate::command::ground;
use crate::command::judge::Stop;
use crate::command::law::{self, Law};
use crate::diagnostic::{self, Diagnostic};
use crate::document::RuleSet;
use crate::policy::soundness;
use crate::report::{json, problem};
use crate::settings::Settings;
use crate::verdict::Exit;

/// Runs the verb.
pub fn run(validate: &Validate, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let law = match path(validate, world, &mut problems) {
        Ok(law) => Some(law),
        Err(Stop::Invalid(found)) => {
            problems.extend(found);
            None
        }
        Err(Stop::Usage(message)) => {
            world.tell(&format!("error: {message}"));
            return Exit::Usage;
        }
        Err(Stop::Unknown(message)) => {
            world.tell(&format!("error: {message}"));
            return Exit::Unknown;
        }
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
            summary(law.as_ref(), &problems)
        }
    };
    world.end(&text, exit)
}

/// Reads everything, and looks at all of it.
fn path(validate: &Validate, world: &World, problems: &mut Vec<Diagnostic>) -> Result<Law, Stop> {
    let root = world.directory.join(&validate.dir);
    let ground = ground::read(&root, &validate.dir, validate.base.as_deref())?;
    let mut settings = law::read_settings(&ground, problems)?;
    if let Some(rules) = validate.rules.as_deref().and_then(RuleSet::named) {
        settings.slo_rules = rules;
    }
    let law = law::read(&ground, &settings)?;
    problems.extend(law.problems.iter().cloned());
    // What is not read yet cannot be missed: a service whose SLO does not parse has one.
    let complete = !law.problems.iter().any(Diagnostic::is_error);
    if complete {
        problems.extend(unprotected(&settings, &law));
    }
    for policy in &law.policies {
        let covered = |slo: &&Slo| {
            let team = settings.services.get(&slo.service).and_then(|service| service.team.as_deref());
            policy.covers(&slo.service, team)
        };
        let slos: Vec<&Slo> = law.catalog.slos.iter().filter(covered).collect();
        problems.extend(soundness::examine(policy, &slos, complete));
    }
    Ok(law)
}

/// Services that nothing protects.
fn unprotected(settings: &Settings, law: &Law) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (name, service) in &settings.services {
        if law.catalog.of(name).next().is_none() {
            problems.push(law::without_slo(name, service));
        }
        if !law.policies.iter().any(|policy| policy.covers(name, service.team.as_deref())) {
            problems.push(law::without_policy(name, service));
        }
    }
    problems
}

/// `3 SLOs, 2 policies, 5 clauses: nothing to mend`.
fn summary(law: Option<&Law>, problems: &[Diagnostic]) -> String {
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
    let read = if errors == 0 { "" } else { " could be read" };
    format!(
        "{}, {}, {}{read}: {found}\n",
        counted(law.catalog.slos.len(), "SLO", "SLOs"),
        counted(law.policies.len(), "policy", "policies"),
        counted(clauses, "clause", "clauses"),
    )
}
