//! `slogate validate`: everything that was written, and everything that is wrong in it.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use crate::adjustment;
use crate::catalog::Catalog;
use crate::cli::{Listing, Validate};
use crate::command::World;
use crate::command::against;
use crate::command::annotation::{self, Before};
use crate::command::ground::{self, Ground};
use crate::command::judge::Stop;
use crate::command::known::Known;
use crate::command::law::{self, Law, Rules};
use crate::command::observed::{self, Comparison};
use crate::command::organization::Offer;
use crate::command::postmortem;
use crate::command::proposed;
use crate::command::unsettled;
use crate::diagnostic::{self, Code, Diagnostic};
use crate::document::RuleSet;
use crate::lint;
use crate::policy::Policy;
use crate::policy::soundness::{self, Covered};
use crate::policy::supply;
use crate::report::escape::terminal;
use crate::report::{json, problem};
use crate::settings::Settings;
use crate::settings::organization::Organization;
use crate::tree::Tree;
use crate::verdict::Exit;

/// Runs the verb.
pub fn run(validate: &Validate, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let mut seen = Comparison::default();
    let mut ended = None;
    let compared = compared(validate, world).map_err(|stop| ended = Some(stop)).ok();
    let found = compared.as_ref().and_then(|compared| {
        path(validate, world, compared, (&mut problems, &mut seen)).map_err(|stop| ended = Some(stop)).ok()
    });
    if let Some(exit) = ended.and_then(|stop| world.stopped(stop, &mut problems)) {
        return exit;
    }
    diagnostic::sort(&mut problems);
    let failed = problems.iter().any(|problem| validate.strict || problem.is_error());
    let unknown = seen.blind || (validate.strict && seen.unknown > 0);
    let exit = match (failed, unknown) {
        (true, _) => Exit::Invalid,
        (false, true) => Exit::Unknown,
        (false, false) => Exit::Proceed,
    };
    let summary = || {
        let summary = summary(found.as_ref().map(|(_, law)| law), &problems);
        match seen.unknown {
            0 => summary,
            unknown => format!("{}; of {} the budget is not known\n", summary.trim_end(), slos(unknown)),
        }
    };
    let text = match validate.format {
        Listing::Json => json::problems(&problems),
        Listing::Github => {
            let before = compared
                .as_ref()
                .and_then(Compared::before)
                .map(|tree| Before { known: known(validate, world, &tree, &seen.problems), tree });
            let prefix = ground::prefix(&world.directory.join(&validate.dir));
            world.command(&annotation::commands(&problems, before, &prefix));
            summary()
        }
        Listing::Text => {
            if !problems.is_empty() {
                let look = world.look(&validate.color);
                world.tell(problem::render(&problems, look).trim_end());
            }
            summary()
        }
    };
    if validate.format != Listing::Json {
        for note in found.iter().flat_map(|(rules, _)| &rules.notes) {
            world.tell(&terminal(note));
        }
    }
    // Of what could not be looked at no list of problems says anything.
    for note in &seen.notes {
        world.tell(&terminal(note));
    }
    world.end(&text, exit)
}

/// Examines what is here, and compares it with what was agreed and, where that is asked for, with what was measured.
fn path(
    validate: &Validate,
    world: &World,
    compared: &Compared,
    (problems, seen): (&mut Vec<Diagnostic>, &mut Comparison),
) -> Result<(Rules, Law), Stop> {
    let root = world.directory.join(&validate.dir);
    let ground = &compared.here;
    let layer = Offer::of(&validate.layered, world)
        .read(&world.directory, ground.base.as_ref().map(|_| root.as_path()));
    let (mut rules, law) = examine(ground, layer, slo_rules(validate), problems)?;
    let now = validate.now.unwrap_or(world.now);
    problems.extend(adjustment::over(&law.adjustments, &law.catalog, &rules.settings, now));
    rules.notes.extend(compared.note.clone());
    if let Some(other) = &compared.other {
        problems.extend(against::compare(ground, &rules, &law, other)?);
        problems.extend(compared.unprotected(&rules, &law, problems));
    }
    if validate.observes() {
        *seen = observed::examine(validate, world, (ground, compared.other.as_ref()), (&rules, &law))?;
        problems.extend(seen.problems.iter().cloned());
    }
    Ok((rules, law))
}

/// The rules that the command line names.
fn slo_rules(validate: &Validate) -> Option<RuleSet> {
    validate.rules.as_deref().and_then(RuleSet::named)
}

/// What was wrong already before the change, and what was measured, which is of no line that somebody wrote; none where
/// the text before the change is broken so badly that not all of it was looked at.
fn known(
    validate: &Validate,
    world: &World,
    before: &Rc<dyn Tree>,
    measured: &[Diagnostic],
) -> Option<Known> {
    let layer = Offer::of(&validate.layered, world).read(&world.directory, None);
    let mut problems = measured.to_vec();
    examine(&ground::of_tree(Rc::clone(before)), layer, slo_rules(validate), &mut problems).ok()?;
    Some(Known::of(&problems))
}

/// What is looked at, and what it is compared with.
struct Compared {
    /// What is looked at.
    here: Ground,
    /// What it is compared with.
    other: Option<Ground>,
    /// What a reader must know where it is not compared.
    note: Option<String>,
}

impl Compared {
    /// What stood there before the change: where the two histories part, or else what it is compared with.
    fn before(&self) -> Option<Rc<dyn Tree>> {
        let other = self.other.as_ref()?;
        Some(other.forked(&self.here).map_or_else(|| Rc::clone(&other.tree), Rc::from))
    }

    /// What is new since then and has no SLO, beyond what is `told` already; nothing while not all SLOs can be read.
    fn unprotected(&self, rules: &Rules, law: &Law, told: &[Diagnostic]) -> Vec<Diagnostic> {
        let Some(before) = self.before().filter(|_| law.complete) else { return Vec::new() };
        let layer = Ok(rules.organization.clone());
        // Without usable settings before, nobody can say what is new.
        let Ok(before) = law::read_rules(&ground::of_tree(before), layer, &mut Vec::new()) else {
            return Vec::new();
        };
        let mut found = proposed::unprotected(&before.settings, (&rules.settings, &law.catalog));
        found.retain(|new| !told.iter().any(|one| one.code == new.code && one.place() == new.place()));
        found
    }
}

/// Finds both.
fn compared(validate: &Validate, world: &World) -> Result<Compared, Stop> {
    if validate.now.is_some() && !validate.observes() {
        return Err(Stop::Usage("--now is the instant that --observed looks at: give both".to_owned()));
    }
    let root = world.directory.join(&validate.dir);
    let here = ground::read(&root, &validate.dir, validate.base.as_deref())?;
    let (other, note) = other(validate, world, &root)?;
    Ok(Compared { here, other, note })
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
    let law = law::read(ground, &rules)?;
    problems.extend(law.problems.iter().cloned());
    match postmortem::read(ground, &rules.settings) {
        Ok(_) => {}
        Err(Stop::Invalid(found)) => problems.extend(found),
        Err(stop @ (Stop::Usage(_) | Stop::Unknown(_))) => return Err(stop),
    }
    problems.extend(doubtful(&rules, (&law.catalog, &law.policies), law.complete));
    Ok((rules, law))
}

/// What is doubtful in what could be read; `complete` when that is all of it.
#[must_use]
pub fn doubtful(
    rules: &Rules,
    (catalog, policies): (&Catalog, &[Policy]),
    complete: bool,
) -> Vec<Diagnostic> {
    let settings = &rules.settings;
    let mut problems = Vec::new();
    if rules.organization.is_none() {
        problems.extend(law::twins(settings));
    }
    problems.extend(lint::examine(catalog, settings));
    if complete {
        problems.extend(unprotected(settings, catalog, policies));
        problems.extend(unexcepted(settings, policies));
        problems.extend(unread(settings, policies));
        problems.extend(uncalled(settings, catalog));
    }
    for policy in policies {
        let slos = law::covered(policy, catalog, settings);
        let covered: Vec<Covered<'_>> = slos.iter().map(|slo| Covered::new(slo, policy, settings)).collect();
        problems.extend(soundness::examine(policy, &covered, complete));
        if complete {
            problems.extend(supply::without_sla(policy, &slos));
            problems.extend(supply::without_dependency(policy, &slos, settings));
        }
    }
    problems
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
fn unprotected(settings: &Settings, catalog: &Catalog, policies: &[Policy]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let environments: Vec<&str> = settings.environments.keys().map(String::as_str).collect();
    for (name, service) in &settings.services {
        problems.extend(law::unmeasured((name, service), catalog, policies, &environments));
        problems.extend(law::without_policy(name, service, policies));
    }
    problems
}

/// Classes of change that no policy lets pass: they look as if they did something.
fn unexcepted(settings: &Settings, policies: &[Policy]) -> Vec<Diagnostic> {
    let clauses = || policies.iter().flat_map(|policy| &policy.clauses);
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

/// Third parties on whom nothing depends: their SLAs look as if they bounded something.
fn uncalled(settings: &Settings, catalog: &Catalog) -> Vec<Diagnostic> {
    let of_services = settings.services.values().flat_map(|service| &service.dependencies);
    let of_services = of_services.map(|dependency| dependency.name.as_str());
    let of_slos = catalog.slos.iter().flat_map(|slo| &slo.about.dependencies);
    let called: BTreeSet<&str> = of_services.chain(of_slos.map(|note| note.text.as_str())).collect();
    let unused = settings.third_parties.iter().filter(|(name, _)| !called.contains(name.as_str()));
    unused
        .map(|(name, party)| {
            let message = format!("nothing depends on the third party `{name}`, so its SLA bounds nothing");
            let near = diagnostic::nearest(name, called.iter().copied());
            let help = near.map_or_else(
                || "name it under `dependencies` of a service, or take it out".to_owned(),
                |near| format!("is `{near}` what it is called where it is depended on?"),
            );
            Diagnostic::warning(Code::Unused, message)
                .at(party.place.clone(), "depended on nowhere")
                .help(help)
        })
        .collect()
}

/// Signals that no policy reads: they look as if something followed from them.
fn unread(settings: &Settings, policies: &[Policy]) -> Vec<Diagnostic> {
    let reads = |name: &String| policies.iter().any(|policy| policy.signals.contains(name));
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
        slos(law.catalog.slos.len()),
        counted(law.policies.len(), "policy", "policies"),
        counted(clauses, "clause", "clauses"),
    )
}

/// `1 policy`, `2 policies`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `1 SLO`, `2 SLOs`.
fn slos(count: usize) -> String {
    counted(count, "SLO", "SLOs")
}
