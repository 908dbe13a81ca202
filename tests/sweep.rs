//! Sweeps over many pull requests, with the real binary against the stand-in of GitHub: how many calls they take, that a
//! second one writes nothing, that a few small ones reach everybody, and that what fails on the way is repaired.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a scenario stops at the first thing that is not as it should be"
)]

#[path = "stub/stub.rs"]
mod stub;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use stub::openapi::Description;
use stub::world::{ChangedFile, File, Status, files_below};
use stub::{Fault, FaultKind, Stub, World};

const BASE: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const CONTEXT: &str = "slogate: production → main";
const GREEN: &str = "proceed: no service with an SLO is touched";
const FROZEN: &str = "freeze: exhausted, checkout availability -20 % left, thaws 28 Nov 09:00 UTC";

/// What a sweep printed and how it ended.
struct Swept {
    report: Value,
    exit: i32,
}

/// The webshop with so many pull requests, every third of which touches the service that is frozen; all were told so.
fn world(count: u64) -> World {
    let mut world = World::new("acme/shop");
    world.branches.insert("main".to_owned(), BASE.to_owned());
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/webshop");
    world.commit(BASE, files_below(&shop));
    for number in 1..=count {
        let frozen = number.is_multiple_of(3);
        let file = if frozen { "services/checkout/a.rs" } else { "docs/a.md" };
        world.pull(number, "main", &head(number), vec![ChangedFile::at(file)]);
        let (state, text) = if frozen { ("failure", FROZEN) } else { ("success", GREEN) };
        stands(&mut world, number, state, text);
    }
    world
}

/// The head of a pull request.
fn head(number: u64) -> String {
    format!("{number:040x}")
}

/// Gives a pull request a status of a run a moment ago.
fn stands(world: &mut World, number: u64, state: &str, text: &str) {
    let now = jiff::Timestamp::now().as_second();
    world.statuses.push(Status {
        commit: head(number),
        context: CONTEXT.to_owned(),
        state: state.to_owned(),
        description: Some(text.to_owned()),
        target: Some(format!(
            "https://github.com/acme/shop/pull/{number}?run=9.1&at={}#issuecomment-1",
            now - 60
        )),
        created: jiff::Timestamp::now().to_string(),
        creator: "github-actions[bot]".to_owned(),
    });
}

/// Sweeps as the run of that number.
fn sweep(stub: &Stub, run: u64, arguments: &[&str]) -> Swept {
    let directory = tempfile::tempdir().expect("a directory");
    let event = directory.path().join("event.json");
    let payload = r#"{"schedule":"*/15 * * * *","repository":{"full_name":"acme/shop"}}"#;
    slogate::tree::write_file(&event, payload.as_bytes()).expect("it is written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
    command.args(["sweep", "--format", "json"]).args(arguments).current_dir(directory.path()).env_clear();
    for (name, value) in [
        ("GITHUB_EVENT_NAME", "schedule"),
        ("GITHUB_EVENT_PATH", event.to_str().expect("a path")),
        ("GITHUB_API_URL", stub.url()),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_TOKEN", "ghs_secret"),
        ("GITHUB_RUN_ID", &(1_000 + run).to_string()),
        ("GITHUB_RUN_NUMBER", &run.to_string()),
    ] {
        command.env(name, value);
    }
    let output = command.output().expect("the binary can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Where not even the list of pull requests came, only the reason is printed.
    let report = serde_json::from_str(&text).unwrap_or_default();
    Swept { report, exit: output.status.code().expect("an exit") }
}

/// The numbers of the pull requests of which that was done.
fn done(swept: &Swept, what: &str) -> Vec<u64> {
    let lines = swept.report["pull_requests"].as_array().expect("a list");
    let found = lines.iter().filter(|line| line["done"] == what);
    found.map(|line| line["number"].as_u64().expect("a number")).collect()
}

/// The newest status of a pull request.
fn state(stub: &Stub, number: u64) -> String {
    let world = stub.world();
    let found = world.statuses.iter().rev().find(|status| status.commit == head(number));
    found.map(|status| status.state.clone()).expect("a status")
}

/// Writes among requests: a question has a body too.
fn writes(stub: &Stub) -> usize {
    stub.requests().iter().filter(|request| request.method != "GET" && request.path != "/graphql").count()
}

/// The calls that a pull request took: those that name it or its head, by their path or by the marker of a comment.
fn calls_of(stub: &Stub, number: u64) -> usize {
    let (head, issue) = (head(number), format!("/issues/{number}/"));
    let names = |request: &&stub::Recorded| {
        let body = request.body.as_ref().and_then(|body| body["body"].as_str()).unwrap_or_default();
        request.path.contains(&head) || request.path.contains(&issue) || body.contains(&head)
    };
    stub.requests().iter().filter(names).count()
}

#[test]
fn three_hundred_pull_requests_are_judged_by_one_evaluation_and_few_calls() {
    let mut world = world(300);
    // Three greens that the budget no longer carries, and one red that has thawed.
    for number in [3, 150, 300] {
        stands(&mut world, number, "success", GREEN);
    }
    stands(&mut world, 4, "failure", FROZEN);
    let stub = Stub::start(world);
    let first = sweep(&stub, 0, &["--calls", "1000"]);
    assert_eq!((first.exit, done(&first, "told")), (0, vec![3, 4, 150, 300]));
    assert_eq!(done(&first, "kept").len(), 296);
    assert_eq!(
        [3, 4, 150, 300].map(|number| state(&stub, number)),
        ["failure", "success", "failure", "failure"]
    );
    assert_eq!((1..=300).map(|number| calls_of(&stub, number)).max(), Some(5));
    // Pages, the law and its files once, what changed and what stands there for many at once, what was said, and whether
    // it stands.
    let calls = first.report["calls"].as_u64().expect("calls");
    assert!(calls <= 2 * 3 + 10 + 300 / 20 + 300 / 100 + 4 * 5, "{calls} calls");
    assert!(
        stub.requests()
            .iter()
            .all(|request| request.body.as_ref().is_none_or(|body| body["state"] != "pending"))
    );
    let before = writes(&stub);
    let second = sweep(&stub, 1, &["--calls", "1000"]);
    assert_eq!((second.exit, done(&second, "kept").len()), (0, 300));
    assert_eq!(writes(&stub), before, "a sweep that changes nothing writes nothing");
}

#[test]
fn where_nothing_is_said_of_many_at_once_each_is_asked_about() {
    let mut world = world(300);
    for number in [3, 150, 300] {
        stands(&mut world, number, "success", GREEN);
    }
    world.points = 0;
    let stub = Stub::start(world);
    let swept = sweep(&stub, 0, &["--calls", "1000"]);
    assert_eq!((swept.exit, done(&swept, "told"), done(&swept, "kept").len()), (0, vec![3, 150, 300], 297));
    assert_eq!((1..=300).map(|number| calls_of(&stub, number)).max(), Some(7));
    let calls = swept.report["calls"].as_u64().expect("calls");
    assert!(calls <= 2 * 3 + 10 + 3 + 2 * 300 + 3 * 5, "{calls} calls");
    let asked = stub.requests().iter().filter(|request| request.path == "/graphql").count();
    assert_eq!(
        asked, 3,
        "what is refused once is not asked again: one about files, one about changes, one about statuses"
    );
}

#[test]
fn what_is_read_together_decides_as_what_is_read_one_by_one() {
    let worlds = [1_000, 0].map(|points| {
        let mut world = world(12);
        world.points = points;
        let checkout = || ChangedFile::at("services/checkout/a.rs");
        let docs = |count: usize| (0..count).map(|file| ChangedFile::at(format!("docs/{file}.md")));
        world.pull(1, "main", &head(1), vec![ChangedFile::moved("services/checkout/a.rs", "docs/a.rs")]);
        world.pull(2, "main", &head(2), docs(100).chain([checkout()]).collect());
        world.pull(4, "main", &head(4), vec![checkout()]);
        // The base has got one of its commits since, which another one takes back.
        world.outdated.insert(4, (vec![head(99)], docs(1).collect()));
        world.pull(5, "main", &head(5), vec![checkout()]);
        world.unlisted.insert(5);
        world.pull(7, "gone", &head(7), vec![checkout()]);
        world.pull(8, "main", &head(8), vec![]);
        world.pull(10, "main", &head(10), docs(100).collect());
        for number in [3, 6, 9] {
            stands(&mut world, number, "success", GREEN);
        }
        let forged = world.statuses.last_mut().expect("a status");
        forged.target = Some(format!("https://g?run=9.1&at={}", jiff::Timestamp::now().as_second() + 50));
        "mallory".clone_into(&mut forged.creator);
        world.statuses.retain(|status| status.commit != head(11));
        let stub = Stub::start(world);
        let swept = sweep(&stub, 0, &["--calls", "1000"]);
        let compared = |number| {
            let name = format!("...{}", head(number));
            stub.requests().iter().any(|request| request.path.contains(&name))
        };
        let compared: Vec<u64> = (1..=12).filter(|number| compared(*number)).collect();
        (swept.report["pull_requests"].clone(), done(&swept, "told"), compared)
    });
    let [(together, told, compared), (apart, _, each)] = worlds;
    assert_eq!(together, apart);
    assert_eq!(told, [1, 2, 3, 4, 5, 6, 7, 9, 11], "{together}");
    assert_eq!(compared, [1, 2, 4, 5, 8], "only what is not certain is compared by itself");
    assert_eq!(each, [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12]);
}

#[test]
fn of_pull_requests_with_one_head_the_strictest_decides_and_sweep_after_sweep_says_the_same() {
    for points in [1_000, 0] {
        let mut world = world(4);
        world.points = points;
        world.pull(6, "main", &head(3), vec![ChangedFile::at("services/checkout/a.rs")]);
        world.label(6, "hotfix", "otto");
        world.role("otto", "admin");
        stands(&mut world, 3, "success", GREEN);
        let stub = Stub::start(world);
        let first = sweep(&stub, 0, &[]);
        assert_eq!((first.exit, done(&first, "told")), (0, vec![3, 6]), "{}", first.report);
        let lines = first.report["pull_requests"].as_array().expect("a list").clone();
        let last = lines.last().expect("a line");
        assert_eq!(last["verdict"]["state"], "success", "by itself it may ship: {last}");
        let why = last["why"].as_str().expect("a reason");
        assert!(why.starts_with("#3 has the same head and base and decides"), "{why}");
        let posted = stub
            .requests()
            .iter()
            .filter(|request| request.path.starts_with("/repos/acme/shop/statuses/"))
            .count();
        assert_eq!((posted, state(&stub, 3).as_str()), (1, "failure"));
        let comments = stub.world().comments.clone();
        let of = |number: u64| comments.iter().find(|comment| comment.issue == number).expect("a comment");
        assert!(of(6).body.contains("has the same head and base and decides"), "{}", of(6).body);
        assert!(!of(3).body.contains("has the same head and base"), "{}", of(3).body);
        let before = writes(&stub);
        let second = sweep(&stub, 1, &[]);
        assert_eq!((second.exit, done(&second, "kept")), (0, vec![1, 2, 3, 4, 6]), "{}", second.report);
        assert_eq!(writes(&stub), before);
        stub.world().pulls.remove(&3);
        let third = sweep(&stub, 2, &[]);
        assert_eq!((third.exit, done(&third, "told")), (0, vec![6]), "{}", third.report);
        assert_eq!(state(&stub, 3), "success", "nobody else has that head any more");
    }
}

#[test]
fn what_shares_its_head_with_what_was_not_reached_is_told_only_what_withholds() {
    for (number, was, becomes) in [(3, "success", "failure"), (4, "failure", "failure")] {
        let mut world = world(9);
        world.points = 0;
        world.pull(12, "main", &head(number), vec![ChangedFile::at("services/checkout/a.rs")]);
        stands(&mut world, number, was, GREEN);
        let stub = Stub::start(world);
        let swept = sweep(&stub, 0, &["--after", &(number - 1).to_string(), "--calls", "20"]);
        let lines = swept.report["pull_requests"].as_array().expect("a list");
        let line = lines.iter().find(|line| line["number"] == number).expect("it was looked at");
        let told = if was == becomes { "failed" } else { "told" };
        assert_eq!((swept.exit, &line["done"]), (5, &Value::from(told)), "{}", swept.report);
        assert_eq!(
            state(&stub, number),
            becomes,
            "no green is said, and none stays that is known to be stale"
        );
        if told == "failed" {
            assert_eq!(line["why"], "#12 has the same head and base, and was not reached");
        }
    }
}

#[test]
fn a_comment_that_is_patched_takes_four_calls_and_a_label_one_more_and_one_for_each_role() {
    let mut world = world(9);
    for number in [3, 6, 9] {
        stands(&mut world, number, "success", GREEN);
        world.label(number, "hotfix", "otto");
    }
    world.pulls.get_mut(&3).expect("it is there").labels.clear();
    world.role("otto", "maintain");
    let stub = Stub::start(world);
    sweep(&stub, 0, &[]);
    assert_eq!([3, 6, 9].map(|number| calls_of(&stub, number)), [5, 6, 6]);
    let roles = || stub.requests().iter().filter(|request| request.path.contains("/otto/")).count();
    assert_eq!(roles(), 1, "whoever labels many is asked for once");
    for number in [3, 6, 9] {
        stands(&mut stub.world(), number, "error", "unknown");
    }
    stub.world().comments.iter_mut().for_each(|comment| comment.body.push_str("\nstale"));
    let before = [3, 6, 9].map(|number| calls_of(&stub, number));
    let second = sweep(&stub, 1, &[]);
    assert_eq!(done(&second, "told"), [3, 6, 9]);
    let after = [3, 6, 9].map(|number| calls_of(&stub, number));
    let taken: Vec<usize> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    assert_eq!(taken, [4, 5, 5]);
}

#[test]
fn small_sweeps_one_after_the_other_reach_everybody() {
    let mut world = world(40);
    for number in [3, 21, 39] {
        stands(&mut world, number, "success", GREEN);
    }
    world.points = 0;
    let stub = Stub::start(world);
    let mut reached = BTreeSet::new();
    // Each surely gets through three, and begins anywhere.
    for run in 100..190 {
        if reached.len() == 40 {
            break;
        }
        let swept = sweep(&stub, run, &["--calls", "60"]);
        assert!(swept.report["calls"].as_u64() <= Some(60), "{}", swept.report["calls"]);
        assert_eq!(swept.exit, 5, "not everybody is reached by one, and that is told");
        reached.extend(done(&swept, "kept").into_iter().chain(done(&swept, "told")));
    }
    assert_eq!(reached.len(), 40, "{reached:?}");
    assert_eq!([3, 21, 39].map(|number| state(&stub, number)), ["failure"; 3]);
}

#[test]
fn no_text_that_can_be_edited_keeps_a_stale_green() {
    for (at, run) in [(0, 1), (30, u64::MAX), (3_600, u64::MAX)] {
        let mut world = world(3);
        stands(&mut world, 3, "success", GREEN);
        let at = jiff::Timestamp::now().as_second() + at;
        let marker =
            format!("<!-- slogate:v1 key=production→main head={} run={run}.1 at={at} -->\nproceed", head(3));
        let actor = world.actor.clone();
        world.comment(3, &actor, &marker);
        let stub = Stub::start(world);
        let swept = sweep(&stub, 0, &[]);
        assert_eq!((swept.exit, done(&swept, "told")), (0, vec![3]), "{at} {run}: {}", swept.report);
        assert_eq!(state(&stub, 3), "failure", "{at} {run}");
        assert_eq!(stub.world().comments.len(), 1, "{at} {run}");
    }
}

#[test]
fn a_status_that_names_a_run_of_later_keeps_no_sweep_away() {
    let mut world = world(3);
    stands(&mut world, 3, "success", GREEN);
    let now = jiff::Timestamp::now().as_second();
    let forged = world.statuses.last_mut().expect("a status");
    forged.target = Some(format!("https://elsewhere.example/?run=1.1&at={}", now + 6 * 3_600 - 60));
    let stub = Stub::start(world);
    let swept = sweep(&stub, 0, &[]);
    assert_eq!((swept.exit, done(&swept, "told")), (0, vec![3]), "{}", swept.report);
    assert_eq!(state(&stub, 3), "failure");
}

#[test]
fn large_pull_requests_keep_no_sweep_from_the_others() {
    let mut world = world(20);
    for number in 1..20 {
        let files = (0..3_000).map(|file| ChangedFile::at(format!("docs/{file}.md"))).collect();
        world.pull(number, "main", &head(number), files);
        world.forks.insert(number);
    }
    world.pull(20, "main", &head(20), vec![ChangedFile::at("services/checkout/a.rs")]);
    let stub = Stub::start(world);
    let swept = sweep(&stub, 0, &["--calls", "300"]);
    assert_eq!((swept.exit, &swept.report["unreached"]), (0, &Value::from(0)), "{}", swept.report);
    assert!(swept.report["calls"].as_u64() <= Some(10 + 20 * 6), "{}", swept.report["calls"]);
    // Of 300 files and more nobody knows here whether a service is among them.
    assert_eq!([1, 19, 20].map(|number| state(&stub, number)), ["failure"; 3]);
}

#[test]
fn what_edits_slos_costs_no_more_than_others() {
    let mut world = world(3);
    let files = (0..90).map(|file| ChangedFile::at(format!("slos/{file}.yaml"))).collect();
    world.pull(3, "main", &head(3), files);
    stands(&mut world, 3, "error", "unknown");
    let stub = Stub::start(world);
    let swept = sweep(&stub, 0, &["--calls", "60"]);
    assert_eq!((swept.exit, done(&swept, "told")), (0, vec![3]), "{}", swept.report);
    assert!((1..=3).map(|number| calls_of(&stub, number)).max() <= Some(5), "{}", swept.report["calls"]);
    let world = stub.world();
    assert!(world.comments[0].body.contains("a sweep does not read"), "{}", world.comments[0].body);
}

#[test]
fn a_law_of_many_files_leaves_the_calls_to_the_pull_requests() {
    let calls = |points: u64| {
        let mut world = world(12);
        world.points = points;
        let files = world.commits.get_mut(BASE).expect("the base");
        for number in 0..150 {
            let bytes = format!("note: {number}\n").into_bytes();
            files.insert(format!("slos/more/{number}.yaml"), File { mode: "100644", bytes });
        }
        let stub = Stub::start(world);
        let swept = sweep(&stub, 0, &["--calls", "200"]);
        let calls = swept.report["calls"].as_u64().expect("calls");
        assert_eq!(usize::try_from(calls), Ok(stub.requests().len()), "whatever reads the law is counted");
        assert_eq!(swept.report["unreached"].as_u64().is_some_and(|count| count > 0), points == 0);
        calls
    };
    let (together, one_by_one) = (calls(1_000), calls(0));
    assert!(together <= 40 && one_by_one > 150, "{together} and {one_by_one}");
}

#[test]
fn who_falls_out_of_the_list_while_it_is_read_is_told() {
    let mut world = world(101);
    world.vanishing.insert(50);
    let stub = Stub::start(world);
    let swept = sweep(&stub, 0, &["--calls", "1000"]);
    assert_eq!((swept.exit, &swept.report["unreached"]), (5, &Value::from(1)), "{}", swept.report);
    let notes = swept.report["notes"].to_string();
    assert!(notes.contains("#1 fell out of the list"), "{notes}");
    assert_eq!(done(&swept, "left"), [50], "it was closed");
    let again = sweep(&stub, 1, &["--calls", "1000"]);
    assert_eq!((again.exit, done(&again, "kept").len()), (0, 100), "{}", again.report);
}

#[test]
fn what_fails_at_any_call_is_repaired_by_the_next_sweep() {
    for kind in [FaultKind::Server(500), FaultKind::DoneThenServer, FaultKind::Html] {
        for (method, path) in [
            ("GET", "pulls"),
            ("GET", "ref"),
            ("POST", "graphql"),
            ("GET", "compare"),
            ("GET", "status"),
            ("GET", "comments"),
            ("POST", "comments"),
            ("POST", "statuses"),
        ] {
            let mut world = world(3);
            stands(&mut world, 3, "success", GREEN);
            world.faults = vec![Fault::next(method, path, 3, kind.clone())];
            if ["compare", "status"].contains(&path) {
                world.points = 0;
            }
            let stub = Stub::start(world);
            let first = sweep(&stub, 0, &["--deadline", "5"]);
            assert!([0, 5].contains(&first.exit), "{method} {path} {kind:?}: {}", first.exit);
            stub.world().faults.clear();
            let second = sweep(&stub, 1, &[]);
            assert_eq!(second.exit, 0, "{method} {path} {kind:?}: {}", second.report);
            assert_eq!(state(&stub, 3), "failure", "{method} {path} {kind:?}");
            let comments = stub.world().comments.len();
            assert_eq!(comments, 1, "{method} {path} {kind:?}");
        }
    }
}

#[test]
fn what_a_sweep_prints_satisfies_its_schema() {
    let mut world = world(3);
    stands(&mut world, 3, "success", GREEN);
    world.pull(4, "gone", &head(4), vec![]);
    world.faults = vec![Fault::next("GET", "0002/status", 9, FaultKind::Html)];
    world.points = 0;
    let stub = Stub::start(world);
    let swept = sweep(&stub, 0, &["--calls", "40"]);
    let schema: Value = serde_json::from_str(include_str!("../schemas/sweep.v1.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let broken: Vec<String> = validator.iter_errors(&swept.report).map(|error| error.to_string()).collect();
    assert!(broken.is_empty(), "{broken:?}: {}", swept.report);
    assert!(!done(&swept, "failed").is_empty() && !done(&swept, "told").is_empty(), "{}", swept.report);
}

#[test]
#[ignore = "needs GitHub's API description; tests/run fetches it"]
fn every_request_of_a_sweep_is_one_that_github_describes() {
    let named = std::env::vars().find(|(name, _)| name == "SLOGATE_GITHUB_OPENAPI");
    let path = named.map(|(_, path)| PathBuf::from(path)).expect("SLOGATE_GITHUB_OPENAPI names the file");
    let mut world = world(120);
    stands(&mut world, 3, "success", GREEN);
    let stub = Stub::start(world);
    sweep(&stub, 0, &[]);
    let description = Description::read(&path);
    let problems: Vec<String> =
        stub.requests().iter().flat_map(|request| description.problems(request)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
#[ignore = "needs GitHub's GraphQL schema; tests/run fetches it"]
fn the_schema_refuses_what_github_would_refuse() {
    let ask = |query: &str, variables: Value| {
        let body = serde_json::json!({ "query": query, "variables": variables });
        stub::graphql::problems(&stub::Recorded::new("POST", "/graphql", "", Some(body)))
    };
    let number =
        "query($n: Int!) { repository(owner: \"a\", name: \"b\") { pullRequest(number: $n) { state } } }";
    assert_eq!(ask("{ viewer { login } }", Value::Null), Vec::<String>::new());
    assert_eq!(ask(number, serde_json::json!({ "n": 7 })), Vec::<String>::new());
    for (query, variables) in [
        ("{ viewer { name_of } }", serde_json::json!({})),
        ("{ viewer }", serde_json::json!({})),
        ("{ viewer { login }", serde_json::json!({})),
        ("{ repository(owner: \"a\") { id } }", serde_json::json!({})),
        (number, serde_json::json!({})),
        (number, serde_json::json!({ "n": "seven" })),
        (number, serde_json::json!({ "n": 7, "m": 8 })),
    ] {
        assert!(!ask(query, variables.clone()).is_empty(), "{query} {variables}");
    }
}
