//! `slogate test`: read policies and their tests, run every case, tell.
//!
//! Everything is read from the work tree and nothing is asked of the world. A run in which no case ran is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::adjustment::Adjustments;
use crate::budget::gap::Gap;
use crate::catalog::{self, Catalog};
use crate::change::Rollout;
use crate::cli::{Test, TestFormat};
use crate::command::World;
use crate::command::judge::Stop;
use crate::command::law;
use crate::command::organization::{self, Offer};
use crate::command::watch::signal::{self, Wanted};
use crate::command::watch::{self, Asked, dependency};
use crate::diagnostic::{self, Code, Diagnostic, Place, SourceText};
use crate::document;
use crate::policy::ruling::Ruling;
use crate::policy::trial::coverage::Coverage;
use crate::policy::trial::{self, Case, ENDING, Ground, Judged};
use crate::policy::{Author, Names, Policy, Subject, supply};
use crate::report::problem;
use crate::report::trial::{Trials, Tried, json, junit};
use crate::settings::organization::Organization;
use crate::settings::{self, Mode, OnUnknown, Settings};
use crate::source::recorded::Recorded;
use crate::source::whole::{self, Answer};
use crate::source::{Range, Request, SignalRequest, Source as _};
use crate::tree::{Tree, TreeError, WorkTree};
use crate::verdict::{self, Effect, Exit, Situation};

/// Runs the verb.
pub fn run(test: &Test, world: &mut World) -> Exit {
    let offered = Offer::of(&test.layered, world).read(&world.directory, None);
    let (organization, untold) = match offered {
        Ok(organization) => (organization, Vec::new()),
        Err(Stop::Usage(message) | Stop::Unknown(message)) => {
            world.tell(&format!("error: {message}"));
            return Exit::Usage;
        }
        Err(Stop::Invalid(found)) => (None, found),
    };
    let tree = Box::new(WorkTree::new(world.directory.join(&test.dir)));
    let (trials, mut problems) = try_all(tree, organization, test);
    problems.extend(untold);
    if !problems.is_empty() {
        diagnostic::sort(&mut problems);
        world.tell(problem::render(&problems, world.look("never")).trim_end());
    }
    let invalid = problems.iter().any(Diagnostic::is_error);
    let Some(trials) = trials.filter(|_| !invalid) else {
        let nothing = Trials { min: test.min, ..Trials::default() };
        // Who collects reports must not take a missing one for nothing to say.
        if test.format != TestFormat::Text {
            let _ = print(&nothing, &problems, test.format, world);
        }
        return Exit::Invalid;
    };
    if trials.cases.is_empty() {
        let why = match (&test.filter, trials.left_out) {
            (Some(filter), 1..) => format!("`{filter}` is part of no policy's name and of no note"),
            _ => format!("no policy has tests beside it (`payments{ENDING}` for `payments.rhai`)"),
        };
        world.tell(&format!("error: no case ran: {why}"));
        return Exit::Usage;
    }
    match print(&trials, &problems, test.format, world) {
        _ if trials.failed() > 0 || trials.uncovered() => Exit::Failed,
        true => Exit::Proceed,
        false => Exit::Failed,
    }
}

/// Prints the outcome, with what is wrong in the files; true when that worked, and else it is told.
fn print(trials: &Trials, problems: &[Diagnostic], format: TestFormat, world: &mut World) -> bool {
    let printed = world.print(&match format {
        TestFormat::Text => crate::report::trial::render(trials),
        TestFormat::Json => json::render(trials, problems),
        TestFormat::Junit => junit::render(trials, problems),
    });
    printed.map_err(|error| world.tell(&format!("error: the outcome could not be printed: {error}"))).is_ok()
}

/// Runs the cases that a tree holds, under an organisation where there is one, and finds what is wrong in its files; with an error among that there is no outcome.
#[must_use]
pub fn try_all(
    tree: Box<dyn Tree>,
    organization: Option<Organization>,
    test: &Test,
) -> (Option<Trials>, Vec<Diagnostic>) {
    let mut bench = Bench { tree, organization, problems: Vec::new() };
    let trials = bench.trials(test);
    diagnostic::sort(&mut bench.problems);
    (trials, bench.problems)
}

/// What a run works with.
struct Bench {
    /// The files.
    tree: Box<dyn Tree>,
    /// The organisation above them, where there is one.
    organization: Option<Organization>,
    /// What is wrong in them.
    problems: Vec<Diagnostic>,
}

/// A policy with its cases.
struct Tested {
    /// The policy.
    policy: Policy,
    /// The cases.
    cases: Vec<Case>,
}

impl Bench {
    /// The text of a file; none where it is not there or cannot be read, which is told.
    fn read(&mut self, path: &str) -> Option<SourceText> {
        let read =
            self.bytes(path).and_then(|bytes| bytes.map(|bytes| document::decode(path, bytes)).transpose());
        read.unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        })
    }

    /// The bytes of a file; none where it is not there.
    fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        self.tree.read(path).map_err(|error| {
            let (TreeError::Refused(message) | TreeError::Unreachable(message)) = error;
            Diagnostic::error(Code::Unreadable, message).help("look at the file that it names")
        })
    }

    /// The texts of all files that the globs match.
    fn read_all(&mut self, paths: &[String], globs: &[String]) -> Vec<SourceText> {
        let matcher = settings::glob(globs);
        let matching: Vec<&String> = paths.iter().filter(|path| matcher.is_match(path.as_str())).collect();
        matching.into_iter().filter_map(|path| self.read(path)).collect()
    }

    /// The settings and the names that policies may use; in an organisation's own repository those of its layer.
    fn ground(&mut self) -> Option<(Settings, Names)> {
        match organization::alone(&*self.tree) {
            Ok(Some(alone)) => return Some(alone),
            Ok(None) => {}
            Err(Stop::Invalid(found)) => {
                self.problems.extend(found);
                return None;
            }
            Err(Stop::Usage(message) | Stop::Unknown(message)) => {
                let problem = Diagnostic::error(Code::Unreadable, message);
                self.problems.push(problem.help("look at the file that it names"));
                return None;
            }
        }
        let settings = self.settings()?;
        let names = law::names(&settings);
        Some((settings, names))
    }

    /// The settings.
    fn settings(&mut self) -> Option<Settings> {
        let Some(source) = self.read(settings::FILE) else {
            if self.problems.is_empty() {
                let message = format!("there is no `{}` in the work tree", settings::FILE);
                let problem = Diagnostic::error(Code::NoSettings, message);
                self.problems.push(problem.help("name the directory that has it"));
            }
            return None;
        };
        let (settings, problems) = settings::load(&source);
        self.problems.extend(problems);
        let Some(organization) = &self.organization else { return settings };
        let joined = settings::join(settings?, &organization.layer);
        self.problems.extend(joined.problems);
        Some(joined.settings)
    }

    /// Everything, in order; none when something written is wrong.
    fn trials(&mut self, test: &Test) -> Option<Trials> {
        let (settings, names) = self.ground()?;
        let paths = self.tree.paths().map_err(|error| {
            let problem = Diagnostic::error(Code::Unreadable, error.to_string());
            self.problems.push(problem.help("name the directory that has `slogate.yaml`"));
        });
        let mut paths = paths.ok()?;
        paths.retain(|path| path != settings::DEFINITIONS);
        let mut untested = Vec::new();
        let tested = self.tested(&settings, &names, &paths, &mut untested);
        let policies: Vec<&Policy> = tested.iter().map(|one| &one.policy).collect();
        self.problems.extend(law::namesakes(&policies));
        self.unused(&settings, &paths);
        let catalog = self.catalog(&tested, &settings, &paths);
        // An organisation's policies by themselves have no services, and so no SLOs.
        if names.author == Author::Team {
            self.lacking(&tested, &settings, catalog.as_ref());
        }
        let recorded = self.recorded(&tested, &settings, catalog.as_ref());
        if self.problems.iter().any(Diagnostic::is_error) {
            return None;
        }
        let mut trials = Trials {
            cases: Vec::new(),
            untested,
            left_out: 0,
            coverage: test.coverage.then(Vec::new),
            min: test.min,
        };
        for Tested { policy, cases } in &tested {
            let mut coverage = Coverage::new(policy);
            for case in cases {
                let picked = |text: &String| policy.id.contains(text) || case.note.contains(text);
                if !test.filter.as_ref().is_none_or(picked) {
                    trials.left_out += 1;
                    continue;
                }
                let key = match &case.ground {
                    Ground::Observations(..) => Some((policy.id.clone(), case.place.span.start)),
                    Ground::Facts(_) | Ground::History(_) => None,
                };
                let (judged, end) = key
                    .and_then(|key| recorded.get(&key))
                    .map_or((&[][..], 0), |one| (one.0.as_slice(), one.1));
                let moments = trial::run(case, policy, judged, end, effect);
                coverage.see(policy, case, &moments);
                let (policy, note, place) = (policy.id.clone(), case.note.clone(), case.place.clone());
                trials.cases.push(Tried { policy, note, place, class: case.class.clone(), moments });
            }
            if let Some(all) = &mut trials.coverage {
                all.push(coverage);
            }
        }
        Some(trials)
    }

    /// The policies with their cases.
    fn tested(
        &mut self,
        settings: &Settings,
        names: &Names,
        paths: &[String],
        untested: &mut Vec<String>,
    ) -> Vec<Tested> {
        let mut tested = Vec::new();
        for source in self.read_all(paths, &settings.policies) {
            let policy = match Policy::load(&source, names) {
                Ok((policy, warnings)) => {
                    self.problems.extend(warnings);
                    policy
                }
                Err(problems) => {
                    self.problems.extend(problems);
                    continue;
                }
            };
            let beside = trial::beside(source.path());
            if !paths.contains(&beside) {
                untested.push(source.path().to_owned());
                tested.push(Tested { policy, cases: Vec::new() });
                continue;
            }
            let Some(written) = self.read(&beside) else { continue };
            let covered: Vec<String> = settings
                .services
                .iter()
                .filter(|(name, service)| policy.covers(name, service.team.as_deref()))
                .map(|(name, _)| name.clone())
                .collect();
            match trial::load(&written, &policy, names, &covered, &|path| self.bytes(path)) {
                Ok(cases) => tested.push(Tested { policy, cases }),
                Err(problems) => self.problems.extend(problems),
            }
        }
        tested
    }

    /// Warns of files of tests that belong to no policy.
    fn unused(&mut self, settings: &Settings, paths: &[String]) {
        let matcher = settings::glob(&settings.policies);
        let policies: Vec<&String> = paths.iter().filter(|path| matcher.is_match(path.as_str())).collect();
        let directory =
            |path: &str| path.rsplit_once('/').map_or(String::new(), |(above, _)| above.to_owned());
        let directories: BTreeSet<String> = policies.iter().map(|path| directory(path)).collect();
        let belongs: BTreeSet<String> = policies.iter().map(|path| trial::beside(path)).collect();
        for path in paths.iter().filter(|path| path.ends_with(ENDING)) {
            if !belongs.contains(path) && directories.contains(&directory(path)) {
                let message = format!("`{path}` tests no policy: there is none of that name beside it");
                let problem = Diagnostic::warning(Code::Unused, message);
                self.problems.push(problem.help("name it for the policy that it tests"));
            }
        }
    }

    /// The SLOs, where a policy or a case asks for any; none where what is wrong in them was told.
    fn catalog(&mut self, tested: &[Tested], settings: &Settings, paths: &[String]) -> Option<Catalog> {
        let asks = |case: &Case| case.slo.is_some() || matches!(case.ground, Ground::Observations(..));
        let asked = |one: &Tested| supply::names_an_slo(&one.policy) || one.cases.iter().any(asks);
        if !tested.iter().any(asked) {
            return Some(Catalog::default());
        }
        let definitions = self.read_all(paths, &settings.slos);
        let (catalog, problems) = catalog::load(&definitions, settings);
        let complete = !problems.iter().chain(&self.problems).any(Diagnostic::is_error);
        self.problems.extend(problems);
        Some(catalog).filter(|_| complete)
    }

    /// Tells what policies read, and cases name, that nothing has.
    fn lacking(&mut self, tested: &[Tested], settings: &Settings, catalog: Option<&Catalog>) {
        let Some(catalog) = catalog else { return };
        for Tested { policy, cases } in tested {
            let slos = law::covered(policy, catalog, settings);
            self.problems.extend(supply::lacking(policy, &slos, settings));
            let named = cases.iter().filter_map(|case| case.slo.as_ref());
            self.problems.extend(named.filter_map(|(name, place)| supply::no_slo(name, place, &slos)));
        }
    }

    /// The budgets of the cases that rest on recorded observations, with the last instant of each file.
    fn recorded(
        &mut self,
        tested: &[Tested],
        settings: &Settings,
        catalog: Option<&Catalog>,
    ) -> BTreeMap<(String, usize), (Vec<Judged>, i64)> {
        let mut found = BTreeMap::new();
        for Tested { policy, cases } in tested {
            for case in cases {
                let Ground::Observations(path, place) = &case.ground else { continue };
                let Some(source) = self.read(path) else {
                    let problem = Diagnostic::error(Code::Unreadable, format!("there is no `{path}`"));
                    let help = "write it with `slogate check --save-observations`";
                    self.problems.push(problem.at(place.clone(), "named here").help(help));
                    continue;
                };
                match Recorded::read(path, source.text()) {
                    Ok(recorded) => {
                        let Some(catalog) = catalog else { continue };
                        let end = recorded.recorded_until().unwrap_or(0);
                        let judged = judged(policy, case, settings, catalog, &recorded, end);
                        let there = |(name, _): &(String, Place)| {
                            law::covered(policy, catalog, settings).iter().any(|slo| slo.name == *name)
                        };
                        if judged.is_empty() && case.slo.as_ref().is_none_or(there) {
                            let problem =
                                Diagnostic::error(Code::NoSlo, "no SLO of the policy's scope is asked about");
                            let help = "name a `service` or an `slo` that the policy covers";
                            self.problems.push(problem.at(place.clone(), "of this").help(help));
                        }
                        found.insert((policy.id.clone(), case.place.span.start), (judged, end));
                    }
                    Err(problem) => self.problems.push(problem),
                }
            }
        }
        found
    }
}

/// The budgets that a case asks about, as they were observed.
fn judged(
    policy: &Policy,
    case: &Case,
    settings: &Settings,
    catalog: &Catalog,
    recorded: &Recorded,
    end: i64,
) -> Vec<Judged> {
    let environment = policy.header.measures.clone().unwrap_or_else(|| case.environment.clone());
    let Some(matchers) = settings.environments.get(&environment) else { return Vec::new() };
    let asked = law::covered(policy, catalog, settings).into_iter().filter(|slo| {
        case.slo.as_ref().is_none_or(|(name, _)| slo.name == *name)
            && case.service.as_ref().is_none_or(|name| slo.service == *name)
    });
    let asked: Vec<&catalog::Slo> = asked.collect();
    let step = recorded.step();
    let last = end.div_euclid(step) * step;
    let mut wanted = Wanted::default();
    for slo in &asked {
        wanted.add(policy, slo, &environment);
    }
    let ask = |requests: &[SignalRequest<'_>], range| recorded.signals(requests, range);
    let signals = signal::listen(ask, &wanted, settings, last).of(&environment);
    let judged: Vec<Asked<'_>> =
        asked.into_iter().filter_map(|slo| Asked::new(settings, slo, &environment)).collect();
    let mut upstream = dependency::Wanted::new(settings, step);
    for one in &judged {
        upstream.add(policy, *one, catalog);
    }
    let all: BTreeSet<Asked<'_>> = judged.iter().copied().chain(upstream.asked()).collect();
    let all = Vec::from_iter(all);
    let observe = |one: &Asked<'_>| {
        let request = Request { slo: one.slo, environment: &environment, matchers };
        let own = watch::history(one.slo.period, policy.reads("quarter").is_some(), step);
        let points = own.max(upstream.depth(one));
        let range = Range { first: last - (points - 1) * step, last, step };
        let silent = || Gap::Unreachable { detail: "the recording gave no answer at all".to_owned() };
        let answer = whole::observe(recorded, &[(request, range)]).pop();
        answer.unwrap_or_else(|| Answer::unknown(one.slo, silent()))
    };
    let mut answers = dependency::Answers::reckon(&all, all.iter().map(observe).collect());
    let mut budgets = Vec::new();
    for one in &judged {
        let budget = answers.take(one, &upstream, &Adjustments::default());
        let budget = budget.map(|budget| Arc::new(budget.with_signals(Arc::clone(&signals))));
        let service = settings.services.get(&one.slo.service);
        budgets.push((Subject::new(one.slo, &environment, service), budget));
    }
    budgets
}

/// What rulings come to for a case: the effect where the policy is enforced.
fn effect(case: &Case, rulings: &[Ruling], now: Timestamp) -> &'static str {
    let situation = Situation {
        environment: case.environment.clone(),
        mode: Mode::Enforce,
        on_unknown: OnUnknown::Block,
        class: case.class.clone(),
        head: case.head.clone(),
        now,
        floor: Effect::Proceed,
        waivers: Vec::new(),
        rollout: Rollout::Full,
        released_today: case.released_today(rulings, now),
    };
    verdict::fold(&situation, rulings.to_vec(), &[]).effect.as_str()
}
