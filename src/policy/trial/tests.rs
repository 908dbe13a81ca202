//! Cases against a small policy.

use super::*;
use crate::diagnostic::Code;

const POLICY: &str = r#"
policy(#{
    version: "1.0.0", scope: #{ team: "shop" }, purpose: "p",
    escalation: #{ decides: ["@vp"], how: "soon" },
    agreed_by: #{ operations: "@ola", development: "@dev", product: "@po" },
    next_review: #{ on: "2027-01-15" },
});
clause("exhausted", "Gone").when(|budget| budget.remaining <= 0)
    .thaws(|budget| budget.remaining >= percent(10)).then(freeze("production").except(["hotfix"]));
clause("fast", "Fast").when(|budget| budget.burn_rate("1h") > 6).then(warn("Look."));
clause("letters", "Letters").manual().then(postmortem());
"#;

fn names() -> Names {
    Names {
        environments: vec!["production".to_owned()],
        classes: vec!["hotfix".to_owned()],
        services: vec!["shop".to_owned()],
        teams: vec!["shop".to_owned()],
        dependencies: Vec::new(),
        step: 3_600,
        signals: vec!["cpu".to_owned()],
        ..Names::default()
    }
}

fn policy() -> Policy {
    Policy::load(&SourceText::new("shop.rhai", POLICY), &names()).expect("a policy").0
}

fn read(cases: &str) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let text = format!("version: 1\ncases:\n{cases}");
    load(&SourceText::new("shop.test.yaml", text), &policy(), &names(), &["shop".to_owned()], &|_| Ok(None))
}

/// What the only case's instants differ in.
fn differs(case: &str) -> Vec<(String, String, String)> {
    let cases = read(case).expect("cases");
    let moments = run(&cases[0], &policy(), &[], 0, |_, _, _| "effect");
    let mismatches = moments.into_iter().flat_map(|moment| moment.mismatches);
    mismatches.map(|one| (one.what, one.wanted, one.got)).collect()
}

#[test]
fn facts_that_are_not_given_are_unknown() {
    assert_eq!(
        differs("- {note: n, given: {remaining: -2 %}, want: {clauses: [exhausted], unknown: [fast]}}"),
        []
    );
    let nothing = "- {note: n, given: {}, want: {clauses: [], unknown: [exhausted, fast]}}";
    assert_eq!(differs(nothing), []);
}

#[test]
fn a_clause_that_was_in_force_hovers_until_it_thaws() {
    let at = |remaining: &str, clauses: &str| {
        differs(&format!(
            "- {{note: n, given: {{remaining: {remaining}, in_force: [exhausted, letters]}}, want: {{clauses: [{clauses}]}}}}"
        ))
    };
    assert_eq!(at("9 %", "exhausted, letters"), []);
    assert_eq!(at("10 %", "letters"), []);
    assert_eq!(at("10 %", "exhausted")[0].2, "letters (not known: fast)");
}

#[test]
fn a_history_is_walked_with_its_thaw() {
    // 96 steps of 1000 at 99 % grant 960 in 4 days; 1000 bad in the first hour of day 5 leave -4.2 %.
    let case = "- note: n\n  given: {history: {objective: 99 %, period: 4d, events: 1000x4d 1000/1000x1h 1000x5d}}\n  want:\n  \
        - {at: 4d, clauses: []}\n  - {at: 4d 1h, clauses: [exhausted, fast], since: {exhausted: 4d 1h}, thaws_at: {exhausted: 8d 1h}}\n  \
        - {at: 8d, clauses: [exhausted]}\n  - {at: 8d 1h, clauses: []}\n";
    assert_eq!(differs(case), []);
}

#[test]
fn a_want_that_says_nothing_of_clauses_covers_none() {
    let seen = |want: &str| {
        let cases =
            read(&format!("- {{note: n, given: {{remaining: -2 %}}, want: {{{want}}}}}")).expect("cases");
        let moments = run(&cases[0], &policy(), &[], 0, |_, _, _| "effect");
        let mut coverage = coverage::Coverage::new(&policy());
        coverage.see(&policy(), &cases[0], &moments);
        coverage.marks().filter(|mark| mark.seen).count()
    };
    assert!(seen("clauses: [exhausted]") > 0);
    assert_eq!(seen("review_overdue: false"), 0);
    assert_eq!(seen("unknown: []"), 0);
}

#[test]
fn a_history_counts_slices_of_time_and_missing_ones_as_it_says() {
    // Of 96 hours at 75 % 24 may be bad. Twelve are, and twelve have no events at all.
    let case = |slices: &str, clauses: &str| {
        format!(
            "- note: n\n  given: {{history: {{objective: 75 %, period: 4d, {slices} events: 1000x3d 60/1000x12h \
             0x12h}}}}\n  want: {{clauses: [{clauses}]}}\n"
        )
    };
    let slices = |rest: &str| format!("slices: {{length: 1h{rest}}},");
    assert_eq!(differs(&case(&slices(", target: 95 %, missing: bad"), "exhausted")), []);
    assert_eq!(differs(&case(&slices(", target: 95 %, missing: good"), "")), []);
    assert_eq!(differs(&case(&slices(", target: 95 %"), "")), []);
    assert_eq!(
        differs(&case(&slices(", target: 94 %, missing: bad"), "")),
        [],
        "a slice of 94 % is a good one"
    );
    assert_eq!(
        differs(&case(&slices(", missing: bad"), "")),
        [],
        "6 % of twelve hours are missing, and twelve whole"
    );
    assert_eq!(differs(&case("", "")), []);
}

#[test]
fn stretches_are_those_of_the_whole_history() {
    // As above; after the freeze a single hour burns fast enough to warn, and the last point begins a new freeze.
    let case = |stretches: &str| {
        format!(
            "- note: n\n  given: {{in_force: [letters], history: {{objective: 99 %, period: 4d, events: 1000x4d \
             1000/1000x1h 1000x5d 100/1000x1h 1000x1d 1000/1000x1h}}}}\n  want: {{stretches: {{{stretches}}}}}\n"
        )
    };
    let right = "exhausted: [4d 1h - 8d 1h, 10d 3h - end], fast: [4d 1h - 4d 2h, 9d 2h - 9d 3h, 10d 3h - end], \
                 letters: [1h - end]";
    assert_eq!(differs(&case(right)), []);
    let found = differs(&case("exhausted: [4d 2h - 8d 1h], fast: []"));
    let row = |what: &str, wanted: &str, got: &str| (what.to_owned(), wanted.to_owned(), got.to_owned());
    assert_eq!(
        found,
        [
            row("stretches of exhausted", "4d 2h - 8d 1h", "4d 1h - 8d 1h, 10d 3h - end"),
            row("stretches of fast", "none", "4d 1h - 4d 2h, 9d 2h - 9d 3h, 10d 3h - end"),
        ]
    );
}

#[test]
fn each_point_of_a_stretch_is_as_if_it_were_judged() {
    let text = "- note: n\n  given: {history: {objective: 99 %, period: 2d, events: 1000x2d 300/1000x2h ?x6h 1000x1d 5/1000x1d \
                900/1000x1h ?x3d 1000x3d}}\n  want: {stretches: {exhausted: []}}\n";
    let (cases, policy) = (read(text).expect("cases"), policy());
    let Ground::History(history) = &cases[0].ground else { panic!("a history") };
    let judged = [(cases[0].subject(&policy), Ok(Arc::new(history.budget())))];
    let spans =
        cases[0].stretches(&policy, &judged, (history.end(), Past::default()), "exhausted").expect("spans");
    let mut held = 0;
    let mut t = history.start + 3_600;
    while t <= history.end() {
        let now = Timestamp::from_second(t).expect("an instant");
        let rulings = cases[0].rule(&policy, &judged[0].0, &judged[0].1, now);
        let in_force = matches!(rulings[0].standing, Standing::InForce { .. });
        let within = spans.iter().any(|span| span.since <= t && span.until.is_none_or(|until| t < until));
        assert_eq!(in_force, within, "at {}", (t - history.start) / 3_600);
        held += i32::from(in_force);
        t += 3_600;
    }
    assert!(held > 24, "{held} points in force of {spans:?}");
}

#[test]
fn problems_stand_at_their_lines() {
    let problems = |case: &str| -> Vec<(Code, String)> {
        let problems = read(case).expect_err("problems");
        problems.into_iter().map(|one| (one.code, one.message)).collect()
    };
    let clause = problems("- {note: n, given: {}, want: {clauses: [exausted]}}");
    assert_eq!(clause, [(Code::UnknownName, "`shop.rhai` has no clause `exausted`".to_owned())]);
    let number = problems("- {note: n, given: {remaining: 0.05}, want: {clauses: []}}");
    assert_eq!(number[0].1, "`0.05` is not a share such as `5 %`");
    let fact = problems("- {note: n, given: {remaning: 5 %}, want: {clauses: []}}");
    assert_eq!(fact[0].1, "unknown key `remaning`");
    let window = problems("- {note: n, given: {burn_rate: {90m: 1}}, want: {clauses: []}}");
    assert_eq!(window[0].0, Code::UnknownFact);
    let history = |want: &str| {
        problems(&format!(
            "- {{note: n, given: {{history: {{period: 1d, events: 1000x2d}}}}, want: {{{want}}}}}"
        ))
    };
    assert_eq!(history("stretches: {fast: [1h]}")[0].1, "`1h` is no stretch");
    assert_eq!(history("stretches: {fast: [2h - 1h]}")[0].1, "`2h - 1h` ends where it begins, or before");
    assert_eq!(history("stretches: {fast: [2h - 3d]}")[0].1, "`2h - 3d` lies outside of the history");
    assert_eq!(history("stretches: {fats: []}")[0].0, Code::UnknownName);
    let timed = problems("- {note: n, given: {}, want: {at: 3d}}");
    assert_eq!(timed[0].1, "facts have no `at`");
}

#[test]
fn outages_that_a_case_tells_of_deplete_the_quarter_by_their_kind() {
    let policy = format!(
        "{POLICY}\nclause(\"network\", \"Network\").when(|budget| budget.quarter.burned_by_kind(\"network\") >= \
         percent(20)).then(postmortem());"
    );
    let policy = Policy::load(&SourceText::new("shop.rhai", policy), &names()).expect("a policy").0;
    // 92 days of 1000 events an hour grant 2208 * 10: 5 hours without a good one are 22.6 % of it.
    let history = "history: {objective: 99 %, period: 28d, start: '2026-07-01T00:00:00Z', events: '1000x91d 1000/1000x5h 1000x19h'}";
    let stands = |events: &str| {
        let text = format!(
            "version: 1\ncases:\n- {{note: n, given: {{{history}{events}}}, want: {{effect: inform}}}}\n"
        );
        let cases =
            load(&SourceText::new("shop.test.yaml", text), &policy, &names(), &["shop".to_owned()], &|_| {
                Ok(None)
            })
            .expect("cases");
        let moments = run(&cases[0], &policy, &[], 0, |_, _, _| "inform");
        moments[0].rulings.iter().find(|one| one.clause == "network").expect("a ruling").standing
    };
    let outage =
        |kind: &str| format!(", events: [{{event: outage, kind: {kind}, from: 91d, until: 91d 5h}}]");
    assert!(
        matches!(stands(&outage("network")), Standing::InForce { .. }),
        "{:?}",
        stands(&outage("network"))
    );
    assert_eq!(stands(&outage("power")), Standing::Idle);
    assert_eq!(stands(", events: []"), Standing::Idle, "there were none");
    assert_eq!(stands(""), Standing::Unknown, "nobody says whether there were any");
}
