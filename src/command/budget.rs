//! `slogate budget`: every budget that holds, and what a planned downtime would take of it.
//!
//! SLOs and budgets are read as `check` reads them, by the same code, so that what is shown is what is judged. Policies
//! are read where a downtime is planned, and asked about the budget that it would leave; nothing is decided.

mod chosen;
mod clauses;
mod planned;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::adjustment::Adjustments;
use crate::budget::downtime::{Plan, Taken};
use crate::catalog::Catalog;
use crate::cli::{Budget, Sheet};
use crate::command::adjusted::Both;
use crate::command::ground::{self, Ground};
use crate::command::judge::Stop;
use crate::command::law::{self, Rules};
use crate::command::organization::Offer;
use crate::command::watch::{self, Asked, Named, Watch, dependency};
use crate::command::{World, observed, slos, unsettled};
use crate::diagnostic::{self, Code, Diagnostic};
use crate::policy::ruling::Measured;
use crate::policy::{Policy, Subject};
use crate::report::budgets::{Line, Outlook, Overview};
use crate::report::escape::terminal;
use crate::report::problem;
use crate::settings::Settings;
use crate::verdict::Exit;

/// What was written, as far as it is needed.
struct Written {
    /// The SLOs.
    catalog: Catalog,
    /// What their budgets do not count.
    adjustments: Adjustments,
    /// The policies; none where nothing is planned, or there are none.
    policies: Vec<Policy>,
}

/// Runs the verb.
pub fn run(budget: &Budget, world: &mut World) -> Exit {
    let mut problems = Vec::new();
    let mut overview = Overview::blank(budget.now.unwrap_or(world.now));
    if let Err(stop) = path(budget, world, &mut overview, &mut problems)
        && let Some(exit) = world.stopped(stop, &mut problems)
    {
        return exit;
    }
    diagnostic::sort(&mut problems);
    let failed = problems.iter().any(Diagnostic::is_error);
    overview.problems = problems;
    let exit = match failed {
        true => Exit::Invalid,
        false if overview.gaps().next().is_some() => Exit::Unknown,
        false => Exit::Proceed,
    };
    let look = world.look(&budget.color);
    if budget.format != Sheet::Json {
        // What is only doubtful is `validate`'s to tell.
        let errors = overview.problems.iter().filter(|problem| problem.is_error()).cloned();
        let errors: Vec<Diagnostic> = errors.collect();
        if !errors.is_empty() {
            world.tell(problem::render(&errors, look).trim_end());
        }
        for note in &overview.notes {
            world.tell(&terminal(note));
        }
    }
    let text = match budget.format {
        Sheet::Json => overview.json(),
        Sheet::Text | Sheet::Markdown if failed => String::new(),
        Sheet::Text => overview.text(look),
        Sheet::Markdown => overview.markdown(),
    };
    world.end(&text, exit)
}

/// The path: the ground, the law, the budgets, what is planned.
fn path(
    budget: &Budget,
    world: &World,
    overview: &mut Overview,
    problems: &mut Vec<Diagnostic>,
) -> Result<(), Stop> {
    let plan = planned::read(budget).map_err(Stop::Usage)?;
    let root = world.directory.join(&budget.dir);
    let ground = ground::read(&root, &budget.dir, None)?;
    let layer = Offer::of(&budget.layered, world).read(&world.directory, None);
    let rules = law::read_rules(&ground, layer, problems).map_err(|stop| unsettled::beside(&ground, stop))?;
    overview.notes.extend(rules.notes.iter().cloned());
    let settings = &rules.settings;
    chosen::refuse(budget, settings)?;
    let written = read(&ground, &rules, plan.is_some(), (overview, problems))?;
    if problems.iter().any(Diagnostic::is_error) {
        return Ok(());
    }
    let asked = chosen::choose(budget, settings, &written.catalog)?;
    let client = observed::client(&budget.source)?;
    let named = Named::of(&budget.source, &budget.dir, world, &client).map_err(Stop::Usage)?;
    let watch = Watch::choose(&named, &ground, settings, budget.now)?;
    let (now, note) = watch.now(budget.now, world.now);
    overview.notes.extend(note.filter(|_| plan.is_some()));
    let t = observed::grid(now.as_second(), settings);
    overview.now = now;
    overview.judged_at = Some(t);
    overview.source = Some(watch.describe());
    overview.whole = asked.len() == 1 || budget.slo.len() == 1;
    overview.environments =
        asked.iter().any(|one| asked.first().is_some_and(|first| first.environment != one.environment));
    if let Some(plan) = &plan {
        planned::within(plan, now.as_second(), &asked)?;
    }
    show(&written, (plan.as_ref(), settings), (&asked, &watch), now, overview);
    overview.notes.extend(watch.notes());
    overview.plan = plan;
    Ok(())
}

/// Reads the SLOs, and where something is planned the policies: whoever has none has budgets all the same.
fn read(
    ground: &Ground,
    rules: &Rules,
    planned: bool,
    (overview, problems): (&mut Overview, &mut Vec<Diagnostic>),
) -> Result<Written, Stop> {
    if !planned {
        let (catalog, adjustments) = slos::written(ground, rules, problems)?;
        return Ok(Written { catalog, adjustments, policies: Vec::new() });
    }
    let law = law::read(ground, rules)?;
    let count = law.problems.len();
    let found = law.problems.into_iter().filter(|problem| problem.code != Code::NoPolicy);
    let before = problems.len();
    problems.extend(found);
    if problems.len() - before < count {
        overview.notes.push("there is no policy, so no clause is asked".to_owned());
    }
    Ok(Written { catalog: law.catalog, adjustments: law.adjustments, policies: law.policies })
}

/// The exclusions in which downtimes lie, each with the part of them that it is about.
fn excluded(taken: &[Taken], adjustments: &Adjustments, asked: &Asked<'_>) -> Vec<Vec<String>> {
    let names = |taken: &Taken| {
        let within = (taken.part.start, taken.part.end);
        if taken.excluded == 0 {
            Vec::new()
        } else {
            adjustments.touching(asked.slo, asked.environment, within)
        }
    };
    taken.iter().map(names).collect()
}

/// Observes what is asked for, and what policies read of its dependencies. Further back is looked only where a policy of
/// the same SLO compares quarters.
fn observe<'a>(
    (asked, covering): (&[Asked<'a>], &[Vec<&Policy>]),
    watch: &Watch<'_>,
    (settings, catalog): (&'a Settings, &'a Catalog),
    t: i64,
) -> (dependency::Wanted<'a>, dependency::Answers<'a>) {
    let reads_quarters =
        |policies: &[&Policy]| policies.iter().any(|policy| policy.reads("quarter").is_some());
    let by_quarters: BTreeSet<&Asked<'_>> = asked
        .iter()
        .zip(covering)
        .filter(|(_, policies)| reads_quarters(policies))
        .map(|(one, _)| one)
        .collect();
    let mut upstream = dependency::Wanted::new(settings, settings.step);
    for (one, policies) in asked.iter().zip(covering) {
        for policy in policies {
            upstream.add(policy, *one, catalog);
        }
    }
    let depth = |one: &Asked<'_>| {
        let own = watch::history(one.slo.period, by_quarters.contains(one), settings.step);
        let own = asked.contains(one).then_some(own);
        own.unwrap_or_default().max(upstream.depth(one))
    };
    let all: BTreeSet<Asked<'_>> = asked.iter().copied().chain(upstream.asked()).collect();
    let all = Vec::from_iter(all);
    let answers = dependency::Answers::reckon(&all, watch.observe(&all, depth, settings, t));
    (upstream, answers)
}

/// Observes what is asked for, and makes the lines of it, the worst first.
fn show(
    written: &Written,
    (plan, settings): (Option<&Plan>, &Settings),
    (asked, watch): (&[Asked<'_>], &Watch<'_>),
    now: Timestamp,
    overview: &mut Overview,
) {
    let t = observed::grid(now.as_second(), settings);
    let covering: Vec<Vec<&Policy>> =
        asked.iter().map(|one| clauses::covering(one, written, settings)).collect();
    let (upstream, mut answers) = observe((asked, &covering), watch, (settings, &written.catalog), t);
    for (one, policies) in asked.iter().zip(&covering) {
        let slo = one.slo;
        let service = settings.services.get(&slo.service);
        let measured = Measured {
            subject: Subject::new(slo, one.environment, service),
            budget: answers.take(one, &upstream, &written.adjustments).map(Arc::new),
            t,
        };
        let both = Both::of(measured, &written.adjustments, slo, settings);
        let measured = &both.judged;
        let about = (slo.title.as_str(), slo.objective.share(), slo.period_at(t));
        let mut line = Line::reckon(measured, about, chosen::team(slo, settings));
        line.budget.adjusted = both.line();
        let supposed = plan.map(|plan| measured.budget.clone().and_then(|budget| budget.supposing(t, plan)));
        if let Ok(budget) = &measured.budget
            && overview.whole
        {
            line.draw(budget, t, supposed.as_ref().and_then(|supposed| supposed.as_ref().ok()));
        }
        line.outlook = supposed.map(|supposed| {
            supposed.map(|supposed| Outlook {
                policies: policies.iter().map(|policy| policy.id.clone()).collect(),
                clauses: clauses::ask(policies, measured, &supposed, now),
                excluded: excluded(&supposed.taken, &written.adjustments, one),
                taken: supposed.taken,
                lowest: supposed.lowest,
                period_end: supposed.period_end,
                back_at: supposed.back_at,
                positive_at: supposed.positive_at,
            })
        });
        overview.lines.push(line);
    }
    overview.lines.sort_by_key(Line::rank);
}
