//! What is written reads the same, to the last digit; what contradicts itself is refused.

use proptest::prelude::*;

use super::*;
use crate::budget::Budget;
use crate::settings;
use crate::source::plan::tests::{environment, slo};

const STEP: i64 = 300;

/// The heading of a file that somebody saved.
const fn heading(source: &str, evaluated_at: i64) -> Heading<'_> {
    Heading { source, evaluated_at, step: STEP, audience: None }
}

/// Writes one answer and reads it again, asked for the range of `range`.
fn again(answer: &Result<Observation, Gap>, range: Range, period: i64) -> Result<Observation, Gap> {
    let slo = slo("check \"out\"", "b", "t", false, period);
    let environment = environment(None);
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    let heading =
        Heading { source: "a test", evaluated_at: 1_700_000_000, step: STEP, audience: Some("acme/shop") };
    let text = write(heading, &[request], std::slice::from_ref(answer), &[]);
    let recorded =
        Recorded::read("o.json", &text).map_err(|problem| problem.message).expect("a readable file");
    recorded.observe(&[request], range).pop().expect("one answer")
}

/// An observation of points that are each bad and total.
fn observation(points: &[Option<(i64, i64)>], direct: Option<(i64, i64)>) -> Observation {
    let total = |(bad, total): (i64, i64)| Total { bad: bad.into(), total: total.into() };
    let points = points.iter().map(|point| point.map(total)).collect();
    Observation { series: Series { first: 600, step: STEP, points }, direct: direct.map(total) }
}

fn range(first: i64, last: i64) -> Range {
    Range { first, last, step: STEP }
}

fn problem(text: &str) -> String {
    let problem = Recorded::read("o.json", text).expect_err("a problem");
    assert!(problem.place().is_some() && !problem.help.is_empty());
    problem.message
}

proptest! {
    #[test]
    fn what_is_judged_again_gives_the_same_figures_to_the_byte(
        points in prop::collection::vec(
            prop::option::weighted(0.95, (0_i64..2_000_000_000, 0_u32..9, 0_i64..1_000_000_000_000, 0_u32..9)),
            1..60,
        ),
        direct in prop::option::of((0_i64..1_000_000, 1_i64..1_000_000)),
    ) {
        let points: Vec<_> = points
            .into_iter()
            .map(|point| point.map(|(bad, s, total, t)| Total { bad: Decimal::new(bad, s), total: Decimal::new(total, t) }))
            .collect();
        let last = 600 + (i64::try_from(points.len()).expect("few points") - 1) * STEP;
        let period = STEP * i64::try_from(points.len()).expect("few points");
        let series = Series { first: 600, step: STEP, points };
        let direct = direct.map(|(bad, total)| Total { bad: bad.into(), total: total.into() });
        let before = Ok(Observation { series, direct });
        let after = again(&before, range(600, last), period);
        prop_assert_eq!(&after, &before);
        let figures = |observation: Result<Observation, Gap>| {
            let Ok(Observation { series, direct }) = observation else { return String::new() };
            let objective = slo("a", "b", "t", false, period).objective;
            let budget = Budget::new(objective, period, series, direct);
            let figures = budget.at(last);
            figures.map_or_else(
                |gap| gap.to_string(),
                |at| format!("{} {} {:?} {:?}", at.remaining(), at.consumed(), at.burned(STEP), at.burn_rate(period)),
            )
        };
        prop_assert_eq!(figures(after), figures(before));
    }
}

#[test]
fn every_gap_reads_as_it_was_written() {
    let detail = || "a \"text\"\n`x`".to_owned();
    for gap in [
        Gap::NoData { detail: detail() },
        Gap::Stale { age: 1_200 },
        Gap::Short { have: 600, need: 900 },
        Gap::Coverage { share: Decimal::new(5, 1), minimum: Decimal::new(90, 2) },
        Gap::TooFew { events: Decimal::new(125, 2) },
        Gap::Ambiguous { detail: detail() },
        Gap::Unreachable { detail: detail() },
        Gap::Coarse { detail: detail() },
        Gap::NotFinite { detail: detail() },
        Gap::Inconsistent { detail: detail() },
        Gap::Unsupported { detail: detail() },
    ] {
        assert_eq!(again(&Err(gap.clone()), range(600, 900), 900), Err(gap));
    }
}

#[test]
fn another_range_is_cut_and_filled_with_what_is_not_known() {
    let one = Some((1, 10));
    let answer = Ok(observation(&[one, None, Some((2, 20)), Some((3, 30))], Some((6, 60))));
    let points = |first: i64, last: i64| {
        let observation = again(&answer, range(first, last), 900).expect("an observation");
        assert_eq!(observation.series.first, first);
        let whole = |value: Decimal| i64::try_from(value).expect("a whole number");
        let points = observation.series.points.into_iter();
        points.map(|point| point.map(|at| (whole(at.bad), whole(at.total)))).collect::<Vec<_>>()
    };
    assert_eq!(points(900, 1_200), [None, Some((2, 20))]);
    assert_eq!(points(0, 600), [None, None, one]);
    assert_eq!(points(1_500, 2_100), [Some((3, 30)), None, None]);
    assert_eq!(points(0, 300), [None, None]);
    assert_eq!(points(3_000, 3_300), [None, None]);
    assert!(again(&answer, range(600, 1_500), 900).is_ok_and(|observation| observation.direct.is_some()));
    assert!(again(&answer, range(600, 1_200), 900).is_ok_and(|observation| observation.direct.is_none()));
}

#[test]
fn what_is_not_in_the_file_is_a_gap_that_says_so() {
    let (known, other) = (slo("a", "b", "t", false, 900), slo("c", "b", "t", false, 900));
    let environment = environment(None);
    let request = |slo, environment_| Request { slo, environment: environment_, matchers: &environment };
    let text =
        write(heading("a test", 1_200), &[request(&known, "prod")], &[Ok(observation(&[None], None))], &[]);
    let recorded = Recorded::read("o.json", &text).expect("a readable file");
    assert_eq!(recorded.describe(), "observations o.json (recorded at 1970-01-01T00:20:00Z from a test)");
    assert_eq!((recorded.recorded_until(), recorded.step()), (Some(1_200), STEP));
    let answers = recorded.observe(&[request(&other, "prod"), request(&known, "dev")], range(600, 900));
    assert_eq!(
        answers.into_iter().map(|answer| answer.expect_err("a gap").to_string()).collect::<Vec<_>>(),
        [
            "no data: `o.json` holds no observation of `c` in `prod`; it holds `a`",
            "no data: `o.json` holds no observation of `a` in `dev`; it holds `a`",
        ]
    );
    let hourly = Range { first: 0, last: 3_600, step: 3_600 };
    let gap = recorded.observe(&[request(&known, "prod")], hourly).pop().expect("one").expect_err("a gap");
    assert!(gap.to_string().contains("recorded with a step of 5m, and it is asked for one of 1h"), "{gap}");
}

#[test]
fn a_file_that_contradicts_itself_is_refused_at_its_place() {
    let file = |observation: &str| {
        format!(
            "{{\"version\":1,\"step\":300,\"evaluated_at\":\"2026-10-05T12:00:00Z\",\"source\":\"x\",\
             \"observations\":[{observation}]}}"
        )
    };
    let entry = |rest: &str| file(&format!("{{\"slo\":\"a\",\"environment\":\"p\"{rest}}}"));
    let at = "\"first\":\"1970-01-01T00:05:00Z\"";
    assert!(Recorded::read("o.json", &entry(&format!(",{at},\"bad\":\"0*2\",\"total\":\"1 _\""))).is_ok());
    for (text, words) in [
        ("{".to_owned(), "cannot be read: EOF while parsing"),
        ("[]".to_owned(), "cannot be read"),
        ("{\"version\":2,\"what\":1}".to_owned(), "of version 2, and this is read: 1"),
        (file("{\"slo\":\"a\",\"environment\":\"p\",\"goods\":\"1\"}"), "unknown field `goods`"),
        (file("").replace("300", "\"1w\""), "`step` is a time between"),
        (file("").replace("2026-10-05T", "yesterday"), "`evaluated_at` is an instant"),
        (entry(""), "either `gap`, or `first`, `bad` and `total` (of `a` in `p`)"),
        (
            entry(&format!(",{at},\"bad\":\"0\",\"total\":\"1\",\"gap\":{{\"kind\":\"stale\",\"age\":1}}")),
            "either `gap`",
        ),
        (entry(",\"gap\":{\"kind\":\"lazy\"}"), "unknown variant `lazy`"),
        (entry(",\"gap\":{\"kind\":\"too_few\",\"events\":\"few\"}"), "`few` is neither"),
        (entry(",\"first\":\"1970-01-01T00:05:01Z\",\"bad\":\"0\",\"total\":\"1\""), "on the grid of 5m"),
        (entry(&format!(",{at},\"bad\":\"0 1\",\"total\":\"1\"")), "different numbers of points"),
        (
            entry(&format!(",{at},\"bad\":\"0 x\",\"total\":\"1 1\"")),
            "`bad`: `x` is neither a decimal nor `_`",
        ),
        (
            file(
                "{\"slo\":\"a\",\"environment\":\"p\",\"gap\":{\"kind\":\"stale\",\"age\":1}}, \
               {\"slo\":\"a\",\"environment\":\"p\",\"gap\":{\"kind\":\"stale\",\"age\":1}}",
            ),
            "is observed twice",
        ),
    ] {
        let message = problem(&text);
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn the_file_is_written_for_people_too() {
    let slo = slo("a", "b", "t", false, 900);
    let environment = environment(None);
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    let answers =
        [Ok(observation(&[Some((0, 5)), Some((0, 5)), None], Some((0, 10)))), Err(Gap::Stale { age: 900 })];
    assert_eq!(
        write(heading("snapshot \"h.om\"", 1_200), &[request, request], &answers, &[]),
        r#"{
  "version": 1,
  "step": "5m",
  "evaluated_at": "1970-01-01T00:20:00Z",
  "source": "snapshot \"h.om\"",
  "observations": [
    {"slo":"a","environment":"prod","first":"1970-01-01T00:10:00Z","bad":"0*2 _","total":"5*2 _","direct":{"period":900,"bad":"0","total":"10"}},
    {"slo":"a","environment":"prod","gap":{"kind":"stale","age":900}}
  ]
}
"#
    );
}

/// A file without observations and with these signals.
fn with_signals(entries: &str) -> String {
    format!(
        "{{\"version\":1,\"step\":\"5m\",\"evaluated_at\":\"1970-01-01T00:20:00Z\",\"source\":\"a test\",\
         \"observations\":[]{entries}}}"
    )
}

/// The signal `cpu`, somewhere.
fn signal() -> settings::Signal {
    let file = SourceText::new("slogate.yaml", "cpu");
    let place = Place::new(&file, 0..3);
    settings::Signal { query: "cpu".to_owned(), query_place: place.clone(), place }
}

#[test]
fn signals_read_as_they_were_written() {
    let (signal, environment) = (signal(), environment(None));
    let request = |name, environment_| SignalRequest {
        name,
        signal: &signal,
        environment: environment_,
        matchers: &environment,
    };
    let fires = [Some(true), None, Some(false), Some(false)].to_vec();
    let cpu = Ok(Signal { first: 600, step: STEP, fires });
    let disk = Err(Gap::Ambiguous { detail: "two of them".to_owned() });
    let written = [(request("cpu", "prod"), cpu.clone()), (request("disk", "prod"), disk.clone())];
    let text = write(heading("a test", 1_700), &[], &[], &written);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("\"signal\"")).collect();
    assert_eq!(
        lines,
        [
            r#"    {"signal":"cpu","environment":"prod","first":"1970-01-01T00:10:00Z","fires":"1 _ 0*2"},"#,
            r#"    {"signal":"disk","environment":"prod","gap":{"kind":"ambiguous","detail":"two of them"}}"#,
        ]
    );
    let recorded =
        Recorded::read("o.json", &text).map_err(|problem| problem.message).expect("it is readable");
    let asked = [request("cpu", "prod"), request("disk", "prod"), request("cpu", "staging")];
    let answers = recorded.signals(&asked, range(600, 1_500));
    assert_eq!(answers[..2], [cpu, disk]);
    let gap = answers[2].as_ref().expect_err("not in the file").to_string();
    assert!(gap.contains("`o.json` holds no signal `cpu` of `staging`"), "{gap}");
    let cut = recorded.signals(&asked[..1], range(0, 900)).pop().expect("one").expect("a signal");
    assert_eq!(cut.fires, [None, None, Some(true), None]);
    assert!(recorded.signals(&asked[..1], Range { first: 0, last: 3_600, step: 3_600 })[0].is_err());
}

#[test]
fn a_file_without_signals_is_read_and_they_are_unknown() {
    let recorded = Recorded::read("o.json", &with_signals("")).map_err(|problem| problem.message);
    let (signal, matchers) = (signal(), environment(None));
    let request = SignalRequest { name: "cpu", signal: &signal, environment: "prod", matchers: &matchers };
    let answers = recorded.expect("it is readable").signals(&[request], range(600, 900));
    assert!(matches!(answers.as_slice(), [Err(Gap::NoData { .. })]), "{answers:?}");
}

#[test]
fn signals_that_contradict_themselves_are_refused_at_their_place() {
    let cpu = |more: &str| format!(r#"{{"signal":"cpu","environment":"p"{more}}}"#);
    let known = cpu(r#","first":"1970-01-01T00:10:00Z","fires":"0 1""#);
    for (entries, words) in [
        (cpu(""), "a signal has either `gap`, or `first` and `fires` (of the signal `cpu` in `p`)"),
        (cpu(r#","first":"1970-01-01T00:10:01Z","fires":"0""#), "`first` is an instant on the grid of 5m"),
        (cpu(r#","first":"1970-01-01T00:10:00Z","fires":"yes""#), "`fires`: `yes` is neither"),
        (
            cpu(r#","first":"1970-01-01T00:10:00Z","fires":"0","gap":{"kind":"stale","age":1}"#),
            "either `gap`",
        ),
        (format!("{known},{known}"), "the signal `cpu` in `p` is observed twice"),
    ] {
        let message = problem(&with_signals(&format!(",\"signals\":[{entries}]")));
        assert!(message.contains(words), "{entries}: {message}");
    }
}
