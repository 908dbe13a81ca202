//! The plan by table: what is written, given what stands there.

use super::*;
use crate::github::State;
use crate::publish::stamp::SKEW;
use crate::publish::{Speaker, StatusLine};
use crate::report::turn::Stop;

/// What a run wants to say.
fn publication(text: &str, head: &str, run: (u64, u64), turn: Turn) -> Publication {
    Publication {
        environment: "production".to_owned(),
        base_branch: "main".to_owned(),
        gate: None,
        head_sha: head.to_owned(),
        speaker: Speaker { url: String::new(), run: run.0, attempt: run.1, began: 0 },
        comment_markdown: text.to_owned(),
        turn,
        summary_markdown: String::new(),
        status: StatusLine { state: State::Success, description: String::new() },
        outputs: Vec::new(),
        annotations: Vec::new(),
    }
}

/// A comment that a run wants, and that has nothing to do with another one.
fn wanted(text: &str, head: &str, run: (u64, u64)) -> Wanted {
    Wanted::new(&publication(text, head, run, Turn::unsure()))
}

/// A comment of a run at a time: `freeze`, `restrict`, `unsure`, `proceed` or `quiet`, for one service.
fn said(word: &str, service: &str, (run, at): (u64, i64)) -> Wanted {
    let services = vec![service.to_owned()];
    let since = 1_000;
    let way = match word {
        "unsure" => Way::Unsure,
        "proceed" | "quiet" => Way::Open { services, environment: "production".to_owned(), at },
        _ => Way::Stopped(Stop { is_freeze: word == "freeze", since, at_least: false, services }),
    };
    let turn = Turn { way, is_quiet: word == "quiet" };
    Wanted::new(&publication(word, "abc", (run, 1), turn))
}

/// What a comment says where nothing stands before it.
fn body(wanted: &Wanted) -> String {
    wanted.behind(None).body()
}

fn comment(id: u64, author: &str, body: &str) -> Comment {
    let author = Some(author.to_owned());
    Comment { id, body: body.to_owned(), url: String::new(), author, updated: 1_000_000, is_minimized: false }
}

fn me() -> Identity {
    Identity { login: "bot".to_owned(), certain: true }
}

/// What becomes of the one comment when runs follow one another; none while there is no comment.
fn told(runs: &[Wanted]) -> Option<String> {
    let mut stands: Option<String> = None;
    for run in runs {
        let comments: Vec<Comment> = stands.iter().map(|body| comment(5, "bot", body)).collect();
        match plan(run, &comments, &me()).step {
            Step::Create(body) | Step::Update(_, body) => stands = Some(body),
            Step::Omit | Step::Keep(_) | Step::Yield(_) => {}
        }
    }
    stands
}

#[test]
fn the_marker_is_the_first_thing_and_names_gate_commit_and_run() {
    let body = body(&wanted("text", "abc", (7, 2)));
    assert_eq!(body, "<!-- slogate:v1 key=production→main head=abc run=7.2 at=0 -->\ntext");
}

#[test]
fn ours_is_known_by_marker_and_author() {
    let now = wanted("text", "abc", (7, 1));
    let body = body(&now);
    let planted = comment(1, "mallory", &body);
    let quoted = comment(2, "bot", &format!("> {body}"));
    let other = comment(3, "bot", &body.replace("production", "staging"));
    let longer = comment(4, "bot", &body.replace("production", "production2"));
    let found = plan(&now, &[planted, quoted, other, longer], &me());
    assert_eq!(found, Plan { step: Step::Create(body.clone()), delete: vec![] });
    assert_eq!(plan(&now, &[comment(9, "Bot", &body)], &me()).step, Step::Keep(9));
}

#[test]
fn what_was_said_about_another_base_gives_way() {
    let now = said("proceed", "a", (7, 91_000));
    let other = body(&said("freeze", "a", (6, 2_000))).replace("→main ", "→release ");
    let same = body(&now).replace("→main ", "→release ");
    for other in [other, same] {
        let found = plan(&now, &[comment(4, "bot", &other)], &me());
        // It remembers a freeze of the other branch, which has not thawed by that.
        assert_eq!(found, Plan { step: Step::Update(4, body(&now)), delete: vec![] });
    }
}

#[test]
fn what_says_the_same_is_kept_and_what_differs_is_updated() {
    let old = comment(5, "bot", &body(&wanted("text\nmore", "abc", (6, 1))).replace('\n', "\r\n"));
    let keeps = |now: &Wanted| plan(now, std::slice::from_ref(&old), &me()).step == Step::Keep(5);
    assert!(keeps(&wanted("text\nmore\n\n", "abc", (7, 1))));
    assert!(!keeps(&wanted("text", "abc", (7, 1))));
    assert!(!keeps(&wanted("text\nmore", "def", (7, 1))));
    let now = wanted("text", "abc", (6, 1));
    assert_eq!(plan(&now, &[old], &me()).step, Step::Update(5, body(&now)));
}

#[test]
fn an_older_run_never_overwrites_a_newer_one() {
    let newer = comment(5, "bot", &body(&wanted("newer", "def", (7, 2))));
    for run in [(7, 1), (6, 9)] {
        let found = plan(&wanted("older", "abc", run), std::slice::from_ref(&newer), &me());
        assert_eq!(found.step, Step::Yield(5));
    }
    let broken = comment(5, "bot", "<!-- slogate:v1 key=production→main run=x -->\n");
    let now = wanted("text", "abc", (1, 1));
    assert_eq!(plan(&now, &[broken], &me()).step, Step::Update(5, body(&now)));
}

#[test]
fn whoever_began_later_is_newer() {
    let began = |run, attempt, began| {
        let told = publication(&format!("{run}.{attempt}"), "abc", (run, attempt), Turn::unsure());
        Wanted::new(&Publication { speaker: Speaker { began, ..told.speaker.clone() }, ..told })
    };
    let stands = |wanted: &Wanted| comment(5, "bot", &body(wanted));
    let step = |now: &Wanted, before: &Wanted| plan(now, &[stands(before)], &me()).step;
    let (first, again) = (began(8, 1, 1_000), began(7, 2, 2_000));
    assert_eq!(step(&again, &first), Step::Update(5, body(&again)));
    assert_eq!(step(&first, &again), Step::Yield(5));
}

#[test]
fn a_run_that_began_after_its_text_was_taken_silences_nobody() {
    let now = said("freeze", "a", (7, 2_000));
    let forged = |at: i64| {
        let text =
            format!("<!-- slogate:v1 key=production→main head=abc run={}.1 at={at} -->\nproceed", u64::MAX);
        plan(&now, &[Comment { updated: 1_500, ..comment(5, "bot", &text) }], &me()).step
    };
    assert_eq!(forged(1_500 + SKEW), Step::Yield(5), "a clock may be ahead by that");
    for ahead in [1_500 + SKEW + 1, 2_000 + 6 * 3_600, i64::MAX] {
        assert_eq!(forged(ahead), Step::Update(5, body(&now)), "{ahead}");
    }
}

#[test]
fn of_several_the_oldest_stays() {
    let now = wanted("text", "abc", (7, 1));
    let ours = |id| comment(id, "bot", &body(&wanted("text", "abc", (6, 1))));
    let found = plan(&now, &[ours(9), ours(3), comment(1, "mallory", &body(&now)), ours(5)], &me());
    assert_eq!(found, Plan { step: Step::Keep(3), delete: vec![5, 9] });
}

#[test]
fn a_comment_that_somebody_hid_is_left_alone_and_still_counts() {
    let hidden = |run| Comment { is_minimized: true, ..comment(3, "bot", &body(&said("freeze", "a", run))) };
    let Plan { step: Step::Create(fresh), delete } =
        plan(&said("proceed", "a", (7, 5_000)), &[hidden((6, 0))], &me())
    else {
        panic!("a new one is written")
    };
    assert!(fresh.contains("Thawed") && delete.is_empty());
    let shown = comment(8, "bot", &fresh);
    let again = plan(&said("proceed", "a", (9, 6_000)), &[hidden((6, 0)), shown], &me());
    assert_eq!(again, Plan { step: Step::Keep(8), delete: vec![] });
    assert_eq!(plan(&said("proceed", "a", (5, 5_000)), &[hidden((6, 0))], &me()).step, Step::Yield(3));
}

#[test]
fn a_thaw_is_told_once_and_stays_told() {
    let thawed = "<!-- slogate:v1 key=production→main head=abc run=2.1 at=0 said=freeze since=1000 of=a over=91000 -->\n\
                  ☀️ **Thawed: a → production**, 2 Jan 01:16 UTC, after 1 day.\nproceed";
    let frozen = said("freeze", "a", (1, 2_000));
    let proceeds = |run, at| said("proceed", "a", (run, at));
    let first = told(&[frozen.clone(), proceeds(2, 91_000)]);
    assert_eq!(first.as_deref(), Some(thawed));
    assert_eq!(told(&[frozen.clone(), proceeds(2, 91_000), proceeds(3, 500_000)]), first);
    let doubt = said("unsure", "a", (2, 90_000));
    let behind_doubt = told(&[frozen.clone(), doubt, proceeds(3, 91_000)]).expect("a comment");
    assert!(behind_doubt.contains("☀️ **Thawed: a → production**, 2 Jan 01:16 UTC"), "{behind_doubt}");
    let refrozen = told(&[frozen, proceeds(2, 91_000), said("freeze", "a", (3, 99_000))]).expect("a comment");
    assert!(refrozen.ends_with(" said=freeze since=1000 of=a -->\nfreeze"), "{refrozen}");
}

#[test]
fn only_what_was_stopped_and_is_judged_thaws() {
    let restricted =
        told(&[said("restrict", "a", (1, 0)), said("proceed", "a", (2, 8_200))]).expect("a comment");
    assert!(
        restricted.contains("☀️ **No longer restricted: a → production**, 1 Jan 02:16 UTC, after 2 hours.")
    );
    let other = told(&[said("freeze", "a", (1, 0)), said("proceed", "b", (2, 91_000))]).expect("a comment");
    assert_eq!(other, body(&said("proceed", "b", (2, 91_000))));
    let unsure = told(&[said("freeze", "a", (1, 0)), said("unsure", "a", (2, 0))]).expect("a comment");
    assert!(unsure.ends_with(" said=freeze since=1000 of=a -->\nunsure"), "{unsure}");
    let older = body(&wanted("❄️ Freeze", "abc", (1, 1)));
    let planned = plan(&said("proceed", "a", (2, 91_000)), &[comment(5, "bot", &older)], &me());
    assert_eq!(planned.step, Step::Update(5, body(&said("proceed", "a", (2, 91_000)))));
}

#[test]
fn a_freeze_that_outlasts_the_history_is_as_old_as_the_first_comment_knew() {
    let stopped = |run, since, at_least| {
        let stop = Stop { is_freeze: true, since, at_least, services: vec!["a".to_owned()] };
        let turn = Turn { way: Way::Stopped(stop), is_quiet: false };
        Wanted::new(&publication("freeze", "abc", (run, 1), turn))
    };
    let old = told(&[stopped(1, 1_000, false), stopped(2, 5_000, true)]).expect("a comment");
    assert!(old.contains(" since=1000 "), "{old}");
    let new = told(&[stopped(1, 1_000, false), stopped(2, 5_000, false)]).expect("a comment");
    assert!(new.contains(" since=5000 "), "{new}");
}

#[test]
fn quiet_is_no_new_comment_and_the_old_one_is_kept_true() {
    assert_eq!(told(&[said("quiet", "a", (1, 0))]), None);
    let thawed = told(&[said("freeze", "a", (1, 0)), said("quiet", "a", (2, 91_000))]).expect("a comment");
    assert!(thawed.ends_with("after 1 day.\nquiet"), "{thawed}");
    // Whoever may not ask who they are could be the bot that wrote it.
    let maybe = Identity { login: "github-actions[bot]".to_owned(), certain: false };
    let frozen = body(&said("freeze", "a", (1, 0)));
    let quiet = said("quiet", "a", (2, 0));
    let step = |author: &str| plan(&quiet, &[comment(5, author, &frozen)], &maybe).step;
    assert!(matches!(step("acme-gate[bot]"), Step::Create(_)));
    assert_eq!(step("mallory"), Step::Omit);
}

#[test]
fn a_long_comment_is_cut_between_rows() {
    let body = body(&wanted(&"| ❄ row |\n".repeat(20_000), "abc", (7, 1)));
    assert!(body.chars().count() <= LONGEST);
    assert!(body.ends_with(&format!("| ❄ row |\n\n{CUT}\n")));
}
