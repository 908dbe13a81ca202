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
use scenario::{Law, Scenario, Standing, Time, deployment, merge_group, pull_request, schedule, steps};
use stub::world::Trouble;
use stub::{Fate, FaultKind, Moment, Stub};

/// A check that tells a pull request.
const POST: &[&str] = &["check", "--environment", "production", "--post"];

/// The gate of a deploy.
const DEPLOY: &[&str] = &["check", "--environment", "production", "--at", "deploy", "--post"];

/// A sweep.
const SWEEP: &[&str] = &["sweep"];

/// What clauses ask for.
const ACT: &[&str] = &["act"];

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
        let Finished { exit, said } = scenario.run(&stub, 1001, Time::Ample);
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
        let next = scenario.run(stub, 1002, Time::Ample);
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

/// Does all of something, sixteen at a time because most of them wait, and fails with everything that went wrong.
fn all<T: Sync>(what: &[T], attempt: impl Fn(&T) -> Option<String> + Sync) {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..16 {
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

/// Lets each call of a scenario fail in every way, and GitHub stay away from then on.
fn fails(scenario: &Scenario) {
    let reference = Reference::of(scenario);
    let mut troubles = Vec::new();
    for (number, line) in &reference.steps {
        let once = FAILURES.iter().map(|(kind, helps)| (kind, Some(*helps)));
        for (kind, once) in once.chain(OUTAGES.iter().map(|kind| (kind, None))) {
            let times = if once.is_some() { 1 } else { usize::MAX };
            troubles.push((*number, line, once, Trouble { at: *number, times, kind: kind.clone() }));
        }
    }
    all(&troubles, |(number, line, once, trouble)| {
        let mut world = reference.world.clone();
        world.trouble = Some(trouble.clone());
        let stub = Stub::start(world);
        let finished = scenario.run(&stub, 1001, Time::Short);
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
    fails(&SCENARIOS[0]);
}

#[test]
fn a_proceed_survives_every_failure() {
    fails(&SCENARIOS[1]);
}

#[test]
fn a_thaw_survives_every_failure() {
    fails(&SCENARIOS[2]);
}

#[test]
fn an_unknown_survives_every_failure() {
    fails(&SCENARIOS[3]);
}

#[test]
fn an_invalid_survives_every_failure() {
    fails(&SCENARIOS[4]);
}

#[test]
fn a_merge_group_survives_every_failure() {
    fails(&SCENARIOS[5]);
}

#[test]
fn a_deploy_survives_every_failure() {
    fails(&SCENARIOS[6]);
}

#[test]
fn a_sweep_survives_every_failure() {
    fails(&SCENARIOS[7]);
}

#[test]
fn duties_survive_every_failure() {
    fails(&SCENARIOS[8]);
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
            let mut running = scenario.start(&stub, 1001, Time::Ample);
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

/// Lets an older run be slow at each of its calls while a newer one, which another law judges, runs from its beginning to
/// its end. The newer one's verdict stands in the end, nothing is pending and nothing is there twice.
fn overlap(older: &Scenario, newer: &Scenario) {
    let reference = Reference::of(older);
    // What the two say one after the other.
    let stub = Stub::start(reference.world.clone());
    older.run(&stub, 1001, Time::Ample);
    let world = Scenario::judged_by(stub.world().clone(), newer.law);
    *stub.world() = world;
    newer.run(&stub, 1002, Time::Ample);
    let apart = Standing::of(&stub.world());
    let changed: Vec<_> = apart
        .statuses
        .iter()
        .filter(|(gate, said)| reference.standing.statuses.get(*gate) != Some(*said))
        .collect();
    let is_about_the_same = (older.arguments == ACT) == (newer.arguments == ACT)
        && (older.event == "merge_group") == (newer.event == "merge_group");
    all(&reference.steps, |(number, line)| {
        let stub = Stub::start(reference.world.clone());
        stub.gate().hold(*number, Moment::Before);
        let mut running = older.start(&stub, 1001, Time::Ample);
        let held = stub.gate().until_held(|| running.child.try_wait().is_ok_and(|ended| ended.is_some()));
        assert!(held, "{line} was not reached");
        let world = Scenario::judged_by(stub.world().clone(), newer.law);
        *stub.world() = world;
        let before = stub.world().statuses.len();
        let overtaking = newer.run(&stub, 1002, Time::Ample);
        let said = stub.world().statuses.len() > before;
        let between = Standing::of(&stub.world());
        stub.gate().release(Fate::CarryOut);
        let finished = running.finish();
        let stands = Standing::of(&stub.world());
        let wrong = |what: &str, stands: &Standing| {
            Some(format!(
                "{} slow at {number}, {line}, {what}: {stands:#?} after {between:#?}, {finished:?}, {overtaking:?}",
                older.name
            ))
        };
        // A sweep leaves a pull request to the run of its own that is judging it; the next sweep sees to the rest.
        // So does one that found its words there already: it has left nothing by which it would be known.
        let is_last = is_about_the_same && said && !between.states().contains(&"pending");
        if stands.states().contains(&"pending") || stands.is_doubled() {
            return wrong("something is pending or there twice", &stands);
        }
        if is_last && stands.statuses != between.statuses {
            return wrong("the older one has the last word", &stands);
        }
        // GitHub replaces a text without a condition: what was under way when the newer run ended is mended by the next
        // one. The gate was never wrong.
        if is_last && !line.starts_with("PATCH") && stands != between {
            return wrong("something else changed", &stands);
        }
        newer.run(&stub, 1003, Time::Ample);
        let settled = Standing::of(&stub.world());
        let is_settled = changed.iter().all(|(gate, said)| settled.statuses.get(*gate) == Some(*said))
            && settled.issues == apart.issues
            && (!is_about_the_same || settled.freezes() == apart.freezes());
        if settled.is_doubled() || !is_settled {
            return wrong("the next run does not settle it", &settled);
        }
        None
    });
}

#[test]
fn of_two_checks_that_overlap_the_newer_one_stands() {
    for (older, newer, before) in [
        (Law::Proceeds, Law::Freezes, None),
        (Law::Freezes, Law::Proceeds, None),
        (Law::Proceeds, Law::Freezes, Some(Law::Unknown)),
    ] {
        let check = |law| Scenario { before, ..told("a check", law) };
        overlap(&check(older), &check(newer));
    }
}

#[test]
fn a_check_and_a_newer_sweep_that_overlap_come_to_one_verdict() {
    for (older, newer, before) in [
        (Law::Proceeds, Law::Freezes, None),
        (Law::Proceeds, Law::Freezes, Some(Law::Proceeds)),
        (Law::Freezes, Law::Proceeds, Some(Law::Freezes)),
    ] {
        let check = Scenario { before, ..told("a check", older) };
        overlap(&check, &Scenario { law: newer, ..scheduled("a sweep", SWEEP) });
    }
}

#[test]
fn a_sweep_never_talks_over_a_newer_check() {
    for (older, newer, before) in [
        (Law::Proceeds, Law::Freezes, Law::Freezes),
        (Law::Freezes, Law::Proceeds, Law::Proceeds),
        (Law::Proceeds, Law::Freezes, Law::Unknown),
    ] {
        let sweep = Scenario { law: older, before: Some(before), ..scheduled("a sweep", SWEEP) };
        overlap(&sweep, &told("a check", newer));
    }
}

#[test]
fn of_two_sweeps_that_overlap_the_newer_one_stands() {
    for (older, newer, before) in [
        (Law::Proceeds, Law::Freezes, Law::Freezes),
        (Law::Freezes, Law::Proceeds, Law::Proceeds),
        (Law::Proceeds, Law::Freezes, Law::Unknown),
    ] {
        let sweep = |law| Scenario { law, before: Some(before), ..scheduled("a sweep", SWEEP) };
        overlap(&sweep(older), &sweep(newer));
    }
}

#[test]
fn a_merge_group_and_a_sweep_that_overlap_come_to_one_verdict() {
    let group = |law| Scenario { event: "merge_group", payload: merge_group, ..told("a merge group", law) };
    let sweep = |law| Scenario { law, before: Some(Law::Unknown), ..scheduled("a sweep", SWEEP) };
    overlap(&group(Law::Proceeds), &sweep(Law::Freezes));
    overlap(&sweep(Law::Proceeds), &group(Law::Freezes));
}

#[test]
fn duties_that_overlap_are_opened_once() {
    overlap(&scheduled("duties", ACT), &scheduled("duties", ACT));
    let sweep = Scenario { before: Some(Law::Proceeds), ..scheduled("a sweep", SWEEP) };
    overlap(&sweep, &scheduled("duties", ACT));
    overlap(&scheduled("duties", ACT), &sweep);
}
