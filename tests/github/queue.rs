//! Merge groups whose commits a queue squashed or rebased: whose they are, by the queue's word or by what they change.

use slogate::change::shipment::{self, Shipment};
use stub::world::Entry;

use super::label::{counted, labelled, settings};
use super::*;

/// What a merge queue made of pull request 7 while a run may not ask it, and another pull request.
const GROUP: &str = "cccccccccccccccccccccccccccccccccccccccc";
const OTHER: &str = "dddddddddddddddddddddddddddddddddddddddd";

fn file(text: &str) -> File {
    File { mode: "100644", bytes: text.as_bytes().to_vec() }
}

/// A merge group of one hotfix, which was squashed.
fn squashed() -> World {
    labelled(&[("hotfix", "ola")], |world| {
        for commit in [HEAD, GROUP] {
            let mut files = world.commits[BASE].clone();
            files.insert("services/a.rs".to_owned(), file("new"));
            world.commit(commit, files);
        }
        world.compares.insert((BASE.to_owned(), GROUP.to_owned()), Vec::new());
    })
}

/// The classes of the merge group that count, and why others or all do not, without what GitHub said.
fn shipped(stub: &Stub) -> (Vec<String>, Vec<String>) {
    let shipment = Shipment { branch: "main", since: Ok(BASE), head: GROUP, is_merged: false };
    let claims = shipment::claims(&connect(stub), &settings(), &shipment);
    let refused = claims.claims.iter().filter_map(|claim| Some(claim.refused.as_ref()?.kind().to_owned()));
    let hidden = "the token may not read the merge queue of `main`, and ";
    let why = |why: &String| why.replace(hidden, "").split(':').next().unwrap_or_default().to_owned();
    let told = refused.chain(claims.unread.iter().map(why)).collect();
    (claims.classes().into_iter().map(str::to_owned).collect(), told)
}

scenarios! {
    a_merge_queue_is_known_only_where_github_tells_it_without_errors(stub = with(|world| {
        let entry = Entry { pull: 7, base: Some(BASE.to_owned()), head: Some(HEAD.to_owned()) };
        world.queues.insert("main".to_owned(), vec![entry; 101]);
        world.queue_error = None;
    })) {
        let github = connect(&stub);
        let queue = github.queue("main").expect("an answer").expect("a queue");
        assert_eq!((queue.entries.len(), queue.is_whole), (100, false));
        assert_eq!(github.queue("next"), Ok(None));
        stub.world().queue_error = Some(("FORBIDDEN", "Resource not accessible by integration"));
        assert!(matches!(github.queue("main"), Err(GitHubError::NotAllowed(_))));
        stub.world().queue_error = Some(("RATE_LIMITED", "API rate limit exceeded"));
        assert!(matches!(github.queue("main"), Err(GitHubError::Rejected { status: 200, .. })));
        stub.world().queue_error = None;
        for kind in [FaultKind::Server(502), FaultKind::Missing, FaultKind::Html, FaultKind::Redirect, FaultKind::Cut] {
            stub.world().faults = vec![Fault::next("POST", "/graphql", 10, kind.clone())];
            assert!(github.queue("main").is_err(), "{kind:?}");
        }
    }
    what_a_queue_squashed_is_known_by_what_it_changes(stub = squashed()) {
        assert_eq!(shipped(&stub), counted(&["hotfix"]));
        // A label that was set for something that is gone keeps nobody from shipping.
        stub.world().pull(9, "main", OTHER, Vec::new());
        stub.world().commits.remove(OTHER);
        stub.world().label(9, "hotfix", "eve");
        assert_eq!(shipped(&stub), counted(&["hotfix"]));
        stub.world().commits.get_mut(GROUP).expect("it is there").insert("more".to_owned(), file("more"));
        assert_eq!(shipped(&stub), (vec![], vec!["the files of commit ddddddd could not be read".to_owned()]));
    }
    what_is_there_already_is_nobodys(stub = squashed()) {
        let base = stub.world().commits[BASE].clone();
        stub.world().commits.insert(GROUP.to_owned(), base);
        assert_eq!(shipped(&stub).0, [""; 0]);
    }
    the_word_of_a_queue_goes_before_what_changes(stub = squashed()) {
        let entry = |pull| Entry { pull, base: Some(BASE.to_owned()), head: Some(GROUP.to_owned()) };
        stub.world().queue_error = None;
        stub.world().pull(9, "main", OTHER, Vec::new());
        stub.world().queues.insert("main".to_owned(), vec![entry(9)]);
        assert_eq!(shipped(&stub), counted(&[]));
        stub.world().queues.insert("main".to_owned(), vec![entry(7)]);
        assert_eq!(shipped(&stub), counted(&["hotfix"]));
    }
    without_an_answer_nobody_knows_what_a_queue_squashed(stub = squashed()) {
        stub.world().tree_limit = 1;
        assert_eq!(shipped(&stub), (vec![], vec!["commit bbbbbbb has more files than GitHub lists".to_owned()]));
        stub.world().tree_limit = 100;
        for path in ["/compare/", "/shop/pulls", "/git/trees/", "/timeline"] {
            for kind in [FaultKind::Forbidden, FaultKind::Missing, FaultKind::Html] {
                stub.world().faults = vec![Fault::next("GET", path, 10, kind.clone())];
                let (counted, told) = shipped(&stub);
                assert_eq!((counted.len(), told.len()), (0, 1), "{kind:?} of {path}: {told:?}");
            }
        }
        stub.world().faults = Vec::new();
        for number in 20..30 {
            stub.world().pull(number, "main", &format!("{number:040}"), Vec::new());
            stub.world().label(number, "hotfix", "eve");
        }
        assert_eq!(shipped(&stub).1, ["more than 10 open pull requests have the label of a class"]);
    }
}
