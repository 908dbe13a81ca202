//! What is read: what changed between two commits, and the files of one.

use super::*;

scenarios! {
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
        assert!(matches!(told, Ok(publish::status::Posted { outcome: Outcome::Failed(_), .. })));
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

    many_files_are_read_in_few_calls_and_are_what_they_are(stub = with(|world| {
        let all = world.commits.get_mut(BASE).expect("the base");
        for number in 0..250 {
            all.insert(format!("law/{number}"), plain(&format!("\u{feff}ü {number}\r\n")));
        }
        all.insert("law/0000".to_owned(), File { mode: "100644", bytes: b"a\0b".to_vec() });
        all.insert("law/0001".to_owned(), File { mode: "100644", bytes: vec![0xff, b'x'] });
        all.insert("law/link".to_owned(), File { mode: "120000", bytes: b"../slogate.yaml".to_vec() });
    })) {
        let github = Rc::new(connect(&stub));
        let tree = ApiTree::new(Rc::clone(&github), BASE, "");
        let law: Vec<String> =
            tree.paths().expect("paths").into_iter().filter(|path| path.starts_with("law/")).collect();
        tree.expect(&law);
        for path in law.iter().filter(|path| !path.ends_with("link")) {
            let read = tree.read(path).expect("it reads").expect("it is there");
            assert_eq!(&read, &stub.world().commits[BASE][path].bytes, "{path}");
        }
        assert!(matches!(tree.read("law/link"), Err(TreeError::Refused(_))));
        assert_eq!(asked_for(&stub), (3, 2), "what is no text is read by itself, and once");
        assert_eq!(github.calls(), 6);
    }

    what_is_read_together_is_fetched_as_far_as_it_is_read(stub = with(many)) {
        let tree = ApiTree::new(Rc::new(connect(&stub)), BASE, "law");
        let law = tree.paths().expect("paths");
        tree.expect(&law);
        for path in law.iter().take(50) {
            assert!(tree.read(path).expect("it reads").is_some());
        }
        assert_eq!(asked_for(&stub), (1, 0));
    }

    a_file_that_another_one_is_sent_for_is_read_by_itself(stub = with(|world| {
        many(world);
        world.is_mangled = true;
    })) {
        let tree = ApiTree::new(Rc::new(connect(&stub)), BASE, "law");
        tree.expect(&["1", "2", "3"].map(str::to_owned));
        for path in ["1", "2", "3"] {
            assert_eq!(tree.read(path).expect("it reads"), Some(format!("{path}\n").into_bytes()));
        }
        assert_eq!(asked_for(&stub), (1, 3));
    }

    what_graphql_refuses_is_read_file_by_file(stub = with(|world| {
        many(world);
        world.points = 0;
    })) {
        let tree = ApiTree::new(Rc::new(connect(&stub)), BASE, "law");
        tree.expect(&tree.paths().expect("paths"));
        for path in ["7", "8"] {
            assert_eq!(tree.read(path).expect("it reads"), Some(format!("{path}\n").into_bytes()));
        }
        assert_eq!(asked_for(&stub), (1, 2), "what refused once is not asked again");
    }

    a_file_that_cannot_be_read_is_named_by_its_path(stub = with(|world| {
        many(world);
        let fails = |method, path, kind| Fault::next(method, path, usize::MAX, kind);
        world.faults = vec![
            fails("POST", "/graphql", FaultKind::Forbidden),
            fails("GET", "/git/blobs", FaultKind::Redirect),
        ];
    })) {
        let tree = ApiTree::new(Rc::new(connect(&stub)), BASE, "law");
        tree.expect(&["1", "2"].map(str::to_owned));
        let why = tree.read("2").expect_err("it does not come").to_string();
        assert!(why.contains("read the file `2`") && why.contains("; look whether"), "{why}");
    }

    a_file_that_is_not_the_one_that_was_asked_for_is_no_answer(stub = faulty(vec![
        Fault::next("GET", "/git/blobs", 1, FaultKind::Html),
    ])) {
        let tree = ApiTree::new(Rc::new(connect(&stub)), BASE, "");
        assert!(matches!(tree.read("slogate.yaml"), Err(TreeError::Unreachable(why)) if why.contains("not that file")));
        assert!(tree.read("slogate.yaml").expect("it reads").is_some());
    }
}
