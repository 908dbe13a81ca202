//! What was written, held against what was measured: `validate --observed`.
//!
//! Every SLO is asked about in every environment whose budgets a policy measures, all of them at once, with the history
//! that the lints need. What a source does not answer is told and counted: an SLO that could not be looked at is not
//! one with which nothing is wrong.

mod past;

use std::collections::{BTreeMap, BTreeSet};

use crate::adjustment::Adjustments;
use crate::budget::gap::Gap;
use crate::cli::{Source, Validate};
use crate::command::ground::Ground;
use crate::command::judge::Stop;
use crate::command::law::{Law, Rules};
use crate::command::observed::past::Past;
use crate::command::watch::{self, Asked, Named, Server, Watch};
use crate::command::{World, check};
use crate::diagnostic::{Code, Diagnostic};
use crate::http::Client;
use crate::lint::observed::Observed;
use crate::lint::{self, silent_slo};
use crate::settings::Settings;
use crate::source::instant;
use crate::source::whole::Answer;

/// The most SLOs that are named with one reason.
const NAMED: usize = 3;

/// What came of it.
#[derive(Debug, Default)]
pub struct Comparison {
    /// What is doubtful.
    pub problems: Vec<Diagnostic>,
    /// What was looked at, and what could not be.
    pub notes: Vec<String>,
    /// The SLOs that could not be looked at in one environment at least.
    pub unknown: usize,
    /// Nothing at all could be looked at.
    pub blind: bool,
}

/// Holds everything against what was measured; `other` is what the policies are compared with, where there is such.
///
/// # Errors
/// When the source is named wrongly, or is a file that cannot be read.
pub fn examine(
    validate: &Validate,
    world: &World,
    (ground, other): (&Ground, Option<&Ground>),
    (rules, law): (&Rules, &Law),
) -> Result<Comparison, Stop> {
    let settings = &rules.settings;
    let client = client(&validate.source)?;
    let named = Named::of(&validate.source, &validate.dir, world, &client).map_err(Stop::Usage)?;
    let watch = Watch::choose(&named, ground, settings, validate.now)?;
    let (now, _) = watch.now(validate.now, world.now);
    let now = now.as_second();
    let t = grid(now, settings);
    let asked = asked(settings, law);
    let depth = |one: &Asked<'_>| {
        watch::history(one.slo.period, false, settings.step).max(silent_slo::QUIET / settings.step)
    };
    let answers = watch.observe(&asked, depth, settings, t);
    let answers = asked.iter().zip(answers);
    let mut observed: Vec<Observed<'_>> =
        answers.map(|(asked, answer)| observed(asked, answer, (settings, &law.adjustments), t)).collect();
    // A recording without an SLO says nothing about the SLO.
    let recorded = match &named.server {
        Some(server) => matches!(server, Server::Observations(..)),
        None => named.observations.is_some() || settings.observers.is_some(),
    };
    let unseen = Unseen::among(&asked, &observed, recorded, settings);
    observed.retain(|one| one.budget.is_ok() || !recorded);
    let mut notes = vec![format!("held against {} up to {}", watch.describe(), instant(t))];
    notes.extend(unseen.unknown.notes());
    let mut changes = Vec::new();
    let root = world.directory.join(&validate.dir);
    if lint::is_on(Code::LoosenedWhileExhausted, settings) {
        let past = Past { root: &root, ground, other, rules, law, now, given: validate.now.is_some() };
        changes = past.changes(&mut notes);
    }
    let loosened = past::loosened(&changes, &asked, &watch, settings, &mut notes);
    notes.extend(watch.notes());
    Ok(Comparison {
        problems: lint::observed::examine(&observed, &loosened, settings),
        notes,
        unknown: unseen.slos.len(),
        blind: !asked.is_empty() && unseen.count == asked.len(),
    })
}

/// The client for whatever arguments of the command line name.
///
/// # Errors
/// When there can be none.
pub fn client(source: &Source) -> Result<Client, Stop> {
    Client::new(check::limits(source.deadline)).map_err(|error| Stop::Usage(error.to_string()))
}

/// The last grid point at an instant or before it, both in seconds since the epoch.
pub const fn grid(at: i64, settings: &Settings) -> i64 {
    at.div_euclid(settings.step) * settings.step
}

/// Every SLO in every environment whose budgets are measured: those that the policies of its service name, or all of
/// them where one measures whatever is judged, or where there is no policy.
pub fn asked<'a>(settings: &'a Settings, law: &'a Law) -> Vec<Asked<'a>> {
    let mut asked = Vec::new();
    for slo in &law.catalog.slos {
        let team = settings.services.get(&slo.service).and_then(|service| service.team.as_deref());
        let covering = law.policies.iter().filter(|policy| policy.covers(&slo.service, team));
        let measured: Vec<Option<&str>> = covering.map(|policy| policy.header.measures.as_deref()).collect();
        let any = measured.is_empty() || measured.contains(&None);
        let names = settings.environments.keys().map(String::as_str);
        let names = names.filter(|name| any || measured.contains(&Some(name)));
        let names = names.filter(|name| slo.holds_in(name));
        asked.extend(names.filter_map(|name| Asked::new(settings, slo, name)));
    }
    asked.sort();
    asked
}

/// What a source answered, as what is looked at: without what is excluded, as it is judged.
fn observed<'a>(
    asked: &Asked<'a>,
    answer: Answer,
    (settings, adjustments): (&Settings, &Adjustments),
    t: i64,
) -> Observed<'a> {
    let slo = asked.slo;
    let judged = |budget| adjustments.applied(budget, slo, asked.environment, settings.excludable).0;
    let budget = answer.budget(slo).map(judged);
    let environment = (settings.environments.len() > 1).then_some(asked.environment);
    Observed { slo, environment, budget, t }
}

/// What could not be looked at, of what was asked for.
#[derive(Default)]
struct Unseen<'a> {
    /// How much of it.
    count: usize,
    /// The SLOs.
    slos: BTreeSet<&'a str>,
    /// What no lint tells.
    unknown: Unknown,
}

impl<'a> Unseen<'a> {
    /// What could not be looked at. That an SLO is silent is the lint's to tell where it is on and the source no recording.
    fn among(asked: &[Asked<'a>], observed: &[Observed<'_>], recorded: bool, settings: &Settings) -> Self {
        let silent = lint::is_on(Code::SilentSlo, settings);
        let linted = silent && !recorded;
        let mut unseen = Self::default();
        for (asked, one) in asked.iter().zip(observed) {
            let (gap, told) = match &one.budget {
                Err(gap) => (gap.clone(), linted && matches!(gap.cause(), Gap::NoData { .. })),
                Ok(budget) => match budget.at(one.t) {
                    Err(gap) => {
                        let events = budget.events(silent_slo::QUIET, one.t);
                        (gap, silent && events.is_ok_and(|all| all.total.is_zero()))
                    }
                    Ok(_) => continue,
                },
            };
            unseen.count += 1;
            unseen.slos.insert(asked.slo.name.as_str());
            if !told {
                unseen.unknown.add(format!("{} ({})", asked.slo.name, asked.environment), &gap);
            }
        }
        unseen
    }
}

/// What is not known, by the reason and what to do about it.
#[derive(Default)]
struct Unknown(BTreeMap<(String, &'static str), Vec<String>>);

impl Unknown {
    /// Adds one thing that is not known.
    fn add(&mut self, what: String, gap: &Gap) {
        self.0.entry((gap.to_string(), gap.help())).or_default().push(what);
    }

    /// The lines for all of it: of what, why, and what to do.
    fn notes(&self) -> Vec<String> {
        let lines = self.0.iter().flat_map(|((reason, help), names)| {
            let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
            let more = names.len() - shown.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            [
                format!("not known: {}{more}", shown.join(", ")),
                format!("  {reason}"),
                format!("  help: {help}"),
            ]
        });
        lines.collect()
    }
}
