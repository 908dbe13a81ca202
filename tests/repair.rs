//! What the next run repairs: GitHub fails at every call of a run, a run is killed at every call, and two runs overlap.
//!
//! The binary is driven against the stand-in for GitHub. Whatever happens to a run, it never says that a change may
//! proceed that may not; and when the next run is over, exactly that stands where people look which a run without
//! trouble would have left: one comment, the right status, nothing twice, nothing pending.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a scenario stops at the first thing that is not as it should be"
)]

#[path = "harness/run.rs"]
mod run;
#[path = "repair/scenario.rs"]
mod scenario;
#[path = "stub/stub.rs"]
mod stub;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use run::Finished;
use scenario::{Law, Scenario, Standing, deployment, merge_group, pull_request, schedule, steps};
use stub::world::Trouble;
use stub::{Fate, FaultKind, Moment, Stub};

/// A check that tells a pull request.
const POST: &[&str] = &["check", "--environment", "production", "--deadline", "4", "--post"];

/// The gate of a deploy.
const DEPLOY: &[&str] =
    &["check", "--environment", "production", "--at", "deploy", "--deadline", "4", "--post"];

/// A sweep.
const SWEEP: &[&str] = &["sweep", "--deadline", "4"];

/// What clauses ask for.
const ACT: &[&str] = &["act", "--deadline", "4"];

/// What may happen to each verb. A verb or an event that tells people something is one entry.
const SCENARIOS: [Scenario; 9] = [
    Scenario { talk: 0, before: None, ..told("a freeze, first", Law::Freezes) },
    Scenario { talk: 0, before: None, ..told("a proceed, first", Law::Proceeds) },
    Scenario { talk: 120, before: Some(Law::Freezes), ..told("a thaw", Law::Proceeds) },
    Scenario { talk: 0, before: Some(Law::Proceeds), ..told("proceed becomes unknown", Law::Unknown) },
    Scenario { talk: 0, before: Some(Law::Proceeds), ..told("proceed becomes invalid", Law::Invalid) },
    Scenario { event: "merge_group", payload: merge_group, ..told("a merge group", Law::Freezes) },
    Scenario {
        arguments: DEPLOY,
        event: "deployment",
        payload: deployment,
        ..told("a deploy", Law::Freezes)
    },
    Scenario { before: Some(Law::Proceeds), ..scheduled("a sweep", SWEEP) },
    scheduled("duties", ACT),
];

/// A run that nobody waits for.
const fn scheduled(name: &'static str, arguments: &'static [&'static str]) -> Scenario {
    Scenario { arguments, event: "schedule", payload: schedule, ..told(name, Law::Freezes) }
}

/// A pull request that is told.
const fn told(name: &'static str, law: Law) -> Scenario {
    let (event, payload) = ("pull_request_target", pull_request);
    Scenario { name, arguments: POST, event, payload, law, before: None, talk: 0 }
}

/// Every way in which one call can fail, and whether asking again at once is of use.
const FAILURES: [(FaultKind, bool); 15] = [
    (FaultKind::Primary(1_800), false),
    (FaultKind::Secondary(None), false),
    (FaultKind::Secondary(Some(1)), true),
    (FaultKind::TooMany(None), false),
    (FaultKind::TooMany(Some(1)), true),
    (FaultKind::Invalid, false),
    (FaultKind::Missing, false),
    (FaultKind::Unauthorized, false),
    (FaultKind::Server(500), true),
    (FaultKind::DoneThenServer, true),
    (FaultKind::Cut, true),
    (FaultKind::DoneThenCut, true),
    (FaultKind::Hang, true),
    (FaultKind::Html, false),
    (FaultKind::Redirect, false),
];

/// Those of them that stand for the others where what is called is called by other scenarios too: what is left out is a
/// limit without a time or by another status, a refusal of another name, and an answer that breaks off.
const KINDS: [(FaultKind, bool); 7] = [
    (FaultKind::Primary(1_800), false),
    (FaultKind::Secondary(Some(1)), true),
    (FaultKind::Invalid, false),
    (FaultKind::Missing, false),
    (FaultKind::DoneThenServer, true),
    (FaultKind::Hang, true),
    (FaultKind::Html, false),
];

/// Ways in which GitHub can stay away.
const OUTAGES: [FaultKind; 3] = [FaultKind::Server(502), FaultKind::Primary(1_800), FaultKind::Cut];

/// What a run without trouble does and leaves.
struct Reference {
    /// The world that it begins with.
    world: stub::World,
    /// Its exit.
    exit: Option<i32>,
    /// What it leaves.
    standing: Standing,
    /// Its requests, as `steps` tells them.
    steps: Vec<(usize, String)>,
    /// The last request that posts a status: the gate is closed by it. None where none is posted.
    closing: Option<usize>,
}

impl Reference {
    /// Runs a scenario without trouble.
    fn of(scenario: &Scenario) -> Self {
        let world = scenario.world();
        let stub = Stub::start(world.clone());
        let Finished { exit, said } = scenario.run(&stub, 1001);
        assert!(exit.is_some_and(|exit| exit < 5), "{}: {exit:?} {said}", scenario.name);
        let requests = stub.requests();
        let standing = Standing::of(&stub.world());
        assert!(!standing.states().contains(&"pending"), "{}: {standing:?}", scenario.name);
        let closing = requests
            .iter()
            .rposition(|request| request.line().starts_with("POST") && request.path.contains("/statuses/"));
        assert!(closing.is_some() || !standing.issues.is_empty(), "{}: nobody is told", scenario.name);
        Self { world, exit, standing, steps: steps(&requests), closing }
    }

    /// What is wrong after the run that follows one in trouble.
    fn repaired(&self, scenario: &Scenario, stub: &Stub) -> Option<String> {
        stub.world().trouble = None;
        let next = scenario.run(stub, 1002);
        let standing = Standing::of(&stub.world());
        if next.exit != self.exit {
            return Some(format!(
                "the next run ends with {:?} instead of {:?}: {}",
                next.exit, self.exit, next.said
            ));
        }
        (standing != self.standing)
            .then(|| format!("the next run leaves {standing:#?} instead of {:#?}", self.standing))
    }

    /// What is wrong with a run in trouble. `number` is the call that failed; `once` when only that.
    fn endured(&self, finished: &Finished, stub: &Stub, number: usize, once: Option<bool>) -> Option<String> {
        let wrong = |what: &str| Some(format!("{what}: {:?} {}", finished.exit, finished.said));
        let standing = Standing::of(&stub.world());
        let (was, is) = (Standing::of(&self.world), standing.states());
        let allowed: &[i32] = match self.exit {
            Some(0) => &[0, 3, 4, 5],
            Some(1) => &[1, 3, 4],
            _ => &[3, 4],
        };
        if !finished.exit.is_some_and(|exit| allowed.contains(&exit)) {
            return wrong("the exit is none that this may have");
        }
        let fresh = stub.world().statuses.len() > self.world.statuses.len();
        if fresh && is.contains(&"success") && !self.standing.states().contains(&"success") {
            return wrong("success is said of what may not proceed");
        }
        let told = (&standing.statuses, &standing.issues) == (&self.standing.statuses, &self.standing.issues);
        if finished.exit == Some(0) && !told {
            return wrong("the exit is a success, and the status or the issues say something else");
        }
        let is_closed = once.is_some_and(|helps| helps || Some(number) != self.closing);
        if is_closed && is.contains(&"pending") {
            return wrong("the status is left pending");
        }
        if standing.comments.len() > 1 || standing.others != was.others {
            return wrong("there are comments that should not be");
        }
        None
    }
}

/// Does all of something, eight at a time, and fails with everything that went wrong.
fn all<T: Sync>(what: &[T], attempt: impl Fn(&T) -> Option<String> + Sync) {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(one) = what.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(found) = attempt(one) {
                        wrong.lock().expect("nobody panicked").push(found);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("nobody panicked");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), what.len(), wrong.join("\n\n"));
}

/// Lets one call of a scenario fail in each of these ways, or GitHub stay away from then on: in every way where every
/// failure is tried.
fn fails(scenario: &Scenario, failures: &[(FaultKind, bool)]) {
    let outages = if failures.len() < FAILURES.len() { 1 } else { OUTAGES.len() };
    let reference = Reference::of(scenario);
    let mut troubles = Vec::new();
    for (number, line) in &reference.steps {
        let once = failures.iter().map(|(kind, helps)| (kind, Some(*helps)));
        for (kind, once) in once.chain(OUTAGES.iter().take(outages).map(|kind| (kind, None))) {
            let times = if once.is_some() { 1 } else { usize::MAX };
            troubles.push((*number, line, once, Trouble { at: *number, times, kind: kind.clone() }));
        }
    }
    all(&troubles, |(number, line, once, trouble)| {
        let mut world = reference.world.clone();
        world.trouble = Some(trouble.clone());
        let stub = Stub::start(world);
        let finished = scenario.run(&stub, 1001);
        let wrong = reference.endured(&finished, &stub, *number, *once);
        let wrong = wrong.or_else(|| reference.repaired(scenario, &stub));
        let times = if once.is_some() { "once" } else { "from then on" };
        wrong.map(|wrong| {
            format!("{}, {:?} {times} at {number}, {line}: {wrong}", scenario.name, trouble.kind)
        })
    });
}

#[test]
fn a_freeze_survives_every_failure() {
    fails(&SCENARIOS[0], &FAILURES);
}

#[test]
fn a_proceed_survives_every_failure() {
    fails(&SCENARIOS[1], &KINDS);
}

#[test]
fn a_thaw_survives_every_failure() {
    fails(&SCENARIOS[2], &FAILURES);
}

#[test]
fn an_unknown_survives_every_failure() {
    fails(&SCENARIOS[3], &KINDS);
}

#[test]
fn an_invalid_survives_every_failure() {
    fails(&SCENARIOS[4], &KINDS);
}

#[test]
fn a_merge_group_survives_every_failure() {
    fails(&SCENARIOS[5], &KINDS);
}

#[test]
fn a_deploy_survives_every_failure() {
    fails(&SCENARIOS[6], &KINDS);
}

#[test]
fn a_sweep_survives_every_failure() {
    fails(&SCENARIOS[7], &KINDS);
}

#[test]
fn duties_survive_every_failure() {
    fails(&SCENARIOS[8], &KINDS);
}

#[test]
fn a_run_that_is_killed_is_repaired_by_the_next() {
    for scenario in &SCENARIOS {
        let reference = Reference::of(scenario);
        let mut kills = Vec::new();
        for (number, line) in &reference.steps {
            kills.push((*number, line, Fate::Drop));
            if !line.starts_with("GET") {
                kills.push((*number, line, Fate::CarryOut));
            }
        }
        all(&kills, |(number, line, fate)| {
            let stub = Stub::start(reference.world.clone());
            stub.gate().hold(*number, if *fate == Fate::Drop { Moment::Before } else { Moment::After });
            let mut running = scenario.start(&stub, 1001);
            let held = stub.gate().until_held(|| running.child.try_wait().is_ok_and(|ended| ended.is_some()));
            running.kill();
            stub.gate().release(*fate);
            let wrong = if held {
                reference.repaired(scenario, &stub)
            } else {
                Some("it was not reached".to_owned())
            };
            wrong.map(|wrong| format!("{}, killed at {number}, {line}, {fate:?}: {wrong}", scenario.name))
        });
    }
}

#[test]
fn of_two_runs_that_overlap_the_newer_one_stands() {
    for (older, newer, before) in [
        (Law::Proceeds, Law::Freezes, None),
        (Law::Freezes, Law::Proceeds, None),
        (Law::Proceeds, Law::Freezes, Some(Law::Unknown)),
    ] {
        let scenario = Scenario { before, ..told("two runs", older) };
        let reference = Reference::of(&scenario);
        all(&reference.steps, |(number, line)| {
            let stub = Stub::start(reference.world.clone());
            stub.gate().hold(*number, Moment::Before);
            let mut running = scenario.start(&stub, 1001);
            let held = stub.gate().until_held(|| running.child.try_wait().is_ok_and(|ended| ended.is_some()));
            assert!(held, "{line} was not reached");
            let world = Scenario::judged_by(stub.world().clone(), newer);
            *stub.world() = world;
            scenario.run(&stub, 1002);
            let standing = Standing::of(&stub.world());
            stub.gate().release(Fate::CarryOut);
            let finished = running.finish();
            let mut stands = Standing::of(&stub.world());
            if line.starts_with("PATCH") && stands.statuses == standing.statuses {
                // GitHub replaces a text without a condition: what was under way when the newer run ended is mended by
                // the next one. The gate was never wrong.
                scenario.run(&stub, 1003);
                stands = Standing::of(&stub.world());
            }
            (stands != standing).then(|| {
                format!(
                    "{older:?} slow at {number}, {line}: {stands:#?} instead of {standing:#?}, {finished:?}"
                )
            })
        });
    }
}
