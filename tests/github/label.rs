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
}
