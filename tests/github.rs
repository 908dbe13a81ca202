//! Everything that goes over GitHub's API, against the stub: what is read, what is published, what fails.
//!
//! Each scenario stands by itself and is run twice: for what it shows, and, with GitHub's description of its API
//! at hand, so that every request of every scenario is judged by that description.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a scenario stops at the first thing that is not as it should be"
)]

/// Scenarios, each a test and each an entry of `ALL`.
macro_rules! scenarios {
    ($($name:ident($stub:ident = $world:expr) $body:block)*) => {
        mod scenario {
            use super::*;
            $(pub fn $name() -> Vec<Recorded> {
                let $stub = Stub::start($world);
                $body
                $stub.requests()
            })*
        }
        $(#[test] fn $name() { scenario::$name(); })*
        pub(super) const ALL: &[(&str, fn() -> Vec<Recorded>)] = &[$((stringify!($name), scenario::$name)),*];
    };
}

#[path = "github/label.rs"]
mod label;
#[path = "github/patience.rs"]
mod patience;
#[path = "github/queue.rs"]
mod queue;
#[path = "github/reading.rs"]
mod reading;
#[path = "stub/stub.rs"]
mod stub;
#[path = "github/telling.rs"]
mod telling;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use slogate::change::authority;
use slogate::diagnostic::SourceText;
use slogate::github::{Address, Compared, GitHub, GitHubError, State};
use slogate::http::{Client, Limits, Secret};
use slogate::publish::{
    self, Annotation, Gate, Level, Outcome, Places, Publication, Speaker, Standing, StatusLine, Told,
};
use slogate::report::turn::{Turn, Way};
use slogate::settings::Settings;
use slogate::tree::{ApiTree, Tree as _, TreeError};
use stub::world::{ChangedFile, File, Happened, Moved, Race, Status, files};
use stub::{Fault, FaultKind, Recorded, Stub, World};

const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const BASE: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const CONTEXT: &str = "slogate: production → main";
const TOKEN: &str = "token-that-nobody-may-see";

/// A repository with a tip, a pull request that changes two files, and settings at the tip.
fn world() -> World {
    let mut world = World::new("acme/shop");
    world.branches.insert("main".to_owned(), BASE.to_owned());
    world.commit(
        BASE,
        files([("slogate.yaml", "version: 1\n"), ("slos/a.yaml", "a\n"), ("slos/deep/b.yaml", "b\n")]),
    );
    world.pull(
        7,
        "main",
        HEAD,
        vec![ChangedFile::at("services/a.rs"), ChangedFile::moved("old.rs", "new.rs")],
    );
    world
}

fn with(change: impl FnOnce(&mut World)) -> World {
    let mut world = world();
    change(&mut world);
    world
}

fn faulty(faults: Vec<Fault>) -> World {
    with(|world| world.faults = faults)
}

/// A connection with time enough for every pause on a slow machine, and less than a limit asks for that does not say how
/// long it holds.
fn connect(stub: &Stub) -> GitHub {
    within(stub, Duration::from_secs(50))
}

fn within(stub: &Stub, deadline: Duration) -> GitHub {
    let limits = Limits { deadline, attempt: deadline, tries: 3 };
    let address = Address {
        api: stub.url().to_owned(),
        repository: "acme/shop".to_owned(),
        token: Some(Secret::new(TOKEN)),
    };
    GitHub::connect(Rc::new(Client::new(limits).expect("a client")), &address, limits).expect("an address")
}

/// A file with this text.
fn plain(text: &str) -> File {
    File { mode: "100644", bytes: text.as_bytes().to_vec() }
}

/// Two hundred small files.
fn many(world: &mut World) {
    let all = world.commits.get_mut(BASE).expect("the base");
    for number in 0..200 {
        all.insert(format!("law/{number}"), plain(&format!("{number}\n")));
    }
}

/// How many calls asked for many files at once, and how many for one.
fn asked_for(stub: &Stub) -> (usize, usize) {
    let requests = stub.requests();
    let those = |part: &str| requests.iter().filter(|request| request.path.contains(part)).count();
    (those("/graphql"), those("/git/blobs/"))
}

fn speaker(run: u64) -> Speaker {
    Speaker {
        url: format!("https://github.com/acme/shop/actions/runs/{run}"),
        run,
        attempt: 1,
        began: i64::try_from(run).expect("small"),
    }
}

fn gate() -> Gate {
    Gate { context: CONTEXT.to_owned(), commit: HEAD.to_owned(), is_waited_for: true }
}

fn publication(text: &str, run: u64) -> Publication {
    Publication {
        environment: "production".to_owned(),
        base_branch: "main".to_owned(),
        head_sha: HEAD.to_owned(),
        speaker: speaker(run),
        comment_markdown: text.to_owned(),
        turn: Turn::unsure(),
        summary_markdown: format!("# {text}\n"),
        gate: Some(gate()),
        status: StatusLine { state: State::Failure, description: "freeze: exhausted".to_owned() },
        outputs: vec![("verdict".to_owned(), "freeze".to_owned())],
        annotations: vec![Annotation {
            level: Level::Error,
            file: Some("policies/a.rhai".to_owned()),
            line: Some(3),
            column: None,
            end_column: None,
            title: String::new(),
            message: "frozen".to_owned(),
        }],
    }
}

/// A status on the head that somebody posted, in the name of a run where there is one.
fn status(creator: &str, state: &str, run: u64) -> Status {
    let link = format!("https://github.com/acme/shop/actions/runs/{run}?run={run}.1&at={run}");
    Status {
        commit: HEAD.to_owned(),
        context: CONTEXT.to_owned(),
        state: state.to_owned(),
        description: Some("LGTM".to_owned()),
        target: (run > 0).then_some(link),
        created: "2026-11-21T12:00:00Z".to_owned(),
        creator: creator.to_owned(),
    }
}

/// Publishes without files, as a run outside of Actions would.
fn say(stub: &Stub, text: &str, run: u64) -> Told {
    apply(stub, &publication(text, run))
}

fn apply(stub: &Stub, publication: &Publication) -> Told {
    let mut log = Vec::new();
    let mut places = Places { summary: None, output: None, log: &mut log };
    publish::apply(publication, &connect(stub), 7, &mut places)
}

/// Nothing stands in the way of `checkout` on 28 Nov 2026, 14:05 UTC.
fn proceeding(is_quiet: bool) -> Turn {
    let services = vec!["checkout".to_owned()];
    let way = Way::Open { services, environment: "production".to_owned(), at: 1_795_874_700 };
    Turn { way, is_quiet }
}

/// Our comment on a freeze of `checkout` that began on 17 Nov 2026, 09:00 UTC.
fn frozen(run: u64) -> String {
    body("Freeze", run).replace(" -->", " said=freeze since=1794906000 of=checkout -->")
}

fn body(text: &str, run: u64) -> String {
    format!("<!-- slogate:v1 key=production→main head={HEAD} run={run}.1 at={run} -->\n{text}")
}

/// Authors and bodies of all comments, in order.
fn comments(stub: &Stub) -> Vec<(String, String)> {
    stub.world().comments.iter().map(|comment| (comment.author.clone(), comment.body.clone())).collect()
}

fn ours(text: &str, run: u64) -> (String, String) {
    ("github-actions[bot]".to_owned(), body(text, run))
}

fn states(stub: &Stub) -> Vec<String> {
    stub.world().statuses.iter().map(|status| status.state.clone()).collect()
}

#[test]
fn an_address_that_cannot_be_used_is_refused_before_anything_is_sent() {
    let limits = Limits { deadline: Duration::ZERO, attempt: Duration::from_secs(1), tries: 1 };
    let client = Rc::new(Client::new(limits).expect("a client"));
    let refused = |api: &str, repository: &str, token: &str| {
        let address = Address {
            api: api.to_owned(),
            repository: repository.to_owned(),
            token: Some(Secret::new(token)),
        };
        match GitHub::connect(Rc::clone(&client), &address, limits) {
            Err(GitHubError::Address(why)) => assert!(!why.contains("hidden"), "{why}"),
            _ => panic!("{api} {repository}"),
        }
    };
    refused("api.github.com", "a/b", "hidden");
    refused("file:///etc", "a/b", "hidden");
    refused("https://user:hidden@host", "a/b", "hidden");
    refused("https://host", "a/b", "hidden\nx: y");
    for repository in ["a", "a/b/c", "../b", "a/..", "a/b?x", "a/b%2F"] {
        refused("https://host", repository, "hidden");
    }
}

#[test]
#[ignore = "needs GitHub's API description; tests/run fetches it"]
fn every_request_is_one_that_github_describes() {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let path = environment
        .get("SLOGATE_GITHUB_OPENAPI")
        .map(PathBuf::from)
        .expect("SLOGATE_GITHUB_OPENAPI names the file");
    let description = stub::openapi::Description::read(&path);
    let mut problems = Vec::new();
    let mut judged = 0;
    for (name, run) in [label::ALL, patience::ALL, queue::ALL, reading::ALL, telling::ALL].concat() {
        for request in run() {
            judged += 1;
            problems.extend(
                description.problems(&request).into_iter().map(|problem| format!("{name}: {problem}")),
            );
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(judged > 100, "only {judged} requests were judged");
}

#[test]
#[ignore = "needs GitHub's API description; tests/run fetches it"]
fn the_description_refuses_what_github_would_refuse() {
    let path = std::env::vars()
        .find(|(name, _)| name == "SLOGATE_GITHUB_OPENAPI")
        .map(|(_, path)| PathBuf::from(path));
    let description = stub::openapi::Description::read(&path.expect("SLOGATE_GITHUB_OPENAPI names the file"));
    let request = Recorded::new;
    let status = "/repos/a/b/statuses/x";
    for (method, path, query, body) in [
        ("GET", "/repos/a/b/nothing/x", "", None),
        ("GET", "/repos/a/b/issues/seven/comments", "", None),
        ("GET", "/repos/a/b/issues/7/comments", "pages=1", None),
        ("POST", status, "", None),
        ("POST", status, "", Some(serde_json::json!({ "state": "green" }))),
        ("POST", status, "", Some(serde_json::json!({ "state": "success", "contxt": "x" }))),
        ("POST", "/repos/a/b/issues/7/comments", "", Some(serde_json::json!({ "body": 7 }))),
    ] {
        assert!(
            !description.problems(&request(method, path, query, body)).is_empty(),
            "{method} {path}?{query}"
        );
    }
    let good = request("POST", status, "", Some(serde_json::json!({ "state": "success", "context": "x" })));
    assert_eq!(description.problems(&good), Vec::<String>::new());
}
