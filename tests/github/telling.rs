//! What is told: the comment, the commit status, whose they are, and what a token may not write.

use super::*;

scenarios! {
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
        let mut log = Vec::new();
        let mut places = Places { summary: None, output: None, log: &mut log };
        let told = publish::apply(&publication("Freeze", 1), &connect(&stub), 7, &mut places);
        assert_eq!((told.standing(), told.notes(&Outcome::Placeless)), (Standing::Degraded, vec![]));
        let log = String::from_utf8(log).expect("it is text");
        let said = "the token may not write a comment or post the commit status, so the step summary and this log carry the \
                    verdict; the job's `permissions` need `pull-requests: write` and `statuses: write`";
        assert_eq!(log.matches(said).count(), 1, "{log}");
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
}
