//! Which labels of a pull request make a class: who set them, on what, and what is not known of it.

use super::*;

/// Settings in which a maintainer makes a change a hotfix, and the team sre a rollback.
pub(super) fn settings() -> Settings {
    let text = "version: 1\nservices: {shop: {paths: [shop/**]}}\nenvironments: {production: {}}\nchanges:\n\
                \x20 hotfix: {label: hotfix, granted_by: maintain}\n  rollback: {label: rollback, granted_by: {team: sre}}\n";
    slogate::settings::load(&SourceText::new("slogate.yaml", text)).0.expect("valid settings")
}

/// A pull request with labels that people set, and a maintainer `ola`.
pub(super) fn labelled(labels: &[(&str, &str)], change: impl FnOnce(&mut World)) -> World {
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
pub(super) fn counted(classes: &[&str]) -> (Vec<String>, Vec<String>) {
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
        assert_eq!(asked.len(), 5);
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
            (Happened::Rebased, "retargeted"),
            (Happened::Undermined, "retargeted"),
        ] {
            stub.world().timeline.push((7, happened));
            stub.world().timeline.push((7, Happened::Other));
            assert_eq!(classes(&stub), refused(kind));
            let set = Happened::Labelled { label: "hotfix".to_owned(), by: Some("ola".to_owned()) };
            stub.world().timeline.push((7, set));
            assert_eq!(classes(&stub), counted(&["hotfix"]));
        }
    }
    a_label_counts_after_the_last_push_by_githubs_own_clock(stub = labelled(&[("hotfix", "ola")], |_| {})) {
        let (label, before, after) = ("2026-11-01T00:00:00Z", "2026-10-31T23:59:59Z", "2026-11-01T00:00:01Z");
        for (moves, expected) in [
            (vec![(HEAD, before)], counted(&["hotfix"])),
            (vec![(BASE, "2026-10-01T00:00:00Z"), (HEAD, before)], counted(&["hotfix"])),
            (vec![(HEAD, label)], refused("unproven")),
            (vec![(HEAD, after)], refused("pushed")),
            (vec![(HEAD, "2026-10-01T00:00:00Z"), (BASE, before), (HEAD, after)], refused("pushed")),
            (vec![(HEAD, "2026-10-01T00:00:00Z"), (BASE, before)], refused("unproven")),
            (vec![(BASE, before)], refused("unproven")),
            (vec![], refused("unproven")),
        ] {
            let moved = |(after, at): &(&str, &str)| Moved { after: (*after).to_owned(), at: (*at).to_owned() };
            stub.world().moves.insert(7, moves.iter().map(moved).collect());
            assert_eq!(classes(&stub), expected, "{moves:?}");
        }
        // A clock that was wrong when a commit was written is no push.
        stub.world().timeline.push((7, Happened::Pushed));
        stub.world().moves.insert(7, vec![Moved { after: HEAD.to_owned(), at: before.to_owned() }]);
        assert_eq!(classes(&stub), counted(&["hotfix"]));
        stub.world().moves.insert(7, Vec::new());
        assert_eq!(classes(&stub), refused("pushed"));
    }
    where_the_head_branch_cannot_be_read_our_own_word_on_the_head_counts(stub = labelled(&[], |world| {
        world.forks.insert(7);
        world.timeline = vec![(7, Happened::Replaced), (7, Happened::Other), (7, Happened::Other)];
        world.label(7, "hotfix", "ola");
    })) {
        let said = |began: &str, created: &str, creator: &str, pull: u64| {
            let began: jiff::Timestamp = began.parse().expect("an instant");
            Status {
                commit: HEAD.to_owned(),
                context: CONTEXT.to_owned(),
                state: "failure".to_owned(),
                description: None,
                target: Some(format!("https://github.com/acme/shop/pull/{pull}?run=1.1&at={}", began.as_second())),
                created: created.to_owned(),
                creator: creator.to_owned(),
            }
        };
        assert_eq!(classes(&stub), counted(&["hotfix"]), "a fork that can be read");
        stub.world().hides_forks = true;
        assert_eq!(classes(&stub), refused("unproven"));
        let (began, created, us) = ("2026-11-01T00:01:01Z", "2026-11-01T00:02:00Z", "github-actions[bot]");
        for (said, expected) in [
            (said(began, created, us, 7), counted(&["hotfix"])),
            (said(began, created, "mallory", 7), refused("unproven")),
            (said(began, created, us, 8), refused("unproven")),
            (said(began, "2026-11-01T00:03:00Z", us, 7), refused("unproven")),
            // It may have looked at the head before that was replaced.
            (said("2026-11-01T00:01:00Z", created, us, 7), refused("unproven")),
        ] {
            stub.world().statuses = vec![said];
            assert_eq!(classes(&stub), expected, "{:?}", stub.world().statuses);
        }
        stub.world().statuses = vec![said(began, created, us, 7)];
        assert_eq!(classes(&stub), counted(&["hotfix"]));
        stub.world().may_ask_viewer = false;
        assert_eq!(classes(&stub), refused("unproven"), "nobody knows who we are");
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
        assert_eq!(stub.requests().len(), 5);
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
}
