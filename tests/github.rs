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

#[path = "stub/stub.rs"]
mod stub;

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
use stub::world::{ChangedFile, File, Happened, Race, Status, files};
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

fn connect(stub: &Stub) -> GitHub {
    let limits = Limits { deadline: Duration::from_secs(10), attempt: Duration::from_secs(1), tries: 3 };
    let address = Address {
        api: stub.url().to_owned(),
        repository: "acme/shop".to_owned(),
        token: Some(Secret::new(TOKEN)),
    };
    GitHub::connect(Rc::new(Client::new(limits).expect("a client")), &address, limits).expect("an address")
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
        const ALL: &[(&str, fn() -> Vec<Recorded>)] = &[$((stringify!($name), scenario::$name)),*];
    };
}

/// Settings in which a maintainer makes a change a hotfix, and the team sre a rollback.
fn settings() -> Settings {
    let text = "version: 1\nservices: {shop: {paths: [shop/**]}}\nenvironments: {production: {}}\nchanges:\n\
                \x20 hotfix: {label: hotfix, granted_by: maintain}\n  rollback: {label: rollback, granted_by: {team: sre}}\n";
    slogate::settings::load(&SourceText::new("slogate.yaml", text)).0.expect("valid settings")
}

/// A pull request with labels that people set, and a maintainer `ola`.
fn labelled(labels: &[(&str, &str)], change: impl FnOnce(&mut World)) -> World {
    with(|world| {
        for (label, by) in labels {
            world.label(7, label, by);
        }
        world.role("ola", "maintain");
        change(world);
    })
}

/// The classes that count, and the kinds of why others do not.
fn classes(stub: &Stub) -> (Vec<String>, Vec<String>) {
    let claims = authority::of(&connect(stub), &settings(), &[7]);
    let refused = claims.claims.iter().filter_map(|claim| Some(claim.refused.as_ref()?.kind().to_owned()));
    let unread = claims.unread.iter().map(|_| "unread".to_owned());
    let told = refused.chain(unread).collect();
    (claims.classes().into_iter().map(str::to_owned).collect(), told)
}

/// No class counts, for this reason.
fn refused(kind: &str) -> (Vec<String>, Vec<String>) {
    (Vec::new(), vec![kind.to_owned()])
}

/// These classes count, and nothing is refused.
fn counted(classes: &[&str]) -> (Vec<String>, Vec<String>) {
    (classes.iter().map(|class| (*class).to_owned()).collect(), Vec::new())
}

scenarios! {
    without_a_label_that_claims_a_class_one_call_is_enough(stub = labelled(&[("bug", "ola")], |_| {})) {
        assert_eq!(classes(&stub), counted(&[]));
        assert_eq!(stub.requests().len(), 1);
    }
    a_label_counts_by_whoever_set_it_last(stub = labelled(&[("hotfix", "eve"), ("HotFix", "ola")], |_| {})) {
        assert_eq!(classes(&stub), counted(&["hotfix"]));
        let asked: Vec<String> = stub.requests().iter().map(|request| request.path.clone()).collect();
        assert_eq!(asked.len(), 4);
        assert_eq!(asked[2], "/repos/acme/shop/collaborators/ola/permission");
    }
    a_label_does_not_count_by_whoever_set_it_before(stub = labelled(&[("hotfix", "ola"), ("hotfix", "eve")], |world| {
        world.role("eve", "triage");
    })) {
        assert_eq!(classes(&stub), refused("role"));
    }
    a_label_that_is_taken_off_meanwhile_does_not_count(stub = labelled(&[("hotfix", "ola")], |world| {
        world.timeline.push((7, Happened::Unlabelled { label: "hotfix".to_owned(), by: Some("eve".to_owned()) }));
    })) {
        assert_eq!(classes(&stub), refused("taken_off"));
    }
    a_label_that_was_renamed_does_not_count(stub = labelled(&[("fast", "ola")], |world| {
        world.pulls.get_mut(&7).expect("it is there").labels = vec!["hotfix".to_owned()];
    })) {
        assert_eq!(classes(&stub), refused("unset"));
    }
    a_label_that_may_have_been_taken_back_by_another_name_does_not_count(stub = labelled(&[("docs", "eve"), ("hotfix", "ola")], |world| {
        // `hotfix` became `tmp`, `ola` took it off, and `docs` became `hotfix`.
        world.pulls.get_mut(&7).expect("it is there").labels = vec!["hotfix".to_owned()];
        world.timeline.push((7, Happened::Unlabelled { label: "tmp".to_owned(), by: Some("ola".to_owned()) }));
    })) {
        assert_eq!(classes(&stub), refused("doubtful"));
        let set = Happened::Labelled { label: "hotfix".to_owned(), by: Some("ola".to_owned()) };
        stub.world().timeline.push((7, set));
        assert_eq!(classes(&stub), counted(&["hotfix"]));
    }
    a_label_that_an_app_set_in_somebodys_name_does_not_count(stub = labelled(&[("hotfix", "ola")], |world| {
        let through = Happened::LabelledThroughApp { label: "hotfix".to_owned(), by: "ola".to_owned() };
        world.timeline = vec![(7, through)];
    })) {
        assert_eq!(classes(&stub), refused("through_app"));
    }
    a_label_counts_for_what_was_there_when_it_was_set(stub = labelled(&[("hotfix", "ola")], |_| {})) {
        for (happened, kind) in [
            (Happened::Pushed, "pushed"),
            (Happened::Replaced, "pushed"),
            (Happened::Retargeted, "retargeted"),
        ] {
            stub.world().timeline.push((7, happened));
            stub.world().timeline.push((7, Happened::Other));
            assert_eq!(classes(&stub), refused(kind));
            let set = Happened::Labelled { label: "hotfix".to_owned(), by: Some("ola".to_owned()) };
            stub.world().timeline.push((7, set));
            assert_eq!(classes(&stub), counted(&["hotfix"]));
        }
    }
    a_second_person_wrote_none_of_the_commits(stub = labelled(&[("hotfix", "ola")], |world| {
        world.writers.insert(7, vec!["mona".to_owned(), "Ola".to_owned()]);
    })) {
        assert_eq!(classes(&stub), refused("writer"));
        stub.world().writers.insert(7, vec!["mona".to_owned(); 249]);
        assert_eq!(classes(&stub), counted(&["hotfix"]));
        stub.world().writers.insert(7, vec!["mona".to_owned(); 251]);
        assert_eq!(classes(&stub), refused("too_many_commits"));
        stub.world().faults = vec![Fault::next("GET", "/pulls/7/commits", 10, FaultKind::Server(502))];
        assert_eq!(classes(&stub), refused("unknown"));
    }
    a_label_of_an_account_that_is_gone_does_not_count(stub = labelled(&[("hotfix", "ghost")], |world| {
        world.role("ghost", "admin");
    })) {
        assert_eq!(classes(&stub), refused("gone"));
    }
    a_timeline_is_read_from_its_end_until_every_label_is_met(stub = labelled(&[], |world| {
        world.label(7, "hotfix", "eve");
        world.timeline.extend(std::iter::repeat_n((7, Happened::Other), 250));
        world.label(7, "hotfix", "ola");
        world.timeline.extend(std::iter::repeat_n((7, Happened::Other), 150));
    })) {
        assert_eq!(classes(&stub), counted(&["hotfix"]));
        let pages: Vec<String> = stub
            .requests()
            .iter()
            .filter(|request| request.path.ends_with("/timeline"))
            .map(|request| request.query[1].1.clone())
            .collect();
        assert_eq!(pages, ["1", "5", "4", "3"], "of five pages, none before the label's");
    }
    a_label_on_the_first_of_many_pages_is_found(stub = labelled(&[("hotfix", "ola")], |world| {
        world.timeline.extend(std::iter::repeat_n((7, Happened::Other), 320));
    })) {
        assert_eq!(classes(&stub), counted(&["hotfix"]));
    }
    a_team_counts_where_it_may_be_seen(stub = labelled(&[("rollback", "eve")], |world| {
        world.may_see_teams = true;
        world.teams.insert("sre".to_owned(), [("eve".to_owned(), "active".to_owned())].into());
    })) {
        assert_eq!(classes(&stub), counted(&["rollback"]));
        assert_eq!(stub.requests().len(), 4);
    }
    who_has_not_accepted_yet_is_in_no_team(stub = labelled(&[("rollback", "eve")], |world| {
        world.may_see_teams = true;
        world.teams.insert("sre".to_owned(), [("eve".to_owned(), "pending".to_owned())].into());
    })) {
        assert_eq!(classes(&stub), refused("team"));
    }
    a_stranger_to_a_team_is_told_from_a_team_that_is_hidden(stub = labelled(&[("rollback", "eve")], |world| {
        world.may_see_teams = true;
        world.teams.insert("sre".to_owned(), BTreeMap::new());
    })) {
        assert_eq!(classes(&stub), refused("team"));
        stub.world().teams.clear();
        assert_eq!(classes(&stub), refused("team_unseen"));
        stub.world().may_see_teams = false;
        assert_eq!(classes(&stub), refused("team_unseen"));
    }
    the_same_person_is_asked_about_once(stub = labelled(&[("hotfix", "ola")], |_| {})) {
        let github = connect(&stub);
        for _ in 0..3 {
            assert_eq!(authority::of(&github, &settings(), &[7]).classes(), ["hotfix"]);
        }
        let asked = stub.requests().iter().filter(|request| request.path.contains("/collaborators/")).count();
        assert_eq!(asked, 1);
    }
    pull_requests_that_ship_together_are_of_a_class_when_all_are(stub = labelled(&[("hotfix", "ola")], |world| {
        world.pull(8, "main", BASE, Vec::new());
    })) {
        let github = connect(&stub);
        assert_eq!(authority::of(&github, &settings(), &[7, 8]).classes(), [""; 0]);
        stub.world().label(8, "hotfix", "ola");
        assert_eq!(authority::of(&github, &settings(), &[7, 8]).classes(), ["hotfix"]);
    }
    what_cannot_be_read_of_labels_counts_for_nothing(stub = labelled(&[("hotfix", "ola"), ("rollback", "ola")], |world| {
        world.may_see_teams = true;
        world.teams.insert("sre".to_owned(), [("ola".to_owned(), "active".to_owned())].into());
    })) {
        assert_eq!(classes(&stub), counted(&["hotfix", "rollback"]));
        for kind in [
            FaultKind::Server(502),
            FaultKind::Secondary(Some(60)),
            FaultKind::Primary(3_000),
            FaultKind::Forbidden,
            FaultKind::Missing,
            FaultKind::Html,
            FaultKind::Redirect,
            FaultKind::Cut,
        ] {
            // Once GitHub limits calls, nothing else is asked for a while.
            let limits = matches!(kind, FaultKind::Secondary(_) | FaultKind::Primary(_));
            for (path, others) in [
                ("/pulls/7", None),
                ("/timeline", None),
                ("/permission", Some("rollback").filter(|_| !limits)),
                ("/memberships", Some("hotfix")),
            ] {
                stub.world().faults = vec![Fault::next("GET", path, 10, kind.clone())];
                let (counted, told) = classes(&stub);
                assert_eq!(counted.first().map(String::as_str), others, "{kind:?} of {path}");
                assert!(!told.is_empty(), "{kind:?} of {path} is told");
            }
        }
    }
    a_first_run_says_everything(stub = world()) {
        let dir = tempfile::tempdir().expect("a directory");
        let (summary, output) = (dir.path().join("summary"), dir.path().join("output"));
        let github = connect(&stub);
        assert_eq!(publish::pending(&github, &gate(), &speaker(1)), Outcome::Written);
        let mut log = Vec::new();
        let mut places = Places { summary: Some(summary.clone()), output: Some(output.clone()), log: &mut log };
        let told = publish::apply(&publication("Freeze", 1), &github, 7, &mut places);
        assert_eq!(told.standing(), Standing::Told);
        assert_eq!(comments(&stub), [ours("Freeze", 1)]);
        let status = stub.world().statuses.last().expect("a status").clone();
        assert_eq!(states(&stub), ["pending", "failure"]);
        assert_eq!((status.context.as_str(), status.commit.as_str()), (CONTEXT, HEAD));
        assert_eq!(status.target.as_deref(), Some("https://github.com/acme/shop/pull/7?run=1.1&at=1#issuecomment-1000"));
        assert!(told.comment_url.is_some_and(|url| url.ends_with("/pull/7#issuecomment-1000")));
        assert_eq!(std::fs::read_to_string(summary).expect("a summary"), "# Freeze\n");
        let output = std::fs::read_to_string(output).expect("outputs");
        assert!(output.starts_with("verdict=") && output.contains("\nposted=true\n") && output.contains("#issuecomment-1000\n"));
        assert_eq!(String::from_utf8_lossy(&log), "::error file=policies/a.rhai,line=3::frozen\n");
        let root = "/repos/acme/shop";
        assert_eq!(stub.requests().iter().map(Recorded::line).collect::<Vec<_>>(), [
            format!("GET {root}/commits/{HEAD}/statuses?per_page=100&page=1"),
            format!("POST {root}/statuses/{HEAD}"),
            format!("GET {root}/issues/7/comments?per_page=100&page=1"),
            format!("POST {root}/issues/7/comments"),
            format!("GET {root}/issues/7/comments?per_page=100&page=1"),
            format!("GET {root}/commits/{HEAD}/statuses?per_page=100&page=1"),
            format!("POST {root}/statuses/{HEAD}"),
            format!("GET {root}/commits/{HEAD}/statuses?per_page=100&page=1"),
        ]);
        assert_eq!(told.api_calls, 8);
        for request in stub.requests() {
            assert_eq!(request.authorization, Some(format!("Bearer {TOKEN}")));
            assert_eq!(request.version.as_deref(), Some("2022-11-28"));
            assert!(request.agent.is_some());
        }
    }

    a_second_run_writes_only_what_changed(stub = world()) {
        say(&stub, "Freeze", 1);
        stub.take_lines();
        let same = say(&stub, "Freeze", 2);
        // The comment stays as it is; the status says which run it is of.
        assert_eq!((same.comment, same.status), (Outcome::Unchanged, Outcome::Written));
        assert!(stub.take_lines().iter().all(|line| line.starts_with("GET ") || line.contains("/statuses/")));
        let other = say(&stub, "Proceed", 3);
        assert_eq!((other.comment, other.status), (Outcome::Written, Outcome::Written));
        assert_eq!(comments(&stub), [ours("Proceed", 3)]);
    }

    an_older_run_keeps_silent(stub = world()) {
        say(&stub, "Proceed", 5);
        let late = say(&stub, "Freeze", 4);
        assert!(matches!(late.comment, Outcome::Skipped(_)));
        assert_eq!(comments(&stub), [ours("Proceed", 5)]);
        assert_eq!(late.standing(), Standing::Told);
    }

    an_older_run_leaves_the_status_of_a_newer_one(stub = world()) {
        say(&stub, "Proceed", 5);
        let late = publish::pending(&connect(&stub), &gate(), &speaker(4));
        assert!(matches!(late, Outcome::Skipped(_)));
        assert!(matches!(say(&stub, "Freeze", 4).status, Outcome::Skipped(_)));
        assert_eq!(states(&stub), ["failure"]);
    }

    a_planted_marker_is_not_ours(stub = with(|world| { world.comment(7, "mallory", &body("Proceed", 99)); })) {
        assert_eq!(say(&stub, "Freeze", 1).comment, Outcome::Written);
        assert_eq!(comments(&stub), [("mallory".to_owned(), body("Proceed", 99)), ours("Freeze", 1)]);
    }

    our_comment_is_found_behind_many_others(stub = with(|world| {
        for _ in 0..250 { world.comment(7, "mona", "talk"); }
        world.comment(7, "github-actions[bot]", &body("Freeze", 1));
    })) {
        assert_eq!(say(&stub, "Freeze", 2).comment, Outcome::Unchanged);
        assert_eq!(stub.take_lines().iter().filter(|line| line.contains("/comments?")).count(), 3);
    }

    of_duplicates_the_oldest_stays(stub = with(|world| {
        for run in [1, 2] { world.comment(7, "github-actions[bot]", &body("Freeze", run)); }
    })) {
        assert_eq!(say(&stub, "Proceed", 3).comment, Outcome::Written);
        assert_eq!(comments(&stub), [ours("Proceed", 3)]);
        assert_eq!(stub.world().comments[0].id, 1_000);
    }

    a_comment_of_an_older_form_is_updated_in_its_place(stub = with(|world| {
        world.comment(7, "github-actions[bot]", &body("Freeze", 1).replace(" at=1", ""));
    })) {
        let mut thawing = publication("Proceed", 2);
        thawing.turn = proceeding(false);
        assert_eq!(apply(&stub, &thawing).comment, Outcome::Written);
        assert_eq!(comments(&stub), [ours("Proceed", 2)]);
    }

    a_thaw_is_edited_in_and_not_again(stub = with(|world| {
        for _ in 0..150 { world.comment(7, "mona", "talk"); }
        world.comment(7, "github-actions[bot]", &frozen(1));
    })) {
        let mut thawing = publication("Proceed", 2);
        thawing.turn = proceeding(true);
        assert_eq!(apply(&stub, &thawing).comment, Outcome::Written);
        let (_, first) = comments(&stub).pop().expect("a comment");
        assert!(first.contains("☀️ **Thawed: checkout → production**, 28 Nov 14:05 UTC, after 11 days.\nProceed"), "{first}");
        thawing.speaker = speaker(3);
        assert_eq!(apply(&stub, &thawing).comment, Outcome::Unchanged);
        assert_eq!(comments(&stub).pop().map(|(_, body)| body), Some(first));
    }

    quiet_writes_no_comment_and_links_the_run(stub = world()) {
        let mut quiet = publication("Proceed", 2);
        quiet.turn = proceeding(true);
        assert!(matches!(apply(&stub, &quiet).comment, Outcome::Skipped(_)));
        assert_eq!(comments(&stub), []);
        let status = stub.world().statuses.last().expect("a status").clone();
        assert_eq!(status.target.as_deref(), Some("https://github.com/acme/shop/actions/runs/2?run=2.1&at=2"));
    }

    a_comment_that_somebody_hid_stays_as_it_is(stub = with(|world| {
        world.comment(7, "github-actions[bot]", &frozen(1));
        world.comments[0].minimized = true;
    })) {
        let mut thawing = publication("Proceed", 2);
        thawing.turn = proceeding(false);
        assert_eq!(apply(&stub, &thawing).comment, Outcome::Written);
        let all = comments(&stub);
        assert_eq!((all.len(), all[0].1.as_str()), (2, frozen(1).as_str()));
        assert!(all[1].1.contains("Thawed"));
    }

    two_runs_that_race_leave_one_comment(stub = with(|world| {
        world.racing_comment = Some(("github-actions[bot]".to_owned(), body("Freeze", 1)));
    })) {
        assert_eq!(say(&stub, "Proceed", 2).comment, Outcome::Written);
        assert_eq!(comments(&stub), [ours("Proceed", 2)]);
    }

    an_app_of_ones_own_finds_its_comment(stub = with(|world| {
        world.actor = String::from("acme-gate[bot]");
        world.base_path = String::from("/api/v3");
        world.comment(7, "acme-gate[bot]", &body("Freeze", 1));
    })) {
        for run in [2, 3] {
            assert_eq!(say(&stub, &format!("Proceed {run}"), run).comment, Outcome::Written);
            assert_eq!(comments(&stub), [("acme-gate[bot]".to_owned(), body(&format!("Proceed {run}"), run))]);
        }
        let sent = stub.requests().into_iter().filter(|sent| sent.method != "GET");
        let sent: Vec<String> = sent.map(|sent| format!("{} {}", sent.method, sent.path)).collect();
        let one = ["POST /graphql", "PATCH /repos/acme/shop/issues/comments/1000"];
        let status = format!("POST /repos/acme/shop/statuses/{HEAD}");
        assert_eq!(sent, [one[0], one[1], &status, one[0], one[1], &status]);
    }

    who_has_posted_need_not_ask_who_it_is(stub = with(|world| {
        world.actor = String::from("acme-gate[bot]");
        world.comment(7, "acme-gate[bot]", &body("Freeze", 1));
    })) {
        let github = connect(&stub);
        assert_eq!(publish::pending(&github, &gate(), &speaker(2)), Outcome::Written);
        let mut log = Vec::new();
        let mut places = Places { summary: None, output: None, log: &mut log };
        let told = publish::apply(&publication("Proceed", 2), &github, 7, &mut places);
        assert_eq!(told.comment, Outcome::Written);
        assert_eq!(comments(&stub), [("acme-gate[bot]".to_owned(), body("Proceed", 2))]);
        assert!(stub.requests().iter().all(|sent| sent.path != "/graphql"));
    }

    an_app_that_nobody_names_learns_who_it_is_by_writing(stub = with(|world| {
        world.actor = String::from("acme-gate[bot]");
        world.may_ask_viewer = false;
        world.comment(7, "acme-gate[bot]", &body("Freeze", 1));
    })) {
        assert_eq!(say(&stub, "Proceed", 2).comment, Outcome::Written);
        assert_eq!(comments(&stub), [("acme-gate[bot]".to_owned(), body("Proceed", 2))]);
        assert_eq!(stub.world().comments[0].id, 1_000);
    }

    words_of_others_are_neither_believed_nor_said_again(stub = world()) {
        for (noise, expected) in [(false, vec!["success", "failure"]), (true, vec!["success", "error", "failure"])] {
            let mut forged = vec![status("mallory", "success", 9)];
            if noise { forged.push(status("mallory", "error", 0)); }
            stub.world().statuses = forged;
            let told = say(&stub, "Freeze", 2);
            assert_eq!((told.status.clone(), states(&stub)), (Outcome::Written, expected.into_iter().map(str::to_owned).collect()));
            assert_eq!(told.notes(&Outcome::Written), ["a commit status of the same name was posted by `mallory`, not by us"]);
        }
    }

    a_newer_run_is_found_beneath_any_noise(stub = with(|world| {
        world.statuses = vec![status("github-actions[bot]", "failure", 9)];
        world.statuses.extend((0..250).map(|_| status("mallory", "error", 0)));
        world.statuses.push(status("mallory", "success", 8));
    })) {
        let told = say(&stub, "Proceed", 2);
        assert!(matches!(told.status, Outcome::Skipped(_)), "{told:?}");
        let last = stub.world().statuses.last().cloned().expect("a status");
        assert_eq!((last.creator.as_str(), last.state.as_str()), ("github-actions[bot]", "failure"));
        assert!(last.target.expect("a link").contains("run=9.1"), "the newer run's words stand again");
    }

    a_person_is_asked_who_they_are(stub = with(|world| {
        world.actor = String::from("mona");
        world.may_ask_who = true;
        world.comment(7, "mona", &body("Freeze", 1));
        world.comment(7, "github-actions[bot]", &body("Freeze", 9));
    })) {
        assert_eq!(say(&stub, "Proceed", 2).comment, Outcome::Written);
        assert_eq!(comments(&stub), [("mona".to_owned(), body("Proceed", 2)), ours("Freeze", 9)]);
    }

    a_token_that_may_not_write_degrades_and_says_so_once(stub = world().read_only()) {
        let told = say(&stub, "Freeze", 1);
        assert_eq!(told.standing(), Standing::Degraded);
        assert_eq!(told.notes(&Outcome::Placeless), ["the token may not write a comment or post the commit status, so the step summary and this log carry the verdict"]);
        assert_eq!((comments(&stub).len(), states(&stub).len()), (0, 0));
    }

    a_locked_conversation_takes_no_comment_and_still_the_status(stub = with(|world| {
        world.pulls.get_mut(&7).expect("a pull request").locked = true;
    })) {
        let told = say(&stub, "Freeze", 1);
        assert!(matches!(&told.comment, Outcome::Failed(why) if why.contains("issue is locked")));
        assert_eq!((told.status, states(&stub)), (Outcome::Written, vec!["failure".to_owned()]));
    }

    a_bad_token_fails_and_is_never_shown(stub = with(|world| world.token_is_invalid = true)) {
        let told = say(&stub, "Freeze", 1);
        assert_eq!(told.standing(), Standing::Failed);
        assert!(told.notes(&Outcome::Placeless).iter().all(|note| !note.contains(TOKEN)) && told.notes(&Outcome::Placeless)[0].contains("401"));
    }

    reads_are_repeated_and_creations_are_not(stub = faulty(vec![
        Fault::next("GET", "/comments", 2, FaultKind::Server(502)),
        Fault::next("POST", "/comments", 1, FaultKind::DoneThenServer),
        Fault::next("POST", "/statuses", 1, FaultKind::Server(500)),
    ])) {
        let told = say(&stub, "Freeze", 1);
        assert_eq!((told.comment, told.status), (Outcome::Written, Outcome::Written));
        assert_eq!(comments(&stub), [ours("Freeze", 1)]);
        assert_eq!(stub.take_lines().iter().filter(|line| line.starts_with("POST") && line.contains("/comments")).count(), 1);
    }

    a_creation_that_failed_is_tried_once_more(stub = faulty(vec![
        Fault::next("POST", "/comments", 1, FaultKind::Server(500)),
    ])) {
        assert_eq!(say(&stub, "Freeze", 1).comment, Outcome::Written);
        assert_eq!(comments(&stub), [ours("Freeze", 1)]);
    }

    a_comment_that_cannot_be_written_keeps_no_status_from_being_posted(stub = faulty(vec![
        Fault::next("POST", "/comments", 9, FaultKind::Invalid),
    ])) {
        let told = say(&stub, "Freeze", 1);
        assert!(matches!(&told.comment, Outcome::Failed(why) if why.contains("422")));
        assert_eq!((told.standing(), told.status), (Standing::Failed, Outcome::Written));
    }

    a_limit_that_says_how_long_is_waited_for(stub = faulty(vec![
        Fault::next("POST", "/statuses", 1, FaultKind::Secondary(Some(1))),
    ])) {
        let before = Instant::now();
        assert_eq!(say(&stub, "Freeze", 1).status, Outcome::Written);
        assert!(before.elapsed() >= Duration::from_secs(1));
    }

    a_limit_beyond_our_patience_is_a_failure_at_once(stub = faulty(vec![
        Fault::next("POST", "/statuses", 9, FaultKind::Secondary(None)),
        Fault::next("POST", "/comments", 9, FaultKind::Primary(1_800)),
    ])) {
        let before = Instant::now();
        let told = say(&stub, "Freeze", 1);
        assert!(matches!(&told.status, Outcome::Failed(why) if why.contains("limits the rate")));
        assert!(matches!(&told.comment, Outcome::Failed(why) if why.contains("wait 1800 s")));
        assert!(before.elapsed() < Duration::from_secs(3));
    }

    a_limit_holds_for_every_call_and_says_until_when(stub = faulty(vec![
        Fault::next("GET", "/comments", 1, FaultKind::Primary(1_800)),
    ])) {
        let github = connect(&stub);
        let limited = github.comments(7).expect_err("a limit").to_string();
        assert!(limited.ends_with("wait 1800 s, until 21 Nov 12:30:00 UTC"), "{limited}");
        assert!(matches!(github.tip("main"), Err(GitHubError::RateLimited { wait: Some(1_800), .. })));
        assert_eq!(stub.requests().len(), 1);
        // What was opened is closed nevertheless.
        github.grant(Duration::from_secs(5));
        assert_eq!(github.tip("main"), Ok(BASE.to_owned()));
    }

    calls_that_are_left_are_known(stub = with(|world| world.remaining = 2)) {
        let github = connect(&stub);
        assert_eq!(github.remaining(), None);
        assert_eq!(github.tip("main"), Ok(BASE.to_owned()));
        let quota = github.remaining().expect("it is known");
        assert_eq!((quota.remaining, quota.resets_at), (1, "2026-11-21T12:30:00Z".parse().ok()));
        assert_eq!(github.resolve("main"), Ok(BASE.to_owned()));
        assert!(matches!(github.resolve("main"), Err(GitHubError::RateLimited { .. })));
        assert_eq!(github.remaining().map(|quota| quota.remaining), Some(0));
    }

    what_did_not_change_is_not_sent_again(stub = with(|world| {
        for _ in 0..150 { world.comment(7, "mona", "talk"); }
    })) {
        let github = connect(&stub);
        let first = github.comments(7).expect("comments");
        let left = stub.world().remaining;
        assert_eq!(github.comments(7), Ok(first));
        let statuses = |stub: &Stub| stub.requests().iter().map(|request| request.status).collect::<Vec<_>>();
        assert_eq!((statuses(&stub), stub.world().remaining), (vec![200, 200, 304, 304], left));
        stub.world().comment(7, "mona", "more");
        assert_eq!(github.comments(7).map(|comments| comments.len()), Ok(151));
        assert_eq!(statuses(&stub).split_off(4), [304, 200]);
        // Another token's answers are its own.
        assert_eq!(connect(&stub).comments(7).map(|comments| comments.len()), Ok(151));
        assert_eq!(statuses(&stub).split_off(6), [200, 200]);
    }

    a_list_is_read_as_its_links_lead(stub = with(|world| {
        world.base_path = String::from("/api/v3");
        for _ in 0..250 { world.comment(7, "mona", "talk"); }
    })) {
        assert_eq!(connect(&stub).comments(7).map(|comments| comments.len()), Ok(250));
        assert_eq!(stub.take_lines()[1..], [2, 3].map(|page| {
            format!("GET /repositories/1300192/issues/7/comments?per_page=100&page={page}")
        }));
    }

    a_list_that_goes_on_elsewhere_gets_no_token(stub = with(|world| {
        for _ in 0..150 { world.comment(7, "mona", "talk"); }
    })) {
        let elsewhere = Stub::start(world());
        stub.world().pages_elsewhere = Some(elsewhere.url().to_owned());
        let why = connect(&stub).comments(7).expect_err("no answer").to_string();
        assert!(why.contains("goes on at another address"), "{why}");
        assert_eq!(elsewhere.requests().len(), 0);
    }

    a_server_that_fails_every_call_is_not_asked_without_end(stub = faulty(vec![
        Fault::next("GET", "/git/ref", 1_000, FaultKind::Server(500)),
    ])) {
        let github = connect(&stub);
        for _ in 0..20 {
            assert!(matches!(github.tip("main"), Err(GitHubError::Unreachable { .. })));
        }
        assert_eq!(stub.requests().len(), 30);
    }

    many_writes_are_a_second_apart(stub = world()) {
        let github = connect(&stub);
        let post = |number: u64| github.create_status(HEAD, CONTEXT, State::Success, &number.to_string(), None);
        (0..10).for_each(|number| assert_eq!(post(number), Ok(())));
        let before = Instant::now();
        assert_eq!(post(10), Ok(()));
        assert!(before.elapsed() >= Duration::from_millis(900));
    }

    a_server_of_ones_own_is_reached_under_its_path(stub = with(|world| world.base_path = String::from("/api/v3"))) {
        assert_eq!(connect(&stub).tip("main"), Ok(BASE.to_owned()));
        assert_eq!(say(&stub, "Freeze", 1).standing(), Standing::Told);
    }

    names_are_resolved(stub = with(|world| { world.branches.insert("feature/ü#1".to_owned(), HEAD.to_owned()); })) {
        let github = connect(&stub);
        assert_eq!(github.tip("feature/ü#1"), Ok(HEAD.to_owned()));
        assert_eq!(github.resolve("main"), Ok(BASE.to_owned()));
        assert_eq!(github.resolve(BASE), Ok(BASE.to_owned()));
        assert!(matches!(github.resolve("nothing"), Err(GitHubError::NotFound(_))));
        assert!(matches!(github.tip("nothing"), Err(GitHubError::NotFound(_))));
    }

    what_makes_no_sense_is_no_answer(stub = faulty(vec![
        Fault::next("GET", "/git/ref", 1, FaultKind::Html),
        Fault::next("GET", "/git/ref", 1, FaultKind::Redirect),
        Fault::next("GET", "/git/ref", 3, FaultKind::Cut),
    ])) {
        let github = connect(&stub);
        let why = || github.tip("main").expect_err("no answer").to_string();
        assert!(why().contains("not what the API promises"));
        assert!(why().contains("redirect (301)"));
        assert!(why().starts_with("github could not be asked to find the branch `main`"));
        assert_eq!(github.tip("main"), Ok(BASE.to_owned()));
    }

    a_server_that_hangs_is_given_up(stub = faulty(vec![Fault::next("GET", "/git/ref", 9, FaultKind::Hang)])) {
        assert!(matches!(connect(&stub).tip("main"), Err(GitHubError::Unreachable { .. })));
    }

    a_comparison_names_both_paths_of_a_moved_file(stub = world()) {
        let github = connect(&stub);
        let Ok(Compared::Complete(changed)) = github.changed(BASE, HEAD, Some((7, "main")), "") else { panic!("complete") };
        assert_eq!(changed.paths, ["new.rs", "old.rs", "services/a.rs"]);
        let Ok(Compared::Complete(below)) = github.changed(BASE, HEAD, None, "services/") else { panic!("complete") };
        assert_eq!(below.paths, ["../new.rs", "../old.rs", "a.rs"]);
        assert_eq!(stub.requests().len(), 2);
        assert!(matches!(github.changed(BASE, BASE, None, ""), Err(GitHubError::NotFound(_))));
    }

    pages_of_commits_need_not_list_files(stub = with(|world| world.compare_goes_on = true)) {
        let Ok(Compared::Complete(changed)) = connect(&stub).changed(BASE, HEAD, None, "") else { panic!("complete") };
        assert_eq!(changed.paths, ["new.rs", "old.rs", "services/a.rs"]);
        assert_eq!(stub.requests().len(), 2);
    }

    a_context_is_read_whatever_its_letters(stub = with(|world| {
        let other = Status { context: CONTEXT.to_uppercase(), ..status("mallory", "success", 0) };
        world.statuses = vec![status("github-actions[bot]", "failure", 1), other];
    })) {
        let latest = connect(&stub).latest(HEAD, CONTEXT).expect("statuses").expect("one");
        assert_eq!((latest.status.state.as_str(), latest.creator.as_deref()), ("success", Some("mallory")));
    }

    the_clock_of_github_is_known_from_its_first_answer(stub = with(|world| world.ahead = 3_000)) {
        let github = connect(&stub);
        assert_eq!(github.met(), None);
        github.tip("main").expect("a tip");
        let met = github.met().expect("a date");
        stub.world().ahead = 9_000;
        github.tip("main").expect("a tip");
        assert_eq!(github.met(), Some(met));
        assert!((met - jiff::Timestamp::now().as_second() - 3_000).abs() < 60);
    }

    no_green_is_said_that_could_soon_not_be_taken_back(stub = with(|world| {
        world.statuses = (0..950).map(|_| status("github-actions[bot]", "failure", 1)).collect();
    })) {
        let github = connect(&stub);
        let pending = publish::pending(&github, &gate(), &speaker(2));
        assert!(matches!(pending, Outcome::Skipped(why) if why.contains("1,000")));
        let green = || StatusLine { state: State::Success, description: "proceed".to_owned() };
        let told = publish::close(&github, &gate(), &speaker(2), &green());
        assert!(matches!(told, Outcome::Failed(why) if why.ends_with("push a new commit")));
        // What is closed stays closed, and takes no room.
        let red = StatusLine { state: State::Failure, description: "freeze".to_owned() };
        assert_eq!(publish::close(&github, &gate(), &speaker(3), &red), Outcome::Unchanged);
        assert_eq!(stub.world().statuses.len(), 950);
        // What waits is closed, because no green may come after it.
        stub.world().statuses.push(status("github-actions[bot]", "pending", 1));
        assert!(matches!(publish::close(&github, &gate(), &speaker(4), &green()), Outcome::Failed(_)));
        assert_eq!(states(&stub)[950..], ["pending", "error"]);
    }

    a_green_in_a_full_context_stays_and_is_taken_back(stub = with(|world| {
        world.statuses = (0..990).map(|_| status("github-actions[bot]", "success", 1)).collect();
    })) {
        let github = connect(&stub);
        let line = |state, text: &str| StatusLine { state, description: text.to_owned() };
        assert!(matches!(publish::pending(&github, &gate(), &speaker(2)), Outcome::Skipped(_)));
        assert_eq!(publish::close(&github, &gate(), &speaker(2), &line(State::Success, "proceed")), Outcome::Unchanged);
        assert_eq!(publish::close(&github, &gate(), &speaker(3), &line(State::Failure, "freeze")), Outcome::Written);
        assert_eq!(states(&stub)[989..], ["success", "failure"]);
    }

    a_green_of_a_sweep_in_a_full_context_is_taken_back_at_once(stub = with(|world| {
        world.statuses = (0..955).map(|_| status("github-actions[bot]", "failure", 1)).collect();
    })) {
        let line = StatusLine { state: State::Success, description: "proceed".to_owned() };
        let told = publish::status::say(&connect(&stub), &gate(), &line, None, &speaker(2));
        assert!(matches!(told, Ok(Outcome::Failed(_))));
        assert_eq!(states(&stub)[955..], ["success", "error"]);
    }

    statuses_of_other_contexts_make_no_context_full(stub = with(|world| {
        let noise = |n: usize| Status { context: format!("noise {n}"), ..status("mallory", "success", 0) };
        world.statuses = (0..1_500).map(noise).collect();
        world.statuses.push(status("github-actions[bot]", "failure", 1));
    })) {
        let line = StatusLine { state: State::Success, description: "proceed".to_owned() };
        assert_eq!(publish::close(&connect(&stub), &gate(), &speaker(2), &line), Outcome::Written);
    }

    a_commit_that_takes_no_more_statuses_is_told(stub = with(|world| {
        world.statuses = (0..1_000).map(|_| status("mallory", "success", 0)).collect();
    })) {
        let notes = say(&stub, "Freeze", 1).notes(&Outcome::Written);
        assert!(notes[0].ends_with("; a commit takes 1,000 statuses of one name: push a new commit, and do not merge this one"), "{notes:?}");
    }

    a_large_change_is_read_from_the_pull_request(stub = with(|world| {
        world.pull(7, "main", HEAD, (0..1_234).map(|n| ChangedFile::at(format!("f/{n}"))).collect());
    })) {
        let github = connect(&stub);
        let Ok(Compared::Complete(changed)) = github.changed(BASE, HEAD, Some((7, "main")), "") else { panic!("complete") };
        assert_eq!(changed.paths.len(), 1_234);
        assert!(matches!(github.changed(BASE, HEAD, None, ""), Ok(Compared::Truncated(_))));
    }

    a_change_beyond_what_github_lists_is_truncated(stub = with(|world| {
        world.pull(7, "main", HEAD, (0..3_200).map(|n| ChangedFile::at(format!("f/{n}"))).collect());
    })) {
        let Ok(Compared::Truncated(why)) = connect(&stub).changed(BASE, HEAD, Some((7, "main")), "") else { panic!("cut") };
        assert_eq!(why, "3200 files changed, and GitHub lists 3000 of them");
    }

    a_pull_request_that_moves_meanwhile_is_truncated(stub = with(|world| {
        let many: Vec<ChangedFile> = (0..400).map(|n| ChangedFile::at(format!("f/{n}"))).collect();
        world.compares.insert((BASE.to_owned(), BASE.replace('b', "c")), many.clone());
        world.pull(7, "main", HEAD, many);
    })) {
        let moved = connect(&stub).changed(BASE, &BASE.replace('b', "c"), Some((7, "main")), "");
        assert!(matches!(moved, Ok(Compared::Truncated(why)) if why.contains("moved")));
    }

    a_pull_request_that_is_retargeted_meanwhile_counts_whole(stub = with(|world| {
        let many = |count: usize| (0..count).map(|n| ChangedFile::at(format!("docs/{n}"))).collect::<Vec<_>>();
        let all = many(400).into_iter().chain([ChangedFile::at("services/shop/a")]).collect();
        world.pull(7, "main", HEAD, all);
        world.races.insert(7, Race::Retargeted("evil".to_owned(), many(400)));
    })) {
        let raced = connect(&stub).changed(BASE, HEAD, Some((7, "main")), "");
        assert!(matches!(raced, Ok(Compared::Truncated(why)) if why.contains("moved")));
    }

    a_pull_request_that_was_another_while_its_files_were_listed_counts_whole(stub = with(|world| {
        let many = |last: &str| (0..400).map(|n| format!("docs/{n}")).chain([last.to_owned()]).map(ChangedFile::at).collect::<Vec<_>>();
        world.pull(7, "main", HEAD, many("services/shop/a"));
        world.races.insert(7, Race::PushedTwice(many("docs/last")));
    })) {
        let raced = connect(&stub).changed(BASE, HEAD, Some((7, "main")), "");
        assert!(matches!(raced, Ok(Compared::Truncated(why)) if why.contains("moved")));
    }

    a_tree_reads_files_once_and_refuses_links(stub = with(|world| {
        let files = world.commits.get_mut(BASE).expect("the commit");
        files.insert("slos/link".to_owned(), File { mode: "120000", bytes: b"../x".to_vec() });
        files.insert("vendor".to_owned(), File { mode: "160000", bytes: b"".to_vec() });
    })) {
        let tree = ApiTree::new(Rc::new(connect(&stub)), BASE, "");
        assert_eq!(tree.paths().expect("paths"), ["slogate.yaml", "slos/a.yaml", "slos/deep/b.yaml", "slos/link"]);
        for _ in 0..2 {
            assert_eq!(tree.read("slogate.yaml").expect("it reads").as_deref(), Some(b"version: 1\n".as_slice()));
        }
        assert_eq!(tree.read("none").expect("it reads"), None);
        for (path, why) in [("slos/link", "symbolic link"), ("vendor", "submodule"), ("slos", "directory"), ("../x", "no path")] {
            assert!(matches!(tree.read(path), Err(TreeError::Refused(said)) if said.contains(why)), "{path}");
        }
        assert_eq!(stub.requests().len(), 2);
    }

    a_tree_below_a_directory_has_short_paths(stub = world()) {
        let tree = ApiTree::new(Rc::new(connect(&stub)), BASE, "/slos/");
        assert_eq!(tree.paths().expect("paths"), ["a.yaml", "deep/b.yaml"]);
        assert_eq!(tree.read("deep/b.yaml").expect("it reads").as_deref(), Some(b"b\n".as_slice()));
    }

    a_tree_that_is_cut_is_walked(stub = with(|world| world.tree_limit = 2)) {
        let tree = ApiTree::new(Rc::new(connect(&stub)), BASE, "");
        assert_eq!(tree.paths().expect("paths"), ["slogate.yaml", "slos/a.yaml", "slos/deep/b.yaml"]);
        assert!(stub.requests().len() > 2);
    }

    a_file_that_is_not_the_one_that_was_asked_for_is_no_answer(stub = faulty(vec![
        Fault::next("GET", "/git/blobs", 1, FaultKind::Html),
    ])) {
        let tree = ApiTree::new(Rc::new(connect(&stub)), BASE, "");
        assert!(matches!(tree.read("slogate.yaml"), Err(TreeError::Unreachable(why)) if why.contains("not that file")));
        assert!(tree.read("slogate.yaml").expect("it reads").is_some());
    }
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
    for (name, run) in ALL {
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
