//! Counters that restart, pods that come and go, scrapes that are late, and files that are wrong.

use std::io::Write as _;

use rust_decimal::Decimal;

use super::*;
use crate::source::plan::tests::{environment, slo};

fn observe(text: &str, bad: &str, total: &str, range: Range) -> Result<Observation, Gap> {
    let snapshot =
        Snapshot::read("h.om", text.as_bytes()).map_err(|problem| problem.message).expect("a history");
    let slo = slo("a", bad, total, false, 900);
    let environment = environment(None);
    let request = Request { slo: &slo, environment: "prod", matchers: &environment };
    snapshot.observe(&[request], range).pop().expect("one answer")
}

/// The events of `x` on a grid of 100 s from 200 to `last`; `None` for a point that is not known.
fn events(samples: &str, last: i64) -> Vec<Option<String>> {
    let text = format!("{samples}# EOF\n");
    let observation =
        observe(&text, "x", "x", Range { first: 200, last, step: 100 }).expect("an observation");
    let points = observation.series.points.into_iter();
    points.map(|point| point.map(|events| events.total.normalize().to_string())).collect()
}

fn some(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| (*value != "_").then(|| (*value).to_owned())).collect()
}

#[test]
fn differences_are_exact_and_steps_closed_on_the_right() {
    let samples = "x 0.1 100\nx 0.3 200\nx 0.30001 200.001\nx 5 300\nx 5 400\n";
    assert_eq!(events(samples, 400), some(&["0.2", "4.7", "0"]));
}

#[test]
fn a_drop_is_a_restart_from_zero() {
    assert_eq!(events("x 90 100\nx 95 150\nx 3 180\nx 4 200\nx 2 250\nx 2 300\n", 300), some(&["9", "2"]));
}

#[test]
fn the_first_sample_counts_nothing_before_it() {
    assert_eq!(events("x 1000 150\nx 1001 200\n", 200), some(&["1"]));
    // One sample alone tells nothing.
    assert_eq!(events("x 1000 150\n", 200), some(&["_"]));
}

#[test]
fn a_reference_is_at_most_one_step_older_than_the_step() {
    assert_eq!(events("x 1 101\nx 5 390\n", 400), some(&["_", "_", "_"]));
    assert_eq!(events("x 1 201\nx 5 390\n", 400), some(&["_", "_", "4"]));
    assert_eq!(events("x 1 200\nx 5 390\nx 6 400\n", 400), some(&["_", "_", "1"]));
}

#[test]
fn a_step_without_a_sample_is_not_known() {
    assert_eq!(events("x 1 100\nx 2 200\nx 9 450\nx 9 500\n", 600), some(&["1", "_", "_", "0", "_"]));
}

#[test]
fn series_are_summed_and_one_that_is_there_is_enough() {
    let samples = "x{pod=\"a\"} 1 100\nx{pod=\"a\"} 2 200\nx{pod=\"b\"} 5 150\nx{pod=\"b\"} 9 190\n\
                   x{pod=\"b\"} 19 290\n";
    assert_eq!(events(samples, 400), some(&["5", "10", "_"]));
    // The same series written in two ways is one series.
    assert_eq!(events("x{a=\"1\",b=\"2\"} 1 100\nx{b=\"2\",a=\"1\"} 4 200\n", 200), some(&["3"]));
}

#[test]
fn what_matches_nothing_is_no_data() {
    let range = Range { first: 200, last: 300, step: 100 };
    let gap = observe("t 1 100\nt 2 200\n# EOF\n", "b", "t", range).expect_err("a gap");
    assert!(gap.to_string().contains("no series matches `b`"), "{gap}");
    let observation = observe("t 1 100\nt 2 200\n# EOF\n", "b or vector(0)", "t", range).expect("no gap");
    assert_eq!(observation.series.points.first().copied().flatten().map(|at| at.bad), Some(Decimal::ZERO));
    let whole = observation.direct.expect("one count over the whole period");
    assert_eq!((whole.bad, whole.total), (Decimal::ZERO, Decimal::ONE));
    assert!(matches!(observe("b 1 1\n# EOF\n", "b", "t", range), Err(Gap::NoData { .. })));
}

#[test]
fn numbers_that_cannot_be_counted_are_gaps_of_their_series_in_their_time() {
    let range = Range { first: 200, last: 300, step: 100 };
    let text = "b 1 200\nt 1 190\nt NaN 200\nt 3 300\nu NaN -99999999\nu 1 200\nv 1 150\nv -1 200\nw 1e300 200\n# EOF\n";
    let gap = |total: &str| observe(text, "b", total, range).expect_err("a gap").to_string();
    let words = "not a finite number: `t` is no number to count with at 1970-01-01T00:03:20Z (line 3)";
    assert_eq!(gap("t"), words);
    assert!(observe(text, "b", "u", range).is_ok());
    assert!(gap("v").contains("`v` is below zero at 1970-01-01T00:03:20Z"));
    assert!(gap("w").contains("(line 9)"));
}

#[test]
fn a_file_is_read_gzipped_or_not_and_knows_its_end() {
    let text = "x 1 100\ny 2 1250.9\nz 3 7\n# EOF\n";
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zipped.write_all(text.as_bytes()).expect("memory");
    let zipped = zipped.finish().expect("memory");
    for bytes in [text.as_bytes(), zipped.as_slice()] {
        let snapshot = Snapshot::read("h.om", bytes).expect("a history");
        assert_eq!(
            (snapshot.recorded_until(), snapshot.describe()),
            (Some(1_250), "snapshot h.om".to_owned())
        );
    }
    let cut = Snapshot::read("h.om.gz", &zipped[..zipped.len() - 9]).expect_err("a problem");
    assert!(cut.message.contains("`h.om.gz`: the file cannot be inflated"), "{}", cut.message);
}

#[test]
fn a_file_that_is_wrong_is_refused_at_its_line() {
    for (text, code, words) in [
        (
            "x 1 2\nx 2 1\n# EOF\n",
            Code::WrongValue,
            "line 2 of `h.om`: the samples of `x` are not in the order",
        ),
        (
            "x NaN 2\nx 2 1\n# EOF\n",
            Code::WrongValue,
            "line 2 of `h.om`: the samples of `x` are not in the order",
        ),
        ("x 1 2\nx 2 2\n# EOF\n", Code::WrongValue, "line 2 of `h.om`: `x` has two values at one instant"),
        ("x 1 2\nx{} 1 2\nx{ 1 2\n# EOF\n", Code::WrongValue, "line 3 of `h.om`: the labels are not closed"),
        ("x 1 2\n{} 1 2\n# EOF\n", Code::WrongValue, "line 2 of `h.om`: the series has no name"),
        ("# EOF\n", Code::WrongValue, "`h.om` holds no sample"),
    ] {
        let problem = Snapshot::read("h.om", text.as_bytes()).expect_err("a problem");
        assert_eq!(problem.code, code);
        assert!(problem.message.contains(words), "{}", problem.message);
        assert!(problem.help.contains("promtool"));
    }
    let problem = Snapshot::read("h.om", b"x 1 2\n\xff 1 2\n# EOF\n").expect_err("a problem");
    assert_eq!((problem.code, problem.label), (Code::Encoding, None));
    let problem = Snapshot::read("h.om", b"x 1 2\nx 2 1\n# EOF\n").expect_err("a problem");
    assert_eq!(problem.place().map(Place::text), Some("x 2 1"));
}
