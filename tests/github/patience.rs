//! What fails, what is limited and what makes no sense: what is asked again, and when it is given up.

use super::*;

scenarios! {
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
}
